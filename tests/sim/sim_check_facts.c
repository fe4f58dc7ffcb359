/* SPDX-License-Identifier: MIT */
/* What routers make of checks (P21); the list of properties is in sim_check.h. */
#include "agent/router/track.h"
#include "sim.h"
#include "vrrp/timers.h"

#define LAST     1
#define HIGHEST  254
#define LOOK_NS  (250 * SIM_MS)  /* silence is noticed, and its end, so much later at most */
#define GRACE_NS (1250 * SIM_MS) /* and by who stood still, who looks once more */
#define LATE_NS  (100 * SIM_MS)  /* who comes no later stood not */
#define STALE_NS SIM_S
#define START_NS SIM_S        /* a checker may take so long to start */
#define AGAIN_NS (10 * SIM_S) /* so long it is content with having asked for a checker */

/* ---- what is believed ---- */

static const struct facts_check *fact_of(const struct sim_process *process, unsigned id)
{
	for (unsigned n = 0; n < process->conf.checks.n; n++)
		if (process->conf.checks.of[n].id == id)
			return &routers_facts(process->routers)->all[n];
	return NULL;
}

/* As of now, while its process runs; or NULL. */
static const struct facts_check *fact_now(unsigned i, unsigned id)
{
	const struct sim_process *process = process_running();

	if (process && process->router == i && process->routers && !process->conf.absent)
		return fact_of(process, id);
	return NULL;
}

/* As of now while its process runs, and of the last turn otherwise. */
static enum board_value belief(const struct sim *sim, unsigned i, unsigned id)
{
	const struct facts_check *fact = fact_now(i, id);

	return fact ? fact->value : sim->routers[i].beliefs.value[id];
}

/* Whether a check counts as when all is well, since its router was Active when a process went on
 * that knows no answer of it yet. */
static bool is_presumed(const struct sim *sim, unsigned i, unsigned id)
{
	const struct facts_check *fact = fact_now(i, id);

	return sim->routers[i].beliefs.presumed >> id & 1 && belief(sim, i, id) == BOARD_UNKNOWN &&
	       !(fact && fact->overdue);
}

static bool is_bad(const struct sim_tracked *check, enum board_value value)
{
	return (value == BOARD_DOWN) != check->reverse;
}

unsigned checks_priority(const struct sim *sim, unsigned i, const struct sim_conf *conf)
{
	const struct sim_checks *checks = &conf->checks;
	int sum = conf->vrrp.priority;
	bool lacking = false;

	for (unsigned n = 0; n < checks->n; n++) {
		const struct sim_tracked *check = &checks->of[n];
		enum board_value value = belief(sim, i, check->id);
		bool counts = is_presumed(sim, i, check->id)
				      ? check->weight > 0
				      : value != BOARD_UNKNOWN &&
						is_bad(check, value) == (check->weight < 0);

		lacking |=
			sim->routers[i].beliefs.lacking >> check->id & 1 && value == BOARD_UNKNOWN;
		sum += counts ? check->weight : 0;
	}
	if (conf->vrrp.priority == VRRP_PRIORITY_OWNER)
		return VRRP_PRIORITY_OWNER;
	return lacking || sum < LAST ? LAST : sum > HIGHEST ? HIGHEST : (unsigned)sum;
}

/* ---- who begins ---- */

static int64_t first_ns(const struct sim_tracked *check)
{
	return START_NS + (check->interval_ms + check->timeout_ms) * SIM_MS;
}

static bool is_active(const struct sim_gateway *r)
{
	return r->vr.election.state == VRRP_STATE_ACTIVE ||
	       (r->unit.together && r->companion.vr.election.state == VRRP_STATE_ACTIVE);
}

/* Whoever follows one that lacks an answer lacks all that it does not know; and who follows an
 * Active that lacks none presumes the best of what it does not. */
