/* SPDX-License-Identifier: MIT */
/*
 * What became of each keyword of a file that is imported: one entry per fact, in the order of the
 * lines. No secret ever gets in here: who adds an entry words it.
 */
#ifndef IMPORT_REPORT_H
#define IMPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "arena.h"

/* Where a text stood. */
struct origin {
	const char *file; /* borrowed; as it was named */
	unsigned file_at; /* its place among the files that were read, from 0 */
	unsigned line;    /* 0: the file as a whole */
	unsigned by;      /* the line that used the definition which has the text; 0: none did */
};

enum verdict {
	VERDICT_MAPPED,
	VERDICT_CHANGED, /* mapped, with another meaning */
	VERDICT_DROPPED, /* without effect, or without a counterpart that matters */
	VERDICT_REFUSED, /* nothing is written until somebody has decided */
	VERDICT_WRONG,   /* likewise: keepalived would not understand it either */
	VERDICT_COUNT,
};

struct report_entry;

struct report {
	struct arena *arena; /* borrowed */
	struct report_entry *first, **end;
	unsigned counts[VERDICT_COUNT];
};

void report_init(struct report *report, struct arena *arena);

/**
 * report_put() - add an entry.
 * @keyword: what it is about; NULL: the line as a whole.
 * @format: NULL: the verdict says it all.
 */
__attribute__((format(printf, 5, 6))) void report_put(struct report *report,
						      const struct origin *origin,
						      enum verdict verdict, const char *keyword,
						      const char *format, ...);

/**
 * report_is_open() - whether something was refused or wrong, so that nothing may be written.
 */
bool report_is_open(const struct report *report);

/**
 * report_print() - "file:line: verdict: keyword: text" for each, equal ones once, and the sum of
 * them.
 */
void report_print(struct report *report, FILE *out);

#endif
