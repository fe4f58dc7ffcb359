/* SPDX-License-Identifier: MIT */
/*
 * The table of keys itself: every row is one that the walkers can rely on.
 */
#include "test_conf.h"

static void for_rows(const struct conf_schema *schema,
		     void (*each)(const struct conf_schema *, const struct conf_key *))
{
	for (const struct conf_key *key = schema->keys; key->field.name; key++) {
		const struct conf_key *row = key->header ? key->header : key;

		each(schema, key);
		if (row->element)
			for_rows(row->element, each);
	}
}

static void assert_fits(const struct conf_key *key, int64_t number)
{
	uint64_t bytes[16] = { 0 };
	struct field field = key->field;

	field.offset = 0;
	fields_set_number(&field, bytes, number);
	if (fields_number(&field, bytes) != number)
		fail_msg("%s: %jd is too much for its member", field.name, (intmax_t)number);
}

static void check_range(const struct conf_schema *schema, const struct conf_key *key)
{
	int64_t scale = key->field.scale ? key->field.scale : 1;

	(void)schema;
	if (!conf_key_has_value(key)) {
		assert_true(key->later || key->header);
		return;
	}
	if (key->kind != &conf_boolean && key->kind != &conf_choice && key->kind != &conf_address &&
	    key->kind != &conf_sources && key->kind != &conf_host &&
	    key->kind != &conf_link_local && key->kind != &conf_yes_no &&
	    key->kind != &conf_broadcast && key->kind != &conf_multicast &&
	    key->kind != &conf_unicast_mac && key->kind != &conf_destination &&
	    key->kind != &conf_network && key->kind != &conf_fwmark &&
	    !(key->element && !key->count))
		assert_true(key->min <= key->max && key->max > 0);
	if (key->kind == &conf_word || key->kind == &conf_socket || key->kind == &conf_password)
		assert_true(key->max < key->field.size);
	if (key->kind != &conf_number && key->kind != &conf_duration)
		return;
	assert_fits(key, key->min / scale);
	assert_fits(key, key->max / scale);
	for (const struct conf_named *it = key->named; it && it->name; it++) {
		assert_fits(key, it->value);
		assert_true(it->value < key->min || it->value > key->max);
	}
	/* What can be written can be kept, to the nanosecond. */
	assert_true(scale == 1 || (key->step && key->step % scale == 0));
}

static void test_keys_ranges_fit_their_members(void **state)
{
	(void)state;
	for_rows(&conf_file_schema, check_range);
}

static void check_choice(const struct conf_schema *schema, const struct conf_key *key)
{
	(void)schema;
	if (key->kind != &conf_choice)
		return;
	assert_true(key->field.words_n > 0);
	for (unsigned i = 0; i < key->field.words_n; i++)
		assert_non_null(key->field.words[i]);
}

static void test_keys_every_value_of_a_choice_has_a_word(void **state)
{
	(void)state;
	for_rows(&conf_file_schema, check_choice);
}

static void check_place(const struct conf_schema *schema, const struct conf_key *key)
{
	size_t rows_n = 0;

	if (conf_key_has_value(key))
		assert_true(key->field.offset + (size_t)key->field.size <= schema->size);
	if (schema->brief)
		assert_non_null(conf_key_find(schema, schema->brief));
	while (schema->keys[rows_n].field.name)
		rows_n++;
	assert_true(rows_n < CONF_KEYS_MAX);
	assert_ptr_equal(conf_key_find(schema, key->field.name), key); /* not there twice */
	/* It is there or it must be: else nobody could say what it is. */
	assert_false(key->missing && key->preset);
}

static void test_keys_lie_in_their_struct_and_are_there_once(void **state)
{
	(void)state;
	for_rows(&conf_file_schema, check_place);
}

static const struct conf *minimal; /* of the test that runs */

static void check_preset(const struct conf_schema *schema, const struct conf_key *key)
{
	bool of_router = strcmp(schema->noun, "router") == 0;
	const void *base = of_router ? (const void *)minimal->routers : minimal;
	char text[FIELDS_TEXT_SIZE], quoted[FIELDS_TEXT_SIZE + 2];

	if (!key->kind || !key->preset || (!of_router && schema != &conf_file_schema))
		return;
	snprintf(quoted, sizeof(quoted), key->kind->text(key, base, text) ? "\"%s\"" : "%s", text);
	assert_string_equal(quoted, key->preset);
}

static void test_keys_presets_are_as_they_are_written(void **state)
{
	struct conf *conf = conf_of("routers = ( { name = \"a\"; interface = \"eth0\"; vrid = 1; "
				    "addresses = [ \"192.0.2.1/24\" ]; } );");

	(void)state;
	minimal = conf;
	for_rows(&conf_file_schema, check_preset);
	minimal = NULL;
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_ranges_fit_their_members),
		cmocka_unit_test(test_keys_every_value_of_a_choice_has_a_word),
		cmocka_unit_test(test_keys_lie_in_their_struct_and_are_there_once),
		cmocka_unit_test(test_keys_presets_are_as_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
