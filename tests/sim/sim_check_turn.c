/* SPDX-License-Identifier: MIT */
/* Turns, and what leaves in them; the list of properties is in sim_check.h. */
#include <netinet/in.h>
#include <string.h>

#include "netlink/frame.h"
#include "sim.h"
#include "sim_filter.h"
#include "sim_peers.h"
#include "sim_route.h"

#define ETHERNET_LEN 14
#define IP_LEN       20
#define IP6_LEN      40

void check_turn_begin(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	const struct sim_turn behind = r->behind;

	r->turn = (struct sim_turn){ .changes_n = r->kernel.changes_n, .announce = r->ready };
	r->turn.adverts = behind.adverts;
	r->turn.farewells = behind.farewells;
	r->turn.priority = behind.priority;
	r->turn.copies = behind.copies;
	r->behind = (struct sim_turn){ 0 };
	r->ready = 0;
	r->abandoned_before = r->abandoned;
	memcpy(r->turn.source, r->vr.election.source, sizeof(r->turn.source));
}

void check_behind(struct sim *sim, const struct sim_process *process)
{
	struct sim_gateway *r = &sim->routers[process->router];

	r->behind = r->turn;
	if (r->behind.adverts + r->behind.farewells &&
	    routers_deadline(process->routers) > gateway_local_ns(sim, r))
		check_fail(sim, "deadline", "%s sleeps over what it has to say",
			   node_name(process->router));
}

void check_died(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	r->unannounced |= (r->turn.announce & ~r->turn.announced) | r->ready;
	r->ready = 0;
	r->bare = NULL;
}

void check_inherited(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	if (r->adopted && r->vr.election.state == VRRP_STATE_ACTIVE)
		r->turn.announce |= r->unannounced;
	r->unannounced = 0;
}

/* An Active that is stepped often says the same only once; whoever has the addresses again says no
 * farewell. */
static void decide_advert(struct sim_turn *turn, bool active)
{
	turn->farewells = !active;
	turn->adverts = active;
}

void check_decided(struct sim *sim, unsigned i, const struct vrrp_output *out)
{
	struct sim_gateway *r = &sim->routers[i];

	for (unsigned n = 0; n < out->actions_n; n++) {
		switch (out->actions[n].type) {
		case VRRP_ACTION_CLAIM:
			r->turn.changed = true;
			check_wanted(sim, i);
			check_hand_over_end(sim, i);
			break;
		case VRRP_ACTION_HAND_OVER:
			r->turn.changed = true;
			break;
		case VRRP_ACTION_RELEASE:
			r->turn.changed = true;
			break;
		case VRRP_ACTION_ADVERT:
			if (n && out->actions[n - 1].type == VRRP_ACTION_HAND_OVER) {
				check_hand_over(sim, i, out->actions[n].priority);
				r->turn.adverts = 0;
				/* Behind another one, which calls whoever may come. */
				r->yield.calls = n > 1;
				r->turn.farewells = r->yield.calls;
				/* Which says all where nothing is handed over. */
				r->yield.word_due &= !r->yield.calls || r->yield.held;
				break;
			}
			r->turn.late |= n && out->actions[n - 1].type == VRRP_ACTION_CLAIM;
			decide_advert(&r->turn, r->vr.election.state == VRRP_STATE_ACTIVE);
			r->turn.priority = out->actions[n].priority;
			break;
		case VRRP_ACTION_ANNOUNCE:
			r->turn.announce = UINT32_MAX;
			r->turn.announced = 0;
			break;
		case VRRP_ACTION_STATE:
		case VRRP_ACTION_DEAF:
		case VRRP_ACTION_HEARS:
			break;
		}
	}
}

void check_added(struct sim *sim, unsigned i, unsigned k)
{
	struct sim_gateway *r = &sim->routers[i];

	/* Over IPv6 the kernel says when it answers: the next turn hears that. */
	*(r->config.family == 6 ? &r->ready : &r->turn.announce) |= 1u << k;
	r->turn.announced &= ~(1u << k);
	r->back_ns[k] = r->held_ns = gateway_local_ns(sim, r);
	r->paused_ns[k] = 0;
	r->hasty &= ~(1u << k);
}

/* ---- frames ---- */

static bool sums_up(const uint8_t *header)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < IP_LEN; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

