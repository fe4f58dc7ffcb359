/* SPDX-License-Identifier: MIT */
/*
 * Checks by ICMP echo. One raw socket per family, whose filter passes what answers to our
 * identifier alone; an answer counts for the request that it has the nonce of, so that one which
 * comes after its check was given up counts for nothing.
 */
#include "kind.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"

#define PACKETS_MAX    1024 /* received in a turn: more than a socket keeps */
#define PACKET_LEN_MAX 1500
#define SEQUENCES      65536

struct ping {
	uint32_t number;  /* of the engine's checks */
	uint64_t waiting; /* a bit for each address that may yet answer */
	unsigned answers_n;
	uint64_t nonces[CHECK_PARTS_MAX];
	uint16_t seqs[CHECK_PARTS_MAX];
	const char *reasons[CHECK_PARTS_MAX]; /* why it does not; NULL: no answer */
};

_Static_assert(CHECK_PARTS_MAX <= 64, "a bit for each address");
_Static_assert(CHECK_MAX < UINT16_MAX, "the number of a check has 16 bits");

struct side {
	struct check_watch watch; /* a raw socket, opened when it is needed first */
	struct check_engine *engine;
	uint8_t family;
};

struct check_engine {
	struct check_context *context;
	struct side sides[2];  /* IPv4, IPv6 */
	struct check **checks; /* owned; by number; NULL: it is no more */
	uint32_t checks_n;
	uint16_t id, seq;
	uint16_t senders[SEQUENCES]; /* the number of who sent that last, and 1; for refusals */
};

/* ---- what follows from answers ---- */

static unsigned bits_of(uint64_t bits)
{
	return (unsigned)__builtin_popcountll(bits);
}

/* Why the first one of those that did not answer did not. */
static void describe(const struct check *check, char *text, size_t size)
{
	const struct check_ping *config = check->config->ping;
	const struct ping *ping = check->run;
	char name[INET6_ADDRSTRLEN] = "";

	text[0] = '\0';
	for (unsigned i = 0; i < config->addresses_n; i++) {
		const struct check_address *address = &config->addresses[i];
		bool waits = ping->waiting >> i & 1;

		if (!waits && !ping->reasons[i])
			continue;
		(void)inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, name,
				sizeof(name));
		(void)snprintf(text, size, "%s: %s", name, waits ? "no answer" : ping->reasons[i]);
		return;
	}
}

static void answer_bad(struct check *check, enum check_result result)
{
	const struct check_ping *config = check->config->ping;
	struct ping *ping = check->run;
	char text[CHECK_ERROR_SIZE];

	describe(check, text, sizeof(text));
	check_answer(check, result, "%u of %u answer, %u needed; %s", ping->answers_n,
		     config->addresses_n, config->quorum, text);
	ping->waiting = 0;
}

/* As soon as it is decided. */
static void judge(struct check *check)
{
	struct ping *ping = check->run;
	unsigned quorum = check->config->ping->quorum;

	if (ping->answers_n >= quorum) {
		ping->waiting = 0;
		check_answer(check, CHECK_GOOD, NULL);
	} else if (ping->answers_n + bits_of(ping->waiting) < quorum) {
		answer_bad(check, CHECK_BAD);
	}
}

/* ---- receiving ---- */

static bool is_of(const struct check_address *address, uint8_t family, const uint8_t *bytes)
{
	return address->family == family &&
	       memcmp(address->bytes, bytes, family == 4 ? 4 : 16) == 0;
}

static struct check *sender_of(const struct check_engine *engine, const struct echo_heard *heard)
{
	uint32_t number =
		heard->type == ECHO_REPLY ? heard->check : engine->senders[heard->seq] - 1U;
	struct check *check = number < engine->checks_n ? engine->checks[number] : NULL;

	return check && check->asked ? check : NULL;
}

