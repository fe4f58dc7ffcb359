/* SPDX-License-Identifier: MIT */
#include "why_facts.h"

#include <arpa/inet.h>
#include <string.h>

bool why_has_ip(const uint8_t *bytes)
{
	static const uint8_t none[16];

	return memcmp(bytes, none, sizeof(none)) != 0;
}

const char *why_ip(const struct why_router *router, const uint8_t *bytes, char *buf)
{
	return inet_ntop(router->family == 6 ? AF_INET6 : AF_INET, bytes, buf, WHY_TEXT_SIZE);
}

const struct why_router *why_first_mate(const struct why_facts *facts,
					const struct why_router *router, unsigned *ret_n)
{
	unsigned at = (unsigned)(router - facts->routers);

	*ret_n = 1;
	if (router->mates < 2 || router->member > at ||
	    at - router->member + router->mates > facts->n)
		return router;
	*ret_n = router->mates;
	return router - router->member;
}
