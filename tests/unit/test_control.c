/* SPDX-License-Identifier: MIT */
/*
 * Who asks for a reload over the control socket waits as long as that may take, by a clock of the
 * test's: for the keeper to take it on, and then for its end, which routers that leave put off.
 */
#include "test_conf.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "agent/control_message.h"
#include "agent/router/control.h"

#define ASKED  (1000 * SECOND)
#define GRACE  (CONTROL_RELOAD_END_NS + 2 * SECOND) /* nobody waits longer for the keeper's word */
#define LIMIT  (30 * SECOND)                        /* nor for the end, behind the last leave */
#define LEAVES (ASKED + 300 * SECOND)

struct scene {
	char directory[40];
	struct conf *conf;
	struct control *control;
	int fd; /* of who asks */
};

static void turn(const struct scene *scene, int64_t now_ns)
{
	const struct clocks now = { now_ns, 1800000000 * SECOND };

	control_dispatch(scene->control, &now);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Somebody asks for a reload, as vipctl of every version does. */
static void ask(struct scene *scene)
{
	const struct control_request request = { CONTROL_MAGIC, CONTROL_VERSION_RELOAD,
						 CONTROL_RELOAD };

	assert_int_equal(send(scene->fd, &request, sizeof(request), 0), sizeof(request));
	turn(scene, ASKED); /* is let in, */
	turn(scene, ASKED); /* and read */
	assert_true(control_reload_asked(scene->control));
	assert_false(control_reload_asked(scene->control));
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct answer_facts facts = { .conf_path = "", .conf_fd = -1, .figures_fd = -1 };
	char text[400];

	assert_non_null(scene);
	*state = scene;
	strcpy(scene->directory, "/dev/shm/vipd-control-XXXXXX");
	assert_non_null(mkdtemp(scene->directory));
	snprintf(text, sizeof(text),
		 "node = \"gw1\"; control = \"%s/sock\"; routers = ( { name = \"lan\"; interface = "
		 "\"eth0\"; vrid = 1; addresses = ( \"192.0.2.1/24\" ); } );",
		 scene->directory);
	facts.conf = scene->conf = conf_of(text);
	assert_int_equal(control_open(&facts, &scene->control), 0);
	assert_int_equal(control_listen(scene->control, CONTROL_BIRTH_FIRST), 0);
	assert_int_equal(control_publish(scene->control, scene->conf->control), 0);
	scene->fd = connect_to(scene->conf->control);
	ask(scene);
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	close(scene->fd);
	control_close(scene->control);
	assert_int_equal(rmdir(scene->directory), 0);
	conf_free(scene->conf);
	free(scene);
	return 0;
}

/* Whether it was answered by now; the text is appended to "done", "failed" or "again". */
static bool is_answered(const struct scene *scene, char *ret_text)
{
	static const char *const words[] = { "done", "failed", [CONTROL_AGAIN] = "again" };
	struct control_result result;
	ssize_t len = recv(scene->fd, &result, sizeof(result), 0);

	if (len < 0)
		return false;
	assert_int_equal(len, sizeof(result));
	assert_true(result.magic == CONTROL_MAGIC && result.failed <= CONTROL_AGAIN);
	sprintf(ret_text, "%s: %.200s", words[result.failed], result.text);
	return true;
}

static void assert_waits(const struct scene *scene, int64_t now_ns)
{
	char text[256];

	turn(scene, now_ns);
	if (is_answered(scene, text))
		fail_msg("%s", text);
}

/* What is to be done then is known before. */
static void assert_given_up(const struct scene *scene, int64_t at_ns, const char *why)
{
	char text[256];

	assert_waits(scene, at_ns - 1);
	assert_true(control_opportunity(scene->control) <= at_ns);
	turn(scene, at_ns);
	assert_true(is_answered(scene, text));
	if (strncmp(text, "failed: ", 8) != 0 || !strstr(text, why))
		fail_msg("%s", text);
}

/* The keeper has taken on what was asked for. */
static void take_on(const struct scene *scene)
{
	control_reload_taken(scene->control, ASKED + CONTROL_RELOAD_END_NS);
}

static void test_reload_that_nobody_takes_on_is_given_up(void **state)
{
	struct scene *scene = *state;
	char text[256];

	assert_waits(scene, ASKED + CONTROL_RELOAD_END_NS);
	turn(scene, ASKED + GRACE);
	assert_true(is_answered(scene, text));
	assert_non_null(strstr(text, "does not answer"));
}

/* Those routers leave for a reload of before, or for a stop: the keeper may be dead all the same.
 */
static void test_reload_that_was_not_taken_on_waits_for_no_router(void **state)
{
	struct scene *scene = *state;
	char text[256];

	control_reload_waits(scene->control, LEAVES);
	turn(scene, ASKED + GRACE);
	assert_true(is_answered(scene, text));
	assert_non_null(strstr(text, "does not answer"));
}

static void test_reload_that_was_taken_on_has_its_time(void **state)
{
	struct scene *scene = *state;

	take_on(scene);
	assert_given_up(scene, ASKED + LIMIT, "takes too long");
}

static void test_reload_waits_for_routers_that_leave_and_then_has_its_time(void **state)
{
	struct scene *scene = *state;

	take_on(scene);
	control_reload_waits(scene->control, LEAVES);
	assert_given_up(scene, LEAVES + LIMIT, "takes too long");
}

/* That is said with each sign of life, of who leaves last then. */
static void test_reload_waits_for_the_last_of_those_that_were_told(void **state)
{
	struct scene *scene = *state;

	take_on(scene);
	control_reload_waits(scene->control, ASKED + SECOND);
	control_reload_waits(scene->control, LEAVES);
	control_reload_waits(scene->control, ASKED + 2 * SECOND);
	control_reload_waits(scene->control, ASKED - SECOND);
	assert_given_up(scene, LEAVES + LIMIT, "takes too long");
}

/* The keeper says once more that it has: it takes on what another one asks for. */
static void test_time_that_routers_need_outlasts_another_word_of_the_keeper(void **state)
{
	struct scene *scene = *state;

	take_on(scene);
	control_reload_waits(scene->control, LEAVES);
	take_on(scene);
	assert_given_up(scene, LEAVES + LIMIT, "takes too long");
}

static void test_end_of_a_reload_is_told_while_it_waits_for_routers(void **state)
{
	struct scene *scene = *state;
	char text[256];

	take_on(scene);
	control_reload_waits(scene->control, LEAVES);
	assert_waits(scene, LEAVES - SECOND);
	control_reload_done(scene->control, ASKED, NULL);
	assert_true(is_answered(scene, text));
	assert_string_equal(text, "done: ");
}

/* A place of who has gone is another one's, who was not taken on. */
static void test_who_asks_later_is_not_waited_for_by_what_was_before(void **state)
{
	struct scene *scene = *state;
	char text[256];

	take_on(scene);
	close(scene->fd);
	turn(scene, ASKED);
	scene->fd = connect_to(scene->conf->control);
	ask(scene);
	control_reload_waits(scene->control, LEAVES);
	turn(scene, ASKED + GRACE);
	assert_true(is_answered(scene, text));
	assert_non_null(strstr(text, "does not answer"));
}

static void test_without_a_control_socket_nobody_waits(void **state)
{
	(void)state;
	control_reload_waits(NULL, LEAVES);
	control_reload_taken(NULL, LEAVES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reload_that_nobody_takes_on_is_given_up),
		TEST(test_reload_that_was_not_taken_on_waits_for_no_router),
		TEST(test_reload_that_was_taken_on_has_its_time),
		TEST(test_reload_waits_for_routers_that_leave_and_then_has_its_time),
		TEST(test_reload_waits_for_the_last_of_those_that_were_told),
		TEST(test_time_that_routers_need_outlasts_another_word_of_the_keeper),
		TEST(test_end_of_a_reload_is_told_while_it_waits_for_routers),
		TEST(test_who_asks_later_is_not_waited_for_by_what_was_before),
		cmocka_unit_test(test_without_a_control_socket_nobody_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
