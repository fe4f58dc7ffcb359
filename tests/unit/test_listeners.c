/* SPDX-License-Identifier: MIT */
/* Groups of IPv6 that are to be reported: how many make a frame. */
#include "test.h"

#include "agent/router/listeners.h"
#include "agent/router/routers.h"

static struct router routers[2];
static struct listeners listeners;

static bool add(unsigned router, int ifindex, uint8_t last)
{
	const uint8_t address[16] = { 0x20, 0x01, [12] = last, [15] = last };

	return listeners_add(&listeners, &routers[router], ifindex, address);
}

static void test_listeners_are_the_solicited_node_groups(void **state)
{
	static const uint8_t group[16] = { 0xff, 0x02, [11] = 1, 0xff, [15] = 7 };

	(void)state;
	assert_int_equal(listeners_take(&listeners), 0);
	assert_true(add(0, 1, 7));
	assert_int_equal(listeners_take(&listeners), 1);
	assert_memory_equal(listeners.groups[0], group, sizeof(group));
	assert_int_equal(listeners_take(&listeners), 0);
}

/* Addresses of other networks may have the same last 24 bits. */
static void test_listeners_say_a_group_once(void **state)
{
	static const uint8_t other[16] = { 0xfe, 0x80, [15] = 7 };

	(void)state;
	assert_true(add(0, 1, 7) && add(0, 1, 8));
	assert_true(listeners_add(&listeners, &routers[0], 1, other));
	assert_int_equal(listeners_take(&listeners), 2);
}

static void test_listeners_of_one_router_on_one_interface_make_a_frame(void **state)
{
	(void)state;
	assert_true(add(0, 1, 1));
	assert_false(add(1, 1, 2));
	assert_false(add(0, 2, 2));
	assert_int_equal(listeners_take(&listeners), 1);
	assert_true(add(1, 2, 2));
	assert_ptr_equal(listeners.router, &routers[1]);
	assert_int_equal(listeners.ifindex, 2);
	assert_int_equal(listeners_take(&listeners), 1);
}

static void test_listeners_that_are_too_many_wait_for_the_next_frame(void **state)
{
	(void)state;
	for (unsigned i = 0; i < KERN_FRAME_MLD_GROUPS_MAX; i++)
		assert_true(add(0, 1, (uint8_t)i));
	assert_false(add(0, 1, 200));
	assert_true(add(0, 1, 0));
	assert_int_equal(listeners_take(&listeners), KERN_FRAME_MLD_GROUPS_MAX);
	assert_true(add(0, 1, 200));
	assert_int_equal(listeners_take(&listeners), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listeners_are_the_solicited_node_groups),
		cmocka_unit_test(test_listeners_say_a_group_once),
		cmocka_unit_test(test_listeners_of_one_router_on_one_interface_make_a_frame),
		cmocka_unit_test(test_listeners_that_are_too_many_wait_for_the_next_frame),
	};

	return cmocka_run_group_tests_name("listeners", tests, NULL, NULL);
}
