/* SPDX-License-Identifier: MIT */
#include "sim_companion.h"

#include <errno.h>
#include <string.h>

#include "sim.h"

#define KIND        CONF_LINK_LOCAL_VIRTUAL
#define NUMBER      1 /* of the companion among the routers of a process */
#define PATIENCE_NS (500 * SIM_MS)

void companion_init(struct sim_gateway *r, uint8_t host, const struct vrrp_config *like)
{
	struct sim_companion *c = &r->companion;

	c->there = true;
	c->config = r->config;
	c->config.family = r->config.family == 6 ? 4 : 6;
	c->config.version = c->config.family == 6 ? 3 : like->version;
	c->config.interval_cs = like->interval_cs;
	c->config.down_intervals = like->down_intervals;
	c->config.preempt = true;
	c->config.preempt_delay_ns = c->config.start_delay_ns = 0;
	if (c->config.priority == VRRP_PRIORITY_OWNER)
		c->config.priority = 254;
	family_own(c->config.family, host, c->bytes);
	c->own = SIM_OWN_USABLE;
	companion_vanished(r);
}

void companion_vanished(struct sim_gateway *r)
{
	if (r->companion.there)
		vrrp_init(&r->companion.vr, &r->companion.config);
	r->companion.bare = NULL;
}

struct kern_address companion_address(const struct sim_gateway *r, unsigned k)
{
	const struct sim_companion *c = &r->companion;
	const struct sim_family *family = family_of(c->config.family);
	struct kern_address address = { .ifindex = r->kernel.link.ifindex,
					.family = family->number,
					.mark = KERN_ADDRESS_MARK,
					.deprecated = c->table[k].deprecated };

	/* One with a subnet, and one without. */
	address.prefix_len = k == 0 ? family->subnet_len : family->alone_len;
	family_virtual(family->number, KIND, k, address.bytes);
	return address;
}

static struct kern_address own_address(const struct sim_gateway *r)
{
	const struct sim_companion *c = &r->companion;
	struct kern_address address = { .ifindex = r->kernel.link.ifindex,
					.family = c->config.family,
					.prefix_len = family_of(c->config.family)->subnet_len,
					.tentative = c->own == SIM_OWN_TENTATIVE };

	memcpy(address.bytes, c->bytes, sizeof(address.bytes));
	return address;
}

/* What is configured for a unit is so for both. */
static struct vrrp_config config_of(const struct sim_gateway *r, const struct sim_conf *conf)
{
	struct vrrp_config config = conf->vrrp;

	if (!r->unit.together)
		return r->companion.config;
	config.family = r->companion.config.family;
	config.checksum = r->companion.config.checksum;
	config.announce = family_announce(config.family, true);
	return config;
}

bool companion_is_conf(const struct sim_gateway *r, const struct sim_conf *conf)
{
	return r->companion.there && !(r->unit.together && conf->absent);
}

void companion_conf(const struct sim_gateway *r, const struct sim_conf *conf,
		    struct conf_address *ret_addresses, struct conf_router *ret_router)
{
	*ret_router = (struct conf_router){
		.accept = true,
		.link.required = !conf->sans_carrier,
		.vrrp = config_of(r, conf),
		.lease = CONF_LEASE_OFF,
		.damping = r->unit.together ? conf->damping : (struct conf_damping){ 0 },
		.link_local.kind = KIND,
		.addresses_n = SIM_COMPANION_ADDRESSES,
		.addresses = ret_addresses,
		.unit_n = r->unit.together ? 2 : 0,
		.unit_at = r->unit.together ? 1 : 0,
	};
	strcpy(ret_router->name, r->unit.together ? "lan" : "companion");
	strcpy(ret_router->interface, SIM_INTERFACE);
	for (unsigned k = 0; k < SIM_COMPANION_ADDRESSES; k++) {
		struct kern_address address = companion_address(r, k);

		ret_addresses[k] = (struct conf_address){ .family = address.family,
							  .prefix_len = address.prefix_len };
		memcpy(ret_addresses[k].bytes, address.bytes, SIM_ADDRESS_LEN);
	}
}

/* ---- its kernel ---- */

