/* SPDX-License-Identifier: MIT */
#include "endpoint.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#define PORT_DIGITS 5

/* Digits alone: no sign, no blank. Return: 0 when it is none. */
static unsigned port_of(const char *text)
{
	size_t len = strspn(text, "0123456789");
	unsigned port = 0;

	if (len == 0 || len > PORT_DIGITS || text[len])
		return 0;
	for (; *text; text++)
		port = port * 10 + (unsigned)(*text - '0');
	return port <= UINT16_MAX ? port : 0;
}

bool conf_endpoint(const char *text, union conf_endpoint *ret_endpoint)
{
	const char *colon = strrchr(text, ':');
	bool brackets = text[0] == '[' && colon && colon > text && colon[-1] == ']';
	const char *address = text + brackets;
	char host[INET6_ADDRSTRLEN];
	size_t len;
	unsigned port;

	if (!colon)
		return false;
	len = (size_t)(colon - address) - brackets;
	port = port_of(colon + 1);
	if (port == 0 || len >= sizeof(host))
		return false;
	memcpy(host, address, len);
	host[len] = '\0';
	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	if (brackets) {
		ret_endpoint->ip6.sin6_family = AF_INET6;
		ret_endpoint->ip6.sin6_port = htons((uint16_t)port);
		return inet_pton(AF_INET6, host, &ret_endpoint->ip6.sin6_addr) == 1;
	}
	ret_endpoint->ip4.sin_family = AF_INET;
	ret_endpoint->ip4.sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &ret_endpoint->ip4.sin_addr) == 1;
}

unsigned conf_endpoint_port(const union conf_endpoint *endpoint)
{
	return ntohs(endpoint->any.sa_family == AF_INET6 ? endpoint->ip6.sin6_port
							 : endpoint->ip4.sin_port);
}

bool conf_endpoint_is_local(const union conf_endpoint *endpoint)
{
	if (endpoint->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&endpoint->ip6.sin6_addr);
	return ntohl(endpoint->ip4.sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}
