/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/signals.h"
#include "agent/state.h"
#include "keeper_private.h"
#include "netlink/sysctl.h"
#include "renewals.h"
#include "resume.h"
#include "rings.h"

#define NS_PER_S       INT64_C(1000000000)
#define CLOSE_SPARE_NS NS_PER_S /* behind the end of the notifier */

/* ---- events ---- */

/* Whether the memory of CURRENT is valid: its process may have died before it had adopted. */
static bool is_published(const struct keeper *keeper)
{
	return state_is_published(keeper->children[SUCCESSION_CURRENT].state_fd);
}

static void decide(struct keeper *keeper)
{
	struct succession_event *event = &keeper->event;
	struct succession_output out;

	event->now_ns = clocks_now().mono_ns;
	event->published = event->type != SUCCESSION_SAYS_ALIVE && is_published(keeper);
	succession_step(&keeper->succession, event, &out);
	tell_defer(keeper->teller);
	for (unsigned i = 0; i < out.actions_n; i++)
		keeper_execute(keeper, &out.actions[i]);
	tell_log(keeper->teller);
}

void keeper_feed(struct keeper *keeper, const struct succession_event *event)
{
	keeper->events[keeper->events_n++] = *event;
	while (keeper->events_n && !keeper->done) {
		keeper->event = keeper->events[0];
		keeper->events_n--;
		memmove(&keeper->events[0], &keeper->events[1],
			keeper->events_n * sizeof(keeper->events[0]));
		decide(keeper);
	}
}

static void feed(struct keeper *keeper, enum succession_event_type type, enum succession_role role)
{
	keeper_feed(keeper, &(struct succession_event){ .type = type, .role = role });
}

/* ---- what the children say ---- */

static void close_attached(const struct channel_message *message)
{
	if (message->attached_fd >= 0)
		close(message->attached_fd);
}

/* Whoever asked is told by the router process, in time: that we did not answer, or have taken it.
 */
static void take_reload(struct keeper *keeper, int64_t end_ns)
{
	if (end_ns && clocks_now().mono_ns >= end_ns) {
		tell_process(keeper->teller, EVENT_RELOAD, 0,
			     "the keeper read the request too late: it was given up by then",
			     EVENT_RELOAD_REFUSED);
		return;
	}
	(void)channel_send(keeper->children[SUCCESSION_CURRENT].channel_fd, CHANNEL_TAKEN, end_ns,
			   NULL);
	feed(keeper, SUCCESSION_RELOAD, SUCCESSION_CURRENT);
}

static void tell_unset(struct keeper *keeper, int err, const char *interface, const char *setting)
{
	char doing[128];

	if (err == 0 || err == -ENOENT) /* it is gone by now, or there is no IPv6 */
		return;
	snprintf(doing, sizeof(doing), "setting %s of interface %s", setting, interface);
	tell_failure(keeper->teller, EVENT_DEGRADED, -err, doing, NULL);
}

static void switch_off(struct keeper *keeper, const char *interface, const char *setting)
{
	tell_unset(keeper, kern_sysctl_ip6(interface, setting, false), interface, setting);
}

/*
 * What comes to the virtual MAC is routed as what comes to the interface itself. A Router
 * Advertisement would make an address of that MAC (RFC 9568 §7.4 forbids that), and a default
 * route. A router of IPv6 needs that also where new interfaces have none by default.
 */
static void set_up_made(struct keeper *keeper, const struct channel_message *message)
{
	unsigned family = message->ns == 6 ? 6 : 4;
	char name[IF_NAMESIZE], below[IF_NAMESIZE];

	_Static_assert(IF_NAMESIZE == 16, "the widths below");
	if (sscanf(message->text, "%15s %15s", name, below) != 2)
		return;
	switch_off(keeper, name, "accept_ra");
	if (family == 6)
		switch_off(keeper, name, "disable_ipv6");
	tell_unset(keeper, kern_sysctl_copy_forwarding(family, below, name), name, "forwarding");
}

/* Its journal, and whether somebody is to be told what is in there. */
static void want_notifier(struct keeper *keeper, const struct channel_message *message)
{
	helper_give(&keeper->notifier, HELPER_FD_ROUTER_RING, keeper_reader(message->attached_fd));
	close_attached(message);
	helper_want(&keeper->notifier,
		    message->ns ? keeper->children[SUCCESSION_CURRENT].conf_fd : -1,
		    clocks_now().mono_ns);
}

