/* SPDX-License-Identifier: MIT */
#include "schedule.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/deadlines.h"
#include "checks/probe.h"
#include "checks/verdict.h"

#define NS_PER_S   INT64_C(1000000000)
#define PROBES_MAX 256               /* at a time: each that hangs is a process */
#define LATE_NS    INT64_C(50000000) /* a turn that began so much later than it was wanted for */

/* One check that is asked again and again. */
struct item {
	struct check check;
	struct check_verdict verdict; /* of this process; unknown until the first answer */
	uint32_t place;               /* on the board; BOARD_NONE: there is none */
	struct fact fact;             /* as it was put there last */
	int64_t next_ns;              /* when it is asked again */
	int64_t phase_ns;             /* at this time of each interval */
	bool excused;                 /* as the board has it */
	bool put_off;                 /* its time-out, since a turn was late */
	bool touches;                 /* its files, before it is asked */
	struct check_probe probe;     /* which does that */
	struct schedule *schedule;    /* borrowed */
};

struct schedule {
	unsigned n, several_n;
	struct item *items;     /* owned, as all below */
	unsigned *several;      /* numbers of those that are made of others */
	struct deadlines *heap; /* of all */
	struct check_context context;
	struct check_engine *engines[CHECK_KINDS_COUNT];
	int open_errors[CHECK_KINDS_COUNT]; /* an errno: why there is no engine */
	struct board *board;                /* borrowed */
	bool changed; /* some value, since those made of others were looked at */
	unsigned probes_n, excused_n;
	int64_t turn_ns;   /* the last one began */
	int64_t wanted_ns; /* the next one */
	int64_t late_ns;   /* so much later this one has begun; 0: in time */
	const char *hung;  /* borrowed: the check that the process before this one hung in; NULL */
};

_Static_assert((int)CHECK_VALUE_UNKNOWN == (int)BOARD_UNKNOWN &&
		       (int)CHECK_VALUE_UP == (int)BOARD_UP &&
		       (int)CHECK_VALUE_DOWN == (int)BOARD_DOWN,
	       "a verdict's value is a fact's");
_Static_assert(CHECK_NAME_SIZE == BOARD_NAME_SIZE && CHECK_ERROR_SIZE == BOARD_ERROR_SIZE &&
		       CHECK_OUTPUT_SIZE == BOARD_OUTPUT_SIZE && CHECK_MAX <= BOARD_FACTS_MAX,
	       "a check has room on the board");

static const struct check_config *config_of(const struct item *item)
{
	return item->check.config;
}

static const struct check_kind *kind_of(const struct item *item)
{
	return check_kind_of(config_of(item)->kind);
}

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

/* ---- facts ---- */

static void begin_fact(struct item *item)
{
	item->fact = (struct fact){ .definition = config_of(item)->definition };
	memcpy(item->fact.name, config_of(item)->name, sizeof(item->fact.name));
}

/* As another process left it. What is asked in another way keeps its value until that has an
 * answer: nothing is up that was down, only since somebody changed how it is asked. */
static void resume_fact(struct item *item, const struct clocks *now)
{
	const struct check_config *config = config_of(item);

	item->fact.excused = 0;
	if (item->fact.definition != config->definition) {
		item->fact.definition = config->definition;
		item->fact.hung = 0;
		item->fact.in_row = 0;
		item->fact.answered_ns = item->fact.value ? now->mono_ns : 0;
		return;
	}
	item->verdict = (struct check_verdict){ .value = item->fact.value,
						.good = item->fact.good,
						.in_row = item->fact.in_row };
	if (item->fact.answered_ns) { /* it was asked long ago */
		item->next_ns -= config->delay_ns;
		item->phase_ns -= config->delay_ns;
	}
	if (item->fact.next_ns > now->mono_ns &&
	    item->fact.next_ns <= now->mono_ns + config->interval_ns)
		item->next_ns = item->phase_ns = item->fact.next_ns;
}

static void put(struct schedule *schedule, struct item *item)
{
	item->fact.next_ns = item->next_ns;
	if (item->place != BOARD_NONE)
		board_put(schedule->board, item->place, &item->fact);
}

/* What has not been asked has no answer: the fact stays, and grows old. */
static void put_excuse(struct schedule *schedule, struct item *item)
{
	schedule->excused_n += !item->excused;
	item->excused = true;
	item->fact.excused = 1;
	memcpy(item->fact.error, item->check.error, sizeof(item->fact.error));
	put(schedule, item);
}

static void set_value(struct schedule *schedule, struct item *item, enum check_value value,
		      int64_t now_ns)
{
	if (item->fact.value == value)
		return;
	item->fact.value = (uint8_t)value;
	item->fact.since_ns = now_ns;
	schedule->changed = true;
}

static void count(struct fact *fact, const struct check *check, int64_t now_ns)
{
	fact->good = check->result == CHECK_GOOD;
	fact->answers++;
	fact->bad += !fact->good;
	fact->timed_out += check->result == CHECK_TIMED_OUT;
	fact->answered_ns = now_ns;
	fact->took_ns = now_ns - check->asked_ns;
}

