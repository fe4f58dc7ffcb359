/* SPDX-License-Identifier: MIT */
#include "doctor_judge.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "vrrp/packet.h"

#define IPV6_MTU_MIN 1280
#define TRAILER_MAX  64 /* of HMAC, and more than it has */

static const char *of_interface(struct doctor_findings *findings, const struct conf_router *router)
{
	return doctor_text(findings, "router %s%s, interface %s", router->name,
			   router->vrrp.family == 6 ? " over IPv6" : "", router->interface);
}

/* Of several routers of a LAN one is told of. */
static bool is_told(const struct doctor_view *view, unsigned i, bool also_family)
{
	const struct conf_router *router = &view->conf->routers[i];

	for (unsigned k = 0; k < i; k++)
		if (strcmp(view->conf->routers[k].interface, router->interface) == 0 &&
		    !view->conf->routers[k].unicast.peers_n == !router->unicast.peers_n &&
		    (!also_family || view->conf->routers[k].vrrp.family == router->vrrp.family))
			return true;
	return false;
}

/* ---- interfaces ---- */

static void judge_link(const struct doctor_view *view, const struct conf_router *router,
		       const struct doctor_interface *interface, struct doctor_findings *findings)
{
	const char *name = interface->link.name;
	struct doctor_finding finding = { .severity = DOCTOR_ERROR,
					  .subject = of_interface(findings, router) };

	if (interface->link.master && !(interface->flags & IFF_LOOPBACK)) {
		finding.seen = doctor_text(findings, "the interface is a port of %s",
					   doctor_interface_name(view, interface->link.master));
		finding.why =
			"what arrives there goes to the one above it: the router would hear nobody";
		finding.advice = "name that one in the configuration";
		doctor_find(findings, &finding);
	} else if (!interface->link.up) {
		finding.seen = "the interface is down";
		finding.why = "the router takes no part until it is up";
		finding.mend =
			doctor_text(findings, "ip link set dev %s up", doctor_word(findings, name));
		doctor_find(findings, &finding);
	} else if (!interface->link.carrier) {
		finding.severity = DOCTOR_WARNING;
		finding.seen = "the interface has no carrier";
		finding.why = router->link.required
				      ? "the router takes no part until there is one"
				      : "the router goes on without one, and hears nobody: each "
					"host that does so is Active";
		finding.advice = "look at the cable, the port of the switch, or the virtual switch "
				 "of this host";
		doctor_find(findings, &finding);
	}
}

static void judge_flags(const struct conf_router *router, const struct doctor_interface *interface,
			struct doctor_findings *findings)
{
	const char *name = doctor_word(findings, interface->link.name);

	if (router->unicast.peers_n)
		return;
	if (!(interface->flags & IFF_MULTICAST))
		DOCTOR_FIND(findings, .severity = DOCTOR_ERROR,
			    .subject = of_interface(findings, router),
			    .seen = "multicast is switched off on the interface",
			    .why = "it hears no advert, and becomes Active beside another one",
			    .mend = doctor_text(findings, "ip link set dev %s multicast on", name));
	else if ((interface->flags & IFF_ALLMULTI) && !interface->link.master)
		DOCTOR_FIND(
			findings, .severity = DOCTOR_NOTE,
			.subject = of_interface(findings, router),
			.seen = "it receives all multicast (allmulti)",
			.why = "that costs time where there is much, and hides that the filter of "
			       "the card does not work",
			.mend = doctor_text(findings, "ip link set dev %s allmulticast off", name));
}

void doctor_judge_interface(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];
		const struct doctor_interface *interface =
			doctor_interface(view, router->interface);

		if (is_told(view, i, false))
			continue;
		if (!interface) {
			DOCTOR_FIND(findings, .severity = DOCTOR_ERROR,
				    .subject = of_interface(findings, router),
				    .seen = "there is no interface of that name",
				    .why = "the router waits for it, out of service",
				    .advice = "make it, or correct the name; \"ip -brief link\" "
					      "shows those that there are");
			continue;
		}
		judge_link(view, router, interface, findings);
		judge_flags(router, interface, findings);
	}
}

