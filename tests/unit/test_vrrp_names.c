/* SPDX-License-Identifier: MIT */
/* The words are an interface: logs, `vipctl show --json` and dashboards rely on them. */
#include "test.h"

static void test_names_states_are_the_documented_words(void **state)
{
	static const char *const words[VRRP_STATE_COUNT] = { "initialize", "backup", "active",
							     "fault" };

	(void)state;
	for (unsigned i = 0; i < VRRP_STATE_COUNT; i++)
		assert_string_equal(vrrp_state_name(i), words[i]);
}

static void test_names_reasons_are_the_documented_words(void **state)
{
	static const char *const words[VRRP_REASON_COUNT] = {
		"none",
		"started",
		"start_delay",
		"owner",
		"silence",
		"left",
		"preempt",
		"higher",
		"tie",
		"stopped",
		"link_missing",
		"link_down",
		"no_carrier",
		"link_type",
		"no_source",
		"no_group",
		"recovered",
		"link_port",
		"mtu",
		"no_own",
		"away",
		"only_virtual",
		"ceded",
		"together",
		"address_link_missing",
		"address_link_down",
		"address_no_carrier",
		"no_peer",
		"not_here",
		"no_global",
		"boot_delay",
		"no_macvlan",
		"group",
		"member",
		"track_down",
		"track_up",
		"on_macvlan",
		"mute",
		"no_key",
		"route_link_missing",
		"route_link_down",
		"route_no_carrier",
		"check_down",
		"check_up",
		"member_check",
	};

	(void)state;
	for (unsigned i = 0; i < VRRP_REASON_COUNT; i++)
		assert_string_equal(vrrp_reason_words[i], words[i]);
}

static void test_names_rejects_are_the_documented_words(void **state)
{
	static const char *const words[VRRP_REJECT_COUNT] = {
		"accepted",
		"length",
		"ttl",
		"version",
		"type",
		"vrid",
		"destination",
		"source",
		"empty_list",
		"checksum",
		"interval",
		"own_source",
		"not_link_local",
		"auth_type",
		"auth_ah",
		"auth_mismatch",
		"interval_differs",
		"auth_failed",
		"not_peer",
		"hmac_missing",
		"hmac_malformed",
		"hmac_stale",
		"hmac_unknown_key",
		"hmac_bad",
		"hmac_replay",
	};

	(void)state;
	for (unsigned i = 0; i < VRRP_REJECT_COUNT; i++)
		assert_string_equal(vrrp_reject_name(i), words[i]);
}

static void test_names_notices_are_the_documented_words(void **state)
{
	static const char *const words[VRRP_NOTICE_COUNT] = {
		"interval",     "address_list", "owner",     "equal_priority", "checksum_form",
		"other_active", "clock_skew",   "not_heard", "address_taken",  "fell_silent",
	};

	(void)state;
	for (unsigned i = 0; i < VRRP_NOTICE_COUNT; i++)
		assert_string_equal(vrrp_notice_name(i), words[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_states_are_the_documented_words),
		cmocka_unit_test(test_names_reasons_are_the_documented_words),
		cmocka_unit_test(test_names_rejects_are_the_documented_words),
		cmocka_unit_test(test_names_notices_are_the_documented_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
