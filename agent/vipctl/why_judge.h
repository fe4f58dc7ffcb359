/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a router, and what to do: from facts (why_facts.h), which vipctl check judges
 * in the same way (problems.h), and with what else is known by now. Pure.
 */
#ifndef WHY_JUDGE_H
#define WHY_JUDGE_H

#include "why_facts.h"

#define WHY_FINDINGS_MAX     24
#define WHY_FINDING_SIZE     360
#define WHY_ADVICE_SIZE      260
#define WHY_ALTERNATIVES_MAX 6

struct why_finding {
	enum problem_level level; /* PROBLEM_NONE: as it should be, but it may surprise */
	char code[PROBLEM_WORD_SIZE];
	char text[WHY_FINDING_SIZE];
	char advice[WHY_ADVICE_SIZE]; /* one sentence; empty: there is nothing to do */
	/* A guess, when there are some: what it may have been, the likeliest first. */
	unsigned alternatives_n;
	const char *alternatives[WHY_ALTERNATIVES_MAX]; /* constants */
};

struct why_judgement {
	unsigned n, more_n;
	enum problem_level level; /* the worst */
	struct why_finding
		all[WHY_FINDINGS_MAX + 1]; /* behind those, room for one that is too much */
};

/**
 * why_judge() - the worst comes first.
 * @router: one of @facts.
 */
void why_judge(const struct why_facts *facts, const struct why_router *router,
	       struct why_judgement *ret_judgement);

/**
 * why_advice_of_reason() - what to do about a reason that keeps a router out.
 *
 * Return: a sentence; NULL: nothing, or it is not for this host to do.
 */
const char *why_advice_of_reason(enum vrrp_reason_code code);

/**
 * why_advise() - a sentence of advice, with the names of what it is about: "{router}",
 * "{interface}", "{other}", the interface that its reason is about, "{check}".
 * @advice: NULL: none.
 * @router: that it is about.
 * @buf: WHY_ADVICE_SIZE.
 */
void why_advise(const char *advice, const struct why_router *router, char *buf);

/**
 * why_advice_of_problem() - likewise about what vipctl check calls a problem.
 */
const char *why_advice_of_problem(const char *word);

#endif
