/* SPDX-License-Identifier: MIT */
/*
 * What goes wrong: episodes with a beginning and an end, on paths, routers or the whole link.
 * Episodes may overlap; what is in effect is computed anew from all that are on.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_net.h"

#define SIM_EPISODES_MAX 64
#define SIM_GROUPS       2

enum sim_fault_type {
	SIM_FAULT_LOSS,      /* @amount per thousand packets, on all paths */
	SIM_FAULT_BURST,     /* the next @amount packets from @node to @peer */
	SIM_FAULT_DUPLICATE, /* @amount per thousand packets come twice */
	SIM_FAULT_JITTER,    /* up to @ns of additional delay; packets overtake each other */
	SIM_FAULT_CORRUPT,   /* @amount per thousand adverts arrive damaged */
	SIM_FAULT_CUT,       /* nothing comes from @node to @peer */
	SIM_FAULT_PARTITION, /* nothing passes between the nodes of mask @amount and the others */
	SIM_FAULT_STALL,     /* @node is scheduled up to @ns late */
	SIM_FAULT_STOP,      /* @node is stopped, packets queue */
	SIM_FAULT_FREEZE, /* @node is frozen, packets are lost; @amount: its clock stands still */
	SIM_FAULT_LINK,   /* the interface of @node cannot be used, by the way @amount */
	SIM_FAULT_LEAVE,  /* @node leaves: enum sim_leave @amount; it is started again at the end */
	SIM_FAULT_CRASH,  /* @node vanishes, and is started again at the end */
	SIM_FAULT_PANIC,  /* processes of the router die: enum sim_victims @amount */
	SIM_FAULT_HANG,   /* the router process hangs */
	SIM_FAULT_PROGRAM,  /* a program is installed and loaded: enum sim_program @amount */
	SIM_FAULT_RELOAD,   /* @amount: with the other configuration */
	SIM_FAULT_WITHDRAW, /* a reload removes @node from the configuration, one at the end adds it
			     */
	SIM_FAULT_STEAL,    /* somebody removes addresses of @node, again after @ns; @amount: all */
	SIM_FAULT_SQUAT,    /* somebody else has an address of @node */
	SIM_FAULT_REPLACE,  /* somebody puts his own in the place of an address of @node; @amount:
			       while a process gets ready, if one does */
	SIM_FAULT_KERNEL,   /* the kernel of @node has trouble of the sorts @amount */
	SIM_FAULT_SOURCE,   /* the host of @node has one more address of its own */
	SIM_FAULT_FORGET,   /* an operator lets @node forget its Active */
	SIM_FAULT_JUNK,     /* @amount packets that must be rejected come to @node */
	SIM_FAULT_START,    /* no fault: @node is started for the first time */
	SIM_FAULT_ROUTE,    /* the host of @node begins, or ends, to route IPv6 */
	SIM_FAULT_MACVLAN,  /* enum sim_macvlan_fault @amount */
	SIM_FAULT_GUEST,    /* enum sim_guest_fault @amount */
	SIM_FAULT_FAMILY,   /* of one family alone: unit_kind() @amount */
	SIM_FAULT_DRAIN,    /* no fault: @node is drained: enum sim_drain_end @amount */
	SIM_FAULT_CHECK,    /* checker_kind() @amount */
	SIM_FAULT_SAY,      /* a stranger announces address @amount to @node */
	SIM_FAULT_COUNT,
};

/* By which way an interface cannot be used. */
enum sim_link_fault {
	SIM_LINK_DOWN,
	SIM_LINK_UNPLUGGED,
	SIM_LINK_REMOVED,
	SIM_LINK_BARE, /* it has no address of its own */
	SIM_LINK_FAULTS4,
	/* Of IPv6 alone. */
	SIM_LINK_NO_IP6 = SIM_LINK_FAULTS4, /* it is switched off there */
	SIM_LINK_NARROW,                    /* its MTU has no room for it */
	SIM_LINK_DUPLICATE,                 /* somebody else has its link-local address */
	SIM_LINK_RENUMBERED,                /* it gets another link-local address */
	SIM_LINK_FAULTS,
};

struct sim_episode {
	enum sim_fault_type type;
	int64_t begin_ns;
	int64_t end_ns; /* VRRP_NEVER: stays */
	uint8_t node, peer;
	unsigned amount;
	int64_t ns;
	bool on;
};

struct sim_faults {
	int64_t calm_from_ns; /* of a calm run (see P1): from then on; otherwise 0 */
	int64_t until_ns;     /* the last episode ends */
	int64_t repair_ns;    /* what the kernel's trouble led to is repaired so long after it */
	int64_t settle_ns;    /* so long after it what was delayed or stalled still happens */
	int64_t befell_ns;    /* somebody was told of the last one, but for leaves and starts */
	unsigned n;
	struct sim_episode episodes[SIM_EPISODES_MAX];
	uint8_t group[SIM_NODES_MAX]; /* 0 or 1 during a partition */
};

/**
 * fault_add() - schedule an episode.
 * @episode: copied.
 *
 * One on a whole router (stop, freeze, link, leave, crash) is skipped if the router is not in a
 * state to suffer it when it begins.
 */
void fault_add(struct sim *sim, const struct sim_episode *episode);

/**
 * fault_befalls() - whether somebody may notice it: not what people do with care, as a leave, a
 * first start, a drain, or a reload that changes nothing, or takes the router away.
 */
bool fault_befalls(const struct sim_episode *e);

/* The events of episode @i. */
void fault_begin(struct sim *sim, unsigned i);
void fault_end(struct sim *sim, unsigned i);
void fault_theft(struct sim *sim, unsigned i);

/**
 * fault_meddle() - a process of router @i is ready to go on: has somebody waited for that?
 */
void fault_meddle(struct sim *sim, unsigned i);

#endif
