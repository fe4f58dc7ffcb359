/* SPDX-License-Identifier: MIT */
/*
 * What a helper is born with: a process of the keeper's that the routers can do without, as the
 * checker and the notifier. It says what it has to say by CHANNEL_EVENT and CHANNEL_ERROR
 * (channel.h), and ends when the keeper hangs up or by SIGTERM.
 */
#ifndef HELPER_H
#define HELPER_H

/* In its environment: the version of all this. A helper of another one ends with EX_PROTOCOL. */
#define HELPER_ENVIRONMENT "VIPD_HELPER"
#define HELPER_VERSION     "1"

/* Its program, which lies beside vipd. */
#define HELPER_CHECKER "vipd-checker"

/* Its descriptors. */
enum helper_fd {
	HELPER_FD_CHANNEL = 3, /* the conversation */
	HELPER_FD_CONF,        /* the configuration that runs, without secrets of routers
				  for the checker; sealed */
	HELPER_FD_GIVEN,       /* the first of those that each has others of */
	/* The checker's. */
	HELPER_FD_BOARD = HELPER_FD_GIVEN, /* board.h */
	HELPER_FD_NEWS,                    /* an eventfd: told of what is new on the board */
	HELPER_FD_PROCESSES,               /* the kernel's proc connector; may be missing */
	/* The notifier's. */
	HELPER_FD_KEEPER_RING = HELPER_FD_GIVEN, /* events.h */
	HELPER_FD_ROUTER_RING,
	HELPER_FD_EVENTS,  /* an eventfd: there are new ones in a ring */
	HELPER_FD_FIGURES, /* figures.h, and */
	HELPER_FD_FACTS,   /* board.h, both to be read */
	HELPER_FD_BEGUN,   /* begun.h; an older keeper has none */
	HELPER_FD_END,
};

#endif
