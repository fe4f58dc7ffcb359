/* SPDX-License-Identifier: MIT */
/*
 * One decision, or one thing that happened: what the journal is made of (events.h). Whoever decides
 * fills in an event; the words are made by its readers, from the table of kinds in event.c.
 *
 * Events outlive the process and the version that wrote them. So the numbers here never change and
 * members are only added at the end of a struct; zero is what a member was before it existed.
 */
#ifndef EVENT_H
#define EVENT_H

#include "fields.h"
#include "log.h"
#include "vrrp/fsm.h"

#define EVENT_NAME_SIZE      33  /* of a router, with its zero */
#define EVENT_INTERFACE_SIZE 16  /* IFNAMSIZ */
#define EVENT_TEXT_SIZE      400 /* a longer text is cut off */
#define EVENT_LINE_SIZE      900 /* the longest line of the log, with its zero */
#define EVENT_JSON_SIZE      2600
#define EVENT_REASON_SIZE    192
#define EVENT_LIST_MAX       8   /* addresses of a list that are told */
#define EVENT_KEY_SIZE       64  /* of a configuration, with its zero */
#define EVENT_CHECK_SIZE     33  /* the name of a check, with its zero */
#define EVENT_ERROR_SIZE     128 /* what a check says, likewise */
#define EVENT_WHY_SIZE       176
#define EVENT_VALUE_SIZE     176 /* a longer value is cut off, and ends with dots */

