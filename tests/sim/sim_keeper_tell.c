/* SPDX-License-Identifier: MIT */
/* What a keeper tells; see sim_keeper.h. */
#include "sim_keeper.h"

#include "agent/keeper/tell.h"
#include "sim.h"

struct sim_process *keeper_self(struct sim *sim, unsigned i)
{
	struct sim_process *process = &sim->processes[i][0];

	process->sim = sim;
	process->router = i;
	return process;
}

void keeper_tell(struct sim *sim, unsigned i, enum event_kind kind, int pid, const char *text,
		 unsigned word)
{
	process_enter(keeper_self(sim, i));
	tell_process(NULL, kind, pid, text, word);
	process_leave();
}

void keeper_narrate(struct sim *sim, unsigned i, const struct succession_action *action)
{
	static const struct {
		enum event_kind kind; /* 0: nothing is told */
		const char *text;
		unsigned word;
	} facts[] = {
		[SUCCESSION_FACT_NO_FIRST] = { EVENT_FAILED, "starting a router process", 0 },
		[SUCCESSION_FACT_LATE_READY] = { EVENT_PROCESS_LATE, "not ready within 5 s", 0 },
		[SUCCESSION_FACT_LATE_ALIVE] = { EVENT_PROCESS_LATE, "no sign of life", 0 },
		[SUCCESSION_FACT_LATE_LEAVE] = { EVENT_PROCESS_LATE, "did not leave in time", 0 },
		[SUCCESSION_FACT_LOST] = { EVENT_PROCESS_LOST, "it ended", 0 },
		[SUCCESSION_FACT_HOPELESS] = { EVENT_PROCESS_LOST, "it ended", 1 },
		[SUCCESSION_FACT_STANDBY] = { EVENT_STANDBY_LOST, "it ended", 0 },
		[SUCCESSION_FACT_RELOADING] = { EVENT_RELOAD, NULL, EVENT_RELOAD_STARTED },
		[SUCCESSION_FACT_RELOADED] = { EVENT_RELOAD, NULL, EVENT_RELOAD_DONE },
		[SUCCESSION_FACT_UNDONE] = { EVENT_RELOAD, "what ran before goes on",
					     EVENT_RELOAD_UNDONE },
		[SUCCESSION_FACT_RESUMED] = { EVENT_NONE, NULL, 0 },
		[SUCCESSION_FACT_AGAIN] = { EVENT_NONE, NULL, 0 },
		[SUCCESSION_FACT_HURRIED] = { EVENT_NONE, NULL, 0 },
		[SUCCESSION_FACT_UNHEARD] = { EVENT_NONE, NULL, 0 },
	};

	enum succession_fact fact = action->fact;
	bool of_all = fact == SUCCESSION_FACT_RELOADING || fact == SUCCESSION_FACT_UNDONE;
	int pid = of_all ? 0 : sim->routers[i].keeper.children[action->role].pid;

	if (facts[fact].kind)
		keeper_tell(sim, i, facts[fact].kind, pid, facts[fact].text, facts[fact].word);
}
