/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY   "/run/vipd"
#define MAGIC       UINT64_C(0x7669706465767473) /* "vipdevts" */
#define LAYOUT      1
#define HEADER_SIZE 4096
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14; newer than Debian 12's headers may be */
#endif
#define EVENT_ROOM 256u /* of an event in the ring, as far as its size goes by numbers */

/* A newer layout puts its members behind these, or has another number. */
struct header {
	uint64_t magic;
	uint32_t layout;
	uint32_t routers_max;
	uint64_t size;             /* of the records */
	_Atomic uint64_t head;     /* behind the newest record */
	_Atomic uint64_t tail;     /* at the oldest record */
	_Atomic uint64_t seq;      /* of the newest event */
	_Atomic uint64_t tail_seq; /* of the oldest event */
	_Atomic uint64_t told, told_seq;
	uint64_t namespace; /* which network namespace it is of, as the kernel numbers them */
	_Atomic int64_t abandoned_ns; /* since when it is known to have no writer, or 0 */
	uint64_t id;                  /* of the row of numbers that its events have; 0: unknown */
};

/* Followed by the name of the router, that of the interface, and the payload. */
struct record {
	uint32_t len; /* of all of it, a multiple of 8 */
	uint16_t kind;
	uint8_t level, family;
	uint64_t seq; /* 0: nothing but padding up to the end of the memory */
	int64_t mono_ns, real_ns;
	uint8_t router_len, interface_len;
	uint16_t payload_len;
	uint32_t reserved;
};

#define RECORD_MAX                                                                                 \
	(sizeof(struct record) + EVENT_NAME_SIZE + EVENT_INTERFACE_SIZE +                          \
	 sizeof(((struct event *)0)->payload) + 8)

struct events {
	int fd;                /* -1: not ours to keep */
	struct header *header; /* the mapping; owned */
	unsigned char *records;
	uint64_t size; /* of the records; not asked of the memory, which others map, too */
	bool quiet;    /* nothing was put since events_fresh() */
};

/* ---- making ---- */

int events_path(const char *which, char *buf)
{
	struct stat status;

	if (stat("/proc/self/ns/net", &status) < 0)
		return -errno;
	snprintf(buf, EVENTS_PATH_SIZE, DIRECTORY "/netns-%ju.%s.events", (uintmax_t)status.st_ino,
		 which);
	return 0;
}

uint64_t events_namespace(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0)
		cookie = 0;
	close(fd);
	return cookie;
}

static size_t size_for(unsigned routers_n)
{
	size_t n = (size_t)routers_n * EVENTS_PER_ROUTER;

	return (n < EVENTS_MIN ? EVENTS_MIN : n) * EVENT_ROOM;
}

static bool is_sane(const struct header *header, size_t file_size)
{
	uint64_t head = atomic_load(&header->head), tail = atomic_load(&header->tail);

	return header->magic == MAGIC && header->layout == LAYOUT &&
	       header->size + HEADER_SIZE == file_size && header->size >= 2 * RECORD_MAX &&
	       header->size % 8 == 0 && tail <= head && head - tail <= header->size &&
	       tail % 8 == 0 && head % 8 == 0;
}

static struct record *record_at(const struct events *events, uint64_t position)
{
	return (struct record *)(events->records + position % events->size);
}

/* The head of a record, as far as its lengths make sense. Return: its length, or 0. Of padding,
 * which may have no room for it, the number is 0. */
static uint32_t look_at_record(const struct events *events, uint64_t position,
			       struct record *ret_record)
{
	uint64_t to_end = events->size - position % events->size;
	size_t len;

	*ret_record = (struct record){ 0 };
	memcpy(ret_record, record_at(events, position),
	       to_end < sizeof(*ret_record) ? to_end : sizeof(*ret_record));
	if (ret_record->len < 8 || ret_record->len % 8 || ret_record->len > to_end)
		return 0;
	if (ret_record->len < sizeof(*ret_record))
		ret_record->seq = 0;
	if (ret_record->seq == 0)
		return ret_record->len;
	len = (size_t)ret_record->router_len + ret_record->interface_len + ret_record->payload_len;
	if (ret_record->len < sizeof(*ret_record) + len ||
	    ret_record->router_len >= EVENT_NAME_SIZE ||
	    ret_record->interface_len >= EVENT_INTERFACE_SIZE)
		return 0;
	return ret_record->len;
}

