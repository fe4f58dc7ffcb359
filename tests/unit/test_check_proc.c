/* SPDX-License-Identifier: MIT */
/* Texts of /proc, and messages of the proc connector: as they are read, and as filtered. */
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/proc.h"
#include "checks/proc_events.h"
#include "test.h"

static char state_of(const char *text)
{
	size_t len = strlen(text);
	char *bytes = malloc(len + !len), state;

	assert_non_null(bytes);
	memcpy(bytes, text, len);
	state = proc_state_parse(bytes, len);
	free(bytes);
	return state;
}

static void test_proc_state_is_behind_the_name(void **state)
{
	(void)state;
	assert_int_equal(state_of("1 (init) S 0 1 1 0 -1"), 'S');
	assert_int_equal(state_of("7 (a) Z (b) R 0 1"), 'R');
	assert_int_equal(state_of("7 () ) T 0 1"), 'T');
	assert_int_equal(state_of("7 (new\nline) Z 0"), 'Z');
}

static void test_proc_state_of_what_is_cut_is_none(void **state)
{
	(void)state;
	assert_int_equal(state_of(""), 0);
	assert_int_equal(state_of("7 (name"), 0);
	assert_int_equal(state_of("7 (name)"), 0);
	assert_int_equal(state_of("7 (name) "), 0);
	assert_int_equal(state_of("7 (name) Z"), 'Z');
}

static void assert_file(const char *link, const char *expected)
{
	char path[64];

	strcpy(path, link);
	proc_file_parse(path);
	assert_string_equal(path, expected);
}

static void test_proc_file_that_was_replaced_is_the_same(void **state)
{
	(void)state;
	assert_file("/usr/sbin/nginx", "/usr/sbin/nginx");
	assert_file("/usr/sbin/nginx (deleted)", "/usr/sbin/nginx");
	assert_file("/x (deleted) (deleted)", "/x (deleted)");
	assert_file(" (deleted)", " (deleted)");
	assert_file("", "");
}

static void test_proc_sees_itself(void **state)
{
	struct proc proc = { .fd = -100 /* AT_FDCWD */, .pid = getpid() };
	char self[256] = { 0 };

	(void)state;
	assert_int_equal(chdir("/proc"), 0);
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_string_equal(proc_name(&proc), "test_check_proc");
	assert_true(proc_is_alive(&proc) && proc_is_of(&proc, geteuid()));
	assert_false(proc_is_of(&proc, geteuid() + 1));
	assert_true(proc_runs(&proc, self, "") && proc_runs(&proc, "", self));
	assert_false(proc_runs(&proc, "/bin/other", "") || proc.hidden);
}

static void test_proc_that_is_gone_is_nothing(void **state)
{
	struct proc proc = { .fd = -100, .pid = INT32_MAX };

	(void)state;
	assert_string_equal(proc_name(&proc), "");
	assert_false(proc_is_alive(&proc) || proc_is_of(&proc, 0) || proc_runs(&proc, "", ""));
}

/* ---- the connector ---- */

struct event_message {
	struct nlmsghdr header;
	struct cn_msg connector;
	uint8_t event[40]; /* not aligned as the kernel's, either */
} __attribute__((packed));

static void put32(uint8_t *bytes, uint32_t value)
{
	memcpy(bytes, &value, sizeof(value));
}

static struct event_message message_of(uint32_t what, uint32_t a, uint32_t b, uint32_t c,
				       uint32_t d)
{
	struct event_message message = {
		.header = { .nlmsg_len = sizeof(message), .nlmsg_type = NLMSG_DONE },
		.connector = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = sizeof(message.event) }
	};

	put32(message.event, what);
	put32(message.event + 16, a);
	put32(message.event + 20, b);
	put32(message.event + 24, c);
	put32(message.event + 28, d);
	return message;
}

static bool passes(const struct event_message *message)
{
	struct sock_filter code[PROC_EVENTS_FILTER_LEN];
	struct sock_fprog program = { PROC_EVENTS_FILTER_LEN, code };
	uint8_t got[256];
	int pair[2];
	bool passed;

	proc_events_filter(code);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(
		setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), 0);
	(void)!send(pair[0], message, sizeof(*message), 0);
	passed = recv(pair[1], got, sizeof(got), 0) == (ssize_t)sizeof(*message);
	close(pair[0]);
	close(pair[1]);
	return passed;
}

