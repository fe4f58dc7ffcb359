/* SPDX-License-Identifier: MIT */
#include "sim_ip6.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "sim.h"

bool ip6_is_there(const struct sim_kernel *kernel)
{
	return !kernel->ip6.off && !kernel->ip6.narrow;
}

static bool is_ip6(const struct sim *sim, unsigned i)
{
	return sim->routers[i].config.family == 6;
}

/* ---- the host's own addresses ---- */

int64_t ip6_dad_ns(struct sim *sim)
{
	if (sim->tidy)
		return SIM_S;
	/* Some hosts are told to do without it. */
	return prng_one_in(&sim->prng, 4) ? 1 : prng_range(&sim->prng, 1, SIM_DAD_NS - 1);
}

void ip6_begin_dad(struct sim *sim, unsigned i, unsigned n)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	kernel->own[n] = SIM_OWN_TENTATIVE;
	kernel->ip6.dad_ns[n] = sim->now_ns + ip6_dad_ns(sim);
	events_push(&sim->events, kernel->ip6.dad_ns[n], SIM_EVENT_DAD, i, n);
}

void ip6_end_dad(struct sim *sim, unsigned i, unsigned n)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	if (n == SIM_OWN_MAX) {
		companion_end_dad(sim, i);
		return;
	}
	if (kernel->own[n] != SIM_OWN_TENTATIVE || kernel->ip6.dad_ns[n] != sim->now_ns)
		return;
	if (sim->routers[i].pause == SIM_FROZEN) { /* it stands still with its host */
		kernel->ip6.dad_ns[n] += 100 * SIM_MS;
		events_push(&sim->events, kernel->ip6.dad_ns[n], SIM_EVENT_DAD, i, n);
		return;
	}
	kernel->own[n] = kernel->ip6.duplicate ? SIM_OWN_FAILED : SIM_OWN_USABLE;
	trace(sim, "the link-local address of %s %s", node_name(i),
	      kernel->ip6.duplicate ? "is somebody else's" : "is its own");
	if (sim->routers[i].healthy_ns < sim->now_ns)
		sim->routers[i].healthy_ns = sim->now_ns;
	kernel_disturb(sim, i);
	kernel_tell_own(sim, i, n);
}

void ip6_links(struct sim *sim, unsigned i)
{
	if (is_ip6(sim, i))
		kernel_set_own(sim, i, SIM_OWN_MAX - 1, true);
	companion_links(sim, i);
}

void ip6_vanishes(struct sim *sim, unsigned i)
{
	if (!is_ip6(sim, i)) {
		companion_vanishes(sim, i);
		return;
	}
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++)
		kernel_lose(sim, i, k);
	for (unsigned n = 0; n < SIM_OWN_MAX; n++)
		kernel_set_own(sim, i, n, false);
}

void ip6_renumber(struct sim *sim, unsigned i, unsigned n)
{
	kernel_set_own(sim, i, SIM_OWN_MAX - 1 - n, false);
	kernel_set_own(sim, i, n, true);
}

/* Somebody lets the kernel try anew. */
void ip6_set_duplicate(struct sim *sim, unsigned i, bool duplicate)
{
	sim->routers[i].kernel.ip6.duplicate = duplicate;
	kernel_set_own(sim, i, SIM_OWN_MAX - 1, false);
	kernel_set_own(sim, i, SIM_OWN_MAX - 1, true);
}

/* ---- all of it ---- */

/* Its addresses go when it does, and only its own ones come back with it. */
static void changes(struct sim *sim, unsigned i)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	if (!ip6_is_there(kernel)) {
		ip6_vanishes(sim, i);
		return;
	}
	kernel->ip6.back_ns = sim->now_ns;
	ip6_links(sim, i);
}

void ip6_set_off(struct sim *sim, unsigned i, bool off)
{
	kernel_disturb(sim, i);
	sim->routers[i].kernel.ip6.off = off;
	changes(sim, i);
}

/*
 * The kernel tells the link before the addresses, and forgets memberships. What was one is none
 * any more; and whoever ends it ends another one of that group: kernel_leave().
 */
void ip6_set_narrow(struct sim *sim, unsigned i, bool narrow)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	kernel_disturb(sim, i);
	kernel->ip6.narrow = narrow;
	for (unsigned n = 0; n < SIM_MEMBERS_MAX && narrow; n++)
		if (kernel->members[n].ifindex && kernel->members[n].family == 6)
			kernel->members[n].ifindex = SIM_MEMBER_FORGOTTEN;
	if (kernel->link.exists)
		kernel_tell_link(sim, i);
	changes(sim, i);
}

void ip6_set_forwards(struct sim *sim, unsigned i, bool forwards)
{
	struct sim_kernel *kernel = &sim->routers[i].kernel;

	if (kernel->ip6.forwards == forwards)
		return;
	kernel_disturb(sim, i);
	trace(sim, "%s %s IPv6", node_name(i), forwards ? "routes" : "routes no more");
	kernel->ip6.forwards = forwards;
	kernel->ip6.forwards_ns = sim->now_ns;
	if (kernel->link.exists && !kernel->ip6.narrow)
		kernel_tell_forwarding(sim, i);
}

/* ---- what the agent asks for ---- */

int ip6_refusal(const struct sim_kernel *kernel, const struct kern_change *change)
{
	if (change->address.family != 6)
		return 0;
	if (kernel->ip6.narrow)
		return change->add ? -EINVAL : -ENXIO;
	if (kernel->ip6.off)
		return change->add ? -EACCES : -EADDRNOTAVAIL;
	return 0;
}

/* What a request says. */
struct request {
	uint32_t flags;
	struct ifa_cacheinfo life;
};

static struct request read_request(const struct kern_change *change)
{
	_Alignas(8) char message[KERN_CHANGE_LEN_MAX];
	struct request request = { .life = { .ifa_prefered = UINT32_MAX,
					     .ifa_valid = UINT32_MAX } };
	const struct nlattr *attribute;

	kern_kinds[KERN_KIND_ADDRESS]->put(message, change, 1);
	mnl_attr_for_each(attribute, (const struct nlmsghdr *)message, sizeof(struct ifaddrmsg))
	{
		if (mnl_attr_get_type(attribute) == IFA_FLAGS)
			request.flags = mnl_attr_get_u32(attribute);
		if (mnl_attr_get_type(attribute) == IFA_CACHEINFO)
			memcpy(&request.life, mnl_attr_get_payload(attribute),
			       sizeof(request.life));
	}
	return request;
}

void ip6_check_message(struct sim *sim, unsigned i, const struct kern_change *change)
{
	struct request request = read_request(change);
	bool preferred = change->address.prefix_len != 128;

	if (!(request.flags & IFA_F_NODAD))
		check_fail(sim, "P3", "%s adds an address that cannot be used at once",
			   node_name(i));
	if (preferred != (request.life.ifa_prefered != 0))
		check_fail(sim, "P3", "%s adds an address that is %sa source of connections",
			   node_name(i), preferred ? "not " : "");
	if (request.life.ifa_valid != (change->lifetime_s ? change->lifetime_s : UINT32_MAX))
		check_fail(sim, "P5", "%s asks for another lease than it wants", node_name(i));
}
