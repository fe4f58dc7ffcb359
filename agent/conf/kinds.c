/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <arpa/inet.h>
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "token.h"
#include "value.h"
#include "vrrp/packet.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)

static const char *get_string(const struct conf_place *place)
{
	if (config_setting_type(place->setting) != CONFIG_TYPE_STRING) {
		conf_error_expected(place, NULL);
		return NULL;
	}
	return config_setting_get_string(place->setting);
}

static char *member_of(const struct conf_key *key, void *base)
{
	return (char *)base + key->field.offset;
}

static bool plain_text(const struct conf_key *key, const void *base, char *buf)
{
	fields_text(&key->field, base, buf);
	return false;
}

static bool quoted_text(const struct conf_key *key, const void *base, char *buf)
{
	fields_text(&key->field, base, buf);
	return true;
}

/* What may be left out and is. */
static bool optional_text(const struct conf_key *key, const void *base, char *buf)
{
	fields_text(&key->field, base, buf);
	if (!*buf)
		strcpy(buf, "-");
	return true;
}

/* An invisible or foreign character is named, since it may look like another one. */
static void complain_text(const struct conf_place *place, const char *text, const char *hint)
{
	char odd[64], buf[128];

	if (conf_odd_character(text, odd)) {
		snprintf(buf, sizeof(buf), "there is %s in it", odd);
		hint = buf;
	}
	conf_error_hint(place, hint);
}

/* ---- boolean ---- */

/* What other formats have for true and false; NULL: nothing that is known. */
static const char *boolean_hint(const config_setting_t *setting)
{
	static const char *const words[][2] = {
		{ "yes", "write true" },
		{ "on", "write true" },
		{ "true", "leave out the quotes" },
		{ "no", "write false" },
		{ "off", "write false" },
		{ "false", "leave out the quotes" },
	};
	const char *text = config_setting_get_string(setting);

	if (config_setting_type(setting) == CONFIG_TYPE_INT)
		return config_setting_get_int(setting) ? "write true" : "write false";
	for (size_t i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i][0]) == 0)
			return words[i][1];
	return NULL;
}

static void parse_boolean(const struct conf_place *place, void *base)
{
	if (config_setting_type(place->setting) != CONFIG_TYPE_BOOL)
		conf_error_hint(place, boolean_hint(place->setting));
	else
		fields_set_number(&place->key->field, base,
				  config_setting_get_bool(place->setting));
}

static void expect_boolean(const struct conf_key *key, char *buf)
{
	(void)key;
	strcpy(buf, "true or false");
}

const struct conf_kind conf_boolean = { "boolean", parse_boolean, expect_boolean, plain_text };

/* ---- a yes or no without a default of its own ---- */

static void parse_yes_no(const struct conf_place *place, void *base)
{
	parse_boolean(place, base);
	if (config_setting_type(place->setting) == CONFIG_TYPE_BOOL)
		fields_set_number(&place->key->field, base,
				  config_setting_get_bool(place->setting) ? CONF_YES : CONF_NO);
}

static bool yes_no_text(const struct conf_key *key, const void *base, char *buf)
{
	strcpy(buf, fields_number(&key->field, base) == CONF_NO ? "false" : "true");
	return false;
}

const struct conf_kind conf_yes_no = { "boolean", parse_yes_no, expect_boolean, yes_no_text };

/* ---- number ---- */

static const struct conf_named *find_named(const struct conf_key *key, const char *name)
{
	for (const struct conf_named *it = key->named; it && it->name; it++)
		if (strcmp(it->name, name) == 0)
			return it;
	return NULL;
}

/* NULL: none. */
static const char *number_hint(const config_setting_t *setting)
{
	const char *text = config_setting_get_string(setting);

	return text && *text && text[strspn(text, "0123456789")] == '\0' ? "leave out the quotes"
									 : NULL;
}

