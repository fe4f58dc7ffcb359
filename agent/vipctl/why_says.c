/* SPDX-License-Identifier: MIT */
#include "why_says.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ago.h"
#include "vrrp/packet.h"
#include "why_finding.h"

#define NS_PER_S        INT64_C(1000000000)
#define NS_PER_MS       INT64_C(1000000)
#define RIVAL_LATELY_NS (10 * NS_PER_S) /* who was heard before has given way since */
#define LISTED_MAX      4

const char *const why_election_words[WHY_ELECTION_COUNT] = {
	[WHY_ELECTION_OUT] = "out",
	[WHY_ELECTION_DELAYED] = "delayed",
	[WHY_ELECTION_AWAITS] = "awaits",
	[WHY_ELECTION_NOBODY] = "nobody",
	[WHY_ELECTION_OWNER] = "owner",
	[WHY_ELECTION_HIGHER] = "higher",
	[WHY_ELECTION_EQUAL] = "equal",
	[WHY_ELECTION_NO_PREEMPT] = "no_preempt",
	[WHY_ELECTION_PREEMPT_DELAY] = "preempt_delay",
	[WHY_ELECTION_DAMPED] = "damped",
	[WHY_ELECTION_MUTE] = "mute",
	[WHY_ELECTION_LEFT] = "left",
	[WHY_ELECTION_PREEMPTS] = "preempts",
	[WHY_ELECTION_HANDS_OVER] = "hands_over",
	[WHY_ELECTION_ALONE] = "alone",
	[WHY_ELECTION_RIVAL] = "rival",
	[WHY_ELECTION_CEDES] = "cedes",
	[WHY_ELECTION_LISTENS] = "listens",
};

/* A sentence that grows. */
struct sentence {
	char *buf;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct sentence *sentence, const char *format,
						      ...)
{
	size_t room = WHY_SENTENCE_SIZE - sentence->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(sentence->buf + sentence->len, room, format, args);
	va_end(args);
	sentence->len += (size_t)len < room ? (size_t)len : room - 1;
}

static const char *span(int64_t ns, char *buf)
{
	return ago_wait_text(ns, buf, WHY_TEXT_SIZE);
}

static const char *clock_text(int64_t real_ns, char *buf)
{
	static const struct field field = { .name = "time",
					    .type = FIELD_TIME,
					    .size = sizeof(int64_t) };
	char text[FIELDS_TEXT_SIZE];

	snprintf(buf, WHY_TEXT_SIZE, "%.19sZ", fields_text(&field, &real_ns, text));
	return buf;
}

/* ---- the election ---- */

static enum why_election of_passive(const struct why_router *router)
{
	if (router->state == VRRP_STATE_FAULT)
		return WHY_ELECTION_OUT;
	if (router->start_in_ms)
		return WHY_ELECTION_DELAYED;
	return router->reason.code == VRRP_REASON_NONE ? WHY_ELECTION_AWAITS : WHY_ELECTION_OUT;
}

/* A weaker one is heard, and nobody who is better is waited for. */
static bool preempts_lower(const struct why_router *router)
{
	bool is_other = memcmp(router->lower, router->active, sizeof(router->lower)) != 0;

	return why_has_ip(router->lower) && !(is_other && why_has_ip(router->active) &&
					      router->active_priority >= router->effective);
}

/* How many addresses wait for a successor's announcement. */
static unsigned handing_over_n(const struct why_router *router)
{
	unsigned n = 0;

	for (unsigned i = 0; i < router->addresses_n; i++)
		n += router->addresses[i].present && router->addresses[i].handing_over;
	return n;
}

static enum why_election of_backup(const struct why_facts *facts, const struct why_router *router)
{
	if (handing_over_n(router))
		return WHY_ELECTION_HANDS_OVER;
	if (preempts_lower(router))
		return WHY_ELECTION_PREEMPTS;
	if (!why_has_ip(router->active))
		return WHY_ELECTION_NOBODY;
	if (router->active_priority == VRRP_PRIORITY_LEAVE)
		return WHY_ELECTION_LEFT;
	if (router->active_priority == VRRP_PRIORITY_OWNER)
		return WHY_ELECTION_OWNER;
	if (router->active_priority > router->effective)
		return WHY_ELECTION_HIGHER;
	if (router->active_priority == router->effective)
		return WHY_ELECTION_EQUAL;
	if (router->mute)
		return WHY_ELECTION_MUTE;
	if (!router->preempt)
		return WHY_ELECTION_NO_PREEMPT;
	if (router->damped_until_real_ns > facts->now_real_ns)
		return WHY_ELECTION_DAMPED;
	return router->preempt_in_ms ? WHY_ELECTION_PREEMPT_DELAY : WHY_ELECTION_PREEMPTS;
}

