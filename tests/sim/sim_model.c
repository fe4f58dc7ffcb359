/* SPDX-License-Identifier: MIT */
#include "sim_model.h"

#include <string.h>

#include "sim.h"

#define LEAST_OFFER_NS (500 * SIM_MS)

static int64_t interval_ns(unsigned interval_cs)
{
	return (int64_t)interval_cs * 10 * SIM_MS;
}

int model_missed(const struct vrrp_config *config)
{
	return config->down_intervals ? config->down_intervals : 3;
}

int64_t model_skew_ns(const struct vrrp_config *config, unsigned interval_cs)
{
	int64_t of_ns = config->version == 2 ? SIM_S : interval_ns(interval_cs);

	return (256 - config->priority) * of_ns / 256;
}

int64_t model_down_ns(const struct vrrp_config *config, unsigned interval_cs)
{
	return model_missed(config) * interval_ns(interval_cs) + model_skew_ns(config, interval_cs);
}

int64_t model_offer_ns(const struct vrrp_config *config)
{
	struct vrrp_config lowest = *config;

	lowest.priority = 1;
	if (model_down_ns(&lowest, config->interval_cs) < LEAST_OFFER_NS)
		return LEAST_OFFER_NS;
	return model_down_ns(&lowest, config->interval_cs);
}

int64_t model_patience_ns(const struct vrrp_config *config)
{
	int64_t interval = interval_ns(config->interval_cs), called_ns;
	struct vrrp_config lowest = *config;

	lowest.priority = 1;
	called_ns = (interval < SIM_S / 5 ? interval : SIM_S / 5) +
		    model_skew_ns(&lowest, config->interval_cs);
	if (model_down_ns(config, config->interval_cs) > called_ns)
		return model_down_ns(config, config->interval_cs);
	return called_ns;
}

static bool preempts(const struct vrrp_config *config)
{
	return config->preempt || config->priority == VRRP_PRIORITY_OWNER;
}

/* An owner waits for nobody. */
static int64_t preempt_delay_ns(const struct vrrp_config *config)
{
	return config->priority == VRRP_PRIORITY_OWNER ? 0 : config->preempt_delay_ns;
}

/* Until when is the product's to say, and the scenarios' to know. */
static bool is_damped(const struct sim_gateway *r, int64_t now_ns)
{
	return r->config.priority != VRRP_PRIORITY_OWNER &&
	       now_ns < r->vr.config.preempt_not_before_ns;
}

bool model_defers(const struct vrrp_config *config, unsigned priority)
{
	return priority >= config->priority || !preempts(config);
}

bool model_beats(const struct sim *sim, unsigned x, unsigned y)
{
	const struct sim_gateway *a = &sim->routers[x], *b = &sim->routers[y];

	if (a->config.priority != b->config.priority)
		return a->config.priority > b->config.priority;
	return memcmp(a->vr.election.source, b->vr.election.source, SIM_ADDRESS_LEN) > 0;
}

void model_start(struct sim *sim, unsigned i)
{
	sim->check.models[i] = (struct sim_model){ .lower_ns = VRRP_NEVER };
}

static bool sends(const struct vrrp_output *out, enum vrrp_action_type type)
{
	for (unsigned i = 0; i < out->actions_n; i++)
		if (out->actions[i].type == type)
			return true;
	return false;
}

static void expect_state(struct sim *sim, unsigned i, enum vrrp_state expected)
{
	enum vrrp_state state = sim->routers[i].vr.election.state;

	if (state != expected)
		check_fail(sim, "timing", "%s is %s where the rules say %s", node_name(i),
			   vrrp_state_name(state), vrrp_state_name(expected));
}

static void restart(struct sim_model *m, const struct vrrp_config *c, int64_t now_ns)
{
	m->down_ns = now_ns + model_down_ns(c, m->interval_cs);
	m->heard_ns = now_ns;
	m->left = m->nobody = m->weaker = false;
	m->granted = false;
	memset(m->lower_from, 0, sizeof(m->lower_from));
}

