/* SPDX-License-Identifier: MIT */
/*
 * Routers of a configuration with their wants and interfaces, as far as guests and twins look at
 * them: without a kernel, a socket or a journal.
 */
#ifndef ADDRESS_SCENE_H
#define ADDRESS_SCENE_H

#include "test.h"

#include "agent/router/routers_private.h"

#define SCENE_MAX 4 /* addresses, of two routers on eth0 */

struct scene {
	struct routers routers;
	struct router all[2];
	struct conf_router conf[2];
	struct conf_address addresses[2][SCENE_MAX];
};

/* An address of a router: 192.0.2.@last, on @interface. Before scene_open(). */
static inline struct conf_address *scene_add(struct scene *scene, unsigned router, uint8_t last,
					     const char *interface)
{
	struct conf_router *conf = &scene->conf[router];
	struct conf_address *address = &scene->addresses[router][conf->addresses_n++];

	*address = (struct conf_address){ .family = 4,
					  .prefix_len = 24,
					  .bytes = { 192, 0, 2, last } };
	strcpy(address->interface, strcmp(interface, "eth0") == 0 ? "" : interface);
	return address;
}

static inline void scene_add_wants(struct scene *scene, unsigned router)
{
	struct routers *routers = &scene->routers;
	struct conf_router *conf = &scene->conf[router];

	conf->vrrp.family = 4;
	conf->addresses = scene->addresses[router];
	strcpy(conf->interface, "eth0");
	scene->all[router].conf = conf;
	scene->all[router].interface = interfaces_add(routers->interfaces, "eth0");
	scene->all[router].want = routers->wants_n;
	for (unsigned i = 0; i < conf->addresses_n; i++) {
		const struct conf_address *address = &conf->addresses[i];
		struct kern_want want = {
			.kind = KERN_KIND_ADDRESS,
			.interface = interfaces_add(routers->interfaces,
						    conf_address_interface(conf, address)),
			.owner = router,
			.address = { .family = address->family, .prefix_len = address->prefix_len },
		};

		memcpy(want.address.bytes, address->bytes, sizeof(want.address.bytes));
		kern_wants_add(routers->wants, &want);
		routers->wants_n++;
	}
}

static inline void scene_open(struct scene *scene)
{
	struct routers *routers = &scene->routers;

	routers->all = scene->all;
	routers->n = 2;
	assert_int_equal(interfaces_new(SCENE_MAX, &routers->interfaces), 0);
	assert_int_equal(kern_wants_new(2 * SCENE_MAX, SCENE_MAX, NULL, NULL, &routers->wants), 0);
	scene_add_wants(scene, 0);
	scene_add_wants(scene, 1);
	assert_int_equal(guests_init(routers), 0);
	assert_int_equal(twins_init(routers), 0);
}

static inline void scene_close(struct scene *scene)
{
	guests_fini(&scene->routers);
	twins_fini(&scene->routers);
	kern_wants_free(scene->routers.wants);
	interfaces_free(scene->routers.interfaces);
}

/* An interface as the kernel shows it; @ifindex 0: it is gone. Return: its number. */
static inline unsigned scene_link(struct scene *scene, const char *name, int ifindex, bool up,
				  bool carrier)
{
	unsigned number = interfaces_add(scene->routers.interfaces, name),
		 seen[INTERFACES_SEEN_MAX];
	struct kern_object object = {
		.type = KERN_OBJECT_LINK,
		.gone = ifindex == 0,
		.link = { .ifindex = ifindex, .up = up, .carrier = carrier, .ethernet = true }
	};

	if (object.gone)
		object.link.ifindex = interfaces_get(scene->routers.interfaces, number)->ifindex;
	strcpy(object.link.name, name);
	(void)interfaces_see(scene->routers.interfaces, &object, seen);
	kern_wants_interface(scene->routers.wants, number, ifindex, true);
	return number;
}

#endif
