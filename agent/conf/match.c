/* SPDX-License-Identifier: MIT */
#include "match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct match_entry {
	const char *name; /* of the element; or NULL, and @text is set */
	char *text;       /* owned */
	unsigned i;       /* its place in the list */
};

static const char *key_of(const struct match_entry *entry)
{
	return entry->name ? entry->name : entry->text;
}

const void *match_element(const struct match_list *list, unsigned i)
{
	return list->elements + i * list->schema->size;
}

/* Line ends with what indents the next line become one blank. */
static void join_lines(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		bool is_end = *from == '\n';

		*to++ = is_end ? ' ' : *from;
		while (is_end && from[1] == ' ')
			from++;
	}
	*to = '\0';
}

char *match_text(const struct conf_schema *schema, const void *element, bool secrets)
{
	char value[FIELDS_TEXT_SIZE], *text = NULL;
	size_t len;
	FILE *out;

	if (conf_is_brief(schema, element)) {
		const struct conf_key *key = conf_key_find(schema, schema->brief);

		key->kind->text(key, element, value);
		if (!secrets && conf_hide(key, value))
			strcat(value, "=(secret)");
		return strdup(value);
	}
	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	fputs("{\n", out);
	conf_write(schema, element, secrets, out);
	fputs("}", out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	join_lines(text);
	return text;
}

static int compare_entries(const void *a, const void *b)
{
	const struct match_entry *x = a, *y = b;
	int order = strcmp(key_of(x), key_of(y));

	return order ? order : (x->i > y->i) - (x->i < y->i);
}

static int sort(struct match_list *list, bool by_name)
{
	const struct field *name = &list->schema->keys[0].field;

	/* One more, since an empty list is no lack of memory. */
	list->sorted = calloc(list->n + 1, sizeof(*list->sorted));
	list->counterpart = malloc((list->n + 1) * sizeof(*list->counterpart));
	if (!list->sorted || !list->counterpart)
		return -ENOMEM;
	for (unsigned i = 0; i < list->n; i++) {
		struct match_entry *entry = &list->sorted[i];

		entry->i = i;
		list->counterpart[i] = MATCH_NONE;
		if (by_name)
			entry->name = (const char *)match_element(list, i) + name->offset;
		else
			entry->text = match_text(list->schema, match_element(list, i), true);
		if (!key_of(entry))
			return -ENOMEM;
	}
	qsort(list->sorted, list->n, sizeof(*list->sorted), compare_entries);
	return 0;
}

int match_lists(struct match_list *old, struct match_list *new, bool by_name)
{
	unsigned i = 0, j = 0;
	int err = sort(old, by_name);

	if (err == 0)
		err = sort(new, by_name);
	if (err < 0)
		return err;
	while (i < old->n && j < new->n) {
		const struct match_entry *x = &old->sorted[i], *y = &new->sorted[j];
		int order = strcmp(key_of(x), key_of(y));

		if (order == 0) {
			old->counterpart[x->i] = y->i;
			new->counterpart[y->i] = x->i;
		}
		i += order <= 0;
		j += order >= 0;
	}
	return 0;
}

void match_free(struct match_list *list)
{
	for (unsigned i = 0; list->sorted && i < list->n; i++)
		free(list->sorted[i].text);
	free(list->sorted);
	free(list->counterpart);
}
