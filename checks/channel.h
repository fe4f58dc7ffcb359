/* SPDX-License-Identifier: MIT */
/*
 * A channel of c-ares whose sockets are watched in the context's epoll. Callbacks of queries come
 * out of check_channel_work(), out of check_context_dispatch(), and out of the query itself. A
 * channel of c-ares 1.18 has tables of 72 KiB.
 */
#ifndef CHECKS_CHANNEL_H
#define CHECKS_CHANNEL_H

#include <ares.h>
#include <stdint.h>
#include <sys/stat.h>

#include "kind.h"

#define CHECK_CHANNEL_SOCKETS 16 /* UDP and TCP; of one more only the time-out is seen */

struct check_channel {
	ares_channel ares; /* NULL: it is closed */
	struct check_context *context;
	int64_t deadline_ns; /* when check_channel_work() is due; CHECK_NEVER */
	int64_t now_ns;      /* of the turn that it was last called in */
	struct stat conf;    /* of resolv.conf, when it was opened */
	struct check_watch watches[CHECK_CHANNEL_SOCKETS];
};

/**
 * check_channel_open() - nothing is asked yet.
 * @channel: at a place that stays.
 * @mask: which of the options are set, ARES_OPT_...; not those of callbacks.
 *
 * Return: 0; -ENOMEM or -EIO.
 */
int check_channel_open(struct check_channel *channel, struct check_context *context,
		       struct ares_options *options, int mask);

/**
 * check_channel_close() - what is asked ends with ARES_EDESTRUCTION; legal for one that is closed.
 */
void check_channel_close(struct check_channel *channel);

/**
 * check_channel_is_stale() - whether the host has got other resolvers since it was opened.
 */
bool check_channel_is_stale(const struct check_channel *channel);

/**
 * check_channel_begin() - before each query.
 */
void check_channel_begin(struct check_channel *channel, int64_t now_ns);

/**
 * check_channel_end() - after it: look at all time-outs anew.
 */
void check_channel_end(struct check_channel *channel);

/**
 * check_channel_work() - end what has timed out.
 */
void check_channel_work(struct check_channel *channel, int64_t now_ns);

#endif
