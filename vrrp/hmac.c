/* SPDX-License-Identifier: MIT */
#include "hmac.h"

#include <assert.h>
#include <nettle/hmac.h>
#include <stdatomic.h>
#include <string.h>

#define TYPE_HMAC_SHA256 1
#define DIGEST_LEN       16 /* the leftmost bytes of SHA-256's 32 */
#define HEAD_LEN         (VRRP_HMAC_LEN - DIGEST_LEN)
#define HEADER_LEN       8 /* of the message */
#define CHECKSUM_AT      6
#define NS_PER_S         UINT64_C(1000000000)

_Static_assert(sizeof(struct vrrp_hmac_key) == 66 && sizeof(struct vrrp_hmac_keys) == 1060 &&
		       sizeof(struct vrrp_hmac_mark) == 24,
	       "what is kept never changes");

const struct vrrp_hmac_key *vrrp_hmac_key(const struct vrrp_hmac_keys *keys, unsigned id)
{
	for (unsigned i = 0; keys && i < keys->n && i < VRRP_HMAC_KEYS; i++)
		if (keys->all[i].id == id)
			return &keys->all[i];
	return NULL;
}

/* ---- sequences ---- */

uint64_t vrrp_hmac_time(int64_t unix_ns)
{
	uint64_t ns = (uint64_t)unix_ns;

	return ns / NS_PER_S << 32 | (ns % NS_PER_S << 16) / NS_PER_S << 16;
}

/* RFC 1982 §3.2. */
static bool is_after(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0;
}

uint64_t vrrp_hmac_next(uint64_t last, uint64_t time)
{
	return last == 0 || is_after(time, last) ? time : last + 1;
}

