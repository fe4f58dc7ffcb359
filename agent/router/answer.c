/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/records.h"
#include "answer_checks.h"
#include "answer_keys.h"
#include "answer_records.h"

#define CLOCK_STEP_NS INT64_C(1000000)
#define WORDS_MAX     3 /* the command, a number, a router */
#define SECONDS_MAX   (366 * 24 * 3600)
#define NS_PER_S      INT64_C(1000000000)
#define WHY_SIZE      512 /* of a text that lists commands or routers */

/* ---- the commands ---- */

/* One part of an answer. @put makes its next message, and returns whether it was the last. */
struct step {
	bool (*put)(const struct answer_facts *facts, struct answer *answer,
		    const struct clocks *now, struct answer_message *message);
	const struct records_kind *table; /* instead: of these records */
};

struct answer_command {
	const char *name;
	unsigned rights;          /* that are needed */
	bool takes_router;        /* its name may follow */
	bool takes_seconds;       /* and they stand in front of it; 0: without an end */
	bool takes_group;         /* the name may be a group's */
	bool takes_id;            /* the number of a delivery follows */
	const struct step *steps; /* end with one that has neither; NULL: answered elsewhere */
};

static bool put_host(const struct answer_facts *facts, struct answer *answer,
		     const struct clocks *now, struct answer_message *message);
static bool put_figures(const struct answer_facts *facts, struct answer *answer,
			const struct clocks *now, struct answer_message *message);
static bool put_configuration(const struct answer_facts *facts, struct answer *answer,
			      const struct clocks *now, struct answer_message *message);
static bool put_keys(const struct answer_facts *facts, struct answer *answer,
		     const struct clocks *now, struct answer_message *message);
static bool put_routers(const struct answer_facts *facts, struct answer *answer,
			const struct clocks *now, struct answer_message *message);
static bool put_addresses(const struct answer_facts *facts, struct answer *answer,
			  const struct clocks *now, struct answer_message *message);
static bool put_forgotten(const struct answer_facts *facts, struct answer *answer,
			  const struct clocks *now, struct answer_message *message);

static bool put_checks(const struct answer_facts *facts, struct answer *answer,
		       const struct clocks *now, struct answer_message *message);
static bool put_outputs(const struct answer_facts *facts, struct answer *answer,
			const struct clocks *now, struct answer_message *message);
static bool put_drained(const struct answer_facts *facts, struct answer *answer,
			const struct clocks *now, struct answer_message *message);
static bool put_asked(const struct answer_facts *facts, struct answer *answer,
		      const struct clocks *now, struct answer_message *message);

static const struct step show_steps[] = {
	{ .table = &answer_host_kind },
	{ .put = put_host },
	{ .table = &answer_router_kind },
	{ .table = &answer_address_kind },
	{ .table = &answer_conflict_kind },
	{ .table = &answer_peer_kind },
	{ .table = &answer_track_kind },
	{ .table = &answer_sender_kind },
	{ .table = &answer_route_kind },
	{ .table = &answer_check_kind },
	{ .put = put_addresses },
	{ .put = put_checks },
	{ 0 },
};

static const struct step checks_steps[] = {
	{ .table = &answer_check_kind },
	{ .table = &answer_output_kind },
	{ .put = put_outputs },
	{ 0 },
};

/* And who is what here, and what checks have found: what a change would cost. */
static const struct step configuration_steps[] = {
	{ .table = &answer_configuration_kind },
	{ .put = put_configuration },
	{ .table = &answer_router_kind },
	{ .put = put_routers },
	{ .table = &answer_check_kind },
	{ .put = put_checks },
	{ .table = &answer_key_kind },
	{ .put = put_keys },
	{ 0 },
};

/* And the figures themselves, for who asks to read. */
static const struct step metrics_steps[] = {
	{ .table = &answer_host_kind },
	{ .put = put_figures },
	{ .table = &answer_check_kind },
	{ .put = put_checks },
	{ 0 },
};

static const struct step forget_steps[] = {
	{ .table = &answer_forgotten_kind },
	{ .put = put_forgotten },
	{ 0 },
};

static const struct step drain_steps[] = {
	{ .table = &answer_drained_kind },
	{ .put = put_drained },
	{ 0 },
};

