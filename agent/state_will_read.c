/* SPDX-License-Identifier: MIT */
/* The reader's half of state_will.h: nothing in the memory is believed. */
#include "state_will.h"

#include <assert.h>

#include "state_private.h"

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
