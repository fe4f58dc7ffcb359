/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "check_kinds.h"
#include "parse.h"
#include "program.h"
#include "track.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)

/* ---- one check ---- */

static const char *const unknowns[] = {
	[CHECK_UNKNOWN_HOLD] = "hold",
	[CHECK_UNKNOWN_DOWN] = "down",
};

#define OF(member, called, kind) FIELD(struct check_config, member, called, kind)
#define KIND(member, schema)                                                                       \
	{                                                                                          \
		.field = OF(member, #member, 0), .element = &(schema), .apart = true, .same = true \
	}

/* The kinds in the order of enum check_kind_number, behind the name. */
static const struct conf_key check_keys[] = {
	{ .field = OF(name, "name", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CHECK_NAME_SIZE - 1,
	  .missing = "" },
	KIND(command, conf_check_command_schema),
	KIND(tcp, conf_check_tcp_schema),
	KIND(http, conf_check_http_schema),
	KIND(dns, conf_check_dns_schema),
	KIND(ping, conf_check_ping_schema),
	KIND(process, conf_check_process_schema),
	KIND(file, conf_check_file_schema),
	KIND(route, conf_check_route_schema),
	KIND(unit, conf_check_unit_schema),
	KIND(all, conf_check_several_schema),
	KIND(any, conf_check_several_schema),
	KIND(at_least, conf_check_at_least_schema),
	{ .field = OF(interval_ns, "interval", FIELD_DURATION),
	  .kind = &conf_duration,
	  .min = 10 * NS_PER_MS,
	  .max = 3600 * NS_PER_S,
	  .step = NS_PER_MS,
	  .preset = "\"1s\"" },
	{ .field = OF(timeout_ns, "timeout", FIELD_DURATION),
	  .kind = &conf_duration,
	  .min = NS_PER_MS,
	  .max = 3600 * NS_PER_S,
	  .step = NS_PER_MS },
	{ .field = OF(rise, "rise", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = 255,
	  .preset = "1" },
	{ .field = OF(fall, "fall", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = 255,
	  .preset = "1" },
	{ .field = OF(delay_ns, "delay", FIELD_DURATION),
	  .kind = &conf_duration,
	  .max = 3600 * NS_PER_S,
	  .step = NS_PER_MS,
	  .preset = "\"0s\"" },
	{ .field = FIELD_OF_WORDS(struct check_config, unknown, "unknown", unknowns),
	  .kind = &conf_choice,
	  .preset = "\"hold\"" },
	{ .field = OF(user, "user", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CHECK_USER_SIZE - 1 },
	CONF_KEYS_END,
};

#undef OF
#undef KIND

const struct conf_key *conf_check_kind(const struct check_config *check)
{
	return &check_keys[1 + check->kind];
}

static bool is_there(const struct check_config *check, unsigned kind)
{
	return conf_key_group(&check_keys[1 + kind], check) != NULL;
}

static void find_kind(const struct conf_place *group, struct check_config *check)
{
	unsigned n = 0;

	for (unsigned kind = 0; kind < CHECK_KINDS_COUNT; kind++) {
		if (!is_there(check, kind))
			continue;
		if (n++)
			conf_error_in(group, "%s and %s: a check has one kind",
				      check_kind_words[check->kind], check_kind_words[kind]);
		else
			check->kind = (uint8_t)kind;
	}
	if (n == 0)
		conf_error_in(group, "its kind is missing: command, tcp, http, dns, ping, process, "
				     "file, route, unit, all, any or at_least");
}

static void set_several(struct check_config *check)
{
	if (check->all)
		check->all->n = check->all->checks_n;
	if (check->any)
		check->any->n = 1;
}

static void check_one(const struct conf_place *group, void *base)
{
	struct check_config *check = base;
	const struct conf_place name = conf_place_of(group, "name");
	const struct conf_place user = conf_place_of(group, "user");

	find_kind(group, check);
	set_several(check);
	if (check_several_of(check) && (check->rise > 1 || check->fall > 1))
		conf_error_in(group,
			      "rise and fall are of what is asked: the checks that it is made of "
			      "have their own");
	if (!check->timeout_ns)
		check->timeout_ns = check->interval_ns;
	if (check->user[0] && !check->command)
		conf_error_in(&user, "only a command has a user of its own");
	if (check->name[0])
		conf_claim(&name, "check name \"%s\"", check->name);
}

const struct conf_schema conf_check_schema = {
	.noun = "check",
	.nouns = "checks",
	.size = sizeof(struct check_config),
	.keys = check_keys,
	.check = check_one,
};

/* ---- by name ---- */

struct named {
	const char *name;
	unsigned number;
};

enum seen {
	SEEN_NOT,
	SEEN_NOW, /* what it is made of is being looked at */
	SEEN_DONE,
};

/* All checks of a file, and what is known of them meanwhile, by number. */
struct directory {
	struct check_config *all;
	unsigned n;
	struct named *sorted;
	bool *used;
	uint8_t *seen; /* enum seen */
	struct conf_place list;
};

static int cmp_named(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static int cmp_name(const void *name, const void *named)
{
	return strcmp(name, ((const struct named *)named)->name);
}

/* Return: its number, or -1. */
static int find(const struct directory *directory, const char *name)
{
	const struct named *named = directory->n ? bsearch(name, directory->sorted, directory->n,
							   sizeof(*directory->sorted), cmp_name)
						 : NULL;

	return named ? (int)named->number : -1;
}

static struct conf_place place_of(const struct directory *directory, unsigned number)
{
	struct conf_place place = directory->list;

	place.above = &directory->list;
	place.setting = config_setting_get_elem(directory->list.setting, number);
	place.element = number + 1;
	return place;
}

/* One that counted twice would be a quorum alone. */
static bool is_named_before(const struct check_several *several, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (strcmp(several->checks[k].name, several->checks[i].name) == 0)
			return true;
	return false;
}

static void find_parts(struct directory *directory, unsigned number)
{
	const struct check_several *several = check_several_of(&directory->all[number]);
	const struct conf_place place = place_of(directory, number);

	for (unsigned i = 0; several && i < several->checks_n; i++) {
		struct check_part *part = &several->checks[i];
		int found = part->name[0] ? find(directory, part->name) : -1;

		if (part->name[0] && found < 0)
			conf_error_in(&place, "there is no check \"%s\"", part->name);
		if (part->name[0] && is_named_before(several, i))
			conf_error_in(&place, "it is made of check \"%s\" twice", part->name);
		part->number = found < 0 ? UINT_MAX : (unsigned)found;
		if (found >= 0)
			directory->used[found] = true;
	}
}

/* Return: whether a check is made of itself in the end. */
static bool is_circle(struct directory *directory, unsigned number, unsigned depth)
{
	const struct check_several *several = check_several_of(&directory->all[number]);
	bool circle = false;

	if (directory->seen[number] == SEEN_DONE)
		return false;
	if (directory->seen[number] == SEEN_NOW || depth == CHECK_PARTS_MAX)
		return true;
	directory->seen[number] = SEEN_NOW;
	for (unsigned i = 0; several && i < several->checks_n && !circle; i++)
		if (several->checks[i].number != UINT_MAX)
			circle = is_circle(directory, several->checks[i].number, depth + 1);
	directory->seen[number] = circle ? SEEN_NOT : SEEN_DONE;
	return circle;
}

static void find_circles(struct directory *directory)
{
	for (unsigned i = 0; i < directory->n; i++) {
		const struct conf_place place = place_of(directory, i);

		if (!is_circle(directory, i, 0))
			continue;
		conf_error_in(&place,
			      "is made of itself, or of more than %d checks one in the "
			      "other",
			      CHECK_PARTS_MAX);
		return;
	}
}

static void find_tracked(struct directory *directory, const struct conf_place *owner,
			 struct conf_track *tracks, unsigned tracks_n)
{
	const struct conf_place list = conf_place_of(owner, "track");

	for (unsigned i = 0; i < tracks_n; i++) {
		struct conf_place place = list;
		int found = tracks[i].check[0] ? find(directory, tracks[i].check) : -1;

		place.setting = config_setting_get_elem(list.setting, i);
		if (tracks[i].check[0] && found < 0)
			conf_error_in(&place, "there is no check \"%s\"", tracks[i].check);
		if (found < 0)
			continue;
		directory->used[found] = true;
		tracks[i].check_number = (uint16_t)found;
	}
}

static void find_all_tracked(const struct conf_place *file, struct directory *directory,
			     struct conf *conf)
{
	const struct conf_place routers = conf_place_of(file, "routers");
	const struct conf_place groups = conf_place_of(file, "groups");
	struct conf_place place;

	for (unsigned i = 0; i < conf->written_n; i++) {
		place = routers;
		place.above = &routers;
		place.setting = config_setting_get_elem(routers.setting, i);
		place.element = i + 1;
		find_tracked(directory, &place, conf->written[i].tracks, conf->written[i].tracks_n);
		conf_track_connected(&place, conf, &conf->written[i]);
	}
	for (unsigned i = 0; i < conf->groups_n; i++) {
		place = groups;
		place.above = &groups;
		place.setting = config_setting_get_elem(groups.setting, i);
		place.element = i + 1;
		find_tracked(directory, &place, conf->groups[i].tracks, conf->groups[i].tracks_n);
	}
}

static void warn_unused(const struct directory *directory)
{
	for (unsigned i = 0; i < directory->n; i++) {
		const struct conf_place place = place_of(directory, i);

		if (!directory->used[i])
			conf_warn_in(&place,
				     "nobody tracks it: it is asked, and shown, and changes "
				     "nothing");
	}
}

static void judge_files(const struct conf_place *place, const struct check_http *http,
			const char *user_name, const struct check_user *user)
{
	const struct conf_place group = conf_place_of(place, "http");
	const struct conf_place ca = conf_place_of(&group, "ca");
	const struct conf_place cert = conf_place_of(&group, "cert");
	const struct conf_place key = conf_place_of(&group, "key");

	conf_program_check_file(&ca, http->ca, user_name, user);
	conf_program_check_file(&cert, http->cert, user_name, user);
	conf_program_check_file(&key, http->key, user_name, user);
}

/* What a check needs of this host. @ours: the user of all checks; NULL: there is none. */
static void judge_one(const struct conf_place *place, const struct conf *conf,
		      const struct check_config *check, const struct check_user *ours)
{
	const struct conf_place process = conf_place_of(place, "process");
	const struct conf_place process_user = conf_place_of(&process, "user");
	const struct conf_program program = { check->command, check->user };
	bool by_default;

	if (check->command)
		conf_program_check(place, conf, &program, ours);
	if (check->http && ours)
		judge_files(place, check->http, conf_user(conf, &by_default), ours);
	if (check->process && check->process->user[0])
		conf_program_check_user(&process_user, check->process->user);
}

static void judge_all(const struct conf_place *file, const struct directory *directory,
		      const struct conf *conf)
{
	struct check_user ours;
	bool known;

	if (!conf->checks_n && !conf->user[0])
		return;
	known = conf_program_user(file, conf, &ours);
	for (unsigned i = 0; i < conf->checks_n; i++) {
		const struct conf_place place = place_of(directory, i);

		judge_one(&place, conf, &conf->checks[i], known ? &ours : NULL);
	}
}

static void connect_all(const struct conf_place *file, struct directory *directory,
			struct conf *conf)
{
	for (unsigned i = 0; i < conf->checks_n; i++)
		directory->sorted[i] = (struct named){ conf->checks[i].name, i };
	qsort(directory->sorted, directory->n, sizeof(*directory->sorted), cmp_named);
	for (unsigned i = 0; i < directory->n; i++)
		find_parts(directory, i);
	find_circles(directory);
	find_all_tracked(file, directory, conf);
	warn_unused(directory);
	if (file->parse->here)
		judge_all(file, directory, conf);
}

void conf_check_connect(const struct conf_place *file, struct conf *conf)
{
	struct directory directory = { .all = conf->checks,
				       .n = conf->checks_n,
				       .list = conf_place_of(file, "checks") };

	directory.sorted = calloc(conf->checks_n + 1, sizeof(*directory.sorted));
	directory.used = calloc(conf->checks_n + 1, sizeof(*directory.used));
	directory.seen = calloc(conf->checks_n + 1, sizeof(*directory.seen));
	if (directory.sorted && directory.used && directory.seen)
		connect_all(file, &directory, conf);
	else
		conf_error_in(file, "out of memory");
	free(directory.sorted);
	free(directory.used);
	free(directory.seen);
}
