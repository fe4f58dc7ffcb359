/* SPDX-License-Identifier: MIT */
/* What vipctl why remembers of the journal: the last of each, and no more. */
#include "why_scene.h"

#include <stdlib.h>

#include "agent/vipctl/why_journal.h"

static void note(struct scene *s, struct event event)
{
	assert_int_equal(why_journal_note(&s->facts, s->routers, &event), 0);
}

static struct event at(enum event_kind kind, int64_t second)
{
	return (struct event){ .kind = (uint16_t)kind,
			       .seq = (uint64_t)second,
			       .mono_ns = second * SECOND,
			       .real_ns = second * SECOND };
}

static struct event change(int64_t second)
{
	struct event event = at(EVENT_STATE, second);

	event.state.from = VRRP_STATE_BACKUP;
	event.state.to = VRRP_STATE_ACTIVE;
	return event;
}

static void test_why_journal_has_the_last_states_and_what_led_to_them(void **state)
{
	static const enum event_kind kinds[] = { EVENT_CHANGE, EVENT_DRAIN, EVENT_RESORT,
						 EVENT_TRACK,  EVENT_DEAF,  EVENT_DAMPED };
	struct scene *s = scene();
	const struct why_journal *journal = &s->routers->journal;

	(void)state;
	for (int i = 1; i <= WHY_STATES_MAX + 2; i++)
		note(s, change(i));
	for (size_t i = 0; i < N(kinds); i++)
		note(s, at(kinds[i], 10 + (int64_t)i));
	note(s, at(EVENT_HANDED_OVER, 20)); /* led to nothing */
	assert_int_equal(journal->states_n, WHY_STATES_MAX);
	assert_int_equal(journal->states[0].seq, 3);
	assert_int_equal(journal->states[WHY_STATES_MAX - 1].seq, WHY_STATES_MAX + 2);
	assert_int_equal(journal->others_n, WHY_OTHERS_MAX);
	assert_int_equal(journal->others[0].kind, EVENT_RESORT);
	assert_int_equal(journal->others[WHY_OTHERS_MAX - 1].kind, EVENT_DAMPED);
	assert_int_equal(s->facts.last_real_ns, 20 * SECOND);
}

static void test_why_journal_keeps_what_led_to_a_fault_of_many_reasons(void **state)
{
	struct scene *s = scene();
	const struct why_journal *journal = &s->routers->journal;

	(void)state;
	for (int i = 1; i <= 2 * WHY_STATES_MAX; i++) {
		struct event event = at(EVENT_STATE, i);

		event.state.from = i == 1 ? VRRP_STATE_ACTIVE : VRRP_STATE_FAULT;
		event.state.to = VRRP_STATE_FAULT;
		note(s, event);
	}
	assert_int_equal(journal->states_n, 2);
	assert_int_equal(journal->states[0].seq, 1);
	assert_int_equal(journal->states[1].seq, 2 * WHY_STATES_MAX);
}

/* A drain of long ago says nothing about what has happened since. */
static void test_why_tells_what_led_to_the_last_states_and_nothing_older(void **state)
{
	const struct event *events[WHY_STATES_MAX + WHY_OTHERS_MAX];
	struct scene *s = scene();

	(void)state;
	note(s, change(100));
	note(s, at(EVENT_DRAIN, 101));
	assert_int_equal(why_events(s->routers, events), 2);
	note(s, at(EVENT_TRACK, 198));
	for (int i = 0; i < WHY_STATES_MAX; i++)
		note(s, change(200 + i));
	assert_int_equal(why_events(s->routers, events), WHY_STATES_MAX + 1);
	assert_int_equal(events[0]->kind, EVENT_TRACK);
	assert_int_equal(events[WHY_STATES_MAX]->seq, 200 + WHY_STATES_MAX - 1);
}