/* Whoever says that he leaves must have been Active, and not have left; without anybody known he
 * may have been. */
static bool can_leave(const struct sim_model *m, const uint8_t *source)
{
	static const uint8_t none[SIM_ADDRESS_LEN];

	if (family_same(m->from, none) && family_same(m->lower_from, none))
		return true;
	return (family_same(m->from, source) && !m->left) || family_same(m->lower_from, source);
}

/* What is heard so long behind something else may have been under way. */
static int64_t round_trip_ns(const struct sim_gateway *r)
{
	int64_t interval = interval_ns(r->config.interval_cs);

	return interval < SIM_S / 5 ? interval : SIM_S / 5;
}

/* Return: NULL: nothing of it is doubted. */
static struct sim_doubt *find_doubt(struct sim_model *m, const uint8_t *source)
{
	for (unsigned i = 0; i < VRRP_DOUBTS_MAX; i++)
		if (m->doubts[i].ns && family_same(m->doubts[i].from, source))
			return &m->doubts[i];
	return NULL;
}

static void believe(struct sim_model *m, const uint8_t *source)
{
	struct sim_doubt *doubt = find_doubt(m, source);

	if (doubt)
		*doubt = (struct sim_doubt){ 0 };
}

/* Return: whether it is a last word, as it was not said before, not of late. */
static bool doubt(struct sim_model *m, const struct vrrp_advert *advert, int64_t now_ns)
{
	struct sim_doubt *it = find_doubt(m, advert->source), *oldest = m->doubts;
	int64_t ago_ns = it ? now_ns - it->ns : INT64_MAX;

	for (unsigned i = 1; i < VRRP_DOUBTS_MAX; i++)
		if (m->doubts[i].n < oldest->n)
			oldest = &m->doubts[i];
	it = it ? it : oldest;
	*it = (struct sim_doubt){ .ns = now_ns, .n = ++m->doubted_n };
	memcpy(it->from, advert->source, sizeof(it->from));
	return ago_ns >= 3 * interval_ns(advert->interval_cs) + SIM_S;
}

static void doubt_anew(struct sim_model *m)
{
	memset(m->doubts, 0, sizeof(m->doubts));
}

static bool beats(const struct sim_gateway *r, const struct vrrp_advert *advert, unsigned priority)
{
	if (advert->priority != priority)
		return advert->priority > priority;
	return memcmp(advert->source, r->vr.election.source, SIM_ADDRESS_LEN) > 0;
}

static bool advert_wins(const struct sim_gateway *r, const struct vrrp_advert *advert)
{
	return beats(r, advert, r->config.priority);
}

static bool has_fallen(const struct sim_gateway *r, const struct sim_model *m, int64_t now_ns)
{
	return m->fell_ns && now_ns - m->fell_ns < round_trip_ns(r);
}

static bool has_offered(const struct sim_gateway *r, const struct sim_model *m, int64_t now_ns)
{
	return m->cedes && m->contest_ns <= m->offered_ns &&
	       now_ns - m->offered_ns < round_trip_ns(r);
}

/* It may have heard of this Active, and yielded, behind that. */
static bool is_beaten(const struct sim_gateway *r, const struct sim_model *m,
		      const struct vrrp_advert *advert, int64_t now_ns)
{
	unsigned best = r->config.priority;

	if (has_fallen(r, m, now_ns) && m->fell_from > best)
		best = m->fell_from;
	return advert->priority && (has_fallen(r, m, now_ns) || has_offered(r, m, now_ns)) &&
	       now_ns - m->contest_ns < interval_ns(r->config.interval_cs) + SIM_S &&
	       !beats(r, advert, best);
}

/*
 * A Backup has just heard somebody that is better; or who was, and says 0: who comes for that waits
 * for a skew time, half of which is believed, and some round it down to 10 ms. Who begins now knows
 * its own interval alone.
 */
