/* SPDX-License-Identifier: MIT */
#include "rule.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "attributes.h"
#include "change.h"
#include "kind.h"

static size_t len_of(uint8_t family)
{
	return family == 6 ? 16 : 4;
}

/* ---- what it is ---- */

/* FNV-1a. */
static uint32_t mix(uint32_t h, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 16777619u;
	return h;
}

static uint32_t hash(const union kern_entry *entry)
{
	const struct kern_rule *rule = &entry->rule;
	const uint32_t numbers[] = { rule->table, rule->priority, rule->fwmark, rule->from_len,
				     rule->to_len };
	uint32_t h = mix(2166136261u ^ rule->family, rule->from, sizeof(rule->from));

	h = mix(h, rule->to, sizeof(rule->to));
	return mix(h, numbers, sizeof(numbers));
}

static bool same(const union kern_entry *a, const union kern_entry *b)
{
	const struct kern_rule *x = &a->rule, *y = &b->rule;

	return x->family == y->family && x->action == y->action && x->from_len == y->from_len &&
	       x->to_len == y->to_len && x->fwmark == y->fwmark && x->fwmask == y->fwmask &&
	       x->table == y->table && x->priority == y->priority &&
	       memcmp(x->from, y->from, sizeof(x->from)) == 0 &&
	       memcmp(x->to, y->to, sizeof(x->to)) == 0 && strcmp(x->iif, y->iif) == 0 &&
	       strcmp(x->oif, y->oif) == 0;
}

static bool is_marked(const union kern_entry *entry)
{
	return entry->rule.mark == KERN_ROUTE_MARK;
}

static bool never(const union kern_entry *entry)
{
	(void)entry;
	return false;
}

static int ifindex_of(const union kern_entry *entry)
{
	(void)entry;
	return KERN_HOST;
}

static void set_ifindex(union kern_entry *entry, int ifindex)
{
	(void)entry;
	(void)ifindex;
}

static bool contradicts(const struct kern_change *change)
{
	return !change->add && change->result == -ENOENT;
}

/* ---- what the kernel shows ---- */

static bool parse_link(const struct nlattr *attribute, char *name)
{
	if (!attribute)
		return true;
	if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0 ||
	    mnl_attr_get_payload_len(attribute) > KERN_RULE_LINK_SIZE)
		return false;
	strcpy(name, mnl_attr_get_str(attribute));
	return true;
}

static uint32_t parse_number(const struct kern_attributes *of, unsigned type, uint32_t otherwise)
{
	const uint32_t *number = kern_attributes_get(of, type, sizeof(*number));

	return number ? *number : otherwise;
}

/* Without a length there are no bytes that matter. */
static bool parse_selectors(const struct kern_attributes *of, struct kern_rule *rule)
{
	const struct nlattr *from = rule->from_len ? of->of[FRA_SRC] : NULL;
	const struct nlattr *to = rule->to_len ? of->of[FRA_DST] : NULL;
	size_t bits = 8 * len_of(rule->family);

	return rule->from_len <= bits && rule->to_len <= bits &&
	       kern_attributes_address(from, rule->family, rule->from) &&
	       kern_attributes_address(to, rule->family, rule->to) &&
	       parse_link(of->of[FRA_IIFNAME], rule->iif) &&
	       parse_link(of->of[FRA_OIFNAME], rule->oif);
}

