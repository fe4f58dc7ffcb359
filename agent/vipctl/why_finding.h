/* SPDX-License-Identifier: MIT */
/*
 * How why_judge() writes down what it finds, for those who judge a part of it (why_active.c,
 * why_rival.c).
 */
#ifndef WHY_FINDING_H
#define WHY_FINDING_H

#include "why_judge.h"

/**
 * why_add() - one finding more; of too many the number is counted alone.
 * @code: a literal, or a word of a problem.
 *
 * Return: it, with the advice that its code has; borrowed from @judgement, never NULL.
 */
struct why_finding *why_add(struct why_judgement *judgement, enum problem_level level,
			    const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * why_append() - more text, behind what it has.
 */
void why_append(struct why_finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * why_perhaps() - it is a guess, and this may be the cause; the likeliest are said first. What
 * there is no room for is left out.
 * @alternative: a constant.
 */
void why_perhaps(struct why_finding *finding, const char *alternative);

#define WHY_GUESS(finding, ...)                                                                    \
	do {                                                                                       \
		static const char *const list[] = { __VA_ARGS__ };                                 \
		for (size_t at = 0; at < sizeof(list) / sizeof(list[0]); at++)                     \
			why_perhaps(finding, list[at]);                                            \
	} while (0)

/**
 * why_has_problem() - whether vipctl check has a word that begins so.
 */
bool why_has_problem(const struct why_router *router, const char *prefix);

/**
 * why_peer_of() - the unicast peer with that address.
 * @ip: 16 bytes.
 *
 * Return: NULL: there is none.
 */
const struct why_peer *why_peer_of(const struct why_router *router, const uint8_t *ip);

#endif
