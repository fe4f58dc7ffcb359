/* SPDX-License-Identifier: MIT */
#include "dry_run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "agent/conf/value.h"
#include "client.h"

/* The running routers, as they come, against the new ones. */
struct comparison {
	struct conf *conf; /* of the file; owned */
	char conf_path[CONTROL_PATH_SIZE];
	unsigned routers_n;
	struct control_router **routers; /* copies; owned */
	unsigned changes_n;
	unsigned lost_n, addresses_lost_n; /* what this host holds now */
};

static void keep_router(const struct control_router *router, void *arg)
{
	struct comparison *c = arg;
	size_t size = offsetof(struct control_router, addresses) +
		      router->addresses_n * sizeof(router->addresses[0]);
	struct control_router *copy = malloc(size);
	struct control_router **routers;

	routers = realloc(c->routers, (c->routers_n + 1) * sizeof(struct control_router *));
	if (!copy || !routers) {
		fputs("vipctl: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	memcpy(copy, router, size);
	c->routers = routers;
	c->routers[c->routers_n++] = copy;
}

/* One line; @name: of a router, or NULL. */
__attribute__((format(printf, 3, 4))) static void change(struct comparison *c, const char *name,
							 const char *format, ...)
{
	va_list args;

	c->changes_n++;
	if (name)
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

static void compare_text(struct comparison *c, const char *name, const char *key, const char *old,
			 const char *new)
{
	if (strcmp(old, new) != 0)
		change(c, name, "%s %s -> %s", key, old, new);
}

static const char *yes_no(bool value)
{
	return value ? "true" : "false";
}

static const char *lease_word(unsigned lease)
{
	static const char *const words[] = { [CONF_LEASE_AVAILABLE] = "available",
					     [CONF_LEASE_SAFE] = "safe",
					     [CONF_LEASE_OFF] = "off" };

	return lease < sizeof(words) / sizeof(words[0]) ? words[lease] : "?";
}

static const char *checksum_word(enum vrrp_checksum checksum)
{
	return checksum == VRRP_CHECKSUM_RFC9568 ? "rfc9568" : "rfc5798";
}

static void compare_globals(struct comparison *c, const struct control_head *head)
{
	compare_text(c, NULL, "node", head->node, c->conf->node);
	compare_text(c, NULL, "control", head->control, c->conf->control);
	compare_text(c, NULL, "realtime", yes_no(head->realtime), yes_no(c->conf->realtime));
}

static void compare_priority(struct comparison *c, const struct control_router *old,
			     unsigned priority)
{
	bool risk = old->state == VRRP_STATE_ACTIVE && priority < old->config.priority;

	if (old->config.priority != priority)
		change(c, old->name, "priority %u -> %u%s", old->config.priority, priority,
		       risk ? "; it is active here: a host of a higher one takes over" : "");
}

static void compare_settings(struct comparison *c, const struct control_router *old,
			     const struct conf_router *new)
{
	const struct vrrp_config *a = &old->config, *b = &new->vrrp;
	const char *name = old->name;

	compare_priority(c, old, b->priority);
	compare_number(c, name, "interval in ms", a->interval_cs * 10, b->interval_cs * 10);
	compare_text(c, name, "preempt", yes_no(a->preempt), yes_no(b->preempt));
	compare_number(c, name, "preempt_delay in ms", a->preempt_delay_ns / 1000000,
		       b->preempt_delay_ns / 1000000);
	compare_number(c, name, "start_delay in ms", a->start_delay_ns / 1000000,
		       b->start_delay_ns / 1000000);
	compare_text(c, name, "checksum", checksum_word(a->checksum), checksum_word(b->checksum));
	compare_text(c, name, "lease", lease_word(old->lease), lease_word(new->lease));
}

static bool new_has(const struct conf_router *new, const struct control_address *address)
{
	unsigned n = new->addresses_n + new->extra_n;

	for (unsigned i = 0; i < n; i++)
		if (memcmp(&new->addresses[i], &address->address, sizeof(new->addresses[i])) == 0 &&
		    (i < new->addresses_n) == address->advertised)
			return true;
	return false;
}

static bool old_has(const struct control_router *old, const struct conf_address *address,
		    bool advertised)
{
	for (unsigned i = 0; i < old->addresses_n; i++)
		if (memcmp(&old->addresses[i].address, address, sizeof(*address)) == 0 &&
		    old->addresses[i].advertised == advertised)
			return true;
	return false;
}

static void compare_addresses(struct comparison *c, const struct control_router *old,
			      const struct conf_router *new)
{
	unsigned n = new->addresses_n + new->extra_n;
	char text[CONF_ADDRESS_TEXT_SIZE];

	unsigned before = c->changes_n;

	for (unsigned i = 0; i < old->addresses_n; i++) {
		if (new_has(new, &old->addresses[i]))
			continue;
		c->addresses_lost_n += old->state == VRRP_STATE_ACTIVE;
		change(c, old->name, "address %s goes%s",
		       conf_address_format(&old->addresses[i].address, text),
		       old->addresses[i].advertised ? "" : " (not advertised)");
	}
	for (unsigned i = 0; i < n; i++)
		if (!old_has(old, &new->addresses[i], i < new->addresses_n))
			change(c, old->name, "address %s comes%s",
			       conf_address_format(&new->addresses[i], text),
			       i < new->addresses_n ? "" : " (not advertised)");
	for (unsigned i = 0; c->changes_n == before && i < old->addresses_n && i < n; i++)
		if (memcmp(&old->addresses[i].address, &new->addresses[i],
			   sizeof(new->addresses[i])) != 0)
			change(c, old->name, "addresses in another order");
}

/* A router that nobody continues: when it is Active here, the others must take over. */
static void withdraw(struct comparison *c, const struct control_router *old, const char *why)
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

static void compare_router(struct comparison *c, const struct control_router *old)
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

static void compare(struct comparison *c, const struct control_head *head)
{
	compare_globals(c, head);
	for (unsigned i = 0; i < c->routers_n; i++)
		compare_router(c, c->routers[i]);
	for (unsigned i = 0; i < c->conf->routers_n; i++)
		if (!is_running(c, c->conf->routers[i].name))
			change(c, c->conf->routers[i].name, "is new");
	print_sum(c);
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
	struct control_head head = { 0 };
	int err = client_routers(socket_fd, &head, keep_router, &c);
	int status = EXIT_FAILURE;

	if (err == 0) {
		strcpy(c.conf_path, head.conf_path);
		status = load(&c);
	} else if (err == -EPIPE && !head.magic) {
		status = EX_TEMPFAIL;
	} else {
		client_print_error(err);
	}
	if (status == EXIT_SUCCESS)
		compare(&c, &head);
	for (unsigned i = 0; i < c.routers_n; i++)
		free(c.routers[i]);
	free(c.routers);
	conf_free(c.conf);
	return status;
}
