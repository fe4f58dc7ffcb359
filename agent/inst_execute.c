/* SPDX-License-Identifier: MIT */
#include "inst_set.h"

#include <netinet/ip.h>
#include <string.h>

enum sent_kind {
	SENT_ADVERT,
	SENT_ADVERT_LEAVE,
	SENT_ANNOUNCEMENT,
};

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
	if (news == KERN_HOLDING_RESTORED)
		inst->vr.counters.addresses_restored++;
	/* Outside a takeover, which announces them all. */
	if ((news == KERN_HOLDING_RESTORED || news == KERN_HOLDING_ADDED) && !inst->announce_due)
		set->singles[set->single_n++] = holding;
}

static void queue_advert(struct inst_set *set, const struct owed_advert *owed)
{
	const struct inst *inst = owed->inst;
	const struct vrrp_config *c = &inst->vr.config;
	const struct link *link = &set->links[inst->link];
	struct vrrp_advert advert = {
		.family = c->family,
		.version = c->version,
		.vrid = c->vrid,
		.priority = owed->priority,
		.interval_cs = c->interval_cs,
		.checksum = c->checksum,
		.addresses = inst->list.addresses,
		.addresses_n = (uint8_t)inst->list.addresses_n,
	};
	struct kern_ip4 ip = {
		.source_mac = link->mac,
		.source = inst->vr.source,
		.destination = vrrp_group(c->family),
		.protocol = VRRP_PROTOCOL,
		.ttl = VRRP_TTL,
		.tos = IPTOS_CLASS_CS6,
		.payload_len = VRRP_HEADER_LEN + advert.addresses_n * vrrp_address_len(c->family),
	};
	uint8_t *frame;

	/* Without an interface or a source there is nobody to tell. */
	if (link->ifindex == 0 || inst->vr.source[0] == 0)
		return;
	memcpy(advert.source, inst->vr.source, sizeof(advert.source));
	frame = kern_sender_frame(set->sender, link->ifindex, KERN_FRAME_IP4_LEN + ip.payload_len,
				  owed->inst, owed->priority ? SENT_ADVERT : SENT_ADVERT_LEAVE);
	kern_frame_ip4(frame, &ip);
	vrrp_packet_encode(&advert, ip.destination, frame + KERN_FRAME_IP4_LEN);
}

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

static void queue_announcements(struct inst_set *set, struct inst *inst)
{
	unsigned n = inst->conf->addresses_n + inst->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		queue_announcement(set, inst, inst->holding + i);
	inst->announce_due = false;
}

void inst_on_sent(void *owner, unsigned kind, int error, void *arg)
{
	struct inst_set *set = arg;
	struct inst *inst = owner;
	struct vrrp_counters *counters = &inst->vr.counters;
	struct journal_router journal;

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
	if (kind == SENT_ADVERT_LEAVE)
		counters->priority_zero_sent++;
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

	if (kern_holdings_reconcile(set->holdings, now_ns) && inst_resolve_doubt(set) &&
	    kern_holdings_reconcile(set->holdings, now_ns))
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
	kern_sender_flush(set->sender);
	reconcile(set);
	queue_adverts(set, true);
	for (unsigned i = 0; i < set->announces_n; i++)
		queue_announcements(set, set->announces[i]);
	for (unsigned i = 0; i < set->single_n; i++)
		queue_announcement(set, &set->insts[set->holding_insts[set->singles[i]]],
				   set->singles[i]);
	kern_sender_flush(set->sender);
	set->adverts_n = set->announces_n = set->single_n = 0;
	for (unsigned i = 0; i < set->states_n; i++) {
		const struct owed_state *owed = &set->states[i];
		struct journal_router journal = inst_journal(set, owed->inst);

		journal_state(&journal, owed->from, owed->to, &owed->reason);
	}
	set->states_n = 0;
}
