/* SPDX-License-Identifier: MIT */
/*
 * What others say of addresses of ours, by ARP and by Neighbor Advertisements (netlink/watch.h): a
 * hand-over waits for their announcement (hand_over.h), and an Active finds its rivals by what they
 * claim (rivals.h).
 */
#ifndef SAID_H
#define SAID_H

#include <stdbool.h>
#include <stdint.h>

struct routers;

/* Of a want that is an address. */
struct said {
	int64_t heard_ns; /* somebody else announced it last; 0: never */
	bool fresh;       /* added by us, and the kernel has not said yet that it answers, */
	int64_t fresh_ns; /* since then */
	bool put_off;     /* while it is: its lease is to start anew when it answers */
	bool awaited;     /* a hand-over waits for the announcement, */
	int64_t gone_ns;  /* and lets it go then; VRRP_NEVER: it has not been announced yet */
};

/**
 * said_init() - nobody is heard yet. All wants are there.
 *
 * Return: 0 or -ENOMEM; said_fini() in both cases.
 */
int said_init(struct routers *routers);

/**
 * said_fini() - release. Of what is zero, too.
 */
void said_fini(struct routers *routers);

/**
 * said_listen() - begin to hear who announces addresses. A family that the kernel does not
 * give is told of, and handed over without a wait.
 */
void said_listen(struct routers *routers);

/**
 * said_hear() - read what was announced.
 * @family: 4 or 6.
 */
void said_hear(struct routers *routers, unsigned family);

/**
 * said_fd() - what to poll for that; -1: nothing.
 */
int said_fd(const struct routers *routers, unsigned family);

#endif
