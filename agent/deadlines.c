/* SPDX-License-Identifier: MIT */
#include "deadlines.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

struct deadlines {
	unsigned items_n;
	unsigned *order;    /* of items; a heap by deadline. Owned */
	unsigned *position; /* of each item in order. Owned */
	int64_t *deadlines; /* of each item. Owned */
};

struct deadlines *deadlines_new(unsigned items_n)
{
	struct deadlines *heap = calloc(1, sizeof(*heap));

	assert(items_n > 0);
	if (!heap)
		return NULL;
	heap->items_n = items_n;
	heap->order = calloc(items_n, sizeof(*heap->order));
	heap->position = calloc(items_n, sizeof(*heap->position));
	heap->deadlines = calloc(items_n, sizeof(*heap->deadlines));
	if (!heap->order || !heap->position || !heap->deadlines) {
		deadlines_free(heap);
		return NULL;
	}
	for (unsigned i = 0; i < items_n; i++) {
		heap->order[i] = heap->position[i] = i;
		heap->deadlines[i] = DEADLINES_NEVER;
	}
	return heap;
}

void deadlines_free(struct deadlines *heap)
{
	if (!heap)
		return;
	free(heap->order);
	free(heap->position);
	free(heap->deadlines);
	free(heap);
}

static void put(struct deadlines *heap, unsigned position, unsigned item)
{
	heap->order[position] = item;
	heap->position[item] = position;
}

/* Equal deadlines in the order of the items: routers that advertise together keep their order. */
static bool is_before(const struct deadlines *heap, unsigned a, unsigned b)
{
	if (heap->deadlines[a] != heap->deadlines[b])
		return heap->deadlines[a] < heap->deadlines[b];
	return a < b;
}

static void sift_up(struct deadlines *heap, unsigned position, unsigned item)
{
	while (position > 0) {
		unsigned parent = (position - 1) / 2;

		if (!is_before(heap, item, heap->order[parent]))
			break;
		put(heap, position, heap->order[parent]);
		position = parent;
	}
	put(heap, position, item);
}

static void sift_down(struct deadlines *heap, unsigned position, unsigned item)
{
	for (;;) {
		unsigned child = position * 2 + 1;

		if (child >= heap->items_n)
			break;
		if (child + 1 < heap->items_n &&
		    is_before(heap, heap->order[child + 1], heap->order[child]))
			child++;
		if (is_before(heap, item, heap->order[child]))
			break;
		put(heap, position, heap->order[child]);
		position = child;
	}
	put(heap, position, item);
}

void deadlines_set(struct deadlines *heap, unsigned item, int64_t deadline_ns)
{
	int64_t before_ns;

	assert(item < heap->items_n);
	before_ns = heap->deadlines[item];
	heap->deadlines[item] = deadline_ns;
	if (deadline_ns < before_ns)
		sift_up(heap, heap->position[item], item);
	else if (deadline_ns > before_ns)
		sift_down(heap, heap->position[item], item);
}

unsigned deadlines_first(const struct deadlines *heap, int64_t *ret_deadline_ns)
{
	*ret_deadline_ns = heap->deadlines[heap->order[0]];
	return heap->order[0];
}
