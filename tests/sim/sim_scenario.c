/* SPDX-License-Identifier: MIT */
#include "sim_scenario.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define WORDS_MAX 16

struct script {
	struct sim *sim;
	int64_t delay_ns, until_ns;
	bool packets, served;
	const char *bad; /* the line that was not understood; borrowed */
};

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t len;

	if (!file)
		return NULL;
	len = getdelim(&text, &size, '\0', file);
	fclose(file);
	if (len >= 0)
		return text;
	free(text);
	return NULL;
}

static unsigned split_words(char *line, char **words)
{
	unsigned n = 0;
	char *rest = NULL;

	line[strcspn(line, "#")] = 0;
	for (char *word = strtok_r(line, " \t", &rest); word && n < WORDS_MAX;
	     word = strtok_r(NULL, " \t", &rest))
		words[n++] = word;
	return n;
}

/* 0..@max; false when @word is something else. */
static bool parse_number(const char *word, int64_t max, int64_t *ret_value)
{
	char *end;
	long long value = strtoll(word, &end, 10);

	if (end == word || *end || value < 0 || value > max)
		return false;
	*ret_value = value;
	return true;
}

static bool parse_ms(const char *word, int64_t *ret_ns)
{
	if (!parse_number(word, 1000000000, ret_ns))
		return false;
	*ret_ns *= SIM_MS;
	return true;
}

static bool parse_node(const char *word, unsigned end, uint8_t *ret_node)
{
	for (unsigned node = 0; node < end; node++)
		if (strcmp(word, node_name(node)) == 0) {
			*ret_node = (uint8_t)node;
			return true;
		}
	return false;
}

/* What of a host is not in its configuration. */
struct host {
	int64_t address, start_ns;
	int64_t behind_ns, set_ns; /* its wall clock, until it is set */
};

/* One key=value of a router line. */
static bool parse_setting(char *word, struct vrrp_config *config, struct host *host)
{
	char *value = strchr(word, '=');
	int64_t n;

	if (!value)
		return false;
	*value++ = 0;
	if (!parse_number(value, 1000000000, &n))
		return false;
	if (strcmp(word, "priority") == 0)
		config->priority = (uint8_t)n;
	else if (strcmp(word, "interval") == 0)
		config->interval_cs = (uint16_t)(n / 10);
	else if (strcmp(word, "down_intervals") == 0)
		config->down_intervals = (uint8_t)n;
	else if (strcmp(word, "family") == 0)
		config->family = (uint8_t)n;
	else if (strcmp(word, "version") == 0)
		config->version = (uint8_t)n;
	else if (strcmp(word, "preempt") == 0)
		config->preempt = n;
	else if (strcmp(word, "overlap") == 0)
		config->overlap = n != 0;
	else if (strcmp(word, "preempt_delay") == 0)
		config->preempt_delay_ns = n * SIM_MS;
	else if (strcmp(word, "start_delay") == 0)
		config->start_delay_ns = n * SIM_MS;
	else if (strcmp(word, "address") == 0)
		host->address = n;
	else if (strcmp(word, "start") == 0)
		host->start_ns = n * SIM_MS;
	else if (strcmp(word, "behind") == 0)
		host->behind_ns = n * SIM_MS;
	else if (strcmp(word, "set") == 0)
		host->set_ns = n * SIM_MS;
	else
		return false;
	return true;
}

/* What a host has besides its router. */
struct extras {
	bool companion, unit, mac, guest;
	uint8_t renamed[SIM_CHECKS_MAX]; /* by id: another id, plus 1, in the other configuration */
	int64_t addresses;               /* on none of which another one depends */
};

/* "c1=-60": a check, tracked with that weight, 0: without one; "c1.unknown=down", "c1.reverse=1".
 */
