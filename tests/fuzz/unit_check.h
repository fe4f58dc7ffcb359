/* SPDX-License-Identifier: MIT */
/*
 * What must hold of routers with one fate (vrrp/unit.h), or of one router alone (vrrp/fsm.h),
 * whatever befalls them: looked at after each event and at the end of each turn of the caller. It
 * has its own arithmetic, and books of what was heard, so that it can say when nobody may take
 * over. Each property is a sentence, which is printed when it does not hold.
 */
#ifndef TESTS_FUZZ_UNIT_CHECK_H
#define TESTS_FUZZ_UNIT_CHECK_H

#include "unit_books.h"
#include "vrrp/adopt.h"

/* ---- the actions of a step ---- */

/* As letters, without what is told of deafness behind them. */
static inline void spell(const struct vrrp_output *out, char *ret_word)
{
	unsigned n = out->actions_n;

	while (n && (out->actions[n - 1].type == VRRP_ACTION_DEAF ||
		     out->actions[n - 1].type == VRRP_ACTION_HEARS))
		n--;
	for (unsigned i = 0; i < n; i++)
		ret_word[i] = action_letters[out->actions[i].type];
	ret_word[n] = '\0';
}

/* Of the last advert of an Active: its own one, which the winner answers. Whoever has come after an
 * offer to leave may be weaker, and hears of one below its own; or, without overlap, of 0, as all
 * others do. */
static inline unsigned last_priority(const struct subject *s, unsigned i)
{
	const struct vrrp *vr = &s->vr[i];

	switch ((unsigned)vr->election.reason.code) {
	case VRRP_REASON_HIGHER:
	case VRRP_REASON_TIE:
		return is_owner(vr) ? VRRP_PRIORITY_OWNER : 1;
	case VRRP_REASON_CEDED:
		if (vr->config.overlap && s->event->advert->priority > 1)
			return 1;
		break;
	}
	return VRRP_PRIORITY_LEAVE;
}

/* How an Active ends. With overlap it hands the addresses over to whoever has come for them, and
 * its last advert waits; when another member has yielded, that advert is what calls them, and goes
 * first. */
static inline const char *end_word(const struct vrrp *vr)
{
	bool backup = is_in(vr, VRRP_STATE_BACKUP);

	if (!vr->config.overlap || !backup)
		return "RAS";
	switch ((unsigned)vr->election.reason.code) {
	case VRRP_REASON_HIGHER:
	case VRRP_REASON_CEDED:
		return "HAS";
	case VRRP_REASON_TOGETHER:
	case VRRP_REASON_GROUP:
		return "AHAS";
	}
	return "RAS";
}

static inline void check_end(const struct subject *s, unsigned i, const char *word)
{
	const struct vrrp_action *advert = find_action(&s->out[i], VRRP_ACTION_ADVERT);

	expect(s, i, !strcmp(word, end_word(&s->vr[i])),
	       "gives up: release or hand over, last advert, state; who gives way calls first");
	expect(s, i, advert->priority == last_priority(s, i),
	       "the last advert is 0, or 1 if somebody better is there or comes");
	expect(s, i, strcmp(word, "AHAS") != 0 || s->out[i].actions[2].priority == 1,
	       "behind what is handed over somebody better may be there");
}

/* As often as it does in a window. */
static inline bool is_flooded(const struct books *books, int64_t now_ns)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ANSWERS_MAX && i < books->answers_n; i++)
		n += now_ns - books->answers_ns[i] < 2 * SECOND;
	return n >= ANSWERS_MAX / 2;
}