static enum why_election of_active(const struct why_facts *facts, const struct why_router *router)
{
	if (router->listening)
		return WHY_ELECTION_LISTENS;
	if (why_has_ip(router->rival) &&
	    facts->now_real_ns - router->rival_real_ns < RIVAL_LATELY_NS)
		return WHY_ELECTION_RIVAL;
	return router->ceding ? WHY_ELECTION_CEDES : WHY_ELECTION_ALONE;
}

enum why_election why_election(const struct why_facts *facts, const struct why_router *router)
{
	if (router->state == VRRP_STATE_ACTIVE)
		return of_active(facts, router);
	return router->state == VRRP_STATE_BACKUP ? of_backup(facts, router) : of_passive(router);
}

/* Of a check that was never answered it says so; else its interface is on its way. */
static void say_what_is_awaited(const struct why_router *router, struct sentence *sentence)
{
	for (unsigned i = 0; i < router->tracks_n; i++)
		if (router->tracks[i].unknown) {
			say(sentence, "it begins when check %s has answered for the first time",
			    router->tracks[i].name);
			return;
		}
	say(sentence, "it has not begun: its interface, or another one of its unit, is not ready");
}

static void say_of_passive(enum why_election election, const struct why_router *router,
			   struct sentence *sentence)
{
	char wait[WHY_TEXT_SIZE];

	if (election == WHY_ELECTION_DELAYED)
		say(sentence, "it begins in %s, when its %s ends",
		    span(router->start_in_ms * NS_PER_MS, wait),
		    router->reason.code == VRRP_REASON_BOOT_DELAY ? "boot_delay" : "start_delay");
	else if (election == WHY_ELECTION_AWAITS)
		say_what_is_awaited(router, sentence);
	else
		say(sentence,
		    "it takes no part, and listens to nobody: who is Active, others know");
}

/* Why the one that is heard is left to be Active. */
static void say_who_is_better(enum why_election election, const struct why_router *router,
			      struct sentence *sentence)
{
	const unsigned theirs = router->active_priority, ours = router->effective;
	char ip[WHY_TEXT_SIZE], until[WHY_TEXT_SIZE];

	say(sentence, "%s is Active with priority %u, ", why_ip(router, router->active, ip),
	    theirs);
	if (election == WHY_ELECTION_OWNER)
		say(sentence, "the owner of the addresses");
	else if (election == WHY_ELECTION_HIGHER)
		say(sentence, "higher than ours, %u", ours);
	else if (election == WHY_ELECTION_EQUAL)
		say(sentence, "as ours: a Backup leaves its equal alone");
	else if (election == WHY_ELECTION_NO_PREEMPT)
		say(sentence, "lower than ours, %u: preempt = false leaves it in peace", ours);
	else if (election == WHY_ELECTION_PREEMPT_DELAY)
		say(sentence, "lower than ours, %u: preempt_delay leaves it in peace for %s more",
		    ours, span(router->preempt_in_ms * NS_PER_MS, until));
	else if (election == WHY_ELECTION_DAMPED)
		say(sentence, "lower than ours, %u: damping leaves it in peace until %s", ours,
		    clock_text(router->damped_until_real_ns, until));
	else if (election == WHY_ELECTION_MUTE)
		say(sentence, "lower than ours, %u: no advert of ours leaves, so we answer nobody",
		    ours);
	else
		say(sentence, "lower than ours, %u: we are about to take over", ours);
}

static void say_when_it_was_heard(const struct why_facts *facts, const struct why_router *router,
				  struct sentence *sentence)
{
	char ago[WHY_TEXT_SIZE];

	if (router->heard_real_ns)
		say(sentence, "; heard %s ago",
		    span(facts->now_real_ns - router->heard_real_ns, ago));
}

