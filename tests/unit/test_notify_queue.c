/* SPDX-License-Identifier: MIT */
/*
 * In which order somebody is told, what is merged, superseded, tried again and given up.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/notify/about.h"
#include "agent/notify/queue.h"

#define SECOND INT64_C(1000000000)
#define PLACES 1000

static const struct conf_notify entries[] = {
	{ .definition = 1, .lane = 1, .program = 1, .retries = 2 },
	{ .definition = 2, .lane = 2, .program = 2, .retries = 0 },
	{ .definition = 3, .lane = 1, .program = 3, .retries = 2 }, /* one action with the first */
};

static struct queue *queue;
static int64_t next_id;
static uint64_t subject = 1; /* what is added is about */
static char log_text[4096];  /* what was to be written down */

static void note(const char *what, const struct delivery *delivery)
{
	size_t len = strlen(log_text);

	snprintf(log_text + len, sizeof(log_text) - len, "%s %lld;", what, (long long)delivery->id);
}

static void put(void *arg, const struct delivery *delivery)
{
	(void)arg;
	note(delivery->life == DELIVERY_DEAD      ? "dead"
	     : delivery->life == DELIVERY_STARTED ? "started"
						  : "waits",
	     delivery);
}

static void removed(void *arg, const struct delivery *delivery)
{
	(void)arg;
	note("gone", delivery);
}

static unsigned forgotten_n;

static void forgotten(void *arg, const struct delivery *delivery)
{
	assert_null(arg);
	assert_int_equal(delivery->life, DELIVERY_DEAD);
	assert_int_equal(delivery->id, ++forgotten_n);
}

static const char *logged(void)
{
	static char text[sizeof(log_text)];

	strcpy(text, log_text);
	log_text[0] = '\0';
	return text;
}

static int open_queue(void **state)
{
	const struct queue_observer observer = { put, removed, forgotten, NULL };

	(void)state;
	queue = queue_new(&observer);
	next_id = 1;
	forgotten_n = 0;
	log_text[0] = '\0';
	return queue ? 0 : -1;
}

static int close_queue(void **state)
{
	(void)state;
	queue_free(queue);
	return 0;
}

static int64_t add_of(unsigned entry, const char *router, unsigned word, unsigned deliver)
{
	struct delivery *delivery = calloc(1, sizeof(*delivery));

	assert_non_null(delivery);
	delivery->id = next_id++;
	delivery->conf = &entries[entry];
	delivery->entry = entries[entry].definition;
	delivery->word = (uint8_t)word;
	delivery->deliver = (uint8_t)deliver;
	delivery->about = subject;
	delivery->message = strdup("{}");
	strcpy(delivery->router, router);
	assert_int_equal(queue_add(queue, delivery), 0);
	return delivery->id;
}

static int64_t add(const char *router, unsigned word)
{
	return add_of(0, router, word, CONF_NOTIFY_ALL);
}

/* Return: the id of what is begun; 0: nothing is. */
static int64_t start(struct delivery **ret, int64_t now_ns)
{
	*ret = queue_start(queue, false, PLACES, now_ns);
	return *ret ? (*ret)->id : 0;
}

static void test_one_lane_is_told_in_order_and_never_two_at_once(void **state)
{
	struct delivery *first, *second;

	(void)state;
	add("lan", CONF_NOTIFY_BACKUP);
	add("lan", CONF_NOTIFY_ACTIVE);
	assert_int_equal(start(&first, 0), 1);
	assert_int_equal(start(&second, 0), 0);
	assert_int_equal(queue_deadline(queue, false, PLACES), QUEUE_NEVER);
	assert_int_equal(queue_end(queue, first, NULL, 0), QUEUE_DELIVERED);
	assert_int_equal(start(&second, 0), 2);
	assert_int_equal(queue_end(queue, second, NULL, 0), QUEUE_DELIVERED);
	assert_int_equal(queue_waits(queue), 0);
	assert_string_equal(logged(), "waits 1;waits 2;started 1;gone 1;started 2;gone 2;");
}

