/* SPDX-License-Identifier: MIT */
#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct targets {
	unsigned n;
	struct target *all; /* by their definition */
};

static void add_list(struct targets *targets, const struct conf_notify *list, unsigned n,
		     const struct conf_router *router, const struct conf_group *group)
{
	for (unsigned i = 0; i < n; i++)
		targets->all[targets->n++] =
			(struct target){ .conf = &list[i], .router = router, .group = group };
}

static int cmp_targets(const void *a, const void *b)
{
	uint64_t x = ((const struct target *)a)->conf->definition;
	uint64_t y = ((const struct target *)b)->conf->definition;

	return (x > y) - (x < y);
}

/* Those who name the same user ask once. */
static void find_user(struct targets *targets, struct target *target)
{
	const char *name = target->conf->user;
	struct check_user self;
	int err = check_user_self(&self);

	for (struct target *it = targets->all; it < target; it++) {
		if (strcmp(it->conf->user, name) != 0)
			continue;
		target->user = it->user;
		target->user_err = it->user_err;
		target->changes_user = it->changes_user;
		return;
	}
	target->user = self;
	if (err == 0 && name[0])
		err = check_user_find(name, &target->user);
	if (err == 0 && name[0])
		err = check_user_find_groups(name, &target->user);
	target->user_err = -err;
	target->changes_user = target->user.uid != self.uid;
}

int targets_open(const struct conf *conf, int64_t since_ns, struct targets **ret_targets)
{
	struct targets *targets = calloc(1, sizeof(*targets));

	if (!targets)
		return -ENOMEM;
	targets->all = calloc(conf_notify_count(conf) + 1, sizeof(*targets->all));
	if (!targets->all) {
		free(targets);
		return -ENOMEM;
	}
	add_list(targets, conf->notify, conf->notify_n, NULL, NULL);
	for (unsigned i = 0; i < conf->written_n; i++)
		add_list(targets, conf->written[i].notify, conf->written[i].notify_n,
			 &conf->written[i], NULL);
	for (unsigned i = 0; i < conf->groups_n; i++)
		add_list(targets, conf->groups[i].notify, conf->groups[i].notify_n, NULL,
			 &conf->groups[i]);
	qsort(targets->all, targets->n, sizeof(*targets->all), cmp_targets);
	for (unsigned i = 0; i < targets->n; i++) {
		targets->all[i].since_ns = since_ns;
		find_user(targets, &targets->all[i]);
	}
	*ret_targets = targets;
	return 0;
}

void targets_close(struct targets *targets)
{
	if (!targets)
		return;
	free(targets->all);
	free(targets);
}

void targets_set_since(struct targets *targets, int64_t since_ns)
{
	for (unsigned i = 0; i < targets->n; i++)
		targets->all[i].since_ns = since_ns;
}

struct target *targets_find(const struct targets *targets, uint64_t entry)
{
	unsigned low = 0, high = targets->n, middle;
	uint64_t definition;

	while (low < high) {
		middle = (low + high) / 2;
		definition = targets->all[middle].conf->definition;
		if (definition == entry)
			return &targets->all[middle];
		if (definition < entry)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool is_there(const void *targets, uint64_t entry)
{
	return targets_find(targets, entry) != NULL;
}

void targets_settle(struct targets *targets, struct store *store, const char *boot,
		    void (*each_new)(void *arg, const struct target *target), void *arg)
{
	store_keep_entries(store, is_there, targets);
	for (unsigned i = 0; i < targets->n; i++) {
		struct target *target = &targets->all[i];

		if (store_entry(store, target->conf->definition, boot, &target->since_ns) &&
		    each_new)
			each_new(arg, target);
	}
}

enum target_owner target_owner(const struct target *target, const struct conf_router *router)
{
	if (target->group)
		return router->team == target->group ? TARGET_GROUP : TARGET_NONE;
	if (target->router && strcmp(target->router->name, router->name) != 0)
		return TARGET_NONE;
	return TARGET_ROUTER;
}

const char *target_name(const struct conf_notify *conf)
{
	if (!conf)
		return "a command that was configured";
	return conf->fifo[0] ? conf->fifo : conf->command->argv[0].text;
}
