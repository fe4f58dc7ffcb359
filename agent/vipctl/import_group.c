/* SPDX-License-Identifier: MIT */
#include "import_group.h"

#include "import_notify.h"
#include "import_router.h"
#include "import_track.h"
#include "import_word.h"

static void put_member(struct import *import, struct subject *group, struct setting *list,
		       struct keepalived_node *node, const char *word)
{
	struct subject *instance = import_find(&import->instances, word);

	if (!instance) {
		import_part(import, node, VERDICT_WRONG, word,
			    "there is no such instance, and keepalived goes on without it");
		return;
	}
	if (instance->used) {
		import_part(import, node, VERDICT_WRONG, word,
			    "is in a group already: keepalived leaves it in the first");
		return;
	}
	instance->used = true;
	setting_add(import->arena, list, NULL, SETTING_TEXT, instance->name, &node->origin);
	import_part(import, node, VERDICT_MAPPED, word, "in \"%s\"", group->name);
}

static void put_members(struct import *import, struct subject *group, struct setting *setting)
{
	struct keepalived_node *block = group->said[KEYWORD_MEMBERS];
	struct setting *list =
		setting_add(import->arena, setting, "routers", SETTING_LIST, NULL, &block->origin);

	for (; block; block = block->again) {
		import_judge(import, block, VERDICT_MAPPED, NULL);
		for (struct keepalived_node *node = block->first; node; node = node->next)
			for (unsigned i = 0; i < node->words_n; i++)
				put_member(import, group, list, node, node->words[i]);
	}
}

static bool is_empty(const struct subject *group)
{
	for (const struct keepalived_node *b = group->said[KEYWORD_MEMBERS]; b; b = b->again)
		if (b->first)
			return false;
	return true;
}

/* All that stands in it goes with it. */
static void drop(struct import *import, struct subject *group)
{
	import_judge(import, group->node, VERDICT_DROPPED,
		     "has no members in a block group { }, and keepalived removes it");
	for (struct keepalived_node *node = group->node->first; node; node = node->next)
		if (!node->judged)
			import_judge(import, node, VERDICT_DROPPED, "as its block");
}

static void judge_weights(struct import *import, struct keepalived_node *node)
{
	if (node)
		import_judge(import, node, VERDICT_MAPPED,
			     "weights of members count for the whole group");
}

static void map_group(struct import *import, struct subject *group)
{
	const struct subjects *const all[] = { &import->groups, NULL };
	struct setting *list, *setting;
	const struct track_rules rules = { .interface = NULL };

	if (is_empty(group)) {
		drop(import, group);
		return;
	}
	list = setting_list(import->arena, import->root, "groups", SETTING_LIST,
			    &(struct origin){ 0 });
	setting =
		setting_add(import->arena, list, NULL, SETTING_GROUP, NULL, &(struct origin){ 0 });
	group->name = import_name(import, all, import_value(group->node));
	setting_add(import->arena, setting, "name", SETTING_TEXT, group->name,
		    &group->node->origin);
	import_judge(import, group->node, VERDICT_MAPPED, "group \"%s\"", group->name);
	put_members(import, group, setting);
	judge_weights(import, group->said[KEYWORD_GROUP_WEIGHTS]);
	import_track(import, group, setting, &rules);
	import_notify(import, group, setting);
}

void import_groups(struct import *import)
{
	for (struct subject *group = import->groups.first; group; group = group->next)
		map_group(import, group);
}
