/* SPDX-License-Identifier: MIT */
#include "firewall_read.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX 128

/* Options that say which packets, and what is understood of them. */
static const struct option {
	const char *name;
	enum firewall_key key;
	bool neutral; /* says nothing about packets */
	bool alone;   /* has no value */
} options[] = {
	{ "-p", FIREWALL_PROTOCOL, false, false },
	{ "-i", FIREWALL_IIF, false, false },
	{ "-o", FIREWALL_OIF, false, false },
	{ "-s", FIREWALL_SADDR, false, false },
	{ "-d", FIREWALL_DADDR, false, false },
	{ "--src-range", FIREWALL_SADDR, false, false },
	{ "--dst-range", FIREWALL_DADDR, false, false },
	{ "--ctstate", FIREWALL_STATE, false, false },
	{ "--state", FIREWALL_STATE, false, false },
	{ "--pkt-type", FIREWALL_PKTTYPE, false, false },
	{ "--dst-type", FIREWALL_DTYPE, false, false },
	{ "--ttl-eq", FIREWALL_TTL, false, false },
	{ "--hl-eq", FIREWALL_TTL, false, false },
	{ "--icmpv6-type", FIREWALL_ICMP6, false, false },
	{ "--icmp-type", FIREWALL_NEVER, false, false },
	{ "--sport", FIREWALL_NEVER, false, false },
	{ "--dport", FIREWALL_NEVER, false, false },
	{ "--sports", FIREWALL_NEVER, false, false },
	{ "--dports", FIREWALL_NEVER, false, false },
	{ "--ports", FIREWALL_NEVER, false, false },
	{ "--tcp-flags", FIREWALL_NEVER, false, false },
	{ "--syn", FIREWALL_NEVER, false, true },
	{ "-m", FIREWALL_UNKNOWN, true, false },
	{ "--comment", FIREWALL_UNKNOWN, true, false },
	{ "--reject-with", FIREWALL_UNKNOWN, true, false },
	{ "--log-prefix", FIREWALL_UNKNOWN, true, false },
	{ "--log-level", FIREWALL_UNKNOWN, true, false },
	{ "-c", FIREWALL_UNKNOWN, true, false },
};

/* What others do with a packet before it goes on. */
static const char *const passing[] = { "LOG",    "NFLOG", "ULOG",     "MARK", "CONNMARK",
				       "CT",     "TRACE", "SET",      "DSCP", "TOS",
				       "TCPMSS", "AUDIT", "CHECKSUM", "TTL",  "HL" };

static const struct {
	const char *chain;
	enum firewall_hook hook;
} hooks[] = {
	{ "PREROUTING", FIREWALL_PREROUTING },
	{ "INPUT", FIREWALL_INPUT },
	{ "OUTPUT", FIREWALL_OUTPUT },
	{ "POSTROUTING", FIREWALL_POSTROUTING },
};

/* ---- words ---- */

/* The next word of a line, without its quotes. Return: where the rest begins; NULL: none is left.
 */
static char *next_word(char *at, char **ret_word)
{
	char *end;

	at += strspn(at, " ");
	if (!*at)
		return NULL;
	*ret_word = end = at;
	if (*at != '"') {
		at += strcspn(at, " ");
		if (*at)
			*at++ = '\0';
		return at;
	}
	for (at++; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
		*end++ = *at;
	}
	if (*at)
		at++;
	if (*at)
		at++;
	*end = '\0';
	return at;
}

static unsigned split(char *line, char **words)
{
	unsigned n = 0;
	char *at = line;

	while (n < WORDS_MAX && (at = next_word(at, &words[n])))
		n++;
	return n;
}

