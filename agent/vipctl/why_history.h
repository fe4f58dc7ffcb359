/* SPDX-License-Identifier: MIT */
/*
 * What the history database (database.h) has of routers, of which the journal has nothing any more:
 * others have changed so often since.
 */
#ifndef WHY_HISTORY_H
#define WHY_HISTORY_H

#include "why_facts.h"

/**
 * why_history_read() - fill in what the journal lacks, if vipd keeps a history. One that cannot be
 * read is told of.
 * @facts: after why_journal_read().
 */
void why_history_read(struct why_facts *facts);

#endif
