/* SPDX-License-Identifier: MIT */
/*
 * Which line of which file a line of the configuration is: a file and all that it includes are read
 * as one text.
 */
#ifndef CONF_LINES_H
#define CONF_LINES_H

struct conf_span;

struct conf_lines {
	unsigned spans_n, spans_max;
	struct conf_span *spans; /* owned; by line of the text */
	unsigned files_n, files_max;
	char **files; /* owned, as the names are: as errors show them */
};

/**
 * conf_lines_add_file() - a file of which lines are going to come.
 * @name: copied.
 *
 * Return: its number; -ENOMEM.
 */
int conf_lines_add_file(struct conf_lines *lines, const char *name);

/**
 * conf_lines_add() - from a line of the text on, lines are those of a file.
 * @first: in the text; not before that of the last call.
 * @file: a number of conf_lines_add_file().
 * @line: in the file; both count on together.
 *
 * Return: 0; -ENOMEM.
 */
int conf_lines_add(struct conf_lines *lines, unsigned first, unsigned file, unsigned line);

/**
 * conf_lines_find() - where a line of the text comes from.
 * @ret_line: in the file.
 *
 * Return: the name of the file, borrowed; NULL when no line was added before.
 */
const char *conf_lines_find(const struct conf_lines *lines, unsigned line, unsigned *ret_line);

/**
 * conf_lines_fini() - release.
 */
void conf_lines_fini(struct conf_lines *lines);

#endif
