/* SPDX-License-Identifier: MIT */
#include "why_judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/event.h"
#include "ago.h"
#include "why_active.h"
#include "why_finding.h"
#include "why_journal.h"
#include "why_rival.h"

#define NS_PER_S INT64_C(1000000000)

/* Of what is told of in adverts: as the warnings of problems.h. */
#define HEARD_LATELY_NS (60 * NS_PER_S)

/* So many findings of one kind are told one by one. */
#define ALIKE_MAX 4

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
		if (mates[i].reason.code == (enum vrrp_reason_code)router->reason.cause &&
		    (!router->by[0] || strcmp(mates[i].name, router->by) == 0))
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

static void guess_why_deaf(const struct why_router *router, struct why_finding *finding)
{
	snprintf(finding->text, sizeof(finding->text),
		 "no advert arrives here, while its other family or another router of its group "
		 "hears an Active");
	if (!router->group[0])
		why_perhaps(finding, "the Active has no address of this family to send from: "
				     "vipctl why there says mute");
	why_perhaps(finding, "a firewall of this host drops IP protocol 112 (nft list ruleset)");
	why_perhaps(finding, router->peers_n
				     ? "a switch or a route on the way loses them"
				     : "a switch that filters multicast (snooping without a "
				       "querier)");
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
	finding = why_add(judgement, problem->level, problem->word, "%s%s", problem->text, sender);
	why_advise(why_advice_of_problem(finding->code), router, finding->advice);
	why_judge_rival(router, judgement, finding);
	if (strcmp(problem->word, "deaf") == 0)
		guess_why_deaf(router, finding);
	if (!of_state)
		return;
	if (router->by[0])
		snprintf(finding->text, sizeof(finding->text),
			 "it takes no part: %s has a fault (%s), and a group has one fate",
			 router->by, vrrp_reason_words[router->reason.cause]);
	advise_on_state(facts, router, finding);
}

/* How many of that word there are, up to that one. */
static unsigned alike_n(const struct why_router *router, const char *word, unsigned n)
{
	unsigned alike = 0;

	for (unsigned i = 0; i < n; i++)
		alike += strcmp(router->problems[i].word, word) == 0;
	return alike;
}

/* Of a word that many addresses, routes or checks have, the first ones, and how many more. */
static void judge_problems(const struct why_facts *facts, const struct why_router *router,
			   struct why_judgement *judgement)
{
	for (unsigned i = 0; i < router->problems_n; i++) {
		const struct problem *problem = &router->problems[i];
		unsigned before = alike_n(router, problem->word, i), all;

		if (before >= ALIKE_MAX)
			continue;
		judge_problem(facts, router, problem, judgement);
		all = alike_n(router, problem->word, router->problems_n);
		if (before + 1 == ALIKE_MAX && all > ALIKE_MAX)
			why_append(&judgement->all[judgement->n - 1],
				   "; and %u more of this kind: vipctl check", all - ALIKE_MAX);
	}
}

/* ---- what happened on this host ---- */

