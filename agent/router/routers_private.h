/* SPDX-License-Identifier: MIT */
/*
 * The inside of struct routers, private to the three files that share it: router.c takes news in
 * and steps the core, routers_execute.c carries out what it decided, routers_open.c makes and
 * unmakes it all.
 */
#ifndef ROUTERS_PRIVATE_H
#define ROUTERS_PRIVATE_H

#include "agent/deadlines.h"
#include "routers.h"
#include "netlink/dump.h"
#include "netlink/monitor.h"
#include "netlink/receive.h"
#include "netlink/send.h"
#include "agent/state.h"

/*
 * Packets that the filter set aside are counted, and failed dumps repeated, this often: in a turn
 * that comes a little before it is due, or within half a second after, if nothing waits for it.
 */
#define HOUSEKEEPING_NS       INT64_C(1000000000)
#define HOUSEKEEPING_EARLY_NS INT64_C(100000000)
#define HOUSEKEEPING_LATE_NS  INT64_C(500000000)

/* What a turn owes to the wire and to the journal, executed at its end. */
struct owed_advert {
	struct router *router;
	uint8_t priority;
	bool farewell; /* of a router that gives its addresses up, and first removes them */
};

struct owed_state {
	struct router *router;
	enum vrrp_state from, to;
	struct vrrp_reason reason;
};

struct routers {
	unsigned n, interfaces_n, wants_n;
	struct router *all; /* owned, as all below */
	struct interface *interfaces;

	struct deadlines *heap;
	struct kern_dump *dump;
	struct kern_changer *changer;
	struct kern_monitor *monitor;
	struct kern_receiver *reader, *strays_reader;
	struct kern_sender *sender;
	struct kern_wants *wants;
	struct state *state; /* where elections are left; borrowed */

	/* The turn. */
	const struct clocks *now; /* borrowed while one of our functions runs */
	int64_t read_ns;          /* when everything had been read last */
	int64_t read_real_ns;     /* up to here the predecessor read the packets */
	bool interfaces_doubt;    /* links or sources changed: assess them */
	bool groups_missing;      /* some interface could not join its group: try again */
	bool dump_due;            /* the kernel must be asked */
	int64_t dump_ns;          /* not before: it could not answer last time */
	unsigned owed_max, adverts_n, states_n, announces_n;
	struct owed_advert *adverts;
	struct owed_state *states;
	struct router **announces;

	int64_t housekeeping_ns;
	struct router_strays strays;
	struct journal_limits limits; /* of what concerns no router */
	struct events *events;        /* the journal; borrowed; NULL before routers_go() */
};

/**
 * routers_journal() - the journal, at the time of the turn.
 */
struct journal routers_journal(const struct routers *routers);

/**
 * router_journal() - a router as the journal wants it.
 */
struct journal_router router_journal(struct routers *routers, struct router *router);

/**
 * router_owe_announcement() - all addresses of a router are announced at the end of the turn.
 */
void router_owe_announcement(struct routers *routers, struct router *router);

/**
 * routers_hear() - read the kernel's events. When some are lost, a dump is due.
 */
void routers_hear(struct routers *routers);

/**
 * routers_dump() - ask the kernel for everything. What it does not show is not there.
 *
 * Return: 0; or -errno, and what is known stays.
 */
int routers_dump(struct routers *routers);

/**
 * routers_resolve_doubt() - routers_dump(), or a line in the log and a new try in a second.
 *
 * Return: whether the kernel could be asked.
 */
bool routers_resolve_doubt(struct routers *routers);

/**
 * router_step() - one event for one router, and what follows from it in this process.
 */
void router_step(struct routers *routers, struct router *router, const struct vrrp_event *event);

/**
 * router_schedule() - let the loop come when the router's next deadline is due.
 */
void router_schedule(struct routers *routers, struct router *router);

/**
 * router_want_addresses() - whether a router's addresses shall be there.
 */
void router_want_addresses(struct routers *routers, struct router *router, bool wanted);

/**
 * router_renew_leases() - the leases of a router's addresses start anew at the end of the turn.
 */
void router_renew_leases(struct routers *routers, struct router *router);

/**
 * routers_find_interface() - the interface of that index.
 *
 * Return: NULL when it is none of ours.
 */
struct interface *routers_find_interface(struct routers *routers, int ifindex);

/**
 * router_prepare_farewell() - leave the last advert of a router in the state memory.
 */
void router_prepare_farewell(struct routers *routers, const struct router *router);

/**
 * routers_frame() - room for a frame, as kern_sender_frame(); a full queue is flushed first.
 */
uint8_t *routers_frame(struct routers *routers, int ifindex, size_t len, struct router *router,
		       unsigned kind);

/**
 * routers_flush() - send what is queued, and count what became of it.
 */
void routers_flush(struct routers *routers);

#endif
