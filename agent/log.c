/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* No longer than a pipe that polls as writable takes without blocking (PIPE_BUF). */
#define LINE_SIZE 1024
#define NS_PER_S  INT64_C(1000000000)

/* Of the sink, which is one; only realtime.c, with its signal handler, has globals that change,
 * too. */
static bool under_journal;
static unsigned lost_n;

static const struct {
	const char *word;
	int priority; /* syslog's */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARNING] = { "warning", 4 },
	[LOG_LEVEL_INFO] = { "info", 6 },
};

void log_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM"); /* "device:inode" of its socket */
	unsigned long long device, inode;
	struct stat status;

	under_journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
			fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
			status.st_ino == inode;
	tzset(); /* reads files, which shall not happen when somebody is in a hurry */
}

bool log_is_journal(void)
{
	return under_journal;
}

static int put_head(char *line, size_t size, enum log_level level, int64_t real_ns)
{
	time_t seconds = real_ns / NS_PER_S;
	struct tm utc;
	char text[32];

	if (under_journal)
		return snprintf(line, size, "<%d>", levels[level].priority);
	gmtime_r(&seconds, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	return snprintf(line, size, "%s.%06dZ %s: ", text, (int)(real_ns % NS_PER_S / 1000),
			levels[level].word);
}

bool log_is_writable(void)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT);
}

/* Return: whether the line went out whole. */
static bool put(enum log_level level, int64_t real_ns, const char *text)
{
	char line[LINE_SIZE];
	int head = put_head(line, sizeof(line), level, real_ns);
	int len = head + snprintf(line + head, sizeof(line) - (size_t)head, "%s", text);

	if (len > LINE_SIZE - 1)
		len = LINE_SIZE - 1;
	for (int i = head; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	return log_is_writable() && write(STDERR_FILENO, line, (size_t)len) == (ssize_t)len;
}

bool log_line(enum log_level level, int64_t real_ns, const char *text)
{
	int saved_errno = errno;
	char lost[80];
	bool written;

	snprintf(lost, sizeof(lost), "the reader of the log was too slow: lines lost=%u", lost_n);
	if (lost_n && put(LOG_LEVEL_WARNING, real_ns, lost))
		lost_n = 0;
	written = put(level <= LOG_LEVEL_INFO ? level : LOG_LEVEL_INFO, real_ns, text);
	if (!written)
		lost_n++;
	errno = saved_errno;
	return written;
}
