/* SPDX-License-Identifier: MIT */
#include "book.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/event_log.h"

#define NS_PER_S INT64_C(1000000000)

struct book {
	unsigned n;
	struct book_router *routers;
	struct book_router **sorted;   /* by name and family */
	struct event_log *episodes;    /* owned: which contests have been told of */
	int64_t host_ns, host_last_ns; /* as a router's incident, of what is of none */
};

static int compare(const char *name, unsigned family, const struct book_router *router)
{
	int order = strcmp(name, router->conf->name);

	return order ? order : (int)family - router->conf->vrrp.family;
}

static int cmp_routers(const void *a, const void *b)
{
	const struct book_router *router = *(const struct book_router *const *)a;

	return compare(router->conf->name, router->conf->vrrp.family,
		       *(const struct book_router *const *)b);
}

/* Families of one fate follow each other. */
static bool does_lead(const struct conf *conf, unsigned i)
{
	return i == 0 || conf->routers[i].families == CONF_FAMILIES_APART ||
	       strcmp(conf->routers[i].name, conf->routers[i - 1].name) != 0;
}

struct book *book_new(const struct conf *conf)
{
	struct book *book = calloc(1, sizeof(*book));

	if (!book)
		return NULL;
	book->n = conf->routers_n;
	book->routers = calloc(book->n + 1, sizeof(*book->routers));
	book->sorted = calloc(book->n + 1, sizeof(*book->sorted));
	book->episodes = event_log_new();
	if (!book->routers || !book->sorted || !book->episodes) {
		book_free(book);
		return NULL;
	}
	for (unsigned i = 0; i < book->n; i++) {
		book->routers[i].conf = &conf->routers[i];
		book->routers[i].leads = does_lead(conf, i);
		book->sorted[i] = &book->routers[i];
	}
	qsort(book->sorted, book->n, sizeof(*book->sorted), cmp_routers);
	return book;
}

void book_free(struct book *book)
{
	if (!book)
		return;
	for (unsigned i = 0; i < book->n && book->routers; i++)
		free(book->routers[i].parts);
	free(book->routers);
	free(book->sorted);
	event_log_free(book->episodes);
	free(book);
}

struct book_router *book_find(struct book *book, const char *name, unsigned family)
{
	unsigned low = 0, high = book->n, middle;
	int order;

