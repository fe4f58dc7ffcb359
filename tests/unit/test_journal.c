/* SPDX-License-Identifier: MIT */
/* What the routers put into the journal about an interval that is not theirs, and reasons in words.
 */
#include "vrrp_wire.h"

#include "agent/event.h"
#include "agent/router/journal.h"

static const uint8_t addresses4[] = { 192, 0, 2, 100 };
static const struct vrrp_list own4 = { addresses4, 1 };
static const struct conf_router conf = { .name = "lan", .interface = "eth0" };

/* A journal that was just made, a router that puts into it, and one that reads it. */
struct scene {
	struct clocks now;
	struct events *events, *reader;
	struct events_cursor cursor;
	struct journal_limits limits;
	struct vrrp vr;
};

static struct journal_router scene_open(struct scene *scene, const struct wire *wire)
{
	*scene = (struct scene){ .now = { 100 * SECOND, 1800000000 * SECOND } };
	assert_int_equal(events_create(NULL, 1, &scene->events), 0);
	assert_int_equal(events_map(events_fd(scene->events), false, &scene->reader), 0);
	scene->vr = wire_router(wire, 50, 100);
	return (struct journal_router){ .journal = { scene->events, &scene->now },
					.conf = &conf,
					.vr = &scene->vr,
					.limits = &scene->limits };
}

static void scene_close(struct scene *scene)
{
	events_close(scene->reader);
	events_close(scene->events);
}

static bool read_event(struct scene *scene, struct event *ret_event)
{
	uint64_t lost;

	return events_next(scene->reader, &scene->cursor, ret_event, &lost);
}

/* An advert of another interval; version 2: two seconds. */
static enum vrrp_reject hear_other_interval(struct scene *scene, struct vrrp_advert *ret_advert,
					    struct message *m)
{
	if (scene->vr.config.version == 2)
		message2_init(m);
	else
		message_init(m);
	memcpy(m->bytes + 4, scene->vr.config.version == 2 ? "\x00\x02" : "\x00\xc8", 2);
	wire_sign(m);
	return vrrp_receive(&scene->vr, &own4, &m->rx, ret_advert);
}

/* */
static void test_journal_interval_of_version_2_is_told_with_both_values(void **state)
{
	struct scene scene;
	struct journal_router router = scene_open(&scene, &wires[1]);
	char line[EVENT_LINE_SIZE];
	struct vrrp_advert advert;
	struct event event;
	struct message m;

	(void)state;
	assert_int_equal(hear_other_interval(&scene, &advert, &m), VRRP_REJECT_INTERVAL_DIFFERS);
	journal_interval_differs(&router, &advert);
	assert_true(read_event(&scene, &event));
	assert_int_equal(event.kind, EVENT_NOTICE);
	assert_int_equal(event.packet.which, VRRP_NOTICE_INTERVAL);
	assert_int_equal(event.packet.total, 1);
	assert_int_equal(event_level(&event), LOG_LEVEL_ERROR);
	assert_string_equal(event_line(&event, line),
			    "router=lan family=4 notice=interval source=198.51.100.10 "
			    "theirs_ms=2000 ours_ms=1000 note=\"discarded, as version 2 demands "
			    "equal intervals: until they are, both hosts may be active; set the "
			    "same on both\"");
	scene_close(&scene);
}

/* Each second at most, by a limit of its own; the number tells how many there were. */
static void test_journal_interval_of_version_2_is_put_once_a_second(void **state)
{
	struct scene scene;
	struct journal_router router = scene_open(&scene, &wires[1]);
	struct vrrp_advert advert;
	struct event event;
	struct message m;

	(void)state;
	for (unsigned i = 1; i <= 30; i++) {
		assert_int_equal(hear_other_interval(&scene, &advert, &m),
				 VRRP_REJECT_INTERVAL_DIFFERS);
		journal_interval_differs(&router, &advert);
		if (i % 10 == 0)
			scene.now.mono_ns += SECOND;
	}
	for (unsigned i = 0; i < 3; i++) {
		assert_true(read_event(&scene, &event));
		assert_int_equal(event.packet.total, 1 + 10 * i);
	}
	assert_false(read_event(&scene, &event));
	scene_close(&scene);
}

