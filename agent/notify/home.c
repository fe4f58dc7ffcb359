/* SPDX-License-Identifier: MIT */
#include "home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/conf/conf.h"

#define NS_PER_S INT64_C(1000000000)

int home_make(const char *directory, uid_t uid, gid_t gid)
{
	int found = conf_state_dir_look(directory, uid, gid);

	if (found < 0 || found == CONF_HOME_WRITABLE)
		return found;
	if (found == CONF_HOME_MISSING && mkdir(directory, 0750) < 0)
		return -errno;
	return geteuid() == 0 && chown(directory, uid, gid) < 0 ? -errno : 0;
}

static void read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, buf, size - 1);

	buf[len > 0 ? len : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

void home_boot(char *buf)
{
	read_text("/proc/sys/kernel/random/boot_id", buf, HOME_BOOT_SIZE);
}

/* Its start, in ticks since the host's, is the 22nd word; the second one may have blanks. */
void home_life(const char *boot, pid_t keeper, char *buf)
{
	char path[32], text[1024];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", keeper);
	read_text(path, text, sizeof(text));
	at = strrchr(text, ')');
	for (unsigned i = 2; at && i < 22; i++)
		at = strchr(at + 1, ' ');
	snprintf(buf, HOME_LIFE_SIZE, "%.36s/%d.%llu", boot, keeper,
		 at ? strtoull(at, NULL, 10) : 0ULL);
}

int64_t home_life_start(const char *life, const struct clocks *now)
{
	const char *ticks = strrchr(life, '.');
	int64_t up_ns =
		ticks ? strtoll(ticks + 1, NULL, 10) * (NS_PER_S / sysconf(_SC_CLK_TCK)) : 0;

	return up_ns - (clocks_up_ns() - now->mono_ns);
}
