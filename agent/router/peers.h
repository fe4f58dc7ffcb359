/* SPDX-License-Identifier: MIT */
/*
 * The unicast peers of routers: of one router what is known of each, of all routers who is whose.
 * Adverts of a peer concern its router wherever they arrive; whether they are accepted is
 * vrrp/receive.h's business.
 */
#ifndef PEERS_H
#define PEERS_H

#include "agent/conf/conf.h"
#include "own.h"
#include "vrrp/packet.h"

struct peer {
	bool here;       /* it is this host: nothing is sent to it */
	int error;       /* what became of the last advert to it: an errno, or 0 */
	uint32_t told_s; /* the second in which that was told, plus 1; 0: never */
	uint64_t sent, errors;
};

/* Of one router; zero: it has none. In the order of the configuration. */
struct peers {
	unsigned n, away_n; /* all, and those that are not this host */
	struct peer *all;   /* owned, as the next two are, by @all */
	uint8_t *bytes;     /* n * vrrp_address_len() */
	uint8_t *min_ttls;  /* n */
	bool can_send;      /* its source is there, and not behind a dead interface */
};

/**
 * peers_new() - the peers of a configured router.
 * @ret_peers: to peers_free(); stays zero when it has none.
 *
 * Return: 0 or -ENOMEM.
 */
int peers_new(const struct conf_router *conf, struct peers *ret_peers);

/**
 * peers_free() - also of a zero one.
 */
void peers_free(struct peers *peers);

/**
 * peers_set_rules() - how adverts must come to a router: from its peers, to any address of the
 * host; or, when it has none, to the multicast group.
 * @rules: set but for authentication; borrows from @peers.
 */
void peers_set_rules(const struct peers *peers, const struct conf_router *conf,
		     struct vrrp_rules *rules);

/**
 * peers_find_here() - look which peers are this host.
 * @interface: the number of the router's interface.
 *
 * Return: whether that has changed.
 */
bool peers_find_here(struct peers *peers, const struct conf_router *conf, const struct own *own,
		     unsigned interface);

/* One peer of one router. */
struct peers_entry {
	uint8_t family, vrid;
	uint8_t bytes[16];
	unsigned interface; /* of a link-local one: its number, plus 1; else 0 */
	unsigned router;    /* its number */
};

/* Who is whose, over all routers. */
struct peers_index {
	unsigned n;
	struct peers_entry *all;  /* sorted; owned */
	uint16_t by_vrid[2][256]; /* of IPv4 and of IPv6: one router with peers, plus 1; or 0 */
};

/**
 * peers_index_add() - a router with its peers. All are added before peers_index_sort(), and the
 * room for them is there.
 */
void peers_index_add(struct peers_index *index, const struct conf_router *conf, unsigned interface,
		     unsigned router);

/**
 * peers_index_sort() - make them ready to be found.
 */
void peers_index_sort(struct peers_index *index);

/**
 * peers_index_find() - the router that an advert of a peer concerns.
 * @source: 16 bytes.
 * @interface: the number of the interface of arrival; -1: one that is not followed.
 *
 * Return: its number plus 1; 0: it is nobody's peer.
 */
unsigned peers_index_find(const struct peers_index *index, unsigned family, unsigned vrid,
			  const uint8_t *source, int interface);

#endif
