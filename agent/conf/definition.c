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
	notify->program = conf_hash(CONF_HASH, notify->command && notify->command->argv_n
						       ? notify->command->argv[0].text
						       : notify->fifo);
	notify->lane = notify->definition;
	notify->lane_words = notify->words & CONF_NOTIFY_STATES;
	free(text);
}

/* ---- one action in several entries ---- */

static bool can_be_part(const struct conf_notify *notify)
{
	return notify->command && !notify->before && notify->deliver == CONF_NOTIFY_CURRENT &&
	       notify->lane_words;
}

/* Each joins the first of its list that does something else, and in other states. */
static void unite(struct conf_notify *all, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < i && can_be_part(&all[i]); k++) {
			if (!can_be_part(&all[k]) || all[k].lane != all[k].definition ||
			    all[k].lane_words & all[i].lane_words)
				continue;
			all[i].lane = all[k].lane;
			all[k].lane_words |= all[i].lane_words;
			break;
		}
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < i; k++)
			if (all[i].lane == all[k].definition)
				all[i].lane_words = all[k].lane_words;
}

int conf_define_notify(const struct conf *conf)
{
	int err = 0;

	conf_notify_each(conf, define_notify, &err);
	if (err < 0)
		return err;
	unite(conf->notify, conf->notify_n);
	for (unsigned i = 0; i < conf->written_n; i++)
		unite(conf->written[i].notify, conf->written[i].notify_n);
	for (unsigned i = 0; i < conf->groups_n; i++)
		unite(conf->groups[i].notify, conf->groups[i].notify_n);
	return 0;
}
