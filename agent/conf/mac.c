/* SPDX-License-Identifier: MIT */
#include "mac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "family.h"
#include "parse.h"
#include "value.h"

/* ---- the name ---- */

/*
 * "vrrp.51.eth0", or of IPv6 "vrrp6.51.eth0". What is too long for a name, as that of a VLAN often
 * is, has a hash of the interface instead: "vrrp.51.k3f9q"; so has what the kernel would take for a
 * pattern.
 */
static void choose_name(const struct conf_router *router, char *ret_name)
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	const char *prefix = router->vrrp.family == 6 ? "vrrp6" : "vrrp";
	uint32_t hash = 2166136261u; /* FNV-1a */
	char text[64];
	int len = snprintf(text, sizeof(text), "%s.%u.", prefix, router->vrrp.vrid);

	if ((size_t)len + strlen(router->interface) < CONF_LINK_SIZE &&
	    !strchr(router->interface, '%')) {
		strcpy(text + len, router->interface);
	} else {
		for (const char *at = router->interface; *at; at++)
			hash = (hash ^ (uint8_t)*at) * 16777619u;
		hash ^= hash >> 16;
		for (unsigned i = 0; i < 5; i++, hash >>= 5)
			text[len++] = digits[hash & 31];
		text[len] = '\0';
	}
	strcpy(ret_name, text);
}

/* ---- one router ---- */

static bool has_address(const struct conf_mac *mac)
{
	static const uint8_t zeros[6];

	return memcmp(mac->address, zeros, sizeof(zeros)) != 0;
}

static void complain_needless(const struct conf_place *group, const struct conf_mac *mac)
{
	const struct conf_place place = conf_place_of(group, "mac");

	if (config_setting_is_group(place.setting) &&
	    !config_setting_get_member(place.setting, "type"))
		return; /* is complained of as missing, or it is by node */
	if (mac->name[0] || mac->adverts || has_address(mac))
		conf_error_in(&place, "only with type = \"virtual\" there is a name, an address or "
				      "a choice of adverts");
}

/* Whether a macvlan can carry what this router does. */
static void check_virtual(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "mac");
	const struct conf_mac *mac = &router->mac;

	if (strcmp(router->interface, CONF_LOOPBACK) == 0)
		conf_error_in(
			&place,
			"a virtual MAC stands on an interface with one: name that, not \"%s\"",
			CONF_LOOPBACK);
	if (strchr(mac->name, '%'))
		conf_error_in(&place,
			      "the kernel makes a number of what begins with %% in \"%s\": no "
			      "macvlan can have that name",
			      mac->name);
	if (router->unicast.peers_n && mac->adverts == CONF_ADVERTS_VIRTUAL)
		conf_error_in(&place, "adverts to unicast peers have the MAC of the interface "
				      "that they leave by: leave adverts out");
	if (router->members_n && (mac->name[0] || has_address(mac)))
		conf_error_in(&place, "a router of both families has two macvlans: leave name and "
				      "address out, or write a router for each family");
}

static void claim(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "mac");
	char text[CONF_MAC_TEXT_SIZE];

	if (!router->interface[0] || !router->vrrp.vrid)
		return;
	conf_claim(&place, "interface name \"%s\"", router->mac.name);
	conf_claim(&place, "MAC address %s on %s", conf_mac_format(router->mac.address, text),
		   router->interface);
}

/* Of one family. */
static void set_virtual(const struct conf_place *group, struct conf_router *router)
{
	router->vrrp.virtual_mac = true;
	struct conf_mac *mac = &router->mac;
	const uint8_t standard[6] = {
		0x00, 0x00, 0x5e, 0x00, router->vrrp.family == 6 ? 2 : 1, router->vrrp.vrid
	};

	if (!mac->name[0])
		choose_name(router, mac->name);
	if (!has_address(mac))
		memcpy(mac->address, standard, sizeof(standard));
	claim(group, router);
}

void conf_mac_set(const struct conf_place *group, struct conf_router *router)
{
	struct conf_mac *mac = &router->mac;

	if (mac->type != CONF_MAC_VIRTUAL) {
		complain_needless(group, mac);
		return;
	}
	check_virtual(group, router);
	if (!mac->adverts)
		mac->adverts =
			router->unicast.peers_n ? CONF_ADVERTS_INTERFACE : CONF_ADVERTS_VIRTUAL;
	if (!router->members_n)
		set_virtual(group, router);
	for (unsigned i = 0; i < router->members_n; i++) {
		router->members[i].mac =
			(struct conf_mac){ .type = mac->type, .adverts = mac->adverts };
		set_virtual(group, &router->members[i]);
	}
}

/* ---- all of them ---- */

static int cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted. */
struct names {
	const char **all;
	size_t n;
};

static void complain_taken(const struct conf_place *list, unsigned router, const char *name)
{
	struct conf_place group = *list, place;

	group.above = list;
	group.setting = config_setting_get_elem(list->setting, router);
	group.element = router + 1;
	place = conf_place_of(&group, "mac");
	conf_error_in(&place, "\"%s\" is the interface of a router or an address already", name);
}

/* @i: of a router of the file. */
static void check_names(const struct conf_place *list, const struct conf *conf, unsigned i,
			const struct names *interfaces)
{
	const struct conf_router *router = &conf->written[i];

	for (unsigned k = 0; k < conf_family_count(router); k++) {
		const char *name = conf_family_member(router, k)->mac.name;

		if (name[0] &&
		    bsearch(&name, interfaces->all, interfaces->n, sizeof(name), cmp_names))
			complain_taken(list, i, name);
	}
}

/* Return: the most names of interfaces that a file can have; 0: it has no use for them. */
static size_t count_names(const struct conf *conf)
{
	size_t n = conf->written_n;
	bool needed = false;

	for (unsigned i = 0; i < conf->written_n; i++) {
		const struct conf_router *router = &conf->written[i];

		n += router->addresses_n + router->extra_n;
		needed |= router->mac.type == CONF_MAC_VIRTUAL;
	}
	return needed ? n : 0;
}

static void list_names(const struct conf *conf, struct names *names)
{
	for (unsigned i = 0; i < conf->written_n; i++) {
		const struct conf_router *router = &conf->written[i];

		names->all[names->n++] = router->interface;
		for (unsigned k = 0; k < router->addresses_n + router->extra_n; k++)
			if (router->addresses[k].interface[0])
				names->all[names->n++] = router->addresses[k].interface;
	}
	qsort(names->all, names->n, sizeof(*names->all), cmp_names);
}

void conf_mac_check_names(const struct conf_place *file, const struct conf *conf)
{
	const struct conf_place list = conf_place_of(file, "routers");
	size_t max = count_names(conf);
	struct names names = { 0 };

	if (max == 0)
		return;
	names.all = calloc(max, sizeof(*names.all));
	if (!names.all) {
		conf_error_in(&list, "out of memory");
		return;
	}
	list_names(conf, &names);
	for (unsigned i = 0; i < conf->written_n; i++)
		check_names(&list, conf, i, &names);
	free(names.all);
}
