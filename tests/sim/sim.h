/* SPDX-License-Identifier: MIT */
/*
 * The world of a simulation: a virtual clock, routers, hosts, the network between them, the faults
 * to come and the properties that must hold. A run is a function of its seed.
 */
#ifndef SIM_H
#define SIM_H

#include "prng.h"
#include "sim_check.h"
#include "sim_check_leave.h"
#include "sim_companion.h"
#include "sim_events.h"
#include "sim_family.h"
#include "sim_fault.h"
#include "sim_host.h"
#include "sim_ip6.h"
#include "sim_kernel.h"
#include "sim_net.h"
#include "sim_gateway.h"
#include "sim_socket.h"
#include "sim_trace.h"
#include "sim_unit.h"
#include "sim_watch.h"

#define SIM_MS INT64_C(1000000)
#define SIM_S  INT64_C(1000000000)

/* Two moments are never the same: what arrives in that of a turn is shown to be later by so much.
 */
#define SIM_BEHIND_NS 1

/* The longest runs need a tenth of it. */
#define SIM_EVENTS_PER_RUN_MAX 5000000u

/* Everybody's announcements, leases and turns. */
#define SIM_EVENTS_PER_MOMENT_MAX 10000u

/* How much of what may happen was judged. */
struct sim_tally {
	unsigned leaves_n, leaves_judged_n; /* of Actives with overlap (P19) */
	unsigned drains_n, drains_judged_n; /* drains and resumes (P20) */
	unsigned beliefs_n;                 /* changes of what a check is taken for (P21) */
};

struct sim {
	struct sim_tally tally;
	int64_t now_ns;
	unsigned still_n;   /* so many events at this moment */
	bool silent;        /* routers of some priorities do not accept packets */
	bool units;         /* hosts have routers of both families that elect as one (sim_unit.h) */
	bool unicast;       /* routers speak to peers (sim_peers.h), */
	bool nobody;        /* of whom one does not exist */
	bool routed;        /* each router has a route */
	bool tidy;          /* a scenario: no chance anywhere, for traces that read well */
	bool signs;         /* adverts are signed, and wall clocks are set while vipd runs */
	bool moving;        /* hosts may speak from other addresses than they began with */
	bool overlap;       /* some routers hand over with overlap, and announcements are heard */
	bool loops;         /* a switch sends announcements back to whoever has sent them */
	int64_t latency_ns; /* a wake-up comes at most so late on a healthy host */
	struct prng prng;
	struct prng checked; /* of what checkers do */
	struct prng said;    /* of what befalls announcements on their way to routers */
	unsigned routers_n;
	unsigned hosts_n;
	struct sim_gateway routers[SIM_ROUTERS_MAX];
	struct sim_host hosts[SIM_HOSTS_MAX];
	struct sim_faults faults;
	struct sim_check check;
	struct sim_trace trace;
	struct sim_events events;
	struct sim_journal journals[SIM_ROUTERS_MAX];
	struct sim_net net;
	struct sim_process processes[SIM_ROUTERS_MAX][SIM_PROCESSES_MAX];
};

/**
 * sim_init() - an empty world at time 0.
 * @seed: of all chance in it.
 *
 * The caller adds routers and hosts, then net_init().
 */
void sim_init(struct sim *sim, uint64_t seed);

/**
 * sim_run_until() - let virtual time pass.
 * @until_ns: stops there, or earlier when a property fails.
 *
 * Return: false when a property failed (check.failed).
 */
bool sim_run_until(struct sim *sim, int64_t until_ns);

/**
 * node_name() - "r1" to "r5", "h1" to "h3".
 */
const char *node_name(unsigned node);

#endif