static void test_lanes_wait_for_nobody_else(void **state)
{
	struct delivery *hangs, *other;

	(void)state;
	add("lan", CONF_NOTIFY_ACTIVE);
	add("wan", CONF_NOTIFY_ACTIVE);
	add_of(1, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_ALL);
	assert_int_equal(start(&hangs, 0), 1);
	assert_int_equal(start(&other, 0), 2);
	assert_int_equal(start(&other, 0), 3);
	assert_int_equal(start(&other, 0), 0);
}

static void test_failure_is_tried_again_later_and_later_and_dies(void **state)
{
	struct delivery *delivery;
	struct queue_counts *counts = queue_counts(queue);

	(void)state;
	add("lan", CONF_NOTIFY_ACTIVE);
	add("lan", CONF_NOTIFY_FAULT);
	assert_int_equal(start(&delivery, 0), 1);
	assert_int_equal(queue_end(queue, delivery, "exit status 1", 0), QUEUE_AGAIN);
	assert_int_equal(queue_deadline(queue, false, PLACES), SECOND);
	assert_int_equal(start(&delivery, SECOND - 1), 0);
	assert_int_equal(start(&delivery, SECOND), 1);
	assert_int_equal(delivery->attempts, 2);
	assert_int_equal(queue_end(queue, delivery, "exit status 1", SECOND), QUEUE_AGAIN);
	assert_int_equal(queue_deadline(queue, false, PLACES), 3 * SECOND);
	assert_int_equal(start(&delivery, 3 * SECOND), 1);
	assert_int_equal(queue_end(queue, delivery, "exit status 1", 3 * SECOND), QUEUE_DIES);
	assert_int_equal(start(&delivery, 3 * SECOND), 2);
	assert_int_equal(counts->failed, 3);
	assert_int_equal(counts->dead, 1);
}

static void test_dead_letter_is_retried_or_dropped(void **state)
{
	struct delivery *delivery;

	(void)state;
	add_of(1, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_ALL);
	add_of(1, "wan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_ALL);
	for (int64_t id = 1; id <= 2; id++) {
		assert_int_equal(start(&delivery, 0), id);
		assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_DIES);
	}
	assert_int_equal(queue_waits(queue), 0);
	assert_int_equal(queue_retry(queue, 7, 0), -ENOENT);
	assert_int_equal(queue_drop(queue, 7), -ENOENT);
	assert_int_equal(queue_retry(queue, 1, 5), 0);
	assert_int_equal(start(&delivery, 5), 1);
	assert_int_equal(queue_retry(queue, 1, 5), -EBUSY);
	assert_int_equal(queue_drop(queue, 1), -EBUSY);
	assert_true(delivery->attempts > 1);
	assert_int_equal(queue_end(queue, delivery, NULL, 5), QUEUE_DELIVERED);
	assert_int_equal(queue_drop(queue, 2), 0);
	assert_int_equal(queue_counts(queue)->dropped, 1);
}

/* Four of a class wait; what comes then takes the place of the last. */
static void test_states_are_merged_and_the_last_is_never_lost(void **state)
{
	struct delivery *delivery;
	int64_t told[16];
	unsigned n = 0, merged = 0;

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		add("lan", i % 2 ? CONF_NOTIFY_ACTIVE : CONF_NOTIFY_BACKUP);
	add("lan", CONF_NOTIFY_CONFLICT); /* of another class */
	while (start(&delivery, 0)) {
		told[n++] = delivery->id;
		merged += delivery->merged;
		assert_int_equal(queue_end(queue, delivery, NULL, 0), QUEUE_DELIVERED);
	}
	assert_int_equal(n, 5);
	assert_int_equal(merged, 6);
	assert_int_equal(told[0], 1);
	assert_int_equal(told[2], 3);
	assert_int_equal(told[3], 10);
	assert_int_equal(told[4], 11);
}

