/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>

/* ---- one router of the configuration ---- */

uint32_t router_lease_s(const struct conf_router *conf)
{
	return (uint32_t)conf_lease_s(conf->lease, conf->vrrp.interval_cs,
				      vrrp_down_intervals(&conf->vrrp));
}

/* RT_SCOPE_* of the kernel's ABI. */
static const uint8_t scopes[] = {
	[CONF_SCOPE_GLOBAL] = RT_SCOPE_UNIVERSE,
	[CONF_SCOPE_SITE] = RT_SCOPE_SITE,
	[CONF_SCOPE_LINK] = RT_SCOPE_LINK,
	[CONF_SCOPE_HOST] = RT_SCOPE_HOST,
};

/*
 * Of the route to the prefix of an address on a macvlan: above what the kernel, administrators and
 * their programs give routes of their own. So a host sends from its own interface what that one
 * has a route for, also answers to pings over IPv6, for which the kernel prefers the interface that
 * they came to. Frames with the virtual MAC are ours alone then, and none that waits in a queue can
 * call switches back to a host that has just left the addresses to another one.
 */
#define MACVLAN_METRIC 65536

/* As the kernel shall have it, whatever the index of its interface. */
static struct kern_address address_of(const struct conf_address *conf, bool on_macvlan)
{
	struct kern_address address = { .family = conf->family,
					.prefix_len = conf->prefix_len,
					.no_prefix_route = conf->prefix_route == CONF_NO,
					.metric = on_macvlan ? MACVLAN_METRIC : 0,
					.deprecated = !conf_address_is_preferred(conf),
					.scope = scopes[conf->scope] };

	memcpy(address.bytes, conf->bytes, sizeof(address.bytes));
	memcpy(address.peer, conf->peer, sizeof(address.peer));
	strcpy(address.label, conf->label);
	if (conf->broadcast.kind == CONF_BROADCAST_AUTO)
		kern_address_set_broadcast(&address);
	else
		memcpy(address.broadcast, conf->broadcast.bytes, sizeof(address.broadcast));
	return address;
}

static void add_wants(struct routers *routers, unsigned number, const struct conf_router *conf)
{
	struct router *router = &routers->all[number];
	unsigned n = conf->addresses_n + conf->extra_n;
	uint32_t lease_s = router_lease_s(conf);

	router->want = routers->wants_n;
	for (unsigned i = 0; i < n; i++) {
		const struct conf_address *address = &conf->addresses[i];
		bool on_macvlan = conf_is_on_macvlan(conf, address);
		unsigned place = on_macvlan ? router->home
					    : interfaces_add(routers->interfaces,
							     conf_address_interface(conf, address));
		struct kern_want want = { .kind = KERN_KIND_ADDRESS,
					  .interface = place,
					  .owner = number,
					  .is_hosts = conf->vrrp.priority == VRRP_PRIORITY_OWNER &&
						      !on_macvlan,
					  .lease_s = lease_s,
					  .address = address_of(address, on_macvlan) };

		kern_wants_add(routers->wants, &want);
		routers->wants_n++;
	}
	accept_add(routers, router);
	routes_add(routers, number, conf);
}

/* Where VRRP is spoken: one LAN for each interface and family. */
static int join_lan(struct routers *routers, unsigned number, const struct conf_router *conf)
{
	struct router *router = &routers->all[number];
	struct lan *lan;

	router->interface = interfaces_add(routers->interfaces, conf->interface);
	router->home = router->interface;
	lan = router_lan(routers, router);
	if (!lan->family)
		lan_init(lan, conf->vrrp.family,
			 interfaces_get(routers->interfaces, router->interface));
	lan->number = router->interface;
	if (conf->unicast.peers_n && conf->vrrp.family == 6 && !conf_peers_are_link_local(conf))
		lan->globals = true;
	lan->carrier_optional |= !conf->link.required;
	lan->by_vrid[conf->vrrp.vrid] = (uint16_t)(number + 1);
	if (lan->first)
		routers->all[lan->last - 1].next_on_lan = number + 1;
	else
		lan->first = number + 1;
	lan->last = number + 1;
	return conf->unicast.peers_n ? 0 : lan_add_group(lan, conf_group(conf));
}

