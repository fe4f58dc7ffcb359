/* SPDX-License-Identifier: MIT */
/*
 * Messages of all versions and families for the tests of the codec, written and summed up by the
 * book and not with the code under test: one byte, one carry at a time.
 */
#ifndef TESTS_UNIT_VRRP_WIRE_H
#define TESTS_UNIT_VRRP_WIRE_H

#include "test.h"

/* A version over a family, with addresses to speak from. */
struct wire {
	unsigned version, family;
	const char *own, *lower, *higher, *group;
	size_t trailer_len;
};

static const struct wire wires[] = {
	{ 3, 4, OWN_ADDRESS, LOWER_ADDRESS, HIGHER_ADDRESS, "224.0.0.18", 0 },
	{ 2, 4, OWN_ADDRESS, LOWER_ADDRESS, HIGHER_ADDRESS, "224.0.0.18", 8 },
	{ 3, 6, "fe80::20", "fe80::10", "fe80::8000:0:0:10", "ff02::12", 0 },
};
#define WIRES_N (sizeof(wires) / sizeof(wires[0]))

/* RFC 1071 §1: 16-bit words are added with the carry brought around at once. */
static inline unsigned carry_around(unsigned sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += 2) {
		sum += (unsigned)(bytes[i] << 8) + (i + 1 < len ? bytes[i + 1] : 0);
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

/*
 * The checksum of a message whose own field is passed over. @family 4 or 6: with that pseudo-header
 * in front, laid out as RFC 5798 §5.2.8 and RFC 8200 §8.1 draw it; 0: without.
 */
static inline unsigned slow_checksum(const uint8_t *message, size_t len, unsigned family,
				     const uint8_t *source, const uint8_t *destination)
{
	uint8_t pseudo[40] = { 0 };
	size_t pseudo_len = 0;
	unsigned sum;

	if (family == 4) {
		memcpy(pseudo, source, 4);
		memcpy(pseudo + 4, destination, 4);
		pseudo[9] = 112;
		pseudo[10] = (uint8_t)(len / 256);
		pseudo[11] = (uint8_t)(len % 256);
		pseudo_len = 12;
	} else if (family == 6) {
		memcpy(pseudo, source, 16);
		memcpy(pseudo + 16, destination, 16);
		pseudo[33] = (uint8_t)(len / 65536);
		pseudo[34] = (uint8_t)(len / 256);
		pseudo[35] = (uint8_t)(len % 256);
		pseudo[39] = 112;
		pseudo_len = 40;
	}
	sum = carry_around(0, pseudo, pseudo_len);
	sum = carry_around(sum, message, 6);
	return 0xffff - carry_around(sum, message + 8, len - 8);
}

/* The message of an advert, field by field as RFC 9568 §5.2 and RFC 3768 §5.3 number their bytes.
 */
static inline size_t slow_encode(const struct vrrp_advert *a, const uint8_t *destination,
				 uint8_t *buf)
{
	size_t address_len = a->family == 4 ? 4 : 16, len = 8;
	unsigned sum;

	buf[0] = (uint8_t)(16 * a->version + 1);
	buf[1] = a->vrid;
	buf[2] = a->priority;
	buf[3] = a->addresses_n;
	buf[4] = a->version == 2 ? a->auth_type : (uint8_t)(a->interval_cs / 256);
	buf[5] = (uint8_t)(a->version == 2 ? a->interval_cs / 100 : a->interval_cs % 256);
	for (size_t i = 0; i < a->addresses_n * address_len; i++)
		buf[len++] = a->addresses[i];
	for (size_t i = 0; a->version == 2 && i < 8; i++)
		buf[len++] = a->auth_type == 1 ? a->auth[i] : 0;
	sum = slow_checksum(buf, len,
			    a->family == 6                                            ? 6
			    : a->version == 3 && a->checksum == VRRP_CHECKSUM_RFC5798 ? 4
										      : 0,
			    a->source, destination);
	buf[6] = (uint8_t)(sum / 256);
	buf[7] = (uint8_t)(sum % 256);
	return len;
}

/* Make the checksum right again after a change of anything else. */
static inline void wire_sign(struct message *m)
{
	unsigned sum = slow_checksum(m->bytes, m->rx.payload_len, m->rx.family == 6 ? 6 : 0,
				     m->rx.source, m->rx.destination);

	m->bytes[6] = (uint8_t)(sum >> 8);
	m->bytes[7] = (uint8_t)sum;
}

/* The envelope of a message from wire->lower to the group. */
static inline void wire_envelope(struct message *m, const struct wire *wire, size_t payload_len)
{
	m->rx = (struct vrrp_rx){ .family = (uint8_t)wire->family,
				  .ttl = 255,
				  .payload = m->bytes,
				  .payload_len = payload_len };
	set_address(m->rx.source, wire->lower);
	set_address(m->rx.destination, wire->group);
}

/* Version 2, not authenticated: VRID 51, priority 100, 1 s, 192.0.2.100. */
static inline void message2_init(struct message *m)
{
	static const uint8_t vector[] = { 0x21, 0x33, 0x64, 0x01, 0x00, 0x01, 0xb8,
					  0x65, 0xc0, 0x00, 0x02, 0x64, 0x00, 0x00,
					  0x00, 0x00, 0x00, 0x00, 0x00, 0x00 };

	memset(m, 0, sizeof(*m));
	memcpy(m->bytes, vector, sizeof(vector));
	wire_envelope(m, &wires[1], sizeof(vector));
}

/* Version 3 over IPv6: VRID 51, priority 200, 100 cs, fe80::100. */
static inline void message6_init(struct message *m)
{
	static const uint8_t vector[] = { 0x31, 0x33, 0xc8, 0x01, 0x00, 0x64, 0x08, 0xb8,
					  0xfe, 0x80, 0,    0,    0,    0,    0,    0,
					  0,    0,    0,    0,    0,    0,    0x01, 0x00 };

	memset(m, 0, sizeof(*m));
	memcpy(m->bytes, vector, sizeof(vector));
	wire_envelope(m, &wires[2], sizeof(vector));
}

/* As test_router(), of any version and family. */
static inline struct vrrp wire_router(const struct wire *wire, unsigned priority,
				      unsigned interval_cs)
{
	static const int64_t repeats_ns[] = { SECOND, 4 * SECOND, 16 * SECOND };
	struct vrrp_config config = {
		.family = (uint8_t)wire->family,
		.version = (uint8_t)wire->version,
		.vrid = 51,
		.priority = (uint8_t)priority,
		.interval_cs = (uint16_t)interval_cs,
		.preempt = true,
		.announce = vrrp_announce_of((unsigned)wire->family, repeats_ns, 3, 60 * SECOND),
	};
	struct vrrp vr;
	uint8_t source[16];

	vrrp_init(&vr, &config);
	set_address(source, wire->own);
	vrrp_source_set(&vr, source);
	return vr;
}

#endif
