/* SPDX-License-Identifier: MIT */
/*
 * The virtual routers of this host and what they live on: interfaces, addresses, sockets. Feeds the
 * core with events and executes what it answers, in batches: adverts, then addresses, then
 * farewells and announcements. The policy is the core's; here is none.
 *
 * A turn is: routers_read(), routers_fire(), routers_execute(); agent/router/turn.c drives it.
 */
#ifndef ROUTERS_H
#define ROUTERS_H

#include "agent/clocks.h"
#include "agent/conf/conf.h"
#include "agent/kept.h"
#include "agent/state.h"
#include "auth.h"
#include "damping.h"
#include "drain.h"
#include "hand_over.h"
#include "hold.h"
#include "journal.h"
#include "lan.h"
#include "lease.h"
#include "peers.h"
#include "resort.h"
#include "rivals.h"
#include "senders.h"
#include "round.h"
#include "vrrp/unit.h"

/* What a router owes to the wire at the end of the turn. */
struct outbox {
	bool listed;        /* among those that owe anything */
	bool advert_due;    /* as Active */
	bool advert_late;   /* when its addresses are there */
	bool farewell_due;  /* of one that gives its addresses up, and first removes them */
	bool announce_due;  /* all of its addresses */
	bool announce_late; /* new ones, when all else is there */
	bool round_due;     /* what is left of them */
	bool recall_due; /* one, so that switches send here what is for its virtual MAC address */
	struct rivals_probe probe; /* whether anybody else has these addresses */
	bool unheard;              /* some were not announced, since their macvlan was not up */
	uint8_t advert_priority, farewell_priority;
};

/* One virtual router: one VRID on one interface in one family. */
struct router {
	struct vrrp vr;
	const struct conf_router *conf; /* borrowed */
	unsigned interface;             /* number of its interface, and of its LAN */
	unsigned home;                  /* number of the interface that has its addresses */
	unsigned next_on_lan;           /* the next router there, plus 1; or 0 */
	unsigned want;                  /* number of its first address; the others follow */
	unsigned macvlan, arp, arps_n;  /* of its macvlan, and what ARP must not: virtual_mac.h */
	bool begun;                     /* it is wanted from then on */
	bool moved;                     /* to another macvlan: its will is another one */
	bool unset;                     /* the keeper has not been asked for that one's settings */
	bool narrow;                    /* that one's MTU is too small for IPv6 */
	bool misfit;                    /* it was not as it was made when last looked at */
	unsigned filter;                /* likewise of its filters (accept.h) */
	unsigned route;                 /* likewise of its routes, and then its rules (routes.h) */
	unsigned routes_at;             /* number of its first route among all */
	unsigned guests_n;              /* so many of them are guests (guests.h) */
	struct vrrp_list list;          /* what it advertises; owned */
	struct vrrp_rules rules;        /* by which it receives, and authenticates what it sends */
	struct auth auth;               /* what it signs with, and judges by; of HMAC */
	struct peers peers;             /* to which it sends; none: it speaks by multicast */
	struct lease lease;             /* of its addresses */
	struct resort resort;           /* whether it can hold them */
	struct drain drain;             /* whether somebody wants it to leave */
	int64_t hooks_ns;       /* so long commands may take that run before; 0: there are none */
	struct state_hold hold; /* it waits for these before it leaves */
	struct state_damping damping; /* of the first of its unit: whether that flaps */
	struct hand_over hand_over;   /* to a successor that comes */
	struct rivals rivals;         /* of an Active */
	struct senders senders;       /* of what it has discarded */
	bool gone;                    /* a reload does without it */
	bool leaving, left;           /* it was told to leave; and has */
	bool hasty; /* it does when no command runs before, and waits for no successor */
	struct outbox outbox;
	struct vrrp_unit *unit; /* with whom it shares its fate; borrowed; NULL: with none */
	unsigned member;        /* which of them it is; the others are next to it */
	int64_t last_ns;        /* its last event, if it is in no unit */
	struct round round;     /* the announcement that is under way */
	enum vrrp_reason_code fault_code; /* that may pass */
	int64_t fault_ns; /* a fault that may pass is one from then on; VRRP_NEVER: there is none */
	int64_t mute_ns;  /* it is mute since its start, which is told then; VRRP_NEVER: it is not,
			     or that is told */
	bool worth_due;   /* somebody shall look at its worth in this turn */
	unsigned track, tracks_n; /* number of the first that it tracks; so many follow */
	int64_t weighed_ns; /* of the first of its unit: when what they track changed their priority
			     */
	int64_t heard_ns;   /* the last advert was accepted, for figures as all below; 0: none */
	int64_t due_ns;     /* the advert that is about to leave was due then; 0: at once */
	int64_t takeover_ns;   /* when it was decided; 0: all is announced since */
	unsigned missing_n;    /* of its addresses */
	unsigned addresses_at; /* number of the first among all of the host's */
	struct journal_limits limits;
};