/* The timer of a unit is that of the member that holds it. */
static void say_when_we_take_over(const struct why_router *router, struct sentence *sentence)
{
	bool held = router->held_by[0] && strcmp(router->held_by, router->name) != 0;
	char wait[WHY_TEXT_SIZE];

	if (held && router->held_by_state != VRRP_STATE_BACKUP)
		say(sentence, ", no takeover before %s has begun", router->held_by);
	else if (router->held_by[0] && router->held_ms > router->takeover_in_ms)
		say(sentence, ", takeover in %s if nobody is heard there or by %s",
		    span(router->held_ms * NS_PER_MS, wait),
		    held                          ? router->held_by
		    : router->held_by_family == 6 ? "its IPv6"
						  : "its IPv4");
	else
		say(sentence, ", takeover in %s without another advert",
		    span(router->takeover_in_ms * NS_PER_MS, wait));
}

/* Who is waited for does not make it yield: it does not hear that one. */
static void say_who_is_weaker(const struct why_router *router, struct sentence *sentence)
{
	char ip[WHY_TEXT_SIZE];

	if (why_has_ip(router->lower) &&
	    memcmp(router->lower, router->active, sizeof(router->lower)) != 0)
		say(sentence, "; %s is heard as Active, too, with the lower priority %u",
		    why_ip(router, router->lower, ip), router->lower_priority);
}

/* Whoever has no voice, or follows another one, may not know its successor. */
static void say_whom_it_hands_over_to(const struct why_router *router, struct sentence *sentence)
{
	char ip[WHY_TEXT_SIZE];

	if (why_has_ip(router->active) && router->active_priority != VRRP_PRIORITY_LEAVE)
		say(sentence, "%s has come with priority %u, ours is %u",
		    why_ip(router, router->active, ip), router->active_priority, router->effective);
	else
		say(sentence, "it leaves to whoever comes");
	say(sentence, ": it still serves %u of %u addresses, each until that one announces it",
	    handing_over_n(router), router->addresses_n);
}

static void say_of_backup(enum why_election election, const struct why_facts *facts,
			  const struct why_router *router, struct sentence *sentence)
{
	char ip[WHY_TEXT_SIZE];

	if (election == WHY_ELECTION_HANDS_OVER) {
		say_whom_it_hands_over_to(router, sentence);
		return;
	}
	if (election == WHY_ELECTION_NOBODY) {
		say(sentence, "nobody is heard as Active");
	} else if (election == WHY_ELECTION_LEFT) {
		say(sentence, "%s says that it leaves, with priority 0",
		    why_ip(router, router->active, ip));
	} else if (preempts_lower(router)) {
		say(sentence, "%s is Active with priority %u, lower than ours, %u: we take over",
		    why_ip(router, router->lower, ip), router->lower_priority, router->effective);
	} else {
		say_who_is_better(election, router, sentence);
		say_when_it_was_heard(facts, router, sentence);
		say_who_is_weaker(router, sentence);
	}
	say_when_we_take_over(router, sentence);
}

static void say_of_active(enum why_election election, const struct why_facts *facts,
			  const struct why_router *router, struct sentence *sentence)
{
	char ip[WHY_TEXT_SIZE], ago[WHY_TEXT_SIZE];

	if (election == WHY_ELECTION_LISTENS)
		say(sentence, "this host stood still, and listens first whether another one took "
			      "over");
	else if (election == WHY_ELECTION_RIVAL)
		say(sentence,
		    "%s is heard as Active, too, %s ago, with the %s priority %u, ours is %u",
		    why_ip(router, router->rival, ip),
		    span(facts->now_real_ns - router->rival_real_ns, ago),
		    router->rival_priority == router->effective  ? "same"
		    : router->rival_priority < router->effective ? "lower"
								 : "higher",
		    router->rival_priority, router->effective);
	else if (election == WHY_ELECTION_CEDES)
		say(sentence,
		    "it has offered to leave by an advert with priority 0, and nobody has "
		    "come so far");
	else
		say(sentence, "this host is Active with priority %u, and hears no other Active%s%s",
		    router->effective,
		    why_has_problem(router, "rejected_") ? " but in adverts that it discards" : "",
		    router->effective == VRRP_PRIORITY_OWNER ? "" : "; it yields to a higher one");
}

const char *why_says_election(const struct why_facts *facts, const struct why_router *router,
			      char *buf)
{
	const enum why_election election = why_election(facts, router);
	struct sentence sentence = { buf, 0 };

	buf[0] = '\0';
	if (router->state == VRRP_STATE_ACTIVE)
		say_of_active(election, facts, router, &sentence);
	else if (router->state == VRRP_STATE_BACKUP)
		say_of_backup(election, facts, router, &sentence);
	else
		say_of_passive(election, router, &sentence);
	return buf;
}

