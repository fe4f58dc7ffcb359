/* SPDX-License-Identifier: MIT */
#include "sim_checker.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sim.h"

/* As agent/keeper/helper.c has them. */
#define AGAIN_NS     (100 * SIM_MS)
#define FAILURES_MAX 4
#define END_NS       SIM_S

static int64_t draw_ns(struct sim *sim, int64_t tidy_ns, int64_t high_ns)
{
	return sim->tidy ? tidy_ns : prng_range(&sim->checked, 0, high_ns);
}

static void name_check(unsigned id, char *buf)
{
	snprintf(buf, CHECK_NAME_SIZE, "c%u", id + 1);
}

/* ---- time ---- */

static void wake_at(struct sim *sim, unsigned i, int64_t at_ns)
{
	struct sim_checker *c = &sim->routers[i].checker;

	if (at_ns < sim->now_ns)
		at_ns = sim->now_ns;
	if (at_ns >= c->wake_ns && c->wake_ns >= sim->now_ns)
		return;
	c->wake_ns = at_ns;
	events_push(&sim->events, at_ns, SIM_EVENT_CHECKER, i, 0);
}

static void schedule(struct sim *sim, unsigned i)
{
	struct sim_checker *c = &sim->routers[i].checker;
	int64_t next_ns = c->runs ? VRRP_NEVER : c->start_ns;

	for (unsigned n = 0; c->runs && !c->stopped && n < c->conf.n; n++)
		if (c->ask_ns[n] < next_ns)
			next_ns = c->ask_ns[n];
	if (next_ns != VRRP_NEVER)
		wake_at(sim, i, next_ns);
}

/* ---- the board ---- */

bool checker_has_news(const struct sim *sim, unsigned i)
{
	struct pollfd news = { .fd = sim->routers[i].checker.news_fd, .events = POLLIN };

	return sim->routers[i].checker.open && poll(&news, 1, 0) == 1;
}

/* Whoever speaks wakes up when it is told. */
static void put(struct sim *sim, unsigned i, unsigned n, const struct fact *fact)
{
	struct sim_checker *c = &sim->routers[i].checker;
	struct sim_process *speaker = keeper_speaker(sim, i);

	board_put(c->board, c->place[n], fact);
	if (speaker && checker_has_news(sim, i))
		process_wake(sim, speaker);
}

/* What it was told before stays, and of a check that is asked in another way until it answers. */
static void begin_fact(struct sim *sim, unsigned i, unsigned n)
{
	struct sim_checker *c = &sim->routers[i].checker;
	const struct sim_tracked *check = &c->conf.of[n];
	char name[CHECK_NAME_SIZE];
	struct fact fact;

	name_check(check->id, name);
	c->place[n] = board_take(c->board, name);
	assert(c->place[n] != BOARD_NONE);
	if (!board_get(c->board, c->place[n], &fact)) {
		fact = (struct fact){ .definition = check->definition };
		strcpy(fact.name, name);
	} else if (fact.definition != check->definition) {
		fact.definition = check->definition;
		fact.in_row = 0;
		fact.answered_ns = fact.value ? gateway_local_ns(sim, &sim->routers[i]) : 0;
	}
	put(sim, i, n, &fact);
}

static bool is_ours(const struct sim_checker *c, uint32_t place)
{
	for (unsigned n = 0; n < c->conf.n; n++)
		if (c->place[n] == place)
			return true;
	return false;
}

static void start(struct sim *sim, unsigned i)
{
	struct sim_checker *c = &sim->routers[i].checker;
	struct fact fact;

	c->start_ns = VRRP_NEVER;
	if (c->missing) {
		c->failures_n += c->failures_n < FAILURES_MAX;
		c->start_ns = sim->now_ns + (AGAIN_NS << c->failures_n);
		return;
	}
	c->runs = true;
	c->stopped = false;
	for (unsigned n = 0; n < c->conf.n; n++) {
		int64_t interval_ns = c->conf.of[n].interval_ms * SIM_MS;

		begin_fact(sim, i, n);
		c->ask_ns[n] = sim->now_ns +
			       draw_ns(sim, SIM_MS, interval_ns < SIM_S ? interval_ns : SIM_S);
	}
	for (uint32_t place = 0; place < board_count(c->board); place++)
		if (board_get(c->board, place, &fact) && !is_ours(c, place))
			board_clear(c->board, place);
}