static void tell(struct sim *sim, unsigned i, struct sim_process *by, struct kern_address address,
		 bool gone)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY,
				      .kind = KERN_KIND_ADDRESS,
				      .gone = gone };

	object.address = address;
	kernel_tell(sim, i, by, &object);
}

int companion_change(struct sim *sim, struct sim_process *by, const struct kern_change *change)
{
	unsigned i = by->router;
	struct sim_gateway *r = &sim->routers[i];
	unsigned k = family_virtual_number(change->address.family, change->address.bytes);
	struct sim_companion_address *address = &r->companion.table[k];
	int refusal = ip6_refusal(&r->kernel, change);

	if (refusal)
		return refusal;
	if (!r->companion.there || k >= SIM_COMPANION_ADDRESSES) {
		check_fail(sim, "P13", "%s touches an address that is not virtual", node_name(i));
		return -EINVAL;
	}
	if (address->present == change->add && !change->renew)
		return change->add ? -EEXIST : -EADDRNOTAVAIL;
	if (change->add && change->address.family == 6)
		ip6_check_message(sim, i, change);
	address->present = change->add;
	address->deprecated = change->add && change->address.deprecated;
	tell(sim, i, by, companion_address(r, k), !change->add);
	return 0;
}

void companion_show(const struct sim_process *process, kern_object_fn each, void *arg)
{
	const struct sim_gateway *r = &process->sim->routers[process->router];
	struct kern_object object = { .type = KERN_OBJECT_ENTRY, .kind = KERN_KIND_ADDRESS };

	if (r->companion.own != SIM_OWN_ABSENT) {
		object.address = own_address(r);
		each(&object, arg);
	}
	for (unsigned k = 0; k < SIM_COMPANION_ADDRESSES; k++) {
		object.address = companion_address(r, k);
		if (r->companion.table[k].present)
			each(&object, arg);
	}
}

void companion_vanishes(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_companion *c = &r->companion;

	for (unsigned k = 0; k < SIM_COMPANION_ADDRESSES; k++) {
		if (!c->table[k].present)
			continue;
		c->table[k].present = false;
		tell(sim, i, NULL, companion_address(r, k), true);
	}
	companion_set_own(sim, i, false);
}

void companion_set_own(struct sim *sim, unsigned i, bool there)
{
	struct sim_gateway *r = &sim->routers[i];

	if (there) {
		companion_links(sim, i);
		return;
	}
	if (r->companion.own == SIM_OWN_ABSENT)
		return;
	kernel_disturb(sim, i);
	r->companion.own = SIM_OWN_ABSENT;
	tell(sim, i, NULL, own_address(r), true);
}

void companion_links(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_companion *c = &r->companion;

	if (!c->there || c->own != SIM_OWN_ABSENT || !kernel_can_talk(&r->kernel))
		return;
	if (c->config.family == 6) {
		if (!ip6_is_there(&r->kernel))
			return;
		c->own = SIM_OWN_TENTATIVE;
		c->dad_ns = sim->now_ns + ip6_dad_ns(sim);
		events_push(&sim->events, c->dad_ns, SIM_EVENT_DAD, i, SIM_OWN_MAX);
		return;
	}
	c->own = SIM_OWN_USABLE;
	tell(sim, i, NULL, own_address(r), false);
}

void companion_end_dad(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_companion *c = &r->companion;

	if (c->own != SIM_OWN_TENTATIVE || c->dad_ns != sim->now_ns)
		return;
	if (r->pause == SIM_FROZEN) {
		c->dad_ns += 100 * SIM_MS;
		events_push(&sim->events, c->dad_ns, SIM_EVENT_DAD, i, SIM_OWN_MAX);
		return;
	}
	c->own = SIM_OWN_USABLE;
	kernel_disturb(sim, i);
	tell(sim, i, NULL, own_address(r), false);
}

/* ---- what it sends ---- */

/* Hosts do not listen to it. */
static void say(struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_gateway *r = &sim->routers[i];
	struct sim_packet packet = { .type = SIM_PACKET_ARP,
				     .from = (uint8_t)i,
				     .family = r->companion.config.family,
				     .announced = 1u << k,
				     .len = 6 };

	if (k >= SIM_COMPANION_ADDRESSES) {
		check_fail(sim, "P4", "%s announces with a wrong frame", node_name(i));
		return;
	}
	memcpy(packet.bytes, macvlan_mac(r), packet.len);
	for (unsigned to = 0; to < sim->routers_n && sim->overlap; to++)
		if (to != i && kernel_can_talk(&r->kernel))
			net_say(sim, &packet, to);
}

