/* SPDX-License-Identifier: MIT */
/*
 * The configuration's keys as data. One row per key says where its value is kept, what it may be,
 * and what it is when the file says nothing; keys.c has the rows. One walker each reads, writes and
 * compares by them: walk.c, dump.c, diff.c. What a single value looks like is a kind: kinds.c.
 *
 * A new key is a row. A value of a new form is a kind, and what several keys must have in common is
 * a schema's check(): the order of rows means nothing but the order in which a file is written.
 */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include <libconfig.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/fields.h"
#include "conf.h"

#define CONF_KEYS_MAX      48  /* rows of one schema */
#define CONF_EXPECTED_SIZE 160 /* what is allowed, in words */

struct conf_key;
struct conf_schema;
struct conf_parse; /* one reading of a file: parse.h */

/* Where a value stands in the file, and what it is for: what errors are told with. */
struct conf_place {
	struct conf_parse *parse;
	const struct conf_place *above;  /* the group, or the list of an element; NULL: the file */
	const config_setting_t *setting; /* borrowed */
	const struct conf_key *key;      /* of an element that of the list; NULL: the file */
	unsigned element;                /* 1 and up; 0: the value of the key itself */
	const char *node;                /* a value by node: of which, or "default" */
	bool brief;                      /* the value of @key stands where its group might */
};

/* What one value looks like in the file, and as text. */
struct conf_kind {
	const char *name; /* as in the manual: "number" */
	/* Into the member, or an error. @base: the struct, whose member is zero. */
	void (*parse)(const struct conf_place *place, void *base);
	/* What the row allows, CONF_EXPECTED_SIZE: "a whole number from 1 to 255". */
	void (*expect)(const struct conf_key *key, char *buf);
	/* The value, FIELDS_TEXT_SIZE. Return: whether a file has it in quotes. */
	bool (*text)(const struct conf_key *key, const void *base, char *buf);
};

extern const struct conf_kind conf_boolean;
extern const struct conf_kind conf_number;      /* or one of the row's names for some */
extern const struct conf_kind conf_choice;      /* one of the field's words; an empty one is none */
extern const struct conf_kind conf_word;        /* printable ASCII that needs no quotes anywhere */
extern const struct conf_kind conf_text;        /* printable ASCII */
extern const struct conf_kind conf_interface;   /* what can be the name of one */
extern const struct conf_kind conf_duration;    /* a number of nanoseconds in any unit */
extern const struct conf_kind conf_socket;      /* the path of one */
extern const struct conf_kind conf_path;        /* of a file */
extern const struct conf_kind conf_address;     /* struct conf_address, with its prefix length */
extern const struct conf_kind conf_password;    /* printable ASCII that no message shows */
extern const struct conf_kind conf_url;         /* a text, not shown if it has a password */
extern const struct conf_kind conf_setting;     /* NAME=value, of which the name alone is shown */
extern const struct conf_kind conf_host;        /* uint8_t[16], an address without; zero: none */
extern const struct conf_kind conf_sources;     /* struct conf_sources, without; one, or a list */
extern const struct conf_kind conf_link_local;  /* struct conf_link_local */
extern const struct conf_kind conf_yes_no;      /* enum conf_answer in a byte; zero: unsaid */
extern const struct conf_kind conf_multicast;   /* uint8_t[16], a group; zero: none */
extern const struct conf_kind conf_broadcast;   /* struct conf_broadcast */
extern const struct conf_kind conf_network;     /* struct conf_prefix; zero: none */
extern const struct conf_kind conf_destination; /* the same, or "default" */
extern const struct conf_kind conf_fwmark;      /* struct conf_fwmark; zero: none */
extern const struct conf_kind conf_unicast_mac; /* uint8_t[6]; zero: none */

/* A number that has a name: "owner" is 255. */
struct conf_named {
	const char *name; /* NULL: the end */
	int64_t value;
};

/*
 * One key. It has a kind; or an element, and then it is a group, or with a count a list of groups;
 * or neither, and then it is refused by what it says in @later, or is a @header.
 */
struct conf_key {
	struct field field; /* its name is the key; of a list, the pointer to its elements */
	const struct conf_kind *kind;
	const struct conf_schema *element;
	int64_t min, max; /* a number; ns of a duration; characters of a text; elements of a list */
	int64_t step;     /* ns: durations are multiples of it */
	const struct conf_named *named;
	const char *expected;    /* what is allowed; NULL: as the kind says it */
	const char *preset;      /* as a file would have it; NULL: zero, or what a check() finds */
	const char *missing;     /* not NULL: it must be there, and this follows the complaint */
	const char *unless;      /* but not where the group has this key */
	const char *later;       /* why it is refused in this version */
	const char *later_value; /* only this value is, as a file would have it */
	bool same;               /* for all nodes: there are no values by node */
	bool apart; /* of a group: the member points to it, and is NULL where there is none */
	/* This is what the file has to say before all else, and no part of the struct: a list in
	 * struct conf_nodes. The row itself has no value. */
	const struct conf_key *header;
	bool anew; /* of what begins anew when this changes: no continuation of the old one */
	/* Of a list: offset of its number of elements, unsigned; and of those of the lists that
	 * stand before and behind it in one array. 0: none, so no such member comes first. */
	uint16_t count, before, behind;
};

