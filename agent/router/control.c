/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENTS_MAX       8
#define MEMBERS_MAX       6  /* of them who are not root, who always finds a place so */
#define BACKLOG           64 /* who waits to be accepted: many, or root would wait behind others */
#define ACCEPTS_PER_TURN  32
#define LOOK_NS           INT64_C(5000000000) /* whether the socket is there yet, or still, */
#define LOOK_LATE_NS      INT64_C(2000000000) /* in a turn that comes anyway until so much later */
#define CLIENT_TIMEOUT_NS INT64_C(1000000000)
#define CLIENT_LIMIT_NS   INT64_C(20000000000)
#define RELOAD_GRACE_NS   INT64_C(1000000000)  /* for the keeper's word to arrive */
#define RELOAD_LIMIT_NS   INT64_C(30000000000) /* it must have ended somehow by then */
#define ACCEPT_PAUSE_NS   INT64_C(1000000000)  /* when the host is out of descriptors */
#define MESSAGES_PER_TURN 32                   /* per client */

struct client {
	int fd;          /* -1: free */
	bool root;       /* or a member of some group */
	unsigned rights; /* enum answer_rights */
	bool answering;  /* the request was read */
	bool reloading;  /* the request was read: waits for the end of a reload */
	bool taken;      /* which the keeper has taken on */
	bool frozen;     /* its answer is a struct control_result */
	struct journal_asker asker;
	int64_t asked_ns; /* for it */
	int64_t since_ns; /* it is here */
	struct answer answer;
	int64_t until_ns; /* hang up then: it takes nothing */
	int64_t limit_ns; /* hang up then: it takes too little */
};

struct control {
	struct control_socket socket;
	struct control_access access;
	struct answer_facts facts;
	bool reload_asked; /* by a client, since control_reload_asked() */
	int epoll_fd;
	int64_t resume_ns; /* nobody is accepted until then; INT64_MAX: no pause */
	int error;         /* an errno, why there is no socket; 0: there is one */
	bool news;         /* about that, since control_news() */
	int64_t look_ns;   /* the socket is looked after */
	struct client clients[CLIENTS_MAX];
	struct answer_message message; /* the one that is being sent */
};

int control_open(const struct answer_facts *facts, struct control **ret_ctl)
{
	struct control *control = calloc(1, sizeof(*control));
	int err;

	if (!control)
		return -ENOMEM;
	control->facts = *facts;
	control->access = control_access(facts->conf);
	control->socket.fd = -1;
	control->resume_ns = INT64_MAX;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		control->clients[i].fd = -1;
	control->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (control->epoll_fd >= 0) {
		*ret_ctl = control;
		return 0;
	}
	err = -errno;
	free(control);
	return err;
}

static void close_socket(struct control *control)
{
	if (control->socket.fd >= 0)
		control_socket_close(&control->socket);
	control->socket.fd = -1;
}

int control_listen(struct control *control, enum control_birth birth)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	int err = control_socket_open(control->facts.conf->control, birth, &control->access,
				      BACKLOG, &control->socket);

	if (err == 0 &&
	    epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, control->socket.fd, &event) < 0) {
		err = -errno;
		close_socket(control);
	}
	control->error = -err;
	return err;
}

int control_publish(struct control *control, const char *before)
{
	int err;

	if (!control || control->socket.fd < 0)
		return 0;
	err = control_socket_publish(&control->socket, before);
	if (err < 0)
		close_socket(control);
	control->error = -err;
	return err;
}

/* ---- the socket in its place ---- */

static bool was_removed(const struct control *control)
{
	struct stat status;

	return lstat(control->socket.path, &status) < 0 && errno == ENOENT;
}

/*
 * A socket that could not be made, or that somebody has removed with its directory, keeps nobody
 * from asking for longer than it must. What another one has put there instead is left alone.
 */
static void look_after_socket(struct control *control, const struct clocks *now)
{
	int before = control->error;

	if (now->mono_ns < control->look_ns)
		return;
	control->look_ns = now->mono_ns + LOOK_NS;
	if (control->socket.fd >= 0 && !was_removed(control))
		return;
	if (control->socket.fd >= 0)
		before = ENOENT;
	close_socket(control);
	if (control_listen(control, CONTROL_BIRTH_AGAIN) == 0)
		(void)control_publish(control, control->facts.conf->control);
	control->news |= control->error != before;
}

bool control_news(struct control *control, int *ret_error)
{
	if (!control || !control->news)
		return false;
	control->news = false;
	*ret_error = control->error;
	return true;
}

