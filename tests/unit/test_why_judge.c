/* SPDX-License-Identifier: MIT */
/*
 * What vipctl why makes of facts: what is wrong, what may be, what to do, how a vipd ended. That
 * the facts are there in real life: tests/net/test_why.py.
 */
#include "why_scene.h"

#include <errno.h>

#include "agent/vipctl/why_end.h"

/* ---- what is wrong ---- */

static const struct why_finding *finding_of(const struct scene *s, const char *code)
{
	for (unsigned i = 0; i < s->judgement.n; i++)
		if (strcmp(s->judgement.all[i].code, code) == 0)
			return &s->judgement.all[i];
	return NULL;
}

static void with_problem(struct scene *s, const char *word, enum problem_level level)
{
	static struct problem problem;

	problem = (struct problem){ .level = level };
	snprintf(problem.word, sizeof(problem.word), "%s", word);
	snprintf(problem.text, sizeof(problem.text), "as vipctl check has it");
	s->routers->problems = &problem;
	s->routers->problems_n = 1;
}

static void with_packet(struct event *event, enum event_kind kind, unsigned which, const char *from)
{
	*event = (struct event){ .kind = (uint16_t)kind, .mono_ns = 999 * SECOND };
	event->packet.which = (uint8_t)which;
	set_address(event->packet.source, from);
}

/* Active since another one fell silent. */
static void after_silence(struct scene *s, const char *last_heard)
{
	struct why_router *router = s->routers;

	active(s);
	router->reason.code = VRRP_REASON_SILENCE;
	router->journal.states_n = 1;
	router->journal.states[0].kind = EVENT_STATE;
	router->journal.states[0].state.to = VRRP_STATE_ACTIVE;
	if (last_heard)
		set_address(router->journal.states[0].state.last_heard, last_heard);
}

static void test_why_nothing_is_wrong_where_all_is_well(void **state)
{
	void (*const makes[])(struct scene *) = { backup_of_higher, active, active_owner };

	(void)state;
	for (size_t i = 0; i < N(makes); i++) {
		struct scene *s = scene();

		makes[i](s);
		why_judge(&s->facts, s->routers, &s->judgement);
		assert_int_equal(s->judgement.n, 0);
	}
}

