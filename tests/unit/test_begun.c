/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/begun.h"

static void test_begun_has_what_was_added_and_what_is_before(void **state)
{
	struct begun begun = { 0 };

	(void)state;
	assert_false(begun_has(&begun, 1, 7, 1));
	begun_add(&begun, 1, 7, 10);
	assert_true(begun_has(&begun, 1, 7, 10));
	assert_true(begun_has(&begun, 1, 7, 1));
	assert_false(begun_has(&begun, 1, 7, 11));
	assert_false(begun_has(&begun, 0, 7, 1));
	assert_false(begun_has(&begun, 1, 8, 1));
}

static void test_begun_takes_nothing_back(void **state)
{
	struct begun begun = { 0 };

	(void)state;
	begun_add(&begun, 0, 7, 10);
	begun_add(&begun, 0, 7, 5);
	assert_true(begun_has(&begun, 0, 7, 10));
	begun_add(&begun, 0, 8, 5);
	assert_true(begun_has(&begun, 0, 8, 5));
	assert_false(begun_has(&begun, 0, 8, 6));
}

/* One that nobody knows is like no other, and not like the next one that nobody knows. */
static void test_begun_of_an_unknown_ring_is_nothing(void **state)
{
	struct begun begun = { 0 };

	(void)state;
	begun_add(&begun, 0, 7, 10);
	begun_add(&begun, 0, 0, 11);
	assert_false(begun_has(&begun, 0, 0, 1));
	assert_true(begun_has(&begun, 0, 7, 10));
}

static void expect_in_file(int fd, uint64_t seq)
{
	struct begun begun = { 0 };

	assert_true(fd >= 0);
	assert_int_equal(begun_read(fd, &begun), 0);
	assert_int_equal(begun.rings[0].seq, seq);
}

static void test_begun_outlives_who_has_written_it(void **state)
{
	char path[] = "/dev/shm/vipd-begun-XXXXXX";
	struct begun begun = { .stamp_ns = 5 };
	struct stat status;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(begun_read(fd, &begun), -EBADMSG);
	assert_int_equal(begun.stamp_ns, 5);
	close(fd);
	fd = begun_make(path); /* of an empty file */
	expect_in_file(fd, 0);
	begun_add(&begun, 0, 7, 10);
	assert_int_equal(begun_write(fd, &begun), 0);
	close(fd);
	fd = begun_make(path);
	expect_in_file(fd, 10);
	assert_int_equal(pwrite(fd, "x", 1, 0), 1); /* of another layout */
	close(fd);
	fd = begun_make(path);
	expect_in_file(fd, 0);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	close(fd);
	assert_int_equal(unlink(path), 0);
}

static void test_begun_needs_no_file_and_follows_no_link(void **state)
{
	char path[] = "/dev/shm/vipd-begun-XXXXXX", link_path[40];
	int fd = begun_make(NULL);

	(void)state;
	expect_in_file(fd, 0);
	close(fd);
	assert_int_equal(begun_make("/nonexistent/begun"), -ENOENT);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	snprintf(link_path, sizeof(link_path), "%s.link", path);
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(begun_make(link_path), -ELOOP);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begun_has_what_was_added_and_what_is_before),
		cmocka_unit_test(test_begun_takes_nothing_back),
		cmocka_unit_test(test_begun_of_an_unknown_ring_is_nothing),
		cmocka_unit_test(test_begun_outlives_who_has_written_it),
		cmocka_unit_test(test_begun_needs_no_file_and_follows_no_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
