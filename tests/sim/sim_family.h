/* SPDX-License-Identifier: MIT */
/*
 * What is different about the two families in this world: the addresses that there are, and where
 * things stand in a packet. Addresses have 16 bytes everywhere, IPv4 in the first 4.
 */
#ifndef SIM_FAMILY_H
#define SIM_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/conf/conf.h"
#include "sim_net.h"

struct sim_family {
	uint8_t number;      /* 4 or 6 */
	uint8_t address_len; /* bytes */
	uint8_t alone_len;   /* prefix length of an address without a subnet */
	uint8_t subnet_len;  /* and with one */
	uint8_t header_len;  /* of IP, without options */
	uint8_t ttl_at, source_at, destination_at; /* in that header */
};

/**
 * family_of() - @number: 4 or 6.
 */
const struct sim_family *family_of(unsigned number);

/**
 * family_virtual() - write virtual address @k. Of IPv6 the first one is what @kind says.
 * @ret_bytes: SIM_ADDRESS_LEN.
 */
void family_virtual(unsigned number, enum conf_link_local_kind kind, unsigned k,
		    uint8_t *ret_bytes);

/**
 * family_virtual_number() - the inverse.
 * @bytes: as long as an address of the family is.
 *
 * Return: below SIM_ADDRESSES_MAX; or SIM_ADDRESSES_MAX: none of the virtual ones.
 */
unsigned family_virtual_number(unsigned number, const uint8_t *bytes);

/**
 * family_own() - write an address that a host may speak from.
 * @host: its last byte.
 * @ret_bytes: SIM_ADDRESS_LEN.
 */
void family_own(unsigned number, uint8_t host, uint8_t *ret_bytes);

/**
 * family_is_link_local() - whether an address of that family is fe80::/10.
 */
bool family_is_link_local(unsigned number, const uint8_t *bytes);

/**
 * family_same() - whether two addresses are the same. Both have SIM_ADDRESS_LEN bytes.
 */
bool family_same(const uint8_t *a, const uint8_t *b);

/**
 * family_message() - where the VRRP message of an IP packet begins, and ends.
 * @ret_end: by the length in the header.
 *
 * Return: the begin.
 */
size_t family_message(unsigned number, const uint8_t *ip, size_t *ret_end);

/**
 * family_name() - virtual address @k as traces call it.
 * @buf: of @len bytes.
 */
const char *family_name(unsigned number, enum conf_link_local_kind kind, unsigned k, char *buf,
			size_t len);

/**
 * family_announce() - the schedule of announcements that a family allows.
 * @often: more and earlier ones than otherwise, and a later refresh.
 */
struct vrrp_announce family_announce(unsigned family, bool often);

#endif
