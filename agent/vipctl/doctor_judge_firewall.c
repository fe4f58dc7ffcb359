/* SPDX-License-Identifier: MIT */
#include "doctor_judge.h"

#include <arpa/inet.h>
#include <string.h>

#include "firewall.h"
#include "vrrp/packet.h"

#define PROTOCOL_VRRP  KERN_ADDRESS_MARK /* the number is the same */
#define PROTOCOL_ICMP6 58
#define SOLICITATION   135

/* What is asked about: packets of one kind, by one interface. */
struct question {
	const struct doctor_view *view;
	const struct conf_router *router;
	struct firewall_packet packet;
	const char *what, *why;
	bool leaves;
	const struct doctor_tried *tried; /* NULL: nothing was */
};

static const struct doctor_tried *tried_of(const struct doctor_view *view,
					   const struct conf_router *router)
{
	for (unsigned i = 0; i < view->tried_n; i++)
		if (view->tried[i].router->vrrp.family == router->vrrp.family &&
		    strcmp(view->tried[i].router->interface, router->interface) == 0 &&
		    doctor_same_group(view->tried[i].router, router))
			return &view->tried[i];
	return NULL;
}

/* ---- what mends it ---- */

/* The first rule of the chain that drops it; what drops it elsewhere is another finding. */
static const char *mend(struct doctor_findings *findings, const struct question *question,
			const struct firewall_chain *chain)
{
	unsigned protocol = question->packet.protocol;

	if (strcmp(chain->tool, "nft") == 0)
		return doctor_text(findings, "nft insert rule %s %s %s meta l4proto %u %saccept",
				   chain->family, doctor_word(findings, chain->table),
				   doctor_word(findings, chain->name), protocol,
				   protocol == PROTOCOL_ICMP6 ? "icmpv6 type nd-neighbor-solicit "
							      : "");
	return doctor_text(
		findings, "%s -t %s -I %s -p %u %s-j ACCEPT", chain->tool, chain->table,
		chain->name, protocol,
		protocol == PROTOCOL_ICMP6 ? "-m icmp6 --icmpv6-type neighbour-solicitation " : "");
}

/* Who writes the rules anew at the next start, or sooner. */
static const char *advice(struct doctor_findings *findings, const struct question *question,
			  const struct firewall_chain *chain)
{
	if (question->packet.protocol == PROTOCOL_VRRP &&
	    doctor_process(question->view, "firewalld") && strstr(chain->table, "firewalld"))
		return "firewalld has its own: firewall-cmd --permanent --add-protocol=vrrp && "
		       "firewall-cmd --reload";
	return doctor_text(
		findings, "write it into what loads these rules at the start of the host, too (%s)",
		strcmp(chain->tool, "nft") == 0 ? "/etc/nftables.conf, mostly"
						: "iptables-persistent, ufw, or a script");
}

static bool has_arrived(const struct question *question)
{
	return !question->leaves && question->tried && question->tried->group == DOCTOR_TRY_ARRIVED;
}

static bool was_lost(const struct question *question)
{
	const struct doctor_tried *tried = question->tried;

	return !question->leaves && question->packet.protocol == PROTOCOL_VRRP && tried &&
	       (tried->group == DOCTOR_TRY_LOST || tried->own == DOCTOR_TRY_LOST);
}

static const char *tried_words(const struct question *question, bool sure)
{
	if (has_arrived(question))
		return "; tried: one of this host's own came through";
	if (was_lost(question))
		return "; tried: one of this host's own did not come through";
	return sure ? "" : "; not all of its conditions are understood here";
}

static void find(struct doctor_findings *findings, const struct question *question,
		 const struct firewall_answer *answer)
{
	const struct firewall_chain *chain = answer->chain;
	bool sure = answer->fate == FIREWALL_DROPS || was_lost(question);
	const char *by = answer->text ? doctor_text(findings, "the rule \"%s\"", answer->text)
				      : "its policy, since no rule accepts them";

	DOCTOR_FIND(findings, .severity = sure ? DOCTOR_ERROR : DOCTOR_WARNING,
		    .subject = doctor_text(findings, "router %s%s, interface %s",
					   question->router->name,
					   question->router->vrrp.family == 6 ? " over IPv6" : "",
					   question->router->interface),
		    .seen = doctor_text(findings, "read: %s %s %s %s %s%s by %s%s", chain->tool,
					chain->family, chain->table, chain->name,
					sure ? "drops " : "may drop ", question->what, by,
					tried_words(question, sure)),
		    .why = question->why, .mend = mend(findings, question, chain),
		    .advice = advice(findings, question, chain));
}

