/* SPDX-License-Identifier: MIT */
#include "unanswered.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The letter that proc(5) has for what a process does. Return: 0: there is none, or it is not seen.
 */
static char state_of(pid_t pid)
{
	char path[40], stat[256];
	const char *behind_name;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	stat[len > 0 ? len : 0] = '\0';
	behind_name = strrchr(stat, ')'); /* which may have anything in it */
	return behind_name && behind_name[1] == ' ' ? behind_name[2] : 0;
}

const char *unanswered_text(int fd, char *buf)
{
	static const char text[] = "vipd does not answer";
	struct ucred listener = { 0 }; /* each router process has a socket of its own */
	socklen_t len = sizeof(listener);
	char state = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &listener, &len) == 0 && listener.pid > 0)
		state = state_of(listener.pid);
	if (state == 'T' || state == 't')
		snprintf(
			buf, UNANSWERED_SIZE,
			"%s: somebody has stopped its process %d (SIGSTOP, a debugger): kill -CONT "
			"%d lets it go on",
			text, (int)listener.pid, (int)listener.pid);
	else if (state == 'D')
		snprintf(buf, UNANSWERED_SIZE,
			 "%s: its process %d waits in the kernel, as for a disk or a lock", text,
			 (int)listener.pid);
	else
		snprintf(buf, UNANSWERED_SIZE, "%s", text);
	return buf;
}
