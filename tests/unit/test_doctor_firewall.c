/* SPDX-License-Identifier: MIT */
/* What becomes of VRRP's packets by rules of nftables and iptables, as their programs print them.
 */
#include "test.h"

#include <malloc.h>
#include <stdlib.h>

#include "agent/vipctl/firewall_read.h"

static struct arena arena;
static struct firewall firewall;

static int begin(void **state)
{
	(void)state;
	memset(&firewall, 0, sizeof(firewall));
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* A multicast advert of somebody in 192.0.2.0/24. */
static struct firewall_packet advert(void)
{
	struct firewall_packet packet = { .family = 4,
					  .protocol = 112,
					  .ttl = 255,
					  .interface = "eth0",
					  .saddr_len = 24,
					  .daddr_len = 32,
					  .multicast = true };

	set_address(packet.saddr, "192.0.2.2");
	set_address(packet.daddr, "224.0.0.18");
	return packet;
}

static struct firewall_packet advert6(void)
{
	struct firewall_packet packet = { .family = 6,
					  .protocol = 112,
					  .ttl = 255,
					  .interface = "eth0",
					  .saddr_len = 64,
					  .daddr_len = 128,
					  .multicast = true };

	set_address(packet.saddr, "fe80::1");
	set_address(packet.daddr, "ff02::12");
	return packet;
}

static enum firewall_fate worst(const struct firewall_packet *packet)
{
	enum firewall_fate fate = FIREWALL_PASSES;

	for (const struct firewall_chain *chain = firewall.chains; chain; chain = chain->next) {
		struct firewall_answer answer;

		if (chain->hook == FIREWALL_NO_HOOK || !firewall_hears(chain, packet))
			continue;
		answer = firewall_judge(&firewall, chain, packet);
		fate = answer.fate > fate ? answer.fate : fate;
	}
	return fate;
}

/* ---- iptables ---- */

/* The fate of a packet by rules of the chain INPUT, with this policy. */
static enum firewall_fate by_tables(const char *policy, const char *rules,
				    struct firewall_packet packet)
{
	char text[2048];

	memset(&firewall, 0, sizeof(firewall));
	snprintf(text, sizeof(text),
		 "# a comment\n*filter\n:INPUT %s [0:0]\n:FORWARD DROP [0:0]\n:own - [0:0]\n"
		 ":other - [0:0]\n%s\nCOMMIT\n",
		 policy, rules);
	firewall_read_iptables(&firewall, &arena, packet.family == 6 ? "ip6tables" : "iptables",
			       text);
	return worst(&packet);
}

static const struct table_row {
	const char *policy, *rules;
	enum firewall_fate fate;
} table_rows[] = {
	{ "ACCEPT", "", FIREWALL_PASSES },
	{ "DROP", "", FIREWALL_DROPS },
	{ "ACCEPT", "-A INPUT -p vrrp -j DROP", FIREWALL_DROPS },
	{ "ACCEPT", "-A INPUT -p 112 -j REJECT --reject-with icmp-proto-unreachable",
	  FIREWALL_DROPS },
	{ "ACCEPT", "-A INPUT -p tcp -j DROP", FIREWALL_PASSES },
	{ "ACCEPT", "-A INPUT ! -p tcp -j DROP", FIREWALL_DROPS },
	{ "DROP", "-A INPUT -p vrrp -j ACCEPT", FIREWALL_PASSES },
	{ "DROP", "-A INPUT -i eth1 -p vrrp -j ACCEPT", FIREWALL_DROPS },
	{ "DROP", "-A INPUT -i eth+ -p vrrp -j ACCEPT", FIREWALL_PASSES },
	{ "DROP", "-A INPUT ! -i lo -p vrrp -j ACCEPT", FIREWALL_PASSES },
	{ "DROP", "-A INPUT -d 224.0.0.18/32 -j ACCEPT", FIREWALL_PASSES },
	{ "DROP", "-A INPUT -d 224.0.0.0/8 -j ACCEPT", FIREWALL_PASSES },
	{ "DROP", "-A INPUT -d 224.0.0.5/32 -j ACCEPT", FIREWALL_DROPS },
	/* The first match counts. */
	{ "ACCEPT", "-A INPUT -p vrrp -j ACCEPT\n-A INPUT -p vrrp -j DROP", FIREWALL_PASSES },
	{ "ACCEPT", "-A INPUT -p vrrp -j DROP\n-A INPUT -p vrrp -j ACCEPT", FIREWALL_DROPS },
	/* One peer of the subnet is let in: whether that is all, nobody knows here. */
	{ "DROP", "-A INPUT -s 192.0.2.3/32 -p vrrp -j ACCEPT", FIREWALL_MAY_DROP },
	{ "DROP", "-A INPUT -s 192.0.2.0/24 -p vrrp -j ACCEPT", FIREWALL_PASSES },
	{ "DROP", "-A INPUT -s 192.0.0.0/16 -p vrrp -j ACCEPT", FIREWALL_PASSES },
	{ "DROP", "-A INPUT -s 10.0.0.0/8 -p vrrp -j ACCEPT", FIREWALL_DROPS },
	/* Multicast is never established. */
	{ "DROP", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", FIREWALL_DROPS },
	{ "DROP", "-A INPUT -m state --state NEW -p vrrp -j ACCEPT", FIREWALL_PASSES },
	{ "ACCEPT", "-A INPUT -m conntrack --ctstate INVALID -j DROP", FIREWALL_PASSES },
	{ "ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j DROP",
	  FIREWALL_DROPS },
	{ "ACCEPT", "-A INPUT -m pkttype --pkt-type multicast -j DROP", FIREWALL_DROPS },
	{ "ACCEPT", "-A INPUT -m addrtype --dst-type MULTICAST -j DROP", FIREWALL_DROPS },
	{ "DROP", "-A INPUT -p vrrp -m ttl --ttl-eq 255 -j ACCEPT", FIREWALL_PASSES },
	/* Chains of their own. */
	{ "ACCEPT", "-A INPUT -j own\n-A own -p vrrp -j DROP", FIREWALL_DROPS },
	{ "DROP", "-A INPUT -j own\n-A own -p vrrp -j RETURN\n-A own -j ACCEPT", FIREWALL_DROPS },
	{ "DROP", "-A INPUT -g own\n-A INPUT -j ACCEPT\n-A own -p tcp -j ACCEPT", FIREWALL_DROPS },
	{ "ACCEPT", "-A INPUT -j own\n-A own -j own", FIREWALL_PASSES }, /* no end */
	/* What goes on, and what is not understood. */
	{ "DROP", "-A INPUT -j LOG --log-prefix \"a b -j ACCEPT\"\n-A INPUT -p vrrp -j ACCEPT",
	  FIREWALL_PASSES },
	{ "DROP", "-A INPUT -m limit --limit 3/min -j LOG", FIREWALL_DROPS },
	{ "DROP", "-A INPUT -m recent --name x --rcheck -j ACCEPT", FIREWALL_MAY_DROP },
	{ "ACCEPT", "-A INPUT -m set --match-set bad src -j DROP", FIREWALL_PASSES },
	{ "ACCEPT", "-A INPUT -p vrrp -m set --match-set bad src -j DROP", FIREWALL_MAY_DROP },
	{ "DROP", "-A INPUT -j NFQUEUE --queue-num 1", FIREWALL_MAY_DROP },
	{ "ACCEPT", "-A INPUT -m comment --comment \"no \\\"vrrp\\\" here\" -p vrrp -j DROP",
	  FIREWALL_DROPS },
	{ "ACCEPT", "-A FORWARD -p vrrp -j DROP", FIREWALL_PASSES },
	{ "ACCEPT", "-A OUTPUT -p vrrp -j DROP", FIREWALL_PASSES }, /* there is no such chain */
};

static void test_firewall_iptables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table_rows) / sizeof(table_rows[0]); i++) {
		const struct table_row *row = &table_rows[i];
		enum firewall_fate fate = by_tables(row->policy, row->rules, advert());

		if (fate != row->fate)
			print_error("policy %s, rules:\n%s\n", row->policy, row->rules);
		assert_int_equal(fate, row->fate);
	}
}