static bool parse_check(const char *word, struct sim_checks *checks)
{
	unsigned id = (unsigned)(word[1] - '1');
	struct sim_tracked *check = &checks->of[id];
	bool minus = strncmp(word + 2, "=-", 2) == 0;
	int64_t n;

	if (word[0] != 'c' || id >= SIM_CHECKS_MAX || id > checks->n)
		return false;
	if (id < checks->n && strcmp(word + 2, ".unknown=down") == 0)
		return check->unknown_down = true;
	if (id < checks->n && strcmp(word + 2, ".reverse=1") == 0)
		return check->reverse = true;
	if (word[2] != '=' || id != checks->n || !parse_number(word + 3 + minus, 253, &n))
		return false;
	*check = (struct sim_tracked){ .id = (uint8_t)id,
				       .definition = 1,
				       .weight = (int16_t)(minus ? -n : n),
				       .interval_ms = 1000,
				       .timeout_ms = 500 };
	checks->n++;
	return true;
}

/* "c1.other=c2": the name that it has in the other configuration. */
static bool parse_rename(const char *word, struct extras *extras)
{
	unsigned id = (unsigned)(word[0] == 'c' ? word[1] - '1' : SIM_CHECKS_MAX);
	unsigned to;

	if (id >= SIM_CHECKS_MAX || strncmp(word + 2, ".other=c", 8) != 0)
		return false;
	to = (unsigned)(word[10] - '0');
	extras->renamed[id] = (uint8_t)to;
	return to >= 1 && to <= SIM_CHECKS_MAX && !word[11];
}

/* "lease=available", "other.priority=50", "subnet=4", "addresses=2": what is not of struct
 * vrrp_config. */
static bool parse_agent(char *word, struct sim_conf *conf, struct sim_conf *other, int64_t *subnet,
			struct extras *extras)
{
	int64_t n;

	if (strcmp(word, "lease=available") == 0)
		conf->lease = CONF_LEASE_AVAILABLE;
	else if (strcmp(word, "lease=safe") == 0)
		conf->lease = CONF_LEASE_SAFE;
	else if (strncmp(word, "other.priority=", 15) == 0 && parse_number(word + 15, 255, &n))
		other->vrrp.priority = (uint8_t)n;
	else if (strcmp(word, "carrier=optional") == 0)
		conf->sans_carrier = true;
	else if (strncmp(word, "damping.changes=", 16) == 0 && parse_number(word + 16, 10, &n))
		conf->damping.changes = (uint8_t)n;
	else if (strncmp(word, "damping.within=", 15) == 0 && parse_number(word + 15, 3600000, &n))
		conf->damping.within_ns = n * SIM_MS;
	else if (strncmp(word, "damping.hold=", 13) == 0 && parse_number(word + 13, 3600000, &n))
		conf->damping.hold_ns = n * SIM_MS;
	else if (strncmp(word, "hook=", 5) == 0 && parse_number(word + 5, 3600000, &n))
		conf->hook_ns = n * SIM_MS;
	else if (strncmp(word, "hooked=", 7) == 0 && parse_number(word + 7, 3600000, &n))
		conf->hooked_ns = n * SIM_MS;
	else if (parse_rename(word, extras) || parse_check(word, &conf->checks))
		return true;
	else if (strcmp(word, "companion=1") == 0)
		extras->companion = true;
	else if (strcmp(word, "mac=1") == 0)
		extras->mac = true;
	else if (strcmp(word, "guest=1") == 0)
		extras->guest = true;
	else if (strcmp(word, "unit=1") == 0)
		extras->companion = extras->unit = true;
	else if (strncmp(word, "addresses=", 10) == 0 &&
		 parse_number(word + 10, SIM_ADDRESSES_MAX, &n) && n)
		extras->addresses = n;
	else if (strncmp(word, "subnet=", 7) != 0 ||
		 !parse_number(word + 7, SIM_ADDRESSES_MAX, subnet))
		return false;
	return true;
}

