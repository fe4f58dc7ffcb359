/* SPDX-License-Identifier: MIT */
#include "namespace.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum namespace_of namespace_of(int socket_fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	struct stat ours, theirs;
	char path[64];

	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return NAMESPACE_UNKNOWN;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", peer.pid);
	if (stat("/proc/self/ns/net", &ours) < 0 || stat(path, &theirs) < 0)
		return NAMESPACE_UNKNOWN;
	return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino ? NAMESPACE_HERE
									    : NAMESPACE_ELSEWHERE;
}
