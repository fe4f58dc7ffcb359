/* SPDX-License-Identifier: MIT */
#include "event_words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "event_notes.h"
#include "vrrp/packet.h"

const char *const event_address_words[EVENT_ADDRESS_COUNT] = {
	[EVENT_ADDRESS_RESTORED] = "restored",   [EVENT_ADDRESS_EXPIRED] = "expired",
	[EVENT_ADDRESS_ENDED] = "ended",         [EVENT_ADDRESS_FOREIGN] = "foreign",
	[EVENT_ADDRESS_KEPT] = "kept",           [EVENT_ADDRESS_DOUBLE] = "double",
	[EVENT_ADDRESS_ABANDONED] = "abandoned", [EVENT_ADDRESS_FAILED] = "failed",
	[EVENT_ADDRESS_LACKING] = "lacking",     [EVENT_ADDRESS_NOT_OWN] = "not_own",
	[EVENT_ADDRESS_BEHIND] = "behind",       [EVENT_ADDRESS_UNFILTERED] = "unfiltered",
	[EVENT_ADDRESS_NO_PLACE] = "no_place",   [EVENT_ADDRESS_TWIN] = "twin",
};

const char *const event_macvlan_words[EVENT_MACVLAN_COUNT] = {
	[EVENT_MACVLAN_RESTORED] = "restored",       [EVENT_MACVLAN_FOREIGN] = "foreign",
	[EVENT_MACVLAN_ABANDONED] = "abandoned",     [EVENT_MACVLAN_FAILED] = "failed",
	[EVENT_MACVLAN_UP_RESTORED] = "up_restored", [EVENT_MACVLAN_UP_ABANDONED] = "up_abandoned",
	[EVENT_MACVLAN_UP_FAILED] = "up_failed",
};

const char *const event_drain_words[EVENT_DRAIN_COUNT] = {
	[EVENT_DRAIN_BEGINS] = "begins",
	[EVENT_DRAIN_OFFERS] = "offers",
	[EVENT_DRAIN_OVER] = "over",
	[EVENT_DRAIN_RESUMED] = "resumed",
	[EVENT_DRAIN_KEPT] = "kept",
	[EVENT_DRAIN_VOID] = "void",
	[EVENT_DRAIN_WAITS] = "waits",
	[EVENT_DRAIN_READY] = "ready",
	[EVENT_DRAIN_HOOK_FAILED] = "hook_failed",
	[EVENT_DRAIN_HOOK_LATE] = "hook_late",
	[EVENT_DRAIN_HOOK_USELESS] = "hook_useless",
};

const char *const event_notify_words[EVENT_NOTIFY_COUNT] = {
	[EVENT_NOTIFY_DEAD] = "dead",        [EVENT_NOTIFY_RETRY] = "retry",
	[EVENT_NOTIFY_DROP] = "drop",        [EVENT_NOTIFY_MERGED] = "merged",
	[EVENT_NOTIFY_UNKNOWN] = "unknown",  [EVENT_NOTIFY_STORE] = "stored",
	[EVENT_NOTIFY_HOOK] = "hook_failed",
};

const char *const event_damping_words[EVENT_DAMPING_COUNT] = {
	[EVENT_DAMPING_BEGINS] = "begins",
	[EVENT_DAMPING_ENDS] = "ends",
	[EVENT_DAMPING_REMOVED] = "removed",
};

const char *const event_track_words[EVENT_TRACK_UNKNOWN + 1] = {
	[EVENT_TRACK_UP] = "up",
	[EVENT_TRACK_DOWN] = "down",
	[EVENT_TRACK_UNKNOWN] = "unknown",
};

const char *const event_check_words[EVENT_CHECK_DOWN + 1] = {
	[EVENT_CHECK_UNKNOWN] = "unknown",
	[EVENT_CHECK_UP] = "up",
	[EVENT_CHECK_DOWN] = "down",
};

const char *const event_resort_words[EVENT_RESORT_RESET + 1] = {
	[EVENT_RESORT_BEGINS] = "begins",
	[EVENT_RESORT_CEDES] = "cedes",
	[EVENT_RESORT_ENDS] = "ends",
	[EVENT_RESORT_RESET] = "reset",
};