/* ---- what comes and goes ---- */

static bool is_on_the_way(const struct question *question, enum firewall_hook hook)
{
	switch (hook) {
	case FIREWALL_INGRESS:
	case FIREWALL_PREROUTING:
	case FIREWALL_INPUT:
		return !question->leaves;
	case FIREWALL_EGRESS:
		return question->leaves;
	/* By multicast, adverts leave from a packet socket, below these. */
	case FIREWALL_OUTPUT:
	case FIREWALL_POSTROUTING:
		return question->leaves && !question->packet.multicast;
	case FIREWALL_NO_HOOK:
		break;
	}
	return false;
}

static void ask(struct doctor_findings *findings, const struct question *question)
{
	const struct firewall *firewall = question->view->firewall;

	for (const struct firewall_chain *chain = firewall->chains; chain; chain = chain->next) {
		struct firewall_answer answer;

		if (!is_on_the_way(question, chain->hook) ||
		    !firewall_hears(chain, &question->packet))
			continue;
		answer = firewall_judge(firewall, chain, &question->packet);
		if (answer.fate == FIREWALL_DROPS ||
		    (answer.fate == FIREWALL_MAY_DROP && !has_arrived(question)))
			find(findings, question, &answer);
	}
}

/* About adverts of a router, from one address to another one. */
static struct question question_of(const struct doctor_view *view, const struct conf_router *router)
{
	const uint8_t all = router->vrrp.family == 6 ? 128 : 32;

	return (struct question){
		.view = view,
		.router = router,
		.tried = tried_of(view, router),
		.packet = { .family = router->vrrp.family,
			    .protocol = PROTOCOL_VRRP,
			    .ttl = 255,
			    .interface = router->interface,
			    .saddr_len = all,
			    .daddr_len = all },
	};
}

/* Of the others of the LAN nothing is known but that they are of a subnet. */
static void ask_of_group(const struct doctor_view *view, const struct conf_router *router,
			 const struct kern_address *source, struct doctor_findings *findings)
{
	struct question question = question_of(view, router);

	question.packet.saddr_len = source->prefix_len;
	question.packet.multicast = true;
	question.what = "adverts of others (protocol 112)";
	question.why = "the router hears nobody, and becomes Active beside another one";
	memcpy(question.packet.saddr, source->bytes, 16);
	memcpy(question.packet.daddr, conf_group(router), vrrp_address_len(router->vrrp.family));
	ask(findings, &question);
	question.leaves = true;
	question.packet.saddr_len = question.packet.daddr_len;
	question.what = "our adverts (protocol 112)";
	question.why = "no Backup hears this host: it becomes Active, too";
	ask(findings, &question);
}

static void ask_of_peer(const struct doctor_view *view, const struct conf_router *router,
			const struct kern_address *source, const struct conf_peer *peer,
			struct doctor_findings *findings)
{
	struct question question = question_of(view, router);
	char ip[INET6_ADDRSTRLEN];

	question.why = "the router hears nothing of that peer, and becomes Active beside it";
	doctor_ip(peer->family, peer->bytes, ip);
	question.what = doctor_text(findings, "adverts of the peer %s (protocol 112)", ip);
	memcpy(question.packet.saddr, peer->bytes, 16);
	memcpy(question.packet.daddr, source->bytes, 16);
	ask(findings, &question);
	question.leaves = true;
	question.what = doctor_text(findings, "our adverts to the peer %s (protocol 112)", ip);
	question.why = "that peer does not hear this host: it becomes Active, too";
	memcpy(question.packet.saddr, source->bytes, 16);
	memcpy(question.packet.daddr, peer->bytes, 16);
	ask(findings, &question);
}

/* Whoever looks for a virtual address asks for it so. */
static void ask_of_neighbours(const struct doctor_view *view, const struct conf_router *router,
			      struct doctor_findings *findings)
{
	static const uint8_t solicited[13] = { 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };
	struct question question = {
		.view = view,
		.router = router,
		.packet = { .family = 6,
			    .protocol = PROTOCOL_ICMP6,
			    .icmp_type = SOLICITATION,
			    .ttl = 255,
			    .interface = router->interface,
			    .daddr_len = 104,
			    .multicast = true },
		.what = "Neighbor Solicitations",
		.why = "nobody finds the addresses of the router once its announcement is "
		       "forgotten",
	};

