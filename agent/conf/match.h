/* SPDX-License-Identifier: MIT */
/*
 * Two lists, and which element of the one is which of the other: by name, or by all that a file
 * says of it. Sorted, so that the order of neither matters to the cost.
 */
#ifndef CONF_MATCH_H
#define CONF_MATCH_H

#include "schema.h"

#define MATCH_NONE UINT32_MAX

struct match_entry;

/* One of the two. */
struct match_list {
	const struct conf_schema *schema;
	const char *elements; /* borrowed */
	unsigned n;
	struct match_entry *sorted; /* owned; with the texts of elements without a name */
	uint32_t *counterpart;      /* owned; per element its place in the other, or MATCH_NONE */
};

/**
 * match_lists() - pair the elements of two lists. Equal ones are paired in their order.
 * @old, @new: with schema, elements and n; the others zero. Owned by the caller, who passes both to
 *	match_free() in any case.
 * @by_name: else by their texts.
 *
 * Return: 0; -ENOMEM.
 */
int match_lists(struct match_list *old, struct match_list *new, bool by_name);

/**
 * match_free() - release what match_lists() allocated.
 */
void match_free(struct match_list *list);

/**
 * match_element() - one of the elements.
 */
const void *match_element(const struct match_list *list, unsigned i);

/**
 * match_text() - an element as a file has it on one line, without quotes when it is one string.
 * @secrets: as they are, to compare; else for people.
 *
 * Return: owned by the caller; NULL when there is no memory.
 */
char *match_text(const struct conf_schema *schema, const void *element, bool secrets);

#endif
