/* SPDX-License-Identifier: MIT */
/*
 * Which of the addresses that routers with unicast peers name, sources and peers, this host has,
 * wherever: a source may be on the loopback, so that it outlives an uplink, and with one file for
 * all hosts one of the peers is the host itself. What vipd added is none of the host's own.
 */
#ifndef OWN_H
#define OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "netlink/object.h"

/* One that is named. */
struct own_address {
	uint8_t family;
	uint8_t bytes[16];
	unsigned interface; /* a link-local one: its number there, plus 1; else 0 */
	int ifindex;        /* where the host has it; 0: nowhere */
	bool seen;          /* in the dump that runs */
};

struct own {
	unsigned n;
	struct own_address *all; /* sorted; owned */
	bool changed;            /* the caller's to clear */
};

/**
 * own_add() - name an address. All are named before own_sort(), and the room for them is there.
 * @own: with room for one more in @own->all.
 * @interface: the number of the interface that a link-local one is on.
 */
void own_add(struct own *own, unsigned family, const uint8_t *bytes, unsigned interface);

/**
 * own_sort() - make them ready to be found, each once.
 */
void own_sort(struct own *own);

/**
 * own_where() - the index of the interface where the host has an address; 0: nowhere.
 * @family, @bytes, @interface: of one that was named.
 */
int own_where(const struct own *own, unsigned family, const uint8_t *bytes, unsigned interface);

/**
 * own_see() - an address came to the host, or went, or is not usable.
 * @interface: the number of the interface that it is on; -1: one that is not followed.
 *
 * Return: whether it was known here, and may still be elsewhere: only a dump can tell.
 */
bool own_see(struct own *own, const struct kern_address *address, bool gone, int interface);

/**
 * own_dump_begin() - a dump of all addresses follows, or of those of one interface.
 * @ifindex: 0: of all.
 */
void own_dump_begin(struct own *own, int ifindex);

/**
 * own_dump_end() - what the dump did not show is not there.
 */
void own_dump_end(struct own *own, int ifindex);

#endif