static void test_why_silence_is_a_guess_that_what_is_known_narrows(void **state)
{
	static const struct {
		const char *heard, *problem, *rival, *says;
		enum problem_level level;
		unsigned alternatives_n; /* 0 without a guess */
	} rows[] = {
		{ "192.0.2.2", NULL, NULL, "192.0.2.2 was Active until it fell silent",
		  PROBLEM_NONE, 5 },
		{ "192.0.2.2", "address_taken", NULL, "another host says since that it has",
		  PROBLEM_WRONG, 5 },
		{ "192.0.2.2", "not_heard", "192.0.2.2", "is heard again", PROBLEM_NONE, 0 },
		{ "192.0.2.2", "not_heard", "192.0.2.9", "until it fell silent", PROBLEM_NONE, 5 },
		{ NULL, "not_heard", "192.0.2.2", NULL, PROBLEM_NONE, 0 },
		{ "192.0.2.2", "no_carrier", NULL, "192.0.2.2 is not heard, as the interface",
		  PROBLEM_NONE, 0 },
		{ NULL, "no_carrier", NULL, "who is Active beside is not heard", PROBLEM_NONE, 0 },
		{ "192.0.2.2", "rejected_version", NULL, "until it fell silent", PROBLEM_NONE, 6 },
		{ NULL, "rejected_version", NULL, NULL, PROBLEM_NONE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct scene *s = scene();
		const struct why_finding *finding;

		after_silence(s, rows[i].heard);
		if (rows[i].problem)
			with_problem(s, rows[i].problem, PROBLEM_DEGRADED);
		if (rows[i].rival)
			set_address(s->routers->rival, rows[i].rival);
		why_judge(&s->facts, s->routers, &s->judgement);
		finding = finding_of(s, "silence");
		if (!rows[i].says) {
			assert_null(finding);
			continue;
		}
		assert_non_null(finding);
		if (!strstr(finding->text, rows[i].says))
			fail_msg("row %zu: \"%s\" lacks \"%s\"", i, finding->text, rows[i].says);
		assert_int_equal(finding->level, rows[i].level);
		assert_int_equal(finding->alternatives_n, rows[i].alternatives_n);
	}
}

/* It took over at 990 s, after 4 s: what was discarded by then and of whom says why, and nothing
 * that came before or of somebody else. */
static void test_why_silence_is_explained_by_what_was_discarded_meanwhile(void **state)
{
	static const struct {
		const char *heard, *from;
		int64_t second;
		bool explains;
	} rows[] = {
		{ "192.0.2.2", "192.0.2.2", 989, true },  { "192.0.2.2", "192.0.2.2", 986, true },
		{ "192.0.2.2", "192.0.2.2", 985, false }, { "192.0.2.2", "192.0.2.9", 989, false },
		{ NULL, "192.0.2.9", 989, true },         { NULL, "192.0.2.9", 980, false },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct scene *s = scene();
		struct why_journal *journal = &s->routers->journal;
		const struct why_finding *finding;

		after_silence(s, rows[i].heard);
		s->routers->reason.ns = 4 * SECOND;
		journal->states[0].mono_ns = 990 * SECOND;
		journal->silence.n = 1;
		journal->silence.all[0] =
			(struct why_discarded){ .reason = VRRP_REJECT_VERSION,
						.mono_ns = rows[i].second * SECOND };
		set_address(journal->silence.all[0].source, rows[i].from);
		why_judge(&s->facts, s->routers, &s->judgement);
		finding = finding_of(s, "silence");
		if ((finding && strstr(finding->text, "rejected_version")) != rows[i].explains)
			fail_msg("row %zu: %s", i, finding ? finding->text : "nothing");
		if (!rows[i].explains)
			continue;
		assert_non_null(strstr(finding->text, rows[i].from));
		assert_null(strstr(finding->text, "both hosts may be"));
		with_problem(s, "rejected_version", PROBLEM_DEGRADED); /* it goes on */
		why_judge(&s->facts, s->routers, &s->judgement);
		assert_non_null(strstr(finding_of(s, "silence")->text, "both hosts may be"));
	}
}

static bool guesses(const struct why_finding *finding, const char *word)
{
	for (unsigned i = 0; i < finding->alternatives_n; i++)
		if (strstr(finding->alternatives[i], word))
			return true;
	return false;
}

static void test_why_silence_of_a_unicast_peer_has_nothing_to_do_with_multicast(void **state)
{
	static struct why_peer peer;
	struct scene *s = scene();

	(void)state;
	for (int unicast = 0; unicast < 2; unicast++)
		for (int taken = 0; taken < 2; taken++) {
			s = scene();
			after_silence(s, "192.0.2.2");
			s->routers->peers = &peer;
			s->routers->peers_n = (unsigned)unicast;
			if (taken)
				with_problem(s, "address_taken", PROBLEM_WRONG);
			why_judge(&s->facts, s->routers, &s->judgement);
			assert_int_equal(guesses(finding_of(s, "silence"), "multicast"), !unicast);
		}
}

static void test_why_silence_of_nobody_is_nothing_to_guess(void **state)
{
	struct scene *s = scene();

	(void)state;
	after_silence(s, NULL);
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_int_equal(s->judgement.n, 0);
}

static void test_why_follower_has_the_cause_of_who_was_first(void **state)
{
	struct scene *s = scene();

	(void)state;
	after_silence(s, "192.0.2.2");
	s->facts.n = 2;
	s->routers[0].mates = s->routers[1].mates = 2;
	s->routers[1].member = 1;
	s->routers[1].state = VRRP_STATE_ACTIVE;
	s->routers[1].reason =
		(struct vrrp_reason){ .code = VRRP_REASON_TOGETHER, .cause = VRRP_REASON_SILENCE };
	why_judge(&s->facts, &s->routers[1], &s->judgement);
	assert_non_null(strstr(finding_of(s, "silence")->text, "192.0.2.2 was Active"));
}

static void test_why_problems_name_the_sender_and_what_to_do(void **state)
{
	static const struct {
		const char *word, *says, *advice;
		enum event_kind kind;
		unsigned which;
	} rows[] = {
		{ "rejected_hmac_bad", ": from 192.0.2.9", "one file of keys", EVENT_REJECT,
		  VRRP_REJECT_HMAC_BAD },
		{ "equal_priority", ": from 192.0.2.9", "distinct", EVENT_NOTICE,
		  VRRP_NOTICE_EQUAL_PRIORITY },
		{ "interval", "192.0.2.9 sends every 0.70 s, this host every 0.10 s",
		  "the same interval", EVENT_NOTICE, VRRP_NOTICE_INTERVAL },
		{ "rejected_interval_differs", "192.0.2.9 sends every 0.70 s", "version 2",
		  EVENT_NOTICE, VRRP_NOTICE_INTERVAL },
		{ "address_taken", "192.0.2.9, by 02:00:00:00:00:99", "Find that MAC", EVENT_NOTICE,
		  VRRP_NOTICE_ADDRESS_TAKEN },
	};
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0x99 };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct scene *s = scene();
		const struct why_finding *finding;
		struct event event;

		active(s);
		with_problem(s, rows[i].word, PROBLEM_DEGRADED);
		with_packet(&event, rows[i].kind, rows[i].which, "192.0.2.9");
		event.packet.theirs_cs = 70;
		event.packet.ours_cs = 10;
		if (rows[i].which == VRRP_NOTICE_ADDRESS_TAKEN)
			memcpy(event.packet.theirs[0], mac, sizeof(mac));
		if (rows[i].kind == EVENT_NOTICE)
			s->routers->journal.notices[rows[i].which] = &event;
		else
			s->routers->journal.rejects[rows[i].which] = &event;
		why_judge(&s->facts, s->routers, &s->judgement);
		finding = finding_of(s, rows[i].word);
		assert_non_null(finding);
		assert_non_null(strstr(finding->text, rows[i].says));
		assert_non_null(strstr(finding->advice, rows[i].advice));
		event.mono_ns = 0; /* long ago: somebody else may be meant */
		why_judge(&s->facts, s->routers, &s->judgement);
		assert_null(strstr(finding_of(s, rows[i].word)->text, "192.0.2.9"));
	}
}

