/* SPDX-License-Identifier: MIT */
#include "problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/event.h"
#include "client.h"

#define LATELY_S 60

__attribute__((format(printf, 4, 5))) static void add(struct problems *problems,
						      enum problem_level level, const char *word,
						      const char *format, ...)
{
	struct problem *problem = &problems->all[problems->n];
	va_list args;

	if (level > problems->level)
		problems->level = level;
	if (problems->n == PROBLEMS_MAX) {
		problems->more_n++;
		return;
	}
	problems->n++;
	problem->level = level;
	snprintf(problem->word, sizeof(problem->word), "%s", word);
	va_start(args, format);
	vsnprintf(problem->text, sizeof(problem->text), format, args);
	va_end(args);
}

uint8_t problems_own_priority(const struct records_table *table, const void *record)
{
	uint8_t own = (uint8_t)client_number(table, record, ".reason_own_priority");

	return own ? own : (uint8_t)client_number(table, record, "effective_priority");
}

const char *problems_reason(const struct records_table *table, const void *record, char *buf)
{
	const struct field *source = fields_find(table->fields, ".reason_source");
	int64_t code = client_number(table, record, "reason_code");
	struct vrrp_reason reason = { 0 };
	char interface[FIELDS_TEXT_SIZE], why[FIELDS_TEXT_SIZE];

	if (code < 0 || code >= VRRP_REASON_COUNT)
		return client_text(table, record, "reason_code", buf);
	reason.code = (enum vrrp_reason_code)code;
	reason.priority = (uint8_t)client_number(table, record, ".reason_priority");
	reason.own_priority = problems_own_priority(table, record);
	reason.ns = client_number(table, record, ".reason_ns");
	if (source && source->type == FIELD_IP)
		memcpy(reason.source, (const char *)record + source->offset, sizeof(reason.source));
	client_text(table, record, "interface", interface);
	client_text(table, record, ".reason_why", why);
	return event_reason_text(&reason, interface, why,
				 (uint8_t)client_number(table, record, "family"), buf);
}

/* ---- a router ---- */

static void judge_state(struct problems *problems, const struct records_table *table,
			const void *record)
{
	char state[FIELDS_TEXT_SIZE], reason[FIELDS_TEXT_SIZE];

	client_text(table, record, "state", state);
	problems->is_active = strcmp(state, "active") == 0;
	problems->is_passive = !problems->is_active && state[0];
	problems->is_owner = client_number(table, record, "priority") == VRRP_PRIORITY_OWNER;
	problems->is_last_resort = client_number(table, record, "effective_priority") == 1 &&
				   client_number(table, record, "priority") != 1;
	if (!problems->is_passive || strcmp(state, "backup") == 0)
		return;
	add(problems, strcmp(state, "fault") == 0 ? PROBLEM_WRONG : PROBLEM_DEGRADED, state,
	    "it takes no part: %.160s", problems_reason(table, record, reason));
}

/* The interval of its Active is learned, so that a single false advert can silence it for long. */
static void judge_wait(struct problems *problems, const struct records_table *table,
		       const void *record)
{
	int64_t theirs_ms = client_scaled(table, record, "active_interval_ms");
	int64_t ours_ms = client_scaled(table, record, "interval_ms");
	char state[FIELDS_TEXT_SIZE], active[FIELDS_TEXT_SIZE];

	client_text(table, record, "state", state);
	if (strcmp(state, "backup") != 0 || ours_ms <= 0 || theirs_ms <= ours_ms ||
	    theirs_ms - ours_ms <= ours_ms)
		return;
	client_text(table, record, "active_address", active);
	add(problems, PROBLEM_DEGRADED, "long_wait",
	    "it waits %.1f s more for %.45s, whose interval is %.2f s and not %.2f s: "
	    "vipctl forget ends that",
	    (double)client_scaled(table, record, "takeover_in_ms") / 1000, active,
	    (double)theirs_ms / 1000, (double)ours_ms / 1000);
}

static void judge_priority(struct problems *problems, const struct records_table *table,
			   const void *record)
{
	if (client_number(table, record, "last_resort"))
		add(problems, PROBLEM_DEGRADED, "last_resort",
		    "it could not hold an address, so its priority is 1: see vipctl events, mend "
		    "the cause, then vipctl reload");
}

