/* SPDX-License-Identifier: MIT */
/*
 * Routers with one fate under test, and books of what has befallen them: which adverts forbid a
 * takeover, since when and for how long, what was answered and announced. Kept by other arithmetic
 * than the product's, so that unit_check.h can judge it. Printed when something is wrong, or asked
 * for.
 */
#ifndef TESTS_FUZZ_UNIT_BOOKS_H
#define TESTS_FUZZ_UNIT_BOOKS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vrrp/timers.h"
#include "vrrp/unit.h"

#define MS      INT64_C(1000000)
#define SECOND  (1000 * MS)
#define UNDATED (60 * SECOND)

#define ANSWERS_MAX 10 /* in a second: two windows of five */

/* What is known of a member beside what it knows itself. */
struct books {
	struct vrrp before; /* the event at hand */
	bool was_deaf;
	bool wanted;    /* its addresses: claimed, and not released or handed over since */
	bool latecomer; /* Backup: it has begun, or begun to speak, when the others had */
	/* Backup: the last advert that forbids a takeover, or the beginning; its interval; until
	 * when it does so at most; when its sender has left */
	int64_t heard_ns, until_ns, left_ns;
	uint16_t heard_cs;
	uint16_t interval_max_cs; /* its own, of all configurations */
	bool adopted;             /* Backup: by another configuration than it began with */
	uint8_t best;             /* Backup: the highest priority that it has had since it began */
	int64_t lower_ns;         /* Backup: a weaker Active is tolerated since then; VRRP_NEVER */
	int64_t advert_ns;        /* the last advert of anybody */
	int64_t answers_ns[ANSWERS_MAX]; /* Active: the last ones to adverts */
	unsigned answers_n;
	unsigned announced_n; /* since the last reason to begin anew */
	int64_t gap_max_ns;   /* between announcements, by all configurations that it has had */
	bool spoke;           /* an advert of its priority, since the flag was cleared */
	int64_t deadline_ns;  /* as the caller has asked for it last */
};

struct subject {
	unsigned n;
	bool plain; /* one router, and no unit */
	struct vrrp_unit unit;
	struct vrrp_member members[VRRP_UNIT_MAX];
	struct vrrp vr[VRRP_UNIT_MAX];
	struct vrrp_output out[VRRP_UNIT_MAX];
	struct books books[VRRP_UNIT_MAX];
	int64_t now_ns;                 /* of the turn */
	int64_t read_ns;                /* of the one before */
	int64_t tie_ns;                 /* Active: others than the first heard a tie since then */
	unsigned who;                   /* the event at hand */
	const struct vrrp_event *event; /* and what it is; NULL: none */
	bool speaker;                   /* before it a member was Active that can be heard */
	unsigned first;                 /* who decides ties */
};

/* ---- to fail, and to narrate ---- */

static const char *const event_words[] = {
	[VRRP_EVENT_STARTUP] = "startup",   [VRRP_EVENT_SHUTDOWN] = "shutdown",
	[VRRP_EVENT_FAULT] = "fault",       [VRRP_EVENT_PRIORITY] = "priority",
	[VRRP_EVENT_CEDE] = "cede",         [VRRP_EVENT_TIMER] = "timer",
	[VRRP_EVENT_ADVERT] = "advert",     [VRRP_EVENT_MISSED] = "missed",
	[VRRP_EVENT_FORGET] = "forget",     [VRRP_EVENT_LEAD] = "lead",
	[VRRP_EVENT_GIVE_WAY] = "give way", [VRRP_EVENT_CONTEST] = "contest",
	[VRRP_EVENT_DEFER] = "defer",       [VRRP_EVENT_UNDATED] = "undated",
};

/* Claim, Release, Advert, announce (G), State, Deaf, hEars, Hand over. */
static const char action_letters[] = {
	[VRRP_ACTION_CLAIM] = 'C',    [VRRP_ACTION_RELEASE] = 'R',   [VRRP_ACTION_ADVERT] = 'A',
	[VRRP_ACTION_ANNOUNCE] = 'G', [VRRP_ACTION_STATE] = 'S',     [VRRP_ACTION_DEAF] = 'D',
	[VRRP_ACTION_HEARS] = 'E',    [VRRP_ACTION_HAND_OVER] = 'H',
};

