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
	struct nl_sock *netfilter; /* NULL before it is needed */
	kern_object_fn each;       /* of the dump that runs */
	void *arg;                 /* borrowed, for each */
	int kind;                  /* of entries that it is about; -1: links */
	int ifindex;               /* likewise; 0: all */
	int error;                 /* that ended it: -errno, or 0 */
};

static bool is_on(const struct kern_object *object, int ifindex)
{
	const struct kern_ops *ops = kern_kinds[object->kind];

	return ops->ifindex(&object->entry) == ifindex ||
	       (ops->is_everywhere && ops->is_everywhere(&object->entry));
}

static void show(struct kern_dump *dump, const struct kern_object *object)
{
	if (object->type == KERN_OBJECT_NONE)
		return;
	/* Older kernels show all, whatever the request says. */
	if (dump->ifindex && !is_on(object, dump->ifindex))
		return;
	dump->each(object, dump->arg);
}

static void show_entry(const union kern_entry *entry, void *arg)
{
	struct kern_dump *dump = arg;
	struct kern_object object = { .type = KERN_OBJECT_ENTRY,
				      .kind = (enum kern_kind)dump->kind,
				      .entry = *entry };

	show(dump, &object);
}

static int on_message(struct nl_msg *msg, void *arg)
{
	struct kern_dump *dump = arg;
	struct kern_object object;

	if (dump->kind >= 0 && kern_kinds[dump->kind]->parse_all) {
		kern_kinds[dump->kind]->parse_all(nlmsg_hdr(msg), show_entry, dump);
		return NL_OK;
	}
	if (dump->kind < 0)
		kern_object_parse(nlmsg_hdr(msg), 0, &object);
	else
		(void)kern_object_parse_kind(nlmsg_hdr(msg), 0, (enum kern_kind)dump->kind,
					     &object);
	show(dump, &object);
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
	case NLE_OBJ_NOTFOUND: /* of nftables: also when the kernel has none */
	case NLE_INVAL:
		return -ENOENT;
	case NLE_OPNOTSUPP:
		return -EOPNOTSUPP;
	case NLE_NOMEM:
		return -ENOBUFS;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	default:
		return -EIO;
	}
}

static int open_socket(struct kern_dump *dump, int protocol, struct nl_sock **ret_sock)
{
	struct nl_sock *sock = nl_socket_alloc();
	int on = 1;

	if (!sock)
		return -ENOMEM;
	if (nl_connect(sock, protocol) < 0) {
		int err = errno ? -errno : -EIO;

		nl_socket_free(sock);
		return err;
	}
	/* Let the kernel look at what the request says; older ones cannot, and show all. */
	(void)setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
			 sizeof(on));
	nl_socket_disable_auto_ack(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_message, dump);
	nl_socket_modify_cb(sock, NL_CB_FINISH, NL_CB_CUSTOM, on_done, dump);
	*ret_sock = sock;
	return 0;
}

int kern_dump_open(struct kern_dump **ret_dump)
{
	struct kern_dump *dump = calloc(1, sizeof(*dump));
	int err;

	if (!dump)
		return -ENOMEM;
	err = open_socket(dump, NETLINK_ROUTE, &dump->sock);
	if (err < 0) {
		free(dump);
		return err;
	}
	*ret_dump = dump;
	return 0;
}

void kern_dump_close(struct kern_dump *dump)
{
	if (!dump)
		return;
	nl_socket_free(dump->sock);
	nl_socket_free(dump->netfilter);
	free(dump);
}

struct question {
	int type, flags;
	void *header;
	size_t header_len;
};

static int ask(struct kern_dump *dump, struct nl_sock *sock, const struct question *question)
{
	int nl_error = 0;

	dump->error = 0;
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
		nl_error = nl_send_simple(sock, question->type, question->flags, question->header,
					  question->header_len);
		if (nl_error >= 0)
			nl_error = nl_recvmsgs_default(sock);
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
	dump->each = each;
	dump->arg = arg;
	return ask(dump, dump->sock, &question);
}

int kern_dump_link(struct kern_dump *dump, int ifindex, kern_object_fn each, void *arg)
{
	struct ifinfomsg request = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	const struct question question = { RTM_GETLINK, 0, &request, sizeof(request) };

	dump->kind = -1;
	dump->ifindex = 0;
	dump->each = each;
	dump->arg = arg;
	return ask(dump, dump->sock, &question);
}

/* A kernel without nftables, or without the table, has nothing to show. */
static int ask_netfilter(struct kern_dump *dump, const struct kern_ops *ops)
{
	int err = dump->netfilter ? 0 : open_socket(dump, NETLINK_NETFILTER, &dump->netfilter);

	if (err == -EPROTONOSUPPORT)
		return 0;
	for (unsigned part = 0; part < ops->parts_n && err == 0; part++) {
		_Alignas(struct nlmsghdr) char header[KERN_DUMP_HEADER_MAX] = { 0 };
		const struct question question = { ops->dump_type, NLM_F_DUMP, header,
						   ops->put_part(header, part) };

		err = ask(dump, dump->netfilter, &question);
		if (err == -ENOENT || err == -EOPNOTSUPP)
			err = 0;
	}
	return err;
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
	int err;

	dump->kind = (int)kind;
	dump->ifindex = ifindex;
	dump->each = each;
	dump->arg = arg;
	if (ops->protocol == NETLINK_NETFILTER)
		return ask_netfilter(dump, ops);
	err = ask(dump, dump->sock, &question);
	/* A kernel without rules has none to show. */
	return ops->of_host && err == -EOPNOTSUPP ? 0 : err;
}

int kern_dump_kind(struct kern_dump *dump, enum kern_kind kind, kern_object_fn each, void *arg)
{
	return kern_dump_interface(dump, kind, 0, each, arg);
}