void companion_frame(struct sim *sim, const struct sim_process *process,
		     const struct sim_frame *frame)
{
	const struct sim_gateway *r = &sim->routers[process->router];
	const struct sim_companion *c = &r->companion;
	const struct sim_family *family = family_of(c->config.family);
	const uint8_t *ip = frame->bytes + 14;
	struct sim_packet packet = { .type = SIM_PACKET_COMPANION,
				     .from = (uint8_t)process->router,
				     .family = family->number };

	if (check_is_announcement(frame)) {
		say(sim, process->router, check_announced_by(r, frame));
		return;
	}
	if (!(check_headers(family->number, frame, macvlan_advert_mac(r)) ||
	      check_headers(family->number, frame, r->kernel.link.mac)) ||
	    memcmp(ip + family->source_at, c->bytes, family->address_len) != 0)
		check_fail(sim, "P11", "%s sends an advert with wrong headers",
			   node_name(process->router));
	packet.len = (uint16_t)(frame->len - 14);
	memcpy(packet.bytes, ip, packet.len);
	packet.priority = ip[family->header_len + 2];
	packet.interval_cs = (r->unit.together ? &r->config : &c->config)->interval_cs;
	unit_sent(sim, process->router);
	if (kernel_can_talk(&r->kernel))
		net_send(sim, &packet);
}

/* ---- what must hold ---- */

static bool has_link(const struct sim_gateway *r)
{
	return kernel_can_talk(&r->kernel) || gateway_is_let_alone(r);
}

static bool can_serve(const struct sim_gateway *r)
{
	return r->up && r->companion.own == SIM_OWN_USABLE && has_link(r);
}

/* It may not know, or have been refused. */
static bool is_excused(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	return check_in_trouble(sim, i) ||
	       (r->companion.config.family == 6 && check_is_refused(sim, r));
}

/* Whether it may have its addresses still, as a Backup whose family has handed over. */
static bool may_hold(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct vrrp_election *e = &r->companion.vr.election;
	enum vrrp_reason_code code = e->reason.code;
	bool hands_over = code == VRRP_REASON_HIGHER || code == VRRP_REASON_CEDED ||
			  code == VRRP_REASON_TOGETHER;

	return r->unit.together && r->config.overlap && e->state == VRRP_STATE_BACKUP &&
	       hands_over && gateway_local_ns(sim, r) < r->companion.handed_over_ns;
}

static void check_table(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	const struct sim_companion *c = &sim->routers[i].companion;
	bool active = c->vr.election.state == VRRP_STATE_ACTIVE;

	for (unsigned k = 0; k < SIM_COMPANION_ADDRESSES; k++) {
		bool known = routers_has_address(process->routers,
						 routers_get(process->routers, NUMBER), k);

		if (c->table[k].present != active && !(c->table[k].present && may_hold(sim, i)))
			check_fail(sim, "P3", "the companion of %s is %s and has %s address %u",
				   node_name(i), vrrp_state_name(c->vr.election.state),
				   active ? "no" : "still", k);
		if (c->table[k].present != known)
			check_fail(sim, "P3", "the companion of %s is mistaken about address %u",
				   node_name(i), k);
	}
}

/* What cannot serve waits half a second for its address, and not at all for its link. */
static bool may_wait(struct sim *sim, const struct sim_process *process)
{
	struct sim_gateway *r = &sim->routers[process->router];
	struct sim_companion *c = &r->companion;
	int64_t now_ns = gateway_local_ns(sim, r);

	if (can_serve(r) || !has_link(r)) {
		c->bare = NULL;
		return false;
	}
	if (c->bare != process)
		c->bare_ns = now_ns;
	c->bare = process;
	return now_ns < c->bare_ns + PATIENCE_NS;
}

