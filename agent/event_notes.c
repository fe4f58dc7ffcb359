/* SPDX-License-Identifier: MIT */
#include "event_notes.h"

#include <errno.h>

static const char *const macvlan_notes[EVENT_MACVLAN_COUNT] = {
	[EVENT_MACVLAN_RESTORED] = "somebody removed it; it is back, with its addresses",
	[EVENT_MACVLAN_FOREIGN] = "somebody else's macvlan has the virtual MAC address on this "
				  "interface, so vipd makes none; remove it by hand",
	[EVENT_MACVLAN_ABANDONED] = "removed by somebody again and again, and left alone for a "
				    "pause that grows from 2 to 64 s; find out who removes it (ip "
				    "monitor link)",
	[EVENT_MACVLAN_FAILED] = "the kernel does not make it; tried again every second",
	[EVENT_MACVLAN_UP_RESTORED] = "somebody set it down; it is up again",
	[EVENT_MACVLAN_UP_ABANDONED] = "set down by somebody again and again, and left alone for a "
				       "pause that grows from 2 to 64 s; find out who does it (ip "
				       "monitor link)",
	[EVENT_MACVLAN_UP_FAILED] = "the kernel does not set it up; tried again every second",
};

const char *event_note_macvlan(const struct event *event)
{
	const unsigned news = event->fact.word;

	if (news == EVENT_MACVLAN_FAILED && event->fact.error == EEXIST)
		return "another interface has its name, and vipd leaves that alone: rename that, "
		       "or give mac a name of its own; tried again every second";
	if (news == EVENT_MACVLAN_UP_FAILED && event->fact.error == EADDRINUSE)
		return "another macvlan with its MAC address is up on this interface; tried again "
		       "every second";
	return news < EVENT_MACVLAN_COUNT && macvlan_notes[news] ? macvlan_notes[news] : "";
}

const char *event_note_caveat(const struct event *event)
{
	switch ((enum event_caveat)event->fact.word) {
	case EVENT_CAVEAT_NOT_FORWARDING:
		return event->family == 4
			       ? "this host does not route IPv4: what clients send by way of its "
				 "virtual addresses is lost (sysctl net.ipv4.ip_forward); for "
				 "services on the host itself all is well"
			       : "this host does not route IPv6, and its advertisements say so, so "
				 "that clients take it for no router (sysctl "
				 "net.ipv6.conf.all.forwarding); for services on the host itself "
				 "all is well";
	case EVENT_CAVEAT_SNOOPING:
		return "a bridge that snoops multicast and asks nobody itself: adverts and "
		       "neighbour "
		       "solicitations may not reach ports that answer no other querier; set "
		       "mcast_snooping 0 or mcast_querier 1 (ip link set ... type bridge)";
	case EVENT_CAVEAT_NO_CARRIER:
		return "nobody hears this host here, nor does it hear anybody; with required = "
		       "false its routers go on, and each host that does so is Active";
	case EVENT_CAVEAT_COUNT:
		break;
	}
	return "";
}

static const char *const damping_notes[EVENT_DAMPING_COUNT] = {
	[EVENT_DAMPING_BEGINS] = "it became Active or ceased to be so too often, so it preempts "
				 "nobody until it has not changed for the time of hold; where "
				 "nobody is Active it takes over as ever",
	[EVENT_DAMPING_ENDS] = "it has not changed for the time of hold, and preempts again",
	[EVENT_DAMPING_REMOVED] = "the configuration has no damping any more, so it preempts again",
};

const char *event_note_damping(const struct event *event)
{
	const unsigned what = event->fact.word;

	return what < EVENT_DAMPING_COUNT && damping_notes[what] ? damping_notes[what] : "";
}

static const char *const route_notes[EVENT_ROUTE_COUNT] = {
	[EVENT_ROUTE_RESTORED] = "it was removed, by somebody or with what it needs; it is back",
	[EVENT_ROUTE_ABANDONED] = "removed by somebody again and again, and left alone for a pause "
				  "that grows from 2 to 64 s; find out who removes it (ip monitor "
				  "route, ip monitor rule)",
	[EVENT_ROUTE_FAILED] = "the kernel does not take it; tried again every second",
	[EVENT_ROUTE_NO_PLACE] = "its interface is missing or down: it is added when that comes up",
};

