/* SPDX-License-Identifier: MIT */
#include "effective.h"

#include "resort.h"
#include "vrrp/fsm.h"

#define PRIORITY_MIN 1
#define PRIORITY_MAX 254

uint8_t priority_of(const struct priority_facts *facts)
{
	int sum = facts->base + facts->weights;

	if (facts->base == VRRP_PRIORITY_OWNER)
		return VRRP_PRIORITY_OWNER;
	if (facts->last || sum < PRIORITY_MIN)
		return RESORT_PRIORITY;
	return (uint8_t)(sum > PRIORITY_MAX ? PRIORITY_MAX : sum);
}