static void check_state(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];
	const struct vrrp_election *e = &r->companion.vr.election;
	bool fault = e->state == VRRP_STATE_FAULT;
	bool waits = may_wait(sim, process);

	if (e->state == VRRP_STATE_INITIALIZE || is_excused(sim, i) || (waits && !fault) ||
	    r->unit.together)
		return;
	if (fault == can_serve(r))
		check_fail(sim, "P15", "the companion of %s is %s, and %s serve", node_name(i),
			   vrrp_state_name(e->state), can_serve(r) ? "can" : "cannot");
}

void companion_turn(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_companion *c = &sim->routers[i].companion;
	enum vrrp_state before = c->vr.election.state;

	if (!companion_is_conf(&sim->routers[i], &process->conf)) {
		companion_vanished(&sim->routers[i]);
		if (sim->routers[i].kernel.trouble_end_ns < process->told_ns)
			companion_left(sim, i);
		return;
	}
	c->vr = routers_get(process->routers, NUMBER)->vr;
	if (sim->check.companions_settled && c->vr.election.state != before)
		check_fail(sim, "P2", "the companion of %s leaves %s without need", node_name(i),
			   vrrp_state_name(before));
	if (!is_excused(sim, i))
		check_table(sim, process);
	check_state(sim, process);
}

void companion_heard(struct sim *sim, const struct sim_process *process,
		     const struct kern_said *said, unsigned k)
{
	struct sim_gateway *r = &sim->routers[process->router];
	struct sim_companion *c = &r->companion;
	int64_t now_ns = gateway_local_ns(sim, r);

	if (said->ifindex != r->kernel.link.ifindex ||
	    (sim->loops && memcmp(said->mac, r->kernel.link.mac, sizeof(said->mac)) == 0))
		return;
	/* Once each since it has yielded, or before; who was paused hears it before it looks
	 * whether it is over. */
	if (c->said_ns[k] < c->yielded_ns - SIM_LATELY_NS &&
	    (now_ns < c->handed_over_ns || c->table[k].present))
		c->handed_over_ns = check_put_off(r, c->yielded_ns, c->handed_over_ns, now_ns);
	c->said_ns[k] = now_ns;
	if (c->yielded_ns && now_ns < c->yielded_ns + SIM_MOST_NS)
		c->lives_ns = now_ns;
}

static void begin_to_yield(struct sim *sim, struct sim_gateway *r)
{
	r->companion.yielded_ns = gateway_local_ns(sim, r);
	r->companion.handed_over_ns = r->companion.yielded_ns + check_span(r);
}

void companion_stepped(struct sim *sim, unsigned i, const struct vrrp *before,
		       const struct vrrp *vr, const struct vrrp_event *event)
{
	struct sim_gateway *r = &sim->routers[i];

	if (before->election.state == VRRP_STATE_ACTIVE && vr->election.state == VRRP_STATE_BACKUP)
		begin_to_yield(sim, r);
	if (vr->election.state == VRRP_STATE_ACTIVE) /* what was said before is no news */
		memset(r->companion.said_ns, 0, sizeof(r->companion.said_ns));
	r->companion.vr = *vr;
	unit_stepped(sim, i, 1, before, event);
}

void companion_left(struct sim *sim, unsigned i)
{
	const struct sim_companion *c = &sim->routers[i].companion;

	for (unsigned k = 0; k < SIM_COMPANION_ADDRESSES; k++)
		if (c->table[k].present && !check_in_trouble(sim, i))
			check_fail(sim, "P3", "%s has left address %u of its companion behind",
				   node_name(i), k);
}

void companion_converged(struct sim *sim)
{
	for (unsigned group = 0; group < SIM_GROUPS; group++) {
		unsigned active_n = 0, able_n = 0;

		for (unsigned i = 0; i < sim->routers_n; i++) {
			const struct sim_gateway *r = &sim->routers[i];

			if (!gateway_is_among(sim, i, group) || !r->companion.there)
				continue;
			able_n += can_serve(r);
			active_n += r->up && r->companion.vr.election.state == VRRP_STATE_ACTIVE;
		}
		if (active_n != (able_n ? 1 : 0))
			check_fail(sim, "P2", "%u companions are Active among %u", active_n,
				   able_n);
	}
	sim->check.companions_settled = true;
}
