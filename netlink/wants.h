/* SPDX-License-Identifier: MIT */
/*
 * The kernel objects that the agent wants or does not want (kind.h), and what is known of those
 * that the kernel has: from events, dumps, and our own changes. reconcile.h closes the difference.
 *
 * Interfaces are numbers of the caller's; each is tied to the interface index that it has at the
 * moment. Wants are found by object, and chained by interface: an event or a dump costs what it is
 * about.
 */
#ifndef KERN_WANTS_H
#define KERN_WANTS_H

#include "change.h"
#include "dump.h"
#include "object.h"

#define KERN_NEVER INT64_MAX

/* All interfaces, where a number of one is expected. */
#define KERN_EVERY_INTERFACE (-1)

/* Something that the caller wants at times. */
struct kern_want {
	enum kern_kind kind;
	unsigned interface; /* the caller's number of it */
	unsigned owner;     /* the caller's */
	uint32_t lease_s;   /* the kernel itself removes it when so long nobody calls
			       kern_wants_renew(); 0: never */
	bool is_hosts;      /* may be the host's own: once it was there and not ours, it is never
			       added here, since it would become ours and go with us; while it
			       cannot be used it is not there */
	union {             /* as it shall be; ifindex is set here */
		struct kern_address address; /* the same as entry.address */
		union kern_entry entry;
	};
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
 * kern_wants_alter() - want an object with other attributes from now on. One that is there, and
 * ours, is replaced with the next reconcile.
 * @entry: the same object; copied.
 */
void kern_wants_alter(struct kern_wants *wants, unsigned want, const union kern_entry *entry);

/**
 * kern_wants_suspect() - the kernel may have removed objects of an interface without a word: look
 * at it, if there are some. If the kernel does not show it now, the next reconcile looks again.
 */
void kern_wants_suspect(struct kern_wants *wants, unsigned interface);

/**
 * kern_wants_need() - never add an object while another one is not there, nor remove that one while
 * it is: where the kernel refuses the one, it is as if it refused both.
 * @needed: of a kind that is claimed before that of @want, and of which one more addition is no
 *          error; needed by no other.
 */
void kern_wants_need(struct kern_wants *wants, unsigned want, unsigned needed);

/**
 * kern_wants_has_kind() - whether any object of a kind was added: a dump that has none to show need
 * not be made.
 */
bool kern_wants_has_kind(const struct kern_wants *wants, enum kern_kind kind);

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
 * back whose lease has ended. Without effect on one that is not there otherwise, or not ours, or
 * whose lease began in this turn: it was added before the advert that is the evidence for it.
 * @now_ns: that of the turn, as kern_reconcile() has it.
 */
void kern_wants_renew(struct kern_wants *wants, unsigned want, int64_t now_ns);

/**
 * kern_wants_forgo() - let a renewal be that the kernel has refused so far.
 */
void kern_wants_forgo(struct kern_wants *wants, unsigned want);

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
 * kern_wants_find_same() - the want of an object, whatever its attributes.
 *
 * Return: its number; -1 when there is none.
 */
int kern_wants_find_same(const struct kern_wants *wants, unsigned interface, enum kern_kind kind,
			 const union kern_entry *entry);

/**
 * kern_wants_unsee() - objects of a kind of which no event tells may have gone: none is there until
 * it is shown again. For kinds of which one that is there can be added again without an error.
 */
void kern_wants_unsee(struct kern_wants *wants, enum kern_kind kind);

/**
 * kern_wants_doubt() - events were lost: until kern_wants_dump_end(KERN_EVERY_INTERFACE), nothing
 * is removed or renewed without a look, where the kernel grants one (reconcile.h).
 */
void kern_wants_doubt(struct kern_wants *wants);

/**
 * kern_wants_dump_begin() - a dump of objects of all kinds that were added follows, by
 * kern_wants_see().
 */
void kern_wants_dump_begin(struct kern_wants *wants);

/**
 * kern_wants_dump_end() - what the dump did not show is not there.
 * @interface: the dump was of this one, or KERN_EVERY_INTERFACE. Only its wants are looked at.
 */
void kern_wants_dump_end(struct kern_wants *wants, int interface);

/**
 * kern_wants_amend() - want other attributes of an object. They count from its next change on;
 * kern_wants_renew() makes one.
 * @entry: the same object, on the same interface.
 */
void kern_wants_amend(struct kern_wants *wants, unsigned want, const union kern_entry *entry);

/**
 * kern_wants_deadline() - when to reconcile again although nothing happened: a refused change waits
 * for a second, more than KERN_CHANGES_MAX of them for the next pass. KERN_NEVER mostly.
 */
int64_t kern_wants_deadline(const struct kern_wants *wants);

/**
 * kern_wants_pending() - whether kern_reconcile() has anything to look at, now or when a pause is
 * over.
 */
bool kern_wants_pending(const struct kern_wants *wants);

/**
 * kern_wants_is_due() - whether a renewal that was asked for has not reached the kernel yet.
 */
bool kern_wants_is_due(const struct kern_wants *wants, unsigned want);

/**
 * kern_wants_lend() - say that an object which is not there now was the host's own, as a
 * predecessor has seen.
 */
void kern_wants_lend(struct kern_wants *wants, unsigned want);

/**
 * kern_wants_lacks() - whether a want is the host's own, was there, and is not now.
 */
bool kern_wants_lacks(const struct kern_wants *wants, unsigned want);

/**
 * kern_wants_has() - whether the object is there, as far as is known.
 */
bool kern_wants_has(const struct kern_wants *wants, unsigned want);

/**
 * kern_wants_is_ours() - whether it is there because vipd added it, as far as is known.
 */
bool kern_wants_is_ours(const struct kern_wants *wants, unsigned want);

/**
 * kern_wants_unheld_ns() - since when a wanted object cannot be held.
 *
 * Return: when the kernel first refused to add it, on the clock of kern_wants_deadline(); 0 for one
 * that is abandoned (reconcile.h); KERN_NEVER: it is there, or not wanted, or on its way.
 */
int64_t kern_wants_unheld_ns(const struct kern_wants *wants, unsigned want);

/**
 * kern_wants_is_overdue() - whether an object was to be tried again, and then once more, and nobody
 * ran: how long it cannot be held says nothing until it is tried.
 * @now_ns: on the clock of kern_wants_deadline().
 */
bool kern_wants_is_overdue(const struct kern_wants *wants, unsigned want, int64_t now_ns);

/**
 * kern_wants_is_doubled() - whether somebody else's is there with other attributes, such as another
 * prefix length, as far as is known.
 */
bool kern_wants_is_doubled(const struct kern_wants *wants, unsigned want);

/**
 * kern_wants_is_unmarked() - whether the object is there because vipd added it, and a kernel that
 * keeps no marks shows nobody that it is so: kern_sweep() will not find it.
 */
bool kern_wants_is_unmarked(const struct kern_wants *wants, unsigned want);

#endif
