/* SPDX-License-Identifier: MIT */
/* A LAN knows what of its interface makes it usable, and which voice its routers have. */
#include "test.h"

#include <errno.h>
#include <unistd.h>

#include "agent/event.h"
#include "agent/router/lan.h"
#include "links.h"

struct scene {
	struct interfaces *interfaces;
	struct lan lan;
};

static void build_of(struct scene *scene, unsigned family)
{
	assert_int_equal(interfaces_new(1, &scene->interfaces), 0);
	lan_init(&scene->lan, family,
		 interfaces_get(scene->interfaces, interfaces_add(scene->interfaces, "eth0")));
	assert_int_equal(lan_add_group(&scene->lan, vrrp_group(family)), 0);
}

static void build(struct scene *scene)
{
	build_of(scene, 4);
}

static void destroy(struct scene *scene)
{
	lan_fini(&scene->lan);
	interfaces_free(scene->interfaces);
}

/* Membership is the kernel's business: here every interface has it, and stdin is its descriptor. */
static void have_group(struct lan *lan)
{
	lan->groups[0].fd = dup(0);
	assert_true(lan->groups[0].fd >= 0);
}

static bool follow(struct scene *scene, struct kern_object object)
{
	bool other;

	see(scene->interfaces, object);
	other = lan_follow(&scene->lan);
	if (other && scene->lan.ifindex)
		have_group(&scene->lan);
	return other;
}

static void own(struct scene *scene, uint8_t last, bool gone)
{
	struct kern_object object = address_of(scene->lan.ifindex, last, gone);

	assert_false(lan_source_see(&scene->lan, &object, false));
}

static void assert_news(struct lan_news news, bool voice, bool mac, bool index)
{
	assert_int_equal(news.voice, voice);
	assert_int_equal(news.mac, mac);
	assert_int_equal(news.index, index);
}

static void test_lan_without_an_interface_has_a_fault_and_no_voice(void **state)
{
	struct scene scene;

	(void)state;
	build(&scene);
	assert_news(lan_assess(&scene.lan), false, false, false);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_LINK_MISSING);
	assert_false(lan_can_speak(&scene.lan));
	destroy(&scene);
}

static void test_lan_says_what_is_wrong_with_its_interface(void **state)
{
	struct scene scene;
	struct kern_object object = link_of(2, "eth0");

	(void)state;
	build(&scene);
	object.link.ethernet = false;
	assert_true(follow(&scene, object));
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_LINK_TYPE);
	object.link.ethernet = true;
	object.link.up = false;
	assert_false(follow(&scene, object));
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_LINK_DOWN);
	object.link.up = true;
	object.link.carrier = false;
	follow(&scene, object);
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NO_CARRIER);
	object.link.carrier = true;
	follow(&scene, object);
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NO_SOURCE);
	own(&scene, 2, false);
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NONE);
	destroy(&scene);
}

static void test_lan_voice_is_news_once_and_whenever_it_changes(void **state)
{
	struct scene scene;
	struct kern_object other_mac = link_of(2, "eth0");

	(void)state;
	build(&scene);
	follow(&scene, link_of(2, "eth0"));
	own(&scene, 2, false);
	assert_news(lan_assess(&scene.lan), true, false, false);
	assert_news(lan_assess(&scene.lan), false, false, false);
	other_mac.link.mac[0] = 0x02;
	follow(&scene, other_mac);
	assert_news(lan_assess(&scene.lan), true, true, false);
	destroy(&scene);
}

/* What changed while it could not speak is news when it can. */
static void test_lan_voice_waits_until_somebody_can_hear_it(void **state)
{
	struct scene scene;
	struct kern_object dark = link_of(2, "eth0"), light;

	(void)state;
	build(&scene);
	follow(&scene, link_of(2, "eth0"));
	own(&scene, 2, false);
	lan_assess(&scene.lan);
	dark.link.carrier = false;
	dark.link.mac[0] = 0x02;
	follow(&scene, dark);
	assert_news(lan_assess(&scene.lan), false, false, false);
	light = dark;
	light.link.carrier = true;
	follow(&scene, light);
	assert_news(lan_assess(&scene.lan), true, true, false);
	destroy(&scene);
}

