/* SPDX-License-Identifier: MIT */
#include "sim_check.h"
#include "sim_check_leave.h"

#include <stdarg.h>
#include <string.h>

#include "sim.h"

void check_fail(struct sim *sim, const char *property, const char *format, ...)
{
	struct sim_check *check = &sim->check;
	va_list args;

	if (check->failed || (check->ignored && strstr(check->ignored, property)))
		return;
	check->failed = property;
	va_start(args, format);
	vsnprintf(check->message, sizeof(check->message), format, args);
	va_end(args);
	trace(sim, "%s FAILS: %s", property, check->message);
}

/* What comes twice, or was overtaken, is a replay to whoever judges by signatures. */
static bool is_overtaken(const struct sim *sim, const struct sim_packet *packet,
			 const struct sim_mark *marks)
{
	return sim->signs && auth_is_overtaken(marks, packet);
}

/* @arrival_ns: CLOCK_REALTIME of the receiver. */
static bool is_stale(const struct sim *sim, const struct sim_packet *packet, int64_t arrival_ns)
{
	return sim->signs && auth_is_stale(sim, packet, arrival_ns);
}

void check_start(struct sim *sim, unsigned i)
{
	model_start(sim, i);
	sim->routers[i].fed = 0;
	sim->check.equal_ns[i] = 0;
	sim->check.arrived[i].at_ns = INT64_MIN / 2;
}

void check_arrival(struct sim *sim, unsigned i, const struct sim_packet *packet, int64_t at_ns)
{
	const struct sim_gateway *r = &sim->routers[i];

	bool echo = family_same(packet->source, r->vr.election.source); /* of both hosts */

	if (packet->type != SIM_PACKET_ADVERT || echo ||
	    is_overtaken(sim, packet, sim->check.heard[i].arrived) ||
	    is_stale(sim, packet, gateway_real_at(at_ns)))
		return;
	unit_arrival(sim, i, 0, packet, at_ns);
	auth_mark(sim->check.heard[i].arrived, packet);
	if (packet->priority && model_defers(&r->config, packet->priority)) {
		sim->check.arrived[i].at_ns = at_ns;
		sim->check.arrived[i].interval_cs = packet->interval_cs;
	} else if (!packet->priority || r->config.preempt_delay_ns || r->conf.damping.changes) {
		/* Who leaves forbids nothing; who is tolerated for a while is the model's affair.
		 */
		sim->check.arrived[i].at_ns = INT64_MIN / 2;
	}
}

/* ---- what is read ---- */

uint64_t check_accounted(const struct vrrp *vr)
{
	uint64_t sum = vr->counters.adverts_received;

	for (unsigned n = 0; n < VRRP_REJECT_COUNT; n++)
		sum += vr->counters.rejected[n];
	return sum;
}

static uint64_t counted(const struct sim_process *process)
{
	const struct router *router = process_router(process);
	uint64_t sum = router ? check_accounted(&router->vr) : 0;

	for (unsigned n = 0; n < VRRP_REJECT_COUNT; n++)
		sum += process->strays->rejected[n];
	return sum;
}

void check_read_begin(struct sim *sim, const struct sim_process *process, unsigned slot,
		      const struct kern_packet *packet)
{
	const struct router *router = process_router(process);
	const struct sim_link *link = &sim->routers[process->router].kernel.link;
	struct sim_reading *reading = &sim->check.reading;

	reading->packet = &sim->net.packets[slot];
	reading->arrival_ns = packet->arrival_ns;
	reading->stale = !link->exists || packet->ifindex != link->ifindex;
	reading->counted = counted(process);
	if (router)
		reading->before = router->vr;
}

