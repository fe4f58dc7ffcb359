/* SPDX-License-Identifier: MIT */
#include "inst.h"

#include <assert.h>
#include <errno.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "log.h"
#include "netlink/dump.h"
#include "netlink/monitor.h"
#include "netlink/receive.h"
#include "netlink/sweep.h"
#include "netlink/transmit.h"

#define NS_PER_S INT64_C(1000000000)

/* Packets that the filter set aside are counted, and failed dumps repeated, this often. */
#define HOUSEKEEPING_NS NS_PER_S

/* What a turn owes to the wire and to the journal, executed at its end. */
struct owed_advert {
	struct inst *inst;
	uint8_t priority;
};

struct owed_state {
	struct inst *inst;
	enum vrrp_state from, to;
	struct vrrp_reason reason;
};

enum sent_kind {
	SENT_ADVERT,
	SENT_ADVERT_LEAVE,
	SENT_ANNOUNCEMENT,
};

struct inst_set {
	unsigned insts_n, links_n, holdings_n;
	struct inst *insts; /* owned, as all below */
	struct link *links;
	uint32_t *holding_insts; /* the router of each holding */

	struct heap *heap;
	struct kern_dump *dump;
	struct kern_changer *changer;
	struct kern_monitor *monitor;
	struct kern_receiver *reader, *strays_reader;
	struct kern_sender *sender;
	struct kern_holdings *holdings;

	/* The turn. */
	const struct inst_now *now; /* borrowed while one of our functions runs */
	int64_t read_ns;            /* when everything had been read last */
	bool links_doubt;           /* links or sources changed: assess them */
	bool dump_due;              /* the kernel must be asked */
	bool accounts_only;         /* packets are counted, not acted upon: the strays */
	unsigned owed_max, adverts_n, states_n, announces_n, single_n;
	struct owed_advert *adverts;
	struct owed_state *states;
	struct inst **announces;
	uint32_t *singles; /* holdings to announce on their own */

	int64_t housekeeping_ns;
	struct inst_strays strays;
	struct journal_episodes episodes;
};

static struct journal_router journal_of(struct inst_set *set, struct inst *inst)
{
	return (struct journal_router){ inst->conf, &inst->vr, &inst->episodes, set->now->mono_ns };
}

/* ---- the core's answers ---- */

static void owe_announce(struct inst_set *set, struct inst *inst)
{
	if (inst->announce_due)
		return;
	inst->announce_due = true;
	set->announces[set->announces_n++] = inst;
}

static void want_addresses(struct inst_set *set, struct inst *inst, bool wanted)
{
	unsigned n = inst->conf->addresses_n + inst->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		kern_holdings_want(set->holdings, inst->holding + i, wanted);
}

static void take_action(struct inst_set *set, struct inst *inst, const struct vrrp_action *action)
{
	switch (action->type) {
	case VRRP_ACTION_CLAIM:
		want_addresses(set, inst, true);
		return;
	case VRRP_ACTION_RELEASE:
		want_addresses(set, inst, false);
		return;
	case VRRP_ACTION_ADVERT:
		set->adverts[set->adverts_n++] = (struct owed_advert){ inst, action->priority };
		return;
	case VRRP_ACTION_ANNOUNCE:
		owe_announce(set, inst);
		return;
	case VRRP_ACTION_STATE:
		set->states[set->states_n++] =
			(struct owed_state){ inst, action->from, inst->vr.state, inst->vr.reason };
		return;
	}
}

static void step(struct inst_set *set, struct inst *inst, const struct vrrp_event *event)
{
	struct vrrp_output out;

	/* A router that is stepped often in one turn owes more than the lists hold. */
	if (set->adverts_n == set->owed_max || set->states_n == set->owed_max)
		inst_execute(set, set->now);
	vrrp_step(&inst->vr, event, &out);
	for (unsigned i = 0; i < out.actions_n; i++)
		take_action(set, inst, &out.actions[i]);
	heap_set(set->heap, (unsigned)(inst - set->insts), vrrp_deadline(&inst->vr));
}

/* ---- the kernel's news ---- */

static struct link *find_link(struct inst_set *set, int ifindex)
{
	for (unsigned i = 0; i < set->links_n; i++)
		if (set->links[i].ifindex == ifindex)
			return &set->links[i];
	return NULL;
}

/*
 * An address is either one of the virtual ones or the interface's own, from which adverts may be
 * sent; an owner's are both. What vipd added is never a source, not even under another
 * configuration.
 */
