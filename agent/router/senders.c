/* SPDX-License-Identifier: MIT */
#include "senders.h"

#include <string.h>

void senders_count(struct senders *senders, const uint8_t source[16], uint8_t reason,
		   int64_t now_ns)
{
	struct sender *sender = &senders->all[0];

	for (unsigned i = 0; i < SENDERS_MAX; i++) {
		struct sender *it = &senders->all[i];

		if (it->packets && it->reason == reason && memcmp(it->source, source, 16) == 0) {
			it->packets++;
			it->last_ns = now_ns;
			return;
		}
		if (it->packets == 0 || (sender->packets && it->last_ns < sender->last_ns))
			sender = it;
	}
	*sender = (struct sender){ .reason = reason, .packets = 1, .last_ns = now_ns };
	memcpy(sender->source, source, 16);
}

uint8_t senders_reason(const struct senders *senders, const uint8_t source[16], int64_t since_ns)
{
	uint8_t reason = 0;

	for (unsigned i = 0; i < SENDERS_MAX; i++) {
		const struct sender *it = &senders->all[i];

		if (!it->packets || it->last_ns <= since_ns || memcmp(it->source, source, 16) != 0)
			continue;
		reason = it->reason;
		since_ns = it->last_ns;
	}
	return reason;
}
