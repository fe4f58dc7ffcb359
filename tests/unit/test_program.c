/* SPDX-License-Identifier: MIT */
/* Programs that are safe to run, and each way not to be. Owners can be others for root alone. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks/program.h"

#define STRANGER 54321 /* a user */
#define FOLDER   64

static char folder[FOLDER]; /* 0755, below /tmp, which all may write to */

static char *path_of(const char *name)
{
	static char paths[4][FOLDER * 2];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void make_file(const char *name, unsigned mode)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void make_dir(const char *name, unsigned mode)
{
	assert_int_equal(mkdir(path_of(name), 0700), 0);
	assert_int_equal(chmod(path_of(name), mode), 0);
}

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/vipd-test-program-XXXXXX");
	return !mkdtemp(folder) || chmod(folder, 0755) < 0;
}

static int remove_folder(void **state)
{
	char command[FOLDER + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static unsigned count_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static struct check_user self(void)
{
	struct check_user user;

	assert_int_equal(check_user_self(&user), 0);
	return user;
}

/* Return: the inode that was opened. */
static ino_t assert_fine_for(const char *path, const struct check_user *user)
{
	struct check_program_fault fault;
	struct stat status;
	unsigned before = count_fds();
	int fd = -1;

	assert_int_equal(check_program_open(path, user, &fd, &fault), 0);
	assert_int_equal(fault.error, CHECK_PROGRAM_FINE);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	assert_int_equal(fstat(fd, &status), 0);
	close(fd);
	assert_int_equal(count_fds(), before);
	return status.st_ino;
}

static ino_t assert_fine(const char *name)
{
	const struct check_user user = self();

	return assert_fine_for(path_of(name), &user);
}

/* @where: at fault, in the folder. */
static void assert_fault_for(const char *name, const struct check_user *user, const char *where,
			     const char *reason)
{
	struct check_program_fault fault;
	char why[CHECK_PROGRAM_WHY_MAX], expected[CHECK_PROGRAM_WHY_MAX];
	unsigned before = count_fds();
	int fd = -7;

	assert_true(check_program_open(path_of(name), user, &fd, &fault) < 0);
	assert_int_equal(fd, -7);
	check_program_explain(&fault, why);
	snprintf(expected, sizeof(expected), "%s%s%s: %s", folder, where[0] ? "/" : "", where,
		 reason);
	assert_string_equal(why, expected);
	assert_int_equal(count_fds(), before);
}

static void assert_fault(const char *name, const char *where, const char *reason)
{
	const struct check_user user = self();

	assert_fault_for(name, &user, where, reason);
}

static void test_program_is_the_file_of_that_path(void **state)
{
	struct stat status;

	(void)state;
	make_file("a", 0755);
	make_dir("d", 0700);
	make_file("d/b", 0500);
	assert_int_equal(stat(path_of("a"), &status), 0);
	assert_int_equal(assert_fine("a"), status.st_ino);
	assert_int_equal(assert_fine("d/..//./a"), status.st_ino);
	assert_int_equal(stat(path_of("d/b"), &status), 0);
	assert_int_equal(assert_fine("d/b"), status.st_ino);
}

static void test_program_that_others_can_write_is_none(void **state)
{
	static const unsigned modes[] = { 0775, 0757, 0777, 0722, 01777 };

	(void)state;
	make_file("a", 0755);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		char reason[64];

		assert_int_equal(chmod(path_of("a"), modes[i]), 0);
		snprintf(reason, sizeof(reason), "others may write to it, mode %04o", modes[i]);
		assert_fault("a", "a", reason);
	}
}

static void test_program_below_a_directory_that_others_can_write_is_none(void **state)
{
	(void)state;
	make_dir("d", 0755);
	make_dir("d/e", 0755);
	make_file("d/e/a", 0755);
	assert_fine("d/e/a");
	assert_int_equal(chmod(path_of("d"), 0775), 0);
	assert_fault("d/e/a", "d", "others may write to it, mode 0775");
	assert_fault("d/e/../../d/e/a", "d", "others may write to it, mode 0775");
	assert_int_equal(chmod(path_of("d"), 01777), 0);
	assert_fine("d/e/a");
	assert_int_equal(chmod(folder, 0757), 0);
	assert_fault("d/e/a", "", "others may write to it, mode 0757");
}

static void test_program_is_executable_for_its_user(void **state)
{
	struct check_user user = self(), other = { .uid = STRANGER, .gid = STRANGER };

	(void)state;
	make_file("a", 0644);
	assert_fault("a", "a", "its user may not execute it, mode 0644");
	assert_int_equal(chmod(path_of("a"), 0744), 0);
	assert_fine("a");
	/* What others may does not help an owner, and what the owner may nobody else. */
	assert_int_equal(chmod(path_of("a"), 0655), 0);
	if (user.uid)
		assert_fault("a", "a", "its user may not execute it, mode 0655");
	else
		assert_fine("a");
	if (user.uid)
		return;
	assert_fine_for(path_of("a"), &other);
	assert_int_equal(chmod(path_of("a"), 0750), 0);
	assert_fault_for("a", &other, "a", "its user may not execute it, mode 0750");
	other.groups[other.groups_n++] = STRANGER + 1;
	other.groups[other.groups_n++] = user.gid;
	assert_fine_for(path_of("a"), &other);
	assert_int_equal(chmod(path_of("a"), 0745), 0);
	assert_fault_for("a", &other, "a", "its user may not execute it, mode 0745");
}

static void test_program_belongs_to_root_or_its_user(void **state)
{
	const struct check_user root = self(), other = { .uid = STRANGER, .gid = STRANGER };

	(void)state;
	if (root.uid)
		skip();
	make_dir("d", 0755);
	make_file("d/a", 0755);
	assert_fine_for(path_of("d/a"), &other);
	assert_int_equal(chown(path_of("d/a"), STRANGER, 0), 0);
	assert_fine_for(path_of("d/a"), &other);
	assert_fault_for("d/a", &root, "d/a", "it belongs to another user, 54321");
	assert_int_equal(chown(path_of("d/a"), STRANGER + 1, 0), 0);
	assert_fault_for("d/a", &other, "d/a", "it belongs to another user, 54322");
	assert_int_equal(chown(path_of("d/a"), 0, 0), 0);
	assert_int_equal(chown(path_of("d"), STRANGER, 0), 0);
	assert_fine_for(path_of("d/a"), &other);
	assert_fault_for("d/a", &root, "d", "it belongs to another user, 54321");
}

static void test_program_is_found_by_links_that_are_safe_all_the_way(void **state)
{
	struct stat status;

	(void)state;
	make_dir("d", 0755);
	make_dir("open", 0777);
	make_file("d/a", 0755);
	make_file("open/a", 0755);
	assert_int_equal(stat(path_of("d/a"), &status), 0);
	assert_int_equal(symlink("d", path_of("to-d")), 0);
	assert_int_equal(symlink(path_of("to-d/a"), path_of("absolute")), 0);
	assert_int_equal(symlink("../to-d/../absolute", path_of("d/far")), 0);
	assert_int_equal(symlink("../d/a", path_of("open/back")), 0);
	assert_int_equal(symlink("open/back", path_of("by-open")), 0);
	assert_int_equal(symlink("loop", path_of("loop")), 0);
	assert_int_equal(symlink("nothing/at/all", path_of("dangling")), 0);
	assert_int_equal(assert_fine("to-d/a"), status.st_ino);
	assert_int_equal(assert_fine("absolute"), status.st_ino);
	assert_int_equal(assert_fine("d/far"), status.st_ino);
	assert_fault("by-open", "open", "others may write to it, mode 0777");
	assert_fault("to-d/../open/a", "open", "others may write to it, mode 0777");
	assert_fault("loop", "loop", "Too many levels of symbolic links");
	assert_fault("dangling", "nothing", "No such file or directory");
	if (geteuid() == 0) {
		assert_int_equal(lchown(path_of("to-d"), STRANGER, STRANGER), 0);
		assert_fault("d/far", "to-d", "it belongs to another user, 54321");
	}
}

static void test_program_is_a_regular_file(void **state)
{
	const struct check_user user = self();
	struct check_program_fault fault;
	char path[5000];
	int fd;

	(void)state;
	make_file("a", 0755);
	make_dir("d", 0755);
	assert_int_equal(mkfifo(path_of("fifo"), 0755), 0);
	assert_fault("d", "d", "it is no regular file");
	assert_fault("d/.", "d", "it is no regular file");
	assert_fault("d/", "d", "it is no regular file");
	assert_fault("fifo", "fifo", "it is no regular file");
	assert_fault("a/b", "a", "Not a directory");
	assert_fault("d/b", "d/b", "No such file or directory");
	assert_int_equal(check_program_open("/", &user, &fd, &fault), -EPERM);
	assert_int_equal(fault.error, CHECK_PROGRAM_NO_FILE);
	assert_int_equal(check_program_open("bin/true", &user, &fd, &fault), -EINVAL);
	assert_int_equal(check_program_open("", &user, &fd, &fault), -EINVAL);
	memset(path, '/', sizeof(path));
	path[4999] = '\0';
	assert_int_equal(check_program_open(path, &user, &fd, &fault), -ENAMETOOLONG);
	memset(path + 1, 'x', 300);
	path[301] = '\0';
	assert_int_equal(check_program_open(path, &user, &fd, &fault), -ENOENT);
}

/* In a mount namespace of its own. */
static int run_noexec(void)
{
	const struct check_user user = self();
	struct check_program_fault fault;
	int fd;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", folder, "tmpfs", MS_NOEXEC, "mode=0755") < 0)
		return 77;
	make_file("a", 0755);
	if (check_program_open(path_of("a"), &user, &fd, &fault) != -EPERM)
		return 1;
	return fault.error == CHECK_PROGRAM_NOEXEC ? 0 : 2;
}

static void test_program_on_a_file_system_without_programs_is_none(void **state)
{
	pid_t pid = geteuid() == 0 ? fork() : -1;
	int status;

	(void)state;
	if (pid == 0)
		_exit(run_noexec());
	if (pid < 0)
		skip();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void test_program_fault_with_a_long_path_shows_its_end(void **state)
{
	struct check_program_fault fault = { .error = CHECK_PROGRAM_ERRNO, .err = EACCES };
	char why[CHECK_PROGRAM_WHY_MAX];

	(void)state;
	memset(fault.where, 'x', sizeof(fault.where) - 1);
	memcpy(fault.where + sizeof(fault.where) - 5, "/end", 4);
	check_program_explain(&fault, why);
	assert_int_equal(strncmp(why, "...xxx", 6), 0);
	assert_non_null(strstr(why, "xx/end: Permission denied"));
	assert_true(strlen(why) < CHECK_ERROR_SIZE);
}

static void test_program_users_are_found_by_name(void **state)
{
	struct check_user user;

	(void)state;
	assert_int_equal(check_user_find("root", &user), 0);
	assert_int_equal(user.uid, 0);
	assert_int_equal(user.gid, 0);
	assert_int_equal(user.groups_n, 0);
	assert_int_equal(check_user_find_groups("root", &user), 0);
	assert_true(user.groups_n >= 1);
	assert_int_equal(user.groups[0], 0);
	assert_int_equal(check_user_find("no-such-user-here", &user), -ENOENT);
	assert_int_equal(check_user_self(&user), 0);
	assert_int_equal(user.uid, geteuid());
	assert_int_equal(user.gid, getegid());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_program_is_the_file_of_that_path),
		TEST(test_program_that_others_can_write_is_none),
		TEST(test_program_below_a_directory_that_others_can_write_is_none),
		TEST(test_program_is_executable_for_its_user),
		TEST(test_program_belongs_to_root_or_its_user),
		TEST(test_program_is_found_by_links_that_are_safe_all_the_way),
		TEST(test_program_is_a_regular_file),
		TEST(test_program_on_a_file_system_without_programs_is_none),
		TEST(test_program_fault_with_a_long_path_shows_its_end),
		TEST(test_program_users_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