/* ---- those with one fate ---- */

static const char *mate_name(const struct why_router *router, const struct why_router *mate)
{
	if (strcmp(mate->name, router->name) != 0)
		return mate->name;
	return mate->family == 6 ? "its IPv6" : "its IPv4";
}

/* What is worth a word of another one. */
static void say_of_mate(const struct why_router *router, const struct why_router *mate,
			struct sentence *sentence)
{
	const char *name = mate_name(router, mate);

	if (mate->mute)
		say(sentence, "; %s is mute: no advert of it leaves", name);
	if (mate->deaf)
		say(sentence, "; %s is deaf: no advert arrives there", name);
	if (mate->state == VRRP_STATE_FAULT && mate->reason.code != VRRP_REASON_MEMBER &&
	    mate->reason.code != VRRP_REASON_MEMBER_CHECK)
		say(sentence, "; %s is in fault: %s", name, mate->reason_text);
	else if (mate->state == VRRP_STATE_INITIALIZE)
		say(sentence, "; %s has not begun: %s", name, mate->reason_text);
}

const char *why_says_unit(const struct why_facts *facts, const struct why_router *router, char *buf)
{
	struct sentence sentence = { buf, 0 };
	unsigned n;
	const struct why_router *first = why_first_mate(facts, router, &n);

	buf[0] = '\0';
	if (router->mates < 2)
		return buf;
	if (router->group[0])
		say(&sentence, "one of %u of the group %s", router->mates, router->group);
	else
		say(&sentence, "IPv4 and IPv6 elect as one");
	if (router->reason.cause && router->by[0] && router->state != VRRP_STATE_FAULT)
		say(&sentence, "; %s was the first, for the reason %s", router->by,
		    vrrp_reason_words[router->reason.cause]);
	else if (router->reason.cause && router->state != VRRP_STATE_FAULT)
		say(&sentence, "; the other family was the first, for the reason %s",
		    vrrp_reason_words[router->reason.cause]);
	for (unsigned i = 0; i < n && sentence.len < WHY_SENTENCE_SIZE - 1; i++)
		if (&first[i] != router)
			say_of_mate(router, &first[i], &sentence);
	return buf;
}

/* ---- the priority ---- */

const char *why_says_track(const struct why_track *track, char *buf)
{
	struct sentence sentence = { buf, 0 };
	const char *is = track->unknown   ? "unknown"
			 : track->missing ? "not there"
			 : track->up      ? "up"
					  : "down";

	say(&sentence, "%s %s is %s", track->is_check ? "check" : "interface", track->name, is);
	if (track->overdue)
		say(&sentence, " (it does not answer any more)");
	if (track->adds)
		say(&sentence, ": %+d to the priority", track->adds);
	else if (track->weight)
		say(&sentence, ": its weight of %+d does not count", track->weight);
	else if (!track->unknown)
		say(&sentence, ": %s",
		    track->up == track->reverse ? "a fault" : "a fault if it were not");
	if (track->reverse)
		say(&sentence, ", in reverse");
	if (track->said[0])
		say(&sentence, "; it says: %s", track->said);
	return buf;
}

/* What weighs, of all with one fate: "- 60 of check web". */
static void say_weights(const struct why_router *first, unsigned n, const struct why_router *router,
			struct sentence *sentence)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < first[i].tracks_n; k++) {
			const struct why_track *track = &first[i].tracks[k];

			if (!track->adds)
				continue;
			say(sentence, " %c %d of %s %s", track->adds < 0 ? '-' : '+',
			    track->adds < 0 ? -track->adds : track->adds,
			    track->is_check ? "check" : "interface", track->name);
			if (strcmp(first[i].name, router->name) != 0)
				say(sentence, " (of %s)", first[i].name);
		}
}

/* It has the priority of before, be another one configured by now. */
static void say_leave(const struct why_facts *facts, const struct why_router *router,
		      struct sentence *sentence)
{
	static const char *const before[EVENT_BEFORE_COUNT] = {
		[EVENT_BEFORE_DRAIN] = "it is drained, and the drain",
		[EVENT_BEFORE_STOP] = "vipd was told to stop, and that",
		[EVENT_BEFORE_REMOVAL] = "a reload does without it, and that",
		[EVENT_BEFORE_PRIORITY] = "a reload has lowered it, and that",
	};
	int64_t until_ns = router->leave_held_until_real_ns ? router->leave_held_until_real_ns
							    : router->drain_held_until_real_ns;
	const char *what = before[EVENT_BEFORE_DRAIN];
	char until[WHY_TEXT_SIZE];

