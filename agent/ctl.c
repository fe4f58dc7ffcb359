/* SPDX-License-Identifier: MIT */
#include "ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl_message.h"
#include "log.h"

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

struct ctl {
	char path[CONF_CONTROL_SIZE];
	char born_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool published;
	int64_t real_offset_ns;  /* of the wall clock from that of the timers */
	bool reload_asked;       /* by a client, since ctl_reload_asked() */
	const struct conf *conf; /* borrowed */
	const char *conf_path;   /* borrowed */
	struct inst_set *set;    /* borrowed */
	int epoll_fd, listen_fd;
	int64_t resume_ns; /* nobody is accepted until then; INT64_MAX: no pause */
	struct client clients[CLIENTS_MAX];
	struct ctl_router message; /* the one that is being sent */
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

/* Born beside its place, and put there by ctl_publish(): clients never find the place empty. */
static int listen_beside(struct ctl *ctl)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	mode_t mask;
	int err;

	strcpy(address.sun_path, ctl->born_path);
	(void)unlink(ctl->born_path);
	ctl->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ctl->listen_fd < 0)
		return -errno;
	mask = umask(0117); /* 0660 from birth */
	err = bind(ctl->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (err < 0)
		return err;
	if (listen(ctl->listen_fd, CLIENTS_MAX) < 0 ||
	    epoll_ctl(ctl->epoll_fd, EPOLL_CTL_ADD, ctl->listen_fd, &event) < 0) {
		err = -errno;
		unlink(ctl->born_path);
		return err;
	}
	return 0;
}

int ctl_open(const struct conf *conf, const char *conf_path, struct inst_set *set,
	     enum ctl_birth birth, struct ctl **ret_ctl)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	int err;

	if (!ctl)
		return -ENOMEM;
	strcpy(ctl->path, conf->control);
	snprintf(ctl->born_path, sizeof(ctl->born_path), "%s%s", conf->control,
		 birth == CTL_BIRTH_STANDBY ? ".alt" : ".new");
	ctl->conf = conf;
	ctl->conf_path = conf_path;
	ctl->set = set;
	ctl->listen_fd = -1;
	ctl->resume_ns = INT64_MAX;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		ctl->clients[i].fd = -1;
	ctl->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (ctl->epoll_fd < 0) {
		err = -errno;
		goto free_ctl;
	}
	make_directory(ctl->path);
	err = birth == CTL_BIRTH_FIRST ? check_free(ctl->path) : 0;
	if (err == 0)
		err = listen_beside(ctl);
	if (err < 0)
		goto close_fds;
	*ret_ctl = ctl;
	return 0;

close_fds:
	if (ctl->listen_fd >= 0)
		close(ctl->listen_fd);
	close(ctl->epoll_fd);
free_ctl:
	free(ctl);
	return err;
}

/* Whoever the operator let in before stays in. */
static void keep_owner(const struct ctl *ctl, const char *before)
{
	struct stat status;

	if (lstat(before, &status) < 0 || !S_ISSOCK(status.st_mode))
		return;
	if (lchown(ctl->born_path, status.st_uid, status.st_gid) == 0)
		(void)chmod(ctl->born_path, status.st_mode & 07777);
}

