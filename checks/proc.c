/* SPDX-License-Identifier: MIT */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first bytes of a file of a process, with a zero at the end. Return: how many, or -errno. */
static ssize_t read_of(const struct proc *proc, const char *name, char *buf, size_t size)
{
	char path[32];
	ssize_t len;
	int fd, err;

	(void)snprintf(path, sizeof(path), "%d/%s", (int)proc->pid, name);
	buf[0] = '\0';
	fd = openat(proc->fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	err = errno;
	close(fd);
	if (len < 0)
		return -err;
	buf[len] = '\0';
	return len;
}

const char *proc_name(struct proc *proc)
{
	ssize_t len;

	if (proc->has_name)
		return proc->name;
	proc->has_name = true;
	len = read_of(proc, "comm", proc->name, sizeof(proc->name));
	if (len > 0 && proc->name[len - 1] == '\n')
		proc->name[len - 1] = '\0';
	return proc->name;
}

void proc_file_parse(char *path)
{
	static const char deleted[] = " (deleted)";
	size_t len = strlen(path), more = sizeof(deleted) - 1;

	if (len > more && strcmp(path + len - more, deleted) == 0)
		path[len - more] = '\0';
}

static void read_file(struct proc *proc)
{
	char path[32], link[CHECK_PATH_SIZE + 16];
	ssize_t len;

	proc->has_file = true;
	proc->file[0] = '\0';
	(void)snprintf(path, sizeof(path), "%d/exe", (int)proc->pid);
	len = readlinkat(proc->fd, path, link, sizeof(link) - 1);
	proc->hidden = len < 0 && (errno == EACCES || errno == EPERM);
	if (len < 0 || len == sizeof(link) - 1)
		return;
	link[len] = '\0';
	proc_file_parse(link);
	if (strlen(link) < sizeof(proc->file))
		memcpy(proc->file, link, strlen(link) + 1);
}

static const char *argument_of(struct proc *proc)
{
	if (!proc->has_argument)
		(void)read_of(proc, "cmdline", proc->argument, sizeof(proc->argument));
	proc->has_argument = true;
	return proc->argument;
}

bool proc_runs(struct proc *proc, const char *path, const char *resolved)
{
	const char *file;

	if (!proc->has_file)
		read_file(proc);
	file = proc->hidden ? argument_of(proc) : proc->file;
	return *file && (strcmp(file, path) == 0 || strcmp(file, resolved) == 0);
}

char proc_state_parse(const char *text, size_t len)
{
	const char *end = memrchr(text, ')', len);

	/* Behind the name there is a blank, and then the letter. */
	return end && (size_t)(end - text) + 2 < len ? end[2] : 0;
}

bool proc_is_alive(const struct proc *proc)
{
	char text[512];
	ssize_t len = read_of(proc, "stat", text, sizeof(text));
	char state = len > 0 ? proc_state_parse(text, (size_t)len) : 0;

	return state && state != 'Z' && state != 'X' && state != 'x';
}

/* The directory always has the effective user, whatever may be seen in it. */
bool proc_is_of(const struct proc *proc, uid_t user)
{
	struct stat st;
	char path[16];

	(void)snprintf(path, sizeof(path), "%d", (int)proc->pid);
	return fstatat(proc->fd, path, &st, 0) == 0 && st.st_uid == user;
}
