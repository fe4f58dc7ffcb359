/* SPDX-License-Identifier: MIT */
/* Whose peer a packet is from, and which peers and sources are addresses of this host. */
#include "test.h"

#include <arpa/inet.h>

#include "agent/router/peers.h"

enum {
	ETH0,
	ETH1,
	UNKNOWN = -1,
};

static void set_bytes(uint8_t bytes[16], const char *text)
{
	memset(bytes, 0, 16);
	assert_int_equal(inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, bytes), 1);
}

static struct conf_peer peer_of(const char *text, uint8_t min_ttl)
{
	struct conf_peer peer = { .family = strchr(text, ':') ? 6 : 4, .min_ttl = min_ttl };

	set_bytes(peer.bytes, text);
	return peer;
}

static struct conf_router conf_of(struct conf_peer *peers, unsigned n, uint8_t vrid)
{
	return (struct conf_router){ .vrrp = { .family = peers[0].family, .vrid = vrid },
				     .unicast = { .peers = peers, .peers_n = n, .ttl = 255 } };
}

static unsigned find(const struct peers_index *index, unsigned vrid, const char *text,
		     int interface)
{
	uint8_t bytes[16];

	set_bytes(bytes, text);
	return peers_index_find(index, strchr(text, ':') ? 6 : 4, vrid, bytes, interface);
}

/* by VRID and sender, wherever it arrives; of a link-local one by the link, too. */
static void test_peers_index_finds_the_router_of_a_sender(void **state)
{
	struct conf_peer near[] = { peer_of("192.0.2.3", 255), peer_of("192.0.2.4", 255) };
	struct conf_peer far[] = { peer_of("198.51.100.3", 64) };
	struct conf_peer link[] = { peer_of("fe80::3", 255) };
	struct peers_entry room[8];
	struct peers_index index = { .all = room };
	const struct conf_router confs[] = { conf_of(near, 2, 51), conf_of(far, 1, 51),
					     conf_of(link, 1, 51), conf_of(link, 1, 51) };

	(void)state;
	assert_int_equal(find(&index, 51, "192.0.2.3", ETH0), 0);
	peers_index_add(&index, &confs[0], ETH0, 0);
	peers_index_add(&index, &confs[1], ETH1, 1);
	peers_index_add(&index, &confs[2], ETH0, 2);
	peers_index_add(&index, &confs[3], ETH1, 3);
	peers_index_sort(&index);
	assert_int_equal(find(&index, 51, "192.0.2.3", ETH1), 1);
	assert_int_equal(find(&index, 51, "192.0.2.4", UNKNOWN), 1);
	assert_int_equal(find(&index, 51, "198.51.100.3", ETH0), 2);
	assert_int_equal(find(&index, 51, "fe80::3", ETH0), 3);
	assert_int_equal(find(&index, 51, "fe80::3", ETH1), 4);
	assert_int_equal(find(&index, 51, "fe80::3", UNKNOWN), 0);
	assert_int_equal(find(&index, 52, "192.0.2.3", ETH0), 0);
	assert_int_equal(find(&index, 51, "192.0.2.5", ETH0), 0);
	assert_true(index.by_vrid[0][51] && index.by_vrid[1][51] && !index.by_vrid[0][52]);
}

static void test_peers_rules_are_those_of_the_configuration(void **state)
{
	struct conf_peer list[] = { peer_of("192.0.2.3", 255), peer_of("192.0.2.4", 64) };
	const struct conf_router conf = conf_of(list, 2, 51), none = { .vrrp = { .family = 4 } };
	struct peers peers = { 0 }, no_peers = { 0 };
	struct vrrp_rules rules = { 0 };

	(void)state;
	assert_int_equal(peers_new(&none, &no_peers), 0);
	peers_set_rules(&no_peers, &none, &rules);
	assert_ptr_equal(rules.destinations, vrrp_group(4));
	assert_int_equal(rules.min_ttl, 255);
	peers_free(&no_peers);
	rules = (struct vrrp_rules){ 0 };
	assert_int_equal(peers_new(&conf, &peers), 0);
	peers_set_rules(&peers, &conf, &rules);
	assert_int_equal(rules.destinations_n, 0);
	assert_int_equal(rules.peers_n, 2);
	assert_memory_equal(rules.peers + 4, list[1].bytes, 4);
	assert_int_equal(rules.peer_min_ttls[1], 64);
	assert_int_equal(rules.min_ttl, 64);
	peers_free(&peers);
}