static void test_why_of_two_actives_one_is_guessed_at(void **state)
{
	struct scene *s = scene();

	(void)state;
	active(s);
	with_problem(s, "other_active", PROBLEM_WRONG);
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_non_null(strstr(finding_of(s, "other_active")->alternatives[0], "this host stood"));
	with_problem(s, "not_heard", PROBLEM_WRONG);
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_non_null(strstr(finding_of(s, "not_heard")->alternatives[0], "a firewall there"));
	with_problem(s, "owner", PROBLEM_WRONG);
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_int_equal(finding_of(s, "owner")->alternatives_n, 0);
	backup_of(s->routers, 50); /* it knows */
	s->routers->reason.code = VRRP_REASON_AWAY;
	with_problem(s, "other_active", PROBLEM_WRONG);
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_non_null(strstr(finding_of(s, "other_active")->text, "; see away"));
	assert_int_equal(finding_of(s, "other_active")->alternatives_n, 0);
}

/* By an advert of it at 999 s. */
static void with_notice(struct scene *s, enum vrrp_notice which, const char *from)
{
	static struct event events[VRRP_NOTICE_COUNT];

	with_packet(&events[which], EVENT_NOTICE, which, from);
	s->routers->journal.notices[which] = &events[which];
}

static void test_why_rival_that_differs_is_taken_to_discard_our_adverts(void **state)
{
	static const char *const words[] = { "not_heard", "other_active", "address_taken" };
	static const enum vrrp_notice notices[] = { VRRP_NOTICE_NOT_HEARD, VRRP_NOTICE_OTHER_ACTIVE,
						    VRRP_NOTICE_ADDRESS_TAKEN };

	(void)state;
	for (size_t i = 0; i < N(words); i++) {
		struct scene *s = scene();

		active(s);
		with_problem(s, words[i], PROBLEM_WRONG);
		with_notice(s, notices[i], "192.0.2.3");
		with_notice(s, VRRP_NOTICE_ADDRESS_LIST, "192.0.2.3");
		why_judge(&s->facts, s->routers, &s->judgement);
		assert_non_null(strstr(finding_of(s, words[i])->alternatives[0], "addresses, as"));
		s->routers->journal.active_mono_ns = 1000 * SECOND; /* that was another time */
		why_judge(&s->facts, s->routers, &s->judgement);
		assert_false(guesses(finding_of(s, words[i]), "addresses, as"));
		s->routers->journal.active_mono_ns = 0;
		if (notices[i] == VRRP_NOTICE_ADDRESS_TAKEN)
			continue; /* known by its MAC address alone */
		with_notice(s, VRRP_NOTICE_ADDRESS_LIST, "192.0.2.9"); /* somebody else */
		why_judge(&s->facts, s->routers, &s->judgement);
		assert_false(guesses(finding_of(s, words[i]), "addresses, as"));
	}
}