static void test_lan_of_another_index_forgets_the_addresses_of_the_old_one(void **state)
{
	struct scene scene;

	(void)state;
	build(&scene);
	follow(&scene, link_of(2, "eth0"));
	own(&scene, 2, false);
	lan_assess(&scene.lan);
	assert_true(follow(&scene, link_of(5, "eth0")));
	assert_news(lan_assess(&scene.lan), true, true, true);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NO_SOURCE);
	own(&scene, 2, false);
	assert_news(lan_assess(&scene.lan), false, false, false);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NONE);
	destroy(&scene);
}

/* ---- IPv6 ---- */

static struct kern_object link_local_of(int ifindex, uint8_t last, bool gone)
{
	return (struct kern_object){
		.type = KERN_OBJECT_ENTRY,
		.gone = gone,
		.address = { .ifindex = ifindex,
			     .family = 6,
			     .prefix_len = 128,
			     .bytes = { 0xfe, 0x80, [15] = last } },
	};
}

static void test_lan6_that_routes_announces_so(void **state)
{
	struct kern_object routes = { .type = KERN_OBJECT_FORWARDING,
				      .forwarding = {
					      .ifindex = 2, .family = 6, .forwards = true } };
	struct scene scene, other;

	(void)state;
	build_of(&scene, 6);
	follow(&scene, link_of(2, "eth0"));
	assert_news(lan_assess(&scene.lan), true, false, false);
	assert_int_equal(interfaces_see_forwarding(scene.interfaces, &routes), 0);
	assert_true(scene.lan.interface->forwards6);
	assert_news(lan_assess(&scene.lan), false, true, false);
	assert_news(lan_assess(&scene.lan), false, false, false);
	routes.forwarding.ifindex = 3;
	assert_int_equal(interfaces_see_forwarding(scene.interfaces, &routes), -1);
	destroy(&scene);

	build(&other); /* ARP has no such flag */
	follow(&other, link_of(2, "eth0"));
	lan_assess(&other.lan);
	routes.forwarding.ifindex = 2;
	(void)interfaces_see_forwarding(other.interfaces, &routes);
	assert_news(lan_assess(&other.lan), false, false, false);
	destroy(&other);
}

static unsigned bits_of(const struct scene *scene)
{
	return lan_caveats(&scene->lan);
}

#define NOT_FORWARDING (1u << EVENT_CAVEAT_NOT_FORWARDING)
#define SNOOPING       (1u << EVENT_CAVEAT_SNOOPING)

static void test_lan_says_whether_it_may_be_useless(void **state)
{
	static const uint8_t far[16] = { 239, 1, 2, 3 };
	struct kern_object routes = { .type = KERN_OBJECT_FORWARDING,
				      .forwarding = {
					      .ifindex = 2, .family = 4, .forwards = true } };
	struct kern_object link = link_of(2, "eth0");
	struct scene scene, other;

	(void)state;
	build(&scene);
	assert_int_equal(bits_of(&scene), 0);
	link.link.snoops = true;
	follow(&scene, link);
	assert_int_equal(bits_of(&scene), NOT_FORWARDING); /* all bridges flood 224.0.0.18 */
	(void)interfaces_see_forwarding(scene.interfaces, &routes);
	assert_int_equal(bits_of(&scene), 0);
	assert_int_equal(lan_add_group(&scene.lan, far), 0);
	assert_int_equal(bits_of(&scene), SNOOPING);
	link.link.carrier = false;
	follow(&scene, link);
	assert_int_equal(bits_of(&scene), 0);
	destroy(&scene);

	build_of(&other, 6);
	link.link.carrier = true;
	follow(&other, link);
	(void)interfaces_see_forwarding(other.interfaces, &routes);
	assert_int_equal(bits_of(&other), NOT_FORWARDING | SNOOPING);
	routes.forwarding.family = 6;
	(void)interfaces_see_forwarding(other.interfaces, &routes);
	assert_int_equal(bits_of(&other), SNOOPING);
	destroy(&other);
}

