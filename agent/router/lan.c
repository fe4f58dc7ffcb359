/* SPDX-License-Identifier: MIT */
#include "lan.h"

#include <string.h>
#include <unistd.h>

#include "netlink/receive.h"
#include "vrrp/packet.h"

void lan_init(struct lan *lan, const struct interface *interface)
{
	*lan = (struct lan){ .interface = interface,
			     .group_fd = -1,
			     .fault = VRRP_REASON_LINK_MISSING };
}

static void leave_group(struct lan *lan)
{
	if (lan->group_fd >= 0)
		close(lan->group_fd);
	lan->group_fd = -1;
}

void lan_fini(struct lan *lan)
{
	leave_group(lan);
}

bool lan_follow(struct lan *lan)
{
	if (lan->ifindex == lan->interface->ifindex)
		return false;
	leave_group(lan);
	lan->ifindex = lan->interface->ifindex;
	lan->sources_n = 0;
	lan->sources_overflow = false;
	memset(lan->source, 0, sizeof(lan->source));
	return true;
}

/* ---- its own addresses ---- */

static int find_source(const struct lan *lan, const uint8_t *bytes)
{
	for (unsigned i = 0; i < lan->sources_n; i++)
		if (memcmp(lan->sources[i], bytes, sizeof(lan->sources[i])) == 0)
			return (int)i;
	return -1;
}

static void forget_source(struct lan *lan, unsigned i)
{
	unsigned behind = --lan->sources_n - i;

	memmove(lan->sources[i], lan->sources[i + 1], behind * sizeof(lan->sources[0]));
	memmove(&lan->seen[i], &lan->seen[i + 1], behind * sizeof(lan->seen[0]));
}

bool lan_source_see(struct lan *lan, const struct kern_object *object)
{
	const uint8_t *bytes = object->address.bytes;
	int i = find_source(lan, bytes);

	if (object->gone) {
		if (i >= 0)
			forget_source(lan, (unsigned)i);
		return lan->sources_overflow;
	}
	if (i < 0 && lan->sources_n == LAN_SOURCES_MAX) {
		lan->sources_overflow = true;
		return false;
	}
	if (i < 0) {
		i = (int)lan->sources_n++;
		memcpy(lan->sources[i], bytes, sizeof(lan->sources[i]));
	}
	lan->seen[i] = true;
	return false;
}

void lan_dump_begin(struct lan *lan)
{
	lan->sources_overflow = false;
	memset(lan->seen, 0, sizeof(lan->seen));
}

/* The new membership comes before the old one goes, so that no switch hears us leave. */
static void join_group(struct lan *lan)
{
	int old_fd = lan->group_fd;

	lan->group_fd = -1;
	lan->group_error = -kern_group_join(lan->ifindex, vrrp_group(4), &lan->group_fd);
	if (old_fd >= 0)
		close(old_fd);
}

void lan_dump_end(struct lan *lan)
{
	unsigned n = 0;

	for (unsigned i = 0; i < lan->sources_n; i++) {
		if (!lan->seen[i])
			continue;
		memmove(lan->sources[n], lan->sources[i], sizeof(lan->sources[n]));
		n++;
	}
	lan->sources_n = n;
	if (lan->ifindex)
		join_group(lan);
}

/* ---- what it is worth ---- */

static enum vrrp_reason_code fault_of(const struct lan *lan)
{
	const struct interface *interface = lan->interface;

	if (!lan->ifindex)
		return VRRP_REASON_LINK_MISSING;
	if (!interface->ethernet)
		return VRRP_REASON_LINK_TYPE;
	if (!interface->up)
		return VRRP_REASON_LINK_DOWN;
	if (!interface->carrier)
		return VRRP_REASON_NO_CARRIER;
	if (lan->group_fd < 0)
		return VRRP_REASON_NO_GROUP;
	if (lan->sources_n == 0)
		return VRRP_REASON_NO_SOURCE;
	return VRRP_REASON_NONE;
}

static void choose_source(struct lan *lan)
{
	if (find_source(lan, lan->source) >= 0)
		return;
	memset(lan->source, 0, sizeof(lan->source));
	if (lan->sources_n > 0)
		memcpy(lan->source, lan->sources[0], sizeof(lan->source));
}

bool lan_can_speak(const struct lan *lan)
{
	return lan->ifindex && lan->interface->up && lan->interface->carrier;
}

/* A first voice is a new one, but changes nothing that was announced. */
static struct lan_news take_voice(struct lan *lan)
{
	struct lan_voice *voice = &lan->voice;
	bool first = voice->ifindex == 0;
	bool index = voice->ifindex != lan->ifindex;
	bool mac = memcmp(voice->mac, lan->interface->mac, sizeof(voice->mac)) != 0;
	bool source = memcmp(voice->source, lan->source, sizeof(voice->source)) != 0;

	voice->ifindex = lan->ifindex;
	memcpy(voice->mac, lan->interface->mac, sizeof(voice->mac));
	memcpy(voice->source, lan->source, sizeof(voice->source));
	return (struct lan_news){ .voice = index || mac || source,
				  .mac = mac && !first,
				  .index = index && !first };
}

struct lan_news lan_assess(struct lan *lan)
{
	const struct lan_news none = { 0 };

	choose_source(lan);
	if (lan->ifindex && lan->group_fd < 0)
		join_group(lan);
	lan->fault = fault_of(lan);
	return lan_can_speak(lan) && lan->source[0] ? take_voice(lan) : none;
}
