/* SPDX-License-Identifier: MIT */
/*
 * What is said of a router in sentences: its election, its priority and of what that is made, those
 * that share its fate, its addresses. From facts (why_facts.h); pure.
 */
#ifndef WHY_SAYS_H
#define WHY_SAYS_H

#include "why_facts.h"

#define WHY_SENTENCE_SIZE 400

/* What an election stands at; programs rely on its word. */
enum why_election {
	WHY_ELECTION_OUT,           /* it takes no part */
	WHY_ELECTION_DELAYED,       /* nor yet: a delay of the start */
	WHY_ELECTION_AWAITS,        /* nor yet: the first answer of a check, or its interface */
	WHY_ELECTION_NOBODY,        /* Backup, and nobody is heard */
	WHY_ELECTION_OWNER,         /* Backup of the owner of the addresses */
	WHY_ELECTION_HIGHER,        /* of one with a higher priority */
	WHY_ELECTION_EQUAL,         /* of one with the same, who was first */
	WHY_ELECTION_NO_PREEMPT,    /* of a weaker one, as preempt = false */
	WHY_ELECTION_PREEMPT_DELAY, /* of a weaker one, for a while */
	WHY_ELECTION_DAMPED,        /* of a weaker one, as it changed too often */
	WHY_ELECTION_MUTE,          /* of one that it could not answer */
	WHY_ELECTION_LEFT,          /* Backup: the Active has left */
	WHY_ELECTION_PREEMPTS,      /* Backup that is about to take over from a weaker one */
	WHY_ELECTION_HANDS_OVER,    /* Backup that serves until its successor has announced all */
	WHY_ELECTION_ALONE,         /* Active, and no other one is heard */
	WHY_ELECTION_RIVAL,         /* Active beside a weaker one */
	WHY_ELECTION_CEDES,         /* Active, and has offered to leave */
	WHY_ELECTION_LISTENS,       /* Active, and was away */
	WHY_ELECTION_COUNT,
};

extern const char *const why_election_words[WHY_ELECTION_COUNT];

/**
 * why_election() - where the election stands.
 */
enum why_election why_election(const struct why_facts *facts, const struct why_router *router);

/**
 * why_says_election() - the same in a sentence: who is better, and when that ends.
 * @buf: WHY_SENTENCE_SIZE bytes, as below.
 */
const char *why_says_election(const struct why_facts *facts, const struct why_router *router,
			      char *buf);

/**
 * why_says_priority() - the effective priority and what it is made of, in one line.
 */
const char *why_says_priority(const struct why_facts *facts, const struct why_router *router,
			      char *buf);

/**
 * why_says_track() - what is tracked, how it is, and what it comes to.
 */
const char *why_says_track(const struct why_track *track, char *buf);

/**
 * why_says_unit() - who shares its fate, who of them keeps it back, is mute, deaf or in fault.
 *
 * Return: "" when it is alone.
 */
const char *why_says_unit(const struct why_facts *facts, const struct why_router *router,
			  char *buf);

/**
 * why_says_addresses() - which are there, and which are not.
 */
const char *why_says_addresses(const struct why_router *router, char *buf);

#endif
