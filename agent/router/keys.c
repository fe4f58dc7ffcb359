/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/conf/needs.h"
#include "agent/key_file.h"

#define CHANGED_SIZE (2 * VRRP_HMAC_KEYS * sizeof("255 changed, "))

/* What became of one file. */
struct file {
	const char *path; /* borrowed from the configuration */
	bool read;        /* it was looked at */
	int err;          /* of that: 0, or -errno with a reason */
	char why[KEY_FILE_WHY_SIZE];
};

struct keys {
	const struct conf *conf; /* borrowed */
	struct state *state;     /* borrowed */
	struct file files[CONF_KEY_FILES];
};

static void read_file(struct keys *keys, unsigned number)
{
	struct file *file = &keys->files[number - 1];

	file->read = true;
	file->err = key_file_read(file->path, state_keys(keys->state, number), file->why);
}

int keys_none(const struct conf *conf, struct state *state, struct keys **ret_keys)
{
	struct keys *keys = calloc(1, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	keys->conf = conf;
	keys->state = state;
	for (unsigned i = 0; i < conf->routers_n; i++)
		if (conf->routers[i].auth.key_file)
			keys->files[conf->routers[i].auth.key_file - 1].path =
				conf->routers[i].auth.keys;
	*ret_keys = keys;
	return 0;
}

int keys_read(const struct conf *conf, struct state *state, struct keys **ret_keys)
{
	int err = keys_none(conf, state, ret_keys);

	for (unsigned number = 1; err == 0 && number <= conf->key_files_n; number++)
		read_file(*ret_keys, number);
	return err;
}

static struct conf_keys_seen see(unsigned number, const void *arg)
{
	const struct keys *keys = arg;
	const struct file *file = &keys->files[number - 1];

	return (struct conf_keys_seen){ .keys = state_keys(keys->state, number),
					.path = file->path,
					.why = file->err ? file->why : NULL };
}

bool keys_are_complete(const struct keys *keys, const struct conf *before, char *ret_why)
{
	return conf_keys_are_complete(keys->conf, before, see, keys, ret_why, KEYS_WHY_SIZE);
}

/* "1 2 255" */
static void list_numbers(const struct vrrp_hmac_keys *all, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < all->n && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, i ? ",%u" : "%u", all->all[i].id);
}

static bool has_same(const struct vrrp_hmac_keys *keys, const struct vrrp_hmac_key *key)
{
	const struct vrrp_hmac_key *other = vrrp_hmac_key(keys, key->id);

	return other && memcmp(other, key, sizeof(*key)) == 0;
}

/* "1 gone, 2 changed, 3 new", of what was there before; nothing of a key is in it. Return: how many
 * are not accepted any more. */
static unsigned list_changes(const struct vrrp_hmac_keys *before, const struct vrrp_hmac_keys *now,
			     char *buf, size_t size)
{
	unsigned lost_n = 0;
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < before->n; i++)
		lost_n += !has_same(now, &before->all[i]);
	for (unsigned i = 0; i < before->n && len < size; i++)
		if (!has_same(now, &before->all[i]))
			len += (size_t)snprintf(buf + len, size - len, "%s%u %s", len ? ", " : "",
						before->all[i].id,
						vrrp_hmac_key(now, before->all[i].id) ? "changed"
										      : "gone");
	for (unsigned i = 0; i < now->n && len < size; i++)
		if (!vrrp_hmac_key(before, now->all[i].id))
			len += (size_t)snprintf(buf + len, size - len, "%s%u new", len ? ", " : "",
						now->all[i].id);
	return lost_n;
}

/* @what of a file: what is wrong with it, or what has changed in it; or empty. */
static struct event news_of(const struct file *file, enum event_keys what, const char *why,
			    const struct vrrp_hmac_keys *now)
{
	struct event event = event_fact(EVENT_KEYS, 0, NULL);

	event.fact.word = (uint8_t)what;
	event.fact.number[0] = now->n;
	list_numbers(now, event.fact.name, sizeof(event.fact.name));
	snprintf(event.fact.text, sizeof(event.fact.text), why[0] ? "%s: %s" : "%s", file->path,
		 why);
	return event;
}

/* Who takes over from a dead one has not looked: what that one saw is still so. */
static void note_why(struct keys *keys, unsigned number, const struct state *old)
{
	const struct file *file = &keys->files[number - 1];
	char *why = state_keys_why(keys->state, number);

	_Static_assert(STATE_KEYS_WHY_SIZE >= KEY_FILE_WHY_SIZE, "a reason has room");
	if (!file->read)
		state_get_keys_why(old, file->path, why);
	else if (file->err)
		strcpy(why, file->why);
}

static void settle(struct keys *keys, unsigned number, const struct state *old, keys_tell_fn tell,
		   void *arg)
{
	struct file *file = &keys->files[number - 1];
	struct vrrp_hmac_keys *now = state_keys(keys->state, number), before = { 0 };
	bool kept = state_get_keys(old, file->path, &before);
	enum event_keys what = EVENT_KEYS_TAKEN;
	char changed[CHANGED_SIZE] = "";
	unsigned lost_n = 0;
	struct event event;

	if (!file->read && !kept)
		read_file(keys, number);
	note_why(keys, number, old);
	if (!file->read || file->err) {
		*now = before;
		what = kept ? EVENT_KEYS_KEPT : EVENT_KEYS_LACKED;
	}
	if (file->err || (file->read && memcmp(now, &before, sizeof(before)) != 0)) {
		if (!file->err && kept)
			lost_n = list_changes(&before, now, changed, sizeof(changed));
		event = news_of(file, what, file->err ? file->why : changed, now);
		event.fact.number[1] = lost_n;
		tell(&event, arg);
	}
	explicit_bzero(&before, sizeof(before));
}

void keys_settle(struct keys *keys, const struct state *old, keys_tell_fn tell, void *arg)
{
	for (unsigned number = 1; number <= keys->conf->key_files_n; number++)
		settle(keys, number, old, tell, arg);
}

void keys_free(struct keys *keys)
{
	free(keys);
}