static void parse_number(const struct conf_place *place, void *base)
{
	const struct conf_key *key = place->key;
	int type = config_setting_type(place->setting);
	int64_t value = config_setting_get_int64(place->setting);
	const struct conf_named *named = NULL;

	if (type == CONFIG_TYPE_STRING)
		named = find_named(key, config_setting_get_string(place->setting));
	if (named)
		fields_set_number(&key->field, base, named->value);
	else if ((type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64) && value >= key->min &&
		 value <= key->max)
		fields_set_number(&key->field, base, value);
	else
		conf_error_hint(place, number_hint(place->setting));
}

static void expect_number(const struct conf_key *key, char *buf)
{
	size_t len;

	if (key->min == key->max)
		len = (size_t)snprintf(buf, CONF_EXPECTED_SIZE, "%" PRId64, key->min);
	else
		len = (size_t)snprintf(buf, CONF_EXPECTED_SIZE,
				       "a whole number from %" PRId64 " to %" PRId64, key->min,
				       key->max);
	for (const struct conf_named *it = key->named; it && it->name; it++)
		len += (size_t)snprintf(buf + len, CONF_EXPECTED_SIZE - len, ", or \"%s\"",
					it->name);
}

static bool number_text(const struct conf_key *key, const void *base, char *buf)
{
	int64_t value = fields_number(&key->field, base);

	for (const struct conf_named *it = key->named; it && it->name; it++) {
		if (it->value == value) {
			snprintf(buf, FIELDS_TEXT_SIZE, "%s", it->name);
			return true;
		}
	}
	return plain_text(key, base, buf);
}

const struct conf_kind conf_number = { "number", parse_number, expect_number, number_text };

/* ---- one of some words ---- */

/* @nearest: what may have been meant; NULL: nothing that is known. */
static void complain_choice(const struct conf_place *place, const char *nearest)
{
	char hint[96];

	snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest ? nearest : "");
	conf_error_hint(place, nearest ? hint : NULL);
}

static void parse_choice(const struct conf_place *place, void *base)
{
	const struct field *field = &place->key->field;
	const char *text = get_string(place);
	uint16_t i = 0;

	if (!text)
		return;
	while (i < field->words_n && (!*field->words[i] || strcmp(field->words[i], text) != 0))
		i++;
	if (i < field->words_n)
		fields_set_number(field, base, i);
	else
		complain_choice(place, conf_nearest_word(field, text));
}

static void expect_choice(const struct conf_key *key, char *buf)
{
	const struct field *field = &key->field;
	uint16_t first = *field->words[0] == '\0';
	size_t len = 0;

	for (uint16_t i = first; i < field->words_n; i++)
		len += (size_t)snprintf(buf + len, CONF_EXPECTED_SIZE - len, "%s\"%s\"",
					i == first               ? ""
					: i + 1 < field->words_n ? ", "
								 : " or ",
					field->words[i]);
}

const struct conf_kind conf_choice = { "choice", parse_choice, expect_choice, optional_text };

/* ---- texts ---- */

static void parse_word(const struct conf_place *place, void *base)
{
	const struct conf_key *key = place->key;
	const char *text = get_string(place);

	assert(key->max < key->field.size);
	if (!text)
		return;
	if (conf_word_is_valid(text, (size_t)key->max))
		strcpy(member_of(key, base), text);
	else
		complain_text(place, text, NULL);
}

static void expect_word(const struct conf_key *key, char *buf)
{
	snprintf(buf, CONF_EXPECTED_SIZE,
		 "%" PRId64 "..%" PRId64 " ASCII characters without blanks, quotes and slashes",
		 key->min, key->max);
}

const struct conf_kind conf_word = { "word", parse_word, expect_word, quoted_text };

