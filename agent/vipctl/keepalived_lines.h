/* SPDX-License-Identifier: MIT */
/*
 * A keepalived.conf as lines, the way keepalived reads them (lib/parser.c of 2.2): comments are
 * gone, files that are included stand in their places, lines for other hosts are left out, macros
 * and generators are put in, and a brace has a line of its own wherever it stood. What the lines
 * say is up to keepalived_tree.h.
 *
 * Where keepalived goes on with less than was written, without a word, this is an error.
 */
#ifndef KEEPALIVED_LINES_H
#define KEEPALIVED_LINES_H

#include <sys/types.h>

#include "arena.h"
#include "import_report.h"

#define KEEPALIVED_BYTES_MAX (16 << 20) /* with all that is included */
#define KEEPALIVED_FILES_MAX 4096
#define KEEPALIVED_DEPTH_MAX 16      /* files that include each other, definitions in each other */
#define KEEPALIVED_LINE_MAX  1023    /* keepalived cuts a longer one */
#define KEEPALIVED_LINES_MAX 1000000 /* with all that macros make of them */

struct keepalived_line {
	struct keepalived_line *next;
	struct origin origin;
	const char *text; /* without blanks around it, not empty; "{" and "}" by themselves */
};

/* A file that was read, whatever it is called. */
struct keepalived_source {
	struct keepalived_source *next;
	dev_t device;
	ino_t inode;
};

/**
 * keepalived_read() - read a file.
 * @report: what is wrong, and what was included.
 * @node: what keepalived calls its configuration id: lines that begin with "@node" are for it.
 * @ret_conditions: whether there are such lines, so that @node makes a difference.
 * @ret_sources: the file and those that it includes, in the arena; also of those that were refused.
 *
 * Return: the lines, in the arena; NULL when there are none. Whether they are all that there
 * should be says report_is_open().
 */
const struct keepalived_line *keepalived_read(struct arena *arena, struct report *report,
					      const char *path, const char *node,
					      bool *ret_conditions,
					      struct keepalived_source **ret_sources);

#endif
