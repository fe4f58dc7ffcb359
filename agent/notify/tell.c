/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "about.h"
#include "notifier_private.h"

#define NS_PER_S INT64_C(1000000000)

/* Behind the last that is heard of a contest that was won: what the loser did is done by then. But
 * one that goes on puts nothing off for longer. */
#define AGAIN_NS        (2 * NS_PER_S)
#define AGAIN_LATEST_NS (30 * NS_PER_S)

/* ---- who is told ---- */

struct telling {
	struct notifier *notifier;
	const struct event *event;
	const struct book_news *news;
	const char *json;  /* of the event */
	struct hold *hold; /* of hooks: who waits for them */
	char key[BOOK_KEY_SIZE], incident[BOOK_INCIDENT_SIZE];
};

/* A family of its own has a lane of its own. */
static uint8_t lane_family(const struct book_news *news)
{
	const struct conf_router *router = news->router ? news->router->conf : NULL;

	return router && router->families == CONF_FAMILIES_APART ? (uint8_t)router->vrrp.family : 0;
}

static const char *lane_name(const struct book_news *news, enum message_scope scope)
{
	if (!news->router)
		return "";
	return scope == MESSAGE_GROUP ? news->router->conf->team->name : news->router->conf->name;
}

/* Entry and name of the lane. */
static void name_lane(const struct telling *telling, const struct conf_notify *conf,
		      enum message_scope scope, struct delivery *delivery)
{
	delivery->conf = conf;
	delivery->entry = conf->definition;
	delivery->family = lane_family(telling->news);
	delivery->of_group = scope == MESSAGE_GROUP;
	snprintf(delivery->router, sizeof(delivery->router), "%s", lane_name(telling->news, scope));
}

static struct delivery *make_delivery(const struct telling *telling, const struct conf_notify *conf,
				      enum message_scope scope)
{
	struct notifier *notifier = telling->notifier;
	const struct book_news *news = telling->news;
	struct delivery *delivery = calloc(1, sizeof(*delivery));

	if (!delivery)
		return NULL;
	*delivery = (struct delivery){
		.id = notifier->next_id++,
		.conf = conf,
		.word = news->word,
		.deliver = conf->deliver,
		.since_ns = telling->event->real_ns,
		.due_ns = news->is_again ? notifier->now_ns + AGAIN_NS : 0,
		.latest_ns = news->is_again ? notifier->now_ns + AGAIN_LATEST_NS : 0,
		.message = message_make(telling->json, news, scope, notifier->setting.conf->node,
					telling->key, telling->incident),
	};
	name_lane(telling, conf, scope, delivery);
	delivery->hold = telling->hold;
	delivery->until_ns = telling->hold ? telling->hold->until_ns : 0;
	if (!delivery->message || (notifier->rereads && message_mark(&delivery->message) < 0)) {
		free(delivery->message);
		free(delivery);
		return NULL;
	}
	delivery->about = about(delivery->message);
	return delivery;
}

bool notifier_is_earlier(const struct notifier *notifier, const struct event *event)
{
	return event->mono_ns < notifier->life_ns;
}

/* A page that was overwritten is one itself, for all who want each. */
static bool wants(const struct conf_notify *conf, const struct book_news *news, bool is_earlier)
{
	if (news->is_hook || conf->before)
		return news->is_hook && conf->before;
	if ((news->is_again || news->is_for_actions) && conf->deliver != CONF_NOTIFY_CURRENT)
		return false;
	if (is_earlier && conf->deliver == CONF_NOTIFY_CURRENT)
		return false;
	if (news->word == CONF_NOTIFY_LOST && conf->deliver == CONF_NOTIFY_ALL)
		return conf->style == CONF_NOTIFY_JSON; /* keepalived has no word for it */
	return conf->words & 1u << news->word;
}

/* A state that an entry is not told of ends what was true before all the same; unless another
 * entry, that is one action with it, is told of it. */
static void pass_over(const struct telling *telling, const struct conf_notify *conf,
		      enum message_scope scope)
{
	unsigned word = 1u << telling->news->word;
	struct delivery lane = { 0 };

	if (conf->deliver != CONF_NOTIFY_CURRENT || telling->news->is_again ||
	    !(word & CONF_NOTIFY_STATES) ||
	    (word & conf->lane_words & ~conf->words &&
	     !notifier_is_earlier(telling->notifier, telling->event)))
		return;
	name_lane(telling, conf, scope, &lane);
	queue_outdate(telling->notifier->queue, &lane);
}

/* Who is about to be told that it is Active is told later, and once. */
static bool put_off(const struct telling *telling, const struct conf_notify *conf,
		    enum message_scope scope)
{
	struct notifier *notifier = telling->notifier;
	struct delivery like = { .word = telling->news->word };

	if (!telling->news->is_again)
		return false;
	name_lane(telling, conf, scope, &like);
	return queue_put_off(notifier->queue, &like, notifier->now_ns + AGAIN_NS);
}

