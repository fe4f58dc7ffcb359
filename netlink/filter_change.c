/* SPDX-License-Identifier: MIT */
#include "filter_change.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "filter_table.h"
#include "nft.h"
#include "object.h"

/* Each time those that were refused stay out; the kernel finds all of them at once, mostly. */
#define ATTEMPTS_MAX 4

/* The sequence numbers of a transaction: its begin, what makes tables, by action, its changes. */
enum {
	SEQ_BEGIN,
	SEQ_TABLES,
	SEQ_CHANGES = SEQ_TABLES + KERN_FILTER_ACTION_COUNT,
};

struct kern_filter_changer {
	int fd;
	bool owns_fd;
	bool ready[KERN_FILTER_ACTION_COUNT]; /* there, and of this socket */
	uint32_t seq;                         /* of the next transaction */
	int error;                            /* of this one's begin, or of a table made ahead */
	_Alignas(struct nlmsghdr) char request
		[2 * KERN_NFT_EDGE_LEN + KERN_FILTER_ACTION_COUNT * KERN_FILTER_TABLE_LEN_MAX +
		 KERN_FILTER_CHANGES_MAX * KERN_FILTER_ELEMENT_LEN_MAX];
	_Alignas(struct nlmsghdr) char answers[8 << 10];
};

int kern_filter_socket(void)
{
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	int size = 1 << 20;
	int on = 1;
	int err;

	if (fd < 0)
		return -errno;
	/* An answer need not repeat the request. A transaction is one message to the kernel. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

bool kern_filter_is_socket(int fd)
{
	int domain, protocol;
	socklen_t len = sizeof(int);

	return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       domain == AF_NETLINK &&
	       getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 &&
	       protocol == NETLINK_NETFILTER;
}

int kern_filter_changer_open(int fd, struct kern_filter_changer **ret_changer)
{
	struct kern_filter_changer *changer = calloc(1, sizeof(*changer));

	if (!changer)
		return -ENOMEM;
	changer->owns_fd = fd < 0;
	changer->fd = fd < 0 ? kern_filter_socket() : fd;
	changer->seq = 1;
	if (changer->fd < 0) {
		int err = changer->fd;

		free(changer);
		return err;
	}
	*ret_changer = changer;
	return 0;
}

void kern_filter_changer_close(struct kern_filter_changer *changer)
{
	if (!changer)
		return;
	if (changer->owns_fd)
		close(changer->fd);
	free(changer);
}

/* ---- the exchange ---- */

typedef void (*answer_fn)(struct kern_filter_changer *changer, const struct nlmsghdr *message,
			  void *arg);

static ssize_t receive(struct kern_filter_changer *changer)
{
	ssize_t len;

	do
		len = recv(changer->fd, changer->answers, sizeof(changer->answers), MSG_DONTWAIT);
	while (len < 0 && errno == EINTR);
	return len;
}

/* What a process that is no more did not read; and that the kernel could not put there. */
static void drain(struct kern_filter_changer *changer)
{
	while (receive(changer) >= 0 || errno == ENOBUFS)
		;
}

/* The kernel has answered when sendto() returns: all that can be read is all there is. */
static int exchange(struct kern_filter_changer *changer, const char *end, answer_fn each, void *arg)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const struct nlmsghdr *message;
	ssize_t received;

	drain(changer);
	if (sendto(changer->fd, changer->request, (size_t)(end - changer->request), 0,
		   (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	while ((received = receive(changer)) > 0) {
		int len = (int)received;

		message = (const struct nlmsghdr *)changer->answers;
		for (; kern_object_fits(message, len); message = mnl_nlmsg_next(message, &len))
			each(changer, message, arg);
	}
	return received < 0 && errno != EAGAIN ? -errno : 0;
}

/* Return: whether a message is the kernel's word on a request. */
static bool is_answer(const struct nlmsghdr *message, int *ret_error)
{
	const struct nlmsgerr *answer;

	if (message->nlmsg_type != NLMSG_ERROR ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(answer->error))
		return false;
	answer = mnl_nlmsg_get_payload(message);
	*ret_error = answer->error;
	return true;
}

/* ---- whose a table is ---- */

struct owner {
	int error; /* -ENOENT: there is no such table */
	uint32_t port;
};

static void note_owner(struct kern_filter_changer *changer, const struct nlmsghdr *message,
		       void *arg)
{
	const struct nlattr *attribute;
	struct owner *owner = arg;

	(void)changer;
	if (is_answer(message, &owner->error) ||
	    message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE))
		return;
	mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) == NFTA_TABLE_OWNER &&
		    mnl_attr_get_payload_len(attribute) == sizeof(owner->port))
			owner->port = ntohl(mnl_attr_get_u32(attribute));
	}
}

