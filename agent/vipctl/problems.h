/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a router now, from the records of its answer: a short word for a table, a
 * sentence, and how bad it is.
 */
#ifndef PROBLEMS_H
#define PROBLEMS_H

#include <stdbool.h>

#include "agent/records.h"

#define PROBLEMS_MAX      64 /* of one router; more are counted */
#define PROBLEM_WORD_SIZE (RECORDS_NAME_SIZE + 16)
#define PROBLEM_TEXT_SIZE 200

/* Also the exit status of vipctl check. */
enum problem_level {
	PROBLEM_NONE,
	PROBLEM_DEGRADED, /* the addresses are served; something will fail, or is not as meant */
	PROBLEM_WRONG,    /* they are not, by this host, or by two at a time */
};

struct problem {
	enum problem_level level;
	char word[PROBLEM_WORD_SIZE];
	char text[PROBLEM_TEXT_SIZE];
};

struct problems {
	unsigned n, more_n;
	enum problem_level level;             /* the worst */
	bool is_active, is_passive, is_owner; /* neither of the first two: its state is unknown */
	bool is_last_resort;                  /* it has the lowest priority for now */
	struct problem all[PROBLEMS_MAX];
};

/**
 * problems_begin() - of another router: its state, and what was noticed within the last minute.
 * @record: of the kind "router"; vipd may be of any version.
 */
void problems_begin(struct problems *problems, const struct records_table *table,
		    const void *record);

/**
 * problems_address() - one of its addresses.
 */
void problems_address(struct problems *problems, const struct records_table *table,
		      const void *record);

/**
 * problems_address_is_missing(), problems_address_is_held() - whether it is not there although the
 * router is Active; or there although it is not.
 */
bool problems_address_is_missing(const struct problems *problems, const struct records_table *table,
				 const void *record);
bool problems_address_is_held(const struct problems *problems, const struct records_table *table,
			      const void *record);

/**
 * problems_track() - an interface that counts for its priority.
 */
void problems_track(struct problems *problems, const struct records_table *table,
		    const void *record);

/**
 * problems_route() - one of its routes or rules.
 */
void problems_route(struct problems *problems, const struct records_table *table,
		    const void *record);

/**
 * problems_route_is_missing() - whether it is not there although the router is Active.
 */
bool problems_route_is_missing(const struct problems *problems, const struct records_table *table,
			       const void *record);

/**
 * problems_conflict() - another VRID has one of its addresses.
 */
void problems_conflict(struct problems *problems, const struct records_table *table,
		       const void *record);

/**
 * problems_peer() - a unicast peer, and what became of the last advert to it.
 */
void problems_peer(struct problems *problems, const struct records_table *table,
		   const void *record);

/**
 * problems_take() - a record behind that of the router, of whatever kind: those above are judged,
 * others passed over.
 */
void problems_take(struct problems *problems, const struct records_table *table,
		   const void *record);

/**
 * problems_is_first() - whether no problem before has that one's word.
 * @i: below @problems->n.
 */
bool problems_is_first(const struct problems *problems, unsigned i);

/**
 * problems_words() - all words, each once, with commas between them; "-": there are none.
 */
const char *problems_words(const struct problems *problems, char *buf, size_t size);

/**
 * problems_own_priority() - the router's own priority when the reason of its state was decided.
 * @record: of the kind "router". Of a vipd that does not tell it: the effective one of now.
 */
uint8_t problems_own_priority(const struct records_table *table, const void *record);

/**
 * problems_reason() - the reason of a router's state in words.
 * @record: of the kind "router". A reason that this version does not know has vipd's word.
 * @buf: FIELDS_TEXT_SIZE bytes.
 */
const char *problems_reason(const struct records_table *table, const void *record, char *buf);

/**
 * problems_keys() - that a router goes on with the keys of before, in words, from a record of a
 * router; empty: it does not.
 * @buf: PROBLEM_TEXT_SIZE bytes.
 */
const char *problems_keys(const struct records_table *table, const void *record, char *buf);

#endif
