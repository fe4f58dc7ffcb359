/* SPDX-License-Identifier: MIT */
#include "leaf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE 16
#define DEPTH_MAX 16 /* of groups that a command has made below its own */
#define WAIT_MS   50

static int write_file(int directory_fd, const char *name, const char *text)
{
	int fd = openat(directory_fd, name, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, 1) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int open_directory(int above_fd, const char *name)
{
	int fd = openat(above_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* ---- removal ---- */

static void remove_below(int directory_fd, unsigned depth);

/* Return: whether it is gone. */
static bool remove_group(int above_fd, const char *name, unsigned depth)
{
	int fd;

	if (unlinkat(above_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return true;
	fd = depth ? open_directory(above_fd, name) : -1;
	if (fd < 0)
		return false;
	remove_below(fd, depth - 1);
	close(fd);
	return unlinkat(above_fd, name, AT_REMOVEDIR) == 0;
}

/* Return: owned by the caller; NULL: it cannot be read. */
static DIR *open_list(int directory_fd)
{
	int fd = open_directory(directory_fd, ".");
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (!list && fd >= 0)
		close(fd);
	return list;
}

/* Return: the next group in there; NULL: there is none. */
static const char *next_group(DIR *list)
{
	const struct dirent *entry;

	while (list && (entry = readdir(list)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			return entry->d_name;
	return NULL;
}

static void remove_below(int directory_fd, unsigned depth)
{
	DIR *list = open_list(directory_fd);
	const char *name;

	while ((name = next_group(list)))
		(void)remove_group(directory_fd, name, depth);
	if (list)
		closedir(list);
}

void check_leaf_remove_all(int base_fd)
{
	remove_below(base_fd, DEPTH_MAX);
}

/* ---- one of a warden's own ---- */

static void name_own(char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%d", getpid());
}

/* One of this name is of a warden that was killed, and is nobody's by now. */
int check_leaf_make(int base_fd)
{
	char name[NAME_SIZE];

	name_own(name);
	if (mkdirat(base_fd, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	return open_directory(base_fd, name);
}

int check_leaf_enter(int leaf_fd)
{
	return leaf_fd < 0 ? 0 : write_file(leaf_fd, "cgroup.procs", "0");
}

void check_leaf_kill(int leaf_fd)
{
	if (leaf_fd >= 0)
		(void)write_file(leaf_fd, "cgroup.kill", "1");
}

/* Who has been waited for may be counted there for a moment yet. */
void check_leaf_end(int base_fd, int leaf_fd)
{
	char name[NAME_SIZE];

	if (leaf_fd < 0)
		return;
	name_own(name);
	for (unsigned ms = 0; ms < WAIT_MS && !remove_group(base_fd, name, DEPTH_MAX); ms++) {
		check_leaf_kill(leaf_fd);
		(void)poll(NULL, 0, 1);
	}
	close(leaf_fd);
}

/* ---- those of others ---- */

static bool end_other(int base_fd, const char *name)
{
	int fd = open_directory(base_fd, name);

	check_leaf_kill(fd);
	if (fd >= 0)
		close(fd);
	return remove_group(base_fd, name, DEPTH_MAX);
}

bool check_leaf_end_others(int base_fd, check_tree_spare_fn *spare, const void *arg)
{
	DIR *list = base_fd < 0 ? NULL : open_list(base_fd);
	bool left = false;
	const char *name;

	while ((name = next_group(list)))
		if (!spare(arg, (pid_t)strtol(name, NULL, 10)))
			left |= !end_other(base_fd, name);
	if (list)
		closedir(list);
	return left;
}