static inline void print_event(const struct subject *s)
{
	const struct vrrp_event *event = s->event;

	if (!event) {
		fprintf(stderr, "%.9f: end of the turn\n", (double)s->now_ns / SECOND);
		return;
	}
	fprintf(stderr, "%.9f: %s for %u", (double)event->now_ns / SECOND, event_words[event->type],
		s->who);
	if (event->type == VRRP_EVENT_ADVERT || event->type == VRRP_EVENT_DEFER)
		fprintf(stderr, ", priority %u from .%u every %u cs", event->advert->priority,
			event->advert->source[15] + event->advert->source[3],
			event->advert->interval_cs);
	if (event->type == VRRP_EVENT_PRIORITY)
		fprintf(stderr, ": %u", event->priority);
	fputs("\n", stderr);
}

static inline void print_member(const struct subject *s, unsigned i)
{
	const struct vrrp_election *e = &s->vr[i].election;

	fprintf(stderr, "\t%u: %s (%s), priority %u%s%s", i, vrrp_state_name(e->state),
		vrrp_reason_words[e->reason.code], e->priority, s->members[i].mute ? ", mute" : "",
		s->members[i].deaf ? ", deaf" : "");
	if (vrrp_deadline(&s->vr[i]) != VRRP_NEVER)
		fprintf(stderr, ", due at %.9f", (double)vrrp_deadline(&s->vr[i]) / SECOND);
	for (unsigned k = 0; k < s->out[i].actions_n; k++)
		fprintf(stderr, "%s%c", k ? "" : " -> ", action_letters[s->out[i].actions[k].type]);
	fputs("\n", stderr);
}

/* What an event has changed; of timers, if there is anything. */
static inline void print_step(const struct subject *s)
{
	bool any = s->event->type != VRRP_EVENT_TIMER;

	for (unsigned i = 0; i < s->n; i++)
		any |= memcmp(&s->books[i].before, &s->vr[i], sizeof(s->vr[i])) != 0;
	if (any)
		print_event(s);
	for (unsigned i = 0; i < s->n; i++)
		if (s->out[i].actions_n ||
		    memcmp(&s->books[i].before, &s->vr[i], sizeof(s->vr[i])) != 0)
			print_member(s, i);
}

/* The property is what was broken. */
static inline void expect(const struct subject *s, unsigned i, bool holds, const char *property)
{
	if (holds)
		return;
	fprintf(stderr, "member %u: %s\n", i, property);
	print_event(s);
	for (unsigned k = 0; k < s->n; k++)
		print_member(s, k);
	abort();
}

/* ---- arithmetic ---- */

static inline int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline int64_t interval_ns_of(unsigned interval_cs)
{
	return interval_cs * 10 * MS;
}

/* RFC 9568 §6.1, RFC 3768 §6.1. */
static inline int64_t skew_ns_of(const struct vrrp *vr, unsigned interval_cs)
{
	int64_t of_ns = vr->config.version == 2 ? SECOND : interval_ns_of(interval_cs);

	return of_ns * (256 - vr->election.priority) / 256;
}

static inline int64_t down_ns_of(const struct vrrp *vr, unsigned interval_cs)
{
	unsigned intervals = vr->config.down_intervals ? vr->config.down_intervals : 3;

	return intervals * interval_ns_of(interval_cs) + skew_ns_of(vr, interval_cs);
}

/* So long the lowest priority may wait. */
static inline int64_t offer_ns_of(const struct vrrp *vr)
{
	struct vrrp lowest = *vr;

	lowest.election.priority = 1;
	return most(down_ns_of(&lowest, vr->config.interval_cs), SECOND / 2);
}

static inline bool is_in(const struct vrrp *vr, enum vrrp_state state)
{
	return vr->election.state == state;
}

static inline bool is_owner(const struct vrrp *vr)
{
	return vr->config.priority == VRRP_PRIORITY_OWNER;
}

/* When the event has come for a member: never before the last one. */
static inline int64_t time_of(const struct subject *s, unsigned i)
{
	return s->plain ? s->event->now_ns : most(s->event->now_ns, s->members[i].last_ns);
}