/* Of an Active that stays so. */
static inline void check_active_actions(const struct subject *s, unsigned i, const char *word)
{
	const struct vrrp_election *before = &s->books[i].before.election;
	const struct vrrp_action *advert = find_action(&s->out[i], VRRP_ACTION_ADVERT);
	/* With preemption, from now on, its priority decides, wherever it has been. */
	bool quiet = before->ceding || (before->listening && !s->vr[i].config.preempt);
	enum vrrp_event_type type = s->event->type;
	unsigned priority = type == VRRP_EVENT_CEDE ? 0 : s->vr[i].election.priority;

	if (type == VRRP_EVENT_ADVERT && s->who == i && before->ceding && is_beaten(s, i)) {
		expect(s, i, !*word, "what is as old as the offer is answered with nothing");
		return;
	}
	if (type == VRRP_EVENT_ADVERT && s->who == i && before->ceding && is_doubted(s, i)) {
		/* One that is a tie may be left to the first member, who hears that router, too. */
		bool may_pass = s->event->advert->priority == before->priority && i != s->first;

		expect(s, i,
		       (may_pass && !*word) ||
			       (!*word && is_flooded(&s->books[i], time_of(s, i))) ||
			       (!strcmp(word, "A") && !advert->priority),
		       "who doubts an advert offers to leave once more");
		return;
	}
	expect(s, i,
	       !strcmp(word, "") || !strcmp(word, "A") || !strcmp(word, "G") || !strcmp(word, "AG"),
	       "an Active adverts, then announces");
	expect(s, i,
	       !*word || type == VRRP_EVENT_TIMER || type == VRRP_EVENT_ADVERT ||
		       type == VRRP_EVENT_CEDE,
	       "an Active acts on timers, adverts, offers");
	expect(s, i, !*word || type != VRRP_EVENT_ADVERT || !strcmp(word, "AG"),
	       "whoever answers announces again");
	expect(s, i, !advert || advert->priority == priority, "adverts have the priority of now");
	expect(s, i,
	       !advert || !quiet ||
		       (type == VRRP_EVENT_TIMER && time_of(s, i) >= before->advert_ns),
	       "who has offered to leave, or listens, is silent until its time");
	expect(s, i,
	       type != VRRP_EVENT_CEDE || before->listening || before->ceding ||
		       is_owner(&s->vr[i]) || advert,
	       "an offer to leave is said");
	expect(s, i, !advert || type != VRRP_EVENT_TIMER || time_of(s, i) >= before->advert_ns,
	       "no advert leaves before Adver_Timer");
}

/* Whether somebody serves until a router's first advert: the one that it preempts; or, of one that
 * leaves, whose MAC address that advert would take. */
static inline bool is_served(const struct vrrp *vr)
{
	enum vrrp_reason_code code = vr->election.reason.code;

	return code == VRRP_REASON_PREEMPT || (code == VRRP_REASON_LEFT && vr->config.virtual_mac);
}

/* Who was Active already, or has just taken over by itself. */
static inline bool is_leading(const struct subject *s, unsigned i)
{
	enum vrrp_reason_code code = s->vr[i].election.reason.code;

	if (s->speaker)
		return is_in(&s->books[i].before, VRRP_STATE_ACTIVE) && !s->members[i].mute;
	return is_speaking(s, i) && code != VRRP_REASON_TOGETHER && code != VRRP_REASON_GROUP;
}

/* Who joins others takes its family from somebody of whom it has made nothing, as they would. */
static inline bool is_held_by_weaker(const struct subject *s, unsigned i)
{
	const struct books *books = &s->books[i];

	return s->speaker && !s->members[i].mute &&
	       books->advert_ns > books->before.election.heard_ns;
}

/* Of who is led, that is said of who leads. */
static inline bool is_served_unit(const struct subject *s, unsigned i)
{
	enum vrrp_reason_code code = s->vr[i].election.reason.code;

	if (code != VRRP_REASON_TOGETHER && code != VRRP_REASON_GROUP)
		return is_served(&s->vr[i]);
	if (s->event->type == VRRP_EVENT_LEAD)
		return s->event->served;
	if (is_held_by_weaker(s, i))
		return true;
	for (unsigned k = 0; k < s->n; k++)
		if (is_leading(s, k))
			return is_served(&s->vr[k]);
	return false;
}

