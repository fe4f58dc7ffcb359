/* SPDX-License-Identifier: MIT */
/*
 * When the leases of a router's addresses start anew. The kernel removes an address whose lease
 * ends, so renewing is what keeps it; and it is done on evidence only: adverts of this router have
 * left since the last renewal. Pure: it says when, the caller does it.
 *
 * "available" leases go by the adverts, since a Backup's patience does, too. "safe" ones may be
 * shorter than the interval, and go by a timer of their own.
 */
#ifndef LEASE_H
#define LEASE_H

#include "agent/conf/conf.h"

/* All times on the clock of the router's deadlines. */
struct lease {
	enum conf_lease kind;
	unsigned interval_cs;    /* between adverts */
	unsigned down_intervals; /* of them may be missed */
	int64_t renew_ns;        /* the next renewal is due; 0: at once */
	int64_t renewed_ns;      /* the last one */
	int64_t advertised_ns;   /* the last advert as Active has left */
	bool starved;            /* a renewal by timer waits for evidence: the next advert is it */
};

/**
 * lease_init() - of a router that is not Active.
 */
void lease_init(struct lease *lease, enum conf_lease kind, unsigned interval_cs,
		unsigned down_intervals);

/**
 * lease_end() - the router is not Active (any more): there is nothing to renew.
 */
void lease_end(struct lease *lease);

/**
 * lease_adopt() - go on where the predecessor of an Active router stopped. It was alive, which is
 * the evidence; and reloads in a row do not put a renewal off again and again.
 * @renew_ns: what it had left.
 * @same_length: else they are renewed now, whatever the caller finds.
 */
void lease_adopt(struct lease *lease, int64_t renew_ns, bool same_length, int64_t now_ns);

/**
 * lease_on_advert() - an advert as Active has just left, which is the evidence.
 *
 * Return: whether the leases are to start anew in this turn.
 */
bool lease_on_advert(struct lease *lease, int64_t now_ns);

/**
 * lease_on_sent() - an advert as Active has left.
 *
 * Return: whether lease_deadline() has come with it.
 */
bool lease_on_sent(struct lease *lease, int64_t now_ns);

/**
 * lease_on_offer() - the advert has left by which an Active offers to leave. It is evidence, too;
 * and the silence that follows is no less alive.
 * @until_ns: when the next one is due.
 *
 * What is due after that is to be asked as after lease_on_sent().
 */
void lease_on_offer(struct lease *lease, int64_t until_ns);

/**
 * lease_on_ended() - an address is gone with its lease, or with that of another one while its own
 * was young. The next advert that leaves is the evidence to put it back.
 */
void lease_on_ended(struct lease *lease);

/**
 * lease_on_timer() - time has passed while the router is Active.
 *
 * Return: whether the leases are to start anew in this turn. Too early a call does no harm.
 */
bool lease_on_timer(struct lease *lease, int64_t now_ns);

/**
 * lease_spare_ns() - how long leases may go without renewal, from one on, while evidence comes
 * again and again, and the last of it shall keep them for some time more.
 * @span_ns: so long. A "safe" lease may end before that, as it may without evidence.
 */
int64_t lease_spare_ns(const struct lease *lease, int64_t span_ns);

/**
 * lease_is_starved() - whether a renewal that the kernel has refused may not be tried again: what
 * was its evidence is none any more. Of an "available" lease any advert of its time is.
 */
bool lease_is_starved(const struct lease *lease, int64_t now_ns);

/**
 * lease_deadline() - when lease_on_timer() is due for an Active router; INT64_MAX: never.
 */
int64_t lease_deadline(const struct lease *lease);

#endif
