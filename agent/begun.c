/* SPDX-License-Identifier: MIT */
#include "begun.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x7669706462676e31) /* "vipdbgn1": another layout has another one */

struct file {
	uint64_t magic;
	struct begun begun;
};

int begun_make(const char *path)
{
	struct begun begun = { 0 };
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)
		      : memfd_create("vipd-begun", MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = begun_read(fd, &begun);
	/* Its place is taken here, so that a full file system is of no consequence later. */
	if (err == -EBADMSG)
		err = ftruncate(fd, 0) < 0 ? -errno : begun_write(fd, &begun);
	if (err < 0)
		close(fd);
	return err < 0 ? err : fd;
}

int begun_read(int fd, struct begun *ret_begun)
{
	struct file file;
	ssize_t got = pread(fd, &file, sizeof(file), 0);

	if (got < 0)
		return -errno;
	if (got != sizeof(file) || file.magic != MAGIC)
		return -EBADMSG;
	*ret_begun = file.begun;
	return 0;
}

int begun_write(int fd, const struct begun *begun)
{
	const struct file file = { MAGIC, *begun };
	ssize_t put = pwrite(fd, &file, sizeof(file), 0);

	if (put < 0)
		return -errno;
	return put == sizeof(file) ? 0 : -EIO;
}

bool begun_has(const struct begun *begun, unsigned ring, uint64_t id, uint64_t seq)
{
	return id && begun->rings[ring].id == id && seq <= begun->rings[ring].seq;
}

void begun_add(struct begun *begun, unsigned ring, uint64_t id, uint64_t seq)
{
	if (!id || begun_has(begun, ring, id, seq))
		return;
	begun->rings[ring].id = id;
	begun->rings[ring].seq = seq;
}
