/* SPDX-License-Identifier: MIT */
/* Who hands over with overlap; the list of properties is in sim_check.h. */
#include <string.h>

#include "sim.h"

/* What the manual and agent/router/hand_over.h say, written down a second time. */
#define GRACE_NS    (2 * SIM_MS)
#define RECALL_NS   (3 * SIM_MS / 20)
#define LEAST_NS    (500 * SIM_MS)
#define SIM_MOST_NS (20 * SIM_S)

int64_t check_span(const struct sim_gateway *r)
{
	int64_t interval_ns = r->config.interval_cs * 10 * SIM_MS;

	return interval_ns < LEAST_NS ? LEAST_NS : interval_ns;
}

int64_t check_put_off(const struct sim_gateway *r, int64_t began_ns, int64_t until_ns,
		      int64_t now_ns)
{
	int64_t later_ns = now_ns + check_span(r);

	if (later_ns > began_ns + SIM_MOST_NS)
		later_ns = began_ns + SIM_MOST_NS;
	return later_ns > until_ns ? later_ns : until_ns;
}

void check_heard(struct sim *sim, const struct sim_process *process, const struct kern_said *said,
		 unsigned k)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	struct sim_yield *yield = &r->yield;
	int64_t now_ns = gateway_local_ns(sim, r);

	if (!process_router(process) || said->ifindex != r->kernel.link.ifindex ||
	    (sim->loops && memcmp(said->mac, r->kernel.link.mac, sizeof(said->mac)) == 0))
		return;
	r->said_ns[k] = now_ns;
	if (yield->on && yield->due_ns[k] == VRRP_NEVER) {
		yield->due_ns[k] = now_ns + GRACE_NS;
		if (yield->awaited >> k & 1)
			yield->until_ns = check_put_off(r, r->handed_ns, yield->until_ns, now_ns);
		check_stop_later(sim, i, yield->until_ns - now_ns);
	}
	if (r->handed_ns && now_ns < r->handed_ns + SIM_MOST_NS)
		r->lives_ns = sim->check.models[i].lives_ns = now_ns;
}

int64_t check_held_until(const struct sim *sim, unsigned i, enum vrrp_state state)
{
	static const uint8_t none[SIM_ADDRESS_LEN];
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_model *m = &sim->check.models[i];

	if (state != VRRP_STATE_BACKUP)
		return 0;
	if (r->leaving.told)
		return VRRP_NEVER;
	if (!r->lives_ns || family_same(m->from, none) || m->left || m->weaker)
		return 0;
	return r->lives_ns + model_down_ns(&r->config, m->interval_cs);
}

void check_hand_over(struct sim *sim, unsigned i, int word)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t now_ns = gateway_local_ns(sim, r);
	struct sim_yield *yield = &r->yield;

	*yield = (struct sim_yield){ .on = true, .word_due = word >= 0 };
	yield->word = (uint8_t)(word < 0 ? 0 : word);
	yield->recall_ns = r->kernel.macvlans.used ? now_ns + RECALL_NS : VRRP_NEVER;
	yield->until_ns = now_ns + check_span(r);
	r->handed_ns = now_ns;
	r->lives_ns = 0;
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++) {
		bool lately = r->said_ns[k] && now_ns - r->said_ns[k] < SIM_LATELY_NS;

		yield->due_ns[k] = lately ? r->said_ns[k] + GRACE_NS : VRRP_NEVER;
		yield->held |= (uint32_t)r->kernel.table[k].present << k;
		if (k < r->addresses_n && (r->kernel.table[k].present || check_in_trouble(sim, i)))
			yield->awaited |= 1u << k;
	}
}

void check_hand_over_end(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	r->yield = (struct sim_yield){ 0 };
	r->handed_ns = r->lives_ns = 0;
	memset(r->said_ns, 0, sizeof(r->said_ns));
}

