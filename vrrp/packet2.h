/* SPDX-License-Identifier: MIT */
/*
 * What the message of version 2 has in another way (RFC 3768 §5.1, RFC 2338 §5.3): an interval in
 * seconds, and authentication. All else is packet.h's, which is where a message is read and
 * written.
 *
 *   0               1               2               3
 *  +-------+-------+---------------+---------------+---------------+
 *  |   2   | Type  | Virtual Rtr ID|   Priority    |  Addr Count   |
 *  +-------+-------+---------------+---------------+---------------+
 *  |   Auth Type   |   Adver Int   |           Checksum            |
 *  +---------------+---------------+-------------------------------+
 *  |                    addresses, 4 bytes each                    |
 *  +---------------------------------------------------------------+
 *  |                 authentication data, 8 bytes                  |
 *  +---------------------------------------------------------------+
 */
#ifndef VRRP_PACKET2_H
#define VRRP_PACKET2_H

#include "packet.h"

/**
 * vrrp_packet2_read() - interval and authentication of a message.
 * @message: whole, and of version 2.
 * @len: of the message, the authentication data included.
 * @advert: interval_cs, auth_type and auth are set; what an unauthenticated message has for
 *	authentication data is ignored (RFC 2338 §5.3.6.1). Whether a password is right is the
 *	caller's business.
 *
 * Return: VRRP_ACCEPT, VRRP_REJECT_AUTH_AH or VRRP_REJECT_AUTH_TYPE.
 */
enum vrrp_reject vrrp_packet2_read(const uint8_t *message, size_t len, struct vrrp_advert *advert);

/**
 * vrrp_packet2_write() - interval and authentication into a message.
 * @advert: interval_cs in whole seconds; auth_type VRRP_AUTH_NONE or VRRP_AUTH_PASSWORD.
 * @message: @len bytes; the rest of them is the caller's.
 */
void vrrp_packet2_write(const struct vrrp_advert *advert, uint8_t *message, size_t len);

#endif