static void test_why_rival_that_no_advert_can_reach_is_nothing_to_guess(void **state)
{
	static struct why_peer peer;
	struct scene *s = scene();
	const struct why_finding *finding;

	(void)state;
	active(s);
	peer = (struct why_peer){ .error = EPERM };
	set_address(peer.ip, "192.0.2.3");
	s->routers->peers = &peer;
	s->routers->peers_n = 1;
	with_problem(s, "not_heard", PROBLEM_WRONG);
	with_notice(s, VRRP_NOTICE_NOT_HEARD, "192.0.2.3");
	why_judge(&s->facts, s->routers, &s->judgement);
	finding = finding_of(s, "not_heard");
	assert_int_equal(finding->alternatives_n, 0);
	assert_non_null(strstr(finding->text, "leaves to it (Operation not permitted)"));
	assert_non_null(strstr(finding->advice, "ip route get"));
	set_address(peer.ip, "192.0.2.4"); /* somebody else */
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_true(finding_of(s, "not_heard")->alternatives_n > 0);
}

/* All are there at a time. */
static void test_why_causes_come_before_what_is_seen_of_them(void **state)
{
	static struct problem all[4];
	static const char *const words[] = { "address_taken", "other_active", "not_heard",
					     "conflict" };
	struct scene *s = scene();

	(void)state;
	active(s);
	for (size_t i = 0; i < N(words); i++) {
		all[i].level = PROBLEM_WRONG;
		strcpy(all[i].word, words[i]);
	}
	s->routers->problems = all;
	s->routers->problems_n = N(words);
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_string_equal(s->judgement.all[0].code, "not_heard");
	assert_string_equal(s->judgement.all[1].code, "conflict");
	assert_string_equal(s->judgement.all[2].code, "address_taken");
	assert_non_null(strstr(s->judgement.all[2].text, "; see not_heard"));
	assert_int_equal(s->judgement.all[2].alternatives_n, 0);
}

/* A group has one family, and none that the Active could lack. */
static void test_why_deaf_one_may_have_a_mute_peer(void **state)
{
	static struct why_peer peer;
	struct scene *s = scene();

	(void)state;
	backup_of(s->routers, 150);
	with_problem(s, "deaf", PROBLEM_DEGRADED);
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_non_null(strstr(finding_of(s, "deaf")->alternatives[0], "no address of this fam"));
	assert_true(guesses(finding_of(s, "deaf"), "multicast"));
	strcpy(s->routers->group, "gateway");
	s->routers->peers = &peer;
	s->routers->peers_n = 1;
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_int_equal(finding_of(s, "deaf")->alternatives_n, 2);
	assert_false(guesses(finding_of(s, "deaf"), "no address"));
	assert_false(guesses(finding_of(s, "deaf"), "multicast"));
}

static void test_why_reload_that_failed_is_told_until_one_is_done(void **state)
{
	static const struct {
		enum event_reload word;
		int64_t stopped; /* s; 0: never */
		const char *says;
	} rows[] = {
		{ EVENT_RELOAD_STARTED, 0, NULL },
		{ EVENT_RELOAD_DONE, 0, NULL },
		{ EVENT_RELOAD_REFUSED, 0, "10 s ago, was refused: gw1.conf:6" },
		{ EVENT_RELOAD_UNDONE, 0, "10 s ago, was undone: gw1.conf:6" },
		{ EVENT_RELOAD_REFUSED, 995, NULL }, /* it has read the file anew since */
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct scene *s = scene();

		active(s);
		s->facts.reload = (struct event){ .kind = EVENT_RELOAD, .mono_ns = 990 * SECOND };
		s->facts.reload.fact.word = (uint8_t)rows[i].word;
		strcpy(s->facts.reload.fact.text, "gw1.conf:6");
		if (rows[i].stopped)
			s->facts.stopped = (struct event){ .kind = EVENT_STOPPED,
							   .mono_ns = rows[i].stopped * SECOND };
		why_judge(&s->facts, s->routers, &s->judgement);
		assert_int_equal(s->judgement.n, rows[i].says != NULL);
		if (!rows[i].says)
			continue;
		assert_string_equal(s->judgement.all[0].code, "reload_refused");
		assert_non_null(strstr(s->judgement.all[0].text, rows[i].says));
		assert_non_null(strstr(s->judgement.all[0].advice, "vipd -t"));
	}
}

