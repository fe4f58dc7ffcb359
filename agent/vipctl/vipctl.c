/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/conf/conf.h"
#include "agent/output.h"
#include "check.h"
#include "complain.h"
#include "complete.h"
#include "connection.h"
#include "doctor.h"
#include "drain.h"
#include "dry_run.h"
#include "events.h"
#include "forget.h"
#include "history.h"
#include "import.h"
#include "metrics.h"
#include "notify.h"
#include "reload.h"
#include "show.h"
#include "show_checks.h"
#include "show_notify.h"
#include "timeline.h"
#include "usage.h"
#include "watch.h"
#include "why.h"

#define RELOADS_MAX 10

static int talk_show(int fd, const void *arg)
{
	return show(fd, arg);
}

static int talk_show_checks(int fd, const void *arg)
{
	return show_checks(fd, arg);
}

static int show_deliveries(const char *path, const struct arguments *arguments)
{
	const struct show_notify_options options = {
		.json = arguments->options & USAGE_JSON,
		.place = { path, usage_value(arguments, USAGE_STATE_DIR) },
	};

	if (arguments->options & (USAGE_CHECKS | USAGE_WATCH) || arguments->router) {
		complain(NULL, "--notify shows what waits, or is dead, for all: beside --json and "
			       "--state-dir it stands alone");
		return EX_USAGE;
	}
	return show_notify(&options);
}

static int command_show(const char *path, const struct arguments *arguments)
{
	const bool checks = arguments->options & USAGE_CHECKS;
	int (*const talk)(int fd, const void *arg) = checks ? talk_show_checks : talk_show;
	const bool watch = arguments->options & USAGE_WATCH;
	const struct show_options options = { .json = arguments->options & USAGE_JSON,
					      .redraw = watch && isatty(STDOUT_FILENO),
					      .router = arguments->router };
	int status;

	if (arguments->options & USAGE_NOTIFY)
		return show_deliveries(path, arguments);
	if (watch)
		watch_begin();
	status = connection_converse(path, talk, &options, NULL);
	if (!watch || status != EXIT_SUCCESS)
		return status;
	/* One that does not answer later is said, and asked again: it may be restarted. */
	while (watch_next())
		(void)connection_converse(path, talk, &options, NULL);
	return EXIT_SUCCESS;
}

static int command_check(const char *path, const struct arguments *arguments)
{
	const struct check_options options = { .json = arguments->options & USAGE_JSON,
					       .router = arguments->router };

	return check(path, &options);
}

static int command_why(const char *path, const struct arguments *arguments)
{
	const struct why_options options = { .json = arguments->options & USAGE_JSON,
					     .router = arguments->router,
					     .control = path };

	return why(&options);
}

static int talk_dry_run(int fd, const void *arg)
{
	(void)arg;
	return dry_run(fd);
}

static int talk_reload(int fd, const void *arg)
{
	return reload(fd, arg);
}

static int command_reload(const char *path, const struct arguments *arguments)
{
	int status;

	if (arguments->options & USAGE_DRY_RUN)
		return connection_converse(path, talk_dry_run, NULL, NULL);
	for (int i = 0; i < RELOADS_MAX; i++) {
		status = connection_converse(path, talk_reload, path, NULL);
		if (status != RELOAD_AGAIN)
			return status;
	}
	return complain(NULL, "others reload without a pause; the file may not have been read "
			      "since");
}

static int talk_forget(int fd, const void *arg)
{
	return forget(fd, arg);
}

static int command_forget(const char *path, const struct arguments *arguments)
{
	const struct forget_options options = { .json = arguments->options & USAGE_JSON,
						.router = arguments->router };

	return connection_converse(path, talk_forget, &options, NULL);
}

static int command_drain(const char *path, const struct arguments *arguments)
{
	const struct drain_options options = { .json = arguments->options & USAGE_JSON,
					       .router = arguments->router,
					       .time = arguments->value };

	return drain(path, &options);
}

static int command_resume(const char *path, const struct arguments *arguments)
{
	const struct drain_options options = { .json = arguments->options & USAGE_JSON,
					       .resume = true,
					       .router = arguments->router };

	return drain(path, &options);
}

