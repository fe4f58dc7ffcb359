/* SPDX-License-Identifier: MIT */
/*
 * Whether what a configuration has run is there, and safe to run: on this host, and now. Where a
 * file system does not answer that is a warning (reach.h).
 */
#ifndef CONF_PROGRAM_H
#define CONF_PROGRAM_H

#include "checks/program.h"
#include "schema.h"

/**
 * conf_program_user() - find the user that has programs run which name none, or an error.
 * @file: the place of the file.
 *
 * Return: whether there is one.
 */
bool conf_program_user(const struct conf_place *file, const struct conf *conf,
		       struct check_user *ret_user);

/* A command, and the user that it names; "": none. */
struct conf_program {
	const struct check_command *command;
	const char *user;
};

/**
 * conf_program_is_within_reach() - whether a file can be looked at; else a warning, since its file
 * system, which does not answer, may be well when the file is needed.
 */
bool conf_program_is_within_reach(const struct conf_place *place, const char *path);

/**
 * conf_program_check() - an error for a command whose program or user cannot be run or used. What
 * this process may not look at, while that user may, is a warning; so is a script that the kernel
 * will find no interpreter for.
 * @ours: of conf_program_user(); NULL: there is none.
 */
void conf_program_check(const struct conf_place *place, const struct conf *conf,
			const struct conf_program *program, const struct check_user *ours);

/**
 * conf_program_check_user() - an error for a user that this host does not have.
 */
void conf_program_check_user(const struct conf_place *place, const char *name);

/**
 * conf_program_check_file() - an error for a file that the user of all checks cannot read, or that
 * is no regular one; a warning where that cannot be told from here.
 * @path: empty: none.
 * @name, @ours: that user.
 */
void conf_program_check_file(const struct conf_place *place, const char *path, const char *name,
			     const struct check_user *ours);

#endif