static void answer(struct sim *sim, unsigned i, unsigned n)
{
	struct sim_checker *c = &sim->routers[i].checker;
	const struct sim_tracked *check = &c->conf.of[n];
	enum board_value value = c->bad[check->id] ? BOARD_DOWN : BOARD_UP;
	int64_t now_ns = gateway_local_ns(sim, &sim->routers[i]);
	struct fact fact;

	c->ask_ns[n] = sim->now_ns + check->interval_ms * SIM_MS;
	if (c->mute[check->id] || !board_get(c->board, c->place[n], &fact))
		return;
	if (fact.value != value) {
		fact.value = (uint8_t)value;
		fact.since_ns = now_ns;
		fact.in_row = 0;
	}
	fact.good = value == BOARD_UP;
	fact.in_row++;
	fact.answers++;
	fact.answered_ns = now_ns;
	put(sim, i, n, &fact);
}

/* ---- life ---- */

void checker_open(struct sim *sim, unsigned i)
{
	struct sim_checker *c = &sim->routers[i].checker;
	int err;

	assert(!c->open);
	c->board_fd = board_new();
	c->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert(c->board_fd >= 0 && c->news_fd >= 0);
	err = board_open(c->board_fd, c->news_fd, true, &c->board);
	assert(err == 0);
	c->open = true;
	c->conf = (struct sim_checks){ 0 };
	c->runs = c->stopped = false;
	c->failures_n = 0;
	c->start_ns = c->wake_ns = VRRP_NEVER;
	sim->routers[i].beliefs = (struct sim_beliefs){ 0 };
}

void checker_close(struct sim *sim, unsigned i)
{
	struct sim_checker *c = &sim->routers[i].checker;

	if (!c->open)
		return;
	board_close(c->board);
	close(c->board_fd);
	close(c->news_fd);
	c->open = c->runs = false;
	c->start_ns = c->wake_ns = VRRP_NEVER;
}

static void start_at(struct sim *sim, unsigned i, int64_t at_ns)
{
	struct sim_checker *c = &sim->routers[i].checker;

	c->runs = c->stopped = false;
	c->start_ns = at_ns;
	schedule(sim, i);
}

void checker_want(struct sim *sim, unsigned i, const struct sim_checks *checks)
{
	struct sim_checker *c = &sim->routers[i].checker;
	int64_t end_ns = c->stopped ? END_NS : 0;

	if (checks_same(&c->conf, checks))
		return;
	c->conf = *checks;
	c->failures_n = 0;
	start_at(sim, i,
		 checks->n ? sim->now_ns + end_ns + draw_ns(sim, SIM_MS, 100 * SIM_MS)
			   : VRRP_NEVER);
}

void checker_replace(struct sim *sim, unsigned i)
{
	if (!sim->routers[i].checker.runs)
		return;
	trace(sim, "the checker of %s is replaced", node_name(i));
	start_at(sim, i, sim->now_ns + draw_ns(sim, SIM_MS, 20 * SIM_MS));
}

void checker_event(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_checker *c = &r->checker;

	if (!c->open || c->wake_ns != sim->now_ns || r->pause != SIM_RUNNING)
		return;
	c->wake_ns = VRRP_NEVER;
	if (!c->runs && c->start_ns <= sim->now_ns)
		start(sim, i);
	for (unsigned n = 0; c->runs && !c->stopped && n < c->conf.n; n++)
		if (c->ask_ns[n] <= sim->now_ns)
			answer(sim, i, n);
	schedule(sim, i);
}

void checker_resumed(struct sim *sim, unsigned i)
{
	struct sim_checker *c = &sim->routers[i].checker;

	if (!c->open)
		return;
	c->wake_ns = VRRP_NEVER;
	if (c->conf.n)
		wake_at(sim, i, sim->now_ns + draw_ns(sim, 0, sim->latency_ns));
}

int64_t checker_late_ns(const struct sim *sim)
{
	int64_t late_ns = 0, ns;

	for (unsigned i = 0; i < 2 * sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i / 2];
		const struct sim_checks *checks = i % 2 ? &r->other.checks : &r->conf.checks;

		for (unsigned n = 0; n < checks->n; n++) {
			ns = (2 * checks->of[n].interval_ms + checks->of[n].timeout_ms) * SIM_MS +
			     (AGAIN_NS << FAILURES_MAX) + 2 * SIM_S;
			late_ns = ns > late_ns ? ns : late_ns;
		}
	}
	return late_ns;
}

/* ---- what befalls it ---- */

