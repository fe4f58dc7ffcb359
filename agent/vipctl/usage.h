/* SPDX-License-Identifier: MIT */
/*
 * What vipctl understands: commands with their options, help for them, and what to say to words
 * that are none of ours.
 */
#ifndef USAGE_H
#define USAGE_H

#include <stdbool.h>

#define USAGE_CONTROL_PATH "/run/vipd/control.sock"

/* The options of the commands: a set. */
enum usage_option {
	USAGE_JSON = 1 << 0,
	USAGE_FOLLOW = 1 << 1,
	USAGE_DRY_RUN = 1 << 2,
	USAGE_WATCH = 1 << 3,
	USAGE_FOR = 1 << 4, /* has a value */
	USAGE_CHECKS = 1 << 5,
	USAGE_NODE = 1 << 6, /* these four have values */
	USAGE_AH = 1 << 7,
	USAGE_OUTPUT = 1 << 8,
	USAGE_SECRETS = 1 << 9,
	USAGE_COUNT = 1 << 11, /* these three have values */
	USAGE_SINCE = 1 << 12,
	USAGE_STATE_DIR = 1 << 13,
	USAGE_NOTIFY = 1 << 14,
	USAGE_KEEPALIVED = 1 << 18,
	USAGE_TWO = 1 << 10,   /* no option: another word follows the first */
	USAGE_UNTIL = 1 << 19, /* has a value */
	USAGE_MANY = 1 << 20,  /* no option: any number of words follow */
	USAGE_CONF = 1 << 21,  /* has a value */
	/* No option: it changes what vipd does, so it is suggested for a slip of the finger alone
	 */
	USAGE_CHANGES = 1 << 22,
};

#define USAGE_OPTIONS_MAX 32

/* What stands behind a command. */
struct arguments {
	unsigned options;   /* enum usage_option */
	const char *router; /* borrowed; NULL: none was named */
	const char *second; /* word behind that one; likewise */
	const char *value;  /* of the option that has one, the last of them; likewise */
	const char *values[USAGE_OPTIONS_MAX]; /* of each, by the number of its bit */
	const char **words;                    /* those of USAGE_MANY, likewise */
	unsigned words_n;
	bool help; /* is wanted instead of the command */
};

struct command {
	const char *name; /* NULL: behind the last one of a table */
	const char *arguments;
	const char *help;
	unsigned options;  /* enum usage_option */
	bool takes_router; /* or another name */
	int (*run)(const char *path, const struct arguments *arguments);
};

/**
 * usage_find() - the command of that name.
 *
 * Return: NULL when there is none; what may have been meant was told.
 */
const struct command *usage_find(const struct command *commands, const char *name);

/**
 * usage_parse() - the words behind a command.
 * @argv: @argc of them, the command first; becomes the place of those that are no options.
 *
 * Return: 0; EX_USAGE when one is none of the command's, which was told.
 */
int usage_parse(const struct command *command, int argc, char **argv,
		struct arguments *ret_arguments);

/**
 * usage_value() - what an option that has a value was given; NULL: it was not.
 */
const char *usage_value(const struct arguments *arguments, enum usage_option option);

/* @option: enum usage_option; 0: it stands in front of the command. */
typedef void (*usage_option_fn)(const char *name, unsigned option, void *arg);

/**
 * usage_each_option() - all options of a command.
 * @command: NULL: those that stand in front of the command.
 */
void usage_each_option(const struct command *command, usage_option_fn each, void *arg);

/**
 * usage_help() - print all commands, or one, with a line each.
 * @command: NULL: all.
 *
 * Return: an exit status.
 */
int usage_help(const struct command *commands, const struct command *command);

/**
 * usage_missing() - say on standard error that there is no command, and which there are.
 *
 * Return: EX_USAGE.
 */
int usage_missing(const struct command *commands);

/**
 * usage_bad_option() - say what is wrong with an option in front of the command.
 * @option: as it was written.
 *
 * Return: EX_USAGE.
 */
int usage_bad_option(const char *option);

#endif