#define CONF_KEYS_END                                                                              \
	{                                                                                          \
		.field = FIELDS_END                                                                \
	}

/* What stands between two braces. With a first key "name", lists of it are compared by name. */
struct conf_schema {
	const char *noun, *nouns;    /* "router", "routers" */
	size_t size;                 /* of the struct that is filled */
	const struct conf_key *keys; /* ends with CONF_KEYS_END, less than CONF_KEYS_MAX */
	const char *brief; /* the key that a value without braces stands for; NULL: none does */
	bool only_brief;   /* there is no form with braces */
	bool terse;        /* zeros are defaults, and left out when it is written */
	bool optional;     /* a group that is all zero is not there */
	/* What check() finds, a number, and of what begins anew when it changes from one to
	 * another; 0 is any. NULL: nothing. */
	const struct field *anew;
	/* After all keys are set: errors of several together, what follows from them, claims. A
	 * member is zero when its key had an error, and then nothing more is said about it. */
	void (*check)(const struct conf_place *place, void *base);
};

/* All of a file: struct conf. */
extern const struct conf_schema conf_file_schema;

/**
 * conf_read() - read a file by a schema.
 * @path: of a regular file.
 * @base: zeroed, schema->size bytes.
 * @blocks: where lists are allocated, conf_blocks_free(); also on failure.
 * @ret_errors: filled on failure.
 *
 * Return: as conf_load().
 */
int conf_read(const char *path, const struct conf_schema *schema, void *base,
	      struct conf_block **blocks, struct conf_errors *ret_errors);

/**
 * conf_write() - write a file by a schema, every value spelled out. Empty lists are left out only
 * where a file cannot have them.
 * @secrets: as they are; else without, for people, as something that nobody can load.
 */
void conf_write(const struct conf_schema *schema, const void *base, bool secrets, FILE *out);

/**
 * conf_hide() - leave of a value what everybody may see.
 * @text: as its kind writes it.
 *
 * Return: whether something was taken away.
 */
bool conf_hide(const struct conf_key *key, char *text);

/**
 * conf_is_brief() - whether an element of a list is written as the one value that stands for its
 * group, since it says no more.
 */
bool conf_is_brief(const struct conf_schema *schema, const void *element);

/**
 * conf_compare() - conf_diff() by a schema.
 */
int conf_compare(const struct conf_schema *schema, const void *old, const void *new,
		 conf_difference_fn each, void *arg);

/**
 * conf_key_find() - the row of that name; NULL when there is none.
 */
const struct conf_key *conf_key_find(const struct conf_schema *schema, const char *name);

/**
 * conf_key_expected() - what a row allows, in words.
 * @key: with a value.
 * @buf: CONF_EXPECTED_SIZE bytes.
 *
 * Return: the text; constant, or @buf.
 */
const char *conf_key_expected(const struct conf_key *key, char *buf);

/**
 * conf_key_has_value() - whether the row has a member at all, or is only known and refused.
 */
bool conf_key_has_value(const struct conf_key *key);

/**
 * conf_key_count() - a number of elements.
 * @offset: a row's @count, @before or @behind.
 * @base: the struct that the list is in.
 *
 * Return: 0 when @offset is.
 */
unsigned conf_key_count(uint16_t offset, const void *base);

/**
 * conf_key_elements() - the elements of a list.
 * @base: the struct that the list is in.
 */
const void *conf_key_elements(const struct conf_key *key, const void *base, unsigned *ret_n);

/**
 * conf_key_group() - the struct of a group, of a row with an element and without a count.
 * @base: the struct that the group is in.
 *
 * Return: NULL when it is @apart, and not there.
 */
const void *conf_key_group(const struct conf_key *key, const void *base);

/**
 * conf_schema_is_named() - whether what it describes has a name of its own.
 */
bool conf_schema_is_named(const struct conf_schema *schema);

/**
 * conf_alloc() - memory that goes with the configuration.
 * @blocks: begins as NULL.
 * @old: what was allocated last and shall grow, or NULL; not to be used any more.
 * @old_n, @n: elements of @size bytes. All but the old ones are zero.
 *
 * Return: NULL when there is no memory.
 */
void *conf_alloc(struct conf_block **blocks, void *old, size_t old_n, size_t n, size_t size);

/**
 * conf_blocks_free() - all of it; NULL is allowed.
 */
void conf_blocks_free(struct conf_block *blocks);

#endif
