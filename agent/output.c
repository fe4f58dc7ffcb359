/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void output_open(void)
{
	int fd;

	/* The lowest one that is free: none is left below 3 in the end. */
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int output_close(const char *program, int status)
{
	bool failed = ferror(stdout);
	int err = 0;

	/* What could not be written before is gone, and its error with it: that shows again. */
	if (failed)
		putchar('\n');
	errno = 0;
	if (fclose(stdout) != 0)
		err = errno;
	if (!failed && !err)
		return status;
	if (err != EPIPE)
		fprintf(stderr, "%s: not all could be written to standard output%s%s\n", program,
			err ? ": " : "", err ? strerror(err) : "");
	return status == EXIT_SUCCESS ? EXIT_FAILURE : status;
}
