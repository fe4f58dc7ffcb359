/* SPDX-License-Identifier: MIT */
/* Where a process is in the hierarchy of control groups, and where that is among the files. */
#include "checks/cgroup.h"
#include "test.h"

#define OWN  "31 23 0:41 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define LONG "/sys/fs/cgroup/system.slice/vipd.service"

static const char *path_of(const char *line)
{
	static char path[64];

	strcpy(path, "untouched");
	if (check_cgroup_path(line, path, sizeof(path)))
		return path;
	assert_string_equal(path, "untouched");
	return NULL;
}

static void test_cgroup_path_is_that_of_version_2(void **state)
{
	(void)state;
	assert_string_equal(path_of("0::/system.slice/vipd.service\n"),
			    "/system.slice/vipd.service");
	assert_string_equal(path_of("0::/\n"), "/");
	assert_string_equal(path_of("0::/a b:c\\d"), "/a b:c\\d");
	assert_string_equal(path_of("0::/..a/b..\n"), "/..a/b..");
}

static void test_cgroup_path_of_other_lines_is_none(void **state)
{
	(void)state;
	assert_null(path_of("9:name=systemd:/system.slice\n"));
	assert_null(path_of("4:memory:/a\n"));
	assert_null(path_of("10::/a\n"));
	assert_null(path_of("0::\n"));
	assert_null(path_of("0:"));
	assert_null(path_of(""));
	assert_null(path_of("0:x:/a\n"));
}

static void test_cgroup_path_outside_of_the_namespace_is_none(void **state)
{
	(void)state;
	assert_null(path_of("0::/..\n"));
	assert_null(path_of("0::/../../vipd.service\n"));
}

static void test_cgroup_path_that_is_too_long_is_none(void **state)
{
	char path[4];

	(void)state;
	assert_true(check_cgroup_path("0::/ab\n", path, sizeof(path)));
	assert_string_equal(path, "/ab");
	assert_false(check_cgroup_path("0::/abc\n", path, sizeof(path)));
	assert_string_equal(path, "/ab");
}

static const char *directory_of(const char *line, const char *path)
{
	static char directory[sizeof(LONG)];

	strcpy(directory, "untouched");
	if (check_cgroup_directory(line, path, directory, sizeof(directory)))
		return directory;
	assert_string_equal(directory, "untouched");
	return NULL;
}

static void test_cgroup_directory_is_below_the_mount(void **state)
{
	(void)state;
	assert_string_equal(directory_of(OWN, "/system.slice/vipd.service"), LONG);
	assert_string_equal(directory_of(OWN, "/"), "/sys/fs/cgroup/");
	/* Of a hybrid host, and one without optional words. */
	assert_string_equal(
		directory_of("41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n", "/a"),
		"/sys/fs/cgroup/unified/a");
	assert_string_equal(directory_of("1 2 0:3 / /a\\040b\\134 rw - cgroup2 none rw", "/c"),
			    "/a b\\/c");
}

static void test_cgroup_directory_of_a_part_has_the_rest_of_the_path(void **state)
{
	const char *line = "1 2 0:3 /docker/1 /cg rw - cgroup2 cgroup rw\n";

	(void)state;
	assert_string_equal(directory_of(line, "/docker/1"), "/cg");
	assert_string_equal(directory_of(line, "/docker/1/vipd"), "/cg/vipd");
	assert_null(directory_of(line, "/docker/12"));
	assert_null(directory_of(line, "/docker"));
	assert_null(directory_of(line, "/"));
	assert_null(directory_of("1 2 0:3 /.. /cg rw - cgroup2 cgroup rw\n", "/../a"));
}

static void test_cgroup_directory_of_other_lines_is_none(void **state)
{
	(void)state;
	assert_null(
		directory_of("32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "/a"));
	assert_null(
		directory_of("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n", "/a"));
	assert_null(directory_of("31 23 0:28 / /cgroup2 rw - tmpfs cgroup2 rw\n", "/a"));
	assert_null(directory_of(" - cgroup2 cgroup2 rw\n", "/a"));
	assert_null(directory_of("1 2 - cgroup2 cgroup2 rw\n", "/a"));
	assert_null(directory_of("1 2 3 / - cgroup2 cgroup2 rw\n", "/a"));
	assert_null(directory_of("1 2 3", "/a"));
	assert_null(directory_of("", "/a"));
}

static void test_cgroup_directory_that_is_too_long_is_none(void **state)
{
	(void)state;
	assert_null(directory_of(OWN, "/system.slice/vipd.service2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroup_path_is_that_of_version_2),
		cmocka_unit_test(test_cgroup_path_of_other_lines_is_none),
		cmocka_unit_test(test_cgroup_path_outside_of_the_namespace_is_none),
		cmocka_unit_test(test_cgroup_path_that_is_too_long_is_none),
		cmocka_unit_test(test_cgroup_directory_is_below_the_mount),
		cmocka_unit_test(test_cgroup_directory_of_a_part_has_the_rest_of_the_path),
		cmocka_unit_test(test_cgroup_directory_of_other_lines_is_none),
		cmocka_unit_test(test_cgroup_directory_that_is_too_long_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
