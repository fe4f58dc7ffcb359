/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/channel.h"
#include "agent/event.h"

const struct child child_none = {
	.channel_fd = -1, .state_fd = -1, .conf_fd = -1, .program_fd = -1
};

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void child_forget(struct child *child)
{
	close_fd(child->channel_fd);
	close_fd(child->state_fd);
	close_fd(child->conf_fd);
	close_fd(child->program_fd);
	*child = child_none;
}

void child_kill(const struct child *child)
{
	if (child->pid > 0 && !child->reaped)
		(void)kill(child->leads_group ? -child->pid : child->pid, SIGKILL);
}

int child_reserve_places(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd < CHANNEL_FD_END);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Put a descriptor where the child expects it; what is not handed down must not be there. */
static void hand_down(int fd, enum channel_fd place)
{
	if (fd < 0)
		(void)close((int)place);
	else if (dup2(fd, (int)place) < 0)
		_exit(EXIT_FAILURE);
}

static void run_program(const struct child_setting *setting, enum succession_kind kind,
			const struct child *model)
{
	char *const argv[] = { "vipd", "-c", (char *)setting->conf_path, NULL };

	/* By name where an upgrade may have replaced it, perhaps by a script. */
	if (kind == SUCCESSION_KIND_AGAIN && model->program_fd >= 0)
		fexecve(model->program_fd, argv, environ);
	else
		execv(setting->binary, argv);
}

static void become_child(const struct child_setting *setting, enum succession_kind kind,
			 const struct child *self, int channel_fd, const struct child *model)
{
	static const char *const environment[] = {
		[SUCCESSION_KIND_FIRST] = CHANNEL_VERSION,
		[SUCCESSION_KIND_NEXT] = CHANNEL_VERSION CHANNEL_SUCCESSOR,
		[SUCCESSION_KIND_AGAIN] = CHANNEL_VERSION CHANNEL_STANDBY,
	};
	sigset_t none;
	struct event event;
	char text[512];

	hand_down(channel_fd, CHANNEL_FD_CHANNEL);
	hand_down(self->state_fd, CHANNEL_FD_STATE);
	hand_down(self->conf_fd, CHANNEL_FD_CONF_OUT);
	hand_down(setting->sockets.sender_fd, CHANNEL_FD_SENDER);
	hand_down(setting->life_fd, CHANNEL_FD_LIFE);
	hand_down(setting->sockets.filter_fd, CHANNEL_FD_FILTER);
	hand_down(setting->board_fd, CHANNEL_FD_BOARD);
	hand_down(setting->found_fd, CHANNEL_FD_FOUND);
	hand_down(setting->news_fd, CHANNEL_FD_NEWS);
	hand_down(setting->figures_fd, CHANNEL_FD_FIGURES);
	hand_down(kind == SUCCESSION_KIND_FIRST ? -1 : model->conf_fd, CHANNEL_FD_CONF_IN);
	if (setenv(CHANNEL_ENVIRONMENT, environment[kind], 1) < 0)
		_exit(EXIT_FAILURE);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	run_program(setting, kind, model);
	snprintf(text, sizeof(text), "starting %s: %s", setting->binary, strerror(errno));
	event = event_fact(EVENT_CONF_ERROR, 0, text);
	(void)channel_send_event(CHANNEL_FD_CHANNEL, &event);
	(void)channel_send(CHANNEL_FD_CHANNEL, CHANNEL_ERROR, 0, text);
	_exit(EXIT_FAILURE);
}

static int open_memory(const char *name)
{
	return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

int child_spawn(const struct child_setting *setting, enum succession_kind kind,
		const struct child *model, struct child *ret_child)
{
	struct child child = child_none;
	int pair[2];
	int err = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	child.channel_fd = pair[0];
	child.state_fd = open_memory("vipd-state");
	child.conf_fd = open_memory("vipd-conf");
	child.pid = child.state_fd < 0 || child.conf_fd < 0 ? -1 : fork();
	if (child.pid == 0)
		become_child(setting, kind, &child, pair[1], model);
	if (child.pid < 0)
		err = -errno;
	close(pair[1]);
	if (err < 0) {
		child_forget(&child);
		return err;
	}
	*ret_child = child;
	return 0;
}