static inline int64_t deadline_of(const struct subject *s, unsigned i)
{
	return s->plain ? vrrp_deadline(&s->vr[i]) : vrrp_unit_deadline(&s->unit, i);
}

static inline bool is_speaking(const struct subject *s, unsigned i)
{
	return is_in(&s->vr[i], VRRP_STATE_ACTIVE) && !s->members[i].mute;
}

static inline bool any_speaks(const struct subject *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (is_speaking(s, i))
			return true;
	return false;
}

static inline unsigned first_voice(const struct subject *s)
{
	unsigned i = 0;

	while (i < s->n && s->members[i].mute)
		i++;
	return i;
}

/* ---- what was heard, and done ---- */

static inline const struct vrrp_action *find_action(const struct vrrp_output *out,
						    enum vrrp_action_type type)
{
	for (unsigned i = 0; i < out->actions_n; i++)
		if (out->actions[i].type == type)
			return &out->actions[i];
	return NULL;
}

static inline int64_t forbidden_until(const struct subject *s, unsigned i)
{
	const struct books *books = &s->books[i];

	if (is_owner(&s->vr[i]))
		return INT64_MIN;
	return least(books->until_ns, books->heard_ns + down_ns_of(&s->vr[i], books->heard_cs));
}

static inline void keep_actions(struct subject *s, unsigned i)
{
	struct books *books = &s->books[i];
	const struct vrrp_output *out = &s->out[i];
	bool answers = s->event->type == VRRP_EVENT_ADVERT && s->who == i;

	for (unsigned k = 0; k < out->actions_n; k++) {
		const struct vrrp_action *action = &out->actions[k];

		if (action->type == VRRP_ACTION_CLAIM)
			books->wanted = true;
		if (action->type == VRRP_ACTION_RELEASE || action->type == VRRP_ACTION_HAND_OVER)
			books->wanted = false;
		if (action->type == VRRP_ACTION_ADVERT)
			books->spoke |= action->priority == s->vr[i].election.priority;
		if (action->type == VRRP_ACTION_CLAIM || answers)
			books->announced_n = 0;
		if (action->type == VRRP_ACTION_ANNOUNCE)
			books->announced_n++;
	}
	/* A contest of another member begins an announcement anew, too, and so does a farewell that
	 * one without a voice hears. */
	if (s->event->type == VRRP_EVENT_ADVERT || s->event->type == VRRP_EVENT_CONTEST ||
	    s->event->type == VRRP_EVENT_DEFER)
		books->announced_n = 0;
}

static inline void keep_answers(struct subject *s, unsigned i)
{
	struct books *books = &s->books[i];

	if (is_in(&s->books[i].before, VRRP_STATE_ACTIVE) != is_in(&s->vr[i], VRRP_STATE_ACTIVE))
		books->answers_n = 0;
	else if (s->event->type == VRRP_EVENT_ADVERT && find_action(&s->out[i], VRRP_ACTION_ADVERT))
		books->answers_ns[books->answers_n++ % ANSWERS_MAX] = time_of(s, i);
}

/* A Backup begins: it has heard what has made it one, or nobody. */
static inline void keep_beginning(struct subject *s, unsigned i)
{
	struct books *books = &s->books[i];
	const struct vrrp *vr = &s->vr[i];
	bool hears = s->who == i &&
		     (s->event->type == VRRP_EVENT_ADVERT || s->event->type == VRRP_EVENT_DEFER);

	books->latecomer = !is_in(&books->before, VRRP_STATE_ACTIVE);
	books->adopted = false;
	books->best = vr->election.priority;
	books->heard_ns = time_of(s, i);
	books->heard_cs = hears ? s->event->advert->interval_cs : vr->config.interval_cs;
	books->until_ns = VRRP_NEVER;
	books->left_ns = books->lower_ns = VRRP_NEVER;
}

static inline bool beats(const struct vrrp *vr, const struct vrrp_advert *advert, unsigned priority,
			 const uint8_t *source)
{
	if (advert->priority != priority)
		return advert->priority > priority;
	return memcmp(advert->source, source, vrrp_address_len(vr->config.family)) > 0;
}