const char *problems_keys(const struct records_table *table, const void *record, char *buf)
{
	char why[FIELDS_TEXT_SIZE];

	buf[0] = '\0';
	if (client_text(table, record, ".keys_why", why)[0])
		snprintf(buf, PROBLEM_TEXT_SIZE,
			 "its keys are those of before, since their file is unusable: %.110s; mend "
			 "it, then vipctl reload",
			 why);
	return buf;
}

static void judge_keys(struct problems *problems, const struct records_table *table,
		       const void *record)
{
	char text[PROBLEM_TEXT_SIZE];

	if (problems_keys(table, record, text)[0])
		add(problems, PROBLEM_DEGRADED, "old_keys", "%s", text);
}

/* An operator has done it, and may have forgotten that. */
static void judge_drain(struct problems *problems, const struct records_table *table,
			const void *record)
{
	char until[FIELDS_TEXT_SIZE];

	if (client_number(table, record, ".drain_held_until"))
		add(problems, PROBLEM_DEGRADED, "drained",
		    "it is drained, and keeps its priority until the commands before that have "
		    "ended, or until %s: vipctl resume ends that",
		    client_text(table, record, ".drain_held_until", until));
	else if (client_number(table, record, "drained"))
		add(problems, PROBLEM_DEGRADED, "drained",
		    "it is drained, %s: vipctl resume ends that",
		    client_number(table, record, ".leave_held_until")
			    ? "and keeps its priority as long as commands run"
			    : "so its priority is 1");
}

/* What it is about to leave for, in words. */
static const char *leave_words(const struct records_table *table, const void *record)
{
	static const char *const words[EVENT_BEFORE_COUNT] = {
		[EVENT_BEFORE_STOP] = "since vipd was told to stop",
		[EVENT_BEFORE_REMOVAL] = "since a reload does without it",
		[EVENT_BEFORE_PRIORITY] = "since a reload has lowered its priority",
	};
	char before[FIELDS_TEXT_SIZE];
	const char *found;

	client_text(table, record, ".leave_before", before);
	found = words[event_before_of(before)];
	return found ? found : "on purpose";
}

/* Somebody has asked for it, and may wonder why nothing happens. */
static void judge_leave(struct problems *problems, const struct records_table *table,
			const void *record)
{
	char until[FIELDS_TEXT_SIZE];

	if (client_number(table, record, ".leave_held_until"))
		add(problems, PROBLEM_DEGRADED, "leaving",
		    "it is about to leave, %s, and keeps its priority until the commands before "
		    "that have ended, or until %.40s",
		    leave_words(table, record),
		    client_text(table, record, ".leave_held_until", until));
}

/* It delays no failover, but whoever waits for it to return shall know why it does not. */
static void judge_damping(struct problems *problems, const struct records_table *table,
			  const void *record)
{
	char until[FIELDS_TEXT_SIZE];

	if (client_number(table, record, ".damped_until"))
		add(problems, PROBLEM_DEGRADED, "damped",
		    "it became Active or ceased to be so too often, so it preempts nobody until "
		    "%.40s: see vipctl events",
		    client_text(table, record, ".damped_until", until));
}

/* Of a family of a router that speaks both. */
static void judge_family(struct problems *problems, const struct records_table *table,
			 const void *record)
{
	if (client_number(table, record, "mute"))
		add(problems, PROBLEM_DEGRADED, "mute",
		    "no advert of this family leaves, so it follows the other one: see vipctl "
		    "events");
	if (client_number(table, record, "deaf"))
		add(problems, PROBLEM_DEGRADED, "deaf",
		    "no advert arrives here, while its other family or another router of its group "
		    "hears an Active: a firewall, with multicast a switch that filters it, or that "
		    "one cannot speak here");
}

static void judge_link(struct problems *problems, const struct records_table *table,
		       const void *record)
{
	if (client_number(table, record, "no_carrier"))
		add(problems, PROBLEM_DEGRADED, "no_carrier",
		    "its interface has no carrier, and required = false lets it go on: nobody "
		    "hears it there, so each host that goes on is Active");
}

