/* SPDX-License-Identifier: MIT */
/*
 * A process that goes to the files of a check first, since they may be on a file system that hangs:
 * then it hangs, and we need not wait for it.
 */
#ifndef CHECKS_PROBE_H
#define CHECKS_PROBE_H

#include <sys/types.h>

#include "kind.h"

struct check_probe {
	struct check_watch watch; /* of the process */
	struct check *check;      /* borrowed */
	pid_t pid;                /* 0: none runs */
	int64_t begun_ns;
	/* @fine: all files have answered, in whatever way. */
	void (*done)(struct check_probe *probe, bool fine, int64_t now_ns);
};

/**
 * check_probe_start() - touch the files of a check whose kind has some.
 * @probe: none of it runs; stays where it is until it is done or stopped.
 *
 * Return: 0, and done() is called later; or -errno.
 */
int check_probe_start(struct check_probe *probe, struct check *check, int64_t now_ns);

/**
 * check_probe_stop() - kill it, and do not wait for its end; legal when none runs.
 */
void check_probe_stop(struct check_probe *probe);

#endif
