/* SPDX-License-Identifier: MIT */
#include "sim_kernel.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "sim.h"

/* The two handles of the agent's code are one thing here. */
struct kern_changer {
	struct sim_process process;
};

struct kern_dump {
	struct sim_process process;
};

void kernel_init(struct sim *sim, unsigned i)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	*kernel = (struct sim_kernel){ .promotes = sim->tidy || prng_one_in(&sim->prng, 2),
				       .prefix_len =
					       sim->tidy || prng_one_in(&sim->prng, 2) ? 32 : 24 };
}

struct kern_address kernel_address(const struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_router *r = &sim->routers[i];
	struct kern_address address = { .ifindex = SIM_IFINDEX,
					.family = 4,
					.prefix_len = (uint8_t)r->kernel.prefix_len };

	memcpy(address.bytes, r->addresses + 4 * k, 4);
	return address;
}

unsigned kernel_ours(const struct sim_kernel *kernel)
{
	unsigned n = 0;

	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++)
		n += kernel->table[k].present && kernel->table[k].mark == KERN_ADDRESS_MARK;
	return n;
}

/* ---- events ---- */

static void notify(const struct sim_kernel *kernel, struct sim_process *process,
		   const struct sim_notice *notice)
{
	if (!process->wants)
		return;
	/* As in netlink/monitor.c: what it added itself a process does not hear of. */
	if (notice->by_us && !notice->gone)
		return;
	if (!(kernel->trouble & SIM_TROUBLE_EVENTS) && process->notices_n < SIM_NOTICES_MAX) {
		process->notices[process->notices_n++] = *notice;
		return;
	}
	process->overrun = true;
	process->unseen |= 1u << notice->address;
}

/* @by: the process that did it, or NULL. */
static void notify_all(struct sim *sim, unsigned i, const struct sim_process *by, unsigned k,
		       bool gone)
{
	struct sim_router *r = &sim->routers[i];
	const struct sim_address *address = &r->kernel.table[k];
	struct sim_notice notice = { .address = (uint8_t)k,
				     .mark = address->mark,
				     .gone = gone,
				     .leased = address->end_ns != VRRP_NEVER };

	notice.by_us = by == r->process;
	notify(&r->kernel, r->process, &notice);
	notice.by_us = by == r->successor;
	notify(&r->kernel, r->successor, &notice);
	if (by != r->process)
		router_notice(sim, i);
}

static struct kern_object object_of(const struct sim *sim, unsigned i,
				    const struct sim_notice *notice)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY,
				      .kind = KERN_KIND_ADDRESS,
				      .gone = notice->gone,
				      .by_us = notice->by_us };

	object.address = kernel_address(sim, i, notice->address);
	object.address.mark = notice->mark;
	object.address.leased = notice->leased;
	return object;
}

bool kernel_tell(struct sim_process *process, kern_object_fn each, void *arg)
{
	bool overrun = process->overrun;
	unsigned n = process->notices_n;

	process->overrun = false;
	process->notices_n = 0;
	for (unsigned k = 0; k < n; k++) {
		struct kern_object object =
			object_of(process->sim, process->router, &process->notices[k]);

		each(&object, arg);
	}
	return !overrun;
}

/* ---- changes ---- */

static void set_lease(struct sim *sim, unsigned i, unsigned k, uint32_t lifetime_s)
{
	struct sim_address *address = &sim->routers[i].kernel.table[k];

	address->added_ns = sim->now_ns;
	address->end_ns = VRRP_NEVER;
	if (!lifetime_s)
		return;
	address->end_ns = sim->now_ns + (int64_t)lifetime_s * SIM_S;
	if (!sim->tidy)
		address->end_ns += prng_range(&sim->prng, 0, SIM_LEASE_LATE_NS);
	events_push(&sim->events, address->end_ns, SIM_EVENT_LEASE, i, k);
}

static void put(struct sim *sim, unsigned i, const struct sim_process *by, unsigned k,
		uint32_t lifetime_s)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	kernel->table[k] = (struct sim_address){ .present = true,
						 .mark = by ? KERN_ADDRESS_MARK : 0,
						 .seq = kernel->seq++ };
	set_lease(sim, i, k, lifetime_s);
	notify_all(sim, i, by, k, false);
}

static bool is_primary(const struct sim_kernel *kernel, unsigned k)
{
	for (unsigned n = 0; n < SIM_ADDRESSES_MAX; n++)
		if (kernel->table[n].present && kernel->table[n].seq < kernel->table[k].seq)
			return false;
	return true;
}

static void drop(struct sim *sim, unsigned i, const struct sim_process *by, unsigned k)
{
	sim->routers[i].kernel.table[k].present = false;
	notify_all(sim, i, by, k, true);
}

/* Remove one, and if it is the primary of the subnet all others, unless they are promoted. */
static void take(struct sim *sim, unsigned i, const struct sim_process *by, unsigned k,
		 bool promote)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	bool alone = kernel->prefix_len == 32 || kernel->promotes || promote;
	bool primary = is_primary(kernel, k);

	drop(sim, i, by, k);
	for (unsigned n = 0; n < SIM_ADDRESSES_MAX && primary && !alone; n++) {
		if (!kernel->table[n].present)
			continue;
		if (by)
			check_removal(sim, by, n);
		drop(sim, i, by, n);
	}
}