/* Two of a group have the same fault. */
static void test_why_advice_is_about_the_one_that_is_named(void **state)
{
	struct scene *s = scene();

	(void)state;
	unite(s);
	for (unsigned i = 0; i < 3; i++) {
		s->routers[i].state = VRRP_STATE_FAULT;
		s->routers[i].reason.code = VRRP_REASON_LINK_DOWN;
		snprintf(s->routers[i].interface, sizeof(s->routers[i].interface), "eth%u", i);
		snprintf(s->routers[i].name, sizeof(s->routers[i].name), "r%u", i);
	}
	s->routers[0].reason =
		(struct vrrp_reason){ .code = VRRP_REASON_MEMBER, .cause = VRRP_REASON_LINK_DOWN };
	strcpy(s->routers[0].by, "r2");
	with_problem(s, "fault", PROBLEM_WRONG);
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_non_null(strstr(finding_of(s, "fault")->advice, "ip link set eth2 up"));
}

static void test_why_fault_has_the_advice_of_its_reason(void **state)
{
	struct scene *s = scene();

	(void)state;
	in_fault(s);
	with_problem(s, "fault", PROBLEM_WRONG);
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_non_null(strstr(finding_of(s, "fault")->advice, "cable"));
	assert_int_equal(s->judgement.level, PROBLEM_WRONG);
	s->routers->reason = (struct vrrp_reason){ .code = VRRP_REASON_MEMBER_CHECK,
						   .cause = VRRP_REASON_CHECK_DOWN };
	strcpy(s->routers->by, "wan");
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_non_null(strstr(finding_of(s, "fault")->text, "wan has a fault (check_down)"));
	assert_non_null(strstr(finding_of(s, "fault")->advice, "vipctl show --checks CHECK "));
}

static void test_why_advice_has_names(void **state)
{
	struct scene *s = scene();
	struct why_track tracks[] = { { .name = "well", .is_check = true, .up = true },
				      { .name = "light", .is_check = true, .weight = -5 },
				      { .name = "nginx", .is_check = true } };
	char text[WHY_ADVICE_SIZE];

	(void)state;
	why_advise(why_advice_of_reason(VRRP_REASON_LINK_DOWN), s->routers, text);
	assert_string_equal(text, "Set it up: ip link set eth0 up.");
	s->routers->tracks = tracks;
	s->routers->tracks_n = N(tracks);
	why_advise(why_advice_of_reason(VRRP_REASON_CHECK_DOWN), s->routers, text);
	assert_non_null(strstr(text, "--checks nginx has"));
	why_advise(NULL, s->routers, text);
	assert_string_equal(text, "");
	s->routers->tracks_n = 0;
	strcpy(s->routers->reason.interface, "eth1");
	why_advise(why_advice_of_reason(VRRP_REASON_ADDRESS_LINK_DOWN), s->routers, text);
	assert_non_null(strstr(text, "(ip link set eth1 up)"));
	for (int i = 0; i < VRRP_REASON_COUNT; i++) {
		why_advise(why_advice_of_reason((enum vrrp_reason_code)i), s->routers, text);
		assert_null(strchr(text, '{'));
	}
}

/* It answered for the address before it fell silent: that it does so now nobody knows. */
static void test_why_silence_is_proved_by_what_came_behind_it_alone(void **state)
{
	struct scene *s = scene();
	struct event taken;

	(void)state;
	after_silence(s, "192.0.2.2");
	with_problem(s, "address_taken", PROBLEM_WRONG);
	with_packet(&taken, EVENT_NOTICE, VRRP_NOTICE_ADDRESS_TAKEN, "192.0.2.2");
	s->routers->journal.notices[VRRP_NOTICE_ADDRESS_TAKEN] = &taken;
	s->routers->journal.states[0].mono_ns = 990 * SECOND;
	s->routers->reason.ns = 4 * SECOND;
	taken.mono_ns = 985 * SECOND;
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_int_equal(finding_of(s, "silence")->level, PROBLEM_NONE);
	taken.mono_ns = 987 * SECOND;
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_int_equal(finding_of(s, "silence")->level, PROBLEM_WRONG);
}

