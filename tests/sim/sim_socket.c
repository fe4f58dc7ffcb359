/* SPDX-License-Identifier: MIT */
#include "sim_socket.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "sim.h"

#define FD_BASE    (1 << 24) /* of memberships: no descriptor of this process is so high */
#define IP_LEN     20
#define OPTION_LEN 4
#define FRAME_MIN  46 /* behind the Ethernet header */

/* ---- netlink/receive.h ---- */

int __wrap_kern_receiver_open(unsigned family, enum kern_receiver_kind kind, int protocol,
			      const struct kern_vrids *vrids, struct kern_receiver **ret_receiver);
void __wrap_kern_receiver_close(struct kern_receiver *receiver);
int __wrap_kern_receiver_fd(const struct kern_receiver *receiver);
int __wrap_kern_receiver_dispatch(struct kern_receiver *receiver, int64_t until_ns,
				  kern_packet_fn each, void *arg, uint32_t *ret_dropped);
int __wrap_kern_group_join(unsigned family, int ifindex, const uint8_t *group, int *ret_fd);

int __wrap_kern_receiver_open(unsigned family, enum kern_receiver_kind kind, int protocol,
			      const struct kern_vrids *vrids, struct kern_receiver **ret_receiver)
{
	struct sim_process *process = process_running();
	struct kern_receiver *receiver = &process->receivers[kind];

	assert(family == 4 && protocol == VRRP_PROTOCOL);
	receiver->process = process;
	receiver->open = true;
	receiver->vrids = *vrids;
	receiver->dropped = 0;
	receiver->first = receiver->n = 0;
	*ret_receiver = receiver;
	return 0;
}

void __wrap_kern_receiver_close(struct kern_receiver *receiver)
{
	if (receiver)
		receiver->open = false;
}

int __wrap_kern_receiver_fd(const struct kern_receiver *receiver)
{
	(void)receiver;
	return -1;
}

/* What the filter of netlink/receive.c lets through to the reader. */
static bool can_be_advert(const struct kern_vrids *vrids, const struct sim_packet *packet)
{
	unsigned header = (packet->bytes[0] & 0x0fu) * 4, vrid;

	if (packet->len < header + VRRP_HEADER_LEN || packet->bytes[8] != 255)
		return false;
	vrid = packet->bytes[header + 1];
	return vrids->words[vrid / 32] >> vrid % 32 & 1;
}

/* Return: whether the reader of @process will see it. */
static bool queue(struct sim *sim, struct sim_process *process, unsigned slot, int64_t at_ns)
{
	struct sim_packet *packet = &sim->net.packets[slot];
	bool advert = can_be_advert(&process->receivers[KERN_RECEIVER_READER].vrids, packet);
	struct kern_receiver *receiver =
		&process->receivers[advert ? KERN_RECEIVER_READER : KERN_RECEIVER_STRAYS];
	unsigned last;

	if (!process->exists || !receiver->open)
		return false;
	if (receiver->n == sim->routers[process->router].queue_max) {
		receiver->dropped++;
		return false;
	}
	packet->refs++;
	last = (receiver->first + receiver->n++) % SIM_QUEUE_MAX;
	receiver->queue[last].slot = (uint16_t)slot;
	receiver->queue[last].ifindex = sim->routers[process->router].kernel.link.ifindex;
	receiver->queue[last].at_ns = at_ns;
	if (advert)
		process_wake(sim, process);
	return true;
}

/* Some process of the host is a member of the group on its interface. */
static bool is_member(const struct sim_kernel *kernel)
{
	for (unsigned n = 0; n < SIM_MEMBERS_MAX; n++)
		if (kernel->members[n] == kernel->link.ifindex)
			return true;
	return false;
}

void socket_deliver(struct sim *sim, unsigned slot, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	const struct sim_process *speaker = keeper_speaker(sim, i);
	bool listens = kernel_can_talk(&r->kernel) && is_member(&r->kernel);
	bool heard = false;
	/* Two moments are never the same; what comes after a turn is later than it. */
	int64_t at_ns = gateway_local_ns(sim, r);

	if (at_ns <= r->turn_ns)
		at_ns = r->turn_ns + 1;
	for (unsigned n = 0; n < SIM_PROCESSES_MAX && listens; n++) {
		struct sim_process *process = &sim->processes[i][n];
		bool queued = queue(sim, process, slot, at_ns);

		heard |= queued && (!speaker || process == speaker);
	}
	if (heard)
		check_arrival(sim, i, &sim->net.packets[slot], at_ns);
	else
		net_mark_lost(sim, &sim->net.packets[slot], i);
}

