/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <stdlib.h>
#include <string.h>

#include "value.h"
#include "vrrp/timers.h"

#define NS_PER_CS    INT64_C(10000000)
#define DELAY_MAX_NS (3600 * INT64_C(1000000000))

static bool get_int(const struct place *place, const char *expected, long long min, long long max,
		    long long *ret_value)
{
	int type = config_setting_type(place->setting);
	long long value = config_setting_get_int64(place->setting);

	if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) || value < min || value > max) {
		conf_error_expected(place, expected);
		return false;
	}
	*ret_value = value;
	return true;
}

static const char *get_string(const struct place *place, const char *expected)
{
	if (config_setting_type(place->setting) != CONFIG_TYPE_STRING) {
		conf_error_expected(place, expected);
		return NULL;
	}
	return config_setting_get_string(place->setting);
}

static bool get_bool(const struct place *place, bool *ret_value)
{
	if (config_setting_type(place->setting) != CONFIG_TYPE_BOOL) {
		conf_error_expected(place, "true or false");
		return false;
	}
	*ret_value = config_setting_get_bool(place->setting);
	return true;
}

/* A text that goes into file names, tables and log lines: printable ASCII without blanks. */
bool conf_word_is_valid(const char *text, size_t len_max)
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
	if (!conf_word_is_valid(text, size - 1)) {
		conf_error_expected(place, expected);
		return false;
	}
	strcpy(buf, text);
	return true;
}

static void set_node(const struct place *place)
{
	get_word(place, "1..64 ASCII characters without blanks, quotes and slashes",
		 place->parse->conf->node, CONF_NODE_SIZE);
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static void set_control(const struct place *place)
{
	const char *path = get_string(place, "the absolute path of a socket");

	if (!path)
		return;
	if (path[0] != '/' || strlen(path) >= CONF_CONTROL_SIZE) {
		conf_error_expected(place, "an absolute path of at most 103 characters");
		return;
	}
	if (path[strlen(path) - 1] == '/' || !is_printable(path)) {
		conf_error_expected(place, "the path of a socket, in printable ASCII");
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
	if (get_word(place, "1..32 ASCII characters without blanks, quotes and slashes",
		     place->router->name, CONF_NAME_SIZE))
		conf_claim(place, "router name \"%s\"", place->router->name);
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

	if (!get_int(place, "3", 2, 3, &value))
		return;
	if (value == 2)
		conf_error_in(place, "VRRP version 2 is not supported yet; use 3");
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
			conf_error_expected(place, expected);
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
		conf_error_expected(place, expected);
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
		conf_error_expected(place, "a multiple of \"10ms\"");
	else
		place->router->vrrp.interval_cs = (uint16_t)(ns / NS_PER_CS);
}

static void set_delay(const struct place *place, int64_t *ret_ns)
{
	int64_t ns;

	if (!get_duration(place, "a duration from \"0s\" to \"1h\"", 0, DELAY_MAX_NS, &ns))
		return;
	if (ns % 1000000 != 0)
		conf_error_expected(place, "whole milliseconds");
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
		conf_error_fault(place, fault);
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
		conf_error_expected(place, expected);
		return 0;
	}
	if (n < (int)min || n > (int)max) {
		conf_error_in(place, "expected %s, got %d", expected, n);
		return 0;
	}
	addresses = realloc(router->addresses, (have + (unsigned)n + 1) * sizeof(*addresses));
	if (!addresses) {
		conf_error_in(place, "out of memory");
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
		conf_error_in(place, "a virtual MAC is not supported yet; use \"interface\"");
	else if (text && strcmp(text, "interface") != 0)
		conf_error_expected(place, "\"interface\" or \"virtual\"");
}

static void set_accept(const struct place *place)
{
	bool accept;

	if (get_bool(place, &accept) && !accept)
		conf_error_in(place, "false is not supported yet; use true");
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
		conf_error_expected(place, "\"rfc9568\" or \"rfc5798\"");
}

static void set_lease(const struct place *place)
{
	static const char expected[] = "\"available\", \"safe\" or \"off\"";
	const char *text = get_string(place, expected);

	if (!text)
		return;
	if (strcmp(text, "available") == 0)
		place->router->lease = CONF_LEASE_AVAILABLE;
	else if (strcmp(text, "safe") == 0)
		place->router->lease = CONF_LEASE_SAFE;
	else if (strcmp(text, "off") == 0)
		place->router->lease = CONF_LEASE_OFF;
	else
		conf_error_expected(place, expected);
	if (conf_lease_s(place->router->lease, place->router->vrrp.interval_cs) < 0)
		conf_error_in(place, "\"safe\" needs an interval of at least \"1.1s\": the kernel "
				     "counts a lease in whole seconds");
}

/* "addresses" stands before "extra_addresses", "interval" before "lease": rows are set in this
 * order, not in the file's. */
const struct key conf_router_keys[] = {
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
	{ "lease", set_lease, NULL },
	{ "unicast", NULL, "unicast peers are" },
	{ "auth", NULL, "authentication is" },
	{ "track", NULL, "tracking is" },
	{ "routes", NULL, "virtual routes are" },
	{ "link_local", NULL, "IPv6 is" },
	{ NULL, NULL, NULL },
};

const struct key conf_global_keys[] = {
	{ "node", set_node, NULL },
	{ "control", set_control, NULL },
	{ "realtime", set_realtime, NULL },
	{ "routers", conf_set_routers, NULL },
	{ "groups", NULL, "groups of routers are" },
	{ "checks", NULL, "health checks are" },
	{ "notify", NULL, "notify commands are" },
	{ NULL, NULL, NULL },
};
