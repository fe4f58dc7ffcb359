/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

struct level {
	dev_t device;
	ino_t inode;
};

/* One reading: the text so far, and the files that are open in it. */
struct source {
	struct conf_parse *parse;
	FILE *out;
	unsigned line;  /* of the text, that is written next */
	unsigned files; /* included so far */
	size_t bytes;   /* read so far */
	unsigned depth;
	struct level levels[CONF_DEPTH_MAX + 1];
};

/* Contents of one file. */
struct content {
	char *bytes; /* owned */
	size_t len;
};

static void read_included(struct source *source, const char *path, const char *written);

/* ---- one file ---- */

/* @text: what the file is. */
static void complain(struct source *source, const char *path, const char *text)
{
	if (source->depth == 0)
		conf_error_file(source->parse, path, 0, "%s", text);
	else
		conf_error_line(source->parse, source->line, "@include: %.100s %s", path, text);
}

static int check_kind(struct source *source, const char *path, int fd, size_t *ret_size)
{
	struct level *level = &source->levels[source->depth];
	struct stat status;
	char text[80];

	if (fstat(fd, &status) < 0)
		return -errno;
	level->device = status.st_dev;
	level->inode = status.st_ino;
	source->bytes += S_ISREG(status.st_mode) ? (size_t)status.st_size : 0;
	*ret_size = (size_t)status.st_size;
	if (S_ISREG(status.st_mode) && source->bytes <= CONF_TEXT_MAX)
		return 0;
	if (!S_ISREG(status.st_mode))
		strcpy(text, "is not a regular file");
	else
		snprintf(text, sizeof(text), "has %jd bytes; more than %d%s are no configuration",
			 (intmax_t)status.st_size, CONF_TEXT_MAX, source->depth ? " in all" : "");
	complain(source, path, text);
	return -EINVAL;
}

