/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper_private.h"

static const char unready[] = "not ready within 5 s";

/* ---- what is told ---- */

const char *keeper_describe_end(int wait_status, char *buf)
{
	if (WIFSIGNALED(wait_status))
		snprintf(buf, KEEPER_HOW_SIZE, "killed by SIG%s",
			 sigabbrev_np(WTERMSIG(wait_status)));
	else
		snprintf(buf, KEEPER_HOW_SIZE, "exited with %d", WEXITSTATUS(wait_status));
	return buf;
}

void keeper_tell_end(struct keeper *keeper, pid_t pid, int wait_status)
{
	char how[KEEPER_HOW_SIZE];

	tell_process(keeper->teller, EVENT_PROCESS_END, pid, keeper_describe_end(wait_status, how),
		     0);
}

/* The process of a role; also one whose end is the event. */
static pid_t pid_of(const struct keeper *keeper, enum succession_role role)
{
	bool ended = keeper->event.type == SUCCESSION_ENDED && keeper->event.role == role;

	return ended ? keeper->ended_pid : keeper->children[role].pid;
}

/* How somebody was lost, by the event. */
static const char *how(const struct keeper *keeper, enum succession_role role)
{
	if (keeper->event.type == SUCCESSION_ENDED)
		return keeper->how;
	if (keeper->event.type == SUCCESSION_SPAWN_FAILED)
		return "none could be started";
	if (keeper->event.type == SUCCESSION_CHANNEL_END)
		return "its conversation ended";
	return role == SUCCESSION_CURRENT ? "it cannot be killed" : unready;
}

static void tell_asked(struct keeper *keeper)
{
	const struct signalfd_siginfo *info = &keeper->signal;

	if (info->ssi_signo) /* else a router process passed on what vipctl asked */
		tell_signal(keeper->teller, info->ssi_signo, info->ssi_pid,
			    keeper->event.type == SUCCESSION_STOP);
}

static void tell_role(struct keeper *keeper, const struct succession_action *action,
		      enum event_kind kind, const char *text, unsigned word)
{
	tell_process(keeper->teller, kind, pid_of(keeper, action->role), text, word);
}

static void tell_reload(struct keeper *keeper, pid_t pid, const char *why, enum event_reload word)
{
	tell_process(keeper->teller, EVENT_RELOAD, pid, why, word);
}

static void execute_tell(struct keeper *keeper, const struct succession_action *action)
{
	enum succession_role role = action->role;

	switch (action->fact) {
	case SUCCESSION_FACT_ASKED:
		tell_asked(keeper);
		break;
	case SUCCESSION_FACT_NO_FIRST:
		tell_failure(keeper->teller, EVENT_FAILED, keeper->spawn_error,
			     "starting a router process", NULL);
		break;
	case SUCCESSION_FACT_LATE_READY:
		tell_role(keeper, action, EVENT_PROCESS_LATE, unready, 0);
		break;
	case SUCCESSION_FACT_LATE_ALIVE:
		tell_role(keeper, action, EVENT_PROCESS_LATE, "no sign of life", 0);
		break;
	case SUCCESSION_FACT_LATE_LEAVE:
		tell_role(keeper, action, EVENT_PROCESS_LATE, "did not leave within 5 s", 0);
		break;
	case SUCCESSION_FACT_END:
		tell_role(keeper, action, EVENT_PROCESS_END, keeper->how, 0);
		break;
	case SUCCESSION_FACT_LOST:
		tell_role(keeper, action, EVENT_PROCESS_LOST, how(keeper, role), 0);
		break;
	case SUCCESSION_FACT_HOPELESS:
		tell_role(keeper, action, EVENT_PROCESS_LOST, how(keeper, role), 1);
		break;
	case SUCCESSION_FACT_STANDBY:
		tell_role(keeper, action, EVENT_STANDBY_LOST, how(keeper, role), 0);
		break;
	case SUCCESSION_FACT_NO_STANDBY:
		tell_failure(keeper->teller, EVENT_DEGRADED, keeper->spawn_error,
			     "starting a standby", "it is tried again later");
		break;
	case SUCCESSION_FACT_RELOADING:
		tell_reload(keeper, 0, NULL, EVENT_RELOAD_STARTED);
		break;
	case SUCCESSION_FACT_RELOADED:
		tell_reload(keeper, pid_of(keeper, role), NULL, EVENT_RELOAD_DONE);
		break;
	case SUCCESSION_FACT_UNDONE:
		tell_reload(keeper, 0, "what was loaded does not live; what ran before goes on",
			    EVENT_RELOAD_UNDONE);
		break;
	case SUCCESSION_FACT_RESUMED:
		break;
	}
}

