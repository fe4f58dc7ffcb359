/* SPDX-License-Identifier: MIT */
#include "state_will.h"

#include <assert.h>

#include "state_private.h"

_Static_assert(sizeof(struct will_entry) == STATE_ENTRY_HEAD, "an entry never grows");

/* Where to write is never asked of the memory, which others map, too. */

static size_t held_len(const struct state_router *router)
{
	return (router->entries_max + 7) & ~(size_t)7;
}

size_t state_will_room(const struct state_router *router)
{
	return held_len(router) + router->will_max;
}

void state_lay_out_will(struct state *state, unsigned i, const struct state_router *router,
			uint64_t *offset)
{
	struct will_record *record = record_at(state, TAG_WILL, i);
	struct room *room = &state->rooms[i];

	assert(router->will_max % 8 == 0);
	*room = (struct room){ .offset = *offset,
			       .held_len = (uint32_t)held_len(router),
			       .max = (uint32_t)state_will_room(router) };
	record->offset = room->offset;
	record->held_len = room->held_len;
	record->room = room->max;
	/* Its pages are there when a successor adopts, and is in a hurry. */
	memset(record_at(state, TAG_BYTES, room->offset), 0, room->max);
	*offset += room->max;
}

void state_arm(struct state *state, unsigned i, bool armed)
{
	struct will_record *record = record_at(state, TAG_WILL, i);

	atomic_store(&record->armed, armed);
}

void state_will_begin(struct state *state, unsigned i)
{
	struct will_record *record = record_at(state, TAG_WILL, i);
	struct farewell_record *farewell = record_at(state, TAG_FAREWELL, i);
	struct room *room = &state->rooms[i];

	assert(i < state->routers_n);
	atomic_store(&record->len, 0);
	atomic_store(&farewell->len, 0);
	room->len = room->entries_n = 0;
	room->frame_len = room->sent_n = 0;
	memset(record_at(state, TAG_BYTES, room->offset), 0, room->held_len);
}

/* What is renewed with each advert, if that is signed: those of one length that stand together. */
static void note_sent(struct room *room, const struct state_entry *entry, uint64_t offset)
{
	if (room->sent_n == 0) {
		room->sent_offset = offset;
		room->sent_len = (uint32_t)entry->len;
	}
	if (entry->len == room->sent_len &&
	    offset == room->sent_offset + room->sent_n * STATE_ENTRY_LEN(entry->len))
		room->sent_n++;
}

static void note_frame(struct room *room, const struct state_entry *entry, uint64_t offset)
{
	if (room->frame_len)
		return;
	room->frame_offset = offset;
	room->frame_len = (uint32_t)entry->len;
	room->frame_ifindex = entry->target;
}

unsigned state_will_add(struct state *state, unsigned i, const struct state_entry *entry)
{
	const struct will_entry head = { .kind = (uint16_t)entry->kind,
					 .len = (uint32_t)entry->len,
					 .target = entry->target,
					 .setting = entry->setting };
	struct room *room = &state->rooms[i];
	uint64_t offset = room->offset + room->held_len + room->len;
	uint8_t *at = record_at(state, TAG_BYTES, offset);

	assert(i < state->routers_n && room->entries_n < room->held_len);
	assert(STATE_ENTRY_LEN(entry->len) <= room->max - room->held_len - room->len);
	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), entry->bytes, entry->len);
	if (entry->kind == STATE_ENTRY_FRAME)
		note_frame(room, entry, offset + sizeof(head));
	if (entry->kind == STATE_ENTRY_FRAME || entry->kind == STATE_ENTRY_PACKET)
		note_sent(room, entry, offset + sizeof(head));
	room->len += (uint32_t)STATE_ENTRY_LEN(entry->len);
	state_will_hold(state, i, room->entries_n, entry->held);
	return room->entries_n++;
}

void state_will_publish(struct state *state, unsigned i)
{
	struct will_record *record = record_at(state, TAG_WILL, i);
	struct farewell_record *farewell = record_at(state, TAG_FAREWELL, i);
	const struct room *room = &state->rooms[i];

	assert(i < state->routers_n);
	farewell->offset = room->frame_offset;
	farewell->max = room->frame_len;
	farewell->ifindex = room->frame_ifindex;
	atomic_store(&farewell->len, room->frame_len);
	atomic_store(&record->len, room->len);
}

void state_will_hold(struct state *state, unsigned i, unsigned entry, bool held)
{
	const struct room *room = &state->rooms[i];
	_Atomic uint8_t *at = record_at(state, TAG_BYTES, room->offset + entry);

	assert(i < state->routers_n);
	if (entry < room->held_len)
		atomic_store(at, held);
}

uint8_t *state_will_farewell(struct state *state, unsigned i, unsigned number, size_t *ret_len)
{
	const struct room *room = &state->rooms[i];

	assert(i < state->routers_n);
	if (number >= room->sent_n)
		return NULL;
	*ret_len = room->sent_len;
	return record_at(state, TAG_BYTES,
			 room->sent_offset + number * STATE_ENTRY_LEN(room->sent_len));
}
