/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "VIPD_"
#define REPEAT "repeat" /* also in a message, where it is known before any attempt */

static const char *const scopes[] = {
	[MESSAGE_HOST] = "host",
	[MESSAGE_ROUTER] = "router",
	[MESSAGE_GROUP] = "group",
};

/* ---- made once ---- */

static int set_text(json_t *object, const char *name, const char *text)
{
	return json_object_set_new(object, name, json_string(text));
}

static int set_number(json_t *object, const char *name, json_int_t number)
{
	return json_object_set_new(object, name, json_integer(number));
}

/* By how much what is tracked changes the priority; nothing where that is not all of it. */
static int add_parts(json_t *object, const struct book_router *router)
{
	const struct book_part *parts[BOOK_PARTS_MAX];
	json_t *list;
	int failed = 0, n = router->known ? book_parts(router, parts) : -1;

	if (n < 0)
		return 0;
	list = json_object();
	for (int i = 0; i < n; i++)
		failed |= set_number(list, parts[i]->name, parts[i]->adds);
	return failed | json_object_set_new(object, "priority_parts", list);
}

/* What the event does not have may be known all the same. */
static int add_router(json_t *object, const struct book_router *router)
{
	int failed = set_number(object, "vrid", router->conf->vrrp.vrid);

	failed |= set_text(object, "interface", router->conf->interface);
	if (router->conf->team)
		failed |= set_text(object, "group", router->conf->team->name);
	if (router->known)
		failed |= set_text(object, "state", vrrp_state_name(router->state));
	if (router->known && router->priority)
		failed |= set_number(object, "effective_priority", router->priority);
	if (router->known && router->priority && !json_object_get(object, "priority"))
		failed |= set_number(object, "priority", router->priority);
	failed |= set_number(object, "configured_priority", router->conf->vrrp.priority);
	if (router->drained_ns)
		failed |= json_object_set_new(object, "drained", json_true());
	return failed | add_parts(object, router);
}

char *message_make(const char *event, const struct book_news *news, enum message_scope scope,
		   const char *node, const char *key, const char *incident)
{
	json_t *object = json_loads(event, 0, NULL);
	char *text = NULL;
	int failed;

	if (!object)
		return NULL;
	failed = set_text(object, "node", node) |
		 set_text(object, "on", conf_notify_words[news->word]);
	failed |= set_text(object, "scope", scopes[scope]);
	if (news->router)
		failed |= add_router(object, news->router);
	failed |= set_text(object, "key", key) | set_text(object, "incident", incident);
	if (news->is_hook && !json_object_get(object, "before")) /* an EVENT_LEAVE says it */
		failed |= set_text(object, "before", event_before_word(EVENT_BEFORE_DRAIN));
	if (news->is_again)
		failed |= json_object_set_new(object, "again", json_true());
	if (!failed)
		text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text;
}

int message_mark(char **message)
{
	json_t *object = json_loads(*message, 0, NULL);
	char *text = NULL;

	if (object && json_object_set_new(object, REPEAT, json_true()) == 0)
		text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	if (!text)
		return -ENOMEM;
	free(*message);
	*message = text;
	return 0;
}

bool message_hold(const char *message, struct message_hold *ret_hold)
{
	json_t *object = json_loads(message, 0, NULL);
	const char *router = json_string_value(json_object_get(object, "router"));

	*ret_hold = (struct message_hold){
		.family = (unsigned)json_integer_value(json_object_get(object, "family")),
		.until_ns = json_integer_value(json_object_get(object, "hold_ns")),
		.before = event_before_of(json_string_value(json_object_get(object, "before"))),
	};
	snprintf(ret_hold->router, sizeof(ret_hold->router), "%s", router ? router : "");
	json_decref(object);
	return router && ret_hold->until_ns > 0;
}

/* ---- made for each attempt ---- */

static int add_attempt(json_t *object, const struct delivery *delivery)
{
	bool is_repeat = delivery->attempts > 1 || json_is_true(json_object_get(object, REPEAT));
	int failed = set_number(object, "attempt", delivery->attempts);

	failed |= json_object_set_new(object, REPEAT, json_boolean(is_repeat));
	failed |= set_number(object, "merged", delivery->merged);
	return failed;
}

/* Return: owned by the caller; NULL: this value is none of an environment. */
static char *value_of(const json_t *value)
{
	char *text = NULL;

	switch (json_typeof(value)) {
	case JSON_STRING:
		return strdup(json_string_value(value));
	case JSON_INTEGER:
		return asprintf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(value)) < 0
			       ? NULL
			       : text;
	case JSON_REAL:
		return asprintf(&text, "%.17g", json_real_value(value)) < 0 ? NULL : text;
	case JSON_TRUE:
		return strdup("1");
	case JSON_OBJECT:
	case JSON_ARRAY:
	case JSON_FALSE:
	case JSON_NULL:
		break;
	}
	return NULL;
}

