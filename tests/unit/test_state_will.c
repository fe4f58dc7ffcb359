/* SPDX-License-Identifier: MIT */
/*
 * The wills in the state memory: what a writer left is what a reader gets, a will that was not
 * written to its end is none, and a list that lies ends early. Where things lie in the memory is
 * written down here a second time, since it may never change.
 */
#include "memory_form.h"
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/state_will.h"

#define T0  (1000 * SECOND)
#define NOW (T0 + SECOND)

#define KEPT_FILE "tests/unit/memory/wills.state"

static const struct state_router routers[] = {
	{ .name = "lan",
	  .interface = "eth0",
	  .vrid = 51,
	  .family = 4,
	  .entries_max = 3,
	  .will_max = STATE_ENTRY_LEN(8) + STATE_ENTRY_LEN(21) + STATE_ENTRY_LEN(46) },
	{ .name = "wan",
	  .interface = "eth1",
	  .vrid = 51,
	  .family = 4,
	  .entries_max = 1,
	  .will_max = STATE_ENTRY_LEN(46) },
};

/* What is written: of the first router, and of the second one. */
static const struct state_entry removal = { .kind = STATE_ENTRY_NETLINK,
					    .target = 12,
					    .setting = 7,
					    .held = true,
					    .bytes = (const uint8_t *)"removal!",
					    .len = 8 };
static const struct state_entry later = {
	.kind = 4711, .target = -1, .bytes = (const uint8_t *)"of a version to come.", .len = 21
};
static const struct state_entry farewell = {
	.kind = STATE_ENTRY_FRAME, .target = 3, .bytes = (const uint8_t *)"last words", .len = 10
};

/* A memory that is mapped here, too. */
struct scene {
	int fd;
	size_t size;
	uint8_t *memory;
	struct state *writer;
};

static struct scene open_scene(void)
{
	struct scene scene = { .fd = memfd_create("test-will", MFD_CLOEXEC | MFD_ALLOW_SEALING) };
	struct stat status;

	assert_true(scene.fd >= 0);
	assert_int_equal(state_new(scene.fd, "/run/a.sock", routers, 2, &scene.writer), 0);
	state_publish(scene.writer);
	assert_int_equal(fstat(scene.fd, &status), 0);
	scene.size = (size_t)status.st_size;
	scene.memory = mmap(NULL, scene.size, PROT_READ | PROT_WRITE, MAP_SHARED, scene.fd, 0);
	assert_true(scene.memory != MAP_FAILED);
	return scene;
}

static void close_scene(struct scene *scene)
{
	munmap(scene->memory, scene->size);
	state_close(scene->writer);
	close(scene->fd);
}

static void put_state(struct scene *scene, unsigned i, bool active)
{
	struct vrrp vr = active ? test_active(150, T0) : test_backup(100, T0);

	state_put(scene->writer, i, &vr);
}

/* The will of the first router: one entry of each kind. */
static void write_will(struct scene *scene)
{
	state_will_begin(scene->writer, 0);
	assert_int_equal(state_will_add(scene->writer, 0, &removal), 0);
	assert_int_equal(state_will_add(scene->writer, 0, &later), 1);
	assert_int_equal(state_will_add(scene->writer, 0, &farewell), 2);
	state_will_publish(scene->writer, 0);
}

static struct state_will will_of(const struct state *state, unsigned i)
{
	return state_will(state, i, NOW);
}

static void assert_next(struct state_will *will, const struct state_entry *expected, bool held)
{
	struct state_entry entry;

	assert_true(state_will_next(will, &entry));
	assert_int_equal(entry.kind, expected->kind);
	assert_int_equal(entry.target, expected->target);
	assert_int_equal(entry.setting, expected->setting);
	assert_int_equal(entry.held, held);
	assert_int_equal(entry.len, expected->len);
	assert_memory_equal(entry.bytes, expected->bytes, expected->len);
}

static void assert_end(struct state_will *will)
{
	struct state_entry entry;

	assert_false(state_will_next(will, &entry));
}

