/* SPDX-License-Identifier: MIT */
#include "filter_table.h"

#include <arpa/inet.h>
#include <assert.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_arp.h>
#include <linux/netlink.h>
#include <netinet/icmp6.h>
#include <string.h>

#include "filter.h"
#include "nft.h"

/* Before the host's own rules, which see nothing of what is dropped. */
#define PRIORITY (-1)

/* How nft(8) calls the types of keys: numbers of its own, for its listings; six bits each. */
#define TYPE_IP    7u
#define TYPE_IP6   8u
#define TYPE_INDEX 20u

const struct kern_filter_set kern_filter_sets[KERN_FILTER_SET_COUNT] = {
	[KERN_FILTER_SET_IP] = { KERN_FILTER_DELIVERY, "addresses", false, 4 },
	[KERN_FILTER_SET_IP6] = { KERN_FILTER_DELIVERY, "addresses6", false, 6 },
	[KERN_FILTER_SET_LINK_LOCAL] = { KERN_FILTER_DELIVERY, "link_local", true, 6 },
	[KERN_FILTER_SET_ARP] = { KERN_FILTER_ARP, "addresses", true, 4 },
	[KERN_FILTER_SET_MACVLANS] = { KERN_FILTER_MLD, "macvlans", true, 0 },
};

/* ---- rules: as nft --debug=netlink shows them ---- */

/* An address behind the index of an interface, and all else. */
#define REG_FIRST  NFT_REG32_00
#define REG_SECOND NFT_REG32_01

enum step_kind {
	STEP_NONE,
	STEP_META,    /* load: key */
	STEP_PAYLOAD, /* load: base, offset, len */
	STEP_CMP,     /* go on if: op, value of len bytes */
	STEP_LOOKUP,  /* go on if it is in: set */
	STEP_VALUE,   /* load: value of len bytes */
	STEP_WRITE,   /* into the packet: base, offset, len */
	STEP_VERDICT, /* end with: verdict */
};

/* From registers to registers: REG_FIRST unless it says second. */
struct step {
	enum step_kind kind;
	uint32_t key, base, offset, len, op;
	enum kern_filter_set_number set;
	uint8_t value[4]; /* network byte order */
	uint32_t verdict;
	bool second;
};

#define STEPS_MAX 10
#define RULES_MAX 4

struct chain {
	const char *name;
	uint32_t hook;
	struct step rules[RULES_MAX][STEPS_MAX];
};

#define META(what)                                                                                 \
	{                                                                                          \
		.kind = STEP_META, .key = (what)                                                   \
	}
#define PAYLOAD(of, at, n)                                                                         \
	{                                                                                          \
		.kind = STEP_PAYLOAD, .base = (of), .offset = (at), .len = (n)                     \
	}
#define PAYLOAD_BEHIND(of, at, n)                                                                  \
	{                                                                                          \
		.kind = STEP_PAYLOAD, .base = (of), .offset = (at), .len = (n), .second = true     \
	}
#define CMP(how, n, ...)                                                                           \
	{                                                                                          \
		.kind = STEP_CMP, .op = (how), .len = (n), .value = { __VA_ARGS__ }                \
	}
#define LOOKUP(in)                                                                                 \
	{                                                                                          \
		.kind = STEP_LOOKUP, .set = (in)                                                   \
	}
#define VALUE(n)                                                                                   \
	{                                                                                          \
		.kind = STEP_VALUE, .len = (n)                                                     \
	}
#define WRITE(of, at, n)                                                                           \
	{                                                                                          \
		.kind = STEP_WRITE, .base = (of), .offset = (at), .len = (n)                       \
	}
#define VERDICT(what)                                                                              \
	{                                                                                          \
		.kind = STEP_VERDICT, .verdict = (what)                                            \
	}
#define IS_FAMILY(family) META(NFT_META_NFPROTO), CMP(NFT_CMP_EQ, 1, (family))

#define NETWORK   NFT_PAYLOAD_NETWORK_HEADER
#define TRANSPORT NFT_PAYLOAD_TRANSPORT_HEADER

/* RFC 3810 §5.2, §5.2.12: a report; its first record, of which the kind comes first. Kernels put
 * answers (up to 2) and changes of state into reports of their own. */
