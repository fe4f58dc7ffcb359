/* SPDX-License-Identifier: MIT */
/*
 * Guests: in some worlds routers hold one more address, which they do not advertise, on another
 * interface of the host (agent/router/guests.h); of their family or of the other one. That
 * interface goes, comes as another one, goes down, loses its carrier; or somebody takes the address
 * away. What must hold (G): the address is there while the router is Active and the interface is
 * there and up, and else not, and it is announced when it comes; nothing of it is left when vipd
 * has left. A router whose address is required is in fault without the interface or its carrier
 * (P15); of another one nothing changes but the address.
 */
#ifndef SIM_GUEST_H
#define SIM_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf/conf.h"
#include "netlink/change.h"
#include "netlink/object.h"
#include "vrrp/names.h"

/* What befalls it. */
enum sim_guest_fault {
	SIM_GUEST_REMOVED,   /* its interface is removed, and comes back as another one */
	SIM_GUEST_DOWN,      /* or set down */
	SIM_GUEST_UNPLUGGED, /* or loses its carrier */
	SIM_GUEST_STOLEN,    /* somebody removes the address */
	SIM_GUEST_FAULTS,
};

/* Of a host. */
struct sim_guest {
	bool used, required;
	unsigned family;
	bool exists, up, carrier; /* the interface */
	int ifindex;
	bool present;       /* the address */
	bool unsaid;        /* it has come, and was not announced */
	int64_t fresh_ns;   /* since then: over IPv6 a turn after that hears that it answers */
	int64_t back_ns[2]; /* vipd has added it then, and the time before, by the host's clock */
};

struct sim;
struct sim_episode;
struct sim_frame;
struct sim_gateway;
struct sim_process;

/**
 * guest_init() - a router has one.
 */
void guest_init(struct sim *sim, unsigned i, unsigned family, bool required);

/**
 * guest_conf() - write what the configuration says of it. Without effect where there is none.
 * @ret_address: behind those that @router advertises.
 */
void guest_conf(const struct sim_gateway *r, struct conf_address *ret_address,
		struct conf_router *router);

/**
 * guest_fault() - what is wrong with its interface, if it is required.
 */
enum vrrp_reason_code guest_fault(const struct sim_gateway *r);

/**
 * guest_is_on() - whether it has that index.
 */
bool guest_is_on(const struct sim_gateway *r, int ifindex);

/**
 * guest_change() - carry out a change that a process asks for there.
 *
 * Return: 0 or -errno, as kern_changer_apply() says.
 */
int guest_change(struct sim *sim, struct sim_process *by, const struct kern_change *change);

/**
 * guest_show_link(), guest_show() - show a process the interface; the address.
 */
void guest_show_link(const struct sim_process *process, kern_object_fn each, void *arg);
void guest_show(const struct sim_process *process, kern_object_fn each, void *arg);

/**
 * guest_frame() - a process sends a frame there.
 *
 * Return: 0 or the errno of one that the kernel refuses.
 */
int guest_frame(struct sim *sim, const struct sim_process *process, const struct sim_frame *frame);

/* Something befalls it; and not any more. */
void guest_begin(struct sim *sim, const struct sim_episode *e);
void guest_end(struct sim *sim, const struct sim_episode *e);

/**
 * guest_turn(), guest_left() - the end of a turn; vipd has left (G).
 */
void guest_turn(struct sim *sim, const struct sim_process *process);
void guest_left(struct sim *sim, unsigned i);

#endif
