/* SPDX-License-Identifier: MIT */
/*
 * What libcurl is told of a request: an easy handle that is kept, with all that never changes.
 * Names are not looked up by libcurl, whose threads for that would outlive a check.
 */
#ifndef CHECKS_REQUEST_H
#define CHECKS_REQUEST_H

#include <curl/curl.h>
#include <stdbool.h>

#include "check.h"
#include "target.h"

struct check_request {
	CURL *easy; /* owned, as both lists; NULL: it is closed */
	struct curl_slist *headers;
	struct curl_slist *connect_to; /* NULL: where the URL says */
	const char *fault;             /* why it cannot be asked; NULL: it can */
	bool is_tls;
	struct check_target target; /* of the URL; with a name, its addresses are to be looked up */
	char words[CURL_ERROR_SIZE]; /* libcurl's, of an error */
};

/**
 * check_request_open() - nothing is sent.
 * @request: at a place that stays; a URL that is none is a fault of it.
 * @config: borrowed until the end.
 *
 * Return: 0 or -ENOMEM.
 */
int check_request_open(struct check_request *request, const struct check_http *config);

/**
 * check_request_close() - legal for one that is closed.
 */
void check_request_close(struct check_request *request);

/**
 * check_request_connect_to() - connect to the address in its target.
 *
 * Return: 0 or -ENOMEM.
 */
int check_request_connect_to(struct check_request *request);

#endif
