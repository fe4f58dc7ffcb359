/* SPDX-License-Identifier: MIT */
#include "dry_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/conf/alike.h"
#include "agent/conf/conf.h"
#include "complain.h"
#include "dry_run_fates.h"
#include "dry_run_judge.h"
#include "dry_run_keys.h"
#include "dry_run_tracks.h"

#define NS_PER_S INT64_C(1000000000)

/* The comparison with the file, as far as it has come. */
struct comparison {
	const struct dry_run_running *running;
	const char *conf_path;
	const struct conf *conf; /* of the file; borrowed */
	const void *weighed;     /* the router or group whose tracks were compared last */
	struct dry_run_fates fates;
	unsigned changes_n;
	unsigned alike_n;          /* of them all hosts have to have */
	unsigned addresses_lost_n; /* that this host holds now, of routers that stay */
};

/* ---- what changes ---- */

/* Whether a group of these members is there under another name. */
static bool is_called_otherwise(const struct conf *conf, const struct conf_group *group)
{
	for (unsigned i = 0; i < conf->groups_n; i++)
		if (conf->groups[i].routers_n == group->routers_n &&
		    memcmp(conf->groups[i].routers, group->routers,
			   group->routers_n * sizeof(*group->routers)) == 0)
			return true;
	return false;
}

static bool is_in(const struct conf_group *group, const struct conf_router *router)
{
	for (unsigned i = 0; router && i < group->routers_n; i++)
		if (strcmp(group->routers[i].router, router->name) == 0)
			return true;
	return false;
}

/* Whether a member that comes or goes does so by its name alone. */
static bool is_member_renamed(const struct comparison *c, const struct conf_difference *d)
{
	const struct conf_group_member *member = d->item;
	const struct conf_router *router;

	if (!d->key || strcmp(d->key, "routers") != 0 || !member)
		return false;
	if (d->change == CONF_COMES)
		return is_in(d->old, dry_run_before(&c->fates, member->router));
	router = dry_run_find(c->running->conf, member->router);
	return router && is_in(d->new, dry_run_next(&c->fates, router));
}

static const char *alike_of_group(const struct comparison *c, const struct conf_difference *d)
{
	const struct conf_group *group = d->new ? d->new : d->old;

	if (d->old && d->new)
		return is_member_renamed(c, d) ? NULL : conf_alike_text(d);
	if (group->routers_n < 2 || is_called_otherwise(d->new ? c->running->conf : c->conf, group))
		return NULL;
	return CONF_ALIKE_MEMBERS;
}

/* What follows as long as the other hosts do not have it, too; NULL: nothing. */
static const char *alike_text(const struct comparison *c, const struct conf_difference *d)
{
	return d->noun && strcmp(d->noun, "group") == 0 ? alike_of_group(c, d) : conf_alike_text(d);
}

