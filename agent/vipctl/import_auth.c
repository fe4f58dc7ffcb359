/* SPDX-License-Identifier: MIT */
#include "import_auth.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import_word.h"

#define PASSWORD_MAX 8  /* of a password that much is sent (RFC 2338 §5.3.6.1) */
#define KEY_MIN      32 /* bytes, of vipd and of keepalived */
#define KEY_MAX      64
#define KEYS_MAX     16

/* ---- files ---- */

/* @bytes: NULL: there is one of this name already. Equal ones share a file. */
static const struct import_secret *add_secret(struct import *import, const char *name,
					      const char *bytes, const char *what)
{
	struct import_secret *secret;

	for (secret = import->secrets; secret; secret = secret->next)
		if (bytes ? secret->bytes && strcmp(secret->bytes, bytes) == 0
			  : strcmp(secret->name, name) == 0)
			return secret;
	secret = arena_alloc(import->arena, sizeof(*secret));
	*secret = (struct import_secret){
		.next = import->secrets, .name = name, .bytes = bytes, .what = what
	};
	import->secrets = secret;
	import->secrets_n++;
	return secret;
}

/* "vipd.conf.password", "vipd.conf.password-2": none of another host or run is in the way. */
static const char *secret_name(struct import *import, const char *kind)
{
	if (!import->secrets_n)
		return arena_print(import->arena, "%s.%s", import->secrets_stem, kind);
	return arena_print(import->arena, "%s.%s-%u", import->secrets_stem, kind,
			   import->secrets_n + 1);
}

/* ---- passwords ---- */

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* libconfig's escapes: the backslash and the quote. */
static const char *escape(struct import *import, const char *text)
{
	char *escaped = arena_alloc(import->arena, 2 * strlen(text) + 1), *to = escaped;

	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	return escaped;
}

static void put_password(struct import *import, struct keepalived_node *node,
			 struct setting *router, const char *name)
{
	const char *written = import_value(node);
	char *password = arena_print(import->arena, "%.*s", PASSWORD_MAX, written);
	const struct import_secret *secret;
	struct setting *auth, *setting;

	if (!is_printable(password) || !password[0]) {
		import_judge(import, node, VERDICT_REFUSED,
			     "is empty, or has blanks or other characters than printable ASCII: "
			     "give all hosts another one");
		return;
	}
	secret = add_secret(
		import, secret_name(import, "password"),
		arena_print(import->arena, "password = \"%s\";\n", escape(import, password)),
		arena_print(import->arena, "the password of \"%s\"", name));
	auth = setting_add(import->arena, router, "auth", SETTING_GROUP, NULL, &node->origin);
	setting_add(import->arena, auth, "type", SETTING_TEXT, "password", NULL);
	setting = setting_add(import->arena, auth, "password", SETTING_SECRET, password,
			      &node->origin);
	setting->file = arena_print(import->arena, "%s%s", import->secrets_prefix, secret->name);
	if (strlen(written) > PASSWORD_MAX)
		import_judge(import, node, VERDICT_CHANGED,
			     "only its first %d characters count, as in keepalived", PASSWORD_MAX);
	else
		import_judge(import, node, VERDICT_MAPPED, NULL);
}

/* ---- keys ---- */

static const char *keys_path(struct import *import, const struct import_secret *secret)
{
	return arena_print(import->arena, "%s%s", import->secrets_directory, secret->name);
}

static struct setting *put_hmac(struct import *import, struct keepalived_node *node,
				struct setting *router, unsigned version,
				const struct import_secret *secret)
{
	struct setting *auth =
		setting_add(import->arena, router, "auth", SETTING_GROUP, NULL, &node->origin);

	setting_add(import->arena, auth, "type", SETTING_TEXT, "hmac", NULL);
	setting_add(import->arena, auth, "keys", SETTING_TEXT, keys_path(import, secret), NULL);
	if (version == 2)
		setting_add(import->arena, auth, "version2", SETTING_VALUE, "true", NULL);
	return auth;
}

static const char *hexadecimal(struct import *import, const char *bytes, size_t len)
{
	char *text = arena_alloc(import->arena, 2 * len + 1);

	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", (unsigned char)bytes[i]);
	return text;
}

