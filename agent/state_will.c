/* SPDX-License-Identifier: MIT */
#include "state_will.h"

#include <assert.h>

#include "state_private.h"

_Static_assert(sizeof(struct will_entry) == STATE_ENTRY_HEAD, "an entry never grows");

/* ---- writing: where to write is never asked of the memory, which others map, too ---- */

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
	room->frame_len = 0;
	memset(record_at(state, TAG_BYTES, room->offset), 0, room->held_len);
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

/* ---- reading: nothing is believed ---- */

/* Return: where so many bytes of TAG_BYTES are; NULL when they are not within it. */
static const uint8_t *bytes_at(const struct state *state, uint64_t offset, uint64_t len)
{
	const struct place *bytes = &state->places[TAG_BYTES];

	if (!bytes->base || bytes->record_size != 1 || offset > bytes->records_n ||
	    len > bytes->records_n - offset)
		return NULL;
	return bytes->base + offset;
}

struct state_farewell state_farewell(const struct state *state, unsigned i)
{
	struct farewell_record record;
	const uint8_t *frame;
	uint32_t len;

	assert(i < state->routers_n);
	read_record(state, TAG_FAREWELL, i, &record, sizeof(record));
	len = atomic_load(&record.len);
	frame = len ? bytes_at(state, record.offset, len) : NULL;
	return (struct state_farewell){ record.ifindex, frame, frame ? len : 0 };
}

/* The first version had farewells, and told by the election whether they were due. */
static struct state_will first_version(const struct state *state, unsigned i, int64_t now_ns)
{
	struct vrrp vr;

	return (struct state_will){ .armed = state_get(state, i, now_ns, &vr) == 0 &&
					     vr.election.state == VRRP_STATE_ACTIVE,
				    .only = state_farewell(state, i) };
}

struct state_will state_will(const struct state *state, unsigned i, int64_t now_ns)
{
	struct will_record record;
	const uint8_t *bytes;
	uint64_t len;

	assert(i < state->routers_n);
	if (!state->places[TAG_WILL].base)
		return first_version(state, i, now_ns);
	read_record(state, TAG_WILL, i, &record, sizeof(record));
	len = atomic_load(&record.len);
	bytes = len ? bytes_at(state, record.offset, record.held_len + len) : NULL;
	if (!bytes)
		return (struct state_will){ 0 };
	return (struct state_will){ .armed = atomic_load(&record.armed) == 1,
				    .held = bytes,
				    .held_end = bytes + record.held_len,
				    .at = bytes + record.held_len,
				    .end = bytes + record.held_len + len };
}

static bool next_of_first_version(struct state_will *will, struct state_entry *ret_entry)
{
	const struct state_farewell *farewell = &will->only;

	if (farewell->frame_len == 0)
		return false;
	*ret_entry = (struct state_entry){ .kind = STATE_ENTRY_FRAME,
					   .target = farewell->ifindex,
					   .bytes = farewell->frame,
					   .len = farewell->frame_len };
	will->only.frame_len = 0;
	return true;
}

bool state_will_next(struct state_will *will, struct state_entry *ret_entry)
{
	size_t left = (size_t)(will->end - will->at);
	struct will_entry head;

	if (!will->held)
		return next_of_first_version(will, ret_entry);
	if (left < sizeof(head))
		return false;
	memcpy(&head, will->at, sizeof(head));
	if (head.len > left - sizeof(head) || STATE_ENTRY_LEN(head.len) > left)
		return false;
	*ret_entry = (struct state_entry){ .kind = head.kind,
					   .target = head.target,
					   .setting = head.setting,
					   .held = will->held < will->held_end && *will->held == 1,
					   .bytes = will->at + sizeof(head),
					   .len = head.len };
	will->held += will->held < will->held_end;
	will->at += STATE_ENTRY_LEN(head.len);
	return true;
}
