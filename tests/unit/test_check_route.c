/* SPDX-License-Identifier: MIT */
/* Routes as the kernel tells of them. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "checks/route_message.h"
#include "test.h"

static _Alignas(struct nlmsghdr) char buffer[1024];

static struct nlmsghdr *begin(uint8_t family, const char *to, uint8_t len, uint32_t table)
{
	struct nlmsghdr *message;
	struct rtmsg *route;
	uint8_t bytes[16];

	memset(buffer, 0, sizeof(buffer));
	message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = RTM_NEWROUTE;
	route = mnl_nlmsg_put_extra_header(message, sizeof(*route));
	route->rtm_family = family == 4 ? AF_INET : AF_INET6;
	route->rtm_dst_len = len;
	route->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(message, RTA_TABLE, table);
	set_address(bytes, to);
	if (len)
		mnl_attr_put(message, RTA_DST, family == 4 ? 4 : 16, bytes);
	return message;
}

static struct rtmsg *route_of(struct nlmsghdr *message)
{
	return mnl_nlmsg_get_payload(message);
}

static void put_via(struct nlmsghdr *message, const char *via)
{
	uint8_t bytes[16];

	set_address(bytes, via);
	mnl_attr_put(message, RTA_GATEWAY, strchr(via, ':') ? 16 : 4, bytes);
}

static void put_next(struct nlmsghdr *message, const char *via, int ifindex, uint8_t flags)
{
	struct rtnexthop *next = mnl_nlmsg_get_payload_tail(message);

	mnl_nlmsg_put_extra_header(message, sizeof(*next));
	next->rtnh_ifindex = ifindex;
	next->rtnh_flags = flags;
	put_via(message, via);
	next->rtnh_len = (uint16_t)((char *)mnl_nlmsg_get_payload_tail(message) - (char *)next);
}

static struct route_way way_of(const char *via, unsigned ifindex)
{
	struct route_way way = { .ifindex = ifindex };

	if (via) {
		way.via_family = strchr(via, ':') ? 6 : 4;
		set_address(way.via, via);
	}
	return way;
}

static bool leads(const struct nlmsghdr *message, const char *via, unsigned ifindex)
{
	struct route_way way = way_of(via, ifindex);

	return route_message_leads(message, &way);
}

static void test_route_is_told_by_prefix_and_table(void **state)
{
	struct route_key key, wanted = { .table = 300 };

	(void)state;
	assert_true(route_message_parse(begin(4, "198.51.100.0", 24, 300), &key));
	assert_int_equal(route_to_parse("198.51.100.0/24", 4, &wanted), 0);
	assert_memory_equal(&key, &wanted, sizeof(key));
	assert_true(route_message_parse(begin(6, "2001:db8::", 32, 300), &key));
	assert_int_equal(route_to_parse("2001:db8::/32", 4, &wanted), 0);
	assert_memory_equal(&key, &wanted, sizeof(key));
	assert_true(route_message_parse(begin(6, "::", 0, 300), &key));
	assert_int_equal(route_to_parse("default", 6, &wanted), 0);
	assert_memory_equal(&key, &wanted, sizeof(key));
}

static void test_route_wanted_in_each_form(void **state)
{
	struct route_key key = { .table = 254 }, same = { .table = 254 };

	(void)state;
	assert_int_equal(route_to_parse("192.0.2.7", 4, &key), 0);
	assert_int_equal(key.to_len, 32);
	assert_int_equal(route_to_parse("192.0.2.255/25", 4, &key), 0);
	assert_int_equal(route_to_parse("192.0.2.128/25", 4, &same), 0);
	assert_memory_equal(&key, &same, sizeof(key));
	assert_int_equal(route_to_parse("192.0.2.0/33", 4, &key), -EINVAL);
	assert_int_equal(route_to_parse("2001:db8::/129", 4, &key), -EINVAL);
	assert_int_equal(route_to_parse("192.0.2/24", 4, &key), -EINVAL);
	assert_int_equal(route_to_parse("", 4, &key), -EINVAL);
	assert_memory_equal(&key, &same, sizeof(key));
}

static void test_route_that_no_check_means(void **state)
{
	struct route_key key;
	struct nlmsghdr *message = begin(6, "2001:db8::1", 128, 254);

	(void)state;
	route_of(message)->rtm_flags = RTM_F_CLONED;
	assert_false(route_message_parse(message, &key));
	message = begin(6, "2001:db8::", 32, 254);
	route_of(message)->rtm_src_len = 64;
	assert_false(route_message_parse(message, &key));
	message = begin(4, "192.0.2.0", 24, 254);
	route_of(message)->rtm_family = 28;
	assert_false(route_message_parse(message, &key));
	message = begin(4, "192.0.2.0", 33, 254);
	assert_false(route_message_parse(message, &key));
	message->nlmsg_len = sizeof(*message) + 4;
	assert_false(route_message_parse(message, &key));
}

static void test_route_leads_by_gateway_and_interface(void **state)
{
	struct nlmsghdr *message = begin(4, "198.51.100.0", 24, 254);

	(void)state;
	put_via(message, "192.0.2.254");
	mnl_attr_put_u32(message, RTA_OIF, 7);
	assert_true(leads(message, NULL, 0) && leads(message, "192.0.2.254", 0) &&
		    leads(message, NULL, 7) && leads(message, "192.0.2.254", 7));
	assert_false(leads(message, "192.0.2.253", 0) || leads(message, NULL, 8) ||
		     leads(message, "192.0.2.254", 8) || leads(message, "c000:2fe::", 0));
	route_of(message)->rtm_flags = RTNH_F_DEAD;
	assert_false(leads(message, NULL, 0));
}

static void test_route_by_a_gateway_of_the_other_family(void **state)
{
	struct nlmsghdr *message = begin(4, "198.51.100.0", 24, 254);
	uint8_t via[18] = { AF_INET6 };

	(void)state;
	set_address(via + 2, "fe80::1");
	mnl_attr_put(message, RTA_VIA, sizeof(via), via);
	assert_true(leads(message, "fe80::1", 0));
	assert_false(leads(message, "fe80::2", 0));
}

static void test_route_without_a_gateway(void **state)
{
	struct nlmsghdr *message = begin(4, "192.0.2.0", 24, 254);

	(void)state;
	mnl_attr_put_u32(message, RTA_OIF, 7);
	assert_true(leads(message, NULL, 7));
	assert_false(leads(message, "192.0.2.254", 0) || leads(message, "0.0.0.0", 0));
}

static void test_route_of_several_ways(void **state)
{
	struct nlmsghdr *message = begin(4, "198.51.100.0", 24, 254);
	struct nlattr *several = mnl_attr_nest_start(message, RTA_MULTIPATH);

	(void)state;
	put_next(message, "192.0.2.254", 7, 0);
	put_next(message, "203.0.113.1", 8, 0);
	put_next(message, "203.0.113.9", 9, RTNH_F_DEAD);
	mnl_attr_nest_end(message, several);
	assert_true(leads(message, NULL, 0) && leads(message, "192.0.2.254", 7) &&
		    leads(message, "203.0.113.1", 0) && leads(message, NULL, 8));
	assert_false(leads(message, "192.0.2.254", 8) || leads(message, "203.0.113.9", 0) ||
		     leads(message, NULL, 9));
}

static void test_route_that_discards_leads_nowhere(void **state)
{
	static const uint8_t types[] = { RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW };
	struct nlmsghdr *message = begin(4, "198.51.100.0", 24, 254);

	(void)state;
	for (size_t i = 0; i < sizeof(types); i++) {
		route_of(message)->rtm_type = types[i];
		assert_false(leads(message, NULL, 0));
	}
	route_of(message)->rtm_type = RTN_LOCAL;
	assert_true(leads(message, NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_route_is_told_by_prefix_and_table),
		cmocka_unit_test(test_route_wanted_in_each_form),
		cmocka_unit_test(test_route_that_no_check_means),
		cmocka_unit_test(test_route_leads_by_gateway_and_interface),
		cmocka_unit_test(test_route_by_a_gateway_of_the_other_family),
		cmocka_unit_test(test_route_without_a_gateway),
		cmocka_unit_test(test_route_of_several_ways),
		cmocka_unit_test(test_route_that_discards_leads_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
