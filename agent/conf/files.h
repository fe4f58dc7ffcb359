/* SPDX-License-Identifier: MIT */
/*
 * Which files a configuration was read from, and which of them has what only some may read: for
 * whoever judges their modes, or tells where a key stands after all of it was read.
 */
#ifndef CONF_FILES_H
#define CONF_FILES_H

#include "schema.h"

/**
 * conf_files_note() - the files, and where the authentication of each router stands.
 * @conf: its routers are complete.
 */
void conf_files_note(const struct conf_place *file, struct conf *conf);

#endif
