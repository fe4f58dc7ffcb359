/* SPDX-License-Identifier: MIT */
#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLANKS " \t\r"

/* Return: 0, or -EACCES or -EINVAL with what is wrong. */
static int check_status(const struct stat *status, char *why)
{
	if (!S_ISREG(status->st_mode)) {
		strcpy(why, "it is no regular file");
		return -EINVAL;
	}
	if (status->st_mode & 077) {
		snprintf(why, KEY_FILE_WHY_SIZE, "others can use it, mode %04o: chmod 600",
			 status->st_mode & 07777u);
		return -EACCES;
	}
	if (status->st_uid != 0 && status->st_uid != geteuid()) {
		snprintf(why, KEY_FILE_WHY_SIZE, "it belongs to user %u: chown root",
			 status->st_uid);
		return -EACCES;
	}
	if (status->st_size == 0 || status->st_size > KEY_FILE_MAX) {
		strcpy(why, "it is empty");
		if (status->st_size)
			snprintf(why, KEY_FILE_WHY_SIZE,
				 "it has %lld bytes, and %d at most are read",
				 (long long)status->st_size, KEY_FILE_MAX);
		return -EINVAL;
	}
	return 0;
}

/* @text: KEY_FILE_MAX + 1. Return: bytes read, or -errno with what is wrong. */
static int read_text(const char *path, char *text, char *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	ssize_t len;
	int err = fd < 0 || fstat(fd, &status) < 0 ? -errno : 0;

	if (err == 0)
		err = check_status(&status, why);
	else
		snprintf(why, KEY_FILE_WHY_SIZE, "it cannot be read: %s", strerror(-err));
	if (err == 0) {
		len = read(fd, text, KEY_FILE_MAX);
		err = len < 0 ? -errno : (int)len;
		if (len < 0)
			snprintf(why, KEY_FILE_WHY_SIZE, "it cannot be read: %s", strerror(-err));
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(const char *text, struct vrrp_hmac_key *key)
{
	size_t len = strlen(text);

	if (len % 2 || len < 2 * VRRP_HMAC_KEY_MIN || len > 2 * VRRP_HMAC_KEY_MAX)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		int high = digit_of(text[i]), low = digit_of(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		key->bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	key->len = (uint8_t)(len / 2);
	return true;
}

static bool parse_id(const char *text, uint8_t *ret_id)
{
	char *end;
	unsigned long id = strtoul(text, &end, 10);

	if (*text < '1' || *text > '9' || *end || id > 255)
		return false;
	*ret_id = (uint8_t)id;
	return true;
}

/* Return: what is wrong with a line, or NULL. */
static const char *parse_line(char *line, struct vrrp_hmac_keys *keys)
{
	char *rest, *id = strtok_r(line, BLANKS, &rest), *algorithm, *secret;
	struct vrrp_hmac_key *key = &keys->all[keys->n];

	if (!id || *id == '#')
		return NULL;
	algorithm = strtok_r(NULL, BLANKS, &rest);
	secret = strtok_r(NULL, BLANKS, &rest);
	if (keys->n == VRRP_HMAC_KEYS)
		return "there are more than 16 keys";
	if (!parse_id(id, &key->id))
		return "the number of a key, 1 to 255, comes first";
	if (vrrp_hmac_key(keys, key->id))
		return "this number is there already";
	if (!algorithm || strcmp(algorithm, KEY_FILE_ALGORITHM) != 0)
		return "the algorithm, " KEY_FILE_ALGORITHM ", comes second";
	if (!secret || !parse_hex(secret, key))
		return "a key of 64 to 128 hexadecimal digits comes third";
	if (strtok_r(NULL, BLANKS, &rest))
		return "nothing follows the key";
	keys->n++;
	return NULL;
}

static int parse_lines(char *text, struct vrrp_hmac_keys *keys, char *why)
{
	char *end;

	for (unsigned number = 1; *text; number++, text = end + 1) {
		const char *fault;

		end = strchr(text, '\n');
		*end = '\0';
		fault = parse_line(text, keys);
		if (!fault)
			continue;
		snprintf(why, KEY_FILE_WHY_SIZE, "line %u: %s", number, fault);
		return -EINVAL;
	}
	if (keys->n)
		return 0;
	strcpy(why, "there is no key in it");
	return -EINVAL;
}

static int parse(char *text, size_t len, struct vrrp_hmac_keys *keys, char *why)
{
	text[len] = '\0';
	if (strlen(text) != len) {
		strcpy(why, "it is no text");
		return -EINVAL;
	}
	if (len == 0 || text[len - 1] != '\n') {
		strcpy(why, "its last line does not end: somebody may be writing it");
		return -EINVAL;
	}
	return parse_lines(text, keys, why);
}

int key_file_read(const char *path, struct vrrp_hmac_keys *ret_keys, char *ret_why)
{
	char text[KEY_FILE_MAX + 1];
	struct vrrp_hmac_keys keys = { 0 };
	int err = read_text(path, text, ret_why);

	if (err >= 0)
		err = parse(text, (size_t)err, &keys, ret_why);
	if (err == 0)
		*ret_keys = keys;
	explicit_bzero(text, sizeof(text));
	explicit_bzero(&keys, sizeof(keys));
	return err;
}

void key_file_print(const struct vrrp_hmac_key *key, char *ret_print)
{
	static const uint8_t nothing[16];
	/* There is no such version, and no such VRID. */
	const struct vrrp_hmac_scope scope = { .family = 6, .source = nothing };
	uint8_t trailer[VRRP_HMAC_LEN];
	const uint8_t *digest = trailer + sizeof(trailer) - (KEY_FILE_PRINT_SIZE - 1) / 2;

	vrrp_hmac_sign(key, &scope, nothing, sizeof(nothing), 0, trailer);
	for (unsigned i = 0; i < (KEY_FILE_PRINT_SIZE - 1) / 2; i++)
		sprintf(ret_print + 2 * i, "%02x", digest[i]);
}
