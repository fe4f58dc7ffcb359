/* SPDX-License-Identifier: MIT */
/* Elections: each twice, with a sum. */
#include "state_private.h"

#include <assert.h>
#include <errno.h>

#include "vrrp/adopt.h"

/* Not against malice: against a write that did not end, or memory that was trodden on. */
static uint64_t sum_of(const void *record, size_t record_size)
{
	const unsigned char *p = (const unsigned char *)record + sizeof(uint64_t);
	uint64_t sum = UINT64_C(0x9e3779b97f4a7c15), word;

	for (size_t len = record_size - sizeof(uint64_t); len >= sizeof(word);
	     p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd);
		sum ^= sum >> 32;
	}
	return sum;
}

/* Where @below is set a version before this one has kept something else there. */
static void fill_doubt(struct doubt_record *r, const struct vrrp_doubt *doubt)
{
	*r = (struct doubt_record){ .ns = doubt->ns };
	memcpy(r->source, doubt->source, sizeof(r->source));
}

static void take_doubt(struct vrrp_doubt *doubt, const struct doubt_record *r)
{
	*doubt = (struct vrrp_doubt){ .ns = r->below ? 0 : r->ns };
	memcpy(doubt->source, r->source, sizeof(doubt->source));
}

static void fill_record(struct election_record *r, const struct vrrp *vr)
{
	const struct vrrp_config *c = &vr->config;
	const struct vrrp_election *e = &vr->election;

	*r = (struct election_record){
		.family = c->family,
		.version = c->version,
		.vrid = c->vrid,
		.priority = c->priority,
		.interval_cs = c->interval_cs,
		.down_intervals = c->down_intervals,
		.checksum = (uint8_t)c->checksum,
		.preempt = c->preempt,
		.state = (uint8_t)e->state,
		.reason = (uint8_t)e->reason.code,
		.reason_priority = e->reason.priority,
		.reason_own_priority = e->reason.own_priority,
		.active_priority = e->active_priority,
		.active_interval_cs = e->active_interval_cs,
		.announced_n = e->announced_n,
		.contested_n = e->contested_n,
		.late_granted = e->late_granted,
		.lower_heard = e->lower_heard,
		.lower_priority = e->lower_priority,
		.effective_priority = e->priority,
		.listening = e->listening,
		.ceding = e->ceding,
		.preempt_delay_ns = c->preempt_delay_ns,
		.start_delay_ns = c->start_delay_ns,
		.reason_ns = e->reason.ns,
		.since_ns = e->since_ns,
		.heard_ns = e->heard_ns,
		.contested_ns = e->contested_ns,
		.delayed_ns = e->delayed_ns,
		.start_ns = e->start_ns,
		.down_ns = e->down_ns,
		.preempt_ns = e->preempt_ns,
		.advert_ns = e->advert_ns,
		.announce_ns = e->announce_ns,
		.reason_by = e->reason.by,
		.fell_from = e->fell_from,
		.fell_ns = e->fell_ns,
		.offered_ns = e->offered_ns,
		.reason_cause = e->reason.cause,
	};
	memcpy(r->source, e->source, sizeof(r->source));
	memcpy(r->reason_source, e->reason.source, sizeof(r->reason_source));
	memcpy(r->active_source, e->active_source, sizeof(r->active_source));
	memcpy(r->lower_source, e->lower_source, sizeof(r->lower_source));
	for (unsigned i = 0; i < VRRP_DOUBTS_MAX; i++)
		fill_doubt(i ? &r->doubts_before[i - 1] : &r->doubt, &e->doubts[i]);
}

static void take_record(struct vrrp *vr, const struct election_record *r)
{
	struct vrrp_config *c = &vr->config;
	struct vrrp_election *e = &vr->election;

	memset(vr, 0, sizeof(*vr));
	c->family = r->family;
	c->version = r->version;
	c->vrid = r->vrid;
	c->priority = r->priority;
	c->interval_cs = r->interval_cs;
	c->down_intervals = r->down_intervals;
	c->checksum = r->checksum;
	c->preempt = r->preempt;
	c->preempt_delay_ns = r->preempt_delay_ns;
	c->start_delay_ns = r->start_delay_ns;
	e->state = r->state;
	e->reason.code = r->reason;
	e->reason.priority = r->reason_priority;
	e->reason.cause = r->reason_cause;
	e->reason.by = r->reason_by;
	e->reason.ns = r->reason_ns;
	e->active_priority = r->active_priority;
	e->active_interval_cs = r->active_interval_cs;
	e->announced_n = r->announced_n;
	e->contested_n = r->contested_n;
	e->late_granted = r->late_granted;
	e->lower_heard = r->lower_heard;
	e->lower_priority = r->lower_priority;
	e->listening = r->listening;
	e->ceding = r->ceding;
	e->priority = r->effective_priority ? r->effective_priority : r->priority;
	e->reason.own_priority = r->reason_own_priority;
	/* Of what was not kept the last that is known comes closest. */
	if (e->reason.own_priority == 0 && e->reason.code != VRRP_REASON_NONE)
		e->reason.own_priority = e->priority;
	e->since_ns = r->since_ns;
	e->heard_ns = r->heard_ns;
	e->contested_ns = r->contested_ns;
	e->delayed_ns = r->delayed_ns;
	e->start_ns = r->start_ns;
	e->down_ns = r->down_ns;
	e->preempt_ns = r->preempt_ns;
	e->advert_ns = r->advert_ns;
	e->announce_ns = r->announce_ns;
	e->fell_from = r->fell_from;
	e->fell_ns = r->fell_ns;
	e->offered_ns = r->offered_ns;
	/* One that did not keep it offered to leave for that long. */
	if (e->ceding && !e->offered_ns)
		e->offered_ns = e->advert_ns - vrrp_offer_ns(c);
	memcpy(e->source, r->source, sizeof(e->source));
	memcpy(e->reason.source, r->reason_source, sizeof(e->reason.source));
	memcpy(e->active_source, r->active_source, sizeof(e->active_source));
	memcpy(e->lower_source, r->lower_source, sizeof(e->lower_source));
	for (unsigned i = 0; i < VRRP_DOUBTS_MAX; i++)
		take_doubt(&e->doubts[i], i ? &r->doubts_before[i - 1] : &r->doubt);
}

