/* SPDX-License-Identifier: MIT */
/* The state memory as sections: made for a configuration, and opened whoever made it. */
#include "state_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC        UINT64_C(0x7669706473656374) /* "vipdsect" */
#define MAGIC_BEFORE UINT64_C(0x7669706473746174) /* of the memory that had no sections */
#define SECTIONS_MAX 64
#define NS_PER_MS    INT64_C(1000000)

static int map(int fd, size_t size, int protection, struct state **ret_state)
{
	struct state *state = calloc(1, sizeof(*state));
	void *memory;

	if (!state)
		return -ENOMEM;
	memory = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		free(state);
		return -errno;
	}
	(void)madvise(memory, size, MADV_DONTDUMP);
	state->header = memory;
	state->size = size;
	*ret_state = state;
	return 0;
}

void state_close(struct state *state)
{
	if (!state)
		return;
	munmap(state->header, state->size);
	free(state->names);
	free(state->rooms);
	free(state->index);
	free(state);
}

static const struct section *table_of(const struct header *header)
{
	return (const struct section *)((const unsigned char *)header + header->header_size);
}

static void find_places(struct state *state)
{
	const struct section *section = table_of(state->header);

	for (unsigned i = 0; i < state->header->sections_n; i++, section++)
		if (section->tag < TAGS)
			state->places[section->tag] =
				(struct place){ (unsigned char *)state->header + section->offset,
						section->record_size, section->records_n };
}

static int copy_names(struct state *state)
{
	struct router_record record;
	struct host_record host;

	read_record(state, TAG_HOST, 0, &host, sizeof(host));
	memcpy(state->control, host.control, sizeof(state->control) - 1);
	state->routers_n = state->places[TAG_ROUTER].records_n;
	state->names = calloc(state->routers_n + 1, sizeof(*state->names));
	if (!state->names)
		return -ENOMEM;
	for (unsigned i = 0; i < state->routers_n; i++) {
		read_record(state, TAG_ROUTER, i, &record, sizeof(record));
		memcpy(state->names[i], record.name, sizeof(state->names[i]) - 1);
	}
	return 0;
}

/* What is laid out or mapped, or nothing of it. Return: 0 or @err. */
static int hand_out(struct state *state, int err, struct state **ret_state)
{
	if (err == 0)
		err = copy_names(state);
	if (err == 0)
		*ret_state = state;
	else
		state_close(state);
	return err;
}

/* ---- making ---- */

