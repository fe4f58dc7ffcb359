/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "keeper_private.h"
#include "service.h"
#include "agent/state.h"
#include "will.h"

#define READY_TIMEOUT_NS  (47 * KEEPER_NS_PER_S / 10) /* from exec to READY */
#define FREEZE_TIMEOUT_NS (1 * KEEPER_NS_PER_S)       /* from FREEZE to FROZEN */
#define ALIVE_TIMEOUT_NS  (27 * KEEPER_NS_PER_S / 10) /* without a sign of life it is hung */
#define RELOAD_GAP_NS     (KEEPER_NS_PER_S / 2)       /* a storm of signals is one reload */
#define STANDBY_RETRY_NS  (10 * KEEPER_NS_PER_S)      /* after one that could not be kept */
#define RETRY_NS          (KEEPER_NS_PER_S / 10)      /* after children that died at once */
#define DIED_EARLY_MAX    5                           /* children in a row that die at once */
#define CRASH_WINDOW_NS   (60 * KEEPER_NS_PER_S)

int64_t keeper_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * KEEPER_NS_PER_S + now.tv_nsec;
}

void keeper_finish(struct keeper *keeper, int status)
{
	keeper->done = true;
	keeper->status = status;
}

/* Nobody needs it any more, and nobody wants to hear of its end. */
void keeper_dismiss(struct keeper *keeper, struct child *child)
{
	if (!child->pid)
		return;
	(void)kill(child->pid, SIGKILL);
	keeper->dismissed[keeper->dismissed_n++ % KEEPER_DISMISSED_MAX] = child->pid;
	child_forget(child);
}

static bool is_dismissed(const struct keeper *keeper, pid_t pid)
{
	for (unsigned i = 0; i < KEEPER_DISMISSED_MAX; i++)
		if (keeper->dismissed[i] == pid)
			return true;
	return false;
}

/* Whose memory is true: a process that died before it had adopted leaves that to the one before. */
static struct child *last_published(struct keeper *keeper)
{
	struct state *state;

	if (keeper->current.state_fd >= 0 && state_open(keeper->current.state_fd, &state) == 0) {
		state_close(state);
		return &keeper->current;
	}
	return keeper->previous.state_fd >= 0 ? &keeper->previous : &keeper->current;
}

int keeper_last_will(struct keeper *keeper)
{
	return will_execute(keeper->will, last_published(keeper)->state_fd, keeper->teller) < 0
		       ? EXIT_FAILURE
		       : EXIT_SUCCESS;
}

/* ---- one follows another ---- */

/* From here on @heir speaks: of a reload, or after a death. It leaves its place empty. */
static void hand_over(struct keeper *keeper, struct child *heir, int64_t frozen_real_ns)
{
	struct child *last = last_published(keeper);
	int64_t now = keeper_now_ns();

	if (last == &keeper->current) {
		child_forget(&keeper->previous);
		keeper->previous = keeper->current;
	} else {
		child_forget(&keeper->current);
	}
	keeper->current = *heir;
	*heir = child_none;
	keeper->started = true;
	keeper->standby_ns = INT64_MAX; /* not before it gives a sign of life: it is in a hurry */
	keeper->reload_ns = now + RELOAD_GAP_NS;
	child_expect(&keeper->current, now + ALIVE_TIMEOUT_NS);
	keeper->retry_ns = INT64_MAX;
	if (channel_send_fd(keeper->current.channel_fd, CHANNEL_GO, frozen_real_ns,
			    keeper->previous.state_fd) < 0)
		(void)kill(keeper->current.pid, SIGKILL);
	service_ready(keeper->service);
}

static void refuse_reload(struct keeper *keeper, const char *why)
{
	char text[EVENT_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s; the running configuration stays",
		 keeper->error[0] ? "see the errors before" : why);
	tell_process(keeper->teller, EVENT_RELOAD, 0, text, EVENT_RELOAD_REFUSED);
	if (keeper->current.pid)
		(void)channel_send(keeper->current.channel_fd, CHANNEL_REFUSED,
				   keeper->reload_began_ns, why);
	service_ready(keeper->service);
}

/* Start one that reads the file: the first one, or the next one of a reload. */
int keeper_start_next(struct keeper *keeper, enum child_kind kind)
{
	int err;

	keeper->error[0] = '\0';
	keeper->reload_began_ns = keeper_now_ns();
	err = child_spawn(&keeper->setting, kind, NULL, &keeper->next);
	child_expect(&keeper->next, keeper_now_ns() + READY_TIMEOUT_NS);
	return err;
}

