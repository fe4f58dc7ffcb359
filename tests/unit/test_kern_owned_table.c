/* SPDX-License-Identifier: MIT */
/* Tables and their owners on the kernel that runs, in a network namespace of the test's own. */
#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "netlink/owned_table.h"

#define NAME "vipd_test"

static bool entered;

static int enter(void **state)
{
	(void)state;
	entered = enter_namespace();
	return 0;
}

static bool is_there(void)
{
	return is_so("nft list table inet " NAME " >/dev/null 2>&1");
}

static int create(void)
{
	uint32_t owner;
	int fd = -1;

	if (!entered)
		skip();
	assert_int_equal(kern_owned_table_create(NAME, &fd, &owner), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	return fd;
}

static void test_owned_table_is_there_as_long_as_its_socket(void **state)
{
	int fd = create(), copy = dup(fd);

	(void)state;
	assert_true(is_there());
	close(fd);
	assert_true(is_there());
	close(copy);
	assert_false(is_there());
}

static void test_owned_table_of_somebody_else_is_refused_with_its_owner(void **state)
{
	int fd = create(), none = -1;
	uint32_t owner = 0;

	(void)state;
	assert_int_equal(kern_owned_table_create(NAME, &none, &owner), -EADDRINUSE);
	assert_int_equal(owner, getpid());
	assert_int_equal(none, -1);
	assert_true(is_there());
	close(fd);
	close(create());
}

static void test_owned_table_resists_commands(void **state)
{
	int fd = create();

	(void)state;
	assert_false(is_so("nft delete table inet " NAME " 2>/dev/null"));
	assert_false(is_so("nft add chain inet " NAME " mine 2>/dev/null"));
	assert_true(is_so("nft flush ruleset"));
	assert_true(is_there());
	close(fd);
}

static void test_owned_table_replaces_an_empty_one_without_owner(void **state)
{
	int fd;

	(void)state;
	if (!entered)
		skip();
	assert_true(is_so("nft add table inet " NAME));
	fd = create();
	assert_false(is_so("nft delete table inet " NAME " 2>/dev/null"));
	close(fd);
	assert_false(is_there());
}

static void test_owned_table_spares_one_with_content(void **state)
{
	uint32_t owner;
	int fd = -1;

	(void)state;
	if (!entered)
		skip();
	assert_true(is_so("nft add table inet " NAME " && nft add chain inet " NAME " mine"));
	assert_int_equal(kern_owned_table_create(NAME, &fd, &owner), -EBUSY);
	assert_true(is_so("nft delete chain inet " NAME " mine && nft delete table inet " NAME));
}

static void test_owned_table_needs_the_right(void **state)
{
	uint32_t owner;
	int fd = -1, status;
	pid_t pid;

	(void)state;
	if (!entered)
		skip();
	pid = fork();
	if (pid == 0)
		_exit(setuid(65534) == 0 && kern_owned_table_create(NAME, &fd, &owner) == -EPERM &&
				      unshare(CLONE_NEWUSER) == 0 &&
				      kern_owned_table_create(NAME, &fd, &owner) == -EPERM
			      ? 0
			      : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owned_table_is_there_as_long_as_its_socket),
		cmocka_unit_test(test_owned_table_of_somebody_else_is_refused_with_its_owner),
		cmocka_unit_test(test_owned_table_resists_commands),
		cmocka_unit_test(test_owned_table_replaces_an_empty_one_without_owner),
		cmocka_unit_test(test_owned_table_spares_one_with_content),
		cmocka_unit_test(test_owned_table_needs_the_right),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
