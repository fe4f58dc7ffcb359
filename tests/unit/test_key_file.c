/* SPDX-License-Identifier: MIT */
/* Files with HMAC keys: good ones, and each way to be none. */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/key_file.h"

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
#define GOOD  "1 hmac-sha256 " HEX32 "\n"

/* A file of that content and mode. Return: what became of it. */
static int read_as(const char *text, size_t len, unsigned mode, struct vrrp_hmac_keys *keys,
		   char *why)
{
	char path[] = "/tmp/vipd-test-keys-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	memset(keys, 0xa5, sizeof(*keys));
	strcpy(why, "");
	err = key_file_read(path, keys, why);
	unlink(path);
	return err;
}

static void test_key_file_has_keys_comments_and_blank_lines(void **state)
{
	static const char text[] = "# of the LAN\n\n  1\thmac-sha256  " HEX32 " \r\n"
				   "255 hmac-sha256 " HEX32 HEX32 "\n\t# the end\n";
	struct vrrp_hmac_keys keys;
	char why[KEY_FILE_WHY_SIZE];

	(void)state;
	assert_int_equal(read_as(text, strlen(text), 0600, &keys, why), 0);
	assert_int_equal(keys.n, 2);
	assert_int_equal(keys.all[0].id, 1);
	assert_int_equal(keys.all[0].len, 32);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(keys.all[0].bytes[i], i);
	assert_ptr_equal(vrrp_hmac_key(&keys, 255), &keys.all[1]);
	assert_int_equal(keys.all[1].len, 64);
	assert_null(vrrp_hmac_key(&keys, 2));
	assert_int_equal(read_as(GOOD, strlen(GOOD), 0400, &keys, why), 0);
}

/* */
static void test_key_file_that_others_can_use_has_none(void **state)
{
	static const unsigned modes[] = { 0640, 0604, 0620, 0602, 0610, 0644, 0666 };
	struct vrrp_hmac_keys keys;
	char why[KEY_FILE_WHY_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(read_as(GOOD, strlen(GOOD), modes[i], &keys, why), -EACCES);
		assert_non_null(strstr(why, "chmod 600"));
		assert_int_equal(keys.n, 0xa5a5a5a5);
	}
}

static void test_key_file_of_nonsense_has_none(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "it is empty" },
		{ "\n# nothing\n", "there is no key in it" },
		{ "1 hmac-sha256 " HEX32, "its last line does not end" },
		{ GOOD "2 hmac-sha256 0001", "its last line does not end" },
		{ "1 hmac-sha256 0001020304\n", "line 1: a key of 64 to 128" },
		{ "1 hmac-sha256 " HEX32 "0\n", "line 1: a key of 64 to 128" },
		{ "1 hmac-sha256 " HEX32 HEX32 "00\n", "line 1: a key of 64 to 128" },
		{ "1 hmac-sha256 " HEX32 "0g\n", "line 1: a key of 64 to 128" },
		{ "1 hmac-sha256\n", "line 1: a key of 64 to 128" },
		{ GOOD "2 hmac-md5 " HEX32 "\n", "line 2: the algorithm, hmac-sha256," },
		{ "1 " HEX32 "\n", "line 1: the algorithm" },
		{ GOOD "\n1 hmac-sha256 " HEX32 HEX32 "\n", "line 3: this number is there" },
		{ "0 hmac-sha256 " HEX32 "\n", "line 1: the number of a key" },
		{ "256 hmac-sha256 " HEX32 "\n", "line 1: the number of a key" },
		{ "-1 hmac-sha256 " HEX32 "\n", "line 1: the number of a key" },
		{ "1x hmac-sha256 " HEX32 "\n", "line 1: the number of a key" },
		{ "1 hmac-sha256 " HEX32 " more\n", "line 1: nothing follows" },
	};
	struct vrrp_hmac_keys keys;
	char why[KEY_FILE_WHY_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(read_as(rows[i].text, strlen(rows[i].text), 0600, &keys, why),
				 -EINVAL);
		assert_true(strncmp(why, rows[i].why, strlen(rows[i].why)) == 0);
		assert_null(strstr(why, "0001020304"));
	}
	assert_int_equal(read_as(GOOD "\0", sizeof(GOOD), 0600, &keys, why), -EINVAL);
	assert_string_equal(why, "it is no text");
}

static void test_key_file_is_bounded(void **state)
{
	char text[KEY_FILE_MAX + 2] = "", why[KEY_FILE_WHY_SIZE];
	struct vrrp_hmac_keys keys;

	(void)state;
	for (unsigned i = 1; i <= VRRP_HMAC_KEYS; i++)
		sprintf(text + strlen(text), "%u hmac-sha256 " HEX32 "\n", i);
	assert_int_equal(read_as(text, strlen(text), 0600, &keys, why), 0);
	assert_int_equal(keys.n, VRRP_HMAC_KEYS);
	strcat(text, "99 hmac-sha256 " HEX32 "\n");
	assert_int_equal(read_as(text, strlen(text), 0600, &keys, why), -EINVAL);
	assert_string_equal(why, "line 17: there are more than 16 keys");
	memset(text, '\n', sizeof(text));
	assert_int_equal(read_as(text, sizeof(text) - 1, 0600, &keys, why), -EINVAL);
	assert_string_equal(why, "it has 8193 bytes, and 8192 at most are read");
}

static void test_key_file_must_be_a_file(void **state)
{
	struct vrrp_hmac_keys keys;
	char why[KEY_FILE_WHY_SIZE];

	(void)state;
	assert_int_equal(key_file_read("/nowhere/keys", &keys, why), -ENOENT);
	assert_string_equal(why, "it cannot be read: No such file or directory");
	assert_int_equal(key_file_read("/tmp", &keys, why), -EINVAL);
	assert_int_equal(key_file_read("/dev/null", &keys, why), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_file_has_keys_comments_and_blank_lines),
		cmocka_unit_test(test_key_file_that_others_can_use_has_none),
		cmocka_unit_test(test_key_file_of_nonsense_has_none),
		cmocka_unit_test(test_key_file_is_bounded),
		cmocka_unit_test(test_key_file_must_be_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