static const struct option *find_option(const char *name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

/* ---- rules ---- */

static bool is_passing(const char *target)
{
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (strcmp(passing[i], target) == 0)
			return true;
	return false;
}

static void set_target(struct firewall_rule *rule, struct arena *arena, const char *target,
		       bool is_goto)
{
	static const struct {
		const char *target;
		enum firewall_verdict verdict;
	} rows[] = {
		{ "ACCEPT", FIREWALL_ACCEPT },     { "DROP", FIREWALL_DROP },
		{ "REJECT", FIREWALL_DROP },       { "RETURN", FIREWALL_RETURN },
		{ "NFQUEUE", FIREWALL_ELSEWHERE }, { "QUEUE", FIREWALL_ELSEWHERE },
	};

	rule->verdict = is_goto ? FIREWALL_GOTO : FIREWALL_JUMP;
	rule->target = arena_copy(arena, target, strlen(target));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].target, target) == 0)
			rule->verdict = rows[i].verdict;
	if (is_passing(target))
		rule->verdict = FIREWALL_GO_ON;
}

static void add_values(struct firewall_match *match, struct arena *arena, const char *list)
{
	char *copy = arena_copy(arena, list, strlen(list)), *rest, *value;

	for (value = strtok_r(copy, ",", &rest); value; value = strtok_r(NULL, ",", &rest)) {
		size_t len = strlen(value);

		/* "eth+" */
		if (len && value[len - 1] == '+')
			value[len - 1] = '*';
		firewall_value(match, arena, value);
	}
}

/* Whether a word is the value of the option in front of it. */
static bool is_value(const char *word)
{
	return strcmp(word, "!") != 0 && word[0] != '-';
}

/* Return: how many words it took. */
static unsigned take_option(struct firewall_rule *rule, struct arena *arena, char **words,
			    unsigned n, bool negated)
{
	const struct option *option = find_option(words[0]);
	bool has_value = n > 1 && (option ? !option->alone : is_value(words[1]));
	struct firewall_match *match;

	if (strcmp(words[0], "-j") == 0 || strcmp(words[0], "-g") == 0) {
		if (n > 1)
			set_target(rule, arena, words[1], words[0][1] == 'g');
		return 2;
	}
	/* What an option of a target says is of no interest, and cannot be told from a match's. */
	if ((option && option->neutral) || rule->target)
		return 1 + has_value;
	match = firewall_match(rule, arena, option ? option->key : FIREWALL_UNKNOWN, negated);
	if (has_value)
		add_values(match, arena, words[1]);
	return 1 + has_value;
}

static void take_rule(struct firewall *firewall, struct arena *arena, struct firewall_chain *table,
		      char *line)
{
	char *text = arena_copy(arena, line, strlen(line)), *words[WORDS_MAX];
	unsigned n = split(line, words), i = 2;
	struct firewall_chain *chain;
	struct firewall_rule *rule;
	bool negated = false;

	chain = n < 2 ? NULL
		      : firewall_find(firewall, table->tool, table->family, table->table, words[1]);
	if (!chain)
		return;
	rule = firewall_rule(chain, arena, text);
	while (i < n) {
		if (strcmp(words[i], "!") == 0) {
			negated = true;
			i++;
			continue;
		}
		i += take_option(rule, arena, words + i, n - i, negated);
		negated = false;
	}
}

/* ":INPUT DROP [0:0]" */
static struct firewall_chain *take_chain(struct firewall *firewall, struct arena *arena,
					 const char *tool, const char *table, char *line)
{
	char *words[WORDS_MAX];
	unsigned n = split(line + 1, words);
	struct firewall_chain *chain;

	if (n < 2)
		return NULL;
	chain = firewall_chain(firewall, arena, tool, tool[2] == '6' ? "ip6" : "ip", table,
			       words[0]);
	chain->drops = strcmp(words[1], "DROP") == 0;
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (strcmp(hooks[i].chain, words[0]) == 0)
			chain->hook = hooks[i].hook;
	return chain;
}

void firewall_read_iptables(struct firewall *firewall, struct arena *arena, const char *tool,
			    char *text)
{
	struct firewall_chain *last = NULL;
	char table[32] = "", *rest, *line;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (line[0] == '*') {
			snprintf(table, sizeof(table), "%s", line + 1);
			last = NULL;
		} else if (line[0] == ':') {
			last = take_chain(firewall, arena, tool, table, line);
		} else if (last && strncmp(line, "-A ", 3) == 0) {
			take_rule(firewall, arena, last, line);
		}
	}
}
