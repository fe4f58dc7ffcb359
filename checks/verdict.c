/* SPDX-License-Identifier: MIT */
#include "verdict.h"

bool check_verdict_take(struct check_verdict *verdict, bool good, unsigned rise, unsigned fall)
{
	enum check_value before = verdict->value;

	if (before == CHECK_VALUE_UNKNOWN || good != verdict->good)
		verdict->in_row = 0;
	verdict->good = good;
	if (verdict->in_row < UINT32_MAX)
		verdict->in_row++;
	if (before == CHECK_VALUE_UNKNOWN || verdict->in_row >= (good ? rise : fall))
		verdict->value = good ? CHECK_VALUE_UP : CHECK_VALUE_DOWN;
	return verdict->value != before;
}
