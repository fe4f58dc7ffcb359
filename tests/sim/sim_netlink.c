/* SPDX-License-Identifier: MIT */
/* What the agent's code calls of netlink: netlink/change.h, prepared.h, dump.h and monitor.h, on
 * sim_kernel.h. */
#include <assert.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "netlink/dump.h"
#include "netlink/filter_change.h"
#include "netlink/monitor.h"
#include "netlink/prepared.h"
#include "netlink/sweep.h"
#include "sim.h"
#include "sim_filter.h"
#include "sim_route.h"

/* ---- netlink/change.h ---- */

int kern_changer_open(struct kern_changer **ret_changer)
{
	struct sim_process *process = process_running();

	process->changer.process = process;
	*ret_changer = &process->changer;
	return 0;
}

void kern_changer_close(struct kern_changer *changer)
{
	(void)changer;
}

int kern_changer_prepare(struct kern_changer *changer, enum kern_filter_action action)
{
	(void)changer;
	(void)action;
	return 0;
}

int kern_changer_lend(struct kern_changer *changer, int fd, bool soon)
{
	(void)changer;
	(void)fd;
	(void)soon;
	return 0;
}

int kern_filter_socket(void)
{
	return -EPROTONOSUPPORT;
}

int kern_filter_probe(enum kern_filter_action action)
{
	(void)action;
	return 0;
}

/* Events are marked by_us without it. */
uint32_t kern_changer_port(const struct kern_changer *changer)
{
	(void)changer;
	return 0;
}

static int carry_out(struct sim_process *by, const struct kern_change *change)
{
	bool is_filter = change->kind == KERN_KIND_FILTER;

	if (kernel_goes_wrong(by->sim, by->router, SIM_TROUBLE_CHANGES)) {
		if (is_filter)
			filter_refuse(by->sim, by->router, change);
		return -ENOMEM;
	}
	if (change->kind == KERN_KIND_MACVLAN || change->kind == KERN_KIND_UP)
		return macvlan_change(by->sim, by, change);
	if (change->kind == KERN_KIND_ROUTE)
		return route_change(by->sim, by, change);
	return is_filter ? filter_change(by->sim, by, change) : kernel_change(by->sim, by, change);
}

int kern_changer_apply(struct kern_changer *changer, struct kern_change *changes,
		       unsigned changes_n)
{
	struct sim_process *by = changer->process;
	bool broken = kernel_goes_wrong(by->sim, by->router, SIM_TROUBLE_ANSWERS);

	if (changes_n == 0)
		return 0;
	by->unanswered = broken;
	for (unsigned n = 0; n < changes_n; n++) {
		process_may_die(by);
		changes[n].result = carry_out(by, &changes[n]);
		changes[n].marked = changes[n].add && changes[n].result == 0;
		if (broken)
			changes[n].result = -EINPROGRESS;
	}
	return broken ? -ENOBUFS : 0;
}

/* ---- netlink/prepared.h: this kernel keeps marks, so the removal of an address is never held;
 * that of a route is ---- */

int kern_prepared_open(struct kern_prepared **ret_prepared)
{
	struct sim_process *process = process_running();

	process->prepared.process = process;
	*ret_prepared = &process->prepared;
	return 0;
}

void kern_prepared_close(struct kern_prepared *prepared)
{
	(void)prepared;
}

void kern_prepared_add(struct kern_prepared *prepared, const struct kern_transaction *transaction)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)transaction->bytes;

	if (message->nlmsg_type == RTM_DELLINK) {
		const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);

		(void)macvlan_remove(prepared->process->sim, prepared->process, link->ifi_index);
		return;
	}
	if (route_bequeath(prepared->process->sim, prepared->process, transaction))
		return;
	check_fail(prepared->process->sim, "P3", "%s removes an address without a look at it",
		   node_name(prepared->process->router));
}

struct kern_prepared_sum kern_prepared_flush(struct kern_prepared *prepared)
{
	(void)prepared;
	return (struct kern_prepared_sum){ 0 };
}

/* ---- netlink/dump.h ---- */

int kern_dump_open(struct kern_dump **ret_dump)
{
	struct sim_process *process = process_running();

	process->dump.process = process;
	*ret_dump = &process->dump;
	return 0;
}

void kern_dump_close(struct kern_dump *dump)
{
	(void)dump;
}

int kern_dump_links(struct kern_dump *dump, kern_object_fn each, void *arg)
{
	struct sim_process *process = dump->process;
	struct kern_object object = { .type = KERN_OBJECT_LINK };

	process_may_die(process);

	guest_show_link(process, each, arg);
	if (!process->sim->routers[process->router].kernel.link.exists)
		return 0;
	object.link = kernel_link(process->sim, process->router);
	each(&object, arg);
	return 0;
}

int kern_dump_link(struct kern_dump *dump, int ifindex, kern_object_fn each, void *arg)
{
	struct sim_process *process = dump->process;

	if (kernel_goes_wrong(process->sim, process->router, SIM_TROUBLE_DUMPS))
		return -EAGAIN;
	if (guest_is_on(&process->sim->routers[process->router], ifindex)) {
		guest_show_link(process, each, arg);
		return 0;
	}
	if (kernel_link(process->sim, process->router).ifindex != ifindex)
		return -ENODEV;
	return kern_dump_links(dump, each, arg);
}

static struct kern_object virtual_address(const struct sim_process *process, unsigned k)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY, .kind = KERN_KIND_ADDRESS };

	object.address = kernel_shown(process->sim, process->router, k);
	return object;
}