/* RFC 8200 §8.1: of a packet, whose addresses stand before the message, with what is summed up. */
static bool sums_up6(const uint8_t *ip, unsigned protocol)
{
	size_t len = (size_t)ip[4] << 8 | ip[5];
	uint32_t sum = protocol + (uint32_t)len;

	for (size_t i = 8; i < IP6_LEN + len; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

/* The headers of every advert (RFC 9568 §5.1.1, §5.1.2), but for the source. */
static bool headers6_are_right(const struct sim_frame *frame, const uint8_t *mac)
{
	static const uint8_t group_mac[] = { 0x33, 0x33, 0, 0, 0, 0x12 };
	static const uint8_t group[SIM_ADDRESS_LEN] = { 0xff, 0x02, [15] = 0x12 };
	const uint8_t *p = frame->bytes, *ip = p + ETHERNET_LEN;

	return memcmp(p, group_mac, 6) == 0 && memcmp(p + 6, mac, 6) == 0 && p[12] == 0x86 &&
	       p[13] == 0xdd && ip[0] >> 4 == 6 &&
	       (size_t)(ip[4] << 8 | ip[5]) == frame->len - ETHERNET_LEN - IP6_LEN &&
	       ip[6] == VRRP_PROTOCOL && ip[7] == 255 && family_same(ip + 24, group) &&
	       family_is_link_local(6, ip + 8) && sums_up6(ip, VRRP_PROTOCOL);
}

static bool headers4_are_right(const struct sim_frame *frame, const uint8_t *mac)
{
	static const uint8_t group_mac[] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x12 };
	static const uint8_t group[] = { 224, 0, 0, 18 };
	const uint8_t *p = frame->bytes, *ip = p + ETHERNET_LEN;

	return memcmp(p, group_mac, 6) == 0 && memcmp(p + 6, mac, 6) == 0 && p[12] == 0x08 &&
	       p[13] == 0x00 && ip[0] == 0x45 && sums_up(ip) &&
	       (size_t)(ip[2] << 8 | ip[3]) == frame->len - ETHERNET_LEN && ip[8] == 255 &&
	       ip[9] == VRRP_PROTOCOL && memcmp(ip + 16, group, 4) == 0;
}

bool check_headers(unsigned family, const struct sim_frame *frame, const uint8_t *mac)
{
	return family == 6 ? headers6_are_right(frame, mac) : headers4_are_right(frame, mac);
}

/* Adverts leave before the addresses change, so that no lock of the kernel's keeps them. */
static void check_active_advert(struct sim *sim, unsigned i, unsigned priority)
{
	struct sim_gateway *r = &sim->routers[i];

	r->turn.adverts_sent++;
	r->left_n++;
	r->left_ns = sim->now_ns;
	if (priority == VRRP_PRIORITY_LEAVE) /* it serves on, and says so when nobody comes */
		r->left_ns = gateway_global_ns(r, sim->check.models[i].beat_ns);
	if (priority != r->turn.priority)
		check_fail(sim, "P3", "%s sends a wrong priority", node_name(i));
	/* Who preempts has the addresses first: somebody serves until it is heard. */
	if (r->kernel.changes_n != r->turn.changes_n && !r->turn.late)
		check_fail(sim, "P12", "%s changes addresses before it sends an advert",
			   node_name(i));
}

/* A farewell leaves behind the addresses, so that no two hosts have them. */
static void check_farewell(struct sim *sim, unsigned i, unsigned priority)
{
	struct sim_gateway *r = &sim->routers[i];
	bool calls = r->yield.calls && !priority; /* whoever comes, who is to announce */

	r->turn.farewells_sent++;
	if (!calls)
		check_word_left(sim, i, priority);
	r->yield.calls = false;
	if (!check_in_trouble(sim, i) && !(calls && check_is_handing_over(sim, i)) &&
	    kernel_ours(&r->kernel))
		check_fail(sim, "P3", "%s says farewell and still has an address or route",
			   node_name(i));
}

void check_advert_left(struct sim *sim, unsigned i, unsigned priority)
{
	const struct sim_turn *turn = &sim->routers[i].turn;

	if (turn->adverts_sent < turn->adverts)
		check_active_advert(sim, i, priority);
	else
		check_farewell(sim, i, priority);
}

/* A unit may be started by its other family, before this one has found its address. */
static const uint8_t *source_of(const struct sim_gateway *r, const struct sim_process *process)
{
	bool known = r->unit.together && process->routers && !process->conf.absent;

	return known ? process_router(process)->vr.election.source : r->vr.election.source;
}

/* A last word behind the successor comes from the interface's own MAC address. In trouble a process
 * may not know what it still had, or know better that it had nothing, and so who is behind whom. */
static bool comes_from_its_mac(const struct sim *sim, unsigned i, const struct sim_frame *frame)
{
	const struct sim_gateway *r = &sim->routers[i];
	bool own = check_headers(r->config.family, frame, r->kernel.link.mac);
	bool virtual = check_headers(r->config.family, frame, macvlan_advert_mac(r));

	if (r->yield.word_due && check_in_trouble(sim, i))
		return own || virtual;
	return check_is_last_word(r) ? own : virtual;
}

void check_advert(struct sim *sim, const struct sim_process *process, const struct sim_frame *frame)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	const uint8_t *ip = frame->bytes + ETHERNET_LEN;
	const struct sim_family *family = family_of(r->config.family);
	unsigned priority = ip[family->header_len + 2];

	r->packets_n++;
	if (!comes_from_its_mac(sim, i, frame))
		check_fail(sim, "P11", "%s sends an advert with wrong headers", node_name(i));
	if (memcmp(ip + family->source_at, source_of(r, process), family->address_len) != 0)
		check_fail(sim, "P11", "%s sends an advert from a wrong address", node_name(i));
	check_advert_left(sim, i, priority);
}

