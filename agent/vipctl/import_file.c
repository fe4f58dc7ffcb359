/* SPDX-License-Identifier: MIT */
#include "import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		bytes += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
	return 0;
}

/* A device, /dev/stdout for one, is no file to be replaced. One that others may not read stays so.
 */
static int check_kind(const char *path, mode_t *mode)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return EXIT_SUCCESS;
	if (!S_ISREG(status.st_mode))
		return complain(NULL, "%.200s: is not a regular file", path);
	*mode &= status.st_mode;
	return EXIT_SUCCESS;
}

static int fill(int fd, const char *bytes, size_t len, mode_t mode)
{
	int err = write_all(fd, bytes, len);

	if (!err && fchmod(fd, mode) < 0)
		err = -errno;
	if (!err && fsync(fd) < 0)
		err = -errno;
	if (close(fd) < 0 && !err)
		err = -errno;
	return err;
}

int import_file_check(const char *path)
{
	char target[PATH_MAX];
	mode_t mode = 0;

	if (check_kind(path, &mode) != EXIT_SUCCESS)
		return EXIT_FAILURE;
	if (!realpath(path, target) && snprintf(target, sizeof(target), "%s", path) >= PATH_MAX)
		return complain(NULL, "%.200s: %s", path, strerror(ENAMETOOLONG));
	if (faccessat(AT_FDCWD, dirname(target), W_OK | X_OK, AT_EACCESS) < 0)
		return complain(NULL, "%.200s: %s", path, strerror(errno));
	return EXIT_SUCCESS;
}

int import_file_write(const char *path, const char *bytes, size_t len, mode_t mode)
{
	char target[PATH_MAX], temporary[PATH_MAX + 8];
	int fd, err;

	if (check_kind(path, &mode) != EXIT_SUCCESS)
		return EXIT_FAILURE;
	if (!realpath(path, target) && snprintf(target, sizeof(target), "%s", path) >= PATH_MAX)
		return complain(NULL, "%.200s: %s", path, strerror(ENAMETOOLONG));
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", target);
	fd = mkstemp(temporary);
	if (fd < 0)
		return complain(NULL, "%.200s: %s", path, strerror(errno));
	err = fill(fd, bytes, len, mode);
	if (!err && rename(temporary, target) < 0)
		err = -errno;
	if (!err)
		return EXIT_SUCCESS;
	unlink(temporary);
	return complain(NULL, "%.200s: %s", path, strerror(-err));
}