/* What cannot be the name of an interface, and which part of it may be one. */
static void complain_interface(const struct conf_place *place, const char *text)
{
	size_t len = strcspn(text, "@:");
	char hint[128];

	if (len > 0 && text[len] == '@')
		snprintf(hint, sizeof(hint),
			 "leave out what begins with @, where ip(8) prints what it lies on: "
			 "\"%.*s\"",
			 len < 40 ? (int)len : 40, text);
	else if (len > 0 && text[len] == ':')
		snprintf(hint, sizeof(hint),
			 "leave out what begins with the colon, it is a label of addresses: "
			 "\"%.*s\"",
			 len < 40 ? (int)len : 40, text);
	else if (strlen(text) > (size_t)place->key->max)
		snprintf(hint, sizeof(hint), "it has %zu characters", strlen(text));
	else if (text[strcspn(text, " \t")])
		strcpy(hint, "leave out the blank");
	else if (strchr(text, '/'))
		strcpy(hint, "leave out the slash");
	else
		strcpy(hint, "no interface can have that name");
	complain_text(place, text, *text ? hint : NULL);
}

static void parse_interface(const struct conf_place *place, void *base)
{
	const struct conf_key *key = place->key;
	const char *text = get_string(place);

	assert(key->max < key->field.size);
	if (!text)
		return;
	if (conf_interface_is_valid(text, (size_t)key->max))
		strcpy(member_of(key, base), text);
	else
		complain_interface(place, text);
}

static void expect_interface(const struct conf_key *key, char *buf)
{
	snprintf(buf, CONF_EXPECTED_SIZE,
		 "the name of an interface, %" PRId64 "..%" PRId64 " characters", key->min,
		 key->max);
}

const struct conf_kind conf_interface = { "word", parse_interface, expect_interface,
					  optional_text };

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static void parse_text(const struct conf_place *place, void *base)
{
	const struct conf_key *key = place->key;
	const char *text = get_string(place);
	size_t len = text ? strlen(text) : 0;

	assert(key->max < key->field.size);
	if (!text)
		return;
	if (len >= (size_t)key->min && len <= (size_t)key->max && is_printable(text))
		strcpy(member_of(key, base), text);
	else
		complain_text(place, text, NULL);
}

static void expect_text(const struct conf_key *key, char *buf)
{
	snprintf(buf, CONF_EXPECTED_SIZE, "%" PRId64 "..%" PRId64 " printable ASCII characters",
		 key->min, key->max);
}

const struct conf_kind conf_text = { "text", parse_text, expect_text, quoted_text };
const struct conf_kind conf_url = { "text", parse_text, expect_text, quoted_text };
const struct conf_kind conf_setting = { "text", parse_text, expect_text, quoted_text };

/* @what: it is the path of. */
static void parse_path(const struct conf_place *place, void *base, const char *what)
{
	const struct conf_key *key = place->key;
	char expected[64];
	const char *path;

	assert(key->max < key->field.size);
	if (config_setting_type(place->setting) != CONFIG_TYPE_STRING) {
		snprintf(expected, sizeof(expected), "the absolute path of a %s", what);
		conf_error_expected(place, expected);
		return;
	}
	path = config_setting_get_string(place->setting);
	snprintf(expected, sizeof(expected), "the path of a %s, in printable ASCII", what);
	if (path[0] != '/' || strlen(path) > (size_t)key->max)
		conf_error_expected(place, NULL);
	else if (path[strlen(path) - 1] == '/' || !is_printable(path))
		conf_error_expected(place, expected);
	else
		strcpy(member_of(key, base), path);
}

static void parse_socket(const struct conf_place *place, void *base)
{
	parse_path(place, base, "socket");
}

static void parse_file(const struct conf_place *place, void *base)
{
	parse_path(place, base, "file");
}

static void expect_path(const struct conf_key *key, char *buf)
{
	snprintf(buf, CONF_EXPECTED_SIZE, "an absolute path of at most %" PRId64 " characters",
		 key->max);
}

const struct conf_kind conf_socket = { "path", parse_socket, expect_path, quoted_text };
const struct conf_kind conf_path = { "path", parse_file, expect_path, quoted_text };

/* ---- password ---- */

