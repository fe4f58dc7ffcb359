/* SPDX-License-Identifier: MIT */
/*
 * What a host has told, read from a file: lines of JSON as of vipctl history --json and vipctl
 * events --json, or the notifier's database.
 */
#ifndef TIMELINE_READ_H
#define TIMELINE_READ_H

#include "timeline_story.h"

/**
 * timeline_read() - all of a file, into the story of a node. One that is not whole at its end, and
 * one that is empty, is warned of on standard error.
 * @path: a file, a database, a directory with one in it, or a pipe.
 *
 * Return: an exit status; what went wrong was told, with the line.
 */
int timeline_read(struct timeline_story *story, unsigned node, const char *path);

#endif
