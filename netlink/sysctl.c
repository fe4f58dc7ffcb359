/* SPDX-License-Identifier: MIT */
#include "sysctl.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#define SETTING_LEN_MAX 32

static const char directories[2][sizeof("/proc/sys/net/ipv4/conf/")] = {
	"/proc/sys/net/ipv4/conf/",
	"/proc/sys/net/ipv6/conf/",
};

/* By the name that it has, if that is an alternative one. Return: a descriptor; -ENOENT also for a
 * name of no interface, which leads elsewhere: "", "all", "..". */
static int open_setting(unsigned family, const char *interface, const char *setting, int flags)
{
	char path[sizeof(directories[0]) + IFNAMSIZ + 1 + SETTING_LEN_MAX], *end = path;
	char name[IFNAMSIZ];
	int fd;

	assert(strlen(interface) < IFNAMSIZ && strlen(setting) <= SETTING_LEN_MAX);
	if (!if_indextoname(if_nametoindex(interface), name))
		return -ENOENT;
	end = stpcpy(end, directories[family == 6]);
	end = stpcpy(end, name);
	*end++ = '/';
	strcpy(end, setting);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int switch_setting(unsigned family, const char *interface, const char *setting, bool on)
{
	int fd = open_setting(family, interface, setting, O_WRONLY);
	int err = 0;

	if (fd < 0)
		return fd;
	if (write(fd, on ? "1" : "0", 1) < 0)
		err = -errno;
	close(fd);
	return err;
}

int kern_sysctl_ip6(const char *interface, const char *setting, bool on)
{
	return switch_setting(6, interface, setting, on);
}

int kern_sysctl_copy_forwarding(unsigned family, const char *from, const char *to)
{
	int fd = open_setting(family, from, "forwarding", O_RDONLY);
	char value;
	ssize_t len;

	if (fd < 0)
		return fd;
	len = read(fd, &value, 1);
	close(fd);
	return len == 1 ? switch_setting(family, to, "forwarding", value != '0') : -EIO;
}
