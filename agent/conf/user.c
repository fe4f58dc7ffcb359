/* SPDX-License-Identifier: MIT */
#include "conf.h"

#include <pwd.h>

const char *conf_user(const struct conf *conf, bool *ret_default)
{
	*ret_default = !conf->user[0];
	if (conf->user[0])
		return conf->user;
	return getpwnam("vipd") ? "vipd" : "nobody";
}
