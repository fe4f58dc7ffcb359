/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <string.h>

#include "parse.h"
#include "vrrp/timers.h"

#define NS_PER_S      INT64_C(1000000000)
#define WINDOW_MIN_NS (5 * NS_PER_S)
#define WINDOW_MAX_NS (300 * NS_PER_S)

static bool has(const struct conf_place *auth, const char *key)
{
	return config_setting_get_member(auth->setting, key) != NULL;
}

/* What is for routers of the other type. */
static void refuse_others(const struct conf_place *auth, const char *const *keys, const char *type)
{
	for (; *keys; keys++) {
		const struct conf_place place = conf_place_of(auth, *keys);

		if (has(auth, *keys))
			conf_error_in(&place, "is for type = \"%s\" alone", type);
	}
}

static void demand(const struct conf_place *auth, const char *key, const char *what_for)
{
	if (!has(auth, key))
		conf_error_in(auth, "%s is missing%s", key, what_for);
}

/* Version 3 has no place for it (RFC 9568 §9). */
static void check_password(const struct conf_place *auth, const struct conf_router *router)
{
	static const char *const others[] = {
		"mode", "keys", "active", "window", "version2", NULL
	};

	demand(auth, "password", "");
	refuse_others(auth, others, "hmac");
	if (router->auth.password[0] && router->vrrp.version == 3)
		conf_error_in(auth, "version 3 has no passwords: write type = \"hmac\", or version "
				    "= 2 if all hosts of the router speak it");
}

/* As long as a Backup waits at least, since what is as late as that proves nothing any more. */
static int64_t default_window_ns(const struct conf_router *router)
{
	int64_t ns = VRRP_DOWN_INTERVALS * vrrp_interval_ns(router->vrrp.interval_cs);

	ns = (ns + NS_PER_S - 1) / NS_PER_S * NS_PER_S;
	return ns < WINDOW_MIN_NS ? WINDOW_MIN_NS : ns > WINDOW_MAX_NS ? WINDOW_MAX_NS : ns;
}

static void check_hmac(const struct conf_place *auth, struct conf_router *router)
{
	static const char *const others[] = { "password", NULL };

	refuse_others(auth, others, "password");
	demand(auth, "keys", ": the path of the file that has them");
	if (!router->auth.mode && !has(auth, "mode"))
		router->auth.mode = CONF_AUTH_ENFORCE;
	if (router->auth.mode != CONF_AUTH_RECEIVE_ONLY)
		demand(auth, "active", ": the number of the key that signs");
	if (!router->auth.window_ns && !has(auth, "window"))
		router->auth.window_ns = default_window_ns(router);
	if (router->vrrp.version == 2 && !router->auth.version2)
		conf_error_in(auth, "HMAC is made for version 3, and other agents than vipd and "
				    "keepalived discard version 2 that is signed: write version2 = "
				    "true if none of them is there");
}

/* In the text as a whole; conf_files_note() finds the file. */
static unsigned line_of(const struct conf_place *auth, const char *key)
{
	const struct conf_place place = conf_place_of(auth, key);

	return config_setting_source_line(place.setting);
}

void conf_auth_check(const struct conf_place *group, struct conf_router *router)
{
	const struct conf_place auth = conf_place_of(group, "auth");

	switch ((enum conf_auth_type)router->auth.type) {
	case CONF_AUTH_PASSWORD:
		check_password(&auth, router);
		router->auth.line = line_of(&auth, "password");
		break;
	case CONF_AUTH_HMAC:
		check_hmac(&auth, router);
		router->auth.line = line_of(&auth, "keys");
		break;
	case CONF_AUTH_NONE: /* or a type that was complained of */
		break;
	}
}

/* Return: the number of a file, a new one if need be; 0: there are too many. */
static unsigned number_of(const char **files, unsigned *n, const char *path)
{
	unsigned i = 0;

	while (i < *n && strcmp(files[i], path) != 0)
		i++;
	if (i == CONF_KEY_FILES)
		return 0;
	files[i] = path;
	if (i == *n)
		(*n)++;
	return i + 1;
}

void conf_auth_number_files(const struct conf_place *file, struct conf *conf)
{
	const struct conf_place place = conf_place_of(file, "routers");
	const char *files[CONF_KEY_FILES];

	for (unsigned i = 0; i < conf->routers_n; i++) {
		struct conf_auth *auth = &conf->routers[i].auth;

		if (!auth->keys[0])
			continue;
		auth->key_file = (uint8_t)number_of(files, &conf->key_files_n, auth->keys);
		if (auth->key_file)
			continue;
		conf_error_in(&place, "expected at most %d different files of keys, got more",
			      CONF_KEY_FILES);
		return;
	}
}