static void parse_password(const struct conf_place *place, void *base)
{
	const struct conf_key *key = place->key;
	char expected[CONF_EXPECTED_SIZE];
	const char *text;

	assert(key->max < key->field.size);
	if (config_setting_type(place->setting) != CONFIG_TYPE_STRING) {
		conf_error_in(place, "expected %s, in quotes", conf_key_expected(key, expected));
		return;
	}
	text = config_setting_get_string(place->setting);
	if (strlen(text) > (size_t)key->max)
		conf_error_in(place, "expected %s, got %zu; keepalived takes the first %" PRId64,
			      conf_key_expected(key, expected), strlen(text), key->max);
	else if (!*text || !is_printable(text))
		conf_error_in(place, "expected %s, got %s", conf_key_expected(key, expected),
			      *text ? "others" : "none");
	else
		strcpy(member_of(key, base), text);
}

static void expect_password(const struct conf_key *key, char *buf)
{
	snprintf(buf, CONF_EXPECTED_SIZE, "%" PRId64 "..%" PRId64 " printable ASCII characters",
		 key->min, key->max);
}

/* Return: what of a value not everybody may see; NULL: nothing. */
static char *find_secret(const struct conf_kind *kind, char *text)
{
	char *host = strstr(text, "://");

	if (kind == &conf_password && text[0])
		return text;
	if (kind == &conf_setting && strchr(text, '=') && strchr(text, '=')[1])
		return strchr(text, '=');
	if (kind == &conf_url && host && host[3 + strcspn(host + 3, "@/?#")] == '@')
		return host;
	return NULL;
}

bool conf_hide(const struct conf_key *key, char *text)
{
	char *secret = find_secret(key->kind, text);

	if (secret)
		*secret = '\0';
	return secret != NULL;
}

const struct conf_kind conf_password = { "password", parse_password, expect_password, quoted_text };

/* ---- duration ---- */

/* What is wrong with the form of a duration; NULL: nothing. */
static const char *duration_hint(const config_setting_t *setting)
{
	const char *text = config_setting_get_string(setting), *unit;

	if (!text)
		return config_setting_is_number(setting) ? "it needs a unit: \"1s\", \"100ms\""
							 : NULL;
	unit = text + strspn(text, "0123456789.");
	if (unit == text || !*text)
		return "a duration is a number and a unit: \"1s\"";
	if (!*unit)
		return "it needs a unit: \"1s\", \"100ms\"";
	if (*unit == ' ')
		return "no blank stands before the unit";
	if (!conf_duration_has_units(text))
		return "one unit of ms, s, m, h and d stands behind each number, the longest first";
	return NULL;
}

static void parse_duration(const struct conf_place *place, void *base)
{
	const struct conf_key *key = place->key;
	int64_t ns, scale = key->field.scale ? key->field.scale : 1;
	const char *text = config_setting_get_string(place->setting);
	char step[FIELDS_TEXT_SIZE], expected[CONF_EXPECTED_SIZE];

	if (!text || !conf_duration_parse(text, &ns) || ns < key->min || ns > key->max) {
		complain_text(place, text ? text : "", duration_hint(place->setting));
	} else if (key->step && ns % key->step != 0) {
		fields_duration(key->step, step, sizeof(step));
		snprintf(expected, sizeof(expected), "a multiple of \"%.32s\"", step);
		conf_error_expected(place,
				    key->step == NS_PER_MS ? "whole milliseconds" : expected);
	} else {
		fields_set_number(&key->field, base, ns / scale);
	}
}

/* As people write a limit: "40.95s", "10ms". */
static void put_limit(int64_t ns, char *buf, size_t size)
{
	if (ns < NS_PER_S || ns % NS_PER_S == 0)
		fields_duration(ns, buf, size);
	else
		snprintf(buf, size, "%.12gs", (double)ns / NS_PER_S);
}

static void expect_duration(const struct conf_key *key, char *buf)
{
	char min[32], max[32];

	put_limit(key->min, min, sizeof(min));
	put_limit(key->max, max, sizeof(max));
	snprintf(buf, CONF_EXPECTED_SIZE, "a duration from \"%s\" to \"%s\"", min, max);
}

const struct conf_kind conf_duration = { "duration", parse_duration, expect_duration, quoted_text };

/* ---- address ---- */