static void judge_away(const struct why_router *router, struct why_judgement *judgement)
{
	struct why_finding *finding;

	if (router->state != VRRP_STATE_BACKUP || why_cause_of(router) != VRRP_REASON_AWAY)
		return;
	finding = why_add(
		judgement, PROBLEM_DEGRADED, "away",
		"this host stood still for longer than others wait, so another one took over; "
		"preempt = false says that this is not undone");
	WHY_GUESS(finding, "a virtual machine was paused, migrated or saved",
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
	const bool anew = facts->started.kind && facts->started.mono_ns > lost->mono_ns &&
			  (!facts->adopted.kind ||
			   facts->adopted.mono_ns < lost->mono_ns - WHY_SUCCESSION_NS);

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
	finding = why_add(judgement, PROBLEM_DEGRADED, late ? "process_stalled" : "process_lost",
			  "its router process ended %" PRId64 " s ago (%.120s), and %s",
			  ago_ns / NS_PER_S, end_of(facts),
			  lost->fact.word ? "nothing went on, as that was too often"
					  : "another one went on");
	if (late)
		WHY_GUESS(finding, "a CPU that hangs, or a host without time for it",
			  "somebody stopped it (SIGSTOP, a debugger)", "a defect of vipd");
}

/* Nobody told it to end, and it did not give up: the next start alone shows it. */
static void judge_death(const struct why_facts *facts, const struct why_router *router,
			struct why_judgement *judgement)
{
	const struct event *died = &facts->died;

	if (!died->kind || facts->now_mono_ns - died->mono_ns > WHY_LATELY_NS ||
	    router->journal.added_mono_ns > died->mono_ns)
		return;
	why_add(judgement, PROBLEM_DEGRADED, "killed",
		"vipd was started anew %" PRId64 " s ago, and had ended without a word before: "
		"killed (SIGKILL, or for want of memory), or crashed",
		(facts->now_mono_ns - died->mono_ns) / NS_PER_S);
}

/* What was put back, only an Active still has; that it is left alone may be why another one serves.
 */
static bool is_of_now(const struct why_router *router, const struct event *stolen)
{
	return router->state == VRRP_STATE_ACTIVE ||
	       (router->state == VRRP_STATE_BACKUP &&
		stolen->address.news == EVENT_ADDRESS_ABANDONED);
}

static void judge_stolen(const struct why_facts *facts, const struct why_router *router,
			 struct why_judgement *judgement)
{
	const struct event *event = router->journal.address;
	struct why_finding *finding;
	char ip[WHY_TEXT_SIZE];

	if (!event || !is_of_now(router, event))
		return;
	finding = why_add(judgement, PROBLEM_DEGRADED, "stolen_address",
			  "%s/%u was removed by somebody on this host, %" PRId64 " s ago%s: %s",
			  why_ip(router, event->address.bytes, ip), event->address.prefix_len,
			  (facts->now_mono_ns - event->mono_ns) / NS_PER_S,
			  router->journal.taken_n > 1 ? ", and before" : "",
			  event->address.news == EVENT_ADDRESS_ABANDONED
				  ? "again and again, so vipd leaves it alone for a pause"
				  : "vipd has put it back");
	why_advise(why_advice_of_problem(finding->code), router, finding->advice);
	WHY_GUESS(finding,
		  "a network manager that sets the interface anew (systemd-networkd, "
		  "NetworkManager, ifupdown)",
		  "a script, or a person: ip address del, ip address flush",
		  "the host's own address of its subnet was removed: the kernel takes it along",
		  "a DHCP client");
}

/* What runs is not what the file says. */
static void judge_reload(const struct why_facts *facts, struct why_judgement *judgement)
{
	const struct event *reload = &facts->reload;
	bool refused = reload->fact.word == EVENT_RELOAD_REFUSED;
	char ago[24];

	if (!reload->kind || (!refused && reload->fact.word != EVENT_RELOAD_UNDONE) ||
	    (facts->stopped.kind && facts->stopped.mono_ns > reload->mono_ns))
		return;
	why_add(judgement, PROBLEM_DEGRADED, "reload_refused",
		"the last reload, %s ago, %s: %.200s",
		ago_span_text(facts->now_mono_ns - reload->mono_ns, ago, sizeof(ago)),
		refused ? "was refused" : "was undone", reload->fact.text);
}

/* ---- all of it ---- */

/* What is seen of something that another finding may name. */
static bool is_symptom(const struct why_finding *finding)
{
	static const char *const codes[] = { "other_active", "address_taken", "fell_silent" };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(finding->code, codes[i]) == 0)
			return true;
	return false;
}

/* The worst first; of those that are equally bad, causes before symptoms. */
static int cmp_findings(const struct why_finding *x, const struct why_finding *y)
{
	if (x->level != y->level)
		return (int)y->level - (int)x->level;
	return (int)is_symptom(x) - (int)is_symptom(y);
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
	if (router->state == VRRP_STATE_ACTIVE)
		why_judge_active(router, first_of(facts, router), ret_judgement);
	judge_problems(facts, router, ret_judgement);
	judge_away(router, ret_judgement);
	judge_lost(facts, router, ret_judgement);
	judge_death(facts, router, ret_judgement);
	judge_stolen(facts, router, ret_judgement);
	judge_reload(facts, ret_judgement);
	sort(ret_judgement);
}
