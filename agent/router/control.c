/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/control_message.h"
#include "agent/log.h"

#define CLIENTS_MAX       8
#define CLIENT_TIMEOUT_NS INT64_C(1000000000)
#define CLIENT_LIMIT_NS   INT64_C(20000000000)
#define RELOAD_TIMEOUT_NS INT64_C(10000000000)
#define ACCEPT_PAUSE_NS   INT64_C(1000000000) /* when the host is out of descriptors */
#define CLOCK_STEP_NS     INT64_C(1000000)
#define ROUTERS_PER_TURN  32
#define GROUPS_MAX        256 /* supplementary groups of a client that are looked at */

#ifndef VIPD_VERSION
#error "the Makefile defines VIPD_VERSION"
#endif

struct client {
	int fd;           /* -1: free */
	bool answering;   /* the request was read */
	bool reloading;   /* the request was read: waits for the end of a reload */
	int64_t asked_ns; /* for it */
	bool head_sent;
	unsigned next;    /* router to send */
	int64_t until_ns; /* hang up then: it takes nothing */
	int64_t limit_ns; /* hang up then: it takes too little */
};

struct control {
	char path[CONF_CONTROL_SIZE];
	char born_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool published;
	int64_t real_offset_ns;  /* of the wall clock from that of the timers */
	bool reload_asked;       /* by a client, since control_reload_asked() */
	const struct conf *conf; /* borrowed */
	const char *conf_path;   /* borrowed */
	struct routers *routers; /* borrowed */
	int epoll_fd, listen_fd;
	int64_t resume_ns; /* nobody is accepted until then; INT64_MAX: no pause */
	struct client clients[CLIENTS_MAX];
	struct control_router message; /* the one that is being sent */
};

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

/* Born beside its place, and put there by control_publish(): clients never find the place empty. */
static int listen_beside(struct control *control)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	mode_t mask;
	int err;

	strcpy(address.sun_path, control->born_path);
	(void)unlink(control->born_path);
	control->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->listen_fd < 0)
		return -errno;
	mask = umask(0117); /* 0660 from birth */
	err = bind(control->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno
											 : 0;
	umask(mask);
	if (err < 0)
		return err;
	if (listen(control->listen_fd, CLIENTS_MAX) < 0 ||
	    epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, control->listen_fd, &event) < 0) {
		err = -errno;
		unlink(control->born_path);
		return err;
	}
	return 0;
}

int control_open(const struct conf *conf, const char *conf_path, struct routers *routers,
		 enum control_birth birth, struct control **ret_ctl)
{
	struct control *control = calloc(1, sizeof(*control));
	int err;

	if (!control)
		return -ENOMEM;
	strcpy(control->path, conf->control);
	snprintf(control->born_path, sizeof(control->born_path), "%s%s", conf->control,
		 birth == CONTROL_BIRTH_STANDBY ? ".alt" : ".new");
	control->conf = conf;
	control->conf_path = conf_path;
	control->routers = routers;
	control->listen_fd = -1;
	control->resume_ns = INT64_MAX;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		control->clients[i].fd = -1;
	control->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (control->epoll_fd < 0) {
		err = -errno;
		goto free_ctl;
	}
	make_directory(control->path);
	err = birth == CONTROL_BIRTH_FIRST ? check_free(control->path) : 0;
	if (err == 0)
		err = listen_beside(control);
	if (err < 0)
		goto close_fds;
	*ret_ctl = control;
	return 0;

close_fds:
	if (control->listen_fd >= 0)
		close(control->listen_fd);
	close(control->epoll_fd);
free_ctl:
	free(control);
	return err;
}

/* Whoever the operator let in before stays in. */
static void keep_owner(const struct control *control, const char *before)
{
	struct stat status;

	if (lstat(before, &status) < 0 || !S_ISSOCK(status.st_mode))
		return;
	if (lchown(control->born_path, status.st_uid, status.st_gid) == 0)
		(void)chmod(control->born_path, status.st_mode & 07777);
}

int control_publish(struct control *control, const char *before)
{
	struct stat status;

	if (!control)
		return 0;
	keep_owner(control, before);
	if (rename(control->born_path, control->path) < 0)
		return -errno;
	control->published = true;
	if (strcmp(before, control->path) != 0 && lstat(before, &status) == 0 &&
	    S_ISSOCK(status.st_mode))
		(void)unlink(before);
	return 0;
}