static void test_firewall_iptables_of_the_other_family(void **state)
{
	(void)state;
	assert_int_equal(by_tables("DROP", "-A INPUT -p vrrp -j ACCEPT", advert6()),
			 FIREWALL_PASSES);
	assert_int_equal(by_tables("DROP", "-A INPUT -d ff02::/16 -j ACCEPT", advert6()),
			 FIREWALL_PASSES);
	assert_int_equal(by_tables("DROP", "-A INPUT -d ff05::/16 -j ACCEPT", advert6()),
			 FIREWALL_DROPS);
	/* The rules of one family say nothing of the other. */
	(void)by_tables("DROP", "", advert6());
	assert_int_equal(worst(&(struct firewall_packet){ .family = 4, .interface = "eth0" }),
			 FIREWALL_PASSES);
}

static void test_firewall_of_neighbours(void **state)
{
	struct firewall_packet packet = advert6();

	(void)state;
	packet.protocol = 58;
	packet.icmp_type = 135;
	assert_int_equal(by_tables("DROP", "-A INPUT -p ipv6-icmp -j ACCEPT", packet),
			 FIREWALL_PASSES);
	assert_int_equal(by_tables("DROP",
				   "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT",
				   packet),
			 FIREWALL_PASSES);
	assert_int_equal(by_tables("DROP",
				   "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT",
				   packet),
			 FIREWALL_DROPS);
	/* An advert has no such type, whatever it is compared with. */
	assert_int_equal(
		by_tables("DROP", "-A INPUT -m icmp6 ! --icmpv6-type 128 -j ACCEPT", advert6()),
		FIREWALL_DROPS);
}

