/* SPDX-License-Identifier: MIT */
/*
 * The page around the pictures of a timeline: HTML that needs nothing else.
 */
#ifndef TIMELINE_PAGE_H
#define TIMELINE_PAGE_H

#include <stdio.h>

#include "timeline_draw.h"

/**
 * timeline_page() - write it.
 * @view: what is drawn.
 * @told: from when to when something is told.
 *
 * Return: 0; -ENOMEM.
 */
int timeline_page(const struct timeline_scene *scene, const struct timeline_view *view,
		  const struct timeline_view *told, FILE *out);

#endif
