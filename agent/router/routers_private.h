/* SPDX-License-Identifier: MIT */
/*
 * The inside of struct routers, private to the files that share it. Each calls only those above it:
 *
 *	names.c		routers by their name
 *	routes.c	routes and rules
 *	virtual_mac.c	the macvlan of a router with a virtual MAC
 *	accept.c	packets that are dropped, by accept = false
 *	guests.c	addresses where their router does not live
 *	facts.c		what the checker has found
 *	track.c		interfaces and checks that count for a router, wherever it lives
 *	wanted.c	what a router wants of the kernel
 *	outbox.c	what it owes to the wire at the end of the turn
 *	hand_over.c	addresses that go when a successor announces them
 *	step.c		one event for one router; its damping
 *	said.c		who says to have addresses of ours
 *	auth.c		what is signed: keys, sequences, time
 *	twins.c		addresses that somebody else has on another interface
 *	priority.c	the effective priority: what is tracked, the last resort
 *	drains.c	leaving on purpose: drains, and commands that run before
 *	hear.c		what the kernel tells, and dumps
 *	advert.c	the bytes of an advert
 *	last_will.c	what is left for the day when no process is
 *	listeners.c	groups of IPv6 to be reported, many in a frame
 *	conflicts.c	addresses of ours that another VRID advertises
 *	execute.c	what is owed, carried out
 *	leftovers.c	what a predecessor left in the kernel
 *	worth.c		what keeps a router from living: of its LAN, its source, its addresses
 *	routers.c	a turn: reads, fires, executes
 *	open.c		makes and unmakes it all
 *	adopt.c		goes on where a predecessor stopped
 */
#ifndef ROUTERS_PRIVATE_H
#define ROUTERS_PRIVATE_H

#include "accept.h"
#include "agent/deadlines.h"
#include "conflicts.h"
#include "facts.h"
#include "guests.h"
#include "listeners.h"
#include "agent/figures.h"
#include "last_will.h"
#include "measure.h"
#include "names.h"
#include "routers.h"
#include "routes.h"
#include "said.h"
#include "track.h"
#include "twins.h"
#include "netlink/dump.h"
#include "netlink/monitor.h"
#include "netlink/receive.h"
#include "netlink/send.h"
#include "netlink/send_ip.h"
#include "agent/state.h"
#include "virtual_mac.h"

/*
 * Packets that the filter set aside are counted, and failed dumps repeated, this often: in a turn
 * that comes a little before it is due, or within half a second after, if nothing waits for it.
 */
#define HOUSEKEEPING_NS       INT64_C(1000000000)
#define HOUSEKEEPING_EARLY_NS INT64_C(100000000)
#define HOUSEKEEPING_LATE_NS  INT64_C(500000000)

struct routers {
	unsigned n, wants_n, units_n;
	struct router *all;          /* owned, as all below */
	struct vrrp_unit *units;     /* of those that speak both families, and of groups */
	struct vrrp_member *members; /* of all units, each where its router is in @all */
	struct interfaces *interfaces;
	unsigned lans_n;     /* interfaces that routers live on: the first ones */
	struct lan *lans[2]; /* of IPv4 and of IPv6, by number of their interface; NULL: no router
				speaks that family */
	unsigned unset_from; /* no router before this one is unset */
	unsigned unfiltered; /* a bit for each action of filters that the kernel has not, as told */

	struct deadlines *heap;
	struct kern_dump *dump;
	struct kern_changer *changer;
	struct kern_monitor *monitor;
	/* Of IPv4 and of IPv6; NULL likewise. */
	struct kern_receiver *readers[2], *strays_readers[2];
	int sender_fd; /* borrowed */
	struct kern_sender *sender;
	struct listeners listeners;    /* to be reported before the queue leaves */
	struct kern_watch *watches[2]; /* of what is said by ARP, by ND; NULL: nothing is heard */
	struct said *said;             /* by want: what was */
	struct kern_ip_sender *ip_sender; /* NULL: nobody has sent by unicast */
	struct peers_index peers;
	struct own own; /* what of their peers and sources this host is */
	struct kern_wants *wants;
	struct names names;
	struct guests guests;
	struct routes routes;
	struct twins twins;
	struct tracks tracks;
	struct facts facts;
	struct state *state; /* where elections are left; borrowed */
	bool *continued; /* which entries of a predecessor have a router here; STATE_ROUTERS_MAX */