/* Of two checks each has a last state. */
static void test_events_about_one_thing_alone_are_merged(void **state)
{
	(void)state;
	for (subject = 1; subject <= 3; subject++)
		for (unsigned i = 0; i < QUEUE_CLASS_MAX; i++)
			add("", CONF_NOTIFY_CHECK);
	assert_int_equal(queue_counts(queue)->merged, 0);
	subject = 2;
	add("", CONF_NOTIFY_CHECK);
	assert_int_equal(queue_counts(queue)->merged, 1);
	assert_null(queue_find(queue, 2 * QUEUE_CLASS_MAX)); /* the last one about 2 */
	subject = 1;
}

static void test_beginning_and_end_are_about_one_thing(void **state)
{
	const uint64_t web = about("{\"kind\":\"check\",\"check\":\"web\",\"is\":\"down\"}");

	(void)state;
	assert_true(web == about("{\"kind\":\"check\",\"is\":\"up\",\"check\":\"web\"}"));
	assert_true(web != about("{\"kind\":\"check\",\"check\":\"db\",\"is\":\"up\"}"));
	assert_true(about("{\"kind\":\"deaf\",\"family\":6}") ==
		    about("{\"kind\":\"hears\",\"family\":6,\"seq\":7}"));
	assert_true(about("{\"kind\":\"deaf\",\"family\":6}") !=
		    about("{\"kind\":\"deaf\",\"family\":4}"));
	assert_true(about("no JSON") == about(""));
}

static void test_what_is_current_supersedes_what_waits(void **state)
{
	struct delivery *delivery, *last;

	(void)state;
	add_of(0, "lan", CONF_NOTIFY_BACKUP, CONF_NOTIFY_CURRENT);
	assert_int_equal(start(&delivery, 0), 1);
	add_of(0, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	add_of(0, "lan", CONF_NOTIFY_FAULT, CONF_NOTIFY_CURRENT);
	add_of(0, "lan", CONF_NOTIFY_BACKUP, CONF_NOTIFY_CURRENT);
	/* Retries end with the next transition. */
	assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_GONE);
	assert_int_equal(start(&last, 0), 4);
	assert_int_equal(queue_end(queue, last, NULL, 0), QUEUE_DELIVERED);
	assert_int_equal(queue_waits(queue), 0);
	assert_int_equal(queue_counts(queue)->superseded, 3);
}

static void test_put_back_is_no_attempt(void **state)
{
	struct delivery *delivery;

	(void)state;
	add("lan", CONF_NOTIFY_ACTIVE);
	assert_int_equal(start(&delivery, 0), 1);
	queue_put_back(queue, delivery, SECOND);
	assert_int_equal(delivery->attempts, 0);
	assert_int_equal(start(&delivery, 0), 0);
	assert_int_equal(start(&delivery, SECOND), 1);
	assert_int_equal(delivery->attempts, 1);
}

/* Hooks have places of their own: that one is due is nothing to those who have no place for it. */
static void test_hooks_and_others_are_due_apart(void **state)
{
	struct delivery *delivery;

	(void)state;
	add("lan", CONF_NOTIFY_ACTIVE);
	((struct delivery *)queue_find(queue, 1))->until_ns = 100;
	add("wan", CONF_NOTIFY_ACTIVE);
	((struct delivery *)queue_find(queue, 2))->due_ns = 7;
	assert_int_equal(queue_deadline(queue, true, PLACES), 0);
	assert_int_equal(queue_deadline(queue, false, PLACES), 7);
	delivery = queue_start(queue, true, PLACES, 0);
	assert_int_equal(delivery->id, 1);
	assert_int_equal(queue_deadline(queue, true, PLACES), QUEUE_NEVER);
	assert_int_equal(queue_deadline(queue, false, PLACES), 7);
	queue_put_back(queue, delivery, 5);
	assert_int_equal(queue_deadline(queue, true, PLACES), 5);
}

/* ---- what somebody decides ---- */

/* The first of a lane fails for good. */
static void kill_first(int64_t id)
{
	struct delivery *delivery;

	assert_int_equal(start(&delivery, 0), id);
	assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_DIES);
}

static void end_next(int64_t id)
{
	struct delivery *delivery;

	assert_int_equal(start(&delivery, 0), id);
	assert_int_equal(queue_end(queue, delivery, NULL, 0), QUEUE_DELIVERED);
}

