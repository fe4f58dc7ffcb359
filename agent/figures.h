/* SPDX-License-Identifier: MIT */
/*
 * Figures: what a host knows and has measured of its routers, for whoever draws graphs of it. In
 * memory of the keeper's that outlives every generation; one process writes, the generation that
 * runs, after each step; others read at any time, and nobody waits. There is nothing secret in it.
 *
 * A router's record is written between two changes of its number, so that a reader sees all of it,
 * or tries again. Totals are kept once: a process that dies may cost one. Versions of vipd share
 * the memory: one that does not know its layout is refused by -EPROTO, and has none.
 */
#ifndef FIGURES_H
#define FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state.h"
#include "vrrp/fsm.h"

#define FIGURES_NAME_SIZE      33
#define FIGURES_INTERFACE_SIZE 16

/* ---- how long something takes ---- */

#define FIGURES_BOUNDS 13
extern const int64_t figures_bounds_ns[FIGURES_BOUNDS]; /* rising */

struct figures_histogram {
	uint64_t counts[FIGURES_BOUNDS + 1]; /* up to each bound, from above the one before; the
						last is beyond all */
	uint64_t sum_ns;
};

/**
 * figures_note() - one more.
 * @ns: below 0 counts as 0.
 */
void figures_note(struct figures_histogram *histogram, int64_t ns);

/* ---- how near a Backup was to a takeover ---- */

/* The smallest time that was left when an advert came, in each of the last windows: together more
 * than a minute, so that nobody misses one who reads once a minute. */
#define MARGIN_WINDOWS   8
#define MARGIN_WINDOW_NS INT64_C(10000000000)

struct margin {
	uint32_t window[MARGIN_WINDOWS]; /* its number since the host's start, plus 1; 0: none */
	uint32_t least_us[MARGIN_WINDOWS];
};

/**
 * margin_note() - an advert came so long before the takeover.
 * @now_ns: CLOCK_MONOTONIC.
 */
void margin_note(struct margin *margin, int64_t left_ns, int64_t now_ns);

/**
 * margin_least() - the smallest of the last 70 to 80 seconds.
 *
 * Return: in nanoseconds; -1: no advert has come in that time.
 */
int64_t margin_least(const struct margin *margin, int64_t now_ns);

/* ---- the memory ---- */

#define FIGURES_ADDRESSES_MAX 32768 /* of all routers; what is beyond is not listed */

struct figures_address {
	uint8_t bytes[16]; /* network byte order, IPv4 in the first 4 */
	uint8_t family, prefix_len;
	uint8_t extra; /* held, and not advertised */
	uint8_t reserved;
	char interface[FIGURES_INTERFACE_SIZE]; /* where it is held */
};

#define FIGURES_CHECKS_MAX 8192

/* What a check is to the routers; the board has the rest. */
struct figures_check {
	char name[FIGURES_NAME_SIZE];
	uint8_t value;   /* enum board_value */
	uint8_t overdue; /* it does not answer */
};

/* Of one election. Times are CLOCK_MONOTONIC. */
struct figures_router {
	char name[FIGURES_NAME_SIZE];
	char interface[FIGURES_INTERFACE_SIZE];
	uint8_t vrid, family, version;
	uint8_t state; /* enum vrrp_state */
	uint8_t priority, effective_priority;
	uint8_t drained, last_resort, mute, deaf;
	uint16_t interval_cs;
	uint16_t announced_s;        /* after a takeover its last repetition is due; rounded */
	uint32_t addresses, missing; /* that it holds if it is Active, and of them */
	uint32_t first_address;      /* of figures_address(); the others follow */
	int64_t since_ns;            /* of the state */
	int64_t heard_ns;            /* the last advert was accepted; 0: none was */
	uint64_t adverts_sent, adverts_received, priority_zero_sent, priority_zero_received;
	uint64_t became_active, late_timers, announcements_sent, addresses_restored, send_errors;
	uint32_t rejected[VRRP_REJECT_COUNT], noticed[VRRP_NOTICE_COUNT]; /* they wrap */
};

