/* SPDX-License-Identifier: MIT */
#include "lan.h"

#include <errno.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/event.h"
#include "netlink/address.h"
#include "netlink/receive.h"
#include "vrrp/packet.h"

void lan_init(struct lan *lan, unsigned family, const struct interface *interface)
{
	*lan = (struct lan){ .family = family, .interface = interface };
	for (unsigned way = 0; way < LAN_WAYS; way++)
		lan->faults[way].code = VRRP_REASON_LINK_MISSING;
}

static const struct lan_group *find_group(const struct lan *lan, const uint8_t *address)
{
	for (unsigned i = 0; i < lan->groups_n; i++)
		if (memcmp(lan->groups[i].address, address, vrrp_address_len(lan->family)) == 0)
			return &lan->groups[i];
	return NULL;
}

int lan_add_group(struct lan *lan, const uint8_t *address)
{
	struct lan_group group = { .fd = -1 }, *groups;

	if (find_group(lan, address))
		return 0;
	groups = realloc(lan->groups, (lan->groups_n + 1) * sizeof(*groups));
	if (!groups)
		return -ENOMEM;
	memcpy(group.address, address, vrrp_address_len(lan->family));
	groups[lan->groups_n++] = group;
	lan->groups = groups;
	return 0;
}

static void leave_groups(struct lan *lan)
{
	for (unsigned i = 0; i < lan->groups_n; i++) {
		if (lan->groups[i].fd >= 0)
			close(lan->groups[i].fd);
		lan->groups[i].fd = -1;
	}
}

static bool has_joined(const struct lan *lan)
{
	for (unsigned i = 0; i < lan->groups_n; i++)
		if (lan->groups[i].fd < 0)
			return false;
	return true;
}

void lan_fini(struct lan *lan)
{
	if (!lan->family)
		return;
	leave_groups(lan);
	free(lan->groups);
	lan->groups = NULL;
	lan->groups_n = 0;
}

/*
 * Without the MTU that IPv6 needs (RFC 8200 §5) the kernel forgets all that an interface had of it,
 * memberships, too. The end of a forgotten one would end whatever has taken its place, so it comes
 * first.
 */
static bool is_too_narrow(const struct lan *lan)
{
	return lan->family == 6 && lan->interface->mtu && lan->interface->mtu < IPV6_MIN_MTU;
}

bool lan_follow(struct lan *lan)
{
	if (is_too_narrow(lan))
		leave_groups(lan);
	if (lan->ifindex == lan->interface->ifindex)
		return false;
	leave_groups(lan);
	lan->ifindex = lan->interface->ifindex;
	lan->sources_n = 0;
	lan->sources_overflow = false;
	memset(lan->virtual_seen, 0, sizeof(lan->virtual_seen));
	return true;
}

/* ---- its own addresses ---- */

static bool is_entry(const struct lan_source *source, const struct kern_address *address)
{
	return source->prefix_len == address->prefix_len &&
	       memcmp(source->bytes, address->bytes, sizeof(source->bytes)) == 0 &&
	       memcmp(source->peer, address->peer, sizeof(source->peer)) == 0;
}

static struct lan_source *find_entry(struct lan *lan, const struct kern_address *address)
{
	for (unsigned i = 0; i < lan->sources_n; i++)
		if (is_entry(&lan->sources[i], address))
			return &lan->sources[i];
	return NULL;
}

static void forget(struct lan *lan, struct lan_source *source)
{
	const struct lan_source *end = &lan->sources[--lan->sources_n];

	memmove(source, source + 1, (size_t)(end - source) * sizeof(*source));
}

/* Of the sort that is sent from to other links than this one. */
static bool is_global(const struct lan *lan, const uint8_t *bytes)
{
	return lan->family == 6 && !vrrp_is_link_local(6, bytes);
}

/* Where another entry goes; NULL when there is no room. In a dump what it has not shown gives way,
 * and of two sorts the one of which there may be many. */
static struct lan_source *room_for_one(struct lan *lan, const uint8_t *bytes)
{
	if (lan->sources_n < LAN_SOURCES_MAX)
		return &lan->sources[lan->sources_n++];
	for (unsigned i = 0; lan->dumping && i < lan->sources_n; i++)
		if (!lan->sources[i].seen)
			return &lan->sources[i];
	for (unsigned i = lan->sources_n; i-- > 0 && !is_global(lan, bytes);) {
		if (!is_global(lan, lan->sources[i].bytes))
			continue;
		lan->sources_overflow = true;
		return &lan->sources[i];
	}
	return NULL;
}