/* Why a reload is refused, as whoever asked for it is told. */
static const char *why_refused(const struct keeper *keeper, enum succession_why why)
{
	switch (why) {
	case SUCCESSION_WHY_SPAWN:
		return strerror(keeper->spawn_error);
	case SUCCESSION_WHY_ENDED:
		return keeper->error[0] ? keeper->error : keeper->how;
	case SUCCESSION_WHY_LATE:
		return unready;
	case SUCCESSION_WHY_REHEARSAL:
	case SUCCESSION_WHY_REHEARSAL_LATE:
	case SUCCESSION_WHY_EXEC:
		break;
	}
	return "";
}

static void refuse(struct keeper *keeper, const struct succession_action *action)
{
	const struct child *current = &keeper->children[SUCCESSION_CURRENT];
	const char *why = why_refused(keeper, action->why);
	bool told_before = action->why == SUCCESSION_WHY_LATE || why == keeper->error;
	char text[EVENT_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s; the running configuration stays",
		 told_before ? "see the errors before" : why);
	tell_reload(keeper, 0, text, EVENT_RELOAD_REFUSED);
	if (current->channel_fd >= 0)
		(void)channel_send(current->channel_fd, CHANNEL_REFUSED, action->ns, why);
}

static void serve(struct keeper *keeper, enum succession_service service)
{
	switch (service) {
	case SUCCESSION_SERVICE_READY:
		service_ready(keeper->service);
		break;
	case SUCCESSION_SERVICE_RELOADING:
		service_reloading(keeper->service);
		break;
	case SUCCESSION_SERVICE_ALIVE:
		service_alive(keeper->service, keeper->message.text);
		break;
	case SUCCESSION_SERVICE_STOPPING:
		service_stopping(keeper->service);
		break;
	}
}

/* ---- what is done with children ---- */

void keeper_hang_up(struct keeper *keeper, struct child *child)
{
	if (child->channel_fd < 0)
		return;
	loop_unwatch(keeper->loop, child->channel_fd);
	close(child->channel_fd);
	child->channel_fd = -1;
}

static void expect_end(struct keeper *keeper, const struct child *child)
{
	if (child->pid && !child->reaped)
		keeper->dismissed[keeper->dismissed_n++ % KEEPER_DISMISSED_MAX] = child->pid;
}

bool keeper_was_dismissed(struct keeper *keeper, pid_t pid)
{
	for (unsigned i = 0; i < KEEPER_DISMISSED_MAX; i++)
		if (keeper->dismissed[i] == pid) {
			keeper->dismissed[i] = 0;
			return true;
		}
	return false;
}

void keeper_dismiss(struct keeper *keeper, enum succession_role role)
{
	struct child *child = &keeper->children[role];

	child_kill(child);
	expect_end(keeper, child);
	keeper_hang_up(keeper, child);
	child_forget(child);
}

/* The memory stays, the process is nobody's: its end is told when it comes, or now. */
static void part_with_process(struct keeper *keeper, struct child *child)
{
	keeper_hang_up(keeper, child);
	if (child->pid && child->reaped)
		keeper_tell_end(keeper, child->pid, child->wait_status);
	child->pid = 0;
	child->reaped = false;
}

static void forget(struct keeper *keeper, struct child *child)
{
	part_with_process(keeper, child);
	child_forget(child);
}

