/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "agent/conf/value.h"
#include "agent/log.h"

#define EPISODE_QUIET_S 60
#define LIST_TEXT_SIZE  160

/* Whether an episode begins, so that it is told; remembered in any case. */
static bool episode_begins(struct journal_episodes *episodes, unsigned which, int64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000) + 1;
	uint32_t before_s = episodes->seen_s[which];

	episodes->seen_s[which] = now_s;
	return before_s == 0 || now_s - before_s >= EPISODE_QUIET_S;
}

static const char *ip_text(const uint8_t *bytes, char *buf)
{
	return inet_ntop(AF_INET, bytes, buf, INET_ADDRSTRLEN);
}

const char *journal_reason_text(const struct vrrp_reason *reason, const char *interface,
				unsigned priority, char *buf)
{
	const size_t size = JOURNAL_REASON_SIZE;
	const double seconds = (double)reason->ns / 1e9;
	char peer[INET_ADDRSTRLEN];

	ip_text(reason->source, peer);
	switch (reason->code) {
	case VRRP_REASON_NONE:
	case VRRP_REASON_COUNT:
		snprintf(buf, size, "not started yet");
		break;
	case VRRP_REASON_STARTED:
		snprintf(buf, size, "started");
		break;
	case VRRP_REASON_START_DELAY:
		snprintf(buf, size, "start delay of %.3f s", seconds);
		break;
	case VRRP_REASON_OWNER:
		snprintf(buf, size, "owner of the addresses");
		break;
	case VRRP_REASON_SILENCE:
		snprintf(buf, size, "no advert for %.3f s", seconds);
		break;
	case VRRP_REASON_LEFT:
		snprintf(buf, size, "%s left with priority 0", peer);
		break;
	case VRRP_REASON_PREEMPT:
		snprintf(buf, size, "%s has the lower priority %u, ours is %u", peer,
			 reason->priority, priority);
		break;
	case VRRP_REASON_HIGHER:
		snprintf(buf, size, "%s has the higher priority %u, ours is %u", peer,
			 reason->priority, priority);
		break;
	case VRRP_REASON_TIE:
		snprintf(buf, size, "%s has the same priority %u and the higher address", peer,
			 reason->priority);
		break;
	case VRRP_REASON_STOPPED:
		snprintf(buf, size, "stopped");
		break;
	case VRRP_REASON_LINK_MISSING:
		snprintf(buf, size, "there is no interface %s", interface);
		break;
	case VRRP_REASON_LINK_DOWN:
		snprintf(buf, size, "interface %s is down", interface);
		break;
	case VRRP_REASON_NO_CARRIER:
		snprintf(buf, size, "interface %s has no carrier", interface);
		break;
	case VRRP_REASON_LINK_TYPE:
		snprintf(buf, size, "interface %s is not Ethernet", interface);
		break;
	case VRRP_REASON_NO_SOURCE:
		snprintf(buf, size, "interface %s has no IPv4 address of its own", interface);
		break;
	case VRRP_REASON_NO_GROUP:
		snprintf(buf, size, "interface %s cannot join the multicast group", interface);
		break;
	case VRRP_REASON_RECOVERED:
		snprintf(buf, size, "interface %s can be used again", interface);
		break;
	}
	return buf;
}

void journal_state(const struct journal_router *router, enum vrrp_state from, enum vrrp_state to,
		   const struct vrrp_reason *reason)
{
	const struct vrrp *vr = router->vr;
	char text[JOURNAL_REASON_SIZE], source[INET_ADDRSTRLEN], heard[40] = "";

	/* A router that hears nothing where it used to hear a peer may be the deaf one. */
	if (to == VRRP_STATE_ACTIVE && reason->code == VRRP_REASON_SILENCE && vr->active_source[0])
		snprintf(heard, sizeof(heard), " last_heard=%s",
			 ip_text(vr->active_source, source));
	journal_reason_text(reason, router->conf->interface, vr->config.priority, text);
	/* From one fault to another may be the way up again: carrier comes after up. */
	log_write(to == VRRP_STATE_FAULT && from != to ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
		  "router=%s family=%u state=%s->%s reason=\"%s\"%s", router->conf->name,
		  vr->config.family, vrrp_state_name(from), vrrp_state_name(to), text, heard);
	if (heard[0])
		log_write(LOG_LEVEL_WARNING,
			  "router=%s family=%u interface=%s last_heard=%s note=\"if that host is "
			  "alive, something drops IP protocol 112 on the way here: a firewall, or "
			  "a switch that filters multicast\"",
			  router->conf->name, vr->config.family, router->conf->interface, source);
}

