/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <string.h>

#include "access.h"
#include "address.h"
#include "auth.h"
#include "check.h"
#include "damping.h"
#include "endpoint.h"
#include "files.h"
#include "group.h"
#include "mac.h"
#include "notify.h"
#include "route.h"
#include "router.h"
#include "track.h"
#include "unicast.h"
#include "vrrp/timers.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_CS (10 * NS_PER_MS)
#define NS_PER_S  (1000 * NS_PER_MS)

/* ---- addresses ---- */

static const char *const scopes[] = {
	[CONF_SCOPE_GLOBAL] = "global",
	[CONF_SCOPE_SITE] = "site",
	[CONF_SCOPE_LINK] = "link",
	[CONF_SCOPE_HOST] = "host",
};

#define OF(member, called, kind) FIELD(struct conf_address, member, called, kind)

/* The address first, which clears the others. */
static const struct conf_key address_keys[] = {
	{ .field = { .name = "address", .size = sizeof(struct conf_address) },
	  .kind = &conf_address,
	  .missing = "" },
	{ .field = OF(interface, "interface", FIELD_TEXT),
	  .kind = &conf_interface,
	  .min = 1,
	  .max = CONF_LINK_SIZE - 1 },
	{ .field = OF(label, "label", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_LINK_SIZE - 1 },
	{ .field = FIELD_OF_WORDS(struct conf_address, scope, "scope", scopes),
	  .kind = &conf_choice },
	{ .field = OF(broadcast, "broadcast", 0), .kind = &conf_broadcast },
	{ .field = OF(prefix_route, "prefix_route", FIELD_UINT), .kind = &conf_yes_no },
	{ .field = OF(preferred, "preferred", FIELD_UINT), .kind = &conf_yes_no },
	{ .field = FIELD_OF_IP(struct conf_address, peer, "peer", family), .kind = &conf_host },
	{ .field = OF(required, "required", FIELD_UINT), .kind = &conf_yes_no },
	CONF_KEYS_END,
};

#undef OF

static const struct conf_schema address_schema = {
	.noun = "address",
	.nouns = "addresses",
	.size = sizeof(struct conf_address),
	.keys = address_keys,
	.brief = "address",
	.terse = true,
	.check = conf_address_check,
};

/* ---- routers ---- */

static const struct conf_key link_keys[] = {
	{ .field = FIELD(struct conf_link, delay_ns, "delay", FIELD_DURATION),
	  .kind = &conf_duration,
	  .max = 60 * NS_PER_S,
	  .step = NS_PER_MS,
	  .preset = "\"0s\"" },
	{ .field = FIELD(struct conf_link, required, "required", FIELD_BOOL),
	  .kind = &conf_boolean,
	  .preset = "true" },
	CONF_KEYS_END,
};

static const struct conf_schema link_schema = {
	.noun = "link",
	.nouns = "links",
	.size = sizeof(struct conf_link),
	.keys = link_keys,
};

static const struct conf_key moment_keys[] = {
	{ .field = FIELD(struct conf_moment, ns, "after", FIELD_DURATION),
	  .kind = &conf_duration,
	  .min = 10 * NS_PER_MS,
	  .max = 600 * NS_PER_S,
	  .step = NS_PER_MS,
	  .missing = "" },
	CONF_KEYS_END,
};

static const struct conf_schema moment_schema = {
	.noun = "duration",
	.nouns = "durations",
	.size = sizeof(struct conf_moment),
	.keys = moment_keys,
	.brief = "after",
	.only_brief = true,
};

/* The first announcement comes with the takeover, and needs no key. */
static const struct conf_key announce_keys[] = {
	{ .field = FIELD(struct conf_announce, after, "after", 0),
	  .element = &moment_schema,
	  .count = offsetof(struct conf_announce, after_n),
	  .max = VRRP_REPEATS_MAX,
	  .preset = "[ \"100ms\", \"1s\", \"4s\", \"16s\" ]" },
	{ .field = FIELD(struct conf_announce, refresh_ns, "refresh", FIELD_DURATION),
	  .kind = &conf_duration,
	  .max = 24 * 3600 * NS_PER_S,
	  .step = NS_PER_MS,
	  .expected = "a duration from \"1s\" to \"24h\", \"0s\" for never",
	  .preset = "\"60s\"" },
	{ .field = FIELD(struct conf_announce, pace_ns, "pace", FIELD_DURATION),
	  .kind = &conf_duration,
	  .max = NS_PER_S,
	  .step = NS_PER_MS,
	  .preset = "\"0s\"" },
	CONF_KEYS_END,
};

static const struct conf_schema announce_schema = {
	.noun = "announce",
	.nouns = "announces",
	.size = sizeof(struct conf_announce),
	.keys = announce_keys,
};

static const char *const auth_types[] = {
	[CONF_AUTH_NONE] = "",
	[CONF_AUTH_PASSWORD] = "password",
	[CONF_AUTH_HMAC] = "hmac",
};

static const char *const auth_modes[] = {
	[0] = "",
	[CONF_AUTH_ENFORCE] = "enforce",
	[CONF_AUTH_PERMISSIVE] = "permissive",
	[CONF_AUTH_RECEIVE_ONLY] = "receive-only",
};

#define OF(member, called, kind) FIELD(struct conf_auth, member, called, kind)

/* Which of them there must be depends on the type: conf_auth_check(). */
static const struct conf_key auth_keys[] = {
	{ .field = FIELD_OF_WORDS(struct conf_auth, type, "type", auth_types),
	  .kind = &conf_choice,
	  .missing = "",
	  .later =
		  "IPsec AH is obsolete, its replay guard made several Actives, and vipd has none: "
		  "use \"hmac\", or in version 2 \"password\"",
	  .later_value = "\"ah\"" },
	{ .field = OF(password, "password", FIELD_TEXT),
	  .kind = &conf_password,
	  .min = 1,
	  .max = VRRP_AUTH_LEN },
	{ .field = FIELD_OF_WORDS(struct conf_auth, mode, "mode", auth_modes),
	  .kind = &conf_choice },
	{ .field = OF(keys, "keys", FIELD_TEXT), .kind = &conf_path, .max = CONF_KEYS_SIZE - 1 },
	{ .field = OF(active, "active", FIELD_UINT), .kind = &conf_number, .min = 1, .max = 255 },
	{ .field = OF(window_ns, "window", FIELD_DURATION),
	  .kind = &conf_duration,
	  .min = NS_PER_S,
	  .max = 300 * NS_PER_S,
	  .step = NS_PER_S },
	{ .field = OF(version2, "version2", FIELD_BOOL), .kind = &conf_boolean },
	CONF_KEYS_END,
};

#undef OF

static const struct conf_schema auth_schema = {
	.noun = "auth",
	.nouns = "auths",
	.size = sizeof(struct conf_auth),
	.keys = auth_keys,
	.terse = true,
	.optional = true,
};

static const struct conf_key peer_keys[] = {
	{ .field = FIELD_OF_IP(struct conf_peer, bytes, "address", family),
	  .kind = &conf_host,
	  .missing = "" },
	{ .field = FIELD(struct conf_peer, min_ttl, "min_ttl", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = 255 },
	CONF_KEYS_END,
};

static const struct conf_schema peer_schema = {
	.noun = "peer",
	.nouns = "peers",
	.size = sizeof(struct conf_peer),
	.keys = peer_keys,
	.brief = "address",
	.check = conf_unicast_check_peer,
};

static const struct conf_key unicast_keys[] = {
	{ .field = FIELD(struct conf_unicast, peers, "peers", 0),
	  .element = &peer_schema,
	  .count = offsetof(struct conf_unicast, peers_n),
	  .min = 1,
	  .max = CONF_PEERS_MAX,
	  .missing = ": without any there is nobody to speak to" },
	{ .field = FIELD(struct conf_unicast, ttl, "ttl", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = 255,
	  .preset = "255" },
	{ .field = FIELD(struct conf_unicast, min_ttl, "min_ttl", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = 255,
	  .preset = "255" },
	CONF_KEYS_END,
};

static const struct conf_schema unicast_schema = {
	.noun = "unicast",
	.nouns = "unicasts",
	.size = sizeof(struct conf_unicast),
	.keys = unicast_keys,
	.optional = true,
	.check = conf_unicast_check_group,
};

static const char *const macs[] = {
	[CONF_MAC_INTERFACE] = "interface",
	[CONF_MAC_VIRTUAL] = "virtual",
};

static const char *const adverts[] = {
	[0] = "",
	[CONF_ADVERTS_VIRTUAL] = "virtual",
	[CONF_ADVERTS_INTERFACE] = "interface",
};

static const struct conf_key mac_keys[] = {
	{ .field = FIELD_OF_WORDS(struct conf_mac, type, "type", macs),
	  .kind = &conf_choice,
	  .missing = "" },
	{ .field = FIELD(struct conf_mac, name, "name", FIELD_TEXT),
	  .kind = &conf_interface,
	  .min = 1,
	  .max = CONF_LINK_SIZE - 1 },
	{ .field = FIELD_OF_WORDS(struct conf_mac, adverts, "adverts", adverts),
	  .kind = &conf_choice },
	{ .field = { .name = "address",
		     .offset = offsetof(struct conf_mac, address),
		     .size = sizeof(((struct conf_mac *)0)->address) },
	  .kind = &conf_unicast_mac },
	CONF_KEYS_END,
};

static const struct conf_schema mac_schema = {
	.noun = "mac",
	.nouns = "macs",
	.size = sizeof(struct conf_mac),
	.keys = mac_keys,
	.brief = "type",
	.terse = true,
};

static const char *const families[] = {
	[CONF_FAMILIES_TOGETHER] = "together",
	[CONF_FAMILIES_APART] = "apart",
};

static const char *const checksums[] = {
	[VRRP_CHECKSUM_RFC9568] = "rfc9568",
	[VRRP_CHECKSUM_RFC5798] = "rfc5798",
};

static const char *const leaves[] = {
	[false] = "gap",
	[true] = "overlap",
};

static const char *const leases[] = {
	[CONF_LEASE_AVAILABLE] = "available",
	[CONF_LEASE_SAFE] = "safe",
	[CONF_LEASE_OFF] = "off",
};

static const struct conf_named priorities[] = {
	{ "owner", VRRP_PRIORITY_OWNER },
	{ NULL, 0 },
};

#define OF(member, called, kind) FIELD(struct conf_router, member, called, kind)

/* A file is written in this order. */
static const struct conf_key router_keys[] = {
	{ .field = OF(name, "name", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_NAME_SIZE - 1,
	  .missing = "" },
	{ .field = OF(interface, "interface", FIELD_TEXT),
	  .kind = &conf_interface,
	  .min = 1,
	  .max = CONF_LINK_SIZE - 1,
	  .missing = "",
	  .unless = "unicast",
	  .anew = true },
	{ .field = OF(vrrp.vrid, "vrid", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = 255,
	  .missing = "",
	  .anew = true },
	{ .field = OF(vrrp.version, "version", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 2,
	  .max = 3,
	  .expected = "2 or 3",
	  .preset = "3" },
	{ .field = OF(vrrp.priority, "priority", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = 254,
	  .named = priorities,
	  .preset = "100" },
	{ .field = FIELD_OF_UNIT(struct conf_router, vrrp.interval_cs, "interval", NS_PER_CS),
	  .kind = &conf_duration,
	  .min = NS_PER_CS,
	  .max = VRRP_INTERVAL_CS_MAX_V2 * NS_PER_CS, /* conf_router_check() knows the version */
	  .step = NS_PER_CS,
	  .expected = CONF_INTERVAL_V3 " (version 2: \"1s\" to \"255s\")",
	  .preset = "\"1s\"" },
	{ .field = OF(vrrp.down_intervals, "down_intervals", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = VRRP_DOWN_INTERVALS_MAX,
	  .preset = "3" },
	{ .field = OF(vrrp.preempt, "preempt", FIELD_BOOL),
	  .kind = &conf_boolean,
	  .preset = "true" },
	{ .field = OF(vrrp.preempt_delay_ns, "preempt_delay", FIELD_DURATION),
	  .kind = &conf_duration,
	  .max = 3600 * NS_PER_S,
	  .step = NS_PER_MS,
	  .preset = "\"0s\"" },
	{ .field = OF(vrrp.start_delay_ns, "start_delay", FIELD_DURATION),
	  .kind = &conf_duration,
	  .max = 3600 * NS_PER_S,
	  .step = NS_PER_MS,
	  .preset = "\"0s\"" },
	{ .field = { .name = "source",
		     .offset = offsetof(struct conf_router, sources),
		     .size = sizeof(struct conf_sources) },
	  .kind = &conf_sources },
	{ .field = FIELD_OF_WORDS(struct conf_router, families, "families", families),
	  .kind = &conf_choice,
	  .preset = "\"together\"" },
	{ .field = { .name = "link_local",
		     .offset = offsetof(struct conf_router, link_local),
		     .size = sizeof(struct conf_link_local) },
	  .kind = &conf_link_local },
	{ .field = OF(link, "link", 0), .element = &link_schema, .preset = "{ }" },
	{ .field = OF(addresses, "addresses", 0),
	  .element = &address_schema,
	  .count = offsetof(struct conf_router, addresses_n),
	  .behind = offsetof(struct conf_router, extra_n),
	  .max = VRRP_ADDRESSES_MAX,
	  .missing = "" },
	{ .field = OF(addresses, "extra_addresses", 0),
	  .element = &address_schema,
	  .count = offsetof(struct conf_router, extra_n),
	  .before = offsetof(struct conf_router, addresses_n),
	  .max = CONF_EXTRA_MAX },
	{ .field = OF(mac, "mac", 0), .element = &mac_schema, .preset = "\"interface\"" },
	{ .field = OF(accept, "accept", FIELD_BOOL), .kind = &conf_boolean, .preset = "true" },
	{ .field = FIELD_OF_WORDS(struct conf_router, vrrp.checksum, "checksum", checksums),
	  .kind = &conf_choice,
	  .preset = "\"rfc9568\"" },
	{ .field = FIELD_OF_IP(struct conf_router, group, "group_address", vrrp.family),
	  .kind = &conf_multicast },
	{ .field = FIELD_OF_WORDS(struct conf_router, lease, "lease", leases),
	  .kind = &conf_choice,
	  .preset = "\"available\"" },
	{ .field = FIELD_OF_WORDS(struct conf_router, vrrp.overlap, "leave", leaves),
	  .kind = &conf_choice,
	  .preset = "\"overlap\"" },
	{ .field = OF(announce, "announce", 0), .element = &announce_schema, .preset = "{ }" },
	{ .field = OF(auth, "auth", 0), .element = &auth_schema },
	{ .field = OF(unicast, "unicast", 0), .element = &unicast_schema },
	{ .field = OF(damping, "damping", 0), .element = &conf_damping_schema },
	{ .field = OF(tracks, "track", 0),
	  .element = &conf_track_schema,
	  .count = offsetof(struct conf_router, tracks_n),
	  .min = 1,
	  .max = CONF_TRACKS_MAX },
	{ .field = OF(notify, "notify", 0),
	  .element = &conf_notify_schema,
	  .count = offsetof(struct conf_router, notify_n),
	  .min = 1,
	  .max = CONF_NOTIFY_MAX },
	{ .field = OF(routes, "routes", 0),
	  .element = &conf_route_schema,
	  .count = offsetof(struct conf_router, routes_n),
	  .max = CONF_ROUTES_MAX },
	{ .field = OF(rules, "rules", 0),
	  .element = &conf_rule_schema,
	  .count = offsetof(struct conf_router, rules_n),
	  .max = CONF_ROUTES_MAX },
	CONF_KEYS_END,
};

#undef OF

static const struct field router_family =
	FIELD(struct conf_router, only_family, "family", FIELD_UINT);

static const struct conf_schema router_schema = {
	.noun = "router",
	.nouns = "routers",
	.size = sizeof(struct conf_router),
	.keys = router_keys,
	.anew = &router_family,
	.check = conf_router_check,
};

/* ---- nodes ---- */

static const struct conf_key host_keys[] = {
	{ .field = FIELD(struct conf_host, name, "host", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_HOST_SIZE - 1,
	  .missing = "" },
	CONF_KEYS_END,
};

static const struct conf_schema host_schema = {
	.noun = "host",
	.nouns = "hosts",
	.size = sizeof(struct conf_host),
	.keys = host_keys,
	.brief = "host",
	.only_brief = true,
};

static const struct conf_key node_keys[] = {
	{ .field = FIELD(struct conf_node, name, "name", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_NODE_SIZE - 1,
	  .missing = "" },
	{ .field = FIELD(struct conf_node, hosts, "hosts", 0),
	  .element = &host_schema,
	  .count = offsetof(struct conf_node, hosts_n),
	  .min = 1,
	  .max = CONF_HOSTS_MAX },
	CONF_KEYS_END,
};

static void check_node(const struct conf_place *group, void *base)
{
	struct conf_node *node = base;
	const struct conf_place name = conf_place_of(group, "name");
	const struct conf_place hosts = conf_place_of(group, "hosts");

	if (node->name[0] && !conf_node_name_is_valid(node->name))
		conf_error_fault(&name,
				 "cannot stand in front of a value: letters, digits, - and _ "
				 "can, after a letter, and not \"default\"");
	else if (node->name[0])
		conf_claim(&name, "node \"%s\"", node->name);
	for (unsigned i = 0; i < node->hosts_n; i++)
		if (node->hosts[i].name[0])
			conf_claim(&hosts, "host \"%s\"", node->hosts[i].name);
}

static const struct conf_schema node_schema = {
	.noun = "node",
	.nouns = "nodes",
	.size = sizeof(struct conf_node),
	.keys = node_keys,
	.check = check_node,
};

static const struct conf_key nodes_row = {
	.field = FIELD(struct conf_nodes, nodes, "nodes", 0),
	.element = &node_schema,
	.count = offsetof(struct conf_nodes, nodes_n),
	.min = 1,
	.max = CONF_NODES_MAX,
};

/* ---- the file ---- */

static const struct conf_key file_keys[] = {
	{ .field = FIELD(struct conf, node, "node", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_NODE_SIZE - 1,
	  .same = true },
	{ .field = { .name = "nodes" }, .header = &nodes_row },
	{ .field = FIELD(struct conf, control, "control", FIELD_TEXT),
	  .kind = &conf_socket,
	  .max = CONF_CONTROL_SIZE - 1,
	  .preset = "\"/run/vipd/control.sock\"" },
	{ .field = FIELD(struct conf, control_group, "control_group", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_USER_SIZE - 1 },
	{ .field = FIELD(struct conf, control_read_group, "control_read_group", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_USER_SIZE - 1 },
	{ .field = FIELD(struct conf, realtime, "realtime", FIELD_BOOL),
	  .kind = &conf_boolean,
	  .preset = "true" },
	{ .field = FIELD(struct conf, boot_delay_ns, "boot_delay", FIELD_DURATION),
	  .kind = &conf_duration,
	  .max = 3600 * NS_PER_S,
	  .step = NS_PER_MS,
	  .preset = "\"0s\"" },
	{ .field = FIELD(struct conf, user, "user", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_USER_SIZE - 1 },
	{ .field = FIELD(struct conf, written, "routers", 0),
	  .element = &router_schema,
	  .count = offsetof(struct conf, written_n),
	  .min = 1,
	  .max = CONF_ROUTERS_MAX,
	  .missing = ": there is nothing to do" },
	{ .field = FIELD(struct conf, groups, "groups", 0),
	  .element = &conf_group_schema,
	  .count = offsetof(struct conf, groups_n),
	  .min = 1,
	  .max = CONF_ROUTERS_MAX },
	{ .field = FIELD(struct conf, checks, "checks", 0),
	  .element = &conf_check_schema,
	  .count = offsetof(struct conf, checks_n),
	  .min = 1,
	  .max = CHECK_MAX },
	{ .field = FIELD(struct conf, state_dir, "state_dir", FIELD_TEXT),
	  .kind = &conf_path,
	  .max = CONF_STATE_DIR_SIZE - 1 },
	{ .field = FIELD(struct conf, history_ns, "history", FIELD_DURATION),
	  .kind = &conf_duration,
	  .min = 3600 * NS_PER_S,
	  .max = 3660 * 24 * 3600 * NS_PER_S,
	  .step = NS_PER_S,
	  .preset = "\"30d\"" },
	{ .field = FIELD(struct conf, metrics, "metrics", FIELD_TEXT),
	  .kind = &conf_text,
	  .min = 3,
	  .max = CONF_ENDPOINT_SIZE - 1,
	  .expected = "a numeric address and a port, \"127.0.0.1:9165\" or \"[::1]:9165\"" },
	{ .field = FIELD(struct conf, notify, "notify", 0),
	  .element = &conf_notify_schema,
	  .count = offsetof(struct conf, notify_n),
	  .min = 1,
	  .max = CONF_NOTIFY_MAX },
	CONF_KEYS_END,
};

/* What is read there is no secret, but tells who is where. */
static void check_metrics(const struct conf_place *file, const struct conf *conf)
{
	const struct conf_place place = conf_place_of(file, "metrics");
	union conf_endpoint endpoint;

	if (!conf->metrics[0])
		return;
	if (!conf_endpoint(conf->metrics, &endpoint)) {
		conf_error_expected(&place, NULL);
		return;
	}
	if (!conf_endpoint_is_local(&endpoint))
		conf_warn_in(&place, "everybody who can reach this address can read them");
	if (conf_endpoint_port(&endpoint) < 1024 && strcmp(conf->user, "root") != 0)
		conf_warn_in(&place,
			     "a port below 1024 is for \"user\" root alone, but where sysctl "
			     "net.ipv4.ip_unprivileged_port_start is lower");
}

/* Who the node is, whoever says it: the file, the command line, the host's name. */
static void check_file(const struct conf_place *file, void *base)
{
	struct conf *conf = base;

	strcpy(conf->node, file->parse->nodes.name);
	conf_access_check(file, conf);
	conf_check_connect(file, conf);
	conf_group_flatten(file, conf);
	conf_mac_check_names(file, conf);
	conf_auth_number_files(file, conf);
	conf_files_note(file, conf);
	conf_notify_check_all(file, conf);
	check_metrics(file, conf);
}

const struct conf_schema conf_file_schema = {
	.noun = "file",
	.nouns = "files",
	.size = sizeof(struct conf),
	.keys = file_keys,
	.check = check_file,
};
