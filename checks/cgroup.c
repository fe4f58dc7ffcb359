/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "leaf.h"

#define PATH_SIZE    4096
#define NAME_SIZE    48
#define LEFT_WAIT_MS 200
#define ROUND_MS     2

/* ---- where we are ---- */

static bool is_outside(const char *path)
{
	return strncmp(path, "/..", 3) == 0 && strchr("/\n", path[3]); /* or its end */
}

static bool copy_path(const char *path, size_t len, char *ret_path, size_t size)
{
	if (len >= size)
		return false;
	memcpy(ret_path, path, len);
	ret_path[len] = '\0';
	return true;
}

bool check_cgroup_path(const char *line, char *ret_path, size_t size)
{
	const char *path = line + strlen("0::");

	if (strncmp(line, "0::/", 4) != 0 || is_outside(path))
		return false;
	return copy_path(path, strcspn(path, "\n"), ret_path, size);
}

static bool is_octal(const char *at)
{
	for (unsigned i = 0; i < 3; i++)
		if (at[i] < '0' || at[i] > '7')
			return false;
	return true;
}

/* One word, with blanks and the like as \040. Return: false: it is too long. */
static bool read_word(const char *word, char *ret_text, size_t size)
{
	size_t len = 0;

	while (*word && *word != ' ' && len < size) {
		if (*word == '\\' && is_octal(word + 1)) {
			ret_text[len++] =
				(char)strtol((char[]){ word[1], word[2], word[3], 0 }, NULL, 8);
			word += 4;
		} else {
			ret_text[len++] = *word++;
		}
	}
	if (len >= size)
		return false;
	ret_text[len] = '\0';
	return true;
}

/* The words of a line, from the 4th: what of the hierarchy is mounted, and where. */
static bool read_mount(const char *line, char *ret_root, char *ret_point)
{
	const char *type = strstr(line, " - "), *at = line;

	if (!type || strncmp(type, " - cgroup2 ", 11) != 0)
		return false;
	for (unsigned i = 0; i < 3 && at; i++)
		at = strchr(at + 1, ' ');
	if (!at || at >= type || !read_word(at + 1, ret_root, PATH_SIZE))
		return false;
	at = strchr(at + 1, ' ');
	return at && at < type && read_word(at + 1, ret_point, PATH_SIZE);
}

bool check_cgroup_directory(const char *line, const char *path, char *ret_directory, size_t size)
{
	char root[PATH_SIZE], point[PATH_SIZE];
	size_t len, point_len;

	if (!read_mount(line, root, point) || is_outside(root))
		return false;
	len = strcmp(root, "/") == 0 ? 0 : strlen(root);
	if (strncmp(path, root, len) != 0 || (path[len] != '/' && path[len]))
		return false;
	path += len;
	point_len = strlen(point);
	if (point_len + strlen(path) >= size)
		return false;
	memcpy(ret_directory, point, point_len);
	memcpy(ret_directory + point_len, path, strlen(path) + 1);
	return true;
}

static bool find_path(char *ret_path)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	while (file && !found && getline(&line, &size, file) > 0)
		found = check_cgroup_path(line, ret_path, PATH_SIZE);
	free(line);
	if (file)
		fclose(file);
	return found;
}

static bool find_directory(const char *path, char *ret_directory)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	while (file && !found && getline(&line, &size, file) > 0)
		found = check_cgroup_directory(line, path, ret_directory, 2 * PATH_SIZE);
	free(line);
	if (file)
		fclose(file);
	return found;
}