/* How adverts must come that concern it. */
static void set_rules(struct router *router, const struct conf_router *conf)
{
	peers_set_rules(&router->peers, conf, &router->rules);
	if (conf->auth.type != CONF_AUTH_PASSWORD)
		return;
	router->rules.auth_type = VRRP_AUTH_PASSWORD;
	memcpy(router->rules.password, conf->auth.password, VRRP_AUTH_LEN);
}

static void join_unit(struct routers *routers, struct router *router,
		      const struct conf_router *conf)
{
	struct vrrp_unit *unit;

	if (!conf->unit_n)
		return;
	if (conf->unit_at == 0)
		vrrp_unit_init(&routers->units[routers->units_n++],
			       &routers->members[router - routers->all]);
	unit = &routers->units[routers->units_n - 1];
	router->unit = unit;
	router->member = vrrp_unit_add(unit, &router->vr, conf->unit_router);
	unit->members[router->member].id = names_id(conf->name);
}

/* Who its peers are, and which addresses of the host's it needs to know of. */
static void name_peers(struct routers *routers, unsigned number, const struct conf_router *conf)
{
	unsigned interface = routers->all[number].interface;
	const struct conf_unicast *unicast = &conf->unicast;

	if (unicast->peers_n == 0)
		return;
	peers_index_add(&routers->peers, conf, interface, number);
	own_add(&routers->own, conf->vrrp.family, conf->source, interface);
	for (unsigned i = 0; i < unicast->peers_n; i++)
		own_add(&routers->own, conf->vrrp.family, unicast->peers[i].bytes, interface);
}

static int make_router(struct routers *routers, unsigned number, const struct conf *all)
{
	const struct conf_router *conf = &all->routers[number];
	struct router *router = &routers->all[number];
	size_t len = vrrp_address_len(conf->vrrp.family);
	/* One more, since an empty list is no lack of memory. */
	uint8_t *list = calloc(conf->addresses_n + 1, len);
	int err = peers_new(conf, &router->peers);

	router->list = (struct vrrp_list){ list, conf->addresses_n };
	if (!list || err < 0)
		return -ENOMEM;
	for (unsigned i = 0; i < conf->addresses_n; i++)
		memcpy(list + i * len, conf->addresses[i].bytes, len);
	vrrp_init(&router->vr, &conf->vrrp);
	lease_init(&router->lease, conf->lease, conf->vrrp.interval_cs,
		   vrrp_down_intervals(&conf->vrrp));
	resort_init(&router->resort);
	drain_init(&router->drain);
	router->hooks_ns = conf_hooks_ns(all, conf);
	router->hold = hold_none();
	rivals_rest(&router->rivals);
	join_unit(routers, router, conf);
	set_rules(router, conf);
	router->conf = conf;
	auth_init(routers, router);
	router->fault_ns = router->mute_ns = VRRP_NEVER;
	err = join_lan(routers, number, conf);
	virtual_mac_add(routers, number, conf);
	name_peers(routers, number, conf);
	add_wants(routers, number, conf);
	tracks_add(routers, number, number ? conf - 1 : NULL);
	return err;
}

struct state_router router_state(const struct conf_router *conf)
{
	struct state_router state = {
		.name = conf->name,
		.interface = conf->interface,
		.vrid = conf->vrrp.vrid,
		.family = conf->vrrp.family,
		.lease_s = router_lease_s(conf),
		.damps = conf->damping.changes,
	};

	router_ask_for_will(conf, &state);
	auth_ask(conf, &state);
	return state;
}

/* ---- all of them ---- */

static unsigned count_wants(const struct conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->routers_n; i++)
		n += conf->routers[i].addresses_n + conf->routers[i].extra_n +
		     virtual_mac_wants_n(&conf->routers[i]) + accept_wants_n(&conf->routers[i]) +
		     routes_wants_n(&conf->routers[i]);
	return n;
}

