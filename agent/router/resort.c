/* SPDX-License-Identifier: MIT */
#include "resort.h"

void resort_init(struct resort *resort)
{
	*resort = (struct resort){ .last = false };
	resort_rest(resort);
}

void resort_rest(struct resort *resort)
{
	resort->look_ns = resort->kept_ns = resort->cede_ns = VRRP_NEVER;
}

void resort_end(struct resort *resort)
{
	resort->last = false;
	resort_rest(resort);
}

static void begin(struct resort *resort, int64_t silence_ns, int64_t now_ns)
{
	resort->last = true;
	resort->pause_ns = RESORT_PAUSE_NS > silence_ns ? RESORT_PAUSE_NS : 2 * silence_ns;
	resort->cede_ns = now_ns + silence_ns;
}

void resort_resume(struct resort *resort, bool active, int64_t silence_ns, int64_t now_ns)
{
	resort_init(resort);
	begin(resort, silence_ns, now_ns);
	if (active)
		resort->look_ns = now_ns;
	else
		resort_rest(resort);
}

void resort_hear(struct resort *resort, uint8_t priority, int64_t now_ns)
{
	if (priority == RESORT_PRIORITY)
		resort->equal_ns = now_ns;
}

void resort_lacked(struct resort *resort)
{
	resort->kept_ns = VRRP_NEVER;
}

static enum resort_change keep(struct resort *resort, int64_t now_ns)
{
	if (!resort->last)
		return RESORT_UNCHANGED;
	if (resort->kept_ns == VRRP_NEVER)
		resort->kept_ns = now_ns;
	if (now_ns < resort->kept_ns + RESORT_KEPT_NS) {
		resort->look_ns = resort->kept_ns + RESORT_KEPT_NS;
		return RESORT_UNCHANGED;
	}
	resort_end(resort);
	return RESORT_ENDS;
}

/* Active again, it may offer again. */
static enum resort_change go_on(struct resort *resort, int64_t silence_ns, int64_t now_ns)
{
	if (resort->cede_ns == VRRP_NEVER)
		resort->cede_ns = now_ns + silence_ns;
	return RESORT_UNCHANGED;
}

enum resort_change resort_look(struct resort *resort, int64_t unheld_ns, int64_t silence_ns,
			       int64_t now_ns)
{
	resort->look_ns = VRRP_NEVER;
	if (unheld_ns == VRRP_NEVER)
		return keep(resort, now_ns);
	resort->kept_ns = VRRP_NEVER;
	if (resort->last)
		return go_on(resort, silence_ns, now_ns);
	if (unheld_ns && now_ns < unheld_ns + RESORT_REFUSED_NS) {
		resort->look_ns = unheld_ns + RESORT_REFUSED_NS;
		return RESORT_UNCHANGED;
	}
	begin(resort, silence_ns, now_ns);
	return RESORT_BEGINS;
}

bool resort_cedes(struct resort *resort, bool can, int64_t silence_ns, int64_t now_ns)
{
	if (now_ns < resort->cede_ns)
		return false;
	if (resort->equal_ns && now_ns < resort->equal_ns + RESORT_EQUAL_NS) {
		resort->cede_ns = resort->equal_ns + RESORT_EQUAL_NS;
		return false;
	}
	if (!can || resort->kept_ns != VRRP_NEVER) {
		resort->cede_ns = now_ns + silence_ns;
		return false;
	}
	resort->cede_ns = now_ns + resort->pause_ns;
	if (resort->pause_ns < RESORT_PAUSE_MAX)
		resort->pause_ns *= 2;
	return true;
}

int64_t resort_deadline(const struct resort *resort)
{
	return resort->look_ns < resort->cede_ns ? resort->look_ns : resort->cede_ns;
}
