/* SPDX-License-Identifier: MIT */
#include "firewall.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 16 /* of jumps, as the kernel allows */

enum answer {
	NO,
	MAYBE,
	YES
};

/* ---- to be filled ---- */

struct firewall_chain *firewall_chain(struct firewall *firewall, struct arena *arena,
				      const char *tool, const char *family, const char *table,
				      const char *name)
{
	struct firewall_chain *chain = arena_alloc(arena, sizeof(*chain));

	if (!firewall->end)
		firewall->end = &firewall->chains;
	chain->tool = tool;
	chain->family = arena_copy(arena, family, strlen(family));
	chain->table = arena_copy(arena, table, strlen(table));
	chain->name = arena_copy(arena, name, strlen(name));
	chain->end = &chain->rules;
	*firewall->end = chain;
	firewall->end = &chain->next;
	return chain;
}

struct firewall_chain *firewall_find(const struct firewall *firewall, const char *tool,
				     const char *family, const char *table, const char *name)
{
	for (struct firewall_chain *chain = firewall->chains; chain; chain = chain->next)
		if (strcmp(chain->tool, tool) == 0 && strcmp(chain->family, family) == 0 &&
		    strcmp(chain->table, table) == 0 && strcmp(chain->name, name) == 0)
			return chain;
	return NULL;
}

struct firewall_rule *firewall_rule(struct firewall_chain *chain, struct arena *arena,
				    const char *text)
{
	struct firewall_rule *rule = arena_alloc(arena, sizeof(*rule));

	rule->text = text;
	*chain->end = rule;
	chain->end = &rule->next;
	return rule;
}

struct firewall_match *firewall_match(struct firewall_rule *rule, struct arena *arena,
				      enum firewall_key key, bool negated)
{
	struct firewall_match *match = arena_alloc(arena, sizeof(*match));

	match->key = key;
	match->negated = negated;
	match->next = rule->matches;
	rule->matches = match;
	return match;
}

void firewall_value(struct firewall_match *match, struct arena *arena, const char *text)
{
	match->values = arena_grow(arena, match->values, match->n, sizeof(*match->values));
	match->values[match->n++] = arena_copy(arena, text, strlen(text));
}

/* ---- one value ---- */

/* "112", also "<112", ">=112" */
static enum answer is_number(const char *value, unsigned number)
{
	const char *digits = value + strspn(value, "<>=");
	char *end;
	unsigned long read = strtoul(digits, &end, 10);

	if (end == digits || *end)
		return MAYBE;
	if (read == number)
		return digits == value || digits[-1] == '=' ? YES : NO;
	if (value[0] == '<')
		return number < read ? YES : NO;
	return value[0] == '>' && number > read ? YES : NO;
}

/* Those that are not in everybody's /etc/protocols. */
static enum answer is_protocol(const char *value, unsigned protocol)
{
	const struct protoent *known;
	enum answer answer = is_number(value, protocol);

	if (answer != MAYBE)
		return answer;
	if (strcmp(value, "all") == 0)
		return YES;
	if (strcmp(value, "vrrp") == 0)
		return protocol == 112 ? YES : NO;
	if (strcmp(value, "icmpv6") == 0 || strcmp(value, "ipv6-icmp") == 0)
		return protocol == 58 ? YES : NO;
	known = getprotobyname(value);
	if (!known)
		return MAYBE;
	return (unsigned)known->p_proto == protocol ? YES : NO;
}

static enum answer is_interface(const char *value, const char *name)
{
	size_t len = strlen(value);

	if (!name)
		return NO;
	if (len && value[len - 1] == '*')
		return strncmp(value, name, len - 1) == 0 ? YES : NO;
	return strcmp(value, name) == 0 ? YES : NO;
}

static unsigned first_bits(const uint8_t *a, const uint8_t *b, unsigned max)
{
	unsigned bits = 0;

	while (bits < max && !((a[bits / 8] ^ b[bits / 8]) & (0x80 >> bits % 8)))
		bits++;
	return bits;
}

/* @at: the place of the "-". */
static enum answer is_in_range(const char *value, const char *at, unsigned family,
			       const uint8_t *bytes, unsigned len)
{
	unsigned size = family == 6 ? 16 : 4;
	uint8_t low[16], high[16];
	char first[INET6_ADDRSTRLEN];

	if ((size_t)(at - value) >= sizeof(first))
		return MAYBE;
	snprintf(first, sizeof(first), "%.*s", (int)(at - value), value);
	if (inet_pton(family == 6 ? AF_INET6 : AF_INET, first, low) != 1 ||
	    inet_pton(family == 6 ? AF_INET6 : AF_INET, at + 1, high) != 1)
		return NO;
	if (len < size * 8)
		return MAYBE;
	return memcmp(low, bytes, size) <= 0 && memcmp(bytes, high, size) <= 0 ? YES : NO;
}

