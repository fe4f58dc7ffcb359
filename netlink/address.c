/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <errno.h>
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

/* What is different about a family. */
struct family {
	uint8_t number; /* as struct kern_address has it */
	uint8_t af;
	uint8_t len;   /* bytes of an address */
	uint8_t flags; /* that an address gets which is added */
};

static const struct family families[] = {
	{ .number = 4, .af = AF_INET, .len = 4 },
	{ .number = 6, .af = AF_INET6, .len = 16, .flags = IFA_F_NODAD },
};

static const struct family *family_of(const struct kern_address *address)
{
	return &families[address->family == 6];
}

/* NULL: none that we know. */
static const struct family *family_by_af(unsigned af)
{
	for (unsigned i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (families[i].af == af)
			return &families[i];
	return NULL;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	static const uint8_t zeros[16];

	return memcmp(bytes, zeros, len) == 0;
}

bool kern_address_share_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, mask = 0xff00u >> bits % 8 & 0xff;

	return memcmp(a, b, whole) == 0 && (mask == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

/* ---- what it is ---- */

/* What the prefix is of. */
static const uint8_t *prefix_of(const struct kern_address *address)
{
	return is_zero(address->peer, sizeof(address->peer)) ? address->bytes : address->peer;
}

void kern_address_set_broadcast(struct kern_address *address)
{
	const uint8_t *prefix = prefix_of(address);

	memset(address->broadcast, 0, sizeof(address->broadcast));
	if (address->family != 4 || address->prefix_len > 30)
		return;
	for (unsigned bit = 0; bit < 32; bit++)
		if (bit >= address->prefix_len || prefix[bit / 8] & 0x80 >> bit % 8)
			address->broadcast[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

bool kern_address_is_link_local(const struct kern_address *address)
{
	const uint8_t *bytes = address->bytes;

	if (address->family == 4)
		return bytes[0] == 169 && bytes[1] == 254;
	return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

bool kern_address_is_usable(const struct kern_address *address)
{
	return !address->tentative && !address->failed;
}

/* FNV-1a. */
static uint32_t hash(const union kern_entry *entry)
{
	const struct kern_address *address = &entry->address;
	uint32_t h = (2166136261u ^ address->family) * 16777619u;

	for (unsigned i = 0; i < sizeof(address->bytes); i++)
		h = (h ^ address->bytes[i]) * 16777619u;
	return h;
}

static bool same(const union kern_entry *a, const union kern_entry *b)
{
	return a->address.family == b->address.family &&
	       memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes)) == 0;
}

/* An interface has an IPv6 address once; of IPv4 once per subnet, which is the peer's, if any. */
static bool collide(const union kern_entry *a, const union kern_entry *b)
{
	if (a->address.family == 6)
		return true;
	return a->address.prefix_len == b->address.prefix_len &&
	       kern_address_share_prefix(prefix_of(&a->address), prefix_of(&b->address),
					 a->address.prefix_len);
}

/* The kernel ends IPv4 addresses with the first one of their subnet. */
static bool falls_with(const union kern_entry *a, const union kern_entry *b)
{
	return a->address.family == 4 && b->address.family == 4 && a->address.secondary &&
	       collide(a, b);
}

static bool leads(const union kern_entry *entry)
{
	return entry->address.family == 4 && !entry->address.secondary;
}

static void learn(union kern_entry *wanted, const union kern_entry *shown)
{
	wanted->address.secondary = shown->address.secondary;
}

/* No interface's name has a colon, and it is the label of who has no other. */
static bool is_label(const struct kern_address *wanted, const struct kern_address *shown)
{
	if (!*wanted->label)
		return !strchr(shown->label, ':');
	return strcmp(wanted->label, shown->label) == 0;
}

static bool equal(const union kern_entry *wanted, const union kern_entry *shown)
{
	const struct kern_address *a = &wanted->address, *b = &shown->address;

	if (a->prefix_len != b->prefix_len || memcmp(a->peer, b->peer, sizeof(a->peer)) != 0 ||
	    a->no_prefix_route != b->no_prefix_route || a->deprecated != b->deprecated)
		return false;
	return a->family == 6 || (a->scope == b->scope && is_label(a, b) &&
				  memcmp(a->broadcast, b->broadcast, sizeof(a->broadcast)) == 0);
}

static bool is_marked(const union kern_entry *entry)
{
	return entry->address.mark == KERN_ADDRESS_MARK;
}

static bool is_leased(const union kern_entry *entry)
{
	return entry->address.leased;
}

static bool is_usable(const union kern_entry *entry)
{
	return kern_address_is_usable(&entry->address);
}

/* Of IPv6 addresses the kernel does not say who removed one. */
static bool may_have_ended(const union kern_entry *entry)
{
	return entry->address.family == 4 || entry->address.ending;
}

static int ifindex_of(const union kern_entry *entry)
{
	return entry->address.ifindex;
}

static void set_ifindex(union kern_entry *entry, int ifindex)
{
	entry->address.ifindex = ifindex;
}

static bool contradicts(const struct kern_change *change)
{
	return change->result == (change->add ? -EEXIST : -EADDRNOTAVAIL);
}

/* ---- messages ---- */

/* On point-to-point links IFA_ADDRESS is the peer's; ours is IFA_LOCAL. */
static bool parse_bytes(const struct kern_attributes *attributes, size_t len,
			struct kern_address *address)
{
	const uint8_t *bytes = kern_attributes_get(attributes, IFA_LOCAL, len);
	const uint8_t *peer = kern_attributes_get(attributes, IFA_ADDRESS, len);

	if (!bytes)
		bytes = peer;
	if (!bytes)
		return false;
	memcpy(address->bytes, bytes, len);
	if (peer && memcmp(peer, bytes, len) != 0)
		memcpy(address->peer, peer, len);
	return true;
}

/* The header has room for eight flags; what else there is is in an attribute. */
static void parse_flags(const struct kern_attributes *attributes, uint32_t flags,
			struct kern_address *address)
{
	const uint32_t *all = kern_attributes_get(attributes, IFA_FLAGS, sizeof(*all));

	if (all)
		flags = *all;
	address->no_prefix_route = flags & IFA_F_NOPREFIXROUTE;
	address->deprecated = flags & IFA_F_DEPRECATED;
	address->tentative = flags & IFA_F_TENTATIVE;
	address->failed = flags & IFA_F_DADFAILED;
	/* Of IPv6 the same bit means a temporary one. */
	address->secondary = address->family == 4 && flags & IFA_F_SECONDARY;
}

static void parse_life(const struct kern_attributes *attributes, struct kern_address *address)
{
	const struct ifa_cacheinfo *life =
		kern_attributes_get(attributes, IFA_CACHEINFO, sizeof(*life));

	address->leased = life && life->ifa_valid != UINT32_MAX;
	address->ending = life && life->ifa_valid <= 1;
}

/* What IPv4 has, and IPv6 has not. */
static void parse_ip4(const struct kern_attributes *attributes, struct kern_address *address)
{
	const uint8_t *broadcast = kern_attributes_get(attributes, IFA_BROADCAST, 4);
	const struct nlattr *label = attributes->of[IFA_LABEL];

	if (broadcast)
		memcpy(address->broadcast, broadcast, 4);
	if (label && mnl_attr_validate(label, MNL_TYPE_NUL_STRING) == 0 &&
	    mnl_attr_get_payload_len(label) <= sizeof(address->label))
		strcpy(address->label, mnl_attr_get_str(label));
}

static bool parse(const struct nlmsghdr *message, union kern_entry *ret_entry)
{
	struct kern_attributes attributes = { 0 };
	struct kern_address address = { 0 };
	const struct ifaddrmsg *header;
	const struct family *family;
	const uint32_t *metric;
	const uint8_t *mark;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return false;
	header = mnl_nlmsg_get_payload(message);
	family = family_by_af(header->ifa_family);
	if (!family || header->ifa_prefixlen > family->len * 8)
		return false;
	kern_attributes_parse(message, sizeof(*header), &attributes);
	if (!parse_bytes(&attributes, family->len, &address))
		return false;
	address.ifindex = (int)header->ifa_index;
	address.family = family->number;
	address.prefix_len = header->ifa_prefixlen;
	address.scope = header->ifa_scope;
	mark = kern_attributes_get(&attributes, IFA_PROTO_ATTRIBUTE, 1);
	address.mark = mark ? *mark : 0;
	metric = kern_attributes_get(&attributes, IFA_RT_PRIORITY, sizeof(*metric));
	address.metric = metric ? *metric : 0;
	parse_flags(&attributes, header->ifa_flags, &address);
	parse_life(&attributes, &address);
	if (family->number == 4)
		parse_ip4(&attributes, &address);
	ret_entry->address = address;
	return true;
}

/* Replacing a lease by none takes an explicit "for ever", being deprecated one that is over. */
static void put_life(struct nlmsghdr *message, const struct kern_change *change)
{
	uint32_t lifetime_s = change->lifetime_s ? change->lifetime_s : UINT32_MAX;
	const struct ifa_cacheinfo life = {
		.ifa_prefered = change->address.deprecated ? 0 : lifetime_s,
		.ifa_valid = lifetime_s,
	};

	if (change->lifetime_s || change->renew || change->address.deprecated)
		mnl_attr_put(message, IFA_CACHEINFO, sizeof(life), &life);
}

static void put_ip4(struct nlmsghdr *message, const struct kern_address *address)
{
	if (!is_zero(address->broadcast, sizeof(address->broadcast)))
		mnl_attr_put(message, IFA_BROADCAST, 4, address->broadcast);
	if (*address->label)
		mnl_attr_put_strz(message, IFA_LABEL, address->label);
}

/* What an address gets that is added. */
static void put_options(struct nlmsghdr *message, const struct kern_change *change)
{
	const struct kern_address *address = &change->address;
	uint32_t flags = family_of(address)->flags;

	if (address->no_prefix_route)
		flags |= IFA_F_NOPREFIXROUTE;
	mnl_attr_put_u8(message, IFA_PROTO_ATTRIBUTE, KERN_ADDRESS_MARK);
	if (flags)
		mnl_attr_put_u32(message, IFA_FLAGS, flags);
	if (address->metric)
		mnl_attr_put_u32(message, IFA_RT_PRIORITY, address->metric);
	if (address->family == 4)
		put_ip4(message, address);
	put_life(message, change);
}

/* One that says which address it is about. */
static struct nlmsghdr *put_message(void *buf, unsigned type, const struct kern_address *address,
				    uint32_t seq)
{
	const struct family *family = family_of(address);
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *header;

	message->nlmsg_type = (uint16_t)type;
	message->nlmsg_flags = NLM_F_REQUEST;
	message->nlmsg_seq = seq;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifa_family = family->af;
	header->ifa_prefixlen = address->prefix_len;
	header->ifa_scope = address->scope;
	header->ifa_index = (unsigned)address->ifindex;
	mnl_attr_put(message, IFA_LOCAL, family->len, address->bytes);
	mnl_attr_put(message, IFA_ADDRESS, family->len, prefix_of(address));
	return message;
}

static size_t put_addition(void *buf, const struct kern_change *change, uint32_t seq)
{
	struct nlmsghdr *message = put_message(buf, RTM_NEWADDR, &change->address, seq);

	message->nlmsg_flags |= NLM_F_CREATE | (change->renew ? NLM_F_REPLACE : NLM_F_EXCL);
	put_options(message, change);
	return message->nlmsg_len;
}

static size_t put(void *buf, const struct kern_change *change, uint32_t seq)
{
	size_t len = 0;

	if (!change->add || change->behind)
		len = put_message(buf, RTM_DELADDR, &change->address, seq)->nlmsg_len;
	if (change->add)
		len += put_addition((char *)buf + len, change, seq);
	return len;
}

static size_t put_dump(void *header, int ifindex)
{
	struct ifaddrmsg *request = header;

	_Static_assert(sizeof(*request) <= KERN_DUMP_HEADER_MAX, "a header needs more room");
	request->ifa_family = AF_UNSPEC;
	request->ifa_index = (unsigned)ifindex;
	return sizeof(*request);
}

/*
 * When the first IPv4 address of a subnet goes, the kernel takes the others along, whoever added
 * them, unless the link promotes them. So it does for the length of a removal, and is left as it
 * was: all of it is one message to the kernel, which nothing interrupts.
 */
static unsigned setting(const struct kern_change *change)
{
	if ((change->add && !change->behind) || !change->promote || change->address.family != 4)
		return 0;
	return (unsigned)change->address.ifindex;
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
	.echoes = true,
	.removal_len = NLMSG_SPACE(sizeof(struct ifaddrmsg)) + 2 * (NLA_HDRLEN + 16),
	.hash = hash,
	.same = same,
	.collide = collide,
	.equal = equal,
	.is_marked = is_marked,
	.is_leased = is_leased,
	.may_have_ended = may_have_ended,
	.is_usable = is_usable,
	.ifindex = ifindex_of,
	.set_ifindex = set_ifindex,
	.falls_with = falls_with,
	.leads = leads,
	.learn = learn,
	.contradicts = contradicts,
	.parse = parse,
	.put = put,
	.put_dump = put_dump,
	.setting = setting,
	.put_setting = put_setting,
};
