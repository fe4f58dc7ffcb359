/* SPDX-License-Identifier: MIT */
/*
 * By how much the clocks of hosts differ, found by events that are causes of one another: a Backup
 * takes over and its predecessor hears that; a drained Active lowers its priority and is preempted.
 * A cause comes before what it causes, and soon: each pair of events bounds the difference from
 * both sides. Which event belongs to which is found by the difference that most pairs agree on. So
 * clocks may be hours apart.
 */
#ifndef TIMELINE_ALIGN_H
#define TIMELINE_ALIGN_H

#include "timeline_story.h"

/**
 * timeline_align() - fill in what is known of each node's clock, of a sorted story. The first one's
 * is the measure.
 *
 * Return: 0; -ENOMEM.
 */
int timeline_align(struct timeline_story *story);

#endif