/*
 * A writer that died between an event's number and the event itself has not used that number. What
 * cannot be read is dropped, since nothing behind it can be found.
 */
static void recover(struct events *events)
{
	struct header *header = events->header;
	uint64_t position = atomic_load(&header->tail), head = atomic_load(&header->head);
	uint64_t seq = atomic_load(&header->tail_seq) - 1;
	struct record record;
	uint32_t len;

	for (; position < head; position += len) {
		len = look_at_record(events, position, &record);
		if (len == 0 || len > head - position) {
			atomic_store(&header->tail, head);
			atomic_store(&header->tail_seq, atomic_load(&header->seq) + 1);
			return;
		}
		if (record.seq)
			seq = record.seq;
	}
	atomic_store(&header->seq, seq);
}

int events_map(int fd, bool writes, struct events **ret_events)
{
	struct events *events;
	struct stat status;
	void *memory;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size <= HEADER_SIZE)
		return -EBADMSG;
	events = calloc(1, sizeof(*events));
	if (!events)
		return -ENOMEM;
	memory = mmap(NULL, (size_t)status.st_size, PROT_READ | (writes ? PROT_WRITE : 0),
		      MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		free(events);
		return -errno;
	}
	*events = (struct events){ .fd = -1,
				   .header = memory,
				   .records = (unsigned char *)memory + HEADER_SIZE,
				   .size = (uint64_t)status.st_size - HEADER_SIZE };
	if (!is_sane(events->header, (size_t)status.st_size)) {
		munmap(memory, (size_t)status.st_size);
		free(events);
		return -EBADMSG;
	}
	if (writes)
		recover(events);
	*ret_events = events;
	return 0;
}

int events_take(int fd, struct events **ret_events)
{
	int err = events_map(fd, true, ret_events);

	if (err == 0)
		(*ret_events)->fd = fd;
	return err;
}

void events_close(struct events *events)
{
	if (!events)
		return;
	munmap(events->header, events->size + HEADER_SIZE);
	if (events->fd >= 0)
		close(events->fd);
	free(events);
}

/* All of its pages are there from the beginning: a full file system must not kill a writer. */
static int lay_out(int fd, unsigned routers_n)
{
	struct header header = { .magic = MAGIC,
				 .layout = LAYOUT,
				 .routers_max = routers_n,
				 .size = size_for(routers_n),
				 .tail_seq = 1,
				 .namespace = events_namespace() };
	ssize_t got = getrandom(&header.id, sizeof(header.id), GRND_NONBLOCK);
	int err = -posix_fallocate(fd, 0, (off_t)(HEADER_SIZE + header.size));

	if (err < 0)
		return err;
	if (got != sizeof(header.id))
		header.id = (uint64_t)clocks_now().real_ns;
	return pwrite(fd, &header, sizeof(header), 0) == sizeof(header) ? 0 : -EIO;
}

/* What is there, if it can be gone on with. */
static struct events *open_present(const char *path)
{
	struct events *events = NULL;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return NULL;
	if (events_map(fd, true, &events) == 0 && events->header->namespace == events_namespace()) {
		events->fd = fd;
		atomic_store(&events->header->abandoned_ns, 0);
		return events;
	}
	events_close(events);
	close(fd);
	return NULL;
}

static void put_record(struct events *events, const struct event *event);

