/* SPDX-License-Identifier: MIT */
/*
 * The HMAC trailer: the reference vectors of keepalived 2.4.2 and later, what each flipped bit of
 * them is taken for, sequences, and marks.
 */
#include "vrrp_wire.h"

#include "vrrp/receive.h"

#define SEQUENCE UINT64_C(0x6800000080000000)
#define WINDOW_S 5

/* Message and trailer, as of key 1, whose bytes are 00 01 .. 1f. */
static const uint8_t image4[] = { 0x31, 0x33, 0xc8, 0x01, 0x00, 0x64, 0x44, 0x02, 0xc0, 0x00,
				  0x02, 0x64, 0x01, 0x01, 0x00, 0x00, 0x68, 0x00, 0x00, 0x00,
				  0x80, 0x00, 0x00, 0x00, 0x1b, 0x84, 0xbc, 0x4e, 0x8e, 0x43,
				  0x89, 0x2d, 0xc6, 0xd9, 0x84, 0x48, 0xf8, 0xee, 0x22, 0x65 };
static const uint8_t image6[] = { 0x31, 0x33, 0xc8, 0x01, 0x00, 0x64, 0xa2, 0xe9, 0xfe, 0x80, 0x00,
				  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
				  0x01, 0x00, 0x01, 0x01, 0x00, 0x00, 0x68, 0x00, 0x00, 0x00, 0x80,
				  0x00, 0x00, 0x00, 0xc8, 0xc5, 0x61, 0x46, 0xeb, 0xfd, 0x66, 0xee,
				  0x10, 0xec, 0x4d, 0x81, 0x86, 0x46, 0x1b, 0x78 };

/* An image, and where it came from and went to. */
struct vector {
	unsigned family;
	const char *source, *destination;
	const uint8_t *image;
	size_t len;
};

static const struct vector vectors[] = {
	{ 4, "198.51.100.10", "224.0.0.18", image4, sizeof(image4) },
	{ 6, "fe80::10", "fe80::20", image6, sizeof(image6) },
};
#define VECTORS_N (sizeof(vectors) / sizeof(vectors[0]))

/* A router that judges what comes when the vectors were made. */
struct judge {
	struct vrrp_hmac_keys keys;
	struct vrrp_hmac_mark marks[VRRP_HMAC_MARKS];
	struct vrrp_hmac_rules hmac;
	uint8_t destination[16];
	struct vrrp_rules rules;
};

static void judge_init(struct judge *judge, const struct vector *vector)
{
	memset(judge, 0, sizeof(*judge));
	judge->keys.n = 1;
	judge->keys.all[0].id = 1;
	judge->keys.all[0].len = 32;
	for (unsigned i = 0; i < 32; i++)
		judge->keys.all[0].bytes[i] = (uint8_t)i;
	judge->hmac = (struct vrrp_hmac_rules){ .keys = &judge->keys,
						.marks = judge->marks,
						.marks_n = VRRP_HMAC_MARKS,
						.window_s = WINDOW_S,
						.now = SEQUENCE };
	set_address(judge->destination, vector->destination);
	judge->rules = (struct vrrp_rules){ .destinations = judge->destination,
					    .destinations_n = 1,
					    .min_ttl = 255,
					    .hmac = &judge->hmac };
}

static void packet_init(struct message *m, const struct vector *vector, const struct judge *judge)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->bytes, vector->image, vector->len);
	m->rx = (struct vrrp_rx){ .family = (uint8_t)vector->family,
				  .ttl = 255,
				  .payload = m->bytes,
				  .payload_len = vector->len,
				  .rules = &judge->rules };
	set_address(m->rx.source, vector->source);
	set_address(m->rx.destination, vector->destination);
}

/* The checksum made right again: over IPv4 without the trailer, over IPv6 with it. */
static void repair(struct message *m)
{
	size_t len = m->rx.payload_len - (m->rx.family == 4 ? VRRP_HMAC_LEN : 0);
	unsigned sum = slow_checksum(m->bytes, len, m->rx.family == 6 ? 6 : 0, m->rx.source,
				     m->rx.destination);

	m->bytes[6] = (uint8_t)(sum >> 8);
	m->bytes[7] = (uint8_t)sum;
}