static unsigned advert_len(const struct conf_router *router)
{
	unsigned address = router->vrrp.family == 6 ? 16 : 4;

	return (router->vrrp.family == 6 ? 40 : 20) + 8 + router->addresses_n * address +
	       (router->vrrp.version == 2 ? VRRP_AUTH_LEN : 0) +
	       (conf_signs(router) ? TRAILER_MAX : 0);
}

void doctor_judge_mtu(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];
		const struct doctor_interface *interface =
			doctor_interface(view, router->interface);
		unsigned needed = advert_len(router), mtu = interface ? interface->link.mtu : 0;

		if (router->vrrp.family == 6 && needed < IPV6_MTU_MIN)
			needed = IPV6_MTU_MIN;
		if (!mtu || mtu >= needed)
			continue;
		DOCTOR_FIND(findings, .severity = DOCTOR_ERROR,
			    .subject = of_interface(findings, router),
			    .seen = doctor_text(findings, "its MTU is %u, and %s %u", mtu,
						needed == IPV6_MTU_MIN
							? "IPv6 needs"
							: "an advert of the router has",
						needed),
			    .why = needed == IPV6_MTU_MIN
					   ? "the kernel switches IPv6 off on such an interface"
					   : "an advert is never cut into fragments: none leaves",
			    .mend = doctor_text(findings, "ip link set dev %s mtu %u",
						doctor_word(findings, interface->link.name),
						needed > 1500 ? needed : 1500));
	}
}

/* ---- multicast ---- */

static bool is_member(const struct doctor_view *view, const char *interface,
		      const struct conf_router *router)
{
	for (unsigned i = 0; i < view->members_n; i++)
		if (view->members[i].family == router->vrrp.family &&
		    strcmp(view->members[i].interface, interface) == 0 &&
		    memcmp(view->members[i].group, conf_group(router),
			   router->vrrp.family == 6 ? 16 : 4) == 0)
			return true;
	return false;
}

void doctor_judge_membership(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];
		const struct doctor_interface *interface =
			doctor_interface(view, router->interface);
		char group[INET6_ADDRSTRLEN];

		if (router->unicast.peers_n || is_told(view, i, true) || !interface ||
		    !interface->link.up || is_member(view, interface->link.name, router))
			continue;
		doctor_ip(router->vrrp.family, conf_group(router), group);
		DOCTOR_FIND(
			findings, .severity = DOCTOR_ERROR,
			.subject = of_interface(findings, router),
			.seen = doctor_text(
				findings,
				"this host is no member of %s on the interface, though vipd runs",
				group),
			.why = "it hears no advert, and becomes Active beside another one",
			.mend = doctor_text(findings, "%s reload", view->vipctl),
			.advice = "a reload joins anew; if it does not last, something makes the "
				  "interface forget its groups: see vipctl events");
	}
}

/* 224.0.0.0/24 and ff02::1 reach all ports of a bridge that snoops, all others whoever asked. */
static bool is_pruned(const struct conf_router *router)
{
	static const uint8_t local[3] = { 224, 0, 0 };

	return router->vrrp.family == 6 || memcmp(conf_group(router), local, sizeof(local)) != 0;
}

void doctor_judge_snooping(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];
		const struct doctor_interface *interface =
			doctor_interface(view, router->interface);

		if (router->unicast.peers_n || is_told(view, i, true) || !interface ||
		    !interface->link.snoops || !is_pruned(router))
			continue;
		DOCTOR_FIND(findings, .severity = DOCTOR_WARNING,
			    .subject = of_interface(findings, router),
			    .seen = "the interface is a bridge that snoops multicast, and asks "
				    "nobody who wants it",
			    .why = "without a querier on the network its ports forget after some "
				   "minutes who listens to the group of the adverts: then two are "
				   "Active",
			    .mend = doctor_text(findings,
						"ip link set dev %s type bridge mcast_querier 1",
						doctor_word(findings, interface->link.name)),
			    .advice = "right as it is, where a router or switch of the network is "
				      "the querier");
	}
}

