/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* No longer than a pipe that polls as writable takes without blocking (PIPE_BUF). */
#define LINE_SIZE 1024

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

static int put_head(char *line, size_t size, enum log_level level)
{
	struct timespec now;
	struct tm utc;
	char text[32];

	if (under_journal)
		return snprintf(line, size, "<%d>", levels[level].priority);
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	return snprintf(line, size, "%s.%06ldZ %s: ", text, now.tv_nsec / 1000, levels[level].word);
}

/* Return: whether the line went out whole. */
static bool put_line(const char *line, size_t len)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT) &&
	       write(STDERR_FILENO, line, len) == (ssize_t)len;
}

__attribute__((format(printf, 2, 0))) static bool put(enum log_level level, const char *format,
						      va_list args)
{
	char line[LINE_SIZE];
	int len = put_head(line, sizeof(line), level);

	len += vsnprintf(line + len, sizeof(line) - (size_t)len, format, args);
	if (len > LINE_SIZE - 1)
		len = LINE_SIZE - 1;
	line[len++] = '\n';
	return put_line(line, (size_t)len);
}

__attribute__((format(printf, 2, 3))) static bool put_format(enum log_level level,
							     const char *format, ...)
{
	va_list args;
	bool done;

	va_start(args, format);
	done = put(level, format, args);
	va_end(args);
	return done;
}

void log_write(enum log_level level, const char *format, ...)
{
	int saved_errno = errno;
	va_list args;

	if (lost_n && put_format(LOG_LEVEL_WARNING,
				 "the reader of the log was too slow: lines lost=%u", lost_n))
		lost_n = 0;
	va_start(args, format);
	if (!put(level, format, args))
		lost_n++;
	va_end(args);
	errno = saved_errno;
}
