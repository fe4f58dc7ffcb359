/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <assert.h>

#include "timers.h"

void vrrp_unit_init(struct vrrp_unit *unit, struct vrrp_member *members)
{
	*unit = (struct vrrp_unit){ .members = members,
				    .tie_since_ns = VRRP_NEVER,
				    .tie_ns = VRRP_NEVER };
}

unsigned vrrp_unit_add(struct vrrp_unit *unit, struct vrrp *vr, unsigned router)
{
	assert(unit->n < VRRP_UNIT_MAX);
	unit->members[unit->n] = (struct vrrp_member){ .vr = vr, .router = router };
	return unit->n++;
}

static bool is_in(const struct vrrp_member *member, enum vrrp_state state)
{
	return member->vr->election.state == state;
}

/* One that makes the unit Active, since it can be heard; NULL: none does. */
static const struct vrrp_member *active_member(const struct vrrp_unit *unit)
{
	for (unsigned i = 0; i < unit->n; i++)
		if (is_in(&unit->members[i], VRRP_STATE_ACTIVE) && !unit->members[i].mute)
			return &unit->members[i];
	return NULL;
}

/*
 * The member whose Active_Down_Timer runs longest, of those that have a say. NULL: none has, or one
 * has not begun yet, and it is not known what it will hear.
 */
static const struct vrrp_member *last_waiting(const struct vrrp_unit *unit)
{
	const struct vrrp_member *last = NULL;

	for (unsigned i = 0; i < unit->n; i++) {
		const struct vrrp_member *member = &unit->members[i];

		if (member->mute)
			continue;
		if (!is_in(member, VRRP_STATE_BACKUP) && !is_in(member, VRRP_STATE_ACTIVE))
			return NULL;
		if (is_in(member, VRRP_STATE_BACKUP) &&
		    (!last || member->vr->election.down_ns > last->vr->election.down_ns))
			last = member;
	}
	return last;
}

/*
 * Adverts of one family are read after those of another one, which may have come later: what those
 * have led to is not undone by going back in time.
 */
static void step(struct vrrp_unit *unit, unsigned i, const struct vrrp_event *event,
		 struct vrrp_output *out)
{
	struct vrrp_member *member = &unit->members[i];
	struct vrrp_event in_order = *event;

	if (in_order.now_ns < member->last_ns)
		in_order.now_ns = member->last_ns;
	member->last_ns = in_order.now_ns;
	member->touched = true;
	vrrp_step(member->vr, &in_order, out);
}

/* ---- together ---- */

/* Who decided, and why. Who follows another one itself names that one, and no chain is told. */
struct decision {
	const struct vrrp_member *first;
	enum vrrp_reason_code cause;
};

static struct vrrp_event together(enum vrrp_event_type type, const struct vrrp_member *member,
				  const struct decision *decision, int64_t now_ns)
{
	const struct vrrp_member *first = decision->first;
	struct vrrp_reason reason = { .code = member->router == first->router ? VRRP_REASON_TOGETHER
									      : VRRP_REASON_GROUP,
				      .priority = first->vr->config.family,
				      .cause = (uint8_t)decision->cause,
				      .by = first->id };

	if (decision->cause == VRRP_REASON_TOGETHER || decision->cause == VRRP_REASON_GROUP) {
		reason.cause = first->vr->election.reason.cause;
		reason.by = first->vr->election.reason.by;
	}
	if (reason.by == member->id) /* its own router is no other one */
		reason.by = 0;
	return (struct vrrp_event){ .type = type, .now_ns = now_ns, .reason = reason };
}

/* A member is Active: so are the others, but who is mute and hears another Active. */
static void lead(struct vrrp_unit *unit, const struct vrrp_member *first, int64_t now_ns,
		 struct vrrp_output *out)
{
	const struct decision decision = { first, first->vr->election.reason.code };

	for (unsigned i = 0; i < unit->n; i++) {
		const struct vrrp_member *member = &unit->members[i];
		struct vrrp_event event = together(VRRP_EVENT_LEAD, member, &decision, now_ns);

		event.served = vrrp_is_served(first->vr, first->vr->election.reason.code);
		if (is_in(member, VRRP_STATE_BACKUP) && member->vr->election.down_ns <= now_ns)
			step(unit, i, &event, &out[i]);
	}
}

