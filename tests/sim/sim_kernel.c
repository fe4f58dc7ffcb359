/* SPDX-License-Identifier: MIT */
#include "sim_kernel.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "sim.h"
#include "sim_filter.h"

/* Who did something, as netlink shows it. */
struct actor {
	const struct sim_process *process; /* NULL: not the agent */
	bool kernel;                       /* the kernel by itself */
};

static const struct actor somebody = { NULL, false }, the_kernel = { NULL, true };

void kernel_init(struct sim *sim, unsigned i)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	*kernel = (struct sim_kernel){ .promotes = sim->tidy || prng_one_in(&sim->prng, 2),
				       .prefix_len =
					       sim->tidy || prng_one_in(&sim->prng, 2) ? 32 : 24 };
	kernel->link = (struct sim_link){
		.exists = true,
		.up = true,
		.carrier = true,
		.ifindex = 2,
		.mac = { 0x02, 0, 0, 0, 0, (uint8_t)(1 + i) },
	};
	kernel->own[SIM_OWN_MAX - 1] = true;
}

/* What somebody adds that is no virtual address is no source for them either: of no subnet. */
static unsigned prefix_len_of(const struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_gateway *r = &sim->routers[i];

	return k < r->addresses_n ? r->kernel.prefix_len : 32;
}

struct kern_address kernel_address(const struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_kernel *kernel = &sim->routers[i].kernel;

	return (struct kern_address){ .ifindex = kernel->link.ifindex,
				      .family = 4,
				      .prefix_len = (uint8_t)prefix_len_of(sim, i, k),
				      .bytes = { 198, 51, 100, (uint8_t)(1 + k) } };
}

unsigned kernel_number(const uint8_t *bytes)
{
	static const uint8_t net[3] = { 198, 51, 100 };
	unsigned k = bytes[3] - 1u;

	return memcmp(bytes, net, 3) == 0 && k < SIM_ADDRESSES_MAX ? k : SIM_ADDRESSES_MAX;
}

struct kern_address kernel_own(const struct sim *sim, unsigned i, unsigned n)
{
	const struct sim_gateway *r = &sim->routers[i];
	struct kern_address address = { .ifindex = r->kernel.link.ifindex,
					.family = 4,
					.prefix_len = 24 };

	memcpy(address.bytes, r->own[n], 4);
	return address;
}

struct kern_link kernel_link(const struct sim *sim, unsigned i)
{
	const struct sim_kernel *kernel = &sim->routers[i].kernel;
	struct kern_link link = { .ifindex = kernel->link.ifindex,
				  .name = SIM_INTERFACE,
				  .up = kernel->link.up,
				  .carrier = kernel->link.up && kernel->link.carrier,
				  .ethernet = true,
				  .promotes = kernel->promotes };

	memcpy(link.mac, kernel->link.mac, sizeof(link.mac));
	return link;
}

bool kernel_can_talk(const struct sim_kernel *kernel)
{
	return kernel->link.exists && kernel->link.up && kernel->link.carrier;
}

unsigned kernel_ours(const struct sim_kernel *kernel)
{
	unsigned n = 0;

	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++)
		n += kernel->table[k].present && kernel->table[k].mark == KERN_ADDRESS_MARK;
	return n;
}

/* ---- events ---- */

static void notify(struct sim *sim, unsigned i, struct sim_process *process, struct actor actor,
		   struct kern_object object)
{
	struct sim_monitor *monitor = &process->monitor;
	bool ours = actor.process == process;

	/* As in netlink/monitor.c: what it added itself a process does not hear of. */
	if (!process->exists || !monitor->open || (ours && !object.gone))
		return;
	object.by_us = ours;
	object.by_kernel = actor.kernel;
	if (!(sim->routers[i].kernel.trouble & SIM_TROUBLE_EVENTS) &&
	    monitor->notices_n < SIM_NOTICES_MAX) {
		monitor->notices[monitor->notices_n++] = object;
	} else {
		monitor->overrun = true;
		sim->routers[i].kernel.unheard_ns = sim->now_ns;
		if (object.type == KERN_OBJECT_ENTRY &&
		    kernel_number(object.address.bytes) < SIM_ADDRESSES_MAX)
			process->unseen |= 1u << kernel_number(object.address.bytes);
	}
	process_wake(sim, process);
}

