/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS    INT64_C(1000000)
#define NS_PER_S     (1000 * NS_PER_MS)
#define DURATION_MAX (3660 * 24 * 3600 * NS_PER_S)
#define LATE_CS      120 /* the kernel, to remove an address whose lease has ended */
#define WORD_MAX     31

/* The longest first, as they stand in a sum. */
static const struct unit {
	const char *name;
	int64_t ns;
} units[] = {
	{ "d", 24 * 3600 * NS_PER_S }, { "h", 3600 * NS_PER_S },
	{ "m", 60 * NS_PER_S },        { "s", NS_PER_S },
	{ "ms", NS_PER_MS },
};

#define UNITS_N (sizeof(units) / sizeof(units[0]))

/* Of those from @first on. Return: UNITS_N: it is none of them. */
static size_t find_unit(const char *name, size_t len, size_t first)
{
	size_t i = first;

	while (i < UNITS_N &&
	       (strlen(units[i].name) != len || memcmp(name, units[i].name, len) != 0))
		i++;
	return i;
}

/* One number and its unit, shorter than the one before. @unit: the first that may stand there; set
 * to the next one. Return: what stands behind; NULL: it is none. */
static const char *parse_part(const char *text, size_t *unit, int64_t *ret_ns)
{
	static const char digits[] = "0123456789";
	size_t whole_len = strspn(text, digits), fraction_len = 0, name_len, i;
	const char *name = text + whole_len;
	int64_t whole, fraction = 0, scale = 1;

	if (whole_len == 0 || whole_len > 9)
		return NULL;
	whole = strtoll(text, NULL, 10);
	if (*name == '.') {
		fraction_len = strspn(name + 1, digits);
		if (fraction_len == 0 || fraction_len > 6)
			return NULL;
		fraction = strtoll(name + 1, NULL, 10);
		name += 1 + fraction_len;
	}
	name_len = strcspn(name, digits);
	/* Only the last one has a fraction. */
	if (fraction_len > 0 && name[name_len])
		return NULL;
	for (i = 0; i < fraction_len; i++)
		scale *= 10;
	i = find_unit(name, name_len, *unit);
	if (i == UNITS_N || whole > DURATION_MAX / units[i].ns)
		return NULL;
	*unit = i + 1;
	*ret_ns = whole * units[i].ns + fraction * (units[i].ns / scale);
	return name + name_len;
}

bool conf_duration_parse(const char *text, int64_t *ret_ns)
{
	int64_t sum_ns = 0, ns;
	size_t unit = 0;

	do {
		text = parse_part(text, &unit, &ns);
		if (!text)
			return false;
		sum_ns += ns;
	} while (*text);
	if (sum_ns > DURATION_MAX)
		return false;
	*ret_ns = sum_ns;
	return true;
}

bool conf_duration_has_units(const char *text)
{
	static const char numbers[] = "0123456789.";
	size_t unit = 0, len;

	for (; *text; text += len) {
		text += strspn(text, numbers);
		len = strcspn(text, numbers);
		unit = find_unit(text, len, unit);
		if (unit++ == UNITS_N)
			return false;
	}
	return true;
}

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