/* Whether somebody is there of whom it has made nothing: no better than its unit is. */
static bool is_held_by_weaker(const struct vrrp_member *member)
{
	return member->advert_ns > member->vr->election.heard_ns;
}

/* It has come later than the others, and takes its family from who serves there. */
static void join(struct vrrp_unit *unit, unsigned i, const struct vrrp_member *first,
		 int64_t now_ns, struct vrrp_output *out)
{
	const struct decision decision = { first, first->vr->election.reason.code };
	struct vrrp_event event = together(VRRP_EVENT_LEAD, &unit->members[i], &decision, now_ns);

	event.served = true;
	if (unit->members[i].vr->election.down_ns <= now_ns)
		step(unit, i, &event, &out[i]);
}

/* A member has found its better. */
static void give_way(struct vrrp_unit *unit, const struct vrrp_member *first,
		     enum vrrp_reason_code cause, int64_t now_ns, struct vrrp_output *out)
{
	const struct decision decision = { first, cause };

	for (unsigned i = 0; i < unit->n; i++) {
		const struct vrrp_member *member = &unit->members[i];
		const struct vrrp_event event =
			together(VRRP_EVENT_GIVE_WAY, member, &decision, now_ns);

		if (is_in(member, VRRP_STATE_ACTIVE))
			step(unit, i, &event, &out[i]);
	}
	unit->tie_since_ns = unit->tie_ns = VRRP_NEVER;
}

/*
 * Whether it has answered the rival itself: it is Active since before that one's advert of this
 * family, and the adverts of all families are under way at one time. What it has heard otherwise
 * was of somebody else, or before the rival had announced anything.
 */
static bool has_answered(const struct vrrp_member *member, int64_t now_ns)
{
	const struct vrrp_election *e = &member->vr->election;
	int64_t interval_ns = vrrp_interval_ns(member->vr->config.interval_cs);

	return member->advert_ns && member->advert_ns >= e->since_ns &&
	       now_ns - member->advert_ns < interval_ns;
}

/* A member has a rival, who was Active in the other families, too, but may have no voice there.
 * @with: who answers it; or @unit->n: nobody does. */
static void contest(struct vrrp_unit *unit, unsigned with, int64_t now_ns, struct vrrp_output *out)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_CONTEST, .now_ns = now_ns };

	for (unsigned i = 0; i < unit->n; i++)
		if (i != with && is_in(&unit->members[i], VRRP_STATE_ACTIVE) &&
		    !(with < unit->n && has_answered(&unit->members[i], now_ns)))
			step(unit, i, &event, &out[i]);
}

/* ---- deafness ---- */

/*
 * When it is sure that a member hears nobody: adverts in all families leave at one time. One that
 * was told of somebody who leaves, and now waits less, has heard until then.
 */
static int64_t deaf_ns(const struct vrrp_member *member)
{
	const struct vrrp_election *e = &member->vr->election;
	int64_t heard_ns = e->heard_ns > member->advert_ns ? e->heard_ns : member->advert_ns;
	int64_t silent_ns = heard_ns + vrrp_down_ns(member->vr->config.version, e->priority,
						    e->active_interval_cs,
						    vrrp_down_intervals(&member->vr->config));

	return (silent_ns > e->down_ns ? silent_ns : e->down_ns) +
	       vrrp_interval_ns(e->active_interval_cs);
}

static bool hears_active(const struct vrrp_member *member)
{
	return member && member->vr->election.active_source[0];
}

static void set_deaf(struct vrrp_member *member, bool deaf, struct vrrp_output *out)
{
	if (member->deaf == deaf)
		return;
	member->deaf = deaf;
	member->touched = true;
	assert(out->actions_n < VRRP_ACTIONS_MAX);
	out->actions[out->actions_n++].type = deaf ? VRRP_ACTION_DEAF : VRRP_ACTION_HEARS;
}

/* ---- events ---- */

/* This host stood still: nobody's silence proves anything. */
static void miss(struct vrrp_unit *unit, int64_t now_ns, struct vrrp_output *out)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_MISSED, .now_ns = now_ns };

	for (unsigned i = 0; i < unit->n; i++)
		if (is_in(&unit->members[i], VRRP_STATE_BACKUP))
			step(unit, i, &event, &out[i]);
}