#define MLD2_REPORT            143
#define MLD2_RECORD_AT         8
#define MLD2_CHANGE_TO_INCLUDE 3

static const struct chain chains_inet[] = {
	{ "input",
	  NF_INET_LOCAL_IN,
	  {
		  /* ip daddr @addresses drop */
		  { IS_FAMILY(NFPROTO_IPV4), PAYLOAD(NETWORK, 16, 4), LOOKUP(KERN_FILTER_SET_IP),
		    VERDICT(NF_DROP) },
		  /* icmpv6 type 133-137 accept */
		  { IS_FAMILY(NFPROTO_IPV6), META(NFT_META_L4PROTO),
		    CMP(NFT_CMP_EQ, 1, IPPROTO_ICMPV6), PAYLOAD(TRANSPORT, 0, 1),
		    CMP(NFT_CMP_GTE, 1, ND_ROUTER_SOLICIT), CMP(NFT_CMP_LTE, 1, ND_REDIRECT),
		    VERDICT(NF_ACCEPT) },
		  /* ip6 daddr @addresses6 drop */
		  { IS_FAMILY(NFPROTO_IPV6), PAYLOAD(NETWORK, 24, 16), LOOKUP(KERN_FILTER_SET_IP6),
		    VERDICT(NF_DROP) },
		  /* iif . ip6 daddr @link_local drop */
		  { IS_FAMILY(NFPROTO_IPV6), META(NFT_META_IIF), PAYLOAD_BEHIND(NETWORK, 24, 16),
		    LOOKUP(KERN_FILTER_SET_LINK_LOCAL), VERDICT(NF_DROP) },
	  } },
};

static const struct chain chains_arp[] = {
	{ "input",
	  NF_ARP_IN,
	  {
		  /* arp operation request iif . arp daddr ip @addresses drop */
		  { PAYLOAD(NETWORK, 6, 2), CMP(NFT_CMP_EQ, 2, 0, 1), META(NFT_META_IIF),
		    PAYLOAD_BEHIND(NETWORK, 24, 4), LOOKUP(KERN_FILTER_SET_ARP), VERDICT(NF_DROP) },
	  } },
	{ "output",
	  NF_ARP_OUT,
	  {
		  /* arp operation request oif . arp saddr ip @addresses arp saddr ip set 0.0.0.0
		   * accept */
		  { PAYLOAD(NETWORK, 6, 2), CMP(NFT_CMP_EQ, 2, 0, 1), META(NFT_META_OIF),
		    PAYLOAD_BEHIND(NETWORK, 14, 4), LOOKUP(KERN_FILTER_SET_ARP), VALUE(4),
		    WRITE(NETWORK, 14, 4), VERDICT(NF_ACCEPT) },
		  /* oif . arp saddr ip @addresses drop */
		  { META(NFT_META_OIF), PAYLOAD_BEHIND(NETWORK, 14, 4), LOOKUP(KERN_FILTER_SET_ARP),
		    VERDICT(NF_DROP) },
	  } },
};

static const struct chain chains_ip6[] = {
	{ "output",
	  NF_INET_LOCAL_OUT,
	  {
		  /* oif @macvlans icmpv6 type mld-listener-done drop */
		  { META(NFT_META_OIF), LOOKUP(KERN_FILTER_SET_MACVLANS), META(NFT_META_L4PROTO),
		    CMP(NFT_CMP_EQ, 1, IPPROTO_ICMPV6), PAYLOAD(TRANSPORT, 0, 1),
		    CMP(NFT_CMP_EQ, 1, MLD_LISTENER_REDUCTION), VERDICT(NF_DROP) },
		  /* oif @macvlans icmpv6 type mld2-listener-report @th,64,8 >= 3 drop */
		  { META(NFT_META_OIF), LOOKUP(KERN_FILTER_SET_MACVLANS), META(NFT_META_L4PROTO),
		    CMP(NFT_CMP_EQ, 1, IPPROTO_ICMPV6), PAYLOAD(TRANSPORT, 0, 1),
		    CMP(NFT_CMP_EQ, 1, MLD2_REPORT), PAYLOAD(TRANSPORT, MLD2_RECORD_AT, 1),
		    CMP(NFT_CMP_GTE, 1, MLD2_CHANGE_TO_INCLUDE), VERDICT(NF_DROP) },
	  } },
};

