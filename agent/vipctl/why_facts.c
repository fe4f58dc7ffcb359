/* SPDX-License-Identifier: MIT */
#include "why_facts.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define LED_TO_NS INT64_C(10000000000) /* from what led to a change until that */

bool why_has_ip(const uint8_t *bytes)
{
	static const uint8_t none[16];

	return memcmp(bytes, none, sizeof(none)) != 0;
}

const char *why_ip(const struct why_router *router, const uint8_t *bytes, char *buf)
{
	return inet_ntop(router->family == 6 ? AF_INET6 : AF_INET, bytes, buf, WHY_TEXT_SIZE);
}

const char *why_time_text(int64_t real_ns, char *buf)
{
	static const struct field field = { .name = "time",
					    .type = FIELD_TIME,
					    .size = sizeof(int64_t) };

	return fields_text(&field, &real_ns, buf);
}

enum vrrp_reason_code why_cause_of(const struct why_router *router)
{
	return router->reason.cause ? (enum vrrp_reason_code)router->reason.cause
				    : router->reason.code;
}

const struct why_router *why_first_mate(const struct why_facts *facts,
					const struct why_router *router, unsigned *ret_n)
{
	unsigned at = (unsigned)(router - facts->routers);

	*ret_n = 1;
	if (router->mates < 2 || router->member > at ||
	    at - router->member + router->mates > facts->n)
		return router;
	*ret_n = router->mates;
	return router - router->member;
}

static int cmp_events(const void *a, const void *b)
{
	const struct event *x = *(const struct event *const *)a;
	const struct event *y = *(const struct event *const *)b;

	/* Clocks are set; and rings go with the boot that this one counts from. */
	if (x->mono_ns != y->mono_ns)
		return x->mono_ns < y->mono_ns ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* It led to none of the changes that are remembered. */
static bool is_old(const struct why_journal *journal, const struct event *other)
{
	return journal->states_n == WHY_STATES_MAX &&
	       journal->states[0].mono_ns - other->mono_ns > LED_TO_NS;
}

unsigned why_events(const struct why_router *router, const struct event **ret)
{
	const struct why_journal *journal = &router->journal;
	unsigned n = 0;

	for (unsigned i = 0; i < journal->states_n; i++)
		ret[n++] = &journal->states[i];
	for (unsigned i = 0; i < journal->others_n; i++)
		if (!is_old(journal, &journal->others[i]))
			ret[n++] = &journal->others[i];
	qsort(ret, n, sizeof(*ret), cmp_events);
	return n;
}