static size_t round_up(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static size_t wills_size(const struct state_router *routers, unsigned n)
{
	size_t size = 0;

	for (unsigned i = 0; i < n; i++)
		size += state_will_room(&routers[i]);
	return size;
}

static bool some_damps(const struct state_router *routers, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (routers[i].damps)
			return true;
	return false;
}

/* The table for so many routers. Return: how long the memory is. */
static size_t plan(const struct state_router *routers, unsigned n,
		   struct section sections[TAGS - 1])
{
	const struct section wanted[TAGS - 1] = {
		{ .tag = TAG_HOST, .record_size = sizeof(struct host_record), .records_n = 1 },
		{ .tag = TAG_ROUTER, .record_size = sizeof(struct router_record), .records_n = n },
		{ .tag = TAG_ELECTION,
		  .record_size = sizeof(struct election_record),
		  .records_n = 2 * n },
		{ .tag = TAG_COUNTERS,
		  .record_size = sizeof(struct counters_record),
		  .records_n = n },
		{ .tag = TAG_REJECTED,
		  .record_size = VRRP_REJECT_COUNT * sizeof(uint64_t),
		  .records_n = n },
		{ .tag = TAG_NOTICED,
		  .record_size = VRRP_NOTICE_COUNT * sizeof(uint64_t),
		  .records_n = n },
		{ .tag = TAG_LEASE, .record_size = sizeof(struct lease_record), .records_n = n },
		{ .tag = TAG_FAREWELL,
		  .record_size = sizeof(struct farewell_record),
		  .records_n = n },
		{ .tag = TAG_BYTES,
		  .record_size = 1,
		  .records_n = (uint32_t)wills_size(routers, n) },
		{ .tag = TAG_WILL, .record_size = sizeof(struct will_record), .records_n = n },
		{ .tag = TAG_STRAYS, .record_size = sizeof(struct strays_record), .records_n = 1 },
		{ .tag = TAG_STRAYS_REJECTED,
		  .record_size = VRRP_REJECT_COUNT * sizeof(uint64_t),
		  .records_n = 1 },
		{ .tag = TAG_AUTH, .record_size = sizeof(struct auth_record), .records_n = n },
		{ .tag = TAG_MARKS,
		  .record_size = sizeof(struct vrrp_hmac_mark),
		  .records_n = (uint32_t)state_marks_n(routers, n) },
		{ .tag = TAG_KEYS,
		  .record_size = sizeof(struct keys_record),
		  .records_n = state_key_files_n(routers, n) },
		{ .tag = TAG_DAMPING,
		  .record_size = sizeof(struct state_damping),
		  .records_n = some_damps(routers, n) ? n : 0 },
	};
	size_t offset = round_up(sizeof(struct header) + sizeof(wanted));

	memcpy(sections, wanted, sizeof(wanted));
	for (unsigned i = 0; i < TAGS - 1; i++) {
		sections[i].offset = offset;
		offset += round_up((size_t)sections[i].record_size * sections[i].records_n);
	}
	return offset;
}

static void lay_out_router(struct state *state, unsigned i, const struct state_router *router,
			   uint64_t *offset, uint32_t *marks)
{
	struct router_record *record = record_at(state, TAG_ROUTER, i);

	assert(strlen(router->name) < STATE_NAME_SIZE);
	assert(strlen(router->interface) < STATE_INTERFACE_SIZE);
	strcpy(record->name, router->name);
	strcpy(record->interface, router->interface);
	record->vrid = router->vrid;
	record->family = router->family;
	record->lease_s = router->lease_s;
	state_lay_out_will(state, i, router, offset);
	state_lay_out_auth(state, i, router, marks);
}

int state_new(int fd, const char *control, const struct state_router *routers, unsigned routers_n,
	      struct state **ret_state)
{
	struct section sections[TAGS - 1];
	size_t size = plan(routers, routers_n, sections);
	struct state *state;
	uint64_t offset = 0;
	uint32_t marks = 0;
	int err;

	assert(routers_n <= STATE_ROUTERS_MAX && strlen(control) < STATE_CONTROL_SIZE);
	/* Nobody can pull the memory from under its readers. */
	if (ftruncate(fd, (off_t)size) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	err = map(fd, size, PROT_READ | PROT_WRITE, &state);
	if (err < 0)
		return err;
	*state->header = (struct header){ .magic = MAGIC,
					  .header_size = sizeof(struct header),
					  .sections_n = TAGS - 1,
					  .size = size };
	memcpy(state->header + 1, sections, sizeof(sections));
	find_places(state);
	/* Not when it is written first: whoever goes on after a death has no time for that. */
	(void)madvise(state->header, size, MADV_POPULATE_WRITE);
	strcpy(((struct host_record *)record_at(state, TAG_HOST, 0))->control, control);
	state->key_files_n = state_key_files_n(routers, routers_n);
	state->rooms = calloc(routers_n + 1, sizeof(*state->rooms));
	err = state->rooms ? 0 : -ENOMEM;
	for (unsigned i = 0; err == 0 && i < routers_n; i++)
		lay_out_router(state, i, &routers[i], &offset, &marks);
	return hand_out(state, err, ret_state);
}

void state_publish(struct state *state)
{
	atomic_store(&state->header->published, 1);
}

/* ---- the writer's life ---- */

void state_alive(struct state *state, int64_t now_ns)
{
	uint32_t now_ms = (uint32_t)(now_ns / NS_PER_MS);

	atomic_store(&state->header->alive_ms, now_ms ? now_ms : 1);
}

/* The counter wraps after seven weeks: what it tells is how long ago that was. */
bool state_was_alive(const struct state *state)
{
	return atomic_load(&state->header->alive_ms) != 0;
}

int64_t state_alive_at(int fd, int64_t now_ns)
{
	struct header header;
	int32_t age_ms;
	uint32_t alive_ms;

	if (fd < 0 || pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    header.magic != MAGIC)
		return 0;
	alive_ms = atomic_load(&header.alive_ms);
	age_ms = (int32_t)((uint32_t)(now_ns / NS_PER_MS) - alive_ms);
	/* The same sign is the same number, whenever it is looked at. */
	return alive_ms == 0 ? 0 : (now_ns / NS_PER_MS - (age_ms > 0 ? age_ms : 0)) * NS_PER_MS;
}

/* ---- opening ---- */

/* Sections within the memory, with records that can be copied from. */
static bool table_is_sane(const struct state *state)
{
	const struct header *header = state->header;
	const struct section *section = table_of(header);
	uint64_t table = header->sections_n * sizeof(*section);

	if (header->header_size < sizeof(*header) || header->header_size % 8 ||
	    header->sections_n > SECTIONS_MAX || header->header_size > state->size ||
	    table > state->size - header->header_size)
		return false;
	for (unsigned i = 0; i < header->sections_n; i++, section++)
		if (section->offset % 8 || section->offset > state->size ||
		    section->record_size == 0 ||
		    (uint64_t)section->record_size * section->records_n >
			    state->size - section->offset)
			return false;
	return true;
}

/* What the sections must have to be read as routers. */
static bool places_are_sane(const struct state *state)
{
	const struct place *places = state->places;
	uint32_t n = places[TAG_ROUTER].records_n;

	return places[TAG_ROUTER].base && n <= STATE_ROUTERS_MAX &&
	       places[TAG_ELECTION].record_size % 8 == 0;
}

static int check(struct state *state)
{
	const struct header *header = state->header;

	if (header->magic != MAGIC)
		return header->magic == 0              ? -ENODATA
		       : header->magic == MAGIC_BEFORE ? -EPROTO
						       : -EBADMSG;
	if (header->size != state->size || !table_is_sane(state))
		return -EBADMSG;
	find_places(state);
	if (!places_are_sane(state))
		return -EBADMSG;
	return atomic_load(&header->published) ? 0 : -ENODATA;
}

/* Return: as state_open(); @ret_state: NULL if that fails. */
static int map_sane(int fd, struct state **ret_state)
{
	struct state *state;
	struct stat status;
	int err;

	*ret_state = NULL;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size == 0)
		return -ENODATA;
	if ((size_t)status.st_size < sizeof(struct header))
		return -EBADMSG;
	err = map(fd, (size_t)status.st_size, PROT_READ, &state);
	if (err < 0)
		return err;
	err = check(state);
	if (err < 0) {
		state_close(state);
		return err;
	}
	*ret_state = state;
	return 0;
}

bool state_is_published(int fd)
{
	struct state *state;

	if (fd < 0 || map_sane(fd, &state) < 0)
		return false;
	state_close(state);
	return true;
}

int state_open(int fd, struct state **ret_state)
{
	struct state *state;
	int err = map_sane(fd, &state);

	return hand_out(state, err, ret_state);
}

/* ---- what is of no router ---- */

void state_put_strays(struct state *state, const struct state_strays *strays)
{
	struct strays_record *record = record_at(state, TAG_STRAYS, 0);

	record->unread = strays->unread;
	record->dropped = strays->dropped;
	memcpy(record_at(state, TAG_STRAYS_REJECTED, 0), strays->rejected,
	       sizeof(strays->rejected));
}

void state_get_strays(const struct state *state, struct state_strays *ret_strays)
{
	struct strays_record record;

	read_record(state, TAG_STRAYS, 0, &record, sizeof(record));
	ret_strays->unread = record.unread;
	ret_strays->dropped = record.dropped;
	read_record(state, TAG_STRAYS_REJECTED, 0, ret_strays->rejected,
		    sizeof(ret_strays->rejected));
}

const char *state_control(const struct state *state)
{
	return state->control;
}

unsigned state_count(const struct state *state)
{
	return state->routers_n;
}

const char *state_name(const struct state *state, unsigned i)
{
	assert(i < state->routers_n);
	return state->names[i];
}

unsigned state_family(const struct state *state, unsigned i)
{
	struct router_record record;

	assert(i < state->routers_n);
	read_record(state, TAG_ROUTER, i, &record, sizeof(record));
	return record.family;
}