static void take(struct check_engine *engine, uint8_t family, const struct echo_heard *heard)
{
	struct check *check = sender_of(engine, heard);
	struct ping *ping = check ? check->run : NULL;

	for (unsigned i = 0; ping && i < check->config->ping->addresses_n; i++) {
		if (!(ping->waiting >> i & 1) || ping->seqs[i] != heard->seq ||
		    !is_of(&check->config->ping->addresses[i], family, heard->target) ||
		    (heard->type == ECHO_REPLY && ping->nonces[i] != heard->nonce))
			continue;
		ping->waiting &= ~(UINT64_C(1) << i);
		ping->reasons[i] = heard->reason;
		ping->answers_n += heard->type == ECHO_REPLY;
		judge(check);
		return;
	}
}

static void ready(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	struct side *side = watch->self;
	uint8_t bytes[PACKET_LEN_MAX];

	(void)events;
	(void)now_ns;
	for (unsigned i = 0; i < PACKETS_MAX; i++) {
		struct sockaddr_in6 from = { .sin6_family = AF_UNSPEC };
		socklen_t from_len = sizeof(from);
		struct echo_heard heard;
		ssize_t len = recvfrom(watch->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from,
				       &from_len);

		if (len < 0 && errno != EAGAIN && errno != EINTR)
			continue; /* an error that a packet of ours met; it is taken by that */
		if (len < 0)
			return;
		echo_parse(side->family, bytes, (size_t)len, side->engine->id, &heard);
		if (side->family == 6 && heard.type == ECHO_REPLY)
			memcpy(heard.target, &from.sin6_addr, 16);
		if (heard.type != ECHO_NOT_OURS)
			take(side->engine, side->family, &heard);
	}
}

/* ---- sending ---- */

