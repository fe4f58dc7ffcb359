/* SPDX-License-Identifier: MIT */
#include "doctor_view.h"

#include <arpa/inet.h>
#include <string.h>

#include "vrrp/packet.h"

const char *const doctor_setting_names[DOCTOR_SETTINGS] = {
	[DOCTOR_RP_FILTER] = "net.ipv4.conf.%s.rp_filter",
	[DOCTOR_ARP_IGNORE] = "net.ipv4.conf.%s.arp_ignore",
	[DOCTOR_ARP_FILTER] = "net.ipv4.conf.%s.arp_filter",
	[DOCTOR_FORWARDING4] = "net.ipv4.conf.%s.forwarding",
	[DOCTOR_FORWARDING6] = "net.ipv6.conf.%s.forwarding",
	[DOCTOR_ACCEPT_RA] = "net.ipv6.conf.%s.accept_ra",
	[DOCTOR_DISABLE_IPV6] = "net.ipv6.conf.%s.disable_ipv6",
};

void doctor_unseen(struct doctor_view *view, const char *what, const char *why)
{
	struct doctor_unseen *unseen = arena_alloc(view->arena, sizeof(*unseen));

	if (!view->unseen_end)
		view->unseen_end = &view->unseen;
	unseen->what = arena_copy(view->arena, what, strlen(what));
	unseen->why = arena_copy(view->arena, why, strlen(why));
	*view->unseen_end = unseen;
	view->unseen_end = &unseen->next;
}

const struct doctor_interface *doctor_interface(const struct doctor_view *view, const char *name)
{
	for (unsigned i = 0; i < view->interfaces_n; i++) {
		const struct kern_link *link = &view->interfaces[i].link;

		if (strcmp(link->name, name) == 0)
			return &view->interfaces[i];
		for (unsigned k = 0; k < link->altnames_n; k++)
			if (strcmp(link->altnames[k], name) == 0)
				return &view->interfaces[i];
	}
	return NULL;
}

const char *doctor_interface_name(const struct doctor_view *view, int ifindex)
{
	for (unsigned i = 0; i < view->interfaces_n; i++)
		if (view->interfaces[i].link.ifindex == ifindex)
			return view->interfaces[i].link.name;
	return "?";
}

const struct doctor_process *doctor_process(const struct doctor_view *view, const char *name)
{
	const struct doctor_process *found = NULL;

	for (unsigned i = 0; i < view->processes_n; i++) {
		const struct doctor_process *process = &view->processes[i];

		/* The kernel keeps 15 characters of a name. */
		if (strncmp(process->name, name, sizeof(process->name) - 1) == 0 &&
		    (!found || process->here))
			found = process;
	}
	return found;
}

bool doctor_is_own(const struct doctor_view *view, const struct kern_address *address)
{
	if (address->mark == KERN_ADDRESS_MARK)
		return false;
	for (unsigned i = 0; view->conf && i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];

		if (router->vrrp.family == address->family &&
		    router->vrrp.priority != VRRP_PRIORITY_OWNER &&
		    conf_has_address(router, address->bytes))
			return false;
	}
	return true;
}

static bool is_zero(const uint8_t *bytes)
{
	static const uint8_t zero[16];

	return memcmp(bytes, zero, sizeof(zero)) == 0;
}

/* Adverts over IPv6 come from a link-local address (RFC 9568 §5.1.2.1), but to peers elsewhere. */
static bool is_of_its_sort(const struct conf_router *router, const struct kern_address *address)
{
	bool global = router->unicast.peers_n && !conf_peers_are_link_local(router);

	return address->family == 4 || kern_address_is_link_local(address) != global;
}

const struct kern_address *doctor_source(const struct doctor_view *view,
					 const struct conf_router *router)
{
	const struct doctor_interface *interface = doctor_interface(view, router->interface);
	bool named = !is_zero(router->source);

	/* What costs most comes last: there may be thousands of both. */
	for (unsigned i = 0; i < view->addresses_n; i++) {
		const struct kern_address *address = &view->addresses[i];
		bool fits = named ? memcmp(router->source, address->bytes, 16) == 0
				  : interface && address->ifindex == interface->link.ifindex &&
					    is_of_its_sort(router, address);

		if (fits && address->family == router->vrrp.family &&
		    kern_address_is_usable(address) && doctor_is_own(view, address))
			return address;
	}
	return NULL;
}

bool doctor_share_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, mask = 0xff00u >> bits % 8 & 0xff;

	return memcmp(a, b, whole) == 0 && (mask == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

bool doctor_same_group(const struct conf_router *a, const struct conf_router *b)
{
	return memcmp(conf_group(a), conf_group(b), vrrp_address_len(a->vrrp.family)) == 0;
}

const char *doctor_ip(unsigned family, const uint8_t *bytes, char *buf)
{
	const char *text =
		inet_ntop(family == 6 ? AF_INET6 : AF_INET, bytes, buf, INET6_ADDRSTRLEN);

	return text ? text : "?";
}
