/* SPDX-License-Identifier: MIT */
#include "record_json.h"

#include <stdlib.h>
#include <string.h>

#define JSON_SIZE (256 << 10) /* the longest record as JSON */

json_t *record_json(const struct records_table *table, const void *record)
{
	char *text = malloc(JSON_SIZE);
	json_t *object;
	size_t len;

	if (!text)
		return NULL;
	len = fields_json(table->fields, record, text + 1, JSON_SIZE - 2);
	text[0] = '{';
	strcpy(text + 1 + len, "}");
	object = json_loads(text, 0, NULL);
	free(text);
	return object;
}

const char *record_json_append(json_t *list, const struct records_table *table, const void *record)
{
	json_t *element = record_json(table, record);

	if (!element)
		return "it has a number that is too large for JSON";
	json_array_append_new(list, element);
	return NULL;
}

void record_json_set_text(json_t *object, const char *key, const char *bytes, size_t len)
{
	json_t *text = json_stringn(bytes, len);
	char *copy;

	if (!text) {
		copy = strndup(bytes, len);
		for (char *at = copy; at && *at; at++)
			if ((unsigned char)*at >= 0x80)
				*at = '?';
		text = copy ? json_string(copy) : NULL;
		free(copy);
	}
	if (text)
		json_object_set_new(object, key, text);
}
