/* SPDX-License-Identifier: MIT */
/*
 * The control socket: answers vipctl. Serves a few clients at a time, each a bounded piece per turn
 * and none that takes nothing for a second or too little for twenty, so that nobody who asks can
 * delay an advert or keep others from asking.
 *
 * All functions but ctl_open() take NULL, for a control socket that could not be opened.
 */
#ifndef CTL_H
#define CTL_H

#include "inst.h"

struct ctl;

/* Who listens before us, and so which name beside the socket's place is free to be born under. */
enum ctl_birth {
	CTL_BIRTH_FIRST,     /* nobody, or whoever must not be driven out */
	CTL_BIRTH_SUCCESSOR, /* the generation before us */
	CTL_BIRTH_STANDBY, /* likewise; and a successor may be about to be born at the same time */
};

/**
 * ctl_open() - listen, but not at the socket's place yet.
 * @conf: whose control and node are used; borrowed until ctl_close().
 * @conf_path: of the file that it came from, absolute; borrowed until ctl_close().
 * @set: what is shown; borrowed until ctl_close().
 * @birth: who listens there.
 * @ret_ctl: owned by the caller.
 *
 * Return: 0; -EADDRINUSE when another process listens there; -ENOTSOCK when the path is something
 * else than a socket; another -errno of bind(), such as -EACCES or -ENOENT for the directory.
 */
int ctl_open(const struct conf *conf, const char *conf_path, struct inst_set *set,
	     enum ctl_birth birth, struct ctl **ret_ctl);

/**
 * ctl_publish() - be at the socket's place, mode 0660, or as the one before us.
 * @before: the place of the one before us, which is removed if it is another one.
 *
 * Return: 0 or -errno of rename().
 */
int ctl_publish(struct ctl *ctl, const char *before);

/**
 * ctl_reload_asked() - whether a client asked for a reload since the last call.
 */
bool ctl_reload_asked(struct ctl *ctl);

/**
 * ctl_reload_done() - answer the clients that wait for a reload.
 * @began_ns: when it began, CLOCK_MONOTONIC; who asked later is told to ask again.
 * @why: it failed, or NULL.
 */
void ctl_reload_done(struct ctl *ctl, int64_t began_ns, const char *why);

/**
 * ctl_close() - hang up and remove the socket.
 */
void ctl_close(struct ctl *ctl);

/**
 * ctl_fd() - the descriptor to poll for reading: it is ready when any client is; or -1.
 */
int ctl_fd(const struct ctl *ctl);

/**
 * ctl_dispatch() - serve.
 */
void ctl_dispatch(struct ctl *ctl, const struct inst_now *now);

/**
 * ctl_deadline() - when a slow client must be dropped, on CLOCK_MONOTONIC, or INT64_MAX.
 */
int64_t ctl_deadline(const struct ctl *ctl);

#endif
