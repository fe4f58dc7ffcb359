/* SPDX-License-Identifier: MIT */
/*
 * One reading of a file, as its parts see it: errors that say where, and claims to what only one
 * may have.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include "lines.h"
#include "node.h"
#include "reach.h"
#include "schema.h"

struct conf_claim;
struct conf_presets;

struct conf_parse {
	const char *path; /* borrowed */
	const struct conf_schema *schema;
	struct conf_block **blocks;
	struct conf_lines lines;      /* of the file's text, and of what it includes */
	struct conf_nodes nodes;      /* and which of them this is */
	struct conf_errors *errors;   /* borrowed */
	bool here;                    /* what it names on this host is looked at, */
	struct conf_reach reach;      /* by way of this */
	struct conf_presets *presets; /* owned */
	size_t claims_n, claims_max;
	struct conf_claim *claims; /* owned */
};

/**
 * conf_parse_file() - all that is in a file.
 * @root: of libconfig's tree.
 * @base: the struct of parse->schema, zeroed.
 */
void conf_parse_file(struct conf_parse *parse, const config_setting_t *root, void *base);

/**
 * conf_presets_make() - what the rows of a schema, and of all below it, say that a file may leave
 * out. To be made before the file is read: what is left in the heap behind the file's tree keeps
 * all of that from being given back.
 * @list: begins as NULL; conf_presets_free(), also on failure.
 *
 * Return: 0; -ENOMEM.
 */
int conf_presets_make(struct conf_presets **list, const struct conf_schema *schema);

/**
 * conf_presets_of() - those of a schema that were made: by row, as if a file had them, NULL where a
 * row has none.
 */
const config_setting_t *const *conf_presets_of(struct conf_presets *list,
					       const struct conf_schema *schema);

/**
 * conf_presets_free() - NULL is allowed.
 */
void conf_presets_free(struct conf_presets *presets);

/**
 * conf_place_of() - where a key of a group stands, for the errors of a check().
 * @group: what the check was called with.
 *
 * Return: with the group's setting where the file does not have the key.
 */
struct conf_place conf_place_of(const struct conf_place *group, const char *key);

/**
 * conf_place_text() - which router and key it is, as it comes in front of an error.
 * @buf: "lan: priority: ", or empty for the file as a whole.
 */
void conf_place_text(const struct conf_place *place, char *buf, size_t size);

/**
 * conf_error_file() - an error of a file that is not a part of the text.
 * @file: NULL for the file that was named.
 * @line: of that file; 0 for it as a whole.
 */
void conf_error_file(struct conf_parse *parse, const char *file, unsigned line, const char *format,
		     ...) __attribute__((format(printf, 4, 5)));

/**
 * conf_error_line() - an error where there is no setting.
 * @at: a line of the text; it is told as that of the file that it came from.
 */
void conf_error_line(struct conf_parse *parse, unsigned at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * conf_error_twice() - an error of what only one may have.
 * @at: a line of the text.
 * @other: the line where it is taken already.
 * @what: in words.
 */
void conf_error_twice(struct conf_parse *parse, unsigned at, unsigned other, const char *what);

/**
 * conf_error_in() - an error at a place: which router and key it is comes in front of the text.
 */
void conf_error_in(const struct conf_place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * conf_warn_in() - what is allowed at a place, but will not do what somebody may have meant.
 */
void conf_warn_in(const struct conf_place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * conf_error_fault() - the value seen, and what is wrong with it.
 */
void conf_error_fault(const struct conf_place *place, const char *fault);

/**
 * conf_error_expected() - the allowed values against the one seen.
 * @expected: NULL for what the row says.
 */
void conf_error_expected(const struct conf_place *place, const char *expected);

/**
 * conf_error_hint() - what the row allows against the value seen, and what to do about it.
 * @hint: a clause; NULL for none.
 */
void conf_error_hint(const struct conf_place *place, const char *hint);

/**
 * conf_value_seen() - the value as the file has it, as far as it can be shown on a line.
 */
const char *conf_value_seen(const config_setting_t *setting, char *buf, size_t size);

/**
 * conf_claim() - remember what only one may have, in words.
 */
void conf_claim(const struct conf_place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * conf_claims_check() - an error for each claim that was made before.
 */
void conf_claims_check(struct conf_parse *parse);

/**
 * conf_nearest_word() - the word of a field that somebody may have meant: written in capitals or
 * with a slip of a finger, or keepalived's for it.
 *
 * Return: NULL: none is near.
 */
const char *conf_nearest_word(const struct field *field, const char *text);

/**
 * conf_complain_unknown() - an error for a key that a group does not have: where it belongs, what
 * it is called here, or what somebody may have meant.
 * @place: of the setting.
 * @schema: of the group.
 */
void conf_complain_unknown(const struct conf_place *place, const struct conf_schema *schema);

#endif