/* What an operator can do about a discarded packet. */
static const char *reject_note(enum vrrp_reject reject)
{
	switch (reject) {
	case VRRP_REJECT_TTL:
		return "the packet crossed a router; adverts never do";
	case VRRP_REJECT_VERSION:
		return "the sender speaks another version of VRRP, vipd version 3 only: until it "
		       "does, both hosts may be active";
	case VRRP_REJECT_CHECKSUM:
		return "neither form of the checksum fits: corrupted on the way, or forged";
	case VRRP_REJECT_OWN_SOURCE:
		return "our own address as source: a loop in the network, or a cloned host";
	case VRRP_REJECT_DESTINATION:
		return "not sent to 224.0.0.18: the sender is configured for unicast";
	case VRRP_REJECT_INTERVAL:
		return "an advertisement interval of zero";
	case VRRP_REJECT_EMPTY_LIST:
		return "an advert without addresses";
	case VRRP_REJECT_VRID:
		return "no router of ours has this VRID on this interface";
	case VRRP_ACCEPT:
	case VRRP_REJECT_LENGTH:
	case VRRP_REJECT_TYPE:
	case VRRP_REJECT_SOURCE:
	case VRRP_REJECT_COUNT:
		break;
	}
	return "not a valid advert";
}

void journal_reject(const struct journal_router *router, enum vrrp_reject reject,
		    const uint8_t *source)
{
	char text[INET_ADDRSTRLEN];

	if (!episode_begins(router->episodes, JOURNAL_EPISODE_REJECT + reject, router->now_ns))
		return;
	log_write(LOG_LEVEL_WARNING,
		  "router=%s family=%u rejected=%s source=%s interface=%s note=\"%s\"",
		  router->conf->name, router->vr->config.family, vrrp_reject_name(reject),
		  ip_text(source, text), router->conf->interface, reject_note(reject));
}

void journal_stray(struct journal_episodes *episodes, int64_t now_ns, enum vrrp_reject reject,
		   const char *interface, const uint8_t *source, int vrid)
{
	char text[INET_ADDRSTRLEN], which[24] = "";

	if (!episode_begins(episodes, JOURNAL_EPISODE_REJECT + reject, now_ns))
		return;
	if (vrid >= 0)
		snprintf(which, sizeof(which), " vrid=%d", vrid);
	/* Other virtual routers on the same LAN are nothing to worry about. */
	log_write(LOG_LEVEL_INFO, "rejected=%s source=%s interface=%s%s note=\"%s\"",
		  vrrp_reject_name(reject), ip_text(source, text), interface, which,
		  reject_note(reject));
}

/* An address list of the wire; cut short with dots when it is long. */
static const char *list_text(const uint8_t *addresses, unsigned n, char *buf)
{
	char text[INET_ADDRSTRLEN];
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		if (len + INET_ADDRSTRLEN + 4 > LIST_TEXT_SIZE) {
			strcpy(buf + len, ",...");
			break;
		}
		len += (size_t)sprintf(buf + len, "%s%s", i ? "," : "",
				       ip_text(addresses + i * 4, text));
	}
	return buf;
}

static void notice_interval(const struct journal_router *router, const char *source,
			    const struct vrrp_advert *advert)
{
	log_write(LOG_LEVEL_WARNING,
		  "router=%s family=%u notice=interval source=%s theirs_ms=%u ours_ms=%u "
		  "note=\"the interval of whoever is Active holds; set the same on both\"",
		  router->conf->name, router->vr->config.family, source, advert->interval_cs * 10u,
		  router->vr->config.interval_cs * 10u);
}

static void notice_address_list(const struct journal_router *router, const char *source,
				const struct vrrp_list *own, const struct vrrp_advert *advert)
{
	char theirs[LIST_TEXT_SIZE], ours[LIST_TEXT_SIZE];

	log_write(LOG_LEVEL_WARNING,
		  "router=%s family=%u notice=address_list source=%s theirs=%s ours=%s "
		  "note=\"another configuration, or somebody else's router with our VRID\"",
		  router->conf->name, router->vr->config.family, source,
		  list_text(advert->addresses, advert->addresses_n, theirs),
		  list_text(own->addresses, own->addresses_n, ours));
}

static void notice_checksum_form(const struct journal_router *router, const char *source,
				 const struct vrrp_advert *advert)
{
	const char *theirs = advert->checksum == VRRP_CHECKSUM_RFC5798 ? "rfc5798" : "rfc9568";

	log_write(LOG_LEVEL_WARNING,
		  "router=%s family=%u notice=checksum_form source=%s note=\"understood, but the "
		  "sender may not understand ours, and then both are active; set checksum to %s in "
		  "router %s\"",
		  router->conf->name, router->vr->config.family, source, theirs,
		  router->conf->name);
}

static void notice(const struct journal_router *router, enum vrrp_notice which,
		   const struct vrrp_list *own, const struct vrrp_advert *advert)
{
	char source[INET_ADDRSTRLEN];

	ip_text(advert->source, source);
	switch (which) {
	case VRRP_NOTICE_INTERVAL:
		notice_interval(router, source, advert);
		return;
	case VRRP_NOTICE_ADDRESS_LIST:
		notice_address_list(router, source, own, advert);
		return;
	case VRRP_NOTICE_CHECKSUM_FORM:
		notice_checksum_form(router, source, advert);
		return;
	case VRRP_NOTICE_OWNER:
		log_write(LOG_LEVEL_ERROR,
			  "router=%s family=%u notice=owner source=%s note=\"two hosts claim to "
			  "own the addresses; only one may have priority 'owner'\"",
			  router->conf->name, router->vr->config.family, source);
		return;
	case VRRP_NOTICE_EQUAL_PRIORITY:
		log_write(LOG_LEVEL_INFO,
			  "router=%s family=%u notice=equal_priority source=%s priority=%u "
			  "note=\"the higher address wins; give distinct priorities\"",
			  router->conf->name, router->vr->config.family, source, advert->priority);
		return;
	case VRRP_NOTICE_OTHER_ACTIVE:
		log_write(LOG_LEVEL_WARNING,
			  "router=%s family=%u notice=other_active source=%s priority=%u "
			  "note=\"that host was active, too; answered and announced again\"",
			  router->conf->name, router->vr->config.family, source, advert->priority);
		return;
	case VRRP_NOTICE_COUNT:
		return;
	}
}

