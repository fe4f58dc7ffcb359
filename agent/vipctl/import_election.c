/* SPDX-License-Identifier: MIT */
#include "import_election.h"

#include <string.h>

#include "import_word.h"

#define US_PER_S       INT64_C(1000000)
#define US_PER_CS      INT64_C(10000)
#define INTERVAL_MAX_S 255
#define OWNER          255

/* A keyword of global_defs is judged by the first instance that takes it. */
static void judge_once(struct import *import, struct keepalived_node *node, enum verdict verdict,
		       const char *text)
{
	if (!node->judged)
		import_judge(import, node, verdict, text ? "%s" : NULL, text);
}

static bool is_master(const struct subject *instance)
{
	const struct keepalived_node *state = instance->said[KEYWORD_STATE];

	return state && strcmp(import_value(state), "MASTER") == 0;
}

/* ---- version ---- */

static void put_version(struct import *import, struct router *router)
{
	struct keepalived_node *own = router->instance->said[KEYWORD_VERSION];
	struct keepalived_node *node = import_said(import, router->instance, KEYWORD_VERSION);
	long version = 2;

	if (node && !import_number(import, node, 2, 3, 2, &version))
		return;
	router->version = router->family == 6 ? 3 : (unsigned)version;
	if (router->family == 6 && version == 2 && own)
		import_judge(import, own, VERDICT_DROPPED,
			     "IPv6 has version 3 alone, in keepalived, too");
	else if (node && (router->family == 4 || version == 3))
		judge_once(import, node, VERDICT_MAPPED, NULL);
	if (node && router->version == (unsigned)version)
		setting_add(import->arena, router->setting, "version", SETTING_VALUE,
			    router->version == 2 ? "2" : "3", &node->origin);
	else
		import_preset(import, router->setting, "version", SETTING_VALUE,
			      router->version == 2 ? "2" : "3", &router->instance->node->origin,
			      router->family == 6 ? "of IPv6" : "keepalived's default");
}

/* ---- priority ---- */

long import_priority(const struct subject *instance)
{
	const struct keepalived_node *node = instance->said[KEYWORD_PRIORITY];
	long priority = 0;

	if (!node)
		return is_master(instance) ? 0 : 100;
	return import_is_number(import_value(node), 1, OWNER, &priority) ? priority : 0;
}

/* Of a group's members the first one's. */
static const struct subject *first_member(const struct import *import, const struct router *router)
{
	const struct keepalived_node *members =
		router->group ? router->group->said[KEYWORD_MEMBERS] : NULL;

	for (; members; members = members->again)
		if (members->first) {
			const struct subject *found =
				import_find(&import->instances, members->first->words[0]);

			return found ? found : router->instance;
		}
	return router->instance;
}

static void put_priority(struct import *import, struct router *router)
{
	struct keepalived_node *node = router->instance->said[KEYWORD_PRIORITY];
	const struct subject *first = first_member(import, router);
	long own, priority = import_priority(first);
	const struct origin *origin = node ? &node->origin : &(struct origin){ 0 };
	struct setting *setting;

	if (!import_number(import, node, 1, OWNER, 100, &own))
		return;
	router->owner = priority == OWNER;
	setting = setting_add(
		import->arena, router->setting, "priority",
		router->owner ? SETTING_TEXT : SETTING_VALUE,
		router->owner ? "owner"
			      : arena_print(import->arena, "%ld", priority ? priority : 100),
		origin);
	if (!node)
		setting->note = "keepalived's default";
	if (own != priority && priority)
		import_judge(
			import, node ? node : router->instance->node, VERDICT_CHANGED,
			"priority %ld becomes %ld, that of \"%s\": the members of a group have "
			"one, since it is Active in all of them or in none; do so on all hosts",
			own, priority, first->name);
	else if (node && router->owner)
		import_judge(
			import, node, VERDICT_CHANGED,
			"255 is the owner, which has the addresses configured on its interface "
			"for good: what it lacks vipd adds, with a warning");
	else if (node)
		import_judge(import, node, VERDICT_MAPPED, NULL);
}

/* ---- state ---- */

static void judge_state(struct import *import, const struct router *router)
{
	struct keepalived_node *state = router->instance->said[KEYWORD_STATE];

	if (!state)
		return;
	if (strcmp(import_value(state), "BACKUP") == 0)
		import_judge(import, state, VERDICT_DROPPED, "each router begins as Backup");
	else if (!is_master(router->instance))
		import_judge(import, state, VERDICT_DROPPED,
			     "\"%.40s\" is no state: keepalived takes BACKUP, and each router "
			     "begins so",
			     import_value(state));
	else if (!router->instance->said[KEYWORD_PRIORITY])
		import_judge(import, state, VERDICT_REFUSED,
			     "without a priority keepalived takes 255, the owner of the addresses: "
			     "write priority 255, or the one that is meant");
	else if (router->owner)
		import_judge(import, state, VERDICT_MAPPED, NULL);
	else
		import_judge(
			import, state, VERDICT_DROPPED,
			"each router begins as Backup, in keepalived, too: the priority decides"
			" who is Active");
}

/* ---- interval ---- */

