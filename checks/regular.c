/* SPDX-License-Identifier: MIT */
#include "regular.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int check_regular_open(const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

int check_regular_touch(const char *path)
{
	int fd = check_regular_open(path), err;
	char byte;

	if (fd < 0)
		return fd;
	err = read(fd, &byte, 1) < 0 ? -errno : 0;
	close(fd);
	return err;
}

const char *check_regular_explain(int err)
{
	return err == -EINVAL ? "is no regular file" : strerror(-err);
}
