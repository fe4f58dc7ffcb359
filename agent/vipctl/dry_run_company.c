/* SPDX-License-Identifier: MIT */
#include "dry_run_company.h"

#include <stdio.h>
#include <string.h>

#include "vrrp/packet.h"

/* What a mate brings along. */
struct burden {
	const struct dry_run_names *names; /* of the routers that have it; borrowed */
	const char *says;
};

/* As groups of one file are. */
static bool are_together(const struct conf_router *a, const struct conf_router *b)
{
	return a == b ? a->families == CONF_FAMILIES_TOGETHER : a->team && a->team == b->team;
}

/* A router that runs and goes on with one of those that the file has for mates, of those with
 * which it did not share a fate. Itself, too, when its families do so from now on. */
static const struct conf_router *find_new_mate(const struct dry_run_fates *fates,
					       const struct conf_router *old,
					       const struct conf_router *new,
					       const struct dry_run_names *names)
{
	const struct conf *before = fates->running->conf;

	for (unsigned i = 0; i < before->written_n; i++) {
		const struct conf_router *mate = &before->written[i];
		const struct conf_router *next = dry_run_next(fates, mate);

		if (next && are_together(next, new) && !are_together(mate, old) &&
		    dry_run_has_name(names, mate->name))
			return next;
	}
	return NULL;
}

/* Return: whether it has to bear it. */
static bool judge(struct dry_run_fates *fates, const struct conf_router *old,
		  const struct conf_router *new, const struct burden *burden)
{
	const struct conf_router *mate = find_new_mate(fates, old, new, burden->names);

	if (!mate)
		return false;
	dry_run_set_fate(fates, old->name, DRY_RUN_YIELDS);
	printf("router %s: it is active here, and comes to share the fate of ", new->name);
	if (mate == new)
		printf("its other family");
	else
		printf("router %s", mate->name);
	printf(", which is %s\n", burden->says);
	return true;
}

void dry_run_company(struct dry_run_fates *fates)
{
	const struct dry_run_running *running = fates->running;
	const struct burden drained = {
		&running->drained,
		"drained: so is it then, and yields to any other host that takes over"
	};
	const struct burden backup = {
		&running->backup,
		"backup here: it yields if who is active there has a higher priority"
	};

	for (unsigned i = 0; i < running->conf->written_n; i++) {
		const struct conf_router *old = &running->conf->written[i], *new = fates->next[i];

		if (!new || !dry_run_is_active(fates, old->name) ||
		    dry_run_fate(fates, old->name) == DRY_RUN_LOST)
			continue;
		if (new->vrrp.priority != VRRP_PRIORITY_OWNER &&
		    !dry_run_has_name(&running->drained, old->name) &&
		    judge(fates, old, new, &drained))
			continue;
		(void)judge(fates, old, new, &backup);
	}
}
