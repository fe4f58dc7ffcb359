/* SPDX-License-Identifier: MIT */
/* What others say of addresses: what is understood, and what sockets let through, with real ones.
 */
#include "test.h"

#include <poll.h>
#include <unistd.h>

#include "hosts.h"
#include "netlink/frame.h"
#include "netlink/send.h"
#include "netlink/watch.h"

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
static const uint8_t vip4[16] = { 192, 0, 2, 100 };
static const uint8_t vip6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 100 };

static void write_na(uint8_t *frame, const uint8_t *address)
{
	static const uint8_t source[16] = { 0xfe, 0x80, [15] = 2 };
	const struct kern_frame_na na = { .source_mac = mac,
					  .mac = mac,
					  .source = source,
					  .address = address,
					  .override = true };

	kern_frame_na(frame, &na);
}

/* ---- what is said ---- */

static void test_said_arp_is_the_sender_and_its_mac(void **state)
{
	uint8_t frame[KERN_FRAME_ARP_LEN];
	struct kern_said said;

	(void)state;
	kern_frame_arp(frame, mac, mac, vip4);
	assert_true(kern_said_arp(frame, sizeof(frame), &said));
	assert_int_equal(said.family, 4);
	assert_memory_equal(said.address, vip4, 16);
	assert_memory_equal(said.mac, mac, 6);
	assert_true(said.announcement);
	frame[41]++; /* it asks for another one */
	assert_true(kern_said_arp(frame, sizeof(frame), &said));
	assert_false(said.announcement);
}

static void test_said_arp_of_nobody_or_of_other_protocols_is_nothing(void **state)
{
	static const unsigned places[] = { 15, 16, 18, 19 };
	uint8_t frame[KERN_FRAME_ARP_LEN];
	struct kern_said said = { .family = 99 };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		kern_frame_arp(frame, mac, mac, vip4);
		frame[places[i]]++;
		assert_false(kern_said_arp(frame, sizeof(frame), &said));
	}
	kern_frame_arp(frame, mac, mac, vip4);
	assert_false(kern_said_arp(frame, 41, &said));
	memset(frame + 28, 0, 4); /* a probe (RFC 5227 §2.1.1) */
	assert_false(kern_said_arp(frame, sizeof(frame), &said));
	assert_int_equal(said.family, 99);
}

#define MESSAGE (KERN_FRAME_NA_LEN - 54) /* behind Ethernet and IPv6 */

static void test_said_na_is_its_target_and_its_option(void **state)
{
	static const uint8_t none[6];
	uint8_t frame[KERN_FRAME_NA_LEN], *message = frame + 54;
	struct kern_said said;

	(void)state;
	write_na(frame, vip6);
	assert_true(kern_said_na(message, MESSAGE, &said));
	assert_int_equal(said.family, 6);
	assert_memory_equal(said.address, vip6, 16);
	assert_memory_equal(said.mac, mac, 6);
	assert_true(said.announcement);
	message[4] |= 0x40;
	assert_true(kern_said_na(message, 24, &said));
	assert_false(said.announcement);
	assert_memory_equal(said.mac, none, 6);
	message[25] = 0; /* an option without a length */
	assert_true(kern_said_na(message, MESSAGE, &said));
	assert_memory_equal(said.mac, none, 6);
	assert_false(kern_said_na(message, 23, &said));
	message[0]--;
	assert_false(kern_said_na(message, MESSAGE, &said));
}

/* ---- sockets ---- */

static struct {
	unsigned n;
	struct kern_said last;
} heard;

static void on_said(const struct kern_said *said, void *arg)
{
	(void)arg;
	heard.n++;
	heard.last = *said;
}

static void send_from_there(const uint8_t *frame, size_t len)
{
	struct kern_sender *sender;
	const struct kern_sent *sent;
	int fd;

	enter(there);
	fd = kern_sender_socket();
	assert_true(fd >= 0);
	assert_int_equal(kern_sender_open(fd, &sender), 0);
	memcpy(kern_sender_frame(sender, ifindex_there, len, NULL, 0), frame, len);
	assert_int_equal(kern_sender_flush(sender, &sent), 1);
	assert_int_equal(sent->error, 0);
	kern_sender_close(sender);
	close(fd);
	enter(here);
}

/* Return: what was heard, when something is. */
static unsigned hear(struct kern_watch *watch)
{
	struct pollfd fd = { .fd = kern_watch_fd(watch), .events = POLLIN };

	assert_int_equal(poll(&fd, 1, 5000), 1);
	heard.n = 0;
	assert_true(kern_watch_dispatch(watch, on_said, NULL) > 0);
	return heard.n;
}

/* The addresses that the test is about, behind so many others that end with 1. */
static struct kern_watched watched_of(unsigned family, unsigned others)
{
	struct kern_watched watched = { 0 };
	uint8_t address[16] = { 10 };

	for (unsigned i = 0; i < others; i++) {
		address[2] = (uint8_t)i;
		address[family == 6 ? 15 : 3] = 1;
		kern_watched_add(&watched, family, address);
	}
	kern_watched_add(&watched, family, family == 6 ? vip6 : vip4);
	kern_watched_add(&watched, family, family == 6 ? vip6 : vip4);
	return watched;
}

static void test_watched_counts_different_ones_up_to_one_too_many(void **state)
{
	(void)state;
	assert_int_equal(watched_of(4, 0).n, 1);
	assert_int_equal(watched_of(6, 31).n, KERN_WATCHED_MAX);
	assert_int_equal(watched_of(4, 32).n, KERN_WATCHED_MAX + 1);
	assert_int_equal(watched_of(6, 100).n, KERN_WATCHED_MAX + 1);
}

