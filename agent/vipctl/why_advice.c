/* SPDX-License-Identifier: MIT */
#include "why_judge.h"

#include <stdio.h>
#include <string.h>

const char *why_advice_of_reason(enum vrrp_reason_code code)
{
	static const char *const advice[VRRP_REASON_COUNT] = {
		[VRRP_REASON_LINK_MISSING] =
			"Create the interface, or mend interface in vipd.conf, then vipctl reload.",
		[VRRP_REASON_LINK_DOWN] = "Set it up: ip link set {interface} up.",
		[VRRP_REASON_NO_CARRIER] =
			"Look at the cable, and at the port of the switch; of a bridge, bond, VLAN "
			"or macvlan at what it stands on.",
		[VRRP_REASON_LINK_TYPE] =
			"Name an Ethernet interface in vipd.conf, or use unicast peers.",
		[VRRP_REASON_NO_SOURCE] =
			"Give the interface an address of its own: ip address add, or mend source.",
		[VRRP_REASON_NO_GROUP] = "Look at vipctl events for the kernel's error, and at "
					 "sysctl net.ipv4.igmp_max_memberships.",
		[VRRP_REASON_LINK_PORT] = "Name the bridge or bond in vipd.conf, not its port.",
		[VRRP_REASON_MTU] =
			"Raise the MTU (ip link set {interface} mtu N), or move addresses "
			"to extra_addresses.",
		[VRRP_REASON_NO_OWN] = "Give the interface the owner's address: ip address add, or "
				       "do not use priority \"owner\".",
		[VRRP_REASON_ONLY_VIRTUAL] =
			"Give the interface an address of its own: ip address add.",
		[VRRP_REASON_ADDRESS_LINK_MISSING] =
			"Create that interface, or write required = false for the address.",
		[VRRP_REASON_ADDRESS_LINK_DOWN] =
			"Set it up (ip link set {other} up), or write required = false for the "
			"address.",
		[VRRP_REASON_ADDRESS_NO_CARRIER] =
			"Look at the cable of that interface, or write required = false for the "
			"address.",
		[VRRP_REASON_NO_PEER] = "Name other hosts in unicast.peers, then vipctl reload.",
		[VRRP_REASON_NOT_HERE] =
			"Give this host that address, or mend source in vipd.conf.",
		[VRRP_REASON_NO_GLOBAL] = "Give the interface a global IPv6 address.",
		[VRRP_REASON_NO_MACVLAN] =
			"Look at vipctl events for why: the kernel's error, or who removes it (ip "
			"monitor link); or use mac = \"interface\".",
		[VRRP_REASON_ON_MACVLAN] =
			"Name what it stands on in vipd.conf, or use mac = \"interface\".",
		[VRRP_REASON_TRACK_DOWN] =
			"Mend interface {other} (ip link), or give it a weight in track.",
		[VRRP_REASON_TRACK_UP] =
			"Look at why that interface is up, or drop reverse in track.",
		[VRRP_REASON_ROUTE_LINK_MISSING] =
			"Create that interface, or write required = false for the route.",
		[VRRP_REASON_ROUTE_LINK_DOWN] =
			"Set it up (ip link set {other} up), or write required = false for the "
			"route.",
		[VRRP_REASON_ROUTE_NO_CARRIER] =
			"Look at the cable of that interface, or write required = false for the "
			"route.",
		[VRRP_REASON_NO_KEY] = "Mend the file that auth.keys names, then vipctl reload.",
		[VRRP_REASON_CHECK_DOWN] =
			"Mend what it checks: vipctl show --checks {check} has its output.",
		[VRRP_REASON_CHECK_UP] = "Look at what it checks, or drop reverse in track: vipctl "
					 "show --checks {check}.",
	};

	return code < VRRP_REASON_COUNT ? advice[code] : NULL;
}

