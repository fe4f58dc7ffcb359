/* SPDX-License-Identifier: MIT */
/*
 * One file for several hosts: the nodes that it declares, and which of a key's values by node
 * counts. Which node this is: host.h.
 */
#ifndef CONF_NODE_H
#define CONF_NODE_H

#include <libconfig.h>

#include "conf.h"

#define CONF_NODES_MAX 255
#define CONF_HOSTS_MAX 16
#define CONF_HOST_SIZE 65 /* of a host's name: HOST_NAME_MAX, with its zero */

struct conf_key;

struct conf_host {
	char name[CONF_HOST_SIZE];
};

struct conf_node {
	char name[CONF_NODE_SIZE];
	unsigned hosts_n;
	struct conf_host *hosts; /* part of the configuration */
};

struct conf_nodes {
	struct conf_node *nodes; /* part of the configuration */
	unsigned nodes_n;
	const char *named;   /* by a command line; or NULL. Borrowed */
	const char *running; /* which it is when the file does not say; or NULL. Borrowed */
	char name[CONF_NODE_SIZE];
	bool declared; /* @name is one of @nodes */
	bool told;     /* that it is none, in an error */
};

/**
 * conf_node_find() - the declared node of that name; NULL when there is none.
 */
const struct conf_node *conf_node_find(const struct conf_nodes *nodes, const char *name);

/**
 * conf_node_name_is_valid() - whether a node can be called so: what can be a key, but not
 * "default".
 */
bool conf_node_name_is_valid(const char *name);

/**
 * conf_node_is_known() - whether a value can be given for it: a declared node, or "default".
 */
bool conf_node_is_known(const struct conf_nodes *nodes, const char *name);

/**
 * conf_node_is_by() - whether a setting has values by node instead of one.
 */
bool conf_node_is_by(const struct conf_nodes *nodes, const struct conf_key *key,
		     const config_setting_t *setting);

/**
 * conf_node_value() - the one of the values by node that counts here; NULL: there is none.
 */
const config_setting_t *conf_node_value(const struct conf_nodes *nodes,
					const config_setting_t *setting);

/**
 * conf_node_list() - the names of the declared nodes, as many as fit: "gw1, gw2".
 */
const char *conf_node_list(const struct conf_nodes *nodes, char *buf, size_t size);

#endif
