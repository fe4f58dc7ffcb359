/* SPDX-License-Identifier: MIT */
#include "delivery.h"

#include <stdlib.h>

/* States, and others of which the next one about the same thing says what is true by then. */
#define CONDITIONS                                                                                 \
	(CONF_NOTIFY_STATES | 1u << CONF_NOTIFY_CHECK | 1u << CONF_NOTIFY_PRIORITY |               \
	 1u << CONF_NOTIFY_DEAF)

void delivery_free(struct delivery *delivery)
{
	free(delivery->message);
	free(delivery);
}

bool delivery_is_hook(const struct delivery *delivery)
{
	return delivery->until_ns != 0;
}

bool delivery_is_state(const struct delivery *delivery)
{
	return 1u << delivery->word & CONF_NOTIFY_STATES;
}

bool delivery_is_of_class(const struct delivery *delivery, const struct delivery *other)
{
	if (delivery_is_state(delivery))
		return delivery_is_state(other);
	return delivery->word == other->word && delivery->entry == other->entry &&
	       delivery->about == other->about;
}

bool delivery_has_to_be_true(const struct delivery *delivery)
{
	return delivery->deliver == CONF_NOTIFY_CURRENT && 1u << delivery->word & CONDITIONS;
}

bool delivery_is_again(const struct delivery *delivery)
{
	return delivery->latest_ns != 0;
}

/* Whether it is to be told once more, behind what waits already. */
static bool repeats(const struct delivery *newest, const struct delivery *delivery)
{
	return newest && delivery_is_again(newest) && delivery->word == newest->word;
}

bool delivery_is_ended_by(const struct delivery *delivery, const struct delivery *newest)
{
	if (!delivery_has_to_be_true(delivery) || repeats(newest, delivery))
		return false;
	return newest ? delivery_is_of_class(newest, delivery) : delivery_is_state(delivery);
}
