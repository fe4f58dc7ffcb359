/* SPDX-License-Identifier: MIT */
#include "state_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vrrp/adopt.h"

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
	if (err == 0)
		err = copy_names(state);
	if (err < 0) {
		state_close(state);
		return err;
	}
	*ret_state = state;
	return 0;
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

	if (err == 0)
		err = copy_names(state);
	if (err < 0) {
		state_close(state);
		return err;
	}
	*ret_state = state;
	return 0;
}

/* ---- elections ---- */

/* Not against malice: against a write that did not end, or memory that was trodden on. */
static uint64_t sum_of(const void *record, size_t record_size)
{
	const unsigned char *p = (const unsigned char *)record + sizeof(uint64_t);
	uint64_t sum = UINT64_C(0x9e3779b97f4a7c15), word;

	for (size_t len = record_size - sizeof(uint64_t); len >= sizeof(word);
	     p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd);
		sum ^= sum >> 32;
	}
	return sum;
}

static void fill_left(struct left_record *r, const struct vrrp_left *left)
{
	*r = (struct left_record){ .ns = left->ns, .below = left->below };
	memcpy(r->source, left->source, sizeof(r->source));
}

static void take_left(struct vrrp_left *left, const struct left_record *r)
{
	*left = (struct vrrp_left){ .ns = r->ns, .below = (uint8_t)r->below };
	memcpy(left->source, r->source, sizeof(left->source));
}

static void fill_record(struct election_record *r, const struct vrrp *vr)
{
	const struct vrrp_config *c = &vr->config;
	const struct vrrp_election *e = &vr->election;

	*r = (struct election_record){
		.family = c->family,
		.version = c->version,
		.vrid = c->vrid,
		.priority = c->priority,
		.interval_cs = c->interval_cs,
		.down_intervals = c->down_intervals,
		.checksum = (uint8_t)c->checksum,
		.preempt = c->preempt,
		.state = (uint8_t)e->state,
		.reason = (uint8_t)e->reason.code,
		.reason_priority = e->reason.priority,
		.reason_own_priority = e->reason.own_priority,
		.active_priority = e->active_priority,
		.active_interval_cs = e->active_interval_cs,
		.announced_n = e->announced_n,
		.contested_n = e->contested_n,
		.late_granted = e->late_granted,
		.lower_heard = e->lower_heard,
		.lower_priority = e->lower_priority,
		.effective_priority = e->priority,
		.listening = e->listening,
		.ceding = e->ceding,
		.preempt_delay_ns = c->preempt_delay_ns,
		.start_delay_ns = c->start_delay_ns,
		.reason_ns = e->reason.ns,
		.since_ns = e->since_ns,
		.heard_ns = e->heard_ns,
		.contested_ns = e->contested_ns,
		.delayed_ns = e->delayed_ns,
		.start_ns = e->start_ns,
		.down_ns = e->down_ns,
		.preempt_ns = e->preempt_ns,
		.advert_ns = e->advert_ns,
		.announce_ns = e->announce_ns,
		.reason_by = e->reason.by,
		.reason_cause = e->reason.cause,
	};
	memcpy(r->source, e->source, sizeof(r->source));
	memcpy(r->reason_source, e->reason.source, sizeof(r->reason_source));
	memcpy(r->active_source, e->active_source, sizeof(r->active_source));
	memcpy(r->lower_source, e->lower_source, sizeof(r->lower_source));
	for (unsigned i = 0; i < VRRP_LEFT_MAX; i++)
		fill_left(i ? &r->left_before[i - 1] : &r->left, &e->left[i]);
}

static void take_record(struct vrrp *vr, const struct election_record *r)
{
	struct vrrp_config *c = &vr->config;
	struct vrrp_election *e = &vr->election;

	memset(vr, 0, sizeof(*vr));
	c->family = r->family;
	c->version = r->version;
	c->vrid = r->vrid;
	c->priority = r->priority;
	c->interval_cs = r->interval_cs;
	c->down_intervals = r->down_intervals;
	c->checksum = r->checksum;
	c->preempt = r->preempt;
	c->preempt_delay_ns = r->preempt_delay_ns;
	c->start_delay_ns = r->start_delay_ns;
	e->state = r->state;
	e->reason.code = r->reason;
	e->reason.priority = r->reason_priority;
	e->reason.cause = r->reason_cause;
	e->reason.by = r->reason_by;
	e->reason.ns = r->reason_ns;
	e->active_priority = r->active_priority;
	e->active_interval_cs = r->active_interval_cs;
	e->announced_n = r->announced_n;
	e->contested_n = r->contested_n;
	e->late_granted = r->late_granted;
	e->lower_heard = r->lower_heard;
	e->lower_priority = r->lower_priority;
	e->listening = r->listening;
	e->ceding = r->ceding;
	e->priority = r->effective_priority ? r->effective_priority : r->priority;
	e->reason.own_priority = r->reason_own_priority;
	/* Of what was not kept the last that is known comes closest. */
	if (e->reason.own_priority == 0 && e->reason.code != VRRP_REASON_NONE)
		e->reason.own_priority = e->priority;
	e->since_ns = r->since_ns;
	e->heard_ns = r->heard_ns;
	e->contested_ns = r->contested_ns;
	e->delayed_ns = r->delayed_ns;
	e->start_ns = r->start_ns;
	e->down_ns = r->down_ns;
	e->preempt_ns = r->preempt_ns;
	e->advert_ns = r->advert_ns;
	e->announce_ns = r->announce_ns;
	memcpy(e->source, r->source, sizeof(e->source));
	memcpy(e->reason.source, r->reason_source, sizeof(e->reason.source));
	memcpy(e->active_source, r->active_source, sizeof(e->active_source));
	memcpy(e->lower_source, r->lower_source, sizeof(e->lower_source));
	for (unsigned i = 0; i < VRRP_LEFT_MAX; i++)
		take_left(&e->left[i], i ? &r->left_before[i - 1] : &r->left);
}