static enum proc_event_type parse(const struct event_message *message, size_t len, pid_t *pid)
{
	uint8_t *bytes = malloc(len + !len);
	enum proc_event_type type;

	assert_non_null(bytes);
	memcpy(bytes, message, len);
	type = proc_event_parse(bytes, len, pid);
	free(bytes);
	return type;
}

/* Fork, exec, uid, comm, exit; fork of a thread, exit of a thread, gid, sid, ptrace, coredump,
 * none. */
static void test_proc_events_are_of_processes(void **state)
{
	static const struct {
		uint32_t what, a, b, c, d;
		enum proc_event_type type;
	} rows[] = {
		{ 1, 7, 7, 42, 42, PROC_EVENT_CHANGED },
		{ 1, 8, 7, 42, 42, PROC_EVENT_CHANGED },
		{ 2, 42, 42, 0, 0, PROC_EVENT_CHANGED },
		{ 4, 42, 42, 0, 1, PROC_EVENT_CHANGED },
		{ 0x200, 42, 42, 'a', 0, PROC_EVENT_CHANGED },
		{ 0x80000000, 42, 42, 0, 17, PROC_EVENT_ENDED },
		{ 1, 7, 7, 43, 42, PROC_EVENT_OTHER },
		{ 0x200, 43, 42, 'a', 0, PROC_EVENT_OTHER },
		{ 0x80000000, 43, 42, 0, 17, PROC_EVENT_OTHER },
		{ 0x40, 42, 42, 0, 0, PROC_EVENT_OTHER },
		{ 0x80, 42, 42, 0, 0, PROC_EVENT_OTHER },
		{ 0x100, 42, 42, 1, 1, PROC_EVENT_OTHER },
		{ 0x40000000, 42, 42, 0, 0, PROC_EVENT_OTHER },
		{ 0, 42, 42, 0, 0, PROC_EVENT_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct event_message message =
			message_of(rows[i].what, rows[i].a, rows[i].b, rows[i].c, rows[i].d);
		pid_t pid = -1;

		assert_int_equal(parse(&message, sizeof(message), &pid), rows[i].type);
		assert_int_equal(pid, rows[i].type == PROC_EVENT_OTHER ? -1 : 42);
		assert_int_equal(passes(&message), rows[i].type != PROC_EVENT_OTHER);
	}
}

static void test_proc_events_of_others_are_none(void **state)
{
	struct event_message message = message_of(2, 42, 42, 0, 0);
	pid_t pid = -1;

	(void)state;
	for (size_t len = 0; len < 68; len++)
		assert_int_equal(parse(&message, len, &pid), PROC_EVENT_OTHER);
	message.connector.id.idx++;
	assert_int_equal(parse(&message, sizeof(message), &pid), PROC_EVENT_OTHER);
	message = message_of(2, 42, 42, 0, 0);
	message.header.nlmsg_type = NLMSG_ERROR;
	assert_int_equal(parse(&message, sizeof(message), &pid), PROC_EVENT_OTHER);
	message = message_of(2, 0, 0, 0, 0);
	assert_int_equal(parse(&message, sizeof(message), &pid), PROC_EVENT_OTHER);
	message = message_of(2, 0x80000001, 0x80000001, 0, 0);
	assert_int_equal(parse(&message, sizeof(message), &pid), PROC_EVENT_OTHER);
	assert_int_equal(pid, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proc_state_is_behind_the_name),
		cmocka_unit_test(test_proc_state_of_what_is_cut_is_none),
		cmocka_unit_test(test_proc_file_that_was_replaced_is_the_same),
		cmocka_unit_test(test_proc_sees_itself),
		cmocka_unit_test(test_proc_that_is_gone_is_nothing),
		cmocka_unit_test(test_proc_events_are_of_processes),
		cmocka_unit_test(test_proc_events_of_others_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
