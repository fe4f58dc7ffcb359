/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <assert.h>
#include <string.h>

struct journal routers_journal(const struct routers *routers)
{
	return (struct journal){ routers->events, routers->now };
}

struct journal_router router_journal(struct routers *routers, struct router *router)
{
	return (struct journal_router){ routers_journal(routers), router->conf, &router->vr,
					&router->limits };
}

void router_owe_announcement(struct routers *routers, struct router *router)
{
	if (router->announce_due)
		return;
	router->announce_due = true;
	routers->announces[routers->announces_n++] = router;
}

void router_want_addresses(struct routers *routers, struct router *router, bool wanted)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		kern_wants_want(routers->wants, router->want + i, wanted);
}

void router_renew_leases(struct routers *routers, struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		kern_wants_renew(routers->wants, router->want + i);
}

/*
 * An Active that was paused may find a queue full of weaker adverts, each of which deserves an
 * answer: one for all of them is enough.
 */
static void owe_advert(struct routers *routers, struct router *router, uint8_t priority)
{
	bool farewell = router->vr.election.state != VRRP_STATE_ACTIVE;

	if (!farewell && router->advert_due)
		return;
	router->advert_due = !farewell;
	if (!farewell && lease_on_advert(&router->lease, routers->now->mono_ns))
		router_renew_leases(routers, router);
	routers->adverts[routers->adverts_n++] = (struct owed_advert){ router, priority, farewell };
}

static void take_action(struct routers *routers, struct router *router,
			const struct vrrp_action *action)
{
	switch (action->type) {
	case VRRP_ACTION_CLAIM:
		router_want_addresses(routers, router, true);
		return;
	case VRRP_ACTION_RELEASE:
		router_want_addresses(routers, router, false);
		return;
	case VRRP_ACTION_ADVERT:
		owe_advert(routers, router, action->priority);
		return;
	case VRRP_ACTION_ANNOUNCE:
		router_owe_announcement(routers, router);
		return;
	case VRRP_ACTION_STATE:
		routers->states[routers->states_n++] =
			(struct owed_state){ router, action->from, router->vr.election.state,
					     router->vr.election.reason };
		return;
	}
}

void router_schedule(struct routers *routers, struct router *router)
{
	int64_t deadline_ns = vrrp_deadline(&router->vr);
	bool active = router->vr.election.state == VRRP_STATE_ACTIVE;

	if (!active)
		lease_end(&router->lease);
	state_put_lease(routers->state, (unsigned)(router - routers->all), router->lease.renew_ns);
	if (active && lease_deadline(&router->lease) < deadline_ns)
		deadline_ns = lease_deadline(&router->lease);
	deadlines_set(routers->heap, (unsigned)(router - routers->all), deadline_ns);
}

void router_step(struct routers *routers, struct router *router, const struct vrrp_event *event)
{
	struct vrrp_output out;

	/* A router that is stepped often in one turn owes more than the lists hold. */
	if (routers->adverts_n == routers->owed_max || routers->states_n == routers->owed_max)
		routers_execute(routers, routers->now);
	vrrp_step(&router->vr, event, &out);
	for (unsigned i = 0; i < out.actions_n; i++)
		take_action(routers, router, &out.actions[i]);
	router_schedule(routers, router);
	state_put(routers->state, (unsigned)(router - routers->all), &router->vr);
}

/* ---- the kernel's news ---- */

struct interface *routers_find_interface(struct routers *routers, int ifindex)
{
	for (unsigned i = 0; i < routers->interfaces_n; i++)
		if (routers->interfaces[i].ifindex == ifindex)
			return &routers->interfaces[i];
	return NULL;
}

/*
 * An address is either one of the virtual ones or the interface's own, from which adverts may be
 * sent; an owner's are both. What vipd added is never a source, not even under another
 * configuration.
 */
static void see_address(struct routers *routers, const struct kern_object *object)
{
	struct interface *interface = routers_find_interface(routers, object->address.ifindex);
	const struct router *router;
	int want;

	if (!interface || object->address.ifindex == 0)
		return;
	want = kern_wants_see(routers->wants, (unsigned)(interface - routers->interfaces), object);
	if (want >= 0) {
		router = &routers->all[kern_wants_get(routers->wants, (unsigned)want)->owner];
		if (!vrrp_is_owner(&router->vr))
			return;
	}
	if (object->address.mark == KERN_ADDRESS_MARK && !object->gone)
		return;
	routers->dump_due |= interface_source_see(interface, object);
	routers->interfaces_doubt = true;
}

