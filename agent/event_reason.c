/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const char *ip_text(unsigned family, const uint8_t *bytes, char *buf)
{
	return inet_ntop(family == 6 ? AF_INET6 : AF_INET, bytes, buf, INET6_ADDRSTRLEN);
}

/* What adverts are sent from (RFC 9568 §5.1.1.1, §5.1.2.1). */
static const char *source_kind(unsigned family)
{
	return family == 6 ? "link-local" : "IPv4";
}

/*
 * One row per reason. What stands in braces is {i}, the router's interface; {o}, another one; {p},
 * the peer or the address in question; {n} its priority, {m} ours; {s} seconds; {k} what adverts
 * are sent from; {a} and {b}, numbers; {#} the first one behind a blank, unless it is 0; {c} a
 * check, and how it is.
 */
static const char *const reason_texts[VRRP_REASON_COUNT] = {
	[VRRP_REASON_NONE] = "not started yet",
	[VRRP_REASON_STARTED] = "started",
	[VRRP_REASON_START_DELAY] = "start delay of {s} s",
	[VRRP_REASON_BOOT_DELAY] = "boot delay, which ends in {s} s",
	[VRRP_REASON_OWNER] = "owner of the addresses",
	[VRRP_REASON_SILENCE] = "no advert for {s} s",
	[VRRP_REASON_LEFT] = "{p} left with priority 0",
	[VRRP_REASON_PREEMPT] = "{p} has the lower priority {n}, ours is {m}",
	[VRRP_REASON_HIGHER] = "{p} has the higher priority {n}, ours is {m}",
	[VRRP_REASON_TIE] = "{p} has the same priority {n} and the higher address",
	[VRRP_REASON_STOPPED] = "stopped",
	[VRRP_REASON_LINK_MISSING] = "there is no interface {i}",
	[VRRP_REASON_LINK_DOWN] = "interface {i} is down",
	[VRRP_REASON_NO_CARRIER] = "interface {i} has no carrier",
	[VRRP_REASON_LINK_TYPE] = "interface {i} is not Ethernet",
	[VRRP_REASON_NO_SOURCE] = "interface {i} has no {k} address of its own",
	[VRRP_REASON_NO_GROUP] = "interface {i} cannot join the multicast group",
	[VRRP_REASON_RECOVERED] = "the fault is over",
	[VRRP_REASON_LINK_PORT] = "interface {i} is a port of {o}",
	[VRRP_REASON_MTU] = "an advert of {a} bytes does not fit into the MTU of interface {i}, "
			    "{b}",
	[VRRP_REASON_NO_OWN] = "interface {i} does not have the owner's address {p}",
	[VRRP_REASON_AWAY] = "this host stood still, and {p} with priority {n} took over",
	[VRRP_REASON_ONLY_VIRTUAL] = "interface {i} has no {k} address but the virtual {p}: add "
				     "one of its own",
	[VRRP_REASON_CEDED] = "we offered to leave; {p} with priority {n} took over",
	[VRRP_REASON_TOGETHER] = "together with its IPv{n}",
	[VRRP_REASON_ADDRESS_LINK_MISSING] = "there is no interface {o} to hold an address on",
	[VRRP_REASON_ADDRESS_LINK_DOWN] = "interface {o}, which an address is held on, is down",
	[VRRP_REASON_ADDRESS_NO_CARRIER] = "interface {o}, which an address is held on, has no "
					   "carrier",
	[VRRP_REASON_NO_PEER] = "all its unicast peers are addresses of this host",
	[VRRP_REASON_NOT_HERE] = "no interface of this host has its source {p}",
	[VRRP_REASON_NO_GLOBAL] = "interface {i} has no IPv6 address of its own but link-local "
				  "ones, and its peers are on other links",
	[VRRP_REASON_NO_MACVLAN] = "interface {i} cannot have the macvlan {o}",
	[VRRP_REASON_GROUP] = "together with its group",
	[VRRP_REASON_TRACK_DOWN] = "interface {o}, which is tracked, is down",
	[VRRP_REASON_TRACK_UP] = "interface {o}, which is tracked in reverse, is up",
	[VRRP_REASON_MEMBER] = "another member of its group has a fault, on interface {o}",
	[VRRP_REASON_ON_MACVLAN] = "interface {i} is a macvlan itself and can carry no virtual "
				   "MAC: name what it stands on, or use mac = \"interface\"",
	[VRRP_REASON_MUTE] = "no advert of ours leaves, and {p} with priority {n} is active",
	[VRRP_REASON_NO_KEY] = "there is no usable HMAC key{#}: see the keys of auth",
	[VRRP_REASON_ROUTE_LINK_MISSING] = "there is no interface {o} for a route to lead over",
	[VRRP_REASON_ROUTE_LINK_DOWN] = "interface {o}, which a route leads over, is down",
	[VRRP_REASON_ROUTE_NO_CARRIER] = "interface {o}, which a route leads over, has no carrier",
	[VRRP_REASON_CHECK_DOWN] = "check {c}",
	[VRRP_REASON_CHECK_UP] = "check {c}, and it is tracked in reverse",
	[VRRP_REASON_MEMBER_CHECK] = "another member of its group has a fault: check {c}",
};