static inline void check_actions(const struct subject *s, unsigned i)
{
	const struct vrrp_output *out = &s->out[i];
	const struct vrrp *before = &s->books[i].before, *vr = &s->vr[i];
	const struct vrrp_action *state = find_action(out, VRRP_ACTION_STATE),
				 *advert = find_action(out, VRRP_ACTION_ADVERT);
	bool was = is_in(before, VRRP_STATE_ACTIVE), is = is_in(vr, VRRP_STATE_ACTIVE);
	char word[VRRP_ACTIONS_MAX + 1];

	expect(s, i, out->actions_n <= VRRP_ACTIONS_MAX, "no more actions than the maximum");
	spell(out, word);
	expect(s, i, !state || state->from == before->election.state, "from is the state before");
	if (!was && is) {
		expect(s, i, !strcmp(word, is_served_unit(s, i) ? "CAGS" : "ACGS"),
		       "takes over: advert, claim, announce, state; from who serves: claim first");
		expect(s, i, advert->priority == vr->election.priority, "by its own priority");
	} else if (was && !is) {
		check_end(s, i, word);
	} else if (is) {
		check_active_actions(s, i, word);
	} else {
		expect(s, i, !strcmp(word, "") || !strcmp(word, "S"),
		       "who is not Active only tells its state");
	}
	expect(s, i, s->books[i].wanted == is, "Active is who has claimed and not released");
}

/* ---- states and their reasons ---- */

static inline bool is_reason_to_be_active(const struct subject *s, unsigned i)
{
	const struct vrrp_election *e = &s->vr[i].election;
	enum vrrp_event_type type = s->event->type;

	switch ((unsigned)e->reason.code) {
	case VRRP_REASON_OWNER:
		return is_owner(&s->vr[i]) &&
		       (type == VRRP_EVENT_STARTUP || type == VRRP_EVENT_TIMER);
	case VRRP_REASON_PREEMPT:
		return type == VRRP_EVENT_TIMER && e->reason.priority < e->priority;
	case VRRP_REASON_SILENCE:
	case VRRP_REASON_LEFT:
		return type == VRRP_EVENT_TIMER;
	case VRRP_REASON_TOGETHER:
	case VRRP_REASON_GROUP:
		return (type == VRRP_EVENT_TIMER && any_speaks(s)) || type == VRRP_EVENT_LEAD;
	}
	return false;
}

static inline bool is_reason_to_yield(const struct subject *s, unsigned i)
{
	const struct vrrp *before = &s->books[i].before;
	const struct vrrp_election *e = &s->vr[i].election;
	enum vrrp_event_type type = s->event->type;

	switch ((unsigned)e->reason.code) {
	case VRRP_REASON_HIGHER:
		return type == VRRP_EVENT_ADVERT && e->reason.priority > e->priority;
	case VRRP_REASON_TIE:
		return type == VRRP_EVENT_ADVERT && e->reason.priority == e->priority &&
		       memcmp(e->reason.source, e->source,
			      vrrp_address_len(before->config.family)) > 0;
	case VRRP_REASON_AWAY:
		return type == VRRP_EVENT_ADVERT && !before->config.preempt && !is_owner(before);
	case VRRP_REASON_CEDED:
		return type == VRRP_EVENT_ADVERT && before->election.ceding;
	case VRRP_REASON_MUTE:
		return s->members[i].mute || type == VRRP_EVENT_DEFER;
	case VRRP_REASON_TOGETHER:
	case VRRP_REASON_GROUP:
		return (type == VRRP_EVENT_ADVERT && s->who != i) || type == VRRP_EVENT_GIVE_WAY;
	}
	return false;
}

static inline bool is_reason_to_begin(const struct subject *s, unsigned i)
{
	enum vrrp_reason_code code = s->vr[i].election.reason.code;

	return (s->event->type == VRRP_EVENT_STARTUP || s->event->type == VRRP_EVENT_TIMER) &&
	       (code == VRRP_REASON_STARTED || code == VRRP_REASON_RECOVERED ||
		code == VRRP_REASON_GROUP) &&
	       s->who == i && !is_owner(&s->vr[i]);
}

static inline bool has_reason(const struct subject *s, unsigned i)
{
	enum vrrp_state from = s->books[i].before.election.state;
	const struct vrrp_election *e = &s->vr[i].election;

	switch (e->state) {
	case VRRP_STATE_ACTIVE:
		return from != VRRP_STATE_ACTIVE && is_reason_to_be_active(s, i);
	case VRRP_STATE_BACKUP:
		if (from == VRRP_STATE_ACTIVE)
			return is_reason_to_yield(s, i);
		return from != VRRP_STATE_BACKUP && is_reason_to_begin(s, i);
	case VRRP_STATE_INITIALIZE:
		if (s->event->type == VRRP_EVENT_SHUTDOWN)
			return e->reason.code == VRRP_REASON_STOPPED;
		return s->event->type == VRRP_EVENT_STARTUP && s->who == i &&
		       (e->reason.code == VRRP_REASON_START_DELAY ||
			e->reason.code == VRRP_REASON_BOOT_DELAY);
	case VRRP_STATE_FAULT:
		return s->event->type == VRRP_EVENT_FAULT && s->who == i &&
		       e->reason.code == s->event->fault.code;
	case VRRP_STATE_COUNT:
		break;
	}
	return false;
}