bool conf_interface_is_valid(const char *text, size_t len_max)
{
	return conf_word_is_valid(text, len_max) && !strpbrk(text, ":@") &&
	       strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

/* What no host may have for its own, in host byte order. */
static const char *address_fault(uint32_t address, unsigned prefix_len)
{
	uint32_t host_mask = prefix_len == 0 ? UINT32_MAX : (1ull << (32 - prefix_len)) - 1;

	if (address >> 24 == 0)
		return "is in 0.0.0.0/8, which no host can have";
	if (address >> 24 == 127)
		return "is a loopback address";
	if (address >> 28 == 14)
		return "is a multicast address";
	if (address >> 28 == 15)
		return "is a reserved or broadcast address";
	if (prefix_len < 31 && (address & host_mask) == 0)
		return "is the address of the network itself: its host bits are all 0";
	if (prefix_len < 31 && (address & host_mask) == host_mask)
		return "is the broadcast address of its network: its host bits are all 1";
	return NULL;
}

/* What stands there instead of four numbers with dots between. */
static const char *host_fault(const char *host)
{
	const char *digits = "0123456789";
	unsigned numbers_n = 0;

	if (host[strspn(host, "0123456789.")] != '\0')
		return strpbrk(host, " \t") ? "has a blank in it"
		       : strchr(host, '-') > host
			       ? "is no single address; each address is one string"
			       : "is not an IPv4 address, and names are not looked up";
	for (; *host; host += strspn(host, digits), host += *host == '.') {
		if (*host == '.')
			return "is not an IPv4 address: a number is missing between its dots";
		numbers_n++;
		if (host[0] == '0' && strspn(host, digits) > 1)
			return "has a number that begins with 0; leave out the 0";
		if (strspn(host, digits) > 3 || strtoul(host, NULL, 10) > 255)
			return "is not an IPv4 address: its numbers are from 0 to 255";
	}
	return numbers_n == 4 ? "is not an IPv4 address: it ends with a dot"
			      : "is not an IPv4 address: it needs four numbers";
}

/* Behind the slash. */
static const char *prefix_fault(const char *text)
{
	size_t digits = strspn(text, "0123456789"), blanks = strspn(text + digits, " \t");

	if (blanks > 0 && !text[digits + blanks])
		return "has a blank at its end";
	if (strchr(text, ','))
		return "is more than one address; each is a string of its own";
	if (digits > 0 && blanks > 0)
		return "has more behind its prefix length; options stand beside it: { address = "
		       "\"192.0.2.1/24\"; interface = \"eth1\"; label = \"eth1:vip\"; }";
	if (strncmp(text, "255.", 4) == 0)
		return "has a netmask; write the prefix length: \"192.0.2.1/24\"";
	if (digits == 0 || digits > 2 || text[digits] != '\0')
		return "has a prefix length that is not a number from 1 to 32";
	return "has a prefix length outside 1..32";
}

/* ---- IPv6 ---- */

static bool are_zero(const uint8_t *bytes, unsigned from, unsigned to)
{
	for (unsigned bit = from; bit < to; bit++)
		if (bytes[bit / 8] & 0x80 >> bit % 8)
			return false;
	return true;
}

/* As address_fault(). */
static const char *address6_fault(const uint8_t *bytes, unsigned prefix_len)
{
	if (are_zero(bytes, 0, 128))
		return "is no address of a host";
	if (are_zero(bytes, 0, 127))
		return "is a loopback address";
	if (bytes[0] == 0xff)
		return "is a multicast address";
	if (are_zero(bytes, 0, 80) && bytes[10] == 0xff && bytes[11] == 0xff)
		return "is an IPv4 address in the form of IPv6; write \"192.0.2.1/24\"";
	if (prefix_len < 127 && are_zero(bytes, prefix_len, 128))
		return "is the anycast address of its network's routers: its host bits are all 0";
	return NULL;
}

/* @host: up to the slash. */
static const char *parse6(const char *host, uint8_t *ret_bytes)
{
	if (strpbrk(host, " \t"))
		return "has a blank in it";
	if (strchr(host, '%'))
		return "has a zone; leave out what begins with %: the interface is the router's";
	if (inet_pton(AF_INET6, host, ret_bytes) != 1)
		return "is not an IPv6 address";
	return NULL;
}

static const char *parse_address6(const char *text, struct conf_address *ret_address)
{
	char host[INET6_ADDRSTRLEN + 1];
	const char *slash = strchr(text, '/'), *fault;
	struct conf_address address = { .family = 6 };
	size_t digits = slash ? strspn(slash + 1, "0123456789") : 0;
	unsigned prefix_len = 0;

	snprintf(host, sizeof(host), "%.*s", slash ? (int)(slash - text) : (int)strlen(text), text);
	fault = parse6(host, address.bytes);
	if (fault)
		return fault;
	if (!slash)
		return "has no prefix length; write that of the network, \"2001:db8::1/64\", or "
		       "/128, which is what keepalived means";
	if (digits == 0 || digits > 3 || slash[1 + digits] != '\0')
		return "has a prefix length that is not a number from 1 to 128";
	prefix_len = (unsigned)strtoul(slash + 1, NULL, 10);
	if (prefix_len < 1 || prefix_len > 128)
		return "has a prefix length outside 1..128";
	fault = address6_fault(address.bytes, prefix_len);
	if (fault)
		return fault;
	address.prefix_len = (uint8_t)prefix_len;
	*ret_address = address;
	return NULL;
}

/* ---- either ---- */

const char *conf_address_parse(const char *text, struct conf_address *ret_address)
{
	char host[INET_ADDRSTRLEN + 1];
	const char *slash = strchr(text, '/'), *fault;
	struct conf_address address = { .family = 4 };
	size_t len = slash ? (size_t)(slash - text) : strlen(text), digits;
	struct in_addr in;
	unsigned prefix_len = 0;

	if (strchr(text, ':'))
		return parse_address6(text, ret_address);
	snprintf(host, sizeof(host), "%.*s", len < sizeof(host) ? (int)len : (int)sizeof(host),
		 text);
	if (len >= INET_ADDRSTRLEN || inet_pton(AF_INET, host, &in) != 1)
		return host_fault(host);
	if (!slash)
		return "has no prefix length; write that of the network, \"192.0.2.1/24\", or /32, "
		       "which is what keepalived means";
	digits = strspn(slash + 1, "0123456789");
	if (digits == 1 || digits == 2)
		prefix_len = (unsigned)strtoul(slash + 1, NULL, 10);
	if (slash[1 + digits] != '\0' || prefix_len < 1 || prefix_len > 32)
		return prefix_fault(slash + 1);
	fault = address_fault(ntohl(in.s_addr), prefix_len);
	if (fault)
		return fault;
	address.prefix_len = (uint8_t)prefix_len;
	memcpy(address.bytes, &in, 4);
	*ret_address = address;
	return NULL;
}

/* Of what has no prefix length here, the host bits are those behind /64 (RFC 4291 §2.5.4). */
static const char *parse_host6(const char *text, uint8_t *ret_bytes)
{
	uint8_t bytes[16];
	const char *fault = parse6(text, bytes);

	if (!fault)
		fault = address6_fault(bytes, 64);
	if (!fault)
		memcpy(ret_bytes, bytes, sizeof(bytes));
	return fault;
}

const char *conf_host_parse(const char *text, uint8_t *ret_bytes)
{
	struct in_addr in;
	const char *fault;

	if (strchr(text, '/'))
		return "has a prefix length, and this is the address of a host alone";
	if (strchr(text, ':'))
		return parse_host6(text, ret_bytes);
	if (inet_pton(AF_INET, text, &in) != 1)
		return "is not an IPv4 address";
	fault = address_fault(ntohl(in.s_addr), 32);
	if (!fault)
		memcpy(ret_bytes, &in, 4);
	return fault;
}

const char *conf_group_parse(const char *text, uint8_t *ret_bytes)
{
	uint8_t bytes[16] = { 0 };
	bool is_ip6 = strchr(text, ':');

	if (strchr(text, '/'))
		return "has a prefix length, and this is a group alone";
	if (inet_pton(is_ip6 ? AF_INET6 : AF_INET, text, bytes) != 1)
		return is_ip6 ? "is not an IPv6 address" : "is not an IPv4 address";
	if (is_ip6 ? bytes[0] != 0xff : bytes[0] >> 4 != 14)
		return "is not a multicast address: of IPv4 they begin with 224 to 239, of IPv6 "
		       "with ff";
	/* RFC 4291 §2.7. */
	if (is_ip6 && (bytes[1] & 0x0f) < 2)
		return "never leaves a host; a group of the link begins with ff02:";
	memcpy(ret_bytes, bytes, sizeof(bytes));
	return NULL;
}

/* conf_host_parse() lets nothing of IPv6 pass that ends with so many zeros. */
unsigned conf_host_family(const uint8_t *bytes)
{
	return are_zero(bytes, 32, 128) ? 4 : 6;
}

const char *conf_address_format(const struct conf_address *address, char *buf)
{
	char host[INET6_ADDRSTRLEN];

	inet_ntop(address->family == 6 ? AF_INET6 : AF_INET, address->bytes, host, sizeof(host));
	snprintf(buf, CONF_ADDRESS_TEXT_SIZE, "%s/%u", host, address->prefix_len);
	return buf;
}

/* ---- networks ---- */

const char *conf_prefix_parse(const char *text, struct conf_prefix *ret_prefix)
{
	const char *slash = strchr(text, '/');
	bool is_ip6 = strchr(text, ':');
	unsigned bits = is_ip6 ? 128 : 32, len;
	struct conf_prefix prefix = { .family = is_ip6 ? 6 : 4 };
	char host[INET6_ADDRSTRLEN + 1];
	size_t digits = slash ? strspn(slash + 1, "0123456789") : 0;

	snprintf(host, sizeof(host), "%.*s", slash ? (int)(slash - text) : (int)strlen(text), text);
	if (inet_pton(is_ip6 ? AF_INET6 : AF_INET, host, prefix.bytes) != 1)
		return is_ip6 ? "is not an IPv6 network" : host_fault(host);
	if (!slash)
		return is_ip6 ? "has no prefix length; write /128 for one host"
			      : "has no prefix length; write /32 for one host";
	len = (unsigned)strtoul(slash + 1, NULL, 10);
	if (digits == 0 || digits > 3 || slash[1 + digits] || len > bits)
		return is_ip6 ? "has a prefix length that is not a number from 0 to 128"
			      : "has a prefix length that is not a number from 0 to 32";
	if (!are_zero(prefix.bytes, len, bits))
		return "has bits behind its prefix length that are not 0: it is an address, not a "
		       "network";
	prefix.prefix_len = (uint8_t)len;
	*ret_prefix = prefix;
	return NULL;
}

const char *conf_prefix_format(const struct conf_prefix *prefix, char *buf)
{
	char host[INET6_ADDRSTRLEN];

	if (!prefix->family)
		return strcpy(buf, "default");
	inet_ntop(prefix->family == 6 ? AF_INET6 : AF_INET, prefix->bytes, host, sizeof(host));
	snprintf(buf, CONF_PREFIX_TEXT_SIZE, "%s/%u", host, prefix->prefix_len);
	return buf;
}

/* ---- MAC addresses ---- */

/* Two digits each, with colons between them. */
static bool parse_six(const char *text, uint8_t *ret_bytes)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	for (unsigned i = 0; i < 6; i++, text += 3) {
		if (strspn(text, hex) != 2 || text[2] != (i == 5 ? '\0' : ':'))
			return false;
		ret_bytes[i] = (uint8_t)strtoul(text, NULL, 16);
	}
	return true;
}

