/* SPDX-License-Identifier: MIT */
/*
 * The clients of the control socket: a few at a time, each a bounded piece of its answer (answer.h)
 * per turn, and none that takes nothing for a second or too little for twenty, so that nobody who
 * asks can delay an advert or keep others from asking. Some places are root's alone, and when there
 * is none left the oldest client that is not root makes room for one that is.
 *
 * All functions but control_open() take NULL, for a control socket that could not be opened.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "answer.h"
#include "control_socket.h"

struct control;

/**
 * control_open() - without a socket yet.
 * @facts: what is told, and at which place of its configuration; copied, and what it points to
 *	borrowed until control_close().
 * @ret_ctl: owned by the caller.
 *
 * Return: 0; -ENOMEM or another -errno of epoll.
 */
int control_open(const struct answer_facts *facts, struct control **ret_ctl);

/**
 * control_listen() - listen, but not at the socket's place yet. What fails is tried again by
 * control_dispatch(), as is what was removed since.
 * @birth: who listens there.
 *
 * Return: 0, or as control_socket_open().
 */
int control_listen(struct control *control, enum control_birth birth);

/**
 * control_publish() - be at the socket's place, mode 0660, or as the one before us. Nothing happens
 * without a socket.
 * @before: the place of the one before us, which is removed if it is another one.
 *
 * Return: 0 or -errno of rename(): likewise tried again.
 */
int control_publish(struct control *control, const char *before);

/* Who asks for a reload waits so long for the keeper to take that on; vipctl waits longer. */
#define CONTROL_RELOAD_END_NS INT64_C(10000000000)

/**
 * control_reload_asked() - whether a client asked for a reload since the last call.
 */
bool control_reload_asked(struct control *control);

/**
 * control_reload_taken() - the keeper has taken on what was asked for up to then.
 * @end_ns: when the last of those requests would have ended, CLOCK_MONOTONIC.
 */
void control_reload_taken(struct control *control, int64_t end_ns);

/**
 * control_reload_waits() - what was taken on waits for routers that leave, until then at least.
 */
void control_reload_waits(struct control *control, int64_t until_ns);

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
 * control_path() - the socket's place; in the configuration.
 */
const char *control_path(const struct control *control);

/**
 * control_fd() - the descriptor to poll for reading: it is ready when any client is; or -1.
 */
int control_fd(const struct control *control);

/**
 * control_dispatch() - serve; and make the socket again when it is time for that.
 */
void control_dispatch(struct control *control, const struct clocks *now);

/**
 * control_news() - whether there is a socket now and was none before, or the other way round.
 * @ret_error: an errno, why there is none; 0: there is one.
 *
 * Return: whether that is news since the last call.
 */
bool control_news(struct control *control, int *ret_error);

/**
 * control_deadline() - when a slow client must be dropped, or the socket looked after, on
 * CLOCK_MONOTONIC, or INT64_MAX.
 */
int64_t control_deadline(const struct control *control);

/**
 * control_opportunity() - when a turn that comes anyway may do what control_deadline() waits for.
 */
int64_t control_opportunity(const struct control *control);

#endif