/**
 * router_is_mute() - whether a router cannot speak here, and follows the others of its unit.
 */
static inline bool router_is_mute(const struct router *router)
{
	return router->unit && router->unit->members[router->member].mute;
}

/**
 * router_is_deaf() - whether it hears nobody, while another one of its unit hears an Active.
 */
static inline bool router_is_deaf(const struct router *router)
{
	return router->unit && router->unit->members[router->member].deaf;
}

/**
 * router_damped_until() - until when a router, and all with one fate, preempt nobody for having
 * changed too often.
 *
 * Return: CLOCK_MONOTONIC; 0: they are not damped.
 */
static inline int64_t router_damped_until(const struct router *router)
{
	return router->vr.config.preempt_not_before_ns;
}

struct routers;

/**
 * router_state() - what a router is known by in the state memory, and what it needs there.
 */
struct state_router router_state(const struct conf_router *conf);

/**
 * routers_new() - make the routers of a configuration: all the memory that grows with them, and
 * what asks the kernel. Hears nothing yet: who waits from here on need not read.
 * @conf: borrowed until routers_close().
 * @state: where the elections are left; of this configuration; borrowed until routers_close().
 * @ret_routers: owned by the caller, who passes it to routers_close().
 * @ret_what: on failure what could not be done, a constant.
 *
 * Return: 0; -ENOMEM; -EPERM without CAP_NET_ADMIN; another -errno of a socket, or of a kernel that
 * cannot do what is configured.
 */
int routers_new(const struct conf *conf, struct state *state, struct routers **ret_routers,
		const char **ret_what);

/**
 * routers_lend() - let them use a socket of somebody who outlives them.
 * @filter_fd: what nftables drop for them is there as long as it is open; borrowed until
 *             routers_close(). What is no such socket is none: it is as long there as they are.
 *
 * Return: 0; or -errno of memory or a socket.
 */
int routers_lend(struct routers *routers, int filter_fd);

/**
 * routers_lend_board() - let them read what the checker finds.
 * @board_fd, @event_fd: board.h; borrowed until routers_close().
 *
 * Return: 0; or -errno: no check ever answers.
 */
int routers_lend_board(struct routers *routers, int board_fd, int event_fd);

/**
 * routers_lend_figures() - let them leave what they measure.
 * @fd: figures.h; borrowed for the call.
 *
 * Return: 0, or -errno of figures_open(): nothing is left.
 */
int routers_lend_figures(struct routers *routers, int fd);

/**
 * routers_facts() - what is known of the checks of their configuration.
 */
const struct facts *routers_facts(const struct routers *routers);

/**
 * routers_want_checker() - whether the checker does not answer, and another one is needed. Asked
 * once.
 */
bool routers_want_checker(struct routers *routers);

/**
 * routers_open() - listen, and look at the interfaces. Nothing starts and nothing changes yet:
 * another process may still run the routers. What makes announcements wrong from now on is news
 * for the first turn, and so is an interface that is replaced: adverts may have been lost by it.
 * @sender_fd: of kern_sender_socket(); borrowed until routers_close().
 * @ret_what: on failure what could not be done, a constant.
 *
 * Return: 0; -EPERM without CAP_NET_RAW; another -errno of a socket.
 */
int routers_open(struct routers *routers, int sender_fd, const struct clocks *now,
		 const char **ret_what);

/**
 * routers_hold() - let no election begin before a time. Those that are adopted have begun.
 * @not_before_ns: CLOCK_MONOTONIC; in the past: at once.
 */
void routers_hold(struct routers *routers, int64_t not_before_ns);

/**
 * routers_remember() - what a vipd of before has kept when it left: a router was drained, which is
 * told of, whatever comes of it, or has heard a signed advert. Before routers_go(), and only where
 * nothing is adopted.
 * @events: as routers_go().
 */
void routers_remember(struct routers *routers, const struct clocks *now, const struct kept *kept,
		      struct events *events);

/**
 * routers_go() - from here on these routers are this host's. Goes on with the elections that a
 * predecessor left, removes the addresses that nobody continues, starts what is new.
 * @old: what the predecessor left, or NULL.
 * @frozen_real_ns: CLOCK_REALTIME up to which it read packets, or 0.
 * @events: the journal; borrowed until routers_close(); NULL: none.
 *
 * The caller knows that no other vipd runs in this network namespace.
 *
 * Return: 0, or -errno when something left over could not be removed, which is tried again once a
 * second.
 */
