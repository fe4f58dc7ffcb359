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
#include <unistd.h>

#include "show.h"

#define CONTROL_PATH "/run/vipd/control.sock"
#define TIMEOUT_S    3

static int command_show(int fd, int argc, char **argv)
{
	bool json = argc == 2 && strcmp(argv[1], "--json") == 0;

	if (argc > 1 && !json)
		return EX_USAGE;
	return show(fd, json);
}

/* One row per command: dispatch and usage. */
static const struct command {
	const char *name;
	const char *arguments;
	const char *help;
	int (*run)(int fd, int argc, char **argv);
} commands[] = {
	{ "show", "[--json]", "the state of every virtual router", command_show },
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
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

int main(int argc, char **argv)
{
	const char *path = CONTROL_PATH;
	const struct command *command;
	int option, fd, status;

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
	fd = connect_to(path);
	if (fd < 0) {
		fprintf(stderr, "vipctl: %s: %s%s\n", path, strerror(-fd),
			fd == -ENOENT || fd == -ECONNREFUSED ? ": vipd does not run, or uses "
							       "another control socket"
							     : "");
		return EXIT_FAILURE;
	}
	status = command->run(fd, argc - optind, argv + optind);
	close(fd);
	return status == EX_USAGE ? usage() : status;
}
