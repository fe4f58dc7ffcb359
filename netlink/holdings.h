/* SPDX-License-Identifier: MIT */
/*
 * The addresses that the agent wants or does not want, against those that the kernel has, and the
 * closing of the difference in batches. Takeover, release, an address removed by somebody
 * else, a lost event: one mechanism. Never removes what vipd did not add.
 *
 * Links are numbers of the caller's; each is tied to the interface index that it has at the moment.
 */
#ifndef KERN_HOLDINGS_H
#define KERN_HOLDINGS_H

#include "change.h"
#include "object.h"

#define KERN_NEVER INT64_MAX

/* Somebody else removes an address again and again: after so many restorations in so much time it
 * is left alone until the next takeover. */
#define KERN_RESTORE_MAX       5
#define KERN_RESTORE_WINDOW_NS INT64_C(10000000000)

/* Changes of one call: whoever waits for more of them looks at its sockets in between. */
#define KERN_CHANGES_MAX 1024

enum kern_holding_news {
	KERN_HOLDING_ADDED,    /* claimed */
	KERN_HOLDING_RESTORED, /* somebody removed it; it is back */
	KERN_HOLDING_EXPIRED,  /* its lease ended; it is back since kern_holdings_renew() said so */
	KERN_HOLDING_ENDED,    /* its lease ended; it comes back with kern_holdings_renew() */
	KERN_HOLDING_REMOVED,  /* released, and it was ours */
	KERN_HOLDING_FOREIGN,  /* wanted, and there already: not ours to remove */
	KERN_HOLDING_KEPT,     /* not wanted, but not ours to remove either */
	KERN_HOLDING_DOUBLE,   /* there with another prefix length: not ours to remove */
	KERN_HOLDING_ABANDONED, /* removed by somebody once too often: left alone */
	KERN_HOLDING_FAILED,    /* the kernel refused: @error; tried again every second */
	KERN_HOLDING_COUNT,
};

/* Called from kern_holdings_reconcile(), once per holding and fact. @error is an errno or 0. */
typedef void (*kern_holding_fn)(unsigned holding, enum kern_holding_news news, int error,
				void *arg);

/* Called from kern_holdings_reconcile() between batches: what was told so far may be acted upon. */
typedef void (*kern_holdings_pause_fn)(void *arg);

struct kern_holdings;

/**
 * kern_holdings_new() - room for a fixed number of addresses.
 * @holdings_max: how many will be added.
 * @changer: carries the changes; borrowed.
 * @news: told what became of them.
 * @pause: told after each batch of changes.
 * @arg: handed to both; borrowed.
 * @ret_holdings: owned by the caller.
 *
 * Return: 0 or -ENOMEM.
 */
int kern_holdings_new(unsigned holdings_max, struct kern_changer *changer, kern_holding_fn news,
		      kern_holdings_pause_fn pause, void *arg, struct kern_holdings **ret_holdings);

/**
 * kern_holdings_free() - release the memory, not the addresses. NULL is allowed.
 */
void kern_holdings_free(struct kern_holdings *holdings);

/**
 * kern_holdings_add() - know an address, not wanted yet.
 * @link: the caller's number of the link.
 * @address: family, prefix length and bytes are used. (link, bytes) must be new.
 * @lease_s: the kernel itself removes it when so long nobody calls kern_holdings_renew(); 0: never.
 *
 * Return: its number, counting from 0.
 */
unsigned kern_holdings_add(struct kern_holdings *holdings, unsigned link,
			   const struct kern_address *address, uint32_t lease_s);

/**
 * kern_holdings_link() - tie a link to an interface index.
 * @promotes: of struct kern_link.
 * @ifindex: 0 when there is no such interface. What is ours on the old one is removed from there.
 */
void kern_holdings_link(struct kern_holdings *holdings, unsigned link, int ifindex, bool promotes);

/**
 * kern_holdings_want() - say whether an address shall be there, from the next reconcile on.
 */
void kern_holdings_want(struct kern_holdings *holdings, unsigned holding, bool wanted);

/**
 * kern_holdings_renew() - let the lease of an address start anew with the next reconcile, or put
 * one back whose lease has ended. Without effect on one that is not there otherwise, or not ours.
 */
void kern_holdings_renew(struct kern_holdings *holdings, unsigned holding);

/**
 * kern_holdings_see() - take note of an event or a line of a dump.
 * @link: of the address.
 * @object: KERN_OBJECT_ADDRESS.
 *
 * Return: the number of the holding that has these bytes, whatever the prefix length, or -1.
 */
int kern_holdings_see(struct kern_holdings *holdings, unsigned link,
		      const struct kern_object *object);

/**
 * kern_holdings_find() - the holding of an address.
 *
 * Return: its number; -1 when there is none with these bytes and this prefix length.
 */
int kern_holdings_find(const struct kern_holdings *holdings, unsigned link,
		       const struct kern_address *address);

/**
 * kern_holdings_dump_begin() - a dump of all addresses follows, by kern_holdings_see().
 */
void kern_holdings_dump_begin(struct kern_holdings *holdings);

/**
 * kern_holdings_dump_end() - what the dump did not show is not there.
 */
void kern_holdings_dump_end(struct kern_holdings *holdings);

/**
 * kern_holdings_reconcile() - close the difference between what is wanted and what is there.
 * @now_ns: on the clock of kern_holdings_deadline().
 *
 * Return: true when the kernel's answers contradict what was known: dump and call again.
 */
bool kern_holdings_reconcile(struct kern_holdings *holdings, int64_t now_ns);

/**
 * kern_holdings_deadline() - when to reconcile again although nothing happened: a refused change
 * waits for a second, more than KERN_CHANGES_MAX of them for the next call. KERN_NEVER mostly.
 */
int64_t kern_holdings_deadline(const struct kern_holdings *holdings);

/**
 * kern_holdings_has() - whether the address is on the interface, as far as is known.
 */
bool kern_holdings_has(const struct kern_holdings *holdings, unsigned holding);

#endif
