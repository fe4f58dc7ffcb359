/* SPDX-License-Identifier: MIT */
/*
 * What the page of metrics is made of: the figures and the board, read where the routers and the
 * checker leave them, without asking anybody; and the queue.
 */
#ifndef SCRAPE_H
#define SCRAPE_H

#include "agent/metrics.h"

struct scrape;

/* Of who is told, now. */
typedef void (*scrape_notify_fn)(void *arg, struct metrics_notify *ret_notify);

/**
 * scrape_open() - map what there is.
 * @figures_fd, @facts_fd: borrowed until scrape_close(); -1: there is none.
 * @node: borrowed.
 *
 * Return: owned by the caller; NULL without memory.
 */
struct scrape *scrape_open(int figures_fd, int facts_fd, const char *node, scrape_notify_fn notify,
			   void *arg);

/**
 * scrape_close() - NULL is allowed.
 */
void scrape_close(struct scrape *scrape);

/**
 * scrape_make() - a page_make_fn of a struct scrape.
 */
char *scrape_make(void *scrape, size_t *ret_len);

#endif
