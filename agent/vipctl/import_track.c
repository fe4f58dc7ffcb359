/* SPDX-License-Identifier: MIT */
#include "import_track.h"

#include <string.h>

#include "import_word.h"

#define US_PER_S     INT64_C(1000000)
#define DELAY_MAX_US (60 * US_PER_S)
#define WEIGHT_MAX   253

/* One line of a list. */
struct tracked {
	struct keepalived_node *node;
	struct subject *check; /* NULL: an interface */
	enum keyword keyword;
	long weight;
	bool reverse;
	bool inverted; /* the check is up when it should be down */
};

/* ---- interface_up_down_delays ---- */

int64_t import_down_delay(const struct import *import, const char *interface)
{
	const struct keepalived_node *block = import->file.said[KEYWORD_UP_DOWN];
	int64_t us = 0;

	for (; block; block = block->again)
		for (const struct keepalived_node *node = block->first; node; node = node->next)
			if (node->words_n > 1 && strcmp(node->words[0], interface) == 0)
				(void)import_is_time(node->words[1], &us);
	return us < DELAY_MAX_US ? us : DELAY_MAX_US;
}

static void judge_delay(struct import *import, struct keepalived_node *node)
{
	int64_t down = 0, up = 0;

	if (node->words_n < 2 || node->words_n > 3 || !import_is_time(node->words[1], &down) ||
	    (node->words_n == 3 && !import_is_time(node->words[2], &up)))
		import_judge(import, node, VERDICT_WRONG,
			     "needs the seconds for down, and perhaps those for up");
	else if (down > DELAY_MAX_US || up)
		import_judge(import, node, VERDICT_CHANGED,
			     "of being down at most 60 seconds are waited for, and none of being "
			     "up");
	else
		import_judge(import, node, VERDICT_MAPPED, NULL);
}

void import_delays(struct import *import)
{
	struct keepalived_node *block = import->file.said[KEYWORD_UP_DOWN];

	for (; block; block = block->again) {
		import_judge(import, block, VERDICT_MAPPED, NULL);
		for (struct keepalived_node *node = block->first; node; node = node->next)
			judge_delay(import, node);
	}
}

/* ---- one line ---- */

/* "weight W reverse", from the word @at on. Return: whether that is all. */
static bool parse_weight(struct import *import, struct tracked *tracked,
			 struct keepalived_node *node, unsigned at)
{
	long most =
		tracked->keyword == KEYWORD_TRACK_FILE || tracked->keyword == KEYWORD_TRACK_PROCESS
			? 254
			: WEIGHT_MAX;
	const char *word = at < node->words_n ? node->words[at] : "";

	if (!import_is_number(word, -254, 254, &tracked->weight)) {
		import_judge(import, node, VERDICT_WRONG, "\"%.40s\" is no weight from -%ld to %ld",
			     word, most, most);
		return false;
	}
	tracked->reverse = false;
	if (tracked->weight > WEIGHT_MAX || tracked->weight < -WEIGHT_MAX) {
		import_part(import, node, VERDICT_CHANGED, "weight",
			    "%s is %s here, which is the most", word,
			    tracked->weight > 0 ? "253" : "-253");
		tracked->weight = tracked->weight > 0 ? WEIGHT_MAX : -WEIGHT_MAX;
	}
	if (++at < node->words_n && strcmp(node->words[at], "reverse") == 0)
		tracked->reverse = at++;
	else if (at < node->words_n && (strcmp(node->words[at], "noreverse") == 0 ||
					strcmp(node->words[at], "no_reverse") == 0))
		at++;
	if (at == node->words_n)
		return true;
	import_judge(import, node, VERDICT_WRONG,
		     "\"%.40s\" is no option of it, and keepalived passes over it",
		     node->words[at]);
	return false;
}

