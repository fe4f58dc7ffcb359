/* SPDX-License-Identifier: MIT */
#include "object.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "attributes.h"

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

/*
 * A bridge, a bond or Open vSwitch takes the packets of its ports, so that sockets bound to these
 * are deaf. A VRF does not: it is a routing table.
 */
static bool is_of_vrf(const struct nlattr *info)
{
	static const char vrf[] = "vrf";
	const struct nlattr *part;

	if (!info)
		return false;
	mnl_attr_for_each_nested(part, info)
	{
		if (mnl_attr_get_type(part) == IFLA_INFO_SLAVE_KIND &&
		    mnl_attr_get_payload_len(part) >= sizeof(vrf) - 1 &&
		    memcmp(mnl_attr_get_payload(part), vrf, sizeof(vrf) - 1) == 0)
			return true;
	}
	return false;
}

static int parse_master(const struct kern_attributes *attributes)
{
	const uint32_t *master = kern_attributes_get(attributes, IFLA_MASTER, sizeof(*master));

	return master && !is_of_vrf(attributes->of[IFLA_LINKINFO]) ? (int)*master : 0;
}

/* A name of an interface, as it is in an attribute; NULL: it is none, or too long. */
static const char *name_of(const struct nlattr *attribute)
{
	if (!attribute || mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0 ||
	    mnl_attr_get_payload_len(attribute) > KERN_LINK_NAME_SIZE)
		return NULL;
	return mnl_attr_get_str(attribute);
}

static void parse_altnames(const struct nlattr *properties, struct kern_link *link)
{
	const struct nlattr *property;

	if (!properties)
		return;
	mnl_attr_for_each_nested(property, properties)
	{
		const char *name = name_of(property);

		if (mnl_attr_get_type(property) == IFLA_ALT_IFNAME && name && *name &&
		    link->altnames_n < KERN_LINK_ALTNAMES_MAX)
			strcpy(link->altnames[link->altnames_n++], name);
	}
}

static void parse_link(const struct nlmsghdr *message, struct kern_object *object)
{
	struct kern_attributes attributes = { 0 };
	const struct ifinfomsg *header;
	const uint32_t *mtu;
	const char *name;
	const uint8_t *mac;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return;
	header = mnl_nlmsg_get_payload(message);
	/* Bridges send messages of their own family about their ports; those are not links. */
	if (header->ifi_family != AF_UNSPEC)
		return;
	kern_attributes_parse(message, sizeof(*header), &attributes);
	name = name_of(attributes.of[IFLA_IFNAME]);
	if (!name)
		return;
	/* Some drivers send events of their own that describe but a part of the link. */
	if (header->ifi_type == ARPHRD_ETHER && !attributes.of[IFLA_ADDRESS])
		return;
	strcpy(object->link.name, name);
	parse_altnames(attributes.of[IFLA_PROP_LIST], &object->link);
	object->type = KERN_OBJECT_LINK;
	object->link.ifindex = header->ifi_index;
	object->link.up = header->ifi_flags & IFF_UP;
	object->link.carrier = header->ifi_flags & IFF_RUNNING;
	object->link.promotes = parse_promotes(attributes.of[IFLA_AF_SPEC]);
	object->link.master = parse_master(&attributes);
	mtu = kern_attributes_get(&attributes, IFLA_MTU, sizeof(*mtu));
	object->link.mtu = mtu ? *mtu : 0;
	mac = kern_attributes_get(&attributes, IFLA_ADDRESS, 6);
	if (mac && header->ifi_type == ARPHRD_ETHER) {
		object->link.ethernet = true;
		memcpy(object->link.mac, mac, 6);
	}
}

bool kern_object_fits(const struct nlmsghdr *message, int len)
{
	return mnl_nlmsg_ok(message, len) && message->nlmsg_len <= (uint32_t)len;
}

static void parse_entry(const struct nlmsghdr *message, struct kern_object *object)
{
	for (unsigned kind = 0; kind < KERN_KIND_COUNT; kind++) {
		const struct kern_ops *ops = kern_kinds[kind];

		if (message->nlmsg_type != ops->new_type && message->nlmsg_type != ops->gone_type)
			continue;
		if (!ops->parse(message, &object->entry))
			continue;
		object->type = KERN_OBJECT_ENTRY;
		object->kind = (enum kern_kind)kind;
		object->gone = message->nlmsg_type == ops->gone_type;
		if (object->gone)
			object->by_kernel &= ops->may_have_ended(&object->entry);
		return;
	}
}

void kern_object_parse(const struct nlmsghdr *message, uint32_t our_port,
		       struct kern_object *ret_object)
{
	memset(ret_object, 0, sizeof(*ret_object));
	ret_object->by_kernel = message->nlmsg_pid == 0;
	ret_object->by_us = our_port && message->nlmsg_pid == our_port;
	if (message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK) {
		ret_object->gone = message->nlmsg_type == RTM_DELLINK;
		parse_link(message, ret_object);
		return;
	}
	parse_entry(message, ret_object);
}
