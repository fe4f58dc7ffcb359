/* SPDX-License-Identifier: MIT */
#include "changes.h"

#include <stdlib.h>
#include <string.h>

struct changes {
	unsigned n;                   /* all of them */
	unsigned gone_n;              /* routers that nobody continues */
	char (*gone)[CONF_NAME_SIZE]; /* owned */
	struct event sum;             /* what is told behind them; of no kind: nothing */
	struct event events[CHANGES_MAX];
};

/* What is in the way of a line's reader becomes '?'; what is too long ends with dots. */
static void put_text(const char *text, char *buf, size_t size)
{
	size_t len = text ? strlen(text) : 0;

	if (len >= size) {
		len = size - 1;
		memcpy(buf + len - 3, "...", 3);
		len -= 3;
	}
	for (size_t i = 0; i < len; i++)
		buf[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
}

static struct event event_of_difference(const struct conf_difference *d)
{
	static const uint8_t what[] = {
		[CONF_KEY] = EVENT_CHANGE_VALUE,         [CONF_COMES] = EVENT_CHANGE_COMES,
		[CONF_GOES] = EVENT_CHANGE_GOES,         [CONF_ORDER] = EVENT_CHANGE_ORDER,
		[CONF_NEW] = EVENT_CHANGE_ADDED,         [CONF_GONE] = EVENT_CHANGE_REMOVED,
		[CONF_RESTART] = EVENT_CHANGE_RESTARTED, [CONF_RENAMED] = EVENT_CHANGE_RENAMED,
	};
	bool of_router = d->noun && strcmp(d->noun, "router") == 0;
	const struct conf_router *router = d->new ? d->new : d->old;
	const char *name = d->change == CONF_RENAMED ? d->new_text : d->name;
	struct event event = event_of(EVENT_CHANGE, name, of_router ? router->interface : NULL,
				      of_router ? router->vrrp.family : 0);

	if (d->noun && !of_router)
		event.change.of = strcmp(d->noun, "check") == 0 ? EVENT_CHANGE_OF_CHECK
								: EVENT_CHANGE_OF_GROUP;
	event.change.what = what[d->change];
	put_text(d->key, event.change.key, sizeof(event.change.key));
	put_text(d->old_text, event.change.old, sizeof(event.change.old));
	put_text(d->new_text, event.change.new, sizeof(event.change.new));
	return event;
}

/* Without memory for it, that one leaves a gap. */
static void note_gone(struct changes *changes, const char *name)
{
	void *gone = reallocarray(changes->gone, changes->gone_n + 1, sizeof(*changes->gone));

	if (!gone)
		return;
	changes->gone = gone;
	strcpy(changes->gone[changes->gone_n++], name);
}

static void note(const struct conf_difference *difference, void *arg)
{
	struct changes *changes = arg;
	bool of_router = difference->noun && strcmp(difference->noun, "router") == 0;

	if (of_router && (difference->change == CONF_GONE || difference->change == CONF_RESTART))
		note_gone(changes, difference->name);
	if (changes->n < CHANGES_MAX)
		changes->events[changes->n] = event_of_difference(difference);
	changes->n++;
}

static struct event sum_of(enum event_changes word, int64_t number, const char *text)
{
	struct event event = event_fact(EVENT_CHANGES, 0, text);

	event.fact.word = (uint8_t)word;
	event.fact.number[0] = number;
	return event;
}

/* Without any event of a change: they would not be all, and nobody could tell. */
static void give_up(struct changes *changes, const char *why)
{
	changes->n = 0;
	changes->sum = sum_of(EVENT_CHANGES_UNCOMPARED, 0, why);
}

static void compare(struct changes *changes, const struct conf *old, const struct conf *new)
{
	int err = conf_diff_lives(old, new, note, changes);

	if (err < 0)
		give_up(changes, strerror(-err));
	else if (changes->n == 0)
		changes->sum = sum_of(EVENT_CHANGES_NONE, 0, NULL);
	else if (changes->n > CHANGES_MAX)
		changes->sum = sum_of(EVENT_CHANGES_MORE, changes->n - CHANGES_MAX, NULL);
}

struct changes *changes_find(const char *old_path, const struct conf *new)
{
	struct changes *changes = calloc(1, sizeof(*changes));
	struct conf_errors errors;
	struct conf *old;

	if (!changes)
		return NULL;
	if (conf_load(old_path, &old, &errors) < 0) {
		give_up(changes, errors.errors[0].text);
		return changes;
	}
	compare(changes, old, new);
	conf_free(old);
	return changes;
}

bool changes_touch(const struct changes *changes, const char *key)
{
	for (unsigned i = 0; changes && i < changes->n && i < CHANGES_MAX; i++)
		if (!changes->events[i].router[0] &&
		    strcmp(changes->events[i].change.key, key) == 0)
			return true;
	return false;
}

const char *changes_gone(const struct changes *changes, unsigned i)
{
	return changes && i < changes->gone_n ? changes->gone[i] : NULL;
}

void changes_note_keys(struct changes *changes)
{
	if (changes && changes->sum.kind == EVENT_CHANGES &&
	    changes->sum.fact.word == EVENT_CHANGES_NONE)
		changes->sum = sum_of(EVENT_CHANGES_KEYS, 0, NULL);
}

void changes_put(const struct changes *changes, struct events *events, const struct clocks *now)
{
	for (unsigned i = 0; i < changes->n && i < CHANGES_MAX; i++)
		events_put(events, now, &changes->events[i]);
	if (changes->sum.kind != EVENT_NONE)
		events_put(events, now, &changes->sum);
}

void changes_free(struct changes *changes)
{
	if (changes)
		free(changes->gone);
	free(changes);
}
