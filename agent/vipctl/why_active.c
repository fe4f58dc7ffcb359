/* SPDX-License-Identifier: MIT */
#include "why_active.h"

#include <string.h>

#include "why_finding.h"

#define NS_PER_S INT64_C(1000000000)

/* The change that made it Active; NULL: the journal has it no more. */
static const struct event *takeover_of(const struct why_router *first)
{
	const struct why_journal *journal = &first->journal;

	for (unsigned i = journal->states_n; i > 0; i--)
		if (journal->states[i - 1].state.to == VRRP_STATE_ACTIVE)
			return &journal->states[i - 1];
	return NULL;
}

/* The Active that was heard until its silence; NULL: nobody was. */
static const uint8_t *silent_one(const struct event *takeover)
{
	return takeover && why_has_ip(takeover->state.last_heard) ? takeover->state.last_heard
								  : NULL;
}

/* Whose adverts came and were discarded while nobody was heard: those of the one that was heard
 * before, or of anybody if nobody was. What was discarded before or behind that explains nothing.
 * The journal has each reason at most once a second, so with short intervals it may miss them: then
 * it is a guess, which is never untrue. */
static const struct why_discarded *discarded_meanwhile(const struct why_router *first,
						       const struct event *takeover,
						       const uint8_t *silent)
{
	const struct why_discards *discards = &first->journal.silence;

	for (unsigned i = 0; takeover && i < discards->n; i++) {
		const struct why_discarded *it = &discards->all[i];

		if (it->mono_ns >= takeover->mono_ns - first->reason.ns &&
		    (!silent || memcmp(it->source, silent, sizeof(it->source)) == 0))
			return it;
	}
	return NULL;
}

static bool is_heard_again(const struct why_router *first, const uint8_t *silent)
{
	return silent && why_has_problem(first, "not_heard") &&
	       memcmp(first->rival, silent, sizeof(first->rival)) == 0;
}

/* What is known says how it can be that nobody was heard. */
static bool explains_silence(const struct why_router *first, const struct event *takeover,
			     const uint8_t *silent, struct why_judgement *judgement)
{
	const struct why_discarded *discarded = discarded_meanwhile(first, takeover, silent);
	char peer[WHY_TEXT_SIZE] = "who is Active beside";
	struct why_finding *finding;

	if (silent)
		why_ip(first, silent, peer);
	if (discarded) {
		finding = why_add(judgement, PROBLEM_NONE, "silence",
				  "nobody was heard for %.3f s, because adverts of %s were "
				  "discarded here: rejected_%s",
				  (double)first->reason.ns / NS_PER_S,
				  why_ip(first, discarded->source, peer),
				  vrrp_reject_words[discarded->reason]);
		if (why_has_problem(first, "rejected_"))
			why_append(finding, "; both hosts may be active");
		return true;
	}
	if (why_has_problem(first, "no_carrier")) {
		why_add(judgement, PROBLEM_NONE, "silence",
			"%s is not heard, as the interface here has no carrier: that host died, or "
			"the cable is out, and both are Active",
			peer);
		return true;
	}
	if (is_heard_again(first, silent)) {
		why_add(judgement, PROBLEM_NONE, "silence",
			"%s was not heard for a while, and is heard again: it lives, and what was "
			"between is passable in one direction at least",
			peer);
		return true;
	}
	return false;
}

/* Whether somebody said so since it fell silent. */
static bool was_taken_since(const struct why_router *first, const struct event *takeover)
{
	const struct event *taken = first->journal.notices[VRRP_NOTICE_ADDRESS_TAKEN];

	if (!why_has_problem(first, "address_taken"))
		return false;
	return !taken || !takeover || taken->mono_ns >= takeover->mono_ns - first->reason.ns;
}

static void guess_who_has_it(const struct why_router *first, struct why_finding *finding)
{
	why_perhaps(finding, "it lives, and a firewall of this host drops IP protocol 112 (nft "
			     "list ruleset)");
	if (!first->peers_n)
		why_perhaps(finding, "it lives, and a switch filters multicast (snooping without a "
				     "querier)");
	WHY_GUESS(finding,
		  "it lives, and its adverts are lost on the way: a bad cable, port or "
		  "transceiver, or a filter there",
		  "its vipd or keepalived was killed, and left the address behind",
		  "somebody else has the address: look for that MAC address");
}

static void guess_why_silent(const struct why_router *first, struct why_finding *finding)
{
	WHY_GUESS(finding, "the host or its vipd died, or stood still (a pause, a hung CPU)",
		  "its interface went down, or its cable, or a port of the switch");
	why_perhaps(finding,
		    first->peers_n
			    ? "adverts are lost on the way: a route, a switch, a filter there"
			    : "a switch or bridge on the way filters multicast, or loses packets "
			      "in one direction");
	if (why_has_problem(first, "rejected_"))
		why_perhaps(finding, "it speaks in another way or from another address by now, and "
				     "is discarded here: see rejected_...");
	WHY_GUESS(finding, "a firewall of this host drops IP protocol 112 (nft list ruleset)",
		  "it gave way to another Active, which is not heard here, or not any more");
}

static void judge_silence(const struct why_router *first, struct why_judgement *judgement)
{
	const struct event *takeover = takeover_of(first);
	const uint8_t *silent = silent_one(takeover);
	char peer[WHY_TEXT_SIZE];

	if (explains_silence(first, takeover, silent, judgement) || !silent)
		return;
	why_ip(first, silent, peer);
	if (was_taken_since(first, takeover))
		guess_who_has_it(first, why_add(judgement, PROBLEM_WRONG, "silence",
						"%s fell silent, and another host says since that "
						"it has the address",
						peer));
	else
		guess_why_silent(first, why_add(judgement, PROBLEM_NONE, "silence",
						"%s was Active until it fell silent, without a "
						"word: from here nobody can tell why",
						peer));
}

static void judge_left(const struct why_router *first, struct why_judgement *judgement)
{
	const uint8_t *left = first->reason.code == VRRP_REASON_LEFT ? first->reason.source : NULL;
	char peer[WHY_TEXT_SIZE] = "the Active before";
	struct why_finding *finding;

	if (left && why_has_ip(left))
		why_ip(first, left, peer);
	finding = why_add(judgement, PROBLEM_NONE, "left",
			  "%s left the addresses to others, by an advert with priority 0", peer);
	WHY_GUESS(finding,
		  "its vipd or keepalived was stopped, or does without this router since a reload",
		  "it has a fault: an interface, a check, another member of its group",
		  "it was drained, or is the last resort, and found nobody to preempt it",
		  "its vipd crashed too often, and its keeper gave everything up: the last will");
}

void why_judge_active(const struct why_router *router, const struct why_router *first,
		      struct why_judgement *judgement)
{
	if (why_cause_of(router) == VRRP_REASON_SILENCE)
		judge_silence(first, judgement);
	else if (why_cause_of(router) == VRRP_REASON_LEFT)
		judge_left(first, judgement);
}