static inline void check_state(const struct subject *s, unsigned i)
{
	const struct vrrp_election *before = &s->books[i].before.election, *e = &s->vr[i].election;

	if (!find_action(&s->out[i], VRRP_ACTION_STATE)) {
		expect(s, i,
		       e->state == before->state && e->since_ns == before->since_ns &&
			       !memcmp(&e->reason, &before->reason, sizeof(e->reason)),
		       "no change of the state is kept secret");
		return;
	}
	expect(s, i, has_reason(s, i), "no change of the state without a reason");
	expect(s, i, e->reason.own_priority == e->priority, "the reason has the priority of then");
	expect(s, i,
	       e->since_ns == (e->state == before->state && before->since_ns ? before->since_ns
									     : time_of(s, i)),
	       "a state is since it began");
}

/* ---- timers ---- */

/* Who listens does so for the interval of when it began. */
static inline int64_t advert_max_ns(const struct subject *s, unsigned i)
{
	const struct vrrp *vr = &s->vr[i];

	if (vr->election.listening)
		return interval_ns_of(s->books[i].interval_max_cs);
	if (vr->election.ceding)
		return offer_ns_of(vr);
	return interval_ns_of(vr->config.interval_cs);
}

/* What is granted is an interval and skew time, of a priority that may be another one by now. */
static inline int64_t down_max_ns(const struct subject *s, unsigned i)
{
	const struct vrrp_election *e = &s->vr[i].election;
	int64_t down_ns = down_ns_of(&s->vr[i], e->active_interval_cs);
	int64_t interval_ns = interval_ns_of(e->active_interval_cs);

	if (!e->late_granted)
		return down_ns;
	/* It stays granted, whatever is configured from then on. */
	return s->books[i].adopted ? VRRP_NEVER : down_ns + most(interval_ns, SECOND);
}

static inline int64_t start_max_ns(const struct subject *s, const struct vrrp *vr)
{
	return most(s->now_ns + vr->config.start_delay_ns, vr->config.not_before_ns);
}

/* Deadlines are the state's, and of no other one. */
static inline void check_armed(const struct subject *s, unsigned i)
{
	const struct vrrp *vr = &s->vr[i];
	const struct vrrp_election *e = &vr->election;
	bool active = is_in(vr, VRRP_STATE_ACTIVE), backup = is_in(vr, VRRP_STATE_BACKUP);
	bool all = e->announced_n == VRRP_ANNOUNCED_ALL && !vr->config.announce.refresh_ms;

	expect(s, i, vrrp_is_sane(vr, s->now_ns), "a successor can go on with it");
	expect(s, i, (e->down_ns != VRRP_NEVER) == backup, "Active_Down_Timer: of a Backup");
	expect(s, i, (e->advert_ns != VRRP_NEVER) == active, "Adver_Timer: of an Active");
	expect(s, i, e->announce_ns != VRRP_NEVER ? active : !active || all,
	       "an Active that has announcements left waits for the next one");
	expect(s, i, backup || e->preempt_ns == VRRP_NEVER, "a preempt delay: of a Backup");
	expect(s, i, is_in(vr, VRRP_STATE_INITIALIZE) || e->start_ns == VRRP_NEVER,
	       "a start delay: of who has not begun");
	expect(s, i, active || (!e->listening && !e->ceding), "only an Active can be silent");
}