enum event_kind {
	EVENT_NONE = 0,
	/* of a virtual router */
	EVENT_STATE = 1,     /* it changed its state: @state */
	EVENT_SUSPICION = 2, /* it took over from one that may live: @state.last_heard, .rejected */
	EVENT_REJECT = 3,    /* a packet was discarded: @packet */
	EVENT_STRAY = 4,     /* one that concerns no router: @packet */
	EVENT_NOTICE = 5,    /* an accepted advert is remarkable: @packet */
	EVENT_ADDRESS = 6,   /* an address came, went or resists: @address */
	EVENT_SEND = 7,      /* the kernel refused a frame: @fact.text which, error */
	EVENT_WITHDRAWN = 8, /* it is gone from the configuration */
	EVENT_STATE_NOW = 9, /* its state, from a reader that missed the change: @state, no from */
	EVENT_STATE_ASKED = 10, /* its state, for somebody who asked: likewise */
	EVENT_CONFLICT = 11,    /* another VRID has an address of it, @packet.ours[0]: @packet */
	EVENT_FLAPPING = 12,    /* from a reader: it changes again and again, so not each is told */
	EVENT_FLAPPED = 13,     /* from a reader: its state after @state.changes_n such changes */
	EVENT_FORGOTTEN = 15,   /* somebody let it forget its Active: @forgotten */
	/* of a family of a router that speaks both */
	EVENT_MUTE = 16,   /* it cannot speak here, and follows the other: @state.reason */
	EVENT_SPEAKS = 17, /* it can again */
	EVENT_DEAF = 18,   /* it hears nobody, while the other hears an Active */
	EVENT_HEARS = 19,  /* it hears an Active again */
	EVENT_RESORT = 14, /* it is the last resort, or no more: @address.news: enum event_resort */
	EVENT_SEND_PEER = 20, /* the kernel refused an advert to a peer: @address.bytes, error */
	EVENT_MACVLAN = 21,   /* its macvlan @fact.name resists: @fact.word: enum event_macvlan */
	EVENT_LEAVE = 22,     /* commands run before it leaves: @fact.word: enum event_drain, from
				 EVENT_DRAIN_VOID on; name: event_before_word(); not of a
				 drain, of which EVENT_DRAINED tells; number likewise */
	EVENT_TRACK = 26,     /* an interface or a check that it tracks came or went: @track */
	EVENT_DRAIN = 27,     /* somebody drains it or ends that: @fact.word: enum event_drain,
				 number: seconds or 0, uid, pid; name: not empty when it
				 waits first, EVENT_DRAIN_WAITS */
	EVENT_DRAINED = 28,   /* what comes of a drain: @fact.word: enum event_drain; of
				 EVENT_DRAIN_KEPT number[2]: CLOCK_REALTIME of its end, or 0 */
	EVENT_SHARED = 23,    /* such a drain, leave, last resort or damping is of another router of
				 its group, @fact.name, and so of it: @fact.word, number[0]: the
				 kind of that event */
	EVENT_CLOCK = 29,     /* the time of what is signed, and ours: @clock */
	EVENT_ROUTE = 30,     /* a route, @fact.text, resists: @fact.word: enum event_route */
	EVENT_RULE = 31,      /* likewise a rule */
	/* of a router process */
	EVENT_RECEIVE = 32,     /* adverts may have been lost: @fact.error, or 0: too fast */
	EVENT_SWEPT = 33,       /* an address of a dead predecessor was removed: @address */
	EVENT_SWEPT_ALL = 34,   /* @fact.number[0] of them */
	EVENT_DUMP = 35,        /* the kernel could not be asked: @fact.error */
	EVENT_GROUP = 36,       /* an interface could not join the group whose bytes are in
				   @fact.number: @fact.error */
	EVENT_ADOPTED = 37,     /* @fact.number: adopted, started, withdrawn */
	EVENT_NOT_ADOPTED = 38, /* the state memory cannot be read: @fact.error */
	EVENT_STARTED = 39,     /* @fact.name: node, @fact.text: version, number[0]: routers, [1]:
				   whether somebody is told of events */
	EVENT_STOPPED = 40,
	EVENT_REALTIME = 41, /* refused: @fact.text what, error */
	EVENT_REALTIME_LOST = 42,
	EVENT_KEEPER_GONE = 43,
	EVENT_CONTROL = 44,    /* the control socket @fact.text is not in place: error; 0: it is */
	EVENT_CONF_ERROR = 45, /* @fact.text */
	EVENT_CONF_WARNING = 50, /* likewise: allowed, but not what somebody may have meant */
	EVENT_CHANGE = 46,       /* a reload changed something: @change */
	EVENT_CHANGES = 47, /* all of a reload: @fact.word: enum event_changes, number[0], text */
	EVENT_CAVEAT = 57,  /* a LAN may make routers useless: @fact.word: enum event_caveat */
	EVENT_KEYS = 56, /* a file of HMAC keys: @fact.word: enum event_keys; text: path, and why */
	EVENT_CHECK = 60,       /* a check has another value: @check */
	EVENT_HANDED_OVER = 58, /* number: addresses that a successor had announced before they
				   went, those that it had not, us for which both had them */
	EVENT_DAMPED = 59,      /* of a router that flaps: @fact.word: enum event_damping; number:
				   changes, in so many seconds, CLOCK_REALTIME until then; or zeros */
	/* of any process */
	EVENT_SIGNAL = 64,       /* number[0]: signal, number[1]: pid that sent it; @fact.word: enum
				    event_signal */
	EVENT_FAILED = 65,       /* @fact.text: what for, error, @fact.name: an advice or nothing */
	EVENT_DEGRADED = 66,     /* likewise, and vipd does without */
	EVENT_JOURNAL_LOST = 67, /* a reader of the journal missed number[0] events */
	/* of the keeper */
	EVENT_RELOAD = 96,       /* @fact.word: enum event_reload, number[0]: pid, text: why */
	EVENT_PROCESS_LATE = 97, /* number[0]: pid, text: what it did not do in time */
	EVENT_PROCESS_END = 98,  /* number[0]: pid, text: how */
	EVENT_PROCESS_LOST = 99, /* likewise; @fact.word: 1: nobody goes on */
	EVENT_STANDBY_LOST = 100,
	EVENT_LAST_WILL = 101, /* number: objects removed, frames sent, entries left; @fact.text */
	EVENT_CLAIMED = 102, /* another vipd, number[0] or unknown, runs here; @text: what to do */
	EVENT_UPGRADE = 103, /* @fact.word: enum event_upgrade; @fact.text: why */
	EVENT_PROCESSES = 104, /* who lives: number: keeper, router, standby; text: why not all */
	EVENT_CHECKER = 106, /* the checker is not there: number[0]: pid; text: how it ended, or why
				there is none; number[1]: ms until another one is started */
	EVENT_NOTIFIER = 107, /* likewise the notifier */
	EVENT_NOTIFY =
		108,              /* from the notifier: what becomes of a delivery: @fact.word: enum
				     event_notify, number: its id, attempts; name: whom it is about, text */
	EVENT_NOTIFY_ASKED = 109, /* of a router process: somebody asks for a delivery: likewise;
				     number: its id, uid, pid */
	EVENT_STANDBY = 105,      /* @fact.word: enum event_standby; number[0]: pid; text: why */
};

