/* SPDX-License-Identifier: MIT */
/*
 * The state memory: the elections of all routers of one generation, and their wills (state_will.h),
 * in memory that outlives the process. Written by one generation after every step; read by the next
 * one when it adopts, and by the keeper when nobody is left to.
 *
 * Each election is kept twice and written in turn, with a sum, so that a process that dies in the
 * middle of writing leaves the one before. Its counters are kept once: that death may cost a count.
 *
 * An upgrade reads what another version wrote, older or newer: the memory consists of sections with
 * a tag and a size of their records (state_memory.c). Records only ever grow at their end, numbers
 * in them never change (vrrp/names.h), what is missing reads as zero, and zero is what was before
 * the member existed. Sections that are not known are passed over.
 */
#ifndef STATE_H
#define STATE_H

#include <stddef.h>
#include <stdint.h>

#include "vrrp/fsm.h"

#define STATE_NAME_SIZE      33 /* of a router, with its zero */
#define STATE_INTERFACE_SIZE 16
#define STATE_CONTROL_SIZE   104
#define STATE_PATH_SIZE      128
#define STATE_KEY_FILES_MAX  32
#define STATE_ROUTERS_MAX    8160
#define STATE_CHANGES_MAX    10

struct state;

/* Packets that concern no router, counted since start. */
struct state_strays {
	uint64_t rejected[VRRP_REJECT_COUNT];
	uint64_t unread;  /* dropped by a full queue before a reason was found; at most so many */
	uint64_t dropped; /* could have been adverts, but the reader's queue was full; likewise */
};

/* When a router has changed to Active or from it, for its damping. */
struct state_damping {
	int64_t changed_ns[STATE_CHANGES_MAX]; /* the last ones, CLOCK_MONOTONIC, @changes_n of them
						  in turn from the first place on */
	uint32_t changes_n;                    /* so far; at most @STATE_CHANGES_MAX are kept */
	uint8_t on;                            /* it preempts nobody */
	uint8_t reserved[3];
};

/* A priority-0 advert, ready to send. */
struct state_farewell {
	int ifindex;
	const uint8_t *frame; /* in the memory */
	size_t frame_len;     /* 0: none was prepared */
};

/* What a router is known by, and what it needs. */
struct state_router {
	const char *name, *interface; /* borrowed; shorter than their sizes above */
	uint8_t vrid, family;
	uint32_t lease_s;     /* how long its addresses are leased; 0: for ever */
	bool damps;           /* it has a struct state_damping */
	uint32_t entries_max; /* of its will, */
	size_t will_max;      /* and their STATE_ENTRY_LEN()s in sum */
	uint32_t marks_n;     /* of senders whose adverts are signed (state_auth.h) */
	uint32_t key_file;    /* the file with its keys, from 1 to STATE_KEY_FILES_MAX; 0: none */
	const char *keys;     /* and its path, shorter than STATE_PATH_SIZE; borrowed */
};

/**
 * state_new() - lay out a memory and be its writer.
 * @fd: a memfd of the caller's, empty.
 * @control: the path of the control socket, shorter than STATE_CONTROL_SIZE.
 * @routers: @routers_n of them, up to STATE_ROUTERS_MAX: they get an entry each, in this order.
 * @ret_state: owned by the caller, who passes it to state_close().
 *
 * Nobody reads it as valid before state_publish(). Return: 0 or -errno of the memory.
 */
int state_new(int fd, const char *control, const struct state_router *routers, unsigned routers_n,
	      struct state **ret_state);

/**
 * state_open() - read the memory that another process wrote.
 * @fd: borrowed for the call.
 * @ret_state: owned by the caller.
 *
 * Return: 0; -ENODATA when its writer never published it; -EPROTO when it
 * is of a version before sections; -EBADMSG when
 * it is truncated or makes no sense: start anew.
 */
int state_open(int fd, struct state **ret_state);

/**
 * state_is_published() - whether state_open() would succeed, but for a lack of memory; at once,
 * however many routers there are.
 * @fd: borrowed for the call; -1: no.
 */
bool state_is_published(int fd);

/**
 * state_close() - unmap; NULL is allowed.
 */
void state_close(struct state *state);

/**
 * state_publish() - from now on the memory is true.
 */
void state_publish(struct state *state);

/**
 * state_alive() - a sign of life of the process that writes.
 * @now_ns: CLOCK_MONOTONIC.
 */
void state_alive(struct state *state, int64_t now_ns);

/**
 * state_was_alive() - whether the writer of a memory has ever given one: else it died before the
 * end of its first turn.
 */
bool state_was_alive(const struct state *state);

/**
 * state_alive_at() - when the writer of a memory gave its last sign of life. Costs one system call.
 * @fd: of the memory; -1: there is none.
 * @now_ns: CLOCK_MONOTONIC.
 *
 * Return: CLOCK_MONOTONIC to the millisecond; 0 when it gave none, or there is no memory of ours.
 */
int64_t state_alive_at(int fd, int64_t now_ns);

/**
 * state_put() - write the election of router @i. Its will is armed when it is Active.
 */
