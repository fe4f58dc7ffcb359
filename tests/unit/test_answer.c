/* SPDX-License-Identifier: MIT */
/* What a request of any version and any client is taken for, before anything is answered. */
#include "test.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "agent/router/answer.h"

#define ALL (ANSWER_READ | ANSWER_CHANGE)

#define NOT_ALLOWED                                                                                \
	"this user may not do that: it takes root, or control_group of the configuration"

static struct answer_message message;

/* The answer to a request, with the words as the bytes are. */
static struct answer asked(unsigned version, unsigned command, const char *words, size_t len,
			   unsigned rights)
{
	const struct control_request head = { CONTROL_MAGIC, (uint16_t)version, (uint16_t)command };
	const struct journal_asker asker = { .uid = 1000, .pid = 4242 };
	char request[CONTROL_REQUEST_SIZE];
	struct answer answer;

	memcpy(request, &head, sizeof(head));
	memcpy(request + sizeof(head), words, len);
	answer_begin(request, sizeof(head) + len, rights, &asker, &answer);
	return answer;
}

/* Words of a literal, with the zero of its last word. */
#define WORDS(literal, rights)                                                                     \
	asked(CONTROL_VERSION, CONTROL_WORDS, (literal), sizeof(literal), (rights))

/* That it is nothing but an end, with this error; its text is in the message. */
static void assert_end(struct answer answer, int error, const char *text)
{
	struct answer_facts facts = { .conf_fd = -1 };
	const struct clocks now = { .mono_ns = 1, .real_ns = 2 };
	struct control_end end;

	assert_false(answer_is_reload(&answer));
	assert_true(answer_next(&facts, &answer, &now, &message));
	memcpy(&end, message.bytes, sizeof(end));
	assert_int_equal(end.header.type, CONTROL_END);
	assert_int_equal(end.error, error);
	assert_int_equal(message.len, sizeof(end) + strlen(text));
	assert_memory_equal(message.bytes + sizeof(end), text, strlen(text));
	assert_int_equal(message.attached_fd, -1);
	assert_false(answer_next(&facts, &answer, &now, &message));
}

/* That nothing is done, and the names that there are will be in its end. */
static void assert_names_are_told(struct answer answer)
{
	assert_null(answer.command);
	assert_int_equal(answer.error, ENOENT);
	assert_null(answer.why);
}

static void test_answer_knows_its_commands(void **state)
{
	struct answer answer = WORDS("show", ALL);

	(void)state;
	assert_non_null(answer.command);
	assert_string_equal(answer.name, "");
	answer = WORDS("show\0lan", ALL);
	assert_non_null(answer.command);
	assert_string_equal(answer.name, "lan");
	assert_non_null(WORDS("configuration", ALL).command);
	answer = WORDS("forget\0lan", ALL);
	assert_non_null(answer.command);
	assert_string_equal(answer.name, "lan");
	assert_int_equal(answer.asker.uid, 1000);
	assert_int_equal(answer.asker.pid, 4242);
}

static void test_answer_takes_the_longest_name_and_none_longer(void **state)
{
	char words[5 + CONF_NAME_SIZE + 1] = "show";
	struct answer answer;

	(void)state;
	memset(words + 5, 'n', CONF_NAME_SIZE - 1);
	answer = asked(CONTROL_VERSION, CONTROL_WORDS, words, 5 + CONF_NAME_SIZE, ALL);
	assert_int_equal(strlen(answer.name), CONF_NAME_SIZE - 1);
	memset(words + 5, 'n', CONF_NAME_SIZE);
	assert_names_are_told(asked(CONTROL_VERSION, CONTROL_WORDS, words, sizeof(words), ALL));
	assert_names_are_told(WORDS("show\0", ALL));
}

static void test_answer_to_what_is_unknown_names_what_is_known(void **state)
{
	static const char known[] =
		"commands known here: show, checks, metrics, configuration, reload, forget, drain, "
		"resume, notify-retry, notify-drop";

	(void)state;
	assert_end(WORDS("", ALL), ENOSYS, known);
	assert_end(WORDS("bogus", ALL), ENOSYS, known);
	assert_end(WORDS("bogus\0lan", ALL), ENOSYS, known);
	assert_end(asked(CONTROL_VERSION, 77, "", 0, ALL), ENOSYS, known);
}

