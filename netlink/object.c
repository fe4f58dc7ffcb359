/* SPDX-License-Identifier: MIT */
#include "object.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "attributes.h"

/* One of the interface's own settings of a family: @settings has a word per setting. */
static bool parse_setting(const struct nlattr *af_spec, unsigned af, unsigned settings,
			  unsigned place)
{
	const struct nlattr *family, *part;
	const uint32_t *words;

	if (!af_spec)
		return false;
	mnl_attr_for_each_nested(family, af_spec)
	{
		if (mnl_attr_get_type(family) != af)
			continue;
		mnl_attr_for_each_nested(part, family)
		{
			words = mnl_attr_get_payload(part);
			if (mnl_attr_get_type(part) == settings &&
			    mnl_attr_get_payload_len(part) >= (place + 1) * sizeof(*words))
				return words[place] != 0;
		}
	}
	return false;
}

/* The settings of IPv4 are counted from 1. */
static bool parse_promotes(const struct nlattr *af_spec)
{
	return parse_setting(af_spec, AF_INET, IFLA_INET_CONF,
			     IPV4_DEVCONF_PROMOTE_SECONDARIES - 1);
}

static bool parse_forwards4(const struct nlattr *af_spec)
{
	return parse_setting(af_spec, AF_INET, IFLA_INET_CONF, IPV4_DEVCONF_FORWARDING - 1);
}

static bool parse_forwards6(const struct nlattr *af_spec)
{
	return parse_setting(af_spec, AF_INET6, IFLA_INET6_CONF, DEVCONF_FORWARDING);
}

/* A part of what is told of a link's kind; NULL: there is none. */
static const struct nlattr *info_of(const struct nlattr *info, unsigned type)
{
	const struct nlattr *part;

	if (!info)
		return NULL;
	mnl_attr_for_each_nested(part, info)
	{
		if (mnl_attr_get_type(part) == type)
			return part;
	}
	return NULL;
}

/*
 * A bridge, a bond or Open vSwitch takes the packets of its ports, so that sockets bound to these
 * are deaf. A VRF does not: it is a routing table.
 */
static bool is_of_vrf(const struct nlattr *info)
{
	static const char vrf[] = "vrf";
	const struct nlattr *kind = info_of(info, IFLA_INFO_SLAVE_KIND);

	return kind && mnl_attr_get_payload_len(kind) >= sizeof(vrf) - 1 &&
	       memcmp(mnl_attr_get_payload(kind), vrf, sizeof(vrf) - 1) == 0;
}

/* A name of an interface, as it is in an attribute; NULL: it is none, or too long. */
static const char *name_of(const struct nlattr *attribute)
{
	if (!attribute || mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0 ||
	    mnl_attr_get_payload_len(attribute) > KERN_LINK_NAME_SIZE)
		return NULL;
	return mnl_attr_get_str(attribute);
}

static bool is_of_kind(const struct nlattr *info, const char *wanted)
{
	const char *kind = name_of(info_of(info, IFLA_INFO_KIND));

	return kind && strcmp(kind, wanted) == 0;
}

/* A macvtap, too. */
static bool is_macvlan(const struct nlattr *info)
{
	return is_of_kind(info, "macvlan") || is_of_kind(info, "macvtap");
}

static bool parse_snoops(const struct nlattr *info)
{
	const struct nlattr *data =
		is_of_kind(info, "bridge") ? info_of(info, IFLA_INFO_DATA) : NULL;
	const struct nlattr *part;
	bool snoops = false, asks = false;

	if (!data)
		return false;
	mnl_attr_for_each_nested(part, data)
	{
		if (mnl_attr_get_payload_len(part) < 1)
			continue;
		if (mnl_attr_get_type(part) == IFLA_BR_MCAST_SNOOPING)
			snoops = mnl_attr_get_u8(part) != 0;
		if (mnl_attr_get_type(part) == IFLA_BR_MCAST_QUERIER)
			asks = mnl_attr_get_u8(part) != 0;
	}
	return snoops && !asks;
}

