/* SPDX-License-Identifier: MIT */
/*
 * Virtual MACs: in some worlds of IPv4 the routers have one (agent/router/virtual_mac.h), of a
 * macvlan that the agent makes on the interface. The virtual addresses are there. Here is what the
 * kernel of a host has of macvlans, whatever befalls them, and what must hold (M):
 *
 *   - While a router is configured its macvlan is there, with its mark, name and MAC; it is up, and
 *     the interface below keeps silent about the addresses on it, while the router is Active, and
 *     else neither. Addresses are on the macvlan and nowhere else. The kernel reports no groups of
 *     IPv6 there: it is kept from that before the macvlan is up.
 *   - It keeps its index: no process that goes on removes it, whoever has died or reloaded.
 *   - When vipd has left, by itself or by last will, no macvlan of its own is left.
 *   - Nobody else's is removed, set up or down, whatever it is called.
 *
 * What is refused is asked for again a second later; so what befalls a macvlan, and two seconds
 * after that, is a trouble of the kernel as far as other properties go.
 */
#ifndef SIM_MACVLAN_H
#define SIM_MACVLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf/conf.h"
#include "netlink/change.h"
#include "netlink/object.h"
#include "sim_net.h"

#define SIM_MACVLANS     2 /* the first one is the agent's */
#define SIM_MACVLAN_NAME "vrrp51"

/* What befalls a macvlan. */
enum sim_macvlan_fault {
	SIM_MACVLAN_REFUSED, /* the kernel makes none */
	SIM_MACVLAN_REMOVED, /* somebody removes the agent's */
	SIM_MACVLAN_RENAMED, /* or renames it */
	SIM_MACVLAN_DOWN,    /* or sets it down */
	SIM_MACVLAN_TAKEN,   /* somebody has one of that name, */
	SIM_MACVLAN_RIVAL,   /* or of that MAC */
	SIM_MACVLAN_FAULTS,
};

struct sim_macvlan {
	bool exists, up, marked;
	int ifindex;
	unsigned mtu;
	uint32_t group; /* removed together */
	char name[KERN_MACVLAN_NAME_SIZE];
	uint8_t mac[6];
};

/* Of a host. */
struct sim_macvlans {
	bool used; /* its router has a virtual MAC */
	struct conf_mac conf;
	struct sim_macvlan all[SIM_MACVLANS];
	unsigned made_n;             /* so far: for indices */
	unsigned faults_n, refusals; /* that are on; of them, those that refuse creations */
	int64_t odd_ns;              /* it is up, and its router is not Active, since then; or 0 */
	int64_t trouble_ns;          /* when something befell one last, or VRRP_NEVER / 2 */
	int64_t settled_ns;          /* when the agent has made one last */
	int arps[SIM_ADDRESSES_MAX]; /* that interface below is silent about them; 0: none */
	uint32_t arps_refused;       /* a bit each: its removal was refused last */
	int hushed;                  /* on which one the kernel reports no groups; 0: none */
	bool hush_refused;           /* it was refused last */
};

struct sim;
struct sim_episode;
struct sim_gateway;
struct sim_process;

/**
 * macvlan_init() - the router of a host has a virtual MAC.
 * @adverts: what its adverts are sent with.
 */
void macvlan_init(struct sim *sim, unsigned i, enum conf_adverts adverts);

/**
 * macvlan_home() - the index of the interface that has the virtual addresses; 0: there is none.
 */
int macvlan_home(const struct sim_gateway *r);

/**
 * macvlan_mac() - what announcements are about, and what adverts are sent with.
 */
const uint8_t *macvlan_mac(const struct sim_gateway *r);
const uint8_t *macvlan_advert_mac(const struct sim_gateway *r);

/**
 * macvlan_change() - carry out a change of a macvlan, or of whether one is up.
 *
 * Return: 0 or -errno, as kern_changer_apply() says.
 */
int macvlan_change(struct sim *sim, struct sim_process *by, const struct kern_change *change);

/**
 * macvlan_remove() - a prepared removal. Return: 0 or -errno.
 */
int macvlan_remove(struct sim *sim, struct sim_process *by, int ifindex);

/**
 * macvlan_silence() - the interface below is to be silent about an address, or not any more.
 *
 * Return: 0 or -errno.
 */
int macvlan_silence(struct sim *sim, struct sim_process *by, const struct kern_change *change);

/**
 * macvlan_hush() - the kernel is to report no groups on one by itself, or to do so again.
 *
 * Return: 0 or -errno.
 */
int macvlan_hush(struct sim *sim, struct sim_process *by, const struct kern_change *change);

/**
 * macvlan_show() - show a process what is there of a kind on an interface, or everywhere for 0.
 */
void macvlan_show(const struct sim_process *process, enum kern_kind kind, int ifindex,
		  kern_object_fn each, void *arg);

/**
 * macvlan_vanish() - the interface below goes, and all that stands on it.
 */
void macvlan_vanish(struct sim *sim, unsigned i);

/* Something befalls macvlans; and not any more. */
void macvlan_begin(struct sim *sim, const struct sim_episode *e);
void macvlan_end(struct sim *sim, const struct sim_episode *e);

/**
 * macvlan_in_trouble() - whether something befalls one, or has just done so.
 */
bool macvlan_in_trouble(const struct sim *sim, unsigned i);

/**
 * macvlan_resumed() - a host runs again, whose agent had no time to mend what had befallen one.
 */
void macvlan_resumed(struct sim *sim, unsigned i);

/**
 * macvlan_late_ns() - when all faults are over, how long it takes until each agent has its macvlan:
 * what was refused it tries again after a second.
 */
int64_t macvlan_late_ns(const struct sim *sim);

/**
 * macvlan_turn(), macvlan_left() - the end of a turn; vipd has left (M).
 */
void macvlan_turn(struct sim *sim, const struct sim_process *process);
void macvlan_left(struct sim *sim, unsigned i);

#endif
