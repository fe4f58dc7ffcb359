/* SPDX-License-Identifier: MIT */
/*
 * The kernel objects that the agent wants or does not want (kind.h), against those that the kernel
 * has, and the closing of the difference in batches. Takeover, release, an address removed by
 * somebody else, a lost event: one mechanism. Never removes what vipd did not add.
 *
 * Interfaces are numbers of the caller's; each is tied to the interface index that it has at the
 * moment.
 *
 * What is known comes from events, and events get lost. From then on until a dump is through, what
 * is to be removed or renewed is looked at first, interface by interface. If the kernel refuses
 * that as well, what was known counts: a Backup must not keep an address, nor the lease of a living
 * router end, because of that. So what somebody else has put in the place of what vipd added is
 * taken for vipd's
 *   - when he does it in the course of the very turn (change.h);
 *   - when the kernel has lost the event of it and, asked for that interface alone, refuses to show
 *     it;
 *   - or when the kernel keeps no marks (before 5.18) and nobody heard of a removal.
 */
#ifndef KERN_RECONCILE_H
#define KERN_RECONCILE_H

#include "change.h"
#include "dump.h"
#include "object.h"

#define KERN_NEVER INT64_MAX

/* Somebody else removes an object again and again: after so many restorations in so much time it
 * is left alone until it is wanted anew. */
#define KERN_RESTORE_MAX       5
#define KERN_RESTORE_WINDOW_NS INT64_C(10000000000)

/* Changes of one pass: whoever waits for more of them looks at its sockets in between. */
#define KERN_CHANGES_MAX 1024

/* The most news of one call of kern_reconcile(). */
#define KERN_NEWS_MAX (2 * KERN_BATCH_MAX)

/* All interfaces, where a number of one is expected. */
#define KERN_EVERY_INTERFACE (-1)

/* Something that the caller wants at times. */
struct kern_want {
	enum kern_kind kind;
	unsigned interface; /* the caller's number of it */
	unsigned owner;     /* the caller's */
	uint32_t lease_s;   /* the kernel itself removes it when so long nobody calls
			       kern_wants_renew(); 0: never */
	union {             /* as it shall be; ifindex is set here */
		struct kern_address address; /* the same as entry.address */
		union kern_entry entry;
	};
};

enum kern_want_news {
	KERN_WANT_ADDED,    /* claimed */
	KERN_WANT_RESTORED, /* somebody removed it; it is back */
	KERN_WANT_EXPIRED,  /* its lease ended; it is back since kern_wants_renew() said so */
	KERN_WANT_ENDED,    /* its lease ended; it comes back with kern_wants_renew() */
	KERN_WANT_REMOVED,  /* released, and it was ours */
	KERN_WANT_FOREIGN,  /* wanted, and there already: not ours to remove */
	KERN_WANT_KEPT,     /* not wanted, but not ours to remove either */
	KERN_WANT_DOUBLE,   /* there with other attributes, say prefix length: not ours to remove */
	KERN_WANT_ABANDONED, /* removed by somebody once too often: left alone */
	KERN_WANT_FAILED,    /* the kernel refused: @error; tried again every second */
	KERN_WANT_COUNT,
};

/* One fact about one want. */
struct kern_news {
	unsigned want;
	enum kern_want_news what;
	int error; /* an errno for KERN_WANT_FAILED, else 0 */
};

struct kern_wants;

/**
 * kern_wants_new() - room for a fixed number of wants.
 * @wants_max: how many will be added.
 * @interfaces_max: their interfaces' numbers are below.
 * @changer: carries the changes; borrowed.
 * @dump: shows an interface when there is doubt; borrowed.
 * @ret_wants: owned by the caller.
 *
 * Return: 0 or -ENOMEM.
 */
int kern_wants_new(unsigned wants_max, unsigned interfaces_max, struct kern_changer *changer,
		   struct kern_dump *dump, struct kern_wants **ret_wants);

/**
 * kern_wants_free() - release the memory, not the objects. NULL is allowed.
 */
void kern_wants_free(struct kern_wants *wants);

/**
 * kern_wants_add() - know an object, not wanted yet. Before its interface is tied to an index.
 * @want: no other want of this interface may be the same object.
 *
 * Return: its number, counting from 0.
 */
unsigned kern_wants_add(struct kern_wants *wants, const struct kern_want *want);

/**
 * kern_wants_get() - what was added, with the index that its interface has now.
 */
const struct kern_want *kern_wants_get(const struct kern_wants *wants, unsigned want);

/**
 * kern_wants_interface() - tie an interface to its index. Costs nothing when it has it already,
 * else as much as it has wants.
 * @promotes: of struct kern_link.
 * @ifindex: 0 when there is no such interface. What is ours on the old one is removed from there.
 */
void kern_wants_interface(struct kern_wants *wants, unsigned interface, int ifindex, bool promotes);

/**
 * kern_wants_want() - say whether an object shall be there, from the next reconcile on.
 */
void kern_wants_want(struct kern_wants *wants, unsigned want, bool wanted);

/**
 * kern_wants_renew() - let the lease of an object start anew with the next reconcile, or put one
 * back whose lease has ended. Without effect on one that is not there otherwise, or not ours.
 */
void kern_wants_renew(struct kern_wants *wants, unsigned want);

/**
 * kern_wants_see() - take note of an event or a line of a dump.
 * @interface: of the object.
 * @object: KERN_OBJECT_ENTRY.
 *
 * Return: the number of the want that is the same object, whatever its attributes; or -1.
 */
int kern_wants_see(struct kern_wants *wants, unsigned interface, const struct kern_object *object);

/**
 * kern_wants_find() - the want of an object.
 *
 * Return: its number; -1 when there is none, or one with other attributes.
 */
int kern_wants_find(const struct kern_wants *wants, unsigned interface, enum kern_kind kind,
		    const union kern_entry *entry);

/**
 * kern_wants_doubt() - events were lost: until kern_wants_dump_end(KERN_EVERY_INTERFACE), nothing
 * is touched without a look.
 */
void kern_wants_doubt(struct kern_wants *wants);

/**
 * kern_wants_dump_begin() - a dump of objects of all kinds follows, by kern_wants_see().
 */
void kern_wants_dump_begin(struct kern_wants *wants);

/**
 * kern_wants_dump_end() - what the dump did not show is not there.
 * @interface: the dump was of this one, or KERN_EVERY_INTERFACE. Only its wants are looked at.
 */
void kern_wants_dump_end(struct kern_wants *wants, int interface);

/**
 * kern_reconcile() - close the difference between what is wanted and what is there, in a pass of
 * several calls: each carries out batches until one has news. Between them the caller acts upon the
 * news; what it wants in the meantime is for the next pass. What is released goes first, the last
 * one first and kinds in reverse; then comes what is claimed, in order.
 * @now_ns: on the clock of kern_wants_deadline().
 * @ret_news: room for KERN_NEWS_MAX.
 *
 * Return: how many news, and call again; 0 at the end of the pass; -EAGAIN at its end when answers
 * of the kernel contradicted what was known: dump, and begin another pass.
 */
int kern_reconcile(struct kern_wants *wants, int64_t now_ns, struct kern_news *ret_news);

/**
 * kern_wants_deadline() - when to reconcile again although nothing happened: a refused change waits
 * for a second, more than KERN_CHANGES_MAX of them for the next pass. KERN_NEVER mostly.
 */
int64_t kern_wants_deadline(const struct kern_wants *wants);

/**
 * kern_wants_has() - whether the object is there, as far as is known.
 */
bool kern_wants_has(const struct kern_wants *wants, unsigned want);

#endif