const char *const event_reload_words[EVENT_RELOAD_UNDONE + 1] = {
	[EVENT_RELOAD_STARTED] = "started",
	[EVENT_RELOAD_DONE] = "done",
	[EVENT_RELOAD_REFUSED] = "refused",
	[EVENT_RELOAD_UNDONE] = "undone",
};

const char *const event_change_words[EVENT_CHANGE_RESTARTED + 1] = {
	[EVENT_CHANGE_VALUE] = "value",         [EVENT_CHANGE_COMES] = "comes",
	[EVENT_CHANGE_GOES] = "goes",           [EVENT_CHANGE_ORDER] = "reordered",
	[EVENT_CHANGE_ADDED] = "added",         [EVENT_CHANGE_REMOVED] = "removed",
	[EVENT_CHANGE_RESTARTED] = "restarted",
};

const char *const event_changes_words[EVENT_CHANGES_UNCOMPARED + 1] = {
	[EVENT_CHANGES_NONE] = "unchanged",
	[EVENT_CHANGES_MORE] = "changed",
	[EVENT_CHANGES_UNCOMPARED] = "uncompared",
};

const char *const event_upgrade_words[EVENT_UPGRADE_REFUSED + 1] = {
	[EVENT_UPGRADE_REHEARSED] = "rehearsed",
	[EVENT_UPGRADE_DONE] = "done",
	[EVENT_UPGRADE_REFUSED] = "refused",
};

const char *const event_caveat_words[EVENT_CAVEAT_COUNT] = {
	[EVENT_CAVEAT_NOT_FORWARDING] = "not_forwarding",
	[EVENT_CAVEAT_SNOOPING] = "snooping",
};

const char *const event_route_words[EVENT_ROUTE_COUNT] = {
	[EVENT_ROUTE_RESTORED] = "restored",
	[EVENT_ROUTE_ABANDONED] = "abandoned",
	[EVENT_ROUTE_FAILED] = "failed",
	[EVENT_ROUTE_NO_PLACE] = "no_place",
};

const char *const event_standby_words[EVENT_STANDBY_AGAIN + 1] = {
	[EVENT_STANDBY_NONE] = "none",
	[EVENT_STANDBY_AGAIN] = "again",
};

const char *const event_keys_words[EVENT_KEYS_COUNT] = {
	[EVENT_KEYS_TAKEN] = "taken",
	[EVENT_KEYS_KEPT] = "kept",
	[EVENT_KEYS_LACKED] = "none",
};

const char *const event_clock_words[EVENT_CLOCK_COUNT] = {
	[EVENT_CLOCK_DIFFERS] = "differs",
	[EVENT_CLOCK_MOVED] = "moved",
};

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

