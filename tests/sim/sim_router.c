/* SPDX-License-Identifier: MIT */
#include "sim_router.h"

#include <assert.h>
#include <string.h>

#include "netlink/receive.h"
#include "sim.h"

#define MILLION INT64_C(1000000)

void router_init(struct sim_router *r, const struct vrrp_config *config, uint8_t host,
		 unsigned addresses_n)
{
	*r = (struct sim_router){ .config = *config,
				  .source = { 192, 0, 2, host },
				  .addresses_n = addresses_n,
				  .link = true,
				  .wake_ns = VRRP_NEVER,
				  .provoked_ns = INT64_MIN / 2 };
	r->conf = r->other = (struct sim_conf){ *config, CONF_LEASE_OFF };
	agent_init(&r->agent);
	r->process = &r->processes[0];
	r->successor = &r->processes[1];
	for (unsigned n = 0; n < SIM_ADDRESSES_MAX; n++)
		memcpy(r->addresses + 4 * n, (uint8_t[]){ 198, 51, 100, (uint8_t)(1 + n) }, 4);
	vrrp_init(&r->vr, config);
	vrrp_source_set(&r->vr, r->source);
}

int64_t router_local_at(const struct sim_router *r, int64_t global_ns)
{
	int64_t ns = global_ns - r->clock_lag_ns;

	return ns + ns * r->clock_ppm / MILLION;
}

int64_t router_local_ns(const struct sim *sim, const struct sim_router *r)
{
	return router_local_at(r, sim->now_ns);
}

/* When the router's clock will show @local_ns: never before it does. */
static int64_t global_ns(const struct sim_router *r, int64_t local_ns)
{
	int64_t rate = MILLION + r->clock_ppm;

	return r->clock_lag_ns + (local_ns * MILLION + rate - 1) / rate;
}

bool router_in_service(const struct sim_router *r)
{
	return r->up && r->link;
}

bool router_is_active(const struct sim_router *r)
{
	return r->up && r->vr.state == VRRP_STATE_ACTIVE;
}

/* How long the host lets the process wait for the processor this time. */
static int64_t wake_latency(struct sim *sim, const struct sim_router *r)
{
	int64_t worst = r->stall_ns > sim->latency_ns ? r->stall_ns : sim->latency_ns;

	return worst ? prng_range(&sim->prng, 0, worst) : 0;
}

/* Be scheduled, for something that is there or due at @since_ns. */
static void wake_after(struct sim *sim, unsigned i, int64_t since_ns)
{
	struct sim_router *r = &sim->routers[i];
	int64_t at_ns = since_ns + wake_latency(sim, r);

	if (at_ns < r->wake_ns) {
		r->wake_ns = at_ns;
		events_push(&sim->events, at_ns, SIM_EVENT_WAKE, i, 0);
	}
	if (r->wake_ns - since_ns > sim->latency_ns && r->healthy_ns <= r->wake_ns)
		r->healthy_ns = r->wake_ns + 1;
}

static void wake_at_deadline(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];
	int64_t deadline = vrrp_deadline(&r->vr), addresses = agent_deadline(sim, i);

	if (addresses < deadline)
		deadline = addresses;
	if (deadline == VRRP_NEVER)
		return;
	deadline = global_ns(r, deadline);
	if (deadline < sim->now_ns)
		deadline = sim->now_ns;
	wake_after(sim, i, deadline);
}

static void put_ip4_header(const struct sim_router *r, size_t header, size_t total, uint8_t *buf)
{
	memset(buf, 0, header);
	buf[0] = (uint8_t)(0x40 | header / 4);
	buf[2] = (uint8_t)(total >> 8);
	buf[3] = (uint8_t)total;
	buf[8] = VRRP_TTL;
	buf[9] = VRRP_PROTOCOL;
	memcpy(buf + 12, r->source, 4);
	memcpy(buf + 16, vrrp_group(4), 4);
	if (header > 20)
		buf[20] = 0x94; /* router alert, RFC 2113 */
}