static enum vrrp_reject decode(const struct message *m)
{
	struct vrrp_advert advert;

	return vrrp_packet_decode(&m->rx, 3, &advert);
}

/* both vectors verify. */
static void test_hmac_vectors_are_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS_N; i++) {
		struct vrrp_advert advert;
		struct judge judge;
		struct message m;

		judge_init(&judge, &vectors[i]);
		packet_init(&m, &vectors[i], &judge);
		assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_ACCEPT);
		assert_true(advert.sequence == SEQUENCE);
		assert_int_equal(advert.priority, 200);
		assert_true(vrrp_packet_checksum_fits(&m.rx, VRRP_CHECKSUM_RFC9568));
	}
}

/* and are what we send. */
static void test_hmac_signing_gives_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS_N; i++) {
		const struct vector *vector = &vectors[i];
		struct vrrp_advert advert = { .family = (uint8_t)vector->family,
					      .version = 3,
					      .vrid = 51,
					      .priority = 200,
					      .interval_cs = 100,
					      .addresses = vector->image + 8,
					      .addresses_n = 1,
					      .sequence = SEQUENCE };
		uint8_t buf[VRRP_SIGNED_MAX];
		struct judge judge;

		judge_init(&judge, vector);
		set_address(advert.source, vector->source);
		memset(buf, 0xa5, sizeof(buf));
		assert_int_equal(vrrp_packet_encode(&advert, judge.destination, buf),
				 vector->len - VRRP_HMAC_LEN);
		assert_int_equal(vrrp_packet_sign(&advert, judge.destination, judge.keys.all, buf),
				 vector->len);
		assert_memory_equal(buf, vector->image, vector->len);
		assert_int_equal(buf[vector->len], 0xa5);
	}
}

/* What a flipped bit of the message or the trailer, at @at behind the message, is taken for. */
static enum vrrp_reject expected_of(size_t byte, size_t message_len)
{
	size_t at = byte - message_len;

	if (byte == 6 || byte == 7)
		return VRRP_ACCEPT; /* the checksum counts as zero */
	if (byte < message_len)
		return VRRP_REJECT_HMAC_BAD;
	if (at == 1)
		return VRRP_REJECT_HMAC_UNKNOWN_KEY;
	return at < 4 ? VRRP_REJECT_HMAC_MALFORMED : VRRP_REJECT_HMAC_BAD;
}

/* */
static void test_hmac_each_flipped_bit_has_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS_N * sizeof(image6) * 8; i++) {
		const struct vector *vector = &vectors[i % VECTORS_N];
		size_t bit = i / VECTORS_N, message_len = vector->len - VRRP_HMAC_LEN;
		struct judge judge;
		struct message m;
		struct vrrp_hmac_scope scope = { (uint8_t)vector->family, 3, 51, m.rx.source };

		if (bit >= vector->len * 8)
			continue;
		judge_init(&judge, vector);
		packet_init(&m, vector, &judge);
		m.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(vrrp_hmac_verify(&judge.keys, &scope, m.bytes, message_len,
						  m.bytes + message_len),
				 expected_of(bit / 8, message_len));
	}
}

/* And none passes as an advert, whatever its checksum; but for the sum itself, put right again. */
static void test_hmac_no_flipped_bit_is_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS_N * sizeof(image6) * 8; i++) {
		const struct vector *vector = &vectors[i % VECTORS_N];
		size_t bit = i / VECTORS_N;
		struct judge judge;
		struct message m;

		if (bit >= vector->len * 8)
			continue;
		judge_init(&judge, vector);
		packet_init(&m, vector, &judge);
		m.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* Over IPv4 the checksum does not see the trailer. */
		assert_int_not_equal(decode(&m), VRRP_ACCEPT);
		repair(&m);
		if (bit / 8 == 6 || bit / 8 == 7)
			assert_int_equal(decode(&m), VRRP_ACCEPT);
		else
			assert_int_not_equal(decode(&m), VRRP_ACCEPT);
	}
}

