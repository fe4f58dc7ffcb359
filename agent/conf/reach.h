/* SPDX-License-Identifier: MIT */
/*
 * Whether the files that a configuration names can be looked at: on a file system that hangs, as
 * that of a server which is gone, whoever goes there waits in the kernel. So another process goes
 * there first, and is given up when it does not come back: a start and a reload are not for a file
 * of a check to hold up.
 */
#ifndef CONF_REACH_H
#define CONF_REACH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* All zero: nobody was sent yet. */
struct conf_reach {
	pid_t pid;       /* who goes there; 0: nobody */
	int fd;          /* to that one; owned while there is one */
	int64_t lost_ns; /* so long was waited for nothing */
};

/**
 * conf_reach_answers() - whether a file, or what is in its place, answers within half a second, in
 * whatever way. When three have not, no other one is asked.
 * @path: absolute.
 *
 * Return: true also where nobody can be sent there.
 */
bool conf_reach_answers(struct conf_reach *reach, const char *path);

/**
 * conf_reach_end() - nothing more is to be asked; without effect when nothing was.
 */
void conf_reach_end(struct conf_reach *reach);

#endif
