/* SPDX-License-Identifier: MIT */
#include "route_message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static size_t bytes_of(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

/* ---- which route ---- */

bool route_message_parse(const struct nlmsghdr *message, struct route_key *ret_key)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	struct route_key key = { 0 };
	const struct nlattr *attribute;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*route) ||
	    (route->rtm_family != AF_INET && route->rtm_family != AF_INET6) ||
	    (route->rtm_flags & RTM_F_CLONED) || route->rtm_src_len)
		return false;
	key.family = route->rtm_family == AF_INET ? 4 : 6;
	key.to_len = route->rtm_dst_len;
	key.table = route->rtm_table;
	mnl_attr_for_each(attribute, message, sizeof(*route))
	{
		size_t len = mnl_attr_get_payload_len(attribute);

		if (mnl_attr_get_type(attribute) == RTA_DST && len == bytes_of(key.family))
			memcpy(key.to, mnl_attr_get_payload(attribute), len);
		if (mnl_attr_get_type(attribute) == RTA_TABLE && len == sizeof(key.table))
			memcpy(&key.table, mnl_attr_get_payload(attribute), len);
	}
	*ret_key = key;
	return key.to_len <= bytes_of(key.family) * 8;
}

/* ---- where it leads ---- */

/* One way of a route, filled in from attributes. */
struct hop {
	uint8_t family; /* of the route */
	uint8_t via_family;
	uint8_t via[16];
	uint32_t ifindex;
	bool dead;
};

static void set_via(struct hop *hop, uint8_t family, const void *bytes, size_t len)
{
	if (len != bytes_of(family))
		return;
	hop->via_family = family;
	memcpy(hop->via, bytes, len);
}

static void see_attribute(const struct nlattr *attribute, struct hop *hop)
{
	const uint8_t *payload = mnl_attr_get_payload(attribute);
	size_t len = mnl_attr_get_payload_len(attribute);
	uint16_t family;

	switch (mnl_attr_get_type(attribute)) {
	case RTA_OIF:
		if (len == sizeof(hop->ifindex))
			memcpy(&hop->ifindex, payload, len);
		break;
	case RTA_GATEWAY:
		set_via(hop, hop->family, payload, len);
		break;
	case RTA_VIA: /* of the other family: struct rtvia */
		if (len < sizeof(family))
			break;
		memcpy(&family, payload, sizeof(family));
		set_via(hop, family == AF_INET ? 4 : 6, payload + sizeof(family),
			len - sizeof(family));
		break;
	default:
		break;
	}
}

static bool is_way(const struct hop *hop, const struct route_way *way)
{
	return !hop->dead && (way->ifindex == 0 || way->ifindex == hop->ifindex) &&
	       (way->via_family == 0 ||
		(way->via_family == hop->via_family &&
		 memcmp(way->via, hop->via, bytes_of(way->via_family)) == 0));
}

static bool hop_leads(const struct rtnexthop *next, uint8_t family, const struct route_way *way)
{
	struct hop hop = { .family = family,
			   .ifindex = (uint32_t)next->rtnh_ifindex,
			   .dead = next->rtnh_flags & RTNH_F_DEAD };
	const char *end = (const char *)next + next->rtnh_len;
	const struct nlattr *attribute;

	for (attribute = (const struct nlattr *)(const void *)(next + 1);
	     mnl_attr_ok(attribute, (int)(end - (const char *)attribute));
	     attribute = mnl_attr_next(attribute))
		see_attribute(attribute, &hop);
	return is_way(&hop, way);
}

/* Some of several. */
static bool multipath_leads(const struct nlattr *multipath, uint8_t family,
			    const struct route_way *way)
{
	const uint8_t *at = mnl_attr_get_payload(multipath);
	const uint8_t *end = at + mnl_attr_get_payload_len(multipath);

	while ((size_t)(end - at) >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *next = (const struct rtnexthop *)(const void *)at;

		if (next->rtnh_len < sizeof(*next) || (size_t)next->rtnh_len > (size_t)(end - at))
			return false;
		if (hop_leads(next, family, way))
			return true;
		if ((size_t)MNL_ALIGN(next->rtnh_len) > (size_t)(end - at))
			return false;
		at += MNL_ALIGN(next->rtnh_len);
	}
	return false;
}

bool route_message_leads(const struct nlmsghdr *message, const struct route_way *way)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	uint8_t family = route->rtm_family == AF_INET ? 4 : 6;
	struct hop hop = { .family = family, .dead = route->rtm_flags & RTNH_F_DEAD };
	const struct nlattr *attribute, *multipath = NULL;

	if (route->rtm_type == RTN_BLACKHOLE || route->rtm_type == RTN_UNREACHABLE ||
	    route->rtm_type == RTN_PROHIBIT || route->rtm_type == RTN_THROW)
		return false;
	mnl_attr_for_each(attribute, message, sizeof(*route))
	{
		if (mnl_attr_get_type(attribute) == RTA_MULTIPATH)
			multipath = attribute;
		else
			see_attribute(attribute, &hop);
	}
	return multipath ? multipath_leads(multipath, family, way) : is_way(&hop, way);
}

/* ---- what is asked ---- */

size_t route_request_put(void *buf, uint8_t family, uint32_t table, uint32_t seq)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct rtmsg *route;

	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = seq;
	route = mnl_nlmsg_put_extra_header(message, sizeof(*route));
	route->rtm_family = family == 4 ? AF_INET : AF_INET6;
	mnl_attr_put_u32(message, RTA_TABLE, table);
	return message->nlmsg_len;
}

static void clear_behind(struct route_key *key)
{
	for (unsigned bit = key->to_len; bit < sizeof(key->to) * 8; bit++)
		key->to[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

int route_to_parse(const char *text, uint8_t family, struct route_key *ret_key)
{
	struct route_key key = { .family = family, .table = ret_key->table };
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN];
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long bits;

	if (strcmp(text, "default") == 0) {
		*ret_key = key;
		return 0;
	}
	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	key.family = strchr(address, ':') ? 6 : 4;
	bits = slash ? strtoul(slash + 1, NULL, 10) : bytes_of(key.family) * 8;
	if (bits > bytes_of(key.family) * 8 ||
	    inet_pton(key.family == 4 ? AF_INET : AF_INET6, address, key.to) != 1)
		return -EINVAL;
	key.to_len = (uint8_t)bits;
	clear_behind(&key);
	*ret_key = key;
	return 0;
}
