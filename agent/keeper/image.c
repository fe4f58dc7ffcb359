/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define IMAGE_SIZE_MAX (64 << 10)

#define ROW(member, kind) FIELD(struct image, member, #member, kind)
#define ROWS_OF_CHILD(child)                                                                       \
	ROW(child.pid, FIELD_INT), ROW(child.channel_fd, FIELD_INT),                               \
		ROW(child.state_fd, FIELD_INT), ROW(child.conf_fd, FIELD_INT),                     \
		ROW(child.program_fd, FIELD_INT), ROW(child.ready, FIELD_BOOL),                    \
		ROW(child.deadline_ns, FIELD_INT), ROW(child.version, FIELD_TEXT)
/* They are killed already: whoever does not know the name has nothing to end. */
#define ROW_OF_DISMISSED(i) FIELD(struct image, dismissed[i], "dismissed." #i, FIELD_INT)

static const struct field table[] = {
	ROW(binary, FIELD_TEXT),
	ROW(conf_path, FIELD_TEXT),
	ROW(program_device, FIELD_UINT),
	ROW(program_inode, FIELD_UINT),
	ROW(program_size, FIELD_UINT),
	ROW(program_changed_ns, FIELD_INT),
	ROW(claim_fd, FIELD_INT), /* claim.h, both */
	ROW(namespace_fd, FIELD_INT),
	ROW(sender_fd, FIELD_INT),
	ROW(filter_fd, FIELD_INT),
	ROW(life_fd, FIELD_INT),
	ROW(report_fd, FIELD_INT),
	ROW(journal_fd, FIELD_INT),
	ROW(board_fd, FIELD_INT),
	ROW(found_fd, FIELD_INT),
	ROW(checker_pid, FIELD_INT),
	ROW(notifier_pid, FIELD_INT),
	ROWS_OF_CHILD(current),
	ROWS_OF_CHILD(standby),
	ROW(previous_fd, FIELD_INT),
	ROW(reload_due, FIELD_BOOL),
	ROW(reload_began_ns, FIELD_INT),
	ROW(reload_ns, FIELD_INT),
	ROW(standby_ns, FIELD_INT),
	ROW(died_early_n, FIELD_UINT),
	ROW(crashes_n, FIELD_UINT),
	ROW(crash_0_ns, FIELD_INT),
	ROW(crash_1_ns, FIELD_INT),
	ROW_OF_DISMISSED(0),
	ROW_OF_DISMISSED(1),
	ROW_OF_DISMISSED(2),
	ROW_OF_DISMISSED(3),
	ROW_OF_DISMISSED(4),
	ROW_OF_DISMISSED(5),
	ROW_OF_DISMISSED(6),
	ROW_OF_DISMISSED(7),
	ROW(notifier_channel_fd, FIELD_INT),
	ROW(notifier_conf_fd, FIELD_INT),
	ROW(router_ring_fd, FIELD_INT),
	ROW(told_fd, FIELD_INT),
	FIELDS_END,
};

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

static bool is_fd(const char *name)
{
	return ends_in(name, "_fd");
}

void image_init(struct image *image)
{
	int32_t *fds[IMAGE_FDS_MAX];
	unsigned n;

	*image = (struct image){ .standby_ns = IMAGE_NEVER,
				 .current.deadline_ns = IMAGE_NEVER,
				 .standby.deadline_ns = IMAGE_NEVER };
	n = image_fds(image, fds);
	for (unsigned i = 0; i < n; i++)
		*fds[i] = -1;
}

unsigned image_fds(struct image *image, int32_t *ret_fds[IMAGE_FDS_MAX])
{
	unsigned n = 0;

	for (const struct field *row = table; row->name; row++) {
		if (!is_fd(row->name))
			continue;
		assert(n < IMAGE_FDS_MAX);
		ret_fds[n++] = (int32_t *)(void *)((char *)image + row->offset);
	}
	return n;
}

/* ---- writing ---- */

static void put_row(FILE *out, const struct field *row, const struct image *image)
{
	if (row->type == FIELD_TEXT)
		fprintf(out, "%s %s\n", row->name, (const char *)image + row->offset);
	else if (row->type == FIELD_INT)
		fprintf(out, "%s %" PRIi64 "\n", row->name, fields_number(row, image));
	else
		fprintf(out, "%s %" PRIu64 "\n", row->name, (uint64_t)fields_number(row, image));
}

static bool has_line_feed(const struct image *image)
{
	return strchr(image->binary, '\n') || strchr(image->conf_path, '\n');
}

