/* SPDX-License-Identifier: MIT */
/* What vipctl why says of facts: where the election stands, what a priority is made of. */
#include "why_scene.h"

/* ---- the election ---- */

static void backup_of_equal(struct scene *s)
{
	backup_of(s->routers, 100);
}

static void backup_of_owner(struct scene *s)
{
	backup_of(s->routers, 255);
}

static void backup_of_lower(struct scene *s)
{
	backup_of(s->routers, 50);
}

static void backup_without_preemption(struct scene *s)
{
	backup_of(s->routers, 50);
	s->routers->preempt = false;
}

static void backup_with_delay(struct scene *s)
{
	backup_of(s->routers, 50);
	s->routers->preempt_in_ms = 12300;
}

static void backup_that_is_damped(struct scene *s)
{
	backup_of(s->routers, 50);
	s->routers->damped_until_real_ns = NOW + SECOND;
}

static void backup_that_was_damped(struct scene *s)
{
	backup_of(s->routers, 50);
	s->routers->damped_until_real_ns = NOW - SECOND;
}

static void backup_that_is_mute(struct scene *s)
{
	backup_of(s->routers, 50);
	s->routers->mute = true;
}

static void backup_of_one_that_left(struct scene *s)
{
	backup_of(s->routers, 0);
}

static struct why_address waiting[] = { { .present = true, .handing_over = true },
					{ .present = true, .handing_over = true },
					{ .text = "gone" } };

static void backup_that_hands_over(struct scene *s)
{
	backup_of(s->routers, 150);
	s->routers->effective = 1;
	s->routers->addresses = waiting;
	s->routers->addresses_n = N(waiting);
}

/* Its advert may have said that it is weaker: that is no one to take over from, either. */
static void backup_that_hands_over_to_a_weaker_one(struct scene *s)
{
	backup_that_hands_over(s);
	s->routers->effective = 200;
}

static void backup_that_hands_over_to_somebody(struct scene *s)
{
	backup_that_hands_over(s);
	memset(s->routers->active, 0, sizeof(s->routers->active));
}

/* It has been drained, say. */
static void backup_of_one_that_was_better(struct scene *s)
{
	backup_of(s->routers, 150);
	set_address(s->routers->lower, "192.0.2.2");
	s->routers->lower_priority = 1;
}

static void backup_that_hears_two(struct scene *s)
{
	backup_of(s->routers, 150);
	set_address(s->routers->lower, "192.0.2.9");
	s->routers->lower_priority = 40;
}

static void backup_that_preempts(struct scene *s)
{
	backup_of(s->routers, 50);
	set_address(s->routers->lower, "192.0.2.9");
	s->routers->lower_priority = 40;
}

static void backup_of_nobody(struct scene *s)
{
	backup_of(s->routers, 0);
	memset(s->routers->active, 0, sizeof(s->routers->active));
}

static void backup_that_waits_for_a_member(struct scene *s)
{
	backup_of(s->routers, 150);
	strcpy(s->routers->held_by, "wan");
	s->routers->held_by_state = VRRP_STATE_INITIALIZE;
}

static void backup_that_waits_longer_elsewhere(struct scene *s)
{
	backup_of(s->routers, 150);
	strcpy(s->routers->held_by, "lan");
	s->routers->held_by_family = 6;
	s->routers->held_by_state = VRRP_STATE_BACKUP;
	s->routers->held_ms = 3600;
}

static void active_beside_a_rival(struct scene *s)
{
	active(s);
	set_address(s->routers->rival, "192.0.2.3");
	s->routers->rival_priority = 90;
	s->routers->rival_real_ns = NOW - SECOND;
}

/* Its own priority has fallen since. */
static void active_below_a_rival(struct scene *s)
{
	active_beside_a_rival(s);
	s->routers->rival_priority = 120;
}

static void active_after_a_rival(struct scene *s)
{
	active_beside_a_rival(s);
	s->routers->rival_real_ns = NOW - 60 * SECOND;
}

static void active_beside_one_that_it_discards(struct scene *s)
{
	static struct problem problem = { .word = "rejected_hmac_bad" };

	active(s);
	s->routers->problems = &problem;
	s->routers->problems_n = 1;
}

static void active_that_cedes(struct scene *s)
{
	active(s);
	s->routers->ceding = true;
}

