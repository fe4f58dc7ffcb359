/* SPDX-License-Identifier: MIT */
#include "sim_unit.h"

#include "sim.h"

#define PATIENCE_NS (500 * SIM_MS) /* a member without an address waits for it so long */
#define LOSS        500            /* per thousand */

/* ---- what befalls one family ---- */

unsigned unit_kind(enum sim_family_fault fault, unsigned family)
{
	return fault * 2 + (family == 6);
}

static enum sim_family_fault fault_of(const struct sim_episode *e)
{
	return (enum sim_family_fault)(e->amount / 2 % SIM_FAMILY_FAULTS);
}

static unsigned family_of_fault(const struct sim_episode *e)
{
	return e->amount % 2 ? 6 : 4;
}

static bool concerns(const struct sim_episode *e, unsigned from, unsigned to)
{
	switch (fault_of(e)) {
	case SIM_FAMILY_CUT:
		return from == e->node && to == e->peer;
	case SIM_FAMILY_UNHEARD:
		return from == e->node;
	case SIM_FAMILY_DEAF:
		return to == e->node;
	case SIM_FAMILY_LOSS:
		return true;
	case SIM_FAMILY_SOURCELESS:
	case SIM_FAMILY_OFF:
	case SIM_FAMILY_NARROW:
	case SIM_FAMILY_FAULTS:
		break;
	}
	return false;
}

void unit_apply(struct sim *sim, unsigned from, unsigned to, const struct sim_episode *e)
{
	unsigned *loss = &sim->net.paths[from][to].loss_of[family_of_fault(e) == 6];

	if (concerns(e, from, to) && *loss < 1000)
		*loss = fault_of(e) == SIM_FAMILY_LOSS ? LOSS : 1000;
}

static void set_own(struct sim *sim, unsigned i, unsigned family, bool there)
{
	if (family != sim->routers[i].config.family) {
		companion_set_own(sim, i, there);
		return;
	}
	for (unsigned n = there ? SIM_OWN_MAX - 1 : 0; n < SIM_OWN_MAX; n++)
		kernel_set_own(sim, i, n, there);
}

static void befall(struct sim *sim, const struct sim_episode *e, bool begins)
{
	enum sim_family_fault fault = fault_of(e);
	unsigned family = family_of_fault(e);

	if (fault == SIM_FAMILY_OFF && family == 6)
		ip6_set_off(sim, e->node, begins);
	else if (fault == SIM_FAMILY_NARROW && family == 6)
		ip6_set_narrow(sim, e->node, begins);
	else if (fault >= SIM_FAMILY_SOURCELESS)
		set_own(sim, e->node, family, !begins);
}

void unit_begin(struct sim *sim, const struct sim_episode *e)
{
	static const char *const says[SIM_FAMILY_FAULTS] = {
		[SIM_FAMILY_CUT] = "is not heard by some",
		[SIM_FAMILY_UNHEARD] = "is heard by nobody",
		[SIM_FAMILY_DEAF] = "hears nobody",
		[SIM_FAMILY_LOSS] = "and the others lose half",
		[SIM_FAMILY_SOURCELESS] = "has no address of its own",
		[SIM_FAMILY_OFF] = "has none any more",
		[SIM_FAMILY_NARROW] = "gets a small MTU",
	};

	trace(sim, "IPv%u: %s %s", family_of_fault(e), node_name(e->node), says[fault_of(e)]);
	befall(sim, e, true);
}

void unit_end(struct sim *sim, const struct sim_episode *e)
{
	trace(sim, "IPv%u: %s is well again", family_of_fault(e), node_name(e->node));
	befall(sim, e, false);
}

/* ---- the members ---- */

static const struct vrrp *member_of(const struct sim_gateway *r, unsigned member)
{
	return member ? &r->companion.vr : &r->vr;
}

static bool is_in(const struct sim_gateway *r, unsigned member, enum vrrp_state state)
{
	return member_of(r, member)->election.state == state;
}

/* What the product takes it for. */
static bool is_mute(const struct sim_process *process, unsigned member)
{
	return router_is_mute(routers_get(process->routers, member));
}

bool unit_can_speak(const struct sim *sim, unsigned i, unsigned member)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_companion *c = &r->companion;

	if (!kernel_can_talk(&r->kernel) && !gateway_is_let_alone(r))
		return false;
	if (!member)
		return gateway_has_source(r);
	return r->up && c->there && c->own == SIM_OWN_USABLE &&
	       (c->config.family == 4 || ip6_is_there(&r->kernel));
}

