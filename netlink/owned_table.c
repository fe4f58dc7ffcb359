/* SPDX-License-Identifier: MIT */
#include "owned_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nft.h"
#include "object.h"

#define SEQ          1 /* of all messages: what the kernel answers is about the one request */
#define ATTEMPTS_MAX 3 /* an owner may end while we ask who it is */

/* What the kernel has answered; see ask(). */
struct answer {
	int error; /* -errno of the first failure, or 0 */
	bool has_owner;
	uint32_t owner;
};

/* ---- messages ---- */

static char *put_table(char *at, enum nf_tables_msg_types type, uint16_t flags, const char *name)
{
	struct nlmsghdr *message = kern_nft_put(at, type, flags, NFPROTO_INET, SEQ);

	mnl_attr_put_strz(message, NFTA_TABLE_NAME, name);
	if (type == NFT_MSG_NEWTABLE)
		mnl_attr_put_u32(message, NFTA_TABLE_FLAGS, htonl(NFT_TABLE_F_OWNER));
	return mnl_nlmsg_get_payload_tail(message);
}

static char *put_edge(char *at, uint16_t type)
{
	return at + kern_nft_put_edge(at, type, SEQ);
}

/* ---- answers ---- */

static void note_owner(const struct nlmsghdr *message, struct answer *answer)
{
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) != NFTA_TABLE_OWNER ||
		    mnl_attr_get_payload_len(attribute) != sizeof(uint32_t))
			continue;
		answer->has_owner = true;
		answer->owner = ntohl(mnl_attr_get_u32(attribute));
	}
}

static void note_answers(const char *buf, int len, struct answer *answer)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)buf;
	const struct nlmsgerr *report;

	for (; kern_object_fits(message, len); message = mnl_nlmsg_next(message, &len)) {
		if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE))
			note_owner(message, answer);
		if (message->nlmsg_type != NLMSG_ERROR ||
		    mnl_nlmsg_get_payload_len(message) < sizeof(report->error))
			continue;
		report = mnl_nlmsg_get_payload(message);
		if (answer->error == 0)
			answer->error = report->error;
	}
}

/* The kernel has answered when sendto() returns: all that can be read is all there is. */
static int ask(int fd, const char *request, const char *end, struct answer *ret_answer)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	_Alignas(struct nlmsghdr) char buf[8 << 10];
	struct answer answer = { 0 };
	ssize_t len;

	if (sendto(fd, request, (size_t)(end - request), 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return -errno;
	while ((len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		note_answers(buf, (int)len, &answer);
	if (len < 0 && errno != EAGAIN)
		return -errno;
	*ret_answer = answer;
	return answer.error;
}

/* ---- requests ---- */

/* In one transaction, so that there is no moment without the table. */
static int create(int fd, const char *name, bool replace)
{
	_Alignas(struct nlmsghdr) char request[512];
	struct answer answer;
	char *end = put_edge(request, NFNL_MSG_BATCH_BEGIN);

	if (replace)
		end = put_table(end, NFT_MSG_DELTABLE, NLM_F_ACK | NLM_F_NONREC, name);
	end = put_table(end, NFT_MSG_NEWTABLE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, name);
	end = put_edge(end, NFNL_MSG_BATCH_END);
	return ask(fd, request, end, &answer);
}

/* Return: 0: owned; -ENODATA: not owned; -ENOENT: not there; or another -errno. */
static int find_owner(int fd, const char *name, uint32_t *ret_owner)
{
	_Alignas(struct nlmsghdr) char request[256];
	struct answer answer;
	char *end = put_table(request, NFT_MSG_GETTABLE, NLM_F_ACK, name);
	int err = ask(fd, request, end, &answer);

	if (err < 0)
		return err;
	if (!answer.has_owner)
		return -ENODATA;
	*ret_owner = answer.owner;
	return 0;
}

/* The kernel says EPERM to who may not ask at all, and of the table of somebody else. */
static int create_or_find_owner(int fd, const char *name, uint32_t *ret_owner)
{
	bool replace = false;
	int err = -EAGAIN;

	for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
		int found;

		err = create(fd, name, replace);
		if (err != -EPERM && err != -EEXIST && err != -ENOENT)
			return err;
		found = find_owner(fd, name, ret_owner);
		if (found == 0)
			return -EADDRINUSE;
		if (found != -ENODATA && found != -ENOENT)
			return found;
		replace = found == -ENODATA;
	}
	return err;
}

/* By a port that tells whose it is, if nobody else has that. */
static int open_socket(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_pid = (uint32_t)getpid() };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	int err;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	address.nl_pid = 0;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int kern_owned_table_create(const char *name, int *ret_fd, uint32_t *ret_owner)
{
	int fd = open_socket();
	int err;

	if (fd < 0)
		return fd;
	err = create_or_find_owner(fd, name, ret_owner);
	if (err < 0) {
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}