static void put_output(struct schedule *schedule, struct item *item)
{
	const struct check *check = &item->check;

	item->fact.output_len = check->output_len;
	if (check->output_len && item->place != BOARD_NONE)
		board_put_output(schedule->board, item->place, check->output, check->output_len);
}

static void take_answer(struct schedule *schedule, struct item *item, int64_t now_ns)
{
	const struct check_config *config = config_of(item);
	struct fact *fact = &item->fact;
	const struct check *check = &item->check;

	schedule->excused_n -= item->excused;
	item->excused = false;
	item->fact.excused = 0;
	(void)check_verdict_take(&item->verdict, check->result == CHECK_GOOD, config->rise,
				 config->fall);
	count(fact, check, now_ns);
	fact->in_row = item->verdict.in_row;
	if (fact->number != check->number)
		schedule->changed = true;
	fact->number = check->number;
	memcpy(fact->error, check->error, sizeof(fact->error));
	put_output(schedule, item);
	set_value(schedule, item, item->verdict.value, now_ns);
	/* Whoever took all of its time, as one that hangs does, is asked again at once. */
	if (item->next_ns + config->interval_ns <= now_ns)
		item->next_ns = next_of(item, now_ns);
	put(schedule, item);
	arm(schedule, item);
}

static void take_answers(struct schedule *schedule, int64_t now_ns)
{
	struct check *check;

	while ((check = check_context_answered(&schedule->context)))
		take_answer(schedule, (struct item *)(void *)check, now_ns);
}

_Static_assert(offsetof(struct item, check) == 0, "a check is found in its item");

/* ---- what is made of others ---- */

/* One that cannot be asked any more has the value that it had, as its fact on the board has: what
 * that counts as by now is up to it. */
static uint8_t value_of(const struct item *part, int64_t now_ns)
{
	const struct check_config *config = config_of(part);
	bool is_old = part->excused && part->fact.answered_ns &&
		      now_ns - part->fact.answered_ns > check_stale_ns(config);

	return is_old && config->unknown == CHECK_UNKNOWN_DOWN ? BOARD_DOWN : part->fact.value;
}

/* "1 of 3 are up, not db web". */
static void describe(const struct schedule *schedule, struct item *item, unsigned up,
		     int64_t now_ns)
{
	const struct check_several *parts = check_several_of(config_of(item));
	char *text = item->fact.error;
	size_t size = sizeof(item->fact.error), len;

	len = (size_t)snprintf(text, size, "%u of %u are up, not", up, parts->checks_n);
	for (unsigned i = 0; i < parts->checks_n && len < size; i++) {
		const struct item *part = &schedule->items[parts->checks[i].number];

		if (value_of(part, now_ns) != BOARD_UP)
			len += (size_t)snprintf(text + len, size - len, " %s",
						config_of(part)->name);
	}
	if (len >= size)
		memcpy(text + size - sizeof(" ..."), " ...", sizeof(" ..."));
}

/* Return: whether its value is another one. */
static bool look_at_parts(struct schedule *schedule, struct item *item, int64_t now_ns)
{
	const struct check_several *parts = check_several_of(config_of(item));
	unsigned up = 0, unknown = 0;
	enum check_value value = CHECK_VALUE_UNKNOWN, before = item->fact.value;

	for (unsigned i = 0; i < parts->checks_n; i++) {
		const struct item *part = &schedule->items[parts->checks[i].number];

		up += value_of(part, now_ns) == BOARD_UP;
		unknown += value_of(part, now_ns) == BOARD_UNKNOWN;
	}
	if (up >= parts->n)
		value = CHECK_VALUE_UP;
	else if (up + unknown < parts->n)
		value = CHECK_VALUE_DOWN;
	item->fact.error[0] = '\0';
	if (value == CHECK_VALUE_DOWN)
		describe(schedule, item, up, now_ns);
	if (value != CHECK_VALUE_UNKNOWN) {
		item->fact.answers++;
		item->fact.bad += value == CHECK_VALUE_DOWN;
		item->fact.good = value == CHECK_VALUE_UP;
		item->fact.answered_ns = now_ns;
	} else { /* made of others than before, some of which have yet to answer */
		item->fact.answered_ns = 0;
		value = before;
	}
	set_value(schedule, item, value, now_ns);
	put(schedule, item);
	return value != before;
}

/* Some may be made of others of them; conf_check_connect() has seen to it that this has an end. */
static void look_at_all_parts(struct schedule *schedule, int64_t now_ns)
{
	bool again = schedule->changed;

	while (again) {
		again = false;
		for (unsigned i = 0; i < schedule->several_n; i++)
			again |= look_at_parts(schedule, &schedule->items[schedule->several[i]],
					       now_ns);
	}
	schedule->changed = false;
}

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

/* ---- what a kind has for all of its checks ---- */

static void open_engine(struct schedule *schedule, unsigned number)
{
	const struct check_kind *kind = check_kind_of(number);
	int err = 0;

	if (!kind || !kind->open || schedule->engines[number] || schedule->open_errors[number])
		return;
	err = kind->open(&schedule->context, &schedule->engines[number]);
	if (err < 0)
		schedule->open_errors[number] = -err;
}

