/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include <assert.h>
#include <string.h>

#include "packet2.h"
#include "timers.h"

#define TYPE_ADVERT 1

/* What differs between the families. */
struct family {
	uint8_t address_len;
	uint8_t unicast_max; /* the first byte of an address that a host can have; never 0 */
	struct vrrp_rules rules;
};

static const uint8_t group4[4] = { 224, 0, 0, 18 };
static const uint8_t group6[16] = { 0xff, 0x02, [15] = 0x12 };
static const struct family family4 = {
	4, 223, { .destinations = group4, .destinations_n = 1, .min_ttl = VRRP_TTL }
};
static const struct family family6 = {
	16, 0xfe, { .destinations = group6, .destinations_n = 1, .min_ttl = VRRP_TTL }
};

static const struct family *family_of(unsigned family)
{
	assert(family == 4 || family == 6);
	return family == 4 ? &family4 : &family6;
}

size_t vrrp_address_len(unsigned family)
{
	return family_of(family)->address_len;
}

const uint8_t *vrrp_group(unsigned family)
{
	return family_of(family)->rules.destinations;
}

bool vrrp_is_link_local(unsigned family, const uint8_t *address)
{
	return family == 6 && address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
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

/* The one's complement sum of RFC 1071, not yet folded. VRRP_PACKET_MAX bytes cannot overflow it.
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

/*
 * Source, destination, length, zeros and protocol: for IPv6 RFC 8200 §8.1, for IPv4 RFC 5798 §5.2.8
 * as most of its readers saw it. That the length has 32 bits in the one makes no difference.
 */
static uint32_t sum_pseudo_header(unsigned family, const uint8_t *source,
				  const uint8_t *destination, size_t len)
{
	size_t address_len = vrrp_address_len(family);
	uint32_t sum = sum_bytes(sum_bytes(0, source, address_len), destination, address_len);

	return sum + VRRP_PROTOCOL + (uint32_t)len;
}

static enum vrrp_reject read3(const uint8_t *message, size_t len, struct vrrp_advert *advert)
{
	(void)len;
	advert->interval_cs =
		get16(message + 4) & 0x0fff; /* §5.2.6: Reserve is ignored on receipt */
	return VRRP_ACCEPT;
}

static void write3(const struct vrrp_advert *advert, uint8_t *message, size_t len)
{
	(void)len;
	assert(advert->auth_type == VRRP_AUTH_NONE);
	put16(message + 4, advert->interval_cs);
}

/* What differs between the versions of the message over a family. */
struct codec {
	uint8_t version, family;
	uint8_t trailer_len; /* bytes behind the addresses */
	enum {
		PSEUDO_HEADER_NEVER,
		PSEUDO_HEADER_BY_FORM,
		PSEUDO_HEADER_ALWAYS
	} pseudo_header;
	/* Bytes 4 and 5 and the trailer of a message of the right length and checksum. */
	enum vrrp_reject (*read)(const uint8_t *message, size_t len, struct vrrp_advert *advert);
	void (*write)(const struct vrrp_advert *advert, uint8_t *message, size_t len);
};

static const struct codec codecs[] = {
	{ 2, 4, VRRP_AUTH_LEN, PSEUDO_HEADER_NEVER, vrrp_packet2_read, vrrp_packet2_write },
	{ 3, 4, 0, PSEUDO_HEADER_BY_FORM, read3, write3 },
	{ 3, 6, 0, PSEUDO_HEADER_ALWAYS, read3, write3 },
};
#define CODECS_N (sizeof(codecs) / sizeof(codecs[0]))

/* Return: NULL when that version is not defined over the family. */
static const struct codec *codec_of(unsigned version, unsigned family)
{
	for (size_t i = 0; i < CODECS_N; i++)
		if (codecs[i].version == version && codecs[i].family == family)
			return &codecs[i];
	return NULL;
}

bool vrrp_packet_exists(unsigned version, unsigned family)
{
	return codec_of(version, family) != NULL;
}

static size_t len_of(const struct codec *codec, unsigned addresses_n)
{
	return VRRP_HEADER_LEN + addresses_n * vrrp_address_len(codec->family) + codec->trailer_len;
}

size_t vrrp_packet_len(unsigned version, unsigned family, unsigned addresses_n)
{
	const struct codec *codec = codec_of(version, family);

	assert(codec && addresses_n <= VRRP_ADDRESSES_MAX);
	return len_of(codec, addresses_n);
}

int vrrp_packet_vrid(const struct vrrp_rx *rx)
{
	return rx->payload_len < 2 ? -1 : rx->payload[1];
}

unsigned vrrp_packet_version(const struct vrrp_rx *rx)
{
	return rx->payload_len ? rx->payload[0] >> 4 : 0;
}

/* What the sum begins with: that of the pseudo-header, or nothing. */
static uint32_t sum_of_form(const struct codec *codec, enum vrrp_checksum form,
			    const uint8_t *source, const uint8_t *destination, size_t len)
{
	if (codec->pseudo_header == PSEUDO_HEADER_ALWAYS ||
	    (codec->pseudo_header == PSEUDO_HEADER_BY_FORM && form == VRRP_CHECKSUM_RFC5798))
		return sum_pseudo_header(codec->family, source, destination, len);
	return 0;
}

/* How much of a payload the checksum covers: a trailer only over IPv6, where it is the kernel's,
 * too (RFC 3542 §3.1). */
static size_t summed_len(const struct codec *codec, size_t message_len, size_t payload_len)
{
	return codec->pseudo_header == PSEUDO_HEADER_ALWAYS ? payload_len : message_len;
}

static bool checksum_fits(const struct codec *codec, const struct vrrp_rx *rx,
			  enum vrrp_checksum form)
{
	size_t len = summed_len(codec, len_of(codec, rx->payload[3]), rx->payload_len);
	uint32_t sum = sum_of_form(codec, form, rx->source, rx->destination, len);

	return sum_fold(sum_bytes(sum, rx->payload, len)) == 0xffff;
}

bool vrrp_packet_checksum_fits(const struct vrrp_rx *rx, enum vrrp_checksum form)
{
	const struct codec *codec = codec_of(rx->payload[0] >> 4, rx->family);

	assert(codec);
	return checksum_fits(codec, rx, form);
}

static bool find_checksum_form(const struct codec *codec, const struct vrrp_rx *rx,
			       enum vrrp_checksum *ret_form)
{
	*ret_form = VRRP_CHECKSUM_RFC9568;
	if (checksum_fits(codec, rx, VRRP_CHECKSUM_RFC9568))
		return true;
	*ret_form = VRRP_CHECKSUM_RFC5798;
	return codec->pseudo_header == PSEUDO_HEADER_BY_FORM &&
	       checksum_fits(codec, rx, VRRP_CHECKSUM_RFC5798);
}

/* Return: its place in a list, or @n. */
static unsigned find_in(const uint8_t *list, unsigned n, const uint8_t *address, size_t len)
{
	unsigned i = 0;

	while (i < n && memcmp(address, list + i * len, len) != 0)
		i++;
	return i;
}

static bool is_unicast(const struct family *family, const uint8_t *address)
{
	return address[0] != 0 && address[0] <= family->unicast_max;
}

static bool is_for_us(const struct family *family, const struct vrrp_rules *rules,
		      const uint8_t *destination)
{
	if (rules->destinations_n == 0)
		return is_unicast(family, destination);
	return find_in(rules->destinations, rules->destinations_n, destination,
		       family->address_len) < rules->destinations_n;
}

/* By whom it is sent, where only some may, and over how many hops. */
static enum vrrp_reject check_peer(const struct family *family, const struct vrrp_rules *rules,
				   const struct vrrp_rx *rx)
{
	unsigned peer = find_in(rules->peers, rules->peers_n, rx->source, family->address_len);

	if (rules->peers_n == 0)
		return VRRP_ACCEPT;
	if (peer == rules->peers_n)
		return VRRP_REJECT_NOT_PEER;
	if (rules->peer_min_ttls && rx->ttl < rules->peer_min_ttls[peer])
		return VRRP_REJECT_TTL;
	return VRRP_ACCEPT;
}

/* Where it comes from and goes to, as its router expects. */
static enum vrrp_reject check_addresses(const struct family *family, const struct vrrp_rules *rules,
					const struct vrrp_rx *rx)
{
	if (!is_for_us(family, rules, rx->destination))
		return VRRP_REJECT_DESTINATION;
	/* 0.0.0.0/8 and ::/8, multicast, reserved and broadcast are no address of a neighbour. */
	if (!is_unicast(family, rx->source))
		return VRRP_REJECT_SOURCE;
	/* §5.1.2.1; a peer that sends by unicast may be beyond the link. */
	if (rx->family == 6 && !is_unicast(family, rx->destination) &&
	    !vrrp_is_link_local(6, rx->source))
		return VRRP_REJECT_NOT_LINK_LOCAL;
	return check_peer(family, rules, rx);
}

/* RFC 2338 §7.1: authenticated as the router is, and in no other way. */
static enum vrrp_reject check_auth(const struct vrrp_rules *rules, const struct vrrp_advert *advert)
{
	unsigned wrong = 0;

	if (advert->auth_type != rules->auth_type)
		return VRRP_REJECT_AUTH_MISMATCH;
	/* How long it takes tells nobody how much was right. */
	for (unsigned i = 0; advert->auth_type == VRRP_AUTH_PASSWORD && i < VRRP_AUTH_LEN; i++)
		wrong |= advert->auth[i] ^ rules->password[i];
	return wrong ? VRRP_REJECT_AUTH_FAILED : VRRP_ACCEPT;
}

/* The trailer of a packet that is longer than its message; NULL: there is none. */
static const uint8_t *trailer_of(const struct vrrp_rules *rules, const struct vrrp_rx *rx,
				 size_t message_len)
{
	return rules->hmac && rx->payload_len == message_len + VRRP_HMAC_LEN
		       ? rx->payload + message_len
		       : NULL;
}

static enum vrrp_reject check_hmac(const struct vrrp_rules *rules, const struct vrrp_rx *rx,
				   size_t message_len, struct vrrp_advert *advert)
{
	const struct vrrp_hmac_scope scope = { advert->family, advert->version, advert->vrid,
					       rx->source };
	const uint8_t *trailer = trailer_of(rules, rx, message_len);

	if (!rules->hmac)
		return VRRP_ACCEPT;
	advert->sequence = trailer ? vrrp_hmac_sequence(trailer) : 0;
	return vrrp_hmac_check(rules->hmac, &scope, rx->payload, message_len, trailer);
}

/* What is in a message whose header is right. */
static enum vrrp_reject decode(const struct codec *codec, const struct vrrp_rules *rules,
			       const struct vrrp_rx *rx, struct vrrp_advert *ret_advert)
{
	const uint8_t *p = rx->payload;
	struct vrrp_advert advert = {
		.family = codec->family,
		.version = codec->version,
		.vrid = p[1],
		.priority = p[2],
		.addresses_n = p[3],
		.addresses = p + VRRP_HEADER_LEN,
	};
	size_t len = len_of(codec, p[3]);
	enum vrrp_reject reject;

	/* Erratum 8299. */
	if (p[3] == 0 && !rules->may_be_empty)
		return VRRP_REJECT_EMPTY_LIST;
	if (rx->payload_len != len && !trailer_of(rules, rx, len))
		return VRRP_REJECT_LENGTH;
	if (!find_checksum_form(codec, rx, &advert.checksum))
		return VRRP_REJECT_CHECKSUM;
	reject = codec->read(p, len, &advert);
	if (reject == VRRP_ACCEPT)
		reject = check_auth(rules, &advert);
	if (reject == VRRP_ACCEPT)
		reject = check_hmac(rules, rx, len, &advert);
	if (reject != VRRP_ACCEPT)
		return reject;
	if (advert.interval_cs == 0)
		return VRRP_REJECT_INTERVAL;
	memcpy(advert.source, rx->source, sizeof(rx->source));
	*ret_advert = advert;
	return VRRP_ACCEPT;
}

enum vrrp_reject vrrp_packet_decode(const struct vrrp_rx *rx, unsigned version,
				    struct vrrp_advert *ret_advert)
{
	const struct family *family = family_of(rx->family);
	const struct vrrp_rules *rules = rx->rules ? rx->rules : &family->rules;
	const struct codec *codec;
	const uint8_t *p = rx->payload;
	enum vrrp_reject reject;

	if (rx->ttl < rules->min_ttl)
		return VRRP_REJECT_TTL;
	if (rx->payload_len < VRRP_HEADER_LEN)
		return VRRP_REJECT_LENGTH;
	codec = codec_of(p[0] >> 4, rx->family);
	if (!codec || (version != VRRP_VERSION_NO_ROUTER && version != codec->version))
		return VRRP_REJECT_VERSION;
	if ((p[0] & 0x0f) != TYPE_ADVERT)
		return VRRP_REJECT_TYPE;
	if (version == VRRP_VERSION_NO_ROUTER)
		return VRRP_REJECT_VRID;
	reject = check_addresses(family, rules, rx);
	return reject == VRRP_ACCEPT ? decode(codec, rules, rx, ret_advert) : reject;
}

static void write_checksum(const struct codec *codec, const struct vrrp_advert *advert,
			   const uint8_t *destination, uint8_t *buf, size_t len)
{
	uint32_t sum = sum_of_form(codec, advert->checksum, advert->source, destination, len);

	put16(buf + 6, 0);
	put16(buf + 6, (unsigned)~sum_fold(sum_bytes(sum, buf, len)) & 0xffff);
}

size_t vrrp_packet_encode(const struct vrrp_advert *advert, const uint8_t *destination,
			  uint8_t *buf)
{
	const struct codec *codec = codec_of(advert->version, advert->family);
	size_t len;

	assert(codec);
	assert(vrrp_interval_is_valid(advert->version, advert->interval_cs));
	len = len_of(codec, advert->addresses_n);
	buf[0] = (uint8_t)(advert->version << 4 | TYPE_ADVERT);
	buf[1] = advert->vrid;
	buf[2] = advert->priority;
	buf[3] = advert->addresses_n;
	if (advert->addresses_n)
		memcpy(buf + VRRP_HEADER_LEN, advert->addresses,
		       advert->addresses_n * vrrp_address_len(advert->family));
	codec->write(advert, buf, len);
	write_checksum(codec, advert, destination, buf, len);
	return len;
}

size_t vrrp_packet_sign(const struct vrrp_advert *advert, const uint8_t *destination,
			const struct vrrp_hmac_key *key, uint8_t *buf)
{
	const struct codec *codec = codec_of(advert->version, advert->family);
	const struct vrrp_hmac_scope scope = { advert->family, advert->version, advert->vrid,
					       advert->source };
	size_t message_len, len;

	assert(codec);
	message_len = len_of(codec, advert->addresses_n);
	len = message_len + VRRP_HMAC_LEN;
	vrrp_hmac_sign(key, &scope, buf, message_len, advert->sequence, buf + message_len);
	write_checksum(codec, advert, destination, buf, summed_len(codec, message_len, len));
	return len;
}