	/* The turn. */
	const struct clocks *now; /* borrowed while one of our functions runs */
	int64_t read_ns;          /* when everything had been read last, also by a predecessor */
	int64_t unread_ns;        /* no packet that waits has come before */
	int64_t read_real_ns;     /* up to here the predecessor read the packets */
	bool groups_missing;      /* some LAN could not join its group: try again */
	bool leftover_seen;       /* an address that carries our mark, and is not wanted as it is */
	unsigned unswept; /* kinds of which something that a predecessor left was not removed */
	bool dump_due;    /* the kernel must be asked for everything */
	int64_t dump_ns;  /* not before: it could not answer last time */
	unsigned doubtful_n, owing_n;
	bool unsaid;           /* something may be owed that was decided behind the end of a turn */
	unsigned fresh_n;      /* addresses that the kernel has not said yet to answer */
	unsigned leaving_n;    /* routers that were told to leave, and have not */
	bool stops;            /* all of them are, and nobody goes on then */
	unsigned repeated_n;   /* frames of rounds that it has sent, or put off */
	struct lan **doubtful; /* LANs to be assessed; each once */
	struct router **owing; /* routers with something in their outbox; each once */

	int64_t housekeeping_ns;
	struct state_strays strays;
	struct conflicts conflicts;
	struct journal_limits limits; /* of what concerns no router */
	struct events *events;        /* the journal; borrowed; NULL before routers_go() */
	struct figures *figures;      /* NULL: there is no memory for them */
};

/**
 * routers_journal() - the journal, at the time of the turn.
 */
struct journal routers_journal(const struct routers *routers);

/**
 * router_journal() - a router as the journal wants it.
 */
struct journal_router router_journal(struct routers *routers, struct router *router);

/**
 * router_owe_advert() - an advert of a router leaves at the end of the turn. An Active that was
 * paused may find a queue full of weaker adverts, each of which deserves an answer: one for all of
 * them is enough. Whoever gives its addresses up says so after the removal; unless it has them
 * again by then.
 */
void router_owe_advert(struct routers *routers, struct router *router, uint8_t priority);

/**
 * router_owe_late_advert() - likewise of an Active, when its addresses are there.
 */
void router_owe_late_advert(struct routers *routers, struct router *router, uint8_t priority);

/**
 * router_owe_announcement() - all addresses of a router are announced at the end of the turn.
 */
void router_owe_announcement(struct routers *routers, struct router *router);

/**
 * router_owe_recall() - a router with a virtual MAC that hands over sends from it at the end of the
 * turn: its successor's advert came from there, no announcement has followed, and switches send
 * that one what it has no address for yet.
 */
void router_owe_recall(struct routers *routers, struct router *router);

/**
 * router_owe_probe() - at the end of the turn it is asked whether anybody else has some addresses.
 */
void router_owe_probe(struct routers *routers, struct router *router,
		      const struct rivals_probe *probe);

/**
 * router_owe_round() - what is left of an announcement goes on at the end of the turn.
 */
void router_owe_round(struct routers *routers, struct router *router);

/**
 * router_owe_late_round() - likewise, when all that the kernel is to have is there.
 */
void router_owe_late_round(struct routers *routers, struct router *router);

/**
 * routers_lan() - an interface as a place where a family is spoken.
 * @interface: its number.
 *
 * Return: NULL when no router lives there.
 */
static inline struct lan *routers_lan(const struct routers *routers, unsigned interface,
				      unsigned family)
{
	struct lan *lans = routers->lans[family == 6];

	return lans && interface < routers->lans_n && lans[interface].family ? &lans[interface]
									     : NULL;
}

/**
 * router_lan() - where a router lives.
 */
static inline struct lan *router_lan(const struct routers *routers, const struct router *router)
{
	return &routers->lans[router->vr.config.family == 6][router->interface];
}

/**
 * router_is_unicast() - whether a router speaks to peers and not to the group.
 */
static inline bool router_is_unicast(const struct router *router)
{
	return router->peers.n > 0;
}