#define NOWHERE 0x7fffff00 /* no interface has that index */

/* Routers of one LAN may have different groups: whoever is in one alone is deaf to the other. */
static void test_lan_is_in_the_groups_of_all_its_routers(void **state)
{
	static const uint8_t other[16] = { 239, 1, 2, 3 };
	struct scene scene;

	(void)state;
	build(&scene);
	assert_int_equal(lan_add_group(&scene.lan, other), 0);
	assert_int_equal(lan_add_group(&scene.lan, vrrp_group(4)), 0);
	assert_int_equal(lan_add_group(&scene.lan, other), 0);
	assert_int_equal(scene.lan.groups_n, 2);
	follow(&scene, link_of(NOWHERE, "eth0"));
	own(&scene, 1, false);
	lan_assess(&scene.lan); /* there is no such interface to join on */
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NO_GROUP);
	assert_int_equal(scene.lan.group_error, ENODEV);
	assert_memory_equal(scene.lan.group_failed, other, 16);
	scene.lan.groups[1].fd = dup(0);
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NONE);
	destroy(&scene);
}

/* An MTU below 1280 ends all IPv6 of an interface, its memberships with it. */
static void test_lan6_leaves_the_group_when_the_mtu_ends_ipv6(void **state)
{
	struct kern_object link = link_of(NOWHERE, "eth0"),
			   source = link_local_of(NOWHERE, 1, false);
	struct scene scene, other;

	(void)state;
	build_of(&scene, 6);
	link.link.mtu = 1280;
	follow(&scene, link);
	assert_false(lan_source_see(&scene.lan, &source, false));
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NONE);
	link.link.mtu = 1279;
	follow(&scene, link);
	lan_assess(&scene.lan); /* there is no such interface to join on, so it shows */
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NO_GROUP);
	destroy(&scene);

	build(&other);
	follow(&other, link);
	own(&other, 2, false);
	follow(&other, link);
	lan_assess(&other.lan);
	assert_int_equal(other.lan.faults[0].code, VRRP_REASON_NONE);
	destroy(&other);
}

static void test_lan6_chooses_and_keeps_a_link_local_address(void **state)
{
	struct kern_object one = link_local_of(2, 1, false), two = link_local_of(2, 2, false);
	static const uint8_t vip[16] = { 0xfe, 0x80, [15] = 9 }, none[16];
	struct scene scene;

	(void)state;
	build_of(&scene, 6);
	follow(&scene, link_of(2, "eth0"));
	assert_null(lan_choose_source(&scene.lan, NULL, none, vip));
	(void)lan_source_see(&scene.lan, &one, false);
	(void)lan_source_see(&scene.lan, &two, false);
	assert_int_equal(lan_choose_source(&scene.lan, NULL, none, vip)[15], 1);
	assert_int_equal(lan_choose_source(&scene.lan, NULL, two.address.bytes, vip)[15], 2);
	destroy(&scene);
}

/* Of two sorts each is chosen for itself; many of the one do not displace the other. */
static void test_lan6_keeps_both_sorts_of_addresses_apart(void **state)
{
	struct kern_object link_local = link_local_of(2, 1, false);
	static const uint8_t vip[16] = { 0x20, 0x01, [15] = 9 }, none[16];
	struct scene scene;

	(void)state;
	build_of(&scene, 6);
	scene.lan.globals = true;
	follow(&scene, link_of(2, "eth0"));
	assert_null(lan_choose_global(&scene.lan, none, vip));
	for (uint8_t i = 0; i < LAN_SOURCES_MAX; i++) {
		struct kern_object global = link_local_of(2, i, false);

		global.address.bytes[0] = 0x20;
		(void)lan_source_see(&scene.lan, &global, false);
	}
	assert_null(lan_choose_source(&scene.lan, NULL, none, vip));
	assert_int_equal(lan_choose_global(&scene.lan, none, vip)[0], 0x20);
	assert_false(scene.lan.sources_overflow);
	(void)lan_source_see(&scene.lan, &link_local, false);
	assert_true(scene.lan.sources_overflow);
	assert_int_equal(lan_choose_source(&scene.lan, NULL, none, vip)[0], 0xfe);
	assert_int_equal(lan_choose_source(&scene.lan, NULL,
					   lan_choose_global(&scene.lan, none, vip), vip)[0],
			 0xfe);
	destroy(&scene);
}

