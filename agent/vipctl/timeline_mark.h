/* SPDX-License-Identifier: MIT */
/*
 * Marks of a timeline: what happened beside changes of state. There are at most so many: then those
 * beside one another become one, in all lanes.
 */
#ifndef TIMELINE_MARK_H
#define TIMELINE_MARK_H

#include "timeline_kind.h"
#include "timeline_story.h"

/**
 * timeline_mark_add() - one more, at the end of a lane.
 *
 * Return: 0; -ENOMEM.
 */
int timeline_mark_add(struct timeline_story *story, struct timeline_lane *lane,
		      const struct timeline_event *event, enum timeline_class class);

#endif
