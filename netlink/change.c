/* SPDX-License-Identifier: MIT */
#include "change.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "filter_change.h"
#include "object.h"

struct kern_changer {
	struct mnl_socket *sock;
	uint32_t seq; /* of the next change; never 0, which is that of settings */
	bool marks;   /* the kernel has shown a mark, so it keeps them */
	int lent_fd;  /* for what belongs to a socket; -1: none */
	struct kern_filter_changer *filters; /* owned; NULL before it is needed */
	_Alignas(struct nlmsghdr) char send_buf[KERN_BATCH_MAX *
						(KERN_CHANGE_LEN_MAX + 2 * KERN_SETTING_LEN_MAX)];
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
	changer->lent_fd = -1;
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
	kern_filter_changer_close(changer->filters);
	mnl_socket_close(changer->sock);
	free(changer);
}

static int open_filters(struct kern_changer *changer)
{
	return changer->filters ? 0 : kern_filter_changer_open(changer->lent_fd, &changer->filters);
}

int kern_changer_lend(struct kern_changer *changer, int fd, bool soon)
{
	changer->lent_fd = kern_filter_is_socket(fd) ? fd : -1;
	return soon ? open_filters(changer) : 0;
}

int kern_changer_prepare(struct kern_changer *changer, enum kern_filter_action action)
{
	int err = open_filters(changer);

	return err < 0 ? err : kern_filter_changer_prepare(changer->filters, action);
}

uint32_t kern_changer_port(const struct kern_changer *changer)
{
	return mnl_socket_get_portid(changer->sock);
}

static unsigned setting_of(const struct kern_change *change)
{
	const struct kern_ops *ops = kern_kinds[change->kind];

	return ops->setting ? ops->setting(change) : 0;
}

/* Whether two neighbours in a batch need no change of setting between them. */
static bool same_setting(const struct kern_change *a, const struct kern_change *b)
{
	return a->kind == b->kind && setting_of(a) == setting_of(b);
}

/* Of the messages of one change the last one whose answer matters. */
static struct nlmsghdr *last_of(struct nlmsghdr *message, const char *end)
{
	struct nlmsghdr *last = message;
	int len = (int)(end - (char *)message);

	for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len))
		if (message->nlmsg_seq)
			last = message;
	return last;
}

static size_t put_batch(char *buf, struct kern_change *batch, uint32_t batch_n, uint32_t first_seq,
			bool ask_mark)
{
	size_t len = 0;

	for (uint32_t i = 0; i < batch_n; i++) {
		struct kern_change *change = &batch[i];
		const struct kern_ops *ops = kern_kinds[change->kind];
		unsigned setting = setting_of(change);
		struct nlmsghdr *message;

		change->result = -EINPROGRESS;
		change->marked = false;
		if (setting && (i == 0 || !same_setting(change - 1, change)))
			len += ops->put_setting(buf + len, setting, true);
		message = (struct nlmsghdr *)(void *)(buf + len);
		len += ops->put(message, change, first_seq + i);
		if (i == batch_n - 1)
			last_of(message, buf + len)->nlmsg_flags |= NLM_F_ACK;
		if (change->add && ops->echoes && ask_mark) {
			message->nlmsg_flags |= NLM_F_ECHO;
			ask_mark = false;
		}
		if (setting && (i == batch_n - 1 || !same_setting(change, change + 1)))
			len += ops->put_setting(buf + len, setting, false);
	}
	return len;
}

/* The echo of an addition shows whether the kernel keeps marks. */
static void note_echo(struct kern_changer *changer, const struct nlmsghdr *message,
		      struct kern_change *change)
{
	const struct kern_ops *ops = kern_kinds[change->kind];
	union kern_entry entry;

	if (message->nlmsg_type != ops->new_type || !ops->parse(message, &entry))
		return;
	change->marked = ops->is_marked(&entry);
	changer->marks |= change->marked;
}

/* Note the answers in one buffer. Return: whether the last change's answer was among them. */
static bool note_answers(struct kern_changer *changer, ssize_t received, struct kern_change *batch,
			 uint32_t batch_n, uint32_t first_seq)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)changer->receive_buf;
	const struct nlmsgerr *answer;
	bool complete = false;
	int len = (int)received;
	uint32_t i;

	for (; kern_object_fits(message, len); message = mnl_nlmsg_next(message, &len)) {
		i = message->nlmsg_seq - first_seq;
		if (i >= batch_n)
			continue;
		if (message->nlmsg_type != NLMSG_ERROR) {
			note_echo(changer, message, &batch[i]);
			continue;
		}
		if (mnl_nlmsg_get_payload_len(message) < sizeof(answer->error))
			continue;
		answer = mnl_nlmsg_get_payload(message);
		if (batch[i].result == -EINPROGRESS)
			batch[i].result = answer->error; /* of several, the first says why */
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
	size_t len = put_batch(changer->send_buf, batch, batch_n, first_seq, !changer->marks);
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
	for (uint32_t i = 0; i < batch_n; i++) {
		if (batch[i].result == -EINPROGRESS)
			batch[i].result = 0;
		if (batch[i].result == 0 && batch[i].add && !kern_kinds[batch[i].kind]->echoes)
			batch[i].marked = true;
	}
	return 0;
}

static int apply_filters(struct kern_changer *changer, struct kern_change *changes, unsigned n)
{
	int err = open_filters(changer);

	for (unsigned i = 0; i < n && err < 0; i++)
		changes[i].result = err;
	return err < 0 ? 0 : kern_filter_changer_apply(changer->filters, changes, n);
}

/* How many changes from the first one on go the same way. */
static unsigned run_len(const struct kern_change *changes, unsigned changes_n, bool filters)
{
	unsigned n = 1;

	while (n < changes_n && (filters || n < KERN_BATCH_MAX) &&
	       (changes[n].kind == KERN_KIND_FILTER) == filters)
		n++;
	return n;
}

int kern_changer_apply(struct kern_changer *changer, struct kern_change *changes,
		       unsigned changes_n)
{
	unsigned n;
	int err;
	int ret = 0;

	for (unsigned done = 0; done < changes_n; done += n) {
		bool filters = changes[done].kind == KERN_KIND_FILTER;

		n = run_len(changes + done, changes_n - done, filters);
		err = filters ? apply_filters(changer, changes + done, n)
			      : apply_batch(changer, changes + done, n);
		if (err < 0)
			ret = err;
	}
	return ret;
}
