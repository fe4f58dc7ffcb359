/* SPDX-License-Identifier: MIT */
#include "answer_records.h"

#include <string.h>

#include "agent/conf/value.h"
#include "conflicts.h"
#include "names.h"
#include "track.h"

#define ADDRESSES_PER_MESSAGE 64
#define ROUTES_PER_MESSAGE    64
#define NS_PER_MS             INT64_C(1000000)

#ifndef VIPD_VERSION
#error "the Makefile defines VIPD_VERSION"
#endif

struct host_record {
	char node[CONF_NODE_SIZE];
	char version[16];
	struct state_strays strays;
	char state_dir[CONF_STATE_DIR_SIZE]; /* empty: nothing is kept there */
	uint8_t stopping;                    /* it was told to stop, and serves until it may */
};

static const struct field host_fields[] = {
	FIELD(struct host_record, node, "node", FIELD_TEXT),
	FIELD(struct host_record, version, "version", FIELD_TEXT),
	FIELD_OF_COUNTS(struct host_record, strays.rejected, "rejected", vrrp_reject_words,
			VRRP_ACCEPT + 1),
	FIELD(struct host_record, strays.unread, "unread", FIELD_UINT),
	FIELD(struct host_record, strays.dropped, "dropped", FIELD_UINT),
	FIELD(struct host_record, state_dir, ".state_dir", FIELD_TEXT),
	FIELD(struct host_record, stopping, ".stopping", FIELD_BOOL),
	FIELDS_END,
};

struct router_record {
	char name[CONF_NAME_SIZE];
	char interface[CONF_LINK_SIZE];
	uint8_t vrid, family, version;
	uint8_t state;  /* enum vrrp_state */
	uint8_t reason; /* enum vrrp_reason_code */
	uint8_t reason_priority, reason_own_priority;
	uint8_t priority, effective_priority;
	uint16_t interval_cs;
	int64_t reason_ns;
	int64_t since_real_ns;
	uint8_t reason_source[16];
	uint8_t active_address[16]; /* zero: nobody is known, and the next two are zero as well */
	uint8_t active_priority;    /* 0 also of one that has left */
	uint16_t active_interval_cs;
	uint32_t takeover_in_ms; /* as Backup */
	struct vrrp_counters counters;
	int64_t heard_real_ns;                      /* as Backup; 0: nobody was heard */
	uint64_t rejected_ago_s[VRRP_REJECT_COUNT]; /* plus 1; 0: never */
	uint64_t noticed_ago_s[VRRP_NOTICE_COUNT];  /* likewise */
	uint8_t last_resort;                        /* it cannot hold its addresses */
	uint8_t down_intervals;                     /* adverts that may be missed */
	uint8_t mute, deaf;                         /* struct vrrp_member */
	uint8_t no_carrier;                         /* and it goes on */
	char mac[CONF_MAC_TEXT_SIZE]; /* with which addresses are announced; empty: not known */
	char macvlan[CONF_LINK_SIZE]; /* that carries it; empty: none */
	uint8_t accept;               /* packets to its addresses, while Active */
	char group[CONF_NAME_SIZE];   /* empty: it is in none */
	uint8_t drained;
	int64_t drained_until_real_ns;      /* 0: without an end, or not */
	int64_t damped_until_real_ns;       /* 0: it is not damped */
	uint8_t auth;                       /* by what adverts prove who sends them: auth_words */
	char keys_why[STATE_KEYS_WHY_SIZE]; /* the file of its keys was unusable, and those of
					       before are used; empty: it was not */
	char why[FACTS_TEXT_SIZE];          /* of a check that is the reason */
	uint8_t cause;                      /* enum vrrp_reason_code: of the one that was first */
	char by[CONF_NAME_SIZE];            /* which that was; empty: none, or not known any more */
	uint8_t source[16];                 /* what adverts are sent from */
	uint8_t preempt;
	uint8_t ceding, listening; /* as Active: it has offered to leave; it was away */
	uint8_t lacking;           /* it has begun without the first answer of a check */
	uint32_t preempt_in_ms;    /* as Backup that leaves a weaker one in peace for so long */
	uint32_t start_in_ms;      /* in a delay of the start */
	uint8_t lower_address[16]; /* as Backup: a weaker one that it is about to preempt; zero: */
	uint8_t lower_priority;    /* there is none */
	uint8_t rival_address[16]; /* as Active: a weaker one that was heard last; zero: none */
	uint8_t rival_priority;
	int64_t rival_real_ns;        /* when that was */
	uint16_t mates, member;       /* so many have its fate, itself included; which it is */
	char held_by[CONF_NAME_SIZE]; /* who keeps its unit from taking over; empty: nobody */
	uint8_t held_by_family, held_by_state;
	uint32_t held_ms;                 /* for so long; 0: no timer says so */
	int64_t held_until_real_ns;       /* its drain waits for commands; 0: it does not */
	int64_t leave_held_until_real_ns; /* likewise, what else it is about to leave for, */
	char leave_before[16];            /* event_before_word(); empty: nothing */
	int64_t removed_until_real_ns; /* a reload removes it, behind its successor; 0: none does */
};

