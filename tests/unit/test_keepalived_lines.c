/* SPDX-License-Identifier: MIT */
/*
 * A keepalived.conf as keepalived reads it: what becomes of comments, conditions, macros,
 * generators, braces and includes. What is expected was seen with keepalived 2.2.7.
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/vipctl/keepalived_tree.h"

#define NODE "gw1"

struct scene {
	struct arena arena;
	struct report report;
	char directory[32];
	const struct keepalived_line *lines;
	bool conditions;
	struct keepalived_source *sources;
};

static void put_file(struct scene *s, const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", s->directory, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static void begin(struct scene *s)
{
	*s = (struct scene){ .directory = "/tmp/lines.XXXXXX" };
	assert_non_null(mkdtemp(s->directory));
	report_init(&s->report, &s->arena);
}

static void read_main(struct scene *s)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/main", s->directory);
	s->lines = keepalived_read(&s->arena, &s->report, path, NODE, &s->conditions, &s->sources);
}

static void read_text(struct scene *s, const char *text)
{
	begin(s);
	put_file(s, "main", text);
	read_main(s);
}

static void end(struct scene *s)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", s->directory);
	assert_int_equal(system(command), 0);
	arena_free(&s->arena);
}

/* @expected: the lines, each with a line feed. */
static void expect_lines(struct scene *s, const char *expected)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	for (const struct keepalived_line *line = s->lines; line; line = line->next)
		fprintf(out, "%s\n", line->text);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void expect(const char *text, const char *expected)
{
	struct scene s;

	read_text(&s, text);
	expect_lines(&s, expected);
	assert_false(report_is_open(&s.report));
	end(&s);
}

/* @message: what the report has, without the directory. */
static void expect_complaint(struct scene *s, const char *message)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	report_print(&s->report, out);
	assert_int_equal(fclose(out), 0);
	if (!strstr(text, message))
		fail_msg("no \"%s\" in:\n%s", message, text);
	free(text);
}

static void expect_wrong(const char *text, const char *message)
{
	struct scene s;

	read_text(&s, text);
	assert_true(report_is_open(&s.report));
	expect_complaint(&s, message);
	end(&s);
}

/* ---- comments and quotes ---- */

static void test_lines_comments_are_gone(void **state)
{
	(void)state;
	expect("! one\n# two\na b # three\n\tc ! d\n\n  e\n", "a b\nc\ne\n");
	expect("a \"b # c ! d\" # e\n", "a \"b # c ! d\"\n");
	expect("auth_pass pa!ss\n", "auth_pass pa\n");
	expect("a b\\#c \\! d\n", "a b#c ! d\n");
	expect("a ${_HASH}b ${_BANG}\n", "a #b !\n");
}

static void test_lines_ends_of_other_systems_and_none(void **state)
{
	(void)state;
	expect("a b\r\nc\r\n", "a b\nc\n");
	expect("a b", "a b\n");
	expect("", "");
}

static void test_lines_a_quote_that_stays_open_is_wrong(void **state)
{
	(void)state;
	expect_wrong("a\nb \"c\nd\n", "main:2: wrong: a quote is not closed");
}

/* ---- braces ---- */

static void test_lines_braces_stand_alone(void **state)
{
	(void)state;
	expect("a { b c }\n", "a\n{\nb c\n}\n");
	expect("a{b}c{\n}\n", "a\n{\nb\n}\nc\n{\n}\n");
	expect("a\n{\n} b\n", "a\n{\n}\nb\n");
	expect("script \"a { b }\"\n", "script \"a { b }\"\n");
}

/* What stands behind a brace is looked at anew. */
static void test_lines_conditions_behind_a_brace(void **state)
{
	(void)state;
	expect("a { @gw1 b }\n", "a\n{\nb\n}\n");
	expect("a { @gw2 b }\n}\n", "a\n{\n}\n");
}

/* ---- conditions ---- */

static void test_lines_conditions(void **state)
{
	struct scene s;

	(void)state;
	expect("@gw1 a\n@gw2 b\n@^gw1 c\n@^gw2 d\n  @gw1   e\n", "a\nd\ne\n");
	expect("@gw1\n@gw11 a\n@gw b\n@GW1 c\n", "");
	expect("$HERE=@gw1\n$THERE=@gw2\n$HERE a\n$THERE b\n", "a\n");
	read_text(&s, "a\n");
	assert_false(s.conditions);
	end(&s);
	read_text(&s, "@gw2 a\n");
	assert_true(s.conditions);
	end(&s);
}

/* ---- macros ---- */

