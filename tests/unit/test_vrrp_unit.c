/* SPDX-License-Identifier: MIT */
/*
 * A dual-stack router as a function: one election in two families; and a group of such a one and
 * others. First each rule, then hosts on networks that are cut and mended at random.
 */
#include "test.h"

#include "vrrp/timers.h"
#include "vrrp/unit.h"

#define T0       (1000 * SECOND)
#define DOWN_100 INT64_C(3609375000) /* Active_Down_Interval of priority 100, intervals of 1 s */
#define V4       0
#define V6       1
#define MEMBERS  4 /* of a group: both of a router, and two others */

/* A dual-stack router of one host, or a group. */
struct host {
	struct vrrp vr[MEMBERS];
	struct vrrp_unit unit;
	struct vrrp_member members[MEMBERS];
	struct vrrp_output out[MEMBERS];
	int64_t due_ns[MEMBERS]; /* deadlines as of when a member was touched last */
};

static struct vrrp router_of(unsigned family, unsigned priority, const char *source)
{
	const struct vrrp_config config = {
		.family = (uint8_t)family,
		.version = 3,
		.vrid = 51,
		.priority = (uint8_t)priority,
		.interval_cs = 100,
		.preempt = true,
	};
	struct vrrp vr;
	uint8_t bytes[16];

	vrrp_init(&vr, &config);
	set_address(bytes, source);
	vrrp_source_set(&vr, bytes);
	return vr;
}

static void make(struct host *host, unsigned priority, const char *source4, const char *source6)
{
	*host = (struct host){ .vr = { router_of(4, priority, source4),
				       router_of(6, priority, source6) } };
	vrrp_unit_init(&host->unit, host->members);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(vrrp_unit_add(&host->unit, &host->vr[i], 0), i);
}

/* With an interval of half a second in one of the others, and version 2 in the last. */
static void make_group(struct host *host, unsigned priority, const char *source4,
		       const char *source6)
{
	make(host, priority, source4, source6);
	for (unsigned i = 2; i < MEMBERS; i++) {
		host->vr[i] = router_of(4, priority, source4);
		assert_int_equal(vrrp_unit_add(&host->unit, &host->vr[i], i), i);
	}
	host->vr[2].config.interval_cs = 50;
	host->vr[3].config.version = 2;
}

/* Of what is not touched, a caller keeps what it knows. */
static void take(struct host *host, unsigned member, const struct vrrp_event *event)
{
	vrrp_unit_step(&host->unit, member, event, host->out);
	for (unsigned i = 0; i < host->unit.n; i++)
		if (host->members[i].touched)
			host->due_ns[i] = vrrp_unit_deadline(&host->unit, i);
}

/* "claim | release": what each member has to do. */
static const char *both(const struct host *host)
{
	static char text[512];

	strcpy(text, actions_text(&host->vr[V4], &host->out[V4]));
	strcat(text, " | ");
	strcat(text, actions_text(&host->vr[V6], &host->out[V6]));
	return text;
}

static const char *happens(struct host *host, unsigned member, enum vrrp_event_type type,
			   int64_t now_ns)
{
	const struct vrrp_event event = { .type = type, .now_ns = now_ns };

	take(host, member, &event);
	return both(host);
}

static const char *hear(struct host *host, unsigned member, int64_t now_ns, unsigned priority,
			const char *source)
{
	struct vrrp_advert advert = { .family = member == V6 ? 6 : 4,
				      .version = 3,
				      .vrid = 51,
				      .priority = (uint8_t)priority,
				      .interval_cs = 100 };
	const struct vrrp_event event = { .type = VRRP_EVENT_ADVERT,
					  .now_ns = now_ns,
					  .advert = &advert };

	set_address(advert.source, source);
	vrrp_unit_step(&host->unit, member, &event, host->out);
	return both(host);
}

static const char *timer(struct host *host, unsigned member, int64_t now_ns)
{
	return happens(host, member, VRRP_EVENT_TIMER, now_ns);
}

static void begin(struct host *host, unsigned priority)
{
	make(host, priority, OWN_ADDRESS, "fe80::20");
	assert_string_equal(happens(host, V4, VRRP_EVENT_STARTUP, T0), "initialize->backup | ");
	assert_string_equal(happens(host, V6, VRRP_EVENT_STARTUP, T0), " | initialize->backup");
}

static void begin_active(struct host *host, unsigned priority)
{
	begin(host, priority);
	timer(host, V4, T0 + 4 * SECOND);
	assert_int_equal(host->vr[V4].election.state, VRRP_STATE_ACTIVE);
	assert_int_equal(host->vr[V6].election.state, VRRP_STATE_ACTIVE);
}

