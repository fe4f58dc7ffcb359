/* SPDX-License-Identifier: MIT */
#include "dry_run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "agent/conf/schema.h"
#include "agent/conf/value.h"
#include "client.h"

#define NS_PER_MS INT64_C(1000000)

/* What runs: its configuration, and which of its routers are Active here. */
struct running {
	struct control_head head;
	struct conf *conf; /* owned */
	bool *active;      /* owned; per router of it */
};

/* The comparison with the file, as far as it has come. */
struct comparison {
	const struct running *running;
	const char *conf_path;
	unsigned changes_n;
	unsigned lost_n, addresses_lost_n; /* what this host holds now */
};

static void *need(void *memory)
{
	if (memory)
		return memory;
	fputs("vipctl: out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

/* ---- what runs ---- */

static void begin_conf(struct running *running)
{
	const struct control_head *head = &running->head;
	struct conf *conf = need(calloc(1, sizeof(*conf)));

	strcpy(conf->node, head->node);
	strcpy(conf->control, head->control);
	conf->realtime = head->realtime;
	conf->routers = need(
		conf_alloc(&conf->blocks, NULL, 0, head->routers_n + 1, sizeof(*conf->routers)));
	running->active = need(calloc(head->routers_n + 1, sizeof(*running->active)));
	running->conf = conf;
}

static void keep_router(const struct control_router *message, void *arg)
{
	struct running *running = arg;
	struct conf_router *router;
	struct conf *conf;

	if (!running->conf)
		begin_conf(running);
	conf = running->conf;
	running->active[conf->routers_n] = message->state == VRRP_STATE_ACTIVE;
	router = &conf->routers[conf->routers_n++];
	strcpy(router->name, message->name);
	strcpy(router->interface, message->interface);
	router->vrrp = message->config;
	router->lease = message->lease;
	router->accept = true;
	router->addresses = need(conf_alloc(&conf->blocks, NULL, 0, message->addresses_n,
					    sizeof(*router->addresses)));
	for (unsigned i = 0; i < message->addresses_n; i++) {
		router->addresses[i] = message->addresses[i].address;
		router->addresses_n += message->addresses[i].advertised;
	}
	router->extra_n = message->addresses_n - router->addresses_n;
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

static bool is_active(const struct comparison *c, const struct conf_difference *d)
{
	const struct running *running = c->running;

	return d->old &&
	       running->active[(const struct conf_router *)d->old - running->conf->routers];
}

static int64_t milliseconds(const char *duration)
{
	int64_t ns = 0;

	(void)conf_duration_parse(duration, &ns);
	return ns / NS_PER_MS;
}

/* Another host may have a higher priority than the new one. */
static bool is_risk(const struct comparison *c, const struct conf_difference *d)
{
	const struct conf_router *old = d->old, *new = d->new;

	return is_active(c, d) && strcmp(d->key, "priority") == 0 &&
	       new->vrrp.priority < old->vrrp.priority;
}

static void change_key(struct comparison *c, const struct conf_difference *d)
{
	if (d->is_duration)
		change(c, d, "%s in ms %jd -> %jd", d->key, (intmax_t)milliseconds(d->old_text),
		       (intmax_t)milliseconds(d->new_text));
	else
		change(c, d, "%s %s -> %s%s", d->key, d->old_text, d->new_text,
		       is_risk(c, d) ? "; it is active here: a host of a higher one takes over"
				     : "");
}

static void change_element(struct comparison *c, const struct conf_difference *d)
{
	bool goes = d->change == CONF_GOES;

	c->addresses_lost_n += goes && is_active(c, d);
	change(c, d, "%s %s %s%s", d->element, goes ? d->old_text : d->new_text,
	       goes ? "goes" : "comes",
	       strcmp(d->key, "extra_addresses") == 0 ? " (not advertised)" : "");
}

/* A router that nobody continues: when it is Active here, the others must take over. */
static void withdraw(struct comparison *c, const struct conf_difference *d, const char *why)
{
	bool active = is_active(c, d);

	c->lost_n += active;
	change(c, d, "%s%s", why,
	       active ? "; it is active here: its addresses go and priority 0 is sent" : "");
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
		change_element(c, d);
		break;
	case CONF_ORDER:
		change(c, d, "%s in another order", d->key);
		break;
	case CONF_NEW:
		change(c, d, "is new");
		break;
	case CONF_GONE:
		withdraw(c, d, "is gone");
		break;
	case CONF_RESTART:
		withdraw(c, d, "gets another interface or VRID, and so starts anew");
		break;
	}
}

static void print_sum(const struct comparison *c)
{
	const char *s = c->changes_n == 1 ? "" : "s";

	if (c->changes_n == 0)
		printf("%s: nothing changes\n", c->conf_path);
	else if (c->lost_n == 0 && c->addresses_lost_n == 0)
		printf("%s: %u change%s; this host gives nothing up\n", c->conf_path, c->changes_n,
		       s);
	else
		printf("%s: %u change%s; this host GIVES UP %u active router%s and %u address%s\n",
		       c->conf_path, c->changes_n, s, c->lost_n, c->lost_n == 1 ? "" : "s",
		       c->addresses_lost_n, c->addresses_lost_n == 1 ? "" : "es");
}

/* Return: an exit status. */
static int compare(const struct running *running)
{
	struct comparison c = { .running = running, .conf_path = running->head.conf_path };
	struct conf_errors errors;
	struct conf *conf;

	if (c.conf_path[0] == '\0') {
		fputs("vipctl: the path of vipd's configuration is too long\n", stderr);
		return EXIT_FAILURE;
	}
	if (conf_load_like(c.conf_path, running->head.node, &conf, &errors) < 0) {
		conf_errors_print(&errors, stderr);
		return EX_CONFIG;
	}
	if (conf_diff(running->conf, conf, print_difference, &c) < 0)
		need(NULL);
	conf_free(conf);
	print_sum(&c);
	return EXIT_SUCCESS;
}

int dry_run(int socket_fd)
{
	struct running running = { 0 };
	int err = client_routers(socket_fd, &running.head, keep_router, &running);
	int status = EXIT_FAILURE;

	if (err == 0 && !running.conf)
		err = -EPROTO; /* there is no vipd without routers */
	if (err == 0)
		status = compare(&running);
	else if (err == -EPIPE && !running.head.magic)
		status = EX_TEMPFAIL;
	else
		client_print_error(err);
	conf_free(running.conf);
	free(running.active);
	return status;
}
