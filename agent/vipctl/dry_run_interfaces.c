/* SPDX-License-Identifier: MIT */
#include "dry_run_interfaces.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Return: IFF_*; or -errno. */
static int flags_of(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;
	struct ifreq request = { 0 };

	if (fd < 0)
		return -errno;
	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	err = ioctl(fd, SIOCGIFFLAGS, &request) < 0 ? -errno : 0;
	close(fd);
	return err ? err : (unsigned short)request.ifr_flags;
}

enum conf_link_seen dry_run_look(const char *name)
{
	int flags = flags_of(name);

	if (flags < 0)
		return flags == -ENODEV ? CONF_LINK_MISSING : CONF_LINK_USABLE;
	if (!(flags & IFF_UP))
		return CONF_LINK_DOWN;
	return flags & IFF_RUNNING ? CONF_LINK_USABLE : CONF_LINK_NO_CARRIER;
}

const char *dry_run_interface_fault(const char *name, bool carrier)
{
	static const char *const texts[] = {
		[CONF_LINK_USABLE] = "",
		[CONF_LINK_MISSING] = "its interface is not there",
		[CONF_LINK_DOWN] = "its interface is down",
		[CONF_LINK_NO_CARRIER] = "its interface has no carrier",
	};
	enum conf_link_seen seen = dry_run_look(name);

	return seen == CONF_LINK_NO_CARRIER && !carrier ? "" : texts[seen];
}
