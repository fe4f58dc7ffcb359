/* SPDX-License-Identifier: MIT */
#include "sim_socket.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim.h"
#include "sim_auth.h"
#include "sim_peers.h"

#define FD_BASE    (1 << 24) /* of memberships: no descriptor of this process is so high */
#define IP4_LEN    20
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
	struct kern_receiver *receiver = &process->receivers[family == 6][kind];

	assert(protocol == VRRP_PROTOCOL);
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
	size_t end, begin = family_message(packet->family, packet->bytes, &end);
	size_t len = packet->family == 6 ? end : packet->len;
	unsigned vrid;

	if (len < begin + VRRP_HEADER_LEN ||
	    packet->bytes[family_of(packet->family)->ttl_at] != 255)
		return false;
	vrid = packet->bytes[begin + 1];
	return vrids->set.words[vrid / 32] >> vrid % 32 & 1;
}

/* Return: whether the reader of @process will see it. */
static bool queue(struct sim *sim, struct sim_process *process, unsigned slot, int64_t at_ns)
{
	struct sim_packet *packet = &sim->net.packets[slot];
	struct kern_receiver *receivers = process->receivers[packet->family == 6];
	bool advert = can_be_advert(&receivers[KERN_RECEIVER_READER].vrids, packet);
	struct kern_receiver *receiver =
		&receivers[advert ? KERN_RECEIVER_READER : KERN_RECEIVER_STRAYS];
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

bool socket_is_member(const struct sim_kernel *kernel, unsigned family)
{
	for (unsigned n = 0; n < SIM_MEMBERS_MAX; n++)
		if (kernel->members[n].ifindex == kernel->link.ifindex &&
		    kernel->members[n].family == family)
			return true;
	return false;
}

/* What is sent to the group, or to an address of its own. */
static bool takes(const struct sim *sim, unsigned i, const struct sim_packet *packet)
{
	const struct sim_kernel *kernel = &sim->routers[i].kernel;

	if (sim->unicast)
		return peers_take(sim, i, packet);
	return socket_is_member(kernel, packet->family) &&
	       (packet->family == 4 || ip6_is_there(kernel));
}

void socket_deliver(struct sim *sim, unsigned slot, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	const struct sim_process *speaker = keeper_speaker(sim, i);
	bool listens = kernel_can_talk(&r->kernel) && takes(sim, i, &sim->net.packets[slot]);
	bool heard = false;
	int64_t at_ns = gateway_local_ns(sim, r);

	if (at_ns <= r->turn_ns)
		at_ns = r->turn_ns + SIM_BEHIND_NS;
	for (unsigned n = 0; n < SIM_PROCESSES_MAX && listens; n++) {
		struct sim_process *process = &sim->processes[i][n];
		bool queued = queue(sim, process, slot, at_ns);

		heard |= queued && (!speaker || process == speaker);
	}
	if (sim->net.packets[slot].type == SIM_PACKET_COMPANION) {
		if (heard)
			unit_arrival(sim, i, 1, &sim->net.packets[slot], at_ns);
		return;
	}
	if (heard)
		check_arrival(sim, i, &sim->net.packets[slot], at_ns);
	else
		net_mark_lost(sim, &sim->net.packets[slot], i);
}

/* Not of a companion. */
static const struct kern_receiver *main_reader(const struct sim_process *process)
{
	bool ip6 = process->sim->routers[process->router].config.family == 6;

	return &process->receivers[ip6][KERN_RECEIVER_READER];
}

unsigned socket_waiting(const struct sim_process *process)
{
	return main_reader(process)->n;
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

	for (unsigned n = 0; n < 4; n++) {
		struct kern_receiver *receiver = &process->receivers[n / 2][n % 2];

		while (receiver->n) {
			unsigned slot = receiver->queue[take(receiver)].slot;

			some |= sim->units || receiver == main_reader(process);
			if (lost)
				net_mark_lost(sim, &sim->net.packets[slot], process->router);
			net_release(sim, slot);
		}
	}
	return some;
}

/* As a raw socket gives it: of IPv6 without the header, what is in it beside. */
static void read_packet(const struct sim_packet *sent, struct kern_packet *packet)
{
	size_t end, begin;

	if (sent->family == 4) {
		kern_packet_ip4(sent->bytes, sent->len, packet);
		return;
	}
	begin = family_message(6, sent->bytes, &end);
	packet->family = 6;
	packet->ttl = sent->bytes[family_of(6)->ttl_at];
	memcpy(packet->source, sent->bytes + family_of(6)->source_at, SIM_ADDRESS_LEN);
	memcpy(packet->destination, sent->bytes + family_of(6)->destination_at, SIM_ADDRESS_LEN);
	packet->payload = sent->bytes + begin;
	packet->payload_len = end - begin;
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

		read_packet(sent, &packet);
		if (sent->type != SIM_PACKET_COMPANION)
			check_read_begin(sim, process, slot, &packet);
		/* The time that has passed since is the same, whatever the wall clock says now. */
		packet.arrival_ns += process->wall_ns;
		more = packet.arrival_ns <= until_ns;
		each(&packet, arg);
		if (sent->type != SIM_PACKET_COMPANION)
			check_read_end(sim, process);
		net_release(sim, slot);
	}
	*ret_dropped = receiver->dropped;
	if (receiver->dropped && receiver == main_reader(process))
		check_missed(sim, process->router);
	receiver->dropped = 0;
	return n;
}