bool keeper_can_reload(const struct keeper *keeper)
{
	return keeper->reload_due && !keeper->next.pid && keeper->current.ready &&
	       !keeper->standby_stale;
}

void keeper_start_reload(struct keeper *keeper)
{
	int err;

	if (!keeper_can_reload(keeper))
		return;
	keeper->reload_due = false;
	tell_process(keeper->teller, EVENT_RELOAD, 0, NULL, EVENT_RELOAD_STARTED);
	service_reloading(keeper->service);
	err = keeper_start_next(keeper, CHILD_NEXT);
	if (err < 0)
		refuse_reload(keeper, strerror(-err));
}

static void expect_end(struct keeper *keeper, pid_t pid)
{
	keeper->dismissed[keeper->dismissed_n++ % KEEPER_DISMISSED_MAX] = pid;
}

static void end_reload(struct keeper *keeper, int64_t frozen_real_ns)
{
	bool again = keeper->standby_stale; /* the child of the reload, once more */

	keeper->freezing = false;
	if (keeper->current.pid)
		expect_end(keeper, keeper->current.pid);
	hand_over(keeper, &keeper->next, frozen_real_ns);
	keeper->standby_stale = true;
	if (!again)
		tell_process(keeper->teller, EVENT_RELOAD, keeper->current.pid, NULL,
			     EVENT_RELOAD_DONE);
}

void keeper_on_frozen(struct keeper *keeper, int64_t frozen_real_ns)
{
	keeper->freezing = false;
	if (keeper->next.ready) {
		end_reload(keeper, frozen_real_ns);
		return;
	}
	/* For nobody: the next one has died since. */
	expect_end(keeper, keeper->current.pid);
	keeper->current.pid = 0;
	keeper->current.ready = false;
	keeper_fill_gap(keeper);
}

/* The next one is ready: ask the current one to make room. */
static void freeze_current(struct keeper *keeper)
{
	keeper->freezing = true;
	child_expect(&keeper->current, keeper_now_ns() + FREEZE_TIMEOUT_NS);
	if (channel_send(keeper->current.channel_fd, CHANNEL_FREEZE, keeper->reload_began_ns,
			 NULL) < 0)
		(void)kill(keeper->current.pid, SIGKILL); /* its end lets the next one go */
}

int keeper_start_standby(struct keeper *keeper)
{
	int err = child_spawn(&keeper->setting, CHILD_STANDBY, &keeper->current, &keeper->standby);

	child_expect(&keeper->standby, keeper_now_ns() + READY_TIMEOUT_NS);
	keeper->standby_ns = err < 0 ? keeper_now_ns() + STANDBY_RETRY_NS : INT64_MAX;
	keeper->standby_stale = false;
	return err;
}

/* ---- the end of processes ---- */

static void describe_end(int status, char *buf, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(buf, size, "exited with %d", WEXITSTATUS(status));
}

static void tell_end(struct keeper *keeper, pid_t pid, const char *how)
{
	tell_process(keeper->teller, EVENT_PROCESS_END, pid, how, 0);
}

/* Too many in a row, and starting again will not help. */
static bool crashes_too_often(struct keeper *keeper)
{
	int64_t now = keeper_now_ns();
	int64_t *oldest_ns = &keeper->crashes_ns[keeper->crashes_n++ % (KEEPER_CRASHES_MAX - 1)];
	bool hopeless = *oldest_ns && now - *oldest_ns < CRASH_WINDOW_NS;

	*oldest_ns = now;
	return hopeless;
}

/* Return: whether a child could be started that runs what the dead one ran. */
static bool start_again(struct keeper *keeper)
{
	struct child *place = keeper->standby_stale ? &keeper->next : &keeper->standby;
	int err;

	if (place == &keeper->standby)
		return keeper_start_standby(keeper) == 0;
	err = child_spawn(&keeper->setting, CHILD_STANDBY, &keeper->current, place);
	child_expect(place, keeper_now_ns() + READY_TIMEOUT_NS);
	return err == 0;
}

static void undo_reload(struct keeper *keeper)
{
	tell_process(keeper->teller, EVENT_RELOAD, 0,
		     "what was loaded does not live; what ran before goes on", EVENT_RELOAD_UNDONE);
	keeper->standby_stale = false;
	hand_over(keeper, &keeper->standby, 0);
}

/*
 * Whoever is ready goes at once, and who is not will when it is. No crash undoes a reload that
 * somebody was told of, unless what it brought dies again and again.
 */