unsigned socket_waiting(const struct sim_process *process)
{
	return process->receivers[KERN_RECEIVER_READER].n;
}

/* Take the first one out of a queue. Return: where it was; its slot is to be released. */
static unsigned take(struct kern_receiver *receiver)
{
	unsigned first = receiver->first;

	receiver->first = (first + 1) % SIM_QUEUE_MAX;
	receiver->n--;
	return first;
}

bool socket_drop_all(struct sim_process *process, bool lost)
{
	struct sim *sim = process->sim;
	bool some = false;

	for (unsigned kind = 0; kind < 2; kind++) {
		struct kern_receiver *receiver = &process->receivers[kind];

		while (receiver->n) {
			unsigned slot = receiver->queue[take(receiver)].slot;

			some |= kind == KERN_RECEIVER_READER;
			if (lost)
				net_mark_lost(sim, &sim->net.packets[slot], process->router);
			net_release(sim, slot);
		}
	}
	return some;
}

int __wrap_kern_receiver_dispatch(struct kern_receiver *receiver, int64_t until_ns,
				  kern_packet_fn each, void *arg, uint32_t *ret_dropped)
{
	struct sim_process *process = receiver->process;
	struct sim *sim = process->sim;
	bool more = true;
	int n = 0;

	for (; receiver->n && more; n++) {
		unsigned at = take(receiver), slot = receiver->queue[at].slot;
		const struct sim_packet *sent = &sim->net.packets[slot];
		struct kern_packet packet = { .ifindex = receiver->queue[at].ifindex,
					      .arrival_ns =
						      gateway_real_at(receiver->queue[at].at_ns) };

		kern_packet_ip4(sent->bytes, sent->len, &packet);
		more = packet.arrival_ns <= until_ns;
		check_read_begin(sim, process, slot, &packet);
		each(&packet, arg);
		check_read_end(sim, process);
		net_release(sim, slot);
	}
	*ret_dropped = receiver->dropped;
	if (receiver->dropped && receiver == &process->receivers[KERN_RECEIVER_READER])
		check_missed(sim, process->router);
	receiver->dropped = 0;
	return n;
}

int __wrap_kern_group_join(unsigned family, int ifindex, const uint8_t *group, int *ret_fd)
{
	const struct sim_process *process = process_running();
	struct sim_kernel *kernel = &process->sim->routers[process->router].kernel;
	unsigned n = 0;

	assert(family == 4 && memcmp(group, vrrp_group(4), 4) == 0);
	if (!kernel->link.exists || ifindex != kernel->link.ifindex)
		return -ENODEV;
	while (n < SIM_MEMBERS_MAX && kernel->members[n])
		n++;
	assert(n < SIM_MEMBERS_MAX);
	kernel->members[n] = ifindex;
	*ret_fd = FD_BASE + (int)n;
	return 0;
}

bool socket_close(int fd)
{
	const struct sim_process *process = process_running();

	if (fd < FD_BASE)
		return false;
	assert(process && fd < FD_BASE + SIM_MEMBERS_MAX);
	process->sim->routers[process->router].kernel.members[fd - FD_BASE] = 0;
	return true;
}

/* ---- netlink/send.h ---- */

int kern_sender_socket(void)
{
	return FD_BASE - 1;
}

int kern_sender_open(int fd, struct kern_sender **ret_sender)
{
	struct sim_process *process = process_running();
	struct kern_sender *sender = &process->sender;

	(void)fd;
	sender->process = process;
	sender->n = 0;
	*ret_sender = sender;
	return 0;
}

void kern_sender_close(struct kern_sender *sender)
{
	(void)sender;
}

uint8_t *kern_sender_frame(struct kern_sender *sender, int ifindex, size_t len, void *owner,
			   unsigned kind)
{
	struct sim_frame *frame = &sender->frames[sender->n];

	assert(len <= SIM_FRAME_SIZE);
	if (sender->n == SIM_FRAMES_MAX)
		return NULL;
	frame->ifindex = ifindex;
	frame->len = len;
	sender->sent[sender->n++] = (struct kern_sent){ .owner = owner, .kind = kind };
	return frame->bytes;
}

/* Some hosts put an option into every IP header: router alert, RFC 2113. */
static size_t put_option(uint8_t *ip, size_t len)
{
	static const uint8_t option[OPTION_LEN] = { 0x94, 4 };

	memmove(ip + IP_LEN + OPTION_LEN, ip + IP_LEN, len - IP_LEN);
	memcpy(ip + IP_LEN, option, OPTION_LEN);
	ip[0]++;
	ip[3] = (uint8_t)(ip[3] + OPTION_LEN);
	return len + OPTION_LEN;
}

