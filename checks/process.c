/* SPDX-License-Identifier: MIT */
#include "kind.h"

const struct check_kind check_process_kind = { .run_size = 0 };
