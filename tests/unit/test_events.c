/* SPDX-License-Identifier: MIT */
/*
 * The journal's ring: order, loss and its count, what survives the writer, growth, damage. The ring
 * is what another process sees: readers map it anew by its descriptor.
 */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/events.h"

static const struct clocks now = { 5 * SECOND, 1800000000 * SECOND };

static struct event numbered(unsigned i, size_t text_len)
{
	struct event event = event_fact(EVENT_FAILED, 0, NULL);

	event.fact.number[0] = i;
	memset(event.fact.text, 'x', text_len);
	snprintf(event.router, sizeof(event.router), "r%u", i % 7);
	return event;
}

static struct events *make(unsigned routers_n)
{
	struct events *events;

	assert_int_equal(events_create(NULL, routers_n, &events), 0);
	return events;
}

static struct events *map(const struct events *events)
{
	struct events *reader;

	assert_int_equal(events_map(events_fd(events), false, &reader), 0);
	return reader;
}

static void test_events_are_read_as_they_were_put(void **unused)
{
	struct events *events = make(1), *reader = map(events);
	struct events_cursor cursor = { 0 };
	struct event event, put = event_of(EVENT_STATE, "lan", "eth0", 4);
	uint64_t lost;

	(void)unused;
	assert_false(events_next(reader, &cursor, &event, &lost));
	put.state = (struct event_state){ .from = 1, .to = 2, .priority = 200, .reason_ns = -3 };
	put.state.peer[15] = 9;
	events_put(events, &now, &put);
	assert_true(events_next(reader, &cursor, &event, &lost));
	assert_int_equal(lost, 0);
	assert_int_equal(event.seq, 1);
	assert_int_equal(event.mono_ns, now.mono_ns);
	assert_int_equal(event.real_ns, now.real_ns);
	assert_int_equal(event.kind, EVENT_STATE);
	assert_int_equal(event.level, LOG_LEVEL_INFO);
	assert_int_equal(event.family, 4);
	assert_string_equal(event.router, "lan");
	assert_string_equal(event.interface, "eth0");
	assert_memory_equal(&event.state, &put.state, sizeof(put.state));
	assert_false(events_next(reader, &cursor, &event, &lost));
	events_close(reader);
	events_close(events);
}

/* Records of all lengths go over the end of the memory many times. */
static void test_events_keep_their_order_over_the_end(void **unused)
{
	struct events *events = make(1), *reader = map(events);
	struct events_cursor cursor = { 0 };
	struct event event;
	uint64_t lost;

	(void)unused;
	for (unsigned i = 0; i < 40000; i++) {
		struct event put = numbered(i, i * 13 % (EVENT_TEXT_SIZE - 1));

		events_put(events, &now, &put);
		assert_true(events_next(reader, &cursor, &event, &lost));
		assert_int_equal(lost, 0);
		assert_int_equal(event.seq, i + 1);
		assert_int_equal(event.fact.number[0], i);
		assert_memory_equal(event.fact.text, put.fact.text, sizeof(put.fact.text));
		assert_string_equal(event.router, put.router);
	}
	assert_true(events_overwritten(events) > 0);
	events_close(reader);
	events_close(events);
}

static void test_events_lost_by_a_slow_reader_are_counted(void **unused)
{
	struct events *events = make(1), *reader = map(events);
	struct events_cursor cursor = { .seq = 1 };
	unsigned put_n = 3 * EVENTS_MIN, got_n = 0;
	struct event event;
	uint64_t lost, lost_n = 0, last = 0;

	(void)unused;
	for (unsigned i = 0; i < put_n; i++) {
		struct event put = numbered(i, 100);

		events_put(events, &now, &put);
	}
	while (events_next(reader, &cursor, &event, &lost)) {
		lost_n += lost;
		assert_true(event.seq > last);
		last = event.seq;
		got_n++;
	}
	assert_int_equal(last, put_n);
	assert_int_equal(lost_n + got_n, put_n);
	assert_int_equal(lost_n, events_overwritten(events));
	assert_true(got_n >= EVENTS_MIN);
	events_close(reader);
	events_close(events);
}

/* The promise of the header: so many final states, whatever the router is called. */
static void test_events_of_all_routers_fit(void **unused)
{
	static const char name[] = "a-name-as-long-as-it-can-be-12345";
	struct events *events = make(8160);
	struct events_cursor cursor = { 0 };
	struct event event, put = event_of(EVENT_STATE, name, "interface-of-15", 6);
	unsigned n = 0;
	uint64_t lost;

	(void)unused;
	put.state.reason_ns = 1;
	memset(put.state.last_heard, 0xff, sizeof(put.state.last_heard));
	for (unsigned i = 0; i < 8160 * EVENTS_PER_ROUTER; i++)
		events_put(events, &now, &put);
	assert_int_equal(events_overwritten(events), 0);
	while (events_next(events, &cursor, &event, &lost))
		n++;
	assert_int_equal(n, 8160 * EVENTS_PER_ROUTER);
	events_close(events);
}