static void on_object(const struct kern_object *object, void *arg)
{
	struct routers *routers = arg;

	if (object->type == KERN_OBJECT_ENTRY) {
		see_address(routers, object);
		return;
	}
	for (unsigned i = 0; i < routers->interfaces_n; i++) {
		struct interface *interface = &routers->interfaces[i];
		int before = interface->ifindex;

		if (!interface_see(interface, object))
			continue;
		/* An interface that comes back may have brought its addresses before its name. */
		if (interface->ifindex && interface->ifindex != before)
			routers->dump_due = true;
		if (interface->ifindex != before)
			kern_wants_interface(routers->wants, i, interface->ifindex,
					     interface->promotes);
		routers->interfaces_doubt = true;
	}
}

int routers_dump(struct routers *routers)
{
	int err;

	for (unsigned i = 0; i < routers->interfaces_n; i++)
		interface_dump_begin(&routers->interfaces[i]);
	err = kern_dump_links(routers->dump, on_object, routers);
	if (err < 0)
		return err;
	for (unsigned i = 0; i < routers->interfaces_n; i++) {
		struct interface *interface = &routers->interfaces[i];

		if (!interface->in_dump)
			interface_lost(interface);
		kern_wants_interface(routers->wants, i, interface->ifindex, interface->promotes);
	}
	kern_wants_dump_begin(routers->wants);
	err = kern_dump_kind(routers->dump, KERN_KIND_ADDRESS, on_object, routers);
	if (err < 0)
		return err;
	kern_wants_dump_end(routers->wants, KERN_EVERY_INTERFACE);
	for (unsigned i = 0; i < routers->interfaces_n; i++)
		interface_dump_end(&routers->interfaces[i]);
	routers->interfaces_doubt = true;
	routers->dump_due = false;
	return 0;
}

bool routers_resolve_doubt(struct routers *routers)
{
	struct journal journal;
	int err = routers_dump(routers);

	if (err == 0)
		return true;
	journal = routers_journal(routers);
	journal_fact(&journal, EVENT_DUMP, -err, NULL);
	routers->dump_due = true;
	routers->dump_ns = routers->now->mono_ns + HOUSEKEEPING_NS;
	return false;
}

/* Tell a router what its interface is worth now. */
static void tell_router(struct routers *routers, struct router *router)
{
	const struct interface *interface = &routers->interfaces[router->interface];
	struct vrrp_event event = { .now_ns = routers->now->mono_ns };

	/* Without one of its own left, a farewell still leaves from the one that it had. */
	if (interface->sources_n > 0)
		vrrp_source_set(&router->vr, interface->source);
	router_prepare_farewell(routers, router);
	if (interface->mac_changed && router->vr.election.state == VRRP_STATE_ACTIVE)
		router_owe_announcement(routers, router);
	if (interface->fault != VRRP_REASON_NONE) {
		event.type = VRRP_EVENT_FAULT;
		event.fault = interface->fault;
	} else if (router->vr.election.state == VRRP_STATE_FAULT ||
		   (router->vr.election.state == VRRP_STATE_INITIALIZE &&
		    router->vr.election.reason.code == VRRP_REASON_NONE)) {
		event.type = VRRP_EVENT_STARTUP;
	} else {
		return;
	}
	router_step(routers, router, &event);
}

static void assess_interface(struct routers *routers, struct interface *interface)
{
	enum vrrp_reason_code before = interface->fault;

	if (interface_assess(interface) == VRRP_REASON_NO_GROUP && before != VRRP_REASON_NO_GROUP) {
		struct journal journal = routers_journal(routers);
		struct event event = event_of(EVENT_GROUP, NULL, interface->name, 4);

		event.fact.error = interface->group_error;
		journal_put(&journal, &event);
	}
	routers->groups_missing |= interface->fault == VRRP_REASON_NO_GROUP;
}

static void assess_interfaces(struct routers *routers)
{
	routers->interfaces_doubt = false;
	routers->groups_missing = false;
	for (unsigned i = 0; i < routers->interfaces_n; i++)
		assess_interface(routers, &routers->interfaces[i]);
	for (unsigned i = 0; i < routers->n; i++)
		tell_router(routers, &routers->all[i]);
	for (unsigned i = 0; i < routers->interfaces_n; i++)
		routers->interfaces[i].mac_changed = false;
}

