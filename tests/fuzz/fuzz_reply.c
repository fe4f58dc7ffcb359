/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what services say to checks: a message of DNS, a body of HTTP in pieces; and lines
 * of /proc about control groups. The first byte chooses.
 */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks/cgroup.h"
#include "checks/match.h"
#include "checks/record.h"
#include "checks/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each record is a text that a terminal may see, and there is an end. */
static void show_message(const uint8_t *bytes, size_t len, uint16_t type)
{
	char text[CHECK_RECORD_SIZE];
	struct check_records records;
	unsigned left = UINT16_MAX + 1;
	int got = check_records_begin(&records, bytes, len, type);

	if (got < 0)
		return;
	while ((got = check_records_next(&records, text)) > 0) {
		assert(left-- > 0 && records.at <= len);
		assert(memchr(text, '\0', sizeof(text)));
		for (const char *at = text; *at; at++)
			assert(*at >= ' ' && *at <= '~');
	}
}

/* @wanted is found, in whatever pieces, if it is there, and not before. */
static void show_body(const char *wanted, const char *body, size_t len, size_t step)
{
	const char *there = memmem(body, len, wanted, strlen(wanted));
	struct check_match match;
	size_t at = 0, piece;
	bool found = false;

	check_match_set(&match, wanted);
	check_match_begin(&match);
	for (; at < len && !found; at += piece) {
		piece = len - at < step ? len - at : step;
		found = check_match_more(&match, body + at, piece);
	}
	assert(found == (there != NULL));
	assert(!found || (size_t)(there - body) + strlen(wanted) <= at);
	assert(!found || (size_t)(there - body) + strlen(wanted) + step > at);
}

static void show_statuses(const char *list, size_t len)
{
	char more[512];

	if (len > sizeof(more) - 8)
		return;
	memcpy(more, list, len);
	memcpy(more + len, ",204", 5);
	assert(check_status_matches(more, 204));
	for (unsigned status = 0; status < 1100; status += 7)
		assert(!check_status_matches(list, status) || check_status_matches(more, status));
}

static void show_line(const char *line)
{
	char path[64], directory[128];

	if (check_cgroup_path(line, path, sizeof(path)))
		assert(path[0] == '/' && memchr(path, '\0', sizeof(path)));
	if (check_cgroup_directory(line, "/a/b", directory, sizeof(directory)))
		assert(memchr(directory, '\0', sizeof(directory)));
}

/* In blocks of their own length; a text has a zero at its end. */
static char *copy(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	assert(text);
	memcpy(text, data, len);
	text[len] = '\0';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t types[] = { 1, 2, 5, 6, 12, 15, 16, 28 };
	size_t len = size > 2 ? size - 2 : 0, wanted_len;
	uint8_t what = size > 2 ? data[0] % 4 : 3, how = size > 2 ? data[1] : 0;
	char *text = copy(len ? data + 2 : (const uint8_t *)"", len), *body;

	if (what == 0) {
		text = realloc(text, len ? len : 1); /* not a byte more */
		assert(text);
		show_message((const uint8_t *)text, len, types[how % 8]);
	} else if (what == 1) {
		wanted_len = strnlen(text, 1 + how % 16);
		body = copy((const uint8_t *)text + wanted_len, len - wanted_len);
		text[wanted_len] = '\0';
		if (wanted_len)
			show_body(text, body, len - wanted_len, 1 + how / 16);
		free(body);
	} else if (what == 2) {
		show_statuses(text, strlen(text));
	} else {
		show_line(text);
	}
	free(text);
	return 0;
}
