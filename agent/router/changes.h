/* SPDX-License-Identifier: MIT */
/*
 * What a reload changed, for the journal: the configuration of this process compared with the one
 * that its predecessor left. Found before it takes over, since that takes time that grows with the
 * configuration; told when it has.
 */
#ifndef CHANGES_H
#define CHANGES_H

#include <stdbool.h>

#include "agent/conf/conf.h"
#include "agent/events.h"

#define CHANGES_MAX 64 /* so many are told one by one */

struct changes;

/**
 * changes_find() - compare two configurations.
 * @old_path: of what the predecessor left (conf_dump()); all memory that it takes is free again
 *	at the return.
 * @new: what this process runs.
 *
 * Return: owned by the caller, who passes it to changes_free(); NULL without memory for it. That
 * the old one cannot be read, as when another version wrote it, is one of the things to tell.
 */
struct changes *changes_find(const char *old_path, const struct conf *new);

/**
 * changes_touch() - whether a key of no router is among them; NULL is allowed.
 */
bool changes_touch(const struct changes *changes, const char *key);

/**
 * changes_gone() - the routers that nobody continues, since they are gone, or other ones.
 * @i: from 0.
 *
 * Return: a name, borrowed; NULL behind the last one. NULL is allowed for @changes.
 */
const char *changes_gone(const struct changes *changes, unsigned i);

/**
 * changes_note_keys() - a file of keys has other keys than before; NULL is allowed.
 */
void changes_note_keys(struct changes *changes);

/**
 * changes_put() - into the journal: an event per change, up to CHANGES_MAX, and one that says how
 * many more there are; or that nothing changed; or why they cannot be told.
 */
void changes_put(const struct changes *changes, struct events *events, const struct clocks *now);

/**
 * changes_free() - release; NULL is allowed.
 */
void changes_free(struct changes *changes);

#endif
