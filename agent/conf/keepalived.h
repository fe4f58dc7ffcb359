/* SPDX-License-Identifier: MIT */
/*
 * keepalived's words, and what to write here instead. vipd.conf(5) has the same table, word for
 * word; a test compares them.
 */
#ifndef CONF_KEEPALIVED_H
#define CONF_KEEPALIVED_H

#include <stdbool.h>
#include <stddef.h>

struct conf_foreign_word {
	const char *word; /* one that ends with '*' is for all that begin so; NULL: the end */
	const char *here; /* "write ...", "leave it out: ...", "not supported yet: ..." */
	bool is_block;    /* stands in no group, and begins one */
};

extern const struct conf_foreign_word conf_keepalived_words[];

/**
 * conf_keepalived_find() - what to write instead of a word; NULL: it is none of keepalived's.
 */
const char *conf_keepalived_find(const char *word);

/**
 * conf_keepalived_is_block() - whether a word of @len characters begins a block of its own.
 */
bool conf_keepalived_is_block(const char *word, size_t len);

#endif