/* And not further away than what is configured, or was learned. */
static inline void check_timers(const struct subject *s, unsigned i)
{
	const struct vrrp *vr = &s->vr[i];
	const struct vrrp_election *e = &vr->election;
	bool active = is_in(vr, VRRP_STATE_ACTIVE), backup = is_in(vr, VRRP_STATE_BACKUP);

	expect(s, i, !backup || e->down_ns - s->now_ns <= down_max_ns(s, i),
	       "Active_Down_Timer runs for Active_Down_Interval at most");
	expect(s, i, !active || e->advert_ns - s->now_ns <= advert_max_ns(s, i),
	       "the next advert is an interval away at most");
	expect(s, i,
	       e->announce_ns == VRRP_NEVER || e->announce_ns - s->now_ns <= s->books[i].gap_max_ns,
	       "the next announcement is as far away as configured");
	expect(s, i, e->start_ns == VRRP_NEVER || e->start_ns <= start_max_ns(s, vr),
	       "a start delay is as long as configured");
	expect(s, i,
	       !backup || s->event->type != VRRP_EVENT_FORGET || s->who != i ||
		       e->down_ns == least(s->books[i].before.election.down_ns,
					   time_of(s, i) + down_ns_of(vr, vr->config.interval_cs)),
	       "who forgets waits for its own Active_Down_Interval, or less");
}

/* Since the last announcement, as configured; VRRP_NEVER: there is no other one. */
static inline int64_t gap_ns_of(const struct vrrp *vr)
{
	const struct vrrp_announce *plan = &vr->config.announce;
	unsigned n = vr->election.announced_n;

	if (n == VRRP_ANNOUNCED_ALL)
		return plan->refresh_ms ? plan->refresh_ms * MS : VRRP_NEVER;
	return (plan->after_ms[n - 1] - (n > 1 ? plan->after_ms[n - 2] : 0)) * MS;
}

/* One announcement: the first one, or the next one of a row. */
static inline void check_announcement(const struct subject *s, unsigned i)
{
	const struct vrrp *vr = &s->vr[i];
	unsigned before_n = s->books[i].before.election.announced_n, n = vr->election.announced_n;
	bool first = !is_in(&s->books[i].before, VRRP_STATE_ACTIVE) ||
		     s->event->type == VRRP_EVENT_ADVERT;

	if (!find_action(&s->out[i], VRRP_ACTION_ANNOUNCE))
		return;
	if (first)
		before_n = 0;
	expect(s, i,
	       n == (before_n < vr->config.announce.repeats_n ? before_n + 1 : VRRP_ANNOUNCED_ALL),
	       "an announcement is repeated as often as configured");
	expect(s, i,
	       vr->election.announce_ns ==
		       (gap_ns_of(vr) == VRRP_NEVER ? VRRP_NEVER : time_of(s, i) + gap_ns_of(vr)),
	       "an announcement is repeated when it is configured");
}

/* Whether an advert is one that a Backup lets run on its Active_Down_Timer for. */
static inline bool puts_off(const struct subject *s, unsigned i)
{
	const struct vrrp_advert *advert = s->event->advert;
	const struct vrrp *vr = &s->vr[i];
	const struct vrrp_config *c = &vr->config;

	if (s->who != i || advert->priority == VRRP_PRIORITY_LEAVE)
		return false;
	if (advert->priority >= vr->election.priority || s->members[i].mute)
		return true;
	if (is_owner(vr))
		return false;
	if (!c->preempt || !c->preempt_delay_ns || s->books[i].lower_ns == VRRP_NEVER)
		return !c->preempt || c->preempt_delay_ns;
	return time_of(s, i) < s->books[i].lower_ns + c->preempt_delay_ns;
}

static inline bool may_be_put_off(const struct subject *s, unsigned i)
{
	const struct vrrp_election *before = &s->books[i].before.election, *e = &s->vr[i].election;

	switch ((unsigned)s->event->type) {
	case VRRP_EVENT_ADVERT:
		return puts_off(s, i);
	case VRRP_EVENT_DEFER:
		return s->event->advert->priority != VRRP_PRIORITY_LEAVE;
	case VRRP_EVENT_TIMER:
	case VRRP_EVENT_MISSED:
		return !before->late_granted && e->late_granted;
	case VRRP_EVENT_PRIORITY:
		return true;
	case VRRP_EVENT_UNDATED:
		return !before->active_source[0] && e->down_ns <= e->since_ns + UNDATED;
	}
	return false;
}

/* ---- adverts ---- */