enum event_reload {
	EVENT_RELOAD_STARTED = 1,
	EVENT_RELOAD_DONE = 2,
	EVENT_RELOAD_REFUSED = 3,
	EVENT_RELOAD_UNDONE = 4,
};

/* What a reload changed; numbers of the journal's own. */
enum event_change_what {
	EVENT_CHANGE_VALUE = 1, /* of a key */
	EVENT_CHANGE_COMES = 2, /* a list has one more element: the new value */
	EVENT_CHANGE_GOES = 3,  /* or one less: the old value */
	EVENT_CHANGE_ORDER = 4, /* or the same elements in another order */
	EVENT_CHANGE_ADDED = 5, /* a router */
	EVENT_CHANGE_REMOVED = 6,
	EVENT_CHANGE_RESTARTED = 7, /* nobody continues it, for that key's sake */
	EVENT_CHANGE_RENAMED = 8,   /* it goes on by the name that the event has */
};

enum event_changes {
	EVENT_CHANGES_NONE = 1,
	EVENT_CHANGES_MORE = 2,       /* number[0] more than were told */
	EVENT_CHANGES_UNCOMPARED = 3, /* they cannot be told: @fact.text */
	EVENT_CHANGES_KEYS = 4,       /* none, but what files of keys have */
};

/* What may make the routers of an interface useless, and no fault of theirs. */
enum event_caveat {
	EVENT_CAVEAT_NOT_FORWARDING = 1,
	EVENT_CAVEAT_SNOOPING = 2,
	EVENT_CAVEAT_NO_CARRIER = 3,
	EVENT_CAVEAT_COUNT,
};

enum event_keys {
	EVENT_KEYS_TAKEN = 1,  /* number[0] of them; number[1] are gone, or others */
	EVENT_KEYS_KEPT = 2,   /* the file is unusable: those of before are used */
	EVENT_KEYS_LACKED = 3, /* likewise, and there are none */
	EVENT_KEYS_COUNT,
};

/* What became of a clock that disagrees with a sender's. */
enum event_clock_what {
	EVENT_CLOCK_DIFFERS = 1, /* the advert is discarded */
	EVENT_CLOCK_MOVED = 2,   /* HMAC goes by the time of now, which agrees */
	EVENT_CLOCK_COUNT,
};

enum event_upgrade {
	EVENT_UPGRADE_REHEARSED = 1, /* the new program can be the keeper */
	EVENT_UPGRADE_DONE = 2,      /* it is */
	EVENT_UPGRADE_REFUSED = 3,
};

enum event_standby {
	EVENT_STANDBY_NONE = 1, /* none can be started, or kept */
	EVENT_STANDBY_AGAIN = 2,
};

/* What became of an address; numbers of the journal's own. */
enum event_address_news {
	EVENT_ADDRESS_RESTORED = 1,
	EVENT_ADDRESS_EXPIRED = 2,
	EVENT_ADDRESS_ENDED = 3,
	EVENT_ADDRESS_FOREIGN = 4,
	EVENT_ADDRESS_KEPT = 5,
	EVENT_ADDRESS_DOUBLE = 6,
	EVENT_ADDRESS_ABANDONED = 7,
	EVENT_ADDRESS_FAILED = 8,
	EVENT_ADDRESS_LACKING = 9,
	EVENT_ADDRESS_NOT_OWN = 10,
	EVENT_ADDRESS_BEHIND = 11,
	EVENT_ADDRESS_UNFILTERED = 12,
	EVENT_ADDRESS_NO_PLACE = 13,
	EVENT_ADDRESS_TWIN = 14,
	EVENT_ADDRESS_COUNT,
};

/* What became of a macvlan, or of its being up. */
enum event_macvlan {
	EVENT_MACVLAN_RESTORED = 1,
	EVENT_MACVLAN_FOREIGN = 2,
	EVENT_MACVLAN_ABANDONED = 3,
	EVENT_MACVLAN_FAILED = 4,
	EVENT_MACVLAN_UP_RESTORED = 5,
	EVENT_MACVLAN_UP_ABANDONED = 6,
	EVENT_MACVLAN_UP_FAILED = 7,
	EVENT_MACVLAN_COUNT,
};

enum event_check_value {
	EVENT_CHECK_UNKNOWN = 0,
	EVENT_CHECK_UP = 1,
	EVENT_CHECK_DOWN = 2,
};