static bool parse_router(struct script *script, char **words, unsigned n)
{
	struct sim *sim = script->sim;
	unsigned i = sim->routers_n;
	struct host host = { .address = 11 + i };
	int64_t subnet = 0;
	struct vrrp_config config = { .family = 4,
				      .version = 3,
				      .vrid = SIM_VRID,
				      .priority = VRRP_PRIORITY_DEFAULT,
				      .interval_cs = 100,
				      .preempt = true,
				      .announce = { 3, { 1000, 4000, 16000 }, 60000 } };
	struct extras extras = { .addresses = 1 };
	struct sim_conf conf = { .lease = CONF_LEASE_OFF, .hooked_ns = VRRP_NEVER },
			other = { .lease = CONF_LEASE_OFF };

	if (i == SIM_ROUTERS_MAX)
		return false;
	for (unsigned w = 1; w < n; w++)
		if (!parse_agent(words[w], &conf, &other, &subnet, &extras) &&
		    !parse_setting(words[w], &config, &host))
			return false;
	if (config.family == 6)
		config.announce = family_announce(6, true);
	gateway_init(&sim->routers[i], &config, (uint8_t)host.address,
		     (unsigned)(subnet ? subnet : extras.addresses));
	kernel_init(sim, i);
	sim->routers[i].wall_behind_ns = host.behind_ns;
	sim->routers[i].wall_set_ns = host.set_ns;
	sim->routers[i].unicast = sim->unicast;
	if (config.family == 6)
		sim->routers[i].link_local = CONF_LINK_LOCAL_VIRTUAL;
	if (subnet) { /* so many addresses, the first of which takes the others along */
		sim->routers[i].kernel.subnet = true;
		sim->routers[i].kernel.promotes = false;
	}
	sim->routers[i].conf.lease = sim->routers[i].other.lease = conf.lease;
	sim->routers[i].conf.damping = sim->routers[i].other.damping = conf.damping;
	sim->routers[i].conf.sans_carrier = sim->routers[i].other.sans_carrier = conf.sans_carrier;
	sim->routers[i].conf.hook_ns = sim->routers[i].other.hook_ns = conf.hook_ns;
	sim->routers[i].conf.hooked_ns = sim->routers[i].other.hooked_ns = conf.hooked_ns;
	sim->routers[i].conf.checks = sim->routers[i].other.checks = conf.checks;
	for (unsigned k = 0; k < conf.checks.n; k++)
		if (extras.renamed[k])
			sim->routers[i].other.checks.of[k].id = (uint8_t)(extras.renamed[k] - 1);
	sim->routers[i].file = sim->routers[i].conf;
	if (extras.companion)
		companion_init(&sim->routers[i], (uint8_t)(11 + i), &config);
	if (extras.guest)
		guest_init(sim, i, config.family, true);
	if (extras.mac)
		macvlan_init(sim, i, CONF_ADVERTS_VIRTUAL);
	sim->routers[i].unit.together = extras.unit;
	sim->units |= extras.unit;
	sim->overlap |= config.overlap;
	unit_unread(sim, i);
	if (other.vrrp.priority)
		sim->routers[i].other.vrrp.priority = other.vrrp.priority;
	sim->routers_n++;
	if (sim->check.interval_max_cs < config.interval_cs)
		sim->check.interval_max_cs = config.interval_cs;
	fault_add(sim, &(struct sim_episode){ .type = SIM_FAULT_START,
					      .node = (uint8_t)i,
					      .begin_ns = host.start_ns,
					      .end_ns = VRRP_NEVER });
	return true;
}

