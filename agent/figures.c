/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

#define MAGIC     UINT64_C(0x7669706466696731) /* "vipdfig1" */
#define TRIES_MAX 100 /* a writer is that much faster than a reader, unless it has died */

const int64_t figures_bounds_ns[FIGURES_BOUNDS] = {
	50 * NS_PER_US,   100 * NS_PER_US, 250 * NS_PER_US, 500 * NS_PER_US, NS_PER_MS,
	2500 * NS_PER_US, 5 * NS_PER_MS,   10 * NS_PER_MS,  25 * NS_PER_MS,  50 * NS_PER_MS,
	100 * NS_PER_MS,  250 * NS_PER_MS, NS_PER_S,
};

void figures_note(struct figures_histogram *histogram, int64_t ns)
{
	unsigned i = 0;

	if (ns < 0)
		ns = 0;
	while (i < FIGURES_BOUNDS && ns > figures_bounds_ns[i])
		i++;
	histogram->counts[i]++;
	histogram->sum_ns += (uint64_t)ns;
}

/* ---- margins ---- */

static uint32_t window_of(int64_t now_ns)
{
	return (uint32_t)(now_ns / MARGIN_WINDOW_NS) + 1;
}

void margin_note(struct margin *margin, int64_t left_ns, int64_t now_ns)
{
	uint32_t window = window_of(now_ns), place = window % MARGIN_WINDOWS;
	int64_t left_us = left_ns / NS_PER_US;

	if (left_us < 0)
		left_us = 0;
	if (left_us > UINT32_MAX)
		left_us = UINT32_MAX;
	if (margin->window[place] == window && margin->least_us[place] <= left_us)
		return;
	margin->least_us[place] = (uint32_t)left_us;
	margin->window[place] = window;
}

int64_t margin_least(const struct margin *margin, int64_t now_ns)
{
	uint32_t window = window_of(now_ns);
	int64_t least_us = -1;

	for (unsigned i = 0; i < MARGIN_WINDOWS; i++) {
		bool counts = margin->window[i] && window - margin->window[i] < MARGIN_WINDOWS;

		if (counts && (least_us < 0 || margin->least_us[i] < least_us))
			least_us = margin->least_us[i];
	}
	return least_us < 0 ? -1 : least_us * NS_PER_US;
}

/* ---- the memory ---- */

struct record {
	_Atomic uint32_t number; /* odd while it is written; 0: never */
	uint32_t reserved;
	struct figures_router router;
	struct margin margin;
};

/* The parts of the memory begin on pages of their own, so that each can be mapped as far as there
 * is need for it. */
struct head {
	uint64_t magic;
	uint32_t sizes[4]; /* of this, and of one of each part behind it: another layout has others
			    */
	_Atomic uint32_t routers_n, checks_n;
	_Atomic int64_t alive_ns; /* 0: nobody has written */
	struct figures_host host;
};

enum part {
	PART_HEAD,
	PART_ROUTERS,
	PART_ADDRESSES,
	PART_CHECKS,
	PARTS
};

#define PAGES(bytes) (((bytes) + 4095) / 4096 * 4096)

static const struct {
	size_t offset, size; /* size: of one */
} layout[PARTS + 1] = {
#define AT_ROUTERS   PAGES(sizeof(struct head))
#define AT_ADDRESSES (AT_ROUTERS + PAGES(sizeof(struct record) * STATE_ROUTERS_MAX))
#define AT_CHECKS    (AT_ADDRESSES + PAGES(sizeof(struct figures_address) * FIGURES_ADDRESSES_MAX))
#define AT_END       (AT_CHECKS + PAGES(sizeof(struct figures_check) * FIGURES_CHECKS_MAX))
	[PART_HEAD] = { 0, sizeof(struct head) },
	[PART_ROUTERS] = { AT_ROUTERS, sizeof(struct record) },
	[PART_ADDRESSES] = { AT_ADDRESSES, sizeof(struct figures_address) },
	[PART_CHECKS] = { AT_CHECKS, sizeof(struct figures_check) },
	[PARTS] = { AT_END, 0 },
};

