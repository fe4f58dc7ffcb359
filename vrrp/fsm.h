/* SPDX-License-Identifier: MIT */
/*
 * The virtual router as a function (RFC 9568 §6): an event goes in, actions come out. No clock, no
 * I/O, no allocation, no pointer inside struct vrrp: it can be copied, shared and simulated.
 *
 * Timers are fields with absolute deadlines in nanoseconds of a clock that never steps back; the
 * caller asks vrrp_deadline() when to come with VRRP_EVENT_TIMER. Early, late and repeated timer
 * events do no harm.
 */
#ifndef VRRP_FSM_H
#define VRRP_FSM_H

#include <stdbool.h>
#include <stdint.h>

#include "announce.h"
#include "names.h"
#include "packet.h"
#include "timers.h"

#define VRRP_NEVER INT64_MAX

/* A reason and the numbers that belong to its code; the others are zero. */
struct vrrp_reason {
	enum vrrp_reason_code code;
	uint8_t priority;
	uint8_t own_priority; /* of this router when it was decided, of any code; set by vrrp_step()
			       */
	uint8_t cause; /* enum vrrp_reason_code: why the one that did so first did it, where others
			  of the unit follow (unit.h); 0: it is no such reason, or not known */
	uint32_t by;   /* and which one that is: struct vrrp_member's @id; 0: likewise, or another
			  family of this router */
	union {
		uint8_t source[16];
		char interface[16]; /* ends with a zero */
		uint32_t bytes[2];
	};
	int64_t ns;
};

/* RFC 6527's counters. The core counts what it decides; vrrp_receive() what it receives; whoever
 * executes the actions counts what was sent. */
struct vrrp_counters {
	uint64_t adverts_sent;
	uint64_t adverts_received; /* accepted by vrrp_receive() */
	uint64_t priority_zero_sent;
	uint64_t priority_zero_received;
	uint64_t became_active;
	uint64_t late_timers; /* expiries not believed at once, adverts missed included */
	uint64_t announcements_sent;
	uint64_t addresses_restored;
	uint64_t send_errors;
	uint64_t rejected[VRRP_REJECT_COUNT];
	uint64_t noticed[VRRP_NOTICE_COUNT];
};

/* What the operator configured. */
struct vrrp_config {
	uint8_t family;         /* 4, or 6 */
	uint8_t version;        /* 3, or 2 over IPv4: vrrp_packet_exists() */
	uint8_t vrid;           /* 1..255 */
	uint8_t priority;       /* 1..254, or VRRP_PRIORITY_OWNER */
	uint16_t interval_cs;   /* Advertisement_Interval: vrrp_interval_is_valid() */
	uint8_t down_intervals; /* 1..100 adverts missed before a takeover; 0: three, as the RFCs */
	bool preempt;
	bool virtual_mac; /* adverts may leave from the addresses' own MAC address: by the first
			     one switches send here what is for them */
	bool overlap;     /* whoever hands its addresses over serves until they are announced */
	enum vrrp_checksum checksum; /* of what is sent; of version 3 over IPv4 alone */
	int64_t preempt_delay_ns;
	int64_t start_delay_ns;
	int64_t not_before_ns;         /* no election begins before that; 0: at any time */
	int64_t preempt_not_before_ns; /* nor is a living lower Active preempted; 0: at any time */
	struct vrrp_announce announce;
};

/* A hand-over waits for all that its successor announces, but no longer than that or an interval.
 */
#define VRRP_HAND_OVER_NS INT64_C(20000000000)

/* Whose last word may have been heard: who is Active says the same again. */
struct vrrp_doubt {
	uint8_t source[16];
	int64_t ns; /* when; 0: nobody's */
};

/* So many may go at about one time. */
#define VRRP_DOUBTS_MAX 4

/* What a virtual router knows and waits for: all that a successor of its process goes on with. */
struct vrrp_election {
	uint8_t source[16]; /* primary address of the interface; set by vrrp_source_set() */
	uint8_t priority;   /* the effective one; starts as the configured one */

	enum vrrp_state state;
	struct vrrp_reason reason;
	int64_t since_ns; /* of the state; a new reason for it does not change this */

	/* The Active as last heard. */
	uint16_t active_interval_cs; /* Active_Adver_Interval; version 2: our own interval */
	uint8_t active_priority;
	uint8_t active_source[16]; /* zero: nobody was heard since start */
	int64_t heard_ns;          /* last accepted advert, or the start of Backup */