/* Return: which address an ARP announcement is about; SIM_ADDRESSES_MAX: it is wrong. */
static unsigned read_arp(const struct sim_gateway *r, const struct sim_frame *frame)
{
	static const uint8_t everybody[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t request[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1 };
	const uint8_t *p = frame->bytes, *mac = macvlan_mac(r);

	if (frame->len != KERN_FRAME_ARP_LEN || memcmp(p, everybody, 6) != 0 ||
	    memcmp(p + 6, mac, 6) != 0 || memcmp(p + 12, request, sizeof(request)) != 0 ||
	    memcmp(p + 22, mac, 6) != 0 || memcmp(p + 28, p + 38, 4) != 0)
		return SIM_ADDRESSES_MAX;
	return family_virtual_number(4, p + 28);
}

/* Likewise, of an unsolicited NA to all nodes (RFC 4861 §4.4, RFC 9568 §8.2.2): with the MAC, and
 * from the address itself. */
static unsigned read_na(const struct sim_gateway *r, const struct sim_frame *frame)
{
	static const uint8_t head[] = { 0x33, 0x33, 0, 0, 0, 1 };
	static const uint8_t ip6[] = { 0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255 };
	static const uint8_t nodes[SIM_ADDRESS_LEN] = { 0xff, 0x02, [15] = 1 };
	const uint8_t *p = frame->bytes, *mac = macvlan_mac(r);
	const uint8_t *message = p + ETHERNET_LEN + IP6_LEN, *target = message + 8;

	if (frame->len != KERN_FRAME_NA_LEN || memcmp(p, head, 6) != 0 ||
	    memcmp(p + 6, mac, 6) != 0 || memcmp(p + 12, ip6, sizeof(ip6)) != 0 ||
	    !family_same(p + 22, target) || !family_same(p + 38, nodes) || message[0] != 136 ||
	    message[1] != 0 || (message[4] & 0x60) != 0x20 || message[24] != 2 ||
	    message[25] != 1 || memcmp(message + 26, mac, 6) != 0 ||
	    !sums_up6(p + ETHERNET_LEN, 58))
		return SIM_ADDRESSES_MAX;
	return family_virtual_number(6, target);
}

bool check_is_announcement(const struct sim_frame *frame)
{
	const uint8_t *type = frame->bytes + 12;

	if (type[0] == 0x86 && type[1] == 0xdd)
		return frame->bytes[20] == IPPROTO_ICMPV6;
	return type[0] == 0x08 && type[1] == 0x06;
}

unsigned check_announced_by(const struct sim_gateway *r, const struct sim_frame *frame)
{
	return frame->bytes[12] == 0x86 ? read_na(r, frame) : read_arp(r, frame);
}

/* Whoever takes a router for a host drops it as a gateway (RFC 4861 §7.2.5, R). */
static void note_said(struct sim *sim, unsigned i, const struct sim_frame *frame, unsigned k)
{
	struct sim_ip6 *ip6 = &sim->routers[i].kernel.ip6;
	bool router = frame->bytes[ETHERNET_LEN + IP6_LEN + 4] & 0x80;

	ip6->said |= 1u << k;
	ip6->said_router = (ip6->said_router & ~(1u << k)) | (uint32_t)router << k;
}

void check_announcement(struct sim *sim, const struct sim_process *process,
			const struct sim_frame *frame)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	unsigned k = check_announced_by(r, frame);

	r->packets_n++;
	if (k >= r->addresses_n) {
		check_fail(sim, "P4", "%s announces with a wrong frame", node_name(i));
		return;
	}
	r->turn.announced |= 1u << k;
	r->ready &= ~(1u << k);
	if (r->config.family == 6)
		note_said(sim, i, frame, k);
	if (r->vr.election.state != VRRP_STATE_ACTIVE && !check_recall(sim, i, k))
		check_fail(sim, "P4", "%s is %s and announces address %u", node_name(i),
			   vrrp_state_name(r->vr.election.state), k);
	if (!r->kernel.table[k].present && !check_in_trouble(sim, i))
		check_fail(sim, "P4", "%s announces address %u, which is not there", node_name(i),
			   k);
}