/* Of the host. */
struct figures_host {
	struct figures_histogram lateness; /* of adverts, behind the moment they were due */
	struct figures_histogram takeover; /* from the decision until all addresses are announced */
	uint64_t lease_renewals;
	struct state_strays strays; /* packets that concern no router */
};

struct figures;

struct figures_room {
	unsigned routers, addresses, checks; /* up to STATE_ROUTERS_MAX, and the two above */
};

/**
 * figures_new() - the memory.
 *
 * Return: a descriptor to be handed to writers; or -errno.
 */
int figures_new(void);

/**
 * figures_reader() - a descriptor of the same memory that nobody can write through.
 *
 * Return: owned by the caller; or -errno.
 */
int figures_reader(int fd);

/**
 * figures_open() - map it.
 * @fd: borrowed for the call.
 * @room: of who writes: for how many there shall be room, since what is mapped may be locked; NULL:
 *	it reads, and maps all.
 * @ret_figures: owned by the caller.
 *
 * Return: 0; -EPROTO when it is of another layout; another -errno.
 */
int figures_open(int fd, const struct figures_room *room, struct figures **ret_figures);

/**
 * figures_close() - unmap; NULL is allowed, as with the functions that write.
 */
void figures_close(struct figures *figures);

/**
 * figures_begin() - another generation writes from now on, with so many routers and checks; nothing
 * is known of them yet.
 */
void figures_begin(struct figures *figures, unsigned routers_n, unsigned checks_n);

/**
 * figures_alive() - a sign of life of the process that writes, once a second.
 */
void figures_alive(struct figures *figures, int64_t now_ns);

/**
 * figures_put() - write the record of router @i.
 */
void figures_put(struct figures *figures, unsigned i, const struct figures_router *router);

/**
 * figures_put_address() - address @i of all of the host's; nothing beyond FIGURES_ADDRESSES_MAX.
 */
void figures_put_address(struct figures *figures, unsigned i,
			 const struct figures_address *address);

/**
 * figures_put_check() - check @i.
 */
void figures_put_check(struct figures *figures, unsigned i, const struct figures_check *check);

/**
 * figures_put_missing() - only how many of its addresses are missing.
 */
void figures_put_missing(struct figures *figures, unsigned i, unsigned missing);

/**
 * figures_note_margin() - margin_note() of router @i.
 */
void figures_note_margin(struct figures *figures, unsigned i, int64_t left_ns, int64_t now_ns);

/**
 * figures_host() - totals of the host, for the process that writes; NULL where there is no memory.
 */
struct figures_host *figures_host(struct figures *figures);

/* Who writes is not there any more when it has given no sign of life for so long. */
#define FIGURES_SILENT_NS INT64_C(4000000000)

/**
 * figures_is_alive() - whether somebody writes.
 */
bool figures_is_alive(const struct figures *figures, int64_t now_ns);

/**
 * figures_count() - how many routers there are.
 */
unsigned figures_count(const struct figures *figures);

/**
 * figures_get() - the record of router @i; its texts end.
 * @ret_margin_ns: margin_least().
 *
 * Return: whether there is one, and could be read.
 */
bool figures_get(const struct figures *figures, unsigned i, int64_t now_ns,
		 struct figures_router *ret_router, int64_t *ret_margin_ns);

/**
 * figures_get_address() - address @i of all; its texts end.
 *
 * Return: whether it is listed.
 */
bool figures_get_address(const struct figures *figures, unsigned i,
			 struct figures_address *ret_address);

/**
 * figures_checks_count() - how many checks there are; figures_get_check() - one of them.
 */
unsigned figures_checks_count(const struct figures *figures);
void figures_get_check(const struct figures *figures, unsigned i, struct figures_check *ret_check);

/**
 * figures_get_host() - the totals as they are at the moment.
 */
void figures_get_host(const struct figures *figures, struct figures_host *ret_host);

#endif
