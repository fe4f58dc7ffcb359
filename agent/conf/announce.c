/* SPDX-License-Identifier: MIT */
#include "announce.h"

#include "parse.h"

#define NS_PER_S INT64_C(1000000000)

/* Faster than that it would be a load of its own. */
#define REFRESH_MIN_NS NS_PER_S

/* Return: whether it is, as far as its elements had no errors. */
static bool is_ascending(const struct conf_announce *announce)
{
	for (unsigned i = 1; i < announce->after_n; i++)
		if (announce->after[i].ns && announce->after[i].ns <= announce->after[i - 1].ns)
			return false;
	return true;
}

static bool is_slow(const struct conf_announce *announce)
{
	return announce->refresh_ns == 0 || announce->refresh_ns >= REFRESH_MIN_NS;
}

void conf_announce_check(const struct conf_place *group, const struct conf_announce *announce)
{
	const struct conf_place place = conf_place_of(group, "announce");
	const struct conf_place after = conf_place_of(&place, "after");
	const struct conf_place refresh = conf_place_of(&place, "refresh");

	if (!is_ascending(announce))
		conf_error_in(&after, "they count from the takeover, so each one must be longer "
				      "than the one before");
	if (!is_slow(announce))
		conf_error_expected(&refresh, NULL);
}

void conf_announce_set(struct conf_router *router)
{
	const struct conf_announce *announce = &router->announce;
	int64_t after_ns[VRRP_REPEATS_MAX];

	if (!is_ascending(announce) || !is_slow(announce))
		return;
	for (unsigned i = 0; i < announce->after_n; i++)
		after_ns[i] = announce->after[i].ns;
	router->vrrp.announce = vrrp_announce_of(router->vrrp.family, after_ns, announce->after_n,
						 announce->refresh_ns);
}
