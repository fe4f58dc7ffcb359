/* SPDX-License-Identifier: MIT */
#include "access.h"

#include <errno.h>
#include <grp.h>
#include <string.h>

#include "parse.h"

int conf_access_group(const char *name, gid_t *ret_gid)
{
	const struct group *found;

	errno = 0;
	found = getgrnam(name);
	if (!found)
		return errno && errno != ESRCH && errno != EBADF && errno != EPERM ? -errno
										   : -ENOENT;
	*ret_gid = found->gr_gid;
	return 0;
}

static void check(const struct conf_place *file, const char *key, const char *name)
{
	const struct conf_place place = conf_place_of(file, key);
	gid_t gid;
	int err = name[0] ? conf_access_group(name, &gid) : 0;

	if (err == -ENOENT)
		conf_error_in(&place, "there is no group \"%s\" on this host", name);
	else if (err < 0)
		conf_error_in(&place, "looking for group \"%s\": %s", name, strerror(-err));
}

void conf_access_check(const struct conf_place *file, const struct conf *conf)
{
	check(file, "control_group", conf->control_group);
	check(file, "control_read_group", conf->control_read_group);
}