void check_facts_go(struct sim *sim, unsigned i, bool follows)
{
	struct sim_gateway *r = &sim->routers[i];

	r->beliefs.began_ns = gateway_local_ns(sim, r);
	r->beliefs.asked_ns = 0;
	r->beliefs.lacking = follows && r->beliefs.lacking ? UINT8_MAX : 0;
	r->beliefs.presumed = follows && is_active(r) && !r->beliefs.unanswered ? UINT8_MAX : 0;
}

bool check_facts_silent(const struct sim_gateway *r)
{
	bool silent = false;

	for (unsigned n = 0; !r->conf.absent && n < r->conf.checks.n; n++)
		silent |= r->beliefs.overdue[r->conf.checks.of[n].id];
	return silent;
}

void check_facts_begin(struct sim *sim, unsigned i, const struct vrrp *before)
{
	struct sim_gateway *r = &sim->routers[i];
	const struct sim_checks *checks = &r->conf.checks;
	int64_t waits_ns = gateway_local_ns(sim, r) - r->beliefs.began_ns;

	if (!is_active(r))
		r->beliefs.presumed = 0;
	for (unsigned n = 0; n < checks->n; n++) {
		const struct sim_tracked *check = &checks->of[n];

		if (belief(sim, i, check->id) != BOARD_UNKNOWN || is_presumed(sim, i, check->id))
			continue;
		r->beliefs.lacking |= (uint8_t)(1u << check->id);
		if (before->election.state == VRRP_STATE_INITIALIZE && waits_ns < first_ns(check))
			check_fail(sim, "P21", "%s begins after %.3f ms, and c%u has not answered",
				   node_name(i), (double)waits_ns / SIM_MS, check->id + 1);
	}
}

/* ---- the end of a turn ---- */

/* As the board has it now. */
static struct fact found_of(const struct sim_checker *checker, unsigned id)
{
	char name[CHECK_NAME_SIZE] = { 'c', (char)('1' + id) };
	uint32_t place = board_find(checker->board, name);
	struct fact fact = { 0 };

	if (place != BOARD_NONE && !board_get(checker->board, place, &fact))
		fact.answered_ns = 0;
	return fact;
}

/* When silence counts, if nothing comes. */
static int64_t due_ns(const struct sim_gateway *r, const struct sim_tracked *check,
		      const struct fact *found)
{
	int64_t stale_ns = (3 * check->interval_ms + check->timeout_ms) * SIM_MS;
	int64_t answered_ns = found->answered_ns;
	int64_t due_ns = r->beliefs.began_ns + first_ns(check);
	bool anew = found->value != BOARD_UNKNOWN && found->in_row == 0;

	if (!answered_ns)
		return due_ns;
	stale_ns = stale_ns < STALE_NS ? STALE_NS : stale_ns;
	stale_ns = answered_ns + (anew && stale_ns < first_ns(check) ? first_ns(check) : stale_ns);
	return answered_ns < r->beliefs.began_ns && due_ns > stale_ns ? due_ns : stale_ns;
}

/* How much later it is noticed. */
static int64_t slack_ns(const struct sim *sim, const struct sim_gateway *r)
{
	return LOOK_NS + 2 * gateway_span(r, sim->latency_ns) + 2 * r->stall_ns + SIM_MS;
}

/*
 * A host that was not on time lately looks once more. So does a process that looked late by the
 * stall or the latency of a host that is well otherwise; but what it had to notice in the look
 * before that it does.
 */
static int64_t noticed_ns(const struct sim *sim, const struct sim_gateway *r, int64_t due_ns)
{
	int64_t healthy_ns = gateway_local_at(r, r->healthy_ns);

	if (due_ns > r->beliefs.before_ns && r->beliefs.late_ns > healthy_ns)
		healthy_ns = r->beliefs.late_ns;
	if (healthy_ns > due_ns - GRACE_NS)
		due_ns = (healthy_ns > due_ns ? healthy_ns : due_ns) + GRACE_NS;
	return due_ns + slack_ns(sim, r);
}

/* Whoever was away, for however long, has not heard what is said in a moment, and looks once more.
 */
