/* SPDX-License-Identifier: MIT */
#include "check_kinds.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_target.h"
#include "parse.h"
#include "program.h"
#include "value.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)

/* ---- keys of the kinds ---- */

static const struct conf_key word_keys[] = {
	{ .field = FIELD(struct check_word, text, "text", FIELD_TEXT),
	  .kind = &conf_text,
	  .max = CHECK_WORD_SIZE - 1,
	  .missing = "" },
	CONF_KEYS_END,
};

static const struct conf_key setting_keys[] = {
	{ .field = FIELD(struct check_word, text, "text", FIELD_TEXT),
	  .kind = &conf_setting,
	  .max = CHECK_WORD_SIZE - 1,
	  .missing = "" },
	CONF_KEYS_END,
};

static const struct conf_schema setting_schema = {
	.noun = "word",
	.nouns = "words",
	.size = sizeof(struct check_word),
	.keys = setting_keys,
	.brief = "text",
	.only_brief = true,
};

static const struct conf_schema word_schema = {
	.noun = "word",
	.nouns = "words",
	.size = sizeof(struct check_word),
	.keys = word_keys,
	.brief = "text",
	.only_brief = true,
};

static const struct conf_key command_keys[] = {
	{ .field = FIELD(struct check_command, argv, "argv", 0),
	  .element = &word_schema,
	  .count = offsetof(struct check_command, argv_n),
	  .min = 1,
	  .max = CHECK_WORDS_MAX,
	  .expected = "a list of words, [ \"/path\", \"argument\" ]",
	  .missing = "" },
	{ .field = FIELD(struct check_command, env, "env", 0),
	  .element = &setting_schema,
	  .count = offsetof(struct check_command, env_n),
	  .min = 1,
	  .max = CHECK_WORDS_MAX,
	  .expected = "a list of words, [ \"NAME=value\" ]" },
	CONF_KEYS_END,
};

static void check_command(const struct conf_place *group, void *base);

const struct conf_schema conf_check_command_schema = {
	.noun = "command",
	.nouns = "commands",
	.size = sizeof(struct check_command),
	.keys = command_keys,
	.brief = "argv",
	.check = check_command,
};

static const struct conf_key tcp_keys[] = {
	{ .field = FIELD(struct check_tcp, target, "target", FIELD_TEXT),
	  .kind = &conf_text,
	  .min = 3,
	  .max = CHECK_TARGET_SIZE - 1,
	  .expected = "a host and a port, \"127.0.0.1:80\" or \"[::1]:80\"",
	  .missing = "" },
	CONF_KEYS_END,
};

static void check_tcp(const struct conf_place *group, void *base);

const struct conf_schema conf_check_tcp_schema = {
	.noun = "tcp",
	.nouns = "tcps",
	.size = sizeof(struct check_tcp),
	.keys = tcp_keys,
	.brief = "target",
	.check = check_tcp,
};

#define OF(member, called, kind) FIELD(struct check_http, member, called, kind)

