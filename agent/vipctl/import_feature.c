/* SPDX-License-Identifier: MIT */
#include "import_feature.h"

#include "import_word.h"

static const struct {
	const char *name;
	bool is_there; /* agent/conf/keys.c has the key */
} features[FEATURE_COUNT] = {
	[FEATURE_LINK_REQUIRED] = { "link.required", false },
};

void import_feature(struct import *import, enum import_feature feature, struct setting *setting,
		    struct keepalived_node *node, enum verdict verdict)
{
	setting->waits = !features[feature].is_there;
	if (!node || node->judged)
		return;
	if (setting->waits)
		import_judge(import, node, VERDICT_WAITS,
			     "needs %s, which vipd does not have yet: it is a comment in the file",
			     features[feature].name);
	else
		import_judge(import, node, verdict, NULL);
}