#define TAKES_OVER "advert 100, claim, announce, backup->active"
#define GIVES_WAY  "release, advert 0, active->backup"

static void test_unit_takes_over_in_one_step(void **state)
{
	struct host host;

	(void)state;
	begin(&host, 100);
	assert_int_equal(vrrp_unit_deadline(&host.unit, V4), T0 + DOWN_100);
	assert_int_equal(vrrp_unit_deadline(&host.unit, V6), T0 + DOWN_100);
	assert_string_equal(timer(&host, V6, T0 + DOWN_100 - 1), " | ");
	assert_string_equal(timer(&host, V6, T0 + DOWN_100), TAKES_OVER " | " TAKES_OVER);
	assert_int_equal(host.vr[V6].election.reason.code, VRRP_REASON_TOGETHER);
	assert_int_equal(host.vr[V6].election.reason.priority, 4);
	assert_int_equal(host.vr[V4].election.reason.code, VRRP_REASON_SILENCE);
}

static void test_unit_one_family_that_hears_an_active_is_enough(void **state)
{
	struct host host;
	int64_t now = T0;

	(void)state;
	begin(&host, 100);
	for (unsigned i = 0; i < 20; i++, now += SECOND) {
		assert_string_equal(hear(&host, V4, now, 150, HIGHER_ADDRESS), " | ");
		assert_int_equal(vrrp_unit_deadline(&host.unit, V4), now + DOWN_100);
		if (now < T0 + DOWN_100 + SECOND)
			assert_string_equal(timer(&host, V6, now), " | ");
		else if (!host.unit.members[V6].deaf)
			assert_string_equal(timer(&host, V6, now), " | deaf");
		else
			assert_string_equal(timer(&host, V6, now), " | ");
	}
	assert_true(host.unit.members[V6].deaf);
	/* Both are silent: the family that was deaf has nothing to add. */
	now += DOWN_100 - SECOND;
	assert_int_equal(vrrp_unit_deadline(&host.unit, V6), now);
	assert_string_equal(timer(&host, V6, now), TAKES_OVER " | " TAKES_OVER);
	assert_int_equal(host.vr[V4].counters.late_timers + host.vr[V6].counters.late_timers, 0);
	assert_false(host.unit.members[V6].deaf);
}

/* Whoever of them the timer is of. */
static void test_unit_deaf_family_that_is_led_is_deaf_no_more(void **state)
{
	struct host host;
	int64_t now = T0;

	(void)state;
	begin(&host, 100);
	for (unsigned i = 0; i < 6; i++, now += SECOND) {
		hear(&host, V4, now, 150, HIGHER_ADDRESS);
		(void)timer(&host, V6, now);
	}
	assert_true(host.unit.members[V6].deaf);
	assert_string_equal(timer(&host, V4, now + DOWN_100 - SECOND), TAKES_OVER " | " TAKES_OVER);
	assert_false(host.unit.members[V6].deaf);
}

static void test_unit_deaf_family_hears_again(void **state)
{
	struct host host;

	(void)state;
	begin(&host, 100);
	hear(&host, V4, T0 + 4 * SECOND, 150, HIGHER_ADDRESS);
	assert_int_equal(vrrp_unit_deadline(&host.unit, V6), T0 + DOWN_100 + SECOND);
	assert_string_equal(timer(&host, V6, T0 + 5 * SECOND), " | deaf");
	assert_int_equal(vrrp_unit_deadline(&host.unit, V6), T0 + 4 * SECOND + DOWN_100);
	assert_string_equal(hear(&host, V6, T0 + 5 * SECOND, 150, "fe80::200"), " | hears");
}

/* As of a peer whose routers have different priorities: what it discards it has heard. */
static void test_unit_member_that_hears_a_lower_priority_is_not_deaf(void **state)
{
	struct host host;
	int64_t now;

	(void)state;
	begin(&host, 100);
	for (now = T0 + SECOND; now < T0 + 10 * SECOND; now += SECOND) {
		hear(&host, V4, now, 150, HIGHER_ADDRESS);
		assert_string_equal(hear(&host, V6, now, 50, "fe80::200"), " | ");
		assert_string_equal(timer(&host, V6, now + SECOND / 2), " | ");
		assert_true(vrrp_unit_deadline(&host.unit, V6) >= now + DOWN_100);
	}
	for (; !host.unit.members[V6].deaf; now += SECOND) {
		assert_true(now < T0 + 15 * SECOND);
		hear(&host, V4, now, 150, HIGHER_ADDRESS);
		timer(&host, V6, now);
	}
	assert_true(now > T0 + 9 * SECOND + DOWN_100);
}

