/* SPDX-License-Identifier: MIT */
/*
 * A vipd.conf as a tree, to be written in libconfig's form, with what each setting was made of in
 * a comment behind it.
 */
#ifndef IMPORT_SETTING_H
#define IMPORT_SETTING_H

#include <stdbool.h>
#include <stdio.h>

#include "arena.h"
#include "import_report.h"

enum setting_kind {
	SETTING_TEXT,   /* is written between quotes */
	SETTING_VALUE,  /* a number or a boolean, as it is */
	SETTING_GROUP,  /* { } */
	SETTING_LIST,   /* ( ) */
	SETTING_SECRET, /* a text that stands in a file of its own, which is included */
};

struct setting {
	struct setting *next, *first, *last;
	enum setting_kind kind;
	const char *name;  /* NULL: an element of a list */
	const char *value; /* of what has one */
	const char *file;  /* of a secret: what is included; NULL: it is written in its place */
	struct origin origin;
	const char *note;  /* behind the origin; NULL: none */
	bool inline_group; /* on one line */
	unsigned line;     /* where it was written */
};

/**
 * setting_add() - add one at the end of a group or list.
 * @name: NULL in a list; borrowed, as @value is.
 * @origin: copied; NULL: that of @parent.
 */
struct setting *setting_add(struct arena *arena, struct setting *parent, const char *name,
			    enum setting_kind kind, const char *value, const struct origin *origin);

/**
 * setting_list() - the list or group @name of a group, added when it is not there yet.
 */
struct setting *setting_list(struct arena *arena, struct setting *parent, const char *name,
			     enum setting_kind kind, const struct origin *origin);

/**
 * setting_find() - a member by its name; NULL: there is none.
 */
struct setting *setting_find(const struct setting *parent, const char *name);

/**
 * setting_write() - write a file.
 * @head: the lines in front of it.
 * @directory: with a slash at its end, or "": comments leave it out of the names of files.
 * @secrets: in their places instead of in files, for whoever checks the text.
 */
void setting_write(struct setting *root, const char *head, const char *directory, bool secrets,
		   FILE *out);

/**
 * setting_at() - the setting that a line was written for; the root when it is none.
 */
const struct setting *setting_at(const struct setting *root, unsigned line);

#endif