const char *conf_mac_parse(const char *text, uint8_t *ret_bytes)
{
	static const uint8_t zeros[6];
	uint8_t bytes[6];

	if (!parse_six(text, bytes))
		return "is not a MAC address; write \"02:00:00:00:00:01\"";
	if (bytes[0] & 1)
		return "is a group of MAC addresses: its first byte is odd";
	if (memcmp(bytes, zeros, sizeof(zeros)) == 0)
		return "is no MAC address of an interface";
	memcpy(ret_bytes, bytes, sizeof(bytes));
	return NULL;
}

const char *conf_mac_format(const uint8_t *bytes, char *buf)
{
	snprintf(buf, CONF_MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
		 bytes[2], bytes[3], bytes[4], bytes[5]);
	return buf;
}

/* ---- of a virtual router ---- */

void conf_link_local_of(uint8_t vrid, uint8_t *ret_bytes)
{
	static const uint8_t template[15] = { 0xfe, 0x80, 0,    0,    0,    0, 0,   0,
					      0x02, 0,    0x5e, 0xff, 0xfe, 0, 0x02 };

	memcpy(ret_bytes, template, sizeof(template));
	ret_bytes[15] = vrid;
}

bool conf_has_address(const struct conf_router *router, const uint8_t *bytes)
{
	for (unsigned i = 0; i < router->addresses_n + router->extra_n; i++)
		if (memcmp(router->addresses[i].bytes, bytes, sizeof(router->addresses[i].bytes)) ==
		    0)
			return true;
	return false;
}

