/* SPDX-License-Identifier: MIT */
#include "doctor_see.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/dump.h"

/* ---- interfaces and addresses ---- */

/* An array that grows in an arena: what it has outgrown stays there until the end. */
static void *grow(struct doctor_view *view, void *all, unsigned n, size_t size)
{
	void *grown;

	if (n & (n - 1) && n)
		return all;
	grown = arena_alloc(view->arena, (n ? 2u * n : 1) * size);
	if (n)
		memcpy(grown, all, n * size);
	return grown;
}

static void take_link(const struct kern_object *object, void *arg)
{
	struct doctor_view *view = arg;

	if (object->type != KERN_OBJECT_LINK || object->gone)
		return;
	for (unsigned i = 0; i < view->interfaces_n; i++)
		if (view->interfaces[i].link.ifindex == object->link.ifindex)
			return; /* a dump that was interrupted shows some twice */
	view->interfaces =
		grow(view, view->interfaces, view->interfaces_n, sizeof(*view->interfaces));
	view->interfaces[view->interfaces_n++].link = object->link;
}

static bool is_there(const struct doctor_view *view, const struct kern_address *address)
{
	for (unsigned i = 0; i < view->addresses_n; i++) {
		const struct kern_address *other = &view->addresses[i];

		if (other->ifindex == address->ifindex && other->family == address->family &&
		    other->prefix_len == address->prefix_len &&
		    memcmp(other->bytes, address->bytes, sizeof(other->bytes)) == 0)
			return true;
	}
	return false;
}

static void take_address(const struct kern_object *object, void *arg)
{
	struct doctor_view *view = arg;

	if (object->type != KERN_OBJECT_ENTRY || object->kind != KERN_KIND_ADDRESS ||
	    object->gone || is_there(view, &object->address))
		return;
	view->addresses = grow(view, view->addresses, view->addresses_n, sizeof(*view->addresses));
	view->addresses[view->addresses_n++] = object->address;
}

static void see_flags(struct doctor_view *view)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };

	for (unsigned i = 0; i < view->interfaces_n && fd >= 0; i++) {
		strcpy(request.ifr_name, view->interfaces[i].link.name);
		if (ioctl(fd, SIOCGIFFLAGS, &request) == 0)
			view->interfaces[i].flags = (unsigned short)request.ifr_flags;
		else
			view->interfaces[i].flags = IFF_MULTICAST; /* it has just gone */
	}
	if (fd >= 0)
		close(fd);
}

static void see_links(struct doctor_view *view)
{
	struct kern_dump *dump;
	int err = kern_dump_open(&dump);

	if (err == 0) {
		err = kern_dump_links(dump, take_link, view);
		if (err == 0)
			view->seen |= DOCTOR_SEES_INTERFACES;
		if (err == 0)
			err = kern_dump_kind(dump, KERN_KIND_ADDRESS, take_address, view);
		if (err == 0)
			view->seen |= DOCTOR_SEES_ADDRESSES;
		kern_dump_close(dump);
	}
	if (err < 0)
		doctor_unseen(view, "interfaces and addresses", strerror(-err));
	see_flags(view);
}

/* ---- settings ---- */

static int read_setting(enum doctor_setting setting, const char *interface)
{
	const char *name = doctor_setting_names[setting];
	const char *where = strstr(name, "%s");
	char path[128];
	int value;
	FILE *file;

	/* The name of an interface may have dots, so they are replaced around it. */
	snprintf(path, sizeof(path), "/proc/sys/%.*s%s%s", (int)(where - name), name, interface,
		 where + 2);
	for (char *c = path; *c; c++)
		if (*c == '.' && (c < path + 10 + (where - name) ||
				  c >= path + 10 + (where - name) + strlen(interface)))
			*c = '/';
	file = fopen(path, "re");
	if (!file)
		return DOCTOR_NO_SETTING;
	if (fscanf(file, "%d", &value) != 1)
		value = DOCTOR_NO_SETTING;
	fclose(file);
	return value;
}