/* Into a larger ring, with the numbers that they have. */
static void take_over(struct events *events, const struct events *old)
{
	struct events_cursor cursor = { 0 }, told = events_told(old);
	struct event event;
	uint64_t lost;

	events->header->id = old->header->id;
	while (events_next(old, &cursor, &event, &lost)) {
		if (atomic_load(&events->header->seq) == 0)
			atomic_store(&events->header->tail_seq, event.seq);
		if (event.seq == told.seq)
			events_set_told(events,
					&(struct events_cursor){ atomic_load(&events->header->head),
								 told.seq });
		atomic_store(&events->header->seq, event.seq - 1);
		put_record(events, &event);
	}
	if (cursor.seq == told.seq)
		events_set_told(events, &(struct events_cursor){ atomic_load(&events->header->head),
								 told.seq });
}

static int create_new(const char *path, unsigned routers_n, const struct events *old,
		      struct events **ret_events)
{
	char new_path[EVENTS_PATH_SIZE + 8] = "";
	struct events *events = NULL;
	int fd, err;

	if (path) {
		snprintf(new_path, sizeof(new_path), "%s.new", path);
		(void)unlink(new_path);
		fd = open(new_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	} else {
		fd = memfd_create("vipd-events", MFD_CLOEXEC);
	}
	if (fd < 0)
		return -errno;
	err = lay_out(fd, routers_n);
	if (err == 0)
		err = events_map(fd, true, &events);
	if (err == 0 && old)
		take_over(events, old);
	if (err == 0 && path && rename(new_path, path) < 0)
		err = -errno;
	if (err < 0) {
		events_close(events);
		close(fd);
		(void)unlink(new_path);
		return err;
	}
	events->fd = fd;
	*ret_events = events;
	return 0;
}

int events_create(const char *path, unsigned routers_n, struct events **ret_events)
{
	struct events *old = NULL;
	int err;

	if (path) {
		(void)mkdir(DIRECTORY, 0755); /* open() says what is wrong */
		old = open_present(path);
	}
	if (old && old->size >= size_for(routers_n)) {
		*ret_events = old;
		return 0;
	}
	err = create_new(path, routers_n, old, ret_events);
	events_close(old);
	return err;
}

uint64_t events_id(const struct events *events)
{
	return events->header->id;
}

int events_fd(const struct events *events)
{
	return events->fd;
}

/* Return: a descriptor; or -EBADMSG, -EPROTO or another -errno. */
static int open_header(const char *path, int flags, struct header *ret_header)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (pread(fd, ret_header, sizeof(*ret_header), 0) != sizeof(*ret_header) ||
	    ret_header->magic != MAGIC)
		err = -EBADMSG;
	else if (ret_header->layout != LAYOUT)
		err = -EPROTO;
	if (err < 0)
		close(fd);
	return err < 0 ? err : fd;
}

int events_abandoned(const char *path, int64_t *ret_since_ns)
{
	struct header header;
	int fd = open_header(path, O_RDONLY, &header);

	if (fd < 0)
		return fd;
	close(fd);
	*ret_since_ns = atomic_load(&header.abandoned_ns);
	return 0;
}

int events_set_abandoned(const char *path, int64_t since_ns)
{
	struct header header;
	int fd = open_header(path, O_RDWR, &header);
	ssize_t put;

	if (fd < 0)
		return fd;
	put = pwrite(fd, &since_ns, sizeof(since_ns), offsetof(struct header, abandoned_ns));
	close(fd);
	return put == sizeof(since_ns) ? 0 : -EIO;
}

unsigned events_routers_max(const struct events *events)
{
	return (unsigned)(events->size / EVENT_ROOM / EVENTS_PER_ROUTER);
}

/* ---- writing ---- */

/* What is there was trodden on: it is lost, and the ring begins anew behind it. */
static uint64_t drop_all(struct events *events)
{
	struct header *header = events->header;
	uint64_t head = atomic_load(&header->head) & ~UINT64_C(7);

	atomic_store(&header->head, head);
	atomic_store(&header->tail, head);
	atomic_store(&header->tail_seq, atomic_load(&header->seq) + 1);
	return head;
}

/* Behind the newest record. */
static uint64_t find_head(struct events *events)
{
	uint64_t head = atomic_load(&events->header->head),
		 tail = atomic_load(&events->header->tail);

	return head % 8 || tail % 8 || head - tail > events->size ? drop_all(events) : head;
}

