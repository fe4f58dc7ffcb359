/* SPDX-License-Identifier: MIT */
#include "mac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "value.h"

/* ---- the name ---- */

/*
 * "vrrp.51.eth0", or of IPv6 "vrrp6.51.eth0". What is too long for a name, as that of a VLAN often
 * is, has a hash of the interface instead: "vrrp.51.k3f9q".
 */
static void choose_name(const struct conf_router *router, char *ret_name)
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	const char *prefix = router->vrrp.family == 6 ? "vrrp6" : "vrrp";
	uint32_t hash = 2166136261u; /* FNV-1a */
	char text[64];
	int len = snprintf(text, sizeof(text), "%s.%u.", prefix, router->vrrp.vrid);

	if ((size_t)len + strlen(router->interface) < CONF_LINK_SIZE) {
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

static void complain_needless(const struct conf_place *group, const struct conf_mac *mac)
{
	static const uint8_t zeros[6];
	const struct conf_place place = conf_place_of(group, "mac");

	if (config_setting_is_group(place.setting) &&
	    !config_setting_get_member(place.setting, "type"))
		return; /* is complained of as missing, or it is by node */
	if (mac->name[0] || mac->adverts || memcmp(mac->address, zeros, sizeof(zeros)) != 0)
		conf_error_in(&place, "only with type = \"virtual\" there is a name, an address or "
				      "a choice of adverts");
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

void conf_mac_set(const struct conf_place *group, struct conf_router *router)
{
	struct conf_mac *mac = &router->mac;
	const uint8_t standard[6] = {
		0x00, 0x00, 0x5e, 0x00, router->vrrp.family == 6 ? 2 : 1, router->vrrp.vrid
	};
	static const uint8_t zeros[6];

	if (mac->type != CONF_MAC_VIRTUAL) {
		complain_needless(group, mac);
		return;
	}
	if (!mac->adverts)
		mac->adverts = CONF_ADVERTS_VIRTUAL;
	if (!mac->name[0])
		choose_name(router, mac->name);
	if (memcmp(mac->address, zeros, sizeof(zeros)) == 0)
		memcpy(mac->address, standard, sizeof(standard));
	claim(group, router);
}

/* ---- all of them ---- */

static int cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_virtual(const struct conf *conf)
{
	for (unsigned i = 0; i < conf->routers_n; i++)
		if (conf->routers[i].mac.type == CONF_MAC_VIRTUAL)
			return true;
	return false;
}

static void check_name(const struct conf_place *list, const struct conf *conf, unsigned i,
		       const char *const *interfaces)
{
	const char *name = conf->routers[i].mac.name;
	struct conf_place router = *list, place;

	if (!name[0] || !bsearch(&name, interfaces, conf->routers_n, sizeof(name), cmp_names))
		return;
	router.above = list;
	router.setting = config_setting_get_elem(list->setting, i);
	router.element = i + 1;
	place = conf_place_of(&router, "mac");
	conf_error_in(&place, "\"%s\" is the interface of a router already", name);
}

void conf_mac_check_names(const struct conf_place *file, const struct conf *conf)
{
	const struct conf_place list = conf_place_of(file, "routers");
	const char **interfaces;

	if (!has_virtual(conf))
		return;
	interfaces = calloc(conf->routers_n, sizeof(*interfaces));
	if (!interfaces) {
		conf_error_in(&list, "out of memory");
		return;
	}
	for (unsigned i = 0; i < conf->routers_n; i++)
		interfaces[i] = conf->routers[i].interface;
	qsort(interfaces, conf->routers_n, sizeof(*interfaces), cmp_names);
	for (unsigned i = 0; i < conf->routers_n; i++)
		check_name(&list, conf, i, interfaces);
	free(interfaces);
}
