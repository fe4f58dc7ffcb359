/* SPDX-License-Identifier: MIT */
#include "doctor_see.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONF_PATH "/etc/vipd/vipd.conf" /* vipd's own default */

/*
 * First as if for any host, so that there is a configuration to go on with; then as vipd would on
 * this one, which also wants users and programs.
 */
void doctor_see_conf(struct doctor_view *view, const char *path, const char *node)
{
	struct conf *here;

	if (!path)
		path = view->conf_path ? view->conf_path : CONF_PATH;
	if (!node)
		node = getenv(CONF_NODE_ENVIRONMENT);
	view->conf_path = arena_copy(view->arena, path, strlen(path));
	if (access(path, R_OK) < 0 && errno == EACCES) {
		doctor_unseen(view, view->conf_path, "this user may not read the configuration");
		return;
	}
	view->conf_err = conf_load_as(path, node, &view->conf, &view->conf_errors);
	if (view->conf_err < 0)
		return;
	view->seen |= DOCTOR_SEES_CONF;
	if (conf_load_here(path, node, &here, &view->here_errors) == 0)
		conf_free(here);
}
