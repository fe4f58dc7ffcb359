/* SPDX-License-Identifier: MIT */
/*
 * What nftables of a host drop for vipd (netlink/filter.h), and that no packet to an address of a
 * router that does not accept is ever delivered (P17).
 */
#ifndef SIM_FILTER_H
#define SIM_FILTER_H

#include "netlink/object.h"
#include "sim_process.h"

/**
 * filter_accepts() - whether the router of a process accepts packets to its addresses: never an
 * odd priority in some worlds, so that reloads change it.
 */
bool filter_accepts(const struct sim *sim, const struct vrrp_config *config);

/**
 * filter_change() - carry out a change that a process asks for.
 *
 * Return: 0 or -errno, as kern_changer_apply() says.
 */
int filter_change(struct sim *sim, struct sim_process *by, const struct kern_change *change);

/**
 * filter_refuse() - such a change was refused.
 */
void filter_refuse(struct sim *sim, unsigned i, const struct kern_change *change);

/**
 * filter_dump() - show a process those of an interface, or all of them for 0.
 *
 * Return: 0 or -EAGAIN.
 */
int filter_dump(const struct sim_process *process, int ifindex, kern_object_fn each, void *arg);

/**
 * filter_end() - the socket that they belong to is closed.
 */
void filter_end(struct sim *sim, unsigned i);

/**
 * filter_check_added() - a process adds address @k (P17).
 */
void filter_check_added(struct sim *sim, const struct sim_process *by, unsigned k);

/**
 * filter_check() - the end of a turn of a process that runs a router (P17).
 */
void filter_check(struct sim *sim, const struct sim_process *process);

#endif
