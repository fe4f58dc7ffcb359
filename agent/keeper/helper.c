/* SPDX-License-Identifier: MIT */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/board.h"
#include "agent/channel.h"
#include "agent/helper.h"
#include "checks/cgroup.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)

#define HEAR_NS      NS_PER_S          /* from its start: what it has to say it has said by then */
#define AGAIN_NS     (100 * NS_PER_MS) /* after the first failure; then twice as long each time */
#define AGAIN_MAX_NS (10 * NS_PER_S)
#define WELL_NS      (60 * NS_PER_S) /* who has lived so long has not failed */
#define CLOSE_MS     100             /* that the end of the keeper waits for the checker's */
#define TIDY_NS      (250 * NS_PER_MS)
#define TIDIED_MAX   240 /* for a minute */
/* It has no rights, and may say more than anybody wants. */
#define MESSAGES_MAX 16    /* read in a turn */
#define SAID_MAX     20000 /* in that time, by what each costs; then it is wild */
#define SAID_COST    10    /* one for the log */
#define PASSED_COST  1     /* one of a router: each of them may get one, and once more */
#define SAID_NS      (10 * NS_PER_S)

int helper_given(const struct helper *helper, enum helper_fd place)
{
	return helper->given[place - HELPER_FD_GIVEN];
}

/* Nobody has a check any more. What was known of one would be old when it comes back, and is the
 * checker's to remove where there is still one. */
static void forget_checks(const struct helper *helper)
{
	int fd = helper_given(helper, HELPER_FD_BOARD);
	struct board *board;

	if (fd < 0 || board_open(fd, -1, true, &board) < 0)
		return;
	for (uint32_t place = 0; place < board_count(board); place++)
		if (board_is_taken(board, place))
			board_clear(board, place);
	board_close(board);
}

/* What commands have left. */
static bool tidy_checks(bool ends)
{
	return check_cgroup_remove(ends ? CLOSE_MS : 0);
}

const struct helper_kind helper_checker = {
	.program = "vipd-checker",
	.noun = "checker",
	.lost = EVENT_CHECKER,
	.end_ns = NS_PER_S,
	.close_ms = CLOSE_MS,
	.forget = forget_checks,
	.tidy = tidy_checks,
};

