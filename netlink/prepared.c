/* SPDX-License-Identifier: MIT */
#include "prepared.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "change.h"
#include "object.h"

#define SETTINGS_LEN_MAX (3 * KERN_SETTING_LEN_MAX) /* off, on, and off at the end */
#define BATCH_LEN_MAX    (2 * KERN_TRANSACTION_LEN_MAX + SETTINGS_LEN_MAX)

/* A setting that a batch needs a change of has sequence number 0, and its answer does not matter.
 */
struct kern_prepared {
	struct mnl_socket *route, *netfilter; /* the second may be NULL */
	int protocol;                         /* of the batch */
	uint32_t setting;                     /* that is on at its end */
	uint32_t seq;                         /* of its first message */
	size_t len;
	unsigned messages_n;
	bool removes[KERN_TRANSACTION_MAX]; /* each of them */
	struct kern_prepared_sum sum;
	_Alignas(struct nlmsghdr) uint8_t staged[KERN_TRANSACTION_LEN_MAX];
	_Alignas(struct nlmsghdr) uint8_t batch[BATCH_LEN_MAX];
	_Alignas(struct nlmsghdr) uint8_t answers[32 << 10];
};

static int open_socket(int protocol, struct mnl_socket **ret_sock)
{
	struct mnl_socket *sock = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	int on = 1;
	int err;

	if (!sock)
		return -errno;
	/* An answer need not repeat the request; older kernels just send more. */
	(void)mnl_socket_setsockopt(sock, NETLINK_CAP_ACK, &on, sizeof(on));
	if (mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		mnl_socket_close(sock);
		return err;
	}
	*ret_sock = sock;
	return 0;
}

int kern_prepared_open(struct kern_prepared **ret_prepared)
{
	struct kern_prepared *prepared = calloc(1, sizeof(*prepared));
	int err;

	if (!prepared)
		return -ENOMEM;
	prepared->seq = 1;
	err = open_socket(NETLINK_ROUTE, &prepared->route);
	if (err < 0) {
		free(prepared);
		return err;
	}
	(void)open_socket(NETLINK_NETFILTER, &prepared->netfilter);
	*ret_prepared = prepared;
	return 0;
}

void kern_prepared_close(struct kern_prepared *prepared)
{
	if (!prepared)
		return;
	mnl_socket_close(prepared->route);
	if (prepared->netfilter)
		mnl_socket_close(prepared->netfilter);
	free(prepared);
}

/* ---- the form ---- */

/* The kernel's own arithmetic of the types of route messages. */
enum {
	ROUTE_DEL = 1,
	ROUTE_SET = 3,
};

static bool is_removal(int protocol, const struct nlmsghdr *message)
{
	if (protocol == NETLINK_ROUTE)
		return (message->nlmsg_type - RTM_BASE) % 4 == ROUTE_DEL;
	return NFNL_SUBSYS_ID(message->nlmsg_type) == NFNL_SUBSYS_NFTABLES;
}

static bool is_allowed(int protocol, const struct nlmsghdr *message)
{
	unsigned type = message->nlmsg_type;

	if (protocol == NETLINK_ROUTE)
		return type >= RTM_BASE &&
		       (is_removal(protocol, message) || (type - RTM_BASE) % 4 == ROUTE_SET);
	return is_removal(protocol, message) || type == NFNL_MSG_BATCH_BEGIN ||
	       type == NFNL_MSG_BATCH_END;
}

/* Return: how many messages there are; 0 when anything of them is wrong. */
static unsigned check(int protocol, const uint8_t *at, size_t len)
{
	unsigned n = 0;

	while (len > 0) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)at;

		if (n++ == KERN_TRANSACTION_MAX || len < sizeof(*message) ||
		    message->nlmsg_len < sizeof(*message) || message->nlmsg_len > len ||
		    NLMSG_ALIGN(message->nlmsg_len) > len || !is_allowed(protocol, message))
			return 0;
		len -= NLMSG_ALIGN(message->nlmsg_len);
		at += NLMSG_ALIGN(message->nlmsg_len);
	}
	return n;
}

/* ---- carrying out ---- */

static void set(struct kern_prepared *p, uint32_t setting)
{
	if (setting == p->setting)
		return;
	if (p->setting)
		p->len += kern_address_ops.put_setting(p->batch + p->len, p->setting, false);
	if (setting)
		p->len += kern_address_ops.put_setting(p->batch + p->len, setting, true);
	p->setting = setting;
}

static bool is_gone(int error)
{
	return error == ENOENT || error == ESRCH || error == EADDRNOTAVAIL || error == ENODEV ||
	       error == ENXIO;
}

