/* SPDX-License-Identifier: MIT */
/*
 * All that is known of routers when somebody asks why: what the control socket tells of each, and
 * what the journal has of it. Plain data, so that it is judged by pure functions (why_judge.h,
 * why_says.h).
 */
#ifndef WHY_FACTS_H
#define WHY_FACTS_H

#include "agent/event.h"
#include "problems.h"

struct json_t; /* <jansson.h> */

#define WHY_SAID_SIZE  100 /* of what a check says; the rest is cut off */
#define WHY_STATES_MAX 5   /* changes of the state that are remembered, and so many other events */
#define WHY_OTHERS_MAX 4
#define WHY_TEXT_SIZE  64

/* From what a successor adopts to the word that it has started, at most; of who is lost, likewise.
 */
#define WHY_SUCCESSION_NS INT64_C(2000000000)

#define WHY_DISCARDS_MAX 8

/* What counts for a priority, or is a fault. */
struct why_track {
	char name[EVENT_CHECK_SIZE];
	bool is_check; /* or an interface */
	bool up, unknown, overdue, reverse;
	bool missing;             /* an interface that is not there */
	int weight, adds;         /* 0: being down is a fault; to the priority, now */
	char said[WHY_SAID_SIZE]; /* by a check: its error, or the beginning of its output */
};

struct why_address {
	char text[WHY_TEXT_SIZE]; /* with its prefix length */
	bool present, advertised, missing, held, handing_over;
};

/* Of a router that sends to unicast peers. */
struct why_peer {
	uint8_t ip[16];
	int error; /* of the last advert to it: an errno; 0: it left */
};

/* Somebody's adverts were discarded. */
struct why_discarded {
	uint8_t source[16];
	uint8_t reason;  /* enum vrrp_reject */
	int64_t mono_ns; /* the last one that the journal has */
};

/* Of each source and reason; of too many the latest. */
struct why_discards {
	unsigned n;
	struct why_discarded all[WHY_DISCARDS_MAX];
};

/* The newest come last. */
struct why_journal {
	unsigned states_n, others_n;
	struct event states[WHY_STATES_MAX];
	struct event others[WHY_OTHERS_MAX];      /* what may have led to that */
	struct event *notices[VRRP_NOTICE_COUNT]; /* the last one of each; owned, or NULL */
	struct event *rejects[VRRP_REJECT_COUNT]; /* likewise */
	struct why_discards discards;
	struct why_discards silence; /* what they were when it became Active */
	int64_t active_mono_ns;      /* which was then, the last time; 0: never */
	struct event *address;       /* the last one that somebody took; likewise */
	unsigned taken_n;            /* so often it was, of all addresses */
	int64_t added_mono_ns;       /* by a reload; 0: it is older */
};

struct why_router {
	bool asked; /* for; or there since it shares the fate of one that was */
	char name[EVENT_NAME_SIZE], interface[EVENT_INTERFACE_SIZE], group[EVENT_NAME_SIZE];
	uint8_t vrid, family, version;
	enum vrrp_state state;
	struct vrrp_reason reason;
	char reason_text[EVENT_REASON_SIZE], reason_word[32];
	char by[EVENT_NAME_SIZE]; /* of its unit, who was the first; empty: none was */
	int64_t since_real_ns;
	uint8_t base, effective; /* priorities */
	uint8_t source[16];      /* adverts are sent from; all addresses: zero: there is none */
	int64_t interval_ms;

	/* As Backup. */
	uint8_t active[16], active_priority;
	int64_t heard_real_ns, takeover_in_ms;
	uint8_t lower[16], lower_priority; /* that it is about to preempt */
	bool preempt;
	int64_t preempt_in_ms, damped_until_real_ns; /* 0: no */
	/* As Active. */
	uint8_t rival[16], rival_priority; /* weaker */
	int64_t rival_real_ns;
	bool ceding, listening;

	int64_t start_in_ms;
	bool mute, deaf, drained, last_resort, lacking;
	int64_t drained_until_real_ns;
	int64_t drain_held_until_real_ns; /* by the commands before it, at most; 0: it is not */
	int64_t leave_held_until_real_ns; /* likewise, what else it is about to leave for, */
	enum event_before leave_before;   /* if it is; else, and if it is not known, a drain */
	unsigned member, mates; /* of its unit: number, and how many there are: its neighbours */
	char held_by[EVENT_NAME_SIZE]; /* who keeps the unit from taking over; empty: nobody */
	uint8_t held_by_family;
	enum vrrp_state held_by_state;
	int64_t held_ms;

	unsigned tracks_n, addresses_n, problems_n, peers_n;
	struct why_track *tracks; /* owned, as all below */
	struct why_address *addresses;
	struct problem *problems;
	struct why_peer *peers; /* none: it sends by multicast */
	struct why_journal journal;
	struct json_t *history; /* states that the journal has no more; owned; NULL: none */
};

/* All of a host. */
struct why_facts {
	char node[WHY_TEXT_SIZE], version[32], state_dir[FIELDS_TEXT_SIZE];
	int64_t now_real_ns, now_mono_ns; /* ages of events go by the latter: clocks are set */
	unsigned n;
	struct why_router *routers; /* owned; those of a unit are neighbours */
	bool journal_read;          /* else it cannot be: @journal_why */
	char journal_why[160];
	/* The last of each, of kind 0: none. A router process that died: that it did, that it had
	 * not answered, how it ended; and of vipd. */
	struct event lost, late, ended, started, stopped, signal;
	struct event adopted;  /* a successor did, or could not: it is no fresh start */
	struct event orphaned; /* its keeper was gone */
	struct event reload;   /* what became of it; a successor's start does not end it */
	struct event
		gave_up;   /* of processes that were lost, the last one behind which none went on */
	struct event died; /* the start behind an end that nothing tells of */
	int64_t last_mono_ns, last_real_ns; /* of the last event of all; 0: none */
};

/**
 * why_has_ip() - whether an address is known.
 */
bool why_has_ip(const uint8_t *bytes);

/**
 * why_ip() - an address as text.
 * @buf: WHY_TEXT_SIZE bytes.
 */
const char *why_ip(const struct why_router *router, const uint8_t *bytes, char *buf);

/**
 * why_cause_of() - the reason of its state; where others of its unit follow, that of who was the
 * first.
 */
enum vrrp_reason_code why_cause_of(const struct why_router *router);

/**
 * why_time_text() - a time, as everywhere.
 * @buf: FIELDS_TEXT_SIZE bytes.
 */
const char *why_time_text(int64_t real_ns, char *buf);

/**
 * why_first_mate() - the first of those with one fate; they are router->mates neighbours, as far
 * as they were told of.
 * @ret_n: how many: 1: it is alone.
 */
const struct why_router *why_first_mate(const struct why_facts *facts,
					const struct why_router *router, unsigned *ret_n);

/**
 * why_events() - the last changes of the state of a router, and what may have led to them, by time.
 * @ret: room for WHY_STATES_MAX + WHY_OTHERS_MAX; borrowed.
 *
 * Return: how many.
 */
unsigned why_events(const struct why_router *router, const struct event **ret);

#endif
