/* SPDX-License-Identifier: MIT */
/*
 * The memory in which a generation leaves its elections: what was written is read back, and what
 * was not written to its end, or by somebody else, is not believed. Where things lie in it is
 * nobody's business but agent/state_memory.c's, so damage is done everywhere, or where a write
 * changed it.
 */
#include "memory_form.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/event.h"
#include "agent/state_will.h"

#define T0  (1000 * SECOND)
#define NOW (T0 + SECOND)

static const struct state_router routers[] = {
	{ .name = "lan",
	  .interface = "eth0",
	  .vrid = 51,
	  .family = 4,
	  .lease_s = 5,
	  .entries_max = 1,
	  .will_max = STATE_ENTRY_LEN(46) },
	{ .name = "wan",
	  .interface = "eth1",
	  .vrid = 51,
	  .family = 4,
	  .entries_max = 1,
	  .will_max = STATE_ENTRY_LEN(50) },
};

/* A published memory of two routers. Return: its descriptor, and its writer. */
static int written(struct state **ret_state)
{
	int fd = new_fd();

	assert_int_equal(state_new(fd, "/run/a.sock", routers, 2, ret_state), 0);
	state_publish(*ret_state);
	return fd;
}

/* A will of nothing but a farewell. */
static void put_farewell(struct state *writer, unsigned i, int ifindex, const char *frame,
			 size_t len)
{
	const struct state_entry entry = { .kind = STATE_ENTRY_FRAME,
					   .target = ifindex,
					   .bytes = (const uint8_t *)frame,
					   .len = len };

	state_will_begin(writer, i);
	(void)state_will_add(writer, i, &entry);
	state_will_publish(writer, i);
}

/* What an election is known by: its time of start. */
static struct vrrp mark(int64_t since_ns)
{
	struct vrrp vr = test_active(100, T0);

	vr.election.since_ns = since_ns;
	return vr;
}

/* What state_open() says of such a memory. */
static int opened(const uint8_t *bytes, size_t size)
{
	struct state *state = NULL;
	int fd = memory_of(bytes, size);
	int err = state_open(fd, &state);

	state_close(state);
	close(fd);
	return err;
}

/* since_ns of router @i as a reader gets it, or -errno. */
static int64_t seen(int fd, unsigned i)
{
	struct state *state;
	struct vrrp vr;
	int err;

	assert_int_equal(state_open(fd, &state), 0);
	err = state_get(state, i, NOW, &vr);
	state_close(state);
	return err < 0 ? err : vr.election.since_ns;
}

/* All but what the next configuration says. */
static void assert_left(const struct vrrp *got, const struct vrrp *put, size_t size)
{
	struct vrrp expected = *put;

	memset(&expected.config.announce, 0, sizeof(expected.config.announce));
	assert_memory_equal(got, &expected, size);
}

static void test_state_returns_what_was_put(void **unused)
{
	struct vrrp first = test_active(100, T0), second = test_backup(100, T0), vr;
	struct state *writer, *reader;
	int fd = written(&writer);

	(void)unused;
	second.election.reason.own_priority = 77; /* it has another priority by now */
	second.config.down_intervals = 5;
	state_put(writer, 0, &first);
	state_put(writer, 1, &second);
	assert_int_equal(state_open(fd, &reader), 0);
	assert_int_equal(state_count(reader), 2);
	assert_int_equal(state_get(reader, 0, NOW, &vr), 0);
	assert_left(&vr, &first, sizeof(vr));
	assert_int_equal(state_get(reader, 1, NOW, &vr), 0);
	assert_left(&vr, &second, sizeof(vr));
	second = test_router(100); /* whose process dies before it starts */
	state_put(writer, 1, &second);
	assert_int_equal(state_get(reader, 1, NOW, &vr), 0);
	assert_left(&vr, &second, sizeof(vr));
	state_close(writer); /* its end changes nothing */
	assert_int_equal(state_get(reader, 0, NOW, &vr), 0);
	state_close(reader);
	close(fd);
}

