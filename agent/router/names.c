/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "routers_private.h"

static int compare(const void *a, const void *b)
{
	const struct router *x = *(struct router *const *)a, *y = *(struct router *const *)b;
	int order = strcmp(x->conf->name, y->conf->name);

	return order ? order : (x > y) - (x < y);
}

int names_init(struct routers *routers)
{
	struct router **sorted = calloc(routers->n + 1, sizeof(struct router *));

	if (!sorted)
		return -ENOMEM;
	for (unsigned i = 0; i < routers->n; i++)
		sorted[i] = &routers->all[i];
	qsort(sorted, routers->n, sizeof(struct router *), compare);
	routers->names.sorted = sorted;
	return 0;
}

void names_fini(struct routers *routers)
{
	free(routers->names.sorted);
}

/* FNV-1a. */
uint32_t names_id(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash ? hash : 1;
}

const char *names_of_mate(const struct router *router, uint32_t id)
{
	const struct vrrp_unit *unit = router->unit;

	for (unsigned i = 0; id && unit && i < unit->n; i++)
		if (unit->members[i].id == id)
			return router[(int)i - (int)router->member].conf->name;
	return "";
}

/* The families of a router stand side by side. */
const struct conf_router *names_next_mate(const struct router *router, unsigned *at)
{
	const struct router *first = router - router->member;
	unsigned n = router->unit ? router->unit->n : 1;

	while (*at < n) {
		const struct conf_router *mate = first[(*at)++].conf;

		if (strcmp(mate->name, router->conf->name) != 0 &&
		    (*at < 2 || strcmp(mate->name, first[*at - 2].conf->name) != 0))
			return mate;
	}
	return NULL;
}

/* Return: how many have a name before that one. */
static unsigned lower_bound(const struct routers *routers, const char *name)
{
	unsigned low = 0, high = routers->n;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (strcmp(routers->names.sorted[middle]->conf->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct router *const *names_find(const struct routers *routers, const char *name, unsigned *ret_n)
{
	unsigned first = lower_bound(routers, name), n = 0;

	while (first + n < routers->n &&
	       strcmp(routers->names.sorted[first + n]->conf->name, name) == 0)
		n++;
	*ret_n = n;
	return routers->names.sorted + first;
}
