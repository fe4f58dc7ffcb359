/* SPDX-License-Identifier: MIT */
/*
 * The journal: each decision of the agent is one event with a reason. The log is its first reader;
 * whatever else wants to know reads the same events. Events that a peer can cause by the thousand
 * are told once per episode: again only after a minute without.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "agent/conf/conf.h"
#include "netlink/reconcile.h"
#include "vrrp/receive.h"

#define JOURNAL_REASON_SIZE 128

/* What can be told once per episode, for each router. */
enum {
	JOURNAL_EPISODE_REJECT = 0,
	JOURNAL_EPISODE_NOTICE = JOURNAL_EPISODE_REJECT + VRRP_REJECT_COUNT,
	JOURNAL_EPISODE_HOLDING = JOURNAL_EPISODE_NOTICE + VRRP_NOTICE_COUNT,
	JOURNAL_EPISODE_SEND = JOURNAL_EPISODE_HOLDING + KERN_WANT_COUNT,
	JOURNAL_EPISODE_RECEIVE,
	JOURNAL_EPISODES,
};

/* When each was seen last: seconds of the monotonic clock plus 1, or 0. */
struct journal_episodes {
	uint32_t seen_s[JOURNAL_EPISODES];
};

/* Whose event it is. */
struct journal_router {
	const struct conf_router *conf;    /* borrowed */
	const struct vrrp *vr;             /* borrowed */
	struct journal_episodes *episodes; /* borrowed */
	int64_t now_ns;
};

/**
 * journal_reason_text() - a reason in words, as in the log and in vipctl.
 * @interface: the name of the router's interface.
 * @priority: the router's own.
 * @buf: JOURNAL_REASON_SIZE bytes.
 */
const char *journal_reason_text(const struct vrrp_reason *reason, const char *interface,
				unsigned priority, char *buf);

/**
 * journal_state() - a virtual router changed its state.
 */
void journal_state(const struct journal_router *router, enum vrrp_state from, enum vrrp_state to,
		   const struct vrrp_reason *reason);

/**
 * journal_reject() - a packet was discarded.
 * @source: of the packet, network byte order.
 */
void journal_reject(const struct journal_router *router, enum vrrp_reject reject,
		    const uint8_t *source);

/**
 * journal_stray() - a packet was discarded that concerns no router.
 * @episodes: of the agent.
 * @interface: where it arrived.
 * @vrid: 0..255, or -1 when it has none.
 */
void journal_stray(struct journal_episodes *episodes, int64_t now_ns, enum vrrp_reject reject,
		   const char *interface, const uint8_t *source, int vrid);

/**
 * journal_notices() - an accepted advert is remarkable.
 * @own: what the router advertises.
 */
void journal_notices(const struct journal_router *router, const struct vrrp_list *own,
		     const struct vrrp_advert *advert);

/**
 * journal_holding() - an address came, went, or resists.
 * @error: an errno for KERN_WANT_FAILED.
 */
void journal_holding(const struct journal_router *router, const struct conf_address *address,
		     enum kern_want_news news, int error);

/**
 * journal_send_error() - a frame was refused by the kernel.
 * @what: "advert" or "announcement".
 */
void journal_send_error(const struct journal_router *router, const char *what, int error);

/**
 * journal_receive() - adverts may have been lost on the way from the kernel.
 * @episodes: of the agent.
 * @error: an errno, or 0 when they came faster than they could be read.
 */
void journal_receive(struct journal_episodes *episodes, int64_t now_ns, int error);

/**
 * journal_swept() - an address of a dead predecessor was removed at start.
 * @error: 0 or an errno.
 */
void journal_swept(const struct kern_address *address, int error);

#endif
