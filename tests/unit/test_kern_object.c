/* SPDX-License-Identifier: MIT */
/*
 * Route messages as the kernel might send them, and as it never should. Each lies in a block of its
 * own length, so that a sanitizer sees any byte read beyond it; rounded up to 4 as libmnl does.
 */
#include "test.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "netlink/object.h"

#define IFA_PROTO_ATTRIBUTE 11
#define OUR_PORT            4242

/* A message under construction. */
struct draft {
	_Alignas(struct nlmsghdr) uint8_t bytes[1024];
	size_t len;
};

static struct nlmsghdr *header_of(struct draft *draft)
{
	return (struct nlmsghdr *)draft->bytes;
}

static void put(struct draft *draft, const void *bytes, size_t len)
{
	assert_true(draft->len + NLMSG_ALIGN(len) <= sizeof(draft->bytes));
	memcpy(draft->bytes + draft->len, bytes, len);
	draft->len += NLMSG_ALIGN(len);
}

static void put_attribute(struct draft *draft, unsigned type, const void *bytes, size_t len)
{
	const struct nlattr attribute = { .nla_len = (uint16_t)(sizeof(attribute) + len),
					  .nla_type = (uint16_t)type };

	put(draft, &attribute, sizeof(attribute));
	put(draft, bytes, len);
}

static struct draft draft_of(unsigned type)
{
	struct draft draft = { .len = sizeof(struct nlmsghdr) };

	header_of(&draft)->nlmsg_type = (uint16_t)type;
	return draft;
}

/* An Ethernet link without attributes. */
static struct draft bare_link(unsigned type)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC,
					.ifi_type = ARPHRD_ETHER,
					.ifi_index = 7,
					.ifi_flags = IFF_UP | IFF_RUNNING };
	struct draft draft = draft_of(type);

	put(&draft, &info, sizeof(info));
	return draft;
}

static const uint8_t mac[6] = { 0x02, 0, 0, 0, 0, 0x51 };
static const uint8_t address[4] = { 192, 0, 2, 1 };
static const uint8_t peer[4] = { 192, 0, 2, 2 };

static struct draft eth0(unsigned type)
{
	struct draft draft = bare_link(type);

	put_attribute(&draft, IFLA_IFNAME, "eth0", 5);
	put_attribute(&draft, IFLA_ADDRESS, mac, sizeof(mac));
	return draft;
}

static struct draft bare_address(unsigned type)
{
	const struct ifaddrmsg info = { .ifa_family = AF_INET,
					.ifa_prefixlen = 24,
					.ifa_index = 7 };
	struct draft draft = draft_of(type);

	put(&draft, &info, sizeof(info));
	return draft;
}

static struct draft vip(unsigned type)
{
	const uint8_t mark = KERN_ADDRESS_MARK;
	struct draft draft = bare_address(type);

	put_attribute(&draft, IFA_LOCAL, address, sizeof(address));
	put_attribute(&draft, IFA_ADDRESS, address, sizeof(address));
	put_attribute(&draft, IFA_PROTO_ATTRIBUTE, &mark, sizeof(mark));
	return draft;
}

/* The first @len bytes, as if the message ended there. */
static struct kern_object parse_first(const struct draft *draft, size_t len)
{
	struct nlmsghdr *message = malloc(NLMSG_ALIGN(len));
	struct kern_object object;

	assert_non_null(message);
	assert_true(len >= sizeof(*message));
	memcpy(message, draft->bytes, NLMSG_ALIGN(len));
	message->nlmsg_len = (uint32_t)len;
	memset(&object, 0xa5, sizeof(object));
	kern_object_parse(message, OUR_PORT, &object);
	free(message);
	return object;
}

static struct kern_object parse(const struct draft *draft)
{
	return parse_first(draft, draft->len);
}

static void assert_none(const struct draft *draft)
{
	const struct kern_object object = parse(draft);

	assert_int_equal(object.type, KERN_OBJECT_NONE);
}

static void test_link_whole(void **state)
{
	struct draft draft = eth0(RTM_NEWLINK);
	struct kern_object object = parse(&draft);

	(void)state;
	assert_int_equal(object.type, KERN_OBJECT_LINK);
	assert_false(object.gone);
	assert_false(object.by_us);
	assert_int_equal(object.link.ifindex, 7);
	assert_string_equal(object.link.name, "eth0");
	assert_true(object.link.up);
	assert_true(object.link.carrier);
	assert_true(object.link.ethernet);
	assert_memory_equal(object.link.mac, mac, 6);
}