/* What the check says of its weight, where nothing else is said. */
static bool take_preset(struct import *import, struct tracked *tracked)
{
	struct keepalived_node *weight = tracked->check->said[KEYWORD_WEIGHT];
	struct keepalived_node *most = tracked->check->said[KEYWORD_QUORUM_MAX];

	tracked->weight = tracked->keyword == KEYWORD_TRACK_FILE ? 1 : 0;
	if (weight && !parse_weight(import, tracked, weight, 1))
		return false;
	tracked->inverted = most && strcmp(import_value(most), "0") == 0;
	return true;
}

/* Options behind the name of what is tracked. */
static bool parse_options(struct import *import, struct tracked *tracked)
{
	struct keepalived_node *node = tracked->node;

	if (node->words_n == 1)
		return true;
	if (strcmp(node->words[1], "weight") != 0) {
		import_judge(import, node, VERDICT_WRONG,
			     "\"%.40s\" is no option of it, and keepalived passes over it: each "
			     "needs a line of its own",
			     node->words[1]);
		return false;
	}
	return parse_weight(import, tracked, node, 2);
}

static const struct subjects *checks_of(const struct import *import, enum keyword keyword)
{
	if (keyword == KEYWORD_TRACK_SCRIPT)
		return &import->scripts;
	return keyword == KEYWORD_TRACK_FILE ? &import->files : &import->processes;
}

static bool find_check(struct import *import, struct tracked *tracked)
{
	struct keepalived_node *node = tracked->node;

	tracked->check = import_find(checks_of(import, tracked->keyword), node->words[0]);
	if (!tracked->check) {
		import_judge(import, node, VERDICT_WRONG,
			     "there is no such thing: keepalived goes on without it, unguarded");
		return false;
	}
	if (tracked->check->node->at > node->at)
		import_part(import, node, VERDICT_CHANGED, node->words[0],
			    "counts here: keepalived has not found it, since it is declared "
			    "further down, in line %u",
			    tracked->check->node->origin.line);
	return true;
}

static bool is_there(const struct setting *list, const char *key, const char *name)
{
	for (const struct setting *track = list->first; track; track = track->next) {
		const struct setting *found = setting_find(track, key);

		if (found && strcmp(found->value, name) == 0)
			return true;
	}
	return false;
}

static bool is_in_group(const struct track_rules *rules, const struct tracked *tracked)
{
	const struct keepalived_node *block =
		rules->group ? rules->group->said[tracked->keyword] : NULL;

	for (; block; block = block->again)
		for (const struct keepalived_node *node = block->first; node; node = node->next)
			if (strcmp(node->words[0], tracked->node->words[0]) == 0)
				return true;
	return false;
}

/* Weights of the members of a group. Return: whether it is still tracked. */
static bool strip_weight(struct import *import, struct tracked *tracked)
{
	bool file = tracked->keyword == KEYWORD_TRACK_FILE;

	if (tracked->weight == 0 || tracked->keyword == KEYWORD_TRACK_PROCESS)
		return true;
	if (tracked->keyword == KEYWORD_TRACK_INTERFACE || (file && tracked->weight == 1)) {
		import_judge(import, tracked->node, VERDICT_CHANGED,
			     "its weight does not count in a sync group: it is a fault, in "
			     "keepalived, too");
		tracked->weight = 0;
		return true;
	}
	import_judge(import, tracked->node, VERDICT_DROPPED,
		     "keepalived leaves it out, since it has a weight and the instance is in a "
		     "sync group: track it in the group");
	return false;
}

