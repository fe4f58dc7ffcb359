/* SPDX-License-Identifier: MIT */
#include "change.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#define IFA_PROTO_ATTRIBUTE 11
#define SETTING_LEN         48 /* bytes of one change of a link's setting */
#define CHANGE_LEN_MAX      96 /* bytes of one change: headers, addresses, mark, lifetime */

struct kern_changer {
	struct mnl_socket *sock;
	uint32_t seq; /* of the next change; never 0, which is that of settings */
	_Alignas(
		struct nlmsghdr) char send_buf[KERN_BATCH_MAX * (CHANGE_LEN_MAX + 2 * SETTING_LEN)];
	_Alignas(struct nlmsghdr) char receive_buf[32 << 10];
};

/*
 * Whether we may change addresses at all: the kernel checks the right before it looks at what is
 * asked, and there is no link 0. Better now than as an Active router without its addresses.
 */
static int probe_right(struct kern_changer *changer)
{
	struct kern_change nothing = { .address = { .family = 4, .prefix_len = 32 } };
	int err = kern_changer_apply(changer, &nothing, 1);

	if (err < 0)
		return err;
	return nothing.result == -EPERM ? -EPERM : 0;
}

int kern_changer_open(struct kern_changer **ret_changer)
{
	struct kern_changer *changer = calloc(1, sizeof(*changer));
	int on = 1;
	int err;

	if (!changer)
		return -ENOMEM;
	changer->seq = 1;
	changer->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!changer->sock) {
		err = -errno;
		goto free_changer;
	}
	/* An answer need not repeat the request; older kernels just send more. */
	(void)mnl_socket_setsockopt(changer->sock, NETLINK_CAP_ACK, &on, sizeof(on));
	if (mnl_socket_bind(changer->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		goto close_sock;
	}
	err = probe_right(changer);
	if (err < 0)
		goto close_sock;
	*ret_changer = changer;
	return 0;

close_sock:
	mnl_socket_close(changer->sock);
free_changer:
	free(changer);
	return err;
}

void kern_changer_close(struct kern_changer *changer)
{
	if (!changer)
		return;
	mnl_socket_close(changer->sock);
	free(changer);
}

uint32_t kern_changer_port(const struct kern_changer *changer)
{
	return mnl_socket_get_portid(changer->sock);
}

static size_t put_change(char *buf, const struct kern_change *change, uint32_t seq, bool last)
{
	uint32_t lifetime_s = change->lifetime_s ? change->lifetime_s : UINT32_MAX;
	const struct ifa_cacheinfo life = { .ifa_prefered = lifetime_s, .ifa_valid = lifetime_s };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *header;

	message->nlmsg_type = change->add ? RTM_NEWADDR : RTM_DELADDR;
	message->nlmsg_flags = NLM_F_REQUEST;
	if (change->add)
		message->nlmsg_flags |= NLM_F_CREATE | (change->renew ? NLM_F_REPLACE : NLM_F_EXCL);
	if (last)
		message->nlmsg_flags |= NLM_F_ACK;
	message->nlmsg_seq = seq;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifa_family = AF_INET;
	header->ifa_prefixlen = change->address.prefix_len;
	header->ifa_scope = RT_SCOPE_UNIVERSE;
	header->ifa_index = (unsigned)change->address.ifindex;
	mnl_attr_put(message, IFA_LOCAL, 4, change->address.bytes);
	mnl_attr_put(message, IFA_ADDRESS, 4, change->address.bytes);
	if (change->add)
		mnl_attr_put_u8(message, IFA_PROTO_ATTRIBUTE, KERN_ADDRESS_MARK);
	/* Replacing a lease by none takes an explicit "for ever". */
	if (change->add && (change->lifetime_s || change->renew))
		mnl_attr_put(message, IFA_CACHEINFO, sizeof(life), &life);
	return message->nlmsg_len;
}

/*
 * When the first address of a subnet goes, the kernel takes the others along, whoever added them,
 * unless the link promotes them. So it does for the length of a removal, and is left as it was:
 * all of it is one message to the kernel, which nothing interrupts.
 */