static int open_directory(int above_fd, const char *name)
{
	int fd = openat(above_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Return: -ENODEV: there is none that we can see. */
static int open_own(void)
{
	char path[PATH_SIZE], directory[2 * PATH_SIZE];
	int fd;

	if (!find_path(path) || !find_directory(path, directory))
		return -ENODEV;
	fd = open_directory(AT_FDCWD, directory);
	return fd < 0 ? -ENODEV : fd;
}

static bool is_delegated(int own_fd)
{
	char mark[8];

	return (fgetxattr(own_fd, "user.delegate", mark, sizeof(mark)) == 1 && mark[0] == '1') ||
	       (fgetxattr(own_fd, "trusted.delegate", mark, sizeof(mark)) == 1 && mark[0] == '1');
}

/* There is one vipd in a network namespace; another one may live in the same group. */
static int name_base(char name[NAME_SIZE])
{
	struct stat status;

	if (stat("/proc/self/ns/net", &status) < 0)
		return -errno;
	snprintf(name, NAME_SIZE, "vipd-checks.%lu", (unsigned long)status.st_ino);
	return 0;
}

/* ---- what a checker before us has left ---- */

/* The leaves belong to a user whom root without any capability cannot overrule; what is above them
 * is ours. Return: whether it is gone. */
static bool try_removal(int own_fd, const char *name)
{
	int base_fd = open_directory(own_fd, name);

	if (base_fd < 0)
		return base_fd == -ENOENT;
	check_leaf_kill(base_fd);
	check_leaf_remove_all(base_fd);
	close(base_fd);
	return unlinkat(own_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

/* Return: whether it is gone. */
static bool remove_base(int own_fd, const char *name, unsigned wait_ms)
{
	bool gone;

	for (unsigned ms = 0; !(gone = try_removal(own_fd, name)) && ms < wait_ms; ms += ROUND_MS)
		(void)poll(NULL, 0, ROUND_MS);
	return gone;
}

bool check_cgroup_remove(unsigned wait_ms)
{
	char name[NAME_SIZE];
	bool gone;
	int own_fd;

	if (name_base(name) < 0)
		return true;
	own_fd = open_own();
	if (own_fd < 0)
		return true;
	gone = remove_base(own_fd, name, wait_ms);
	close(own_fd);
	return gone;
}

/* ---- a new one ---- */

/* Who has the keeper's group may remove what is in there, too, as no capability lets him. */
static int make_base(int own_fd, const char *name)
{
	int base_fd, err = mkdirat(own_fd, name, 0755) < 0 ? -errno : 0;

	if (err < 0 && err != -EEXIST)
		return err;
	base_fd = open_directory(own_fd, name);
	if (base_fd < 0 || err == -EEXIST)
		return base_fd;
	if (faccessat(base_fd, "cgroup.kill", F_OK, 0) < 0)
		err = -ENODEV;
	else if (fchmod(base_fd, 0775) < 0)
		err = -errno;
	if (err == 0)
		return base_fd;
	close(base_fd);
	(void)unlinkat(own_fd, name, AT_REMOVEDIR);
	return err;
}

static int give(int base_fd, uid_t uid)
{
	return fchownat(base_fd, "cgroup.procs", uid, (gid_t)-1, 0) < 0 ||
			       fchown(base_fd, uid, (gid_t)-1) < 0
		       ? -errno
		       : 0;
}

/* One that was there holds something that hangs, and is its user's. */
static int enter(int base_fd, uid_t uid)
{
	int err = give(base_fd, geteuid());

	if (err == 0)
		err = check_leaf_enter(base_fd);
	return err < 0 ? err : give(base_fd, uid);
}

static int enter_below(int own_fd, uid_t uid)
{
	char name[NAME_SIZE];
	int base_fd, err = name_base(name);

	if (err < 0)
		return err;
	(void)remove_base(own_fd, name, LEFT_WAIT_MS);
	base_fd = make_base(own_fd, name);
	if (base_fd < 0)
		return base_fd;
	err = enter(base_fd, uid);
	if (err == 0)
		return base_fd;
	close(base_fd);
	(void)unlinkat(own_fd, name, AT_REMOVEDIR);
	return err;
}

int check_cgroup_enter(uid_t uid)
{
	int own_fd = open_own(), base_fd = -ENODEV;

	if (own_fd < 0)
		return own_fd;
	if (is_delegated(own_fd))
		base_fd = enter_below(own_fd, uid);
	close(own_fd);
	return base_fd;
}
