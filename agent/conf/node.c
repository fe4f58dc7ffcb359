/* SPDX-License-Identifier: MIT */
#include "node.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "schema.h"

#define DEFAULT "default"

const struct conf_node *conf_node_find(const struct conf_nodes *nodes, const char *name)
{
	for (unsigned i = 0; i < nodes->nodes_n; i++)
		if (strcmp(nodes->nodes[i].name, name) == 0)
			return &nodes->nodes[i];
	return NULL;
}

bool conf_node_name_is_valid(const char *name)
{
	if (!isalpha((unsigned char)*name) || strcmp(name, DEFAULT) == 0)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '_')
			return false;
	return true;
}

bool conf_node_is_known(const struct conf_nodes *nodes, const char *name)
{
	return strcmp(name, DEFAULT) == 0 || conf_node_find(nodes, name);
}

/* Where a group may stand, one that has nodes in it, and nothing of that group. */
static bool has_nodes_alone(const struct conf_nodes *nodes, const struct conf_schema *schema,
			    const config_setting_t *setting)
{
	int n = config_setting_length(setting);
	bool found = false;

	for (int i = 0; i < n; i++) {
		const char *name =
			config_setting_name(config_setting_get_elem(setting, (unsigned)i));

		if (conf_key_find(schema, name))
			return false;
		found |= conf_node_is_known(nodes, name);
	}
	return found;
}

bool conf_node_is_by(const struct conf_nodes *nodes, const struct conf_key *key,
		     const config_setting_t *setting)
{
	if (nodes->nodes_n == 0 || key->same || !config_setting_is_group(setting))
		return false;
	return key->kind || key->count ||
	       (key->element && key->element->brief &&
		has_nodes_alone(nodes, key->element, setting));
}

const config_setting_t *conf_node_value(const struct conf_nodes *nodes,
					const config_setting_t *setting)
{
	const config_setting_t *value = NULL;

	if (nodes->declared)
		value = config_setting_get_member(setting, nodes->name);
	return value ? value : config_setting_get_member(setting, DEFAULT);
}

const char *conf_node_list(const struct conf_nodes *nodes, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < nodes->nodes_n && len < size; i++)
		if (nodes->nodes[i].name[0])
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
						nodes->nodes[i].name);
	return buf;
}
