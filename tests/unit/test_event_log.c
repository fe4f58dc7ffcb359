/* SPDX-License-Identifier: MIT */
/*
 * Readers of the journal of 4,080 routers that change their states together: what they are told,
 * and what they know that they were not; and of one that changes again and again. The log is what
 * is written to standard error.
 */
#include "test.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/event_log.h"

#define ROUTERS 4080

/* Standard error is elsewhere meanwhile. */
struct sink {
	int saved_fd, read_fd;
};

/* @file: takes everything; else a pipe, which does not. */
static struct sink open_sink(bool file)
{
	struct sink sink = { .saved_fd = dup(STDERR_FILENO) };
	int fds[2];

	if (file) {
		fds[0] = fds[1] = memfd_create("log", MFD_CLOEXEC);
		assert_true(fds[0] >= 0);
	} else {
		assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	}
	assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
	if (!file)
		close(fds[1]);
	sink.read_fd = fds[0];
	return sink;
}

static void close_sink(struct sink *sink)
{
	dup2(sink->saved_fd, STDERR_FILENO);
	close(sink->saved_fd);
	close(sink->read_fd);
}

/* All that was written to a file; owned by the caller. */
static char *written(const struct sink *sink)
{
	off_t len = lseek(sink->read_fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)len + 1);

	assert_non_null(text);
	assert_int_equal(pread(sink->read_fd, text, (size_t)len, 0), len);
	return text;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void put_state(struct events *events, unsigned i, enum vrrp_state to, int64_t mono_ns)
{
	struct clocks now = { mono_ns, 1800000000 * SECOND + mono_ns };
	char name[16];
	struct event event;

	snprintf(name, sizeof(name), "router-%u", i);
	event = event_of(EVENT_STATE, name, "eth0", 4);
	event.state.to = (uint8_t)to;
	event.state.reason = VRRP_REASON_SILENCE;
	event.state.reason_ns = 3609 * MS;
	memset(event.state.peer, 0xff, sizeof(event.state.peer));
	memset(event.state.last_heard, 0xff, sizeof(event.state.last_heard));
	events_put(events, &now, &event);
	event.kind = EVENT_SUSPICION;
	if (to == VRRP_STATE_ACTIVE)
		events_put(events, &now, &event);
}

/* One after the other to the same state, a microsecond apart. Return: when it was over. */
static int64_t move_all(struct events *events, enum vrrp_state to, int64_t mono_ns)
{
	for (unsigned i = 0; i < ROUTERS; i++, mono_ns += 1000)
		put_state(events, i, to, mono_ns);
	return mono_ns;
}

static void put_noise(struct events *events, int64_t mono_ns)
{
	struct clocks now = { mono_ns, mono_ns };
	struct event event = event_fact(EVENT_SEND, 1, "advert");

	events_put(events, &now, &event);
}

/* Two failovers there and back are in the ring as a whole, beginning with its first event. */
static void test_log_of_4080_routers_that_fail_over_has_room(void **state)
{
	struct events *events;
	struct events_cursor cursor = { .seq = 1 };
	uint8_t last[ROUTERS] = { 0 };
	struct event event;
	uint64_t lost;
	int64_t at_ns = SECOND;

	(void)state;
	assert_int_equal(events_create(NULL, ROUTERS, &events), 0);
	for (unsigned i = 0; i < 2; i++) {
		at_ns = move_all(events, VRRP_STATE_ACTIVE, at_ns);
		at_ns = move_all(events, VRRP_STATE_BACKUP, at_ns);
	}
	at_ns = move_all(events, VRRP_STATE_ACTIVE, at_ns);
	assert_int_equal(events_overwritten(events), 0);
	while (events_next(events, &cursor, &event, &lost)) {
		assert_int_equal(lost, 0);
		if (event.kind == EVENT_STATE)
			last[atoi(event.router + strlen("router-"))] = event.state.to;
	}
	for (unsigned i = 0; i < ROUTERS; i++)
		assert_int_equal(last[i], VRRP_STATE_ACTIVE);
	events_close(events);
}

/*
 * Overrun: so many routers that the changes of the first ones are gone. Each router either has a
 * line of its last change, or is known to have been missed.
 */
