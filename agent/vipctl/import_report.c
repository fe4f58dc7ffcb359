/* SPDX-License-Identifier: MIT */
#include "import_report.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define KEYWORD_MAX 60 /* of what is in the way: the rest is not repeated */

struct report_entry {
	struct report_entry *next;
	struct origin origin;
	enum verdict verdict;
	unsigned at; /* the order of their coming */
	unsigned times;
	const char *text;
};

static const char *const words[VERDICT_COUNT] = {
	[VERDICT_MAPPED] = "mapped",   [VERDICT_CHANGED] = "changed", [VERDICT_DROPPED] = "dropped",
	[VERDICT_REFUSED] = "refused", [VERDICT_WRONG] = "wrong",
};

void report_init(struct report *report, struct arena *arena)
{
	*report = (struct report){ .arena = arena, .end = &report->first };
}

/* It goes to a terminal. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static char *word(struct report *report, const char *keyword, const char *format, va_list args)
{
	char text[1024];

	text[0] = '\0';
	if (format)
		vsnprintf(text, sizeof(text), format, args);
	return arena_print(report->arena, "%.*s%s%s", keyword ? KEYWORD_MAX : 0,
			   keyword ? keyword : "", keyword && text[0] ? ": " : "", text);
}

void report_put(struct report *report, const struct origin *origin, enum verdict verdict,
		const char *keyword, const char *format, ...)
{
	struct report_entry *entry = arena_alloc(report->arena, sizeof(*entry));
	char *text;
	va_list args;

	va_start(args, format);
	text = word(report, keyword, format, args);
	va_end(args);
	make_printable(text);
	*entry = (struct report_entry){
		.origin = *origin, .verdict = verdict, .times = 1, .text = text
	};
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		entry->at += report->counts[i];
	report->counts[verdict]++;
	*report->end = entry;
	report->end = &entry->next;
}

bool report_is_open(const struct report *report)
{
	return report->counts[VERDICT_REFUSED] || report->counts[VERDICT_WRONG];
}

/* ---- print ---- */

static int cmp_unsigned(unsigned a, unsigned b)
{
	return a < b ? -1 : a > b;
}

/* By place; what a definition says of each of its uses stands together. */
static int cmp_place(const void *a, const void *b)
{
	const struct report_entry *x = *(struct report_entry *const *)a;
	const struct report_entry *y = *(struct report_entry *const *)b;
	int result = cmp_unsigned(x->origin.file_at, y->origin.file_at);

	if (!result)
		result = cmp_unsigned(x->origin.line, y->origin.line);
	if (!result)
		result = cmp_unsigned(x->origin.by, y->origin.by);
	return result ? result : cmp_unsigned(x->at, y->at);
}

static bool is_same(const struct report_entry *a, const struct report_entry *b)
{
	return a->origin.file_at == b->origin.file_at && a->origin.line == b->origin.line &&
	       a->origin.by == b->origin.by && a->verdict == b->verdict &&
	       strcmp(a->text, b->text) == 0;
}

static unsigned count(const struct report *report)
{
	unsigned n = 0;

	for (const struct report_entry *entry = report->first; entry; entry = entry->next)
		n++;
	return n;
}

static void print_entry(const struct report_entry *entry, FILE *out)
{
	fputs(entry->origin.file, out);
	if (entry->origin.line)
		fprintf(out, ":%u", entry->origin.line);
	if (entry->origin.by)
		fprintf(out, " (used in line %u)", entry->origin.by);
	fprintf(out, ": %s: %s", words[entry->verdict], entry->text);
	if (entry->times > 1)
		fprintf(out, " (%u times)", entry->times);
	fputc('\n', out);
}

/* Instances that a sequence made say the same. Return: whether an earlier one near it stands for
 * @entries[@i] as well. */
static bool is_said(struct report_entry **entries, unsigned i)
{
	for (unsigned k = i; k > 0; k--) {
		struct report_entry *before = entries[k - 1];

		if (before->origin.line != entries[i]->origin.line ||
		    before->origin.file_at != entries[i]->origin.file_at || i - k > 64)
			return false;
		if (!before->times || !is_same(before, entries[i]))
			continue;
		before->times++;
		return true;
	}
	return false;
}

void report_print(struct report *report, FILE *out)
{
	unsigned n = count(report), i = 0;
	struct report_entry **entries = arena_alloc(report->arena, (n + 1) * sizeof(*entries));

	for (struct report_entry *entry = report->first; entry; entry = entry->next)
		entries[i++] = entry;
	qsort(entries, n, sizeof(*entries), cmp_place);
	for (i = 0; i < n; i++)
		if (is_said(entries, i))
			entries[i]->times = 0;
	for (i = 0; i < n; i++)
		if (entries[i]->times)
			print_entry(entries[i], out);
	fprintf(out, "%u mapped, %u changed, %u dropped, %u refused, %u wrong\n",
		report->counts[VERDICT_MAPPED], report->counts[VERDICT_CHANGED],
		report->counts[VERDICT_DROPPED], report->counts[VERDICT_REFUSED],
		report->counts[VERDICT_WRONG]);
}
