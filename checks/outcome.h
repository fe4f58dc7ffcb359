/* SPDX-License-Identifier: MIT */
/*
 * What a run of a program has come to, in words.
 */
#ifndef CHECKS_OUTCOME_H
#define CHECKS_OUTCOME_H

#include <stddef.h>

#include "warden.h"

/**
 * check_outcome() - of a run that is over.
 * @buf: CHECK_ERROR_SIZE bytes, or @size: "exit status 3: connection refused"; empty when it is
 *	good.
 *
 * Return: whether it ended with exit status 0.
 */
bool check_outcome(const struct check_run *run, char *buf, size_t size);

/**
 * check_outcome_line() - the first line that a program has written, without what is not printable.
 */
void check_outcome_line(const struct check_run *run, char *buf, size_t size);

#endif
