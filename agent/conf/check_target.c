/* SPDX-License-Identifier: MIT */
#include "check_target.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "checks/check.h"

#define DIGITS    "0123456789"
#define LETTERS   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LABEL_MAX 63
#define FORMS     "\"127.0.0.1:80\", \"name:80\" or \"[::1]:80\""

/* ---- hosts ---- */

/* fe80::/10: on each interface there may be another host that has it. */
static const char *address6_fault(const char *text)
{
	struct in6_addr address;

	if (strchr(text, '%'))
		return "has an interface in it, which cannot be said here";
	if (inet_pton(AF_INET6, text, &address) != 1)
		return "has no IPv6 address in its brackets";
	return IN6_IS_ADDR_LINKLOCAL(&address)
		       ? "is link-local, and an interface cannot be said here"
		       : NULL;
}

/* No label is empty, but for one behind a dot at the end. */
static const char *labels_fault(const char *name)
{
	for (size_t len; *name; name += len + (name[len] == '.')) {
		len = strcspn(name, ".");
		if (len == 0)
			return "has nothing between two dots";
		if (len > LABEL_MAX)
			return "has more than 63 characters between two dots";
	}
	return NULL;
}

static const char *name_fault(const char *name)
{
	struct in_addr address;

	if (!*name)
		return "has no host";
	if (name[strspn(name, DIGITS ".")] == '\0')
		return inet_pton(AF_INET, name, &address) == 1
			       ? NULL
			       : "has no IPv4 address, \"192.0.2.1\", where one seems to be meant";
	if (name[strspn(name, LETTERS DIGITS ".-_")])
		return "has a host with characters that no name has";
	return labels_fault(name);
}

/* Of @len characters, perhaps in brackets. */
static const char *host_fault(const char *text, size_t len)
{
	bool brackets = len > 1 && text[0] == '[' && text[len - 1] == ']';
	char host[CHECK_HOST_SIZE];

	if (text[0] == '[' && !brackets)
		return "has an address that begins with [ and does not end with ]";
	if (brackets) {
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return "has a host of more than 255 characters";
	memcpy(host, text, len);
	host[len] = '\0';
	return brackets ? address6_fault(host) : name_fault(host);
}

/* What ends at @end. */
static bool is_port(const char *text, const char *end)
{
	size_t len = strspn(text, DIGITS);
	long number = strtol(text, NULL, 10);

	return len > 0 && text + len == end && number >= 1 && number <= 65535;
}

const char *conf_target_fault(const char *target)
{
	const char *port = strrchr(target, ':');

	if (!port || port == target ||
	    (target[0] != '[' && memchr(target, ':', (size_t)(port - target))))
		return "is no host and port: " FORMS;
	if (target[0] == '[' && port[-1] != ']')
		return "has an address that begins with [ and does not end with ]";
	if (!is_port(port + 1, port + strlen(port)))
		return "has no port from 1 to 65535";
	return host_fault(target, (size_t)(port - target));
}

/* ---- URLs ---- */

const char *conf_url_fault(const char *url)
{
	const char *host = strstr(url, "://"), *end, *at, *port;

	if (!host || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
		return "is no URL, \"http://127.0.0.1/\" or \"https://...\"";
	if (strchr(url, ' '))
		return "has a blank in it";
	host += 3;
	end = host + strcspn(host, "/?#");
	at = memrchr(host, '@', (size_t)(end - host));
	host = at ? at + 1 : host;
	port = host[0] == '[' ? memchr(host, ']', (size_t)(end - host)) : host;
	port = port ? memchr(port, ':', (size_t)(end - port)) : NULL;
	if (port && !is_port(port + 1, end))
		return "has no port from 1 to 65535 behind its host";
	return host_fault(host, (size_t)((port ? port : end) - host));
}

/* ---- DNS ---- */

static const char *address_fault(const char *text)
{
	uint8_t bytes[16];

	if (inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, bytes) == 1)
		return NULL;
	return "is not an address, \"192.0.2.53\", \"192.0.2.53:53\" or \"[2001:db8::53]:53\"";
}

const char *conf_server_fault(const char *server)
{
	const char *colon = strchr(server, ':');
	char host[CHECK_TARGET_SIZE];
	const char *fault;
	size_t len;

	if (server[0] != '[' && (!colon || strchr(colon + 1, ':')))
		return address_fault(server);
	fault = conf_target_fault(server);
	if (fault || server[0] == '[')
		return fault;
	len = (size_t)(colon - server);
	memcpy(host, server, len);
	host[len] = '\0';
	return address_fault(host);
}

const char *conf_query_fault(const char *name)
{
	return strcmp(name, ".") == 0 ? NULL : labels_fault(name);
}

/* ---- units ---- */

/* A template is none: it has instances. */
const char *conf_unit_fault(const char *unit)
{
	const char *at = strchr(unit, '@'), *dot = strrchr(unit, '.');

	if (unit[strspn(unit, LETTERS DIGITS ":-_.\\@")])
		return "has characters that no unit's name has";
	if (at && dot == at + 1)
		return "is a template: write which instance of it, \"name@instance.service\"";
	return NULL;
}
