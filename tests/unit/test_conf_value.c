/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdlib.h>

#include "agent/conf/value.h"
#include "agent/fields.h"

#define HOUR  (3600 * SECOND)
#define WRONG (-1)

/* The duration, or WRONG; what it is wrong about leaves the result alone. */
static int64_t duration(const char *text)
{
	int64_t ns = 4711;

	if (conf_duration_parse(text, &ns))
		return ns;
	assert_int_equal(ns, 4711);
	return WRONG;
}

static void test_duration_whole_numbers(void **state)
{
	(void)state;
	assert_int_equal(duration("0ms"), 0);
	assert_int_equal(duration("0h"), 0);
	assert_int_equal(duration("1ms"), MS);
	assert_int_equal(duration("10ms"), 10 * MS);
	assert_int_equal(duration("1s"), SECOND);
	assert_int_equal(duration("2m"), 120 * SECOND);
	assert_int_equal(duration("1h"), HOUR);
	assert_int_equal(duration("007s"), 7 * SECOND);
}

static void test_duration_fractions_are_exact(void **state)
{
	(void)state;
	assert_int_equal(duration("1.5s"), 1500 * MS);
	assert_int_equal(duration("40.95s"), 40950 * MS);
	assert_int_equal(duration("0.01s"), 10 * MS);
	assert_int_equal(duration("0.1s"), 100 * MS);
	assert_int_equal(duration("0.000001s"), 1000);
	assert_int_equal(duration("0.000001ms"), 1);
	assert_int_equal(duration("1.999999ms"), 1999999);
	assert_int_equal(duration("0.5m"), 30 * SECOND);
	assert_int_equal(duration("0.000001h"), 3600000);
}

static void test_duration_without_unit_is_refused(void **state)
{
	(void)state;
	assert_int_equal(duration(""), WRONG);
	assert_int_equal(duration("1"), WRONG);
	assert_int_equal(duration("0"), WRONG);
	assert_int_equal(duration("s"), WRONG);
	assert_int_equal(duration("1.5"), WRONG);
}

static void test_duration_with_anything_else_is_refused(void **state)
{
	static const char *const texts[] = {
		" 1s",    "1s ", "1 s",  "+1s",   "-1s",  "1S",   "1sec", "1us",        "1w",
		"1s1s",   ".5s", "1.s",  "1..5s", "1,5s", "0x1s", "1e3s", "infs",       "nans",
		"1.5.5s", "s1",  "1\ns", "1s\n",  "1mss", "1hm",  "\xff", "1\xc2\xb5s",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (duration(texts[i]) != WRONG)
			fail_msg("\"%s\" is taken for a duration", texts[i]);
}

static void test_duration_may_be_a_sum(void **state)
{
	static const char *const wrong[] = {
		"30m1h", "1h1h", "1h30",   "1h 30m", "1.5h30m", "1h30m ", "1h-30m",  "1h+30m",
		"1hm",   "1m1d", "1ms10s", "1h.5m",  "3660d1s", "1h30mx", "1h30m10", "d1h",
	};

	(void)state;
	assert_int_equal(duration("1h30m"), HOUR + HOUR / 2);
	assert_int_equal(duration("1d2h3m4s5ms"),
			 26 * HOUR + 3 * 60 * SECOND + 4 * SECOND + 5 * MS);
	assert_int_equal(duration("1m0s"), 60 * SECOND);
	assert_int_equal(duration("1h1s"), HOUR + SECOND);
	assert_int_equal(duration("1m1.5s"), 61500 * MS);
	assert_int_equal(duration("1s1ms"), 1001 * MS);
	assert_int_equal(duration("3659d24h"), 3660 * 24 * HOUR);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (duration(wrong[i]) != WRONG)
			fail_msg("\"%s\" is taken for a duration", wrong[i]);
}

static void test_duration_limit_is_a_day(void **state)
{
	(void)state;
	assert_int_equal(duration("24h"), 24 * HOUR);
	assert_int_equal(duration("1440m"), 24 * HOUR);
	assert_int_equal(duration("86400s"), 24 * HOUR);
	assert_int_equal(duration("86400000ms"), 24 * HOUR);
	assert_int_equal(duration("1d"), 24 * HOUR);
	assert_int_equal(duration("3660d"), 3660 * 24 * HOUR);
	assert_int_equal(duration("3661d"), WRONG);
	assert_int_equal(duration("87841h"), WRONG);
	assert_int_equal(duration("5270401m"), WRONG);
	assert_int_equal(duration("316224001s"), WRONG);
	/* The whole part alone is in range. */
	assert_false(conf_duration_parse("87840.1h", &(int64_t){ 0 }));
	assert_false(conf_duration_parse("316224000.1s", &(int64_t){ 0 }));
}

static void test_duration_with_too_many_digits_is_refused(void **state)
{
	(void)state;
	assert_int_equal(duration("000000001s"), SECOND);
	assert_int_equal(duration("0000000001s"), WRONG);
	assert_int_equal(duration("999999999h"), WRONG);
	assert_int_equal(duration("18446744073709551617s"), WRONG);
	assert_int_equal(duration("0.0000001s"), WRONG);
}

static void test_duration_survives_its_text(void **state)
{
	uint64_t random = 1;
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		int64_t ns;

		random = random * 6364136223846793005u + 1442695040888963407u;
		ns = (int64_t)((random >> 20) % (24 * 3600 * 1000 + 1)) * MS;
		if (i % 2)
			ns -= ns % SECOND; /* else seconds and more would be rare */
		if (i % 6 == 5)
			ns -= ns % (60 * SECOND);
		assert_int_equal(duration(fields_duration(ns, text, sizeof(text))), ns);
	}
}

