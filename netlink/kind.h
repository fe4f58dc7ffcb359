/* SPDX-License-Identifier: MIT */
/*
 * The kinds of kernel objects that vipd can want, and what is different about each: its messages,
 * what makes it the same object, its mark. All else is the same for all of them: reconcile.h,
 * change.h, dump.h, sweep.h. A new kind is a file with its operations, an enum constant, a member
 * of the union, a row of kern_kinds and a place in their order.
 */
#ifndef KERN_KIND_H
#define KERN_KIND_H

#include <stddef.h>

#include "address.h"
#include "filter.h"
#include "macvlan.h"
#include "route.h"
#include "rule.h"

enum kern_kind {
	KERN_KIND_ADDRESS,
	KERN_KIND_MACVLAN,
	KERN_KIND_UP,
	KERN_KIND_FILTER,
	KERN_KIND_ROUTE,
	KERN_KIND_RULE,
	KERN_KIND_COUNT,
};

/* What is of no interface is of the host, and has this in place of an index. */
#define KERN_HOST (-1)

/* One object of some kind, as wanted or as the kernel shows it. */
union kern_entry {
	struct kern_address address;
	struct kern_macvlan macvlan;
	struct kern_up up;
	struct kern_filter filter;
	struct kern_route route;
	struct kern_rule rule;
};

typedef void (*kern_entry_fn)(const union kern_entry *entry, void *arg);

/* The longest request for a dump, without the head of its message. */
#define KERN_DUMP_HEADER_MAX 64

struct kern_change;
struct nlmsghdr;

struct kern_ops {
	const char *name;
	int protocol; /* NETLINK_ROUTE; or NETLINK_NETFILTER: a batch is a transaction, no event
			 tells of one, and a message of a dump is about many */
	uint16_t new_type, gone_type; /* of the messages about one */
	uint16_t dump_type;           /* of the request for all of them */
	uint8_t parts_n; /* requests that a dump takes, each by put_part(); 0: one, by put_dump() */
	bool asks_one;   /* of an interface it is one object, and the request one for it alone */
	bool of_host;    /* of no interface: its index is KERN_HOST */
	bool echoes;     /* the echo of an addition shows whether the kernel keeps marks; else it
			    does */
	uint16_t removal_len; /* bytes that put() writes to remove one, at most */

	/* Of what makes it the same object on its interface. */
	uint32_t (*hash)(const union kern_entry *entry);
	/* The same object, whatever its attributes. Both are of one interface. */
	bool (*same)(const union kern_entry *a, const union kern_entry *b);
	/* The kernel has room for one of the two only. Both are the same object. */
	bool (*collide)(const union kern_entry *a, const union kern_entry *b);
	/* The same in what is wanted, too. Both are the same object. */
	bool (*equal)(const union kern_entry *wanted, const union kern_entry *shown);
	bool (*is_marked)(const union kern_entry *entry);
	bool (*is_leased)(const union kern_entry *entry);
	/* Of one that is gone, and nobody known asked for it: whether that may have been the end
	 * of its lease. */
	bool (*may_have_ended)(const union kern_entry *entry);
	/* Whether it does what it is there for. NULL: it does. */
	bool (*is_usable)(const union kern_entry *entry);
	/* Of one in a message about new ones: whether it is gone all the same. NULL: none is. */
	bool (*is_gone)(const union kern_entry *entry);
	int (*ifindex)(const union kern_entry *entry);
	/* Whether the kernel has room for one on all interfaces, and may show it as of another one
	 * than it is wanted on. NULL: it never is. */
	bool (*is_everywhere)(const union kern_entry *entry);
	void (*set_ifindex)(union kern_entry *entry, int ifindex);
	/* Of one interface: whether the kernel removes @a together with the leader of those that
	 * fall with each other, if @b is one of them. NULL: none ever. */
	bool (*falls_with)(const union kern_entry *a, const union kern_entry *b);
	/* Whether others may fall with it. With falls_with. */
	bool (*leads)(const union kern_entry *entry);
	/* Whether what is shown is a second one of somebody else's beside ours, which is there all
	 * the same. NULL: the kernel has no two. */
	bool (*is_rival)(const union kern_entry *shown, const union kern_entry *ours);
	/* Take over what a later removal needs and only the kernel knows. NULL: nothing. */
	void (*learn)(union kern_entry *wanted, const union kern_entry *shown);
	/* The kernel's refusal of a change says that what was known is not true. */
	bool (*contradicts)(const struct kern_change *change);

	/* Return: false for a message that makes no sense, or is about something else. */
	bool (*parse)(const struct nlmsghdr *message, union kern_entry *ret_entry);
	/* Call for each that a message is about; NULL: it is one, by parse(). */
	void (*parse_all)(const struct nlmsghdr *message, kern_entry_fn each, void *arg);
	/* Write a change of at most KERN_CHANGE_LEN_MAX bytes: messages with this sequence number,
	 * or with 0 where the kernel's answer does not matter. Return: its length. */
	size_t (*put)(void *buf, const struct kern_change *change, uint32_t seq);
	/* Write the header of a request for all of an interface, or of all interfaces for 0; into
	 * KERN_DUMP_HEADER_MAX zeros. Return: its length. */
	size_t (*put_dump)(void *header, int ifindex);
	/* The same of one of parts_n requests, each for all interfaces. */
	size_t (*put_part)(void *header, unsigned part);

	/* A number to remove many by, in one go; NULL: there is no such way, nor a need. */
	uint32_t (*gathering)(void);
	/* Whether the kernel waits within a change, for some 10 ms. NULL: never. */
	bool (*is_slow)(const struct kern_change *change);

	/* A setting of the kernel's that must hold while a change is carried out and no longer; a
	 * number, 0: none. Neighbours in a batch share it. NULL: no change of this kind has one. */
	unsigned (*setting)(const struct kern_change *change);
	/* Write its begin or its end, of at most KERN_SETTING_LEN_MAX bytes. Return: its length. */
	size_t (*put_setting)(void *buf, unsigned setting, bool on);
};

/* By enum kern_kind. */
extern const struct kern_ops *const kern_kinds[KERN_KIND_COUNT];

/* In the order in which they are claimed, since a later one may stand on an earlier one; they are
 * released in the reverse order. */
extern const enum kern_kind kern_kinds_order[KERN_KIND_COUNT];

#endif
