/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A run of lines that stand in one file one behind the other. */
struct conf_span {
	unsigned first; /* in the text */
	unsigned file, line;
};

/* Room for one more element. Return: the array, or NULL, and then the old one is still there. */
static void *grow(void *array, unsigned n, unsigned *max, size_t size)
{
	unsigned more = *max ? *max * 2 : 16;
	void *grown;

	if (n < *max)
		return array;
	grown = realloc(array, more * size);
	if (grown)
		*max = more;
	return grown;
}

int conf_lines_add_file(struct conf_lines *lines, const char *name)
{
	char **files = grow(lines->files, lines->files_n, &lines->files_max, sizeof(*files));
	char *copy;

	if (!files)
		return -ENOMEM;
	lines->files = files;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	files[lines->files_n] = copy;
	return (int)lines->files_n++;
}

int conf_lines_add(struct conf_lines *lines, unsigned first, unsigned file, unsigned line)
{
	struct conf_span *spans =
		grow(lines->spans, lines->spans_n, &lines->spans_max, sizeof(*spans));

	if (!spans)
		return -ENOMEM;
	lines->spans = spans;
	spans[lines->spans_n++] = (struct conf_span){ .first = first, .file = file, .line = line };
	return 0;
}

/* The last span that begins there or before: of several with one line, that is not empty. */
const char *conf_lines_find(const struct conf_lines *lines, unsigned line, unsigned *ret_line)
{
	unsigned low = 0, high = lines->spans_n;
	const struct conf_span *span;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (lines->spans[middle].first <= line)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	span = &lines->spans[low - 1];
	*ret_line = span->line + (line - span->first);
	return lines->files[span->file];
}

void conf_lines_fini(struct conf_lines *lines)
{
	for (unsigned i = 0; i < lines->files_n; i++)
		free(lines->files[i]);
	free(lines->files);
	free(lines->spans);
	*lines = (struct conf_lines){ 0 };
}
