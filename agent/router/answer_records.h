/* SPDX-License-Identifier: MIT */
/*
 * The kinds of records that the control socket tells, and how one is filled. Names here are what
 * readers of all versions know them by: they never change their meaning.
 */
#ifndef ANSWER_RECORDS_H
#define ANSWER_RECORDS_H

#include "agent/records.h"
#include "answer.h"

extern const struct records_kind answer_host_kind;
extern const struct records_kind answer_router_kind;
extern const struct records_kind answer_address_kind; /* of the router whose record came last */
extern const struct records_kind answer_configuration_kind;
extern const struct records_kind answer_conflict_kind; /* likewise */
extern const struct records_kind answer_forgotten_kind;
extern const struct records_kind answer_peer_kind;   /* of the router whose record came last */
extern const struct records_kind answer_track_kind;  /* likewise */
extern const struct records_kind answer_sender_kind; /* likewise */
extern const struct records_kind answer_drained_kind;
extern const struct records_kind answer_route_kind; /* likewise */

/**
 * answer_put_host() - what is of no router.
 */
void answer_put_host(const struct answer_facts *facts, const struct clocks *now,
		     struct answer_message *message);

/**
 * answer_put_configuration() - where it is read from, and what runs, as an attached descriptor.
 */
void answer_put_configuration(const struct answer_facts *facts, struct answer_message *message);

/**
 * answer_put_router() - all of a router but its addresses.
 */
void answer_put_router(const struct answer_facts *facts, const struct router *router,
		       const struct clocks *now, struct answer_message *message);

/**
 * answer_put_forgotten() - which Active a router has forgotten, and when it takes over.
 */
void answer_put_forgotten(const struct router *router, const struct forgotten *forgotten,
			  const struct clocks *now, struct answer_message *message);

/**
 * answer_put_conflicts() - the other VRIDs that have an address of it; makes no message when there
 * are none.
 * @number: of the router.
 */
void answer_put_conflicts(const struct answer_facts *facts, unsigned number,
			  const struct clocks *now, struct answer_message *message);

/**
 * answer_put_drained() - what a router has answered to a drain, or the end of one.
 */
void answer_put_drained(const struct answer_facts *facts, const struct router *router,
			const struct drained *drained, struct answer_message *message);

/**
 * answer_put_senders() - whose packets a router has discarded. Nothing when it has none.
 */
void answer_put_senders(const struct router *router, const struct clocks *now,
			struct answer_message *message);

/**
 * answer_put_tracks() - what a router tracks. Nothing when that is nothing.
 */
void answer_put_tracks(const struct answer_facts *facts, const struct router *router,
		       struct answer_message *message);

/**
 * answer_put_peers() - its unicast peers; makes no message when there are none.
 */
void answer_put_peers(const struct router *router, struct answer_message *message);

/**
 * answer_put_addresses() - as many of its addresses as a message holds.
 * @first: of those to come; below the number of all.
 *
 * Return: how many.
 */
unsigned answer_put_addresses(const struct answer_facts *facts, const struct router *router,
			      unsigned first, struct answer_message *message);

/**
 * answer_put_routes() - likewise of its routes and rules.
 */
unsigned answer_put_routes(const struct answer_facts *facts, const struct router *router,
			   unsigned first, struct answer_message *message);

#endif