static void test_why_what_happened_on_this_host_is_found(void **state)
{
	struct scene *s = scene();
	struct event event = { .kind = EVENT_ADDRESS, .mono_ns = 990 * SECOND };

	(void)state;
	backup_of(s->routers, 100);
	s->routers->reason.code = VRRP_REASON_AWAY;
	s->facts.lost = (struct event){ .kind = EVENT_PROCESS_LOST, .mono_ns = 995 * SECOND };
	s->facts.lost.fact.number[0] = 7;
	s->facts.ended = (struct event){ .kind = EVENT_PROCESS_END };
	s->facts.ended.fact.number[0] = 7;
	strcpy(s->facts.ended.fact.text, "killed by signal 11");
	event.address.news = EVENT_ADDRESS_ABANDONED;
	event.address.prefix_len = 24;
	set_address(event.address.bytes, "192.0.2.1");
	s->routers->journal.address = &event;
	s->routers->journal.taken_n = 5;
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_non_null(strstr(finding_of(s, "away")->text, "stood still"));
	assert_non_null(
		strstr(finding_of(s, "process_lost")->text, "5 s ago (killed by signal 11)"));
	assert_non_null(strstr(finding_of(s, "stolen_address")->text,
			       "192.0.2.1/24 was removed by somebody on this host, 10 s ago, and "
			       "before: again and again"));
	event.address.news = EVENT_ADDRESS_RESTORED; /* when it was Active */
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_null(finding_of(s, "stolen_address"));
	s->facts.late = s->facts.lost;
	s->facts.late.kind = EVENT_PROCESS_LATE;
	strcpy(s->facts.late.fact.text, "no sign of life");
	s->facts.now_mono_ns += 3600 * SECOND;
	s->facts.lost.mono_ns = s->facts.now_mono_ns;
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_null(finding_of(s, "process_lost"));
	assert_true(finding_of(s, "process_stalled")->alternatives_n > 0);
	s->facts.now_mono_ns += 3600 * SECOND;
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_null(finding_of(s, "process_stalled"));
}

/* A successor starts, too; whoever starts anew, or is new, has lost nothing. */
static void test_why_loss_is_of_those_it_struck(void **state)
{
	static const struct {
		int64_t adopted, started, stopped, added; /* s; 0: never */
		bool told;
	} rows[] = {
		{ 0, 0, 0, 0, true },      { 0, 990, 0, 0, true },   { 0, 990, 0, 990, true },
		{ 995, 995, 0, 0, true },  { 994, 996, 0, 0, true }, { 0, 997, 0, 0, false },
		{ 950, 997, 0, 0, false }, { 0, 0, 996, 0, false },  { 995, 995, 0, 996, false },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct scene *s = scene();
		bool told = false;

		backup_of(s->routers, 150);
		s->facts.lost =
			(struct event){ .kind = EVENT_PROCESS_LOST, .mono_ns = 995 * SECOND };
		if (rows[i].adopted)
			s->facts.adopted = (struct event){ .kind = EVENT_ADOPTED,
							   .mono_ns = rows[i].adopted * SECOND };
		if (rows[i].started)
			s->facts.started = (struct event){ .kind = EVENT_STARTED,
							   .mono_ns = rows[i].started * SECOND };
		if (rows[i].stopped)
			s->facts.stopped = (struct event){ .kind = EVENT_STOPPED,
							   .mono_ns = rows[i].stopped * SECOND };
		s->routers->journal.added_mono_ns = rows[i].added * SECOND;
		why_judge(&s->facts, s->routers, &s->judgement);
		for (unsigned k = 0; k < s->judgement.n; k++)
			told |= strcmp(s->judgement.all[k].code, "process_lost") == 0;
		assert_int_equal(told, rows[i].told);
	}
}