static void put_counters(struct state *state, unsigned i, const struct vrrp_counters *c)
{
	struct counters_record *record = record_at(state, TAG_COUNTERS, i);

	*record = (struct counters_record){
		.adverts_sent = c->adverts_sent,
		.adverts_received = c->adverts_received,
		.priority_zero_sent = c->priority_zero_sent,
		.priority_zero_received = c->priority_zero_received,
		.became_active = c->became_active,
		.late_timers = c->late_timers,
		.announcements_sent = c->announcements_sent,
		.addresses_restored = c->addresses_restored,
		.send_errors = c->send_errors,
	};
	memcpy(record_at(state, TAG_REJECTED, i), c->rejected, sizeof(c->rejected));
	memcpy(record_at(state, TAG_NOTICED, i), c->noticed, sizeof(c->noticed));
}

static void get_counters(const struct state *state, unsigned i, struct vrrp_counters *ret)
{
	struct counters_record record;

	read_record(state, TAG_COUNTERS, i, &record, sizeof(record));
	*ret = (struct vrrp_counters){
		.adverts_sent = record.adverts_sent,
		.adverts_received = record.adverts_received,
		.priority_zero_sent = record.priority_zero_sent,
		.priority_zero_received = record.priority_zero_received,
		.became_active = record.became_active,
		.late_timers = record.late_timers,
		.announcements_sent = record.announcements_sent,
		.addresses_restored = record.addresses_restored,
		.send_errors = record.send_errors,
	};
	read_record(state, TAG_REJECTED, i, ret->rejected, sizeof(ret->rejected));
	read_record(state, TAG_NOTICED, i, ret->noticed, sizeof(ret->noticed));
}

void state_put(struct state *state, unsigned i, const struct vrrp *vr)
{
	struct election_record *slots = record_at(state, TAG_ELECTION, 2 * (size_t)i), record;
	unsigned newer = slots[1].seq > slots[0].seq;
	struct election_record *slot = &slots[!newer];
	bool active = vr->election.state == VRRP_STATE_ACTIVE;

	assert(i < state->routers_n);
	/* Whoever dies in between leaves no farewell rather than that of a router that has left. */
	if (!active)
		state_arm(state, i, false);
	fill_record(&record, vr);
	record.seq = slots[newer].seq + 1;
	record.sum = sum_of(&record, sizeof(record));
	slot->sum = 0; /* whoever dies from here on leaves the other slot */
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(&slot->seq, &record.seq, sizeof(record) - sizeof(record.sum));
	atomic_signal_fence(memory_order_seq_cst);
	slot->sum = record.sum;
	if (active)
		state_arm(state, i, true);
	put_counters(state, i, &vr->counters);
}

/* Return: its number if the slot is whole and can be so at that time; 0 otherwise. */
static uint64_t read_slot(const struct state *state, unsigned i, unsigned which, int64_t now_ns,
			  struct vrrp *ret_vr)
{
	const struct place *place = &state->places[TAG_ELECTION];
	size_t number = 2 * (size_t)i + which;
	struct election_record record;
	struct router_record router;

	if (!place->base || number >= place->records_n || place->record_size < sizeof(uint64_t))
		return 0;
	read_record(state, TAG_ELECTION, number, &record, sizeof(record));
	read_record(state, TAG_ROUTER, i, &router, sizeof(router));
	if (!record.seq ||
	    record.sum != sum_of(record_at(state, TAG_ELECTION, number), place->record_size))
		return 0;
	take_record(ret_vr, &record);
	return vrrp_is_sane(ret_vr, now_ns) && ret_vr->config.vrid == router.vrid &&
			       ret_vr->config.family == router.family
		       ? record.seq
		       : 0;
}

int state_get(const struct state *state, unsigned i, int64_t now_ns, struct vrrp *ret_vr)
{
	struct vrrp vr[2];
	uint64_t seq[2];

	assert(i < state->routers_n);
	for (unsigned which = 0; which < 2; which++)
		seq[which] = read_slot(state, i, which, now_ns, &vr[which]);
	if (!seq[0] && !seq[1])
		return -EBADMSG;
	*ret_vr = vr[seq[1] > seq[0]];
	get_counters(state, i, &ret_vr->counters);
	return 0;
}
