/* SPDX-License-Identifier: MIT */
#include "sim_filter.h"

#include <errno.h>
#include <string.h>

#include "sim.h"
#include "sim_check.h"
#include "sim_check_leave.h"
#include "sim_family.h"

bool filter_accepts(const struct sim *sim, const struct vrrp_config *config)
{
	return !sim->silent || config->priority % 2 == 0 || config->priority == VRRP_PRIORITY_OWNER;
}

static bool is_ours(const struct sim_kernel *kernel, unsigned k)
{
	return kernel->table[k].present && kernel->table[k].mark == KERN_ADDRESS_MARK;
}

/* One that the agent could not see come, or whose removal was refused, may be there. */
static void check_removed(struct sim *sim, const struct sim_process *by, unsigned k)
{
	const struct sim_kernel *kernel = &sim->routers[by->router].kernel;

	if (is_ours(kernel, k) && !by->router_confs[0].accept && !check_in_trouble(sim, by->router))
		check_fail(sim, "P17", "%s lets packets to address %u in, which it has",
			   node_name(by->router), k);
}

static unsigned virtual_number(const struct sim *sim, unsigned i, const struct kern_change *change)
{
	return family_virtual_number(sim->routers[i].config.family, change->entry.filter.bytes);
}

/* Of such addresses the kernel tells elements apart by their interface, too. */
static bool is_of_link(const struct kern_address *address)
{
	return address->family == 6 && family_is_link_local(6, address->bytes);
}

int filter_change(struct sim *sim, struct sim_process *by, const struct kern_change *change)
{
	unsigned k = virtual_number(sim, by->router, change);
	struct sim_kernel *kernel = &sim->routers[by->router].kernel;
	struct kern_address address;
	struct sim_filter *filter;

	if (change->entry.filter.action == KERN_FILTER_ARP)
		return macvlan_silence(sim, by, change);
	if (change->entry.filter.action == KERN_FILTER_MLD)
		return macvlan_hush(sim, by, change);

	if (k == SIM_ADDRESSES_MAX) {
		check_fail(sim, "P17", "%s drops packets to an address that is not virtual",
			   node_name(by->router));
		return -EINVAL;
	}
	filter = &kernel->filters[k];
	if (!change->add && !filter->present)
		return -ENOENT;
	if (!change->add)
		check_removed(sim, by, k);
	address = kernel_address(sim, by->router, k);
	/* One that is there keeps its comment; of a gone link it does not matter any more. */
	if (change->add && (!filter->present || is_of_link(&address)))
		filter->ifindex = change->entry.filter.ifindex;
	filter->present = change->add;
	filter->refused = false;
	return 0;
}

void filter_refuse(struct sim *sim, unsigned i, const struct kern_change *change)
{
	unsigned k;

	if (change->entry.filter.action == KERN_FILTER_MLD)
		sim->routers[i].kernel.macvlans.hush_refused = true;
	if (change->add || change->entry.filter.action == KERN_FILTER_MLD)
		return;
	k = virtual_number(sim, i, change);
	if (k >= SIM_ADDRESSES_MAX)
		return;
	if (change->entry.filter.action == KERN_FILTER_DELIVERY)
		sim->routers[i].kernel.filters[k].refused = true;
	else
		sim->routers[i].kernel.macvlans.arps_refused |= 1u << k;
}

static void show_silence(const struct sim_process *process, const struct kern_address *address,
			 unsigned k, int ifindex, kern_object_fn each, void *arg)
{
	const struct sim_kernel *kernel = &process->sim->routers[process->router].kernel;
	struct kern_object object = { .type = KERN_OBJECT_ENTRY, .kind = KERN_KIND_FILTER };
	int below = kernel->macvlans.arps[k];

	if (!below || (ifindex && ifindex != below))
		return;
	object.entry.filter = (struct kern_filter){ .ifindex = below,
						    .action = KERN_FILTER_ARP,
						    .family = address->family };
	memcpy(object.entry.filter.bytes, address->bytes, sizeof(address->bytes));
	each(&object, arg);
}

static void show_hush(const struct sim_process *process, int ifindex, kern_object_fn each,
		      void *arg)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY, .kind = KERN_KIND_FILTER };
	int hushed = process->sim->routers[process->router].kernel.macvlans.hushed;

	object.entry.filter = (struct kern_filter){ .ifindex = hushed, .action = KERN_FILTER_MLD };
	if (hushed && (!ifindex || ifindex == hushed))
		each(&object, arg);
}

int filter_dump(const struct sim_process *process, int ifindex, kern_object_fn each, void *arg)
{
	const struct sim_kernel *kernel = &process->sim->routers[process->router].kernel;

	show_hush(process, ifindex, each, arg);
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++) {
		struct kern_address address = kernel_address(process->sim, process->router, k);
		struct kern_object object = { .type = KERN_OBJECT_ENTRY, .kind = KERN_KIND_FILTER };

		if (kernel_goes_wrong(process->sim, process->router, SIM_TROUBLE_DUMPS))
			return -EAGAIN;
		show_silence(process, &address, k, ifindex, each, arg);
		if (!kernel->filters[k].present ||
		    (ifindex && kernel->filters[k].ifindex != ifindex && is_of_link(&address)))
			continue;
		object.entry.filter = (struct kern_filter){ .ifindex = kernel->filters[k].ifindex,
							    .family = address.family };
		memcpy(object.entry.filter.bytes, address.bytes, sizeof(address.bytes));
		each(&object, arg);
	}
	return 0;
}

void filter_end(struct sim *sim, unsigned i)
{
	memset(sim->routers[i].kernel.filters, 0, sizeof(sim->routers[i].kernel.filters));
	memset(sim->routers[i].kernel.macvlans.arps, 0,
	       sizeof(sim->routers[i].kernel.macvlans.arps));
	sim->routers[i].kernel.macvlans.hushed = 0;
}

void filter_check_added(struct sim *sim, const struct sim_process *by, unsigned k)
{
	if (!by->router_confs[0].accept && !sim->routers[by->router].kernel.filters[k].present)
		check_fail(sim, "P17", "%s adds address %u, to which packets are let in",
			   node_name(by->router), k);
}

/* One whose removal was refused when its interface went: the next process finds it. */
static bool is_left(const struct sim_kernel *kernel, unsigned k)
{
	const struct sim_filter *filter = &kernel->filters[k];

	return filter->refused && (!kernel->link.exists || filter->ifindex != kernel->link.ifindex);
}

void filter_check(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];
	bool active = r->vr.election.state == VRRP_STATE_ACTIVE;

	if (!process_router(process) || check_in_trouble(sim, i))
		return;
	for (unsigned k = 0; k < r->addresses_n; k++) {
		bool holds = check_may_hold(sim, i, k);
		bool wanted = !process->router_confs[0].accept &&
			      (active || (r->kernel.table[k].present && holds));

		if (holds && !r->kernel.table[k].present) /* as while it was Active */
			continue;
		if (r->kernel.filters[k].present != wanted && (wanted || !is_left(&r->kernel, k)))
			check_fail(sim, "P17", "%s is %s and %s packets to address %u",
				   node_name(i), vrrp_state_name(r->vr.election.state),
				   wanted ? "lets in" : "drops", k);
	}
}
