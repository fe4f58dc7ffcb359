/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/conf/conf.h"
#include "complain.h"
#include "unanswered.h"

#define KINDS_MAX    32
#define MESSAGES_MAX (4 << 20) /* four times those of all routers with all their addresses */
#define GOES_ON      (-1)      /* no exit status yet */

struct conversation {
	int fd;
	const struct client_question *question;
	bool heard; /* vipd said something */
	unsigned tables_n;
	struct records_table *tables[KINDS_MAX]; /* owned */
	size_t len;
	_Alignas(8) char message[CONTROL_MESSAGE_MAX];
	_Alignas(8) char record[RECORDS_SIZE_MAX];
};

static int fail_talk(const struct conversation *c, int err)
{
	char text[UNANSWERED_SIZE];

	/* Hanging up with our request unread comes as a reset. */
	if ((err == EPIPE || err == ECONNRESET) && !c->heard)
		return EX_TEMPFAIL;
	if (err == EPIPE || err == ECONNRESET)
		return complain(c->question->ret_why, "vipd hung up in the middle of its answer");
	return complain(c->question->ret_why, "%s",
			err == EAGAIN ? unanswered_text(c->fd, text) : strerror(err));
}

static int send_request(struct conversation *c)
{
	const struct control_request head = { CONTROL_MAGIC, CONTROL_VERSION, CONTROL_WORDS };
	const struct client_question *q = c->question;
	char buf[CONTROL_REQUEST_SIZE];
	size_t len = sizeof(head) + strlen(q->command) + 1;

	if (len + (q->word ? strlen(q->word) + 1 : 0) + (q->router ? strlen(q->router) + 1 : 0) >
	    sizeof(buf))
		return complain(c->question->ret_why,
				"there is no router of that name: the longest "
				"ones have %d characters",
				CONF_NAME_SIZE - 1);
	memcpy(buf, &head, sizeof(head));
	strcpy(buf + sizeof(head), q->command);
	if (q->word) {
		strcpy(buf + len, q->word);
		len += strlen(q->word) + 1;
	}
	if (q->router) {
		strcpy(buf + len, q->router);
		len += strlen(q->router) + 1;
	}
	return send(c->fd, buf, len, MSG_NOSIGNAL) < 0 ? fail_talk(c, errno) : GOES_ON;
}

/* ---- messages ---- */

/* What nobody wants is closed. */
static void take_descriptor(struct conversation *c, struct msghdr *header)
{
	struct cmsghdr *attached = CMSG_FIRSTHDR(header);
	int fd;

	if (!attached || attached->cmsg_level != SOL_SOCKET || attached->cmsg_type != SCM_RIGHTS ||
	    attached->cmsg_len != CMSG_LEN(sizeof(fd)))
		return;
	memcpy(&fd, CMSG_DATA(attached), sizeof(fd));
	if (c->question->ret_fd && *c->question->ret_fd < 0)
		*c->question->ret_fd = fd;
	else
		close(fd);
}

/* A whole message of a version that is understood. */
static int receive(struct conversation *c)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(int))];
	} attached;
	struct iovec iov = { c->message, sizeof(c->message) };
	struct msghdr header = { .msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = attached.buf,
				 .msg_controllen = sizeof(attached.buf) };
	const struct control_header *head = (const struct control_header *)c->message;
	ssize_t len = recvmsg(c->fd, &header, MSG_CMSG_CLOEXEC);

	if (len <= 0)
		return fail_talk(c, len == 0 ? EPIPE : errno);
	c->heard = true;
	c->len = (size_t)len;
	take_descriptor(c, &header);
	if (header.msg_flags & MSG_TRUNC)
		return complain(c->question->ret_why, "vipd sent a message that is too long");
	if (c->len < sizeof(*head) || head->magic != CONTROL_MAGIC)
		return complain(c->question->ret_why, "what answers there is no vipd");
	if (head->version < CONTROL_VERSION)
		return complain(c->question->ret_why,
				"the vipd that runs is older than this vipctl: \"vipctl reload\" "
				"starts the one that is installed");
	if (head->version > CONTROL_VERSION)
		return complain(
			c->question->ret_why,
			"the vipd that runs is newer than this vipctl: use the vipctl that came "
			"with it");
	return GOES_ON;
}

