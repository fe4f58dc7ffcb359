/* SPDX-License-Identifier: MIT */
/*
 * What an event means, for people: the sentences that its numbers stand for. Private to event.c.
 */
#ifndef EVENT_WORDS_H
#define EVENT_WORDS_H

#include "event.h"

#define EVENT_NOTE_SIZE      256
#define EVENT_LIST_TEXT_SIZE 400 /* EVENT_LIST_MAX IPv6 addresses and dots */
#define EVENT_PREFIX_SIZE    52
#define EVENT_WHAT_SIZE      (EVENT_KEY_SIZE + 2 * EVENT_VALUE_SIZE + 24)

/* An event and what follows from it: what the rows of event.c show. */
struct event_words {
	struct event event;
	char reason[EVENT_REASON_SIZE];
	char cause[32];    /* a reason's word; empty: there is no such cause */
	char rejected[32]; /* of a suspicion: why adverts were discarded; empty: none was */
	char note[EVENT_NOTE_SIZE];
	char shared[EVENT_SHARED_COUNT][16]; /* by enum event_shared; one of them is not empty */
	char ours[EVENT_LIST_TEXT_SIZE], theirs[EVENT_LIST_TEXT_SIZE];
	char address[EVENT_PREFIX_SIZE]; /* with its prefix length */
	char signal[16];
	char track[EVENT_CHECK_SIZE]; /* what is tracked */
	char what[EVENT_WHAT_SIZE];   /* a change of the configuration: "priority=100->150" */
};

extern const char *const event_address_words[EVENT_ADDRESS_COUNT];
extern const char *const event_macvlan_words[EVENT_MACVLAN_COUNT];
extern const char *const event_track_words[EVENT_TRACK_UNKNOWN + 1];
extern const char *const event_check_words[EVENT_CHECK_DOWN + 1];
extern const char *const event_drain_words[EVENT_DRAIN_COUNT]; /* some of them */
extern const char *const event_leave_words[EVENT_DRAIN_COUNT]; /* some of them */
extern const char *const event_damping_words[EVENT_DAMPING_COUNT];
extern const char *const event_caveat_words[EVENT_CAVEAT_COUNT];
extern const char *const event_route_words[EVENT_ROUTE_COUNT];
extern const char *const event_resort_words[EVENT_RESORT_RESET + 1];
extern const char *const event_reload_words[EVENT_RELOAD_UNDONE + 1];
extern const char *const event_change_words[EVENT_CHANGE_RENAMED + 1];
extern const char *const event_changes_words[EVENT_CHANGES_KEYS + 1];
extern const char *const event_standby_words[EVENT_STANDBY_AGAIN + 1];
extern const char *const event_keys_words[EVENT_KEYS_COUNT];
extern const char *const event_clock_words[EVENT_CLOCK_COUNT];
extern const char *const event_notify_words[EVENT_NOTIFY_COUNT];
extern const char *const event_upgrade_words[EVENT_UPGRADE_REFUSED + 1];

/**
 * event_words_fill() - say it in words.
 * @words: with its event; the rest is filled, with empty texts where there is nothing to say.
 */
void event_words_fill(struct event_words *words);

#endif