static void put_interval(struct import *import, const struct router *router)
{
	struct keepalived_node *node = router->instance->said[KEYWORD_INTERVAL];
	int64_t us, rounded, step = router->version == 2 ? US_PER_S : US_PER_CS;
	int64_t most = router->version == 2 ? INTERVAL_MAX_S * US_PER_S : 4095 * US_PER_CS;

	if (!node || !import_time(import, node, 0, INTERVAL_MAX_S * US_PER_S, US_PER_S, &us))
		return;
	rounded = (us + step / 2) / step * step;
	rounded = rounded < step ? step : rounded > most ? most : rounded;
	setting_add(import->arena, router->setting, "interval", SETTING_TEXT,
		    import_duration(import, rounded), &node->origin);
	if (rounded == us)
		import_judge(import, node, VERDICT_MAPPED, NULL);
	else
		import_judge(import, node, VERDICT_CHANGED,
			     "%s becomes %s, as in keepalived: version %u has steps of %s",
			     import_value(node), import_duration(import, rounded), router->version,
			     import_duration(import, step));
}

static void put_down_intervals(struct import *import, const struct router *router)
{
	struct keepalived_node *node = import_said(import, router->instance, KEYWORD_DOWN_TIMER);
	long n;

	if (!node || !import_number(import, node, 1, 100, 3, &n))
		return;
	if (router->strict) {
		judge_once(import, node, VERDICT_DROPPED, "strict mode has 3, in keepalived, too");
		return;
	}
	judge_once(import, node, VERDICT_MAPPED, NULL);
	setting_add(import->arena, router->setting, "down_intervals", SETTING_VALUE,
		    arena_print(import->arena, "%ld", n), &node->origin);
}

/* ---- preemption ---- */

/* Return: why keepalived takes it back; NULL: it does not. */
static const char *preempt_fault(const struct router *router)
{
	if (router->owner)
		return "priority 255 preempts in any case";
	if (is_master(router->instance))
		return "keepalived clears it, since state is MASTER: write state BACKUP if it is "
		       "meant";
	return NULL;
}

/* Of the two the last one counts. */
static bool put_no_preempt(struct import *import, const struct router *router)
{
	struct keepalived_node *no = router->instance->said[KEYWORD_NOPREEMPT];
	struct keepalived_node *yes = router->instance->said[KEYWORD_PREEMPT];
	const char *fault = preempt_fault(router);

	if (yes)
		import_judge(import, yes, no && no->at > yes->at ? VERDICT_DROPPED : VERDICT_MAPPED,
			     no ? "of this and nopreempt keepalived takes the last" : NULL);
	if (!no)
		return false;
	if (yes && yes->at > no->at)
		fault = "preempt follows, and keepalived takes the last";
	if (fault) {
		import_judge(import, no, VERDICT_DROPPED, "%s", fault);
		return false;
	}
	import_put(import, router->setting, "preempt", SETTING_VALUE, "false", no);
	return true;
}

static void put_preemption(struct import *import, const struct router *router)
{
	struct keepalived_node *delay = router->instance->said[KEYWORD_PREEMPT_DELAY];
	const char *fault = preempt_fault(router);
	bool never = put_no_preempt(import, router);
	int64_t us;

	if (!delay || !import_time(import, delay, 0, 1000 * US_PER_S, 0, &us))
		return;
	if (never)
		fault = "keepalived resets it, since there is nopreempt";
	else if (router->strict)
		fault = "strict mode resets it, in keepalived, too";
	if (fault) {
		import_judge(import, delay, VERDICT_DROPPED, "%s", fault);
		return;
	}
	setting_add(import->arena, router->setting, "preempt_delay", SETTING_TEXT,
		    import_duration(import, us), &delay->origin);
	import_judge(import, delay, VERDICT_CHANGED,
		     "a reload while it waits does not begin it anew, as it does with keepalived");
}

static void put_start_delay(struct import *import, const struct router *router)
{
	struct keepalived_node *node = import->globals.said[KEYWORD_START_DELAY];
	int64_t us;

	if (!node || !import_time(import, node, 0, 3600 * US_PER_S, 0, &us))
		return;
	judge_once(import, node, VERDICT_MAPPED, NULL);
	setting_add(import->arena, router->setting, "start_delay", SETTING_TEXT,
		    import_duration(import, us), &node->origin);
}

static void judge_strict(struct import *import, const struct router *router)
{
	struct keepalived_node *node = import_said(import, router->instance, KEYWORD_STRICT);

	if (node)
		judge_once(import, node, router->strict ? VERDICT_CHANGED : VERDICT_DROPPED,
			   router->strict ? "each of its effects is written out where there is one"
					  : "off is the default");
}

void import_election(struct import *import, struct router *router)
{
	router->strict = import_flag(import, import_said(import, router->instance, KEYWORD_STRICT));
	put_version(import, router);
	put_priority(import, router);
	judge_state(import, router);
	judge_strict(import, router);
	put_interval(import, router);
	put_down_intervals(import, router);
	put_preemption(import, router);
	put_start_delay(import, router);
}

void import_election_globals(struct import *import)
{
	static const enum keyword keywords[] = { KEYWORD_VERSION, KEYWORD_STRICT,
						 KEYWORD_DOWN_TIMER, KEYWORD_START_DELAY };

	for (unsigned i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (import->globals.said[keywords[i]])
			judge_once(import, import->globals.said[keywords[i]], VERDICT_DROPPED,
				   "no instance takes it");
}
