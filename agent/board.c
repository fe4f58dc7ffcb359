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
 * What nobody has written takes no memory.
 */
#define MAGIC      0x56495042u /* "VIPB" */
#define HEAD       4096
#define PLACE_SIZE 512
#define OUTPUTS    (HEAD + (size_t)BOARD_FACTS_MAX * PLACE_SIZE)
#define SIZE       (OUTPUTS + (size_t)BOARD_FACTS_MAX * BOARD_OUTPUT_SIZE)

#define TRIES_MAX 16 /* of a reader, while the writer writes */

struct header {
	uint32_t magic;
	uint32_t place_size;
	_Atomic uint32_t places_n; /* up to and with the last one that was ever taken */
};

struct place {
	_Atomic uint32_t number; /* odd while the fact is being written */
	uint32_t reserved;
	struct fact fact;
};

_Static_assert(sizeof(struct place) <= PLACE_SIZE, "a fact has outgrown its place");

struct board {
	int fd, event_fd; /* borrowed */
	char *memory;
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

	return fstat(fd, &stat) == 0 && stat.st_size == (off_t)SIZE &&
	       (fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK) &&
	       pread(fd, &header, sizeof(header), 0) == sizeof(header) && header.magic == MAGIC &&
	       header.place_size == PLACE_SIZE;
}

int board_open(int fd, int event_fd, bool writes, struct board **ret_board)
{
	struct board *board;

	if (!is_board(fd))
		return -EPROTO;
	board = calloc(1, sizeof(*board));
	if (!board)
		return -ENOMEM;
	*board = (struct board){ .fd = fd, .event_fd = event_fd };
	board->memory =
		mmap(NULL, OUTPUTS, writes ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
	if (board->memory == MAP_FAILED) {
		free(board);
		return -errno;
	}
	*ret_board = board;
	return 0;
}

void board_close(struct board *board)
{
	if (!board)
		return;
	munmap(board->memory, OUTPUTS);
	free(board);
}

static struct header *header_of(const struct board *board)
{
	return (struct header *)(void *)board->memory;
}

static struct place *place_of(const struct board *board, uint32_t place)
{
	return (struct place *)(void *)(board->memory + HEAD + (size_t)place * PLACE_SIZE);
}

/* ---- readers ---- */

unsigned board_count(const struct board *board)
{
	uint32_t n = atomic_load_explicit(&header_of(board)->places_n, memory_order_acquire);

	return n < BOARD_FACTS_MAX ? n : BOARD_FACTS_MAX;
}

uint32_t board_number(struct board *board, uint32_t place)
{
	return atomic_load_explicit(&place_of(board, place)->number, memory_order_acquire);
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
	struct place *place = place_of(board, number);

	for (unsigned i = 0; i < TRIES_MAX; i++) {
		uint32_t before = board_number(board, number);

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

uint32_t board_find(struct board *board, const char *name)
{
	struct fact fact;

	for (uint32_t i = 0; i < board_count(board); i++)
		if (strncmp(place_of(board, i)->fact.name, name, BOARD_NAME_SIZE) == 0 &&
		    board_get(board, i, &fact) && strcmp(fact.name, name) == 0)
			return i;
	return BOARD_NONE;
}

size_t board_output(int fd, uint32_t place, const struct fact *fact, char *buf)
{
	off_t at = (off_t)(OUTPUTS + (size_t)place * BOARD_OUTPUT_SIZE);
	ssize_t len = fact->output_len ? pread(fd, buf, fact->output_len, at) : 0;

	return len < 0 ? 0 : (size_t)len;
}

/* ---- the writer ---- */

static bool is_taken(const struct board *board, uint32_t place)
{
	return place_of(board, place)->fact.name[0] != '\0';
}

uint32_t board_take(struct board *board, const char *name)
{
	uint32_t n = board_count(board), place = 0;

	for (uint32_t i = 0; i < n; i++)
		if (strncmp(place_of(board, i)->fact.name, name, BOARD_NAME_SIZE) == 0)
			return i;
	while (place < n && is_taken(board, place))
		place++;
	if (place == BOARD_FACTS_MAX)
		return BOARD_NONE;
	if (place == n)
		atomic_store_explicit(&header_of(board)->places_n, n + 1, memory_order_release);
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

	board_put(board, place, &none);
}
