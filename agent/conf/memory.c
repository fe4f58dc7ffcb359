/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

/* With malloc()'s head whole pages, and more than the router process keeps in its heap: what comes
 * of a file does not lie in the midst of what its parser gives back. */
#define BLOCK_SIZE ((size_t)(20 << 10) - 64)
#define ALIGN_MAX  16

struct conf_block {
	struct conf_block *next;
	size_t size, used;
	_Alignas(ALIGN_MAX) unsigned char bytes[];
};

static struct conf_block *add_block(struct conf_block **blocks, size_t room)
{
	size_t size = room < BLOCK_SIZE ? BLOCK_SIZE : room;
	struct conf_block *block = malloc(sizeof(*block) + size);

	if (!block)
		return NULL;
	*block = (struct conf_block){ .next = *blocks, .size = size };
	*blocks = block;
	return block;
}

/* The largest power of two that a size is a multiple of: no type of that size needs more. */
static size_t align_of(size_t size)
{
	size_t align = size & -size;

	return align < ALIGN_MAX ? align : ALIGN_MAX;
}

static bool is_last(const struct conf_block *block, const void *old, size_t len)
{
	return block && old && (const unsigned char *)old + len == block->bytes + block->used;
}

void *conf_alloc(struct conf_block **blocks, void *old, size_t old_n, size_t n, size_t size)
{
	struct conf_block *block = *blocks;
	size_t more = (n - old_n) * size, at, align = align_of(size);

	if (is_last(block, old, old_n * size) && more <= block->size - block->used) {
		memset(block->bytes + block->used, 0, more);
		block->used += more;
		return old;
	}
	at = block ? (block->used + align - 1) & ~(align - 1) : 0;
	if (!block || at > block->size || n * size > block->size - at) {
		block = add_block(blocks, n * size);
		at = 0;
	}
	if (!block)
		return NULL;
	block->used = at + n * size;
	if (old_n)
		memcpy(block->bytes + at, old, old_n * size);
	memset(block->bytes + at + old_n * size, 0, more);
	return block->bytes + at;
}

void conf_blocks_free(struct conf_block *blocks)
{
	while (blocks) {
		struct conf_block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
}
