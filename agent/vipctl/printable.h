/* SPDX-License-Identifier: MIT */
/*
 * Texts that come from elsewhere, as a terminal may have them.
 */
#ifndef PRINTABLE_H
#define PRINTABLE_H

#include <stddef.h>
#include <stdio.h>

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