static int set_filter(int fd, uint8_t family, uint16_t id)
{
	struct sock_filter code[ECHO_FILTER_LEN_MAX];
	struct sock_fprog program = { .filter = code };

	program.len = (unsigned short)echo_filter(family, id, code);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

/* It needs CAP_NET_RAW. Return: 0 or -errno. */
static int open_side(struct check_engine *engine, struct side *side)
{
	int family = side->family == 4 ? AF_INET : AF_INET6, err;

	if (side->watch.fd >= 0)
		return 0;
	side->watch.fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
				family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (side->watch.fd < 0)
		return -errno;
	err = set_filter(side->watch.fd, side->family, engine->id);
	if (err == 0)
		err = check_watch(engine->context, &side->watch, EPOLLIN);
	if (err < 0)
		check_unwatch(engine->context, &side->watch);
	return err;
}

union target {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t target_of(const struct check_address *address, unsigned ifindex,
			   union target *ret_target)
{
	memset(ret_target, 0, sizeof(*ret_target));
	if (address->family == 4) {
		ret_target->in.sin_family = AF_INET;
		memcpy(&ret_target->in.sin_addr, address->bytes, 4);
		return sizeof(ret_target->in);
	}
	ret_target->in6.sin6_family = AF_INET6;
	memcpy(&ret_target->in6.sin6_addr, address->bytes, 16);
	if (IN6_IS_ADDR_LINKLOCAL(&ret_target->in6.sin6_addr))
		ret_target->in6.sin6_scope_id = ifindex;
	return sizeof(ret_target->in6);
}

/* The interface of one packet. Return: the control message's length. */
static size_t put_interface(uint8_t family, unsigned ifindex, struct cmsghdr *control)
{
	const struct in_pktinfo info = { .ipi_ifindex = (int)ifindex };
	const struct in6_pktinfo info6 = { .ipi6_ifindex = ifindex };

	if (family == 4) {
		*control = (struct cmsghdr){ CMSG_LEN(sizeof(info)), IPPROTO_IP, IP_PKTINFO };
		memcpy(CMSG_DATA(control), &info, sizeof(info));
		return CMSG_SPACE(sizeof(info));
	}
	*control = (struct cmsghdr){ CMSG_LEN(sizeof(info6)), IPPROTO_IPV6, IPV6_PKTINFO };
	memcpy(CMSG_DATA(control), &info6, sizeof(info6));
	return CMSG_SPACE(sizeof(info6));
}

/* Return: 0 or -errno. */
static int send_to(struct check_engine *engine, const struct check_address *address,
		   unsigned ifindex, const struct echo *echo)
{
	struct side *side = &engine->sides[address->family == 6];
	uint8_t bytes[ECHO_LEN];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = { 0 };
	struct iovec part = { bytes, sizeof(bytes) };
	union target target;
	struct msghdr message = { .msg_name = &target, .msg_iov = &part, .msg_iovlen = 1 };
	int err = open_side(engine, side);

	if (err < 0)
		return err;
	echo_put(address->family, echo, bytes);
	message.msg_namelen = target_of(address, ifindex, &target);
	if (ifindex) {
		message.msg_control = control;
		message.msg_controllen =
			put_interface(address->family, ifindex, (struct cmsghdr *)(void *)control);
	}
	return sendmsg(side->watch.fd, &message, 0) < 0 ? -errno : 0;
}

/* What cannot be sent is not waited for. */
static void send_one(struct check *check, unsigned i, unsigned ifindex)
{
	struct check_engine *engine = check->engine;
	struct ping *ping = check->run;
	struct echo echo = { .id = engine->id,
			     .seq = engine->seq++,
			     .check = ping->number,
			     .nonce = ping->nonces[i] };
	int err;

	ping->seqs[i] = echo.seq;
	ping->reasons[i] = NULL;
	ping->waiting |= UINT64_C(1) << i;
	engine->senders[echo.seq] = (uint16_t)(ping->number + 1);
	err = send_to(engine, &check->config->ping->addresses[i], ifindex, &echo);
	if (err == 0)
		return;
	ping->waiting &= ~(UINT64_C(1) << i);
	ping->reasons[i] = strerrordesc_np(-err);
}

static void ask(struct check *check, int64_t now_ns)
{
	const struct check_ping *config = check->config->ping;
	struct ping *ping = check->run;
	unsigned ifindex = config->interface[0] ? if_nametoindex(config->interface) : 0;

	(void)now_ns;
	if (config->interface[0] && !ifindex) {
		check_answer_errno(check, config->interface, errno);
		return;
	}
	if (getrandom(ping->nonces, config->addresses_n * sizeof(ping->nonces[0]), GRND_NONBLOCK) <
	    0) {
		check_answer_errno(check, "getrandom", errno);
		return;
	}
	ping->waiting = 0;
	ping->answers_n = 0;
	for (unsigned i = 0; i < config->addresses_n; i++)
		send_one(check, i, ifindex);
	judge(check);
}

static void give_up(struct check *check, int64_t now_ns)
{
	(void)now_ns;
	answer_bad(check, CHECK_TIMED_OUT);
}

/* ---- the kind ---- */

static int open_engine(struct check_context *context, struct check_engine **ret_engine)
{
	struct check_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return -ENOMEM;
	engine->context = context;
	for (unsigned i = 0; i < 2; i++) {
		struct side *side = &engine->sides[i];

		*side = (struct side){ .engine = engine, .family = i ? 6 : 4 };
		side->watch = (struct check_watch){ .fd = -1, .ready = ready, .self = side };
	}
	if (getrandom(&engine->id, sizeof(engine->id), GRND_NONBLOCK) < 0)
		engine->id = (uint16_t)getpid();
	*ret_engine = engine;
	return 0;
}

static void close_engine(struct check_engine *engine)
{
	for (unsigned i = 0; i < 2; i++)
		check_unwatch(engine->context, &engine->sides[i].watch);
	free(engine->checks);
	free(engine);
}

static int add(struct check *check)
{
	struct check_engine *engine = check->engine;
	struct ping *ping = check->run;
	struct check **checks = reallocarray(engine->checks, engine->checks_n + 1, sizeof(*checks));

	if (!checks)
		return -ENOMEM;
	engine->checks = checks;
	ping->number = engine->checks_n++;
	checks[ping->number] = check;
	return 0;
}

static void remove_check(struct check *check)
{
	const struct ping *ping = check->run;
	struct check_engine *engine = check->engine;

	if (ping->number < engine->checks_n && engine->checks[ping->number] == check)
		engine->checks[ping->number] = NULL;
}

const struct check_kind check_ping_kind = {
	.run_size = sizeof(struct ping),
	.open = open_engine,
	.close = close_engine,
	.add = add,
	.remove = remove_check,
	.ask = ask,
	.give_up = give_up,
};
