/* SPDX-License-Identifier: MIT */
/*
 * The text of a configuration: which line is whose, what characters are called, and that what
 * passes the check of its form is what libconfig reads.
 */
#include "test_conf.h"

#include <errno.h>

#include "agent/conf/keepalived.h"
#include "agent/conf/lines.h"
#include "agent/conf/syntax.h"
#include "agent/conf/token.h"

static void assert_line(const struct conf_lines *lines, unsigned at, const char *file,
			unsigned line)
{
	unsigned found = 0;

	assert_string_equal(conf_lines_find(lines, at, &found), file);
	assert_int_equal(found, line);
}

static void test_lines_of_files_in_each_other(void **state)
{
	struct conf_lines lines = { 0 };
	unsigned line = 7;

	(void)state;
	assert_null(conf_lines_find(&lines, 1, &line));
	assert_int_equal(line, 7);
	/* Lines 1 and 2 of a, 3 lines of b in its third one, and a again; nothing in the last. */
	assert_int_equal(conf_lines_add_file(&lines, "a"), 0);
	assert_int_equal(conf_lines_add(&lines, 1, 0, 1), 0);
	assert_int_equal(conf_lines_add_file(&lines, "b"), 1);
	assert_int_equal(conf_lines_add(&lines, 3, 1, 1), 0);
	assert_int_equal(conf_lines_add(&lines, 6, 0, 3), 0);
	assert_int_equal(conf_lines_add(&lines, 6, 0, 4), 0);
	assert_null(conf_lines_find(&lines, 0, &line));
	assert_line(&lines, 1, "a", 1);
	assert_line(&lines, 2, "a", 2);
	assert_line(&lines, 3, "b", 1);
	assert_line(&lines, 5, "b", 3);
	assert_line(&lines, 6, "a", 4);
	assert_line(&lines, 100, "a", 98);
	conf_lines_fini(&lines);
}

static void test_lines_of_many_files(void **state)
{
	struct conf_lines lines = { 0 };
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		sprintf(name, "f%u", i);
		assert_int_equal(conf_lines_add_file(&lines, name), i);
		assert_int_equal(conf_lines_add(&lines, 1 + 2 * i, i, 1), 0);
	}
	for (unsigned i = 0; i < 1000; i++) {
		sprintf(name, "f%u", i);
		assert_line(&lines, 1 + 2 * i, name, 1);
		assert_line(&lines, 2 + 2 * i, name, 2);
	}
	conf_lines_fini(&lines);
}

static void assert_odd(const char *text, unsigned len, const char *expected)
{
	char buf[64] = "";

	assert_int_equal(conf_odd_character(text, buf), len);
	assert_string_equal(buf, expected);
}

static void test_odd_characters_have_names(void **state)
{
	(void)state;
	assert_odd("", 0, "");
	assert_odd("eth0 ~", 0, "");
	assert_odd("a\tb", 1, "a control character (9)");
	assert_odd("a\xc2\xa0", 2, "a no-break space (U+00A0)");
	assert_odd("\xe2\x80\x9cx", 3, "a curly quote (U+201C)");
	assert_odd("\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\" (U+1F600)");
	/* No UTF-8, also at the end of a text. */
	assert_odd("\xff", 1, "a byte that is no ASCII (0xff)");
	assert_odd("\xe2\x80", 1, "a byte that is no ASCII (0xe2)");
	assert_odd("\xa0", 1, "a no-break space (U+00A0)");
}

static void test_keepalived_words_by_name_and_by_begin(void **state)
{
	(void)state;
	assert_string_equal(conf_keepalived_find("nopreempt"), "write preempt = false");
	assert_non_null(conf_keepalived_find("garp_master_delay"));
	assert_null(conf_keepalived_find("garp"));
	assert_null(conf_keepalived_find("vrid"));
	assert_true(conf_keepalived_is_block("vrrp_instance", 13));
	assert_true(conf_keepalived_is_block("virtual_server_group x", 20));
	assert_false(conf_keepalived_is_block("vrrp_instances", 14));
	assert_false(conf_keepalived_is_block("state", 5));
}

