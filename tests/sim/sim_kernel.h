/* SPDX-License-Identifier: MIT */
/*
 * The kernel of a router's host: its addresses with mark and lease, the events that it tells the
 * processes of the agent, and its bad days. The agent's own netlink/reconcile.c and netlink/sweep.c
 * work on it: kern_changer_apply() and the dumps are implemented here.
 */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include "netlink/change.h"
#include "netlink/dump.h"
#include "sim_net.h"

#define SIM_NOTICES_MAX 128
#define SIM_LEASE_LATE_NS                                                                          \
	INT64_C(1200000000) /* so late may the kernel be with the end of a lease */
#define SIM_IFINDEX 1

struct kern_wants;

/* What goes wrong, all at a time or some of it. */
enum sim_trouble {
	SIM_TROUBLE_EVENTS = 1,  /* events are dropped, as if the buffer were full (ENOBUFS) */
	SIM_TROUBLE_DUMPS = 2,   /* some dumps fail */
	SIM_TROUBLE_CHANGES = 4, /* some changes are refused */
	SIM_TROUBLE_ANSWERS = 8, /* some answers to changes are lost */
};

struct sim_address {
	bool present;
	uint8_t mark;     /* KERN_ADDRESS_MARK: the agent's; else somebody else's */
	uint32_t seq;     /* a lower one is older; the oldest is the primary of the subnet */
	int64_t end_ns;   /* the kernel removes it then, or VRRP_NEVER */
	int64_t added_ns; /* or when its lease began */
};

struct sim_notice {
	uint8_t address, mark;
	bool gone, by_us, leased;
};

/* A router process, as the kernel knows it. Serves as changer and as dump. */
struct sim_process {
	struct sim *sim; /* of @router; borrowed */
	unsigned router;
	struct kern_wants *wants; /* owned; NULL: the process does not exist */
	bool overrun;             /* events were dropped since the last look */
	uint32_t unseen;    /* a bit per address: an event of it was lost since it was shown last */
	int64_t refused_ns; /* when the kernel refused to show its addresses last */
	unsigned notices_n;
	struct sim_notice notices[SIM_NOTICES_MAX];
};

struct sim_kernel {
	bool promotes;          /* the others outlive the removal of their subnet's primary */
	unsigned prefix_len;    /* 24: all addresses in one subnet; 32: each alone */
	unsigned trouble;       /* enum sim_trouble */
	int64_t trouble_end_ns; /* what it led to is repaired by then */
	uint32_t seq;
	uint64_t changes_n; /* the agent's that had an effect, renewals apart */
	struct sim_address table[SIM_ADDRESSES_MAX];
};

/**
 * kernel_init() - a host without addresses.
 */
void kernel_init(struct sim *sim, unsigned i);

/**
 * kernel_address() - address @k of every router, as the agent writes it.
 */
struct kern_address kernel_address(const struct sim *sim, unsigned i, unsigned k);

/**
 * kernel_expire() - the lease of an address may have ended.
 */
void kernel_expire(struct sim *sim, unsigned i, unsigned k);

/**
 * kernel_thaw() - the end of a pause in which the whole host stood still.
 * @slept_ns: so long.
 * @clock_stood_still: its clock did not notice.
 */
void kernel_thaw(struct sim *sim, unsigned i, int64_t slept_ns, bool clock_stood_still);

/**
 * kernel_steal() - somebody removes an address, whosever it is.
 */
void kernel_steal(struct sim *sim, unsigned i, unsigned k);

/**
 * kernel_squat() - somebody adds an address, or takes what he added away. Without effect on the
 * agent's.
 */
void kernel_squat(struct sim *sim, unsigned i, unsigned k, bool there);

/**
 * kernel_tell() - give a process the events that wait for it.
 *
 * Return: false when some were dropped.
 */
bool kernel_tell(struct sim_process *process, kern_object_fn each, void *arg);

/**
 * kernel_ours() - how many addresses on the host carry the agent's mark.
 */
unsigned kernel_ours(const struct sim_kernel *kernel);

#endif