/* ---- clients ---- */

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
	close_socket(control);
	close(control->epoll_fd);
	free(control);
}

const char *control_path(const struct control *control)
{
	return control->facts.conf->control;
}

int control_fd(const struct control *control)
{
	return control ? control->epoll_fd : -1;
}

/* @late_ns: how much the look after the socket is put off. */
static int64_t next_ns(const struct control *control, int64_t late_ns)
{
	int64_t deadline_ns = control ? control->resume_ns : INT64_MAX;

	if (control && control->look_ns + late_ns < deadline_ns)
		deadline_ns = control->look_ns + late_ns;
	for (unsigned i = 0; control && i < CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0 && control->clients[i].until_ns < deadline_ns)
			deadline_ns = control->clients[i].until_ns;
	return deadline_ns;
}

int64_t control_deadline(const struct control *control)
{
	return next_ns(control, LOOK_LATE_NS);
}

int64_t control_opportunity(const struct control *control)
{
	return next_ns(control, 0);
}

/* Return: of those that are no root the one that has been here longest; or NULL. */
static struct client *oldest_member(struct control *control)
{
	struct client *oldest = NULL;

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];

		if (client->fd >= 0 && !client->root &&
		    (!oldest || client->since_ns < oldest->since_ns))
			oldest = client;
	}
	return oldest;
}

static unsigned members_n(const struct control *control)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		n += control->clients[i].fd >= 0 && !control->clients[i].root;
	return n;
}

static struct client *free_client(struct control *control)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (control->clients[i].fd < 0)
			return &control->clients[i];
	return NULL;
}

/* Nobody who may ask keeps root from asking. Return: NULL when there is no place. */
static struct client *find_place(struct control *control, enum control_asker asker)
{
	struct client *place;

	if (asker == CONTROL_ASKER_STRANGER ||
	    (asker != CONTROL_ASKER_ROOT && members_n(control) >= MEMBERS_MAX))
		return NULL;
	place = free_client(control);
	if (place || asker != CONTROL_ASKER_ROOT)
		return place;
	place = oldest_member(control);
	if (place)
		hang_up(place);
	return place;
}

/* A waiting client keeps the socket readable; without a descriptor for it we would spin. */
static void pause_accepting(struct control *control, int64_t resume_ns)
{
	struct epoll_event event = { .events = resume_ns == INT64_MAX ? EPOLLIN : 0 };

	(void)epoll_ctl(control->epoll_fd, EPOLL_CTL_MOD, control->socket.fd, &event);
	control->resume_ns = resume_ns;
}

static void take_in(struct control *control, int fd, const struct clocks *now)
{
	struct ucred peer;
	enum control_asker asker = control_socket_asker(&control->socket, fd, &peer);
	static const unsigned rights[] = {
		[CONTROL_ASKER_READER] = ANSWER_READ,
		[CONTROL_ASKER_MEMBER] = ANSWER_READ | ANSWER_CHANGE,
		[CONTROL_ASKER_ROOT] = ANSWER_READ | ANSWER_CHANGE,
	};
	struct client *client = find_place(control, asker);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

	if (!client || epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		close(fd);
		return;
	}
	*client = (struct client){ .fd = fd,
				   .root = asker == CONTROL_ASKER_ROOT,
				   .rights = rights[asker],
				   .asker = { .uid = peer.uid, .pid = peer.pid },
				   .since_ns = now->mono_ns,
				   .until_ns = now->mono_ns + CLIENT_TIMEOUT_NS,
				   .limit_ns = now->mono_ns + CLIENT_LIMIT_NS };
}