static void note_error(struct kern_prepared *p, uint32_t i, int error, unsigned *removals_n)
{
	if (i >= p->messages_n || error == 0)
		return;
	*removals_n -= p->removes[i];
	if (is_gone(error)) {
		p->sum.gone_n += p->removes[i];
		return;
	}
	p->sum.failed_n++;
	p->sum.error = error;
}

/* Note the answers in one buffer. */
static void note_answers(struct kern_prepared *p, ssize_t received, unsigned *removals_n)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)p->answers;
	const struct nlmsgerr *answer;
	int len = (int)received;

	for (; kern_object_fits(message, len); message = mnl_nlmsg_next(message, &len)) {
		answer = mnl_nlmsg_get_payload(message);
		if (message->nlmsg_type == NLMSG_ERROR &&
		    mnl_nlmsg_get_payload_len(message) >= sizeof(answer->error))
			note_error(p, message->nlmsg_seq - p->seq, -answer->error, removals_n);
	}
}

/* The kernel carries a batch out within sendto(); its answers are there when it returns. */
static int exchange(struct kern_prepared *p, struct mnl_socket *sock, unsigned *removals_n)
{
	ssize_t received;

	if (mnl_socket_sendto(sock, p->batch, p->len) < 0)
		return -errno;
	for (;;) {
		received =
			recv(mnl_socket_get_fd(sock), p->answers, sizeof(p->answers), MSG_DONTWAIT);
		if (received >= 0)
			note_answers(p, received, removals_n);
		else if (errno == EAGAIN)
			return 0;
		else if (errno != EINTR)
			return -errno;
	}
}

static void carry_out(struct kern_prepared *p)
{
	struct mnl_socket *sock = p->protocol == NETLINK_ROUTE ? p->route : p->netfilter;
	unsigned before = p->sum.failed_n + p->sum.gone_n, removals_n = 0;
	int err;

	if (p->messages_n == 0)
		return;
	set(p, 0);
	for (unsigned i = 0; i < p->messages_n; i++)
		removals_n += p->removes[i];
	err = exchange(p, sock, &removals_n);
	if (err < 0) {
		p->sum.failed_n += removals_n;
		p->sum.error = -err;
	} else if (p->protocol == NETLINK_ROUTE || p->sum.failed_n + p->sum.gone_n == before) {
		p->sum.removed_n += removals_n;
	}
	p->seq += p->messages_n;
	p->messages_n = 0;
	p->len = 0;
}

/* Put the staged messages behind the others, each with its number. */
static void append(struct kern_prepared *p, size_t len)
{
	uint8_t *at = p->batch + p->len;
	size_t left = len;

	memcpy(at, p->staged, len);
	while (left > 0) {
		struct nlmsghdr *message = (struct nlmsghdr *)(void *)at;

		message->nlmsg_flags &= (uint16_t) ~(NLM_F_ACK | NLM_F_ECHO);
		message->nlmsg_flags |= NLM_F_REQUEST;
		message->nlmsg_pid = 0;
		message->nlmsg_seq = p->seq + p->messages_n;
		p->removes[p->messages_n++] = is_removal(p->protocol, message);
		left -= NLMSG_ALIGN(message->nlmsg_len);
		at += NLMSG_ALIGN(message->nlmsg_len);
	}
	p->len += len;
}

/* Whether a transaction can share the batch; one of nftables has its own. */
static bool fits(const struct kern_prepared *p, int protocol, size_t len, unsigned messages_n)
{
	return p->messages_n == 0 || (protocol == NETLINK_ROUTE && p->protocol == NETLINK_ROUTE &&
				      p->messages_n + messages_n <= KERN_TRANSACTION_MAX &&
				      p->len + len + SETTINGS_LEN_MAX <= sizeof(p->batch));
}

void kern_prepared_add(struct kern_prepared *prepared, const struct kern_transaction *transaction)
{
	struct kern_prepared *p = prepared;
	int protocol = transaction->protocol;
	size_t len = transaction->len;
	unsigned n = 0;

	if (len <= sizeof(p->staged) && len % NLMSG_ALIGNTO == 0 &&
	    (protocol == NETLINK_ROUTE || (protocol == NETLINK_NETFILTER && p->netfilter))) {
		memcpy(p->staged, transaction->bytes, len);
		n = check(protocol, p->staged, len);
	}
	if (n == 0) {
		p->sum.refused_n++;
		return;
	}
	if (!fits(p, protocol, len, n))
		carry_out(p);
	p->protocol = protocol;
	set(p, protocol == NETLINK_ROUTE ? transaction->setting : 0);
	append(p, len);
}

struct kern_prepared_sum kern_prepared_flush(struct kern_prepared *prepared)
{
	struct kern_prepared_sum sum;

	carry_out(prepared);
	sum = prepared->sum;
	prepared->sum = (struct kern_prepared_sum){ 0 };
	return sum;
}