static void test_firewall_of_peers(void **state)
{
	struct firewall_packet packet = advert();

	(void)state;
	packet.multicast = false;
	packet.saddr_len = 32;
	set_address(packet.saddr, "198.51.100.7");
	set_address(packet.daddr, "192.0.2.2");
	assert_int_equal(by_tables("DROP", "-A INPUT -s 198.51.100.7/32 -j ACCEPT", packet),
			 FIREWALL_PASSES);
	assert_int_equal(by_tables("DROP", "-A INPUT -s 198.51.100.8/32 -j ACCEPT", packet),
			 FIREWALL_DROPS);
	assert_int_equal(
		by_tables("DROP",
			  "-A INPUT -m iprange --src-range 198.51.100.1-198.51.100.9 -j ACCEPT",
			  packet),
		FIREWALL_PASSES);
	/* By unicast it may be an answer. */
	assert_int_equal(by_tables("DROP",
				   "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
				   packet),
			 FIREWALL_MAY_DROP);
}

/* ---- nftables ---- */

/* Rules of "inet f input", as JSON expressions, each a rule; @more: objects in front. */
static enum firewall_fate by_nft(const char *policy, const char *more, const char *rules,
				 struct firewall_packet packet)
{
	char text[4096], *at = text, *end = text + sizeof(text);

	memset(&firewall, 0, sizeof(firewall));
	at += snprintf(at, (size_t)(end - at),
		       "{\"nftables\": [%s{\"chain\": {\"family\": \"inet\", \"table\": \"f\", "
		       "\"name\": \"input\", \"hook\": \"input\", \"policy\": \"%s\"}},"
		       "{\"chain\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"own\"}}",
		       more, policy);
	for (const char *rule = rules; *rule;) {
		size_t len = strcspn(rule, "\n");
		bool own = rule[0] == 'o';

		at += snprintf(at, (size_t)(end - at),
			       ",{\"rule\": {\"family\": \"inet\", \"table\": \"f\", \"chain\": "
			       "\"%s\", \"handle\": 7, \"expr\": [%.*s]}}",
			       own ? "own" : "input", (int)len - own, rule + own);
		rule += len + (rule[len] == '\n');
	}
	snprintf(at, (size_t)(end - at), "]}");
	assert_int_equal(firewall_read_nft(&firewall, &arena, text), 0);
	return worst(&packet);
}