static void test_state_returns_the_newest_of_many(void **unused)
{
	struct state *writer;
	int fd = written(&writer);

	(void)unused;
	for (int64_t n = 1; n <= 5; n++) {
		struct vrrp vr = mark(n);

		state_put(writer, 0, &vr);
		assert_int_equal(seen(fd, 0), n);
	}
	assert_int_equal(seen(fd, 1), -EBADMSG);
	state_close(writer);
	close(fd);
}

/* A write that ended anywhere: the bytes up to there are new, the others are as they were. */
static void test_state_of_a_torn_write_is_the_one_before(void **unused)
{
	struct vrrp older = mark(1), newer = mark(2);
	struct state *writer;
	int fd = written(&writer);
	uint8_t *before, *after;
	size_t size = size_of(fd);
	unsigned torn_n = 0;

	(void)unused;
	memset(newer.election.lower_source, 0xff, sizeof(newer.election.lower_source));
	state_put(writer, 0, &older);
	before = copy_of(fd);
	state_put(writer, 0, &newer);
	after = copy_of(fd);
	for (size_t i = 0; i < size; i++) {
		int torn;

		if (before[i] == after[i])
			continue;
		/* One byte is not what was written. */
		after[i] ^= 1;
		torn = memory_of(after, size);
		after[i] ^= 1;
		if (seen(torn, 0) != 1)
			fail_msg("byte %zu of %zu", i, size);
		close(torn);
		torn_n++;
	}
	assert_true(torn_n > 16); /* sum, number, since, counter */
	assert_int_equal(seen(fd, 0), 2);
	free(before);
	free(after);
	state_close(writer);
	close(fd);
}

/* Flip a byte of each of the two copies of router 0's election: nothing to believe is left. */
static void test_state_torn_twice_is_none(void **unused)
{
	struct vrrp vr = mark(INT64_C(0x0102030405060708) % T0);
	struct state *writer;
	int fd = written(&writer);
	size_t size = size_of(fd);
	unsigned found_n = 0;
	uint8_t *bytes;

	(void)unused;
	state_put(writer, 0, &vr);
	state_put(writer, 0, &vr);
	bytes = copy_of(fd);
	for (size_t i = 0; i + sizeof(vr.election.since_ns) <= size; i++) {
		if (memcmp(bytes + i, &vr.election.since_ns, sizeof(vr.election.since_ns)) != 0)
			continue;
		bytes[i] ^= 1;
		found_n++;
	}
	assert_int_equal(found_n, 2);
	close(fd);
	fd = memory_of(bytes, size);
	assert_int_equal(seen(fd, 0), -EBADMSG);
	free(bytes);
	state_close(writer);
	close(fd);
}

/* Whole, but not true: the sum is no proof of that. */
static void test_state_that_cannot_be_is_none(void **unused)
{
	struct vrrp future = mark(NOW + 1), other = mark(1), dead = mark(1);
	struct state *writer;
	int fd = written(&writer);

	(void)unused;
	state_put(writer, 0, &future);
	assert_int_equal(seen(fd, 0), -EBADMSG);
	other.config.vrid++;
	state_put(writer, 1, &other);
	assert_int_equal(seen(fd, 1), -EBADMSG);
	dead.election.advert_ns = VRRP_NEVER;
	state_put(writer, 1, &dead);
	assert_int_equal(seen(fd, 1), -EBADMSG);
	state_close(writer);
	close(fd);
}

static void test_state_that_was_never_published_is_no_data(void **unused)
{
	struct state *writer, *reader;
	int fd = new_fd();

	(void)unused;
	assert_int_equal(state_open(fd, &reader), -ENODATA); /* empty */
	assert_int_equal(state_new(fd, "/run/a.sock", routers, 2, &writer), 0);
	assert_int_equal(state_open(fd, &reader), -ENODATA);
	state_publish(writer);
	assert_int_equal(state_open(fd, &reader), 0);
	assert_string_equal(state_control(reader), "/run/a.sock");
	state_close(reader);
	state_close(writer);
	close(fd);
}

/* Whoever maps it can read all of it until he unmaps it. */
static void test_state_cannot_be_cut_under_its_readers(void **unused)
{
	struct state *writer;
	int fd = written(&writer);

	(void)unused;
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(ftruncate(fd, 1 << 20), -1);
	state_close(writer);
	close(fd);
}

