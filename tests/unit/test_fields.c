/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/fields.h"

struct numbers {
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;
};

static const struct field number_fields[] = {
	FIELD(struct numbers, u8, "u8", FIELD_UINT),
	FIELD(struct numbers, u16, "u16", FIELD_UINT),
	FIELD(struct numbers, u32, "u32", FIELD_UINT),
	FIELD(struct numbers, u64, "u64", FIELD_UINT),
	FIELD(struct numbers, i8, "i8", FIELD_INT),
	FIELD(struct numbers, i16, "i16", FIELD_INT),
	FIELD(struct numbers, i32, "i32", FIELD_INT),
	FIELD(struct numbers, i64, "i64", FIELD_INT),
	FIELDS_END,
};

static const char *text_of(const struct field *field, const void *base)
{
	static char text[FIELDS_TEXT_SIZE];

	assert_ptr_equal(fields_text(field, base, text), text);
	return text;
}

static const char *json_of(const struct field *fields, const void *base)
{
	static char json[4096];
	size_t len = fields_json(fields, base, json, sizeof(json));

	assert_int_equal(len, strlen(json));
	return json;
}

static void test_fields_numbers_of_every_size_at_their_ends(void **state)
{
	static const struct numbers most = {
		UINT8_MAX, UINT16_MAX, UINT32_MAX, UINT64_MAX,
		INT8_MAX,  INT16_MAX,  INT32_MAX,  INT64_MAX,
	};
	static const struct numbers least = {
		0, 0, 0, 0, INT8_MIN, INT16_MIN, INT32_MIN, INT64_MIN,
	};

	(void)state;
	assert_string_equal(json_of(number_fields, &most),
			    "\"u8\": 255, \"u16\": 65535, \"u32\": 4294967295, "
			    "\"u64\": 18446744073709551615, \"i8\": 127, \"i16\": 32767, "
			    "\"i32\": 2147483647, \"i64\": 9223372036854775807");
	assert_string_equal(json_of(number_fields, &least),
			    "\"u8\": 0, \"u16\": 0, \"u32\": 0, \"u64\": 0, \"i8\": -128, "
			    "\"i16\": -32768, \"i32\": -2147483648, "
			    "\"i64\": -9223372036854775808");
}

static void test_fields_set_number_is_the_inverse(void **state)
{
	static const int64_t values[] = { 0, 1, 100, 127 };
	struct numbers it;

	(void)state;
	for (const struct field *field = number_fields; field->name; field++) {
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			struct numbers others;

			memset(&it, 0xa5, sizeof(it));
			others = it;
			fields_set_number(field, &it, values[i]);
			assert_int_equal(fields_number(field, &it), values[i]);
			memcpy((char *)&others + field->offset, (char *)&it + field->offset,
			       field->size);
			assert_memory_equal(&others, &it, sizeof(it));
		}
	}
	fields_set_number(fields_find(number_fields, "i16"), &it, -300);
	assert_int_equal(it.i16, -300);
	fields_set_number(fields_find(number_fields, "i64"), &it, INT64_MIN);
	assert_int_equal(it.i64, INT64_MIN);
}

static void test_fields_scaled_number_is_shown_times_its_scale(void **state)
{
	static const struct field fields[] = {
		FIELD_SCALED(struct numbers, u16, "ms", 10),
		FIELD_SCALED(struct numbers, u64, "wraps", 2),
		FIELDS_END,
	};
	const struct numbers it = { .u16 = 65535, .u64 = UINT64_MAX };

	(void)state;
	assert_string_equal(json_of(fields, &it),
			    "\"ms\": 655350, \"wraps\": 18446744073709551614");
}

static void test_fields_boolean(void **state)
{
	static const struct field field = { .name = "b", .type = FIELD_BOOL, .size = 1 };

	(void)state;
	assert_string_equal(text_of(&field, &(bool){ true }), "true");
	assert_string_equal(text_of(&field, &(bool){ false }), "false");
}

