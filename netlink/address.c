/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "attributes.h"
#include "change.h"
#include "kind.h"

/* Newer than Debian 12's <linux/if_addr.h> may be; part of the kernel's ABI since 5.18. */
#define IFA_PROTO_ATTRIBUTE 11

/* FNV-1a. */
static uint32_t hash(const union kern_entry *entry)
{
	const struct kern_address *address = &entry->address;
	uint32_t h = 2166136261u;

	for (unsigned i = 0; i < sizeof(address->bytes); i++)
		h = (h ^ address->bytes[i]) * 16777619u;
	return h;
}

static bool same(const union kern_entry *a, const union kern_entry *b)
{
	return memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes)) == 0;
}

static bool equal(const union kern_entry *a, const union kern_entry *b)
{
	return a->address.prefix_len == b->address.prefix_len;
}

static bool is_marked(const union kern_entry *entry)
{
	return entry->address.mark == KERN_ADDRESS_MARK;
}

static bool is_leased(const union kern_entry *entry)
{
	return entry->address.leased;
}

static int ifindex_of(const union kern_entry *entry)
{
	return entry->address.ifindex;
}

static void set_ifindex(union kern_entry *entry, int ifindex)
{
	entry->address.ifindex = ifindex;
}

static bool parse(const struct nlmsghdr *message, union kern_entry *ret_entry)
{
	struct kern_attributes attributes = { 0 };
	const struct ifaddrmsg *header;
	const uint8_t *bytes, *mark, *peer;
	const struct ifa_cacheinfo *life;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return false;
	header = mnl_nlmsg_get_payload(message);
	if (header->ifa_family != AF_INET || header->ifa_prefixlen > 32)
		return false;
	kern_attributes_parse(message, sizeof(*header), &attributes);
	/* On point-to-point links IFA_ADDRESS is the peer's; ours is IFA_LOCAL. */
	bytes = kern_attributes_get(&attributes, IFA_LOCAL, 4);
	peer = kern_attributes_get(&attributes, IFA_ADDRESS, 4);
	if (!bytes)
		bytes = peer;
	if (!bytes)
		return false;
	mark = kern_attributes_get(&attributes, IFA_PROTO_ATTRIBUTE, 1);
	life = kern_attributes_get(&attributes, IFA_CACHEINFO, sizeof(*life));
	ret_entry->address = (struct kern_address){
		.ifindex = (int)header->ifa_index,
		.family = 4,
		.prefix_len = header->ifa_prefixlen,
		.mark = mark ? *mark : 0,
		.leased = life && life->ifa_valid != UINT32_MAX,
	};
	memcpy(ret_entry->address.bytes, bytes, 4);
	if (peer && memcmp(peer, bytes, 4) != 0)
		memcpy(ret_entry->address.peer, peer, 4);
	return true;
}

static size_t put(void *buf, const struct kern_change *change, uint32_t seq)
{
	uint32_t lifetime_s = change->lifetime_s ? change->lifetime_s : UINT32_MAX;
	const struct ifa_cacheinfo life = { .ifa_prefered = lifetime_s, .ifa_valid = lifetime_s };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *header;

	message->nlmsg_type = change->add ? RTM_NEWADDR : RTM_DELADDR;
	message->nlmsg_flags = NLM_F_REQUEST;
	if (change->add)
		message->nlmsg_flags |= NLM_F_CREATE | (change->renew ? NLM_F_REPLACE : NLM_F_EXCL);
	message->nlmsg_seq = seq;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifa_family = AF_INET;
	header->ifa_prefixlen = change->address.prefix_len;
	header->ifa_scope = RT_SCOPE_UNIVERSE;
	header->ifa_index = (unsigned)change->address.ifindex;
	mnl_attr_put(message, IFA_LOCAL, 4, change->address.bytes);
	mnl_attr_put(message, IFA_ADDRESS, 4, change->address.bytes);
	if (change->add)
		mnl_attr_put_u8(message, IFA_PROTO_ATTRIBUTE, KERN_ADDRESS_MARK);
	/* Replacing a lease by none takes an explicit "for ever". */
	if (change->add && (change->lifetime_s || change->renew))
		mnl_attr_put(message, IFA_CACHEINFO, sizeof(life), &life);
	return message->nlmsg_len;
}

static size_t put_dump(void *header, int ifindex)
{
	struct ifaddrmsg *request = header;

	_Static_assert(sizeof(*request) <= KERN_DUMP_HEADER_MAX, "a header needs more room");
	request->ifa_family = AF_INET;
	request->ifa_index = (unsigned)ifindex;
	return sizeof(*request);
}

/*
 * When the first address of a subnet goes, the kernel takes the others along, whoever added them,
 * unless the link promotes them. So it does for the length of a removal, and is left as it was:
 * all of it is one message to the kernel, which nothing interrupts.
 */
static unsigned setting(const struct kern_change *change)
{
	return !change->add && change->promote ? (unsigned)change->address.ifindex : 0;
}

static size_t put_setting(void *buf, unsigned ifindex, bool on)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct nlattr *spec, *family, *conf;
	struct ifinfomsg *header;

	message->nlmsg_type = RTM_SETLINK;
	message->nlmsg_flags = NLM_F_REQUEST;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifi_family = AF_UNSPEC;
	header->ifi_index = (int)ifindex;
	spec = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	family = mnl_attr_nest_start(message, AF_INET);
	conf = mnl_attr_nest_start(message, IFLA_INET_CONF);
	mnl_attr_put_u32(message, IPV4_DEVCONF_PROMOTE_SECONDARIES, on);
	mnl_attr_nest_end(message, conf);
	mnl_attr_nest_end(message, family);
	mnl_attr_nest_end(message, spec);
	return message->nlmsg_len;
}

const struct kern_ops kern_address_ops = {
	.name = "address",
	.new_type = RTM_NEWADDR,
	.gone_type = RTM_DELADDR,
	.dump_type = RTM_GETADDR,
	.removal_len = NLMSG_SPACE(sizeof(struct ifaddrmsg)) + 2 * (NLA_HDRLEN + 4),
	.hash = hash,
	.same = same,
	.equal = equal,
	.is_marked = is_marked,
	.is_leased = is_leased,
	.ifindex = ifindex_of,
	.set_ifindex = set_ifindex,
	.parse = parse,
	.put = put,
	.put_dump = put_dump,
	.setting = setting,
	.put_setting = put_setting,
};