static void test_state_truncated_anywhere_is_refused(void **unused)
{
	struct state *writer;
	int fd = written(&writer);
	size_t size = size_of(fd);
	uint8_t *bytes = copy_of(fd);

	(void)unused;
	for (size_t len = 1; len < size; len++)
		if (opened(bytes, len) != -EBADMSG)
			fail_msg("%zu of %zu bytes", len, size);
	assert_int_equal(opened(bytes, size), 0);
	free(bytes);
	state_close(writer);
	close(fd);
}

/* A memory of before there were sections, and one of nobody's. */
static void test_state_of_another_kind_is_refused_by_name(void **unused)
{
	static const uint64_t before = UINT64_C(0x7669706473746174);
	struct state *writer;
	int fd = written(&writer);
	size_t size = size_of(fd);
	uint8_t *bytes = copy_of(fd);

	(void)unused;
	bytes[0] ^= 1;
	assert_int_equal(opened(bytes, size), -EBADMSG);
	memcpy(bytes, &before, sizeof(before));
	assert_int_equal(opened(bytes, size), -EPROTO);
	free(bytes);
	state_close(writer);
	close(fd);
}

/* ---- memories of other versions ---- */

static void assert_same_election(const struct vrrp *got, const struct vrrp *expected)
{
	struct vrrp copy = *got;

	copy.counters = expected->counters;
	assert_left(&copy, expected, sizeof(copy));
}

static void assert_hold(struct state_hold hold, const struct state_hold *kept)
{
	assert_int_equal(hold.until_ns, kept->until_ns);
	assert_int_equal(hold.before, kept->before);
	assert_int_equal(hold.base, kept->base);
	assert_int_equal(hold.waits, kept->waits);
	assert_int_equal(hold.ran, kept->ran);
}

static void test_state_of_a_newer_version_is_read(void **unused)
{
	const struct state_hold hold = { 78, EVENT_BEFORE_PRIORITY, 150, true, false };
	static const struct {
		uint32_t tag;
		size_t more;
	} rows[] = { { ELECTION, 64 }, { COUNTERS, 8 }, { LEASE, 16 }, { FAREWELL, 8 }, { 2, 24 } };
	struct vrrp first = test_active(100, T0), vr;
	struct state *writer, *reader;
	int fd = written(&writer);
	uint8_t *bytes;

	(void)unused;
	first.counters.send_errors = 12;
	state_put(writer, 0, &first);
	state_put_lease(writer, 0, 99);
	state_put_offer(writer, 0, 77);
	state_put_hold(writer, 0, &hold);
	state_put_resort(writer, 0, STATE_RESORT_LACKING);
	put_farewell(writer, 0, 4, "farewell", 8);
	bytes = copy_of(fd);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct head *head = (const struct head *)bytes;
		const struct section *table = (const struct section *)(bytes + head->head_size);
		int newer = memory_of_version(bytes, rows[i].tag,
					      table[rows[i].tag - 1].record_size + rows[i].more);

		assert_int_equal(table[rows[i].tag - 1].tag, rows[i].tag);
		assert_int_equal(state_open(newer, &reader), 0);
		assert_int_equal(state_get(reader, 0, NOW, &vr), 0);
		assert_same_election(&vr, &first);
		assert_int_equal(vr.counters.send_errors, 12);
		assert_int_equal(state_lease(reader, 0), 99);
		assert_int_equal(state_offer(reader, 0), 77);
		assert_hold(state_hold(reader, 0), &hold);
		assert_int_equal(state_resort(reader, 0), STATE_RESORT_LACKING);
		assert_int_equal(state_lease_s(reader, 0), 5);
		assert_int_equal(state_farewell(reader, 0).frame_len, 8);
		assert_memory_equal(state_farewell(reader, 0).frame, "farewell", 8);
		assert_int_equal(state_find(reader, &routers[1]), 1);
		state_close(reader);
		close(newer);
	}
	free(bytes);
	state_close(writer);
	close(fd);
}

