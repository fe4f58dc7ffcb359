/* SPDX-License-Identifier: MIT */
#include "why_judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/event.h"
#include "why_journal.h"

#define NS_PER_S INT64_C(1000000000)

/* Of what is told of in adverts: as the warnings of problems.h. */
#define HEARD_LATELY_NS (60 * NS_PER_S)

/* From the death of a process to the word of its successor, at most. */
#define SUCCESSION_NS (2 * NS_PER_S)

__attribute__((format(printf, 4, 5))) static struct why_finding *add(
	struct why_judgement *judgement, enum problem_level level, const char *code,
	const char *format, ...)
{
	struct why_finding *finding = &judgement->all[judgement->n];
	const char *advice = why_advice_of_problem(code);
	va_list args;

	if (level > judgement->level)
		judgement->level = level;
	if (judgement->n < WHY_FINDINGS_MAX)
		judgement->n++;
	else
		judgement->more_n++;
	*finding = (struct why_finding){ .level = level };
	snprintf(finding->code, sizeof(finding->code), "%s", code);
	snprintf(finding->advice, sizeof(finding->advice), "%s", advice ? advice : "");
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
	return finding;
}

static void guess(struct why_finding *finding, const char *const *alternatives, unsigned n)
{
	finding->alternatives_n = n;
	memcpy(finding->alternatives, alternatives, n * sizeof(*alternatives));
}

#define GUESS(finding, ...)                                                                        \
	do {                                                                                       \
		static const char *const list[] = { __VA_ARGS__ };                                 \
		_Static_assert(sizeof(list) / sizeof(list[0]) <= WHY_ALTERNATIVES_MAX, "room");    \
		guess(finding, list, sizeof(list) / sizeof(list[0]));                              \
	} while (0)

/* ---- what vipctl check knows, and the journal's word on it ---- */

/* The event of the journal that a warning stands for; NULL: there is none of late. */
static const struct event *event_of_problem(const struct why_facts *facts,
					    const struct why_router *router, const char *word)
{
	static const char prefix[] = "rejected_";
	const struct why_journal *journal = &router->journal;
	const struct event *event = NULL;

	for (unsigned i = 0; i < VRRP_NOTICE_COUNT; i++)
		if (strcmp(word, vrrp_notice_words[i]) == 0)
			event = journal->notices[i];
	/* Version 2 discards another interval, and the journal has it as the notice that it is. */
	if (strcmp(word, "rejected_interval_differs") == 0)
		event = journal->notices[VRRP_NOTICE_INTERVAL];
	for (unsigned i = VRRP_ACCEPT + 1; i < VRRP_REJECT_COUNT && !event; i++)
		if (strncmp(word, prefix, strlen(prefix)) == 0 &&
		    strcmp(word + strlen(prefix), vrrp_reject_words[i]) == 0)
			event = journal->rejects[i];
	return event && facts->now_mono_ns - event->mono_ns <= 2 * HEARD_LATELY_NS ? event : NULL;
}

/* ": from 192.0.2.3; ..." */
static void put_sender(const struct why_router *router, const struct event *event, char *buf,
		       size_t size)
{
	const struct event_packet *packet = &event->packet;
	const uint8_t *mac = packet->theirs[0];
	char ip[WHY_TEXT_SIZE];

	why_ip(router, packet->source, ip);
	if (event->kind == EVENT_NOTICE && packet->which == VRRP_NOTICE_ADDRESS_TAKEN)
		snprintf(buf, size, ": %s, by %02x:%02x:%02x:%02x:%02x:%02x", ip, mac[0], mac[1],
			 mac[2], mac[3], mac[4], mac[5]);
	else if (event->kind == EVENT_NOTICE && packet->which == VRRP_NOTICE_INTERVAL)
		snprintf(buf, size, ": %s sends every %.2f s, this host every %.2f s", ip,
			 packet->theirs_cs / 100.0, packet->ours_cs / 100.0);
	else
		snprintf(buf, size, ": from %s", ip);
}

/* Who decided for its unit; itself mostly. */
static const struct why_router *first_of(const struct why_facts *facts,
					 const struct why_router *router)
{
	unsigned n;
	const struct why_router *mates = why_first_mate(facts, router, &n);

	for (unsigned i = 0; router->reason.cause && i < n; i++)
		if (mates[i].reason.code == (enum vrrp_reason_code)router->reason.cause)
			return &mates[i];
	return router;
}