/* As the version of the message has it: in centiseconds, or behind another byte in seconds. */
static uint16_t interval_of(const uint8_t *message)
{
	if (message[0] >> 4 == 2)
		return (uint16_t)(message[5] * 100);
	return (uint16_t)(message[4] << 8 | message[5]);
}

static void send_advert(struct sim *sim, unsigned i, const struct sim_frame *frame)
{
	struct sim_gateway *r = &sim->routers[i];
	const uint8_t *ip = frame->bytes + 14;
	size_t len = frame->len - 14;
	struct sim_packet packet = { .type = SIM_PACKET_ADVERT,
				     .from = (uint8_t)i,
				     .priority = ip[IP_LEN + 2],
				     .interval_cs = interval_of(ip + IP_LEN) };

	assert(len + OPTION_LEN <= SIM_PACKET_MAX);
	memcpy(packet.source, ip + 12, 4);
	memcpy(packet.bytes, ip, len);
	if (r->options)
		len = put_option(packet.bytes, len);
	/* Ethernet pads short frames; the receiver must not take the padding for addresses. */
	packet.len = (uint16_t)(len < FRAME_MIN ? FRAME_MIN : len);
	trace_packet(sim, "%s sends advert, priority %u", node_name(i), packet.priority);
	net_send(sim, &packet);
}

/* All announcements of one system call travel together. */
static void send_announcements(struct sim *sim, unsigned i, uint32_t announced)
{
	struct sim_packet packet = { .type = SIM_PACKET_ARP,
				     .from = (uint8_t)i,
				     .announced = announced };

	if (!announced)
		return;
	if (announced & (announced - 1))
		trace(sim, "%s announces %d addresses", node_name(i),
		      __builtin_popcount(announced));
	else
		trace(sim, "%s announces 198.51.100.%d", node_name(i),
		      1 + __builtin_ctz(announced));
	net_send(sim, &packet);
}

/* Return: 0 or the errno of a frame that the kernel refuses. */
static int refusal(const struct sim_kernel *kernel, const struct sim_frame *frame)
{
	if (!kernel->link.exists || frame->ifindex != kernel->link.ifindex)
		return ENXIO;
	if (kernel->trouble & SIM_TROUBLE_FRAMES)
		return ENOBUFS;
	return kernel->link.up ? 0 : ENETDOWN;
}

static bool is_announcement(const struct sim_frame *frame)
{
	return frame->bytes[12] == 0x08 && frame->bytes[13] == 0x06;
}

static void transmit(struct sim *sim, struct sim_process *process, const struct sim_frame *frame,
		     uint32_t *announced)
{
	unsigned i = process->router, k;

	if (is_announcement(frame)) {
		check_announcement(sim, process, frame);
		k = kernel_number(frame->bytes + 28);
		*announced |= k < SIM_ADDRESSES_MAX ? 1u << k : 0;
		return;
	}
	check_advert(sim, process, frame);
	if (kernel_can_talk(&sim->routers[i].kernel))
		send_advert(sim, i, frame);
}

/* A frame that is not taken is lost for all. */
static void lose(struct sim *sim, struct sim_process *process, const struct sim_frame *frame)
{
	unsigned k = kernel_number(frame->bytes + 28);
	struct sim_packet packet = { .type = SIM_PACKET_ADVERT, .from = (uint8_t)process->router };

	if (is_announcement(frame)) {
		packet.type = SIM_PACKET_ARP;
		packet.announced = k < SIM_ADDRESSES_MAX ? 1u << k : 0;
	} else {
		check_refused(sim, process->router);
	}
	net_lose(sim, &packet);
}

unsigned kern_sender_flush(struct kern_sender *sender, const struct kern_sent **ret_sent)
{
	struct sim_process *process = sender->process;
	struct sim *sim = process->sim;
	const struct sim_kernel *kernel = &sim->routers[process->router].kernel;
	uint32_t announced = 0;
	unsigned sent_n = sender->n;

	*ret_sent = sender->sent;
	if (sent_n == 0)
		return 0;
	process_may_die(process);
	for (unsigned n = 0; n < sent_n; n++) {
		sender->sent[n].error = refusal(kernel, &sender->frames[n]);
		if (!sender->sent[n].error)
			transmit(sim, process, &sender->frames[n], &announced);
		else
			lose(sim, process, &sender->frames[n]);
	}
	if (kernel_can_talk(kernel))
		send_announcements(sim, process->router, announced);
	process_may_die(process);
	sender->n = 0;
	return sent_n;
}