static void want_checks(struct keeper *keeper, const struct channel_message *message)
{
	int fd = message->attached_fd >= 0 ? message->attached_fd
					   : keeper->children[SUCCESSION_CURRENT].conf_fd;

	helper_want(&keeper->checker, message->ns ? fd : -1, clocks_now().mono_ns);
}

static void on_current(struct keeper *keeper, const struct channel_message *message)
{
	if (message->type == CHANNEL_NOTIFIES) {
		want_notifier(keeper, message);
		return;
	}
	if (message->type == CHANNEL_CHECKS)
		want_checks(keeper, message);
	close_attached(message);
	if (message->type == CHANNEL_FROZEN)
		keeper_feed(keeper, &(struct succession_event){ .type = SUCCESSION_SAYS_FROZEN,
								.ns = message->ns });
	else if (message->type == CHANNEL_RELOAD)
		take_reload(keeper, message->ns);
	else if (message->type == CHANNEL_ALIVE) {
		snprintf(keeper->current_status, sizeof(keeper->current_status), "%.*s",
			 (int)sizeof(keeper->current_status) - 1, message->text);
		feed(keeper, SUCCESSION_SAYS_ALIVE, SUCCESSION_CURRENT);
	} else if (message->type == CHANNEL_LEAVING) {
		keeper_feed(keeper, &(struct succession_event){ .type = SUCCESSION_SAYS_LEAVING,
								.ns = message->ns });
	} else if (message->type == CHANNEL_MADE) {
		set_up_made(keeper, message);
	} else if (message->type == CHANNEL_CHECKER_LATE) {
		helper_replace(&keeper->checker, clocks_now().mono_ns);
	}
}

/* Not hung up on before it is killed: it would take its keeper for dead, and leave aloud. */
static void on_end(struct keeper *keeper, enum succession_role role)
{
	struct child *child = &keeper->children[role];
	pid_t pid = child->pid;

	feed(keeper, SUCCESSION_CHANNEL_END, role);
	if (child->pid == pid)
		keeper_hang_up(keeper, child);
}

/* What it says may let another one speak: then there is no more to be heard of this one. */
static void read_current(struct keeper *keeper)
{
	const struct child *current = &keeper->children[SUCCESSION_CURRENT];
	int fd = current->channel_fd;
	int got = 0;

	while (fd >= 0 && current->channel_fd == fd && !keeper->done &&
	       (got = channel_receive(fd, &keeper->message)) > 0)
		on_current(keeper, &keeper->message);
	if (got < 0)
		on_end(keeper, SUCCESSION_CURRENT);
}

/* Return: whether it is ready. */
static bool on_newcomer(struct keeper *keeper, enum succession_role role,
			const struct channel_message *message)
{
	struct child *child = &keeper->children[role];
	struct event event;

	if (message->type == CHANNEL_READY && child->program_fd < 0) {
		child->program_fd = message->attached_fd;
		return true;
	}
	close_attached(message);
	if (message->type == CHANNEL_EVENT) {
		channel_event(message, &event);
		tell(keeper->teller, &event);
	} else if (message->type == CHANNEL_GONE && role == SUCCESSION_NEXT) {
		(void)channel_send(keeper->children[SUCCESSION_CURRENT].channel_fd, CHANNEL_GONE, 0,
				   message->text);
	} else if (message->type == CHANNEL_ERROR && role == SUCCESSION_NEXT) {
		snprintf(keeper->error, sizeof(keeper->error), "%s", message->text);
	}
	return message->type == CHANNEL_READY;
}

/* Only NEXT says something to CURRENT. */
static bool has_to_wait(struct keeper *keeper, enum succession_role role)
{
	return role == SUCCESSION_NEXT &&
	       room_is_lacking(&keeper->room, keeper->loop, keeper->children[role].channel_fd,
			       keeper->children[SUCCESSION_CURRENT].channel_fd,
			       clocks_now().mono_ns);
}

/*
 * One that does not speak on the wire. Whether it is ready counts when all it said was read: it may
 * have ended since.
 */