/* */
static void test_hmac_is_bound_to_source_and_router(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS_N; i++) {
		size_t len = vectors[i].len - VRRP_HMAC_LEN;
		struct judge judge;
		struct message m;
		struct vrrp_hmac_scope scope = { (uint8_t)vectors[i].family, 3, 51, m.rx.source };

		judge_init(&judge, &vectors[i]);
		packet_init(&m, &vectors[i], &judge);
		m.rx.source[3] ^= 1;
		assert_int_equal(vrrp_hmac_verify(&judge.keys, &scope, m.bytes, len, m.bytes + len),
				 VRRP_REJECT_HMAC_BAD);
		m.rx.source[3] ^= 1;
		scope.vrid = 52;
		assert_int_equal(vrrp_hmac_verify(&judge.keys, &scope, m.bytes, len, m.bytes + len),
				 VRRP_REJECT_HMAC_BAD);
		scope.vrid = 51;
		scope.version = 2;
		assert_int_equal(vrrp_hmac_verify(&judge.keys, &scope, m.bytes, len, m.bytes + len),
				 VRRP_REJECT_HMAC_BAD);
		scope.version = 3;
		assert_int_equal(vrrp_hmac_verify(&judge.keys, &scope, m.bytes, len, m.bytes + len),
				 VRRP_ACCEPT);
	}
}

/* nothing is no digest, with or without keys. */
static void test_hmac_of_zeros_is_never_right(void **state)
{
	struct judge judge;
	struct message m;

	(void)state;
	judge_init(&judge, &vectors[0]);
	packet_init(&m, &vectors[0], &judge);
	memset(m.bytes + sizeof(image4) - 16, 0, 16);
	assert_int_equal(decode(&m), VRRP_REJECT_HMAC_BAD);
	judge.keys.n = 0;
	assert_int_equal(decode(&m), VRRP_REJECT_HMAC_UNKNOWN_KEY);
	judge.hmac.keys = NULL;
	assert_int_equal(decode(&m), VRRP_REJECT_HMAC_UNKNOWN_KEY);
}

/* who demands a trailer, and who does not; a bad one is a bad one to both. */
static void test_hmac_missing_is_rejected_unless_permitted(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS_N; i++) {
		struct judge judge;
		struct message m;

		judge_init(&judge, &vectors[i]);
		packet_init(&m, &vectors[i], &judge);
		m.rx.payload_len -= VRRP_HMAC_LEN;
		wire_sign(&m);
		assert_int_equal(decode(&m), VRRP_REJECT_HMAC_MISSING);
		judge.hmac.unsigned_too = true;
		assert_int_equal(decode(&m), VRRP_ACCEPT);
		packet_init(&m, &vectors[i], &judge);
		m.bytes[vectors[i].len - 1] ^= 1;
		repair(&m);
		assert_int_equal(decode(&m), VRRP_REJECT_HMAC_BAD);
	}
}

/* A router without HMAC takes a trailer for surplus, as any other length is. */
static void test_hmac_other_lengths_are_rejected(void **state)
{
	struct judge judge;
	struct message m;

	(void)state;
	judge_init(&judge, &vectors[0]);
	packet_init(&m, &vectors[0], &judge);
	for (size_t len = 12; len < sizeof(image4) + 30; len++) {
		m.rx.payload_len = len;
		assert_int_equal(decode(&m), len == 12               ? VRRP_REJECT_HMAC_MISSING
					     : len == sizeof(image4) ? VRRP_ACCEPT
								     : VRRP_REJECT_LENGTH);
	}
	judge.rules.hmac = NULL;
	m.rx.payload_len = sizeof(image4);
	assert_int_equal(decode(&m), VRRP_REJECT_LENGTH);
}

