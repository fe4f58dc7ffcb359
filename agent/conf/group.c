/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <stdlib.h>
#include <string.h>

#include "damping.h"
#include "family.h"
#include "notify.h"
#include "parse.h"
#include "track.h"
#include "value.h"

/* ---- one group ---- */

static void check(const struct conf_place *place, void *base)
{
	const struct conf_group *group = base;
	const struct conf_place name = conf_place_of(place, "name");
	const struct conf_place routers = conf_place_of(place, "routers");

	if (group->routers_n == 1)
		conf_warn_in(&routers, "a group of one router changes nothing");
	if (group->name[0])
		conf_claim(&name, "group name \"%s\"", group->name);
	for (unsigned i = 0; i < group->routers_n; i++) {
		struct conf_place member = routers;

		if (!group->routers[i].router[0])
			continue;
		member.setting = config_setting_get_elem(routers.setting, i);
		conf_claim(&member, "the place of router \"%s\" in a group",
			   group->routers[i].router);
	}
}

/* ---- keys ---- */

static const struct conf_key group_member_keys[] = {
	{ .field = FIELD(struct conf_group_member, router, "router", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_NAME_SIZE - 1,
	  .missing = "" },
	CONF_KEYS_END,
};

static const struct conf_schema group_member_schema = {
	.noun = "router",
	.nouns = "routers",
	.size = sizeof(struct conf_group_member),
	.keys = group_member_keys,
	.brief = "router",
	.only_brief = true,
};

static const struct conf_key group_keys[] = {
	{ .field = FIELD(struct conf_group, name, "name", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_NAME_SIZE - 1,
	  .missing = "" },
	{ .field = FIELD(struct conf_group, routers, "routers", 0),
	  .element = &group_member_schema,
	  .count = offsetof(struct conf_group, routers_n),
	  .min = 1,
	  .max = CONF_MEMBERS_MAX,
	  .missing = "" },
	{ .field = FIELD(struct conf_group, damping, "damping", 0),
	  .element = &conf_damping_schema },
	{ .field = FIELD(struct conf_group, tracks, "track", 0),
	  .element = &conf_track_schema,
	  .count = offsetof(struct conf_group, tracks_n),
	  .min = 1,
	  .max = CONF_TRACKS_MAX },
	{ .field = FIELD(struct conf_group, notify, "notify", 0),
	  .element = &conf_notify_schema,
	  .count = offsetof(struct conf_group, notify_n),
	  .min = 1,
	  .max = CONF_NOTIFY_MAX },
	CONF_KEYS_END,
};

const struct conf_schema conf_group_schema = {
	.noun = "group",
	.nouns = "groups",
	.size = sizeof(struct conf_group),
	.keys = group_keys,
	.check = check,
};

/* ---- routers by name ---- */

struct named {
	struct conf_router *router;
	bool placed;
};

static int cmp_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->router->name, y->router->name);
}

static int cmp_name(const void *name, const void *named)
{
	return strcmp(name, ((const struct named *)named)->router->name);
}

/* The routers of a file, by name. */
struct directory {
	struct named *all;
	unsigned n;
};

static struct named *find(const struct directory *directory, const char *name)
{
	return bsearch(name, directory->all, directory->n, sizeof(*directory->all), cmp_name);
}

/* ---- what a group asks of its routers ---- */

static struct conf_place place_of_member(const struct conf_place *group, unsigned i)
{
	struct conf_place place = conf_place_of(group, "routers");

	place.setting = config_setting_get_elem(place.setting, i);
	return place;
}

/* One fate, one priority: with two of them nobody would be the better one. */
static void check_priority(const struct conf_place *place, const struct conf_router *router,
			   const struct conf_router *first)
{
	unsigned ours = router->vrrp.priority, theirs = first->vrrp.priority;

	if (ours && theirs && ours != theirs)
		conf_error_in(place,
			      "\"%s\" has priority %u and \"%s\" %u: the routers of a group have "
			      "one, since it is Active in all of them or in none",
			      router->name, ours, first->name, theirs);
}

/* One fate, and so one rule. */
static void check_damping(const struct conf_place *member, const struct conf_router *router)
{
	if (router->damping.changes)
		conf_error_in(member,
			      "\"%s\" has damping of its own: the routers of a group change "
			      "together, so write it in the group",
			      router->name);
}

/* All wait for each of them (vrrp/unit.h). */
static void warn_of_preemption(const struct conf_place *member, const struct conf_router *router,
			       const struct conf_router *first)
{
	const struct vrrp_config *ours = &router->vrrp, *theirs = &first->vrrp;

	if (ours->preempt != theirs->preempt)
		conf_warn_in(member,
			     "\"%s\" has preempt = %s and \"%s\" %s: the routers of a group change "
			     "together, and so preempt nobody",
			     router->name, ours->preempt ? "true" : "false", first->name,
			     theirs->preempt ? "true" : "false");
	else if (ours->preempt && ours->preempt_delay_ns != theirs->preempt_delay_ns)
		conf_warn_in(member,
			     "\"%s\" has another preempt_delay than \"%s\": the routers of a group "
			     "change together, behind the longest",
			     router->name, first->name);
}