int routers_go(struct routers *routers, const struct clocks *now, struct state *old,
	       int64_t frozen_real_ns, struct events *events);

/**
 * routers_close() - release everything; routers_stop() was called before, if routers_go() was. NULL
 * is allowed.
 */
void routers_close(struct routers *routers);

#define ROUTERS_FDS 6

/**
 * routers_fds() - the descriptors to poll for reading, of routers that go.
 * @ret_fds: in the order of enum routers_readable; -1: nobody speaks that family.
 */
void routers_fds(const struct routers *routers, int ret_fds[ROUTERS_FDS]);

/* Which of them may have something. */
enum routers_readable {
	ROUTERS_NEWS = 1 << 0,
	ROUTERS_ADVERTS = 1 << 1,
	ROUTERS_ADVERTS6 = 1 << 2,
	ROUTERS_SAID = 1 << 3, /* announcements of others, by ARP */
	ROUTERS_SAID6 = 1 << 4,
	ROUTERS_FACTS = 1 << 5, /* of the checker */
	ROUTERS_ALL = (1 << ROUTERS_FDS) - 1,
};

/**
 * routers_read() - take in all news of the kernel and all adverts that are queued.
 * @readable: enum routers_readable, as found after @now was read: nothing is asked of the others.
 */
void routers_read(struct routers *routers, const struct clocks *now, unsigned readable);

/**
 * routers_fire() - let every deadline that has come fire. Never before routers_read() of the same
 * turn: a timer is not believed while an advert is unread.
 */
void routers_fire(struct routers *routers, const struct clocks *now);

/**
 * routers_execute() - carry out what the routers decided in this turn.
 */
void routers_execute(struct routers *routers, const struct clocks *now);

/**
 * routers_turn() - the three of them, in this order.
 */
void routers_turn(struct routers *routers, const struct clocks *now, unsigned readable);

/**
 * routers_deadline() - when the next turn is due without any news, on CLOCK_MONOTONIC.
 */
int64_t routers_deadline(const struct routers *routers);

/**
 * routers_tell_holds() - the journal is told who waits for commands since routers_go(), or longer.
 */
void routers_tell_holds(struct routers *routers, const struct clocks *now);

/**
 * routers_leave() - leave gracefully: who is Active says so, and serves until a successor has
 * announced each address, or vrrp_offer_ns() has passed; turns go on until then. All
 * others are out at once, and so is who was told to leave a gap.
 */
void routers_leave(struct routers *routers, const struct clocks *now);

/**
 * routers_note_stop() - vipd was told to stop, and not this process alone: nobody goes on behind
 * it.
 */
void routers_note_stop(struct routers *routers);

/**
 * routers_are_stopping() - whether that was noted.
 */
bool routers_are_stopping(const struct routers *routers);

/**
 * router_leave_end() - when one that was told to leave will be out at the latest, as far as that is
 * known now. @now_ns if it waits for nothing.
 */
int64_t router_leave_end(const struct router *router, int64_t now_ns);

/**
 * routers_leave_end() - when all will be out at the latest that were told to leave, as far as that
 * is known by now.
 *
 * Return: CLOCK_MONOTONIC; the time of @now when there is none.
 */
int64_t routers_leave_end(const struct routers *routers, const struct clocks *now);

/**
 * routers_note_gone() - a reload that is to come does without a router.
 * @name: of all its families; empty: what was noted before is void.
 */
void routers_note_gone(struct routers *routers, const char *name);

/**
 * routers_leave_gone() - the same as routers_leave() for those, but for who shares its fate with
 * one that goes on, and who would take longer than @patience_ns: they leave a gap, the latter
 * behind the commands that are to run before.
 */
void routers_leave_gone(struct routers *routers, const struct clocks *now, int64_t patience_ns);

/**
 * routers_stay() - the reload that was to come is refused: who was to leave and still serves goes
 * on, and who has left already begins anew in the next process.
 */
void routers_stay(struct routers *routers, const struct clocks *now);

/**
 * routers_have_left() - whether all are out, of those that were told to leave.
 */
bool routers_have_left(const struct routers *routers);

/**
 * routers_hand_overs_end() - when all are over at the latest that are under way, of routers that
 * have yielded and still serve: another process would know nothing of them, and end them.
 *
 * Return: CLOCK_MONOTONIC; the time of @now when there is none.
 */
int64_t routers_hand_overs_end(const struct routers *routers, const struct clocks *now);

/**
 * routers_stop() - leave gracefully and now: addresses gone, priority 0 sent. Ends with
 * routers_execute().
 */
void routers_stop(struct routers *routers, const struct clocks *now);

/**
 * routers_save() - leave everything in the state memory, counters of the last turn included.
 */
