/* SPDX-License-Identifier: MIT */
#include "inst_set.h"

#include <netinet/ip.h>
#include <string.h>

enum sent_kind {
	SENT_ADVERT,
	SENT_ADVERT_LEAVE,
	SENT_ANNOUNCEMENT,
};

/* Only what is really there is announced (RFC 9568 §8.1.2). */
static void queue_announcement(struct inst_set *set, struct inst *inst, unsigned holding)
{
	const struct link *link = &set->links[inst->link];
	uint8_t *frame;

	if (inst->vr.state != VRRP_STATE_ACTIVE || !kern_holdings_has(set->holdings, holding))
		return;
	frame = kern_sender_frame(set->sender, link->ifindex, KERN_FRAME_ARP_LEN, inst,
				  SENT_ANNOUNCEMENT);
	kern_frame_gratuitous_arp(frame, link->mac,
				  inst->conf->addresses[holding - inst->holding].bytes);
}

void inst_on_holding(unsigned holding, enum kern_holding_news news, int error, void *arg)
{
	struct inst_set *set = arg;
	struct inst *inst = &set->insts[set->holding_insts[holding]];
	struct journal_router journal = inst_journal(set, inst);
	bool owner = vrrp_is_owner(&inst->vr);

	/* The owner's addresses are on the interface by definition. */
	if (!owner || (news != KERN_HOLDING_FOREIGN && news != KERN_HOLDING_KEPT))
		journal_holding(&journal, &inst->conf->addresses[holding - inst->holding], news,
				error);
	if (news == KERN_HOLDING_RESTORED || news == KERN_HOLDING_EXPIRED)
		inst->vr.counters.addresses_restored++;
	if (news == KERN_HOLDING_RESTORED || news == KERN_HOLDING_EXPIRED ||
	    news == KERN_HOLDING_ADDED)
		queue_announcement(set, inst, holding);
}

void inst_on_pause(void *arg)
{
	struct inst_set *set = arg;

	kern_sender_flush(set->sender);
}

static size_t advert_len(const struct inst *inst)
{
	return KERN_FRAME_IP4_LEN + VRRP_HEADER_LEN +
	       inst->list.addresses_n * vrrp_address_len(inst->vr.config.family);
}

/* Without an interface, its medium or a source there is nobody to tell. */
static bool can_advertise(const struct inst_set *set, const struct inst *inst)
{
	const struct link *link = &set->links[inst->link];

	return link->ifindex != 0 && link->up && link->carrier && inst->vr.source[0] != 0;
}

static void write_advert(const struct inst_set *set, const struct inst *inst, uint8_t priority,
			 uint8_t *frame)
{
	const struct vrrp_config *c = &inst->vr.config;
	struct vrrp_advert advert = {
		.family = c->family,
		.version = c->version,
		.vrid = c->vrid,
		.priority = priority,
		.interval_cs = c->interval_cs,
		.checksum = c->checksum,
		.addresses = inst->list.addresses,
		.addresses_n = (uint8_t)inst->list.addresses_n,
	};
	struct kern_ip4 ip = {
		.source_mac = set->links[inst->link].mac,
		.source = inst->vr.source,
		.destination = vrrp_group(c->family),
		.protocol = VRRP_PROTOCOL,
		.ttl = VRRP_TTL,
		.tos = IPTOS_CLASS_CS6,
		.payload_len = advert_len(inst) - KERN_FRAME_IP4_LEN,
	};

	memcpy(advert.source, inst->vr.source, sizeof(advert.source));
	kern_frame_ip4(frame, &ip);
	vrrp_packet_encode(&advert, ip.destination, frame + KERN_FRAME_IP4_LEN);
}

static void queue_advert(struct inst_set *set, const struct owed_advert *owed)
{
	struct inst *inst = owed->inst;
	uint8_t *frame;

	if (!can_advertise(set, inst))
		return;
	frame = kern_sender_frame(set->sender, set->links[inst->link].ifindex, advert_len(inst),
				  inst, owed->priority ? SENT_ADVERT : SENT_ADVERT_LEAVE);
	write_advert(set, inst, owed->priority, frame);
}

void inst_prepare_farewell(struct inst_set *set, const struct inst *inst)
{
	uint8_t frame[KERN_FRAME_IP4_LEN + VRRP_PACKET_MAX];

	if (!can_advertise(set, inst))
		return;
	write_advert(set, inst, VRRP_PRIORITY_LEAVE, frame);
	state_put_farewell(set->state, (unsigned)(inst - set->insts),
			   set->links[inst->link].ifindex, frame, advert_len(inst));
}

static void queue_announcements(struct inst_set *set)
{
	for (unsigned i = 0; i < set->announces_n; i++) {
		struct inst *inst = set->announces[i];
		unsigned n = inst->conf->addresses_n + inst->conf->extra_n;

		for (unsigned k = 0; k < n; k++)
			queue_announcement(set, inst, inst->holding + k);
	}
}

void inst_on_sent(void *owner, unsigned kind, int error, void *arg)
{
	struct inst_set *set = arg;
	struct inst *inst = owner;
	struct vrrp_counters *counters;
	struct journal_router journal;

	if (!inst) /* the farewell of a router that is no more */
		return;
	counters = &inst->vr.counters;
	if (error) {
		counters->send_errors++;
		journal = inst_journal(set, inst);
		journal_send_error(&journal, kind == SENT_ANNOUNCEMENT ? "announcement" : "advert",
				   error);
		return;
	}
	if (kind == SENT_ANNOUNCEMENT) {
		counters->announcements_sent++;
		return;
	}
	counters->adverts_sent++;
	if (kind == SENT_ADVERT_LEAVE) {
		counters->priority_zero_sent++;
		return;
	}
	if (lease_on_sent(&inst->lease, set->now->mono_ns))
		inst_schedule(set, inst);
}

static void queue_adverts(struct inst_set *set, bool farewell)
{
	for (unsigned i = 0; i < set->adverts_n; i++) {
		if (set->adverts[i].farewell != farewell)
			continue;
		queue_advert(set, &set->adverts[i]);
		set->adverts[i].inst->advert_due = false;
	}
}

/* Answers that contradict what is known lead to one dump and one more try in this turn. */
static void reconcile(struct inst_set *set)
{
	int64_t now_ns = set->now->mono_ns;

	if (!kern_holdings_reconcile(set->holdings, now_ns) || !inst_resolve_doubt(set))
		return;
	/* What the dump found may be ours. */
	queue_announcements(set);
	if (kern_holdings_reconcile(set->holdings, now_ns))
		set->dump_due = true;
}

/*
 * Adverts leave before the addresses change: whoever else configures this host at the moment may
 * hold the kernel's lock for a tenth of a second, and no peer shall take that for our silence. A
 * farewell comes after the removal, so that no two hosts have an address; so does an announcement,
 * since only what is there may be announced (RFC 9568 §8.1.2).
 */
void inst_execute(struct inst_set *set, const struct inst_now *now)
{
	set->now = now;
	queue_adverts(set, false);
	queue_announcements(set); /* of what is there; what is added is announced then */
	kern_sender_flush(set->sender);
	reconcile(set);
	queue_adverts(set, true);
	kern_sender_flush(set->sender);
	for (unsigned i = 0; i < set->announces_n; i++)
		set->announces[i]->announce_due = false;
	set->adverts_n = set->announces_n = 0;
	for (unsigned i = 0; i < set->states_n; i++) {
		const struct owed_state *owed = &set->states[i];
		struct journal_router journal = inst_journal(set, owed->inst);

		journal_state(&journal, owed->from, owed->to, &owed->reason);
	}
	set->states_n = 0;
}