void journal_notices(const struct journal_router *router, const struct vrrp_list *own,
		     const struct vrrp_advert *advert)
{
	for (unsigned i = 0; i < VRRP_NOTICE_COUNT; i++)
		if (advert->notices >> i & 1 &&
		    episode_begins(router->episodes, JOURNAL_EPISODE_NOTICE + i, router->now_ns))
			notice(router, (enum vrrp_notice)i, own, advert);
}

/* Claims and releases are told by the change of state that they belong to. */
static const struct {
	enum log_level level;
	const char *word;
	const char *note;
} holding_news[KERN_WANT_COUNT] = {
	[KERN_WANT_RESTORED] = { LOG_LEVEL_WARNING, "restored",
				 "somebody removed it; it is back and announced" },
	[KERN_WANT_EXPIRED] = { LOG_LEVEL_WARNING, "expired",
				"its lease ended while no advert left; it is back and "
				"announced" },
	[KERN_WANT_ENDED] = { LOG_LEVEL_ERROR, "ended",
			      "its lease ended since no advert left; it comes back when one "
			      "does" },
	[KERN_WANT_FOREIGN] = { LOG_LEVEL_WARNING, "foreign",
				"it was there already; vipd uses it and will not remove it" },
	[KERN_WANT_KEPT] = { LOG_LEVEL_WARNING, "kept",
			     "somebody else put it there, so vipd does not remove it although "
			     "this router is not active" },
	[KERN_WANT_DOUBLE] = { LOG_LEVEL_WARNING, "double",
			       "somebody else put it there with another prefix length, so vipd "
			       "does not remove it; remove it by hand" },
	[KERN_WANT_ABANDONED] = { LOG_LEVEL_ERROR, "abandoned",
				  "removed by somebody 6 times in 10 s, and left alone now: "
				  "this "
				  "host is active without it; find out who removes it (ip "
				  "monitor address), then vipctl reload" },
	[KERN_WANT_FAILED] = { LOG_LEVEL_ERROR, "failed",
			       "the kernel refuses the change; tried again every second" },
};

void journal_holding(const struct journal_router *router, const struct conf_address *address,
		     enum kern_want_news news, int error)
{
	char text[CONF_ADDRESS_TEXT_SIZE];

	if (!holding_news[news].word)
		return;
	/* Restorations of a thousand addresses are one line; the others are told once for each. */
	if ((news == KERN_WANT_RESTORED || news == KERN_WANT_EXPIRED) &&
	    !episode_begins(router->episodes, JOURNAL_EPISODE_HOLDING + news, router->now_ns))
		return;
	log_write(holding_news[news].level,
		  "router=%s family=%u address=%s interface=%s news=%s "
		  "%s%s%snote=\"%s\"",
		  router->conf->name, address->family, conf_address_format(address, text),
		  router->conf->interface, holding_news[news].word, error ? "error=\"" : "",
		  error ? strerror(error) : "", error ? "\" " : "", holding_news[news].note);
}

void journal_send_error(const struct journal_router *router, const char *what, int error)
{
	if (!episode_begins(router->episodes, JOURNAL_EPISODE_SEND, router->now_ns))
		return;
	log_write(LOG_LEVEL_ERROR, "router=%s family=%u interface=%s send=%s error=\"%s\"",
		  router->conf->name, router->vr->config.family, router->conf->interface, what,
		  strerror(error));
}

void journal_receive(struct journal_episodes *episodes, int64_t now_ns, int error)
{
	if (episode_begins(episodes, JOURNAL_EPISODE_RECEIVE, now_ns))
		log_write(LOG_LEVEL_WARNING, "receive=lost error=\"%s\"",
			  error ? strerror(error) : "adverts come faster than they can be read");
}

void journal_swept(const struct kern_address *address, int error)
{
	const struct conf_address swept = { .prefix_len = address->prefix_len,
					    .bytes = { address->bytes[0], address->bytes[1],
						       address->bytes[2], address->bytes[3] } };
	char text[CONF_ADDRESS_TEXT_SIZE];

	if (error)
		log_write(LOG_LEVEL_ERROR, "address=%s ifindex=%d swept=no error=\"%s\"",
			  conf_address_format(&swept, text), address->ifindex, strerror(error));
	else
		log_write(LOG_LEVEL_WARNING,
			  "address=%s ifindex=%d swept=yes note=\"left by a vipd that died\"",
			  conf_address_format(&swept, text), address->ifindex);
}
