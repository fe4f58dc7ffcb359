/* SPDX-License-Identifier: MIT */
#include "answer_checks.h"

#include <string.h>

#define CHECKS_PER_MESSAGE 16
#define PIECE_SIZE         480 /* of output, with its zero */
#define PIECES_MAX         (BOARD_OUTPUT_SIZE / (PIECE_SIZE - 1) + 1)

static const char *const value_words[BOARD_VALUES_COUNT] = {
	[BOARD_UNKNOWN] = "unknown",
	[BOARD_UP] = "up",
	[BOARD_DOWN] = "down",
};

struct check_record {
	char name[CHECK_NAME_SIZE];
	uint8_t kind;    /* enum check_kind_number */
	uint8_t value;   /* enum board_value: what counts */
	uint8_t overdue; /* it does not answer */
	uint8_t excused; /* the checker cannot ask it, and error says why */
	uint8_t good;    /* the last answer was */
	int32_t number;
	uint32_t in_row;
	uint16_t rise, fall;
	int64_t since_real_ns, answered_real_ns; /* 0: never */
	int64_t interval_ns, timeout_ns, took_ns;
	uint64_t answers, bad, timed_out;
	char error[CHECK_ERROR_SIZE];
};

#define CHECK(member, called, type) FIELD(struct check_record, member, called, type)

static const struct field check_fields[] = {
	CHECK(name, "name", FIELD_TEXT),
	FIELD_OF_WORDS(struct check_record, kind, "kind", check_kind_words),
	FIELD_OF_WORDS(struct check_record, value, "value", value_words),
	CHECK(since_real_ns, "since", FIELD_TIME),
	CHECK(overdue, "overdue", FIELD_BOOL),
	CHECK(excused, "excused", FIELD_BOOL),
	CHECK(good, "good", FIELD_BOOL),
	CHECK(in_row, "in_row", FIELD_UINT),
	CHECK(rise, "rise", FIELD_UINT),
	CHECK(fall, "fall", FIELD_UINT),
	CHECK(number, "number", FIELD_INT),
	CHECK(error, "error", FIELD_TEXT),
	CHECK(answered_real_ns, ".answered", FIELD_TIME),
	CHECK(took_ns, "took", FIELD_DURATION),
	CHECK(interval_ns, "interval", FIELD_DURATION),
	CHECK(timeout_ns, "timeout", FIELD_DURATION),
	CHECK(answers, "answers", FIELD_UINT),
	CHECK(bad, "bad", FIELD_UINT),
	CHECK(timed_out, "timed_out", FIELD_UINT),
	FIELDS_END,
};

struct output_record {
	char text[PIECE_SIZE];
};

static const struct field output_fields[] = {
	FIELD(struct output_record, text, "text", FIELD_TEXT),
	FIELDS_END,
};

const struct records_kind answer_check_kind = { 11, "check", sizeof(struct check_record),
						check_fields };
const struct records_kind answer_output_kind = { 12, "output", sizeof(struct output_record),
						 output_fields };

static int64_t real_of(const struct answer_facts *facts, int64_t mono_ns)
{
	return mono_ns ? mono_ns + facts->real_offset_ns : 0;
}

static void fill(const struct answer_facts *facts, unsigned number, struct check_record *record)
{
	const struct facts *known = routers_facts(facts->routers);
	const struct facts_check *check = &known->all[number];
	const struct check_config *config = check->config;
	struct fact fact;

	memcpy(record->name, config->name, sizeof(record->name));
	record->kind = config->kind;
	record->value = check->value;
	record->overdue = check->overdue;
	record->rise = config->rise;
	record->fall = config->fall;
	record->interval_ns = config->interval_ns;
	record->timeout_ns = config->timeout_ns;
	if (!facts_get(known, number, &fact))
		return;
	record->excused = fact.excused != 0;
	record->good = fact.good;
	record->number = fact.number;
	record->in_row = fact.in_row;
	record->since_real_ns = real_of(facts, fact.since_ns);
	record->answered_real_ns = real_of(facts, fact.answered_ns);
	record->took_ns = fact.took_ns;
	record->answers = fact.answers;
	record->bad = fact.bad;
	record->timed_out = fact.timed_out;
	memcpy(record->error, fact.error, sizeof(record->error));
}

unsigned answer_put_checks(const struct answer_facts *facts, unsigned first, unsigned end,
			   struct answer_message *message)
{
	struct check_record records[CHECKS_PER_MESSAGE];
	unsigned n = end - first;

	if (n > CHECKS_PER_MESSAGE)
		n = CHECKS_PER_MESSAGE;
	memset(records, 0, sizeof(records));
	for (unsigned i = 0; i < n; i++)
		fill(facts, first + i, &records[i]);
	message->len =
		records_put(&answer_check_kind, records, n, message->bytes, sizeof(message->bytes));
	return n;
}

/* A zero in it would hide what is behind. */
static void copy_piece(char *to, const char *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[i] ? from[i] : '?';
}

void answer_put_output(const struct answer_facts *facts, unsigned number,
		       struct answer_message *message)
{
	const struct facts *known = routers_facts(facts->routers);
	struct output_record pieces[PIECES_MAX];
	char output[BOARD_OUTPUT_SIZE];
	struct fact fact;
	size_t len = 0;
	unsigned n = 0;

	memset(pieces, 0, sizeof(pieces));
	if (facts_get(known, number, &fact))
		len = board_output(known->board_fd, known->all[number].place, &fact, output);
	for (size_t at = 0; at < len; at += PIECE_SIZE - 1)
		copy_piece(pieces[n++].text, output + at,
			   len - at < PIECE_SIZE - 1 ? len - at : PIECE_SIZE - 1);
	if (n)
		message->len = records_put(&answer_output_kind, pieces, n, message->bytes,
					   sizeof(message->bytes));
}
