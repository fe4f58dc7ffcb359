/* SPDX-License-Identifier: MIT */
#include "firewall_read.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct reading {
	struct firewall *firewall;
	struct arena *arena;
	json_t *all; /* borrowed: the array of objects */
};

/* What an object has under these names, in turn; NULL: not. */
static const json_t *within(const json_t *object, const char *name, const char *inner)
{
	return json_object_get(json_object_get(object, name), inner);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static bool is_text(const json_t *object, const char *name, const char *text)
{
	return strcmp(text_of(object, name), text) == 0;
}

/* ---- conditions ---- */

/* What the left side of a comparison is. */
static const struct left {
	const char *name, *field; /* {"meta": {"key": "iif"}}, {"payload": {"protocol": "ip", ... */
	const char *protocol;     /* of a payload */
	enum firewall_key key;
	const char *nfproto; /* what the packet must be of for it; NULL: it does not matter */
} lefts[] = {
	{ "meta", "l4proto", NULL, FIREWALL_PROTOCOL, NULL },
	{ "meta", "nfproto", NULL, FIREWALL_NFPROTO, NULL },
	{ "meta", "protocol", NULL, FIREWALL_NFPROTO, NULL },
	{ "meta", "iif", NULL, FIREWALL_IIF, NULL },
	{ "meta", "iifname", NULL, FIREWALL_IIF, NULL },
	{ "meta", "oif", NULL, FIREWALL_OIF, NULL },
	{ "meta", "oifname", NULL, FIREWALL_OIF, NULL },
	{ "meta", "pkttype", NULL, FIREWALL_PKTTYPE, NULL },
	{ "ct", "state", NULL, FIREWALL_STATE, NULL },
	{ "fib", "type", NULL, FIREWALL_DTYPE, NULL },
	{ "payload", "protocol", "ip", FIREWALL_PROTOCOL, "ipv4" },
	{ "payload", "saddr", "ip", FIREWALL_SADDR, "ipv4" },
	{ "payload", "daddr", "ip", FIREWALL_DADDR, "ipv4" },
	{ "payload", "ttl", "ip", FIREWALL_TTL, "ipv4" },
	{ "payload", "nexthdr", "ip6", FIREWALL_PROTOCOL, "ipv6" },
	{ "payload", "saddr", "ip6", FIREWALL_SADDR, "ipv6" },
	{ "payload", "daddr", "ip6", FIREWALL_DADDR, "ipv6" },
	{ "payload", "hoplimit", "ip6", FIREWALL_TTL, "ipv6" },
	{ "payload", "type", "icmpv6", FIREWALL_ICMP6, "ipv6" },
	{ "payload", NULL, "ip", FIREWALL_UNKNOWN, "ipv4" },
	{ "payload", NULL, "ip6", FIREWALL_UNKNOWN, "ipv6" },
	{ "payload", NULL, "icmpv6", FIREWALL_UNKNOWN, "ipv6" },
	{ "payload", NULL, "tcp", FIREWALL_NEVER, NULL },
	{ "payload", NULL, "udp", FIREWALL_NEVER, NULL },
	{ "payload", NULL, "th", FIREWALL_NEVER, NULL },
	{ "payload", NULL, "sctp", FIREWALL_NEVER, NULL },
	{ "payload", NULL, "dccp", FIREWALL_NEVER, NULL },
	{ "payload", NULL, "udplite", FIREWALL_NEVER, NULL },
	{ "payload", NULL, "icmp", FIREWALL_NEVER, NULL },
	{ "payload", NULL, "igmp", FIREWALL_NEVER, NULL },
	{ "payload", NULL, "esp", FIREWALL_NEVER, NULL },
	{ "payload", NULL, "ah", FIREWALL_NEVER, NULL },
	{ "payload", NULL, "arp", FIREWALL_NEVER, NULL },
};

static bool is_left(const struct left *row, const json_t *left)
{
	const json_t *object = json_object_get(left, row->name);
	const char *field = text_of(object, "key");

	if (!object || (row->protocol && !is_text(object, "protocol", row->protocol)))
		return false;
	if (row->protocol)
		field = text_of(object, "field");
	if (strcmp(row->name, "fib") == 0) {
		const char *flag =
			json_string_value(json_array_get(json_object_get(object, "flags"), 0));

		return is_text(object, "result", "type") && flag && strcmp(flag, "daddr") == 0 &&
		       json_array_size(json_object_get(object, "flags")) == 1;
	}
	return !row->field || strcmp(row->field, field) == 0;
}

static const struct left *find_left(const json_t *left)
{
	for (size_t i = 0; i < sizeof(lefts) / sizeof(lefts[0]); i++)
		if (is_left(&lefts[i], left))
			return &lefts[i];
	return NULL;
}

/* A set or map that has a name. */
static const json_t *find_named(const struct reading *reading, const char *kind, const json_t *of,
				const char *name)
{
	size_t i;
	json_t *entry;

	json_array_foreach(reading->all, i, entry)
	{
		const json_t *object = json_object_get(entry, kind);

		if (object && is_text(object, "name", name) &&
		    is_text(object, "table", text_of(of, "table")) &&
		    is_text(object, "family", text_of(of, "family")))
			return json_object_get(object, "elem");
	}
	return NULL;
}

/* As "ipv4" is called where it is a number or an EtherType. */
static const char *translate(enum firewall_key key, const char *text)
{
	if (key == FIREWALL_NFPROTO && strcmp(text, "ip") == 0)
		return "ipv4";
	if (key == FIREWALL_NFPROTO && strcmp(text, "ip6") == 0)
		return "ipv6";
	return text;
}

static void add_value(const struct reading *reading, struct firewall_match *match, const char *op,
		      const json_t *value);

static void add_each(const struct reading *reading, struct firewall_match *match, const char *op,
		     const json_t *values)
{
	size_t i;
	json_t *value;

	json_array_foreach(values, i, value) add_value(reading, match, op, value);
}

static void add_text(const struct reading *reading, struct firewall_match *match, const char *op,
		     const char *text)
{
	char buf[128];

	snprintf(buf, sizeof(buf), "%s%s", op, translate(match->key, text));
	firewall_value(match, reading->arena, buf);
}

/* What is not understood makes the whole condition unknown. */
static void add_value(const struct reading *reading, struct firewall_match *match, const char *op,
		      const json_t *value)
{
	const json_t *prefix = json_object_get(value, "prefix");
	const json_t *range = json_object_get(value, "range");
	const json_t *set = json_object_get(value, "set");
	char buf[128];

	if (json_is_integer(value)) {
		snprintf(buf, sizeof(buf), "%lld", (long long)json_integer_value(value));
		add_text(reading, match, op, buf);
	} else if (json_is_string(value)) {
		add_text(reading, match, op, json_string_value(value));
	} else if (prefix) {
		snprintf(buf, sizeof(buf), "%.60s/%lld", text_of(prefix, "addr"),
			 (long long)json_integer_value(json_object_get(prefix, "len")));
		add_text(reading, match, op, buf);
	} else if (json_is_array(range) && json_is_string(json_array_get(range, 0)) &&
		   json_is_string(json_array_get(range, 1))) {
		snprintf(buf, sizeof(buf), "%.60s-%.60s",
			 json_string_value(json_array_get(range, 0)),
			 json_string_value(json_array_get(range, 1)));
		add_text(reading, match, op, buf);
	} else if (json_is_array(set) || json_is_array(value)) {
		add_each(reading, match, op, set ? set : value);
	} else if (within(value, "elem", "val")) {
		add_value(reading, match, op, within(value, "elem", "val"));
	} else {
		match->key = FIREWALL_UNKNOWN;
	}
}

/* Of a rule alone "@x" is the set x: as an element of one it is what an interface is called. */
static void add_right(const struct reading *reading, struct firewall_match *match,
		      const json_t *rule, const char *op, const json_t *right)
{
	const char *text = json_string_value(right);

	if (text && text[0] == '@')
		add_each(reading, match, op, find_named(reading, "set", rule, text + 1));
	else
		add_value(reading, match, op, right);
}

static struct firewall_match *add_left(const struct reading *reading, struct firewall_rule *to,
				       const json_t *left, bool negated)
{
	const struct left *row = find_left(left);
	struct firewall_match *match;

	if (row && row->nfproto) {
		match = firewall_match(to, reading->arena, FIREWALL_NFPROTO, false);
		firewall_value(match, reading->arena, row->nfproto);
	}
	return firewall_match(to, reading->arena, row ? row->key : FIREWALL_UNKNOWN, negated);
}

static void take_match(const struct reading *reading, struct firewall_rule *to, const json_t *rule,
		       const json_t *match)
{
	const char *op = text_of(match, "op");
	bool negated = strcmp(op, "!=") == 0;
	struct firewall_match *added =
		add_left(reading, to, json_object_get(match, "left"), negated);

	if (strcmp(op, "==") == 0 || strcmp(op, "in") == 0 || negated)
		op = "";
	else if (added->key != FIREWALL_TTL && added->key != FIREWALL_NEVER)
		added->key = FIREWALL_UNKNOWN;
	add_right(reading, added, rule, op, json_object_get(match, "right"));
}

/* ---- verdicts ---- */

/* Return: whether it is one. */
static bool take_verdict(const struct reading *reading, struct firewall_rule *to,
			 const json_t *statement)
{
	static const struct {
		const char *name;
		enum firewall_verdict verdict;
	} rows[] = {
		{ "accept", FIREWALL_ACCEPT },   { "drop", FIREWALL_DROP },
		{ "reject", FIREWALL_DROP },     { "jump", FIREWALL_JUMP },
		{ "goto", FIREWALL_GOTO },       { "return", FIREWALL_RETURN },
		{ "queue", FIREWALL_ELSEWHERE }, { "continue", FIREWALL_GO_ON },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const json_t *value = json_object_get(statement, rows[i].name);
		const char *target = text_of(value, "target");

		if (!value)
			continue;
		to->verdict = rows[i].verdict;
		to->target = arena_copy(reading->arena, target, strlen(target));
		return true;
	}
	return false;
}

/* Statements that neither choose packets nor decide. */
static bool is_neutral(const json_t *statement)
{
	static const char *const names[] = { "counter", "log",   "comment", "mangle", "notrack",
					     "set",     "meter", "last",    "quota" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_object_get(statement, names[i]))
			return true;
	return false;
}

/* ---- rules ---- */

static const char *describe(const struct reading *reading, const json_t *rule)
{
	const char *comment = text_of(rule, "comment");

	return arena_print(reading->arena, "%s %s %s handle %lld%s%s%s", text_of(rule, "family"),
			   text_of(rule, "table"), text_of(rule, "chain"),
			   (long long)json_integer_value(json_object_get(rule, "handle")),
			   *comment ? " \"" : "", comment, *comment ? "\"" : "");
}

static void take_statements(const struct reading *reading, struct firewall_rule *to,
			    const json_t *rule, const json_t *until)
{
	size_t i;
	json_t *statement;

	json_array_foreach(json_object_get(rule, "expr"), i, statement)
	{
		const json_t *match = json_object_get(statement, "match");

		if (statement == until)
			return;
		if (match)
			take_match(reading, to, rule, match);
		else if (!take_verdict(reading, to, statement) && !is_neutral(statement))
			(void)firewall_match(to, reading->arena, FIREWALL_UNKNOWN, false);
	}
}

/* A map of verdicts is a rule for each of its elements: no packet fits two. */
static void take_map(const struct reading *reading, struct firewall_chain *chain,
		     const json_t *rule, const json_t *statement)
{
	const json_t *map = json_object_get(statement, "vmap");
	const json_t *data = json_object_get(map, "data");
	const json_t *elements = json_object_get(data, "set");
	size_t i;
	json_t *element;

	if (json_is_string(data))
		elements = find_named(reading, "map", rule, json_string_value(data) + 1);
	json_array_foreach(elements, i, element)
	{
		struct firewall_rule *to =
			firewall_rule(chain, reading->arena, describe(reading, rule));

		take_statements(reading, to, rule, statement);
		add_value(reading, add_left(reading, to, json_object_get(map, "key"), false), "",
			  json_array_get(element, 0));
		(void)take_verdict(reading, to, json_array_get(element, 1));
	}
}

static void take_rule(const struct reading *reading, const json_t *rule)
{
	struct firewall_chain *chain =
		firewall_find(reading->firewall, "nft", text_of(rule, "family"),
			      text_of(rule, "table"), text_of(rule, "chain"));
	size_t i;
	json_t *statement;

	if (!chain)
		return;
	json_array_foreach(json_object_get(rule, "expr"), i,
			   statement) if (json_object_get(statement, "vmap"))
	{
		take_map(reading, chain, rule, statement);
		return;
	}
	take_statements(reading, firewall_rule(chain, reading->arena, describe(reading, rule)),
			rule, NULL);
}

/* ---- chains ---- */

/* iptables has its own word for the same, and says more. */
static bool is_of_iptables(const struct reading *reading, const json_t *chain)
{
	const char *tool = is_text(chain, "family", "ip6") ? "ip6tables" : "iptables";

	return firewall_find(reading->firewall, tool, text_of(chain, "family"),
			     text_of(chain, "table"), text_of(chain, "name")) != NULL;
}

static void take_chain(const struct reading *reading, const json_t *object)
{
	static const char *const hooks[] = {
		[FIREWALL_INGRESS] = "ingress",
		[FIREWALL_PREROUTING] = "prerouting",
		[FIREWALL_INPUT] = "input",
		[FIREWALL_OUTPUT] = "output",
		[FIREWALL_POSTROUTING] = "postrouting",
		[FIREWALL_EGRESS] = "egress",
	};
	const char *device = text_of(object, "dev");
	struct firewall_chain *chain;

	if (is_text(object, "family", "bridge") || is_text(object, "family", "arp") ||
	    is_of_iptables(reading, object))
		return;
	chain = firewall_chain(reading->firewall, reading->arena, "nft", text_of(object, "family"),
			       text_of(object, "table"), text_of(object, "name"));
	chain->drops = is_text(object, "policy", "drop");
	for (enum firewall_hook hook = FIREWALL_INGRESS; hook <= FIREWALL_EGRESS; hook++)
		if (is_text(object, "hook", hooks[hook]))
			chain->hook = hook;
	if (*device)
		chain->device = arena_copy(reading->arena, device, strlen(device));
	/* Some versions of nft do not tell which interface. */
	chain->of_some_device =
		!*device && (chain->hook == FIREWALL_INGRESS || chain->hook == FIREWALL_EGRESS);
}

int firewall_read_nft(struct firewall *firewall, struct arena *arena, const char *text)
{
	json_t *root = json_loads(text, 0, NULL), *entry;
	const struct reading reading = { firewall, arena, json_object_get(root, "nftables") };
	size_t i;

	if (!json_is_array(reading.all)) {
		json_decref(root);
		return -EINVAL;
	}
	json_array_foreach(reading.all, i, entry) if (json_object_get(entry, "chain"))
		take_chain(&reading, json_object_get(entry, "chain"));
	json_array_foreach(reading.all, i, entry) if (json_object_get(entry, "rule"))
		take_rule(&reading, json_object_get(entry, "rule"));
	json_decref(root);
	return 0;
}
