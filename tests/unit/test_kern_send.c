/* SPDX-License-Identifier: MIT */
/* The queue of frames, in front of a kernel that refuses some. */
#include "test.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "netlink/send.h"

#define FD 42

/* What the kernel does: it takes frames until one whose first byte is REFUSED. */
#define REFUSED 0xee

static struct {
	unsigned calls_n, taken_n;
	unsigned interrupted_n; /* so many calls still end with EINTR */
	unsigned most;          /* frames of one call */
	int ifindex;            /* of the last one taken */
	uint8_t first[4096];    /* the first byte of each */
} kernel;

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags);

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
	unsigned done = 0;

	assert_int_equal(fd, FD);
	assert_int_equal(flags, 0);
	kernel.calls_n++;
	if (kernel.interrupted_n) {
		kernel.interrupted_n--;
		errno = EINTR;
		return -1;
	}
	for (; done < n && done < kernel.most; done++) {
		const struct msghdr *message = &messages[done].msg_hdr;
		const struct sockaddr_ll *to = message->msg_name;
		const uint8_t *frame = message->msg_iov[0].iov_base;

		if (frame[0] == REFUSED)
			break;
		kernel.first[kernel.taken_n++] = frame[0];
		kernel.ifindex = to->sll_ifindex;
	}
	if (done)
		return (int)done;
	errno = ENETDOWN;
	return -1;
}

static struct kern_sender *open_sender(void)
{
	struct kern_sender *sender;

	memset(&kernel, 0, sizeof(kernel));
	kernel.most = 1024;
	assert_int_equal(kern_sender_open(FD, &sender), 0);
	return sender;
}

static bool queue(struct kern_sender *sender, uint8_t first, size_t len, void *owner, unsigned kind)
{
	uint8_t *frame = kern_sender_frame(sender, 7, len, owner, kind);

	if (frame)
		memset(frame, first, len);
	return frame != NULL;
}

static void test_sender_flush_of_nothing_asks_nobody(void **state)
{
	struct kern_sender *sender = open_sender();
	const struct kern_sent *sent;

	(void)state;
	assert_int_equal(kern_sender_flush(sender, &sent), 0);
	assert_int_equal(kernel.calls_n, 0);
	kern_sender_close(sender);
}

static void test_sender_frames_leave_in_order_in_one_call(void **state)
{
	struct kern_sender *sender = open_sender();
	const struct kern_sent *sent;
	int owners[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(queue(sender, (uint8_t)(1 + i), 42, &owners[i], 10 + i));
	assert_int_equal(kern_sender_flush(sender, &sent), 3);
	assert_int_equal(kernel.calls_n, 1);
	assert_memory_equal(kernel.first, "\1\2\3", 3);
	assert_int_equal(kernel.ifindex, 7);
	for (unsigned i = 0; i < 3; i++) {
		assert_ptr_equal(sent[i].owner, &owners[i]);
		assert_int_equal(sent[i].kind, 10 + i);
		assert_int_equal(sent[i].error, 0);
	}
	assert_int_equal(kern_sender_flush(sender, &sent), 0);
	kern_sender_close(sender);
}

static void test_sender_refused_frames_keep_no_others(void **state)
{
	static const uint8_t firsts[] = { REFUSED, 1, REFUSED, REFUSED, 2, REFUSED };
	struct kern_sender *sender = open_sender();
	const struct kern_sent *sent;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		assert_true(queue(sender, firsts[i], 60, NULL, 0));
	assert_int_equal(kern_sender_flush(sender, &sent), 6);
	assert_int_equal(kernel.taken_n, 2);
	assert_memory_equal(kernel.first, "\1\2", 2);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(sent[i].error, firsts[i] == REFUSED ? ENETDOWN : 0);
	/* An error is forgotten with its frame. */
	assert_true(queue(sender, 3, 60, NULL, 0));
	assert_int_equal(kern_sender_flush(sender, &sent), 1);
	assert_int_equal(sent[0].error, 0);
	kern_sender_close(sender);
}

static void test_sender_interrupted_and_short_calls_are_repeated(void **state)
{
	struct kern_sender *sender = open_sender();
	const struct kern_sent *sent;

	(void)state;
	kernel.interrupted_n = 2;
	kernel.most = 2;
	for (unsigned i = 0; i < 5; i++)
		assert_true(queue(sender, (uint8_t)i, 60, NULL, 0));
	assert_int_equal(kern_sender_flush(sender, &sent), 5);
	assert_int_equal(kernel.calls_n, 2 + 3);
	assert_memory_equal(kernel.first, "\0\1\2\3\4", 5);
	kern_sender_close(sender);
}

/* By number, and by bytes: room for 1,024 adverts, or for 86 frames of the longest kind. */
static void test_sender_full_queue_takes_no_more(void **state)
{
	static const struct {
		size_t len;
		unsigned n;
	} rows[] = { { 46, 1024 }, { KERN_FRAME_MAX, (128 << 10) / KERN_FRAME_MAX } };

	(void)state;
	for (unsigned row = 0; row < 2; row++) {
		struct kern_sender *sender = open_sender();
		const struct kern_sent *sent;

		for (unsigned round = 0; round < 2; round++) {
			for (unsigned i = 0; i < rows[row].n; i++)
				assert_true(
					queue(sender, (uint8_t)(i % 200), rows[row].len, NULL, 0));
			assert_false(queue(sender, 0, rows[row].len, NULL, 0));
			assert_int_equal(kern_sender_flush(sender, &sent), rows[row].n);
		}
		for (unsigned i = 0; i < 2 * rows[row].n; i++)
			assert_int_equal(kernel.first[i], i % rows[row].n % 200);
		kern_sender_close(sender);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sender_flush_of_nothing_asks_nobody),
		cmocka_unit_test(test_sender_frames_leave_in_order_in_one_call),
		cmocka_unit_test(test_sender_refused_frames_keep_no_others),
		cmocka_unit_test(test_sender_interrupted_and_short_calls_are_repeated),
		cmocka_unit_test(test_sender_full_queue_takes_no_more),
	};

	return cmocka_run_group_tests_name("kern_send", tests, NULL, NULL);
}