	while (low < high) {
		middle = (low + high) / 2;
		order = compare(name, family, book->sorted[middle]);
		if (order == 0)
			return book->sorted[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

void book_begin_life(struct book *book)
{
	for (unsigned i = 0; i < book->n; i++)
		book->routers[i].known = false;
	for (unsigned i = 0; i < book->n; i++)
		book->routers[i].parts_n = 0;
}

struct book_router *book_at(struct book *book, unsigned i)
{
	return &book->routers[i];
}

unsigned book_count(const struct book *book)
{
	return book->n;
}

/* ---- what a priority is made of ---- */

/* Return: NULL: there is no room, and it will not come to the sum. */
static struct book_part *find_part(struct book_router *router, const char *name)
{
	struct book_part *part = router->parts;

	for (unsigned i = 0; i < router->parts_n; i++, part++)
		if (strcmp(part->name, name) == 0)
			return part;
	if (router->parts_n == BOOK_PARTS_MAX)
		return NULL;
	part = realloc(router->parts, (router->parts_n + 1) * sizeof(*part));
	if (!part)
		return NULL;
	router->parts = part;
	part += router->parts_n++;
	*part = (struct book_part){ 0 };
	snprintf(part->name, sizeof(part->name), "%s", name);
	return part;
}

/* A weight above zero counts while it is up. */
static void read_part(struct book *book, const struct event *event)
{
	const struct event_track *track = &event->track;
	struct book_router *router;
	struct book_part *part;

	if (event->kind != EVENT_TRACK)
		return;
	router = book_find(book, event->router, event->family);
	part = router ? find_part(router, track->check[0] ? track->check : track->interface) : NULL;
	if (part)
		part->adds =
			(track->weight > 0) == (track->down == EVENT_TRACK_UP) ? track->weight : 0;
}

/* Of @n routers. Return: as book_parts(). */
static int collect_parts(const struct book_router *first, unsigned n, unsigned priority,
			 const struct book_part **ret_parts)
{
	int sum = first->conf->vrrp.priority, found = 0;

	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < first[i].parts_n; k++) {
			const struct book_part *part = &first[i].parts[k];

			if (part->adds && found == BOOK_PARTS_MAX)
				return -1;
			if (part->adds)
				ret_parts[found++] = part;
			sum += part->adds;
		}
	return sum == (int)priority ? found : -1;
}

int book_parts(const struct book_router *router, const struct book_part **ret_parts)
{
	unsigned n = router->conf->unit_n ? router->conf->unit_n : 1;
	int own = collect_parts(router, 1, router->priority, ret_parts);

	return own < 0 ? collect_parts(router - router->conf->unit_at, n, router->priority,
				       ret_parts)
		       : own;
}

/* ---- events ---- */

/* What is to be told, of which kinds of events; of states see below. */
static const uint8_t words[] = {
	[EVENT_WITHDRAWN] = 1 + CONF_NOTIFY_DELETED,
	[EVENT_TRACK] = 1 + CONF_NOTIFY_PRIORITY,
	[EVENT_RESORT] = 1 + CONF_NOTIFY_PRIORITY,
	[EVENT_CONFLICT] = 1 + CONF_NOTIFY_CONFLICT,
	[EVENT_SUSPICION] = 1 + CONF_NOTIFY_CONFLICT,
	[EVENT_MUTE] = 1 + CONF_NOTIFY_DEAF,
	[EVENT_SPEAKS] = 1 + CONF_NOTIFY_DEAF,
	[EVENT_DEAF] = 1 + CONF_NOTIFY_DEAF,
	[EVENT_HEARS] = 1 + CONF_NOTIFY_DEAF,
	[EVENT_DRAIN] = 1 + CONF_NOTIFY_DRAIN,
	[EVENT_DRAINED] = 1 + CONF_NOTIFY_DRAIN,
	[EVENT_LEAVE] = 1 + CONF_NOTIFY_DRAIN, /* what hooks did may have to be undone */
	[EVENT_CHECK] = 1 + CONF_NOTIFY_CHECK,
	[EVENT_PROCESS_LOST] = 1 + CONF_NOTIFY_LAST_WILL,
	[EVENT_LAST_WILL] = 1 + CONF_NOTIFY_LAST_WILL,
	[EVENT_JOURNAL_LOST] = 1 + CONF_NOTIFY_LOST,
};

static const uint8_t notices[VRRP_NOTICE_COUNT] = {
	[VRRP_NOTICE_OWNER] = 1 + CONF_NOTIFY_CONFLICT,
	[VRRP_NOTICE_EQUAL_PRIORITY] = 1 + CONF_NOTIFY_CONFLICT,
	[VRRP_NOTICE_ADDRESS_TAKEN] = 1 + CONF_NOTIFY_CONFLICT,
	[VRRP_NOTICE_OTHER_ACTIVE] = 1 + CONF_NOTIFY_LOWER_ADVERT,
	[VRRP_NOTICE_NOT_HEARD] = 1 + CONF_NOTIFY_LOWER_ADVERT,
};

static const uint8_t addresses[EVENT_ADDRESS_COUNT] = {
	[EVENT_ADDRESS_FOREIGN] = 1 + CONF_NOTIFY_CONFLICT,
	[EVENT_ADDRESS_ABANDONED] = 1 + CONF_NOTIFY_CONFLICT,
	[EVENT_ADDRESS_DOUBLE] = 1 + CONF_NOTIFY_CONFLICT,
	[EVENT_ADDRESS_FAILED] = 1 + CONF_NOTIFY_CONFLICT,
	[EVENT_ADDRESS_TWIN] = 1 + CONF_NOTIFY_CONFLICT,
};

/* Return: a word and 1, or 0. */
static unsigned word_of(const struct event *event)
{
	switch (event->kind) {
	case EVENT_NOTICE:
		return event->packet.which < VRRP_NOTICE_COUNT ? notices[event->packet.which] : 0;
	case EVENT_ADDRESS:
		return event->address.news < EVENT_ADDRESS_COUNT ? addresses[event->address.news]
								 : 0;
	case EVENT_RELOAD:
		return event->fact.word == EVENT_RELOAD_STARTED ? 0 : 1 + CONF_NOTIFY_RELOAD;
	default:
		return event->kind < sizeof(words) ? words[event->kind] : 0;
	}
}

static bool is_state(const struct event *event)
{
	return event->kind == EVENT_STATE || event->kind == EVENT_STATE_NOW ||
	       event->kind == EVENT_STATE_ASKED;
}

/* As who is told of it has it. */
static const uint8_t word_of_state[VRRP_STATE_COUNT] = {
	[VRRP_STATE_INITIALIZE] = CONF_NOTIFY_STOP,
	[VRRP_STATE_BACKUP] = CONF_NOTIFY_BACKUP,
	[VRRP_STATE_ACTIVE] = CONF_NOTIFY_ACTIVE,
	[VRRP_STATE_FAULT] = CONF_NOTIFY_FAULT,
};

/* A peer says the same with each advert: that is told once, and again after a minute without. */
static bool is_of_contest(const struct event *event)
{
	return event->kind == EVENT_NOTICE || event->kind == EVENT_CONFLICT;
}

/* Of a Backup the same priority as that of its Active is a matter of the configuration. */
static bool is_no_conflict(const struct event *event, const struct book_router *router)
{
	return event->kind == EVENT_NOTICE && event->packet.which == VRRP_NOTICE_EQUAL_PRIORITY &&
	       router && router->known && router->state != VRRP_STATE_ACTIVE;
}

void book_recall(struct book *book, const struct event *event)
{
	read_part(book, event);
	if (is_of_contest(event))
		(void)event_log_begins(book->episodes, event);
}

/* Whether it is in that state for another reason, at most. What begins anew is news all the same.
 */
static bool is_told(const struct book_router *router, const struct event *event, unsigned to)
{
	return router->known ? router->state == to
			     : event->kind == EVENT_STATE && event->state.from == to;
}

static unsigned read_state(struct book_router *router, const struct event *event,
			   struct book_news *ret_news)
{
	uint8_t to = event->state.to < VRRP_STATE_COUNT ? event->state.to : VRRP_STATE_INITIALIZE;
	bool changes = event->kind == EVENT_STATE && event->state.from != event->state.to;
	bool begins = changes && event->state.from == VRRP_STATE_INITIALIZE;
	bool same = is_told(router, event, to) && !begins;
	unsigned n = 0;

	router->known = true;
	router->withdrawn = false;
	router->state = to;
	router->priority = event->state.priority;
	/* That it is deleted comes next. */
	if (!router->leads || same || (event->state.removed && to == VRRP_STATE_INITIALIZE))
		return 0;
	if (begins)
		ret_news[n++] = (struct book_news){ .word = CONF_NOTIFY_START, .router = router };
	ret_news[n++] = (struct book_news){ .word = word_of_state[to], .router = router };
	return n;
}

unsigned book_read(struct book *book, const struct event *event, struct book_news *ret_news)
{
	struct book_router *router =
		event->router[0] ? book_find(book, event->router, event->family) : NULL;
	unsigned word = word_of(event), n = 0;
	bool again;

	read_part(book, event);
	if (is_state(event))
		return router ? read_state(router, event, ret_news) : 0;
	if (router && event->kind == EVENT_TRACK)
		router->priority = event->track.to;
	if (router && event->kind == EVENT_WITHDRAWN)
		router->withdrawn = true;
	if (!word || (event->router[0] && !router) || is_no_conflict(event, router))
		return 0;
	again = is_of_contest(event) && !event_log_begins(book->episodes, event);
	if (!again)
		ret_news[n++] = (struct book_news){
			.word = (uint8_t)(word - 1),
			.router = router,
			.check = event->kind == EVENT_CHECK ? event->check.name : NULL,
		};
	if (word - 1 == CONF_NOTIFY_LOWER_ADVERT && router && router->known &&
	    router->state == VRRP_STATE_ACTIVE)
		ret_news[n++] = (struct book_news){ .word = CONF_NOTIFY_ACTIVE,
						    .router = router,
						    .is_again = true };
	return n;
}

/* The one that tells the states of a router. */
static struct book_router *find_leader(struct book *book, const char *name, unsigned family)
{
	struct book_router *router = book_find(book, name, family ? family : 4);

	if (!family && (!router || !router->leads))
		router = book_find(book, name, 6);
	return router;
}

bool book_is_true(struct book *book, const struct conf_group *group, const char *name,
		  unsigned family, unsigned word)
{
	struct book_router *router =
		find_leader(book, group ? group->routers[0].router : name, family);

	if (!router || router->withdrawn)
		return word == CONF_NOTIFY_STOP || word == CONF_NOTIFY_DELETED;
	return !router->known || word_of_state[router->state] == word;
}

/* Return: until when, as in struct book_router; -1: the event says nothing about it. */
static int64_t drained_until(const struct event *event)
{
	unsigned what = event->fact.word;

	if (event->kind == EVENT_WITHDRAWN)
		return 0;
	if (event->kind == EVENT_DRAINED)
		return what == EVENT_DRAIN_OVER || what == EVENT_DRAIN_VOID ? 0 : -1;
	if (event->kind != EVENT_DRAIN)
		return -1;
	if (what != EVENT_DRAIN_BEGINS)
		return 0;
	return event->fact.number[0] ? event->real_ns + event->fact.number[0] * NS_PER_S
				     : INT64_MAX;
}

bool book_read_drain(struct book *book, const struct event *event)
{
	struct book_router *router =
		event->router[0] ? book_find(book, event->router, event->family) : NULL;
	int64_t until_ns = drained_until(event);
	struct book_router *first = router;
	bool changed = false;
	unsigned n = 1;

	if (!router || until_ns < 0)
		return false;
	/* One that is withdrawn leaves the others as they are. */
	if (event->kind != EVENT_WITHDRAWN) {
		first -= router->conf->unit_at;
		n = router->conf->unit_n ? router->conf->unit_n : 1;
	}
	for (unsigned i = 0; i < n; i++) {
		changed |= first[i].drained_ns != until_ns;
		first[i].drained_ns = until_ns;
	}
	return changed;
}

/* ---- for whom ---- */

static bool tracks(const struct conf_track *tracks, unsigned n, const char *check)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(tracks[i].check, check) == 0)
			return true;
	return false;
}