static void put_counters(struct state *state, unsigned i, const struct vrrp_counters *c)
{
	struct counters_record *record = record_at(state, TAG_COUNTERS, i);

	*record = (struct counters_record){
		.adverts_sent = c->adverts_sent,
		.adverts_received = c->adverts_received,
		.priority_zero_sent = c->priority_zero_sent,
		.priority_zero_received = c->priority_zero_received,
		.became_active = c->became_active,
		.late_timers = c->late_timers,
		.announcements_sent = c->announcements_sent,
		.addresses_restored = c->addresses_restored,
		.send_errors = c->send_errors,
	};
	memcpy(record_at(state, TAG_REJECTED, i), c->rejected, sizeof(c->rejected));
	memcpy(record_at(state, TAG_NOTICED, i), c->noticed, sizeof(c->noticed));
}

static void get_counters(const struct state *state, unsigned i, struct vrrp_counters *ret)
{
	struct counters_record record;

	read_record(state, TAG_COUNTERS, i, &record, sizeof(record));
	*ret = (struct vrrp_counters){
		.adverts_sent = record.adverts_sent,
		.adverts_received = record.adverts_received,
		.priority_zero_sent = record.priority_zero_sent,
		.priority_zero_received = record.priority_zero_received,
		.became_active = record.became_active,
		.late_timers = record.late_timers,
		.announcements_sent = record.announcements_sent,
		.addresses_restored = record.addresses_restored,
		.send_errors = record.send_errors,
	};
	read_record(state, TAG_REJECTED, i, ret->rejected, sizeof(ret->rejected));
	read_record(state, TAG_NOTICED, i, ret->noticed, sizeof(ret->noticed));
}

void state_put(struct state *state, unsigned i, const struct vrrp *vr)
{
	struct election_record *slots = record_at(state, TAG_ELECTION, 2 * (size_t)i), record;
	unsigned newer = slots[1].seq > slots[0].seq;
	struct election_record *slot = &slots[!newer];
	bool active = vr->election.state == VRRP_STATE_ACTIVE;

	assert(i < state->routers_n);
	/* Whoever dies in between leaves no farewell rather than that of a router that has left. */
	if (!active)
		state_arm(state, i, false);
	fill_record(&record, vr);
	record.seq = slots[newer].seq + 1;
	record.sum = sum_of(&record, sizeof(record));
	slot->sum = 0; /* whoever dies from here on leaves the other slot */
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(&slot->seq, &record.seq, sizeof(record) - sizeof(record.sum));
	atomic_signal_fence(memory_order_seq_cst);
	slot->sum = record.sum;
	if (active)
		state_arm(state, i, true);
	put_counters(state, i, &vr->counters);
}

/* Return: its number if the slot is whole and can be so at that time; 0 otherwise. */
static uint64_t read_slot(const struct state *state, unsigned i, unsigned which, int64_t now_ns,
			  struct vrrp *ret_vr)
{
	const struct place *place = &state->places[TAG_ELECTION];
	size_t number = 2 * (size_t)i + which;
	struct election_record record;
	struct router_record router;

	if (!place->base || number >= place->records_n || place->record_size < sizeof(uint64_t))
		return 0;
	read_record(state, TAG_ELECTION, number, &record, sizeof(record));
	read_record(state, TAG_ROUTER, i, &router, sizeof(router));
	if (!record.seq ||
	    record.sum != sum_of(record_at(state, TAG_ELECTION, number), place->record_size))
		return 0;
	take_record(ret_vr, &record);
	return vrrp_is_sane(ret_vr, now_ns) && ret_vr->config.vrid == router.vrid &&
			       ret_vr->config.family == router.family
		       ? record.seq
		       : 0;
}

int state_get(const struct state *state, unsigned i, int64_t now_ns, struct vrrp *ret_vr)
{
	struct vrrp vr[2];
	uint64_t seq[2];

	assert(i < state->routers_n);
	for (unsigned which = 0; which < 2; which++)
		seq[which] = read_slot(state, i, which, now_ns, &vr[which]);
	if (!seq[0] && !seq[1])
		return -EBADMSG;
	*ret_vr = vr[seq[1] > seq[0]];
	get_counters(state, i, &ret_vr->counters);
	return 0;
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