static void notify_all(struct sim *sim, unsigned i, struct actor actor,
		       const struct kern_object *object)
{
	for (unsigned n = 0; n < SIM_PROCESSES_MAX; n++)
		notify(sim, i, &sim->processes[i][n], actor, *object);
}

static void tell_address(struct sim *sim, unsigned i, struct actor actor, unsigned k, bool gone)
{
	const struct sim_address *address = &sim->routers[i].kernel.table[k];
	struct kern_object object = { .type = KERN_OBJECT_ENTRY,
				      .kind = KERN_KIND_ADDRESS,
				      .gone = gone };

	object.address = kernel_address(sim, i, k);
	object.address.mark = address->mark;
	object.address.leased = address->end_ns != VRRP_NEVER;
	notify_all(sim, i, actor, &object);
}

static void tell_own(struct sim *sim, unsigned i, struct actor actor, unsigned n)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY,
				      .kind = KERN_KIND_ADDRESS,
				      .gone = !sim->routers[i].kernel.own[n] };

	object.address = kernel_own(sim, i, n);
	notify_all(sim, i, actor, &object);
}

static void tell_link(struct sim *sim, unsigned i)
{
	sim->routers[i].kernel.link_ns = sim->now_ns;
	struct kern_object object = { .type = KERN_OBJECT_LINK,
				      .gone = !sim->routers[i].kernel.link.exists };

	object.link = kernel_link(sim, i);
	notify_all(sim, i, somebody, &object);
}

/* ---- addresses ---- */

/* Somebody but the agent changes something. */
static void disturb(struct sim *sim, unsigned i)
{
	sim->routers[i].kernel.disturbed_ns = sim->now_ns;
}

static void set_lease(struct sim *sim, unsigned i, unsigned k, uint32_t lifetime_s)
{
	struct sim_address *address = &sim->routers[i].kernel.table[k];

	address->added_ns = sim->now_ns;
	address->due_ns = address->end_ns = VRRP_NEVER;
	if (!lifetime_s)
		return;
	address->due_ns = address->end_ns = sim->now_ns + (int64_t)lifetime_s * SIM_S;
	if (!sim->tidy)
		address->end_ns += prng_range(&sim->prng, 0, SIM_LEASE_LATE_NS);
	events_push(&sim->events, address->end_ns, SIM_EVENT_LEASE, i, k);
}

static void put(struct sim *sim, unsigned i, struct actor actor, unsigned k, uint32_t lifetime_s)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	struct sim_address *address = &kernel->table[k];

	if (actor.process)
		check_added(sim, i, k);
	if (actor.process)
		filter_check_added(sim, actor.process, k);
	if (actor.process && address->ended && !address->stolen)
		check_renewal(sim, actor.process, k);
	*address = (struct sim_address){ .present = true,
					 .mark = actor.process ? KERN_ADDRESS_MARK : 0,
					 .unanswered = actor.process && actor.process->unanswered,
					 .put_ns = sim->now_ns,
					 .seq = kernel->seq++ };
	set_lease(sim, i, k, lifetime_s);
	tell_address(sim, i, actor, k, false);
}

static bool is_primary(const struct sim_kernel *kernel, unsigned k)
{
	for (unsigned n = 0; n < SIM_ADDRESSES_MAX; n++)
		if (kernel->table[n].present && kernel->table[n].seq < kernel->table[k].seq)
			return false;
	return true;
}

static void drop(struct sim *sim, unsigned i, struct actor actor, unsigned k)
{
	sim->routers[i].kernel.table[k].present = false;
	tell_address(sim, i, actor, k, true);
}

/* How an agent that wants it has lost it. */
static void mark_lost(struct sim *sim, unsigned i, struct actor actor, unsigned k)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	struct sim_address *address = &kernel->table[k];

	address->ended = actor.kernel && address->end_ns != VRRP_NEVER;
	/* Without the event, nothing tells the agent the end of a lease from a theft. */
	address->stolen =
		!actor.process && (!address->ended || kernel->trouble & SIM_TROUBLE_EVENTS);
	if (address->ended)
		check_ended(sim, i, k);
}