/* What it runs may wake somebody up, and is not ended for less than it was given. */
const struct helper_kind helper_notifier = {
	.program = "vipd-notifier",
	.noun = "notifier",
	.lost = EVENT_NOTIFIER,
	.end_ns = 10 * NS_PER_S,
	.close_ms = 10000,
	.has_last_word = true,
	.passed = { EVENT_DRAINED, EVENT_JOURNAL_LOST },
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void helper_init(struct helper *helper, const struct helper_kind *kind)
{
	*helper = (struct helper){
		.kind = kind,
		.channel_fd = -1,
		.conf_fd = -1,
		.deadline_ns = HELPER_NEVER,
		.room = { LOOP_NEVER },
	};
	for (unsigned i = 0; i < HELPER_GIVEN; i++)
		helper->given[i] = -1;
}

void helper_open(struct helper *helper, const char *binary, struct loop *loop,
		 const int *routers_fd)
{
	const char *slash = strrchr(binary, '/');

	helper->loop = loop;
	helper->routers_fd = routers_fd;
	if (helper->channel_fd >= 0)
		(void)loop_watch(loop, helper->channel_fd); /* else it is heard later */
	snprintf(helper->program, sizeof(helper->program), "%.*s%s",
		 slash ? (int)(slash + 1 - binary) : 0, binary, helper->kind->program);
}

static bool is_same_file(int a, int b)
{
	struct stat of_a, of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

void helper_give(struct helper *helper, enum helper_fd place, int fd)
{
	int *given = &helper->given[place - HELPER_FD_GIVEN];

	if (!is_same_file(*given, fd))
		helper->outdated = true;
	close_fd(given);
	*given = fd;
}

/* ---- the process ---- */

/* Where the helper expects it; what it is not to have must not be there. */
static void hand_down(int fd, int place)
{
	if (fd >= 0 && dup2(fd, place) < 0)
		_exit(EXIT_FAILURE);
	if (fd < 0)
		close(place);
}

/* It has no hurry, and nothing to lose. */
static void be_ordinary(void)
{
	const struct sched_param param = { 0 };
	sigset_t none;

	(void)sched_setscheduler(0, SCHED_OTHER, &param);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become_helper(const struct helper *helper, int channel_fd)
{
	char *const argv[] = { (char *)helper->kind->program, NULL };
	struct event event;
	char doing[64];

	hand_down(channel_fd, HELPER_FD_CHANNEL);
	hand_down(helper->conf_fd, HELPER_FD_CONF);
	for (unsigned i = 0; i < HELPER_GIVEN; i++)
		hand_down(helper->given[i], HELPER_FD_GIVEN + (int)i);
	be_ordinary();
	if (setenv(HELPER_ENVIRONMENT, HELPER_VERSION, 1) < 0)
		_exit(EXIT_FAILURE);
	execv(helper->program, argv);
	snprintf(doing, sizeof(doing), "starting the %s", helper->kind->noun);
	event = event_fact(EVENT_FAILED, errno, doing);
	snprintf(event.fact.name, sizeof(event.fact.name), "it lies beside vipd: %s",
		 helper->kind->program);
	(void)channel_send_event(HELPER_FD_CHANNEL, &event);
	_exit(EXIT_FAILURE);
}

static int spawn(struct helper *helper, int64_t now_ns)
{
	int pair[2], err = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	if (stat(helper->program, &helper->file) < 0)
		helper->file = (struct stat){ 0 }; /* who becomes it says why */
	helper->pid = fork();
	if (helper->pid == 0)
		become_helper(helper, pair[1]);
	if (helper->pid < 0) {
		err = -errno;
		helper->pid = 0;
		close(pair[0]);
	} else {
		helper->channel_fd = pair[0];
		helper->started_ns = now_ns;
		helper->said_n = 0;                      /* those were another one's words */
		(void)loop_watch(helper->loop, pair[0]); /* else it is heard later */
	}
	close(pair[1]);
	return err;
}

static void set_life(struct helper *helper, enum helper_life life, int64_t deadline_ns)
{
	helper->life = life;
	helper->deadline_ns = deadline_ns;
}

/* Later and later, while it goes on ending soon. Return: after how long. */
static int64_t start_later(struct helper *helper, int64_t now_ns)
{
	int64_t pause_ns = AGAIN_NS << (helper->failures_n < 7 ? helper->failures_n : 7);

	if (pause_ns > AGAIN_MAX_NS)
		pause_ns = AGAIN_MAX_NS;
	helper->failures_n++;
	set_life(helper, HELPER_WAITS, now_ns + pause_ns);
	return pause_ns;
}

static void tell_lost(const struct helper *helper, const char *how, int64_t pause_ns,
		      struct teller *teller)
{
	struct event event = event_fact(helper->kind->lost, 0, how);

	event.fact.number[0] = helper->pid;
	event.fact.number[1] = pause_ns / NS_PER_MS;
	tell(teller, &event);
}

static void start(struct helper *helper, int64_t now_ns, struct teller *teller)
{
	int err = spawn(helper, now_ns);
	char how[128];

	if (err == 0) {
		set_life(helper, HELPER_RUNS, now_ns + HEAR_NS);
		return;
	}
	snprintf(how, sizeof(how), "cannot be started: %s", strerror(-err));
	tell_lost(helper, how, start_later(helper, now_ns), teller);
}

/* ---- what is asked for ---- */

static bool have_same_text(int a, int b)
{
	char of_a[4096], of_b[4096];
	ssize_t len;

	for (off_t at = 0;; at += len) {
		len = pread(a, of_a, sizeof(of_a), at);
		if (len < 0 || pread(b, of_b, sizeof(of_b), at) != len ||
		    memcmp(of_a, of_b, (size_t)len) != 0)
			return false;
		if (len == 0)
			return true;
	}
}

/* Not after an upgrade. */
static bool is_of_same_program(const struct helper *helper)
{
	struct stat file;

	return stat(helper->program, &file) < 0 ||
	       (file.st_dev == helper->file.st_dev && file.st_ino == helper->file.st_ino &&
		file.st_mtim.tv_sec == helper->file.st_mtim.tv_sec &&
		file.st_mtim.tv_nsec == helper->file.st_mtim.tv_nsec);
}

static bool runs_what_is_wanted(const struct helper *helper, int conf_fd)
{
	return conf_fd >= 0 && helper->conf_fd >= 0 && !helper->outdated &&
	       have_same_text(conf_fd, helper->conf_fd) && is_of_same_program(helper);
}

static void end(struct helper *helper, int signal_number, int64_t now_ns)
{
	(void)kill(helper->pid, signal_number);
	helper->is_killed = signal_number == SIGKILL;
	set_life(helper, HELPER_ENDS, now_ns + helper->kind->end_ns);
}

/* It is needed no more, and does not run. */
static void forget(const struct helper *helper)
{
	if (helper->kind->forget)
		helper->kind->forget(helper);
}

/* None is needed. What the last one has left may take its time to die. */
static void rest(struct helper *helper, int64_t now_ns)
{
	bool again =
		helper->kind->tidy && !helper->kind->tidy(false) && helper->tidied_n++ < TIDIED_MAX;

	set_life(helper, HELPER_NONE, again ? now_ns + TIDY_NS : HELPER_NEVER);
}

void helper_tidy(struct helper *helper, int64_t now_ns)
{
	helper->tidied_n = 0;
	rest(helper, now_ns);
}

/* It hangs in the kernel, where no signal reaches it. Nor will it ever come back from there:
 * another one can take its place. */
static void abandon(struct helper *helper, int64_t now_ns)
{
	helper->abandoned[helper->abandoned_n++] = helper->pid;
	close_fd(&helper->channel_fd);
	helper->pid = 0;
	if (helper->conf_fd < 0)
		helper_tidy(helper, now_ns);
	else
		set_life(helper, HELPER_WAITS, now_ns);
}

static bool was_abandoned(struct helper *helper, pid_t pid)
{
	for (unsigned i = 0; i < helper->abandoned_n; i++) {
		if (helper->abandoned[i] != pid)
			continue;
		helper->abandoned[i] = helper->abandoned[--helper->abandoned_n];
		return true;
	}
	return false;
}

void helper_want(struct helper *helper, int conf_fd, int64_t now_ns)
{
	bool forgets = conf_fd < 0 && helper->conf_fd >= 0 && helper->life != HELPER_RUNS &&
		       helper->life != HELPER_ENDS;

	helper->is_over = conf_fd < 0;
	if (runs_what_is_wanted(helper, conf_fd)) {
		if (helper->channel_fd >= 0)
			(void)channel_send(helper->channel_fd, CHANNEL_GO, 0, NULL);
		return;
	}
	if (forgets)
		forget(helper);
	close_fd(&helper->conf_fd);
	helper->outdated = false;
	if (conf_fd >= 0)
		helper->conf_fd = fcntl(conf_fd, F_DUPFD_CLOEXEC, HELPER_FD_END);
	helper->failures_n = 0;
	if (helper->life == HELPER_RUNS)
		end(helper, SIGTERM, now_ns);
	else if (helper->life != HELPER_ENDS && helper->conf_fd < 0)
		helper_tidy(helper, now_ns);
	else if (helper->life != HELPER_ENDS)
		set_life(helper, HELPER_WAITS, now_ns);
}

void helper_go_on(struct helper *helper, int conf_fd, int64_t now_ns)
{
	helper->conf_fd = conf_fd;
	if (conf_fd >= 0)
		set_life(helper, HELPER_WAITS, now_ns);
}

void helper_adopt(struct helper *helper, pid_t pid, int channel_fd, int64_t now_ns)
{
	helper->pid = pid;
	helper->channel_fd = channel_fd;
	helper->started_ns = now_ns;
	set_life(helper, HELPER_RUNS, HELPER_NEVER);
}

void helper_expect_end(struct helper *helper, pid_t pid, int64_t now_ns)
{
	helper->pid = pid;
	helper->started_ns = now_ns;
	end(helper, SIGTERM, now_ns);
}

void helper_replace(struct helper *helper, int64_t now_ns)
{
	if (helper->life == HELPER_RUNS &&
	    !board_is_excused(helper_given(helper, HELPER_FD_BOARD), now_ns))
		end(helper, SIGKILL, now_ns);
}

/* ---- what happens ---- */

/* For the routers: as many as there are routers. */
static bool is_passed(const struct helper *helper, const struct event *event)
{
	return event->kind != EVENT_NONE &&
	       (event->kind == helper->kind->passed[0] || event->kind == helper->kind->passed[1]);
}

/* That a command failed which a router waits for is as frequent as that it has ended. */
static unsigned cost_of(const struct helper *helper, const struct event *event)
{
	bool is_of_router = is_passed(helper, event) ||
			    (event->kind == EVENT_NOTIFY && event->fact.word == EVENT_NOTIFY_HOOK);

	return is_of_router ? PASSED_COST : SAID_COST;
}

/* Return: whether it is wild: then it is not worth being heard. */
static bool says_too_much(struct helper *helper, unsigned cost, int64_t now_ns)
{
	if (now_ns - helper->said_ns > SAID_NS) {
		helper->said_ns = now_ns;
		helper->said_n = 0;
	}
	helper->said_n += cost;
	return helper->said_n > SAID_MAX;
}

/* What is neither for the log nor for the routers is not listened to. */
static void take_event(const struct helper *helper, const struct event *event,
		       struct teller *teller)
{
	if (event->kind == EVENT_FAILED || event->kind == EVENT_DEGRADED ||
	    event->kind == EVENT_NOTIFY)
		tell(teller, event);
	else if (is_passed(helper, event) && *helper->routers_fd >= 0)
		(void)channel_send_event(*helper->routers_fd, event);
}

/* Who has hung up, or is not heard any more, wakes nobody. */
static void read_channel(struct helper *helper, int64_t now_ns, struct teller *teller)
{
	struct channel_message message;
	struct event event;
	bool wild = false;
	int got = 0;

	for (unsigned i = 0; i < MESSAGES_MAX && helper->channel_fd >= 0; i++) {
		got = channel_receive(helper->channel_fd, &message);
		if (got <= 0)
			break;
		if (message.attached_fd >= 0)
			close(message.attached_fd);
		event.kind = EVENT_NONE;
		if (message.type == CHANNEL_EVENT)
			channel_event(&message, &event);
		wild |= says_too_much(helper, cost_of(helper, &event), now_ns);
		if (message.type == CHANNEL_EVENT)
			take_event(helper, &event, teller);
	}
	if (got < 0 || wild)
		close_fd(&helper->channel_fd);
}

static bool has_to_wait(struct helper *helper, int64_t now_ns)
{
	return helper->kind->passed[0] != EVENT_NONE &&
	       room_is_lacking(&helper->room, helper->loop, helper->channel_fd, *helper->routers_fd,
			       now_ns);
}

bool helper_ended(struct helper *helper, pid_t pid, const char *how, int64_t now_ns,
		  struct teller *teller)
{
	bool asked = helper->life == HELPER_ENDS;

	if (pid != helper->pid || !pid)
		return was_abandoned(helper, pid);
	/* Why, in its own words. What the routers have no room for the next one repeats. */
	read_channel(helper, now_ns, teller);
	close_fd(&helper->channel_fd);
	if (now_ns - helper->started_ns >= WELL_NS)
		helper->failures_n = 0;
	if (helper->is_over)
		forget(helper);
	if (helper->conf_fd < 0)
		helper_tidy(helper, now_ns);
	else if (asked)
		set_life(helper, HELPER_WAITS, now_ns);
	else
		tell_lost(helper, how, start_later(helper, now_ns), teller);
	helper->pid = 0;
	return true;
}

void helper_dispatch(struct helper *helper, int64_t now_ns, struct teller *teller)
{
	if (!has_to_wait(helper, now_ns))
		read_channel(helper, now_ns, teller);
	if (now_ns < helper->deadline_ns)
		return;
	if (helper->life == HELPER_WAITS)
		start(helper, now_ns, teller);
	else if (helper->life == HELPER_RUNS)
		set_life(helper, HELPER_RUNS, HELPER_NEVER);
	else if (helper->life == HELPER_ENDS && helper->is_killed &&
		 helper->abandoned_n < HELPER_ABANDONED_MAX)
		abandon(helper, now_ns);
	else if (helper->life == HELPER_ENDS)
		end(helper, SIGKILL, now_ns);
	else
		rest(helper, now_ns);
}

int64_t helper_deadline(const struct helper *helper)
{
	return helper->room.look_ns < helper->deadline_ns ? helper->room.look_ns
							  : helper->deadline_ns;
}

static void hang_up(struct helper *helper)
{
	if (helper->channel_fd >= 0)
		(void)channel_send(helper->channel_fd, CHANNEL_FREEZE, 0, NULL);
	close_fd(&helper->channel_fd);
}

/* Its commands are ended by it, or by their wardens when it is killed. Return: whether it has ended
 * by itself, and had nothing to complain of. */
static bool await_end(const struct helper *helper, int64_t until_ns)
{
	int status = 0;
	pid_t pid;

	while (clocks_now().mono_ns < until_ns) {
		pid = waitpid(helper->pid, &status, WNOHANG);
		if (pid != 0)
			return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
		(void)poll(NULL, 0, 1);
	}
	(void)kill(helper->pid, SIGKILL);
	return false;
}

/* One that was asked to end before reads no more. */
static bool has_ended(const struct helper *helper, int64_t until_ns)
{
	return helper->pid && await_end(helper, until_ns) && helper->life == HELPER_RUNS;
}

static void say_last_word(struct helper *helper, int64_t until_ns)
{
	if (helper->conf_fd < 0 || clocks_now().mono_ns >= until_ns || spawn(helper, 0) < 0)
		return;
	hang_up(helper);
	(void)await_end(helper, until_ns);
}

void helper_close(struct helper *helper)
{
	int64_t until_ns = clocks_now().mono_ns + helper->kind->close_ms * NS_PER_MS;

	hang_up(helper);
	if (!has_ended(helper, until_ns) && helper->kind->has_last_word)
		say_last_word(helper, until_ns);
	if (helper->loop && helper->kind->tidy) /* it was ours to start */
		(void)helper->kind->tidy(true);
	for (unsigned i = 0; i < HELPER_GIVEN; i++)
		close_fd(&helper->given[i]);
	close_fd(&helper->conf_fd);
	helper->pid = 0;
}
