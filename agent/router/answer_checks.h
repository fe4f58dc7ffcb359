/* SPDX-License-Identifier: MIT */
/*
 * What the control socket tells of checks.
 */
#ifndef ANSWER_CHECKS_H
#define ANSWER_CHECKS_H

#include "agent/records.h"
#include "answer.h"

extern const struct records_kind answer_check_kind;

/* Of the check whose record came last: a piece of its output, in order. */
extern const struct records_kind answer_output_kind;

/**
 * answer_put_checks() - the next checks.
 * @first, @end: from this number in the configuration up to that one, which is not meant.
 *
 * Return: how many there are in the message.
 */
unsigned answer_put_checks(const struct answer_facts *facts, unsigned first, unsigned end,
			   struct answer_message *message);

/**
 * answer_put_output() - the output of a check.
 * @check: its number.
 */
void answer_put_output(const struct answer_facts *facts, unsigned check,
		       struct answer_message *message);

#endif
