/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HEADER_LEN 12
#define FIXED_LEN  10 /* of a record, behind its name: type, class, TTL, length */
#define CLASS_IN   1

enum type {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
};

static const struct {
	const char *word;
	uint16_t type;
} types[] = {
	{ "A", TYPE_A },   { "AAAA", TYPE_AAAA }, { "CNAME", TYPE_CNAME }, { "MX", TYPE_MX },
	{ "NS", TYPE_NS }, { "PTR", TYPE_PTR },   { "SOA", TYPE_SOA },     { "TXT", TYPE_TXT },
};

uint16_t check_record_type(const char *word)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].word, word) == 0)
			return types[i].type;
	return 0;
}

static unsigned read16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

static uint32_t read32(const uint8_t *bytes)
{
	return (uint32_t)read16(bytes) << 16 | read16(bytes + 2);
}

/* ---- text ---- */

/* What is being written: at most size bytes with the zero. */
struct text {
	char *at;
	size_t size;
};

static void put(struct text *text, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && text->size > 1; i++, text->size--)
		*text->at++ = bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '?';
	*text->at = '\0';
}

static void put_number(struct text *text, uint32_t number)
{
	char digits[12];

	put(text, digits, (size_t)snprintf(digits, sizeof(digits), "%u", number));
}

static bool put_address(struct text *text, int family, const uint8_t *bytes)
{
	char address[INET6_ADDRSTRLEN];

	if (!inet_ntop(family, bytes, address, sizeof(address)))
		return false;
	put(text, address, strlen(address));
	return true;
}

/* Return: how many bytes of the message it takes; 0 when it is none. */
static size_t put_name(struct text *text, const struct check_records *records, size_t at)
{
	char *name;
	long len;

	if (at >= records->len || ares_expand_name(records->bytes + at, records->bytes,
						   (int)records->len, &name, &len) != ARES_SUCCESS)
		return 0;
	if (text)
		put(text, name[0] ? name : ".", name[0] ? strlen(name) : 1);
	ares_free_string(name);
	return (size_t)len;
}

/* Strings, each with its length in front. */
static bool put_strings(struct text *text, const uint8_t *bytes, size_t len)
{
	for (size_t at = 0; at < len; at += 1 + bytes[at]) {
		if (at + 1 + bytes[at] > len)
			return false;
		put(text, (const char *)bytes + at + 1, bytes[at]);
	}
	return true;
}

/* Primary server, mailbox, and five numbers. */
static bool put_soa(struct text *text, const struct check_records *records, size_t at, size_t end)
{
	for (unsigned i = 0; i < 2; i++) {
		size_t len = put_name(text, records, at);

		at += len;
		if (len == 0 || at > end)
			return false;
		put(text, " ", 1);
	}
	if (end - at != 5 * 4)
		return false;
	for (; at < end; at += 4) {
		put_number(text, read32(records->bytes + at));
		if (at + 4 < end)
			put(text, " ", 1);
	}
	return true;
}

/* Return: whether its data is of its type. */
static bool put_data(struct text *text, const struct check_records *records, size_t at, size_t len)
{
	const uint8_t *bytes = records->bytes + at;

	switch ((enum type)records->type) {
	case TYPE_A:
		return len == 4 && put_address(text, AF_INET, bytes);
	case TYPE_AAAA:
		return len == 16 && put_address(text, AF_INET6, bytes);
	case TYPE_MX:
		if (len < 3)
			return false;
		put_number(text, read16(bytes));
		put(text, " ", 1);
		return put_name(text, records, at + 2) == len - 2;
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
		return len && put_name(text, records, at) == len;
	case TYPE_SOA:
		return put_soa(text, records, at, at + len);
	case TYPE_TXT:
		return put_strings(text, bytes, len);
	}
	return false;
}

/* ---- records ---- */

int check_records_begin(struct check_records *records, const uint8_t *bytes, size_t len,
			uint16_t type)
{
	unsigned questions;

	if (len < HEADER_LEN || len > UINT16_MAX)
		return -EBADMSG;
	*records = (struct check_records){ .bytes = bytes,
					   .len = len,
					   .at = HEADER_LEN,
					   .left = read16(bytes + 6),
					   .type = type };
	for (questions = read16(bytes + 4); questions; questions--) {
		size_t name = put_name(NULL, records, records->at);

		records->at += name + 4;
		if (name == 0 || records->at > len)
			return -EBADMSG;
	}
	return 0;
}

int check_records_next(struct check_records *records, char ret_text[CHECK_RECORD_SIZE])
{
	struct text text = { ret_text, CHECK_RECORD_SIZE };

	while (records->left) {
		size_t name = put_name(NULL, records, records->at), at = records->at + name, len;
		const uint8_t *fixed = records->bytes + at;

		if (name == 0 || at + FIXED_LEN > records->len)
			return -EBADMSG;
		len = read16(fixed + 8);
		at += FIXED_LEN;
		if (at + len > records->len)
			return -EBADMSG;
		records->at = at + len;
		records->left--;
		if (read16(fixed) != records->type || read16(fixed + 2) != CLASS_IN)
			continue;
		ret_text[0] = '\0';
		return put_data(&text, records, at, len) ? 1 : -EBADMSG;
	}
	return 0;
}
