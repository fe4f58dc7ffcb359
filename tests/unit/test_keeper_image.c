/* SPDX-License-Identifier: MIT */
/*
 * The image that one keeper leaves to another, of an older or newer version: what is known comes
 * back, what is unknown is skipped and named, what makes no sense is refused.
 */
#include "test.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/keeper/image.h"

static int file_of(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

static int read_text(const char *text, struct image *ret_image,
		     struct image_strangers *ret_strangers)
{
	int fd = file_of(text);
	int err = image_read(fd, ret_image, ret_strangers);

	close(fd);
	return err;
}

/* Every member another value, also at the ends of its range. */
static struct image full(void)
{
	struct image image;
	int32_t *fds[IMAGE_FDS_MAX];
	unsigned n;

	memset(&image, 0, sizeof(image)); /* padding is compared, too */
	image_init(&image);
	n = image_fds(&image, fds);
	for (unsigned i = 0; i < n; i++)
		*fds[i] = 100 + (int)i;
	strcpy(image.binary, "/usr/sbin/vi pd");
	strcpy(image.conf_path, "a=b \t/vipd.conf");
	image.program_device = UINT64_MAX;
	image.program_inode = 4711;
	image.program_size = 123456;
	image.program_changed_ns = INT64_MIN;
	image.current.pid = INT32_MAX;
	image.current.ready = true;
	image.current.deadline_ns = 5;
	strcpy(image.current.version, "3");
	image.standby.pid = 17;
	image.standby.deadline_ns = IMAGE_NEVER;
	image.reload_due = true;
	image.reload_began_ns = 1;
	image.reload_ns = 2;
	image.standby_ns = 3;
	image.died_early_n = UINT32_MAX;
	image.crashes_n = 2;
	image.crash_0_ns = -1;
	image.crash_1_ns = 9;
	for (unsigned i = 0; i < IMAGE_DISMISSED_MAX; i++)
		image.dismissed[i] = 40 + (int)i;
	return image;
}

static void test_image_written_comes_back(void **state)
{
	struct image image = full(), back;
	struct image_strangers strangers;
	int fd;

	(void)state;
	memset(&back, 0, sizeof(back));
	assert_int_equal(image_write(&image, &fd), 0);
	assert_int_equal(image_read(fd, &back, &strangers), 0);
	assert_int_equal(image_read(fd, &back, &strangers), 0); /* wherever it stands */
	close(fd);
	assert_memory_equal(&back, &image, sizeof(image));
	assert_int_equal(strangers.fds_n + strangers.pids_n, 0);
}

static void test_image_without_a_name_has_its_default(void **state)
{
	struct image image, empty;
	struct image_strangers strangers;

	(void)state;
	image_init(&empty);
	assert_int_equal(read_text("vipd-keeper-image\n", &image, &strangers), 0);
	assert_int_equal(image.claim_fd, -1);
	assert_int_equal(image.standby.channel_fd, -1);
	assert_int_equal(image.current.pid, 0);
	assert_true(image.standby_ns == IMAGE_NEVER);
	assert_string_equal(image.binary, "");
}

static void test_image_of_a_later_version_is_read_and_its_strangers_named(void **state)
{
	struct image image;
	struct image_strangers strangers;

	(void)state;
	assert_int_equal(read_text("vipd-keeper-image\n"
				   "colour green and blue\n"
				   "checker.pid 33\n"
				   "claim_fd 9\n"
				   "checker.channel_fd 21\n"
				   "facts_fd -1\n"
				   "notifier.pid 0\n",
				   &image, &strangers),
			 0);
	assert_int_equal(image.claim_fd, 9);
	assert_int_equal(strangers.fds_n, 1);
	assert_int_equal(strangers.fds[0], 21);
	assert_int_equal(strangers.pids_n, 1);
	assert_int_equal(strangers.pids[0], 33);
}

static void test_image_that_demands_the_unknown_is_refused_and_its_strangers_named(void **state)
{
	struct image image;
	struct image_strangers strangers;

	(void)state;
	assert_int_equal(
		read_text("vipd-keeper-image\n!colour green\nfacts_fd 12\n", &image, &strangers),
		-EPROTO);
	assert_int_equal(strangers.fds[0], 12);
}

static void test_image_that_makes_no_sense_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"vipd-keeper-image",
		"another-image\nclaim_fd 9\n",
		"claim_fd 9\nvipd-keeper-image\n",
		"vipd-keeper-image\nclaim_fd\n",
		"vipd-keeper-image\nclaim_fd \n",
		"vipd-keeper-image\nclaim_fd 9",
		"vipd-keeper-image\nclaim_fd 9 \n",
		"vipd-keeper-image\nclaim_fd nine\n",
		"vipd-keeper-image\nclaim_fd 2147483648\n",
		"vipd-keeper-image\nclaim_fd -2147483649\n",
		"vipd-keeper-image\nreload_ns 9223372036854775808\n",
		"vipd-keeper-image\ncrashes_n -1\n",
		"vipd-keeper-image\ncrashes_n 4294967296\n",
		"vipd-keeper-image\nprogram_size 18446744073709551616\n",
		"vipd-keeper-image\nreload_due 2\n",
		"vipd-keeper-image\n\n",
		"vipd-keeper-image\ncurrent.version 01234567890123456789012345678901\n",
	};
	struct image_strangers strangers;
	struct image image = { .crashes_n = 77 };

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (read_text(texts[i], &image, &strangers) != -EBADMSG)
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(image.crashes_n, 77);
	}
	assert_int_equal(image_read(-1, &image, &strangers), -EBADF);
}