static void test_log_that_was_overrun_knows_whom_it_missed(void **state)
{
	struct event_log *log = event_log_new();
	struct sink sink = open_sink(true);
	static int64_t since_ns[ROUTERS];
	struct events *events;
	unsigned missed_n = 0, told_n = 0;
	int64_t at_ns = 10 * SECOND;
	char *text, line[80];

	(void)state;
	assert_int_equal(events_create(NULL, 1, &events), 0); /* too small for them */
	put_state(events, 0, VRRP_STATE_BACKUP, at_ns);
	assert_false(event_log_tell(log, events, at_ns, UINT_MAX));
	assert_int_equal(event_log_gaps(log), 0);
	at_ns = move_all(events, VRRP_STATE_ACTIVE, at_ns + 10 * SECOND);
	for (unsigned i = 0; i < ROUTERS; i++)
		since_ns[i] = at_ns - (ROUTERS - i) * INT64_C(1000);
	while (events_overwritten(events) < ROUTERS) /* of the two that each of them put */
		put_noise(events, at_ns);
	while (event_log_tell(log, events, at_ns, EVENT_LOG_TURN_MAX))
		;
	assert_true(event_log_gaps(log) > 0);
	text = written(&sink);
	close_sink(&sink);
	assert_int_equal(count(text, "journal=lost events="), 1);
	for (unsigned i = 0; i < ROUTERS; i++) {
		bool missed = event_log_missed(log, since_ns[i]), told;

		snprintf(line, sizeof(line), "router=router-%u family=4 state=initialize->active",
			 i);
		told = strstr(text, line) != NULL;
		assert_true(told || missed);
		told_n += told;
		missed_n += missed;
	}
	assert_true(missed_n > 0 && told_n > 0);
	event_log_caught_up(log);
	assert_false(event_log_missed(log, since_ns[0]));
	free(text);
	events_close(events);
	event_log_free(log);
}

/* What nobody reads is a gap, too, as far as it is about states. */
static void test_log_that_nobody_reads_knows_whom_it_missed(void **state)
{
	struct event_log *log = event_log_new();
	struct sink sink = open_sink(false);
	struct events *events;
	int64_t at_ns = 10 * SECOND;
	bool writable;

	(void)state;
	assert_int_equal(events_create(NULL, ROUTERS, &events), 0);
	put_state(events, 0, VRRP_STATE_BACKUP, at_ns);
	(void)event_log_tell(log, events, at_ns, UINT_MAX);
	assert_int_equal(event_log_gaps(log), 0);
	at_ns = move_all(events, VRRP_STATE_ACTIVE, at_ns + 10 * SECOND);
	(void)event_log_tell(log, events, at_ns, UINT_MAX);
	writable = log_is_writable();
	close_sink(&sink);
	assert_false(writable);
	assert_true(event_log_gaps(log) > 0);
	assert_true(event_log_missed(log, at_ns - 1000)); /* the last one */
	assert_false(event_log_missed(log, at_ns));
	assert_false(event_log_missed(log, 10 * SECOND)); /* the first one */
	events_close(events);
	event_log_free(log);
}

/* ---- again and again ---- */

/* A log of router 0, which changes its state at these times. */
struct flapper {
	struct event_log *log;
	struct events *events;
	struct sink sink;
	int64_t at_ns; /* of its last change */
	unsigned changes_n;
};

static struct flapper open_flapper(void)
{
	struct flapper f = { .log = event_log_new(), .sink = open_sink(true), .at_ns = SECOND };

	assert_int_equal(events_create(NULL, 1, &f.events), 0);
	return f;
}

static void close_flapper(struct flapper *f)
{
	close_sink(&f->sink);
	events_close(f->events);
	event_log_free(f->log);
}

/* Active, Backup, Active, ..., each @gap_ns after the one before, and told at once. */
static void flap(struct flapper *f, unsigned times, int64_t gap_ns)
{
	while (times--) {
		f->at_ns += gap_ns;
		put_state(f->events, 0, f->changes_n++ % 2 ? VRRP_STATE_BACKUP : VRRP_STATE_ACTIVE,
			  f->at_ns);
		assert_false(event_log_tell(f->log, f->events, f->at_ns, EVENT_LOG_TURN_MAX));
	}
}