static void test_answer_to_half_a_request_is_an_end(void **state)
{
	static const char why[] = "vipd does not understand the request";

	(void)state;
	assert_end(asked(CONTROL_VERSION, CONTROL_WORDS, "", 0, ALL), EBADMSG, why);
	assert_end(asked(CONTROL_VERSION, CONTROL_WORDS, "show", 4, ALL), EBADMSG, why);
	assert_end(asked(CONTROL_VERSION, CONTROL_WORDS, "show\0la", 7, ALL), EBADMSG, why);
	assert_end(WORDS("show\0a\0b\0c", ALL), EBADMSG, why);
	assert_end(WORDS("show\0lan\0wan", ALL), EINVAL, "the command takes one router");
	assert_end(WORDS("notify-drop\0all\0wan", ALL), EINVAL,
		   "the command takes one delivery, or all");
	assert_end(WORDS("notify-drop\0any", ALL), EINVAL,
		   "the command takes the number of a delivery, or all");
	assert_end(WORDS("configuration\0lan", ALL), EINVAL, "the command takes no argument");
}

static void test_answer_to_a_drain_knows_how_long(void **state)
{
	static const char why[] = "the command takes a number of seconds, at most 366 days";
	struct answer answer = WORDS("drain\0"
				     "1800\0lan",
				     ALL);

	(void)state;
	assert_string_equal(answer.name, "lan");
	assert_int_equal(answer.for_ns, 1800 * SECOND);
	answer = WORDS("drain\0"
		       "0",
		       ALL);
	assert_string_equal(answer.name, "");
	assert_int_equal(answer.for_ns, VRRP_NEVER);
	assert_end(WORDS("drain", ALL), EINVAL, why);
	assert_end(WORDS("drain\0lan", ALL), EINVAL, why);
	assert_end(WORDS("drain\0-1", ALL), EINVAL, why);
	assert_end(WORDS("drain\0"
			 "31622401",
			 ALL),
		   EINVAL, why);
	assert_end(WORDS("drain\0"
			 "60",
			 ANSWER_READ),
		   EACCES, NOT_ALLOWED);
	answer = WORDS("resume\0lan", ALL);
	assert_string_equal(answer.name, "lan");
	assert_int_equal(answer.for_ns, 0);
}

static void test_answer_to_fixed_structs_says_that_they_are_over(void **state)
{
	(void)state;
	for (unsigned version = 0; version < CONTROL_VERSION; version++)
		assert_end(asked(version, 1, "", 0, ALL), EPROTO,
			   "vipd is newer than its client: use the vipctl that came with it");
}

static void test_answer_reload_is_of_all_versions(void **state)
{
	static const unsigned versions[] = { 0, 1, 2, 3, 9, 65535 };
	struct answer answer = WORDS("reload", ALL);

	(void)state;
	assert_true(answer_is_reload(&answer));
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		answer = asked(versions[i], CONTROL_RELOAD, "more", 4, ALL);
		assert_true(answer_is_reload(&answer));
	}
}

static void test_answer_asks_for_the_rights_of_a_command(void **state)
{
	(void)state;
	assert_non_null(WORDS("show", ANSWER_READ).command);
	assert_end(WORDS("show", ANSWER_CHANGE), EACCES, NOT_ALLOWED);
	assert_end(WORDS("reload", ANSWER_READ), EACCES, NOT_ALLOWED);
	assert_end(WORDS("forget", ANSWER_READ), EACCES, NOT_ALLOWED);
	assert_end(WORDS("forget\0lan", ANSWER_READ), EACCES, NOT_ALLOWED);
	assert_end(asked(2, CONTROL_RELOAD, "", 0, ANSWER_READ), EACCES, NOT_ALLOWED);
	assert_end(WORDS("configuration", 0), EACCES, NOT_ALLOWED);
}

static void test_answer_path_is_absolute_and_resolves_nothing(void **state)
{
	char path[PATH_MAX], here[PATH_MAX], expected[2 * PATH_MAX], small[8] = "before";

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	answer_path("/etc/../etc/vipd.conf", path, sizeof(path));
	assert_string_equal(path, "/etc/../etc/vipd.conf");
	answer_path("none/vipd.conf", path, sizeof(path));
	snprintf(expected, sizeof(expected), "%s/none/vipd.conf", here);
	assert_string_equal(path, expected);
	answer_path("/long/er", small, sizeof(small));
	assert_string_equal(small, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_path_is_absolute_and_resolves_nothing),
		cmocka_unit_test(test_answer_knows_its_commands),
		cmocka_unit_test(test_answer_takes_the_longest_name_and_none_longer),
		cmocka_unit_test(test_answer_to_what_is_unknown_names_what_is_known),
		cmocka_unit_test(test_answer_to_half_a_request_is_an_end),
		cmocka_unit_test(test_answer_to_a_drain_knows_how_long),
		cmocka_unit_test(test_answer_to_fixed_structs_says_that_they_are_over),
		cmocka_unit_test(test_answer_reload_is_of_all_versions),
		cmocka_unit_test(test_answer_asks_for_the_rights_of_a_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
