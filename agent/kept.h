/* SPDX-License-Identifier: MIT */
/*
 * What outlives a stop of vipd, until the host is started again: which routers are drained, and
 * which signed adverts were heard last, so that none of them is taken once more. A file below
 * /run/vipd, written by the keeper when all is over, read and removed by the next start. It has no
 * secrets: the keys are in other files.
 *
 * The first line is "namespace NUMBER" (events_namespace()): what is of another one is void.
 * Then a line per fact: "drain NAME FAMILY UNTIL" in nanoseconds of CLOCK_MONOTONIC, or 0 for good;
 * "mark NAME FAMILY SOURCE SEQUENCE", the source as 32 hexadecimal digits. Others are passed over.
 */
#ifndef KEPT_H
#define KEPT_H

#include <stdint.h>
#include <sys/types.h>

struct state;

/* One of them: of a drain, or of a mark when @sequence is not 0. */
struct kept {
	const char *router; /* borrowed for the call */
	unsigned family;    /* 4 or 6 */
	int64_t until_ns;   /* as state_drain() */
	uint8_t source[16];
	uint64_t sequence;
};

typedef void (*kept_fn)(const struct kept *kept, void *arg);

/**
 * kept_write() - keep what a state memory has; nothing makes no file.
 * @now_ns: CLOCK_MONOTONIC.
 *
 * Return: 0; -ENOTSUP: the kernel tells no number of the namespace; another -errno: it is
 * forgotten, say so.
 */
int kept_write(const struct state *state, int64_t now_ns);

/**
 * kept_take() - read what was kept, and remove it. Lines that make no sense are passed over.
 *
 * Return: 0; -ENOENT: nothing was; -EPERM: what has its name is no file, or somebody else's, and is
 * left there, as after -ELOOP, a symbolic link; another -errno.
 */
int kept_take(kept_fn each, void *arg);

/*
 * What outlives the next start of the host as well, where there is a state directory: drains alone,
 * since a mark is of no use for longer than the window of its clock. The notifier writes them, as
 * it reads of them in the journal; the first router process reads them, and they stay. "drain NAME
 * FAMILY UNTIL" as above, in nanoseconds of CLOCK_REALTIME.
 */
#define KEPT_DRAINS "drains"

/**
 * kept_write_drains() - all of them, in the place of those before; on the disk when this returns.
 * @drains: @n of them; until_ns is CLOCK_MONOTONIC.
 * @mono_to_real_ns: what that is less than CLOCK_REALTIME.
 *
 * Return: 0 or -errno: those before are still there.
 */
int kept_write_drains(const char *directory, const struct kept *drains, unsigned n,
		      int64_t mono_to_real_ns);

/**
 * kept_read_drains() - those that are not over.
 * @owner: whose the file may be, besides root's and our own user's.
 *
 * Return: as kept_take().
 */
int kept_read_drains(const char *directory, uid_t owner, int64_t now_ns, int64_t mono_to_real_ns,
		     kept_fn each, void *arg);

#endif
