/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "schedule_private.h"

void schedule_open_kind(struct schedule *schedule, unsigned number)
{
	const struct check_kind *kind = check_kind_of(number);
	int err = 0;

	if (!kind || !kind->open || schedule->engines[number] || schedule->open_errors[number])
		return;
	err = kind->open(&schedule->context, &schedule->engines[number]);
	if (err < 0)
		schedule->open_errors[number] = -err;
}

void schedule_close_kind(struct schedule *schedule, unsigned number)
{
	if (schedule->engines[number])
		check_kind_of(number)->close(schedule->engines[number]);
	schedule->engines[number] = NULL;
}

int schedule_add_to_kind(const struct schedule *schedule, struct item *item)
{
	const struct check_kind *kind = kind_of(item);

	item->check.engine = schedule->engines[config_of(item)->kind];
	return kind->add ? kind->add(&item->check) : 0;
}

void schedule_remove_from_kind(struct item *item)
{
	const struct check_kind *kind = kind_of(item);

	if (kind->remove && (item->check.run || !kind->run_size))
		kind->remove(&item->check);
}

void schedule_open_kind_again(struct schedule *schedule, unsigned number)
{
	const struct check_kind *kind = check_kind_of(number);
	unsigned tried_n;
	int err = 0;

	schedule->open_errors[number] = 0;
	schedule_open_kind(schedule, number);
	if (schedule->open_errors[number])
		return;
	for (tried_n = 0; tried_n < schedule->n && err == 0; tried_n++)
		if (config_of(&schedule->items[tried_n])->kind == number)
			err = schedule_add_to_kind(schedule, &schedule->items[tried_n]);
	if (err == 0)
		return;
	schedule->open_errors[number] = -err;
	for (unsigned i = 0; i < tried_n; i++)
		if (config_of(&schedule->items[i])->kind == number) {
			schedule_remove_from_kind(&schedule->items[i]);
			if (kind->run_size)
				memset(schedule->items[i].check.run, 0, kind->run_size);
		}
	schedule_close_kind(schedule, number);
}

int64_t schedule_kinds_deadline(const struct schedule *schedule)
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

void schedule_kinds_work(struct schedule *schedule, int64_t now_ns)
{
	for (unsigned kind = 0; kind < CHECK_KINDS_COUNT; kind++) {
		const struct check_kind *row = check_kind_of(kind);

		if (row && row->deadline && schedule->engines[kind] &&
		    row->deadline(schedule->engines[kind]) <= now_ns)
			row->work(schedule->engines[kind], now_ns);
	}
}