static void release(struct keeper *keeper, struct child *child)
{
	expect_end(keeper, child);
	child->pid = 0;
	child->reaped = false;
}

static void retire(struct keeper *keeper)
{
	struct child *current = &keeper->children[SUCCESSION_CURRENT];

	part_with_process(keeper, current);
	child_forget(&keeper->children[SUCCESSION_PREVIOUS]);
	keeper->children[SUCCESSION_PREVIOUS] = *current;
	*current = child_none;
}

static int start(struct keeper *keeper, const struct succession_action *action)
{
	struct child *child = &keeper->children[action->role];
	int err;

	if (action->kind != SUCCESSION_KIND_AGAIN)
		keeper->error[0] = '\0';
	err = child_spawn(&keeper->setting, action->kind, &keeper->children[SUCCESSION_CURRENT],
			  child);
	if (err == 0)
		err = loop_watch(keeper->loop, child->channel_fd);
	if (err < 0)
		keeper_dismiss(keeper, action->role);
	return err;
}

static void spawn(struct keeper *keeper, const struct succession_action *action)
{
	int err;

	if (action->role == SUCCESSION_REHEARSAL) {
		keeper_answer(keeper, SUCCESSION_NEEDLESS, action->role);
		return;
	}
	err = start(keeper, action);
	keeper->spawn_error = -err;
	keeper_answer(keeper, err < 0 ? SUCCESSION_SPAWN_FAILED : SUCCESSION_SPAWNED, action->role);
}

/* One that cannot be asked is as good as dead: its end lets the next one go. */
static void freeze(struct child *current, int64_t began_ns)
{
	if (channel_send(current->channel_fd, CHANNEL_FREEZE, began_ns, NULL) < 0)
		child_kill(current);
}

static void go(struct keeper *keeper, const struct succession_action *action)
{
	struct child *current = &keeper->children[SUCCESSION_CURRENT];

	*current = keeper->children[action->role];
	keeper->children[action->role] = child_none;
	if (channel_send_fd(current->channel_fd, CHANNEL_GO, action->ns,
			    keeper->children[SUCCESSION_PREVIOUS].state_fd) < 0)
		child_kill(current);
}

static void leave(const struct child *current)
{
	if (current->pid && !current->reaped)
		(void)kill(current->pid, SIGTERM);
}

static void finish(struct keeper *keeper, int status)
{
	keeper->done = true;
	keeper->status = keeper->will_failed ? EXIT_FAILURE : status;
}

void keeper_execute(struct keeper *keeper, const struct succession_action *action)
{
	struct child *child = &keeper->children[action->role];

	switch (action->type) {
	case SUCCESSION_SPAWN:
		spawn(keeper, action);
		break;
	case SUCCESSION_FREEZE:
		freeze(child, action->ns);
		break;
	case SUCCESSION_RETIRE:
		retire(keeper);
		break;
	case SUCCESSION_GO:
		go(keeper, action);
		break;
	case SUCCESSION_LEAVE:
		leave(child);
		break;
	case SUCCESSION_KILL:
		child_kill(child);
		break;
	case SUCCESSION_RELEASE:
		release(keeper, child);
		break;
	case SUCCESSION_FORGET:
		forget(keeper, child);
		break;
	case SUCCESSION_DISMISS:
		keeper_dismiss(keeper, action->role);
		break;
	case SUCCESSION_REFUSE:
		refuse(keeper, action);
		break;
	case SUCCESSION_EXEC:
		keeper_answer(keeper, SUCCESSION_EXEC_FAILED, SUCCESSION_CURRENT);
		break;
	case SUCCESSION_WILL:
		keeper->will_failed =
			will_execute(keeper->will, child->state_fd, keeper->teller) < 0;
		break;
	case SUCCESSION_EXIT:
		finish(keeper, action->status);
		break;
	case SUCCESSION_TELL:
		execute_tell(keeper, action);
		break;
	case SUCCESSION_SERVICE:
		serve(keeper, action->service);
		break;
	}
}
