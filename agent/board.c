/* SPDX-License-Identifier: MIT */
#include "board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 *	0		struct header
 *	HEAD		BOARD_FACTS_MAX places of PLACE_SIZE
 *	OUTPUTS		BOARD_FACTS_MAX times BOARD_OUTPUT_SIZE
 *
 * What nobody has written takes no memory, and a reader reaches for no more than it reads: whoever
 * locks all memory that it can reach would fill the rest.
 */
#define MAGIC      0x56495042u /* "VIPB" */
#define HEAD       4096
#define PLACE_SIZE 512
#define OUTPUTS    (HEAD + (size_t)BOARD_FACTS_MAX * PLACE_SIZE)
#define SIZE       (OUTPUTS + (size_t)BOARD_FACTS_MAX * BOARD_OUTPUT_SIZE)

#define ALIVE_NS  (3 * BOARD_TURN_NS) /* since its last turn a writer is there */
#define TRIES_MAX 16                  /* of a reader, while the writer writes */

struct header {
	uint32_t magic;
	uint32_t place_size;
	_Atomic uint32_t places_n; /* up to and with the last one that was ever taken */
	volatile uint32_t at_work; /* the place that the writer is at, plus 1; 0: none */
	uint32_t excused_n;
	uint32_t reserved;
	int64_t turn_ns; /* the last turn of the writer began */
};

struct place {
	_Atomic uint32_t number; /* odd while the fact is being written */
	uint32_t reserved;
	struct fact fact;
};

_Static_assert(sizeof(struct place) <= PLACE_SIZE, "a fact has outgrown its place");

/* Places by the name that they were taken for. Numbers of places are one more than they are: 0 is
 * none. */
#define BUCKETS 4096

struct index {
	uint16_t first[BUCKETS];
	uint16_t next[BOARD_FACTS_MAX]; /* in its bucket */
	uint16_t bucket[BOARD_FACTS_MAX];
	uint32_t free; /* all places before it are taken */
};

_Static_assert(BOARD_FACTS_MAX < UINT16_MAX, "a place has 16 bits");

struct board {
	int fd, event_fd;    /* borrowed */
	char *memory;        /* OUTPUTS bytes */
	size_t reach;        /* of which so many can be read, or written by the writer */
	struct index *index; /* of the writer, owned; NULL: a reader */
};

int board_new(void)
{
	int fd = memfd_create("vipd-board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const struct header header = { .magic = MAGIC, .place_size = PLACE_SIZE };
	int err = 0;

	if (fd < 0)
		return -errno;
	/* Nobody can take away what somebody has mapped. */
	if (ftruncate(fd, SIZE) < 0 || pwrite(fd, &header, sizeof(header), 0) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		err = -errno;
	if (err < 0)
		close(fd);
	return err < 0 ? err : fd;
}

static bool is_board(int fd)
{
	struct stat stat;
	struct header header;
	int seals = fcntl(fd, F_GET_SEALS);

	return fstat(fd, &stat) == 0 && stat.st_size == (off_t)SIZE && seals > 0 &&
	       (seals & F_SEAL_SHRINK) && pread(fd, &header, sizeof(header), 0) == sizeof(header) &&
	       header.magic == MAGIC && header.place_size == PLACE_SIZE;
}

static struct header *header_of(const struct board *board)
{
	return (struct header *)(void *)board->memory;
}

static struct place *place_of(const struct board *board, uint32_t place)
{
	return (struct place *)(void *)(board->memory + HEAD + (size_t)place * PLACE_SIZE);
}

/* ---- by name ---- */

/* A predecessor's may have no end. */
static unsigned bucket_of(const char *name)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < BOARD_NAME_SIZE && name[i]; i++)
		hash = hash * 31 + (uint8_t)name[i];
	return hash % BUCKETS;
}

