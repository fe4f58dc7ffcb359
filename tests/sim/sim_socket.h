/* SPDX-License-Identifier: MIT */
/*
 * The sockets of a host's processes: what arrives is filtered and queued as netlink/receive.c would
 * have it, what they send goes to the network as bytes. Implements netlink/receive.h and
 * send.h for the agent's code.
 */
#ifndef SIM_SOCKET_H
#define SIM_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Descriptors of sockets that send to peers: no other one is so high. */
#define SIM_FD_IP ((1 << 24) + 256)

struct sim;
struct sim_kernel;
struct sim_process;

/**
 * socket_deliver() - a packet has come to a host.
 * @slot: of the network; held as long as it is queued.
 */
void socket_deliver(struct sim *sim, unsigned slot, unsigned i);

/**
 * socket_drop_all() - what a process has not read it will not read any more.
 * @lost: for the books: nobody else will, either.
 *
 * Return: whether there was something.
 */
bool socket_drop_all(struct sim_process *process, bool lost);

/**
 * socket_waiting() - how many packets the process has not read that may be adverts.
 */
unsigned socket_waiting(const struct sim_process *process);

/**
 * socket_is_member() - whether some process of the host is a member of the family's group on its
 * interface.
 */
bool socket_is_member(const struct sim_kernel *kernel, unsigned family);

/**
 * socket_interval() - the interval that a VRRP message says, in centiseconds.
 */
uint16_t socket_interval(const uint8_t *message);

/**
 * socket_close() - close a descriptor that is of a fake.
 *
 * Return: whether it was one.
 */
bool socket_close(int fd);

#endif
