/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "family.h"
#include "parse.h"
#include "value.h"

#define LABEL_MAX (CONF_LINK_SIZE - 1)

/* ---- broadcast ---- */

static void parse_broadcast(const struct conf_place *place, void *base)
{
	struct conf_broadcast *broadcast = (void *)((char *)base + place->key->field.offset);
	const char *text = config_setting_get_string(place->setting);
	struct in_addr in;

	if (text && strcmp(text, "none") == 0)
		return;
	if (text && strcmp(text, "auto") == 0) {
		broadcast->kind = CONF_BROADCAST_AUTO;
	} else if (text && inet_pton(AF_INET, text, &in) == 1 && in.s_addr) {
		broadcast->kind = CONF_BROADCAST_ADDRESS;
		memcpy(broadcast->bytes, &in, sizeof(broadcast->bytes));
	} else {
		conf_error_expected(place, NULL);
	}
}

static void expect_broadcast(const struct conf_key *key, char *buf)
{
	(void)key;
	strcpy(buf, "an address such as \"192.0.2.255\", or \"auto\", or \"none\"");
}

static bool broadcast_text(const struct conf_key *key, const void *base, char *buf)
{
	struct conf_broadcast broadcast;

	memcpy(&broadcast, (const char *)base + key->field.offset, sizeof(broadcast));
	if (broadcast.kind == CONF_BROADCAST_ADDRESS)
		inet_ntop(AF_INET, broadcast.bytes, buf, INET_ADDRSTRLEN);
	else
		strcpy(buf, broadcast.kind == CONF_BROADCAST_AUTO ? "auto" : "none");
	return true;
}

const struct conf_kind conf_broadcast = { "address", parse_broadcast, expect_broadcast,
					  broadcast_text };

/* ---- one address ---- */

static bool is_given(const struct conf_place *place, const char *key)
{
	return config_setting_is_group(place->setting) &&
	       config_setting_get_member(place->setting, key);
}

/* Of IPv6 the kernel derives the scope from the address; the rest it does not have. */
static void refuse_ip4_options(const struct conf_place *address)
{
	static const char *const keys[] = { "label", "scope", "broadcast" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct conf_place place = conf_place_of(address, keys[i]);

		if (is_given(address, keys[i]))
			conf_error_in(&place, "an IPv6 address has none: leave it out");
	}
}

static void check_peer(const struct conf_place *group, const struct conf_address *address)
{
	const struct conf_place place = conf_place_of(group, "peer");

	if (!address->peer[0])
		return;
	if (conf_host_family(address->peer) != address->family)
		conf_error_in(&place, "the address is of IPv%u, and this is not", address->family);
	else if (memcmp(address->peer, address->bytes, sizeof(address->peer)) == 0)
		conf_error_in(&place, "this is the address itself, not the other end of the link");
}

static void settle(uint8_t *answer, enum conf_answer by_default)
{
	if (*answer == by_default)
		*answer = CONF_UNSAID;
}

void conf_address_check(const struct conf_place *place, void *base)
{
	struct conf_address *address = base;
	const struct conf_address plain = { .family = address->family,
					    .prefix_len = address->prefix_len };

	settle(&address->prefix_route, CONF_YES);
	settle(&address->required, CONF_YES);
	if (!address->family)
		return; /* it is wrong itself */
	settle(&address->preferred, conf_address_is_preferred(&plain) ? CONF_YES : CONF_NO);
	if (address->family == 6)
		refuse_ip4_options(place);
	check_peer(place, address);
}

/* ---- those of a router ---- */

/* ip(8) and whoever reads its output take a label for one by the interface's name in it. */
static void check_label(const struct conf_place *group, const struct conf_router *router,
			const struct conf_address *address)
{
	const struct conf_place place = conf_place_of(group, "label");
	/* Only IPv4 has labels. */
	const struct conf_router *member = conf_family_member(router, 0);
	const char *interface = conf_is_on_macvlan(member, address)
					? member->mac.name
					: conf_address_interface(router, address);
	size_t len = strlen(interface);

	if (!address->label[0] || !len)
		return;
	if (len + 2 > LABEL_MAX)
		conf_error_in(&place,
			      "the name of %s leaves no room for one: a label has at most "
			      "%d characters, and begins with that name and a colon",
			      interface, LABEL_MAX);
	else if (strncmp(address->label, interface, len) != 0 || address->label[len] != ':' ||
		 !address->label[len + 1])
		conf_error_in(&place, "\"%s\" is no label of %s: it begins with \"%s:\"",
			      address->label, interface, interface);
}

/* Of IPv4: what the prefix is of, in host byte order. */
static uint32_t subnet_of(const struct conf_address *address)
{
	uint32_t mask = (uint32_t)(UINT64_C(0xffffffff) << (32 - address->prefix_len));
	const uint8_t *bytes = address->peer[0] ? address->peer : address->bytes;
	struct in_addr in;

	memcpy(&in, bytes, sizeof(in));
	return ntohl(in.s_addr) & mask;
}

static bool share_subnet(const struct conf_address *a, const struct conf_address *b)
{
	return b->family == 4 && a->prefix_len == b->prefix_len &&
	       strcmp(a->interface, b->interface) == 0 && subnet_of(a) == subnet_of(b);
}

/* The kernel refuses the second one (EINVAL). */
static void check_scope(const struct conf_place *group, const struct conf_router *router,
			const struct conf_address *address)
{
	const struct conf_place place = conf_place_of(group, "scope");
	unsigned n = router->addresses_n + router->extra_n;
	char text[CONF_ADDRESS_TEXT_SIZE];

	if (address->family != 4 || address->scope == CONF_SCOPE_GLOBAL)
		return;
	for (unsigned i = 0; i < n; i++) {
		const struct conf_address *other = &router->addresses[i];

		if (other->scope == address->scope || !share_subnet(address, other))
			continue;
		conf_error_in(&place, "%s, of the same subnet on that interface, has another one",
			      conf_address_format(other, text));
		return;
	}
}

/* @first, @n: those of the list @key among all that the router has. */
static void check_list(const struct conf_place *group, const struct conf_router *router,
		       const char *key, unsigned first, unsigned n)
{
	const struct conf_place list = conf_place_of(group, key);

	for (unsigned i = 0; i < n; i++) {
		const struct conf_address *address = &router->addresses[first + i];
		const struct conf_place place = {
			.parse = group->parse,
			.above = &list,
			.setting = config_setting_get_elem(list.setting, i),
			.key = list.key,
			.element = i + 1,
		};

		check_label(&place, router, address);
		check_scope(&place, router, address);
	}
}

void conf_address_check_all(const struct conf_place *group, struct conf_router *router)
{
	unsigned added = conf_family_added(router);

	for (unsigned i = 0; i < router->addresses_n + router->extra_n; i++) {
		struct conf_address *address = &router->addresses[i];

		if (strcmp(address->interface, router->interface) == 0)
			memset(address->interface, 0, sizeof(address->interface));
	}
	check_list(group, router, "addresses", added, router->addresses_n - added);
	check_list(group, router, "extra_addresses", router->addresses_n, router->extra_n);
}
