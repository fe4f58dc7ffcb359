/* SPDX-License-Identifier: MIT */
/* Figures: histograms, margins, and memory that one process writes and others read. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/conf/endpoint.h"
#include "agent/figures.h"

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)
#define START  (1000 * SECOND)

static void test_each_duration_has_its_place(void **scene)
{
	struct figures_histogram histogram = { 0 };

	(void)scene;
	figures_note(&histogram, -5);
	figures_note(&histogram, 0);
	for (unsigned i = 0; i < FIGURES_BOUNDS; i++) {
		figures_note(&histogram, figures_bounds_ns[i]);
		figures_note(&histogram, figures_bounds_ns[i] + 1);
		assert_true(i == 0 || figures_bounds_ns[i] > figures_bounds_ns[i - 1]);
	}
	assert_int_equal(histogram.counts[0], 3);
	for (unsigned i = 1; i < FIGURES_BOUNDS; i++)
		assert_int_equal(histogram.counts[i], 2);
	assert_int_equal(histogram.counts[FIGURES_BOUNDS], 1);
}

static void test_a_margin_is_the_least_of_the_last_minute(void **scene)
{
	struct margin margin = { 0 };
	int64_t window_ns = MARGIN_WINDOW_NS;

	(void)scene;
	assert_int_equal(margin_least(&margin, START), -1);
	margin_note(&margin, 300 * MS, START);
	margin_note(&margin, 200 * MS, START + window_ns);
	margin_note(&margin, 250 * MS, START + 2 * window_ns);
	margin_note(&margin, 290 * MS, START + 2 * window_ns);
	assert_int_equal(margin_least(&margin, START + 2 * window_ns), 200 * MS);
	assert_int_equal(margin_least(&margin, START + (MARGIN_WINDOWS - 1) * window_ns), 200 * MS);
	/* One window after the other is forgotten. */
	assert_int_equal(margin_least(&margin, START + (MARGIN_WINDOWS + 1) * window_ns), 250 * MS);
	assert_int_equal(margin_least(&margin, START + (MARGIN_WINDOWS + 2) * window_ns), -1);
	/* And its place taken by another one. */
	margin_note(&margin, 400 * MS, START + MARGIN_WINDOWS * window_ns);
	assert_int_equal(margin_least(&margin, START + (MARGIN_WINDOWS + 2) * window_ns), 400 * MS);
	margin_note(&margin, -1 * MS, START + MARGIN_WINDOWS * window_ns);
	assert_int_equal(margin_least(&margin, START + MARGIN_WINDOWS * window_ns), 0);
}

struct memory {
	int fd, reader_fd;
	struct figures *writer, *reader;
};

static const struct figures_room room = { .routers = 2, .addresses = 4, .checks = 1 };

static void open_memory(struct memory *memory)
{
	memory->fd = figures_new();
	assert_true(memory->fd >= 0);
	memory->reader_fd = figures_reader(memory->fd);
	assert_true(memory->reader_fd >= 0);
	assert_int_equal(figures_open(memory->fd, &room, &memory->writer), 0);
	assert_int_equal(figures_open(memory->reader_fd, NULL, &memory->reader), 0);
}

static void close_memory(struct memory *memory)
{
	figures_close(memory->writer);
	figures_close(memory->reader);
	close(memory->fd);
	close(memory->reader_fd);
}

static struct figures_router router_of(const char *name)
{
	struct figures_router router = { .vrid = 51, .family = 4, .addresses = 3, .missing = 1 };

	strcpy(router.name, name);
	strcpy(router.interface, "eth0");
	return router;
}

static void test_who_reads_sees_what_was_written(void **scene)
{
	struct figures_router router = router_of("lan"), seen;
	struct figures_check check = { "web", 2, 1 }, seen_check;
	struct figures_address address = { .family = 6, .prefix_len = 64 }, seen_address;
	struct memory memory;
	struct figures_host host;
	int64_t margin_ns;

	(void)scene;
	open_memory(&memory);
	assert_false(figures_is_alive(memory.reader, START));
	figures_begin(memory.writer, 2, 1);
	assert_int_equal(figures_count(memory.reader), 2);
	assert_false(figures_get(memory.reader, 0, START, &seen, &margin_ns));
	figures_put(memory.writer, 1, &router);
	figures_note_margin(memory.writer, 1, 5 * MS, START);
	figures_put_missing(memory.writer, 1, 2);
	assert_true(figures_get(memory.reader, 1, START, &seen, &margin_ns));
	assert_string_equal(seen.name, "lan");
	assert_int_equal(seen.missing, 2);
	assert_int_equal(margin_ns, 5 * MS);
	assert_false(figures_get(memory.reader, 2, START, &seen, &margin_ns));
	figures_put_check(memory.writer, 0, &check);
	figures_get_check(memory.reader, 0, &seen_check);
	assert_memory_equal(&seen_check, &check, sizeof(check));
	figures_put_address(memory.writer, 3, &address);
	assert_true(figures_get_address(memory.reader, 3, &seen_address));
	assert_int_equal(seen_address.prefix_len, 64);
	assert_false(figures_get_address(memory.reader, 4, &seen_address));
	assert_false(figures_get_address(memory.reader, FIGURES_ADDRESSES_MAX, &seen_address));
	figures_host(memory.writer)->lease_renewals = 7;
	figures_get_host(memory.reader, &host);
	assert_int_equal(host.lease_renewals, 7);
	figures_alive(memory.writer, START);
	assert_true(figures_is_alive(memory.reader, START + SECOND));
	assert_false(figures_is_alive(memory.reader, START + FIGURES_SILENT_NS));
	/* Of another generation nothing is known yet, but totals go on. */
	figures_begin(memory.writer, 2, 0);
	assert_false(figures_get(memory.reader, 1, START, &seen, &margin_ns));
	assert_int_equal(figures_checks_count(memory.reader), 0);
	figures_get_host(memory.reader, &host);
	assert_int_equal(host.lease_renewals, 7);
	close_memory(&memory);
}

