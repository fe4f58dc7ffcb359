/* SPDX-License-Identifier: MIT */
/*
 * The files with HMAC keys of a configuration, into the state memory of its generation. A file that
 * is unusable leaves the keys of the predecessor in use, and says so. A process that takes over
 * from a dead one does not look at files at all, whatever has become of them: it goes on with the
 * keys that were used.
 */
#ifndef KEYS_H
#define KEYS_H

#include "agent/conf/conf.h"
#include "agent/event.h"
#include "agent/state_auth.h"

#define KEYS_WHY_SIZE 400

struct keys;

typedef void (*keys_tell_fn)(const struct event *event, void *arg);

/**
 * keys_read() - read all files.
 * @state: of that configuration, not yet published; borrowed until keys_free().
 * @ret_keys: what became of them; owned by the caller.
 *
 * Return: 0, also when files are unusable; -ENOMEM.
 */
int keys_read(const struct conf *conf, struct state *state, struct keys **ret_keys);

/**
 * keys_none() - read none, and leave it to keys_settle().
 */
int keys_none(const struct conf *conf, struct state *state, struct keys **ret_keys);

/**
 * keys_are_complete() - whether each router will find the key that it is to sign with: in its file,
 * or, if that is unusable, with the predecessor.
 * @before: the configuration of that; NULL: it is not known, and may have all keys.
 * @ret_why: what is wrong, KEYS_WHY_SIZE.
 */
bool keys_are_complete(const struct keys *keys, const struct conf *before, char *ret_why);

/**
 * keys_settle() - the keys of files that were unusable, or not read, from a predecessor; what it
 * has not either is read now.
 * @old: its memory, or NULL.
 * @tell: called per file of which there is news.
 */
void keys_settle(struct keys *keys, const struct state *old, keys_tell_fn tell, void *arg);

/**
 * keys_free() - NULL is allowed. The keys stay in the memory.
 */
void keys_free(struct keys *keys);

#endif
