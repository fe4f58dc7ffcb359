/* SPDX-License-Identifier: MIT */
#include "conf.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *conf_user(const struct conf *conf, bool *ret_default)
{
	*ret_default = !conf->user[0];
	if (conf->user[0])
		return conf->user;
	return getpwnam("vipd") ? "vipd" : "nobody";
}

/* One directory of a list that systemd made, since StateDirectory= may name several. */
static const char *service_directory(void)
{
	const char *directory = getenv("STATE_DIRECTORY");

	return directory && directory[0] == '/' && !strchr(directory, ':') &&
			       strlen(directory) < CONF_STATE_DIR_SIZE
		       ? directory
		       : NULL;
}

const char *conf_state_dir(const struct conf *conf)
{
	if (conf->state_dir[0])
		return conf->state_dir;
	return service_directory() ? service_directory() : CONF_STATE_DIR;
}

static bool is_empty(const char *directory)
{
	DIR *stream = opendir(directory);
	bool empty = stream != NULL;
	struct dirent *entry;

	while (empty && (entry = readdir(stream)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (stream)
		closedir(stream);
	return empty;
}

static bool may_write(const struct stat *status, uid_t uid, gid_t gid)
{
	return uid == 0 || status->st_mode & S_IWOTH ||
	       (status->st_uid == uid && status->st_mode & S_IWUSR) ||
	       (status->st_gid == gid && status->st_mode & S_IWGRP);
}

int conf_state_dir_look(const char *directory, uid_t uid, gid_t gid)
{
	struct stat status;

	if (stat(directory, &status) < 0)
		return errno == ENOENT ? CONF_HOME_MISSING : -errno;
	if (!S_ISDIR(status.st_mode))
		return -ENOTDIR;
	if (may_write(&status, uid, gid))
		return CONF_HOME_WRITABLE;
	return status.st_uid == 0 && is_empty(directory) ? CONF_HOME_GIVEN : -EACCES;
}

unsigned conf_notify_count(const struct conf *conf)
{
	unsigned n = conf->notify_n;

	for (unsigned i = 0; i < conf->written_n; i++)
		n += conf->written[i].notify_n;
	for (unsigned i = 0; i < conf->groups_n; i++)
		n += conf->groups[i].notify_n;
	return n;
}

bool conf_needs_notifier(const struct conf *conf)
{
	return conf->state_dir[0] || service_directory() || conf_notify_count(conf) ||
	       conf->metrics[0];
}
