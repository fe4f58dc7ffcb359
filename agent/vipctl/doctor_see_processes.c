/* SPDX-License-Identifier: MIT */
#include "doctor_see.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKETS_MAX 64
#define NET_SIZE    64

/* Whose presence a check looks for, as the kernel has the name: 15 characters. */
static const char *const names[] = { "keepalived",     "vrrpd",  "ucarp",       "systemd-network",
				     "NetworkManager", "dhcpcd", "vipd-router", "firewalld" };

/* Sockets of protocol 112, by the numbers of their inodes. */
struct sockets {
	unsigned n;
	unsigned long inodes[SOCKETS_MAX];
};

struct search {
	struct doctor_view *view;
	char net[NET_SIZE]; /* our network namespace */
	struct sockets sockets;
	bool hidden; /* some process would not be looked into */
};

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static bool read_name(const char *pid, char *name, size_t size)
{
	char path[64];
	FILE *file;
	bool whole;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	whole = fgets(name, (int)size, file) != NULL;
	fclose(file);
	name[strcspn(name, "\n")] = '\0';
	return whole;
}

/* Return: 0; -EACCES when it may not be seen; -ENOENT of a process that has ended. */
static int read_net(const char *pid, char *net)
{
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	len = readlink(path, net, NET_SIZE - 1);
	if (len < 0)
		return errno == EACCES || errno == EPERM ? -EACCES : -ENOENT;
	net[len] = '\0';
	return 0;
}

static struct doctor_process *add(struct doctor_view *view, struct doctor_process *all, unsigned n,
				  const char *pid, const char *name, bool here)
{
	struct doctor_process *grown = arena_grow(view->arena, all, n, sizeof(*all));

	grown[n].pid = atoi(pid);
	snprintf(grown[n].name, sizeof(grown[n].name), "%s", name);
	grown[n].here = here;
	return grown;
}

/* ---- sockets ---- */

/* The protocol stands where the port of other sockets does. */
static void read_sockets(const char *path, struct sockets *sockets)
{
	FILE *file = fopen(path, "re");
	char line[256];
	unsigned protocol;
	unsigned long inode;

	while (file && fgets(line, sizeof(line), file) && sockets->n < SOCKETS_MAX)
		if (sscanf(line, "%*d: %*[0-9A-Fa-f]:%4x %*s %*s %*s %*s %*s %*d %*d %lu",
			   &protocol, &inode) == 2 &&
		    protocol == KERN_ADDRESS_MARK)
			sockets->inodes[sockets->n++] = inode;
	if (file)
		fclose(file);
}

static bool is_theirs(const struct sockets *sockets, const char *target)
{
	unsigned long inode;

	if (sscanf(target, "socket:[%lu]", &inode) != 1)
		return false;
	for (unsigned i = 0; i < sockets->n; i++)
		if (sockets->inodes[i] == inode)
			return true;
	return false;
}

/* Return: 1: it has one; 0; -1: it may not be looked into. */
static int has_socket(const struct sockets *sockets, const char *pid)
{
	char path[64], target[64];
	struct dirent *entry;
	int found = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return errno == EACCES || errno == EPERM ? -1 : 0;
	while (!found && (entry = readdir(dir))) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (len <= 0)
			continue;
		target[len] = '\0';
		found = is_theirs(sockets, target);
	}
	closedir(dir);
	return found;
}

/* ---- processes ---- */

static void look_at(struct search *search, const char *pid)
{
	struct doctor_view *view = search->view;
	char name[32], net[NET_SIZE];
	int err, speaks;
	bool here;

	if (!read_name(pid, name, sizeof(name)))
		return;
	err = read_net(pid, net);
	here = err == 0 && strcmp(net, search->net) == 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0 && (here || err == -EACCES))
			view->processes =
				add(view, view->processes, view->processes_n++, pid, name, here);
	/* vipd's processes share theirs. */
	if (search->sockets.n == 0 || strncmp(name, "vipd", 4) == 0)
		return;
	speaks = has_socket(&search->sockets, pid);
	search->hidden |= speaks < 0;
	if (speaks > 0)
		view->speakers = add(view, view->speakers, view->speakers_n++, pid, name, true);
}

void doctor_see_processes(struct doctor_view *view)
{
	struct search search = { .view = view };
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir || read_net("self", search.net) < 0) {
		doctor_unseen(view, "processes", "/proc cannot be read");
		if (dir)
			closedir(dir);
		return;
	}
	read_sockets("/proc/net/raw", &search.sockets);
	read_sockets("/proc/net/raw6", &search.sockets);
	while ((entry = readdir(dir)))
		if (is_number(entry->d_name))
			look_at(&search, entry->d_name);
	closedir(dir);
	view->seen |= DOCTOR_SEES_PROCESSES;
	if (search.hidden)
		doctor_unseen(view, "who else speaks VRRP on this host",
			      "whose sockets of protocol 112 there are, root alone sees");
	else
		view->seen |= DOCTOR_SEES_SPEAKERS;
}
