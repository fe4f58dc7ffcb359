/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/kept.h"
#include "agent/state.h"
#include "keeper_private.h"

static void refuse(struct keeper *keeper, const struct succession_action *action)
{
	const struct child *current = &keeper->children[SUCCESSION_CURRENT];
	const char *why = keeper_tell_refused(keeper, action->why);

	if (current->channel_fd >= 0)
		(void)channel_send(current->channel_fd, CHANNEL_REFUSED, action->ns, why);
}

static void serve_alive(const struct keeper *keeper)
{
	const char *status = keeper->current_status;
	char text[sizeof(keeper->current_status)];

	snprintf(text, sizeof(text), "%.120s%s", status,
		 status[0] && keeper->succession.standbys_lost_n ? ", no standby" : "");
	service_alive(keeper->service, text);
}

static void serve(struct keeper *keeper, const struct succession_action *action)
{
	switch (action->service) {
	case SUCCESSION_SERVICE_READY:
		service_ready(keeper->service);
		break;
	case SUCCESSION_SERVICE_RELOADING:
		service_reloading(keeper->service);
		break;
	case SUCCESSION_SERVICE_ALIVE:
		serve_alive(keeper);
		break;
	case SUCCESSION_SERVICE_STOPPING:
		service_stopping(keeper->service);
		break;
	case SUCCESSION_SERVICE_LEAVING:
		service_leaving(keeper->service, action->ns);
		break;
	}
}

void keeper_hang_up(struct keeper *keeper, struct child *child)
{
	if (child->channel_fd < 0)
		return;
	loop_unwatch(keeper->loop, child->channel_fd);
	close(child->channel_fd);
	child->channel_fd = -1;
}

/* Those whose ends are still to come keep their places, also those of the keeper before. */
static void expect_end(struct keeper *keeper, const struct child *child)
{
	unsigned place = 0;

	if (!child->pid || child->reaped)
		return;
	while (place < KEEPER_DISMISSED_MAX && keeper->dismissed[place])
		place++;
	if (place == KEEPER_DISMISSED_MAX)
		place = keeper->dismissed_n++ % KEEPER_DISMISSED_MAX;
	keeper->dismissed[place] = child->pid;
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

void keeper_answer(struct keeper *keeper, enum succession_event_type type,
		   enum succession_role role)
{
	assert(keeper->events_n < KEEPER_EVENTS_MAX);
	keeper->events[keeper->events_n++] =
		(struct succession_event){ .type = type, .role = role };
}

/* Return: 1, or -errno. */
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
	return err < 0 ? err : 1;
}

static void spawn(struct keeper *keeper, const struct succession_action *action)
{
	int err;

	if (action->role == SUCCESSION_REHEARSAL)
		err = upgrade_rehearse(keeper);
	else
		err = start(keeper, action);
	keeper->spawn_error = err < 0 ? -err : 0;
	keeper_answer(keeper,
		      err < 0    ? SUCCESSION_SPAWN_FAILED
		      : err == 0 ? SUCCESSION_NEEDLESS
				 : SUCCESSION_SPAWNED,
		      action->role);
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
	(void)loop_watch(keeper->loop, current->channel_fd); /* in case it had to wait: room.h */
	if (channel_send_fd(current->channel_fd, CHANNEL_GO, action->ns,
			    keeper->children[SUCCESSION_PREVIOUS].state_fd) < 0)
		child_kill(current);
}

/* The log has first why it is asked: it may have left, and said so, before this process writes its
 * next line. Unlike a takeover a stop has the time. */
static void leave(struct keeper *keeper, const struct child *current)
{
	tell_log(keeper->teller);
	if (current->pid && !current->reaped)
		(void)kill(current->pid, SIGTERM);
}

/* Nothing behind this happens, unless the program cannot be executed. */
static void execute_program(struct keeper *keeper)
{
	keeper_tell_rehearsed(keeper);
	keeper->spawn_error = -upgrade_execute(keeper);
	keeper_answer(keeper, SUCCESSION_EXEC_FAILED, SUCCESSION_CURRENT);
}

/* Of whoever left in order: nobody else knows what it was told. */
static void keep(struct keeper *keeper)
{
	struct state *state;
	int err = state_open(keeper->children[SUCCESSION_CURRENT].state_fd, &state);

	if (err == 0) {
		err = kept_write(state, clocks_now().mono_ns);
		state_close(state);
	}
	if (err < 0 && err != -ENOTSUP)
		tell_failure(keeper->teller, EVENT_DEGRADED, -err,
			     "keeping drains for the next start", NULL);
}

static void finish(struct keeper *keeper, int status)
{
	if (keeper->children[SUCCESSION_CURRENT].state_fd >= 0)
		keep(keeper);
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
		leave(keeper, child);
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
		execute_program(keeper);
		break;
	case SUCCESSION_WILL:
		keeper->will_failed =
			will_execute(keeper->will, child->state_fd, keeper->teller) < 0;
		break;
	case SUCCESSION_EXIT:
		finish(keeper, action->status);
		break;
	case SUCCESSION_TELL:
		keeper_tell(keeper, action);
		break;
	case SUCCESSION_SERVICE:
		serve(keeper, action);
		break;
	}
}
