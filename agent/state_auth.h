/* SPDX-License-Identifier: MIT */
/*
 * What signed adverts need, in the state memory (state.h): the clock and the sequence of those that
 * a router sends, a mark of each sender that it has heard, and the keys. So a crash, a reload or an
 * upgrade accepts nothing twice, repeats nothing, and goes on when the file with the keys is gone.
 *
 * The keys are secret. The memory is no file that anybody could open, its owner hands it to its own
 * processes alone, and it is left out of their cores.
 */
#ifndef STATE_AUTH_H
#define STATE_AUTH_H

#include "state.h"
#include "vrrp/hmac.h"

#define STATE_KEYS_WHY_SIZE 128

/* Of one router. Kept in memory that outlives the version that wrote it: it never changes. */
struct state_auth {
	int64_t clock_ns;  /* what its clock is ahead of CLOCK_MONOTONIC */
	uint64_t sequence; /* the last one that it has used; 0: none */
	uint32_t begun; /* it has used its clock, which does not follow CLOCK_REALTIME any more */
	uint32_t reserved;
};

/**
 * state_auth() - that of router @i, for its writer to change in place: each member by itself is
 * whole whenever it dies.
 */
struct state_auth *state_auth(struct state *state, unsigned i);

/**
 * state_marks() - the marks of router @i, likewise (vrrp_hmac_mark()).
 * @ret_n: how many it has asked for.
 */
struct vrrp_hmac_mark *state_marks(struct state *state, unsigned i, unsigned *ret_n);

/**
 * state_keys() - the keys of a file, for its writer to fill in before it publishes the memory.
 * @file: 1 and up, as struct state_router has it.
 */
struct vrrp_hmac_keys *state_keys(struct state *state, unsigned file);

/**
 * state_keys_why() - why the file was unusable when it was to be read, so that its keys are those
 * of before, likewise; empty: it was not. STATE_KEYS_WHY_SIZE, with its zero.
 */
char *state_keys_why(struct state *state, unsigned file);

/**
 * state_get_auth() - that of router @i of a memory that another process wrote; zero when it had
 * none.
 */
void state_get_auth(const struct state *state, unsigned i, struct state_auth *ret_auth);

/**
 * state_get_mark() - the mark @number of router @i of such a memory.
 *
 * Return: false behind the last one.
 */
bool state_get_mark(const struct state *state, unsigned i, unsigned number,
		    struct vrrp_hmac_mark *ret_mark);

/**
 * state_get_keys() - the keys that such a memory has of a file.
 * @state: NULL: there is none.
 *
 * Return: whether there are any that make sense.
 */
bool state_get_keys(const struct state *state, const char *path, struct vrrp_hmac_keys *ret_keys);

/**
 * state_get_keys_why() - state_keys_why() of such a memory; empty, too, when it has no such keys.
 * @ret_why: STATE_KEYS_WHY_SIZE.
 */
void state_get_keys_why(const struct state *state, const char *path, char *ret_why);

#endif
