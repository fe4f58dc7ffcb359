/* SPDX-License-Identifier: MIT */
#include "sysctl.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#define SETTING_LEN_MAX 32

static const char directory[] = "/proc/sys/net/ipv6/conf/";

int kern_sysctl_ip6(const char *interface, const char *setting, bool on)
{
	char path[sizeof(directory) + IFNAMSIZ + 1 + SETTING_LEN_MAX], *end = path;
	int err = 0;
	int fd;

	assert(strlen(interface) < IFNAMSIZ && strlen(setting) <= SETTING_LEN_MAX);
	/* A name of no interface, which leads elsewhere: "", "all", "..". */
	if (if_nametoindex(interface) == 0)
		return -ENOENT;
	end = stpcpy(end, directory);
	end = stpcpy(end, interface);
	*end++ = '/';
	strcpy(end, setting);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, on ? "1" : "0", 1) < 0)
		err = -errno;
	close(fd);
	return err;
}
