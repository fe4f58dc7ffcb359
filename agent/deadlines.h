/* SPDX-License-Identifier: MIT */
/*
 * Deadlines of a fixed number of items, the earliest first: a binary heap that knows where each
 * item stands, so that a changed deadline costs O(log n).
 */
#ifndef DEADLINES_H
#define DEADLINES_H

#include <stdint.h>

#define DEADLINES_NEVER INT64_MAX

struct deadlines;

/**
 * deadlines_new() - all items have the deadline DEADLINES_NEVER.
 * @items_n: items are numbered 0..@items_n - 1; at least 1.
 *
 * Return: owned by the caller, who passes it to deadlines_free(); NULL without memory.
 */
struct deadlines *deadlines_new(unsigned items_n);

/**
 * deadlines_free() - release; NULL is allowed.
 */
void deadlines_free(struct deadlines *heap);

/**
 * deadlines_set() - give an item a deadline, or DEADLINES_NEVER.
 */
void deadlines_set(struct deadlines *heap, unsigned item, int64_t deadline_ns);

/**
 * deadlines_first() - the item with the earliest deadline.
 * @ret_deadline_ns: that deadline.
 */
unsigned deadlines_first(const struct deadlines *heap, int64_t *ret_deadline_ns);

#endif