/* What an older version did not have reads as zero: as it was before. */
static void test_state_of_an_older_version_is_read(void **unused)
{
	struct vrrp first = test_active(100, T0), vr;
	struct state *writer, *reader;
	int fd = written(&writer), older;
	uint8_t *bytes;

	(void)unused;
	first.counters.adverts_sent = 7;
	first.counters.send_errors = 12;
	state_put(writer, 0, &first);
	state_put_lease(writer, 0, 99);
	bytes = copy_of(fd);
	older = memory_of_version(bytes, COUNTERS, 8);
	assert_int_equal(state_open(older, &reader), 0);
	assert_int_equal(state_get(reader, 0, NOW, &vr), 0);
	assert_same_election(&vr, &first);
	assert_int_equal(vr.counters.adverts_sent, 7);
	assert_int_equal(vr.counters.send_errors, 0);
	state_close(reader);
	close(older);
	for (uint32_t tag = 4; tag <= 10; tag++) {
		older = memory_of_version(bytes, tag, 0);
		assert_int_equal(state_open(older, &reader), 0);
		assert_int_equal(state_get(reader, 0, NOW, &vr), 0);
		assert_same_election(&vr, &first);
		assert_int_equal(state_lease(reader, 0), tag == LEASE ? 0 : 99);
		assert_int_equal(state_farewell(reader, 0).frame_len, 0);
		state_close(reader);
		close(older);
	}
	free(bytes);
	state_close(writer);
	close(fd);
}

/* It cannot be made any more: the version that wrote it had no wills. */
#define KEPT_FILE "tests/unit/memory/first.state"

/* What the kept file has: one router Active, one Backup. */
static void fill_kept(struct vrrp vr[2])
{
	vr[0] = test_active(150, T0);
	vr[1] = test_backup(100, T0);
	vr[0].counters.adverts_sent = 1234;
	vr[0].counters.rejected[VRRP_REJECT_CHECKSUM] = 5;
	vr[1].counters.noticed[VRRP_NOTICE_ADDRESS_LIST] = 6;
}

/* The memory of the first version that has sections, as it wrote it, is adopted for ever. */
static void test_state_of_the_first_version_is_read(void **unused)
{
	struct vrrp kept[2], vr;
	struct state_will will;
	struct state_strays strays;
	struct state_entry entry;
	struct state *reader;
	int fd = open(KEPT_FILE, O_RDONLY);

	(void)unused;
	assert_int_equal(state_open(fd, &reader), 0);
	assert_string_equal(state_control(reader), "/run/a.sock");
	assert_int_equal(state_count(reader), 2);
	fill_kept(kept);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(state_find(reader, &routers[i]), (int)i);
		assert_int_equal(state_get(reader, i, NOW, &vr), 0);
		kept[i].election.delayed_ns = 0; /* not noted by then: it is over */
		assert_left(&vr, &kept[i], sizeof(vr));
		assert_int_equal(state_lease(reader, i), 1000 + i);
		assert_int_equal(state_offer(reader, i), VRRP_NEVER); /* not noted by then */
		assert_int_equal(state_hold(reader, i).until_ns, VRRP_NEVER);
		assert_int_equal(state_resort(reader, i), STATE_RESORT_LAST); /* nor this */
	}
	assert_int_equal(state_farewell(reader, 0).ifindex, 3);
	assert_memory_equal(state_farewell(reader, 0).frame, "last words", 10);
	/* Its wills are the farewells of those that were Active. */
	will = state_will(reader, 0, NOW);
	assert_true(will.armed);
	assert_true(state_will_next(&will, &entry));
	assert_int_equal(entry.kind, STATE_ENTRY_FRAME);
	assert_int_equal(entry.target, 3);
	assert_int_equal(entry.len, 10);
	assert_memory_equal(entry.bytes, "last words", 10);
	assert_false(state_will_next(&will, &entry));
	will = state_will(reader, 1, NOW);
	assert_false(will.armed || state_will_next(&will, &entry));
	state_get_strays(reader, &strays);
	assert_memory_equal(&strays, &(struct state_strays){ 0 }, sizeof(strays));
	state_close(reader);
	close(fd);
}

/*
 * Any damage: refused or not, reading it does no harm and gives no election that was never written.
 * Counters decide nothing, and have no sum.
 */