/* The last timer alone says whether the silence proves anything. */
static void test_unit_stall_of_the_host_is_granted_once(void **state)
{
	struct host host;

	(void)state;
	begin(&host, 100);
	hear(&host, V4, T0 + SECOND, 150, HIGHER_ADDRESS);
	hear(&host, V6, T0 + SECOND, 150, "fe80::200");
	assert_string_equal(timer(&host, V6, T0 + 20 * SECOND), " | ");
	assert_int_equal(host.vr[V4].counters.late_timers, 1);
	assert_int_equal(vrrp_unit_deadline(&host.unit, V6),
			 T0 + 20 * SECOND + vrrp_down_ns(3, 100, 100, 1));
	assert_string_equal(timer(&host, V6, T0 + 22 * SECOND), TAKES_OVER " | " TAKES_OVER);
}

static void test_unit_yields_as_one(void **state)
{
	struct host host;

	(void)state;
	begin_active(&host, 100);
	assert_string_equal(hear(&host, V6, T0 + 5 * SECOND, 150, "fe80::1"),
			    GIVES_WAY " | release, advert 1, active->backup");
	assert_int_equal(host.vr[V4].election.reason.code, VRRP_REASON_TOGETHER);
	assert_int_equal(host.vr[V4].election.reason.priority, 6);
	assert_int_equal(host.vr[V6].election.reason.code, VRRP_REASON_HIGHER);
	assert_int_equal(vrrp_unit_deadline(&host.unit, V4), T0 + 5 * SECOND + DOWN_100);
}

static void test_unit_answers_a_lower_priority_in_its_family_alone(void **state)
{
	struct host host;

	(void)state;
	begin_active(&host, 100);
	assert_string_equal(hear(&host, V6, T0 + 5 * SECOND, 50, "fe80::1"),
			    " | advert 100, announce");
}

/* It was Active in both, and may be mute in the other one. */
static void test_unit_rival_in_one_family_makes_the_other_announce_when_it_is_over(void **state)
{
	struct host host;

	(void)state;
	begin_active(&host, 100);
	assert_string_equal(hear(&host, V4, T0 + 5 * SECOND, 50, LOWER_ADDRESS),
			    "advert 100, announce | ");
	assert_string_equal(timer(&host, V6, T0 + 5 * SECOND), " | advert 100");
	hear(&host, V4, T0 + 6 * SECOND, 50, LOWER_ADDRESS);
	assert_string_equal(timer(&host, V6, T0 + 6 * SECOND), " | advert 100");
	assert_int_equal(vrrp_unit_deadline(&host.unit, V6), T0 + 6500 * SECOND / 1000);
	assert_string_equal(timer(&host, V6, T0 + 6500 * SECOND / 1000), " | announce");
}

static void test_unit_rival_in_both_families_is_announced_against_once_in_each(void **state)
{
	struct host host;

	(void)state;
	begin_active(&host, 100);
	hear(&host, V4, T0 + 5 * SECOND, 50, LOWER_ADDRESS);
	assert_string_equal(hear(&host, V6, T0 + 5 * SECOND, 50, "fe80::1"),
			    " | advert 100, announce");
	assert_string_equal(timer(&host, V4, T0 + 6 * SECOND), "advert 100 | ");
	assert_string_equal(timer(&host, V6, T0 + 6 * SECOND), " | advert 100");
	assert_int_equal(vrrp_unit_deadline(&host.unit, V4), T0 + 7 * SECOND);
	assert_int_equal(vrrp_unit_deadline(&host.unit, V6), T0 + 7 * SECOND);
}

/* An answer in a former contest is none in this one, in which the rival is mute there. */
static void test_unit_rival_that_was_answered_before_is_announced_against_anew(void **state)
{
	struct host host;

	(void)state;
	begin(&host, 100);
	host.vr[V4].config.interval_cs = host.vr[V6].config.interval_cs = 10;
	timer(&host, V4, T0 + 4 * SECOND);
	hear(&host, V4, T0 + 5 * SECOND, 50, LOWER_ADDRESS);
	hear(&host, V6, T0 + 5 * SECOND, 50, "fe80::1");
	hear(&host, V4, T0 + 59 * SECOND / 10, 50, LOWER_ADDRESS);
	assert_int_equal(host.vr[V6].election.announce_ns, T0 + 61 * SECOND / 10);
}

