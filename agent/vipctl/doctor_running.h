/* SPDX-License-Identifier: MIT */
/*
 * What the vipd that runs says by its control socket, kept for the checks: of each router what
 * problems.h judges, and some numbers.
 */
#ifndef VIPCTL_DOCTOR_RUNNING_H
#define VIPCTL_DOCTOR_RUNNING_H

#include "agent/conf/conf.h"
#include "check_notify.h"
#include "problems.h"

struct doctor_router {
	char name[CONF_NAME_SIZE];
	char interface[CONF_LINK_SIZE];
	unsigned family, vrid;
	bool active;
	int64_t since_ns;          /* CLOCK_REALTIME */
	int64_t received;          /* adverts of others */
	struct problems *problems; /* in the view's arena */
	struct doctor_router *next;
};

struct doctor_running {
	struct doctor_router *routers, **end;
	bool no_standby;   /* although vipd was not told to stop */
	unsigned notify_n; /* what is wrong with who tells somebody */
	struct problem notify[CHECK_NOTIFY_MAX];
	int64_t foreign_vrids; /* adverts for a VRID that is none of ours; 0: none */
	int64_t now_ns;        /* CLOCK_REALTIME, of the answer */
};

#endif
