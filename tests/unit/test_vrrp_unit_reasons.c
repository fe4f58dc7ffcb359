/* SPDX-License-Identifier: MIT */
/* Who was the first of a unit, and why, in the reasons of the others; who keeps it back; and for
 * how long all of them offer to leave. */
#include "test.h"

#include "vrrp/unit.h"

#define T0      (1000 * SECOND)
#define V6      1
#define MEMBERS 4 /* both families of a router, and two others */

#define DOWN_100 INT64_C(3609375000) /* Active_Down_Interval of priority 100 and a second */

struct host {
	struct vrrp vr[MEMBERS];
	struct vrrp_unit unit;
	struct vrrp_member members[MEMBERS];
	struct vrrp_output out[MEMBERS];
};

static void make(struct host *host)
{
	static const uint32_t ids[MEMBERS] = { 7, 7, 8, 9 };

	*host = (struct host){ .unit.n = 0 };
	vrrp_unit_init(&host->unit, host->members);
	for (unsigned i = 0; i < MEMBERS; i++) {
		const struct vrrp_config config = { .family = i == V6 ? 6 : 4,
						    .version = 3,
						    .vrid = 51,
						    .priority = 100,
						    .interval_cs = 100,
						    .preempt = true };

		vrrp_init(&host->vr[i], &config);
		(void)vrrp_unit_add(&host->unit, &host->vr[i], i > V6 ? i : 0);
		host->members[i].id = ids[i];
	}
}

static void happens(struct host *host, unsigned member, enum vrrp_event_type type, int64_t now_ns)
{
	const struct vrrp_event event = { .type = type, .now_ns = now_ns };

	vrrp_unit_step(&host->unit, member, &event, host->out);
}

static void begin(struct host *host, unsigned n)
{
	make(host);
	for (unsigned i = 0; i < n; i++)
		happens(host, i, VRRP_EVENT_STARTUP, T0);
}

static void hear_of(struct host *host, unsigned member, unsigned priority, int64_t now_ns)
{
	struct vrrp_advert advert = { .family = member == V6 ? 6 : 4,
				      .version = 3,
				      .vrid = 51,
				      .priority = (uint8_t)priority,
				      .interval_cs = 100 };
	const struct vrrp_event event = { .type = VRRP_EVENT_ADVERT,
					  .now_ns = now_ns,
					  .advert = &advert };

	set_address(advert.source, member == V6 ? "fe80::1" : HIGHER_ADDRESS);
	vrrp_unit_step(&host->unit, member, &event, host->out);
}

/* Of a better router. */
static void hear(struct host *host, unsigned member, int64_t now_ns)
{
	hear_of(host, member, 150, now_ns);
}

static unsigned count_active(const struct host *host)
{
	unsigned n = 0;

	for (unsigned i = 0; i < MEMBERS; i++)
		n += host->vr[i].election.state == VRRP_STATE_ACTIVE;
	return n;
}

static void assert_cause(const struct host *host, unsigned member, enum vrrp_reason_code cause,
			 uint32_t by)
{
	assert_int_equal(host->vr[member].election.reason.cause, cause);
	assert_int_equal(host->vr[member].election.reason.by, by);
}

/* A mute member follows one that has followed another one itself. */
static void test_unit_reasons_name_who_was_first_and_why(void **state)
{
	struct host host;

	(void)state;
	begin(&host, MEMBERS - 1);
	happens(&host, 3, VRRP_EVENT_STARTUP, T0 + SECOND);
	host.members[2].mute = true;
	happens(&host, 3, VRRP_EVENT_TIMER, T0 + 5 * SECOND);
	assert_cause(&host, 3, VRRP_REASON_NONE, 0);
	assert_cause(&host, 0, VRRP_REASON_SILENCE, 9);
	assert_cause(&host, 2, VRRP_REASON_SILENCE, 9);
	hear(&host, V6, T0 + 6 * SECOND);
	assert_cause(&host, V6, VRRP_REASON_NONE, 0);
	assert_cause(&host, 0, VRRP_REASON_HIGHER, 0);
	assert_cause(&host, 3, VRRP_REASON_HIGHER, 7);
}

static void test_unit_end_of_a_fault_names_whose_it_was(void **state)
{
	struct vrrp_event event = { .type = VRRP_EVENT_FAULT,
				    .now_ns = T0 + SECOND,
				    .fault = { .code = VRRP_REASON_MEMBER,
					       .cause = VRRP_REASON_NO_CARRIER,
					       .by = 8,
					       .interface = "eth1" } };
	struct host host;

	(void)state;
	begin(&host, MEMBERS);
	vrrp_unit_step(&host.unit, 3, &event, host.out);
	assert_cause(&host, 3, VRRP_REASON_NO_CARRIER, 8);
	event.fault.cause = VRRP_REASON_LINK_DOWN;
	vrrp_unit_step(&host.unit, 3, &event, host.out);
	assert_cause(&host, 3, VRRP_REASON_LINK_DOWN, 8);
	happens(&host, 3, VRRP_EVENT_STARTUP, T0 + 2 * SECOND);
	assert_int_equal(host.vr[3].election.reason.code, VRRP_REASON_GROUP);
	assert_cause(&host, 3, VRRP_REASON_RECOVERED, 8);
}

static void test_unit_names_who_keeps_it_from_taking_over(void **state)
{
	struct host host;

	(void)state;
	begin(&host, MEMBERS - 1);
	assert_int_equal(vrrp_unit_holder(&host.unit), MEMBERS - 1);
	host.members[MEMBERS - 1].mute = true;
	assert_int_equal(vrrp_unit_holder(&host.unit), 0);
	host.members[MEMBERS - 1].mute = false;
	happens(&host, MEMBERS - 1, VRRP_EVENT_STARTUP, T0);
	hear(&host, V6, T0 + SECOND);
	assert_int_equal(vrrp_unit_holder(&host.unit), V6);
	happens(&host, 0, VRRP_EVENT_TIMER, T0 + 5 * SECOND);
	assert_int_equal(count_active(&host), MEMBERS);
	assert_int_equal(vrrp_unit_holder(&host.unit), MEMBERS);
}

/* What one of them hears may have come for the offer of all. */
static void test_unit_waits_for_a_rival_in_all_families_alike(void **state)
{
	const int64_t cedes_ns = T0 + 4 * SECOND, heard_ns = cedes_ns + MS;
	struct host host;

	(void)state;
	begin(&host, MEMBERS);
	happens(&host, 0, VRRP_EVENT_TIMER, cedes_ns - MS);
	assert_int_equal(count_active(&host), MEMBERS);
	for (unsigned i = 0; i < MEMBERS; i++)
		host.vr[i].config.overlap = true;
	happens(&host, 0, VRRP_EVENT_CEDE, cedes_ns);
	hear_of(&host, V6, 50, heard_ns);
	for (unsigned i = 0; i < MEMBERS; i++) {
		assert_true(host.vr[i].election.ceding && host.members[i].touched);
		assert_int_equal(host.vr[i].election.advert_ns, heard_ns + DOWN_100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unit_reasons_name_who_was_first_and_why),
		cmocka_unit_test(test_unit_end_of_a_fault_names_whose_it_was),
		cmocka_unit_test(test_unit_names_who_keeps_it_from_taking_over),
		cmocka_unit_test(test_unit_waits_for_a_rival_in_all_families_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
