/* SPDX-License-Identifier: MIT */
#include "inst_set.h"

#include <assert.h>
#include <string.h>

#include "log.h"

struct journal_router inst_journal(struct inst_set *set, struct inst *inst)
{
	return (struct journal_router){ inst->conf, &inst->vr, &inst->episodes, set->now->mono_ns };
}

void inst_owe_announcement(struct inst_set *set, struct inst *inst)
{
	if (inst->announce_due)
		return;
	inst->announce_due = true;
	set->announces[set->announces_n++] = inst;
}

void inst_want_addresses(struct inst_set *set, struct inst *inst, bool wanted)
{
	unsigned n = inst->conf->addresses_n + inst->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		kern_holdings_want(set->holdings, inst->holding + i, wanted);
}

void inst_renew_leases(struct inst_set *set, struct inst *inst)
{
	unsigned n = inst->conf->addresses_n + inst->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		kern_holdings_renew(set->holdings, inst->holding + i);
}

/*
 * An Active that was paused may find a queue full of weaker adverts, each of which deserves an
 * answer: one for all of them is enough.
 */
static void owe_advert(struct inst_set *set, struct inst *inst, uint8_t priority)
{
	bool farewell = inst->vr.state != VRRP_STATE_ACTIVE;

	if (!farewell && inst->advert_due)
		return;
	inst->advert_due = !farewell;
	if (!farewell && lease_on_advert(&inst->lease, set->now->mono_ns))
		inst_renew_leases(set, inst);
	set->adverts[set->adverts_n++] = (struct owed_advert){ inst, priority, farewell };
}

static void take_action(struct inst_set *set, struct inst *inst, const struct vrrp_action *action)
{
	switch (action->type) {
	case VRRP_ACTION_CLAIM:
		inst_want_addresses(set, inst, true);
		return;
	case VRRP_ACTION_RELEASE:
		inst_want_addresses(set, inst, false);
		return;
	case VRRP_ACTION_ADVERT:
		owe_advert(set, inst, action->priority);
		return;
	case VRRP_ACTION_ANNOUNCE:
		inst_owe_announcement(set, inst);
		return;
	case VRRP_ACTION_STATE:
		set->states[set->states_n++] =
			(struct owed_state){ inst, action->from, inst->vr.state, inst->vr.reason };
		return;
	}
}

void inst_schedule(struct inst_set *set, struct inst *inst)
{
	int64_t deadline_ns = vrrp_deadline(&inst->vr);
	bool active = inst->vr.state == VRRP_STATE_ACTIVE;

	if (!active)
		lease_end(&inst->lease);
	state_put_lease(set->state, (unsigned)(inst - set->insts), inst->lease.renew_ns);
	if (active && lease_deadline(&inst->lease) < deadline_ns)
		deadline_ns = lease_deadline(&inst->lease);
	heap_set(set->heap, (unsigned)(inst - set->insts), deadline_ns);
}

void inst_step(struct inst_set *set, struct inst *inst, const struct vrrp_event *event)
{
	struct vrrp_output out;

	/* A router that is stepped often in one turn owes more than the lists hold. */
	if (set->adverts_n == set->owed_max || set->states_n == set->owed_max)
		inst_execute(set, set->now);
	vrrp_step(&inst->vr, event, &out);
	for (unsigned i = 0; i < out.actions_n; i++)
		take_action(set, inst, &out.actions[i]);
	inst_schedule(set, inst);
	state_put(set->state, (unsigned)(inst - set->insts), &inst->vr);
}

/* ---- the kernel's news ---- */

struct link *inst_find_link(struct inst_set *set, int ifindex)
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
	struct link *link = inst_find_link(set, object->address.ifindex);
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
		struct link *link = &set->links[i];
		int before = link->ifindex;

		if (!link_see(link, object))
			continue;
		/* An interface that comes back may have brought its addresses before its name. */
		if (link->ifindex && link->ifindex != before)
			set->dump_due = true;
		if (link->ifindex != before)
			kern_holdings_link(set->holdings, i, link->ifindex, link->promotes);
		set->links_doubt = true;
	}
}

int inst_dump(struct inst_set *set)
{
	int err;

	for (unsigned i = 0; i < set->links_n; i++)
		link_dump_begin(&set->links[i]);
	err = kern_dump_links(set->dump, on_object, set);
	if (err < 0)
		return err;
	for (unsigned i = 0; i < set->links_n; i++) {
		struct link *link = &set->links[i];

		if (!link->in_dump)
			link_lost(link);
		kern_holdings_link(set->holdings, i, link->ifindex, link->promotes);
	}
	kern_holdings_dump_begin(set->holdings);
	err = kern_dump_addresses(set->dump, on_object, set);
	if (err < 0)
		return err;
	kern_holdings_dump_end(set->holdings);
	for (unsigned i = 0; i < set->links_n; i++)
		link_dump_end(&set->links[i]);
	set->links_doubt = true;
	set->dump_due = false;
	return 0;
}

bool inst_resolve_doubt(struct inst_set *set)
{
	int err = inst_dump(set);

	if (err == 0)
		return true;
	log_write(LOG_LEVEL_WARNING,
		  "netlink=dump error=\"%s\" note=\"going on with what is known; asked again in 1 "
		  "s\"",
		  strerror(-err));
	set->dump_due = true;
	set->dump_ns = set->now->mono_ns + INST_HOUSEKEEPING_NS;
	return false;
}

