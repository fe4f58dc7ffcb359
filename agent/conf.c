/* SPDX-License-Identifier: MIT */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_value.h"
#include "vrrp/timers.h"

#define FILE_SIZE_MAX  (16 << 20)
#define NS_PER_CS      INT64_C(10000000)
#define DELAY_MAX_NS   (3600 * INT64_C(1000000000))
#define CLAIM_KEY_SIZE 96

/* Something that only one router may have: its name, a VRID or an address on an interface. */
struct claim {
	char key[CLAIM_KEY_SIZE];
	unsigned line;
	char file[sizeof(((struct conf_error *)0)->file)];
};

struct parse {
	const char *path; /* borrowed */
	struct conf *conf;
	struct conf_errors *errors; /* borrowed */
	size_t claims_n, claims_max;
	struct claim *claims; /* owned */
};

/* What a setter is called with: a value, and what it is for. */
struct place {
	struct parse *parse;
	const config_setting_t *setting;
	const char *key;            /* with the router's name in front: "lan: priority" */
	struct conf_router *router; /* NULL for a global key */
};

/* One row per key. A key that later versions will know is refused by what it says in @later. */
struct key {
	const char *name;
	void (*set)(const struct place *place);
	const char *later;
};

static void add_error(struct parse *parse, const char *file, unsigned line, const char *format,
		      va_list args)
{
	struct conf_errors *errors = parse->errors;
	unsigned i = errors->total++;

	if (i >= CONF_ERRORS_MAX)
		return;
	snprintf(errors->errors[i].file, sizeof(errors->errors[i].file), "%s",
		 file ? file : parse->path);
	errors->errors[i].line = line;
	vsnprintf(errors->errors[i].text, sizeof(errors->errors[i].text), format, args);
}

__attribute__((format(printf, 3, 4))) static void error_at(struct parse *parse,
							   const config_setting_t *setting,
							   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_error(parse, setting ? config_setting_source_file(setting) : NULL,
		  setting ? config_setting_source_line(setting) : 0, format, args);
	va_end(args);
}

/* An error of a value: the key comes in front of the text. */
__attribute__((format(printf, 2, 3))) static void error_in(const struct place *place,
							   const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error_at(place->parse, place->setting, "%s: %s", place->key, text);
}

/* The value as the operator wrote it, as far as it can be shown. */
static const char *value_seen(const config_setting_t *setting, char *buf, size_t size)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(buf, size, "%lld", config_setting_get_int64(setting));
		break;
	case CONFIG_TYPE_FLOAT:
		snprintf(buf, size, "%g", config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_STRING:
		snprintf(buf, size, "\"%.60s\"", config_setting_get_string(setting));
		break;
	case CONFIG_TYPE_BOOL:
		snprintf(buf, size, "%s", config_setting_get_bool(setting) ? "true" : "false");
		break;
	case CONFIG_TYPE_GROUP:
		snprintf(buf, size, "a group { ... }");
		break;
	case CONFIG_TYPE_ARRAY:
		snprintf(buf, size, "an array [ ... ]");
		break;
	case CONFIG_TYPE_LIST:
		snprintf(buf, size, "a list ( ... )");
		break;
	default:
		snprintf(buf, size, "nothing");
	}
	return buf;
}

static void error_expected(const struct place *place, const char *expected)
{
	char seen[80];

	error_in(place, "expected %s, got %s", expected,
		 value_seen(place->setting, seen, sizeof(seen)));
}

static bool get_int(const struct place *place, const char *expected, long long min, long long max,
		    long long *ret_value)
{
	int type = config_setting_type(place->setting);
	long long value = config_setting_get_int64(place->setting);

	if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) || value < min || value > max) {
		error_expected(place, expected);
		return false;
	}
	*ret_value = value;
	return true;
}

static const char *get_string(const struct place *place, const char *expected)
{
	if (config_setting_type(place->setting) != CONFIG_TYPE_STRING) {
		error_expected(place, expected);
		return NULL;
	}
	return config_setting_get_string(place->setting);
}