static uint32_t port_of(int fd)
{
	struct sockaddr_nl self = { 0 };
	socklen_t len = sizeof(self);

	return getsockname(fd, (struct sockaddr *)&self, &len) == 0 ? self.nl_pid : 0;
}

/* Return: 0: nobody's; 1: ours; -ENOENT: there is none; -EADDRINUSE; or another -errno. */
static int find_table(struct kern_filter_changer *changer, enum kern_filter_action action)
{
	struct nlmsghdr *message = kern_nft_put(changer->request, NFT_MSG_GETTABLE, NLM_F_ACK,
						kern_filter_family(action), changer->seq++);
	struct owner owner = { 0 };
	int err;

	mnl_attr_put_strz(message, NFTA_TABLE_NAME, KERN_FILTER_TABLE);
	err = exchange(changer, changer->request + message->nlmsg_len, note_owner, &owner);
	if (err < 0 || owner.error < 0)
		return err < 0 ? err : owner.error;
	if (owner.port == 0)
		return 0;
	return owner.port == port_of(changer->fd) ? 1 : -EADDRINUSE;
}

/* ---- a transaction ---- */

struct batch {
	struct kern_change *changes;
	unsigned n;
	bool make[KERN_FILTER_ACTION_COUNT], replace[KERN_FILTER_ACTION_COUNT];
	unsigned refused_n; /* of this attempt */
	bool complete;      /* the last one was answered */
};

static enum kern_filter_action action_of(const struct kern_change *change)
{
	return (enum kern_filter_action)change->entry.filter.action;
}

static bool is_pending(const struct kern_change *change)
{
	return change->result == -EINPROGRESS;
}

/* The table of an action cannot be had: changes of others do not go without theirs for that. */
static void refuse(struct batch *batch, enum kern_filter_action action, int error)
{
	for (unsigned i = 0; i < batch->n; i++)
		if (is_pending(&batch->changes[i]) && action_of(&batch->changes[i]) == action)
			batch->changes[i].result = error;
	batch->make[action] = false;
	batch->refused_n++;
}

/* Which tables are to be made. */
static void prepare(struct kern_filter_changer *changer, struct batch *batch)
{
	for (unsigned i = 0; i < batch->n; i++) {
		enum kern_filter_action action = action_of(&batch->changes[i]);
		int found;

		if (!is_pending(&batch->changes[i]) || !batch->changes[i].add ||
		    changer->ready[action] || batch->make[action])
			continue;
		found = find_table(changer, action);
		if (found < 0 && found != -ENOENT) {
			refuse(batch, action, found);
			continue;
		}
		changer->ready[action] = found == 1;
		batch->make[action] = found != 1;
		batch->replace[action] = found == 0;
	}
}

static char *put_batch(struct kern_filter_changer *changer, struct batch *batch)
{
	uint32_t first = changer->seq + SEQ_CHANGES;
	struct nlmsghdr *last = NULL;
	char *at = changer->request;

	at += kern_nft_put_edge(at, NFNL_MSG_BATCH_BEGIN, changer->seq + SEQ_BEGIN);
	for (unsigned i = 0; i < KERN_FILTER_ACTION_COUNT; i++)
		if (batch->make[i])
			at += kern_filter_table_put(at, (enum kern_filter_action)i,
						    KERN_FILTER_TABLE, batch->replace[i],
						    changer->seq + SEQ_TABLES + i);
	for (unsigned i = 0; i < batch->n; i++) {
		if (!is_pending(&batch->changes[i]))
			continue;
		last = (struct nlmsghdr *)(void *)at;
		at += kern_filter_ops.put(at, &batch->changes[i], first + i);
	}
	if (!last)
		return NULL;
	last->nlmsg_flags |= NLM_F_ACK;
	return at + kern_nft_put_edge(at, NFNL_MSG_BATCH_END, changer->seq + SEQ_BEGIN);
}

static void note_answer(struct kern_filter_changer *changer, const struct nlmsghdr *message,
			void *arg)
{
	uint32_t place = message->nlmsg_seq - changer->seq;
	struct batch *batch = arg;
	int error;

	if (!is_answer(message, &error))
		return;
	if (place == SEQ_BEGIN && error && !changer->error)
		changer->error = error;
	if (place >= SEQ_TABLES && place < SEQ_CHANGES && error)
		refuse(batch, (enum kern_filter_action)(place - SEQ_TABLES), error);
	if (place < SEQ_CHANGES || place - SEQ_CHANGES >= batch->n)
		return;
	batch->complete |= error == 0; /* asked of the last one alone */
	if (error && is_pending(&batch->changes[place - SEQ_CHANGES])) {
		batch->changes[place - SEQ_CHANGES].result = error;
		batch->refused_n++;
	}
}

