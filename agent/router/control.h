/* SPDX-License-Identifier: MIT */
/*
 * The control socket: answers vipctl. Serves a few clients at a time, each a bounded piece per turn
 * and none that takes nothing for a second or too little for twenty, so that nobody who asks can
 * delay an advert or keep others from asking.
 *
 * All functions but control_open() take NULL, for a control socket that could not be opened.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "routers.h"

struct control;

/* Who listens before us, and so which name beside the socket's place is free to be born under. */
enum control_birth {
	CONTROL_BIRTH_FIRST,     /* nobody, or whoever must not be driven out */
	CONTROL_BIRTH_SUCCESSOR, /* the generation before us */
	CONTROL_BIRTH_STANDBY, /* likewise; and a successor may be about to be born at the same time
				*/
};

/**
 * control_open() - listen, but not at the socket's place yet.
 * @conf: whose control and node are used; borrowed until control_close().
 * @conf_path: of the file that it came from, absolute; borrowed until control_close().
 * @routers: what is shown; borrowed until control_close().
 * @birth: who listens there.
 * @ret_ctl: owned by the caller.
 *
 * Return: 0; -EADDRINUSE when another process listens there; -ENOTSOCK when the path is something
 * else than a socket; another -errno of bind(), such as -EACCES or -ENOENT for the directory.
 */
int control_open(const struct conf *conf, const char *conf_path, struct routers *routers,
		 enum control_birth birth, struct control **ret_ctl);

/**
 * control_publish() - be at the socket's place, mode 0660, or as the one before us.
 * @before: the place of the one before us, which is removed if it is another one.
 *
 * Return: 0 or -errno of rename().
 */
int control_publish(struct control *control, const char *before);

/**
 * control_reload_asked() - whether a client asked for a reload since the last call.
 */
bool control_reload_asked(struct control *control);

/**
 * control_reload_done() - answer the clients that wait for a reload.
 * @began_ns: when it began, CLOCK_MONOTONIC; who asked later is told to ask again.
 * @why: it failed, or NULL.
 */
void control_reload_done(struct control *control, int64_t began_ns, const char *why);

/**
 * control_close() - hang up and remove the socket.
 */
void control_close(struct control *control);

/**
 * control_fd() - the descriptor to poll for reading: it is ready when any client is; or -1.
 */
int control_fd(const struct control *control);

/**
 * control_dispatch() - serve.
 */
void control_dispatch(struct control *control, const struct clocks *now);

/**
 * control_deadline() - when a slow client must be dropped, on CLOCK_MONOTONIC, or INT64_MAX.
 */
int64_t control_deadline(const struct control *control);

#endif