/* By the words of problems.c; those of notices and rejects are the protocol's (vrrp/names.h). */
static const struct {
	const char *word, *advice;
} rows[] = {
	{ "long_wait", "If that is no host of this router, or not its interval, vipctl forget "
		       "{router} ends this wait; else set the same interval on both." },
	{ "last_resort", "Find out who takes the address away (ip monitor address), then vipctl "
			 "reload." },
	{ "old_keys", "Mend the file of its keys (owner, mode, content), then vipctl reload." },
	{ "drained", "When the work is done: vipctl resume." },
	{ "leaving", "Wait for the commands, or see what they wait for: vipctl show --notify." },
	{ "damped", "Look at vipctl events for what makes it change; it ends by itself, or by "
		    "vipctl reload without damping." },
	{ "mute", "Give the interface an address of this family to send from: vipctl events has "
		  "the reason." },
	{ "deaf", "Ask vipctl why on the Active; look for a filter of this family: nft list "
		  "ruleset, and with multicast at snooping of the switch, with unicast at peers "
		  "of the Active." },
	{ "no_carrier", "Look at the cable and at the other host: if that runs, both are Active." },
	{ "interval", "Set the same interval on both." },
	{ "address_list", "Compare addresses of both configurations, of IPv6 also link_local; if "
			  "that is somebody else's "
			  "router, take another vrid." },
	{ "owner", "Leave priority \"owner\" to one host." },
	{ "equal_priority", "Give the hosts distinct priorities." },
	{ "checksum_form", "Set checksum to the form of the other host." },
	{ "other_active", "Ask vipctl why on that host: it does not hear this one, or begins only "
			  "now." },
	{ "not_heard", "Look on that host for what drops IP protocol 112: nft list ruleset, keys, "
		       "version; and at the switch." },
	{ "fell_silent",
	  "Ask vipctl why on that host, and look at the cable and the switch between." },
	{ "address_taken", "Find that MAC address in the switch. If it is of the other host of "
			   "this router ask vipctl why there, too, and compare both "
			   "configurations; else remove the address there." },
	{ "clock_skew", "Set the clocks of both hosts by NTP." },
	{ "rejected_ttl", "Look for a router in between, or set min_ttl of the peer." },
	{ "rejected_version", "Set the same version on both." },
	{ "rejected_checksum", "Look for what changes packets on the way: offloads, a firewall; or "
			       "who forges them." },
	{ "rejected_own_source", "Look for a loop in the network, or for a clone of this host." },
	{ "rejected_vrid", "Set the same vrid on both." },
	{ "rejected_destination", "Use multicast, with one group, or unicast on both." },
	{ "rejected_interval", "Look at who sends an interval of zero." },
	{ "rejected_empty_list", "Give the other host addresses to advertise." },
	{ "rejected_length", "If that is the other host of this router, and signs (auth), set the "
			     "same auth here; else look at who sends that: it is no valid "
			     "advert." },
	{ "rejected_type", "Look at who sends that: it is no valid advert." },
	{ "rejected_source", "Look at who sends that: no host can have its source." },
	{ "rejected_not_link_local", "Let the other host send from its link-local address." },
	{ "rejected_auth_type", "Set the same auth on both." },
	{ "rejected_auth_ah", "Take auth_type AH away on the other host; vipd has HMAC instead." },
	{ "rejected_auth_mismatch", "Set the same auth on both, or on none." },
	{ "rejected_interval_differs", "Set the same interval on both: version 2 demands it." },
	{ "rejected_auth_failed", "Set the same auth.password on both." },
	{ "rejected_not_peer", "Name that host in unicast.peers, if it is one of yours." },
	{ "rejected_hmac_missing", "Let the other host sign (auth), or set mode = \"permissive\" "
				   "until it does." },
	{ "rejected_hmac_malformed", "Use one version of vipd on both." },
	{ "rejected_hmac_stale", "Set the clocks of both hosts by NTP, then restart vipd where one "
				 "was wrong." },
	{ "rejected_hmac_unknown_key", "Copy the keys of both hosts into one file, then vipctl "
				       "reload on each." },
	{ "rejected_hmac_bad", "Copy one file of keys to both hosts, then vipctl reload on each." },
	{ "rejected_hmac_replay", "Look for a loop in the network, or for who sends old adverts." },
	{ "missing_address", "Look at vipctl events for why it cannot be added." },
	{ "held_address", "Remove it by hand: ip address del." },
	{ "double_address", "Remove the other one by hand: ip address del." },
	{ "twin_address", "Remove it from the other interface: ip address del." },
	{ "not_own_address", "Make it the host's own: ip address replace." },
	{ "missing_route", "Look at vipctl events for why it cannot be added." },
	{ "missing_rule", "Look at vipctl events for why it cannot be added." },
	{ "conflict", "If that is the other host of this router, set the same vrid on both; else "
		      "give the address to one of both virtual routers only." },
	{ "unknown", "Look at vipctl show --checks: has it an interval and a timeout that fit?" },
	{ "overdue", "Look at vipctl events for what became of vipd-checker." },
	{ "track", "Mend what is tracked: ip link has interfaces, vipctl show --checks what checks "
		   "say." },
	{ "unreachable_peer", "Look at the route to it (ip route get PEER); where an operation is "
			      "not permitted, at the firewall of this host (nft list ruleset)." },
	{ "process_lost", "Unless somebody killed it, report it, with what vipctl events and the "
			  "system's log have of it." },
	{ "process_stalled", "Look at the load of the host, and at vipctl events." },
	{ "killed", "Look into the system's log for the kernel's out-of-memory killer, and for who "
		    "killed it." },
	{ "reload_refused", "Mend the file (vipd -t says where), then vipctl reload." },
	{ "stolen_address", "Find out who removes it: ip monitor address, and what manages "
			    "{interface} beside vipd." },
	{ "silence", "Ask vipctl why there; look at both hosts, and at what is between." },
	{ "left", "Ask vipctl why there, or look at the log of its keepalived, for what it left." },
	{ "held_up", "Wait, or look at that member: vipctl why." },
};

const char *why_advice_of_problem(const char *word)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].word, word) == 0)
			return rows[i].advice;
	return NULL;
}

/* What keeps it from taking part. */
static const char *failing_check(const struct why_router *router)
{
	for (unsigned i = 0; i < router->tracks_n; i++) {
		const struct why_track *track = &router->tracks[i];

		if (track->is_check && !track->weight && track->up == track->reverse)
			return track->name;
	}
	return "CHECK";
}

/* Another interface than its own, which its reason is about. */
static const char *other_interface(const struct why_router *router, char *buf, size_t size)
{
	snprintf(buf, size, "%.15s", router->reason.interface);
	return buf[0] ? buf : "INTERFACE";
}

void why_advise(const char *advice, const struct why_router *router, char *buf)
{
	char other[sizeof(router->reason.interface)];
	const struct {
		const char *token, *value;
	} all[] = { { "{router}", router->name },
		    { "{interface}", router->interface },
		    { "{other}", other_interface(router, other, sizeof(other)) },
		    { "{check}", failing_check(router) } };
	char *at = buf, *const end = buf + WHY_ADVICE_SIZE;

	*buf = '\0';
	for (const char *from = advice ? advice : ""; *from && at < end - 1;) {
		const char *value = NULL;

		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && !value; i++)
			if (strncmp(from, all[i].token, strlen(all[i].token)) == 0) {
				value = all[i].value;
				from += strlen(all[i].token);
			}
		at += value ? snprintf(at, (size_t)(end - at), "%s", value)
			    : snprintf(at, (size_t)(end - at), "%c", *from++);
	}
}