unsigned checker_kind(enum sim_checker_fault fault, unsigned id)
{
	return fault * SIM_CHECKS_MAX + id;
}

static void kill_checker(struct sim *sim, unsigned i)
{
	struct sim_checker *c = &sim->routers[i].checker;

	if (!c->open || !c->runs)
		return;
	start_at(sim, i, sim->now_ns + (AGAIN_NS << c->failures_n));
	c->failures_n += c->failures_n < FAILURES_MAX;
}

/* Somebody may be about to ask in this moment. */
static void ask_soon(struct sim *sim, unsigned i, unsigned id)
{
	struct sim_checker *c = &sim->routers[i].checker;

	for (unsigned n = 0; c->open && c->runs && n < c->conf.n; n++)
		if (c->conf.of[n].id == id && (sim->tidy || prng_one_in(&sim->checked, 3)))
			c->ask_ns[n] = sim->now_ns;
	if (c->open)
		schedule(sim, i);
}

void checker_begin(struct sim *sim, const struct sim_episode *e)
{
	static const char *const says[SIM_CHECKER_FAULTS] = {
		[SIM_CHECKER_BAD] = "is down",
		[SIM_CHECKER_MUTE] = "gets no answers",
		[SIM_CHECKER_KILLED] = "dies",
		[SIM_CHECKER_STOPPED] = "stands still",
		[SIM_CHECKER_MISSING] = "dies, and its program is gone",
	};
	enum sim_checker_fault fault = (enum sim_checker_fault)(e->amount / SIM_CHECKS_MAX);
	unsigned i = e->node, id = e->amount % SIM_CHECKS_MAX;
	struct sim_checker *c = &sim->routers[i].checker;
	char name[CHECK_NAME_SIZE] = "the checker";

	if (fault <= SIM_CHECKER_MUTE)
		name_check(id, name);
	trace(sim, "%s: %s %s", node_name(i), name, says[fault]);
	switch (fault) {
	case SIM_CHECKER_BAD:
		c->bad[id] = true;
		ask_soon(sim, i, id);
		break;
	case SIM_CHECKER_MUTE:
		c->mute[id] = true;
		break;
	case SIM_CHECKER_MISSING:
		c->missing = true;
		kill_checker(sim, i);
		break;
	case SIM_CHECKER_KILLED:
		kill_checker(sim, i);
		break;
	case SIM_CHECKER_STOPPED:
		c->stopped = c->open && c->runs;
		break;
	case SIM_CHECKER_FAULTS:
		break;
	}
}

void checker_end(struct sim *sim, const struct sim_episode *e)
{
	enum sim_checker_fault fault = (enum sim_checker_fault)(e->amount / SIM_CHECKS_MAX);
	unsigned i = e->node, id = e->amount % SIM_CHECKS_MAX;
	struct sim_checker *c = &sim->routers[i].checker;

	if (fault == SIM_CHECKER_BAD)
		c->bad[id] = false;
	else if (fault == SIM_CHECKER_MUTE)
		c->mute[id] = false;
	else if (fault == SIM_CHECKER_MISSING)
		c->missing = false;
	else if (fault == SIM_CHECKER_STOPPED)
		c->stopped = false;
	if (fault <= SIM_CHECKER_MUTE)
		trace(sim, "%s: c%u is well again", node_name(i), id + 1);
	ask_soon(sim, i, id);
}

/* ---- configurations ---- */

bool checks_same(const struct sim_checks *a, const struct sim_checks *b)
{
	bool same = a->n == b->n;

	for (unsigned n = 0; same && n < a->n; n++) {
		const struct sim_tracked *x = &a->of[n], *y = &b->of[n];

		same = x->id == y->id && x->definition == y->definition &&
		       x->reverse == y->reverse && x->unknown_down == y->unknown_down &&
		       x->weight == y->weight && x->interval_ms == y->interval_ms &&
		       x->timeout_ms == y->timeout_ms;
	}
	return same;
}

static void put_check(const struct sim_tracked *from, struct check_config *ret_check)
{
	*ret_check = (struct check_config){ .kind = CHECK_TCP,
					    .unknown = from->unknown_down ? CHECK_UNKNOWN_DOWN
									  : CHECK_UNKNOWN_HOLD,
					    .rise = 1,
					    .fall = 1,
					    .interval_ns = from->interval_ms * SIM_MS,
					    .timeout_ns = from->timeout_ms * SIM_MS,
					    .definition = from->definition };
	name_check(from->id, ret_check->name);
}