static int command_events(const char *path, const struct arguments *arguments)
{
	const struct journal_options options = { .json = arguments->options & USAGE_JSON,
						 .follow = arguments->options & USAGE_FOLLOW,
						 .control = path };

	return events_print(&options);
}

static int command_notify(const char *path, const struct arguments *arguments)
{
	const struct notify_options options = { arguments->router, arguments->second };

	return notify(path, &options);
}

static int command_timeline(const char *path, const struct arguments *arguments)
{
	const struct timeline_options options = {
		.files = arguments->words,
		.files_n = arguments->words_n,
		.since = usage_value(arguments, USAGE_SINCE),
		.until = usage_value(arguments, USAGE_UNTIL),
		.output = usage_value(arguments, USAGE_OUTPUT),
	};

	(void)path;
	return timeline(&options);
}

/* Return: whether it is one. */
static bool parse_ah(const char *word, enum import_ah *ret_ah)
{
	static const char *const words[] = { [IMPORT_AH_NONE] = "none", [IMPORT_AH_HMAC] = "hmac" };

	*ret_ah = IMPORT_AH_ASK;
	for (enum import_ah ah = IMPORT_AH_NONE; word && ah <= IMPORT_AH_HMAC; ah++)
		if (strcmp(word, words[ah]) == 0)
			*ret_ah = ah;
	return !word || *ret_ah != IMPORT_AH_ASK;
}

static int command_import(const char *path, const struct arguments *arguments)
{
	struct import_options options = { .path = arguments->router,
					  .node = usage_value(arguments, USAGE_NODE),
					  .output = usage_value(arguments, USAGE_OUTPUT),
					  .secrets = usage_value(arguments, USAGE_SECRETS) };

	(void)path;
	if (!options.path)
		complain(NULL, "import needs the path of a keepalived.conf");
	else if (!parse_ah(usage_value(arguments, USAGE_AH), &options.ah))
		complain(NULL, "--ah is none or hmac, not \"%.40s\"",
			 usage_value(arguments, USAGE_AH));
	else if (options.node && !conf_node_is_valid(options.node))
		complain(NULL, "\"%.40s\" cannot be the name of a node", options.node);
	else
		return import(&options);
	return EX_USAGE;
}

static int command_history(const char *path, const struct arguments *arguments)
{
	const struct history_options options = {
		.json = arguments->options & USAGE_JSON,
		.router = arguments->router,
		.count = usage_value(arguments, USAGE_COUNT),
		.since = usage_value(arguments, USAGE_SINCE),
		.place = { path, usage_value(arguments, USAGE_STATE_DIR) },
	};

	return history(&options);
}

static int command_metrics(const char *path, const struct arguments *arguments)
{
	return metrics_print(path, arguments->options & USAGE_KEEPALIVED ? METRICS_KEEPALIVED
									 : METRICS_OWN);
}

static int command_doctor(const char *path, const struct arguments *arguments)
{
	const struct doctor_options options = {
		.json = arguments->options & USAGE_JSON,
		.conf_path = usage_value(arguments, USAGE_CONF),
		.node = usage_value(arguments, USAGE_NODE),
	};

	if (options.node && !conf_node_is_valid(options.node)) {
		complain(NULL, "\"%.40s\" cannot be the name of a node", options.node);
		return EX_USAGE;
	}
	return doctor(path, &options);
}