void check_probe(struct sim *sim, const struct sim_process *process, const struct sim_frame *frame)
{
	const struct sim_gateway *r = &sim->routers[process->router];
	bool ip6 = frame->bytes[12] == 0x86;
	const uint8_t *address = frame->bytes + (ip6 ? 62 : 38);

	if (ip6 != (r->config.family == 6)) /* a companion's */
		return;
	if (r->vr.election.state != VRRP_STATE_ACTIVE)
		check_fail(sim, "P4", "%s is %s and asks for its addresses",
			   node_name(process->router), vrrp_state_name(r->vr.election.state));
	if (family_virtual_number(r->config.family, address) >= r->addresses_n)
		check_fail(sim, "P4", "%s asks for an address that is none of its own",
			   node_name(process->router));
}

/* Every address that came, or all of them when the core said so, as far as they are there. */
static void check_announced(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	/* Whoever was away hears first what others have to say. */
	if (check_in_trouble(sim, i) || r->vr.election.state != VRRP_STATE_ACTIVE ||
	    r->vr.election.listening)
		return;
	for (unsigned k = 0; k < r->addresses_n; k++)
		if (r->kernel.table[k].present &&
		    (r->turn.announce & ~r->turn.announced & ~r->ready) >> k & 1)
			check_fail(sim, "P4", "%s does not announce address %u", node_name(i), k);
}

/* What neighbours were told last of an address says whether the host routes. */
static void check_said(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_ip6 *ip6 = &r->kernel.ip6;
	uint32_t right = ip6->forwards ? UINT32_MAX : 0;

	if (r->vr.election.state != VRRP_STATE_ACTIVE || r->vr.election.listening ||
	    !gateway_can_serve(r) || check_in_trouble(sim, i))
		return;
	for (unsigned k = 0; k < r->addresses_n; k++)
		if (r->kernel.table[k].present && (ip6->said & (ip6->said_router ^ right)) >> k & 1)
			check_fail(sim, "P4", "%s says of address %u that it is %s router",
				   node_name(i), k, ip6->forwards ? "no" : "a");
}

void check_waiting(const struct sim_process *process)
{
	for (unsigned n = 0; n < routers_count(process->routers); n++) {
		const struct router *router = routers_get(process->routers, n);

		if (router->vr.election.state == VRRP_STATE_ACTIVE || router->hand_over.until_ns)
			return;
	}
	check_fail(process->sim, "P12", "%s waits for addresses that it has given up",
		   node_name(process->router));
}

/* On an interface that was replaced at this moment a prepared farewell finds nobody. */
static bool can_send(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	return gateway_can_speak(r) && !check_in_trouble(sim, i) && r->kernel.link_ns < sim->now_ns;
}