static void read_newcomer(struct keeper *keeper, enum succession_role role)
{
	const struct child *child = &keeper->children[role];
	bool ready = false;
	int got = 0;

	while (!has_to_wait(keeper, role) && child->channel_fd >= 0 &&
	       (got = channel_receive(child->channel_fd, &keeper->message)) > 0)
		ready |= on_newcomer(keeper, role, &keeper->message);
	if (got < 0)
		on_end(keeper, role);
	else if (ready)
		feed(keeper, SUCCESSION_SAYS_READY, role);
	if (ready && child->stopped) /* since it said so */
		feed(keeper, SUCCESSION_STOPPED, role);
}

/* ---- the end of processes ---- */

static enum succession_role role_of(const struct keeper *keeper, pid_t pid)
{
	enum succession_role role = SUCCESSION_CURRENT;

	while (role < SUCCESSION_ROLES_COUNT && keeper->children[role].pid != pid)
		role++;
	return role;
}

static void report_stop(struct keeper *keeper, enum succession_role role, bool stopped)
{
	if (role == SUCCESSION_ROLES_COUNT)
		return;
	keeper->children[role].stopped = stopped;
	feed(keeper, stopped ? SUCCESSION_STOPPED : SUCCESSION_CONTINUED, role);
}

static bool is_helper(struct keeper *keeper, pid_t pid, int status)
{
	char how[KEEPER_HOW_SIZE];
	int64_t now_ns = clocks_now().mono_ns;

	keeper_describe_end(status, how);
	return helper_ended(&keeper->checker, pid, how, now_ns, keeper->teller) ||
	       helper_ended(&keeper->notifier, pid, how, now_ns, keeper->teller);
}

/* Who has ended, or was stopped: whatever it said before can be read by now. */
static void reap(struct keeper *keeper)
{
	enum succession_role role;
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
		role = role_of(keeper, pid);
		if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
			report_stop(keeper, role, WIFSTOPPED(status));
		} else if (role < SUCCESSION_ROLES_COUNT) {
			keeper->children[role].reaped = true;
			keeper->children[role].wait_status = status;
		} else if (!is_helper(keeper, pid, status) && !keeper_was_dismissed(keeper, pid)) {
			keeper_tell_end(keeper, pid, status);
		}
	}
}

static void report_end(struct keeper *keeper, enum succession_role role)
{
	struct child *child = &keeper->children[role];
	int status = child->wait_status;

	if (!child->reaped || keeper->done)
		return;
	keeper->ended_pid = child->pid;
	child->pid = 0;
	child->reaped = false;
	keeper_hang_up(keeper, child);
	(void)keeper_describe_end(status, keeper->how);
	keeper_feed(keeper, &(struct succession_event){
				    .type = SUCCESSION_ENDED,
				    .role = role,
				    .exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1 });
}

/* ---- signals ---- */

static void on_signal(struct keeper *keeper, unsigned number)
{
	if (number == SIGCHLD) /* reap() looks */
		return;
	if (number == SIGUSR1 || number == SIGUSR2) {
		reap(keeper); /* of now */
		keeper_tell_all(keeper);
		return;
	}
	feed(keeper, number == SIGHUP ? SUCCESSION_RELOAD : SUCCESSION_STOP, SUCCESSION_CURRENT);
}

static void read_signals(struct keeper *keeper)
{
	struct signalfd_siginfo *info = &keeper->signal;

	while (read(keeper->signal_fd, info, sizeof(*info)) == sizeof(*info))
		on_signal(keeper, info->ssi_signo);
	info->ssi_signo = 0;
}

/* ---- the loop ---- */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* For signs of life comes the timer that CURRENT puts off. */
static int64_t deadline(const void *self)
{
	const struct keeper *keeper = self;

	return earlier(
		earlier(earlier(service_deadline(keeper->service), keeper->room.look_ns),
			succession_other_deadline(&keeper->succession)),
		earlier(helper_deadline(&keeper->checker), helper_deadline(&keeper->notifier)));
}

/* CURRENT may not have touched the timer yet, or be of a version that knows of none. */
static void set_life_timer(struct keeper *keeper)
{
	int64_t life_ns = succession_life_deadline(&keeper->succession);
	uint64_t expiries;
	bool expired = read(keeper->setting.life_fd, &expiries, sizeof(expiries)) > 0;

	if (expired || life_ns != keeper->life_ns)
		life_timer_set(keeper->setting.life_fd, life_ns);
	keeper->life_ns = life_ns;
}

