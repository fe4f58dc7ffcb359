/* SPDX-License-Identifier: MIT */
/*
 * Where a check asks, as it is written in a file: hosts, ports, URLs, names of DNS and of units.
 * Pure: nothing is looked up.
 */
#ifndef CONF_CHECK_TARGET_H
#define CONF_CHECK_TARGET_H

/**
 * conf_target_fault() - "host:port", or "[address]:port".
 *
 * Return: NULL, or what is wrong with it, to be read behind it; as with all of them.
 */
const char *conf_target_fault(const char *target);

/**
 * conf_url_fault() - "http://" or "https://", a host, perhaps a user before and a port behind it,
 * and anything without blanks.
 */
const char *conf_url_fault(const char *url);

/**
 * conf_server_fault() - an address, perhaps with a port, then in brackets if it is of IPv6.
 */
const char *conf_server_fault(const char *server);

/**
 * conf_query_fault() - a name that can be asked of a DNS server.
 */
const char *conf_query_fault(const char *name);

/**
 * conf_unit_fault() - a name that a unit of systemd can have.
 */
const char *conf_unit_fault(const char *unit);

#endif
