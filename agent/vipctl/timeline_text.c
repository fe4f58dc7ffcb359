/* SPDX-License-Identifier: MIT */
#include "timeline_text.h"

#include <stdlib.h>
#include <string.h>

size_t timeline_text_len(const char *text)
{
	size_t len = strcspn(text, "\n");

	if (len <= TIMELINE_TEXT_MAX)
		return len;
	len = TIMELINE_TEXT_MAX;
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

void *timeline_grow(void *array, size_t n, size_t *room, size_t size)
{
	size_t wanted = *room ? *room * 2 : 4;
	void *larger = array;

	if (n < *room)
		return array;
	larger = reallocarray(array, wanted, size);
	if (larger)
		*room = wanted;
	return larger;
}
