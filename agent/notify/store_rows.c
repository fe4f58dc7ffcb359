/* SPDX-License-Identifier: MIT */
#include "store_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- write ---- */

void store_event(struct store *store, const struct event *event, unsigned ring, const char *boot,
		 const char *json)
{
	sqlite3_stmt *statement = store_statement(store, PUT_EVENT);

	if (!statement)
		return;
	(void)sqlite3_bind_int64(statement, 1, event->real_ns);
	store_bind_text(statement, 2, boot);
	(void)sqlite3_bind_int(statement, 3, (int)ring);
	(void)sqlite3_bind_int64(statement, 4, (int64_t)event->seq);
	(void)sqlite3_bind_int(statement, 5, event->kind);
	(void)sqlite3_bind_int(statement, 6, event->level);
	store_bind_text(statement, 7, event->router[0] ? event->router : NULL);
	(void)sqlite3_bind_int(statement, 8, event->family);
	store_bind_text(statement, 9, json);
	store_run(store, statement);
}

static void name_command(const struct delivery *delivery, char *buf, size_t size)
{
	const struct conf_notify *conf = delivery->conf;
	size_t len = 0;

	buf[0] = '\0';
	if (conf && conf->fifo[0])
		snprintf(buf, size, "%s", conf->fifo);
	for (unsigned i = 0; conf && conf->command && i < conf->command->argv_n && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? " " : "",
					conf->command->argv[i].text);
}

void store_put(struct store *store, const struct delivery *delivery, const char *life,
	       int64_t due_real_ns)
{
	sqlite3_stmt *statement = store_statement(store, PUT_DELIVERY);
	char entry[24], command[512];

	if (!statement)
		return;
	snprintf(entry, sizeof(entry), "%016" PRIx64, delivery->entry);
	name_command(delivery, command, sizeof(command));
	(void)sqlite3_bind_int64(statement, 1, delivery->id);
	store_bind_text(statement, 2, entry);
	store_bind_text(statement, 3, command);
	store_bind_text(statement, 4, delivery->router);
	(void)sqlite3_bind_int(statement, 5, delivery->family);
	store_bind_text(statement, 6, conf_notify_words[delivery->word]);
	(void)sqlite3_bind_int(statement, 7, delivery->deliver);
	(void)sqlite3_bind_int(statement, 8, (int)delivery->life);
	(void)sqlite3_bind_int(statement, 9, (int)delivery->attempts);
	(void)sqlite3_bind_int(statement, 10, (int)delivery->merged);
	(void)sqlite3_bind_int64(statement, 11, delivery->since_ns);
	(void)sqlite3_bind_int64(statement, 12, due_real_ns);
	store_bind_text(statement, 13, delivery->error);
	store_bind_text(statement, 14, life);
	store_bind_text(statement, 15, delivery->message);
	(void)sqlite3_bind_int(statement, 16, delivery->of_group);
	store_run(store, statement);
}

void store_remove(struct store *store, int64_t id)
{
	sqlite3_stmt *statement = store_statement(store, REMOVE_DELIVERY);

	if (!statement)
		return;
	(void)sqlite3_bind_int64(statement, 1, id);
	store_run(store, statement);
}

void store_state(struct store *store, const struct store_state *state)
{
	sqlite3_stmt *statement = store_statement(store, PUT_STATE);

	if (!statement)
		return;
	store_bind_text(statement, 1, state->router);
	(void)sqlite3_bind_int(statement, 2, state->family);
	(void)sqlite3_bind_int(statement, 3, state->state);
	(void)sqlite3_bind_int(statement, 4, state->priority);
	store_bind_text(statement, 5, state->life);
	store_run(store, statement);
}

/* What cannot be read leaves it as it is. */
static void read_since(struct store *store, const char *entry, const char *boot, int64_t *since_ns)
{
	sqlite3_stmt *statement = store_statement(store, GET_ENTRY);
	int got;

	if (!statement)
		return;
	store_bind_text(statement, 1, entry);
	store_bind_text(statement, 2, boot);
	got = sqlite3_step(statement);
	store_note(store, got);
	if (store->error == SQLITE_OK)
		*since_ns = got == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	(void)sqlite3_reset(statement);
}

bool store_entry(struct store *store, uint64_t entry, const char *boot, int64_t *since_ns)
{
	sqlite3_stmt *statement = store_statement(store, PUT_ENTRY);
	char text[24];

	if (!statement)
		return false;
	snprintf(text, sizeof(text), "%016" PRIx64, entry);
	store_bind_text(statement, 1, text);
	store_bind_text(statement, 2, boot);
	(void)sqlite3_bind_int64(statement, 3, *since_ns);
	store_run(store, statement);
	if (store->error == SQLITE_OK && sqlite3_changes(store->db))
		return true;
	read_since(store, text, boot, since_ns);
	return false;
}

