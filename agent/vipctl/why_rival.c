/* SPDX-License-Identifier: MIT */
#include "why_rival.h"

#include <stdio.h>
#include <string.h>

#include "why_finding.h"

/* What others than vipd discard an advert for, and vipd notices in theirs. */
static const struct {
	enum vrrp_notice notice;
	const char *alternative;
} differences[] = {
	{ VRRP_NOTICE_ADDRESS_LIST, "it discards our adverts for their addresses, as keepalived "
				    "does: it was heard with other "
				    "ones" },
	{ VRRP_NOTICE_CHECKSUM_FORM,
	  "it discards our adverts for their checksum, as keepalived and FRR do: it was heard with "
	  "the other form" },
};

/* Whether it was noticed of that one since this host is Active. A keepalived that discards adverts
 * falls silent by them, so that the warning passes: it is the journal's word that counts.
 * @source: NULL: of anybody. */
static bool differs_in(const struct why_router *router, enum vrrp_notice which,
		       const uint8_t *source)
{
	const struct event *event = router->journal.notices[which];

	if (!event)
		return why_has_problem(router, vrrp_notice_words[which]);
	return event->mono_ns >= router->journal.active_mono_ns &&
	       (!source || memcmp(event->packet.source, source, sizeof(event->packet.source)) == 0);
}

static void guess_that_it_discards(const struct why_router *router, const uint8_t *source,
				   struct why_finding *finding)
{
	for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++)
		if (differs_in(router, differences[i].notice, source))
			why_perhaps(finding, differences[i].alternative);
}

/* Who was Active, too; NULL: without the journal nobody knows. */
static const uint8_t *rival_of(const struct why_router *router, enum vrrp_notice which)
{
	const struct event *event = router->journal.notices[which];

	if (event)
		return event->packet.source;
	return why_has_ip(router->rival) ? router->rival : NULL;
}

/* That nothing leaves is known, and nothing to guess. */
static bool is_unreachable(const struct why_router *router, const uint8_t *source,
			   struct why_finding *finding)
{
	const struct why_peer *peer = source ? why_peer_of(router, source) : NULL;
	const char *advice = why_advice_of_problem("unreachable_peer");

	if (!peer || !peer->error)
		return false;
	why_append(finding, ": no advert of ours leaves to it (%s)", strerror(peer->error));
	snprintf(finding->advice, sizeof(finding->advice), "%s", advice);
	return true;
}

static void judge_not_heard(const struct why_router *router, const struct why_judgement *judgement,
			    struct why_finding *finding)
{
	const uint8_t *source = rival_of(router, VRRP_NOTICE_NOT_HEARD);

	(void)judgement;
	if (is_unreachable(router, source, finding))
		return;
	guess_that_it_discards(router, source, finding);
	WHY_GUESS(finding,
		  "a firewall there drops IP protocol 112 (nft list ruleset, on that host)",
		  "packets are lost in one direction: a bad cable, port or transceiver, a switch",
		  "it discards our adverts: another version, other keys, another password");
}

static void judge_other_active(const struct why_router *router,
			       const struct why_judgement *judgement, struct why_finding *finding)
{
	(void)judgement;
	if (why_has_problem(router, "not_heard"))
		return;
	if (why_cause_of(router) == VRRP_REASON_AWAY) {
		why_append(finding, "; see away");
		return;
	}
	guess_that_it_discards(router, rival_of(router, VRRP_NOTICE_OTHER_ACTIVE), finding);
	WHY_GUESS(finding, "this host stood still (a pause, a hung CPU), and that one took over",
		  "nothing passed between both for a while: a cut cable, a switch",
		  "that host, or this one, has just begun");
}

/* The finding that knows more; NULL: there is none. */
static const char *better_than_taken(const struct why_router *router,
				     const struct why_judgement *judgement)
{
	for (unsigned i = 0; i < judgement->n; i++)
		if (judgement->all[i].level == PROBLEM_WRONG &&
		    strcmp(judgement->all[i].code, "silence") == 0)
			return "silence";
	if (why_has_problem(router, "not_heard"))
		return "not_heard";
	return why_has_problem(router, "conflict") ? "conflict" : NULL;
}

static void judge_address_taken(const struct why_router *router,
				const struct why_judgement *judgement, struct why_finding *finding)
{
	const char *better = better_than_taken(router, judgement);

	if (better) {
		why_append(finding, "; see %s", better);
		return;
	}
	guess_that_it_discards(router, NULL, finding);
	if (why_has_problem(router, "rejected_"))
		why_perhaps(finding, "the host whose adverts are discarded here: see rejected_...");
	WHY_GUESS(
		finding,
		"the other host of this router, Active as well: adverts do not pass between both "
		"(a firewall, a switch), or are sent elsewhere (vrid, group_address, peers)",
		"the other host of this router, Backup: somebody has added it there by hand, or a "
		"vipd or keepalived was killed",
		"a host that has it as its own: by hand, by DHCP, or as a copy of this one");
}

void why_judge_rival(const struct why_router *router, const struct why_judgement *judgement,
		     struct why_finding *finding)
{
	static const struct {
		const char *code;
		void (*judge)(const struct why_router *router,
			      const struct why_judgement *judgement, struct why_finding *finding);
	} rows[] = {
		{ "not_heard", judge_not_heard },
		{ "other_active", judge_other_active },
		{ "address_taken", judge_address_taken },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].code, finding->code) == 0)
			rows[i].judge(router, judgement, finding);
}