void checks_conf(struct sim_process *process)
{
	const struct sim_checks *checks = &process->conf.checks;
	struct conf_router *router = &process->router_confs[0];
	bool unit = process->sim->routers[process->router].unit.together;

	process->product.checks_n = checks->n;
	process->product.checks = process->check_confs;
	process->team = (struct conf_group){ .tracks = &process->tracks[checks->n] };
	router->tracks = process->tracks;
	for (unsigned n = 0; n < checks->n; n++) {
		const struct sim_tracked *from = &checks->of[n];
		struct conf_track track = { .check_number = (uint16_t)n,
					    .weight = from->weight,
					    .reverse = from->reverse };

		put_check(from, &process->check_confs[n]);
		strcpy(track.check, process->check_confs[n].name);
		if (unit && from->team)
			*--process->team.tracks = track, process->team.tracks_n++;
		else
			process->tracks[router->tracks_n++] = track;
	}
	if (process->team.tracks_n)
		router->team = &process->team;
}

unsigned checks_ceiling(const struct sim_conf *conf)
{
	unsigned sum = conf->vrrp.priority;

	for (unsigned n = 0; n < conf->checks.n; n++)
		sum += conf->checks.of[n].weight > 0 ? (unsigned)conf->checks.of[n].weight : 0;
	if (conf->vrrp.priority == VRRP_PRIORITY_OWNER)
		return VRRP_PRIORITY_OWNER;
	return sum < VRRP_PRIORITY_OWNER ? sum : VRRP_PRIORITY_OWNER - 1;
}

static int16_t draw_weight(struct prng *p)
{
	static const uint8_t few[] = { 1, 5, 20, 50, 100, 150, 253 };
	int weight = few[prng_below(p, sizeof(few))];

	return (int16_t)(prng_one_in(p, 3) ? weight : -weight);
}

static struct sim_tracked draw_check(struct prng *p, unsigned id, bool calm, bool weights)
{
	static const uint16_t intervals[] = { 100, 200, 500, 500, 1000, 2000 };
	struct sim_tracked check = { .id = (uint8_t)id, .definition = 1 };

	check.interval_ms = intervals[prng_below(p, 6)];
	check.timeout_ms = (unsigned)prng_range(p, 20, check.interval_ms);
	check.unknown_down = prng_one_in(p, 3) && !calm;
	check.team = prng_one_in(p, 2);
	if (weights || prng_one_in(p, 2))
		check.weight = draw_weight(p);
	check.reverse = prng_one_in(p, 6) && (check.weight || !calm);
	return check;
}

/* Some check is changed, added or removed. */
static void change(struct prng *p, struct sim_checks *checks, bool weights)
{
	unsigned n = checks->n ? prng_below(p, checks->n) : 0;

	switch (prng_below(p, 4)) {
	case 0:
		if (checks->n)
			checks->n--;
		break;
	case 1:
		if (checks->n < SIM_CHECKS_MAX) {
			checks->of[checks->n] = draw_check(p, checks->n, false, weights);
			checks->n++;
		}
		break;
	case 2:
		if (checks->n)
			checks->of[n] = draw_check(p, n, false, weights);
		break;
	default:
		if (checks->n)
			checks->of[n].definition = 2;
		break;
	}
}

/* Some check gets a name that no other one has: nobody knows what it will find. */
static void rename_one(struct prng *p, struct sim_checks *checks)
{
	uint8_t free_id = 0;

	for (unsigned n = 0; n < checks->n;)
		n = checks->of[n].id == free_id ? (free_id++, 0) : n + 1;
	if (checks->n && checks->n < SIM_CHECKS_MAX)
		checks->of[prng_below(p, checks->n)].id = free_id;
}

/* What is renamed is drawn apart, so that all else is as it was. */
void checks_draw(struct sim *sim, unsigned i, struct prng *p, bool calm, bool weights)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_checks checks = { .n = prng_one_in(p, 8) ? 0
							    : 1 + prng_below(p, SIM_CHECKS_MAX) };
	struct prng apart;

	for (unsigned n = 0; n < checks.n; n++)
		checks.of[n] = draw_check(p, n, calm, weights);
	apart = *p;
	r->conf.checks = r->other.checks = r->file.checks = checks;
	if (!calm && !prng_one_in(p, 3))
		change(p, &r->other.checks, weights);
	if (!calm && prng_one_in(&apart, 3))
		rename_one(&apart, &r->other.checks);
}