static bool is_not_of_backup(void *arg, const struct delivery *delivery)
{
	(void)arg;
	return delivery->word != CONF_NOTIFY_BACKUP;
}

static void test_all_that_can_be_are_retried_and_all_dead_ones_dropped(void **state)
{
	struct delivery *delivery;

	(void)state;
	add_of(1, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_ALL);
	kill_first(1);
	add_of(1, "lan", CONF_NOTIFY_BACKUP, CONF_NOTIFY_ALL);
	kill_first(2);
	add_of(1, "wan", CONF_NOTIFY_FAULT, CONF_NOTIFY_ALL);
	kill_first(3);
	add("own", CONF_NOTIFY_ACTIVE); /* waits for its pause */
	assert_int_equal(start(&delivery, 0), 4);
	assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_AGAIN);
	assert_int_equal(queue_retry_all(queue, is_not_of_backup, NULL, 5), 3);
	assert_int_equal(queue_dead(queue), 1);
	assert_int_equal(queue_find(queue, 2)->life, DELIVERY_DEAD);
	assert_int_equal(queue_retry_all(queue, is_not_of_backup, NULL, 5), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(start(&delivery, 5));
		assert_int_not_equal(delivery->id, 2);
		assert_int_equal(queue_end(queue, delivery, NULL, 5), QUEUE_DELIVERED);
	}
	assert_int_equal(queue_drop_all(queue), 1);
	assert_int_equal(queue_drop_all(queue), 0);
	assert_int_equal(queue_counts(queue)->dropped, 1);
	assert_null(queue_find(queue, 2));
}

