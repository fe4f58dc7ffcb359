/* SPDX-License-Identifier: MIT */
#include "sim.h"

#include <assert.h>
#include <string.h>

void sim_init(struct sim *sim, uint64_t seed)
{
	sim->trace.out = NULL; /* whoever listened to the last run has gone */
	for (unsigned i = 0; i < sim->routers_n; i++)
		if (sim->routers[i].up)
			keeper_end(sim, i);
	/* The heap, the packets and the processes are large and need no cleaning; journals stay. */
	memset(sim, 0, offsetof(struct sim, events));
	sim->events.n = 0;
	sim->events.seq = 0;
	sim->prng.state = seed;
}

static void dispatch(struct sim *sim, const struct sim_event *event)
{
	switch ((enum sim_event_type)event->type) {
	case SIM_EVENT_DELIVER:
		net_deliver(sim, event->a, event->b);
		break;
	case SIM_EVENT_WAKE:
		gateway_wake(sim, &sim->processes[event->a][event->b]);
		break;
	case SIM_EVENT_FAULT_BEGIN:
		fault_begin(sim, event->a);
		break;
	case SIM_EVENT_FAULT_END:
		fault_end(sim, event->a);
		break;
	case SIM_EVENT_PAIR:
		check_pair(sim, event->a, event->b);
		break;
	case SIM_EVENT_LEASE:
		kernel_expire(sim, event->a, event->b);
		break;
	case SIM_EVENT_KEEPER:
		keeper_event(sim, event->a);
		break;
	case SIM_EVENT_PROCESS:
		keeper_process_event(sim, &sim->processes[event->a][event->b]);
		break;
	case SIM_EVENT_HUNG:
		check_ended_by_now(sim, &sim->processes[event->a][event->b]);
		break;
	case SIM_EVENT_RESTART:
		if (!sim->routers[event->a].up && !sim->routers[event->a].afflicted)
			gateway_start(sim, event->a);
		break;
	case SIM_EVENT_BOUND:
		check_bound(sim, event->a);
		break;
	case SIM_EVENT_STOPPED:
		check_stopped(sim, event->a);
		break;
	case SIM_EVENT_STOP_AGAIN:
		keeper_stop_again(sim, event->a);
		break;
	case SIM_EVENT_THEFT:
		fault_theft(sim, event->a);
		break;
	case SIM_EVENT_SPLIT:
		unit_split(sim);
		break;
	case SIM_EVENT_DRAINED:
		check_drain_due(sim, event->a);
		break;
	case SIM_EVENT_HOOKED:
		drains_hooked(sim, event->a);
		break;
	case SIM_EVENT_CHECKER:
		checker_event(sim, event->a);
		break;
	case SIM_EVENT_DAD:
		ip6_end_dad(sim, event->a, event->b);
		break;
	}
}

/* Whoever asks for the same moment again and again would never see another one. */
static void check_progress(struct sim *sim, int64_t at_ns)
{
	sim->still_n = at_ns == sim->now_ns ? sim->still_n + 1 : 0;
	if (sim->still_n > SIM_EVENTS_PER_MOMENT_MAX)
		check_fail(sim, "storm", "more than %u events at once", SIM_EVENTS_PER_MOMENT_MAX);
}

bool sim_run_until(struct sim *sim, int64_t until_ns)
{
	struct sim_event event;

	while (!sim->check.failed && events_pop(&sim->events, until_ns, &event)) {
		assert(event.at_ns >= sim->now_ns);
		if (sim->events.seq > SIM_EVENTS_PER_RUN_MAX)
			check_fail(sim, "storm", "more than %u events", SIM_EVENTS_PER_RUN_MAX);
		check_progress(sim, event.at_ns);
		sim->now_ns = event.at_ns;
		dispatch(sim, &event);
	}
	if (sim->check.failed)
		return false;
	sim->now_ns = until_ns;
	return true;
}

const char *node_name(unsigned node)
{
	static const char *const names[SIM_NODES_MAX] = { "r1", "r2", "r3", "r4",
							  "r5", "h1", "h2", "h3" };

	assert(node < SIM_NODES_MAX);
	return names[node];
}
