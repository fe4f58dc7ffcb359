/* SPDX-License-Identifier: MIT */
#include "records.h"

#include <assert.h>
#include <string.h>

static struct control_header header_of(enum control_type type)
{
	return (struct control_header){ CONTROL_MAGIC, CONTROL_VERSION, (uint16_t)type };
}

/* ---- the writer ---- */

struct writer {
	char *buf;
	size_t size, used;
};

static void put(struct writer *writer, const void *bytes, size_t len)
{
	assert(len <= writer->size - writer->used);
	memcpy(writer->buf + writer->used, bytes, len);
	writer->used += len;
}

static void put_text(struct writer *writer, const char *text)
{
	put(writer, text, strlen(text) + 1);
}

static void put_field(struct writer *writer, const struct field *field)
{
	struct control_field head = { .type = field->type,
				      .offset = field->offset,
				      .size = field->size,
				      .family = field->family,
				      .words_n = field->words_n,
				      .scale = field->scale };
	size_t start = writer->used;

	put(writer, &head, sizeof(head));
	put_text(writer, field->name);
	for (unsigned i = 0; i < field->words_n; i++)
		put_text(writer, field->words[i] ? field->words[i] : "");
	assert(writer->used - start <= UINT16_MAX);
	head.len = (uint16_t)(writer->used - start);
	memcpy(writer->buf + start, &head, sizeof(head));
}

size_t records_put_table(const struct records_kind *kind, void *buf, size_t size)
{
	struct control_table head = { .header = header_of(CONTROL_TABLE),
				      .kind = kind->number,
				      .record_size = kind->size };
	struct writer writer = { .buf = buf, .size = size };

	put(&writer, &head, sizeof(head));
	put_text(&writer, kind->name);
	for (const struct field *field = kind->fields; field->name; field++, head.fields_n++)
		put_field(&writer, field);
	memcpy(buf, &head, sizeof(head));
	return writer.used;
}

size_t records_put(const struct records_kind *kind, const void *records, unsigned n, void *buf,
		   size_t size)
{
	const struct control_records head = { .header = header_of(CONTROL_RECORDS),
					      .kind = kind->number,
					      .records_n = (uint16_t)n };
	struct writer writer = { .buf = buf, .size = size };

	put(&writer, &head, sizeof(head));
	put(&writer, records, (size_t)n * kind->size);
	return writer.used;
}

size_t records_put_end(int error, const char *text, void *buf, size_t size)
{
	const struct control_end head = { .header = header_of(CONTROL_END), .error = error };
	struct writer writer = { .buf = buf, .size = size };
	size_t len = text ? strlen(text) : 0;

	put(&writer, &head, sizeof(head));
	put(&writer, text ? text : "", len < size - writer.used ? len : size - writer.used);
	return writer.used;
}

/* ---- the reader ---- */

/* Names go into documents as they are. */
static bool is_name(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";
	size_t len = strlen(text);

	return len > 0 && len < RECORDS_NAME_SIZE && strspn(text, allowed) == len;
}

/* The text at *@at, which goes on behind it; NULL when it has no end before @end. */
static const char *take_text(const char **at, const char *end)
{
	const char *text = *at;
	const char *zero = memchr(text, '\0', (size_t)(end - text));

	if (!zero)
		return NULL;
	*at = zero + 1;
	return text;
}

static const char *check_size(const struct field *field, size_t record_size)
{
	bool whole = field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8;

	if ((size_t)field->offset + field->size > record_size)
		return "a field lies outside of its record";
	switch ((enum field_type)field->type) {
	case FIELD_UINT:
	case FIELD_INT:
	case FIELD_WORD:
	case FIELD_DURATION:
	case FIELD_ERRNO:
		return whole ? NULL : "a number has an odd size";
	case FIELD_BOOL:
		return field->size == 1 ? NULL : "a truth value has an odd size";
	case FIELD_TEXT:
		return field->size ? NULL : "a text has no size";
	case FIELD_TIME:
		return field->size == 8 ? NULL : "a time has an odd size";
	case FIELD_IP:
		return field->size == 16 && field->family < record_size
			       ? NULL
			       : "an IP address has an odd size, or no family";
	case FIELD_COUNTS:
		return field->size && field->size == field->words_n * sizeof(uint64_t)
			       ? NULL
			       : "counters and their names are not of one number";
	}
	return NULL;
}