static int take_table(struct conversation *c)
{
	struct records_table *table;
	const char *why;

	if (c->tables_n == KINDS_MAX)
		return complain(c->question->ret_why, "vipd sent too many tables");
	table = malloc(sizeof(*table));
	if (!table)
		return complain(c->question->ret_why, "%s", strerror(ENOMEM));
	c->tables[c->tables_n++] = table;
	why = records_take_table(c->message, c->len, table);
	return why ? complain(c->question->ret_why, "vipd sent a table that makes no sense: %s",
			      why)
		   : GOES_ON;
}

static const struct records_table *find_table(const struct conversation *c, uint16_t kind)
{
	for (unsigned i = 0; i < c->tables_n; i++)
		if (c->tables[i]->number == kind)
			return c->tables[i];
	return NULL;
}

static int take_records(struct conversation *c)
{
	const struct client_question *q = c->question;
	const struct records_table *table;
	const char *why = NULL;
	uint16_t kind;
	unsigned n = records_of(c->message, c->len, &kind);

	if (n == 0)
		return complain(c->question->ret_why, "vipd sent records that make no sense");
	table = find_table(c, kind);
	if (!table)
		return complain(c->question->ret_why, "vipd sent records before their table");
	for (unsigned i = 0; i < n && !why; i++) {
		records_take(table, c->message, c->len, i, c->record);
		why = q->each(table, c->record, q->arg);
	}
	return why ? complain(c->question->ret_why, "vipd sent a record that makes no sense: %s",
			      why)
		   : GOES_ON;
}

static int finish(const struct conversation *c)
{
	const struct client_question *q = c->question;
	const char *why = q->finish ? q->finish(q->arg) : NULL;

	return why ? complain(c->question->ret_why, "%s", why) : EXIT_SUCCESS;
}

static int take_end(struct conversation *c)
{
	const struct control_end *end = (const struct control_end *)c->message;
	const char *text = c->message + sizeof(*end);
	int len;

	if (c->len < sizeof(*end))
		return complain(c->question->ret_why, "vipd sent an end that makes no sense");
	len = (int)strnlen(text, c->len - sizeof(*end));
	if (end->error == ENOSYS)
		return complain(c->question->ret_why,
				"the vipd that runs cannot do that (%s: %.*s): \"vipctl reload\" "
				"starts the one that is installed",
				c->question->command, len, text);
	if (end->error)
		return complain(c->question->ret_why, "%.*s", len ? len : 1024,
				len ? text : strerror(end->error));
	return finish(c);
}

/* Types that are unknown are skipped. */
static int take(struct conversation *c)
{
	switch (((const struct control_header *)c->message)->type) {
	case CONTROL_TABLE:
		return take_table(c);
	case CONTROL_RECORDS:
		return take_records(c);
	case CONTROL_END:
		return take_end(c);
	}
	return GOES_ON;
}

int client_ask(int fd, const struct client_question *question)
{
	struct conversation *c = calloc(1, sizeof(*c));
	int status;

	if (!c)
		return complain(question->ret_why, "%s", strerror(ENOMEM));
	c->fd = fd;
	c->question = question;
	status = send_request(c);
	for (unsigned i = 0; i < MESSAGES_MAX && status == GOES_ON; i++) {
		status = receive(c);
		if (status == GOES_ON)
			status = take(c);
	}
	if (status == GOES_ON)
		status = complain(c->question->ret_why, "vipd does not come to an end");
	while (c->tables_n)
		free(c->tables[--c->tables_n]);
	free(c);
	return status;
}

/* ---- fields ---- */

int64_t client_number(const struct records_table *table, const void *record, const char *name)
{
	const struct field *field = fields_find(table->fields, name);

	return field && fields_is_number(field) ? fields_number(field, record) : 0;
}

int64_t client_scaled(const struct records_table *table, const void *record, const char *name)
{
	const struct field *field = fields_find(table->fields, name);
	uint64_t scale = field && field->scale ? field->scale : 1;

	return (int64_t)((uint64_t)client_number(table, record, name) * scale);
}

const char *client_text(const struct records_table *table, const void *record, const char *name,
			char *buf)
{
	const struct field *field = fields_find(table->fields, name);

	buf[0] = '\0';
	return field ? fields_text(field, record, buf) : buf;
}