static void show_own(const struct sim_process *process, kern_object_fn each, void *arg)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY, .kind = KERN_KIND_ADDRESS };

	for (unsigned n = 0; n < SIM_OWN_MAX; n++) {
		if (process->sim->routers[process->router].kernel.own[n] == SIM_OWN_ABSENT)
			continue;
		object.address = kernel_own(process->sim, process->router, n);
		each(&object, arg);
	}
}

static int show_virtual(struct sim_process *process, kern_object_fn each, void *arg)
{
	const struct sim_kernel *kernel = &process->sim->routers[process->router].kernel;

	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++) {
		struct kern_object object = virtual_address(process, k);

		if (kernel_goes_wrong(process->sim, process->router, SIM_TROUBLE_DUMPS)) {
			process->refused_ns = process->sim->now_ns;
			return -EAGAIN;
		}
		if (!kernel->table[k].present)
			continue;
		if (!process->sweeping)
			process->unseen &= ~(1u << k);
		each(&object, arg);
	}
	if (!process->sweeping)
		process->unseen = 0;
	return 0;
}

int kern_dump_kind(struct kern_dump *dump, enum kern_kind kind, kern_object_fn each, void *arg)
{
	struct sim_process *process = dump->process;
	int err;

	process_may_die(process);
	if (kind == KERN_KIND_FILTER)
		return filter_dump(process, 0, each, arg);
	if (kind == KERN_KIND_ROUTE)
		return route_dump(process, each, arg);
	if (kind == KERN_KIND_MACVLAN || kind == KERN_KIND_UP)
		macvlan_show(process, kind, 0, each, arg);
	if (kind != KERN_KIND_ADDRESS)
		return 0;
	guest_show(process, each, arg);
	show_own(process, each, arg);
	err = show_virtual(process, each, arg);
	if (err < 0)
		return err;
	if (process->sim->routers[process->router].companion.there)
		companion_show(process, each, arg);
	return 0;
}

int kern_dump_interface(struct kern_dump *dump, enum kern_kind kind, int ifindex,
			kern_object_fn each, void *arg)
{
	struct sim_process *process = dump->process;
	const struct sim_link *link = &process->sim->routers[process->router].kernel.link;

	if (kind == KERN_KIND_ROUTE) { /* which is of no interface */
		process_may_die(process);
		return route_dump(process, each, arg);
	}
	if (kind == KERN_KIND_FILTER) { /* which outlives its interface */
		process_may_die(process);
		return filter_dump(process, ifindex, each, arg);
	}
	if (kind == KERN_KIND_MACVLAN || kind == KERN_KIND_UP) {
		process_may_die(process);
		macvlan_show(process, kind, ifindex, each, arg);
		return 0;
	}
	if (guest_is_on(&process->sim->routers[process->router], ifindex)) {
		if (kind == KERN_KIND_ADDRESS)
			guest_show(process, each, arg);
		return 0;
	}
	if (ifindex == macvlan_home(&process->sim->routers[process->router]) &&
	    ifindex != link->ifindex)
		return show_virtual(process, each, arg);
	if (!link->exists || ifindex != link->ifindex)
		return 0;
	if (kind == KERN_KIND_ADDRESS &&
	    process->sim->routers[process->router].kernel.macvlans.used) {
		show_own(process, each, arg);
		return 0;
	}
	return kern_dump_kind(dump, kind, each, arg);
}

int __real_kern_sweep_kinds(struct kern_dump *dump, struct kern_changer *changer, unsigned kinds,
			    kern_keep_fn keep, kern_swept_fn swept, void *arg);
int __wrap_kern_sweep_kinds(struct kern_dump *dump, struct kern_changer *changer, unsigned kinds,
			    kern_keep_fn keep, kern_swept_fn swept, void *arg);

/* What is shown to it the reconciliation does not hear of, and asks for itself. */
int __wrap_kern_sweep_kinds(struct kern_dump *dump, struct kern_changer *changer, unsigned kinds,
			    kern_keep_fn keep, kern_swept_fn swept, void *arg)
{
	int removed;

	dump->process->sweeping = true;
	removed = __real_kern_sweep_kinds(dump, changer, kinds, keep, swept, arg);
	dump->process->sweeping = false;
	return removed;
}

/* ---- netlink/monitor.h ---- */

int kern_monitor_open(uint32_t our_port, struct kern_monitor **ret_monitor)
{
	struct sim_process *process = process_running();

	(void)our_port;
	process->monitor.open = true;
	process->monitor_handle.process = process;
	*ret_monitor = &process->monitor_handle;
	return 0;
}

void kern_monitor_close(struct kern_monitor *monitor)
{
	if (monitor)
		monitor->process->monitor.open = false;
}

int kern_monitor_add_routes(struct kern_monitor *monitor, const struct kern_monitor_routes *routes)
{
	(void)monitor;
	(void)routes;
	return 0;
}

int kern_monitor_fd(const struct kern_monitor *monitor)
{
	(void)monitor;
	return -1;
}

/* No time passes in a turn. */
bool kern_monitor_wait(const struct kern_monitor *handle, int64_t patience_ns)
{
	(void)patience_ns;
	check_waiting(handle->process);
	return false;
}

int kern_monitor_dispatch(struct kern_monitor *handle, kern_object_fn each, void *arg)
{
	struct sim_monitor *monitor = &handle->process->monitor;
	bool overrun = monitor->overrun;
	unsigned n = monitor->notices_n;

	monitor->overrun = false;
	monitor->notices_n = 0;
	for (unsigned k = 0; k < n; k++)
		each(&monitor->notices[k], arg);
	if (!overrun)
		return 0;
	trace(handle->process->sim, "%s has lost events", node_name(handle->process->router));
	return -ENOBUFS;
}
