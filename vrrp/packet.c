/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include <assert.h>
#include <string.h>

#define TYPE_ADVERT 1

size_t vrrp_address_len(unsigned family)
{
	assert(family == 4 || family == 6);
	return family == 4 ? 4 : 16;
}

const uint8_t *vrrp_group(unsigned family)
{
	static const uint8_t group4[4] = { 224, 0, 0, 18 };

	assert(family == 4);
	return group4;
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* The one's complement sum of RFC 1071, not yet folded. 2 KiB of 16-bit words cannot overflow it.
 */
static uint32_t sum_bytes(uint32_t sum, const uint8_t *p, size_t len)
{
	for (; len > 1; p += 2, len -= 2)
		sum += get16(p);
	if (len)
		sum += (uint32_t)p[0] << 8;
	return sum;
}

static uint16_t sum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Source, destination, zero and protocol, length: RFC 5798 §5.2.8 as most of its readers saw it. */
static uint32_t sum_pseudo_header4(const uint8_t *source, const uint8_t *destination, size_t len)
{
	uint32_t sum = sum_bytes(sum_bytes(0, source, 4), destination, 4);

	return sum + VRRP_PROTOCOL + (uint32_t)len;
}

int vrrp_packet_vrid(const struct vrrp_rx *rx)
{
	return rx->payload_len < 2 ? -1 : rx->payload[1];
}

/* Neither 0.0.0.0/8, multicast, reserved nor broadcast can be the address of a neighbour. */
static bool source_is_plausible(const struct vrrp_rx *rx)
{
	return rx->source[0] != 0 && rx->source[0] < 224;
}

bool vrrp_packet_checksum_fits(const struct vrrp_rx *rx, enum vrrp_checksum form)
{
	uint32_t sum = 0;

	if (form == VRRP_CHECKSUM_RFC5798)
		sum = sum_pseudo_header4(rx->source, rx->destination, rx->payload_len);
	return sum_fold(sum_bytes(sum, rx->payload, rx->payload_len)) == 0xffff;
}

static bool find_checksum_form(const struct vrrp_rx *rx, enum vrrp_checksum *ret_form)
{
	*ret_form = VRRP_CHECKSUM_RFC9568;
	if (vrrp_packet_checksum_fits(rx, VRRP_CHECKSUM_RFC9568))
		return true;
	*ret_form = VRRP_CHECKSUM_RFC5798;
	return vrrp_packet_checksum_fits(rx, VRRP_CHECKSUM_RFC5798);
}

enum vrrp_reject vrrp_packet_decode(const struct vrrp_rx *rx, unsigned version,
				    struct vrrp_advert *ret_advert)
{
	const uint8_t *p = rx->payload;
	enum vrrp_checksum form;
	unsigned interval_cs;

	if (rx->ttl != VRRP_TTL)
		return VRRP_REJECT_TTL;
	if (rx->payload_len < VRRP_HEADER_LEN)
		return VRRP_REJECT_LENGTH;
	if (p[0] >> 4 != (version == VRRP_VERSION_NO_ROUTER ? 3 : version))
		return VRRP_REJECT_VERSION;
	if ((p[0] & 0x0f) != TYPE_ADVERT)
		return VRRP_REJECT_TYPE;
	if (version == VRRP_VERSION_NO_ROUTER)
		return VRRP_REJECT_VRID;
	if (memcmp(rx->destination, vrrp_group(rx->family), vrrp_address_len(rx->family)) != 0)
		return VRRP_REJECT_DESTINATION;
	if (!source_is_plausible(rx))
		return VRRP_REJECT_SOURCE;
	if (p[3] == 0)
		return VRRP_REJECT_EMPTY_LIST;
	if (rx->payload_len != VRRP_HEADER_LEN + p[3] * vrrp_address_len(rx->family))
		return VRRP_REJECT_LENGTH;
	if (!find_checksum_form(rx, &form))
		return VRRP_REJECT_CHECKSUM;
	interval_cs = get16(p + 4) & 0x0fff; /* §5.2.6: Reserve is ignored on receipt */
	if (interval_cs == 0)
		return VRRP_REJECT_INTERVAL;

	*ret_advert = (struct vrrp_advert){
		.family = rx->family,
		.version = (uint8_t)version,
		.vrid = p[1],
		.priority = p[2],
		.addresses_n = p[3],
		.interval_cs = (uint16_t)interval_cs,
		.checksum = form,
		.addresses = p + VRRP_HEADER_LEN,
	};
	memcpy(ret_advert->source, rx->source, sizeof(rx->source));
	return VRRP_ACCEPT;
}

size_t vrrp_packet_encode(const struct vrrp_advert *advert, const uint8_t *destination,
			  uint8_t *buf)
{
	size_t list_len = advert->addresses_n * vrrp_address_len(advert->family);
	size_t len = VRRP_HEADER_LEN + list_len;
	uint32_t sum = 0;

	assert(advert->version == 3 && advert->addresses_n > 0);
	assert(advert->interval_cs >= 1 && advert->interval_cs <= 4095);
	assert(len <= VRRP_PACKET_MAX);
	buf[0] = (uint8_t)(advert->version << 4 | TYPE_ADVERT);
	buf[1] = advert->vrid;
	buf[2] = advert->priority;
	buf[3] = advert->addresses_n;
	put16(buf + 4, advert->interval_cs);
	put16(buf + 6, 0);
	memcpy(buf + VRRP_HEADER_LEN, advert->addresses, list_len);
	if (advert->checksum == VRRP_CHECKSUM_RFC5798)
		sum = sum_pseudo_header4(advert->source, destination, len);
	put16(buf + 6, (unsigned)~sum_fold(sum_bytes(sum, buf, len)) & 0xffff);
	return len;
}
