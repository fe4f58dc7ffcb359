/* SPDX-License-Identifier: MIT */
#include "fields.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)
#define DAY_NS    (24 * 3600 * NS_PER_S)

bool fields_is_number(const struct field *field)
{
	return field->type != FIELD_TEXT && field->type != FIELD_IP && field->type != FIELD_COUNTS;
}

int64_t fields_number(const struct field *field, const void *base)
{
	const unsigned char *p = (const unsigned char *)base + field->offset;
	bool is_signed = field->type == FIELD_INT || field->type == FIELD_ERRNO;
	uint16_t half;
	uint32_t word;
	int64_t whole = 0;

	switch (field->size) {
	case 1:
		return is_signed ? (int8_t)*p : *p;
	case 2:
		memcpy(&half, p, sizeof(half));
		return is_signed ? (int16_t)half : half;
	case 4:
		memcpy(&word, p, sizeof(word));
		return is_signed ? (int32_t)word : (int64_t)word;
	case 8:
		memcpy(&whole, p, sizeof(whole));
		return whole;
	}
	return 0;
}

void fields_set_number(const struct field *field, void *base, int64_t number)
{
	unsigned char *p = (unsigned char *)base + field->offset;
	uint16_t half = (uint16_t)number;
	uint32_t word = (uint32_t)number;

	switch (field->size) {
	case 1:
		*p = (unsigned char)number;
		break;
	case 2:
		memcpy(p, &half, sizeof(half));
		break;
	case 4:
		memcpy(p, &word, sizeof(word));
		break;
	case 8:
		memcpy(p, &number, sizeof(number));
		break;
	}
}

/* Modulo 2^64 where the product is larger. */
static int64_t scaled(const struct field *field, const void *base)
{
	uint64_t scale = field->scale ? field->scale : 1;

	return (int64_t)((uint64_t)fields_number(field, base) * scale);
}

const char *fields_duration(int64_t ns, char *buf, size_t size)
{
	static const struct {
		int64_t ns;
		const char *name;
	} units[] = { { 3600 * NS_PER_S, "h" }, { 60 * NS_PER_S, "m" }, { NS_PER_S, "s" } };
	char fraction[16];
	size_t len;

	if (ns % DAY_NS == 0 && llabs(ns) > DAY_NS) {
		snprintf(buf, size, "%" PRId64 "d", ns / DAY_NS);
		return buf;
	}
	for (size_t i = 0; ns && i < sizeof(units) / sizeof(units[0]); i++) {
		if (ns % units[i].ns)
			continue;
		snprintf(buf, size, "%" PRId64 "%s", ns / units[i].ns, units[i].name);
		return buf;
	}
	len = (size_t)snprintf(fraction, sizeof(fraction), ".%06d", abs((int)(ns % NS_PER_MS)));
	while (fraction[len - 1] == '0')
		len--;
	if (ns == 0)
		snprintf(buf, size, "0s");
	else
		snprintf(buf, size, "%s%" PRId64 "%.*sms", ns < 0 && ns > -NS_PER_MS ? "-" : "",
			 ns / NS_PER_MS, len == 1 ? 0 : (int)len, fraction);
	return buf;
}

/* Rounded down, also before 1970. */
static const char *time_text(int64_t real_ns, char *buf, size_t size)
{
	int64_t fraction_ns = (real_ns % NS_PER_S + NS_PER_S) % NS_PER_S;
	time_t seconds = real_ns / NS_PER_S - (real_ns % NS_PER_S < 0);
	struct tm utc;
	size_t len;

	gmtime_r(&seconds, &utc);
	len = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(buf + len, size - len, ".%06dZ", (int)(fraction_ns / 1000));
	return buf;
}

static bool ip_is_zero(const uint8_t *bytes)
{
	static const uint8_t zero[16];

	return memcmp(bytes, zero, sizeof(zero)) == 0;
}

static const char *ip_text(const struct field *field, const void *base, char *buf)
{
	const uint8_t *bytes = (const uint8_t *)base + field->offset;
	bool six = ((const uint8_t *)base)[field->family] == 6;

	if (ip_is_zero(bytes))
		return strcpy(buf, "-");
	return inet_ntop(six ? AF_INET6 : AF_INET, bytes, buf, INET6_ADDRSTRLEN);
}