/* Of HMAC its mode. */
static const char *const auth_words[] = { "none", "password", "enforce", "permissive",
					  "receive-only" };
#define AUTH_MODES 1 /* so much behind enum conf_auth_mode */

#define ROUTER(member, called, type) FIELD(struct router_record, member, called, type)
#define COUNTER(name)                ROUTER(counters.name, "counters." #name, FIELD_UINT)

/* Of the reason vipctl makes a sentence. */
static const struct field router_fields[] = {
	ROUTER(name, "name", FIELD_TEXT),
	ROUTER(interface, "interface", FIELD_TEXT),
	ROUTER(vrid, "vrid", FIELD_UINT),
	ROUTER(family, "family", FIELD_UINT),
	ROUTER(version, "version", FIELD_UINT),
	FIELD_OF_WORDS(struct router_record, state, "state", vrrp_state_words),
	FIELD_OF_WORDS(struct router_record, reason, "reason_code", vrrp_reason_words),
	ROUTER(reason_priority, ".reason_priority", FIELD_UINT),
	ROUTER(reason_own_priority, ".reason_own_priority", FIELD_UINT),
	ROUTER(reason_ns, ".reason_ns", FIELD_INT),
	ROUTER(why, ".reason_why", FIELD_TEXT),
	FIELD_OF_IP(struct router_record, reason_source, ".reason_source", family),
	ROUTER(since_real_ns, "since", FIELD_TIME),
	ROUTER(priority, "priority", FIELD_UINT),
	ROUTER(effective_priority, "effective_priority", FIELD_UINT),
	ROUTER(last_resort, "last_resort", FIELD_BOOL),
	FIELD_OF_IP(struct router_record, active_address, "active_address", family),
	ROUTER(active_priority, "active_priority", FIELD_UINT),
	FIELD_SCALED(struct router_record, active_interval_cs, "active_interval_ms", 10),
	ROUTER(takeover_in_ms, "takeover_in_ms", FIELD_UINT),
	FIELD_SCALED(struct router_record, interval_cs, "interval_ms", 10),
	ROUTER(down_intervals, "down_intervals", FIELD_UINT),
	ROUTER(mute, "mute", FIELD_BOOL),
	ROUTER(deaf, "deaf", FIELD_BOOL),
	ROUTER(no_carrier, "no_carrier", FIELD_BOOL),
	ROUTER(mac, "mac", FIELD_TEXT),
	ROUTER(macvlan, "macvlan", FIELD_TEXT),
	ROUTER(accept, "accept", FIELD_BOOL),
	ROUTER(group, "group", FIELD_TEXT),
	ROUTER(drained, "drained", FIELD_BOOL),
	ROUTER(drained_until_real_ns, ".drained_until", FIELD_TIME),
	ROUTER(held_until_real_ns, ".drain_held_until", FIELD_TIME),
	ROUTER(leave_held_until_real_ns, ".leave_held_until", FIELD_TIME),
	ROUTER(leave_before, ".leave_before", FIELD_TEXT),
	ROUTER(removed_until_real_ns, ".removed_until", FIELD_TIME),
	ROUTER(damped_until_real_ns, ".damped_until", FIELD_TIME),
	FIELD_OF_WORDS(struct router_record, auth, "auth", auth_words),
	ROUTER(keys_why, ".keys_why", FIELD_TEXT),
	COUNTER(adverts_sent),
	COUNTER(adverts_received),
	COUNTER(priority_zero_sent),
	COUNTER(priority_zero_received),
	COUNTER(became_active),
	COUNTER(late_timers),
	COUNTER(announcements_sent),
	COUNTER(addresses_restored),
	COUNTER(send_errors),
	FIELD_OF_COUNTS(struct router_record, counters.rejected, "counters.rejected",
			vrrp_reject_words, VRRP_ACCEPT + 1),
	FIELD_OF_COUNTS(struct router_record, counters.noticed, "counters.noticed",
			vrrp_notice_words, 0),
	ROUTER(heard_real_ns, ".heard", FIELD_TIME),
	FIELD_OF_COUNTS(struct router_record, rejected_ago_s, ".rejected_ago_s", vrrp_reject_words,
			VRRP_ACCEPT + 1),
	FIELD_OF_COUNTS(struct router_record, noticed_ago_s, ".noticed_ago_s", vrrp_notice_words,
			0),
	FIELD_OF_WORDS(struct router_record, cause, ".cause", vrrp_reason_words),
	ROUTER(by, ".by", FIELD_TEXT),
	FIELD_OF_IP(struct router_record, source, ".source", family),
	ROUTER(preempt, ".preempt", FIELD_BOOL),
	ROUTER(ceding, ".ceding", FIELD_BOOL),
	ROUTER(listening, ".listening", FIELD_BOOL),
	ROUTER(lacking, ".lacking", FIELD_BOOL),
	ROUTER(preempt_in_ms, ".preempt_in_ms", FIELD_UINT),
	ROUTER(start_in_ms, ".start_in_ms", FIELD_UINT),
	FIELD_OF_IP(struct router_record, lower_address, ".lower_address", family),
	ROUTER(lower_priority, ".lower_priority", FIELD_UINT),
	FIELD_OF_IP(struct router_record, rival_address, ".rival_address", family),
	ROUTER(rival_priority, ".rival_priority", FIELD_UINT),
	ROUTER(rival_real_ns, ".rival_heard", FIELD_TIME),
	ROUTER(mates, ".mates", FIELD_UINT),
	ROUTER(member, ".member", FIELD_UINT),
	ROUTER(held_by, ".held_by", FIELD_TEXT),
	ROUTER(held_by_family, ".held_by_family", FIELD_UINT),
	FIELD_OF_WORDS(struct router_record, held_by_state, ".held_by_state", vrrp_state_words),
	ROUTER(held_ms, ".held_ms", FIELD_UINT),
	FIELDS_END,
};

