/* SPDX-License-Identifier: MIT */
/*
 * What becomes of the routers that are Active here now, by their names of now; and who goes on with
 * which router.
 */
#ifndef DRY_RUN_FATES_H
#define DRY_RUN_FATES_H

#include "dry_run_running.h"

enum dry_run_fate {
	DRY_RUN_STAYS,
	DRY_RUN_MOVES,  /* its addresses go to another interface of this host */
	DRY_RUN_YIELDS, /* if another host has a higher priority */
	DRY_RUN_LOST,
};

struct dry_run_fates {
	const struct dry_run_running *running; /* borrowed, as the next one */
	const struct conf *conf;               /* of the file */
	uint8_t *all; /* enum dry_run_fate, per name that is Active; owned, as the next one */
	const struct conf_router **next; /* per router that the running file has: as that of the
					    new one has it; NULL: nobody goes on with it */
};

/**
 * dry_run_fates_init() - all stay.
 * @ret_fates: in any case to be given to dry_run_fates_fini().
 *
 * Return: 0; -ENOMEM.
 */
int dry_run_fates_init(const struct dry_run_running *running, const struct conf *conf,
		       struct dry_run_fates *ret_fates);

/**
 * dry_run_fates_fini() - release what is in there.
 */
void dry_run_fates_fini(struct dry_run_fates *fates);

/**
 * dry_run_is_active() - whether a router that runs is Active here.
 */
bool dry_run_is_active(const struct dry_run_fates *fates, const char *name);

/**
 * dry_run_set_fate() - of a router that runs and is Active here; of others nothing is noted, and
 * what is worse is not taken back.
 */
void dry_run_set_fate(struct dry_run_fates *fates, const char *name, enum dry_run_fate fate);

/**
 * dry_run_fate() - the fate of a router that runs.
 */
enum dry_run_fate dry_run_fate(const struct dry_run_fates *fates, const char *name);

/**
 * dry_run_fates_count() - how many have one.
 */
unsigned dry_run_fates_count(const struct dry_run_fates *fates, enum dry_run_fate fate);

/**
 * dry_run_find() - a router by its name, as a file has it.
 *
 * Return: borrowed; NULL: there is none.
 */
const struct conf_router *dry_run_find(const struct conf *conf, const char *name);

/**
 * dry_run_next() - who goes on with a router that runs.
 * @old: of the list of those that the running file has.
 *
 * Return: as the new file has it; NULL: nobody.
 */
const struct conf_router *dry_run_next(const struct dry_run_fates *fates,
				       const struct conf_router *old);

/**
 * dry_run_before() - with whom that runs a router of the new file goes on.
 *
 * Return: as the running file has it; NULL: with nobody, it begins.
 */
const struct conf_router *dry_run_before(const struct dry_run_fates *fates, const char *new_name);

#endif