#define MATCH(op, left, right)                                                                     \
	"{\"match\": {\"op\": \"" op "\", \"left\": " left ", \"right\": " right "}}"
#define META(key)        "{\"meta\": {\"key\": \"" key "\"}}"
#define OF(proto, field) "{\"payload\": {\"protocol\": \"" proto "\", \"field\": \"" field "\"}}"
#define ACCEPT           ", {\"accept\": null}"
#define DROP             ", {\"drop\": null}"
#define STATE            "{\"ct\": {\"key\": \"state\"}}"
#define SET                                                                                        \
	"{\"set\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"s\", \"elem\": ["          \
	"{\"prefix\": {\"addr\": \"192.0.2.0\", \"len\": 24}}, "                                   \
	"{\"elem\": {\"val\": \"10.0.0.1\", \"timeout\": 5}}]}},"
/* Of an interface whose name looks like that of a set, even its own. */
#define LINKS                                                                                      \
	"{\"set\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"l\", \"elem\": ["          \
	"\"@l\", \"eth0\"]}},"
#define MAP                                                                                        \
	"{\"map\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"m\", \"elem\": ["          \
	"[\"tcp\", {\"accept\": null}], [\"vrrp\", {\"drop\": null}]]}},"

static const struct nft_row {
	const char *policy, *more, *rules;
	enum firewall_fate fate;
} nft_rows[] = {
	{ "accept", "", "", FIREWALL_PASSES },
	{ "drop", "", "", FIREWALL_DROPS },
	{ "accept", "", MATCH("==", OF("ip", "protocol"), "\"vrrp\"") DROP, FIREWALL_DROPS },
	{ "accept", "", MATCH("==", OF("ip", "protocol"), "112") DROP, FIREWALL_DROPS },
	{ "accept", "", MATCH("==", META("l4proto"), "{\"set\": [\"tcp\", 112]}") DROP,
	  FIREWALL_DROPS },
	{ "accept", "", MATCH("==", OF("ip6", "nexthdr"), "112") DROP, FIREWALL_PASSES },
	{ "drop", "", MATCH("==", META("iifname"), "\"eth*\"") ACCEPT, FIREWALL_PASSES },
	{ "drop", "", MATCH("==", META("iif"), "\"lo\"") ACCEPT, FIREWALL_DROPS },
	{ "drop", "", MATCH("!=", META("iif"), "\"lo\"") ACCEPT, FIREWALL_PASSES },
	{ "drop", "", MATCH("in", STATE, "[\"established\", \"related\"]") ACCEPT, FIREWALL_DROPS },
	{ "drop", "", MATCH("in", STATE, "\"new\"") ACCEPT, FIREWALL_PASSES },
	/* Ports, also compared the other way round, are of other protocols. */
	{ "drop", "", MATCH("==", OF("tcp", "dport"), "22") ACCEPT, FIREWALL_DROPS },
	{ "drop", "", MATCH("!=", OF("udp", "dport"), "22") ACCEPT, FIREWALL_DROPS },
	{ "accept", "", MATCH("<", OF("ip", "ttl"), "255") DROP, FIREWALL_PASSES },
	{ "accept", "", MATCH(">", OF("ip", "ttl"), "1") DROP, FIREWALL_DROPS },
	{ "drop", SET, MATCH("==", OF("ip", "saddr"), "\"@s\"") ACCEPT, FIREWALL_PASSES },
	{ "accept", SET, MATCH("==", OF("ip", "saddr"), "\"@s\"") DROP, FIREWALL_DROPS },
	{ "drop", LINKS, MATCH("==", META("iifname"), "\"@l\"") ACCEPT, FIREWALL_PASSES },
	{ "accept", MAP, "{\"vmap\": {\"key\": " META("l4proto") ", \"data\": \"@m\"}}",
	  FIREWALL_DROPS },
	{ "drop", "",
	  "{\"vmap\": {\"key\": " STATE ", \"data\": {\"set\": [[\"new\", {\"accept\": null}]]}}}",
	  FIREWALL_PASSES },
	{ "drop", "",
	  "{\"vmap\": {\"key\": " META("iifname") ", \"data\": {\"set\": [[\"eth0\", "
						  "{\"jump\": {\"target\": \"own\"}}]]}}}\no" MATCH(
							  "==", META("l4proto"), "112") ACCEPT,
	  FIREWALL_PASSES },
	{ "accept", "",
	  "{\"jump\": {\"target\": \"own\"}}\no" MATCH("==", META("l4proto"), "112") DROP,
	  FIREWALL_DROPS },
	/* What was counted or logged goes on. */
	{ "drop", "", "{\"counter\": {\"packets\": 0, \"bytes\": 0}}, {\"log\": null}" ACCEPT,
	  FIREWALL_PASSES },
	{ "accept", "", "{\"reject\": {\"type\": \"icmpx\"}}", FIREWALL_DROPS },
	{ "drop", "", "{\"limit\": {\"rate\": 5}}" ACCEPT, FIREWALL_MAY_DROP },
	{ "drop", "", "{\"xt\": {\"type\": \"match\", \"name\": \"x\"}}" ACCEPT,
	  FIREWALL_MAY_DROP },
	{ "drop", "",
	  MATCH("==", "{\"concat\": [" META("iif") ", " OF("ip", "saddr") "]}",
		"{\"set\": [{\"concat\": [\"eth0\", \"192.0.2.3\"]}]}") ACCEPT,
	  FIREWALL_MAY_DROP },
	{ "drop", "",
	  MATCH("==", "{\"fib\": {\"result\": \"type\", \"flags\": [\"daddr\"]}}", "\"multicast\"")
		  ACCEPT,
	  FIREWALL_PASSES },
	{ "drop", "",
	  MATCH("==", "{\"fib\": {\"result\": \"oif\", \"flags\": [\"saddr\", \"iif\"]}}", "\"x\"")
		  ACCEPT,
	  FIREWALL_MAY_DROP },
	{ "drop", "",
	  MATCH("==", OF("ip", "saddr"), "{\"range\": [\"192.0.2.1\", \"192.0.2.9\"]}") ACCEPT,
	  FIREWALL_MAY_DROP },
};

