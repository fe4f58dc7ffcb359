/* SPDX-License-Identifier: MIT */
/*
 * What the keeper and its generations say to each other, over a SOCK_SEQPACKET pair.
 *
 *	keeper			new generation		old generation
 *	  fork, exec ------------>
 *			<----- READY
 *	  FREEZE ------------------------------------------>
 *			<------------------------------ FROZEN, exit
 *	  GO -------------------->  adopts, runs
 *
 * A generation that cannot start says why with ERROR and exits; the old one never notices.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#define CHANNEL_TEXT_SIZE 3000

enum channel_type {
	CHANNEL_READY = 1, /* generation: everything is open; waits for GO */
	CHANNEL_GO,        /* keeper: adopt and run; @frozen_real_ns of the old one */
	CHANNEL_FREEZE,    /* keeper: decide nothing any more, say FROZEN and exit */
	CHANNEL_FROZEN,    /* generation: @frozen_real_ns, up to which packets were read */
	CHANNEL_RELOAD,    /* generation: somebody asks for a reload */
	CHANNEL_REFUSED,   /* keeper: the reload failed, @text says why */
	CHANNEL_ERROR,     /* generation: cannot start, @text says why */
	CHANNEL_ALIVE,     /* generation: once a second; @text is its status in a line */
};

struct channel_message {
	uint32_t type; /* enum channel_type */
	uint32_t reserved;
	int64_t frozen_real_ns;
	char text[CHANNEL_TEXT_SIZE]; /* ends with a zero; the rest is not sent */
};

/* The descriptors that a generation is born with. */
enum channel_fd {
	CHANNEL_FD_TALK = 3,  /* this conversation */
	CHANNEL_FD_STATE,     /* its own state memory, empty */
	CHANNEL_FD_CONF_OUT,  /* where it leaves the configuration that it runs, empty */
	CHANNEL_FD_SENDER,    /* all frames leave here; the keeper's, and shared with it */
	CHANNEL_FD_STATE_OLD, /* the state memory of its predecessor, if there was one */
	CHANNEL_FD_CONF_IN,   /* the configuration to run instead of the file, after a crash */
	CHANNEL_FD_END,
};

/*
 * In the environment of a generation: which of the last two it has, "s" and "c". Asking the
 * descriptors would not do: whatever is loaded before main() may have opened files of its own.
 */
#define CHANNEL_ENVIRONMENT "VIPD_GENERATION"

/**
 * channel_send() - send one message.
 * @text: or NULL; cut off when it is too long.
 *
 * Return: 0 or -errno; -EPIPE when the other side is gone.
 */
int channel_send(int fd, enum channel_type type, int64_t frozen_real_ns, const char *text);

/**
 * channel_receive() - take one message.
 *
 * Return: 1; 0 when there is none; -EPIPE when the other side is gone; another -errno.
 */
int channel_receive(int fd, struct channel_message *ret_message);

#endif
