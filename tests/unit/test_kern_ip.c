/* SPDX-License-Identifier: MIT */
/*
 * Raw IP sockets that send and that receive, on the kernel that runs: one host at each end of a
 * cable, in network namespaces of the test's own.
 */
#include "hosts.h"

#include <errno.h>

#include "netlink/receive.h"
#include "netlink/send_ip.h"

#define PROTOCOL 112
#define VRID     0x33
#define TOS      0xc0

/* ---- what is sent and what is heard ---- */

/* An advert as far as filters look; the rest says which one it is. */
static const uint8_t advert[] = { 0x31, VRID, 100, 0, 0, 100, 0xbe, 0xef, 1, 2, 3, 4 };

static void set_bytes(uint8_t *bytes, const char *text)
{
	assert_int_equal(inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, bytes), 1);
}

struct sending {
	const char *source, *destination;
	int ifindex;
	uint8_t ttl, vrid;
	size_t len;
};

static void queue(struct kern_ip_sender *sender, const struct sending *sending)
{
	uint8_t source[16] = { 0 }, destination[16] = { 0 }, *payload;
	struct kern_ip_header header = { .family = strchr(sending->source, ':') ? 6 : 4,
					 .ttl = sending->ttl,
					 .source = source,
					 .destination = destination,
					 .ifindex = sending->ifindex };

	set_bytes(source, sending->source);
	set_bytes(destination, sending->destination);
	payload = kern_ip_sender_packet(sender, &header, sending->len, sender, sending->ttl);
	assert_non_null(payload);
	memset(payload, 7, sending->len);
	memcpy(payload, advert, sending->len < sizeof(advert) ? sending->len : sizeof(advert));
	payload[1] = sending->vrid;
}

static struct kern_ip_sender *open_sender(void)
{
	struct kern_ip_sender *sender;

	assert_int_equal(kern_ip_sender_open(PROTOCOL, TOS, &sender), 0);
	return sender;
}

/* Return: the errno of the only packet. */
static int send_one(const struct sending *sending)
{
	struct kern_ip_sender *sender = open_sender();
	const struct kern_sent *sent;
	int error;

	queue(sender, sending);
	assert_int_equal(kern_ip_sender_flush(sender, &sent), 1);
	assert_ptr_equal(sent[0].owner, sender);
	assert_int_equal(sent[0].kind, sending->ttl);
	error = sent[0].error;
	kern_ip_sender_close(sender);
	return error;
}

static struct kern_receiver *listen_there(unsigned family, enum kern_receiver_kind kind)
{
	const struct kern_vrids vrids = { .set.words = { [VRID / 32] = 1u << VRID % 32 } };
	struct kern_receiver *receiver;

	enter(there);
	assert_int_equal(kern_receiver_open(family, kind, PROTOCOL, &vrids, &receiver), 0);
	enter(here);
	return receiver;
}

struct heard {
	unsigned n;
	struct kern_packet last;
	uint8_t payload[KERN_IP_PAYLOAD_MAX];
};

static void on_packet(const struct kern_packet *packet, void *arg)
{
	struct heard *heard = arg;

	heard->n++;
	heard->last = *packet;
	assert_non_null(packet->payload);
	assert_true(packet->payload_len <= sizeof(heard->payload));
	memcpy(heard->payload, packet->payload, packet->payload_len);
}

static struct heard heard_now(struct kern_receiver *receiver)
{
	struct heard heard = { 0 };
	uint32_t missed_n = 0;

	assert_true(kern_receiver_dispatch(receiver, INT64_MAX, on_packet, &heard, &missed_n) >= 0);
	return heard;
}

/* A neighbour may have to be found first, and a packet waits for that. */
static struct heard wait_for(struct kern_receiver *receiver)
{
	struct heard heard = heard_now(receiver);

	for (unsigned i = 0; heard.n == 0; i++) {
		assert_in_range(i, 0, 2000);
		usleep(1000);
		heard = heard_now(receiver);
	}
	return heard;
}

static void assert_bytes(const uint8_t *bytes, const char *text)
{
	uint8_t expected[16] = { 0 };

	set_bytes(expected, text);
	assert_memory_equal(bytes, expected, sizeof(expected));
}

/* ---- the tests ---- */