/* How many lines have that by now. */
static unsigned lines_with(const struct flapper *f, const char *what)
{
	char *text = written(&f->sink);
	unsigned n = count(text, what);

	free(text);
	return n;
}

/* Failovers and failbacks that one sees in a day: each change has its line, and no more is said. */
static void test_log_of_some_failovers_tells_each_at_once(void **state)
{
	struct flapper f = open_flapper();

	(void)state;
	for (unsigned i = 1; i <= EVENT_FLAPS_TOLD_MAX; i++) {
		flap(&f, 1, 100 * MS);
		assert_int_equal(lines_with(&f, "state=initialize->"), i);
	}
	assert_int_equal(event_log_deadline(f.log), INT64_MAX);
	for (unsigned i = 1; i <= 30; i++) {
		flap(&f, 1, 10 * SECOND);
		assert_int_equal(lines_with(&f, "state="), EVENT_FLAPS_TOLD_MAX + i);
	}
	assert_int_equal(lines_with(&f, "flap"), 0);
	close_flapper(&f);
}

static void test_log_of_a_router_that_flaps_is_bounded_and_ends_with_its_state(void **state)
{
	struct flapper f = open_flapper();

	(void)state;
	flap(&f, 61, 66 * MS);
	assert_int_equal(lines_with(&f, "state="), EVENT_FLAPS_TOLD_MAX);
	assert_int_equal(lines_with(&f, "note=\"if that host is alive"), EVENT_FLAPS_TOLD_MAX / 2);
	assert_int_equal(lines_with(&f, "warning: router=router-0 family=4 flapping=yes "), 1);
	assert_int_equal(event_log_deadline(f.log), f.at_ns + EVENT_FLAPS_SETTLED_NS);
	assert_false(event_log_tell(f.log, f.events, event_log_deadline(f.log) - 1, 64));
	assert_int_equal(lines_with(&f, "flapped="), 0);
	assert_false(event_log_tell(f.log, f.events, event_log_deadline(f.log), 64));
	assert_int_equal(lines_with(&f, "info: router=router-0 family=4 state=active reason=\"no "
					"advert for 3.609 s\" last_heard=255.255.255.255 "
					"flapped=49 note="),
			 1);
	assert_int_equal(event_log_deadline(f.log), INT64_MAX);
	assert_int_equal(event_log_gaps(f.log), 0);
	flap(&f, 1, 60 * SECOND);
	assert_int_equal(lines_with(&f, "state=initialize->backup"), EVENT_FLAPS_TOLD_MAX / 2 + 1);
	close_flapper(&f);
}

/* Others are told meanwhile, each of their changes. */
static void test_log_of_a_router_that_flaps_leaves_others_alone(void **state)
{
	struct flapper f = open_flapper();

	(void)state;
	flap(&f, 40, 50 * MS);
	put_state(f.events, 1, VRRP_STATE_ACTIVE, f.at_ns);
	assert_false(event_log_tell(f.log, f.events, f.at_ns, 64));
	assert_int_equal(lines_with(&f, "router=router-1 family=4 state=initialize->active"), 1);
	assert_int_equal(lines_with(&f, "router=router-1 family=4 interface=eth0 last_heard="), 1);
	close_flapper(&f);
}

/* Without an end: so many lines per minute, and what none of them told they count. */
static void test_log_of_a_router_that_flaps_for_ever_is_bounded(void **state)
{
	const unsigned minutes = 10;
	struct flapper f = open_flapper();
	unsigned told, left = 0;
	char *text, *p;

	(void)state;
	flap(&f, minutes * 60, SECOND);
	assert_false(event_log_tell(f.log, f.events, EVENT_LOG_END, 64));
	text = written(&f.sink);
	told = count(text, "state=initialize->");
	assert_in_range(told, minutes, minutes * EVENT_FLAPS_TOLD_MAX);
	assert_in_range(count(text, "flap"), minutes, minutes * 2 * 2); /* in a line twice */
	for (p = text; (p = strstr(p, "flapped=")) != NULL; p++)
		left += (unsigned)atoi(p + strlen("flapped="));
	assert_int_equal(told + left, f.changes_n);
	free(text);
	close_flapper(&f);
}

