/* SPDX-License-Identifier: MIT */
#include "standby.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define LOOKS 50

static const struct timespec look_gap = { .tv_nsec = 10000000 };

static bool is_called(int pid, const char *name)
{
	char path[64], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = '\0';
	fclose(file);
	comm[strcspn(comm, "\n")] = '\0';
	return strcmp(comm, name) == 0;
}

/* Return: 0 when it cannot be known. */
static int parent_of(int pid)
{
	char path[64], line[128];
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "PPid: %d", &parent) == 1)
			break;
	if (file)
		fclose(file);
	return parent;
}

static enum standby look_once(int keeper, const char *name)
{
	enum standby found = STANDBY_NONE;
	char path[64];
	FILE *file;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", keeper, keeper);
	file = fopen(path, "re");
	if (!file)
		return STANDBY_UNKNOWN;
	while (found == STANDBY_NONE && fscanf(file, "%d", &child) == 1)
		if (is_called(child, name))
			found = STANDBY_WAITS;
	fclose(file);
	return found;
}

enum standby standby_look_for(int socket_fd, const char *name, bool patient)
{
	enum standby found;
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int keeper;

	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.pid <= 0 ||
	    !is_called(peer.pid, "vipd-router"))
		return STANDBY_UNKNOWN;
	keeper = parent_of(peer.pid);
	if (keeper <= 0)
		return STANDBY_UNKNOWN;
	found = look_once(keeper, name);
	for (unsigned i = 0; patient && i < LOOKS && found == STANDBY_NONE; i++) {
		(void)nanosleep(&look_gap, NULL);
		found = look_once(keeper, name);
	}
	return found;
}

enum standby standby_look(int socket_fd, bool patient)
{
	return standby_look_for(socket_fd, "vipd-standby", patient);
}

/* Who stops has no standby on purpose: when its router process dies, the keeper removes the
 * addresses and ends. */
const struct problem *standby_problem(enum standby found, bool stopping)
{
	static const struct problem stops = {
		PROBLEM_DEGRADED, "stopping",
		"vipd was told to stop: it serves until commands before that have ended and a "
		"successor has announced the addresses, and nobody goes on here then"
	};
	static const struct problem none = {
		PROBLEM_DEGRADED, "no_standby",
		"no standby waits: if the router process dies, the addresses are lost until "
		"another one has started"
	};

	if (stopping)
		return &stops;
	return found == STANDBY_NONE ? &none : NULL;
}