void check_read_end(struct sim *sim, const struct sim_process *process)
{
	const struct sim_gateway *r = &sim->routers[process->router];
	struct sim_reading *reading = &sim->check.reading;
	uint64_t n = counted(process) - reading->counted;
	bool skips = r->reloading && reading->arrival_ns <= process->frozen_real_ns;
	/* One that was told to make room as soon as it went on had not heard all the others had. */
	bool unheard = reading->arrival_ns <=
		       gateway_real_at(gateway_local_at(r, r->keeper.frozen_opened_ns));
	bool again = r->reloading && reading->packet->counted && !process->conf.absent;

	/* What cannot be an advert waits in another socket, whose reader is not so exact. */
	if (n > 1 || (n == 1 && again && reading->packet->type == SIM_PACKET_ADVERT))
		check_fail(sim, "P11", "%s counts a packet twice", node_name(process->router));
	if (n == 0 &&
	    !(skips && (again || unheard || reading->packet->lost || process->follows_absent)))
		check_fail(sim, "P11", "%s does not count a packet", node_name(process->router));
	reading->packet->counted = true;
	reading->packet = NULL;
}

static void check_accounts(struct sim *sim, unsigned i, const struct vrrp *vr)
{
	const struct sim_gateway *r = &sim->routers[i];
	uint64_t sum = check_accounted(vr);

	if (sum != r->fed)
		check_fail(sim, "P11", "%s got %llu packets and counted %llu", node_name(i),
			   (unsigned long long)r->fed, (unsigned long long)sum);
}

static void check_says(struct sim *sim, unsigned i, const struct sim_packet *packet,
		       const struct vrrp_advert *advert)
{
	const struct sim_gateway *from = &sim->routers[packet->from];
	size_t len = family_of(advert->family)->address_len;
	bool right = advert->priority == packet->priority &&
		     advert->interval_cs == packet->interval_cs &&
		     advert->version == from->config.version &&
		     (advert->version == 2 || advert->family == 6 ||
		      advert->checksum == from->config.checksum) &&
		     family_same(advert->source, packet->source) &&
		     advert->addresses_n == from->addresses_n;

	for (unsigned k = 0; right && k < from->addresses_n; k++)
		right = family_virtual_number(advert->family, advert->addresses + len * k) == k;
	if (!right)
		check_fail(sim, "P11", "%s read another advert than %s sent", node_name(i),
			   node_name(packet->from));
}

static bool only_counters_differ(const struct vrrp *before, const struct vrrp *after)
{
	struct vrrp copy = *after;

	copy.counters = before->counters;
	return memcmp(before, &copy, sizeof(copy)) == 0;
}

/* Hosts without an address of their own speak from a virtual one that somebody has added. */
static bool speaks_alike(const struct sim_packet *packet, const struct vrrp *vr)
{
	return packet->type == SIM_PACKET_ADVERT &&
	       memcmp(packet->source, vr->election.source, sizeof(packet->source)) == 0;
}

void check_receive(struct sim *sim, unsigned i, const struct vrrp *vr, enum vrrp_reject reject,
		   const struct vrrp_advert *advert)
{
	struct sim_gateway *r = &sim->routers[i];
	const struct sim_reading *reading = &sim->check.reading;
	const struct sim_packet *packet = reading->packet;
	bool twin = vr && speaks_alike(packet, vr);
	struct sim_mark *accepted = sim->check.heard[i].accepted;
	bool replay = packet->type == SIM_PACKET_ADVERT && vr && !twin &&
		      is_overtaken(sim, packet, accepted);
	bool stale = packet->type == SIM_PACKET_ADVERT && vr &&
		     is_stale(sim, packet, reading->arrival_ns);
	bool good = packet->type == SIM_PACKET_ADVERT && !twin && !replay && !stale;
	int64_t *heard_ns = &sim->check.heard_sent_ns[i][packet->from];

	vr ? r->fed++ : r->foreign++;
	if (!vr && (reading->stale || r->conf.absent || check_in_trouble(sim, i)))
		return;
	if (good != (reject == VRRP_ACCEPT) ||
	    (twin && !stale && reject != VRRP_REJECT_OWN_SOURCE) ||
	    (stale && reject != VRRP_REJECT_HMAC_STALE) ||
	    (replay && !stale && reject != VRRP_REJECT_HMAC_REPLAY) ||
	    (packet->type == SIM_PACKET_JUNK && reject != packet->expect))
		check_fail(sim, "P11", "%s judged a packet \"%s\", not \"%s\"", node_name(i),
			   vrrp_reject_name(reject),
			   good     ? "accepted"
			   : stale  ? "hmac_stale"
			   : replay ? "hmac_replay"
				    : vrrp_reject_name(packet->expect));
	if (!vr)
		return;
	if (!only_counters_differ(&reading->before, vr))
		check_fail(sim, "P11", "receiving a packet changed the state of %s", node_name(i));
	check_accounts(sim, i, vr);
	if (!good)
		return;
	auth_mark(accepted, packet);
	if (packet->priority == 1 && !advert->is_last_word) {
		r->drain.equal = true;
		sim->check.equal_ns[i] = gateway_local_ns(sim, r);
	}
	trace_packet(sim, "%s reads advert of %s, priority %u", node_name(i),
		     node_name(packet->from), packet->priority);
	check_says(sim, i, packet, advert);
	if (*heard_ns < packet->sent_ns)
		*heard_ns = packet->sent_ns;
}