static bool is_member_there(void)
{
	bool is_member;

	enter(there);
	is_member = system("grep -q 'v1 .*ff020000000000000000000000000012' /proc/net/igmp6") == 0;
	enter(here);
	return is_member;
}

/* adverts to ff02::12, with the hop limit that they had. */
static void test_ip_multicast6_is_heard_by_members(void **state)
{
	const struct sending sending = { "fe80::1", "ff02::12", ifindex_here,
					 255,       VRID,       sizeof(advert) };
	uint8_t group[16];
	struct kern_receiver *reader;
	struct heard heard;
	int member;

	(void)state;
	if (here < 0)
		skip();
	set_bytes(group, "ff02::12");
	reader = listen_there(6, KERN_RECEIVER_READER);
	assert_int_equal(send_one(&sending), 0);
	assert_int_equal(heard_now(reader).n, 0);
	enter(there);
	assert_int_equal(kern_group_join(6, ifindex_there, group, &member), 0);
	enter(here);
	assert_true(is_member_there());
	assert_int_equal(send_one(&sending), 0);
	heard = wait_for(reader);
	assert_int_equal(heard.n, 1);
	assert_int_equal(heard.last.family, 6);
	assert_int_equal(heard.last.ifindex, ifindex_there);
	assert_int_equal(heard.last.ttl, 255);
	assert_true(heard.last.arrival_ns > 0);
	assert_bytes(heard.last.source, "fe80::1");
	assert_bytes(heard.last.destination, "ff02::12");
	/* With the checksum that it had: nobody computes another one. */
	assert_int_equal(heard.last.payload_len, sizeof(advert));
	assert_memory_equal(heard.payload, advert, sizeof(advert));
	close(member);
	assert_false(is_member_there());
	kern_receiver_close(reader);
}

static void test_ip_group_on_no_interface_is_refused(void **state)
{
	uint8_t group[16];
	int fd = -1;

	(void)state;
	if (here < 0)
		skip();
	set_bytes(group, "ff02::12");
	assert_int_equal(kern_group_join(6, 9999, group, &fd), -ENODEV);
	assert_int_equal(fd, -1);
}

/* Where peers are some routers away the least of their TTLs is what parts adverts from strays. */
static void test_ip_filter_lets_adverts_come_from_afar(void **state)
{
	struct kern_vrids vrids = { .set.words = { [VRID / 32] = 1u << VRID % 32 }, .hops = 2 };
	static const char *const ends[][2] = { { "192.0.2.1", "192.0.2.2" },
					       { "2001:db8::1", "2001:db8::2" } };

	(void)state;
	if (here < 0)
		skip();
	for (unsigned i = 0; i < 2; i++) {
		struct kern_receiver *reader;
		struct heard heard;

		enter(there);
		assert_int_equal(kern_receiver_open(i ? 6 : 4, KERN_RECEIVER_READER, PROTOCOL,
						    &vrids, &reader),
				 0);
		enter(here);
		for (unsigned ttl = 252; ttl < 256; ttl++) {
			const struct sending sending = { ends[i][0],   ends[i][1], 0,
							 (uint8_t)ttl, VRID,       12 };

			assert_int_equal(send_one(&sending), 0);
			if (ttl == 252)
				continue;
			heard = wait_for(reader);
			assert_int_equal(heard.n, 1);
			assert_int_equal(heard.last.ttl, ttl);
		}
		kern_receiver_close(reader);
	}
}

/* Return: an advert as a whole packet, with a header that says so; its length. */
static size_t prepare(const struct sending *sending, uint8_t *bytes)
{
	unsigned family = strchr(sending->source, ':') ? 6 : 4;
	uint8_t source[16] = { 0 }, destination[16] = { 0 };
	const struct kern_ip_header header = { .family = (uint8_t)family,
					       .ttl = sending->ttl,
					       .source = source,
					       .destination = destination };
	size_t header_len = kern_ip_header_len(family);

	set_bytes(source, sending->source);
	set_bytes(destination, sending->destination);
	kern_ip_prepare(bytes, &header, PROTOCOL, sizeof(advert));
	memcpy(bytes + header_len, advert, sizeof(advert));
	return header_len + sizeof(advert);
}