bool lan_source_see(struct lan *lan, const struct kern_object *object, bool is_vip)
{
	const struct kern_address *address = &object->address;
	struct lan_source *source = find_entry(lan, address);

	if (object->gone) {
		if (source)
			forget(lan, source);
		return lan->sources_overflow;
	}
	if (!source)
		source = room_for_one(lan, address->bytes);
	if (!source) {
		lan->sources_overflow = true;
		return false;
	}
	if (!is_entry(source, address)) {
		memcpy(source->bytes, address->bytes, sizeof(source->bytes));
		memcpy(source->peer, address->peer, sizeof(source->peer));
		source->prefix_len = address->prefix_len;
	}
	source->is_vip = is_vip;
	source->seen = true;
	return false;
}

bool lan_virtual_see(struct lan *lan, const uint8_t *bytes, bool gone)
{
	bool seen = memcmp(lan->virtual_seen, bytes, sizeof(lan->virtual_seen)) == 0;

	if (gone && seen)
		memset(lan->virtual_seen, 0, sizeof(lan->virtual_seen));
	else if (!gone && !lan->virtual_seen[0])
		memcpy(lan->virtual_seen, bytes, sizeof(lan->virtual_seen));
	else
		return false;
	return true;
}

void lan_make_room(struct lan *lan, const struct kern_address *address)
{
	if (lan->sources_n < LAN_SOURCES_MAX || find_entry(lan, address))
		return;
	lan->sources_n--;
	lan->sources_overflow = true;
}

void lan_dump_begin(struct lan *lan)
{
	lan->sources_overflow = false;
	lan->dumping = true;
	memset(lan->virtual_seen, 0, sizeof(lan->virtual_seen));
	for (unsigned i = 0; i < lan->sources_n; i++)
		lan->sources[i].seen = false;
}

/* The new membership comes before the old one goes, so that no switch hears us leave. */
static void join_group(struct lan *lan, struct lan_group *group)
{
	int old_fd = group->fd;
	int err;

	group->fd = -1;
	err = kern_group_join(lan->family, lan->ifindex, group->address, &group->fd);
	if (err < 0) {
		lan->group_error = -err;
		memcpy(lan->group_failed, group->address, sizeof(lan->group_failed));
	}
	if (old_fd >= 0)
		close(old_fd);
}

/*
 * @anew: those that are joined, too. The kernel tells of an MTU before it acts on it: one that is
 * joined in between would be forgotten, and taken for joined.
 */
static void join_groups(struct lan *lan, bool anew)
{
	lan->group_error = 0;
	if (lan->groups_n && is_too_narrow(lan)) {
		lan->group_error = EINVAL; /* as the kernel would say in a moment */
		memcpy(lan->group_failed, lan->groups[0].address, sizeof(lan->group_failed));
		return;
	}
	for (unsigned i = 0; i < lan->groups_n; i++)
		if (anew || lan->groups[i].fd < 0)
			join_group(lan, &lan->groups[i]);
}

void lan_dump_end(struct lan *lan)
{
	unsigned n = 0;

	for (unsigned i = 0; i < lan->sources_n; i++)
		if (lan->sources[i].seen)
			lan->sources[n++] = lan->sources[i];
	lan->sources_n = n;
	/* Forgotten unseen (is_too_narrow()): its end would end the new one. */
	if (lan->family == 6)
		leave_groups(lan);
	lan->dumping = false;
	if (lan->ifindex)
		join_groups(lan, true);
}

static const uint8_t *find_source(const struct lan *lan, const uint8_t *bytes)
{
	for (unsigned i = 0; i < lan->sources_n; i++)
		if (memcmp(lan->sources[i].bytes, bytes, sizeof(lan->sources[i].bytes)) == 0)
			return lan->sources[i].bytes;
	return NULL;
}

bool lan_is_near(const struct lan *lan, const uint8_t *bytes)
{
	for (unsigned i = 0; i < lan->sources_n; i++) {
		const struct lan_source *source = &lan->sources[i];
		const uint8_t *subnet = source->peer[0] ? source->peer : source->bytes;

		if (kern_address_share_prefix(subnet, bytes, source->prefix_len))
			return true;
	}
	return false;
}

/* The greater, the better; of equals the first. */
static unsigned fitness(const struct lan_source *source, const uint8_t *vip)
{
	bool near = kern_address_share_prefix(source->bytes, vip, source->prefix_len);

	return source->is_vip ? 1 : near ? 3 : 2;
}

/* Of one sort. */
static const uint8_t *choose(const struct lan *lan, bool global, const uint8_t *before,
			     const uint8_t *vip)
{
	const uint8_t *kept = find_source(lan, before);
	const struct lan_source *best = NULL;

	if (kept && is_global(lan, kept) == global)
		return kept;
	for (unsigned i = 0; i < lan->sources_n; i++)
		if (is_global(lan, lan->sources[i].bytes) == global &&
		    (!best || fitness(&lan->sources[i], vip) > fitness(best, vip)))
			best = &lan->sources[i];
	return best ? best->bytes : NULL;
}