static const char *word_of(const struct field *field, int64_t number)
{
	return (uint64_t)number < field->words_n ? field->words[number] : NULL;
}

static uint64_t count(const struct field *field, const void *base, unsigned i)
{
	uint64_t value;

	memcpy(&value, (const char *)base + field->offset + i * sizeof(value), sizeof(value));
	return value;
}

/* Those that are not zero: "ttl=3 checksum=1". */
static const char *counts_text(const struct field *field, const void *base, char *buf)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < field->words_n && len < FIELDS_TEXT_SIZE; i++) {
		uint64_t value = count(field, base, i);

		if (value && field->words[i])
			len += (size_t)snprintf(buf + len, FIELDS_TEXT_SIZE - len, "%s%s=%" PRIu64,
						len ? " " : "", field->words[i], value);
	}
	return buf;
}

const char *fields_text(const struct field *field, const void *base, char *buf)
{
	const char *member = (const char *)base + field->offset;
	int64_t number = 0;
	const char *word;

	if (fields_is_number(field))
		number = fields_number(field, base);
	switch ((enum field_type)field->type) {
	case FIELD_UINT:
		snprintf(buf, FIELDS_TEXT_SIZE, "%" PRIu64, (uint64_t)scaled(field, base));
		break;
	case FIELD_INT:
		snprintf(buf, FIELDS_TEXT_SIZE, "%" PRId64, scaled(field, base));
		break;
	case FIELD_BOOL:
		strcpy(buf, number ? "true" : "false");
		break;
	case FIELD_WORD:
		word = word_of(field, number);
		if (word)
			snprintf(buf, FIELDS_TEXT_SIZE, "%s", word);
		else
			snprintf(buf, FIELDS_TEXT_SIZE, "%" PRIu64, (uint64_t)number);
		break;
	case FIELD_TEXT:
		snprintf(buf, FIELDS_TEXT_SIZE, "%.*s", (int)field->size, member);
		break;
	case FIELD_DURATION:
		fields_duration(scaled(field, base), buf, FIELDS_TEXT_SIZE);
		break;
	case FIELD_TIME:
		time_text(number, buf, FIELDS_TEXT_SIZE);
		break;
	case FIELD_IP:
		ip_text(field, base, buf);
		break;
	case FIELD_ERRNO:
		snprintf(buf, FIELDS_TEXT_SIZE, "%s", number ? strerror((int)number) : "");
		break;
	case FIELD_COUNTS:
		counts_text(field, base, buf);
		break;
	}
	return buf;
}

const struct field *fields_find(const struct field *fields, const char *name)
{
	for (; fields->name; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

unsigned fields_diff(const struct field *fields, const void *old, const void *new,
		     fields_difference_fn each, void *arg)
{
	char old_text[FIELDS_TEXT_SIZE], new_text[FIELDS_TEXT_SIZE];
	unsigned n = 0;

	for (; fields->name; fields++) {
		if (strcmp(fields_text(fields, old, old_text),
			   fields_text(fields, new, new_text)) == 0)
			continue;
		each(fields, old_text, new_text, arg);
		n++;
	}
	return n;
}

/* ---- JSON ---- */

/* Text into a buffer of a given size. What does not fit leaves it as it is, for good. */
struct out {
	char *buf; /* ends with a zero */
	size_t size, used;
	bool full;
};

static void put(struct out *out, const char *text, size_t len)
{
	if (out->full || len >= out->size - out->used) {
		out->full = true;
		return;
	}
	memcpy(out->buf + out->used, text, len);
	out->used += len;
	out->buf[out->used] = '\0';
}

static void put_text(struct out *out, const char *text)
{
	put(out, text, strlen(text));
}

size_t fields_utf8_len(const char *from)
{
	const unsigned char *text = (const unsigned char *)from;
	size_t len = *text < 0x80 ? 1 : *text < 0xc2 ? 0 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;

	if (*text > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] > 0x9f) ||
	    (*text == 0xf0 && text[1] < 0x90) || (*text == 0xf4 && text[1] > 0x8f))
		return 0;
	return len;
}

