/* SPDX-License-Identifier: MIT */
#include "process_events.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_to(int fd)
{
	const enum proc_cn_mcast_op op = PROC_CN_MCAST_LISTEN;
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const struct nlmsghdr header = { .nlmsg_type = NLMSG_DONE,
					 .nlmsg_len =
						 NLMSG_LENGTH(sizeof(struct cn_msg) + sizeof(op)) };
	const struct cn_msg message = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = sizeof(op) };
	struct iovec parts[] = { { (void *)&header, sizeof(header) },
				 { (void *)&message, sizeof(message) },
				 { (void *)&op, sizeof(op) } };
	const struct msghdr all = { .msg_name = (void *)&kernel,
				    .msg_namelen = sizeof(kernel),
				    .msg_iov = parts,
				    .msg_iovlen = 3 };

	return sendmsg(fd, &all, 0) < 0 ? -errno : 0;
}

int process_events_open(void)
{
	const struct sockaddr_nl ours = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&ours, sizeof(ours)) < 0)
		err = -errno;
	else
		err = listen_to(fd);
	if (err < 0)
		close(fd);
	return err < 0 ? err : fd;
}
