/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "change.h"
#include "filter_table.h"
#include "kind.h"
#include "nft.h"

/*
 * Where an element is told apart by its address alone, its interface is in its comment, in words
 * that nft(8) shows, and in the form in which it has comments: type, length, text with a zero.
 */
#define COMMENT         "interface "
#define COMMENT_TYPE    0
#define COMMENT_LEN_MAX (2 + sizeof(COMMENT "4294967295"))

/* Bytes of a key: an index and an address. */
#define KEY_LEN_MAX 20

static size_t address_len(uint8_t family)
{
	return family == 6 ? 16 : family == 4 ? 4 : 0;
}

/* ---- what it is ---- */

static bool is_link_local(const struct kern_filter *filter)
{
	return filter->family == 6 && filter->bytes[0] == 0xfe && (filter->bytes[1] & 0xc0) == 0x80;
}

static enum kern_filter_set_number set_of(const struct kern_filter *filter)
{
	if (filter->action == KERN_FILTER_ARP)
		return KERN_FILTER_SET_ARP;
	if (filter->action == KERN_FILTER_MLD)
		return KERN_FILTER_SET_MACVLANS;
	if (filter->family == 4)
		return KERN_FILTER_SET_IP;
	return is_link_local(filter) ? KERN_FILTER_SET_LINK_LOCAL : KERN_FILTER_SET_IP6;
}

/* FNV-1a. */
static uint32_t hash(const union kern_entry *entry)
{
	const struct kern_filter *filter = &entry->filter;
	uint32_t h = (2166136261u ^ filter->family) * 16777619u;

	h = (h ^ filter->action) * 16777619u;
	for (unsigned i = 0; i < sizeof(filter->bytes); i++)
		h = (h ^ filter->bytes[i]) * 16777619u;
	return h;
}

static bool same(const union kern_entry *a, const union kern_entry *b)
{
	return a->filter.action == b->filter.action && a->filter.family == b->filter.family &&
	       memcmp(a->filter.bytes, b->filter.bytes, sizeof(a->filter.bytes)) == 0;
}

/* What is shown is in a table of ours. */
static bool always(const union kern_entry *entry)
{
	(void)entry;
	return true;
}

static bool never(const union kern_entry *entry)
{
	(void)entry;
	return false;
}

static int ifindex_of(const union kern_entry *entry)
{
	return entry->filter.ifindex;
}

/* The comment is the one of who added it first: to add it again changes nothing. */
static bool is_everywhere(const union kern_entry *entry)
{
	return !kern_filter_sets[set_of(&entry->filter)].by_interface;
}

static void set_ifindex(union kern_entry *entry, int ifindex)
{
	entry->filter.ifindex = ifindex;
}

/* To add one that is there is no error. */
static bool contradicts(const struct kern_change *change)
{
	return !change->add && change->result == -ENOENT;
}

/* ---- messages ---- */

static size_t put_key(uint8_t *key, const struct kern_filter_set *set,
		      const struct kern_filter *filter)
{
	const uint32_t index = (uint32_t)filter->ifindex;
	size_t at = 0;

	if (set->by_interface) {
		memcpy(key, &index, sizeof(index));
		at = sizeof(index);
	}
	memcpy(key + at, filter->bytes, address_len(set->family));
	return at + address_len(set->family);
}

static void put_comment(struct nlmsghdr *message, const struct kern_filter *filter)
{
	char comment[COMMENT_LEN_MAX];
	int len =
		snprintf(comment + 2, sizeof(comment) - 2, COMMENT "%u", (unsigned)filter->ifindex);

	comment[0] = COMMENT_TYPE;
	comment[1] = (char)(len + 1);
	mnl_attr_put(message, NFTA_SET_ELEM_USERDATA, 2 + (size_t)len + 1, comment);
}

static size_t put(void *buf, const struct kern_change *change, uint32_t seq)
{
	const struct kern_filter *filter = &change->entry.filter;
	const struct kern_filter_set *set = &kern_filter_sets[set_of(filter)];
	struct nlmsghdr *message =
		kern_nft_put(buf, change->add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
			     change->add ? NLM_F_CREATE : 0, kern_filter_family(set->action), seq);
	uint8_t key[KEY_LEN_MAX];
	size_t len = put_key(key, set, filter);
	struct nlattr *list, *element, *data;

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, KERN_FILTER_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set->name);
	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	data = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(message, NFTA_DATA_VALUE, len, key);
	mnl_attr_nest_end(message, data);
	if (change->add && !set->by_interface)
		put_comment(message, filter);
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, list);
	return message->nlmsg_len;
}

static size_t put_part(void *header, unsigned part)
{
	_Alignas(struct nlmsghdr) char buf[NLMSG_HDRLEN + KERN_DUMP_HEADER_MAX];
	const struct kern_filter_set *set = &kern_filter_sets[part];
	struct nlmsghdr *message =
		kern_nft_put(buf, NFT_MSG_GETSETELEM, 0, kern_filter_family(set->action), 0);

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, KERN_FILTER_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set->name);
	memcpy(header, mnl_nlmsg_get_payload(message), mnl_nlmsg_get_payload_len(message));
	return mnl_nlmsg_get_payload_len(message);
}

/* Of an interface the kernel does not ask. */
static size_t put_dump(void *header, int ifindex)
{
	(void)ifindex;
	return put_part(header, 0);
}

/* ---- what the kernel shows ---- */