/* One row per command: dispatch and usage. */
static const struct command commands[] = {
	{ "show", "[--json] [--watch] [--checks | --notify [--state-dir DIR]] [ROUTER|GROUP|CHECK]",
	  "the state of every virtual router, or of one; or what checks have found, or one of them",
	  USAGE_JSON | USAGE_WATCH | USAGE_CHECKS | USAGE_NOTIFY | USAGE_STATE_DIR, true,
	  command_show },
	{ "check", "[--json] [ROUTER|GROUP]",
	  "whether all is well: ends with 0, or 1: degraded, 2: wrong", USAGE_JSON, true,
	  command_check },
	{ "why", "[--json] [ROUTER|GROUP]",
	  "why a router is in its state, what would change that, and what to do", USAGE_JSON, true,
	  command_why },
	{ "doctor", "[--json] [-c FILE] [--node N]",
	  "what is wrong on this host or will be, and what mends it; also before vipd runs",
	  USAGE_JSON | USAGE_CONF | USAGE_NODE, false, command_doctor },
	{ "events", "[--follow] [--json]", "what has happened, also before a crash or a reload",
	  USAGE_FOLLOW | USAGE_JSON, false, command_events },
	{ "history", "[--json] [-n N] [--since T] [--state-dir DIR] [ROUTER|GROUP]",
	  "what has happened for as long as it is kept, also without a vipd",
	  USAGE_JSON | USAGE_COUNT | USAGE_SINCE | USAGE_STATE_DIR, true, command_history },
	{ "timeline", "[--since T] [--until T] [-o FILE] [NODE=]FILE...",
	  "draw what the histories of several hosts tell as a page for a browser",
	  USAGE_SINCE | USAGE_UNTIL | USAGE_OUTPUT | USAGE_MANY, false, command_timeline },
	{ "metrics", "[--keepalived]",
	  "figures as Prometheus reads them, also by the names of keepalived's exporter",
	  USAGE_KEEPALIVED, false, command_metrics },
	{ "reload", "[--dry-run]", "read the configuration again, without a word on the wire",
	  USAGE_DRY_RUN | USAGE_CHANGES, false, command_reload },
	{ "forget", "[--json] [ROUTER|GROUP]",
	  "let Backups end the wait for an Active that is none", USAGE_JSON | USAGE_CHANGES, true,
	  command_forget },
	{ "drain", "[--json] [--for 30m] [ROUTER|GROUP]", "let another host serve, if one can",
	  USAGE_JSON | USAGE_FOR | USAGE_CHANGES, true, command_drain },
	{ "resume", "[--json] [ROUTER|GROUP]", "end a drain", USAGE_JSON | USAGE_CHANGES, true,
	  command_resume },
	{ "import", "[--node N] [--ah none|hmac] [-o FILE] [--secrets DIR] KEEPALIVED.CONF",
	  "make a vipd.conf of a keepalived.conf, and tell what became of each keyword",
	  USAGE_NODE | USAGE_AH | USAGE_OUTPUT | USAGE_SECRETS, true, command_import },
	{ "notify", "retry|drop ID|all", "try a dead letter again, or give it up; or all of them",
	  USAGE_TWO | USAGE_CHANGES, true, command_notify },
	{ .name = NULL },
};

/* "help", or "help COMMAND". */
static int help(int argc, char **argv)
{
	const struct command *command = argc > 1 ? usage_find(commands, argv[1]) : NULL;

	if (argc > 1 && !command)
		return EX_USAGE;
	return usage_help(commands, command);
}

static int run(const char *path, int argc, char **argv)
{
	const struct command *command;
	struct arguments arguments;
	int status;

	if (argc == 0)
		return usage_missing(commands);
	if (strcmp(argv[0], "help") == 0)
		return help(argc, argv);
	if (strcmp(argv[0], "complete") == 0)
		return complete(commands, argc - 1, argv + 1);
	command = usage_find(commands, argv[0]);
	if (!command)
		return EX_USAGE;
	status = usage_parse(command, argc, argv, &arguments);
	if (status)
		return status;
	return arguments.help ? usage_help(commands, command) : command->run(path, &arguments);
}

static int tell_version(void)
{
	puts("vipctl " VIPD_VERSION);
	return EXIT_SUCCESS;
}

static int bad_option(char **argv)
{
	const char one[] = { '-', (char)optopt, '\0' };

	/* A long one was passed over, with a short one getopt may stand within a word. */
	return usage_bad_option(optopt && optopt != 's' ? one : argv[optind - 1]);
}

static int parse_and_run(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *path = USAGE_CONTROL_PATH;
	int option;

	while ((option = getopt_long(argc, argv, "+:hs:V", long_options, NULL)) != -1) {
		switch (option) {
		case 's':
			path = optarg;
			break;
		case 'V':
			return tell_version();
		case 'h':
			return usage_help(commands, NULL);
		default:
			return bad_option(argv);
		}
	}
	return run(path, argc - optind, argv + optind);
}

int main(int argc, char **argv)
{
	output_open();
	return output_close("vipctl", parse_and_run(argc, argv));
}