static void test_link_removed(void **state)
{
	struct draft draft = eth0(RTM_DELLINK);
	struct kern_object object = parse(&draft);

	(void)state;
	assert_int_equal(object.type, KERN_OBJECT_LINK);
	assert_true(object.gone);
	assert_string_equal(object.link.name, "eth0");
}

static void test_link_flags_are_independent(void **state)
{
	static const unsigned flags[] = { 0, IFF_UP, IFF_RUNNING, IFF_UP | IFF_RUNNING };

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct draft draft = eth0(RTM_NEWLINK);
		struct ifinfomsg *info = (struct ifinfomsg *)(draft.bytes + NLMSG_HDRLEN);
		struct kern_object object;

		info->ifi_flags = flags[i] | IFF_BROADCAST | IFF_MULTICAST;
		object = parse(&draft);
		assert_int_equal(object.link.up, (flags[i] & IFF_UP) != 0);
		assert_int_equal(object.link.carrier, (flags[i] & IFF_RUNNING) != 0);
	}
}

static void test_link_that_is_not_ethernet_has_no_mac(void **state)
{
	struct draft draft = eth0(RTM_NEWLINK);
	struct ifinfomsg *info = (struct ifinfomsg *)(draft.bytes + NLMSG_HDRLEN);
	static const uint8_t zero[6];
	struct kern_object object;

	(void)state;
	info->ifi_type = ARPHRD_LOOPBACK;
	object = parse(&draft);
	assert_int_equal(object.type, KERN_OBJECT_LINK);
	assert_false(object.link.ethernet);
	assert_memory_equal(object.link.mac, zero, 6);
}

static void test_link_mac_of_another_size_is_none(void **state)
{
	static const uint8_t bytes[20] = { 1, 2, 3 };
	static const size_t lens[] = { 0, 1, 5, 7, 8, 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct draft draft = bare_link(RTM_NEWLINK);
		struct kern_object object;

		put_attribute(&draft, IFLA_IFNAME, "eth0", 5);
		put_attribute(&draft, IFLA_ADDRESS, bytes, lens[i]);
		object = parse(&draft);
		assert_int_equal(object.type, KERN_OBJECT_LINK);
		assert_false(object.link.ethernet);
	}
}

static void test_link_longest_name_fits(void **state)
{
	struct draft draft = bare_link(RTM_NEWLINK);
	struct kern_object object;

	(void)state;
	put_attribute(&draft, IFLA_IFNAME, "e23456789012345", KERN_LINK_NAME_SIZE);
	put_attribute(&draft, IFLA_ADDRESS, "\2\0\0\0\0\1", 6);
	object = parse(&draft);
	assert_int_equal(object.type, KERN_OBJECT_LINK);
	assert_string_equal(object.link.name, "e23456789012345");
}

/* The list of properties, with some that are no names. */
static struct draft with_altnames(const char *const *names, unsigned n)
{
	struct draft draft = eth0(RTM_NEWLINK), list = { .len = 0 };

	put_attribute(&list, IFLA_ALT_IFNAME + 1, "other", 6);
	for (unsigned i = 0; i < n; i++)
		put_attribute(&list, IFLA_ALT_IFNAME, names[i], strlen(names[i]) + 1);
	put_attribute(&list, IFLA_ALT_IFNAME, "open", 4);
	put_attribute(&draft, IFLA_PROP_LIST | NLA_F_NESTED, list.bytes, list.len);
	return draft;
}

static void test_link_altnames_that_a_name_could_be(void **state)
{
	static const char *const names[] = { "lan0", "an-alternative-name-too-long-for-us", "",
					     "e23456789012345" };
	struct draft draft = with_altnames(names, 4);
	struct kern_object object = parse(&draft);

	(void)state;
	assert_int_equal(object.type, KERN_OBJECT_LINK);
	assert_string_equal(object.link.name, "eth0");
	assert_int_equal(object.link.altnames_n, 2);
	assert_string_equal(object.link.altnames[0], "lan0");
	assert_string_equal(object.link.altnames[1], "e23456789012345");
}