static unsigned count_macvlans(const struct conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->routers_n; i++)
		n += conf->routers[i].mac.type == CONF_MAC_VIRTUAL;
	return n;
}

static unsigned count_units(const struct conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->routers_n; i++)
		n += conf->routers[i].unit_n && conf->routers[i].unit_at == 0;
	return n;
}

static unsigned count_tracks(const struct conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->routers_n; i++)
		n += tracks_of(&conf->routers[i], i ? &conf->routers[i - 1] : NULL, NULL);
	return n;
}

static int cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of all routers, of addresses and routes that are elsewhere, and of what is tracked. Return: how
 * many there are. */
static unsigned list_interfaces(const struct conf *conf, const char **ret_names)
{
	const struct conf_track *tracks[2 * CONF_TRACKS_MAX];
	unsigned n = 0, tracks_n;

	for (unsigned i = 0; i < conf->routers_n; i++) {
		const struct conf_router *router = &conf->routers[i];

		ret_names[n++] = router->interface;
		for (unsigned k = 0; k < router->addresses_n + router->extra_n; k++)
			if (router->addresses[k].interface[0])
				ret_names[n++] = router->addresses[k].interface;
		tracks_n = tracks_of(router, i ? router - 1 : NULL, tracks);
		for (unsigned k = 0; k < tracks_n; k++)
			if (!tracks[k]->check[0])
				ret_names[n++] = tracks[k]->interface;
		n += routes_list_interfaces(router, ret_names + n);
	}
	return n;
}