/* Those who wait; a bounded number, also of those who are turned away. */
static void accept_clients(struct control *control, const struct clocks *now)
{
	for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(control->socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 &&
		    (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
			pause_accepting(control, now->mono_ns + ACCEPT_PAUSE_NS);
		if (fd < 0)
			return;
		take_in(control, fd, now);
	}
}

/* Return: 0 or -errno; -EAGAIN when the client must read first. */
static int send_message(const struct client *client, struct answer_message *message)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(int))];
	} attached = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				 .cmsg_level = SOL_SOCKET,
				 .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { message->bytes, message->len };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (message->attached_fd >= 0) {
		memcpy(CMSG_DATA(&attached.head), &message->attached_fd, sizeof(int));
		header.msg_control = attached.buf;
		header.msg_controllen = sizeof(attached.buf);
	}
	return sendmsg(client->fd, &header, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void begin_reload(struct control *control, struct client *client, const struct clocks *now)
{
	control->reload_asked = true;
	client->reloading = true;
	client->asked_ns = now->mono_ns;
	client->until_ns = now->mono_ns + CONTROL_RELOAD_END_NS + RELOAD_GRACE_NS;
	client->limit_ns = INT64_MAX;
}

/* As it asked: to a request of words the answer is an end. */
static void tell_result(struct control *control, const struct client *client, unsigned failed,
			const char *text)
{
	struct control_result result = { CONTROL_MAGIC, CONTROL_VERSION_RELOAD, (uint16_t)failed,
					 "" };

	if (client->frozen) {
		strncpy(result.text, text, sizeof(result.text) - 1);
		(void)send(client->fd, &result, sizeof(result), MSG_NOSIGNAL);
		return;
	}
	answer_end(failed == CONTROL_AGAIN ? EAGAIN
		   : failed                ? ECANCELED
					   : 0,
		   text, &control->message);
	(void)send_message(client, &control->message);
}

static void read_request(struct control *control, struct client *client, const struct clocks *now)
{
	struct epoll_event event = { .events = EPOLLOUT, .data.ptr = client };
	_Alignas(struct control_request) char buf[CONTROL_REQUEST_SIZE];
	const struct control_request *request = (const struct control_request *)buf;
	ssize_t len = recv(client->fd, buf, sizeof(buf), 0);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len < (ssize_t)sizeof(*request) || request->magic != CONTROL_MAGIC) {
		hang_up(client);
		return;
	}
	answer_begin(buf, (size_t)len, client->rights, &client->asker, &client->answer);
	client->answering = true;
	client->frozen = request->command == CONTROL_RELOAD;
	if (answer_is_reload(&client->answer)) {
		begin_reload(control, client, now);
		event.events = 0; /* but for hanging up */
	} else if (client->frozen) {
		tell_result(control, client, 1, client->answer.why);
		hang_up(client);
		return;
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

void control_reload_taken(struct control *control, int64_t end_ns)
{
	for (unsigned i = 0; control && i < CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];

		if (client->fd < 0 || !client->reloading || client->taken ||
		    client->asked_ns + CONTROL_RELOAD_END_NS > end_ns)
			continue;
		client->taken = true;
		client->until_ns = client->asked_ns + RELOAD_LIMIT_NS;
	}
}

void control_reload_waits(struct control *control, int64_t until_ns)
{
	for (unsigned i = 0; control && i < CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];

		if (client->fd >= 0 && client->taken &&
		    client->until_ns < until_ns + RELOAD_LIMIT_NS)
			client->until_ns = until_ns + RELOAD_LIMIT_NS;
	}
}

/* Not just hung up on: that would be a reason to ask again. */
static void give_up_reload(struct control *control, const struct client *client)
{
	char text[160];

	if (client->taken)
		snprintf(text, sizeof(text), "it takes too long: see the log");
	else
		snprintf(text, sizeof(text),
			 "the keeper, pid %d, does not answer: was it stopped? What was asked for "
			 "will not happen later",
			 (int)getppid());
	tell_result(control, client, 1, text);
}

static void drop(struct control *control, struct client *client)
{
	if (client->reloading)
		give_up_reload(control, client);
	hang_up(client);
}

void control_reload_done(struct control *control, int64_t began_ns, const char *why)
{
	for (unsigned i = 0; control && i < CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];

		if (client->fd < 0 || !client->reloading)
			continue;
		tell_result(control, client, client->asked_ns > began_ns ? CONTROL_AGAIN : !!why,
			    why ? why : "");
		hang_up(client);
	}
}

/* As much as a turn allows and the client takes. Return: -errno when the client is done with. */
static int answer(struct control *control, struct client *client, const struct clocks *now)
{
	for (unsigned i = 0; i < MESSAGES_PER_TURN; i++) {
		struct answer next = client->answer;
		int err = 0;

		if (!answer_next(&control->facts, &next, now, &control->message))
			return -ESHUTDOWN;
		if (control->message.len)
			err = send_message(client, &control->message);
		if (err < 0)
			return err == -EAGAIN ? 0 : err;
		client->answer = next;
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
	for (int i = 0; i < n; i++)
		if (events[i].data.ptr)
			serve(control, events[i].data.ptr, now);
	/* Then those who take the places: so nobody is served for what came from another one. */
	for (int i = 0; i < n; i++)
		if (!events[i].data.ptr)
			accept_clients(control, now);
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0 && (now->mono_ns >= control->clients[i].until_ns ||
						    now->mono_ns >= control->clients[i].limit_ns))
			drop(control, &control->clients[i]);
	look_after_socket(control, now);
}
