/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the configuration's parser share: conf.c walks the file, conf_keys.c has a row
 * per key, conf_error.c says what is wrong and what is there twice. Private to these three.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <libconfig.h>
#include <stddef.h>

#include "conf.h"

struct claim;

struct parse {
	const char *path; /* borrowed */
	struct conf *conf;
	struct conf_errors *errors; /* borrowed */
	size_t claims_n, claims_max;
	struct claim *claims; /* owned; what must be unique */
};

/* What a setter is called with: a value, and what it is for. */
struct place {
	struct parse *parse;
	const config_setting_t *setting;
	const char *key;            /* with the router's name in front: "lan: priority" */
	struct conf_router *router; /* NULL for a global key */
};

/* One row per key. A key that later versions will know is refused by what it says in @later. */
struct key {
	const char *name;
	void (*set)(const struct place *place);
	const char *later;
};

/* The keys of a router, in the order in which they are set; ends with a row without a name. */
extern const struct key conf_router_keys[];

/* The keys outside of routers that are not lists of groups. */
extern const struct key conf_global_keys[];

/**
 * conf_set_routers() - the list of routers: a row of conf_global_keys that walks the file further.
 */
void conf_set_routers(const struct place *place);

/**
 * conf_error_at() - an error of the file.
 * @setting: where; NULL for the file as a whole.
 */
void conf_error_at(struct parse *parse, const config_setting_t *setting, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * conf_error_line() - an error where there is no setting.
 * @file: NULL for the file that was named.
 */
void conf_error_line(struct parse *parse, const char *file, unsigned line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * conf_error_in() - an error of a value: the key comes in front of the text.
 */
void conf_error_in(const struct place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * conf_error_fault() - the value seen, and what is wrong with it.
 */
void conf_error_fault(const struct place *place, const char *fault);

/**
 * conf_error_expected() - the allowed values against the one seen.
 */
void conf_error_expected(const struct place *place, const char *expected);

/**
 * conf_claim() - remember something that only one router may have, in words.
 */
void conf_claim(const struct place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * conf_claims_check() - an error for each claim that was made before.
 */
void conf_claims_check(struct parse *parse);

/**
 * conf_word_is_valid() - whether a text can go into file names, tables and log lines: printable
 * ASCII without blanks, quotes and slashes, 1..@len_max characters.
 */
bool conf_word_is_valid(const char *text, size_t len_max);

#endif
