/* SPDX-License-Identifier: MIT */
#include "macvlan.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_addr.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "attributes.h"
#include "change.h"
#include "kind.h"

#define LINK_KIND "macvlan"

/* Where the kernel does not number interfaces by itself: it counts up from 1. */
#define INDEX_MIN  0x10000000u
#define INDEX_MASK 0x1fffffffu

/* ---- what it is ---- */

/* FNV-1a. */
static uint32_t hash(const union kern_entry *entry)
{
	uint32_t h = 2166136261u;

	for (unsigned i = 0; i < sizeof(entry->macvlan.mac); i++)
		h = (h ^ entry->macvlan.mac[i]) * 16777619u;
	return h;
}

static bool same(const union kern_entry *a, const union kern_entry *b)
{
	return memcmp(a->macvlan.mac, b->macvlan.mac, sizeof(a->macvlan.mac)) == 0;
}

/* Of two with one MAC on one parent only one can be up. */
static bool collide(const union kern_entry *a, const union kern_entry *b)
{
	(void)a;
	(void)b;
	return true;
}

static bool equal(const union kern_entry *wanted, const union kern_entry *shown)
{
	return strcmp(wanted->macvlan.name, shown->macvlan.name) == 0 && !shown->macvlan.other_mode;
}

static bool is_marked(const union kern_entry *entry)
{
	return entry->macvlan.marked;
}

/* Links have no lifetime. */
static bool never(const union kern_entry *entry)
{
	(void)entry;
	return false;
}

static int ifindex_of(const union kern_entry *entry)
{
	return entry->macvlan.ifindex;
}

static void set_ifindex(union kern_entry *entry, int ifindex)
{
	entry->macvlan.ifindex = ifindex;
}

/* So that it is this one that is changed or removed, whatever it is called by then. */
static void learn(union kern_entry *wanted, const union kern_entry *shown)
{
	wanted->macvlan.own_ifindex = shown->macvlan.own_ifindex;
	wanted->macvlan.shown_mtu = shown->macvlan.shown_mtu;
	wanted->macvlan.other_mode = shown->macvlan.other_mode;
}

/* One of the same MAC: down as long as ours is up. */
static bool is_rival(const union kern_entry *shown, const union kern_entry *ours)
{
	return !shown->macvlan.marked && ours->macvlan.own_ifindex &&
	       shown->macvlan.own_ifindex != ours->macvlan.own_ifindex;
}

/* An addition is refused when its name is taken, by whatever, and no look at the parent helps. */
static bool contradicts(const struct kern_change *change)
{
	return !change->add && change->result == -ENODEV;
}

/* It waits until no packet on its way can meet what is taken away. */
static bool is_slow(const struct kern_change *change)
{
	return !change->add;
}

/* ---- what the kernel shows ---- */

static bool is_string(const struct nlattr *attribute, const char *text)
{
	return attribute && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0 &&
	       strcmp(mnl_attr_get_str(attribute), text) == 0;
}

static bool is_link_marked(const struct kern_attributes *attributes)
{
	return is_string(attributes->of[IFLA_IFALIAS], KERN_LINK_MARK);
}

static bool is_bridge_mode(const struct nlattr *data)
{
	const struct nlattr *part;

	mnl_attr_for_each_nested(part, data)
	{
		if (mnl_attr_get_type(part) == IFLA_MACVLAN_MODE &&
		    mnl_attr_get_payload_len(part) == sizeof(uint32_t))
			return mnl_attr_get_u32(part) == MACVLAN_MODE_BRIDGE;
	}
	return false;
}

/* Return: whether it is one at all. */
static bool parse_info(const struct nlattr *info, struct kern_macvlan *macvlan)
{
	const struct nlattr *part;
	bool is_macvlan = false;

	if (!info)
		return false;
	macvlan->other_mode = true;
	mnl_attr_for_each_nested(part, info)
	{
		if (mnl_attr_get_type(part) == IFLA_INFO_KIND)
			is_macvlan = is_string(part, LINK_KIND);
		else if (mnl_attr_get_type(part) == IFLA_INFO_DATA)
			macvlan->other_mode = !is_bridge_mode(part);
	}
	return is_macvlan;
}