/* NULL: only the kernel's error says why. */
static const char *route_refusal(int error)
{
	switch (error) {
	case EEXIST:
		return "somebody else's is there and stays, as it is not vipd's to remove: remove "
		       "it, or give this one another metric or table; tried again every second";
	case ENETUNREACH:
	case EHOSTUNREACH:
		return "no network of this host has its gateway: mend via, or write onlink = true; "
		       "tried again every second";
	case ENETDOWN:
		return "its interface is down; tried again every second";
	}
	return NULL;
}

const char *event_note_route(const struct event *event)
{
	const unsigned news = event->fact.word;
	const char *refusal = route_refusal(event->fact.error);

	if (news == EVENT_ROUTE_FAILED && refusal)
		return refusal;
	return news < EVENT_ROUTE_COUNT && route_notes[news] ? route_notes[news] : "";
}

const char *event_note_leave(const struct event *event)
{
	static const char *const notes[EVENT_DRAIN_COUNT] = {
		[EVENT_DRAIN_WAITS] = "it serves as before until the commands that are to run "
				      "first have ended, or until then",
		[EVENT_DRAIN_READY] = "the commands before it have ended",
		[EVENT_DRAIN_HOOK_FAILED] = "a command before it has failed; it goes on all the "
					    "same",
		[EVENT_DRAIN_HOOK_LATE] = "nobody said in time that the commands before it have "
					  "ended; it goes on all the same",
		[EVENT_DRAIN_HOOK_USELESS] = "it is not Active any more, and waits for no command",
		[EVENT_DRAIN_ALONE] =
			"no other host has taken over: none serves its addresses from "
			"now on that this one knows of",
	};

	if (event->fact.word == EVENT_DRAIN_VOID)
		return event_before_of(event->fact.name) == EVENT_BEFORE_PRIORITY
			       ? "it stays, since another reload has given it back its priority"
			       : "it stays, since the reload that was to remove it was refused";
	return event->fact.word < EVENT_DRAIN_COUNT && notes[event->fact.word]
		       ? notes[event->fact.word]
		       : "";
}

const char *event_note_drain(const struct event *event)
{
	static const char *const notes[EVENT_DRAIN_COUNT] = {
		[EVENT_DRAIN_BEGINS] = "its priority is 1: as Active it keeps its addresses until "
				       "another host takes over, as Backup it is the last resort",
		[EVENT_DRAIN_OFFERS] =
			"no peer has taken over yet, so it says priority 0 and leaves if one "
			"takes over; whether that one is healthy is not known",
		[EVENT_DRAIN_OVER] = "the time of the drain has passed",
		[EVENT_DRAIN_RESUMED] = "",
		[EVENT_DRAIN_KEPT] = "it was drained when vipd ended; vipctl resume ends "
				     "that",
		[EVENT_DRAIN_VOID] = "it was drained when vipd ended, and is an owner now, "
				     "or not in the configuration any more",
		[EVENT_DRAIN_WAITS] = "its priority stays until the commands that are to run "
				      "before it have ended, or until then",
		[EVENT_DRAIN_READY] = "the commands before it have ended; its priority is 1",
		[EVENT_DRAIN_HOOK_FAILED] = "a command before it has failed; its priority is 1 all "
					    "the same",
		[EVENT_DRAIN_HOOK_LATE] = "nobody said in time that the commands before it have "
					  "ended; its priority is 1 all the same",
		[EVENT_DRAIN_HOOK_USELESS] = "it is not Active any more, and waits for no command; "
					     "its priority is 1",
	};

	/* One that waits is told next. */
	if (event->fact.word >= EVENT_DRAIN_COUNT || !notes[event->fact.word] ||
	    (event->fact.word == EVENT_DRAIN_BEGINS && event->fact.name[0]))
		return "";
	return notes[event->fact.word];
}
