/* SPDX-License-Identifier: MIT */
/*
 * The kinds of events as text, one thing per line, with tabs between: "kind", its word; "field", a
 * kind, one of its fields; "word", a kind, a field, one of the words that it may have.
 * tests/conf/events_manual.py compares them with vipd-events(7).
 */
#include <stdio.h>

#include "agent/event.h"

#define KINDS 65536

static void print_words(const char *kind, const struct field *field)
{
	for (unsigned i = 0; i < field->words_n; i++)
		if (field->words[i])
			printf("word\t%s\t%s\t%s\n", kind, field->name, field->words[i]);
}

static void print_kind(unsigned kind)
{
	const char *word = event_kind_word(kind);

	printf("kind\t%s\n", word);
	for (const struct field *field = event_kind_fields(kind); field->name; field++) {
		printf("field\t%s\t%s\n", word, field->name);
		print_words(word, field);
	}
}

int main(void)
{
	for (unsigned kind = 0; kind < KINDS; kind++)
		if (event_kind_word(kind))
			print_kind(kind);
	return fflush(stdout) == 0 ? 0 : 1;
}