/* Return: the header; NULL: the message makes no sense, or is about something else. */
static const struct ifinfomsg *parse_link(const struct nlmsghdr *message,
					  struct kern_attributes *attributes)
{
	const struct ifinfomsg *header;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return NULL;
	header = mnl_nlmsg_get_payload(message);
	if (header->ifi_family != AF_UNSPEC)
		return NULL;
	kern_attributes_parse(message, sizeof(*header), attributes);
	return header;
}

static bool parse(const struct nlmsghdr *message, union kern_entry *ret_entry)
{
	struct kern_attributes attributes = { 0 };
	const struct ifinfomsg *header = parse_link(message, &attributes);
	struct kern_macvlan macvlan = { 0 };
	const struct nlattr *name = attributes.of[IFLA_IFNAME];
	const uint32_t *parent = kern_attributes_get(&attributes, IFLA_LINK, sizeof(*parent));
	const uint8_t *mac = kern_attributes_get(&attributes, IFLA_ADDRESS, sizeof(macvlan.mac));
	const uint32_t *mtu = kern_attributes_get(&attributes, IFLA_MTU, sizeof(*mtu));

	if (!header || !parent || !mac || !parse_info(attributes.of[IFLA_LINKINFO], &macvlan) ||
	    !name || mnl_attr_validate(name, MNL_TYPE_NUL_STRING) < 0 ||
	    mnl_attr_get_payload_len(name) > sizeof(macvlan.name))
		return false;
	/* Its parent is in another network namespace, and not what has this index here. */
	if (attributes.of[IFLA_LINK_NETNSID])
		return false;
	macvlan.ifindex = (int)*parent;
	macvlan.own_ifindex = header->ifi_index;
	macvlan.shown_mtu = mtu ? *mtu : 0;
	macvlan.marked = is_link_marked(&attributes);
	memcpy(macvlan.mac, mac, sizeof(macvlan.mac));
	strcpy(macvlan.name, mnl_attr_get_str(name));
	ret_entry->macvlan = macvlan;
	return true;
}

/* ---- what is asked of the kernel ---- */

static struct nlmsghdr *put_link(void *buf, uint16_t type, int ifindex, uint32_t seq)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *header;

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST;
	message->nlmsg_seq = seq;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifi_family = AF_UNSPEC;
	header->ifi_index = ifindex;
	return message;
}

/* With data, if only none, so that the kernel refuses to change a link of another kind. */
static void put_info(struct nlmsghdr *message, bool mode)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(message, IFLA_INFO_KIND, LINK_KIND);
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	if (mode)
		mnl_attr_put_u32(message, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

static size_t put_creation(void *buf, const struct kern_macvlan *macvlan, int ifindex, uint32_t seq)
{
	struct nlmsghdr *message = put_link(buf, RTM_NEWLINK, ifindex, seq);

	message->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	mnl_attr_put_strz(message, IFLA_IFNAME, macvlan->name);
	mnl_attr_put_u32(message, IFLA_LINK, (uint32_t)macvlan->ifindex);
	mnl_attr_put(message, IFLA_ADDRESS, sizeof(macvlan->mac), macvlan->mac);
	put_info(message, true);
	return message->nlmsg_len;
}

static void put_ip4_settings(struct nlmsghdr *message)
{
	static const struct {
		uint16_t setting;
		uint32_t value;
	} rows[] = {
		{ IPV4_DEVCONF_ARP_IGNORE, 1 },
		{ IPV4_DEVCONF_ARP_ANNOUNCE, 2 },
		{ IPV4_DEVCONF_ARPFILTER, 0 },
		{ IPV4_DEVCONF_RP_FILTER, 2 },
		{ IPV4_DEVCONF_PROMOTE_SECONDARIES, 1 },
		{ IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, 1 },
	};
	struct nlattr *family = mnl_attr_nest_start(message, AF_INET);
	struct nlattr *conf = mnl_attr_nest_start(message, IFLA_INET_CONF);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		mnl_attr_put_u32(message, rows[i].setting, rows[i].value);
	mnl_attr_nest_end(message, conf);
	mnl_attr_nest_end(message, family);
}

static void put_ip6_settings(struct nlmsghdr *message)
{
	struct nlattr *family = mnl_attr_nest_start(message, AF_INET6);

	mnl_attr_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(message, family);
}

/* The settings of a family and, with IPv4, the mark. @mode: with that. */
static size_t put_settings(void *buf, unsigned family, int ifindex, bool mode, uint32_t seq)
{
	struct nlmsghdr *message = put_link(buf, RTM_NEWLINK, ifindex, seq);
	struct nlattr *spec;

	put_info(message, mode);
	if (family == 4)
		mnl_attr_put_strz(message, IFLA_IFALIAS, KERN_LINK_MARK);
	spec = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	if (family == 4)
		put_ip4_settings(message);
	else
		put_ip6_settings(message);
	mnl_attr_nest_end(message, spec);
	return message->nlmsg_len;
}

/* Of a link that is down the kernel tells no change of its alias or settings, but that somebody set
 * its MAC, if only to what it was; and shows all of it then. */
static size_t put_notice(void *buf, const struct kern_macvlan *macvlan, int ifindex)
{
	struct nlmsghdr *message = put_link(buf, RTM_NEWLINK, ifindex, 0);

	mnl_attr_put(message, IFLA_ADDRESS, sizeof(macvlan->mac), macvlan->mac);
	put_info(message, false);
	return message->nlmsg_len;
}

/* Its parent may have become smaller since that was told of: then the next news of it leads here.
 */
static size_t put_mtu(void *buf, const struct kern_macvlan *macvlan)
{
	struct nlmsghdr *message = put_link(buf, RTM_NEWLINK, macvlan->own_ifindex, 0);

	mnl_attr_put_u32(message, IFLA_MTU, macvlan->mtu);
	put_info(message, false);
	return message->nlmsg_len;
}

/* What the kernel makes of the MAC (RFC 4291 §2.5.6) on a link that is up. */
static size_t put_no_own_address(void *buf, const struct kern_macvlan *macvlan)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	const uint8_t *mac = macvlan->mac;
	const uint8_t address[16] = { 0xfe, 0x80, [8] = mac[0] ^ 2, mac[1], mac[2],
				      0xff, 0xfe, mac[3],           mac[4], mac[5] };
	struct ifaddrmsg *header;

	message->nlmsg_type = RTM_DELADDR;
	message->nlmsg_flags = NLM_F_REQUEST;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifa_family = AF_INET6;
	header->ifa_prefixlen = 64;
	header->ifa_index = (uint32_t)macvlan->own_ifindex;
	mnl_attr_put(message, IFA_LOCAL, sizeof(address), address);
	return message->nlmsg_len;
}

