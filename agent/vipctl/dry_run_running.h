/* SPDX-License-Identifier: MIT */
/*
 * What runs, for vipctl reload --dry-run: its configuration, and what its routers are here.
 */
#ifndef DRY_RUN_RUNNING_H
#define DRY_RUN_RUNNING_H

#include "agent/conf/conf.h"
#include "agent/key_file.h"
#include "dry_run_tracks.h"

/* Of routers, in order, each once; one of both families when either is so. */
struct dry_run_names {
	unsigned n, max;
	char (*all)[CONF_NAME_SIZE]; /* owned */
};

/* A key of a file, as it is in use. */
struct dry_run_key {
	char file[CONF_KEYS_SIZE];
	unsigned number; /* 0: the file has given none */
	char print[KEY_FILE_PRINT_SIZE];
};

struct dry_run_running {
	char conf_path[4096]; /* of its file; empty: it is too long */
	int conf_fd;          /* owned; -1: none */
	struct conf *conf;    /* owned */
	struct dry_run_names active;
	struct dry_run_names faulty; /* for a reason that is not another member's */
	struct dry_run_names backup;
	struct dry_run_names drained;
	struct dry_run_facts facts;
	unsigned keys_n;          /* 0, too, when nobody has told */
	struct dry_run_key *keys; /* owned */
};

/**
 * dry_run_ask() - ask vipd.
 * @socket_fd: connected; the request was not sent yet.
 * @running: whatever comes back, to be given to dry_run_running_free().
 *
 * Return: an exit status, as client_ask().
 */
int dry_run_ask(int socket_fd, struct dry_run_running *running);

/**
 * dry_run_running_free() - release what is in there.
 */
void dry_run_running_free(struct dry_run_running *running);

/**
 * dry_run_find_name() - the place of a name; -1: it is not there.
 */
int dry_run_find_name(const struct dry_run_names *names, const char *name);

/**
 * dry_run_has_name() - whether it is there.
 */
bool dry_run_has_name(const struct dry_run_names *names, const char *name);

#endif