int32_t vrrp_hmac_ahead_s(uint64_t sequence, uint64_t time)
{
	return (int32_t)((uint32_t)(sequence >> 32) - (uint32_t)(time >> 32));
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

static void put64(uint8_t *p, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (uint8_t)(value >> (56 - 8 * i));
}

uint64_t vrrp_hmac_sequence(const uint8_t *trailer)
{
	return get64(trailer + 4);
}

/* ---- the digest ---- */

static size_t source_len(const struct vrrp_hmac_scope *scope)
{
	return scope->family == 6 ? 16 : 4;
}

static void digest(const struct vrrp_hmac_key *key, const struct vrrp_hmac_scope *scope,
		   const uint8_t *message, size_t len, const uint8_t *head, uint8_t ret[DIGEST_LEN])
{
	static const uint8_t zeros[DIGEST_LEN];
	uint8_t pseudo[20] = { scope->family, scope->version, scope->vrid };
	struct hmac_sha256_ctx hmac;

	assert(key->len <= VRRP_HMAC_KEY_MAX && len >= HEADER_LEN);
	memcpy(pseudo + 4, scope->source, source_len(scope));
	hmac_sha256_set_key(&hmac, key->len, key->bytes);
	hmac_sha256_update(&hmac, sizeof(pseudo), pseudo);
	hmac_sha256_update(&hmac, CHECKSUM_AT, message);
	hmac_sha256_update(&hmac, 2, zeros);
	hmac_sha256_update(&hmac, len - HEADER_LEN, message + HEADER_LEN);
	hmac_sha256_update(&hmac, HEAD_LEN, head);
	hmac_sha256_update(&hmac, DIGEST_LEN, zeros);
	hmac_sha256_digest(&hmac, DIGEST_LEN, ret);
}

void vrrp_hmac_sign(const struct vrrp_hmac_key *key, const struct vrrp_hmac_scope *scope,
		    const uint8_t *message, size_t len, uint64_t sequence, uint8_t *ret_trailer)
{
	ret_trailer[0] = TYPE_HMAC_SHA256;
	ret_trailer[1] = key->id;
	ret_trailer[2] = ret_trailer[3] = 0;
	put64(ret_trailer + 4, sequence);
	digest(key, scope, message, len, ret_trailer, ret_trailer + HEAD_LEN);
}

static bool is_malformed(const uint8_t *trailer)
{
	return trailer[0] != TYPE_HMAC_SHA256 || trailer[2] || trailer[3];
}

enum vrrp_reject vrrp_hmac_verify(const struct vrrp_hmac_keys *keys,
				  const struct vrrp_hmac_scope *scope, const uint8_t *message,
				  size_t len, const uint8_t *trailer)
{
	const struct vrrp_hmac_key *key;
	uint8_t right[DIGEST_LEN];
	unsigned wrong = 0;

	if (is_malformed(trailer))
		return VRRP_REJECT_HMAC_MALFORMED;
	key = vrrp_hmac_key(keys, trailer[1]);
	if (!key)
		return VRRP_REJECT_HMAC_UNKNOWN_KEY;
	digest(key, scope, message, len, trailer, right);
	for (unsigned i = 0; i < DIGEST_LEN; i++)
		wrong |= right[i] ^ trailer[HEAD_LEN + i];
	return wrong ? VRRP_REJECT_HMAC_BAD : VRRP_ACCEPT;
}

/* ---- marks ---- */

static bool is_within(const struct vrrp_hmac_rules *rules, uint64_t sequence)
{
	int64_t ahead_s = vrrp_hmac_ahead_s(sequence, rules->now);

	return ahead_s <= rules->window_s && -ahead_s <= rules->window_s;
}

/* What is outside of the window protects from nothing any more: a sender whose clock was ahead, and
 * was set back, begins anew behind its mark. */
static bool is_replay(const struct vrrp_hmac_rules *rules, const uint8_t *source, size_t source_len,
		      uint64_t sequence)
{
	for (unsigned i = 0; i < rules->marks_n; i++) {
		const struct vrrp_hmac_mark *mark = &rules->marks[i];

		if (mark->sequence && memcmp(mark->source, source, source_len) == 0 &&
		    is_within(rules, mark->sequence) && !is_after(sequence, mark->sequence))
			return true;
	}
	return false;
}

enum vrrp_reject vrrp_hmac_check(const struct vrrp_hmac_rules *rules,
				 const struct vrrp_hmac_scope *scope, const uint8_t *message,
				 size_t len, const uint8_t *trailer)
{
	uint64_t sequence;
	enum vrrp_reject reject;

	if (rules->unjudged)
		return VRRP_ACCEPT;
	if (!trailer)
		return rules->unsigned_too ? VRRP_ACCEPT : VRRP_REJECT_HMAC_MISSING;
	sequence = vrrp_hmac_sequence(trailer);
	if (!is_malformed(trailer) && !is_within(rules, sequence))
		return VRRP_REJECT_HMAC_STALE;
	reject = vrrp_hmac_verify(rules->keys, scope, message, len, trailer);
	if (reject == VRRP_ACCEPT && is_replay(rules, scope->source, source_len(scope), sequence))
		return VRRP_REJECT_HMAC_REPLAY;
	return reject;
}

/* That of the sender, else a free one, else the oldest. */
static struct vrrp_hmac_mark *place_for(struct vrrp_hmac_mark *marks, unsigned marks_n,
					const uint8_t *source)
{
	struct vrrp_hmac_mark *place = marks;

	for (unsigned i = 0; i < marks_n; i++) {
		struct vrrp_hmac_mark *mark = &marks[i];

		if (mark->sequence && memcmp(mark->source, source, sizeof(mark->source)) == 0)
			return mark;
		if (place->sequence &&
		    (!mark->sequence || is_after(place->sequence, mark->sequence)))
			place = mark;
	}
	return place;
}

void vrrp_hmac_mark(struct vrrp_hmac_mark *marks, unsigned marks_n, const uint8_t *source,
		    uint64_t sequence)
{
	struct vrrp_hmac_mark *mark;

	assert(marks_n);
	mark = place_for(marks, marks_n, source);
	if (memcmp(mark->source, source, sizeof(mark->source)) != 0) {
		mark->sequence = 0;
		atomic_signal_fence(memory_order_seq_cst);
		memcpy(mark->source, source, sizeof(mark->source));
		atomic_signal_fence(memory_order_seq_cst);
	}
	mark->sequence = sequence;
}