/* Of the router whose record came last. */
struct address_record {
	uint8_t bytes[16];
	uint8_t family, prefix_len;
	uint8_t advertised;
	uint8_t present; /* on the interface */
	uint8_t doubled; /* with another prefix length */
	uint8_t not_own; /* of an owner, and vipd has added it */
	uint8_t optional;
	uint8_t twin;                   /* somebody has it on another interface, too */
	uint8_t handing_over;           /* it stays until a successor announces it */
	char interface[CONF_LINK_SIZE]; /* empty: its router's */
};

static const struct field address_fields[] = {
	FIELD_OF_IP(struct address_record, bytes, "address", family),
	FIELD(struct address_record, prefix_len, "prefix_len", FIELD_UINT),
	FIELD(struct address_record, advertised, "advertised", FIELD_BOOL),
	FIELD(struct address_record, present, "present", FIELD_BOOL),
	FIELD(struct address_record, doubled, "doubled", FIELD_BOOL),
	FIELD(struct address_record, not_own, ".not_own", FIELD_BOOL),
	FIELD(struct address_record, optional, ".optional", FIELD_BOOL),
	FIELD(struct address_record, twin, ".twin", FIELD_BOOL),
	FIELD(struct address_record, handing_over, ".handing_over", FIELD_BOOL),
	FIELD(struct address_record, interface, "interface", FIELD_TEXT),
	FIELDS_END,
};

/* Of the router whose record came last. */
struct conflict_record {
	uint8_t vrid, family;
	uint8_t source[16], address[16];
};

static const struct field conflict_fields[] = {
	FIELD(struct conflict_record, vrid, "vrid", FIELD_UINT),
	FIELD_OF_IP(struct conflict_record, source, "source", family),
	FIELD_OF_IP(struct conflict_record, address, "address", family),
	FIELDS_END,
};

/* Of the router whose record came last: a unicast peer. */
struct peer_record {
	uint8_t address[16];
	uint8_t family;
	uint8_t min_ttl;
	uint8_t here; /* it is this host */
	int32_t error;
	uint64_t sent, errors;
};

static const struct field peer_fields[] = {
	FIELD_OF_IP(struct peer_record, address, "address", family),
	FIELD(struct peer_record, min_ttl, "min_ttl", FIELD_UINT),
	FIELD(struct peer_record, here, "this_host", FIELD_BOOL),
	FIELD(struct peer_record, sent, "adverts_sent", FIELD_UINT),
	FIELD(struct peer_record, errors, "send_errors", FIELD_UINT),
	FIELD(struct peer_record, error, "error", FIELD_ERRNO),
	FIELDS_END,
};