const uint8_t *lan_choose_source(const struct lan *lan, const uint8_t *configured,
				 const uint8_t *before, const uint8_t *vip)
{
	return configured ? find_source(lan, configured) : choose(lan, false, before, vip);
}

const uint8_t *lan_choose_global(const struct lan *lan, const uint8_t *before, const uint8_t *vip)
{
	return choose(lan, true, before, vip);
}

/* ---- what it is worth ---- */

/* @way: enum lan_way. */
static enum vrrp_reason_code fault_code(const struct lan *lan, unsigned way)
{
	const struct interface *interface = lan->interface;
	bool unicast = way & LAN_BY_UNICAST;

	if (!lan->ifindex)
		return VRRP_REASON_LINK_MISSING;
	if (!unicast && !interface->ethernet)
		return VRRP_REASON_LINK_TYPE;
	if (interface->master)
		return VRRP_REASON_LINK_PORT;
	if (!interface->up)
		return VRRP_REASON_LINK_DOWN;
	if (!interface->carrier && !(way & LAN_SANS_CARRIER))
		return VRRP_REASON_NO_CARRIER;
	if (!unicast && !has_joined(lan))
		return VRRP_REASON_NO_GROUP;
	if (lan->sources_n == 0)
		return VRRP_REASON_NO_SOURCE;
	return VRRP_REASON_NONE;
}

static struct vrrp_reason fault_of(const struct lan *lan, unsigned way)
{
	struct vrrp_reason fault = { .code = fault_code(lan, way) };

	_Static_assert(sizeof(fault.interface) >= IF_NAMESIZE, "the name of any interface");
	if (fault.code == VRRP_REASON_LINK_PORT &&
	    !if_indextoname((unsigned)lan->interface->master, fault.interface))
		snprintf(fault.interface, sizeof(fault.interface), "%d", lan->interface->master);
	return fault;
}

bool lan_can_speak(const struct lan *lan)
{
	return lan->ifindex && lan->interface->up && lan->interface->carrier;
}

bool lan_lacks_carrier(const struct lan *lan)
{
	return lan->ifindex && lan->interface->up && !lan->interface->carrier;
}

/* Where and with what adverts leave. The first time changes nothing that was announced. */
static struct lan_news speak(struct lan *lan)
{
	const uint8_t *mac = lan->interface->mac;
	bool first = lan->spoken_ifindex == 0;
	bool other_index = lan->spoken_ifindex != lan->ifindex;
	bool other_mac = memcmp(lan->spoken_mac, mac, sizeof(lan->spoken_mac)) != 0;
	bool router = lan->family == 6 && lan->interface->forwards6;
	bool other_router = lan->spoken_router != router;
	bool again = lan->silent;

	lan->silent = false;
	lan->spoken_ifindex = lan->ifindex;
	memcpy(lan->spoken_mac, mac, sizeof(lan->spoken_mac));
	lan->spoken_router = router;
	return (struct lan_news){ .voice = other_index || other_mac,
				  .mac = (other_mac || other_router) && !first,
				  .index = other_index && !first,
				  .again = again };
}

struct lan_news lan_assess(struct lan *lan)
{
	const struct lan_news none = { 0 };

	if (lan->ifindex && !has_joined(lan))
		join_groups(lan, false);
	for (unsigned way = 0; way < LAN_WAYS; way++)
		lan->faults[way] = fault_of(lan, way);
	if (lan_can_speak(lan))
		return speak(lan);
	lan->silent = lan->spoken_ifindex != 0 || lan_lacks_carrier(lan);
	return none;
}

/* 224.0.0.0/24 and ff02::1 reach all ports. */
static bool is_pruned(const struct lan *lan, const uint8_t *group)
{
	static const uint8_t local[3] = { 224, 0, 0 };

	return lan->family == 6 || memcmp(group, local, sizeof(local)) != 0;
}

unsigned lan_caveats(const struct lan *lan)
{
	const struct interface *interface = lan->interface;
	bool forwards = lan->family == 4 ? interface->forwards4 : interface->forwards6;
	unsigned caveats = 0;

	if (lan->carrier_optional && lan_lacks_carrier(lan))
		return 1u << EVENT_CAVEAT_NO_CARRIER;
	if (!lan_can_speak(lan))
		return 0;
	if (!forwards)
		caveats |= 1u << EVENT_CAVEAT_NOT_FORWARDING;
	for (unsigned i = 0; i < lan->groups_n && interface->snoops; i++)
		if (is_pruned(lan, lan->groups[i].address))
			caveats |= 1u << EVENT_CAVEAT_SNOOPING;
	return caveats;
}
