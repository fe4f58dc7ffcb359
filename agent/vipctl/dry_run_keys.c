/* SPDX-License-Identifier: MIT */
#include "dry_run_keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/conf/needs.h"
#include "agent/key_file.h"

/* The file that was looked at last. */
struct looked {
	const struct conf *conf;
	struct vrrp_hmac_keys keys;
	char why[KEY_FILE_WHY_SIZE];
};

static const char *path_of(const struct conf *conf, unsigned number)
{
	unsigned i = 0;

	while (conf->routers[i].auth.key_file != number)
		i++;
	return conf->routers[i].auth.keys;
}

static struct conf_keys_seen look(unsigned number, const void *arg)
{
	struct looked *looked = *(struct looked *const *)arg;
	const char *path = path_of(looked->conf, number);
	int err = key_file_read(path, &looked->keys, looked->why);

	return (struct conf_keys_seen){ .keys = &looked->keys,
					.path = path,
					.why = err ? looked->why : NULL };
}

bool dry_run_keys(const struct conf *old, const struct conf *new, char *ret_why)
{
	struct looked looked = { .conf = new }, *arg = &looked;
	bool complete = true;

	if (new->key_files_n && geteuid() != 0)
		fputs("vipctl: files of keys are taken for well, since only root can read them\n",
		      stderr);
	else
		complete = conf_keys_are_complete(new, old, look, &arg, ret_why, DRY_RUN_WHY_SIZE);
	explicit_bzero(&looked.keys, sizeof(looked.keys));
	return complete;
}