static void test_image_with_a_zero_or_without_an_end_is_refused(void **state)
{
	static const char zero[] = "vipd-keeper-image\nclaim_fd 9\0\n";
	struct image_strangers strangers;
	struct image image;
	int fd = file_of("");

	(void)state;
	assert_int_equal(write(fd, zero, sizeof(zero) - 1), (ssize_t)sizeof(zero) - 1);
	assert_int_equal(image_read(fd, &image, &strangers), -EBADMSG);
	close(fd);
	fd = file_of("vipd-keeper-image\n");
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(pwrite(fd, "x 1234\n", 7, 18 + 7 * (off_t)i), 7);
	assert_int_equal(image_read(fd, &image, &strangers), -EBADMSG);
	close(fd);
}

static void test_image_with_a_line_feed_in_a_path_is_not_written(void **state)
{
	struct image image = full();
	int fd = -5;

	(void)state;
	strcpy(image.conf_path, "a\nclaim_fd 0");
	assert_int_equal(image_write(&image, &fd), -EINVAL);
	assert_int_equal(fd, -5);
}

static void test_image_has_more_strangers_than_there_is_room_for_is_read(void **state)
{
	struct image_strangers strangers;
	struct image image;
	char text[4096] = "vipd-keeper-image\n";

	(void)state;
	for (unsigned i = 0; i < 2 * IMAGE_STRANGERS_MAX; i++)
		snprintf(text + strlen(text), 64, "a%u_fd %u\nb%u.pid %u\n", i, i, i, i + 1);
	assert_int_equal(read_text(text, &image, &strangers), 0);
	assert_int_equal(strangers.fds_n, IMAGE_STRANGERS_MAX);
	assert_int_equal(strangers.pids_n, IMAGE_STRANGERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image_written_comes_back),
		cmocka_unit_test(test_image_without_a_name_has_its_default),
		cmocka_unit_test(test_image_of_a_later_version_is_read_and_its_strangers_named),
		cmocka_unit_test(
			test_image_that_demands_the_unknown_is_refused_and_its_strangers_named),
		cmocka_unit_test(test_image_that_makes_no_sense_is_refused),
		cmocka_unit_test(test_image_with_a_zero_or_without_an_end_is_refused),
		cmocka_unit_test(test_image_with_a_line_feed_in_a_path_is_not_written),
		cmocka_unit_test(test_image_has_more_strangers_than_there_is_room_for_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
