/* SPDX-License-Identifier: MIT */
#include "kind.h"

const struct kern_ops *const kern_kinds[KERN_KIND_COUNT] = {
	[KERN_KIND_ADDRESS] = &kern_address_ops, [KERN_KIND_MACVLAN] = &kern_macvlan_ops,
	[KERN_KIND_UP] = &kern_up_ops,           [KERN_KIND_FILTER] = &kern_filter_ops,
	[KERN_KIND_ROUTE] = &kern_route_ops,     [KERN_KIND_RULE] = &kern_rule_ops,
};

const enum kern_kind kern_kinds_order[KERN_KIND_COUNT] = {
	KERN_KIND_MACVLAN, KERN_KIND_FILTER, KERN_KIND_UP,
	KERN_KIND_ADDRESS, KERN_KIND_ROUTE,  KERN_KIND_RULE,
};