/* A farewell by unicast: what was prepared leaves as it was meant, also to a link-local peer. */
static void test_ip_prepared_packet_leaves_as_it_is(void **state)
{
	const struct sending rows[] = {
		{ "192.0.2.1", "192.0.2.2", 0, 255, VRID, 0 },
		{ "2001:db8::1", "2001:db8::2", 0, 255, VRID, 0 },
		{ "fe80::1", "fe80::2", ifindex_here, 255, VRID, 0 },
	};

	(void)state;
	if (here < 0)
		skip();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned family = i ? 6 : 4;
		struct kern_receiver *reader = listen_there(family, KERN_RECEIVER_READER);
		struct kern_ip_sender *sender = open_sender();
		uint8_t bytes[KERN_IP_PREPARED_MAX];
		size_t len = prepare(&rows[i], bytes);
		const struct kern_sent *sent;
		struct heard heard;

		assert_int_equal(
			kern_ip_sender_prepared(sender, rows[i].ifindex, bytes, len, sender, 7), 0);
		assert_int_equal(kern_ip_sender_flush(sender, &sent), 1);
		assert_int_equal(sent[0].error, 0);
		heard = wait_for(reader);
		assert_int_equal(heard.last.ttl, 255);
		assert_bytes(heard.last.source, rows[i].source);
		assert_bytes(heard.last.destination, rows[i].destination);
		assert_int_equal(heard.last.payload_len, sizeof(advert));
		assert_memory_equal(heard.payload, advert, sizeof(advert));
		kern_ip_sender_close(sender);
		kern_receiver_close(reader);
	}
}

/* What stands in a memory that others wrote may be anything. */
static void test_ip_prepared_packet_without_sense_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = { { 0, 0x46 }, { 0, 0x75 }, { 3, 99 }, { 9, 17 } };
	const struct sending sending = { "192.0.2.1", "192.0.2.2", 0, 255, VRID, 0 };
	struct kern_ip_sender *sender;
	uint8_t bytes[KERN_IP_PREPARED_MAX];
	const struct kern_sent *sent;
	size_t len;

	(void)state;
	if (here < 0)
		skip();
	sender = open_sender();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		len = prepare(&sending, bytes);
		bytes[wrong[i].at] = wrong[i].value;
		assert_int_equal(kern_ip_sender_prepared(sender, 0, bytes, len, NULL, 0), -EINVAL);
	}
	len = prepare(&sending, bytes);
	for (size_t shorter = 0; shorter < len; shorter++)
		assert_int_equal(kern_ip_sender_prepared(sender, 0, bytes, shorter, NULL, 0),
				 -EINVAL);
	assert_int_equal(kern_ip_sender_flush(sender, &sent), 0);
	kern_ip_sender_close(sender);
}

/* What is none of our adverts does not wake anybody, but can be counted. */
static void test_ip_filter_parts_adverts_from_strays(void **state)
{
	static const char *const ends[][2] = { { "192.0.2.1", "192.0.2.2" },
					       { "2001:db8::1", "2001:db8::2" } };
	static const struct {
		uint8_t ttl, vrid;
		size_t len;
		bool advert;
	} rows[] = {
		{ 255, VRID, 12, true },      { 254, VRID, 12, false },
		{ 255, VRID + 1, 12, false }, { 255, VRID ^ 32, 12, false },
		{ 255, VRID, 8, true },       { 255, VRID, 7, false },
		{ 1, VRID, 12, false },
	};

	(void)state;
	if (here < 0)
		skip();
	for (unsigned family = 0; family < 2; family++) {
		struct kern_receiver *reader = listen_there(family ? 6 : 4, KERN_RECEIVER_READER);
		struct kern_receiver *strays = listen_there(family ? 6 : 4, KERN_RECEIVER_STRAYS);

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			const struct sending sending = {
				ends[family][0], ends[family][1], 0,
				rows[i].ttl,     rows[i].vrid,    rows[i].len
			};
			struct kern_receiver *one = rows[i].advert ? reader : strays;
			struct kern_receiver *other = rows[i].advert ? strays : reader;
			struct heard heard;

			assert_int_equal(send_one(&sending), 0);
			heard = wait_for(one);
			assert_int_equal(heard.n, 1);
			assert_int_equal(heard.last.ttl, rows[i].ttl);
			assert_int_equal(heard.last.payload_len, rows[i].len);
			assert_int_equal(heard_now(other).n, 0);
		}
		kern_receiver_close(reader);
		kern_receiver_close(strays);
	}
}