static void take_out(struct index *index, uint32_t place)
{
	uint16_t *at;

	if (!index->bucket[place])
		return;
	at = &index->first[index->bucket[place] - 1];
	while (*at != place + 1)
		at = &index->next[*at - 1];
	*at = index->next[place];
	index->bucket[place] = 0;
	if (place < index->free)
		index->free = place;
}

static void put_in(struct index *index, uint32_t place, const char *name)
{
	unsigned bucket = bucket_of(name);

	take_out(index, place);
	index->next[place] = index->first[bucket];
	index->first[bucket] = (uint16_t)(place + 1);
	index->bucket[place] = (uint16_t)(bucket + 1);
}

/* Return: 0 or -ENOMEM. */
static int index_new(struct board *board)
{
	struct index *index = board->index = calloc(1, sizeof(*index));

	for (uint32_t i = 0; index && i < board_count(board); i++)
		if (board_is_taken(board, i))
			put_in(index, i, place_of(board, i)->fact.name);
	return index ? 0 : -ENOMEM;
}

/* ---- making and unmaking ---- */

/* Return: 0, or a negative errno when the kernel will not. */
static int reach(struct board *board, size_t size, int protection)
{
	size_t page;

	if (size <= board->reach)
		return 0;
	page = (size_t)sysconf(_SC_PAGESIZE);
	size = (size + page - 1) / page * page;
	if (mprotect(board->memory, size, protection) < 0)
		return -errno;
	board->reach = size;
	return 0;
}

/* By a reader. Return: NULL when it is out of reach. */
static struct place *reach_place(struct board *board, uint32_t place)
{
	int err = reach(board, HEAD + ((size_t)place + 1) * PLACE_SIZE, PROT_READ);

	return err < 0 ? NULL : place_of(board, place);
}

int board_open(int fd, int event_fd, bool writes, struct board **ret_board)
{
	struct board *board;
	int err;

	if (!is_board(fd))
		return -EPROTO;
	board = calloc(1, sizeof(*board));
	if (!board)
		return -ENOMEM;
	*board = (struct board){ .fd = fd, .event_fd = event_fd };
	board->memory = mmap(NULL, OUTPUTS, PROT_NONE, MAP_SHARED, fd, 0);
	if (board->memory == MAP_FAILED) {
		err = -errno;
		free(board);
		return err;
	}
	err = writes ? reach(board, OUTPUTS, PROT_READ | PROT_WRITE)
		     : reach(board, HEAD, PROT_READ);
	if (err == 0 && writes)
		err = index_new(board);
	if (err < 0)
		board_close(board);
	else
		*ret_board = board;
	return err;
}

void board_close(struct board *board)
{
	if (!board)
		return;
	munmap(board->memory, OUTPUTS);
	free(board->index);
	free(board);
}

/* ---- readers ---- */

unsigned board_count(const struct board *board)
{
	uint32_t n = atomic_load_explicit(&header_of(board)->places_n, memory_order_acquire);

	return n < BOARD_FACTS_MAX ? n : BOARD_FACTS_MAX;
}

uint32_t board_number(struct board *board, uint32_t number)
{
	struct place *place = reach_place(board, number);

	return place ? atomic_load_explicit(&place->number, memory_order_acquire) : 0;
}

static void end_texts(struct fact *fact)
{
	fact->name[sizeof(fact->name) - 1] = '\0';
	fact->error[sizeof(fact->error) - 1] = '\0';
	if (fact->value >= BOARD_VALUES_COUNT)
		fact->value = BOARD_UNKNOWN;
	if (fact->output_len > BOARD_OUTPUT_SIZE)
		fact->output_len = BOARD_OUTPUT_SIZE;
}

bool board_get(struct board *board, uint32_t number, struct fact *ret_fact)
{
	struct place *place = reach_place(board, number);

	for (unsigned i = 0; place && i < TRIES_MAX; i++) {
		uint32_t before = atomic_load_explicit(&place->number, memory_order_acquire);

		if (before & 1)
			continue;
		memcpy(ret_fact, &place->fact, sizeof(*ret_fact));
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&place->number, memory_order_relaxed) != before)
			continue;
		end_texts(ret_fact);
		return ret_fact->name[0] != '\0';
	}
	return false;
}

