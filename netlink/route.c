/* SPDX-License-Identifier: MIT */
#include "route.h"

#include <assert.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "attributes.h"
#include "change.h"
#include "kind.h"

/* What the kernel takes for an IPv6 route without a metric (IP6_RT_PRIO_USER). */
#define METRIC6 1024

static uint8_t af_of(uint8_t family)
{
	return family == 6 ? AF_INET6 : AF_INET;
}

static size_t len_of(uint8_t family)
{
	return family == 6 ? 16 : 4;
}

static uint32_t metric_of(const struct kern_route *route)
{
	return route->family == 6 && route->metric == 0 ? METRIC6 : route->metric;
}

/* FNV-1a. */
static uint32_t mix(uint32_t h, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 16777619u;
	return h;
}

/* ---- what it is ---- */

static void begin_hops(struct kern_route *route)
{
	route->hops_n = 0;
	route->vias = route->links = 0;
}

/* Their order does not matter: the sums are the same. */
static void add_hop(struct kern_route *route, const struct kern_hop *hop)
{
	uint32_t h = mix(2166136261u ^ hop->family, hop->via, sizeof(hop->via));

	route->hops_n++;
	route->vias += mix(h, &hop->weight, sizeof(hop->weight));
	route->links += mix(h, &hop->ifindex, sizeof(hop->ifindex));
}

void kern_route_set_hops(struct kern_route *route, const struct kern_hop *hops, unsigned hops_n)
{
	bool known = true;

	assert(hops_n <= KERN_HOPS_MAX);
	begin_hops(route);
	route->hops = hops;
	for (unsigned i = 0; i < hops_n; i++) {
		add_hop(route, &hops[i]);
		known &= hops[i].ifindex != 0;
	}
	if (!known)
		route->links = 0;
}

static uint32_t hash(const union kern_entry *entry)
{
	const struct kern_route *route = &entry->route;
	const uint32_t numbers[] = { route->table, metric_of(route), route->prefix_len };
	uint32_t h = mix(2166136261u ^ route->family, route->bytes, sizeof(route->bytes));

	return mix(h, numbers, sizeof(numbers));
}

static bool same(const union kern_entry *a, const union kern_entry *b)
{
	const struct kern_route *x = &a->route, *y = &b->route;

	return x->family == y->family && x->prefix_len == y->prefix_len && x->table == y->table &&
	       metric_of(x) == metric_of(y) && memcmp(x->bytes, y->bytes, sizeof(x->bytes)) == 0;
}

static bool equal(const union kern_entry *wanted, const union kern_entry *shown)
{
	const struct kern_route *a = &wanted->route, *b = &shown->route;

	return a->type == b->type && (a->family == 6 || a->scope == b->scope) &&
	       a->onlink == b->onlink && a->hops_n == b->hops_n && a->vias == b->vias &&
	       (a->links == 0 || a->links == b->links) &&
	       memcmp(a->source, b->source, sizeof(a->source)) == 0;
}

static bool is_marked(const union kern_entry *entry)
{
	return entry->route.mark == KERN_ROUTE_MARK;
}

/* Of others only who has replaced ours is shown. */
static bool is_replaced(const union kern_entry *entry)
{
	return !is_marked(entry);
}

/* The kernel ends none that we add. */
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

/* To be refused is no contradiction: it is somebody else's that is in the way. */
static bool contradicts(const struct kern_change *change)
{
	return !change->add && change->result == -ESRCH;
}

/* ---- what the kernel shows ---- */

static void parse_via(const struct kern_attributes *of, uint8_t family, struct kern_hop *hop)
{
	const struct nlattr *gateway = of->of[RTA_GATEWAY], *via = of->of[RTA_VIA];
	const struct rtvia *other;
	size_t len;

	if (gateway && kern_attributes_address(gateway, family, hop->via)) {
		hop->family = family;
		return;
	}
	if (!via || mnl_attr_get_payload_len(via) < sizeof(*other))
		return;
	other = mnl_attr_get_payload(via);
	len = mnl_attr_get_payload_len(via) - sizeof(*other);
	hop->family = other->rtvia_family == AF_INET6 ? 6 : 4;
	if (len == len_of(hop->family))
		memcpy(hop->via, other->rtvia_addr, len);
}

/* The only way. */
static void parse_hop(const struct kern_attributes *of, struct kern_route *route)
{
	const uint32_t *ifindex = kern_attributes_get(of, RTA_OIF, sizeof(*ifindex));
	struct kern_hop hop = { .ifindex = ifindex ? (int)*ifindex : 0, .weight = 1 };

	parse_via(of, route->family, &hop);
	route->ifindex = hop.ifindex;
	add_hop(route, &hop);
}

