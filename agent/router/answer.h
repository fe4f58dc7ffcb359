/* SPDX-License-Identifier: MIT */
/*
 * What the control socket answers: one row per command, and one table of fields per kind of record.
 * An answer is made message by message, so that a client gets as much as a turn allows. Nothing is
 * formatted here: numbers and bytes are copied, and the words for them go along once, in the
 * tables.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "agent/control_message.h"
#include "routers.h"

/* What is told; all of it is borrowed. */
struct answer_facts {
	const struct conf *conf;
	const char *conf_path; /* of the file that it came from: answer_path() */
	int conf_fd;           /* its dump, which nobody can change any more */
	int figures_fd;        /* of what is measured (figures.h), to be read; -1: none */
	struct routers *routers;
	int64_t real_offset_ns; /* of the wall clock from that of the timers */
};

/* What a client may do: a set. */
enum answer_rights {
	ANSWER_READ = 1,
	ANSWER_CHANGE = 2,
};

/* How far the answer to one client has come. A copy of it can be gone on with instead. */
struct answer {
	const struct answer_command *command; /* NULL: none of ours */
	unsigned step;
	unsigned router, address, route, check; /* what comes next */
	unsigned keys_of;                       /* likewise, a router by whose file */
	bool inside;                            /* that router itself was told */
	bool peers_told, senders_told, tracks_told,
		conflicts_told; /* and what else belongs to it */
	bool found;             /* a router of the name */
	bool ended;
	int error;                 /* of the end */
	const char *why;           /* a constant, or NULL */
	char name[CONF_NAME_SIZE]; /* of the router that is asked about; empty: all */
	struct journal_asker asker;
	struct forgotten forgotten; /* by the router that comes next, if @inside */
	struct drained drained;     /* likewise */
	int64_t id;                 /* of a delivery */
	int64_t for_ns;             /* how long to drain it; VRRP_NEVER, 0: resume */
	int64_t until_ns;           /* likewise, CLOCK_MONOTONIC: one time for all */
};

struct answer_message {
	size_t len;      /* 0: nothing to send this time */
	int attached_fd; /* borrowed; -1: none */
	_Alignas(8) unsigned char bytes[CONTROL_MESSAGE_SIZE];
};

/**
 * answer_path() - the path of a file for whoever reads it from another directory: absolute, and
 * through the same symbolic links, which may have been switched by then.
 * @given: by the operator.
 * @buf, @size: for it; empty when it does not fit.
 */
void answer_path(const char *given, char *buf, size_t size);

/**
 * answer_begin() - understand a request.
 * @request, @len: as it came, and at least a struct control_request of it.
 * @rights: of who asks.
 * @asker: who that is, for what goes into the journal.
 * @ret_answer: what to answer: an end that says so if the request is none of ours.
 */
void answer_begin(const void *request, size_t len, unsigned rights,
		  const struct journal_asker *asker, struct answer *ret_answer);

/**
 * answer_is_reload() - whether it is not made here, but by whoever reloads, with answer_end().
 */
bool answer_is_reload(const struct answer *answer);

/**
 * answer_next() - the next message of an answer; the last one is an end. What a command changes is
 * changed by a step that makes no message, so that it is done once, however often a message must be
 * made again.
 *
 * Return: false behind the end, when nothing was made.
 */
bool answer_next(struct answer_facts *facts, struct answer *answer, const struct clocks *now,
		 struct answer_message *ret_message);

/**
 * answer_end() - an end.
 * @error: an errno, or 0.
 * @why: or NULL.
 */
void answer_end(int error, const char *why, struct answer_message *ret_message);

#endif
