/* SPDX-License-Identifier: MIT */
#include "complete.h"

#include <ctype.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "complain.h"
#include "connection.h"

#define PATIENCE_S 1 /* of who presses a key */
#define WORD_SIZE  64

/* The words before the one that is asked for, understood as far as they go. */
struct line {
	const char *path; /* of the control socket */
	const char *last;
	const char *before;            /* the word in front of the last one; NULL: none */
	const struct command *command; /* NULL: it is what is asked for, or unknown */
	int words_n;                   /* that are no options behind the command */
	bool in_front;                 /* no command stands there yet */
	bool help;                     /* the command is "help" */
	unsigned options;              /* those that stand there, enum usage_option */
};

static void offer(const struct line *line, const char *word, const char *help)
{
	if (strncmp(word, line->last, strlen(line->last)) == 0)
		printf("%s%s%s\n", word, help ? "\t" : "", help ? help : "");
}

static void offer_files(void)
{
	puts("");
}

/* ---- names that vipd has ---- */

struct names {
	const char *kind, *field;
	json_t *set; /* owned by who asks */
};

static const char *take_name(const struct records_table *table, const void *record, void *arg)
{
	const struct names *names = arg;
	char name[FIELDS_TEXT_SIZE];

	if (strcmp(table->name, names->kind) == 0 &&
	    client_text(table, record, names->field, name)[0])
		json_object_set_new(names->set, name, json_null());
	return NULL;
}

struct asked {
	const char *command;
	struct names names;
	char why[COMPLAIN_SIZE];
};

static int ask(int fd, const void *arg)
{
	struct asked *asked = *(struct asked *const *)arg;
	const struct client_question question = { .command = asked->command,
						  .each = take_name,
						  .arg = &asked->names,
						  .ret_why = asked->why };

	return client_ask(fd, &question);
}

static void give_up(int number)
{
	(void)number;
	_exit(EXIT_SUCCESS);
}

/* Each name once, although a router of both families has two records. */
static void offer_names(const struct line *line, const char *command, const char *kind,
			const char *field)
{
	struct asked asked = { command, { kind, field, json_object() }, "" };
	struct asked *const arg = &asked;
	const char *name;
	json_t *value;

	(void)fflush(stdout);
	(void)signal(SIGALRM, give_up);
	alarm(PATIENCE_S);
	if (access(line->path, F_OK) == 0 &&
	    connection_converse(line->path, ask, &arg, asked.why) == EXIT_SUCCESS)
		json_object_foreach(asked.names.set, name, value) offer(line, name, NULL);
	alarm(0);
	json_decref(asked.names.set);
}

/* ---- what a command's usage says ---- */

/* What may stand in a place that the usage calls so: ROUTER, FILE, or one of some words. */
static void offer_place(const struct line *line, const char *place)
{
	const size_t len = strlen(place);

	if (strcmp(place, "ROUTER") == 0 && !(line->options & USAGE_CHECKS))
		offer_names(line, "show", "router", "name");
	else if (strcmp(place, "GROUP") == 0 && !(line->options & USAGE_CHECKS))
		offer_names(line, "show", "router", "group");
	else if (strcmp(place, "CHECK") == 0 && (line->options & USAGE_CHECKS))
		offer_names(line, "checks", "check", "name");
	else if (strcmp(place, "FILE") == 0 || strcmp(place, "DIR") == 0 ||
		 (len > 5 && strcmp(place + len - 5, ".CONF") == 0))
		offer_files();
	else if (islower((unsigned char)place[0]))
		offer(line, place, NULL);
}

/* "ROUTER|GROUP", up to a blank or a bracket. */
static void offer_places(const struct line *line, const char *text)
{
	size_t len;

	for (;; text += len + 1) {
		char place[WORD_SIZE];

		len = strcspn(text, "|] ");
		snprintf(place, sizeof(place), "%.*s", (int)len, text);
		offer_place(line, place);
		if (text[len] != '|')
			return;
	}
}

