/* SPDX-License-Identifier: MIT */
/*
 * The walkers and the kinds of values, on a schema of this file: every form that a key may have.
 */
#include "test_conf.h"

#include <errno.h>

/* ---- a schema ---- */

struct delay {
	int64_t ns;
};

/* A group with a form without braces. */
struct track {
	char interface[16];
	uint8_t weight;
	struct delay *delays;
	unsigned delays_n;
};

struct item {
	char name[CONF_NAME_SIZE];
	uint16_t number;
	struct track *tracks;
	unsigned tracks_n;
};

struct sample {
	bool flag;
	uint8_t u8;
	int16_t i16;
	uint32_t u32;
	int64_t i64;
	uint8_t color;
	char word[9];
	char socket[13];
	uint16_t interval_cs;
	int64_t delay_ns;
	struct conf_address address;
	struct track link, mac;
	struct item *items;
	unsigned items_n;
	unsigned second_n, third_n;
	struct delay *shared;
	unsigned checked;
};

static const struct conf_key delay_keys[] = {
	{ .field = FIELD(struct delay, ns, "delay", FIELD_DURATION),
	  .kind = &conf_duration,
	  .max = 10 * SECOND,
	  .step = MS },
	CONF_KEYS_END,
};

static const struct conf_schema delay_schema = {
	.noun = "delay",
	.nouns = "delays",
	.size = sizeof(struct delay),
	.keys = delay_keys,
	.brief = "delay",
	.only_brief = true,
};