size_t board_output(int fd, uint32_t place, const struct fact *fact, char *buf)
{
	off_t at = (off_t)(OUTPUTS + (size_t)place * BOARD_OUTPUT_SIZE);
	ssize_t len = fact->output_len ? pread(fd, buf, fact->output_len, at) : 0;

	return len < 0 ? 0 : (size_t)len;
}

/* ---- the writer ---- */

bool board_is_taken(const struct board *board, uint32_t place)
{
	return place_of(board, place)->fact.name[0] != '\0';
}

uint32_t board_find(const struct board *board, const char *name)
{
	const struct index *index = board->index;

	for (uint32_t i = index->first[bucket_of(name)]; i; i = index->next[i - 1])
		if (strncmp(place_of(board, i - 1)->fact.name, name, BOARD_NAME_SIZE) == 0)
			return i - 1;
	return BOARD_NONE;
}

uint32_t board_take(struct board *board, const char *name)
{
	uint32_t n = board_count(board), place = board_find(board, name);

	if (place != BOARD_NONE)
		return place;
	for (place = board->index->free; place < n && board_is_taken(board, place);)
		place++;
	board->index->free = place;
	if (place == BOARD_FACTS_MAX)
		return BOARD_NONE;
	if (place == n)
		atomic_store_explicit(&header_of(board)->places_n, n + 1, memory_order_release);
	put_in(board->index, place, name);
	return place;
}

static void tell(const struct board *board)
{
	const uint64_t one = 1;

	/* Refused only when nobody has read so many: then he is told already. */
	if (board->event_fd >= 0 && write(board->event_fd, &one, sizeof(one)) < 0)
		return;
}

void board_put(struct board *board, uint32_t number, const struct fact *fact)
{
	struct place *place = place_of(board, number);
	/* A predecessor may have died in the midst of it. */
	uint32_t before = atomic_load_explicit(&place->number, memory_order_relaxed) & ~1u;
	bool news = place->fact.value != fact->value || place->fact.number != fact->number ||
		    !place->fact.name[0];

	atomic_store_explicit(&place->number, before + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	memcpy(&place->fact, fact, sizeof(*fact));
	atomic_store_explicit(&place->number, before + 2, memory_order_release);
	if (news)
		tell(board);
}

void board_put_output(struct board *board, uint32_t place, const char *output, size_t len)
{
	off_t at = (off_t)(OUTPUTS + (size_t)place * BOARD_OUTPUT_SIZE);

	(void)!pwrite(board->fd, output, len, at);
}

void board_clear(struct board *board, uint32_t place)
{
	const struct fact none = { 0 };

	take_out(board->index, place);
	board_put(board, place, &none);
}

/* ---- what the writer is at ---- */

volatile uint32_t *board_at_work(struct board *board)
{
	return &header_of(board)->at_work;
}

uint32_t board_hung(struct board *board, int64_t now_ns)
{
	struct header *header = header_of(board);
	uint32_t mark = header->at_work;

	header->at_work = 0;
	if (mark == 0 || mark > BOARD_FACTS_MAX || now_ns - header->turn_ns < BOARD_HUNG_NS)
		return BOARD_NONE;
	return mark - 1;
}

void board_turn(struct board *board, unsigned excused_n, int64_t now_ns)
{
	struct header *header = header_of(board);

	header->excused_n = excused_n;
	header->turn_ns = now_ns;
}

bool board_is_excused(int fd, int64_t now_ns)
{
	struct header header;

	return pread(fd, &header, sizeof(header), 0) == sizeof(header) && header.excused_n &&
	       header.turn_ns <= now_ns && now_ns - header.turn_ns < ALIVE_NS;
}