/* Of the router whose record came last: whose packets it has discarded. */
struct sender_record {
	uint8_t source[16];
	uint8_t family;
	uint8_t reason;
	uint64_t packets;
	int64_t last_real_ns;
};

static const struct field sender_fields[] = {
	FIELD_OF_IP(struct sender_record, source, "source", family),
	FIELD_OF_WORDS(struct sender_record, reason, "reason", vrrp_reject_words),
	FIELD(struct sender_record, packets, "packets", FIELD_UINT),
	FIELD(struct sender_record, last_real_ns, "last", FIELD_TIME),
	FIELDS_END,
};

/* Of the router whose record came last: what it tracks. */
struct track_record {
	char interface[CONF_LINK_SIZE]; /* empty: a check */
	char check[CHECK_NAME_SIZE];
	int16_t weight; /* 0: being down is a fault */
	uint8_t reverse;
	uint8_t up;      /* or down for less than the delay */
	uint8_t unknown; /* a check that has never answered */
	uint8_t counts;  /* the weight does, or it is a fault */
	int16_t adds;    /* to the priority, now */
	uint8_t overdue; /* a check that does not answer any more */
	uint8_t missing; /* there is no such interface */
};

static const struct field track_fields[] = {
	FIELD(struct track_record, interface, "interface", FIELD_TEXT),
	FIELD(struct track_record, check, "check", FIELD_TEXT),
	FIELD(struct track_record, weight, "weight", FIELD_INT),
	FIELD(struct track_record, reverse, "reverse", FIELD_BOOL),
	FIELD(struct track_record, up, "up", FIELD_BOOL),
	FIELD(struct track_record, unknown, "unknown", FIELD_BOOL),
	FIELD(struct track_record, counts, "counts", FIELD_BOOL),
	FIELD(struct track_record, adds, "adds", FIELD_INT),
	FIELD(struct track_record, overdue, "overdue", FIELD_BOOL),
	FIELD(struct track_record, missing, "missing", FIELD_BOOL),
	FIELDS_END,
};

/* What a router answers to "drain" and "resume". */
struct drained_record {
	char name[CONF_NAME_SIZE];
	char group[CONF_NAME_SIZE]; /* or empty */
	uint8_t family;
	uint8_t state;       /* enum vrrp_state */
	uint8_t owner;       /* so that nothing has changed */
	uint8_t not_drained; /* likewise: there was nothing to resume */
	int64_t drained_until_real_ns;
	uint32_t wait_ms; /* until others have come, if any do */
	uint32_t held_ms; /* so much of that for commands that run first */
};

#define DRAINED(member, called, type) FIELD(struct drained_record, member, called, type)

static const struct field drained_fields[] = {
	DRAINED(name, "name", FIELD_TEXT),
	DRAINED(family, "family", FIELD_UINT),
	FIELD_OF_WORDS(struct drained_record, state, "state", vrrp_state_words),
	DRAINED(owner, "owner", FIELD_BOOL),
	DRAINED(group, "group", FIELD_TEXT),
	DRAINED(not_drained, "not_drained", FIELD_BOOL),
	DRAINED(drained_until_real_ns, "drained_until", FIELD_TIME),
	DRAINED(wait_ms, "wait_ms", FIELD_UINT),
	DRAINED(held_ms, "held_ms", FIELD_UINT),
	FIELDS_END,
};

/* Of the router whose record came last: a route or a rule. */
struct route_record {
	char text[CONF_ROUTE_TEXT_SIZE];
	uint8_t family;
	uint8_t rule;    /* it is one */
	uint8_t present; /* by vipd */
};

static const struct field route_fields[] = {
	FIELD(struct route_record, text, "text", FIELD_TEXT),
	FIELD(struct route_record, family, "family", FIELD_UINT),
	FIELD(struct route_record, rule, "rule", FIELD_BOOL),
	FIELD(struct route_record, present, "present", FIELD_BOOL),
	FIELDS_END,
};

/* What a router answers to "forget". */
struct forgotten_record {
	char name[CONF_NAME_SIZE];
	uint8_t family;
	uint8_t state;       /* enum vrrp_state */
	uint8_t address[16]; /* zero: there was nothing to forget, and the next two are zero, too */
	uint8_t priority;
	uint16_t interval_cs;
	uint32_t takeover_in_ms; /* as Backup */
};

#define FORGOTTEN(member, called, type) FIELD(struct forgotten_record, member, called, type)

