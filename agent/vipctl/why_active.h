/* SPDX-License-Identifier: MIT */
/*
 * Why a router is Active, as far as that can be known from here: what became of the Active before.
 */
#ifndef WHY_ACTIVE_H
#define WHY_ACTIVE_H

#include "why_judge.h"

/**
 * why_judge_active() - of a router that is Active since another one fell silent, or left.
 * @first: who decided for its unit; itself mostly.
 */
void why_judge_active(const struct why_router *router, const struct why_router *first,
		      struct why_judgement *judgement);

#endif
