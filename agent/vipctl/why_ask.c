/* SPDX-License-Identifier: MIT */
#include "why_ask.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client.h"
#include "complain.h"
#include "connection.h"
#include "printable.h"

#define NO_MEMORY "there is not enough memory for it"

static void free_router(struct why_router *router)
{
	free(router->tracks);
	free(router->addresses);
	free(router->problems);
	free(router->peers);
	for (unsigned i = 0; i < VRRP_NOTICE_COUNT; i++)
		free(router->journal.notices[i]);
	for (unsigned i = 0; i < VRRP_REJECT_COUNT; i++)
		free(router->journal.rejects[i]);
	free(router->journal.address);
	json_decref(router->history);
}

void why_facts_free(struct why_facts *facts)
{
	for (unsigned i = 0; i < facts->n; i++)
		free_router(&facts->routers[i]);
	free(facts->routers);
	facts->routers = NULL;
	facts->n = 0;
}

struct asker {
	struct why_facts *facts;
	const char *router; /* that is asked for; NULL: all */
	unsigned routers_max;
	bool checks_tracked;
	struct problems problems;     /* of the router whose records are coming */
	char check[EVENT_CHECK_SIZE]; /* whose output is coming */
	char *ret_why;
};

/* One more element of a list, zero. Return: NULL without memory. */
static void *grow(void *list, unsigned *n, size_t size, void **ret_list)
{
	char *grown = list;

	if ((*n & (*n - 1)) == 0) /* none, or a power of two: full */
		grown = realloc(list, (*n ? 2 * *n : 1) * size);
	if (!grown)
		return NULL;
	*ret_list = grown;
	memset(grown + *n * size, 0, size);
	return grown + (*n)++ * size;
}

/* ---- fields ---- */

static void copy_ip(const struct records_table *table, const void *record, const char *name,
		    uint8_t *ret)
{
	const struct field *field = fields_find(table->fields, name);

	if (field && field->type == FIELD_IP)
		memcpy(ret, (const char *)record + field->offset, 16);
}

static void copy_text(const struct records_table *table, const void *record, const char *name,
		      char *ret, size_t size)
{
	char text[FIELDS_TEXT_SIZE];

	snprintf(ret, size, "%s", client_text(table, record, name, text));
}

#define NUMBER(name)       client_number(table, record, name)
#define TEXT(name, member) copy_text(table, record, name, member, sizeof(member))

static enum vrrp_state state_of(int64_t number)
{
	return number >= 0 && number < VRRP_STATE_COUNT ? (enum vrrp_state)number
							: VRRP_STATE_INITIALIZE;
}

static void take_reason(const struct records_table *table, const void *record,
			struct why_router *router)
{
	int64_t code = NUMBER("reason_code"), cause = NUMBER(".cause");
	char text[FIELDS_TEXT_SIZE];

	router->reason = (struct vrrp_reason){
		.code = code > 0 && code < VRRP_REASON_COUNT ? (enum vrrp_reason_code)code
							     : VRRP_REASON_NONE,
		.priority = (uint8_t)NUMBER(".reason_priority"),
		.own_priority = problems_own_priority(table, record),
		.cause = cause > 0 && cause < VRRP_REASON_COUNT ? (uint8_t)cause : 0,
		.ns = NUMBER(".reason_ns"),
	};
	copy_ip(table, record, ".reason_source", router->reason.source);
	snprintf(router->reason_text, sizeof(router->reason_text), "%s",
		 problems_reason(table, record, text));
	TEXT("reason_code", router->reason_word);
	TEXT(".by", router->by);
}

static void take_election(const struct records_table *table, const void *record,
			  struct why_router *router)
{
	copy_ip(table, record, ".source", router->source);
	copy_ip(table, record, "active_address", router->active);
	router->active_priority = (uint8_t)NUMBER("active_priority");
	router->heard_real_ns = NUMBER(".heard");
	router->takeover_in_ms = NUMBER("takeover_in_ms");
	copy_ip(table, record, ".lower_address", router->lower);
	router->lower_priority = (uint8_t)NUMBER(".lower_priority");
	router->preempt = NUMBER(".preempt") || !fields_find(table->fields, ".preempt");
	router->preempt_in_ms = NUMBER(".preempt_in_ms");
	router->damped_until_real_ns = NUMBER(".damped_until");
	copy_ip(table, record, ".rival_address", router->rival);
	router->rival_priority = (uint8_t)NUMBER(".rival_priority");
	router->rival_real_ns = NUMBER(".rival_heard");
	router->ceding = NUMBER(".ceding");
	router->listening = NUMBER(".listening");
	router->start_in_ms = NUMBER(".start_in_ms");
}

