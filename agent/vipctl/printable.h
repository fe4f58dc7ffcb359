/* SPDX-License-Identifier: MIT */
/*
 * Texts that come from elsewhere, as a terminal may have them.
 */
#ifndef PRINTABLE_H
#define PRINTABLE_H

#include <stddef.h>
#include <stdio.h>

/**
 * printable_len() - how many bytes the next character has.
 *
 * Return: 0: it is a control of ASCII or of C1, U+0080 to U+009F, which terminals obey, too; or it
 * is not UTF-8.
 */
size_t printable_len(const char *text);

/**
 * printable() - control characters, and what is not UTF-8, as "\x1b".
 * @buf, @size: always ends with a zero; what does not fit is left out.
 *
 * Return: @buf.
 */
const char *printable(const char *text, char *buf, size_t size);

/**
 * printable_json() - write a JSON document of one line, the same as "\u001b", which means the same
 * in its strings; what is not UTF-8 as "\ufffd".
 */
void printable_json(const char *text, FILE *out);

#endif
