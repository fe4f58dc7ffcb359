/* SPDX-License-Identifier: MIT */
/*
 * What the keeper and its generations say to each other, over a SOCK_SEQPACKET pair.
 *
 *	keeper			new generation		old generation
 *	  fork, exec ------------>
 *			<----- READY
 *	  FREEZE ------------------------------------------>
 *			<------------------------------ FROZEN, exit
 *	  GO -------------------->  adopts, runs
 *
 * A generation that cannot start says why with ERROR and exits; the old one never notices. A
 * standby is READY long before, and gets its GO when there is no old one any more.
 *
 * Keeper and generation may be of different versions of vipd: an upgrade replaces the keeper first
 * (keeper/upgrade.h), which then goes on with the generation of the program before it. So the
 * version of all this is handed down as well, and another one is refused.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"

#define CHANNEL_TEXT_SIZE 3000

/* How a generation exits that has left in order: it was told to, or its keeper is no more. One that
 * makes room for another exits with 0; older ones do so in both cases. */
#define CHANNEL_EXIT_LEFT 40

enum channel_type {
	CHANNEL_READY = 1, /* generation: can go on when it is told; @attached_fd: its program */
	CHANNEL_GO,        /* keeper: adopt and run; @ns of FROZEN or 0, @attached_fd: state memory.
			      To a helper: another generation runs, which wants the same of it */
	CHANNEL_FREEZE,    /* keeper: decide nothing any more, say FROZEN and exit; @ns as REFUSED.
			      To a helper: vipd was stopped, and this is the end */
	CHANNEL_FROZEN,    /* generation: @ns up to which packets were read, CLOCK_REALTIME */
	CHANNEL_RELOAD,  /* generation: somebody asks for a reload, and waits until @ns (monotonic):
			    later it must not happen; 0: of an older one, for ever */
	CHANNEL_REFUSED, /* keeper: the reload that began at @ns (monotonic) failed, @text says why
			  */
	CHANNEL_ERROR,   /* generation: cannot start, @text says why */
	CHANNEL_ALIVE,   /* generation: at first, and when its status, a line in @text, changed */
	CHANNEL_EVENT,   /* generation, before GO: for the journal; channel_event(). Keeper: what
			    the notifier has to say to the routers, EVENT_DRAINED, or that it has
			    missed events, EVENT_JOURNAL_LOST; an older generation ignores it */
	CHANNEL_TAKEN,   /* keeper: the RELOAD of that @ns came in time, and will be answered; from
			    an older one there is none */
	CHANNEL_TELL,    /* keeper: log the state of each router; an older generation ignores it */
	CHANNEL_MADE,    /* generation: it has made an interface, for a router of the family @ns,
			    which needs settings that netlink cannot change; @text: its name, a
			    blank, and that of the one below it; an older keeper ignores it */
	CHANNEL_GONE, /* generation, before READY, and the keeper before FREEZE: that router, @text:
			 its name, nobody continues; first one without a name: those of before are
			 void; older ones ignore it */
	CHANNEL_LEAVING,      /* generation: it serves until somebody comes, and needs until @ns
				 (monotonic) for that, or asks for more by then; an older keeper ignores
				 it, and may lose patience */
	CHANNEL_CHECKS,       /* generation, when it runs: its configuration has @ns checks, for the
				      checker to ask; attached: what the checker reads; an older one
				      attaches nothing, and it reads all that runs */
	CHANNEL_CHECKER_LATE, /* generation: the checker does not answer; likewise */
	CHANNEL_NOTIFIES, /* generation, when it runs: whether its configuration has anybody told of
			     events, @ns; @attached_fd: its journal; likewise */
};

struct channel_message {
	uint32_t type;                /* enum channel_type */
	int32_t attached_fd;          /* -1: none; owned by the receiver, who gets a copy */
	int64_t ns;                   /* CHANNEL_EVENT: bytes of the event */
	char text[CHANNEL_TEXT_SIZE]; /* ends with a zero; the rest is not sent */
};

/* The descriptors that a generation is born with. */
enum channel_fd {
	CHANNEL_FD_CHANNEL = 3, /* this conversation; in all versions */
	CHANNEL_FD_STATE,       /* its own state memory, empty */
	CHANNEL_FD_CONF_OUT,    /* where it leaves the configuration that it runs, empty */
	CHANNEL_FD_SENDER,      /* all frames leave here; the keeper's, and shared with it */
	CHANNEL_FD_CONF_IN, /* of the one before: a standby runs it, a successor tells what changed
			       since; may be missing for the latter */
	CHANNEL_FD_LIFE,    /* the timer of life_timer.h, shared as well */
	CHANNEL_FD_FILTER,  /* what nftables drop is there as long as it is open; the keeper's, and
			       shared with it; may be missing */
	CHANNEL_FD_BOARD,   /* what the checker finds (board.h); may be missing, as the next one */
	CHANNEL_FD_FOUND,   /* readable when something is new there */
	CHANNEL_FD_NEWS,    /* an eventfd, to be told when something is new in the journal; may be
			       missing */
	CHANNEL_FD_FIGURES, /* where it leaves what it measures (figures.h); may be missing */
	CHANNEL_FD_END,
};

/*
 * In the environment of a generation: the version of what is described here, and what it is born to
 * do. None of the two words: to be the first. The state memory has no part in the version: any
 * later one reads it (state.h).
 */
#define CHANNEL_ENVIRONMENT "VIPD_GENERATION"
#define CHANNEL_VERSION     "4"
#define CHANNEL_SUCCESSOR   " successor" /* to take over from one that runs */
#define CHANNEL_STANDBY     " standby"   /* to wait for the end of one that runs */

/**
 * channel_send() - send one message.
 * @ns: see enum channel_type; else 0.
 * @text: or NULL; cut off when it is too long.
 *
 * Return: 0 or -errno; -EPIPE when the other side is gone.
 */
int channel_send(int fd, enum channel_type type, int64_t ns, const char *text);

/**
 * channel_send_fd() - send one message without text, and a descriptor.
 * @attached_fd: borrowed; or -1.
 *
 * Return: as channel_send().
 */
int channel_send_fd(int fd, enum channel_type type, int64_t ns, int attached_fd);

/**
 * channel_send_event() - send an event of somebody who may not write the journal yet.
 *
 * Return: as channel_send().
 */
int channel_send_event(int fd, const struct event *event);

/**
 * channel_event() - the event of a CHANNEL_EVENT; what is missing in it is zero.
 */
void channel_event(const struct channel_message *message, struct event *ret_event);

/**
 * channel_receive() - take one message.
 *
 * Return: 1; 0 when there is none; -EPIPE when the other side is gone; another -errno.
 */
int channel_receive(int fd, struct channel_message *ret_message);

#endif