/*
 * Signs of life are in the memory of CURRENT, and are looked at when it matters: so a child that
 * lives wakes nobody up.
 */
static void look_for_life(struct keeper *keeper, int64_t now_ns)
{
	int64_t alive_ns = state_alive_at(keeper->children[SUCCESSION_CURRENT].state_fd, now_ns);

	service_look(keeper->service, now_ns);
	if (alive_ns <= keeper->alive_ns)
		return;
	keeper->alive_ns = alive_ns;
	keeper_feed(keeper,
		    &(struct succession_event){ .type = SUCCESSION_SAYS_ALIVE, .ns = alive_ns });
}

static void dispatch(void *self, const struct clocks *now, unsigned readable)
{
	struct keeper *keeper = self;
	int64_t now_ns;

	(void)now; /* time is read for each event: what was executed before took its time */
	(void)readable;
	read_signals(keeper);
	reap(keeper);
	read_newcomer(keeper, SUCCESSION_NEXT);
	read_newcomer(keeper, SUCCESSION_STANDBY);
	read_current(keeper);
	for (enum succession_role role = 0; role < SUCCESSION_ROLES_COUNT; role++)
		report_end(keeper, role);
	now_ns = clocks_now().mono_ns;
	helper_dispatch(&keeper->checker, now_ns, keeper->teller);
	helper_dispatch(&keeper->notifier, now_ns, keeper->teller);
	if (earlier(deadline(keeper), succession_life_deadline(&keeper->succession)) <= now_ns)
		look_for_life(keeper, now_ns);
	if (succession_deadline(&keeper->succession) <= now_ns)
		feed(keeper, SUCCESSION_TIMER, SUCCESSION_CURRENT);
	set_life_timer(keeper);
	if (keeper->done)
		loop_stop(keeper->loop);
}

/* ---- making and unmaking ---- */

static void tell_unclaimed(struct keeper *keeper, const struct claim_report *report)
{
	const char *why = report->text[0] ? ": " : "";
	char doing[48 + CLAIM_TEXT_SIZE];

	snprintf(doing, sizeof(doing), "claiming the network namespace%s%s",
		 report->namespace_error ? why : "", report->namespace_error ? report->text : "");
	if (report->namespace_error)
		tell_failure(keeper->teller, EVENT_DEGRADED, report->namespace_error, doing,
			     report->lock_error
				     ? "going on without protection against a second vipd"
				     : "a lock in /run/vipd alone keeps a second vipd away");
	snprintf(doing, sizeof(doing), "locking a file in /run/vipd%s%s", why, report->text);
	if (report->lock_error)
		tell_failure(keeper->teller, EVENT_DEGRADED, report->lock_error, doing,
			     "a vipd of an earlier version would not be refused");
}

/* Others may live here without a claim that we could see: their addresses are not for us to sweep.
 */
static int look_for_renewals(struct keeper *keeper)
{
	struct renewals *renewals;
	int seen = renewals_open(&renewals);

	if (!renewals)
		return 0; /* what could not be opened here cannot be opened later, and told then */
	tell_failure(keeper->teller, EVENT_DEGRADED, EBUSY,
		     "looking for another vipd: somebody receives VRRP here, and addresses with "
		     "vipd's mark have leases",
		     "waiting until one is renewed, or all have ended");
	seen = renewals_seen(renewals);
	if (seen == 0)
		return 0;
	tell_process(keeper->teller, EVENT_CLAIMED, 0,
		     seen > 0 ? "it renews leases: stop it first"
			      : "or else the leases of a dead one have not ended yet: try again",
		     0);
	return -EADDRINUSE;
}

/* From here on the journal is ours, too. */
static int claim_namespace(struct keeper *keeper)
{
	struct claim_report report;
	int err = claim_take(&keeper->claim, &report);

	if (err < 0) {
		tell_process(keeper->teller, EVENT_CLAIMED, report.pid, report.text, 0);
		return err;
	}
	err = look_for_renewals(keeper);
	if (err < 0)
		return err;
	tell_open_journal(keeper->teller);
	tell_unclaimed(keeper, &report);
	return 0;
}

