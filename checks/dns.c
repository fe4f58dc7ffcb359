/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "channel.h"
#include "kind.h"
#include "record.h"

#define NS_PER_MS  INT64_C(1000000)
#define CLASS_IN   1
#define BAD_ANSWER "an answer that is none"

/* One per server and time-out: c-ares cannot end one query of several, so all of a channel end by
 * themselves when their checks are given up. */
struct server {
	struct check_channel channel;
	const char *text; /* borrowed; empty: the host's resolvers */
	int timeout_ms;
	unsigned pending; /* queries */
	int64_t opened_ns;
	bool is_stale; /* no more asked */
	struct server *next;
};

struct check_engine {
	struct check_context *context;
	struct server *servers; /* owned */
};

/* What c-ares has until it has answered. */
struct query {
	struct check *check; /* NULL: given up */
	struct server *server;
};

struct dns {
	struct query *query; /* owned by c-ares; NULL: nothing is under way */
	uint16_t type;
	char answer[CHECK_HOST_SIZE]; /* as a record's text has it; empty: any */
};

/* ---- servers ---- */

static int timeout_of(const struct check *check)
{
	int64_t ms = check->config->timeout_ns / NS_PER_MS;

	return ms < 1 ? 1 : (int)ms;
}

static int count_resolvers(ares_channel channel)
{
	struct ares_addr_port_node *servers = NULL;
	int n = 0;

	if (ares_get_servers_ports(channel, &servers) != ARES_SUCCESS)
		return 1;
	for (const struct ares_addr_port_node *server = servers; server; server = server->next)
		n++;
	ares_free_data(servers);
	return n ? n : 1;
}

static int open_channel(struct server *server, struct check_context *context, int timeout_ms)
{
	struct ares_options options = { .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
						 ARES_FLAG_NOCHECKRESP,
					.timeout = timeout_ms ? timeout_ms : 1,
					.tries = 1,
					.lookups = (char[]){ "b" } };

	return check_channel_open(&server->channel, context, &options,
				  ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
					  ARES_OPT_LOOKUPS);
}

/* Of several resolvers each has its part of the time. */
static int open_server(struct server *server, struct check_context *context)
{
	int err = open_channel(server, context, server->timeout_ms), n;

	if (err)
		return err;
	if (server->text[0])
		return ares_set_servers_ports_csv(server->channel.ares, server->text) ==
				       ARES_SUCCESS
			       ? 0
			       : -EINVAL;
	n = count_resolvers(server->channel.ares);
	if (n == 1)
		return 0;
	check_channel_close(&server->channel);
	return open_channel(server, context, server->timeout_ms / n);
}

static void free_server(struct server *server)
{
	check_channel_close(&server->channel);
	free(server);
}

/* When the host has other resolvers now, those are asked; of the others the answers that are under
 * way are still waited for. */
static void free_stale(struct check_engine *engine)
{
	struct server **at = &engine->servers, *server;

	while ((server = *at)) {
		server->is_stale |= !server->text[0] && check_channel_is_stale(&server->channel);
		if (server->is_stale && server->pending == 0) {
			*at = server->next;
			free_server(server);
		} else {
			at = &server->next;
		}
	}
}

/* It may be its socket alone that gets no answers, as when a firewall has lost its state: then the
 * next query is by another one. Not for each of many that time out at once. */
static void suspect(struct server *server, int64_t now_ns)
{
	if (now_ns - server->opened_ns >= 2 * server->timeout_ms * NS_PER_MS)
		server->is_stale = true;
}

/* Return: 0 or -errno. */
static int find_server(struct check *check, struct server **ret_server)
{
	struct check_engine *engine = check->engine;
	const char *text = check->config->dns->server;
	int timeout_ms = timeout_of(check), err;
	struct server *server;

	free_stale(engine);
	for (server = engine->servers; server; server = server->next)
		if (server->timeout_ms == timeout_ms && !server->is_stale &&
		    strcmp(server->text, text) == 0)
			break;
	*ret_server = server;
	if (server)
		return 0;
	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	server->text = text;
	server->timeout_ms = timeout_ms;
	server->opened_ns = check->asked_ns;
	err = open_server(server, engine->context);
	if (err) {
		free_server(server);
		return err;
	}
	server->next = engine->servers;
	engine->servers = server;
	*ret_server = server;
	return 0;
}

/* ---- answers ---- */

static const char *error_of(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
		return "NXDOMAIN";
	case ARES_ESERVFAIL:
		return "SERVFAIL";
	case ARES_EREFUSED:
		return "REFUSED";
	case ARES_ENOTIMP:
		return "NOTIMP";
	case ARES_EFORMERR:
		return "FORMERR";
	case ARES_ECONNREFUSED:
		return "no server: Connection refused";
	case ARES_EBADRESP:
		return BAD_ANSWER;
	default:
		return ares_strerror(status);
	}
}

/* Of MX and SOA the name alone will do. */
static bool is_expected(const struct dns *dns, const char *text)
{
	const char *blank = strchr(text, ' ');

	if (strcasecmp(text, dns->answer) == 0)
		return true;
	if (!blank ||
	    !(dns->type == check_record_type("MX") || dns->type == check_record_type("SOA")))
		return false;
	if (dns->type == check_record_type("MX"))
		return strcasecmp(blank + 1, dns->answer) == 0;
	return strncasecmp(text, dns->answer, (size_t)(blank - text)) == 0 &&
	       !dns->answer[blank - text];
}