/* ---- what forbids a takeover ---- */

/* Whoever speaks there says so. */
static bool is_known_mute(struct sim *sim, unsigned i, unsigned member)
{
	const struct sim_process *speaker = keeper_speaker(sim, i);

	return speaker && process_router(speaker) && is_mute(speaker, member);
}

bool unit_has_mute(struct sim *sim, unsigned i)
{
	return sim->routers[i].unit.together &&
	       (is_known_mute(sim, i, 0) || is_known_mute(sim, i, 1));
}

unsigned unit_active(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];
	unsigned active = is_in(r, 0, VRRP_STATE_ACTIVE);

	if (!r->up || r->conf.absent)
		return 0;
	return r->unit.together ? active | (unsigned)is_in(r, 1, VRRP_STATE_ACTIVE) << 1 : active;
}

unsigned unit_speaking(struct sim *sim, unsigned i)
{
	unsigned speaking = unit_active(sim, i);

	for (unsigned n = 0; n < SIM_MEMBERS_OF_UNIT; n++)
		if (sim->routers[i].unit.together && is_known_mute(sim, i, n))
			speaking &= ~(1U << n);
	return speaking;
}

bool unit_is_mute(struct sim *sim, unsigned i)
{
	return sim->routers[i].unit.together &&
	       (!unit_can_speak(sim, i, 0) || is_known_mute(sim, i, 0));
}

void unit_arrival(struct sim *sim, unsigned i, unsigned member, const struct sim_packet *packet,
		  int64_t at_ns)
{
	struct sim_gateway *r = &sim->routers[i];

	if (!r->unit.together)
		return;
	r->unit.heard_ns[member] = at_ns;
	/* Of what comes beside an Active member a Backup takes its better alone for news. */
	if (is_in(r, !member, VRRP_STATE_ACTIVE) && is_in(r, member, VRRP_STATE_BACKUP) &&
	    !is_known_mute(sim, i, !member) && !is_known_mute(sim, i, member))
		return;
	if (packet->priority &&
	    (model_defers(&r->config, packet->priority) || is_known_mute(sim, i, member))) {
		r->unit.arrived[member].at_ns = at_ns;
		r->unit.arrived[member].interval_cs = packet->interval_cs;
		r->unit.arrived[member].by_muteness = !model_defers(&r->config, packet->priority);
	} else if (!packet->priority || r->config.preempt_delay_ns || r->conf.damping.changes) {
		r->unit.arrived[member].at_ns = INT64_MIN / 2;
	}
}

void unit_unread(struct sim *sim, unsigned i)
{
	for (unsigned n = 0; n < SIM_MEMBERS_OF_UNIT; n++)
		sim->routers[i].unit.arrived[n].at_ns = INT64_MIN / 2;
}

/* Until when, on its clock, what a member has heard forbids a takeover. */
static int64_t forbidden_until(const struct sim_gateway *r, unsigned member)
{
	int64_t at_ns = r->unit.arrived[member].at_ns;

	if (at_ns <= member_of(r, member)->election.since_ns ||
	    !is_in(r, member, VRRP_STATE_BACKUP))
		return INT64_MIN;
	return at_ns + model_down_ns(&r->config, r->unit.arrived[member].interval_cs);
}

/* As long as it is not known to be mute, one that came later takes over from its lesser. */
static bool counts(const struct sim_gateway *r, unsigned member, bool mute, int64_t since_ns)
{
	int64_t at_ns = r->unit.arrived[member].at_ns;

	if (r->unit.arrived[member].by_muteness && !mute)
		return false;
	return at_ns > since_ns && (!mute || at_ns > r->unit.since_ns[member] + PATIENCE_NS);
}

static void check_takeover(struct sim *sim, unsigned i, unsigned member, const struct vrrp *before)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_process *process = process_running();
	unsigned mate = !member;
	bool alone = is_in(r, mate, VRRP_STATE_ACTIVE) && !is_mute(process, mate);
	int64_t now_ns = gateway_local_ns(sim, r), at_ns = r->unit.arrived[member].at_ns;

	if (r->leaving.told)
		check_fail(sim, "U", "%s takes over, and leaves", node_name(i));
	if (!(alone && !is_mute(process, member)) &&
	    counts(r, member, is_mute(process, member), before->election.since_ns) &&
	    now_ns + SIM_BEHIND_NS <
		    at_ns + model_down_ns(&r->config, r->unit.arrived[member].interval_cs))
		check_fail(sim, "U", "%s takes over %.3f ms after an advert of IPv%u", node_name(i),
			   (double)(now_ns - at_ns) / SIM_MS, before->config.family);
	if (!alone && !is_mute(process, mate) && !r->unit.arrived[mate].by_muteness &&
	    now_ns + SIM_BEHIND_NS < forbidden_until(r, mate))
		check_fail(sim, "U", "%s takes over while its other family hears an Active",
			   node_name(i));
}

