/* SPDX-License-Identifier: MIT */
/*
 * What several hosts tell of their routers, put together as plain data: states as spans, everything
 * else as marks. No I/O and no clock. Memory is bounded: marks that are too many are merged with
 * those beside them, and changes of state have a limit.
 *
 * Times are of CLOCK_REALTIME of the host that tells, in nanoseconds; timeline_align.h finds out by
 * how much the clocks differ, timeline_judge.h what follows for a router.
 */
#ifndef TIMELINE_STORY_H
#define TIMELINE_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMELINE_NODES_MAX 8
#define TIMELINE_NAME_SIZE 65      /* of nodes and routers, with its zero; a longer one is cut */
#define TIMELINE_SPANS_MAX 2000000 /* of all routers */
#define TIMELINE_MARKS_MAX 40000
#define TIMELINE_TEXTS_MAX 4 /* lines of a mark; the others are counted */
#define TIMELINE_CUES_MAX  512

/* Times are from 1970 to 2100, and clocks at most some 70 years apart: no sum of them overflows. */
#define TIMELINE_NS_MAX    INT64_C(4102444800000000000)
#define TIMELINE_AHEAD_MAX (INT64_C(1) << 61)

enum timeline_state {
	TIMELINE_UNKNOWN = 0,
	TIMELINE_INITIALIZE,
	TIMELINE_BACKUP,
	TIMELINE_ACTIVE,
	TIMELINE_FAULTY,
	TIMELINE_DOWN,  /* no vipd ran: another host heard it last when this began */
	TIMELINE_GONE,  /* from the configuration */
	TIMELINE_OTHER, /* a word of another version */
	TIMELINE_STATE_COUNT,
};

enum timeline_level {
	TIMELINE_ERROR = 0,
	TIMELINE_WARNING,
	TIMELINE_INFO,
};

/* One event as it is told. Texts are borrowed; NULL: there is none. */
struct timeline_event {
	int64_t real_ns;  /* 0 to TIMELINE_NS_MAX */
	const char *kind; /* never NULL */
	const char *router, *text, *from, *to, *reason, *reason_code;
	const char *node;  /* of "started" */
	const char *drain; /* of "drain" and "drained" */
	unsigned family;
	unsigned vrid; /* of a "state"; 0: not told */
	enum timeline_level level;
	int64_t number; /* of "adopted": how many; of "clock": ahead_s; of "track": by how much the
			   priority fell */
	bool has_number;
};

struct timeline_span {
	int64_t begin_ns, end_ns; /* INT64_MAX: nothing was told of its end */
	int64_t silence_ns;       /* it began since nobody was heard for so long; 0: it did not */
	enum timeline_state state;
	bool is_sure;  /* false: as last told; meanwhile it may have ended */
	bool is_yield; /* it began since another Active was heard */
	char *why;     /* owned; NULL: not known, or too many */
};

struct timeline_mark {
	int64_t first_ns, last_ns;
	unsigned count;
	enum timeline_level level; /* of the worst */
	unsigned char class;       /* enum timeline_class, of the worst */
	bool is_mixed;             /* others are of another class */
	unsigned char texts_n;
	char *texts; /* owned: lines */
};

/* What one host tells of one router, or, without a name, of itself. */
struct timeline_lane {
	unsigned node;
	char router[TIMELINE_NAME_SIZE];
	unsigned family;
	unsigned vrid;               /* 0: not told */
	struct timeline_span *spans; /* owned, by time */
	size_t spans_n, spans_room;
	struct timeline_mark *marks; /* owned, by time */
	size_t marks_n, marks_room;
};

/* What others may have logged, too: timeline_align.h. */
enum timeline_cue_what {
	TIMELINE_CUE_ACTIVE,  /* it became Active, and said so */
	TIMELINE_CUE_PREEMPT, /* likewise, since the Active had a lower priority */
	TIMELINE_CUE_LEFT,    /* likewise, since the Active had left */
	TIMELINE_CUE_YIELDED, /* it heard another one become Active */
	TIMELINE_CUE_OFFERED, /* it went down to a lower priority, or left */
	TIMELINE_CUE_LOST,    /* it was Active and fell silent */
	TIMELINE_CUE_HEARD,   /* it heard the Active for the last time */
	TIMELINE_CUE_CLOCK,   /* it read the clock of the other one: slack_ns: how far ahead */
};

struct timeline_cue {
	int64_t real_ns, slack_ns;
	enum timeline_cue_what what;
	const struct timeline_lane *lane; /* borrowed */
};

struct timeline_node {
	char name[TIMELINE_NAME_SIZE]; /* empty: not told */
	const char *file;              /* borrowed */
	uint64_t events_n;
	int64_t first_ns, last_ns;
	int64_t life_ns; /* its routers lived then for sure; 0: not known */
	bool adopts;     /* the process that starts goes on with what it found */
	bool is_stopped; /* nothing came since it was */
	struct timeline_cue cues[TIMELINE_CUES_MAX]; /* the last ones: a ring */
	size_t cues_n;                               /* of all */

	/* Set by timeline_align(). */
	bool is_aligned;
	int64_t ahead_ns;     /* its clock of the first node's: subtract it */
	int64_t within_ns;    /* how wrong that may be */
	unsigned pairs_n;     /* events that it was found by; 0: none, and is_aligned is not so */
	unsigned by;          /* of which node's clock it was found; that one was before it */
	bool is_by_the_clock; /* found by what a signed advert tells of the clock */
};

struct timeline_story {
	struct timeline_node nodes[TIMELINE_NODES_MAX];
	unsigned nodes_n;
	struct timeline_lane **lanes; /* owned; pointers stay */
	size_t lanes_n, lanes_room;
	void *tree; /* of lanes, by node, name and family */
	size_t spans_n, marks_n, texts_size;
	int64_t mark_width_ns; /* what is closer together is one mark; 0: nothing */
};

/**
 * timeline_story_node() - one more host.
 * @file: borrowed.
 *
 * Return: its number; -E2BIG.
 */
int timeline_story_node(struct timeline_story *story, const char *file);

/**
 * timeline_story_add() - what it tells, in the order in which it happened.
 *
 * Return: 0; -ENOMEM; -E2BIG: more than TIMELINE_SPANS_MAX changes.
 */
int timeline_story_add(struct timeline_story *story, unsigned node,
		       const struct timeline_event *event);

/**
 * timeline_story_split() - let a span end at a time, where another one begins.
 * @at: number of the span. The new one is behind it.
 *
 * Return: 0; -ENOMEM; -E2BIG.
 */
int timeline_story_split(struct timeline_story *story, struct timeline_lane *lane, size_t at,
			 int64_t ns);

/**
 * timeline_story_sort() - lanes by router, family and node, those of hosts first; once, when all
 * is told. A router that no other host calls so gets the name that one has for it, by its VRID.
 *
 * Return: 0; -ENOMEM.
 */
int timeline_story_sort(struct timeline_story *story);

/**
 * timeline_story_free() - all it owns.
 */
void timeline_story_free(struct timeline_story *story);

#endif