/* One for all routers, and for all hosts: a file that is there already is that of another host. */
static const struct import_secret *make_key(struct import *import)
{
	const char *name = arena_print(import->arena, "%s.keys", import->secrets_stem);
	const char *path = arena_print(import->arena, "%s%s", import->secrets_directory, name);
	char key[KEY_MIN];

	for (const struct import_secret *secret = import->secrets; secret; secret = secret->next)
		if (strcmp(secret->name, name) == 0)
			return secret;
	if (access(path, F_OK) == 0)
		return add_secret(import, name, NULL, "the key of all routers");
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return NULL;
	return add_secret(import, name,
			  arena_print(import->arena, "1 hmac-sha256 %s\n",
				      hexadecimal(import, key, sizeof(key))),
			  "the new key of all routers");
}

static void replace_ah(struct import *import, struct keepalived_node *node, struct setting *router,
		       unsigned version)
{
	const struct import_secret *secret = NULL;
	struct setting *auth;

	if (import->ah == IMPORT_AH_HMAC)
		secret = make_key(import);
	if (!secret) {
		import_judge(import, node,
			     import->ah == IMPORT_AH_NONE ? VERDICT_CHANGED : VERDICT_REFUSED,
			     import->ah == IMPORT_AH_NONE
				     ? "AH: adverts have no authentication, as --ah none says"
				     : "AH is not there: --ah hmac signs adverts by HMAC instead, "
				       "--ah none does without; all hosts must change at once");
		return;
	}
	auth = put_hmac(import, node, router, version, secret);
	setting_add(import->arena, auth, "active", SETTING_VALUE, "1", NULL);
	import_judge(import, node, VERDICT_CHANGED,
		     "AH: adverts are signed by HMAC instead, as --ah hmac says; copy the file of "
		     "keys to all hosts, which must change at once");
}

/* ---- auth_hmac ---- */

static const char *from_hex(struct import *import, const char *text, size_t *ret_len)
{
	size_t len = strlen(text);

	if (len % 2 || text[strspn(text, "0123456789abcdefABCDEF")])
		return NULL;
	*ret_len = len / 2;
	return arena_copy(import->arena, text, len);
}

static void note_source(struct import *import, int fd)
{
	struct keepalived_source *source = arena_alloc(import->arena, sizeof(*source));
	struct stat status;

	if (fstat(fd, &status) < 0)
		return;
	*source = (struct keepalived_source){ import->sources, status.st_dev, status.st_ino };
	import->sources = source;
}

static const char *from_file(struct import *import, const char *path, size_t *ret_len)
{
	char bytes[KEY_MAX + 2];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	if (fd >= 0) {
		note_source(import, fd);
		close(fd);
	}
	while (n > 0 && (bytes[n - 1] == '\n' || bytes[n - 1] == '\r'))
		n--;
	if (n < 0)
		return NULL;
	*ret_len = (size_t)n;
	return hexadecimal(import, bytes, (size_t)n);
}

/* Return: a line of a file of keys; NULL when the key is none, which is reported. */
static const char *key_line(struct import *import, struct keepalived_node *node)
{
	const char *value = node->words_n > 2 ? node->words[2] : "", *hex;
	size_t len = 0;
	long id;

	if (!import_number(import, node, 1, 255, 0, &id))
		return NULL;
	if (strncmp(value, "hex:", 4) == 0)
		hex = from_hex(import, value + 4, &len);
	else if (strncmp(value, "file:", 5) == 0)
		hex = from_file(import, value + 5, &len);
	else
		hex = hexadecimal(import, value, len = strlen(value));
	if (hex && len >= KEY_MIN && len <= KEY_MAX)
		return arena_print(import->arena, "%ld hmac-sha256 %s\n", id, hex);
	import_judge(import, node, VERDICT_WRONG,
		     hex ? "key %ld has %zu bytes: %d to %d are needed"
			 : "key %ld cannot be read (%zu bytes; %d to %d are needed)",
		     id, len, KEY_MIN, KEY_MAX);
	return NULL;
}

static bool has_key(const struct keepalived_node *key, const char *id)
{
	for (; key; key = key->again)
		if (strcmp(import_value(key), id) == 0)
			return true;
	return false;
}

static const char *all_keys(struct import *import, struct subject *instance)
{
	struct keepalived_node *key = instance->said[KEYWORD_HMAC_KEY];
	const char *keys = "", *line;
	unsigned n = 0;

	for (; key; key = key->again) {
		line = key_line(import, key);
		if (!line)
			continue;
		if (++n > KEYS_MAX) {
			import_judge(import, key, VERDICT_REFUSED, "more than %d keys", KEYS_MAX);
			continue;
		}
		keys = arena_print(import->arena, "%s%s", keys, line);
		import_judge(import, key, VERDICT_MAPPED, NULL);
	}
	return keys;
}

