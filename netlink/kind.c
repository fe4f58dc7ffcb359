/* SPDX-License-Identifier: MIT */
#include "kind.h"

const struct kern_ops *const kern_kinds[KERN_KIND_COUNT] = {
	[KERN_KIND_ADDRESS] = &kern_address_ops,
};
