/* SPDX-License-Identifier: MIT */
#include "object.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* Newer than Debian 12's <linux/if_addr.h> may be; part of the kernel's ABI since 5.18. */
#define IFA_PROTO_ATTRIBUTE 11

struct attributes {
	const struct nlattr *of[64];
};

static int collect(const struct nlattr *attribute, void *arg)
{
	struct attributes *attributes = arg;
	unsigned type = mnl_attr_get_type(attribute);

	if (type < sizeof(attributes->of) / sizeof(attributes->of[0]))
		attributes->of[type] = attribute;
	return MNL_CB_OK;
}

/* An attribute's payload when it has exactly the size that its type demands, else NULL. */
static const void *payload(const struct attributes *attributes, unsigned type, size_t len)
{
	const struct nlattr *attribute = attributes->of[type];

	if (!attribute || mnl_attr_get_payload_len(attribute) != len)
		return NULL;
	return mnl_attr_get_payload(attribute);
}

/* The interface's own IPv4 settings: words in the order of enum, which counts from 1. */
static bool parse_promotes(const struct nlattr *af_spec)
{
	const struct nlattr *family, *setting;
	const uint32_t *words;

	if (!af_spec)
		return false;
	mnl_attr_for_each_nested(family, af_spec)
	{
		if (mnl_attr_get_type(family) != AF_INET)
			continue;
		mnl_attr_for_each_nested(setting, family)
		{
			words = mnl_attr_get_payload(setting);
			if (mnl_attr_get_type(setting) == IFLA_INET_CONF &&
			    mnl_attr_get_payload_len(setting) >=
				    IPV4_DEVCONF_PROMOTE_SECONDARIES * sizeof(*words))
				return words[IPV4_DEVCONF_PROMOTE_SECONDARIES - 1] != 0;
		}
	}
	return false;
}

static void parse_link(const struct nlmsghdr *message, struct kern_object *object)
{
	struct attributes attributes = { 0 };
	const struct ifinfomsg *header;
	const struct nlattr *name;
	const uint8_t *mac;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return;
	header = mnl_nlmsg_get_payload(message);
	/* Bridges send messages of their own family about their ports; those are not links. */
	if (header->ifi_family != AF_UNSPEC)
		return;
	mnl_attr_parse(message, sizeof(*header), collect, &attributes);
	name = attributes.of[IFLA_IFNAME];
	if (!name || mnl_attr_validate(name, MNL_TYPE_NUL_STRING) < 0 ||
	    mnl_attr_get_payload_len(name) > KERN_LINK_NAME_SIZE)
		return;
	/* Some drivers send events of their own that describe but a part of the link. */
	if (header->ifi_type == ARPHRD_ETHER && !attributes.of[IFLA_ADDRESS])
		return;
	strcpy(object->link.name, mnl_attr_get_str(name));
	object->type = KERN_OBJECT_LINK;
	object->link.ifindex = header->ifi_index;
	object->link.up = header->ifi_flags & IFF_UP;
	object->link.carrier = header->ifi_flags & IFF_RUNNING;
	object->link.promotes = parse_promotes(attributes.of[IFLA_AF_SPEC]);
	mac = payload(&attributes, IFLA_ADDRESS, 6);
	if (mac && header->ifi_type == ARPHRD_ETHER) {
		object->link.ethernet = true;
		memcpy(object->link.mac, mac, 6);
	}
}

static void parse_address(const struct nlmsghdr *message, struct kern_object *object)
{
	struct attributes attributes = { 0 };
	const struct ifaddrmsg *header;
	const uint8_t *bytes, *mark;
	const struct ifa_cacheinfo *life;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return;
	header = mnl_nlmsg_get_payload(message);
	if (header->ifa_family != AF_INET || header->ifa_prefixlen > 32)
		return;
	mnl_attr_parse(message, sizeof(*header), collect, &attributes);
	/* On point-to-point links IFA_ADDRESS is the peer's; ours is IFA_LOCAL. */
	bytes = payload(&attributes, IFA_LOCAL, 4);
	if (!bytes)
		bytes = payload(&attributes, IFA_ADDRESS, 4);
	if (!bytes)
		return;
	mark = payload(&attributes, IFA_PROTO_ATTRIBUTE, 1);
	life = payload(&attributes, IFA_CACHEINFO, sizeof(*life));
	object->type = KERN_OBJECT_ADDRESS;
	object->address.ifindex = (int)header->ifa_index;
	object->address.family = 4;
	object->address.prefix_len = header->ifa_prefixlen;
	object->address.mark = mark ? *mark : 0;
	object->address.leased = life && life->ifa_valid != UINT32_MAX;
	memcpy(object->address.bytes, bytes, 4);
}

bool kern_object_fits(const struct nlmsghdr *message, int len)
{
	return mnl_nlmsg_ok(message, len) && message->nlmsg_len <= (uint32_t)len;
}

void kern_object_parse(const struct nlmsghdr *message, uint32_t our_port,
		       struct kern_object *ret_object)
{
	memset(ret_object, 0, sizeof(*ret_object));
	ret_object->by_kernel = message->nlmsg_pid == 0;
	ret_object->by_us = our_port && message->nlmsg_pid == our_port;
	switch (message->nlmsg_type) {
	case RTM_DELLINK:
		ret_object->gone = true;
		/* fall through */
	case RTM_NEWLINK:
		parse_link(message, ret_object);
		return;
	case RTM_DELADDR:
		ret_object->gone = true;
		/* fall through */
	case RTM_NEWADDR:
		parse_address(message, ret_object);
		return;
	}
}
