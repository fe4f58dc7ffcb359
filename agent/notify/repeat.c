/* SPDX-License-Identifier: MIT */
#include "notifier_private.h"

_Static_assert((int)BEGUN_RINGS == (int)READER_RINGS, "one place for each");

const char *const notifier_facts[READER_RINGS][2] = {
	[READER_KEEPER] = { "keeper.id", "keeper.seq" },
	[READER_ROUTER] = { "router.id", "router.seq" },
};

void notifier_read_begun(struct notifier *notifier)
{
	if (notifier->setting.begun_fd >= 0)
		(void)begun_read(notifier->setting.begun_fd, &notifier->begun);
}

bool notifier_has_begun(const struct notifier *notifier, unsigned ring, uint64_t seq)
{
	return begun_has(&notifier->begun, ring, reader_id(notifier->reader, ring), seq);
}

/* Whether anything of this ring was begun. */
static bool is_known(const struct notifier *notifier, unsigned ring)
{
	return notifier_has_begun(notifier, ring, 0);
}

bool notifier_store_has_read(const struct notifier *notifier)
{
	uint64_t id = reader_id(notifier->reader, READER_ROUTER);

	return id &&
	       (uint64_t)store_fact_of(notifier->store, notifier_facts[READER_ROUTER][0]) == id;
}

bool notifier_store_lags(const struct notifier *notifier)
{
	bool is_begun = false;

	for (unsigned i = 0; i < READER_RINGS; i++) {
		if (!is_known(notifier, i))
			continue;
		is_begun = true;
		if ((uint64_t)store_fact_of(notifier->store, notifier_facts[i][0]) !=
		    reader_id(notifier->reader, i))
			return true;
	}
	return is_begun &&
	       store_fact_of(notifier->store, NOTIFIER_STAMP) < notifier->begun.stamp_ns;
}

int notifier_note_store(struct notifier *notifier)
{
	if (notifier->setting.begun_fd < 0)
		return 0;
	for (unsigned i = 0; i < READER_RINGS; i++)
		if ((uint64_t)store_fact_of(notifier->store, notifier_facts[i][0]) ==
		    reader_id(notifier->reader, i))
			begun_add(&notifier->begun, i, reader_id(notifier->reader, i),
				  (uint64_t)store_fact_of(notifier->store, notifier_facts[i][1]));
	return begun_write(notifier->setting.begun_fd, &notifier->begun);
}

bool notifier_stamp(struct notifier *notifier)
{
	int64_t last_ns;
	bool is_overtaken;

	notifier_read_begun(notifier);
	last_ns = notifier->begun.stamp_ns;
	is_overtaken = last_ns != notifier->stamp_ns;
	notifier->stamp_ns = notifier->now_ns > last_ns ? notifier->now_ns : last_ns + 1;
	return is_overtaken;
}

int notifier_write_begun(struct notifier *notifier)
{
	notifier->begun.stamp_ns = notifier->stamp_ns;
	if (notifier->setting.begun_fd < 0)
		return 0;
	for (unsigned i = 0; i < READER_RINGS; i++)
		if (reader_has(notifier->reader, i))
			begun_add(&notifier->begun, i, reader_id(notifier->reader, i),
				  reader_seq(notifier->reader, i));
	return begun_write(notifier->setting.begun_fd, &notifier->begun);
}
