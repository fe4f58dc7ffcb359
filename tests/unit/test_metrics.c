/* SPDX-License-Identifier: MIT */
/* Metrics: a page of records that are good, and of some that are not. */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "agent/metrics.h"

#define START (1000 * SECOND)

static const struct figures_room room = { .routers = 4, .addresses = 4, .checks = 2 };

struct memory {
	int fd;
	struct figures *figures;
	char *page; /* the last one */
};

static void open_memory(struct memory *memory)
{
	*memory = (struct memory){ .fd = figures_new() };
	assert_true(memory->fd >= 0);
	assert_int_equal(figures_open(memory->fd, &room, &memory->figures), 0);
}

static void close_memory(struct memory *memory)
{
	free(memory->page);
	figures_close(memory->figures);
	close(memory->fd);
}

static const char *write_page(struct memory *memory, enum metrics_names names)
{
	const struct metrics metrics = { .node = "gw1",
					 .version = "1",
					 .figures = memory->figures,
					 .now = { .mono_ns = START, .real_ns = START } };
	size_t len;
	FILE *out;

	free(memory->page);
	out = open_memstream(&memory->page, &len);
	assert_non_null(out);
	assert_int_equal(metrics_write(out, &metrics, names), 0);
	assert_int_equal(fclose(out), 0);
	return memory->page;
}

static void put_router(struct memory *memory, unsigned i, const char *name, uint8_t family,
		       uint8_t state)
{
	struct figures_router router = {
		.vrid = 51, .family = family, .state = state, .adverts_sent = 3, .announced_s = 16
	};

	snprintf(router.name, sizeof(router.name), "%s", name);
	strcpy(router.interface, "eth0");
	figures_put(memory->figures, i, &router);
}

static unsigned count(const char *page, const char *text)
{
	unsigned n = 0;

	while ((page = strstr(page, text))) {
		page += strlen(text);
		n++;
	}
	return n;
}

static void test_one_bad_record_does_not_take_the_others_along(void **scene)
{
	struct memory memory;
	const char *page;

	(void)scene;
	open_memory(&memory);
	figures_begin(memory.figures, 4, 0);
	figures_alive(memory.figures, START);
	put_router(&memory, 0, "lan", 4, VRRP_STATE_ACTIVE);
	put_router(&memory, 1, "odd", 4,
		   VRRP_STATE_COUNT); /* of a version that knows more states */
	/* Of the third one nothing was ever written. */
	put_router(&memory, 3, "wan", 4, VRRP_STATE_BACKUP);
	page = write_page(&memory, METRICS_OWN);
	assert_int_equal(count(page, "vipd_router_state{"), 2);
	assert_non_null(strstr(page,
			       "vipd_router_state{router=\"lan\",interface=\"eth0\",vrid=\"51\","
			       "family=\"ipv4\"} 2\n"));
	assert_non_null(strstr(page,
			       "vipd_router_state{router=\"wan\",interface=\"eth0\",vrid=\"51\","
			       "family=\"ipv4\"} 1\n"));
	assert_null(strstr(page, "odd"));
	page = write_page(&memory, METRICS_KEEPALIVED);
	assert_int_equal(count(page, "keepalived_vrrp_state{"), 2);
	assert_null(strstr(page, "odd"));
	close_memory(&memory);
}

static void test_names_are_quoted(void **scene)
{
	struct figures_check check = { .name = "\"\n\\", .value = BOARD_DOWN };
	struct memory memory;
	const char *page;

	(void)scene;
	open_memory(&memory);
	figures_begin(memory.figures, 1, 1);
	figures_alive(memory.figures, START);
	put_router(&memory, 0, "a\"b\\c\nd", 4, VRRP_STATE_ACTIVE);
	figures_put_check(memory.figures, 0, &check);
	page = write_page(&memory, METRICS_OWN);
	assert_non_null(strstr(page, "vipd_router_state{router=\"a\\\"b\\\\c\\nd\",interface"));
	assert_non_null(strstr(page, "vipd_check_state{check=\"\\\"\\n\\\\\"} 2\n"));
	close_memory(&memory);
}

static void test_families_are_one_router_to_the_other_exporter(void **scene)
{
	struct memory memory;
	const char *page;

	(void)scene;
	open_memory(&memory);
	figures_begin(memory.figures, 2, 0);
	figures_alive(memory.figures, START);
	put_router(&memory, 0, "lan", 4, VRRP_STATE_ACTIVE);
	put_router(&memory, 1, "lan", 6, VRRP_STATE_ACTIVE);
	page = write_page(&memory, METRICS_KEEPALIVED);
	assert_non_null(strstr(page,
			       "keepalived_advertisements_sent_total{iname=\"lan\",intf=\"eth0\","
			       "vrid=\"51\"} 6\n"));
	assert_non_null(strstr(page,
			       "keepalived_gratuitous_arp_delay_total{iname=\"lan\",intf=\"eth0\","
			       "vrid=\"51\"} 16\n"));
	close_memory(&memory);
}

static void test_of_who_is_silent_nothing_is_left(void **scene)
{
	struct memory memory;
	const char *page;

	(void)scene;
	open_memory(&memory);
	figures_begin(memory.figures, 1, 1);
	figures_alive(memory.figures, START - FIGURES_SILENT_NS);
	put_router(&memory, 0, "lan", 4, VRRP_STATE_ACTIVE);
	page = write_page(&memory, METRICS_OWN);
	assert_non_null(strstr(page, "\nvipd_up 0\n"));
	assert_null(strstr(page, "lan"));
	page = write_page(&memory, METRICS_KEEPALIVED);
	assert_non_null(strstr(page, "keepalived_up 0\n"));
	assert_null(strstr(page, "lan"));
	close_memory(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_bad_record_does_not_take_the_others_along),
		cmocka_unit_test(test_names_are_quoted),
		cmocka_unit_test(test_families_are_one_router_to_the_other_exporter),
		cmocka_unit_test(test_of_who_is_silent_nothing_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
