/* SPDX-License-Identifier: MIT */
/*
 * How long ago something was, for people.
 */
#ifndef AGO_H
#define AGO_H

#include <stddef.h>
#include <stdint.h>

/**
 * ago_text() - "12 s", "3 min", "5 h", "9 d".
 * @since_real_ns: CLOCK_REALTIME.
 * @buf, @size: at least 24 bytes.
 *
 * Return: @buf.
 */
const char *ago_text(int64_t since_real_ns, char *buf, size_t size);

#endif