	/* A later version may leave for what this one does not know. */
	if (router->leave_held_until_real_ns)
		what = router->leave_before > EVENT_BEFORE_DRAIN ? before[router->leave_before]
								 : "it is about to leave, and that";
	say(sentence, ": %s waits for the commands before it, for %s at most", what,
	    span(until_ns - facts->now_real_ns, until));
}

static bool waits_for_commands(const struct why_router *router)
{
	return router->drain_held_until_real_ns || router->leave_held_until_real_ns;
}

/* Which of all with one fate is drained, or the last resort. */
static void say_what_lowers(const struct why_facts *facts, const struct why_router *first,
			    unsigned n, struct sentence *sentence)
{
	char until[WHY_TEXT_SIZE];

	for (unsigned i = 0; i < n; i++) {
		if (waits_for_commands(&first[i]))
			say_leave(facts, &first[i], sentence);
		else if (first[i].drained && first[i].drained_until_real_ns)
			say(sentence, ", as it is drained for %s more",
			    span(first[i].drained_until_real_ns - facts->now_real_ns, until));
		else if (first[i].drained)
			say(sentence, ", as it is drained");
		if (first[i].drained || waits_for_commands(&first[i]))
			return;
		if (first[i].last_resort)
			say(sentence, ", as %s cannot hold an address: the last resort",
			    first[i].name);
		if (first[i].last_resort)
			return;
	}
	if (first->lacking)
		say(sentence, ", as it has begun without the first answer of a check");
}

/* Not yet to what is configured. */
static bool is_lowered(const struct why_router *first, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (first[i].leave_held_until_real_ns &&
		    first[i].leave_before == EVENT_BEFORE_PRIORITY)
			return true;
	return false;
}

const char *why_says_priority(const struct why_facts *facts, const struct why_router *router,
			      char *buf)
{
	struct sentence sentence = { buf, 0 };
	unsigned n;
	const struct why_router *first = why_first_mate(facts, router, &n);

	buf[0] = '\0';
	if (router->base == VRRP_PRIORITY_OWNER) {
		say(&sentence, "255, the owner's, whatever weighs");
		return buf;
	}
	say(&sentence, is_lowered(first, n) ? "%u (%u as configured)" : "%u = %u as configured",
	    router->effective, router->base);
	say_weights(first, n, router, &sentence);
	say_what_lowers(facts, first, n, &sentence);
	return buf;
}

/* ---- addresses ---- */

static void say_list(const struct why_router *router, bool (*is_meant)(const struct why_address *),
		     const char *what, struct sentence *sentence)
{
	unsigned n = 0;

	for (unsigned i = 0; i < router->addresses_n; i++) {
		if (!is_meant(&router->addresses[i]))
			continue;
		if (n < LISTED_MAX)
			say(sentence, "%s%s",
			    n               ? ", "
			    : sentence->len ? "; "
					    : "",
			    router->addresses[i].text);
		n++;
	}
	if (n > LISTED_MAX)
		say(sentence, " and %u more", n - LISTED_MAX);
	if (n)
		say(sentence, " %s", what);
}

static bool is_missing(const struct why_address *address)
{
	return address->missing;
}

static bool is_held(const struct why_address *address)
{
	return address->held;
}

/* As an Active has it, or as one that is no router of these. */
static bool is_here(const struct why_address *address)
{
	return address->present && !address->held && !address->handing_over;
}

static bool is_handed_over(const struct why_address *address)
{
	return address->present && address->handing_over;
}

static bool is_elsewhere(const struct why_address *address)
{
	return !address->present && !address->missing && !address->held;
}

const char *why_says_addresses(const struct why_router *router, char *buf)
{
	struct sentence sentence = { buf, 0 };

	buf[0] = '\0';
	if (!router->addresses_n)
		say(&sentence, "it has none");
	say_list(router, is_missing, "MISSING although it is Active", &sentence);
	say_list(router, is_held, "HERE although it is not Active", &sentence);
	say_list(router, is_handed_over, "here until its successor announces it", &sentence);
	say_list(router, is_here, "here", &sentence);
	say_list(router, is_elsewhere, "not here, as it should be", &sentence);
	return buf;
}