void check_sent(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	unsigned adverts = r->turn.adverts, farewells = r->turn.farewells;
	bool can = can_send(sim, i);

	if (r->turn.adverts_sent > adverts || r->turn.farewells_sent > farewells)
		check_fail(sim, "P3", "%s sends %u adverts and %u farewells, and owes %u and %u",
			   node_name(i), r->turn.adverts_sent, r->turn.farewells_sent, adverts,
			   farewells);
	if (can && (r->turn.adverts_sent < adverts || r->turn.farewells_sent < farewells))
		check_fail(sim, "P12", "%s owes %u adverts and %u farewells, and sends %u and %u",
			   node_name(i), adverts, farewells, r->turn.adverts_sent,
			   r->turn.farewells_sent);
	if (can && peers_missed(sim, i))
		check_fail(sim, "P12", "%s does not send its advert to all peers", node_name(i));
	if (can)
		check_announced(sim, i);
}

/* ---- the end of a turn ---- */

/* The source breaks ties, so it stays as long as the host has it. */
static void check_source(struct sim *sim, const struct sim_process *process)
{
	static const uint8_t nowhere[SIM_ADDRESS_LEN];
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	const uint8_t *before = r->turn.source;

	if (family_same(before, r->vr.election.source)) {
		if (gateway_in_service(r) && !gateway_owns(r, before) &&
		    !check_in_trouble(sim, i) && r->vr.election.state != VRRP_STATE_INITIALIZE)
			check_fail(sim, "P7", "%s speaks from an address that is gone",
				   node_name(i));
		return;
	}
	if (r->healthy_ns < sim->now_ns)
		r->healthy_ns = sim->now_ns;
	/* One that has come back after a turn without it is like any other. */
	if (!family_same(before, nowhere) && gateway_owns(r, before) && r->at_home &&
	    !check_astray(sim, i))
		check_fail(sim, "P7", "%s speaks from another address without need", node_name(i));
}

/* What is wrong with the interface; an address that is missing may come back, and hides nothing. */
static enum vrrp_reason_code fault_of(const struct sim_gateway *r)
{
	const struct sim_link *link = &r->kernel.link;

	if (!link->exists)
		return VRRP_REASON_LINK_MISSING;
	if (!link->up)
		return VRRP_REASON_LINK_DOWN;
	if (!link->carrier && !r->conf.sans_carrier)
		return VRRP_REASON_NO_CARRIER;
	if (r->config.family == 6 && r->kernel.ip6.narrow && !r->unicast)
		return VRRP_REASON_NO_GROUP;
	if (guest_fault(r) != VRRP_REASON_NONE)
		return guest_fault(r);
	return gateway_has_source(r) ? VRRP_REASON_NONE : VRRP_REASON_NO_SOURCE;
}

static const char *fault_name(enum vrrp_reason_code code)
{
	static const char *const names[VRRP_REASON_COUNT] = {
		[VRRP_REASON_NONE] = "none",          [VRRP_REASON_LINK_MISSING] = "no interface",
		[VRRP_REASON_LINK_DOWN] = "down",     [VRRP_REASON_NO_CARRIER] = "no carrier",
		[VRRP_REASON_NO_GROUP] = "no group",  [VRRP_REASON_NO_SOURCE] = "no address",
		[VRRP_REASON_CHECK_DOWN] = "a check",
	};

	return names[code] ? names[code] : "another one";
}

/* What a network tool takes away it may bring back: for half a second it is no fault. */
static bool may_come_back(struct sim *sim, const struct sim_process *process,
			  enum vrrp_reason_code fault)
{
	struct sim_gateway *r = &sim->routers[process->router];
	int64_t now_ns = gateway_local_ns(sim, r);

	if (fault != VRRP_REASON_NO_SOURCE || r->bare != process)
		r->bare_ns = now_ns;
	r->bare = fault == VRRP_REASON_NO_SOURCE ? process : NULL;
	if (r->unicast && r->vr.election.state != VRRP_STATE_ACTIVE) /* it would hear nobody */
		return false;
	return r->bare && now_ns < r->bare_ns + 500 * SIM_MS;
}

static void check_fault(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];
	const struct vrrp_election *e = &r->vr.election;
	enum vrrp_reason_code fault = fault_of(r);
	enum vrrp_reason_code said =
		e->state == VRRP_STATE_FAULT ? e->reason.code : VRRP_REASON_NONE;

	if (said == VRRP_REASON_NO_OWN || said == VRRP_REASON_ONLY_VIRTUAL ||
	    said == VRRP_REASON_NOT_HERE)
		said = VRRP_REASON_NO_SOURCE;
	if (said == VRRP_REASON_CHECK_UP)
		said = VRRP_REASON_CHECK_DOWN;
	if (may_come_back(sim, process, fault) && said == VRRP_REASON_NONE && !r->beliefs.fault)
		return;
	if (r->beliefs.fault && (fault == VRRP_REASON_NONE || said == VRRP_REASON_CHECK_DOWN))
		fault = VRRP_REASON_CHECK_DOWN;
	if (said != fault && !check_in_trouble(sim, i) &&
	    (e->state != VRRP_STATE_INITIALIZE || e->reason.code != VRRP_REASON_STOPPED))
		check_fail(sim, "P15", "%s says that its fault is \"%s\", and it is \"%s\"",
			   node_name(i), fault_name(said), fault_name(fault));
}

