/* SPDX-License-Identifier: MIT */
#include "sim_swarm.h"

#include "sim.h"
#include "sim_mix.h"
#include "sim_world.h"
#include "vrrp/timers.h"

/* What RFC 9568's timers absorb; see P1 in sim_check.h. Nobody is Active or not because of it. */
#define PROCESS_FAULTS                                                                             \
	(FAULT_BIT(PANIC) | FAULT_BIT(HANG) | FAULT_BIT(PROGRAM) | FAULT_BIT(RELOAD) |             \
	 FAULT_BIT(WITHDRAW) | FAULT_BIT(KERNEL))

#define THEFT_FAULTS (FAULT_BIT(STEAL) | FAULT_BIT(SQUAT) | FAULT_BIT(REPLACE))

#define CALM_FAULTS                                                                                \
	(FAULT_BIT(BURST) | FAULT_BIT(LOSS) | FAULT_BIT(DUPLICATE) | FAULT_BIT(JITTER) |           \
	 FAULT_BIT(CORRUPT) | FAULT_BIT(STALL) | FAULT_BIT(STOP) | FAULT_BIT(FREEZE) |             \
	 FAULT_BIT(JUNK) | FAULT_BIT(RELOAD) | FAULT_BIT(STEAL) | FAULT_BIT(SQUAT) |               \
	 FAULT_BIT(REPLACE) | FAULT_BIT(KERNEL) | FAULT_BIT(FORGET))

/* So many of them have addresses in an order of their own. */
#define HOSTS_APART 4

#define ALIVE_SLACK_NS (1500 * SIM_MS) /* whoever is later has given no sign of life, see P1 */

/* The last successor goes on by then: half a second lies between reloads, some time between deaths
 * at once, and a process that hung has a last moment. */
#define HANDOVER_NS (1200 * SIM_MS)

/* Whoever has lost its own address waits so long for it; so does an owner of virtual ones. */
#define PATIENCE_NS (510 * SIM_MS)

static int64_t cs_ns(unsigned cs)
{
	return cs * 10 * SIM_MS;
}

static unsigned interval_extreme(const struct sim *sim, bool max)
{
	unsigned found = sim->routers[0].config.interval_cs;

	for (unsigned i = 0; i < 2 * sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i / 2];
		unsigned cs = i % 2 ? r->other.vrrp.interval_cs : r->config.interval_cs;

		if (max ? cs > found : cs < found)
			found = cs;
	}
	return found;
}

static unsigned draw_interval(struct prng *p)
{
	static const uint8_t tens_of_ms[] = { 1, 1, 2, 5, 10, 10, 20, 50, 100, 100, 150, 200 };

	return prng_one_in(p, 16) ? 300 : tens_of_ms[prng_below(p, sizeof(tens_of_ms))];
}

enum rank {
	ANY,
	EQUAL,
	CLOSE
};

static unsigned draw_priority(struct prng *p, enum rank rank, unsigned base)
{
	if (rank == EQUAL)
		return base;
	if (rank == CLOSE)
		return base + prng_below(p, 4);
	return 1 + prng_below(p, 254);
}

static int64_t draw_delay(struct prng *p, bool wanted, unsigned interval_cs)
{
	if (!wanted || prng_one_in(p, 2))
		return 0;
	return prng_range(p, 1, 6 * cs_ns(interval_cs));
}

/* Mostly the protocol's three. A calm network may lose two adverts, and nothing follows. */
/* With one alone whatever is later than the skew time is a takeover: nothing would be calm. */
static unsigned draw_missed(struct prng *p, bool calm)
{
	static const uint8_t few[] = { 2, 4, 5, 8, 20 };

	if (!prng_one_in(p, 3))
		return prng_one_in(p, 2) ? 0 : VRRP_DOWN_INTERVALS;
	return few[calm ? 1 + prng_below(p, 3) : prng_below(p, sizeof(few))];
}

/* Mistakes of the operator that RFC 9568 lives with: other intervals, other addresses. */
struct habits {
	enum rank rank;
	unsigned priority, interval_cs, addresses_n;
	bool owner, mixed_intervals, mixed_addresses, mixed_preempt, preempt_delays, start_delays;
	bool reconfigured, drift, calm, mixed_missed;
	unsigned missed, version, family;
	enum conf_link_local_kind link_local;
};

/* All hosts speak the same, in version 2 with the same interval of whole seconds: others would be
 * two networks. */
