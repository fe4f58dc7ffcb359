/* SPDX-License-Identifier: MIT */
#include "rights.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool has_kind(const struct conf *conf, enum check_kind_number kind)
{
	for (unsigned i = 0; i < conf->checks_n; i++)
		if (conf->checks[i].kind == kind)
			return true;
	return false;
}

static bool has_other_user(const struct conf *conf, const char *user)
{
	for (unsigned i = 0; i < conf->checks_n; i++)
		if (conf->checks[i].user[0] && strcmp(conf->checks[i].user, user) != 0)
			return true;
	return false;
}

/* Return: 0 or -errno. */
static int become(const struct passwd *user)
{
	if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0)
		return -errno;
	return 0;
}

static void keep(const struct conf *conf, const char *user)
{
	capng_clear(CAPNG_SELECT_BOTH);
	if (has_kind(conf, CHECK_PING))
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_RAW);
	if (!has_other_user(conf, user))
		return;
	capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SETUID, CAP_SETGID,
		      CAP_KILL, -1);
}

int rights_reduce(const struct conf *conf, const char **ret_doing)
{
	bool by_default;
	const char *name = conf_user(conf, &by_default);
	const struct passwd *user;
	int err;

	if (geteuid() != 0)
		return 0;
	*ret_doing = "looking for the user that checks are asked as";
	errno = 0;
	user = getpwnam(name);
	if (!user)
		return errno ? -errno : -ENOENT;
	*ret_doing = "giving up rights";
	err = become(user);
	if (err < 0)
		return err;
	keep(conf, name);
	/* capng_change_id() keeps what was selected over the change of the user. */
	if (capng_change_id((int)user->pw_uid, -1, CAPNG_NO_FLAG) < 0)
		return -EPERM;
	/* Whoever is root to the end may not be able to look at /proc of others, and need not. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	return 0;
}