/* Tell a router what its interface is worth now. */
static void tell_router(struct inst_set *set, struct inst *inst)
{
	const struct link *link = &set->links[inst->link];
	struct vrrp_event event = { .now_ns = set->now->mono_ns };

	/* Without one of its own left, a farewell still leaves from the one that it had. */
	if (link->sources_n > 0)
		vrrp_source_set(&inst->vr, link->source);
	inst_prepare_farewell(set, inst);
	if (link->mac_changed && inst->vr.state == VRRP_STATE_ACTIVE)
		inst_owe_announcement(set, inst);
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
	inst_step(set, inst, &event);
}

static void assess_link(struct inst_set *set, struct link *link)
{
	enum vrrp_reason_code before = link->fault;

	if (link_assess(link) == VRRP_REASON_NO_GROUP && before != VRRP_REASON_NO_GROUP)
		log_write(LOG_LEVEL_ERROR,
			  "interface=%s group=224.0.0.18 error=\"%s\" note=\"tried again every "
			  "second\"",
			  link->name, strerror(link->group_error));
	set->groups_missing |= link->fault == VRRP_REASON_NO_GROUP;
}

static void assess_links(struct inst_set *set)
{
	set->links_doubt = false;
	set->groups_missing = false;
	for (unsigned i = 0; i < set->links_n; i++)
		assess_link(set, &set->links[i]);
	for (unsigned i = 0; i < set->insts_n; i++)
		tell_router(set, &set->insts[i]);
	for (unsigned i = 0; i < set->links_n; i++)
		set->links[i].mac_changed = false;
}

/* ---- packets ---- */

static struct inst *find_inst(struct inst_set *set, int ifindex, int vrid,
			      const struct link **ret_link)
{
	const struct link *link = ifindex ? inst_find_link(set, ifindex) : NULL;

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

	/* What the predecessor has read it has decided upon. */
	if (packet->arrival_ns && packet->arrival_ns <= set->read_real_ns)
		return;
	if (reject != VRRP_ACCEPT) {
		set->strays.rejected[reject]++;
		return;
	}
	inst = find_inst(set, packet->ifindex, vrrp_packet_vrid(&rx), &link);
	if (!inst) {
		stray(set, link, &rx, vrrp_receive(NULL, NULL, &rx, &advert));
		return;
	}
	journal = inst_journal(set, inst);
	reject = vrrp_receive(&inst->vr, &inst->list, &rx, &advert);
	if (reject != VRRP_ACCEPT) {
		journal_reject(&journal, reject, rx.source);
		return;
	}
	if (advert.notices)
		journal_notices(&journal, &inst->list, &advert);
	event.now_ns = arrival_mono(set, packet->arrival_ns);
	/* It may have waited for us since before the router began. */
	if (event.now_ns < inst->vr.since_ns)
		event.now_ns = inst->vr.since_ns;
	inst_step(set, inst, &event);
}

/* The queue could not take all adverts, or does not give them: nobody's silence proves anything. */
static void miss_adverts(struct inst_set *set, int error)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_MISSED, .now_ns = set->now->mono_ns };

	journal_receive(&set->episodes, set->now->mono_ns, error);
	for (unsigned i = 0; i < set->insts_n; i++)
		inst_step(set, &set->insts[i], &event);
}

void inst_read(struct inst_set *set, const struct inst_now *now)
{
	uint32_t dropped = 0;
	int n;

	set->now = now;
	if (kern_monitor_dispatch(set->monitor, on_object, set) < 0)
		set->dump_due = true;
	if (set->dump_due && now->mono_ns >= set->dump_ns)
		inst_resolve_doubt(set);
	if (set->links_doubt)
		assess_links(set);
	n = kern_receiver_dispatch(set->reader, now->real_ns, on_packet, set, &dropped);
	if (n < 0 || dropped)
		miss_adverts(set, n < 0 ? -n : 0);
	set->strays.dropped += dropped;
	set->read_real_ns =
		0; /* now all is read that the predecessor had; and that clock may be set */
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
	     i = heap_first(set->heap, &deadline_ns)) {
		if (set->insts[i].vr.state == VRRP_STATE_ACTIVE &&
		    lease_on_timer(&set->insts[i].lease, now->mono_ns))
			inst_renew_leases(set, &set->insts[i]);
		inst_step(set, &set->insts[i], &event);
	}
	if (now->mono_ns < set->housekeeping_ns)
		return;
	set->housekeeping_ns = now->mono_ns + INST_HOUSEKEEPING_NS;
	(void)inst_strays(set, now);
	set->links_doubt |= set->groups_missing;
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

void inst_stop(struct inst_set *set, const struct inst_now *now)
{
	struct vrrp_event event = { .type = VRRP_EVENT_SHUTDOWN, .now_ns = now->mono_ns };
	unsigned rounds = 0;

	set->now = now;
	for (unsigned i = 0; i < set->insts_n; i++)
		inst_step(set, &set->insts[i], &event);
	/* As often as the most addresses need; what the kernel refuses by then it will not give. */
	do
		inst_execute(set, now);
	while (kern_holdings_deadline(set->holdings) <= now->mono_ns &&
	       rounds++ < set->holdings_n / KERN_CHANGES_MAX);
}

void inst_fds(const struct inst_set *set, int ret_fds[2])
{
	ret_fds[0] = kern_monitor_fd(set->monitor);
	ret_fds[1] = kern_receiver_fd(set->reader);
}

void inst_save(struct inst_set *set)
{
	for (unsigned i = 0; i < set->insts_n; i++)
		state_put(set->state, i, &set->insts[i].vr);
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