void routers_save(struct routers *routers, const struct clocks *now);

/**
 * routers_count() - how many routers there are.
 */
unsigned routers_count(const struct routers *routers);

/**
 * routers_get() - one router, to look at.
 * @i: below routers_count().
 */
const struct router *routers_get(const struct routers *routers, unsigned i);

/**
 * routers_added_own() - whether an address that its owner advertises is not the host's own: vipd
 * has added it, and it goes with vipd.
 * @address: below its addresses_n + extra_n.
 */
bool routers_added_own(const struct routers *routers, const struct router *router,
		       unsigned address);

/**
 * routers_is_unheard() - whether a router goes on although its link has no carrier, and none of its
 * adverts leaves.
 */
bool routers_is_unheard(const struct routers *routers, const struct router *router);

/**
 * routers_has_address() - whether an address of a router is on the interface.
 * @address: below its addresses_n + extra_n.
 */
bool routers_has_address(const struct routers *routers, const struct router *router,
			 unsigned address);

/**
 * routers_track() - what a router tracks.
 * @i: below its tracks_n.
 */
const struct track *routers_track(const struct routers *routers, const struct router *router,
				  unsigned i);

/**
 * routers_has_twin() - whether somebody has an address of a router on another interface (twins.h).
 * @address: below its addresses_n + extra_n.
 */
bool routers_has_twin(const struct routers *routers, const struct router *router, unsigned address);

/**
 * routers_mac() - where the addresses of a router are announced to be; borrowed. Zeros when its
 * interface was never there.
 */
const uint8_t *routers_mac(const struct routers *routers, const struct router *router);

/* What a router answers when it is drained, or resumed. */
struct drained {
	enum vrrp_state state; /* when it was asked */
	bool owner;            /* it is one, so nothing has changed */
	bool was_drained;      /* before that */
	int64_t until_ns;      /* struct drain's */
	int64_t wait_ns;       /* so long it takes until others have come, if any do */
	int64_t held_ns;       /* so much of that it may wait for commands that run first */
};

/**
 * routers_drain() - let a router, and all with one fate, have the lowest priority.
 * @i: below routers_count().
 * @until_ns: CLOCK_MONOTONIC; VRRP_NEVER: until it is resumed; 0: resume.
 * @now: not before the last turn.
 * @asker: for the journal.
 */
void routers_drain(struct routers *routers, unsigned i, int64_t until_ns, const struct clocks *now,
		   const struct journal_asker *asker, struct drained *ret_drained);

/**
 * routers_release() - the commands that a router waits for have ended. Of others, or of one that
 * waits no more, it says nothing.
 * @event: EVENT_DRAINED of one of those with that fate: EVENT_DRAIN_READY or
 *	EVENT_DRAIN_HOOK_FAILED, and in number[1] what the journal said when it began to wait.
 */
void routers_release(struct routers *routers, const struct clocks *now, const struct event *event);

/**
 * routers_has_route() - whether a route or rule of a router is there, by vipd.
 * @i: below its routes_n + rules_n; the rules are behind the routes.
 */
bool routers_has_route(const struct routers *routers, const struct router *router, unsigned i);

/* What a router answers to the word that it shall forget its Active. */
struct forgotten {
	enum vrrp_state state;
	uint8_t address[16]; /* of the Active that is forgotten; zero: it knew none, or waits for
				none */
	uint8_t priority;
	uint16_t interval_cs;
	int64_t down_ns; /* CLOCK_MONOTONIC: a Backup takes over then, if it hears nobody */
};

/**
 * routers_ask_notify() - note in the journal, for the notifier, what somebody asks of a delivery.
 */
void routers_ask_notify(struct routers *routers, enum event_notify what, int64_t id,
			const struct clocks *now, const struct journal_asker *asker);

/**
 * routers_forget() - an operator does not believe the Active that a router heard last.
 * @i: below routers_count().
 * @now: not before the last turn.
 * @asker: for the journal.
 */
void routers_forget(struct routers *routers, unsigned i, const struct clocks *now,
		    const struct journal_asker *asker, struct forgotten *ret_forgotten);

/**
 * routers_unset() - a router whose macvlan was made, and whose settings the keeper has not been
 * asked for.
 *
 * Return: NULL when there is none.
 */
const struct conf_router *routers_unset(struct routers *routers);

/**
 * routers_note_set() - the keeper has been asked for those of what routers_unset() told.
 */
void routers_note_set(struct routers *routers);

/**
 * routers_strays() - read the packets that the filter set aside, and count them.
 *
 * Return: the totals; borrowed.
 */
const struct state_strays *routers_strays(struct routers *routers, const struct clocks *now);

#endif
