/* SPDX-License-Identifier: MIT */
#include "inst_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The number of an interface, new or known; or -ENOMEM. */
static int link_of(struct inst_set *set, const char *name)
{
	struct link *links;

	for (unsigned i = 0; i < set->links_n; i++)
		if (strcmp(set->links[i].name, name) == 0)
			return (int)i;
	links = realloc(set->links, (set->links_n + 1) * sizeof(*links));
	if (!links)
		return -ENOMEM;
	set->links = links;
	link_init(&links[set->links_n], name);
	return (int)set->links_n++;
}

static int make_inst(struct inst_set *set, unsigned number, const struct conf_router *conf)
{
	struct inst *inst = &set->insts[number];
	unsigned n = conf->addresses_n + conf->extra_n;
	uint32_t lease_s = (uint32_t)conf_lease_s(conf->lease, conf->vrrp.interval_cs);
	uint8_t *list = calloc(conf->addresses_n, 4);
	int link = link_of(set, conf->interface);

	inst->list = (struct vrrp_list){ list, conf->addresses_n };
	if (!list || link < 0)
		return -ENOMEM;
	vrrp_init(&inst->vr, &conf->vrrp);
	lease_init(&inst->lease, conf->lease, conf->vrrp.interval_cs);
	inst->conf = conf;
	inst->link = (unsigned)link;
	set->links[inst->link].by_vrid[conf->vrrp.vrid] = (uint16_t)(number + 1);
	for (unsigned i = 0; i < conf->addresses_n; i++)
		memcpy(list + i * 4, conf->addresses[i].bytes, 4);
	inst->holding = set->holdings_n;
	for (unsigned i = 0; i < n; i++) {
		struct kern_address address = { .family = conf->addresses[i].family,
						.prefix_len = conf->addresses[i].prefix_len };
		unsigned holding;

		memcpy(address.bytes, conf->addresses[i].bytes, sizeof(address.bytes));
		holding = kern_holdings_add(set->holdings, inst->link, &address, lease_s);
		set->holding_insts[holding] = number;
		set->holdings_n++;
	}
	return 0;
}

static unsigned count_addresses(const struct conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->routers_n; i++)
		n += conf->routers[i].addresses_n + conf->routers[i].extra_n;
	return n;
}

static int make_insts(struct inst_set *set, const struct conf *conf)
{
	unsigned addresses_n = count_addresses(conf);
	int err;

	set->insts_n = conf->routers_n;
	set->owed_max = conf->routers_n * 2 + 2;
	set->insts = calloc(conf->routers_n, sizeof(*set->insts));
	set->heap = heap_new(conf->routers_n);
	set->adverts = calloc(set->owed_max, sizeof(*set->adverts));
	set->states = calloc(set->owed_max, sizeof(*set->states));
	set->announces = calloc(conf->routers_n, sizeof(struct inst *));
	set->holding_insts = calloc(addresses_n, sizeof(*set->holding_insts));
	if (!set->insts || !set->heap || !set->adverts || !set->states || !set->announces ||
	    !set->holding_insts)
		return -ENOMEM;
	err = kern_holdings_new(addresses_n, set->changer, inst_on_holding, inst_on_pause, set,
				&set->holdings);
	if (err < 0)
		return err;
	for (unsigned i = 0; i < conf->routers_n; i++) {
		err = make_inst(set, i, &conf->routers[i]);
		if (err < 0)
			return err;
	}
	return 0;
}

static struct kern_vrids vrids_of(const struct inst_set *set)
{
	struct kern_vrids vrids = { 0 };

	for (unsigned i = 0; i < set->insts_n; i++) {
		unsigned vrid = set->insts[i].conf->vrrp.vrid;

		vrids.words[vrid / 32] |= 1u << vrid % 32;
	}
	return vrids;
}

/* What gets answers alone, and cannot fill with news. */
static int open_asking(struct inst_set *set)
{
	int err = kern_dump_open(&set->dump);

	return err < 0 ? err : kern_changer_open(&set->changer);
}

static int open_hearing(struct inst_set *set, int sender_fd, const char **ret_what)
{
	struct kern_vrids vrids = vrids_of(set);
	int err;

	*ret_what = "opening the netlink sockets";
	err = kern_monitor_open(kern_changer_port(set->changer), &set->monitor);
	if (err < 0)
		return err;
	*ret_what = "opening the packet sockets";
	err = kern_receiver_open(KERN_RECEIVER_READER, VRRP_PROTOCOL, &vrids, &set->reader);
	if (err < 0)
		return err;
	err = kern_receiver_open(KERN_RECEIVER_STRAYS, VRRP_PROTOCOL, &vrids, &set->strays_reader);
	if (err < 0)
		return err;
	return kern_sender_open(sender_fd, inst_on_sent, set, &set->sender);
}

int inst_new(const struct conf *conf, struct state *state, struct inst_set **ret_set,
	     const char **ret_what)
{
	struct inst_set *set = calloc(1, sizeof(*set));
	int err;

	*ret_what = "allocating memory";
	if (!set)
		return -ENOMEM;
	set->state = state;
	*ret_what = "opening the netlink sockets";
	err = open_asking(set);
	if (err == 0) {
		*ret_what = "allocating memory";
		err = make_insts(set, conf);
	}
	if (err < 0) {
		inst_close(set);
		return err;
	}
	*ret_set = set;
	return 0;
}

int inst_open(struct inst_set *set, int sender_fd, const struct inst_now *now,
	      const char **ret_what)
{
	int err;

	set->now = now;
	set->read_ns = now->mono_ns;
	set->housekeeping_ns = now->mono_ns + INST_HOUSEKEEPING_NS;
	err = open_hearing(set, sender_fd, ret_what);
	if (err < 0)
		return err;
	*ret_what = "listing the interfaces";
	return inst_dump(set);
}

void inst_close(struct inst_set *set)
{
	if (!set)
		return;
	kern_sender_close(set->sender);
	kern_receiver_close(set->strays_reader);
	kern_receiver_close(set->reader);
	kern_monitor_close(set->monitor);
	kern_holdings_free(set->holdings);
	kern_changer_close(set->changer);
	kern_dump_close(set->dump);
	for (unsigned i = 0; i < set->insts_n && set->insts; i++)
		free((void *)set->insts[i].list.addresses);
	for (unsigned i = 0; i < set->links_n; i++)
		link_fini(&set->links[i]);
	heap_free(set->heap);
	free(set->insts);
	free(set->links);
	free(set->adverts);
	free(set->states);
	free(set->announces);
	free(set->holding_insts);
	free(set);
}