static unsigned number_of(const struct kern_address *address)
{
	return address->bytes[3] - 1u;
}

static int change(struct sim *sim, struct sim_process *by, const struct kern_change *c)
{
	unsigned i = by->router, k = number_of(&c->address);
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	struct sim_address *address = &kernel->table[k];

	assert(k < SIM_ADDRESSES_MAX && c->address.ifindex == SIM_IFINDEX);
	if (c->add && address->present) {
		if (!c->renew)
			return -EEXIST;
		check_removal(sim, by, k); /* a lease on it would be a removal later */
		set_lease(sim, i, k, c->lifetime_s);
		return 0;
	}
	if (!c->add && !address->present)
		return -EADDRNOTAVAIL;
	kernel->changes_n++;
	if (c->add) {
		put(sim, i, by, k, c->lifetime_s);
	} else {
		check_removal(sim, by, k);
		take(sim, i, by, k, c->promote);
	}
	return 0;
}

static bool goes_wrong(struct sim *sim, unsigned i, enum sim_trouble trouble)
{
	return sim->routers[i].kernel.trouble & trouble && prng_one_in(&sim->prng, 3);
}

int kern_changer_apply(struct kern_changer *changer, struct kern_change *changes,
		       unsigned changes_n)
{
	struct sim_process *by = &changer->process;
	struct sim *sim = by->sim;
	bool broken = goes_wrong(sim, by->router, SIM_TROUBLE_ANSWERS);

	for (unsigned n = 0; n < changes_n; n++) {
		changes[n].result = goes_wrong(sim, by->router, SIM_TROUBLE_CHANGES)
					    ? -ENOMEM
					    : change(sim, by, &changes[n]);
		changes[n].marked = changes[n].add && changes[n].result == 0;
		if (broken)
			changes[n].result = -EINPROGRESS;
	}
	return broken ? -ENOBUFS : 0;
}

int kern_dump_kind(struct kern_dump *dump, enum kern_kind kind, kern_object_fn each, void *arg)
{
	struct sim_process *process = &dump->process;
	struct sim *sim = process->sim;
	unsigned i = process->router;
	const struct sim_kernel *kernel = &sim->routers[i].kernel;

	assert(kind == KERN_KIND_ADDRESS);
	for (unsigned k = 0; k < sim->routers[i].addresses_n; k++) {
		const struct sim_address *address = &kernel->table[k];
		struct sim_notice notice = { .address = (uint8_t)k,
					     .mark = address->mark,
					     .leased = address->end_ns != VRRP_NEVER };
		struct kern_object object = object_of(sim, i, &notice);

		if (goes_wrong(sim, i, SIM_TROUBLE_DUMPS)) {
			process->refused_ns = sim->now_ns;
			return -EAGAIN;
		}
		if (!address->present)
			continue;
		process->unseen &= ~(1u << k);
		each(&object, arg);
	}
	process->unseen = 0;
	return 0;
}

int kern_dump_interface(struct kern_dump *dump, enum kern_kind kind, int ifindex,
			kern_object_fn each, void *arg)
{
	assert(ifindex == SIM_IFINDEX);
	return kern_dump_kind(dump, kind, each, arg);
}

int kern_dump_links(struct kern_dump *dump, kern_object_fn each, void *arg)
{
	const struct sim_process *process = &dump->process;
	struct kern_object object = { .type = KERN_OBJECT_LINK };

	object.link = (struct kern_link){
		.ifindex = SIM_IFINDEX,
		.promotes = process->sim->routers[process->router].kernel.promotes
	};
	each(&object, arg);
	return 0;
}

/* ---- others ---- */

void kernel_expire(struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_address *address = &sim->routers[i].kernel.table[k];

	/* A host that does not run removes nothing: kernel_thaw(). */
	if (!address->present || address->end_ns != sim->now_ns ||
	    sim->routers[i].pause == SIM_FROZEN)
		return;
	trace(sim, "the kernel of %s removes an address: its lease is over", node_name(i));
	check_expiry(sim, i, k);
	take(sim, i, NULL, k, false);
}

void kernel_thaw(struct sim *sim, unsigned i, int64_t slept_ns, bool clock_stood_still)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++) {
		struct sim_address *address = &kernel->table[k];

		if (!address->present || address->end_ns == VRRP_NEVER)
			continue;
		if (clock_stood_still)
			address->end_ns += slept_ns;
		if (address->end_ns <= sim->now_ns)
			address->end_ns = sim->now_ns + 1;
		events_push(&sim->events, address->end_ns, SIM_EVENT_LEASE, i, k);
	}
}

void kernel_steal(struct sim *sim, unsigned i, unsigned k)
{
	if (!sim->routers[i].kernel.table[k].present)
		return;
	trace(sim, "somebody removes an address of %s", node_name(i));
	take(sim, i, NULL, k, false);
}

void kernel_squat(struct sim *sim, unsigned i, unsigned k, bool there)
{
	struct sim_address *address = &sim->routers[i].kernel.table[k];

	if (there ? address->present : !address->present || address->mark == KERN_ADDRESS_MARK)
		return;
	trace(sim, "somebody %s an address of %s", there ? "adds" : "removes", node_name(i));
	if (there)
		put(sim, i, NULL, k, 0);
	else
		take(sim, i, NULL, k, false);
}
