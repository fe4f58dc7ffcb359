/* SPDX-License-Identifier: MIT */
/*
 * An event as those have it who are told: a JSON object, the same as variables of an environment,
 * and keepalived's words.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "book.h"
#include "queue.h"

#define MESSAGE_ENV_MAX   64
#define MESSAGE_WORDS_MAX 4

/* Whom an entry is told about. */
enum message_scope {
	MESSAGE_HOST,
	MESSAGE_ROUTER,
	MESSAGE_GROUP,
};

/**
 * message_make() - the event, and what those who are told want to know besides.
 * @event: as event_json() has it.
 * @key, @incident: of the book.
 *
 * Return: a JSON object in a line without its end, owned by the caller; NULL without memory.
 */
char *message_make(const char *event, const struct book_news *news, enum message_scope scope,
		   const char *node, const char *key, const char *incident);

/**
 * message_mark() - whoever is told of it may have been told before: of each attempt, then.
 * @message: of message_make(); another one is in its place afterwards.
 *
 * Return: 0; -ENOMEM, and it is as it was.
 */
int message_mark(char **message);

/* Of a hook: who waits for it. */
struct message_hold {
	char router[CONF_NAME_SIZE];
	unsigned family;
	int64_t until_ns; /* CLOCK_MONOTONIC, of the boot in which it was made */
	enum event_before before;
};

/**
 * message_hold() - who waits for a hook, as its message says.
 *
 * Return: whether it does.
 */
bool message_hold(const char *message, struct message_hold *ret_hold);

/* What one attempt is given; all texts are owned. */
struct message_run {
	char *text;                         /* for standard input: a line */
	char *env[MESSAGE_ENV_MAX + 1];     /* "VIPD_NAME=value"; ends with NULL */
	char *words[MESSAGE_WORDS_MAX + 1]; /* keepalived's arguments */
};

/**
 * message_run_make() - for the attempt that begins.
 *
 * Return: 0; -ENOMEM; -EBADMSG when the message is none.
 */
int message_run_make(const struct delivery *delivery, struct message_run *ret_run);

/**
 * message_run_free() - legal for zeros.
 */
void message_run_free(struct message_run *run);

/**
 * message_fifo_line() - as keepalived writes it.
 * @buf: of @size bytes.
 *
 * Return: its length; 0: there is no such line.
 */
unsigned message_fifo_line(const struct delivery *delivery, char *buf, unsigned size);

#endif
