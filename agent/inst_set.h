/* SPDX-License-Identifier: MIT */
/*
 * The inside of struct inst_set, private to the three files that share it: inst.c takes news in and
 * steps the core, inst_execute.c carries out what it decided, inst_open.c makes and unmakes it all.
 */
#ifndef INST_SET_H
#define INST_SET_H

#include "heap.h"
#include "inst.h"
#include "netlink/dump.h"
#include "netlink/monitor.h"
#include "netlink/receive.h"
#include "netlink/transmit.h"
#include "state.h"

/* Packets that the filter set aside are counted, and failed dumps repeated, this often. */
#define INST_HOUSEKEEPING_NS INT64_C(1000000000)

/* What a turn owes to the wire and to the journal, executed at its end. */
struct owed_advert {
	struct inst *inst;
	uint8_t priority;
	bool farewell; /* of a router that gives its addresses up, and first removes them */
};

struct owed_state {
	struct inst *inst;
	enum vrrp_state from, to;
	struct vrrp_reason reason;
};

struct inst_set {
	unsigned insts_n, links_n, holdings_n;
	struct inst *insts; /* owned, as all below */
	struct link *links;
	uint32_t *holding_insts; /* the router of each holding */

	struct heap *heap;
	struct kern_dump *dump;
	struct kern_changer *changer;
	struct kern_monitor *monitor;
	struct kern_receiver *reader, *strays_reader;
	struct kern_sender *sender;
	struct kern_holdings *holdings;
	struct state *state; /* where elections are left; borrowed */

	/* The turn. */
	const struct inst_now *now; /* borrowed while one of our functions runs */
	int64_t read_ns;            /* when everything had been read last */
	int64_t read_real_ns;       /* up to here the predecessor read the packets */
	bool links_doubt;           /* links or sources changed: assess them */
	bool groups_missing;        /* some interface could not join its group: try again */
	bool dump_due;              /* the kernel must be asked */
	int64_t dump_ns;            /* not before: it could not answer last time */
	unsigned owed_max, adverts_n, states_n, announces_n;
	struct owed_advert *adverts;
	struct owed_state *states;
	struct inst **announces;

	int64_t housekeeping_ns;
	struct inst_strays strays;
	struct journal_episodes episodes;
};

/**
 * inst_journal() - a router as the journal wants it.
 */
struct journal_router inst_journal(struct inst_set *set, struct inst *inst);

/**
 * inst_owe_announcement() - all addresses of a router are announced at the end of the turn.
 */
void inst_owe_announcement(struct inst_set *set, struct inst *inst);

/**
 * inst_dump() - ask the kernel for everything. What it does not show is not there.
 *
 * Return: 0; or -errno, and what is known stays.
 */
int inst_dump(struct inst_set *set);

/**
 * inst_resolve_doubt() - inst_dump(), or a line in the log and a new try in a second.
 *
 * Return: whether the kernel could be asked.
 */
bool inst_resolve_doubt(struct inst_set *set);

/**
 * inst_step() - one event for one router, and what follows from it in this process.
 */
void inst_step(struct inst_set *set, struct inst *inst, const struct vrrp_event *event);

/**
 * inst_schedule() - let the loop come when the router's next deadline is due.
 */
void inst_schedule(struct inst_set *set, struct inst *inst);

/**
 * inst_want_addresses() - whether a router's addresses shall be there.
 */
void inst_want_addresses(struct inst_set *set, struct inst *inst, bool wanted);

/**
 * inst_renew_leases() - the leases of a router's addresses start anew at the end of the turn.
 */
void inst_renew_leases(struct inst_set *set, struct inst *inst);

/**
 * inst_find_link() - the interface of that index.
 *
 * Return: NULL when it is none of ours.
 */
struct link *inst_find_link(struct inst_set *set, int ifindex);

/**
 * inst_prepare_farewell() - leave the last advert of a router in the state memory.
 */
void inst_prepare_farewell(struct inst_set *set, const struct inst *inst);

/**
 * inst_on_holding() - the news of the addresses: told by kern_holdings_reconcile().
 */
void inst_on_holding(unsigned holding, enum kern_holding_news news, int error, void *arg);

/**
 * inst_on_pause() - what has been added is announced while more is to come: told between batches.
 */
void inst_on_pause(void *arg);

/**
 * inst_on_sent() - what became of a frame: told by kern_sender_flush().
 */
void inst_on_sent(void *owner, unsigned kind, int error, void *arg);

#endif