/* Remove one, and if it is the primary of the subnet all others, unless they are promoted. */
static void take(struct sim *sim, unsigned i, struct actor actor, unsigned k, bool promote)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	bool alone = prefix_len_of(sim, i, k) == 32 || kernel->promotes || promote;
	bool primary = is_primary(kernel, k);

	drop(sim, i, actor, k);
	for (unsigned n = 0; n < SIM_ADDRESSES_MAX && primary && !alone; n++) {
		if (!kernel->table[n].present || prefix_len_of(sim, i, n) == 32)
			continue;
		mark_lost(sim, i, actor, n);
		if (actor.process)
			check_removal(sim, actor.process, n);
		drop(sim, i, actor, n);
	}
}

/*
 * A process that could not hear of a theft may undo it by renewing a lease. It does not know how
 * often it does that, and neither does one that gets no answers.
 */
static bool knows(const struct sim_process *by, const struct kern_change *change, unsigned k)
{
	return !by->unanswered && !(change->renew && by->unseen >> k & 1);
}

/* What asks for addresses that are none of the agent's business fails P13. */
static int change_other(struct sim *sim, unsigned i)
{
	check_fail(sim, "P13", "%s touches an address that is not virtual", node_name(i));
	return -EINVAL;
}

int kernel_change(struct sim *sim, struct sim_process *by, const struct kern_change *change)
{
	unsigned i = by->router, k = kernel_number(change->address.bytes);
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	struct actor actor = { by, false };
	struct sim_address *address = &kernel->table[k];

	if (!kernel->link.exists || change->address.ifindex != kernel->link.ifindex)
		return -ENODEV;
	if (k == SIM_ADDRESSES_MAX)
		return change_other(sim, i);
	if (change->add && address->present) {
		if (!change->renew)
			return -EEXIST;
		check_removal(sim, by, k); /* a lease on it would be a removal later */
		check_renewal(sim, by, k);
		address->unanswered = false;
		set_lease(sim, i, k, change->lifetime_s);
		tell_address(sim, i, actor, k, false);
		return 0;
	}
	if (!change->add && !address->present)
		return -EADDRNOTAVAIL;
	kernel->changes_n++;
	if (change->add) {
		if (address->stolen && knows(by, change, k))
			check_restored(sim, i, k);
		put(sim, i, actor, k, change->lifetime_s);
	} else {
		check_removal(sim, by, k);
		take(sim, i, actor, k, change->promote);
	}
	return 0;
}

bool kernel_goes_wrong(struct sim *sim, unsigned i, enum sim_trouble trouble)
{
	return sim->routers[i].kernel.trouble & trouble && prng_one_in(&sim->prng, 3);
}

void kernel_expire(struct sim *sim, unsigned i, unsigned k)
{
	struct sim_address *address = &sim->routers[i].kernel.table[k];

	/* A host that does not run removes nothing: kernel_thaw(). */
	if (!address->present || address->end_ns != sim->now_ns ||
	    sim->routers[i].pause == SIM_FROZEN)
		return;
	trace(sim, "the kernel of %s removes an address: its lease is over", node_name(i));
	check_expiry(sim, i, k);
	mark_lost(sim, i, the_kernel, k);
	take(sim, i, the_kernel, k, false);
}

void kernel_thaw(struct sim *sim, unsigned i, int64_t slept_ns, bool clock_stood_still)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	kernel->thawed_ns = sim->now_ns;
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++) {
		struct sim_address *address = &kernel->table[k];

		if (!address->present || address->end_ns == VRRP_NEVER)
			continue;
		if (clock_stood_still)
			address->due_ns += slept_ns, address->end_ns += slept_ns;
		if (address->end_ns <= sim->now_ns)
			address->end_ns = sim->now_ns + 1;
		events_push(&sim->events, address->end_ns, SIM_EVENT_LEASE, i, k);
	}
}

