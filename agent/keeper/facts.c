/* SPDX-License-Identifier: MIT */
/* What the rules have decided, as facts for the journal and the log: their words are here alone. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper_private.h"

static const char unready[] = "not ready within 5 s";

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
	if (role == SUCCESSION_STANDBY && keeper->children[role].stopped)
		return "stopped by a signal";
	if (keeper->event.type == SUCCESSION_ENDED)
		return keeper->how;
	if (keeper->event.type == SUCCESSION_SPAWN_FAILED)
		return "none could be started";
	if (keeper->event.type == SUCCESSION_CHANNEL_END)
		return "its conversation ended";
	return role == SUCCESSION_CURRENT ? "it cannot be killed" : unready;
}

static void tell_asked(struct keeper *keeper, enum event_signal what)
{
	const struct signalfd_siginfo *info = &keeper->signal;

	if (info->ssi_signo) /* else a router process passed on what vipctl asked */
		tell_signal(keeper->teller, info->ssi_signo, info->ssi_pid, what);
}

/* The process in a role, if it is of use. */
static pid_t living(const struct keeper *keeper, enum succession_role role)
{
	bool ready = keeper->succession.children[role].life == SUCCESSION_READY;

	return ready && !keeper->children[role].stopped ? keeper->children[role].pid : 0;
}

static const char *lacking(const struct keeper *keeper, char *buf, size_t size)
{
	const struct child *standby = &keeper->children[SUCCESSION_STANDBY];

	if (!living(keeper, SUCCESSION_CURRENT))
		return "no router process speaks now";
	if (living(keeper, SUCCESSION_STANDBY))
		return NULL;
	if (standby->pid)
		return standby->stopped ? "the standby was stopped by a signal"
					: "the standby is being started";
	snprintf(buf, size, "no standby%s%s", keeper->standby_lost[0] ? ": " : "",
		 keeper->standby_lost);
	return buf;
}

void keeper_tell_all(struct keeper *keeper)
{
	const struct signalfd_siginfo *info = &keeper->signal;
	char buf[KEEPER_HOW_SIZE + 16];
	struct event event = event_fact(EVENT_PROCESSES, 0, lacking(keeper, buf, sizeof(buf)));
	int channel_fd = keeper->children[SUCCESSION_CURRENT].channel_fd;

	tell_signal(keeper->teller, info->ssi_signo, info->ssi_pid, EVENT_SIGNAL_HEARD);
	event.fact.number[0] = getpid();
	event.fact.number[1] = living(keeper, SUCCESSION_CURRENT);
	event.fact.number[2] = living(keeper, SUCCESSION_STANDBY);
	tell(keeper->teller, &event);
	if (channel_fd >= 0)
		(void)channel_send(channel_fd, CHANNEL_TELL, 0, NULL);
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

/* Return: how, which is kept for whoever asks later. */
static const char *lose_standby(struct keeper *keeper)
{
	const char *words = keeper->event.type == SUCCESSION_SPAWN_FAILED
				    ? strerror(keeper->spawn_error)
				    : how(keeper, SUCCESSION_STANDBY);

	snprintf(keeper->standby_lost, sizeof(keeper->standby_lost), "%s", words);
	return keeper->standby_lost;
}

void keeper_tell(struct keeper *keeper, const struct succession_action *action)
{
	enum succession_role role = action->role;

	switch (action->fact) {
	case SUCCESSION_FACT_ASKED:
		tell_asked(keeper, keeper->event.type == SUCCESSION_STOP ? EVENT_SIGNAL_LEAVES
									 : EVENT_SIGNAL_HEARD);
		break;
	case SUCCESSION_FACT_HURRIED:
		tell_asked(keeper, EVENT_SIGNAL_HURRIES);
		break;
	case SUCCESSION_FACT_UNHEARD:
		tell_asked(keeper, EVENT_SIGNAL_IGNORED);
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
		tell_role(keeper, action, EVENT_PROCESS_LATE, "did not leave in time", 0);
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
		tell_role(keeper, action, EVENT_STANDBY_LOST, lose_standby(keeper), 0);
		break;
	case SUCCESSION_FACT_NO_STANDBY:
		tell_process(keeper->teller, EVENT_STANDBY, 0, lose_standby(keeper),
			     EVENT_STANDBY_NONE);
		break;
	case SUCCESSION_FACT_AGAIN:
		tell_role(keeper, action, EVENT_STANDBY, NULL, EVENT_STANDBY_AGAIN);
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
		tell_process(keeper->teller, EVENT_UPGRADE, 0, "the keeper is vipd " VIPD_VERSION,
			     EVENT_UPGRADE_DONE);
		break;
	}
}

/* The program that the next generation would run cannot be the keeper. */
static const char *refuse_upgrade(struct keeper *keeper, const char *why)
{
	snprintf(keeper->error, sizeof(keeper->error), "%s cannot take over as the keeper: %s",
		 keeper->setting.binary, why);
	tell_process(keeper->teller, EVENT_UPGRADE, 0, keeper->error, EVENT_UPGRADE_REFUSED);
	return keeper->error;
}

/* By the words of the rehearsal itself, or else by its end, and what was complained of then. */
static const char *refuse_rehearsed(struct keeper *keeper)
{
	char report[200], complaint[200], text[sizeof(keeper->how) + sizeof(complaint) + 2];

	upgrade_report(keeper, report, sizeof(report));
	if (report[0])
		return refuse_upgrade(keeper, report);
	upgrade_complaint(keeper, complaint, sizeof(complaint));
	snprintf(text, sizeof(text), "%s%s%s", keeper->how, complaint[0] ? ": " : "", complaint);
	return refuse_upgrade(keeper, text);
}

/* A program that says nothing for itself may not even have been loaded. */
static const char *refuse_ended(struct keeper *keeper)
{
	if (!keeper->error[0])
		snprintf(keeper->ended, sizeof(keeper->ended), "%.200s: %s", keeper->setting.binary,
			 keeper->how);
	return keeper->error[0] ? keeper->error : keeper->ended;
}

static const char *why_refused(struct keeper *keeper, enum succession_why why)
{
	switch (why) {
	case SUCCESSION_WHY_SPAWN:
		return strerror(keeper->spawn_error);
	case SUCCESSION_WHY_ENDED:
		return refuse_ended(keeper);
	case SUCCESSION_WHY_LATE:
		return unready;
	case SUCCESSION_WHY_REHEARSAL:
		return refuse_rehearsed(keeper);
	case SUCCESSION_WHY_REHEARSAL_LATE:
		return refuse_upgrade(keeper, unready);
	case SUCCESSION_WHY_EXEC:
		return refuse_upgrade(keeper, strerror(keeper->spawn_error));
	}
	return "";
}

const char *keeper_tell_refused(struct keeper *keeper, enum succession_why why)
{
	const char *words = why_refused(keeper, why);
	bool told_before = why == SUCCESSION_WHY_LATE ||
			   (why == SUCCESSION_WHY_ENDED && words == keeper->error);
	char text[EVENT_TEXT_SIZE];

	snprintf(text, sizeof(text), "%.300s; the running configuration stays",
		 told_before ? "see the errors before" : words);
	tell_reload(keeper, 0, text, EVENT_RELOAD_REFUSED);
	upgrade_forget_report(keeper);
	return words;
}

void keeper_tell_rehearsed(struct keeper *keeper)
{
	tell_process(keeper->teller, EVENT_UPGRADE, 0, NULL, EVENT_UPGRADE_REHEARSED);
}
