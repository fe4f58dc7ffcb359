/* SPDX-License-Identifier: MIT */
/*
 * How long ago something was, or how long it lasts still, for people.
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

/**
 * ago_span_text() - likewise of a time that has passed.
 */
const char *ago_span_text(int64_t ns, char *buf, size_t size);

/**
 * ago_wait_text() - "3.2 s", "4 min", "3 h 20 min", "2 d 1 h".
 * @buf, @size: at least 32 bytes.
 *
 * Return: @buf.
 */
const char *ago_wait_text(int64_t ns, char *buf, size_t size);

#endif