static void test_state_of_garbage_does_no_harm(void **unused)
{
	struct vrrp vr = mark(7), got;
	struct state *writer, *reader;
	int fd = written(&writer);
	size_t size = size_of(fd);
	uint8_t *good, *bad = malloc(size);

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		state_put(writer, i, &vr);
		put_farewell(writer, i, 3, "last words", 10);
	}
	good = copy_of(fd);
	srand(1);
	for (unsigned round = 0; round < 5000; round++) {
		int garbage;

		memcpy(bad, good, size);
		for (unsigned n = 0; n < 1 + round % 8; n++)
			bad[(size_t)rand() % size] = (uint8_t)rand();
		garbage = memory_of(bad, size);
		if (state_open(garbage, &reader) == 0) {
			for (unsigned i = 0; i < state_count(reader); i++) {
				struct state_farewell farewell = state_farewell(reader, i);
				struct state_will will = state_will(reader, i, NOW);
				struct state_entry entry;

				assert_true(farewell.frame_len <= size);
				for (unsigned n = 0; state_will_next(&will, &entry); n++)
					assert_true(entry.len <= size && n < size);
				if (state_get(reader, i, NOW, &got) == 0)
					assert_left(&got, &vr, offsetof(struct vrrp, counters));
			}
			(void)state_find(reader, &routers[1]);
			state_close(reader);
		}
		close(garbage);
	}
	memset(bad, 0xff, size);
	assert_int_equal(opened(bad, size), -EBADMSG);
	free(good);
	free(bad);
	state_close(writer);
	close(fd);
}

static void test_state_finds_a_router_by_what_it_is_on_the_wire(void **unused)
{
	struct state_router wanted;
	struct state *writer;
	int fd = written(&writer);

	(void)unused;
	assert_int_equal(state_find(writer, &routers[0]), 0);
	assert_int_equal(state_find(writer, &routers[1]), 1);
	wanted = routers[0];
	wanted.interface = "eth2";
	assert_int_equal(state_find(writer, &wanted), -1);
	wanted = routers[0];
	wanted.vrid++;
	assert_int_equal(state_find(writer, &wanted), -1);
	wanted = routers[0];
	wanted.name = "office"; /* and the rest may change */
	wanted.lease_s = 7;
	assert_int_equal(state_find(writer, &wanted), 0);
	state_close(writer);
	close(fd);
}

/* As many as there can be, each where another one stood before. */
static void test_state_finds_routers_in_any_order(void **unused)
{
	struct state_router *many = calloc(STATE_ROUTERS_MAX, sizeof(*many));
	char(*names)[STATE_NAME_SIZE] = calloc(STATE_ROUTERS_MAX, sizeof(*names));
	struct state *writer;
	int fd = new_fd();

	(void)unused;
	assert_non_null(many);
	assert_non_null(names);
	for (unsigned i = 0; i < STATE_ROUTERS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "eth%u", i / 255);
		many[i] = routers[0];
		many[i].interface = names[i];
		many[i].vrid = (uint8_t)(1 + i % 255);
	}
	assert_int_equal(state_new(fd, "/run/a.sock", many, STATE_ROUTERS_MAX, &writer), 0);
	for (unsigned i = STATE_ROUTERS_MAX; i-- > 0;)
		assert_int_equal(state_find(writer, &many[i]), (int)i);
	state_close(writer);
	close(fd);
	free(names);
	free(many);
}

/* Others can tread on the memory, not make its writer write elsewhere. */
static void test_state_writer_believes_nothing_of_the_memory(void **unused)
{
	struct state *writer;
	int fd = written(&writer);
	size_t size = size_of(fd);
	uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct vrrp vr = mark(1);

	(void)unused;
	assert_true(memory != MAP_FAILED);
	memset(memory, 0x5a, size);
	for (unsigned i = 0; i < 2; i++) {
		state_put(writer, i, &vr);
		state_put_lease(writer, i, 5);
		put_farewell(writer, i, 3, "last words", 10);
		state_will_hold(writer, i, 0, true);
	}
	munmap(memory, size);
	state_close(writer);
	close(fd);
}

