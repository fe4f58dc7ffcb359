/* SPDX-License-Identifier: MIT */
/*
 * What the unit tests share: cmocka's includes in the order it wants, a router and a message to
 * start from, and steps that answer with their actions as text. "R-069" in a comment is a
 * requirement of the conformance list; the test below it fails when the core breaks it.
 */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "vrrp/fsm.h"
#include "vrrp/packet.h"

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)

#define OWN_ADDRESS    "198.51.100.20" /* the primary address of test_router() */
#define LOWER_ADDRESS  "198.51.100.10"
#define HIGHER_ADDRESS "198.51.100.200"

static inline void set_address(uint8_t address[16], const char *text)
{
	memset(address, 0, 16);
	assert_int_equal(inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, address), 1);
}

static inline void assert_address(const uint8_t *address, const char *text)
{
	uint8_t expected[16];

	set_address(expected, text);
	assert_memory_equal(address, expected, sizeof(expected));
}

/* VRID 51, one second, preempting, no delays. */
static inline struct vrrp test_router(unsigned priority)
{
	struct vrrp_config config = {
		.family = 4,
		.version = 3,
		.vrid = 51,
		.priority = (uint8_t)priority,
		.interval_cs = 100,
		.preempt = true,
		.announce = { 3, { 1000, 4000, 16000 }, 60000 },
	};
	struct vrrp vr;
	uint8_t source[16];

	vrrp_init(&vr, &config);
	set_address(source, OWN_ADDRESS);
	vrrp_source_set(&vr, source);
	return vr;
}

/* "advert 100, claim, announce, backup->active": the actions in order, states by name. */
static inline const char *actions_text(const struct vrrp *vr, const struct vrrp_output *out)
{
	static char text[256];
	char *p = text;

	*p = '\0';
	for (unsigned i = 0; i < out->actions_n; i++) {
		const struct vrrp_action *a = &out->actions[i];

		p += sprintf(p, "%s", i ? ", " : "");
		switch (a->type) {
		case VRRP_ACTION_CLAIM:
			p += sprintf(p, "claim");
			break;
		case VRRP_ACTION_RELEASE:
			p += sprintf(p, "release");
			break;
		case VRRP_ACTION_ADVERT:
			p += sprintf(p, "advert %u", a->priority);
			break;
		case VRRP_ACTION_ANNOUNCE:
			p += sprintf(p, "announce");
			break;
		case VRRP_ACTION_STATE:
			p += sprintf(p, "%s->%s", vrrp_state_name(a->from),
				     vrrp_state_name(vr->election.state));
			break;
		case VRRP_ACTION_DEAF:
			p += sprintf(p, "deaf");
			break;
		case VRRP_ACTION_HEARS:
			p += sprintf(p, "hears");
			break;
		case VRRP_ACTION_HAND_OVER:
			p += sprintf(p, "hand over");
			break;
		}
	}
	return text;
}

/* One event; the answer is the text of its actions, valid until the next step. */
static inline const char *step(struct vrrp *vr, const struct vrrp_event *event)
{
	struct vrrp_output out = { .actions_n = 99 };

	vrrp_step(vr, event, &out);
	return actions_text(vr, &out);
}

static inline const char *on_startup(struct vrrp *vr, int64_t now_ns)
{
	return step(vr, &(struct vrrp_event){ .type = VRRP_EVENT_STARTUP, .now_ns = now_ns });
}

static inline const char *on_shutdown(struct vrrp *vr, int64_t now_ns)
{
	return step(vr, &(struct vrrp_event){ .type = VRRP_EVENT_SHUTDOWN, .now_ns = now_ns });
}

static inline const char *on_timer(struct vrrp *vr, int64_t now_ns)
{
	return step(vr, &(struct vrrp_event){ .type = VRRP_EVENT_TIMER, .now_ns = now_ns });
}

static inline const char *on_missed(struct vrrp *vr, int64_t now_ns)
{
	return step(vr, &(struct vrrp_event){ .type = VRRP_EVENT_MISSED, .now_ns = now_ns });
}