static void test_firewall_nft(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(nft_rows) / sizeof(nft_rows[0]); i++) {
		const struct nft_row *row = &nft_rows[i];
		enum firewall_fate fate = by_nft(row->policy, row->more, row->rules, advert());

		if (fate != row->fate)
			print_error("policy %s, rules:\n%s\n", row->policy, row->rules);
		assert_int_equal(fate, row->fate);
	}
}

/* Memory grows as the set does, not as its square: 16 bytes for each value, and as much again. */
static void test_firewall_takes_many_values(void **state)
{
	enum {
		N = 20000
	};
	struct firewall_chain *chain =
		firewall_chain(&firewall, &arena, "nft", "inet", "f", "input");
	struct firewall_match *match =
		firewall_match(firewall_rule(chain, &arena, ""), &arena, FIREWALL_SADDR, false);
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd, after;
	char text[32];

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "%u", i);
		firewall_value(match, &arena, text);
	}
	after = mallinfo2().uordblks + mallinfo2().hblkhd;
	assert_int_equal(match->n, N);
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(atoi(match->values[i]), i);
	assert_true(after - before < (size_t)4 << 20);
}

static void test_firewall_nft_of_the_other_family(void **state)
{
	(void)state;
	assert_int_equal(
		by_nft("accept", "", MATCH("==", OF("ip", "protocol"), "112") DROP, advert6()),
		FIREWALL_PASSES);
	assert_int_equal(
		by_nft("accept", "", MATCH("==", OF("ip6", "nexthdr"), "112") DROP, advert6()),
		FIREWALL_DROPS);
	assert_int_equal(
		by_nft("drop", "", MATCH("==", META("nfproto"), "\"ipv6\"") ACCEPT, advert6()),
		FIREWALL_PASSES);
}