/* Priority 0 of a stranger calls nobody away whom it is not. Who has come later than an Active
 * member takes for news its better alone. */
static inline void check_backup_advert(const struct subject *s, unsigned i)
{
	const struct vrrp_election *before = &s->books[i].before.election;
	const struct vrrp_advert *advert = s->event->advert;
	size_t len = vrrp_address_len(s->vr[i].config.family);

	if (s->speaker && !s->members[i].mute && advert->priority <= before->priority)
		expect(s, i, !memcmp(&s->books[i].before, &s->vr[i], sizeof(s->vr[i])),
		       "who has come later hears its better alone");
	if (!s->members[i].mute && !s->speaker && (is_doubted(s, i) || is_outdone(s, i)))
		expect(s, i,
		       s->vr[i].election.down_ns == before->down_ns &&
			       !memcmp(s->vr[i].election.active_source, before->active_source, len),
		       "neither a last word nor what is beaten is of an Active");
	if (advert->priority || !before->active_source[0] ||
	    !memcmp(before->active_source, advert->source, len) ||
	    (before->lower_heard && !memcmp(before->lower_source, advert->source, len)))
		return;
	expect(s, i, s->vr[i].election.down_ns == before->down_ns,
	       "a stranger that leaves is not the Active");
}

/* §6.4.3, of one that can be heard. */
static inline void check_active_advert(const struct subject *s, unsigned i)
{
	const struct vrrp *before = &s->books[i].before, *vr = &s->vr[i];
	const struct vrrp_advert *advert = s->event->advert;
	size_t len = vrrp_address_len(vr->config.family);
	unsigned own = vr->election.priority, theirs = advert->priority;
	bool yields = is_in(vr, VRRP_STATE_BACKUP),
	     loses = memcmp(advert->source, before->election.source, len) > 0;
	bool never_away = vr->config.preempt || is_owner(vr);
	bool quiet = before->election.listening || before->election.ceding;
	bool doubts = is_doubted(s, i) || is_beaten(s, i);

	if (before->election.ceding && doubts) {
		expect(s, i, !yields, "who leaves waits on behind what may be no claim");
		return;
	}
	expect(s, i, !doubts || !yields, "an Active does not yield to what may be no claim");
	expect(s, i, theirs <= own || yields || doubts,
	       "an Active yields to its better, or doubts it");
	expect(s, i, theirs != own || i != s->first || !loses || yields || doubts,
	       "the first member yields to who wins a tie");
	expect(s, i, theirs >= own || !never_away || before->election.ceding || !yields,
	       "an Active yields to none that is worse");
	expect(s, i, theirs || !yields, "an Active does not yield to who leaves");
	expect(s, i,
	       !yields || i == s->first || vr->election.reason.code != VRRP_REASON_TIE ||
		       s->event->now_ns - s->tie_ns > down_ns_of(vr, vr->config.interval_cs),
	       "a tie is decided by the first member, unless it lasts");
	if (yields || quiet || (theirs == own && i != s->first) || !never_away)
		return;
	expect(s, i,
	       find_action(&s->out[i], VRRP_ACTION_ADVERT) ||
		       is_flooded(&s->books[i], time_of(s, i)),
	       "an Active answers who is no better");
}

static inline void check_advert(const struct subject *s, unsigned i)
{
	const struct vrrp *before = &s->books[i].before, *vr = &s->vr[i];
	const struct books *books = &s->books[i];
	bool mute = s->members[i].mute;
	int64_t first_ns = books->answers_ns[books->answers_n % ANSWERS_MAX];

	expect(s, i, is_in(before, VRRP_STATE_ACTIVE) || !is_in(vr, VRRP_STATE_ACTIVE),
	       "no advert makes anybody Active");
	if (s->who != i)
		return;
	if (!is_in(before, VRRP_STATE_ACTIVE) && !is_in(before, VRRP_STATE_BACKUP))
		expect(s, i, !memcmp(before, vr, sizeof(*vr)), "who has not begun hears nobody");
	if (is_in(before, VRRP_STATE_BACKUP))
		check_backup_advert(s, i);
	if (!is_in(before, VRRP_STATE_ACTIVE))
		return;
	if (mute)
		expect(s, i,
		       is_in(vr, VRRP_STATE_BACKUP) ==
			       (s->event->advert->priority > 0 && !is_doubted(s, i)),
		       "who is mute leaves its family to anybody, but by no last word");
	else
		check_active_advert(s, i);
	expect(s, i,
	       !is_in(vr, VRRP_STATE_ACTIVE) || !find_action(&s->out[i], VRRP_ACTION_ADVERT) ||
		       books->answers_n < ANSWERS_MAX || time_of(s, i) - first_ns >= SECOND,
	       "a storm of adverts makes no storm of answers");
}