bool check_may_hold(const struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_gateway *r = &sim->routers[i];
	int64_t now_ns = gateway_local_ns(sim, r);

	return r->yield.on && r->vr.election.state == VRRP_STATE_BACKUP &&
	       now_ns < r->yield.until_ns && now_ns < r->yield.due_ns[k];
}

bool check_is_serving(const struct sim *sim, unsigned i)
{
	for (unsigned k = 0; k < sim->routers[i].addresses_n; k++)
		if (check_may_hold(sim, i, k))
			return true;
	return false;
}

/* Whether its successor has announced some: then a switch sends what is for all of them there. */
static bool heard_any(const struct sim_gateway *r)
{
	bool any = false;

	for (unsigned k = 0; k < r->addresses_n; k++)
		any |= (r->yield.awaited >> k & 1) && r->yield.due_ns[k] != VRRP_NEVER;
	return any;
}

bool check_recall(struct sim *sim, unsigned i, unsigned k)
{
	struct sim_yield *yield = &sim->routers[i].yield;
	int64_t now_ns = gateway_local_ns(sim, &sim->routers[i]);
	bool called = !check_in_trouble(sim, i) && heard_any(&sim->routers[i]);
	bool may = now_ns >= yield->recall_ns && check_may_hold(sim, i, k) &&
		   yield->due_ns[k] == VRRP_NEVER && !called;

	yield->recall_ns = VRRP_NEVER;
	return may;
}

bool check_is_handing_over(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];
	bool all = true;

	for (unsigned k = 0; k < r->addresses_n; k++)
		all &= !r->kernel.table[k].present || check_may_hold(sim, i, k);
	return r->yield.on && !r->yield.gone && all && kernel_ours(&r->kernel);
}

/* Whether some address was awaited to the end. */
static bool lacks_some(const struct sim_gateway *r)
{
	bool some = !r->yield.awaited;

	for (unsigned k = 0; k < r->addresses_n; k++)
		some |= (r->yield.awaited & 1u << k) && r->yield.due_ns[k] == VRRP_NEVER;
	return some;
}

/* Whether the lease of some had ended when it yielded, which it may not have read yet. */
static bool has_lapsed(const struct sim_gateway *r)
{
	bool ended = false;

	for (unsigned k = 0; k < r->addresses_n; k++)
		ended |= !(r->yield.held >> k & 1) && r->kernel.table[k].ended;
	return ended;
}

bool check_is_last_word(const struct sim_gateway *r)
{
	return r->yield.word_due && !lacks_some(r);
}

static bool last_resort_there(const struct sim *sim, unsigned i)
{
	const struct sim_model *m = &sim->check.models[i];

	return (m->weaker ? m->lower : m->left || m->nobody ? 0 : m->heard) == 1;
}

/* To one that is the last resort by then, 0: by 1 it would yield to who is gone. Families that
 * elect as one are no models of their own. */
static bool is_word(const struct sim *sim, unsigned i, unsigned priority)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (r->yield.word != 1)
		return priority == r->yield.word;
	if (r->unit.together)
		return priority <= 1;
	return priority == !last_resort_there(sim, i);
}

void check_word_left(struct sim *sim, unsigned i, unsigned priority)
{
	struct sim_gateway *r = &sim->routers[i];
	bool leaves = r->leaving.told && lacks_some(r);
	/* What it has in trouble it may not know of, and then nobody announces any of it. */
	bool unsure = !priority && check_in_trouble(sim, i);

	if (!r->yield.word_due)
		return;
	r->yield.word_due = false;
	r->turn.farewells = 1;
	sim->check.silent_ns[i] = sim->now_ns;
	unsure |= has_lapsed(r) && is_word(sim, i, priority);
	if (!(leaves ? priority == 0 : is_word(sim, i, priority)) && !(r->leaving.told && unsure))
		check_fail(sim, "P3", "%s has the last word with a wrong priority", node_name(i));
}