/* What was heard before this host was Active was of somebody else. */
static void test_unit_rival_behind_a_takeover_is_announced_against(void **state)
{
	struct host host;

	(void)state;
	begin(&host, 100);
	hear(&host, V6, T0 + 39 * SECOND / 10, 50, "fe80::1");
	timer(&host, V4, T0 + 4 * SECOND);
	assert_int_equal(host.vr[V6].election.state, VRRP_STATE_ACTIVE);
	hear(&host, V4, T0 + 42 * SECOND / 10, 50, LOWER_ADDRESS);
	assert_int_equal(host.vr[V6].election.announced_n, 0);
	assert_int_equal(host.vr[V6].election.announce_ns, T0 + 57 * SECOND / 10);
}

/* Packets of IPv6 are read after those of IPv4 that came later. */
static void test_unit_does_not_go_back_in_time(void **state)
{
	struct host host;

	(void)state;
	begin_active(&host, 100);
	hear(&host, V4, T0 + 7 * SECOND, 150, LOWER_ADDRESS);
	hear(&host, V6, T0 + 5 * SECOND, 150, "fe80::1");
	assert_int_equal(host.vr[V6].election.heard_ns, T0 + 7 * SECOND);
	assert_int_equal(vrrp_unit_deadline(&host.unit, V6), T0 + 7 * SECOND + DOWN_100);
}

static void test_unit_tie_is_decided_by_the_first_family(void **state)
{
	struct host host;

	(void)state;
	begin_active(&host, 100);
	assert_string_equal(hear(&host, V6, T0 + 5 * SECOND, 100, "fe80::200"), " | ");
	/* Which is not answered, but may be its last word. */
	assert_int_equal(host.vr[V4].election.announce_ns, T0 + 6500 * SECOND / 1000);
	assert_int_equal(host.vr[V6].election.announce_ns, T0 + 6500 * SECOND / 1000);
	assert_string_equal(hear(&host, V4, T0 + 5 * SECOND, 100, LOWER_ADDRESS),
			    "advert 100, announce | ");
	assert_string_equal(hear(&host, V4, T0 + 6 * SECOND, 100, HIGHER_ADDRESS),
			    "release, advert 1, active->backup | " GIVES_WAY);
}

static void test_unit_tie_is_decided_by_the_other_when_the_first_does_not(void **state)
{
	struct host host;
	int64_t now = T0 + 5 * SECOND;

	(void)state;
	begin_active(&host, 100);
	for (; now <= T0 + 5 * SECOND + DOWN_100; now += SECOND)
		assert_string_equal(hear(&host, V6, now, 100, "fe80::200"), " | ");
	assert_string_equal(hear(&host, V6, now, 100, "fe80::200"),
			    GIVES_WAY " | release, advert 1, active->backup");
	/* One long ago does not count. */
	begin_active(&host, 100);
	hear(&host, V6, T0 + 5 * SECOND, 100, "fe80::200");
	assert_string_equal(hear(&host, V6, T0 + 60 * SECOND, 100, "fe80::200"), " | ");
}

/* Its adverts are rarer than ours by far. */
static void test_unit_tie_with_a_slow_rival_is_decided(void **state)
{
	struct host host;
	int64_t now = T0 + 5 * SECOND;

	(void)state;
	begin(&host, 100);
	host.vr[V4].config.interval_cs = host.vr[V6].config.interval_cs = 10;
	timer(&host, V4, T0 + 4 * SECOND);
	for (; now <= T0 + 5 * SECOND + DOWN_100; now += SECOND)
		assert_string_equal(hear(&host, V6, now, 100, "fe80::200"), " | ");
	assert_string_equal(hear(&host, V6, now, 100, "fe80::200"),
			    GIVES_WAY " | release, advert 1, active->backup");
}

static void test_unit_priority_and_ceding_are_of_all(void **state)
{
	struct vrrp_event event = { .type = VRRP_EVENT_PRIORITY,
				    .now_ns = T0 + 5 * SECOND,
				    .priority = 1 };
	struct host host;

	(void)state;
	begin_active(&host, 100);
	vrrp_unit_step(&host.unit, V6, &event, host.out);
	assert_int_equal(host.vr[V4].election.priority, 1);
	assert_int_equal(host.vr[V6].election.priority, 1);
	assert_string_equal(happens(&host, V4, VRRP_EVENT_CEDE, T0 + 6 * SECOND),
			    "advert 0 | advert 0");
	assert_string_equal(hear(&host, V4, T0 + 7 * SECOND, 2, LOWER_ADDRESS),
			    "release, advert 0, active->backup | " GIVES_WAY);
}