/* Who waits for one that is not run has none that has ended well. */
static void count_hook(struct hold *hold, const struct delivery *delivery)
{
	if (delivery)
		hold->pending++;
	else
		hold->failed = true;
}

static void tell_entry(const struct telling *telling, const struct conf_notify *conf,
		       enum message_scope scope)
{
	struct notifier *notifier = telling->notifier;
	const struct target *target = targets_find(notifier->targets, conf->definition);
	struct delivery *delivery;

	if (telling->event->mono_ns < target->since_ns)
		return;
	if (!wants(conf, telling->news, notifier_is_earlier(notifier, telling->event))) {
		pass_over(telling, conf, scope);
		return;
	}
	if (put_off(telling, conf, scope))
		return;
	delivery = make_delivery(telling, conf, scope);
	if (delivery && queue_add(notifier->queue, delivery) < 0) {
		free(delivery->message);
		free(delivery);
		delivery = NULL;
	}
	if (!delivery)
		notifier_tell_failure(notifier, -ENOMEM, "taking in an event",
				      "it is told to nobody");
	if (telling->hold)
		count_hook(telling->hold, delivery);
}

/* keepalived's FIFO has lines of groups among those of their routers. */
static bool is_of_groups(const struct conf_notify *conf, const struct book_news *news)
{
	const struct conf_group *team = news->router ? news->router->conf->team : NULL;

	return conf->style == CONF_NOTIFY_KEEPALIVED && team &&
	       1u << news->word & CONF_NOTIFY_STATES && book_is_for(news, NULL, team);
}

static void tell_host(const struct telling *telling)
{
	const struct conf *conf = telling->notifier->setting.conf;
	enum message_scope scope = telling->news->router ? MESSAGE_ROUTER : MESSAGE_HOST;

	for (unsigned i = 0; i < conf->notify_n; i++) {
		tell_entry(telling, &conf->notify[i], scope);
		if (is_of_groups(&conf->notify[i], telling->news))
			tell_entry(telling, &conf->notify[i], MESSAGE_GROUP);
	}
}

static void tell_list(const struct telling *telling, const struct conf_notify *all, unsigned n,
		      enum message_scope scope)
{
	for (unsigned i = 0; i < n; i++)
		tell_entry(telling, &all[i], scope);
}

static void tell_router(const struct telling *telling)
{
	const struct conf_router *router = telling->news->router->conf;
	const struct conf_group *team = router->team;

	tell_list(telling, router->notify, router->notify_n, MESSAGE_ROUTER);
	if (team && book_is_for(telling->news, NULL, team))
		tell_list(telling, team->notify, team->notify_n, MESSAGE_GROUP);
}

/* Of no router, but some may be concerned: they track that check, or lose what was overwritten. */
static void tell_concerned(const struct telling *telling)
{
	const struct conf *conf = telling->notifier->setting.conf;
	bool all = telling->news->word == CONF_NOTIFY_LOST;

	for (unsigned i = 0; i < conf->written_n; i++)
		if (conf->written[i].notify_n &&
		    (all || book_is_for(telling->news, &conf->written[i], NULL)))
			tell_list(telling, conf->written[i].notify, conf->written[i].notify_n,
				  MESSAGE_HOST);
	for (unsigned i = 0; i < conf->groups_n; i++)
		if (conf->groups[i].notify_n &&
		    (all || book_is_for(telling->news, NULL, &conf->groups[i])))
			tell_list(telling, conf->groups[i].notify, conf->groups[i].notify_n,
				  MESSAGE_HOST);
}

static void name_news(struct telling *telling)
{
	struct notifier *notifier = telling->notifier;
	const char *node = notifier->setting.conf->node;

	book_key(telling->news, node, telling->key);
	book_incident(notifier->book, telling->news, node, telling->event, telling->incident);
}

static void tell_all(struct telling *telling)
{
	const struct book_news *news = telling->news;

	name_news(telling);
	tell_host(telling);
	if (news->router)
		tell_router(telling);
	else if (news->check || news->word == CONF_NOTIFY_LOST)
		tell_concerned(telling);
}

/* As somebody would be told who asks for it. */
static struct event state_of(const struct book_router *router, uint8_t state,
			     const struct clocks *now)
{
	struct event event = event_of(EVENT_STATE_ASKED, router->conf->name,
				      router->conf->interface, router->conf->vrrp.family);

	event.state.to = state;
	event.state.priority = router->priority;
	event.mono_ns = now->mono_ns;
	event.real_ns = now->real_ns;
	event.level = (uint8_t)event_level(&event);
	return event;
}

/* The contest may have been heard by one of those with a fate, and has been of all: where another
 * one has been Active, all of its routers have been. */