static void test_link_altnames_beyond_the_limit_are_left_out(void **state)
{
	static const char *const names[] = { "a0", "a1", "a2", "a3", "a4",
					     "a5", "a6", "a7", "a8", "a9" };
	struct draft draft = with_altnames(names, 10);
	struct kern_object object = parse(&draft);

	(void)state;
	assert_int_equal(object.link.altnames_n, KERN_LINK_ALTNAMES_MAX);
	assert_string_equal(object.link.altnames[KERN_LINK_ALTNAMES_MAX - 1], "a7");
}

static void test_link_name_too_long_is_refused(void **state)
{
	struct draft draft = bare_link(RTM_NEWLINK);

	(void)state;
	put_attribute(&draft, IFLA_IFNAME, "e234567890123456", KERN_LINK_NAME_SIZE + 1);
	assert_none(&draft);
}

static void test_link_name_without_end_is_refused(void **state)
{
	static const char bytes[64] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";

	(void)state;
	for (size_t len = 0; len <= 40; len++) {
		struct draft draft = bare_link(RTM_NEWLINK);

		put_attribute(&draft, IFLA_IFNAME, bytes, len);
		assert_none(&draft);
	}
}

static void test_link_without_name_is_refused(void **state)
{
	struct draft draft = bare_link(RTM_NEWLINK);

	(void)state;
	assert_none(&draft);
	put_attribute(&draft, IFLA_ADDRESS, mac, sizeof(mac));
	assert_none(&draft);
}

static void test_link_of_a_bridge_port_is_none_of_ours(void **state)
{
	struct draft draft = eth0(RTM_DELLINK);
	struct ifinfomsg *info = (struct ifinfomsg *)(draft.bytes + NLMSG_HDRLEN);

	(void)state;
	info->ifi_family = AF_BRIDGE;
	assert_none(&draft);
}

static void test_link_attribute_of_unknown_type_is_passed_over(void **state)
{
	struct draft draft = bare_link(RTM_NEWLINK);
	struct kern_object object;

	(void)state;
	for (unsigned type = 60; type < 70; type++)
		put_attribute(&draft, type, "x", 1);
	put_attribute(&draft, 0x3fff, "x", 1);
	put_attribute(&draft, IFLA_IFNAME, "eth0", 5);
	put_attribute(&draft, IFLA_ADDRESS, "\2\0\0\0\0\1", 6);
	object = parse(&draft);
	assert_int_equal(object.type, KERN_OBJECT_LINK);
	assert_string_equal(object.link.name, "eth0");
}

/* Drivers of wireless cards report on their own matters so. */
static void test_link_without_its_address_is_no_description(void **state)
{
	struct draft draft = bare_link(RTM_NEWLINK);
	struct kern_object object;

	(void)state;
	put_attribute(&draft, IFLA_IFNAME, "wlan0", 6);
	object = parse(&draft);
	assert_int_equal(object.type, KERN_OBJECT_NONE);
}

static void test_address_whole(void **state)
{
	static const uint8_t expected[16] = { 192, 0, 2, 1 };
	struct draft draft = vip(RTM_NEWADDR);
	struct kern_object object = parse(&draft);

	(void)state;
	assert_int_equal(object.type, KERN_OBJECT_ENTRY);
	assert_false(object.gone);
	assert_int_equal(object.address.ifindex, 7);
	assert_int_equal(object.address.family, 4);
	assert_int_equal(object.address.prefix_len, 24);
	assert_int_equal(object.address.mark, KERN_ADDRESS_MARK);
	assert_memory_equal(object.address.bytes, expected, 16);
}

static void test_address_removed(void **state)
{
	struct draft draft = vip(RTM_DELADDR);
	struct kern_object object = parse(&draft);

	(void)state;
	assert_int_equal(object.type, KERN_OBJECT_ENTRY);
	assert_true(object.gone);
}

static void test_address_on_a_point_to_point_link_is_the_local_one(void **state)
{
	struct draft draft = bare_address(RTM_NEWADDR);
	struct kern_object object;

	(void)state;
	put_attribute(&draft, IFA_ADDRESS, peer, sizeof(peer));
	put_attribute(&draft, IFA_LOCAL, address, sizeof(address));
	object = parse(&draft);
	assert_memory_equal(object.address.bytes, address, 4);
}

