/* SPDX-License-Identifier: MIT */
/*
 * The inside of the keeper, private to the files that share it: keeper.c hears children, signals
 * and the clock, and makes events of them; succession.c, which sees nothing of this, decides;
 * execute.c does what it has decided, and facts.c tells it. upgrade.c and resume.c hand all of it
 * to another program.
 */
#ifndef KEEPER_PRIVATE_H
#define KEEPER_PRIVATE_H

#include <sys/signalfd.h>

#include "agent/channel.h"
#include "agent/life_timer.h"
#include "agent/loop.h"
#include "child.h"
#include "claim.h"
#include "helper.h"
#include "image.h"
#include "keeper.h"
#include "service.h"
#include "succession.h"
#include "tell.h"
#include "upgrade.h"
#include "will.h"

#define KEEPER_DISMISSED_MAX IMAGE_DISMISSED_MAX
#define KEEPER_EVENTS_MAX    8
#define KEEPER_HOW_SIZE      48

struct keeper {
	struct child_setting setting;
	char binary[4096];                /* what setting.binary points to */
	char conf_path[4096];             /* likewise, when another program left it */
	struct upgrade_program running;   /* the file of the program that the keeper is */
	struct upgrade_program rehearsed; /* of the one that has rehearsed last */
	int report_fd;                    /* what that wrote; -1: none; owned */
	int stderr_fd;           /* what it complained of, and so did whatever loads it; likewise */
	struct loop *loop;       /* owned, as all that follows */
	int signal_fd;           /* -1: none */
	struct claim claim;      /* on the network namespace */
	struct will *will;       /* NULL: not open yet */
	struct teller *teller;   /* never NULL */
	struct service *service; /* NULL: there is no service manager */
	struct helper checker, notifier;
	int journal_fd; /* what another program left, until it is open; -1: none */

	struct succession succession;
	struct child children[SUCCESSION_ROLES_COUNT]; /* what is in its slots */
	pid_t dismissed[KEEPER_DISMISSED_MAX];         /* those whose end is no news; 0: free */
	unsigned dismissed_n; /* of them that took the place of another one */
	struct room room;     /* of CURRENT, for what NEXT says */

	struct succession_event events[KEEPER_EVENTS_MAX]; /* to be decided, in their order */
	unsigned events_n;
	struct succession_event event;      /* the one that is being decided */
	struct channel_message message;     /* that is being read */
	char current_status[160];           /* in a line, as CURRENT said it last */
	int64_t alive_ns;                   /* the last sign of life that was looked at */
	int64_t life_ns;                    /* what the timer of setting.life_fd was set to here */
	struct signalfd_siginfo signal;     /* likewise; ssi_signo 0: none */
	char ended[KEEPER_HOW_SIZE + 208];  /* likewise, behind the path of its program */
	char how[KEEPER_HOW_SIZE];          /* the child of the event ended */
	pid_t ended_pid;                    /* which it was */
	char error[CHANNEL_TEXT_SIZE];      /* the last one that a new generation told */
	char standby_lost[KEEPER_HOW_SIZE]; /* how, or why there was none */
	int spawn_error;                    /* an errno, of SPAWN_FAILED */

	bool will_failed;
	bool done;
	int status; /* to exit with, once done */
};

/**
 * keeper_feed() - decide one event, execute what was decided, and all that follows from that.
 * @event: its time and whether the memory is published are filled in here.
 */
void keeper_feed(struct keeper *keeper, const struct succession_event *event);

/**
 * keeper_answer() - let another event follow the one whose action is being executed.
 */
void keeper_answer(struct keeper *keeper, enum succession_event_type type,
		   enum succession_role role);

/**
 * keeper_execute() - execute one action.
 */
void keeper_execute(struct keeper *keeper, const struct succession_action *action);

/**
 * keeper_hang_up() - end the conversation with a child; legal without one.
 */
void keeper_hang_up(struct keeper *keeper, struct child *child);

/**
 * keeper_dismiss() - end a child that is not needed any more; its end is no news. Legal for none.
 */
void keeper_dismiss(struct keeper *keeper, enum succession_role role);

/**
 * keeper_was_dismissed() - whether the end of that process is no news; asked once.
 */
bool keeper_was_dismissed(struct keeper *keeper, pid_t pid);

/**
 * keeper_tell() - tell the fact of an action.
 */
void keeper_tell(struct keeper *keeper, const struct succession_action *action);

/**
 * keeper_tell_refused() - a reload is refused.
 *
 * Return: why, for whoever asked for it; good until the next call.
 */
const char *keeper_tell_refused(struct keeper *keeper, enum succession_why why);

/**
 * keeper_tell_rehearsed() - another program will be executed in the place of the keeper.
 */
void keeper_tell_rehearsed(struct keeper *keeper);

/**
 * keeper_tell_all() - who lives, and by the router process how its routers are; somebody asked.
 */
void keeper_tell_all(struct keeper *keeper);

/**
 * keeper_tell_end() - a process has ended.
 * @wait_status: of waitpid().
 */
void keeper_tell_end(struct keeper *keeper, pid_t pid, int wait_status);

/**
 * keeper_describe_end() - in words.
 * @buf: KEEPER_HOW_SIZE bytes.
 *
 * Return: @buf.
 */
const char *keeper_describe_end(int wait_status, char *buf);

/**
 * keeper_equip() - make the memory that helpers and routers share, and give it to them; what
 * another program left stays as it is. What cannot be made is told, and done without.
 */
void keeper_equip(struct keeper *keeper);

/**
 * keeper_reader() - another descriptor of the same file, through which nobody can write.
 * @fd: borrowed; -1: none.
 *
 * Return: owned by the caller; -1: there is none.
 */
int keeper_reader(int fd);

#endif