/* @len: the packet's is somewhere in a prefix of this length. */
static enum answer is_address(const char *value, unsigned family, const uint8_t *bytes,
			      unsigned len)
{
	const char *slash = strchr(value, '/'), *dash = strchr(value, '-');
	unsigned all = family == 6 ? 128 : 32, theirs = all;
	char text[INET6_ADDRSTRLEN];
	uint8_t other[16];
	char *end;

	if (value[0] == '@')
		return MAYBE;
	if (dash)
		return is_in_range(value, dash, family, bytes, len);
	snprintf(text, sizeof(text), "%.*s",
		 slash && slash - value < (int)sizeof(text) ? (int)(slash - value)
							    : (int)sizeof(text) - 1,
		 value);
	if (inet_pton(family == 6 ? AF_INET6 : AF_INET, text, other) != 1)
		return strspn(value, "0123456789abcdefABCDEF:./") == strlen(value) ? NO : MAYBE;
	if (slash) {
		theirs = (unsigned)strtoul(slash + 1, &end, 10);
		if (*end || theirs > all)
			return MAYBE; /* a mask */
	}
	if (first_bits(bytes, other, theirs < len ? theirs : len) < (theirs < len ? theirs : len))
		return NO;
	return theirs <= len ? YES : MAYBE;
}

/* Multicast has no answer, so conntrack never knows it for established. */
static enum answer is_state(const char *value, const struct firewall_packet *packet)
{
	if (strcasecmp(value, "new") == 0)
		return packet->multicast ? YES : MAYBE;
	if (strcasecmp(value, "established") == 0)
		return packet->multicast ? NO : MAYBE;
	return NO;
}

static enum answer is_word(const char *value, const char *word)
{
	return strcasecmp(value, word) == 0 ? YES : NO;
}

static enum answer is_icmp6(const char *value, const struct firewall_packet *packet)
{
	enum answer answer = is_number(value, packet->icmp_type);

	if (packet->protocol != 58)
		return NO;
	if (answer != MAYBE)
		return answer;
	if (strcmp(value, "nd-neighbor-solicit") == 0 ||
	    strcmp(value, "neighbour-solicitation") == 0)
		return packet->icmp_type == 135 ? YES : NO;
	if (strncmp(value, "nd-", 3) == 0 || strncmp(value, "echo-", 5) == 0 ||
	    strncmp(value, "mld", 3) == 0)
		return NO;
	return MAYBE;
}

static enum answer has_value(const struct firewall_match *match, const char *value,
			     const struct firewall_packet *packet, enum firewall_hook hook)
{
	bool leaves = hook >= FIREWALL_OUTPUT;

	switch (match->key) {
	case FIREWALL_UNKNOWN:
		return MAYBE;
	case FIREWALL_NEVER:
		return NO;
	case FIREWALL_PROTOCOL:
		return is_protocol(value, packet->protocol);
	case FIREWALL_NFPROTO:
		return is_word(value, packet->family == 6 ? "ipv6" : "ipv4");
	case FIREWALL_IIF:
		return is_interface(value, leaves ? NULL : packet->interface);
	case FIREWALL_OIF:
		return is_interface(value, leaves ? packet->interface : NULL);
	case FIREWALL_SADDR:
		return is_address(value, packet->family, packet->saddr, packet->saddr_len);
	case FIREWALL_DADDR:
		return is_address(value, packet->family, packet->daddr, packet->daddr_len);
	case FIREWALL_STATE:
		return is_state(value, packet);
	case FIREWALL_PKTTYPE:
		return packet->multicast                   ? is_word(value, "multicast")
		       : strcasecmp(value, "unicast") == 0 ? YES
							   : is_word(value, "host");
	case FIREWALL_DTYPE:
		return is_word(value, packet->multicast ? "multicast"
				      : leaves          ? "unicast"
							: "local");
	case FIREWALL_TTL:
		return is_number(value, packet->ttl);
	case FIREWALL_ICMP6:
		return is_icmp6(value, packet);
	}
	return MAYBE;
}

/* ---- rules ---- */

static enum answer fits(const struct firewall_match *match, const struct firewall_packet *packet,
			enum firewall_hook hook)
{
	enum answer answer = match->key == FIREWALL_UNKNOWN ? MAYBE : NO;

	if (match->key == FIREWALL_NEVER)
		return NO;
	for (unsigned i = 0; i < match->n && answer != YES; i++) {
		enum answer one = has_value(match, match->values[i], packet, hook);

		if (one > answer)
			answer = one;
	}
	if (!match->negated || answer == MAYBE)
		return answer;
	/* No packet of another kind has an ICMP type, whatever it is compared with. */
	if (match->key == FIREWALL_ICMP6 && packet->protocol != 58)
		return NO;
	return answer == YES ? NO : YES;
}