/* What is known of words that vipd has for what it notices, and for what it discards. */
struct meaning {
	const char *word;
	enum problem_level level;
	const char *text;
};

static const struct meaning notices[] = {
	{ "interval", PROBLEM_DEGRADED, "another host has another interval" },
	{ "address_list", PROBLEM_DEGRADED, "another host has other addresses" },
	{ "owner", PROBLEM_WRONG, "another host has priority 255, too" },
	{ "equal_priority", PROBLEM_DEGRADED,
	  "another host has the same priority: addresses decide the election" },
	{ "checksum_form", PROBLEM_DEGRADED, "another host has the other form of the checksum" },
	{ "other_active", PROBLEM_WRONG, "another host was Active at the same time" },
	{ "not_heard", PROBLEM_WRONG,
	  "another host goes on being Active, since it does not hear this one" },
	{ "address_taken", PROBLEM_WRONG, "another host says to have an address of it" },
	{ "fell_silent", PROBLEM_DEGRADED,
	  "the Active that it heard fell silent, so it took over: nobody stands in for this host, "
	  "or "
	  "that one is not heard" },
	{ "clock_skew", PROBLEM_DEGRADED,
	  "the clock of another host is almost too far from this one's: set both by NTP" },
	{ NULL, PROBLEM_DEGRADED, "it was noticed in an advert" },
};

static const struct meaning rejects[] = {
	{ "own_source", PROBLEM_DEGRADED,
	  "adverts from our own address: a loop, or a cloned host" },
	{ "version", PROBLEM_DEGRADED, "adverts of another version of VRRP are discarded" },
	{ "checksum", PROBLEM_DEGRADED, "adverts with a wrong checksum are discarded" },
	{ "interval_differs", PROBLEM_DEGRADED,
	  "adverts of another interval are discarded in version 2" },
	{ "auth_mismatch", PROBLEM_DEGRADED,
	  "adverts that are authenticated in another way are discarded" },
	{ "auth_failed", PROBLEM_DEGRADED, "adverts with another password are discarded" },
	{ "ttl", PROBLEM_DEGRADED,
	  "adverts with a TTL below 255, or below min_ttl of a unicast peer, are discarded" },
	{ "empty_list", PROBLEM_DEGRADED,
	  "adverts without addresses are discarded, since it advertises some" },
	{ "destination", PROBLEM_DEGRADED,
	  "adverts to another multicast group, or by unicast where it uses multicast or the other "
	  "way round, are discarded" },
	{ "not_peer", PROBLEM_DEGRADED,
	  "adverts of a host that is none of its peers are discarded" },
	{ "hmac_missing", PROBLEM_DEGRADED, "adverts that are not signed are discarded" },
	{ "hmac_malformed", PROBLEM_DEGRADED,
	  "adverts that are signed in an unknown way are "
	  "discarded" },
	{ "hmac_stale", PROBLEM_DEGRADED,
	  "adverts are discarded for their time: a wrong clock here or there, or old ones sent "
	  "again" },
	{ "hmac_unknown_key", PROBLEM_DEGRADED,
	  "adverts are discarded that are signed with a key that is not there" },
	{ "hmac_bad", PROBLEM_DEGRADED, "adverts are discarded that are signed with another key" },
	{ "hmac_replay", PROBLEM_DEGRADED, "adverts are discarded that were heard before" },
	{ NULL, PROBLEM_DEGRADED, "adverts for it are discarded" },
};

static const struct meaning *meaning_of(const struct meaning *meanings, const char *word)
{
	while (meanings->word && strcmp(meanings->word, word) != 0)
		meanings++;
	return meanings;
}

/*
 * Who is Active no more hears somebody again, to whom it has given its addresses: that this one did
 * not hear it, or has them, is no news any more. And the last resort may well have an equal.
 */
static bool is_moot(const struct problems *problems, const char *notice)
{
	static const char *const of_actives[] = { "not_heard", "address_taken", "fell_silent" };

	for (size_t i = 0; i < sizeof(of_actives) / sizeof(of_actives[0]); i++)
		if (problems->is_passive && strcmp(of_actives[i], notice) == 0)
			return true;
	return problems->is_last_resort && strcmp(notice, "equal_priority") == 0;
}