struct figures {
	void *parts[PARTS]; /* mapped; NULL: without room */
	size_t sizes[PARTS];
	struct figures_room room;
	/* The same, as what they are. */
	struct head *head;
	struct record *records;
	struct figures_address *addresses;
	struct figures_check *checks;
};

static struct head our_head(void)
{
	struct head head = { .magic = MAGIC };

	for (unsigned i = 0; i < PARTS; i++)
		head.sizes[i] = (uint32_t)layout[i].size;
	return head;
}

/* What nobody touches takes no memory. */
int figures_new(void)
{
	const struct head head = our_head();
	int fd = memfd_create("vipd-figures", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	/* Whoever is given a reader's descriptor cannot open another one. */
	if (fchmod(fd, 0600) < 0 || ftruncate(fd, AT_END) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0 ||
	    pwrite(fd, &head, offsetof(struct head, alive_ns), 0) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

int figures_reader(int fd)
{
	char path[40];
	int reader;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = open(path, O_RDONLY | O_CLOEXEC);
	return reader < 0 ? -errno : reader;
}

static bool is_ours(int fd)
{
	const struct head ours = our_head();
	struct head head;

	return pread(fd, &head, sizeof(head), 0) == sizeof(head) && head.magic == ours.magic &&
	       memcmp(head.sizes, ours.sizes, sizeof(ours.sizes)) == 0;
}

static int map(struct figures *figures, int fd, int protection)
{
	const unsigned counts[PARTS] = { 1, figures->room.routers, figures->room.addresses,
					 figures->room.checks };

	for (unsigned i = 0; i < PARTS; i++) {
		void *part;

		figures->sizes[i] = PAGES(layout[i].size * counts[i]);
		if (!figures->sizes[i])
			continue;
		part = mmap(NULL, figures->sizes[i], protection, MAP_SHARED, fd,
			    (off_t)layout[i].offset);
		if (part == MAP_FAILED)
			return -errno;
		figures->parts[i] = part;
	}
	figures->head = figures->parts[PART_HEAD];
	figures->records = figures->parts[PART_ROUTERS];
	figures->addresses = figures->parts[PART_ADDRESSES];
	figures->checks = figures->parts[PART_CHECKS];
	return 0;
}

int figures_open(int fd, const struct figures_room *room, struct figures **ret_figures)
{
	static const struct figures_room all = { STATE_ROUTERS_MAX, FIGURES_ADDRESSES_MAX,
						 FIGURES_CHECKS_MAX };
	struct figures *figures;
	struct stat status;
	int err;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size != AT_END || !is_ours(fd))
		return -EPROTO;
	figures = calloc(1, sizeof(*figures));
	if (!figures)
		return -ENOMEM;
	figures->room = room ? *room : all;
	err = map(figures, fd, room ? PROT_READ | PROT_WRITE : PROT_READ);
	if (err < 0) {
		figures_close(figures);
		return err;
	}
	/* As in state_new(): who measures will be in a hurry. */
	for (unsigned i = 0; room && i < PARTS; i++)
		(void)madvise(figures->parts[i], figures->sizes[i], MADV_POPULATE_WRITE);
	*ret_figures = figures;
	return 0;
}

void figures_close(struct figures *figures)
{
	if (!figures)
		return;
	for (unsigned i = 0; i < PARTS; i++)
		if (figures->parts[i])
			munmap(figures->parts[i], figures->sizes[i]);
	free(figures);
}

/* ---- writing ---- */

void figures_begin(struct figures *figures, unsigned routers_n, unsigned checks_n)
{
	if (!figures)
		return;
	assert(routers_n <= figures->room.routers && checks_n <= figures->room.checks);
	atomic_store(&figures->head->checks_n, 0);
	atomic_store(&figures->head->routers_n, 0);
	if (routers_n)
		memset(figures->records, 0, routers_n * sizeof(figures->records[0]));
	if (checks_n)
		memset(figures->checks, 0, checks_n * sizeof(figures->checks[0]));
	atomic_store(&figures->head->routers_n, routers_n);
	atomic_store(&figures->head->checks_n, checks_n);
}

void figures_alive(struct figures *figures, int64_t now_ns)
{
	if (figures)
		atomic_store_explicit(&figures->head->alive_ns, now_ns, memory_order_relaxed);
}

/* Return: the record, which nobody believes until it is shut. */
static struct record *unlock(struct figures *figures, unsigned i)
{
	struct record *record = &figures->records[i];
	uint32_t number = atomic_load_explicit(&record->number, memory_order_relaxed);

	atomic_store_explicit(&record->number, number | 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	return record;
}

static void lock(struct record *record)
{
	uint32_t number = atomic_load_explicit(&record->number, memory_order_relaxed) + 1;

	atomic_store_explicit(&record->number, number ? number : 2, memory_order_release);
}

void figures_put(struct figures *figures, unsigned i, const struct figures_router *router)
{
	struct record *record;

	if (!figures)
		return;
	record = unlock(figures, i);
	record->router = *router;
	lock(record);
}

void figures_put_address(struct figures *figures, unsigned i, const struct figures_address *address)
{
	if (figures && i < figures->room.addresses)
		figures->addresses[i] = *address;
}

void figures_put_check(struct figures *figures, unsigned i, const struct figures_check *check)
{
	if (figures)
		figures->checks[i] = *check;
}

void figures_put_missing(struct figures *figures, unsigned i, unsigned missing)
{
	struct record *record;

	if (!figures || figures->records[i].router.missing == missing)
		return;
	record = unlock(figures, i);
	record->router.missing = missing;
	lock(record);
}

void figures_note_margin(struct figures *figures, unsigned i, int64_t left_ns, int64_t now_ns)
{
	struct record *record;

	if (!figures)
		return;
	record = unlock(figures, i);
	margin_note(&record->margin, left_ns, now_ns);
	lock(record);
}

struct figures_host *figures_host(struct figures *figures)
{
	return figures ? &figures->head->host : NULL;
}

/* ---- reading ---- */

bool figures_is_alive(const struct figures *figures, int64_t now_ns)
{
	int64_t alive_ns = atomic_load(&figures->head->alive_ns);

	return alive_ns && now_ns - alive_ns < FIGURES_SILENT_NS;
}

unsigned figures_count(const struct figures *figures)
{
	uint32_t n = atomic_load(&figures->head->routers_n);

	return n < STATE_ROUTERS_MAX ? n : STATE_ROUTERS_MAX;
}

static bool copy(const struct record *record, struct record *ret_copy)
{
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		uint32_t before = atomic_load_explicit(&record->number, memory_order_acquire);

		if (before == 0)
			return false;
		memcpy(ret_copy, record, sizeof(*ret_copy));
		atomic_thread_fence(memory_order_acquire);
		if (!(before & 1) &&
		    atomic_load_explicit(&record->number, memory_order_relaxed) == before)
			return true;
	}
	return false;
}

bool figures_get(const struct figures *figures, unsigned i, int64_t now_ns,
		 struct figures_router *ret_router, int64_t *ret_margin_ns)
{
	struct record record;

	if (i >= figures_count(figures) || !copy(&figures->records[i], &record) ||
	    !record.router.family)
		return false;
	*ret_router = record.router;
	ret_router->name[sizeof(ret_router->name) - 1] = '\0';
	ret_router->interface[sizeof(ret_router->interface) - 1] = '\0';
	*ret_margin_ns = margin_least(&record.margin, now_ns);
	return true;
}

bool figures_get_address(const struct figures *figures, unsigned i,
			 struct figures_address *ret_address)
{
	if (i >= FIGURES_ADDRESSES_MAX)
		return false;
	*ret_address = figures->addresses[i];
	ret_address->interface[sizeof(ret_address->interface) - 1] = '\0';
	return ret_address->family == 4 || ret_address->family == 6;
}

unsigned figures_checks_count(const struct figures *figures)
{
	uint32_t n = atomic_load(&figures->head->checks_n);

	return n < FIGURES_CHECKS_MAX ? n : FIGURES_CHECKS_MAX;
}

void figures_get_check(const struct figures *figures, unsigned i, struct figures_check *ret_check)
{
	*ret_check = figures->checks[i];
	ret_check->name[sizeof(ret_check->name) - 1] = '\0';
}

void figures_get_host(const struct figures *figures, struct figures_host *ret_host)
{
	*ret_host = figures->head->host;
}
