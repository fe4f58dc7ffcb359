/* SPDX-License-Identifier: MIT */
/*
 * The inside of the state memory, private to the files that share it: state_memory.c lays it out
 * and opens it; state.c keeps elections, state_router.c what else there is of a router;
 * state_will.c writes wills and state_will_read.c reads them; state_auth.c keeps what HMACs need.
 */
#ifndef STATE_PRIVATE_H
#define STATE_PRIVATE_H

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "state_auth.h"

/* ---- what is in the memory: of all versions, so members are added at the end alone ---- */

struct header {
	uint64_t magic;
	uint32_t header_size; /* the table of sections lies behind it */
	uint32_t sections_n;
	uint64_t size; /* of the whole memory */
	_Atomic uint32_t published;
	_Atomic uint32_t alive_ms; /* the writer's last sign of life, CLOCK_MONOTONIC; 0: none */
};

enum tag {
	TAG_HOST = 1,
	TAG_ROUTER = 2,   /* the number of its records is that of the routers */
	TAG_ELECTION = 3, /* two per router, written in turn */
	TAG_COUNTERS = 4,
	TAG_REJECTED = 5, /* by enum vrrp_reject */
	TAG_NOTICED = 6,  /* by enum vrrp_notice */
	TAG_LEASE = 7,
	TAG_FAREWELL = 8,
	TAG_BYTES = 9,            /* of wills; in the first version of farewells */
	TAG_WILL = 10,            /* none in the first version */
	TAG_STRAYS = 11,          /* one; none in the first versions */
	TAG_STRAYS_REJECTED = 12, /* likewise, by enum vrrp_reject */
	TAG_AUTH = 13,            /* none in the first versions, as of all that follow */
	TAG_MARKS = 14,           /* of senders whose adverts were signed */
	TAG_KEYS = 15,            /* one for each file of keys */
	TAG_DAMPING = 16,         /* none where no router damps */
	TAGS,
};

struct section {
	uint32_t tag; /* enum tag */
	uint32_t record_size;
	uint32_t records_n;
	uint32_t reserved;
	uint64_t offset; /* of the first record in the memory, a multiple of 8 */
};

struct host_record {
	char control[STATE_CONTROL_SIZE];
};

struct router_record {
	char name[64];
	char interface[STATE_INTERFACE_SIZE];
	uint8_t vrid, family;
	uint16_t reserved;
	uint32_t lease_s;
};

struct doubt_record {
	uint8_t source[16];
	int64_t ns;     /* 0: none */
	uint32_t below; /* 0; else of a version that kept something else here */
	uint32_t reserved;
};

struct election_record {
	uint64_t sum; /* over all that follows */
	uint64_t seq; /* the greater one is the newer one; 0: never written */
	uint8_t family, version, vrid, priority;
	uint16_t interval_cs;
	uint8_t checksum; /* enum vrrp_checksum */
	uint8_t preempt;
	uint8_t state;  /* enum vrrp_state */
	uint8_t reason; /* enum vrrp_reason_code */
	uint8_t reason_priority;
	uint8_t active_priority;
	uint16_t active_interval_cs;
	uint8_t announced_n, contested_n;
	uint8_t late_granted, lower_heard, lower_priority;
	uint8_t effective_priority; /* 0: as configured */
	uint8_t listening;
	uint8_t reason_own_priority; /* 0: of a version that did not keep it */
	uint8_t ceding;
	uint8_t down_intervals; /* 0: three */
	int64_t preempt_delay_ns, start_delay_ns;
	int64_t reason_ns, since_ns, heard_ns, contested_ns;
	int64_t start_ns, down_ns, preempt_ns, advert_ns, announce_ns; /* or VRRP_NEVER */
	uint8_t source[16], reason_source[16], active_source[16], lower_source[16];
	struct doubt_record doubt; /* the newest one */
	uint32_t reason_by;        /* 0: likewise */
	uint8_t reason_cause;
	uint8_t fell_from; /* 0: of a version that did not keep it */
	uint8_t reserved[2];
	int64_t delayed_ns; /* 0: over, also of a version that did not keep it */
	struct doubt_record doubts_before[VRRP_DOUBTS_MAX - 1];
	int64_t fell_ns;    /* 0: never, also of a version that did not keep it */
	int64_t offered_ns; /* 0: never, also of a version that did not keep it */
};

struct counters_record {
	uint64_t adverts_sent, adverts_received, priority_zero_sent, priority_zero_received;
	uint64_t became_active, late_timers, announcements_sent, addresses_restored, send_errors;
};

struct strays_record {
	uint64_t unread, dropped;
};

struct lease_record {
	_Atomic int64_t renew_ns;
	_Atomic int64_t drained_ns; /* until then; or VRRP_NEVER; 0: not */
	_Atomic int64_t
		offer_ns;        /* drained, it offers to leave then; or VRRP_NEVER; 0: not known */
	_Atomic int64_t resort;  /* enum state_resort, plus 1; 0: not known */
	_Atomic int64_t hold_ns; /* it waits for commands until then; 0: it does not, or is not
				  * known
				  */
	_Atomic int64_t hold_base;   /* the priority that it has meanwhile; 0: not known */
	_Atomic int64_t hold_before; /* enum event_before; 0: a drain */
	_Atomic int64_t hold_flags;  /* 1: struct state_hold's ran; 2: its waits */
};

