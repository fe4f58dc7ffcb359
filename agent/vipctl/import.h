/* SPDX-License-Identifier: MIT */
/*
 * vipctl import: a keepalived.conf becomes a vipd.conf, with a report of what became of each
 * keyword. Nothing is written while there is something to decide.
 */
#ifndef IMPORT_H
#define IMPORT_H

#include "import_map.h"

struct import_options {
	const char *path;    /* of the keepalived.conf */
	const char *node;    /* whose configuration it is; NULL: this host's */
	const char *output;  /* NULL: standard output */
	const char *secrets; /* a directory for files of secrets; NULL: beside the output */
	enum import_ah ah;
};

/**
 * import() - read, report, write.
 *
 * Return: an exit status: EX_CONFIG when there is something to decide, and nothing was written.
 */
int import(const struct import_options *options);

#endif
