/* SPDX-License-Identifier: MIT */
/*
 * The companion: in some worlds each host has a second router, of the other family, with the same
 * VRID on the same interface. The processes run both; what is checked of this one is simple. Its
 * adverts leave with right headers; at the end of a turn it has its addresses if it is Active, and
 * else none (P3); it is in fault if it cannot serve, and not since the other family cannot (P15);
 * and when the faults are over each component has exactly one that is Active (P2). Nobody steals
 * from it, and its addresses have no lease.
 */
#ifndef SIM_COMPANION_H
#define SIM_COMPANION_H

#include "agent/conf/conf.h"
#include "netlink/change.h"
#include "netlink/object.h"
#include "sim_ip6.h"
#include "vrrp/fsm.h"

#define SIM_COMPANION_ADDRESSES 2

struct sim_companion_address {
	bool present, deprecated;
};

struct sim_companion {
	bool there; /* in this world */
	struct vrrp_config config;
	struct vrrp vr;                 /* after the last turn; a copy */
	uint8_t bytes[SIM_ADDRESS_LEN]; /* of the host's own address of this family */
	enum sim_own own;
	int64_t dad_ns;
	int64_t yielded_ns;     /* when it was Active last, and came to Backup; its clock */
	int64_t lives_ns;       /* whom it has done that to has said something then; 0 */
	int64_t handed_over_ns; /* what it handed over then has an end, likewise */
	int64_t said_ns[SIM_COMPANION_ADDRESSES]; /* somebody else announced an address last */
	const struct sim_process *bare;           /* has no source, */
	int64_t bare_ns;                          /* since then, on its clock */
	struct sim_companion_address table[SIM_COMPANION_ADDRESSES];
};

struct sim;
struct sim_conf;
struct sim_gateway;
struct sim_process;
struct sim_frame;
struct kern_said;

/**
 * companion_init() - give a host a companion.
 * @host: last byte of its own address.
 * @like: version, interval and adverts that may be missed, which are the same on all hosts; over
 *        IPv6 the version is 3.
 */
void companion_init(struct sim_gateway *r, uint8_t host, const struct vrrp_config *like);

/**
 * companion_conf() - write its configuration.
 * @conf: of the router whose fate it shares, if it does.
 * @ret_addresses: SIM_COMPANION_ADDRESSES; borrowed by @ret_router.
 */
void companion_conf(const struct sim_gateway *r, const struct sim_conf *conf,
		    struct conf_address *ret_addresses, struct conf_router *ret_router);

/**
 * companion_address() - its address @k.
 */
struct kern_address companion_address(const struct sim_gateway *r, unsigned k);

/**
 * companion_is_conf() - whether a configuration has it.
 */
bool companion_is_conf(const struct sim_gateway *r, const struct sim_conf *conf);

/**
 * companion_heard() - a process has read that its address @k is announced by another host.
 */
void companion_heard(struct sim *sim, const struct sim_process *process,
		     const struct kern_said *said, unsigned k);

/**
 * companion_stepped() - the core made a step with one that is a member of a unit.
 */
void companion_stepped(struct sim *sim, unsigned i, const struct vrrp *before,
		       const struct vrrp *vr, const struct vrrp_event *event);

/**
 * companion_set_own() - the host's own address of its family comes, if it can, or goes.
 */
void companion_set_own(struct sim *sim, unsigned i, bool there);

/**
 * companion_change() - carry out a change that a process asks for.
 *
 * Return: 0 or -errno, as kern_changer_apply() says.
 */
int companion_change(struct sim *sim, struct sim_process *by, const struct kern_change *change);

/**
 * companion_show() - show its addresses and the host's own, for a dump.
 */
void companion_show(const struct sim_process *process, kern_object_fn each, void *arg);

/**
 * companion_frame() - it sends one.
 */
void companion_frame(struct sim *sim, const struct sim_process *process,
		     const struct sim_frame *frame);

/**
 * companion_vanishes(), companion_links() - all its addresses go; what the host has of its own
 * comes, if it can.
 */
void companion_vanishes(struct sim *sim, unsigned i);
void companion_links(struct sim *sim, unsigned i);

/**
 * companion_end_dad() - duplicate address detection of the host's own may be over.
 */
void companion_end_dad(struct sim *sim, unsigned i);

/**
 * companion_turn() - the end of a turn.
 */
void companion_turn(struct sim *sim, const struct sim_process *process);

/**
 * companion_left() - vipd has left by itself: nothing of it is there (P3).
 */
void companion_left(struct sim *sim, unsigned i);

/**
 * companion_vanished() - vipd is gone, with whatever it was.
 */
void companion_vanished(struct sim_gateway *r);

/**
 * companion_converged() - exactly one Active per component (P2).
 */
void companion_converged(struct sim *sim);

#endif