int image_write(const struct image *image, int *ret_fd)
{
	FILE *out;
	int fd, copy;

	if (has_line_feed(image))
		return -EINVAL;
	fd = memfd_create("vipd-keeper", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	copy = dup(fd);
	out = copy < 0 ? NULL : fdopen(copy, "w");
	if (!out) {
		close(fd);
		return -ENOMEM;
	}
	fputs(IMAGE_MAGIC "\n", out);
	for (const struct field *row = table; row->name; row++)
		put_row(out, row, image);
	if (fclose(out) != 0) {
		close(fd);
		return -ENOSPC;
	}
	*ret_fd = fd;
	return 0;
}

/* ---- reading ---- */

static void set_number(const struct field *row, uint64_t number, void *ret_member)
{
	uint8_t byte = (uint8_t)number;
	uint32_t word = (uint32_t)number;

	switch (row->size) {
	case 1:
		memcpy(ret_member, &byte, sizeof(byte));
		break;
	case 4:
		memcpy(ret_member, &word, sizeof(word));
		break;
	case 8:
		memcpy(ret_member, &number, sizeof(number));
		break;
	}
}

/* Whether a row has room for a number that was read as signed, or as unsigned. */
static bool fits(const struct field *row, uint64_t number)
{
	int64_t limit = row->size == 8 ? INT64_MAX : (INT64_C(1) << (row->size * 8u - 1)) - 1;

	if (row->type == FIELD_BOOL)
		return number <= 1;
	if (row->type == FIELD_INT)
		return (int64_t)number <= limit && (int64_t)number >= -limit - 1;
	return row->size == 8 || number >> (row->size * 8u) == 0;
}

/* Return: 0; or -EBADMSG when it is no number, or one that @row has no room for. */
static int read_number(const struct field *row, const char *text, void *ret_member)
{
	uint64_t number;
	char *end;

	errno = 0;
	if (row->type == FIELD_INT)
		number = (uint64_t)strtoll(text, &end, 10);
	else
		number = strtoull(text, &end, 10);
	if (errno || end == text || *end || (row->type != FIELD_INT && *text == '-') ||
	    !fits(row, number))
		return -EBADMSG;
	set_number(row, number, ret_member);
	return 0;
}

static int read_value(const struct field *row, const char *text, struct image *image)
{
	char *member = (char *)image + row->offset;
	size_t len = strlen(text);

	if (row->type != FIELD_TEXT)
		return read_number(row, text, member);
	if (len >= row->size)
		return -EBADMSG;
	memcpy(member, text, len + 1);
	return 0;
}

static void note_stranger(const char *name, const char *value, struct image_strangers *strangers)
{
	int32_t number = (int32_t)strtol(value, NULL, 10);

	if (is_fd(name) && number >= 0 && strangers->fds_n < IMAGE_STRANGERS_MAX)
		strangers->fds[strangers->fds_n++] = number;
	else if (ends_in(name, "pid") && number > 0 && strangers->pids_n < IMAGE_STRANGERS_MAX)
		strangers->pids[strangers->pids_n++] = number;
}

/* @line: "NAME VALUE"; is taken apart. */
static int read_line(char *line, struct image *image, struct image_strangers *strangers)
{
	char *value = strchr(line, ' ');
	const struct field *row;

	if (!value)
		return -EBADMSG;
	*value++ = '\0';
	row = fields_find(table, line);
	if (row)
		return read_value(row, value, image);
	note_stranger(line, value, strangers);
	return *line == IMAGE_VITAL ? -EPROTO : 0;
}

static int read_lines(char *text, struct image *image, struct image_strangers *strangers)
{
	char *next, *line = text;
	int err = 0, result = 0;

	for (; *line; line = next) {
		next = strchr(line, '\n');
		if (!next)
			return -EBADMSG;
		*next++ = '\0';
		if (line != text)
			err = read_line(line, image, strangers);
		else if (strcmp(line, IMAGE_MAGIC) != 0)
			return -EBADMSG;
		if (result == 0)
			result = err; /* strangers are collected all the same */
	}
	return line == text ? -EBADMSG : result;
}

int image_read(int fd, struct image *ret_image, struct image_strangers *ret_strangers)
{
	char *text = calloc(1, IMAGE_SIZE_MAX);
	struct image image;
	ssize_t len;
	int err;

	*ret_strangers = (struct image_strangers){ 0 };
	if (!text)
		return -ENOMEM;
	len = pread(fd, text, IMAGE_SIZE_MAX - 1, 0);
	image_init(&image);
	err = len < 0                       ? -errno
	      : len == IMAGE_SIZE_MAX - 1   ? -EBADMSG
	      : strlen(text) != (size_t)len ? -EBADMSG
					    : read_lines(text, &image, ret_strangers);
	free(text);
	if (err == 0)
		*ret_image = image;
	return err;
}
