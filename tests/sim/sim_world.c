/* SPDX-License-Identifier: MIT */
#include "sim_world.h"

#include "sim.h"

#define NEAR_NS (10 * SIM_MS)

void world_draw(uint64_t seed, struct sim_world *ret_world)
{
	struct prng *p = &ret_world->prng;

	*ret_world = (struct sim_world){ .prng = { .state = ~seed } };
	ret_world->family = prng_one_in(p, 3) ? 6 : 4;
	ret_world->companions = prng_one_in(p, 4);
	ret_world->old = prng_one_in(p, 2);
	ret_world->units = prng_one_in(p, 4);
	ret_world->unicast = prng_one_in(p, 4) && !ret_world->companions && !ret_world->units;
	ret_world->macvlans = prng_one_in(p, 3) && ret_world->family == 4 &&
			      !ret_world->companions && !ret_world->units && !ret_world->unicast;
	ret_world->guests = prng_one_in(p, 3) && !ret_world->companions && !ret_world->units &&
			    !ret_world->unicast && !ret_world->macvlans;
	ret_world->signs = prng_one_in(p, 4) && !ret_world->units && !ret_world->unicast &&
			   !ret_world->macvlans && !ret_world->guests;
	ret_world->companions |= ret_world->units;
	ret_world->said.state = seed ^ UINT64_C(0x6f7665726c617073);
	ret_world->overlap = prng_one_in(&ret_world->said, 2) && !ret_world->guests;
	ret_world->drained.state = seed ^ UINT64_C(0x647261696e656421);
	ret_world->drains = prng_one_in(&ret_world->drained, 3);
	ret_world->peaceful = ret_world->drains && prng_one_in(&ret_world->drained, 2);
	ret_world->planned = ret_world->overlap && prng_one_in(&ret_world->said, 2);
	ret_world->checked.state = seed ^ UINT64_C(0x636865636b65642e);
	ret_world->checks = prng_one_in(&ret_world->checked, 4) && !ret_world->guests;
	ret_world->weights = prng_one_in(&ret_world->checked, 2);
	ret_world->hooks = ret_world->drains && seed % 5 < 2 && !ret_world->companions;
	ret_world->sans_carrier = seed % 11 == 5;
	ret_world->damped = seed % 7 == 3 && !ret_world->planned && !ret_world->peaceful;
}

bool world_has_ip6(const struct sim_world *world)
{
	return world->family == 6 || world->companions;
}

unsigned world_routers(struct sim_world *world, unsigned n)
{
	return world->units && prng_one_in(&world->prng, 6) ? 5 : n;
}

static void draw_companions(struct sim *sim, const struct sim_world *world)
{
	struct vrrp_config like = sim->routers[0].config;

	like.version = world->old && like.interval_cs % 100 == 0 && !world->units ? 2 : 3;
	for (unsigned i = 0; i < sim->routers_n; i++)
		companion_init(&sim->routers[i], (uint8_t)(10 + i), &like);
}

/* In mixed ones, a host has a router of one family, or two that elect apart. */
static void draw_units(struct sim *sim, struct sim_world *world)
{
	struct prng *p = &world->prng;
	unsigned odd = SIM_ROUTERS_MAX;

	world->mixed = prng_one_in(p, 4);
	if (world->mixed)
		odd = prng_below(p, sim->routers_n);
	sim->units = true;
	for (unsigned i = 0; i < sim->routers_n; i++) {
		sim->routers[i].unit.together = i != odd;
		unit_unread(sim, i);
	}
	if (odd < SIM_ROUTERS_MAX && prng_one_in(p, 2))
		sim->routers[odd].companion.there = false;
}

static void draw_peers(struct sim *sim, struct sim_world *world)
{
	sim->unicast = true;
	sim->nobody = prng_one_in(&world->prng, 2);
	for (unsigned i = 0; i < sim->routers_n; i++)
		sim->routers[i].unicast = true;
}

static void draw_guests(struct sim *sim, struct sim_world *world, bool calm)
{
	struct prng *p = &world->prng;
	unsigned family = prng_one_in(p, 2) ? 6 : 4;
	bool required = prng_one_in(p, 2) && !calm;

	for (unsigned i = 0; i < sim->routers_n; i++)
		guest_init(sim, i, family, required);
}

/* All of them, or some; and a reload changes nothing about it. */
static void draw_overlap(struct sim *sim, struct sim_world *world)
{
	struct prng *p = &world->said;
	bool all = prng_one_in(p, 2);

	sim->overlap = true;
	for (unsigned i = 0; i < sim->routers_n; i++) {
		struct sim_gateway *r = &sim->routers[i];
		bool overlap = all || prng_one_in(p, 2);

		r->config.overlap = r->vr.config.overlap = overlap;
		r->conf.vrrp.overlap = r->other.vrrp.overlap = r->file.vrrp.overlap = overlap;
	}
	sim->said = *p;
}

