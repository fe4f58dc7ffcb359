/* SPDX-License-Identifier: MIT */
#include "sim_kernel.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "sim.h"
#include "sim_filter.h"
#include "sim_route.h"

#define LEASE_EARLY_NS (100 * SIM_MS) /* so long before its end a lease may be over */

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
				       .subnet = !sim->tidy && !prng_one_in(&sim->prng, 2) };
	kernel->link = (struct sim_link){
		.exists = true,
		.up = true,
		.carrier = true,
		.ifindex = 2,
		.mac = { 0x02, 0, 0, 0, 0, (uint8_t)(1 + i) },
	};
	kernel->own[SIM_OWN_MAX - 1] = SIM_OWN_USABLE;
}

/* What somebody adds that is no virtual address is no source for them either: of no subnet. */
static unsigned prefix_len_of(const struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_family *family = family_of(r->config.family);

	if (family->number == 6 && k == 0 && r->link_local != CONF_LINK_LOCAL_NONE)
		return family->subnet_len;
	return k < r->addresses_n && r->kernel.subnet ? family->subnet_len : family->alone_len;
}

struct kern_address kernel_address(const struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_gateway *r = &sim->routers[i];
	struct kern_address address = { .ifindex = macvlan_home(r),
					.family = r->config.family,
					.prefix_len = (uint8_t)prefix_len_of(sim, i, k) };

	family_virtual(r->config.family, r->link_local, k, address.bytes);
	return address;
}

unsigned kernel_mtu(const struct sim_kernel *kernel)
{
	return kernel->ip6.narrow ? 1000 : 1500;
}

/* In whole seconds; the last of them is what is left of it when it ends. */
static bool is_ending(const struct sim *sim, const struct sim_address *address)
{
	return address->due_ns != VRRP_NEVER && address->due_ns - sim->now_ns <= SIM_S;
}

struct kern_address kernel_shown(const struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_address *address = &sim->routers[i].kernel.table[k];
	struct kern_address shown = kernel_address(sim, i, k);

	shown.mark = address->mark;
	shown.metric = address->metric;
	shown.leased = address->end_ns != VRRP_NEVER;
	if (shown.family == 6) {
		shown.prefix_len = address->prefix_len;
		shown.deprecated = address->deprecated;
		shown.ending = is_ending(sim, address);
	}
	return shown;
}

struct kern_address kernel_own(const struct sim *sim, unsigned i, unsigned n)
{
	const struct sim_gateway *r = &sim->routers[i];
	struct kern_address address = { .ifindex = r->kernel.link.ifindex,
					.family = r->config.family,
					.prefix_len = family_of(r->config.family)->subnet_len,
					.failed = r->kernel.own[n] == SIM_OWN_FAILED };

	address.tentative = address.failed || r->kernel.own[n] == SIM_OWN_TENTATIVE;
	memcpy(address.bytes, r->own[n], sizeof(address.bytes));
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
				  .promotes = kernel->promotes,
				  .forwards4 = true,
				  .forwards6 = kernel->ip6.forwards && !kernel->ip6.narrow,
				  .mtu = kernel_mtu(kernel) };

	memcpy(link.mac, kernel->link.mac, sizeof(link.mac));
	return link;
}

bool kernel_can_talk(const struct sim_kernel *kernel)
{
	return kernel->link.exists && kernel->link.up && kernel->link.carrier;
}

unsigned kernel_ours(const struct sim_kernel *kernel)
{
	unsigned n = kernel->route.present;

	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++)
		n += kernel->table[k].present && kernel->table[k].mark == KERN_ADDRESS_MARK;
	return n;
}

/* ---- events ---- */

/* What others did it does not know. */
static void mark_unseen(struct sim_process *process, const struct kern_object *object, bool ours)
{
	unsigned family = process->sim->routers[process->router].config.family, k;

	if (object->type != KERN_OBJECT_ENTRY || object->kind != KERN_KIND_ADDRESS ||
	    object->address.family != family || (ours && !object->gone))
		return;
	k = family_virtual_number(object->address.family, object->address.bytes);
	if (k < SIM_ADDRESSES_MAX)
		process->unseen |= 1u << k;
}

static void notify(struct sim *sim, unsigned i, struct sim_process *process, struct actor actor,
		   struct kern_object object)
{
	struct sim_monitor *monitor = &process->monitor;
	bool ours = actor.process == process;
	bool address = object.type == KERN_OBJECT_ENTRY && object.kind == KERN_KIND_ADDRESS;
	bool ip6 = address && object.address.family == 6;