/* Whether none is awaited any more. */
static bool is_over(const struct sim_gateway *r, int64_t now_ns)
{
	bool over = true;

	for (unsigned k = 0; k < r->addresses_n; k++)
		over &= !(r->yield.awaited >> k & 1) || now_ns >= r->yield.due_ns[k];
	return over || now_ns >= r->yield.until_ns || r->vr.election.state != VRRP_STATE_BACKUP;
}

/* Return: when the next address goes. */
static int64_t next_ns(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];
	int64_t next_ns = VRRP_NEVER;

	for (unsigned k = 0; k < r->addresses_n; k++) {
		const struct sim_address *address = &r->kernel.table[k];
		int64_t due_ns = r->yield.due_ns[k] < r->yield.until_ns ? r->yield.due_ns[k]
									: r->yield.until_ns;

		if (address->present && address->mark == KERN_ADDRESS_MARK && due_ns < next_ns)
			next_ns = due_ns;
	}
	return next_ns;
}

/* Whether some address is to be handed over, and its macvlan can be heard. */
static bool must_recall(const struct sim *sim, unsigned i, bool can)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (!can || check_in_trouble(sim, i) || macvlan_in_trouble(sim, i) || heard_any(r))
		return false;
	for (unsigned k = 0; k < r->addresses_n; k++)
		if (r->kernel.table[k].present && check_may_hold(sim, i, k) &&
		    r->yield.due_ns[k] == VRRP_NEVER)
			return true;
	return false;
}

/* What is awaited stays, unless somebody takes it away, or its lease is over. */
static void check_held(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	for (unsigned k = 0; k < r->addresses_n; k++)
		if (r->kernel.table[k].present)
			r->yield.held |= 1u << k;
		else if (r->yield.held & r->yield.awaited & 1u << k && check_may_hold(sim, i, k) &&
			 !r->kernel.table[k].stolen && !r->kernel.table[k].ended)
			check_fail(sim, "P19", "%s gives address %u up before it is announced",
				   node_name(i), k);
}

void check_yield(struct sim *sim, const struct sim_process *process, bool can)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	int64_t now_ns = gateway_local_ns(sim, r), due_ns;

	if (!r->yield.on)
		return;
	if (!check_in_trouble(sim, i))
		check_held(sim, i);
	if (now_ns >= r->yield.recall_ns) {
		if (must_recall(sim, i, can))
			check_fail(sim, "P4", "%s calls no switch back", node_name(i));
		r->yield.recall_ns = VRRP_NEVER;
	}
	/* Who cannot speak calls nobody later, either. */
	r->yield.calls &= gateway_can_speak(r);
	due_ns = next_ns(sim, i);
	/* What was not there when it yielded does not go, and takes no route along. */
	for (unsigned k = 0; k < r->addresses_n; k++)
		r->yield.gone |= (r->yield.held >> k & 1) && now_ns >= r->yield.due_ns[k];
	r->yield.sourceless |= (r->yield.held & 1) && now_ns >= r->yield.due_ns[0];
	/* In trouble it may have addresses that it does not know of, and waits for nobody. */
	if (due_ns > now_ns && due_ns != VRRP_NEVER && !check_in_trouble(sim, i) &&
	    routers_deadline(process->routers) > due_ns &&
	    r->vr.election.state == VRRP_STATE_BACKUP)
		check_fail(sim, "deadline", "%s sleeps over the end of its hand-over",
			   node_name(i));
	if (!is_over(r, now_ns))
		return;
	if (r->yield.word_due && can)
		check_fail(sim, "P12", "%s has nothing left, and does not say so", node_name(i));
	r->yield.on = r->yield.word_due = false;
}

bool check_befalls(const struct sim *sim)
{
	for (unsigned n = 0; n < sim->faults.n; n++) {
		const struct sim_episode *e = &sim->faults.episodes[n];

		if (e->on && fault_befalls(e))
			return true;
	}
	return false;
}