enum event_drain {
	EVENT_DRAIN_BEGINS = 1,
	EVENT_DRAIN_OFFERS = 2, /* it offers to leave, once */
	EVENT_DRAIN_OVER = 3,   /* its time has passed */
	EVENT_DRAIN_RESUMED = 4,
	EVENT_DRAIN_KEPT = 5, /* it was drained when vipd ended, and still is */
	EVENT_DRAIN_VOID = 6, /* likewise, but there is nothing to drain, or to leave, any more */
	/* Commands run first. */
	EVENT_DRAIN_WAITS = 7,       /* number: ms at most, CLOCK_MONOTONIC of their end */
	EVENT_DRAIN_READY = 8,       /* they have ended, and it goes on; number[1]: as it waited */
	EVENT_DRAIN_HOOK_FAILED = 9, /* likewise, but not all of them well */
	EVENT_DRAIN_HOOK_LATE = 10,  /* it goes on though nobody said that they have */
	EVENT_DRAIN_HOOK_USELESS = 11, /* likewise, since it is not Active any more */
	EVENT_DRAIN_ALONE = 12,        /* it leaves, and nobody has come */
	EVENT_DRAIN_COUNT,
};

/* What all routers of a group share, where one of them tells it. */
enum event_shared {
	EVENT_SHARED_DRAIN,
	EVENT_SHARED_LEAVE,
	EVENT_SHARED_RESORT,
	EVENT_SHARED_DAMPING,
	EVENT_SHARED_COUNT,
};

/* What a signal leads to. */
enum event_signal {
	EVENT_SIGNAL_HEARD = 0,   /* what was asked for is told of in another way */
	EVENT_SIGNAL_LEAVES = 1,  /* told to stop */
	EVENT_SIGNAL_HURRIES = 2, /* and told again */
	EVENT_SIGNAL_IGNORED = 3, /* told to reload, but it stops */
	EVENT_SIGNAL_COUNT,
};

/* What commands run before: an Active leaves on purpose; numbers of the state memory, too. */
enum event_before {
	EVENT_BEFORE_DRAIN = 1,
	EVENT_BEFORE_STOP = 2,     /* vipd was told to stop */
	EVENT_BEFORE_REMOVAL = 3,  /* a reload does without the router */
	EVENT_BEFORE_PRIORITY = 4, /* a reload has given it a lower one */
	EVENT_BEFORE_COUNT,
};

/* What becomes of a delivery of the notifier's. */
enum event_notify {
	EVENT_NOTIFY_DEAD = 1,      /* it failed too often, and waits for somebody to decide */
	EVENT_NOTIFY_RETRY = 2,     /* somebody has it tried now */
	EVENT_NOTIFY_DROP = 3,      /* somebody gives it up */
	EVENT_NOTIFY_MERGED = 4,    /* events were merged: a command is slower than they come */
	EVENT_NOTIFY_UNKNOWN = 5,   /* there is none with that id, or it cannot be */
	EVENT_NOTIFY_STORE = 6,     /* the store can be written again */
	EVENT_NOTIFY_HOOK = 7,      /* a command that somebody waits for has failed */
	EVENT_NOTIFY_FORGOTTEN = 8, /* the oldest that is dead, as there are too many */
	EVENT_NOTIFY_COUNT,
};

/* Whether a router that has changed too often preempts nobody. */
enum event_damping {
	EVENT_DAMPING_BEGINS = 1,
	EVENT_DAMPING_ENDS = 2,    /* it has not changed for long enough */
	EVENT_DAMPING_REMOVED = 3, /* a reload does without */
	EVENT_DAMPING_COUNT,
};

/* What became of a route or a rule. */
enum event_route {
	EVENT_ROUTE_RESTORED = 1,
	EVENT_ROUTE_ABANDONED = 2,
	EVENT_ROUTE_FAILED = 3,
	EVENT_ROUTE_NO_PLACE = 4, /* it has no interface now */
	EVENT_ROUTE_COUNT,
};

enum event_resort {
	EVENT_RESORT_BEGINS = 1, /* it cannot hold an address */
	EVENT_RESORT_CEDES = 2,  /* it offers to leave */
	EVENT_RESORT_ENDS = 3,   /* it has held all of them for long enough */
	EVENT_RESORT_RESET = 4,  /* it was in fault meanwhile */
};