static void test_state_keeps_a_farewell_of_each_router(void **unused)
{
	const char frames[][60] = { "the first farewell", "the second one" };
	struct state *writer, *reader;
	int fd = written(&writer);

	(void)unused;
	assert_int_equal(state_farewell(writer, 0).frame_len, 0);
	put_farewell(writer, 0, 3, "older", 5);
	/* 34 bytes of headers, 8 of the message, 4 for each address */
	put_farewell(writer, 0, 4, frames[0], 46);
	put_farewell(writer, 1, 5, frames[1], 50);
	assert_int_equal(state_open(fd, &reader), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct state_farewell farewell = state_farewell(reader, i);

		assert_int_equal(farewell.ifindex, 4 + i);
		assert_int_equal(farewell.frame_len, 46 + 4 * i);
		assert_memory_equal(farewell.frame, frames[i], farewell.frame_len);
	}
	state_close(reader);
	state_close(writer);
	close(fd);
}

static void test_state_tells_the_last_sign_of_life(void **unused)
{
	const int64_t ms = 1000000, wrap = (INT64_C(1) << 32) * ms, at = 7 * wrap - 100 * ms;
	struct state *writer;
	int fd = written(&writer);

	(void)unused;
	assert_int_equal(state_alive_at(-1, at), 0);
	assert_int_equal(state_alive_at(fd, at), 0);
	assert_false(state_was_alive(writer));
	state_alive(writer, at);
	assert_true(state_was_alive(writer));
	assert_int_equal(state_alive_at(fd, at), at);
	assert_int_equal(state_alive_at(fd, at + 1500 * ms), at); /* the counter has wrapped */
	for (int64_t us = 1; us < 1000; us += 7) /* it looks the same at any moment */
		assert_int_equal(state_alive_at(fd, at + 1500 * ms + us * 1000), at);
	state_alive(writer, at + 100 * ms);
	assert_in_range(state_alive_at(fd, at + 200 * ms), at + 100 * ms, at + 101 * ms);
	state_close(writer);
	close(fd);
}

static void test_state_keeps_what_is_of_no_router(void **unused)
{
	struct state_strays strays = { .unread = 7, .dropped = UINT64_MAX }, read;
	struct state *writer, *reader;
	int fd = written(&writer);

	(void)unused;
	for (unsigned i = 0; i < VRRP_REJECT_COUNT; i++)
		strays.rejected[i] = i * 3;
	assert_int_equal(state_open(fd, &reader), 0);
	memset(&read, 0xff, sizeof(read));
	state_get_strays(reader, &read);
	assert_true(read.unread == 0 && read.dropped == 0 && read.rejected[VRRP_REJECT_VRID] == 0);
	state_put_strays(writer, &strays);
	state_get_strays(reader, &read);
	assert_memory_equal(&read, &strays, sizeof(read));
	state_close(reader);
	state_close(writer);
	close(fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_keeps_what_is_of_no_router),
		cmocka_unit_test(test_state_returns_what_was_put),
		cmocka_unit_test(test_state_returns_the_newest_of_many),
		cmocka_unit_test(test_state_of_a_torn_write_is_the_one_before),
		cmocka_unit_test(test_state_torn_twice_is_none),
		cmocka_unit_test(test_state_that_cannot_be_is_none),
		cmocka_unit_test(test_state_that_was_never_published_is_no_data),
		cmocka_unit_test(test_state_cannot_be_cut_under_its_readers),
		cmocka_unit_test(test_state_truncated_anywhere_is_refused),
		cmocka_unit_test(test_state_of_another_kind_is_refused_by_name),
		cmocka_unit_test(test_state_of_a_newer_version_is_read),
		cmocka_unit_test(test_state_of_an_older_version_is_read),
		cmocka_unit_test(test_state_of_the_first_version_is_read),
		cmocka_unit_test(test_state_of_garbage_does_no_harm),
		cmocka_unit_test(test_state_finds_a_router_by_what_it_is_on_the_wire),
		cmocka_unit_test(test_state_finds_routers_in_any_order),
		cmocka_unit_test(test_state_writer_believes_nothing_of_the_memory),
		cmocka_unit_test(test_state_keeps_a_farewell_of_each_router),
		cmocka_unit_test(test_state_tells_the_last_sign_of_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
