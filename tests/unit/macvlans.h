/* SPDX-License-Identifier: MIT */
/*
 * Macvlans with the MACs of virtual router 51 on one of two hosts at a cable, and what the kernel
 * tells of them.
 */
#ifndef TEST_MACVLANS_H
#define TEST_MACVLANS_H

#include "hosts.h"

#include "netlink/monitor.h"
#include "netlink/sweep.h"

#define NAME4 "vrrp.51"
#define NAME6 "vrrp6.51"

static const uint8_t mac4[] = { 0x00, 0x00, 0x5e, 0x00, 0x01, 0x33 };
static const uint8_t mac6[] = { 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33 };

static struct kern_changer *changer;
static struct kern_dump *dumper;
static struct kern_monitor *monitor;

static inline bool is_so(const char *command)
{
	return system(command) == 0;
}

static inline void on_nothing(const struct kern_object *object, void *arg)
{
	(void)object;
	(void)arg;
}

static inline int open_all(void **state)
{
	int err = connect_hosts(state);

	if (err || here < 0)
		return err;
	assert_int_equal(kern_changer_open(&changer), 0);
	assert_int_equal(kern_dump_open(&dumper), 0);
	assert_int_equal(kern_monitor_open(kern_changer_port(changer), &monitor), 0);
	return 0;
}

static inline int close_all(void **state)
{
	kern_changer_close(changer);
	kern_dump_close(dumper);
	kern_monitor_close(monitor);
	return close_namespaces(state);
}

static inline void clean(void)
{
	if (here < 0)
		skip();
	run("for i in $(ip -o link show 2>/dev/null | cut -d' ' -f2 | tr -d : | cut -d@ -f1 | "
	    "grep -vx 'lo\\|v0'); do ip link del $i 2>/dev/null; done; true");
	assert_int_equal(kern_monitor_dispatch(monitor, on_nothing, NULL), 0);
}

static inline struct kern_macvlan macvlan(const char *name, const uint8_t *mac)
{
	struct kern_macvlan it = { .ifindex = ifindex_here };

	strcpy(it.name, name);
	memcpy(it.mac, mac, sizeof(it.mac));
	return it;
}

static inline int apply(struct kern_change *change)
{
	assert_int_equal(kern_changer_apply(changer, change, 1), 0);
	return change->result;
}

static inline int create(const char *name, const uint8_t *mac)
{
	struct kern_change change = { .kind = KERN_KIND_MACVLAN,
				      .add = true,
				      .entry.macvlan = macvlan(name, mac) };

	return apply(&change);
}

static inline int set_up(const char *name, bool up)
{
	struct kern_change change = { .kind = KERN_KIND_UP,
				      .add = up,
				      .entry.up.ifindex = (int)if_nametoindex(name) };

	return apply(&change);
}

static inline void add_address(const char *name, const char *text, unsigned prefix_len)
{
	struct kern_change change = {
		.add = true,
		.address = { .ifindex = (int)if_nametoindex(name),
			     .family = strchr(text, ':') ? 6 : 4,
			     .prefix_len = (uint8_t)prefix_len },
	};

	assert_int_equal(
		inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, change.address.bytes), 1);
	assert_int_equal(apply(&change), 0);
}

/* ---- what there is ---- */

struct shown {
	enum kern_kind kind;
	unsigned n, gone_n, links_n;
	bool by_us;
	union kern_entry last;
	struct kern_link link;
};

static inline void on_object(const struct kern_object *object, void *arg)
{
	struct shown *shown = arg;

	if (object->type == KERN_OBJECT_LINK) {
		shown->links_n++;
		shown->link = object->link;
	}
	if (object->type != KERN_OBJECT_ENTRY || object->kind != shown->kind)
		return;
	shown->n++;
	shown->gone_n += object->gone;
	shown->by_us = object->by_us;
	shown->last = object->entry;
}

static inline struct shown dump_of(enum kern_kind kind, int ifindex)
{
	struct shown shown = { .kind = kind };

	assert_int_equal(kern_dump_interface(dumper, kind, ifindex, on_object, &shown), 0);
	return shown;
}

static inline struct shown events_of(enum kern_kind kind)
{
	struct shown shown = { .kind = kind };

	assert_int_equal(kern_monitor_dispatch(monitor, on_object, &shown), 0);
	return shown;
}

#endif