static void check_silence(struct sim *sim, const struct sim_process *process,
			  const struct sim_tracked *check, bool overdue, const struct fact *found)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];
	int64_t now_ns = gateway_local_ns(sim, r), due = due_ns(r, check, found);
	bool news = overdue && !r->beliefs.overdue[check->id] && r->beliefs.by == process;

	if (!overdue && now_ns > noticed_ns(sim, r, due))
		check_fail(sim, "P21", "%s has not noticed for %.3f ms that c%u is silent",
			   node_name(i), (double)(now_ns - due) / SIM_MS, check->id + 1);
	if (overdue && now_ns < due && now_ns > noticed_ns(sim, r, found->answered_ns))
		check_fail(sim, "P21", "%s takes c%u for silent", node_name(i), check->id + 1);
	if (news && due > r->beliefs.looked_ns &&
	    now_ns - r->beliefs.look_ns > LATE_NS + slack_ns(sim, r) - LOOK_NS)
		check_fail(sim, "P21", "%s wakes up and takes c%u for silent", node_name(i),
			   check->id + 1);
}

static enum board_value expected(const struct sim_gateway *r, const struct sim_process *process,
				 const struct sim_tracked *check, enum board_value found,
				 bool overdue)
{
	if (overdue && check->unknown_down)
		return BOARD_DOWN;
	if (found != BOARD_UNKNOWN || r->beliefs.by != process)
		return found;
	return (enum board_value)r->beliefs.value[check->id];
}

static void check_belief(struct sim *sim, const struct sim_process *process,
			 const struct sim_tracked *check)
{
	static const char *const words[BOARD_VALUES_COUNT] = { "unknown", "up", "down" };
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	const struct facts_check *fact = fact_of(process, check->id);
	const struct fact found = found_of(&r->checker, check->id);
	enum board_value right = expected(r, process, check, found.value, fact->overdue);

	check_silence(sim, process, check, fact->overdue, &found);
	if (fact->value != right)
		check_fail(sim, "P21", "%s takes c%u for %s, and it is %s", node_name(i),
			   check->id + 1, words[fact->value], words[right]);
	sim->tally.beliefs_n += fact->value != r->beliefs.value[check->id];
	r->beliefs.value[check->id] = fact->value;
	r->beliefs.overdue[check->id] = fact->overdue;
	if (fact->value != BOARD_UNKNOWN)
		r->beliefs.lacking &= (uint8_t) ~(1u << check->id);
	if (fact->value != BOARD_UNKNOWN || fact->overdue)
		r->beliefs.presumed &= (uint8_t) ~(1u << check->id);
	r->beliefs.unanswered |= fact->value == BOARD_UNKNOWN && !is_presumed(sim, i, check->id);
}

/* Whoever sleeps hears of no silence. */
static void check_sleep(struct sim *sim, const struct sim_process *process,
			const struct sim_tracked *check)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];
	const struct fact found = found_of(&r->checker, check->id);
	int64_t now_ns = gateway_local_ns(sim, r), due = due_ns(r, check, &found);

	if (due < now_ns + GRACE_NS)
		due = now_ns + GRACE_NS;
	if (routers_deadline(process->routers) > due)
		check_fail(sim, "deadline", "%s sleeps over the silence of c%u", node_name(i),
			   check->id + 1);
}

/* All have answered, or had the time to. */
static void check_awaited(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_checks *checks = &process->conf.checks;
	bool waits = r->vr.election.state == VRRP_STATE_INITIALIZE &&
		     r->vr.election.reason.code == VRRP_REASON_NONE;

	for (unsigned n = 0; n < checks->n; n++)
		waits &= r->beliefs.value[checks->of[n].id] != BOARD_UNKNOWN ||
			 r->beliefs.overdue[checks->of[n].id];
	if (waits && checks->n && !process->conf.absent && gateway_can_speak(r) &&
	    !r->kernel.macvlans.used && !check_in_trouble(sim, i))
		check_fail(sim, "P21", "%s waits, and for no check", node_name(i));
}