void check_missed(struct sim *sim, unsigned i)
{
	sim->check.models[i].missed = true;
}

/* One letter per action: Claim, Release, Advert, Leave (an advert of priority 0), anNounce, Hand
 * over.
 */
static void spell(const struct vrrp_output *out, char *ret_letters)
{
	static const char letters[] = {
		[VRRP_ACTION_CLAIM] = 'C',  [VRRP_ACTION_RELEASE] = 'R',
		[VRRP_ACTION_ADVERT] = 'A', [VRRP_ACTION_ANNOUNCE] = 'N',
		[VRRP_ACTION_STATE] = 'S',  [VRRP_ACTION_DEAF] = 'd',
		[VRRP_ACTION_HEARS] = 'h',  [VRRP_ACTION_HAND_OVER] = 'H',
	};

	for (unsigned i = 0; i < out->actions_n; i++) {
		const struct vrrp_action *action = &out->actions[i];
		bool leave = action->type == VRRP_ACTION_ADVERT && !action->priority;

		*ret_letters++ = leave ? 'L' : letters[action->type];
	}
	*ret_letters = 0;
}

/* Whether somebody comes for the addresses who may not have them yet. */
static bool hands_over(const struct sim_gateway *r)
{
	enum vrrp_reason_code code = r->vr.election.reason.code;

	return r->config.overlap && (code == VRRP_REASON_HIGHER || code == VRRP_REASON_CEDED ||
				     code == VRRP_REASON_TOGETHER);
}

/* The answers that there are: P3 in one table. */
static bool answer_is_legal(enum vrrp_event_type event, enum vrrp_state from, enum vrrp_state to,
			    bool preempts, bool overlaps, const char *letters)
{
	bool was = from == VRRP_STATE_ACTIVE, is = to == VRRP_STATE_ACTIVE;

	if (!was && is)
		return strcmp(letters, preempts ? "CANS" : "ACNS") == 0;
	if (was && event == VRRP_EVENT_GIVE_WAY)
		return strcmp(letters, overlaps ? "LHAS" : "RLS") == 0;
	if (was && to == VRRP_STATE_BACKUP && overlaps)
		return strcmp(letters, "HAS") == 0 || strcmp(letters, "HLS") == 0;
	if (was && to == VRRP_STATE_BACKUP)
		return strcmp(letters, "RAS") == 0 || strcmp(letters, "RLS") == 0;
	if (was && !is)
		return strcmp(letters, "RLS") == 0;
	if (was && event == VRRP_EVENT_CEDE)
		return strcmp(letters, "") == 0 || strcmp(letters, "L") == 0;
	if (was)
		return strcmp(letters, "") == 0 || strcmp(letters, "A") == 0 ||
		       strcmp(letters, "N") == 0 || strcmp(letters, "AN") == 0;
	return strcmp(letters, "S") == 0 || (from == to && strcmp(letters, "") == 0);
}

