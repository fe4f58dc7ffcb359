/* SPDX-License-Identifier: MIT */
#include "event_packet.h"

#include <stdio.h>
#include <string.h>

#include "event_words.h"
#include "vrrp/packet.h"

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
			"our own address as source: find the loop in the network, or the cloned "
			"host",
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

/* Each of the two versions is asked for by the option that this host has; over IPv6 there is but
 * one. */
static void version_note(const struct event *event, char *buf)
{
	unsigned theirs = event->packet.version;
	int len = snprintf(buf, EVENT_NOTE_SIZE, "%s", reject_note(VRRP_REJECT_VERSION));

	if (event->kind != EVENT_REJECT || (theirs != 2 && theirs != 3))
		return;
	if (event->family == 6)
		snprintf(buf + len, EVENT_NOTE_SIZE - (size_t)len,
			 "; over IPv6 there is version 3 alone: set that there");
	else
		snprintf(buf + len, EVENT_NOTE_SIZE - (size_t)len,
			 "; set version to %u in router %.63s, or to %u there", theirs,
			 event->router, 5 - theirs);
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
		strcpy(buf,
		       "another configuration, or somebody else's router with our VRID: set "
		       "the same addresses on both, or another vrid; a keepalived discards our "
		       "list, and then both are active");
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
		[VRRP_NOTICE_FELL_SILENT] = "it was Active, and is not heard any more",
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

/* Who discards its adverts knows that it is alive, or that somebody passes for it. */
static void suspicion_note(const struct event *event, char *buf)
{
	if (event->state.rejected)
		snprintf(buf, EVENT_NOTE_SIZE, "adverts from it arrive, and are discarded here: %s",
			 reject_note(event->state.rejected));
	else
		strcpy(buf, "if that host is alive, something drops IP protocol 112 on the way "
			    "here: a firewall, or with multicast a switch that filters it");
}

void event_packet_note(const struct event *event, char *buf)
{
	if (event->kind == EVENT_NOTICE)
		notice_note(event, buf);
	else if (event->kind == EVENT_SUSPICION)
		suspicion_note(event, buf);
	else if (event->packet.which == VRRP_REJECT_VERSION)
		version_note(event, buf);
	else
		snprintf(buf, EVENT_NOTE_SIZE, "%s", reject_note(event->packet.which));
}