void state_put(struct state *state, unsigned i, const struct vrrp *vr);

/**
 * state_put_lease() - note when the addresses of router @i are to be renewed.
 * @lease_ns: CLOCK_MONOTONIC.
 */
void state_put_lease(struct state *state, unsigned i, int64_t lease_ns);

/**
 * state_put_drain() - note until when router @i is drained.
 * @until_ns: CLOCK_MONOTONIC; VRRP_NEVER: for good; 0: it is not.
 */
void state_put_drain(struct state *state, unsigned i, int64_t until_ns);

/**
 * state_drain() - until when router @i is drained, likewise.
 */
int64_t state_drain(const struct state *state, unsigned i);

/**
 * state_put_damping() - write when router @i has changed; nothing unless some router of this memory
 * damps.
 */
void state_put_damping(struct state *state, unsigned i, const struct state_damping *damping);

/**
 * state_damping() - the same, as its writer left it; zeros where it left none.
 */
struct state_damping state_damping(const struct state *state, unsigned i);

/**
 * state_put_offer() - note when router @i, which is drained, will offer to leave.
 * @offer_ns: CLOCK_MONOTONIC; VRRP_NEVER: it has done so, or has nothing to offer.
 */
void state_put_offer(struct state *state, unsigned i, int64_t offer_ns);

/**
 * state_offer() - when it will do so, likewise; VRRP_NEVER of a version that did not note it.
 */
int64_t state_offer(const struct state *state, unsigned i);

/* Commands that a router waits for before it leaves on purpose. */
struct state_hold {
	int64_t until_ns; /* CLOCK_MONOTONIC, at the latest; VRRP_NEVER: there are none */
	uint8_t before;   /* enum event_before */
	uint8_t base;     /* the priority that was configured when it began; 0: not known */
	bool waits;       /* a drain that is on does so, too, and weighs nothing so long */
	bool ran; /* there are none: they have run since that is on, and the router Active */
};

/**
 * state_put_hold() - note whether router @i waits for commands.
 */
void state_put_hold(struct state *state, unsigned i, const struct state_hold *hold);

/**
 * state_hold() - the same. Of a version that did not note it there are none; one that did not note
 * before what has known drains alone.
 */
struct state_hold state_hold(const struct state *state, unsigned i);

/* Why a router has the lowest priority, or a lower one than it might have; bits. */
enum state_resort {
	STATE_RESORT_LAST = 1 << 0,    /* it could not hold an address (resort.h) */
	STATE_RESORT_LACKING = 1 << 1, /* it has begun before some check had answered */
	STATE_RESORT_UNANSWERED = 1
				  << 2, /* some check has never answered, and counts for nothing */
};

/**
 * state_put_resort() - note whether router @i is the last resort.
 * @why: enum state_resort; 0: it is not.
 */
void state_put_resort(struct state *state, unsigned i, unsigned why);

/**
 * state_resort() - the same; of a version that did not note it STATE_RESORT_LAST, if the election
 * has that priority.
 */
unsigned state_resort(const struct state *state, unsigned i);

/**
 * state_lease_s() - how long the addresses of router @i are leased; 0: for ever.
 */
uint32_t state_lease_s(const struct state *state, unsigned i);

/**
 * state_lease() - when the addresses of router @i are to be renewed; 0: at once.
 */
int64_t state_lease(const struct state *state, unsigned i);

/**
 * state_put_strays() - write the counts of what concerns no router. A process that dies meanwhile
 * may cost a count.
 */
void state_put_strays(struct state *state, const struct state_strays *strays);

/**
 * state_get_strays() - those counts, as their writer left them; zero where it had none.
 */
void state_get_strays(const struct state *state, struct state_strays *ret_strays);

/**
 * state_control() - the control socket of the configuration that the memory is of; in the memory.
 */
const char *state_control(const struct state *state);

/**
 * state_count() - how many routers the memory has.
 */
unsigned state_count(const struct state *state);

/**
 * state_get() - the election of router @i, as its writer left it.
 * @now_ns: CLOCK_MONOTONIC, to judge it.
 * @ret_vr: a copy, on success only. Without config.announce and config.not_before_ns, which
 *	nobody continues.
 *
 * Return: 0; -EBADMSG when neither copy is whole and sane: that router starts anew.
 */
int state_get(const struct state *state, unsigned i, int64_t now_ns, struct vrrp *ret_vr);

/**
 * state_name() - the name of router @i; in the memory.
 */
const char *state_name(const struct state *state, unsigned i);

/**
 * state_family() - the family of router @i.
 */
unsigned state_family(const struct state *state, unsigned i);

/**
 * state_find() - the router that continues as @router: same interface, VRID and family, whatever it
 * is called. Costs the same wherever it stands: routers may have been inserted, removed, reordered.
 *
 * Return: its number; -1 when there is none, or no memory to look for it: that router starts anew.
 */
int state_find(struct state *state, const struct state_router *router);

/**
 * state_farewell() - the last advert of router @i: the first frame of its will. What keepers of the
 * first version know of a will.
 */
struct state_farewell state_farewell(const struct state *state, unsigned i);

#endif
