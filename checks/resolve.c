/* SPDX-License-Identifier: MIT */
#include "resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"

/* A resolver that is silent is asked twice, and then the lookup has failed. */
#define RESOLVER_TIMEOUT_MS 1000
#define RENEW_NS            INT64_C(5000000000) /* no more often, when lookups time out */
#define RESOLVER_TRIES      2

struct check_resolver {
	struct check_channel channel;
	int64_t opened_ns;
	bool has_timed_out;         /* some lookup, since then */
	bool is_renewed;            /* its channel is being replaced */
	struct lookup_asked *again; /* to be asked by the next channel */
};

/* What c-ares has until it has answered. */
struct lookup_asked {
	struct check_resolver *resolver;
	struct check_lookup *lookup; /* NULL: forgotten */
	struct lookup_asked *next;
};

struct check_resolver *check_resolver_new(struct check_context *context)
{
	struct check_resolver *resolver = calloc(1, sizeof(*resolver));

	if (resolver)
		resolver->channel.context = context;
	return resolver;
}

void check_resolver_free(struct check_resolver *resolver)
{
	if (resolver)
		check_channel_close(&resolver->channel);
	free(resolver);
}

/* ---- answers ---- */

static const char *error_of(int status)
{
	if (status == ARES_ENOTFOUND)
		return "no such name";
	return status == ARES_ENODATA ? "the name has no address" : ares_strerror(status);
}

static void take(struct check_lookup *lookup, const struct ares_addrinfo *info)
{
	const struct ares_addrinfo_node *node = info->nodes;

	for (; node && lookup->n < CHECK_LOOKUP_MAX; node = node->ai_next)
		if (node->ai_addrlen <= sizeof(lookup->addresses[0]))
			memcpy(&lookup->addresses[lookup->n++], node->ai_addr, node->ai_addrlen);
}

static void end(struct check_resolver *resolver, struct check_lookup *lookup, const char *error)
{
	lookup->error = error;
	lookup->asked = NULL;
	if (!lookup->wanted)
		return;
	lookup->wanted = false;
	lookup->done(lookup, resolver->channel.now_ns);
}

static void on_answer(void *self, int status, int timeouts, struct ares_addrinfo *info)
{
	struct lookup_asked *asked = self;
	struct check_resolver *resolver = asked->resolver;
	struct check_lookup *lookup = asked->lookup;

	(void)timeouts;
	if (lookup && status == ARES_EDESTRUCTION && resolver->is_renewed) {
		asked->next = resolver->again;
		resolver->again = asked;
		return;
	}
	free(asked);
	resolver->has_timed_out |= status == ARES_ETIMEOUT;
	if (lookup && info)
		take(lookup, info);
	if (info)
		ares_freeaddrinfo(info);
	if (lookup && status != ARES_EDESTRUCTION)
		end(resolver, lookup, lookup->n ? NULL : error_of(status ? status : ARES_ENODATA));
}

/* ---- questions ---- */

static void ask(struct check_resolver *resolver, struct lookup_asked *asked)
{
	const struct check_target *target = asked->lookup->target;
	const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC,
						   .ai_socktype = SOCK_STREAM,
						   .ai_flags = ARES_AI_NUMERICSERV };
	char port[8];

	snprintf(port, sizeof(port), "%u", target->port);
	ares_getaddrinfo(resolver->channel.ares, target->host, port, &hints, on_answer, asked);
	check_channel_end(&resolver->channel);
}

/* Return: 0 or -errno. */
static int open_channel(struct check_resolver *resolver)
{
	struct ares_options options = { .timeout = RESOLVER_TIMEOUT_MS, .tries = RESOLVER_TRIES };

	return check_channel_open(&resolver->channel, resolver->channel.context, &options,
				  ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
}

static void ask_again(struct check_resolver *resolver, int err)
{
	struct lookup_asked *asked;
	struct check_lookup *lookup;

	while ((asked = resolver->again)) {
		resolver->again = asked->next;
		if (!err) {
			ask(resolver, asked);
			continue;
		}
		lookup = asked->lookup;
		free(asked);
		end(resolver, lookup, strerror(-err));
	}
}

/* What is under way is asked anew, of the resolvers that the host has now, by other sockets: it may
 * be a socket alone that gets no answers. */
static int renew(struct check_resolver *resolver, int64_t now_ns)
{
	int err;

	check_channel_begin(&resolver->channel, now_ns);
	if (resolver->channel.ares && !check_channel_is_stale(&resolver->channel) &&
	    !(resolver->has_timed_out && now_ns - resolver->opened_ns >= RENEW_NS))
		return 0;
	resolver->opened_ns = now_ns;
	resolver->has_timed_out = false;
	resolver->is_renewed = true;
	check_channel_close(&resolver->channel);
	resolver->is_renewed = false;
	err = open_channel(resolver);
	check_channel_begin(&resolver->channel, now_ns);
	ask_again(resolver, err);
	return err;
}

void check_resolve(struct check_resolver *resolver, struct check_lookup *lookup, int64_t now_ns)
{
	struct lookup_asked *asked;
	int err;

	lookup->wanted = true;
	err = renew(resolver, now_ns);
	if (lookup->asked || !lookup->wanted)
		return;
	lookup->n = lookup->next = 0;
	asked = err ? NULL : malloc(sizeof(*asked));
	if (!asked) {
		end(resolver, lookup, strerror(err ? -err : ENOMEM));
		return;
	}
	*asked = (struct lookup_asked){ .resolver = resolver, .lookup = lookup };
	lookup->asked = asked;
	ask(resolver, asked);
}

bool check_resolve_next(struct check_lookup *lookup)
{
	struct check_target *target = lookup->target;

	if (lookup->next >= lookup->n)
		return false;
	target->in6 = lookup->addresses[lookup->next++];
	target->len =
		target->address.sa_family == AF_INET ? sizeof(target->in) : sizeof(target->in6);
	return true;
}

void check_resolve_stop(struct check_lookup *lookup)
{
	lookup->wanted = false;
}

void check_resolve_forget(struct check_lookup *lookup)
{
	lookup->wanted = false;
	if (lookup->asked)
		lookup->asked->lookup = NULL;
	lookup->asked = NULL;
}

int64_t check_resolver_deadline(const struct check_resolver *resolver)
{
	return resolver && resolver->channel.ares ? resolver->channel.deadline_ns : CHECK_NEVER;
}

void check_resolver_work(struct check_resolver *resolver, int64_t now_ns)
{
	check_channel_work(&resolver->channel, now_ns);
}
