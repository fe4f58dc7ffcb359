/* SPDX-License-Identifier: MIT */
/*
 * Who waits for a hook, as the message of its delivery says: that is all that is left of it when
 * the notifier was killed, or replaced by another version.
 */
#include "test.h"

#include <stdlib.h>

#include "agent/event.h"
#include "agent/notify/message.h"

static void test_hold_of_a_message_is_what_the_command_was_told(void **state)
{
	struct message_hold hold;
	char text[200];

	(void)state;
	for (enum event_before i = EVENT_BEFORE_DRAIN; i < EVENT_BEFORE_COUNT; i++) {
		snprintf(text, sizeof(text),
			 "{\"kind\": \"leave\", \"router\": \"lan\", \"family\": 6, \"before\": "
			 "\"%s\", \"hold_ns\": 1234000000000}",
			 event_before_word(i));
		assert_true(message_hold(text, &hold));
		assert_string_equal(hold.router, "lan");
		assert_int_equal(hold.family, 6);
		assert_int_equal(hold.until_ns, 1234 * SECOND);
		assert_int_equal(hold.before, i);
	}
}

/* A version that knew drains alone stored it without the word, a later one may with another. */
static void test_hold_of_a_message_without_a_word_we_know_is_a_drains(void **state)
{
	static const char *const rows[] = {
		"{\"router\": \"lan\", \"family\": 4, \"hold_ns\": 5}",
		"{\"router\": \"lan\", \"family\": 4, \"hold_ns\": 5, \"before\": null}",
		"{\"router\": \"lan\", \"family\": 4, \"hold_ns\": 5, \"before\": 2}",
		"{\"router\": \"lan\", \"family\": 4, \"hold_ns\": 5, \"before\": \"moving\"}",
	};
	struct message_hold hold;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(message_hold(rows[i], &hold));
		assert_int_equal(hold.before, EVENT_BEFORE_DRAIN);
		assert_int_equal(hold.until_ns, 5);
	}
}

static void test_hold_of_a_message_for_whom_nobody_waits_is_none(void **state)
{
	static const char *const rows[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"router\": \"lan\", \"family\": 4}",
		"{\"router\": \"lan\", \"family\": 4, \"hold_ns\": 0}",
		"{\"router\": \"lan\", \"family\": 4, \"hold_ns\": -5}",
		"{\"router\": \"lan\", \"family\": 4, \"hold_ns\": \"5\"}",
		"{\"family\": 4, \"hold_ns\": 5, \"before\": \"stop\"}",
		"{\"router\": 7, \"family\": 4, \"hold_ns\": 5}",
	};
	struct message_hold hold;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(message_hold(rows[i], &hold));
}

/* A name that no configuration has is cut off, and so is nobody's. */
static void test_hold_of_a_message_has_room_for_no_longer_name(void **state)
{
	char text[2000], name[1001] = "";
	struct message_hold hold;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	snprintf(text, sizeof(text), "{\"router\": \"%s\", \"family\": 4, \"hold_ns\": 5}", name);
	assert_true(message_hold(text, &hold));
	assert_int_equal(strlen(hold.router), sizeof(hold.router) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold_of_a_message_is_what_the_command_was_told),
		cmocka_unit_test(test_hold_of_a_message_without_a_word_we_know_is_a_drains),
		cmocka_unit_test(test_hold_of_a_message_for_whom_nobody_waits_is_none),
		cmocka_unit_test(test_hold_of_a_message_has_room_for_no_longer_name),
	};

	return cmocka_run_group_tests_name("notify_message", tests, NULL, NULL);
}
