/* SPDX-License-Identifier: MIT */
/*
 * What a virtual router accepts from the wire (RFC 9568 §7.1, RFC 3768 §7.1): the message's own
 * checks, then those that need the router. Counts one reason per packet; changes nothing else.
 */
#ifndef VRRP_RECEIVE_H
#define VRRP_RECEIVE_H

#include "fsm.h"

/* The addresses that a router advertises. */
struct vrrp_list {
	const uint8_t
		*addresses;   /* addresses_n * vrrp_address_len() bytes, in wire order; borrowed */
	unsigned addresses_n; /* 0..255 */
};

/**
 * vrrp_receive() - check a packet for a router and count the outcome.
 * @vr: the router of vrrp_packet_vrid(@rx) and that family on the arrival interface, or NULL:
 *      there is none, and the caller counts. Only the counters of @vr change.
 * @own: what @vr advertises, to compare.
 * @rx: the packet.
 * @ret_advert: filled when accepted, with what is remarkable in @ret_advert->notices; and for
 *              VRRP_REJECT_INTERVAL_DIFFERS, so that both intervals can be told.
 *
 * Another address list is noticed and never a reason to discard, in version 2 either (RFC 3768
 * §7.1 leaves that check out to whoever likes). Another interval is noticed in version 3 (RFC 9568
 * §7.1) and discarded in version 2 (RFC 3768 §7.1). An owner takes adverts as all do (erratum
 * 8298).
 *
 * Return: VRRP_ACCEPT, or the first check that failed.
 */
enum vrrp_reject vrrp_receive(struct vrrp *vr, const struct vrrp_list *own,
			      const struct vrrp_rx *rx, struct vrrp_advert *ret_advert);

#endif
