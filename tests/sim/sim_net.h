/* SPDX-License-Identifier: MIT */
/*
 * The network: one directed path per pair of nodes, each with its own delay and its own faults.
 * Adverts travel to routers and announcements to hosts, and to routers in worlds where they listen,
 * as bytes, one copy per receiver. A copy is
 * shared by the processes of the receiving host.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_ROUTERS_MAX   5
#define SIM_HOSTS_MAX     3
#define SIM_NODES_MAX     (SIM_ROUTERS_MAX + SIM_HOSTS_MAX)
#define SIM_ADDRESSES_MAX 20
#define SIM_ADDRESS_LEN   16  /* of IPv4 the first 4 count, the others are 0 */
#define SIM_PACKET_MAX    396 /* IPv6 header, VRRP header, 20 addresses, HMAC trailer */
#define SIM_PACKETS_MAX   8192

struct sim;

enum sim_packet_type {
	SIM_PACKET_ADVERT,
	SIM_PACKET_ARP,       /* the addresses @announced are at @from; of IPv6 an NA; the bytes are
				 its MAC address */
	SIM_PACKET_COMPANION, /* an advert of a companion: in no books */
	SIM_PACKET_JUNK,      /* must be rejected for the reason @expect */
	SIM_PACKET_CORRUPT,   /* was an advert; must be rejected for whatever reason */
};

struct sim_packet {
	enum sim_packet_type type;
	int64_t sent_ns;
	uint8_t from;
	uint8_t family; /* 4 or 6 */
	uint8_t expect; /* enum vrrp_reject of junk */
	uint8_t refs;   /* queues that it is in */
	bool counted;   /* by a process of the receiver */
	bool lost;      /* as far as the books go */
	/* What an advert says, to compare with what the receiver decodes. */
	uint8_t priority;
	uint16_t interval_cs;
	uint64_t sequence; /* of its trailer; 0: it has none */
	uint8_t source[SIM_ADDRESS_LEN];
	uint32_t announced; /* a bit per address */
	uint16_t len;
	uint8_t bytes[SIM_PACKET_MAX];
};

struct sim_path {
	int64_t delay_ns; /* of a healthy path; constant, so that it keeps the order */
	/* Faults in effect, set by sim_fault.c. Chances are per thousand packets. */
	bool cut;
	unsigned loss, duplicate, corrupt;
	unsigned loss_of[2];    /* of IPv4 and of IPv6 alone; never of announcements */
	int64_t jitter_ns;      /* additional random delay: packets overtake each other */
	unsigned burst;         /* so many packets more are lost */
	unsigned lost_run;      /* adverts lost in a row, */
	unsigned companion_run; /* and of companions, but for what befalls one family alone */
	int64_t healthy_ns;     /* what is sent from then on was delivered in time so far */
};

struct sim_net {
	struct sim_path paths[SIM_NODES_MAX][SIM_NODES_MAX];
	unsigned lost_run_max; /* calm runs: never more adverts lost in a row per path */
	uint16_t free[SIM_PACKETS_MAX];
	unsigned free_n;
	struct sim_packet packets[SIM_PACKETS_MAX];
};

/**
 * net_init() - a healthy network.
 * @delay_ns: path delays are drawn from half of it to all of it, or are exactly that when
 *            @sim is tidy.
 */
void net_init(struct sim *sim, int64_t delay_ns);

/**
 * net_send() - send to all nodes that this type of packet concerns.
 * @packet: copied; sent_ns is set.
 */
void net_send(struct sim *sim, const struct sim_packet *packet);

/**
 * net_send_to(), net_lose_to() - likewise, to one router alone.
 */
void net_send_to(struct sim *sim, const struct sim_packet *packet, unsigned to);
void net_lose_to(struct sim *sim, const struct sim_packet *packet, unsigned to);

/**
 * net_lose() - what would have been sent is lost for all nodes.
 */
void net_lose(struct sim *sim, const struct sim_packet *packet);

/**
 * net_say() - an announcement goes to a router, too. It is in no books, and what befalls it is
 * drawn apart.
 */
void net_say(struct sim *sim, const struct sim_packet *packet, unsigned to);

/**
 * net_inject() - put a packet in front of one router at once, past all faults.
 */
void net_inject(struct sim *sim, const struct sim_packet *packet, unsigned to);

/**
 * net_deliver() - a packet arrives.
 * @slot, @to: from the event.
 */
void net_deliver(struct sim *sim, unsigned slot, unsigned to);

/**
 * net_release() - one queue less has it. The last one frees the slot.
 */
void net_release(struct sim *sim, unsigned slot);

/**
 * net_mark_lost() - tell the books that a packet never reached its reader.
 *
 * Called for what the network loses, and for what a host drops.
 */
void net_mark_lost(struct sim *sim, struct sim_packet *packet, unsigned to);

#endif