	memcpy(question.packet.daddr, solicited, sizeof(solicited));
	ask(findings, &question);
}

/* Whether an earlier router is the same to a packet filter. */
static bool is_told(const struct doctor_view *view, unsigned i)
{
	const struct conf_router *router = &view->conf->routers[i];

	for (unsigned k = 0; k < i && !router->unicast.peers_n; k++) {
		const struct conf_router *other = &view->conf->routers[k];

		if (!other->unicast.peers_n && other->vrrp.family == router->vrrp.family &&
		    strcmp(other->interface, router->interface) == 0 &&
		    doctor_same_group(other, router))
			return true;
	}
	return false;
}

void doctor_judge_rules(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++) {
		const struct conf_router *router = &view->conf->routers[i];
		const struct kern_address *source = doctor_source(view, router);

		if (!source || is_told(view, i))
			continue;
		if (!router->unicast.peers_n)
			ask_of_group(view, router, source, findings);
		for (unsigned k = 0; k < router->unicast.peers_n; k++)
			if (router->unicast.peers[k].family == router->vrrp.family)
				ask_of_peer(view, router, source, &router->unicast.peers[k],
					    findings);
		if (router->vrrp.family == 6)
			ask_of_neighbours(view, router, findings);
	}
}

/* ---- what was tried ---- */

/*
 * By a rule that was read: then it is told, if adverts are dropped by it, too. One with a TTL of 0
 * may be dropped for that alone, where rules want the 255 of an advert.
 * @group: the packet to the group; else that by lo.
 */
static bool is_explained(const struct doctor_view *view, const struct conf_router *router,
			 bool group)
{
	const struct kern_address *source = doctor_source(view, router);
	struct firewall_packet packet = { .family = router->vrrp.family,
					  .protocol = PROTOCOL_VRRP,
					  .ttl = group ? 0 : 64,
					  .interface = group ? router->interface : CONF_LOOPBACK,
					  .multicast = group };

	if (!(view->seen & DOCTOR_SEES_RULES) || !source)
		return false;
	packet.saddr_len = packet.daddr_len = packet.family == 6 ? 128 : 32;
	memcpy(packet.saddr, source->bytes, 16);
	memcpy(packet.daddr, group ? conf_group(router) : source->bytes,
	       vrrp_address_len(packet.family));
	for (const struct firewall_chain *chain = view->firewall->chains; chain;
	     chain = chain->next)
		if (chain->hook != FIREWALL_NO_HOOK && firewall_hears(chain, &packet) &&
		    firewall_judge(view->firewall, chain, &packet).fate != FIREWALL_PASSES)
			return true;
	return false;
}

static void find_tried(struct doctor_findings *findings, const struct conf_router *router,
		       const char *seen, const char *why)
{
	DOCTOR_FIND(findings, .severity = DOCTOR_ERROR,
		    .subject = doctor_text(findings, "router %s%s, interface %s", router->name,
					   router->vrrp.family == 6 ? " over IPv6" : "",
					   router->interface),
		    .seen = seen, .why = why,
		    .advice = "what drops it is not in the rules that were read, or above: look at "
			      "\"nft list ruleset\", \"tc filter show\", \"ip -details link\" "
			      "(xdp) and the kernel's security modules");
}

void doctor_judge_tried(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->tried_n; i++) {
		const struct doctor_tried *tried = &view->tried[i];
		const struct conf_router *router = tried->router;

		if (tried->own == DOCTOR_TRY_REFUSED && router->unicast.peers_n &&
		    !is_explained(view, router, false))
			find_tried(
				findings, router,
				"tried: a packet of protocol 112 to this host itself was refused "
				"where it leaves",
				"adverts to peers leave by the same way: no peer hears this host");
		else if (tried->own == DOCTOR_TRY_LOST && !is_explained(view, router, false))
			find_tried(
				findings, router,
				"tried: a packet of protocol 112 to this host itself did not "
				"arrive",
				"adverts of others take the same way in: the router hears nobody");
		else if (tried->group == DOCTOR_TRY_LOST && !is_explained(view, router, true))
			find_tried(
				findings, router,
				"tried: a packet of protocol 112 to the group did not come in by "
				"the interface",
				"adverts of others take the same way in: the router hears nobody");
	}
}