/* the time is looked at before the digest, and the window has two ends. */
static void test_hmac_stale_outside_of_the_window(void **state)
{
	struct judge judge;
	struct message m;

	(void)state;
	judge_init(&judge, &vectors[0]);
	packet_init(&m, &vectors[0], &judge);
	for (int s = -10; s <= 10; s++) {
		judge.hmac.now = SEQUENCE + ((uint64_t)(int64_t)s << 32);
		assert_int_equal(decode(&m), s < -WINDOW_S || s > WINDOW_S ? VRRP_REJECT_HMAC_STALE
									   : VRRP_ACCEPT);
	}
	judge.hmac.now = SEQUENCE + (UINT64_C(6) << 32);
	m.bytes[sizeof(image4) - 1] ^= 1;
	assert_int_equal(decode(&m), VRRP_REJECT_HMAC_STALE);
}

static enum vrrp_reject decode_marked(struct judge *judge, const struct message *m)
{
	enum vrrp_reject reject;
	struct vrrp_advert advert;

	reject = vrrp_packet_decode(&m->rx, 3, &advert);
	if (reject == VRRP_ACCEPT)
		vrrp_hmac_mark(judge->marks, VRRP_HMAC_MARKS, advert.source, advert.sequence);
	return reject;
}

/* R-176; also by whoever goes on with the marks of a dead process. */
static void test_hmac_the_same_twice_is_a_replay(void **state)
{
	struct judge judge, successor;
	struct message m;

	(void)state;
	judge_init(&judge, &vectors[1]);
	packet_init(&m, &vectors[1], &judge);
	assert_int_equal(decode_marked(&judge, &m), VRRP_ACCEPT);
	assert_int_equal(decode_marked(&judge, &m), VRRP_REJECT_HMAC_REPLAY);
	judge_init(&successor, &vectors[1]);
	memcpy(successor.marks, judge.marks, sizeof(successor.marks));
	m.rx.rules = &successor.rules;
	assert_int_equal(decode(&m), VRRP_REJECT_HMAC_REPLAY);
}

/* An advert of a key that may have any sequence. */
static enum vrrp_reject hear(struct judge *judge, const char *source, uint64_t sequence)
{
	struct message m;
	struct vrrp_advert advert = { .family = 4,
				      .version = 3,
				      .vrid = 51,
				      .priority = 100,
				      .interval_cs = 100,
				      .addresses = image4 + 8,
				      .addresses_n = 1,
				      .sequence = sequence };

	packet_init(&m, &vectors[0], judge);
	set_address(advert.source, source);
	set_address(m.rx.source, source);
	vrrp_packet_encode(&advert, judge->destination, m.bytes);
	vrrp_packet_sign(&advert, judge->destination, judge->keys.all, m.bytes);
	return decode_marked(judge, &m);
}

static void test_hmac_marks_are_per_sender(void **state)
{
	struct judge judge;

	(void)state;
	judge_init(&judge, &vectors[0]);
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE), VRRP_ACCEPT);
	assert_int_equal(hear(&judge, "192.0.2.2", SEQUENCE - 9), VRRP_ACCEPT);
	assert_int_equal(hear(&judge, "192.0.2.2", SEQUENCE - 9), VRRP_REJECT_HMAC_REPLAY);
	assert_int_equal(hear(&judge, "192.0.2.2", SEQUENCE - 10), VRRP_REJECT_HMAC_REPLAY);
	assert_int_equal(hear(&judge, "192.0.2.2", SEQUENCE - 8), VRRP_ACCEPT);
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE + 1), VRRP_ACCEPT);
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE), VRRP_REJECT_HMAC_REPLAY);
}

