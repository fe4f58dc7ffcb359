/* SPDX-License-Identifier: MIT */
/*
 * Deadlines of a fixed number of items, the earliest first: a binary heap that knows where each
 * item stands, so that a changed deadline costs O(log n).
 */
#ifndef HEAP_H
#define HEAP_H

#include <stdint.h>

#define HEAP_NEVER INT64_MAX

struct heap;

/**
 * heap_new() - all items have the deadline HEAP_NEVER.
 * @items_n: items are numbered 0..@items_n - 1; at least 1.
 *
 * Return: owned by the caller, who passes it to heap_free(); NULL without memory.
 */
struct heap *heap_new(unsigned items_n);

/**
 * heap_free() - release; NULL is allowed.
 */
void heap_free(struct heap *heap);

/**
 * heap_set() - give an item a deadline, or HEAP_NEVER.
 */
void heap_set(struct heap *heap, unsigned item, int64_t deadline_ns);

/**
 * heap_first() - the item with the earliest deadline.
 * @ret_deadline_ns: that deadline.
 */
unsigned heap_first(const struct heap *heap, int64_t *ret_deadline_ns);

#endif