/* Counters of seconds since then. */
static void judge_ages(struct problems *problems, const struct records_table *table,
		       const void *record, const char *name, const char *prefix,
		       const struct meaning *meanings)
{
	const struct field *field = fields_find(table->fields, name);
	char word[PROBLEM_WORD_SIZE];

	for (unsigned i = 0; field && field->type == FIELD_COUNTS && i < field->words_n; i++) {
		const struct meaning *meaning;
		uint64_t age_s;

		memcpy(&age_s, (const char *)record + field->offset + i * sizeof(age_s),
		       sizeof(age_s));
		if (!field->words[i] || age_s == 0 || age_s > LATELY_S + 1)
			continue;
		if (is_moot(problems, field->words[i]))
			continue;
		meaning = meaning_of(meanings, field->words[i]);
		snprintf(word, sizeof(word), "%s%.60s", prefix, field->words[i]);
		add(problems, meaning->level, word, "%s, %u s ago", meaning->text,
		    (unsigned)age_s - 1);
	}
}

void problems_begin(struct problems *problems, const struct records_table *table,
		    const void *record)
{
	problems->n = problems->more_n = 0;
	problems->level = PROBLEM_NONE;
	judge_state(problems, table, record);
	judge_wait(problems, table, record);
	judge_priority(problems, table, record);
	judge_keys(problems, table, record);
	judge_drain(problems, table, record);
	judge_leave(problems, table, record);
	judge_damping(problems, table, record);
	judge_family(problems, table, record);
	judge_link(problems, table, record);
	judge_ages(problems, table, record, ".noticed_ago_s", "", notices);
	judge_ages(problems, table, record, ".rejected_ago_s", "rejected_", rejects);
}

/* ---- its addresses ---- */

bool problems_address_is_missing(const struct problems *problems, const struct records_table *table,
				 const void *record)
{
	return problems->is_active && !client_number(table, record, "present");
}

/* The owner's are the host's own: they are always there. What is handed over has to be. */
bool problems_address_is_held(const struct problems *problems, const struct records_table *table,
			      const void *record)
{
	return problems->is_passive && !problems->is_owner &&
	       !client_number(table, record, ".handing_over") &&
	       (client_number(table, record, "present") || client_number(table, record, "doubled"));
}

void problems_address(struct problems *problems, const struct records_table *table,
		      const void *record)
{
	bool advertised = client_number(table, record, "advertised");
	bool optional = client_number(table, record, ".optional");
	char ip[FIELDS_TEXT_SIZE];

	client_text(table, record, "address", ip);
	if (problems_address_is_missing(problems, table, record))
		add(problems, advertised && !optional ? PROBLEM_WRONG : PROBLEM_DEGRADED,
		    "missing_address", "it is Active without its %s %.60s",
		    advertised ? "address" : "extra address", ip);
	if (problems_address_is_held(problems, table, record))
		add(problems, PROBLEM_WRONG, "held_address",
		    "%.60s is on the interface although it is not Active: vipd did not put it "
		    "there",
		    ip);
	else if (client_number(table, record, "doubled"))
		add(problems, PROBLEM_DEGRADED, "double_address",
		    "%.60s is there with another prefix length, too: it stays when vipd gives it "
		    "up",
		    ip);
	if (client_number(table, record, ".twin"))
		add(problems, problems->is_passive ? PROBLEM_WRONG : PROBLEM_DEGRADED,
		    "twin_address",
		    "%.60s is on another interface of this host, too, which answers for it whether "
		    "it is Active or not",
		    ip);
	if (client_number(table, record, ".not_own"))
		add(problems, PROBLEM_DEGRADED, "not_own_address",
		    "it is the owner, but %.60s was not on the interface: vipd added it, and it "
		    "goes with vipd; make it the host's own: ip address replace",
		    ip);
}

bool problems_route_is_missing(const struct problems *problems, const struct records_table *table,
			       const void *record)
{
	return problems->is_active && !client_number(table, record, "present");
}

