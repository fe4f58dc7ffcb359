/* SPDX-License-Identifier: MIT */
/*
 * All checks of vipctl doctor, a row for each: what it is called, what it needs to have been seen,
 * and the function.
 */
#ifndef VIPCTL_DOCTOR_ROWS_H
#define VIPCTL_DOCTOR_ROWS_H

#include "doctor_judge.h"

struct doctor_row {
	const char *code; /* of its findings; NULL: behind the last row */
	unsigned needs;   /* enum doctor_part */
	doctor_judge_fn judge;
};

extern const struct doctor_row doctor_rows[];

/**
 * doctor_run() - make all checks that have what they need.
 * @ret_skipped: how many could not be made, since something was not seen; one that needs a vipd
 *	that runs is not counted where there is none.
 */
void doctor_run(const struct doctor_view *view, struct doctor_findings *findings,
		unsigned *ret_skipped);

#endif