static void see_address(struct inst_set *set, const struct kern_object *object)
{
	struct link *link = find_link(set, object->address.ifindex);
	const struct inst *inst;
	int holding;

	if (!link || object->address.ifindex == 0)
		return;
	holding = kern_holdings_see(set->holdings, (unsigned)(link - set->links), object);
	if (holding >= 0) {
		inst = &set->insts[set->holding_insts[holding]];
		if (!vrrp_is_owner(&inst->vr))
			return;
	}
	if (object->address.mark == KERN_ADDRESS_MARK && !object->gone)
		return;
	set->dump_due |= link_source_see(link, object);
	set->links_doubt = true;
}

static void on_object(const struct kern_object *object, void *arg)
{
	struct inst_set *set = arg;

	if (object->type == KERN_OBJECT_ADDRESS) {
		see_address(set, object);
		return;
	}
	for (unsigned i = 0; i < set->links_n; i++) {
		if (!link_see(&set->links[i], object))
			continue;
		/* An interface that comes back may have brought its addresses before its name. */
		if (set->links[i].ifindex && set->links[i].sources_n == 0)
			set->dump_due = true;
		kern_holdings_link(set->holdings, i, set->links[i].ifindex);
		set->links_doubt = true;
	}
}

/* Ask the kernel for everything. What it does not show is not there. */
static int dump_all(struct inst_set *set)
{
	int err;

	for (unsigned i = 0; i < set->links_n; i++)
		set->links[i].in_dump = false;
	err = kern_dump_links(set->dump, on_object, set);
	if (err < 0)
		return err;
	for (unsigned i = 0; i < set->links_n; i++) {
		struct link *link = &set->links[i];

		if (!link->in_dump)
			link_lost(link);
		link->sources_n = 0;
		link->sources_overflow = false;
		kern_holdings_link(set->holdings, i, link->ifindex);
	}
	kern_holdings_dump_begin(set->holdings);
	err = kern_dump_addresses(set->dump, on_object, set);
	if (err < 0)
		return err;
	kern_holdings_dump_end(set->holdings);
	set->links_doubt = true;
	set->dump_due = false;
	return 0;
}

/* Return: whether the kernel could be asked. When not, housekeeping asks again. */
static bool resolve_doubt(struct inst_set *set)
{
	int err = dump_all(set);

	if (err == 0)
		return true;
	log_write(LOG_LEVEL_WARNING,
		  "netlink=dump error=\"%s\" note=\"going on with what is known; asked again in 1 "
		  "s\"",
		  strerror(-err));
	set->dump_due = true;
	return false;
}

/* Tell a router what its interface is worth now. */
static void tell_router(struct inst_set *set, struct inst *inst)
{
	const struct link *link = &set->links[inst->link];
	struct vrrp_event event = { .now_ns = set->now->mono_ns };

	vrrp_source_set(&inst->vr, link->source);
	if (link->mac_changed && inst->vr.state == VRRP_STATE_ACTIVE)
		owe_announce(set, inst);
	if (link->fault != VRRP_REASON_NONE) {
		event.type = VRRP_EVENT_FAULT;
		event.fault = link->fault;
	} else if (inst->vr.state == VRRP_STATE_FAULT ||
		   (inst->vr.state == VRRP_STATE_INITIALIZE &&
		    inst->vr.reason.code == VRRP_REASON_NONE)) {
		event.type = VRRP_EVENT_STARTUP;
	} else {
		return;
	}
	step(set, inst, &event);
}

static void assess_links(struct inst_set *set)
{
	set->links_doubt = false;
	for (unsigned i = 0; i < set->links_n; i++)
		(void)link_assess(&set->links[i]);
	for (unsigned i = 0; i < set->insts_n; i++)
		tell_router(set, &set->insts[i]);
	for (unsigned i = 0; i < set->links_n; i++)
		set->links[i].mac_changed = false;
}

/* ---- packets ---- */

static struct inst *find_inst(struct inst_set *set, int ifindex, int vrid,
			      const struct link **ret_link)
{
	const struct link *link = ifindex ? find_link(set, ifindex) : NULL;

	*ret_link = link;
	if (!link || vrid < 0 || !link->by_vrid[vrid])
		return NULL;
	return &set->insts[link->by_vrid[vrid] - 1];
}

/*
 * When the packet arrived, on the clock of the timers. The wall clock may have been set in between,
 * so the answer is kept to what must be true: since everything had been read last, and not later
 * than now.
 */