static const struct field forgotten_fields[] = {
	FORGOTTEN(name, "name", FIELD_TEXT),
	FORGOTTEN(family, "family", FIELD_UINT),
	FIELD_OF_WORDS(struct forgotten_record, state, "state", vrrp_state_words),
	FIELD_OF_IP(struct forgotten_record, address, "forgotten_address", family),
	FORGOTTEN(priority, "forgotten_priority", FIELD_UINT),
	FIELD_SCALED(struct forgotten_record, interval_cs, "forgotten_interval_ms", 10),
	FORGOTTEN(takeover_in_ms, "takeover_in_ms", FIELD_UINT),
	FIELDS_END,
};

struct configuration_record {
	char path[1024]; /* empty when it is longer */
};

static const struct field configuration_fields[] = {
	FIELD(struct configuration_record, path, "path", FIELD_TEXT),
	FIELDS_END,
};

const struct records_kind answer_host_kind = { 1, "host", sizeof(struct host_record), host_fields };
const struct records_kind answer_router_kind = { 2, "router", sizeof(struct router_record),
						 router_fields };
const struct records_kind answer_address_kind = { 3, "address", sizeof(struct address_record),
						  address_fields };
const struct records_kind answer_configuration_kind = { 4, "configuration",
							sizeof(struct configuration_record),
							configuration_fields };
const struct records_kind answer_conflict_kind = { 5, "conflict", sizeof(struct conflict_record),
						   conflict_fields };

const struct records_kind answer_forgotten_kind = { 6, "forgotten", sizeof(struct forgotten_record),
						    forgotten_fields };

const struct records_kind answer_peer_kind = { 7, "peer", sizeof(struct peer_record), peer_fields };

const struct records_kind answer_drained_kind = { 9, "drained", sizeof(struct drained_record),
						  drained_fields };

const struct records_kind answer_track_kind = { 8, "track", sizeof(struct track_record),
						track_fields };

const struct records_kind answer_sender_kind = { 13, "rejected_source",
						 sizeof(struct sender_record), sender_fields };

const struct records_kind answer_route_kind = { 10, "route", sizeof(struct route_record),
						route_fields };

static void put_records(const struct records_kind *kind, const void *records, unsigned n,
			struct answer_message *message)
{
	message->len = records_put(kind, records, n, message->bytes, sizeof(message->bytes));
}

void answer_put_host(const struct answer_facts *facts, const struct clocks *now,
		     struct answer_message *message)
{
	static const struct host_record blank = { .version = VIPD_VERSION };
	struct host_record record;

	memcpy(&record, &blank, sizeof(record));
	record.strays = *routers_strays(facts->routers, now);
	strcpy(record.node, facts->conf->node);
	if (conf_needs_notifier(facts->conf))
		strcpy(record.state_dir, conf_state_dir(facts->conf));
	record.stopping = routers_are_stopping(facts->routers);
	put_records(&answer_host_kind, &record, 1, message);
}

void answer_put_configuration(const struct answer_facts *facts, struct answer_message *message)
{
	struct configuration_record record = { 0 };

	if (strlen(facts->conf_path) < sizeof(record.path))
		strcpy(record.path, facts->conf_path);
	put_records(&answer_configuration_kind, &record, 1, message);
	message->attached_fd = facts->conf_fd;
}

/* Until when it waits, in milliseconds; 0: no more, or for nothing. */
static uint32_t left_ms(int64_t down_ns, const struct clocks *now)
{
	return down_ns == VRRP_NEVER || down_ns < now->mono_ns
		       ? 0
		       : (uint32_t)((down_ns - now->mono_ns) / NS_PER_MS);
}

/* Who is Active: we, or whom we heard as such; perhaps nobody. */
static void fill_active(const struct vrrp *vr, const struct clocks *now,
			struct router_record *record)
{
	const struct vrrp_election *election = &vr->election;
	bool self = election->state == VRRP_STATE_ACTIVE;

	memcpy(record->active_address, self ? election->source : election->active_source,
	       sizeof(record->active_address));
	record->takeover_in_ms = left_ms(election->down_ns, now);
	if (!record->active_address[0])
		return;
	record->active_priority = self ? election->priority : election->active_priority;
	record->active_interval_cs = self ? vr->config.interval_cs : election->active_interval_cs;
}

static void fill_reason(const struct answer_facts *facts, const struct vrrp_reason *reason,
			struct router_record *record)
{
	record->reason = (uint8_t)reason->code;
	record->reason_priority = reason->priority;
	record->reason_own_priority = reason->own_priority;
	record->reason_ns = reason->ns;
	memcpy(record->reason_source, reason->source, sizeof(record->reason_source));
	record->cause = reason->cause;
	if (vrrp_reason_is_of_check(reason->code))
		(void)facts_describe(routers_facts(facts->routers), reason->bytes[0], record->why);
}

