/* SPDX-License-Identifier: MIT */
#include "doctor_judge.h"

#include <string.h>

/* ---- routers and their interfaces ---- */

static const char *subject(struct doctor_findings *findings, const struct conf_router *router)
{
	return doctor_text(findings, "router %s%s, interface %s", router->name,
			   router->vrrp.family == 6 ? " over IPv6" : "", router->interface);
}

static const char *setting_name(struct doctor_findings *findings, enum doctor_setting setting,
				const char *interface)
{
	const char *name = doctor_setting_names[setting], *at = strstr(name, "%s");
	char slashed[CONF_LINK_SIZE];

	/* A dot in the name of an interface is a slash to sysctl. */
	strcpy(slashed, interface);
	for (char *c = slashed; *c; c++)
		if (*c == '.')
			*c = '/';
	return doctor_text(findings, "%.*s%s%s", (int)(at - name), name, slashed, at + 2);
}

/* Whether an earlier router of the family has the same interface, of which it was told. */
static bool is_told(const struct doctor_view *view, unsigned i)
{
	const struct conf_router *router = &view->conf->routers[i];

	for (unsigned k = 0; k < i; k++)
		if (view->conf->routers[k].vrrp.family == router->vrrp.family &&
		    strcmp(view->conf->routers[k].interface, router->interface) == 0)
			return true;
	return false;
}

/* Called once for each interface and family. */
typedef void (*each_fn)(const struct doctor_view *view, const struct conf_router *router,
			const struct doctor_interface *interface, struct doctor_findings *findings);

static void for_each(const struct doctor_view *view, unsigned family,
		     struct doctor_findings *findings, each_fn each)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];
		const struct doctor_interface *interface =
			doctor_interface(view, router->interface);

		if (interface && router->vrrp.family == family && !is_told(view, i))
			each(view, router, interface, findings);
	}
}

static void find_setting(struct doctor_findings *findings, const struct conf_router *router,
			 enum doctor_setting setting, const char *interface, int value,
			 const struct doctor_finding *words)
{
	struct doctor_finding finding = *words;
	const char *name = setting_name(findings, setting, interface);

	finding.subject = subject(findings, router);
	finding.mend = doctor_text(findings, "sysctl -w %s=%d", doctor_word(findings, name), value);
	if (!finding.advice)
		finding.advice = doctor_text(findings, "a file in /etc/sysctl.d keeps it: %s = %d",
					     name, value);
	doctor_find(findings, &finding);
}

/* ---- IPv6, forwarding ---- */

static void judge_ipv6(const struct doctor_view *view, const struct conf_router *router,
		       const struct doctor_interface *interface, struct doctor_findings *findings)
{
	int disabled = interface->settings[DOCTOR_DISABLE_IPV6];

	(void)view;
	if (disabled == DOCTOR_NO_SETTING && interface->link.mtu >= 1280)
		DOCTOR_FIND(findings, .severity = DOCTOR_ERROR,
			    .subject = subject(findings, router), .seen = "this kernel has no IPv6",
			    .why = "the router cannot speak in that family",
			    .advice =
				    "boot without ipv6.disable=1, or leave its IPv6 addresses out");
	else if (disabled > 0)
		find_setting(findings, router, DOCTOR_DISABLE_IPV6, interface->link.name, 0,
			     &(struct doctor_finding){
				     .severity = DOCTOR_ERROR,
				     .seen = "IPv6 is switched off on the interface",
				     .why = "it has no link-local address to advertise from, and "
					    "takes no virtual one",
			     });
}

void doctor_judge_ipv6(const struct doctor_view *view, struct doctor_findings *findings)
{
	for_each(view, 6, findings, judge_ipv6);
}

/* Whether the host is plainly meant to route, and not to serve by itself alone. */
static bool is_gateway(const struct doctor_view *view, unsigned family)
{
	enum doctor_setting setting = family == 6 ? DOCTOR_FORWARDING6 : DOCTOR_FORWARDING4;

	for (unsigned i = 0; i < view->conf->routers_n; i++)
		if (view->conf->routers[i].routes_n)
			return true;
	for (unsigned i = 0; i < view->interfaces_n; i++)
		if (view->interfaces[i].settings[setting] > 0 &&
		    strcmp(view->interfaces[i].link.name, CONF_LOOPBACK) != 0)
			return true;
	return false;
}

static void judge_forwarding(const struct doctor_view *view, const struct conf_router *router,
			     const struct doctor_interface *interface,
			     struct doctor_findings *findings)
{
	unsigned family = router->vrrp.family;
	enum doctor_setting setting = family == 6 ? DOCTOR_FORWARDING6 : DOCTOR_FORWARDING4;
	bool gateway = is_gateway(view, family);
	/* IPv6 forwards by the setting for all alone; that for one says what it is there, a router
	 * or a host. To write what is there already into that for all changes nothing. */
	bool of_all = family == 6 && view->all[setting] == 0;

	if ((interface->settings[setting] != 0 && !of_all) ||
	    strcmp(router->interface, CONF_LOOPBACK) == 0)
		return;
	of_all |= view->all[setting] == 0 && !gateway;
	find_setting(findings, router, setting, of_all ? "all" : interface->link.name, 1,
		     &(struct doctor_finding){
			     .severity = gateway ? DOCTOR_WARNING : DOCTOR_NOTE,
			     .seen = doctor_text(
				     findings, "IPv%u is not forwarded on the interface%s", family,
				     gateway ? ", while the host has routes to move, or forwards "
					       "elsewhere"
					     : ""),
			     .why = "as a gateway it would be Active and let no packet through; "
				    "for services of its own it is right",
		     });
}