/* Where all speak by unicast no group is joined, and the loopback will do. */
static void test_lan_of_unicast_needs_neither_group_nor_ethernet(void **state)
{
	struct kern_object link = link_of(2, "eth0");
	struct scene scene;

	(void)state;
	build(&scene);
	lan_fini(&scene.lan); /* the group that build() has it listen to */
	link.link.ethernet = false;
	see(scene.interfaces, link);
	(void)lan_follow(&scene.lan);
	own(&scene, 2, false);
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.groups_n, 0);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_LINK_TYPE);
	assert_int_equal(scene.lan.faults[LAN_BY_UNICAST].code, VRRP_REASON_NONE);
	link.link.up = false;
	see(scene.interfaces, link);
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[LAN_BY_UNICAST].code, VRRP_REASON_LINK_DOWN);
	destroy(&scene);
}

static void test_lan_can_be_used_without_a_carrier_by_who_needs_none(void **state)
{
	struct kern_object link = link_of(2, "eth0");
	struct scene scene;
	struct lan_news news;

	(void)state;
	build(&scene);
	follow(&scene, link);
	own(&scene, 2, false);
	assert_false(lan_assess(&scene.lan).again);
	link.link.carrier = false;
	see(scene.interfaces, link);
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NO_CARRIER);
	assert_int_equal(scene.lan.faults[LAN_SANS_CARRIER].code, VRRP_REASON_NONE);
	assert_true(lan_lacks_carrier(&scene.lan) && !lan_can_speak(&scene.lan));
	assert_int_equal(bits_of(&scene), 0);
	scene.lan.carrier_optional = true;
	assert_int_equal(bits_of(&scene), 1u << EVENT_CAVEAT_NO_CARRIER);
	link.link.carrier = true;
	see(scene.interfaces, link);
	news = lan_assess(&scene.lan);
	assert_news(news, false, false, false);
	assert_true(news.again);
	assert_false(lan_assess(&scene.lan).again);
	link.link.up = link.link.carrier = false;
	see(scene.interfaces, link);
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[LAN_SANS_CARRIER].code, VRRP_REASON_LINK_DOWN);
	assert_false(lan_lacks_carrier(&scene.lan));
	destroy(&scene);
}

/* As a process that begins, or takes over, while there is none. */
static void test_lan_that_begins_without_a_carrier_speaks_again_with_one(void **state)
{
	struct kern_object link = link_of(2, "eth0");
	struct scene scene;

	(void)state;
	build(&scene);
	lan_assess(&scene.lan);
	assert_false(scene.lan.silent); /* without an interface nobody is Active */
	link.link.carrier = false;
	follow(&scene, link);
	own(&scene, 2, false);
	lan_assess(&scene.lan);
	link.link.carrier = true;
	see(scene.interfaces, link);
	assert_true(lan_assess(&scene.lan).again);
	assert_false(lan_assess(&scene.lan).again);
	destroy(&scene);
}

static void test_lan_entries_of_equal_bytes_are_two(void **state)
{
	struct scene scene;
	struct kern_object wide = address_of(2, 2, false), narrow = wide, peer = wide;

	(void)state;
	build(&scene);
	follow(&scene, link_of(2, "eth0"));
	wide.address.prefix_len = 24;
	narrow.address.prefix_len = 25;
	peer.address.prefix_len = 32;
	peer.address.peer[0] = 10;
	lan_source_see(&scene.lan, &wide, false);
	lan_source_see(&scene.lan, &narrow, false);
	lan_source_see(&scene.lan, &peer, false);
	assert_int_equal(scene.lan.sources_n, 3);
	wide.gone = narrow.gone = true;
	lan_source_see(&scene.lan, &wide, false);
	lan_source_see(&scene.lan, &narrow, false);
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NONE);
	destroy(&scene);
}