static void see_settings(struct doctor_view *view)
{
	for (unsigned k = 0; k < DOCTOR_SETTINGS; k++) {
		view->all[k] = read_setting(k, "all");
		for (unsigned i = 0; i < view->interfaces_n; i++)
			view->interfaces[i].settings[k] =
				read_setting(k, view->interfaces[i].link.name);
	}
	if (view->all[DOCTOR_RP_FILTER] == DOCTOR_NO_SETTING)
		doctor_unseen(view, "settings of interfaces", "/proc/sys/net cannot be read");
	else
		view->seen |= DOCTOR_SEES_SETTINGS;
}

/* ---- memberships ---- */

static void add_member(struct doctor_view *view, const char *interface, unsigned family,
		       const uint8_t *group)
{
	struct doctor_member *member;

	view->members = grow(view, view->members, view->members_n, sizeof(*view->members));
	member = &view->members[view->members_n++];
	snprintf(member->interface, sizeof(member->interface), "%s", interface);
	member->family = (uint8_t)family;
	memcpy(member->group, group, family == 6 ? 16 : 4);
}

/* A line of an interface, then a line for each of its groups, which begins with a tab; a group is
 * the number that its four bytes make on this host. */
static void read_igmp(struct doctor_view *view, FILE *file)
{
	char line[160], interface[IFNAMSIZ] = "";
	uint8_t group[16] = { 0 };
	uint32_t bytes;

	while (fgets(line, sizeof(line), file)) {
		if (line[0] != '\t')
			(void)sscanf(line, "%*d %15s", interface);
		else if (sscanf(line, "%8x", &bytes) == 1) {
			memcpy(group, &bytes, sizeof(bytes));
			add_member(view, interface, 4, group);
		}
	}
}

static void read_igmp6(struct doctor_view *view, FILE *file)
{
	char line[160], interface[IFNAMSIZ], digits[33];
	uint8_t group[16];

	while (fgets(line, sizeof(line), file)) {
		bool whole = sscanf(line, "%*d %15s %32s", interface, digits) == 2;

		for (unsigned i = 0; i < sizeof(group) && whole; i++)
			whole = sscanf(digits + 2 * i, "%2hhx", &group[i]) == 1;
		if (whole)
			add_member(view, interface, 6, group);
	}
}

static void see_members(struct doctor_view *view)
{
	FILE *file = fopen("/proc/net/igmp", "re"), *file6 = fopen("/proc/net/igmp6", "re");

	if (file)
		read_igmp(view, file);
	if (file6)
		read_igmp6(view, file6);
	if (file)
		view->seen |= DOCTOR_SEES_MEMBERS;
	else
		doctor_unseen(view, "multicast memberships", "/proc/net/igmp cannot be read");
	if (file)
		fclose(file);
	if (file6)
		fclose(file6);
}

/* ---- peers ---- */

/* A datagram socket that is connected sends nothing: the kernel looks for a route, no more. */
static int try_route(const struct conf_router *router, const struct conf_peer *peer)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(9) };
	bool six = peer->family == 6;
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return errno;
	memcpy(&to6.sin6_addr, peer->bytes, 16);
	memcpy(&to4.sin_addr, peer->bytes, 4);
	to6.sin6_scope_id = if_nametoindex(router->interface);
	if (connect(fd, six ? (struct sockaddr *)&to6 : (struct sockaddr *)&to4,
		    six ? sizeof(to6) : sizeof(to4)) < 0)
		err = errno;
	close(fd);
	return err;
}

static void see_peers(struct doctor_view *view)
{
	for (unsigned i = 0; view->conf && i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];

		for (unsigned k = 0; k < router->unicast.peers_n; k++) {
			const struct conf_peer *peer = &router->unicast.peers[k];

			if (peer->family != router->vrrp.family)
				continue;
			view->peers = grow(view, view->peers, view->peers_n, sizeof(*view->peers));
			view->peers[view->peers_n++] =
				(struct doctor_peer){ router, peer, try_route(router, peer) };
		}
	}
	view->seen |= DOCTOR_SEES_PEERS;
}

void doctor_see_net(struct doctor_view *view)
{
	see_links(view);
	see_settings(view);
	see_members(view);
	see_peers(view);
}
