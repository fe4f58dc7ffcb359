/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/router/routers_private.h"

#define MANY 8160u

/* So many names, each of two routers, in an order that is not theirs. */
static struct routers *many(unsigned n)
{
	struct routers *routers = calloc(1, sizeof(*routers));
	struct conf_router *confs = calloc(2 * n, sizeof(*confs));

	assert_non_null(routers);
	assert_non_null(confs);
	routers->n = 2 * n;
	routers->all = calloc(2 * n, sizeof(*routers->all));
	assert_non_null(routers->all);
	for (unsigned i = 0; i < 2 * n; i++) {
		snprintf(confs[i].name, sizeof(confs[i].name), "r%u", i * 7919u % n);
		routers->all[i].conf = &confs[i];
	}
	assert_int_equal(names_init(routers), 0);
	return routers;
}

static void release(struct routers *routers)
{
	names_fini(routers);
	free((void *)routers->all[0].conf);
	free(routers->all);
	free(routers);
}

static void test_names_each_is_found_with_all_its_routers_in_their_order(void **state)
{
	struct routers *routers = many(MANY);
	struct router *const *named;
	char name[16];
	unsigned n;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "r%u", i);
		named = names_find(routers, name, &n);
		assert_int_equal(n, 2);
		assert_string_equal(named[0]->conf->name, name);
		assert_string_equal(named[1]->conf->name, name);
		assert_true(named[0] < named[1]);
	}
	release(routers);
}

static void test_names_of_nobody_finds_none(void **state)
{
	static const char *const names[] = { "", "a", "r", "r10", "r1x", "z" };
	struct routers *routers = many(10);
	unsigned n;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = 99;
		(void)names_find(routers, names[i], &n);
		assert_int_equal(n, 0);
	}
	release(routers);
}

static void test_note_gone_is_of_the_name_until_an_empty_one(void **state)
{
	struct routers *routers = many(10);
	unsigned gone = 0;

	(void)state;
	routers_note_gone(routers, "r3");
	routers_note_gone(routers, "nobody");
	routers_note_gone(routers, "r5");
	for (unsigned i = 0; i < routers->n; i++)
		gone += routers->all[i].gone;
	assert_int_equal(gone, 4);
	routers_note_gone(routers, "");
	for (unsigned i = 0; i < routers->n; i++)
		assert_false(routers->all[i].gone);
	release(routers);
}

/* A reason outlives the process that has it, and a reload may change the group. */
static void test_names_ids_are_for_ever_and_found_among_mates_alone(void **state)
{
	static const char *const names[] = { "lan", "wan", "dmz" };
	struct conf_router confs[3] = { 0 };
	struct router routers[3] = { 0 };
	struct vrrp_member members[2];
	struct vrrp_unit unit;

	(void)state;
	vrrp_unit_init(&unit, members);
	for (unsigned i = 0; i < 3; i++) {
		strcpy(confs[i].name, names[i]);
		routers[i].conf = &confs[i];
	}
	for (unsigned i = 0; i < 2; i++) {
		routers[i].unit = &unit;
		routers[i].member = vrrp_unit_add(&unit, &routers[i].vr, i);
		members[i].id = names_id(names[i]);
	}
	assert_int_equal(names_id("lan"), 0x56608010);
	assert_string_equal(names_of_mate(&routers[0], names_id("wan")), "wan");
	assert_string_equal(names_of_mate(&routers[1], names_id("lan")), "lan");
	assert_string_equal(names_of_mate(&routers[1], names_id("dmz")), "");
	assert_string_equal(names_of_mate(&routers[1], 0), "");
	assert_string_equal(names_of_mate(&routers[2], names_id("dmz")), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_ids_are_for_ever_and_found_among_mates_alone),
		cmocka_unit_test(test_names_each_is_found_with_all_its_routers_in_their_order),
		cmocka_unit_test(test_names_of_nobody_finds_none),
		cmocka_unit_test(test_note_gone_is_of_the_name_until_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
