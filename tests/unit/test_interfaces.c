/* SPDX-License-Identifier: MIT */
/*
 * Interfaces are followed by name, found by name and index, and what the kernel shows of one never
 * passes for another.
 */
#include "test.h"

#include "links.h"

static struct interfaces *two(void)
{
	struct interfaces *interfaces;

	assert_int_equal(interfaces_new(2, &interfaces), 0);
	assert_int_equal(interfaces_add(interfaces, "eth0"), 0);
	assert_int_equal(interfaces_add(interfaces, "eth1"), 1);
	assert_int_equal(interfaces_add(interfaces, "eth0"), 0);
	assert_int_equal(interfaces_count(interfaces), 2);
	return interfaces;
}

static void test_interfaces_are_found_by_the_index_that_they_have_now(void **state)
{
	struct interfaces *interfaces = two();

	(void)state;
	assert_int_equal(interfaces_at(interfaces, 0), -1);
	assert_int_equal(see(interfaces, link_of(7, "eth1")), 1);
	assert_int_equal(interfaces_at(interfaces, 7), 1);
	assert_int_equal(see(interfaces, link_of(8, "other")), 0);
	assert_int_equal(interfaces_at(interfaces, 8), -1);
	assert_int_equal(see(interfaces, gone_link(7, "eth1")), 1);
	assert_int_equal(interfaces_at(interfaces, 7), -1);
	assert_int_equal(interfaces_get(interfaces, 1)->ifindex, 0);
	assert_int_equal(see(interfaces, link_of(9, "eth1")), 1);
	assert_int_equal(interfaces_at(interfaces, 9), 1);
	interfaces_free(interfaces);
}

static void test_interfaces_that_are_renamed_are_lost_and_found(void **state)
{
	struct interfaces *interfaces = two();
	unsigned seen[INTERFACES_SEEN_MAX];
	struct kern_object object = link_of(3, "eth1");

	(void)state;
	see(interfaces, link_of(3, "eth0"));
	assert_int_equal(interfaces_see(interfaces, &object, seen),
			 2); /* eth0 is called eth1 now */
	assert_int_equal(seen[0] + seen[1], 1);
	assert_int_equal(interfaces_get(interfaces, 0)->ifindex, 0);
	assert_int_equal(interfaces_at(interfaces, 3), 1);
	assert_int_equal(see(interfaces, link_of(3, "elsewhere")), 1);
	assert_int_equal(interfaces_at(interfaces, 3), -1);
	interfaces_free(interfaces);
}

static struct kern_object link_also(int ifindex, const char *name, const char *altname)
{
	struct kern_object object = link_of(ifindex, name);

	strcpy(object.link.altnames[object.link.altnames_n++], "not-followed");
	strcpy(object.link.altnames[object.link.altnames_n++], altname);
	return object;
}

static void test_interfaces_are_found_by_an_alternative_name(void **state)
{
	struct interfaces *interfaces = two();

	(void)state;
	assert_int_equal(see(interfaces, link_also(3, "enp1s0", "eth1")), 1);
	assert_int_equal(interfaces_at(interfaces, 3), 1);
	assert_string_equal(interfaces_get(interfaces, 1)->name, "eth1");
	/* Renamed, it still has that name; without, it is another interface. */
	assert_int_equal(see(interfaces, link_also(3, "enp2s0", "eth1")), 1);
	assert_int_equal(interfaces_at(interfaces, 3), 1);
	assert_int_equal(see(interfaces, link_of(3, "enp2s0")), 1);
	assert_int_equal(interfaces_at(interfaces, 3), -1);
	/* Another one has it now. */
	assert_int_equal(see(interfaces, link_also(4, "enp3s0", "eth1")), 1);
	assert_int_equal(interfaces_at(interfaces, 4), 1);
	interfaces_free(interfaces);
}

static void test_interfaces_of_two_names_have_the_first_one(void **state)
{
	struct interfaces *interfaces = two();

	(void)state;
	see(interfaces, link_also(3, "x", "eth1"));
	assert_int_equal(interfaces_at(interfaces, 3), 1);
	/* Its own name is followed, too: there is one router per VRID on an interface. */
	assert_int_equal(see(interfaces, link_also(3, "eth0", "eth1")), 2);
	assert_int_equal(interfaces_at(interfaces, 3), 0);
	assert_int_equal(interfaces_get(interfaces, 1)->ifindex, 0);
	assert_int_equal(see(interfaces, link_also(3, "eth0", "eth1")), 1);
	interfaces_free(interfaces);
}