/* A change of state; the reason is struct vrrp_reason's. */
struct event_state {
	uint8_t from, to; /* enum vrrp_state */
	uint8_t reason;   /* enum vrrp_reason_code */
	uint8_t peer_priority;
	uint8_t priority; /* the router's own when it was decided */
	uint8_t cause;    /* enum vrrp_reason_code: why @by did so first; 0: it was no other one */
	uint8_t removed;  /* a reload does without it, which is why it stops */
	uint8_t vrid;     /* of EVENT_STATE; 0: from before this was told */
	int64_t reason_ns;
	uint8_t peer[16];
	uint8_t last_heard[16]; /* the Active as last heard, when its silence is the reason */
	uint8_t detail[16];     /* what the reason has instead of a peer */
	uint32_t changes_n;     /* of EVENT_FLAPPED */
	uint8_t rejected;       /* of EVENT_SUSPICION: enum vrrp_reject; 0: nothing is known */
	uint8_t reserved2[3];
	char why[EVENT_WHY_SIZE]; /* of a check that is the reason: what it is and why */
	char by[EVENT_NAME_SIZE]; /* the router of its unit that was the first; empty: see above */
	char reserved3[7];
};

struct event_packet {
	uint8_t which; /* enum vrrp_reject or enum vrrp_notice */
	uint8_t priority;
	uint8_t checksum; /* enum vrrp_checksum of the sender */
	uint8_t vrid_known;
	uint8_t vrid;
	uint8_t theirs_n, ours_n; /* all addresses of the lists, also those not told */
	union {
		uint8_t own_vrid;  /* of EVENT_CONFLICT */
		uint8_t discarded; /* of VRRP_NOTICE_INTERVAL: version 2 voids the advert */
		uint8_t version;   /* of VRRP_REJECT_VERSION: the sender's; 0: not told */
	};
	uint16_t theirs_cs, ours_cs;
	uint32_t down_ms; /* of another interval: the Active_Down_Interval that follows from it */
	uint64_t total;   /* of this sort so far */
	uint8_t source[16];
	uint8_t ours[EVENT_LIST_MAX][16], theirs[EVENT_LIST_MAX][16];
};

struct event_address {
	uint8_t news; /* enum event_address_news */
	uint8_t prefix_len;
	uint8_t configured_priority; /* of EVENT_RESORT */
	uint8_t reserved;
	int32_t error;
	int32_t ifindex;
	uint8_t bytes[16];
	char elsewhere[16]; /* of EVENT_ADDRESS_TWIN: the interface with that index */
};

/* The Active that a Backup knew, and who let it forget that one. */
struct event_forgotten {
	uint8_t priority;
	uint8_t reserved;
	uint16_t interval_cs; /* as learned */
	uint32_t uid;
	int32_t pid; /* 0: of another PID namespace */
	uint32_t reserved2;
	int64_t left_ns;     /* it would have waited so long still */
	int64_t takeover_ns; /* and takes over after that now, if it hears nobody */
	uint8_t address[16];
};

/* Of an advert with our key. */
struct event_clock {
	uint8_t what; /* enum event_clock_what */
	uint8_t reserved[7];
	int64_t ahead_s; /* the sender's clock of ours, as it was */
	uint8_t source[16];
};

/* Numbers of the journal's own. */
enum event_change_of {
	EVENT_CHANGE_OF_ROUTER,
	EVENT_CHANGE_OF_GROUP,
	EVENT_CHANGE_OF_CHECK,
	EVENT_CHANGE_OF_COUNT
};

/* All texts end with a zero; those that do not apply are empty. */
struct event_change {
	uint8_t what; /* enum event_change_what */
	uint8_t of;   /* enum event_change_of: what the name is of */
	uint8_t reserved[6];
	char key[EVENT_KEY_SIZE]; /* in a group with a dot: "link.delay" */
	char old[EVENT_VALUE_SIZE], new[EVENT_VALUE_SIZE];
};

/* What has become of what is tracked; numbers of the journal's own. */
enum event_tracked {
	EVENT_TRACK_UP = 0,
	EVENT_TRACK_DOWN = 1,
	EVENT_TRACK_UNKNOWN = 2, /* a check has not answered in time, and was taken for well */
};

/* What is tracked with a weight, and the effective priority before and after. */
struct event_track {
	int16_t weight;
	uint8_t down; /* enum event_tracked */
	uint8_t from, to;
	char interface[16]; /* empty: a check */
	uint8_t reserved[3];
	char check[EVENT_CHECK_SIZE];
};