bool check_made_nothing(const struct vrrp_election *before, const struct vrrp_election *after,
			const struct vrrp_event *event)
{
	return (event->type == VRRP_EVENT_ADVERT || event->type == VRRP_EVENT_DEFER) &&
	       event->advert->priority && before->state == VRRP_STATE_BACKUP &&
	       after->state == VRRP_STATE_BACKUP && after->heard_ns == before->heard_ns &&
	       !(after->lower_heard && family_same(after->lower_source, event->advert->source));
}

/* One that offers to leave has read what may be a last word: nobody has come by it. */
static bool asks_again(const struct vrrp *before, const struct vrrp *vr,
		       const struct vrrp_event *event, const char *letters)
{
	return event->type == VRRP_EVENT_ADVERT && before->election.ceding && vr->election.ceding &&
	       event->advert->priority == 1 && strcmp(letters, "L") == 0;
}

static void check_actions(struct sim *sim, unsigned i, const struct vrrp *before,
			  const struct vrrp_event *event, const struct vrrp_output *out)
{
	const struct sim_gateway *r = &sim->routers[i];
	char letters[VRRP_ACTIONS_MAX + 1];
	bool was_active = before->election.state == VRRP_STATE_ACTIVE;
	unsigned priority = r->config.priority;
	bool preempts = event->type == VRRP_EVENT_LEAD
				? event->served
				: r->vr.election.reason.code == VRRP_REASON_PREEMPT;

	if (was_active && r->vr.election.state == VRRP_STATE_BACKUP &&
	    (event->type == VRRP_EVENT_GIVE_WAY ||
	     (event->type == VRRP_EVENT_ADVERT && priority < VRRP_PRIORITY_OWNER)))
		priority = 1; /* who comes is to announce once more, and stay */
	spell(out, letters);
	if (priority == 1 && strcmp(letters, "HLS") == 0 && event->type == VRRP_EVENT_ADVERT &&
	    event->advert->priority > 1)
		check_fail(sim, "P3", "%s does not say that its successor is heard", node_name(i));
	if (!asks_again(before, &r->vr, event, letters) &&
	    !answer_is_legal(event->type, before->election.state, r->vr.election.state, preempts,
			     hands_over(r), letters))
		check_fail(sim, "P3", "%s does \"%s\" on the way from %s to %s", node_name(i),
			   letters, vrrp_state_name(before->election.state),
			   vrrp_state_name(r->vr.election.state));
	for (unsigned n = 0; n < out->actions_n; n++)
		if (out->actions[n].type == VRRP_ACTION_ADVERT && out->actions[n].priority &&
		    out->actions[n].priority != priority)
			check_fail(sim, "P3", "%s sends a wrong priority", node_name(i));
}

/* An answer to a contest may not become a storm, however many weak adverts come at once. */
static void check_contest(struct sim *sim, unsigned i, const struct vrrp_event *event,
			  const struct vrrp_output *out)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t *slot = &r->answers_ns[r->answers_n % SIM_ANSWERS_MAX];
	int64_t last = r->answers_n ? r->answers_ns[(r->answers_n - 1) % SIM_ANSWERS_MAX] : -1;

	if (event->type != VRRP_EVENT_ADVERT)
		return;
	r->provoked_ns = sim->now_ns;
	if (!out->actions_n || last == sim->now_ns)
		return;
	if (r->answers_n >= SIM_ANSWERS_MAX && sim->now_ns - *slot < SIM_S)
		check_fail(sim, "storm", "%s answers for the 11th time within %.3f ms",
			   node_name(i), (double)(sim->now_ns - *slot) / SIM_MS);
	*slot = sim->now_ns;
	r->answers_n++;
}

/*
 * P9: the takeover of a Backup against what its host had received, read or not. Neither earlier
 * nor, on a healthy host, later: the timer starts when an advert arrives, not when it is read. One
 * that has handed over takes announcements for adverts, as of when it reads them.
 */
