/* SPDX-License-Identifier: MIT */
#include "renewals.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/clocks.h"
#include "netlink/dump.h"
#include "netlink/monitor.h"

#define IPPROTO_VRRP 112
#define LOOK_MS      20 /* whether the sockets are still there: nothing tells their end */

struct renewals {
	struct kern_monitor *monitor; /* owned, as the other */
	struct kern_dump *dump;
	unsigned leased_n; /* of the last dump */
	bool renewed;
};

/* @path: of procfs: a line per raw socket, whose port is its protocol. */
static bool has_receiver(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];
	unsigned protocol;
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, " %*u: %*[0-9A-F]:%4x", &protocol) == 1 &&
			protocol == IPPROTO_VRRP;
	if (file)
		fclose(file);
	return found;
}

static bool is_vrrp_received(void)
{
	return has_receiver("/proc/self/net/raw") || has_receiver("/proc/self/net/raw6");
}

static bool is_leased(const struct kern_object *object)
{
	const struct kern_ops *ops = kern_kinds[object->kind];

	return object->type == KERN_OBJECT_ENTRY && !object->gone &&
	       ops->is_marked(&object->entry) && ops->is_leased(&object->entry);
}

static void count_leased(const struct kern_object *object, void *arg)
{
	struct renewals *renewals = arg;

	renewals->leased_n += is_leased(object);
}

static void note_renewal(const struct kern_object *object, void *arg)
{
	struct renewals *renewals = arg;

	renewals->renewed |= is_leased(object);
}

/* Return: 1: there may be a renewal; 0: there can be none; or -errno. */
static int look(struct renewals *renewals)
{
	int err;

	if (!is_vrrp_received())
		return 0;
	renewals->leased_n = 0;
	err = kern_dump_kind(renewals->dump, KERN_KIND_ADDRESS, count_leased, renewals);
	return err < 0 ? err : renewals->leased_n > 0;
}

static void renewals_close(struct renewals *renewals)
{
	kern_monitor_close(renewals->monitor);
	kern_dump_close(renewals->dump);
	free(renewals);
}

int renewals_open(struct renewals **ret_renewals)
{
	struct renewals *renewals;
	int found;

	*ret_renewals = NULL;
	if (!is_vrrp_received())
		return 0;
	renewals = calloc(1, sizeof(*renewals));
	if (!renewals)
		return -ENOMEM;
	found = kern_monitor_open(0, &renewals->monitor); /* first, so that nothing is missed */
	if (found == 0)
		found = kern_dump_open(&renewals->dump);
	if (found == 0)
		found = look(renewals);
	if (found > 0)
		*ret_renewals = renewals;
	else
		renewals_close(renewals);
	return found < 0 ? found : 0;
}

static int wait_for_renewal(struct renewals *renewals)
{
	struct pollfd monitor = { .fd = kern_monitor_fd(renewals->monitor), .events = POLLIN };
	int64_t until_ns = clocks_now().mono_ns + RENEWALS_WAIT_NS;
	int err;

	while ((err = look(renewals)) > 0) {
		if (clocks_now().mono_ns >= until_ns)
			return -ETIMEDOUT;
		(void)poll(&monitor, 1, LOOK_MS);
		err = kern_monitor_dispatch(renewals->monitor, note_renewal, renewals);
		if (renewals->renewed)
			return 1;
		if (err < 0 && err != -ENOBUFS) /* then the next renewal tells */
			return err;
	}
	return err;
}

int renewals_seen(struct renewals *renewals)
{
	int seen = wait_for_renewal(renewals);

	renewals_close(renewals);
	return seen;
}