	/* As in netlink/monitor.c: of an address that it added itself a process does not hear, but
	 * of a route; and of an address of IPv6 nothing says who has done something. */
	if (!process->exists || !monitor->open || (ours && !object.gone && address && !ip6))
		return;
	object.by_us = ours && !ip6;
	object.by_kernel = actor.kernel || ip6;
	if (object.type == KERN_OBJECT_ENTRY && object.gone)
		object.by_kernel &= kern_kinds[object.kind]->may_have_ended(&object.entry);
	if (!(sim->routers[i].kernel.trouble & SIM_TROUBLE_EVENTS) &&
	    monitor->notices_n < SIM_NOTICES_MAX) {
		monitor->notices[monitor->notices_n++] = object;
	} else {
		monitor->overrun = true;
		sim->routers[i].kernel.unheard_ns = sim->now_ns;
		mark_unseen(process, &object, ours);
	}
	process_wake(sim, process);
}

static void notify_all(struct sim *sim, unsigned i, struct actor actor,
		       const struct kern_object *object)
{
	for (unsigned n = 0; n < SIM_PROCESSES_MAX; n++)
		notify(sim, i, &sim->processes[i][n], actor, *object);
}

void kernel_tell(struct sim *sim, unsigned i, const struct sim_process *by,
		 const struct kern_object *object)
{
	notify_all(sim, i, (struct actor){ by, false }, object);
}

static void tell_address(struct sim *sim, unsigned i, struct actor actor, unsigned k, bool gone)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY,
				      .kind = KERN_KIND_ADDRESS,
				      .gone = gone };

	if (gone) /* another one may come in its place */
		sim->routers[i].kernel.ip6.said &= ~(1u << k);
	object.address = kernel_shown(sim, i, k);
	notify_all(sim, i, actor, &object);
}

void kernel_tell_own(struct sim *sim, unsigned i, unsigned n)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY,
				      .kind = KERN_KIND_ADDRESS,
				      .gone = sim->routers[i].kernel.own[n] == SIM_OWN_ABSENT };

	object.address = kernel_own(sim, i, n);
	notify_all(sim, i, somebody, &object);
}

void kernel_tell_link(struct sim *sim, unsigned i)
{
	sim->routers[i].kernel.link_ns = sim->now_ns;
	struct kern_object object = { .type = KERN_OBJECT_LINK,
				      .gone = !sim->routers[i].kernel.link.exists };

	object.link = kernel_link(sim, i);
	notify_all(sim, i, somebody, &object);
}

void kernel_tell_forwarding(struct sim *sim, unsigned i)
{
	const struct sim_kernel *kernel = &sim->routers[i].kernel;
	struct kern_object object = { .type = KERN_OBJECT_FORWARDING };

	object.forwarding = (struct kern_forwarding){ .ifindex = kernel->link.ifindex,
						      .family = 6,
						      .forwards = kernel->ip6.forwards };
	notify_all(sim, i, the_kernel, &object);
}

/* ---- addresses ---- */

/* An owner that was told of an address of the host's own knows that it has had it; who lost events
 * may know. */
static void note_own(struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_address *address = &sim->routers[i].kernel.table[k];
	bool gone = !address->present && address->mark != KERN_ADDRESS_MARK;

	for (unsigned n = 0; n < SIM_PROCESSES_MAX; n++) {
		struct sim_process *process = &sim->processes[i][n];
		bool owner = process->conf.vrrp.priority == VRRP_PRIORITY_OWNER;

		process->lacks &= ~(1u << k);
		process->may_lack &= ~(1u << k);
		if (!gone || !owner || !process->exists || !process->monitor.open)
			continue;
		process->may_lack |= 1u << k;
		process->lacks |= ~process->unseen & 1u << k;
	}
}

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

/* Whoever has the same address as the agent may have given it another prefix length; of IPv6 it is
 * still the same. */
static uint8_t length_of(struct sim *sim, unsigned i, struct actor actor, unsigned k)
{
	uint8_t len = (uint8_t)prefix_len_of(sim, i, k);
	bool ip6 = sim->routers[i].config.family == 6;

	if (!ip6 || actor.process || sim->tidy || prng_one_in(&sim->prng, 2))
		return len;
	return len == 64 ? 128 : 64;
}

/* As it was asked for: ip6_check_message(). */
static bool is_deprecated(const struct sim *sim, unsigned i, unsigned k)
{
	return sim->routers[i].config.family == 6 && prefix_len_of(sim, i, k) == 128;
}

