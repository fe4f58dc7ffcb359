/* SPDX-License-Identifier: MIT */
#include "fields.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

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

static int64_t scaled(const struct field *field, const void *base)
{
	return fields_number(field, base) * (field->scale ? field->scale : 1);
}

const char *fields_duration(int64_t ns, char *buf, size_t size)
{
	static const struct {
		int64_t ns;
		const char *unit;
	} units[] = { { 3600 * NS_PER_S, "h" }, { 60 * NS_PER_S, "m" }, { NS_PER_S, "s" } };

	for (size_t i = 0; ns && i < sizeof(units) / sizeof(units[0]); i++) {
		if (ns % units[i].ns)
			continue;
		snprintf(buf, size, "%" PRId64 "%s", ns / units[i].ns, units[i].unit);
		return buf;
	}
	if (ns == 0)
		snprintf(buf, size, "0s");
	else if (ns % NS_PER_MS == 0)
		snprintf(buf, size, "%" PRId64 "ms", ns / NS_PER_MS);
	else
		snprintf(buf, size, "%" PRId64 ".%03dms", ns / NS_PER_MS,
			 (int)(ns % NS_PER_MS / 1000));
	return buf;
}

static const char *time_text(int64_t real_ns, char *buf, size_t size)
{
	time_t seconds = real_ns / NS_PER_S;
	struct tm utc;
	size_t len;

	gmtime_r(&seconds, &utc);
	len = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(buf + len, size - len, ".%06dZ", (int)(real_ns % NS_PER_S / 1000));
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
	return number >= 0 && number < field->words_n ? field->words[number] : NULL;
}

const char *fields_text(const struct field *field, const void *base, char *buf)
{
	const char *member = (const char *)base + field->offset;
	int64_t number = 0;
	const char *word;

	if (field->type != FIELD_TEXT && field->type != FIELD_IP)
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
			snprintf(buf, FIELDS_TEXT_SIZE, "%" PRId64, number);
		break;
	case FIELD_TEXT:
		snprintf(buf, FIELDS_TEXT_SIZE, "%.*s", (int)field->size, member);
		break;
	case FIELD_DURATION:
		fields_duration(number, buf, FIELDS_TEXT_SIZE);
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

/* The length of the UTF-8 sequence at @text, or 0 when it is none (RFC 3629 §4). */
static size_t utf8_len(const unsigned char *text)
{
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

size_t fields_json_string(const char *text, char *buf, size_t size)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t used = 0, len;

	if (size < 3)
		return 0;
	buf[used++] = '"';
	for (; *p; p += len ? len : 1) {
		len = utf8_len(p);
		if (used + 8 > size)
			return buf[0] = '\0', 0;
		if (*p == '"' || *p == '\\')
			used += (size_t)sprintf(buf + used, "\\%c", *p);
		else if (*p < ' ')
			used += (size_t)sprintf(buf + used, "\\u%04x", *p);
		else if (len == 0)
			buf[used++] = '?';
		else
			memcpy(buf + used, p, len), used += len;
	}
	strcpy(buf + used, "\"");
	return used + 1;
}

/* Return: bytes written, 0 when it does not fit. Only what cannot overflow is written. */
static size_t value_json(const struct field *field, const void *base, char *buf, size_t size)
{
	char text[FIELDS_TEXT_SIZE];
	int64_t number;

	switch ((enum field_type)field->type) {
	case FIELD_UINT:
	case FIELD_INT:
	case FIELD_BOOL:
		fields_text(field, base, text);
		break;
	case FIELD_DURATION:
		number = fields_number(field, base);
		snprintf(text, sizeof(text), "%" PRId64 ".%09d", number / NS_PER_S,
			 (int)(number % NS_PER_S));
		break;
	case FIELD_IP:
		if (ip_is_zero((const uint8_t *)base + field->offset)) {
			strcpy(text, "null");
			break;
		}
		return fields_json_string(fields_text(field, base, text), buf, size);
	case FIELD_WORD:
	case FIELD_TEXT:
	case FIELD_TIME:
	case FIELD_ERRNO:
		return fields_json_string(fields_text(field, base, text), buf, size);
	}
	if (strlen(text) >= size)
		return 0;
	return (size_t)sprintf(buf, "%s", text);
}

static bool is_left_out(const struct field *field, const void *base)
{
	return (field->type == FIELD_TEXT && !((const char *)base)[field->offset]) ||
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

/* What ends the objects of the row before and begins those of this one, and the name. */
static size_t name_json(const char *before, const char *name, bool first, char *buf, size_t size)
{
	size_t same = common_prefix(before, name), used = 0;
	const char *dot;

	if (size < strlen(before) + 6 * strlen(name) + 8)
		return 0;
	for (unsigned i = count_dots(before + same); i; i--)
		used += (size_t)sprintf(buf + used, " }");
	used += (size_t)sprintf(buf + used, "%s", first ? "" : ", ");
	for (name += same; (dot = strchr(name, '.')) != NULL; name = dot + 1)
		used += (size_t)sprintf(buf + used, "\"%.*s\": { ", (int)(dot - name), name);
	return used + (size_t)sprintf(buf + used, "\"%s\": ", name);
}

size_t fields_json(const struct field *fields, const void *base, char *buf, size_t size)
{
	const char *before = "";
	size_t used = 0, name_len, value_len;

	buf[0] = '\0';
	for (; fields->name; fields++) {
		size_t room = size - used - 2 * count_dots(fields->name) - 1;

		if (is_left_out(fields, base))
			continue;
		name_len = name_json(before, fields->name, used == 0, buf + used, room);
		value_len =
			name_len ? value_json(fields, base, buf + used + name_len, room - name_len)
				 : 0;
		if (value_len == 0)
			break;
		used += name_len + value_len;
		before = fields->name;
	}
	buf[used] = '\0';
	for (unsigned i = count_dots(before); i; i--)
		used += (size_t)sprintf(buf + used, " }");
	return used;
}
