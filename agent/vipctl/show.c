/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "agent/conf/value.h"
#include "client.h"

#define NS_PER_S INT64_C(1000000000)

/* Where the routers go, one after the other: a table or a document. */
struct printer {
	void (*add)(struct printer *printer, const struct control_router *router);
	int (*finish)(struct printer *printer, const struct control_head *head);
	struct libscols_table *table; /* owned */
	json_t *routers;              /* owned */
};

static const char *ip_text(const uint8_t *bytes, char *buf)
{
	static const uint8_t none[4];

	if (memcmp(bytes, none, 4) == 0)
		return NULL;
	return inet_ntop(AF_INET, bytes, buf, INET_ADDRSTRLEN);
}

/* ---- the table ---- */

enum column {
	COLUMN_ROUTER,
	COLUMN_INTERFACE,
	COLUMN_VRID,
	COLUMN_STATE,
	COLUMN_SINCE,
	COLUMN_PRIORITY,
	COLUMN_ACTIVE,
	COLUMN_ADDRESSES,
	COLUMN_REASON,
};

static struct libscols_table *new_table(void)
{
	static const struct {
		const char *name;
		int flags;
	} columns[] = {
		[COLUMN_ROUTER] = { "ROUTER", 0 },
		[COLUMN_INTERFACE] = { "INTERFACE", 0 },
		[COLUMN_VRID] = { "VRID", SCOLS_FL_RIGHT },
		[COLUMN_STATE] = { "STATE", 0 },
		[COLUMN_SINCE] = { "FOR", SCOLS_FL_RIGHT },
		[COLUMN_PRIORITY] = { "PRIO", SCOLS_FL_RIGHT },
		[COLUMN_ACTIVE] = { "ACTIVE IS", 0 },
		[COLUMN_ADDRESSES] = { "ADDRESSES", SCOLS_FL_WRAP },
		[COLUMN_REASON] = { "REASON", SCOLS_FL_WRAP },
	};
	struct libscols_table *table = scols_new_table();

	if (!table)
		return NULL;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (!scols_table_new_column(table, columns[i].name, 0, columns[i].flags))
			return NULL;
	return table;
}

/* "12 s", "3 min", "5 h", "9 d": how long ago. */
static const char *ago_text(int64_t since_real_ns, char *buf, size_t size)
{
	int64_t s = time(NULL) - since_real_ns / NS_PER_S;

	if (s < 120)
		snprintf(buf, size, "%jd s", (intmax_t)(s < 0 ? 0 : s));
	else if (s < 120 * 60)
		snprintf(buf, size, "%jd min", (intmax_t)(s / 60));
	else if (s < 48 * 3600)
		snprintf(buf, size, "%jd h", (intmax_t)(s / 3600));
	else
		snprintf(buf, size, "%jd d", (intmax_t)(s / 86400));
	return buf;
}

/* The first address and how many more; one that is missing on an Active is pointed at. */
static const char *addresses_text(const struct control_router *router, char *buf, size_t size)
{
	char first[CONF_ADDRESS_TEXT_SIZE];
	unsigned missing = 0;
	size_t len;

	for (unsigned i = 0; i < router->addresses_n; i++)
		missing += !router->addresses[i].present;
	conf_address_format(&router->addresses[0].address, first);
	len = (size_t)snprintf(buf, size, "%s", first);
	if (router->addresses_n > 1)
		len += (size_t)snprintf(buf + len, size - len, " +%u", router->addresses_n - 1);
	if (router->state == VRRP_STATE_ACTIVE && missing)
		snprintf(buf + len, size - len, " (%u MISSING)", missing);
	return buf;
}

static void set_number(struct libscols_line *line, size_t column, unsigned value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	scols_line_set_data(line, column, text);
}

static void table_add(struct printer *printer, const struct control_router *router)
{
	struct libscols_line *line = scols_table_new_line(printer->table, NULL);
	char text[64], ip[INET_ADDRSTRLEN];
	const char *active = ip_text(router->active_address, ip);

	if (!line)
		return;
	scols_line_set_data(line, COLUMN_ROUTER, router->name);
	scols_line_set_data(line, COLUMN_INTERFACE, router->interface);
	set_number(line, COLUMN_VRID, router->config.vrid);
	scols_line_set_data(line, COLUMN_STATE, vrrp_state_name(router->state));
	scols_line_set_data(line, COLUMN_SINCE,
			    ago_text(router->since_real_ns, text, sizeof(text)));
	set_number(line, COLUMN_PRIORITY, router->config.priority);
	scols_line_set_data(line, COLUMN_ACTIVE, active ? active : "-");
	scols_line_set_data(line, COLUMN_ADDRESSES, addresses_text(router, text, sizeof(text)));
	scols_line_set_data(line, COLUMN_REASON, router->reason);
}

static int table_finish(struct printer *printer, const struct control_head *head)
{
	(void)head;
	return scols_print_table(printer->table) == 0 ? 0 : -EIO;
}

/* ---- the document ---- */

static json_t *time_json(int64_t real_ns)
{
	time_t seconds = real_ns / NS_PER_S;
	char text[64];
	struct tm utc;
	size_t len;

	gmtime_r(&seconds, &utc);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + len, sizeof(text) - len, ".%06dZ", (int)(real_ns % NS_PER_S / 1000));
	return json_string(text);
}