static bool is_outdone(const struct sim_gateway *r, const struct sim_model *m,
		       const struct vrrp_advert *advert, int64_t now_ns)
{
	const struct vrrp_config theirs = { .version = r->config.version,
					    .priority = advert->priority };
	unsigned shorter_cs =
		advert->interval_cs < m->interval_cs ? advert->interval_cs : m->interval_cs;
	unsigned known = m->left ? m->lower : m->heard;
	int64_t ago_ns = now_ns - m->heard_ns;

	if (!advert->priority || m->weaker || m->nobody || ago_ns >= round_trip_ns(r) ||
	    family_same(m->from, advert->source))
		return false;
	if (m->left && ago_ns >= (model_skew_ns(&theirs, shorter_cs) - 10 * SIM_MS) / 2)
		return false;
	return advert->priority != known ? advert->priority < known
					 : memcmp(advert->source, m->from, SIM_ADDRESS_LEN) < 0;
}

static void note_contest(struct sim_model *m, int64_t now_ns)
{
	if (now_ns - m->contest_ns >= SIM_S)
		m->contest_ns = now_ns;
}

/* Silence that proves nothing is listened to once more. */
static void grant(struct sim *sim, unsigned i, int64_t now_ns)
{
	const struct sim_gateway *r = &sim->routers[i];
	struct sim_model *m = &sim->check.models[i];
	int64_t until_ns =
		now_ns + interval_ns(m->interval_cs) + model_skew_ns(&r->config, m->interval_cs);

	if (m->granted || m->down_ns >= until_ns)
		return;
	m->granted = true;
	m->down_ns = until_ns;
}

/* What is told of a takeover. */
static void check_takeover_reason(struct sim *sim, unsigned i, int64_t now_ns)
{
	const struct sim_model *m = &sim->check.models[i];
	const struct vrrp_reason *reason = &sim->routers[i].vr.election.reason;
	bool owner = sim->routers[i].config.priority == VRRP_PRIORITY_OWNER &&
		     sim->routers[i].vr.election.active_priority != VRRP_PRIORITY_OWNER;
	enum vrrp_reason_code code = m->weaker ? VRRP_REASON_PREEMPT
				     : m->left ? VRRP_REASON_LEFT
				     : owner   ? VRRP_REASON_OWNER
					       : VRRP_REASON_SILENCE;

	if (reason->code != code ||
	    (code == VRRP_REASON_SILENCE && reason->ns != now_ns - m->heard_ns))
		check_fail(sim, "P15", "%s gives a wrong reason for its takeover", node_name(i));
}

static void backup_timer(struct sim *sim, unsigned i, int64_t now_ns)
{
	const struct sim_gateway *r = &sim->routers[i];
	struct sim_model *m = &sim->check.models[i];
	int64_t late_ns = now_ns - m->down_ns;

	if (now_ns < m->held_ns && r->vr.election.state != VRRP_STATE_BACKUP)
		check_fail(sim, "timing", "%s takes over from one that lives, or leaves itself",
			   node_name(i));
	if (late_ns >= interval_ns(m->interval_cs) && !m->granted) {
		grant(sim, i, now_ns);
		if (r->vr.election.state != VRRP_STATE_BACKUP)
			check_fail(sim, "P9", "%s believed a timer that was %.3f ms late",
				   node_name(i), (double)late_ns / SIM_MS);
	} else {
		expect_state(sim, i, late_ns < 0 ? VRRP_STATE_BACKUP : VRRP_STATE_ACTIVE);
		if (late_ns >= 0)
			check_takeover_reason(sim, i, now_ns);
	}
}

