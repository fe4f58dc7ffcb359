/* SPDX-License-Identifier: MIT */
/* What signed adverts need in the state memory: written in place, read by whoever goes on. */
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

#include "agent/state_auth.h"
#include "agent/state_private.h"

static const struct state_router routers[] = {
	{ .name = "a", .interface = "eth0", .vrid = 1, .family = 4 },
	{ .name = "b",
	  .interface = "eth0",
	  .vrid = 2,
	  .family = 4,
	  .marks_n = 4,
	  .key_file = 2,
	  .keys = "/etc/two" },
	{ .name = "c",
	  .interface = "eth0",
	  .vrid = 3,
	  .family = 6,
	  .marks_n = 7,
	  .key_file = 1,
	  .keys = "/etc/one" },
	{ .name = "d",
	  .interface = "eth1",
	  .vrid = 3,
	  .family = 6,
	  .marks_n = 4,
	  .key_file = 1,
	  .keys = "/etc/one" },
};

static int new_memory(struct state **ret_state)
{
	int fd = memfd_create("test-auth", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(state_new(fd, "/run/a.sock", routers, 4, ret_state), 0);
	state_publish(*ret_state);
	return fd;
}

static void test_state_auth_is_adopted_as_it_was_written(void **test)
{
	static const uint8_t source[16] = { 192, 0, 2, 9 };
	struct state *writer, *reader;
	struct vrrp_hmac_mark *marks, mark;
	struct state_auth auth;
	unsigned n, marked_n = 0;
	int fd = new_memory(&writer);

	(void)test;
	*state_auth(writer, 2) = (struct state_auth){ -5, 77, 1, 0 };
	marks = state_marks(writer, 2, &n);
	assert_int_equal(n, 7);
	for (unsigned i = 0; i < n; i++) {
		uint8_t address[16] = { 192, 0, 2, (uint8_t)(1 + i) };

		vrrp_hmac_mark(marks, n, address, 100 + i);
	}
	vrrp_hmac_mark(marks, n, source, 200);
	assert_int_equal(state_open(fd, &reader), 0);
	state_get_auth(reader, 2, &auth);
	assert_true(auth.clock_ns == -5 && auth.sequence == 77 && auth.begun == 1);
	while (state_get_mark(reader, 2, marked_n, &mark))
		assert_true(memcmp(mark.source, source, 16) == 0 ? mark.sequence == 200
								 : mark.sequence > 100),
			marked_n++;
	assert_int_equal(marked_n, 7);
	/* The neighbours have none of it. */
	for (unsigned i = 0; i < 4; i += i == 1 ? 2 : 1) {
		state_get_auth(reader, i, &auth);
		assert_true(auth.sequence == 0 && auth.begun == 0);
		for (unsigned k = 0; state_get_mark(reader, i, k, &mark); k++)
			assert_true(mark.sequence == 0);
	}
	state_close(reader);
	state_close(writer);
	close(fd);
}

static void test_state_auth_keys_are_found_by_their_path(void **test)
{
	struct vrrp_hmac_keys keys = { 1, { { 9, 32, { 1, 2, 3 } } } }, found;
	struct state *writer, *reader;
	int fd = new_memory(&writer);

	(void)test;
	*state_keys(writer, 1) = keys;
	assert_int_equal(state_open(fd, &reader), 0);
	assert_true(state_get_keys(reader, "/etc/one", &found));
	assert_memory_equal(&found, &keys, sizeof(keys));
	assert_false(state_get_keys(reader, "/etc/two", &found)); /* it has none */
	assert_false(state_get_keys(reader, "/etc/other", &found));
	assert_false(state_get_keys(reader, "", &found));
	assert_false(state_get_keys(NULL, "/etc/one", &found));
	state_close(reader);
	state_close(writer);
	close(fd);
}

static void test_state_auth_keys_that_make_no_sense_are_none(void **test)
{
	const struct vrrp_hmac_keys senseless[] = {
		{ 17, { { 1, 32, { 0 } } } }, { 1, { { 0, 32, { 0 } } } },
		{ 1, { { 1, 31, { 0 } } } },  { 1, { { 1, 65, { 0 } } } },
		{ 2, { { 1, 32, { 0 } } } },
	};
	struct state *writer, *reader;
	struct vrrp_hmac_keys found;
	int fd = new_memory(&writer);

	(void)test;
	assert_int_equal(state_open(fd, &reader), 0);
	for (size_t i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++) {
		*state_keys(writer, 1) = senseless[i];
		assert_false(state_get_keys(reader, "/etc/one", &found));
	}
	state_close(reader);
	state_close(writer);
	close(fd);
}

/* Numbers in the memory are believed no further than the memory goes. */
static void test_state_auth_wild_numbers_are_read_as_nothing(void **test)
{
	struct vrrp_hmac_mark mark;
	struct auth_record *record;
	struct state *writer, *reader;
	int fd = new_memory(&writer);
	unsigned n = 0;

	(void)test;
	record = record_at(writer, TAG_AUTH, 2);
	record->marks_first = UINT32_MAX - 1;
	record->marks_n = 3;
	assert_int_equal(state_open(fd, &reader), 0);
	assert_false(state_get_mark(reader, 2, 0, &mark));
	record->marks_first = 0;
	record->marks_n = UINT32_MAX;
	while (state_get_mark(reader, 2, n, &mark))
		n++;
	assert_in_range(n, 1, 100); /* as many as there are at all */
	state_close(reader);
	state_close(writer);
	close(fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_auth_is_adopted_as_it_was_written),
		cmocka_unit_test(test_state_auth_keys_are_found_by_their_path),
		cmocka_unit_test(test_state_auth_keys_that_make_no_sense_are_none),
		cmocka_unit_test(test_state_auth_wild_numbers_are_read_as_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
