/* SPDX-License-Identifier: MIT */
#include "why_finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct why_finding *why_add(struct why_judgement *judgement, enum problem_level level,
			    const char *code, const char *format, ...)
{
	struct why_finding *finding = &judgement->all[judgement->n];
	const char *advice = why_advice_of_problem(code);
	va_list args;

	if (level > judgement->level)
		judgement->level = level;
	if (judgement->n < WHY_FINDINGS_MAX)
		judgement->n++;
	else
		judgement->more_n++;
	*finding = (struct why_finding){ .level = level };
	snprintf(finding->code, sizeof(finding->code), "%s", code);
	snprintf(finding->advice, sizeof(finding->advice), "%s", advice ? advice : "");
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
	return finding;
}

void why_append(struct why_finding *finding, const char *format, ...)
{
	size_t len = strlen(finding->text);
	va_list args;

	va_start(args, format);
	vsnprintf(finding->text + len, sizeof(finding->text) - len, format, args);
	va_end(args);
}

void why_perhaps(struct why_finding *finding, const char *alternative)
{
	if (finding->alternatives_n < WHY_ALTERNATIVES_MAX)
		finding->alternatives[finding->alternatives_n++] = alternative;
}

bool why_has_problem(const struct why_router *router, const char *prefix)
{
	for (unsigned i = 0; i < router->problems_n; i++)
		if (strncmp(router->problems[i].word, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

const struct why_peer *why_peer_of(const struct why_router *router, const uint8_t *ip)
{
	for (unsigned i = 0; i < router->peers_n; i++)
		if (memcmp(router->peers[i].ip, ip, sizeof(router->peers[i].ip)) == 0)
			return &router->peers[i];
	return NULL;
}