static void test_fields_word_that_has_none_is_a_number(void **state)
{
	static const char *const words[] = { "off", NULL, "on" };
	struct {
		uint32_t n;
	} it;
	const struct field fields[] = { FIELD_OF_WORDS(__typeof__(it), n, "w", words), FIELDS_END };

	(void)state;
	it.n = 0;
	assert_string_equal(text_of(fields, &it), "off");
	it.n = 1;
	assert_string_equal(text_of(fields, &it), "1");
	it.n = 2;
	assert_string_equal(json_of(fields, &it), "\"w\": \"on\"");
	it.n = 3;
	assert_string_equal(json_of(fields, &it), "\"w\": \"3\"");
	it.n = UINT32_MAX;
	assert_string_equal(text_of(fields, &it), "4294967295");
}

struct texts {
	char text[4];
	char behind;
	char empty[4];
};

static void test_fields_text_without_a_zero_ends_with_its_size(void **state)
{
	static const struct field fields[] = {
		FIELD(struct texts, text, "text", FIELD_TEXT),
		FIELD(struct texts, empty, "empty", FIELD_TEXT),
		FIELDS_END,
	};
	const struct texts it = { "abcd", 'X', "" };

	(void)state;
	assert_string_equal(text_of(fields, &it), "abcd");
	/* An empty one is no member of JSON. */
	assert_string_equal(json_of(fields, &it), "\"text\": \"abcd\"");
}

static void test_fields_text_longer_than_the_buffer_is_cut(void **state)
{
	static char text[2000];
	const struct field field = { .name = "t", .type = FIELD_TEXT, .size = sizeof(text) };

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(strlen(text_of(&field, text)), FIELDS_TEXT_SIZE - 1);
}

static void test_fields_duration_takes_the_largest_unit(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 1, "0.000001ms" },
		{ 250000, "0.25ms" },
		{ MS, "1ms" },
		{ 1500 * MS, "1500ms" },
		{ 1500 * MS + 1000, "1500.001ms" },
		{ SECOND, "1s" },
		{ 59 * SECOND, "59s" },
		{ 60 * SECOND, "1m" },
		{ 90 * SECOND, "90s" },
		{ 3600 * SECOND, "1h" },
		{ 24 * 3600 * SECOND, "24h" },
		{ 24 * 3600 * SECOND - MS, "86399999ms" },
		{ -SECOND, "-1s" },
		{ -250000, "-0.25ms" },
		{ -1500 * MS, "-1500ms" },
		{ INT64_MAX, "9223372036854.775807ms" },
		{ INT64_MIN, "-9223372036854.775808ms" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(fields_duration(cases[i].ns, buf, sizeof(buf)), cases[i].text);
}

static void test_fields_duration_of_any_size_and_unit(void **state)
{
	static const struct field fields[] = {
		{ .name = "interval",
		  .type = FIELD_DURATION,
		  .offset = offsetof(struct numbers, u16),
		  .size = 2,
		  .scale = 10000000 },
		FIELD(struct numbers, i64, "delay", FIELD_DURATION),
		FIELDS_END,
	};
	struct numbers it = { .u16 = 4095, .i64 = -MS };

	(void)state;
	assert_string_equal(text_of(fields, &it), "40950ms");
	assert_string_equal(json_of(fields, &it),
			    "\"interval\": 40.950000000, \"delay\": -0.001000000");
	it.i64 = -1500 * MS;
	assert_string_equal(json_of(fields + 1, &it), "\"delay\": -1.500000000");
}

