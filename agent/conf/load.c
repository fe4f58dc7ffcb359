/* SPDX-License-Identifier: MIT */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parse.h"
#include "value.h"

#define FILE_SIZE_MAX (16 << 20)

static const struct key *find_key(const struct key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

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

static const struct key *nearest_key(const struct key *keys, const char *written)
{
	const char *name = our_word(written);
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
		conf_error_at(parse, setting, "%sunknown key \"%.40s\"; did you mean \"%s\"?",
			      prefix, name, nearest->name);
	else
		conf_error_at(parse, setting, "%sunknown key \"%.40s\"", prefix, name);
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
			conf_error_in(&place, "%s not supported yet", key->later);
	}
}

/* What a router cannot do without has no default (RFC 9568 §6.1: VRID). */
static void check_required(struct parse *parse, const config_setting_t *group, const char *prefix)
{
	static const char *const required[] = { "name", "interface", "vrid", "addresses" };

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (!config_setting_get_member(group, required[i]))
			conf_error_at(parse, group, "%s%s is missing", prefix, required[i]);
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
		conf_claim(&place, "VRID %u on %s", router->vrrp.vrid, router->interface);
	for (size_t k = 0; k < 2; k++) {
		const config_setting_t *list = config_setting_get_member(group, keys[k]);

		for (unsigned i = 0; i < counts[k]; i++, address++) {
			place.setting = config_setting_get_elem(list, i);
			/* Without the prefix length: the wire has none. */
			conf_address_format(address, text);
			if (address->family)
				conf_claim(&place, "address %.*s on %s", (int)strcspn(text, "/"),
					   text, router->interface);
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
	if (name && conf_word_is_valid(name, CONF_NAME_SIZE - 1))
		snprintf(prefix, sizeof(prefix), "%s: ", name);
	else
		snprintf(prefix, sizeof(prefix), "router %u: ", i + 1);
	set_group(parse, group, conf_router_keys, router, prefix);
	check_required(parse, group, prefix);
	claim_on_interface(parse, group, router);
}

void conf_set_routers(const struct place *place)
{
	struct conf *conf = place->parse->conf;
	int n = config_setting_length(place->setting);

	if (!config_setting_is_list(place->setting)) {
		conf_error_expected(place, "a list of groups, ( { ... }, { ... } )");
		return;
	}
	if (n < 1 || n > CONF_ROUTERS_MAX) {
		conf_error_in(place, "expected 1 to %d routers, got %d", CONF_ROUTERS_MAX, n);
		return;
	}
	conf->routers = calloc((unsigned)n, sizeof(*conf->routers));
	if (!conf->routers) {
		conf_error_in(place, "out of memory");
		return;
	}
	conf->routers_n = (unsigned)n;
	for (unsigned i = 0; i < conf->routers_n; i++) {
		struct place element = *place;

		element.setting = config_setting_get_elem(place->setting, i);
		if (config_setting_is_group(element.setting))
			set_router(place->parse, element.setting, i);
		else
			conf_error_expected(&element, "a group { ... } per router");
	}
}

static void set_defaults(struct conf *conf)
{
	if (gethostname(conf->node, sizeof(conf->node) - 1) < 0 ||
	    !conf_word_is_valid(conf->node, 64))
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

		conf_error_at(parse, NULL, "cannot be read: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (!S_ISREG(status.st_mode))
		conf_error_at(parse, NULL, "is not a regular file");
	else if (status.st_size > FILE_SIZE_MAX)
		conf_error_at(parse, NULL, "has %jd bytes; more than %d are no configuration",
			      (intmax_t)status.st_size, FILE_SIZE_MAX);
	else if ((file = fdopen(fd, "r")) != NULL) {
		*ret_file = file;
		return 0;
	} else
		conf_error_at(parse, NULL, "out of memory");
	close(fd);
	return -EINVAL;
}

/* The line of the first zero byte, which would silently end a string; 0 without one. */
static unsigned find_nul(FILE *file)
{
	unsigned line = 1;
	int c;

	while ((c = getc_unlocked(file)) != EOF && c != '\0')
		line += c == '\n';
	rewind(file);
	return c == '\0' ? line : 0;
}

/* libconfig's few words, and where to look. It stops at its first error. */
static const char *syntax_text(const char *text)
{
	static const struct {
		const char *theirs, *ours;
	} texts[] = {
		{ "syntax error", "syntax error, here or just before: look for a missing ';', or a "
				  "quote or bracket that is not closed" },
		{ "duplicate setting name", "a key is given twice; this is the second one" },
		{ "cannot open include file", "the file of this @include cannot be opened; it is "
					      "looked for beside the configuration" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].theirs, text) == 0)
			return texts[i].ours;
	return text;
}

/*
 * One block for the addresses of all routers, made while the parser still has its memory: so it
 * does not come to lie in the midst of what that gives back, where it would keep all of it.
 */
static void gather_addresses(struct parse *parse)
{
	struct conf *conf = parse->conf;
	struct conf_address *next;
	size_t n = 0;

	for (unsigned i = 0; i < conf->routers_n; i++)
		n += conf->routers[i].addresses_n + conf->routers[i].extra_n;
	next = malloc((n + 1) * sizeof(*next));
	if (!next) {
		conf_error_at(parse, NULL, "out of memory");
		return;
	}
	conf->addresses = next;
	for (unsigned i = 0; i < conf->routers_n; i++) {
		struct conf_router *router = &conf->routers[i];

		n = router->addresses_n + router->extra_n;
		if (n)
			memcpy(next, router->addresses, n * sizeof(*next));
		free(router->addresses);
		router->addresses = next;
		next += n;
	}
}

static void parse_file(struct parse *parse, FILE *file)
{
	const char *slash = strrchr(parse->path, '/');
	char dir[4096];
	unsigned nul_line;
	config_t config;

	config_init(&config);
	if (slash && (size_t)(slash - parse->path) < sizeof(dir)) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - parse->path) + 1, parse->path);
		config_set_include_dir(&config, dir);
	}
	nul_line = find_nul(file);
	if (nul_line) {
		conf_error_line(parse, NULL, nul_line, "has a zero byte here: this is no text");
	} else if (config_read(&config, file) != CONFIG_TRUE) {
		conf_error_line(parse, config_error_file(&config),
				(unsigned)config_error_line(&config), "%s",
				syntax_text(config_error_text(&config)));
	} else {
		const config_setting_t *root = config_root_setting(&config);

		set_group(parse, root, conf_global_keys, NULL, "");
		if (!config_setting_get_member(root, "routers"))
			conf_error_at(parse, NULL, "routers is missing: there is nothing to do");
		conf_claims_check(parse);
	}
	gather_addresses(parse);
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
		conf_error_at(&parse, NULL, "out of memory");
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
	for (unsigned i = 0; i < conf->routers_n && !conf->addresses; i++)
		free(conf->routers[i].addresses);
	free(conf->addresses);
	free(conf->routers);
	free(conf);
}