bool conf_is_on_macvlan(const struct conf_router *router, const struct conf_address *address)
{
	return router->mac.type == CONF_MAC_VIRTUAL && address->family == router->vrrp.family &&
	       strcmp(conf_address_interface(router, address), router->interface) == 0;
}

bool conf_is_of_virtual_router(const struct conf_router *router, unsigned address)
{
	uint8_t bytes[16];

	conf_link_local_of(router->vrrp.vrid, bytes);
	return router->vrrp.family == 6 &&
	       memcmp(router->addresses[address].bytes, bytes, sizeof(bytes)) == 0;
}

bool conf_address_is_preferred(const struct conf_address *address)
{
	if (address->preferred != CONF_UNSAID)
		return address->preferred == CONF_YES;
	return address->family == 4 || address->prefix_len < 128;
}

const char *conf_address_interface(const struct conf_router *router,
				   const struct conf_address *address)
{
	return address->interface[0] ? address->interface : router->interface;
}

bool conf_signs(const struct conf_router *router)
{
	return router->auth.type == CONF_AUTH_HMAC && router->auth.mode != CONF_AUTH_RECEIVE_ONLY;
}

const uint8_t *conf_group(const struct conf_router *router)
{
	return router->group[0] ? router->group : vrrp_group(router->vrrp.family);
}

