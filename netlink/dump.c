/* SPDX-License-Identifier: MIT */
#include "dump.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#define ATTEMPTS_MAX 5

struct kern_dump {
	struct nl_sock *sock;
	kern_object_fn each; /* of the dump that runs */
	void *arg;           /* borrowed, for each */
};

static int on_message(struct nl_msg *msg, void *arg)
{
	struct kern_dump *dump = arg;
	struct kern_object object;

	kern_object_parse(nlmsg_hdr(msg), 0, &object);
	if (object.type != KERN_OBJECT_NONE)
		dump->each(&object, dump->arg);
	return NL_OK;
}

/* libnl has its own error numbers, many to one; these are the ones that a dump can meet. */
static int errno_of(int nl_error)
{
	switch (-nl_error) {
	case NLE_SUCCESS:
		return 0;
	case NLE_DUMP_INTR:
		return -EAGAIN;
	case NLE_NOMEM:
		return -ENOBUFS;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	default:
		return -EIO;
	}
}

int kern_dump_open(struct kern_dump **ret_dump)
{
	struct kern_dump *dump = calloc(1, sizeof(*dump));
	int err = -ENOMEM;

	if (!dump)
		return err;
	dump->sock = nl_socket_alloc();
	if (!dump->sock)
		goto free_dump;
	if (nl_connect(dump->sock, NETLINK_ROUTE) < 0) {
		err = errno ? -errno : -EIO;
		goto free_sock;
	}
	nl_socket_disable_auto_ack(dump->sock);
	nl_socket_modify_cb(dump->sock, NL_CB_VALID, NL_CB_CUSTOM, on_message, dump);
	*ret_dump = dump;
	return 0;

free_sock:
	nl_socket_free(dump->sock);
free_dump:
	free(dump);
	return err;
}

void kern_dump_close(struct kern_dump *dump)
{
	if (!dump)
		return;
	nl_socket_free(dump->sock);
	free(dump);
}

static int dump_type(struct kern_dump *dump, int type, int family, kern_object_fn each, void *arg)
{
	struct rtgenmsg request = { .rtgen_family = (unsigned char)family };
	int nl_error = 0;

	dump->each = each;
	dump->arg = arg;
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
		nl_error = nl_send_simple(dump->sock, type, NLM_F_DUMP, &request, sizeof(request));
		if (nl_error >= 0)
			nl_error = nl_recvmsgs_default(dump->sock);
		if (nl_error != -NLE_DUMP_INTR)
			break;
	}
	return nl_error < 0 ? errno_of(nl_error) : 0;
}

int kern_dump_links(struct kern_dump *dump, kern_object_fn each, void *arg)
{
	return dump_type(dump, RTM_GETLINK, AF_UNSPEC, each, arg);
}

int kern_dump_addresses(struct kern_dump *dump, kern_object_fn each, void *arg)
{
	return dump_type(dump, RTM_GETADDR, AF_INET, each, arg);
}
