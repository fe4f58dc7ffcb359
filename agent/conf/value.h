/* SPDX-License-Identifier: MIT */
/*
 * Values of the configuration: text to what it means. They know nothing of files; whoever calls
 * them says where the text stood.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"

#define CONF_ADDRESS_TEXT_SIZE 50 /* INET6_ADDRSTRLEN, "/128" */
#define CONF_MAC_TEXT_SIZE     18
#define CONF_PREFIX_TEXT_SIZE  CONF_ADDRESS_TEXT_SIZE

/**
 * conf_duration_parse() - "10ms", "1.5s", "2m", "1h", "1h30m" to nanoseconds.
 * @text: a decimal number and a unit, or a sum of such, each with a shorter unit than the one
 * before, and a fraction in the last one alone; nothing else.
 * @ret_ns: 0 and up, at most 3660 days; exact to the nanosecond.
 *
 * Return: whether it is a duration.
 */
bool conf_duration_parse(const char *text, int64_t *ret_ns);

/**
 * conf_duration_has_units() - whether a unit stands behind each number, the longest first. What is
 * no duration all the same has a number that is none, or is too long.
 * @text: begins with a number.
 */
bool conf_duration_has_units(const char *text);

/**
 * conf_word_is_valid() - whether a text can go into file names, tables and log lines: printable
 * ASCII without blanks, quotes, slashes and backslashes, 1..@len_max characters.
 */
bool conf_word_is_valid(const char *text, size_t len_max);

/**
 * conf_interface_is_valid() - whether a text can be the name of an interface: a word without a
 * colon, and none of those that are directories. The kernel's rule but for '@', which ip(8) prints
 * behind a name.
 */
bool conf_interface_is_valid(const char *text, size_t len_max);

/**
 * conf_address_parse() - "192.0.2.1/24" or "2001:db8::1/64" to bytes.
 * @ret_address: filled on success.
 *
 * Return: NULL, or what is wrong with it: a sentence without a full stop, constant.
 */
const char *conf_address_parse(const char *text, struct conf_address *ret_address);

/**
 * conf_host_parse() - "192.0.2.1" or "fe80::1" to bytes.
 * @ret_bytes: 16, filled on success: of IPv6 some behind the first 4 are not zero.
 *
 * Return: as conf_address_parse().
 */
const char *conf_host_parse(const char *text, uint8_t *ret_bytes);

/**
 * conf_group_parse() - "224.0.0.18" or "ff02::12" to bytes.
 * @ret_bytes: 16, filled on success: of IPv6 the first is 0xff, of IPv4 it is not.
 *
 * Return: as conf_address_parse().
 */
const char *conf_group_parse(const char *text, uint8_t *ret_bytes);

/**
 * conf_host_family() - the family of what conf_host_parse() filled: 4 or 6.
 */
unsigned conf_host_family(const uint8_t *bytes);

/**
 * conf_address_format() - an address with its prefix length.
 * @buf: CONF_ADDRESS_TEXT_SIZE bytes.
 */
const char *conf_address_format(const struct conf_address *address, char *buf);

/**
 * conf_prefix_parse() - "192.0.2.0/24" or "::/0" to bytes: a network, with no bits behind it set.
 * @ret_prefix: filled on success.
 *
 * Return: as conf_address_parse().
 */
const char *conf_prefix_parse(const char *text, struct conf_prefix *ret_prefix);

/**
 * conf_prefix_format() - a network with its length; "default" of no family.
 * @buf: CONF_PREFIX_TEXT_SIZE bytes.
 */
const char *conf_prefix_format(const struct conf_prefix *prefix, char *buf);

/**
 * conf_mac_parse() - "02:00:00:00:00:01" to bytes: a MAC address that one host can have.
 * @ret_bytes: 6, filled on success.
 *
 * Return: as conf_address_parse().
 */
const char *conf_mac_parse(const char *text, uint8_t *ret_bytes);

/**
 * conf_mac_format() - a MAC address as text.
 * @buf: CONF_MAC_TEXT_SIZE bytes.
 */
const char *conf_mac_format(const uint8_t *bytes, char *buf);

/**
 * conf_link_local_of() - the link-local address that is made of a virtual router's MAC,
 * fe80::200:5eff:fe00:2XX (RFC 9568 §7.3, RFC 4291 App. A).
 * @ret_bytes: 16.
 */
void conf_link_local_of(uint8_t vrid, uint8_t *ret_bytes);

/**
 * conf_distance() - how many typing slips lie between two words: letters added, left out, replaced
 * or two neighbours exchanged.
 *
 * Return: 0 for equal; words of more than 31 letters are as far apart as they are long.
 */
unsigned conf_distance(const char *a, const char *b);

#endif