static void test_actions_that_are_retried_together_are_one(void **state)
{
	(void)state;
	add_of(1, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	kill_first(1);
	add_of(1, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	kill_first(2);
	assert_int_equal(queue_retry_all(queue, is_not_of_backup, NULL, 0), 2);
	assert_int_equal(queue_waits(queue), 1);
	end_next(2);
}

static void test_dead_letter_that_is_retried_keeps_its_place(void **state)
{
	struct delivery *delivery;

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		add_of(1, "lan", CONF_NOTIFY_BACKUP, CONF_NOTIFY_ALL);
	kill_first(1);
	kill_first(2);
	add_of(1, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_ALL);
	assert_int_equal(start(&delivery, 0), 3);
	for (unsigned i = 0; i < QUEUE_CLASS_MAX; i++)
		add_of(1, "lan", CONF_NOTIFY_FAULT, CONF_NOTIFY_ALL);
	/* The lane is full: nothing is merged into the old ones, nor they into the newest. */
	assert_int_equal(queue_retry(queue, 2, 0), 0);
	assert_int_equal(queue_retry(queue, 1, 0), 0);
	assert_int_equal(queue_counts(queue)->merged, 0);
	assert_int_equal(queue_end(queue, delivery, NULL, 0), QUEUE_DELIVERED);
	for (int64_t id = 1; id <= 7; id++)
		if (id != 3)
			end_next(id);
	assert_int_equal(queue_waits(queue), 0);
}

static void test_action_that_is_no_longer_true_is_not_retried(void **state)
{
	struct delivery *newer;

	(void)state;
	add_of(1, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	kill_first(1);
	add_of(1, "lan", CONF_NOTIFY_BACKUP, CONF_NOTIFY_CURRENT);
	logged();
	assert_int_equal(queue_retry(queue, 1, 0), -ESTALE);
	assert_int_equal(start(&newer, 0), 2);
	assert_int_equal(queue_retry(queue, 1, 0), -ESTALE);
	assert_string_equal(logged(), "started 2;");
	assert_int_equal(queue_find(queue, 1)->life, DELIVERY_DEAD);
	assert_int_equal(queue_end(queue, newer, NULL, 0), QUEUE_DELIVERED);
	assert_int_equal(queue_drop(queue, 1), 0);
}

static void test_action_that_is_retried_is_superseded_like_any_other(void **state)
{
	(void)state;
	add_of(1, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	kill_first(1);
	assert_int_equal(queue_retry(queue, 1, 0), 0);
	add_of(1, "lan", CONF_NOTIFY_BACKUP, CONF_NOTIFY_CURRENT);
	end_next(2);
	assert_int_equal(queue_waits(queue), 0);
}

static void test_one_that_waits_for_its_pause_is_retried_now(void **state)
{
	struct delivery *delivery;

	(void)state;
	add("lan", CONF_NOTIFY_ACTIVE);
	add("lan", CONF_NOTIFY_FAULT);
	assert_int_equal(start(&delivery, 0), 1);
	assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_AGAIN);
	assert_int_equal(start(&delivery, 5), 0);
	logged();
	/* The second one waits for the first. */
	assert_int_equal(queue_retry(queue, 2, 5), 0);
	assert_string_equal(logged(), "waits 1;");
	assert_int_equal(queue_deadline(queue, false, PLACES), 5);
	assert_int_equal(start(&delivery, 5), 1);
	assert_int_equal(delivery->attempts, 2);
}

/* An entry may be told of "active" alone. */
static void test_states_that_an_entry_is_not_told_of_end_what_was_true(void **state)
{
	const struct delivery lane = { .entry = 1, .router = "lan" };
	struct delivery *delivery;

	(void)state;
	add_of(0, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	add_of(0, "wan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	queue_outdate(queue, &lane);
	assert_string_equal(logged(), "waits 1;waits 2;gone 1;");
	end_next(2);
	/* While it is made: it is not tried again, nor put back. */
	add_of(0, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	assert_int_equal(start(&delivery, 0), 3);
	queue_outdate(queue, &lane);
	assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_GONE);
	add_of(0, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	assert_int_equal(start(&delivery, 0), 4);
	queue_outdate(queue, &lane);
	queue_put_back(queue, delivery, 0);
	assert_int_equal(queue_waits(queue), 0);
	assert_int_equal(queue_counts(queue)->superseded, 3);
}

/* Who is run for "active", and who is for the rest: what was last is true. */
static void test_entries_that_are_one_action_have_one_lane(void **state)
{
	struct delivery *delivery, *other;

	(void)state;
	add_of(0, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	assert_int_equal(start(&delivery, 0), 1);
	add_of(2, "lan", CONF_NOTIFY_FAULT, CONF_NOTIFY_CURRENT);
	assert_int_equal(start(&other, 0), 0);
	assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_GONE); /* true no more */
	assert_int_equal(start(&other, 0), 2);
	assert_int_equal(queue_end(queue, other, "no", 0), QUEUE_AGAIN);
	add_of(0, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	assert_null(queue_find(queue, 2));
	end_next(3);
	assert_int_equal(queue_waits(queue), 0);
	/* Their other events are merged with none of each other's. */
	for (unsigned i = 0; i < QUEUE_CLASS_MAX; i++)
		add_of(0, "lan", CONF_NOTIFY_DRAIN, CONF_NOTIFY_CURRENT);
	add_of(2, "lan", CONF_NOTIFY_DRAIN, CONF_NOTIFY_CURRENT);
	assert_int_equal(queue_counts(queue)->merged, 0);
}

static struct delivery *add_again(int64_t due_ns, int64_t latest_ns)
{
	struct delivery *delivery = calloc(1, sizeof(*delivery));

	assert_non_null(delivery);
	*delivery = (struct delivery){ .id = next_id++,
				       .conf = &entries[0],
				       .entry = 1,
				       .router = "lan",
				       .word = CONF_NOTIFY_ACTIVE,
				       .deliver = CONF_NOTIFY_CURRENT,
				       .due_ns = due_ns,
				       .latest_ns = latest_ns,
				       .message = strdup("{}") };
	assert_int_equal(queue_add(queue, delivery), 0);
	return delivery;
}

static const struct delivery like_active = {
	.entry = 1, .conf = &entries[0], .router = "lan", .word = CONF_NOTIFY_ACTIVE
};

static void test_what_is_told_once_more_is_put_off_for_no_longer_than_that(void **state)
{
	struct delivery *delivery;

	(void)state;
	assert_false(queue_put_off(queue, &like_active, 2));
	add_again(2, 30);
	for (int64_t now = 1; now < 40; now++) {
		assert_true(queue_put_off(queue, &like_active, now + 2));
		assert_int_equal(queue_deadline(queue, false, PLACES), now < 28 ? now + 2 : 30);
	}
	assert_int_equal(start(&delivery, 30), 1);
	assert_false(queue_put_off(queue, &like_active, 42)); /* that one has begun before */
	/* A pause behind a failure is not made longer either. */
	assert_int_equal(queue_end(queue, delivery, "no", 40), QUEUE_AGAIN);
	assert_true(queue_put_off(queue, &like_active, 2 * SECOND));
	assert_int_equal(queue_deadline(queue, false, PLACES), SECOND + 40);
	add_of(0, "lan", CONF_NOTIFY_BACKUP, CONF_NOTIFY_CURRENT);
	assert_null(queue_find(queue, 1));
	assert_false(queue_put_off(queue, &like_active, 2));
}

/* A contest neither delays the first time, nor ends attempts. */
static void test_what_is_told_once_more_comes_behind_the_first_time(void **state)
{
	struct delivery *delivery;

	(void)state;
	add_of(0, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	assert_false(queue_put_off(queue, &like_active, 2));
	add_again(2, 30);
	assert_int_equal(start(&delivery, 0), 1);
	assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_AGAIN);
	assert_int_equal(start(&delivery, SECOND), 1);
	assert_int_equal(queue_end(queue, delivery, NULL, SECOND), QUEUE_DELIVERED);
	assert_int_equal(start(&delivery, 2 * SECOND), 2);
	add_of(0, "lan", CONF_NOTIFY_FAULT, CONF_NOTIFY_CURRENT);
	assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_GONE);
	end_next(3);
}

/* A check that is up by now is not told to be down, and each has its own. */
static void test_checks_that_are_to_be_current_end_with_the_next_of_theirs(void **state)
{
	struct delivery *delivery;

	(void)state;
	for (subject = 1; subject <= 2; subject++)
		add_of(0, "", CONF_NOTIFY_CHECK, CONF_NOTIFY_CURRENT);
	assert_int_equal(start(&delivery, 0), 1);
	subject = 1;
	add_of(0, "", CONF_NOTIFY_CHECK, CONF_NOTIFY_CURRENT);
	add_of(0, "", CONF_NOTIFY_CHECK, CONF_NOTIFY_CURRENT);
	assert_null(queue_find(queue, 3));
	assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_GONE);
	end_next(2);
	end_next(4);
	/* Neither by a state, nor is that by a check. */
	add_of(0, "lan", CONF_NOTIFY_CHECK, CONF_NOTIFY_CURRENT);
	add_of(0, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT);
	add_of(0, "lan", CONF_NOTIFY_CHECK, CONF_NOTIFY_CURRENT);
	assert_null(queue_find(queue, 5));
	end_next(6);
	end_next(7);
	/* What happens, and is no condition, is told each time. */
	add_of(0, "lan", CONF_NOTIFY_DRAIN, CONF_NOTIFY_CURRENT);
	add_of(0, "lan", CONF_NOTIFY_DRAIN, CONF_NOTIFY_CURRENT);
	end_next(8);
	end_next(9);
}

/* For each of many routers one hangs: it leaves places to others. */
static void test_program_leaves_as_many_places_as_it_has(void **state)
{
	struct delivery *delivery = NULL, *hung;
	unsigned left = 8;
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "r%u", i);
		add(name, CONF_NOTIFY_ACTIVE);
	}
	while ((hung = queue_start(queue, false, left, 0))) {
		delivery = hung;
		left--;
	}
	assert_int_equal(left, 4);
	assert_int_equal(queue_deadline(queue, false, left), QUEUE_NEVER);
	add_of(1, "r0", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_ALL);
	assert_int_equal(queue_deadline(queue, false, left), 0);
	assert_int_equal(queue_deadline(queue, false, 0), QUEUE_NEVER);
	hung = queue_start(queue, false, left, 0);
	assert_int_equal(hung->id, 11);
	assert_int_equal(queue_end(queue, hung, NULL, 0), QUEUE_DELIVERED);
	/* Each that ends makes room for the next one. */
	queue_put_back(queue, delivery, SECOND);
	assert_int_equal(queue_start(queue, false, left + 1, 0)->id, 5);
	assert_null(queue_start(queue, false, left, 0));
}

/* For each of many routers that leave at once: nobody else takes those places. */
static void test_hooks_of_one_program_take_all_places(void **state)
{
	unsigned left = 8;
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		struct delivery *hook = calloc(1, sizeof(*hook));

		snprintf(name, sizeof(name), "r%u", i);
		*hook = (struct delivery){ .id = next_id++, .conf = &entries[0], .entry = 1 };
		hook->until_ns = SECOND;
		strcpy(hook->router, name);
		assert_int_equal(queue_add(queue, hook), 0);
	}
	while (queue_start(queue, true, left, 0))
		left--;
	assert_int_equal(left, 0);
}

static void test_pages_are_never_outdated(void **state)
{
	const struct delivery lane = { .entry = 1, .router = "lan" };

	(void)state;
	add("lan", CONF_NOTIFY_ACTIVE);
	queue_outdate(queue, &lane);
	end_next(1);
}

static void test_group_and_router_of_one_name_are_two_lanes(void **state)
{
	struct delivery *delivery, *group = calloc(1, sizeof(*group));

	(void)state;
	assert_non_null(group);
	add("lan", CONF_NOTIFY_ACTIVE);
	*group = (struct delivery){ .id = next_id++,
				    .conf = &entries[0],
				    .entry = 1,
				    .word = CONF_NOTIFY_ACTIVE,
				    .of_group = true,
				    .message = strdup("{}") };
	strcpy(group->router, "lan");
	assert_int_equal(queue_add(queue, group), 0);
	assert_int_equal(start(&delivery, 0), 1);
	assert_int_equal(start(&delivery, 0), 2);
}

/* ---- what a store had ---- */

static int64_t load(unsigned word, unsigned deliver, enum delivery_life life)
{
	struct delivery *delivery = calloc(1, sizeof(*delivery));

	assert_non_null(delivery);
	*delivery = (struct delivery){ .id = next_id++,
				       .conf = &entries[0],
				       .entry = 1,
				       .word = (uint8_t)word,
				       .deliver = (uint8_t)deliver,
				       .life = life,
				       .attempts = life != DELIVERY_WAITS,
				       .message = strdup("{}") };
	strcpy(delivery->router, "lan");
	assert_int_equal(queue_load(queue, delivery), 0);
	return next_id - 1;
}

/* Also with more than the limit of them, as after a dead letter was retried. */
static void test_what_is_loaded_is_as_it_was(void **state)
{
	(void)state;
	for (unsigned i = 0; i < QUEUE_CLASS_MAX + 2; i++)
		load(CONF_NOTIFY_ACTIVE, CONF_NOTIFY_ALL, DELIVERY_WAITS);
	assert_string_equal(logged(), "");
	for (int64_t id = 1; id <= QUEUE_CLASS_MAX + 2; id++)
		end_next(id);
	assert_int_equal(queue_counts(queue)->merged, 0);
}

static void test_what_was_begun_before_counts_towards_no_limit(void **state)
{
	struct delivery *delivery;

	(void)state;
	load(CONF_NOTIFY_ACTIVE, CONF_NOTIFY_ALL, DELIVERY_STARTED);
	for (unsigned i = 0; i < QUEUE_CLASS_MAX; i++)
		add("lan", CONF_NOTIFY_FAULT);
	assert_int_equal(queue_counts(queue)->merged, 0);
	add("lan", CONF_NOTIFY_BACKUP);
	assert_int_equal(queue_counts(queue)->merged, 1);
	assert_int_equal(start(&delivery, 0), 1);
	assert_int_equal(delivery->attempts, 2); /* it may have been told */
}

static void test_what_is_loaded_late_comes_before_what_is_newer(void **state)
{
	(void)state;
	next_id = 100;
	add("lan", CONF_NOTIFY_FAULT);
	next_id = 1;
	forgotten_n = 0;
	load(CONF_NOTIFY_BACKUP, CONF_NOTIFY_ALL, DELIVERY_WAITS);
	load(CONF_NOTIFY_ACTIVE, CONF_NOTIFY_ALL, DELIVERY_WAITS);
	end_next(1);
	end_next(2);
	end_next(100);
}

static void test_action_that_is_loaded_is_gone_if_there_is_a_newer_one(void **state)
{
	struct delivery *delivery;

	(void)state;
	load(CONF_NOTIFY_ACTIVE, CONF_NOTIFY_CURRENT, DELIVERY_STARTED);
	load(CONF_NOTIFY_BACKUP, CONF_NOTIFY_CURRENT, DELIVERY_WAITS);
	assert_string_equal(logged(), "gone 1;");
	assert_int_equal(start(&delivery, 0), 2);
	next_id = 1;
	forgotten_n = 0;
	load(CONF_NOTIFY_FAULT, CONF_NOTIFY_CURRENT, DELIVERY_WAITS);
	assert_string_equal(logged(), "started 2;gone 1;");
	assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_AGAIN);
}

static void test_dead_letters_have_an_end(void **state)
{
	struct delivery *delivery;

	(void)state;
	for (unsigned i = 0; i < QUEUE_DEAD_MAX + 5; i++) {
		add_of(1, "lan", CONF_NOTIFY_ACTIVE, CONF_NOTIFY_ALL);
		assert_true(start(&delivery, 0));
		assert_int_equal(queue_end(queue, delivery, "no", 0), QUEUE_DIES);
		log_text[0] = '\0';
	}
	assert_int_equal(queue_counts(queue)->dropped, 5);
	assert_int_equal(forgotten_n, 5);
	assert_int_equal(queue_drop(queue, 5), -ENOENT);
	assert_int_equal(queue_drop(queue, 6), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_queue, close_queue)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_lane_is_told_in_order_and_never_two_at_once),
		TEST(test_lanes_wait_for_nobody_else),
		TEST(test_failure_is_tried_again_later_and_later_and_dies),
		TEST(test_dead_letter_is_retried_or_dropped),
		TEST(test_all_that_can_be_are_retried_and_all_dead_ones_dropped),
		TEST(test_actions_that_are_retried_together_are_one),
		TEST(test_states_are_merged_and_the_last_is_never_lost),
		TEST(test_events_about_one_thing_alone_are_merged),
		TEST(test_beginning_and_end_are_about_one_thing),
		TEST(test_what_is_current_supersedes_what_waits),
		TEST(test_put_back_is_no_attempt),
		TEST(test_hooks_and_others_are_due_apart),
		TEST(test_dead_letter_that_is_retried_keeps_its_place),
		TEST(test_action_that_is_no_longer_true_is_not_retried),
		TEST(test_action_that_is_retried_is_superseded_like_any_other),
		TEST(test_one_that_waits_for_its_pause_is_retried_now),
		TEST(test_states_that_an_entry_is_not_told_of_end_what_was_true),
		TEST(test_entries_that_are_one_action_have_one_lane),
		TEST(test_what_is_told_once_more_is_put_off_for_no_longer_than_that),
		TEST(test_what_is_told_once_more_comes_behind_the_first_time),
		TEST(test_checks_that_are_to_be_current_end_with_the_next_of_theirs),
		TEST(test_program_leaves_as_many_places_as_it_has),
		TEST(test_hooks_of_one_program_take_all_places),
		TEST(test_pages_are_never_outdated),
		TEST(test_group_and_router_of_one_name_are_two_lanes),
		TEST(test_what_is_loaded_is_as_it_was),
		TEST(test_what_was_begun_before_counts_towards_no_limit),
		TEST(test_what_is_loaded_late_comes_before_what_is_newer),
		TEST(test_action_that_is_loaded_is_gone_if_there_is_a_newer_one),
		TEST(test_dead_letters_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