/* The oldest records go until there is room. */
static void make_room(struct events *events, uint64_t end)
{
	struct header *header = events->header;
	uint64_t tail = atomic_load(&header->tail);
	const struct record *oldest;
	uint64_t to_end;

	while (end - tail > events->size) {
		oldest = record_at(events, tail);
		to_end = events->size - tail % events->size;
		if (oldest->len == 0 || oldest->len % 8 || oldest->len > to_end) {
			(void)drop_all(events);
			break;
		}
		if (to_end >= sizeof(*oldest) && oldest->seq)
			atomic_store(&header->tail_seq, oldest->seq + 1);
		tail += oldest->len;
		/* Readers see the tail before what is overwritten. */
		atomic_store(&header->tail, tail);
	}
	atomic_thread_fence(memory_order_seq_cst);
}

static size_t text_len(const char *text, size_t size)
{
	return strnlen(text, size - 1);
}

/* Zeros at the end need not be kept: a reader fills up with them. */
static size_t payload_len(const struct event *event)
{
	size_t len = event_payload_size(event->kind);

	while (len && !event->payload[len - 1])
		len--;
	return len;
}

static void put_record(struct events *events, const struct event *event)
{
	struct header *header = events->header;
	uint64_t head = find_head(events);
	uint64_t to_end = events->size - head % events->size;
	struct record record = {
		.kind = event->kind,
		.level = event->level,
		.family = event->family,
		.seq = atomic_load(&header->seq) + 1,
		.mono_ns = event->mono_ns,
		.real_ns = event->real_ns,
		.router_len = (uint8_t)text_len(event->router, sizeof(event->router)),
		.interface_len = (uint8_t)text_len(event->interface, sizeof(event->interface)),
		.payload_len = (uint16_t)payload_len(event),
	};
	unsigned char *p;

	record.len = (uint32_t)(sizeof(record) + record.router_len + record.interface_len +
				record.payload_len + 7u) &
		     ~7u;
	make_room(events, head + (record.len > to_end ? to_end : 0) + record.len);
	if (record.len > to_end) {
		/* Padding has no more than its first bytes: they fit wherever 8 bytes are left. */
		p = (unsigned char *)record_at(events, head);
		memset(p, 0, to_end < sizeof(record) ? to_end : sizeof(record));
		*(uint32_t *)(void *)p = (uint32_t)to_end;
		head += to_end;
	}
	p = (unsigned char *)record_at(events, head);
	memcpy(p, &record, sizeof(record));
	p += sizeof(record);
	memcpy(p, event->router, record.router_len);
	p += record.router_len;
	memcpy(p, event->interface, record.interface_len);
	p += record.interface_len;
	memcpy(p, event->payload, record.payload_len);
	atomic_store(&header->seq, record.seq);
	atomic_store(&header->head, head + record.len);
}

void events_put(struct events *events, const struct clocks *now, const struct event *event)
{
	struct event copy = *event;

	copy.mono_ns = now->mono_ns;
	copy.real_ns = now->real_ns;
	copy.level = (uint8_t)event_level(event);
	put_record(events, &copy);
	events->quiet = false;
}

bool events_fresh(struct events *events)
{
	bool fresh = !events->quiet;

	events->quiet = true;
	return fresh;
}

/* ---- reading ---- */

/* A whole record out of the ring, likewise. */
static uint32_t copy_record(const struct events *events, uint64_t position, struct event *ret_event)
{
	const unsigned char *p = (const unsigned char *)(record_at(events, position) + 1);
	struct record record;
	uint32_t len = look_at_record(events, position, &record);

	memset(ret_event, 0, sizeof(*ret_event));
	if (len == 0 || record.seq == 0)
		return len;
	memcpy(ret_event->router, p, record.router_len);
	p += record.router_len;
	memcpy(ret_event->interface, p, record.interface_len);
	p += record.interface_len;
	/* A later version may have written more than this one knows. */
	memcpy(ret_event->payload, p,
	       record.payload_len < sizeof(ret_event->payload) ? record.payload_len
							       : sizeof(ret_event->payload));
	ret_event->seq = record.seq;
	ret_event->mono_ns = record.mono_ns;
	ret_event->real_ns = record.real_ns;
	ret_event->kind = record.kind;
	ret_event->level = record.level;
	ret_event->family = record.family;
	return record.len;
}