static bool is_for_group(const struct book_news *news, const struct conf_group *group)
{
	const struct book_router *router = news->router;

	if (news->check)
		return tracks(group->tracks, group->tracks_n, news->check);
	if (!router || router->conf->team != group)
		return false;
	return !(1u << news->word & (CONF_NOTIFY_STATES | 1u << CONF_NOTIFY_START)) ||
	       strcmp(router->conf->name, group->routers[0].router) == 0;
}

bool book_is_for(const struct book_news *news, const struct conf_router *router,
		 const struct conf_group *group)
{
	if (group)
		return is_for_group(news, group);
	if (!router)
		return true;
	if (news->check)
		return tracks(router->tracks, router->tracks_n, news->check);
	return news->router && strcmp(news->router->conf->name, router->name) == 0;
}

/* ---- names ---- */

const char *book_key(const struct book_news *news, const char *node, char *buf)
{
	char address[INET6_ADDRSTRLEN] = "";
	const struct conf_router *router = news->router ? news->router->conf : NULL;

	if (!router) {
		snprintf(buf, BOOK_KEY_SIZE, "host/%s", node);
		return buf;
	}
	if (router->addresses_n)
		(void)inet_ntop(router->vrrp.family == 4 ? AF_INET : AF_INET6,
				router->addresses[0].bytes, address, sizeof(address));
	snprintf(buf, BOOK_KEY_SIZE, "%u/%u/%s", router->vrrp.vrid, router->vrrp.family,
		 address[0] ? address : router->name);
	return buf;
}