#define CALM_NS (5 * SIM_S)

/* Until a silence that a fault has begun is over, and what it has led to. */
static int64_t calm_ns(const struct sim *sim)
{
	int64_t longest_ns = 0;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct vrrp_config *c = &sim->routers[i].config;
		int64_t down_ns = model_down_ns(c, sim->check.interval_max_cs);

		if (down_ns > longest_ns)
			longest_ns = down_ns;
	}
	longest_ns += sim->check.interval_max_cs * 10 * SIM_MS + sim->faults.settle_ns;
	return longest_ns < CALM_NS ? longest_ns : CALM_NS;
}

bool check_is_calm(const struct sim *sim)
{
	return !check_befalls(sim) && sim->now_ns > sim->faults.befell_ns + calm_ns(sim);
}

uint32_t check_shared(const struct sim *sim)
{
	uint32_t shared = UINT32_MAX;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i];

		shared &= (1u << r->addresses_n) - 1;
		if (check_in_trouble(sim, i))
			shared = 0;
	}
	return shared;
}

/* A unit leaves both families to whoever is Active in one, also where they elect apart. */
static bool leaves_to_others(const struct sim *sim, unsigned i)
{
	bool apart = false;

	for (unsigned peer = 0; peer < sim->routers_n; peer++)
		apart |= sim->units && !sim->routers[peer].unit.together;
	return sim->routers[i].unit.together && apart;
}

void check_leave_begin(struct sim *sim, unsigned i, int64_t down_ns)
{
	struct sim_gateway *r = &sim->routers[i];

	sim->tally.leaves_n++;
	r->leaving.until_ns = gateway_local_ns(sim, r) + down_ns;
	if (sim->check.models[i].cedes) /* it has offered to before */
		r->leaving.until_ns = sim->check.models[i].beat_ns;
	for (unsigned k = 0; k < r->addresses_n; k++)
		r->leaving.held |= (uint32_t)r->kernel.table[k].present << k;
	if (!check_is_calm(sim) || r->vr.election.listening || leaves_to_others(sim, i))
		r->leaving.held = 0;
	r->leaving.held &= check_shared(sim);
}

int64_t check_leaving_late_ns(const struct sim *sim)
{
	int64_t late_ns = 0;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i];
		int64_t left_ns = r->leaving.until_ns - gateway_local_ns(sim, r);

		if (!r->leaving.told || left_ns <= 0)
			continue;
		left_ns += left_ns * SIM_DRIFT_PPM / 1000000 + check_span(r) + SIM_S;
		if (left_ns > late_ns)
			late_ns = left_ns;
	}
	return late_ns;
}

static bool somebody_has(const struct sim *sim, unsigned k)
{
	for (unsigned i = 0; i < sim->routers_n; i++)
		if (sim->routers[i].kernel.table[k].present)
			return true;
	return false;
}

void check_leaving(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];

	if (!r->leaving.held || !(process->leaves || process->leaves_gone))
		return;
	r->leaving.came |= r->yield.on;
	/* Who has waited for long enough has found nobody. */
	if (!check_is_calm(sim) ||
	    (!r->leaving.came && gateway_local_ns(sim, r) >= r->leaving.until_ns))
		r->leaving.held = 0;
	for (unsigned k = 0; k < r->addresses_n; k++) {
		if (!(r->leaving.held >> k & 1) || r->kernel.table[k].present)
			continue;
		/* One that has announced it may be gone by the time that this is heard. */
		if (!somebody_has(sim, k) && !(r->leaving.came && r->yield.due_ns[k] != VRRP_NEVER))
			check_fail(sim, "P19", "%s leaves, and nobody has address %u", node_name(i),
				   k);
		sim->tally.leaves_judged_n += !r->leaving.judged;
		r->leaving.judged = true;
		r->leaving.held &= ~(1u << k); /* its successor may leave in turn */
	}
}