static void active_that_was_away(struct scene *s)
{
	active(s);
	s->routers->listening = true;
}

static void delayed(struct scene *s)
{
	s->routers->reason.code = VRRP_REASON_START_DELAY;
	s->routers->start_in_ms = 4200;
}

static void stopped(struct scene *s)
{
	s->routers->reason.code = VRRP_REASON_STOPPED;
}

static struct why_track slow = { .name = "slow", .is_check = true, .unknown = true };

static void awaiting(struct scene *s)
{
	s->routers->tracks = &slow;
	s->routers->tracks_n = 1;
}

static void nothing(struct scene *s)
{
	(void)s;
}

static void test_why_election_says_who_is_better_and_what_ends_it(void **state)
{
	static const struct {
		void (*make)(struct scene *s);
		const char *word, *says;
	} rows[] = {
		{ backup_of_higher, "higher",
		  "192.0.2.2 is Active with priority 150, higher than ours, 100; heard 0.1 s ago, "
		  "takeover in 0.3 s without another advert" },
		{ backup_of_equal, "equal",
		  "priority 100, as ours: a Backup leaves its equal alone" },
		{ backup_of_owner, "owner", "priority 255, the owner of the addresses" },
		{ backup_of_lower, "preempts", "lower than ours, 100: we are about to take over" },
		{ backup_without_preemption, "no_preempt", "preempt = false leaves it in peace;" },
		{ backup_with_delay, "preempt_delay",
		  "preempt_delay leaves it in peace for 12.3 s more" },
		{ backup_that_is_damped, "damped",
		  "damping leaves it in peace until 2023-11-14T22:13:21Z" },
		{ backup_that_was_damped, "preempts", "about to take over" },
		{ backup_that_is_mute, "mute", "no advert of ours leaves" },
		{ backup_of_one_that_left, "left",
		  "192.0.2.2 says that it leaves, with priority 0, takeover" },
		{ backup_that_preempts, "preempts",
		  "192.0.2.9 is Active with priority 40, lower than ours, 100: we take over, "
		  "takeover in 0.3 s" },
		{ backup_that_hears_two, "higher",
		  "192.0.2.2 is Active with priority 150, higher than ours, 100; heard 0.1 s ago; "
		  "192.0.2.9 is heard as Active, too, with the lower priority 40, takeover in" },
		{ backup_of_one_that_was_better, "preempts",
		  "lower than ours, 100: we take over, takeover" },
		{ backup_that_hands_over, "hands_over",
		  "192.0.2.2 has come with priority 150, ours is 1: it still serves 2 of 3 "
		  "addresses, each until that one announces it" },
		{ backup_that_hands_over_to_a_weaker_one, "hands_over",
		  "192.0.2.2 has come with priority 150, ours is 200: it still serves 2 of 3" },
		{ backup_that_hands_over_to_somebody, "hands_over",
		  "it leaves to whoever comes: it still serves 2 of 3 addresses" },
		{ backup_of_nobody, "nobody", "nobody is heard as Active, takeover in 0.3 s" },
		{ backup_that_waits_for_a_member, "higher", "no takeover before wan has begun" },
		{ backup_that_waits_longer_elsewhere, "higher",
		  "takeover in 3.6 s if nobody is heard there or by its IPv6" },
		{ active, "alone",
		  "priority 100, and hears no other Active; it yields to a higher" },
		{ active_owner, "alone", "priority 255, and hears no other Active" },
		{ active_beside_a_rival, "rival",
		  "192.0.2.3 is heard as Active, too, 1.0 s ago, with the lower priority 90, ours "
		  "is "
		  "100" },
		{ active_below_a_rival, "rival", "with the higher priority 120, ours is 100" },
		{ active_after_a_rival, "alone", "hears no other Active" },
		{ active_beside_one_that_it_discards, "alone",
		  "hears no other Active but in adverts that it discards; it yields to" },
		{ active_that_cedes, "cedes", "has offered to leave" },
		{ active_that_was_away, "listens", "stood still" },
		{ in_fault, "out", "takes no part" },
		{ delayed, "delayed", "it begins in 4.2 s, when its start_delay ends" },
		{ stopped, "out", "takes no part" },
		{ awaiting, "awaits", "when check slow has answered for the first time" },
		{ nothing, "awaits", "its interface, or another one of its unit, is not ready" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct scene *s = scene();

		rows[i].make(s);
		assert_string_equal(why_election_words[why_election(&s->facts, s->routers)],
				    rows[i].word);
		why_says_election(&s->facts, s->routers, s->text);
		if (!strstr(s->text, rows[i].says))
			fail_msg("row %zu: \"%s\" lacks \"%s\"", i, s->text, rows[i].says);
	}
}

/* ---- the priority, the unit, the addresses ---- */

/* The third of these waits for commands, though for no drain; the second is asked about. */
static void assert_leaves(struct scene *s)
{
	static const struct {
		enum event_before before;
		const char *says;
	} rows[] = {
		{ EVENT_BEFORE_STOP, "55 = 100 as configured - 60 of check web + 20 of interface "
				     "eth9 - 5 of interface eth1 (of wan): vipd was told to stop, "
				     "and that waits for the commands before it, for 7.0 s at "
				     "most" },
		{ EVENT_BEFORE_REMOVAL, ": a reload does without it, and that waits for the "
					"commands before it, for 7.0 s at most" },
		{ EVENT_BEFORE_PRIORITY, "55 (100 as configured) - 60 of check web" },
		{ EVENT_BEFORE_PRIORITY, ": a reload has lowered it, and that waits for the "
					 "commands before it, for 7.0 s at most" },
		{ EVENT_BEFORE_DRAIN, ": it is about to leave, and that waits for" }, /* unknown */
	};

	s->routers[2].drain_held_until_real_ns = 0;
	s->routers[2].leave_held_until_real_ns = NOW + 7 * SECOND;
	for (size_t i = 0; i < N(rows); i++) {
		s->routers[2].leave_before = rows[i].before;
		assert_non_null(strstr(why_says_priority(&s->facts, &s->routers[1], s->text),
				       rows[i].says));
		assert_null(strstr(s->text, "it is drained"));
	}
}

static void test_why_priority_is_made_of_what_all_with_one_fate_have(void **state)
{
	static struct why_track of_lan[] = {
		{ .name = "web", .is_check = true, .weight = -60, .adds = -60, .said = "refused" },
		{ .name = "eth9", .weight = 20, .adds = 20, .up = true },
		{ .name = "db", .is_check = true, .weight = -10, .up = true },
	};
	static struct why_track of_wan[] = { { .name = "eth1", .weight = -5, .adds = -5 } };
	struct scene *s = scene();

	(void)state;
	unite(s);
	s->routers[0].tracks = of_lan;
	s->routers[0].tracks_n = N(of_lan);
	s->routers[2].tracks = of_wan;
	s->routers[2].tracks_n = N(of_wan);
	s->routers[1].effective = 55;
	assert_string_equal(why_says_priority(&s->facts, &s->routers[1], s->text),
			    "55 = 100 as configured - 60 of check web + 20 of interface eth9 - 5 "
			    "of interface eth1 (of wan)");
	s->routers[2].drained = true;
	s->routers[2].drained_until_real_ns = NOW + 90 * SECOND;
	s->routers[1].effective = 1;
	assert_non_null(strstr(why_says_priority(&s->facts, &s->routers[1], s->text),
			       ", as it is drained for 90.0 s more"));
	s->routers[2].drained_until_real_ns = NOW + 2 * 24 * 3600 * SECOND;
	assert_non_null(strstr(why_says_priority(&s->facts, &s->routers[1], s->text),
			       ", as it is drained for 2 d more"));
	s->routers[2].drain_held_until_real_ns = NOW + 5 * SECOND;
	s->routers[1].effective = 55;
	assert_non_null(strstr(why_says_priority(&s->facts, &s->routers[1], s->text),
			       ": it is drained, and the drain waits for the commands before it, "
			       "for 5.0 s at most"));
	assert_null(strstr(s->text, "as it is drained"));
	assert_leaves(s);
	assert_string_equal(why_says_track(&of_lan[0], s->text),
			    "check web is down: -60 to the priority; it says: refused");
	assert_string_equal(why_says_track(&slow, s->text), "check slow is unknown");
	of_lan[0] = (struct why_track){ .name = "eth7", .missing = true };
	assert_string_equal(why_says_track(&of_lan[0], s->text),
			    "interface eth7 is not there: a fault");
}

static void test_why_priority_of_owner_last_resort_and_lacking(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->routers->effective = 1;
	s->routers->lacking = true;
	assert_non_null(strstr(why_says_priority(&s->facts, s->routers, s->text),
			       "without the first answer of a check"));
	s->routers->last_resort = true;
	assert_non_null(strstr(why_says_priority(&s->facts, s->routers, s->text),
			       "1 = 100 as configured, as lan cannot hold an address"));
	s->routers->base = 255;
	assert_non_null(strstr(why_says_priority(&s->facts, s->routers, s->text), "the owner's"));
}

static void test_why_unit_names_who_is_mute_deaf_or_in_fault(void **state)
{
	struct scene *s = scene();

	(void)state;
	assert_string_equal(why_says_unit(&s->facts, s->routers, s->text), "");
	unite(s);
	for (unsigned i = 0; i < 3; i++) {
		s->routers[i].state = VRRP_STATE_BACKUP;
		strcpy(s->routers[i].group, "gateway");
	}
	s->routers[1].deaf = true;
	s->routers[2].state = VRRP_STATE_FAULT;
	strcpy(s->routers[2].reason_text, "interface eth1 is down");
	s->routers[0].reason =
		(struct vrrp_reason){ .code = VRRP_REASON_MEMBER, .cause = VRRP_REASON_LINK_DOWN };
	strcpy(s->routers[0].by, "wan");
	s->routers[0].state = VRRP_STATE_FAULT;
	assert_string_equal(why_says_unit(&s->facts, s->routers, s->text),
			    "one of 3 of the group gateway; its IPv6 is deaf: no advert arrives "
			    "there; wan is in fault: interface eth1 is down");
	/* Of itself all else speaks; and of others that failed before nobody says that they did. */
	assert_string_equal(why_says_unit(&s->facts, &s->routers[2], s->text),
			    "one of 3 of the group gateway; lan is deaf: no advert arrives there");
	s->routers[0].state = VRRP_STATE_ACTIVE;
	s->routers[0].reason =
		(struct vrrp_reason){ .code = VRRP_REASON_GROUP, .cause = VRRP_REASON_SILENCE };
	assert_non_null(strstr(why_says_unit(&s->facts, s->routers, s->text),
			       "gateway; wan was the first, for the reason silence; its IPv6"));
	s->facts.n = 1; /* the others were not told of */
	assert_non_null(why_says_unit(&s->facts, s->routers, s->text));
}

static void test_why_addresses_are_counted_by_how_they_are(void **state)
{
	static struct why_address all[7] = { { .text = "192.0.2.1/24", .missing = true },
					     { .text = "192.0.2.4/24", .present = true },
					     { .text = "192.0.2.5/24", .present = true },
					     { .text = "192.0.2.6/24", .present = true },
					     { .text = "192.0.2.7/24", .present = true },
					     { .text = "192.0.2.8/24", .present = true } };
	struct scene *s = scene();

	(void)state;
	assert_string_equal(why_says_addresses(s->routers, s->text), "it has none");
	s->routers->addresses = all;
	s->routers->addresses_n = 6;
	assert_string_equal(why_says_addresses(s->routers, s->text),
			    "192.0.2.1/24 MISSING although it is Active; 192.0.2.4/24, "
			    "192.0.2.5/24, 192.0.2.6/24, 192.0.2.7/24 and 1 more here");
	s->routers->addresses_n = 1;
	all[0] = (struct why_address){ .text = "192.0.2.1/24", .present = true, .held = true };
	assert_string_equal(why_says_addresses(s->routers, s->text),
			    "192.0.2.1/24 HERE although it is not Active");
	all[0] = (struct why_address){ .text = "192.0.2.1/24" };
	assert_string_equal(why_says_addresses(s->routers, s->text),
			    "192.0.2.1/24 not here, as it should be");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_why_election_says_who_is_better_and_what_ends_it),
		cmocka_unit_test(test_why_priority_is_made_of_what_all_with_one_fate_have),
		cmocka_unit_test(test_why_priority_of_owner_last_resort_and_lacking),
		cmocka_unit_test(test_why_unit_names_who_is_mute_deaf_or_in_fault),
		cmocka_unit_test(test_why_addresses_are_counted_by_how_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