/* ---- read ---- */

/* One query from its beginning to its end. */
static int each_row(struct store *store, const char *text,
		    void (*row)(sqlite3_stmt *statement, void *arg), void *arg)
{
	sqlite3_stmt *statement = NULL;
	int got = sqlite3_prepare_v2(store->db, text, -1, &statement, NULL);

	while (got == SQLITE_OK || got == SQLITE_ROW) {
		got = sqlite3_step(statement);
		if (got == SQLITE_ROW)
			row(statement, arg);
	}
	store_note(store, got);
	(void)sqlite3_finalize(statement);
	return store_errno(store->error);
}

static const char *text_of(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text ? text : "";
}

struct deliveries {
	void (*each)(void *arg, struct delivery *delivery, const char *life);
	void *arg;
};

static unsigned word_of(const char *text)
{
	unsigned word = 0;

	while (word < CONF_NOTIFY_WORDS && strcmp(conf_notify_words[word], text) != 0)
		word++;
	return word;
}

static void take_delivery(sqlite3_stmt *row, void *arg)
{
	const struct deliveries *deliveries = arg;
	struct delivery *delivery = calloc(1, sizeof(*delivery));
	unsigned word = word_of(text_of(row, 4));

	if (!delivery)
		return;
	*delivery = (struct delivery){
		.id = sqlite3_column_int64(row, 0),
		.entry = strtoull(text_of(row, 1), NULL, 16),
		.family = (uint8_t)sqlite3_column_int(row, 3),
		.word = (uint8_t)word,
		.deliver = (uint8_t)sqlite3_column_int(row, 5),
		.life = (enum delivery_life)sqlite3_column_int(row, 6),
		.attempts = (unsigned)sqlite3_column_int(row, 7),
		.merged = (unsigned)sqlite3_column_int(row, 8),
		.since_ns = sqlite3_column_int64(row, 9),
		.message = strdup(text_of(row, 12)),
		.of_group = sqlite3_column_int(row, 13) != 0,
	};
	snprintf(delivery->router, sizeof(delivery->router), "%s", text_of(row, 2));
	snprintf(delivery->error, sizeof(delivery->error), "%s", text_of(row, 10));
	if (delivery->message && word < CONF_NOTIFY_WORDS && delivery->life <= DELIVERY_DEAD) {
		deliveries->each(deliveries->arg, delivery, text_of(row, 11));
		return;
	}
	free(delivery->message);
	free(delivery);
}

int store_each_delivery(struct store *store,
			void (*each)(void *arg, struct delivery *delivery, const char *life),
			void *arg)
{
	struct deliveries deliveries = { each, arg };

	return each_row(store,
			"SELECT id, entry, router, family, word, deliver, state, attempts, merged, "
			"since, error, life, message, of_group FROM deliveries ORDER BY id",
			take_delivery, &deliveries);
}

struct entries {
	struct store *store;
	bool (*is_there)(const void *arg, uint64_t entry);
	const void *arg;
};

static void take_entry(sqlite3_stmt *row, void *arg)
{
	const struct entries *entries = arg;
	const char *entry = text_of(row, 0);
	sqlite3_stmt *statement;

	if (entries->is_there(entries->arg, strtoull(entry, NULL, 16)))
		return;
	statement = store_statement(entries->store, REMOVE_ENTRY);
	if (!statement)
		return;
	(void)sqlite3_bind_text(statement, 1, entry, -1, SQLITE_TRANSIENT);
	store_run(entries->store, statement);
}

void store_keep_entries(struct store *store, bool (*is_there)(const void *arg, uint64_t entry),
			const void *arg)
{
	struct entries entries = { store, is_there, arg };

	(void)each_row(store, "SELECT entry FROM entries ORDER BY entry", take_entry, &entries);
}

struct states {
	void (*each)(void *arg, const struct store_state *state);
	void *arg;
};

static void take_state(sqlite3_stmt *row, void *arg)
{
	const struct states *states = arg;
	struct store_state state = {
		.family = (uint8_t)sqlite3_column_int(row, 1),
		.state = (uint8_t)sqlite3_column_int(row, 2),
		.priority = (uint8_t)sqlite3_column_int(row, 3),
	};

	snprintf(state.router, sizeof(state.router), "%s", text_of(row, 0));
	snprintf(state.life, sizeof(state.life), "%s", text_of(row, 4));
	states->each(states->arg, &state);
}

int store_each_state(struct store *store, void (*each)(void *arg, const struct store_state *state),
		     void *arg)
{
	struct states states = { each, arg };

	return each_row(store, "SELECT router, family, state, priority, life FROM states",
			take_state, &states);
}