static void test_lines_macros(void **state)
{
	(void)state;
	expect("$A=1\n$B=x\npriority $A\nname ${B}_$A\n", "priority 1\nname x_1\n");
	expect("$A=\na ${A}b\n", "a b\n");
	expect("$A=2\n$A=3\na $A\n", "a 3\n");
	expect("@gw1 $A=1\n@gw2 $A=2\na $A\n", "a 1\n");
}

/* The example of keepalived.conf(5). */
static void test_lines_macros_are_put_in_late(void **state)
{
	(void)state;
	expect("$BASE=10.2.${SUB}\n$SUB=0\n${BASE}.100/32\n$SUB=10\n${BASE}.100/32\n",
	       "10.2.0.100/32\n10.2.10.100/32\n");
}

static void test_lines_macros_of_several_lines(void **state)
{
	struct scene s;

	(void)state;
	read_text(&s, "$I= \\\nvrrp_instance V$N { \\\n  priority $P \\\n}\n\n$N=1\n$P=7\n$I\n");
	expect_lines(&s, "vrrp_instance V1\n{\npriority 7\n}\n");
	assert_int_equal(s.lines->origin.line, 2);
	assert_int_equal(s.lines->origin.by, 8);
	end(&s);
	expect("$A=x \\\ny\nb $A\n", "b x\ny\n");
}

static void test_lines_macros_within_macros(void **state)
{
	(void)state;
	expect("$IN= \\\nrs $N \\\nend\n\n$OUT= \\\nvs { \\\n$N=1 \\\n$IN \\\n$N=2 \\\n$IN "
	       "\\\n}\n\n$OUT\n",
	       "vs\n{\nrs 1\nend\nrs 2\nend\n}\n");
}

/* An empty line and a comment end one, as with keepalived. */
static void test_lines_a_macro_ends_at_an_empty_line(void **state)
{
	(void)state;
	expect("$A= \\\nb \\\n\nc\n$A\n", "c\nb\n");
	expect("$A= \\\nb \\\n# no\nc\n$A\n", "c\nb\n");
}

static void test_lines_macros_that_are_none(void **state)
{
	(void)state;
	expect("script \"/x $1 $HOME\"\n", "script \"/x $1 $HOME\"\n");
	expect("auth_pass pa$word\n", "auth_pass pa$word\n");
	expect_wrong("priority $PRIO\n", "main:1: wrong: $PRIO: nothing defines it: a template");
	expect_wrong("priority ${PRIO}\n", "main:1: wrong: $PRIO: nothing defines it");
	expect_wrong("auth_pass ${SECRET}\n", "$SECRET: nothing defines it");
	expect_wrong("$A=1\n10.0.$A.1\n", "main:2: wrong: $A");
}

static void test_lines_macros_without_end(void **state)
{
	(void)state;
	expect_wrong("$A=$A\nb $A\n", "definitions that use each other without end");
	expect_wrong("$A= \\\nb \\\n$A\n\n$A\n", "definitions that use each other without end");
	expect_wrong("$A=${B}${B}\n$B=${A}${A}\nb $A\n", "main:3: wrong: a line of more than 1023");
}

static void test_lines_a_backslash_continues_nothing_else(void **state)
{
	(void)state;
	expect_wrong("a \\\nb\n", "main:1: wrong: a line ends with \\");
}

/* ---- generators ---- */

static void test_lines_sequences(void **state)
{
	(void)state;
	expect("~SEQ(N, 1, 3) 10.0.0.$N\n", "10.0.0.1\n10.0.0.2\n10.0.0.3\n");
	expect("~SEQ(N,2) a$N\n", "a1\na2\n");
	expect("~SEQ(N,-2) a$N\n", "a-1\na-2\n");
	expect("~SEQ(N, 10, -5, 0) a$N\n", "a10\na5\na0\n");
	expect("~SEQ(N, 3, 1) a$N\n", "a3\na2\na1\n");
	expect("~SEQx(N, 0x90, 0x10, 0xb0) fe80::${N}:1\n", "fe80::90:1\nfe80::a0:1\nfe80::b0:1\n");
	expect("$LAST=2\n~SEQ(N, 1, $LAST) a$N\n", "a1\na2\n");
}

static void test_lines_sequences_of_sequences(void **state)
{
	(void)state;
	expect("$V= \\\ni${A}.$B { \\\n}\n\n~SEQ(A,1,2) ~SEQ(B,5,6) $V\n",
	       "i1.5\n{\n}\ni1.6\n{\n}\ni2.5\n{\n}\ni2.6\n{\n}\n");
	expect("block { ~SEQ(A,1,2) x$A\n}\n", "block\n{\nx1\nx2\n}\n");
}