static void put(struct sim *sim, unsigned i, struct actor actor, unsigned k, uint32_t metric,
		uint32_t lifetime_s)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	struct sim_address *address = &kernel->table[k];

	if (actor.process) {
		check_added(sim, i, k);
		check_lacking(sim, actor.process, k);
		filter_check_added(sim, actor.process, k);
	}
	if (actor.process && address->ended && !address->stolen)
		check_renewal(sim, actor.process, k);
	*address = (struct sim_address){ .present = true,
					 .mark = actor.process ? KERN_ADDRESS_MARK : 0,
					 .unanswered = actor.process && actor.process->unanswered,
					 .prefix_len = length_of(sim, i, actor, k),
					 .metric = metric,
					 .deprecated = actor.process && is_deprecated(sim, i, k),
					 .put_ns = sim->now_ns,
					 .seq = kernel->seq++ };
	note_own(sim, i, k);
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
	note_own(sim, i, k);
	tell_address(sim, i, actor, k, true);
	route_loses_source(sim, i, k);
}

/*
 * How an agent that wants it has lost it. Of IPv6 nothing tells a theft in the last second of a
 * lease from its end, but that it comes too early; and an agent that looks later cannot know.
 */
static void mark_lost(struct sim *sim, unsigned i, struct actor actor, unsigned k)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	struct sim_address *address = &kernel->table[k];
	bool ip6 = sim->routers[i].config.family == 6;
	bool over = address->end_ns != VRRP_NEVER &&
		    (actor.kernel || (ip6 && address->due_ns - sim->now_ns <= LEASE_EARLY_NS));

	address->ended = over || (ip6 && is_ending(sim, address));
	/* Without the event, nothing tells the agent the end of a lease from a theft. */
	address->stolen = !actor.process && (!over || kernel->trouble & SIM_TROUBLE_EVENTS);
	if (address->ended)
		check_ended(sim, i, k);
}

/* IPv6 has no primary address that others depend on. */
static bool is_in_subnet(const struct sim *sim, unsigned i, unsigned k)
{
	return sim->routers[i].config.family == 4 && prefix_len_of(sim, i, k) != 32;
}

void kernel_drop(struct sim *sim, unsigned i, unsigned k)
{
	if (sim->routers[i].kernel.table[k].present)
		drop(sim, i, the_kernel, k);
}

void kernel_lose(struct sim *sim, unsigned i, unsigned k)
{
	if (!sim->routers[i].kernel.table[k].present)
		return;
	mark_lost(sim, i, somebody, k);
	drop(sim, i, the_kernel, k);
}

