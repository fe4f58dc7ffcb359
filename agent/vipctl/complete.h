/* SPDX-License-Identifier: MIT */
/*
 * vipctl complete: what a shell may put in the place of the last word, by the table of commands and
 * the names that a vipd that answers has. The scripts in etc/completion only hand it on.
 */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "usage.h"

/**
 * complete() - print what the last word may be, a line each, with a tab and an explanation if there
 * is one. An empty line: any file.
 * @words: @n of them, as they stand behind "vipctl"; the last one may be empty or half a word.
 *
 * Nothing is said about a vipd that does not answer within a second: there are no names then.
 *
 * Return: an exit status, 0.
 */
int complete(const struct command *commands, int n, char **words);

#endif