static void backup_advert(struct sim *sim, unsigned i, const struct vrrp_advert *advert,
			  int64_t now_ns)
{
	static const uint8_t none[SIM_ADDRESS_LEN];
	const struct sim_gateway *r = &sim->routers[i];
	const struct vrrp_config *c = &r->config;
	struct sim_model *m = &sim->check.models[i];
	bool outdone = is_outdone(r, m, advert, now_ns);

	expect_state(sim, i, VRRP_STATE_BACKUP);
	/* Of another one than it knows, or of who has left: a last word. */
	if (advert->priority == 1 && !family_same(m->from, none) &&
	    (m->left || !family_same(m->from, advert->source)) && doubt(m, advert, now_ns)) {
		check_unread(sim, i);
		return;
	}
	if (advert->priority == VRRP_PRIORITY_LEAVE && !can_leave(m, advert->source))
		return;
	if (advert->priority == VRRP_PRIORITY_LEAVE) {
		memcpy(m->from, advert->source, sizeof(m->from));
		memset(m->lower_from, 0, sizeof(m->lower_from));
		if (!m->weaker) /* what it had before */
			m->lower = m->nobody ? 0 : m->heard;
		if (now_ns + model_skew_ns(c, m->interval_cs) < m->down_ns) /* not put off */
			m->down_ns = now_ns + model_skew_ns(c, m->interval_cs);
		m->heard_ns = now_ns;
		m->left = true;
		m->nobody = m->weaker = false;
		m->granted = false;
		return;
	}
	if (advert->priority >= c->priority && !outdone)
		m->lower_ns = VRRP_NEVER;
	else if (advert->priority < c->priority && m->lower_ns == VRRP_NEVER)
		m->lower_ns = now_ns;
	if (!model_defers(c, advert->priority) && now_ns >= m->lower_ns + preempt_delay_ns(c) &&
	    !is_damped(&sim->routers[i], now_ns)) {
		memcpy(m->lower_from, advert->source, sizeof(m->lower_from));
		m->weaker = true;
		m->lower = advert->priority;
		return;
	}
	if (outdone) { /* by the Active that it has just heard */
		check_unread(sim, i);
		return;
	}
	believe(m, advert->source);
	m->interval_cs = advert->interval_cs;
	memcpy(m->from, advert->source, sizeof(m->from));
	m->heard = advert->priority;
	restart(m, c, now_ns);
}

/* So long that others have taken over, whom it must not drive out. */
static bool stood_still(const struct sim_gateway *r, const struct sim_model *m, int more,
			int64_t now_ns)
{
	const struct vrrp_config *c = &r->config;
	int64_t late_ns = (model_missed(c) + more - 1) * interval_ns(c->interval_cs);

	/* One interval alone is no silence: others wait for a skew time, too. */
	if (late_ns == 0)
		late_ns = model_skew_ns(c, c->interval_cs);
	return !c->preempt && c->priority != VRRP_PRIORITY_OWNER &&
	       (m->listens || now_ns - m->beat_ns > late_ns);
}

/* MAX_NEIGHBOR_ADVERTISEMENT (RFC 4861 §7.2.6, §10). */
static void check_repetition(struct sim *sim, unsigned i, const struct vrrp_output *out)
{
	struct sim_model *m = &sim->check.models[i];

	if (!sends(out, VRRP_ACTION_ANNOUNCE) || sim->routers[i].config.family == 4)
		return;
	if (++m->repeated > 3)
		check_fail(sim, "P4", "%s announces again although nothing has happened",
			   node_name(i));
}