static void hang_up(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

void control_close(struct control *control)
{
	if (!control)
		return;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		hang_up(&control->clients[i]);
	close(control->listen_fd);
	close(control->epoll_fd);
	unlink(control->published ? control->path : control->born_path);
	free(control);
}

int control_fd(const struct control *control)
{
	return control ? control->epoll_fd : -1;
}

int64_t control_deadline(const struct control *control)
{
	int64_t deadline_ns = control ? control->resume_ns : INT64_MAX;

	for (unsigned i = 0; control && i < CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0 && control->clients[i].until_ns < deadline_ns)
			deadline_ns = control->clients[i].until_ns;
	return deadline_ns;
}

/* The file mode has let it in; this asks the kernel who it is, whatever became of the mode. */
static bool may_ask(const struct control *control, int fd)
{
	struct ucred peer;
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(peer);
	struct stat status;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid())
		return true;
	/* The group as it is now: giving the socket to one is how an operator lets it in. */
	if (lstat(control->path, &status) < 0)
		return false;
	if (peer.gid == status.st_gid)
		return true;
	len = sizeof(groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == status.st_gid)
			return true;
	return false;
}

static struct client *free_client(struct control *control)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (control->clients[i].fd < 0)
			return &control->clients[i];
	return NULL;
}

/* A waiting client keeps the socket readable; without a descriptor for it we would spin. */
static void pause_accepting(struct control *control, int64_t resume_ns)
{
	struct epoll_event event = { .events = resume_ns == INT64_MAX ? EPOLLIN : 0 };

	(void)epoll_ctl(control->epoll_fd, EPOLL_CTL_MOD, control->listen_fd, &event);
	control->resume_ns = resume_ns;
}

static void accept_client(struct control *control, const struct clocks *now)
{
	struct client *client = free_client(control);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
	int fd = accept4(control->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(control, now->mono_ns + ACCEPT_PAUSE_NS);
		return;
	}
	if (!client || !may_ask(control, fd) ||
	    epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		close(fd);
		return;
	}
	*client = (struct client){ .fd = fd,
				   .until_ns = now->mono_ns + CLIENT_TIMEOUT_NS,
				   .limit_ns = now->mono_ns + CLIENT_LIMIT_NS };
}

static void read_request(struct control *control, struct client *client, const struct clocks *now)
{
	struct epoll_event event = { .events = EPOLLOUT, .data.ptr = client };
	struct control_request request;
	ssize_t len = recv(client->fd, &request, sizeof(request), MSG_TRUNC);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* A longer one is of a later version. */
	if (len < (ssize_t)sizeof(request) || request.magic != CONTROL_MAGIC ||
	    (request.version == CONTROL_VERSION && request.command != CONTROL_SHOW &&
	     request.command != CONTROL_RELOAD)) {
		hang_up(client);
		return;
	}
	/* Of all versions. Whatever else another one asks, it learns ours from the head. */
	client->reloading = request.command == CONTROL_RELOAD;
	client->answering = !client->reloading;
	if (client->reloading) {
		control->reload_asked = true;
		client->asked_ns = now->mono_ns;
		client->until_ns = now->mono_ns + RELOAD_TIMEOUT_NS;
		event.events = 0; /* but for hanging up */
	}
	if (epoll_ctl(control->epoll_fd, EPOLL_CTL_MOD, client->fd, &event) < 0)
		hang_up(client);
}

bool control_reload_asked(struct control *control)
{
	bool asked = control && control->reload_asked;

	if (control)
		control->reload_asked = false;
	return asked;
}

void control_reload_done(struct control *control, int64_t began_ns, const char *why)
{
	struct control_result result = { .magic = CONTROL_MAGIC,
					 .version = CONTROL_VERSION_RELOAD };

	snprintf(result.text, sizeof(result.text), "%s", why ? why : "");
	for (unsigned i = 0; control && i < CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];

		if (client->fd < 0 || !client->reloading)
			continue;
		result.failed = client->asked_ns > began_ns ? CONTROL_AGAIN : why != NULL;
		(void)send(client->fd, &result, sizeof(result), MSG_NOSIGNAL);
		hang_up(client);
	}
}