static void test_why_worst_comes_first_and_more_are_counted(void **state)
{
	static struct problem all[WHY_FINDINGS_MAX + 5];
	struct scene *s = scene();

	(void)state;
	active(s);
	for (size_t i = 0; i < N(all); i++) {
		all[i].level = i == 3 ? PROBLEM_WRONG : PROBLEM_DEGRADED;
		snprintf(all[i].word, sizeof(all[i].word), "word%zu", i);
	}
	s->routers->problems = all;
	s->routers->problems_n = N(all);
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_int_equal(s->judgement.n, WHY_FINDINGS_MAX);
	assert_int_equal(s->judgement.more_n, 5);
	assert_string_equal(s->judgement.all[0].code, "word3");
	assert_string_equal(s->judgement.all[1].code, "word0");
	assert_string_equal(s->judgement.all[2].code, "word1");
	assert_int_equal(s->judgement.more_n, 5);
}

/* Two tracked interfaces are two causes, 200 routes are not 200 findings. */
static void test_why_some_of_a_kind_are_told_and_the_others_counted(void **state)
{
	static struct problem all[9];
	struct scene *s = scene();

	(void)state;
	active(s);
	for (size_t i = 0; i < N(all); i++) {
		all[i].level = PROBLEM_DEGRADED;
		strcpy(all[i].word, i == 1 ? "track" : "missing_route");
		snprintf(all[i].text, sizeof(all[i].text), "number %zu", i);
	}
	s->routers->problems = all;
	s->routers->problems_n = 6;
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_int_equal(s->judgement.n, 5);
	assert_string_equal(s->judgement.all[2].text, "number 2");
	assert_string_equal(s->judgement.all[4].text,
			    "number 4; and 1 more of this kind: vipctl check");
	s->routers->problems_n = 9;
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_int_equal(s->judgement.n, 5);
	assert_non_null(strstr(s->judgement.all[4].text, "; and 4 more of this kind"));
}

static void test_why_start_behind_a_silent_end_is_told_for_a_while(void **state)
{
	struct scene *s = scene();

	(void)state;
	active(s);
	s->facts.died = (struct event){ .kind = EVENT_STARTED, .mono_ns = 995 * SECOND };
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_non_null(strstr(finding_of(s, "killed")->text, "started anew 5 s ago, and had"));
	s->routers->journal.added_mono_ns = 996 * SECOND; /* it was not there */
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_int_equal(s->judgement.n, 0);
	s->routers->journal.added_mono_ns = 0;
	s->facts.now_mono_ns += 3600 * SECOND;
	why_judge(&s->facts, s->routers, &s->judgement);
	assert_int_equal(s->judgement.n, 0);
}

/* What the protocol knows to complain of and to fail by, there is something to do about. */
static void test_why_there_is_advice_for_all_that_can_be_wrong(void **state)
{
	/* The last two have that of their cause. */
	static const unsigned no_faults[] = {
		VRRP_REASON_RECOVERED, VRRP_REASON_AWAY,   VRRP_REASON_CEDED,
		VRRP_REASON_TOGETHER,  VRRP_REASON_GROUP,  VRRP_REASON_BOOT_DELAY,
		VRRP_REASON_MUTE,      VRRP_REASON_MEMBER, VRRP_REASON_MEMBER_CHECK,
	};
	char word[PROBLEM_WORD_SIZE];

	(void)state;
	for (unsigned i = VRRP_ACCEPT + 1; i < VRRP_REJECT_COUNT; i++) {
		snprintf(word, sizeof(word), "rejected_%s", vrrp_reject_words[i]);
		if (!why_advice_of_problem(word))
			fail_msg("no advice for %s", word);
	}
	for (unsigned i = 0; i < VRRP_NOTICE_COUNT; i++)
		if (!why_advice_of_problem(vrrp_notice_words[i]))
			fail_msg("no advice for %s", vrrp_notice_words[i]);
	for (unsigned i = VRRP_REASON_LINK_MISSING; i < VRRP_REASON_COUNT; i++) {
		bool is_fault = true;

		for (size_t k = 0; k < N(no_faults); k++)
			is_fault &= no_faults[k] != i;
		if (is_fault && !why_advice_of_reason((enum vrrp_reason_code)i))
			fail_msg("no advice for %s", vrrp_reason_words[i]);
	}
}

/* ---- how it ended ---- */