/* Earlier versions have only locked a file. Nobody stops here: this one has been running. */
static void complete_claim(struct keeper *keeper)
{
	struct claim_report report;

	if (claim_take(&keeper->claim, &report) < 0)
		tell_process(keeper->teller, EVENT_CLAIMED, report.pid, "stop one of both", 0);
	else
		tell_unclaimed(keeper, &report);
}

static void raise_to_hard_limit(int resource)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit((__rlimit_resource_t)resource, &limit);
	}
}

/*
 * Each interface costs a descriptor; the soft limit of 1024 is for programs that use select(). The
 * size of files is limited for memory that is shared, too, and without that nothing runs.
 */
static void raise_limits(void)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	raise_to_hard_limit(RLIMIT_NOFILE);
	if (setrlimit(RLIMIT_FSIZE, &none) < 0)
		raise_to_hard_limit(RLIMIT_FSIZE);
}

static int open_will(struct keeper *keeper)
{
	int err = will_open(&keeper->setting.sockets, &keeper->will);

	if (err < 0)
		tell_failure(keeper->teller, EVENT_FAILED, -err, "opening sockets",
			     err == -EPERM ? "vipd needs CAP_NET_ADMIN and CAP_NET_RAW: run it as "
					     "root"
					   : NULL);
	return err;
}

static int open_loop(struct keeper *keeper)
{
	const struct loop_part part = {
		{ keeper->signal_fd, -1, -1, -1, -1, -1 }, keeper, dispatch, deadline
	};
	int err = loop_open(&keeper->loop);

	if (err == 0)
		err = loop_add(keeper->loop, &part);
	if (err == 0 && keeper->setting.life_fd < 0)
		err = keeper->setting.life_fd = life_timer_open();
	if (err >= 0)
		err = loop_watch(keeper->loop, keeper->setting.life_fd);
	if (err < 0)
		tell_failure(keeper->teller, EVENT_FAILED, -err, "opening the loop", NULL);
	return err;
}

static void open_service(struct keeper *keeper)
{
	int err = service_open(&keeper->service);

	if (err < 0)
		tell_failure(keeper->teller, EVENT_FAILED, -err, "opening NOTIFY_SOCKET",
			     "the service manager waits for news in vain");
}

static int open_all(struct keeper *keeper)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, 0 };
	int err = signals_open(signals, &keeper->signal_fd);

	if (err == 0)
		err = open_will(keeper);
	if (err == 0)
		err = open_loop(keeper);
	if (err < 0)
		return err;
	keeper->setting.sockets = will_sockets(keeper->will);
	keeper_equip(keeper);
	open_service(keeper);
	return 0;
}

/* Whoever speaks yet hears that its conversation ended, and leaves gracefully. */
static void part_with_children(struct keeper *keeper)
{
	helper_close(&keeper->checker);
	keeper_dismiss(keeper, SUCCESSION_NEXT);
	keeper_dismiss(keeper, SUCCESSION_STANDBY);
	keeper_dismiss(keeper, SUCCESSION_REHEARSAL);
	child_forget(&keeper->children[SUCCESSION_CURRENT]);
	child_forget(&keeper->children[SUCCESSION_PREVIOUS]);
	tell_wake(keeper->teller, -1);
	if (keeper->notifier.pid)
		service_leaving(keeper->service,
				helper_notifier.close_ms * (NS_PER_S / 1000) + CLOSE_SPARE_NS);
	helper_close(&keeper->notifier); /* the last: it tells how all of this ended */
}

static void close_all(struct keeper *keeper)
{
	part_with_children(keeper);
	loop_close(keeper->loop);
	will_close(keeper->will);
	service_close(keeper->service);
	if (keeper->signal_fd >= 0)
		close(keeper->signal_fd);
	if (keeper->setting.life_fd >= 0)
		close(keeper->setting.life_fd);
	upgrade_forget_report(keeper);
	if (keeper->journal_fd >= 0)
		close(keeper->journal_fd);
	tell_close(keeper->teller);
	claim_release(&keeper->claim);
}