/* What a fault needs behind its name: nodes, then perhaps a number; or a set of nodes. */
static const struct {
	const char *name;
	enum sim_fault_type type;
	unsigned nodes;
	bool number, set;
	unsigned amount; /* unless there is a number */
} faults[] = {
	{ "crash", SIM_FAULT_CRASH, 1, false, false, 0 },
	{ "leave", SIM_FAULT_LEAVE, 1, false, false, SIM_LEAVE_PLAIN },
	{ "leave-hung", SIM_FAULT_LEAVE, 1, false, false, SIM_LEAVE_HUNG },
	{ "stop", SIM_FAULT_STOP, 1, false, false, 0 },
	{ "late", SIM_FAULT_STALL, 1, true, false, 0 },
	{ "freeze", SIM_FAULT_FREEZE, 1, false, false, 0 },
	{ "link", SIM_FAULT_LINK, 1, false, false, SIM_LINK_DOWN },
	{ "unplug", SIM_FAULT_LINK, 1, false, false, SIM_LINK_UNPLUGGED },
	{ "unlink", SIM_FAULT_LINK, 1, false, false, SIM_LINK_REMOVED },
	{ "bare", SIM_FAULT_LINK, 1, false, false, SIM_LINK_BARE },
	{ "no-ip6", SIM_FAULT_LINK, 1, false, false, SIM_LINK_NO_IP6 },
	{ "narrow", SIM_FAULT_LINK, 1, false, false, SIM_LINK_NARROW },
	{ "duplicate", SIM_FAULT_LINK, 1, false, false, SIM_LINK_DUPLICATE },
	{ "renumber", SIM_FAULT_LINK, 1, false, false, SIM_LINK_RENUMBERED },
	{ "route", SIM_FAULT_ROUTE, 1, false, false, 0 },
	{ "source", SIM_FAULT_SOURCE, 1, false, false, 0 },
	{ "cut", SIM_FAULT_CUT, 2, false, false, 0 },
	{ "burst", SIM_FAULT_BURST, 2, true, false, 0 },
	{ "junk", SIM_FAULT_JUNK, 1, true, false, 0 },
	{ "announce", SIM_FAULT_SAY, 1, true, false, 0 },
	{ "split", SIM_FAULT_PARTITION, 0, false, true, 0 },
	{ "panic", SIM_FAULT_PANIC, 1, false, false, SIM_VICTIM_CURRENT },
	{ "panics", SIM_FAULT_PANIC, 1, true, false, 0 },
	{ "program", SIM_FAULT_PROGRAM, 1, true, false, 0 },
	{ "hang", SIM_FAULT_HANG, 1, false, false, 0 },
	{ "reload", SIM_FAULT_RELOAD, 1, true, false, 0 },
	{ "withdraw", SIM_FAULT_WITHDRAW, 1, false, false, 0 },
	{ "steal", SIM_FAULT_STEAL, 1, true, false, 0 },
	{ "steal-one", SIM_FAULT_STEAL, 1, true, false, 0 },
	{ "squat", SIM_FAULT_SQUAT, 1, false, false, 0 },
	{ "trouble", SIM_FAULT_KERNEL, 1, true, false, 0 },
	{ "forget", SIM_FAULT_FORGET, 1, false, false, 0 },
	{ "macvlan", SIM_FAULT_MACVLAN, 1, true, false, 0 },
	{ "guest", SIM_FAULT_GUEST, 1, true, false, 0 },
	{ "drain", SIM_FAULT_DRAIN, 1, false, false, SIM_DRAIN_RESUMED },
	{ "drain-for", SIM_FAULT_DRAIN, 1, false, false, SIM_DRAIN_TIMED },
	{ "down", SIM_FAULT_CHECK, 1, true, false, 0 }, /* of which check */
	{ "unanswered", SIM_FAULT_CHECK, 1, true, false, 0 },
	{ "checker-dies", SIM_FAULT_CHECK, 1, false, false, SIM_CHECKER_KILLED *SIM_CHECKS_MAX },
	{ "checker-stops", SIM_FAULT_CHECK, 1, false, false, SIM_CHECKER_STOPPED *SIM_CHECKS_MAX },
	{ "checker-gone", SIM_FAULT_CHECK, 1, false, false, SIM_CHECKER_MISSING *SIM_CHECKS_MAX },
	{ "narrow6", SIM_FAULT_FAMILY, 1, false, false, SIM_FAMILY_NARROW * 2 + 1 },
	{ "cut4", SIM_FAULT_FAMILY, 2, false, false, SIM_FAMILY_CUT * 2 },
	{ "cut6", SIM_FAULT_FAMILY, 2, false, false, SIM_FAMILY_CUT * 2 + 1 },
	{ "bare4", SIM_FAULT_FAMILY, 1, false, false, SIM_FAMILY_SOURCELESS * 2 },
	{ "bare6", SIM_FAULT_FAMILY, 1, false, false, SIM_FAMILY_SOURCELESS * 2 + 1 },
	{ "off6", SIM_FAULT_FAMILY, 1, false, false, SIM_FAMILY_OFF * 2 + 1 },
};