/* As it was made, whatever has become of it since. */
static size_t put_renewal(void *buf, const struct kern_macvlan *macvlan, uint32_t seq)
{
	char *at = buf;

	at += put_mtu(at, macvlan);
	if (macvlan->shown_mtu < IPV6_MIN_MTU && macvlan->mtu >= IPV6_MIN_MTU)
		at += put_no_own_address(at, macvlan);
	at += put_settings(at, 4, macvlan->own_ifindex, true, seq);
	at += put_settings(at, 6, macvlan->own_ifindex, false, 0);
	at += put_notice(at, macvlan, macvlan->own_ifindex);
	return (size_t)(at - (char *)buf);
}

/* Not to be guessed, nor met by chance: one of some 500 million. */
static uint32_t choose_number(void)
{
	uint32_t random = 0;

	(void)!getrandom(&random, sizeof(random), GRND_INSECURE);
	return INDEX_MIN + (random & INDEX_MASK);
}

/* Links of one group are removed together. */
static size_t put_removal(void *buf, const struct kern_change *change, uint32_t seq)
{
	const struct kern_macvlan *macvlan = &change->entry.macvlan;
	uint16_t type = change->gathering && !change->gathered ? RTM_SETLINK : RTM_DELLINK;
	int ifindex = change->gathered ? 0 : macvlan->own_ifindex;
	struct nlmsghdr *message = put_link(buf, type, ifindex, seq);

	if (ifindex == 0 && !change->gathered)
		mnl_attr_put_strz(message, IFLA_IFNAME, macvlan->name);
	if (change->gathering)
		mnl_attr_put_u32(message, IFLA_GROUP, change->gathering);
	return message->nlmsg_len;
}

/*
 * The kernel takes neither an alias nor settings with a creation, so they follow in messages of
 * their own, in the same batch: nothing that dies in between leaves a link without its mark. They
 * find it by an index that nothing else has: by its name they would hit, and mark, another one's
 * link if that were the reason why the creation was refused. A kernel without IPv6 refuses its
 * settings, and that does not matter.
 */