/* The notifier reads of it in the journal. */
static const struct step notify_steps[] = {
	{ .put = put_asked },
	{ 0 },
};

static const struct answer_command commands[] = {
	{ "show", ANSWER_READ, .takes_router = true, .takes_group = true, .steps = show_steps },
	{ "checks", ANSWER_READ, .steps = checks_steps },
	{ "metrics", ANSWER_READ, .steps = metrics_steps },
	/* It has passwords of version 2. */
	{ "configuration", ANSWER_CHANGE, .steps = configuration_steps },
	{ "reload", ANSWER_CHANGE, .steps = NULL },
	{ "forget", ANSWER_CHANGE, .takes_router = true, .takes_group = true,
	  .steps = forget_steps },
	{ "drain", ANSWER_CHANGE, .takes_router = true, .takes_seconds = true, .takes_group = true,
	  .steps = drain_steps },
	{ "resume", ANSWER_CHANGE, .takes_router = true, .takes_group = true,
	  .steps = drain_steps },
	{ "notify-retry", ANSWER_CHANGE, .takes_id = true, .steps = notify_steps },
	{ "notify-drop", ANSWER_CHANGE, .takes_id = true, .steps = notify_steps },
};

#define COMMANDS_N (sizeof(commands) / sizeof(commands[0]))

static const struct answer_command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS_N; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* "commands known here: show, ..." */
static const char *known_text(char *buf, size_t size)
{
	char *end = buf + size - 1;
	char *at = stpncpy(buf, "commands known here: ", size - 1);

	for (size_t i = 0; i < COMMANDS_N; i++) {
		at = stpncpy(at, i ? ", " : "", (size_t)(end - at));
		at = stpncpy(at, commands[i].name, (size_t)(end - at));
	}
	*at = '\0';
	return buf;
}

void answer_path(const char *given, char *buf, size_t size)
{
	char *here = given[0] == '/' ? NULL : getcwd(NULL, 0);
	int len = snprintf(buf, size, "%s%s%s", here ? here : "", here ? "/" : "", given);

	if (len < 0 || (size_t)len >= size)
		buf[0] = '\0';
	free(here);
}

/* ---- requests ---- */

/* What is wrong with the request ends the answer. */
static void refuse(struct answer *answer, int error, const char *why)
{
	answer->command = NULL;
	answer->error = error;
	answer->why = why;
}

/* Words, each with a zero at its end. Return: how many, or 0 when there are none or too many. */
static unsigned split(const char *text, size_t len, const char *words[WORDS_MAX])
{
	unsigned n = 0;

	if (len == 0 || text[len - 1] != '\0')
		return 0;
	for (size_t i = 0; i < len; i += strlen(text + i) + 1) {
		if (n == WORDS_MAX)
			return 0;
		words[n++] = text + i;
	}
	return n;
}

/* How long; without a number there is no end. Return: whether it is one. */
static bool take_seconds(struct answer *answer, const char *word)
{
	char *end;
	long long seconds = strtoll(word, &end, 10);

	if (*end || end == word || seconds < 0 || seconds > SECONDS_MAX)
		return false;
	answer->for_ns = seconds ? seconds * NS_PER_S : VRRP_NEVER;
	return true;
}

/* 0: all of them. */
static bool take_id(struct answer *answer, const char *word)
{
	char *end;

	if (strcmp(word, "all") == 0)
		return true;
	answer->id = strtoll(word, &end, 10);
	return !*end && end != word && answer->id > 0;
}

static void understand(struct answer *answer, const char *text, size_t len)
{
	const char *words[WORDS_MAX];
	unsigned n = split(text, len, words), at = 1;

	if (n == 0) {
		refuse(answer, EBADMSG, "vipd does not understand the request");
		return;
	}
	answer->command = find_command(words[0]);
	if (!answer->command)
		refuse(answer, ENOSYS, NULL);
	else if (answer->command->takes_seconds && (n < 2 || !take_seconds(answer, words[at++])))
		refuse(answer, EINVAL, "the command takes a number of seconds, at most 366 days");
	else if (answer->command->takes_id && (n < 2 || !take_id(answer, words[at++])))
		refuse(answer, EINVAL, "the command takes the number of a delivery, or all");
	else if (n > at + answer->command->takes_router)
		refuse(answer, EINVAL,
		       answer->command->takes_router ? "the command takes one router"
		       : answer->command->takes_id   ? "the command takes one delivery, or all"
						     : "the command takes no argument");
	else if (n > at && (!words[at][0] || strlen(words[at]) >= sizeof(answer->name)))
		refuse(answer, ENOENT, NULL);
	else if (n > at)
		strcpy(answer->name, words[at]);
}

