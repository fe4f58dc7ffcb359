/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_kinds.h"
#include "parse.h"
#include "program.h"

#define RUN_DIR   "/run/vipd" /* made by vipd */
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)

const char *const conf_notify_words[CONF_NOTIFY_WORDS] = {
	[CONF_NOTIFY_ACTIVE] = "active",     [CONF_NOTIFY_BACKUP] = "backup",
	[CONF_NOTIFY_FAULT] = "fault",       [CONF_NOTIFY_STOP] = "stop",
	[CONF_NOTIFY_START] = "start",       [CONF_NOTIFY_DELETED] = "deleted",
	[CONF_NOTIFY_PRIORITY] = "priority", [CONF_NOTIFY_LOWER_ADVERT] = "lower_advert",
	[CONF_NOTIFY_CHECK] = "check",       [CONF_NOTIFY_CONFLICT] = "conflict",
	[CONF_NOTIFY_DEAF] = "deaf",         [CONF_NOTIFY_DRAIN] = "drain",
	[CONF_NOTIFY_RELOAD] = "reload",     [CONF_NOTIFY_LAST_WILL] = "last_will",
	[CONF_NOTIFY_LOST] = "lost",
};

static const char *const styles[] = {
	[0] = "",
	[CONF_NOTIFY_JSON] = "json",
	[CONF_NOTIFY_KEEPALIVED] = "keepalived",
};

static const char *const delivers[] = {
	[0] = "",
	[CONF_NOTIFY_ALL] = "all",
	[CONF_NOTIFY_CURRENT] = "current",
};

static const char *const befores[] = {
	[0] = "",
	[CONF_NOTIFY_BEFORE_DRAIN] = "drain",
};

#define HOST_WORDS (1u << CONF_NOTIFY_RELOAD | 1u << CONF_NOTIFY_LAST_WILL)

/* What keepalived's arguments have a word for. */
#define KEEPALIVED_WORDS                                                                           \
	(CONF_NOTIFY_STATES | 1u << CONF_NOTIFY_PRIORITY | 1u << CONF_NOTIFY_LOWER_ADVERT)

/* ---- the keys ---- */

static const struct conf_key on_keys[] = {
	{ .field = FIELD_OF_WORDS(struct conf_notify_on, word, "word", conf_notify_words),
	  .kind = &conf_choice,
	  .missing = "" },
	CONF_KEYS_END,
};

static const struct conf_schema on_schema = {
	.noun = "event",
	.nouns = "events",
	.size = sizeof(struct conf_notify_on),
	.keys = on_keys,
	.brief = "word",
	.only_brief = true,
};

static const struct conf_key notify_keys[] = {
	{ .field = FIELD(struct conf_notify, command, "command", 0),
	  .element = &conf_check_command_schema,
	  .apart = true,
	  .same = true },
	{ .field = FIELD(struct conf_notify, fifo, "fifo", FIELD_TEXT),
	  .kind = &conf_path,
	  .max = CONF_KEYS_SIZE - 1 },
	{ .field = FIELD(struct conf_notify, on, "on", 0),
	  .element = &on_schema,
	  .count = offsetof(struct conf_notify, on_n),
	  .min = 1,
	  .max = CONF_NOTIFY_WORDS },
	{ .field = FIELD_OF_WORDS(struct conf_notify, before, "before", befores),
	  .kind = &conf_choice },
	{ .field = FIELD_OF_WORDS(struct conf_notify, style, "style", styles),
	  .kind = &conf_choice },
	{ .field = FIELD_OF_WORDS(struct conf_notify, deliver, "deliver", delivers),
	  .kind = &conf_choice },
	{ .field = FIELD(struct conf_notify, user, "user", FIELD_TEXT),
	  .kind = &conf_word,
	  .min = 1,
	  .max = CONF_USER_SIZE - 1 },
	{ .field = FIELD(struct conf_notify, timeout_ns, "timeout", FIELD_DURATION),
	  .kind = &conf_duration,
	  .min = 100 * NS_PER_MS,
	  .max = 3600 * NS_PER_S,
	  .step = NS_PER_MS,
	  .preset = "\"10s\"" },
	{ .field = FIELD(struct conf_notify, retries, "retries", FIELD_UINT),
	  .kind = &conf_number,
	  .max = 100,
	  .preset = "5" },
	CONF_KEYS_END,
};

