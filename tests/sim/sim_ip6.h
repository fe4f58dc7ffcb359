/* SPDX-License-Identifier: MIT */
/*
 * What a host's kernel has of IPv6, and not of IPv4. Its own link-local address comes when its link
 * does, and counts for nothing until duplicate address detection is over: nothing is told of it
 * before (Linux tells no event of a tentative one, a dump shows it). It may turn out to be somebody
 * else's. IPv6 may be switched off on an interface, and is forgotten on one whose MTU is too small.
 * Whether the host routes is told by events of its own.
 */
#ifndef SIM_IP6_H
#define SIM_IP6_H

#include <stdbool.h>
#include <stdint.h>

#include "netlink/change.h"
#include "sim_net.h"

#define SIM_OWN_MAX 2                   /* addresses of the host's own that adverts may come from */
#define SIM_DAD_NS  INT64_C(2000000000) /* duplicate address detection takes so long at most */

/* An address of the host's own. */
enum sim_own {
	SIM_OWN_ABSENT,
	SIM_OWN_TENTATIVE,
	SIM_OWN_FAILED, /* somebody else has it: it is there, and nothing can be done with it */
	SIM_OWN_USABLE,
};

struct sim_ip6 {
	bool off;                    /* switched off on the interface */
	bool narrow;                 /* the interface's MTU is too small for it */
	bool forwards;               /* the host routes it by this interface */
	bool duplicate;              /* somebody else on the LAN has what this host would take */
	int64_t dad_ns[SIM_OWN_MAX]; /* when duplicate address detection ends */
	int64_t back_ns;             /* it came back last */
	int64_t forwards_ns;         /* it began, or ended, to route */
	uint32_t said, said_router;  /* a bit per address: what neighbours were told of it */
};

struct sim;
struct sim_kernel;
struct sim_process;

/**
 * ip6_is_there() - whether the interface has IPv6, so that it can have addresses.
 */
bool ip6_is_there(const struct sim_kernel *kernel);

/**
 * ip6_links() - the link is there by now, or IPv6 on it: it gets its own link-local address.
 * Without effect on IPv4, or as long as something is lacking.
 */
void ip6_links(struct sim *sim, unsigned i);

/**
 * ip6_vanishes() - all IPv6 addresses of the interface go. Without effect on IPv4.
 */
void ip6_vanishes(struct sim *sim, unsigned i);

/**
 * ip6_dad_ns() - how long duplicate address detection takes this time.
 */
int64_t ip6_dad_ns(struct sim *sim);

/**
 * ip6_begin_dad() - address @n of the host's own is tentative from now on.
 */
void ip6_begin_dad(struct sim *sim, unsigned i, unsigned n);

/**
 * ip6_end_dad() - duplicate address detection of it may be over. SIM_OWN_MAX: the companion's.
 */
void ip6_end_dad(struct sim *sim, unsigned i, unsigned n);

/**
 * ip6_refusal() - what the kernel says to a change where there is no IPv6.
 *
 * Return: -errno; 0: there is.
 */
int ip6_refusal(const struct sim_kernel *kernel, const struct kern_change *change);

/**
 * ip6_check_message() - the message that the agent would send for an addition asks the kernel for
 * what it should (P3): no duplicate address detection, and, for an address that has no network, no
 * connections of the host's own from there.
 */
void ip6_check_message(struct sim *sim, unsigned i, const struct kern_change *change);

/* What befalls IPv6 on a host. */
void ip6_set_off(struct sim *sim, unsigned i, bool off);
void ip6_set_narrow(struct sim *sim, unsigned i, bool narrow);
void ip6_set_forwards(struct sim *sim, unsigned i, bool forwards);
void ip6_set_duplicate(struct sim *sim, unsigned i, bool duplicate);

/**
 * ip6_renumber() - the one link-local address of the host goes, and the other one comes.
 * @n: which comes.
 */
void ip6_renumber(struct sim *sim, unsigned i, unsigned n);

#endif