static void test_unit_mute_member_hinders_nobody_and_follows(void **state)
{
	struct host host;

	(void)state;
	begin(&host, 100);
	host.unit.members[V6].mute = true;
	assert_int_equal(vrrp_unit_deadline(&host.unit, V6), VRRP_NEVER);
	assert_string_equal(timer(&host, V6, T0 + DOWN_100), TAKES_OVER " | " TAKES_OVER);
	assert_string_equal(hear(&host, V4, T0 + 5 * SECOND, 150, LOWER_ADDRESS),
			    "release, advert 1, active->backup | " GIVES_WAY);
}

static void test_unit_mute_member_does_not_follow_against_another_active(void **state)
{
	struct host host;
	int64_t heard = T0 + 2 * SECOND;

	(void)state;
	begin(&host, 100);
	host.unit.members[V6].mute = true;
	hear(&host, V6, heard, 150, "fe80::200");
	assert_string_equal(timer(&host, V4, T0 + DOWN_100), TAKES_OVER " | ");
	assert_int_equal(vrrp_unit_deadline(&host.unit, V6), heard + DOWN_100);
	assert_string_equal(timer(&host, V6, heard + DOWN_100), " | " TAKES_OVER);
	assert_int_equal(host.vr[V6].election.reason.priority, 4);
}

static void test_unit_active_without_a_voice_gives_way_to_whom_another_family_hears(void **state)
{
	struct host host;

	(void)state;
	begin_active(&host, 100);
	happens(&host, V6, VRRP_EVENT_FAULT, T0 + 5 * SECOND);
	happens(&host, V6, VRRP_EVENT_STARTUP, T0 + 6 * SECOND);
	host.unit.members[V4].mute = true;
	assert_string_equal(hear(&host, V6, T0 + 7 * SECOND, 50, "fe80::1"), " | ");
	assert_string_equal(hear(&host, V6, T0 + 8 * SECOND, 0, "fe80::1"), " | ");
	assert_string_equal(hear(&host, V6, T0 + 8 * SECOND, 100, "fe80::1"), GIVES_WAY " | ");
}

/* Nobody else could end that, nor the fault of a family make the other one leave. */
static void test_unit_mute_active_leaves_its_family_to_whom_it_hears(void **state)
{
	struct host host;

	(void)state;
	begin_active(&host, 100);
	host.unit.members[V6].mute = true;
	/* Whoever leaves has announced the addresses, so this one does. */
	assert_string_equal(hear(&host, V6, T0 + 5 * SECOND, 0, "fe80::1"), " | ");
	assert_int_equal(host.vr[V6].election.announce_ns, T0 + 5 * SECOND + SECOND / 5);
	assert_string_equal(hear(&host, V6, T0 + 5 * SECOND, 50, "fe80::1"), " | " GIVES_WAY);
	assert_int_equal(host.vr[V6].election.reason.code, VRRP_REASON_MUTE);
	assert_int_equal(host.vr[V4].election.state, VRRP_STATE_ACTIVE);
	/* As long as it is there. */
	assert_string_equal(hear(&host, V6, T0 + 8 * SECOND, 50, "fe80::1"), " | ");
	assert_int_equal(vrrp_unit_deadline(&host.unit, V6), T0 + 8 * SECOND + DOWN_100);
	assert_string_equal(timer(&host, V6, T0 + 8 * SECOND + DOWN_100), " | " TAKES_OVER);
	assert_string_equal(hear(&host, V6, T0 + 15 * SECOND, 150, "fe80::1"), " | " GIVES_WAY);
	assert_int_equal(host.vr[V4].election.state, VRRP_STATE_ACTIVE);
}

