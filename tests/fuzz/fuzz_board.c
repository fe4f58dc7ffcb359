/* SPDX-License-Identifier: MIT */
/*
 * The board as a reader finds it when whoever writes it is anything but honest. An input is what
 * stands in the memory: pieces of a place, an offset in it, a length and so many bytes; behind each
 * of them the routers look, and the clock goes on. What is read must be what the headers promise.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/board.h"
#include "agent/router/facts.h"

#define HEAD       4096
#define PLACE_SIZE 512
#define PLACES     6
#define NS_PER_S   INT64_C(1000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct check_config checks[3] = {
	{ .name = "web", .interval_ns = NS_PER_S, .timeout_ns = NS_PER_S, .rise = 1, .fall = 3 },
	{ .name = "db",
	  .interval_ns = NS_PER_S,
	  .timeout_ns = NS_PER_S,
	  .unknown = CHECK_UNKNOWN_DOWN },
	{ .name = "both", .kind = CHECK_ALL, .interval_ns = NS_PER_S, .timeout_ns = NS_PER_S },
};

static void check_fact(int fd, uint32_t place, const struct fact *fact)
{
	char output[BOARD_OUTPUT_SIZE];

	assert(memchr(fact->name, 0, sizeof(fact->name)) && fact->name[0]);
	assert(memchr(fact->error, 0, sizeof(fact->error)));
	assert(fact->value < BOARD_VALUES_COUNT && fact->output_len <= BOARD_OUTPUT_SIZE);
	assert(board_output(fd, place, fact, output) <= fact->output_len);
}

static void check_board(int fd, struct board *board)
{
	struct fact fact;

	assert(board_count(board) <= BOARD_FACTS_MAX);
	for (uint32_t place = 0; place < PLACES; place++)
		if (board_get(board, place, &fact))
			check_fact(fd, place, &fact);
}

static void check_news(const struct facts *facts, unsigned n, int64_t now_ns)
{
	char text[FACTS_TEXT_SIZE];

	assert(n <= facts->n && facts_deadline(facts) >= now_ns);
	for (unsigned i = 0; i < facts->n; i++) {
		const struct facts_check *check = &facts->all[i];

		assert(check->value < BOARD_VALUES_COUNT);
		assert(check->place == BOARD_NONE || check->place < BOARD_FACTS_MAX);
		assert(strlen(facts_describe(facts, facts_key(check->config->name), text)) <
		       sizeof(text));
	}
}

/* Return: how many bytes of the input it took. */
static size_t write_piece(int fd, const uint8_t *data, size_t size)
{
	size_t offset = (size_t)(data[1] | data[2] << 8) % PLACE_SIZE, len = data[3];
	off_t at = data[0] % (PLACES + 1) == PLACES
			   ? 8 /* how many places there are */
			   : (off_t)(HEAD + data[0] % PLACES * PLACE_SIZE + offset);

	if (len > size - 4)
		len = size - 4;
	if (at == 8 && len > 4)
		len = 4;
	assert(pwrite(fd, data + 4, len, at) == (ssize_t)len);
	return 4 + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct conf conf = { .checks_n = 3, .checks = checks };
	struct clocks now = { .mono_ns = 100 * NS_PER_S };
	int fd = board_new(), event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct facts facts;
	struct board *board;
	unsigned n;

	assert(fd >= 0 && event_fd >= 0 && facts_open(&facts, &conf) == 0);
	assert(facts_attach(&facts, fd, event_fd) == 0);
	assert(board_open(fd, -1, false, &board) == 0);
	facts_begin(&facts, &now);
	while (size >= 4) {
		size_t taken = write_piece(fd, data, size);

		now.mono_ns += (data[0] >> 4) * (NS_PER_S / 4);
		data += taken;
		size -= taken;
		check_board(fd, board);
		n = facts_look(&facts, &now);
		check_news(&facts, n, now.mono_ns);
	}
	board_close(board);
	facts_close(&facts);
	close(fd);
	close(event_fd);
	return 0;
}