/* The process that tells ends in the midst of it, and the next one goes on. */
static void test_log_of_a_router_that_flaps_is_ended_by_a_successor(void **state)
{
	struct flapper f = open_flapper();

	(void)state;
	flap(&f, 30, 50 * MS);
	event_log_free(f.log);
	f.log = event_log_new();
	flap(&f, 11, 50 * MS);
	assert_int_equal(lines_with(&f, "state="), EVENT_FLAPS_TOLD_MAX);
	assert_int_equal(lines_with(&f, "flapping=yes"), 1);
	event_log_free(f.log);
	f.log = event_log_new();
	assert_false(event_log_tell(f.log, f.events, f.at_ns + 6 * SECOND, 64));
	assert_int_equal(lines_with(&f, "state=active reason="), 1);
	assert_int_equal(lines_with(&f, "flapped=29 "), 1);
	/* What is long over was told by whoever lived then. */
	event_log_free(f.log);
	f.log = event_log_new();
	assert_false(event_log_tell(f.log, f.events, f.at_ns + 3600 * SECOND, 64));
	assert_int_equal(lines_with(&f, "flapped="), 1);
	close_flapper(&f);
}

/* It stops, or is configured away, before it has settled. */
static void test_log_of_a_router_that_flaps_ends_with_it(void **state)
{
	struct event stopped = event_fact(EVENT_STOPPED, 0, NULL);
	struct event withdrawn = event_of(EVENT_WITHDRAWN, "router-0", NULL, 4);
	struct flapper f = open_flapper();
	struct clocks now;
	char *text;

	(void)state;
	flap(&f, 41, 50 * MS);
	now = (struct clocks){ f.at_ns, f.at_ns };
	events_put(f.events, &now, &stopped);
	assert_false(event_log_tell(f.log, f.events, f.at_ns, 64));
	text = written(&f.sink);
	assert_in_range(strstr(text, "flapped=29") - text, 1, strstr(text, " stopped\n") - text);
	free(text);
	flap(&f, 40, 50 * MS); /* another one begins anew */
	assert_int_equal(lines_with(&f, "state=initialize->"), 2 * EVENT_FLAPS_TOLD_MAX);
	events_put(f.events, &now, &withdrawn);
	assert_false(event_log_tell(f.log, f.events, f.at_ns + 9 * SECOND, 64));
	assert_int_equal(lines_with(&f, "flapped="), 1);
	close_flapper(&f);
}

/* The ring has its last change no more: then the state of now makes up for it. */
static void test_log_of_a_router_that_flaps_and_was_overrun_knows_it(void **state)
{
	struct flapper f = open_flapper();

	(void)state;
	flap(&f, 41, 50 * MS);
	for (unsigned i = 0; events_overwritten(f.events) < 80; i++)
		put_noise(f.events, f.at_ns);
	while (event_log_tell(f.log, f.events, f.at_ns + 9 * SECOND, 64))
		;
	assert_int_equal(lines_with(&f, "flapped="), 0);
	assert_true(event_log_missed(f.log, f.at_ns));
	close_flapper(&f);
}

static void test_log_of_a_state_of_now(void **state)
{
	struct event event = event_of(EVENT_STATE_NOW, "lan", "eth0", 4);
	char line[EVENT_LINE_SIZE];

	(void)state;
	event.state.to = VRRP_STATE_FAULT;
	event.state.reason = VRRP_REASON_NO_CARRIER;
	assert_string_equal(event_line(&event, line),
			    "router=lan family=4 state=fault reason=\"interface eth0 has no "
			    "carrier\" note=\"told late\"");
}

/* The wait that follows; of an earlier version, which did not write it down, a range. */
static void test_log_of_an_interval_that_differs(void **state)
{
	static const char after[] =
		"\"its adverts come every 40.95 s, ours every 1.00 s: while that "
		"host is Active, a Backup here takes over after ";
	struct event event = event_of(EVENT_NOTICE, "lan", "eth0", 4);
	char line[EVENT_LINE_SIZE];

	(void)state;
	event.packet.which = VRRP_NOTICE_INTERVAL;
	event.packet.theirs_cs = 4095;
	event.packet.ours_cs = 100;
	event_line(&event, line);
	assert_null(strstr(line, "down_ms"));
	assert_non_null(strstr(line, after));
	assert_non_null(strstr(line, "after 122.85 to 163.80 s of silence"));
	event.packet.down_ms = 147803;
	event_line(&event, line);
	assert_non_null(strstr(line, "theirs_ms=40950 ours_ms=1000 down_ms=147803 "));
	assert_non_null(strstr(line, after));
	assert_non_null(strstr(line, "after 147.803 s of silence"));
	assert_int_equal(line[strlen(line) - 1], '"'); /* there was room for all of it */
}

