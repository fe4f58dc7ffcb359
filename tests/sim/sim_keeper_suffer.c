/* SPDX-License-Identifier: MIT */
/* What befalls the router processes of a keeper; see sim_keeper.h. */
#include "sim_keeper.h"

#include "sim.h"

static void strike(struct sim *sim, unsigned i, enum succession_role role)
{
	struct sim_process *process = sim->routers[i].keeper.children[role].process;

	if (sim->routers[i].up && process && !process->killed && !process->frozen)
		keeper_died(sim, process, false);
}

void keeper_panic(struct sim *sim, unsigned i, enum sim_victims victims)
{
	struct sim_process *speaker = keeper_speaker(sim, i);

	switch (victims) {
	case SIM_VICTIM_CURRENT:
		strike(sim, i, SUCCESSION_CURRENT);
		break;
	case SIM_VICTIM_CURRENT_IN_TURN:
		if (speaker)
			speaker->doom = sim->tidy ? 1 : 1 + prng_below(&sim->prng, 6);
		break;
	case SIM_VICTIM_STANDBY:
		strike(sim, i, SUCCESSION_STANDBY);
		break;
	case SIM_VICTIM_NEXT:
		strike(sim, i, SUCCESSION_NEXT);
		break;
	case SIM_VICTIM_CURRENT_IN_PUT:
		if (speaker)
			speaker->doomed_put = true;
		break;
	case SIM_VICTIM_HEIRS:
		sim->routers[i].keeper.doomed_n = 1 + prng_below(&sim->prng, 5);
		break;
	case SIM_VICTIMS_ALL:
		strike(sim, i, SUCCESSION_STANDBY);
		strike(sim, i, SUCCESSION_NEXT);
		strike(sim, i, SUCCESSION_CURRENT);
		break;
	case SIM_VICTIMS:
		break;
	}
}

void keeper_spare(struct sim *sim, unsigned i)
{
	struct sim_process *process = keeper_speaker(sim, i);

	sim->routers[i].keeper.doomed_n = 0;
	if (process) {
		process->doom = 0;
		process->doomed_put = false;
	}
}

void keeper_hang(struct sim *sim, unsigned i)
{
	struct sim_process *process = keeper_speaker(sim, i);

	if (!process)
		return;
	trace(sim, "%s: the router process hangs", node_name(i));
	check_shaken(sim, i);
	process->hung = true;
	check_hung(sim, process);
	check_quiet(sim, i);
}

void keeper_unhang(struct sim *sim, unsigned i)
{
	struct sim_process *process = keeper_speaker(sim, i);

	if (!process || !process->hung || process->killed)
		return;
	trace(sim, "%s: the router process runs again", node_name(i));
	process->hung = false;
	gateway_awake(sim, i);
}
