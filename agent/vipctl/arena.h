/* SPDX-License-Identifier: MIT */
/*
 * Memory of a command that builds much and ends soon: it is given back as a whole. Not for what
 * runs on: where there is none left the process ends.
 */
#ifndef VIPCTL_ARENA_H
#define VIPCTL_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* owned */
	size_t left;                /* in the first of them */
};

/**
 * arena_alloc() - zeroed bytes that live as long as the arena.
 * @arena: zeroed before its first use.
 *
 * Return: never NULL: without memory it is said, and the process ends with EXIT_FAILURE.
 */
void *arena_alloc(struct arena *arena, size_t size);

/**
 * arena_grow() - room for one more behind @n elements of @size bytes.
 * @array: all of it grown by this; NULL without elements.
 *
 * Return: the array, perhaps at another place.
 */
void *arena_grow(struct arena *arena, void *array, size_t n, size_t size);

/**
 * arena_copy() - a text of @len bytes, and a zero byte.
 */
char *arena_copy(struct arena *arena, const char *text, size_t len);

/**
 * arena_print() - a text by a format.
 */
__attribute__((format(printf, 2, 3))) char *arena_print(struct arena *arena, const char *format,
							...);

/**
 * arena_free() - all of it; the arena is as before its first use.
 */
void arena_free(struct arena *arena);

#endif
