/* SPDX-License-Identifier: MIT */
/*
 * Twins: an address of ours that somebody has on another interface of this host is known, once, as
 * long as it is there; what is ours, or configured there, is none.
 */
#include "address_scene.h"

#define ETH0 2
#define ETH1 3
#define LO   1

static struct scene scene;

static int build(void **state)
{
	(void)state;
	scene = (struct scene){ 0 };
	scene_add(&scene, 0, 1, "eth0");
	scene_add(&scene, 0, 2, "eth0");
	scene_add(&scene, 1, 2, "eth1");
	scene_open(&scene);
	scene_link(&scene, "eth0", ETH0, true, true);
	scene_link(&scene, "eth1", ETH1, true, true);
	return 0;
}

static int destroy(void **state)
{
	(void)state;
	scene_close(&scene);
	return 0;
}

static struct kern_object address(uint8_t last, int ifindex)
{
	return (struct kern_object){ .type = KERN_OBJECT_ENTRY,
				     .kind = KERN_KIND_ADDRESS,
				     .address = { .ifindex = ifindex,
						  .family = 4,
						  .prefix_len = 32,
						  .bytes = { 192, 0, 2, last } } };
}

static void comes(uint8_t last, int ifindex)
{
	struct kern_object object = address(last, ifindex);

	twins_see(&scene.routers, &object);
}

static void goes(uint8_t last, int ifindex)
{
	struct kern_object object = address(last, ifindex);

	object.gone = true;
	twins_see(&scene.routers, &object);
}

static void test_twins_come_and_go_and_are_told_once(void **state)
{
	(void)state;
	comes(1, LO);
	assert_int_equal(twins_of(&scene.routers, 0), LO);
	assert_int_equal(twins_of(&scene.routers, 1), 0);
	assert_int_equal(scene.routers.twins.untold_n, 1);
	comes(1, LO);
	assert_int_equal(scene.routers.twins.untold_n, 1);
	twins_tell(&scene.routers);
	comes(1, LO);
	assert_int_equal(scene.routers.twins.untold_n, 0);
	goes(1, LO);
	assert_int_equal(twins_of(&scene.routers, 0), 0);
	comes(1, LO);
	assert_int_equal(scene.routers.twins.untold_n, 1);
}

static void test_twins_are_no_address_of_ones_own_interface_nor_another_one(void **state)
{
	(void)state;
	comes(1, ETH0);
	comes(7, LO);
	assert_int_equal(twins_of(&scene.routers, 0), 0);
	assert_int_equal(scene.routers.twins.untold_n, 0);
}

static void test_twins_are_nothing_that_vipd_added(void **state)
{
	struct kern_object object = address(1, LO);

	(void)state;
	object.address.mark = KERN_ADDRESS_MARK;
	twins_see(&scene.routers, &object);
	assert_int_equal(twins_of(&scene.routers, 0), 0);
}

static void test_twins_are_nothing_that_is_configured_there(void **state)
{
	(void)state;
	comes(2, ETH1); /* that of the other router: the wants tell of it */
	assert_int_equal(twins_of(&scene.routers, 1), 0);
	assert_int_equal(twins_of(&scene.routers, 2), 0);
	comes(2, LO); /* that of both */
	assert_int_equal(twins_of(&scene.routers, 1), LO);
	assert_int_equal(twins_of(&scene.routers, 2), LO);
	assert_int_equal(scene.routers.twins.untold_n, 2);
}

static void test_twins_that_a_dump_does_not_show_are_gone(void **state)
{
	(void)state;
	comes(1, LO);
	comes(2, LO);
	twins_dump_begin(&scene.routers);
	comes(2, LO);
	twins_dump_end(&scene.routers);
	assert_int_equal(twins_of(&scene.routers, 0), 0);
	assert_int_equal(twins_of(&scene.routers, 1), LO);
	/* One that has moved meanwhile is still one, and was told. */
	twins_tell(&scene.routers);
	twins_dump_begin(&scene.routers);
	comes(2, 9);
	twins_dump_end(&scene.routers);
	assert_int_equal(twins_of(&scene.routers, 1), 9);
	assert_int_equal(scene.routers.twins.untold_n, 0);
}

static void test_twins_of_an_interface_that_becomes_ones_own_are_none(void **state)
{
	(void)state;
	comes(1, 9);
	assert_int_equal(twins_of(&scene.routers, 0), 9);
	scene_link(&scene, "eth0", 0, false, false);
	scene_link(&scene, "eth0", 9, true, true);
	assert_int_equal(twins_of(&scene.routers, 0), 0);
}

static void test_twins_of_link_local_addresses_are_none(void **state)
{
	static struct scene other;
	struct conf_address *conf = scene_add(&other, 0, 1, "eth0");
	struct kern_object object = address(1, LO);

	(void)state;
	conf->family = object.address.family = 6;
	memcpy(conf->bytes, (const uint8_t[16]){ 0xfe, 0x80, [15] = 1 }, 16);
	memcpy(object.address.bytes, conf->bytes, 16);
	scene_open(&other);
	twins_see(&other.routers, &object);
	assert_int_equal(twins_of(&other.routers, 0), 0);
	scene_close(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, build, destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_twins_come_and_go_and_are_told_once),
		TEST(test_twins_are_no_address_of_ones_own_interface_nor_another_one),
		TEST(test_twins_are_nothing_that_vipd_added),
		TEST(test_twins_are_nothing_that_is_configured_there),
		TEST(test_twins_that_a_dump_does_not_show_are_gone),
		TEST(test_twins_of_an_interface_that_becomes_ones_own_are_none),
		TEST(test_twins_of_link_local_addresses_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
