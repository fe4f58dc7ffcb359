/* SPDX-License-Identifier: MIT */
/*
 * Routers by their name, which those of both families of one router share: thousands of names may
 * come at once, of a reload or of what was kept.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdint.h>

struct conf_router;
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

/**
 * names_id() - a number for a name: the same in every process and version, since reasons carry it
 * from one to the next.
 *
 * Return: never 0.
 */
uint32_t names_id(const char *name);

/**
 * names_of_mate() - the name of the router with such a number, of those that share the fate of one.
 * @id: as a reason has it; 0: none.
 *
 * Return: "" when there is none of them, or none any more: a reload may have changed the group.
 */
const char *names_of_mate(const struct router *router, uint32_t id);

/**
 * names_next_mate() - of those that share the fate of one, the next that has another name than it:
 * once for each name.
 * @at: 0 at first; set to where to go on.
 *
 * Return: how that one is configured; NULL: there is none any more.
 */
const struct conf_router *names_next_mate(const struct router *router, unsigned *at);

#endif
