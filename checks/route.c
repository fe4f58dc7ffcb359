/* SPDX-License-Identifier: MIT */
#include "kind.h"

const struct check_kind check_route_kind = { .run_size = 0 };