/* Return: whether it counts, by keepalived's rules. */
static bool counts(struct import *import, struct tracked *tracked, const struct track_rules *rules,
		   const struct setting *list)
{
	const char *name = tracked->node->words[0];

	if (!tracked->check && rules->interface && strcmp(name, rules->interface) == 0)
		import_judge(import, tracked->node, VERDICT_DROPPED,
			     "is its own interface, which counts in any case");
	else if (is_there(list, tracked->check ? "check" : "interface",
			  tracked->check ? tracked->check->name : name))
		import_judge(import, tracked->node, VERDICT_DROPPED, "is there already");
	else if (is_in_group(rules, tracked))
		import_judge(import, tracked->node, VERDICT_DROPPED,
			     "its group tracks it, too, and that counts");
	else if (rules->owner && tracked->weight)
		import_judge(import, tracked->node, VERDICT_DROPPED,
			     "keepalived leaves it out: priority 255 is never changed by weights");
	else if (rules->group && !rules->group->said[KEYWORD_GROUP_WEIGHTS])
		return strip_weight(import, tracked);
	else
		return true;
	return false;
}

/*
 * keepalived's "weight 7 reverse" is 7 less while it is up, and "-7 reverse" 7 more while it is
 * down; here reverse says only when it counts. A file's number has its sign turned round in both.
 */
static long weight_of(const struct tracked *tracked)
{
	bool turned = tracked->reverse && tracked->keyword != KEYWORD_TRACK_FILE;

	return turned ? -tracked->weight : tracked->weight;
}

static void put_track(struct import *import, const struct tracked *tracked, struct setting *list)
{
	struct setting *track =
		setting_add(import->arena, list, NULL, SETTING_GROUP, NULL, &tracked->node->origin);
	const char *name = tracked->node->words[0];
	int64_t delay_us = tracked->check ? 0 : import_down_delay(import, name);

	track->inline_group = true;
	setting_add(import->arena, track, tracked->check ? "check" : "interface", SETTING_TEXT,
		    tracked->check ? tracked->check->name : name, NULL);
	if (tracked->weight)
		setting_add(import->arena, track, "weight", SETTING_VALUE,
			    arena_print(import->arena, "%ld", weight_of(tracked)), NULL);
	if (tracked->reverse != tracked->inverted)
		setting_add(import->arena, track, "reverse", SETTING_VALUE, "true", NULL);
	if (delay_us)
		setting_add(import->arena, track, "delay", SETTING_TEXT,
			    import_duration(import, delay_us), NULL);
	if (!tracked->node->judged)
		import_judge(import, tracked->node, VERDICT_MAPPED, NULL);
	if (tracked->check)
		tracked->check->used = true;
}

static void map_line(struct import *import, enum keyword keyword, struct keepalived_node *node,
		     struct setting *list, const struct track_rules *rules)
{
	struct tracked tracked = { .node = node, .keyword = keyword };

	if (node->has_block) {
		import_judge(import, node, VERDICT_WRONG, "has no block between braces");
		return;
	}
	if (keyword != KEYWORD_TRACK_INTERFACE &&
	    (!find_check(import, &tracked) || !take_preset(import, &tracked)))
		return;
	if (!parse_options(import, &tracked)) {
		if (tracked.check)
			tracked.check->used = true; /* is meant to be */
		return;
	}
	if (!counts(import, &tracked, rules, list))
		return;
	put_track(import, &tracked, list);
}

void import_track(struct import *import, struct subject *subject, struct setting *parent,
		  const struct track_rules *rules)
{
	static const enum keyword keywords[] = { KEYWORD_TRACK_INTERFACE, KEYWORD_TRACK_SCRIPT,
						 KEYWORD_TRACK_FILE, KEYWORD_TRACK_PROCESS };
	struct setting list = { 0 }, *put;

	for (unsigned i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		struct keepalived_node *block = subject->said[keywords[i]];

		for (; block; block = block->again) {
			import_judge(import, block, VERDICT_MAPPED, NULL);
			for (struct keepalived_node *node = block->first; node; node = node->next)
				map_line(import, keywords[i], node, &list, rules);
		}
	}
	if (!list.first)
		return;
	put = setting_add(import->arena, parent, "track", SETTING_LIST, NULL,
			  &(struct origin){ 0 });
	put->first = list.first;
	put->last = list.last;
}
