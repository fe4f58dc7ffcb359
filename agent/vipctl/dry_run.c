/* SPDX-License-Identifier: MIT */
#include "dry_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/conf/conf.h"
#include "client.h"
#include "complain.h"
#include "dry_run_interfaces.h"
#include "dry_run_tracks.h"

#define NS_PER_S INT64_C(1000000000)

/* Of routers; in order once all are there. */
struct names {
	unsigned n, max;
	char (*all)[CONF_NAME_SIZE]; /* owned */
};

/* What runs: its configuration, and what its routers are here. */
struct running {
	char conf_path[4096]; /* of its file */
	int conf_fd;          /* owned; -1: none */
	struct conf *conf;    /* owned */
	struct names active;
	struct names faulty; /* for a reason that is not another member's */
	struct dry_run_facts facts;
};

/* The comparison with the file, as far as it has come. */
struct comparison {
	const struct running *running;
	const char *conf_path;
	const struct conf *conf; /* of the file; borrowed */
	const void *weighed;     /* the router or group whose tracks were compared last */
	unsigned changes_n;
	unsigned lost_n, addresses_lost_n; /* what this host holds now */
	unsigned yielding_n; /* Active here, with a lower priority: others decide who takes over */
};

/* ---- what runs ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static const char *add_name(struct names *names, const char *name)
{
	unsigned max = names->max ? names->max * 2 : 64;

	if (names->n == names->max) {
		void *grown = realloc(names->all, max * sizeof(*names->all));

		if (!grown)
			return "there is not enough memory for it";
		names->all = grown;
		names->max = max;
	}
	snprintf(names->all[names->n++], CONF_NAME_SIZE, "%s", name);
	return NULL;
}

static void sort_names(struct names *names)
{
	if (names->n)
		qsort(names->all, names->n, sizeof(*names->all), compare_names);
}

static bool has_name(const struct names *names, const char *name)
{
	return names->n && bsearch(name, names->all, names->n, sizeof(*names->all), compare_names);
}

static void take_path(struct running *running, const struct records_table *table,
		      const void *record)
{
	const struct field *field = fields_find(table->fields, "path");

	if (field && field->type == FIELD_TEXT && field->size < sizeof(running->conf_path))
		memcpy(running->conf_path, (const char *)record + field->offset, field->size);
}

static const char *take_router(struct running *running, const struct records_table *table,
			       const void *record)
{
	char state[FIELDS_TEXT_SIZE], code[FIELDS_TEXT_SIZE], name[FIELDS_TEXT_SIZE];

	client_text(table, record, "state", state);
	client_text(table, record, "reason_code", code);
	client_text(table, record, "name", name);
	if (strcmp(state, "active") == 0)
		return add_name(&running->active, name);
	if (strcmp(state, "fault") == 0 && strncmp(code, "member", strlen("member")) != 0)
		return add_name(&running->faulty, name);
	return NULL;
}

static const char *take_record(const struct records_table *table, const void *record, void *arg)
{
	struct running *running = arg;

	if (strcmp(table->name, "configuration") == 0)
		take_path(running, table, record);
	if (strcmp(table->name, "check") == 0)
		return dry_run_take_check(&running->facts, table, record);
	if (strcmp(table->name, "router") == 0)
		return take_router(running, table, record);
	return NULL;
}

static int load_running(struct running *running)
{
	struct conf_errors errors;
	char path[32];

	if (running->conf_fd < 0)
		return complain(NULL, "vipd sent no configuration");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", running->conf_fd);
	if (conf_load(path, &running->conf, &errors) == 0)
		return EXIT_SUCCESS;
	conf_errors_print(&errors, stderr);
	return complain(NULL,
			"the configuration that runs is of another version of vipd: use the vipctl "
			"that came with it");
}

/* Return: an exit status, as client_ask(). */
static int ask(int socket_fd, struct running *running)
{
	const struct client_question question = { .command = "configuration",
						  .each = take_record,
						  .arg = running,
						  .ret_fd = &running->conf_fd };
	int status = client_ask(socket_fd, &question);

	if (status != EXIT_SUCCESS)
		return status;
	sort_names(&running->active);
	sort_names(&running->faulty);
	dry_run_sort(&running->facts);
	return load_running(running);
}

