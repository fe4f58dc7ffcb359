/* SPDX-License-Identifier: MIT */
/*
 * A year of the notifier: all of it but the commands, on a real store, with rings that are written
 * here and a clock that is turned here. One of those who are told reads, one has stopped to, and
 * one can never be told. What it keeps, in memory and on the disk, is what the configuration says.
 */
#include "notifier_scene.h"

#include <malloc.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "agent/notify/queue.h"
#include "agent/notify/store.h"

#define HOUR    (3600 * SECOND)
#define DAY     (24 * HOUR)
#define STEP    (6 * HOUR)
#define ROUTERS 4
#define KEPT    30 /* days of history */
#define QUIET   8  /* transitions of a day, each a change of all routers */
#define BUSY    80
#define EARLY   (3 * KEPT + 5) /* days after which nothing may grow any more */

#define SLACK_MEMORY (256 * 1024)

struct year {
	struct notifier_scene scene;
	unsigned generation; /* of the configuration */
	uint64_t told;       /* bytes that were read */
	int reader_fd;
};

/* ---- the configuration ---- */

/* Each one of them has entries, and a router, that the others have not. */
static void write_configuration(const struct year *year, char *buf, size_t size)
{
	const char *directory = year->scene.directory;
	size_t len = (size_t)snprintf(
		buf, size,
		"node = \"gw1\"; state_dir = \"%s\"; history = \"%ud\"; notify = ( "
		"{ fifo = \"%s/read\"; deliver = \"all\"; timeout = \"%us\"; }, "
		"{ fifo = \"%s/unread\"; deliver = \"current\"; retries = 1; }, "
		"{ fifo = \"%s/file\"; deliver = \"all\"; retries = 1; timeout = \"%us\"; } ); "
		"routers = ( ",
		directory, KEPT, directory, 10 + year->generation, directory, directory,
		10 + year->generation);

	for (unsigned i = 0; i < ROUTERS; i++)
		len += (size_t)snprintf(buf + len, size - len,
					"%s{ name = \"r%u%s%u\"; interface = \"eth0\"; vrid = %u; "
					"addresses = ( \"192.0.2.%u/24\" ); }",
					i ? ", " : "", i, i == 0 ? "-" : "",
					i == 0 ? year->generation : 0, i + 1, i + 1);
	snprintf(buf + len, size - len, " );");
}

/* ---- the notifier ---- */

static bool is_dead(pid_t keeper)
{
	return keeper == 0;
}

/* One that was started by a keeper that has died since takes nothing from the others. */
static void start_orphan(const struct notifier_scene *scene, struct notifier_setting setting)
{
	struct notifier *notifier = NULL;

	setting.life = "another life";
	setting.is_orphan = is_dead;
	setting.conf = scene->conf;
	setting.fifos = scene_fifos(scene);
	assert_int_equal(notifier_open(&setting, &scene->now, &notifier), -ESRCH);
	assert_null(notifier);
}

static void start(struct year *year)
{
	struct notifier_scene *scene = &year->scene;
	struct notifier_setting setting = scene_setting(scene, scene->directory);
	char text[4096];

	write_configuration(year, text, sizeof(text));
	scene->conf = conf_of(text);
	start_orphan(scene, setting);
	scene_start(scene, setting);
}

static void open_year(struct year *year)
{
	*year = (struct year){ .generation = 0 };
	scene_open(&year->scene, "year", ROUTERS, DAY);
	scene_make_file(&year->scene, "file");
	start(year);
	year->reader_fd = open(scene_path(&year->scene, "read"), O_RDONLY | O_NONBLOCK);
	assert_true(year->reader_fd >= 0);
}

static void close_year(struct year *year)
{
	scene_close(&year->scene);
	close(year->reader_fd);
}

/* ---- what happens ---- */

static void happen(struct year *year, unsigned router, uint8_t from, uint8_t to)
{
	scene_change(&year->scene, year->scene.conf->routers[router].name, from, to);
}

static void put(struct year *year, const struct event *event)
{
	events_put(year->scene.rings[READER_ROUTER], &year->scene.now, event);
}

static void turn(struct year *year)
{
	char buf[65536];
	ssize_t got;

	notifier_dispatch(year->scene.notifier, &year->scene.now);
	while ((got = read(year->reader_fd, buf, sizeof(buf))) > 0)
		year->told += (uint64_t)got;
}

static void pass(struct year *year, int64_t ns)
{
	scene_pass(&year->scene, ns);
}

static void pass_day(struct year *year, unsigned transitions)
{
	for (int64_t at = 0; at < DAY; at += STEP) {
		for (unsigned i = 0; i < transitions * STEP / DAY; i++) {
			pass(year, SECOND);
			for (unsigned router = 0; router < ROUTERS; router++)
				happen(year, router, i % 2 ? VRRP_STATE_ACTIVE : VRRP_STATE_BACKUP,
				       i % 2 ? VRRP_STATE_BACKUP : VRRP_STATE_ACTIVE);
			turn(year);
		}
		pass(year, STEP - (int64_t)(transitions * STEP / DAY) * SECOND);
		turn(year);
	}
}