static void take_unit(const struct records_table *table, const void *record,
		      struct why_router *router)
{
	char before[FIELDS_TEXT_SIZE];

	router->mute = NUMBER("mute");
	router->deaf = NUMBER("deaf");
	router->drained = NUMBER("drained");
	router->drained_until_real_ns = NUMBER(".drained_until");
	router->drain_held_until_real_ns = NUMBER(".drain_held_until");
	router->leave_held_until_real_ns = NUMBER(".leave_held_until");
	router->leave_before = event_before_of(client_text(table, record, ".leave_before", before));
	router->last_resort = NUMBER("last_resort");
	router->lacking = NUMBER(".lacking");
	router->member = (unsigned)NUMBER(".member");
	router->mates = (unsigned)NUMBER(".mates");
	TEXT(".held_by", router->held_by);
	router->held_by_family = (uint8_t)NUMBER(".held_by_family");
	router->held_by_state = state_of(NUMBER(".held_by_state"));
	router->held_ms = NUMBER(".held_ms");
}

/* ---- records ---- */

static struct why_router *last_router(const struct asker *asker)
{
	return asker->facts->n ? &asker->facts->routers[asker->facts->n - 1] : NULL;
}

/* What is wrong with the router that is complete by now. */
static const char *finish_router(struct asker *asker)
{
	const struct problems *problems = &asker->problems;
	struct why_router *router = last_router(asker);

	if (!router || router->problems || !problems->n)
		return NULL;
	router->problems = malloc(problems->n * sizeof(*router->problems));
	if (!router->problems)
		return NO_MEMORY;
	memcpy(router->problems, problems->all, problems->n * sizeof(*router->problems));
	router->problems_n = problems->n;
	return NULL;
}

static const char *begin_router(struct asker *asker, const struct records_table *table,
				const void *record)
{
	const char *why = finish_router(asker);
	struct why_facts *facts = asker->facts;
	struct why_router *router;
	void *list = facts->routers;

	if (why)
		return why;
	router = grow(facts->routers, &facts->n, sizeof(*router), &list);
	if (!router)
		return NO_MEMORY;
	facts->routers = list;
	problems_begin(&asker->problems, table, record);
	TEXT("name", router->name);
	TEXT("interface", router->interface);
	TEXT("group", router->group);
	router->asked = !asker->router || strcmp(router->name, asker->router) == 0 ||
			strcmp(router->group, asker->router) == 0;
	router->vrid = (uint8_t)NUMBER("vrid");
	router->family = (uint8_t)NUMBER("family");
	router->version = (uint8_t)NUMBER("version");
	router->state = state_of(NUMBER("state"));
	router->since_real_ns = NUMBER("since");
	router->base = (uint8_t)NUMBER("priority");
	router->effective = (uint8_t)NUMBER("effective_priority");
	router->interval_ms = client_scaled(table, record, "interval_ms");
	take_reason(table, record, router);
	take_election(table, record, router);
	take_unit(table, record, router);
	return NULL;
}

static const char *take_address(struct asker *asker, const struct records_table *table,
				const void *record)
{
	struct why_router *router = last_router(asker);
	void *list = router->addresses;
	struct why_address *address =
		grow(router->addresses, &router->addresses_n, sizeof(*address), &list);
	char ip[FIELDS_TEXT_SIZE];

	if (!address)
		return NO_MEMORY;
	router->addresses = list;
	problems_address(&asker->problems, table, record);
	snprintf(address->text, sizeof(address->text), "%.45s/%u",
		 client_text(table, record, "address", ip), (uint8_t)NUMBER("prefix_len"));
	address->present = NUMBER("present");
	address->advertised = NUMBER("advertised");
	address->handing_over = NUMBER(".handing_over");
	address->missing = problems_address_is_missing(&asker->problems, table, record);
	address->held = problems_address_is_held(&asker->problems, table, record);
	return NULL;
}

static const char *take_track(struct asker *asker, const struct records_table *table,
			      const void *record)
{
	struct why_router *router = last_router(asker);
	void *list = router->tracks;
	struct why_track *track = grow(router->tracks, &router->tracks_n, sizeof(*track), &list);

	if (!track)
		return NO_MEMORY;
	router->tracks = list;
	problems_track(&asker->problems, table, record);
	TEXT("interface", track->name);
	track->is_check = !track->name[0];
	if (track->is_check)
		TEXT("check", track->name);
	asker->checks_tracked |= track->is_check;
	track->up = NUMBER("up");
	track->unknown = NUMBER("unknown");
	track->missing = NUMBER("missing");
	track->overdue = NUMBER("overdue");
	track->reverse = NUMBER("reverse");
	track->weight = (int)NUMBER("weight");
	track->adds = (int)NUMBER("adds");
	return NULL;
}

