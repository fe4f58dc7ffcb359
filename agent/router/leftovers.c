/* SPDX-License-Identifier: MIT */
/* What a predecessor left in the kernel, and no router of this process wants there. */
#include "routers_private.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "agent/state_will.h"
#include "netlink/sweep.h"

/* A dead predecessor may have left thousands; the first ones and the sum are enough to read. */
#define SWEPT_TOLD_MAX 8

struct sweep {
	struct routers *routers;
	struct journal journal;
	bool after_death; /* else the predecessor's configuration had them */
	bool again;       /* of what was refused before, which was told */
	unsigned kinds;   /* a bit for each that is looked for */
	unsigned told_n;
	int addresses_n; /* removed */
	int error;       /* why something is still there: an errno, or 0 */
	int untold;      /* likewise, of what has no line of its own */
};

/* What is wanted with other attributes than it had was swept, and comes back in this turn. */
static void note_swept(struct routers *routers, enum kern_kind kind, const union kern_entry *entry)
{
	struct kern_object gone = { .type = KERN_OBJECT_ENTRY,
				    .kind = kind,
				    .gone = true,
				    .by_us = true,
				    .entry = *entry };
	int interface = routers_place_of(routers, kind, entry);

	if (interface < 0 || kern_wants_see(routers->wants, (unsigned)interface, &gone) < 0)
		return;
	if (kind == KERN_KIND_MACVLAN)
		virtual_mac_follow_all(routers);
}

static bool is_news(const struct sweep *sweep, int error)
{
	return sweep->again ? !error : sweep->after_death || error;
}

static void on_swept(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	struct sweep *sweep = arg;

	if (!error)
		note_swept(sweep->routers, kind, entry);
	else
		sweep->error = error;
	if (kind != KERN_KIND_ADDRESS) {
		sweep->untold = error ? error : sweep->untold;
		return;
	}
	sweep->addresses_n += !error;
	if (is_news(sweep, error) && sweep->told_n++ < SWEPT_TOLD_MAX)
		journal_swept(&sweep->journal, &entry->address, error);
}

/*
 * What the configuration knows is the reconciliation's business. What nftables have come to drop
 * since this process looked, for the one before it, no event has told of.
 */
static bool is_known(enum kern_kind kind, const union kern_entry *entry, void *arg)
{
	struct sweep *sweep = arg;
	struct kern_object object = { .type = KERN_OBJECT_ENTRY, .kind = kind, .entry = *entry };
	int interface = routers_place_of(sweep->routers, kind, entry);

	if (interface < 0 ||
	    kern_wants_find(sweep->routers->wants, (unsigned)interface, kind, entry) < 0)
		return false;
	if (kern_kinds[kind]->protocol == NETLINK_NETFILTER)
		(void)kern_wants_see(sweep->routers->wants, (unsigned)interface, &object);
	return true;
}

/* Whether a message in the will of a predecessor is a removal of that kind. */
static bool is_removal_of(const struct state_entry *entry, enum kern_kind kind)
{
	struct nlmsghdr head;

	if (entry->kind != STATE_ENTRY_NETLINK || entry->target != kern_kinds[kind]->protocol ||
	    entry->len < sizeof(head))
		return false;
	memcpy(&head, entry->bytes, sizeof(head));
	return head.nlmsg_type == kern_kinds[kind]->gone_type;
}

/* Whether a predecessor may have left objects of a kind. */
static bool has_left(struct routers *routers, struct state *old, enum kern_kind kind)
{
	for (unsigned i = 0; i < state_count(old); i++) {
		struct state_will will = state_will(old, i, routers->now->mono_ns);
		struct state_entry entry;

		while (state_will_next(&will, &entry))
			if (is_removal_of(&entry, kind))
				return true;
	}
	return false;
}

/*
 * What is of the host is looked for where there may be some: it takes long to find. So do thousands
 * of addresses; but all of them were seen when this process looked, and what came since. A
 * predecessor that died at once may have had no time to look, and does not know what was left to
 * it.
 */
static bool may_be_left(struct routers *routers, struct state *old, enum kern_kind kind)
{
	if (kind == KERN_KIND_ADDRESS)
		return routers->leftover_seen || routers->dump_due;
	return !kern_kinds[kind]->of_host || kern_wants_has_kind(routers->wants, kind) ||
	       !state_was_alive(old) || has_left(routers, old, kind);
}

static unsigned kinds_to_sweep(struct routers *routers, struct state *old)
{
	unsigned kinds = 0;

	for (unsigned kind = 0; kind < KERN_KIND_COUNT; kind++)
		if (!old || may_be_left(routers, old, (enum kern_kind)kind))
			kinds |= 1u << kind;
	return kinds;
}

/* What is refused now is not for ever: packets to an address may be dropped that shall be let in.
 */
static int run(struct sweep *sweep)
{
	struct routers *routers = sweep->routers;
	int removed = kern_sweep_kinds(routers->dump, routers->changer, sweep->kinds,
				       sweep->after_death ? NULL : is_known, on_swept, sweep);

	routers->unswept = removed < 0 || sweep->error ? sweep->kinds : 0;
	return removed < 0 ? removed : -sweep->untold;
}

/* After a predecessor that left no elections, nothing at all is continued. */
int routers_sweep(struct routers *routers, struct state *old)
{
	bool after_death = old == NULL;
	struct sweep sweep = { .routers = routers,
			       .journal = routers_journal(routers),
			       .kinds = kinds_to_sweep(routers, old),
			       .after_death = after_death };
	int err;

	/* What nftables dropped when this process looked, the one before it may have let in since.
	 * Where they cannot be asked now nothing counts on a filter: what is needed is added again.
	 */
	kern_wants_unsee(routers->wants, KERN_KIND_FILTER);
	err = run(&sweep);
	if (after_death && sweep.addresses_n > SWEPT_TOLD_MAX)
		journal_sum(&sweep.journal, EVENT_SWEPT_ALL,
			    (const int64_t[3]){ sweep.addresses_n });
	return err;
}

void routers_sweep_again(struct routers *routers)
{
	struct sweep sweep = { .routers = routers,
			       .journal = routers_journal(routers),
			       .kinds = routers->unswept,
			       .again = true };

	if (routers->unswept)
		(void)run(&sweep);
}
