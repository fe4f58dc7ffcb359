/* SPDX-License-Identifier: MIT */
/*
 * The text of a configuration: a file, with those that it includes in the places of their
 * @include. A plain name must be there; a pattern stands for the files that match it, sorted, and
 * may match none. Nothing is read twice in a row of files that include each other.
 */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include "parse.h"

#define CONF_TEXT_MAX  (16 << 20) /* bytes, with all that is included */
#define CONF_FILES_MAX 4096       /* files that are included */
#define CONF_DEPTH_MAX 10         /* files that include each other in a row */

/**
 * conf_source_read() - read what parse->path names, and what that includes.
 * @parse: its lines are filled, and errors told.
 * @ret_text: ends with a zero, and has no other. Owned by the caller, also on failure: then without
 *	what could not be read, or NULL.
 *
 * Return: 0; -EINVAL when something that is included is wrong; another -errno when the file cannot
 * be read.
 */
int conf_source_read(struct conf_parse *parse, char **ret_text);

#endif
