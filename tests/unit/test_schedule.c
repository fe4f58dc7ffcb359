/* SPDX-License-Identifier: MIT */
/*
 * When checks are asked, given up and asked again, and what their answers come to, as tables, by a
 * clock of the test's. The kinds are the test's, too: each check answers as its row has it.
 */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/board.h"
#include "agent/checker/schedule.h"

#define BEGIN     (1000 * SECOND)
#define ASKED_MAX 64
#define CHECKS    200
#define NEVER     INT64_MAX

/* How the service of a check behaves. */
struct service {
	int64_t after_ns; /* so long it thinks; NEVER: for ever */
	bool bad;
	bool excuses; /* there is no room to ask it */
	int64_t asked_ns[ASKED_MAX], gave_up_ns[ASKED_MAX];
	unsigned asked_n, gave_up_n;
	const struct check *check; /* that waits for an answer; NULL: none */
	int64_t due_ns;
	struct check_watch watch; /* by which it is told, if that is how it is */
};

static struct service services[CHECKS];
static bool is_busy; /* a kind wants each turn to be followed by another one */

/* ---- the kinds ---- */

struct check_engine {
	int64_t now_ns;
};

static struct check_engine the_engine;

static int open_error, add_error; /* an errno: the kind, or one of its checks, cannot be had */
static unsigned adds_n, removes_n, closes_n;

static int open_engine(struct check_context *context, struct check_engine **ret_engine)
{
	(void)context;
	if (open_error)
		return -open_error;
	*ret_engine = &the_engine;
	return 0;
}

static void close_engine(struct check_engine *engine)
{
	(void)engine;
	closes_n++;
}

static int add(struct check *check)
{
	assert_ptr_equal(check->engine, &the_engine);
	adds_n++;
	return add_error && adds_n == 2 ? -add_error : 0;
}

static void drop(struct check *check)
{
	(void)check;
	removes_n++;
}

/* Its number is the port that it connects to. */
static struct service *service_of(const struct check *check)
{
	return &services[atoi(check->config->tcp->target)];
}

static void reply(struct check *check)
{
	const struct service *service = service_of(check);

	if (service->bad)
		check_answer(check, CHECK_BAD, "refused");
	else
		check_answer(check, CHECK_GOOD, NULL);
}

static void ask(struct check *check, int64_t now_ns)
{
	struct service *service = service_of(check);

	assert_null(service->check);
	assert_true(service->asked_n < ASKED_MAX);
	service->asked_ns[service->asked_n++] = now_ns;
	if (service->after_ns == 0 && !service->excuses) {
		reply(check);
		return;
	}
	service->check = check;
	service->due_ns =
		service->excuses || service->after_ns == NEVER ? NEVER : now_ns + service->after_ns;
}

static void give_up(struct check *check, int64_t now_ns)
{
	struct service *service = service_of(check);

	if (service->excuses) {
		check->timeout_ns = now_ns + check->config->timeout_ns;
		check_excuse(check, "no room");
		return;
	}
	service->gave_up_ns[service->gave_up_n++] = now_ns;
	service->check = NULL;
	check_answer(check, CHECK_TIMED_OUT, "no answer");
}

static int64_t deadline(const struct check_engine *engine)
{
	int64_t first_ns = is_busy ? 0 : CHECK_NEVER;

	(void)engine;
	for (unsigned i = 0; i < CHECKS; i++)
		if (services[i].check && services[i].due_ns < first_ns)
			first_ns = services[i].due_ns;
	return first_ns;
}

static void work(struct check_engine *engine, int64_t now_ns)
{
	(void)engine;
	for (unsigned i = 0; i < CHECKS; i++)
		if (services[i].check && services[i].due_ns <= now_ns) {
			struct check *check = (struct check *)(uintptr_t)services[i].check;

			services[i].check = NULL;
			reply(check);
		}
}

static const struct check_kind kind = { .open = open_engine,
					.close = close_engine,
					.add = add,
					.remove = drop,
					.ask = ask,
					.give_up = give_up,
					.deadline = deadline,
					.work = work };

/* ---- one that is told by a descriptor ---- */

static void hear(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	struct check *check = watch->self;

	(void)events;
	(void)now_ns;
	check_unwatch(check->context, watch);
	service_of(check)->check = NULL;
	check_answer(check, CHECK_GOOD, NULL);
}

