/* SPDX-License-Identifier: MIT */
/*
 * What a reload costs the routers that are Active here, beyond what a single difference of the
 * configuration tells: what is a fault of them as they are configured then, of the host as it is
 * now; what the company that they get tracks; and a fault of that.
 */
#ifndef DRY_RUN_JUDGE_H
#define DRY_RUN_JUDGE_H

#include "dry_run_fates.h"

/**
 * dry_run_judge() - judge all, and print a line per loss that was not told yet.
 *
 * Return: 0; -ENOMEM.
 */
int dry_run_judge(struct dry_run_fates *fates);

#endif