/* ---- addresses ---- */

static bool is_zero(const uint8_t *bytes)
{
	static const uint8_t zero[16];

	return memcmp(bytes, zero, sizeof(zero)) == 0;
}

void doctor_judge_source(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];
		const struct doctor_interface *interface =
			doctor_interface(view, router->interface);
		bool named = !is_zero(router->source), six = router->vrrp.family == 6;
		char source[INET6_ADDRSTRLEN];

		if (!interface || !interface->link.up || doctor_source(view, router) ||
		    (is_told(view, i, true) && !named))
			continue;
		doctor_ip(router->vrrp.family, router->source, source);
		DOCTOR_FIND(
			findings, .severity = DOCTOR_ERROR,
			.subject = of_interface(findings, router),
			.seen = named ? doctor_text(findings,
						    "its source, %s, is no address of this host",
						    source)
				: six ? "the interface has no link-local address of its own"
				      : "the interface has no IPv4 address of its own",
			.why = "there is nothing to advertise from: the router is in fault",
			.advice = named ? "give the interface that address, or correct source"
				  : six ? "IPv6 may be off on it, or addr_gen_mode may be 1 (none)"
					: "give it one in the network configuration of the host");
	}
}

static bool has_router(const struct doctor_view *view, int ifindex)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++) {
		const struct doctor_interface *interface =
			doctor_interface(view, view->conf->routers[i].interface);

		if (interface && interface->link.ifindex == ifindex)
			return true;
	}
	return false;
}

/* The kernel has found that somebody else has it, and uses it no more (RFC 4862 §5.4.5). */
void doctor_judge_duplicate(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->addresses_n; i++) {
		const struct kern_address *address = &view->addresses[i];
		const char *name = doctor_interface_name(view, address->ifindex);
		char ip[INET6_ADDRSTRLEN];

		if (!address->failed || !has_router(view, address->ifindex))
			continue;
		doctor_ip(address->family, address->bytes, ip);
		DOCTOR_FIND(
			findings, .severity = DOCTOR_ERROR,
			.subject = doctor_text(findings, "interface %s", name),
			.seen = doctor_text(findings,
					    "another host has its address %s, too: duplicate "
					    "address detection has failed",
					    ip),
			.why = "the kernel does not use it: nothing can be advertised from it",
			.mend = doctor_text(findings,
					    "ip address del %s/%u dev %s && ip address add "
					    "%s/%u dev %s",
					    ip, address->prefix_len, doctor_word(findings, name),
					    ip, address->prefix_len, doctor_word(findings, name)),
			.advice = "when the other host has another address; look for a clone of "
				  "this one, or a loop in the network");
	}
}

static bool is_on(const struct conf_address *address, const struct kern_address *shown)
{
	return shown->family == address->family && memcmp(shown->bytes, address->bytes, 16) == 0 &&
	       shown->mark != KERN_ADDRESS_MARK;
}

/* A vipd that runs is asked, and knows better what it has put there. */
static bool has_marks(const struct doctor_view *view)
{
	return view->kernel[0] > 5 || (view->kernel[0] == 5 && view->kernel[1] >= 18);
}

static void find_foreign(const struct doctor_view *view, const struct conf_router *router,
			 const struct kern_address *shown, struct doctor_findings *findings)
{
	const char *interface = doctor_interface_name(view, shown->ifindex);
	char ip[INET6_ADDRSTRLEN];

	doctor_ip(shown->family, shown->bytes, ip);
	DOCTOR_FIND(findings, .severity = DOCTOR_ERROR,
		    .subject = doctor_text(findings, "router %s", router->name),
		    .seen = doctor_text(
			    findings,
			    "its address %s is on %s already, and vipd did not put it there", ip,
			    interface),
		    .why = "this host would answer for it, Active or not: two hosts have it",
		    .mend = doctor_text(findings, "ip address del %s/%u dev %s", ip,
					shown->prefix_len, doctor_word(findings, interface)),
		    .advice = "and take it out of the network configuration of the host, or end "
			      "what adds it; on the owner, say priority = \"owner\"");
}