/* What an operator can do about a discarded packet. */
static const char *reject_note(unsigned reject)
{
	static const char *const notes[VRRP_REJECT_COUNT] = {
		[VRRP_REJECT_TTL] = "its TTL is too low: it crossed a router, or was sent with "
				    "less than 255, as keepalived does over IPv6 to unicast peers; "
				    "of unicast peers min_ttl says how low it may be",
		[VRRP_REJECT_VERSION] =
			"the sender speaks another version of VRRP than this router: until both "
			"speak the same, both hosts may be active",
		[VRRP_REJECT_CHECKSUM] =
			"neither form of the checksum fits: corrupted on the way, or forged",
		[VRRP_REJECT_OWN_SOURCE] =
			"our own address as source: a loop in the network, or a cloned host",
		[VRRP_REJECT_DESTINATION] =
			"not sent to this router's multicast group, or by unicast where it uses "
			"multicast, or the "
			"other way round: until both do the same, both hosts may be active",
		[VRRP_REJECT_INTERVAL] = "an advertisement interval of zero",
		[VRRP_REJECT_EMPTY_LIST] =
			"an advert without addresses, and this router advertises some",
		[VRRP_REJECT_VRID] = "no router of ours has this VRID on this interface",
		[VRRP_REJECT_NOT_LINK_LOCAL] =
			"IPv6 multicast from an address that is not link-local",
		[VRRP_REJECT_AUTH_TYPE] = "an authentication that nobody defined",
		[VRRP_REJECT_AUTH_AH] =
			"the sender authenticates by IP Authentication Header, which vipd lacks: "
			"until it does not, both hosts may be active",
		[VRRP_REJECT_AUTH_MISMATCH] =
			"the sender and this router do not authenticate in the same way: until "
			"they do, both hosts may be active",
		[VRRP_REJECT_AUTH_FAILED] =
			"another password than this router's: until they are the same, both hosts "
			"may be active",
		[VRRP_REJECT_NOT_PEER] = "the sender is none of the configured peers",
		[VRRP_REJECT_HMAC_MISSING] =
			"not signed, and this router takes only what is: forged, or the sender has "
			"no auth yet: until it has, both hosts may be active",
		[VRRP_REJECT_HMAC_MALFORMED] = "its HMAC trailer is of a kind that nobody defined",
		[VRRP_REJECT_HMAC_STALE] =
			"the time in its HMAC trailer is further from this host's than the window: "
			"an old advert sent again, or a wrong clock: until both clocks are right, "
			"both hosts may be active",
		[VRRP_REJECT_HMAC_UNKNOWN_KEY] =
			"signed with a key whose number is not among the keys of this router: "
			"until it is, both hosts may be active",
		[VRRP_REJECT_HMAC_BAD] =
			"not signed with our key of that number: forged, or another secret under "
			"the same number: until they are the same, both hosts may be active",
		[VRRP_REJECT_HMAC_REPLAY] =
			"heard before: somebody sends old adverts again, or a loop in the network",
		[VRRP_REJECT_INTERVAL_DIFFERS] =
			"version 2 demands equal intervals: until they are, both hosts may be "
			"active",
	};

	if (reject < VRRP_REJECT_COUNT && notes[reject])
		return notes[reject];
	return "not a valid advert";
}

/*
 * How long a Backup waits in silence for whoever has another interval. From an event of a version
 * that did not tell, what it is for some priority.
 */
static void interval_note(const struct event *event, char *buf)
{
	const struct event_packet *packet = &event->packet;
	char wait[32];

	if (packet->down_ms)
		snprintf(wait, sizeof(wait), "%.3f", packet->down_ms / 1000.0);
	else
		snprintf(wait, sizeof(wait), "%.2f to %.2f", packet->theirs_cs * 3 / 100.0,
			 packet->theirs_cs * 4 / 100.0);
	snprintf(buf, EVENT_NOTE_SIZE,
		 "its adverts come every %.2f s, ours every %.2f s: while that host is Active, a "
		 "Backup here takes over after %s s of silence; set the same on both; vipctl "
		 "forget ends the wait for a false one",
		 packet->theirs_cs / 100.0, packet->ours_cs / 100.0, wait);
}

/* Whether our list has a link-local address in front that theirs does without. */
static bool is_link_local_ours_alone(const struct event *event)
{
	const struct event_packet *packet = &event->packet;

	return packet->ours_n && packet->theirs_n && vrrp_is_link_local(6, packet->ours[0]) &&
	       !vrrp_is_link_local(6, packet->theirs[0]);
}

/* keepalived discards adverts with other addresses than its own. */
static void list_note(const struct event *event, char *buf)
{
	if (event->family == 6 && is_link_local_ours_alone(event))
		snprintf(buf, EVENT_NOTE_SIZE,
			 "its list has no link-local address in front, ours has: a keepalived "
			 "discards ours, and then both are active; set link_local to none in "
			 "router %s",
			 event->router);
	else
		strcpy(buf, "another configuration, or somebody else's router with our VRID; a "
			    "keepalived discards our list, and then both are active");
}