/* ---- the host's own ---- */

static struct kern_address address_of(const char *text, int ifindex)
{
	struct kern_address address = { .family = strchr(text, ':') ? 6 : 4, .ifindex = ifindex };

	set_bytes(address.bytes, text);
	return address;
}

static void test_peers_that_are_this_host_are_found(void **state)
{
	struct conf_peer list[] = { peer_of("192.0.2.2", 255), peer_of("192.0.2.3", 255) };
	const struct conf_router conf = conf_of(list, 2, 51);
	const struct kern_address own_one = address_of("192.0.2.2", 7);
	struct own_address room[2];
	struct own own = { .all = room };
	struct peers peers = { 0 };

	(void)state;
	assert_int_equal(peers_new(&conf, &peers), 0);
	for (unsigned i = 0; i < 2; i++)
		own_add(&own, 4, list[i].bytes, ETH0);
	own_sort(&own);
	assert_false(peers_find_here(&peers, &conf, &own, ETH0));
	assert_int_equal(peers.away_n, 2);
	assert_false(own_see(&own, &own_one, false, UNKNOWN));
	assert_true(own.changed);
	assert_true(peers_find_here(&peers, &conf, &own, ETH0));
	assert_true(peers.all[0].here && !peers.all[1].here);
	assert_int_equal(peers.away_n, 1);
	assert_true(own_see(&own, &own_one, true, UNKNOWN));
	assert_true(peers_find_here(&peers, &conf, &own, ETH0));
	assert_int_equal(peers.away_n, 2);
	peers_free(&peers);
}

/* A link-local address is another one on each link, and many routers name the same ones. */
static void test_own_link_local_is_of_one_link(void **state)
{
	const struct kern_address on_eth1 = address_of("fe80::2", 8);
	struct own_address room[3];
	struct own own = { .all = room };

	(void)state;
	own_add(&own, 6, on_eth1.bytes, ETH0);
	own_add(&own, 6, on_eth1.bytes, ETH1);
	own_add(&own, 6, on_eth1.bytes, ETH1);
	own_sort(&own);
	assert_int_equal(own.n, 2);
	assert_false(own_see(&own, &on_eth1, false, UNKNOWN));
	assert_false(own.changed);
	(void)own_see(&own, &on_eth1, false, ETH1);
	assert_int_equal(own_where(&own, 6, on_eth1.bytes, ETH1), 8);
	assert_int_equal(own_where(&own, 6, on_eth1.bytes, ETH0), 0);
}

/* The same address on a second interface is not lost with the first; a dump tells what is left. */
static void test_own_dump_finds_what_is_left(void **state)
{
	const struct kern_address on_lo = address_of("10.9.9.1", 1);
	const struct kern_address on_eth0 = address_of("10.9.9.1", 7);
	struct own_address room[1];
	struct own own = { .all = room };

	(void)state;
	own_add(&own, 4, on_lo.bytes, ETH0);
	own_sort(&own);
	(void)own_see(&own, &on_lo, false, UNKNOWN);
	(void)own_see(&own, &on_eth0, false, ETH0);
	assert_false(own_see(&own, &on_lo, true, UNKNOWN));
	assert_int_equal(own_where(&own, 4, on_lo.bytes, ETH0), 7);
	own_dump_begin(&own, 3);
	own_dump_end(&own, 3);
	assert_int_equal(own_where(&own, 4, on_lo.bytes, ETH0), 7);
	own.changed = false;
	own_dump_begin(&own, 7);
	own_dump_end(&own, 7);
	assert_true(own.changed);
	assert_int_equal(own_where(&own, 4, on_lo.bytes, ETH0), 0);
	own_dump_begin(&own, 0);
	(void)own_see(&own, &on_lo, false, UNKNOWN);
	own_dump_end(&own, 0);
	assert_int_equal(own_where(&own, 4, on_lo.bytes, ETH0), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peers_index_finds_the_router_of_a_sender),
		cmocka_unit_test(test_peers_rules_are_those_of_the_configuration),
		cmocka_unit_test(test_peers_that_are_this_host_are_found),
		cmocka_unit_test(test_own_link_local_is_of_one_link),
		cmocka_unit_test(test_own_dump_finds_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