static void check_takeover(struct sim *sim, unsigned i, const struct vrrp *before)
{
	const struct sim_gateway *r = &sim->routers[i];
	int64_t at = sim->check.arrived[i].at_ns, now = gateway_local_ns(sim, r);
	unsigned interval_cs = sim->check.arrived[i].interval_cs;
	int64_t down = model_down_ns(&r->config, interval_cs), late = now - at - down;
	int64_t lives = sim->check.models[i].lives_ns;
	int64_t healthy = gateway_local_at(r, r->healthy_ns);

	if (at < before->election.since_ns)
		return;
	if (late < -SIM_BEHIND_NS)
		check_fail(sim, "P9", "%s takes over %.3f ms after an advert arrived", node_name(i),
			   (double)(now - at) / SIM_MS);
	if (lives > at)
		late = now - lives - down;
	if (late > gateway_span(r, sim->latency_ns) + 1 && healthy < at &&
	    !sim->check.models[i].granted)
		check_fail(sim, "timing", "%s takes over %.3f ms late", node_name(i),
			   (double)late / SIM_MS);
}

static void watch_pair(struct sim *sim, unsigned x, unsigned y, int64_t at_ns)
{
	if (sim->check.pair_pending[x][y])
		return;
	sim->check.pair_pending[x][y] = true;
	events_push(&sim->events, at_ns, SIM_EVENT_PAIR, x, y);
}

static void watch_rivals(struct sim *sim, unsigned i)
{
	for (unsigned x = 0; x < sim->routers_n && !sim->units; x++)
		if (x != i && gateway_is_active(&sim->routers[x]))
			watch_pair(sim, x < i ? x : i, x < i ? i : x, sim->now_ns);
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

bool check_astray(const struct sim *sim, unsigned i)
{
	const struct sim_kernel *kernel = &sim->routers[i].kernel;

	return check_in_trouble(sim, i) && kernel->link_ns >= kernel->trouble_begin_ns;
}

/* So long one doubts what may have been under way. */
#define ROUND_TRIP_NS (SIM_S / 5)

/* Since when the better of two Actives had the means to be heard by the other one. */
static int64_t rivals_since(const struct sim *sim, unsigned better, unsigned worse)
{
	const struct sim_gateway *b = &sim->routers[better], *w = &sim->routers[worse];
	const struct sim_path *path = &sim->net.paths[better][worse];
	int64_t since = later(later(b->active_ns, w->active_ns), path->healthy_ns);

	if (path->cut || !gateway_runs(sim, better) || !gateway_runs(sim, worse) ||
	    family_same(b->vr.election.source, w->vr.election.source) ||
	    check_astray(sim, better) || check_astray(sim, worse) ||
	    sim->check.models[better].listens || sim->check.models[better].cedes ||
	    (sim->unicast && !(gateway_can_serve(b) && gateway_can_serve(w))))
		return sim->now_ns;
	since = later(since, later(b->ranked_ns, w->ranked_ns));
	since = later(since, sim->check.models[worse].asked_ns);
	return later(since, later(b->healthy_ns, w->healthy_ns));
}

/* How long it may take from then on; see P1 in the header. */
static int64_t rivals_allowed(const struct sim *sim, unsigned better, unsigned worse, int64_t since)
{
	const struct sim_gateway *b = &sim->routers[better];
	const struct sim_path *there = &sim->net.paths[better][worse];
	const struct sim_path *back = &sim->net.paths[worse][better];
	int64_t news = there->delay_ns + sim->latency_ns;
	int64_t interval;

	if (since == b->active_ns)
		return news;
	if (since == sim->routers[worse].active_ns && back->healthy_ns <= since && !back->cut &&
	    b->provoked_ns < since - SIM_S)
		return news + back->delay_ns + sim->latency_ns;
	if (since == sim->check.models[worse].asked_ns)
		news += ROUND_TRIP_NS;
	interval = b->config.interval_cs * 10 * SIM_MS;
	return news + interval + interval * SIM_DRIFT_PPM / 1000000 + sim->latency_ns;
}

void check_pair(struct sim *sim, unsigned x, unsigned y)
{
	unsigned better = model_beats(sim, x, y) ? x : y, worse = better == x ? y : x;
	int64_t since, until;

	sim->check.pair_pending[x][y] = false;
	if (!gateway_is_active(&sim->routers[x]) || !gateway_is_active(&sim->routers[y]))
		return;
	since = rivals_since(sim, better, worse);
	until = since + rivals_allowed(sim, better, worse, since);
	if (sim->now_ns <= until)
		watch_pair(sim, x, y, until + 1);
	else
		check_fail(sim, "P1", "%s and %s are both Active, and could know for %.3f ms",
			   node_name(better), node_name(worse),
			   (double)(sim->now_ns - since) / SIM_MS);
}

/* No event before the previous one, and none that has yet to come. */
static void check_time(struct sim *sim, unsigned i, const struct vrrp_event *event)
{
	struct sim_gateway *r = &sim->routers[i];

	bool ignored = r->vr.election.state == VRRP_STATE_FAULT; /* what comes in a fault */

	if ((event->now_ns < r->last_ns && !ignored) || event->now_ns > gateway_local_ns(sim, r))
		check_fail(sim, "timing", "%s tells the core of another time", node_name(i));
	r->last_ns = event->now_ns;
}

/* A vipd that could not start while the kernel had trouble does, and becomes a Backup. */
static bool is_start(const struct sim *sim, unsigned i, const struct vrrp *before)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_process *process = r->keeper.children[SUCCESSION_CURRENT].process;

	return check_in_trouble(sim, i) && before->election.state == VRRP_STATE_INITIALIZE &&
	       r->vr.election.state == VRRP_STATE_BACKUP && process &&
	       process->kind == SUCCESSION_KIND_FIRST;
}