/* Rhythm: an advert when it is due and only then, each one interval after the previous. */
static void active_timer(struct sim *sim, unsigned i, const struct vrrp_output *out, int64_t now_ns)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_model *m = &sim->check.models[i];
	int64_t interval = interval_ns(r->config.interval_cs);
	bool due = now_ns >= m->beat_ns;

	if (due && !m->listens && stood_still(r, m, 1, now_ns)) {
		m->listens = true;
		m->beat_ns = now_ns + interval;
		due = false;
	}
	expect_state(sim, i, VRRP_STATE_ACTIVE);
	check_repetition(sim, i, out);
	if (due != sends(out, VRRP_ACTION_ADVERT))
		check_fail(sim, "P12", "%s %s an advert that is %sdue", node_name(i),
			   due ? "does not send" : "sends", due ? "" : "not ");
	if (!due)
		return;
	/* From here on others can hear it. */
	if (m->listens && r->healthy_ns < sim->now_ns)
		r->healthy_ns = sim->now_ns;
	if (m->cedes)
		r->ranked_ns = sim->now_ns;
	m->listens = m->cedes = false;
	if (now_ns > m->beat_ns + gateway_span(r, sim->latency_ns) + 1 && !r->resumed &&
	    r->healthy_ns <= sim->now_ns)
		check_fail(sim, "P12", "%s sends an advert %.3f ms late", node_name(i),
			   (double)(now_ns - m->beat_ns) / SIM_MS);
	m->beat_ns += interval;
	if (m->beat_ns <= now_ns)
		m->beat_ns = now_ns + interval;
}

/* Not all of a flood is answered: half of what would be too much in a second. */
static bool is_flooded(const struct sim_gateway *r)
{
	return r->vr.election.contested_n >= SIM_ANSWERS_MAX / 2;
}

static void active_advert(struct sim *sim, unsigned i, const struct vrrp_output *out,
			  const struct vrrp_advert *advert, int64_t now_ns)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_model *m = &sim->check.models[i];
	bool beaten = is_beaten(r, m, advert, now_ns), wins = advert_wins(r, advert), doubts;
	int64_t patience_ns = model_patience_ns(&r->config);

	if (beaten && m->cedes) {
		expect_state(sim, i, VRRP_STATE_ACTIVE);
		if (out->actions_n)
			check_fail(sim, "timing", "%s acts on an advert of before its offer",
				   node_name(i));
		m->asked_ns = sim->now_ns;
		if (advert->priority != 1 && m->beat_ns > now_ns + patience_ns)
			m->beat_ns = now_ns + patience_ns;
		return;
	}
	m->repeated = 0;
	doubts = advert->priority == 1 && doubt(m, advert, now_ns);
	if ((doubts && m->cedes) || (wins && !m->cedes && (doubts || beaten))) {
		expect_state(sim, i, VRRP_STATE_ACTIVE);
		if (!sends(out, VRRP_ACTION_ADVERT) && !is_flooded(r))
			check_fail(sim, "timing", "%s answers nothing to who may be Active",
				   node_name(i));
		m->asked_ns = sim->now_ns;
		note_contest(m, now_ns);
	} else if (advert->priority == VRRP_PRIORITY_LEAVE) {
		expect_state(sim, i, VRRP_STATE_ACTIVE);
		if (m->cedes && sends(out, VRRP_ACTION_ADVERT))
			check_fail(sim, "timing", "%s answers after it has offered to leave",
				   node_name(i));
		if (sends(out, VRRP_ACTION_ADVERT)) /* not all of a flood is answered */
			m->beat_ns = now_ns + interval_ns(r->config.interval_cs);
		if (!m->cedes && !m->listens)
			note_contest(m, now_ns);
	} else if (m->cedes || wins || stood_still(r, m, 0, now_ns)) {
		expect_state(sim, i, VRRP_STATE_BACKUP);
		m->interval_cs = advert->interval_cs;
		m->lower_ns = VRRP_NEVER;
		believe(m, advert->source);
		memcpy(m->from, advert->source, sizeof(m->from));
		m->heard = advert->priority;
		restart(m, &r->config, now_ns);
	} else {
		expect_state(sim, i, VRRP_STATE_ACTIVE);
		note_contest(m, now_ns);
	}
}

