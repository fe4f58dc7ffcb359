/* SPDX-License-Identifier: MIT */
/* Routers by what they are on the wire: their names are for people. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state_private.h"

static bool continues_as(const struct state *state, unsigned i, const struct state_router *router)
{
	struct router_record record;

	read_record(state, TAG_ROUTER, i, &record, sizeof(record));
	return strncmp(record.interface, router->interface, sizeof(record.interface)) == 0 &&
	       record.vrid == router->vrid && record.family == router->family;
}

/* FNV-1a. */
static uint32_t hash_of(const char *interface, uint8_t vrid, uint8_t family)
{
	uint32_t hash = ((2166136261u ^ vrid) * 16777619u ^ family) * 16777619u;

	for (unsigned i = 0; i < STATE_INTERFACE_SIZE && interface[i]; i++)
		hash = (hash ^ (unsigned char)interface[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static void put_index(struct state *state, uint32_t i)
{
	struct router_record record;
	uint32_t slot;

	read_record(state, TAG_ROUTER, i, &record, sizeof(record));
	slot = hash_of(record.interface, record.vrid, record.family) & state->index_mask;
	while (state->index[slot])
		slot = (slot + 1) & state->index_mask;
	state->index[slot] = i + 1;
}

/* At most half full, so that a search ends soon. */
static int make_index(struct state *state)
{
	uint32_t size = 16;

	while (size < state->routers_n * 2)
		size *= 2;
	state->index = calloc(size, sizeof(*state->index));
	if (!state->index)
		return -ENOMEM;
	state->index_mask = size - 1;
	for (uint32_t i = 0; i < state->routers_n; i++)
		put_index(state, i);
	return 0;
}

int state_find(struct state *state, const struct state_router *router)
{
	uint32_t slot;

	if (!state->index && make_index(state) < 0)
		return -1;
	slot = hash_of(router->interface, router->vrid, router->family) & state->index_mask;
	for (; state->index[slot]; slot = (slot + 1) & state->index_mask)
		if (continues_as(state, state->index[slot] - 1, router))
			return (int)state->index[slot] - 1;
	return -1;
}
