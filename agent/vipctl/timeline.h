/* SPDX-License-Identifier: MIT */
/*
 * vipctl timeline: what the histories of several hosts tell, as one page for a browser.
 */
#ifndef VIPCTL_TIMELINE_H
#define VIPCTL_TIMELINE_H

struct timeline_options {
	const char *const *files; /* each one's host may stand in front: "gw1=PATH" */
	unsigned files_n;
	const char *since, *until; /* as of vipctl history; NULL: all */
	const char *output;        /* NULL: standard output */
};

/**
 * timeline() - draw it. Without success nothing is written.
 *
 * Return: an exit status.
 */
int timeline(const struct timeline_options *options);

#endif
