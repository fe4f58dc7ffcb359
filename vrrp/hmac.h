/* SPDX-License-Identifier: MIT */
/*
 * The HMAC trailer of an advert, by which routers with a common key know each other, of any version
 * and family (draft-cassen-vrrp-auth-hmac, as keepalived 2.4.2 and later have it). Its digest, the
 * sequence that makes each advert unlike all before it, and the marks of what was heard. Pure:
 * keys, marks and the time are the caller's. It stands behind the message:
 *
 *   0               1               2               3
 *  +---------------+---------------+-------------------------------+
 *  |   Type = 1    |    Key ID     |         Reserved = 0          |
 *  +---------------+---------------+-------------------------------+
 *  |                   seconds since 1970, UTC                     |
 *  +-------------------------------+-------------------------------+
 *  |     in 1/65536 of a second    |            counter            |
 *  +-------------------------------+-------------------------------+
 *  |            HMAC-SHA-256, its first 16 bytes                   |
 *  +---------------------------------------------------------------+
 *
 * The last 8 bytes before the digest are the sequence, one number. The digest covers family,
 * version, VRID and source, the message without its checksum, and the trailer before the digest;
 * neither the destination, so that all peers get the same, nor the TTL.
 */
#ifndef VRRP_HMAC_H
#define VRRP_HMAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "names.h"

#define VRRP_HMAC_LEN     28 /* of the trailer */
#define VRRP_HMAC_KEY_MIN 32
#define VRRP_HMAC_KEY_MAX 64
#define VRRP_HMAC_KEYS    16 /* at most, of one router */
#define VRRP_HMAC_MARKS   4  /* of a router that hears a group; with peers one for each, if more */

/* Kept in memory that outlives the version that wrote it: it never changes. */
struct vrrp_hmac_key {
	uint8_t id; /* 1..255 */
	uint8_t len;
	uint8_t bytes[VRRP_HMAC_KEY_MAX];
};

/* The keys that are accepted. Likewise. */
struct vrrp_hmac_keys {
	uint32_t n;
	struct vrrp_hmac_key all[VRRP_HMAC_KEYS];
};

/* The last advert of a sender that was accepted. Likewise. */
struct vrrp_hmac_mark {
	uint8_t source[16];
	uint64_t sequence; /* 0: the mark is free */
};

/* By what a router judges trailers. */
struct vrrp_hmac_rules {
	const struct vrrp_hmac_keys *keys;  /* borrowed; NULL: there are none */
	const struct vrrp_hmac_mark *marks; /* borrowed */
	unsigned marks_n;
	uint32_t window_s; /* so far the sender's time may be from ours */
	uint64_t now;      /* ours, vrrp_hmac_time() */
	bool unsigned_too; /* adverts without a trailer are accepted, too */
	bool unjudged;     /* all are: of a router that is none of ours, to look at it */
};

/* What the digest is bound to, beside the bytes. */
struct vrrp_hmac_scope {
	uint8_t family, version, vrid;
	const uint8_t *source; /* vrrp_address_len() bytes; borrowed */
};

/**
 * vrrp_hmac_key() - the key of a number.
 * @keys: NULL: none.
 *
 * Return: NULL when there is none.
 */
const struct vrrp_hmac_key *vrrp_hmac_key(const struct vrrp_hmac_keys *keys, unsigned id);

/**
 * vrrp_hmac_time() - a time as a sequence whose counter is 0.
 * @unix_ns: since 1970, UTC.
 */
uint64_t vrrp_hmac_time(int64_t unix_ns);

/**
 * vrrp_hmac_next() - the sequence of the next advert: the time, or one more than the last if that
 * is not behind it (RFC 1982).
 * @last: of the advert before; 0: none.
 */
uint64_t vrrp_hmac_next(uint64_t last, uint64_t time);

/**
 * vrrp_hmac_ahead_s() - how far the time of a sequence is ahead of another time.
 *
 * Return: seconds; negative behind it.
 */
int32_t vrrp_hmac_ahead_s(uint64_t sequence, uint64_t time);

/**
 * vrrp_hmac_sequence() - the sequence of a trailer.
 * @trailer: VRRP_HMAC_LEN bytes.
 */
uint64_t vrrp_hmac_sequence(const uint8_t *trailer);

/**
 * vrrp_hmac_sign() - write the trailer of a message.
 * @message: of @len bytes; what its checksum is makes no difference.
 * @ret_trailer: VRRP_HMAC_LEN bytes; may stand behind the message.
 */
void vrrp_hmac_sign(const struct vrrp_hmac_key *key, const struct vrrp_hmac_scope *scope,
		    const uint8_t *message, size_t len, uint64_t sequence, uint8_t *ret_trailer);

/**
 * vrrp_hmac_verify() - whether a trailer was made by somebody who has the key that it names,
 * whenever that was. How long it takes tells nobody how much was right.
 *
 * Return: VRRP_ACCEPT, VRRP_REJECT_HMAC_MALFORMED, VRRP_REJECT_HMAC_UNKNOWN_KEY or
 * VRRP_REJECT_HMAC_BAD.
 */
enum vrrp_reject vrrp_hmac_verify(const struct vrrp_hmac_keys *keys,
				  const struct vrrp_hmac_scope *scope, const uint8_t *message,
				  size_t len, const uint8_t *trailer);

/**
 * vrrp_hmac_check() - judge a message by its trailer.
 * @trailer: NULL: it has none.
 *
 * In this order: missing, malformed, stale, which costs no digest; unknown key, wrong digest; and
 * only what was signed by a key can be a replay. Changes nothing: whoever accepts all of the advert
 * then calls vrrp_hmac_mark().
 *
 * Return: VRRP_ACCEPT, or the first check that failed.
 */
enum vrrp_reject vrrp_hmac_check(const struct vrrp_hmac_rules *rules,
				 const struct vrrp_hmac_scope *scope, const uint8_t *message,
				 size_t len, const uint8_t *trailer);

/**
 * vrrp_hmac_mark() - from now on a sender's adverts up to that one are replays. A sender without a
 * mark takes a free one, or the one whose sequence is the oldest.
 * @marks: @marks_n of them, which outlive the process: whoever dies while it writes leaves at most
 *	one mark free that was not.
 * @source: 16 bytes.
 * @sequence: of an advert whose HMAC is right.
 */
void vrrp_hmac_mark(struct vrrp_hmac_mark *marks, unsigned marks_n, const uint8_t *source,
		    uint64_t sequence);

#endif