void problems_route(struct problems *problems, const struct records_table *table,
		    const void *record)
{
	bool is_rule = client_number(table, record, "rule");
	char text[FIELDS_TEXT_SIZE];

	if (problems_route_is_missing(problems, table, record))
		add(problems, PROBLEM_DEGRADED, is_rule ? "missing_rule" : "missing_route",
		    "it is Active without its %s %.120s; vipctl events says why",
		    is_rule ? "rule" : "route", client_text(table, record, "text", text));
}

void problems_conflict(struct problems *problems, const struct records_table *table,
		       const void *record)
{
	char address[FIELDS_TEXT_SIZE], source[FIELDS_TEXT_SIZE];

	add(problems, PROBLEM_WRONG, "conflict", "%.60s of VRID %u has its address %.60s, too",
	    client_text(table, record, "source", source),
	    (uint8_t)client_number(table, record, "vrid"),
	    client_text(table, record, "address", address));
}

/* What it takes from the priority now, of a file with a number its weight times that; without what
 * it would add if all were well. */
static void describe_loss(const struct records_table *table, const void *record, char *buf,
			  size_t size)
{
	int weight = (int)client_number(table, record, "weight");
	int adds = (int)client_number(table, record, "adds");

	if (adds < 0)
		snprintf(buf, size, "its priority is %d less", -adds);
	else if (adds > 0)
		snprintf(buf, size, "its priority is %d more", adds);
	else if (weight > 0)
		snprintf(buf, size, "its weight of %d is not added", weight);
	else
		snprintf(buf, size, "that takes nothing from its priority");
}

void problems_track(struct problems *problems, const struct records_table *table,
		    const void *record)
{
	int weight = (int)client_number(table, record, "weight");
	bool up = client_number(table, record, "up") != 0;
	bool good = up != (client_number(table, record, "reverse") != 0);
	char name[FIELDS_TEXT_SIZE];
	const char *what = "interface", *is = up ? "up" : "down";
	char loss[64];

	if (client_number(table, record, "missing"))
		is = "not there";

	client_text(table, record, what, name);
	if (!name[0])
		client_text(table, record, what = "check", name);
	if (client_number(table, record, "unknown"))
		add(problems, PROBLEM_DEGRADED, "unknown",
		    "the check %.60s, which it tracks, has not answered yet", name);
	else if (client_number(table, record, "overdue"))
		add(problems, PROBLEM_DEGRADED, "overdue",
		    "the check %.60s, which it tracks, does not answer any more: it counts as %s",
		    name, up ? "up" : "down");
	/* Without a weight it is a fault, and that is told. */
	else if (weight && !good) {
		describe_loss(table, record, loss, sizeof(loss));
		add(problems, PROBLEM_DEGRADED, "track", "the %s %.60s, which it tracks, is %s: %s",
		    what, name, is, loss);
	}
}

void problems_peer(struct problems *problems, const struct records_table *table, const void *record)
{
	char address[FIELDS_TEXT_SIZE], error[FIELDS_TEXT_SIZE];

	if (client_number(table, record, "error") && !client_number(table, record, "this_host"))
		add(problems, PROBLEM_DEGRADED, "unreachable_peer",
		    "no advert leaves to its peer %.60s: %.60s",
		    client_text(table, record, "address", address),
		    client_text(table, record, "error", error));
}

/* ---- any of them ---- */

void problems_take(struct problems *problems, const struct records_table *table, const void *record)
{
	static const struct {
		const char *kind;
		void (*judge)(struct problems *problems, const struct records_table *table,
			      const void *record);
	} rows[] = {
		{ "address", problems_address },   { "route", problems_route },
		{ "conflict", problems_conflict }, { "peer", problems_peer },
		{ "track", problems_track },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].kind, table->name) == 0)
			rows[i].judge(problems, table, record);
}

/* ---- words ---- */

bool problems_is_first(const struct problems *problems, unsigned i)
{
	for (unsigned before = 0; before < i; before++)
		if (strcmp(problems->all[before].word, problems->all[i].word) == 0)
			return false;
	return true;
}

const char *problems_words(const struct problems *problems, char *buf, size_t size)
{
	size_t len = 0;

	snprintf(buf, size, "-");
	for (unsigned i = 0; i < problems->n && len < size; i++)
		if (problems_is_first(problems, i))
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? "," : "",
						problems->all[i].word);
	return buf;
}