/* ---- one entry ---- */

/* Whether a word is one of ours: whoever has written another one has been told. */
static bool is_known(const struct conf_place *group, unsigned i, unsigned word)
{
	const config_setting_t *on = config_setting_get_member(group->setting, "on");
	const char *text;

	if (!on || !(config_setting_is_array(on) || config_setting_is_list(on)))
		return true;
	text = config_setting_get_string_elem(on, (int)i);
	return text && strcmp(text, conf_notify_words[word]) == 0;
}

static void collect_words(const struct conf_place *group, struct conf_notify *notify)
{
	const struct conf_place on = conf_place_of(group, "on");
	uint32_t bit;

	for (unsigned i = 0; i < notify->on_n; i++) {
		if (!is_known(group, i, notify->on[i].word))
			continue;
		bit = 1u << notify->on[i].word;
		if (notify->words & bit)
			conf_error_in(&on, "\"%s\" is there twice",
				      conf_notify_words[notify->on[i].word]);
		notify->words |= bit;
	}
	if (!notify->words)
		notify->words = CONF_NOTIFY_STATES;
}

static void check_keepalived(const struct conf_place *group, const struct conf_notify *notify)
{
	const struct conf_place on = conf_place_of(group, "on");

	for (unsigned i = 0; i < notify->on_n; i++)
		if (!(1u << notify->on[i].word & KEEPALIVED_WORDS))
			conf_error_in(&on,
				      "keepalived has no word for \"%s\": an entry of style "
				      "\"json\" can be told of it",
				      conf_notify_words[notify->on[i].word]);
}

static void check_fifo(const struct conf_place *group, const struct conf_notify *notify)
{
	const struct conf_place style = conf_place_of(group, "style");
	const struct conf_place fifo = conf_place_of(group, "fifo");
	const struct conf_place user = conf_place_of(group, "user");

	if (notify->style == CONF_NOTIFY_JSON)
		conf_error_in(&style, "a FIFO has keepalived's lines; vipctl events --follow "
				      "--json has the others");
	if (notify->user[0])
		conf_error_in(&user, "only a command has a user of its own");
	conf_claim(&fifo, "FIFO \"%s\"", notify->fifo);
}

static void refuse(const struct conf_place *group, const char *key, const char *why)
{
	const struct conf_place place = conf_place_of(group, key);

	conf_error_in(&place, "%s", why);
}

/* A hook is run once, while somebody waits for it: nothing is told later, or again. */
static void settle_hook(const struct conf_place *group, struct conf_notify *notify)
{
	if (notify->fifo[0])
		refuse(group, "before", "nobody can wait for a FIFO: only a command is a hook");
	if (notify->on_n)
		refuse(group, "on",
		       "a hook is run before something, and told of nothing else: write another "
		       "entry");
	if (notify->style == CONF_NOTIFY_KEEPALIVED)
		refuse(group, "style", "keepalived has no hooks: \"json\"");
	if (notify->deliver == CONF_NOTIFY_ALL)
		refuse(group, "deliver", "a hook is of no use later: \"current\"");
	if (!config_setting_get_member(group->setting, "retries"))
		notify->retries = 0;
	else if (notify->retries)
		refuse(group, "retries", "a hook is run once: 0");
	notify->words = 1u << CONF_NOTIFY_DRAIN;
	notify->deliver = CONF_NOTIFY_CURRENT;
}

static void check_one(const struct conf_place *group, void *base)
{
	struct conf_notify *notify = base;
	bool command = config_setting_get_member(group->setting, "command");
	bool fifo = config_setting_get_member(group->setting, "fifo");

	if (command == fifo)
		conf_error_in(group, command ? "command and fifo: one of both is told"
					     : "command is missing, or fifo");
	collect_words(group, notify);
	if (notify->before)
		settle_hook(group, notify);
	if (notify->fifo[0])
		check_fifo(group, notify);
	if (!notify->style)
		notify->style = fifo ? CONF_NOTIFY_KEEPALIVED : CONF_NOTIFY_JSON;
	if (notify->style == CONF_NOTIFY_KEEPALIVED && !notify->before)
		check_keepalived(group, notify);
	if (!notify->deliver)
		notify->deliver =
			notify->style == CONF_NOTIFY_JSON ? CONF_NOTIFY_ALL : CONF_NOTIFY_CURRENT;
}