/* When the last advert was accepted; only a Backup waits for one. */
static int64_t heard_real_ns(const struct answer_facts *facts, const struct vrrp_election *election)
{
	return election->state == VRRP_STATE_BACKUP && election->active_source[0]
		       ? facts->real_offset_ns + election->heard_ns
		       : 0;
}

/* One that has yet to begin is as it is since the process has begun. */
static int64_t since_ns(const struct answer_facts *facts, const struct vrrp_election *election)
{
	return election->since_ns ? election->since_ns : routers_facts(facts->routers)->began_ns;
}

static void fill_mac(const struct answer_facts *facts, const struct router *router,
		     struct router_record *record)
{
	static const uint8_t zeros[6];
	const uint8_t *mac = routers_mac(facts->routers, router);

	if (memcmp(mac, zeros, sizeof(zeros)) != 0)
		conf_mac_format(mac, record->mac);
	strcpy(record->macvlan, router->conf->mac.name);
}

/* When a drain or damping ends; 0: it does not. */
static int64_t until_real_ns(const struct answer_facts *facts, int64_t until_ns)
{
	return until_ns && until_ns != VRRP_NEVER ? facts->real_offset_ns + until_ns : 0;
}

/* What a Backup and an Active know of weaker ones, and wait for. */
static void fill_election(const struct answer_facts *facts, const struct router *router,
			  const struct clocks *now, struct router_record *record)
{
	const struct vrrp_election *election = &router->vr.election;
	const struct rivals *rivals = &router->rivals;

	memcpy(record->source, election->source, sizeof(record->source));
	record->preempt = router->vr.config.preempt;
	record->ceding = election->ceding;
	record->listening = election->listening;
	record->preempt_in_ms = left_ms(election->preempt_ns, now);
	record->start_in_ms = left_ms(election->start_ns, now);
	if (election->state == VRRP_STATE_BACKUP && election->lower_heard) {
		memcpy(record->lower_address, election->lower_source,
		       sizeof(record->lower_address));
		record->lower_priority = election->lower_priority;
	}
	if (!rivals->active || !rivals->heard_ns)
		return;
	memcpy(record->rival_address, rivals->source, sizeof(record->rival_address));
	record->rival_priority = rivals->priority;
	record->rival_real_ns = facts->real_offset_ns + rivals->heard_ns;
}

/* With whom it shares its fate: who was the first, and who keeps all from taking over. */
static void fill_unit(const struct answer_facts *facts, const struct router *router,
		      const struct clocks *now, struct router_record *record)
{
	const struct vrrp_unit *unit = router->unit;
	const struct router *first = router - router->member;
	unsigned holder = unit ? vrrp_unit_holder(unit) : 0;

	record->mates = unit ? (uint16_t)unit->n : 1;
	record->member = (uint16_t)router->member;
	strcpy(record->by, names_of_mate(router, router->vr.election.reason.by));
	for (unsigned i = 0; i < (unit ? unit->n : 1); i++)
		record->lacking |= track_is_lacking(facts->routers, &first[i]);
	if (!unit || holder == unit->n)
		return;
	strcpy(record->held_by, first[holder].conf->name);
	record->held_by_family = first[holder].vr.config.family;
	record->held_by_state = (uint8_t)first[holder].vr.election.state;
	record->held_ms = left_ms(first[holder].vr.election.down_ns, now);
}

/* What it waits for before it leaves. */
static void fill_hold(const struct answer_facts *facts, const struct state_hold *hold,
		      struct router_record *record)
{
	if (!hold_is_on(hold))
		return;
	if (hold->before == EVENT_BEFORE_DRAIN) {
		record->held_until_real_ns = until_real_ns(facts, hold->until_ns);
		return;
	}
	record->leave_held_until_real_ns = until_real_ns(facts, hold->until_ns);
	strcpy(record->leave_before, event_before_word(hold->before));
}

