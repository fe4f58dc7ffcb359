/* SPDX-License-Identifier: MIT */
/*
 * What the control socket tells of keys, to root alone: which ones of a file are in use, so that it
 * can be said whether the file has others by now. Nothing of a key itself.
 */
#ifndef ANSWER_KEYS_H
#define ANSWER_KEYS_H

#include "agent/records.h"
#include "answer.h"

extern const struct records_kind answer_key_kind;

/**
 * answer_put_keys() - which keys of its file a router uses, as prints. Nothing when it has no file,
 * or another router before it has the same.
 * @number: of the router.
 */
void answer_put_keys(const struct answer_facts *facts, unsigned number,
		     struct answer_message *message);

#endif