const struct conf_schema conf_notify_schema = {
	.noun = "notify entry",
	.nouns = "notify entries",
	.size = sizeof(struct conf_notify),
	.keys = notify_keys,
	.check = check_one,
};

/* ---- all of them ---- */

/* What is done with each list. */
struct visit {
	void (*each)(struct visit *visit, const struct conf_place *place,
		     struct conf_notify *notify, const char *of, const char *name);
	const struct conf_place *file;
	const struct conf *conf;
	struct check_user ours;
	bool asked, known; /* whether there is a user */
	unsigned n;
	const struct conf_notify *list; /* that the entry is of */
	conf_notify_fn entry;
	void *arg;
};

static struct conf_place element_of(const struct conf_place *list, unsigned i)
{
	struct conf_place place = *list;

	place.above = list;
	place.setting = config_setting_get_elem(list->setting, i);
	place.element = i + 1;
	return place;
}

/* @owner: NULL when there is no file to point at. */
static void visit_list(struct visit *visit, const struct conf_place *owner, struct conf_notify *all,
		       unsigned n, const char *of, const char *name)
{
	struct conf_place list, place;

	if (n == 0)
		return;
	visit->list = all;
	if (owner)
		list = conf_place_of(owner, "notify");
	for (unsigned i = 0; i < n; i++) {
		if (owner)
			place = element_of(&list, i);
		visit->each(visit, owner ? &place : NULL, &all[i], of, name);
	}
}

static void visit_all(struct visit *visit, const struct conf *conf)
{
	struct conf_place routers, groups, place;

	visit_list(visit, visit->file, conf->notify, conf->notify_n, "host", "");
	if (visit->file) {
		routers = conf_place_of(visit->file, "routers");
		groups = conf_place_of(visit->file, "groups");
	}
	for (unsigned i = 0; i < conf->written_n; i++) {
		if (visit->file && conf->written[i].notify_n)
			place = element_of(&routers, i);
		visit_list(visit, visit->file ? &place : NULL, conf->written[i].notify,
			   conf->written[i].notify_n, "router", conf->written[i].name);
	}
	for (unsigned i = 0; i < conf->groups_n; i++) {
		if (visit->file && conf->groups[i].notify_n)
			place = element_of(&groups, i);
		visit_list(visit, visit->file ? &place : NULL, conf->groups[i].notify,
			   conf->groups[i].notify_n, "group", conf->groups[i].name);
	}
}

/* That there is none is an error already where it has a name, or checks need it (check.c). */
static bool find_user(struct visit *visit)
{
	bool by_default;
	const char *name = conf_user(visit->conf, &by_default);

	if (!visit->asked && (visit->conf->user[0] || visit->conf->checks_n))
		visit->known = check_user_find(name, &visit->ours) == 0;
	else if (!visit->asked)
		visit->known = conf_program_user(visit->file, visit->conf, &visit->ours);
	visit->asked = true;
	return visit->known;
}

static bool have_same_words(const struct check_word *one, unsigned n,
			    const struct check_word *other, unsigned other_n)
{
	for (unsigned i = 0; i < n && n == other_n; i++)
		if (strcmp(one[i].text, other[i].text) != 0)
			return false;
	return n == other_n;
}

static bool is_same_command(const struct check_command *one, const struct check_command *other)
{
	if (!one || !other)
		return one == other;
	return have_same_words(one->argv, one->argv_n, other->argv, other->argv_n) &&
	       have_same_words(one->env, one->env_n, other->env, other->env_n);
}