void answer_put_router(const struct answer_facts *facts, const struct router *router,
		       const struct clocks *now, struct answer_message *message)
{
	const struct vrrp_election *election = &router->vr.election;
	const struct vrrp_config *config = &router->vr.config;
	struct router_record record;

	memset(&record, 0, sizeof(record)); /* what lies between the members, too */
	strcpy(record.name, router->conf->name);
	strcpy(record.interface, router->conf->interface);
	record.vrid = config->vrid;
	record.family = config->family;
	record.version = config->version;
	record.state = (uint8_t)election->state;
	record.priority = config->priority;
	record.effective_priority = election->priority;
	record.last_resort = router->resort.last;
	record.interval_cs = config->interval_cs;
	record.down_intervals = (uint8_t)vrrp_down_intervals(config);
	if (router->conf->team)
		strcpy(record.group, router->conf->team->name);
	record.drained = drain_is_on(&router->drain);
	record.drained_until_real_ns = until_real_ns(facts, router->drain.until_ns);
	fill_hold(facts, &router->hold, &record);
	if (router->gone && router->leaving && !hold_is_on(&router->hold))
		record.removed_until_real_ns =
			until_real_ns(facts, router_leave_end(router, now->mono_ns));
	record.damped_until_real_ns = until_real_ns(facts, router_damped_until(router));
	record.mute = router_is_mute(router);
	record.deaf = router_is_deaf(router);
	record.no_carrier = routers_is_unheard(facts->routers, router);
	record.accept = router->conf->accept;
	record.auth = router->conf->auth.type == CONF_AUTH_HMAC
			      ? router->conf->auth.mode + AUTH_MODES
			      : router->conf->auth.type;
	strcpy(record.keys_why, auth_stale_why(router));
	record.since_real_ns = facts->real_offset_ns + since_ns(facts, election);
	record.counters = router->vr.counters;
	fill_active(&router->vr, now, &record);
	fill_reason(facts, &election->reason, &record);
	fill_election(facts, router, now, &record);
	fill_unit(facts, router, now, &record);
	fill_mac(facts, router, &record);
	record.heard_real_ns = heard_real_ns(facts, election);
	journal_ages(&router->limits, JOURNAL_LIMIT_REJECT, VRRP_REJECT_COUNT, now->mono_ns,
		     record.rejected_ago_s);
	journal_ages(&router->limits, JOURNAL_LIMIT_NOTICE, VRRP_NOTICE_COUNT, now->mono_ns,
		     record.noticed_ago_s);
	put_records(&answer_router_kind, &record, 1, message);
}

unsigned answer_put_addresses(const struct answer_facts *facts, const struct router *router,
			      unsigned first, struct answer_message *message)
{
	const struct conf_router *conf = router->conf;
	struct address_record records[ADDRESSES_PER_MESSAGE];
	unsigned n = conf->addresses_n + conf->extra_n - first;

	if (n > ADDRESSES_PER_MESSAGE)
		n = ADDRESSES_PER_MESSAGE;
	memset(records, 0, sizeof(records));
	for (unsigned i = 0; i < n; i++) {
		const struct conf_address *address = &conf->addresses[first + i];

		memcpy(records[i].bytes, address->bytes, sizeof(records[i].bytes));
		records[i].family = address->family;
		records[i].prefix_len = address->prefix_len;
		records[i].advertised = first + i < conf->addresses_n;
		records[i].present = routers_has_address(facts->routers, router, first + i);
		records[i].doubled = conflicts_has_double(facts->routers, router, first + i);
		records[i].not_own = routers_added_own(facts->routers, router, first + i);
		records[i].optional = address->required == CONF_NO;
		records[i].handing_over = hand_over_is_on(router);
		records[i].twin = routers_has_twin(facts->routers, router, first + i);
		strcpy(records[i].interface, address->interface);
	}
	put_records(&answer_address_kind, records, n, message);
	return n;
}

void answer_put_forgotten(const struct router *router, const struct forgotten *forgotten,
			  const struct clocks *now, struct answer_message *message)
{
	struct forgotten_record record;

	memset(&record, 0, sizeof(record));
	strcpy(record.name, router->conf->name);
	record.family = router->conf->vrrp.family;
	record.state = (uint8_t)forgotten->state;
	memcpy(record.address, forgotten->address, sizeof(record.address));
	record.priority = forgotten->priority;
	record.interval_cs = forgotten->interval_cs;
	record.takeover_in_ms = left_ms(forgotten->down_ns, now);
	put_records(&answer_forgotten_kind, &record, 1, message);
}

void answer_put_conflicts(const struct answer_facts *facts, unsigned number,
			  const struct clocks *now, struct answer_message *message)
{
	const struct conflict *conflicts[CONFLICTS_MAX];
	struct conflict_record records[CONFLICTS_MAX];
	unsigned n = conflicts_of(facts->routers, number, now->mono_ns, conflicts);

	memset(records, 0, sizeof(records));
	for (unsigned i = 0; i < n; i++) {
		records[i].vrid = conflicts[i]->vrid;
		records[i].family = routers_get(facts->routers, number)->conf->vrrp.family;
		memcpy(records[i].source, conflicts[i]->source, sizeof(records[i].source));
		memcpy(records[i].address, conflicts[i]->address, sizeof(records[i].address));
	}
	if (n)
		put_records(&answer_conflict_kind, records, n, message);
}