static void test_unit_latecomer_joins_or_all_yield(void **state)
{
	struct host host;

	(void)state;
	begin_active(&host, 100);
	happens(&host, V6, VRRP_EVENT_FAULT, T0 + 5 * SECOND);
	happens(&host, V6, VRRP_EVENT_STARTUP, T0 + 6 * SECOND);
	assert_string_equal(timer(&host, V6, T0 + 6 * SECOND + DOWN_100), " | " TAKES_OVER);
	assert_int_equal(host.vr[V6].election.reason.code, VRRP_REASON_SILENCE);
	happens(&host, V6, VRRP_EVENT_FAULT, T0 + 10 * SECOND);
	happens(&host, V6, VRRP_EVENT_STARTUP, T0 + 11 * SECOND);
	/* Who serves there goes on with that until it is heard, and is no silence. */
	assert_string_equal(hear(&host, V6, T0 + 12 * SECOND, 50, "fe80::200"), " | ");
	assert_string_equal(timer(&host, V6, T0 + 11 * SECOND + DOWN_100),
			    " | claim, advert 100, announce, backup->active");
	assert_int_equal(host.vr[V6].election.reason.code, VRRP_REASON_TOGETHER);
	happens(&host, V6, VRRP_EVENT_FAULT, T0 + 15 * SECOND);
	happens(&host, V6, VRRP_EVENT_STARTUP, T0 + 16 * SECOND);
	assert_string_equal(hear(&host, V6, T0 + 17 * SECOND, 150, "fe80::1"), GIVES_WAY " | ");
	assert_int_equal(host.vr[V6].election.state, VRRP_STATE_BACKUP);
}

static unsigned count_active(const struct host *host)
{
	unsigned n = 0;

	for (unsigned i = 0; i < host->unit.n; i++)
		n += host->vr[i].election.state == VRRP_STATE_ACTIVE;
	return n;
}

static void begin_group(struct host *host, unsigned n)
{
	make_group(host, 100, OWN_ADDRESS, "fe80::20");
	for (unsigned i = 0; i < n; i++)
		happens(host, i, VRRP_EVENT_STARTUP, T0);
}

/* A router leaves aloud where it can, and where its carrier is gone it cannot. */
static void test_unit_family_that_hears_somebody_leave_is_not_deaf(void **state)
{
	struct host host;
	int64_t last_ns = T0 + SECOND, now;

	(void)state;
	begin(&host, 100);
	hear(&host, V4, last_ns, 150, HIGHER_ADDRESS);
	hear(&host, V6, last_ns, 150, "fe80::99");
	hear(&host, V4, last_ns + SECOND / 2, 0, HIGHER_ADDRESS);
	for (now = last_ns + SECOND; now < last_ns + DOWN_100; now += SECOND / 4)
		assert_string_equal(timer(&host, V4, now), " | ");
	assert_int_equal(vrrp_unit_deadline(&host.unit, V4), last_ns + DOWN_100);
	assert_string_equal(timer(&host, V4, last_ns + DOWN_100), TAKES_OVER " | " TAKES_OVER);
}

static void test_unit_group_waits_for_all_to_begin(void **state)
{
	struct host host;

	(void)state;
	begin_group(&host, MEMBERS - 1);
	for (unsigned i = 0; i < MEMBERS - 1; i++)
		assert_int_equal(vrrp_unit_deadline(&host.unit, i), VRRP_NEVER);
	timer(&host, V4, T0 + 10 * SECOND);
	assert_int_equal(count_active(&host), 0);
	happens(&host, MEMBERS - 1, VRRP_EVENT_STARTUP, T0 + 10 * SECOND);
	assert_int_equal(vrrp_unit_deadline(&host.unit, V4), T0 + 10 * SECOND + DOWN_100);
	timer(&host, V4, T0 + 10 * SECOND + DOWN_100);
	assert_int_equal(count_active(&host), MEMBERS);
	assert_int_equal(host.vr[3].election.reason.code, VRRP_REASON_SILENCE);
	assert_int_equal(host.vr[V4].election.reason.code, VRRP_REASON_GROUP);
}

static void test_unit_group_yields_as_one(void **state)
{
	struct host host;

	(void)state;
	begin_group(&host, MEMBERS);
	timer(&host, V4, T0 + 4 * SECOND);
	assert_int_equal(count_active(&host), MEMBERS);
	hear(&host, V6, T0 + 5 * SECOND, 150, "fe80::1");
	assert_int_equal(count_active(&host), 0);
	assert_int_equal(host.vr[V6].election.reason.code, VRRP_REASON_HIGHER);
	assert_int_equal(host.vr[V4].election.reason.code, VRRP_REASON_TOGETHER);
	assert_int_equal(host.vr[2].election.reason.code, VRRP_REASON_GROUP);
}

static unsigned touched(const struct host *host)
{
	unsigned n = 0;

	for (unsigned i = 0; i < host->unit.n; i++)
		n += host->members[i].touched;
	return n;
}

