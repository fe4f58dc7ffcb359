/* SPDX-License-Identifier: MIT */
/*
 * What nftables drop for vipd, on the kernel that runs: to change it, and to see what is there.
 */
#ifndef TEST_FILTERS_H
#define TEST_FILTERS_H

#include "hosts.h"

#include "netlink/filter_change.h"
#include "netlink/reconcile.h"

static struct kern_changer *changer;
static struct kern_dump *dumper;

static inline bool is_so(const char *command)
{
	return system(command) == 0;
}

static inline int open_all(void **state)
{
	int err = connect_hosts(state);

	if (err || here < 0)
		return err;
	assert_int_equal(kern_dump_open(&dumper), 0);
	return 0;
}

static inline int close_all(void **state)
{
	kern_changer_close(changer);
	kern_dump_close(dumper);
	return close_namespaces(state);
}

/* With tables of nobody. */
static inline void start(void)
{
	if (here < 0)
		skip();
	kern_changer_close(changer);
	changer = NULL;
	run("nft flush ruleset");
	assert_int_equal(kern_changer_open(&changer), 0);
}

static inline struct kern_change change_of(bool add, const char *address)
{
	struct kern_change change = { .kind = KERN_KIND_FILTER, .add = add };

	change.entry.filter.ifindex = ifindex_here;
	change.entry.filter.family = strchr(address, ':') ? 6 : 4;
	set_address(change.entry.filter.bytes, address);
	return change;
}

struct shown {
	unsigned n;
	union kern_entry last;
};

static inline void on_object(const struct kern_object *object, void *arg)
{
	struct shown *shown = arg;

	assert_int_equal(object->type, KERN_OBJECT_ENTRY);
	assert_int_equal(object->kind, KERN_KIND_FILTER);
	assert_true(kern_filter_ops.is_marked(&object->entry));
	shown->n++;
	shown->last = object->entry;
}

static inline struct shown dump_of(int ifindex)
{
	struct shown shown = { 0 };

	if (ifindex)
		assert_int_equal(
			kern_dump_interface(dumper, KERN_KIND_FILTER, ifindex, on_object, &shown),
			0);
	else
		assert_int_equal(kern_dump_kind(dumper, KERN_KIND_FILTER, on_object, &shown), 0);
	return shown;
}

#endif