/* @size: what the file had a moment ago. */
static int read_bytes(int fd, size_t size, struct content *ret_content)
{
	char *bytes = malloc(size + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (!bytes)
		return -ENOMEM;
	while (n > 0 && len < size) {
		n = read(fd, bytes + len, size - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0) {
		int err = -errno;

		free(bytes);
		return err;
	}
	bytes[len] = '\0';
	*ret_content = (struct content){ .bytes = bytes, .len = len };
	return 0;
}

/* Open what can be a configuration: a directory or a disk would be swallowed. */
static int read_file(struct source *source, const char *path, struct content *ret_content)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
	size_t size = 0;

	if (fd < 0)
		return -errno;
	err = check_kind(source, path, fd, &size);
	if (err == 0)
		err = read_bytes(fd, size, ret_content);
	close(fd);
	return err;
}

static bool begins_with(const struct content *content, const char *mark)
{
	return strncmp(content->bytes, mark, strlen(mark)) == 0;
}

/* Other encodings than bytes without a mark. Return: whether it is text at all. */
static bool check_text(struct source *source, const char *path, struct content *content)
{
	const char *nul = memchr(content->bytes, '\0', content->len);
	unsigned line = 1;

	if (begins_with(content, "\xff\xfe") || begins_with(content, "\xfe\xff")) {
		conf_error_file(source->parse, path, 1, "is UTF-16; save it as UTF-8");
		return false;
	}
	if (nul) {
		for (const char *at = content->bytes; at < nul; at++)
			line += *at == '\n';
		conf_error_file(source->parse, path, line, "has a zero byte here: this is no text");
		return false;
	}
	if (begins_with(content, "\xef\xbb\xbf")) {
		conf_error_file(source->parse, path, 1,
				"begins with a byte order mark, which an editor has put there "
				"invisibly; save it as UTF-8 without one");
		memset(content->bytes, ' ', 3);
	}
	return true;
}

/* ---- @include ---- */

/* "@include" at the begin of a line. Return: what is between the quotes, or NULL. */
static const char *find_include(const char *line, size_t *ret_len)
{
	static const char word[] = "@include";
	size_t len;

	line += strspn(line, " \t");
	if (strncmp(line, word, sizeof(word) - 1) != 0)
		return NULL;
	line += sizeof(word) - 1;
	line += strspn(line, " \t");
	if (*line != '"')
		return NULL;
	len = strcspn(line + 1, "\"\n");
	*ret_len = len;
	return line[1 + len] == '"' ? line + 1 : NULL;
}

static bool is_pattern(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

/* Relative to the file that was named first. Return: false when it is too long. */
static bool find_path(const struct source *source, const char *written, size_t len, char *ret_path)
{
	const char *slash = strrchr(source->parse->path, '/');
	int dir_len = slash && *written != '/' ? (int)(slash - source->parse->path) + 1 : 0;

	return snprintf(ret_path, PATH_SIZE, "%.*s%.*s", dir_len, source->parse->path, (int)len,
			written) < PATH_SIZE;
}

/* The directory that is searched must be there: a slip in its name would leave out all routers. */
static int check_directory(const char *pattern)
{
	size_t len = strcspn(pattern, "*?[");
	char dir[PATH_SIZE];

	while (len > 0 && pattern[len - 1] != '/')
		len--;
	snprintf(dir, sizeof(dir), "%.*s", (int)len, len ? pattern : ".");
	return access(len ? dir : ".", R_OK | X_OK) < 0 ? -errno : 0;
}

static void include_pattern(struct source *source, const char *pattern)
{
	int err = check_directory(pattern), result;
	glob_t found;

	if (err < 0) {
		conf_error_line(source->parse, source->line,
				"@include \"%.80s\": its directory cannot be read: %s", pattern,
				strerror(-err));
		return;
	}
	result = glob(pattern, 0, NULL, &found);
	if (result != 0 && result != GLOB_NOMATCH)
		conf_error_line(source->parse, source->line,
				"@include \"%.80s\" cannot be searched for", pattern);
	for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
		read_included(source, found.gl_pathv[i], found.gl_pathv[i]);
	globfree(&found);
}

static void include(struct source *source, const char *written, size_t len)
{
	char path[PATH_SIZE];

	if (len == 0)
		conf_error_line(source->parse, source->line, "@include \"\" names no file");
	else if (!find_path(source, written, len, path))
		conf_error_line(source->parse, source->line,
				"@include has a name that is too long");
	else if (is_pattern(path))
		include_pattern(source, path);
	else
		read_included(source, path, written);
}

/* ---- the text ---- */

enum state {
	PLAIN,
	STRING,
	LINE_COMMENT,
	BLOCK_COMMENT
};

static bool is_pair(const char *text, char first, char second)
{
	return text[0] == first && text[1] == second;
}

/* One character, or two that belong together. Return: how many; a line feed is one by itself. */
static unsigned step(const char *text, enum state *state)
{
	switch (*state) {
	case STRING:
		if (text[0] == '\\' && text[1] && text[1] != '\n')
			return 2;
		if (text[0] == '"' || text[0] == '\n')
			*state = PLAIN;
		return 1;
	case LINE_COMMENT:
		if (text[0] == '\n')
			*state = PLAIN;
		return 1;
	case BLOCK_COMMENT:
		if (!is_pair(text, '*', '/'))
			return 1;
		*state = PLAIN;
		return 2;
	case PLAIN:
		break;
	}
	if (text[0] == '"')
		*state = STRING;
	else if (text[0] == '#')
		*state = LINE_COMMENT;
	else if (is_pair(text, '/', '/') || is_pair(text, '/', '*'))
		*state = text[1] == '/' ? LINE_COMMENT : BLOCK_COMMENT;
	return *state == LINE_COMMENT || *state == BLOCK_COMMENT ? 1 + (text[0] == '/') : 1;
}

static void begin_span(struct source *source, unsigned file, unsigned line)
{
	if (conf_lines_add(&source->parse->lines, source->line, file, line) < 0)
		conf_error_file(source->parse, NULL, 0, "out of memory");
}

/* A file's text, with others in the places where it includes them. */
static void put_text(struct source *source, unsigned file, const char *text)
{
	enum state state = PLAIN;
	unsigned line = 1, n;
	bool at_begin = true;
	size_t len;

	begin_span(source, file, line);
	while (*text) {
		const char *name = state == PLAIN && at_begin ? find_include(text, &len) : NULL;

		if (name) {
			include(source, name, len);
			text = name + len + 1;
			at_begin = false;
			begin_span(source, file, line);
			continue;
		}
		n = step(text, &state);
		at_begin = *text == '\n';
		line += at_begin;
		source->line += at_begin;
		fwrite(text, 1, n, source->out);
		text += n;
	}
	/* Whatever the file ends with, it does not reach into the next one. */
	if (state == BLOCK_COMMENT)
		conf_error_line(source->parse, source->line,
				"the file ends within a comment /* */");
	fputc('\n', source->out);
	source->line++;
}

/* Return: whether a file is one of those that are being read. */
static bool is_open(const struct source *source)
{
	const struct level *new = &source->levels[source->depth];

	for (unsigned i = 0; i < source->depth; i++)
		if (source->levels[i].device == new->device &&
		    source->levels[i].inode == new->inode)
			return true;
	return false;
}

/* The file that was opened last, in its place. */
static int put_file(struct source *source, const char *path, struct content *content)
{
	int file;

	if (!check_text(source, path, content))
		return -EINVAL;
	file = conf_lines_add_file(&source->parse->lines, path);
	if (file < 0)
		return file;
	put_text(source, (unsigned)file, content->bytes);
	return 0;
}

/* What is wrong with an @include itself. */
static bool can_include(struct source *source, const char *written)
{
	if (source->depth == CONF_DEPTH_MAX)
		conf_error_line(source->parse, source->line,
				"@include \"%.80s\": more than %d files include each other",
				written, CONF_DEPTH_MAX);
	else if (source->files == CONF_FILES_MAX)
		conf_error_line(source->parse, source->line,
				"@include \"%.80s\": more than %d files are included", written,
				CONF_FILES_MAX);
	else
		return true;
	return false;
}

static void read_included(struct source *source, const char *path, const char *written)
{
	struct content content = { NULL, 0 };
	const char *end = strchr(written, '"');
	int len = end ? (int)(end - written) : (int)strlen(written), err;

	if (!can_include(source, path))
		return;
	source->files++;
	source->depth++;
	err = read_file(source, path, &content);
	if (err == 0 && is_open(source))
		conf_error_line(source->parse, source->line,
				"@include \"%.*s\": this file is being read already: it includes "
				"itself, or one that includes it",
				len < 80 ? len : 80, written);
	else if (err == 0)
		err = put_file(source, path, &content);
	if (err < 0 && err != -EINVAL)
		conf_error_line(source->parse, source->line,
				"@include: %.100s cannot be read: %s%s", path, strerror(-err),
				err == -ENOENT && *written != '/'
					? "; names are relative to the directory of the "
					  "configuration"
					: "");
	source->depth--;
	free(content.bytes);
}

int conf_source_read(struct conf_parse *parse, char **ret_text)
{
	struct source source = { .parse = parse, .line = 1 };
	struct content content = { NULL, 0 };
	size_t len;
	int err = read_file(&source, parse->path, &content);

	if (err < 0 && err != -EINVAL)
		conf_error_file(parse, NULL, 0, "cannot be read: %s", strerror(-err));
	*ret_text = NULL;
	source.out = err == 0 ? open_memstream(ret_text, &len) : NULL;
	if (err == 0)
		err = source.out ? put_file(&source, parse->path, &content) : -ENOMEM;
	if (source.out && fclose(source.out) != 0)
		err = -ENOMEM;
	free(content.bytes);
	return err == 0 && parse->errors->total ? -EINVAL : err;
}