/* Whether last words would leave. */
static bool can_say(const struct sim *sim, const struct sim_gateway *r)
{
	return kernel_can_talk(&r->kernel) && !(r->kernel.trouble & SIM_TROUBLE_FRAMES) &&
	       !(sim->unicast && !gateway_can_serve(r)) && unit_can_say(sim, r);
}

void check_step(struct sim *sim, unsigned i, const struct vrrp *before,
		const struct vrrp_event *event, const struct vrrp_output *out)
{
	const struct sim_gateway *r = &sim->routers[i];
	bool was = before->election.state == VRRP_STATE_ACTIVE,
	     is = r->vr.election.state == VRRP_STATE_ACTIVE;

	if (sim->check.frozen && r->vr.election.state != before->election.state &&
	    !is_start(sim, i, before))
		check_fail(sim, sim->check.frozen, "%s leaves %s without need", node_name(i),
			   vrrp_state_name(before->election.state));
	check_time(sim, i, event);
	check_actions(sim, i, before, event, out);
	sim->check.models[i].held_ns = check_held_until(sim, i, before->election.state);
	check_decided(sim, i, out);
	if (r->unit.together) {
		unit_follow(sim, i, event);
	} else {
		if (before->election.state == VRRP_STATE_BACKUP && is)
			check_takeover(sim, i, before);
		model_step(sim, i, before, event, out);
	}
	/* What lasts of a mate's fault ends with that one, behind this. */
	if (before->election.state == VRRP_STATE_FAULT && event->type == VRRP_EVENT_STARTUP &&
	    !(r->unit.together && r->companion.vr.election.state == VRRP_STATE_FAULT))
		check_recovery(sim, i);
	if (!was && is) {
		sim->routers[i].answers_n = 0;
		watch_rivals(sim, i);
	}
	if (was && !is) { /* nobody hears the last words when the interface is gone */
		sim->check.silent_ns[i] =
			can_say(sim, r) && !r->yield.word_due ? sim->now_ns : INT64_MIN;
		sim->check.by_mate[i] = unit_is_mute(sim, i);
	}
	if (was && is)
		check_contest(sim, i, event, out);
}