static void test_lines_lists(void **state)
{
	(void)state;
	expect("~LST(IP, 1, b ,3) x$IP\n", "x1\nxb\nx3\n");
	expect("~LST({A, B}, {10,1},{20,4}) ${A}.$B\n", "10.1\n20.4\n");
	expect("~LST(A, 1, 2) ~LST(B, 5, 6) ${A}.$B\n", "1.5\n1.6\n2.5\n2.6\n");
	expect("~LST({A, B}, {1,2},{3,4}) ~SEQ(C,8,9) ${C}.${A}.$B\n",
	       "8.1.2\n9.1.2\n8.3.4\n9.3.4\n");
}

static void test_lines_generators_that_are_wrong(void **state)
{
	(void)state;
	expect_wrong("~SEQ(N) a\n", "~SEQ: needs the name of a variable first");
	expect_wrong("~SEQ(N, 1, 0, 3) a\n", "~SEQ: never comes from its first");
	expect_wrong("~SEQ(N, 1, -1, 3) a\n", "~SEQ: never comes from its first");
	expect_wrong("~SEQ(N, x) a\n", "~SEQ: needs one to three whole numbers");
	expect_wrong("~SEQ(N, 1, 2, 3, 4) a\n", "~SEQ: needs one to three whole numbers");
	expect_wrong("~SEQx(N, -1, 3) a$N\n", "~SEQ: with hexadecimal digits");
	expect_wrong("~SEQ N 1\n", "between round brackets");
	expect_wrong("~LST({A,B}, {1,2,3}) a$A\n", "~LST: has more values than variables");
	expect_wrong("~LST({A,B}, {1,2) a$A\n", "~LST: has a bracket that is not closed");
	expect_wrong("~SEQ(A,1,2000) ~SEQ(B,1,2000) x\n", "makes more than 1000000 lines");
}

/* ---- templates ---- */

static void test_lines_templates_are_refused(void **state)
{
	(void)state;
	expect_wrong("a\npriority {{ prio }}\n", "main:2: wrong: {{: this is a template");
	expect_wrong("{% if x %}\n", "main:1: wrong: {%");
	expect_wrong("priority <%= @prio %>\n", "main:1: wrong: <%");
	expect_wrong("auth_pass @PASSWORD@\n", "main:1: wrong: @PASSWORD@: this is a template");
	expect_wrong("priority __PRIO__\n", "main:1: wrong: __PRIO__: this is a template");
	expect("interface eth__0\nrouter_id a@b.example\n",
	       "interface eth__0\nrouter_id a@b.example\n");
}

/* ---- files ---- */

static void test_lines_includes(void **state)
{
	struct scene s;
	char path[64];

	(void)state;
	begin(&s);
	snprintf(path, sizeof(path), "%s/sub", s.directory);
	assert_int_equal(mkdir(path, 0755), 0);
	put_file(&s, "main", "a {\ninclude sub/*.conf\n}\ninclude none*\ninclude {two,one}\n");
	put_file(&s, "sub/2.conf", "second\n");
	put_file(&s, "sub/1.conf", "first\ninclude more\n");
	put_file(&s, "sub/more", "more");
	put_file(&s, "one", "one");
	put_file(&s, "two", "two");
	read_main(&s);
	expect_lines(&s, "a\n{\nfirst\nmore\nsecond\n}\ntwo\none\n");
	assert_false(report_is_open(&s.report));
	expect_complaint(&s, "main:4: dropped: include: there is no file \"none*\"");
	end(&s);
}

static void test_lines_includes_that_are_wrong(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	put_file(&s, "main", "include other\n");
	put_file(&s, "other", "include main\n");
	read_main(&s);
	expect_complaint(&s, "other:1: wrong: include");
	expect_complaint(&s, "includes itself, or a file that includes it");
	end(&s);
	expect_wrong("includer none\n", "main:1: wrong: include: there is no file \"none\"");
}

/* keepalived passes over them, whatever they are meant to be. */
static void test_lines_an_executable_file_is_wrong(void **state)
{
	struct scene s;
	char path[64];

	(void)state;
	begin(&s);
	put_file(&s, "main", "include other\n");
	put_file(&s, "other", "a\n");
	snprintf(path, sizeof(path), "%s/other", s.directory);
	assert_int_equal(chmod(path, 0755), 0);
	read_main(&s);
	expect_complaint(&s, "is executable");
	end(&s);
}

static void test_lines_files_that_are_no_text(void **state)
{
	struct scene s;
	char path[64];
	int fd;

	(void)state;
	begin(&s);
	snprintf(path, sizeof(path), "%s/main", s.directory);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0 && write(fd, "a\n\0b\n", 5) == 5);
	close(fd);
	read_main(&s);
	expect_complaint(&s, "main: wrong: has zero bytes");
	assert_int_equal(truncate(path, 100 << 20), 0);
	read_main(&s);
	expect_complaint(&s, "main: wrong: is larger than any configuration");
	end(&s);
	expect_wrong("\xef\xbb\xbf"
		     "a\n",
		     "main: wrong: begins with a byte order mark");
}