static bool get_bool(const struct place *place, bool *ret_value)
{
	if (config_setting_type(place->setting) != CONFIG_TYPE_BOOL) {
		error_expected(place, "true or false");
		return false;
	}
	*ret_value = config_setting_get_bool(place->setting);
	return true;
}

/* A text that goes into file names, tables and log lines: printable ASCII without blanks. */
static bool is_word(const char *text, size_t len_max)
{
	size_t len = strlen(text);

	if (len == 0 || len > len_max)
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || strchr("\"'\\/", *text))
			return false;
	return true;
}

static bool get_word(const struct place *place, const char *expected, char *buf, size_t size)
{
	const char *text = get_string(place, expected);

	if (!text)
		return false;
	if (!is_word(text, size - 1)) {
		error_expected(place, expected);
		return false;
	}
	strcpy(buf, text);
	return true;
}

/* Remember what must be unique; check_claims() looks for the second of a kind. */
__attribute__((format(printf, 2, 3))) static void claim(const struct place *place,
							const char *format, ...)
{
	struct parse *parse = place->parse;
	const char *file = config_setting_source_file(place->setting);
	struct claim *c;
	va_list args;

	if (parse->claims_n == parse->claims_max) {
		size_t max = parse->claims_max ? parse->claims_max * 2 : 64;
		struct claim *claims = realloc(parse->claims, max * sizeof(*claims));

		if (!claims) {
			error_in(place, "out of memory");
			return;
		}
		parse->claims = claims;
		parse->claims_max = max;
	}
	c = &parse->claims[parse->claims_n++];
	va_start(args, format);
	vsnprintf(c->key, sizeof(c->key), format, args);
	va_end(args);
	c->line = config_setting_source_line(place->setting);
	snprintf(c->file, sizeof(c->file), "%s", file ? file : parse->path);
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static void error_claimed_twice(struct parse *parse, const struct claim *first,
				const struct claim *second)
{
	struct conf_errors *errors = parse->errors;
	unsigned i = errors->total++;

	if (i >= CONF_ERRORS_MAX)
		return;
	snprintf(errors->errors[i].file, sizeof(errors->errors[i].file), "%s", second->file);
	errors->errors[i].line = second->line;
	snprintf(errors->errors[i].text, sizeof(errors->errors[i].text),
		 "%s is taken already, at line %u", second->key, first->line);
}

static void check_claims(struct parse *parse)
{
	if (parse->claims_n == 0)
		return;
	qsort(parse->claims, parse->claims_n, sizeof(*parse->claims), compare_claims);
	for (size_t i = 1; i < parse->claims_n; i++)
		if (strcmp(parse->claims[i - 1].key, parse->claims[i].key) == 0)
			error_claimed_twice(parse, &parse->claims[i - 1], &parse->claims[i]);
}

static void set_node(const struct place *place)
{
	get_word(place, "a word of 1..64 characters", place->parse->conf->node, CONF_NODE_SIZE);
}

static void set_control(const struct place *place)
{
	const char *path = get_string(place, "the absolute path of a socket");

	if (!path)
		return;
	if (path[0] != '/' || strlen(path) >= CONF_CONTROL_SIZE) {
		error_expected(place, "an absolute path of at most 107 characters");
		return;
	}
	strcpy(place->parse->conf->control, path);
}

static void set_realtime(const struct place *place)
{
	get_bool(place, &place->parse->conf->realtime);
}

static void set_name(const struct place *place)
{
	if (get_word(place, "a word of 1..32 characters", place->router->name, CONF_NAME_SIZE))
		claim(place, "router name \"%s\"", place->router->name);
}

static void set_interface(const struct place *place)
{
	get_word(place, "the name of an interface, 1..15 characters", place->router->interface,
		 CONF_LINK_SIZE);
}

static void set_vrid(const struct place *place)
{
	long long value;

	if (get_int(place, "a whole number from 1 to 255", 1, 255, &value))
		place->router->vrrp.vrid = (uint8_t)value;
}

static void set_version(const struct place *place)
{
	long long value;

	if (!get_int(place, "3, or 2", 2, 3, &value))
		return;
	if (value == 2)
		error_in(place, "VRRP version 2 is not supported yet; use 3");
	place->router->vrrp.version = (uint8_t)value;
}

static void set_priority(const struct place *place)
{
	static const char expected[] = "a whole number from 1 to 254, or \"owner\"";
	long long value;

	if (config_setting_type(place->setting) == CONFIG_TYPE_STRING) {
		if (strcmp(config_setting_get_string(place->setting), "owner") == 0)
			place->router->vrrp.priority = VRRP_PRIORITY_OWNER;
		else
			error_expected(place, expected);
		return;
	}
	if (get_int(place, expected, 1, 254, &value))
		place->router->vrrp.priority = (uint8_t)value;
}

static bool get_duration(const struct place *place, const char *expected, int64_t min_ns,
			 int64_t max_ns, int64_t *ret_ns)
{
	const char *text = get_string(place, expected);
	int64_t ns;

	if (!text)
		return false;
	if (!conf_duration_parse(text, &ns) || ns < min_ns || ns > max_ns) {
		error_expected(place, expected);
		return false;
	}
	*ret_ns = ns;
	return true;
}

static void set_interval(const struct place *place)
{
	int64_t ns;

	if (!get_duration(place, "a duration from \"10ms\" to \"40.95s\"", NS_PER_CS,
			  VRRP_INTERVAL_CS_MAX * NS_PER_CS, &ns))
		return;
	if (ns % NS_PER_CS != 0)
		error_expected(place, "a multiple of \"10ms\"");
	else
		place->router->vrrp.interval_cs = (uint16_t)(ns / NS_PER_CS);
}

static void set_delay(const struct place *place, int64_t *ret_ns)
{
	int64_t ns;

	if (!get_duration(place, "a duration from \"0s\" to \"1h\"", 0, DELAY_MAX_NS, &ns))
		return;
	if (ns % 1000000 != 0)
		error_expected(place, "whole milliseconds");
	else
		*ret_ns = ns;
}

static void set_preempt(const struct place *place)
{
	get_bool(place, &place->router->vrrp.preempt);
}

static void set_preempt_delay(const struct place *place)
{
	set_delay(place, &place->router->vrrp.preempt_delay_ns);
}

static void set_start_delay(const struct place *place)
{
	set_delay(place, &place->router->vrrp.start_delay_ns);
}

static void set_address(const struct place *place, struct conf_address *address)
{
	const char *text = get_string(place, "an address such as \"192.0.2.1/24\"");
	const char *fault;

	if (!text)
		return;
	fault = conf_address_parse(text, address);
	if (fault)
		error_in(place, "\"%.60s\" %s", text, fault);
}

/* Append a list of addresses behind those that the router has. Return: how many it names. */
static unsigned set_addresses(const struct place *place, unsigned min, unsigned max)
{
	struct conf_router *router = place->router;
	unsigned have = router->addresses_n + router->extra_n;
	int n = config_setting_length(place->setting);
	struct conf_address *addresses;
	char expected[64];

	snprintf(expected, sizeof(expected), "an array [ ... ] of %u to %u addresses", min, max);
	if (!config_setting_is_array(place->setting) && !config_setting_is_list(place->setting)) {
		error_expected(place, expected);
		return 0;
	}
	if (n < (int)min || n > (int)max) {
		error_in(place, "expected %s, got %d", expected, n);
		return 0;
	}
	addresses = realloc(router->addresses, (have + (unsigned)n + 1) * sizeof(*addresses));
	if (!addresses) {
		error_in(place, "out of memory");
		return 0;
	}
	router->addresses = addresses;
	memset(addresses + have, 0, (unsigned)n * sizeof(*addresses));
	for (int i = 0; i < n; i++) {
		struct place element = *place;

		element.setting = config_setting_get_elem(place->setting, (unsigned)i);
		set_address(&element, &addresses[have + (unsigned)i]);
	}
	return (unsigned)n;
}

static void set_advertised(const struct place *place)
{
	place->router->addresses_n = set_addresses(place, 1, VRRP_ADDRESSES_MAX);
}

static void set_extra(const struct place *place)
{
	place->router->extra_n = set_addresses(place, 0, CONF_EXTRA_MAX);
}

static void set_mac(const struct place *place)
{
	const char *text = get_string(place, "\"interface\" or \"virtual\"");

	if (text && strcmp(text, "virtual") == 0)
		error_in(place, "a virtual MAC is not supported yet; use \"interface\"");
	else if (text && strcmp(text, "interface") != 0)
		error_expected(place, "\"interface\" or \"virtual\"");
}

static void set_accept(const struct place *place)
{
	bool accept;

	if (get_bool(place, &accept) && !accept)
		error_in(place, "accept = false is not supported yet; use true");
}

static void set_checksum(const struct place *place)
{
	const char *text = get_string(place, "\"rfc9568\" or \"rfc5798\"");

	if (!text)
		return;
	if (strcmp(text, "rfc9568") == 0)
		place->router->vrrp.checksum = VRRP_CHECKSUM_RFC9568;
	else if (strcmp(text, "rfc5798") == 0)
		place->router->vrrp.checksum = VRRP_CHECKSUM_RFC5798;
	else
		error_expected(place, "\"rfc9568\" or \"rfc5798\"");
}

/* "addresses" stands before "extra_addresses": rows are set in this order, not in the file's. */
static const struct key router_keys[] = {
	{ "name", set_name, NULL },
	{ "interface", set_interface, NULL },
	{ "vrid", set_vrid, NULL },
	{ "version", set_version, NULL },
	{ "priority", set_priority, NULL },
	{ "interval", set_interval, NULL },
	{ "preempt", set_preempt, NULL },
	{ "preempt_delay", set_preempt_delay, NULL },
	{ "start_delay", set_start_delay, NULL },
	{ "addresses", set_advertised, NULL },
	{ "extra_addresses", set_extra, NULL },
	{ "mac", set_mac, NULL },
	{ "accept", set_accept, NULL },
	{ "checksum", set_checksum, NULL },
	{ "unicast", NULL, "unicast peers are" },
	{ "auth", NULL, "authentication is" },
	{ "track", NULL, "tracking is" },
	{ "routes", NULL, "virtual routes are" },
	{ "link_local", NULL, "IPv6 is" },
	{ NULL, NULL, NULL },
};

static void set_routers(const struct place *place);

static const struct key global_keys[] = {
	{ "node", set_node, NULL },
	{ "control", set_control, NULL },
	{ "realtime", set_realtime, NULL },
	{ "routers", set_routers, NULL },
	{ "groups", NULL, "groups of routers are" },
	{ "checks", NULL, "health checks are" },
	{ "notify", NULL, "notify commands are" },
	{ NULL, NULL, NULL },
};

static const struct key *find_key(const struct key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

static const struct key *nearest_key(const struct key *keys, const char *name)
{
	const struct key *nearest = NULL;
	unsigned distance, least = (unsigned)strlen(name) / 3 + 1;

	for (; keys->name; keys++) {
		distance = conf_distance(keys->name, name);
		if (distance <= least && (!nearest || distance < least)) {
			nearest = keys;
			least = distance;
		}
	}
	return nearest;
}

static void error_unknown(struct parse *parse, const config_setting_t *setting,
			  const struct key *keys, const char *prefix)
{
	const char *name = config_setting_name(setting);
	const struct key *nearest = nearest_key(keys, name);

	if (nearest)
		error_at(parse, setting, "%sunknown key \"%.40s\"; did you mean \"%s\"?", prefix,
			 name, nearest->name);
	else
		error_at(parse, setting, "%sunknown key \"%.40s\"", prefix, name);
}

/* All that is in a group: strangers first, then each known key that is there, in table order. */
static void set_group(struct parse *parse, const config_setting_t *group, const struct key *keys,
		      struct conf_router *router, const char *prefix)
{
	int n = config_setting_length(group);

	for (int i = 0; i < n; i++) {
		const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);

		if (!find_key(keys, config_setting_name(setting)))
			error_unknown(parse, setting, keys, prefix);
	}
	for (const struct key *key = keys; key->name; key++) {
		const config_setting_t *setting = config_setting_get_member(group, key->name);
		char text[CONF_NAME_SIZE + 40];
		struct place place = { parse, setting, text, router };

		if (!setting)
			continue;
		snprintf(text, sizeof(text), "%s%s", prefix, key->name);
		if (key->set)
			key->set(&place);
		else
			error_in(&place, "%s not supported yet", key->later);
	}
}

/* What a router cannot do without has no default (RFC 9568 §6.1: VRID). */
static void check_required(struct parse *parse, const config_setting_t *group, const char *prefix)
{
	static const char *const required[] = { "name", "interface", "vrid", "addresses" };

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (!config_setting_get_member(group, required[i]))
			error_at(parse, group, "%s%s is missing", prefix, required[i]);
}

/* What is unique per interface can only be claimed when the whole router was read. */
static void claim_on_interface(struct parse *parse, const config_setting_t *group,
			       const struct conf_router *router)
{
	static const char *const keys[] = { "addresses", "extra_addresses" };
	struct place place = { parse, config_setting_get_member(group, "vrid"), "vrid", NULL };
	const struct conf_address *address = router->addresses;
	unsigned counts[] = { router->addresses_n, router->extra_n };
	char text[CONF_ADDRESS_TEXT_SIZE];

	if (!router->interface[0])
		return;
	if (router->vrrp.vrid)
		claim(&place, "VRID %u on %s", router->vrrp.vrid, router->interface);
	for (size_t k = 0; k < 2; k++) {
		const config_setting_t *list = config_setting_get_member(group, keys[k]);

		for (unsigned i = 0; i < counts[k]; i++, address++) {
			place.setting = config_setting_get_elem(list, i);
			/* Without the prefix length: the wire has none. */
			conf_address_format(address, text);
			if (address->family)
				claim(&place, "address %.*s on %s", (int)strcspn(text, "/"), text,
				      router->interface);
		}
	}
}

static void set_router(struct parse *parse, const config_setting_t *group, unsigned i)
{
	struct conf_router *router = &parse->conf->routers[i];
	const char *name = NULL;
	char prefix[CONF_NAME_SIZE + 8];

	*router = (struct conf_router){
		.vrrp = {
			.family = 4,
			.version = 3,
			.priority = VRRP_PRIORITY_DEFAULT,
			.interval_cs = 100,
			.preempt = true,
		},
	};
	(void)config_setting_lookup_string(group, "name", &name);
	if (name && is_word(name, CONF_NAME_SIZE - 1))
		snprintf(prefix, sizeof(prefix), "%s: ", name);
	else
		snprintf(prefix, sizeof(prefix), "router %u: ", i + 1);
	set_group(parse, group, router_keys, router, prefix);
	check_required(parse, group, prefix);
	claim_on_interface(parse, group, router);
}

static void set_routers(const struct place *place)
{
	struct conf *conf = place->parse->conf;
	int n = config_setting_length(place->setting);

	if (!config_setting_is_list(place->setting)) {
		error_expected(place, "a list of groups, ( { ... }, { ... } )");
		return;
	}
	if (n < 1 || n > CONF_ROUTERS_MAX) {
		error_in(place, "expected 1 to %d routers, got %d", CONF_ROUTERS_MAX, n);
		return;
	}
	conf->routers = calloc((unsigned)n, sizeof(*conf->routers));
	if (!conf->routers) {
		error_in(place, "out of memory");
		return;
	}
	conf->routers_n = (unsigned)n;
	for (unsigned i = 0; i < conf->routers_n; i++) {
		struct place element = *place;

		element.setting = config_setting_get_elem(place->setting, i);
		if (config_setting_is_group(element.setting))
			set_router(place->parse, element.setting, i);
		else
			error_expected(&element, "a group { ... } per router");
	}
}

static void set_defaults(struct conf *conf)
{
	if (gethostname(conf->node, sizeof(conf->node) - 1) < 0 || !is_word(conf->node, 64))
		strcpy(conf->node, "localhost");
	strcpy(conf->control, "/run/vipd/control.sock");
	conf->realtime = true;
}

/* Open what can be a configuration: libconfig itself would swallow a directory or a disk. */
static int open_file(struct parse *parse, FILE **ret_file)
{
	int fd = open(parse->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	FILE *file = NULL;

	if (fd < 0 || fstat(fd, &status) < 0) {
		int err = -errno;

		error_at(parse, NULL, "cannot be read: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (!S_ISREG(status.st_mode))
		error_at(parse, NULL, "is not a regular file");
	else if (status.st_size > FILE_SIZE_MAX)
		error_at(parse, NULL, "has %jd bytes; more than %d are no configuration",
			 (intmax_t)status.st_size, FILE_SIZE_MAX);
	else if ((file = fdopen(fd, "r")) != NULL) {
		*ret_file = file;
		return 0;
	} else
		error_at(parse, NULL, "out of memory");
	close(fd);
	return -EINVAL;
}

static void parse_file(struct parse *parse, FILE *file)
{
	const char *slash = strrchr(parse->path, '/');
	char dir[4096];
	config_t config;

	config_init(&config);
	if (slash && (size_t)(slash - parse->path) < sizeof(dir)) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - parse->path) + 1, parse->path);
		config_set_include_dir(&config, dir);
	}
	if (config_read(&config, file) != CONFIG_TRUE) {
		const char *where = config_error_file(&config);
		unsigned i = parse->errors->total++;
		struct conf_error *e = &parse->errors->errors[i];

		snprintf(e->file, sizeof(e->file), "%s", where ? where : parse->path);
		e->line = (unsigned)config_error_line(&config);
		snprintf(e->text, sizeof(e->text), "%s", config_error_text(&config));
	} else {
		const config_setting_t *root = config_root_setting(&config);

		set_group(parse, root, global_keys, NULL, "");
		if (!config_setting_get_member(root, "routers"))
			error_at(parse, NULL, "routers is missing: there is nothing to do");
		check_claims(parse);
	}
	config_destroy(&config);
}

/* In the order of the file, since that is how they are mended. */
static int compare_errors(const void *a, const void *b)
{
	const struct conf_error *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

int conf_load(const char *path, struct conf **ret_conf, struct conf_errors *ret_errors)
{
	struct parse parse = { .path = path, .errors = ret_errors };
	unsigned errors_n;
	FILE *file = NULL;
	int err;

	memset(ret_errors, 0, sizeof(*ret_errors));
	parse.conf = calloc(1, sizeof(*parse.conf));
	if (!parse.conf) {
		error_at(&parse, NULL, "out of memory");
		return -ENOMEM;
	}
	set_defaults(parse.conf);
	err = open_file(&parse, &file);
	if (err < 0) {
		conf_free(parse.conf);
		return err;
	}
	parse_file(&parse, file);
	fclose(file);
	free(parse.claims);
	if (ret_errors->total) {
		errors_n = ret_errors->total;
		if (errors_n > CONF_ERRORS_MAX)
			errors_n = CONF_ERRORS_MAX;
		qsort(ret_errors->errors, errors_n, sizeof(ret_errors->errors[0]), compare_errors);
		conf_free(parse.conf);
		return -EINVAL;
	}
	*ret_conf = parse.conf;
	return 0;
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	for (unsigned i = 0; i < conf->routers_n; i++)
		free(conf->routers[i].addresses);
	free(conf->routers);
	free(conf);
}
