/* SPDX-License-Identifier: MIT */
/*
 * Where something listens: "127.0.0.1:9165", "[::1]:9165".
 */
#ifndef CONF_ENDPOINT_H
#define CONF_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>

union conf_endpoint {
	struct sockaddr any; /* its family: AF_INET, AF_INET6 */
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
};

/**
 * conf_endpoint() - read one: a numeric address and a port from 1 to 65535; no name.
 *
 * Return: whether it is one.
 */
bool conf_endpoint(const char *text, union conf_endpoint *ret_endpoint);

/**
 * conf_endpoint_port() - its port, from 1 to 65535.
 */
unsigned conf_endpoint_port(const union conf_endpoint *endpoint);

/**
 * conf_endpoint_is_local() - whether only this host can come there.
 */
bool conf_endpoint_is_local(const union conf_endpoint *endpoint);

#endif
