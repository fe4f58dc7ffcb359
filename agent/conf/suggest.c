/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <string.h>

#include "value.h"

/* Our word for one of keepalived's, or for an abbreviation that is no slip of a finger. */
static const char *our_word(const char *name)
{
	static const struct {
		const char *theirs, *ours;
	} words[] = {
		{ "virtual_router_id", "vrid" },
		{ "VRID", "vrid" },
		{ "prio", "priority" },
		{ "advert_int", "interval" },
		{ "nopreempt", "preempt" },
		{ "virtual_ipaddress", "addresses" },
		{ "virtual_ipaddress_excluded", "extra_addresses" },
		{ "vrrp_version", "version" },
		{ "v3_checksum_as_v2", "checksum" },
		{ "vrrp_startup_delay", "start_delay" },
		{ "vrrp_instance", "routers" },
		{ "router_id", "node" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].theirs, name) == 0)
			return words[i].ours;
	return name;
}

const char *conf_suggest(const struct conf_schema *schema, const char *written)
{
	const char *name = our_word(written), *nearest = NULL;
	unsigned distance, least = (unsigned)strlen(name) / 3 + 1;

	for (const struct conf_key *key = schema->keys; key->field.name; key++) {
		distance = conf_distance(key->field.name, name);
		if (distance <= least && (!nearest || distance < least)) {
			nearest = key->field.name;
			least = distance;
		}
	}
	return nearest;
}
