/* SPDX-License-Identifier: MIT */
/*
 * What the kinds of events are on a timeline: a table by the words of agent/event.c, as events come
 * from other versions and other hosts.
 */
#ifndef TIMELINE_KIND_H
#define TIMELINE_KIND_H

enum timeline_class {
	TIMELINE_GENERIC = 0, /* of another version of vipd, or nothing special */
	TIMELINE_FAULT,
	TIMELINE_CONFLICT,
	TIMELINE_PROCESS,
	TIMELINE_RELOAD,
	TIMELINE_DRAIN,
	TIMELINE_ADDRESS,
	TIMELINE_NOTIFY,
	TIMELINE_WIRE,
	TIMELINE_TRACK,
	TIMELINE_CLASS_COUNT,
};

/* How a class is drawn: one letter, so that it is known without its colour. */
struct timeline_class_row {
	char letter;
	const char *what;
};

extern const struct timeline_class_row timeline_classes[TIMELINE_CLASS_COUNT];

enum timeline_kind_flag {
	TIMELINE_IS_STATE = 1 << 0, /* of a router; a mark only when it is a fault */
	TIMELINE_IS_QUIET = 1 << 1, /* no mark */
	TIMELINE_IS_LIFE = 1 << 2,  /* routers of a host that says so lived: it is not of a start */
};

struct timeline_kind {
	const char *word;
	enum timeline_class class;
	unsigned flags; /* enum timeline_kind_flag */
};

/**
 * timeline_kind() - of that word.
 *
 * Return: never NULL: what is not known is a generic mark.
 */
const struct timeline_kind *timeline_kind(const char *word);

#endif