void router_advert(const struct sim_router *r, unsigned i, unsigned priority,
		   struct sim_packet *ret_packet)
{
	struct vrrp_advert advert = { .family = 4,
				      .version = 3,
				      .vrid = r->config.vrid,
				      .priority = (uint8_t)priority,
				      .interval_cs = r->config.interval_cs,
				      .checksum = r->config.checksum,
				      .addresses = r->addresses,
				      .addresses_n = (uint8_t)r->addresses_n };
	size_t header = r->options ? 24 : 20;
	uint8_t message[VRRP_PACKET_MAX];
	size_t len;

	memcpy(advert.source, r->source, 4);
	len = vrrp_packet_encode(&advert, vrrp_group(4), message);
	assert(header + len <= SIM_PACKET_MAX);
	*ret_packet = (struct sim_packet){ .type = SIM_PACKET_ADVERT,
					   .from = (uint8_t)i,
					   .priority = (uint8_t)priority,
					   .interval_cs = r->config.interval_cs };
	put_ip4_header(r, header, header + len, ret_packet->bytes);
	memcpy(ret_packet->bytes + header, message, len);
	/* Ethernet pads short frames; the receiver must not take the padding for addresses. */
	ret_packet->len = (uint16_t)(header + len < 46 ? 46 : header + len);
}

static void send_advert(struct sim *sim, unsigned i, unsigned priority)
{
	struct sim_packet packet;
	bool farewell = sim->routers[i].vr.state != VRRP_STATE_ACTIVE;

	if ((!farewell && sim->routers[i].advert_sent) || sim->routers[i].agent.doomed)
		return;
	sim->routers[i].advert_sent = !farewell;
	trace_packet(sim, "%s sends advert, priority %u", node_name(i), priority);
	router_advert(&sim->routers[i], i, priority, &packet);
	sim->routers[i].agent.sent_n++;
	sim->routers[i].agent.packets_n++;
	if (!farewell)
		agent_advert(sim, i);
	net_send(sim, &packet);
}

void router_announce(struct sim *sim, unsigned i)
{
	struct sim_packet packet = { .type = SIM_PACKET_ARP, .from = (uint8_t)i };
	struct sim_router *r = &sim->routers[i];

	if (!r->announcement_owed || !r->held || !agent_has(sim, i))
		return;
	r->agent.packets_n++;
	trace(sim, "%s announces the addresses", node_name(i));
	net_send(sim, &packet);
}

static void execute(struct sim *sim, unsigned i, const struct vrrp_output *out)
{
	struct sim_router *r = &sim->routers[i];

	for (unsigned n = 0; n < out->actions_n; n++) {
		switch (out->actions[n].type) {
		case VRRP_ACTION_CLAIM:
			agent_want(sim, i, true);
			break;
		case VRRP_ACTION_RELEASE:
			agent_want(sim, i, false);
			break;
		case VRRP_ACTION_ADVERT:
			send_advert(sim, i, out->actions[n].priority);
			break;
		case VRRP_ACTION_ANNOUNCE:
			r->announcement_owed = true;
			break;
		case VRRP_ACTION_STATE:
			break;
		}
	}
}

/* One event for the core, never before the previous one. */
static void step(struct sim *sim, unsigned i, struct vrrp_event event)
{
	struct sim_router *r = &sim->routers[i];
	struct vrrp before = r->vr;
	struct vrrp_output out;

	if (event.now_ns < r->last_ns)
		event.now_ns = r->last_ns;
	r->last_ns = event.now_ns;
	vrrp_step(&r->vr, &event, &out);
	if (r->vr.state != before.state)
		trace_state(sim, i, before.state);
	if (r->vr.state == VRRP_STATE_ACTIVE && before.state != VRRP_STATE_ACTIVE)
		r->active_ns = sim->now_ns;
	check_step(sim, i, &before, &event, &out);
	execute(sim, i, &out);
	agent_leave(sim, i);
	check_held(sim, i);
}

/* As agent/router/routers.c does. */
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

