/* SPDX-License-Identifier: MIT */
/* VRRP_EVENT_UNDATED in every state: a Backup that has heard nobody waits, and not for ever. */
#include "test.h"

#define T0     (100 * SECOND)
#define MINUTE (60 * SECOND)

static const char *on_undated(struct vrrp *vr, int64_t now_ns)
{
	return step(vr, &(struct vrrp_event){ .type = VRRP_EVENT_UNDATED, .now_ns = now_ns });
}

static void test_undated_keeps_a_backup_waiting_for_a_minute(void **state)
{
	struct vrrp vr = test_backup(100, T0);
	int64_t now_ns = T0;

	(void)state;
	for (; now_ns < T0 + MINUTE; now_ns += SECOND) {
		assert_string_equal(on_undated(&vr, now_ns), "");
		on_timer(&vr, now_ns);
		assert_int_equal(vr.election.state, VRRP_STATE_BACKUP);
	}
	assert_true(vr.election.down_ns == T0 + MINUTE);
	on_undated(&vr, T0 + MINUTE);
	on_timer(&vr, T0 + MINUTE);
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	assert_int_equal(vr.election.reason.code, VRRP_REASON_SILENCE);
}

/* When it stops, the wait is what it is after any advert. */
static void test_undated_once_is_one_interval(void **state)
{
	struct vrrp vr = test_backup(100, T0), as_begun = vr;

	(void)state;
	on_undated(&vr, T0 + SECOND);
	assert_true(vr.election.down_ns == as_begun.election.down_ns + SECOND);
	vr.election.down_ns = as_begun.election.down_ns;
	assert_memory_equal(&vr, &as_begun, sizeof(vr)); /* and nobody is taken for the Active */
}

static void test_undated_is_nothing_to_whoever_has_heard_an_active(void **state)
{
	struct vrrp vr = test_backup(100, T0), before;

	(void)state;
	on_advert(&vr, T0 + SECOND, 150, LOWER_ADDRESS, 100);
	before = vr;
	assert_string_equal(on_undated(&vr, T0 + 2 * SECOND), "");
	assert_memory_equal(&vr, &before, sizeof(vr));
}

static void test_undated_changes_nothing_in_other_states(void **state)
{
	struct vrrp routers[] = { test_router(100), test_active(100, T0), test_active(255, T0),
				  test_backup(100, T0) };

	(void)state;
	step(&routers[3], &(struct vrrp_event){ .type = VRRP_EVENT_FAULT,
						.now_ns = T0,
						.fault.code = VRRP_REASON_LINK_DOWN });
	for (size_t i = 0; i < sizeof(routers) / sizeof(routers[0]); i++) {
		struct vrrp before = routers[i];

		assert_string_equal(on_undated(&routers[i], T0 + SECOND / 2), "");
		assert_memory_equal(&routers[i], &before, sizeof(before));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_undated_keeps_a_backup_waiting_for_a_minute),
		cmocka_unit_test(test_undated_once_is_one_interval),
		cmocka_unit_test(test_undated_is_nothing_to_whoever_has_heard_an_active),
		cmocka_unit_test(test_undated_changes_nothing_in_other_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