/* ---- takeovers ---- */

/* Whose Active_Down_Timer ran longest. */
static inline unsigned last_to_wait(const struct subject *s)
{
	unsigned last = s->n;

	for (unsigned i = 0; i < s->n; i++)
		if (!s->members[i].mute &&
		    (last == s->n ||
		     s->books[i].before.election.down_ns > s->books[last].before.election.down_ns))
			last = i;
	return last;
}

/* The first claim of a unit, or of a router. */
static inline void check_claim(const struct subject *s)
{
	const struct vrrp *last = &s->books[last_to_wait(s)].before;

	for (unsigned i = 0; i < s->n; i++) {
		if (s->members[i].mute)
			continue;
		expect(s, i, is_in(&s->books[i].before, VRRP_STATE_BACKUP),
		       "nobody takes over before all have begun");
		expect(s, i, s->event->now_ns >= forbidden_until(s, i),
		       "nobody takes over while a member hears an Active");
		expect(s, i, is_in(&s->vr[i], VRRP_STATE_ACTIVE), "they take over together");
	}
	expect(s, s->who,
	       last->election.late_granted ||
		       s->event->now_ns - last->election.down_ns <
			       interval_ns_of(last->election.active_interval_cs),
	       "a timer that is an interval late is not believed at once");
}

static inline void check_takeover(const struct subject *s, unsigned i)
{
	const struct vrrp *before = &s->books[i].before;

	if (!is_in(before, VRRP_STATE_BACKUP) || !is_in(&s->vr[i], VRRP_STATE_ACTIVE) ||
	    s->event->type == VRRP_EVENT_LEAD)
		return;
	expect(s, i, s->event->now_ns >= forbidden_until(s, i), "no takeover from an Active heard");
	expect(s, i, s->event->now_ns >= before->election.down_ns,
	       "no takeover while Active_Down_Timer runs");
	expect(s, i, !s->members[i].mute || any_speaks(s), "who is mute only follows");
}

/* ---- the unit ---- */

static inline bool is_yielding(const struct subject *s, unsigned i)
{
	return is_in(&s->books[i].before, VRRP_STATE_ACTIVE) &&
	       is_in(&s->vr[i], VRRP_STATE_BACKUP) && !s->members[i].mute;
}

static inline void check_yield(const struct subject *s)
{
	bool yields = false;

	for (unsigned i = 0; i < s->n; i++)
		yields |= is_yielding(s, i);
	for (unsigned i = 0; yields && i < s->n; i++)
		expect(s, i, !is_in(&s->vr[i], VRRP_STATE_ACTIVE), "when one yields, all do");
}

static inline void check_deafness(const struct subject *s, unsigned i)
{
	const struct vrrp_output *out = &s->out[i];
	bool told = find_action(out, VRRP_ACTION_DEAF),
	     untold = find_action(out, VRRP_ACTION_HEARS);
	bool any = false;

	for (unsigned k = 0; told && k < s->n; k++)
		any |= k != i && s->vr[k].election.active_source[0] && !s->members[k].mute;
	expect(s, i,
	       !told || (!s->books[i].was_deaf && s->members[i].deaf && any && !s->speaker &&
			 !s->members[i].mute),
	       "deaf is who hears nobody while another one hears an Active");
	expect(s, i, !untold || (s->books[i].was_deaf && !s->members[i].deaf),
	       "only who was deaf hears again");
	expect(s, i, !s->members[i].deaf || is_in(&s->vr[i], VRRP_STATE_BACKUP),
	       "nobody but a Backup is deaf");
	expect(s, i, !told || is_in(&s->vr[i], VRRP_STATE_BACKUP), "only a Backup becomes deaf");
}

