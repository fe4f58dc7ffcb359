/* SPDX-License-Identifier: MIT */
/*
 * The control socket as a file: born beside its place and put there by a rename, so that clients
 * never find the place empty; and who may ask there.
 */
#ifndef CONTROL_SOCKET_H
#define CONTROL_SOCKET_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/conf/conf.h"

/* Who listens before us, and so which name beside the socket's place is free to be born under. */
enum control_birth {
	CONTROL_BIRTH_FIRST,     /* nobody, or whoever must not be driven out */
	CONTROL_BIRTH_SUCCESSOR, /* the generation before us */
	CONTROL_BIRTH_STANDBY, /* likewise; and a successor may be about to be born at the same time
				*/
	CONTROL_BIRTH_AGAIN,   /* ourselves, perhaps: our socket is gone, or never was */
};

/* Who may ask beside root, as the configuration has it. */
struct control_access {
	bool open; /* the file lets everybody in, and who may stay is asked of the kernel */
	gid_t change, read; /* CONTROL_NO_GROUP: none */
};

#define CONTROL_NO_GROUP ((gid_t)-1)

struct control_socket {
	int fd;
	char path[CONF_CONTROL_SIZE];
	char born_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool published;
	struct control_access access;
};

/**
 * control_access() - find the groups. One that is not there any more is none.
 */
struct control_access control_access(const struct conf *conf);

/**
 * control_socket_open() - listen, but not at the socket's place yet.
 * @path: the place.
 * @birth: who listens there.
 * @access: who may ask.
 * @backlog: as of listen().
 * @ret_socket: the caller's storage, to be passed to control_socket_close(); its fd is -1, and that
 * is not needed, when this fails.
 *
 * Return: 0; -EADDRINUSE when another process listens there; -ENOTSOCK when the path is something
 * else than a socket; another -errno of bind(), such as -EACCES or -ENOENT for the directory.
 */
int control_socket_open(const char *path, enum control_birth birth,
			const struct control_access *access, int backlog,
			struct control_socket *ret_socket);

/**
 * control_socket_publish() - be at the place, mode 0660, or as the one before us; or 0666 where
 * groups are configured.
 * @before: the place of the one before us, which is removed if it is another one.
 *
 * Return: 0 or -errno of rename().
 */
int control_socket_publish(struct control_socket *socket, const char *before);

enum control_asker {
	CONTROL_ASKER_STRANGER, /* may not ask */
	CONTROL_ASKER_READER,   /* of the group that may look */
	CONTROL_ASKER_MEMBER,   /* of the socket's group, or of the one that may do all */
	CONTROL_ASKER_ROOT,     /* or who we are */
};

/**
 * control_socket_asker() - who a client is.
 * @client_fd: connected. The file mode has let it in; this asks the kernel who it is, whatever
 * became of the mode.
 * @ret_peer: its uid and pid, unless it is a stranger.
 */
enum control_asker control_socket_asker(const struct control_socket *socket, int client_fd,
					struct ucred *ret_peer);

/**
 * control_socket_close() - remove it.
 */
void control_socket_close(struct control_socket *socket);

#endif