/* what is not signed moves no mark, whatever time it claims. */
static void test_hmac_forgeries_move_no_mark(void **state)
{
	struct vrrp_hmac_mark before[VRRP_HMAC_MARKS];
	struct judge judge;
	struct message m;

	(void)state;
	judge_init(&judge, &vectors[0]);
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE), VRRP_ACCEPT);
	memcpy(before, judge.marks, sizeof(before));
	for (unsigned i = 0; i < 1000; i++) {
		packet_init(&m, &vectors[0], &judge);
		m.rx.source[2] = (uint8_t)(i / 250);
		m.rx.source[3] = (uint8_t)(1 + i % 250);
		m.bytes[12 + 7] = (uint8_t)(i % 5);
		assert_int_equal(decode_marked(&judge, &m), VRRP_REJECT_HMAC_BAD);
	}
	assert_memory_equal(judge.marks, before, sizeof(before));
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE), VRRP_REJECT_HMAC_REPLAY);
}

/* With more senders than marks, the one that was silent for longest makes room. */
static void test_hmac_the_oldest_mark_makes_room(void **state)
{
	char source[] = "192.0.2.1";
	struct judge judge;

	(void)state;
	judge_init(&judge, &vectors[0]);
	for (unsigned i = 0; i < VRRP_HMAC_MARKS + 1; i++) {
		source[8] = (char)('1' + i);
		assert_int_equal(hear(&judge, source, SEQUENCE + i), VRRP_ACCEPT);
	}
	for (unsigned i = VRRP_HMAC_MARKS; i > 0; i--) {
		source[8] = (char)('1' + i);
		assert_int_equal(hear(&judge, source, SEQUENCE + i), VRRP_REJECT_HMAC_REPLAY);
	}
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE), VRRP_ACCEPT);
}

/* a sender whose clock was ahead begins behind its mark when it is set back. */
static void test_hmac_a_mark_outside_of_the_window_is_forgotten(void **state)
{
	struct judge judge;

	(void)state;
	judge_init(&judge, &vectors[0]);
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE + (UINT64_C(5) << 32)), VRRP_ACCEPT);
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE), VRRP_REJECT_HMAC_REPLAY);
	judge.hmac.now -= UINT64_C(1) << 32;
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE), VRRP_ACCEPT);
}

/* while keys are changed both are accepted, and each sender uses one. */
static void test_hmac_any_key_that_is_there_is_accepted(void **state)
{
	struct vrrp_hmac_keys both;
	struct judge judge;

	(void)state;
	judge_init(&judge, &vectors[0]);
	both = judge.keys;
	both.n = 2;
	both.all[1] = (struct vrrp_hmac_key){ .id = 255, .len = 64, .bytes = { 7 } };
	judge.hmac.keys = &both;
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE), VRRP_ACCEPT);
	judge.keys.all[0] = both.all[1];
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE + 1), VRRP_ACCEPT);
	judge.keys.all[0].bytes[63] = 1;
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE + 2), VRRP_REJECT_HMAC_BAD);
	judge.keys.all[0].id = 2;
	assert_int_equal(hear(&judge, "192.0.2.1", SEQUENCE + 2), VRRP_REJECT_HMAC_UNKNOWN_KEY);
}

/* Version 2: behind the authentication data, which stays zero. */
static void test_hmac_of_version_2(void **state)
{
	static const uint8_t list[] = { 192, 0, 2, 100 };
	struct vrrp_advert advert = { .family = 4,
				      .version = 2,
				      .vrid = 51,
				      .priority = 100,
				      .interval_cs = 100,
				      .addresses = list,
				      .addresses_n = 1,
				      .sequence = SEQUENCE },
			   heard;
	struct judge judge;
	struct message m;

	(void)state;
	judge_init(&judge, &vectors[0]);
	packet_init(&m, &vectors[0], &judge);
	memcpy(advert.source, m.rx.source, 16);
	assert_int_equal(vrrp_packet_encode(&advert, judge.destination, m.bytes), 20);
	m.rx.payload_len = vrrp_packet_sign(&advert, judge.destination, judge.keys.all, m.bytes);
	assert_int_equal(m.rx.payload_len, 48);
	assert_int_equal(vrrp_packet_decode(&m.rx, 2, &heard), VRRP_ACCEPT);
	assert_true(heard.sequence == SEQUENCE);
	m.bytes[4] = VRRP_AUTH_PASSWORD;
	repair(&m);
	assert_int_equal(vrrp_packet_decode(&m.rx, 2, &heard), VRRP_REJECT_AUTH_MISMATCH);
}