static void ask_and_listen(struct check *check, int64_t now_ns)
{
	struct service *service = service_of(check);

	service->after_ns = NEVER;
	ask(check, now_ns);
	service->watch =
		(struct check_watch){ .fd = eventfd(0, EFD_CLOEXEC), .ready = hear, .self = check };
	assert_int_equal(check_watch(check->context, &service->watch, EPOLLIN), 0);
}

static void hang_up(struct check *check, int64_t now_ns)
{
	check_unwatch(check->context, &service_of(check)->watch);
	give_up(check, now_ns);
}

static void tell(const struct service *service)
{
	const uint64_t one = 1;

	assert_int_equal(write(service->watch.fd, &one, sizeof(one)), sizeof(one));
}

static const struct check_kind told_kind = {
	.open = open_engine, .close = close_engine, .ask = ask_and_listen, .give_up = hang_up
};

const struct check_kind *check_kind_of(enum check_kind_number number)
{
	if (number == CHECK_HTTP)
		return &told_kind;
	return number == CHECK_TCP ? &kind : NULL;
}

/* ---- a scene ---- */

struct scene {
	int fd;
	struct board *board;
	struct schedule *schedule;
	int64_t now_ns;
	struct check_config checks[CHECKS];
	struct check_tcp targets[CHECKS];
	unsigned n;
};

static void scene_init(struct scene *scene)
{
	*scene = (struct scene){ .now_ns = BEGIN };
	memset(services, 0, sizeof(services));
	scene->fd = board_new();
	assert_true(scene->fd >= 0);
	assert_int_equal(board_open(scene->fd, -1, true, &scene->board), 0);
}

static struct check_config *scene_add(struct scene *scene, const char *name, int64_t interval_ns,
				      int64_t timeout_ns)
{
	struct check_config *check = &scene->checks[scene->n];

	snprintf(scene->targets[scene->n].target, sizeof(scene->targets[0].target), "%u", scene->n);
	*check = (struct check_config){ .kind = CHECK_TCP,
					.tcp = &scene->targets[scene->n],
					.definition = 1,
					.rise = 1,
					.fall = 1,
					.interval_ns = interval_ns,
					.timeout_ns = timeout_ns };
	snprintf(check->name, sizeof(check->name), "%s", name);
	scene->n++;
	return check;
}

static void scene_open(struct scene *scene)
{
	const struct clocks now = { .mono_ns = scene->now_ns };

	assert_int_equal(schedule_open(scene->checks, scene->n, scene->board,
				       (struct schedule_fds){ -1, -1 }, &now, &scene->schedule),
			 0);
}

/* A process that is killed, and its successor. */
static void scene_replace(struct scene *scene)
{
	schedule_close(scene->schedule);
	for (unsigned i = 0; i < CHECKS; i++)
		services[i].check = NULL;
	board_close(scene->board);
	assert_int_equal(board_open(scene->fd, -1, true, &scene->board), 0);
	scene_open(scene);
}

static void turn(struct scene *scene)
{
	schedule_dispatch(scene->schedule, &(struct clocks){ .mono_ns = scene->now_ns });
}

/* Each turn at the time that it was wanted for. */
static void run_until(struct scene *scene, int64_t end_ns)
{
	for (;;) {
		int64_t due_ns = schedule_deadline(scene->schedule);

		assert_true(due_ns >= scene->now_ns || due_ns <= end_ns);
		if (due_ns > end_ns)
			break;
		scene->now_ns = due_ns > scene->now_ns ? due_ns : scene->now_ns;
		turn(scene);
		assert_true(schedule_deadline(scene->schedule) > scene->now_ns);
	}
	scene->now_ns = end_ns;
}

static struct fact fact_of(const struct scene *scene, const char *name)
{
	struct fact fact;
	uint32_t place = board_find(scene->board, name);

	assert_int_not_equal(place, BOARD_NONE);
	assert_true(board_get(scene->board, place, &fact));
	return fact;
}

static void scene_fini(struct scene *scene)
{
	schedule_close(scene->schedule);
	board_close(scene->board);
	close(scene->fd);
}

/* ---- when ---- */