static void parse_address(const struct conf_place *place, void *base)
{
	const char *text = get_string(place), *fault;
	struct conf_address address;
	char odd[64], odd_fault[96];

	if (!text)
		return;
	fault = conf_address_parse(text, &address);
	if (fault && conf_odd_character(text, odd)) {
		snprintf(odd_fault, sizeof(odd_fault), "has %s in it", odd);
		fault = odd_fault;
	}
	if (fault)
		conf_error_fault(place, fault);
	else
		memcpy(member_of(place->key, base), &address, sizeof(address));
}

static void expect_address(const struct conf_key *key, char *buf)
{
	(void)key;
	strcpy(buf, "an address such as \"192.0.2.1/24\"");
}

static bool address_text(const struct conf_key *key, const void *base, char *buf)
{
	struct conf_address address;

	memcpy(&address, (const char *)base + key->field.offset, sizeof(address));
	conf_address_format(&address, buf);
	return true;
}

const struct conf_kind conf_address = { "address", parse_address, expect_address, address_text };

/* ---- address of a host ---- */

static void parse_host(const struct conf_place *place, void *base)
{
	const char *text = get_string(place), *fault;

	fault = text ? conf_host_parse(text, (uint8_t *)member_of(place->key, base)) : NULL;
	if (fault)
		conf_error_fault(place, fault);
}

static void expect_host(const struct conf_key *key, char *buf)
{
	(void)key;
	strcpy(buf, "an address of a host such as \"192.0.2.2\"");
}

const struct conf_kind conf_host = { "address", parse_host, expect_host, quoted_text };

/* ---- addresses of a host ---- */

static void parse_source(const struct conf_place *place, struct conf_sources *sources)
{
	const char *text = get_string(place), *fault;
	uint8_t bytes[16] = { 0 }, *member;

	fault = text ? conf_host_parse(text, bytes) : NULL;
	if (!text || fault) {
		if (fault)
			conf_error_fault(place, fault);
		return;
	}
	member = sources->of[conf_host_family(bytes) == 6];
	if (member[0])
		conf_error_in(place, "there is one of IPv%u already", conf_host_family(bytes));
	else
		memcpy(member, bytes, sizeof(bytes));
}

static void parse_sources(const struct conf_place *place, void *base)
{
	struct conf_sources *sources = (void *)member_of(place->key, base);
	struct conf_place element = *place;
	int n = config_setting_length(place->setting);

	if (!config_setting_is_list(place->setting) && !config_setting_is_array(place->setting)) {
		parse_source(place, sources);
		return;
	}
	if (n == 0)
		conf_error_expected(place, NULL);
	for (int i = 0; i < n; i++) {
		element.setting = config_setting_get_elem(place->setting, (unsigned)i);
		parse_source(&element, sources);
	}
}

static void expect_sources(const struct conf_key *key, char *buf)
{
	(void)key;
	strcpy(buf, "an address of the host such as \"192.0.2.2\", or one of each family in [ ]");
}

static bool sources_text(const struct conf_key *key, const void *base, char *buf)
{
	struct conf_sources sources;
	char ip4[INET_ADDRSTRLEN], ip6[INET6_ADDRSTRLEN];

	memcpy(&sources, (const char *)base + key->field.offset, sizeof(sources));
	inet_ntop(AF_INET, sources.of[0], ip4, sizeof(ip4));
	inet_ntop(AF_INET6, sources.of[1], ip6, sizeof(ip6));
	if (sources.of[0][0] && sources.of[1][0]) {
		sprintf(buf, "[ \"%s\", \"%s\" ]", ip4, ip6);
		return false;
	}
	strcpy(buf, sources.of[0][0] ? ip4 : sources.of[1][0] ? ip6 : "-");
	return true;
}

const struct conf_kind conf_sources = { "address", parse_sources, expect_sources, sources_text };

/* ---- multicast group ---- */

static void parse_multicast(const struct conf_place *place, void *base)
{
	const char *text = get_string(place), *fault;

	fault = text ? conf_group_parse(text, (uint8_t *)member_of(place->key, base)) : NULL;
	if (fault)
		conf_error_fault(place, fault);
}