static int64_t arrival_mono(const struct inst_set *set, int64_t arrival_ns)
{
	int64_t mono_ns = set->now->mono_ns - (set->now->real_ns - arrival_ns);

	if (arrival_ns == 0 || mono_ns > set->now->mono_ns)
		return set->now->mono_ns;
	return mono_ns < set->read_ns ? set->read_ns : mono_ns;
}

static void stray(struct inst_set *set, const struct link *link, const struct vrrp_rx *rx,
		  enum vrrp_reject reject)
{
	set->strays.rejected[reject]++;
	if (link)
		journal_stray(&set->episodes, set->now->mono_ns, reject, link->name, rx->source,
			      vrrp_packet_vrid(rx));
}

static void on_packet(const struct kern_packet *packet, void *arg)
{
	struct inst_set *set = arg;
	struct vrrp_advert advert;
	struct vrrp_event event = { .type = VRRP_EVENT_ADVERT, .advert = &advert };
	struct vrrp_rx rx = { 0 };
	enum vrrp_reject reject = vrrp_packet_ip4(packet->data, packet->len, &rx);
	const struct link *link;
	struct inst *inst;
	struct journal_router journal;

	if (reject != VRRP_ACCEPT) {
		set->strays.rejected[reject]++;
		return;
	}
	inst = find_inst(set, packet->ifindex, vrrp_packet_vrid(&rx), &link);
	if (!inst) {
		stray(set, link, &rx, vrrp_receive(NULL, NULL, &rx, &advert));
		return;
	}
	journal = journal_of(set, inst);
	reject = vrrp_receive(&inst->vr, &inst->list, &rx, &advert);
	if (reject != VRRP_ACCEPT) {
		journal_reject(&journal, reject, rx.source);
		return;
	}
	if (advert.notices)
		journal_notices(&journal, &inst->list, &advert);
	event.now_ns = arrival_mono(set, packet->arrival_ns);
	step(set, inst, &event);
}

void inst_read(struct inst_set *set, const struct inst_now *now)
{
	uint32_t dropped;
	int n;

	set->now = now;
	if (kern_monitor_dispatch(set->monitor, on_object, set) < 0)
		set->dump_due = true;
	if (set->dump_due)
		resolve_doubt(set);
	if (set->links_doubt)
		assess_links(set);
	n = kern_receiver_dispatch(set->reader, now->real_ns, on_packet, set, &dropped);
	if (n < 0)
		log_write(LOG_LEVEL_ERROR, "receive error=\"%s\"", strerror(-n));
	else if (dropped)
		log_write(LOG_LEVEL_WARNING,
			  "receive dropped=%u note=\"adverts came faster than "
			  "they could be read\"",
			  dropped);
	set->read_ns = now->mono_ns;
}

const struct inst_strays *inst_strays(struct inst_set *set, const struct inst_now *now)
{
	uint32_t dropped = 0;

	set->now = now;
	(void)kern_receiver_dispatch(set->strays_reader, now->real_ns, on_packet, set, &dropped);
	set->strays.unread += dropped;
	return &set->strays;
}

/* ---- time ---- */

void inst_fire(struct inst_set *set, const struct inst_now *now)
{
	struct vrrp_event event = { .type = VRRP_EVENT_TIMER, .now_ns = now->mono_ns };
	int64_t deadline_ns;
	unsigned i;

	set->now = now;
	for (i = heap_first(set->heap, &deadline_ns); deadline_ns <= now->mono_ns;
	     i = heap_first(set->heap, &deadline_ns))
		step(set, &set->insts[i], &event);
	if (now->mono_ns < set->housekeeping_ns)
		return;
	set->housekeeping_ns = now->mono_ns + HOUSEKEEPING_NS;
	(void)inst_strays(set, now);
}

int64_t inst_deadline(const struct inst_set *set)
{
	int64_t retry_ns = kern_holdings_deadline(set->holdings);
	int64_t deadline_ns;

	heap_first(set->heap, &deadline_ns);
	if (retry_ns < deadline_ns)
		deadline_ns = retry_ns;
	return set->housekeeping_ns < deadline_ns ? set->housekeeping_ns : deadline_ns;
}

/* ---- execution ---- */

