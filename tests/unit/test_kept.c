/* SPDX-License-Identifier: MIT */
/* What outlives a stop, in a file of a network namespace of the test's own. */
#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "agent/events.h"
#include "agent/kept.h"
#include "agent/state.h"
#include "agent/state_auth.h"

#define NOW (INT64_C(7200) * 1000000000)

static const struct state_router routers[] = {
	{ .name = "lan",
	  .interface = "eth0",
	  .vrid = 51,
	  .family = 4,
	  .marks_n = 4,
	  .key_file = 1,
	  .keys = "/etc/one" },
	{ .name = "lan6", .interface = "eth0", .vrid = 51, .family = 6 },
};
static const uint8_t source[16] = { 192, 0, 2, 9 };
static char path[EVENTS_PATH_SIZE];
static bool entered;

static struct {
	unsigned n;
	struct kept all[8];
	char names[8][EVENT_NAME_SIZE];
} taken;

static void on_kept(const struct kept *kept, void *arg)
{
	(void)arg;
	assert_true(taken.n < 8);
	strcpy(taken.names[taken.n], kept->router);
	taken.all[taken.n++] = *kept;
}

static int take(void)
{
	taken.n = 0;
	return kept_take(on_kept, NULL);
}

static struct state *new_state(void)
{
	int fd = memfd_create("test-kept", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct vrrp vr = test_backup(100, NOW);
	struct state *state;

	assert_int_equal(state_new(fd, "/run/a.sock", routers, 2, &state), 0);
	state_publish(state);
	state_put(state, 0, &vr);
	vr.config.family = 6;
	state_put(state, 1, &vr);
	close(fd);
	return state;
}

/* "namespace NUMBER" and then a text. */
static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "namespace %llu\n%s", (unsigned long long)events_namespace(), text);
	assert_int_equal(fclose(file), 0);
}

static int enter(void **unused)
{
	(void)unused;
	entered = enter_namespace();
	if (entered)
		(void)mkdir("/run/vipd", 0755);
	return events_path("kept", path);
}

static int begin(void **unused)
{
	(void)unused;
	alarm(20); /* nobody waits for what is no file */
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	alarm(0);
	(void)remove(path);
	return 0;
}

static void test_kept_is_taken_once_and_as_it_was(void **unused)
{
	struct state *state = new_state();
	unsigned marks_n;

	(void)unused;
	if (!entered)
		skip();
	state_put_drain(state, 0, NOW + 5);
	state_put_drain(state, 1, INT64_MAX);
	vrrp_hmac_mark(state_marks(state, 0, &marks_n), 4, source, 77);
	assert_int_equal(kept_write(state, NOW), 0);
	assert_int_equal(take(), 0);
	assert_int_equal(taken.n, 3);
	assert_string_equal(taken.names[0], "lan");
	assert_true(taken.all[0].family == 4 && taken.all[0].until_ns == NOW + 5);
	assert_memory_equal(taken.all[1].source, source, 16);
	assert_true(taken.all[1].family == 4 && taken.all[1].sequence == 77);
	assert_string_equal(taken.names[2], "lan6");
	assert_true(taken.all[2].family == 6 && taken.all[2].until_ns == INT64_MAX);
	assert_int_equal(take(), -ENOENT);
	state_close(state);
}

static void test_kept_of_nothing_removes_what_was_kept_before(void **unused)
{
	struct state *state = new_state();

	(void)unused;
	if (!entered)
		skip();
	write_file("drain lan 4 0\n");
	assert_int_equal(kept_write(state, NOW), 0);
	assert_int_equal(take(), -ENOENT);
	state_close(state);
}

static void test_kept_of_another_namespace_is_void(void **unused)
{
	FILE *file = fopen(path, "w");

	(void)unused;
	if (!entered)
		skip();
	assert_non_null(file);
	fprintf(file, "namespace %llu\ndrain lan 4 0\n",
		(unsigned long long)events_namespace() + 1);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(take(), 0);
	assert_int_equal(taken.n, 0);
}

static void test_kept_lines_that_make_no_sense_are_passed_over(void **unused)
{
	(void)unused;
	if (!entered)
		skip();
	write_file("drain lan 4\ndrain lan 4 -5\ndrain lan 5 0\ndrain lan -4 0\nmark lan 4 zz "
		   "5\n\nrain lan 4 0\n"
		   "mark lan 4 c0000209000000000000000000000000 0\n"
		   "drain lan 4 0\n"
		   "mark lan 4 c0000209000000000000000000000000 7"); /* cut off */
	assert_int_equal(take(), 0);
	assert_int_equal(taken.n, 2);
	assert_true(taken.all[0].until_ns == INT64_MAX && taken.all[1].sequence == 7);
}

static void test_kept_that_is_no_file_is_not_waited_for(void **unused)
{
	struct state *state = new_state();

	(void)unused;
	if (!entered)
		skip();
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(take(), -EPERM);
	state_put_drain(state, 0, NOW + 5);
	assert_int_equal(kept_write(state, NOW), 0); /* in its place */
	assert_int_equal(take(), 0);
	assert_int_equal(taken.n, 1);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(take(), -EPERM);
	assert_int_equal(kept_write(state, NOW), -EISDIR);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(take(), -ELOOP);
	state_close(state);
}

static void test_kept_of_another_user_is_not_taken(void **unused)
{
	(void)unused;
	if (!entered)
		skip();
	write_file("drain lan 4 0\n");
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(take(), -EPERM);
}

/* What a keeper left that died while it wrote, or somebody else put there. */
static void test_kept_is_written_whatever_stands_beside_it(void **unused)
{
	struct state *state = new_state();
	char path_new[sizeof(path) + 4];

	(void)unused;
	if (!entered)
		skip();
	snprintf(path_new, sizeof(path_new), "%s.new", path);
	state_put_drain(state, 0, NOW + 5);
	assert_int_equal(mkfifo(path_new, 0600), 0);
	assert_int_equal(kept_write(state, NOW), 0);
	assert_int_equal(access(path_new, F_OK), -1);
	assert_int_equal(take(), 0);
	assert_int_equal(taken.n, 1);
	state_close(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept_is_taken_once_and_as_it_was),
		TEST(test_kept_of_nothing_removes_what_was_kept_before),
		TEST(test_kept_of_another_namespace_is_void),
		TEST(test_kept_lines_that_make_no_sense_are_passed_over),
		TEST(test_kept_that_is_no_file_is_not_waited_for),
		TEST(test_kept_of_another_user_is_not_taken),
		TEST(test_kept_is_written_whatever_stands_beside_it),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
