/* SPDX-License-Identifier: MIT */
/*
 * Settings that the importer writes and that vipd may not read yet: they are comments in the file,
 * and "waits" in the report, until their row here says otherwise.
 */
#ifndef IMPORT_FEATURE_H
#define IMPORT_FEATURE_H

#include "import_map.h"

enum import_feature {
	FEATURE_LINK_REQUIRED, /* required = false in link */
	FEATURE_COUNT,
};

/**
 * import_feature() - judge the keyword that a setting was made of, which waits if vipd does not
 * read it yet.
 * @node: left alone when it was judged; NULL: none.
 * @verdict: if it need not wait.
 */
void import_feature(struct import *import, enum import_feature feature, struct setting *setting,
		    struct keepalived_node *node, enum verdict verdict);

#endif