/* RTNH_OK() reads the length before it looks whether there is one. */
static bool is_hop(const struct rtnexthop *hop, int len)
{
	return len >= (int)sizeof(*hop) && RTNH_OK(hop, len);
}

static void parse_hops(const struct nlattr *list, struct kern_route *route)
{
	const struct rtnexthop *at = mnl_attr_get_payload(list);
	int len = mnl_attr_get_payload_len(list);

	for (; is_hop(at, len) && route->hops_n < UINT8_MAX;
	     len -= RTNH_ALIGN(at->rtnh_len), at = RTNH_NEXT(at)) {
		struct kern_attributes of = { 0 };
		struct kern_hop hop = { .ifindex = at->rtnh_ifindex,
					.weight = (uint8_t)(at->rtnh_hops + 1) };

		kern_attributes_parse_part(RTNH_DATA(at), at->rtnh_len - sizeof(*at), &of);
		parse_via(&of, route->family, &hop);
		route->onlink |= (at->rtnh_flags & RTNH_F_ONLINK) != 0;
		add_hop(route, &hop);
	}
}

/* Return: whether it can be one of ours, or be in the place of one. */
static bool is_of_interest(const struct nlmsghdr *message, const struct rtmsg *header)
{
	if (header->rtm_family != AF_INET && header->rtm_family != AF_INET6)
		return false;
	if (header->rtm_flags & RTM_F_CLONED || header->rtm_src_len || header->rtm_tos ||
	    header->rtm_dst_len > 8 * len_of(header->rtm_family == AF_INET6 ? 6 : 4))
		return false;
	return header->rtm_protocol == KERN_ROUTE_MARK ||
	       (message->nlmsg_type == RTM_NEWROUTE && message->nlmsg_flags & NLM_F_REPLACE);
}

static void parse_numbers(const struct kern_attributes *of, const struct rtmsg *header,
			  struct kern_route *route)
{
	const uint32_t *table = kern_attributes_get(of, RTA_TABLE, sizeof(*table));
	const uint32_t *metric = kern_attributes_get(of, RTA_PRIORITY, sizeof(*metric));

	route->table = table ? *table : header->rtm_table;
	route->metric = metric ? *metric : 0;
	route->prefix_len = header->rtm_dst_len;
	route->type = header->rtm_type;
	route->scope = header->rtm_scope;
	route->mark = header->rtm_protocol;
	route->onlink = (header->rtm_flags & RTNH_F_ONLINK) != 0;
}

static bool parse(const struct nlmsghdr *message, union kern_entry *ret_entry)
{
	struct kern_attributes of = { 0 };
	struct kern_route route = { 0 };
	const struct rtmsg *header;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return false;
	header = mnl_nlmsg_get_payload(message);
	if (!is_of_interest(message, header))
		return false;
	kern_attributes_parse(message, sizeof(*header), &of);
	route.family = header->rtm_family == AF_INET6 ? 6 : 4;
	if (!kern_attributes_address(of.of[RTA_DST], route.family, route.bytes) ||
	    !kern_attributes_address(of.of[RTA_PREFSRC], route.family, route.source))
		return false;
	parse_numbers(&of, header, &route);
	/* Of one that leads nowhere the kernel shows the loopback interface with IPv6. */
	if (route.type == RTN_UNICAST && of.of[RTA_MULTIPATH])
		parse_hops(of.of[RTA_MULTIPATH], &route);
	else if (route.type == RTN_UNICAST)
		parse_hop(&of, &route);
	ret_entry->route = route;
	return true;
}

/* ---- what is asked of the kernel ---- */

static struct nlmsghdr *put_message(void *buf, uint16_t type, const struct kern_route *route,
				    uint32_t seq)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct rtmsg *header;

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST;
	message->nlmsg_seq = seq;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->rtm_family = af_of(route->family);
	header->rtm_dst_len = route->prefix_len;
	header->rtm_protocol = KERN_ROUTE_MARK;
	mnl_attr_put(message, RTA_DST, len_of(route->family), route->bytes);
	mnl_attr_put_u32(message, RTA_TABLE, route->table);
	if (metric_of(route))
		mnl_attr_put_u32(message, RTA_PRIORITY, metric_of(route));
	return message;
}

