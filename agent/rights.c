/* SPDX-License-Identifier: MIT */
#include "rights.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Return: 0 or -errno. */
static int join_groups(const struct passwd *user)
{
	if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0)
		return -errno;
	return 0;
}

int rights_become(const char *user, const int *kept, unsigned n, const char **ret_doing)
{
	const struct passwd *entry;
	int err;

	if (geteuid() != 0)
		return 0;
	*ret_doing = "looking for the user of checks and notify";
	errno = 0;
	entry = getpwnam(user);
	if (!entry)
		return errno ? -errno : -ENOENT;
	*ret_doing = "giving up rights";
	err = join_groups(entry);
	if (err < 0)
		return err;
	capng_clear(CAPNG_SELECT_BOTH);
	for (unsigned i = 0; i < n && i < RIGHTS_MAX; i++)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, (unsigned)kept[i]);
	/* capng_change_id() keeps what was selected over the change of the user. */
	if (capng_change_id((int)entry->pw_uid, -1, CAPNG_NO_FLAG) < 0)
		return -EPERM;
	/* Whoever is root to the end may not be able to look at /proc of others, and need not. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	return 0;
}