static void test_events_outlive_a_writer_that_is_killed(void **unused)
{
	struct events *events = make(1), *writer;
	struct events_cursor cursor = { 0 };
	struct event event;
	uint64_t lost, last = 0;
	int status;
	pid_t pid = fork();

	(void)unused;
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(20);
		for (unsigned i = 0;; i++) {
			struct event put = numbered(i, i % 300);

			events_put(events, &now, &put);
		}
	}
	while (events_overwritten(events) < 2000)
		usleep(100);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	while (events_next(events, &cursor, &event, &lost)) {
		assert_true(last == 0 || event.seq == last + 1);
		assert_int_equal(event.fact.number[0] + 1, event.seq);
		last = event.seq;
	}
	/* Another one goes on where it stopped. */
	assert_int_equal(events_map(events_fd(events), true, &writer), 0);
	event = numbered(0, 10);
	events_put(writer, &now, &event);
	assert_true(events_next(events, &cursor, &event, &lost));
	assert_int_equal(event.seq, last + 1);
	events_close(writer);
	events_close(events);
}

/* While the writer writes as fast as it can, what a reader gets is whole. */
static void test_events_read_during_a_storm_are_whole(void **unused)
{
	struct events *events = make(1);
	struct events_cursor cursor = { .seq = 1 };
	struct event event;
	uint64_t lost, sum = 0;
	int status;
	pid_t pid = fork();

	(void)unused;
	assert_true(pid >= 0);
	if (pid == 0) {
		for (unsigned i = 0; i < 300000; i++) {
			struct event put = numbered(i, i * 7 % 390);

			events_put(events, &now, &put);
		}
		_exit(0);
	}
	while (cursor.seq <= 300000) {
		if (!events_next(events, &cursor, &event, &lost))
			continue;
		sum += lost + 1;
		assert_int_equal(event.fact.number[0] + 1, event.seq);
		assert_int_equal(strlen(event.fact.text), event.fact.number[0] * 7 % 390);
	}
	assert_int_equal(sum, 300000);
	waitpid(pid, &status, 0);
	events_close(events);
}

/* However slowly it is read, nothing is lost from a copy, and nothing in it is torn. */
static void test_events_of_a_snapshot_are_not_overrun(void **unused)
{
	struct events *events = make(1);
	struct event event;
	uint64_t read_n = 0;
	int status;
	pid_t pid = fork();

	(void)unused;
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(20);
		for (unsigned i = 0;; i++) {
			struct event put = numbered(i, i * 7 % 390);

			events_put(events, &now, &put);
		}
	}
	while (events_overwritten(events) == 0)
		usleep(100);
	for (unsigned round = 0; round < 50; round++) {
		struct events *reader = map(events);
		struct events_cursor cursor = { 0 };
		uint64_t lost, overwritten = events_overwritten(events), n = 0;

		assert_int_equal(events_snapshot(reader), 0);
		while (events_overwritten(events) < overwritten + 2 * EVENTS_MIN)
			usleep(100);
		for (; events_next(reader, &cursor, &event, &lost); n++) {
			assert_int_equal(lost, 0);
			assert_int_equal(event.fact.number[0] + 1, event.seq);
			assert_int_equal(strlen(event.fact.text), event.fact.number[0] * 7 % 390);
		}
		read_n += n; /* none, when the writer went round the ring during the copy */
		events_close(reader);
	}
	assert_true(read_n > EVENTS_MIN);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	events_close(events);
}

static void test_events_in_a_file_are_gone_on_with(void **unused)
{
	char dir[] = "/tmp/vipd-events-XXXXXX", path[64];
	struct events *events, *larger;
	struct events_cursor cursor = { 0 }, told = { 0 };
	struct event event = numbered(1, 20);
	uint64_t lost;

	(void)unused;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/router.events", dir);
	assert_int_equal(events_create(path, 1, &events), 0);
	for (unsigned i = 0; i < 10; i++)
		events_put(events, &now, &event);
	for (unsigned i = 0; i < 4; i++)
		assert_true(events_next(events, &told, &event, &lost));
	events_set_told(events, &told);
	events_close(events);

	assert_int_equal(events_create(path, 8160, &larger), 0);
	assert_int_equal(events_routers_max(larger), 8160);
	events_put(larger, &now, &event);
	for (unsigned i = 1; i <= 11; i++) {
		assert_true(events_next(larger, &cursor, &event, &lost));
		assert_int_equal(event.seq, i);
	}
	/* The log goes on behind what it has told. */
	told = events_told(larger);
	assert_true(events_next(larger, &told, &event, &lost));
	assert_int_equal(event.seq, 5);
	events_close(larger);
	unlink(path);
	rmdir(dir);
}

