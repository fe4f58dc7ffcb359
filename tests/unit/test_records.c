/* SPDX-License-Identifier: MIT */
/* What is put into a message is what is taken out of it, and nothing else is believed. */
#include "test.h"

#include <stdlib.h>

#include "agent/records.h"

struct thing {
	char name[8];
	uint8_t family, kind;
	uint16_t number;
	uint8_t ip[16];
	uint64_t counts[3];
};

static const char *const kind_words[] = { "small", NULL, "large" };
static const char *const count_words[] = { "a", "b", "c" };

static const struct field thing_fields[] = {
	FIELD(struct thing, name, "name", FIELD_TEXT),
	FIELD_OF_WORDS(struct thing, kind, "kind", kind_words),
	FIELD_SCALED(struct thing, number, "number_ms", 10),
	FIELD_OF_IP(struct thing, ip, "ip", family),
	FIELD_OF_COUNTS(struct thing, counts, "counts", count_words, 1),
	FIELDS_END,
};

static const struct records_kind thing_kind = { 7, "thing", sizeof(struct thing), thing_fields };

static const struct thing two_things[2] = {
	{ "one", 4, 2, 100, { 192, 0, 2, 1 }, { 1, 2, 3 } },
	{ "two", 6, 1, 7, { 0x20, 0x01 }, { 4, 5, 6 } },
};

static char message[CONTROL_MESSAGE_SIZE];
static struct records_table table;

/* A copy whose end is the end of a block: a sanitizer sees what is read behind it. */
static const char *take(const void *bytes, size_t len)
{
	void *copy = malloc(len + !len);
	const char *why;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	why = records_take_table(copy, len, &table);
	free(copy);
	return why;
}

static const char *json_of(const void *record)
{
	static char json[1024];

	fields_json(table.fields, record, json, sizeof(json));
	return json;
}

static void test_records_a_reader_has_what_the_writer_put(void **state)
{
	struct thing record;
	uint16_t kind = 0;
	size_t len = records_put_table(&thing_kind, message, sizeof(message));

	(void)state;
	assert_null(take(message, len));
	assert_int_equal(table.number, 7);
	assert_string_equal(table.name, "thing");
	assert_int_equal(table.size, sizeof(struct thing));
	len = records_put(&thing_kind, two_things, 2, message, sizeof(message));
	assert_int_equal(records_of(message, len, &kind), 2);
	assert_int_equal(kind, 7);
	for (unsigned i = 0; i < 2; i++) {
		records_take(&table, message, len, i, &record);
		assert_memory_equal(&record, &two_things[i], sizeof(record));
	}
	assert_string_equal(json_of(&two_things[0]),
			    "\"name\": \"one\", \"kind\": \"large\", \"number_ms\": 1000, "
			    "\"ip\": \"192.0.2.1\", \"counts\": { \"b\": 2, \"c\": 3 }");
	/* An empty word is none: its number is shown. */
	assert_string_equal(json_of(&two_things[1]),
			    "\"name\": \"two\", \"kind\": \"1\", \"number_ms\": 70, "
			    "\"ip\": \"2001::\", \"counts\": { \"b\": 5, \"c\": 6 }");
}

static void test_records_end_has_its_error_and_text(void **state)
{
	struct control_end end;
	size_t len = records_put_end(5, "why", message, sizeof(message));

	(void)state;
	memcpy(&end, message, sizeof(end));
	assert_int_equal(len, sizeof(end) + 3);
	assert_int_equal(end.header.type, CONTROL_END);
	assert_int_equal(end.error, 5);
	assert_memory_equal(message + sizeof(end), "why", 3);
	assert_int_equal(records_put_end(0, NULL, message, sizeof(message)), sizeof(end));
	/* What does not fit is cut off. */
	assert_int_equal(records_put_end(5, "why", message, sizeof(end) + 2), sizeof(end) + 2);
}

/* ---- another version ---- */

static void test_records_shorter_ones_end_with_zeros_and_longer_ones_are_cut(void **state)
{
	struct records_kind other = thing_kind;
	unsigned char record[sizeof(struct thing)], longer[2 * sizeof(struct thing)];
	size_t len;

	(void)state;
	assert_null(take(message, records_put_table(&thing_kind, message, sizeof(message))));
	other.size = 10;
	len = records_put(&other, two_things, 1, message, sizeof(message));
	memset(record, 'x', sizeof(record));
	records_take(&table, message, len, 0, record);
	assert_memory_equal(record, &two_things[0], 10);
	for (size_t i = 10; i < sizeof(record); i++)
		assert_int_equal(record[i], 0);
	other.size = sizeof(longer);
	memset(longer, 'l', sizeof(longer));
	memcpy(longer, &two_things[1], sizeof(two_things[1]));
	len = records_put(&other, longer, 1, message, sizeof(message));
	records_take(&table, message, len, 0, record);
	assert_memory_equal(record, &two_things[1], sizeof(record));
}

