/* SPDX-License-Identifier: MIT */
#include "control_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/conf/access.h"

#define GROUPS_MAX 256 /* supplementary groups of a client that are looked at */

/* Whether a path can be ours: what nobody listens on was left by a crash. */
static int check_free(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat status;
	int fd, err = 0;

	if (lstat(path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -ENOTSOCK;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	strcpy(address.sun_path, path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ||
	    errno != ECONNREFUSED)
		err = -EADDRINUSE;
	close(fd);
	return err;
}

/* The directory is made only when it is missing as the last step, as with /run/vipd. */
static void make_directory(const char *path)
{
	char dir[CONF_CONTROL_SIZE];
	char *slash;

	strcpy(dir, path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return;
	*slash = '\0';
	(void)mkdir(dir, 0755); /* bind() says what is wrong */
}

static gid_t group_of(const char *name)
{
	gid_t gid;

	return name[0] && conf_access_group(name, &gid) == 0 ? gid : CONTROL_NO_GROUP;
}

struct control_access control_access(const struct conf *conf)
{
	struct control_access access = { .change = group_of(conf->control_group),
					 .read = group_of(conf->control_read_group) };

	access.open = access.change != CONTROL_NO_GROUP || access.read != CONTROL_NO_GROUP;
	return access;
}

static int listen_beside(struct control_socket *self, int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int err;

	strcpy(address.sun_path, self->born_path);
	(void)unlink(self->born_path);
	self->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (self->fd < 0)
		return -errno;
	mask = umask(self->access.open ? 0111 : 0117); /* 0666 or 0660 from birth */
	err = bind(self->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (err == 0 && listen(self->fd, backlog) < 0) {
		err = -errno;
		unlink(self->born_path);
	}
	if (err < 0) {
		close(self->fd);
		self->fd = -1;
	}
	return err;
}

int control_socket_open(const char *path, enum control_birth birth,
			const struct control_access *access, int backlog,
			struct control_socket *ret_socket)
{
	static const char *const beside[] = { ".new", ".new", ".alt", ".own" };
	int err = 0;

	*ret_socket = (struct control_socket){ .fd = -1, .access = *access };
	strcpy(ret_socket->path, path);
	strcpy(ret_socket->born_path, path);
	strcat(ret_socket->born_path, beside[birth]);
	make_directory(path);
	if (birth == CONTROL_BIRTH_FIRST || birth == CONTROL_BIRTH_AGAIN)
		err = check_free(path);
	return err < 0 ? err : listen_beside(ret_socket, backlog);
}

void control_socket_close(struct control_socket *socket)
{
	close(socket->fd);
	unlink(socket->published ? socket->path : socket->born_path);
}

/* Whoever the operator let in before stays in. A mode for everybody lets in nobody by itself. */
static void keep_owner(const struct control_socket *socket, const char *before)
{
	struct stat status;

	if (lstat(before, &status) < 0 || !S_ISSOCK(status.st_mode))
		return;
	if (lchown(socket->born_path, status.st_uid, status.st_gid) == 0 && !socket->access.open)
		(void)chmod(socket->born_path, status.st_mode & 07777);
}

int control_socket_publish(struct control_socket *socket, const char *before)
{
	struct stat status;

	keep_owner(socket, before);
	if (rename(socket->born_path, socket->path) < 0)
		return -errno;
	socket->published = true;
	if (strcmp(before, socket->path) != 0 && lstat(before, &status) == 0 &&
	    S_ISSOCK(status.st_mode))
		(void)unlink(before);
	return 0;
}

/* The groups of a client. */
struct groups {
	gid_t own, more[GROUPS_MAX];
	size_t more_n;
};

static bool has(const struct groups *groups, gid_t gid)
{
	bool found = gid == groups->own;

	for (size_t i = 0; i < groups->more_n; i++)
		found |= groups->more[i] == gid;
	return found && gid != CONTROL_NO_GROUP;
}

/* The group as it is now: giving the socket to one is another way to let it in. */
static gid_t group_of_file(const struct control_socket *socket)
{
	struct stat status;

	return lstat(socket->path, &status) < 0 ? CONTROL_NO_GROUP : status.st_gid;
}

enum control_asker control_socket_asker(const struct control_socket *socket, int client_fd,
					struct ucred *ret_peer)
{
	struct ucred peer;
	struct groups groups;
	socklen_t len = sizeof(peer), groups_len = sizeof(groups.more);

	if (getsockopt(client_fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return CONTROL_ASKER_STRANGER;
	*ret_peer = peer;
	if (peer.uid == 0 || peer.uid == geteuid())
		return CONTROL_ASKER_ROOT;
	groups.own = peer.gid;
	if (getsockopt(client_fd, SOL_SOCKET, SO_PEERGROUPS, groups.more, &groups_len) < 0)
		groups_len = 0;
	groups.more_n = groups_len / sizeof(groups.more[0]);
	if (has(&groups, socket->access.change) || has(&groups, group_of_file(socket)))
		return CONTROL_ASKER_MEMBER;
	return has(&groups, socket->access.read) ? CONTROL_ASKER_READER : CONTROL_ASKER_STRANGER;
}
