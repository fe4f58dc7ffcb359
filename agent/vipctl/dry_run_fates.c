/* SPDX-License-Identifier: MIT */
#include "dry_run_fates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/conf/needs.h"

int dry_run_fates_init(const struct dry_run_running *running, const struct conf *conf,
		       struct dry_run_fates *ret_fates)
{
	const struct conf *old = running->conf;

	*ret_fates = (struct dry_run_fates){ .running = running, .conf = conf };
	ret_fates->all = calloc(running->active.n + 1, sizeof(*ret_fates->all));
	ret_fates->next = calloc(old->written_n + 1, sizeof(*ret_fates->next));
	if (!ret_fates->all || !ret_fates->next)
		return -ENOMEM;
	for (unsigned i = 0; i < old->written_n; i++) {
		const struct conf_router *router = conf_continuer(conf, &old->written[i]);

		ret_fates->next[i] = router ? dry_run_find(conf, router->name) : NULL;
	}
	return 0;
}

void dry_run_fates_fini(struct dry_run_fates *fates)
{
	free(fates->all);
	free(fates->next);
}

bool dry_run_is_active(const struct dry_run_fates *fates, const char *name)
{
	return dry_run_has_name(&fates->running->active, name);
}

void dry_run_set_fate(struct dry_run_fates *fates, const char *name, enum dry_run_fate fate)
{
	int i = dry_run_find_name(&fates->running->active, name);

	if (i >= 0 && fates->all[i] < fate)
		fates->all[i] = (uint8_t)fate;
}

enum dry_run_fate dry_run_fate(const struct dry_run_fates *fates, const char *name)
{
	int i = dry_run_find_name(&fates->running->active, name);

	return i < 0 ? DRY_RUN_STAYS : fates->all[i];
}

unsigned dry_run_fates_count(const struct dry_run_fates *fates, enum dry_run_fate fate)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fates->running->active.n; i++)
		n += fates->all[i] == fate;
	return n;
}

const struct conf_router *dry_run_find(const struct conf *conf, const char *name)
{
	for (unsigned i = 0; i < conf->written_n; i++)
		if (strcmp(conf->written[i].name, name) == 0)
			return &conf->written[i];
	return NULL;
}

const struct conf_router *dry_run_next(const struct dry_run_fates *fates,
				       const struct conf_router *old)
{
	return fates->next[old - fates->running->conf->written];
}

const struct conf_router *dry_run_before(const struct dry_run_fates *fates, const char *new_name)
{
	const struct conf *old = fates->running->conf;

	for (unsigned i = 0; i < old->written_n; i++)
		if (fates->next[i] && strcmp(fates->next[i]->name, new_name) == 0)
			return &old->written[i];
	return NULL;
}
