/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <string.h>

#include "checks/match.h"
#include "checks/status.h"

static void test_status_alone_matches_itself(void **state)
{
	(void)state;
	assert_true(check_status_matches("200", 200));
	assert_false(check_status_matches("200", 201));
	assert_false(check_status_matches("200", 20));
	assert_false(check_status_matches("200", 2000));
}

static void test_status_class_matches_its_hundred(void **state)
{
	(void)state;
	assert_true(check_status_matches("2xx", 200));
	assert_true(check_status_matches("2xx", 299));
	assert_false(check_status_matches("2xx", 199));
	assert_false(check_status_matches("2xx", 300));
	assert_true(check_status_matches("1xx,5xx", 503));
}

static void test_status_range_matches_with_both_ends(void **state)
{
	(void)state;
	assert_false(check_status_matches("301-303", 300));
	assert_true(check_status_matches("301-303", 301));
	assert_true(check_status_matches("301-303", 303));
	assert_false(check_status_matches("301-303", 304));
	assert_false(check_status_matches("303-301", 302));
}

static void test_status_list_matches_any_of_it(void **state)
{
	const char *list = "200,204,301-303,4xx";

	(void)state;
	assert_true(check_status_matches(list, 204));
	assert_true(check_status_matches(list, 302));
	assert_true(check_status_matches(list, 404));
	assert_false(check_status_matches(list, 203));
	assert_false(check_status_matches(list, 0));
}

static void test_status_list_without_sense_matches_nothing(void **state)
{
	const char *const lists[] = {
		"", ",", "2x", "xxx", "20a", "a00-999", "200-", "2000", " 200"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (unsigned status = 0; status < 1100; status++)
			assert_false(check_status_matches(lists[i], status));
}

/* ---- a text in pieces ---- */

/* All ways to cut bytes in two. */
static bool is_found(const char *text, const char *bytes)
{
	struct check_match match;
	size_t len = strlen(bytes);
	bool expected = strstr(bytes, text) != NULL, found;

	check_match_set(&match, text);
	for (size_t cut = 0; cut <= len; cut++) {
		check_match_begin(&match);
		found = check_match_more(&match, bytes, cut) ||
			check_match_more(&match, bytes + cut, len - cut);
		assert_int_equal(found, expected);
	}
	return expected;
}

static void test_match_across_any_cut(void **state)
{
	(void)state;
	assert_true(is_found("OK", "all is OK"));
	assert_true(is_found("OK", "OOK"));
	assert_true(is_found("abababac", "abababababac"));
	assert_true(is_found("aab", "aaaaaab"));
	assert_false(is_found("aab", "aaaaaaaa"));
	assert_false(is_found("OK", "O K"));
	assert_false(is_found("x", ""));
}

static void test_match_of_all_short_texts(void **state)
{
	char text[6] = "", bytes[9] = "";

	(void)state;
	for (unsigned t = 2; t < 64; t++) {
		size_t text_len = 0;

		for (unsigned bit = t; bit > 1; bit >>= 1)
			text[text_len++] = bit & 1 ? 'b' : 'a';
		text[text_len] = '\0';
		for (unsigned b = 0; b < 256; b++) {
			for (unsigned bit = 0; bit < 8; bit++)
				bytes[bit] = b >> bit & 1 ? 'b' : 'a';
			(void)is_found(text, bytes);
		}
	}
}

static void test_match_of_the_longest_text(void **state)
{
	char text[CHECK_MATCH_MAX + 1], bytes[2 * CHECK_MATCH_MAX + 1];

	(void)state;
	memset(text, 'a', CHECK_MATCH_MAX - 1);
	strcpy(text + CHECK_MATCH_MAX - 1, "b");
	memset(bytes, 'a', CHECK_MATCH_MAX);
	strcpy(bytes + CHECK_MATCH_MAX, text);
	assert_true(is_found(text, bytes));
	bytes[2 * CHECK_MATCH_MAX - 1] = 'c';
	assert_false(is_found(text, bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_alone_matches_itself),
		cmocka_unit_test(test_status_class_matches_its_hundred),
		cmocka_unit_test(test_status_range_matches_with_both_ends),
		cmocka_unit_test(test_status_list_matches_any_of_it),
		cmocka_unit_test(test_status_list_without_sense_matches_nothing),
		cmocka_unit_test(test_match_across_any_cut),
		cmocka_unit_test(test_match_of_all_short_texts),
		cmocka_unit_test(test_match_of_the_longest_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