/* Those of others are nothing to us. */
static bool parse(const struct nlmsghdr *message, union kern_entry *ret_entry)
{
	struct kern_attributes of = { 0 };
	const struct fib_rule_hdr *header;
	struct kern_rule rule = { 0 };
	const uint8_t *mark;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return false;
	header = mnl_nlmsg_get_payload(message);
	if (header->family != AF_INET && header->family != AF_INET6)
		return false;
	kern_attributes_parse(message, sizeof(*header), &of);
	mark = kern_attributes_get(&of, FRA_PROTOCOL, sizeof(*mark));
	if (!mark || *mark != KERN_ROUTE_MARK)
		return false;
	rule.mark = *mark;
	rule.family = header->family == AF_INET6 ? 6 : 4;
	rule.action = header->action;
	rule.from_len = header->src_len;
	rule.to_len = header->dst_len;
	rule.table = parse_number(&of, FRA_TABLE, header->table);
	rule.priority = parse_number(&of, FRA_PRIORITY, 0);
	rule.fwmark = parse_number(&of, FRA_FWMARK, 0);
	rule.fwmask = parse_number(&of, FRA_FWMASK, 0);
	if (!parse_selectors(&of, &rule))
		return false;
	ret_entry->rule = rule;
	return true;
}

/* ---- what is asked of the kernel ---- */

static void put_selectors(struct nlmsghdr *message, const struct kern_rule *rule)
{
	if (rule->from_len)
		mnl_attr_put(message, FRA_SRC, len_of(rule->family), rule->from);
	if (rule->to_len)
		mnl_attr_put(message, FRA_DST, len_of(rule->family), rule->to);
	if (*rule->iif)
		mnl_attr_put_strz(message, FRA_IIFNAME, rule->iif);
	if (*rule->oif)
		mnl_attr_put_strz(message, FRA_OIFNAME, rule->oif);
	if (rule->fwmark || rule->fwmask) {
		mnl_attr_put_u32(message, FRA_FWMARK, rule->fwmark);
		mnl_attr_put_u32(message, FRA_FWMASK, rule->fwmask);
	}
}

static size_t put_message(void *buf, uint16_t type, uint16_t flags, const struct kern_rule *rule,
			  uint32_t seq)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct fib_rule_hdr *header;

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = seq;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->family = rule->family == 6 ? AF_INET6 : AF_INET;
	header->src_len = rule->from_len;
	header->dst_len = rule->to_len;
	header->action = rule->action;
	put_selectors(message, rule);
	if (rule->table)
		mnl_attr_put_u32(message, FRA_TABLE, rule->table);
	mnl_attr_put_u32(message, FRA_PRIORITY, rule->priority);
	mnl_attr_put_u8(message, FRA_PROTOCOL, KERN_ROUTE_MARK);
	return message->nlmsg_len;
}

/* An addition replaces what is ours, and nothing else. */
static size_t put(void *buf, const struct kern_change *change, uint32_t seq)
{
	const struct kern_rule *rule = &change->entry.rule;
	size_t len;

	if (!change->add)
		return put_message(buf, RTM_DELRULE, 0, rule, seq);
	len = put_message(buf, RTM_DELRULE, 0, rule, 0);
	return len +
	       put_message((char *)buf + len, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule, seq);
}

static size_t put_dump(void *header, int ifindex)
{
	struct fib_rule_hdr *request = header;

	(void)ifindex;
	_Static_assert(sizeof(*request) <= KERN_DUMP_HEADER_MAX, "a header needs more room");
	request->family = AF_UNSPEC;
	return sizeof(*request);
}

const struct kern_ops kern_rule_ops = {
	.name = "rule",
	.new_type = RTM_NEWRULE,
	.gone_type = RTM_DELRULE,
	.dump_type = RTM_GETRULE,
	.of_host = true,
	.removal_len = NLMSG_SPACE(sizeof(struct fib_rule_hdr)) + 2 * (NLA_HDRLEN + 16) +
		       2 * (NLA_HDRLEN + KERN_RULE_LINK_SIZE) + 5 * (NLA_HDRLEN + 4),
	.hash = hash,
	.same = same,
	.collide = same,
	.equal = same,
	.is_marked = is_marked,
	.is_leased = never,
	.may_have_ended = never,
	.ifindex = ifindex_of,
	.set_ifindex = set_ifindex,
	.contradicts = contradicts,
	.parse = parse,
	.put = put,
	.put_dump = put_dump,
};