static void close_engine(struct schedule *schedule, unsigned number)
{
	if (schedule->engines[number])
		check_kind_of(number)->close(schedule->engines[number]);
	schedule->engines[number] = NULL;
}

/* Return: 0 or -errno. */
static int add_to_kind(const struct schedule *schedule, struct item *item)
{
	const struct check_kind *kind = kind_of(item);

	item->check.engine = schedule->engines[config_of(item)->kind];
	return kind->add ? kind->add(&item->check) : 0;
}

/* One that was added, or whose turn it was when that failed. */
static void remove_from_kind(struct item *item)
{
	const struct check_kind *kind = kind_of(item);

	if (kind->remove && (item->check.run || !kind->run_size))
		kind->remove(&item->check);
}

/* What was missing at the start, a descriptor or memory, may be there by now. */
static void open_again(struct schedule *schedule, unsigned number)
{
	const struct check_kind *kind = check_kind_of(number);
	unsigned tried_n;
	int err = 0;

	schedule->open_errors[number] = 0;
	open_engine(schedule, number);
	if (schedule->open_errors[number])
		return;
	for (tried_n = 0; tried_n < schedule->n && err == 0; tried_n++)
		if (config_of(&schedule->items[tried_n])->kind == number)
			err = add_to_kind(schedule, &schedule->items[tried_n]);
	if (err == 0)
		return;
	schedule->open_errors[number] = -err;
	for (unsigned i = 0; i < tried_n; i++)
		if (config_of(&schedule->items[i])->kind == number) {
			remove_from_kind(&schedule->items[i]);
			if (kind->run_size)
				memset(schedule->items[i].check.run, 0, kind->run_size);
		}
	close_engine(schedule, number);
}

/* ---- what is due ---- */

static void ask(struct schedule *schedule, struct item *item, int64_t now_ns)
{
	struct check *check = &item->check;
	unsigned kind = config_of(item)->kind;

	item->next_ns = next_of(item, now_ns);
	if (schedule->open_errors[kind])
		open_again(schedule, kind);
	if (!kind_of(item)) {
		(void)look_at_parts(schedule, item, now_ns);
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
		put_excuse(schedule, item);
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

/* Each kind's own time, for what is no single check's. */
static int64_t kinds_deadline(const struct schedule *schedule)
{
	int64_t deadline_ns = CHECK_NEVER, ns;

	for (unsigned kind = 0; kind < CHECK_KINDS_COUNT; kind++) {
		const struct check_kind *row = check_kind_of(kind);

		if (!row || !row->deadline || !schedule->engines[kind])
			continue;
		ns = row->deadline(schedule->engines[kind]);
		if (ns < deadline_ns)
			deadline_ns = ns;
	}
	return deadline_ns;
}

static void work(struct schedule *schedule, int64_t now_ns)
{
	for (unsigned kind = 0; kind < CHECK_KINDS_COUNT; kind++) {
		const struct check_kind *row = check_kind_of(kind);

		if (row && row->deadline && schedule->engines[kind] &&
		    row->deadline(schedule->engines[kind]) <= now_ns)
			row->work(schedule->engines[kind], now_ns);
	}
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
	work(schedule, now->mono_ns);
	take_answers(schedule, now->mono_ns);
	for (;;) {
		number = deadlines_first(schedule->heap, &due_ns);
		if (due_ns > now->mono_ns)
			break;
		do_what_is_due(schedule, &schedule->items[number], now->mono_ns);
		take_answers(schedule, now->mono_ns);
	}
	look_at_all_parts(schedule, now->mono_ns);
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
	int64_t kinds_ns = kinds_deadline(schedule), due_ns;

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
	item->place = board_take(schedule->board, config_of(item)->name);
	if (item->place != BOARD_NONE && board_get(schedule->board, item->place, &item->fact))
		resume_fact(item, now);
	else
		begin_fact(item);
	if (item->place != BOARD_NONE && item->place == hung)
		set_hung(schedule, item);
	item->check.mark = item->place == BOARD_NONE ? 0 : item->place + 1;
	item->check.aside = kind && kind->touch && (item->fact.hung || hung != BOARD_NONE);
	put(schedule, item);
	if (!kind)
		schedule->several[schedule->several_n++] = number;
	if (kind && kind->run_size)
		item->check.run = calloc(1, kind->run_size);
	if (kind && kind->run_size && !item->check.run)
		return -ENOMEM;
	open_engine(schedule, kind_number);
	return kind && !schedule->open_errors[kind_number] ? add_to_kind(schedule, item) : 0;
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
			remove_from_kind(item);
		check_probe_stop(&item->probe);
		free(item->check.run);
	}
	for (unsigned kind = 0; kind < CHECK_KINDS_COUNT; kind++)
		close_engine(schedule, kind);
	check_context_close(&schedule->context);
	deadlines_free(schedule->heap);
	free(schedule->items);
	free(schedule->several);
	free(schedule);
}
