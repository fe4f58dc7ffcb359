/* SPDX-License-Identifier: MIT */
#include "needs.h"

#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "agent/rights.h"

bool needs_kind(const struct conf *conf, enum check_kind_number kind)
{
	for (unsigned i = 0; i < conf->checks_n; i++)
		if (conf->checks[i].kind == kind)
			return true;
	return false;
}

uid_t needs_uid(const struct conf *conf)
{
	bool by_default;
	const struct passwd *user = geteuid() == 0 ? getpwnam(conf_user(conf, &by_default)) : NULL;

	return user ? user->pw_uid : geteuid();
}

static bool has_other_user(const struct conf *conf, const char *user)
{
	for (unsigned i = 0; i < conf->checks_n; i++)
		if (conf->checks[i].user[0] && strcmp(conf->checks[i].user, user) != 0)
			return true;
	return false;
}

int needs_reduce(const struct conf *conf, const char **ret_doing)
{
	bool by_default;
	const char *name = conf_user(conf, &by_default);
	int kept[RIGHTS_MAX];
	unsigned n = 0;

	if (needs_kind(conf, CHECK_PING))
		kept[n++] = CAP_NET_RAW;
	if (has_other_user(conf, name)) {
		kept[n++] = CAP_SETUID;
		kept[n++] = CAP_SETGID;
		kept[n++] = CAP_KILL;
	}
	return rights_become(name, kept, n, ret_doing);
}