/* A keepalived of IPv6 without a link-local address: what to set is said. The longest lists fit. */
static void test_log_of_another_address_list_says_what_follows(void **state)
{
	static const uint8_t link_local[16] = { 0xfe, 0x80, [15] = 1 };
	struct event event = event_of(EVENT_NOTICE, "lan", "eth0", 6);
	char line[EVENT_LINE_SIZE];

	(void)state;
	event.packet.which = VRRP_NOTICE_ADDRESS_LIST;
	event.packet.ours_n = event.packet.theirs_n = 255;
	memset(event.packet.ours, 0x2a, sizeof(event.packet.ours));
	memset(event.packet.theirs, 0x2a, sizeof(event.packet.theirs));
	event_line(&event, line);
	assert_null(strstr(line, "link_local"));
	assert_non_null(strstr(line, "discards our list, and then both are active\""));
	memcpy(event.packet.ours[0], link_local, sizeof(link_local));
	event_line(&event, line);
	assert_non_null(strstr(line, "set link_local to none in router lan\""));
	memcpy(event.packet.theirs[0], link_local, sizeof(link_local));
	event_line(&event, line);
	assert_null(strstr(line, "link_local"));
}

static void test_log_of_what_was_forgotten_names_who_asked(void **state)
{
	struct event event = event_of(EVENT_FORGOTTEN, "lan", "eth0", 4);
	char line[EVENT_LINE_SIZE];

	(void)state;
	event.forgotten = (struct event_forgotten){ .priority = 255,
						    .interval_cs = 4095,
						    .uid = 1000,
						    .pid = 4242,
						    .left_ns = INT64_C(108613281250),
						    .takeover_ns = INT64_C(3609375000),
						    .address = { 192, 0, 2, 66 } };
	assert_string_equal(event_line(&event, line),
			    "router=lan family=4 forgotten=192.0.2.66 peer_priority=255 "
			    "theirs_ms=40950 uid=1000 pid=4242 note=\"it would have waited 108.613 "
			    "s more; it takes over in 3.609 s if it hears nobody\"");
}

/* The router process died while a router flapped; nobody comes who would tell its state later. */
static void test_log_of_the_dead_ends_with_the_state_of_who_flapped(void **state)
{
	struct flapper f = open_flapper();
	struct event_log *last = event_log_new();

	(void)state;
	flap(&f, 30, 66 * MS);
	event_log_tell(last, f.events, EVENT_LOG_END, UINT_MAX);
	event_log_free(last);
	assert_int_equal(lines_with(&f, "flapped="), 1);
	close_flapper(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_of_the_dead_ends_with_the_state_of_who_flapped),
		cmocka_unit_test(test_log_of_4080_routers_that_fail_over_has_room),
		cmocka_unit_test(test_log_that_was_overrun_knows_whom_it_missed),
		cmocka_unit_test(test_log_that_nobody_reads_knows_whom_it_missed),
		cmocka_unit_test(test_log_of_some_failovers_tells_each_at_once),
		cmocka_unit_test(
			test_log_of_a_router_that_flaps_is_bounded_and_ends_with_its_state),
		cmocka_unit_test(test_log_of_a_router_that_flaps_leaves_others_alone),
		cmocka_unit_test(test_log_of_a_router_that_flaps_for_ever_is_bounded),
		cmocka_unit_test(test_log_of_a_router_that_flaps_is_ended_by_a_successor),
		cmocka_unit_test(test_log_of_a_router_that_flaps_ends_with_it),
		cmocka_unit_test(test_log_of_a_router_that_flaps_and_was_overrun_knows_it),
		cmocka_unit_test(test_log_of_a_state_of_now),
		cmocka_unit_test(test_log_of_an_interval_that_differs),
		cmocka_unit_test(test_log_of_another_address_list_says_what_follows),
		cmocka_unit_test(test_log_of_what_was_forgotten_names_who_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
