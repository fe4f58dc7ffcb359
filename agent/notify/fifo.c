/* SPDX-License-Identifier: MIT */
#include "fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

#define LINE_SIZE 512 /* below PIPE_BUF: a line is never cut */

struct fifo {
	const char *path; /* borrowed */
	int fd;           /* -1: it could not be had */
};

struct fifos {
	unsigned n;
	struct fifo *all;
};

/* For reading, too: then it has a reader, and never breaks. Return: a descriptor, or -errno. */
static int open_one(const char *path, unsigned uid, unsigned gid)
{
	bool made = mkfifo(path, 0600) == 0;
	int fd = open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		err = -errno;
	else if (!S_ISFIFO(status.st_mode))
		err = -ENOTSUP;
	else if (!made && status.st_uid != geteuid() && status.st_uid != uid)
		err = -EPERM;
	else if (made && geteuid() == 0 && fchown(fd, uid, gid) < 0)
		err = -errno;
	if (err == 0)
		return fd;
	close(fd);
	return err;
}

struct open_setting {
	unsigned uid, gid;
	void (*failed)(const char *path, int err);
};

static void open_list(struct fifos *fifos, const struct conf_notify *list, unsigned n,
		      const struct open_setting *setting)
{
	for (unsigned i = 0; i < n; i++) {
		struct fifo *fifo = &fifos->all[fifos->n];

		if (!list[i].fifo[0])
			continue;
		fifo->path = list[i].fifo;
		fifo->fd = open_one(fifo->path, setting->uid, setting->gid);
		if (fifo->fd < 0)
			setting->failed(fifo->path, -fifo->fd);
		fifos->n++;
	}
}

static unsigned count(const struct conf *conf)
{
	unsigned n = conf->notify_n;

	for (unsigned i = 0; i < conf->written_n; i++)
		n += conf->written[i].notify_n;
	for (unsigned i = 0; i < conf->groups_n; i++)
		n += conf->groups[i].notify_n;
	return n;
}

struct fifos *fifos_open(const struct conf *conf, unsigned uid, unsigned gid,
			 void (*failed)(const char *path, int err))
{
	const struct open_setting setting = { uid, gid, failed };
	struct fifos *fifos = calloc(1, sizeof(*fifos));

	if (!fifos)
		return NULL;
	fifos->all = calloc(count(conf) + 1, sizeof(*fifos->all));
	if (!fifos->all) {
		free(fifos);
		return NULL;
	}
	open_list(fifos, conf->notify, conf->notify_n, &setting);
	for (unsigned i = 0; i < conf->written_n; i++)
		open_list(fifos, conf->written[i].notify, conf->written[i].notify_n, &setting);
	for (unsigned i = 0; i < conf->groups_n; i++)
		open_list(fifos, conf->groups[i].notify, conf->groups[i].notify_n, &setting);
	return fifos;
}

void fifos_close(struct fifos *fifos)
{
	if (!fifos)
		return;
	for (unsigned i = 0; i < fifos->n; i++)
		if (fifos->all[i].fd >= 0)
			close(fifos->all[i].fd);
	free(fifos->all);
	free(fifos);
}

int fifos_write(const struct fifos *fifos, const struct delivery *delivery)
{
	char line[LINE_SIZE];
	unsigned len = message_fifo_line(delivery, line, sizeof(line)), i = 0;

	if (len == 0)
		return 0; /* keepalived has no word for it */
	while (i < fifos->n && strcmp(fifos->all[i].path, delivery->conf->fifo) != 0)
		i++;
	if (i == fifos->n || fifos->all[i].fd < 0)
		return -ENOENT;
	return write(fifos->all[i].fd, line, len) == (ssize_t)len ? 0 : -errno;
}