/* What begins with a state, however it was entered. */
static void enter(struct sim *sim, unsigned i, enum vrrp_state from, int64_t now_ns)
{
	const struct sim_gateway *r = &sim->routers[i];
	struct sim_model *m = &sim->check.models[i];

	m->lower_ns = VRRP_NEVER;
	m->listens = m->cedes = false;
	m->repeated = 0;
	if (from != VRRP_STATE_BACKUP && from != VRRP_STATE_ACTIVE) /* as one that knows nobody */
		doubt_anew(m);
	if (r->vr.election.state == VRRP_STATE_ACTIVE) {
		doubt_anew(m);
		m->fell_ns = 0;
		m->contest_ns = now_ns;
		m->beat_ns = now_ns + interval_ns(r->config.interval_cs);
	} else if (r->vr.election.state == VRRP_STATE_BACKUP && from != VRRP_STATE_ACTIVE) {
		m->interval_cs = r->config.interval_cs;
		restart(m, &r->config, now_ns);
		memset(m->from, 0, sizeof(m->from));
		m->nobody = true;
		m->ifindex = r->kernel.link.ifindex;
	}
}

void model_adopt(struct sim *sim, unsigned i, const struct vrrp_config *old)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct vrrp_config *c = &r->config;
	struct sim_model *m = &sim->check.models[i];
	int64_t down_ns, granted_ns;
	int64_t now = gateway_local_ns(sim, r);

	m->repeated = 0;
	if (r->vr.election.state == VRRP_STATE_ACTIVE && c->priority < old->priority) {
		if (!has_fallen(r, m, now) || m->fell_from < old->priority)
			m->fell_from = old->priority;
		m->fell_ns = now;
		doubt_anew(m);
	}
	if (c->priority == old->priority && c->interval_cs == old->interval_cs &&
	    model_missed(c) == model_missed(old))
		return;
	/* Whoever listens goes on with that, also as owner, and what was granted stays granted. */
	if (r->vr.election.state == VRRP_STATE_ACTIVE && !m->listens &&
	    !stood_still(r, m, 0, now)) {
		m->beat_ns = now;
		m->cedes = false;
	}
	if (m->nobody)
		m->interval_cs = c->interval_cs;
	down_ns = m->heard_ns +
		  (m->left ? model_skew_ns(c, m->interval_cs) : model_down_ns(c, m->interval_cs));
	granted_ns = now + interval_ns(m->interval_cs) + model_skew_ns(c, m->interval_cs);
	if (granted_ns > m->down_ns)
		granted_ns = m->down_ns;
	m->down_ns = m->left || !m->granted || down_ns > granted_ns ? down_ns : granted_ns;
	/* It was about to preempt one that is not weaker any more. */
	if (r->vr.election.state == VRRP_STATE_BACKUP && m->weaker && model_defers(c, m->lower)) {
		memcpy(m->from, m->lower_from, sizeof(m->from));
		m->heard = m->lower;
		restart(m, c, now);
	}
	if (c->priority == VRRP_PRIORITY_OWNER) { /* waits for nobody from now on */
		m->down_ns = now;
		check_unread(sim, i);
	}
}

/*
 * Adverts were lost on the host; whoever waits for some is told, and nobody is told for nothing.
 * What waited on an interface that was replaced unseen is lost, too.
 */
static void missed(struct sim *sim, unsigned i, enum vrrp_state state, int64_t now_ns)
{
	struct sim_model *m = &sim->check.models[i];
	const struct sim_process *process = keeper_speaker(sim, i);
	/* One that looked before, and goes on after that: its predecessor may have been told. */
	bool looked = process && !process->was_alive &&
		      process->opened_ns <= sim->routers[i].kernel.link_ns;
	/* Who begins while the kernel shows nothing hears behind that where it lives. */
	bool blind =
		check_in_trouble(sim, i) && sim->routers[i].kernel.link_ns > m->heard_of_link_ns;

	if (!m->missed && m->ifindex == sim->routers[i].kernel.link.ifindex && !looked && !blind)
		check_fail(sim, "timing", "%s is told of lost adverts for nothing", node_name(i));
	m->missed = false;
	m->ifindex = sim->routers[i].kernel.link.ifindex;
	m->heard_of_link_ns = sim->now_ns;
	if (state == VRRP_STATE_BACKUP)
		grant(sim, i, now_ns);
}