static inline void check_member(const struct subject *s, unsigned i)
{
	const struct vrrp *before = &s->books[i].before, *vr = &s->vr[i];

	if (!s->plain && !s->members[i].touched) {
		expect(s, i, !s->out[i].actions_n && !memcmp(before, vr, sizeof(*vr)),
		       "who is not touched is as before");
		return;
	}
	check_actions(s, i);
	check_state(s, i);
	check_armed(s, i);
	check_timers(s, i);
	check_announcement(s, i);
	check_takeover(s, i);
	check_deafness(s, i);
	if (s->event->type == VRRP_EVENT_ADVERT)
		check_advert(s, i);
	if (is_in(before, VRRP_STATE_BACKUP) && is_in(vr, VRRP_STATE_BACKUP) &&
	    vr->election.down_ns > before->election.down_ns)
		expect(s, i, may_be_put_off(s, i), "nothing else puts off a takeover");
	expect(s, i,
	       s->plain || (vr->election.heard_ns >= before->election.heard_ns &&
			    vr->election.since_ns >= before->election.since_ns),
	       "nobody goes back in time");
	expect(s, i, vr->election.priority == s->vr[0].election.priority, "all have one priority");
	expect(s, i,
	       vr->counters.became_active - before->counters.became_active ==
		       (find_action(&s->out[i], VRRP_ACTION_CLAIM) != NULL),
	       "takeovers are counted");
	expect(s, i, before->config.family == 4 || s->books[i].announced_n <= 3,
	       "an address of IPv6 is announced three times at most");
}

static inline bool any_takes_over(const struct subject *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (is_in(&s->books[i].before, VRRP_STATE_BACKUP) &&
		    is_in(&s->vr[i], VRRP_STATE_ACTIVE))
			return true;
	return false;
}

/* All properties of one step. */
static inline void check_step(const struct subject *s)
{
	for (unsigned i = 0; i < s->n; i++)
		check_member(s, i);
	if (!s->speaker && s->event->type != VRRP_EVENT_LEAD && any_takes_over(s))
		check_claim(s);
	if (s->event->type == VRRP_EVENT_ADVERT)
		check_yield(s);
}

/* ---- the end of a turn ---- */

/* Active in all members or in none, but for those that have come later, or are mute. */
static inline void check_same(const struct subject *s, unsigned i)
{
	const struct vrrp_election *e = &s->vr[i].election;

	if (e->state != VRRP_STATE_BACKUP)
		return;
	expect(s, i, e->down_ns > s->now_ns, "who hears nobody follows an Active member");
	expect(s, i, s->members[i].mute || s->books[i].latecomer || is_owner(&s->vr[i]),
	       "a unit is Active in all members or in none");
}

/* When the unit would claim; VRRP_NEVER: a member has not begun. */
static inline int64_t claim_ns(const struct subject *s)
{
	int64_t last_ns = INT64_MIN;

	for (unsigned i = 0; i < s->n; i++) {
		if (s->members[i].mute)
			continue;
		if (!is_in(&s->vr[i], VRRP_STATE_BACKUP))
			return VRRP_NEVER;
		last_ns = most(last_ns, s->vr[i].election.down_ns);
	}
	return last_ns;
}

/* When something is due of a member, but that it is deaf: that can be told late. */
static inline int64_t duty_ns(const struct subject *s, unsigned i, bool speaker)
{
	if (!is_in(&s->vr[i], VRRP_STATE_BACKUP) || speaker)
		return deadline_of(s, i);
	return s->members[i].mute ? VRRP_NEVER : claim_ns(s);
}

static inline void check_turn(const struct subject *s)
{
	int64_t asked_ns = VRRP_NEVER, due_ns = VRRP_NEVER;
	bool speaker = any_speaks(s);

	for (unsigned i = 0; i < s->n; i++) {
		due_ns = least(due_ns, duty_ns(s, i, speaker));
		asked_ns = least(asked_ns, s->books[i].deadline_ns);
		if (speaker)
			check_same(s, i);
	}
	expect(s, 0, due_ns > s->now_ns, "nothing that was due is left undone");
	expect(s, 0, asked_ns <= due_ns, "what brings a deadline forward touches somebody");
}

#endif
