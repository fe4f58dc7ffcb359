/* SPDX-License-Identifier: MIT */
/*
 * Up to which events somebody may have been told of them: noted by the notifier before it begins
 * with anything. What else it has written down (notify/store.h) is lost with a disk, or is another
 * one after a reload; by this it knows all the same what is a repetition.
 *
 * A file below /run/vipd, beside the rings that it is of (events.h): it outlives every process, and
 * goes with them. Where there is no place for a file it is memory without a name, as the rings are.
 */
#ifndef BEGUN_H
#define BEGUN_H

#include <stdbool.h>
#include <stdint.h>

#define BEGUN_RINGS 2 /* the keeper's, and that of the router processes */

struct begun {
	struct {
		uint64_t id;  /* events_id(); 0: nothing was begun */
		uint64_t seq; /* of the last event that was read by then */
	} rings[BEGUN_RINGS];
	int64_t stamp_ns; /* when something was begun last, CLOCK_MONOTONIC; of no two beginnings
			     the same, since who writes down what is begun writes this, too */
};

/**
 * begun_make() - what this network namespace has; an empty one where there is none.
 * @path: NULL: memory without a name.
 *
 * Return: a descriptor, owned by the caller; or -errno: of a file, memory will do.
 */
int begun_make(const char *path);

/**
 * begun_read() - as it is now.
 *
 * Return: 0; -EBADMSG when it is none, and @ret_begun is untouched; another -errno.
 */
int begun_read(int fd, struct begun *ret_begun);

/**
 * begun_write() - all of it; what another one has written since begun_read() is void.
 *
 * Return: 0 or -errno.
 */
int begun_write(int fd, const struct begun *begun);

/**
 * begun_has() - whether somebody may have been told of an event.
 * @id: events_id() of its ring; 0: unknown.
 */
bool begun_has(const struct begun *begun, unsigned ring, uint64_t id, uint64_t seq);

/**
 * begun_add() - all events of a ring up to one. Never takes anything back of that ring.
 */
void begun_add(struct begun *begun, unsigned ring, uint64_t id, uint64_t seq);

#endif
