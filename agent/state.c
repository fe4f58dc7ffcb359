/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netlink/frame.h"
#include "vrrp/adopt.h"

#define MAGIC UINT64_C(0x7669706473746174) /* "vipdstat" */

struct header {
	uint64_t magic;
	uint32_t layout;
	uint32_t header_size, entry_size, election_size; /* another compiler's differ */
	uint32_t entries_n;
	uint64_t size; /* of the whole memory */
	_Atomic uint32_t published;
	char control[CONF_CONTROL_SIZE];
};

/* The memory: header, entries, elections, frames. A standby touches the first two alone. */

#define ELECTION_SIZE offsetof(struct vrrp, counters) /* the counters end it */

struct slot {
	uint64_t sum; /* over seq and vr */
	uint64_t seq; /* the greater one is the newer one */
	unsigned char vr[ELECTION_SIZE];
};

struct election {
	struct slot slots[2];
	struct vrrp_counters counters;
};

struct entry {
	char name[CONF_NAME_SIZE];
	char interface[CONF_LINK_SIZE];
	uint8_t vrid, family;
	uint32_t lease_s;
	int32_t ifindex;       /* where the farewell leaves */
	uint32_t frame_offset; /* of the farewell in the memory */
	uint32_t frame_max;    /* room for it */
	_Atomic uint32_t frame_len;
	_Atomic int64_t lease_ns;
};

struct state {
	struct header *header;      /* the mapping; owned */
	struct entry *entries;      /* behind the header */
	struct election *elections; /* behind the entries */
	size_t size;
	uint32_t *index; /* of a reader: entry + 1 by name, or 0; owned. NULL: not needed yet */
	uint32_t index_mask;
};

static size_t frame_max(const struct conf_router *router)
{
	return KERN_FRAME_IP4_LEN + VRRP_HEADER_LEN + router->addresses_n * 4u;
}

static size_t heads_size(size_t entries_n)
{
	return sizeof(struct header) + entries_n * (sizeof(struct entry) + sizeof(struct election));
}

static size_t size_for(const struct conf *conf)
{
	size_t size = heads_size(conf->routers_n);

	for (unsigned i = 0; i < conf->routers_n; i++)
		size += frame_max(&conf->routers[i]);
	return size;
}

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
	*state = (struct state){ .header = memory,
				 .entries = (struct entry *)((struct header *)memory + 1),
				 .size = size };
	*ret_state = state;
	return 0;
}

static struct election *elections_of(const struct state *state)
{
	return (struct election *)(state->entries + state->header->entries_n);
}

static void lay_out(struct state *state, const struct conf *conf)
{
	uint32_t offset = (uint32_t)heads_size(conf->routers_n);

	*state->header = (struct header){
		.magic = MAGIC,
		.layout = STATE_LAYOUT,
		.header_size = sizeof(struct header),
		.entry_size = sizeof(struct entry),
		.election_size = sizeof(struct election),
		.entries_n = conf->routers_n,
		.size = state->size,
	};
	strcpy(state->header->control, conf->control);
	for (unsigned i = 0; i < conf->routers_n; i++) {
		const struct conf_router *router = &conf->routers[i];
		struct entry *entry = &state->entries[i];

		strcpy(entry->name, router->name);
		strcpy(entry->interface, router->interface);
		entry->vrid = router->vrrp.vrid;
		entry->family = router->vrrp.family;
		entry->lease_s = (uint32_t)conf_lease_s(router->lease, router->vrrp.interval_cs);
		entry->frame_offset = offset;
		entry->frame_max = (uint32_t)frame_max(router);
		offset += entry->frame_max;
	}
	state->elections = elections_of(state);
}

int state_new(int fd, const struct conf *conf, struct state **ret_state)
{
	size_t size = size_for(conf);
	int err;

	/* Nobody can pull the memory from under its readers. */
	if (ftruncate(fd, (off_t)size) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	err = map(fd, size, PROT_READ | PROT_WRITE, ret_state);
	if (err == 0)
		lay_out(*ret_state, conf);
	return err;
}

/* Entries and frames within the memory, names with an end. */
static bool entries_are_sane(const struct state *state)
{
	const struct header *header = state->header;

	if (header->entries_n > CONF_ROUTERS_MAX ||
	    !memchr(header->control, 0, sizeof(header->control)) ||
	    state->size < heads_size(header->entries_n))
		return false;
	for (unsigned i = 0; i < header->entries_n; i++) {
		const struct entry *entry = &state->entries[i];

		if (!memchr(entry->name, 0, sizeof(entry->name)) ||
		    !memchr(entry->interface, 0, sizeof(entry->interface)) ||
		    entry->frame_max > KERN_FRAME_MAX || entry->frame_len > entry->frame_max ||
		    entry->frame_offset > state->size ||
		    entry->frame_max > state->size - entry->frame_offset)
			return false;
	}
	return true;
}

static int check(const struct state *state)
{
	const struct header *header = state->header;

	if (header->magic != MAGIC)
		return header->magic == 0 ? -ENODATA : -EBADMSG;
	if (header->layout != STATE_LAYOUT || header->header_size != sizeof(*header) ||
	    header->entry_size != sizeof(struct entry) ||
	    header->election_size != sizeof(struct election))
		return -EPROTO;
	if (header->size != state->size || !entries_are_sane(state))
		return -EBADMSG;
	return atomic_load(&header->published) ? 0 : -ENODATA;
}

int state_open(int fd, struct state **ret_state)
{
	struct state *state;
	struct stat status;
	int err;

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
	state->elections = elections_of(state);
	*ret_state = state;
	return 0;
}

void state_close(struct state *state)
{
	if (!state)
		return;
	munmap(state->header, state->size);
	free(state->index);
	free(state);
}

void state_publish(struct state *state)
{
	atomic_store(&state->header->published, 1);
}

/* Not against malice: against a write that did not end, or memory that was trodden on. */
static uint64_t sum_of(const struct slot *slot)
{
	const unsigned char *p = (const unsigned char *)&slot->seq;
	size_t len = sizeof(*slot) - offsetof(struct slot, seq);
	uint64_t sum = UINT64_C(0x9e3779b97f4a7c15), word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd);
		sum ^= sum >> 32;
	}
	return sum;
}

