/* SPDX-License-Identifier: MIT */
#include "sim_guest.h"

#include <errno.h>
#include <string.h>

#include "sim.h"

#define INTERFACE "eth1"
#define FIRST     200 /* index of the first interface */

/* 203.0.113.9/28, 2001:db8:1::9/64 */
static const uint8_t bytes4[16] = { 203, 0, 113, 9 };
static const uint8_t bytes6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 9 };
static const uint8_t mac[6] = { 0x02, 1, 1, 1, 1, 1 };

void guest_init(struct sim *sim, unsigned i, unsigned family, bool required)
{
	sim->routers[i].guest = (struct sim_guest){ .used = true,
						    .required = required,
						    .family = family,
						    .exists = true,
						    .up = true,
						    .carrier = true,
						    .ifindex = FIRST };
}

static const uint8_t *bytes_of(const struct sim_guest *g)
{
	return g->family == 6 ? bytes6 : bytes4;
}

static unsigned prefix_len_of(const struct sim_guest *g)
{
	return g->family == 6 ? 64 : 28;
}

void guest_conf(const struct sim_gateway *r, struct conf_address *ret_address,
		struct conf_router *router)
{
	const struct sim_guest *g = &r->guest;

	if (!g->used)
		return;
	*ret_address = (struct conf_address){ .family = (uint8_t)g->family,
					      .prefix_len = (uint8_t)prefix_len_of(g),
					      .required = g->required ? CONF_YES : CONF_NO };
	memcpy(ret_address->bytes, bytes_of(g), sizeof(ret_address->bytes));
	strcpy(ret_address->interface, INTERFACE);
	router->extra_n = 1;
}

enum vrrp_reason_code guest_fault(const struct sim_gateway *r)
{
	const struct sim_guest *g = &r->guest;

	if (!g->used || !g->required)
		return VRRP_REASON_NONE;
	if (!g->exists)
		return VRRP_REASON_ADDRESS_LINK_MISSING;
	if (!g->up)
		return VRRP_REASON_ADDRESS_LINK_DOWN;
	return g->carrier ? VRRP_REASON_NONE : VRRP_REASON_ADDRESS_NO_CARRIER;
}

bool guest_is_on(const struct sim_gateway *r, int ifindex)
{
	return r->guest.used && ifindex == r->guest.ifindex;
}

/* ---- its kernel ---- */

static struct kern_object link_of(const struct sim_guest *g)
{
	struct kern_object object = { .type = KERN_OBJECT_LINK, .gone = !g->exists };

	object.link = (struct kern_link){ .ifindex = g->ifindex,
					  .name = INTERFACE,
					  .up = g->up,
					  .carrier = g->up && g->carrier,
					  .ethernet = true,
					  .promotes = true,
					  .mtu = 1500 };
	memcpy(object.link.mac, mac, sizeof(mac));
	return object;
}

static struct kern_object address_of(const struct sim_guest *g)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY,
				      .kind = KERN_KIND_ADDRESS,
				      .gone = !g->present };

	object.address = (struct kern_address){ .ifindex = g->ifindex,
						.family = (uint8_t)g->family,
						.prefix_len = (uint8_t)prefix_len_of(g),
						.mark = KERN_ADDRESS_MARK,
						.leased = true };
	memcpy(object.address.bytes, bytes_of(g), sizeof(object.address.bytes));
	return object;
}

static void set_address(struct sim *sim, unsigned i, const struct sim_process *by, bool there)
{
	struct sim_guest *g = &sim->routers[i].guest;
	struct kern_object object;

	if (g->present == there)
		return;
	g->present = there;
	g->unsaid = there;
	g->fresh_ns = there && g->family == 6 ? sim->now_ns : -1;
	object = address_of(g);
	kernel_tell(sim, i, by, &object);
}

int guest_change(struct sim *sim, struct sim_process *by, const struct kern_change *change)
{
	struct sim_guest *g = &sim->routers[by->router].guest;

	if (!g->exists)
		return -ENODEV;
	if (change->address.family != g->family ||
	    memcmp(change->address.bytes, bytes_of(g), family_of(g->family)->address_len) != 0) {
		check_fail(sim, "G", "%s has a wrong address for its guest", node_name(by->router));
		return -EINVAL;
	}
	if (change->add == g->present)
		return !change->add ? 0 : change->renew ? 0 : -EEXIST;
	if (change->add && g->required) /* all addresses are there from now on (P16) */
		sim->routers[by->router].held_ns = gateway_local_ns(sim, &sim->routers[by->router]);
	set_address(sim, by->router, by, change->add);
	if (change->add) {
		g->back_ns[1] = g->back_ns[0];
		g->back_ns[0] = gateway_local_ns(sim, &sim->routers[by->router]);
	}
	return 0;
}

void guest_show_link(const struct sim_process *process, kern_object_fn each, void *arg)
{
	const struct sim_guest *g = &process->sim->routers[process->router].guest;
	struct kern_object object = link_of(g);

	if (g->used && g->exists)
		each(&object, arg);
}