/* ---- packets ---- */

static struct router *find_inst(struct routers *routers, int ifindex, int vrid,
				const struct interface **ret_interface)
{
	const struct interface *interface =
		ifindex ? routers_find_interface(routers, ifindex) : NULL;

	*ret_interface = interface;
	if (!interface || vrid < 0 || !interface->by_vrid[vrid])
		return NULL;
	return &routers->all[interface->by_vrid[vrid] - 1];
}

/*
 * When the packet arrived, on the clock of the timers. The wall clock may have been set in between,
 * so the answer is kept to what must be true: since everything had been read last, and not later
 * than now.
 */
static int64_t arrival_mono(const struct routers *routers, int64_t arrival_ns)
{
	int64_t mono_ns = routers->now->mono_ns - (routers->now->real_ns - arrival_ns);

	if (arrival_ns == 0 || mono_ns > routers->now->mono_ns)
		return routers->now->mono_ns;
	return mono_ns < routers->read_ns ? routers->read_ns : mono_ns;
}

static void note_stray(struct routers *routers, const struct interface *interface,
		       const struct vrrp_rx *rx, enum vrrp_reject reject)
{
	struct journal journal = routers_journal(routers);
	struct journal_stray stray = { .reject = reject,
				       .total = ++routers->strays.rejected[reject],
				       .interface = interface ? interface->name : NULL,
				       .family = rx->family,
				       .source = rx->source,
				       .vrid = vrrp_packet_vrid(rx) };

	if (interface)
		journal_stray(&journal, &routers->limits, &stray);
}

static struct vrrp_rx rx_of(const struct kern_packet *packet)
{
	struct vrrp_rx rx = { .family = packet->family,
			      .ttl = packet->ttl,
			      .payload = packet->payload,
			      .payload_len = packet->payload_len };

	memcpy(rx.source, packet->source, sizeof(rx.source));
	memcpy(rx.destination, packet->destination, sizeof(rx.destination));
	return rx;
}

static void on_packet(const struct kern_packet *packet, void *arg)
{
	struct routers *routers = arg;
	struct vrrp_advert advert;
	struct vrrp_event event = { .type = VRRP_EVENT_ADVERT, .advert = &advert };
	struct vrrp_rx rx;
	enum vrrp_reject reject;
	const struct interface *interface;
	struct router *router;
	struct journal_router journal;

	/* What the predecessor has read it has decided upon. */
	if (packet->arrival_ns && packet->arrival_ns <= routers->read_real_ns)
		return;
	if (!packet->payload) {
		routers->strays.rejected[VRRP_REJECT_LENGTH]++;
		return;
	}
	rx = rx_of(packet);
	router = find_inst(routers, packet->ifindex, vrrp_packet_vrid(&rx), &interface);
	if (!router) {
		note_stray(routers, interface, &rx, vrrp_receive(NULL, NULL, &rx, &advert));
		return;
	}
	journal = router_journal(routers, router);
	reject = vrrp_receive(&router->vr, &router->list, &rx, &advert);
	if (reject != VRRP_ACCEPT) {
		journal_reject(&journal, reject, rx.source);
		return;
	}
	if (advert.notices)
		journal_notices(&journal, &router->list, &advert);
	event.now_ns = arrival_mono(routers, packet->arrival_ns);
	/* It may have waited for us since before the router began. */
	if (event.now_ns < router->vr.election.since_ns)
		event.now_ns = router->vr.election.since_ns;
	router_step(routers, router, &event);
}

/* The queue could not take all adverts, or does not give them: nobody's silence proves anything. */
static void miss_adverts(struct routers *routers, int error)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_MISSED,
					  .now_ns = routers->now->mono_ns };
	struct journal journal = routers_journal(routers);

	journal_receive(&journal, &routers->limits, error);
	for (unsigned i = 0; i < routers->n; i++)
		router_step(routers, &routers->all[i], &event);
}

void routers_hear(struct routers *routers)
{
	if (kern_monitor_dispatch(routers->monitor, on_object, routers) == 0)
		return;
	kern_wants_doubt(routers->wants);
	routers->dump_due = true;
}