/**
 * routers_doubt() - let a LAN be assessed in this turn.
 * @lan: NULL: there is none.
 */
static inline void routers_doubt(struct routers *routers, struct lan *lan)
{
	if (!lan)
		return;
	if (!lan->doubtful)
		routers->doubtful[routers->doubtful_n++] = lan;
	lan->doubtful = true;
}

/**
 * routers_hear() - read the kernel's events. When some are lost, a dump is due.
 */
void routers_hear(struct routers *routers);

/**
 * routers_place_of() - where an object is wanted that the kernel shows: on its own interface, or on
 * the host; of some kinds the kernel has room for one on all interfaces, and shows it as of any.
 *
 * Return: its number; -1 when its own is none of ours, and it is not wanted on another one that is
 * there.
 */
int routers_place_of(const struct routers *routers, enum kern_kind kind,
		     const union kern_entry *entry);

/**
 * routers_look() - ask the kernel for what is due: everything, or single interfaces. What it does
 * not show now it is asked for in a second.
 */
void routers_look(struct routers *routers);

/**
 * routers_dump() - ask the kernel for everything. What it does not show is not there.
 *
 * Return: 0; or -errno: what it has shown so far counts, and it is still due.
 */
int routers_dump(struct routers *routers);

/**
 * routers_resolve_doubt() - routers_dump(), or a line in the log and a new try in a second.
 *
 * Return: whether the kernel could be asked.
 */
bool routers_resolve_doubt(struct routers *routers);

/**
 * router_mates_n() - how many routers share the fate of one, itself included: 1 mostly.
 */
static inline unsigned router_mates_n(const struct router *router)
{
	return router->unit ? router->unit->n : 1;
}

/**
 * router_mate() - one of them.
 * @i: below router_mates_n(), by number of member.
 */
static inline struct router *router_mate(struct router *router, unsigned i)
{
	return router - router->member + i;
}

/**
 * router_step() - one event for one router, and what follows from it in this process; for the
 * others of its unit, too.
 */
void router_step(struct routers *routers, struct router *router, const struct vrrp_event *event);

/**
 * router_schedule() - let the loop come when the router's next deadline is due.
 */
void router_schedule(struct routers *routers, struct router *router);

/**
 * router_damp() - let what is known of a router's damping be so for all with one fate, and for a
 * successor.
 */
void router_damp(struct routers *routers, struct router *router);

/**
 * router_look_at_damping() - whether it ends; of the first of a unit alone there is any.
 */
void router_look_at_damping(struct routers *routers, struct router *router);

/**
 * router_look_at_addresses() - whether an Active router holds them; if not, it becomes the last
 * resort (resort.h). Does nothing before it is due.
 */
void router_look_at_addresses(struct routers *routers, struct router *router);

/**
 * router_resume_resort() - a router that goes on was the last resort, and still is.
 */
void router_resume_resort(struct routers *routers, struct router *router);

/**
 * router_weigh() - let the effective priority of a router, and of those with one fate, be what the
 * facts of now say (effective.h).
 */
void router_weigh(struct routers *routers, struct router *router);

/**
 * router_note_lacking() - a router, and those with one fate, begin although some check may not have
 * answered, or go on so: until all have they are the last resort.
 */
void router_note_lacking(struct routers *routers, struct router *router);

/**
 * router_put_resort() - leave in the state memory why a router has the lowest priority: before it
 * has it, so that whoever finds that there knows.
 */
void router_put_resort(struct routers *routers, const struct router *router);

/**
 * router_is_led() - whether a router, or one with its fate, is Active.
 */
bool router_is_led(struct router *router);

/**
 * router_cede() - an Active offers to leave.
 */
void router_cede(struct routers *routers, struct router *router);

/**
 * router_silence_ns() - after which every peer that preempts the last resort has taken over.
 */
int64_t router_silence_ns(const struct router *router);

/**
 * router_has_hooks() - whether commands run before one leaves on purpose, or one with its fate.
 */
bool router_has_hooks(struct router *router);

/**
 * router_begin_to_leave() - one that was told to leave offers to, when the commands have ended that
 * run before. One with a gap, and who is not Active, does nothing.
 */
