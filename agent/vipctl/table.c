/* SPDX-License-Identifier: MIT */
#include "table.h"

struct libscols_table *table_new(const struct table_column *columns, size_t n)
{
	struct libscols_table *table = scols_new_table();

	for (size_t i = 0; table && i < n; i++) {
		if (scols_table_new_column(table, columns[i].name, 0, columns[i].flags))
			continue;
		scols_unref_table(table);
		table = NULL;
	}
	return table;
}