static const struct conf_key track_keys[] = {
	{ .field = FIELD(struct track, interface, "interface", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = 15,
	  .preset = "\"none\"" },
	{ .field = FIELD(struct track, weight, "weight", FIELD_UINT),
	  .kind = &conf_number,
	  .max = 254,
	  .preset = "7" },
	{ .field = FIELD(struct track, delays, "delays", 0),
	  .element = &delay_schema,
	  .count = offsetof(struct track, delays_n),
	  .max = 4,
	  .preset = "[ \"1s\", \"2s\" ]" },
	CONF_KEYS_END,
};

static const struct conf_schema track_schema = {
	.noun = "track",
	.nouns = "tracks",
	.size = sizeof(struct track),
	.keys = track_keys,
	.brief = "interface",
};

static const struct conf_schema link_schema = {
	.noun = "link",
	.nouns = "links",
	.size = sizeof(struct track),
	.keys = track_keys,
};

static const struct conf_key item_keys[] = {
	{ .field = FIELD(struct item, name, "name", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_NAME_SIZE - 1,
	  .missing = "" },
	{ .field = FIELD(struct item, number, "number", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = 1000,
	  .missing = ", and so much" },
	{ .field = FIELD(struct item, tracks, "tracks", 0),
	  .element = &track_schema,
	  .count = offsetof(struct item, tracks_n),
	  .max = 3 },
	CONF_KEYS_END,
};

static const struct conf_schema item_schema = {
	.noun = "item",
	.nouns = "items",
	.size = sizeof(struct item),
	.keys = item_keys,
};

static const char *const colors[] = { "red", "green", "blue" };
static const struct conf_named names[] = { { "most", 255 }, { "none", 0 }, { NULL, 0 } };

static void check_sample(const struct conf_place *place, void *base)
{
	struct sample *sample = base;
	struct conf_place at = conf_place_of(place, "u8");

	sample->checked++;
	if (sample->u8 == 66 && sample->i64 == 66)
		conf_error_in(&at, "as much as i64");
}

#define OF(member, called, kind) FIELD(struct sample, member, called, kind)
#define SHARED(called, n, ...)                                                                     \
	{                                                                                          \
		.field = OF(shared, called, 0), .element = &delay_schema,                          \
		.count = offsetof(struct sample, n), .max = 3, __VA_ARGS__                         \
	}

static const struct conf_key sample_keys[] = {
	{ .field = OF(flag, "flag", FIELD_BOOL), .kind = &conf_boolean, .preset = "true" },
	{ .field = OF(u8, "u8", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = 200,
	  .named = names,
	  .preset = "\"most\"" },
	{ .field = OF(i16, "i16", FIELD_INT), .kind = &conf_number, .min = -300, .max = 300 },
	{ .field = OF(u32, "u32", FIELD_UINT), .kind = &conf_number, .max = UINT32_MAX },
	{ .field = OF(i64, "i64", FIELD_INT),
	  .kind = &conf_number,
	  .min = INT64_MIN,
	  .max = INT64_MAX },
	{ .field = FIELD_OF_WORDS(struct sample, color, "color", colors),
	  .kind = &conf_choice,
	  .preset = "\"green\"",
	  .later = "blue is not supported yet",
	  .later_value = "\"blue\"" },
	{ .field = OF(word, "word", FIELD_TEXT), .kind = &conf_word, .min = 1, .max = 8 },
	{ .field = OF(socket, "socket", FIELD_TEXT), .kind = &conf_socket, .max = 12 },
	{ .field = FIELD_OF_UNIT(struct sample, interval_cs, "interval", 10 * MS),
	  .kind = &conf_duration,
	  .min = 10 * MS,
	  .max = 40950 * MS,
	  .step = 10 * MS,
	  .preset = "\"1.5s\"" },
	{ .field = OF(delay_ns, "delay", FIELD_DURATION),
	  .kind = &conf_duration,
	  .max = 3600 * SECOND,
	  .step = MS },
	{ .field = OF(address, "address", 0), .kind = &conf_address },
	{ .field = OF(link, "link", 0), .element = &link_schema, .preset = "{ }" },
	{ .field = OF(mac, "mac", 0), .element = &track_schema, .preset = "\"fixed\"" },
	{ .field = OF(items, "items", 0),
	  .element = &item_schema,
	  .count = offsetof(struct sample, items_n),
	  .min = 1,
	  .max = 3 },
	/* In one array, and in no order of rows. */
	SHARED("third", third_n, .before = offsetof(struct sample, second_n)),
	SHARED("second", second_n, .behind = offsetof(struct sample, third_n)),
	{ .field = { .name = "future" }, .later = "the future is not supported yet" },
	CONF_KEYS_END,
};

static const struct conf_schema sample_schema = {
	.noun = "sample",
	.nouns = "samples",
	.size = sizeof(struct sample),
	.keys = sample_keys,
	.check = check_sample,
};

/* ---- reading ---- */

struct reading {
	struct sample sample;
	struct conf_block *blocks;
	struct conf_errors errors;
	int err;
};

static struct reading reading; /* of the test that runs */

static const struct sample *read_text(const char *text)
{
	char path[32];
	int fd = conf_file(text, path);

	conf_blocks_free(reading.blocks);
	memset(&reading, 0, sizeof(reading));
	reading.err =
		conf_read(path, &sample_schema, &reading.sample, &reading.blocks, &reading.errors);
	close(fd);
	return &reading.sample;
}

static const struct sample *read_good(const char *text)
{
	read_text(text);
	assert_string_equal(errors_text(&reading.errors), "");
	assert_int_equal(reading.err, 0);
	return &reading.sample;
}

static void assert_errors(const char *text, const char *errors)
{
	read_text(text);
	assert_string_equal(errors_text(&reading.errors), errors);
	assert_int_equal(reading.err, -EINVAL);
}

static int end_reading(void **state)
{
	(void)state;
	conf_blocks_free(reading.blocks);
	reading.blocks = NULL;
	return 0;
}

static void test_schema_what_is_not_given_is_its_preset(void **state)
{
	const struct sample *s = read_good("");

	(void)state;
	assert_true(s->flag);
	assert_int_equal(s->u8, 255);
	assert_int_equal(s->i16, 0);
	assert_int_equal(s->color, 1);
	assert_string_equal(s->word, "");
	assert_int_equal(s->interval_cs, 150);
	assert_int_equal(s->checked, 1);
	/* Groups have the presets of their keys, and lists may have some, too. */
	assert_string_equal(s->link.interface, "none");
	assert_int_equal(s->link.delays_n, 2);
	assert_int_equal(s->link.delays[1].ns, 2 * SECOND);
	assert_string_equal(s->mac.interface, "fixed");
	assert_int_equal(s->mac.weight, 7);
	assert_int_equal(s->items_n, 0);
}

static void test_schema_every_kind_at_its_ends(void **state)
{
	const struct sample *s =
		read_good("flag = false; u8 = 1; i16 = -300; u32 = 4294967295L;"
			  "i64 = -9223372036854775807L; color = \"red\"; word = \"12345678\";"
			  "socket = \"/run/a.socke\"; interval = \"40.95s\"; delay = \"1h\";"
			  "address = \"192.0.2.1/24\";");

	(void)state;
	assert_false(s->flag);
	assert_int_equal(s->u8, 1);
	assert_int_equal(s->i16, -300);
	assert_int_equal(s->u32, UINT32_MAX);
	assert_int_equal(s->i64, -INT64_MAX);
	assert_int_equal(s->color, 0);
	assert_string_equal(s->word, "12345678");
	assert_string_equal(s->socket, "/run/a.socke");
	assert_int_equal(s->interval_cs, 4095);
	assert_int_equal(s->delay_ns, 3600 * SECOND);
	assert_int_equal(s->address.prefix_len, 24);
	s = read_good("u8 = 200; i16 = 300; i64 = 9223372036854775807L; interval = \"10ms\";"
		      "delay = \"0s\";");
	assert_int_equal(s->u8, 200);
	assert_int_equal(s->i16, 300);
	assert_int_equal(s->i64, INT64_MAX);
	assert_int_equal(s->interval_cs, 1);
	assert_int_equal(read_good("u8 = \"none\";")->u8, 0);
}

static void test_schema_every_kind_beyond_its_ends(void **state)
{
	(void)state;
	assert_errors(
		"flag = 1;\nu8 = 0;\ni16 = -301;\nu32 = -1;\ncolor = \"pink\";\n"
		"word = \"123456789\";\nsocket = \"/run/a.socket\";\ninterval = \"40.96s\";\n"
		"delay = \"1h1s\";\naddress = \"192.0.2.1\";\n",
		"1: flag: expected true or false, got 1; write true\n"
		"2: u8: expected a whole number from 1 to 200, or \"most\", or \"none\", got 0\n"
		"3: i16: expected a whole number from -300 to 300, got -301\n"
		"4: u32: expected a whole number from 0 to 4294967295, got -1\n"
		"5: color: expected \"red\", \"green\" or \"blue\", got \"pink\"\n"
		"6: word: expected 1..8 ASCII characters without blanks, quotes and slashes, "
		"got \"123456789\"\n"
		"7: socket: expected an absolute path of at most 12 characters, got "
		"\"/run/a.socket\"\n"
		"8: interval: expected a duration from \"10ms\" to \"40.95s\", got \"40.96s\"\n"
		"9: delay: expected a duration from \"0s\" to \"1h\", got \"1h1s\"\n"
		"10: address: \"192.0.2.1\" has no prefix length; write that of the network, "
		"\"192.0.2.1/24\", or /32, which is what keepalived means\n");
	assert_errors("u8 = 201;\ni16 = 301;\ninterval = \"15ms\";\ndelay = \"0.5ms\";\n",
		      "1: u8: expected a whole number from 1 to 200, or \"most\", or \"none\", got "
		      "201\n"
		      "2: i16: expected a whole number from -300 to 300, got 301\n"
		      "3: interval: expected a multiple of \"10ms\", got \"15ms\"\n"
		      "4: delay: expected whole milliseconds, got \"0.5ms\"\n");
}

static void test_schema_every_kind_of_another_type(void **state)
{
	static const char *const keys[] = { "flag",   "u8",       "color", "word",
					    "socket", "interval", "delay", "address" };
	char text[64], start[64];

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(text, sizeof(text), "%s = 1.5;", keys[i]);
		snprintf(start, sizeof(start), "1: %s: expected ", keys[i]);
		read_text(text);
		assert_int_equal(reading.errors.total, 1);
		assert_memory_equal(errors_text(&reading.errors), start, strlen(start));
		assert_non_null(strstr(errors_text(&reading.errors), ", got 1.5"));
	}
}

static void test_schema_key_with_an_error_stays_zero_for_the_check(void **state)
{
	(void)state;
	assert_errors("u8 = 66; i64 = 66;", "1: u8: as much as i64\n");
	assert_errors("i64 = 66;\nu8 = 0;\n", "2: u8: expected a whole number from 1 to 200, or "
					      "\"most\", or \"none\", got 0\n");
	assert_int_equal(reading.sample.u8, 0);
	assert_int_equal(reading.sample.checked, 1);
}

static void test_schema_what_is_for_later_is_refused_in_its_words(void **state)
{
	(void)state;
	assert_errors("color = \"blue\";\nfuture = 1;", "1: color: blue is not supported yet\n"
							"2: future: the future is not supported "
							"yet\n");
}

static void test_schema_unknown_key_names_its_neighbour(void **state)
{
	(void)state;
	assert_errors("wrd = 1;\nlink = { wait = 1; weigth = 2; };\nitems = ( { nam = 1; } );",
		      "1: unknown key \"wrd\"; did you mean \"word\"?\n"
		      "2: link: unknown key \"wait\"\n"
		      "2: link: unknown key \"weigth\"; did you mean \"weight\"?\n"
		      "3: item 1: unknown key \"nam\"; did you mean \"name\"?\n"
		      "3: item 1: name is missing\n"
		      "3: item 1: number is missing, and so much\n");
}

/* ---- groups and lists ---- */

static void test_schema_group_and_its_brief_form(void **state)
{
	const struct sample *s = read_good("link = { weight = 3; delays = [ ]; }; mac = \"eth1\";");

	(void)state;
	assert_string_equal(s->link.interface, "none");
	assert_int_equal(s->link.weight, 3);
	assert_int_equal(s->link.delays_n, 0);
	assert_string_equal(s->mac.interface, "eth1");
	assert_int_equal(s->mac.weight, 7);
	assert_int_equal(read_good("mac = { weight = 9; };")->mac.weight, 9);
}

static void test_schema_group_errors_name_the_key_with_a_dot(void **state)
{
	(void)state;
	assert_errors("link = { weight = 300; delays = [ \"1s\", \"1w\" ]; };",
		      "1: link.weight: expected a whole number from 0 to 254, got 300\n"
		      "1: link.delays: expected a duration from \"0s\" to \"10s\", got \"1w\"; one "
		      "unit of ms, s, m, h and d stands behind each number, the longest first\n");
	/* Without braces only what has a form without them. */
	assert_errors("link = \"eth1\";", "1: link: expected a group { ... }, got \"eth1\"\n");
	assert_errors("mac = 7;",
		      "1: mac: expected 1..15 ASCII characters without blanks, quotes and "
		      "slashes, got 7\n");
}

static void test_schema_list_of_groups_in_a_list_of_groups(void **state)
{
	const struct sample *s = read_good("items = ( { name = \"a\"; number = 1; },\n"
					   "{ name = \"b\"; number = 2; tracks = ( \"eth1\",\n"
					   "{ interface = \"eth2\"; weight = 1; } ); } );");

	(void)state;
	assert_int_equal(s->items_n, 2);
	assert_string_equal(s->items[1].name, "b");
	assert_int_equal(s->items[1].tracks_n, 2);
	assert_string_equal(s->items[1].tracks[0].interface, "eth1");
	assert_int_equal(s->items[1].tracks[0].weight, 7);
	assert_int_equal(s->items[1].tracks[0].delays_n, 2);
	assert_int_equal(s->items[1].tracks[1].weight, 1);
	/* Where there is a form without braces, an array will do as well. */
	s = read_good("items = ( { name = \"a\"; number = 1; tracks = [ \"x\", \"y\" ]; } );");
	assert_string_equal(s->items[0].tracks[1].interface, "y");
}

static void test_schema_list_errors_name_the_element(void **state)
{
	(void)state;
	assert_errors("items = ( { number = 0; },\n{ name = \"b\"; number = 1; tracks = ( \"x\",\n"
		      "{ weight = -1; }, 5 ); },\n7 );",
		      "1: item 1: number: expected a whole number from 1 to 1000, got 0\n"
		      "1: item 1: name is missing\n"
		      "3: b: track 2: weight: expected a whole number from 0 to 254, got -1\n"
		      "3: b: tracks: expected 1..15 ASCII characters without blanks, quotes and "
		      "slashes, got 5\n"
		      "4: items: expected a group { ... } per item, got 7\n");
}

static void test_schema_list_length_and_form(void **state)
{
	(void)state;
	assert_errors("items = ( );", "1: items: expected 1 to 3 items, got 0\n");
	assert_errors("items = ( 1, 2, 3, 4 );", "1: items: expected 1 to 3 items, got 4\n");
	assert_errors("items = [ 1 ];", "1: items: expected a list of groups, ( { ... }, { ... } "
					"), got an array [ ... ]\n");
	assert_errors("third = [ \"1s\", \"1s\", \"1s\", \"1s\" ];",
		      "1: third: expected an array [ ... ] of 0 to 3 delays, got 4\n");
	assert_errors("third = \"1s\";",
		      "1: third: expected an array [ ... ] of 0 to 3 delays, got \"1s\"\n");
	/* Values of a list that have no form with braces. */
	assert_errors(
		"third = ( { delay = \"1s\"; } );",
		"1: third: expected a duration from \"0s\" to \"10s\", got a group { ... }\n");
}

static void test_schema_lists_in_one_array_whatever_the_order_of_rows(void **state)
{
	const struct sample *s = read_good("third = [ \"3s\", \"4s\" ]; second = [ \"1s\" ];");

	(void)state;
	assert_int_equal(s->second_n, 1);
	assert_int_equal(s->third_n, 2);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(s->shared[i].ns, (i ? i + 2 : 1) * SECOND);
	assert_int_equal(read_good("third = [ \"3s\" ];")->shared[0].ns, 3 * SECOND);
}

/* ---- writing ---- */

static const char all[] = "flag = false;\n"
			  "u8 = \"most\";\n"
			  "i16 = -5;\n"
			  "u32 = 4294967295L;\n"
			  "i64 = 0;\n"
			  "color = \"red\";\n"
			  "word = \"x\";\n"
			  "socket = \"/a\\\\b\\\"c\";\n"
			  "interval = \"250ms\";\n"
			  "delay = \"2m\";\n"
			  "address = \"192.0.2.1/24\";\n"
			  "link = {\n"
			  "  interface = \"none\";\n"
			  "  weight = 7;\n"
			  "  delays = [ \"1s\", \"2s\" ];\n"
			  "};\n"
			  "mac = {\n"
			  "  interface = \"eth1\";\n"
			  "  weight = 7;\n"
			  "  delays = [ ];\n"
			  "};\n"
			  "items = (\n"
			  "  {\n"
			  "    name = \"a\";\n"
			  "    number = 1;\n"
			  "    tracks = ( );\n"
			  "  },\n"
			  "  {\n"
			  "    name = \"b\";\n"
			  "    number = 2;\n"
			  "    tracks = (\n"
			  "      {\n"
			  "        interface = \"eth1\";\n"
			  "        weight = 7;\n"
			  "        delays = [ \"0s\" ];\n"
			  "      }\n"
			  "    );\n"
			  "  }\n"
			  ");\n"
			  "third = [ \"3s\" ];\n"
			  "second = [ \"1s\", \"1500ms\" ];\n";

static void test_schema_what_is_written_reads_and_writes_the_same(void **state)
{
	char *text = written(&sample_schema, read_good(all)), *again;

	(void)state;
	assert_string_equal(text, all);
	again = written(&sample_schema, read_good(text));
	assert_string_equal(again, text);
	free(again);
	free(text);
}

static void test_schema_presets_and_empty_lists_are_written_out(void **state)
{
	char *text = written(&sample_schema, read_good("word = \"x\"; socket = \"/s\";"
						       "address = \"192.0.2.1/24\";"));

	(void)state;
	assert_non_null(strstr(text, "flag = true;\nu8 = \"most\";\n"));
	assert_non_null(strstr(text, "interval = \"1500ms\";\n"));
	assert_non_null(strstr(text, "third = [ ];\nsecond = [ ];\n"));
	/* A file cannot have it empty. */
	assert_null(strstr(text, "items"));
	free(text);
}

/* ---- memory ---- */

static void test_memory_grows_in_place_and_moves_when_it_cannot(void **state)
{
	struct conf_block *blocks = NULL;
	uint64_t *numbers = conf_alloc(&blocks, NULL, 0, 1, sizeof(*numbers));
	uint64_t *grown, *other;
	char *byte;

	(void)state;
	numbers[0] = 1;
	grown = conf_alloc(&blocks, numbers, 1, 3, sizeof(*numbers));
	assert_ptr_equal(grown, numbers);
	assert_int_equal(grown[0] + grown[1] + grown[2], 1);
	byte = conf_alloc(&blocks, NULL, 0, 1, 1);
	*byte = 'x';
	other = conf_alloc(&blocks, grown, 3, 4, sizeof(*numbers));
	assert_ptr_not_equal(other, grown);
	assert_int_equal((uintptr_t)other % sizeof(*numbers), 0);
	assert_int_equal(other[0] + other[3], 1);
	/* Larger than any block, and small ones behind it. */
	other = conf_alloc(&blocks, other, 4, 100000, sizeof(*numbers));
	assert_int_equal(other[0] + other[99999], 1);
	numbers = conf_alloc(&blocks, NULL, 0, 10, sizeof(*numbers));
	assert_int_equal(numbers[9], 0);
	assert_int_equal(*byte, 'x');
	conf_blocks_free(blocks);
	conf_blocks_free(NULL);
}

static void test_memory_of_many_small_ones_does_not_overlap(void **state)
{
	struct conf_block *blocks = NULL;
	uint16_t *all_of_them[5000];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		all_of_them[i] = conf_alloc(&blocks, NULL, 0, 1 + i % 9, sizeof(uint16_t));
		for (unsigned k = 0; k < 1 + i % 9; k++) {
			assert_int_equal(all_of_them[i][k], 0);
			all_of_them[i][k] = (uint16_t)i;
		}
	}
	for (unsigned i = 0; i < 5000; i++)
		for (unsigned k = 0; k < 1 + i % 9; k++)
			assert_int_equal(all_of_them[i][k], i);
	conf_blocks_free(blocks);
}

#define TEST(name) cmocka_unit_test_teardown(name, end_reading)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_schema_what_is_not_given_is_its_preset),
		TEST(test_schema_every_kind_at_its_ends),
		TEST(test_schema_every_kind_beyond_its_ends),
		TEST(test_schema_every_kind_of_another_type),
		TEST(test_schema_key_with_an_error_stays_zero_for_the_check),
		TEST(test_schema_what_is_for_later_is_refused_in_its_words),
		TEST(test_schema_unknown_key_names_its_neighbour),
		TEST(test_schema_group_and_its_brief_form),
		TEST(test_schema_group_errors_name_the_key_with_a_dot),
		TEST(test_schema_list_of_groups_in_a_list_of_groups),
		TEST(test_schema_list_errors_name_the_element),
		TEST(test_schema_list_length_and_form),
		TEST(test_schema_lists_in_one_array_whatever_the_order_of_rows),
		TEST(test_schema_what_is_written_reads_and_writes_the_same),
		TEST(test_schema_presets_and_empty_lists_are_written_out),
		TEST(test_memory_grows_in_place_and_moves_when_it_cannot),
		TEST(test_memory_of_many_small_ones_does_not_overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
