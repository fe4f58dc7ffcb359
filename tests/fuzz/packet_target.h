/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzers of packets share: a packet into every state of a virtual router of @target's
 * version and family, as it is, and once more with a right checksum so that the fuzzer gets past
 * it. Checks properties that hold for any input; the unit tests check what exactly happens.
 */
#ifndef TESTS_FUZZ_PACKET_TARGET_H
#define TESTS_FUZZ_PACKET_TARGET_H

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "netlink/receive.h"
#include "vrrp/receive.h"
#include "vrrp/timers.h"

#define SECOND INT64_C(1000000000)
#define START  (1000 * SECOND)

/* What routers are made of. Each fuzzer defines its own. */
struct packet_target {
	uint8_t version, family;
	uint8_t source[16];
	uint8_t addresses[16]; /* one */
	/* How packets come besides the default; borrowed, or NULL. */
	const struct vrrp_rules *rules;
};

static const struct packet_target target;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline bool same(const struct vrrp *a, const struct vrrp *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The deadlines of a state are armed, those of the others are not. */
static inline void check_deadlines(const struct vrrp *vr)
{
	bool active = vr->election.state == VRRP_STATE_ACTIVE,
	     backup = vr->election.state == VRRP_STATE_BACKUP;

	assert((vr->election.advert_ns != VRRP_NEVER) == active);
	assert((vr->election.announce_ns != VRRP_NEVER) == active);
	assert((vr->election.down_ns != VRRP_NEVER) == backup);
	assert(backup || vr->election.preempt_ns == VRRP_NEVER);
	assert(vr->election.state == VRRP_STATE_INITIALIZE || vr->election.start_ns == VRRP_NEVER);
	assert(vrrp_interval_is_valid(vr->config.version, vr->election.active_interval_cs));
}

/* One action of a step that led from @before to @vr. */
static inline void check_action(const struct vrrp_action *action, bool last,
				const struct vrrp *before, const struct vrrp *vr,
				const struct vrrp_event *event)
{
	bool was_active = before->election.state == VRRP_STATE_ACTIVE;
	bool is_active = vr->election.state == VRRP_STATE_ACTIVE;

	switch (action->type) {
	case VRRP_ACTION_CLAIM:
		assert(!was_active && is_active);
		break;
	case VRRP_ACTION_RELEASE:
	case VRRP_ACTION_HAND_OVER:
		assert(was_active && !is_active);
		assert((action->type == VRRP_ACTION_HAND_OVER) ==
		       (vr->config.overlap && vr->election.reason.code == VRRP_REASON_HIGHER));
		break;
	case VRRP_ACTION_ANNOUNCE:
		assert(is_active);
		break;
	case VRRP_ACTION_ADVERT:
		assert(was_active || is_active);
		if (event->type == VRRP_EVENT_SHUTDOWN || event->type == VRRP_EVENT_FAULT ||
		    vr->election.reason.code == VRRP_REASON_AWAY)
			assert(action->priority == VRRP_PRIORITY_LEAVE);
		else if (is_active || vr->config.priority == VRRP_PRIORITY_OWNER)
			assert(action->priority == vr->election.priority);
		else /* a last word */
			assert(action->priority == 1);
		break;
	case VRRP_ACTION_STATE:
		assert(last && action->from == before->election.state);
		assert(vr->election.since_ns ==
		       (vr->election.state == before->election.state && before->election.since_ns
				? before->election.since_ns
				: event->now_ns));
		break;
	case VRRP_ACTION_DEAF: /* a unit's alone */
	case VRRP_ACTION_HEARS:
		assert(false);
		break;
	}
}

static inline void check_step(const struct vrrp *before, const struct vrrp *vr,
			      const struct vrrp_event *event, const struct vrrp_output *out)
{
	bool told = false;

	check_deadlines(vr);
	assert(out->actions_n <= VRRP_ACTIONS_MAX);
	for (unsigned i = 0; i < out->actions_n; i++) {
		check_action(&out->actions[i], i + 1 == out->actions_n, before, vr, event);
		told |= out->actions[i].type == VRRP_ACTION_STATE;
	}
	assert(told || (before->election.state == vr->election.state &&
			before->election.since_ns == vr->election.since_ns));
	assert(vr->election.state != before->election.state ||
	       vr->election.state != VRRP_STATE_BACKUP || !out->actions_n);
	if (event->type == VRRP_EVENT_TIMER)
		assert(vrrp_deadline(vr) > event->now_ns);
}

/* What an advert may do, and what only time may. */
static inline void check_advert(const struct vrrp *before, const struct vrrp *vr,
				const struct vrrp_advert *advert, const struct vrrp_output *out,
				int64_t now_ns)
{
	bool weaker = advert->priority < before->election.priority;

	if (before->election.state == VRRP_STATE_INITIALIZE ||
	    before->election.state == VRRP_STATE_FAULT)
		assert(out->actions_n == 0 && same(before, vr));
	if (before->election.state == VRRP_STATE_BACKUP)
		assert(vr->election.state == VRRP_STATE_BACKUP);
	if (before->election.state == VRRP_STATE_ACTIVE && weaker)
		assert(vr->election.state == VRRP_STATE_ACTIVE ||
		       (vr->election.reason.code == VRRP_REASON_AWAY && !vr->config.preempt));
	if (before->election.state == VRRP_STATE_ACTIVE &&
	    advert->priority > before->election.priority)
		assert(vr->election.state == VRRP_STATE_BACKUP);
	if (vr->election.active_interval_cs != before->election.active_interval_cs)
		assert(vr->config.version == 3 && advert->priority &&
		       vr->election.active_interval_cs == advert->interval_cs);
	if (vrrp_deadline(before) > now_ns)
		assert(vrrp_deadline(vr) > now_ns);
}

/* A step with the checks of every step; the router may be at any deadline of its own. */
static inline void step(struct vrrp *vr, const struct vrrp_event *event)
{
	struct vrrp before;
	struct vrrp_output out;

	memcpy(&before, vr, sizeof(before));
	vrrp_step(vr, event, &out);
	check_step(&before, vr, event, &out);
	if (event->type == VRRP_EVENT_ADVERT)
		check_advert(&before, vr, event->advert, &out, event->now_ns);
}

/* Decoded, encoded and decoded again is the same message, whichever form its checksum has. */
static inline void check_round_trip(const struct vrrp_rx *rx, const struct vrrp_advert *advert)
{
	uint8_t buf[VRRP_PACKET_MAX];
	struct vrrp_rx again = *rx;
	struct vrrp_advert copy;

	again.payload = buf;
	again.payload_len = vrrp_packet_encode(advert, rx->destination, buf);
	assert(again.payload_len == rx->payload_len);
	assert(vrrp_packet_decode(&again, advert->version, &copy) == VRRP_ACCEPT);
	assert(copy.vrid == advert->vrid && copy.priority == advert->priority);
	assert(copy.interval_cs == advert->interval_cs && copy.version == advert->version);
	assert(copy.addresses_n == advert->addresses_n && copy.checksum == advert->checksum);
	assert(memcmp(copy.addresses, advert->addresses,
		      copy.addresses_n * vrrp_address_len(advert->family)) == 0);
	assert(copy.auth_type == advert->auth_type);
	assert(memcmp(copy.auth, advert->auth, sizeof(copy.auth)) == 0);
	assert(memcmp(copy.source, advert->source, sizeof(copy.source)) == 0);
}

/* A refusal moves one counter of the router and nothing else; an accepted advert only counters. */
static inline enum vrrp_reject receive(struct vrrp *vr, const struct vrrp_rx *rx,
				       struct vrrp_advert *ret_advert)
{
	const struct vrrp_list own_list = { target.addresses, 1 };
	struct vrrp expected;
	enum vrrp_reject reject;

	memcpy(&expected, vr, sizeof(expected));
	reject = vrrp_receive(vr, &own_list, rx, ret_advert);
	if (reject == VRRP_ACCEPT) {
		assert(vr->counters.adverts_received == expected.counters.adverts_received + 1);
		expected.counters = vr->counters;
	} else {
		expected.counters.rejected[reject]++;
	}
	if (reject == VRRP_REJECT_INTERVAL_DIFFERS)
		assert(vr->config.version == 2 &&
		       ret_advert->interval_cs != vr->config.interval_cs);
	assert(same(&expected, vr));
	return reject;
}

/* A router in @state since some time before START. */
static inline void make_router(struct vrrp *vr, enum vrrp_state state, unsigned priority,
			       bool preempt, int64_t preempt_delay_ns)
{
	struct vrrp_config config = {
		.family = target.family,
		.version = target.version,
		.vrid = 51,
		.priority = (uint8_t)priority,
		.interval_cs = 100,
		.down_intervals = priority == 1     ? 1
				  : priority == 254 ? VRRP_DOWN_INTERVALS_MAX
						    : 0,
		.preempt = preempt,
		.preempt_delay_ns = preempt_delay_ns,
		.announce = { 2, { 1000, 4000 }, target.family == 4 ? 60000 : 0 },
		.checksum = preempt ? VRRP_CHECKSUM_RFC9568 : VRRP_CHECKSUM_RFC5798,
	};
	struct vrrp_event event = { .type = VRRP_EVENT_STARTUP, .now_ns = START - 10 * SECOND };

	vrrp_init(vr, &config);
	vrrp_source_set(vr, target.source);
	if (state == VRRP_STATE_INITIALIZE)
		return;
	step(vr, &event);
	event = (struct vrrp_event){ .type = VRRP_EVENT_TIMER, .now_ns = vrrp_deadline(vr) };
	if (state == VRRP_STATE_ACTIVE && vr->election.state != VRRP_STATE_ACTIVE)
		step(vr, &event);
	event = (struct vrrp_event){ .type = VRRP_EVENT_FAULT,
				     .now_ns = START - SECOND,
				     .fault.code = VRRP_REASON_LINK_DOWN };
	if (state == VRRP_STATE_FAULT)
		step(vr, &event);
}

/* The advert thrice, each time followed by the timer: on time, early, far too late. */
static inline void live(struct vrrp *vr, const struct vrrp_advert *advert)
{
	static const int64_t late_ns[] = { 0, -1, 1000 * SECOND };
	int64_t now_ns = START;

	for (unsigned i = 0; i < 3; i++) {
		struct vrrp_event event = { .type = VRRP_EVENT_ADVERT,
					    .now_ns = now_ns,
					    .advert = advert };
		int64_t deadline_ns;

		step(vr, &event);
		deadline_ns = vrrp_deadline(vr);
		if (deadline_ns != VRRP_NEVER && deadline_ns + late_ns[i] > now_ns)
			now_ns = deadline_ns + late_ns[i];
		event = (struct vrrp_event){ .type = VRRP_EVENT_TIMER, .now_ns = now_ns };
		step(vr, &event);
	}
	step(vr, &(struct vrrp_event){ .type = VRRP_EVENT_SHUTDOWN, .now_ns = now_ns });
	assert(vr->election.state == VRRP_STATE_INITIALIZE && vrrp_deadline(vr) == VRRP_NEVER);
}

static inline void deliver(const struct vrrp_rx *rx)
{
	static const uint8_t priorities[] = { 1, 100, 254, 255 };
	struct vrrp_advert advert;
	enum vrrp_reject stranger = vrrp_receive(NULL, NULL, rx, &advert);

	int vrid = vrrp_packet_vrid(rx);

	assert(stranger != VRRP_ACCEPT && stranger <= VRRP_REJECT_VRID);
	assert((vrid == -1) == (rx->payload_len < 2));
	if (vrid < 1) /* no router can be meant */
		return;
	for (unsigned i = 0; i < VRRP_STATE_COUNT * sizeof(priorities) * 3; i++) {
		struct vrrp vr;

		make_router(&vr, i % VRRP_STATE_COUNT,
			    priorities[i / VRRP_STATE_COUNT % sizeof(priorities)], i % 3 > 0,
			    i % 3 > 1 ? 2 * SECOND : 0);
		vr.config.vrid = (uint8_t)vrid;
		if (receive(&vr, rx, &advert) != VRRP_ACCEPT)
			continue;
		assert(stranger == VRRP_REJECT_VRID);
		check_round_trip(rx, &advert);
		live(&vr, &advert);
	}
}

/* A packet by each of the rules. */
static inline void deliver_by_rules(struct vrrp_rx rx)
{
	rx.rules = NULL;
	deliver(&rx);
	rx.rules = target.rules;
	if (rx.rules)
		deliver(&rx);
}

/* A packet as it came, and repaired. */
static inline void deliver_twice(const struct vrrp_rx *rx)
{
	struct vrrp_rx repaired = *rx;
	/* In a block of its own length, so that a sanitizer sees any byte read beyond it. */
	uint8_t *message = malloc(rx->payload_len + !rx->payload_len);

	assert(message);
	deliver_by_rules(*rx);
	if (rx->payload_len)
		memcpy(message, rx->payload, rx->payload_len);
	if (rx->payload_len >= VRRP_HEADER_LEN)
		checksum_repair(rx, message, rx->payload_len);
	repaired.payload = message;
	deliver_by_rules(repaired);
	free(message);
}

/* An IPv4 datagram, read as the product does. */
static inline void deliver_ip4(const uint8_t *data, size_t size)
{
	struct kern_packet packet;
	struct vrrp_rx rx;

	memset(&packet, 0xa5, sizeof(packet));
	kern_packet_ip4(data, size, &packet);
	assert(packet.family == 4);
	if (!packet.payload) {
		assert(packet.payload_len == 0);
		return;
	}
	assert(packet.payload >= data + 20 && packet.payload + packet.payload_len <= data + size);
	rx = (struct vrrp_rx){ .family = packet.family,
			       .ttl = packet.ttl,
			       .payload = packet.payload,
			       .payload_len = packet.payload_len };
	memcpy(rx.source, packet.source, sizeof(rx.source));
	memcpy(rx.destination, packet.destination, sizeof(rx.destination));
	deliver_twice(&rx);
}

#endif