/*
 * To a Backup the Active is as one that was never heard; a wait that is longer than that of one
 * that begins now is one that begins now. Nobody else has anything to forget.
 */
static void forget(struct sim *sim, unsigned i, const struct vrrp *before, int64_t now_ns)
{
	const struct vrrp_config *c = &sim->routers[i].config;
	struct sim_model *m = &sim->check.models[i];

	expect_state(sim, i, before->election.state);
	if (before->election.state != VRRP_STATE_BACKUP) {
		if (memcmp(before, &sim->routers[i].vr, sizeof(*before)) != 0)
			check_fail(sim, "timing", "%s forgets, and is no Backup", node_name(i));
		return;
	}
	m->interval_cs = c->interval_cs;
	if (m->down_ns > now_ns + model_down_ns(c, c->interval_cs)) {
		restart(m, c, now_ns);
		check_restarted(sim, i);
	}
	memset(m->from, 0, sizeof(m->from));
	doubt_anew(m);
	m->left = false;
	m->nobody = true;
}

static void cede(struct sim *sim, unsigned i, const struct vrrp_output *out, int64_t now_ns)
{
	const struct vrrp_config *c = &sim->routers[i].config;
	struct sim_model *m = &sim->check.models[i];

	check_offer(sim, i);
	if (out->actions_n == 0 && (m->listens || m->cedes)) /* it speaks to nobody now */
		return;
	if (out->actions_n == 0 && c->priority == VRRP_PRIORITY_OWNER) /* nobody is better */
		return;
	if (out->actions_n != 1)
		check_fail(sim, "timing", "%s does not say that it would leave", node_name(i));
	doubt_anew(m);
	m->cedes = true;
	m->offered_ns = now_ns;
	m->beat_ns = now_ns + model_offer_ns(c);
}

void model_step(struct sim *sim, unsigned i, const struct vrrp *before,
		const struct vrrp_event *event, const struct vrrp_output *out)
{
	bool timer = event->type == VRRP_EVENT_TIMER, advert = event->type == VRRP_EVENT_ADVERT;
	struct vrrp_config old = sim->routers[i].config;

	if (event->type == VRRP_EVENT_PRIORITY && before->election.priority != event->priority) {
		old.priority = before->election.priority;
		model_adopt(sim, i, &old);
	}
	if (before->election.state == VRRP_STATE_ACTIVE && event->type == VRRP_EVENT_CEDE)
		cede(sim, i, out, event->now_ns);
	if (before->election.state == VRRP_STATE_BACKUP && timer)
		backup_timer(sim, i, event->now_ns);
	else if (event->type == VRRP_EVENT_MISSED)
		missed(sim, i, before->election.state, event->now_ns);
	else if (event->type == VRRP_EVENT_FORGET)
		forget(sim, i, before, event->now_ns);
	else if (before->election.state == VRRP_STATE_BACKUP && advert)
		backup_advert(sim, i, event->advert, event->now_ns);
	else if (before->election.state == VRRP_STATE_ACTIVE && timer)
		active_timer(sim, i, out, event->now_ns);
	else if (before->election.state == VRRP_STATE_ACTIVE && advert)
		active_advert(sim, i, out, event->advert, event->now_ns);
	if (sim->routers[i].vr.election.state != before->election.state)
		enter(sim, i, before->election.state, event->now_ns);
}

void model_turn(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (sim->check.models[i].missed)
		check_fail(sim, "P9", "%s was not told that adverts were lost", node_name(i));
	if (r->vr.election.state == VRRP_STATE_ACTIVE && r->drain.told_ns != sim->now_ns &&
	    sim->check.models[i].beat_ns <= gateway_local_ns(sim, r))
		check_fail(sim, "P12", "%s has not sent the advert that is due", node_name(i));
}
