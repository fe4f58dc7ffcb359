/* SPDX-License-Identifier: MIT */
/*
 * What routers bring along that come to share the fate of one that is Active here, as in a group:
 * one that is drained drains all, and one that is a Backup may have heard an Active to whom all
 * yield. Their faults are in dry_run_judge.c, and what they track.
 */
#ifndef DRY_RUN_COMPANY_H
#define DRY_RUN_COMPANY_H

#include "dry_run_fates.h"

/**
 * dry_run_company() - judge all that have new company, and print a line per loss that was not told
 * yet.
 */
void dry_run_company(struct dry_run_fates *fates);

#endif
