/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TREE_MAX    4096 /* processes that are looked at in one round */
#define STOP_ROUNDS 16

ssize_t check_tree_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -errno : read(fd, buf, size - 1);

	if (fd >= 0 && len < 0)
		len = -errno;
	if (fd >= 0)
		close(fd);
	buf[len < 0 ? 0 : len] = '\0';
	return len;
}

/* Those that a thread has started. */
static int children_of_thread(pid_t parent, pid_t thread, pid_t *pids, unsigned max)
{
	char path[64], text[8192], *at = text, *end;
	unsigned n = 0;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, thread);
	len = check_tree_read(path, text, sizeof(text));
	/* A number that does not end with a blank is perhaps none. */
	for (; len > 0 && n < max; at = end) {
		long pid = strtol(at, &end, 10);

		if (end == at || *end != ' ')
			break;
		pids[n++] = (pid_t)pid;
	}
	return len < 0 ? (int)len : (int)n;
}

int check_tree_children(pid_t parent, pid_t *pids, unsigned max)
{
	return children_of_thread(parent, parent, pids, max);
}

/* Return: how many. */
static unsigned children_of_all_threads(pid_t parent, pid_t *pids, unsigned max)
{
	char path[64];
	const struct dirent *entry;
	unsigned n = 0;
	DIR *threads;
	int more;

	snprintf(path, sizeof(path), "/proc/%d/task", parent);
	threads = opendir(path);
	while (threads && (entry = readdir(threads))) {
		pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);

		more = thread > 0 ? children_of_thread(parent, thread, pids + n, max - n) : 0;
		n += more > 0 ? (unsigned)more : 0;
	}
	if (threads)
		closedir(threads);
	return n;
}

char check_tree_state(pid_t pid)
{
	char path[64], text[512];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (check_tree_read(path, text, sizeof(text)) <= 0)
		return 0;
	at = strrchr(text, ')');
	return at && at[1] == ' ' ? at[2] : 0;
}

/* From the top: who has stopped starts nobody that is not seen yet. Return: how many. */
static unsigned signal_all(int number, check_tree_spare_fn *spare, const void *arg)
{
	static pid_t pids[TREE_MAX];
	int found = check_tree_children(getpid(), pids, TREE_MAX);
	unsigned n = 0;

	for (int i = 0; i < found; i++)
		if (!spare || !spare(arg, pids[i]))
			pids[n++] = pids[i];
	for (unsigned i = 0; i < n; i++) {
		(void)kill(pids[i], number);
		n += children_of_all_threads(pids[i], pids + n, TREE_MAX - n);
	}
	return n;
}

/* One that was just being forked is seen in the next round. */
void check_tree_stop(check_tree_spare_fn *spare, const void *arg)
{
	unsigned before, n = 0;

	for (unsigned i = 0; i < STOP_ROUNDS; i++) {
		before = n;
		n = signal_all(SIGSTOP, spare, arg);
		if (n == before)
			break;
	}
}

unsigned check_tree_kill(check_tree_spare_fn *spare, const void *arg)
{
	return signal_all(SIGKILL, spare, arg);
}
