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

__attribute__((format(printf, 4, 5))) static struct why_finding *add(
	struct why_judgement *judgement, enum problem_level level, const char *code,
	const char *format, ...)
{
	static struct why_finding surplus;
	struct why_finding *finding = &surplus;
	const char *advice = why_advice_of_problem(code);
	va_list args;

	if (level > judgement->level)
		judgement->level = level;
	if (judgement->n < WHY_FINDINGS_MAX)
		finding = &judgement->all[judgement->n++];
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
	return event && facts->now_real_ns - event->real_ns <= 2 * HEARD_LATELY_NS ? event : NULL;
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

/* A fault has the advice of its reason. */
static const char *advice_of_state(const struct why_router *router)
{
	enum vrrp_reason_code code = router->reason.code;

	if (code == VRRP_REASON_MEMBER || code == VRRP_REASON_MEMBER_CHECK)
		code = (enum vrrp_reason_code)router->reason.cause;
	return why_advice_of_reason(code);
}

static void judge_problem(const struct why_facts *facts, const struct why_router *router,
			  const struct problem *problem, struct why_judgement *judgement)
{
	const struct event *event = event_of_problem(facts, router, problem->word);
	bool of_state =
		strcmp(problem->word, "fault") == 0 || strcmp(problem->word, "initialize") == 0;
	struct why_finding *finding;
	const char *advice;
	char sender[120] = "";

	if (event)
		put_sender(router, event, sender, sizeof(sender));
	finding = add(judgement, problem->level, problem->word, "%s%s", problem->text, sender);
	if (!of_state)
		return;
	if (router->by[0])
		snprintf(finding->text, sizeof(finding->text),
			 "it takes no part: %s has a fault (%s), and a group has one fate",
			 router->by, vrrp_reason_words[router->reason.cause]);
	advice = advice_of_state(router);
	snprintf(finding->advice, sizeof(finding->advice), "%s", advice ? advice : "");
}

static bool has_problem(const struct why_router *router, const char *prefix)
{
	for (unsigned i = 0; i < router->problems_n; i++)
		if (strncmp(router->problems[i].word, prefix, strlen(prefix)) == 0)
			return true;
	return false;
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
static const uint8_t *silent_one(const struct why_router *router)
{
	const struct why_journal *journal = &router->journal;

	for (unsigned i = journal->states_n; i > 0; i--) {
		const struct event_state *state = &journal->states[i - 1].state;

		if (state->to == VRRP_STATE_ACTIVE)
			return why_has_ip(state->last_heard) ? state->last_heard : NULL;
	}
	return NULL;
}

/* It lives: what is known of it meanwhile says how it can be that it was not heard. */
static bool explains_silence(const struct why_router *router, const char *peer,
			     struct why_judgement *judgement)
{
	if (has_problem(router, "rejected_")) {
		add(judgement, PROBLEM_NONE, "silence",
		    "nobody was heard for %.3f s because adverts are discarded here: see "
		    "rejected_...; both hosts may be active",
		    (double)router->reason.ns / NS_PER_S);
		return true;
	}
	if (has_problem(router, "not_heard")) {
		add(judgement, PROBLEM_NONE, "silence",
		    "%s was not heard for a while, and is heard again: it lives, and what was "
		    "between is passable in one direction at least",
		    peer);
		return true;
	}
	return false;
}

static void judge_silence(const struct why_router *router, struct why_judgement *judgement)
{
	const uint8_t *silent = silent_one(router);
	char peer[WHY_TEXT_SIZE] = "the Active before";
	struct why_finding *finding;

	if (silent)
		why_ip(router, silent, peer);
	if (explains_silence(router, peer, judgement) || !silent)
		return;
	if (has_problem(router, "address_taken")) {
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

static void judge_left(const struct why_router *router, struct why_judgement *judgement)
{
	const uint8_t *left =
		router->reason.code == VRRP_REASON_LEFT ? router->reason.source : NULL;
	char peer[WHY_TEXT_SIZE] = "the Active before";
	struct why_finding *finding;

	if (left && why_has_ip(left))
		why_ip(router, left, peer);
	finding = add(judgement, PROBLEM_NONE, "left",
		      "%s gave the addresses up on purpose, by an advert with priority 0", peer);
	GUESS(finding, "its vipd was stopped, or does without this router since a reload",
	      "it has a fault: an interface, a check, another member of its group",
	      "it was drained, or is the last resort, and found nobody to preempt it");
}

static void judge_active(const struct why_router *router, struct why_judgement *judgement)
{
	if (cause_of(router) == VRRP_REASON_SILENCE)
		judge_silence(router, judgement);
	else if (cause_of(router) == VRRP_REASON_LEFT)
		judge_left(router, judgement);
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

static void judge_lost(const struct why_facts *facts, struct why_judgement *judgement)
{
	const struct event *lost = &facts->lost;
	int64_t ago_ns = facts->now_real_ns - lost->real_ns;

	if (lost->kind == EVENT_PROCESS_LOST && ago_ns <= WHY_LATELY_NS)
		add(judgement, PROBLEM_DEGRADED, "process_lost",
		    "its router process ended %" PRId64 " s ago: %.120s; %s", ago_ns / NS_PER_S,
		    lost->fact.text,
		    lost->fact.word ? "too often, so nothing went on" : "another one went on");
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
		      (facts->now_real_ns - event->real_ns) / NS_PER_S,
		      router->journal.taken_n > 1 ? ", and before" : "",
		      event->address.news == EVENT_ADDRESS_ABANDONED
			      ? "again and again, so vipd leaves it alone for a pause"
			      : "vipd has put it back");
	GUESS(finding,
	      "a network manager that sets the interface anew (systemd-networkd, "
	      "NetworkManager, ifupdown)",
	      "a script, or a person: ip address del, ip address flush", "a DHCP client");
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
		judge_active(router, ret_judgement);
	judge_away(router, ret_judgement);
	judge_lost(facts, ret_judgement);
	judge_stolen(facts, router, ret_judgement);
	sort(ret_judgement);
}
