/* SPDX-License-Identifier: MIT */
/*
 * What the journal has of routers, as facts (why_facts.h): the rings below /run/vipd, which outlive
 * vipd; reading them needs root.
 */
#ifndef WHY_JOURNAL_H
#define WHY_JOURNAL_H

#include "why_facts.h"

/* What somebody did to an address counts for so long. */
#define WHY_LATELY_NS INT64_C(600000000000)

/**
 * why_journal_read() - read both rings of this network namespace.
 * @facts: with its routers, which may be none; filled in.
 */
void why_journal_read(struct why_facts *facts);

/**
 * why_journal_note() - one event.
 * @router: whom it is about; NULL: nobody who is asked for.
 *
 * Return: 0 or -ENOMEM.
 */
int why_journal_note(struct why_facts *facts, struct why_router *router, const struct event *event);

#endif
