/* SPDX-License-Identifier: MIT */
#include "event_words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "event_notes.h"
#include "event_packet.h"
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

const char *const event_leave_words[EVENT_DRAIN_COUNT] = {
	[EVENT_DRAIN_VOID] = "void",           [EVENT_DRAIN_WAITS] = "waits",
	[EVENT_DRAIN_READY] = "ready",         [EVENT_DRAIN_HOOK_FAILED] = "hook_failed",
	[EVENT_DRAIN_HOOK_LATE] = "hook_late", [EVENT_DRAIN_HOOK_USELESS] = "hook_useless",
	[EVENT_DRAIN_ALONE] = "alone",
};

const char *const event_notify_words[EVENT_NOTIFY_COUNT] = {
	[EVENT_NOTIFY_DEAD] = "dead",        [EVENT_NOTIFY_RETRY] = "retry",
	[EVENT_NOTIFY_DROP] = "drop",        [EVENT_NOTIFY_MERGED] = "merged",
	[EVENT_NOTIFY_UNKNOWN] = "unknown",  [EVENT_NOTIFY_STORE] = "stored",
	[EVENT_NOTIFY_HOOK] = "hook_failed", [EVENT_NOTIFY_FORGOTTEN] = "forgotten",
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

const char *const event_change_words[EVENT_CHANGE_RENAMED + 1] = {
	[EVENT_CHANGE_VALUE] = "value",         [EVENT_CHANGE_COMES] = "comes",
	[EVENT_CHANGE_GOES] = "goes",           [EVENT_CHANGE_ORDER] = "reordered",
	[EVENT_CHANGE_ADDED] = "added",         [EVENT_CHANGE_REMOVED] = "removed",
	[EVENT_CHANGE_RESTARTED] = "restarted", [EVENT_CHANGE_RENAMED] = "renamed",
};

const char *const event_changes_words[EVENT_CHANGES_KEYS + 1] = {
	[EVENT_CHANGES_NONE] = "unchanged",
	[EVENT_CHANGES_MORE] = "changed",
	[EVENT_CHANGES_UNCOMPARED] = "uncompared",
	[EVENT_CHANGES_KEYS] = "keys",
};

const char *const event_upgrade_words[EVENT_UPGRADE_REFUSED + 1] = {
	[EVENT_UPGRADE_REHEARSED] = "rehearsed",
	[EVENT_UPGRADE_DONE] = "done",
	[EVENT_UPGRADE_REFUSED] = "refused",
};

const char *const event_caveat_words[EVENT_CAVEAT_COUNT] = {
	[EVENT_CAVEAT_NOT_FORWARDING] = "not_forwarding",
	[EVENT_CAVEAT_SNOOPING] = "snooping",
	[EVENT_CAVEAT_NO_CARRIER] = "no_carrier",
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

static const char *const address_notes[EVENT_ADDRESS_COUNT] = {
	[EVENT_ADDRESS_RESTORED] = "somebody removed it; it is back and announced",
	[EVENT_ADDRESS_EXPIRED] = "its lease ended before it was renewed: no advert left, or the "
				  "kernel let the renewal wait; it is back and announced",
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
	[EVENT_RESORT_CEDES] =
		"no peer has taken over yet, so it says priority 0 and leaves if one takes "
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

	event_packet_note(event, words->note);
	if (event->kind != EVENT_NOTICE)
		return;
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

	if (event->state.cause && event->state.cause < VRRP_REASON_COUNT)
		strcpy(words->cause, vrrp_reason_words[event->state.cause]);
	memcpy(reason.source,
	       vrrp_reason_is_of_peer(reason.code) ? event->state.peer : event->state.detail,
	       sizeof(reason.source));
	event_reason_text(&reason, event->interface, event->state.why, event->family,
			  words->reason);
}

static void fill_suspicion(struct event_words *words)
{
	unsigned rejected = words->event.state.rejected;

	if (rejected != VRRP_ACCEPT && rejected < VRRP_REJECT_COUNT)
		strcpy(words->rejected, vrrp_reject_words[rejected]);
	event_packet_note(&words->event, words->note);
}

static void fill_track(struct event_words *words)
{
	const struct event_track *track = &words->event.track;

	strcpy(words->track, track->interface[0] ? track->interface : track->check);
}

static void fill_check(struct event_words *words)
{
	const struct event_check *check = &words->event.check;
	const char *to = check->to <= EVENT_CHECK_DOWN ? event_check_words[check->to] : "unknown";

	if (check->overdue)
		snprintf(words->note, sizeof(words->note), "%s, and it counts as %s until it does",
			 check->excused ? "no other checker could ask it"
					: "it has not answered in time: another checker is started",
			 to);
	else if (check->changes_n)
		strcpy(words->note, "it changes again and again: so many changes before were not "
				    "told; vipctl show --checks has how many answers were bad");
	else if (check->again)
		strcpy(words->note, "it answers again");
}

/* The time in number[2], 0: none, as a text: the name of such an event. */
static void fill_until(struct event_words *words)
{
	static const struct field until =
		FIELD(struct event_words, event.fact.number[2], "until", FIELD_TIME);
	struct event_fact *fact = &words->event.fact;
	char text[FIELDS_TEXT_SIZE];

	snprintf(fact->name, sizeof(fact->name), "%.66s",
		 fact->number[2] ? fields_text(&until, words, text) : "");
}

/* The word that the other router's line has. */
static void fill_shared(struct event_words *words)
{
	static const struct {
		enum event_shared as;
		const char *const *words;
		unsigned n;
	} rows[] = {
		[EVENT_DRAIN] = { EVENT_SHARED_DRAIN, event_drain_words, EVENT_DRAIN_COUNT },
		[EVENT_DRAINED] = { EVENT_SHARED_DRAIN, event_drain_words, EVENT_DRAIN_COUNT },
		[EVENT_LEAVE] = { EVENT_SHARED_LEAVE, event_leave_words, EVENT_DRAIN_COUNT },
		[EVENT_RESORT] = { EVENT_SHARED_RESORT, event_resort_words,
				   EVENT_RESORT_RESET + 1 },
		[EVENT_DAMPED] = { EVENT_SHARED_DAMPING, event_damping_words, EVENT_DAMPING_COUNT },
	};
	const struct event_fact *fact = &words->event.fact;
	uint64_t kind = (uint64_t)fact->number[0];

	if (kind >= sizeof(rows) / sizeof(rows[0]) || fact->word >= rows[kind].n)
		return;
	snprintf(words->shared[rows[kind].as], sizeof(words->shared[0]), "%s",
		 rows[kind].words[fact->word] ?: "");
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
	if (what == EVENT_CHANGE_RESTARTED || what == EVENT_CHANGE_RENAMED)
		snprintf(buf + strlen(buf), size - strlen(buf), " change=%s",
			 event_change_words[what]);
}

static const char *const signal_notes[EVENT_SIGNAL_COUNT] = {
	[EVENT_SIGNAL_HEARD] = "",
	[EVENT_SIGNAL_LEAVES] = "leaving gracefully",
	[EVENT_SIGNAL_HURRIES] = "told to stop a second time: it leaves at once, and waits for no "
				 "successor and no command",
	[EVENT_SIGNAL_IGNORED] = "nothing is reloaded: it was told to stop",
};

static const char *signal_note(const struct event *event)
{
	return event->fact.word < EVENT_SIGNAL_COUNT ? signal_notes[event->fact.word] : "";
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
	[EVENT_CHANGES_KEYS] = "the configuration says what it said before, and a file of keys "
			       "something else: keys=taken names it",
};
#define CHANGES_NOTES (sizeof(changes_notes) / sizeof(changes_notes[0]))

static const char *const keys_notes[EVENT_KEYS_COUNT] = {
	[EVENT_KEYS_TAKEN] = "",
	[EVENT_KEYS_KEPT] = "the keys of before are used on; mend the file, then vipctl reload",
	[EVENT_KEYS_LACKED] = "its routers are in fault; mend the file, then vipctl reload",
};

static const char *keys_note(const struct event *event)
{
	if (event->fact.word == EVENT_KEYS_TAKEN && event->fact.number[1] > 0)
		return "a host that still signs with a key that is gone, or was changed, is not "
		       "heard any more";
	return keys_notes[event->fact.word] ?: "";
}

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
		strcpy(words->note, keys_note(event));
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
	case EVENT_SUSPICION:
		fill_suspicion(words);
		break;
	case EVENT_STATE:
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
	case EVENT_DRAINED:
		fill_until(words);
		strcpy(words->note, event_note_drain(&words->event));
		break;
	case EVENT_DRAIN:
		strcpy(words->note, event_note_drain(&words->event));
		break;
	case EVENT_LEAVE:
		strcpy(words->note, event_note_leave(&words->event));
		break;
	case EVENT_TRACK:
		fill_track(words);
		break;
	case EVENT_CHECK:
		fill_check(words);
		break;
	case EVENT_SHARED:
		fill_shared(words);
		break;
	case EVENT_DAMPED:
		fill_until(words);
		strcpy(words->note, event_note_damping(&words->event));
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
