/* SPDX-License-Identifier: MIT */
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UNUSED (1u << CAP_CHOWN | 1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_KILL)

/* All of them are in the first of the two words. */
int capabilities_drop(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	data[0].effective &= ~UNUSED;
	data[0].permitted &= ~UNUSED;
	data[0].inheritable &= ~UNUSED;
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}
