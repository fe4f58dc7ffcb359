/* SPDX-License-Identifier: MIT */
/*
 * Commands that run before an Active leaves on purpose: the words for what it leaves for, and what
 * is told of its wait.
 */
#include "test.h"

#include <stdlib.h>

#include "agent/event.h"

#define UNTIL (1234 * SECOND)

static void test_before_has_a_word_for_each_and_back(void **state)
{
	static const char *const words[EVENT_BEFORE_COUNT] = {
		[EVENT_BEFORE_DRAIN] = "drain",
		[EVENT_BEFORE_STOP] = "stop",
		[EVENT_BEFORE_REMOVAL] = "removal",
		[EVENT_BEFORE_PRIORITY] = "priority",
	};

	(void)state;
	for (enum event_before i = EVENT_BEFORE_DRAIN; i < EVENT_BEFORE_COUNT; i++) {
		assert_string_equal(event_before_word(i), words[i]);
		assert_int_equal(event_before_of(words[i]), i);
	}
}

/* Those who wrote none knew drains alone. */
static void test_before_of_anything_else_is_a_drain(void **state)
{
	static const char *const garbage[] = { NULL,    "",          "sto",  "stopped",
					       "Stop ", "removal\n", "DRAIN" };

	(void)state;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		assert_int_equal(event_before_of(garbage[i]), EVENT_BEFORE_DRAIN);
	assert_string_equal(event_before_word((enum event_before)0), "drain");
	assert_string_equal(event_before_word(EVENT_BEFORE_COUNT), "drain");
	assert_string_equal(event_before_word((enum event_before)255), "drain");
}

static struct event leave_event(unsigned what, enum event_before before)
{
	struct event event = event_of(EVENT_LEAVE, "lan", "eth0", 4);

	event.fact.word = (uint8_t)what;
	strcpy(event.fact.name, event_before_word(before));
	if (what == EVENT_DRAIN_WAITS) {
		event.fact.number[0] = 30500;
		event.fact.number[1] = UNTIL;
	}
	event.level = (uint8_t)event_level(&event);
	return event;
}

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Of each that there is, by the first word of its note that no other has. */
static const struct {
	enum event_drain what;
	const char *word, *wait, *note;
	enum log_level level;
} rows[] = {
	{ EVENT_DRAIN_WAITS, "waits", " wait_ms=30500", "it serves as before", LOG_LEVEL_INFO },
	{ EVENT_DRAIN_READY, "ready", "", "the commands before it have ended", LOG_LEVEL_INFO },
	{ EVENT_DRAIN_HOOK_FAILED, "hook_failed", "", "a command before it has failed",
	  LOG_LEVEL_WARNING },
	{ EVENT_DRAIN_HOOK_LATE, "hook_late", "", "nobody said in time", LOG_LEVEL_WARNING },
	{ EVENT_DRAIN_HOOK_USELESS, "hook_useless", "", "it is not Active any more",
	  LOG_LEVEL_INFO },
	{ EVENT_DRAIN_VOID, "void", "", "it stays, since ", LOG_LEVEL_INFO },
	{ EVENT_DRAIN_ALONE, "alone", "", "no other host has taken over", LOG_LEVEL_WARNING },
};

static void test_leave_has_a_line_for_each_word_and_cause(void **state)
{
	char line[EVENT_LINE_SIZE], begin[200];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (enum event_before b = EVENT_BEFORE_STOP; b < EVENT_BEFORE_COUNT; b++) {
			struct event event = leave_event(rows[i].what, b);

			snprintf(begin, sizeof(begin),
				 "router=lan family=4 leave=%s before=%s%s note=\"%s", rows[i].word,
				 event_before_word(b), rows[i].wait, rows[i].note);
			event_line(&event, line);
			if (strncmp(line, begin, strlen(begin)) != 0)
				fail_msg("%s\nis not\n%s", line, begin);
			assert_int_equal(event.level, rows[i].level);
		}
	}
}