static void feed(struct sim *sim, unsigned i, const struct sim_packet *packet, int64_t at_ns)
{
	struct sim_router *r = &sim->routers[i];
	struct vrrp_list own = { r->addresses, r->addresses_n };
	struct vrrp_advert advert;
	struct vrrp before = r->vr;
	enum vrrp_reject reject = VRRP_REJECT_LENGTH;
	struct kern_packet ip;

	kern_packet_ip4(packet->bytes, packet->len, &ip);
	if (ip.payload) {
		struct vrrp_rx rx = rx_of(&ip);
		bool ours = vrrp_packet_vrid(&rx) == r->config.vrid;

		ours ? r->fed++ : r->foreign++;
		reject = vrrp_receive(ours ? &r->vr : NULL, &own, &rx, &advert);
	}
	check_receive(sim, i, packet, &before, reject, &advert);
	if (reject == VRRP_ACCEPT)
		step(sim, i,
		     (struct vrrp_event){
			     .type = VRRP_EVENT_ADVERT, .now_ns = at_ns, .advert = &advert });
}

static void turn_begin(struct sim_router *r)
{
	r->announcement_owed = false;
	r->advert_sent = false;
}

static void drain(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	while (r->queue_n) {
		unsigned first = r->queue_first;

		r->queue_first = (first + 1) % SIM_QUEUE_MAX;
		r->queue_n--;
		feed(sim, i, &sim->net.packets[r->queue[first].slot], r->queue[first].at_ns);
		net_release(sim, r->queue[first].slot);
	}
	if (r->missed)
		step(sim, i,
		     (struct vrrp_event){ .type = VRRP_EVENT_MISSED,
					  .now_ns = router_local_ns(sim, r) });
	r->missed = false;
}

static void fire(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];
	int64_t now = router_local_ns(sim, r);

	/* A timer event that nothing is due for does no harm: some are thrown in. */
	if (!agent_renew(sim, i) && now < vrrp_deadline(&r->vr) &&
	    (sim->tidy || !prng_one_in(&sim->prng, 16)))
		return;
	step(sim, i, (struct vrrp_event){ .type = VRRP_EVENT_TIMER, .now_ns = now });
}

/* What was decided, onto the host and the wire. */
static void turn_end(struct sim *sim, unsigned i)
{
	agent_execute(sim, i);
	router_announce(sim, i);
	check_addresses(sim, i);
}

void router_turn(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	turn_begin(r);
	agent_read(sim, i);
	drain(sim, i);
	fire(sim, i);
	if (r->agent.doomed) {
		router_panic(sim, i, false);
		return;
	}
	turn_end(sim, i);
	r->resumed = false;
	check_turn(sim, i);
	wake_at_deadline(sim, i);
}

void router_wake(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	if (sim->now_ns != r->wake_ns)
		return; /* an earlier wake-up has done it */
	r->wake_ns = VRRP_NEVER;
	if (!r->up || r->pause != SIM_RUNNING)
		return;
	router_turn(sim, i);
}

void router_notice(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	if (r->up && r->pause == SIM_RUNNING && r->process->wants)
		wake_after(sim, i, sim->now_ns);
}

void router_deliver(struct sim *sim, unsigned slot, unsigned i)
{
	struct sim_router *r = &sim->routers[i];
	unsigned last = (r->queue_first + r->queue_n) % SIM_QUEUE_MAX;

	if (!router_in_service(r) || r->pause == SIM_FROZEN || r->pause == SIM_DEAD ||
	    r->queue_n == SIM_QUEUE_MAX) {
		r->missed |= r->queue_n == SIM_QUEUE_MAX;
		net_mark_lost(sim, &sim->net.packets[slot], i);
		net_release(sim, slot);
		return;
	}
	r->queue[last].slot = (uint16_t)slot;
	r->queue[last].at_ns = router_local_ns(sim, r);
	r->queue_n++;
	check_arrival(sim, i, &sim->net.packets[slot]);
	if (r->pause == SIM_RUNNING)
		wake_after(sim, i, sim->now_ns);
}

void router_disturb(struct sim *sim, unsigned i, struct vrrp_event event)
{
	struct sim_router *r = &sim->routers[i];

	assert(r->up && r->pause == SIM_RUNNING);
	r->agent.doomed = false; /* dies in turns of its own */
	turn_begin(r);
	agent_read(sim, i);
	drain(sim, i);
	event.now_ns = router_local_ns(sim, r);
	step(sim, i, event);
	turn_end(sim, i);
	wake_at_deadline(sim, i);
}