/* How many entries a reader of its own finds. */
static unsigned count(const struct scene *scene, unsigned i)
{
	struct state_entry entry;
	struct state_will will;
	struct state *reader;
	unsigned n = 0;

	assert_int_equal(state_open(scene->fd, &reader), 0);
	will = will_of(reader, i);
	while (state_will_next(&will, &entry)) {
		uint32_t sum = 0;

		for (size_t k = 0; k < entry.len; k++)
			sum += entry.bytes[k]; /* a sanitizer sees where that is */
		assert_true(entry.len <= scene->size && sum <= 255 * entry.len);
		n++;
	}
	state_close(reader);
	return n;
}

static void test_will_is_read_as_it_was_written(void **unused)
{
	struct scene scene = open_scene();
	struct state_will will;
	struct state *reader;

	(void)unused;
	assert_int_equal(count(&scene, 0), 0);
	write_will(&scene);
	write_will(&scene); /* instead of the first one, not behind it */
	assert_int_equal(state_open(scene.fd, &reader), 0);
	will = will_of(reader, 0);
	assert_next(&will, &removal, true);
	assert_next(&will, &later, false);
	assert_next(&will, &farewell, false);
	assert_end(&will);
	will = will_of(reader, 1);
	assert_end(&will);
	state_close(reader);
	close_scene(&scene);
}

static void test_will_is_armed_while_the_router_is_active(void **unused)
{
	struct scene scene = open_scene();

	(void)unused;
	write_will(&scene);
	assert_false(will_of(scene.writer, 0).armed);
	put_state(&scene, 0, true);
	assert_true(will_of(scene.writer, 0).armed);
	assert_false(will_of(scene.writer, 1).armed);
	put_state(&scene, 0, false);
	assert_false(will_of(scene.writer, 0).armed);
	put_state(&scene, 0, true);
	write_will(&scene); /* the state is what it was */
	assert_true(will_of(scene.writer, 0).armed);
	close_scene(&scene);
}

static void test_will_entry_is_held_and_let_go(void **unused)
{
	struct scene scene = open_scene();
	struct state_will will;

	(void)unused;
	state_will_hold(scene.writer, 0, 0, true); /* of a will that was not written yet */
	write_will(&scene);
	state_will_hold(scene.writer, 0, 0, false);
	state_will_hold(scene.writer, 0, 1, true);
	state_will_hold(scene.writer, 0, 4711, true); /* there is none */
	will = will_of(scene.writer, 0);
	assert_next(&will, &removal, false);
	assert_next(&will, &later, true);
	assert_next(&will, &farewell, false);
	write_will(&scene);
	will = will_of(scene.writer, 0);
	assert_next(&will, &removal, true);
	assert_next(&will, &later, false);
	close_scene(&scene);
}

/* Whoever dies at any moment of the change leaves the will before it, none, or the new one. */
static void test_will_torn_anywhere_is_none(void **unused)
{
	struct scene scene = open_scene();

	(void)unused;
	write_will(&scene);
	assert_int_equal(count(&scene, 0), 3);
	state_will_begin(scene.writer, 0);
	assert_int_equal(count(&scene, 0), 0);
	assert_int_equal(state_farewell(scene.writer, 0).frame_len, 0);
	(void)state_will_add(scene.writer, 0, &farewell);
	assert_int_equal(count(&scene, 0), 0);
	assert_int_equal(state_farewell(scene.writer, 0).frame_len, 0);
	state_will_publish(scene.writer, 0);
	assert_int_equal(count(&scene, 0), 1);
	close_scene(&scene);
}

/* Keepers of the first version know the farewell alone, and where it is. */
static void test_will_shows_its_frame_to_the_first_version(void **unused)
{
	struct scene scene = open_scene();
	struct state *reader;

	(void)unused;
	write_will(&scene);
	assert_int_equal(state_open(scene.fd, &reader), 0);
	assert_int_equal(state_farewell(reader, 0).ifindex, 3);
	assert_int_equal(state_farewell(reader, 0).frame_len, 10);
	assert_memory_equal(state_farewell(reader, 0).frame, "last words", 10);
	assert_int_equal(state_farewell(reader, 1).frame_len, 0);
	state_close(reader);
	close_scene(&scene);
}

