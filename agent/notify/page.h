/* SPDX-License-Identifier: MIT */
/*
 * The page that Prometheus reads (agent/metrics.h), by HTTP. libmicrohttpd does the protocol, in
 * the turns of our loop; ours are the bounds: how many clients there are at a time, how long one
 * may take, how many pages are in memory for those who read slowly, and that making pages takes a
 * tenth of a processor at most, however often they are asked for.
 */
#ifndef PAGE_H
#define PAGE_H

#include "agent/clocks.h"
#include "agent/conf/endpoint.h"

struct page;

/* Make a page, for a client that asks now. Return: owned by who called, who frees it; NULL: there
 * is no memory. */
typedef char *(*page_make_fn)(void *arg, size_t *ret_len);

/**
 * page_open() - without a socket yet.
 * @make: is called by page_dispatch() alone.
 * @ret_page: owned by the caller.
 *
 * Return: 0 or -errno.
 */
int page_open(const union conf_endpoint *endpoint, page_make_fn make, void *arg,
	      struct page **ret_page);

/**
 * page_close() - hang up; NULL is allowed.
 */
void page_close(struct page *page);

/**
 * page_dispatch() - serve; and listen, where that is due.
 *
 * Return: an errno, why it cannot listen, that was another one before. Else 0.
 */
int page_dispatch(struct page *page, const struct clocks *now);

/**
 * page_fd() - readable: somebody wants something.
 */
int page_fd(const struct page *page);

/**
 * page_deadline() - CLOCK_MONOTONIC; INT64_MAX: never.
 */
int64_t page_deadline(const struct page *page);

#endif