/* Of a router that is told what to send from. */
static const char no_such_source[] = "interface {i} does not have its source {p}";

/* Of one that is not, and has no interface: 127.0.0.1 and ::1 are of no use. */
static const char nothing_on_lo[] = "it has no source, and interface {i} no address that others "
				    "can answer to";

/* What a reason is told with. */
struct reason_told {
	const struct vrrp_reason *reason;
	const char *interface, *why;
	unsigned family;
};

/* What a letter of a row stands for. @buf: INET6_ADDRSTRLEN. */
static const char *reason_word(const struct reason_told *told, char letter, char *buf)
{
	const struct vrrp_reason *reason = told->reason;
	const size_t size = INET6_ADDRSTRLEN;

	switch (letter) {
	case 'i':
		return told->interface;
	case 'c':
		return told->why[0] ? told->why : "that is tracked";
	case 'k':
		return source_kind(told->family);
	case 'o':
		snprintf(buf, size, "%.15s", reason->interface);
		return buf;
	case 's':
		snprintf(buf, size, "%.3f", (double)reason->ns / 1e9);
		return buf;
	case 'n':
	case 'm':
		snprintf(buf, size, "%u", letter == 'n' ? reason->priority : reason->own_priority);
		return buf;
	case '#':
		if (reason->bytes[0] == 0)
			return "";
		snprintf(buf, size, " %u", reason->bytes[0]);
		return buf;
	case 'a':
	case 'b':
		snprintf(buf, size, "%u", reason->bytes[letter == 'b']);
		return buf;
	default:
		return ip_text(told->family, reason->source, buf);
	}
}

/* The row of a reason, or what is said instead of it. */
static const char *reason_row(const struct vrrp_reason *reason, const char *interface)
{
	bool no_source = reason->code == VRRP_REASON_NO_SOURCE;

	if (no_source && reason->source[0])
		return no_such_source;
	if ((no_source || reason->code == VRRP_REASON_NO_GLOBAL) && strcmp(interface, "lo") == 0)
		return nothing_on_lo;
	return reason_texts[reason->code < VRRP_REASON_COUNT ? reason->code : 0];
}

const char *event_reason_text(const struct vrrp_reason *reason, const char *interface,
			      const char *why, unsigned family, char *buf)
{
	const struct reason_told told = { reason, interface, why, family };
	const char *text = reason_row(reason, interface);
	char word[INET6_ADDRSTRLEN];
	size_t len = 0;

	for (; *text && len < EVENT_REASON_SIZE - 1; text++) {
		if (*text != '{') {
			buf[len++] = *text;
			continue;
		}
		len += (size_t)snprintf(buf + len, EVENT_REASON_SIZE - len, "%s",
					reason_word(&told, text[1], word));
		text += 2;
	}
	if (len >= EVENT_REASON_SIZE)
		len = EVENT_REASON_SIZE - 1;
	buf[len] = '\0';
	return buf;
}
