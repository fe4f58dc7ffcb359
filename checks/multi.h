/* SPDX-License-Identifier: MIT */
/*
 * A multi handle of libcurl whose sockets are watched in the context's epoll. Each transfer has a
 * connection of its own, which is reset at its end: nothing of it is left to wait for packets of
 * old.
 */
#ifndef CHECKS_MULTI_H
#define CHECKS_MULTI_H

#include <curl/curl.h>
#include <stdint.h>

#include "kind.h"

struct check_multi;

/**
 * check_multi_open() - no transfer yet.
 * @done: a transfer has ended, and may begin anew at once. Called out of check_multi_run() and
 * check_context_dispatch().
 * @ret_multi: owned by the caller.
 *
 * Return: 0 or -ENOMEM.
 */
int check_multi_open(struct check_context *context,
		     void (*done)(CURL *easy, CURLcode code, int64_t now_ns),
		     struct check_multi **ret_multi);

/**
 * check_multi_close() - all transfers have ended.
 */
void check_multi_close(struct check_multi *multi);

/**
 * check_multi_adopt() - options of a handle that its sockets need; once.
 */
void check_multi_adopt(CURL *easy);

/**
 * check_multi_begin() - a transfer; what it does first is done by check_multi_run().
 *
 * Return: a word of libcurl, CURLM_OK if it has begun.
 */
CURLMcode check_multi_begin(struct check_multi *multi, CURL *easy);

/**
 * check_multi_end() - stop one without a word; legal for one that has ended.
 */
void check_multi_end(struct check_multi *multi, CURL *easy);

/**
 * check_multi_run() - do what can be done now.
 */
void check_multi_run(struct check_multi *multi, int64_t now_ns);

/**
 * check_multi_deadline() - when check_multi_run() is due; CHECK_NEVER.
 */
int64_t check_multi_deadline(const struct check_multi *multi);

#endif
