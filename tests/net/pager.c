/* SPDX-License-Identifier: MIT */
/*
 * A command of notify that writes down that it was run: pager FILE MAX_MS.
 *
 * FILE gets a line at its start and one at its end, each in one write; in between are up to MAX_MS
 * milliseconds. A line is on the disk before it goes on, unless that is 0. Columns are separated by
 *tabs:
 *
 *	S pid when chosen alone event	CLOCK_REALTIME in ns; when its warden was forked, likewise,
 *to 10 ms; 1: no other run for this router goes on, 0: one does; what was on standard input E pid
 *when
 *
 * and a dot behind them: a line without it was being written when this one was killed.
 *
 * Whether it is alone the kernel knows: by a lock on FILE.ROUTER, which goes with its holder.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static char text[1 << 16];

static int64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * NS_PER_S + time.tv_nsec;
}

/* Its start is the 22nd word, in ticks since the host's. Return: 0 when it has just ended. */
static int64_t start_of(pid_t pid)
{
	char path[32], stat[1024] = "";
	const char *at;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, stat, sizeof(stat) - 1) <= 0)
		return 0;
	close(fd);
	at = strrchr(stat, ')');
	for (unsigned i = 2; at && i < 22; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoll(at, NULL, 10) * (NS_PER_S / sysconf(_SC_CLK_TCK)) : 0;
}

static bool is_alone(const char *file)
{
	const char *router = getenv("VIPD_ROUTER");
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s.%s", file, router ? router : "host");
	fd = open(path, O_RDWR | O_CREAT, 0600);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void write_line(int fd, const char *line, int len, bool sync)
{
	if (write(fd, line, (size_t)len) != len || (sync && fsync(fd) < 0)) {
		perror("pager");
		exit(EXIT_FAILURE);
	}
}

static void read_event(void)
{
	size_t len = 0;
	ssize_t got;

	while (len < sizeof(text) - 1 && (got = read(0, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	text[strcspn(text, "\n")] = '\0';
}

static void pause_up_to(unsigned max_ms)
{
	uint32_t dice = 0;
	struct timespec time;
	int64_t ns;

	(void)!getrandom(&dice, sizeof(dice), 0);
	ns = max_ms * NS_PER_MS / 1000 * (dice % 1000);
	time = (struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
	nanosleep(&time, NULL);
}

int main(int argc, char **argv)
{
	static char line[sizeof(text) + 128];
	int64_t began = now(CLOCK_REALTIME), chosen = start_of(getppid());
	int fd = argc == 3 ? open(argv[1], O_WRONLY | O_APPEND | O_CREAT, 0600) : -1;
	unsigned max_ms = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
	bool alone;
	int len;

	if (fd < 0) {
		fprintf(stderr, "pager: FILE MAX_MS: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	chosen = chosen ? began - (now(CLOCK_BOOTTIME) - chosen) : began;
	alone = is_alone(argv[1]);
	read_event();
	len = snprintf(line, sizeof(line), "\nS\t%d\t%" PRId64 "\t%" PRId64 "\t%d\t%s\t.\n",
		       getpid(), began, chosen, alone, text);
	write_line(fd, line, len, max_ms);
	pause_up_to(max_ms);
	len = snprintf(line, sizeof(line), "\nE\t%d\t%" PRId64 "\t.\n", getpid(),
		       now(CLOCK_REALTIME));
	write_line(fd, line, len, max_ms);
	return EXIT_SUCCESS;
}