/* @ret_named: it speaks of this protocol or group, and is not about packets of all kinds. */
static enum answer matches(const struct firewall_rule *rule, const struct firewall_packet *packet,
			   enum firewall_hook hook, bool *ret_named)
{
	enum answer all = YES;

	*ret_named = false;
	for (const struct firewall_match *match = rule->matches; match; match = match->next) {
		enum answer one = fits(match, packet, hook);

		if (one < all)
			all = one;
		*ret_named |= one == YES && !match->negated &&
			      (match->key == FIREWALL_PROTOCOL ||
			       (match->key == FIREWALL_DADDR && packet->multicast));
	}
	return all;
}

/* ---- chains ---- */

enum outcome {
	FELL_THROUGH,
	ACCEPTED,
	DROPPED
};

struct walk {
	const struct firewall *firewall;
	const struct firewall_packet *packet;
	enum firewall_hook hook;
	bool may_accept, may_drop; /* of what was passed on the way */
	const char *text;          /* what dropped it */
	const char *may_text;
};

static enum outcome walk_chain(struct walk *walk, const struct firewall_chain *chain,
			       unsigned depth);

/* What a rule that leads elsewhere comes to. */
static enum outcome follow(struct walk *walk, const struct firewall_chain *chain,
			   const struct firewall_rule *rule, unsigned depth)
{
	const struct firewall_chain *target = firewall_find(
		walk->firewall, chain->tool, chain->family, chain->table, rule->target);

	return target && depth < DEPTH_MAX ? walk_chain(walk, target, depth + 1) : FELL_THROUGH;
}

static enum outcome result_of(struct walk *walk, const struct firewall_chain *chain,
			      const struct firewall_rule *rule, unsigned depth)
{
	switch (rule->verdict) {
	case FIREWALL_ACCEPT:
		return ACCEPTED;
	case FIREWALL_DROP:
		walk->text = rule->text;
		return DROPPED;
	case FIREWALL_JUMP:
	case FIREWALL_GOTO:
		return follow(walk, chain, rule, depth);
	case FIREWALL_ELSEWHERE:
		walk->may_accept = true;
		break;
	case FIREWALL_GO_ON:
	case FIREWALL_RETURN:
		break;
	}
	return FELL_THROUGH;
}

/* A rule that perhaps matches decides nothing, and is remembered. */
static void remember(struct walk *walk, enum outcome outcome, bool named)
{
	walk->may_accept |= outcome == ACCEPTED;
	if (outcome == DROPPED && named && !walk->may_drop) {
		walk->may_drop = true;
		walk->may_text = walk->text;
	}
}

static enum outcome walk_chain(struct walk *walk, const struct firewall_chain *chain,
			       unsigned depth)
{
	bool left = false; /* perhaps, by a return */

	for (const struct firewall_rule *rule = chain->rules; rule; rule = rule->next) {
		bool named;
		enum answer match = matches(rule, walk->packet, walk->hook, &named);
		enum outcome outcome;

		if (match == NO)
			continue;
		outcome = result_of(walk, chain, rule, depth);
		if (match == MAYBE || left) {
			remember(walk, outcome, named);
			left |= rule->verdict == FIREWALL_RETURN || rule->verdict == FIREWALL_GOTO;
			continue;
		}
		if (outcome != FELL_THROUGH)
			return outcome;
		if (rule->verdict == FIREWALL_RETURN || rule->verdict == FIREWALL_GOTO)
			return FELL_THROUGH;
	}
	return FELL_THROUGH;
}

bool firewall_hears(const struct firewall_chain *chain, const struct firewall_packet *packet)
{
	bool other = strcmp(chain->family, packet->family == 6 ? "ip" : "ip6") == 0;

	return !other && (!chain->device || strcmp(chain->device, packet->interface) == 0);
}

struct firewall_answer firewall_judge(const struct firewall *firewall,
				      const struct firewall_chain *chain,
				      const struct firewall_packet *packet)
{
	struct walk walk = { .firewall = firewall, .packet = packet, .hook = chain->hook };
	enum outcome outcome = walk_chain(&walk, chain, 0);
	struct firewall_answer answer = { .chain = chain, .fate = FIREWALL_PASSES };

	if (outcome == DROPPED)
		answer.text = walk.text;
	if (outcome == FELL_THROUGH && chain->drops)
		outcome = DROPPED;
	if (outcome == DROPPED)
		answer.fate = walk.may_accept || chain->of_some_device ? FIREWALL_MAY_DROP
								       : FIREWALL_DROPS;
	else if (outcome == FELL_THROUGH && walk.may_drop && !walk.may_accept) {
		answer.fate = FIREWALL_MAY_DROP;
		answer.text = walk.may_text;
	}
	return answer;
}