/* The attributes of a list, by type below @n. */
static void find(const struct nlattr *nest, const struct nlattr **ret_of, unsigned n)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute, nest)
	{
		if (mnl_attr_get_type(attribute) < n)
			ret_of[mnl_attr_get_type(attribute)] = attribute;
	}
}

static bool is_text(const struct nlattr *attribute, const char *text)
{
	return attribute && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0 &&
	       strcmp(mnl_attr_get_str(attribute), text) == 0;
}

/* NULL: it is about none of ours. */
static const struct kern_filter_set *set_of_message(const struct nlmsghdr *message,
						    const struct nlattr *const *of)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);

	if (!is_text(of[NFTA_SET_ELEM_LIST_TABLE], KERN_FILTER_TABLE))
		return NULL;
	for (unsigned i = 0; i < KERN_FILTER_SET_COUNT; i++)
		if (header->nfgen_family == kern_filter_family(kern_filter_sets[i].action) &&
		    is_text(of[NFTA_SET_ELEM_LIST_SET], kern_filter_sets[i].name))
			return &kern_filter_sets[i];
	return NULL;
}

static bool parse_key(const struct nlattr *key, const struct kern_filter_set *set,
		      struct kern_filter *filter)
{
	const struct nlattr *of[NFTA_DATA_VALUE + 1] = { NULL };
	size_t len = address_len(set->family) + (set->by_interface ? 4 : 0);
	const uint8_t *bytes;

	if (!key)
		return false;
	find(key, of, NFTA_DATA_VALUE + 1);
	if (!of[NFTA_DATA_VALUE] || mnl_attr_get_payload_len(of[NFTA_DATA_VALUE]) != len)
		return false;
	bytes = mnl_attr_get_payload(of[NFTA_DATA_VALUE]);
	if (set->by_interface) {
		memcpy(&filter->ifindex, bytes, 4);
		bytes += 4;
	}
	memcpy(filter->bytes, bytes, address_len(set->family));
	return true;
}

/* Without one that makes sense it is of no interface. */
static void parse_comment(const struct nlattr *userdata, struct kern_filter *filter)
{
	static const char begin[] = COMMENT;
	const size_t begin_len = sizeof(begin) - 1;
	const char *comment;
	size_t len;

	if (!userdata)
		return;
	comment = mnl_attr_get_payload(userdata);
	len = mnl_attr_get_payload_len(userdata);
	if (len > 2 + begin_len && len <= COMMENT_LEN_MAX && comment[0] == COMMENT_TYPE &&
	    comment[len - 1] == '\0' && memcmp(comment + 2, begin, begin_len) == 0)
		filter->ifindex = (int)strtoul(comment + 2 + begin_len, NULL, 10);
}

static bool parse_element(const struct nlattr *element, const struct kern_filter_set *set,
			  struct kern_filter *ret_filter)
{
	const struct nlattr *of[NFTA_SET_ELEM_USERDATA + 1] = { NULL };
	struct kern_filter filter = { .action = (uint8_t)set->action, .family = set->family };

	find(element, of, NFTA_SET_ELEM_USERDATA + 1);
	if (!parse_key(of[NFTA_SET_ELEM_KEY], set, &filter))
		return false;
	if (!set->by_interface)
		parse_comment(of[NFTA_SET_ELEM_USERDATA], &filter);
	*ret_filter = filter;
	return true;
}

static void parse_all(const struct nlmsghdr *message, kern_entry_fn each, void *arg)
{
	const struct nlattr *of[NFTA_SET_ELEM_LIST_ELEMENTS + 1] = { NULL };
	const struct kern_filter_set *set;
	const struct nlattr *element;
	union kern_entry entry;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(struct nfgenmsg))
		return;
	mnl_attr_for_each(element, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(element) <= NFTA_SET_ELEM_LIST_ELEMENTS)
			of[mnl_attr_get_type(element)] = element;
	}
	set = set_of_message(message, of);
	if (!set || !of[NFTA_SET_ELEM_LIST_ELEMENTS])
		return;
	mnl_attr_for_each_nested(element, of[NFTA_SET_ELEM_LIST_ELEMENTS])
	{
		if (parse_element(element, set, &entry.filter))
			each(&entry, arg);
	}
}

struct first {
	bool found;
	union kern_entry *entry;
};

static void take_first(const union kern_entry *entry, void *arg)
{
	struct first *first = arg;

	if (!first->found)
		*first->entry = *entry;
	first->found = true;
}

static bool parse(const struct nlmsghdr *message, union kern_entry *ret_entry)
{
	struct first first = { false, ret_entry };

	parse_all(message, take_first, &first);
	return first.found;
}

const struct kern_ops kern_filter_ops = {
	.name = "filter",
	.protocol = NETLINK_NETFILTER,
	.new_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM,
	.gone_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELSETELEM,
	.dump_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM,
	.parts_n = KERN_FILTER_SET_COUNT,
	.removal_len = 128,
	.hash = hash,
	.same = same,
	.collide = same,
	.equal = same,
	.is_marked = always,
	.is_leased = never,
	.may_have_ended = never,
	.ifindex = ifindex_of,
	.is_everywhere = is_everywhere,
	.set_ifindex = set_ifindex,
	.contradicts = contradicts,
	.parse = parse,
	.parse_all = parse_all,
	.put = put,
	.put_dump = put_dump,
	.put_part = put_part,
};
