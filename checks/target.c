/* SPDX-License-Identifier: MIT */
#include "target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void set_address(struct check_target *target)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(target->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(target->port) };

	if (inet_pton(AF_INET, target->host, &in.sin_addr) == 1) {
		target->in = in;
		target->len = sizeof(in);
	} else if (inet_pton(AF_INET6, target->host, &in6.sin6_addr) == 1) {
		target->in6 = in6;
		target->len = sizeof(in6);
	} else {
		return;
	}
	target->host[0] = '\0';
}

int check_target_parse(const char *text, struct check_target *ret_target)
{
	const char *port = strrchr(text, ':');
	size_t len = port ? (size_t)(port - text) : 0;
	struct check_target target = { 0 };
	long number = port ? strtol(port + 1, NULL, 10) : 0;

	if (text[0] == '[' && len > 2 && port[-1] == ']') {
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(target.host) || number < 1 || number > 65535)
		return -EINVAL;
	memcpy(target.host, text, len);
	target.port = (uint16_t)number;
	set_address(&target);
	*ret_target = target;
	return 0;
}
