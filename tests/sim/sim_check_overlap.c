/* SPDX-License-Identifier: MIT */
/* Who hands over with overlap; the list of properties is in sim_check.h. */
#include <string.h>

#include "sim.h"

/* What the manual and agent/router/hand_over.h say, written down a second time. */
#define GRACE_NS  (2 * SIM_MS)
#define LATELY_NS (1 * SIM_S)
#define LEAST_NS  (500 * SIM_MS)

void check_heard(struct sim *sim, const struct sim_process *process, const struct kern_said *said,
		 unsigned k)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	struct sim_yield *yield = &r->yield;
	int64_t now_ns = gateway_local_ns(sim, r);

	if (!process_router(process) || said->ifindex != r->kernel.link.ifindex)
		return;
	r->said_ns[k] = now_ns;
	if (yield->on && yield->due_ns[k] == VRRP_NEVER)
		yield->due_ns[k] = now_ns + GRACE_NS;
}

void check_hand_over(struct sim *sim, unsigned i, uint8_t word)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t now_ns = gateway_local_ns(sim, r);
	int64_t interval_ns = r->config.interval_cs * 10 * SIM_MS;
	struct sim_yield *yield = &r->yield;

	*yield = (struct sim_yield){ .on = true, .word_due = true, .word = word };
	yield->until_ns = now_ns + (interval_ns < LEAST_NS ? LEAST_NS : interval_ns);
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++) {
		bool lately = r->said_ns[k] && now_ns - r->said_ns[k] < LATELY_NS;

		yield->due_ns[k] = lately ? r->said_ns[k] + GRACE_NS : VRRP_NEVER;
		if (k < r->addresses_n && (r->kernel.table[k].present || check_in_trouble(sim, i)))
			yield->awaited |= 1u << k;
	}
}

void check_hand_over_end(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	r->yield = (struct sim_yield){ 0 };
	memset(r->said_ns, 0, sizeof(r->said_ns));
}

bool check_may_hold(const struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_gateway *r = &sim->routers[i];
	int64_t now_ns = gateway_local_ns(sim, r);

	return r->yield.on && r->vr.election.state == VRRP_STATE_BACKUP &&
	       now_ns < r->yield.until_ns && now_ns < r->yield.due_ns[k];
}

bool check_is_handing_over(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];
	bool all = true;

	for (unsigned k = 0; k < r->addresses_n; k++)
		all &= !r->kernel.table[k].present || check_may_hold(sim, i, k);
	return r->yield.on && !r->yield.gone && all && kernel_ours(&r->kernel);
}

void check_word_left(struct sim *sim, unsigned i, unsigned priority)
{
	struct sim_gateway *r = &sim->routers[i];

	if (!r->yield.word_due)
		return;
	r->yield.word_due = false;
	r->turn.farewells = 1;
	sim->check.silent_ns[i] = sim->now_ns;
	if (priority != r->yield.word)
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

void check_yield(struct sim *sim, const struct sim_process *process, bool can)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	int64_t now_ns = gateway_local_ns(sim, r), due_ns;

	if (!r->yield.on)
		return;
	due_ns = next_ns(sim, i);
	for (unsigned k = 0; k < r->addresses_n; k++)
		r->yield.gone |= now_ns >= r->yield.due_ns[k];
	if (due_ns > now_ns && due_ns != VRRP_NEVER &&
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