static void test_unit_touches_no_more_members_than_an_event_concerns(void **state)
{
	struct host host;
	int64_t now = T0 + SECOND;

	(void)state;
	make_group(&host, 100, OWN_ADDRESS, "fe80::20");
	for (unsigned i = 0; i < MEMBERS; i++)
		happens(&host, i, VRRP_EVENT_STARTUP, T0);
	assert_int_equal(touched(&host), MEMBERS); /* all have begun */
	for (unsigned i = 0; i < 3 * MEMBERS; i++, now += SECOND / MEMBERS) {
		hear(&host, i % MEMBERS, now, 150, HIGHER_ADDRESS);
		assert_in_range(touched(&host), 1, 2);
	}
	now = vrrp_unit_deadline(&host.unit, 0);
	timer(&host, 0, now);
	assert_int_equal(touched(&host), MEMBERS); /* all are Active */
	timer(&host, V6, host.due_ns[V6]);
	assert_int_equal(touched(&host), 1); /* one advert */
}

/* ---- hosts on a network ---- */

#define HOSTS_MAX 5

struct network {
	unsigned n;
	struct host hosts[HOSTS_MAX];
	unsigned members;
	bool cut[MEMBERS][HOSTS_MAX]; /* by member: what this host sends is lost */
	int64_t now_ns;
	uint64_t random;
};

static unsigned draw(struct network *net, unsigned n)
{
	net->random = net->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(net->random >> 33) % n;
}

static void deliver(struct network *net, unsigned from, const struct vrrp_output *sent);

/* One advert, heard by all others, whose answers are heard in turn. */
static void send_to_all(struct network *net, unsigned from, unsigned member, uint8_t priority)
{
	const struct vrrp *vr = &net->hosts[from].vr[member];
	struct vrrp_advert advert = { .family = vr->config.family,
				      .version = vr->config.version,
				      .vrid = 51,
				      .priority = priority,
				      .interval_cs = vr->config.interval_cs };
	const struct vrrp_event event = { .type = VRRP_EVENT_ADVERT,
					  .now_ns = net->now_ns,
					  .advert = &advert };
	struct vrrp_output answer[MEMBERS];

	memcpy(advert.source, vr->election.source, 16);
	for (unsigned to = 0; to < net->n; to++) {
		if (to == from)
			continue;
		take(&net->hosts[to], member, &event);
		memcpy(answer, net->hosts[to].out, sizeof(answer));
		deliver(net, to, answer);
	}
}

static void deliver(struct network *net, unsigned from, const struct vrrp_output *sent)
{
	for (unsigned member = 0; member < net->members; member++)
		for (unsigned i = 0; i < sent[member].actions_n; i++)
			if (sent[member].actions[i].type == VRRP_ACTION_ADVERT &&
			    !net->cut[member][from])
				send_to_all(net, from, member, sent[member].actions[i].priority);
}

/* The deadline that comes first. */
static int64_t next_deadline(const struct network *net, unsigned *ret_host, unsigned *ret_member)
{
	int64_t first_ns = VRRP_NEVER;

	for (unsigned host = 0; host < net->n; host++) {
		for (unsigned member = 0; member < net->members; member++) {
			int64_t ns = net->hosts[host].due_ns[member];

			if (ns >= first_ns)
				continue;
			first_ns = ns;
			*ret_host = host;
			*ret_member = member;
		}
	}
	return first_ns;
}

static void run_for(struct network *net, unsigned seconds)
{
	const int64_t until_ns = net->now_ns + seconds * SECOND;
	struct vrrp_output sent[MEMBERS];
	unsigned host = 0, member = 0;
	int64_t ns;

	while ((ns = next_deadline(net, &host, &member)) <= until_ns) {
		net->now_ns = ns > net->now_ns ? ns : net->now_ns;
		happens(&net->hosts[host], member, VRRP_EVENT_TIMER, net->now_ns);
		memcpy(sent, net->hosts[host].out, sizeof(sent));
		deliver(net, host, sent);
	}
	net->now_ns = until_ns;
}

static bool serves(const struct network *net, unsigned host, unsigned member)
{
	return net->hosts[host].vr[member].election.state == VRRP_STATE_ACTIVE;
}

/* One Active, in all members. Return: which. */
static unsigned assert_one_active(const struct network *net)
{
	unsigned n = 0, active = 0;

	for (unsigned host = 0; host < net->n; host++) {
		for (unsigned member = 1; member < net->members; member++)
			assert_int_equal(serves(net, host, V4), serves(net, host, member));
		if (!serves(net, host, V4))
			continue;
		active = host;
		n++;
	}
	assert_int_equal(n, 1);
	return active;
}

