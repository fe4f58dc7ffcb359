/* SPDX-License-Identifier: MIT */
/*
 * What is known of routers as JSON, and what of their events both forms show.
 */
#ifndef WHY_JSON_H
#define WHY_JSON_H

#include "why_facts.h"

/**
 * why_print_json() - print one document.
 *
 * Return: whether it could be printed.
 */
bool why_print_json(const struct why_facts *facts);

/**
 * why_event_text() - an event as the log has it, but for whose it is.
 * @buf: EVENT_LINE_SIZE bytes.
 */
const char *why_event_text(const struct event *event, char *buf);

/**
 * why_print_history() - print what the history has instead of the journal.
 *
 * Return: whether there was something.
 */
bool why_print_history(const struct why_router *router);

#endif