void keeper_fill_gap(struct keeper *keeper)
{
	if (keeper->next.ready)
		end_reload(keeper, 0);
	else if (keeper->standby.ready && !keeper->standby_stale)
		hand_over(keeper, &keeper->standby, 0);
	else if (keeper->standby.ready && keeper->died_early_n > 1)
		undo_reload(keeper);
	else if (!keeper->next.pid && (!keeper->standby.pid || keeper->standby_stale) &&
		 !start_again(keeper))
		keeper_recover(keeper, 0, "none could be started");
}

/*
 * The router process died although nobody asked it to: the next one goes on where it was. One that
 * died before it spoke is no crash of the router: the standby may have been killed with it.
 */
void keeper_recover(struct keeper *keeper, pid_t pid, const char *how)
{
	bool spoke = pid == keeper->current.pid && last_published(keeper) == &keeper->current &&
		     !keeper->standby_stale;
	bool hopeless = spoke ? crashes_too_often(keeper) : ++keeper->died_early_n > DIED_EARLY_MAX;

	tell_process(keeper->teller, EVENT_PROCESS_LOST, pid, how, hopeless);
	keeper->freezing = false;
	keeper->current.pid = 0;
	keeper->current.ready = false;
	if (hopeless) {
		(void)keeper_last_will(keeper);
		keeper_finish(keeper, EXIT_FAILURE);
		return;
	}
	if (keeper->died_early_n > 2)
		keeper->retry_ns = keeper_now_ns() + RETRY_NS;
	else
		keeper_fill_gap(keeper);
}

static void current_ended(struct keeper *keeper, int status)
{
	char how[48];

	describe_end(status, how, sizeof(how));
	if (!keeper->stopping) {
		tell_end(keeper, keeper->current.pid, how);
		keeper_recover(keeper, keeper->current.pid, how);
		return;
	}
	/* What it did not manage to give up itself, or had left to one that never ran. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !keeper->freezing)
		keeper_finish(keeper, EXIT_SUCCESS);
	else
		keeper_finish(keeper, keeper_last_will(keeper));
}

static void next_ended(struct keeper *keeper, int status)
{
	pid_t pid = keeper->next.pid;
	char how[48];

	describe_end(status, how, sizeof(how));
	child_forget(&keeper->next);
	if (keeper->stopping)
		return;
	if (!keeper->started) /* It said itself what is wrong. */
		keeper_finish(keeper, WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status)
									       : EXIT_FAILURE);
	else if (keeper->current.pid)
		refuse_reload(keeper, keeper->error[0] ? keeper->error : how);
	else
		keeper_recover(keeper, pid, how);
}

/* Nobody takes over but who has yet to be started; at once if it was waited for. */
void keeper_lose_standby(struct keeper *keeper, const char *how)
{
	pid_t pid = keeper->standby.pid;

	child_forget(&keeper->standby);
	keeper->standby_ns = keeper_now_ns() + STANDBY_RETRY_NS;
	if (keeper->stopping)
		return;
	if (keeper->current.pid || keeper->next.pid)
		tell_process(keeper->teller, EVENT_STANDBY_LOST, pid, how, 0);
	else
		keeper_recover(keeper, pid, how);
}

static void standby_ended(struct keeper *keeper, int status)
{
	char how[48];

	describe_end(status, how, sizeof(how));
	tell_end(keeper, keeper->standby.pid, how);
	keeper_lose_standby(keeper, how);
}

void keeper_reap(struct keeper *keeper)
{
	char how[48];
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == keeper->current.pid) {
			current_ended(keeper, status);
		} else if (pid == keeper->next.pid) {
			next_ended(keeper, status);
		} else if (pid == keeper->standby.pid) {
			standby_ended(keeper, status);
		} else if (!is_dismissed(keeper, pid)) {
			describe_end(status, how, sizeof(how));
			tell_end(keeper, pid, how);
		}
	}
}

/* The current one lives: what was kept in case it did not is not needed any more. */
void keeper_on_alive(struct keeper *keeper, const char *status)
{
	if (!keeper->freezing && !keeper->stopping)
		child_expect(&keeper->current, keeper_now_ns() + ALIVE_TIMEOUT_NS);
	child_forget(&keeper->previous);
	keeper->died_early_n = 0;
	if (keeper->standby_stale)
		keeper_dismiss(keeper, &keeper->standby);
	keeper->standby_stale = false;
	if (!keeper->standby.pid && keeper->standby_ns == INT64_MAX)
		keeper->standby_ns = keeper_now_ns();
	service_alive(keeper->service, status);
}

void keeper_on_ready(struct keeper *keeper, struct child *child)
{
	child_expect(child, INT64_MAX);
	if (!keeper->started)
		hand_over(keeper, child, 0);
	else if (!keeper->current.pid)
		keeper_fill_gap(keeper);
	else if (child == &keeper->next)
		freeze_current(keeper);
}
