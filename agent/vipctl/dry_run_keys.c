/* SPDX-License-Identifier: MIT */
#include "dry_run_keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/conf/alike.h"
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

bool dry_run_keys_fit(const struct conf *old, const struct conf *new, char *ret_why)
{
	struct looked looked = { .conf = new }, *arg = &looked;
	bool complete = true;

	if (new->key_files_n && geteuid() != 0)
		fputs("vipctl: files of keys are taken for well, and for unchanged, since only "
		      "root can read them\n",
		      stderr);
	else
		complete = conf_keys_are_complete(new, old, look, &arg, ret_why, DRY_RUN_WHY_SIZE);
	explicit_bzero(&looked.keys, sizeof(looked.keys));
	return complete;
}

/* ---- what is in them ---- */

/* Those of a file that are in use, of @running; and those that it has now. */
struct contents {
	const struct dry_run_running *running;
	const char *path;
	struct vrrp_hmac_keys keys;
	struct dry_run_keys *printed;
};

static bool is_known(const struct dry_run_running *running, const char *path)
{
	for (unsigned i = 0; i < running->keys_n; i++)
		if (strcmp(running->keys[i].file, path) == 0)
			return true;
	return false;
}

/* Return: NULL: it is not in use. */
static const struct dry_run_key *find_used(const struct dry_run_running *running, const char *path,
					   unsigned number)
{
	for (unsigned i = 0; i < running->keys_n; i++)
		if (running->keys[i].number == number && strcmp(running->keys[i].file, path) == 0)
			return &running->keys[i];
	return NULL;
}

static bool is_same(const struct vrrp_hmac_key *key, const struct dry_run_key *used)
{
	char print[KEY_FILE_PRINT_SIZE];

	if (!key || !used)
		return false;
	key_file_print(key, print);
	return strcmp(print, used->print) == 0;
}

static void print_key(const struct contents *now, unsigned number, const char *what, bool alike)
{
	now->printed->changes_n++;
	now->printed->alike_n += alike;
	printf("keys %s: key %u %s\n", now->path, number, what);
}

static void compare_file(const struct contents *now)
{
	const struct dry_run_running *running = now->running;

	for (unsigned i = 0; i < running->keys_n; i++) {
		const struct dry_run_key *used = &running->keys[i];
		const struct vrrp_hmac_key *key = vrrp_hmac_key(&now->keys, used->number);

		if (strcmp(used->file, now->path) != 0 || !used->number || is_same(key, used))
			continue;
		if (key)
			print_key(now, used->number, "is another one; " CONF_ALIKE_TWO_ACTIVE,
				  true);
		else
			print_key(
				now, used->number,
				"goes; a host that still signs with it is not heard any more, and "
				"then both may be active at a time",
				true);
	}
	for (unsigned i = 0; i < now->keys.n; i++)
		if (!find_used(running, now->path, now->keys.all[i].id))
			print_key(now, now->keys.all[i].id, "comes", false);
}

/* What it signs with, and what the others may not have; what the file has otherwise is told
 * already. */
static void compare_router(const struct contents *now, const struct conf_router *old,
			   const struct conf_router *new)
{
	const struct conf_auth *before = &old->auth, *after = &new->auth;
	bool other_file = strcmp(before->keys, after->keys) != 0;
	bool known = conf_signs(new) && conf_signs(old) && is_known(now->running, before->keys);

	if (!known || strcmp(after->keys, now->path) != 0 ||
	    (!other_file && before->active == after->active))
		return;
	if (!is_same(vrrp_hmac_key(&now->keys, after->active),
		     find_used(now->running, before->keys, after->active))) {
		now->printed->alike_n++;
		printf("router %s: signs with key %u, which this host has not accepted until now; "
		       "if the others do not either, both may be active at a time: add a key on "
		       "all hosts before one signs with it\n",
		       new->name, after->active);
	} else if (other_file && !is_same(vrrp_hmac_key(&now->keys, before->active),
					  find_used(now->running, before->keys, before->active))) {
		now->printed->alike_n++;
		printf("router %s: does not accept key %u any more; a host that still signs with "
		       "it is not heard, and then both may be active at a time\n",
		       new->name, before->active);
	}
}

static void compare_routers(const struct dry_run_fates *fates, const struct contents *now)
{
	const struct conf *before = fates->running->conf;

	for (unsigned i = 0; i < before->written_n; i++)
		if (fates->next[i])
			compare_router(now, &before->written[i], fates->next[i]);
}

struct dry_run_keys dry_run_keys_compare(const struct dry_run_fates *fates)
{
	struct dry_run_keys printed = { 0 };
	struct contents now = { .running = fates->running, .printed = &printed };
	char why[KEY_FILE_WHY_SIZE];

	for (unsigned number = 1; geteuid() == 0 && number <= fates->conf->key_files_n; number++) {
		now.path = path_of(fates->conf, number);
		now.keys = (struct vrrp_hmac_keys){ 0 };
		if (key_file_read(now.path, &now.keys, why) < 0) {
			printf("keys %s: %s; %s\n", now.path, why,
			       find_used(now.running, now.path, 0)
				       ? "its routers stay in fault"
				       : "the keys of before are used on");
			continue;
		}
		if (is_known(now.running, now.path))
			compare_file(&now);
		compare_routers(fates, &now);
	}
	explicit_bzero(&now.keys, sizeof(now.keys));
	return printed;
}
