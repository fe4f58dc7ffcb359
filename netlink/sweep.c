/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#define PASS_MAX 256 /* addresses of one pass; more of them take more passes */

struct pass {
	unsigned found_n;
	struct kern_change changes[PASS_MAX];
};

static void find_marked(const struct kern_object *object, void *arg)
{
	struct pass *pass = arg;

	if (object->type != KERN_OBJECT_ADDRESS || object->address.mark != KERN_ADDRESS_MARK ||
	    pass->found_n == PASS_MAX)
		return;
	pass->changes[pass->found_n++] = (struct kern_change){ .address = object->address };
}

int kern_sweep(struct kern_dump *dump, struct kern_changer *changer, kern_swept_fn swept, void *arg)
{
	struct pass pass;
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
		err = kern_changer_apply(changer, pass.changes, pass.found_n);
		if (err < 0)
			return err;
		for (unsigned i = 0; i < pass.found_n; i++) {
			removed_n += pass.changes[i].result == 0;
			swept(&pass.changes[i].address, -pass.changes[i].result, arg);
		}
		total += removed_n;
	} while (removed_n > 0);
	return total;
}