void doctor_judge_foreign(const struct doctor_view *view, struct doctor_findings *findings)
{
	if (view->is_there || !has_marks(view))
		return;
	for (unsigned i = 0; i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];

		if (router->vrrp.priority == VRRP_PRIORITY_OWNER)
			continue;
		for (unsigned k = 0; k < router->addresses_n + router->extra_n; k++)
			for (unsigned a = 0; a < view->addresses_n; a++)
				if (is_on(&router->addresses[k], &view->addresses[a]))
					find_foreign(view, router, &view->addresses[a], findings);
	}
}

/* Whether neighbours of the interface can have it for one of theirs. */
static bool is_near(const struct doctor_view *view, const struct conf_address *address, int ifindex)
{
	for (unsigned i = 0; i < view->addresses_n; i++) {
		const struct kern_address *own = &view->addresses[i];
		const uint8_t *subnet = is_zero(own->peer) ? own->bytes : own->peer;

		if (own->ifindex == ifindex && own->family == address->family &&
		    doctor_share_prefix(subnet, address->bytes, own->prefix_len) &&
		    doctor_is_own(view, own))
			return true;
	}
	return false;
}

static bool is_link_local(const struct conf_address *address)
{
	return address->family == 6 && address->bytes[0] == 0xfe &&
	       (address->bytes[1] & 0xc0) == 0x80;
}

/* One that brings its own subnet along is a way to do without an address of the host there. */
static void judge_subnet(const struct doctor_view *view, const struct conf_router *router,
			 const struct conf_address *address, struct doctor_findings *findings)
{
	const char *name = conf_address_interface(router, address);
	const struct doctor_interface *interface = doctor_interface(view, name);
	bool host = address->prefix_len == (address->family == 6 ? 128 : 32);
	char ip[INET6_ADDRSTRLEN];

	if (!interface || is_link_local(address) || is_near(view, address, interface->link.ifindex))
		return;
	doctor_ip(address->family, address->bytes, ip);
	DOCTOR_FIND(findings, .severity = host ? DOCTOR_WARNING : DOCTOR_NOTE,
		    .subject = doctor_text(findings, "router %s", router->name),
		    .seen = doctor_text(findings,
					"its address %s/%u is in no subnet that the host has on %s",
					ip, address->prefix_len, name),
		    .why = host ? "no neighbour there looks for it, unless it has a route to it by "
				  "this host"
				: "the host reaches that subnet while it is Active alone",
		    .advice =
			    host ? "correct the address or its interface, if that is not meant"
				 : "right, if the host has no address of its own there on purpose");
}

void doctor_judge_subnet(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];

		if (router->vrrp.priority == VRRP_PRIORITY_OWNER ||
		    strcmp(router->interface, CONF_LOOPBACK) == 0)
			continue;
		for (unsigned k = 0; k < router->addresses_n; k++)
			judge_subnet(view, router, &router->addresses[k], findings);
	}
}

/* ---- peers ---- */

void doctor_judge_peers(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->peers_n; i++) {
		const struct doctor_peer *peer = &view->peers[i];
		char ip[INET6_ADDRSTRLEN];

		if (peer->err == 0)
			continue;
		doctor_ip(peer->peer->family, peer->peer->bytes, ip);
		DOCTOR_FIND(findings, .severity = DOCTOR_ERROR,
			    .subject = doctor_text(findings, "router %s", peer->router->name),
			    .seen = doctor_text(findings, "no packet can leave to its peer %s: %s",
						ip, strerror(peer->err)),
			    .why = "that peer hears no advert, and becomes Active, too",
			    .advice = "give the host a route to it, or correct peers");
	}
}
