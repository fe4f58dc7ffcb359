/* SPDX-License-Identifier: MIT */
/*
 * Routes as the kernel tells of them: which one a message is about, and where it leads. Pure.
 */
#ifndef CHECKS_ROUTE_MESSAGE_H
#define CHECKS_ROUTE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;

#define ROUTE_REQUEST_LEN_MAX 64

/* What routes are told apart by, as far as checks care. */
struct route_key {
	uint8_t family; /* 4 or 6 */
	uint8_t to_len; /* of the prefix, in bits */
	uint8_t to[16]; /* IPv4 in the first 4; no bit behind the prefix */
	uint32_t table;
};

/* A way that a route may have. */
struct route_way {
	uint8_t via_family; /* 4 or 6; 0: any gateway, or none */
	uint8_t via[16];
	unsigned ifindex; /* 0: any */
};

/**
 * route_message_parse() - the route that a message is about.
 * @message: complete.
 *
 * Return: false when it is about none that a check could mean: a cached one, another family.
 */
bool route_message_parse(const struct nlmsghdr *message, struct route_key *ret_key);

/**
 * route_message_leads() - whether a packet could take that way by this route. A route that
 * discards, rejects or throws leads nowhere, and so does a way that the kernel has declared dead.
 * @message: one that route_message_parse() knows.
 */
bool route_message_leads(const struct nlmsghdr *message, const struct route_way *way);

/**
 * route_request_put() - ask for all routes of a table.
 * @buf: ROUTE_REQUEST_LEN_MAX bytes, aligned as a netlink header is.
 *
 * Return: its length.
 */
size_t route_request_put(void *buf, uint8_t family, uint32_t table, uint32_t seq);

/**
 * route_to_parse() - "198.51.100.0/24", an address alone, "default" of a family.
 * @family: of "default".
 *
 * Return: 0 or -EINVAL.
 */
int route_to_parse(const char *text, uint8_t family, struct route_key *ret_key);

#endif
