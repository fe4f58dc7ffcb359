/* SPDX-License-Identifier: MIT */
#include "home_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK     "lock"
#define ROUND_MS 20

/* Return: a descriptor, or -errno. */
static int open_lock(const char *directory, int flags)
{
	int dir_fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = dir_fd < 0 ? -1 : openat(dir_fd, LOCK, flags | O_CLOEXEC | O_NOFOLLOW, 0640);
	int err = fd < 0 ? -errno : 0;

	if (dir_fd >= 0)
		close(dir_fd);
	return err < 0 ? err : fd;
}

int home_lock_take(const char *directory, unsigned wait_ms, int *ret_fd)
{
	int fd = open_lock(directory, O_RDWR | O_CREAT);
	int err = fd < 0 ? fd : 0;

	for (unsigned ms = 0; err == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0; ms += ROUND_MS) {
		if (errno != EWOULDBLOCK)
			err = -errno;
		else if (ms >= wait_ms)
			err = -EAGAIN;
		else
			(void)poll(NULL, 0, ROUND_MS);
	}
	if (err < 0 && fd >= 0)
		close(fd);
	if (err == 0)
		*ret_fd = fd;
	return err;
}

bool home_lock_is_there(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_nlink > 0;
}

/* The first byte, which need not be there. */
static struct flock byte_lock(short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_len = 1 };
}

void home_lock_tell(int fd, bool is_stored)
{
	struct flock lock = byte_lock(is_stored ? F_WRLCK : F_UNLCK);

	if (fd >= 0)
		(void)fcntl(fd, F_OFD_SETLK, &lock);
}

int home_lock_look(const char *directory)
{
	struct flock lock = byte_lock(F_WRLCK);
	int fd = open_lock(directory, O_RDONLY | O_NONBLOCK);
	struct stat status;
	int found;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	/* The directory is another user's: root waits for no FIFO in there. */
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return 0;
	}
	found = fcntl(fd, F_OFD_GETLK, &lock) < 0 ? -errno : lock.l_type != F_UNLCK;
	close(fd);
	return found;
}