/* ---- what lies ---- */

struct will_record {
	uint64_t offset;
	uint32_t held_len, room, len;
	uint8_t armed, reserved[3];
};

struct entry_head {
	uint16_t kind, reserved;
	uint32_t len;
	int32_t target;
	uint32_t setting;
};

enum {
	BYTES = 9, /* tags */
	WILL = 10,
};

static uint8_t *section_of(const struct scene *scene, uint32_t tag)
{
	const struct head *head = (const struct head *)scene->memory;
	const struct section *table = (const struct section *)(scene->memory + head->head_size);

	for (uint32_t i = 0; i < head->sections_n; i++)
		if (table[i].tag == tag)
			return scene->memory + table[i].offset;
	fail();
	return NULL;
}

static void test_will_whose_lengths_lie_ends_early(void **unused)
{
	static const uint32_t lies[] = { 1,          7,          15,         16,
					 255,        4096,       0x7fffffff, 0x80000000,
					 0xfffffff0, 0xfffffff8, 0xffffffff };
	struct scene scene = open_scene();
	struct will_record *record = (struct will_record *)section_of(&scene, WILL);
	uint8_t *bytes = section_of(&scene, BYTES);
	struct entry_head *first;

	(void)unused;
	write_will(&scene);
	first = (struct entry_head *)(bytes + record->offset + record->held_len);
	assert_int_equal(first->kind, STATE_ENTRY_NETLINK);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		const struct will_record record_before = *record;
		const struct entry_head first_before = *first;

		first->len = lies[i];
		assert_true(count(&scene, 0) <= 3);
		*first = first_before;
		record->len = lies[i];
		assert_true(count(&scene, 0) <= 3 + lies[i] / STATE_ENTRY_HEAD);
		*record = record_before;
		record->held_len = lies[i];
		(void)count(&scene, 0);
		*record = record_before;
		record->offset = lies[i];
		(void)count(&scene, 0);
		record->offset = UINT64_MAX - lies[i];
		assert_int_equal(count(&scene, 0), 0);
		*record = record_before;
		assert_int_equal(count(&scene, 0), 3);
	}
	first->len = record->len - STATE_ENTRY_HEAD; /* all that there is */
	assert_int_equal(count(&scene, 0), 1);
	first->len++;
	assert_int_equal(count(&scene, 0), 0);
	first->len = 0xffffffff;
	assert_int_equal(count(&scene, 0), 0);
	close_scene(&scene);
}

/* A list cut anywhere gives the entries that are whole. */
static void test_will_cut_anywhere_gives_whole_entries(void **unused)
{
	const uint32_t ends[] = { STATE_ENTRY_LEN(8), STATE_ENTRY_LEN(8) + STATE_ENTRY_LEN(21),
				  STATE_ENTRY_LEN(8) + STATE_ENTRY_LEN(21) + STATE_ENTRY_LEN(10) };
	struct scene scene = open_scene();
	struct will_record *record = (struct will_record *)section_of(&scene, WILL);

	(void)unused;
	write_will(&scene);
	assert_int_equal(record->len, ends[2]);
	for (uint32_t len = 0; len <= ends[2]; len++) {
		record->len = len;
		assert_int_equal(count(&scene, 0),
				 (len >= ends[0]) + (len >= ends[1]) + (len >= ends[2]));
	}
	close_scene(&scene);
}

/* One is armed, nothing else is: so little damage as possible is taken for an order. */
static void test_will_of_trodden_memory_orders_nothing(void **unused)
{
	struct scene scene = open_scene();
	struct will_record *record = (struct will_record *)section_of(&scene, WILL);
	uint8_t *bytes = section_of(&scene, BYTES);
	struct state_will will;

	(void)unused;
	write_will(&scene);
	record->armed = 0x5a;
	bytes[record->offset] = 0x5a;
	will = will_of(scene.writer, 0);
	assert_false(will.armed);
	assert_next(&will, &removal, false);
	close_scene(&scene);
}

