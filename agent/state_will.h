/* SPDX-License-Identifier: MIT */
/*
 * The wills in the state memory (state.h): per router what is to be done when nobody is left to do
 * it, as a list of entries ready to be handed to the kernel. Whoever executes one needs to
 * understand nothing of what is in it, so a keeper executes the will of any version; an entry of a
 * kind that it does not know it passes over.
 *
 * An entry is a removal of a kernel object, as netlink messages; it is to be done while it is held:
 * while the object is there because vipd added it. Or it is a frame, or an IP packet; it is to be
 * sent while the router is armed: while it is Active, which state_put() knows.
 *
 * The length of a will is written last, so a process that dies while it changes one leaves none.
 * A reader believes no length and no number; that what it copies may still change he must know.
 */
#ifndef STATE_WILL_H
#define STATE_WILL_H

#include <stdbool.h>

#include "state.h"

/* Numbers that never change. */
enum state_entry_kind {
	STATE_ENTRY_NONE = 0,
	STATE_ENTRY_NETLINK = 1, /* whole messages for one socket, carried out one after another */
	STATE_ENTRY_FRAME = 2,   /* an Ethernet frame */
	STATE_ENTRY_PACKET = 3,  /* a whole IP packet, for the kernel to find its way */
};

struct state_entry {
	unsigned kind;        /* enum state_entry_kind, or one of a later version */
	int32_t target;       /* the netlink protocol, or the interface that a frame leaves by, or a
				 packet to a link-local address; of others 0 */
	uint32_t setting;     /* of netlink messages: the interface on which a secondary IPv4
			       address must survive its primary meanwhile; 0: none */
	bool held;            /* of netlink messages: they are to be carried out */
	const uint8_t *bytes; /* of a reader: in the memory */
	size_t len;
};

/* A will that is being read. */
struct state_will {
	bool armed; /* the frames and packets are to be sent */

	/* The reader's own. */
	const uint8_t *held, *held_end, *at, *end;
	struct state_farewell only; /* of a memory of the first version; frame_len 0: none */
};

/* What an entry of so many bytes takes of struct state_router's will_len. */
#define STATE_ENTRY_HEAD     16
#define STATE_ENTRY_LEN(len) (STATE_ENTRY_HEAD + (((len) + 7) & ~(size_t)7))

/**
 * state_will_begin() - router @i has no will from here on until state_will_publish().
 */
void state_will_begin(struct state *state, unsigned i);

/**
 * state_will_add() - put an entry behind those that are there, within what struct state_router
 * asked for.
 * @entry: its bytes are copied.
 *
 * Return: its number, counting from 0.
 */
unsigned state_will_add(struct state *state, unsigned i, const struct state_entry *entry);

/**
 * state_will_publish() - the will of router @i is complete.
 */
void state_will_publish(struct state *state, unsigned i);

/**
 * state_will_hold() - whether the object that an entry removes is there, and ours.
 * @entry: its number; one that there is not is passed over.
 */
void state_will_hold(struct state *state, unsigned i, unsigned entry, bool held);

/**
 * state_will_farewell() - the bytes of a frame or packet of a will that was published, to be
 * written anew in place: what is signed must be of now. Whoever dies meanwhile leaves one that its
 * receivers discard. Those of one router are equally long, and stand together.
 * @number: counting them from 0.
 *
 * Return: NULL when there are not so many.
 */
uint8_t *state_will_farewell(struct state *state, unsigned i, unsigned number, size_t *ret_len);

/**
 * state_will() - the will of router @i, of any version; of the first one it is the farewell, armed
 * when the election says Active.
 * @now_ns: CLOCK_MONOTONIC, to judge that election.
 */
struct state_will state_will(const struct state *state, unsigned i, int64_t now_ns);

/**
 * state_will_next() - the next entry.
 * @ret_entry: its bytes are in the memory and may be anything: copy, then check.
 *
 * Return: false behind the last one, or where the list makes no sense.
 */
bool state_will_next(struct state_will *will, struct state_entry *ret_entry);

#endif
