/* SPDX-License-Identifier: MIT */
/*
 * Members of structs by name: one table per struct, from which its text, its JSON and the
 * difference of two of them are made. Numbers are in the byte order of the host; nothing here
 * allocates.
 *
 * A dot in a name nests in JSON: "counters.adverts_sent". Rows of one object stand together. A row
 * whose name begins with a dot is for readers that know it, and not in JSON.
 */
#ifndef FIELDS_H
#define FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIELDS_TEXT_SIZE 512 /* the longest text of one value, with its zero */

/* The numbers go over the control socket: they never change. */
enum field_type {
	FIELD_UINT = 1,     /* @size 1, 2, 4 or 8 */
	FIELD_INT = 2,      /* likewise, signed */
	FIELD_BOOL = 3,     /* @size 1: true or false */
	FIELD_WORD = 4,     /* as FIELD_UINT: one of @words */
	FIELD_TEXT = 5,     /* char[@size] with a zero in it; not in JSON when it is empty */
	FIELD_DURATION = 6, /* as FIELD_UINT, times @scale nanoseconds: "250ms"; in JSON seconds */
	FIELD_TIME = 7,     /* int64_t, CLOCK_REALTIME: UTC with microseconds, as in ISO 8601 */
	FIELD_IP = 8,       /* uint8_t[16], network byte order, IPv4 in the first 4: see @family */
	FIELD_ERRNO = 9,    /* as FIELD_INT: strerror(); not in JSON when it is 0 */
	FIELD_COUNTS = 10,  /* uint64_t[@words_n], each called by its word; in JSON an object */
};

struct field {
	const char *name; /* constant */
	uint8_t type;     /* enum field_type */
	uint16_t offset;
	uint16_t size;
	uint32_t scale; /* of numbers and durations: shown times this; 0: as it is */
	const char *const
		*words; /* borrowed. Numbers have no word where it is NULL, counts no place */
	uint16_t words_n;
	uint16_t family; /* FIELD_IP: offset of a uint8_t, 4 or 6 */
};

/* Rows of a table: FIELD(struct x, member, "name", FIELD_UINT). */
#define FIELD(of, member, called, kind)                                                            \
	{                                                                                          \
		.name = (called), .type = (kind), .offset = (uint16_t)offsetof(of, member),        \
		.size = (uint16_t)sizeof(((of *)0)->member)                                        \
	}
#define FIELD_SCALED(of, member, called, times)                                                    \
	{                                                                                          \
		.name = (called), .type = FIELD_UINT, .scale = (times),                            \
		.offset = (uint16_t)offsetof(of, member),                                          \
		.size = (uint16_t)sizeof(((of *)0)->member)                                        \
	}
#define FIELD_OF_WORDS(of, member, called, list)                                                   \
	{                                                                                          \
		.name = (called), .type = FIELD_WORD, .offset = (uint16_t)offsetof(of, member),    \
		.size = (uint16_t)sizeof(((of *)0)->member), .words = (list),                      \
		.words_n = (uint16_t)(sizeof(list) / sizeof((list)[0]))                            \
	}
/* An array of uint64_t that is indexed by the same enumeration as the list, from @first on. */
#define FIELD_OF_COUNTS(of, member, called, list, first)                                           \
	{                                                                                          \
		.name = (called), .type = FIELD_COUNTS,                                            \
		.offset = (uint16_t)offsetof(of, member[first]),                                   \
		.size = (uint16_t)(sizeof(((of *)0)->member) - (first) * sizeof(uint64_t)),        \
		.words = (list) + (first),                                                         \
		.words_n = (uint16_t)(sizeof(list) / sizeof((list)[0]) - (first))                  \
	}
#define FIELD_OF_IP(of, member, called, family_member)                                             \
	{                                                                                          \
		.name = (called), .type = FIELD_IP, .offset = (uint16_t)offsetof(of, member),      \
		.size = (uint16_t)sizeof(((of *)0)->member),                                       \
		.family = (uint16_t)offsetof(of, family_member)                                    \
	}
/* A duration that is kept in another unit than nanoseconds. */
#define FIELD_OF_UNIT(of, member, called, unit_ns)                                                 \
	{                                                                                          \
		.name = (called), .type = FIELD_DURATION, .scale = (unit_ns),                      \
		.offset = (uint16_t)offsetof(of, member),                                          \
		.size = (uint16_t)sizeof(((of *)0)->member)                                        \
	}
#define FIELDS_END                                                                                 \
	{                                                                                          \
		.name = NULL                                                                       \
	}

/**
 * fields_is_number() - whether its value is a whole number.
 */
bool fields_is_number(const struct field *field);

/**
 * fields_number() - the value of a whole number of any size.
 * @field: fields_is_number().
 * @base: the struct.
 */
int64_t fields_number(const struct field *field, const void *base);

/**
 * fields_set_number() - the inverse.
 * @number: fits into the member.
 */
void fields_set_number(const struct field *field, void *base, int64_t number);

/**
 * fields_text() - one value for people.
 * @base: the struct; a FIELD_TEXT without a zero ends with its size.
 * @buf: FIELDS_TEXT_SIZE bytes.
 *
 * Return: @buf.
 */
const char *fields_text(const struct field *field, const void *base, char *buf);

/**
 * fields_find() - the row of that name.
 * @fields: ends with FIELDS_END.
 *
 * Return: NULL when there is none.
 */
const struct field *fields_find(const struct field *fields, const char *name);

/**
 * fields_json() - the members of a JSON object: "name": value, ... without braces around them.
 * @fields: ends with FIELDS_END.
 * @buf, @size: always ends with a zero; what does not fit is cut off at a whole member.
 *
 * Return: bytes written, without the zero.
 */
size_t fields_json(const struct field *fields, const void *base, char *buf, size_t size);

/**
 * fields_utf8_len() - the length of the UTF-8 sequence (RFC 3629 §4) that a text begins with.
 * @text: ends with a zero, which is one of its own.
 *
 * Return: 0 when it is none.
 */
size_t fields_utf8_len(const char *text);

/**
 * fields_json_string() - a text as JSON has it, in quotes; what is not UTF-8 becomes '?'.
 * @buf, @size: always ends with a zero.
 *
 * Return: bytes written; 0 when it does not fit.
 */
size_t fields_json_string(const char *text, char *buf, size_t size);

/* Told of one member in which two structs differ, both as text. */
typedef void (*fields_difference_fn)(const struct field *field, const char *old, const char *new,
				     void *arg);

/**
 * fields_diff() - compare two structs.
 * @fields: ends with FIELDS_END.
 *
 * Return: in how many members they differ.
 */
unsigned fields_diff(const struct field *fields, const void *old, const void *new,
		     fields_difference_fn each, void *arg);

/**
 * fields_duration() - an exact duration in the largest unit of which it is a multiple: "250ms",
 * "1500ms", "90s", "2m", "0s"; below a millisecond "0.25ms".
 * @ns: any.
 * @buf, @size: at least 32 bytes.
 */
const char *fields_duration(int64_t ns, char *buf, size_t size);

#endif