static char *make_variable(const char *name, const char *value)
{
	char *text = NULL;

	if (asprintf(&text, PREFIX "%s=%s", name, value) < 0)
		return NULL;
	for (char *p = text; *p && *p != '='; p++)
		*p = (char)toupper((unsigned char)*p);
	return text;
}

/* All members that are one value; what is false or empty is not there, nor "merged" if none is. */
static int fill_env(json_t *object, struct message_run *run)
{
	const char *name;
	json_t *member;
	unsigned n = 0;

	json_object_foreach(object, name, member)
	{
		char *value = value_of(member);

		if (value && value[0] && n < MESSAGE_ENV_MAX &&
		    !(strcmp(name, "merged") == 0 && json_integer_value(member) == 0))
			run->env[n++] = make_variable(name, value);
		free(value);
		if (n && !run->env[n - 1])
			return -ENOMEM;
	}
	return 0;
}

/* ---- keepalived's ---- */

struct keepalived {
	const char *type, *name, *state;
	unsigned priority;
};

static const char *text_member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const char *keepalived_state(const json_t *object, unsigned word)
{
	bool active = strcmp(text_member(object, "state"), "active") == 0;

	switch (word) {
	case CONF_NOTIFY_ACTIVE:
		return "MASTER";
	case CONF_NOTIFY_BACKUP:
		return "BACKUP";
	case CONF_NOTIFY_FAULT:
		return "FAULT";
	case CONF_NOTIFY_STOP:
		return "STOP";
	case CONF_NOTIFY_DELETED:
		return "DELETED";
	case CONF_NOTIFY_LOWER_ADVERT:
		return "MASTER_RX_LOWER_PRI";
	case CONF_NOTIFY_PRIORITY:
		return active ? "MASTER_PRIORITY" : "BACKUP_PRIORITY";
	default:
		return NULL;
	}
}

/* Return: whether keepalived has words for it. */
static bool translate(const json_t *object, unsigned word, struct keepalived *ret)
{
	bool group = strcmp(text_member(object, "scope"), scopes[MESSAGE_GROUP]) == 0;

	*ret = (struct keepalived){
		.type = group ? "GROUP" : "INSTANCE",
		.name = text_member(object, group ? "group" : "router"),
		.state = keepalived_state(object, word),
		.priority = group ? 0
				  : (unsigned)json_integer_value(
					    json_object_get(object, "effective_priority")),
	};
	return ret->state && ret->name[0];
}

static int fill_words(const json_t *object, const struct delivery *delivery,
		      struct message_run *run)
{
	struct keepalived words;

	if (!translate(object, delivery->word, &words))
		return -EBADMSG;
	run->words[0] = strdup(words.type);
	run->words[1] = strdup(words.name);
	run->words[2] = strdup(words.state);
	if (asprintf(&run->words[3], "%u", words.priority) < 0)
		run->words[3] = NULL;
	return run->words[0] && run->words[1] && run->words[2] && run->words[3] ? 0 : -ENOMEM;
}

int message_run_make(const struct delivery *delivery, struct message_run *ret_run)
{
	json_t *object = json_loads(delivery->message, 0, NULL);
	int err = object ? 0 : -EBADMSG;

	*ret_run = (struct message_run){ 0 };
	if (err == 0 && add_attempt(object, delivery))
		err = -ENOMEM;
	if (err == 0 && delivery->conf->style == CONF_NOTIFY_KEEPALIVED)
		err = fill_words(object, delivery, ret_run);
	else if (err == 0)
		err = fill_env(object, ret_run);
	if (err == 0) {
		ret_run->text = json_dumps(object, 0);
		err = ret_run->text ? 0 : -ENOMEM;
	}
	json_decref(object);
	return err;
}

void message_run_free(struct message_run *run)
{
	for (unsigned i = 0; i < MESSAGE_ENV_MAX; i++)
		free(run->env[i]);
	for (unsigned i = 0; i < MESSAGE_WORDS_MAX; i++)
		free(run->words[i]);
	free(run->text);
	*run = (struct message_run){ 0 };
}

unsigned message_fifo_line(const struct delivery *delivery, char *buf, unsigned size)
{
	json_t *object = json_loads(delivery->message, 0, NULL);
	struct keepalived words;
	int len = 0;

	if (object && translate(object, delivery->word, &words))
		len = snprintf(buf, size, "%s \"%s\" %s %u\n", words.type, words.name, words.state,
			       words.priority);
	json_decref(object);
	return len > 0 && (unsigned)len < size ? (unsigned)len : 0;
}