/* ---- what changes ---- */

/* One line. */
__attribute__((format(printf, 3, 4))) static void change(struct comparison *c,
							 const struct conf_difference *d,
							 const char *format, ...)
{
	va_list args;

	c->changes_n++;
	if (d->name)
		printf("%s %s: ", d->noun, d->name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static bool is_named_active(const struct comparison *c, const char *name)
{
	return has_name(&c->running->active, name);
}

/* A check, or a group, may have the name of a router. */
static bool is_active(const struct comparison *c, const struct conf_difference *d)
{
	const struct conf_router *router = d->old;

	return router && d->noun && strcmp(d->noun, "router") == 0 &&
	       is_named_active(c, router->name);
}

/* How many of a group's routers are. */
static unsigned active_of(const struct comparison *c, const struct conf_group *group)
{
	unsigned n = 0;

	for (unsigned i = 0; i < group->routers_n; i++)
		n += is_named_active(c, group->routers[i].router);
	return n;
}

/* Another host may have a higher priority than the new one. */
static bool is_risk(const struct comparison *c, const struct conf_difference *d)
{
	const struct conf_router *old = d->old, *new = d->new;

	return is_active(c, d) && strcmp(d->key, "priority") == 0 &&
	       new->vrrp.priority < old->vrrp.priority;
}

/* The addresses go from one interface to another; of several keys one says it. */
static bool is_moved(const struct comparison *c, const struct conf_difference *d)
{
	static const char *const keys[] = { "mac.type", "mac.name", "mac.address" };

	if (!is_active(c, d) || strcmp(d->old_text, "-") == 0 || strcmp(d->new_text, "-") == 0)
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(d->key, keys[i]) == 0)
			return true;
	return false;
}

#define HOOKS_SIZE 80

/* What runs before one that is Active here leaves, as a part of a sentence.
 * @buf: HOOKS_SIZE bytes. */
static const char *hooks_text(const struct conf *conf, const struct conf_router *router, char *buf)
{
	int64_t ns = conf_hooks_ns(conf, router);

	buf[0] = '\0';
	if (ns)
		snprintf(buf, HOOKS_SIZE, ", when the commands before that have ended, within %g s",
			 (double)ns / NS_PER_S);
	return buf;
}

static void change_key(struct comparison *c, const struct conf_difference *d)
{
	bool risk = is_risk(c, d);
	char hooks[HOOKS_SIZE] = "";

	c->yielding_n += risk;
	change(c, d, "%s %s -> %s%s%s", d->key, d->old_text, d->new_text,
	       risk             ? "; it is active here, and yields if another host has a higher one"
	       : is_moved(c, d) ? "; it is active here: its addresses are away for a moment"
				: "",
	       risk ? hooks_text(c->conf, d->new, hooks) : "");
}

/* Peers and durations are elements of lists, too. */
static bool is_address(const struct conf_difference *d)
{
	return strcmp(d->key, "addresses") == 0 || strcmp(d->key, "extra_addresses") == 0;
}

/* ---- what is tracked ---- */

static struct dry_run_tracks tracks_of(const struct conf_difference *d, const void *of,
				       const struct conf *conf)
{
	const struct conf_router *router = of;
	const struct conf_group *group = of;

	if (strcmp(d->noun, "group") == 0)
		return (struct dry_run_tracks){ conf, group->tracks, group->tracks_n };
	return (struct dry_run_tracks){ conf, router->tracks, router->tracks_n };
}

/* All that a router or a group tracks is judged at once, with the first line about it. */
static void change_track(struct comparison *c, const struct conf_difference *d)
{
	const struct dry_run_facts *facts = &c->running->facts;
	const struct dry_run_tracks old = tracks_of(d, d->old, c->running->conf);
	const struct dry_run_tracks new = tracks_of(d, d->new, c->conf);
	unsigned active_n = strcmp(d->noun, "group") == 0 ? active_of(c, d->old) : is_active(c, d);
	const struct conf_track *fault = dry_run_fault(facts, &new);
	long less = dry_run_weights(facts, &old) - dry_run_weights(facts, &new);
	bool goes = d->change == CONF_GOES, judges = active_n && c->weighed != d->old;

	c->weighed = d->old;
	if (judges && fault && !dry_run_fault(facts, &old)) {
		c->lost_n += active_n;
		change(c, d, "%s %s %s; it is active here, and %s %s is %s, which is a fault",
		       d->element, goes ? d->old_text : d->new_text, goes ? "goes" : "comes",
		       fault->check[0] ? "check" : "interface",
		       fault->check[0] ? fault->check : fault->interface,
		       fault->reverse ? "up" : "down");
	} else if (judges && less > 0) {
		c->yielding_n += active_n;
		change(c, d,
		       "%s %s %s; all that it tracks gives it %ld less: it is active here, and "
		       "yields if another host has a higher priority",
		       d->element, goes ? d->old_text : d->new_text, goes ? "goes" : "comes", less);
	} else {
		change(c, d, "%s %s %s", d->element, goes ? d->old_text : d->new_text,
		       goes ? "goes" : "comes");
	}
}

static bool is_tracked(const struct conf_track *tracks, unsigned n, const char *check)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(tracks[i].check, check) == 0)
			return true;
	return false;
}