void answer_put_drained(const struct answer_facts *facts, const struct router *router,
			const struct drained *drained, struct answer_message *message)
{
	struct drained_record record;

	memset(&record, 0, sizeof(record));
	strcpy(record.name, router->conf->name);
	record.family = router->vr.config.family;
	record.state = (uint8_t)drained->state;
	record.owner = drained->owner;
	record.not_drained = !drained->owner && !drained->until_ns && !drained->was_drained;
	if (router->conf->team)
		strcpy(record.group, router->conf->team->name);
	record.drained_until_real_ns = until_real_ns(facts, drained->until_ns);
	record.wait_ms = (uint32_t)(drained->wait_ns / NS_PER_MS);
	record.held_ms = (uint32_t)(drained->held_ns / NS_PER_MS);
	put_records(&answer_drained_kind, &record, 1, message);
}

void answer_put_tracks(const struct answer_facts *facts, const struct router *router,
		       struct answer_message *message)
{
	const struct facts *known = routers_facts(facts->routers);
	struct track_record records[2 * CONF_TRACKS_MAX];

	memset(records, 0, sizeof(records));
	for (unsigned i = 0; i < router->tracks_n; i++) {
		const struct track *track = routers_track(facts->routers, router, i);

		strcpy(records[i].interface, track->conf->interface);
		strcpy(records[i].check, track->conf->check);
		records[i].weight = track->conf->weight;
		records[i].reverse = track->conf->reverse;
		records[i].up = !track->down && !track->unknown;
		records[i].unknown = track->unknown;
		records[i].counts = track_counts(track);
		records[i].adds = (int16_t)track_weight(known, track);
		records[i].overdue = track->conf->check[0] && known->all[track->source].overdue;
		records[i].missing = track_is_missing(facts->routers, track);
	}
	if (router->tracks_n)
		put_records(&answer_track_kind, records, router->tracks_n, message);
}

void answer_put_senders(const struct router *router, const struct clocks *now,
			struct answer_message *message)
{
	struct sender_record records[SENDERS_MAX];
	unsigned n = 0;

	memset(records, 0, sizeof(records));
	for (unsigned i = 0; i < SENDERS_MAX; i++) {
		const struct sender *sender = &router->senders.all[i];

		if (!sender->packets)
			continue;
		memcpy(records[n].source, sender->source, sizeof(records[n].source));
		records[n].family = router->vr.config.family;
		records[n].reason = sender->reason;
		records[n].packets = sender->packets;
		records[n++].last_real_ns = now->real_ns - (now->mono_ns - sender->last_ns);
	}
	if (n)
		put_records(&answer_sender_kind, records, n, message);
}

void answer_put_peers(const struct router *router, struct answer_message *message)
{
	const struct conf_unicast *unicast = &router->conf->unicast;
	struct peer_record records[CONF_PEERS_MAX];
	unsigned n = router->peers.n;

	memset(records, 0, sizeof(records));
	for (unsigned i = 0; i < n; i++) {
		const struct peer *peer = &router->peers.all[i];

		memcpy(records[i].address, unicast->peers[i].bytes, sizeof(records[i].address));
		records[i].family = router->conf->vrrp.family;
		records[i].min_ttl = unicast->peers[i].min_ttl;
		records[i].here = peer->here;
		records[i].error = peer->error;
		records[i].sent = peer->sent;
		records[i].errors = peer->errors;
	}
	if (n)
		put_records(&answer_peer_kind, records, n, message);
}

unsigned answer_put_routes(const struct answer_facts *facts, const struct router *router,
			   unsigned first, struct answer_message *message)
{
	const struct conf_router *conf = router->conf;
	struct route_record records[ROUTES_PER_MESSAGE];
	unsigned n = conf->routes_n + conf->rules_n - first;

	if (n > ROUTES_PER_MESSAGE)
		n = ROUTES_PER_MESSAGE;
	memset(records, 0, sizeof(records));
	for (unsigned i = 0; i < n; i++) {
		bool is_rule = first + i >= conf->routes_n;
		unsigned k = is_rule ? first + i - conf->routes_n : first + i;

		strcpy(records[i].text, is_rule ? conf->rules[k].text : conf->routes[k].text);
		records[i].family = is_rule ? conf->rules[k].family : conf->routes[k].family;
		records[i].rule = is_rule;
		records[i].present = routers_has_route(facts->routers, router, first + i);
	}
	put_records(&answer_route_kind, records, n, message);
	return n;
}
