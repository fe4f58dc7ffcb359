/* SPDX-License-Identifier: MIT */
#include "reload.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <time.h>

#include "agent/control_message.h"
#include "agent/event.h"
#include "client.h"
#include "complain.h"
#include "connection.h"
#include "problems.h"

#define LOOK_S     3  /* between two looks at what it waits for */
#define LOOKS_MAX  24 /* more than vipd takes to let routers hand over, and to give up */
#define LOOKS_DEAF 6  /* one that vipd does not answer counts as so many */
#define NS_PER_S   INT64_C(1000000000)

enum wait {
	WAIT_COMMANDS,
	WAIT_SUCCESSOR,
	WAITS
};

static const struct {
	const char *until; /* field of a router's record */
	const char *text;
} wait_texts[WAITS] = {
	[WAIT_COMMANDS] = { ".leave_held_until", "waits for the commands before it is removed" },
	[WAIT_SUCCESSOR] = { ".removed_until", "serves until another host takes over" },
};

/* Routers that the reload removes, and that wait. */
struct waits {
	struct {
		bool told; /* the user knows them */
		bool any;
		char last[FIELDS_TEXT_SIZE]; /* who was told of last: a router may have two families
					      */
	} of[WAITS];
};

static void tell_wait(struct waits *waits, enum wait wait, const char *name, int64_t until_real_ns)
{
	struct timespec now;

	waits->of[wait].any = true;
	if (waits->of[wait].told || strcmp(waits->of[wait].last, name) == 0)
		return;
	strcpy(waits->of[wait].last, name);
	clock_gettime(CLOCK_REALTIME, &now);
	printf("%s: %s, %.1f s at most\n", name, wait_texts[wait].text,
	       (double)(until_real_ns - now.tv_nsec - now.tv_sec * NS_PER_S) / NS_PER_S);
	fflush(stdout);
}

/* By a router process that has just made room for another one. */
static bool was_hung_up(ssize_t len)
{
	return len == 0 || (len < 0 && (errno == EPIPE || errno == ECONNRESET));
}

static bool waits_for(const struct records_table *table, const void *record, enum wait wait)
{
	char text[FIELDS_TEXT_SIZE];

	/* A stop, or a lower priority, is not what a reload waits for. */
	return client_number(table, record, wait_texts[wait].until) != 0 &&
	       (wait != WAIT_COMMANDS || strcmp(client_text(table, record, ".leave_before", text),
						event_before_word(EVENT_BEFORE_REMOVAL)) == 0);
}

static const char *take_router(const struct records_table *table, const void *record, void *arg)
{
	struct waits *waits = arg;
	char name[FIELDS_TEXT_SIZE];

	if (strcmp(table->name, "router") != 0)
		return NULL;
	client_text(table, record, "name", name);
	for (enum wait wait = 0; wait < WAITS; wait++)
		if (waits_for(table, record, wait))
			tell_wait(waits, wait, name,
				  client_number(table, record, wait_texts[wait].until));
	return NULL;
}

static int talk_show(int fd, const void *arg)
{
	struct waits *waits = *(struct waits *const *)arg;
	char why[COMPLAIN_SIZE];
	const struct client_question question = {
		.command = "show", .each = take_router, .arg = waits, .ret_why = why
	};

	return client_ask(fd, &question);
}

/* Whoever removes a router waits for commands that run before, and for who comes in its place, as
 * long as those may take. Return: how many looks there were, with this one. */
static unsigned look(const char *path, struct waits *waits, unsigned looks_n)
{
	char why[COMPLAIN_SIZE];
	bool any = false;

	for (enum wait wait = 0; wait < WAITS; wait++)
		waits->of[wait].any = false;
	if (connection_converse(path, talk_show, &waits, why) != EXIT_SUCCESS)
		return looks_n + LOOKS_DEAF;
	for (enum wait wait = 0; wait < WAITS; wait++) {
		waits->of[wait].told |= waits->of[wait].any;
		any |= waits->of[wait].any;
	}
	return any ? 0 : looks_n + 1;
}

/* ---- what is not as meant afterwards ---- */

static const char *take_keys(const struct records_table *table, const void *record, void *arg)
{
	char name[FIELDS_TEXT_SIZE], text[PROBLEM_TEXT_SIZE];
	char *last = arg;

	if (strcmp(table->name, "router") != 0 || !problems_keys(table, record, text)[0])
		return NULL;
	client_text(table, record, "name", name);
	if (strcmp(last, name) != 0) /* a router of both families has two records */
		fprintf(stderr, "vipctl: warning: router %s: %s\n", name, text);
	strcpy(last, name);
	return NULL;
}

static int talk_keys(int fd, const void *arg)
{
	char last[FIELDS_TEXT_SIZE] = "", why[COMPLAIN_SIZE];
	const struct client_question question = {
		.command = "show", .each = take_keys, .arg = last, .ret_why = why
	};

	(void)arg;
	return client_ask(fd, &question);
}

/* The reload is done, whether this can be asked or not: then the log has it alone. */
static void warn(const char *path)
{
	char why[COMPLAIN_SIZE];

	(void)connection_converse(path, talk_keys, NULL, why);
}

/* ---- the reload ---- */

/* Return: as recv(). */
static ssize_t await_result(int socket_fd, const char *path, struct control_result *ret_result)
{
	const struct timeval timeout = { .tv_sec = LOOK_S };
	struct waits waits = { 0 };
	ssize_t len;

	(void)setsockopt(socket_fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	for (unsigned looks_n = 0; looks_n < LOOKS_MAX;) {
		len = recv(socket_fd, ret_result, sizeof(*ret_result), 0);
		if (len >= 0 || errno != EAGAIN)
			return len;
		looks_n = look(path, &waits, looks_n);
	}
	errno = EAGAIN;
	return -1;
}

int reload(int socket_fd, const char *path)
{
	const struct control_request request = { CONTROL_MAGIC, CONTROL_VERSION_RELOAD,
						 CONTROL_RELOAD };
	struct control_result result;
	ssize_t len;

	if (send(socket_fd, &request, sizeof(request), MSG_NOSIGNAL) < 0) {
		if (was_hung_up(-1))
			return EX_TEMPFAIL;
		fprintf(stderr, "vipctl: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	len = await_result(socket_fd, path, &result);
	if (was_hung_up(len))
		return EX_TEMPFAIL;
	if (len != sizeof(result) || result.magic != CONTROL_MAGIC) {
		fputs("vipctl: vipd gave no answer in time; the reload may still happen: see its "
		      "log\n",
		      stderr);
		return EXIT_FAILURE;
	}
	result.text[sizeof(result.text) - 1] = '\0';
	if (result.failed == CONTROL_AGAIN)
		return RELOAD_AGAIN;
	if (result.failed) {
		/* The errors come with a line end of their own. */
		for (size_t end = strlen(result.text); end && result.text[end - 1] == '\n'; end--)
			result.text[end - 1] = '\0';
		fprintf(stderr, "vipctl: the reload failed, the running configuration stays:\n%s\n",
			result.text);
		return EXIT_FAILURE;
	}
	puts("reloaded");
	fflush(stdout);
	warn(path);
	return EXIT_SUCCESS;
}
