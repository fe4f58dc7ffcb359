/* SPDX-License-Identifier: MIT */
#include "conf.h"

static int64_t longest_hook_ns(const struct conf_notify *all, unsigned n, int64_t longest_ns)
{
	for (unsigned i = 0; i < n; i++)
		if (all[i].before == CONF_NOTIFY_BEFORE_DRAIN && all[i].timeout_ns > longest_ns)
			longest_ns = all[i].timeout_ns;
	return longest_ns;
}

int64_t conf_hooks_ns(const struct conf *conf, const struct conf_router *router)
{
	int64_t ns = longest_hook_ns(conf->notify, conf->notify_n, 0);

	ns = longest_hook_ns(router->notify, router->notify_n, ns);
	return router->team ? longest_hook_ns(router->team->notify, router->team->notify_n, ns)
			    : ns;
}