static void on_backup_timer(struct vrrp_unit *unit, unsigned i, const struct vrrp_event *event,
			    struct vrrp_output *out)
{
	struct vrrp_member *member = &unit->members[i];
	const struct vrrp_member *active = active_member(unit), *last = last_waiting(unit);

	if (active && member->mute) {
		lead(unit, active, event->now_ns, out);
	} else if (active && is_held_by_weaker(member)) {
		join(unit, i, active, event->now_ns, out);
	} else if (active) {
		step(unit, i, event, &out[i]);
	} else if (last && last->vr->election.down_ns > event->now_ns) {
		if (!member->mute && event->now_ns >= deaf_ns(member) && hears_active(last))
			set_deaf(member, true, &out[i]);
	} else if (last) {
		/* Whether the silence proves anything is for the last one to say. */
		step(unit, (unsigned)(last - unit->members), event, &out[last - unit->members]);
		if (is_in(last, VRRP_STATE_ACTIVE))
			lead(unit, last, event->now_ns, out);
		else
			miss(unit, event->now_ns, out);
	}
}

static bool is_first_to_speak(const struct vrrp_unit *unit, unsigned i)
{
	for (unsigned before = 0; before < i; before++)
		if (!unit->members[before].mute)
			return false;
	return true;
}

/*
 * A tie that is for the first member to decide. It has done so long before this one's patience
 * ends, unless it does not hear the other router or is not heard by it.
 */
static bool is_left_to_first(struct vrrp_unit *unit, unsigned i, const struct vrrp_event *event)
{
	const struct vrrp *vr = unit->members[i].vr;
	unsigned own_cs = vr->config.interval_cs, theirs_cs = event->advert->interval_cs;
	int64_t patience_ns = vrrp_down_ns(vr->config.version, vr->election.priority,
					   own_cs > theirs_cs ? own_cs : theirs_cs,
					   vrrp_down_intervals(&vr->config));

	if (is_first_to_speak(unit, i) || event->advert->priority != vr->election.priority)
		return false;
	if (unit->tie_ns == VRRP_NEVER || event->now_ns - unit->tie_ns > patience_ns)
		unit->tie_since_ns = event->now_ns;
	unit->tie_ns = event->now_ns;
	return event->now_ns - unit->tie_since_ns <= patience_ns;
}

/* All of them wait for the same successor, and none for longer than one that has heard it. */
static void shorten_offers_with(struct vrrp_unit *unit, const struct vrrp_member *member)
{
	int64_t until_ns = member->vr->election.advert_ns;

	for (unsigned i = 0; i < unit->n; i++) {
		struct vrrp_election *e = &unit->members[i].vr->election;

		if (!e->ceding || e->advert_ns <= until_ns)
			continue;
		e->advert_ns = until_ns;
		unit->members[i].touched = true;
	}
}

static void on_active_advert(struct vrrp_unit *unit, unsigned i, const struct vrrp_event *event,
			     struct vrrp_output *out)
{
	const struct vrrp_member *member = &unit->members[i];
	int64_t advert_ns = member->vr->election.advert_ns;

	if (is_left_to_first(unit, i, event)) {
		contest(unit, unit->n, event->now_ns, out);
		return;
	}
	step(unit, i, event, &out[i]);
	if (member->vr->election.ceding && member->vr->election.advert_ns < advert_ns)
		shorten_offers_with(unit, member);
	if (is_in(member, VRRP_STATE_BACKUP))
		give_way(unit, member, member->vr->election.reason.code, event->now_ns, out);
	else
		contest(unit, i, event->now_ns, out);
}

/*
 * A Backup beside an Active member has come later: it has begun to speak, or to exist. To its
 * better all give way; of others it knows no more than an Active does.
 */
static void on_latecomer_advert(struct vrrp_unit *unit, unsigned i, const struct vrrp_event *event,
				struct vrrp_output *out)
{
	const struct vrrp_member *member = &unit->members[i];

	if (event->advert->priority <= member->vr->election.priority)
		return;
	step(unit, i, event, &out[i]);
	if (member->vr->election.heard_ns == member->last_ns)
		give_way(unit, member, VRRP_REASON_HIGHER, event->now_ns, out);
}

/* An Active that is heard in any family is one: what is Active without a voice gives way to it. */
static void on_backup_advert(struct vrrp_unit *unit, unsigned i, const struct vrrp_event *event,
			     struct vrrp_output *out)
{
	const struct vrrp_member *member = &unit->members[i];

