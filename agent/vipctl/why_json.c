/* SPDX-License-Identifier: MIT */
#include "why_json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"
#include "record_json.h"
#include "why_judge.h"
#include "why_says.h"

/* ---- events, for both forms ---- */

/* Behind "router=lan family=4 ", which everybody knows by now. */
static const char *without_router(const char *line)
{
	static const char family[] = " family=";
	const char *behind = strncmp(line, "router=", 7) == 0 ? strstr(line, family) : NULL;

	behind = behind ? strchr(behind + strlen(family), ' ') : NULL;
	return behind ? behind + 1 : line;
}

const char *why_event_text(const struct event *event, char *buf)
{
	return without_router(event_line(event, buf));
}

bool why_print_history(const struct why_router *router)
{
	char when[FIELDS_TEXT_SIZE], line[EVENT_LINE_SIZE];
	const json_t *event;
	size_t i;

	/* As it was stored, whatever that is. */
	json_array_foreach(router->history, i, event)
	{
		const char *time = json_string_value(json_object_get(event, "time"));
		const char *text = json_string_value(json_object_get(event, "text"));

		printf("  %-11s %.19sZ %s\n", i ? "" : "history",
		       printable(time ? time : "?", when, sizeof(when)),
		       printable(without_router(text ? text : "?"), line, sizeof(line)));
	}
	return i > 0;
}

/* ---- parts ---- */

static void set(json_t *object, const char *key, const char *text)
{
	record_json_set_text(object, key, text, strlen(text));
}

/* null: there is none. */
static void set_word(json_t *object, const char *key, const char *word)
{
	if (word[0])
		set(object, key, word);
	else
		json_object_set_new(object, key, json_null());
}

static void set_ip(json_t *object, const char *key, const struct why_router *router,
		   const uint8_t *bytes)
{
	char text[WHY_TEXT_SIZE] = "";

	set_word(object, key, why_has_ip(bytes) ? why_ip(router, bytes, text) : "");
}

static void set_time(json_t *object, const char *key, int64_t real_ns)
{
	static const struct field field = { .name = "time",
					    .type = FIELD_TIME,
					    .size = sizeof(int64_t) };
	char text[FIELDS_TEXT_SIZE];

	set_word(object, key, real_ns ? fields_text(&field, &real_ns, text) : "");
}

static json_t *election_json(const struct why_facts *facts, const struct why_router *router)
{
	const bool backup = router->state == VRRP_STATE_BACKUP;
	const bool preempts = why_election(facts, router) == WHY_ELECTION_PREEMPTS;
	static const uint8_t nobody[16];
	json_t *object = json_object();
	char text[WHY_SENTENCE_SIZE];

	set(object, "code", why_election_words[why_election(facts, router)]);
	set(object, "text", why_says_election(facts, router, text));
	set_ip(object, "active_address", router,
	       router->state == VRRP_STATE_ACTIVE ? router->source : router->active);
	if (!backup && router->state != VRRP_STATE_ACTIVE)
		return object;
	if (!backup) {
		set_ip(object, "rival_address", router, router->rival);
		json_object_set_new(object, "rival_priority", json_integer(router->rival_priority));
		set_time(object, "rival_heard", router->rival_real_ns);
		return object;
	}
	json_object_set_new(object, "active_priority", json_integer(router->active_priority));
	set_time(object, "last_heard", router->heard_real_ns);
	json_object_set_new(object, "takeover_in_ms", json_integer(router->takeover_in_ms));
	json_object_set_new(object, "preempt_in_ms", json_integer(router->preempt_in_ms));
	set_ip(object, "preempts_address", router, preempts ? router->lower : nobody);
	set_word(object, "held_by", router->held_by);
	return object;
}

static json_t *track_json(const struct why_router *mate, const struct why_track *track)
{
	json_t *object = json_object();

	set(object, "router", mate->name);
	set(object, track->is_check ? "check" : "interface", track->name);
	set(object, "is", track->unknown ? "unknown" : track->up ? "up" : "down");
	json_object_set_new(object, "weight", json_integer(track->weight));
	json_object_set_new(object, "adds", json_integer(track->adds));
	json_object_set_new(object, "reverse", json_boolean(track->reverse));
	json_object_set_new(object, "overdue", json_boolean(track->overdue));
	set(object, "says", track->said);
	return object;
}

