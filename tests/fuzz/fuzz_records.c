/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the answer of a vipd of another version: messages with their length in two bytes
 * before each. A table is refused, or all that is done with a record of it stays within the record.
 */
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agent/records.h"

#define JSON_SIZE (256 << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_table(const struct records_table *table)
{
	unsigned n = 0;

	assert(table->size >= 1 && table->size <= RECORDS_SIZE_MAX);
	assert(strlen(table->name) < RECORDS_NAME_SIZE);
	for (const struct field *field = table->fields; field->name; field++, n++) {
		assert(field->name[0] && strlen(field->name) < RECORDS_NAME_SIZE);
		assert(field->size && (size_t)field->offset + field->size <= table->size);
		assert(fields_find(table->fields, field->name));
		for (unsigned i = 0; i < field->words_n; i++)
			assert(!field->words[i] || field->words[i][0]);
	}
	assert(n <= RECORDS_FIELDS_MAX);
}

/* In a block of its size, so that a sanitizer sees what is read behind it. */
static void check_record(const struct records_table *table, const void *message, size_t len,
			 unsigned i)
{
	static char json[JSON_SIZE], text[FIELDS_TEXT_SIZE];
	char *record = malloc(table->size);

	assert(record);
	records_take(table, message, len, i, record);
	assert(fields_json(table->fields, record, json, sizeof(json)) == strlen(json));
	assert(!memchr(json, '\n', strlen(json)));
	for (const struct field *field = table->fields; field->name; field++) {
		assert(strlen(fields_text(field, record, text)) < sizeof(text));
		if (fields_is_number(field))
			(void)fields_number(field, record);
	}
	free(record);
}

/* Each message is tried as both: a table, and records of the table before it. */
static void take(const uint8_t *bytes, size_t len, struct records_table *table)
{
	static struct records_table next;
	void *message = malloc(len + !len);
	uint16_t kind;
	unsigned n = records_of(bytes, len, &kind);

	assert(message);
	memcpy(message, bytes, len);
	for (unsigned i = 0; i < n && i < 4 && table->size; i++)
		check_record(table, message, len, i);
	if (!records_take_table(message, len, &next)) {
		check_table(&next);
		/* It points into itself. */
		assert(!records_take_table(message, len, table));
	}
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct records_table table;

	table.size = 0;
	while (size >= 2) {
		size_t len = data[0] | (size_t)data[1] << 8;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		take(data, len, &table);
		data += len;
		size -= len;
	}
	return 0;
}