struct table {
	uint8_t family;
	uint8_t chains_n;
	const struct chain *chains;
};

#define CHAINS(of) sizeof(of) / sizeof((of)[0]), of

static const struct table tables[KERN_FILTER_ACTION_COUNT] = {
	[KERN_FILTER_DELIVERY] = { NFPROTO_INET, CHAINS(chains_inet) },
	[KERN_FILTER_ARP] = { NFPROTO_ARP, CHAINS(chains_arp) },
	[KERN_FILTER_MLD] = { NFPROTO_IPV6, CHAINS(chains_ip6) },
};

uint8_t kern_filter_family(enum kern_filter_action action)
{
	return tables[action].family;
}

static uint32_t target_of(const struct step *step)
{
	return step->second ? REG_SECOND : REG_FIRST;
}

static void put_u32(struct nlmsghdr *message, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(message, type, htonl(value));
}

static void put_cmp(struct nlmsghdr *message, const struct step *step)
{
	struct nlattr *data;

	put_u32(message, NFTA_CMP_SREG, REG_FIRST);
	put_u32(message, NFTA_CMP_OP, step->op);
	data = mnl_attr_nest_start(message, NFTA_CMP_DATA);
	mnl_attr_put(message, NFTA_DATA_VALUE, step->len, step->value);
	mnl_attr_nest_end(message, data);
}

static void put_value(struct nlmsghdr *message, const struct step *step)
{
	struct nlattr *data;

	put_u32(message, NFTA_IMMEDIATE_DREG, REG_FIRST);
	data = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
	mnl_attr_put(message, NFTA_DATA_VALUE, step->len, step->value);
	mnl_attr_nest_end(message, data);
}

static void put_verdict(struct nlmsghdr *message, const struct step *step)
{
	struct nlattr *data, *verdict;

	put_u32(message, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
	put_u32(message, NFTA_VERDICT_CODE, step->verdict);
	mnl_attr_nest_end(message, verdict);
	mnl_attr_nest_end(message, data);
}

static void put_payload(struct nlmsghdr *message, const struct step *step)
{
	if (step->kind == STEP_WRITE)
		put_u32(message, NFTA_PAYLOAD_SREG, REG_FIRST);
	else
		put_u32(message, NFTA_PAYLOAD_DREG, target_of(step));
	put_u32(message, NFTA_PAYLOAD_BASE, step->base);
	put_u32(message, NFTA_PAYLOAD_OFFSET, step->offset);
	put_u32(message, NFTA_PAYLOAD_LEN, step->len);
}

static void put_what_it_does(struct nlmsghdr *message, const struct step *step)
{
	switch (step->kind) {
	case STEP_NONE:
		return;
	case STEP_META:
		put_u32(message, NFTA_META_KEY, step->key);
		put_u32(message, NFTA_META_DREG, target_of(step));
		return;
	case STEP_PAYLOAD:
	case STEP_WRITE:
		put_payload(message, step);
		return;
	case STEP_VALUE:
		put_value(message, step);
		return;
	case STEP_CMP:
		put_cmp(message, step);
		return;
	case STEP_LOOKUP:
		mnl_attr_put_strz(message, NFTA_LOOKUP_SET, kern_filter_sets[step->set].name);
		put_u32(message, NFTA_LOOKUP_SREG, REG_FIRST);
		return;
	case STEP_VERDICT:
		put_verdict(message, step);
		return;
	}
}

static void put_step(struct nlmsghdr *message, const struct step *step)
{
	static const char *const names[] = {
		[STEP_META] = "meta",         [STEP_PAYLOAD] = "payload", [STEP_CMP] = "cmp",
		[STEP_LOOKUP] = "lookup",     [STEP_VALUE] = "immediate", [STEP_WRITE] = "payload",
		[STEP_VERDICT] = "immediate",
	};
	struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	struct nlattr *data;

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, names[step->kind]);
	data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	put_what_it_does(message, step);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, element);
}

/* ---- a table ---- */

/* Where the next message goes, and what is the same in all of them. */
struct writer {
	char *at;
	const char *name;
	uint8_t family;
	uint32_t seq;
};

