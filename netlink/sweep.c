/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <errno.h>

#define PASS_MAX 256 /* objects of one pass; more of them take more passes */

struct pass {
	enum kern_kind kind;
	kern_keep_fn keep;
	void *arg;          /* borrowed, for keep */
	unsigned removed_n; /* of all passes */
	unsigned found_n;
	struct kern_change changes[PASS_MAX + 1]; /* the last one removes what was gathered */
};

static void find_marked(const struct kern_object *object, void *arg)
{
	struct pass *pass = arg;

	if (object->type != KERN_OBJECT_ENTRY || object->kind != pass->kind || object->gone ||
	    !kern_kinds[pass->kind]->is_marked(&object->entry) || pass->found_n == PASS_MAX ||
	    (pass->keep && pass->keep(pass->kind, &object->entry, pass->arg)))
		return;
	pass->changes[pass->found_n++] =
		(struct kern_change){ .kind = pass->kind, .entry = object->entry };
}

/* Addresses of others shall stay on links that would take them along. */
static void spare_others(const struct kern_object *object, void *arg)
{
	struct pass *pass = arg;

	if (object->type != KERN_OBJECT_LINK)
		return;
	for (unsigned i = 0; i < pass->found_n; i++)
		if (kern_kinds[pass->kind]->ifindex(&pass->changes[i].entry) ==
		    object->link.ifindex)
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

/* Have the kernel remove all of a pass at once, where one by one would take it long. */
static unsigned gather(struct pass *pass)
{
	uint32_t number;

	if (!kern_kinds[pass->kind]->gathering)
		return pass->found_n;
	number = kern_kinds[pass->kind]->gathering();
	for (unsigned i = 0; i < pass->found_n; i++)
		pass->changes[i].gathering = number;
	pass->changes[pass->found_n] =
		(struct kern_change){ .kind = pass->kind, .gathering = number, .gathered = true };
	return pass->found_n + 1;
}

/* What was gathered and not removed then is still there. */
static void spread_failure(struct pass *pass)
{
	int result = pass->changes[pass->found_n].result;

	for (unsigned i = 0; i < pass->found_n && result; i++)
		if (pass->changes[i].result == 0)
			pass->changes[i].result = result;
}

/* Gone is gone, whoever was faster. */
static int error_of(const struct kern_change *change)
{
	if (change->result == -EADDRNOTAVAIL || change->result == -ENODEV ||
	    change->result == -ENXIO || change->result == -ENOENT)
		return 0;
	return -change->result;
}

/* Return: whether a next pass may find more, or -errno. */
static int run_pass(struct kern_dump *dump, struct kern_changer *changer, struct pass *pass,
		    kern_swept_fn swept)
{
	unsigned removed_n = 0, changes_n;
	int err;

	pass->found_n = 0;
	err = kern_dump_kind(dump, pass->kind, find_marked, pass);
	if (err < 0 || pass->found_n == 0)
		return err;
	reverse(pass);
	err = kern_dump_links(dump, spare_others, pass);
	if (err < 0)
		return err;
	changes_n = gather(pass);
	err = kern_changer_apply(changer, pass->changes, changes_n);
	if (err < 0)
		return err;
	if (changes_n > pass->found_n)
		spread_failure(pass);
	for (unsigned i = 0; i < pass->found_n; i++) {
		removed_n += pass->changes[i].result == 0;
		swept(pass->kind, &pass->changes[i].entry, error_of(&pass->changes[i]), pass->arg);
	}
	pass->removed_n += removed_n;
	/* A pass that removes nothing is the last one, whatever it found. */
	return removed_n > 0;
}

/* In this order. */
enum round {
	ROUND_INTERFACES,
	ROUND_FILTERS,
	ROUND_HOST,
	ROUNDS,
};

static enum round round_of(const struct kern_ops *ops)
{
	if (ops == &kern_filter_ops)
		return ROUND_FILTERS;
	return ops->of_host ? ROUND_HOST : ROUND_INTERFACES;
}

/* Return: 0 or -errno. */
static int sweep_kinds(struct kern_dump *dump, struct kern_changer *changer, unsigned kinds,
		       enum round round, struct pass *pass, kern_swept_fn swept)
{
	int more = 0;

	for (unsigned i = 0; i < KERN_KIND_COUNT && more == 0; i++) {
		const struct kern_ops *ops;

		pass->kind = kern_kinds_order[KERN_KIND_COUNT - 1 - i];
		ops = kern_kinds[pass->kind];
		/* A state of an interface goes with it. */
		if (!(kinds >> pass->kind & 1) || round_of(ops) != round || ops->asks_one)
			continue;
		do
			more = run_pass(dump, changer, pass, swept);
		while (more > 0);
	}
	return more;
}

int kern_sweep_kinds(struct kern_dump *dump, struct kern_changer *changer, unsigned kinds,
		     kern_keep_fn keep, kern_swept_fn swept, void *arg)
{
	struct pass pass = { .keep = keep, .arg = arg };
	int err = 0;

	for (unsigned i = 0; i < ROUNDS && err == 0; i++)
		err = sweep_kinds(dump, changer, kinds, (enum round)i, &pass, swept);
	return err < 0 ? err : (int)pass.removed_n;
}

int kern_sweep(struct kern_dump *dump, struct kern_changer *changer, kern_keep_fn keep,
	       kern_swept_fn swept, void *arg)
{
	return kern_sweep_kinds(dump, changer, KERN_SWEEP_ALL, keep, swept, arg);
}