/* ---- steps ---- */

void unit_stepped(struct sim *sim, unsigned i, unsigned member, const struct vrrp *before,
		  const struct vrrp_event *event)
{
	struct sim_gateway *r = &sim->routers[i];
	enum vrrp_state state = member_of(r, member)->election.state;
	bool changes = state != before->election.state;

	if (event->type == VRRP_EVENT_FORGET || event->type == VRRP_EVENT_PRIORITY ||
	    check_made_nothing(&before->election, &member_of(r, member)->election, event))
		unit_unread(sim, i);
	if (changes && member && sim->check.frozen)
		check_fail(sim, sim->check.frozen, "the companion of %s leaves %s without need",
			   node_name(i), vrrp_state_name(before->election.state));
	if (before->election.state == VRRP_STATE_BACKUP && state == VRRP_STATE_ACTIVE)
		check_takeover(sim, i, member, before);
}

void unit_follow(struct sim *sim, unsigned i, const struct vrrp_event *event)
{
	const struct vrrp_election *e = &sim->routers[i].vr.election;
	struct sim_model *m = &sim->check.models[i];

	if (event && event->type == VRRP_EVENT_MISSED)
		m->missed = false;
	if (event && event->type == VRRP_EVENT_CEDE && e->state == VRRP_STATE_ACTIVE)
		check_offer(sim, i);
	m->interval_cs = e->active_interval_cs;
	m->down_ns = e->down_ns;
	m->heard_ns = e->heard_ns;
	m->beat_ns = e->advert_ns;
	m->listens = e->listening;
	m->cedes = e->ceding;
	m->offered_ns = e->offered_ns;
	m->granted = e->late_granted;
	m->ifindex = sim->routers[i].kernel.link.ifindex;
}

bool unit_can_say(const struct sim *sim, const struct sim_gateway *r)
{
	unsigned i = (unsigned)(r - sim->routers);
	const struct vrrp_election *mate = &r->companion.vr.election;
	bool leaves =
		mate->since_ns == r->vr.election.since_ns; /* it was the one that has yielded */

	return !r->unit.together || unit_can_speak(sim, i, 0) ||
	       (leaves && unit_can_speak(sim, i, 1));
}

void unit_inherit(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	if (!r->unit.together || !is_known_mute(sim, i, 0) || r->unit.mate_ns <= r->left_ns)
		return;
	r->left_n++;
	r->left_ns = r->unit.mate_ns;
}

void unit_sent(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	r->unit.mate_ns = sim->now_ns;
	if (!unit_is_mute(sim, i))
		return;
	r->left_n++;
	r->left_ns = sim->now_ns;
	r->adverts_n++;
}

/* ---- the end of a turn ---- */

/* What the host has of both families, and since when the process knows. */
static void look(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_unit *unit = &sim->routers[i].unit;

	for (unsigned n = 0; n < SIM_MEMBERS_OF_UNIT; n++) {
		bool can = unit_can_speak(sim, i, n), mute = is_mute(process, n);

		if (can != unit->can[n] || process != unit->by)
			unit->since_ns[n] = gateway_local_ns(sim, &sim->routers[i]);
		if (mute != unit->mute[n] || process != unit->by)
			unit->known_ns[n] = gateway_local_ns(sim, &sim->routers[i]);
		unit->can[n] = can;
		unit->mute[n] = mute;
	}
	if (process != unit->by)
		unit->begun_ns = gateway_local_ns(sim, &sim->routers[i]);
	unit->by = process;
}

/* What has no address of its own waits for it, unless it has no interface either. */
static bool may_wait(struct sim *sim, unsigned i, unsigned member)
{
	const struct sim_gateway *r = &sim->routers[i];
	int64_t until_ns =
		r->unit.since_ns[member] + PATIENCE_NS + gateway_span(r, sim->latency_ns);

	return !r->unit.can[member] && gateway_local_ns(sim, r) <= until_ns;
}

