/* SPDX-License-Identifier: MIT */
/*
 * What routers track, before and after a reload: what it gives a router by what is known now. As
 * agent/router/track.c has it, of a check that is not known yet, too: who is Active takes it for
 * well. Interfaces are looked at as they are here, if they are vipd's; else they are taken for
 * usable.
 */
#ifndef DRY_RUN_TRACKS_H
#define DRY_RUN_TRACKS_H

#include "agent/conf/conf.h"
#include "agent/records.h"

/* What checks have found; all zero: nothing. */
struct dry_run_facts {
	bool sees_interfaces; /* they are those that vipd has */
	unsigned n, max;
	struct dry_run_fact *all; /* owned; in the order of their names after dry_run_sort() */
};

/* What a router or a group tracks in one of both configurations. */
struct dry_run_tracks {
	const struct conf *conf; /* borrowed, as all below */
	const struct conf_track *tracks;
	unsigned n;
};

/**
 * dry_run_take_check() - a record of a check has come.
 *
 * Return: NULL, or what is wrong with it.
 */
const char *dry_run_take_check(struct dry_run_facts *facts, const struct records_table *table,
			       const void *record);

/**
 * dry_run_sort() - all have come.
 */
void dry_run_sort(struct dry_run_facts *facts);

/**
 * dry_run_facts_free() - release what is in there.
 */
void dry_run_facts_free(struct dry_run_facts *facts);

/**
 * dry_run_weights() - what all weights together add.
 */
long dry_run_weights(const struct dry_run_facts *facts, const struct dry_run_tracks *tracks);

/**
 * dry_run_fault() - the first one without a weight that is a fault.
 *
 * Return: borrowed; or NULL.
 */
const struct conf_track *dry_run_fault(const struct dry_run_facts *facts,
				       const struct dry_run_tracks *tracks);

#endif