void doctor_judge_forwarding(const struct doctor_view *view, struct doctor_findings *findings)
{
	for_each(view, 4, findings, judge_forwarding);
	for_each(view, 6, findings, judge_forwarding);
}

/* A host that forwards takes Router Advertisements only if accept_ra is 2. */
static void judge_accept_ra(const struct doctor_view *view, const struct conf_router *router,
			    const struct doctor_interface *interface,
			    struct doctor_findings *findings)
{
	(void)view;
	if (interface->settings[DOCTOR_FORWARDING6] > 0 &&
	    interface->settings[DOCTOR_ACCEPT_RA] == 1)
		find_setting(findings, router, DOCTOR_ACCEPT_RA, interface->link.name, 2,
			     &(struct doctor_finding){
				     .severity = DOCTOR_NOTE,
				     .seen = "it forwards IPv6, and accept_ra is 1: Router "
					     "Advertisements are passed over",
				     .why = "a default route that comes by them is not there; one "
					    "that is configured is not affected",
				     .advice = "or 0, which says that it is meant, and keeps this "
					       "host from following its own radvd",
			     });
}

void doctor_judge_accept_ra(const struct doctor_view *view, struct doctor_findings *findings)
{
	for_each(view, 6, findings, judge_accept_ra);
}

/* ---- IPv4 ---- */

static int larger(int a, int b)
{
	return a > b ? a : b;
}

/* Of the setting for all interfaces and that of one, the kernel takes the larger. */
static const char *whose(const struct doctor_view *view, const struct doctor_interface *interface,
			 enum doctor_setting setting)
{
	return view->all[setting] >= interface->settings[setting] ? "all" : interface->link.name;
}

/* Addresses of the router that live on other interfaces than itself. */
static const struct conf_address *guest_of(const struct conf_router *router)
{
	for (unsigned i = 0; i < router->addresses_n + router->extra_n; i++)
		if (strcmp(conf_address_interface(router, &router->addresses[i]),
			   router->interface) != 0)
			return &router->addresses[i];
	return NULL;
}

/* Its own interface is vipd's to set right, if it has a virtual MAC; and so it does. */
void doctor_judge_rp_filter(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];
		const struct conf_address *guest = guest_of(router);
		const struct doctor_interface *interface;

		if (router->vrrp.family != 4 || !guest)
			continue;
		interface = doctor_interface(view, conf_address_interface(router, guest));
		if (!interface ||
		    larger(view->all[DOCTOR_RP_FILTER], interface->settings[DOCTOR_RP_FILTER]) != 1)
			continue;
		/* 2 outweighs 1, so one interface suffices. */
		find_setting(
			findings, router, DOCTOR_RP_FILTER, interface->link.name, 2,
			&(struct doctor_finding){
				.severity = DOCTOR_WARNING,
				.seen = doctor_text(findings,
						    "rp_filter is strict on %s, which holds an "
						    "address of the router",
						    interface->link.name),
				.why = "packets to that address are dropped without a trace when "
				       "the way back to who sent them leads by another interface",
			});
	}
}

#define ARP_IGNORE_ALL 8 /* no other value keeps neighbours from a virtual address */

static void judge_arp_ignore(const struct doctor_view *view, const struct conf_router *router,
			     const struct doctor_interface *interface,
			     struct doctor_findings *findings)
{
	int value = larger(view->all[DOCTOR_ARP_IGNORE], interface->settings[DOCTOR_ARP_IGNORE]);

	if (value != ARP_IGNORE_ALL)
		return;
	find_setting(findings, router, DOCTOR_ARP_IGNORE, whose(view, interface, DOCTOR_ARP_IGNORE),
		     1,
		     &(struct doctor_finding){
			     .severity = DOCTOR_ERROR,
			     .seen = doctor_text(findings, "arp_ignore is %d", value),
			     .why = "the host answers ARP for none of its addresses: nobody finds "
				    "the virtual ones once the first announcement is forgotten",
		     });
}

void doctor_judge_arp_ignore(const struct doctor_view *view, struct doctor_findings *findings)
{
	for_each(view, 4, findings, judge_arp_ignore);
}

/* Switched on for all, it is so on vipd's macvlan, too, whatever is set there. */
static void judge_arp_filter(const struct doctor_view *view, const struct conf_router *router,
			     const struct doctor_interface *interface,
			     struct doctor_findings *findings)
{
	bool virtual = false;

	(void)interface;
	for (unsigned i = 0; i < view->conf->routers_n; i++)
		virtual |= view->conf->routers[i].mac.type == CONF_MAC_VIRTUAL &&
			   strcmp(view->conf->routers[i].interface, router->interface) == 0;
	if (virtual && view->all[DOCTOR_ARP_FILTER] > 0)
		find_setting(findings, router, DOCTOR_ARP_FILTER, "all", 0,
			     &(struct doctor_finding){
				     .severity = DOCTOR_ERROR,
				     .seen = "arp_filter is on for all interfaces, and the router "
					     "has a virtual MAC",
				     .why = "ARP for its addresses is answered only if the way "
					    "back leads by its macvlan, and it leads by the "
					    "interface below: nobody finds them",
			     });
}

void doctor_judge_arp_filter(const struct doctor_view *view, struct doctor_findings *findings)
{
	for_each(view, 4, findings, judge_arp_filter);
}