/* The same event and one episode of the log, whatever the version; what is done differs. */
static void test_journal_interval_is_the_same_event_in_both_versions(void **state)
{
	uint64_t episodes[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct scene scene;
		struct journal_router router = scene_open(&scene, &wires[i]);
		struct vrrp_advert advert;
		struct event event;
		struct message m;

		if (hear_other_interval(&scene, &advert, &m) == VRRP_ACCEPT)
			journal_notices(&router, &own4, &advert);
		else
			journal_interval_differs(&router, &advert);
		assert_true(read_event(&scene, &event));
		assert_int_equal(event.kind, EVENT_NOTICE);
		assert_int_equal(event.packet.theirs_cs, 200);
		assert_int_equal(event.packet.ours_cs, 100);
		assert_int_equal(event.packet.discarded, wires[i].version == 2);
		episodes[i] = event_episode(&event);
		assert_false(read_event(&scene, &event));
		scene_close(&scene);
	}
	assert_int_equal(episodes[0], episodes[1]);
}

/* A row that was forgotten would be nothing to read, or worse. */
static void test_journal_every_reason_has_words(void **state)
{
	const struct vrrp_reason longest = { .priority = 254,
					     .own_priority = 100,
					     .source = "0123456789abcde",
					     .ns = 3600 * SECOND };
	char text[EVENT_REASON_SIZE];

	(void)state;
	for (unsigned code = 0; code < VRRP_REASON_COUNT; code++) {
		for (unsigned family = 4; family <= 6; family += 2) {
			struct vrrp_reason reason = longest;

			reason.code = (enum vrrp_reason_code)code;
			(void)event_reason_text(&reason, "interface678901", "", family, text);
			assert_true(strlen(text) > 0 && strlen(text) < sizeof(text) - 1);
			assert_null(strpbrk(text, "{}"));
		}
	}
}

static void test_journal_reasons_are_worded_with_their_numbers(void **state)
{
	struct vrrp_reason mtu = { .code = VRRP_REASON_MTU, .bytes = { 1500, 1400 } };
	struct vrrp_reason higher = { .code = VRRP_REASON_HIGHER, .priority = 150 };
	struct vrrp_reason source = { .code = VRRP_REASON_NO_SOURCE };
	char text[EVENT_REASON_SIZE];

	(void)state;
	assert_string_equal(event_reason_text(&mtu, "eth0", "", 4, text),
			    "an advert of 1500 bytes does not fit into the MTU of interface eth0, "
			    "1400");
	higher.own_priority = 100;
	set_address(higher.source, "2001:db8::3");
	assert_string_equal(event_reason_text(&higher, "eth0", "", 6, text),
			    "2001:db8::3 has the higher priority 150, ours is 100");
	assert_string_equal(event_reason_text(&source, "eth0", "", 6, text),
			    "interface eth0 has no link-local address of its own");
	set_address(source.source, "192.0.2.2");
	assert_string_equal(event_reason_text(&source, "eth0", "", 4, text),
			    "interface eth0 does not have its source 192.0.2.2");
}

/* What becomes of packets, clocks and keys: each has words, and they fit. */
static void test_journal_every_sort_has_a_note(void **state)
{
	static const struct {
		enum event_kind kind;
		unsigned first, n;
	} sorts[] = {
		{ EVENT_REJECT, 1, VRRP_REJECT_COUNT },
		{ EVENT_NOTICE, 0, VRRP_NOTICE_COUNT },
		{ EVENT_CLOCK, 1, EVENT_CLOCK_COUNT },
		{ EVENT_KEYS, EVENT_KEYS_KEPT, EVENT_KEYS_COUNT },
	};
	char line[EVENT_LINE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		for (unsigned which = sorts[i].first; which < sorts[i].n; which++) {
			struct event event = event_of(sorts[i].kind, "lan", "eth0", 4);

			if (sorts[i].kind == EVENT_KEYS)
				event.fact.word = (uint8_t)which;
			else /* which the others begin with */
				event.packet.which = (uint8_t)which;
			(void)event_line(&event, line);
			assert_non_null(strstr(line, "note=\""));
			assert_null(strstr(line, "note=\"\""));
			assert_int_equal(line[strlen(line) - 1], '"');
			assert_true(strlen(line) < sizeof(line) - 1);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_journal_interval_of_version_2_is_told_with_both_values),
		cmocka_unit_test(test_journal_interval_of_version_2_is_put_once_a_second),
		cmocka_unit_test(test_journal_every_reason_has_words),
		cmocka_unit_test(test_journal_every_sort_has_a_note),
		cmocka_unit_test(test_journal_reasons_are_worded_with_their_numbers),
		cmocka_unit_test(test_journal_interval_is_the_same_event_in_both_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