static void check_faults(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];
	bool any = r->unit.can[0] || r->unit.can[1];
	/* As long as the fault of one may pass, the other one is as it was. */
	bool waits = !any && (may_wait(sim, i, 0) || may_wait(sim, i, 1));

	for (unsigned n = 0; n < SIM_MEMBERS_OF_UNIT; n++) {
		const struct vrrp_election *e = &member_of(r, n)->election;
		bool fault = e->state == VRRP_STATE_FAULT;
		bool mute = any && !r->unit.can[n];

		if (e->state == VRRP_STATE_INITIALIZE && e->reason.code == VRRP_REASON_STOPPED)
			continue;
		if (r->beliefs.fault ? !fault
				     : fault == any && !((waits || may_wait(sim, i, n)) && !fault))
			check_fail(sim, "U", "IPv%u of %s is %s, and it can%s speak",
				   member_of(r, n)->config.family, node_name(i),
				   vrrp_state_name(e->state), any ? "" : "not");
		if (is_mute(process, n) != mute && !r->beliefs.fault && !waits &&
		    !(may_wait(sim, i, n) && mute))
			check_fail(sim, "U", "IPv%u of %s is %smute",
				   member_of(r, n)->config.family, node_name(i),
				   is_mute(process, n) ? "" : "not ");
	}
}

/* The longest time in which a member that came later finds out that nobody else is Active. */
static int64_t patience_ns(const struct sim *sim, const struct sim_gateway *r)
{
	int64_t late_ns = sim->check.interval_max_cs * 10 * SIM_MS +
			  model_skew_ns(&r->config, sim->check.interval_max_cs);

	return model_down_ns(&r->config, sim->check.interval_max_cs) + late_ns +
	       gateway_span(r, sim->latency_ns) + r->stall_ns;
}

/* Both in one state, but for one that has come later, or is mute and hears another Active. */
static void check_same(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	unsigned late = is_in(r, 0, VRRP_STATE_BACKUP) ? 0 : 1;
	int64_t now_ns = gateway_local_ns(sim, r);
	bool same = !is_in(r, late, VRRP_STATE_BACKUP) || !is_in(r, !late, VRRP_STATE_ACTIVE);

	if (same || !r->unit.parted_ns || r->unit.by != process || r->resumed)
		r->unit.parted_ns = same ? 0 : now_ns;
	if (is_mute(process, late) && now_ns < forbidden_until(r, late))
		r->unit.parted_ns = now_ns;
	if (r->leaving.told) /* it takes over from nobody */
		r->unit.parted_ns = now_ns;
	if (!same && now_ns - r->unit.parted_ns > patience_ns(sim, r))
		check_fail(sim, "U", "IPv%u of %s is Backup beside an Active for %.3f ms",
			   member_of(r, late)->config.family, node_name(i),
			   (double)(now_ns - r->unit.parted_ns) / SIM_MS);
}

/* From when on a member waits, whatever it has heard: one that has no say, since that is known. */
static int64_t waits_since(const struct sim_gateway *r, const struct sim_process *process,
			   unsigned member)
{
	int64_t since_ns = member_of(r, member)->election.since_ns;

	int64_t lives_ns = member ? r->companion.lives_ns : r->lives_ns;

	if (is_mute(process, member))
		return r->unit.known_ns[member];
	if (lives_ns > since_ns)
		since_ns = lives_ns;
	return r->unit.heard_ns[member] > since_ns ? r->unit.heard_ns[member] : since_ns;
}

/* On a healthy host silence is noticed. */
static void check_silence(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];
	int64_t first = waits_since(r, process, 0), second = waits_since(r, process, 1);
	int64_t since_ns = first > second ? first : second, healthy = r->healthy_ns;

	if (since_ns < r->unit.begun_ns)
		since_ns = r->unit.begun_ns;

	if (!is_in(r, 0, VRRP_STATE_BACKUP) || !is_in(r, 1, VRRP_STATE_BACKUP) || r->leaving.told)
		return;
	if (gateway_local_at(r, healthy) < since_ns && !r->resumed &&
	    gateway_local_ns(sim, r) > since_ns + patience_ns(sim, r))
		check_fail(sim, "U", "%s hears nobody for %.3f ms and does not take over",
			   node_name(i), (double)(gateway_local_ns(sim, r) - since_ns) / SIM_MS);
}

