/* SPDX-License-Identifier: MIT */
#include "import_announce.h"

#include <string.h>

#include "import_word.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_S  INT64_C(1000000)
#define DELAY_MAX (600 * US_PER_S)
#define DAY_US    (24 * 3600 * US_PER_S)

static void judge_once(struct import *import, struct keepalived_node *node, enum verdict verdict,
		       const char *text)
{
	if (!node->judged)
		import_judge(import, node, verdict, text ? "%s" : NULL, text);
}

/* keepalived sends a burst at once and another one after this time. */
static void put_after(struct import *import, struct subject *instance, struct setting *announce)
{
	struct keepalived_node *delay = import_said(import, instance, KEYWORD_GARP_DELAY);
	struct keepalived_node *repeat = import_said(import, instance, KEYWORD_GARP_REPEAT);
	struct setting *after;
	int64_t us;

	if (repeat)
		judge_once(import, repeat, VERDICT_CHANGED,
			   "one frame per address at each time, the times are announce.after");
	if (!delay || !import_time(import, delay, 0, DELAY_MAX, 0, &us))
		return;
	judge_once(import, delay, VERDICT_MAPPED, NULL);
	after = setting_add(import->arena, announce, "after", SETTING_LIST, NULL, &delay->origin);
	after->inline_group = true;
	if (us)
		setting_add(import->arena, after, NULL, SETTING_TEXT,
			    import_duration(import, us < 10 * US_PER_MS ? 10 * US_PER_MS : us),
			    NULL);
}

/* vipd refreshes once in a minute by default, keepalived never. */
static void put_refresh(struct import *import, struct subject *instance, struct setting *announce)
{
	struct keepalived_node *node = import_said(import, instance, KEYWORD_GARP_REFRESH);
	int64_t us;

	if (!node) {
		import_preset(import, announce, "refresh", SETTING_TEXT, "0s",
			      &instance->node->origin, "keepalived's default; vipd has 60s");
		return;
	}
	if (!import_time(import, node, 0, DAY_US, 0, &us))
		return;
	judge_once(import, node, VERDICT_MAPPED, NULL);
	setting_add(import->arena, announce, "refresh", SETTING_TEXT,
		    import_duration(import, us && us < US_PER_S ? US_PER_S : us), &node->origin);
}

/* ---- pace ---- */

static bool names(const struct subject *group, const char *interface)
{
	const struct keepalived_node *one = group->said[KEYWORD_INTERFACE];
	const struct keepalived_node *block = group->said[KEYWORD_INTERFACES];

	if (one && strcmp(import_value(one), interface) == 0)
		return true;
	for (; block; block = block->again)
		for (const struct keepalived_node *node = block->first; node; node = node->next)
			for (unsigned i = 0; i < node->words_n; i++)
				if (strcmp(node->words[i], interface) == 0)
					return true;
	return false;
}

static struct keepalived_node *find_pace(struct import *import, enum keyword keyword,
					 const char *interface)
{
	for (struct subject *s = import->garp_groups.first; interface && s; s = s->next)
		if (s->said[keyword] && names(s, interface))
			return s->said[keyword];
	return import->globals.said[keyword];
}

static void put_pace(struct import *import, struct setting *announce, unsigned family,
		     const char *interface)
{
	struct keepalived_node *node = find_pace(
		import, family == 4 ? KEYWORD_GARP_INTERVAL : KEYWORD_GNA_INTERVAL, interface);
	int64_t us;

	if (!node || !import_time(import, node, 0, US_PER_S, 0, &us))
		return;
	judge_once(import, node, VERDICT_MAPPED, "each virtual router has a pace of its own");
	setting_add(import->arena, announce, "pace", SETTING_TEXT, import_duration(import, us),
		    &node->origin);
}

void import_announce(struct import *import, struct subject *instance, struct setting *router,
		     unsigned family, const char *interface)
{
	struct keepalived_node *least = import->globals.said[KEYWORD_MIN_GARP];
	struct setting *announce = setting_add(import->arena, router, "announce", SETTING_GROUP,
					       NULL, &(struct origin){ 0 });

	announce->inline_group = false;
	if (import_flag(import, least) && !import_said(import, instance, KEYWORD_GARP_DELAY)) {
		struct setting *after = setting_add(import->arena, announce, "after", SETTING_LIST,
						    NULL, &least->origin);

		after->inline_group = true;
		judge_once(import, least, VERDICT_MAPPED, NULL);
	}
	put_after(import, instance, announce);
	put_refresh(import, instance, announce);
	put_pace(import, announce, family, interface);
}

void import_announce_globals(struct import *import)
{
	static const enum keyword keywords[] = { KEYWORD_GARP_DELAY,    KEYWORD_GARP_REPEAT,
						 KEYWORD_GARP_REFRESH,  KEYWORD_MIN_GARP,
						 KEYWORD_GARP_INTERVAL, KEYWORD_GNA_INTERVAL,
						 KEYWORD_INTERFACE };

	for (unsigned i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (import->globals.said[keywords[i]])
			judge_once(import, import->globals.said[keywords[i]], VERDICT_DROPPED,
				   "no instance takes it");
		for (struct subject *s = import->garp_groups.first; s; s = s->next)
			if (s->said[keywords[i]])
				judge_once(import, s->said[keywords[i]],
					   keywords[i] == KEYWORD_INTERFACE ? VERDICT_MAPPED
									    : VERDICT_DROPPED,
					   keywords[i] == KEYWORD_INTERFACE
						   ? NULL
						   : "no instance takes it");
	}
	for (struct subject *s = import->garp_groups.first; s; s = s->next) {
		import_judge(import, s->node, VERDICT_CHANGED,
			     "each virtual router has a pace of its own, and shares none");
		for (struct keepalived_node *b = s->said[KEYWORD_INTERFACES]; b; b = b->again) {
			import_judge(import, b, VERDICT_MAPPED, NULL);
			for (struct keepalived_node *node = b->first; node; node = node->next)
				import_judge(import, node, VERDICT_MAPPED, NULL);
		}
	}
}
