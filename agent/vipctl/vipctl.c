/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "dry_run.h"
#include "events.h"
#include "reload.h"
#include "show.h"

#define CONTROL_PATH "/run/vipd/control.sock"
#define TIMEOUT_S    3
#define RELOADS_MAX  10
#define ATTEMPTS_MAX 30

static const struct timespec attempt_gap = { .tv_nsec = 10000000 };

static int connect_patiently(const char *path);

/* With vipd, over a connection. Return: an exit status. */
typedef int (*talk_fn)(int fd, const void *arg);

static int converse_once(const char *path, talk_fn talk, const void *arg)
{
	int fd = connect_patiently(path);
	int status;

	if (fd < 0) {
		fprintf(stderr, "vipctl: %s: %s%s\n", path, strerror(-fd),
			fd == -ENOENT || fd == -ECONNREFUSED
				? ": vipd does not run, or uses another control socket"
				: "");
		return EXIT_FAILURE;
	}
	status = talk(fd, arg);
	close(fd);
	return status;
}

/*
 * Connect, converse, hang up. Who meets a reload is hung up on, and finds the next generation a
 * moment later. Return: an exit status.
 */
static int converse(const char *path, talk_fn talk, const void *arg)
{
	int status = converse_once(path, talk, arg);

	for (int i = 0; status == EX_TEMPFAIL && i < ATTEMPTS_MAX; i++) {
		(void)nanosleep(&attempt_gap, NULL);
		status = converse_once(path, talk, arg);
	}
	if (status != EX_TEMPFAIL)
		return status;
	fprintf(stderr, "vipctl: vipd hung up: this user may not ask, or too many ask at once\n");
	return EXIT_FAILURE;
}

static int talk_show(int fd, const void *arg)
{
	return show(fd, arg);
}

static int command_show(const char *path, int argc, char **argv)
{
	struct show_options options = { 0 };

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			options.json = true;
		else if (argv[i][0] == '-' || options.router)
			return EX_USAGE;
		else
			options.router = argv[i];
	}
	return converse(path, talk_show, &options);
}

static int talk_dry_run(int fd, const void *arg)
{
	(void)arg;
	return dry_run(fd);
}

static int talk_reload(int fd, const void *arg)
{
	(void)arg;
	return reload(fd);
}

static int command_reload(const char *path, int argc, char **argv)
{
	int status;

	if (argc == 2 && strcmp(argv[1], "--dry-run") == 0)
		return converse(path, talk_dry_run, NULL);
	if (argc != 1)
		return EX_USAGE;
	for (int i = 0; i < RELOADS_MAX; i++) {
		status = converse(path, talk_reload, NULL);
		if (status != RELOAD_AGAIN)
			return status;
	}
	fputs("vipctl: others reload without a pause; the file may not have been read since\n",
	      stderr);
	return EXIT_FAILURE;
}

static int command_events(const char *path, int argc, char **argv)
{
	struct journal_options options = { 0 };

	(void)path;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			options.json = true;
		else if (strcmp(argv[i], "--follow") == 0)
			options.follow = true;
		else
			return EX_USAGE;
	}
	return events_print(&options);
}

/* One row per command: dispatch and usage. */
static const struct command {
	const char *name;
	const char *arguments;
	const char *help;
	int (*run)(const char *path, int argc, char **argv);
} commands[] = {
	{ "show", "[--json] [ROUTER]", "the state of every virtual router, or of one",
	  command_show },
	{ "events", "[--follow] [--json]", "what has happened, also before a crash or a reload",
	  command_events },
	{ "reload", "[--dry-run]", "read the configuration again, without a word on the wire",
	  command_reload },
};

#define COMMANDS_N (sizeof(commands) / sizeof(commands[0]))

static int usage(void)
{
	fputs("usage: vipctl [-s SOCKET] [-V] COMMAND\n"
	      "  -s SOCKET  control socket of vipd, default " CONTROL_PATH "\n"
	      "  -V         print the version and exit\n"
	      "commands:\n",
	      stderr);
	for (size_t i = 0; i < COMMANDS_N; i++)
		fprintf(stderr, "  %s %s  %s\n", commands[i].name, commands[i].arguments,
			commands[i].help);
	return EX_USAGE;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS_N; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int connect_to(const char *path)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* The one for sending also bounds connect(): EAGAIN means that vipd does not answer. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int err = errno == EAGAIN ? -ETIMEDOUT : -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* For some milliseconds after a crash nobody listens, until the next generation does. */
static int connect_patiently(const char *path)
{
	int fd = connect_to(path);

	for (int i = 0; (fd == -ECONNREFUSED || fd == -ENOENT) && i < ATTEMPTS_MAX; i++) {
		(void)nanosleep(&attempt_gap, NULL);
		fd = connect_to(path);
	}
	return fd;
}

int main(int argc, char **argv)
{
	const char *path = CONTROL_PATH;
	const struct command *command;
	int option, status;

	while ((option = getopt(argc, argv, "+s:V")) != -1) {
		if (option == 'V') {
			puts("vipctl " VIPD_VERSION);
			return EXIT_SUCCESS;
		}
		if (option != 's')
			return usage();
		path = optarg;
	}
	command = optind < argc ? find_command(argv[optind]) : NULL;
	if (!command)
		return usage();
	status = command->run(path, argc - optind, argv + optind);
	return status == EX_USAGE ? usage() : status;
}
