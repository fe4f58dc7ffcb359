/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "schedule_private.h"

_Static_assert((int)CHECK_VALUE_UNKNOWN == (int)BOARD_UNKNOWN &&
		       (int)CHECK_VALUE_UP == (int)BOARD_UP &&
		       (int)CHECK_VALUE_DOWN == (int)BOARD_DOWN,
	       "a verdict's value is a fact's");
_Static_assert(CHECK_NAME_SIZE == BOARD_NAME_SIZE && CHECK_ERROR_SIZE == BOARD_ERROR_SIZE &&
		       CHECK_OUTPUT_SIZE == BOARD_OUTPUT_SIZE && CHECK_MAX <= BOARD_FACTS_MAX,
	       "a check has room on the board");

/* ---- what answers come to ---- */

static void begin(struct item *item)
{
	item->fact = (struct fact){ .definition = config_of(item)->definition };
	memcpy(item->fact.name, config_of(item)->name, sizeof(item->fact.name));
}

/* As another process left it. What is asked in another way keeps its value until that has an
 * answer: nothing is up that was down, only since somebody changed how it is asked. */
static void resume(struct item *item, const struct clocks *now)
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

void schedule_take_fact(struct schedule *schedule, struct item *item, const struct clocks *now)
{
	item->place = board_take(schedule->board, config_of(item)->name);
	if (item->place != BOARD_NONE && board_get(schedule->board, item->place, &item->fact))
		resume(item, now);
	else
		begin(item);
}

void schedule_put_fact(struct schedule *schedule, struct item *item)
{
	item->fact.next_ns = item->next_ns;
	if (item->place != BOARD_NONE)
		board_put(schedule->board, item->place, &item->fact);
}

void schedule_put_excuse(struct schedule *schedule, struct item *item)
{
	schedule->excused_n += !item->excused;
	item->excused = true;
	item->fact.excused = 1;
	memcpy(item->fact.error, item->check.error, sizeof(item->fact.error));
	schedule_put_fact(schedule, item);
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

void schedule_count_answer(struct schedule *schedule, struct item *item, int64_t now_ns)
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
}

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

bool schedule_look_at_parts(struct schedule *schedule, struct item *item, int64_t now_ns)
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
	schedule_put_fact(schedule, item);
	return value != before;
}

void schedule_look_at_all_parts(struct schedule *schedule, int64_t now_ns)
{
	bool again = schedule->changed;

	while (again) {
		again = false;
		for (unsigned i = 0; i < schedule->several_n; i++)
			again |= schedule_look_at_parts(
				schedule, &schedule->items[schedule->several[i]], now_ns);
	}
	schedule->changed = false;
}
