/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"

#define BLOCK_SIZE ((size_t)64 << 10)

struct arena_block {
	struct arena_block *next; /* owned */
	size_t size;
	alignas(max_align_t) char bytes[];
};

static void add_block(struct arena *arena, size_t size)
{
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		exit(complain(NULL, "out of memory"));
	block->next = arena->blocks;
	block->size = size;
	arena->blocks = block;
	arena->left = size;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t rounded =
		(size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);

	if (rounded < size)
		exit(complain(NULL, "out of memory"));
	if (!arena->blocks || rounded > arena->left)
		add_block(arena, rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE);
	arena->left -= rounded;
	return arena->blocks->bytes + arena->left;
}

void *arena_grow(struct arena *arena, void *array, size_t n, size_t size)
{
	void *grown;

	/* Full are those whose number is a power of two. */
	if (n & (n - 1))
		return array;
	if (n > SIZE_MAX / 2 / size)
		exit(complain(NULL, "out of memory"));
	grown = arena_alloc(arena, (n ? 2 * n : 1) * size);
	if (n)
		memcpy(grown, array, n * size);
	return grown;
}

char *arena_copy(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *arena_print(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	text = arena_alloc(arena, len < 0 ? 1 : (size_t)len + 1);
	if (len > 0)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

void arena_free(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	arena->left = 0;
}
