/* SPDX-License-Identifier: MIT */
#include "definition.h"

#include <errno.h>
#include <stdlib.h>

#include "check.h"
#include "match.h"

static uint64_t hash(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 1099511628211u; /* FNV-1a */
	return hash;
}

static int define(struct check_config *check)
{
	const struct conf_key *kind = conf_check_kind(check);
	char *text = match_text(kind->element, conf_key_group(kind, check), true);

	if (!text)
		return -ENOMEM;
	check->definition = hash(14695981039346656037u, kind->field.name);
	check->definition = hash(hash(check->definition, check->user), text);
	free(text);
	return 0;
}

int conf_define_checks(struct conf *conf)
{
	int err = 0;

	for (unsigned i = 0; i < conf->checks_n && err == 0; i++)
		err = define(&conf->checks[i]);
	return err;
}
