/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <errno.h>

#define PASS_MAX 256 /* addresses of one pass; more of them take more passes */

struct pass {
	kern_keep_fn keep;
	void *arg; /* borrowed, for keep */
	unsigned found_n;
	struct kern_change changes[PASS_MAX];
};

static void find_marked(const struct kern_object *object, void *arg)
{
	struct pass *pass = arg;

	if (object->type != KERN_OBJECT_ADDRESS || object->address.mark != KERN_ADDRESS_MARK ||
	    pass->found_n == PASS_MAX || (pass->keep && pass->keep(&object->address, pass->arg)))
		return;
	pass->changes[pass->found_n++] = (struct kern_change){ .address = object->address };
}

/* Addresses of others shall stay on links that would take them along. */
static void spare_others(const struct kern_object *object, void *arg)
{
	struct pass *pass = arg;

	if (object->type != KERN_OBJECT_LINK)
		return;
	for (unsigned i = 0; i < pass->found_n; i++)
		if (pass->changes[i].address.ifindex == object->link.ifindex)
			pass->changes[i].promote = !object->link.promotes;
}

/* Last ones first: a subnet's first address goes when the others are gone. */
static void reverse(struct pass *pass)
{
	for (unsigned i = 0, j = pass->found_n; i + 1 < j; i++) {
		struct kern_change change = pass->changes[i];

		pass->changes[i] = pass->changes[--j];
		pass->changes[j] = change;
	}
}

/* Gone is gone, whoever was faster. */
static int error_of(const struct kern_change *change)
{
	if (change->result == -EADDRNOTAVAIL || change->result == -ENODEV)
		return 0;
	return -change->result;
}

int kern_sweep(struct kern_dump *dump, struct kern_changer *changer, kern_keep_fn keep,
	       kern_swept_fn swept, void *arg)
{
	struct pass pass = { .keep = keep, .arg = arg };
	int total = 0, removed_n;
	int err;

	/* A pass that removes nothing is the last one, whatever it found. */
	do {
		removed_n = 0;
		pass.found_n = 0;
		err = kern_dump_addresses(dump, find_marked, &pass);
		if (err < 0)
			return err;
		if (pass.found_n == 0)
			break;
		reverse(&pass);
		err = kern_dump_links(dump, spare_others, &pass);
		if (err < 0)
			return err;
		err = kern_changer_apply(changer, pass.changes, pass.found_n);
		if (err < 0)
			return err;
		for (unsigned i = 0; i < pass.found_n; i++) {
			removed_n += pass.changes[i].result == 0;
			swept(&pass.changes[i].address, error_of(&pass.changes[i]), arg);
		}
		total += removed_n;
	} while (removed_n > 0);
	return total;
}
