/* SPDX-License-Identifier: MIT */
/*
 * A host and a port in one text, as a file has it.
 */
#ifndef CHECKS_TARGET_H
#define CHECKS_TARGET_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "check.h"

struct check_target {
	char host[CHECK_HOST_SIZE]; /* a name to be looked up; empty: @address is known */
	uint16_t port;
	socklen_t len;
	union {
		struct sockaddr address;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
};

/**
 * check_target_parse() - "127.0.0.1:80", "[::1]:80", "name:80".
 *
 * Return: 0; -EINVAL when it is none of them.
 */
int check_target_parse(const char *text, struct check_target *ret_target);

#endif