static void test_word_is_printable_without_what_needs_quotes(void **state)
{
	static const char *const wrong[] = { "",    " ",   "a b", "a\tb", "a\"b",
					     "a'b", "a/b", "a\\", "\x7f", "caf\xc3\xa9" };

	(void)state;
	assert_true(conf_word_is_valid("eth0.51:vip_~!", 14));
	assert_false(conf_word_is_valid("eth0.51:vip_~!", 13));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(conf_word_is_valid(wrong[i], 32));
}

/* NULL when it is an address, and then this one. */
static const char *address_fault_of(const char *text, const char *expected)
{
	struct conf_address address, before;
	char back[CONF_ADDRESS_TEXT_SIZE];
	const char *fault;

	memset(&address, 0xa5, sizeof(address));
	before = address;
	fault = conf_address_parse(text, &address);
	if (fault)
		assert_memory_equal(&address, &before, sizeof(address));
	else
		assert_string_equal(conf_address_format(&address, back), expected);
	return fault;
}

static void assert_address_ok(const char *text)
{
	const char *fault = address_fault_of(text, text);

	if (fault)
		fail_msg("\"%s\" is refused: %s", text, fault);
}

static void assert_fault_has(const char *text, const char *words)
{
	const char *fault = address_fault_of(text, text);

	if (!fault || !strstr(fault, words))
		fail_msg("\"%s\": \"%s\" does not say \"%s\"", text, fault ? fault : "fine", words);
}

static void test_address_bytes_are_in_network_order(void **state)
{
	static const uint8_t expected[16] = { 192, 0, 2, 1 };
	struct conf_address address;

	(void)state;
	memset(&address, 0xa5, sizeof(address));
	assert_null(conf_address_parse("192.0.2.1/24", &address));
	assert_int_equal(address.family, 4);
	assert_int_equal(address.prefix_len, 24);
	assert_memory_equal(address.bytes, expected, 16);
}

static void test_address_every_prefix_length(void **state)
{
	char text[32];

	(void)state;
	for (unsigned len = 1; len <= 32; len++) {
		sprintf(text, "170.170.170.170/%u", len);
		assert_address_ok(text);
	}
	assert_fault_has("170.170.170.170/0", "outside 1..32");
	assert_fault_has("170.170.170.170/33", "outside 1..32");
	assert_fault_has("170.170.170.170/99", "outside 1..32");
	assert_fault_has("170.170.170.170/100", "not a number from 1 to 32");
}

static void test_address_without_prefix_length_says_how_to_write_it(void **state)
{
	(void)state;
	assert_fault_has("192.0.2.1", "has no prefix length; write that of the network, "
				      "\"192.0.2.1/24\", or /32");
	assert_fault_has("", "is not an IPv4 address");
	assert_fault_has("gateway", "names are not looked up");
}