/* All of them, or some; and a reload changes nothing about it. */
static void draw_damping(struct sim *sim, uint64_t seed)
{
	struct prng p = { .state = seed ^ UINT64_C(0x64616d70696e6773) };
	bool all = prng_one_in(&p, 2);

	for (unsigned i = 0; i < sim->routers_n; i++) {
		struct sim_gateway *r = &sim->routers[i];
		struct conf_damping damping = { .changes = (uint8_t)prng_range(&p, 2, 5),
						.within_ns = prng_range(&p, 1, 60) * SIM_S,
						.hold_ns = prng_range(&p, 1, 20) * SIM_S };

		if (!all && prng_one_in(&p, 2))
			continue;
		r->conf.damping = r->other.damping = r->file.damping = damping;
	}
}

static void draw_sans_carrier(struct sim *sim, uint64_t seed)
{
	struct prng p = { .state = seed ^ UINT64_C(0x6361727269657273) };
	bool all = prng_one_in(&p, 2);

	for (unsigned i = 0; i < sim->routers_n; i++) {
		struct sim_gateway *r = &sim->routers[i];

		r->conf.sans_carrier = r->other.sans_carrier = r->file.sans_carrier =
			all || prng_one_in(&p, 2);
	}
}

/* They end soon, or just about when their time has passed, or never. Where there are any reloads
 * lower a priority more often. */
static void draw_hooks(struct sim *sim, uint64_t seed)
{
	struct prng p = { .state = seed ^ UINT64_C(0x686f6f6b73212121) };

	for (unsigned i = 0; i < sim->routers_n; i++) {
		struct sim_gateway *r = &sim->routers[i];
		int64_t hook_ns = prng_range(&p, 1, 80) * SIM_S / 10;
		int64_t hooked_ns = prng_range(&p, 0, 90) * SIM_S / 10;

		if (prng_one_in(&p, 4))
			continue;
		if (prng_one_in(&p, 3))
			hooked_ns = VRRP_NEVER;
		r->conf.hook_ns = r->other.hook_ns = r->file.hook_ns = hook_ns;
		r->conf.hooked_ns = r->other.hooked_ns = r->file.hooked_ns = hooked_ns;
		if (prng_one_in(&p, 2) && r->other.vrrp.priority == r->conf.vrrp.priority &&
		    r->conf.vrrp.priority != VRRP_PRIORITY_OWNER)
			r->other.vrrp.priority = (uint8_t)(r->conf.vrrp.priority / 2 + 1);
	}
}

void world_furnish(struct sim *sim, struct sim_world *world, bool calm)
{
	if (world->companions)
		draw_companions(sim, world);
	if (world->units)
		draw_units(sim, world);
	if (world->unicast)
		draw_peers(sim, world);
	if (world->guests)
		draw_guests(sim, world, calm);
	if (world->overlap)
		draw_overlap(sim, world);
	if (world->hooks)
		draw_hooks(sim, world->prng.state);
	if (world->sans_carrier)
		draw_sans_carrier(sim, world->prng.state);
	if (world->damped)
		draw_damping(sim, world->prng.state);
	for (unsigned i = 0; i < sim->routers_n && world->checks; i++)
		checks_draw(sim, i, &world->checked, calm || world->peaceful || world->planned,
			    world->weights);
	sim->checked = world->checked;
	for (unsigned i = 0; i < sim->routers_n && world->macvlans; i++)
		macvlan_init(sim, i,
			     prng_one_in(&world->prng, 2) ? CONF_ADVERTS_VIRTUAL
							  : CONF_ADVERTS_INTERFACE);
}

/* In a calm run one family is well everywhere, so no unit's state changes. */
static unsigned draw_family_fault(struct prng *p, unsigned family, bool calm)
{
	enum sim_family_fault fault = (enum sim_family_fault)prng_below(p, SIM_FAMILY_FAULTS);

	if (!calm)
		family = prng_one_in(p, 2) ? 6 : 4;
	return unit_kind(fault, family);
}

static void draw_span(struct prng *p, const struct sim_span *span, struct sim_episode *e)
{
	int64_t most = prng_one_in(p, 3) ? span->until_ns - span->from_ns : 12 * span->interval_ns;

	e->begin_ns = prng_range(p, span->from_ns, span->until_ns - 1);
	e->end_ns = e->begin_ns + prng_range(p, 1, most);
	if (e->end_ns > span->until_ns)
		e->end_ns = span->until_ns;
}

static void afflict_units(struct sim *sim, struct sim_world *world, const struct sim_span *span)
{
	struct prng *p = &world->prng;
	unsigned family = prng_one_in(p, 2) ? 6 : 4;

	for (unsigned n = prng_below(p, 7); n; n--) {
		struct sim_episode e = { .type = SIM_FAULT_FAMILY,
					 .node = (uint8_t)prng_below(p, sim->routers_n) };

		e.peer = (uint8_t)((e.node + 1 + prng_below(p, sim->routers_n - 1)) %
				   sim->routers_n);
		e.amount = draw_family_fault(p, family, span->calm);
		draw_span(p, span, &e);
		fault_add(sim, &e);
	}
}

