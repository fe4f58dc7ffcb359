/* SPDX-License-Identifier: MIT */
/*
 * Records as JSON: all their fields, also those that this version knows nothing of.
 */
#ifndef RECORD_JSON_H
#define RECORD_JSON_H

#include <jansson.h>

#include "agent/records.h"

/**
 * record_json() - one record as an object.
 *
 * Return: owned by the caller; NULL when it has a number that is too large for JSON, or there is no
 * memory.
 */
json_t *record_json(const struct records_table *table, const void *record);

/**
 * record_json_append() - one record as the next element of a list.
 *
 * Return: NULL, or what is wrong with it: as client_record_fn has it.
 */
const char *record_json_append(json_t *list, const struct records_table *table, const void *record);

/**
 * record_json_set_text() - a member of an object that is anybody's bytes: what is not UTF-8 becomes
 * '?'.
 */
void record_json_set_text(json_t *object, const char *key, const char *bytes, size_t len);

#endif