static void test_who_reads_cannot_write(void **scene)
{
	struct figures *figures = NULL;
	struct memory memory;

	(void)scene;
	open_memory(&memory);
	assert_int_equal(figures_open(memory.reader_fd, &room, &figures), -EACCES);
	assert_true(write(memory.reader_fd, "x", 1) < 0 && errno == EBADF);
	assert_true(ftruncate(memory.fd, 0) < 0 && errno == EPERM);
	close_memory(&memory);
}

static void test_another_layout_is_refused(void **scene)
{
	struct figures *figures = NULL;
	int fd = memfd_create("other", MFD_CLOEXEC);
	struct memory memory;
	char head[16];

	(void)scene;
	assert_int_equal(figures_open(fd, NULL, &figures), -EPROTO);
	close(fd);
	open_memory(&memory);
	assert_int_equal(pread(memory.fd, head, sizeof(head), 0), sizeof(head));
	head[8] ^= 1; /* of the size */
	assert_int_equal(pwrite(memory.fd, head, sizeof(head), 0), sizeof(head));
	assert_int_equal(figures_open(memory.fd, NULL, &figures), -EPROTO);
	close_memory(&memory);
}

/* Without memory there is nothing to write to, and nothing happens. */
static void test_nobody_needs_it(void **scene)
{
	const struct figures_router router = router_of("lan");

	(void)scene;
	figures_begin(NULL, 1, 1);
	figures_put(NULL, 0, &router);
	figures_note_margin(NULL, 0, 1, START);
	figures_put_missing(NULL, 0, 1);
	figures_alive(NULL, START);
	figures_close(NULL);
	assert_null(figures_host(NULL));
}

static void test_endpoints(void **scene)
{
	static const struct {
		const char *text;
		int family;
		bool local;
	} rows[] = {
		{ "127.0.0.1:9165", AF_INET, true },
		{ "127.255.0.9:1", AF_INET, true },
		{ "192.0.2.1:65535", AF_INET, false },
		{ "0.0.0.0:9165", AF_INET, false },
		{ "[::1]:9165", AF_INET6, true },
		{ "[2001:db8::1]:80", AF_INET6, false },
		{ "127.0.0.1", 0, false },
		{ "127.0.0.1:", 0, false },
		{ "127.0.0.1:0", 0, false },
		{ "127.0.0.1:65536", 0, false },
		{ "127.0.0.1:+80", 0, false },
		{ "127.0.0.1: 80", 0, false },
		{ "127.0.0.1:80x", 0, false },
		{ "127.0.0.1:000080", 0, false },
		{ ":9165", 0, false },
		{ "[]:80", 0, false },
		{ "::1:9165", 0, false },
		{ "[::1:9165", 0, false },
		{ "[127.0.0.1]:80", 0, false },
		{ "localhost:80", 0, false },
		{ "]:80", 0, false },
		{ "", 0, false },
		{ "[:80", 0, false },
	};
	union conf_endpoint endpoint;

	(void)scene;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_one = conf_endpoint(rows[i].text, &endpoint);

		if (is_one != (rows[i].family != 0))
			fail_msg("%s", rows[i].text);
		if (!is_one)
			continue;
		assert_int_equal(endpoint.any.sa_family, rows[i].family);
		assert_int_equal(conf_endpoint_is_local(&endpoint), rows[i].local);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_duration_has_its_place),
		cmocka_unit_test(test_a_margin_is_the_least_of_the_last_minute),
		cmocka_unit_test(test_who_reads_sees_what_was_written),
		cmocka_unit_test(test_who_reads_cannot_write),
		cmocka_unit_test(test_another_layout_is_refused),
		cmocka_unit_test(test_nobody_needs_it),
		cmocka_unit_test(test_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