static void expect_multicast(const struct conf_key *key, char *buf)
{
	(void)key;
	strcpy(buf, "a multicast address such as \"224.0.0.18\"");
}

/* The usual one where none is said. Of a router of both families it may be of either, and no group
 * of IPv4 begins as those of IPv6 do. */
static bool multicast_text(const struct conf_key *key, const void *base, char *buf)
{
	const uint8_t *group = (const uint8_t *)base + key->field.offset;
	unsigned family = *((const uint8_t *)base + key->field.family) == 6 ? 6 : 4;

	if (group[0])
		family = group[0] == 0xff ? 6 : 4;
	inet_ntop(family == 6 ? AF_INET6 : AF_INET, group[0] ? group : vrrp_group(family), buf,
		  INET6_ADDRSTRLEN);
	return true;
}

const struct conf_kind conf_multicast = { "address", parse_multicast, expect_multicast,
					  multicast_text };

/* ---- MAC address ---- */

static void parse_mac(const struct conf_place *place, void *base)
{
	const char *text = get_string(place), *fault;

	fault = text ? conf_mac_parse(text, (uint8_t *)member_of(place->key, base)) : NULL;
	if (fault)
		conf_error_fault(place, fault);
}

static void expect_mac(const struct conf_key *key, char *buf)
{
	(void)key;
	strcpy(buf, "a MAC address such as \"02:00:00:00:00:01\"");
}

static bool mac_text(const struct conf_key *key, const void *base, char *buf)
{
	static const uint8_t zeros[6];
	const uint8_t *bytes = (const uint8_t *)base + key->field.offset;

	if (memcmp(bytes, zeros, sizeof(zeros)) == 0)
		strcpy(buf, "-");
	else
		conf_mac_format(bytes, buf);
	return true;
}

const struct conf_kind conf_unicast_mac = { "address", parse_mac, expect_mac, mac_text };

/* ---- which link-local address comes first ---- */

static const char *const link_local_words[] = {
	[CONF_LINK_LOCAL_VIRTUAL] = "virtual",
	[CONF_LINK_LOCAL_NONE] = "none",
};

static void parse_link_local(const struct conf_place *place, void *base)
{
	struct conf_link_local *link_local = (void *)member_of(place->key, base);
	const char *text = get_string(place), *fault = NULL;
	uint8_t bytes[16];

	if (!text)
		return;
	for (uint8_t i = CONF_LINK_LOCAL_VIRTUAL; i <= CONF_LINK_LOCAL_NONE; i++)
		if (strcmp(text, link_local_words[i]) == 0)
			link_local->kind = i;
	if (link_local->kind)
		return;
	if (!strchr(text, ':')) {
		conf_error_expected(place, NULL);
		return;
	}
	fault = conf_host_parse(text, bytes);
	if (!fault && !vrrp_is_link_local(6, bytes))
		fault = "is not link-local: such an address begins with fe80:";
	if (fault) {
		conf_error_fault(place, fault);
		return;
	}
	link_local->kind = CONF_LINK_LOCAL_ADDRESS;
	memcpy(link_local->bytes, bytes, sizeof(bytes));
}

static void expect_link_local(const struct conf_key *key, char *buf)
{
	(void)key;
	strcpy(buf, "an address such as \"fe80::1\", or \"virtual\", or \"none\"");
}

static bool link_local_text(const struct conf_key *key, const void *base, char *buf)
{
	struct conf_link_local link_local;

	memcpy(&link_local, (const char *)base + key->field.offset, sizeof(link_local));
	if (link_local.kind == CONF_LINK_LOCAL_ADDRESS)
		inet_ntop(AF_INET6, link_local.bytes, buf, INET6_ADDRSTRLEN);
	else
		strcpy(buf, link_local.kind ? link_local_words[link_local.kind] : "-");
	return true;
}

const struct conf_kind conf_link_local = { "address", parse_link_local, expect_link_local,
					   link_local_text };
