/* SPDX-License-Identifier: MIT */
/*
 * Packets that RFC 9568 §7.1 discards: each is an advert that would win every election, with one
 * defect, and names the reason for which it must be rejected.
 */
#ifndef SIM_JUNK_H
#define SIM_JUNK_H

struct sim;

/**
 * junk_send() - put @n such packets in front of router @to.
 */
void junk_send(struct sim *sim, unsigned to, unsigned n);

#endif
