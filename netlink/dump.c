/* SPDX-License-Identifier: MIT */
#include "dump.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ATTEMPTS_MAX 5

struct kern_dump {
	struct nl_sock *sock;
	kern_object_fn each; /* of the dump that runs */
	void *arg;           /* borrowed, for each */
	int kind;            /* of entries that it is about; -1: links */
	int ifindex;         /* likewise; 0: all */
	int error;           /* that ended it: -errno, or 0 */
};

static int on_message(struct nl_msg *msg, void *arg)
{
	struct kern_dump *dump = arg;
	struct kern_object object;

	if (dump->kind < 0)
		kern_object_parse(nlmsg_hdr(msg), 0, &object);
	else
		(void)kern_object_parse_kind(nlmsg_hdr(msg), 0, (enum kern_kind)dump->kind,
					     &object);
	if (object.type == KERN_OBJECT_NONE)
		return NL_OK;
	/* Older kernels show all, whatever the request says. */
	if (dump->ifindex && kern_kinds[object.kind]->ifindex(&object.entry) != dump->ifindex)
		return NL_OK;
	dump->each(&object, dump->arg);
	return NL_OK;
}

/* An error that comes up on the way ends a dump within its last message; libnl passes it over. */
static int on_done(struct nl_msg *msg, void *arg)
{
	struct kern_dump *dump = arg;
	const struct nlmsghdr *message = nlmsg_hdr(msg);

	if (nlmsg_datalen(message) >= (int)sizeof(dump->error))
		memcpy(&dump->error, nlmsg_data(message), sizeof(dump->error));
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
	int on = 1;

	if (!dump)
		return err;
	dump->sock = nl_socket_alloc();
	if (!dump->sock)
		goto free_dump;
	if (nl_connect(dump->sock, NETLINK_ROUTE) < 0) {
		err = errno ? -errno : -EIO;
		goto free_sock;
	}
	/* Let the kernel look at what the request says; older ones cannot, and show all. */
	(void)setsockopt(nl_socket_get_fd(dump->sock), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
			 sizeof(on));
	nl_socket_disable_auto_ack(dump->sock);
	nl_socket_modify_cb(dump->sock, NL_CB_VALID, NL_CB_CUSTOM, on_message, dump);
	nl_socket_modify_cb(dump->sock, NL_CB_FINISH, NL_CB_CUSTOM, on_done, dump);
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

struct question {
	int type, flags;
	void *header;
	size_t header_len;
};

static int ask(struct kern_dump *dump, const struct question *question, kern_object_fn each,
	       void *arg)
{
	int nl_error = 0;

	dump->each = each;
	dump->arg = arg;
	dump->error = 0;
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
		nl_error = nl_send_simple(dump->sock, question->type, question->flags,
					  question->header, question->header_len);
		if (nl_error >= 0)
			nl_error = nl_recvmsgs_default(dump->sock);
		if (nl_error != -NLE_DUMP_INTR)
			break;
	}
	if (nl_error == -NLE_NODEV)
		dump->error = -ENODEV;
	else if (nl_error < 0)
		dump->error = errno_of(nl_error);
	/* Nothing is on an interface that is gone. */
	return dump->ifindex && dump->error == -ENODEV ? 0 : dump->error;
}

int kern_dump_links(struct kern_dump *dump, kern_object_fn each, void *arg)
{
	struct ifinfomsg request = { .ifi_family = AF_UNSPEC };
	const struct question question = { RTM_GETLINK, NLM_F_DUMP, &request, sizeof(request) };

	dump->kind = -1;
	dump->ifindex = 0;
	return ask(dump, &question, each, arg);
}

int kern_dump_interface(struct kern_dump *dump, enum kern_kind kind, int ifindex,
			kern_object_fn each, void *arg)
{
	_Alignas(struct ifaddrmsg) char header[KERN_DUMP_HEADER_MAX] = { 0 };
	const struct kern_ops *ops = kern_kinds[kind];
	const struct question question = {
		.type = ops->dump_type,
		.flags = ops->asks_one && ifindex ? 0 : NLM_F_DUMP,
		.header = header,
		.header_len = ops->put_dump(header, ifindex),
	};

	dump->kind = (int)kind;
	dump->ifindex = ifindex;
	return ask(dump, &question, each, arg);
}

int kern_dump_kind(struct kern_dump *dump, enum kern_kind kind, kern_object_fn each, void *arg)
{
	return kern_dump_interface(dump, kind, 0, each, arg);
}