static void assert_heard(const uint8_t *address)
{
	assert_memory_equal(heard.last.address, address, 16);
	assert_memory_equal(heard.last.mac, mac, 6);
	assert_int_equal(heard.last.ifindex, ifindex_here);
	assert_true(heard.last.announcement);
}

/* What is sent from the same socket is not heard, nor what is about others. */
static void test_watch_hears_arp_of_ours_on_the_sending_socket(void **state)
{
	const struct kern_watched watched = watched_of(4, 0);
	uint8_t frame[KERN_FRAME_ARP_LEN], other[KERN_FRAME_ARP_LEN];
	static const uint8_t neighbour[16] = { 192, 0, 3, 100 };
	const struct kern_sent *sent;
	struct kern_sender *sender;
	struct kern_watch *watch;
	int fd;

	(void)state;
	if (here < 0)
		skip();
	fd = kern_sender_socket();
	assert_true(fd >= 0);
	assert_int_equal(kern_watch_open(4, fd, &watched, &watch), 0);
	assert_int_equal(kern_sender_open(fd, &sender), 0);
	kern_frame_arp(frame, mac, mac, vip4);
	kern_frame_arp(other, mac, mac, neighbour);
	memcpy(kern_sender_frame(sender, ifindex_here, sizeof(frame), NULL, 0), frame,
	       sizeof(frame));
	assert_int_equal(kern_sender_flush(sender, &sent), 1);
	send_from_there(other, sizeof(other));
	send_from_there(frame, sizeof(frame));
	assert_int_equal(hear(watch), 1);
	assert_heard(vip4);
	kern_watch_close(watch);

	/* Another process with the socket has another filter. */
	assert_int_equal(kern_watch_open(4, fd, &(struct kern_watched){ 0 }, &watch), 0);
	send_from_there(frame, sizeof(frame));
	assert_int_equal(kern_watch_dispatch(watch, on_said, NULL), 0);
	kern_watch_close(watch);
	kern_sender_close(sender);
	close(fd);
}

static void test_watch_hears_advertisements_about_ours(void **state)
{
	const struct kern_watched watched = watched_of(6, 0);
	static const uint8_t neighbour[16] = { 0x20, 1, 0x0d, 0xb9, [15] = 100 };
	uint8_t frame[KERN_FRAME_NA_LEN];
	struct kern_watch *watch;

	(void)state;
	if (here < 0)
		skip();
	assert_int_equal(kern_watch_open(6, -1, &watched, &watch), 0);
	write_na(frame, neighbour);
	send_from_there(frame, sizeof(frame));
	write_na(frame, vip6);
	frame[21]--; /* the hop limit: it was forwarded (RFC 4861 §7.1.2) */
	send_from_there(frame, sizeof(frame));
	frame[21]++;
	send_from_there(frame, sizeof(frame));
	assert_int_equal(hear(watch), 1);
	assert_heard(vip6);
	kern_watch_close(watch);
	kern_watch_close(NULL);
}

/* One too many for each to have its instructions: all that end like one of them may be about it. */
static void test_watch_hears_each_of_few_and_who_ends_like_one_of_many(void **state)
{
	static const unsigned others[] = { KERN_WATCHED_MAX - 1, KERN_WATCHED_MAX };
	static const uint8_t alike4[16] = { 192, 0, 3, 100 }, else4[16] = { 192, 0, 2, 101 };
	static const uint8_t first4[16] = { 10, [3] = 1 }, first6[16] = { 10, [15] = 1 };
	static const uint8_t alike6[16] = { 0x20, 1, 0x0d, 0xb9, [15] = 100 };
	uint8_t arp[KERN_FRAME_ARP_LEN], na[KERN_FRAME_NA_LEN];

	(void)state;
	if (here < 0)
		skip();
	for (unsigned i = 0; i < 2; i++) {
		const struct kern_watched watched4 = watched_of(4, others[i]);
		const struct kern_watched watched6 = watched_of(6, others[i]);
		const uint8_t *senders[] = { else4, alike4, first4, vip4 };
		const uint8_t *targets[] = { alike6, first6, vip6 };
		struct kern_watch *watch4, *watch6;
		int fd = kern_sender_socket();

		assert_int_equal(kern_watch_open(4, fd, &watched4, &watch4), 0);
		assert_int_equal(kern_watch_open(6, -1, &watched6, &watch6), 0);
		for (unsigned k = 0; k < 4; k++) {
			kern_frame_arp(arp, mac, mac, senders[k]);
			send_from_there(arp, sizeof(arp));
		}
		assert_int_equal(hear(watch4), i ? 3 : 2);
		assert_heard(vip4);
		for (unsigned k = 0; k < 3; k++) {
			write_na(na, targets[k]);
			send_from_there(na, sizeof(na));
		}
		assert_int_equal(hear(watch6), i ? 3 : 2);
		assert_heard(vip6);
		kern_watch_close(watch4);
		kern_watch_close(watch6);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_said_arp_is_the_sender_and_its_mac),
		cmocka_unit_test(test_said_arp_of_nobody_or_of_other_protocols_is_nothing),
		cmocka_unit_test(test_said_na_is_its_target_and_its_option),
		cmocka_unit_test(test_watch_hears_arp_of_ours_on_the_sending_socket),
		cmocka_unit_test(test_watched_counts_different_ones_up_to_one_too_many),
		cmocka_unit_test(test_watch_hears_advertisements_about_ours),
		cmocka_unit_test(test_watch_hears_each_of_few_and_who_ends_like_one_of_many),
	};

	return cmocka_run_group_tests(tests, connect_hosts, close_namespaces);
}
