/* SPDX-License-Identifier: MIT */
/*
 * From answers to a verdict: how many in a row it takes. Pure.
 */
#ifndef CHECKS_VERDICT_H
#define CHECKS_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

enum check_value {
	CHECK_VALUE_UNKNOWN,
	CHECK_VALUE_UP,
	CHECK_VALUE_DOWN,
};

struct check_verdict {
	uint8_t value; /* enum check_value */
	bool good;     /* the last answer was */
	uint32_t in_row;
};

/**
 * check_verdict_take() - one more answer.
 *
 * The first one decides, whatever @rise and @fall are; then so many in a row that say the opposite.
 * @rise, @fall: at least 1.
 *
 * Return: whether the value is another one now.
 */
bool check_verdict_take(struct check_verdict *verdict, bool good, unsigned rise, unsigned fall);

#endif