static bool parse_operands(char **words, unsigned n, unsigned kind, struct sim_episode *e)
{
	unsigned w = 0;
	uint8_t nodes[2] = { 0, 0 }, node;
	int64_t amount = 0;

	for (; w < faults[kind].nodes; w++)
		if (w >= n || !parse_node(words[w], w ? SIM_NODES_MAX : SIM_ROUTERS_MAX, nodes + w))
			return false;
	e->node = nodes[0];
	e->peer = nodes[1];
	if (faults[kind].number && (w >= n || !parse_number(words[w++], 100000, &amount)))
		return false;
	e->amount = faults[kind].number ? (unsigned)amount : faults[kind].amount;
	for (; faults[kind].set && w < n; w++) {
		if (!parse_node(words[w], SIM_NODES_MAX, &node))
			return false;
		e->amount |= 1u << node;
	}
	return w == n;
}

static bool parse_at(struct script *script, char **words, unsigned n)
{
	struct sim_episode e = { .end_ns = VRRP_NEVER };
	int64_t span;

	if (n < 4 || !parse_ms(words[1], &e.begin_ns))
		return false;
	if (n > 5 && strcmp(words[n - 2], "for") == 0) {
		if (!parse_ms(words[n - 1], &span))
			return false;
		e.end_ns = e.begin_ns + span;
		n -= 2;
	}
	for (unsigned kind = 0; kind < sizeof(faults) / sizeof(faults[0]); kind++) {
		if (strcmp(words[2], faults[kind].name) != 0)
			continue;
		e.type = faults[kind].type;
		if (!parse_operands(words + 3, n - 3, kind, &e))
			return false;
		if (e.type == SIM_FAULT_STEAL || e.type == SIM_FAULT_STALL) /* so often; so late */
			e.ns = e.amount * SIM_MS;
		if (e.type == SIM_FAULT_CHECK && faults[kind].number &&
		    e.amount - 1 >= SIM_CHECKS_MAX)
			return false;
		if (strcmp(faults[kind].name, "down") == 0)
			e.amount = checker_kind(SIM_CHECKER_BAD, e.amount - 1);
		if (strcmp(faults[kind].name, "unanswered") == 0)
			e.amount = checker_kind(SIM_CHECKER_MUTE, e.amount - 1);
		if (strcmp(faults[kind].name, "steal-one") == 0)
			e.amount = 0; /* not of all addresses */
		fault_add(script->sim, &e);
		return true;
	}
	return false;
}

static bool parse_line(struct script *script, char *line)
{
	struct sim *sim = script->sim;
	char *words[WORDS_MAX];
	unsigned n = split_words(line, words);
	int64_t hosts;

	if (n == 0)
		return true;
	if (strcmp(words[0], "router") == 0)
		return parse_router(script, words, n);
	if (strcmp(words[0], "at") == 0)
		return parse_at(script, words, n);
	if (strcmp(words[0], "delay") == 0)
		return n == 2 && parse_ms(words[1], &script->delay_ns);
	if (strcmp(words[0], "until") == 0)
		return n == 2 && parse_ms(words[1], &script->until_ns);
	if (strcmp(words[0], "packets") == 0)
		return script->packets = true;
	if (strcmp(words[0], "served") == 0)
		return script->served = true;
	if (strcmp(words[0], "kept") == 0)
		return sim->check.leases_kept = true;
	if (strcmp(words[0], "hitless") == 0)
		return n == 2 && parse_ms(words[1], &sim->check.hitless_ns);
	if (strcmp(words[0], "silent") == 0)
		return sim->silent = true;
	if (strcmp(words[0], "signs") == 0)
		return sim->signs = true;
	if (strcmp(words[0], "routes") == 0)
		return sim->routed = true;
	if (strcmp(words[0], "peers") == 0)
		return sim->unicast = true;
	if (strcmp(words[0], "ignore") == 0 && n == 2) {
		sim->check.ignored = words[1];
		return true;
	}
	if (strcmp(words[0], "hosts") != 0 || n != 2 ||
	    !parse_number(words[1], SIM_HOSTS_MAX, &hosts))
		return false;
	sim->hosts_n = (unsigned)hosts;
	return true;
}