/* Another configuration each month, and a router process of it. */
static void reload(struct year *year)
{
	struct event started = event_fact(EVENT_STARTED, 0, NULL);

	scene_stop(&year->scene);
	year->generation++;
	put(year, &started);
	start(year);
	turn(year);
}

/* ---- what there is of it ---- */

struct size {
	off_t file, log;
	size_t memory;
	int64_t events, deliveries, dead, states, entries;
};

static int64_t count(sqlite3 *db, const char *query)
{
	sqlite3_stmt *statement;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	n = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return n;
}

static struct size measure(const struct year *year)
{
	struct size size = { .memory = mallinfo2().uordblks };
	struct stat status;
	sqlite3 *db;

	assert_int_equal(stat(scene_path(&year->scene, STORE_FILE "-wal"), &status), 0);
	size.log = status.st_size;
	assert_int_equal(sqlite3_open_v2(scene_path(&year->scene, STORE_FILE), &db,
					 SQLITE_OPEN_READWRITE, NULL),
			 SQLITE_OK);
	size.events = count(db, "SELECT count(*) FROM events");
	size.deliveries = count(db, "SELECT count(*) FROM deliveries WHERE state != 2");
	size.dead = count(db, "SELECT count(*) FROM deliveries WHERE state = 2");
	size.states = count(db, "SELECT count(*) FROM states");
	size.entries = count(db, "SELECT count(*) FROM entries");
	size.file = count(db, "PRAGMA page_count") * count(db, "PRAGMA page_size");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return size;
}

static void test_year_leaves_no_more_than_is_to_be_kept(void **unused)
{
	struct size early = { 0 }, late, after;
	struct year year;

	(void)unused;
	open_year(&year);
	for (unsigned day = 1; day <= 365; day++) {
		pass_day(&year, day % 7 == 0 ? BUSY : QUIET);
		if (day % 30 == 0)
			reload(&year);
		if (day == EARLY)
			early = measure(&year);
	}
	late = measure(&year);
	assert_true(year.told > 50000);
	/* All of a month is there, of each event once, and nothing that is older. */
	assert_in_range(late.events, KEPT * QUIET * ROUTERS, (KEPT + 2) * BUSY * ROUTERS / 3);
	/* Who does not read has what is true waiting, or the last ones of each class. */
	assert_in_range(late.deliveries, 1, ROUTERS * 3 * (QUEUE_CLASS_MAX + 1));
	assert_in_range(late.dead, 1, QUEUE_DEAD_MAX);
	assert_in_range(late.states, ROUTERS - 1, ROUTERS);
	assert_int_equal(late.entries, 3);
	assert_true(late.file <= early.file + early.file / 4);
	assert_in_range(late.log, 1, 2 << 20);
	assert_true(late.memory <= early.memory + SLACK_MEMORY);
	/* Two quiet months: what a busy one had taken is given back. */
	for (unsigned day = 0; day < 2 * KEPT; day++)
		pass_day(&year, 0);
	after = measure(&year);
	assert_int_equal(after.events, 0);
	assert_true(after.file < late.file - late.file / 3);
	close_year(&year);
}

/* A host whose clock has yet to be set may begin in any year. */
static void test_history_outlives_a_wrong_clock_at_the_start_of_the_host(void **unused)
{
	const int64_t wrong_ns = 10 * 365 * DAY;
	struct year year;

	(void)unused;
	open_year(&year);
	happen(&year, 1, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
	turn(&year);
	scene_stop(&year.scene);
	year.scene.now = (struct clocks){ 20 * SECOND, year.scene.now.real_ns + wrong_ns };
	start(&year);
	turn(&year);
	assert_int_equal(measure(&year).events, 1);
	year.scene.now.real_ns -= wrong_ns;
	pass(&year, HOUR);
	turn(&year);
	assert_int_equal(measure(&year).events, 1);
	pass(&year, (KEPT + 1) * DAY);
	turn(&year);
	assert_int_equal(measure(&year).events, 0);
	close_year(&year);
}

/* Whoever can send packets here could have all else forgotten by them. */
static void test_history_has_one_of_what_comes_with_each_packet(void **unused)
{
	struct event junk = event_of(EVENT_REJECT, "r1", "eth0", 4);
	struct year year;

	(void)unused;
	open_year(&year);
	happen(&year, 1, VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
	for (unsigned i = 0; i < 1000; i++) {
		pass(&year, SECOND);
		put(&year, &junk);
		turn(&year);
	}
	assert_int_equal(measure(&year).events, 2);
	pass(&year, 61 * SECOND);
	put(&year, &junk);
	turn(&year);
	assert_int_equal(measure(&year).events, 3);
	close_year(&year);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_year_leaves_no_more_than_is_to_be_kept),
		cmocka_unit_test(test_history_has_one_of_what_comes_with_each_packet),
		cmocka_unit_test(test_history_outlives_a_wrong_clock_at_the_start_of_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
