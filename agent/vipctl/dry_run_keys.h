/* SPDX-License-Identifier: MIT */
/*
 * The files of keys: whether vipd would refuse a reload since a router would lack the key that it
 * is to sign with, and what else is in them than is in use.
 */
#ifndef DRY_RUN_KEYS_H
#define DRY_RUN_KEYS_H

#include "dry_run_fates.h"

#define DRY_RUN_WHY_SIZE 400

/* What was printed of them. */
struct dry_run_keys {
	unsigned changes_n;
	unsigned alike_n; /* of them all hosts have to have */
};

/**
 * dry_run_keys_fit() - read the files of keys as vipd would. Only root can: for others they count
 * as well, and a line on standard error says so.
 * @old: what runs.
 * @ret_why: DRY_RUN_WHY_SIZE: why it is refused; nothing of a key is in it.
 *
 * Return: false: it is refused.
 */
bool dry_run_keys_fit(const struct conf *old, const struct conf *new, char *ret_why);

/**
 * dry_run_keys_compare() - print a line per key that comes, goes or changes, per file that cannot
 * be used, and per router that would sign with what other hosts do not know by what is known here.
 * Nothing but numbers of keys, and nothing where vipd has not told what is in use.
 *
 * Return: how many lines are changes.
 */
struct dry_run_keys dry_run_keys_compare(const struct dry_run_fates *fates);

#endif
