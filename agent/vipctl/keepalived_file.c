/* SPDX-License-Identifier: MIT */
#include "keepalived_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void keepalived_files_init(struct keepalived_files *files, struct arena *arena,
			   struct report *report)
{
	*files = (struct keepalived_files){ .arena = arena, .report = report };
}

/* A path may have any bytes. */
static const char *printable(struct arena *arena, const char *path)
{
	char *text = arena_copy(arena, path, strlen(path));

	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return text;
}

/* ---- one file ---- */

/* The first file itself, or the line that includes another one. */
static void refuse(struct keepalived_files *files, const struct origin *by, const char *path,
		   const char *why)
{
	const struct origin itself = { .file = printable(files->arena, path) };

	if (by)
		report_put(files->report, by, VERDICT_WRONG, "include", "%.200s: %s", path, why);
	else
		report_put(files->report, &itself, VERDICT_WRONG, NULL, "%s", why);
}

/* Return: NULL, or what is wrong with it. */
static const char *status_fault(struct keepalived_files *files, const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return "is not a regular file";
	if (status->st_mode & 0111)
		return "is executable, and keepalived passes over such a file without an error: "
		       "chmod -x if it is meant";
	files->bytes_n += (size_t)status->st_size;
	if (status->st_size > KEEPALIVED_BYTES_MAX || files->bytes_n > KEEPALIVED_BYTES_MAX)
		return "is larger than any configuration: 16 MB with all that is included";
	for (unsigned i = 0; i < files->depth; i++)
		if (files->open[i].device == status->st_dev &&
		    files->open[i].inode == status->st_ino)
			return "includes itself, or a file that includes it";
	return NULL;
}

/* Return: NULL, or what is wrong with it. */
static const char *text_fault(const char *bytes, size_t len)
{
	if (memchr(bytes, '\0', len))
		return "has zero bytes: this is no text, or UTF-16";
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		return "begins with a byte order mark, which keepalived takes for a part of the "
		       "first word: save it without one";
	return NULL;
}

static void note_source(struct keepalived_files *files, const struct stat *status)
{
	struct keepalived_source *source = arena_alloc(files->arena, sizeof(*source));

	*source = (struct keepalived_source){ files->sources, status->st_dev, status->st_ino };
	files->sources = source;
}

/* Return: NULL, or what is wrong with it. */
static const char *read_open(struct keepalived_files *files, int fd, char **ret_bytes)
{
	struct stat status;
	const char *fault;
	size_t len = 0, size;
	ssize_t n = 1;

	if (fstat(fd, &status) < 0)
		return strerror(errno);
	note_source(files, &status);
	fault = status_fault(files, &status);
	if (fault)
		return fault;
	size = (size_t)status.st_size;
	*ret_bytes = arena_alloc(files->arena, size + 1);
	while (n > 0 && len < size) {
		n = read(fd, *ret_bytes + len, size - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		return strerror(errno);
	files->open[files->depth] =
		(struct keepalived_open_file){ .device = status.st_dev, .inode = status.st_ino };
	return text_fault(*ret_bytes, len);
}

static const char *directory_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return arena_copy(arena, path, slash ? (size_t)(slash - path) + 1 : 0);
}

char *keepalived_file_open(struct keepalived_files *files, const char *path,
			   const struct origin *by, struct origin *ret_origin)
{
	const char *fault;
	char *bytes = NULL;
	int fd;

	if (files->depth == KEEPALIVED_DEPTH_MAX || files->files_n == KEEPALIVED_FILES_MAX) {
		refuse(files, by, path, "one file too many, or too deep in each other");
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	fault = fd < 0 ? strerror(errno) : read_open(files, fd, &bytes);
	if (fd >= 0)
		close(fd);
	if (fault) {
		refuse(files, by, path, fault);
		return NULL;
	}
	*ret_origin = (struct origin){ .file = printable(files->arena, path),
				       .file_at = files->files_n++ };
	files->open[files->depth++].directory = directory_of(files->arena, path);
	return bytes;
}

void keepalived_file_close(struct keepalived_files *files)
{
	files->depth--;
}

const char *keepalived_file_directory(const struct keepalived_files *files)
{
	const char *directory = files->depth ? files->open[files->depth - 1].directory : "";
	char path[PATH_MAX];

	return arena_print(files->arena, "%s",
			   realpath(*directory ? directory : ".", path) ? path : ".");
}

/* ---- patterns ---- */

/* A directory is no pattern, whatever is in its name. */
static const char *quote(struct arena *arena, const char *directory)
{
	char *quoted = arena_alloc(arena, 2 * strlen(directory) + 1), *to = quoted;

	for (; *directory; directory++) {
		if (strchr("*?[]{},\\", *directory))
			*to++ = '\\';
		*to++ = *directory;
	}
	return quoted;
}

size_t keepalived_file_find(struct keepalived_files *files, const char *pattern,
			    const char *const **ret_paths)
{
	const char *directory = files->open[files->depth - 1].directory, **paths;
	size_t n = 0;
	glob_t found;

	if (*pattern != '/')
		pattern =
			arena_print(files->arena, "%s%s", quote(files->arena, directory), pattern);
	if (glob(pattern, GLOB_MARK | GLOB_BRACE, NULL, &found) != 0)
		return 0;
	paths = arena_alloc(files->arena, (found.gl_pathc + 1) * sizeof(*paths));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];

		if (path[strlen(path) - 1] != '/')
			paths[n++] = arena_copy(files->arena, path, strlen(path));
	}
	globfree(&found);
	*ret_paths = paths;
	return n;
}