void kernel_trouble(struct sim *sim, unsigned i, unsigned trouble)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	const unsigned hiding = SIM_TROUBLE_EVENTS | SIM_TROUBLE_DUMPS | SIM_TROUBLE_ANSWERS;

	check_shaken(sim, i);
	if (!check_in_trouble(sim, i))
		kernel->troubles = 0;
	kernel->troubles |= trouble;
	if (!kernel->trouble)
		kernel->trouble_begin_ns = sim->now_ns;
	if (!trouble)
		kernel->trouble_end_ns = sim->now_ns;
	if ((trouble | kernel->trouble) & hiding)
		kernel->unclear_ns = trouble ? VRRP_NEVER / 2 : sim->now_ns;
	kernel->trouble = trouble;
}

/* What the host itself has an owner does without, and nobody but its operator puts it back: owners
 * here have all their addresses from vipd. */
static bool is_owner(const struct sim *sim, unsigned i)
{
	return sim->routers[i].config.priority == VRRP_PRIORITY_OWNER;
}

void kernel_steal(struct sim *sim, unsigned i, unsigned k)
{
	struct sim_address *address = &sim->routers[i].kernel.table[k];

	if (!address->present || (is_owner(sim, i) && address->mark == 0))
		return;
	trace(sim, "somebody removes an address of %s", node_name(i));
	disturb(sim, i);
	mark_lost(sim, i, somebody, k);
	take(sim, i, somebody, k, false);
}

void kernel_squat(struct sim *sim, unsigned i, unsigned k, bool there)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	struct sim_address *address = &kernel->table[k];

	if (there && !kernel->link.exists)
		return;
	if (there ? address->present : !address->present || address->mark == KERN_ADDRESS_MARK)
		return;
	if (there ? is_owner(sim, i) : is_owner(sim, i) && address->mark == 0)
		return;
	disturb(sim, i);
	trace(sim, "somebody %s an address of %s", there ? "adds" : "removes", node_name(i));
	if (there) {
		put(sim, i, somebody, k, 0);
	} else {
		mark_lost(sim, i, somebody, k);
		take(sim, i, somebody, k, false);
	}
}

void kernel_replace(struct sim *sim, unsigned i, unsigned k)
{
	if (sim->routers[i].kernel.table[k].mark == KERN_ADDRESS_MARK)
		kernel_steal(sim, i, k);
	kernel_squat(sim, i, k, true);
}

/* ---- the interface ---- */

void kernel_set_link(struct sim *sim, unsigned i, bool up, bool carrier)
{
	struct sim_link *link = &sim->routers[i].kernel.link;

	disturb(sim, i);
	link->up = up;
	link->carrier = carrier;
	if (link->exists)
		tell_link(sim, i);
}

void kernel_set_own(struct sim *sim, unsigned i, unsigned n, bool there)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	if (kernel->own[n] == there || (there && !kernel->link.exists))
		return;
	disturb(sim, i);
	kernel->own[n] = there;
	tell_own(sim, i, somebody, n);
}

void kernel_remove_link(struct sim *sim, unsigned i)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	if (!kernel->link.exists)
		return;
	disturb(sim, i);
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++) {
		if (kernel->table[k].present)
			drop(sim, i, the_kernel, k);
	}
	for (unsigned n = 0; n < SIM_OWN_MAX; n++) {
		if (!kernel->own[n])
			continue;
		kernel->own[n] = false;
		tell_own(sim, i, the_kernel, n);
	}
	kernel->link.exists = false;
	check_unread(sim, i); /* what came by it is of no interface any more */
	for (unsigned n = 0; n < SIM_MEMBERS_MAX; n++)
		if (kernel->members[n])
			kernel->members[n] = -1;
	tell_link(sim, i);
}

void kernel_create_link(struct sim *sim, unsigned i)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	if (kernel->link.exists)
		return;
	disturb(sim, i);
	kernel->link.exists = kernel->link.up = kernel->link.carrier = true;
	kernel->link.ifindex++;
	check_replaced(sim, i);
	tell_link(sim, i);
	kernel_set_own(sim, i, SIM_OWN_MAX - 1, true);
}