static bool is_known_type(unsigned type)
{
	return type >= FIELD_UINT && type <= FIELD_COUNTS;
}

/* The words of a field into the table, from @words_n on. */
static const char *take_words(struct records_table *table, struct field *field, unsigned *words_n,
			      const char *at, const char *end)
{
	if (field->words_n > RECORDS_WORDS_MAX - *words_n)
		return "it has too many words";
	field->words = &table->words[*words_n];
	for (unsigned i = 0; i < field->words_n; i++) {
		const char *word = take_text(&at, end);

		if (!word)
			return "it ends in the middle of a word";
		table->words[(*words_n)++] = word[0] ? word : NULL;
	}
	return NULL;
}

/* The field at *@at, which goes on behind it. @field is left without a name when it is unknown. */
static const char *take_field(struct records_table *table, struct field *field, unsigned *words_n,
			      const char **at, const char *end)
{
	struct control_field head;
	const char *field_end, *why;

	field->name = NULL;
	if ((size_t)(end - *at) < sizeof(head))
		return "it ends in the middle of a field";
	memcpy(&head, *at, sizeof(head));
	if (head.len < sizeof(head) || head.len > end - *at)
		return "the length of a field makes no sense";
	field_end = *at + head.len;
	*at += sizeof(head);
	*field = (struct field){ .type = (uint8_t)head.type,
				 .offset = head.offset,
				 .size = head.size,
				 .scale = head.scale,
				 .words_n = head.words_n,
				 .family = head.family };
	field->name = take_text(at, field_end);
	if (!field->name || !is_name(field->name))
		return "the name of a field makes no sense";
	why = take_words(table, field, words_n, *at, field_end);
	if (!why && is_known_type(head.type))
		why = check_size(field, table->size);
	if (!is_known_type(head.type))
		field->name = NULL;
	*at = field_end;
	return why;
}

static const char *take_fields(struct records_table *table, unsigned fields_n, const char *at)
{
	const char *end = table->text + table->text_len, *why = NULL;
	struct field *field = table->fields;
	unsigned words_n = 0;

	for (unsigned i = 0; i < fields_n && !why; i++) {
		why = take_field(table, field, &words_n, &at, end);
		field += field->name != NULL;
	}
	*field = (struct field)FIELDS_END;
	return why;
}

const char *records_take_table(const void *message, size_t len, struct records_table *ret_table)
{
	struct control_table head;
	const char *at = ret_table->text;

	if (len < sizeof(head) || len > CONTROL_MESSAGE_MAX)
		return "it ends in the middle of its head";
	memcpy(&head, message, sizeof(head));
	if (head.record_size == 0 || head.record_size > RECORDS_SIZE_MAX)
		return "the size of its records makes no sense";
	if (head.fields_n > RECORDS_FIELDS_MAX)
		return "it has too many fields";
	ret_table->number = head.kind;
	ret_table->size = head.record_size;
	ret_table->text_len = len - sizeof(head);
	memcpy(ret_table->text, (const char *)message + sizeof(head), ret_table->text_len);
	ret_table->name = take_text(&at, ret_table->text + ret_table->text_len);
	if (!ret_table->name || !is_name(ret_table->name))
		return "its name makes no sense";
	return take_fields(ret_table, head.fields_n, at);
}

unsigned records_of(const void *message, size_t len, uint16_t *ret_kind)
{
	struct control_records head;

	if (len <= sizeof(head))
		return 0;
	memcpy(&head, message, sizeof(head));
	if (head.records_n == 0 || (len - sizeof(head)) % head.records_n)
		return 0;
	*ret_kind = head.kind;
	return head.records_n;
}

void records_take(const struct records_table *table, const void *message, size_t len, unsigned i,
		  void *ret_record)
{
	struct control_records head;
	size_t size, copied;

	memcpy(&head, message, sizeof(head));
	size = (len - sizeof(head)) / head.records_n;
	copied = size < table->size ? size : table->size;
	memcpy(ret_record, (const char *)message + sizeof(head) + i * size, copied);
	memset((char *)ret_record + copied, 0, table->size - copied);
}
