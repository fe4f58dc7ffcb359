/* SPDX-License-Identifier: MIT */
/*
 * Twins: an address of a router is also somebody else's on another interface of this host. Linux
 * answers for an address wherever it is asked for, so the host does so as a Backup, too, and goes
 * on when it has given the address up. That is told, and changes nothing: vipd neither takes it
 * over nor removes it.
 *
 * What vipd added itself is none, nor what its configuration has there, nor a link-local address of
 * IPv6, which is another one on each link.
 */
#ifndef TWINS_H
#define TWINS_H

#include <stdbool.h>
#include <stdint.h>

struct kern_address;
struct kern_object;
struct routers;

/* What is known of one want. */
struct twin {
	int ifindex;    /* where there is a twin; 0: nowhere */
	uint32_t shown; /* the last dump that showed it */
	uint32_t next;  /* want with the same hash, plus 1; or 0 */
	bool untold;
};

struct twins {
	struct twin *all;   /* by want; owned, as all below */
	uint32_t *by_bytes; /* chains: want plus 1; or 0 */
	uint32_t mask;
	uint32_t dumps; /* so far: the number of the one that runs */
	unsigned untold_n;
	unsigned *untold; /* wants */
};

/**
 * twins_init() - none is known. All wants are there.
 *
 * Return: 0 or -ENOMEM; twins_fini() in both cases.
 */
int twins_init(struct routers *routers);

/**
 * twins_fini() - release. Of what is zero, too.
 */
void twins_fini(struct routers *routers);

/**
 * twins_see() - take note of an event or a line of a dump.
 * @object: an address, of any interface of the host.
 */
void twins_see(struct routers *routers, const struct kern_object *object);

/**
 * twins_dump_begin() - a dump of all addresses follows, by twins_see().
 */
void twins_dump_begin(struct routers *routers);

/**
 * twins_dump_end() - what the dump did not show is not there.
 */
void twins_dump_end(struct routers *routers);

/**
 * twins_find() - the wants that are an address, wherever it is wanted.
 * @after: what was found last; -1: the first one.
 *
 * Return: a number; -1: there is none (any more).
 */
int twins_find(const struct routers *routers, const struct kern_address *address, int after);

/**
 * twins_tell() - put what is new into the journal.
 */
void twins_tell(struct routers *routers);

/**
 * twins_of() - on which other interface somebody has an address.
 * @want: below the number of wants.
 *
 * Return: an index; 0: none.
 */
int twins_of(const struct routers *routers, unsigned want);

#endif