/* Behind the longest name of a router, without loss. */
static void test_keepalived_every_text_fits_an_error(void **state)
{
	size_t size = sizeof(((struct conf_error *)NULL)->text);

	(void)state;
	for (const struct conf_foreign_word *row = conf_keepalived_words; row->word; row++)
		assert_true(CONF_NAME_SIZE + strlen(": \"\" is keepalived's; ") +
				    strlen(row->word) + strlen(row->here) <
			    size);
}

/* ---- the form, against libconfig ---- */

static unsigned syntax_errors(const char *text)
{
	struct conf_errors errors = { 0 };
	struct conf_parse parse = { .path = "x", .errors = &errors };

	conf_syntax_check(&parse, text);
	conf_lines_fini(&parse.lines);
	return errors.total;
}

/* With a line feed at its end, as any text of a file gets one. */
static bool libconfig_takes(const char *text)
{
	char with_end[160];
	config_t config;
	bool good;

	snprintf(with_end, sizeof(with_end), "%s\n", text);
	config_init(&config);
	good = config_read_string(&config, with_end) == CONFIG_TRUE;
	config_destroy(&config);
	return good;
}

static void test_form_that_passes_is_one_for_libconfig(void **state)
{
	static const char *const pieces[] = { "a",  "=",    ":",   "1",  "\"s\"", "{",  "}",
					      "(",  ")",    "[",   "]",  ",",     ";",  "true",
					      "b",  "0x1f", "1.5", "5L", "#",     "\n", "/*",
					      "*/", "-",    ".",   "'",  "@" };
	enum {
		N = sizeof(pieces) / sizeof(pieces[0])
	};
	uint32_t random = 1;
	unsigned passed = 0;
	char text[128];

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		unsigned n = 1 + i % 9;

		text[0] = '\0';
		for (unsigned k = 0; k < n; k++) {
			random = random * 1664525 + 1013904223;
			strcat(text, pieces[(random >> 16) % N]);
			strcat(text, random >> 31 ? " " : "");
		}
		if (syntax_errors(text) > 0)
			continue;
		passed++;
		/* What is left to it: two keys of one name, an array of several kinds. */
		if (!libconfig_takes(text) && !strchr(text, '['))
			fail_msg("libconfig refuses \"%s\"", text);
	}
	assert_true(passed > 1000);
}

static void test_form_of_what_is_legal(void **state)
{
	static const char *const texts[] = {
		"",
		"a = 1",
		"a = 1;",
		"a : 1, b = 2",
		"a = 1 b = 2",
		"a = { b = 1; c = { }; }",
		"a = ( { }, ( ), [ ] );",
		"a = ( );",
		"a = \"x\" \"y\";",
		"a = \"x;#}\\\"\";",
		"a = -5; b = +5; c = .5; d = 1.; e = 1e3; f = -1.5E-3; g = 0x1F; h = 5LL;",
		"# x\na = 1 // y\n/* z */ b = 2",
		"a=51//x",
		"a-b_c* = TRUE",
		"a = [ 1, 2 ] b = ( \"x\" )",
		"a\r\n=\r\n1;\r\n",
		"a = 2147483647; b = -2147483648;",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!libconfig_takes(texts[i]))
			fail_msg("libconfig refuses \"%s\"", texts[i]);
		if (syntax_errors(texts[i]) > 0)
			fail_msg("the check refuses \"%s\"", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_files_in_each_other),
		cmocka_unit_test(test_lines_of_many_files),
		cmocka_unit_test(test_odd_characters_have_names),
		cmocka_unit_test(test_keepalived_words_by_name_and_by_begin),
		cmocka_unit_test(test_keepalived_every_text_fits_an_error),
		cmocka_unit_test(test_form_that_passes_is_one_for_libconfig),
		cmocka_unit_test(test_form_of_what_is_legal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
