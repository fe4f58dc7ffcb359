/* SPDX-License-Identifier: MIT */
/*
 * Tables for people, by libsmartcols. What is in their cells is up to who shows it.
 */
#ifndef VIPCTL_TABLE_H
#define VIPCTL_TABLE_H

#include <libsmartcols/libsmartcols.h>
#include <stddef.h>

struct table_column {
	const char *name;
	int flags; /* SCOLS_FL_ */
};

/**
 * table_new() - an empty table.
 *
 * Return: to be released with scols_unref_table(); NULL when there is no memory.
 */
struct libscols_table *table_new(const struct table_column *columns, size_t n);

#endif
