/* SPDX-License-Identifier: MIT */
#include "state_auth.h"

#include <assert.h>
#include <stdio.h>

#include "state_private.h"

size_t state_marks_n(const struct state_router *routers, unsigned n)
{
	size_t marks_n = 0;

	for (unsigned i = 0; i < n; i++)
		marks_n += routers[i].marks_n;
	return marks_n;
}

uint32_t state_key_files_n(const struct state_router *routers, unsigned n)
{
	uint32_t files_n = 0;

	for (unsigned i = 0; i < n; i++)
		if (routers[i].key_file > files_n)
			files_n = routers[i].key_file;
	assert(files_n <= STATE_KEY_FILES_MAX);
	return files_n;
}

void state_lay_out_auth(struct state *state, unsigned i, const struct state_router *router,
			uint32_t *marks)
{
	struct auth_record *record = record_at(state, TAG_AUTH, i);
	struct room *room = &state->rooms[i];
	struct keys_record *keys;

	record->marks_first = room->marks_first = *marks;
	record->marks_n = room->marks_n = router->marks_n;
	*marks += router->marks_n;
	if (!router->key_file)
		return;
	assert(strlen(router->keys) < STATE_PATH_SIZE);
	keys = record_at(state, TAG_KEYS, router->key_file - 1);
	strcpy(keys->path, router->keys);
}

struct state_auth *state_auth(struct state *state, unsigned i)
{
	assert(i < state->routers_n);
	return record_at(state, TAG_AUTH, i);
}

struct vrrp_hmac_mark *state_marks(struct state *state, unsigned i, unsigned *ret_n)
{
	assert(i < state->routers_n);
	*ret_n = state->rooms[i].marks_n;
	return record_at(state, TAG_MARKS, state->rooms[i].marks_first);
}

struct vrrp_hmac_keys *state_keys(struct state *state, unsigned file)
{
	struct keys_record *record = record_at(state, TAG_KEYS, file - 1);

	assert(file >= 1 && file <= state->key_files_n);
	return &record->keys;
}

char *state_keys_why(struct state *state, unsigned file)
{
	struct keys_record *record = record_at(state, TAG_KEYS, file - 1);

	assert(file >= 1 && file <= state->key_files_n);
	return record->why;
}

void state_get_auth(const struct state *state, unsigned i, struct state_auth *ret_auth)
{
	struct auth_record record;

	assert(i < state->routers_n);
	read_record(state, TAG_AUTH, i, &record, sizeof(record));
	*ret_auth = record.auth;
}

bool state_get_mark(const struct state *state, unsigned i, unsigned number,
		    struct vrrp_hmac_mark *ret_mark)
{
	struct auth_record record;
	size_t at;

	assert(i < state->routers_n);
	read_record(state, TAG_AUTH, i, &record, sizeof(record));
	at = (size_t)record.marks_first + number;
	/* A damaged memory may speak of billions. */
	if (number >= record.marks_n || at >= state->places[TAG_MARKS].records_n)
		return false;
	read_record(state, TAG_MARKS, at, ret_mark, sizeof(*ret_mark));
	return true;
}

static bool are_sane(const struct vrrp_hmac_keys *keys)
{
	if (keys->n == 0 || keys->n > VRRP_HMAC_KEYS)
		return false;
	for (unsigned i = 0; i < keys->n; i++)
		if (keys->all[i].id == 0 || keys->all[i].len < VRRP_HMAC_KEY_MIN ||
		    keys->all[i].len > VRRP_HMAC_KEY_MAX)
			return false;
	return true;
}

static bool find_keys(const struct state *state, const char *path, struct keys_record *record)
{
	for (uint32_t i = 0;
	     state && i < state->places[TAG_KEYS].records_n && i < STATE_KEY_FILES_MAX; i++) {
		read_record(state, TAG_KEYS, i, record, sizeof(*record));
		if (strncmp(record->path, path, sizeof(record->path)) == 0 &&
		    are_sane(&record->keys))
			return true;
	}
	return false;
}

bool state_get_keys(const struct state *state, const char *path, struct vrrp_hmac_keys *ret_keys)
{
	struct keys_record record = { 0 };
	bool found = find_keys(state, path, &record);

	if (found)
		*ret_keys = record.keys;
	explicit_bzero(&record, sizeof(record));
	return found;
}

void state_get_keys_why(const struct state *state, const char *path, char *ret_why)
{
	struct keys_record record = { 0 };

	ret_why[0] = '\0';
	if (find_keys(state, path, &record))
		snprintf(ret_why, STATE_KEYS_WHY_SIZE, "%.*s", STATE_KEYS_WHY_SIZE - 1, record.why);
	explicit_bzero(&record, sizeof(record));
}