	/* Deadlines, VRRP_NEVER when not armed. */
	int64_t delayed_ns; /* when the start delay of this start ends, or has ended; VRRP_NEVER: it
			       has not begun */
	int64_t start_ns;   /* Initialize: end of the start delay */
	int64_t down_ns;    /* Backup: Active_Down_Timer */
	int64_t preempt_ns; /* Backup: until then a lower priority is tolerated */
	int64_t advert_ns;  /* Active: Adver_Timer */
	int64_t announce_ns; /* Active: next announcement of the addresses */

	uint8_t announced_n;    /* repetitions that are done or armed; or VRRP_ANNOUNCED_ALL */
	uint8_t contested_n;    /* answers given in the current contest window */
	int64_t contested_ns;   /* start of that window */
	bool listening;         /* Active: was away, and has not spoken since */
	bool ceding;            /* Active: has offered to leave, and waits for one who takes over */
	bool late_granted;      /* Backup: one late expiry was not believed already */
	bool lower_heard;       /* Backup: a lower priority was discarded since the timer started */
	uint8_t lower_priority; /* its priority; of an Active that has left, what it had before */
	uint8_t lower_source[16];
	int64_t offered_ns; /* Active: it has offered to leave last; 0: never */
	uint8_t fell_from;  /* Active: the priority before it fell last, the highest of late */
	int64_t fell_ns;    /* then; 0: it has not fallen */
	struct vrrp_doubt doubts[VRRP_DOUBTS_MAX]; /* of different sources, the newest first */
};

/*
 * One virtual router: one VRID on one interface in one family. Read by all; the election is written
 * in vrrp/ alone, but for announce_ns: whoever could not announce, or cannot know whether another
 * one did, lets it be due again. The counters as said above.
 */
struct vrrp {
	struct vrrp_config config;
	struct vrrp_election election;
	struct vrrp_counters counters;
};

enum vrrp_event_type {
	VRRP_EVENT_STARTUP,  /* the interface can be used; or its fault is over */
	VRRP_EVENT_SHUTDOWN, /* leave gracefully */
	VRRP_EVENT_FAULT,    /* the interface cannot be used: @fault */
	VRRP_EVENT_PRIORITY, /* the effective priority is @priority from now on */
	VRRP_EVENT_CEDE,     /* leave, if anybody takes over; an Active alone does anything */
	VRRP_EVENT_TIMER,    /* some deadline may have passed */
	VRRP_EVENT_ADVERT,   /* vrrp_receive() accepted @advert */
	VRRP_EVENT_MISSED,   /* adverts may have been lost on this host, up to now */
	VRRP_EVENT_FORGET,   /* an operator does not believe the Active heard last */
	VRRP_EVENT_LEAD,     /* whom it shares its fate with is Active: so is a Backup: @reason */
	VRRP_EVENT_GIVE_WAY, /* and has yielded: so does an Active: @reason */
	VRRP_EVENT_CONTEST,  /* and had a rival: an Active announces again when that is over */
	VRRP_EVENT_DEFER,    /* as VRRP_EVENT_ADVERT, but no advert of ours leaves: whoever is
				heard is left to be Active */
	VRRP_EVENT_UNDATED,  /* one of ours was heard, now or long ago: the clocks disagree */
};

struct vrrp_event {
	enum vrrp_event_type type;
	int64_t now_ns; /* of an advert: its arrival; never before the previous event */
	union {
		struct vrrp_reason fault; /* VRRP_EVENT_FAULT */
		struct {
			struct vrrp_reason reason; /* VRRP_EVENT_LEAD, VRRP_EVENT_GIVE_WAY */
			bool served;               /* VRRP_EVENT_LEAD: by whom it is preempted */
		};
		uint8_t priority;                 /* VRRP_EVENT_PRIORITY; 1..254, an owner's 255 */
		const struct vrrp_advert *advert; /* VRRP_EVENT_ADVERT, VRRP_EVENT_DEFER; borrowed
						     for the call */
	};
};

enum vrrp_action_type {
	VRRP_ACTION_CLAIM,    /* the addresses are wanted on the interface */
	VRRP_ACTION_RELEASE,  /* they are not */
	VRRP_ACTION_ADVERT,   /* send one advert with @priority */
	VRRP_ACTION_ANNOUNCE, /* one gratuitous ARP per address */
	VRRP_ACTION_STATE, /* the state was @from until now; state and reason are in the router */
	VRRP_ACTION_DEAF, /* of a unit's member (unit.h): it hears nobody, while another one does */
	VRRP_ACTION_HEARS,     /* and not any more */
	VRRP_ACTION_HAND_OVER, /* each address is wanted until its successor announces it, which is
				  the caller's to see and to bound; what comes behind waits */
};