static void test_address_without_local_is_the_other_one(void **state)
{
	struct draft draft = bare_address(RTM_NEWADDR);
	struct kern_object object;

	(void)state;
	put_attribute(&draft, IFA_ADDRESS, address, sizeof(address));
	object = parse(&draft);
	assert_int_equal(object.type, KERN_OBJECT_ENTRY);
	assert_memory_equal(object.address.bytes, address, 4);
	assert_int_equal(object.address.mark, 0); /* a kernel before 5.18 has no mark */
}

static void test_address_without_any_is_refused(void **state)
{
	struct draft draft = bare_address(RTM_NEWADDR);

	(void)state;
	assert_none(&draft);
}

static void test_address_of_another_size_is_refused(void **state)
{
	static const uint8_t bytes[16] = { 192, 0, 2, 1 };
	static const size_t lens[] = { 0, 1, 3, 5, 8, 16 };

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct draft draft = bare_address(RTM_NEWADDR);

		put_attribute(&draft, IFA_LOCAL, bytes, lens[i]);
		assert_none(&draft);
	}
}

static void test_address_mark_of_another_size_is_no_mark(void **state)
{
	static const uint8_t mark[4] = { KERN_ADDRESS_MARK };
	static const size_t lens[] = { 0, 2, 4 };

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct draft draft = bare_address(RTM_NEWADDR);
		struct kern_object object;

		put_attribute(&draft, IFA_LOCAL, address, sizeof(address));
		put_attribute(&draft, IFA_PROTO_ATTRIBUTE, mark, lens[i]);
		object = parse(&draft);
		assert_int_equal(object.type, KERN_OBJECT_ENTRY);
		assert_int_equal(object.address.mark, 0);
	}
}

static void test_address_of_another_family_is_none_of_ours(void **state)
{
	static const unsigned families[] = { AF_UNSPEC, AF_INET6, AF_PACKET, 255 };

	(void)state;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		struct draft draft = vip(RTM_NEWADDR);
		struct ifaddrmsg *info = (struct ifaddrmsg *)(draft.bytes + NLMSG_HDRLEN);

		info->ifa_family = (uint8_t)families[i];
		assert_none(&draft);
	}
}

static void test_address_prefix_length_has_a_limit(void **state)
{
	struct draft draft = vip(RTM_NEWADDR);
	struct ifaddrmsg *info = (struct ifaddrmsg *)(draft.bytes + NLMSG_HDRLEN);
	struct kern_object object;

	(void)state;
	info->ifa_prefixlen = 33;
	assert_none(&draft);
	info->ifa_prefixlen = 32;
	object = parse(&draft);
	assert_int_equal(object.address.prefix_len, 32);
	info->ifa_prefixlen = 0;
	object = parse(&draft);
	assert_int_equal(object.type, KERN_OBJECT_ENTRY);
}

static void test_echo_of_our_own_change_is_marked(void **state)
{
	struct draft draft = vip(RTM_NEWADDR);
	struct kern_object object;

	(void)state;
	header_of(&draft)->nlmsg_pid = OUR_PORT;
	object = parse(&draft);
	assert_true(object.by_us);
	header_of(&draft)->nlmsg_pid = OUR_PORT + 1;
	object = parse(&draft);
	assert_false(object.by_us);
}

static void test_echo_needs_a_port(void **state)
{
	struct draft draft = vip(RTM_NEWADDR);
	struct kern_object object;

	(void)state;
	header_of(&draft)->nlmsg_len = (uint32_t)draft.len;
	kern_object_parse(header_of(&draft), 0, &object);
	assert_int_equal(object.type, KERN_OBJECT_ENTRY);
	assert_false(object.by_us); /* the kernel's own changes have port 0 as well */
}

static void test_other_messages_are_none(void **state)
{
	static const unsigned types[] = {
		0,           NLMSG_NOOP,   NLMSG_ERROR,  NLMSG_DONE,   RTM_GETLINK, RTM_SETLINK,
		RTM_GETADDR, RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWNEIGH, 0xffff
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct draft link = eth0(types[i]), addr = vip(types[i]);

		assert_none(&link);
		assert_none(&addr);
	}
}