/* R-012 and unicast: TTL, class and source as said, by the interface or where the route leads. */
static void test_ip_unicast_leaves_as_it_is_told(void **state)
{
	static const struct {
		unsigned family;
		const char *source, *destination;
		bool by_interface;
		uint8_t ttl;
	} rows[] = {
		{ 4, "192.0.2.1", "192.0.2.2", false, 255 },
		{ 4, "192.0.2.1", "192.0.2.2", true, 255 },
		{ 6, "2001:db8::1", "2001:db8::2", false, 255 },
		{ 6, "2001:db8::1", "2001:db8::2", true, 255 },
		{ 6, "fe80::1", "fe80::2", true, 255 },
		{ 4, "198.51.100.9", "192.0.2.2", false, 255 },
		{ 6, "2001:db8:9::9", "2001:db8::2", false, 255 },
	};

	(void)state;
	if (here < 0)
		skip();
	run("ip addr add 198.51.100.9/32 dev lo && ip addr add 2001:db8:9::9/128 dev lo nodad");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sending sending = { rows[i].source,
						 rows[i].destination,
						 rows[i].by_interface ? ifindex_here : 0,
						 rows[i].ttl,
						 VRID,
						 sizeof(advert) };
		struct kern_receiver *reader = listen_there(rows[i].family, KERN_RECEIVER_READER);
		struct heard heard;

		assert_int_equal(send_one(&sending), 0);
		heard = wait_for(reader);
		assert_int_equal(heard.last.family, rows[i].family);
		assert_int_equal(heard.last.ifindex, ifindex_there);
		assert_bytes(heard.last.source, rows[i].source);
		assert_bytes(heard.last.destination, rows[i].destination);
		assert_memory_equal(heard.payload, advert, sizeof(advert));
		kern_receiver_close(reader);
	}
}

/* More than fits into one frame: the kernel takes it apart and puts it together. */
static void test_ip_longest_advert_of_ipv6_arrives(void **state)
{
	const struct sending sending = { "2001:db8::1", "2001:db8::2", 0,
					 255,           VRID,          KERN_IP_PAYLOAD_MAX };
	struct kern_receiver *reader;
	struct heard heard;

	(void)state;
	if (here < 0)
		skip();
	reader = listen_there(6, KERN_RECEIVER_READER);
	assert_int_equal(send_one(&sending), 0);
	heard = wait_for(reader);
	assert_int_equal(heard.last.payload_len, KERN_IP_PAYLOAD_MAX);
	assert_int_equal(heard.payload[KERN_IP_PAYLOAD_MAX - 1], 7);
	kern_receiver_close(reader);
}

static void test_ip_refused_packets_say_why_and_keep_no_others(void **state)
{
	const struct sending good4 = { "192.0.2.1", "192.0.2.2", 0, 255, VRID, sizeof(advert) };
	const struct sending good6 = { "2001:db8::1", "2001:db8::2", 0, 255, VRID, sizeof(advert) };
	const struct sending no_source4 = { "192.0.2.99", "192.0.2.2", 0, 255, VRID, 8 };
	const struct sending no_source6 = { "2001:db8::99", "2001:db8::2", 0, 255, VRID, 8 };
	const struct sending no_route4 = { "192.0.2.1", "203.0.113.1", 0, 255, VRID, 8 };
	const struct sending no_route6 = { "2001:db8::1", "2001:db8:7::1", 0, 255, VRID, 8 };
	const struct sending no_interface = { "192.0.2.1", "192.0.2.2", 9999, 255, VRID, 8 };
	const struct sending *const all[] = { &no_source4, &good4,        &no_source6, &good6,
					      &no_route4,  &no_interface, &no_route6,  &good6 };
	struct kern_receiver *reader4, *reader6;
	struct kern_ip_sender *sender = NULL;
	const struct kern_sent *sent;
	unsigned n = sizeof(all) / sizeof(all[0]);

	(void)state;
	if (here < 0)
		skip();
	reader4 = listen_there(4, KERN_RECEIVER_READER);
	reader6 = listen_there(6, KERN_RECEIVER_READER);
	sender = open_sender();
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < n; i++)
			queue(sender, all[i]);
		assert_int_equal(kern_ip_sender_flush(sender, &sent), n);
		/* Older kernels say the first. */
		assert_true(sent[0].error == EINVAL || sent[0].error == ENETUNREACH);
		assert_int_equal(sent[1].error, 0);
		assert_int_equal(sent[2].error, EINVAL);
		assert_int_equal(sent[3].error, 0);
		assert_int_equal(sent[4].error, ENETUNREACH);
		assert_int_equal(sent[5].error, ENODEV);
		assert_int_equal(sent[6].error, ENETUNREACH);
		assert_int_equal(sent[7].error, 0);
		assert_true(wait_for(reader4).n > 0);
		assert_true(wait_for(reader6).n > 0);
	}
	assert_int_equal(kern_ip_sender_flush(sender, &sent), 0);
	kern_ip_sender_close(sender);
	kern_receiver_close(reader4);
	kern_receiver_close(reader6);
}

