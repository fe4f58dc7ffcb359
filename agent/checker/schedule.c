/* SPDX-License-Identifier: MIT */
#include "schedule.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "schedule_private.h"

#define NS_PER_S   INT64_C(1000000000)
#define PROBES_MAX 256               /* at a time: each that hangs is a process */
#define LATE_NS    INT64_C(50000000) /* a turn that began so much later than it was wanted for */

/* ---- when ---- */

static void arm(struct schedule *schedule, struct item *item)
{
	int64_t at_ns = item->check.asked ? item->check.timeout_ns : item->next_ns;

	deadlines_set(schedule->heap, (unsigned)(item - schedule->items), at_ns);
}

/* The next time in its interval, after @after_ns. */
static int64_t next_of(const struct item *item, int64_t after_ns)
{
	int64_t interval_ns = config_of(item)->interval_ns;
	int64_t ahead_ns = (after_ns - item->phase_ns) % interval_ns;

	return after_ns + interval_ns - (ahead_ns < 0 ? ahead_ns + interval_ns : ahead_ns);
}

/* The fractions of multiples of the golden ratio: however many there are, they are spread. */
static double fraction_of(unsigned number)
{
	double fraction = number * 0.6180339887498949;

	return fraction - (double)(int64_t)fraction;
}

/* All are asked soon, and from then on at their own time of the interval. */
static void plan_first(struct item *item, unsigned number, const struct clocks *now)
{
	const struct check_config *config = config_of(item);
	int64_t soon_ns = config->interval_ns < NS_PER_S ? config->interval_ns : NS_PER_S;
	double fraction = fraction_of(number);

	item->phase_ns =
		now->mono_ns + config->delay_ns + (int64_t)(fraction * (double)config->interval_ns);
	item->next_ns = now->mono_ns + config->delay_ns + (int64_t)(fraction * (double)soon_ns);
}

static void take_answer(struct schedule *schedule, struct item *item, int64_t now_ns)
{
	schedule_count_answer(schedule, item, now_ns);
	/* Whoever took all of its time, as one that hangs does, is asked again at once. */
	if (item->next_ns + config_of(item)->interval_ns <= now_ns)
		item->next_ns = next_of(item, now_ns);
	schedule_put_fact(schedule, item);
	arm(schedule, item);
}

static void take_answers(struct schedule *schedule, int64_t now_ns)
{
	struct check *check;

	while ((check = check_context_answered(&schedule->context)))
		take_answer(schedule, (struct item *)(void *)check, now_ns);
}

_Static_assert(offsetof(struct item, check) == 0, "a check is found in its item");

/* ---- files that may hang ---- */

/* A file system whose server is gone takes whoever goes there for ever. The first time that happens
 * this process is killed, and its successor knows what it was at (board_hung()). From then on
 * another process goes to the files of that check first, and to those of all others once: none of
 * them is asked before that has come back. */

static void ask_kind(struct item *item, int64_t now_ns)
{
	struct check *check = &item->check;
	uint32_t before = check_work_begin(check);

	item->touches = check->aside = false;
	kind_of(item)->ask(check, now_ns);
	check->aside = item->fact.hung;
	check_work_end(check, before);
}

static void on_probe_done(struct check_probe *probe, bool fine, int64_t now_ns)
{
	struct item *item = (struct item *)(void *)probe->check;

	item->schedule->probes_n--;
	if (fine && item->check.asked && item->touches)
		ask_kind(item, now_ns);
}

/* One that still hangs is waited for; one that somebody has killed is started again. */
static void touch_files(struct schedule *schedule, struct item *item, int64_t now_ns)
{
	int err;

	item->touches = true;
	if (item->probe.pid || schedule->probes_n == PROBES_MAX)
		return;
	item->probe.done = on_probe_done;
	err = check_probe_start(&item->probe, &item->check, now_ns);
	if (err < 0)
		check_answer_errno(&item->check, "starting a process", -err);
	else
		schedule->probes_n++;
}

static void excuse(struct schedule *schedule, struct item *item, int64_t now_ns)
{
	struct check *check = &item->check;

	check->timeout_ns = now_ns + config_of(item)->timeout_ns;
	if (!item->probe.pid) {
		check_excuse(check, "its files may hang, as those of %d others: it is not asked",
			     PROBES_MAX);
		touch_files(schedule, item, now_ns);
		return;
	}
	item->fact.hung = 1;
	check_excuse(check, "a file of it hangs in the kernel since %lld s: it is not asked",
		     (long long)((now_ns - item->probe.begun_ns) / NS_PER_S));
}