/* What a check has found, as the routers believe it. */
struct event_check {
	uint8_t from, to; /* unknown, up, down; numbers of the journal's own: 0, 1, 2 */
	uint8_t overdue;  /* since it does not answer */
	uint8_t again;    /* it does, after it did not */
	uint8_t excused;  /* it does not since it cannot be asked: @error */
	uint8_t reserved[3];
	int64_t took_ns; /* the last answer */
	uint32_t in_row; /* answers that say so, one after the other */
	int32_t number;  /* of a file with a number */
	char name[EVENT_CHECK_SIZE];
	char error[EVENT_ERROR_SIZE];
	uint32_t changes_n; /* that were not told before this one */
	uint32_t reserved2;
};

struct event_fact {
	int64_t number[3];
	int32_t error; /* an errno, or 0 */
	uint8_t word;
	char name[67];
	char text[EVENT_TEXT_SIZE];
};

struct event {
	uint64_t seq; /* in its ring, from 1; set by events_put() */
	int64_t mono_ns, real_ns;
	uint16_t kind;  /* enum event_kind; others, of a later version, are shown by number */
	uint8_t level;  /* enum log_level; set by events_put() */
	uint8_t family; /* 4, 6, or 0 */
	char router[EVENT_NAME_SIZE];
	char interface[EVENT_INTERFACE_SIZE];
	union {
		struct event_state state;
		struct event_packet packet;
		struct event_address address;
		struct event_change change;
		struct event_forgotten forgotten;
		struct event_track track;
		struct event_check check;
		struct event_clock clock;
		struct event_fact fact;
		unsigned char payload[sizeof(struct event_fact)];
	};
};

/**
 * event_of() - an event of a virtual router, or of none.
 * @router, @interface: or NULL.
 */
struct event event_of(enum event_kind kind, const char *router, const char *interface,
		      unsigned family);

/**
 * event_fact() - an event that says something about the process.
 * @error: an errno, or 0.
 * @text: or NULL; copied.
 */
struct event event_fact(enum event_kind kind, int error, const char *text);

/**
 * event_loss() - so many events were overwritten before one was read.
 * @next: that one: at its time.
 */
struct event event_loss(const struct event *next, uint64_t lost);

/**
 * event_level() - how much it matters.
 */
enum log_level event_level(const struct event *event);

/**
 * event_kind_word() - what a kind is called in JSON.
 *
 * Return: NULL when there is none of that number.
 */
const char *event_kind_word(unsigned kind);

/**
 * event_kind_fields() - what an event of a kind has in JSON beside what all have; ends with
 * FIELDS_END.
 *
 * Return: NULL likewise.
 */
const struct field *event_kind_fields(unsigned kind);

/**
 * event_before_word() - what commands run before, as a word; a constant. A drain of any other
 * number.
 */
const char *event_before_word(enum event_before before);

/**
 * event_before_of() - the other way round; a drain of what is no such word, or NULL.
 */
enum event_before event_before_of(const char *word);

/**
 * event_payload_size() - how much of the union an event of that kind uses.
 */
size_t event_payload_size(unsigned kind);

/**
 * event_episode() - what is told once per episode has a number that is the same for all of the
 * episode; 0: each one is told.
 */
uint64_t event_episode(const struct event *event);

/**
 * event_line() - as the log has it: key=value, ending with a reason or a note.
 * @buf: EVENT_LINE_SIZE bytes.
 *
 * Return: @buf. Of a kind that this version does not know, its number.
 */
const char *event_line(const struct event *event, char *buf);

/**
 * event_json() - one JSON object without a line end: seq, time, kind, router, family, level, text,
 * and what belongs to its kind.
 * @buf: EVENT_JSON_SIZE bytes.
 */
const char *event_json(const struct event *event, char *buf);

/**
 * event_reason_text() - the reason of a state in words, as in the log and in vipctl. All numbers
 * are the reason's: a reload may have changed those of now.
 * @interface: the name of the router's interface.
 * @why: of a check: "nginx is down: connect: Connection refused"; empty: not known.
 * @buf: EVENT_REASON_SIZE bytes.
 */
const char *event_reason_text(const struct vrrp_reason *reason, const char *interface,
			      const char *why, unsigned family, char *buf);

#endif