static struct nlmsghdr *begin(const struct writer *w, unsigned type, unsigned flags)
{
	return kern_nft_put(w->at, type, flags, w->family, w->seq);
}

static void end(struct writer *w, const struct nlmsghdr *message)
{
	w->at += message->nlmsg_len;
}

static void put_table(struct writer *w, bool replace)
{
	struct nlmsghdr *message;

	if (replace) {
		message = begin(w, NFT_MSG_DELTABLE, 0);
		mnl_attr_put_strz(message, NFTA_TABLE_NAME, w->name);
		end(w, message);
	}
	message = begin(w, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, w->name);
	put_u32(message, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
	end(w, message);
}

/* For nft(8) and its listings, which knows it of keys of several parts alone. */
static void put_host_order(struct nlmsghdr *message)
{
	const uint32_t host_endian = 1;
	uint8_t data[2 + sizeof(host_endian)] = { 0, sizeof(host_endian) }; /* type, length */

	memcpy(data + 2, &host_endian, sizeof(host_endian));
	mnl_attr_put(message, NFTA_SET_USERDATA, sizeof(data), data);
}

/* Of the index of an interface, an address, or both. */
static void put_key(struct nlmsghdr *message, const struct kern_filter_set *set)
{
	uint32_t type = set->by_interface ? TYPE_INDEX : 0, len = set->by_interface ? 4 : 0;

	if (set->family) {
		type = type << 6 | (set->family == 6 ? TYPE_IP6 : TYPE_IP);
		len += set->family == 6 ? 16 : 4;
	}
	put_u32(message, NFTA_SET_KEY_TYPE, type);
	put_u32(message, NFTA_SET_KEY_LEN, len);
	if (!set->family)
		put_host_order(message);
}

static void put_set(struct writer *w, enum kern_filter_set_number number)
{
	const struct kern_filter_set *set = &kern_filter_sets[number];
	struct nlmsghdr *message = begin(w, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL);

	mnl_attr_put_strz(message, NFTA_SET_TABLE, w->name);
	mnl_attr_put_strz(message, NFTA_SET_NAME, set->name);
	put_u32(message, NFTA_SET_FLAGS, 0);
	put_key(message, set);
	put_u32(message, NFTA_SET_ID, number + 1);
	end(w, message);
}

static void put_chain(struct writer *w, const struct chain *chain)
{
	struct nlmsghdr *message = begin(w, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *hook;

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, w->name);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain->name);
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
	hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
	put_u32(message, NFTA_HOOK_HOOKNUM, chain->hook);
	put_u32(message, NFTA_HOOK_PRIORITY, (uint32_t)PRIORITY);
	mnl_attr_nest_end(message, hook);
	end(w, message);
}

static void put_rule(struct writer *w, const struct chain *chain, const struct step *steps)
{
	struct nlmsghdr *message = begin(w, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	struct nlattr *list;

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, w->name);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain->name);
	list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	for (unsigned i = 0; i < STEPS_MAX && steps[i].kind != STEP_NONE; i++)
		put_step(message, &steps[i]);
	mnl_attr_nest_end(message, list);
	end(w, message);
}

static void put_chains(struct writer *w, const struct table *table)
{
	for (unsigned i = 0; i < table->chains_n; i++) {
		const struct chain *chain = &table->chains[i];

		put_chain(w, chain);
		for (unsigned k = 0; k < RULES_MAX && chain->rules[k][0].kind; k++)
			put_rule(w, chain, chain->rules[k]);
	}
}

size_t kern_filter_table_put(void *buf, enum kern_filter_action action, const char *name,
			     bool replace, uint32_t seq)
{
	struct writer w = { buf, name, kern_filter_family(action), seq };

	put_table(&w, replace);
	for (unsigned i = 0; i < KERN_FILTER_SET_COUNT; i++)
		if (kern_filter_sets[i].action == action)
			put_set(&w, (enum kern_filter_set_number)i);
	put_chains(&w, &tables[action]);
	assert((size_t)(w.at - (char *)buf) <= KERN_FILTER_TABLE_LEN_MAX);
	return (size_t)(w.at - (char *)buf);
}
