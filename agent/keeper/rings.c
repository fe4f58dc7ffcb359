/* SPDX-License-Identifier: MIT */
#include "rings.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/events.h"
#include "claim.h"

#define DIRECTORY "/run/vipd"
#define FILES_MAX 8192 /* that are looked at; the rest is another start's */

/* A file of a namespace without a vipd: a ring, or what it has kept. */
struct ring {
	uintmax_t namespace;
	char path[EVENTS_PATH_SIZE];
	int64_t since_ns; /* when that was found out; 0: of no ring */
	int64_t made_ns;  /* CLOCK_REALTIME, of the file: of those found out at once the older goes
			   */
};

/* Those that stay so far. */
struct rings {
	unsigned n;
	struct ring kept[RINGS_MAX];
};

enum sort {
	RING,
	KEPT,       /* of agent/kept.h */
	UNFINISHED, /* what its writer did not get to rename */
};

/* "netns-4026531840.router.events", or with ".new" behind it while it is made. */
static bool parse_name(const char *name, uintmax_t *ret_namespace, enum sort *ret_sort)
{
	static const struct {
		const char *end;
		enum sort sort;
	} ends[] = {
		{ ".keeper.events", RING },
		{ ".router.events", RING },
		{ ".kept.events", KEPT },
		{ ".keeper.events.new", UNFINISHED },
		{ ".router.events.new", UNFINISHED },
		{ ".kept.events.new", UNFINISHED },
	};
	char *end;

	if (strncmp(name, "netns-", 6) != 0 || name[6] < '0' || name[6] > '9')
		return false;
	*ret_namespace = strtoumax(name + 6, &end, 10);
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		*ret_sort = ends[i].sort;
		if (strcmp(end, ends[i].end) == 0)
			return true;
	}
	return false;
}

/* It is of rings, and of no use without any. */
static void remove_begun(uintmax_t namespace)
{
	static const char *const names[] = { "keeper", "router", "begun" };
	char path[EVENTS_PATH_SIZE];

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), DIRECTORY "/netns-%ju.%s.events", namespace, names[i]);
		if (i < 2 && access(path, F_OK) == 0)
			return;
	}
	(void)unlink(path);
}

/* Unless a writer came and went since it was looked at. */
static void remove_file(const struct ring *ring)
{
	int64_t since_ns;
	int claim_fd;

	if (claim_take_other(ring->namespace, &claim_fd) < 0) {
		/* One of a version that does not reset it runs there. */
		(void)events_set_abandoned(ring->path, 0);
		return;
	}
	if (events_abandoned(ring->path, &since_ns) < 0 || since_ns == ring->since_ns)
		(void)unlink(ring->path);
	remove_begun(ring->namespace);
	claim_release_other(ring->namespace, claim_fd);
}

/* Return: whether nobody writes it; noted from now on. */
static bool note_abandoned(struct ring *ring, int64_t now_ns)
{
	int claim_fd, err;

	if (claim_take_other(ring->namespace, &claim_fd) < 0)
		return false;
	err = events_set_abandoned(ring->path, now_ns);
	claim_release_other(ring->namespace, claim_fd);
	ring->since_ns = now_ns;
	return err == 0;
}

/* A time later than now is of before a boot, where /run outlives one. */
static bool is_noted(const struct ring *ring, int64_t now_ns)
{
	return ring->since_ns != 0 && ring->since_ns <= now_ns;
}

static bool is_older(const struct ring *a, const struct ring *b)
{
	return a->since_ns != b->since_ns ? a->since_ns < b->since_ns : a->made_ns < b->made_ns;
}

/* The oldest of too many goes. */
static void keep(struct rings *rings, struct ring *ring)
{
	struct ring *oldest = ring;

	if (rings->n < RINGS_MAX) {
		rings->kept[rings->n++] = *ring;
		return;
	}
	for (unsigned i = 0; i < rings->n; i++)
		if (is_older(&rings->kept[i], oldest))
			oldest = &rings->kept[i];
	remove_file(oldest);
	if (oldest != ring)
		*oldest = *ring;
}

static void look_at_ring(struct rings *rings, struct ring *ring, int64_t now_ns)
{
	int err = events_abandoned(ring->path, &ring->since_ns);

	if (err == -EBADMSG)
		remove_file(ring);
	else if (err == 0 && !is_noted(ring, now_ns) && !note_abandoned(ring, now_ns))
		return;
	else if (err == 0 && now_ns - ring->since_ns > RINGS_AGE_NS)
		remove_file(ring);
	else if (err == 0)
		keep(rings, ring);
}

static void look_at(struct rings rings[2], const char *name, uintmax_t own, int64_t now_ns)
{
	struct ring ring = { 0 };
	struct stat status;
	enum sort sort;

	if (!parse_name(name, &ring.namespace, &sort) || ring.namespace == own)
		return;
	snprintf(ring.path, sizeof(ring.path), DIRECTORY "/%.64s", name);
	if (lstat(ring.path, &status) < 0)
		return;
	ring.made_ns = status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
	switch (sort) {
	case RING:
		look_at_ring(&rings[RING], &ring, now_ns);
		break;
	case KEPT: /* its start may come at any time: none is too old, but some are too many */
		keep(&rings[KEPT], &ring);
		break;
	case UNFINISHED:
		remove_file(&ring);
		break;
	}
}

void rings_clean(int64_t now_ns)
{
	struct rings *rings = calloc(2, sizeof(*rings)); /* RING, KEPT */
	DIR *directory = opendir(DIRECTORY);
	const struct dirent *entry;
	struct stat own;

	if (rings && directory && stat("/proc/self/ns/net", &own) == 0)
		for (unsigned i = 0; i < FILES_MAX && (entry = readdir(directory)); i++)
			look_at(rings, entry->d_name, own.st_ino, now_ns);
	if (directory)
		closedir(directory);
	free(rings);
}
