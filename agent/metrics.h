/* SPDX-License-Identifier: MIT */
/*
 * Metrics: the figures of a host (figures.h), its checks and its queue of events to tell, as the
 * text that Prometheus reads (exposition format 0.0.4). One series per router and metric, whatever
 * happens: a state is a value, never a label.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stdio.h>

#include "board.h"
#include "clocks.h"
#include "figures.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum metrics_names {
	METRICS_OWN,        /* vipd_ */
	METRICS_KEEPALIVED, /* as the common exporter for keepalived calls them, for dashboards and
			       alerts that are there */
};

/* What the board has of a check; zero of one that is made of others. */
struct metrics_check {
	uint64_t answers, bad, timed_out;
	int64_t took_ns;
	int64_t answered_real_ns; /* 0: never */
};

/* Of who is told of events. */
struct metrics_notify {
	bool known;                      /* there is such a process */
	uint64_t waiting, running, dead; /* deliveries, at the moment */
	uint64_t delivered, failed, merged, superseded, died, dropped;
};

struct metrics {
	const char *node, *version;
	const struct figures *figures;      /* NULL: there are none */
	const struct metrics_check *checks; /* as in the figures; NULL: there are none */
	unsigned checks_n;                  /* so many of them; not known of others */
	struct metrics_notify notify;
	struct clocks now;
};

/**
 * metrics_write() - the whole page. Where no router process runs it is "vipd_up 0" and nothing that
 * was so before.
 *
 * Return: 0; -ENOMEM; errors of @out are left to the caller.
 */
int metrics_write(FILE *out, const struct metrics *metrics, enum metrics_names names);

#endif
