/* SPDX-License-Identifier: MIT */
#include "event_level.h"

#include <stddef.h>

#include "vrrp/names.h"

/*
 * What an event says, in one byte, and how much that matters where it differs from others of its
 * kind. Of what has no row, and no case below, the kind decides.
 */
static const struct exception {
	uint16_t kind;
	uint16_t where; /* of that byte */
	uint8_t says;
	uint8_t level; /* enum log_level */
} exceptions[] = {
#define OF(kind, member, says, level)                                                              \
	{                                                                                          \
		kind, offsetof(struct event, member), says, LOG_LEVEL_##level                      \
	}
	OF(EVENT_NOTICE, packet.which, VRRP_NOTICE_OWNER, ERROR),
	OF(EVENT_NOTICE, packet.which, VRRP_NOTICE_INTERVAL, ERROR),
	OF(EVENT_NOTICE, packet.which, VRRP_NOTICE_NOT_HEARD, ERROR),
	OF(EVENT_NOTICE, packet.which, VRRP_NOTICE_ADDRESS_TAKEN, ERROR),
	OF(EVENT_NOTICE, packet.which, VRRP_NOTICE_EQUAL_PRIORITY, INFO),
	OF(EVENT_ADDRESS, address.news, EVENT_ADDRESS_BEHIND, INFO),
	OF(EVENT_ADDRESS, address.news, EVENT_ADDRESS_ENDED, ERROR),
	OF(EVENT_ADDRESS, address.news, EVENT_ADDRESS_ABANDONED, ERROR),
	OF(EVENT_ADDRESS, address.news, EVENT_ADDRESS_FAILED, ERROR),
	OF(EVENT_ADDRESS, address.news, EVENT_ADDRESS_LACKING, ERROR),
	OF(EVENT_ADDRESS, address.news, EVENT_ADDRESS_UNFILTERED, ERROR),
	OF(EVENT_DRAINED, fact.word, EVENT_DRAIN_HOOK_FAILED, WARNING),
	OF(EVENT_DRAINED, fact.word, EVENT_DRAIN_HOOK_LATE, WARNING),
	OF(EVENT_LEAVE, fact.word, EVENT_DRAIN_HOOK_FAILED, WARNING),
	OF(EVENT_LEAVE, fact.word, EVENT_DRAIN_HOOK_LATE, WARNING),
	OF(EVENT_LEAVE, fact.word, EVENT_DRAIN_ALONE, WARNING),
	OF(EVENT_MACVLAN, fact.word, EVENT_MACVLAN_RESTORED, WARNING),
	OF(EVENT_MACVLAN, fact.word, EVENT_MACVLAN_UP_RESTORED, WARNING),
	OF(EVENT_ROUTE, fact.word, EVENT_ROUTE_RESTORED, WARNING),
	OF(EVENT_ROUTE, fact.word, EVENT_ROUTE_NO_PLACE, WARNING),
	OF(EVENT_RULE, fact.word, EVENT_ROUTE_RESTORED, WARNING),
	OF(EVENT_RULE, fact.word, EVENT_ROUTE_NO_PLACE, WARNING),
	OF(EVENT_RESORT, address.news, EVENT_RESORT_BEGINS, ERROR),
	OF(EVENT_RESORT, address.news, EVENT_RESORT_CEDES, WARNING),
	/* By somebody who asked for it. */
	OF(EVENT_NOTIFY, fact.word, EVENT_NOTIFY_RETRY, INFO),
	OF(EVENT_NOTIFY, fact.word, EVENT_NOTIFY_DROP, INFO),
	OF(EVENT_RELOAD, fact.word, EVENT_RELOAD_REFUSED, ERROR),
	OF(EVENT_RELOAD, fact.word, EVENT_RELOAD_UNDONE, ERROR),
	OF(EVENT_SIGNAL, fact.word, EVENT_SIGNAL_IGNORED, WARNING),
	OF(EVENT_STANDBY, fact.word, EVENT_STANDBY_AGAIN, INFO),
	OF(EVENT_DAMPED, fact.word, EVENT_DAMPING_BEGINS, WARNING),
	OF(EVENT_CHANGES, fact.word, EVENT_CHANGES_UNCOMPARED, WARNING),
	OF(EVENT_KEYS, fact.word, EVENT_KEYS_TAKEN, INFO),
	OF(EVENT_CLOCK, clock.what, EVENT_CLOCK_MOVED, WARNING),
	OF(EVENT_UPGRADE, fact.word, EVENT_UPGRADE_REFUSED, ERROR),
};

static enum log_level by_what_it_says(const struct event *event, enum log_level usual)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
		const struct exception *row = &exceptions[i];

		if (row->kind == event->kind && ((const uint8_t *)event)[row->where] == row->says)
			return row->level;
	}
	return usual;
}

/* From one fault to another may be the way up again: carrier comes after up. Not so to a service
 * that is down. */
static bool is_news_of_fault(const struct event_state *state)
{
	return state->to == VRRP_STATE_FAULT &&
	       (state->from != VRRP_STATE_FAULT || vrrp_reason_is_of_check(state->reason));
}

enum log_level event_level_of(const struct event *event, enum log_level usual)
{
	switch (event->kind) {
	case EVENT_STATE:
		return is_news_of_fault(&event->state) ? LOG_LEVEL_ERROR : usual;
	case EVENT_FLAPPED:
		return event->state.to == VRRP_STATE_FAULT ? LOG_LEVEL_ERROR : usual;
	case EVENT_SWEPT_ALL: /* by somebody who asked for it */
		return event->fact.word ? LOG_LEVEL_INFO : usual;
	case EVENT_SWEPT:
		return event->address.error ? LOG_LEVEL_ERROR : usual;
	case EVENT_CONTROL:
		return event->fact.error ? usual : LOG_LEVEL_INFO;
	case EVENT_TRACK:
		return event->track.to < event->track.from ? usual : LOG_LEVEL_INFO;
	case EVENT_CHECK:
		if (event->check.overdue)
			return LOG_LEVEL_ERROR;
		return event->check.to == EVENT_CHECK_UP ? LOG_LEVEL_INFO : usual;
	}
	return by_what_it_says(event, usual);
}
