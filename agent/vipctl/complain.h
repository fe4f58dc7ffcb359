/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, in a sentence: for people on standard error, or for a command that puts it into
 * its own answer.
 */
#ifndef COMPLAIN_H
#define COMPLAIN_H

#define COMPLAIN_SIZE 1200 /* a longer sentence is cut off */

/**
 * complain() - tell it.
 * @ret_why: COMPLAIN_SIZE bytes for the sentence; NULL: to standard error, behind "vipctl: ".
 *
 * Return: EXIT_FAILURE.
 */
__attribute__((format(printf, 2, 3))) int complain(char *ret_why, const char *format, ...);

#endif