void answer_begin(const void *request, size_t len, unsigned rights,
		  const struct journal_asker *asker, struct answer *ret_answer)
{
	const char *text = (const char *)request + sizeof(struct control_request);
	struct control_request head;

	memcpy(&head, request, sizeof(head));
	*ret_answer = (struct answer){ .asker = *asker };
	/* Of all versions. */
	if (head.command == CONTROL_RELOAD)
		ret_answer->command = find_command("reload");
	else if (head.version < CONTROL_VERSION)
		refuse(ret_answer, EPROTO,
		       "vipd is newer than its client: use the vipctl that came with it");
	else if (head.command == CONTROL_WORDS)
		understand(ret_answer, text, len - sizeof(head));
	else
		refuse(ret_answer, ENOSYS, NULL);
	if (ret_answer->command && (ret_answer->command->rights & ~rights))
		refuse(ret_answer, EACCES,
		       "this user may not do that: it takes root, or control_group of the "
		       "configuration");
}

bool answer_is_reload(const struct answer *answer)
{
	return answer->command && !answer->command->steps;
}

/* ---- messages ---- */

void answer_end(int error, const char *why, struct answer_message *ret_message)
{
	ret_message->attached_fd = -1;
	ret_message->len =
		records_put_end(error, why, ret_message->bytes, sizeof(ret_message->bytes));
}

static bool put_host(const struct answer_facts *facts, struct answer *answer,
		     const struct clocks *now, struct answer_message *message)
{
	(void)answer;
	answer_put_host(facts, now, message);
	return true;
}

static bool put_figures(const struct answer_facts *facts, struct answer *answer,
			const struct clocks *now, struct answer_message *message)
{
	(void)answer;
	answer_put_host(facts, now, message);
	message->attached_fd = facts->figures_fd;
	return true;
}

static bool put_configuration(const struct answer_facts *facts, struct answer *answer,
			      const struct clocks *now, struct answer_message *message)
{
	(void)answer;
	(void)now;
	answer_put_configuration(facts, message);
	return true;
}

/* The next router; the end, and what it says, behind the last one. */
static bool next_router(const struct answer_facts *facts, struct answer *answer)
{
	answer->router++;
	answer->address = answer->route = 0;
	answer->inside = answer->peers_told = answer->senders_told = false;
	answer->tracks_told = answer->conflicts_told = false;
	if (answer->router < routers_count(facts->routers))
		return false;
	if (answer->name[0] && !answer->found)
		answer->error = ENOENT;
	return true;
}

static bool is_named(const struct answer *answer, const struct conf_router *conf)
{
	if (!answer->name[0] || strcmp(conf->name, answer->name) == 0)
		return true;
	return answer->command->takes_group && conf->team &&
	       strcmp(conf->team->name, answer->name) == 0;
}

/* Whether a router is asked about. */
static bool is_meant(const struct answer *answer, const struct router *router)
{
	return is_named(answer, router->conf);
}

/* Whether it is, or one with its fate: what is done to that is done to it. */
static bool is_concerned(const struct answer *answer, const struct router *router)
{
	const struct conf_router *first = router->conf - router->conf->unit_at;
	unsigned n = router->conf->unit_n ? router->conf->unit_n : 1;

	for (unsigned i = 0; i < n; i++)
		if (is_named(answer, &first[i]))
			return true;
	return false;
}

static bool put_routers(const struct answer_facts *facts, struct answer *answer,
			const struct clocks *now, struct answer_message *message)
{
	answer_put_router(facts, routers_get(facts->routers, answer->router), now, message);
	return next_router(facts, answer);
}