bool conf_peers_are_link_local(const struct conf_router *router)
{
	return router->unicast.peers_n && router->unicast.peers[0].family == 6 &&
	       vrrp_is_link_local(6, router->unicast.peers[0].bytes);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Damerau's distance with restricted transpositions, by the textbook table. */
unsigned conf_distance(const char *a, const char *b)
{
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return (unsigned)(a_len > b_len ? a_len : b_len);
	for (unsigned i = 0; i <= a_len; i++)
		d[i][0] = i;
	for (unsigned j = 0; j <= b_len; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		for (size_t j = 1; j <= b_len; j++) {
			unsigned replace = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, replace);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = min3(d[i][j], d[i - 2][j - 2] + 1, d[i][j]);
		}
	}
	return d[a_len][b_len];
}

/* The least that a safe lease and what the kernel may be late come to. */
#define SAFE_MIN_CS (100 + LATE_CS)

unsigned conf_lease_safe_cs(unsigned down_intervals)
{
	unsigned spare = down_intervals - 1;

	return spare ? (SAFE_MIN_CS + spare - 1) / spare : 0;
}

int conf_lease_s(enum conf_lease lease, unsigned interval_cs, unsigned down_intervals)
{
	int seconds;

	if (lease == CONF_LEASE_OFF)
		return 0;
	if (lease == CONF_LEASE_AVAILABLE)
		/* The second more is what spares most adverts a renewal. */
		return (int)((down_intervals + 1) * interval_cs + 99) / 100 + 1;
	/* Renewed an interval after the last advert at the latest, with what the kernel may be
	 * late: still before the first Backup. */
	seconds = ((int)((down_intervals - 1) * interval_cs) - LATE_CS) / 100;
	return seconds < 1 ? -1 : seconds;
}
