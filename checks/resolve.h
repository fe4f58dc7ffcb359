/* SPDX-License-Identifier: MIT */
/*
 * Names looked up as the host does it: its hosts file first, then its resolvers. Nothing is kept of
 * an answer. When the host's resolvers are other ones, the next lookup is by those.
 */
#ifndef CHECKS_RESOLVE_H
#define CHECKS_RESOLVE_H

#include "kind.h"
#include "target.h"

#define CHECK_LOOKUP_MAX 8 /* addresses of a name; others are ignored */

struct check_resolver;
struct lookup_asked;

/* A name that is looked up again and again; zero at first. */
struct check_lookup {
	/* By the caller. */
	struct check_target *target; /* borrowed: a name, and where its addresses go in turn */
	void (*done)(struct check_lookup *lookup, int64_t now_ns);
	void *self; /* of the caller */

	const char *error; /* of the last one, "no such name"; NULL: there are addresses */
	unsigned n, next;
	struct sockaddr_in6 addresses[CHECK_LOOKUP_MAX]; /* of either family */
	bool wanted;
	struct lookup_asked *asked; /* owned by c-ares; NULL: nothing is under way */
};

/**
 * check_resolver_new() - opens nothing before the first lookup.
 *
 * Return: NULL when there is no memory.
 */
struct check_resolver *check_resolver_new(struct check_context *context);

/**
 * check_resolver_free() - lookups that are under way end without a word; NULL is allowed.
 */
void check_resolver_free(struct check_resolver *resolver);

/**
 * check_resolve() - begin a lookup, or wait again for one that was not waited for to its end. Calls
 * done(), perhaps before it returns.
 */
void check_resolve(struct check_resolver *resolver, struct check_lookup *lookup, int64_t now_ns);

/**
 * check_resolve_next() - the next address into the lookup's target.
 *
 * Return: false when there is none.
 */
bool check_resolve_next(struct check_lookup *lookup);

/**
 * check_resolve_stop() - wait no more; done() is not called.
 */
void check_resolve_stop(struct check_lookup *lookup);

/**
 * check_resolve_forget() - likewise, and the lookup may cease to be.
 */
void check_resolve_forget(struct check_lookup *lookup);

/**
 * check_resolver_deadline() - when check_resolver_work() is due; NULL: never.
 */
int64_t check_resolver_deadline(const struct check_resolver *resolver);

void check_resolver_work(struct check_resolver *resolver, int64_t now_ns);

#endif