/* All addresses were replaced while nobody heard of it. */
static void test_lan_dump_of_other_addresses_finds_room_for_them(void **state)
{
	struct scene scene;

	(void)state;
	build(&scene);
	follow(&scene, link_of(2, "eth0"));
	for (uint8_t i = 1; i <= LAN_SOURCES_MAX; i++)
		own(&scene, i, false);
	lan_dump_begin(&scene.lan);
	for (uint8_t i = 101; i <= 100 + LAN_SOURCES_MAX; i++)
		own(&scene, i, false);
	lan_dump_end(&scene.lan);
	have_group(&scene.lan); /* there is no interface 2 to join on */
	lan_assess(&scene.lan);
	assert_int_equal(scene.lan.faults[0].code, VRRP_REASON_NONE);
	assert_int_equal(scene.lan.sources_n, LAN_SOURCES_MAX);
	assert_int_equal(scene.lan.sources[0].bytes[3], 101);
	destroy(&scene);
}

/* ---- the source ---- */

static const uint8_t nowhere[16], vip[16] = { 192, 0, 2, 100 }, other[16] = { 10, 0, 0, 1 };

static void own_in(struct scene *scene, const uint8_t *bytes, uint8_t prefix_len)
{
	struct kern_object object = address_of(scene->lan.ifindex, 0, false);

	memcpy(object.address.bytes, bytes, 4);
	object.address.prefix_len = prefix_len;
	assert_false(lan_source_see(&scene->lan, &object, false));
}

static void test_lan_source_is_one_whose_prefix_has_the_first_address(void **state)
{
	static const uint8_t auto_ip[] = { 169, 254, 7, 7 }, good[] = { 192, 0, 2, 2 };
	struct scene scene;

	(void)state;
	build(&scene);
	follow(&scene, link_of(2, "eth0"));
	assert_null(lan_choose_source(&scene.lan, NULL, nowhere, vip));
	own_in(&scene, auto_ip, 16);
	assert_memory_equal(lan_choose_source(&scene.lan, NULL, nowhere, vip), auto_ip, 4);
	own_in(&scene, good, 24);
	assert_memory_equal(lan_choose_source(&scene.lan, NULL, nowhere, vip), good, 4);
	assert_memory_equal(lan_choose_source(&scene.lan, NULL, nowhere, other), auto_ip, 4);
	destroy(&scene);
}

/* An owner's virtual address is the interface's own, too. */
static void test_lan_source_is_a_virtual_one_only_without_another(void **state)
{
	uint8_t far[16] = { 198, 51, 100, 2 };
	struct kern_object object = address_of(2, 100, false);
	struct scene scene;

	(void)state;
	build(&scene);
	follow(&scene, link_of(2, "eth0"));
	object.address.prefix_len = 24;
	lan_source_see(&scene.lan, &object, true);
	assert_memory_equal(lan_choose_source(&scene.lan, NULL, nowhere, vip), vip, 4);
	own_in(&scene, far, 24);
	assert_memory_equal(lan_choose_source(&scene.lan, NULL, nowhere, vip), far, 4);
	destroy(&scene);
}

static void test_lan_source_stays_as_long_as_it_is_there(void **state)
{
	uint8_t first[16] = { 192, 0, 2, 9 }, second[16] = { 192, 0, 2, 2 };
	struct scene scene;

	(void)state;
	build(&scene);
	follow(&scene, link_of(2, "eth0"));
	own_in(&scene, first, 24);
	own_in(&scene, second, 24);
	assert_memory_equal(lan_choose_source(&scene.lan, NULL, nowhere, vip), first, 4);
	assert_memory_equal(lan_choose_source(&scene.lan, NULL, second, vip), second, 4);
	assert_memory_equal(lan_choose_source(&scene.lan, NULL, other, vip), first, 4);
	destroy(&scene);
}