/* Files of keys are root's, and so are the prints of what was in them. */
static bool put_keys(const struct answer_facts *facts, struct answer *answer,
		     const struct clocks *now, struct answer_message *message)
{
	(void)now;
	if (answer->asker.uid != 0)
		return true;
	answer_put_keys(facts, answer->keys_of, message);
	return ++answer->keys_of == routers_count(facts->routers);
}

/* Each router that is asked about, and behind it its addresses, routes, peers and conflicts. */
static bool put_addresses(const struct answer_facts *facts, struct answer *answer,
			  const struct clocks *now, struct answer_message *message)
{
	const struct router *router = routers_get(facts->routers, answer->router);
	unsigned addresses_n = router->conf->addresses_n + router->conf->extra_n;
	unsigned routes_n = router->conf->routes_n + router->conf->rules_n;

	if (!is_meant(answer, router))
		return next_router(facts, answer);
	if (!answer->inside) {
		answer_put_router(facts, router, now, message);
	} else if (answer->address < addresses_n) {
		answer->address += answer_put_addresses(facts, router, answer->address, message);
	} else if (answer->route < routes_n) {
		answer->route += answer_put_routes(facts, router, answer->route, message);
	} else if (!answer->peers_told) {
		answer_put_peers(router, message);
		answer->peers_told = true;
	} else if (!answer->senders_told) {
		answer_put_senders(router, now, message);
		answer->senders_told = true;
	} else if (!answer->tracks_told) {
		answer_put_tracks(facts, router, message);
		answer->tracks_told = true;
	} else {
		answer_put_conflicts(facts, answer->router, now, message);
		answer->conflicts_told = true;
	}
	answer->inside = answer->found = true;
	return answer->conflicts_told && next_router(facts, answer);
}

/* All of them, whatever router is asked about: they are nobody's. */
static bool put_checks(const struct answer_facts *facts, struct answer *answer,
		       const struct clocks *now, struct answer_message *message)
{
	unsigned n = routers_facts(facts->routers)->n;

	(void)now;
	if (answer->check < n)
		answer->check += answer_put_checks(facts, answer->check, n, message);
	return answer->check >= n;
}

/* Each check, and behind it its output. */
static bool put_outputs(const struct answer_facts *facts, struct answer *answer,
			const struct clocks *now, struct answer_message *message)
{
	unsigned n = routers_facts(facts->routers)->n;

	(void)now;
	if (answer->check == n)
		return true;
	if (!answer->inside) {
		(void)answer_put_checks(facts, answer->check, answer->check + 1, message);
	} else {
		answer_put_output(facts, answer->check, message);
		answer->check++;
	}
	answer->inside = !answer->inside;
	return answer->check == n;
}

/* Each router that is asked about is told, and in the message behind it what it has forgotten. */
static bool put_forgotten(const struct answer_facts *facts, struct answer *answer,
			  const struct clocks *now, struct answer_message *message)
{
	const struct router *router = routers_get(facts->routers, answer->router);

	if (!is_meant(answer, router))
		return next_router(facts, answer);
	if (!answer->inside) {
		routers_forget(facts->routers, answer->router, now, &answer->asker,
			       &answer->forgotten);
		answer->inside = answer->found = true;
		return false;
	}
	answer_put_forgotten(router, &answer->forgotten, now, message);
	return next_router(facts, answer);
}

static int64_t until(int64_t for_ns, const struct clocks *now)
{
	return for_ns && for_ns != VRRP_NEVER ? now->mono_ns + for_ns : for_ns;
}

/* What shares its fate is asked, too, and has done it by then: the first of them knows how it was.
 */
static void drain_one(const struct answer_facts *facts, struct answer *answer,
		      const struct router *router, const struct clocks *now)
{
	bool was_drained = answer->drained.was_drained;

	routers_drain(facts->routers, answer->router, answer->until_ns, now, &answer->asker,
		      &answer->drained);
	if (router->conf->unit_at)
		answer->drained.was_drained = was_drained;
}