/* A name at the prompt is for both. */
static void warn_of_namesake(const struct conf_place *group, const struct conf_group *conf,
			     const struct directory *directory)
{
	const struct conf_place name = conf_place_of(group, "name");
	const struct named *named = find(directory, conf->name);

	if (named && named->router->team != conf)
		conf_warn_in(&name,
			     "a router that is not in it has this name, too: vipctl drain %s would "
			     "be for both",
			     conf->name);
}

static void join(const struct conf_place *place, const struct conf_group *group,
		 const struct directory *directory)
{
	const struct conf_router *first = NULL;

	for (unsigned i = 0; i < group->routers_n; i++) {
		const struct conf_place member = place_of_member(place, i);
		const char *name = group->routers[i].router;
		struct named *named = name[0] ? find(directory, name) : NULL;

		if (name[0] && !named)
			conf_error_in(&member, "there is no router \"%s\"", name);
		if (!named)
			continue;
		named->router->team = group;
		check_damping(&member, named->router);
		if (first) {
			check_priority(&member, named->router, first);
			warn_of_preemption(&member, named->router, first);
			continue;
		}
		first = named->router;
		conf_damping_check(place, &group->damping, first);
	}
}

static struct conf_place place_of_group(const struct conf_place *list, unsigned i)
{
	struct conf_place group = *list;

	group.above = list;
	group.setting = config_setting_get_elem(list->setting, i);
	group.element = i + 1;
	return group;
}

static void join_all(const struct conf_place *file, const struct conf *conf,
		     const struct directory *directory)
{
	const struct conf_place list = conf_place_of(file, "groups");

	for (unsigned i = 0; i < conf->groups_n; i++) {
		const struct conf_place group = place_of_group(&list, i);

		join(&group, &conf->groups[i], directory);
	}
	for (unsigned i = 0; i < conf->groups_n; i++) {
		const struct conf_place group = place_of_group(&list, i);

		warn_of_namesake(&group, &conf->groups[i], directory);
	}
}

/* ---- the list ---- */

static void put(struct conf *conf, const struct conf_router *router)
{
	for (unsigned k = 0; k < conf_family_count(router); k++) {
		struct conf_router *copy = &conf->routers[conf->routers_n++];

		*copy = *conf_family_member(router, k);
		copy->team = router->team;
		if (router->team)
			copy->damping = router->team->damping;
	}
}

/* Those of one router keep what they are to each other. */
static void unite(struct conf_router *all, unsigned n)
{
	unsigned router = 0, written = 0; /* the number that the one before was written with */

	for (unsigned i = 0; i < n; i++) {
		if (i &&
		    (strcmp(all[i].name, all[i - 1].name) != 0 || all[i].unit_router != written))
			router++;
		written = all[i].unit_router;
		all[i].unit_n = (uint16_t)n;
		all[i].unit_at = (uint16_t)i;
		all[i].unit_router = (uint16_t)router;
	}
}

static void put_group(struct conf *conf, const struct conf_group *group,
		      const struct directory *directory)
{
	unsigned first = conf->routers_n;

	for (unsigned i = 0; i < group->routers_n; i++) {
		struct named *named = find(directory, group->routers[i].router);

		if (!named || named->placed)
			continue;
		named->placed = true;
		put(conf, named->router);
	}
	if (conf->routers_n - first > 1)
		unite(conf->routers + first, conf->routers_n - first);
}

static void put_all(struct conf *conf, const struct directory *directory)
{
	for (unsigned i = 0; i < conf->written_n; i++) {
		const struct conf_router *router = &conf->written[i];

		if (!router->team)
			put(conf, router);
		else if (!find(directory, router->name)->placed)
			put_group(conf, router->team, directory);
	}
}

static unsigned count_families(const struct conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->written_n; i++)
		n += conf_family_count(&conf->written[i]);
	return n;
}

static void make_list(const struct conf_place *file, struct conf *conf,
		      const struct directory *directory)
{
	const struct conf_place place = conf_place_of(file, "routers");
	unsigned n = count_families(conf);

	if (n > CONF_ROUTERS_MAX) {
		conf_error_in(&place, "expected at most %d, got %u: one of both families is two",
			      CONF_ROUTERS_MAX, n);
		return;
	}
	if (n == conf->written_n && conf->groups_n == 0) {
		conf->routers = conf->written;
		conf->routers_n = n;
		return;
	}
	conf->routers = conf_alloc(file->parse->blocks, NULL, 0, n, sizeof(*conf->routers));
	if (n && !conf->routers)
		conf_error_in(&place, "out of memory");
	else
		put_all(conf, directory);
}

void conf_group_flatten(const struct conf_place *file, struct conf *conf)
{
	struct directory directory = { 0 };

	if (conf->groups_n) {
		directory.all = calloc(conf->written_n + 1, sizeof(*directory.all));
		if (!directory.all) {
			conf_error_in(file, "out of memory");
			return;
		}
		for (unsigned i = 0; i < conf->written_n; i++)
			directory.all[directory.n++].router = &conf->written[i];
		qsort(directory.all, directory.n, sizeof(*directory.all), cmp_named);
		join_all(file, conf, &directory);
	}
	make_list(file, conf, &directory);
	free(directory.all);
}
