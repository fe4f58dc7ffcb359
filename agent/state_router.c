/* SPDX-License-Identifier: MIT */
/* What is kept of a router beside its election: its lease, why it is the last resort, whether it is
 * drained or waits for commands, and how often it has changed. */
#include "state_private.h"

#include <assert.h>

#include "event.h"

/* With every step, and mostly the same: nothing else is ordered by it. */
static void put_number(_Atomic int64_t *to, int64_t number)
{
	if (atomic_load_explicit(to, memory_order_relaxed) != number)
		atomic_store_explicit(to, number, memory_order_relaxed);
}

static struct lease_record *lease_at(struct state *state, unsigned i)
{
	assert(i < state->routers_n);
	return record_at(state, TAG_LEASE, i);
}

/* One of an older version is shorter: what it does not know is 0. */
static struct lease_record read_lease(const struct state *state, unsigned i)
{
	struct lease_record record;

	assert(i < state->routers_n);
	read_record(state, TAG_LEASE, i, &record, sizeof(record));
	return record;
}

void state_put_lease(struct state *state, unsigned i, int64_t lease_ns)
{
	put_number(&lease_at(state, i)->renew_ns, lease_ns);
}

void state_put_offer(struct state *state, unsigned i, int64_t offer_ns)
{
	put_number(&lease_at(state, i)->offer_ns, offer_ns);
}

enum hold_flags {
	HOLD_RAN = 1 << 0,
	HOLD_WAITS = 1 << 1,
};

void state_put_hold(struct state *state, unsigned i, const struct state_hold *hold)
{
	struct lease_record *record = lease_at(state, i);

	put_number(&record->hold_base, hold->base);
	put_number(&record->hold_before, hold->before);
	put_number(&record->hold_flags,
		   (hold->ran ? HOLD_RAN : 0) | (hold->waits ? HOLD_WAITS : 0));
	put_number(&record->hold_ns, hold->until_ns);
}

struct state_hold state_hold(const struct state *state, unsigned i)
{
	const struct lease_record record = read_lease(state, i);
	int64_t hold_ns = atomic_load(&record.hold_ns);
	int64_t before = atomic_load(&record.hold_before);
	int64_t flags = atomic_load(&record.hold_flags), base = atomic_load(&record.hold_base);

	return (struct state_hold){
		.until_ns = hold_ns ? hold_ns : VRRP_NEVER,
		.before = before > 0 && before < EVENT_BEFORE_COUNT ? (uint8_t)before
								    : EVENT_BEFORE_DRAIN,
		.base = (uint8_t)base,
		.waits = hold_ns && hold_ns != VRRP_NEVER && (flags & HOLD_WAITS || !base),
		.ran = flags & HOLD_RAN,
	};
}

void state_put_resort(struct state *state, unsigned i, unsigned why)
{
	put_number(&lease_at(state, i)->resort, (int64_t)why + 1);
}

unsigned state_resort(const struct state *state, unsigned i)
{
	const struct lease_record record = read_lease(state, i);
	int64_t noted = atomic_load(&record.resort);

	return noted > 0 ? (unsigned)(noted - 1) : STATE_RESORT_LAST;
}

int64_t state_offer(const struct state *state, unsigned i)
{
	const struct lease_record record = read_lease(state, i);
	int64_t offer_ns = atomic_load(&record.offer_ns);

	return offer_ns ? offer_ns : VRRP_NEVER;
}

void state_put_drain(struct state *state, unsigned i, int64_t until_ns)
{
	put_number(&lease_at(state, i)->drained_ns, until_ns);
}

int64_t state_drain(const struct state *state, unsigned i)
{
	const struct lease_record record = read_lease(state, i);

	return atomic_load(&record.drained_ns);
}

/* Whoever dies in between has not counted the last change. */
void state_put_damping(struct state *state, unsigned i, const struct state_damping *damping)
{
	struct state_damping *record = record_at(state, TAG_DAMPING, i);

	assert(i < state->routers_n);
	if (i >= state->places[TAG_DAMPING].records_n)
		return;
	memcpy(record->changed_ns, damping->changed_ns, sizeof(record->changed_ns));
	atomic_signal_fence(memory_order_seq_cst);
	record->changes_n = damping->changes_n;
	record->on = damping->on;
}

struct state_damping state_damping(const struct state *state, unsigned i)
{
	struct state_damping record;

	assert(i < state->routers_n);
	read_record(state, TAG_DAMPING, i, &record, sizeof(record));
	return record;
}

uint32_t state_lease_s(const struct state *state, unsigned i)
{
	struct router_record record;

	assert(i < state->routers_n);
	read_record(state, TAG_ROUTER, i, &record, sizeof(record));
	return record.lease_s;
}

int64_t state_lease(const struct state *state, unsigned i)
{
	const struct lease_record record = read_lease(state, i);

	return atomic_load(&record.renew_ns);
}
