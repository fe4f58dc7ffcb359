/* SPDX-License-Identifier: MIT */
#include "damping.h"

#include "parse.h"
#include "value.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)

static const struct conf_key damping_keys[] = {
	{ .field = FIELD(struct conf_damping, changes, "changes", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 2,
	  .max = CONF_DAMPING_MAX,
	  .preset = "6" },
	{ .field = FIELD(struct conf_damping, within_ns, "within", FIELD_DURATION),
	  .kind = &conf_duration,
	  .min = NS_PER_S,
	  .max = 3600 * NS_PER_S,
	  .step = NS_PER_S,
	  .preset = "\"10m\"" },
	{ .field = FIELD(struct conf_damping, hold_ns, "hold", FIELD_DURATION),
	  .kind = &conf_duration,
	  .min = NS_PER_S,
	  .max = 3600 * NS_PER_S,
	  .step = NS_PER_S,
	  .preset = "\"5m\"" },
	CONF_KEYS_END,
};

const struct conf_schema conf_damping_schema = {
	.noun = "damping",
	.nouns = "dampings",
	.size = sizeof(struct conf_damping),
	.keys = damping_keys,
	.optional = true,
};

void conf_damping_check(const struct conf_place *group, const struct conf_damping *damping,
			const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "damping");

	if (!damping->changes)
		return;
	if (router->vrrp.priority == VRRP_PRIORITY_OWNER)
		conf_warn_in(&place, "an owner preempts at any time (RFC 9568 §6.1), so this damps "
				     "nothing");
	else if (!router->vrrp.preempt)
		conf_warn_in(&place, "with preempt = false nobody is preempted anyway");
}