static inline const char *on_forget(struct vrrp *vr, int64_t now_ns)
{
	return step(vr, &(struct vrrp_event){ .type = VRRP_EVENT_FORGET, .now_ns = now_ns });
}

static inline const char *on_fault(struct vrrp *vr, int64_t now_ns, enum vrrp_reason_code fault)
{
	return step(vr, &(struct vrrp_event){
				.type = VRRP_EVENT_FAULT, .now_ns = now_ns, .fault.code = fault });
}

static inline const char *on_advert(struct vrrp *vr, int64_t now_ns, unsigned priority,
				    const char *source, unsigned interval_cs)
{
	static const uint8_t addresses[] = { 192, 0, 2, 100 };
	struct vrrp_advert advert = {
		.family = 4,
		.version = 3,
		.vrid = 51,
		.priority = (uint8_t)priority,
		.interval_cs = (uint16_t)interval_cs,
		.addresses = addresses,
		.addresses_n = 1,
	};

	set_address(advert.source, source);
	return step(vr, &(struct vrrp_event){
				.type = VRRP_EVENT_ADVERT, .now_ns = now_ns, .advert = &advert });
}

static inline const char *on_priority(struct vrrp *vr, int64_t now_ns, uint8_t priority)
{
	return step(vr, &(struct vrrp_event){ .type = VRRP_EVENT_PRIORITY,
					      .now_ns = now_ns,
					      .priority = priority });
}

/* A router in Backup since @now_ns. */
static inline struct vrrp test_backup(unsigned priority, int64_t now_ns)
{
	struct vrrp vr = test_router(priority);

	on_startup(&vr, now_ns);
	assert_int_equal(vr.election.state, VRRP_STATE_BACKUP);
	return vr;
}

/* A router that has been Active since @now_ns; its next advert is due a second later. */
static inline struct vrrp test_active(unsigned priority, int64_t now_ns)
{
	struct vrrp vr = test_router(priority);

	on_startup(&vr, now_ns - 10 * SECOND);
	if (vr.election.state == VRRP_STATE_BACKUP) {
		vr.election.down_ns = now_ns;
		on_timer(&vr, now_ns);
	}
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	return vr;
}

/* A message and the packet around it. Not to be copied: rx borrows bytes. */
struct message {
	uint8_t bytes[1600];
	struct vrrp_rx rx;
};

/*
 * The checksum by the book, and not with the code under test: what RFC 1071 sums up, one byte after
 * the other, modulo 65535. @source NULL: without a pseudo-header.
 */
static inline unsigned message_sum(const uint8_t *bytes, size_t len, const uint8_t *source,
				   const uint8_t *destination)
{
	uint64_t sum = source ? 112 + len : 0;

	for (size_t i = 0; i < len; i++)
		sum += i == 6 || i == 7 ? 0 : (uint64_t)bytes[i] << (i % 2 ? 0 : 8);
	for (size_t i = 0; source && i < 4; i++)
		sum += (uint64_t)(source[i] + destination[i]) << (i % 2 ? 0 : 8);
	return (unsigned)(0xffff - sum % 0xffff) % 0xffff;
}

/* Make the checksum right again after a change of anything else. */
static inline void message_sign(struct message *m)
{
	unsigned sum = message_sum(m->bytes, m->rx.payload_len, NULL, NULL);

	m->bytes[6] = (uint8_t)(sum >> 8);
	m->bytes[7] = (uint8_t)sum;
}

/* The first reference vector: priority 200, 100 cs, 192.0.2.100, from 198.51.100.10. */
static inline void message_init(struct message *m)
{
	static const uint8_t vector[] = { 0x31, 0x33, 0xc8, 0x01, 0x00, 0x64,
					  0x44, 0x02, 0xc0, 0x00, 0x02, 0x64 };

	memset(m, 0, sizeof(*m));
	memcpy(m->bytes, vector, sizeof(vector));
	m->rx = (struct vrrp_rx){
		.family = 4, .ttl = 255, .payload = m->bytes, .payload_len = sizeof(vector)
	};
	set_address(m->rx.source, LOWER_ADDRESS);
	set_address(m->rx.destination, "224.0.0.18");
}

#endif