/* ---- what is due ---- */

static void ask(struct schedule *schedule, struct item *item, int64_t now_ns)
{
	struct check *check = &item->check;
	unsigned kind = config_of(item)->kind;

	item->next_ns = next_of(item, now_ns);
	if (schedule->open_errors[kind])
		schedule_open_kind_again(schedule, kind);
	if (!kind_of(item)) {
		(void)schedule_look_at_parts(schedule, item, now_ns);
	} else if (schedule->open_errors[kind]) {
		check->asked_ns = now_ns;
		check_answer_errno(check, "cannot be asked here", schedule->open_errors[kind]);
	} else {
		check->asked = true;
		item->put_off = false;
		check->asked_ns = now_ns;
		check->timeout_ns = now_ns + config_of(item)->timeout_ns;
		check->output_len = 0;
		if (check->aside)
			touch_files(schedule, item, now_ns);
		else
			ask_kind(item, now_ns);
	}
	arm(schedule, item);
}

/* Who was not there to listen, since the host stood still or had too much to do, does not know who
 * would have answered: that time does not count, once. */
static bool put_off(const struct schedule *schedule, struct item *item, int64_t now_ns)
{
	int64_t more_ns = config_of(item)->timeout_ns;

	if (!schedule->late_ns || item->put_off)
		return false;
	item->put_off = true;
	item->check.timeout_ns =
		now_ns + (more_ns < schedule->late_ns ? more_ns : schedule->late_ns);
	return true;
}

/* Unless that was put off meanwhile, or is now. */
static void give_up(struct schedule *schedule, struct item *item, int64_t now_ns)
{
	struct check *check = &item->check;

	if (check->timeout_ns <= now_ns && put_off(schedule, item, now_ns)) {
		arm(schedule, item);
		return;
	}
	if (check->timeout_ns <= now_ns && item->touches)
		excuse(schedule, item, now_ns);
	else if (check->timeout_ns <= now_ns)
		kind_of(item)->give_up(check, now_ns);
	if (check->excused)
		schedule_put_excuse(schedule, item);
	if (check->asked)
		arm(schedule, item);
}

static void do_what_is_due(struct schedule *schedule, struct item *item, int64_t now_ns)
{
	if (item->check.asked)
		give_up(schedule, item, now_ns);
	else
		ask(schedule, item, now_ns);
}

int schedule_fd(const struct schedule *schedule)
{
	return schedule->context.epoll_fd;
}

/* What has answered by now has answered in time. */
void schedule_dispatch(struct schedule *schedule, const struct clocks *now)
{
	int64_t due_ns;
	unsigned number;

	schedule->late_ns = now->mono_ns - schedule->wanted_ns;
	if (schedule->late_ns < LATE_NS)
		schedule->late_ns = 0;
	schedule->turn_ns = now->mono_ns;
	board_turn(schedule->board, schedule->excused_n, now->mono_ns);
	check_context_dispatch(&schedule->context, now->mono_ns);
	take_answers(schedule, now->mono_ns);
	schedule_kinds_work(schedule, now->mono_ns);
	take_answers(schedule, now->mono_ns);
	for (;;) {
		number = deadlines_first(schedule->heap, &due_ns);
		if (due_ns > now->mono_ns)
			break;
		do_what_is_due(schedule, &schedule->items[number], now->mono_ns);
		take_answers(schedule, now->mono_ns);
	}
	schedule_look_at_all_parts(schedule, now->mono_ns);
	schedule->wanted_ns = schedule_deadline(schedule);
	if (schedule->wanted_ns < now->mono_ns) /* at once, by a kind that is not ready yet */
		schedule->wanted_ns = now->mono_ns;
	board_turn(schedule->board, schedule->excused_n, now->mono_ns);
}

const char *schedule_hung(const struct schedule *schedule)
{
	return schedule->hung;
}

int64_t schedule_deadline(const struct schedule *schedule)
{
	int64_t kinds_ns = schedule_kinds_deadline(schedule), due_ns;

	(void)deadlines_first(schedule->heap, &due_ns);
	if (kinds_ns < due_ns)
		due_ns = kinds_ns;
	if (schedule->excused_n && schedule->turn_ns + BOARD_TURN_NS < due_ns)
		due_ns = schedule->turn_ns + BOARD_TURN_NS;
	return due_ns;
}

/* ---- making and unmaking ---- */