/* What is heard so long behind something else may have been under way. */
static inline int64_t round_trip(const struct vrrp *vr)
{
	return least(SECOND / 5, interval_ns_of(vr->config.interval_cs));
}

/* Its sender may have yielded since: to an Active that has offered to leave or has fallen. */
static inline bool is_beaten(const struct subject *s, unsigned i)
{
	const struct vrrp *before = &s->books[i].before;
	const struct vrrp_election *e = &before->election;
	int64_t interval_ns = interval_ns_of(before->config.interval_cs), now_ns = time_of(s, i),
		offer_ns = e->offered_ns;
	bool fell = e->fell_ns && now_ns - e->fell_ns < round_trip(before),
	     offered = e->ceding && e->contested_ns <= offer_ns &&
		       now_ns - offer_ns < round_trip(before);
	unsigned best = fell && e->fell_from > e->priority ? e->fell_from : e->priority;

	return is_in(before, VRRP_STATE_ACTIVE) && s->event->advert->priority &&
	       (fell || offered) && now_ns - e->contested_ns < interval_ns + SECOND &&
	       !beats(before, s->event->advert, best, e->source);
}

static inline bool is_of_stranger(const struct subject *s, unsigned i)
{
	const struct vrrp_election *e = &s->books[i].before.election;
	size_t len = vrrp_address_len(s->vr[i].config.family);

	return e->active_source[0] && memcmp(e->active_source, s->event->advert->source, len) != 0;
}

/* Or to the Active that a Backup knows, which has just spoken; or has left before anybody can have
 * come: half a skew time is believed, and some round that down. */
static inline bool is_outdone(const struct subject *s, unsigned i)
{
	const struct vrrp *before = &s->books[i].before;
	const struct vrrp_election *e = &before->election;
	const struct vrrp_advert *advert = s->event->advert;
	bool left = e->active_priority == VRRP_PRIORITY_LEAVE;
	int64_t longest_ns = round_trip(before);
	struct vrrp theirs = *before;
	unsigned shorter_cs = e->active_interval_cs;

	if (!is_in(before, VRRP_STATE_BACKUP) || !advert->priority || e->lower_heard ||
	    !is_of_stranger(s, i))
		return false;
	if (shorter_cs > advert->interval_cs)
		shorter_cs = advert->interval_cs;
	theirs.election.priority = advert->priority;
	if (left)
		longest_ns =
			least(longest_ns, (skew_ns_of(&theirs, shorter_cs) - SECOND / 100) / 2);
	return time_of(s, i) - e->heard_ns < longest_ns &&
	       !beats(before, advert, left ? e->lower_priority : e->active_priority,
		      e->active_source);
}

/* One that serves no longer says the lowest priority when its addresses are gone; who is Active
 * says it again, not in the same round trip, and not long after. */
static inline bool is_doubted(const struct subject *s, unsigned i)
{
	const struct vrrp *before = &s->books[i].before;
	const struct vrrp_election *e = &before->election;
	const struct vrrp_advert *advert = s->event->advert;
	int64_t again_ns = 3 * interval_ns_of(advert->interval_cs) + SECOND;
	size_t len = vrrp_address_len(before->config.family);

	if (advert->priority != 1 ||
	    !(is_in(before, VRRP_STATE_ACTIVE) ||
	      (is_in(before, VRRP_STATE_BACKUP) &&
	       (is_of_stranger(s, i) ||
		(e->active_source[0] && e->active_priority == VRRP_PRIORITY_LEAVE)))))
		return false;
	for (unsigned n = 0; n < VRRP_DOUBTS_MAX; n++) {
		int64_t ago_ns = time_of(s, i) - e->doubts[n].ns;

		if (e->doubts[n].ns && !memcmp(e->doubts[n].source, advert->source, len))
			return ago_ns >= again_ns;
	}
	return true;
}

