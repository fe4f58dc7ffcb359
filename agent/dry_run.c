/* SPDX-License-Identifier: MIT */
#include "dry_run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "conf_value.h"
#include "talk.h"

/* The running routers, as they come, against the new ones. */
struct comparison {
	struct conf *conf; /* of the file; owned */
	char conf_path[CTL_PATH_SIZE];
	unsigned routers_n;
	struct ctl_router **routers; /* copies; owned */
	unsigned changes_n, lost_n;
};

static void keep_router(const struct ctl_router *router, void *arg)
{
	struct comparison *c = arg;
	size_t size = offsetof(struct ctl_router, addresses) +
		      router->addresses_n * sizeof(router->addresses[0]);
	struct ctl_router *copy = malloc(size);
	struct ctl_router **routers;

	routers = realloc(c->routers, (c->routers_n + 1) * sizeof(struct ctl_router *));
	if (!copy || !routers) {
		fputs("vipctl: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	memcpy(copy, router, size);
	c->routers = routers;
	c->routers[c->routers_n++] = copy;
}

__attribute__((format(printf, 3, 4))) static void change(struct comparison *c, const char *name,
							 const char *format, ...)
{
	va_list args;

	c->changes_n++;
	printf("router %s: ", name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void compare_number(struct comparison *c, const char *name, const char *key, int64_t old,
			   int64_t new)
{
	if (old != new)
		change(c, name, "%s %jd -> %jd", key, (intmax_t)old, (intmax_t) new);
}

static void compare_settings(struct comparison *c, const struct ctl_router *old,
			     const struct conf_router *new)
{
	const struct vrrp_config *a = &old->config, *b = &new->vrrp;
	const char *name = old->name;

	compare_number(c, name, "priority", a->priority, b->priority);
	compare_number(c, name, "interval in ms", a->interval_cs * 10, b->interval_cs * 10);
	compare_number(c, name, "preempt", a->preempt, b->preempt);
	compare_number(c, name, "preempt_delay in ms", a->preempt_delay_ns / 1000000,
		       b->preempt_delay_ns / 1000000);
	compare_number(c, name, "start_delay in ms", a->start_delay_ns / 1000000,
		       b->start_delay_ns / 1000000);
	if (a->checksum != b->checksum)
		change(c, name, "checksum is the other one");
	if (old->lease != new->lease)
		change(c, name, "lease is another one");
}

static bool new_has(const struct conf_router *new, const struct ctl_address *address)
{
	unsigned n = new->addresses_n + new->extra_n;

	for (unsigned i = 0; i < n; i++)
		if (memcmp(&new->addresses[i], &address->address, sizeof(new->addresses[i])) == 0 &&
		    (i < new->addresses_n) == address->advertised)
			return true;
	return false;
}

static bool old_has(const struct ctl_router *old, const struct conf_address *address,
		    bool advertised)
{
	for (unsigned i = 0; i < old->addresses_n; i++)
		if (memcmp(&old->addresses[i].address, address, sizeof(*address)) == 0 &&
		    old->addresses[i].advertised == advertised)
			return true;
	return false;
}

static void compare_addresses(struct comparison *c, const struct ctl_router *old,
			      const struct conf_router *new)
{
	unsigned n = new->addresses_n + new->extra_n;
	char text[CONF_ADDRESS_TEXT_SIZE];

	for (unsigned i = 0; i < old->addresses_n; i++)
		if (!new_has(new, &old->addresses[i]))
			change(c, old->name, "address %s goes%s",
			       conf_address_format(&old->addresses[i].address, text),
			       old->addresses[i].advertised ? "" : " (not advertised)");
	for (unsigned i = 0; i < n; i++)
		if (!old_has(old, &new->addresses[i], i < new->addresses_n))
			change(c, old->name, "address %s comes%s",
			       conf_address_format(&new->addresses[i], text),
			       i < new->addresses_n ? "" : " (not advertised)");
}

/* A router that nobody continues: when it is Active here, the others must take over. */
static void withdraw(struct comparison *c, const struct ctl_router *old, const char *why)
{
	bool active = old->state == VRRP_STATE_ACTIVE;

	c->lost_n += active;
	change(c, old->name, "%s%s", why,
	       active ? "; it is active here: its addresses go and priority 0 is sent" : "");
}

static const struct conf_router *find_new(const struct conf *conf, const char *name)
{
	for (unsigned i = 0; i < conf->routers_n; i++)
		if (strcmp(conf->routers[i].name, name) == 0)
			return &conf->routers[i];
	return NULL;
}

static void compare_router(struct comparison *c, const struct ctl_router *old)
{
	const struct conf_router *new = find_new(c->conf, old->name);

	if (!new) {
		withdraw(c, old, "is gone");
	} else if (strcmp(new->interface, old->interface) != 0 ||
		   new->vrrp.vrid != old->config.vrid) {
		withdraw(c, old, "gets another interface or VRID, and so starts anew");
	} else {
		compare_settings(c, old, new);
		compare_addresses(c, old, new);
	}
}

static bool is_running(const struct comparison *c, const char *name)
{
	for (unsigned i = 0; i < c->routers_n; i++)
		if (strcmp(c->routers[i]->name, name) == 0)
			return true;
	return false;
}

static void compare(struct comparison *c)
{
	for (unsigned i = 0; i < c->routers_n; i++)
		compare_router(c, c->routers[i]);
	for (unsigned i = 0; i < c->conf->routers_n; i++)
		if (!is_running(c, c->conf->routers[i].name))
			change(c, c->conf->routers[i].name, "is new");
	if (c->changes_n == 0)
		printf("%s: nothing changes\n", c->conf_path);
	else if (c->lost_n == 0)
		printf("%s: %u changes, nothing is lost\n", c->conf_path, c->changes_n);
	else
		printf("%s: %u changes, %u active routers are LOST to this host\n", c->conf_path,
		       c->changes_n, c->lost_n);
}

static int load(struct comparison *c)
{
	struct conf_errors errors;

	if (c->conf_path[0] == '\0') {
		fputs("vipctl: the path of vipd's configuration is too long\n", stderr);
		return EXIT_FAILURE;
	}
	if (conf_load(c->conf_path, &c->conf, &errors) == 0)
		return EXIT_SUCCESS;
	conf_errors_print(&errors, stderr);
	return EX_CONFIG;
}

int dry_run(int socket_fd)
{
	struct comparison c = { 0 };
	struct ctl_head head = { 0 };
	int err = talk_routers(socket_fd, &head, keep_router, &c);
	int status = EXIT_FAILURE;

	if (err == 0) {
		strcpy(c.conf_path, head.conf_path);
		status = load(&c);
	} else if (err == -EPIPE && !head.magic) {
		status = EX_TEMPFAIL;
	} else {
		talk_print_error(err);
	}
	if (status == EXIT_SUCCESS)
		compare(&c);
	for (unsigned i = 0; i < c.routers_n; i++)
		free(c.routers[i]);
	free(c.routers);
	conf_free(c.conf);
	return status;
}