static void draw_version(struct prng *p, struct habits *habits)
{
	habits->version = prng_one_in(p, 8) && habits->family == 4 ? 2 : 3;
	if (habits->version == 3)
		return;
	habits->interval_cs = prng_one_in(p, 4) ? 200 : 100;
	habits->mixed_intervals = false;
}

/* Which link-local address the routers have, if they are of IPv6. */
static void draw_link_local(struct prng *p, struct habits *habits)
{
	unsigned odds;

	if (habits->family == 4)
		return;
	odds = prng_below(p, 4);
	habits->link_local = odds < 2    ? CONF_LINK_LOCAL_VIRTUAL
			     : odds == 2 ? CONF_LINK_LOCAL_ADDRESS
					 : CONF_LINK_LOCAL_NONE;
}

static struct habits draw_habits(struct prng *p, unsigned family, bool calm)
{
	struct habits habits = {
		.rank = (enum rank)prng_below(p, 3),
		.priority = 1 + prng_below(p, 251),
		.interval_cs = draw_interval(p),
		.addresses_n = prng_one_in(p, 8) ? SIM_ADDRESSES_MAX : 1 + prng_below(p, 4),
		.owner = prng_one_in(p, 8),
		.mixed_intervals = !calm && prng_one_in(p, 8),
		.mixed_addresses = prng_one_in(p, 8),
		.mixed_preempt = prng_one_in(p, 3),
		.preempt_delays = prng_one_in(p, 4),
		.start_delays = prng_one_in(p, 4),
		.reconfigured = !calm && !prng_one_in(p, 3),
		.drift = prng_one_in(p, 2),
		.calm = calm,
		.mixed_missed = !calm && prng_one_in(p, 8),
		.missed = draw_missed(p, calm),
		.family = family,
	};

	draw_version(p, &habits);
	draw_link_local(p, &habits);
	return habits;
}

/* A safe one needs an interval that is long enough. */
static enum conf_lease draw_lease(struct prng *p, const struct vrrp_config *config)
{
	int safe_s =
		conf_lease_s(CONF_LEASE_SAFE, config->interval_cs, vrrp_down_intervals(config));
	unsigned odds = prng_below(p, 6);

	if (odds == 0)
		return CONF_LEASE_OFF;
	return odds < 3 && safe_s > 0 ? CONF_LEASE_SAFE : CONF_LEASE_AVAILABLE;
}

/* What a reload may change into: delays stay, since what they have begun is not theirs any more. */
static void draw_other(struct prng *p, const struct habits *habits, struct sim_gateway *r)
{
	struct vrrp_config *other = &r->other.vrrp;

	r->conf.lease = r->other.lease = draw_lease(p, &r->config);
	r->file = r->conf;
	if (!habits->reconfigured)
		return;
	if (prng_one_in(p, 2))
		other->priority = (uint8_t)draw_priority(p, habits->rank, habits->priority);
	if (!other->preempt_delay_ns && prng_one_in(p, 8))
		other->priority = VRRP_PRIORITY_OWNER;
	if (!other->preempt_delay_ns && prng_one_in(p, 4))
		other->preempt = !other->preempt;
	if (prng_one_in(p, 2) && other->version == 3)
		other->interval_cs = (uint16_t)draw_interval(p);
	if (prng_one_in(p, 4))
		other->down_intervals = (uint8_t)draw_missed(p, habits->calm);
	r->other.lease = draw_lease(p, other);
}

