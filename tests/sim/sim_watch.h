/* SPDX-License-Identifier: MIT */
/*
 * netlink/watch.h on simulated sockets: what routers announce the processes of the other hosts
 * hear, in worlds with overlap. Elsewhere nobody does, and whoever hands over does so at once.
 */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

struct sim;

/**
 * watch_deliver() - an announcement reaches the host of router @i.
 * @slot: of the packet, which the processes that listen share.
 */
void watch_deliver(struct sim *sim, unsigned slot, unsigned i);

/**
 * watch_stranger() - a host that is no router of this world announces address @k to router @i.
 */
void watch_stranger(struct sim *sim, unsigned i, unsigned k);

#endif