/* Return: false for a line that cannot be understood, which is then the script's bad one. */
static bool parse_script(struct script *script, char *text)
{
	char *rest = NULL;

	sim_init(script->sim, 1);
	script->sim->tidy = true;
	script->sim->hosts_n = 1;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		script->bad = line;
		if (!parse_line(script, line))
			return false;
	}
	for (unsigned i = 0; i < script->sim->hosts_n; i++)
		host_init(&script->sim->hosts[i]);
	net_init(script->sim, script->delay_ns);
	return true;
}

/* Return: the trace, to be freed, or NULL with a complaint on stderr. */
static char *run_script(struct sim *sim, const char *path, char *text)
{
	struct script script = { .sim = sim, .delay_ns = SIM_MS };
	char *trace_text = NULL;
	size_t len = 0;
	FILE *out;

	if (!parse_script(&script, text)) {
		fprintf(stderr, "%s: cannot understand \"%s...\"\n", path, script.bad);
		return NULL;
	}
	out = open_memstream(&trace_text, &len);
	if (!out)
		return NULL;
	trace_begin(sim, out, script.packets);
	if (sim_run_until(sim, script.until_ns) && script.served) {
		check_converged(sim);
		check_hosts(sim, false);
	}
	fclose(out);
	return trace_text;
}

/* Cut @text at its line "--". Return: what follows it, or NULL. */
static char *cut_at_mark(char *text)
{
	char *mark = strstr(text, "\n--\n");

	if (!mark)
		return NULL;
	mark[1] = 0;
	return mark + 4;
}

static void print_difference(const char *path, const char *expected, const char *got)
{
	unsigned line = 1;

	while (*expected && *got) {
		size_t n = strcspn(expected, "\n"), m = strcspn(got, "\n");

		if (n != m || memcmp(expected, got, n) != 0)
			break;
		expected += n + (expected[n] == '\n');
		got += m + (got[m] == '\n');
		line++;
	}
	printf("%s: FAILS in line %u of the trace\n  expected: %.*s\n  got:      %.*s\n", path,
	       line, (int)strcspn(expected, "\n"), expected, (int)strcspn(got, "\n"), got);
}

static bool run_one(struct sim *sim, const char *path)
{
	char *text = read_file(path), *expected, *got;
	bool same = false;

	if (!text) {
		perror(path);
		return false;
	}
	expected = cut_at_mark(text);
	got = run_script(sim, path, text);
	if (got && sim->check.failed)
		printf("%s: FAILS %s: %s\n", path, sim->check.failed, sim->check.message);
	else if (got && expected && strcmp(got, expected) == 0)
		same = true;
	else if (got)
		print_difference(path, expected ? expected : "", got);
	free(got);
	free(text);
	return same;
}

int scenario_run_all(struct sim *sim, const char *dir)
{
	char pattern[512];
	unsigned passed = 0;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*.txt", dir);
	if (glob(pattern, 0, NULL, &found) != 0) {
		fprintf(stderr, "no scenarios: %s\n", pattern);
		return 1;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		passed += run_one(sim, found.gl_pathv[i]);
	printf("%u passed, %zu failed, 0 skipped\n", passed, found.gl_pathc - passed);
	globfree(&found);
	return passed == found.gl_pathc ? 0 : 1;
}

int scenario_print(struct sim *sim, const char *path)
{
	char *text = read_file(path), *script, *got;

	if (!text) {
		perror(path);
		return 1;
	}
	cut_at_mark(text);
	script = strdup(text);
	got = script ? run_script(sim, path, text) : NULL;
	if (got)
		printf("%s--\n%s", script, got);
	free(got);
	free(script);
	free(text);
	return got ? 0 : 1;
}
