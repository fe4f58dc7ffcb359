/* SPDX-License-Identifier: MIT */
/*
 * The virtual routers of this host and what they live on: interfaces, addresses, sockets. Feeds the
 * core with events and executes what it answers, in batches: adverts, then addresses, then
 * announcements, then the journal. The policy is the core's; here is none.
 *
 * A turn is: inst_read(), inst_fire(), inst_execute(); agent/loop.c drives it.
 */
#ifndef INST_H
#define INST_H

#include "conf.h"
#include "journal.h"
#include "lease.h"
#include "links.h"

/* One virtual router: one VRID on one interface in one family. */
struct inst {
	struct vrrp vr;
	const struct conf_router *conf; /* borrowed */
	unsigned link;                  /* number of its interface */
	unsigned holding;               /* number of its first address; the others follow */
	struct vrrp_list list;          /* what it advertises; owned */
	struct lease lease;             /* of its addresses */
	bool advert_due;                /* in this turn, with its priority */
	bool announce_due;              /* in this turn, all of its addresses */
	struct journal_episodes episodes;
};

struct inst_set;

/* The clocks as read once at the start of a turn. */
struct inst_now {
	int64_t mono_ns; /* CLOCK_MONOTONIC: all deadlines */
	int64_t real_ns; /* CLOCK_REALTIME: only to place the kernel's time stamps */
};

struct state;

/**
 * inst_new() - make the routers of a configuration: all the memory that they will ever need, and
 * what asks the kernel. Hears nothing yet: who waits from here on need not read.
 * @conf: borrowed until inst_close().
 * @state: where the elections are left; of this configuration; borrowed until inst_close().
 * @ret_set: owned by the caller, who passes it to inst_close().
 * @ret_what: on failure what could not be done, a constant.
 *
 * Return: 0; -ENOMEM; -EPERM without CAP_NET_ADMIN; another -errno of a socket.
 */
int inst_new(const struct conf *conf, struct state *state, struct inst_set **ret_set,
	     const char **ret_what);

/**
 * inst_open() - listen, and look at the interfaces. Nothing starts and nothing changes yet: another
 * process may still run the routers.
 * @sender_fd: of kern_sender_socket(); borrowed until inst_close().
 * @ret_what: on failure what could not be done, a constant.
 *
 * Return: 0; -EPERM without CAP_NET_RAW; another -errno of a socket.
 */
int inst_open(struct inst_set *set, int sender_fd, const struct inst_now *now,
	      const char **ret_what);

/**
 * inst_go() - from here on these routers are this host's. Goes on with the elections that a
 * predecessor left, removes the addresses that nobody continues, starts what is new.
 * @old: what the predecessor left, or NULL.
 * @frozen_real_ns: CLOCK_REALTIME up to which it read packets, or 0.
 *
 * The caller knows that no other vipd runs in this network namespace.
 *
 * Return: 0, or -errno when leftover addresses could not be removed.
 */
int inst_go(struct inst_set *set, const struct inst_now *now, const struct state *old,
	    int64_t frozen_real_ns);

/**
 * inst_close() - release everything; inst_stop() was called before, if inst_go() was. NULL is
 * allowed.
 */
void inst_close(struct inst_set *set);

/**
 * inst_fds() - the descriptors to poll for reading.
 * @ret_fds: two of them.
 */
void inst_fds(const struct inst_set *set, int ret_fds[2]);

/**
 * inst_read() - take in all news of the kernel and all adverts that are queued.
 */
void inst_read(struct inst_set *set, const struct inst_now *now);

/**
 * inst_fire() - let every deadline that has come fire. Never before inst_read() of the same turn:
 * a timer is not believed while an advert is unread.
 */
void inst_fire(struct inst_set *set, const struct inst_now *now);

/**
 * inst_execute() - carry out what the routers decided in this turn.
 */
void inst_execute(struct inst_set *set, const struct inst_now *now);

/**
 * inst_deadline() - when the next turn is due without any news, on CLOCK_MONOTONIC.
 */
int64_t inst_deadline(const struct inst_set *set);

/**
 * inst_stop() - leave gracefully: addresses gone, priority 0 sent. Ends with inst_execute().
 */
void inst_stop(struct inst_set *set, const struct inst_now *now);

/**
 * inst_save() - leave everything in the state memory, counters of the last turn included.
 */
void inst_save(struct inst_set *set);

/**
 * inst_count() - how many routers there are.
 */
unsigned inst_count(const struct inst_set *set);

/**
 * inst_get() - one router, to look at.
 * @i: below inst_count().
 */
const struct inst *inst_get(const struct inst_set *set, unsigned i);

/**
 * inst_has_address() - whether an address of a router is on the interface.
 * @address: below its addresses_n + extra_n.
 */
bool inst_has_address(const struct inst_set *set, const struct inst *inst, unsigned address);

/* Packets that concern no router. */
struct inst_strays {
	uint64_t rejected[VRRP_REJECT_COUNT];
	uint64_t unread;  /* dropped by a full queue before a reason was found; at most so many */
	uint64_t dropped; /* could have been adverts, but the reader's queue was full; likewise */
};

/**
 * inst_strays() - read the packets that the filter set aside, and count them.
 *
 * Return: the totals; borrowed.
 */
const struct inst_strays *inst_strays(struct inst_set *set, const struct inst_now *now);

#endif