	step(unit, i, event, &out[i]);
	if (is_in(member, VRRP_STATE_BACKUP) && event->advert->priority != VRRP_PRIORITY_LEAVE &&
	    member->vr->election.heard_ns == member->last_ns)
		give_way(unit, member, VRRP_REASON_MUTE, event->now_ns, out);
}

/* Who cannot answer leaves its family to whomever it hears there, and hinders nobody. */
static void on_mute_advert(struct vrrp_unit *unit, unsigned i, const struct vrrp_event *event,
			   struct vrrp_output *out)
{
	struct vrrp_event defer = *event;

	defer.type = VRRP_EVENT_DEFER;
	step(unit, i, &defer, &out[i]);
}

static void on_advert(struct vrrp_unit *unit, unsigned i, const struct vrrp_event *event,
		      struct vrrp_output *out)
{
	struct vrrp_member *member = &unit->members[i];

	if (member->mute)
		on_mute_advert(unit, i, event, out);
	else if (is_in(member, VRRP_STATE_ACTIVE))
		on_active_advert(unit, i, event, out);
	else if (is_in(member, VRRP_STATE_BACKUP) && active_member(unit))
		on_latecomer_advert(unit, i, event, out);
	else
		on_backup_advert(unit, i, event, out);
	member->advert_ns = event->now_ns;
	set_deaf(member, false, &out[i]);
}

static void step_all(struct vrrp_unit *unit, const struct vrrp_event *event,
		     struct vrrp_output *out)
{
	for (unsigned i = 0; i < unit->n; i++)
		step(unit, i, event, &out[i]);
}

/* Timers of all depend on who leads, and who waits longest claims for all. */
static void touch_others(struct vrrp_unit *unit)
{
	const struct vrrp_member *last = last_waiting(unit);
	bool led = active_member(unit), waits = last;

	for (unsigned i = 0; i < unit->n; i++) {
		if (led != unit->led || waits != unit->waits || &unit->members[i] == last)
			unit->members[i].touched = true;
		if (!is_in(&unit->members[i], VRRP_STATE_BACKUP))
			unit->members[i].deaf = false;
	}
	if (!led) /* a tie that was not decided is none any more */
		unit->tie_since_ns = unit->tie_ns = VRRP_NEVER;
	unit->led = led;
	unit->waits = waits;
}

void vrrp_unit_step(struct vrrp_unit *unit, unsigned i, const struct vrrp_event *event,
		    struct vrrp_output *out)
{
	struct vrrp_member *member = &unit->members[i];

	assert(i < unit->n);
	for (unsigned n = 0; n < unit->n; n++) {
		out[n].actions_n = 0;
		unit->members[n].touched = n == i;
	}
	if (event->type == VRRP_EVENT_PRIORITY || event->type == VRRP_EVENT_CEDE)
		step_all(unit, event, out);
	else if (event->type == VRRP_EVENT_ADVERT)
		on_advert(unit, i, event, out);
	else if (event->type == VRRP_EVENT_TIMER && is_in(member, VRRP_STATE_BACKUP))
		on_backup_timer(unit, i, event, out);
	else
		step(unit, i, event, &out[i]);
	touch_others(unit);
}

int64_t vrrp_unit_deadline(const struct vrrp_unit *unit, unsigned i)
{
	const struct vrrp_member *member = &unit->members[i];
	const struct vrrp_member *last = last_waiting(unit);
	int64_t claim_ns = last ? last->vr->election.down_ns : VRRP_NEVER;

	if (!is_in(member, VRRP_STATE_BACKUP) || active_member(unit))
		return vrrp_deadline(member->vr);
	if (member->mute)
		return VRRP_NEVER;
	if (!member->deaf && hears_active(last) && deaf_ns(member) < claim_ns)
		return deaf_ns(member);
	return claim_ns;
}

unsigned vrrp_unit_holder(const struct vrrp_unit *unit)
{
	const struct vrrp_member *last = last_waiting(unit);

	if (active_member(unit))
		return unit->n;
	for (unsigned i = 0; i < unit->n; i++)
		if (!unit->members[i].mute && !is_in(&unit->members[i], VRRP_STATE_BACKUP) &&
		    !is_in(&unit->members[i], VRRP_STATE_ACTIVE))
			return i;
	return last ? (unsigned)(last - unit->members) : unit->n;
}
