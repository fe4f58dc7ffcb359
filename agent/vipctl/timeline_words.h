/* SPDX-License-Identifier: MIT */
/*
 * Times, durations and texts as a timeline has them, and where the ticks of its axis are. Pure.
 */
#ifndef TIMELINE_WORDS_H
#define TIMELINE_WORDS_H

#include <stdint.h>
#include <stdio.h>

#define TIMELINE_WORD_SIZE 48

/**
 * timeline_moment() - "2026-11-27 04:05:06.123456", UTC.
 * @buf: TIMELINE_WORD_SIZE bytes.
 */
const char *timeline_moment(int64_t real_ns, char *buf);

/**
 * timeline_length() - a duration as people say it: "311 ms", "3.6 s", "2 min 5 s", "3 h 10 min".
 * @ns: 0 or more.
 * @buf: TIMELINE_WORD_SIZE bytes.
 */
const char *timeline_length(int64_t ns, char *buf);

/**
 * timeline_step() - how far apart the ticks of an axis are: a round time.
 * @length_ns: of the axis, more than 0.
 * @most: not more ticks than that.
 */
int64_t timeline_step(int64_t length_ns, unsigned most);

/**
 * timeline_tick() - how a tick is called: as much of the time as tells it from the next one.
 * @buf: TIMELINE_WORD_SIZE bytes.
 */
const char *timeline_tick(int64_t real_ns, int64_t step_ns, char *buf);

/**
 * timeline_escape() - a text as HTML and SVG have it; control characters but line ends become '?'.
 */
void timeline_escape(const char *text, FILE *out);

#endif
