/* SPDX-License-Identifier: MIT */
/*
 * Guests: which addresses are some, what becomes of their routers when the interface goes, and when
 * they must be announced again.
 */
#include "address_scene.h"

static struct scene scene;

static int build(void **state)
{
	(void)state;
	scene = (struct scene){ 0 };
	scene_add(&scene, 0, 1, "eth0");
	scene_add(&scene, 0, 2, "eth1");
	scene_add(&scene, 0, 3, "eth2")->required = CONF_NO;
	scene_add(&scene, 1, 4, "eth0");
	scene_add(&scene, 1, 5, "eth1");
	scene_open(&scene);
	return 0;
}

static int destroy(void **state)
{
	(void)state;
	scene_close(&scene);
	return 0;
}

static struct vrrp_reason fault(void)
{
	return guests_fault(&scene.routers, &scene.all[0]);
}

static void test_guests_of_an_interface_are_found_in_order(void **state)
{
	unsigned eth1 = interfaces_add(scene.routers.interfaces, "eth1");
	uint32_t i = scene.routers.guests.places[eth1].first;

	(void)state;
	assert_int_equal(i, 1 + 1); /* the second one of the first router */
	i = scene.routers.guests.next[i - 1];
	assert_int_equal(i, 4 + 1); /* the second one of the other */
	assert_int_equal(scene.routers.guests.next[i - 1], 0);
	assert_int_equal(scene.all[0].guests_n, 2);
	assert_int_equal(scene.all[1].guests_n, 1);
	i = interfaces_add(scene.routers.interfaces, "eth0");
	assert_int_equal(scene.routers.guests.places[i].first, 0);
}

static void test_guests_of_the_other_family_are_some_at_home(void **state)
{
	static struct scene other;

	(void)state;
	scene_add(&other, 0, 1, "eth0")->family = 6;
	scene_open(&other);
	assert_int_equal(other.all[0].guests_n, 1);
	/* Its LAN judges that interface. */
	assert_int_equal(guests_fault(&other.routers, &other.all[0]).code, VRRP_REASON_NONE);
	scene_close(&other);
}

static void test_guests_that_are_required_are_a_fault_of_their_router(void **state)
{
	(void)state;
	assert_int_equal(fault().code, VRRP_REASON_ADDRESS_LINK_MISSING);
	assert_string_equal(fault().interface, "eth1");
	scene_link(&scene, "eth1", 7, false, false);
	assert_int_equal(fault().code, VRRP_REASON_ADDRESS_LINK_DOWN);
	scene_link(&scene, "eth1", 7, true, false);
	assert_int_equal(fault().code, VRRP_REASON_ADDRESS_NO_CARRIER);
	assert_string_equal(fault().interface, "eth1");
	scene_link(&scene, "eth1", 7, true, true);
	assert_int_equal(fault().code, VRRP_REASON_NONE); /* eth2 is not required */
	scene_link(&scene, "eth1", 0, false, false);
	assert_int_equal(fault().code, VRRP_REASON_ADDRESS_LINK_MISSING);
}

static void test_guests_that_are_not_required_come_when_their_interface_is_up(void **state)
{
	(void)state;
	assert_true(guests_can_come(&scene.routers, &scene.all[0], 0));
	assert_true(guests_can_come(&scene.routers, &scene.all[0], 1));
	assert_false(guests_can_come(&scene.routers, &scene.all[0], 2));
	scene_link(&scene, "eth2", 8, false, false);
	assert_false(guests_can_come(&scene.routers, &scene.all[0], 2));
	scene_link(&scene, "eth2", 8, true, false);
	assert_true(guests_can_come(&scene.routers, &scene.all[0], 2));
}

static void assert_news(unsigned number, bool index, bool up, bool announce)
{
	struct guests_news news = guests_assess(&scene.routers, number);

	assert_int_equal(news.index, index);
	assert_int_equal(news.up, up);
	assert_int_equal(news.announce, announce);
}

static void test_guests_are_announced_again_when_it_was_wrong_or_lost(void **state)
{
	unsigned eth1 = scene_link(&scene, "eth1", 7, true, true);
	struct interface *interface =
		(struct interface *)interfaces_get(scene.routers.interfaces, eth1);

	(void)state;
	assert_news(eth1, true, true, false); /* the claim announces */
	assert_news(eth1, false, false, false);
	interface->mac[5] = 9;
	assert_news(eth1, false, false, true);
	interface->forwards6 = true;
	assert_news(eth1, false, false, true);
	scene_link(&scene, "eth1", 7, true, false);
	assert_news(eth1, false, false, false);
	interface->mac[5] = 8; /* nobody could hear it */
	assert_news(eth1, false, false, false);
	scene_link(&scene, "eth1", 7, true, true);
	assert_news(eth1, false, false, true);
	scene_link(&scene, "eth1", 0, false, false);
	assert_news(eth1, true, true, false);
}

static void test_guests_doubt_each_interface_once_and_none_without(void **state)
{
	unsigned eth0 = interfaces_add(scene.routers.interfaces, "eth0");
	unsigned eth1 = interfaces_add(scene.routers.interfaces, "eth1");

	(void)state;
	assert_int_equal(scene.routers.guests.doubtful_n, 2); /* of all at first */
	scene.routers.guests.doubtful_n = 0;
	(void)guests_assess(&scene.routers, eth1);
	guests_doubt(&scene.routers, eth0);
	assert_int_equal(scene.routers.guests.doubtful_n, 0);
	guests_doubt(&scene.routers, eth1);
	guests_doubt(&scene.routers, eth1);
	assert_int_equal(scene.routers.guests.doubtful_n, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, build, destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_guests_of_an_interface_are_found_in_order),
		TEST(test_guests_of_the_other_family_are_some_at_home),
		TEST(test_guests_that_are_required_are_a_fault_of_their_router),
		TEST(test_guests_that_are_not_required_come_when_their_interface_is_up),
		TEST(test_guests_are_announced_again_when_it_was_wrong_or_lost),
		TEST(test_guests_doubt_each_interface_once_and_none_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