static void tell_again(struct telling *telling, struct book_router *router)
{
	const struct event *heard = telling->event;
	const struct clocks at = { .mono_ns = heard->mono_ns, .real_ns = heard->real_ns };
	const struct book_news news = { .word = telling->news->word,
					.router = router,
					.is_again = true };
	struct telling own = {
		.notifier = telling->notifier, .event = heard, .news = &news, .json = telling->json
	};
	char json[EVENT_JSON_SIZE];
	struct event event;

	if (strcmp(router->conf->name, heard->router) != 0) {
		event = state_of(router, router->state, &at);
		event.seq = heard->seq;
		own.event = &event;
		own.json = event_json(&event, json);
	}
	tell_all(&own);
}

void notifier_tell_news(struct notifier *notifier, const struct event *event,
			const struct book_news *news, const char *json)
{
	struct telling telling = {
		.notifier = notifier, .event = event, .news = news, .json = json
	};
	const struct conf_router *conf = news->router ? news->router->conf : NULL;
	struct book_router *first = conf ? news->router - conf->unit_at : NULL;

	for (unsigned i = 0; news->is_again && i < (conf->unit_n ? conf->unit_n : 1); i++)
		if (first[i].leads && first[i].known && first[i].state == VRRP_STATE_ACTIVE)
			tell_again(&telling, &first[i]);
	if (!news->is_again)
		tell_all(&telling);
}

/* ---- hooks ---- */

/* The event is of one of those with a fate: to each it is as if it was its own. */
static void tell_hooks_of(struct telling *telling, const struct event *event,
			  struct book_router *router)
{
	const struct conf_router *conf = router->conf;
	struct event own = event_of(event->kind, conf->name, conf->interface, conf->vrrp.family);
	const struct book_news news = { .word = CONF_NOTIFY_DRAIN,
					.router = router,
					.is_hook = true };
	char json[EVENT_JSON_SIZE];

	own.seq = event->seq;
	own.mono_ns = event->mono_ns;
	own.real_ns = event->real_ns;
	own.level = event->level;
	own.fact = event->fact;
	telling->json = event_json(&own, json);
	telling->event = &own;
	telling->news = &news;
	name_news(telling);
	if (router->leads) {
		tell_host(telling);
		tell_list(telling, conf->notify, conf->notify_n, MESSAGE_ROUTER);
	}
	if (router == telling->hold->first && conf->team)
		tell_list(telling, conf->team->notify, conf->team->notify_n, MESSAGE_GROUP);
}

void notifier_tell_hooks(struct notifier *notifier, const struct event *event, struct hold *hold)
{
	struct telling telling = { .notifier = notifier, .hold = hold };
	unsigned n = hold->first->conf->unit_n ? hold->first->conf->unit_n : 1;

	for (unsigned i = 0; i < n; i++)
		tell_hooks_of(&telling, event, hold->first + i);
}

/* ---- of what is so already ---- */

static void tell_stop_of(struct notifier *notifier, const struct event *will,
			 struct book_router *router)
{
	const struct clocks at = { .mono_ns = will->mono_ns, .real_ns = will->real_ns };
	struct event event = state_of(router, VRRP_STATE_INITIALIZE, &at);
	struct book_news news[BOOK_NEWS_MAX];
	char json[EVENT_JSON_SIZE];

	event.seq = will->seq;
	if (book_read(notifier->book, &event, news) == 0)
		return;
	news[0].is_for_actions = true;
	notifier_tell_news(notifier, &event, &news[0], event_json(&event, json));
}

void notifier_tell_stops(struct notifier *notifier, const struct event *will)
{
	for (unsigned i = 0; i < book_count(notifier->book); i++) {
		struct book_router *router = book_at(notifier->book, i);

		if (!router->known || router->state == VRRP_STATE_INITIALIZE)
			continue;
		tell_stop_of(notifier, will, router);
		notifier_put_state(notifier, router);
	}
}

/* Of a router whose state is known: as if it was asked for. */
static void tell_state_of(struct telling *telling, struct book_router *router,
			  const struct target *target)
{
	struct notifier *notifier = telling->notifier;
	enum target_owner owner = target_owner(target, router->conf);
	struct clocks now = clocks_now();
	struct book_news news[BOOK_NEWS_MAX];
	char json[EVENT_JSON_SIZE];
	struct event event;

	if (!router->known || owner == TARGET_NONE)
		return;
	event = state_of(router, router->state, &now);
	router->known = false; /* so that it is news */
	if (book_read(notifier->book, &event, news) == 0 ||
	    (owner == TARGET_GROUP && !book_is_for(news, NULL, target->group)))
		return;
	telling->json = event_json(&event, json);
	telling->event = &event;
	telling->news = news;
	name_news(telling);
	tell_entry(telling, target->conf, owner == TARGET_GROUP ? MESSAGE_GROUP : MESSAGE_ROUTER);
}

/* A new action is taken for what is so already; a new page is not sent for it. */
void notifier_tell_new_entry(void *arg, const struct target *target)
{
	struct notifier *notifier = arg;
	struct telling telling = { .notifier = notifier };

	for (unsigned i = 0; i < book_count(notifier->book); i++)
		if (target->conf->deliver == CONF_NOTIFY_CURRENT)
			tell_state_of(&telling, book_at(notifier->book, i), target);
}
