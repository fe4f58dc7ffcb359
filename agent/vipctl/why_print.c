/* SPDX-License-Identifier: MIT */
#include "why_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ago.h"
#include "why_json.h"
#include "why_judge.h"
#include "why_says.h"

#define LABEL "  %-11s "

static void print_head(const struct why_router *router)
{
	char ago[WHY_TEXT_SIZE], when[FIELDS_TEXT_SIZE];

	printf("%s: %s for %s, since %.19sZ (IPv%u on %s, VRID %u)\n", router->name,
	       vrrp_state_words[router->state], ago_text(router->since_real_ns, ago, sizeof(ago)),
	       why_time_text(router->since_real_ns, when), router->family, router->interface,
	       router->vrid);
	printf(LABEL "%s [%s]", "because", router->reason_text, router->reason_word);
	if (router->by[0])
		printf(", %s %s [%s]", router->by,
		       router->state == VRRP_STATE_FAULT ? "has it" : "was the first",
		       vrrp_reason_words[router->reason.cause]);
	else if (router->reason.cause)
		printf(" [%s]", vrrp_reason_words[router->reason.cause]);
	putchar('\n');
}

/* What weighs nothing, as all is well, stands there, too: it may have to. */
static void print_priority(const struct why_facts *facts, const struct why_router *router)
{
	char text[WHY_SENTENCE_SIZE];
	unsigned n;
	const struct why_router *first = why_first_mate(facts, router, &n);

	printf(LABEL "%s\n", "priority", why_says_priority(facts, router, text));
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < first[i].tracks_n; k++)
			printf(LABEL "  %s%s%s\n", "", why_says_track(&first[i].tracks[k], text),
			       strcmp(first[i].name, router->name) == 0 ? "" : ", of ",
			       strcmp(first[i].name, router->name) == 0 ? "" : first[i].name);
}

static void print_finding(const struct why_finding *finding)
{
	static const char *const labels[] = { "note", "degraded", "WRONG" };

	printf(LABEL "%s: %s\n", labels[finding->level], finding->code, finding->text);
	for (unsigned i = 0; i < finding->alternatives_n; i++)
		printf(LABEL "%s %s\n", "", i ? "  or" : "  perhaps", finding->alternatives[i]);
	if (finding->advice[0])
		printf(LABEL "  do: %s\n", "", finding->advice);
}

/* What both lists have, by time. */
static void print_events(const struct why_facts *facts, const struct why_router *router)
{
	const struct event *events[WHY_STATES_MAX + WHY_OTHERS_MAX];
	unsigned n = why_events(router, events);
	char line[EVENT_LINE_SIZE], when[FIELDS_TEXT_SIZE];

	for (unsigned i = 0; i < n; i++)
		printf(LABEL "%.19sZ %s\n", i ? "" : "before",
		       why_time_text(events[i]->real_ns, when), why_event_text(events[i], line));
	if (why_print_history(router))
		return;
	if (n == 0)
		printf(LABEL "%s\n", "before",
		       facts->journal_read ? "the journal has nothing of it any more"
					   : facts->journal_why);
}

static void print_router(const struct why_facts *facts, const struct why_router *router)
{
	struct why_judgement *judgement = malloc(sizeof(*judgement));
	char text[WHY_SENTENCE_SIZE];

	if (!judgement)
		return;
	why_judge(facts, router, judgement);
	print_head(router);
	printf(LABEL "%s\n", "election", why_says_election(facts, router, text));
	print_priority(facts, router);
	if (why_says_unit(facts, router, text)[0])
		printf(LABEL "%s\n", "unit", text);
	printf(LABEL "%s\n", "addresses", why_says_addresses(router, text));
	for (unsigned i = 0; i < judgement->n; i++)
		print_finding(&judgement->all[i]);
	if (judgement->more_n)
		printf(LABEL "%u more: vipctl check\n", "", judgement->more_n);
	print_events(facts, router);
	free(judgement);
}

bool why_print(const struct why_facts *facts, bool json)
{
	bool any = false;

	if (json)
		return why_print_json(facts);
	for (unsigned i = 0; i < facts->n; i++) {
		if (!facts->routers[i].asked)
			continue;
		if (any)
			putchar('\n');
		print_router(facts, &facts->routers[i]);
		any = true;
	}
	return !ferror(stdout);
}