static int component_active(const struct sim *sim, unsigned group, unsigned *ret_n)
{
	int active = SIM_NOBODY;

	*ret_n = 0;
	for (unsigned i = 0; i < sim->routers_n; i++) {
		if (!gateway_is_active(&sim->routers[i]) || !gateway_is_among(sim, i, group))
			continue;
		active = (int)i;
		++*ret_n;
	}
	return active;
}

/* Nobody who could and would take over from @active is in its component. */
static void check_best(struct sim *sim, unsigned active)
{
	unsigned priority = sim->routers[active].config.priority;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i];

		if (gateway_in_service(r) && gateway_is_among(sim, i, sim->faults.group[active]) &&
		    r->config.priority > priority && !model_defers(&r->config, priority))
			check_fail(sim, "P2", "%s is Active and not %s", node_name(active),
				   node_name(i));
	}
}

static unsigned component_size(const struct sim *sim, unsigned group)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sim->routers_n; i++)
		n += gateway_in_service(&sim->routers[i]) && gateway_is_among(sim, i, group);
	return n;
}

static void check_alone(struct sim *sim)
{
	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i];

		if (gateway_in_service(r) && gateway_is_let_alone(r) && !gateway_is_active(r))
			check_fail(sim, "P2", "%s is alone, and not Active", node_name(i));
	}
}

void check_converged(struct sim *sim)
{
	if (sim->units) {
		unit_converged(sim);
		return;
	}
	check_alone(sim);
	for (unsigned group = 0; group < SIM_GROUPS; group++) {
		unsigned n, size = component_size(sim, group);
		int active = component_active(sim, group, &n);

		if (n != (size ? 1 : 0))
			check_fail(sim, "P2", "%u Actives among %u routers that hear each other", n,
				   size);
		if (active != SIM_NOBODY)
			check_best(sim, (unsigned)active);
	}
}

static bool host_is_excused(const struct sim *sim, const struct sim_neighbour *of, unsigned active)
{
	int64_t silent_ns = sim->check.silent_ns[of->cache];

	/* What one family says of both only a unit takes for that. */
	if (sim->check.by_mate[of->cache] && !sim->routers[active].unit.together)
		silent_ns = INT64_MIN;
	if (of->lost_ns[active] >= of->cache_sent_ns || of->heard_ns[active] >= of->cache_sent_ns)
		return true;
	return sim->check.heard_sent_ns[active][of->cache] < of->cache_sent_ns &&
	       sim->net.paths[of->cache][active].healthy_ns > silent_ns;
}

/* Return: whether an excuse was needed. */
static bool check_ping(struct sim *sim, unsigned h, unsigned active, unsigned k, bool excuses)
{
	const struct sim_neighbour *of = &sim->hosts[h].of[k];

	if (!sim->routers[active].kernel.table[k].present || of->cache == SIM_NOBODY ||
	    of->cache == (int)active)
		return false;
	if (excuses && host_is_excused(sim, of, active))
		return true;
	check_fail(sim, "P4", "%s sends to %s for address %u while %s is Active",
		   node_name(SIM_ROUTERS_MAX + h), node_name((unsigned)of->cache), k,
		   node_name(active));
	return false;
}

static bool check_host(struct sim *sim, unsigned h, bool excuses)
{
	unsigned n;
	int active = component_active(sim, sim->faults.group[SIM_ROUTERS_MAX + h], &n);
	bool excused = false;

	for (unsigned k = 0; active != SIM_NOBODY && k < sim->routers[active].addresses_n; k++)
		excused |= check_ping(sim, h, (unsigned)active, k, excuses);
	return excused;
}

bool check_hosts(struct sim *sim, bool excuses)
{
	bool excused = false;

	for (unsigned h = 0; h < sim->hosts_n; h++)
		excused |= check_host(sim, h, excuses);
	return excused;
}