/* One line. */
__attribute__((format(printf, 3, 4))) static void change(struct comparison *c,
							 const struct conf_difference *d,
							 const char *format, ...)
{
	const char *alike = alike_text(c, d);
	va_list args;

	c->changes_n++;
	c->alike_n += alike != NULL;
	if (d->name)
		printf("%s %s: ", d->noun, d->name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("%s%s\n", alike ? "; " : "", alike ? alike : "");
}

static bool is_named_active(const struct comparison *c, const char *name)
{
	return dry_run_is_active(&c->fates, name);
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
	bool moves = is_moved(c, d);
	char hooks[HOOKS_SIZE] = "";

	if (moves)
		dry_run_set_fate(&c->fates, ((const struct conf_router *)d->old)->name,
				 DRY_RUN_MOVES);
	if (risk)
		dry_run_set_fate(&c->fates, ((const struct conf_router *)d->old)->name,
				 DRY_RUN_YIELDS);
	change(c, d, "%s %s -> %s%s%s", d->key, d->old_text, d->new_text,
	       risk    ? "; it is active here, and yields if another host has a higher one"
	       : moves ? "; it is active here: its addresses are away for a moment"
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

/* Of the router, or of all of the group. */
static void set_fates(struct comparison *c, const struct conf_difference *d, enum dry_run_fate fate)
{
	const struct conf_group *group = d->old;

	if (strcmp(d->noun, "group") != 0)
		dry_run_set_fate(&c->fates, ((const struct conf_router *)d->old)->name, fate);
	for (unsigned i = 0; strcmp(d->noun, "group") == 0 && i < group->routers_n; i++)
		dry_run_set_fate(&c->fates, group->routers[i].router, fate);
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
		set_fates(c, d, DRY_RUN_LOST);
		change(c, d, "%s %s %s; it is active here, and %s %s is %s, which is a fault",
		       d->element, goes ? d->old_text : d->new_text, goes ? "goes" : "comes",
		       fault->check[0] ? "check" : "interface",
		       fault->check[0] ? fault->check : fault->interface,
		       fault->reverse ? "up" : "down");
	} else if (judges && less > 0) {
		set_fates(c, d, DRY_RUN_YIELDS);
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

/* Nobody whose fate it shares goes on: then it waits for commands, as may_leave() of the router
 * process has it. */
static bool leaves_alone(const struct comparison *c, const struct conf_router *router)
{
	for (unsigned i = 0; router->team && i < router->team->routers_n; i++) {
		const struct conf_router *mate =
			dry_run_find(c->running->conf, router->team->routers[i].router);

		if (mate && dry_run_next(&c->fates, mate))
			return false;
	}
	return true;
}

/* A router that nobody continues: when it is Active here, the others must take over. */
static void withdraw(struct comparison *c, const struct conf_difference *d, const char *why)
{
	const struct conf_router *router = d->old;
	bool active = is_active(c, d);
	char hooks[HOOKS_SIZE] = "";

	if (active) {
		dry_run_set_fate(&c->fates, router->name, DRY_RUN_LOST);
		if (leaves_alone(c, router))
			hooks_text(c->running->conf, router, hooks);
	}
	change(c, d, "%s%s%s", why,
	       active ? "; it is active here: its addresses go and priority 0 is sent" : "", hooks);
}

/* Another one goes on with its state, whatever either is called. */
static void pass_on(struct comparison *c, const struct conf_difference *d)
{
	if (dry_run_find(c->running->conf, d->new_text))
		change(c, d, "router %s has its interface, VRID and family, and goes on as it is",
		       d->new_text);
	else
		change(c, d, "is called %s, and goes on as it is", d->new_text);
}

static void end(struct comparison *c, const struct conf_difference *d, const char *why)
{
	if (strcmp(d->noun, "router") == 0)
		withdraw(c, d, why);
	else
		change(c, d, "%s", why);
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
		end(c, d, "is gone");
		break;
	case CONF_RESTART:
		end(c, d, "gets another interface, VRID or family, and so starts anew");
		break;
	case CONF_RENAMED:
		pass_on(c, d);
		break;
	}
}

static const char *plural(unsigned n, const char *many)
{
	return n == 1 ? "" : many;
}

/* ---- the sum ---- */

/* What follows whatever the other hosts do, then what depends on them. */
static void print_sum(const struct comparison *c)
{
	unsigned lost_n = dry_run_fates_count(&c->fates, DRY_RUN_LOST);
	unsigned yielding_n = dry_run_fates_count(&c->fates, DRY_RUN_YIELDS);
	unsigned moving_n = dry_run_fates_count(&c->fates, DRY_RUN_MOVES);
	bool lost = lost_n || c->addresses_lost_n;

	if (c->changes_n == 0) {
		printf("%s: nothing changes\n", c->conf_path);
		return;
	}
	printf("%s: %u change%s; this host ", c->conf_path, c->changes_n,
	       plural(c->changes_n, "s"));
	if (lost)
		printf("GIVES UP %u active router%s and %u address%s", lost_n, plural(lost_n, "s"),
		       c->addresses_lost_n, plural(c->addresses_lost_n, "es"));
	else if (!yielding_n && !moving_n)
		fputs("gives nothing up", stdout);
	if (yielding_n)
		printf("%sMAY YIELD %u active router%s to a host of a higher priority",
		       lost ? ", and " : "", yielding_n, plural(yielding_n, "s"));
	if (moving_n)
		printf("%sMOVES the addresses of %u active router%s, which nobody has meanwhile: "
		       "vipctl drain first",
		       lost || yielding_n ? ", and " : "", moving_n, plural(moving_n, "s"));
	if (c->alike_n)
		printf("; %u change%s TO BE MADE ON ALL HOSTS", c->alike_n,
		       c->alike_n == 1 ? " HAS" : "s HAVE");
	putchar('\n');
}

/* A reload that is refused changes nothing. */
static int print_refusal(const struct comparison *c, const char *why)
{
	printf("%s: %u change%s; the reload is REFUSED: %s\n", c->conf_path, c->changes_n,
	       plural(c->changes_n, "s"), why);
	return EXIT_FAILURE;
}

/* Return: an exit status. */
static int compare(struct comparison *c)
{
	char why[DRY_RUN_WHY_SIZE];
	int err = conf_diff_lives(c->running->conf, c->conf, print_difference, c);
	struct dry_run_keys keys;
	bool fits;

	fits = dry_run_keys_fit(c->running->conf, c->conf, why);
	if (fits) {
		keys = dry_run_keys_compare(&c->fates);
		c->changes_n += keys.changes_n;
		c->alike_n += keys.alike_n;
	}
	if (err == 0)
		err = dry_run_judge(&c->fates);
	if (err < 0)
		return complain(NULL, "out of memory");
	if (!fits)
		return print_refusal(c, why);
	print_sum(c);
	return EXIT_SUCCESS;
}

/* Return: an exit status. */
static int load_and_compare(const struct dry_run_running *running)
{
	struct comparison c = { .running = running, .conf_path = running->conf_path };
	struct conf_errors errors;
	struct conf *conf;
	int status;

	if (c.conf_path[0] == '\0')
		return complain(NULL, "the path of vipd's configuration is too long");
	if (conf_load_like(c.conf_path, running->conf->node, &conf, &errors) < 0) {
		conf_errors_print(&errors, stderr);
		return EX_CONFIG;
	}
	c.conf = conf;
	if (dry_run_fates_init(running, conf, &c.fates) < 0)
		status = complain(NULL, "out of memory");
	else
		status = compare(&c);
	dry_run_fates_fini(&c.fates);
	conf_free(conf);
	return status;
}

int dry_run(int socket_fd)
{
	struct dry_run_running running;
	int status = dry_run_ask(socket_fd, &running);

	if (status == EXIT_SUCCESS)
		status = load_and_compare(&running);
	dry_run_running_free(&running);
	return status;
}