static void test_interfaces_that_a_dump_does_not_show_are_gone(void **state)
{
	struct interfaces *interfaces = two();

	(void)state;
	see(interfaces, link_of(3, "eth0"));
	see(interfaces, link_of(4, "eth1"));
	interfaces_dump_begin(interfaces);
	see(interfaces, link_of(4, "eth1"));
	interfaces_dump_end(interfaces);
	assert_int_equal(interfaces_at(interfaces, 3), -1);
	assert_false(interfaces_has_mac(interfaces, link_of(3, "eth0").link.mac));
	assert_int_equal(interfaces_at(interfaces, 4), 1);
	interfaces_free(interfaces);
}

/* Chains of several in all orders of coming and going, against the names that they were given. */
/* Whoever else has the name of what vipd makes is not that. */
static void test_interfaces_that_vipd_makes_are_known_by_index_alone(void **state)
{
	struct interfaces *interfaces;

	(void)state;
	assert_int_equal(interfaces_new(2, &interfaces), 0);
	assert_int_equal(interfaces_add(interfaces, "eth0"), 0);
	assert_int_equal(interfaces_add_made(interfaces, "vrrp.51.eth0"), 1);
	assert_string_equal(interfaces_get(interfaces, 1)->name, "vrrp.51.eth0");
	assert_int_equal(see(interfaces, link_of(7, "vrrp.51.eth0")), 0);
	assert_int_equal(interfaces_at(interfaces, 7), -1);
	interfaces_tie(interfaces, 1, 9);
	assert_int_equal(interfaces_at(interfaces, 9), 1);
	/* Neither a new name nor what a dump shows changes that. */
	assert_int_equal(see(interfaces, link_of(9, "other")), 0);
	assert_int_equal(see(interfaces, link_of(9, "eth0")), 0);
	interfaces_dump_begin(interfaces);
	assert_int_equal(see(interfaces, link_of(3, "eth0")), 1);
	interfaces_dump_end(interfaces);
	assert_int_equal(interfaces_at(interfaces, 9), 1);
	assert_int_equal(interfaces_at(interfaces, 3), 0);
	assert_int_equal(see(interfaces, gone_link(9, "vrrp.51.eth0")), 0);
	interfaces_tie(interfaces, 1, 0);
	assert_int_equal(interfaces_at(interfaces, 9), -1);
	interfaces_free(interfaces);
}

static void test_interfaces_know_the_mac_addresses_of_all(void **state)
{
	const struct kern_object other = link_of(7, "other");
	struct interfaces *interfaces = two();

	(void)state;
	see(interfaces, other);
	assert_true(interfaces_has_mac(interfaces, other.link.mac));
	interfaces_free(interfaces);
}

static void test_interfaces_by_the_thousand_are_told_apart(void **state)
{
	enum {
		MANY = 3000
	};
	struct interfaces *interfaces;
	char name[KERN_LINK_NAME_SIZE];

	(void)state;
	assert_int_equal(interfaces_new(MANY, &interfaces), 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "mv%d", i);
		assert_int_equal(interfaces_add(interfaces, name), i);
	}
	for (int i = 0; i < MANY; i++) { /* the same chains again and again */
		snprintf(name, sizeof(name), "mv%d", i);
		see(interfaces, link_of(1 + i * 4096 % 65521, name));
	}
	for (int i = 0; i < MANY; i += 3) {
		snprintf(name, sizeof(name), "mv%d", i);
		see(interfaces, gone_link(1 + i * 4096 % 65521, name));
	}
	for (int i = 0; i < MANY; i++)
		assert_int_equal(interfaces_at(interfaces, 1 + i * 4096 % 65521), i % 3 ? i : -1);
	interfaces_free(interfaces);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interfaces_are_found_by_the_index_that_they_have_now),
		cmocka_unit_test(test_interfaces_that_are_renamed_are_lost_and_found),
		cmocka_unit_test(test_interfaces_are_found_by_an_alternative_name),
		cmocka_unit_test(test_interfaces_of_two_names_have_the_first_one),
		cmocka_unit_test(test_interfaces_that_a_dump_does_not_show_are_gone),
		cmocka_unit_test(test_interfaces_that_vipd_makes_are_known_by_index_alone),
		cmocka_unit_test(test_interfaces_know_the_mac_addresses_of_all),
		cmocka_unit_test(test_interfaces_by_the_thousand_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
