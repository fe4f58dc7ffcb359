/* SPDX-License-Identifier: MIT */
/*
 * Structs as messages of the control socket (control_message.h): a table says what a record
 * consists of, and records are its plain bytes. The writer is the router process, which copies and
 * allocates nothing; the reader may be of another version, and believes nothing that it was not
 * shown.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "control_message.h"
#include "fields.h"

#define RECORDS_NAME_SIZE  64 /* of a kind or a field, with its zero */
#define RECORDS_FIELDS_MAX 256
#define RECORDS_WORDS_MAX  1024 /* of all fields of a table */
#define RECORDS_SIZE_MAX   32768

/* What a writer describes. */
struct records_kind {
	uint16_t number;
	const char *name;
	uint32_t size;
	const struct field *fields; /* ends with FIELDS_END */
};

/* What a reader was told. */
struct records_table {
	uint16_t number;
	size_t size;
	const char *name;
	struct field fields[RECORDS_FIELDS_MAX + 1]; /* ends with FIELDS_END */
	const char *words[RECORDS_WORDS_MAX];
	size_t text_len;
	char text[CONTROL_MESSAGE_MAX]; /* where names and words are */
};

/**
 * records_put_table() - the table of a kind as a message.
 * @buf, @size: for the message.
 *
 * Return: its length. What does not fit is our bug.
 */
size_t records_put_table(const struct records_kind *kind, void *buf, size_t size);

/**
 * records_put() - records of a kind as a message.
 * @records: so many structs of its size.
 * @buf, @size: for the message.
 *
 * Return: its length. What does not fit is our bug.
 */
size_t records_put(const struct records_kind *kind, const void *records, unsigned n, void *buf,
		   size_t size);

/**
 * records_put_end() - the end of an answer as a message.
 * @error: an errno, or 0.
 * @text: or NULL; cut off where @size ends.
 *
 * Return: its length.
 */
size_t records_put_end(int error, const char *text, void *buf, size_t size);

/**
 * records_take_table() - read a table, and check all of it: what fields.h does with a record of it
 * is safe. Fields of an unknown type are left out.
 * @message, @len: begins with a struct control_header, which was checked.
 * @ret_table: overwritten; points into itself.
 *
 * Return: NULL; or what is wrong with it, a constant: the table cannot be used.
 */
const char *records_take_table(const void *message, size_t len, struct records_table *ret_table);

/**
 * records_of() - which kind a message of records is of, and how many they are.
 * @message, @len: as above.
 * @ret_kind: its number.
 *
 * Return: how many; 0 when the message makes no sense.
 */
unsigned records_of(const void *message, size_t len, uint16_t *ret_kind);

/**
 * records_take() - one record of a message.
 * @table: of its kind.
 * @i: below records_of().
 * @ret_record: @table->size bytes; a shorter record ends with zeros, a longer one is cut off.
 */
void records_take(const struct records_table *table, const void *message, size_t len, unsigned i,
		  void *ret_record);

#endif