static void read_adverts(struct routers *routers)
{
	uint32_t dropped = 0;
	int n = kern_receiver_dispatch(routers->reader, routers->now->real_ns, on_packet, routers,
				       &dropped);

	if (n < 0 || dropped)
		miss_adverts(routers, n < 0 ? -n : 0);
	routers->strays.dropped += dropped;
}

void routers_read(struct routers *routers, const struct clocks *now, unsigned readable)
{
	routers->now = now;
	if (readable & ROUTERS_NEWS)
		routers_hear(routers);
	if (routers->dump_due && now->mono_ns >= routers->dump_ns)
		routers_resolve_doubt(routers);
	if (routers->interfaces_doubt)
		assess_interfaces(routers);
	if (readable & ROUTERS_ADVERTS)
		read_adverts(routers);
	routers->read_real_ns =
		0; /* now all is read that the predecessor had; and that clock may be set */
	routers->read_ns = now->mono_ns;
}

const struct router_strays *routers_strays(struct routers *routers, const struct clocks *now)
{
	uint32_t dropped = 0;

	routers->now = now;
	(void)kern_receiver_dispatch(routers->strays_reader, now->real_ns, on_packet, routers,
				     &dropped);
	routers->strays.unread += dropped;
	return &routers->strays;
}

/* ---- time ---- */

void routers_fire(struct routers *routers, const struct clocks *now)
{
	struct vrrp_event event = { .type = VRRP_EVENT_TIMER, .now_ns = now->mono_ns };
	int64_t deadline_ns;
	unsigned i;

	routers->now = now;
	for (i = deadlines_first(routers->heap, &deadline_ns); deadline_ns <= now->mono_ns;
	     i = deadlines_first(routers->heap, &deadline_ns)) {
		if (routers->all[i].vr.election.state == VRRP_STATE_ACTIVE &&
		    lease_on_timer(&routers->all[i].lease, now->mono_ns))
			router_renew_leases(routers, &routers->all[i]);
		router_step(routers, &routers->all[i], &event);
	}
	if (now->mono_ns < routers->housekeeping_ns - HOUSEKEEPING_EARLY_NS)
		return;
	routers->housekeeping_ns = now->mono_ns + HOUSEKEEPING_NS;
	(void)routers_strays(routers, now);
	routers->interfaces_doubt |= routers->groups_missing;
}

/* A wake-up for this alone costs as much as one for an advert. */
static int64_t housekeeping_deadline(const struct routers *routers)
{
	if (routers->dump_due || routers->groups_missing)
		return routers->housekeeping_ns;
	return routers->housekeeping_ns + HOUSEKEEPING_LATE_NS;
}

int64_t routers_deadline(const struct routers *routers)
{
	int64_t housekeeping_ns = housekeeping_deadline(routers);
	int64_t retry_ns = kern_wants_deadline(routers->wants);
	int64_t deadline_ns;

	deadlines_first(routers->heap, &deadline_ns);
	if (retry_ns < deadline_ns)
		deadline_ns = retry_ns;
	return housekeeping_ns < deadline_ns ? housekeeping_ns : deadline_ns;
}

void routers_stop(struct routers *routers, const struct clocks *now)
{
	struct vrrp_event event = { .type = VRRP_EVENT_SHUTDOWN, .now_ns = now->mono_ns };
	unsigned rounds = 0;

	routers->now = now;
	for (unsigned i = 0; i < routers->n; i++)
		router_step(routers, &routers->all[i], &event);
	/* As often as the most addresses need; what the kernel refuses by then it will not give. */
	do
		routers_execute(routers, now);
	while (kern_wants_deadline(routers->wants) <= now->mono_ns &&
	       rounds++ < routers->wants_n / KERN_CHANGES_MAX);
}

void routers_fds(const struct routers *routers, int ret_fds[2])
{
	ret_fds[0] = kern_monitor_fd(routers->monitor);
	ret_fds[1] = kern_receiver_fd(routers->reader);
}

void routers_save(struct routers *routers)
{
	for (unsigned i = 0; i < routers->n; i++)
		state_put(routers->state, i, &routers->all[i].vr);
}

unsigned routers_count(const struct routers *routers)
{
	return routers->n;
}

const struct router *routers_get(const struct routers *routers, unsigned i)
{
	assert(i < routers->n);
	return &routers->all[i];
}

bool routers_has_address(const struct routers *routers, const struct router *router,
			 unsigned address)
{
	return kern_wants_has(routers->wants, router->want + address);
}