void router_start(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	assert(!r->up);
	trace(sim, "%s is started", node_name(i));
	agent_open(sim, i, r->process, &r->conf);
	agent_sweep(sim, i, true);
	lease_init(&r->agent.lease, r->conf.lease, r->conf.vrrp.interval_cs);
	r->agent.crashes_n = 0;
	r->agent.dump_due = false;
	r->agent.bound_ns = VRRP_NEVER;
	vrrp_init(&r->vr, &r->config);
	vrrp_source_set(&r->vr, r->source);
	r->up = true;
	r->healthy_ns = sim->now_ns;
	r->fed = 0;
	check_start(sim, i);
	router_disturb(sim, i, (struct vrrp_event){ .type = VRRP_EVENT_STARTUP });
}

void router_forget_queue(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	if (r->queue_n)
		check_unread(sim, i);
	r->missed = false;
	for (; r->queue_n; r->queue_n--, r->queue_first = (r->queue_first + 1) % SIM_QUEUE_MAX) {
		net_mark_lost(sim, &sim->net.packets[r->queue[r->queue_first].slot], i);
		net_release(sim, r->queue[r->queue_first].slot);
	}
}

void router_vanish(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	router_forget_queue(sim, i);
	agent_close(r->process);
	agent_close(r->successor);
	r->agent.doomed = false;
	r->agent.freeze_ns = r->agent.go_ns = r->agent.kill_ns = VRRP_NEVER;
	r->up = false;
	r->held = false;
	r->pause = SIM_RUNNING;
	r->wake_ns = VRRP_NEVER;
}

void router_leave(struct sim *sim, unsigned i)
{
	trace(sim, "%s is told to leave", node_name(i));
	check_quiet(sim, i);
	router_disturb(sim, i, (struct vrrp_event){ .type = VRRP_EVENT_SHUTDOWN });
	check_given_up(sim, i);
	router_vanish(sim, i);
}

void router_crash(struct sim *sim, unsigned i)
{
	trace(sim, "%s crashes", node_name(i));
	if (router_is_active(&sim->routers[i]))
		sim->check.silent_ns[i] = INT64_MIN;
	check_quiet(sim, i);
	router_vanish(sim, i);
}

void router_link_down(struct sim *sim, unsigned i, enum vrrp_reason_code why)
{
	sim->routers[i].link = false;
	router_disturb(sim, i, (struct vrrp_event){ .type = VRRP_EVENT_FAULT, .fault = why });
}

void router_link_up(struct sim *sim, unsigned i)
{
	sim->routers[i].link = true;
	sim->routers[i].healthy_ns = sim->now_ns;
	router_disturb(sim, i, (struct vrrp_event){ .type = VRRP_EVENT_STARTUP });
}

void router_pause(struct sim *sim, unsigned i, enum sim_pause pause)
{
	struct sim_router *r = &sim->routers[i];

	assert(r->up && r->pause == SIM_RUNNING);
	trace(sim, "%s is %s", node_name(i), pause == SIM_STOPPED ? "stopped" : "frozen");
	r->pause = pause;
	r->frozen_at_ns = sim->now_ns;
	if (pause == SIM_STOPPED) /* of a frozen host the kernel stands still too */
		check_quiet(sim, i);
}

void router_resume(struct sim *sim, unsigned i, bool clock_stood_still)
{
	struct sim_router *r = &sim->routers[i];

	trace(sim, "%s runs again, %u packets are waiting", node_name(i), r->queue_n);
	if (clock_stood_still)
		r->clock_lag_ns += sim->now_ns - r->frozen_at_ns;
	if (r->pause == SIM_FROZEN)
		kernel_thaw(sim, i, sim->now_ns - r->frozen_at_ns, clock_stood_still);
	r->agent.bound_ns = VRRP_NEVER;
	r->agent.kill_ns = VRRP_NEVER;
	check_resumed(sim, i);
	r->pause = SIM_RUNNING;
	r->resumed = true;
	r->healthy_ns = sim->now_ns + 1;
	r->wake_ns = VRRP_NEVER;
	wake_after(sim, i, sim->now_ns);
}