static json_t *rejected_json(const uint64_t *rejected)
{
	json_t *object = json_object();

	for (unsigned i = VRRP_ACCEPT + 1; i < VRRP_REJECT_COUNT; i++)
		json_object_set_new(object, vrrp_reject_name(i),
				    json_integer((json_int_t)rejected[i]));
	return object;
}

static json_t *noticed_json(const uint64_t *noticed)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < VRRP_NOTICE_COUNT; i++)
		json_object_set_new(object, vrrp_notice_name(i),
				    json_integer((json_int_t)noticed[i]));
	return object;
}

static json_t *counters_json(const struct vrrp_counters *c)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{ "adverts_sent", c->adverts_sent },
		{ "adverts_received", c->adverts_received },
		{ "priority_zero_sent", c->priority_zero_sent },
		{ "priority_zero_received", c->priority_zero_received },
		{ "became_active", c->became_active },
		{ "late_timers", c->late_timers },
		{ "announcements_sent", c->announcements_sent },
		{ "addresses_restored", c->addresses_restored },
		{ "send_errors", c->send_errors },
	};
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_object_set_new(object, rows[i].name, json_integer((json_int_t)rows[i].value));
	json_object_set_new(object, "rejected", rejected_json(c->rejected));
	json_object_set_new(object, "noticed", noticed_json(c->noticed));
	return object;
}

enum which {
	ADVERTISED,
	EXTRA,
	MISSING,
};

static json_t *addresses_json(const struct control_router *router, enum which which)
{
	json_t *array = json_array();
	char text[CONF_ADDRESS_TEXT_SIZE];

	for (unsigned i = 0; i < router->addresses_n; i++) {
		const struct control_address *a = &router->addresses[i];
		bool missing = router->state == VRRP_STATE_ACTIVE && !a->present;

		if (which == MISSING ? missing : a->advertised == (which == ADVERTISED))
			json_array_append_new(array,
					      json_string(conf_address_format(&a->address, text)));
	}
	return array;
}

static void json_add(struct printer *printer, const struct control_router *router)
{
	char ip[INET_ADDRSTRLEN];
	const char *active = ip_text(router->active_address, ip);
	json_t *object = json_object();

	json_object_set_new(object, "name", json_string(router->name));
	json_object_set_new(object, "interface", json_string(router->interface));
	json_object_set_new(object, "vrid", json_integer(router->config.vrid));
	json_object_set_new(object, "family", json_integer(router->config.family));
	json_object_set_new(object, "version", json_integer(router->config.version));
	json_object_set_new(object, "state", json_string(vrrp_state_name(router->state)));
	json_object_set_new(object, "reason", json_string(router->reason));
	json_object_set_new(object, "since", time_json(router->since_real_ns));
	json_object_set_new(object, "priority", json_integer(router->config.priority));
	json_object_set_new(object, "effective_priority", json_integer(router->config.priority));
	json_object_set_new(object, "active_address", active ? json_string(active) : json_null());
	json_object_set_new(object, "interval_ms", json_integer(router->config.interval_cs * 10));
	json_object_set_new(object, "addresses", addresses_json(router, ADVERTISED));
	json_object_set_new(object, "extra_addresses", addresses_json(router, EXTRA));
	json_object_set_new(object, "missing_addresses", addresses_json(router, MISSING));
	json_object_set_new(object, "counters", counters_json(&router->counters));
	json_array_append_new(printer->routers, object);
}

static int json_finish(struct printer *printer, const struct control_head *head)
{
	json_t *document = json_object();
	int err = 0;

	json_object_set_new(document, "node", json_string(head->node));
	json_object_set_new(document, "version", json_string(head->vipd_version));
	json_object_set_new(document, "rejected", rejected_json(head->rejected));
	json_object_set_new(document, "unread", json_integer((json_int_t)head->unread));
	json_object_set_new(document, "dropped", json_integer((json_int_t)head->dropped));
	json_object_set(document, "routers", printer->routers);
	if (json_dumpf(document, stdout, JSON_INDENT(2)) < 0 || puts("") < 0)
		err = -EIO;
	json_decref(document);
	return err;
}

static void add_router(const struct control_router *router, void *arg)
{
	struct printer *printer = arg;

	printer->add(printer, router);
}

int show(int socket_fd, bool json)
{
	struct printer printer = { .add = json ? json_add : table_add,
				   .finish = json ? json_finish : table_finish };
	struct control_head head = { 0 };
	int err;

	if (json)
		printer.routers = json_array();
	else
		printer.table = new_table();
	if (!printer.routers && !printer.table) {
		client_print_error(-ENOMEM);
		return EXIT_FAILURE;
	}
	err = client_routers(socket_fd, &head, add_router, &printer);
	if (err == 0)
		err = printer.finish(&printer, &head);
	scols_unref_table(printer.table);
	json_decref(printer.routers);
	if (err == -EPIPE && !head.magic)
		return EX_TEMPFAIL;
	if (err < 0) {
		client_print_error(err);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
