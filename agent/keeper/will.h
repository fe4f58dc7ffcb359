/* SPDX-License-Identifier: MIT */
/*
 * The last will: what is done when no router process is left. Its sockets are opened in good times,
 * and what it does and sends was prepared by the routers, so that nothing has to be decided or
 * understood then.
 */
#ifndef WILL_H
#define WILL_H

struct will;
struct teller;

/* What the keeper shares with the router processes, since it outlives them. */
struct will_sockets {
	int sender_fd; /* farewells leave by it, and all other frames */
	int filter_fd; /* what nftables drop for vipd is there as long as it is open
			  (netlink/filter.h); -1: the kernel has no netfilter */
};

/**
 * will_open() - open what is needed.
 * @sockets: those that are there already; -1: it is made, where that can be. They are the will's to
 *           close, also on failure.
 * @ret_will: owned by the caller.
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN and CAP_NET_RAW; or -errno of a socket.
 */
int will_open(const struct will_sockets *sockets, struct will **ret_will);

/**
 * will_sockets() - for the router processes to share.
 *
 * Return: descriptors; borrowed until will_close().
 */
struct will_sockets will_sockets(const struct will *will);

/**
 * will_close() - release; NULL is allowed.
 */
void will_close(struct will *will);

/**
 * will_execute() - carry out what the router processes left in their wills (agent/state_will.h):
 * first the removals that are held, of all routers; then the sweep of every object that carries
 * vipd's mark and is of a kind that this program knows, whether or not a will has it; then the
 * frames of all routers that were Active, so that no farewell precedes a removal.
 *
 * The memory may be of any version, and damaged. Its entries are copied, then checked: netlink
 * messages by netlink/prepared.h, a frame by its length. Entries of unknown kinds, or that are
 * refused, are counted and do not keep the others.
 * @state_fd: the state memory of the dead router process; -1 when there is none: only the sweep.
 * @teller: told of it, after what the router process did not live to tell.
 *
 * Return: objects removed, or -errno when something may be left; told.
 */
int will_execute(struct will *will, int state_fd, struct teller *teller);

#endif