/* Whether a router that is Active here tracks a check, or its group does. */
static bool matters(const struct comparison *c, const char *check)
{
	const struct conf *conf = c->conf;

	for (unsigned i = 0; i < conf->written_n; i++)
		if (is_named_active(c, conf->written[i].name) &&
		    is_tracked(conf->written[i].tracks, conf->written[i].tracks_n, check))
			return true;
	for (unsigned i = 0; i < conf->groups_n; i++)
		if (active_of(c, &conf->groups[i]) &&
		    is_tracked(conf->groups[i].tracks, conf->groups[i].tracks_n, check))
			return true;
	return false;
}

static void change_new(struct comparison *c, const struct conf_difference *d)
{
	bool unknown = strcmp(d->noun, "check") == 0 && matters(c, d->name);

	change(c, d, "is new%s",
	       unknown ? ": until it answers, who is active here takes it for well" : "");
}

static void change_element(struct comparison *c, const struct conf_difference *d)
{
	bool goes = d->change == CONF_GOES;

	c->addresses_lost_n += goes && is_address(d) && is_active(c, d);
	change(c, d, "%s %s %s%s", d->element, goes ? d->old_text : d->new_text,
	       goes ? "goes" : "comes",
	       strcmp(d->key, "extra_addresses") == 0 ? " (not advertised)" : "");
}

/* A router that nobody continues: when it is Active here, the others must take over. */
static void withdraw(struct comparison *c, const struct conf_difference *d, const char *why)
{
	bool active = is_active(c, d);
	char hooks[HOOKS_SIZE];

	c->lost_n += active;
	change(c, d, "%s%s%s", why,
	       active ? "; it is active here: its addresses go and priority 0 is sent" : "",
	       active ? hooks_text(c->running->conf, d->old, hooks) : "");
}

static void print_difference(const struct conf_difference *d, void *arg)
{
	struct comparison *c = arg;

	switch (d->change) {
	case CONF_KEY:
		change_key(c, d);
		break;
	case CONF_COMES:
	case CONF_GOES:
		if (d->noun && strcmp(d->key, "track") == 0)
			change_track(c, d);
		else
			change_element(c, d);
		break;
	case CONF_ORDER:
		change(c, d, "%s in another order", d->key);
		break;
	case CONF_NEW:
		change_new(c, d);
		break;
	case CONF_GONE:
		withdraw(c, d, "is gone");
		break;
	case CONF_RESTART:
		withdraw(c, d, "gets another interface, VRID or family, and so starts anew");
		break;
	}
}

/* ---- what has one fate ---- */