/* Whether somebody is told something by both. */
static bool is_twin(const struct conf_notify *one, const struct conf_notify *other)
{
	return (one->words & other->words) && one->before == other->before &&
	       strcmp(one->fifo, other->fifo) == 0 && strcmp(one->user, other->user) == 0 &&
	       is_same_command(one->command, other->command);
}

static void warn_of_twins(const struct visit *visit, const struct conf_place *place,
			  const struct conf_notify *notify)
{
	if (place->parse->errors->total)
		return; /* what had an error is not known */
	for (const struct conf_notify *it = visit->list; it < notify; it++)
		if (is_twin(it, notify)) {
			conf_warn_in(place, "tells the same events to the same as entry %u: twice",
				     (unsigned)(it - visit->list) + 1);
			return;
		}
}

/* The FIFO is made where it is missing, and no directory for it. */
static void judge_fifo(const struct conf_place *place, const char *path)
{
	const struct conf_place fifo = conf_place_of(place, "fifo");
	char above[CONF_KEYS_SIZE];
	struct stat status;

	if (!path[0] || !conf_program_is_within_reach(&fifo, path))
		return;
	snprintf(above, sizeof(above), "%s", path);
	*strrchr(above, '/') = '\0';
	if (lstat(path, &status) == 0 && !S_ISFIFO(status.st_mode))
		conf_error_in(&fifo, "%s is there, and is no FIFO", path);
	else if (above[0] && strcmp(above, RUN_DIR) != 0 && stat(above, &status) < 0)
		conf_warn_in(&fifo, "%s: %s: only the FIFO itself is made", above, strerror(errno));
}

static void judge(struct visit *visit, const struct conf_place *place, struct conf_notify *notify,
		  const char *of, const char *name)
{
	const struct conf_program program = { notify->command, notify->user };

	const struct conf_place on = conf_place_of(place, "on");

	(void)name;
	visit->n++;
	if (notify->words & HOST_WORDS && strcmp(of, "host") != 0)
		conf_error_in(&on, "reload and last_will are of no router: write them in notify "
				   "beside routers");
	warn_of_twins(visit, place, notify);
	if (!visit->file->parse->here)
		return;
	judge_fifo(place, notify->fifo);
	if (!notify->command)
		return;
	find_user(visit);
	conf_program_check(place, visit->conf, &program, visit->known ? &visit->ours : NULL);
}

static void check_state_dir(const struct conf_place *file, const struct conf *conf,
			    const struct check_user *user)
{
	const struct conf_place place = conf_place_of(file, "state_dir");
	int found = conf_state_dir_look(conf->state_dir, user->uid, user->gid);
	char above[CONF_STATE_DIR_SIZE];
	struct stat status;

	strcpy(above, conf->state_dir);
	*strrchr(above, '/') = '\0';
	if (found == -EACCES)
		conf_error_in(&place, "the user of the notifier cannot write in %s",
			      conf->state_dir);
	else if (found < 0)
		conf_error_in(&place, "%s: %s", conf->state_dir, strerror(-found));
	else if (found == CONF_HOME_MISSING && above[0] && stat(above, &status) < 0)
		conf_error_in(&place, "%s: %s: only the last step of the path is made", above,
			      strerror(errno));
}

void conf_notify_check_all(const struct conf_place *file, const struct conf *conf)
{
	struct visit visit = { .each = judge, .file = file, .conf = conf };

	visit_all(&visit, conf);
	if (visit.n > CONF_NOTIFY_ALL_MAX)
		conf_error_in(file,
			      "%u notify entries, %d at most: one of the file is told of all "
			      "routers",
			      visit.n, CONF_NOTIFY_ALL_MAX);
	if (conf->state_dir[0] && file->parse->here && geteuid() == 0 && find_user(&visit))
		check_state_dir(file, conf, &visit.ours);
}

static void hand_out(struct visit *visit, const struct conf_place *place,
		     struct conf_notify *notify, const char *of, const char *name)
{
	(void)place;
	visit->entry(visit->arg, notify, of, name);
}

void conf_notify_each(const struct conf *conf, conf_notify_fn entry, void *arg)
{
	struct visit visit = { .each = hand_out, .entry = entry, .arg = arg };

	visit_all(&visit, conf);
}