static void afflict_hosts(struct sim *sim, struct sim_world *world, const struct sim_span *span,
			  enum sim_fault_type type, unsigned kinds)
{
	struct prng *p = &world->prng;

	for (unsigned n = prng_below(p, 5); n; n--) {
		struct sim_episode e = { .type = type,
					 .node = (uint8_t)prng_below(p, sim->routers_n),
					 .amount = prng_below(p, kinds) };

		draw_span(p, span, &e);
		fault_add(sim, &e);
	}
}

/* Often while something else begins or ends on the same host. */
static void draw_drain(struct sim *sim, struct sim_world *world, const struct sim_span *span,
		       struct sim_episode *e)
{
	struct prng *p = &world->drained;
	const struct sim_episode *other = &sim->faults.episodes[prng_below(p, sim->faults.n)];
	bool ends = other->end_ns != VRRP_NEVER;

	*e = (struct sim_episode){ .type = SIM_FAULT_DRAIN,
				   .node = (uint8_t)prng_below(p, sim->routers_n),
				   .amount = prng_below(p, SIM_DRAIN_ENDS) };
	draw_span(p, span, e);
	if (prng_one_in(p, 3) && ends && other->begin_ns > span->from_ns + NEAR_NS) {
		e->node = other->node;
		e->begin_ns = (prng_one_in(p, 2) ? other->begin_ns : other->end_ns) +
			      prng_range(p, -NEAR_NS, NEAR_NS);
	}
	if (prng_one_in(p, 6))
		e->end_ns = VRRP_NEVER;
	else if (e->end_ns < e->begin_ns)
		e->end_ns = e->begin_ns;
}

static void drain_hosts(struct sim *sim, struct sim_world *world, const struct sim_span *span)
{
	for (unsigned n = 1 + prng_below(&world->drained, 6); n; n--) {
		struct sim_episode e;

		draw_drain(sim, world, span, &e);
		fault_add(sim, &e);
	}
}

/* Often while something else begins or ends on the same host. */
static void draw_near(struct sim *sim, struct prng *p, struct sim_episode *e)
{
	const struct sim_episode *other = &sim->faults.episodes[prng_below(p, sim->faults.n)];
	int64_t at_ns = prng_one_in(p, 2) ? other->begin_ns : other->end_ns;

	if (!prng_one_in(p, 3) || other->node >= sim->routers_n || at_ns == VRRP_NEVER ||
	    at_ns < NEAR_NS || at_ns >= e->end_ns)
		return;
	e->node = other->node;
	if (prng_one_in(p, 2) && at_ns > e->begin_ns)
		e->end_ns = at_ns + prng_range(p, -NEAR_NS, NEAR_NS);
	else
		e->begin_ns = at_ns + prng_range(p, -NEAR_NS, NEAR_NS);
	if (e->end_ns < e->begin_ns)
		e->end_ns = e->begin_ns;
}

/* First answers may be late, or never come. */
static void afflict_checks(struct sim *sim, struct sim_world *world, const struct sim_span *span)
{
	struct prng *p = &world->checked;

	for (unsigned n = 1 + prng_below(p, 8); n; n--) {
		enum sim_checker_fault fault = SIM_CHECKER_BAD;
		struct sim_episode e = { .type = SIM_FAULT_CHECK,
					 .node = (uint8_t)prng_below(p, sim->routers_n) };

		if (prng_one_in(p, 2))
			fault = (enum sim_checker_fault)prng_below(p, SIM_CHECKER_FAULTS);
		e.amount = checker_kind(fault, prng_below(p, SIM_CHECKS_MAX));
		draw_span(p, span, &e);
		draw_near(sim, p, &e);
		if (prng_one_in(p, 4))
			e.begin_ns = 0;
		if (fault == SIM_CHECKER_BAD && prng_one_in(p, 6))
			e.end_ns = VRRP_NEVER;
		fault_add(sim, &e);
	}
}

void world_afflict(struct sim *sim, struct sim_world *world, const struct sim_span *span)
{
	if (world->drains && !span->calm)
		drain_hosts(sim, world, span);
	if ((world->peaceful || world->planned) && !span->calm)
		return;
	if (world->checks && !span->calm)
		afflict_checks(sim, world, span);
	if (world->macvlans && !span->calm)
		afflict_hosts(sim, world, span, SIM_FAULT_MACVLAN, SIM_MACVLAN_FAULTS);
	if (world->guests)
		afflict_hosts(sim, world, span, SIM_FAULT_GUEST, SIM_GUEST_FAULTS);
	if (world->units && !(world->mixed && span->calm))
		afflict_units(sim, world, span);
}