static const struct conf_router *find_router(const struct conf *conf, const char *name)
{
	for (unsigned i = 0; i < conf->written_n; i++)
		if (strcmp(conf->written[i].name, name) == 0)
			return &conf->written[i];
	return NULL;
}

/* Whether the router goes on with the interface that it has. */
static bool goes_on(const struct conf_router *old, const struct conf_router *new)
{
	return old && strcmp(old->interface, new->interface) == 0;
}

/*
 * Why a router will be in fault, by what vipd says of it, or if it begins by its interface.
 *
 * Return: "" when nothing is known of that.
 */
static const char *fault_of(const struct comparison *c, const struct conf_router *new)
{
	if (goes_on(find_router(c->running->conf, new->name), new))
		return has_name(&c->running->faulty, new->name) ? "it is in fault" : "";
	return c->running->facts.sees_interfaces
		       ? dry_run_interface_fault(new->interface, new->link.required)
		       : "";
}

/* A fault of one is one of all: of those that are Active now, who gets such a mate? */
static void judge_group(struct comparison *c, const struct conf_group *group)
{
	unsigned active_n = active_of(c, group);

	for (unsigned i = 0; active_n && i < group->routers_n; i++) {
		const struct conf_router *router = find_router(c->conf, group->routers[i].router);
		const char *fault = router ? fault_of(c, router) : "";

		if (!fault[0] || is_named_active(c, router->name))
			continue;
		c->lost_n += active_n;
		printf("group %s: router %s is in it: %s, which is a fault of all, and %u of them "
		       "%s active here\n",
		       group->name, router->name, fault, active_n, active_n == 1 ? "is" : "are");
		return;
	}
}

static const char *plural(unsigned n, const char *many)
{
	return n == 1 ? "" : many;
}

/* What follows whatever the other hosts do, then what depends on them. */
static void print_sum(const struct comparison *c)
{
	bool lost = c->lost_n || c->addresses_lost_n;

	if (c->changes_n == 0) {
		printf("%s: nothing changes\n", c->conf_path);
		return;
	}
	printf("%s: %u change%s; this host ", c->conf_path, c->changes_n,
	       plural(c->changes_n, "s"));
	if (lost)
		printf("GIVES UP %u active router%s and %u address%s", c->lost_n,
		       plural(c->lost_n, "s"), c->addresses_lost_n,
		       plural(c->addresses_lost_n, "es"));
	else if (!c->yielding_n)
		fputs("gives nothing up", stdout);
	if (c->yielding_n)
		printf("%sMAY YIELD %u active router%s to a host of a higher priority",
		       lost ? ", and " : "", c->yielding_n, plural(c->yielding_n, "s"));
	putchar('\n');
}

/* Return: an exit status. */
static int compare(const struct running *running)
{
	struct comparison c = { .running = running, .conf_path = running->conf_path };
	struct conf_errors errors;
	struct conf *conf;
	int err;

	if (c.conf_path[0] == '\0')
		return complain(NULL, "the path of vipd's configuration is too long");
	if (conf_load_like(c.conf_path, running->conf->node, &conf, &errors) < 0) {
		conf_errors_print(&errors, stderr);
		return EX_CONFIG;
	}
	c.conf = conf;
	err = conf_diff(running->conf, conf, print_difference, &c);
	for (unsigned i = 0; err == 0 && i < conf->groups_n; i++)
		judge_group(&c, &conf->groups[i]);
	conf_free(conf);
	if (err < 0)
		return complain(NULL, "out of memory");
	print_sum(&c);
	return EXIT_SUCCESS;
}

int dry_run(int socket_fd)
{
	struct running running = { .conf_fd = -1,
				   .facts.sees_interfaces = dry_run_is_here(socket_fd) };
	int status = ask(socket_fd, &running);

	if (status == EXIT_SUCCESS)
		status = compare(&running);
	if (running.conf_fd >= 0)
		close(running.conf_fd);
	conf_free(running.conf);
	free(running.active.all);
	free(running.faulty.all);
	dry_run_facts_free(&running.facts);
	return status;
}