/* Noted by somebody else, in the file; taken back by whoever writes it again. */
static void test_events_abandoned_are_noted_until_a_writer_comes(void **unused)
{
	char dir[] = "/tmp/vipd-events-XXXXXX", path[64];
	struct events *events;
	struct events_cursor cursor = { 0 };
	struct event event = numbered(1, 20);
	uint64_t lost;
	int64_t since_ns = 1;

	(void)unused;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/router.events", dir);
	assert_int_equal(events_abandoned(path, &since_ns), -ENOENT);
	for (unsigned routers_n = 1; routers_n <= 8160; routers_n += 8159) {
		assert_int_equal(events_create(path, routers_n, &events), 0);
		assert_int_equal(events_abandoned(path, &since_ns), 0);
		assert_true(since_ns == 0);
		events_put(events, &now, &event);
		events_close(events);
		assert_int_equal(events_set_abandoned(path, 3 * SECOND), 0);
		assert_int_equal(events_abandoned(path, &since_ns), 0);
		assert_true(since_ns == 3 * SECOND);
	}
	assert_int_equal(events_create(path, 1, &events), 0);
	for (unsigned i = 1; i <= 2; i++) {
		assert_true(events_next(events, &cursor, &event, &lost));
		assert_int_equal(event.seq, i);
	}
	events_close(events);
	assert_int_equal(truncate(path, 16), 0);
	assert_int_equal(events_abandoned(path, &since_ns), -EBADMSG);
	assert_int_equal(events_set_abandoned(path, 1), -EBADMSG);
	unlink(path);
	rmdir(dir);
}

static void test_events_in_garbage_are_none(void **unused)
{
	char dir[] = "/tmp/vipd-events-XXXXXX", path[64], noise[9000];
	struct events *events;
	struct events_cursor cursor = { 0 };
	struct event event = numbered(1, 20);
	uint64_t lost;
	FILE *file;

	(void)unused;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/router.events", dir);
	memset(noise, 0x5a, sizeof(noise));
	file = fopen(path, "w");
	assert_non_null(file);
	fwrite(noise, sizeof(noise), 1, file);
	fclose(file);
	assert_int_equal(events_create(path, 1, &events), 0);
	assert_false(events_next(events, &cursor, &event, &lost));
	events_close(events);
	unlink(path);
	rmdir(dir);
}

/* Whatever is in the records: no reader leaves the memory, or never ends. */
static void test_events_damaged_by_their_writer_do_no_harm(void **unused)
{
	(void)unused;
	for (unsigned round = 0; round < 200; round++) {
		struct events *events = make(1), *reader = map(events);
		struct events_cursor cursor = { 0 };
		struct event event;
		unsigned char *memory;
		struct stat status;
		uint64_t lost;

		srand(round);
		for (unsigned i = 0; i < 300; i++) {
			struct event put = numbered(i, i);

			events_put(events, &now, &put);
		}
		assert_int_equal(fstat(events_fd(events), &status), 0);
		memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			      events_fd(events), 0);
		for (unsigned i = 0; i < 50; i++)
			memory[4096 + rand() % 60000] = (unsigned char)rand();
		for (unsigned n = 0; events_next(reader, &cursor, &event, &lost); n++) {
			assert_true(n < 20000);
			assert_true(strlen(event.router) < sizeof(event.router));
		}
		munmap(memory, (size_t)status.st_size);
		events_close(reader);
		events_close(events);
	}
}

/* Others map the memory, too: whatever they do to it, its writer neither hangs nor leaves it. */
static void test_events_writer_survives_what_is_done_to_the_memory(void **unused)
{
	(void)unused;
	alarm(20);
	for (unsigned round = 0; round < 100; round++) {
		struct events *events = make(1);
		struct events_cursor cursor = { 0 };
		struct event event = numbered(round, 50), got = { 0 };
		struct stat status;
		unsigned char *memory;
		uint64_t lost;
		bool found = false;

		assert_int_equal(fstat(events_fd(events), &status), 0);
		memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			      events_fd(events), 0);
		for (unsigned i = 0; i < 10000; i++)
			events_put(events, &now, &event);
		srand(round);
		for (size_t i = 0; i < (size_t)status.st_size; i += round % 2 ? 1 : 61)
			memory[i] = (unsigned char)rand();
		for (unsigned i = 0; i < 20000; i++)
			events_put(events, &now, &event);
		while (!found && events_next(events, &cursor, &got, &lost))
			found = got.fact.number[0] == round && got.kind == EVENT_FAILED;
		assert_true(found);
		munmap(memory, (size_t)status.st_size);
		events_close(events);
	}
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_are_read_as_they_were_put),
		cmocka_unit_test(test_events_keep_their_order_over_the_end),
		cmocka_unit_test(test_events_lost_by_a_slow_reader_are_counted),
		cmocka_unit_test(test_events_of_all_routers_fit),
		cmocka_unit_test(test_events_outlive_a_writer_that_is_killed),
		cmocka_unit_test(test_events_read_during_a_storm_are_whole),
		cmocka_unit_test(test_events_of_a_snapshot_are_not_overrun),
		cmocka_unit_test(test_events_in_a_file_are_gone_on_with),
		cmocka_unit_test(test_events_abandoned_are_noted_until_a_writer_comes),
		cmocka_unit_test(test_events_in_garbage_are_none),
		cmocka_unit_test(test_events_damaged_by_their_writer_do_no_harm),
		cmocka_unit_test(test_events_writer_survives_what_is_done_to_the_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
