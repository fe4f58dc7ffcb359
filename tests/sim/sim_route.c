/* SPDX-License-Identifier: MIT */
#include "sim_route.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netlink/prepared.h"
#include "sim.h"
#include "sim_check.h"
#include "sim_check_leave.h"
#include "sim_family.h"

#define TABLE     254
#define METRIC    7
#define RETRY_NS  (3 * SIM_S)  /* refusals are tried again after one */
#define THEFTS_NS (70 * SIM_S) /* the longest pause after thefts, and a little */

static struct sim_route *route_of(struct sim *sim, unsigned i)
{
	return &sim->routers[i].kernel.route;
}

static void fill(const struct sim *sim, unsigned i, struct kern_route *ret_route)
{
	*ret_route = (struct kern_route){ .family = sim->routers[i].config.family,
					  .type = RTN_UNICAST,
					  .scope = RT_SCOPE_LINK,
					  .table = TABLE,
					  .metric = METRIC,
					  .mark = sim->routers[i].kernel.route.mark };
}

void route_conf(const struct sim *sim, unsigned i, struct conf_route *route,
		struct conf_router *router)
{
	struct kern_address source = kernel_address(sim, i, 0);

	if (!sim->routed)
		return;
	*route = (struct conf_route){ .family = sim->routers[i].config.family,
				      .source_family = source.family,
				      .to.is_default = true,
				      .table = TABLE,
				      .metric = METRIC };
	memcpy(route->source, source.bytes, sizeof(route->source));
	strcpy(route->interface, SIM_INTERFACE);
	strcpy(route->text, "default");
	router->routes = route;
	router->routes_n = 1;
}

/* ---- what becomes of it ---- */

/* As the kernel shows it now; its ways are told apart by their sums. */
static struct kern_object shown(const struct sim *sim, unsigned i, bool gone)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY,
				      .kind = KERN_KIND_ROUTE,
				      .gone = gone };
	const struct sim_route *route = &sim->routers[i].kernel.route;
	struct kern_hop hop = { .ifindex = route->ifindex, .weight = 1 };
	struct kern_address source = kernel_address(sim, i, 0);

	fill(sim, i, &object.entry.route);
	kern_route_set_hops(&object.entry.route, &hop, 1);
	object.entry.route.hops = NULL;
	object.entry.route.ifindex = route->ifindex;
	memcpy(object.entry.route.source, source.bytes, sizeof(source.bytes));
	return object;
}

static void drop(struct sim *sim, unsigned i, const struct sim_process *by, bool aloud)
{
	struct kern_object object = shown(sim, i, true);

	if (!route_of(sim, i)->present)
		return;
	route_of(sim, i)->present = false;
	if (aloud)
		kernel_tell(sim, i, by, &object);
}

static int add(struct sim *sim, const struct sim_process *by, const struct kern_route *wanted)
{
	unsigned i = by->router;
	const struct sim_kernel *kernel = &sim->routers[i].kernel;
	struct kern_object object;

	drop(sim, i, by, true); /* nobody else's is ever there */
	if (!kernel->link.exists || wanted->hops_n != 1 ||
	    wanted->hops[0].ifindex != kernel->link.ifindex)
		return -ENODEV;
	if (!kernel->link.up)
		return -ENETDOWN;
	if (!kernel->table[0].present)
		return -EINVAL;
	route_of(sim, i)->present = true;
	route_of(sim, i)->mark = KERN_ROUTE_MARK;
	route_of(sim, i)->ifindex = kernel->link.ifindex;
	object = shown(sim, i, false);
	kernel_tell(sim, i, by, &object);
	return 0;
}

int route_change(struct sim *sim, const struct sim_process *by, const struct kern_change *change)
{
	if (change->add)
		return add(sim, by, &change->entry.route);
	if (!route_of(sim, by->router)->present)
		return -ESRCH;
	drop(sim, by->router, by, true);
	return 0;
}

bool route_bequeath(struct sim *sim, const struct sim_process *by,
		    const struct kern_transaction *transaction)
{
	struct nlmsghdr head;

	if (transaction->protocol != NETLINK_ROUTE || transaction->len < sizeof(head))
		return false;
	memcpy(&head, transaction->bytes, sizeof(head));
	if (head.nlmsg_type != RTM_DELROUTE)
		return false;
	drop(sim, by->router, NULL, true);
	return true;
}

int route_dump(const struct sim_process *process, kern_object_fn each, void *arg)
{
	struct kern_object object = shown(process->sim, process->router, false);

	if (kernel_goes_wrong(process->sim, process->router, SIM_TROUBLE_DUMPS))
		return -EAGAIN;
	if (route_of(process->sim, process->router)->present)
		each(&object, arg);
	return 0;
}

static void lose(struct sim *sim, unsigned i)
{
	route_of(sim, i)->shaken_ns = sim->now_ns;
	drop(sim, i, NULL, sim->routers[i].config.family == 6);
}

void route_loses_link(struct sim *sim, unsigned i)
{
	lose(sim, i);
}

void route_loses_source(struct sim *sim, unsigned i, unsigned k)
{
	route_of(sim, i)->shaken_ns = sim->now_ns;
	if (k == 0 && sim->routers[i].config.family == 4)
		lose(sim, i);
}

void route_steal(struct sim *sim, unsigned i)
{
	if (!route_of(sim, i)->present || sim->routers[i].pause == SIM_FROZEN)
		return;
	trace(sim, "somebody removes the route of %s", node_name(i));
	route_of(sim, i)->stolen_ns = sim->now_ns;
	drop(sim, i, NULL, true);
}

/* ---- P18 ---- */

static bool is_long_ago(const struct sim *sim, int64_t then_ns, int64_t ns)
{
	return then_ns == 0 || sim->now_ns > then_ns + ns;
}

/* Whether nothing excuses an Active that has no route. */
static bool must_have(const struct sim *sim, unsigned i)
{
	const struct sim_kernel *kernel = &sim->routers[i].kernel;
	const struct sim_route *route = &kernel->route;

	return kernel->link.exists && kernel->link.up && kernel->table[0].present &&
	       is_long_ago(sim, kernel->table[0].put_ns, RETRY_NS) &&
	       is_long_ago(sim, kernel->link_ns, RETRY_NS) &&
	       is_long_ago(sim, kernel->thawed_ns, RETRY_NS) &&
	       is_long_ago(sim, route->shaken_ns, THEFTS_NS) &&
	       is_long_ago(sim, route->stolen_ns, THEFTS_NS);
}

/* Whoever hands over has it until the last address goes, or that which it needs. */
void route_check(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];
	bool active = r->vr.election.state == VRRP_STATE_ACTIVE, present = r->kernel.route.present;

	if (!sim->routed || !process_router(process) || check_in_trouble(sim, i))
		return;
	if (!active && present && !(r->yield.on && !r->yield.sourceless))
		check_fail(sim, "P18", "%s is %s and has its route", node_name(i),
			   vrrp_state_name(r->vr.election.state));
	if (active && !present && must_have(sim, i))
		check_fail(sim, "P18", "%s is Active without its route", node_name(i));
}