static int parse_master(const struct kern_attributes *attributes)
{
	const uint32_t *master = kern_attributes_get(attributes, IFLA_MASTER, sizeof(*master));

	return master && !is_of_vrf(attributes->of[IFLA_LINKINFO]) ? (int)*master : 0;
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
	object->link.macvlan = is_macvlan(attributes.of[IFLA_LINKINFO]);
	object->link.snoops = parse_snoops(attributes.of[IFLA_LINKINFO]);
	object->link.forwards4 = parse_forwards4(attributes.of[IFLA_AF_SPEC]);
	object->link.forwards6 = parse_forwards6(attributes.of[IFLA_AF_SPEC]);
	mtu = kern_attributes_get(&attributes, IFLA_MTU, sizeof(*mtu));
	object->link.mtu = mtu ? *mtu : 0;
	mac = kern_attributes_get(&attributes, IFLA_ADDRESS, 6);
	if (mac && header->ifi_type == ARPHRD_ETHER) {
		object->link.ethernet = true;
		memcpy(object->link.mac, mac, 6);
	}
}

/* The kernel's messages about all interfaces, and about those to come, have an index below 0. */
static void parse_netconf(const struct nlmsghdr *message, struct kern_object *object)
{
	struct kern_attributes attributes = { 0 };
	const struct netconfmsg *header;
	const int32_t *ifindex, *forwards;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return;
	header = mnl_nlmsg_get_payload(message);
	if (header->ncm_family != AF_INET && header->ncm_family != AF_INET6)
		return;
	kern_attributes_parse(message, sizeof(*header), &attributes);
	ifindex = kern_attributes_get(&attributes, NETCONFA_IFINDEX, sizeof(*ifindex));
	forwards = kern_attributes_get(&attributes, NETCONFA_FORWARDING, sizeof(*forwards));
	if (!ifindex || *ifindex <= 0 || !forwards)
		return;
	object->type = KERN_OBJECT_FORWARDING;
	object->forwarding = (struct kern_forwarding){
		.ifindex = *ifindex,
		.family = header->ncm_family == AF_INET ? 4 : 6,
		.forwards = *forwards != 0,
	};
}

bool kern_object_fits(const struct nlmsghdr *message, int len)
{
	return mnl_nlmsg_ok(message, len) && message->nlmsg_len <= (uint32_t)len;
}

static void init(const struct nlmsghdr *message, uint32_t our_port, struct kern_object *object)
{
	memset(object, 0, sizeof(*object));
	object->by_kernel = message->nlmsg_pid == 0;
	object->by_us = our_port && message->nlmsg_pid == our_port;
}

bool kern_object_parse_kind(const struct nlmsghdr *message, uint32_t our_port, enum kern_kind kind,
			    struct kern_object *ret_object)
{
	const struct kern_ops *ops = kern_kinds[kind];

	init(message, our_port, ret_object);
	if (message->nlmsg_type != ops->new_type && message->nlmsg_type != ops->gone_type)
		return false;
	if (!ops->parse(message, &ret_object->entry))
		return false;
	ret_object->type = KERN_OBJECT_ENTRY;
	ret_object->kind = kind;
	ret_object->gone = message->nlmsg_type == ops->gone_type ||
			   (ops->is_gone && ops->is_gone(&ret_object->entry));
	if (ret_object->gone)
		ret_object->by_kernel &= ops->may_have_ended(&ret_object->entry);
	return true;
}

bool kern_object_is_link(const struct nlmsghdr *message)
{
	return message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK;
}

void kern_object_parse(const struct nlmsghdr *message, uint32_t our_port,
		       struct kern_object *ret_object)
{
	if (kern_object_is_link(message)) {
		init(message, our_port, ret_object);
		ret_object->gone = message->nlmsg_type == RTM_DELLINK;
		parse_link(message, ret_object);
		return;
	}
	if (message->nlmsg_type == RTM_NEWNETCONF) {
		init(message, our_port, ret_object);
		parse_netconf(message, ret_object);
		return;
	}
	for (unsigned kind = 0; kind < KERN_KIND_COUNT; kind++)
		if (kern_kinds[kind]->protocol == NETLINK_ROUTE &&
		    kern_object_parse_kind(message, our_port, (enum kern_kind)kind, ret_object))
			return;
}
