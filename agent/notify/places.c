/* SPDX-License-Identifier: MIT */
#include "places.h"

#include <stddef.h>

#include "delivery.h"

static uint64_t program_of(const struct delivery *delivery)
{
	return delivery->conf ? delivery->conf->program : 0;
}

static struct place *find(const struct places *places, uint64_t program)
{
	for (unsigned i = 0; i < places->taken_n; i++)
		if (places->taken[i].program == program)
			return (struct place *)&places->taken[i];
	return NULL;
}

bool places_has(const struct places *places, const struct delivery *delivery, unsigned left)
{
	const struct place *place;

	if (left == 0)
		return false;
	if (delivery_is_hook(delivery))
		return true;
	place = find(places, program_of(delivery));
	return place ? place->n < left : places->taken_n < QUEUE_MADE_MAX;
}

void places_take(struct places *places, const struct delivery *delivery)
{
	struct place *place;

	if (delivery_is_hook(delivery))
		return;
	place = find(places, program_of(delivery));
	if (!place) {
		place = &places->taken[places->taken_n++];
		*place = (struct place){ .program = program_of(delivery) };
	}
	place->n++;
}

void places_give(struct places *places, const struct delivery *delivery)
{
	struct place *place;

	if (delivery_is_hook(delivery))
		return;
	place = find(places, program_of(delivery));
	if (--place->n == 0)
		*place = places->taken[--places->taken_n];
}
