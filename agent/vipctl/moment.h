/* SPDX-License-Identifier: MIT */
/*
 * Points in time as people write them, and as events have them.
 */
#ifndef VIPCTL_MOMENT_H
#define VIPCTL_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* What a complaint about one says. */
#define MOMENT_FORMS "a time like 2h, 3d, 2026-11-27 or 2026-11-27T04:05:06Z"

/**
 * moment_parse() - so long ago, or a date.
 * @ret_real_ns: CLOCK_REALTIME; times before 1970 are 1970, those behind 2262 the end of time.
 *
 * Return: whether it is one.
 */
bool moment_parse(const char *text, int64_t *ret_real_ns);

/**
 * moment_parse_date() - likewise, but a date with or without a time, in UTC.
 */
bool moment_parse_date(const char *text, int64_t *ret_real_ns);

#endif