/* Of one check that is alone: its phase is its start. */
static void test_schedule_when_one_is_asked_and_given_up(void **state)
{
	static const struct {
		const char *what;
		int64_t interval_ms, timeout_ms, after_ms; /* -1: no answer ever */
		int64_t asked_ms[5], gave_up_ms[4];        /* since the first time; -1: no more */
		int64_t end_ms;
	} rows[] = {
		{ "at once", 100, 100, 0, { 0, 100, 200, 300, -1 }, { -1 }, 350 },
		{ "it takes a while", 100, 100, 60, { 0, 100, 200, 300, -1 }, { -1 }, 350 },
		{ "never", 100, 100, -1, { 0, 100, 200, 300, -1 }, { 100, 200, 300, -1 }, 350 },
		{ "a short time-out", 100, 40, -1, { 0, 100, 200, -1 }, { 40, 140, 240, -1 }, 250 },
		/* While there is no answer it is not asked again, and then at once; but who is late
		 * by a whole interval waits for its time. */
		{ "a long time-out", 100, 160, -1, { 0, 160, 400, -1 }, { 160, 320, -1 }, 450 },
		{ "longer than two", 100, 250, -1, { 0, 300, -1 }, { 250, -1 }, 450 },
		{ "slow, and well", 100, 250, 130, { 0, 130, 260, 390, -1 }, { -1 }, 450 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct service *service = &services[0];
		struct scene scene;

		print_message("%s\n", rows[i].what);
		scene_init(&scene);
		scene_add(&scene, "web", rows[i].interval_ms * MS, rows[i].timeout_ms * MS);
		services[0].after_ns = rows[i].after_ms < 0 ? NEVER : rows[i].after_ms * MS;
		scene_open(&scene);
		run_until(&scene, BEGIN + rows[i].end_ms * MS);
		for (unsigned n = 0; n <= service->asked_n; n++)
			assert_int_equal(n < service->asked_n ? (service->asked_ns[n] - BEGIN) / MS
							      : -1,
					 rows[i].asked_ms[n]);
		for (unsigned n = 0; n <= service->gave_up_n; n++)
			assert_int_equal(
				n < service->gave_up_n ? (service->gave_up_ns[n] - BEGIN) / MS : -1,
				rows[i].gave_up_ms[n]);
		scene_fini(&scene);
	}
}

/* A process that was stopped asks once, and goes on at the times of before. */
static void test_schedule_a_late_turn_asks_once(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_add(&scene, "web", 100 * MS, 100 * MS);
	scene_open(&scene);
	run_until(&scene, BEGIN + 250 * MS);
	scene.now_ns += 10 * SECOND;
	turn(&scene);
	assert_int_equal(services[0].asked_n, 4);
	assert_int_equal(schedule_deadline(scene.schedule), BEGIN + 10 * SECOND + 300 * MS);
	scene_fini(&scene);
}

/* A kind that has a lot to do makes no turn late. */
static void test_schedule_a_busy_kind_puts_nothing_off(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_add(&scene, "web", SECOND, 500 * MS);
	services[0].after_ns = NEVER;
	scene_open(&scene);
	is_busy = true;
	for (; scene.now_ns < BEGIN + SECOND; scene.now_ns += 10 * MS)
		turn(&scene);
	is_busy = false;
	assert_int_equal(services[0].gave_up_n, 1);
	assert_int_equal(services[0].gave_up_ns[0], BEGIN + 500 * MS);
	scene_fini(&scene);
}

/* However many have answered while the process was stopped, and however late that is seen. */
static void test_schedule_what_has_answered_by_now_has_answered_in_time(void **state)
{
	struct scene scene;
	char name[8];

	(void)state;
	scene_init(&scene);
	for (unsigned i = 0; i < CHECKS; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		scene_add(&scene, name, SECOND, 2 * SECOND)->kind = CHECK_HTTP;
	}
	scene_open(&scene);
	run_until(&scene, BEGIN + SECOND);
	for (unsigned i = 0; i < CHECKS; i++)
		tell(&services[i]);
	scene.now_ns += 60 * SECOND;
	turn(&scene);
	for (unsigned i = 0; i < CHECKS; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		assert_int_equal(fact_of(&scene, name).value, BOARD_UP);
		assert_int_equal(services[i].gave_up_n, 0);
	}
	scene_fini(&scene);
}

/* Whoever did not listen knows nothing of who did not answer: that time does not count, once. */
static void test_schedule_a_late_turn_gives_nobody_up_at_once(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_add(&scene, "web", SECOND, 500 * MS);
	services[0].after_ns = NEVER;
	scene_open(&scene);
	run_until(&scene, BEGIN + 100 * MS);
	scene.now_ns = BEGIN + 900 * MS;
	turn(&scene);
	assert_int_equal(fact_of(&scene, "web").value, BOARD_UNKNOWN);
	assert_int_equal(schedule_deadline(scene.schedule), BEGIN + 1300 * MS);
	scene.now_ns = BEGIN + 5 * SECOND;
	turn(&scene);
	assert_int_equal(services[0].gave_up_n, 1);
	assert_int_equal(fact_of(&scene, "web").value, BOARD_DOWN);
	run_until(&scene, BEGIN + 7 * SECOND);
	assert_int_equal(services[0].gave_up_n, 2);
	assert_int_equal(services[0].gave_up_ns[1] - services[0].asked_ns[1], 500 * MS);
	scene_fini(&scene);
}

static void test_schedule_spreads_those_of_one_interval(void **state)
{
	unsigned most = 0;
	struct scene scene;
	char name[8];

	(void)state;
	scene_init(&scene);
	for (unsigned i = 0; i < CHECKS; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		scene_add(&scene, name, SECOND, SECOND);
	}
	scene_open(&scene);
	run_until(&scene, BEGIN + 3 * SECOND);
	for (int64_t at_ns = BEGIN; at_ns < BEGIN + 3 * SECOND; at_ns += 10 * MS) {
		unsigned n = 0;

		for (unsigned i = 0; i < CHECKS; i++)
			for (unsigned k = 0; k < services[i].asked_n; k++)
				n += services[i].asked_ns[k] >= at_ns &&
				     services[i].asked_ns[k] < at_ns + 10 * MS;
		most = n > most ? n : most;
	}
	assert_in_range(most, 1, CHECKS / 100 + 2);
	for (unsigned i = 0; i < CHECKS; i++) {
		assert_in_range(services[i].asked_ns[0], BEGIN, BEGIN + SECOND);
		for (unsigned k = 1; k < services[i].asked_n; k++)
			assert_int_equal(services[i].asked_ns[k] - services[i].asked_ns[k - 1],
					 SECOND);
	}
	scene_fini(&scene);
}

/* However long the interval is, the first answer is there within a second; then it is spread. */
static void test_schedule_a_long_interval_begins_soon(void **state)
{
	struct scene scene;
	char name[8];

	(void)state;
	scene_init(&scene);
	for (unsigned i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		scene_add(&scene, name, 3600 * SECOND, SECOND);
	}
	scene_open(&scene);
	run_until(&scene, BEGIN + SECOND);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(services[i].asked_n, 1);
	run_until(&scene, BEGIN + 3600 * SECOND);
	for (unsigned i = 1; i < 10; i++)
		assert_in_range(services[i].asked_ns[1], BEGIN + 2 * SECOND, BEGIN + 3600 * SECOND);
	scene_fini(&scene);
}

static void test_schedule_delay_is_after_the_start_and_not_after_a_replacement(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_add(&scene, "web", 100 * MS, 100 * MS)->delay_ns = 5 * SECOND;
	scene_open(&scene);
	run_until(&scene, BEGIN + 2 * SECOND);
	scene_replace(&scene);
	run_until(&scene, BEGIN + 6999 * MS);
	assert_int_equal(services[0].asked_n, 0);
	run_until(&scene, BEGIN + 7000 * MS);
	assert_int_equal(services[0].asked_n, 1);
	scene_replace(&scene);
	run_until(&scene, BEGIN + 7100 * MS);
	assert_int_equal(services[0].asked_n, 2);
	scene_fini(&scene);
}

/* ---- what is known ---- */

static void test_schedule_a_successor_goes_on_with_counts_and_times(void **state)
{
	struct check_config *check;
	struct fact before, after;
	struct scene scene;

	(void)state;
	scene_init(&scene);
	check = scene_add(&scene, "web", 100 * MS, 100 * MS);
	check->fall = 4;
	scene_open(&scene);
	run_until(&scene, BEGIN + 250 * MS);
	services[0].bad = true;
	run_until(&scene, BEGIN + 450 * MS);
	before = fact_of(&scene, "web");
	assert_int_equal(before.value, BOARD_UP);
	assert_int_equal(before.in_row, 2);
	scene.now_ns += 20 * MS;
	scene_replace(&scene);
	run_until(&scene, BEGIN + 550 * MS);
	assert_int_equal(fact_of(&scene, "web").value, BOARD_UP);
	run_until(&scene, BEGIN + 650 * MS);
	after = fact_of(&scene, "web");
	assert_int_equal(after.value, BOARD_DOWN);
	assert_int_equal(after.since_ns, BEGIN + 600 * MS);
	assert_int_equal(after.answers, before.answers + 2);
	assert_string_equal(after.error, "refused");
	scene_fini(&scene);
}

/* What is asked in another way keeps its value until that has an answer, which decides. */
static void test_schedule_another_definition_begins_anew_with_the_old_value(void **state)
{
	struct check_config *check;
	struct scene scene;

	(void)state;
	scene_init(&scene);
	check = scene_add(&scene, "web", 100 * MS, 100 * MS);
	scene_open(&scene);
	run_until(&scene, BEGIN + 150 * MS);
	check->definition = 2;
	check->fall = 3;
	services[0].bad = true;
	services[0].after_ns = 50 * MS;
	scene_replace(&scene);
	run_until(&scene, scene.now_ns + 49 * MS);
	assert_int_equal(fact_of(&scene, "web").value, BOARD_UP);
	assert_int_equal(fact_of(&scene, "web").in_row, 0);
	run_until(&scene, scene.now_ns + 1 * MS);
	assert_int_equal(fact_of(&scene, "web").value, BOARD_DOWN);
	scene_fini(&scene);
}

/* It has no answer, so it is not down; and it is asked as soon as there is room. */
static void test_schedule_one_that_cannot_be_asked_is_excused_and_grows_old(void **state)
{
	struct fact fact;
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_add(&scene, "web", 100 * MS, 50 * MS);
	scene_open(&scene);
	run_until(&scene, BEGIN + 150 * MS);
	services[0].excuses = true;
	run_until(&scene, BEGIN + 950 * MS);
	fact = fact_of(&scene, "web");
	assert_int_equal(fact.value, BOARD_UP);
	assert_int_equal(fact.answered_ns, BEGIN + 100 * MS);
	assert_int_equal(fact.excused, 1);
	assert_int_equal(fact.bad, 0);
	assert_string_equal(fact.error, "no room");
	assert_true(board_is_excused(scene.fd, scene.now_ns));
	services[0].excuses = false; /* it begins, and answers */
	services[0].due_ns = scene.now_ns;
	run_until(&scene, BEGIN + 1250 * MS);
	fact = fact_of(&scene, "web");
	assert_int_equal(fact.excused, 0);
	assert_true(fact.answered_ns >= BEGIN + 1100 * MS);
	turn(&scene);
	assert_false(board_is_excused(scene.fd, scene.now_ns));
	scene_fini(&scene);
}

/* As when there was no descriptor left at the start. */
static void test_schedule_a_kind_that_cannot_be_had_is_tried_again(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_add(&scene, "web", 100 * MS, 100 * MS);
	scene_add(&scene, "db", 100 * MS, 100 * MS);
	open_error = EMFILE;
	adds_n = 0;
	scene_open(&scene);
	run_until(&scene, BEGIN + SECOND);
	assert_int_equal(fact_of(&scene, "web").value, BOARD_DOWN);
	assert_string_equal(fact_of(&scene, "web").error,
			    "cannot be asked here: Too many open files");
	assert_int_equal(services[0].asked_n, 0);
	open_error = 0;
	add_error = ENOMEM; /* the second one cannot be added, once */
	adds_n = removes_n = closes_n = 0;
	run_until(&scene, BEGIN + 2 * SECOND);
	assert_int_equal(fact_of(&scene, "web").value, BOARD_UP);
	assert_int_equal(fact_of(&scene, "db").value, BOARD_UP);
	assert_int_equal(adds_n, 4);
	assert_int_equal(removes_n, 2);
	assert_int_equal(closes_n, 1);
	add_error = 0;
	scene_fini(&scene);
	assert_int_equal(removes_n, 4);
	assert_int_equal(closes_n, 2);
}

/* ---- made of others ---- */

/* Parts: 'u' up, 'd' down, '?' no answer yet. */
static void test_schedule_what_is_made_of_others(void **state)
{
	static const struct {
		const char *parts;
		char all, any, two;
	} rows[] = {
		{ "uuu", 'u', 'u', 'u' }, { "ddd", 'd', 'd', 'd' }, { "???", '?', '?', '?' },
		{ "uud", 'd', 'u', 'u' }, { "udd", 'd', 'u', 'd' }, { "uu?", '?', 'u', 'u' },
		{ "u??", '?', 'u', '?' }, { "ud?", 'd', 'u', '?' }, { "dd?", 'd', '?', 'd' },
		{ "d??", 'd', '?', '?' },
	};
	static const char words[] = { '?', 'u', 'd' };
	static const char *const names[] = { "a", "b", "c" };
	struct check_part parts[] = { { "a", 0 }, { "b", 1 }, { "c", 2 } };
	struct check_several several[] = { { parts, 3, 3 }, { parts, 3, 1 }, { parts, 3, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene scene;

		print_message("%s\n", rows[i].parts);
		scene_init(&scene);
		for (unsigned n = 0; n < 3; n++) {
			int64_t day_ns = 3600 * SECOND;

			scene_add(&scene, names[n], 100 * MS, day_ns);
			services[n].bad = rows[i].parts[n] == 'd';
			services[n].after_ns = rows[i].parts[n] == '?' ? NEVER : 0;
		}
		*scene_add(&scene, "all", 100 * MS, 100 * MS) =
			(struct check_config){ .name = "all",
					       .kind = CHECK_ALL,
					       .all = &several[0],
					       .interval_ns = 100 * MS };
		*scene_add(&scene, "any", 100 * MS, 100 * MS) =
			(struct check_config){ .name = "any",
					       .kind = CHECK_ANY,
					       .any = &several[1],
					       .interval_ns = 100 * MS };
		*scene_add(&scene, "two", 100 * MS, 100 * MS) =
			(struct check_config){ .name = "two",
					       .kind = CHECK_AT_LEAST,
					       .at_least = &several[2],
					       .interval_ns = 100 * MS };
		scene_open(&scene);
		run_until(&scene, BEGIN + 250 * MS);
		assert_int_equal(words[fact_of(&scene, "all").value], rows[i].all);
		assert_int_equal(words[fact_of(&scene, "any").value], rows[i].any);
		assert_int_equal(words[fact_of(&scene, "two").value], rows[i].two);
		scene_fini(&scene);
	}
}

/* One that is made of one that is made of others, in whatever order they stand in the file. */
static void test_schedule_a_change_reaches_the_top_in_the_same_turn(void **state)
{
	struct check_part of_low[] = { { "a", 2 } }, of_top[] = { { "low", 1 } };
	struct check_several low = { of_low, 1, 1 }, top = { of_top, 1, 1 };
	struct scene scene;

	(void)state;
	scene_init(&scene);
	*scene_add(&scene, "top", 0, 0) = (struct check_config){
		.name = "top", .kind = CHECK_ALL, .all = &top, .interval_ns = 3600 * SECOND
	};
	*scene_add(&scene, "low", 0, 0) = (struct check_config){
		.name = "low", .kind = CHECK_ALL, .all = &low, .interval_ns = 3600 * SECOND
	};
	scene_add(&scene, "a", 100 * MS, 100 * MS);
	scene_open(&scene);
	run_until(&scene, BEGIN + SECOND);
	assert_int_equal(fact_of(&scene, "top").value, BOARD_UP);
	services[2].bad = true;
	run_until(&scene, scene.now_ns + 100 * MS);
	assert_int_equal(fact_of(&scene, "top").value, BOARD_DOWN);
	assert_int_equal(fact_of(&scene, "top").since_ns, fact_of(&scene, "a").since_ns);
	assert_string_equal(fact_of(&scene, "top").error, "0 of 1 are up, not low");
	scene_fini(&scene);
}

/* One that cannot be asked any more counts, in what is made of it, as its own `unknown` has it. */
static void test_schedule_a_part_that_has_grown_old_counts_as_it_says(void **state)
{
	for (unsigned unknown = CHECK_UNKNOWN_HOLD; unknown <= CHECK_UNKNOWN_DOWN; unknown++) {
		struct check_part parts[] = { { "disk", 0 }, { "web", 1 } };
		struct check_several several = { parts, 2, 2 };
		struct scene scene;

		scene_init(&scene);
		scene_add(&scene, "disk", 100 * MS, 100 * MS)->unknown = (uint8_t)unknown;
		scene_add(&scene, "web", 100 * MS, 100 * MS);
		*scene_add(&scene, "all", 0, 0) = (struct check_config){
			.name = "all", .kind = CHECK_ALL, .all = &several, .interval_ns = 100 * MS
		};
		scene_open(&scene);
		run_until(&scene, BEGIN + SECOND);
		services[0].excuses = true;
		run_until(&scene, scene.now_ns + 800 * MS);
		assert_int_equal(fact_of(&scene, "all").value, BOARD_UP);
		run_until(&scene, scene.now_ns + 600 * MS);
		assert_int_equal(fact_of(&scene, "all").value,
				 unknown == CHECK_UNKNOWN_DOWN ? BOARD_DOWN : BOARD_UP);
		assert_string_equal(fact_of(&scene, "all").error,
				    unknown == CHECK_UNKNOWN_DOWN ? "1 of 2 are up, not disk" : "");
		services[0].excuses = false;
		services[0].due_ns = scene.now_ns;
		run_until(&scene, scene.now_ns + 300 * MS);
		assert_int_equal(fact_of(&scene, "all").value, BOARD_UP);
		scene_fini(&scene);
	}
	(void)state;
}

/* Many long names: the text says that there are more, and ends. */
static void test_schedule_more_parts_than_an_error_has_room_for(void **state)
{
	struct check_part parts[20];
	struct check_several several = { parts, 20, 20 };
	struct scene scene;
	struct fact fact;
	char name[CHECK_NAME_SIZE];

	(void)state;
	scene_init(&scene);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "a-check-with-a-name-of-32-bytes%u", i % 10);
		name[0] = (char)('a' + i);
		scene_add(&scene, name, 100 * MS, 100 * MS);
		parts[i].number = i;
		services[i].bad = true;
	}
	*scene_add(&scene, "all", 0, 0) = (struct check_config){
		.name = "all", .kind = CHECK_ALL, .all = &several, .interval_ns = 100 * MS
	};
	scene_open(&scene);
	run_until(&scene, BEGIN + SECOND);
	fact = fact_of(&scene, "all");
	assert_int_equal(fact.value, BOARD_DOWN);
	assert_int_equal(strlen(fact.error), CHECK_ERROR_SIZE - 1);
	assert_string_equal(fact.error + CHECK_ERROR_SIZE - 5, " ...");
	scene_fini(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schedule_when_one_is_asked_and_given_up),
		cmocka_unit_test(test_schedule_a_late_turn_asks_once),
		cmocka_unit_test(test_schedule_what_has_answered_by_now_has_answered_in_time),
		cmocka_unit_test(test_schedule_a_late_turn_gives_nobody_up_at_once),
		cmocka_unit_test(test_schedule_a_busy_kind_puts_nothing_off),
		cmocka_unit_test(test_schedule_spreads_those_of_one_interval),
		cmocka_unit_test(test_schedule_a_long_interval_begins_soon),
		cmocka_unit_test(
			test_schedule_delay_is_after_the_start_and_not_after_a_replacement),
		cmocka_unit_test(test_schedule_a_successor_goes_on_with_counts_and_times),
		cmocka_unit_test(test_schedule_another_definition_begins_anew_with_the_old_value),
		cmocka_unit_test(test_schedule_one_that_cannot_be_asked_is_excused_and_grows_old),
		cmocka_unit_test(test_schedule_a_kind_that_cannot_be_had_is_tried_again),
		cmocka_unit_test(test_schedule_what_is_made_of_others),
		cmocka_unit_test(test_schedule_a_change_reaches_the_top_in_the_same_turn),
		cmocka_unit_test(test_schedule_a_part_that_has_grown_old_counts_as_it_says),
		cmocka_unit_test(test_schedule_more_parts_than_an_error_has_room_for),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
