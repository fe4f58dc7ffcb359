/* SPDX-License-Identifier: MIT */
/* What a predecessor left in the kernel, and no router of this process wants there. */
#include "routers_private.h"

#include <errno.h>
#include <linux/netlink.h>

#include "netlink/sweep.h"

/* A dead predecessor may have left thousands; the first ones and the sum are enough to read. */
#define SWEPT_TOLD_MAX 8

struct sweep {
	struct routers *routers;
	struct journal journal;
	bool after_death; /* else the predecessor's configuration had them */
	bool again;       /* of what was refused before, which was told */
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

/* What is refused now is not for ever: packets to an address may be dropped that shall be let in.
 */
static int run(struct sweep *sweep)
{
	struct routers *routers = sweep->routers;
	int removed = kern_sweep(routers->dump, routers->changer,
				 sweep->after_death ? NULL : is_known, on_swept, sweep);

	routers->unswept = removed < 0 || sweep->error;
	return removed < 0 ? removed : -sweep->untold;
}

/* After a predecessor that left no elections, nothing at all is continued. */
int routers_sweep(struct routers *routers, bool after_death)
{
	struct sweep sweep = { .routers = routers,
			       .journal = routers_journal(routers),
			       .after_death = after_death };
	int err = run(&sweep);

	if (after_death && sweep.addresses_n > SWEPT_TOLD_MAX)
		journal_sum(&sweep.journal, EVENT_SWEPT_ALL,
			    (const int64_t[3]){ sweep.addresses_n });
	return err;
}

void routers_sweep_again(struct routers *routers)
{
	struct sweep sweep = { .routers = routers,
			       .journal = routers_journal(routers),
			       .again = true };

	if (routers->unswept)
		(void)run(&sweep);
}
