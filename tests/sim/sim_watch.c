/* SPDX-License-Identifier: MIT */
#include "sim_watch.h"

#include <string.h>

#include "netlink/watch.h"
#include "sim.h"

void kern_watched_add(struct kern_watched *watched, unsigned family, const uint8_t *address)
{
	(void)family;
	(void)address;
	watched->n = 1; /* the network delivers what is about some virtual address, and no more */
}

int kern_watch_open(unsigned family, int sender_fd, const struct kern_watched *watched,
		    struct kern_watch **ret_watch)
{
	struct sim_process *process = process_running();
	struct kern_watch *watch = &process->watches[family == 6];

	(void)sender_fd;
	(void)watched;
	if (!process->sim->overlap)
		return 0;
	watch->process = process;
	watch->open = true;
	watch->first = watch->n = 0;
	*ret_watch = watch;
	return 0;
}

/* Return: where the first one was; its slot is to be released. */
static unsigned take(struct kern_watch *watch)
{
	unsigned first = watch->first;

	watch->first = (first + 1) % SIM_SAID_MAX;
	watch->n--;
	return first;
}

static void drop_all(struct kern_watch *watch)
{
	while (watch->open && watch->n)
		net_release(watch->process->sim, watch->queue[take(watch)].slot);
}

void kern_watch_close(struct kern_watch *watch)
{
	if (!watch)
		return;
	drop_all(watch);
	watch->open = false;
}

int kern_watch_fd(const struct kern_watch *watch)
{
	(void)watch;
	return -1;
}

/* What one system call has sent was as many frames as addresses. */
static void read_all(struct kern_watch *watch, unsigned at, kern_said_fn each, void *arg)
{
	const struct sim_process *process = watch->process;
	const struct sim_packet *packet = &process->sim->net.packets[watch->queue[at].slot];

	const struct sim_gateway *r = &process->sim->routers[process->router];
	bool main = packet->family == r->config.family;

	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++) {
		struct kern_address address =
			main ? kernel_address(process->sim, process->router, k)
			     : companion_address(r, k % SIM_COMPANION_ADDRESSES);
		struct kern_said said = { .ifindex = watch->queue[at].ifindex,
					  .family = address.family,
					  .announcement = true };

		if (!(packet->announced >> k & 1))
			continue;
		memcpy(said.address, address.bytes, sizeof(said.address));
		memcpy(said.mac, packet->bytes, sizeof(said.mac));
		each(&said, arg);
		if (main)
			check_heard(process->sim, process, &said, k);
		else
			companion_heard(process->sim, process, &said, k % SIM_COMPANION_ADDRESSES);
	}
}

int kern_watch_dispatch(struct kern_watch *watch, kern_said_fn each, void *arg)
{
	int n = 0;

	for (; watch->n; n++) {
		unsigned at = take(watch);

		read_all(watch, at, each, arg);
		net_release(watch->process->sim, watch->queue[at].slot);
	}
	return n;
}

static void queue(struct sim *sim, struct sim_process *process, unsigned slot)
{
	const struct sim_gateway *r = &sim->routers[process->router];
	struct kern_watch *watch = &process->watches[sim->net.packets[slot].family == 6];
	unsigned last = (watch->first + watch->n) % SIM_SAID_MAX;

	if (!process->exists || !watch->open || watch->n == SIM_SAID_MAX)
		return;
	watch->n++;
	watch->queue[last].slot = (uint16_t)slot;
	watch->queue[last].ifindex = r->kernel.link.ifindex;
	sim->net.packets[slot].refs++;
	process_wake(sim, process);
}

void watch_stranger(struct sim *sim, unsigned i, unsigned k)
{
	static const uint8_t mac[] = { 0x02, 0, 0, 0, 0, 0xfa };
	struct sim_packet packet = { .type = SIM_PACKET_ARP,
				     .from = (uint8_t)i,
				     .family = sim->routers[i].config.family,
				     .announced = 1u << k,
				     .len = sizeof(mac) };

	memcpy(packet.bytes, mac, sizeof(mac));
	trace(sim, "a stranger announces address %u to %s", k, node_name(i));
	net_inject(sim, &packet, i);
}

void watch_deliver(struct sim *sim, unsigned slot, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (r->pause == SIM_FROZEN || !kernel_can_talk(&r->kernel))
		return;
	for (unsigned n = 0; n < SIM_PROCESSES_MAX; n++)
		queue(sim, &sim->processes[i][n], slot);
}