/* Its address stands where an advert has its source. */
static void taken_note(const struct event *event, char *buf)
{
	const uint8_t *mac = event->packet.theirs[0];

	snprintf(buf, EVENT_NOTE_SIZE,
		 "%02x:%02x:%02x:%02x:%02x:%02x says to have this address, which is ours now: two "
		 "hosts answer; find that MAC address in the switch, and remove the address there",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void notice_note(const struct event *event, char *buf)
{
	static const char *const notes[VRRP_NOTICE_COUNT] = {
		[VRRP_NOTICE_OWNER] = "two hosts claim to own the addresses; only one may have "
				      "priority 'owner'",
		[VRRP_NOTICE_EQUAL_PRIORITY] = "the higher address wins; give distinct priorities",
		[VRRP_NOTICE_OTHER_ACTIVE] =
			"that host was active, too; answered and announced again",
		[VRRP_NOTICE_NOT_HEARD] =
			"that host goes on being active, although it was answered all the time: it "
			"does not hear this one, and two hosts answer; look for a firewall there "
			"that drops IP protocol 112, a switch that filters, other keys or another "
			"version",
		[VRRP_NOTICE_CLOCK_SKEW] =
			"its clock and this host's are more than half the window apart: beyond the "
			"window its adverts are discarded; set the clocks by NTP, then restart "
			"vipd where it was wrong",
	};
	unsigned which = event->packet.which;

	if (which == VRRP_NOTICE_CHECKSUM_FORM)
		snprintf(buf, EVENT_NOTE_SIZE,
			 "understood, but the sender may not understand ours, and then both are "
			 "active; set checksum to %s in router %s",
			 event->packet.checksum == VRRP_CHECKSUM_RFC5798 ? "rfc5798" : "rfc9568",
			 event->router);
	else if (which == VRRP_NOTICE_ADDRESS_TAKEN)
		taken_note(event, buf);
	else if (which == VRRP_NOTICE_ADDRESS_LIST)
		list_note(event, buf);
	else if (which == VRRP_NOTICE_INTERVAL && event->packet.discarded)
		strcpy(buf, "discarded, as version 2 demands equal intervals: until they are, both "
			    "hosts may be active; set the same on both");
	else if (which == VRRP_NOTICE_INTERVAL)
		interval_note(event, buf);
	else if (which < VRRP_NOTICE_COUNT)
		strcpy(buf, which == VRRP_NOTICE_EQUAL_PRIORITY && event->packet.priority == 1
				    ? "the higher address wins; both hosts may be the last resort"
				    : notes[which]);
}

static const char *const address_notes[EVENT_ADDRESS_COUNT] = {
	[EVENT_ADDRESS_RESTORED] = "somebody removed it; it is back and announced",
	[EVENT_ADDRESS_EXPIRED] = "its lease ended while no advert left; it is back and announced",
	[EVENT_ADDRESS_ENDED] = "its lease ended since no advert left; it comes back when one does",
	[EVENT_ADDRESS_LACKING] = "the host's own: vipd never adds it, since it would go with vipd",
	[EVENT_ADDRESS_NOT_OWN] =
		"the owner's, and it was not on the interface: vipd added it, "
		"and it goes with vipd; make it the host's own: ip address replace",
	[EVENT_ADDRESS_BEHIND] =
		"it stood before an address of the host's own in the same subnet, which would have "
		"gone with it; now it stands behind",
	[EVENT_ADDRESS_NO_PLACE] = "its interface is missing or down, and it is not required: vipd "
				   "goes on without, and adds it when the interface comes up",
	[EVENT_ADDRESS_TWIN] = "somebody has put it on another interface of this host, too: the "
			       "host answers for it as a Backup as well; remove it there by hand",
	[EVENT_ADDRESS_FOREIGN] = "it was there already; vipd uses it and will not remove it",
	[EVENT_ADDRESS_KEPT] = "somebody else put it there, so vipd does not remove it although "
			       "this router is not active",
	[EVENT_ADDRESS_DOUBLE] = "somebody else put it there with another prefix length, so vipd "
				 "does not remove it; remove it by hand",
	[EVENT_ADDRESS_ABANDONED] =
		"removed by somebody again and again, and left alone for a pause that grows from "
		"2 to 64 s; find out who removes it (ip monitor address), then vipctl reload",
	[EVENT_ADDRESS_FAILED] = "the kernel refuses the change; tried again every second",
	[EVENT_ADDRESS_UNFILTERED] =
		"accept = false, and nftables refuse to drop packets to it, so it is not added; "
		"tried again every second",
};

static const char *const resort_notes[EVENT_RESORT_RESET + 1] = {
	[EVENT_RESORT_BEGINS] = "active without this address: the last resort, with priority 1, "
				"until all of them have been there for 60 s or vipctl reload",
	[EVENT_RESORT_CEDES] = "no peer preempts, so it says priority 0 and leaves if one takes "
			       "over; if none does it goes on with what it has",
	[EVENT_RESORT_ENDS] = "all its addresses have been there for 60 s: priority as configured",
	[EVENT_RESORT_RESET] = "it was in fault, and begins anew: priority as configured",
};

/* The first addresses of a list; cut short with dots when it is long. */
static void list_text(const struct event *event, uint8_t (*list)[16], unsigned n, char *buf)
{
	char text[INET6_ADDRSTRLEN];
	size_t len = 0;

	for (unsigned i = 0; i < n && i < EVENT_LIST_MAX; i++)
		len += (size_t)sprintf(buf + len, "%s%s", i ? "," : "",
				       ip_text(event->family, list[i], text));
	if (n > EVENT_LIST_MAX)
		strcpy(buf + len, ",...");
}

static void fill_packet(struct event_words *words)
{
	struct event *event = &words->event;

	if (event->kind != EVENT_NOTICE) {
		snprintf(words->note, sizeof(words->note), "%s", reject_note(event->packet.which));
		return;
	}
	notice_note(event, words->note);
	list_text(event, event->packet.ours, event->packet.ours_n, words->ours);
	list_text(event, event->packet.theirs, event->packet.theirs_n, words->theirs);
}

static void fill_prefix(struct event_words *words)
{
	const struct event *event = &words->event;
	char text[INET6_ADDRSTRLEN];

	snprintf(words->address, sizeof(words->address), "%s/%u",
		 ip_text(event->family, event->address.bytes, text), event->address.prefix_len);
}

/* NULL: the kernel refuses it for a reason that only the error says. */
static const char *refusal_note(const struct event *event)
{
	if (event->family == 4 && event->address.error == EINVAL)
		return "the kernel refuses it while an address of the same subnet on that "
		       "interface has another scope; tried again every second";
	if (event->family == 6 && event->address.error == EACCES)
		return "IPv6 is switched off on that interface (disable_ipv6); tried again every "
		       "second";
	return NULL;
}

static void fill_address(struct event_words *words)
{
	const struct event *event = &words->event;
	const unsigned news = event->address.news;
	const char *note = news < EVENT_ADDRESS_COUNT ? address_notes[news] : NULL;

	fill_prefix(words);
	if (news == EVENT_ADDRESS_FAILED && refusal_note(event))
		note = refusal_note(event);
	if (note)
		strcpy(words->note, note);
}

static void fill_resort(struct event_words *words)
{
	const unsigned what = words->event.address.news;

	if (what == EVENT_RESORT_BEGINS)
		fill_prefix(words);
	if (what <= EVENT_RESORT_RESET && resort_notes[what])
		strcpy(words->note, resort_notes[what]);
}

static void fill_state(struct event_words *words)
{
	const struct event *event = &words->event;
	struct vrrp_reason reason = { .code = event->state.reason,
				      .priority = event->state.peer_priority,
				      .own_priority = event->state.priority,
				      .ns = event->state.reason_ns };

	memcpy(reason.source,
	       vrrp_reason_is_of_peer(reason.code) ? event->state.peer : event->state.detail,
	       sizeof(reason.source));
	event_reason_text(&reason, event->interface, event->state.why, event->family,
			  words->reason);
}

static void fill_track(struct event_words *words)
{
	const struct event_track *track = &words->event.track;

	strcpy(words->track, track->interface[0] ? track->interface : track->check);
}

static void fill_check(struct event_words *words)
{
	const struct event_check *check = &words->event.check;

	if (check->overdue)
		snprintf(words->note, sizeof(words->note),
			 "it has not answered in time: another checker is started, and it counts "
			 "as %s until it does",
			 check->to <= EVENT_CHECK_DOWN ? event_check_words[check->to] : "unknown");
	else if (check->changes_n)
		strcpy(words->note, "it changes again and again: so many changes before were not "
				    "told; vipctl show --checks has how many answers were bad");
	else if (check->again)
		strcpy(words->note, "it answers again");
}

static void fill_damping(struct event_words *words)
{
	static const struct field until =
		FIELD(struct event_words, event.fact.number[2], "until", FIELD_TIME);
	struct event_fact *fact = &words->event.fact;
	char text[FIELDS_TEXT_SIZE];

	snprintf(fact->name, sizeof(fact->name), "%.66s",
		 fact->number[2] ? fields_text(&until, words, text) : "");
	strcpy(words->note, event_note_damping(&words->event));
}

static void fill_forgotten(struct event_words *words)
{
	const struct event_forgotten *forgotten = &words->event.forgotten;

	snprintf(words->note, sizeof(words->note),
		 "it would have waited %.3f s more; it takes over in %.3f s if it hears nobody",
		 (double)forgotten->left_ns / 1e9, (double)forgotten->takeover_ns / 1e9);
}

/* As a line has a value: in quotes when it would not be one word without. */
static void put_value(const char *value, char *buf, size_t size)
{
	bool quoted = value[0] == '\0' || strpbrk(value, " \"=");
	size_t begin = strlen(buf);

	snprintf(buf + begin, size - begin, quoted ? "\"%s\"" : "%s", value);
	for (char *p = buf + begin + 1; quoted && *p && p[1]; p++)
		if (*p == '"')
			*p = '\'';
}

static void fill_change(struct event_words *words)
{
	const struct event_change *change = &words->event.change;
	const unsigned what = change->what;
	char *buf = words->what;
	const size_t size = sizeof(words->what);

	if (what == EVENT_CHANGE_ADDED || what == EVENT_CHANGE_REMOVED) {
		snprintf(buf, size, "change=%s", event_change_words[what]);
		return;
	}
	snprintf(buf, size, "%s=", change->key);
	if (what == EVENT_CHANGE_ORDER) {
		put_value(event_change_words[what], buf, size);
		return;
	}
	if (what != EVENT_CHANGE_COMES)
		put_value(change->old, buf, size);
	strcat(buf, "->");
	if (what != EVENT_CHANGE_GOES)
		put_value(change->new, buf, size);
	if (what == EVENT_CHANGE_RESTARTED)
		strcat(buf, " change=restarted");
}

static const char *signal_note(const struct event *event)
{
	return event->fact.word ? "leaving gracefully" : "";
}

static const char *standby_note(const struct event *event)
{
	return event->fact.word == EVENT_STANDBY_NONE
		       ? "the next crash would be the last will; tried again every 10 s"
		       : "";
}

static const char *const changes_notes[] = {
	[0] = "",
	[EVENT_CHANGES_NONE] = "the configuration says what it said before",
	[EVENT_CHANGES_MORE] = "these changes are not told one by one",
	[EVENT_CHANGES_UNCOMPARED] = "what the reload changed cannot be told",
};
#define CHANGES_NOTES (sizeof(changes_notes) / sizeof(changes_notes[0]))

static const char *const keys_notes[EVENT_KEYS_COUNT] = {
	[EVENT_KEYS_TAKEN] = "",
	[EVENT_KEYS_KEPT] = "the keys of before are used on; mend the file, then vipctl reload",
	[EVENT_KEYS_LACKED] = "its routers are in fault; mend the file, then vipctl reload",
};

static void fill_clock(struct event_words *words)
{
	static const char *const notes[EVENT_CLOCK_COUNT] = {
		[EVENT_CLOCK_DIFFERS] =
			"it has our key and another time: a wrong clock there or here, or old "
			"adverts sent again; a Backup that has heard nobody waits up to a minute, "
			"then both hosts may be active; set the clocks, then restart vipd where "
			"one was wrong",
		[EVENT_CLOCK_MOVED] =
			"the clock was set, or stood still, since vipd began to use it: HMAC goes "
			"by the time of now, which agrees with the sender's",
	};
	const unsigned what = words->event.clock.what;

	if (what < EVENT_CLOCK_COUNT && notes[what])
		snprintf(words->note, sizeof(words->note), "%s", notes[what]);
}

static void fill_fact(struct event_words *words)
{
	const struct event *event = &words->event;
	const char *name = NULL;

	if (event->kind == EVENT_ROUTE || event->kind == EVENT_RULE) {
		strcpy(words->note, event_note_route(event));
	} else if (event->kind == EVENT_MACVLAN) {
		strcpy(words->note, event_note_macvlan(event));
	} else if (event->kind == EVENT_SIGNAL) {
		name = sigabbrev_np((int)event->fact.number[0]);
		snprintf(words->signal, sizeof(words->signal), "%s", name ? name : "?");
		strcpy(words->note, signal_note(event));
	} else if (event->kind == EVENT_PROCESS_LOST) {
		strcpy(words->note, event->fact.word ? "too often, so nothing goes on: last will"
						     : "another router process goes on");
	} else if (event->kind == EVENT_CONTROL) {
		strcpy(words->note, event->fact.error ? "going on without; tried again every 5 s"
						      : "vipctl is served again");
	} else if (event->kind == EVENT_STANDBY) {
		strcpy(words->note, standby_note(event));
	} else if (event->kind == EVENT_NOT_ADOPTED) {
		strcpy(words->note, event->fact.word
					    ? "the state memory is of another version of vipd"
					    : "the state memory is damaged or was never finished");
	} else if (event->kind == EVENT_KEYS && event->fact.word < EVENT_KEYS_COUNT) {
		strcpy(words->note, keys_notes[event->fact.word] ?: "");
	} else if (event->kind == EVENT_CAVEAT) {
		strcpy(words->note, event_note_caveat(event));
	} else if (event->kind == EVENT_CHANGES && event->fact.word < CHANGES_NOTES) {
		strcpy(words->note, changes_notes[event->fact.word]);
	} else if (event->kind == EVENT_RECEIVE) {
		snprintf(words->note, sizeof(words->note), "%s",
			 event->fact.error ? strerror(event->fact.error)
					   : "adverts come faster than they can be read");
	}
}

/* An event of a version that knew one group does not say which. */
static void fill_group(struct event_words *words)
{
	const struct event *event = &words->event;
	uint8_t group[16];

	memcpy(group, event->fact.number, sizeof(group));
	ip_text(event->family, group[0] ? group : vrrp_group(event->family), words->what);
}

void event_words_fill(struct event_words *words)
{
	switch (words->event.kind) {
	case EVENT_STATE:
	case EVENT_SUSPICION:
	case EVENT_STATE_NOW:
	case EVENT_STATE_ASKED:
	case EVENT_FLAPPED:
	case EVENT_MUTE:
		fill_state(words);
		break;
	case EVENT_REJECT:
	case EVENT_STRAY:
	case EVENT_NOTICE:
		fill_packet(words);
		break;
	case EVENT_ADDRESS:
	case EVENT_SWEPT:
		fill_address(words);
		break;
	case EVENT_RESORT:
		fill_resort(words);
		break;
	case EVENT_CHANGE:
		fill_change(words);
		break;
	case EVENT_GROUP:
		fill_group(words);
		break;
	case EVENT_DRAIN:
	case EVENT_DRAINED:
		strcpy(words->note, event_note_drain(&words->event));
		break;
	case EVENT_TRACK:
		fill_track(words);
		break;
	case EVENT_CHECK:
		fill_check(words);
		break;
	case EVENT_DAMPED:
		fill_damping(words);
		break;
	case EVENT_FORGOTTEN:
		fill_forgotten(words);
		break;
	case EVENT_CLOCK:
		fill_clock(words);
		break;
	default:
		fill_fact(words);
	}
}