static void draw_router(struct sim *sim, unsigned i, const struct habits *habits, uint8_t host)
{
	struct prng *p = &sim->prng;
	struct vrrp_config config = {
		.family = (uint8_t)habits->family,
		.version = (uint8_t)habits->version,
		.vrid = SIM_VRID,
		.priority = (uint8_t)draw_priority(p, habits->rank, habits->priority),
		.interval_cs = (uint16_t)habits->interval_cs,
		.down_intervals = (uint8_t)habits->missed,
		.preempt = !habits->mixed_preempt || prng_one_in(p, 2),
		.checksum = prng_one_in(p, 2) ? VRRP_CHECKSUM_RFC9568 : VRRP_CHECKSUM_RFC5798,
		.announce = family_announce(habits->family, i % 2),
	};

	if (habits->owner && (i == 0 || prng_one_in(p, 16)))
		config.priority = VRRP_PRIORITY_OWNER;
	if (habits->mixed_intervals)
		config.interval_cs = (uint16_t)draw_interval(p);
	if (habits->mixed_missed)
		config.down_intervals = (uint8_t)draw_missed(p, false);
	config.preempt_delay_ns = draw_delay(p, habits->preempt_delays, config.interval_cs);
	config.start_delay_ns = draw_delay(p, habits->start_delays, config.interval_cs);
	gateway_init(&sim->routers[i], &config, host,
		     habits->mixed_addresses ? 1 + prng_below(p, 4) : habits->addresses_n);
	kernel_init(sim, i);
	sim->routers[i].link_local = habits->link_local;
	if (!habits->calm && prng_one_in(p, 4))
		sim->routers[i].queue_max = 4 + prng_below(p, 12);
	draw_other(p, habits, &sim->routers[i]);
	sim->routers[i].options = prng_one_in(p, 8);
	if (habits->drift)
		sim->routers[i].clock_ppm = (int32_t)prng_range(p, -SIM_DRIFT_PPM, SIM_DRIFT_PPM);
}

/* The last byte of a host's address. */
static uint8_t host_of(unsigned first, unsigned i)
{
	return (uint8_t)(10 + (i < HOSTS_APART ? (first + 3 * i) % HOSTS_APART : i));
}

static void draw_topology(struct sim *sim, struct sim_world *world, bool calm)
{
	struct prng *p = &sim->prng;
	struct habits habits = draw_habits(p, world->family, calm);
	unsigned odds = prng_below(p, 8), first = prng_below(p, HOSTS_APART);
	int64_t shortest;

	if (world->units) { /* as all of a unit has version 3, and no address of the host's own */
		habits.version = 3;
		habits.owner = false;
	}
	sim->routers_n = world_routers(world, odds < 4 ? 2 : odds < 7 ? 3 : 4);
	sim->hosts_n = 1 + prng_below(p, SIM_HOSTS_MAX);
	for (unsigned i = 0; i < sim->routers_n; i++) /* addresses in any order */
		draw_router(sim, i, &habits, host_of(first, i));
	world_furnish(sim, world, calm);
	for (unsigned i = 0; i < sim->hosts_n; i++)
		host_init(&sim->hosts[i]);
	sim->check.interval_max_cs = interval_extreme(sim, true);
	shortest = cs_ns(interval_extreme(sim, false));
	sim->latency_ns = shortest / prng_range(p, 20, 1000);
	net_init(sim, shortest / prng_range(p, 8, 200));
}

/* What checks add to a priority shortens it. */
static int64_t skew_shortest(const struct sim *sim)
{
	int64_t shortest = VRRP_NEVER;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		struct vrrp_config best = sim->routers[i].config;
		int64_t skew;

		best.priority = (uint8_t)checks_ceiling(&sim->routers[i].conf);
		skew = model_skew_ns(&best, sim->check.interval_max_cs);
		if (skew < shortest)
			shortest = skew;
	}
	return shortest;
}

/* Jitter, both latencies and K lost adverts must fit into what P1 promises. */
static void calm_limits(struct sim *sim, struct mix *mix)
{
	int64_t slack, skew = skew_shortest(sim);

	sim->net.lost_run_max = prng_below(&sim->prng, 3);
	slack = (int64_t)(2 - (int)sim->net.lost_run_max) * mix->interval_ns + skew;
	if (mix->types & FAULT_BIT(FREEZE)) { /* the grace is one interval and the skew time */
		sim->net.lost_run_max = 0;
		slack = skew;
	}
	if (slack > mix->interval_ns)
		slack = mix->interval_ns;
	slack -= 2 * sim->latency_ns;
	if (slack < 0) { /* a priority near 254: no room for two losses */
		sim->net.lost_run_max = 0;
		mix->types &= ~FAULT_BIT(FREEZE);
		slack = mix->interval_ns / 2;
	}
	mix->jitter_ns = prng_range(&sim->prng, 0, slack);
	mix->stall_ns = slack - mix->jitter_ns;
	if (mix->stall_ns > ALIVE_SLACK_NS)
		mix->stall_ns = ALIVE_SLACK_NS;
}