static void on_holding(unsigned holding, enum kern_holding_news news, int error, void *arg)
{
	struct inst_set *set = arg;
	struct inst *inst = &set->insts[set->holding_insts[holding]];
	struct journal_router journal = journal_of(set, inst);
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

static void on_sent(void *owner, unsigned kind, int error, void *arg)
{
	struct inst_set *set = arg;
	struct inst *inst = owner;
	struct vrrp_counters *counters = &inst->vr.counters;
	struct journal_router journal;

	if (error) {
		counters->send_errors++;
		journal = journal_of(set, inst);
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

static void send_owed(struct inst_set *set)
{
	for (unsigned i = 0; i < set->adverts_n; i++)
		queue_advert(set, &set->adverts[i]);
	kern_sender_flush(set->sender);
	for (unsigned i = 0; i < set->announces_n; i++)
		queue_announcements(set, set->announces[i]);
	for (unsigned i = 0; i < set->single_n; i++)
		queue_announcement(set, &set->insts[set->holding_insts[set->singles[i]]],
				   set->singles[i]);
	kern_sender_flush(set->sender);
	set->adverts_n = set->announces_n = set->single_n = 0;
}

void inst_execute(struct inst_set *set, const struct inst_now *now)
{
	set->now = now;
	/* Answers that contradict what is known lead to one dump and one more try in this turn. */
	if (kern_holdings_reconcile(set->holdings, now->mono_ns) && resolve_doubt(set) &&
	    kern_holdings_reconcile(set->holdings, now->mono_ns))
		set->dump_due = true;
	send_owed(set);
	for (unsigned i = 0; i < set->states_n; i++) {
		const struct owed_state *owed = &set->states[i];
		struct journal_router journal = journal_of(set, owed->inst);

		journal_state(&journal, owed->from, owed->to, &owed->reason);
	}
	set->states_n = 0;
}

void inst_stop(struct inst_set *set, const struct inst_now *now)
{
	struct vrrp_event event = { .type = VRRP_EVENT_SHUTDOWN, .now_ns = now->mono_ns };

	set->now = now;
	for (unsigned i = 0; i < set->insts_n; i++)
		step(set, &set->insts[i], &event);
	inst_execute(set, now);
}

/* ---- making and unmaking ---- */

static int link_of(struct inst_set *set, const char *name)
{
	for (unsigned i = 0; i < set->links_n; i++)
		if (strcmp(set->links[i].name, name) == 0)
			return (int)i;
	link_init(&set->links[set->links_n], name);
	return (int)set->links_n++;
}

static int make_inst(struct inst_set *set, unsigned number, const struct conf_router *conf)
{
	struct inst *inst = &set->insts[number];
	unsigned n = conf->addresses_n + conf->extra_n;
	uint8_t *list = calloc(conf->addresses_n, 4);

	if (!list)
		return -ENOMEM;
	vrrp_init(&inst->vr, &conf->vrrp);
	inst->conf = conf;
	inst->link = (unsigned)link_of(set, conf->interface);
	set->links[inst->link].by_vrid[conf->vrrp.vrid] = (uint16_t)(number + 1);
	for (unsigned i = 0; i < conf->addresses_n; i++)
		memcpy(list + i * 4, conf->addresses[i].bytes, 4);
	inst->list = (struct vrrp_list){ list, conf->addresses_n };
	inst->holding = set->holdings_n;
	for (unsigned i = 0; i < n; i++) {
		struct kern_address address = { .family = conf->addresses[i].family,
						.prefix_len = conf->addresses[i].prefix_len };
		unsigned holding;

		memcpy(address.bytes, conf->addresses[i].bytes, sizeof(address.bytes));
		holding = kern_holdings_add(set->holdings, inst->link, &address);
		set->holding_insts[holding] = number;
		set->holdings_n++;
	}
	return 0;
}

/* Interfaces that are named; how often each is named does not matter. */
static unsigned count_links(const struct conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->routers_n; i++) {
		unsigned before = 0;

		while (before < i &&
		       strcmp(conf->routers[before].interface, conf->routers[i].interface) != 0)
			before++;
		n += before == i;
	}
	return n;
}

static unsigned count_addresses(const struct conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->routers_n; i++)
		n += conf->routers[i].addresses_n + conf->routers[i].extra_n;
	return n;
}

static int make_insts(struct inst_set *set, const struct conf *conf)
{
	unsigned addresses_n = count_addresses(conf);
	int err;

	set->insts_n = conf->routers_n;
	set->owed_max = conf->routers_n * 2 + 2;
	set->insts = calloc(conf->routers_n, sizeof(*set->insts));
	set->links = calloc(count_links(conf), sizeof(*set->links));
	set->heap = heap_new(conf->routers_n);
	set->adverts = calloc(set->owed_max, sizeof(*set->adverts));
	set->states = calloc(set->owed_max, sizeof(*set->states));
	set->announces = calloc(conf->routers_n, sizeof(struct inst *));
	set->singles = calloc(addresses_n * 2, sizeof(*set->singles));
	set->holding_insts = calloc(addresses_n, sizeof(*set->holding_insts));
	if (!set->insts || !set->links || !set->heap || !set->adverts || !set->states ||
	    !set->announces || !set->singles || !set->holding_insts)
		return -ENOMEM;
	err = kern_holdings_new(addresses_n, set->changer, on_holding, set, &set->holdings);
	if (err < 0)
		return err;
	for (unsigned i = 0; i < conf->routers_n; i++) {
		err = make_inst(set, i, &conf->routers[i]);
		if (err < 0)
			return err;
	}
	return 0;
}

static struct kern_vrids vrids_of(const struct conf *conf)
{
	struct kern_vrids vrids = { 0 };

	for (unsigned i = 0; i < conf->routers_n; i++) {
		unsigned vrid = conf->routers[i].vrrp.vrid;

		vrids.words[vrid / 32] |= 1u << vrid % 32;
	}
	return vrids;
}

static int open_sockets(struct inst_set *set, const struct conf *conf, const char **ret_what)
{
	struct kern_vrids vrids = vrids_of(conf);
	int err;

	*ret_what = "opening the netlink sockets";
	err = kern_dump_open(&set->dump);
	if (err < 0)
		return err;
	err = kern_changer_open(&set->changer);
	if (err < 0)
		return err;
	err = kern_monitor_open(kern_changer_port(set->changer), &set->monitor);
	if (err < 0)
		return err;
	*ret_what = "opening the packet sockets";
	err = kern_receiver_open(KERN_RECEIVER_READER, VRRP_PROTOCOL, &vrids, &set->reader);
	if (err < 0)
		return err;
	err = kern_receiver_open(KERN_RECEIVER_STRAYS, VRRP_PROTOCOL, &vrids, &set->strays_reader);
	if (err < 0)
		return err;
	return kern_sender_open(on_sent, set, &set->sender);
}

static void on_swept(const struct kern_address *address, int error, void *arg)
{
	(void)arg;
	journal_swept(address, error);
}

int inst_open(const struct conf *conf, const struct inst_now *now, struct inst_set **ret_set,
	      const char **ret_what)
{
	struct inst_set *set = calloc(1, sizeof(*set));
	int err;

	*ret_what = "allocating memory";
	if (!set)
		return -ENOMEM;
	set->now = now;
	set->read_ns = now->mono_ns;
	set->housekeeping_ns = now->mono_ns + HOUSEKEEPING_NS;
	err = open_sockets(set, conf, ret_what);
	if (err < 0)
		goto close_set;
	*ret_what = "allocating memory";
	err = make_insts(set, conf);
	if (err < 0)
		goto close_set;
	*ret_what = "removing the addresses of a vipd that died";
	err = kern_sweep(set->dump, set->changer, on_swept, NULL);
	if (err < 0)
		goto close_set;
	*ret_what = "listing the interfaces";
	err = dump_all(set);
	if (err < 0)
		goto close_set;
	*ret_set = set;
	return 0;

close_set:
	inst_close(set);
	return err;
}

void inst_close(struct inst_set *set)
{
	if (!set)
		return;
	kern_sender_close(set->sender);
	kern_receiver_close(set->strays_reader);
	kern_receiver_close(set->reader);
	kern_monitor_close(set->monitor);
	kern_holdings_free(set->holdings);
	kern_changer_close(set->changer);
	kern_dump_close(set->dump);
	for (unsigned i = 0; i < set->insts_n && set->insts; i++)
		free((void *)set->insts[i].list.addresses);
	for (unsigned i = 0; i < set->links_n; i++)
		link_fini(&set->links[i]);
	heap_free(set->heap);
	free(set->insts);
	free(set->links);
	free(set->adverts);
	free(set->states);
	free(set->announces);
	free(set->singles);
	free(set->holding_insts);
	free(set);
}

void inst_fds(const struct inst_set *set, int ret_fds[2])
{
	ret_fds[0] = kern_monitor_fd(set->monitor);
	ret_fds[1] = kern_receiver_fd(set->reader);
}

unsigned inst_count(const struct inst_set *set)
{
	return set->insts_n;
}

const struct inst *inst_get(const struct inst_set *set, unsigned i)
{
	assert(i < set->insts_n);
	return &set->insts[i];
}

bool inst_has_address(const struct inst_set *set, const struct inst *inst, unsigned address)
{
	return kern_holdings_has(set->holdings, inst->holding + address);
}