/* Whatever ways ours has there. */
static size_t put_removal(void *buf, const struct kern_route *route, uint32_t seq)
{
	struct nlmsghdr *message = put_message(buf, RTM_DELROUTE, route, seq);
	struct rtmsg *header = mnl_nlmsg_get_payload(message);

	header->rtm_scope = RT_SCOPE_NOWHERE;
	return message->nlmsg_len;
}

static void put_via(struct nlmsghdr *message, const struct kern_route *route,
		    const struct kern_hop *hop)
{
	_Alignas(struct rtvia) uint8_t other[sizeof(struct rtvia) + 16];

	if (!hop->family)
		return;
	if (hop->family == route->family) {
		mnl_attr_put(message, RTA_GATEWAY, len_of(hop->family), hop->via);
		return;
	}
	((struct rtvia *)other)->rtvia_family = af_of(hop->family);
	memcpy(other + sizeof(struct rtvia), hop->via, len_of(hop->family));
	mnl_attr_put(message, RTA_VIA, sizeof(struct rtvia) + len_of(hop->family), other);
}

static void put_hops(struct nlmsghdr *message, const struct kern_route *route)
{
	struct nlattr *list = mnl_attr_nest_start(message, RTA_MULTIPATH);

	for (unsigned i = 0; i < route->hops_n; i++) {
		struct rtnexthop *hop = mnl_nlmsg_get_payload_tail(message);

		memset(hop, 0, sizeof(*hop));
		hop->rtnh_ifindex = route->hops[i].ifindex;
		hop->rtnh_hops = (uint8_t)(route->hops[i].weight - 1);
		hop->rtnh_flags = route->onlink ? RTNH_F_ONLINK : 0;
		message->nlmsg_len += sizeof(*hop);
		put_via(message, route, &route->hops[i]);
		hop->rtnh_len =
			(uint16_t)((char *)mnl_nlmsg_get_payload_tail(message) - (char *)hop);
	}
	mnl_attr_nest_end(message, list);
	list->nla_type = RTA_MULTIPATH; /* the kernel wants no flag of nesting here */
}

static size_t put_addition(void *buf, const struct kern_route *route, uint32_t seq)
{
	static const uint8_t none[16];
	struct nlmsghdr *message = put_message(buf, RTM_NEWROUTE, route, seq);
	struct rtmsg *header = mnl_nlmsg_get_payload(message);

	message->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	header->rtm_type = route->type;
	header->rtm_scope = route->family == 4 ? route->scope : RT_SCOPE_UNIVERSE;
	if (memcmp(route->source, none, sizeof(none)) != 0)
		mnl_attr_put(message, RTA_PREFSRC, len_of(route->family), route->source);
	if (route->hops_n > 1) {
		put_hops(message, route);
	} else if (route->hops_n == 1) {
		header->rtm_flags = route->onlink ? RTNH_F_ONLINK : 0;
		if (route->hops[0].ifindex)
			mnl_attr_put_u32(message, RTA_OIF, (uint32_t)route->hops[0].ifindex);
		put_via(message, route, &route->hops[0]);
	}
	return message->nlmsg_len;
}

/* An addition replaces what is ours, and nothing else. */
static size_t put(void *buf, const struct kern_change *change, uint32_t seq)
{
	const struct kern_route *route = &change->entry.route;
	size_t len;

	if (!change->add)
		return put_removal(buf, route, seq);
	len = put_removal(buf, route, 0);
	return len + put_addition((char *)buf + len, route, seq);
}

/* Kernels before 4.20 show those of all. */
static size_t put_dump(void *header, int ifindex)
{
	struct rtmsg *request = header;

	(void)ifindex;
	_Static_assert(sizeof(*request) <= KERN_DUMP_HEADER_MAX, "a header needs more room");
	request->rtm_family = AF_UNSPEC;
	request->rtm_protocol = KERN_ROUTE_MARK;
	return sizeof(*request);
}

const struct kern_ops kern_route_ops = {
	.name = "route",
	.new_type = RTM_NEWROUTE,
	.gone_type = RTM_DELROUTE,
	.dump_type = RTM_GETROUTE,
	.of_host = true,
	.removal_len = NLMSG_SPACE(sizeof(struct rtmsg)) + (NLA_HDRLEN + 16) + 2 * (NLA_HDRLEN + 4),
	.hash = hash,
	.same = same,
	.collide = same,
	.equal = equal,
	.is_marked = is_marked,
	.is_leased = never,
	.may_have_ended = never,
	.is_gone = is_replaced,
	.ifindex = ifindex_of,
	.set_ifindex = set_ifindex,
	.contradicts = contradicts,
	.parse = parse,
	.put = put,
	.put_dump = put_dump,
};
