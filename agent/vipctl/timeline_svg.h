/* SPDX-License-Identifier: MIT */
/*
 * What all pictures of a timeline have in common: their style, and what it means.
 */
#ifndef TIMELINE_SVG_H
#define TIMELINE_SVG_H

#include <stdio.h>

/**
 * timeline_svg_open() - the beginning of a picture, which ends with "</svg>".
 * @height: in pixels; it is TIMELINE_WIDTH wide.
 * @label: what it shows, for those who do not see it.
 */
void timeline_svg_open(FILE *out, int height, const char *label);

/**
 * timeline_svg_legend() - what colours and letters mean: a picture as well.
 */
void timeline_svg_legend(FILE *out);

#endif