/* Others can tread on the memory, not make its writer write elsewhere. */
static void test_will_writer_believes_nothing_of_the_memory(void **unused)
{
	struct scene scene = open_scene();
	struct will_record *record = (struct will_record *)section_of(&scene, WILL);
	uint8_t *bytes = section_of(&scene, BYTES);
	struct will_record before[2] = { record[0], record[1] };

	(void)unused;
	memset(scene.memory, 0xff, scene.size);
	write_will(&scene);
	put_state(&scene, 0, true);
	state_will_hold(scene.writer, 0, 2, true);
	/* It is where it was laid out, and that of the other router untouched. */
	assert_memory_equal(bytes + before[0].offset + before[0].held_len + STATE_ENTRY_HEAD,
			    "removal!", 8);
	for (uint32_t i = 0; i < before[1].room; i++)
		assert_int_equal(bytes[before[1].offset + i], 0xff);
	close_scene(&scene);
}

static void test_will_memory_is_small(void **unused)
{
	static struct state_router many[STATE_ROUTERS_MAX];
	size_t sizes[2];

	(void)unused;
	for (unsigned with = 0; with < 2; with++) {
		int fd = memfd_create("test-will", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		struct state *writer;
		struct stat status;

		for (unsigned i = 0; i < STATE_ROUTERS_MAX; i++) {
			many[i] = routers[0];
			/* A removal of an address, and a farewell with one. */
			many[i].entries_max = with ? 2 : 0;
			many[i].will_max = with ? STATE_ENTRY_LEN(40) + STATE_ENTRY_LEN(46) : 0;
		}
		assert_int_equal(state_new(fd, "/run/a.sock", many, STATE_ROUTERS_MAX, &writer), 0);
		assert_int_equal(fstat(fd, &status), 0);
		sizes[with] = (size_t)status.st_size;
		state_close(writer);
		close(fd);
	}
	assert_true((sizes[1] - sizes[0]) / STATE_ROUTERS_MAX <= 200);
}

/* ---- what a version wrote ---- */

static void fill(struct scene *scene)
{
	put_state(scene, 0, true);
	put_state(scene, 1, false);
	write_will(scene);
	state_will_begin(scene->writer, 1);
	(void)state_will_add(scene->writer, 1, &farewell);
	state_will_publish(scene->writer, 1);
}

static void test_will_of_the_first_version_that_has_some_is_read(void **unused)
{
	int fd = open(KEPT_FILE, O_RDONLY);
	struct state_will will;
	struct state *reader;

	(void)unused;
	assert_int_equal(state_open(fd, &reader), 0);
	will = will_of(reader, 0);
	assert_true(will.armed);
	assert_next(&will, &removal, true);
	assert_next(&will, &later, false);
	assert_next(&will, &farewell, false);
	assert_end(&will);
	will = will_of(reader, 1);
	assert_false(will.armed);
	assert_next(&will, &farewell, false);
	assert_end(&will);
	state_close(reader);
	close(fd);
}

/* Writes such a file; once, when a version is made whose memory has something new. */
static int keep(const char *path)
{
	struct scene scene = open_scene();
	FILE *file = fopen(path, "w");

	fill(&scene);
	return file && fwrite(scene.memory, scene.size, 1, file) == 1 && fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_will_is_read_as_it_was_written),
		cmocka_unit_test(test_will_is_armed_while_the_router_is_active),
		cmocka_unit_test(test_will_entry_is_held_and_let_go),
		cmocka_unit_test(test_will_torn_anywhere_is_none),
		cmocka_unit_test(test_will_shows_its_frame_to_the_first_version),
		cmocka_unit_test(test_will_whose_lengths_lie_ends_early),
		cmocka_unit_test(test_will_cut_anywhere_gives_whole_entries),
		cmocka_unit_test(test_will_of_trodden_memory_orders_nothing),
		cmocka_unit_test(test_will_writer_believes_nothing_of_the_memory),
		cmocka_unit_test(test_will_memory_is_small),
		cmocka_unit_test(test_will_of_the_first_version_that_has_some_is_read),
	};

	if (argc == 3 && strcmp(argv[1], "--keep") == 0)
		return keep(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
