/* SPDX-License-Identifier: MIT */
/*
 * The sign of life that every vipd gives, also one that has lost its claim or knows another kind of
 * it: the leases of its addresses are renewed. Whoever is about to sweep looks for that first.
 */
#ifndef RENEWALS_H
#define RENEWALS_H

#include <stdint.h>

/* The longest that is waited for a renewal, or for the end of all leases. */
#define RENEWALS_WAIT_NS INT64_C(60000000000)

struct renewals;

/**
 * renewals_open() - whether there can be any: addresses that carry vipd's mark and have a lease,
 * and a socket that receives VRRP. Before this process and its children have such sockets: after a
 * crash of everything there is none, and nothing to wait for.
 * @ret_renewals: owned by the caller; NULL when there can be none.
 *
 * Return: 0; or -errno of a socket or a dump: it cannot be told.
 */
int renewals_open(struct renewals **ret_renewals);

/**
 * renewals_seen() - wait until an address is renewed, or none can be any more.
 * @renewals: is closed.
 *
 * Return: 1: one was renewed: somebody lives; 0: nobody does; -ETIMEDOUT: it cannot be told yet;
 * another -errno likewise.
 */
int renewals_seen(struct renewals *renewals);

#endif
