/* SPDX-License-Identifier: MIT */
/*
 * One picture of a timeline: an SVG that needs nothing else, neither a script nor a font. States
 * and marks are known by their words and letters, also without colours.
 */
#ifndef TIMELINE_DRAW_H
#define TIMELINE_DRAW_H

#include <stdio.h>

#include "timeline_view.h"

/* What all pictures of a page show. All borrowed. */
struct timeline_scene {
	const struct timeline_story *story; /* sorted and judged */
	const struct timeline_findings *findings;
	char (*names)[TIMELINE_NAME_SIZE]; /* of nodes, as they are shown */
};

/**
 * timeline_draw() - what happened in a view. Routers of which nothing is told in it, and more than
 * can be looked at, are counted and left out.
 * @is_closer: routers to which nothing happened in it are left out, too.
 *
 * Return: 0; -ENOMEM.
 */
int timeline_draw(const struct timeline_scene *scene, const struct timeline_view *view,
		  bool is_closer, FILE *out);

#endif