static int64_t largest(const struct sim *sim,
		       int64_t (*of)(const struct sim *sim, const struct vrrp_config *config))
{
	int64_t found = 0;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i];
		/* A companion stays as it began, whatever a reload makes of the router. */
		const struct vrrp_config *configs[] = { &r->config, &r->other.vrrp,
							r->companion.there ? &r->companion.config
									   : &r->config };

		for (unsigned n = 0; n < sizeof(configs) / sizeof(configs[0]); n++)
			if (found < of(sim, configs[n]))
				found = of(sim, configs[n]);
	}
	return found;
}

static int64_t down_of(const struct sim *sim, const struct vrrp_config *config)
{
	return model_down_ns(config, sim->check.interval_max_cs);
}

static int64_t missed_of(const struct sim *sim, const struct vrrp_config *config)
{
	(void)sim;
	return model_missed(config);
}

static int64_t skew_of(const struct sim *sim, const struct vrrp_config *config)
{
	return model_skew_ns(config, sim->check.interval_max_cs);
}

static int64_t start_delay_of(const struct sim *sim, const struct vrrp_config *config)
{
	(void)sim;
	return config->start_delay_ns;
}

static int64_t preempt_delay_of(const struct sim *sim, const struct vrrp_config *config)
{
	(void)sim;
	return config->preempt_delay_ns;
}

static int64_t hold_ns(const struct sim *sim)
{
	int64_t largest_ns = 0;

	for (unsigned i = 0; i < sim->routers_n; i++)
		if (sim->routers[i].conf.damping.hold_ns > largest_ns)
			largest_ns = sim->routers[i].conf.damping.hold_ns;
	return largest_ns;
}

/* P2: how long a healthy network may take. A delayed preemption is a second silence to wait for. */
static int64_t convergence_ns(const struct sim *sim)
{
	int64_t down = largest(sim, down_of), interval = cs_ns(sim->check.interval_max_cs);
	int64_t preempt_delay = largest(sim, preempt_delay_of);
	int64_t bound = largest(sim, start_delay_of) + down + 2 * interval;

	bound += interval + largest(sim, skew_of); /* grace: one interval and the skew time */
	if (sim->routers[0].companion.there)       /* of lower priority, after an owner */
		bound += interval;
	bound += unit_late_ns(sim, down);
	if (preempt_delay)
		bound += preempt_delay + down;
	if (hold_ns(sim)) /* since its last change, which may be the last fault's doing */
		bound += hold_ns(sim) + down;
	/*
	 * The last advert of a router that yields may teach the others a shorter interval than the
	 * winner's, and the winner may have no answer left in this second: one more contest.
	 */
	if (interval_extreme(sim, false) != sim->check.interval_max_cs)
		bound += 2 * SIM_S + down;
	return bound;
}

/* Without anything to speak from, or from another address, a contest takes another turn. */
static bool moves(unsigned types)
{
	return types & (FAULT_BIT(SOURCE) | FAULT_BIT(LINK));
}

static bool is_calm(uint64_t seed)
{
	return seed % 5 == 4;
}

static void draw_calm(struct sim *sim, struct mix *mix)
{
	mix->types &= CALM_FAULTS;
	mix->from_ns = 4 * mix->interval_ns + convergence_ns(sim) + checker_late_ns(sim);
	calm_limits(sim, mix);
	if (!mix->types)
		mix->types = FAULT_BIT(LOSS);
	sim->faults.calm_from_ns = mix->from_ns;
}