static unsigned newer_slot(const struct election *election)
{
	return election->slots[1].seq > election->slots[0].seq;
}

void state_put(struct state *state, unsigned i, const struct vrrp *vr)
{
	struct election *election = &state->elections[i];
	unsigned newer = newer_slot(election);
	struct slot *slot = &election->slots[!newer];

	_Static_assert(sizeof(struct slot) % sizeof(uint64_t) == 0, "the sum goes by words");
	assert(i < state->header->entries_n);
	slot->sum = 0; /* whoever dies from here on leaves the other slot */
	atomic_signal_fence(memory_order_seq_cst);
	slot->seq = election->slots[newer].seq + 1;
	memcpy(slot->vr, vr, sizeof(slot->vr));
	atomic_signal_fence(memory_order_seq_cst);
	slot->sum = sum_of(slot);
	election->counters = vr->counters;
}

void state_put_lease(struct state *state, unsigned i, int64_t lease_ns)
{
	assert(i < state->header->entries_n);
	atomic_store(&state->entries[i].lease_ns, lease_ns);
}

uint32_t state_lease_s(const struct state *state, unsigned i)
{
	assert(i < state->header->entries_n);
	return state->entries[i].lease_s;
}

int64_t state_lease(const struct state *state, unsigned i)
{
	assert(i < state->header->entries_n);
	return atomic_load(&state->entries[i].lease_ns);
}

void state_put_farewell(struct state *state, unsigned i, int ifindex, const uint8_t *frame,
			size_t frame_len)
{
	struct entry *entry = &state->entries[i];

	assert(i < state->header->entries_n && frame_len <= entry->frame_max);
	atomic_store(&entry->frame_len, 0);
	entry->ifindex = ifindex;
	memcpy((uint8_t *)state->header + entry->frame_offset, frame, frame_len);
	atomic_store(&entry->frame_len, (uint32_t)frame_len);
}

const char *state_control(const struct state *state)
{
	return state->header->control;
}

size_t state_farewell_max(const struct state *state, unsigned i)
{
	assert(i < state->header->entries_n);
	return state->entries[i].frame_max;
}

unsigned state_count(const struct state *state)
{
	return state->header->entries_n;
}

/* Return: whether the slot is whole, and an election of that router at that time can be so. */
static bool read_slot(const struct slot *slot, const struct entry *entry, int64_t now_ns,
		      struct vrrp *ret_vr)
{
	if (!slot->seq || slot->sum != sum_of(slot))
		return false;
	memcpy(ret_vr, slot->vr, sizeof(slot->vr));
	return vrrp_is_sane(ret_vr, now_ns) && ret_vr->config.vrid == entry->vrid &&
	       ret_vr->config.family == entry->family;
}

int state_get(const struct state *state, unsigned i, int64_t now_ns, struct vrrp *ret_vr)
{
	const struct election *election = &state->elections[i];
	const struct entry *entry = &state->entries[i];
	unsigned newer = newer_slot(election);
	struct vrrp vr;

	assert(i < state->header->entries_n);
	if (!read_slot(&election->slots[newer], entry, now_ns, &vr) &&
	    !read_slot(&election->slots[!newer], entry, now_ns, &vr))
		return -EBADMSG;
	*ret_vr = vr;
	ret_vr->counters = election->counters;
	return 0;
}

const char *state_name(const struct state *state, unsigned i)
{
	assert(i < state->header->entries_n);
	return state->entries[i].name;
}

static bool continues_as(const struct entry *entry, const struct conf_router *router)
{
	return strcmp(entry->name, router->name) == 0 &&
	       strcmp(entry->interface, router->interface) == 0 &&
	       entry->vrid == router->vrrp.vrid && entry->family == router->vrrp.family;
}

/* FNV-1a. */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash ^ hash >> 15;
}

/* At most half full, so that a search ends soon. */
static int make_index(struct state *state)
{
	uint32_t n = state->header->entries_n, size = 16;

	while (size < n * 2)
		size *= 2;
	state->index = calloc(size, sizeof(*state->index));
	if (!state->index)
		return -ENOMEM;
	state->index_mask = size - 1;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = hash_of(state->entries[i].name) & state->index_mask;

		while (state->index[slot])
			slot = (slot + 1) & state->index_mask;
		state->index[slot] = i + 1;
	}
	return 0;
}

int state_find(struct state *state, const struct conf_router *router)
{
	uint32_t slot;

	if (!state->index && make_index(state) < 0)
		return -1;
	for (slot = hash_of(router->name) & state->index_mask; state->index[slot];
	     slot = (slot + 1) & state->index_mask)
		if (continues_as(&state->entries[state->index[slot] - 1], router))
			return (int)state->index[slot] - 1;
	return -1;
}

struct state_farewell state_farewell(const struct state *state, unsigned i)
{
	const struct entry *entry = &state->entries[i];

	assert(i < state->header->entries_n);
	return (struct state_farewell){ entry->ifindex,
					(const uint8_t *)state->header + entry->frame_offset,
					entry->frame_len };
}
