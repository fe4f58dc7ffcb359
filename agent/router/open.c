/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The number of an interface, new or known; or -ENOMEM. */
static int interface_of(struct routers *routers, const char *name)
{
	struct interface *interfaces;

	for (unsigned i = 0; i < routers->interfaces_n; i++)
		if (strcmp(routers->interfaces[i].name, name) == 0)
			return (int)i;
	interfaces =
		realloc(routers->interfaces, (routers->interfaces_n + 1) * sizeof(*interfaces));
	if (!interfaces)
		return -ENOMEM;
	routers->interfaces = interfaces;
	interface_init(&interfaces[routers->interfaces_n], name);
	return (int)routers->interfaces_n++;
}

static int make_inst(struct routers *routers, unsigned number, const struct conf_router *conf)
{
	struct router *router = &routers->all[number];
	unsigned n = conf->addresses_n + conf->extra_n;
	uint32_t lease_s = (uint32_t)conf_lease_s(conf->lease, conf->vrrp.interval_cs);
	uint8_t *list = calloc(conf->addresses_n, 4);
	int interface = interface_of(routers, conf->interface);

	router->list = (struct vrrp_list){ list, conf->addresses_n };
	if (!list || interface < 0)
		return -ENOMEM;
	vrrp_init(&router->vr, &conf->vrrp);
	lease_init(&router->lease, conf->lease, conf->vrrp.interval_cs);
	router->conf = conf;
	router->interface = (unsigned)interface;
	routers->interfaces[router->interface].by_vrid[conf->vrrp.vrid] = (uint16_t)(number + 1);
	for (unsigned i = 0; i < conf->addresses_n; i++)
		memcpy(list + i * 4, conf->addresses[i].bytes, 4);
	router->want = routers->wants_n;
	for (unsigned i = 0; i < n; i++) {
		struct kern_want want = { .kind = KERN_KIND_ADDRESS,
					  .interface = router->interface,
					  .owner = number,
					  .lease_s = lease_s,
					  .address = { .family = conf->addresses[i].family,
						       .prefix_len =
							       conf->addresses[i].prefix_len } };

		memcpy(want.address.bytes, conf->addresses[i].bytes, sizeof(want.address.bytes));
		kern_wants_add(routers->wants, &want);
		routers->wants_n++;
	}
	return 0;
}

struct state_router router_state(const struct conf_router *conf)
{
	struct state_router state = {
		.name = conf->name,
		.interface = conf->interface,
		.vrid = conf->vrrp.vrid,
		.family = conf->vrrp.family,
		.lease_s = (uint32_t)conf_lease_s(conf->lease, conf->vrrp.interval_cs),
	};

	router_ask_for_will(conf, &state);
	return state;
}

static unsigned count_addresses(const struct conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->routers_n; i++)
		n += conf->routers[i].addresses_n + conf->routers[i].extra_n;
	return n;
}

static int make_insts(struct routers *routers, const struct conf *conf)
{
	unsigned addresses_n = count_addresses(conf);
	int err;

	routers->n = conf->routers_n;
	routers->owed_max = conf->routers_n * 2 + 2;
	routers->all = calloc(conf->routers_n, sizeof(*routers->all));
	routers->heap = deadlines_new(conf->routers_n);
	routers->adverts = calloc(routers->owed_max, sizeof(*routers->adverts));
	routers->states = calloc(routers->owed_max, sizeof(*routers->states));
	routers->announces = calloc(conf->routers_n, sizeof(struct router *));
	if (!routers->all || !routers->heap || !routers->adverts || !routers->states ||
	    !routers->announces)
		return -ENOMEM;
	err = kern_wants_new(addresses_n, conf->routers_n, routers->changer, routers->dump,
			     &routers->wants);
	if (err < 0)
		return err;
	for (unsigned i = 0; i < conf->routers_n; i++) {
		err = make_inst(routers, i, &conf->routers[i]);
		if (err < 0)
			return err;
	}
	return 0;
}

static struct kern_vrids vrids_of(const struct routers *routers)
{
	struct kern_vrids vrids = { 0 };

	for (unsigned i = 0; i < routers->n; i++) {
		unsigned vrid = routers->all[i].conf->vrrp.vrid;

		vrids.words[vrid / 32] |= 1u << vrid % 32;
	}
	return vrids;
}

/* What gets answers alone, and cannot fill with news. */
static int open_asking(struct routers *routers)
{
	int err = kern_dump_open(&routers->dump);

	return err < 0 ? err : kern_changer_open(&routers->changer);
}

static int open_hearing(struct routers *routers, int sender_fd, const char **ret_what)
{
	struct kern_vrids vrids = vrids_of(routers);
	int err;

	*ret_what = "opening the netlink sockets";
	err = kern_monitor_open(kern_changer_port(routers->changer), &routers->monitor);
	if (err < 0)
		return err;
	*ret_what = "opening the packet sockets";
	err = kern_receiver_open(KERN_RECEIVER_READER, VRRP_PROTOCOL, &vrids, &routers->reader);
	if (err < 0)
		return err;
	err = kern_receiver_open(KERN_RECEIVER_STRAYS, VRRP_PROTOCOL, &vrids,
				 &routers->strays_reader);
	if (err < 0)
		return err;
	return kern_sender_open(sender_fd, &routers->sender);
}

int routers_new(const struct conf *conf, struct state *state, struct routers **ret_routers,
		const char **ret_what)
{
	struct routers *routers = calloc(1, sizeof(*routers));
	int err;

	*ret_what = "allocating memory";
	if (!routers)
		return -ENOMEM;
	routers->state = state;
	*ret_what = "opening the netlink sockets";
	err = open_asking(routers);
	if (err == 0) {
		*ret_what = "allocating memory";
		err = make_insts(routers, conf);
	}
	if (err < 0) {
		routers_close(routers);
		return err;
	}
	*ret_routers = routers;
	return 0;
}

int routers_open(struct routers *routers, int sender_fd, const struct clocks *now,
		 const char **ret_what)
{
	int err;

	routers->now = now;
	routers->read_ns = now->mono_ns;
	routers->housekeeping_ns = now->mono_ns + HOUSEKEEPING_NS;
	err = open_hearing(routers, sender_fd, ret_what);
	if (err < 0)
		return err;
	*ret_what = "listing the interfaces";
	return routers_dump(routers);
}

void routers_close(struct routers *routers)
{
	if (!routers)
		return;
	kern_sender_close(routers->sender);
	kern_receiver_close(routers->strays_reader);
	kern_receiver_close(routers->reader);
	kern_monitor_close(routers->monitor);
	kern_wants_free(routers->wants);
	kern_changer_close(routers->changer);
	kern_dump_close(routers->dump);
	for (unsigned i = 0; i < routers->n && routers->all; i++)
		free((void *)routers->all[i].list.addresses);
	for (unsigned i = 0; i < routers->interfaces_n; i++)
		interface_fini(&routers->interfaces[i]);
	deadlines_free(routers->heap);
	free(routers->all);
	free(routers->interfaces);
	free(routers->adverts);
	free(routers->states);
	free(routers->announces);
	free(routers);
}
