/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <string.h>

static const char *const before_words[EVENT_BEFORE_COUNT] = {
	[EVENT_BEFORE_DRAIN] = "drain",
	[EVENT_BEFORE_STOP] = "stop",
	[EVENT_BEFORE_REMOVAL] = "removal",
	[EVENT_BEFORE_PRIORITY] = "priority",
};

const char *event_before_word(enum event_before before)
{
	return before_words[before > 0 && before < EVENT_BEFORE_COUNT ? before
								      : EVENT_BEFORE_DRAIN];
}

enum event_before event_before_of(const char *word)
{
	for (enum event_before i = EVENT_BEFORE_DRAIN; word && i < EVENT_BEFORE_COUNT; i++)
		if (strcmp(before_words[i], word) == 0)
			return i;
	return EVENT_BEFORE_DRAIN;
}