static void put_string(struct out *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	char escape[8];
	size_t len;

	put_text(out, "\"");
	for (; *p; p += len ? len : 1) {
		len = fields_utf8_len((const char *)p);
		if (*p == '"' || *p == '\\')
			snprintf(escape, sizeof(escape), "\\%c", *p);
		else if (*p < ' ')
			snprintf(escape, sizeof(escape), "\\u%04x", *p);
		else if (len == 0)
			strcpy(escape, "?");
		else
			snprintf(escape, sizeof(escape), "%.*s", (int)len, (const char *)p);
		put_text(out, escape);
	}
	put_text(out, "\"");
}

size_t fields_json_string(const char *text, char *buf, size_t size)
{
	struct out out = { .buf = buf, .size = size };

	if (size == 0)
		return 0;
	put_string(&out, text);
	if (out.full)
		out.used = 0;
	buf[out.used] = '\0';
	return out.used;
}

static void put_seconds(struct out *out, int64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%s%" PRId64 ".%09d", ns < 0 && ns > -NS_PER_S ? "-" : "",
		 ns / NS_PER_S, abs((int)(ns % NS_PER_S)));
	put_text(out, text);
}

static void put_counts(struct out *out, const struct field *field, const void *base)
{
	const char *gap = "{ ";
	char number[32];

	for (unsigned i = 0; i < field->words_n; i++) {
		if (!field->words[i])
			continue;
		put_text(out, gap);
		put_string(out, field->words[i]);
		snprintf(number, sizeof(number), ": %" PRIu64, count(field, base, i));
		put_text(out, number);
		gap = ", ";
	}
	put_text(out, gap[0] == '{' ? "{ }" : " }");
}

static void put_value(struct out *out, const struct field *field, const void *base)
{
	char text[FIELDS_TEXT_SIZE];

	switch ((enum field_type)field->type) {
	case FIELD_UINT:
	case FIELD_INT:
	case FIELD_BOOL:
		put_text(out, fields_text(field, base, text));
		break;
	case FIELD_DURATION:
		put_seconds(out, scaled(field, base));
		break;
	case FIELD_IP:
		if (ip_is_zero((const uint8_t *)base + field->offset))
			put_text(out, "null");
		else
			put_string(out, fields_text(field, base, text));
		break;
	case FIELD_TIME:
		if (fields_number(field, base))
			put_string(out, fields_text(field, base, text));
		else
			put_text(out, "null");
		break;
	case FIELD_WORD:
	case FIELD_TEXT:
	case FIELD_ERRNO:
		put_string(out, fields_text(field, base, text));
		break;
	case FIELD_COUNTS:
		put_counts(out, field, base);
		break;
	}
}

static bool is_left_out(const struct field *field, const void *base)
{
	return field->name[0] == '.' ||
	       (field->type == FIELD_TEXT && !((const char *)base)[field->offset]) ||
	       (field->type == FIELD_ERRNO && fields_number(field, base) == 0);
}

/* How many bytes of two names are the same objects: "a.b." of "a.b.c" and "a.b.d". */
static size_t common_prefix(const char *a, const char *b)
{
	size_t same = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '.')
			same = i + 1;
	return same;
}

static unsigned count_dots(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '.';
	return n;
}

static void put_ends(struct out *out, unsigned n)
{
	for (; n; n--)
		put_text(out, " }");
}

/* What ends the objects of the row before and begins those of this one, and the name. */
static void put_name(struct out *out, const char *before, const char *name)
{
	size_t same = common_prefix(before, name);
	const char *dot;

	put_ends(out, count_dots(before + same));
	put_text(out, before[0] ? ", " : "");
	for (name += same; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
		put_text(out, "\"");
		put(out, name, (size_t)(dot - name));
		put_text(out, "\": { ");
	}
	put_text(out, "\"");
	put_text(out, name);
	put_text(out, "\": ");
}

size_t fields_json(const struct field *fields, const void *base, char *buf, size_t size)
{
	struct out out = { .buf = buf, .size = size };
	const char *before = "";

	if (size == 0)
		return 0;
	for (; fields->name; fields++) {
		struct out member = out;

		if (is_left_out(fields, base))
			continue;
		put_name(&member, before, fields->name);
		put_value(&member, fields, base);
		/* There must be room for the ends of the objects that it is in, too. */
		if (member.full || 2 * count_dots(fields->name) >= member.size - member.used)
			break;
		out = member;
		before = fields->name;
	}
	put_ends(&out, count_dots(before));
	buf[out.used] = '\0';
	return out.used;
}
