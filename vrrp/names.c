/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <assert.h>

const char *const vrrp_state_words[VRRP_STATE_COUNT] = {
	[VRRP_STATE_INITIALIZE] = "initialize",
	[VRRP_STATE_BACKUP] = "backup",
	[VRRP_STATE_ACTIVE] = "active",
	[VRRP_STATE_FAULT] = "fault",
};

const char *vrrp_state_name(enum vrrp_state state)
{
	assert(state < VRRP_STATE_COUNT);
	return vrrp_state_words[state];
}

const char *const vrrp_reason_words[VRRP_REASON_COUNT] = {
	[VRRP_REASON_NONE] = "none",
	[VRRP_REASON_STARTED] = "started",
	[VRRP_REASON_START_DELAY] = "start_delay",
	[VRRP_REASON_OWNER] = "owner",
	[VRRP_REASON_SILENCE] = "silence",
	[VRRP_REASON_LEFT] = "left",
	[VRRP_REASON_PREEMPT] = "preempt",
	[VRRP_REASON_HIGHER] = "higher",
	[VRRP_REASON_TIE] = "tie",
	[VRRP_REASON_STOPPED] = "stopped",
	[VRRP_REASON_LINK_MISSING] = "link_missing",
	[VRRP_REASON_LINK_DOWN] = "link_down",
	[VRRP_REASON_NO_CARRIER] = "no_carrier",
	[VRRP_REASON_LINK_TYPE] = "link_type",
	[VRRP_REASON_NO_SOURCE] = "no_source",
	[VRRP_REASON_NO_GROUP] = "no_group",
	[VRRP_REASON_RECOVERED] = "recovered",
	[VRRP_REASON_LINK_PORT] = "link_port",
	[VRRP_REASON_MTU] = "mtu",
	[VRRP_REASON_NO_OWN] = "no_own",
	[VRRP_REASON_AWAY] = "away",
	[VRRP_REASON_ONLY_VIRTUAL] = "only_virtual",
	[VRRP_REASON_CEDED] = "ceded",
	[VRRP_REASON_TOGETHER] = "together",
	[VRRP_REASON_ADDRESS_LINK_MISSING] = "address_link_missing",
	[VRRP_REASON_ADDRESS_LINK_DOWN] = "address_link_down",
	[VRRP_REASON_ADDRESS_NO_CARRIER] = "address_no_carrier",
	[VRRP_REASON_NO_PEER] = "no_peer",
	[VRRP_REASON_NOT_HERE] = "not_here",
	[VRRP_REASON_NO_GLOBAL] = "no_global",
	[VRRP_REASON_BOOT_DELAY] = "boot_delay",
	[VRRP_REASON_NO_MACVLAN] = "no_macvlan",
	[VRRP_REASON_GROUP] = "group",
	[VRRP_REASON_MEMBER] = "member",
	[VRRP_REASON_TRACK_DOWN] = "track_down",
	[VRRP_REASON_TRACK_UP] = "track_up",
	[VRRP_REASON_ON_MACVLAN] = "on_macvlan",
	[VRRP_REASON_MUTE] = "mute",
	[VRRP_REASON_NO_KEY] = "no_key",
	[VRRP_REASON_ROUTE_LINK_MISSING] = "route_link_missing",
	[VRRP_REASON_ROUTE_LINK_DOWN] = "route_link_down",
	[VRRP_REASON_ROUTE_NO_CARRIER] = "route_no_carrier",
	[VRRP_REASON_CHECK_DOWN] = "check_down",
	[VRRP_REASON_CHECK_UP] = "check_up",
	[VRRP_REASON_MEMBER_CHECK] = "member_check",
};

const char *const vrrp_reject_words[VRRP_REJECT_COUNT] = {
	[VRRP_ACCEPT] = "accepted",
	[VRRP_REJECT_LENGTH] = "length",
	[VRRP_REJECT_TTL] = "ttl",
	[VRRP_REJECT_VERSION] = "version",
	[VRRP_REJECT_TYPE] = "type",
	[VRRP_REJECT_VRID] = "vrid",
	[VRRP_REJECT_DESTINATION] = "destination",
	[VRRP_REJECT_SOURCE] = "source",
	[VRRP_REJECT_EMPTY_LIST] = "empty_list",
	[VRRP_REJECT_CHECKSUM] = "checksum",
	[VRRP_REJECT_INTERVAL] = "interval",
	[VRRP_REJECT_OWN_SOURCE] = "own_source",
	[VRRP_REJECT_NOT_LINK_LOCAL] = "not_link_local",
	[VRRP_REJECT_AUTH_TYPE] = "auth_type",
	[VRRP_REJECT_AUTH_AH] = "auth_ah",
	[VRRP_REJECT_AUTH_MISMATCH] = "auth_mismatch",
	[VRRP_REJECT_INTERVAL_DIFFERS] = "interval_differs",
	[VRRP_REJECT_AUTH_FAILED] = "auth_failed",
	[VRRP_REJECT_NOT_PEER] = "not_peer",
	[VRRP_REJECT_HMAC_MISSING] = "hmac_missing",
	[VRRP_REJECT_HMAC_MALFORMED] = "hmac_malformed",
	[VRRP_REJECT_HMAC_STALE] = "hmac_stale",
	[VRRP_REJECT_HMAC_UNKNOWN_KEY] = "hmac_unknown_key",
	[VRRP_REJECT_HMAC_BAD] = "hmac_bad",
	[VRRP_REJECT_HMAC_REPLAY] = "hmac_replay",
};

const char *vrrp_reject_name(enum vrrp_reject reject)
{
	assert(reject < VRRP_REJECT_COUNT);
	return vrrp_reject_words[reject];
}

const char *const vrrp_notice_words[VRRP_NOTICE_COUNT] = {
	[VRRP_NOTICE_INTERVAL] = "interval",
	[VRRP_NOTICE_ADDRESS_LIST] = "address_list",
	[VRRP_NOTICE_OWNER] = "owner",
	[VRRP_NOTICE_EQUAL_PRIORITY] = "equal_priority",
	[VRRP_NOTICE_CHECKSUM_FORM] = "checksum_form",
	[VRRP_NOTICE_OTHER_ACTIVE] = "other_active",
	[VRRP_NOTICE_CLOCK_SKEW] = "clock_skew",
	[VRRP_NOTICE_NOT_HEARD] = "not_heard",
	[VRRP_NOTICE_ADDRESS_TAKEN] = "address_taken",
	[VRRP_NOTICE_FELL_SILENT] = "fell_silent",
};

const char *vrrp_notice_name(enum vrrp_notice notice)
{
	assert(notice < VRRP_NOTICE_COUNT);
	return vrrp_notice_words[notice];
}

bool vrrp_reason_is_of_peer(enum vrrp_reason_code code)
{
	return code == VRRP_REASON_LEFT || code == VRRP_REASON_PREEMPT ||
	       code == VRRP_REASON_HIGHER || code == VRRP_REASON_TIE || code == VRRP_REASON_AWAY ||
	       code == VRRP_REASON_CEDED || code == VRRP_REASON_MUTE;
}

bool vrrp_reason_is_of_check(enum vrrp_reason_code code)
{
	return code == VRRP_REASON_CHECK_DOWN || code == VRRP_REASON_CHECK_UP ||
	       code == VRRP_REASON_MEMBER_CHECK;
}