/* Between the second and the third event the clock was set back. */
static void test_why_events_are_in_their_order_whatever_the_clock_says(void **state)
{
	const struct event *events[WHY_STATES_MAX + WHY_OTHERS_MAX];
	struct scene *s = scene();

	(void)state;
	for (int i = 1; i <= 4; i++) {
		struct event event = i % 2 ? change(i) : at(EVENT_DRAIN, i);

		event.real_ns += i < 3 ? 3600 * SECOND : 0;
		note(s, event);
	}
	assert_int_equal(why_events(s->routers, events), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(events[i]->seq, i + 1);
}

static struct event discard(int64_t second, enum vrrp_reject reason, const char *from)
{
	struct event event = at(EVENT_REJECT, second);

	event.packet.which = (uint8_t)reason;
	set_address(event.packet.source, from);
	return event;
}

static void test_why_journal_has_who_was_discarded_when_it_became_active(void **state)
{
	struct scene *s = scene();
	struct why_journal *journal = &s->routers->journal;
	struct event event = at(EVENT_STATE, 5);
	char ip[32];

	(void)state;
	note(s, discard(1, VRRP_REJECT_TTL, "192.0.2.2"));
	note(s, discard(2, VRRP_REJECT_TTL, "192.0.2.3"));
	note(s, discard(3, VRRP_REJECT_TTL, "192.0.2.2"));
	event.state.to = VRRP_STATE_ACTIVE;
	note(s, event);
	note(s, discard(6, VRRP_REJECT_TTL, "192.0.2.2"));
	assert_int_equal(journal->silence.n, 2);
	assert_int_equal(journal->silence.all[0].mono_ns, 3 * SECOND);
	assert_int_equal(journal->silence.all[1].mono_ns, 2 * SECOND);
	assert_int_equal(journal->active_mono_ns, 5 * SECOND);
	event = at(EVENT_STATE, 7);
	event.state.to = VRRP_STATE_BACKUP;
	note(s, event);
	assert_int_equal(journal->active_mono_ns, 5 * SECOND);
	for (int i = 0; i < WHY_DISCARDS_MAX; i++) { /* the oldest goes */
		snprintf(ip, sizeof(ip), "192.0.2.1%d", i);
		note(s, discard(10 + i, VRRP_REJECT_TTL, ip));
	}
	event = at(EVENT_NOTICE, 30); /* of another interval, in version 2 */
	event.packet.which = VRRP_NOTICE_INTERVAL;
	event.packet.discarded = true;
	note(s, event);
	assert_int_equal(journal->discards.n, WHY_DISCARDS_MAX);
	for (unsigned i = 0, n = 0; i < WHY_DISCARDS_MAX; i++) {
		assert_true(journal->discards.all[i].mono_ns > 10 * SECOND);
		n += journal->discards.all[i].reason == VRRP_REJECT_INTERVAL_DIFFERS;
		if (i + 1 == WHY_DISCARDS_MAX)
			assert_int_equal(n, 1);
	}
	free(journal->notices[VRRP_NOTICE_INTERVAL]);
	free(journal->rejects[VRRP_REJECT_TTL]);
}

static void test_why_journal_has_the_last_of_each_notice_and_reject(void **state)
{
	struct scene *s = scene();
	struct why_journal *journal = &s->routers->journal;
	struct event event;

	(void)state;
	for (int i = 1; i <= 2; i++) {
		event = at(EVENT_NOTICE, i);
		event.packet.which = VRRP_NOTICE_OWNER;
		note(s, event);
		event = at(EVENT_REJECT, 10 + i);
		event.packet.which = VRRP_REJECT_TTL;
		note(s, event);
	}
	event.packet.which = 255; /* of a later version */
	note(s, event);
	event.kind = EVENT_NOTICE;
	note(s, event);
	assert_int_equal(journal->notices[VRRP_NOTICE_OWNER]->seq, 2);
	assert_int_equal(journal->rejects[VRRP_REJECT_TTL]->seq, 12);
	assert_null(journal->rejects[VRRP_REJECT_VERSION]);
	assert_int_equal(journal->states_n + journal->others_n, 0);
	free(journal->notices[VRRP_NOTICE_OWNER]);
	free(journal->rejects[VRRP_REJECT_TTL]);
}

/* It is 1000 s by the clock of the scene. */
static void test_why_journal_counts_addresses_that_were_taken_of_late(void **state)
{
	static const struct {
		enum event_address_news news;
		int64_t second;
	} rows[] = {
		{ EVENT_ADDRESS_RESTORED, 100 }, /* long ago */
		{ EVENT_ADDRESS_RESTORED, 900 }, { EVENT_ADDRESS_ABANDONED, 950 },
		{ EVENT_ADDRESS_FOREIGN, 960 }, /* was there before */
		{ EVENT_ADDRESS_ENDED, 970 },   /* nobody took it; it may be why it is missing */
	};
	struct scene *s = scene();
	struct why_journal *journal = &s->routers->journal;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct event event = at(EVENT_ADDRESS, rows[i].second);

		event.address.news = (uint8_t)rows[i].news;
		note(s, event);
	}
	assert_int_equal(journal->taken_n, 2);
	assert_int_equal(journal->address->seq, 950);
	assert_int_equal(journal->others_n, 2);
	free(journal->address);
}

