/* SPDX-License-Identifier: MIT */
#include "import_word.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "agent/conf/value.h"

#define NAME_MAX_LEN (CONF_NAME_SIZE - 1)
#define US_PER_S     INT64_C(1000000)
#define SECONDS_MAX  INT64_C(1000000000)

/* @word: that is judged. */
__attribute__((format(printf, 5, 0))) static void judge(struct import *import,
							struct keepalived_node *node,
							enum verdict verdict, const char *word,
							const char *format, va_list args)
{
	char text[900] = "";

	if (format)
		vsnprintf(text, sizeof(text), format, args);
	node->judged = true;
	report_put(import->report, &node->origin, verdict, word, text[0] ? "%s" : NULL, text);
}

void import_judge(struct import *import, struct keepalived_node *node, enum verdict verdict,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	judge(import, node, verdict, node->words[0], format, args);
	va_end(args);
}

void import_part(struct import *import, struct keepalived_node *node, enum verdict verdict,
		 const char *word, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	judge(import, node, verdict, word, format, args);
	va_end(args);
}

struct keepalived_node *import_said(const struct import *import, const struct subject *subject,
				    enum keyword keyword)
{
	return subject->said[keyword] ? subject->said[keyword] : import->globals.said[keyword];
}

const char *import_value(const struct keepalived_node *node)
{
	return node->words_n > 1 ? node->words[1] : "";
}

/* ---- numbers and times ---- */

bool import_is_number(const char *word, long min, long max, long *ret_number)
{
	char *end;
	long number;

	if (!isdigit((unsigned char)word[word[0] == '-' || word[0] == '+']))
		return false;
	errno = 0;
	number = strtol(word, &end, 10);
	if (errno || *end || number < min || number > max)
		return false;
	*ret_number = number;
	return true;
}

bool import_number(struct import *import, struct keepalived_node *node, long min, long max,
		   long preset, long *ret_number)
{
	*ret_number = preset;
	if (!node || import_is_number(import_value(node), min, max, ret_number))
		return true;
	import_judge(import, node, VERDICT_WRONG,
		     "\"%.40s\" is no whole number from %ld to %ld: keepalived goes on with its "
		     "default",
		     import_value(node), min, max);
	return false;
}

bool import_is_time(const char *word, int64_t *ret_us)
{
	int64_t us = 0, unit = US_PER_S;
	const char *at = word;

	for (; isdigit((unsigned char)*at); at++) {
		us = 10 * us + (*at - '0') * US_PER_S;
		if (us > SECONDS_MAX * US_PER_S)
			return false;
	}
	if (*at == '.')
		for (at++; isdigit((unsigned char)*at); at++)
			us += (*at - '0') * (unit /= 10);
	if (*at || !strpbrk(word, "0123456789"))
		return false;
	*ret_us = us;
	return true;
}

bool import_time(struct import *import, struct keepalived_node *node, int64_t min_us,
		 int64_t max_us, int64_t preset_us, int64_t *ret_us)
{
	int64_t us = preset_us;

	*ret_us = preset_us;
	if (!node)
		return true;
	if (!import_is_time(import_value(node), &us) || us < min_us || us > max_us) {
		import_judge(import, node, VERDICT_WRONG,
			     "\"%.40s\" is no time from %g to %g seconds", import_value(node),
			     (double)min_us / 1e6, (double)max_us / 1e6);
		return false;
	}
	*ret_us = us;
	return true;
}

const char *import_duration(struct import *import, int64_t us)
{
	if (us % US_PER_S == 0)
		return arena_print(import->arena, "%" PRId64 "s", us / US_PER_S);
	return arena_print(import->arena, "%" PRId64 "ms", (us + 999) / 1000);
}

bool import_flag(struct import *import, struct keepalived_node *node)
{
	static const char *const yes[] = { "on", "true", "yes" }, *const no[] = { "off", "false",
										  "no" };
	const char *value;

	if (!node)
		return false;
	value = import_value(node);
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (strcmp(value, yes[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcmp(value, no[i]) == 0)
			return false;
	if (*value)
		import_judge(import, node, VERDICT_WRONG, "\"%.40s\" is neither on nor off", value);
	return true;
}

unsigned import_family(const char *word)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	size_t len = strcspn(word, "/");

	if (len >= sizeof(text))
		return 0;
	memcpy(text, word, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, bytes) == 1)
		return 4;
	return inet_pton(AF_INET6, text, bytes) == 1 ? 6 : 0;
}

/* ---- names ---- */

static bool is_taken(const struct subjects *const *others, const char *name)
{
	for (; *others; others++)
		for (const struct subject *s = (*others)->first; s; s = s->next)
			if (s->name && strcmp(s->name, name) == 0)
				return true;
	return false;
}

const char *import_name(struct import *import, const struct subjects *const *others,
			const char *wanted)
{
	char *name = arena_print(import->arena, "%.*s", NAME_MAX_LEN, *wanted ? wanted : "_");
	const char *numbered = name;

	for (char *at = name; *at; at++) {
		const char one[] = { *at, '\0' };

		if (!conf_word_is_valid(one, 1))
			*at = '_';
	}
	for (unsigned n = 2; is_taken(others, numbered); n++)
		numbered = arena_print(import->arena, "%.*s-%u", NAME_MAX_LEN - 7, name, n);
	return numbered;
}

struct subject *import_find(const struct subjects *subjects, const char *name)
{
	for (struct subject *s = subjects->first; s; s = s->next)
		if (s->node->words_n > 1 && strcmp(s->node->words[1], name) == 0)
			return s;
	return NULL;
}

/* ---- settings ---- */

struct setting *import_put(struct import *import, struct setting *parent, const char *name,
			   enum setting_kind kind, const char *value, struct keepalived_node *node)
{
	import_judge(import, node, VERDICT_MAPPED, NULL);
	return setting_add(import->arena, parent, name, kind, value, &node->origin);
}

struct setting *import_preset(struct import *import, struct setting *parent, const char *name,
			      enum setting_kind kind, const char *value,
			      const struct origin *origin, const char *note)
{
	struct setting *setting =
		setting_add(import->arena, parent, name, kind, value,
			    &(struct origin){ .file = origin->file, .file_at = origin->file_at });

	setting->note = note;
	return setting;
}
