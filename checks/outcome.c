/* SPDX-License-Identifier: MIT */
#include "outcome.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

void check_outcome_line(const struct check_run *run, char *buf, size_t size)
{
	size_t len = run->first_len < sizeof(run->first) ? run->first_len : sizeof(run->first);

	if (len > size - 1)
		len = size - 1;
	for (size_t i = 0; i < len; i++)
		buf[i] = run->first[i] >= ' ' && run->first[i] < 0x7f ? run->first[i] : '?';
	while (len && buf[len - 1] == ' ')
		len--;
	buf[len] = '\0';
}

static bool explain_status(const struct check_run *run, char *buf, size_t size)
{
	const char *name = WIFSIGNALED(run->status) ? sigabbrev_np(WTERMSIG(run->status)) : NULL;
	char line[CHECK_ERROR_SIZE];
	const char *colon;

	check_outcome_line(run, line, sizeof(line));
	colon = line[0] ? ": " : "";
	buf[0] = '\0';
	if (WIFEXITED(run->status) && WEXITSTATUS(run->status) == 0)
		return true;
	if (WIFEXITED(run->status))
		snprintf(buf, size, "exit status %d%s%s", WEXITSTATUS(run->status), colon, line);
	else if (name)
		snprintf(buf, size, "killed by SIG%s%s%s", name, colon, line);
	else
		snprintf(buf, size, "killed by signal %d%s%s", WTERMSIG(run->status), colon, line);
	return false;
}

bool check_outcome(const struct check_run *run, char *buf, size_t size)
{
	char why[CHECK_PROGRAM_WHY_MAX];

	if (!__atomic_load_n(&run->done, __ATOMIC_ACQUIRE)) {
		snprintf(buf, size, "somebody has killed the process that watched it");
		return false;
	}
	if (run->fault.error == CHECK_PROGRAM_FINE)
		return explain_status(run, buf, size);
	check_program_explain(&run->fault, why);
	snprintf(buf, size, "%s", why);
	return false;
}