static void test_records_unknown_types_are_left_out(void **state)
{
	struct field fields[] = { thing_fields[0], thing_fields[1], thing_fields[2], FIELDS_END };
	const struct records_kind later = { 1, "thing", sizeof(struct thing), fields };

	(void)state;
	fields[1].type = 200;
	fields[1].size = 3; /* whatever that means there */
	assert_null(take(message, records_put_table(&later, message, sizeof(message))));
	assert_null(fields_find(table.fields, "kind"));
	assert_non_null(fields_find(table.fields, "number_ms"));
	assert_string_equal(json_of(&two_things[0]), "\"name\": \"one\", \"number_ms\": 1000");
}

/* Where the first field of the table in @message begins. */
static size_t first_field(void)
{
	return sizeof(struct control_table) + strlen(thing_kind.name) + 1;
}

static void test_records_what_a_later_version_appends_to_a_field_is_skipped(void **state)
{
	static char longer[CONTROL_MESSAGE_SIZE];
	size_t len = records_put_table(&thing_kind, message, sizeof(message));
	struct control_field head;
	size_t behind;

	(void)state;
	memcpy(&head, message + first_field(), sizeof(head));
	behind = first_field() + head.len;
	memcpy(longer, message, behind);
	memset(longer + behind, 0xee, 5);
	memcpy(longer + behind + 5, message + behind, len - behind);
	head.len = (uint16_t)(head.len + 5);
	memcpy(longer + first_field(), &head, sizeof(head));
	assert_null(take(longer, len + 5));
	assert_non_null(fields_find(table.fields, "counts"));
}

/* ---- what makes no sense ---- */

static void test_records_a_table_that_ends_anywhere_else_is_refused(void **state)
{
	size_t len = records_put_table(&thing_kind, message, sizeof(message));

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_non_null(take(message, cut));
	assert_null(take(message, len));
}

/* The table with its first field changed. */
static const char *take_changed(struct field field)
{
	const struct field fields[] = { field, FIELDS_END };
	const struct records_kind kind = { 1, "thing", 64, fields };

	return take(message, records_put_table(&kind, message, sizeof(message)));
}

static void test_records_fields_outside_of_their_record_are_refused(void **state)
{
	struct field field = { .name = "f", .type = FIELD_TEXT, .offset = 60, .size = 4 };

	(void)state;
	assert_null(take_changed(field));
	field.size = 5;
	assert_string_equal(take_changed(field), "a field lies outside of its record");
	field.offset = UINT16_MAX;
	field.size = UINT16_MAX;
	assert_non_null(take_changed(field));
	field = (struct field){ .name = "f", .type = FIELD_IP, .size = 16, .family = 63 };
	assert_null(take_changed(field));
	field.family = 64;
	assert_non_null(take_changed(field));
}

static void test_records_sizes_that_no_value_has_are_refused(void **state)
{
	static const struct {
		uint8_t type;
		uint16_t sizes[4]; /* the right ones */
	} types[] = {
		{ FIELD_UINT, { 1, 2, 4, 8 } },
		{ FIELD_INT, { 1, 2, 4, 8 } },
		{ FIELD_WORD, { 1, 2, 4, 8 } },
		{ FIELD_ERRNO, { 1, 2, 4, 8 } },
		{ FIELD_DURATION, { 1, 2, 4, 8 } },
		{ FIELD_BOOL, { 1 } },
		{ FIELD_TIME, { 8 } },
		{ FIELD_IP, { 16 } },
	};

	(void)state;
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		for (uint16_t size = 0; size <= 17; size++) {
			struct field field = { .name = "f", .type = types[t].type, .size = size };
			bool right = false;

			for (unsigned i = 0; i < 4; i++)
				right |= size && types[t].sizes[i] == size;
			assert_int_equal(take_changed(field) == NULL, right);
		}
	}
	assert_non_null(take_changed((struct field){ .name = "f", .type = FIELD_TEXT }));
}