/* ---- Active on several hosts ---- */

/* Hosts that have Active members: two have, or more. */
static bool is_split(const struct sim *sim)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i];

		n += r->up && (is_in(r, 0, VRRP_STATE_ACTIVE) || is_in(r, 1, VRRP_STATE_ACTIVE));
	}
	return n > 1;
}

/* Whether all have units, whose members can speak and are taken for that. */
static bool is_plain(struct sim *sim)
{
	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i];

		if (!r->unit.together)
			return false;
		if (r->up && !(unit_can_speak(sim, i, 0) && unit_can_speak(sim, i, 1)))
			return false;
		if (r->up && unit_has_mute(sim, i))
			return false;
	}
	return true;
}

/* Adverts of one family do not come through between some hosts, nor does anything else befall
 * anybody: all hear each other in the other family. */
static bool one_family_is_cut(const struct sim *sim)
{
	unsigned families = 0;

	for (unsigned n = 0; n < sim->faults.n; n++) {
		const struct sim_episode *e = &sim->faults.episodes[n];

		if (!e->on || !fault_befalls(e))
			continue;
		if (e->type != SIM_FAULT_FAMILY || fault_of(e) >= SIM_FAMILY_LOSS)
			return false;
		families |= family_of_fault(e) == 6 ? 2 : 1;
	}
	return families == 1 || families == 2;
}

/* The longest time until all have heard the better one, or that a better one is there. */
static int64_t split_ns(const struct sim *sim)
{
	int64_t longest_ns = 0;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct vrrp_config *c = &sim->routers[i].config;
		int64_t down_ns = model_down_ns(c, sim->check.interval_max_cs);

		if (down_ns > longest_ns)
			longest_ns = down_ns;
		/* Longer where one advert alone may be missed. */
		if (model_patience_ns(c) > longest_ns)
			longest_ns = model_patience_ns(c);
	}
	if (one_family_is_cut(sim)) /* a tie is left to the other one for as long */
		longest_ns = 2 * longest_ns + sim->check.interval_max_cs * 10 * SIM_MS;
	return longest_ns + longest_ns / 1000 + 2 * sim->latency_ns + SIM_MS;
}

/* Who begins to speak finds out from then on: what has parted two hosts before counts no more. */
static void watch_plain(struct sim *sim)
{
	if (!is_plain(sim))
		sim->check.plain_ns = 0;
	else if (!sim->check.plain_ns)
		sim->check.plain_ns = sim->now_ns;
}

/* Since when they could have been of one mind. */
static int64_t split_since(struct sim *sim)
{
	int64_t since_ns = sim->check.split_ns;
	int64_t befell_ns = sim->faults.befell_ns + sim->faults.settle_ns;

	watch_plain(sim);
	if ((check_befalls(sim) && !one_family_is_cut(sim)) || !sim->check.plain_ns)
		return sim->now_ns;
	if (sim->faults.befell_ns && befell_ns > since_ns)
		since_ns = befell_ns;
	return sim->check.plain_ns > since_ns ? sim->check.plain_ns : since_ns;
}

void unit_split(struct sim *sim)
{
	int64_t since_ns = split_since(sim);

	sim->check.split_pending = false;
	if (!sim->check.split_ns)
		return;
	if (sim->now_ns > since_ns + split_ns(sim))
		check_fail(sim, "U", "two hosts have Active members for %.3f ms",
			   (double)(sim->now_ns - since_ns) / SIM_MS);
	sim->check.split_pending = true;
	events_push(&sim->events, since_ns + split_ns(sim) + 1, SIM_EVENT_SPLIT, 0, 0);
}

static void watch_split(struct sim *sim)
{
	bool split = is_split(sim), before = sim->check.split_ns;

	watch_plain(sim);
	if (split == before)
		return;
	sim->check.split_ns = split ? sim->now_ns : 0;
	if (split && !sim->check.split_pending)
		unit_split(sim);
}

/* A member is Active that cannot speak, and the other one is none, or cannot either. */
static bool is_voiceless(const struct sim_gateway *r)
{
	for (unsigned n = 0; n < SIM_MEMBERS_OF_UNIT; n++)
		if (is_in(r, n, VRRP_STATE_ACTIVE) && r->unit.can[n])
			return false;
	return true;
}

bool unit_had_voice(const struct sim *sim, unsigned i, int64_t since_ns)
{
	const struct sim_unit *unit = &sim->routers[i].unit;

	return !unit->together || unit->voiceless_ns < since_ns;
}

