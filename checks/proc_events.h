/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's proc connector says of processes. Pure; threads are no processes.
 */
#ifndef CHECKS_PROC_EVENTS_H
#define CHECKS_PROC_EVENTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sock_filter;

#define PROC_EVENTS_FILTER_LEN 16

enum proc_event_type {
	PROC_EVENT_OTHER,
	PROC_EVENT_CHANGED, /* it is new, or has another name, file or user */
	PROC_EVENT_ENDED,
};

/**
 * proc_event_parse() - one message.
 * @bytes: from its netlink header on.
 * @ret_pid: whose; untouched by PROC_EVENT_OTHER.
 */
enum proc_event_type proc_event_parse(const uint8_t *bytes, size_t len, pid_t *ret_pid);

/**
 * proc_events_filter() - a filter for the socket that passes what proc_event_parse() knows.
 * @ret_code: PROC_EVENTS_FILTER_LEN instructions.
 */
void proc_events_filter(struct sock_filter *ret_code);

#endif