static void init(struct keeper *keeper, const char *conf_path)
{
	*keeper = (struct keeper){ .setting = { .conf_path = conf_path,
						.sockets = { -1, -1 },
						.life_fd = -1,
						.board_fd = -1,
						.found_fd = -1,
						.news_fd = -1,
						.figures_fd = -1 },
				   .room = { LOOP_NEVER },
				   .signal_fd = -1,
				   .journal_fd = -1,
				   .report_fd = -1,
				   .stderr_fd = -1,
				   .status = EXIT_FAILURE,
				   .teller = tell_new() };
	claim_init(&keeper->claim);
	helper_init(&keeper->checker, &helper_checker);
	helper_init(&keeper->notifier, &helper_notifier);
	succession_init(&keeper->succession);
	for (enum succession_role role = 0; role < SUCCESSION_ROLES_COUNT; role++)
		keeper->children[role] = child_none;
}

/* What must be true before anything is opened. */
static int prepare(struct keeper *keeper)
{
	int err = child_reserve_places();

	if (err < 0) {
		tell_failure(keeper->teller, EVENT_FAILED, -err, "opening /dev/null", NULL);
		return err;
	}
	raise_limits();
	/* Best effort: what the keeper does after a crash is a race against the peers, and what it
	 * starts inherits this. */
	(void)setpriority(PRIO_PROCESS, 0, -20);
	return 0;
}

/* What runs: an upgrade puts another file in its place. */
static int find_binary(struct keeper *keeper)
{
	ssize_t len = readlink("/proc/self/exe", keeper->binary, sizeof(keeper->binary) - 1);
	int err = len < 0 ? -errno : upgrade_identify("/proc/self/exe", &keeper->running);

	if (err < 0)
		tell_failure(keeper->teller, EVENT_FAILED, -err, "finding the own binary", NULL);
	keeper->setting.binary = keeper->binary;
	return err;
}

static int start(struct keeper *keeper)
{
	int err = find_binary(keeper);

	if (err == 0)
		err = prepare(keeper);
	if (err == 0)
		err = claim_namespace(keeper);
	if (err == 0)
		err = open_all(keeper);
	if (err < 0)
		return err;
	feed(keeper, SUCCESSION_START, SUCCESSION_CURRENT);
	helper_tidy(&keeper->checker, clocks_now().mono_ns);
	if (keeper->claim.lock_fd >= 0) /* the router process prepares meanwhile */
		rings_clean(clocks_now().mono_ns);
	return 0;
}

static int watch_children(struct keeper *keeper)
{
	int err = 0;

	for (enum succession_role role = 0; role < SUCCESSION_ROLES_COUNT && err == 0; role++)
		if (keeper->children[role].channel_fd >= 0)
			err = loop_watch(keeper->loop, keeper->children[role].channel_fd);
	return err;
}

/* Another program was the keeper until now, and has left everything to this one. */
static int resume(struct keeper *keeper)
{
	int err = resume_keeper(keeper);

	if (err < 0) {
		tell_failure(keeper->teller, EVENT_FAILED, -err, "going on as the keeper", NULL);
		return err;
	}
	err = prepare(keeper);
	tell_go_on(keeper->teller, keeper->journal_fd);
	keeper->journal_fd = -1;
	complete_claim(keeper);
	if (err == 0)
		err = open_all(keeper);
	if (err == 0)
		err = watch_children(keeper);
	if (err == 0)
		feed(keeper, SUCCESSION_RESUMED, SUCCESSION_CURRENT);
	return err;
}

int keeper_run(const char *conf_path)
{
	struct keeper keeper;
	int err = -ENOMEM;

	init(&keeper, conf_path);
	if (keeper.teller)
		err = resume_role() == RESUME_KEEPER ? resume(&keeper) : start(&keeper);
	if (err == 0 && !keeper.done)
		(void)loop_run(keeper.loop);
	close_all(&keeper);
	return keeper.status;
}

bool keeper_is_rehearsal(void)
{
	return resume_role() == RESUME_REHEARSE;
}

int keeper_rehearse(void)
{
	return resume_rehearse();
}

int keeper_sweep(void)
{
	struct keeper keeper;

	init(&keeper, NULL);
	if (keeper.teller && claim_namespace(&keeper) == 0 && open_will(&keeper) == 0 &&
	    will_execute(keeper.will, -1, keeper.teller) >= 0)
		keeper.status = EXIT_SUCCESS;
	close_all(&keeper);
	return keeper.status;
}
