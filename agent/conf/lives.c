/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "family.h"
#include "needs.h"

/* Routers in an order, to be found: there may be thousands. */
struct sorted {
	const struct conf_router **all; /* owned */
	unsigned n;
	int (*compare)(const void *a, const void *b);
};

/* A comparison under way. */
struct lives {
	conf_difference_fn each;
	void *arg;
	const struct conf *new;
	struct sorted old_names, new_names; /* as the files have them */
	struct sorted old_lives, new_lives; /* of one family */
	bool *told; /* per router of the new file, owned: as a continuation */
	int err;
};

static int compare_names(const void *a, const void *b)
{
	const struct conf_router *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int compare_lives(const void *a, const void *b)
{
	const struct conf_router *const *x = a, *const *y = b;

	return conf_compare_lives(*x, *y);
}

static int sort(const struct conf_router *routers, unsigned n,
		int (*compare)(const void *a, const void *b), struct sorted *ret_sorted)
{
	ret_sorted->all = calloc(n + 1, sizeof(*ret_sorted->all));
	if (!ret_sorted->all)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		ret_sorted->all[i] = &routers[i];
	ret_sorted->n = n;
	ret_sorted->compare = compare;
	qsort(ret_sorted->all, n, sizeof(*ret_sorted->all), compare);
	return 0;
}

/* Return: NULL: there is none like it. */
static const struct conf_router *find(const struct sorted *sorted, const struct conf_router *like)
{
	const struct conf_router **found =
		bsearch(&like, sorted->all, sorted->n, sizeof(*sorted->all), sorted->compare);

	return found ? *found : NULL;
}

/* conf_continuer(), as the file has it. */
static const struct conf_router *continuer(const struct lives *lives, const struct conf_router *old)
{
	const struct conf_router *next = NULL;

	for (unsigned i = 0; i < conf_family_count(old) && !next; i++)
		next = find(&lives->new_lives, conf_family_member(old, i));
	return next ? find(&lives->new_names, next) : NULL;
}

/* Whether it continues anybody. */
static bool goes_on(const struct lives *lives, const struct conf_router *new)
{
	for (unsigned i = 0; i < conf_family_count(new); i++) {
		const struct conf_router *like = conf_family_member(new, i);
		const struct conf_router *old = find(&lives->old_lives, like);

		if (old && continuer(lives, find(&lives->old_names, old)) == new)
			return true;
	}
	return false;
}

/* Then all but the name is told by conf_diff(). */
static bool goes_on_by_name(const struct lives *lives, const struct conf_router *new)
{
	const struct conf_router *old = find(&lives->old_names, new);

	return old && continuer(lives, old) == new;
}

/* Its name is what CONF_RENAMED is about. */
static void tell_but_name(const struct conf_difference *d, void *arg)
{
	const struct lives *lives = arg;

	if (d->change != CONF_KEY || strcmp(d->key, "name") != 0)
		lives->each(d, lives->arg);
}

static void tell_renamed(struct lives *lives, const struct conf_difference *d,
			 const struct conf_router *next)
{
	struct conf_difference renamed = *d;
	int err;

	renamed.change = CONF_RENAMED;
	renamed.key = "name";
	renamed.new = next;
	renamed.old_text = d->name;
	renamed.new_text = next->name;
	lives->each(&renamed, lives->arg);
	if (goes_on_by_name(lives, next))
		return;
	lives->told[next - lives->new->written] = true;
	err = conf_diff_router(d->old, next, tell_but_name, lives);
	if (err < 0)
		lives->err = err;
}

/* One that has the name of another one that goes on by a new name. */
static void tell_new(struct lives *lives, const struct conf_difference *d)
{
	const struct conf_difference new = {
		.change = CONF_NEW, .noun = d->noun, .name = d->name, .new = d->new
	};

	lives->each(&new, lives->arg);
}

static bool is_told(const struct lives *lives, const struct conf_router *new)
{
	return lives->told[new - lives->new->written];
}

/* What is new comes behind all that was there. */
static void take(const struct conf_difference *d, void *arg)
{
	struct lives *lives = arg;
	bool of_router = d->noun && strcmp(d->noun, "router") == 0;
	bool ends = d->change == CONF_GONE || d->change == CONF_RESTART;
	const struct conf_router *next = of_router && ends ? continuer(lives, d->old) : NULL;

	if (next) {
		tell_renamed(lives, d, next);
		if (d->change == CONF_RESTART && !goes_on(lives, d->new))
			tell_new(lives, d);
	} else if (!of_router || d->change != CONF_NEW || !is_told(lives, d->new)) {
		lives->each(d, lives->arg);
	}
}

static int compare(struct lives *lives, const struct conf *old, const struct conf *new)
{
	int err = sort(old->written, old->written_n, compare_names, &lives->old_names);

	if (err == 0)
		err = sort(new->written, new->written_n, compare_names, &lives->new_names);
	if (err == 0)
		err = sort(old->routers, old->routers_n, compare_lives, &lives->old_lives);
	if (err == 0)
		err = sort(new->routers, new->routers_n, compare_lives, &lives->new_lives);
	lives->told = calloc(new->written_n + 1, sizeof(*lives->told));
	if (err < 0 || !lives->told)
		return -ENOMEM;
	err = conf_diff(old, new, take, lives);
	return err < 0 ? err : lives->err;
}

int conf_diff_lives(const struct conf *old, const struct conf *new, conf_difference_fn each,
		    void *arg)
{
	struct lives lives = { .each = each, .arg = arg, .new = new };
	int err = compare(&lives, old, new);

	free(lives.old_names.all);
	free(lives.new_names.all);
	free(lives.old_lives.all);
	free(lives.new_lives.all);
	free(lives.told);
	return err;
}