static void put_mode(struct import *import, struct subject *instance, struct setting *auth)
{
	struct keepalived_node *mode = instance->said[KEYWORD_HMAC_MODE];
	struct keepalived_node *window = instance->said[KEYWORD_HMAC_WINDOW];
	long seconds;

	if (mode)
		import_put(import, auth, "mode", SETTING_TEXT, import_value(mode), mode);
	if (window && import_number(import, window, 1, 300, 5, &seconds))
		import_put(import, auth, "window", SETTING_TEXT,
			   arena_print(import->arena, "%lds", seconds), window);
}

static void map_hmac(struct import *import, struct subject *instance, struct setting *router,
		     unsigned version, const char *name)
{
	struct keepalived_node *node = instance->said[KEYWORD_HMAC];
	struct keepalived_node *active = instance->said[KEYWORD_HMAC_ACTIVE];
	const struct import_secret *secret;
	struct setting *auth;

	if (!active || !has_key(instance->said[KEYWORD_HMAC_KEY], import_value(active))) {
		import_judge(import, active ? active : node, VERDICT_REFUSED,
			     "the active key is not there, so keepalived switches auth_hmac off: "
			     "name one that is, or take auth_hmac out");
		return;
	}
	secret = add_secret(import, secret_name(import, "keys"), all_keys(import, instance),
			    arena_print(import->arena, "the keys of \"%s\"", name));
	auth = put_hmac(import, node, router, version, secret);
	import_put(import, auth, "active", SETTING_VALUE, import_value(active), active);
	put_mode(import, instance, auth);
	import_judge(import, node, VERDICT_MAPPED, NULL);
}

/* ---- both ---- */

/* What keepalived does not look at is not carried over. */
static void drop(struct import *import, struct subject *instance, const char *why)
{
	static const enum keyword keywords[] = { KEYWORD_AUTH, KEYWORD_AUTH_TYPE,
						 KEYWORD_AUTH_PASS };

	for (unsigned i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		struct keepalived_node *node = instance->said[keywords[i]];

		if (node && !node->judged)
			import_judge(import, node, VERDICT_DROPPED, "%s", why);
	}
}

static void map_type(struct import *import, struct subject *instance, struct setting *router,
		     unsigned version, const char *name)
{
	struct keepalived_node *type = instance->said[KEYWORD_AUTH_TYPE];
	struct keepalived_node *pass = instance->said[KEYWORD_AUTH_PASS];

	if (type && strcmp(import_value(type), "AH") == 0) {
		replace_ah(import, type, router, version);
	} else if (type && strcmp(import_value(type), "PASS") != 0) {
		import_judge(import, type, VERDICT_WRONG,
			     "\"%.40s\" is neither PASS nor AH: keepalived goes on without "
			     "authentication",
			     import_value(type));
	} else if (type && pass) {
		import_judge(import, type, VERDICT_MAPPED, NULL);
		put_password(import, pass, router, name);
	} else {
		import_judge(import, instance->said[KEYWORD_AUTH], VERDICT_WRONG,
			     "auth_type and auth_pass are not both there, each on its line: "
			     "keepalived goes on without authentication");
		return;
	}
	import_judge(import, instance->said[KEYWORD_AUTH], VERDICT_MAPPED, NULL);
}

void import_auth(struct import *import, struct subject *instance, struct setting *router,
		 unsigned version, const char *name)
{
	bool strict = import_flag(import, import_said(import, instance, KEYWORD_STRICT));

	if (instance->said[KEYWORD_HMAC])
		map_hmac(import, instance, router, version, name);
	if (!instance->said[KEYWORD_AUTH])
		return;
	if (instance->said[KEYWORD_HMAC])
		drop(import, instance, "auth_hmac takes its place, in keepalived, too");
	else if (version == 3)
		drop(import, instance,
		     "VRRP version 3 has none: keepalived passes over it, and adverts are not "
		     "protected by it today; auth = { type = \"hmac\"; ... } would");
	else if (strict)
		drop(import, instance, "strict mode has none, in keepalived, too");
	else
		map_type(import, instance, router, version, name);
	drop(import, instance, "has no effect with this");
}
