/* SPDX-License-Identifier: MIT */
#include "doctor_findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const doctor_severity_words[DOCTOR_SEVERITIES] = { "note", "warning", "error" };

void doctor_findings_init(struct doctor_findings *findings, struct arena *arena)
{
	*findings = (struct doctor_findings){ .arena = arena };
	findings->end = &findings->first;
}

void doctor_find(struct doctor_findings *findings, const struct doctor_finding *finding)
{
	struct doctor_finding *copy = arena_alloc(findings->arena, sizeof(*copy));

	*copy = *finding;
	copy->next = NULL;
	copy->code = findings->code;
	findings->n[copy->severity]++;
	*findings->end = copy;
	findings->end = &copy->next;
}

char *doctor_text(const struct doctor_findings *findings, const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return arena_copy(findings->arena, text, strlen(text));
}

const char *doctor_word(const struct doctor_findings *findings, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-./:@%+,=";
	char *word, *end;

	if (*text && text[strspn(text, plain)] == '\0')
		return text;
	/* A quote in there takes four characters. */
	word = end = arena_alloc(findings->arena, strlen(text) * 4 + 3);
	*end++ = '\'';
	for (; *text; text++)
		end = *text == '\'' ? stpcpy(end, "'\\''") : (*end = *text, end + 1);
	*end++ = '\'';
	*end = '\0';
	return word;
}