/* The frame of a will once more, for keepers of the first version, which know no wills. */
struct farewell_record {
	uint64_t offset; /* in TAG_BYTES */
	uint32_t max;    /* room for it */
	int32_t ifindex; /* where it leaves */
	_Atomic uint32_t len;
	uint32_t reserved;
};

struct will_record {
	uint64_t offset;      /* in TAG_BYTES: a byte per entry, whether it is held; */
	uint32_t held_len;    /* so many of them, and the entries are behind them */
	uint32_t room;        /* bytes for both */
	_Atomic uint32_t len; /* of the entries; published last; 0: there are none */
	_Atomic uint8_t armed;
	uint8_t reserved[3];
};

struct auth_record {
	struct state_auth auth;
	uint32_t marks_first, marks_n; /* in TAG_MARKS */
};

struct keys_record {
	char path[STATE_PATH_SIZE]; /* of the file */
	struct vrrp_hmac_keys keys;
	char why[STATE_KEYS_WHY_SIZE]; /* its file is unusable; empty: it is not */
};

/* Begins on a multiple of 8, as its bytes behind it do. */
struct will_entry {
	uint16_t kind; /* enum state_entry_kind */
	uint16_t reserved;
	uint32_t len; /* of the bytes */
	int32_t target;
	uint32_t setting;
};

_Static_assert(sizeof(struct election_record) == 352, "a record only grows at its end");
_Static_assert(offsetof(struct election_record, effective_priority) == 35 &&
		       offsetof(struct election_record, listening) == 36 &&
		       offsetof(struct election_record, reason_own_priority) == 37 &&
		       offsetof(struct election_record, ceding) == 38 &&
		       offsetof(struct election_record, down_intervals) == 39 &&
		       offsetof(struct election_record, doubt) == 192 &&
		       offsetof(struct election_record, doubts_before) == 240 &&
		       offsetof(struct election_record, fell_ns) == 336 &&
		       offsetof(struct election_record, offered_ns) == 344,
	       "and nothing in it moves");
_Static_assert(sizeof(struct router_record) == 88, "a record only grows at its end");
_Static_assert(sizeof(struct farewell_record) == 24, "a record only grows at its end");
_Static_assert(sizeof(struct will_record) == 24, "a record only grows at its end");
_Static_assert(sizeof(struct state_damping) == 88, "a record only grows at its end");
_Static_assert(sizeof(struct auth_record) == 32 && sizeof(struct keys_record) == 1316,
	       "a record only grows at its end");

/* ---- the memory as a process has it ---- */

struct place {
	unsigned char *base; /* NULL: there is no such section */
	uint32_t record_size, records_n;
};

/* Where a will is in TAG_BYTES, and how far its writer has come. */
struct room {
	uint64_t offset;
	uint32_t held_len, max; /* as in struct will_record */
	uint32_t len, entries_n;
	uint64_t sent_offset;      /* of the first frame or packet, in TAG_BYTES */
	uint32_t sent_len, sent_n; /* each is as long; and how many there are */
	uint32_t marks_first, marks_n;
	uint64_t frame_offset; /* of the first frame, in TAG_BYTES */
	uint32_t frame_len;    /* 0: there is none */
	int32_t frame_ifindex;
};

struct state {
	struct header *header; /* the mapping; owned */
	size_t size;
	unsigned routers_n;
	struct place places[TAGS];
	char control[STATE_CONTROL_SIZE]; /* a copy that ends */
	char (*names)[STATE_NAME_SIZE];   /* likewise; owned */
	struct room *rooms;   /* of a writer, who does not ask the memory where to write; owned */
	uint32_t key_files_n; /* of a writer */
	uint32_t *index; /* of a reader: router + 1 by name, or 0; owned. NULL: not needed yet */
	uint32_t index_mask;
};

static inline void *record_at(const struct state *state, enum tag tag, size_t i)
{
	const struct place *place = &state->places[tag];

	return place->base + i * place->record_size;
}

/* A record as this version knows it, whatever the size of the one that is there. */
static inline void read_record(const struct state *state, enum tag tag, size_t i, void *ret,
			       size_t size)
{
	const struct place *place = &state->places[tag];
	size_t len = place->record_size < size ? place->record_size : size;

	memset(ret, 0, size);
	if (place->base && i < place->records_n)
		memcpy(ret, record_at(state, tag, i), len);
}

/**
 * state_lay_out_will() - give router @i its place for a will.
 * @offset: where in TAG_BYTES there is room; moved on.
 */
void state_lay_out_will(struct state *state, unsigned i, const struct state_router *router,
			uint64_t *offset);

/**
 * state_will_room() - bytes that a router needs in TAG_BYTES.
 */
size_t state_will_room(const struct state_router *router);

/**
 * state_marks_n() - how many marks routers need.
 */
size_t state_marks_n(const struct state_router *routers, unsigned n);

/**
 * state_key_files_n() - how many files of keys they name.
 */
uint32_t state_key_files_n(const struct state_router *routers, unsigned n);

/**
 * state_lay_out_auth() - give router @i its place for marks, and name its file of keys.
 * @marks: how many have been given away; moved on.
 */
void state_lay_out_auth(struct state *state, unsigned i, const struct state_router *router,
			uint32_t *marks);

/**
 * state_arm() - the frames of router @i are to be sent, or not.
 */
void state_arm(struct state *state, unsigned i, bool armed);

#endif