static void test_records_counts_need_a_word_for_each(void **state)
{
	struct field field = {
		.name = "f", .type = FIELD_COUNTS, .size = 16, .words = count_words, .words_n = 2
	};

	(void)state;
	assert_null(take_changed(field));
	field.words_n = 3;
	assert_non_null(take_changed(field));
	field.words_n = 1;
	assert_non_null(take_changed(field));
	field.words_n = field.size = 0;
	assert_non_null(take_changed(field));
}

static void test_records_names_that_no_document_has_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"a\"b",
		"a b",
		"\x1b[2J",
		"\xff",
		"A",
		"a_name_that_is_sixty_four_bytes_long_and_so_has_no_room_for_zero",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct field field = { .name = wrong[i], .type = FIELD_UINT, .size = 1 };
		const struct records_kind kind = { 1, wrong[i], 8, thing_fields };

		assert_string_equal(take_changed(field), "the name of a field makes no sense");
		assert_string_equal(
			take(message, records_put_table(&kind, message, sizeof(message))),
			"its name makes no sense");
	}
}

static void test_records_numbers_of_fields_and_words_are_bounded(void **state)
{
	static struct field fields[RECORDS_FIELDS_MAX + 2];
	static const char *words[RECORDS_WORDS_MAX + 1];
	static char large[CONTROL_MESSAGE_MAX];
	const struct records_kind kind = { 1, "thing", 1, fields };
	struct field field = { .name = "f", .type = FIELD_WORD, .size = 1, .words = words };

	(void)state;
	for (unsigned i = 0; i <= RECORDS_FIELDS_MAX; i++)
		fields[i] = (struct field){ .name = "f", .type = FIELD_BOOL, .size = 1 };
	assert_string_equal(take(large, records_put_table(&kind, large, sizeof(large))),
			    "it has too many fields");
	fields[RECORDS_FIELDS_MAX].name = NULL;
	assert_null(take(large, records_put_table(&kind, large, sizeof(large))));
	field.words_n = RECORDS_WORDS_MAX;
	assert_null(take_changed(field));
	field.words_n++;
	assert_string_equal(take_changed(field), "it has too many words");
}

static void test_records_size_of_a_record_is_bounded(void **state)
{
	const struct field none[] = { FIELDS_END };
	struct records_kind kind = { 1, "thing", 0, none };

	(void)state;
	assert_non_null(take(message, records_put_table(&kind, message, sizeof(message))));
	kind.size = RECORDS_SIZE_MAX;
	assert_null(take(message, records_put_table(&kind, message, sizeof(message))));
	kind.size++;
	assert_non_null(take(message, records_put_table(&kind, message, sizeof(message))));
	kind.size = UINT32_MAX;
	assert_non_null(take(message, records_put_table(&kind, message, sizeof(message))));
}

static void test_records_messages_of_records_that_make_no_sense_are_none(void **state)
{
	struct control_records head = { .records_n = 3 };
	char bytes[sizeof(head) + 8] = "";
	uint16_t kind;

	(void)state;
	for (size_t len = 0; len <= sizeof(head); len++)
		assert_int_equal(records_of(bytes, len, &kind), 0);
	memcpy(bytes, &head, sizeof(head));
	assert_int_equal(records_of(bytes, sizeof(bytes), &kind), 0); /* 8 bytes for 3 */
	assert_int_equal(records_of(bytes, sizeof(head) + 6, &kind), 3);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(records_of(bytes, sizeof(bytes), &kind), 0); /* 8 bytes for 0 */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_a_reader_has_what_the_writer_put),
		cmocka_unit_test(test_records_end_has_its_error_and_text),
		cmocka_unit_test(test_records_shorter_ones_end_with_zeros_and_longer_ones_are_cut),
		cmocka_unit_test(test_records_unknown_types_are_left_out),
		cmocka_unit_test(test_records_what_a_later_version_appends_to_a_field_is_skipped),
		cmocka_unit_test(test_records_a_table_that_ends_anywhere_else_is_refused),
		cmocka_unit_test(test_records_fields_outside_of_their_record_are_refused),
		cmocka_unit_test(test_records_sizes_that_no_value_has_are_refused),
		cmocka_unit_test(test_records_counts_need_a_word_for_each),
		cmocka_unit_test(test_records_names_that_no_document_has_are_refused),
		cmocka_unit_test(test_records_numbers_of_fields_and_words_are_bounded),
		cmocka_unit_test(test_records_size_of_a_record_is_bounded),
		cmocka_unit_test(test_records_messages_of_records_that_make_no_sense_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
