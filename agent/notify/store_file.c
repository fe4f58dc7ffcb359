/* SPDX-License-Identifier: MIT */
#include "store_file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store.h"

/* It has reasons and outputs of checks, which are nobody's business but of those whom the directory
 * names: what is set-group-ID is meant for its group. What SQLite puts beside it is as it is. */
static mode_t mode_for(int dir_fd)
{
	struct stat status;

	return fstat(dir_fd, &status) == 0 && status.st_mode & S_ISGID ? 0640 : 0600;
}

/* The version as the header has it, before anything is done to the file; what is not written back
 * from the log yet is asked for again, set_up(). Return: 0: none. */
static int look_at_version(int fd)
{
	static const char magic[] = "SQLite format 3";
	struct {
		char magic[16], unused[44];
		uint32_t version;
	} header;

	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.magic, magic, sizeof(magic)) != 0)
		return 0;
	return (int)be32toh(header.version);
}

static int set_mode(int dir_fd, const char *name, mode_t mode)
{
	struct stat status;

	if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if ((status.st_mode & 0777) == mode)
		return 0;
	return fchmodat(dir_fd, name, mode, 0) < 0 ? -errno : 0;
}

/* Return: 0 or -errno. */
static int prepare_file(int dir_fd, int version_max, int *ret_version)
{
	static const char *const names[] = { STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm" };
	mode_t mode = mode_for(dir_fd);
	int fd = openat(dir_fd, STORE_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
	int err = fd < 0 ? -errno : 0;

	if (err == 0) {
		*ret_version = look_at_version(fd);
		close(fd);
	}
	if (*ret_version > version_max)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && err == 0; i++)
		err = set_mode(dir_fd, names[i], mode);
	return err;
}

/* A directory may be reached by links; what SQLite opens may not. */
int store_file_prepare(const char *directory, int version_max, char *ret_path, int *ret_version)
{
	char real[PATH_MAX];
	int dir_fd, err;

	*ret_version = 0;
	snprintf(ret_path, STORE_PATH_SIZE, "%s/" STORE_FILE, directory);
	if (!realpath(directory, real))
		return -errno;
	snprintf(ret_path, STORE_PATH_SIZE, "%s/" STORE_FILE, real);
	dir_fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir_fd < 0)
		return -errno;
	err = prepare_file(dir_fd, version_max, ret_version);
	close(dir_fd);
	return err;
}

bool store_file_move_aside(const char *path, char *ret_why, size_t size)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	char from[STORE_PATH_SIZE + 8], to[STORE_PATH_SIZE + 48];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(from, sizeof(from), "%s%s", path, parts[i]);
		snprintf(to, sizeof(to), "%s.damaged-%jd%s", path, (intmax_t)time(NULL), parts[i]);
		if (rename(from, to) == 0) {
			if (i == 0)
				snprintf(ret_why, size, "%.150s is damaged, and is %.200s now",
					 path, to);
		} else if (i == 0) {
			snprintf(ret_why, size,
				 "%.150s is damaged, and cannot be moved aside: %.100s", path,
				 strerror(errno));
			return false; /* its parts stay with it */
		}
	}
	return true;
}