static void test_ip_full_queue_takes_no_more(void **state)
{
	uint8_t bytes[16] = { 0 };
	const struct kern_ip_header header = {
		.family = 4, .ttl = 255, .source = bytes, .destination = bytes
	};
	static const struct {
		size_t len;
		unsigned n;
	} rows[] = { { 12, 512 }, { KERN_IP_PAYLOAD_MAX, (128 << 10) / KERN_IP_PAYLOAD_MAX } };
	struct kern_ip_sender *sender;
	const struct kern_sent *sent;

	(void)state;
	if (here < 0)
		skip();
	sender = open_sender();
	for (unsigned row = 0; row < 2; row++) {
		for (unsigned i = 0; i < rows[row].n; i++)
			assert_non_null(
				kern_ip_sender_packet(sender, &header, rows[row].len, NULL, 0));
		assert_null(kern_ip_sender_packet(sender, &header, rows[row].len, NULL, 0));
		assert_int_equal(kern_ip_sender_flush(sender, &sent), rows[row].n);
	}
	kern_ip_sender_close(sender);
}

/* What comes in for the protocol is not queued at who only sends: a line of these files has the
 * lengths of both queues of a socket. */
static void test_ip_sender_is_deaf(void **state)
{
	const struct sending four = { "192.0.2.2", "192.0.2.1", 0, 255, VRID, 8 };
	const struct sending six = { "2001:db8::2", "2001:db8::1", 0, 255, VRID, 8 };
	const struct kern_vrids vrids = { .set.words = { [VRID / 32] = 1u << VRID % 32 } };
	struct kern_ip_sender *sender;
	struct kern_receiver *control;

	(void)state;
	if (here < 0)
		skip();
	sender = open_sender();
	assert_int_equal(kern_receiver_open(6, KERN_RECEIVER_READER, PROTOCOL, &vrids, &control),
			 0);
	enter(there);
	assert_int_equal(send_one(&four), 0);
	assert_int_equal(send_one(&six), 0);
	enter(here);
	assert_int_equal(wait_for(control).n, 1);
	run("grep -hq ' 00000000:00000000 ' /proc/net/raw && "
	    "grep -hq ' 00000000:00000000 ' /proc/net/raw6 && "
	    "! grep -h ': ' /proc/net/raw /proc/net/raw6 | grep -qv ' 00000000:00000000 '");
	kern_receiver_close(control);
	kern_ip_sender_close(sender);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip_multicast6_is_heard_by_members),
		cmocka_unit_test(test_ip_group_on_no_interface_is_refused),
		cmocka_unit_test(test_ip_filter_parts_adverts_from_strays),
		cmocka_unit_test(test_ip_filter_lets_adverts_come_from_afar),
		cmocka_unit_test(test_ip_prepared_packet_leaves_as_it_is),
		cmocka_unit_test(test_ip_prepared_packet_without_sense_is_refused),
		cmocka_unit_test(test_ip_unicast_leaves_as_it_is_told),
		cmocka_unit_test(test_ip_longest_advert_of_ipv6_arrives),
		cmocka_unit_test(test_ip_refused_packets_say_why_and_keep_no_others),
		cmocka_unit_test(test_ip_full_queue_takes_no_more),
		cmocka_unit_test(test_ip_sender_is_deaf),
	};

	return cmocka_run_group_tests_name("kern_ip", tests, connect_hosts, close_namespaces);
}