int ctl_publish(struct ctl *ctl, const char *before)
{
	struct stat status;

	if (!ctl)
		return 0;
	keep_owner(ctl, before);
	if (rename(ctl->born_path, ctl->path) < 0)
		return -errno;
	ctl->published = true;
	if (strcmp(before, ctl->path) != 0 && lstat(before, &status) == 0 &&
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

void ctl_close(struct ctl *ctl)
{
	if (!ctl)
		return;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		hang_up(&ctl->clients[i]);
	close(ctl->listen_fd);
	close(ctl->epoll_fd);
	unlink(ctl->published ? ctl->path : ctl->born_path);
	free(ctl);
}

int ctl_fd(const struct ctl *ctl)
{
	return ctl ? ctl->epoll_fd : -1;
}

int64_t ctl_deadline(const struct ctl *ctl)
{
	int64_t deadline_ns = ctl ? ctl->resume_ns : INT64_MAX;

	for (unsigned i = 0; ctl && i < CLIENTS_MAX; i++)
		if (ctl->clients[i].fd >= 0 && ctl->clients[i].until_ns < deadline_ns)
			deadline_ns = ctl->clients[i].until_ns;
	return deadline_ns;
}

/* The file mode has let it in; this asks the kernel who it is, whatever became of the mode. */
static bool may_ask(const struct ctl *ctl, int fd)
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
	if (lstat(ctl->path, &status) < 0)
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

static struct client *free_client(struct ctl *ctl)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (ctl->clients[i].fd < 0)
			return &ctl->clients[i];
	return NULL;
}

/* A waiting client keeps the socket readable; without a descriptor for it we would spin. */
static void pause_accepting(struct ctl *ctl, int64_t resume_ns)
{
	struct epoll_event event = { .events = resume_ns == INT64_MAX ? EPOLLIN : 0 };

	(void)epoll_ctl(ctl->epoll_fd, EPOLL_CTL_MOD, ctl->listen_fd, &event);
	ctl->resume_ns = resume_ns;
}

static void accept_client(struct ctl *ctl, const struct inst_now *now)
{
	struct client *client = free_client(ctl);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
	int fd = accept4(ctl->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(ctl, now->mono_ns + ACCEPT_PAUSE_NS);
		return;
	}
	if (!client || !may_ask(ctl, fd) ||
	    epoll_ctl(ctl->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		close(fd);
		return;
	}
	*client = (struct client){ .fd = fd,
				   .until_ns = now->mono_ns + CLIENT_TIMEOUT_NS,
				   .limit_ns = now->mono_ns + CLIENT_LIMIT_NS };
}

static void read_request(struct ctl *ctl, struct client *client, const struct inst_now *now)
{
	struct epoll_event event = { .events = EPOLLOUT, .data.ptr = client };
	struct ctl_request request;
	ssize_t len = recv(client->fd, &request, sizeof(request), MSG_TRUNC);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* A vipctl of another version learns ours from the head. */
	if (len != sizeof(request) || request.magic != CTL_MAGIC ||
	    (request.version == CTL_VERSION && request.command != CTL_SHOW &&
	     request.command != CTL_RELOAD)) {
		hang_up(client);
		return;
	}
	client->reloading = request.version == CTL_VERSION && request.command == CTL_RELOAD;
	client->answering = !client->reloading;
	if (client->reloading) {
		ctl->reload_asked = true;
		client->asked_ns = now->mono_ns;
		client->until_ns = now->mono_ns + RELOAD_TIMEOUT_NS;
		event.events = 0; /* but for hanging up */
	}
	if (epoll_ctl(ctl->epoll_fd, EPOLL_CTL_MOD, client->fd, &event) < 0)
		hang_up(client);
}

bool ctl_reload_asked(struct ctl *ctl)
{
	bool asked = ctl && ctl->reload_asked;

	if (ctl)
		ctl->reload_asked = false;
	return asked;
}

void ctl_reload_done(struct ctl *ctl, int64_t began_ns, const char *why)
{
	struct ctl_result result = { .magic = CTL_MAGIC, .version = CTL_VERSION };

	snprintf(result.text, sizeof(result.text), "%s", why ? why : "");
	for (unsigned i = 0; ctl && i < CLIENTS_MAX; i++) {
		struct client *client = &ctl->clients[i];

		if (client->fd < 0 || !client->reloading)
			continue;
		result.failed = client->asked_ns > began_ns ? CTL_AGAIN : why != NULL;
		(void)send(client->fd, &result, sizeof(result), MSG_NOSIGNAL);
		hang_up(client);
	}
}

static int send_head(struct ctl *ctl, struct client *client, const struct inst_now *now)
{
	const struct inst_strays *strays = inst_strays(ctl->set, now);
	struct ctl_head head = {
		.magic = CTL_MAGIC,
		.version = CTL_VERSION,
		.vipd_version = VIPD_VERSION,
		.routers_n = inst_count(ctl->set),
		.unread = strays->unread,
		.dropped = strays->dropped,
	};

	strcpy(head.node, ctl->conf->node);
	strcpy(head.control, ctl->conf->control);
	head.realtime = ctl->conf->realtime;
	if (strlen(ctl->conf_path) < sizeof(head.conf_path))
		strcpy(head.conf_path, ctl->conf_path);
	memcpy(head.rejected, strays->rejected, sizeof(head.rejected));
	return send(client->fd, &head, sizeof(head), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static const uint8_t *active_address(const struct vrrp *vr)
{
	return vr->state == VRRP_STATE_ACTIVE ? vr->source : vr->active_source; /* or zero */
}

/* The same moment is always the same text: only a step of the wall clock shows. */
static void place_wall_clock(struct ctl *ctl, const struct inst_now *now)
{
	int64_t offset_ns = now->real_ns - now->mono_ns;

	if (llabs(offset_ns - ctl->real_offset_ns) > CLOCK_STEP_NS)
		ctl->real_offset_ns = offset_ns;
}

static size_t fill_router(struct ctl *ctl, const struct inst *inst)
{
	struct ctl_router *message = &ctl->message;
	const struct conf_router *conf = inst->conf;
	unsigned n = conf->addresses_n + conf->extra_n;

	strcpy(message->name, conf->name);
	strcpy(message->interface, conf->interface);
	message->config = inst->vr.config;
	message->lease = conf->lease;
	message->state = inst->vr.state;
	journal_reason_text(&inst->vr.reason, conf->interface, inst->vr.config.priority,
			    message->reason);
	message->since_real_ns = ctl->real_offset_ns + inst->vr.since_ns;
	memcpy(message->active_address, active_address(&inst->vr), sizeof(message->active_address));
	message->counters = inst->vr.counters;
	message->addresses_n = n;
	for (unsigned i = 0; i < n; i++)
		message->addresses[i] = (struct ctl_address){
			.address = conf->addresses[i],
			.advertised = i < conf->addresses_n,
			.present = inst_has_address(ctl->set, inst, i),
		};
	return offsetof(struct ctl_router, addresses) + n * sizeof(message->addresses[0]);
}

/* As much as a turn allows and the client takes. Return: -errno when the client is done with. */
static int answer(struct ctl *ctl, struct client *client, const struct inst_now *now)
{
	int err;

	place_wall_clock(ctl, now);
	if (!client->head_sent) {
		err = send_head(ctl, client, now);
		if (err < 0)
			return err == -EAGAIN ? 0 : err;
		client->head_sent = true;
	}
	for (unsigned i = 0; i < ROUTERS_PER_TURN; i++) {
		size_t len;

		if (client->next == inst_count(ctl->set))
			return -ESHUTDOWN;
		len = fill_router(ctl, inst_get(ctl->set, client->next));
		if (send(client->fd, &ctl->message, len, MSG_NOSIGNAL) < 0)
			return errno == EAGAIN ? 0 : -errno;
		client->next++;
		client->until_ns = now->mono_ns + CLIENT_TIMEOUT_NS;
	}
	return 0;
}

static void serve(struct ctl *ctl, struct client *client, const struct inst_now *now)
{
	if (client->reloading)
		hang_up(client);
	else if (!client->answering)
		read_request(ctl, client, now);
	else if (answer(ctl, client, now) < 0)
		hang_up(client);
}

void ctl_dispatch(struct ctl *ctl, const struct inst_now *now)
{
	struct epoll_event events[CLIENTS_MAX + 1];
	int n;

	if (!ctl)
		return;
	n = epoll_wait(ctl->epoll_fd, events, CLIENTS_MAX + 1, 0);
	if (now->mono_ns >= ctl->resume_ns)
		pause_accepting(ctl, INT64_MAX);
	for (int i = 0; i < n; i++) {
		if (!events[i].data.ptr)
			accept_client(ctl, now);
		else
			serve(ctl, events[i].data.ptr, now);
	}
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (ctl->clients[i].fd >= 0 && (now->mono_ns >= ctl->clients[i].until_ns ||
						now->mono_ns >= ctl->clients[i].limit_ns))
			hang_up(&ctl->clients[i]);
}
