/* SPDX-License-Identifier: MIT */
#include "dry_run_tracks.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "dry_run_interfaces.h"

/* As agent/router/track.c has them. */
#define WEIGHT_MAX   253
#define WEIGHT_FAULT (-254)

struct dry_run_fact {
	char name[CHECK_NAME_SIZE];
	bool down, unknown;
	long number; /* of a file */
};

/* ---- what is known ---- */

const char *dry_run_take_check(struct dry_run_facts *facts, const struct records_table *table,
			       const void *record)
{
	unsigned max = facts->max ? facts->max * 2 : 64;
	struct dry_run_fact *fact;
	char text[FIELDS_TEXT_SIZE];

	if (facts->n == facts->max) {
		void *grown = reallocarray(facts->all, max, sizeof(*facts->all));

		if (!grown)
			return "there is not enough memory for it";
		facts->all = grown;
		facts->max = max;
	}
	fact = &facts->all[facts->n++];
	*fact = (struct dry_run_fact){ .number = (long)client_number(table, record, "number") };
	strncpy(fact->name, client_text(table, record, "name", text), sizeof(fact->name) - 1);
	client_text(table, record, "value", text);
	fact->down = strcmp(text, "down") == 0;
	fact->unknown = !fact->down && strcmp(text, "up") != 0;
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct dry_run_fact *)a)->name,
		      ((const struct dry_run_fact *)b)->name);
}

void dry_run_sort(struct dry_run_facts *facts)
{
	if (facts->n)
		qsort(facts->all, facts->n, sizeof(*facts->all), compare);
}

void dry_run_facts_free(struct dry_run_facts *facts)
{
	free(facts->all);
}

static const struct dry_run_fact *find(const struct dry_run_facts *facts, const char *name)
{
	struct dry_run_fact key = { .down = false };

	strncpy(key.name, name, sizeof(key.name) - 1);
	return facts->n ? bsearch(&key, facts->all, facts->n, sizeof(key), compare) : NULL;
}

/* Return: what is known of what is tracked, in @ret_fact if it is an interface; NULL: nothing. */
static const struct dry_run_fact *fact_of(const struct dry_run_facts *facts,
					  const struct conf_track *track,
					  struct dry_run_fact *ret_fact)
{
	if (track->check[0])
		return find(facts, track->check);
	if (!facts->sees_interfaces)
		return NULL;
	*ret_fact = (struct dry_run_fact){
		.down = dry_run_interface_fault(track->interface, true)[0] != 0,
	};
	return ret_fact;
}

/* ---- what it comes to ---- */

static long number_weight(const struct conf_track *track, const struct dry_run_fact *fact)
{
	long product = fact ? track->weight * fact->number : 0;

	if (track->reverse)
		product = -product;
	return product > WEIGHT_MAX ? WEIGHT_MAX : product < WEIGHT_FAULT ? WEIGHT_FAULT : product;
}

static bool is_of_number(const struct dry_run_tracks *tracks, const struct conf_track *track)
{
	const struct check_config *check = &tracks->conf->checks[track->check_number];

	return track->check[0] && check->kind == CHECK_FILE &&
	       check->file->form == CHECK_FILE_VALUE;
}

/* Whether what a weight is for is the case, or without one a fault. */
static bool counts(const struct conf_track *track, const struct dry_run_fact *fact)
{
	bool good = !fact || fact->down == track->reverse;

	if (fact && fact->unknown)
		return false;
	return track->weight > 0 ? good : !good;
}

static long weight_of(const struct dry_run_facts *facts, const struct dry_run_tracks *tracks,
		      const struct conf_track *track)
{
	struct dry_run_fact seen;
	const struct dry_run_fact *fact = fact_of(facts, track, &seen);

	if (is_of_number(tracks, track))
		return number_weight(track, fact);
	return counts(track, fact) ? track->weight : 0;
}

long dry_run_weights(const struct dry_run_facts *facts, const struct dry_run_tracks *tracks)
{
	long sum = 0;

	for (unsigned i = 0; i < tracks->n; i++)
		sum += weight_of(facts, tracks, &tracks->tracks[i]);
	return sum;
}

const struct conf_track *dry_run_fault(const struct dry_run_facts *facts,
				       const struct dry_run_tracks *tracks)
{
	for (unsigned i = 0; i < tracks->n; i++) {
		const struct conf_track *track = &tracks->tracks[i];
		struct dry_run_fact seen;

		if (track->weight == 0 && counts(track, fact_of(facts, track, &seen)))
			return track;
	}
	return NULL;
}
