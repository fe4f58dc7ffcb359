/* SPDX-License-Identifier: MIT */
#include "definition.h"

#include <errno.h>
#include <stdlib.h>

#include "check.h"
#include "hash.h"
#include "match.h"
#include "notify.h"

static int define(struct check_config *check)
{
	const struct conf_key *kind = conf_check_kind(check);
	char *text = match_text(kind->element, conf_key_group(kind, check), true);

	if (!text)
		return -ENOMEM;
	check->definition = conf_hash(CONF_HASH, kind->field.name);
	check->definition = conf_hash(conf_hash(check->definition, check->user), text);
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

static void define_notify(void *arg, struct conf_notify *notify, const char *of, const char *name)
{
	char *text = match_text(&conf_notify_schema, notify, true);

	if (!text) {
		*(int *)arg = -ENOMEM;
		return;
	}
	notify->definition = conf_hash(conf_hash(conf_hash(CONF_HASH, of), name), text);
	free(text);
}

int conf_define_notify(const struct conf *conf)
{
	int err = 0;

	conf_notify_each(conf, define_notify, &err);
	return err;
}