static json_t *priority_json(const struct why_facts *facts, const struct why_router *router)
{
	json_t *object = json_object(), *tracks = json_array();
	char text[WHY_SENTENCE_SIZE];
	unsigned n;
	const struct why_router *first = why_first_mate(facts, router, &n);

	json_object_set_new(object, "configured", json_integer(router->base));
	json_object_set_new(object, "effective", json_integer(router->effective));
	set(object, "text", why_says_priority(facts, router, text));
	json_object_set_new(object, "drained", json_boolean(router->drained));
	json_object_set_new(object, "last_resort", json_boolean(router->last_resort));
	json_object_set_new(object, "lacking", json_boolean(router->lacking));
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < first[i].tracks_n; k++)
			json_array_append_new(tracks, track_json(&first[i], &first[i].tracks[k]));
	json_object_set_new(object, "tracks", tracks);
	return object;
}

static json_t *addresses_json(const struct why_router *router)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < router->addresses_n; i++) {
		const struct why_address *address = &router->addresses[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:b, s:b, s:b, s:b}", "address",
						address->text, "advertised", address->advertised,
						"present", address->present, "missing",
						address->missing, "held", address->held));
	}
	return list;
}

static json_t *finding_json(const struct why_finding *finding)
{
	static const char *const levels[] = { "note", "degraded", "wrong" };
	json_t *object = json_object(), *alternatives = json_array();

	set(object, "code", finding->code);
	set(object, "level", levels[finding->level]);
	set(object, "text", finding->text);
	for (unsigned i = 0; i < finding->alternatives_n; i++)
		json_array_append_new(alternatives, json_string(finding->alternatives[i]));
	json_object_set_new(object, "guess", json_boolean(finding->alternatives_n));
	json_object_set_new(object, "alternatives", alternatives);
	set_word(object, "do", finding->advice);
	return object;
}

static json_t *findings_json(const struct why_facts *facts, const struct why_router *router)
{
	struct why_judgement *judgement = malloc(sizeof(*judgement));
	json_t *list = json_array();

	if (!judgement)
		return list;
	why_judge(facts, router, judgement);
	for (unsigned i = 0; i < judgement->n; i++)
		json_array_append_new(list, finding_json(&judgement->all[i]));
	free(judgement);
	return list;
}

static json_t *events_json(const struct why_router *router)
{
	const struct event *events[WHY_STATES_MAX + WHY_OTHERS_MAX];
	unsigned n = why_events(router, events);
	json_t *list = router->history ? json_copy(router->history) : json_array();
	char text[EVENT_JSON_SIZE];

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, json_loads(event_json(events[i], text), 0, NULL));
	return list;
}

/* ---- all of it ---- */

static json_t *router_json(const struct why_facts *facts, const struct why_router *router)
{
	json_t *object = json_object();
	char text[WHY_SENTENCE_SIZE];

	set(object, "name", router->name);
	set(object, "interface", router->interface);
	json_object_set_new(object, "vrid", json_integer(router->vrid));
	json_object_set_new(object, "family", json_integer(router->family));
	json_object_set_new(object, "version", json_integer(router->version));
	set(object, "state", vrrp_state_words[router->state]);
	set_time(object, "since", router->since_real_ns);
	set(object, "reason", router->reason_text);
	set(object, "reason_code", router->reason_word);
	set_word(object, "cause",
		 router->reason.cause ? vrrp_reason_words[router->reason.cause] : "");
	set_word(object, "by", router->by);
	json_object_set_new(object, "election", election_json(facts, router));
	json_object_set_new(object, "priority", priority_json(facts, router));
	set_word(object, "unit", why_says_unit(facts, router, text));
	json_object_set_new(object, "mute", json_boolean(router->mute));
	json_object_set_new(object, "deaf", json_boolean(router->deaf));
	json_object_set_new(object, "addresses", addresses_json(router));
	json_object_set_new(object, "findings", findings_json(facts, router));
	json_object_set_new(object, "events", events_json(router));
	return object;
}

bool why_print_json(const struct why_facts *facts)
{
	json_t *document = json_object(), *routers = json_array();
	bool printed;

	set(document, "node", facts->node);
	set(document, "version", facts->version);
	json_object_set_new(document, "running", json_true());
	set_word(document, "journal", facts->journal_read ? "" : facts->journal_why);
	for (unsigned i = 0; i < facts->n; i++)
		if (facts->routers[i].asked)
			json_array_append_new(routers, router_json(facts, &facts->routers[i]));
	json_object_set_new(document, "routers", routers);
	printed = json_dumpf(document, stdout, JSON_INDENT(2)) == 0 && puts("") >= 0;
	json_decref(document);
	return printed;
}