void guest_show(const struct sim_process *process, kern_object_fn each, void *arg)
{
	const struct sim_guest *g = &process->sim->routers[process->router].guest;
	struct kern_object object = address_of(g);

	if (g->used && g->present)
		each(&object, arg);
}

int guest_frame(struct sim *sim, const struct sim_process *process, const struct sim_frame *frame)
{
	unsigned i = process->router;
	struct sim_guest *g = &sim->routers[i].guest;
	size_t at = g->family == 6 ? 62 : 28;

	if (!g->exists)
		return ENXIO;
	if (!g->up)
		return ENETDOWN;
	if (!check_is_announcement(frame) || memcmp(frame->bytes + 6, mac, sizeof(mac)) != 0 ||
	    memcmp(frame->bytes + at, bytes_of(g), family_of(g->family)->address_len) != 0)
		check_fail(sim, "G", "%s announces its guest by a wrong frame", node_name(i));
	if (!g->present || sim->routers[i].vr.election.state != VRRP_STATE_ACTIVE)
		check_fail(sim, "G", "%s announces a guest that it does not have", node_name(i));
	g->unsaid = !g->carrier; /* nobody has heard it */
	return 0;
}

/* ---- what befalls it ---- */

static void set_link(struct sim *sim, unsigned i, bool up, bool carrier)
{
	struct sim_guest *g = &sim->routers[i].guest;
	struct kern_object object;

	g->up = up;
	g->carrier = carrier;
	if (!g->exists)
		return;
	object = link_of(g);
	kernel_tell(sim, i, NULL, &object);
	if (!up && g->family == 6)
		set_address(sim, i, NULL, false);
}

static void set_there(struct sim *sim, unsigned i, bool there)
{
	struct sim_guest *g = &sim->routers[i].guest;
	struct kern_object object;

	if (g->exists == there)
		return;
	if (!there)
		set_address(sim, i, NULL, false);
	g->exists = g->up = g->carrier = there;
	g->ifindex += there;
	object = link_of(g);
	kernel_tell(sim, i, NULL, &object);
}

void guest_begin(struct sim *sim, const struct sim_episode *e)
{
	static const char *const says[SIM_GUEST_FAULTS] = {
		[SIM_GUEST_REMOVED] = "its interface is removed",
		[SIM_GUEST_DOWN] = "its interface goes down",
		[SIM_GUEST_UNPLUGGED] = "its interface is unplugged",
		[SIM_GUEST_STOLEN] = "somebody takes its address",
	};
	unsigned fault = e->amount % SIM_GUEST_FAULTS;

	trace(sim, "the guest of %s: %s", node_name(e->node), says[fault]);
	kernel_disturb(sim, e->node);
	if (fault == SIM_GUEST_REMOVED)
		set_there(sim, e->node, false);
	else if (fault == SIM_GUEST_STOLEN)
		set_address(sim, e->node, NULL, false);
	else
		set_link(sim, e->node, fault != SIM_GUEST_DOWN, fault == SIM_GUEST_DOWN);
}

void guest_end(struct sim *sim, const struct sim_episode *e)
{
	struct sim_gateway *r = &sim->routers[e->node];

	trace(sim, "the guest of %s is well again", node_name(e->node));
	kernel_disturb(sim, e->node);
	if (r->healthy_ns < sim->now_ns)
		r->healthy_ns = sim->now_ns;
	if (e->amount % SIM_GUEST_FAULTS == SIM_GUEST_REMOVED)
		set_there(sim, e->node, true);
	else
		set_link(sim, e->node, true, true);
}

/* ---- what must hold ---- */

/* A third theft, so soon behind the second one, is undone a little later. */
static bool is_hasty(const struct sim *sim, unsigned i)
{
	const struct sim_guest *g = &sim->routers[i].guest;
	int64_t now_ns = gateway_local_ns(sim, &sim->routers[i]);

	return g->back_ns[1] && now_ns - g->back_ns[1] <= SIM_RESTORES_NS &&
	       now_ns < g->back_ns[0] + SIM_GAP_NS;
}

void guest_turn(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	struct sim_guest *g = &r->guest;
	bool fresh = g->fresh_ns == sim->now_ns; /* what is decided behind a turn hears nothing */
	bool active = process_router(process) && r->vr.election.state == VRRP_STATE_ACTIVE;
	bool can = g->exists && g->up;

	if (!g->used || check_in_trouble(sim, i))
		return;
	if (g->present != (active && can) && !(!g->present && is_hasty(sim, i)))
		check_fail(sim, "G", "%s is %sActive and has its guest%s", node_name(i),
			   active ? "" : "not ", g->present ? "" : " not");
	if (g->present && g->unsaid && !fresh && g->carrier && !r->vr.election.listening)
		check_fail(sim, "G", "%s does not announce its guest", node_name(i));
}

void guest_left(struct sim *sim, unsigned i)
{
	if (sim->routers[i].guest.present && !check_in_trouble(sim, i))
		check_fail(sim, "G", "%s has left its guest behind", node_name(i));
}
