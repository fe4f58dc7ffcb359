/* SPDX-License-Identifier: MIT */
#include "round.h"

#include <assert.h>

void round_all(struct round *round, unsigned n)
{
	if (round->left == 0)
		round->next = 0;
	round->n = n;
	round->left = n;
}

void round_one(struct round *round, unsigned n, unsigned address)
{
	unsigned distance;

	assert(address < n);
	if (round->left == 0)
		round->next = address;
	round->n = n;
	distance = (address + n - round->next) % n;
	if (round->left <= distance)
		round->left = distance + 1;
}

bool round_is_due(const struct round *round, int64_t now_ns)
{
	return round->left > 0 && now_ns >= round->due_ns;
}

unsigned round_take(struct round *round)
{
	unsigned address = round->next;

	assert(round->left > 0);
	round->next = (address + 1) % round->n;
	round->left--;
	return address;
}

void round_wait(struct round *round, int64_t due_ns)
{
	round->due_ns = due_ns;
}

void round_end(struct round *round)
{
	round->left = 0;
	round->due_ns = 0;
}

int64_t round_deadline(const struct round *round)
{
	return round->left > 0 ? round->due_ns : INT64_MAX;
}
