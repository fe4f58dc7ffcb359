/* SPDX-License-Identifier: MIT */
/*
 * Two rings read as one, by time; and gone on with where another process was.
 */
#include "test.h"

#include "agent/notify/reader.h"

#define TIME(n) ((struct clocks){ (n)*SECOND, 1800000000 * SECOND })

static struct events *rings[READER_RINGS];
static struct reader *reader;

static void open_reader(void)
{
	const int fds[READER_RINGS] = { events_fd(rings[0]), events_fd(rings[1]) };

	reader_close(reader);
	reader = reader_open(fds);
	assert_non_null(reader);
}

static int setup(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < READER_RINGS; i++)
		if (events_create(NULL, 1, &rings[i]) < 0)
			return -1;
	open_reader();
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	reader_close(reader);
	reader = NULL;
	for (unsigned i = 0; i < READER_RINGS; i++)
		events_close(rings[i]);
	return 0;
}

static void put(enum reader_ring ring, int64_t second, enum event_kind kind)
{
	struct event event = event_fact(kind, 0, NULL);
	struct clocks now = TIME(second);

	event.fact.number[0] = second;
	events_put(rings[ring], &now, &event);
}

/* Return: when the next one was; 0: there is none. @ret_lost may be NULL. */
static int64_t next(uint64_t *ret_lost)
{
	enum reader_ring ring;
	struct event event;
	uint64_t lost;

	if (!reader_next(reader, &event, &ring, &lost))
		return 0;
	if (ret_lost)
		*ret_lost = lost;
	else
		assert_int_equal(lost, 0);
	assert_int_equal(event.seq, reader_seq(reader, ring));
	return event.fact.number[0];
}

static void test_reader_has_events_of_both_by_their_time(void **unused)
{
	(void)unused;
	put(READER_KEEPER, 1, EVENT_FAILED);
	put(READER_KEEPER, 4, EVENT_FAILED);
	put(READER_ROUTER, 2, EVENT_FAILED);
	put(READER_ROUTER, 3, EVENT_FAILED);
	for (int64_t second = 1; second <= 4; second++)
		assert_int_equal(next(NULL), second);
	assert_int_equal(next(NULL), 0);
	put(READER_ROUTER, 5, EVENT_FAILED);
	assert_int_equal(next(NULL), 5);
}

static void test_reader_goes_on_where_another_one_was(void **unused)
{
	uint64_t ids[READER_RINGS], seqs[READER_RINGS];

	(void)unused;
	for (int64_t second = 1; second <= 6; second++)
		put(second % 2 ? READER_ROUTER : READER_KEEPER, second, EVENT_FAILED);
	for (int64_t second = 1; second <= 3; second++)
		assert_int_equal(next(NULL), second);
	for (unsigned i = 0; i < READER_RINGS; i++) {
		ids[i] = reader_id(reader, i);
		seqs[i] = reader_seq(reader, i);
	}
	assert_true(ids[0] && ids[1] && ids[0] != ids[1]);
	open_reader();
	for (unsigned i = 0; i < READER_RINGS; i++)
		reader_resume(reader, i, ids[i], seqs[i]);
	for (int64_t second = 4; second <= 6; second++)
		assert_int_equal(next(NULL), second);
	assert_int_equal(next(NULL), 0);
}

/* As after the next start of the host. */
static void test_reader_of_another_ring_begins_at_its_oldest(void **unused)
{
	(void)unused;
	put(READER_ROUTER, 1, EVENT_FAILED);
	put(READER_ROUTER, 2, EVENT_FAILED);
	reader_resume(reader, READER_ROUTER, reader_id(reader, READER_ROUTER) + 1, 2);
	assert_int_equal(next(NULL), 1);
}

static void test_reader_counts_what_was_overwritten(void **unused)
{
	uint64_t lost, id, read = 0, all_lost = 0;

	(void)unused;
	put(READER_ROUTER, 1, EVENT_FAILED);
	put(READER_KEEPER, 2, EVENT_FAILED);
	assert_int_equal(next(NULL), 1);
	id = reader_id(reader, READER_ROUTER);
	open_reader();
	reader_resume(reader, READER_ROUTER, id, 1);
	for (int64_t i = 0; i < 40000; i++)
		put(READER_ROUTER, 10 + i, EVENT_FAILED);
	assert_int_equal(next(NULL), 2); /* the other ring has lost nothing */
	while (next(&lost)) {
		all_lost += lost;
		read++;
	}
	assert_true(all_lost > 0);
	assert_int_equal(all_lost + read, 40000);
}

static void test_reader_without_a_ring_reads_the_other(void **unused)
{
	const int fds[READER_RINGS] = { -1, events_fd(rings[READER_ROUTER]) };

	(void)unused;
	reader_close(reader);
	reader = reader_open(fds);
	put(READER_ROUTER, 1, EVENT_FAILED);
	assert_false(reader_has(reader, READER_KEEPER));
	assert_true(reader_has(reader, READER_ROUTER));
	assert_int_equal(reader_id(reader, READER_KEEPER), 0);
	reader_resume(reader, READER_KEEPER, 7, 7);
	assert_int_equal(next(NULL), 1);
	assert_int_equal(next(NULL), 0);
}

static void test_reader_knows_the_last_start(void **unused)
{
	(void)unused;
	assert_int_equal(reader_last_start(reader), 0);
	put(READER_ROUTER, 1, EVENT_STARTED);
	put(READER_ROUTER, 2, EVENT_FAILED);
	put(READER_ROUTER, 3, EVENT_STARTED);
	put(READER_ROUTER, 4, EVENT_FAILED);
	put(READER_KEEPER, 5, EVENT_STARTED); /* none of a configuration */
	assert_int_equal(reader_last_start(reader), 3 * SECOND);
	assert_int_equal(next(NULL), 1); /* and nothing was read by that */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reader_has_events_of_both_by_their_time),
		TEST(test_reader_goes_on_where_another_one_was),
		TEST(test_reader_of_another_ring_begins_at_its_oldest),
		TEST(test_reader_counts_what_was_overwritten),
		TEST(test_reader_without_a_ring_reads_the_other),
		TEST(test_reader_knows_the_last_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
