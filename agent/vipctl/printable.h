/* SPDX-License-Identifier: MIT */
/*
 * Texts that come from elsewhere, as a terminal may have them.
 */
#ifndef PRINTABLE_H
#define PRINTABLE_H

#include <stddef.h>

/**
 * printable() - control characters, and what is not UTF-8, as "\x1b".
 * @buf, @size: always ends with a zero; what does not fit is left out.
 *
 * Return: @buf.
 */
const char *printable(const char *text, char *buf, size_t size);

#endif