struct vrrp_action {
	enum vrrp_action_type type;
	uint8_t priority;
	enum vrrp_state from;
};

#define VRRP_ACTIONS_MAX 4

/* What the caller must now do, in this order. */
struct vrrp_output {
	unsigned actions_n;
	struct vrrp_action actions[VRRP_ACTIONS_MAX];
};

/**
 * vrrp_init() - make a virtual router, in Initialize.
 * @vr: the caller's storage.
 * @config: checked by the caller against the ranges above; copied.
 */
void vrrp_init(struct vrrp *vr, const struct vrrp_config *config);

/**
 * vrrp_source_set() - tell the router the primary address of its interface.
 * @vr: any state. A change while running takes effect with the next advert.
 * @source: network byte order, vrrp_address_len() bytes.
 */
void vrrp_source_set(struct vrrp *vr, const uint8_t *source);

/**
 * vrrp_step() - one event.
 * @vr: changed.
 * @event: see enum vrrp_event_type.
 * @out: overwritten; at most VRRP_ACTIONS_MAX actions in the order of execution.
 *
 * Implements the state tables of RFC 9568 §6.4 with errata 7947, 7949 and 8298, and in version 2
 * those of RFC 3768 §6.4, which know no interval but the router's own. Beyond them, in both:
 * start and preempt delay; a timer that comes an interval late is granted one more interval and
 * skew time, since the silence may have been ours; a contested Active answers and announces again,
 * and one that yields says so with a last advert, so that the last announcement is always the
 * winner's. One that cedes says priority 0, which makes Backups take over that do not preempt, goes
 * on serving for vrrp_offer_ns() without an advert, and yields to whoever speaks; if nobody does,
 * it goes on as Active. A last advert has the priority VRRP_PRIORITY_LOWEST, or 0 for a successor
 * that comes with that itself. So one advert of that priority is no Active yet: no Backup that
 * knows another one defers to it, and an Active that would yield answers it first, with its own
 * advert, or with 0 if it cedes, as who is Active has to answer in turn (§6.4.3). Nor is one what
 * comes within a round trip, of 0.2 s or an interval, behind an offer to leave, or a priority that
 * falls, from somebody that this Active was better than until then, if others may have been Active
 * lately; or behind an advert that a Backup has heard, from somebody whom that beats.
 * VRRP_EVENT_FORGET ends a wait that a false advert has begun: a Backup knows no Active and waits
 * for its configured Active_Down_Interval from then on, or for what was left if that is less; the
 * next advert is believed as ever. In other states it changes nothing. VRRP_EVENT_UNDATED makes a
 * Backup that has heard nobody since it began wait on, for up to a minute: the clock of one of both
 * hosts may be set in that time.
 */
void vrrp_step(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out);

/**
 * vrrp_refresh() - what an election is made of has changed: priority, interval or the looks of an
 * advert. Active_Down_Timer is computed anew from when the Active was heard last (§6.1); an
 * Active's next advert is due at once, so that its peers hear of it.
 */
void vrrp_refresh(struct vrrp *vr, int64_t now_ns);

/**
 * vrrp_deadline() - when VRRP_EVENT_TIMER is due.
 *
 * Return: nanoseconds on the clock of the events, or VRRP_NEVER.
 */
int64_t vrrp_deadline(const struct vrrp *vr);

/**
 * vrrp_is_served() - whether somebody serves until a router that takes over for a reason is heard:
 * it shall have the addresses by then.
 */
bool vrrp_is_served(const struct vrrp *vr, enum vrrp_reason_code code);

/**
 * vrrp_is_last_word() - whether an advert that was accepted, and is no event yet, is or may be the
 * last one of a router that serves no longer: it may come long after the takeover of many
 * addresses.
 */
bool vrrp_is_last_word(const struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns);

/**
 * vrrp_is_owner() - whether the interface owns the addresses (priority 255).
 */
bool vrrp_is_owner(const struct vrrp *vr);

/**
 * vrrp_down_intervals() - how many adverts may be missed before a takeover, 1..100.
 */
static inline unsigned vrrp_down_intervals(const struct vrrp_config *config)
{
	return config->down_intervals ? config->down_intervals : VRRP_DOWN_INTERVALS;
}

/**
 * vrrp_offer_ns() - how long an Active that offers to leave waits for a successor: so long that one
 * of the lowest priority comes, which knows its Active_Adver_Interval and may not hear the offer;
 * and half a second at least. From when it hears a rival, though, that may be one of before, no
 * longer than its own Active_Down_Interval, or than whom it has called may need.
 */
int64_t vrrp_offer_ns(const struct vrrp_config *config);

#endif
