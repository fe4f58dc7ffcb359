/* SPDX-License-Identifier: MIT */
/* How much an event matters, where others of its kind matter more or less. */
#ifndef AGENT_EVENT_LEVEL_H
#define AGENT_EVENT_LEVEL_H

#include "event.h"

/**
 * event_level_of() - how much an event matters.
 * @usual: how much others of its kind do.
 */
enum log_level event_level_of(const struct event *event, enum log_level usual);

#endif