static void set_hung(struct schedule *schedule, struct item *item)
{
	schedule->hung = config_of(item)->name;
	item->fact.hung = 1;
}

/* @hung: of board_hung(). */
static int add(struct schedule *schedule, unsigned number, uint32_t hung, const struct clocks *now)
{
	struct item *item = &schedule->items[number];
	const struct check_kind *kind = kind_of(item);
	unsigned kind_number = config_of(item)->kind;

	plan_first(item, number, now);
	schedule_take_fact(schedule, item, now);
	if (item->place != BOARD_NONE && item->place == hung)
		set_hung(schedule, item);
	item->check.mark = item->place == BOARD_NONE ? 0 : item->place + 1;
	item->check.aside = kind && kind->touch && (item->fact.hung || hung != BOARD_NONE);
	schedule_put_fact(schedule, item);
	if (!kind)
		schedule->several[schedule->several_n++] = number;
	if (kind && kind->run_size)
		item->check.run = calloc(1, kind->run_size);
	if (kind && kind->run_size && !item->check.run)
		return -ENOMEM;
	schedule_open_kind(schedule, kind_number);
	return kind && !schedule->open_errors[kind_number] ? schedule_add_to_kind(schedule, item)
							   : 0;
}

/* Of checks that nobody has any more, before others need the room. */
static void clear_others(const struct schedule *schedule)
{
	bool ours[BOARD_FACTS_MAX + 1] = { false };
	unsigned n = board_count(schedule->board);

	for (unsigned i = 0; i < schedule->n; i++) {
		uint32_t place = board_find(schedule->board, config_of(&schedule->items[i])->name);

		ours[place == BOARD_NONE ? BOARD_FACTS_MAX : place] = true;
	}
	for (uint32_t place = 0; place < n; place++)
		if (board_is_taken(schedule->board, place) && !ours[place])
			board_clear(schedule->board, place);
}

static int open_all(struct schedule *schedule, const struct check_config *checks,
		    struct schedule_fds fds, const struct clocks *now)
{
	uint32_t hung = board_hung(schedule->board, now->mono_ns);
	int err = check_context_open(&schedule->context);

	schedule->items = calloc(schedule->n + 1, sizeof(*schedule->items));
	schedule->several = calloc(schedule->n + 1, sizeof(*schedule->several));
	schedule->heap = deadlines_new(schedule->n + 1);
	if (err < 0)
		return err;
	if (!schedule->items || !schedule->several || !schedule->heap)
		return -ENOMEM;
	schedule->context.proc_events_fd = fds.proc_events;
	schedule->context.cgroup_fd = fds.cgroup;
	schedule->context.at_work = board_at_work(schedule->board);
	for (unsigned i = 0; i < schedule->n; i++) {
		schedule->items[i].schedule = schedule;
		schedule->items[i].check =
			(struct check){ .config = &checks[i], .context = &schedule->context };
	}
	clear_others(schedule);
	for (unsigned i = 0; i < schedule->n && err == 0; i++)
		err = add(schedule, i, hung, now);
	for (unsigned i = 0; i < schedule->n && err == 0; i++)
		arm(schedule, &schedule->items[i]);
	schedule->changed = true;
	schedule->wanted_ns = CHECK_NEVER;
	return err;
}

int schedule_open(const struct check_config *checks, unsigned n, struct board *board,
		  struct schedule_fds fds, const struct clocks *now, struct schedule **ret_schedule)
{
	struct schedule *schedule = calloc(1, sizeof(*schedule));
	int err;

	if (!schedule)
		return -ENOMEM;
	schedule->n = n;
	schedule->board = board;
	err = open_all(schedule, checks, fds, now);
	if (err < 0) {
		schedule_close(schedule);
		return err;
	}
	*ret_schedule = schedule;
	return 0;
}

void schedule_close(struct schedule *schedule)
{
	if (!schedule)
		return;
	for (unsigned i = 0; schedule->items && i < schedule->n; i++) {
		struct item *item = &schedule->items[i];

		if (item->check.config && kind_of(item) &&
		    !schedule->open_errors[config_of(item)->kind])
			schedule_remove_from_kind(item);
		check_probe_stop(&item->probe);
		free(item->check.run);
	}
	for (unsigned kind = 0; kind < CHECK_KINDS_COUNT; kind++)
		schedule_close_kind(schedule, kind);
	check_context_close(&schedule->context);
	deadlines_free(schedule->heap);
	free(schedule->items);
	free(schedule->several);
	free(schedule);
}
