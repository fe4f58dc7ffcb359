/* SPDX-License-Identifier: MIT */
/*
 * Routers by their name, which those of both families of one router share: thousands of names may
 * come at once, of a reload or of what was kept.
 */
#ifndef NAMES_H
#define NAMES_H

struct router;
struct routers;

/* Zero before names_init(). */
struct names {
	struct router **sorted; /* owned; all routers */
};

/**
 * names_init() - all routers are there.
 *
 * Return: 0 or -ENOMEM; names_fini() in both cases.
 */
int names_init(struct routers *routers);

/**
 * names_fini() - release. Of what is zero, too.
 */
void names_fini(struct routers *routers);

/**
 * names_find() - the routers that have a name.
 * @ret_n: how many; 0: none.
 *
 * Return: the first of them, in the order of the configuration.
 */
struct router *const *names_find(const struct routers *routers, const char *name, unsigned *ret_n);

#endif
