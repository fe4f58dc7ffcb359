/* SPDX-License-Identifier: MIT */
#include "timeline_mark.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timeline_text.h"

#define WIDTH_MIN INT64_C(1000000)
#define WIDTH_MAX (INT64_C(1) << 60)

static void add_text(struct timeline_mark *mark, const char *text, size_t len)
{
	size_t had = mark->texts ? strlen(mark->texts) : 0;
	char *longer = realloc(mark->texts, had + len + 2);

	if (!longer)
		return; /* one line less, and counted all the same */
	if (had)
		longer[had++] = '\n';
	memcpy(longer + had, text, len);
	longer[had + len] = '\0';
	mark->texts = longer;
	mark->texts_n++;
}

/* The worst is kept first. @from: is void afterwards. */
static void fold(struct timeline_mark *mark, struct timeline_mark *from)
{
	const char *line = from->texts;

	mark->is_mixed |= from->is_mixed || mark->class != from->class;
	if (from->level < mark->level) {
		mark->level = from->level;
		mark->class = from->class;
	}
	if (from->last_ns > mark->last_ns)
		mark->last_ns = from->last_ns;
	mark->count += from->count;
	while (line && *line && mark->texts_n < TIMELINE_TEXTS_MAX) {
		size_t len = strcspn(line, "\n");

		add_text(mark, line, len);
		line += len + (line[len] == '\n');
	}
	free(from->texts);
	from->texts = NULL;
}

static bool is_beside(const struct timeline_story *story, const struct timeline_mark *a,
		      const struct timeline_mark *b)
{
	return story->mark_width_ns &&
	       a->first_ns / story->mark_width_ns == b->first_ns / story->mark_width_ns;
}

static void merge_lane(const struct timeline_story *story, struct timeline_lane *lane)
{
	size_t n = 0;

	for (size_t i = 0; i < lane->marks_n; i++) {
		if (n && is_beside(story, &lane->marks[n - 1], &lane->marks[i]))
			fold(&lane->marks[n - 1], &lane->marks[i]);
		else
			lane->marks[n++] = lane->marks[i];
	}
	lane->marks_n = n;
}

static void merge_marks(struct timeline_story *story)
{
	while (story->marks_n > TIMELINE_MARKS_MAX / 2 && story->mark_width_ns < WIDTH_MAX) {
		story->mark_width_ns = story->mark_width_ns ? story->mark_width_ns * 2 : WIDTH_MIN;
		story->marks_n = 0;
		for (size_t i = 0; i < story->lanes_n; i++) {
			merge_lane(story, story->lanes[i]);
			story->marks_n += story->lanes[i]->marks_n;
		}
	}
}

int timeline_mark_add(struct timeline_story *story, struct timeline_lane *lane,
		      const struct timeline_event *event, enum timeline_class class)
{
	struct timeline_mark mark = { .first_ns = event->real_ns,
				      .last_ns = event->real_ns,
				      .count = 1,
				      .level = event->level,
				      .class = (unsigned char)class };
	const char *text = event->text && event->text[0] ? event->text : event->kind;
	struct timeline_mark *marks =
		timeline_grow(lane->marks, lane->marks_n, &lane->marks_room, sizeof(*lane->marks));

	if (!marks)
		return -ENOMEM;
	lane->marks = marks;
	add_text(&mark, text, timeline_text_len(text));
	if (lane->marks_n && is_beside(story, &marks[lane->marks_n - 1], &mark)) {
		fold(&marks[lane->marks_n - 1], &mark);
		return 0;
	}
	marks[lane->marks_n++] = mark;
	if (++story->marks_n > TIMELINE_MARKS_MAX)
		merge_marks(story);
	return 0;
}
