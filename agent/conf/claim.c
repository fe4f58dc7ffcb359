/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLAIM_KEY_SIZE 160 /* the longest one is the path of a FIFO, with its word */

/* Something that only one may have: a router its name, a VRID or an address on an interface. */
struct conf_claim {
	char key[CLAIM_KEY_SIZE];
	const config_setting_t *setting; /* where; borrowed */
};

static bool make_room(struct conf_parse *parse)
{
	size_t max = parse->claims_max ? parse->claims_max * 2 : 64;
	struct conf_claim *claims;

	if (parse->claims_n < parse->claims_max)
		return true;
	claims = realloc(parse->claims, max * sizeof(*claims));
	if (!claims)
		return false;
	parse->claims = claims;
	parse->claims_max = max;
	return true;
}

void conf_claim(const struct conf_place *place, const char *format, ...)
{
	struct conf_parse *parse = place->parse;
	struct conf_claim *claim;
	va_list args;
	int len;

	if (!make_room(parse)) {
		conf_error_in(place, "out of memory");
		return;
	}
	claim = &parse->claims[parse->claims_n++];
	claim->setting = place->setting;
	va_start(args, format);
	len = vsnprintf(claim->key, sizeof(claim->key), format, args);
	va_end(args);
	/* What is cut off may be all that tells two of them apart. */
	assert(len >= 0 && (size_t)len < sizeof(claim->key));
}

static unsigned line_of(const struct conf_claim *claim)
{
	return config_setting_source_line(claim->setting);
}

static int compare_claims(const void *a, const void *b)
{
	const struct conf_claim *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : (line_of(x) > line_of(y)) - (line_of(x) < line_of(y));
}

void conf_claims_check(struct conf_parse *parse)
{
	const struct conf_claim *claim = parse->claims;

	if (parse->claims_n == 0)
		return;
	qsort(parse->claims, parse->claims_n, sizeof(*claim), compare_claims);
	for (size_t i = 1; i < parse->claims_n; i++)
		if (strcmp(claim[i - 1].key, claim[i].key) == 0)
			conf_error_twice(parse, line_of(&claim[i]), line_of(&claim[i - 1]),
					 claim[i].key);
}