/* The one whose incidents are those of all with its fate. */
static struct book_router *first_of(struct book_router *router)
{
	return router ? router - router->conf->unit_at : NULL;
}

/* Who takes over does so because of what was before: since the last advert it has heard the other
 * host knows, too. */
static int64_t began_at(const struct event *event)
{
	int64_t silence_ns =
		event->kind == EVENT_STATE && event->state.reason == VRRP_REASON_SILENCE
			? event->state.reason_ns
			: 0;

	return event->real_ns - (silence_ns < BOOK_QUIET_NS ? silence_ns : 0);
}

/* Return: when the burst that it belongs to began. */
static int64_t take_into_burst(struct book *book, struct book_router *first,
			       const struct event *event)
{
	int64_t *began_ns = first ? &first->incident_ns : &book->host_ns;
	int64_t *last_ns = first ? &first->last_ns : &book->host_last_ns;

	if (event->real_ns - *last_ns > BOOK_QUIET_NS || event->real_ns < *began_ns)
		*began_ns = began_at(event);
	*last_ns = event->real_ns;
	return *began_ns;
}

const char *book_incident(struct book *book, const struct book_news *news, const char *node,
			  const struct event *event, char *buf)
{
	const struct book_news of = { .router = first_of(news->router) };
	int64_t began_ns = take_into_burst(book, of.router, event);
	time_t seconds = (time_t)(began_ns / NS_PER_S);
	char key[BOOK_KEY_SIZE];
	struct tm utc;
	size_t len;

	len = (size_t)snprintf(buf, BOOK_INCIDENT_SIZE, "%s@", book_key(&of, node, key));
	gmtime_r(&seconds, &utc);
	(void)strftime(buf + len, BOOK_INCIDENT_SIZE - len, "%Y-%m-%dT%H:%MZ", &utc);
	return buf;
}