static void look_at_records(struct check *check, const unsigned char *bytes, size_t len)
{
	const struct check_dns *config = check->config->dns;
	struct dns *dns = check->run;
	char text[CHECK_RECORD_SIZE], first[CHECK_RECORD_SIZE] = "";
	struct check_records records;
	int got = check_records_begin(&records, bytes, len, dns->type);

	if (got == 0)
		got = check_records_next(&records, text);
	for (; got > 0; got = check_records_next(&records, text)) {
		if (!dns->answer[0] || is_expected(dns, text)) {
			check_answer(check, CHECK_GOOD, NULL);
			return;
		}
		if (!first[0])
			memcpy(first, text, sizeof(first));
	}
	if (got < 0)
		check_answer(check, CHECK_BAD, BAD_ANSWER);
	else if (!first[0])
		check_answer(check, CHECK_BAD, "no record of type %s", config->type);
	else
		check_answer(check, CHECK_BAD, "answers %.48s, expected %.48s", first,
			     config->answer);
}

static void on_answer(void *self, int status, int timeouts, unsigned char *bytes, int len)
{
	struct query *query = self;
	struct check *check = query->check;
	struct dns *dns;

	(void)timeouts;
	query->server->pending--;
	if (status == ARES_ETIMEOUT)
		suspect(query->server, query->server->channel.now_ns);
	free(query);
	if (!check || status == ARES_EDESTRUCTION)
		return;
	dns = check->run;
	dns->query = NULL;
	if (status == ARES_SUCCESS)
		look_at_records(check, bytes, (size_t)len);
	else if (status == ARES_ENODATA)
		check_answer(check, CHECK_BAD, "no record of type %s", check->config->dns->type);
	else if (status == ARES_ETIMEOUT)
		check_answer(check, CHECK_TIMED_OUT, "timed out");
	else
		check_answer(check, CHECK_BAD, "%s", error_of(status));
}

/* ---- questions ---- */

/* Addresses in the one form that records have, names without the dot at their end. */
static int add(struct check *check)
{
	const struct check_dns *config = check->config->dns;
	struct dns *dns = check->run;
	size_t len = strlen(config->answer);
	struct in6_addr address;

	dns->type = check_record_type(config->type);
	memcpy(dns->answer, config->answer, sizeof(dns->answer));
	if (inet_pton(AF_INET6, config->answer, &address) == 1)
		(void)inet_ntop(AF_INET6, &address, dns->answer, sizeof(dns->answer));
	else if (len > 1 && dns->answer[len - 1] == '.' && dns->type != check_record_type("TXT"))
		dns->answer[len - 1] = '\0';
	return dns->type ? 0 : -EINVAL;
}

static void drop(struct check *check)
{
	struct dns *dns = check->run;

	if (dns->query)
		dns->query->check = NULL;
	dns->query = NULL;
}

static void ask(struct check *check, int64_t now_ns)
{
	struct dns *dns = check->run;
	struct server *server;
	int err = find_server(check, &server);
	struct query *query = err ? NULL : malloc(sizeof(*query));

	if (!query) {
		check_answer_errno(check, "server", err ? -err : ENOMEM);
		return;
	}
	*query = (struct query){ check, server };
	server->pending++;
	dns->query = query;
	check_channel_begin(&server->channel, now_ns);
	ares_query(server->channel.ares, check->config->dns->name, CLASS_IN, dns->type, on_answer,
		   query);
	check_channel_end(&server->channel);
}

static void give_up(struct check *check, int64_t now_ns)
{
	const struct dns *dns = check->run;

	if (dns->query)
		suspect(dns->query->server, now_ns);
	drop(check);
	check_answer(check, CHECK_TIMED_OUT, "timed out");
}

/* ---- all of them ---- */

static int open_engine(struct check_context *context, struct check_engine **ret_engine)
{
	struct check_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return -ENOMEM;
	engine->context = context;
	*ret_engine = engine;
	return 0;
}

static void close_engine(struct check_engine *engine)
{
	struct server *server;

	while ((server = engine->servers)) {
		engine->servers = server->next;
		free_server(server);
	}
	free(engine);
}

static int64_t deadline(const struct check_engine *engine)
{
	int64_t deadline_ns = CHECK_NEVER;

	for (const struct server *server = engine->servers; server; server = server->next)
		if (server->channel.deadline_ns < deadline_ns)
			deadline_ns = server->channel.deadline_ns;
	return deadline_ns;
}

static void work(struct check_engine *engine, int64_t now_ns)
{
	for (struct server *server = engine->servers; server; server = server->next)
		if (server->channel.deadline_ns <= now_ns)
			check_channel_work(&server->channel, now_ns);
}

const struct check_kind check_dns_kind = {
	.run_size = sizeof(struct dns),
	.open = open_engine,
	.close = close_engine,
	.add = add,
	.remove = drop,
	.ask = ask,
	.give_up = give_up,
	.deadline = deadline,
	.work = work,
};
