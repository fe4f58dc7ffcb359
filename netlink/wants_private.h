/* SPDX-License-Identifier: MIT */
/*
 * The inside of struct kern_wants, private to the two files that share it: wants.c knows what is
 * wanted and what is there, reconcile.c closes the difference.
 */
#ifndef KERN_WANTS_PRIVATE_H
#define KERN_WANTS_PRIVATE_H

#include "reconcile.h"

#define KERN_RETRY_NS INT64_C(1000000000) /* after a refusal */

/* What a new claim does not make untrue. */
#define TOLD_FOR_GOOD (1u << KERN_WANT_DOUBLE)

struct want {
	struct kern_want spec; /* its entry has the ifindex of its interface */
	uint32_t next;         /* of its interface: number + 1; 0: the last one */
	uint32_t needs;        /* what must be there as long as it is: number + 1; 0: nothing */
	uint32_t needed_by;    /* the reverse */
	bool wanted;
	bool renew;   /* the lease shall start anew */
	bool present; /* as the kernel shows it, like the next two */
	bool leased;
	bool placed;            /* present, and the kernel has shown whether it leads (kind.h) */
	bool leading;           /* present, and somebody else's would fall with it or its like */
	bool doubled;           /* the same object with other attributes is there: not ours */
	bool hosts;             /* was there and not ours, of one that may be the host's own */
	bool ours;              /* present because vipd added it, in this life or an earlier one */
	bool stolen;            /* by somebody else, since the last reconcile */
	bool expired;           /* its lease ended, since the last reconcile */
	bool unanswered;        /* perhaps added: the kernel's answer was lost */
	bool let_pass;          /* its slow change has let the others of a pass go first */
	bool abandoned;         /* removed too often; until it was held for KERN_HELD_NS */
	bool listed;            /* in the list of those to look at */
	uint16_t told;          /* 1 << news: was told and still holds */
	uint32_t shown;         /* the last dump that showed it */
	uint32_t shown_doubled; /* likewise, with other attributes */
	uint8_t restored_n;     /* in the window */
	int64_t restored_since; /* start of the window */
	int64_t leased_ns;      /* its lease began then, or a little later; 0: not known */
	int64_t before_ns;      /* likewise the one before, when it was renewed; or 0 */
	int64_t retry_ns;       /* not before; the kernel refused the last change */
	int64_t pause_ns;       /* the length of the last pause of an abandoned one */
	int64_t paused_ns;      /* the end of that pause, until it is added; or 0 */
	int64_t added_ns;       /* the last time, by us */
	int64_t refused_ns;     /* the first of the refusals in a row; KERN_NEVER: there is none */
};

struct interface {
	uint32_t first, last; /* of its wants: number + 1; or 0 */
	int ifindex;          /* 0: there is none */
	bool promotes;        /* see struct kern_change; as it was when its link was seen last */
	uint32_t asked;       /* the last pass that asked for its link */
	uint32_t looked;      /* the last pass that looked at it in doubt */
	bool unclear;         /* what falls with ours there */
};

/* Wants to look at, in the order in which they came. */
struct list {
	unsigned n;
	uint32_t *numbers;
};

/* One walk over the list that had gathered when it began. */
struct pass {
	bool running;
	uint32_t number;    /* counts passes, from 1 on */
	unsigned phase, at; /* the next one to look at */
	unsigned changes_n; /* so far */
	unsigned slow_n;    /* made: one at most */
	bool contradicted;  /* by the kernel's answers */
	bool cut;           /* some wants were not looked at for KERN_CHANGES_MAX */
	struct list list;
};

struct kern_wants {
	struct kern_changer *changer; /* borrowed */
	struct kern_dump *dump;       /* borrowed */
	unsigned wants_n, wants_max, interfaces_max;
	struct want *all; /* owned, as all below */
	struct interface *interfaces;
	uint32_t *table; /* by interface, kind and object: number + 1; a power of two of them */
	uint32_t table_mask;
	unsigned kinds_n[KERN_KIND_COUNT]; /* wants of each */
	bool marks[KERN_KIND_COUNT];       /* the kernel has shown one, so it keeps them */
	bool doubt;                        /* events or answers were lost */
	uint32_t dumps;                    /* so far, */
	uint32_t begun;                    /* and the number of the one that is to end */
	int64_t retry_ns;                  /* the earliest of theirs */
	int64_t turn_ns, turn_end_ns;      /* the last turn of which the end was told */
	struct list list;                  /* for the next pass */
	struct pass pass;

	/* The batch that is being made. */
	unsigned changes_n, news_n;
	struct kern_news *news; /* the caller's, during a call */
	struct kern_change changes[KERN_BATCH_MAX];
	uint32_t changing[KERN_BATCH_MAX]; /* the want of each */
};

static inline const struct kern_ops *kern_want_ops(const struct want *want)
{
	return kern_kinds[want->spec.kind];
}

static inline struct interface *kern_want_interface(const struct kern_wants *w,
						    const struct want *want)
{
	return &w->interfaces[want->spec.interface];
}

/**
 * kern_wants_look_at() - let the next pass look at a want.
 */
void kern_wants_look_at(struct kern_wants *w, struct want *want);

/**
 * kern_wants_make_sure() - before ours is touched: in doubt, look at its interface; once in a pass,
 * which is some milliseconds long. Also when it is unclear what falls with ours.
 */
void kern_wants_make_sure(struct kern_wants *w, const struct want *want);

/**
 * kern_wants_promotes() - whether the link of a want promotes secondaries at this moment, which no
 * event tells: the kernel is asked, once in a pass. If it does not say, what is known counts.
 */
bool kern_wants_promotes(struct kern_wants *w, const struct want *want);

#endif