/* */
static void test_hmac_sequence_always_grows(void **state)
{
	uint64_t last = 0, next;
	int64_t ns = 10000 * SECOND;

	(void)state;
	assert_true(vrrp_hmac_time(SECOND + SECOND / 2) == UINT64_C(0x180000000));
	assert_true(vrrp_hmac_time(SECOND - 1) == UINT64_C(0xffff0000));
	for (unsigned i = 0; i < 70000; i++, last = next) {
		next = vrrp_hmac_next(last, vrrp_hmac_time(ns));
		assert_true(next > last);
	}
	/* The counter has overflowed into the time. */
	assert_int_equal(vrrp_hmac_ahead_s(last, vrrp_hmac_time(ns)), 0);
	assert_true(vrrp_hmac_next(last, vrrp_hmac_time(ns + MS)) == vrrp_hmac_time(ns + MS));
	/* A clock that was set back an hour, and the end of the 32 bits. */
	assert_true(vrrp_hmac_next(last, vrrp_hmac_time(ns - 3600 * SECOND)) == last + 1);
	assert_true(vrrp_hmac_next(UINT64_MAX, UINT64_C(5) << 32) == UINT64_C(5) << 32);
	assert_int_equal(vrrp_hmac_ahead_s(UINT64_C(5) << 32, UINT64_MAX), 6);
}

/* */
static void test_hmac_skew_beyond_half_the_window_is_noticed(void **state)
{
	(void)state;
	for (int s = -WINDOW_S; s <= WINDOW_S; s++) {
		struct vrrp vr = wire_router(&wires[0], 100, 100);
		const struct vrrp_list own = { image4 + 8, 1 };
		struct vrrp_advert advert;
		struct judge judge;
		struct message m;
		bool far = s < -2 || s > 2;

		judge_init(&judge, &vectors[0]);
		packet_init(&m, &vectors[0], &judge);
		judge.hmac.now += (uint64_t)(int64_t)s << 32;
		assert_int_equal(vrrp_receive(&vr, &own, &m.rx, &advert), VRRP_ACCEPT);
		assert_int_equal(advert.notices >> VRRP_NOTICE_CLOCK_SKEW & 1, far);
		assert_true(vr.counters.noticed[VRRP_NOTICE_CLOCK_SKEW] == far);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hmac_vectors_are_accepted),
		cmocka_unit_test(test_hmac_signing_gives_the_vectors),
		cmocka_unit_test(test_hmac_each_flipped_bit_has_its_reason),
		cmocka_unit_test(test_hmac_no_flipped_bit_is_accepted),
		cmocka_unit_test(test_hmac_is_bound_to_source_and_router),
		cmocka_unit_test(test_hmac_of_zeros_is_never_right),
		cmocka_unit_test(test_hmac_missing_is_rejected_unless_permitted),
		cmocka_unit_test(test_hmac_other_lengths_are_rejected),
		cmocka_unit_test(test_hmac_stale_outside_of_the_window),
		cmocka_unit_test(test_hmac_the_same_twice_is_a_replay),
		cmocka_unit_test(test_hmac_marks_are_per_sender),
		cmocka_unit_test(test_hmac_forgeries_move_no_mark),
		cmocka_unit_test(test_hmac_the_oldest_mark_makes_room),
		cmocka_unit_test(test_hmac_a_mark_outside_of_the_window_is_forgotten),
		cmocka_unit_test(test_hmac_any_key_that_is_there_is_accepted),
		cmocka_unit_test(test_hmac_of_version_2),
		cmocka_unit_test(test_hmac_sequence_always_grows),
		cmocka_unit_test(test_hmac_skew_beyond_half_the_window_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