/* Where the usage tells the value of an option, "[--ah none|hmac]"; NULL: it has none. */
static const char *value_of(const struct command *command, const char *option)
{
	const char *found = command->arguments;
	char begin[WORD_SIZE];

	snprintf(begin, sizeof(begin), "[%s ", option);
	found = strstr(found, begin);
	found = found ? found + strlen(begin) : NULL;
	return found && *found != '|' ? found : NULL;
}

/* A word that is no option. @n: which of them, from 0; NULL: the command takes not so many. */
static const char *place_of(const struct command *command, int n)
{
	const char *text = command->arguments;

	for (; *text; text += strspn(text, " ]"))
		if (text[0] == '[' && text[1] == '-')
			text += strcspn(text, "]") + 1;
		else if (n-- > 0)
			text += strcspn(text, " ]");
		else
			return text + (text[0] == '[');
	return NULL;
}

static void offer_option(const char *name, unsigned option, void *arg)
{
	const struct line *line = arg;

	if (!(line->options & option))
		offer(line, name, NULL);
}

static void offer_arguments(struct line *line)
{
	const char *value = line->before[0] == '-' ? value_of(line->command, line->before) : NULL;
	const char *place = place_of(line->command, line->words_n);

	if (value)
		offer_places(line, value);
	else if (line->last[0] == '-')
		usage_each_option(line->command, offer_option, line);
	else if (place)
		offer_places(line, place);
}

/* ---- the line ---- */

static void note_option(const char *name, unsigned option, void *arg)
{
	struct line *line = arg;

	if (strcmp(name, line->before) == 0)
		line->options |= option;
}

/* Words behind the command, but for the last one. */
static void read_arguments(struct line *line, int n, char **words)
{
	for (int i = 0; i < n; i++) {
		line->before = words[i];
		if (words[i][0] != '-') {
			line->words_n++;
			continue;
		}
		usage_each_option(line->command, note_option, line);
		if (value_of(line->command, words[i]) && i + 1 < n)
			line->before = words[++i];
	}
}

static const struct command *find(const struct command *commands, const char *name)
{
	for (; commands->name; commands++)
		if (strcmp(commands->name, name) == 0)
			return commands;
	return NULL;
}

static struct line read_line(const struct command *commands, int n, char **words)
{
	struct line line = { .path = USAGE_CONTROL_PATH, .last = words[n - 1], .in_front = true };
	int i = 0;

	for (; i < n - 1 && words[i][0] == '-'; i++) {
		line.before = words[i];
		if (strncmp(words[i], "--socket=", 9) == 0)
			line.path = words[i] + 9;
		if (strcmp(words[i], "-s") != 0 && strcmp(words[i], "--socket") != 0)
			continue;
		if (i + 1 < n - 1)
			line.path = line.before = words[++i];
	}
	if (i == n - 1)
		return line;
	line.in_front = false;
	line.help = strcmp(words[i], "help") == 0 && i == n - 2;
	line.command = find(commands, words[i]);
	line.before = words[i];
	if (line.command)
		read_arguments(&line, n - 2 - i, words + i + 1);
	return line;
}

static void offer_commands(const struct line *line, const struct command *commands)
{
	for (; commands->name; commands++)
		offer(line, commands->name, commands->help);
}

static void offer_front(struct line *line, const struct command *commands)
{
	if (line->before &&
	    (strcmp(line->before, "-s") == 0 || strcmp(line->before, "--socket") == 0)) {
		offer_files();
		return;
	}
	if (line->last[0] == '-') {
		usage_each_option(NULL, offer_option, line);
		return;
	}
	offer_commands(line, commands);
	offer(line, "help", "these commands, or what one of them does");
}

int complete(const struct command *commands, int n, char **words)
{
	struct line line;

	if (n == 0)
		return EXIT_SUCCESS;
	line = read_line(commands, n, words);
	if (line.in_front)
		offer_front(&line, commands);
	else if (line.help)
		offer_commands(&line, commands);
	else if (line.command)
		offer_arguments(&line);
	return EXIT_SUCCESS;
}
