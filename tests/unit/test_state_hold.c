/* SPDX-License-Identifier: MIT */
/*
 * What the state memory has of a router that waits for commands before it leaves: by the next
 * process, by one of another version, and where the numbers make no sense.
 */
#include "memory_form.h"

#include "agent/event.h"
#include "agent/router/hold.h"
#include "agent/state.h"

#define UNTIL (1234 * SECOND)

static const struct state_router routers[] = {
	{ .name = "lan", .interface = "eth0", .vrid = 51, .family = 4 },
	{ .name = "wan", .interface = "eth1", .vrid = 51, .family = 4 },
};

/* Where the numbers are in a record, each of 8 bytes. */
enum {
	AT_HOLD = 4,
	AT_BASE = 5,
	AT_BEFORE = 6,
	AT_FLAGS = 7,
	NUMBERS = 8,
};

enum {
	RAN = 1,
	WAITS = 2,
};

/* Return: a memory in which "wan" waits; owned by the caller, and in @ret_fd. */
static struct state *memory_with(struct state_hold hold, int *ret_fd)
{
	struct state *writer;

	*ret_fd = new_fd();
	assert_int_equal(state_new(*ret_fd, "/run/a.sock", routers, 2, &writer), 0);
	state_put_hold(writer, 1, &hold);
	state_publish(writer);
	return writer;
}

static const struct state_hold waiting = {
	.until_ns = UNTIL, .before = EVENT_BEFORE_REMOVAL, .base = 150, .waits = true, .ran = true
};

/* Of "wan", as another process reads it. */
static struct state_hold hold_of(int fd)
{
	struct state_hold hold;
	struct state *reader;

	assert_int_equal(state_open(fd, &reader), 0);
	hold = state_hold(reader, 1);
	state_close(reader);
	return hold;
}

static void test_hold_is_read_as_it_was_put(void **state)
{
	static const struct state_hold rows[] = {
		{ UNTIL, EVENT_BEFORE_DRAIN, 150, true, false },
		{ UNTIL, EVENT_BEFORE_STOP, 1, false, false },
		{ UNTIL, EVENT_BEFORE_REMOVAL, 254, true, true },
		{ UNTIL, EVENT_BEFORE_PRIORITY, 255, false, true },
		{ VRRP_NEVER, EVENT_BEFORE_DRAIN, 0, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd;
		struct state *writer = memory_with(rows[i], &fd);
		struct state_hold hold = hold_of(fd);

		assert_int_equal(hold.until_ns, rows[i].until_ns);
		assert_int_equal(hold.before, rows[i].before);
		assert_int_equal(hold.base, rows[i].base);
		assert_int_equal(hold.waits, rows[i].waits);
		assert_int_equal(hold.ran, rows[i].ran);
		state_close(writer);
		close(fd);
	}
}

/* Of "wan", which waits, where the version that wrote it knew @size bytes of a record. */
static struct state_hold hold_of_version(size_t size)
{
	int fd;
	struct state *writer = memory_with(waiting, &fd);
	uint8_t *bytes = copy_of(fd);
	int older = memory_of_version(bytes, LEASE, size);
	struct state_hold hold = hold_of(older);

	close(older);
	free(bytes);
	state_close(writer);
	close(fd);
	return hold;
}

/* Nothing was put, or the version that wrote it knew nothing of it. */
static void test_hold_that_was_not_noted_is_none(void **state)
{
	static const size_t sizes[] = { AT_HOLD * 8, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct state_hold hold = hold_of_version(sizes[i]);

		assert_false(hold_is_on(&hold) || hold.waits || hold.ran);
	}
}

/* Which knew drains alone, and noted no priority, as that was not lowered. */
static void test_hold_of_a_version_that_noted_its_end_alone_is_a_drains(void **state)
{
	struct state_hold hold = hold_of_version(AT_BASE * 8);

	(void)state;
	assert_true(hold_is_on(&hold));
	assert_int_equal(hold.until_ns, UNTIL);
	assert_int_equal(hold.before, EVENT_BEFORE_DRAIN);
	assert_int_equal(hold.base, 0);
	assert_true(hold.waits && !hold.ran);
	assert_int_equal(hold_base(&hold, 100), 100);
}

/* Records are read by all versions. */
static void test_hold_is_noted_where_it_always_was(void **state)
{
	const struct head *head;
	const struct section *table;
	struct state *writer;
	int64_t record[NUMBERS];
	uint8_t *bytes;
	int fd;

	(void)state;
	writer = memory_with(waiting, &fd);
	bytes = copy_of(fd);
	head = (const struct head *)bytes;
	table = (const struct section *)(bytes + head->head_size);
	assert_int_equal(table[LEASE - 1].tag, LEASE);
	assert_true(table[LEASE - 1].record_size >= sizeof(record));
	memcpy(record, bytes + table[LEASE - 1].offset + table[LEASE - 1].record_size,
	       sizeof(record));
	assert_int_equal(record[AT_HOLD], UNTIL);
	assert_int_equal(record[AT_BASE], 150);
	assert_int_equal(record[AT_BEFORE], EVENT_BEFORE_REMOVAL);
	assert_int_equal(record[AT_FLAGS], RAN | WAITS);
	free(bytes);
	state_close(writer);
	close(fd);
}

/* Of a later version, or damage: it waits until the same end, with no priority that there is not.
 */
static void test_hold_with_numbers_out_of_range_does_no_harm(void **state)
{
	static const int64_t numbers[] = {
		INT64_MIN, -1, 0, 5, 99, 300, 4 + (1LL << 32), INT64_MAX
	};
	struct state *writer;
	uint8_t *bytes;
	int fd;

	(void)state;
	writer = memory_with(waiting, &fd);
	bytes = copy_of(fd);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		for (unsigned at = AT_BASE; at < NUMBERS; at++) {
			const struct head *head = (const struct head *)bytes;
			const struct section *lease =
				(const struct section *)(bytes + head->head_size) + LEASE - 1;
			uint8_t *place = bytes + lease->offset + lease->record_size + at * 8;
			struct state_hold hold;
			uint8_t good[8];
			int bad;

			memcpy(good, place, 8);
			memcpy(place, &numbers[i], 8);
			bad = memory_of(bytes, size_of(fd));
			memcpy(place, good, 8);
			hold = hold_of(bad);
			close(bad);
			assert_int_equal(hold.until_ns, UNTIL);
			assert_int_equal(hold.before, at == AT_BEFORE ? EVENT_BEFORE_DRAIN
								      : EVENT_BEFORE_REMOVAL);
			assert_non_null(event_before_word(hold.before));
			assert_in_range(hold_base(&hold, 100), 100, 254);
			assert_int_equal(hold.ran, at != AT_FLAGS || numbers[i] & RAN);
			assert_int_equal(hold.waits, at != AT_FLAGS || numbers[i] & WAITS);
		}
	}
	free(bytes);
	state_close(writer);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold_is_read_as_it_was_put),
		cmocka_unit_test(test_hold_that_was_not_noted_is_none),
		cmocka_unit_test(test_hold_of_a_version_that_noted_its_end_alone_is_a_drains),
		cmocka_unit_test(test_hold_is_noted_where_it_always_was),
		cmocka_unit_test(test_hold_with_numbers_out_of_range_does_no_harm),
	};

	return cmocka_run_group_tests_name("state_hold", tests, NULL, NULL);
}