static void test_leave_has_its_json_for_each_word_and_cause(void **state)
{
	char *text = malloc(EVENT_JSON_SIZE), member[80];

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (enum event_before b = EVENT_BEFORE_STOP; b < EVENT_BEFORE_COUNT; b++) {
			struct event event = leave_event(rows[i].what, b);

			event_json(&event, text);
			snprintf(member, sizeof(member), "\"leave\": \"%s\", \"before\": \"%s\"",
				 rows[i].word, event_before_word(b));
			if (!strstr(text, member) || !strstr(text, "\"kind\": \"leave\""))
				fail_msg("%s has no %s", text, member);
			assert_int_equal(!strstr(text, "\"hold_ns\": 1234000000000"),
					 rows[i].what != EVENT_DRAIN_WAITS);
			assert_int_equal(!strstr(text, "\"wait_ms\": 30500"),
					 rows[i].what != EVENT_DRAIN_WAITS);
		}
	}
	free(text);
}

/* Why it stays depends on what it was to leave for. */
static void test_leave_that_is_void_says_why(void **state)
{
	struct event removal = leave_event(EVENT_DRAIN_VOID, EVENT_BEFORE_REMOVAL);
	struct event priority = leave_event(EVENT_DRAIN_VOID, EVENT_BEFORE_PRIORITY);
	char line[EVENT_LINE_SIZE];

	(void)state;
	assert_non_null(strstr(event_line(&removal, line), "was to remove it was refused\""));
	assert_non_null(strstr(event_line(&priority, line), "given it back its priority\""));
}

/* Of a later version. */
static void test_leave_of_an_unknown_word_has_a_line(void **state)
{
	struct event event = leave_event(99, EVENT_BEFORE_STOP);
	char line[EVENT_LINE_SIZE];

	(void)state;
	memset(event.fact.name, 'x', sizeof(event.fact.name) - 1);
	assert_non_null(strstr(event_line(&event, line), "leave=99 before=xxx"));
	assert_int_equal(event.level, LOG_LEVEL_INFO);
}

/* ---- what a router shares with another one of its group ---- */

static void test_shared_has_the_word_of_the_other_line(void **state)
{
	static const struct {
		enum event_kind kind;
		unsigned word;
		const char *text, *json;
	} kinds[] = {
		{ EVENT_DRAIN, EVENT_DRAIN_BEGINS, "drain=begins", "\"drain\": \"begins\"" },
		{ EVENT_DRAINED, EVENT_DRAIN_OFFERS, "drain=offers", "\"drain\": \"offers\"" },
		{ EVENT_LEAVE, EVENT_DRAIN_WAITS, "leave=waits", "\"leave\": \"waits\"" },
		{ EVENT_RESORT, EVENT_RESORT_CEDES, "resort=cedes", "\"resort\": \"cedes\"" },
		{ EVENT_DAMPED, EVENT_DAMPING_BEGINS, "damped=begins", "\"damped\": \"begins\"" },
	};
	char *text = malloc(EVENT_JSON_SIZE), expected[200];

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct event event = event_of(EVENT_SHARED, "wan", "eth1", 4);

		event.fact.number[0] = kinds[i].kind;
		event.fact.word = (uint8_t)kinds[i].word;
		strcpy(event.fact.name, "lan");
		snprintf(expected, sizeof(expected),
			 "router=wan family=4 with=lan %s note=\"a group has one fate: the line of "
			 "that router says more\"",
			 kinds[i].text);
		assert_string_equal(event_line(&event, text), expected);
		snprintf(expected, sizeof(expected), "\"with\": \"lan\", %s }", kinds[i].json);
		assert_non_null(strstr(event_json(&event, text), expected));
		/* Of a kind or a word that this version does not know nothing is said. */
		event.fact.word = 255;
		assert_null(strstr(event_line(&event, text), "=begins"));
		event.fact.number[0] = -1;
		assert_null(strstr(event_line(&event, text), "=begins"));
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_has_a_word_for_each_and_back),
		cmocka_unit_test(test_before_of_anything_else_is_a_drain),
		cmocka_unit_test(test_leave_has_a_line_for_each_word_and_cause),
		cmocka_unit_test(test_leave_has_its_json_for_each_word_and_cause),
		cmocka_unit_test(test_leave_that_is_void_says_why),
		cmocka_unit_test(test_leave_of_an_unknown_word_has_a_line),
		cmocka_unit_test(test_shared_has_the_word_of_the_other_line),
	};

	return cmocka_run_group_tests_name("event_leave", tests, NULL, NULL);
}