/* Remove one, and if it is the primary of the subnet all others, unless they are promoted. */
static void take(struct sim *sim, unsigned i, struct actor actor, unsigned k, bool promote)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	bool promotes = kernel->promotes || kernel->macvlans.used; /* as vipd makes it */
	bool alone = !is_in_subnet(sim, i, k) || promotes || promote;
	bool primary = is_primary(kernel, k);

	drop(sim, i, actor, k);
	for (unsigned n = 0; n < SIM_ADDRESSES_MAX && primary && !alone; n++) {
		if (!kernel->table[n].present || !is_in_subnet(sim, i, n))
			continue;
		mark_lost(sim, i, actor, n);
		if (actor.kernel && kernel->table[n].due_ns > sim->now_ns)
			sim->routers[i].along_ns[n] = gateway_local_ns(sim, &sim->routers[i]);
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
	unsigned i = by->router;
	unsigned k = family_virtual_number(change->address.family, change->address.bytes);
	struct sim_kernel *kernel = &sim->routers[i].kernel;
	struct actor actor = { by, false };
	struct sim_address *address = &kernel->table[k];
	int refusal = ip6_refusal(kernel, change), home = macvlan_home(&sim->routers[i]);

	if (guest_is_on(&sim->routers[i], change->address.ifindex))
		return guest_change(sim, by, change);
	if (kernel->macvlans.used && change->add && change->address.ifindex == kernel->link.ifindex)
		check_fail(sim, "M", "%s puts an address on the interface below", node_name(i));
	if (!home || change->address.ifindex != home)
		return -ENODEV;
	if (change->address.family != sim->routers[i].config.family)
		return companion_change(sim, by, change);
	if (k == SIM_ADDRESSES_MAX)
		return change_other(sim, i);
	if (refusal)
		return refusal;
	if (change->add && (change->address.metric != 0) != kernel->macvlans.used)
		check_fail(sim, "M", "%s gives the route to an address %s metric", node_name(i),
			   change->address.metric ? "a" : "no");
	if (change->add && change->address.family == 6)
		ip6_check_message(sim, i, change);
	if (change->add && address->present) {
		if (!change->renew)
			return -EEXIST;
		check_removal(sim, by, k); /* a lease on it would be a removal later */
		check_renewal(sim, by, k);
		address->unanswered = false;
		address->metric = change->address.metric;
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
		put(sim, i, actor, k, change->address.metric, change->lifetime_s);
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

/* What the host itself had and has no more is a fault of an owner: in calm runs owners have all
 * their addresses from vipd. */
static bool is_spared(const struct sim *sim, unsigned i)
{
	return sim->faults.calm_from_ns && sim->routers[i].config.priority == VRRP_PRIORITY_OWNER;
}

void kernel_steal(struct sim *sim, unsigned i, unsigned k)
{
	struct sim_address *address = &sim->routers[i].kernel.table[k];

	if (!address->present || (is_spared(sim, i) && address->mark == 0))
		return;
	if (sim->routers[i].pause == SIM_FROZEN) /* nobody does anything there */
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
	if (there && sim->routers[i].config.family == 6 && !ip6_is_there(kernel))
		return;
	if (there ? address->present : !address->present || address->mark == KERN_ADDRESS_MARK)
		return;
	if (is_spared(sim, i) && (there || address->mark == 0))
		return;
	disturb(sim, i);
	trace(sim, "somebody %s an address of %s", there ? "adds" : "removes", node_name(i));
	if (there) {
		put(sim, i, somebody, k, 0, 0);
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
	if (!up)
		route_loses_link(sim, i);
	if (link->exists)
		kernel_tell_link(sim, i);
	if (!up)
		ip6_vanishes(sim, i);
	ip6_links(sim, i);
}

void kernel_set_own(struct sim *sim, unsigned i, unsigned n, bool there)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	bool ip6 = sim->routers[i].config.family == 6;

	if ((kernel->own[n] != SIM_OWN_ABSENT) == there || (there && !kernel->link.exists) ||
	    (there && ip6 && !(kernel_can_talk(kernel) && ip6_is_there(kernel))))
		return;
	disturb(sim, i);
	if (there && ip6) {
		ip6_begin_dad(sim, i, n);
		return;
	}
	kernel->own[n] = there ? SIM_OWN_USABLE : SIM_OWN_ABSENT;
	kernel_tell_own(sim, i, n);
}

void kernel_remove_link(struct sim *sim, unsigned i)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	if (!kernel->link.exists)
		return;
	disturb(sim, i);
	macvlan_vanish(sim, i);
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++)
		kernel_drop(sim, i, k);
	for (unsigned n = 0; n < SIM_OWN_MAX; n++)
		kernel_set_own(sim, i, n, false);
	companion_vanishes(sim, i);
	route_loses_link(sim, i);
	kernel->link.exists = false;
	check_unread(sim, i); /* what came by it is of no interface any more */
	for (unsigned n = 0; n < SIM_MEMBERS_MAX; n++)
		if (kernel->members[n].ifindex)
			kernel->members[n].ifindex = SIM_MEMBER_IN_VAIN;
	kernel_tell_link(sim, i);
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
	kernel_tell_link(sim, i);
	kernel_set_own(sim, i, SIM_OWN_MAX - 1, true);
	companion_links(sim, i);
}

void kernel_disturb(struct sim *sim, unsigned i)
{
	disturb(sim, i);
}

/* ---- the group ---- */

int kernel_join(struct sim_kernel *kernel, const struct sim_process *of, unsigned family,
		int ifindex)
{
	unsigned n = 0;

	if (!kernel->link.exists || ifindex != kernel->link.ifindex)
		return -ENODEV;
	if (family == 6 && kernel->ip6.narrow)
		return -EINVAL;
	while (n < SIM_MEMBERS_MAX && kernel->members[n].ifindex)
		n++;
	assert(n < SIM_MEMBERS_MAX);
	kernel->members[n].ifindex = ifindex;
	kernel->members[n].family = family;
	kernel->members[n].of = of;
	return (int)n;
}

void kernel_leave(struct sim_kernel *kernel, unsigned n)
{
	bool forgotten = kernel->members[n].ifindex == SIM_MEMBER_FORGOTTEN;

	kernel->members[n].ifindex = 0;
	for (unsigned other = 0; other < SIM_MEMBERS_MAX && forgotten; other++)
		if (kernel->members[other].ifindex == kernel->link.ifindex &&
		    kernel->members[other].family == 6 &&
		    kernel->members[other].of == kernel->members[n].of) {
			kernel->members[other].ifindex = SIM_MEMBER_FORGOTTEN;
			return;
		}
}
