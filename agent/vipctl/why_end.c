/* SPDX-License-Identifier: MIT */
#include "why_end.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "complain.h"

bool why_is_over(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	bool over;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return false;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	over = connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 &&
	       (errno == ENOENT || errno == ECONNREFUSED);
	close(fd);
	return over;
}

/* Who asked, if that is known: of the same end. */
static enum why_end judge_stopped(const struct why_facts *facts, char *buf)
{
	const struct event *sig = &facts->signal;
	char when[FIELDS_TEXT_SIZE];
	const char *name = sigabbrev_np((int)sig->fact.number[0]);

	if (facts->orphaned.kind && facts->orphaned.mono_ns >= facts->started.mono_ns) {
		snprintf(buf, WHY_END_SIZE,
			 "its keeper was killed (SIGKILL, or for want of memory), or crashed, so "
			 "its router process has left since %.40s",
			 why_time_text(facts->stopped.real_ns, when));
		return WHY_END_KILLED;
	}
	if (sig->kind && sig->fact.word && sig->mono_ns >= facts->started.mono_ns)
		snprintf(buf, WHY_END_SIZE,
			 "it was stopped, by signal %s of process %" PRId64
			 ", and has left since %.40s",
			 name ? name : "?", sig->fact.number[1],
			 why_time_text(facts->stopped.real_ns, when));
	else
		snprintf(buf, WHY_END_SIZE,
			 "it was stopped, and has left since %.40s; by whom the journal does not "
			 "say",
			 why_time_text(facts->stopped.real_ns, when));
	return WHY_END_STOPPED;
}

enum why_end why_judge_end(const struct why_facts *facts, char *buf)
{
	char when[FIELDS_TEXT_SIZE];

	if (!facts->journal_read || !facts->started.kind) {
		snprintf(buf, WHY_END_SIZE, "how it ended is not known: %s",
			 facts->journal_read
				 ? "the journal has nothing of it since the host was started"
				 : facts->journal_why);
		return WHY_END_UNKNOWN;
	}
	if (facts->stopped.kind && facts->stopped.mono_ns >= facts->started.mono_ns)
		return judge_stopped(facts, buf);
	if (facts->lost.kind && facts->lost.fact.word &&
	    facts->lost.mono_ns >= facts->started.mono_ns) {
		snprintf(buf, WHY_END_SIZE,
			 "its router processes died too often, the last one at %.40s: %.120s",
			 why_time_text(facts->lost.real_ns, when), facts->lost.fact.text);
		return WHY_END_GAVE_UP;
	}
	snprintf(buf, WHY_END_SIZE,
		 "it ended without a word, some time after %.40s: killed (SIGKILL, or for want of "
		 "memory), or crashed",
		 why_time_text(facts->last_real_ns, when));
	return WHY_END_KILLED;
}

int why_tell_end(const struct why_facts *facts, const char *reason, bool json)
{
	static const char *const words[WHY_END_COUNT] = { [WHY_END_UNKNOWN] = "unknown",
							  [WHY_END_STOPPED] = "stopped",
							  [WHY_END_GAVE_UP] = "gave_up",
							  [WHY_END_KILLED] = "killed" };
	char text[WHY_END_SIZE];
	enum why_end end = why_judge_end(facts, text);
	json_t *document;

	if (json) {
		document = json_pack("{s:b, s:s, s:s, s:[]}", "running", 0, "end", words[end],
				     "text", text, "routers");
		(void)json_dumpf(document, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(document);
	}
	return complain(NULL, "%s; %s", reason, text);
}