static uint8_t ids_of(const struct sim_checks *checks)
{
	uint8_t ids = 0;

	for (unsigned n = 0; n < checks->n; n++)
		ids |= (uint8_t)(1u << checks->of[n].id);
	return ids;
}

static void note_look(struct sim_beliefs *beliefs, const struct sim_process *process)
{
	int64_t now_ns = routers_facts(process->routers)->looked_ns;
	bool same = beliefs->by == process;
	int64_t due_ns = same ? beliefs->look_ns : beliefs->began_ns;

	if ((same && now_ns == beliefs->looked_ns) || now_ns - due_ns <= LATE_NS)
		return;
	beliefs->late_ns = now_ns;
	beliefs->before_ns = same ? beliefs->looked_ns : beliefs->began_ns;
}

void check_facts_turn(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	const struct sim_checks *checks = &process->conf.checks;

	note_look(&r->beliefs, process);
	r->beliefs.fault = false;
	r->beliefs.lacking &= ids_of(checks);
	r->beliefs.unanswered = false;
	for (unsigned n = 0; !process->conf.absent && n < checks->n; n++) {
		const struct sim_tracked *check = &checks->of[n];

		check_belief(sim, process, check);
		check_sleep(sim, process, check);
		if (!check->weight && r->beliefs.value[check->id] != BOARD_UNKNOWN)
			r->beliefs.fault |= is_bad(check, r->beliefs.value[check->id]);
	}
	r->beliefs.by = process;
	r->beliefs.look_ns = facts_deadline(routers_facts(process->routers));
	r->beliefs.looked_ns = routers_facts(process->routers)->looked_ns;
	check_awaited(sim, process);
}

/* An Active whose priority has just changed may wait an interval with the next change. */
static bool may_wait(struct sim *sim, unsigned i, unsigned right)
{
	struct sim_beliefs *beliefs = &sim->routers[i].beliefs;
	const struct vrrp *vr = &sim->routers[i].vr;
	int64_t now_ns = gateway_local_ns(sim, &sim->routers[i]);
	int64_t wait_ns =
		vrrp_interval_ns(vr->config.interval_cs) + slack_ns(sim, &sim->routers[i]);

	if (vr->election.priority == right || vr->election.state != VRRP_STATE_ACTIVE)
		beliefs->right_ns = now_ns;
	return now_ns - beliefs->right_ns < wait_ns;
}

void check_effective(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];
	unsigned right = r->drain.resort && r->conf.vrrp.priority != VRRP_PRIORITY_OWNER
				 ? LAST
				 : drains_priority(sim, i, &r->conf);

	if (((r->keeper.stopping || r->leaving.told) && !r->drain.hold_ns) || !r->conf.checks.n)
		return;
	if (may_wait(sim, i, right))
		return;
	if (r->vr.election.priority != right)
		check_fail(sim, "P21", "%s has priority %u, and it is to be %u", node_name(i),
			   r->vr.election.priority, right);
	if (r->unit.together && r->companion.vr.election.priority != right)
		check_fail(sim, "P21", "%s has priority %u in its other family, not %u",
			   node_name(i), r->companion.vr.election.priority, right);
}

void check_facts_asked(struct sim *sim, unsigned i, bool asks)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t now_ns = gateway_local_ns(sim, r), since_ns = now_ns - r->beliefs.asked_ns;
	bool asked = r->beliefs.asked_ns != 0;

	if (asks && asked && since_ns < AGAIN_NS)
		check_fail(sim, "P21", "%s asks for a checker again after %.3f ms", node_name(i),
			   (double)since_ns / SIM_MS);
	if (asks)
		r->beliefs.asked_ns = now_ns;
	else if (check_facts_silent(r) &&
		 (!asked || now_ns > noticed_ns(sim, r, r->beliefs.asked_ns + AGAIN_NS)))
		check_fail(sim, "P21", "%s asks for no checker, and a check is silent",
			   node_name(i));
}