int __wrap_kern_group_join(unsigned family, int ifindex, const uint8_t *group, int *ret_fd)
{
	const struct sim_process *process = process_running();
	struct sim_kernel *kernel = &process->sim->routers[process->router].kernel;
	int n;

	assert(memcmp(group, vrrp_group(family), family_of(family)->address_len) == 0);
	n = kernel_join(kernel, process, family, ifindex);
	if (n < 0)
		return n;
	*ret_fd = FD_BASE + n;
	return 0;
}

bool socket_close(int fd)
{
	const struct sim_process *process = process_running();

	if (fd < FD_BASE)
		return false;
	if (fd >= SIM_FD_IP)
		return true;
	assert(process && fd < FD_BASE + SIM_MEMBERS_MAX);
	kernel_leave(&process->sim->routers[process->router].kernel, (unsigned)(fd - FD_BASE));
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

	memmove(ip + IP4_LEN + OPTION_LEN, ip + IP4_LEN, len - IP4_LEN);
	memcpy(ip + IP4_LEN, option, OPTION_LEN);
	ip[0]++;
	ip[3] = (uint8_t)(ip[3] + OPTION_LEN);
	return len + OPTION_LEN;
}

/* As the version of the message has it: in centiseconds, or behind another byte in seconds. */
uint16_t socket_interval(const uint8_t *message)
{
	if (message[0] >> 4 == 2)
		return (uint16_t)(message[5] * 100);
	return (uint16_t)(message[4] << 8 | message[5]);
}

static void send_advert(struct sim *sim, unsigned i, const struct sim_frame *frame)
{
	const struct sim_family *family = family_of(sim->routers[i].config.family);
	const uint8_t *ip = frame->bytes + 14, *message = ip + family->header_len;
	size_t len = frame->len - 14;
	struct sim_packet packet = { .type = SIM_PACKET_ADVERT,
				     .from = (uint8_t)i,
				     .family = family->number,
				     .priority = message[2],
				     .interval_cs = socket_interval(message) };

	assert(len + (family->number == 4 ? OPTION_LEN : 0) <= SIM_PACKET_MAX);
	memcpy(packet.source, ip + family->source_at, family->address_len);
	if (sim->signs)
		packet.sequence = auth_sequence_of(message, len - family->header_len);
	memcpy(packet.bytes, ip, len);
	if (family->number == 4 && sim->routers[i].options)
		len = put_option(packet.bytes, len);
	/* Ethernet pads short frames; the receiver must not take the padding for addresses. */
	packet.len = (uint16_t)(len < FRAME_MIN ? FRAME_MIN : len);
	trace_packet(sim, "%s sends advert, priority %u", node_name(i), packet.priority);
	net_send(sim, &packet);
}

/* All announcements of one system call travel together. */
static void send_announcements(struct sim *sim, unsigned i, uint32_t announced)
{
	const struct sim_gateway *r = &sim->routers[i];
	struct sim_packet packet = { .type = SIM_PACKET_ARP,
				     .from = (uint8_t)i,
				     .family = r->config.family,
				     .announced = announced,
				     .len = 6 };
	char name[64];

	if (!announced)
		return;
	memcpy(packet.bytes, macvlan_mac(r), packet.len);
	if (announced & (announced - 1))
		trace(sim, "%s announces %d addresses", node_name(i),
		      __builtin_popcount(announced));
	else
		trace(sim, "%s announces %s", node_name(i),
		      family_name(r->config.family, r->link_local,
				  (unsigned)__builtin_ctz(announced), name, sizeof(name)));
	net_send(sim, &packet);
	for (unsigned to = 0; to < sim->routers_n && sim->overlap; to++)
		if (to != i || sim->loops)
			net_say(sim, &packet, to);
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

/* Which address it is about. */
static unsigned announced_by(const struct sim_frame *frame)
{
	bool arp = frame->bytes[12] == 0x08;

	return family_virtual_number(arp ? 4 : 6, frame->bytes + (arp ? 28 : 62));
}

static bool is_companions(const struct sim *sim, unsigned i, const struct sim_frame *frame)
{
	return (frame->bytes[12] == 0x86) != (sim->routers[i].config.family == 6);
}

/* The question whether anybody else has an address; nobody here does who would answer. */
static bool is_probe(const struct sim_frame *frame)
{
	static const uint8_t none[4];
	const uint8_t *p = frame->bytes;

	if (p[12] == 0x86)
		return p[20] == IPPROTO_ICMPV6 && p[54] == 135;
	return p[12] == 0x08 && p[13] == 0x06 && memcmp(p + 28, none, sizeof(none)) == 0;
}

static void transmit(struct sim *sim, struct sim_process *process, const struct sim_frame *frame,
		     uint32_t *announced)
{
	unsigned i = process->router, k;

	if (is_probe(frame)) {
		check_probe(sim, process, frame);
		return;
	}
	if (is_companions(sim, i, frame)) {
		companion_frame(sim, process, frame);
		return;
	}
	if (check_is_announcement(frame)) {
		check_announcement(sim, process, frame);
		k = announced_by(frame);
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
	struct sim_packet packet = { .type = SIM_PACKET_ADVERT, .from = (uint8_t)process->router };
	unsigned k;

	if (is_companions(process->sim, process->router, frame) || is_probe(frame))
		return;
	if (check_is_announcement(frame)) {
		k = announced_by(frame);
		packet.type = SIM_PACKET_ARP;
		packet.announced = k < SIM_ADDRESSES_MAX ? 1u << k : 0;
		process->sim->routers[process->router].kernel.ip6.said &= ~packet.announced;
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
		if (guest_is_on(&sim->routers[process->router], sender->frames[n].ifindex)) {
			if (is_probe(&sender->frames[n]))
				continue;
			sender->sent[n].error = guest_frame(sim, process, &sender->frames[n]);
			continue;
		}
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