static void test_lan_source_that_is_configured_is_the_only_one(void **state)
{
	uint8_t first[16] = { 192, 0, 2, 9 }, second[16] = { 192, 0, 2, 2 };
	struct scene scene;

	(void)state;
	build(&scene);
	follow(&scene, link_of(2, "eth0"));
	own_in(&scene, first, 24);
	assert_null(lan_choose_source(&scene.lan, second, first, vip));
	own_in(&scene, second, 24);
	assert_memory_equal(lan_choose_source(&scene.lan, second, first, vip), second, 4);
	destroy(&scene);
}

/* Every prefix length against the definition, bit by bit. */
static void test_lan_source_prefixes_are_compared_to_the_bit(void **state)
{
	(void)state;
	for (unsigned bits = 1; bits <= 32; bits++) {
		for (unsigned differs = 0; differs < 32; differs++) {
			uint8_t far[] = { 203, 0, 113, 1 }, near[4];
			struct scene scene;
			bool shares = differs >= bits;

			memcpy(near, vip, 4);
			near[differs / 8] ^= (uint8_t)(0x80 >> differs % 8);
			build(&scene);
			follow(&scene, link_of(2, "eth0"));
			own_in(&scene, far, 32);
			own_in(&scene, near, (uint8_t)bits);
			assert_memory_equal(lan_choose_source(&scene.lan, NULL, nowhere, vip),
					    shares ? near : far, 4);
			destroy(&scene);
		}
	}
}

static void test_lan_with_too_many_addresses_needs_a_dump_when_one_goes(void **state)
{
	struct scene scene;
	struct kern_object object;

	(void)state;
	build(&scene);
	follow(&scene, link_of(2, "eth0"));
	for (uint8_t i = 1; i <= LAN_SOURCES_MAX + 1; i++)
		own(&scene, i, false);
	assert_int_equal(scene.lan.sources_n, LAN_SOURCES_MAX);
	object = address_of(2, 1, true);
	assert_true(lan_source_see(&scene.lan, &object, false));
	lan_dump_begin(&scene.lan);
	for (uint8_t i = 2; i <= LAN_SOURCES_MAX + 1; i++)
		own(&scene, i, false);
	object = address_of(2, 2, true);
	assert_false(lan_source_see(&scene.lan, &object, false));
	destroy(&scene);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lan_without_an_interface_has_a_fault_and_no_voice),
		cmocka_unit_test(test_lan_says_what_is_wrong_with_its_interface),
		cmocka_unit_test(test_lan_voice_is_news_once_and_whenever_it_changes),
		cmocka_unit_test(test_lan_voice_waits_until_somebody_can_hear_it),
		cmocka_unit_test(test_lan_of_another_index_forgets_the_addresses_of_the_old_one),
		cmocka_unit_test(test_lan6_that_routes_announces_so),
		cmocka_unit_test(test_lan_says_whether_it_may_be_useless),
		cmocka_unit_test(test_lan_is_in_the_groups_of_all_its_routers),
		cmocka_unit_test(test_lan6_leaves_the_group_when_the_mtu_ends_ipv6),
		cmocka_unit_test(test_lan6_chooses_and_keeps_a_link_local_address),
		cmocka_unit_test(test_lan_can_be_used_without_a_carrier_by_who_needs_none),
		cmocka_unit_test(test_lan_that_begins_without_a_carrier_speaks_again_with_one),
		cmocka_unit_test(test_lan_entries_of_equal_bytes_are_two),
		cmocka_unit_test(test_lan_dump_of_other_addresses_finds_room_for_them),
		cmocka_unit_test(test_lan_source_is_one_whose_prefix_has_the_first_address),
		cmocka_unit_test(test_lan_source_is_a_virtual_one_only_without_another),
		cmocka_unit_test(test_lan_source_stays_as_long_as_it_is_there),
		cmocka_unit_test(test_lan6_keeps_both_sorts_of_addresses_apart),
		cmocka_unit_test(test_lan_of_unicast_needs_neither_group_nor_ethernet),
		cmocka_unit_test(test_lan_source_that_is_configured_is_the_only_one),
		cmocka_unit_test(test_lan_source_prefixes_are_compared_to_the_bit),
		cmocka_unit_test(test_lan_with_too_many_addresses_needs_a_dump_when_one_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