static void test_lines_a_line_that_keepalived_cuts_is_wrong(void **state)
{
	char text[1100];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[1023] = '\0';
	{
		struct scene s;

		read_text(&s, text);
		assert_false(report_is_open(&s.report));
		end(&s);
	}
	text[1023] = 'x';
	text[1024] = '\0';
	expect_wrong(text, "main:1: wrong: a line of more than 1023 characters");
}

/* ---- the tree ---- */

static struct keepalived_node *tree_of(struct scene *s, const char *text)
{
	read_text(s, text);
	return keepalived_tree(&s->arena, &s->report, s->lines);
}

static void test_tree_blocks_and_words(void **state)
{
	struct keepalived_node *root, *a;
	struct scene s;

	(void)state;
	root = tree_of(&s, "a b \"c d\"e {\n  f\n}\ng 'h i'\n");
	a = root->first;
	assert_int_equal(a->words_n, 4);
	assert_string_equal(a->words[2], "c d");
	assert_string_equal(a->words[3], "e");
	assert_true(a->has_block);
	assert_string_equal(a->first->words[0], "f");
	assert_int_equal(a->first->origin.line, 2);
	assert_int_equal(a->end.line, 3);
	/* Single quotes are letters to most keywords. */
	assert_int_equal(a->next->words_n, 3);
	assert_string_equal(a->next->words[1], "'h");
	end(&s);
}

static void test_tree_braces_without_counterpart(void **state)
{
	struct scene s;

	(void)state;
	tree_of(&s, "a {\nb {\nc\n}\n");
	expect_complaint(&s, "main:1: wrong: a: its { is never closed");
	end(&s);
	tree_of(&s, "a {\n}\n}\n");
	expect_complaint(&s, "main:3: wrong: }: there is no block");
	end(&s);
	tree_of(&s, "{\n}\n");
	expect_complaint(&s, "main:1: wrong: {: no keyword");
	end(&s);
}

static void expect_words(const char *text, unsigned n, const char *const *expected)
{
	struct arena arena = { 0 };
	const char *const *words;

	assert_int_equal(keepalived_words(&arena, text, &words), n);
	for (unsigned i = 0; i < n; i++)
		assert_string_equal(words[i], expected[i]);
	arena_free(&arena);
}

static void test_words_of_scripts(void **state)
{
	(void)state;
	expect_words("script \"/x 'a b' c\"", 2, (const char *const[]){ "script", "/x 'a b' c" });
	expect_words("/x 'a b' c", 3, (const char *const[]){ "/x", "a b", "c" });
	expect_words("ab\"c d\"'e f'", 1, (const char *const[]){ "abc de f" });
	expect_words("a\\ b \\\"c \\x41\\102\\n", 3, (const char *const[]){ "a b", "\"c", "AB\n" });
	expect_words("''", 1, (const char *const[]){ "" });
	expect_words("a 'b", 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_comments_are_gone),
		cmocka_unit_test(test_lines_ends_of_other_systems_and_none),
		cmocka_unit_test(test_lines_a_quote_that_stays_open_is_wrong),
		cmocka_unit_test(test_lines_braces_stand_alone),
		cmocka_unit_test(test_lines_conditions_behind_a_brace),
		cmocka_unit_test(test_lines_conditions),
		cmocka_unit_test(test_lines_macros),
		cmocka_unit_test(test_lines_macros_are_put_in_late),
		cmocka_unit_test(test_lines_macros_of_several_lines),
		cmocka_unit_test(test_lines_macros_within_macros),
		cmocka_unit_test(test_lines_a_macro_ends_at_an_empty_line),
		cmocka_unit_test(test_lines_macros_that_are_none),
		cmocka_unit_test(test_lines_macros_without_end),
		cmocka_unit_test(test_lines_a_backslash_continues_nothing_else),
		cmocka_unit_test(test_lines_sequences),
		cmocka_unit_test(test_lines_sequences_of_sequences),
		cmocka_unit_test(test_lines_lists),
		cmocka_unit_test(test_lines_generators_that_are_wrong),
		cmocka_unit_test(test_lines_templates_are_refused),
		cmocka_unit_test(test_lines_includes),
		cmocka_unit_test(test_lines_includes_that_are_wrong),
		cmocka_unit_test(test_lines_an_executable_file_is_wrong),
		cmocka_unit_test(test_lines_files_that_are_no_text),
		cmocka_unit_test(test_lines_a_line_that_keepalived_cuts_is_wrong),
		cmocka_unit_test(test_tree_blocks_and_words),
		cmocka_unit_test(test_tree_braces_without_counterpart),
		cmocka_unit_test(test_words_of_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
