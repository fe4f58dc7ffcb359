/* SPDX-License-Identifier: MIT */
/*
 * How the keeper itself is replaced, without a word on the wire: the side of the one that runs.
 *
 * When a reload finds another file where its program was, that program first rehearses: a child
 * executes it with an image (image.h) and the descriptors themselves, tries to read it all and to
 * open what a keeper needs, changes nothing, and exits with 0. Then the keeper executes it in its
 * own place, with a fresh image: same process, same children, same claim; signals stay blocked and
 * messages stay in their sockets until the new program reads them (resume.h). A program that fails
 * its rehearsal is refused, and nothing has happened. One that passes and then fails as the keeper
 * cannot be undone: the router process finds its keeper gone, and leaves gracefully.
 */
#ifndef UPGRADE_H
#define UPGRADE_H

#include <stddef.h>
#include <stdint.h>

struct keeper;

/* What a file is known by: another one is another program, whatever is in it. */
struct upgrade_program {
	uint64_t device, inode, size;
	int64_t changed_ns; /* CLOCK_REALTIME */
};

/**
 * upgrade_identify() - look at a file.
 *
 * Return: 0 or -errno of stat().
 */
int upgrade_identify(const char *path, struct upgrade_program *ret_program);

/**
 * upgrade_rehearse() - let the program that the keeper was started from rehearse, if it is another
 * one by now. It becomes the child in the slot REHEARSAL.
 *
 * Return: 1; 0 when the program is the one that runs, or is gone, which the next generation finds
 * out; -errno when it could not be started.
 */
int upgrade_rehearse(struct keeper *keeper);

/**
 * upgrade_report() - what the last rehearsal wrote.
 * @buf, @size: the text; empty when it said nothing.
 */
void upgrade_report(const struct keeper *keeper, char *buf, size_t size);

/**
 * upgrade_complaint() - the first line that the last rehearsal, or its loader, wrote to standard
 * error; empty: none.
 */
void upgrade_complaint(const struct keeper *keeper, char *buf, size_t size);

/**
 * upgrade_forget_report() - the last rehearsal was told of: what it wrote need not be kept.
 */
void upgrade_forget_report(struct keeper *keeper);

/**
 * upgrade_execute() - become the program that has rehearsed.
 *
 * Return: only on failure: -ESTALE when the file is another one again; -errno of execve() or of the
 * image. The keeper goes on as before.
 */
int upgrade_execute(struct keeper *keeper);

#endif