static const struct conf_key http_keys[] = {
	{ .field = OF(url, "url", FIELD_TEXT),
	  .kind = &conf_url,
	  .min = 8,
	  .max = CHECK_URL_SIZE - 1,
	  .expected = "a URL, \"http://127.0.0.1/\" or \"https://...\"",
	  .missing = "" },
	{ .field = OF(status, "status", FIELD_TEXT),
	  .kind = &conf_text,
	  .min = 1,
	  .max = sizeof(((struct check_http *)0)->status) - 1,
	  .expected = "statuses, \"200\", \"2xx\" or \"200,204,301-303\"",
	  .preset = "\"2xx\"" },
	{ .field = OF(body, "body", FIELD_TEXT),
	  .kind = &conf_text,
	  .min = 1,
	  .max = CHECK_HOST_SIZE - 1 },
	{ .field = OF(host, "host", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CHECK_HOST_SIZE - 1 },
	{ .field = OF(method, "method", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = sizeof(((struct check_http *)0)->method) - 1,
	  .preset = "\"GET\"" },
	{ .field = OF(verify, "verify", FIELD_BOOL), .kind = &conf_boolean, .preset = "true" },
	{ .field = OF(ca, "ca", FIELD_TEXT), .kind = &conf_path, .max = CHECK_PATH_SIZE - 1 },
	{ .field = OF(cert, "cert", FIELD_TEXT), .kind = &conf_path, .max = CHECK_PATH_SIZE - 1 },
	{ .field = OF(key, "key", FIELD_TEXT), .kind = &conf_path, .max = CHECK_PATH_SIZE - 1 },
	CONF_KEYS_END,
};

#undef OF

static void check_http(const struct conf_place *group, void *base);

const struct conf_schema conf_check_http_schema = {
	.noun = "http",
	.nouns = "https",
	.size = sizeof(struct check_http),
	.keys = http_keys,
	.brief = "url",
	.check = check_http,
};

#define OF(member, called, kind) FIELD(struct check_dns, member, called, kind)

static const struct conf_key dns_keys[] = {
	{ .field = OF(name, "name", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CHECK_HOST_SIZE - 1,
	  .missing = "" },
	{ .field = OF(server, "server", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CHECK_TARGET_SIZE - 1 },
	{ .field = OF(type, "type", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = sizeof(((struct check_dns *)0)->type) - 1,
	  .preset = "\"A\"" },
	{ .field = OF(answer, "answer", FIELD_TEXT),
	  .kind = &conf_text,
	  .min = 1,
	  .max = CHECK_HOST_SIZE - 1 },
	CONF_KEYS_END,
};

#undef OF

static void check_dns(const struct conf_place *group, void *base);

const struct conf_schema conf_check_dns_schema = {
	.noun = "dns",
	.nouns = "dns",
	.size = sizeof(struct check_dns),
	.keys = dns_keys,
	.brief = "name",
	.check = check_dns,
};

static const struct conf_key address_keys[] = {
	{ .field = FIELD_OF_IP(struct check_address, bytes, "address", family),
	  .kind = &conf_host,
	  .missing = "" },
	CONF_KEYS_END,
};

static void check_address(const struct conf_place *group, void *base)
{
	struct check_address *address = base;

	(void)group;
	address->family = (uint8_t)conf_host_family(address->bytes);
}

static const struct conf_schema address_schema = {
	.noun = "address",
	.nouns = "addresses",
	.size = sizeof(struct check_address),
	.keys = address_keys,
	.brief = "address",
	.only_brief = true,
	.check = check_address,
};

static const struct conf_key ping_keys[] = {
	{ .field = FIELD(struct check_ping, addresses, "addresses", 0),
	  .element = &address_schema,
	  .count = offsetof(struct check_ping, addresses_n),
	  .min = 1,
	  .max = CHECK_PARTS_MAX,
	  .expected = "a list of addresses, [ \"192.0.2.254\" ]",
	  .missing = "" },
	{ .field = FIELD(struct check_ping, quorum, "quorum", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = CHECK_PARTS_MAX,
	  .preset = "1" },
	{ .field = FIELD(struct check_ping, interface, "interface", FIELD_TEXT),
	  .kind = &conf_interface,
	  .min = 1,
	  .max = CONF_LINK_SIZE - 1 },
	CONF_KEYS_END,
};

static void check_ping(const struct conf_place *group, void *base);

const struct conf_schema conf_check_ping_schema = {
	.noun = "ping",
	.nouns = "pings",
	.size = sizeof(struct check_ping),
	.keys = ping_keys,
	.brief = "addresses",
	.check = check_ping,
};

static const struct conf_key process_keys[] = {
	{ .field = FIELD(struct check_process, command, "command", FIELD_TEXT),
	  .kind = &conf_text,
	  .min = 1,
	  .max = CHECK_WORD_SIZE - 1,
	  .missing = "" },
	{ .field = FIELD(struct check_process, user, "user", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CHECK_USER_SIZE - 1 },
	{ .field = FIELD(struct check_process, min, "min", FIELD_UINT),
	  .kind = &conf_number,
	  .max = 65535,
	  .preset = "1" },
	{ .field = FIELD(struct check_process, max, "max", FIELD_UINT),
	  .kind = &conf_number,
	  .max = 65535,
	  .expected = "a whole number from 1 to 65535, 0 for any",
	  .preset = "0" },
	CONF_KEYS_END,
};

static void check_process(const struct conf_place *group, void *base);

const struct conf_schema conf_check_process_schema = {
	.noun = "process",
	.nouns = "processes",
	.size = sizeof(struct check_process),
	.keys = process_keys,
	.brief = "command",
	.check = check_process,
};

static const char *const file_forms[] = {
	[CHECK_FILE_EXISTS] = "exists",
	[CHECK_FILE_ABSENT] = "absent",
	[CHECK_FILE_VALUE] = "value",
};

static const struct conf_key file_keys[] = {
	{ .field = FIELD(struct check_file, path, "path", FIELD_TEXT),
	  .kind = &conf_path,
	  .max = CHECK_PATH_SIZE - 1,
	  .missing = "" },
	{ .field = FIELD_OF_WORDS(struct check_file, form, "good", file_forms),
	  .kind = &conf_choice,
	  .preset = "\"exists\"" },
	CONF_KEYS_END,
};

const struct conf_schema conf_check_file_schema = {
	.noun = "file",
	.nouns = "files",
	.size = sizeof(struct check_file),
	.keys = file_keys,
	.brief = "path",
};

static const struct conf_key route_keys[] = {
	{ .field = FIELD(struct check_route, to, "to", FIELD_TEXT),
	  .kind = &conf_text,
	  .min = 1,
	  .max = CHECK_ADDRESS_SIZE - 1,
	  .expected = "a network such as \"198.51.100.0/24\", or \"default\"",
	  .missing = "" },
	{ .field = FIELD(struct check_route, via, "via", FIELD_TEXT),
	  .kind = &conf_text,
	  .min = 1,
	  .max = CHECK_ADDRESS_SIZE - 1,
	  .expected = "an address" },
	{ .field = FIELD(struct check_route, interface, "interface", FIELD_TEXT),
	  .kind = &conf_interface,
	  .min = 1,
	  .max = CONF_LINK_SIZE - 1 },
	{ .field = FIELD(struct check_route, table, "table", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = UINT32_MAX,
	  .preset = "254" },
	CONF_KEYS_END,
};

static void check_route(const struct conf_place *group, void *base);

const struct conf_schema conf_check_route_schema = {
	.noun = "route",
	.nouns = "routes",
	.size = sizeof(struct check_route),
	.keys = route_keys,
	.brief = "to",
	.check = check_route,
};

static const struct conf_key unit_keys[] = {
	{ .field = FIELD(struct check_unit, unit, "unit", FIELD_TEXT),
	  .kind = &conf_text,
	  .min = 1,
	  .max = CHECK_HOST_SIZE - 1,
	  .missing = "" },
	CONF_KEYS_END,
};

static void check_unit(const struct conf_place *group, void *base);

const struct conf_schema conf_check_unit_schema = {
	.noun = "unit",
	.nouns = "units",
	.size = sizeof(struct check_unit),
	.keys = unit_keys,
	.brief = "unit",
	.check = check_unit,
};

static const struct conf_key part_keys[] = {
	{ .field = FIELD(struct check_part, name, "check", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CHECK_NAME_SIZE - 1,
	  .missing = "" },
	CONF_KEYS_END,
};

static const struct conf_schema part_schema = {
	.noun = "check",
	.nouns = "checks",
	.size = sizeof(struct check_part),
	.keys = part_keys,
	.brief = "check",
	.only_brief = true,
};

#define CHECKS_ROW                                                                                 \
	{                                                                                          \
		.field = FIELD(struct check_several, checks, "checks", 0),                         \
		.element = &part_schema, .count = offsetof(struct check_several, checks_n),        \
		.min = 1, .max = CHECK_PARTS_MAX,                                                  \
		.expected = "a list of the names of other checks", .missing = ""                   \
	}

static const struct conf_key several_keys[] = { CHECKS_ROW, CONF_KEYS_END };

const struct conf_schema conf_check_several_schema = {
	.noun = "list of checks",
	.nouns = "lists of checks",
	.size = sizeof(struct check_several),
	.keys = several_keys,
	.brief = "checks",
};

static const struct conf_key at_least_keys[] = {
	{ .field = FIELD(struct check_several, n, "n", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = CHECK_PARTS_MAX,
	  .missing = "" },
	CHECKS_ROW,
	CONF_KEYS_END,
};

static void check_at_least(const struct conf_place *group, void *base);

const struct conf_schema conf_check_at_least_schema = {
	.noun = "at_least",
	.nouns = "at_leasts",
	.size = sizeof(struct check_several),
	.keys = at_least_keys,
	.check = check_at_least,
};

/* ---- what is wrong with them ---- */

/* What only a shell would understand is handed to the program as it is. */
static void warn_of_shell(const struct conf_place *place, const struct check_command *command)
{
	static const char *const words[] = { "|", "||", "&", "&&", ";", ">", ">>", "<", "2>&1" };

	for (unsigned i = 1; i < command->argv_n; i++) {
		const char *text = command->argv[i].text;
		bool odd = strncmp(text, ">/", 2) == 0 || strncmp(text, "2>", 2) == 0;

		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			odd |= strcmp(text, words[k]) == 0;
		if (!odd)
			continue;
		conf_warn_in(place,
			     "there is no shell: \"%.40s\" is an argument like all others; write "
			     "[ \"/bin/sh\", \"-c\", \"...\" ] if a shell is meant",
			     text);
		return;
	}
}

/* What some kind of check does better. */
static void hint_at_kind(const struct conf_place *place, const struct check_command *command)
{
	static const struct {
		const char *program, *instead;
	} hints[] = {
		{ "killall", "process = \"NAME\"" },        { "pidof", "process = \"NAME\"" },
		{ "pgrep", "process = \"NAME\"" },          { "ping", "ping = [ \"ADDRESS\" ]" },
		{ "systemctl", "unit = \"NAME.service\"" },
	};
	const char *path = command->argv[0].text, *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strcmp(name, hints[i].program) == 0)
			conf_warn_in(place,
				     "%s does what %s is mostly for, without a process of its own",
				     hints[i].instead, name);
	for (unsigned i = 1; i < command->argv_n; i++)
		if (strstr(command->argv[i].text, "/dev/tcp/"))
			conf_warn_in(
				place,
				"tcp = \"HOST:PORT\" does what /dev/tcp is mostly for, without "
				"a process of its own; there is no such file but to bash");
}

static void check_command(const struct conf_place *group, void *base)
{
	const struct check_command *command = base;
	const struct conf_place env = conf_place_of(group, "env");

	if (!command->argv_n || !command->argv[0].text[0])
		return;
	if (command->argv[0].text[0] != '/')
		conf_error_in(group,
			      "\"%.60s\" is not an absolute path: the first word is the "
			      "program, and there is no shell",
			      command->argv[0].text);
	warn_of_shell(group, command);
	hint_at_kind(group, command);
	for (unsigned i = 0; i < command->env_n; i++)
		if (command->env[i].text[0] && !strchr(command->env[i].text + 1, '='))
			conf_error_in(&env, "expected NAME=value, got \"%.60s\"",
				      command->env[i].text);
}

static void check_tcp(const struct conf_place *group, void *base)
{
	const struct check_tcp *tcp = base;
	const char *fault = tcp->target[0] ? conf_target_fault(tcp->target) : NULL;

	if (fault)
		conf_error_fault(group, fault);
}

static void check_statuses(const struct conf_place *place, const char *text)
{
	for (const char *at = text;; at++) {
		size_t len = strcspn(at, ",");
		bool range = len == 7 && at[3] == '-' && strspn(at, "0123456789") == 3 &&
			     strspn(at + 4, "0123456789") == 3 && strncmp(at, at + 4, 3) <= 0;
		bool class =
			len == 3 && at[0] >= '1' && at[0] <= '5' && at[1] == 'x' && at[2] == 'x';

		if (!range && !class && (len != 3 || strspn(at, "0123456789") != 3)) {
			conf_error_expected(place, NULL);
			return;
		}
		at += len;
		if (!*at)
			return;
	}
}

/* One with a password is not shown. */
static void check_url(const struct conf_place *place, const char *url)
{
	const char *fault = url[0] ? conf_url_fault(url) : NULL;

	if (fault && strchr(url, '@'))
		conf_error_in(place, "it %s", fault);
	else if (fault)
		conf_error_fault(place, fault);
}

static void check_http(const struct conf_place *group, void *base)
{
	const struct check_http *http = base;
	const struct conf_place url = conf_place_of(group, "url");
	const struct conf_place method = conf_place_of(group, "method");
	const struct conf_place status = conf_place_of(group, "status");
	const struct conf_place verify = conf_place_of(group, "verify");
	const struct conf_place body = conf_place_of(group, "body");
	bool tls = strncmp(http->url, "https://", 8) == 0;

	check_url(&url, http->url);
	if (http->method[strcspn(http->method, "abcdefghijklmnopqrstuvwxyz")])
		conf_error_fault(&method, "is no method: they are in capital letters");
	if (http->status[0])
		check_statuses(&status, http->status);
	if (http->url[0] && !tls && (http->ca[0] || http->cert[0] || http->key[0]))
		conf_error_in(group, "certificates are for https:// alone");
	if (http->url[0] && !tls && !http->verify)
		conf_error_in(&verify, "certificates are for https:// alone");
	if (http->body[0] && strcmp(http->method, "HEAD") == 0)
		conf_error_in(&body, "there is none in the response to HEAD");
	if ((http->cert[0] != 0) != (http->key[0] != 0))
		conf_error_in(group, "cert and key go together");
}

static void check_dns(const struct conf_place *group, void *base)
{
	static const char *const types[] = {
		"A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "TXT"
	};
	const struct check_dns *dns = base;
	const struct conf_place type = conf_place_of(group, "type");
	const struct conf_place server = conf_place_of(group, "server");
	const struct conf_place name = conf_place_of(group, "name");
	const char *fault = dns->server[0] ? conf_server_fault(dns->server) : NULL;

	if (fault)
		conf_error_fault(&server, fault);
	fault = dns->name[0] ? conf_query_fault(dns->name) : NULL;
	if (fault)
		conf_error_fault(&name, fault);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(dns->type, types[i]) == 0)
			return;
	if (dns->type[0])
		conf_error_expected(&type, "one of A, AAAA, CNAME, MX, NS, PTR, SOA and TXT");
}

/* fe80::/10: on each interface there may be another host that has it. */
static bool is_link_local(const struct check_address *address)
{
	return address->family == 6 && address->bytes[0] == 0xfe &&
	       (address->bytes[1] & 0xc0) == 0x80;
}

/* What is no address, which has been told, has no bytes. */
static bool is_listed_before(const struct check_ping *ping, unsigned i)
{
	static const uint8_t none[sizeof(ping->addresses[i].bytes)];

	if (memcmp(ping->addresses[i].bytes, none, sizeof(none)) == 0)
		return false;
	for (unsigned k = 0; k < i; k++)
		if (ping->addresses[k].family == ping->addresses[i].family &&
		    memcmp(ping->addresses[k].bytes, ping->addresses[i].bytes,
			   sizeof(ping->addresses[i].bytes)) == 0)
			return true;
	return false;
}

static void check_ping(const struct conf_place *group, void *base)
{
	const struct check_ping *ping = base;
	const struct conf_place quorum = conf_place_of(group, "quorum");

	if (ping->addresses_n && ping->quorum > ping->addresses_n)
		conf_error_in(&quorum, "%u of %u addresses can never answer", ping->quorum,
			      ping->addresses_n);
	for (unsigned i = 0; i < ping->addresses_n; i++)
		if (is_listed_before(ping, i)) {
			conf_error_in(group, "address %u is there twice, and would count twice",
				      i + 1);
			return;
		}
	for (unsigned i = 0; i < ping->addresses_n && !ping->interface[0]; i++)
		if (is_link_local(&ping->addresses[i])) {
			conf_error_in(group, "a link-local address needs an interface: "
					     "interface = \"eth0\"");
			return;
		}
}

static void check_process(const struct conf_place *group, void *base)
{
	const struct check_process *process = base;
	const struct conf_place max = conf_place_of(group, "max");

	if (process->max && process->max < process->min)
		conf_error_in(&max, "is less than min");
	if (process->min == 0 && process->max == 0 && process->command[0])
		conf_error_in(group, "with min = 0 and no max any number of processes is good");
	if (strchr(process->command, '/') && process->command[0] != '/')
		conf_error_in(group, "\"%.60s\" is not an absolute path", process->command);
	if (strchr(process->command, '/') && strchr(process->command, ' '))
		conf_warn_in(
			group,
			"\"%.60s\" is the path of a file with a blank in it: arguments are not "
			"looked at",
			process->command);
	if (process->command[0] && !strchr(process->command, '/') && strlen(process->command) > 15)
		conf_error_in(group,
			      "\"%.40s\" is longer than the 15 characters that the kernel keeps of "
			      "a name: write its beginning, or the path of the file that it runs",
			      process->command);
}

static void check_route(const struct conf_place *group, void *base)
{
	const struct check_route *route = base;
	const struct conf_place to = conf_place_of(group, "to");
	const struct conf_place via = conf_place_of(group, "via");
	struct conf_prefix prefix = { 0 };
	uint8_t bytes[16];
	const char *fault;

	if (route->to[0] && strcmp(route->to, "default") != 0) {
		fault = conf_prefix_parse(route->to, &prefix);
		if (fault)
			conf_error_fault(&to, fault);
	}
	if (!route->via[0])
		return;
	fault = conf_host_parse(route->via, bytes);
	if (fault)
		conf_error_fault(&via, fault);
}

static void check_unit(const struct conf_place *group, void *base)
{
	const struct check_unit *unit = base;
	const char *fault = conf_unit_fault(unit->unit);

	if (fault)
		conf_error_fault(group, fault);
	else if (unit->unit[0] && !strchr(unit->unit, '.'))
		conf_error_in(group, "\"%.60s\" is no unit: write \"%.60s.service\"", unit->unit,
			      unit->unit);
}

static void check_at_least(const struct conf_place *group, void *base)
{
	const struct check_several *several = base;
	const struct conf_place n = conf_place_of(group, "n");

	if (several->checks_n && several->n > several->checks_n)
		conf_error_in(&n, "%u of %u checks can never be up", several->n, several->checks_n);
}