static size_t put_promotion(char *buf, int ifindex, bool on)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct nlattr *spec, *family, *setting;
	struct ifinfomsg *header;

	message->nlmsg_type = RTM_SETLINK;
	message->nlmsg_flags = NLM_F_REQUEST;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifi_family = AF_UNSPEC;
	header->ifi_index = ifindex;
	spec = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	family = mnl_attr_nest_start(message, AF_INET);
	setting = mnl_attr_nest_start(message, IFLA_INET_CONF);
	mnl_attr_put_u32(message, IPV4_DEVCONF_PROMOTE_SECONDARIES, on);
	mnl_attr_nest_end(message, setting);
	mnl_attr_nest_end(message, family);
	mnl_attr_nest_end(message, spec);
	return message->nlmsg_len;
}

static bool spares_others(const struct kern_change *change)
{
	return !change->add && change->promote;
}

/* Whether two neighbours in a batch need no change of setting between them. */
static bool same_setting(const struct kern_change *a, const struct kern_change *b)
{
	return spares_others(a) && spares_others(b) && a->address.ifindex == b->address.ifindex;
}

static size_t put_batch(char *buf, struct kern_change *batch, uint32_t batch_n, uint32_t first_seq)
{
	size_t len = 0;

	for (uint32_t i = 0; i < batch_n; i++) {
		struct kern_change *change = &batch[i];

		change->result = -EINPROGRESS;
		if (spares_others(change) && (i == 0 || !same_setting(change - 1, change)))
			len += put_promotion(buf + len, change->address.ifindex, true);
		len += put_change(buf + len, change, first_seq + i, i == batch_n - 1);
		if (spares_others(change) &&
		    (i == batch_n - 1 || !same_setting(change, change + 1)))
			len += put_promotion(buf + len, change->address.ifindex, false);
	}
	return len;
}

/* Note the answers in one buffer. Return: whether the last change's answer was among them. */
static bool note_answers(const struct kern_changer *changer, ssize_t received,
			 struct kern_change *batch, uint32_t batch_n, uint32_t first_seq)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)changer->receive_buf;
	const struct nlmsgerr *answer;
	bool complete = false;
	int len = (int)received;
	uint32_t i;

	for (; kern_object_fits(message, len); message = mnl_nlmsg_next(message, &len)) {
		i = message->nlmsg_seq - first_seq;
		if (message->nlmsg_type != NLMSG_ERROR || i >= batch_n ||
		    mnl_nlmsg_get_payload_len(message) < sizeof(answer->error))
			continue;
		answer = mnl_nlmsg_get_payload(message);
		batch[i].result = answer->error;
		if (i == batch_n - 1)
			complete = true;
	}
	return complete;
}

/* The kernel carries a batch out within sendto(); its answers are there when it returns. */
static int apply_batch(struct kern_changer *changer, struct kern_change *batch, uint32_t batch_n)
{
	uint32_t first_seq = changer->seq;
	bool complete = false;
	size_t len = put_batch(changer->send_buf, batch, batch_n, first_seq);
	ssize_t received;

	changer->seq += batch_n;
	if (mnl_socket_sendto(changer->sock, changer->send_buf, len) < 0)
		return -errno;
	while (!complete) {
		received = recv(mnl_socket_get_fd(changer->sock), changer->receive_buf,
				sizeof(changer->receive_buf), MSG_DONTWAIT);
		if (received < 0 && errno == EINTR)
			continue;
		if (received < 0)
			return -errno;
		complete = note_answers(changer, received, batch, batch_n, first_seq);
	}
	/* Success is silence, but for the last one. */
	for (uint32_t i = 0; i < batch_n; i++)
		if (batch[i].result == -EINPROGRESS)
			batch[i].result = 0;
	return 0;
}

int kern_changer_apply(struct kern_changer *changer, struct kern_change *changes,
		       unsigned changes_n)
{
	unsigned n;
	int err;
	int ret = 0;

	for (unsigned done = 0; done < changes_n; done += n) {
		n = changes_n - done < KERN_BATCH_MAX ? changes_n - done : KERN_BATCH_MAX;
		err = apply_batch(changer, changes + done, n);
		if (err < 0)
			ret = err;
	}
	return ret;
}