/* Whoever is no member hears nobody, and finds nothing wrong. */
static void check_member(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (gateway_can_serve(r) && !check_in_trouble(sim, i) && !r->unicast &&
	    !socket_is_member(&r->kernel, r->config.family))
		check_fail(sim, "P15", "%s is deaf, and does not know it", node_name(i));
}

static int64_t deadline_latest(const struct sim *sim, const struct sim_gateway *r)
{
	const struct sim_model *m = &sim->check.models[r - sim->routers];
	int64_t interval_ns = r->config.interval_cs * 10 * SIM_MS;

	switch (r->vr.election.state) {
	case VRRP_STATE_INITIALIZE:
		return r->config.start_delay_ns;
	case VRRP_STATE_BACKUP:
		return model_down_ns(&r->config, sim->check.interval_max_cs);
	case VRRP_STATE_ACTIVE:
		if (m->listens) /* for as long as it began to, whatever a reload has changed */
			return m->beat_ns - gateway_local_ns(sim, r);
		return m->cedes ? model_offer_ns(&r->config) : interval_ns;
	case VRRP_STATE_FAULT:
	case VRRP_STATE_COUNT:
		break;
	}
	return 0;
}

static void check_deadline(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];
	int64_t now = gateway_local_ns(sim, r), deadline = vrrp_deadline(&r->vr);
	int64_t held_ns = check_held_until(sim, i, r->vr.election.state);
	bool awaits = (r->kernel.macvlans.used || r->conf.checks.n) &&
		      r->vr.election.reason.code == VRRP_REASON_NONE;
	bool never = r->vr.election.state == VRRP_STATE_FAULT ||
		     (r->vr.election.state == VRRP_STATE_INITIALIZE && awaits) ||
		     (r->vr.election.state == VRRP_STATE_INITIALIZE &&
		      r->vr.election.reason.code == VRRP_REASON_STOPPED);

	if (r->drain.told_ns == sim->now_ns) /* in a turn before, with an advert for the next */
		return;
	if (held_ns == VRRP_NEVER) /* only its hand-over has an end, see check_yield() */
		return;
	if (held_ns > deadline)
		deadline = held_ns;
	if (never ? deadline != VRRP_NEVER
		  : deadline <= now || deadline > now + deadline_latest(sim, r))
		check_fail(sim, "deadline", "%s in %s has its deadline in %.3f ms", node_name(i),
			   vrrp_state_name(r->vr.election.state),
			   (double)(deadline - now) / SIM_MS);
	if (routers_deadline(process->routers) > deadline)
		check_fail(sim, "deadline", "%s sleeps over its deadline", node_name(i));
}

void check_turn_end(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;

	check_facts_turn(sim, process);
	check_sent(sim, i);
	check_yield(sim, process, can_send(sim, i));
	check_leaving(sim, process);
	check_served(sim);
	check_said(sim, i);
	companion_turn(sim, process);
	check_addresses(sim, process);
	filter_check(sim, process);
	route_check(sim, process);
	check_resort(sim, i);
	check_patience(sim, i);
	sim->routers[i].adverts_n += sim->routers[i].turn.adverts_sent;
	check_source(sim, process);
	sim->routers[i].at_home =
		gateway_owns(&sim->routers[i], sim->routers[i].vr.election.source);
	if (!process_router(process))
		return;
	check_drain_turn(sim, process);
	check_effective(sim, i);
	model_turn(sim, i);
	unit_turn(sim, process);
	macvlan_turn(sim, process);
	guest_turn(sim, process);
	if (!sim->routers[i].unit.together)
		check_fault(sim, process);
	check_member(sim, i);
	if (!sim->routers[i].unit.together ||
	    sim->routers[i].vr.election.state != VRRP_STATE_BACKUP)
		check_deadline(sim, process);
}