static void test_why_journal_has_how_processes_began_and_ended(void **state)
{
	struct event told = at(EVENT_SIGNAL, 5), told_again = at(EVENT_SIGNAL, 5);
	struct scene *s = scene();

	(void)state;
	told.fact.word = EVENT_SIGNAL_LEAVES;
	told_again.fact.word = EVENT_SIGNAL_HURRIES;
	told_again.seq = 55;
	note(s, at(EVENT_STARTED, 1));
	note(s, at(EVENT_PROCESS_LATE, 2));
	note(s, at(EVENT_PROCESS_LOST, 3));
	note(s, at(EVENT_PROCESS_END, 4));
	note(s, told);
	note(s, told_again); /* it stops for the first one */
	note(s, at(EVENT_STOPPED, 6));
	note(s, at(EVENT_STARTED, 7));
	assert_int_equal(s->facts.started.seq, 7);
	assert_int_equal(s->facts.late.seq, 2);
	assert_int_equal(s->facts.lost.seq, 3);
	assert_int_equal(s->facts.ended.seq, 4);
	assert_int_equal(s->facts.signal.seq, 5);
	assert_int_equal(s->facts.stopped.seq, 6);
}

/* The keeper's events are read first. */
static void test_why_journal_knows_a_start_behind_an_end_that_nobody_told_of(void **state)
{
	static const struct {
		int64_t adopted, stopped, gave_up; /* s; 0: never */
		bool died;
	} rows[] = {
		{ 0, 0, 0, true },   { 20, 0, 0, false }, { 18, 0, 0, false }, { 15, 0, 0, true },
		{ 0, 12, 0, false }, { 0, 5, 0, true },   { 0, 0, 12, false }, { 0, 0, 5, true },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct scene *s = scene();
		struct event event = at(EVENT_PROCESS_LOST, rows[i].gave_up);

		event.fact.word = 1;
		if (rows[i].gave_up)
			note(s, event);
		note(s, at(EVENT_PROCESS_LOST, 30)); /* of the one that runs */
		if (rows[i].stopped && rows[i].stopped < 10)
			note(s, at(EVENT_STOPPED, rows[i].stopped));
		note(s, at(EVENT_STARTED, 10));
		assert_int_equal(s->facts.died.kind, 0); /* nothing is known of one before */
		if (rows[i].stopped >= 10)
			note(s, at(EVENT_STOPPED, rows[i].stopped));
		note(s, at(EVENT_STATE, 13));
		if (rows[i].adopted)
			note(s, at(EVENT_ADOPTED, rows[i].adopted));
		note(s, at(EVENT_STARTED, 20));
		if ((s->facts.died.kind != 0) != rows[i].died)
			fail_msg("row %zu", i);
		note(s, at(EVENT_ADOPTED, 40)); /* a reload changes nothing of that */
		note(s, at(EVENT_STARTED, 41));
		assert_int_equal(s->facts.died.kind != 0, rows[i].died);
		note(s, at(EVENT_STOPPED, 41)); /* and a start behind a stop is no news */
		note(s, at(EVENT_STARTED, 42));
		assert_int_equal(s->facts.died.kind, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_why_journal_has_the_last_states_and_what_led_to_them),
		cmocka_unit_test(test_why_journal_keeps_what_led_to_a_fault_of_many_reasons),
		cmocka_unit_test(test_why_tells_what_led_to_the_last_states_and_nothing_older),
		cmocka_unit_test(test_why_events_are_in_their_order_whatever_the_clock_says),
		cmocka_unit_test(test_why_journal_has_who_was_discarded_when_it_became_active),
		cmocka_unit_test(test_why_journal_has_the_last_of_each_notice_and_reject),
		cmocka_unit_test(test_why_journal_counts_addresses_that_were_taken_of_late),
		cmocka_unit_test(test_why_journal_knows_a_start_behind_an_end_that_nobody_told_of),
		cmocka_unit_test(test_why_journal_has_how_processes_began_and_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
