/* SPDX-License-Identifier: MIT */
#include "track.h"

#include "parse.h"
#include "value.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)

#define PRIORITY_MAX 254 /* of who is no owner */

static const struct conf_key track_keys[] = {
	{ .field = FIELD(struct conf_track, interface, "interface", FIELD_TEXT),
	  .kind = &conf_interface,
	  .min = 1,
	  .max = CONF_LINK_SIZE - 1 },
	{ .field = FIELD(struct conf_track, check, "check", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CHECK_NAME_SIZE - 1 },
	{ .field = FIELD(struct conf_track, weight, "weight", FIELD_INT),
	  .kind = &conf_number,
	  .min = -253,
	  .max = 253,
	  .preset = "0" },
	{ .field = FIELD(struct conf_track, reverse, "reverse", FIELD_BOOL),
	  .kind = &conf_boolean,
	  .preset = "false" },
	{ .field = FIELD(struct conf_track, delay_ns, "delay", FIELD_DURATION),
	  .kind = &conf_duration,
	  .max = 60 * NS_PER_S,
	  .step = NS_PER_MS,
	  .preset = "\"0s\"" },
	CONF_KEYS_END,
};

static void check_one(const struct conf_place *group, void *base)
{
	const struct conf_track *track = base;
	bool interface = config_setting_get_member(group->setting, "interface");
	bool check = config_setting_get_member(group->setting, "check");
	const struct conf_place delay = conf_place_of(group, "delay");

	if (interface == check)
		conf_error_in(group, check ? "interface and check: one of both is tracked"
					   : "interface is missing, or check");
	if (check && track->delay_ns)
		conf_error_in(&delay, "is for interfaces: a check has rise and fall");
}

const struct conf_schema conf_track_schema = {
	.noun = "track",
	.nouns = "tracks",
	.size = sizeof(struct conf_track),
	.keys = track_keys,
	.check = check_one,
};

/* The highest priority of another node, where the file has one for each; 0: nobody can tell. */
static long others_priority(const struct conf_place *group)
{
	const config_setting_t *setting = config_setting_get_member(group->setting, "priority");
	const config_setting_t *ours = setting && config_setting_is_group(setting)
					       ? conf_node_value(&group->parse->nodes, setting)
					       : NULL;
	long highest = 0;

	for (int i = 0; ours && i < config_setting_length(setting); i++) {
		const config_setting_t *other = config_setting_get_elem(setting, (unsigned)i);

		if (other != ours && config_setting_get_int(other) > highest)
			highest = config_setting_get_int(other);
	}
	return highest;
}

/* A group has one sum of weights for all of its routers. */
static bool has_groups(const struct conf_place *place)
{
	while (place->above)
		place = place->above;
	return config_setting_get_member(place->setting, "groups") != NULL;
}

/* How low all weights together can bring a router. */
static long lowest_of(const struct conf_router *router)
{
	long sum = router->vrrp.priority;

	for (unsigned i = 0; i < router->tracks_n; i++) {
		long weight = router->tracks[i].weight;

		if (router->tracks[i].reverse)
			weight = -weight;
		if (weight < 0)
			sum += weight;
	}
	return sum < 1 ? 1 : sum;
}

/* Of a router that is Active with all of them as they should be. */
static void warn_powerless(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place list = conf_place_of(group, "track");
	long others = has_groups(group) ? 0 : others_priority(group), ours = router->vrrp.priority;
	bool weighs = false;

	for (unsigned i = 0; i < router->tracks_n; i++)
		weighs |= router->tracks[i].weight != 0;
	if (!weighs || !others || !ours || ours == others || ours == VRRP_PRIORITY_OWNER)
		return;
	if (ours > others && lowest_of(router) > others)
		conf_warn_in(&list,
			     "all weights together leave priority %ld, and the highest of other "
			     "nodes is %ld: nobody ever takes over for them",
			     lowest_of(router), others);
}

/* Its priority says that it owns the addresses (RFC 9568 §6.1). */
void conf_track_check(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place list = conf_place_of(group, "track");

	for (unsigned i = 0; i < router->tracks_n; i++) {
		struct conf_place place = list;

		place.setting = config_setting_get_elem(list.setting, i);
		if (router->tracks[i].weight && router->vrrp.priority == VRRP_PRIORITY_OWNER)
			conf_error_in(&place, "an owner has priority 255 whatever weighs: leave "
					      "weight out, and it is a fault");
		if (router->tracks[i].weight && !router->vrrp.preempt)
			conf_warn_in(&place, "with preempt = false a weight takes nothing from who "
					     "is Active, nor lets it return: it decides the next "
					     "election alone");
		if (router->name[0] && router->tracks[i].interface[0])
			conf_claim(&place, "\"%s\" in what router \"%s\" tracks",
				   router->tracks[i].interface, router->name);
		if (router->name[0] && router->tracks[i].check[0])
			conf_claim(&place, "check \"%s\" in what router \"%s\" tracks",
				   router->tracks[i].check, router->name);
	}
	warn_powerless(group, router);
}

/* Numbers in files turn the sign of a weight, so they may do anything. */
static bool is_of_number(const struct conf *conf, const struct conf_track *track)
{
	const struct check_config *check;

	if (!track->check[0] || track->check_number >= conf->checks_n)
		return false;
	check = &conf->checks[track->check_number];
	return check->file && check->file->form == CHECK_FILE_VALUE;
}

/* Whether some weight moves a priority that way. */
static bool has_weight(const struct conf *conf, const struct conf_router *router, bool up)
{
	for (unsigned i = 0; i < router->tracks_n; i++) {
		const struct conf_track *track = &router->tracks[i];

		if (is_of_number(conf, track) || (up ? track->weight > 0 : track->weight < 0))
			return true;
	}
	return false;
}

void conf_track_connected(const struct conf_place *owner, const struct conf *conf,
			  const struct conf_router *router)
{
	const struct conf_place list = conf_place_of(owner, "track");
	bool highest = router->vrrp.priority == PRIORITY_MAX && !has_weight(conf, router, false);
	bool lowest = router->vrrp.priority == 1 && !has_weight(conf, router, true);

	/* A group has one sum. */
	for (unsigned i = 0; i < router->tracks_n && !has_groups(owner); i++) {
		struct conf_place place = list;

		place.setting = config_setting_get_elem(list.setting, i);
		if (highest && router->tracks[i].weight > 0)
			conf_warn_in(&place,
				     "priority 254 is the highest: a weight of %d adds "
				     "nothing to it",
				     router->tracks[i].weight);
		if (lowest && router->tracks[i].weight < 0)
			conf_warn_in(&place,
				     "priority 1 is the lowest: a weight of %d takes "
				     "nothing from it",
				     router->tracks[i].weight);
	}
}