/* Texts end within their members, whoever wrote them. */
static void end_texts(struct event *event)
{
	struct event_change *change = &event->change;

	switch (event->kind) {
	case EVENT_STATE:
	case EVENT_STATE_NOW:
	case EVENT_STATE_ASKED:
	case EVENT_FLAPPED:
		event->state.why[sizeof(event->state.why) - 1] = '\0';
		return;
	case EVENT_TRACK:
		event->track.interface[sizeof(event->track.interface) - 1] = '\0';
		event->track.check[sizeof(event->track.check) - 1] = '\0';
		return;
	case EVENT_CHECK:
		event->check.name[sizeof(event->check.name) - 1] = '\0';
		event->check.error[sizeof(event->check.error) - 1] = '\0';
		return;
	}

	if (event->kind == EVENT_CHANGE) {
		change->key[sizeof(change->key) - 1] = '\0';
		change->old[sizeof(change->old) - 1] = '\0';
		change->new[sizeof(change->new) - 1] = '\0';
		return;
	}
	event->fact.text[sizeof(event->fact.text) - 1] = '\0';
	if (event_payload_size(event->kind) == sizeof(event->fact))
		event->fact.name[sizeof(event->fact.name) - 1] = '\0';
}

bool events_next(const struct events *events, struct events_cursor *cursor, struct event *ret_event,
		 uint64_t *ret_lost)
{
	const struct header *header = events->header;
	uint64_t tail, head;
	uint32_t len;

	*ret_lost = 0;
	for (;;) {
		head = atomic_load(&header->head);
		tail = atomic_load(&header->tail);
		if (cursor->position < tail || cursor->position > head)
			cursor->position = tail;
		if (cursor->position == head)
			return false;
		len = copy_record(events, cursor->position, ret_event);
		atomic_thread_fence(memory_order_seq_cst);
		if (atomic_load(&header->tail) > cursor->position)
			continue;                                /* it was overwritten meanwhile */
		if (len == 0 || len > head - cursor->position) { /* damaged: what comes next is
								    behind all that is there now */
			cursor->position = head;
			return false;
		}
		cursor->position += len;
		if (ret_event->seq == 0)
			continue;
		if (cursor->seq && ret_event->seq > cursor->seq)
			*ret_lost = ret_event->seq - cursor->seq;
		cursor->seq = ret_event->seq + 1;
		end_texts(ret_event);
		return true;
	}
}

int events_snapshot(struct events *events)
{
	size_t size = HEADER_SIZE + (size_t)events->size;
	uint64_t head = atomic_load(&events->header->head), tail;
	struct header *copy =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return -ENOMEM;
	memcpy(copy, events->header, size);
	atomic_thread_fence(memory_order_seq_cst);
	/* What was overwritten meanwhile is in front of the tail by now. */
	tail = atomic_load(&events->header->tail);
	atomic_store(&copy->tail_seq, atomic_load(&events->header->tail_seq));
	atomic_store(&copy->tail, tail < head ? tail : head);
	atomic_store(&copy->head, head);
	munmap(events->header, size);
	events->header = copy;
	events->records = (unsigned char *)copy + HEADER_SIZE;
	return 0;
}

uint64_t events_overwritten(const struct events *events)
{
	return atomic_load(&events->header->tail_seq) - 1;
}

struct events_cursor events_told(const struct events *events)
{
	return (struct events_cursor){ atomic_load(&events->header->told),
				       atomic_load(&events->header->told_seq) };
}

void events_set_told(struct events *events, const struct events_cursor *cursor)
{
	atomic_store(&events->header->told, cursor->position);
	atomic_store(&events->header->told_seq, cursor->seq);
}