void swarm_begin(struct sim *sim, uint64_t seed)
{
	struct mix mix = { .calm = is_calm(seed) };
	struct prng *p = &sim->prng;
	struct sim_world world;
	int64_t length;

	world_draw(seed, &world);
	sim_init(sim, seed);
	sim->silent = seed % 4 != 0;
	sim->signs = world.signs;
	/* One MAC address for all, and nobody can tell whose announcement comes back. */
	sim->loops = seed % 11 == 3 && world.overlap && !world.macvlans;
	sim->routed =
		seed % 7 < 3 && !world.units && !world.unicast && !world.macvlans && !world.guests;
	draw_topology(sim, &world, mix.calm);
	mix.types = mix_draw_types(p);
	if (world.units)
		mix.types &= ~THEFT_FAULTS;
	if (world.guests || world.macvlans)
		sim->silent = false;
	if (world.guests) /* its bad days are not modelled there */
		mix.types &= ~FAULT_BIT(KERNEL);
	if (world.macvlans)
		mix.types &= ~(FAULT_BIT(SQUAT) | FAULT_BIT(REPLACE));
	mix.quiet = (world.planned || world.peaceful) && !mix.calm;
	if (world.planned && !mix.calm)
		mix.types = FAULT_BIT(LEAVE) | FAULT_BIT(WITHDRAW);
	if (world.peaceful && !mix.calm)
		mix.types = FAULT_BIT(LEAVE) | FAULT_BIT(RELOAD) | FAULT_BIT(WITHDRAW);
	if (!mix.types)
		mix.types = FAULT_BIT(LOSS);
	mix.interval_ns = cs_ns(interval_extreme(sim, false));
	mix.missed = largest(sim, missed_of);
	mix.jitter_ns = mix.interval_ns * prng_range(p, 1, 5);
	mix.stall_ns = mix.interval_ns * prng_range(p, 1, 3);
	if (mix.calm)
		draw_calm(sim, &mix);
	sim->moving = moves(mix.types) || (world_has_ip6(&world) && !mix.calm);
	if (sim->moving && mix.types & FAULT_BIT(KERNEL)) /* the interface may be another one */
		sim->faults.repair_ns = 2 * SIM_S;
	length = prng_range(p, 10, 150) * mix.interval_ns;
	if (length < 8 * SIM_S && prng_one_in(p, 2))
		length = prng_range(p, 1, 8) * SIM_S; /* long enough for repeated announcements */
	mix.until_ns = mix.from_ns + length;
	sim->faults.until_ns = mix.until_ns;
	sim->faults.settle_ns = mix.jitter_ns + mix.stall_ns;
	if (mix.types & PROCESS_FAULTS)
		sim->faults.settle_ns += HANDOVER_NS;
	if (mix.types & (FAULT_BIT(LINK) | THEFT_FAULTS))
		sim->faults.settle_ns += PATIENCE_NS;
	if (world_has_ip6(&world))
		sim->faults.settle_ns += PATIENCE_NS + (mix.calm ? 0 : SIM_DAD_NS);
	for (unsigned i = 0; i < sim->routers_n; i++)
		fault_add(sim,
			  &(struct sim_episode){ .type = SIM_FAULT_START,
						 .node = (uint8_t)i,
						 .begin_ns = prng_range(p, 0, 4 * mix.interval_ns),
						 .end_ns = VRRP_NEVER });
	mix_draw(sim, &mix, world_has_ip6(&world));
	world_afflict(sim, &world,
		      &(struct sim_span){ mix.from_ns, mix.until_ns, mix.interval_ns, mix.calm });
}

/* Nothing may happen any more, or ever: any change of state fails @property. */
static bool run_frozen(struct sim *sim, const char *property, int64_t until_ns)
{
	sim->check.frozen = property;
	if (!sim_run_until(sim, until_ns))
		return false;
	sim->check.frozen = NULL;
	return true;
}

static bool run_faults(struct sim *sim)
{
	const struct sim_faults *faults = &sim->faults;

	if (faults->calm_from_ns) {
		if (!sim_run_until(sim, faults->calm_from_ns - 1))
			return false;
		check_converged(sim);
		return run_frozen(sim, "P1", faults->until_ns + faults->settle_ns);
	}
	return sim_run_until(sim, faults->until_ns + faults->settle_ns);
}

bool swarm_run(struct sim *sim)
{
	int64_t converged, settled;

	if (!run_faults(sim))
		return false;
	trace(sim, "-- faults are over");
	converged = sim->now_ns + convergence_ns(sim) + sim->faults.repair_ns +
		    macvlan_late_ns(sim) + checker_late_ns(sim) + check_leaving_late_ns(sim) +
		    drains_late_ns(sim);
	if (!sim_run_until(sim, converged))
		return false;
	check_converged(sim);
	if (!sim->units)
		companion_converged(sim);
	check_kept(sim);
	settled = converged + SIM_S + cs_ns(sim->check.interval_max_cs);
	if (!run_frozen(sim, "P2", settled))
		return false;
	/* Over IPv6 nothing is refreshed (RFC 4861 §7.2.6): hosts find out by asking, as they do.
	 */
	if (check_hosts(sim, true) && sim->routers[0].config.family == 4) {
		trace(sim, "-- a host is excused until the next refresh");
		if (run_frozen(sim, "P2", settled + 61 * SIM_S))
			check_hosts(sim, false);
	}
	return !sim->check.failed;
}
