/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "value.h"

/* ---- its names ---- */

/* What its name shall be after the next boot. Empty where there is none. */
static void read_static_name(char *ret_name)
{
	FILE *file = fopen("/etc/hostname", "re");

	ret_name[0] = '\0';
	while (file && fgets(ret_name, CONF_HOST_SIZE, file)) {
		ret_name[strcspn(ret_name, " \t\r\n#")] = '\0';
		if (ret_name[0])
			break;
	}
	if (file)
		fclose(file);
	if (!conf_word_is_valid(ret_name, CONF_HOST_SIZE - 1))
		ret_name[0] = '\0';
}

static void read_kernel_name(char *ret_name)
{
	if (gethostname(ret_name, CONF_HOST_SIZE - 1) < 0 ||
	    !conf_word_is_valid(ret_name, CONF_HOST_SIZE - 1))
		ret_name[0] = '\0';
}

/* ---- which node it is ---- */

/* Names of hosts have no case. @len: of the part that counts. */
static bool is_called(const char *name, const char *host, size_t len)
{
	return strlen(name) == len && strncasecmp(name, host, len) == 0;
}

/* Without hosts, a node's own name is the host's. */
static bool runs_on(const struct conf_node *node, const char *host, size_t len)
{
	if (node->hosts_n == 0)
		return is_called(node->name, host, len);
	for (unsigned i = 0; i < node->hosts_n; i++)
		if (is_called(node->hosts[i].name, host, len))
			return true;
	return false;
}

static const struct conf_node *find_host(const struct conf_nodes *nodes, const char *host)
{
	size_t lens[] = { strlen(host), strcspn(host, ".") };

	for (unsigned k = 0; *host && k < 2; k++)
		for (unsigned i = 0; i < nodes->nodes_n; i++)
			if (runs_on(&nodes->nodes[i], host, lens[k]))
				return &nodes->nodes[i];
	return NULL;
}

static void choose_by_host(struct conf_nodes *nodes)
{
	char host[CONF_HOST_SIZE], now[CONF_HOST_SIZE];
	const struct conf_node *node;

	read_static_name(host);
	read_kernel_name(now);
	if (!host[0])
		strcpy(host, now[0] ? now : "localhost");
	node = find_host(nodes, host);
	if (!node)
		node = find_host(nodes, now);
	host[strcspn(host, ".")] = '\0';
	strcpy(nodes->name, node ? node->name : host);
}

/* What the file itself says; NULL when it says nothing that can be one. */
static const char *named_by_file(const config_setting_t *root)
{
	const char *name;

	return config_setting_lookup_string(root, "node", &name) &&
			       conf_word_is_valid(name, CONF_NODE_SIZE - 1)
		       ? name
		       : NULL;
}

static void complain(struct conf_parse *parse, const config_setting_t *root)
{
	const config_setting_t *at = config_setting_get_member(root, "node");
	unsigned line = at ? config_setting_source_line(at) : 0;
	const struct conf_nodes *nodes = &parse->nodes;
	const char *by_file = named_by_file(root);
	char list[80];

	if (nodes->named && by_file && strcmp(nodes->named, by_file) != 0)
		conf_error_line(parse, line, "node: \"%s\", but the command line has -n %s",
				by_file, nodes->named);
	else if (nodes->nodes_n == 0 || nodes->declared)
		return;
	else if (nodes->named)
		conf_error_file(parse, NULL, 0, "-n %s is none of the nodes: %s", nodes->named,
				conf_node_list(nodes, list, sizeof(list)));
	else if (by_file)
		conf_error_line(parse, line, "node: \"%s\" is none of the nodes: %s", by_file,
				conf_node_list(nodes, list, sizeof(list)));
}

void conf_host_choose(struct conf_parse *parse, const config_setting_t *root)
{
	struct conf_nodes *nodes = &parse->nodes;
	const char *name = nodes->named ? nodes->named : named_by_file(root);

	if (!name && nodes->running &&
	    (nodes->nodes_n == 0 || conf_node_find(nodes, nodes->running)))
		name = nodes->running;
	if (name)
		snprintf(nodes->name, sizeof(nodes->name), "%s", name);
	else
		choose_by_host(nodes);
	nodes->declared = conf_node_find(nodes, nodes->name) != NULL;
	complain(parse, root);
}