/* How many interfaces a configuration names; or -ENOMEM. */
static int count_interfaces(const struct conf *conf)
{
	unsigned max = conf->routers_n + count_wants(conf) + count_tracks(conf), names_n;
	const char **names;
	int n = 0;

	for (unsigned i = 0; i < conf->routers_n; i++)
		max += routes_list_interfaces(&conf->routers[i], NULL);
	names = calloc(max + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	names_n = list_interfaces(conf, names);
	qsort(names, names_n, sizeof(*names), cmp_names);
	for (unsigned i = 0; i < names_n; i++)
		n += i == 0 || strcmp(names[i - 1], names[i]) != 0;
	free(names);
	return n;
}

static bool has_family(const struct conf *conf, unsigned family)
{
	for (unsigned i = 0; i < conf->routers_n; i++)
		if (conf->routers[i].vrrp.family == family)
			return true;
	return false;
}

/* Of the families that are spoken. Return: 0 or -ENOMEM. */
static int make_lans(struct routers *routers, const struct conf *conf, size_t interfaces_n)
{
	size_t n = 0;

	for (unsigned i = 0; i < 2; i++) {
		if (!has_family(conf, i ? 6 : 4))
			continue;
		routers->lans[i] = calloc(interfaces_n, sizeof(struct lan));
		if (!routers->lans[i])
			return -ENOMEM;
		n += interfaces_n;
	}
	routers->doubtful = calloc(n, sizeof(struct lan *));
	return routers->doubtful ? 0 : -ENOMEM;
}

/* Of the peers of all routers, and of those that are asked for: these and a source each. */
static int make_peers(struct routers *routers, const struct conf *conf)
{
	size_t peers_n = 0, routers_n = 0;

	for (unsigned i = 0; i < conf->routers_n; i++) {
		peers_n += conf->routers[i].unicast.peers_n;
		routers_n += conf->routers[i].unicast.peers_n > 0;
	}
	if (peers_n == 0)
		return 0;
	routers->peers.all = calloc(peers_n, sizeof(*routers->peers.all));
	routers->own.all = calloc(peers_n + routers_n, sizeof(*routers->own.all));
	return routers->peers.all && routers->own.all ? 0 : -ENOMEM;
}

static int make_room(struct routers *routers, const struct conf *conf)
{
	int interfaces_n = count_interfaces(conf);
	unsigned all_n;
	int err;

	if (interfaces_n < 0)
		return interfaces_n;
	routers->all = calloc(conf->routers_n, sizeof(*routers->all));
	routers->units = calloc(count_units(conf) + 1, sizeof(*routers->units));
	routers->members = calloc(conf->routers_n, sizeof(*routers->members));
	routers->owing = calloc(conf->routers_n, sizeof(struct router *));
	routers->heap = deadlines_new(conf->routers_n);
	routers->continued = calloc(STATE_ROUTERS_MAX, sizeof(*routers->continued));
	if (!routers->all || !routers->units || !routers->members || !routers->owing ||
	    !routers->heap || !routers->continued)
		return -ENOMEM;
	routers->tracks.all = calloc(count_tracks(conf) + 1, sizeof(*routers->tracks.all));
	if (!routers->tracks.all)
		return -ENOMEM;
	err = make_lans(routers, conf, (size_t)interfaces_n);
	if (err == 0)
		err = make_peers(routers, conf);
	if (err < 0)
		return err;
	routers->lans_n = (unsigned)interfaces_n;
	all_n = routers->lans_n + count_macvlans(conf);
	err = interfaces_new(all_n, &routers->interfaces);
	if (err < 0)
		return err;
	for (unsigned i = 0; i < conf->routers_n; i++)
		(void)interfaces_add(routers->interfaces, conf->routers[i].interface);
	err = routes_new(routers, conf, all_n);
	if (err < 0)
		return err;
	return kern_wants_new(count_wants(conf), all_n + 1, routers->changer, routers->dump,
			      &routers->wants);
}

static int make_routers(struct routers *routers, const struct conf *conf)
{
	int err = make_room(routers, conf);

	for (unsigned i = 0; err == 0 && i < conf->routers_n; i++, routers->n++)
		err = make_router(routers, i, conf);
	own_sort(&routers->own);
	peers_index_sort(&routers->peers);
	if (err == 0)
		err = names_init(routers);
	if (err == 0)
		err = guests_init(routers);
	if (err == 0)
		err = tracks_init(routers);
	if (err == 0)
		kern_wants_interface(routers->wants, routers->routes.host, KERN_HOST, false);
	if (err == 0)
		err = twins_init(routers);
	return err < 0 ? err : said_init(routers);
}

static struct kern_vrids vrids_of(const struct routers *routers, unsigned family)
{
	struct kern_vrids vrids = { 0 };

	for (unsigned i = 0; i < routers->n; i++) {
		unsigned vrid = routers->all[i].conf->vrrp.vrid;
		uint8_t hops = (uint8_t)(VRRP_TTL - routers->all[i].rules.min_ttl);

		if (routers->all[i].conf->vrrp.family != family)
			continue;
		kern_bytes_add(&vrids.set, (uint8_t)vrid);
		if (hops > vrids.hops)
			vrids.hops = hops;
	}
	return vrids;
}

/* What gets answers alone, and cannot fill with news. */
static int open_asking(struct routers *routers)
{
	int err = kern_dump_open(&routers->dump);

	return err < 0 ? err : kern_changer_open(&routers->changer);
}

/* Of a family that is spoken. */
static int open_receivers(struct routers *routers, unsigned family)
{
	struct kern_vrids vrids = vrids_of(routers, family);
	unsigned i = family == 6;
	int err;

	if (!routers->lans[i])
		return 0;
	err = kern_receiver_open(family, KERN_RECEIVER_READER, VRRP_PROTOCOL, &vrids,
				 &routers->readers[i]);
	if (err < 0)
		return err;
	return kern_receiver_open(family, KERN_RECEIVER_STRAYS, VRRP_PROTOCOL, &vrids,
				  &routers->strays_readers[i]);
}

int routers_open_ip(struct routers *routers)
{
	return routers->ip_sender
		       ? 0
		       : kern_ip_sender_open(VRRP_PROTOCOL, IPTOS_CLASS_CS6, &routers->ip_sender);
}

static int open_hearing(struct routers *routers, int sender_fd, const char **ret_what)
{
	int err;

	*ret_what = "opening the netlink sockets";
	err = kern_monitor_open(kern_changer_port(routers->changer), &routers->monitor);
	if (err == 0)
		err = routes_open(routers);
	if (err < 0)
		return err;
	*ret_what = "opening the packet sockets";
	err = open_receivers(routers, 4);
	if (err < 0)
		return err;
	err = open_receivers(routers, 6);
	if (err < 0)
		return err;
	if (routers->peers.n)
		err = routers_open_ip(routers);
	if (err < 0)
		return err;
	routers->sender_fd = sender_fd;
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
	err = facts_open(&routers->facts, conf);
	if (err == 0) {
		*ret_what = "opening the netlink sockets";
		err = open_asking(routers);
	}
	if (err == 0) {
		*ret_what = "allocating memory";
		err = make_routers(routers, conf);
	}
	if (err == 0) {
		*ret_what = "preparing nftables for accept = false";
		err = accept_prepare(routers);
	}
	if (err < 0) {
		routers_close(routers);
		return err;
	}
	*ret_routers = routers;
	return 0;
}

int routers_lend(struct routers *routers, int filter_fd)
{
	return kern_changer_lend(routers->changer, filter_fd,
				 kern_wants_has_kind(routers->wants, KERN_KIND_FILTER));
}

int routers_lend_board(struct routers *routers, int board_fd, int event_fd)
{
	return routers->facts.n ? facts_attach(&routers->facts, board_fd, event_fd) : 0;
}

/*
 * What was announced is right up to now. Whoever speaks at the moment may not see what changes from
 * now on, so that it is news for the first turn of this process, too: where all stays in doubt.
 */
static void look_around(struct routers *routers)
{
	struct guests *guests = &routers->guests;

	for (unsigned i = 0; i < routers->n; i++)
		(void)lan_assess(router_lan(routers, &routers->all[i]));
	for (unsigned i = 0; i < guests->doubtful_n; i++) {
		(void)guests_assess(routers, guests->doubtful[i]);
		guests->places[guests->doubtful[i]].doubtful = true;
	}
}

int routers_open(struct routers *routers, int sender_fd, const struct clocks *now,
		 const char **ret_what)
{
	int err;

	routers->now = now;
	routers->read_ns = routers->unread_ns = now->mono_ns;
	routers->housekeeping_ns = now->mono_ns + HOUSEKEEPING_NS;
	err = open_hearing(routers, sender_fd, ret_what);
	if (err < 0)
		return err;
	*ret_what = "listing the interfaces";
	err = routers_dump(routers);
	if (err < 0)
		return err;
	look_around(routers);
	return 0;
}

void routers_hold(struct routers *routers, int64_t not_before_ns)
{
	for (unsigned i = 0; i < routers->n; i++)
		routers->all[i].vr.config.not_before_ns = not_before_ns;
}

static void free_router(struct router *router)
{
	free((void *)router->list.addresses);
	peers_free(&router->peers);
}

void routers_close(struct routers *routers)
{
	if (!routers)
		return;
	figures_close(routers->figures);
	kern_ip_sender_close(routers->ip_sender);
	kern_sender_close(routers->sender);
	for (unsigned i = 0; i < 2; i++) {
		kern_receiver_close(routers->strays_readers[i]);
		kern_receiver_close(routers->readers[i]);
	}
	kern_monitor_close(routers->monitor);
	kern_wants_free(routers->wants);
	kern_changer_close(routers->changer);
	kern_dump_close(routers->dump);
	for (unsigned i = 0; i < routers->n; i++)
		free_router(&routers->all[i]);
	for (unsigned i = 0; i < routers->n; i++)
		lan_fini(router_lan(routers, &routers->all[i]));
	names_fini(routers);
	guests_fini(routers);
	tracks_free(&routers->tracks);
	facts_close(&routers->facts);
	routes_fini(routers);
	twins_fini(routers);
	said_fini(routers);
	interfaces_free(routers->interfaces);
	deadlines_free(routers->heap);
	free(routers->all);
	free(routers->units);
	free(routers->members);
	free(routers->owing);
	free(routers->lans[0]);
	free(routers->lans[1]);
	free(routers->doubtful);
	free(routers->continued);
	free(routers->peers.all);
	free(routers->own.all);
	free(routers);
}
