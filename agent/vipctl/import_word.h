/* SPDX-License-Identifier: MIT */
/*
 * Words behind a keyword: what they mean as numbers, times, addresses and names, and what is said
 * of the keyword.
 */
#ifndef IMPORT_WORD_H
#define IMPORT_WORD_H

#include "import_map.h"

/**
 * import_judge() - report what became of a keyword.
 * @format: NULL: the verdict says it all.
 */
__attribute__((format(printf, 4, 5))) void import_judge(struct import *import,
							struct keepalived_node *node,
							enum verdict verdict, const char *format,
							...);

/**
 * import_part() - report something of a word within a line, which judges the line as well.
 */
__attribute__((format(printf, 5, 6))) void import_part(struct import *import,
						       struct keepalived_node *node,
						       enum verdict verdict, const char *word,
						       const char *format, ...);

/**
 * import_said() - the line of a keyword in an instance, else that in global_defs; NULL: neither.
 */
struct keepalived_node *import_said(const struct import *import, const struct subject *subject,
				    enum keyword keyword);

/**
 * import_value() - the word behind a keyword.
 */
const char *import_value(const struct keepalived_node *node);

/**
 * import_number() - a whole number, with all that is behind the keyword.
 * @node: NULL: @preset.
 *
 * Return: whether it is one from @min to @max; if not, that is reported.
 */
bool import_number(struct import *import, struct keepalived_node *node, long min, long max,
		   long preset, long *ret_number);

/**
 * import_is_number() - whether a word is a whole number in this range.
 */
bool import_is_number(const char *word, long min, long max, long *ret_number);

/**
 * import_time() - decimal seconds behind a keyword, in microseconds.
 * @node: NULL: @preset_us.
 *
 * Return: whether it is from @min_us to @max_us; if not, that is reported.
 */
bool import_time(struct import *import, struct keepalived_node *node, int64_t min_us,
		 int64_t max_us, int64_t preset_us, int64_t *ret_us);

/**
 * import_is_time() - whether a word is seconds, as import_time() has them.
 */
bool import_is_time(const char *word, int64_t *ret_us);

/**
 * import_duration() - microseconds as vipd.conf writes them, in whole milliseconds or more.
 */
const char *import_duration(struct import *import, int64_t us);

/**
 * import_flag() - "on", or a keyword alone, or the others.
 * @node: NULL: false.
 *
 * Return: what it is; a word that is none is reported.
 */
bool import_flag(struct import *import, struct keepalived_node *node);

/**
 * import_family() - of an address, whatever its prefix length: 4, 6; 0: it is none.
 */
unsigned import_family(const char *word);

/**
 * import_name() - a name that vipd takes, and that nobody of a list has yet.
 * @others: those that have been named.
 *
 * Return: the name, in the arena; that it was changed is for the caller to report.
 */
const char *import_name(struct import *import, const struct subjects *const *others,
			const char *wanted);

/**
 * import_find() - the subject of a name as keepalived has it; NULL: there is none.
 */
struct subject *import_find(const struct subjects *subjects, const char *name);

/**
 * import_put() - a setting made of a keyword, and the report of that.
 */
struct setting *import_put(struct import *import, struct setting *parent, const char *name,
			   enum setting_kind kind, const char *value, struct keepalived_node *node);

/**
 * import_preset() - a setting that keepalived has by default and vipd has not.
 */
struct setting *import_preset(struct import *import, struct setting *parent, const char *name,
			      enum setting_kind kind, const char *value,
			      const struct origin *origin, const char *note);

#endif