void router_begin_to_leave(struct routers *routers, struct router *router);

/**
 * router_stay() - the reload is refused that was to do without a router.
 */
void router_stay(struct routers *routers, struct router *router);

/**
 * router_look_at_drain() - whether a drain ends, a router waits for commands no more, or an offer
 * to leave is due.
 */
void router_look_at_drain(struct routers *routers, struct router *router);

/**
 * router_resume_drain() - a router that goes on was drained.
 * @until_ns, @hold: as its predecessor had them.
 */
void router_resume_drain(struct routers *routers, struct router *router, int64_t until_ns,
			 const struct state_hold *hold);

/**
 * router_resume_priority() - an Active that goes on had another priority configured. Commands run
 * before a lower one takes effect.
 * @hold: as its predecessor had it; which may have waited for just that.
 * @before: the priority, 1..255.
 */
void router_resume_priority(struct routers *routers, struct router *router,
			    const struct state_hold *hold, uint8_t before);

/**
 * router_drop_hold() - one that goes on waits no more for the commands that its predecessor waited
 * for: whoever runs them is told, after the two above.
 */
void router_drop_hold(struct routers *routers, struct router *router,
		      const struct state_hold *hold);

/**
 * router_begin_anew() - a fault is over, and with it whatever kept a router from holding addresses.
 */
void router_begin_anew(struct routers *routers, struct router *router);

/**
 * router_doubt_addresses() - the same, at the next opportunity, after news of one of them.
 */
void router_doubt_addresses(struct routers *routers, struct router *router,
			    enum kern_want_news news);

/**
 * routers_set_fresh() - whether the kernel is still to say that an address answers.
 */
void routers_set_fresh(struct routers *routers, unsigned want, bool fresh);

/**
 * router_awaits_macvlan() - whether it is of some addresses on the macvlan of a router, and may
 * have yet to come: by the first one that is announced, switches send here what is for all of them.
 */
bool router_awaits_macvlan(const struct routers *routers, const struct router *router);

/**
 * router_want_address() - whether an address of a router shall be there; one that has no place is
 * told of, and not wanted.
 * @address: below its addresses_n + extra_n.
 */
void router_want_address(struct routers *routers, struct router *router, unsigned address,
			 bool wanted);

/**
 * router_want_route() - whether a route of a router shall be there, over the interfaces that there
 * are now; one that has none is told of, and not wanted.
 * @i: below its routes_n.
 */
void router_want_route(struct routers *routers, struct router *router, unsigned i, bool wanted);

/**
 * router_want_routes() - whether all routes and rules of a router shall be there.
 */
void router_want_routes(struct routers *routers, struct router *router, bool wanted);

/**
 * router_announces_on() - where an address is announced: what is on a macvlan, on the interface
 * below, which sends although that may be down.
 * @want: of the router, an address.
 *
 * Return: NULL when nobody there asks for MAC addresses, or could hear.
 */
const struct interface *router_announces_on(const struct routers *routers,
					    const struct router *router, unsigned want);

/**
 * router_want_addresses() - whether a router's addresses, routes and rules shall be there.
 */
void router_want_addresses(struct routers *routers, struct router *router, bool wanted);

/**
 * router_renew_leases() - the leases of a router's addresses start anew at the end of the turn.
 */
void router_renew_leases(struct routers *routers, struct router *router);

/**
 * router_is_renewal_due() - whether one waits for a kernel that refused it: a successor must ask
 * again.
 */
bool router_is_renewal_due(const struct routers *routers, const struct router *router);

/**
 * router_can_advertise() - whether an advert of a router could leave.
 */
bool router_can_advertise(const struct routers *routers, const struct router *router);

/**
 * router_speaks_to_nobody() - whether it goes on although its link has no carrier. Nobody else can
 * serve instead because of adverts that do not leave: that is evidence for its leases, too.
 */
bool router_speaks_to_nobody(const struct routers *routers, const struct router *router);

/**
 * router_renamed_ifindex() - where a router's farewell may still leave when its interface is gone:
 * under another name it is there all the same.
 *
 * Return: 0 when the interface is there, or never was.
 */
int router_renamed_ifindex(const struct routers *routers, const struct router *router);