static const char *take_peer(struct asker *asker, const struct records_table *table,
			     const void *record)
{
	struct why_router *router = last_router(asker);
	void *list = router->peers;
	struct why_peer *peer = grow(router->peers, &router->peers_n, sizeof(*peer), &list);

	if (!peer)
		return NO_MEMORY;
	router->peers = list;
	problems_peer(&asker->problems, table, record);
	copy_ip(table, record, "address", peer->ip);
	peer->error = (int)NUMBER("error");
	return NULL;
}

static const char *take_record(const struct records_table *table, const void *record, void *arg)
{
	struct asker *asker = arg;

	if (strcmp(table->name, "host") == 0) {
		TEXT("node", asker->facts->node);
		TEXT("version", asker->facts->version);
		TEXT(".state_dir", asker->facts->state_dir);
	}
	if (strcmp(table->name, "router") == 0)
		return begin_router(asker, table, record);
	if (!asker->facts->n)
		return NULL;
	if (strcmp(table->name, "address") == 0)
		return take_address(asker, table, record);
	if (strcmp(table->name, "track") == 0)
		return take_track(asker, table, record);
	if (strcmp(table->name, "route") == 0)
		problems_route(&asker->problems, table, record);
	if (strcmp(table->name, "conflict") == 0)
		problems_conflict(&asker->problems, table, record);
	if (strcmp(table->name, "peer") == 0)
		return take_peer(asker, table, record);
	return NULL;
}

static const char *finish_routers(void *arg)
{
	return finish_router(arg);
}

/* ---- what checks say ---- */

/* The beginning of a text of anybody's, on one line. */
static void put_said(struct asker *asker, const char *text)
{
	char first[FIELDS_TEXT_SIZE], line[WHY_SAID_SIZE];

	snprintf(first, sizeof(first), "%.*s", (int)strcspn(text, "\r\n"), text);
	(void)printable(first, line, sizeof(line));
	for (unsigned i = 0; i < asker->facts->n; i++) {
		struct why_router *router = &asker->facts->routers[i];

		for (unsigned k = 0; k < router->tracks_n; k++)
			if (router->tracks[k].is_check && !router->tracks[k].said[0] &&
			    strcmp(router->tracks[k].name, asker->check) == 0)
				strcpy(router->tracks[k].said, line);
	}
}

static const char *take_said(const struct records_table *table, const void *record, void *arg)
{
	struct asker *asker = arg;
	char text[FIELDS_TEXT_SIZE];

	if (strcmp(table->name, "check") == 0) {
		TEXT("name", asker->check);
		put_said(asker, client_text(table, record, "error", text));
	} else if (strcmp(table->name, "output") == 0) {
		put_said(asker, client_text(table, record, "text", text));
	}
	return NULL;
}

/* ---- questions ---- */

struct question {
	const char *command, *router;
	client_record_fn each;
	const char *(*finish)(void *arg);
	struct asker *asker;
};

static int talk(int fd, const void *arg)
{
	const struct question *q = arg;
	const struct client_question question = { .command = q->command,
						  .router = q->router,
						  .each = q->each,
						  .finish = q->finish,
						  .arg = q->asker,
						  .ret_why = q->asker->ret_why };

	/* vipd may have hung up in the middle of another answer before this one. */
	if (q->each == take_record)
		why_facts_free(q->asker->facts);
	return client_ask(fd, &question);
}

static int ask(const char *path, const struct question *question)
{
	return connection_converse(path, talk, question, question->asker->ret_why);
}

/* Whether somebody shares the fate of a router, and was not told of. */
static const char *group_to_ask(const struct why_facts *facts)
{
	return facts->n && facts->routers[0].mates > facts->n ? facts->routers[0].group : NULL;
}

int why_ask(const char *path, const char *router, struct why_facts *facts, char *ret_why)
{
	struct asker asker = { .facts = facts, .router = router, .ret_why = ret_why };
	struct question show = { "show", router, take_record, finish_routers, &asker };
	const struct question checks = { "checks", NULL, take_said, NULL, &asker };
	int status = ask(path, &show);

	if (status == EXIT_SUCCESS && group_to_ask(facts)) {
		char group[EVENT_NAME_SIZE];

		strcpy(group, group_to_ask(facts));
		show.router = group;
		status = ask(path, &show);
	}
	if (status == EXIT_SUCCESS && asker.checks_tracked)
		status = ask(path, &checks);
	return status;
}
