/* SPDX-License-Identifier: MIT */
/*
 * What some events mean, or what to do about them, in a sentence: those of macvlans, of routes and
 * rules, of LANs that may be useless, of damping and of drains. Others are worded with their event
 * (event_words.c).
 */
#ifndef EVENT_NOTES_H
#define EVENT_NOTES_H

#include "event.h"

/**
 * event_note_macvlan(), event_note_caveat(), event_note_damping(), event_note_drain(),
 * event_note_leave(), event_note_route() - of an event of that kind, a rule's for the last one,
 * too.
 *
 * Return: a constant; empty when there is nothing to say, or this version does not know.
 */
const char *event_note_macvlan(const struct event *event);
const char *event_note_caveat(const struct event *event);
const char *event_note_damping(const struct event *event);
const char *event_note_drain(const struct event *event);
const char *event_note_leave(const struct event *event);
const char *event_note_route(const struct event *event);

#endif