/* Some versions of nft do not say of which interface an ingress chain is. */
static void test_firewall_nft_of_an_unknown_device(void **state)
{
	const struct firewall_packet packet = advert();

	(void)state;
	assert_int_equal(
		firewall_read_nft(&firewall, &arena,
				  "{\"nftables\": [{\"chain\": {\"family\": \"netdev\", \"table\": "
				  "\"f\", \"name\": \"i\", \"hook\": \"ingress\", \"policy\": "
				  "\"drop\"}}]}"),
		0);
	assert_int_equal(worst(&packet), FIREWALL_MAY_DROP);
}

/* iptables tells more of its own tables than nft does. */
static void test_firewall_nft_passes_over_what_iptables_has_told(void **state)
{
	const struct firewall_packet packet = advert();
	char text[] = "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n";

	(void)state;
	firewall_read_iptables(&firewall, &arena, "iptables", text);
	assert_int_equal(
		firewall_read_nft(
			&firewall, &arena,
			"{\"nftables\": [{\"chain\": {\"family\": \"ip\", \"table\": "
			"\"filter\", \"name\": \"INPUT\", \"hook\": \"input\", \"policy\": "
			"\"drop\"}}]}"),
		0);
	assert_int_equal(worst(&packet), FIREWALL_PASSES);
}

static void test_firewall_nft_without_sense(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "{\"nftables\": 1}", "no right", "{\"nftables\": [1, {}, null", "{}"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_true(firewall_read_nft(&firewall, &arena, texts[i]) < 0);
	assert_null(firewall.chains);
	/* Objects of unknown kinds, and members of the wrong type. */
	assert_int_equal(
		firewall_read_nft(
			&firewall, &arena,
			"{\"nftables\": [1, {}, null, {\"chain\": 5}, {\"rule\": {}}, "
			"{\"flowtable\": {}}, {\"chain\": {\"family\": \"inet\", "
			"\"table\": \"t\", \"name\": \"c\", \"hook\": 3}}, {\"rule\": "
			"{\"family\": \"inet\", \"table\": \"t\", \"chain\": \"c\", "
			"\"expr\": [1, {\"match\": 1}, {\"vmap\": {}}, {\"jump\": 1}]}}]}"),
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_firewall_iptables, begin, end),
		cmocka_unit_test_setup_teardown(test_firewall_iptables_of_the_other_family, begin,
						end),
		cmocka_unit_test_setup_teardown(test_firewall_of_neighbours, begin, end),
		cmocka_unit_test_setup_teardown(test_firewall_of_peers, begin, end),
		cmocka_unit_test_setup_teardown(test_firewall_nft, begin, end),
		cmocka_unit_test_setup_teardown(test_firewall_nft_of_the_other_family, begin, end),
		cmocka_unit_test_setup_teardown(test_firewall_takes_many_values, begin, end),
		cmocka_unit_test_setup_teardown(test_firewall_nft_of_an_unknown_device, begin, end),
		cmocka_unit_test_setup_teardown(
			test_firewall_nft_passes_over_what_iptables_has_told, begin, end),
		cmocka_unit_test_setup_teardown(test_firewall_nft_without_sense, begin, end),
	};

	return cmocka_run_group_tests_name("doctor_firewall", tests, NULL, NULL);
}