static int send_head(struct control *control, struct client *client, const struct clocks *now)
{
	const struct router_strays *strays = routers_strays(control->routers, now);
	struct control_head head = {
		.magic = CONTROL_MAGIC,
		.version = CONTROL_VERSION,
		.vipd_version = VIPD_VERSION,
		.routers_n = routers_count(control->routers),
		.unread = strays->unread,
		.dropped = strays->dropped,
	};

	strcpy(head.node, control->conf->node);
	strcpy(head.control, control->conf->control);
	head.realtime = control->conf->realtime;
	if (strlen(control->conf_path) < sizeof(head.conf_path))
		strcpy(head.conf_path, control->conf_path);
	memcpy(head.rejected, strays->rejected, sizeof(head.rejected));
	return send(client->fd, &head, sizeof(head), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static const uint8_t *active_address(const struct vrrp *vr)
{
	return vr->election.state == VRRP_STATE_ACTIVE ? vr->election.source
						       : vr->election.active_source; /* or zero */
}

/* The same moment is always the same text: only a step of the wall clock shows. */
static void place_wall_clock(struct control *control, const struct clocks *now)
{
	int64_t offset_ns = now->real_ns - now->mono_ns;

	if (llabs(offset_ns - control->real_offset_ns) > CLOCK_STEP_NS)
		control->real_offset_ns = offset_ns;
}

static size_t fill_router(struct control *control, const struct router *router)
{
	struct control_router *message = &control->message;
	const struct conf_router *conf = router->conf;
	unsigned n = conf->addresses_n + conf->extra_n;

	strcpy(message->name, conf->name);
	strcpy(message->interface, conf->interface);
	message->config = router->vr.config;
	message->lease = conf->lease;
	message->state = router->vr.election.state;
	event_reason_text(&router->vr.election.reason, conf->interface,
			  router->vr.election.priority, router->vr.config.family, message->reason);
	message->since_real_ns = control->real_offset_ns + router->vr.election.since_ns;
	memcpy(message->active_address, active_address(&router->vr),
	       sizeof(message->active_address));
	message->counters = router->vr.counters;
	message->addresses_n = n;
	for (unsigned i = 0; i < n; i++)
		message->addresses[i] = (struct control_address){
			.address = conf->addresses[i],
			.advertised = i < conf->addresses_n,
			.present = routers_has_address(control->routers, router, i),
		};
	return offsetof(struct control_router, addresses) + n * sizeof(message->addresses[0]);
}

/* As much as a turn allows and the client takes. Return: -errno when the client is done with. */
static int answer(struct control *control, struct client *client, const struct clocks *now)
{
	int err;

	place_wall_clock(control, now);
	if (!client->head_sent) {
		err = send_head(control, client, now);
		if (err < 0)
			return err == -EAGAIN ? 0 : err;
		client->head_sent = true;
	}
	for (unsigned i = 0; i < ROUTERS_PER_TURN; i++) {
		size_t len;

		if (client->next == routers_count(control->routers))
			return -ESHUTDOWN;
		len = fill_router(control, routers_get(control->routers, client->next));
		if (send(client->fd, &control->message, len, MSG_NOSIGNAL) < 0)
			return errno == EAGAIN ? 0 : -errno;
		client->next++;
		client->until_ns = now->mono_ns + CLIENT_TIMEOUT_NS;
	}
	return 0;
}

static void serve(struct control *control, struct client *client, const struct clocks *now)
{
	if (client->reloading)
		hang_up(client);
	else if (!client->answering)
		read_request(control, client, now);
	else if (answer(control, client, now) < 0)
		hang_up(client);
}

void control_dispatch(struct control *control, const struct clocks *now)
{
	struct epoll_event events[CLIENTS_MAX + 1];
	int n;

	if (!control)
		return;
	n = epoll_wait(control->epoll_fd, events, CLIENTS_MAX + 1, 0);
	if (now->mono_ns >= control->resume_ns)
		pause_accepting(control, INT64_MAX);
	for (int i = 0; i < n; i++) {
		if (!events[i].data.ptr)
			accept_client(control, now);
		else
			serve(control, events[i].data.ptr, now);
	}
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0 && (now->mono_ns >= control->clients[i].until_ns ||
						    now->mono_ns >= control->clients[i].limit_ns))
			hang_up(&control->clients[i]);
}
