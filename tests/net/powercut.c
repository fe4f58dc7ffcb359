/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a program, keeps what would be left of its database by a power cut: in the
 * directory named by POWERCUT, a copy of each file "vipd.db..." as it was when it was last
 * synchronised, and nothing of what was written since. A disk may keep more; it may not keep less.
 * A file that was removed is gone as soon as another one is synchronised, as with file systems that
 * log what happens to names in one row.
 *
 * A copy takes the place of the one before at once, and before the program learns that its file is
 * on the disk: so one that is killed at any moment was never told of what is not in there.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME "vipd.db"

int fsync(int fd);
int fdatasync(int fd);

static void copy(const char *from, const char *to)
{
	static char buf[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t len = 0;

	while (in >= 0 && out >= 0 && (len = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)len) != len)
			abort();
	if (in < 0 || out < 0 || len < 0)
		abort();
	close(in);
	close(out);
}

static void forget_removed(const char *path, size_t directory_len, const char *home)
{
	static const char *const parts[] = { NAME, NAME "-wal", NAME "-journal" };
	char there[PATH_MAX + 64], kept[PATH_MAX + 64];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(there, sizeof(there), "%.*s%s", (int)directory_len, path, parts[i]);
		snprintf(kept, sizeof(kept), "%s/%s", home, parts[i]);
		if (access(there, F_OK) < 0)
			(void)unlink(kept);
	}
}

static void keep(int fd)
{
	const char *home = getenv("POWERCUT"), *name;
	char path[PATH_MAX], to[PATH_MAX + 64], fresh[PATH_MAX + 80], link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (!home || len <= 0)
		return;
	path[len] = '\0';
	name = strrchr(path, '/') + 1;
	if (strncmp(name, NAME, strlen(NAME)) != 0)
		return;
	snprintf(to, sizeof(to), "%s/%s", home, name);
	snprintf(fresh, sizeof(fresh), "%s/.%s", home, name);
	copy(path, fresh);
	if (rename(fresh, to) < 0)
		abort();
	forget_removed(path, (size_t)(name - path), home);
}

int fsync(int fd)
{
	if (syscall(SYS_fsync, fd) < 0)
		return -1;
	keep(fd);
	return 0;
}

int fdatasync(int fd)
{
	if (syscall(SYS_fdatasync, fd) < 0)
		return -1;
	keep(fd);
	return 0;
}
