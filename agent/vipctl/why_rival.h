/* SPDX-License-Identifier: MIT */
/*
 * Why two hosts may be Active at the same time, or have an address, as far as that can be known
 * from here.
 */
#ifndef WHY_RIVAL_H
#define WHY_RIVAL_H

#include "why_judge.h"

/**
 * why_judge_rival() - how another Active, or another host with an address, can be.
 * @judgement: what was found so far.
 * @finding: one of it; of code other_active, not_heard or address_taken: others stay as they are.
 */
void why_judge_rival(const struct why_router *router, const struct why_judgement *judgement,
		     struct why_finding *finding);

#endif