/* As put_forgotten(). */
static bool put_drained(const struct answer_facts *facts, struct answer *answer,
			const struct clocks *now, struct answer_message *message)
{
	const struct router *router = routers_get(facts->routers, answer->router);

	if (!is_concerned(answer, router))
		return next_router(facts, answer);
	if (!answer->until_ns)
		answer->until_ns = until(answer->for_ns, now);
	if (!answer->inside) {
		drain_one(facts, answer, router, now);
		answer->inside = answer->found = true;
		return false;
	}
	answer_put_drained(facts, router, &answer->drained, message);
	return next_router(facts, answer);
}

/* Once: it makes no message. */
static bool put_asked(const struct answer_facts *facts, struct answer *answer,
		      const struct clocks *now, struct answer_message *message)
{
	bool retry = strcmp(answer->command->name, "notify-retry") == 0;

	(void)message;
	if (!conf_needs_notifier(facts->conf)) {
		answer->error = ENOTSUP;
		answer->why = "no notifier runs: nobody is configured to be told of events";
		return true;
	}
	routers_ask_notify(facts->routers, retry ? EVENT_NOTIFY_RETRY : EVENT_NOTIFY_DROP,
			   answer->id, now, &answer->asker);
	return true;
}

/* Puts one more name behind those before it. Return: whether there was room; if not there are dots.
 */
static bool put_name(char **at, const char *end, const char *name, bool first)
{
	if (strlen(name) + strlen(", ") > (size_t)(end - *at)) {
		strcpy(*at, first ? "..." : ", ...");
		return false;
	}
	*at = stpcpy(stpcpy(*at, first ? "" : ", "), name);
	return true;
}

/* "there is no router of that name; there are: lan, wan": as many names as there is room for, and
 * if they may be asked about the groups: "; groups: gateway". */
static const char *names_text(const struct answer_facts *facts, const struct answer *answer,
			      char *buf, size_t size)
{
	bool groups = answer->command && answer->command->takes_group && facts->conf->groups_n;
	const char *last = "";
	char *at = stpcpy(buf, "there is no router of that name; there are: ");
	char *end = buf + size - sizeof(", ...");

	for (unsigned i = 0; i < routers_count(facts->routers); i++) {
		const char *name = routers_get(facts->routers, i)->conf->name;

		if (strcmp(name, last) == 0) /* of another family */
			continue;
		if (!put_name(&at, end, name, !last[0]))
			return buf;
		last = name;
	}
	if (!groups || strlen("; groups: ") > (size_t)(end - at))
		return buf;
	at = stpcpy(at, "; groups: ");
	for (unsigned i = 0; i < facts->conf->groups_n; i++)
		if (!put_name(&at, end, facts->conf->groups[i].name, i == 0))
			break;
	return buf;
}

/* Why the answer ends as it does: some reasons list what there is instead. */
static const char *why_text(const struct answer_facts *facts, const struct answer *answer,
			    char *buf, size_t size)
{
	if (answer->error == ENOSYS)
		return known_text(buf, size);
	if (answer->error == ENOENT && !answer->why)
		return names_text(facts, answer, buf, size);
	return answer->why;
}

/* The same moment is always the same text: only a step of the wall clock shows. */
static void place_wall_clock(struct answer_facts *facts, const struct clocks *now)
{
	int64_t offset_ns = now->real_ns - now->mono_ns;

	if (llabs(offset_ns - facts->real_offset_ns) > CLOCK_STEP_NS)
		facts->real_offset_ns = offset_ns;
}

bool answer_next(struct answer_facts *facts, struct answer *answer, const struct clocks *now,
		 struct answer_message *ret_message)
{
	static const struct step none = { 0 };
	const struct step *step = answer->command ? &answer->command->steps[answer->step] : &none;
	char why[WHY_SIZE];

	if (answer->ended)
		return false;
	place_wall_clock(facts, now);
	ret_message->len = 0;
	ret_message->attached_fd = -1;
	if (step->put) {
		answer->step += step->put(facts, answer, now, ret_message);
	} else if (step->table) {
		ret_message->len = records_put_table(step->table, ret_message->bytes,
						     sizeof(ret_message->bytes));
		answer->step++;
	} else {
		answer_end(answer->error, why_text(facts, answer, why, sizeof(why)), ret_message);
		answer->ended = true;
	}
	return true;
}
