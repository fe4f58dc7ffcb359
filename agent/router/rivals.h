/* SPDX-License-Identifier: MIT */
/*
 * Others that an Active finds beside itself: one that says to have an address of it, although it
 * speaks no VRRP or is not heard; and a weaker router that goes on being Active, since it does not
 * hear our answers. Both are told and counted (enum vrrp_notice), and change nothing.
 *
 * Who just sits there with an address says nothing of itself. So a moment after the takeover, and
 * then once a minute, each address is asked for as duplicate address detection does (RFC 5227 §1.1,
 * RFC 4862 §5.4.2), which makes nobody forget whose it is.
 *
 * Who says so once may have given the address up by now: an Active on the other side of a LAN that
 * was cut does, without a word, when it hears ours. So it is asked for, and told of when it says so
 * again.
 *
 * Pure: it says when, the caller does it.
 */
#ifndef RIVALS_H
#define RIVALS_H

#include <stdbool.h>
#include <stdint.h>

/* From the takeover to the first question, and from one to the next. */
#define RIVALS_FIRST_NS INT64_C(2000000000)
#define RIVALS_PROBE_NS INT64_C(60000000000)

/* What elections need to settle, and news to arrive. Who says so again, does by RIVALS_AGAIN_NS. */
#define RIVALS_SETTLE_NS INT64_C(1000000000)
#define RIVALS_AGAIN_NS  INT64_C(5000000000)

/* All times on the clock of the router's deadlines. Zero: of a router that is not Active. */
struct rivals {
	bool active;
	int64_t probe_ns;   /* the next question is due; VRRP_NEVER: none so far */
	unsigned probe_at;  /* and is about that address; as below */
	int64_t claimed_ns; /* somebody has said to have an address then; 0: nobody */
	unsigned address;   /* which one: a number of the caller's */
	uint8_t mac[6];     /* and who */
	int64_t ask_ns;     /* it is to be asked for then; VRRP_NEVER */
	int64_t tell_ns;    /* it has said so again: told then; VRRP_NEVER */
	int64_t since_ns;   /* a weaker Active is heard since, */
	int64_t heard_ns;   /* and was last; 0: none is */
	uint8_t source[16]; /* it */
	uint8_t priority;   /* as it said last; set by who hears it */
};

/**
 * rivals_begin() - the router is Active, and was so before or not.
 */
void rivals_begin(struct rivals *rivals, int64_t now_ns);

/**
 * rivals_rest() - it is not (any more).
 */
void rivals_rest(struct rivals *rivals);

/* Addresses to be asked for: from that one on, and below the other one; none when they are equal.
 */
struct rivals_probe {
	unsigned from, to;
};

/**
 * rivals_probe() - which addresses are to be asked for now.
 * @n: how many there are.
 * @pace_ns: so long after one the next one; 0: all at a time.
 */
struct rivals_probe rivals_probe(struct rivals *rivals, unsigned n, int64_t pace_ns,
				 int64_t now_ns);

/**
 * rivals_claim() - somebody says to have an address. One at a time is looked into.
 */
void rivals_claim(struct rivals *rivals, unsigned address, const uint8_t *mac, int64_t now_ns);

/**
 * rivals_is_claimed() - whether that is to be told now: the router is still Active, and no other
 * one that was heard of late explains it.
 */
bool rivals_is_claimed(struct rivals *rivals, int64_t now_ns);

/**
 * rivals_hear() - a weaker router is Active, too.
 * @source: 16 bytes.
 * @down_ns: so long one that hears us may need to give way.
 * @gap_ns: adverts of one that goes on are not further apart.
 *
 * Return: whether it goes on though it must have heard us.
 */
bool rivals_hear(struct rivals *rivals, const uint8_t *source, int64_t down_ns, int64_t gap_ns,
		 int64_t now_ns);

/**
 * rivals_deadline() - when something of that is due; VRRP_NEVER.
 */
int64_t rivals_deadline(const struct rivals *rivals);

#endif
