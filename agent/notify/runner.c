/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks/outcome.h"
#include "checks/tree.h"
#include "message.h"

#define PLACES      (2 * (RUNNER_MAX + RUNNER_HOOKS_MAX)) /* with those that are being killed */
#define ORPHANS_MAX 1024                                  /* looked at in one round */
#define NS_PER_MS   INT64_C(1000000)
#define ROUND_NS    (10 * NS_PER_MS) /* between rounds of ending them */

struct place {
	struct delivery *delivery; /* NULL: nothing runs here */
	pid_t warden;              /* 0: it was killed, and what it ran has yet to go */
	int pid_fd;
	int64_t deadline_ns; /* QUEUE_NEVER: it has been killed */
	bool killed;
	bool cut; /* before its timeout */
};

struct runner {
	int epoll_fd;
	struct check_run *runs; /* owned: PLACES of them, shared with wardens */
	struct place places[PLACES];
	unsigned running[2], killed[2]; /* of others, and of hooks */
};

int runner_open(struct runner **ret_runner)
{
	struct runner *runner = calloc(1, sizeof(*runner));

	if (!runner)
		return -ENOMEM;
	runner->runs = mmap(NULL, PLACES * sizeof(*runner->runs), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	runner->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (runner->runs == MAP_FAILED || runner->epoll_fd < 0) {
		runner_close(runner);
		return -ENOMEM;
	}
	*ret_runner = runner;
	return 0;
}

void runner_close(struct runner *runner)
{
	if (!runner)
		return;
	for (unsigned i = 0; i < PLACES; i++)
		if (runner->places[i].warden)
			check_warden_end(runner->places[i].warden);
	if (runner->runs != MAP_FAILED)
		munmap(runner->runs, PLACES * sizeof(*runner->runs));
	if (runner->epoll_fd >= 0)
		close(runner->epoll_fd);
	free(runner);
}

static bool is_hook(const struct delivery *delivery)
{
	return delivery->until_ns != 0;
}

/* Those that do not die of SIGKILL take places from others of their sort alone. */
unsigned runner_places(const struct runner *runner, bool hook)
{
	unsigned running = runner->running[hook], max = hook ? RUNNER_HOOKS_MAX : RUNNER_MAX;
	unsigned killed = runner->killed[hook];

	if (killed > max)
		max = running + killed < 2 * max ? 2 * max - killed : running;
	return running < max ? max - running : 0;
}

unsigned runner_count(const struct runner *runner)
{
	return runner->running[false] + runner->killed[false] + runner->running[true] +
	       runner->killed[true];
}

void runner_cut(const struct delivery *delivery, int64_t at_ns)
{
	struct place *place = delivery->run;

	if (place->killed || place->deadline_ns <= at_ns)
		return;
	place->deadline_ns = at_ns;
	place->cut = true;
}

int runner_fd(const struct runner *runner)
{
	return runner->epoll_fd;
}

/* ---- start ---- */

/* What it reads, once. Return: a descriptor, or -errno. */
static int make_input(const char *text)
{
	int fd = memfd_create("vipd-event", MFD_CLOEXEC);
	size_t len = text ? strlen(text) : 0;

	if (fd < 0)
		return -errno;
	if ((len && (write(fd, text, len) != (ssize_t)len || write(fd, "\n", 1) != 1)) ||
	    lseek(fd, 0, SEEK_SET) < 0) {
		close(fd);
		return -EIO;
	}
	return fd;
}

/* The command's own words and environment, and then ours. */
static void fill(const struct delivery *delivery, const struct message_run *message,
		 const char **argv, const char **env)
{
	const struct check_command *command = delivery->conf->command;
	bool has_path = false;

	for (unsigned i = 0; i < command->argv_n; i++)
		*argv++ = command->argv[i].text;
	for (unsigned i = 0; message->words[i]; i++)
		*argv++ = message->words[i];
	for (unsigned i = 0; i < command->env_n; i++) {
		has_path |= strncmp(command->env[i].text, "PATH=", 5) == 0;
		*env++ = command->env[i].text;
	}
	if (!has_path)
		*env++ = "PATH=" CHECK_PATH_DEFAULT;
	for (unsigned i = 0; message->env[i]; i++)
		*env++ = message->env[i];
}

static int watch(struct runner *runner, struct place *place)
{
	struct epoll_event event = { .events = EPOLLIN };

	place->pid_fd = pidfd_open(place->warden, 0);
	if (place->pid_fd < 0)
		return -errno;
	return epoll_ctl(runner->epoll_fd, EPOLL_CTL_ADD, place->pid_fd, &event) < 0 ? -errno : 0;
}

static struct place *find_place(struct runner *runner)
{
	struct place *place = runner->places;

	while (place->delivery)
		place++;
	return place;
}

static int start(struct runner *runner, struct place *place, const struct message_run *message,
		 struct check_execution *execution, const struct delivery *delivery)
{
	const char *argv[CHECK_WORDS_MAX + MESSAGE_WORDS_MAX + 1] = { NULL };
	const char *env[CHECK_WORDS_MAX + MESSAGE_ENV_MAX + 2] = { NULL };
	int err;

	fill(delivery, message, argv, env);
	execution->argv = argv;
	execution->env = env;
	execution->in_fd =
		make_input(delivery->conf->style == CONF_NOTIFY_JSON ? message->text : NULL);
	if (execution->in_fd < 0)
		return execution->in_fd;
	err = check_warden_start(execution, &runner->runs[place - runner->places], &place->warden);
	close(execution->in_fd);
	return err;
}

int runner_start(struct runner *runner, struct delivery *delivery, const struct check_user *user,
		 bool changes_user, int lock_fd, int64_t now_ns)
{
	struct check_execution execution = { .user = *user,
					     .changes_user = changes_user,
					     .has_input = true,
					     .has_hold = lock_fd >= 0,
					     .hold_fd = lock_fd };
	struct place *place = find_place(runner);
	struct message_run message;
	int err = message_run_make(delivery, &message);

	if (err == 0)
		err = start(runner, place, &message, &execution, delivery);
	message_run_free(&message);
	if (err < 0)
		return err;
	place->delivery = delivery;
	place->deadline_ns = now_ns + delivery->conf->timeout_ns;
	place->killed = false;
	place->cut = is_hook(delivery) && place->deadline_ns > delivery->until_ns;
	if (place->cut)
		place->deadline_ns = delivery->until_ns;
	runner->running[is_hook(delivery)]++;
	if (watch(runner, place) < 0) /* its end is seen at its deadline */
		place->pid_fd = -1;
	delivery->run = place;
	return 0;
}

/* ---- end ---- */

int64_t runner_deadline(const struct runner *runner)
{
	int64_t first_ns = QUEUE_NEVER;

	for (unsigned i = 0; i < PLACES; i++)
		if (runner->places[i].delivery && runner->places[i].deadline_ns < first_ns)
			first_ns = runner->places[i].deadline_ns;
	return first_ns;
}

static bool is_warden(const void *arg, pid_t pid)
{
	const struct runner *runner = arg;

	for (unsigned i = 0; i < PLACES; i++)
		if (runner->places[i].warden == pid)
			return true;
	return false;
}

/* What a killed warden leaves is our child by now. The kernel has ended its program in its place,
 * but not one of root's: that has gained rights, and may live beside its next attempt. Return:
 * whether any was left. */
static bool end_orphans(const struct runner *runner)
{
	static pid_t pids[ORPHANS_MAX];
	int n = check_tree_children(getpid(), pids, ORPHANS_MAX);
	bool left = false;

	for (int i = 0; i < n; i++)
		if (!is_warden(runner, pids[i]))
			left |= waitpid(pids[i], NULL, WNOHANG) == 0;
	if (!left)
		return false;
	check_tree_stop(is_warden, runner);
	(void)check_tree_kill(is_warden, runner);
	return true;
}

static void forget_warden(struct place *place)
{
	if (place->pid_fd >= 0)
		close(place->pid_fd);
	place->pid_fd = -1;
	place->warden = 0;
}

static bool has_ended(struct runner *runner, struct place *place)
{
	const struct check_run *run = &runner->runs[place - runner->places];

	if (place->warden && waitpid(place->warden, NULL, WNOHANG) == 0)
		return false;
	forget_warden(place);
	return __atomic_load_n(&run->done, __ATOMIC_ACQUIRE) || !end_orphans(runner);
}

static size_t describe_kill(const struct place *place, char *ret_error)
{
	int64_t timeout_ns = place->delivery->conf->timeout_ns;

	if (place->cut)
		return (size_t)snprintf(ret_error, QUEUE_ERROR_SIZE,
					"killed before its timeout, since nobody waits longer");
	return (size_t)snprintf(ret_error, QUEUE_ERROR_SIZE, "no end within %lld ms, killed",
				(long long)(timeout_ns / NS_PER_MS));
}

static void end_place(struct runner *runner, struct place *place, char *ret_error)
{
	const struct check_run *run = &runner->runs[place - runner->places];
	char line[CHECK_ERROR_SIZE];
	size_t len;

	if (place->killed) {
		check_outcome_line(run, line, sizeof(line));
		len = describe_kill(place, ret_error);
		if (line[0])
			snprintf(ret_error + len, QUEUE_ERROR_SIZE - len, ": %s", line);
	} else {
		(void)check_outcome(run, ret_error, QUEUE_ERROR_SIZE);
	}
	runner->running[is_hook(place->delivery)] -= !place->killed;
	runner->killed[is_hook(place->delivery)] -= place->killed;
	place->delivery = NULL;
}

static void kill_late(struct runner *runner, struct place *place, int64_t now_ns)
{
	if (!place->warden)
		place->deadline_ns = now_ns + ROUND_NS;
	if (place->deadline_ns > now_ns)
		return;
	if (!place->killed) {
		place->killed = true;
		runner->running[is_hook(place->delivery)]--;
		runner->killed[is_hook(place->delivery)]++;
	}
	check_warden_end(place->warden);
	/* One that nobody hears of is looked for. */
	place->deadline_ns = place->pid_fd < 0 ? now_ns + 100 * NS_PER_MS : QUEUE_NEVER;
}

void runner_dispatch(struct runner *runner, int64_t now_ns,
		     void (*ended)(void *arg, struct delivery *delivery, const char *error),
		     void *arg)
{
	char error[QUEUE_ERROR_SIZE];
	struct delivery *delivery;

	for (unsigned i = 0; i < PLACES && runner_count(runner); i++) {
		struct place *place = &runner->places[i];

		delivery = place->delivery;
		if (!delivery)
			continue;
		if (!has_ended(runner, place)) {
			kill_late(runner, place, now_ns);
			continue;
		}
		end_place(runner, place, error);
		ended(arg, delivery, error[0] ? error : NULL);
	}
}