/* Return: what became of those that nothing else was said of: 0, -EAGAIN: try without the others;
 * or -errno; *ret_lost: of the exchange itself. */
static int attempt(struct kern_filter_changer *changer, struct batch *batch, bool *ret_lost)
{
	char *end = put_batch(changer, batch);
	int err;

	if (!end)
		return 0;
	changer->error = 0;
	batch->refused_n = 0;
	batch->complete = false;
	err = exchange(changer, end, note_answer, batch);
	changer->seq += SEQ_CHANGES + batch->n;
	if (changer->error)
		return changer->error;
	if (batch->refused_n)
		return -EAGAIN;
	if (err < 0 || !batch->complete) {
		*ret_lost = true;
		return err < 0 ? err : -ENOBUFS;
	}
	for (unsigned i = 0; i < KERN_FILTER_ACTION_COUNT; i++)
		changer->ready[i] |= batch->make[i];
	return 0;
}

static void note_error(struct kern_filter_changer *changer, const struct nlmsghdr *message,
		       void *arg)
{
	int error;

	(void)arg;
	if (is_answer(message, &error) && error && !changer->error)
		changer->error = error;
}

int kern_filter_changer_prepare(struct kern_filter_changer *changer, enum kern_filter_action action)
{
	struct kern_change change = { .add = true,
				      .result = -EINPROGRESS,
				      .entry.filter.action = action };
	struct batch batch = { .changes = &change, .n = 1 };
	char *at = changer->request;
	int err;

	prepare(changer, &batch);
	if (!batch.make[action])
		return is_pending(&change) ? 0 : change.result;
	at += kern_nft_put_edge(at, NFNL_MSG_BATCH_BEGIN, changer->seq);
	at += kern_filter_table_put(at, action, KERN_FILTER_TABLE, batch.replace[action],
				    changer->seq);
	at += kern_nft_put_edge(at, NFNL_MSG_BATCH_END, changer->seq++);
	changer->error = 0;
	err = exchange(changer, at, note_error, NULL);
	if (err == 0)
		err = changer->error;
	changer->ready[action] = err == 0;
	return err;
}

static void settle(struct batch *batch, int result)
{
	for (unsigned i = 0; i < batch->n; i++) {
		struct kern_change *change = &batch->changes[i];

		if (is_pending(change))
			change->result = result;
		change->marked = change->add && change->result == 0;
	}
}

static int apply_batch(struct kern_filter_changer *changer, struct kern_change *changes, unsigned n)
{
	struct batch batch = { .changes = changes, .n = n };
	bool lost = false;
	int err = -EAGAIN;

	for (unsigned i = 0; i < n; i++)
		changes[i].result = -EINPROGRESS;
	prepare(changer, &batch);
	for (unsigned i = 0; i < ATTEMPTS_MAX && err == -EAGAIN; i++)
		err = attempt(changer, &batch, &lost);
	settle(&batch, lost ? -EINPROGRESS : err == -EAGAIN ? -ECANCELED : err);
	return lost ? err : 0;
}

int kern_filter_changer_apply(struct kern_filter_changer *changer, struct kern_change *changes,
			      unsigned changes_n)
{
	unsigned n;
	int err;
	int ret = 0;

	for (unsigned done = 0; done < changes_n; done += n) {
		n = changes_n - done < KERN_FILTER_CHANGES_MAX ? changes_n - done
							       : KERN_FILTER_CHANGES_MAX;
		err = apply_batch(changer, changes + done, n);
		if (err < 0)
			ret = err;
	}
	return ret;
}

/* ---- whether it can be done ---- */

int kern_filter_probe(enum kern_filter_action action)
{
	struct kern_filter_changer *changer;
	char *at;
	int err = kern_filter_changer_open(-1, &changer);

	if (err < 0)
		return err;
	at = changer->request;
	at += kern_nft_put_edge(at, NFNL_MSG_BATCH_BEGIN, changer->seq);
	at += kern_filter_table_put(at, action, KERN_FILTER_TABLE "_probe", false, changer->seq);
	err = exchange(changer, at, note_error, NULL);
	if (err == 0)
		err = changer->error;
	kern_filter_changer_close(changer);
	return err;
}
