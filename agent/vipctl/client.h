/* SPDX-License-Identifier: MIT */
/*
 * vipctl's side of the control socket: ask, and get the records of the answer with the tables that
 * describe them. vipd may be of any version.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "agent/records.h"

/* One record, in the order of the answer; both are borrowed for the call. @record has all bytes
 * that the table tells of. Return: NULL, or what is wrong with it: the answer is given up. */
typedef const char *(*client_record_fn)(const struct records_table *table, const void *record,
					void *arg);

struct client_question {
	const char *command;
	const char *word;   /* in front of the router's name, or NULL */
	const char *router; /* its name, or NULL */
	client_record_fn each;
	const char *(*finish)(
		void *arg); /* behind the last record, if the answer is whole; or NULL */
	void *arg;
	char *ret_why; /* as complain() has it, for the reason of a failure */
	int *ret_fd;   /* for a descriptor that comes along, then owned by the caller; or NULL */
};

/**
 * client_ask() - ask vipd and read the whole answer.
 * @fd: connected; nothing was sent yet.
 *
 * Return: an exit status: 0 when the answer is whole; 1 otherwise, and the reason was told.
 * EX_TEMPFAIL, and nothing printed, when vipd hung up before it said anything: it may just be at a
 * reload.
 */
int client_ask(int fd, const struct client_question *question);

/**
 * client_number() - a number of a record, by its name.
 *
 * Return: 0 when there is none of that name.
 */
int64_t client_number(const struct records_table *table, const void *record, const char *name);

/**
 * client_scaled() - likewise, in the unit that the name tells: times the scale of the field.
 */
int64_t client_scaled(const struct records_table *table, const void *record, const char *name);

/**
 * client_text() - any field of a record as text, by its name.
 * @buf: FIELDS_TEXT_SIZE bytes.
 *
 * Return: @buf; empty when there is none of that name.
 */
const char *client_text(const struct records_table *table, const void *record, const char *name,
			char *buf);

#endif
