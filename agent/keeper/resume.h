/* SPDX-License-Identifier: MIT */
/*
 * How the keeper itself is replaced (upgrade.h): the side of the program that takes its place, from
 * the image (image.h) to a keeper that goes on; or only tries whether it could.
 */
#ifndef RESUME_H
#define RESUME_H

#include <stdbool.h>

struct keeper;

enum resume_role {
	RESUME_NOT,      /* another keeper has left nothing */
	RESUME_KEEPER,   /* be the keeper from now on */
	RESUME_REHEARSE, /* try */
};

/**
 * resume_role() - what this process is for, by its environment.
 */
enum resume_role resume_role(void);

/**
 * resume_keeper() - take over what another program has left: its children, its descriptors and its
 * rules, but nothing that is opened anew. The environment is as if nothing had been there.
 * @keeper: initialised; on failure it owns what it has by then.
 *
 * What is unknown here is closed, or ended by SIGTERM. Return: 0; or -errno: there is no way back.
 */
int resume_keeper(struct keeper *keeper);

/**
 * resume_rehearse() - try all that resume_keeper() would do and a keeper would open, and change
 * nothing.
 *
 * Return: an exit status: 0; or 1, and what is in the way is in the report of the image.
 */
int resume_rehearse(void);

#endif
