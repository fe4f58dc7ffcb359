/* SPDX-License-Identifier: MIT */
/*
 * vipctl why: why a router is in its state now, since when, what would change that, and what to do
 * where something is wrong.
 *
 *	why_ask.c	what the control socket tells, as facts (why_facts.h)
 *	why_journal.c	what the journal has of them
 *	why_history.c	what the history database has, where the journal has it no more
 *	why_judge.c	what is wrong with a router, and what to do (why_advice.c)
 *	why_says.c	the rest in sentences
 *	why_print.c	all of it as text or JSON
 *	why_end.c	how a vipd ended that does not run
 */
#ifndef WHY_H
#define WHY_H

#include <stdbool.h>

struct why_options {
	bool json;
	const char *router; /* NULL: all */
	const char *control;
};

/**
 * why() - say it.
 *
 * Return: an exit status; 1 as well when vipd does not run, which is said with how it ended.
 */
int why(const struct why_options *options);

#endif