static void test_address_that_is_none(void **state)
{
	static const char *const texts[] = {
		"/24",
		"192.0.2/24",
		"192.0.2.1.1/24",
		"192.0.2.256/24",
		"192.0.2.1./24",
		"192..0.2/24",
		"1.2.3.4.5.6.7.8.9.10/24",
		"0xc0.0.2.1/24",
		"3221225985/24",
		"a.b.c.d/24",
		"-1.0.2.1/24",
		".0.2.1/24",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_fault_has(texts[i], "is not an IPv4 address");
	assert_fault_has(" 192.0.2.1/24", "has a blank in it");
	assert_fault_has("192.0.2.1 /24", "has a blank in it");
	assert_fault_has("192.0.2.01/24", "leave out the 0");
	assert_fault_has("192.0.2.000000000000000000000000000001/24", "leave out the 0");
	assert_fault_has("192.0.2.1/255.255.255.0", "write the prefix length");
	assert_fault_has("192.0.2.1/24, 192.0.2.2/24", "each is a string of its own");
	assert_fault_has("192.0.2.1/24 ", "has a blank at its end");
	assert_fault_has("192.0.2.1/24 dev eth0", "has more behind its prefix length");
	assert_fault_has("192.0.2.1-9/24", "each address is one string");
}

static void test_interface_names_of_the_kernel(void **state)
{
	static const char *const good[] = { "eth0", "a", "eth0.100", "br-lan", "e23456789012345",
					    "...",  "%d" };
	static const char *const bad[] = {
		"",    ".",     "..",     "eth0:1",           "eth0@if2",
		"a/b", "eth 0", "eth0\t", "e234567890123456", "\xc3\xa9"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(conf_interface_is_valid(good[i], 15));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(conf_interface_is_valid(bad[i], 15));
}

static void test_address_with_a_prefix_length_that_is_no_number(void **state)
{
	static const char *const texts[] = {
		"192.0.2.1/",      "192.0.2.1/x",        "192.0.2.1/24x", "192.0.2.1/ 24",
		"192.0.2.1/-1",    "192.0.2.1/+24",      "192.0.2.1/024", "192.0.2.1/1.5",
		"192.0.2.1/24/24", "192.0.2.1/25.5.5.0", "192.0.2.1//24", "192.0.2.1/4294967320",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_fault_has(texts[i], "not a number from 1 to 32");
}

static void test_address_of_ipv6(void **state)
{
	struct conf_address address;

	(void)state;
	assert_address_ok("2001:db8::1/64");
	assert_address_ok("fe80::1/64");
	assert_address_ok("2001:db8::/127");
	assert_address_ok("64:ff9b::1/96");
	assert_address_ok("2001:db8:1111:2222:3333:4444:5555:6666/128");
	assert_null(conf_address_parse("fe80::200:5eff:fe00:233/10", &address));
	assert_int_equal(address.family, 6);
	assert_int_equal(address.prefix_len, 10);
	assert_int_equal(address.bytes[0], 0xfe);
	assert_int_equal(address.bytes[15], 0x33);
	assert_null(address_fault_of("2001:DB8:0::1/64", "2001:db8::1/64"));
}

static void test_address_of_ipv6_that_is_wrong(void **state)
{
	(void)state;
	assert_fault_has("2001:db8::1", "has no prefix length");
	assert_fault_has("2001:db8::1/129", "outside 1..128");
	assert_fault_has("2001:db8::1/0", "outside 1..128");
	assert_fault_has("2001:db8::1/64 dev eth0", "not a number from 1 to 128");
	assert_fault_has("2001:db8::1/", "not a number from 1 to 128");
	assert_fault_has("2001:db8::g/64", "is not an IPv6 address");
	assert_fault_has("2001:db8:1111:2222:3333:4444:5555:6666:7777/64",
			 "is not an IPv6 address");
	assert_fault_has(" 2001:db8::1/64", "has a blank");
	assert_fault_has("fe80::1%eth0/64", "has a zone");
	assert_fault_has("::ffff:192.0.2.1/120", "is an IPv4 address in the form of IPv6");
	assert_fault_has("::/64", "is no address of a host");
	assert_fault_has("::1/128", "loopback");
	assert_fault_has("ff02::12/128", "multicast");
	assert_fault_has("2001:db8::/64", "anycast");
}

static void test_host_of_either_family(void **state)
{
	uint8_t bytes[16] = { 0 };

	(void)state;
	assert_null(conf_host_parse("fe80::1", bytes));
	assert_int_equal(bytes[0], 0xfe);
	assert_int_equal(bytes[15], 1);
	assert_non_null(conf_host_parse("fe80::1/64", bytes));
	/* It could be taken for one of IPv4. */
	assert_non_null(strstr(conf_host_parse("2001:db8::", bytes), "anycast"));
}

static void test_address_that_no_host_can_have(void **state)
{
	(void)state;
	assert_fault_has("0.0.0.0/32", "0.0.0.0/8");
	assert_fault_has("0.255.255.255/32", "0.0.0.0/8");
	assert_address_ok("1.0.0.0/32");
	assert_address_ok("126.255.255.255/32");
	assert_fault_has("127.0.0.0/32", "loopback");
	assert_fault_has("127.255.255.255/32", "loopback");
	assert_address_ok("128.0.0.0/32");
	assert_address_ok("223.255.255.255/32");
	assert_fault_has("224.0.0.0/32", "multicast");
	assert_fault_has("239.255.255.255/32", "multicast");
	assert_fault_has("240.0.0.0/32", "reserved or broadcast");
	assert_fault_has("255.255.255.255/32", "reserved or broadcast");
}

static void test_address_of_network_and_broadcast(void **state)
{
	(void)state;
	assert_fault_has("192.0.2.0/24", "the network itself");
	assert_fault_has("192.0.2.255/24", "the broadcast address");
	assert_address_ok("192.0.2.254/24");
	assert_address_ok("192.0.2.255/23"); /* in the middle of its network */
	assert_address_ok("192.0.3.0/23");
}

static void test_address_in_a_network_of_two_or_one(void **state)
{
	(void)state;
	/* RFC 3021: both addresses of a /31 are hosts. */
	assert_address_ok("192.0.2.2/31");
	assert_address_ok("192.0.2.3/31");
	assert_address_ok("192.0.2.0/32");
	assert_address_ok("192.0.2.255/32");
	assert_fault_has("192.0.2.4/30", "the network itself");
	assert_address_ok("192.0.2.5/30");
	assert_address_ok("192.0.2.6/30");
	assert_fault_has("192.0.2.7/30", "the broadcast address");
	assert_fault_has("128.0.0.0/1", "the network itself");
	assert_address_ok("128.0.0.1/1");
}

static void test_address_longest_text_fits(void **state)
{
	const struct conf_address address = { .family = 4,
					      .prefix_len = 32,
					      .bytes = { 255, 255, 255, 255 } };
	char text[CONF_ADDRESS_TEXT_SIZE];

	(void)state;
	assert_string_equal(conf_address_format(&address, text), "255.255.255.255/32");
}

static void test_mac_of_one_host(void **state)
{
	static const uint8_t bytes[6] = { 0x02, 0x00, 0xab, 0xcd, 0x0e, 0xff };
	char text[CONF_MAC_TEXT_SIZE];
	uint8_t parsed[6];

	(void)state;
	assert_null(conf_mac_parse("02:00:aB:Cd:0e:ff", parsed));
	assert_memory_equal(parsed, bytes, 6);
	assert_string_equal(conf_mac_format(parsed, text), "02:00:ab:cd:0e:ff");
}

static void test_mac_that_no_host_can_have(void **state)
{
	static const char *const forms[] = { "",
					     "02",
					     "02:00:00:00:00",
					     "02:00:00:00:00:",
					     "2:0:0:0:0:1",
					     "02:00:00:00:00:1",
					     "02:00:00:00:00:001",
					     "02:00:00:00:00:01:02",
					     "02-00-00-00-00-01",
					     "0200.0000.0001",
					     "02:00:00:00:00:0g",
					     " 02:00:00:00:00:01",
					     "02:00:00:00:00:01 " };
	uint8_t bytes[6] = { 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_non_null(strstr(conf_mac_parse(forms[i], bytes), "is not a MAC address"));
	assert_non_null(strstr(conf_mac_parse("33:33:00:00:00:12", bytes), "group"));
	assert_non_null(strstr(conf_mac_parse("ff:ff:ff:ff:ff:ff", bytes), "group"));
	assert_non_null(strstr(conf_mac_parse("00:00:00:00:00:00", bytes), "no MAC address"));
	assert_int_equal(bytes[0], 7);
}

static void test_distance_counts_slips(void **state)
{
	(void)state;
	assert_int_equal(conf_distance("", ""), 0);
	assert_int_equal(conf_distance("priority", "priority"), 0);
	assert_int_equal(conf_distance("", "abc"), 3);
	assert_int_equal(conf_distance("priority", "priorit"), 1);   /* left out */
	assert_int_equal(conf_distance("priority", "priiority"), 1); /* added */
	assert_int_equal(conf_distance("priority", "prioritz"), 1);  /* replaced */
	assert_int_equal(conf_distance("priority", "proirity"), 1);  /* exchanged */
	assert_int_equal(conf_distance("vrid", "mac"), 4);
	assert_int_equal(conf_distance("ab", "ba"), 1);
	assert_int_equal(conf_distance("kitten", "sitting"), 3);
	/* Restricted: nothing is edited between two letters that were exchanged. */
	assert_int_equal(conf_distance("ca", "abc"), 3);
}

static void test_distance_of_long_words_is_their_length(void **state)
{
	char word[64] = "", other[64] = "";

	(void)state;
	memset(word, 'a', 31);
	memset(other, 'b', 31);
	assert_int_equal(conf_distance(word, word), 0);
	assert_int_equal(conf_distance(word, other), 31);
	word[31] = 'a';
	assert_int_equal(conf_distance(word, word), 32);
	assert_int_equal(conf_distance(word, "a"), 32);
	assert_int_equal(conf_distance("a", word), 32);
}

static void random_word(char *word, uint64_t *random)
{
	unsigned len;

	*random = *random * 6364136223846793005u + 1442695040888963407u;
	len = (unsigned)(*random >> 60);
	for (unsigned i = 0; i < len; i++)
		word[i] = (char)('a' + (*random >> (i * 3 + 8)) % 3);
	word[len] = '\0';
}

static void test_distance_is_symmetric_and_bounded(void **state)
{
	uint64_t random = 42;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		char a[16], b[16];
		size_t a_len, b_len;
		unsigned distance;

		random_word(a, &random);
		random_word(b, &random);
		a_len = strlen(a);
		b_len = strlen(b);
		distance = conf_distance(a, b);
		assert_int_equal(distance, conf_distance(b, a));
		assert_true(distance <= (a_len > b_len ? a_len : b_len));
		assert_true(distance >= (a_len > b_len ? a_len - b_len : b_len - a_len));
		assert_int_equal(distance == 0, strcmp(a, b) == 0);
	}
}

/* Then it is a number that is wrong, and nobody is told of units. */
static void test_duration_units_are_right_where_a_number_is_wrong(void **state)
{
	static const char *const with[] = { "9999999999s", "4000d",   "0.0000001s", ".5s",
					    "1.s",         "1.5h30m", "1d1h1m1s1ms" };
	static const char *const without[] = {
		"1us", "1s1s", "30m1h", "1h30", "1,5s", "1s ", "1S"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		assert_true(conf_duration_has_units(with[i]));
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		assert_false(conf_duration_has_units(without[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_duration_whole_numbers),
		cmocka_unit_test(test_duration_fractions_are_exact),
		cmocka_unit_test(test_duration_without_unit_is_refused),
		cmocka_unit_test(test_duration_with_anything_else_is_refused),
		cmocka_unit_test(test_duration_may_be_a_sum),
		cmocka_unit_test(test_duration_limit_is_a_day),
		cmocka_unit_test(test_duration_with_too_many_digits_is_refused),
		cmocka_unit_test(test_duration_units_are_right_where_a_number_is_wrong),
		cmocka_unit_test(test_duration_survives_its_text),
		cmocka_unit_test(test_word_is_printable_without_what_needs_quotes),
		cmocka_unit_test(test_address_bytes_are_in_network_order),
		cmocka_unit_test(test_address_every_prefix_length),
		cmocka_unit_test(test_address_without_prefix_length_says_how_to_write_it),
		cmocka_unit_test(test_address_that_is_none),
		cmocka_unit_test(test_interface_names_of_the_kernel),
		cmocka_unit_test(test_address_with_a_prefix_length_that_is_no_number),
		cmocka_unit_test(test_address_of_ipv6),
		cmocka_unit_test(test_address_of_ipv6_that_is_wrong),
		cmocka_unit_test(test_host_of_either_family),
		cmocka_unit_test(test_address_that_no_host_can_have),
		cmocka_unit_test(test_address_of_network_and_broadcast),
		cmocka_unit_test(test_address_in_a_network_of_two_or_one),
		cmocka_unit_test(test_address_longest_text_fits),
		cmocka_unit_test(test_mac_of_one_host),
		cmocka_unit_test(test_mac_that_no_host_can_have),
		cmocka_unit_test(test_distance_counts_slips),
		cmocka_unit_test(test_distance_of_long_words_is_their_length),
		cmocka_unit_test(test_distance_is_symmetric_and_bounded),
	};

	return cmocka_run_group_tests_name("conf_value", tests, NULL, NULL);
}