static void test_why_end_is_told_from_the_last_words(void **state)
{
	static const struct {
		int64_t started, stopped, lost, orphaned; /* s; 0: never */
		enum why_end end;
		const char *says;
	} rows[] = {
		{ 10, 20, 0, 0, WHY_END_STOPPED, "stopped, by signal TERM of process 4711" },
		{ 10, 5, 0, 0, WHY_END_KILLED, "without a word" },
		{ 10, 0, 15, 0, WHY_END_GAVE_UP, "died too often" },
		{ 10, 0, 5, 0, WHY_END_KILLED, "without a word" },
		{ 10, 20, 0, 20, WHY_END_KILLED, "its keeper was killed" },
		{ 10, 20, 0, 5, WHY_END_STOPPED, "stopped, by signal TERM" },
		{ 19, 25, 0, 0, WHY_END_STOPPED, "by signal TERM" },
		{ 20, 25, 0, 0, WHY_END_STOPPED, "by whom the journal does not say" },
		{ 0, 0, 0, 0, WHY_END_UNKNOWN, "not known" },
	};
	char text[WHY_END_SIZE];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct scene *s = scene();

		if (rows[i].started)
			s->facts.started = (struct event){ .kind = EVENT_STARTED,
							   .mono_ns = rows[i].started * SECOND };
		if (rows[i].stopped)
			s->facts.stopped = (struct event){ .kind = EVENT_STOPPED,
							   .mono_ns = rows[i].stopped * SECOND };
		s->facts.signal = (struct event){ .kind = EVENT_SIGNAL, .mono_ns = 19 * SECOND };
		s->facts.signal.fact.number[0] = 15;
		s->facts.signal.fact.number[1] = 4711;
		s->facts.signal.fact.word = 1;
		if (rows[i].lost)
			s->facts.lost = (struct event){ .kind = EVENT_PROCESS_LOST,
							.mono_ns = rows[i].lost * SECOND };
		s->facts.lost.fact.word = 1;
		if (rows[i].orphaned)
			s->facts.orphaned = (struct event){ .kind = EVENT_KEEPER_GONE,
							    .mono_ns = rows[i].orphaned * SECOND };
		assert_int_equal(why_judge_end(&s->facts, text), rows[i].end);
		assert_non_null(strstr(text, rows[i].says));
		s->facts.journal_read = false;
		strcpy(s->facts.journal_why, "reading the journal needs root");
		assert_int_equal(why_judge_end(&s->facts, text), WHY_END_UNKNOWN);
		assert_non_null(strstr(text, "needs root"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_why_nothing_is_wrong_where_all_is_well),
		cmocka_unit_test(test_why_silence_is_a_guess_that_what_is_known_narrows),
		cmocka_unit_test(test_why_silence_is_explained_by_what_was_discarded_meanwhile),
		cmocka_unit_test(
			test_why_silence_of_a_unicast_peer_has_nothing_to_do_with_multicast),
		cmocka_unit_test(test_why_silence_of_nobody_is_nothing_to_guess),
		cmocka_unit_test(test_why_follower_has_the_cause_of_who_was_first),
		cmocka_unit_test(test_why_problems_name_the_sender_and_what_to_do),
		cmocka_unit_test(test_why_of_two_actives_one_is_guessed_at),
		cmocka_unit_test(test_why_rival_that_differs_is_taken_to_discard_our_adverts),
		cmocka_unit_test(test_why_rival_that_no_advert_can_reach_is_nothing_to_guess),
		cmocka_unit_test(test_why_causes_come_before_what_is_seen_of_them),
		cmocka_unit_test(test_why_deaf_one_may_have_a_mute_peer),
		cmocka_unit_test(test_why_reload_that_failed_is_told_until_one_is_done),
		cmocka_unit_test(test_why_advice_is_about_the_one_that_is_named),
		cmocka_unit_test(test_why_fault_has_the_advice_of_its_reason),
		cmocka_unit_test(test_why_advice_has_names),
		cmocka_unit_test(test_why_silence_is_proved_by_what_came_behind_it_alone),
		cmocka_unit_test(test_why_what_happened_on_this_host_is_found),
		cmocka_unit_test(test_why_loss_is_of_those_it_struck),
		cmocka_unit_test(test_why_worst_comes_first_and_more_are_counted),
		cmocka_unit_test(test_why_some_of_a_kind_are_told_and_the_others_counted),
		cmocka_unit_test(test_why_start_behind_a_silent_end_is_told_for_a_while),
		cmocka_unit_test(test_why_there_is_advice_for_all_that_can_be_wrong),
		cmocka_unit_test(test_why_end_is_told_from_the_last_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
