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
	unsigned uid, gid; /* whose those become that are made */
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

static void open_list(struct fifos *fifos, const struct conf_notify *list, unsigned n,
		      void (*failed)(const char *path, int err))
{
	for (unsigned i = 0; i < n; i++) {
		struct fifo *fifo = &fifos->all[fifos->n];

		if (!list[i].fifo[0])
			continue;
		fifo->path = list[i].fifo;
		fifo->fd = open_one(fifo->path, fifos->uid, fifos->gid);
		if (fifo->fd < 0)
			failed(fifo->path, -fifo->fd);
		fifos->n++;
	}
}

struct fifos *fifos_open(const struct conf *conf, unsigned uid, unsigned gid,
			 void (*failed)(const char *path, int err))
{
	struct fifos *fifos = calloc(1, sizeof(*fifos));

	if (!fifos)
		return NULL;
	fifos->uid = uid;
	fifos->gid = gid;
	fifos->all = calloc(conf_notify_count(conf) + 1, sizeof(*fifos->all));
	if (!fifos->all) {
		free(fifos);
		return NULL;
	}
	open_list(fifos, conf->notify, conf->notify_n, failed);
	for (unsigned i = 0; i < conf->written_n; i++)
		open_list(fifos, conf->written[i].notify, conf->written[i].notify_n, failed);
	for (unsigned i = 0; i < conf->groups_n; i++)
		open_list(fifos, conf->groups[i].notify, conf->groups[i].notify_n, failed);
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

/* Whether it is what a reader finds by its name: many make it anew when they begin. */
static bool is_there(const struct fifo *fifo)
{
	struct stat found, ours;

	return fifo->fd >= 0 && lstat(fifo->path, &found) == 0 && fstat(fifo->fd, &ours) == 0 &&
	       found.st_dev == ours.st_dev && found.st_ino == ours.st_ino;
}

/* Return: 0 or -errno. */
static int open_again(const struct fifos *fifos, struct fifo *fifo)
{
	int fd = open_one(fifo->path, fifos->uid, fifos->gid);

	if (fd < 0)
		return fd;
	if (fifo->fd >= 0)
		close(fifo->fd);
	fifo->fd = fd;
	return 0;
}

int fifos_write(struct fifos *fifos, const struct delivery *delivery)
{
	int err = 0;
	char line[LINE_SIZE];
	unsigned len = message_fifo_line(delivery, line, sizeof(line)), i = 0;

	if (len == 0)
		return 0; /* keepalived has no word for it */
	while (i < fifos->n && strcmp(fifos->all[i].path, delivery->conf->fifo) != 0)
		i++;
	if (i == fifos->n)
		return -ENOENT;
	if (!is_there(&fifos->all[i]))
		err = open_again(fifos, &fifos->all[i]);
	if (err < 0)
		return err;
	return write(fifos->all[i].fd, line, len) == (ssize_t)len ? 0 : -errno;
}
