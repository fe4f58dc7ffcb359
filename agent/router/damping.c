/* SPDX-License-Identifier: MIT */
#include "damping.h"

_Static_assert(CONF_DAMPING_MAX <= STATE_CHANGES_MAX, "all that count are kept");

/* @back: 0: the last one, and so on; below the number of those that are kept. */
static int64_t change_ns(const struct state_damping *damping, unsigned back)
{
	return damping->changed_ns[(damping->changes_n - 1 - back) % STATE_CHANGES_MAX];
}

static unsigned kept_n(const struct state_damping *damping)
{
	return damping->changes_n < STATE_CHANGES_MAX ? damping->changes_n : STATE_CHANGES_MAX;
}

bool damping_is_sane(const struct state_damping *damping, int64_t now_ns)
{
	for (unsigned i = 0; i < kept_n(damping); i++)
		if (change_ns(damping, i) > now_ns || change_ns(damping, i) < 0)
			return false;
	return damping->changes_n || !damping->on;
}

unsigned damping_count(const struct state_damping *damping, const struct conf_damping *rule,
		       int64_t now_ns)
{
	unsigned n = 0;

	while (n < kept_n(damping) && now_ns - change_ns(damping, n) <= rule->within_ns)
		n++;
	return n;
}

bool damping_note(struct state_damping *damping, const struct conf_damping *rule, int64_t now_ns)
{
	bool before = damping->on;

	damping->changed_ns[damping->changes_n++ % STATE_CHANGES_MAX] = now_ns;
	if (damping_count(damping, rule, now_ns) >= rule->changes)
		damping->on = true;
	return damping->on && !before;
}

int64_t damping_until(const struct state_damping *damping, const struct conf_damping *rule)
{
	return damping->on ? change_ns(damping, 0) + rule->hold_ns : 0;
}

bool damping_is_over(struct state_damping *damping, const struct conf_damping *rule, int64_t now_ns)
{
	if (!damping->on || now_ns < damping_until(damping, rule))
		return false;
	/* Else its return would be one change more, and damp it again. */
	*damping = (struct state_damping){ 0 };
	return true;
}

int64_t damping_deadline(const struct state_damping *damping, const struct conf_damping *rule)
{
	return damping->on ? damping_until(damping, rule) : VRRP_NEVER;
}
