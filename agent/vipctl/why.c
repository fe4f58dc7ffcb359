/* SPDX-License-Identifier: MIT */
#include "why.h"

#include <stdlib.h>
#include <sysexits.h>

#include "agent/clocks.h"
#include "complain.h"
#include "why_ask.h"
#include "why_end.h"
#include "why_history.h"
#include "why_journal.h"
#include "why_print.h"

int why(const struct why_options *options)
{
	struct why_facts *facts = calloc(1, sizeof(*facts));
	char reason[COMPLAIN_SIZE] = "";
	struct clocks now;
	int status;

	if (!facts)
		return complain(NULL, "out of memory");
	status = why_ask(options->control, options->router, facts, reason);
	now = clocks_now();
	facts->now_real_ns = now.real_ns;
	facts->now_mono_ns = now.mono_ns;
	if (status == EXIT_SUCCESS) {
		why_journal_read(facts);
		why_history_read(facts);
		if (!why_print(facts, options->json))
			status = EXIT_FAILURE;
	} else if (why_is_over(options->control)) {
		why_facts_free(facts);
		why_journal_read(facts);
		status = why_tell_end(facts, reason, options->json);
	} else {
		status = complain(NULL, "%s", reason);
	}
	why_facts_free(facts);
	free(facts);
	return status;
}