void unit_turn(struct sim *sim, const struct sim_process *process)
{
	struct sim_gateway *r = &sim->routers[process->router];

	watch_split(sim);
	if (!r->unit.together || !process_router(process))
		return;
	check_same(sim, process);
	look(sim, process);
	check_silence(sim, process);
	if (is_voiceless(r))
		r->unit.voiceless_ns = sim->now_ns;
	if (!check_in_trouble(sim, process->router))
		check_faults(sim, process);
}

/* ---- when the faults are over ---- */

static bool is_in_service(const struct sim *sim, unsigned i, unsigned member)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (!r->up || (member && !r->companion.there))
		return false;
	if (r->beliefs.fault && (!member || r->unit.together))
		return false;
	if (!r->unit.together) /* the file may lose one of them alone */
		return unit_can_speak(sim, i, member) && (member || !r->conf.absent);
	if (r->conf.absent)
		return false;
	return unit_can_speak(sim, i, 0) || unit_can_speak(sim, i, 1);
}

/* What a component has of one family. */
struct census {
	unsigned able_n, active_n;
	int active; /* one of them, or SIM_NOBODY */
};

static struct census count(const struct sim *sim, unsigned group, unsigned member)
{
	struct census census = { .active = SIM_NOBODY };

	for (unsigned i = 0; i < sim->routers_n; i++) {
		if (!gateway_is_among(sim, i, group) || !is_in_service(sim, i, member))
			continue;
		census.able_n++;
		if (!is_in(&sim->routers[i], member, VRRP_STATE_ACTIVE))
			continue;
		census.active_n++;
		census.active = (int)i;
	}
	return census;
}

/* Of the hosts of a component. */
struct kinds {
	bool units; /* all have units, */
	bool plain; /* that speak in both families */
};

static struct kinds kinds_of(const struct sim *sim, unsigned group)
{
	struct kinds kinds = { true, true };

	for (unsigned i = 0; i < sim->routers_n; i++) {
		if (!gateway_is_among(sim, i, group) ||
		    !(is_in_service(sim, i, 0) || is_in_service(sim, i, 1)))
			continue;
		kinds.units &= sim->routers[i].unit.together;
		kinds.plain &= sim->routers[i].unit.together && unit_can_speak(sim, i, 0) &&
			       unit_can_speak(sim, i, 1);
	}
	return kinds;
}

/* Where a unit hears somebody who is Active in one family alone it leaves the other one, too. */
static bool is_served(struct census first, struct census second, struct kinds kinds)
{
	unsigned able_n = first.able_n + second.able_n;

	if (first.active_n > 1 || second.active_n > 1)
		return false;
	if (!kinds.units)
		return !able_n || first.active_n || second.active_n;
	return !able_n || (first.active_n && second.active_n);
}

/* Nobody who could and would take over from @active is there. */
static void check_best(struct sim *sim, unsigned active)
{
	unsigned priority = sim->routers[active].config.priority;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i];

		if (is_in_service(sim, i, 0) &&
		    gateway_is_among(sim, i, sim->faults.group[active]) &&
		    r->config.priority > priority && !model_defers(&r->config, priority))
			check_fail(sim, "U", "%s is Active and not %s", node_name(active),
				   node_name(i));
	}
}

void unit_converged(struct sim *sim)
{
	for (unsigned group = 0; group < SIM_GROUPS; group++) {
		struct census first = count(sim, group, 0), second = count(sim, group, 1);
		struct kinds kinds = kinds_of(sim, group);

		if (!is_served(first, second, kinds))
			check_fail(sim, "U", "%u and %u are Active in both families among %u",
				   first.active_n, second.active_n, first.able_n);
		if (kinds.plain && first.active != second.active)
			check_fail(sim, "U", "one family is Active on %s and the other one on %s",
				   first.active < 0 ? "none" : node_name((unsigned)first.active),
				   second.active < 0 ? "none" : node_name((unsigned)second.active));
		if (kinds.plain && first.active >= 0)
			check_best(sim, (unsigned)first.active);
	}
}

int64_t unit_late_ns(const struct sim *sim, int64_t down_ns)
{
	if (!sim->units)
		return 0;
	/* Muteness, a tie that the first family cannot decide, and one who came later. */
	return PATIENCE_NS + 3 * down_ns + 2 * sim->check.interval_max_cs * 10 * SIM_MS;
}