static size_t put(void *buf, const struct kern_change *change, uint32_t seq)
{
	const struct kern_macvlan *macvlan = &change->entry.macvlan;
	char *at = buf;
	int ifindex;

	if (!change->add)
		return put_removal(buf, change, seq);
	if (change->renew)
		return put_renewal(buf, macvlan, seq);
	ifindex = (int)choose_number();
	at += put_creation(at, macvlan, ifindex, seq);
	at += put_settings(at, 4, ifindex, false, seq);
	at += put_settings(at, 6, ifindex, false, 0);
	at += put_notice(at, macvlan, ifindex);
	return (size_t)(at - (char *)buf);
}

static size_t put_dump(void *header, int ifindex)
{
	struct ifinfomsg *request = header;

	(void)ifindex; /* of a parent the kernel does not ask */
	_Static_assert(sizeof(*request) <= KERN_DUMP_HEADER_MAX, "a header needs more room");
	request->ifi_family = AF_UNSPEC;
	return sizeof(*request);
}

const struct kern_ops kern_macvlan_ops = {
	.name = "macvlan",
	.new_type = RTM_NEWLINK,
	.gone_type = RTM_DELLINK,
	.dump_type = RTM_GETLINK,
	.removal_len = NLMSG_SPACE(sizeof(struct ifinfomsg)) + NLA_HDRLEN + KERN_MACVLAN_NAME_SIZE,
	.hash = hash,
	.same = same,
	.collide = collide,
	.equal = equal,
	.is_marked = is_marked,
	.is_leased = never,
	.may_have_ended = never,
	.ifindex = ifindex_of,
	.set_ifindex = set_ifindex,
	.is_rival = is_rival,
	.learn = learn,
	.contradicts = contradicts,
	.parse = parse,
	.put = put,
	.put_dump = put_dump,
	.gathering = choose_number,
	.is_slow = is_slow,
};

/* ---- up ---- */

/* One per interface. */
static uint32_t hash_up(const union kern_entry *entry)
{
	(void)entry;
	return 1;
}

/* What is shown is of links with the mark. */
static bool always(const union kern_entry *entry)
{
	(void)entry;
	return true;
}

static bool is_down(const union kern_entry *entry)
{
	return entry->up.down;
}

static int ifindex_of_up(const union kern_entry *entry)
{
	return entry->up.ifindex;
}

static void set_ifindex_of_up(union kern_entry *entry, int ifindex)
{
	entry->up.ifindex = ifindex;
}

static bool never_contradicts(const struct kern_change *change)
{
	(void)change;
	return false;
}

static bool parse_up(const struct nlmsghdr *message, union kern_entry *ret_entry)
{
	struct kern_attributes attributes = { 0 };
	const struct ifinfomsg *header = parse_link(message, &attributes);
	struct kern_macvlan macvlan;

	if (!header || !is_link_marked(&attributes) ||
	    !parse_info(attributes.of[IFLA_LINKINFO], &macvlan))
		return false;
	ret_entry->up = (struct kern_up){ .ifindex = header->ifi_index,
					  .down = !(header->ifi_flags & IFF_UP) };
	return true;
}

static size_t put_up(void *buf, const struct kern_change *change, uint32_t seq)
{
	struct nlmsghdr *message = put_link(buf, RTM_SETLINK, change->entry.up.ifindex, seq);
	struct ifinfomsg *header = mnl_nlmsg_get_payload(message);

	header->ifi_flags = change->add ? IFF_UP : 0;
	header->ifi_change = IFF_UP;
	return message->nlmsg_len;
}

static size_t put_dump_of_up(void *header, int ifindex)
{
	struct ifinfomsg *request = header;
	size_t len = put_dump(header, ifindex);

	request->ifi_index = ifindex;
	return len;
}

const struct kern_ops kern_up_ops = {
	.name = "up",
	.new_type = RTM_NEWLINK,
	.gone_type = RTM_DELLINK,
	.dump_type = RTM_GETLINK,
	.asks_one = true,
	.removal_len = NLMSG_SPACE(sizeof(struct ifinfomsg)),
	.hash = hash_up,
	.same = collide,
	.collide = collide,
	.equal = collide,
	.is_marked = always,
	.is_leased = never,
	.may_have_ended = never,
	.is_gone = is_down,
	.ifindex = ifindex_of_up,
	.set_ifindex = set_ifindex_of_up,
	.contradicts = never_contradicts,
	.parse = parse_up,
	.put = put_up,
	.put_dump = put_dump_of_up,
	.is_slow = is_slow,
};
