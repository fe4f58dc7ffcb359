/* SPDX-License-Identifier: MIT */
/*
 * What the two sets of names share, private to metrics.c and
 * metrics_keepalived.c; metrics_text.c has the format.
 */
#ifndef METRICS_PRIVATE_H
#define METRICS_PRIVATE_H

#include "metrics.h"

/* A router, as it was read at one time. */
struct metrics_router {
	struct figures_router router;
	int64_t margin_ns; /* -1: none */
	int64_t mono_to_real_ns;
};

enum metrics_unit {
	METRICS_NUMBER,
	METRICS_SECONDS, /* of nanoseconds */
};

/**
 * metrics_put_head() - the two lines in front of the samples of a metric.
 * @type: "gauge", "counter" or "histogram".
 */
void metrics_put_head(FILE *out, const char *name, const char *type, const char *help);

/**
 * metrics_put_label() - one label with its value, quoted.
 */
void metrics_put_label(FILE *out, const char *name, const char *value);

/**
 * metrics_put_value() - the end of a sample.
 */
void metrics_put_value(FILE *out, enum metrics_unit unit, int64_t value);

/**
 * metrics_put_keepalived() - the page by the names of the other exporter.
 */
void metrics_put_keepalived(FILE *out, const struct metrics *metrics,
			    const struct metrics_router *routers, unsigned n, bool up);

#endif