/* Of equal priorities, or not; who is first by one family's address is last by the other's. */
static void make_network(struct network *net, unsigned n, unsigned members, uint64_t seed)
{
	bool equal = seed % 2;
	char ip4[32], ip6[32];

	*net = (struct network){ .n = n, .members = members, .now_ns = T0, .random = seed };
	for (unsigned host = 0; host < n; host++) {
		snprintf(ip4, sizeof(ip4), "198.51.100.%u", 10 + host);
		snprintf(ip6, sizeof(ip6), "fe80::%u", 90 - host);
		(members == MEMBERS ? make_group : make)(&net->hosts[host],
							 equal ? 100 : 100 + 10 * host, ip4, ip6);
		for (unsigned member = 0; member < members; member++)
			happens(&net->hosts[host], member, VRRP_EVENT_STARTUP, net->now_ns);
	}
}

/* Cut at random; then one member at least is whole, and soon one Active is, and stays. */
static void run_round(struct network *net)
{
	uint64_t became[HOSTS_MAX];
	unsigned whole = draw(net, net->members), active;

	for (unsigned i = 0; i < net->members * net->n; i++)
		net->cut[i % net->members][i / net->members] = draw(net, 2);
	run_for(net, 1 + draw(net, 20));
	memset(net->cut[whole], 0, sizeof(net->cut[whole]));
	run_for(net, 15);
	active = assert_one_active(net);
	for (unsigned host = 0; host < net->n; host++)
		became[host] = net->hosts[host].vr[V4].counters.became_active;
	run_for(net, 60);
	assert_int_equal(assert_one_active(net), active);
	for (unsigned host = 0; host < net->n; host++)
		assert_int_equal(net->hosts[host].vr[V4].counters.became_active, became[host]);
}

static void test_unit_two_three_and_five_hosts_end_with_one_active_whatever_is_cut(void **state)
{
	static const unsigned sizes[] = { 2, 3, 5 };
	struct network net;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		for (uint64_t seed = 1; seed <= 100; seed++) {
			make_network(&net, sizes[i / 2], i % 2 ? MEMBERS : 2, seed);
			for (unsigned round = 0; round < 10; round++)
				run_round(&net);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unit_takes_over_in_one_step),
		cmocka_unit_test(test_unit_one_family_that_hears_an_active_is_enough),
		cmocka_unit_test(test_unit_deaf_family_that_is_led_is_deaf_no_more),
		cmocka_unit_test(test_unit_deaf_family_hears_again),
		cmocka_unit_test(test_unit_member_that_hears_a_lower_priority_is_not_deaf),
		cmocka_unit_test(test_unit_stall_of_the_host_is_granted_once),
		cmocka_unit_test(test_unit_yields_as_one),
		cmocka_unit_test(test_unit_answers_a_lower_priority_in_its_family_alone),
		cmocka_unit_test(
			test_unit_rival_in_one_family_makes_the_other_announce_when_it_is_over),
		cmocka_unit_test(
			test_unit_rival_in_both_families_is_announced_against_once_in_each),
		cmocka_unit_test(
			test_unit_rival_that_was_answered_before_is_announced_against_anew),
		cmocka_unit_test(test_unit_rival_behind_a_takeover_is_announced_against),
		cmocka_unit_test(test_unit_does_not_go_back_in_time),
		cmocka_unit_test(test_unit_tie_is_decided_by_the_first_family),
		cmocka_unit_test(test_unit_tie_is_decided_by_the_other_when_the_first_does_not),
		cmocka_unit_test(test_unit_tie_with_a_slow_rival_is_decided),
		cmocka_unit_test(test_unit_priority_and_ceding_are_of_all),
		cmocka_unit_test(test_unit_mute_member_hinders_nobody_and_follows),
		cmocka_unit_test(test_unit_mute_member_does_not_follow_against_another_active),
		cmocka_unit_test(
			test_unit_active_without_a_voice_gives_way_to_whom_another_family_hears),
		cmocka_unit_test(test_unit_mute_active_leaves_its_family_to_whom_it_hears),
		cmocka_unit_test(test_unit_latecomer_joins_or_all_yield),
		cmocka_unit_test(test_unit_family_that_hears_somebody_leave_is_not_deaf),
		cmocka_unit_test(test_unit_group_waits_for_all_to_begin),
		cmocka_unit_test(test_unit_group_yields_as_one),
		cmocka_unit_test(test_unit_touches_no_more_members_than_an_event_concerns),
		cmocka_unit_test(
			test_unit_two_three_and_five_hosts_end_with_one_active_whatever_is_cut),
	};

	return cmocka_run_group_tests_name("vrrp_unit", tests, NULL, NULL);
}