/**
 * router_find_peers() - look which of a router's unicast peers are this host, and whether it can
 * send to the others.
 *
 * Return: whether other ones are this host than before.
 */
bool router_find_peers(struct routers *routers, struct router *router);

/**
 * router_miss() - adverts for a router may have been lost here: silence proves nothing.
 */
void router_miss(struct routers *routers, struct router *router);

/**
 * router_look_at_worth() - whether a router can live where it is; it is told when that is news, as
 * a fault or its end, or as muteness where it is one of a unit.
 */
void router_look_at_worth(struct routers *routers, struct router *router);

/**
 * routers_assess() - do so for all on LANs in doubt, and for those with addresses on such
 * interfaces.
 */
void routers_assess(struct routers *routers);

/**
 * routers_look_at_facts() - what is new of checks is told, and looked at by who tracks them.
 */
void routers_look_at_facts(struct routers *routers);

/**
 * routers_assess_tracks() - look at the interfaces that are tracked and of which there is news.
 */
void routers_assess_tracks(struct routers *routers);

/**
 * router_look_at_tracks() - the same for what a router tracks, when a delay has passed.
 */
void router_look_at_tracks(struct routers *routers, struct router *router);

/**
 * routers_doubt_groups() - where a multicast group could not be joined it is tried again.
 */
void routers_doubt_groups(struct routers *routers);

/**
 * router_lease_s() - the lifetime of a configured router's addresses; 0: for ever.
 */
uint32_t router_lease_s(const struct conf_router *conf);

/**
 * conf_advert_len() - the bytes of the advert that a configured router will send, as a frame.
 */
size_t conf_advert_len(const struct conf_router *conf);

/**
 * router_advert_len() - the bytes of a router's advert, as a frame.
 */
size_t router_advert_len(const struct router *router);

/**
 * router_write_advert() - write an advert of a router that can advertise.
 * @sequence: auth_next() or auth_left().
 * @frame: router_advert_len() bytes.
 */
void router_write_advert(const struct routers *routers, const struct router *router,
			 uint8_t priority, uint64_t sequence, uint8_t *frame);

/**
 * router_packet_len() - the bytes of an advert to a unicast peer, behind the IP header.
 */
size_t router_packet_len(const struct router *router);

/**
 * router_header() - the IP header of an advert to a peer.
 * @peer: below the router's peers.n.
 * @ret_header: borrows from @router.
 */
void router_header(const struct routers *routers, const struct router *router, unsigned peer,
		   struct kern_ip_header *ret_header);

/**
 * router_write_copy() - write the advert to a peer.
 * @sequence: likewise, the same to all peers.
 * @payload: router_packet_len() bytes.
 */
void router_write_copy(const struct router *router, uint8_t priority, uint64_t sequence,
		       unsigned peer, uint8_t *payload);

/**
 * conf_packet_len() - the bytes of an advert of a configured router as a whole IP packet.
 */
size_t conf_packet_len(const struct conf_router *conf);

/**
 * routers_sweep() - remove what a predecessor left and nobody wants.
 * @old: what the predecessor left; NULL: nothing, and then what is wanted goes, too.
 *
 * Return: 0; -errno when the kernel could not be asked, or refuses to remove something; of an
 * address that is told. In both cases routers_sweep_again() is due once a second.
 */
int routers_sweep(struct routers *routers, struct state *old);

/**
 * routers_sweep_again() - try again what was refused, if anything was.
 */
void routers_sweep_again(struct routers *routers);

/**
 * routers_open_ip() - be able to send by unicast, if that is not so already.
 *
 * Return: 0, or -errno of kern_ip_sender_open().
 */
int routers_open_ip(struct routers *routers);

/**
 * routers_say_farewells() - send the farewells that are owed, whatever is still there.
 */
void routers_say_farewells(struct routers *routers);

/**
 * routers_frame() - room for a frame, as kern_sender_frame(); a full queue is flushed first.
 */
uint8_t *routers_frame(struct routers *routers, int ifindex, size_t len, struct router *router,
		       unsigned kind);

/**
 * routers_flush() - send what is queued, and count what became of it.
 */
void routers_flush(struct routers *routers);

#endif
