/* SPDX-License-Identifier: MIT */
/*
 * The journal: a ring of events (event.h) in memory that outlives the processes that write it. One
 * process writes at a time, without waiting for anybody; any number read, each with a cursor of its
 * own. Whoever reads too slowly loses the oldest events, and learns how many.
 *
 * The memory is a file below /run/vipd, or has no name where none can be made. Its layout:
 *
 *	header		magic, layout, size; head and tail as positions that only grow; see events.c
 *	records		one behind the other, none across the end; as long as their event needs
 *
 * The file is named after the network namespace and stays when that is gone, since nobody can tell:
 * a namespace without a process may be kept by a mount or a descriptor, of anybody. What can be
 * told is that no vipd runs there: then a keeper of another namespace notes since when, and after a
 * day the file goes (keeper/rings.h).
 *
 * A record is complete before the head moves over it, and the tail moves before a record is
 * overwritten. So a writer may die at any moment, and what a reader has copied is true if the tail
 * has not passed it since.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include "clocks.h"
#include "event.h"

#define EVENTS_MIN        4096 /* the least that a ring has room for */
#define EVENTS_PER_ROUTER 8
#define EVENTS_PATH_SIZE  108

struct events;

/* Where a reader is. Zero: at the oldest event. */
struct events_cursor {
	uint64_t position;
	uint64_t seq; /* of the event that is read next, if none is lost */
};

/**
 * events_path() - the file of this network namespace's ring.
 * @which: "keeper" or "router".
 * @buf: EVENTS_PATH_SIZE bytes.
 *
 * Return: 0 or -errno of finding out which network namespace this is.
 */
int events_path(const char *which, char *buf);

/**
 * events_namespace() - a number of this network namespace that no other one is ever given, unlike
 * the inode's in the path.
 *
 * Return: 0: the kernel does not tell.
 */
uint64_t events_namespace(void);

/**
 * events_create() - the ring in a file, with what it has kept; a new one where there is none, where
 * it makes no sense, or where it is too small: then what it has is taken over.
 * @path: its directory is made if only the last step is missing. NULL: memory without a name.
 * @routers_n: it has room for EVENTS_MIN events, or for so many routers.
 * @ret_events: the writer's; owned by the caller, who passes it to events_close().
 *
 * Return: 0; or -errno of the file, such as -ENOSPC or -EROFS: use memory without a name.
 */
int events_create(const char *path, unsigned routers_n, struct events **ret_events);

/**
 * events_map() - a ring by its descriptor.
 * @fd: borrowed for the call.
 * @writes: be its writer; else read only.
 *
 * Return: 0; -EBADMSG when it makes no sense; another -errno of the memory.
 */
int events_map(int fd, bool writes, struct events **ret_events);

/**
 * events_take() - be the writer of a ring by its descriptor, as if events_create() had made it.
 * @fd: owned from here on, on success only.
 *
 * Return: as events_map().
 */
int events_take(int fd, struct events **ret_events);

/**
 * events_close() - unmap; the ring stays. NULL is allowed.
 */
void events_close(struct events *events);

/**
 * events_fd() - the descriptor of a ring made by events_create(), to hand on; borrowed.
 */
int events_fd(const struct events *events);

/**
 * events_id() - a number that a ring keeps when it grows, and that no other one is likely to have:
 * who knows up to which event he has read, by its number, looks whether it is of the same row.
 */
uint64_t events_id(const struct events *events);

/**
 * events_abandoned() - since when the ring in a file is known to have no writer.
 * @ret_since_ns: CLOCK_MONOTONIC; 0: it has one, or nobody has found out. A writer resets it.
 *
 * Return: 0; -EBADMSG when it is no ring; -EPROTO when it is one of another layout; another -errno
 * of the file.
 */
int events_abandoned(const char *path, int64_t *ret_since_ns);

/**
 * events_set_abandoned() - note it, for a caller who makes sure that no writer comes meanwhile.
 *
 * Return: as events_abandoned().
 */
int events_set_abandoned(const char *path, int64_t since_ns);

/**
 * events_routers_max() - for how many routers there is room.
 */
unsigned events_routers_max(const struct events *events);

/**
 * events_put() - write one event: its number, its times and its level are set here.
 * @event: the rest is filled in; borrowed.
 */
void events_put(struct events *events, const struct clocks *now, const struct event *event);

/**
 * events_fresh() - whether events_put() was called since the last call; true for the first one,
 * since a predecessor may have left something untold. It asks nothing of the shared memory.
 */
bool events_fresh(struct events *events);

/**
 * events_next() - read one event.
 * @cursor: moves on.
 * @ret_event: filled when there is one; texts in it end with a zero.
 * @ret_lost: how many were overwritten since the last call; also without an event.
 *
 * Return: whether there was one.
 */
bool events_next(const struct events *events, struct events_cursor *cursor, struct event *ret_event,
		 uint64_t *ret_lost);

/**
 * events_snapshot() - go on reading a copy of now: whoever takes his time with it is not overrun.
 * @events: of a reader.
 *
 * Return: 0; -ENOMEM, and it is read as before.
 */
int events_snapshot(struct events *events);

/**
 * events_overwritten() - how many events the ring has had and has no more.
 */
uint64_t events_overwritten(const struct events *events);

/**
 * events_told() - where the reader is that is the log; kept in the ring, so that it outlives the
 * process that tells. events_set_told() needs a writer's mapping.
 */
struct events_cursor events_told(const struct events *events);
void events_set_told(struct events *events, const struct events_cursor *cursor);

#endif