static void test_fields_time_is_utc_with_microseconds(void **state)
{
	static const struct field fields[] = {
		{ .name = "t", .type = FIELD_TIME, .size = 8 },
		FIELDS_END,
	};

	(void)state;
	assert_string_equal(text_of(fields, &(int64_t){ 0 }), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(json_of(fields, &(int64_t){ 1700000000 * SECOND + 123456789 }),
			    "\"t\": \"2023-11-14T22:13:20.123456Z\"");
	assert_string_equal(text_of(fields, &(int64_t){ -1 }), "1969-12-31T23:59:59.999999Z");
	assert_string_equal(text_of(fields, &(int64_t){ INT64_MAX }),
			    "2262-04-11T23:47:16.854775Z");
	assert_string_equal(text_of(fields, &(int64_t){ INT64_MIN }),
			    "1677-09-21T00:12:43.145224Z");
}

struct ip {
	uint8_t family;
	uint8_t bytes[16];
};

static void test_fields_ip_of_both_families_and_none(void **state)
{
	static const struct field fields[] = { FIELD_OF_IP(struct ip, bytes, "ip", family),
					       FIELDS_END };
	struct ip it = { .family = 4 };

	(void)state;
	assert_string_equal(text_of(fields, &it), "-");
	assert_string_equal(json_of(fields, &it), "\"ip\": null");
	set_address(it.bytes, "192.0.2.1");
	assert_string_equal(json_of(fields, &it), "\"ip\": \"192.0.2.1\"");
	it.family = 6;
	memset(it.bytes, 0xff, sizeof(it.bytes));
	assert_string_equal(text_of(fields, &it), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void test_fields_errno_in_words_and_none_in_json(void **state)
{
	static const struct field fields[] = {
		{ .name = "error", .type = FIELD_ERRNO, .size = sizeof(int) },
		FIELDS_END,
	};

	(void)state;
	assert_string_equal(text_of(fields, &(int){ ENOENT }), "No such file or directory");
	assert_string_equal(json_of(fields, &(int){ ENOENT }),
			    "\"error\": \"No such file or directory\"");
	assert_string_equal(text_of(fields, &(int){ 0 }), "");
	assert_string_equal(json_of(fields, &(int){ 0 }), "");
}

/* ---- counts ---- */

struct counts {
	uint64_t by_word[4];
	uint8_t behind;
};

static const char *const count_words[4] = { "none", "a\"b", NULL, "c" };

static void test_fields_counts_are_an_object_of_their_words(void **state)
{
	static const struct field fields[] = {
		FIELD_OF_COUNTS(struct counts, by_word, "of.all", count_words, 0),
		FIELD_OF_COUNTS(struct counts, by_word, "of.some", count_words, 1),
		FIELD(struct counts, behind, "behind", FIELD_UINT),
		FIELDS_END,
	};
	const struct counts it = { { 1, UINT64_MAX, 3, 0 }, 5 };

	(void)state;
	assert_string_equal(json_of(fields, &it),
			    "\"of\": { \"all\": { \"none\": 1, \"a\\\"b\": 18446744073709551615, "
			    "\"c\": 0 }, \"some\": { \"a\\\"b\": 18446744073709551615, \"c\": 0 } "
			    "}, \"behind\": 5");
	/* For people those that happened. */
	assert_string_equal(text_of(&fields[0], &it), "none=1 a\"b=18446744073709551615");
	assert_string_equal(text_of(&fields[1], &(struct counts){ { 7 }, 0 }), "");
	assert_false(fields_is_number(&fields[0]));
	assert_true(fields_is_number(&fields[2]));
}

static void test_fields_counts_without_words_are_an_empty_object(void **state)
{
	static const char *const words[4] = { NULL };
	static const struct field fields[] = {
		FIELD_OF_COUNTS(struct counts, by_word, "none", words, 0), FIELDS_END
	};

	(void)state;
	assert_string_equal(json_of(fields, &(struct counts){ { 1, 2, 3, 4 }, 0 }),
			    "\"none\": { }");
}

static void test_fields_counts_as_text_are_cut_where_the_buffer_ends(void **state)
{
	static uint64_t many[64];
	static const char *words[64];
	const struct field field = { .name = "n",
				     .type = FIELD_COUNTS,
				     .size = sizeof(many),
				     .words = words,
				     .words_n = 64 };

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		words[i] = "a_word_of_some_length";
		many[i] = UINT64_MAX;
	}
	assert_int_equal(strlen(text_of(&field, many)), FIELDS_TEXT_SIZE - 1);
}

static void test_fields_json_leaves_out_names_that_begin_with_a_dot(void **state)
{
	static const struct field fields[] = {
		FIELD(struct numbers, u8, ".hidden", FIELD_UINT),
		FIELD(struct numbers, u16, "shown", FIELD_UINT),
		FIELDS_END,
	};

	(void)state;
	assert_string_equal(json_of(fields, &(struct numbers){ .u8 = 1, .u16 = 2 }),
			    "\"shown\": 2");
	assert_string_equal(text_of(fields_find(fields, ".hidden"), &(struct numbers){ .u8 = 1 }),
			    "1");
}

static void test_fields_find_knows_whole_names(void **state)
{
	(void)state;
	assert_ptr_equal(fields_find(number_fields, "i64"), &number_fields[7]);
	assert_null(fields_find(number_fields, "i6"));
	assert_null(fields_find(number_fields, ""));
}

/* ---- nesting ---- */

struct nest {
	uint8_t a, b, c, d, e;
	char gone[2];
};

static const struct field nested_fields[] = {
	FIELD(struct nest, a, "a", FIELD_UINT),
	FIELD(struct nest, b, "x.b", FIELD_UINT),
	FIELD(struct nest, gone, "x.gone", FIELD_TEXT),
	FIELD(struct nest, c, "x.y.c", FIELD_UINT),
	FIELD(struct nest, d, "z.y.d", FIELD_UINT),
	FIELD(struct nest, e, "e", FIELD_UINT),
	FIELDS_END,
};

static const struct nest nest = { 1, 2, 3, 4, 5, "" };

#define NESTED                                                                                     \
	"\"a\": 1, \"x\": { \"b\": 2, \"y\": { \"c\": 3 } }, \"z\": { \"y\": { \"d\": 4 } }, "     \
	"\"e\": 5"

static void test_fields_json_nests_by_dots(void **state)
{
	(void)state;
	assert_string_equal(json_of(nested_fields, &nest), NESTED);
	/* Objects that are still open at the end, and that are open from the start. */
	assert_string_equal(json_of(nested_fields + 3, &(struct nest){ .c = 3 }),
			    "\"x\": { \"y\": { \"c\": 3 } }, \"z\": { \"y\": { \"d\": 0 } }, "
			    "\"e\": 0");
}

static void test_fields_json_object_whose_members_are_all_left_out_is_none(void **state)
{
	static const struct field fields[] = {
		FIELD(struct nest, a, "a", FIELD_UINT),
		FIELD(struct nest, gone, "x.gone", FIELD_TEXT),
		FIELD(struct nest, e, "e", FIELD_UINT),
		FIELDS_END,
	};

	(void)state;
	assert_string_equal(json_of(fields, &nest), "\"a\": 1, \"e\": 5");
}

/* Exactly @size bytes that end where the heap's guard begins. */
static char *tight(size_t size)
{
	char *buf = malloc(size);

	assert_non_null(buf);
	memset(buf, 'G', size);
	return buf;
}

static void test_fields_json_is_cut_off_at_a_whole_member(void **state)
{
	/* What fits into that many bytes without the zero, the longest first. */
	static const char *const cuts[] = {
		NESTED,
		"\"a\": 1, \"x\": { \"b\": 2, \"y\": { \"c\": 3 } }, \"z\": { \"y\": { \"d\": 4 } "
		"}",
		"\"a\": 1, \"x\": { \"b\": 2, \"y\": { \"c\": 3 } }",
		"\"a\": 1, \"x\": { \"b\": 2 }",
		"\"a\": 1",
		"",
	};
	char around[256];

	(void)state;
	for (size_t size = 1; size <= strlen(NESTED) + 2; size++) {
		char *buf = tight(size);
		size_t i = 0;

		while (strlen(cuts[i]) >= size)
			i++;
		assert_int_equal(fields_json(nested_fields, &nest, buf, size), strlen(cuts[i]));
		assert_string_equal(buf, cuts[i]);
		free(buf);
		/* Nothing beside it, also where no sanitizer looks. */
		memset(around, 'G', sizeof(around));
		fields_json(nested_fields, &nest, around, size);
		for (size_t k = size; k < sizeof(around); k++)
			assert_int_equal(around[k], 'G');
	}
	assert_int_equal(fields_json(nested_fields, &nest, NULL, 0), 0);
}

/* ---- strings ---- */

static const char *string_of(const char *text)
{
	static char buf[256];
	size_t len = fields_json_string(text, buf, sizeof(buf));

	assert_int_equal(len, strlen(buf));
	return buf;
}

static void test_fields_json_string_escapes(void **state)
{
	(void)state;
	assert_string_equal(string_of(""), "\"\"");
	assert_string_equal(string_of("a \"b\" \\c"), "\"a \\\"b\\\" \\\\c\"");
	assert_string_equal(string_of("\x01\n\x1f\x7f"), "\"\\u0001\\u000a\\u001f\x7f\"");
}

static void test_fields_json_string_what_is_not_utf8_becomes_a_question_mark(void **state)
{
	(void)state;
	assert_string_equal(string_of("caf\xc3\xa9"), "\"caf\xc3\xa9\"");
	assert_string_equal(string_of("\xe2\x82\xac\xf0\x9f\x98\x80"),
			    "\"\xe2\x82\xac\xf0\x9f\x98\x80\"");
	assert_string_equal(string_of("\xff\x80z"), "\"??z\"");
	assert_string_equal(string_of("\xc0\xaf"), "\"??\"");           /* overlong */
	assert_string_equal(string_of("\xed\xa0\x80"), "\"???\"");      /* a surrogate */
	assert_string_equal(string_of("\xf4\x90\x80\x80"), "\"????\""); /* beyond U+10FFFF */
	assert_string_equal(string_of("\xe2\x82"), "\"??\"");           /* cut short */
}

static void test_fields_json_string_fits_or_is_empty(void **state)
{
	static const char text[] = "a\"\n\xc3\xa9";
	static const char json[] = "\"a\\\"\\u000a\xc3\xa9\"";

	(void)state;
	for (size_t size = 1; size <= sizeof(json) + 1; size++) {
		bool fits = size >= sizeof(json);
		char *buf = tight(size);

		assert_int_equal(fields_json_string(text, buf, size), fits ? sizeof(json) - 1 : 0);
		assert_string_equal(buf, fits ? json : "");
		free(buf);
	}
	assert_int_equal(fields_json_string(text, NULL, 0), 0);
}

/* ---- differences ---- */

static void note_difference(const struct field *field, const char *old, const char *new, void *arg)
{
	char *text = arg;

	sprintf(text + strlen(text), "%s %s %s;", field->name, old, new);
}

static void test_fields_diff_names_each_member_that_differs(void **state)
{
	const struct nest other = { 1, 20, 3, 4, 50, "g" };
	char text[128] = "";

	(void)state;
	assert_int_equal(fields_diff(nested_fields, &nest, &nest, note_difference, text), 0);
	assert_string_equal(text, "");
	assert_int_equal(fields_diff(nested_fields, &nest, &other, note_difference, text), 3);
	assert_string_equal(text, "x.b 2 20;x.gone  g;e 5 50;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_numbers_of_every_size_at_their_ends),
		cmocka_unit_test(test_fields_set_number_is_the_inverse),
		cmocka_unit_test(test_fields_scaled_number_is_shown_times_its_scale),
		cmocka_unit_test(test_fields_boolean),
		cmocka_unit_test(test_fields_word_that_has_none_is_a_number),
		cmocka_unit_test(test_fields_text_without_a_zero_ends_with_its_size),
		cmocka_unit_test(test_fields_text_longer_than_the_buffer_is_cut),
		cmocka_unit_test(test_fields_duration_takes_the_largest_unit),
		cmocka_unit_test(test_fields_duration_of_any_size_and_unit),
		cmocka_unit_test(test_fields_time_is_utc_with_microseconds),
		cmocka_unit_test(test_fields_ip_of_both_families_and_none),
		cmocka_unit_test(test_fields_errno_in_words_and_none_in_json),
		cmocka_unit_test(test_fields_counts_are_an_object_of_their_words),
		cmocka_unit_test(test_fields_counts_without_words_are_an_empty_object),
		cmocka_unit_test(test_fields_counts_as_text_are_cut_where_the_buffer_ends),
		cmocka_unit_test(test_fields_json_leaves_out_names_that_begin_with_a_dot),
		cmocka_unit_test(test_fields_find_knows_whole_names),
		cmocka_unit_test(test_fields_json_nests_by_dots),
		cmocka_unit_test(test_fields_json_object_whose_members_are_all_left_out_is_none),
		cmocka_unit_test(test_fields_json_is_cut_off_at_a_whole_member),
		cmocka_unit_test(test_fields_json_string_escapes),
		cmocka_unit_test(test_fields_json_string_what_is_not_utf8_becomes_a_question_mark),
		cmocka_unit_test(test_fields_json_string_fits_or_is_empty),
		cmocka_unit_test(test_fields_diff_names_each_member_that_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