/* A fault has the advice of its reason, about what is at fault. */
static void advise_on_state(const struct why_facts *facts, const struct why_router *router,
			    struct why_finding *finding)
{
	enum vrrp_reason_code code = router->reason.code;

	if (code == VRRP_REASON_MEMBER || code == VRRP_REASON_MEMBER_CHECK)
		code = (enum vrrp_reason_code)router->reason.cause;
	why_advise(why_advice_of_reason(code), first_of(facts, router), finding->advice);
}

static bool has_problem(const struct why_router *router, const char *prefix)
{
	for (unsigned i = 0; i < router->problems_n; i++)
		if (strncmp(router->problems[i].word, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

/* Two were Active: which of both was not heard, or stood still, nobody can know from here. */
static void guess_about_rival(const struct why_router *router, struct why_finding *finding)
{
	if (strcmp(finding->code, "not_heard") == 0)
		GUESS(finding,
		      "a firewall there drops IP protocol 112 (nft list ruleset, on that host)",
		      "packets are lost in one direction: a bad cable, port or transceiver, a "
		      "switch",
		      "it discards our adverts: another version, other keys, another password");
	else if (strcmp(finding->code, "other_active") == 0 && !has_problem(router, "not_heard"))
		GUESS(finding,
		      "this host stood still (a pause, a hung CPU), and that one took over",
		      "nothing passed between both for a while: a cut cable, a switch",
		      "that host, or this one, has just begun");
}

static void judge_problem(const struct why_facts *facts, const struct why_router *router,
			  const struct problem *problem, struct why_judgement *judgement)
{
	const struct event *event = event_of_problem(facts, router, problem->word);
	bool of_state =
		strcmp(problem->word, "fault") == 0 || strcmp(problem->word, "initialize") == 0;
	struct why_finding *finding;
	char sender[120] = "";

	if (event)
		put_sender(router, event, sender, sizeof(sender));
	finding = add(judgement, problem->level, problem->word, "%s%s", problem->text, sender);
	guess_about_rival(router, finding);
	if (!of_state)
		return;
	if (router->by[0])
		snprintf(finding->text, sizeof(finding->text),
			 "it takes no part: %s has a fault (%s), and a group has one fate",
			 router->by, vrrp_reason_words[router->reason.cause]);
	advise_on_state(facts, router, finding);
}

/* Each word once: the first has the most of it. */
static void judge_problems(const struct why_facts *facts, const struct why_router *router,
			   struct why_judgement *judgement)
{
	for (unsigned i = 0; i < router->problems_n; i++) {
		bool again = false;

		for (unsigned before = 0; before < i; before++)
			again |= strcmp(router->problems[before].word, router->problems[i].word) ==
				 0;
		if (!again)
			judge_problem(facts, router, &router->problems[i], judgement);
	}
}

/* ---- why it is Active ---- */

/* The reason of its state, of the one that was the first where others of its unit follow. */
static enum vrrp_reason_code cause_of(const struct why_router *router)
{
	return router->reason.cause ? (enum vrrp_reason_code)router->reason.cause
				    : router->reason.code;
}

/* The Active that was heard until its silence; NULL: nobody was. */
static const uint8_t *silent_one(const struct why_router *first)
{
	const struct why_journal *journal = &first->journal;

	for (unsigned i = journal->states_n; i > 0; i--) {
		const struct event_state *state = &journal->states[i - 1].state;

		if (state->to == VRRP_STATE_ACTIVE)
			return why_has_ip(state->last_heard) ? state->last_heard : NULL;
	}
	return NULL;
}

/* Whether the adverts that are discarded are its. Of one that was never heard, or without a
 * journal, that is taken to be so. */
static bool is_discarded(const struct why_router *first, const uint8_t *silent)
{
	bool any = false;

	if (!has_problem(first, "rejected_"))
		return false;
	for (unsigned i = 0; i < VRRP_REJECT_COUNT && silent; i++) {
		const struct event *event = first->journal.rejects[i];

		if (event &&
		    memcmp(event->packet.source, silent, sizeof(event->packet.source)) == 0)
			return true;
		any |= event != NULL;
	}
	return !any;
}

/* It lives: what is known of it meanwhile says how it can be that it was not heard. */
static bool explains_silence(const struct why_router *first, const uint8_t *silent,
			     const char *peer, struct why_judgement *judgement)
{
	if (is_discarded(first, silent)) {
		add(judgement, PROBLEM_NONE, "silence",
		    "nobody was heard for %.3f s because adverts are discarded here: see "
		    "rejected_...; both hosts may be active",
		    (double)first->reason.ns / NS_PER_S);
		return true;
	}
	if (has_problem(first, "not_heard")) {
		add(judgement, PROBLEM_NONE, "silence",
		    "%s was not heard for a while, and is heard again: it lives, and what was "
		    "between is passable in one direction at least",
		    peer);
		return true;
	}
	return false;
}

static void judge_silence(const struct why_router *first, struct why_judgement *judgement)
{
	const uint8_t *silent = silent_one(first);
	char peer[WHY_TEXT_SIZE] = "the Active before";
	struct why_finding *finding;

	if (silent)
		why_ip(first, silent, peer);
	if (explains_silence(first, silent, peer, judgement) || !silent)
		return;
	if (has_problem(first, "address_taken")) {
		finding =
			add(judgement, PROBLEM_WRONG, "silence",
			    "%s fell silent, but somebody still has the address: it lives, and its "
			    "adverts do not arrive here",
			    peer);
		GUESS(finding, "a firewall of this host drops IP protocol 112 (nft list ruleset)",
		      "a switch that filters multicast (IGMP snooping without a querier)",
		      "packets are lost in one direction: a bad cable, port or transceiver",
		      "its vipd or keepalived was killed, and left the address behind");
		return;
	}
	finding = add(judgement, PROBLEM_NONE, "silence",
		      "%s was Active until it fell silent, without a word: from here nobody can "
		      "tell why",
		      peer);
	GUESS(finding, "the host or its vipd died, or stood still (a pause, a hung CPU)",
	      "its interface went down, or its cable, or a port of the switch",
	      "a switch or bridge on the way filters multicast, or loses packets in one direction",
	      "a firewall of this host drops IP protocol 112 (nft list ruleset)");
}

static void judge_left(const struct why_router *first, struct why_judgement *judgement)
{
	const uint8_t *left = first->reason.code == VRRP_REASON_LEFT ? first->reason.source : NULL;
	char peer[WHY_TEXT_SIZE] = "the Active before";
	struct why_finding *finding;

	if (left && why_has_ip(left))
		why_ip(first, left, peer);
	finding = add(judgement, PROBLEM_NONE, "left",
		      "%s gave the addresses up on purpose, by an advert with priority 0", peer);
	GUESS(finding, "its vipd was stopped, or does without this router since a reload",
	      "it has a fault: an interface, a check, another member of its group",
	      "it was drained, or is the last resort, and found nobody to preempt it");
}

static void judge_active(const struct why_facts *facts, const struct why_router *router,
			 struct why_judgement *judgement)
{
	if (cause_of(router) == VRRP_REASON_SILENCE)
		judge_silence(first_of(facts, router), judgement);
	else if (cause_of(router) == VRRP_REASON_LEFT)
		judge_left(first_of(facts, router), judgement);
}

/* ---- what happened on this host ---- */

static void judge_away(const struct why_router *router, struct why_judgement *judgement)
{
	struct why_finding *finding;

	if (router->state != VRRP_STATE_BACKUP || cause_of(router) != VRRP_REASON_AWAY)
		return;
	finding =
		add(judgement, PROBLEM_DEGRADED, "away",
		    "this host stood still for longer than others wait, so another one took over; "
		    "preempt = false says that this is not undone");
	GUESS(finding, "a virtual machine was paused, migrated or saved",
	      "the host was overloaded, or a CPU hung", "its processes were stopped (SIGSTOP)");
}

/* How it ended, as far as is told of that process. */
static const char *end_of(const struct why_facts *facts)
{
	const int64_t pid = facts->lost.fact.number[0];

	if (facts->late.kind && facts->late.fact.number[0] == pid)
		return facts->late.fact.text;
	if (facts->ended.kind && facts->ended.fact.number[0] == pid)
		return facts->ended.fact.text;
	return facts->lost.fact.text;
}

/* Whether whoever is asked for has begun since: vipd was stopped or started anew, or a reload has
 * added the router. A successor begins, too, and adopts: both processes tell of it, in any order.
 */
static bool is_of_before(const struct why_facts *facts, const struct why_router *router,
			 const struct event *lost)
{
	const bool anew =
		facts->started.kind && facts->started.mono_ns > lost->mono_ns &&
		(!facts->adopted.kind || facts->adopted.mono_ns < lost->mono_ns - SUCCESSION_NS);

	return anew || (facts->stopped.kind && facts->stopped.mono_ns > lost->mono_ns) ||
	       router->journal.added_mono_ns > lost->mono_ns;
}

static void judge_lost(const struct why_facts *facts, const struct why_router *router,
		       struct why_judgement *judgement)
{
	const struct event *lost = &facts->lost;
	int64_t ago_ns = facts->now_mono_ns - lost->mono_ns;
	bool late = facts->late.kind && facts->late.fact.number[0] == lost->fact.number[0];
	struct why_finding *finding;

	if (!lost->kind || ago_ns > WHY_LATELY_NS || is_of_before(facts, router, lost))
		return;
	finding = add(judgement, PROBLEM_DEGRADED, late ? "process_stalled" : "process_lost",
		      "its router process ended %" PRId64 " s ago (%.120s), and %s",
		      ago_ns / NS_PER_S, end_of(facts),
		      lost->fact.word ? "nothing went on, as that was too often"
				      : "another one went on");
	if (late)
		GUESS(finding, "a CPU that hangs, or a host without time for it",
		      "somebody stopped it (SIGSTOP, a debugger)", "a defect of vipd");
}

static void judge_stolen(const struct why_facts *facts, const struct why_router *router,
			 struct why_judgement *judgement)
{
	const struct event *event = router->journal.address;
	struct why_finding *finding;
	char ip[WHY_TEXT_SIZE];

	if (!event)
		return;
	finding = add(judgement, PROBLEM_DEGRADED, "stolen_address",
		      "%s/%u was removed by somebody on this host, %" PRId64 " s ago%s: %s",
		      why_ip(router, event->address.bytes, ip), event->address.prefix_len,
		      (facts->now_mono_ns - event->mono_ns) / NS_PER_S,
		      router->journal.taken_n > 1 ? ", and before" : "",
		      event->address.news == EVENT_ADDRESS_ABANDONED
			      ? "again and again, so vipd leaves it alone for a pause"
			      : "vipd has put it back");
	why_advise(why_advice_of_problem(finding->code), router, finding->advice);
	GUESS(finding,
	      "a network manager that sets the interface anew (systemd-networkd, "
	      "NetworkManager, ifupdown)",
	      "a script, or a person: ip address del, ip address flush",
	      "the host's own address of its subnet was removed: the kernel takes it along",
	      "a DHCP client");
}

/* ---- all of it ---- */

static int cmp_findings(const void *a, const void *b)
{
	const struct why_finding *x = a, *y = b;

	return (int)y->level - (int)x->level;
}

/* Insertion: those of one level stay in their order. */
static void sort(struct why_judgement *judgement)
{
	for (unsigned i = 1; i < judgement->n; i++) {
		struct why_finding finding = judgement->all[i];
		unsigned at = i;

		for (; at > 0 && cmp_findings(&judgement->all[at - 1], &finding) > 0; at--)
			judgement->all[at] = judgement->all[at - 1];
		judgement->all[at] = finding;
	}
}

void why_judge(const struct why_facts *facts, const struct why_router *router,
	       struct why_judgement *ret_judgement)
{
	*ret_judgement = (struct why_judgement){ 0 };
	judge_problems(facts, router, ret_judgement);
	if (router->state == VRRP_STATE_ACTIVE)
		judge_active(facts, router, ret_judgement);
	judge_away(router, ret_judgement);
	judge_lost(facts, router, ret_judgement);
	judge_stolen(facts, router, ret_judgement);
	sort(ret_judgement);
}