/* Cut anywhere: less is known, or nothing, but nothing wrong. */
static void test_link_cut_anywhere(void **state)
{
	struct draft draft = eth0(RTM_NEWLINK);

	(void)state;
	for (size_t len = sizeof(struct nlmsghdr); len < draft.len; len++) {
		const struct kern_object object = parse_first(&draft, len);

		if (object.type == KERN_OBJECT_NONE)
			continue;
		assert_true(len >= sizeof(struct nlmsghdr) + sizeof(struct ifinfomsg));
		assert_int_equal(object.link.ifindex, 7);
		assert_string_equal(object.link.name, "eth0");
		if (object.link.ethernet)
			assert_memory_equal(object.link.mac, mac, 6);
	}
}

static void test_address_cut_anywhere(void **state)
{
	struct draft draft = vip(RTM_NEWADDR);

	(void)state;
	for (size_t len = sizeof(struct nlmsghdr); len < draft.len; len++) {
		const struct kern_object object = parse_first(&draft, len);

		if (object.type == KERN_OBJECT_NONE)
			continue;
		assert_int_equal(object.address.ifindex, 7);
		assert_memory_equal(object.address.bytes, address, 4);
		assert_true(object.address.mark == 0 || object.address.mark == KERN_ADDRESS_MARK);
	}
}

static void test_attribute_that_lies_about_its_length(void **state)
{
	static const uint16_t lens[] = { 0, 1, 3, 4, 100, 0x7fff, 0xffff };

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct draft link = eth0(RTM_NEWLINK), addr = vip(RTM_NEWADDR);
		struct nlattr *attribute;

		attribute = (struct nlattr *)(link.bytes + NLMSG_HDRLEN + sizeof(struct ifinfomsg));
		attribute->nla_len = lens[i];
		assert_none(&link);
		attribute = (struct nlattr *)(addr.bytes + NLMSG_HDRLEN + sizeof(struct ifaddrmsg));
		attribute->nla_len = lens[i];
		/* A length of 4 is an empty IFA_LOCAL; then the walk is out of step. */
		parse(&addr);
	}
}

static void test_object_is_always_filled(void **state)
{
	struct draft draft = draft_of(RTM_NEWROUTE);
	const struct kern_object empty = { .type = KERN_OBJECT_NONE, .by_kernel = true };
	struct kern_object object = parse(&draft);

	(void)state;
	assert_memory_equal(&object, &empty, sizeof(object));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_whole),
		cmocka_unit_test(test_link_removed),
		cmocka_unit_test(test_link_flags_are_independent),
		cmocka_unit_test(test_link_that_is_not_ethernet_has_no_mac),
		cmocka_unit_test(test_link_mac_of_another_size_is_none),
		cmocka_unit_test(test_link_longest_name_fits),
		cmocka_unit_test(test_link_without_its_address_is_no_description),
		cmocka_unit_test(test_link_altnames_that_a_name_could_be),
		cmocka_unit_test(test_link_altnames_beyond_the_limit_are_left_out),
		cmocka_unit_test(test_link_name_too_long_is_refused),
		cmocka_unit_test(test_link_name_without_end_is_refused),
		cmocka_unit_test(test_link_without_name_is_refused),
		cmocka_unit_test(test_link_of_a_bridge_port_is_none_of_ours),
		cmocka_unit_test(test_link_attribute_of_unknown_type_is_passed_over),
		cmocka_unit_test(test_address_whole),
		cmocka_unit_test(test_address_removed),
		cmocka_unit_test(test_address_on_a_point_to_point_link_is_the_local_one),
		cmocka_unit_test(test_address_without_local_is_the_other_one),
		cmocka_unit_test(test_address_without_any_is_refused),
		cmocka_unit_test(test_address_of_another_size_is_refused),
		cmocka_unit_test(test_address_mark_of_another_size_is_no_mark),
		cmocka_unit_test(test_address_of_another_family_is_none_of_ours),
		cmocka_unit_test(test_address_prefix_length_has_a_limit),
		cmocka_unit_test(test_echo_of_our_own_change_is_marked),
		cmocka_unit_test(test_echo_needs_a_port),
		cmocka_unit_test(test_other_messages_are_none),
		cmocka_unit_test(test_link_cut_anywhere),
		cmocka_unit_test(test_address_cut_anywhere),
		cmocka_unit_test(test_attribute_that_lies_about_its_length),
		cmocka_unit_test(test_object_is_always_filled),
	};

	return cmocka_run_group_tests_name("kern_object", tests, NULL, NULL);
}