/* An advert that a Backup has heard. */
static inline void keep_advert(struct subject *s, unsigned i)
{
	struct books *books = &s->books[i];
	const struct vrrp *vr = &s->vr[i];
	const struct vrrp_advert *advert = s->event->advert;
	bool mute = s->members[i].mute || s->event->type == VRRP_EVENT_DEFER;
	bool better = advert->priority > vr->election.priority, outdone = !mute && is_outdone(s, i);

	if (s->speaker && !mute && !better)
		return;
	if (is_doubted(s, i))
		return;
	if (advert->priority == VRRP_PRIORITY_LEAVE) {
		books->left_ns = least(books->left_ns, time_of(s, i));
		books->until_ns =
			least(forbidden_until(s, i),
			      books->left_ns + skew_ns_of(vr, vr->election.active_interval_cs));
		return;
	}
	if ((advert->priority >= vr->election.priority && !outdone) || mute)
		books->lower_ns = VRRP_NEVER;
	else if (advert->priority < vr->election.priority && vr->config.preempt &&
		 books->lower_ns == VRRP_NEVER)
		books->lower_ns = time_of(s, i);
	if (advert->priority < vr->election.priority && !mute && vr->config.preempt) {
		/* Discarded, or tolerated for a while: then its interval may be a shorter one. */
		if (vr->config.preempt_delay_ns)
			books->until_ns =
				least(books->until_ns,
				      time_of(s, i) + down_ns_of(vr, advert->interval_cs));
		return;
	}
	if (outdone)
		return;
	books->heard_ns = time_of(s, i);
	books->heard_cs = advert->interval_cs;
	books->until_ns = books->left_ns = VRRP_NEVER;
}

/* Another skew time: of what is due, because somebody has left, it is known. */
static inline void keep_priority(struct subject *s, unsigned i)
{
	struct books *books = &s->books[i];
	const struct vrrp *vr = &s->vr[i];
	int64_t skew_ns = skew_ns_of(vr, vr->election.active_interval_cs);

	books->until_ns = books->left_ns == VRRP_NEVER
				  ? INT64_MIN
				  : least(books->until_ns, books->left_ns + skew_ns);
}

static inline void keep_backup(struct subject *s, unsigned i)
{
	struct books *books = &s->books[i];
	const struct vrrp *vr = &s->vr[i];

	if (!is_in(&books->before, VRRP_STATE_BACKUP)) {
		keep_beginning(s, i);
		return;
	}
	if (books->best < vr->election.priority)
		books->best = vr->election.priority;
	if (s->event->type == VRRP_EVENT_PRIORITY && books->until_ns != VRRP_NEVER)
		keep_priority(s, i);
	if (s->who != i)
		return;
	if (s->event->type == VRRP_EVENT_ADVERT || s->event->type == VRRP_EVENT_DEFER)
		keep_advert(s, i);
	if (s->event->type == VRRP_EVENT_FORGET)
		books->until_ns = INT64_MIN;
}

static inline void keep_reading(struct subject *s, unsigned i)
{
	if (s->who == i && s->event->type == VRRP_EVENT_ADVERT)
		s->books[i].advert_ns = s->event->now_ns;
}

/* Others than the first member have a tie to decide, until one of them yields. */
static inline void keep_tie(struct subject *s)
{
	bool tie = s->event->type == VRRP_EVENT_ADVERT && s->who != s->first &&
		   is_speaking(s, s->who) &&
		   s->event->advert->priority == s->vr[s->who].election.priority;

	if (s->event->type == VRRP_EVENT_ADVERT && s->speaker && !any_speaks(s))
		s->tie_ns = VRRP_NEVER;
	else if (tie && s->tie_ns == VRRP_NEVER)
		s->tie_ns = s->event->now_ns;
}

/* Before the event: what will be compared. */
static inline void keep_before(struct subject *s, unsigned who, const struct vrrp_event *event)
{
	s->who = who;
	s->event = event;
	s->speaker = any_speaks(s);
	s->first = first_voice(s);
	for (unsigned i = 0; i < s->n; i++) {
		s->books[i].before = s->vr[i];
		s->books[i].was_deaf = s->members[i].deaf;
	}
}

/* After it. */
static inline void keep_after(struct subject *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		keep_answers(s, i);
		keep_reading(s, i);
		if (is_in(&s->vr[i], VRRP_STATE_BACKUP))
			keep_backup(s, i);
		else
			s->books[i].latecomer = false;
	}
	keep_tie(s);
}

#endif
