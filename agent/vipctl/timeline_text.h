/* SPDX-License-Identifier: MIT */
/*
 * Texts and arrays that a story keeps.
 */
#ifndef TIMELINE_TEXT_H
#define TIMELINE_TEXT_H

#include <stddef.h>

#define TIMELINE_TEXT_MAX 300 /* bytes of one that are kept */

/**
 * timeline_text_len() - how much of a text is kept: of its first line, and no part of a character.
 */
size_t timeline_text_len(const char *text);

/**
 * timeline_grow() - room for one more element.
 * @array: @n elements of a size, and room for @room.
 *
 * Return: the array, owned as before; NULL: no memory, and nothing has changed.
 */
void *timeline_grow(void *array, size_t n, size_t *room, size_t size);

#endif
