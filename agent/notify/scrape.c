/* SPDX-License-Identifier: MIT */
#include "scrape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef VIPD_VERSION
#error "the Makefile defines VIPD_VERSION"
#endif

struct scrape {
	struct figures *figures; /* NULL: there are none, as below */
	struct board *board;
	const char *node;
	scrape_notify_fn notify;
	void *arg;
	struct metrics_check *checks; /* those of the last page; FIGURES_CHECKS_MAX */
	uint32_t *places;             /* on the board, plus 1; 0: not known */
};

struct scrape *scrape_open(int figures_fd, int facts_fd, const char *node, scrape_notify_fn notify,
			   void *arg)
{
	struct scrape *scrape = calloc(1, sizeof(*scrape));

	if (!scrape)
		return NULL;
	scrape->node = node;
	scrape->notify = notify;
	scrape->arg = arg;
	scrape->checks = calloc(FIGURES_CHECKS_MAX, sizeof(*scrape->checks));
	scrape->places = calloc(FIGURES_CHECKS_MAX, sizeof(*scrape->places));
	if (!scrape->checks || !scrape->places) {
		scrape_close(scrape);
		return NULL;
	}
	if (figures_fd >= 0)
		(void)figures_open(figures_fd, NULL, &scrape->figures);
	if (facts_fd >= 0)
		(void)board_open(facts_fd, -1, false, &scrape->board);
	return scrape;
}

void scrape_close(struct scrape *scrape)
{
	if (!scrape)
		return;
	figures_close(scrape->figures);
	board_close(scrape->board);
	free(scrape->checks);
	free(scrape->places);
	free(scrape);
}

/* A check stays where it is on the board as long as there is one. */
static bool find_fact(struct scrape *scrape, unsigned i, const char *name, struct fact *ret_fact)
{
	uint32_t n = board_count(scrape->board);

	if (scrape->places[i] && board_get(scrape->board, scrape->places[i] - 1, ret_fact) &&
	    strcmp(ret_fact->name, name) == 0)
		return true;
	for (uint32_t place = 0; place < n; place++) {
		if (!board_get(scrape->board, place, ret_fact) || strcmp(ret_fact->name, name) != 0)
			continue;
		scrape->places[i] = place + 1;
		return true;
	}
	return false;
}

static void read_checks(struct scrape *scrape, unsigned n, int64_t mono_to_real_ns)
{
	struct figures_check check;
	struct fact fact;

	memset(scrape->checks, 0, n * sizeof(*scrape->checks));
	for (unsigned i = 0; i < n; i++) {
		figures_get_check(scrape->figures, i, &check);
		if (!find_fact(scrape, i, check.name, &fact))
			continue;
		scrape->checks[i] = (struct metrics_check){
			.answers = fact.answers,
			.bad = fact.bad,
			.timed_out = fact.timed_out,
			.took_ns = fact.took_ns,
			.answered_real_ns =
				fact.answered_ns ? fact.answered_ns + mono_to_real_ns : 0,
		};
	}
}

char *scrape_make(void *arg, size_t *ret_len)
{
	struct scrape *scrape = arg;
	struct metrics metrics = { .node = scrape->node,
				   .version = VIPD_VERSION,
				   .figures = scrape->figures,
				   .checks = scrape->checks,
				   .now = clocks_now() };
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	int err;

	if (!out)
		return NULL;
	if (scrape->figures && scrape->board) {
		metrics.checks_n = figures_checks_count(scrape->figures);
		read_checks(scrape, metrics.checks_n, metrics.now.real_ns - metrics.now.mono_ns);
	}
	scrape->notify(scrape->arg, &metrics.notify);
	err = metrics_write(out, &metrics, METRICS_OWN);
	if (fclose(out) != 0 || err < 0) {
		free(text);
		return NULL;
	}
	return text;
}
