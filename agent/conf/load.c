/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE_MAX (16 << 20)

/* Open what can be a configuration: libconfig itself would swallow a directory or a disk. */
static int open_file(struct conf_parse *parse, FILE **ret_file)
{
	int fd = open(parse->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	FILE *file = NULL;

	if (fd < 0 || fstat(fd, &status) < 0) {
		int err = -errno;

		conf_error_line(parse, NULL, 0, "cannot be read: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (!S_ISREG(status.st_mode))
		conf_error_line(parse, NULL, 0, "is not a regular file");
	else if (status.st_size > FILE_SIZE_MAX)
		conf_error_line(parse, NULL, 0, "has %jd bytes; more than %d are no configuration",
				(intmax_t)status.st_size, FILE_SIZE_MAX);
	else if ((file = fdopen(fd, "r")) != NULL) {
		*ret_file = file;
		return 0;
	} else
		conf_error_line(parse, NULL, 0, "out of memory");
	close(fd);
	return -EINVAL;
}

/* The line of the first zero byte, which would silently end a string; 0 without one. */
static unsigned find_nul(FILE *file)
{
	unsigned line = 1;
	int c;

	while ((c = getc_unlocked(file)) != EOF && c != '\0')
		line += c == '\n';
	rewind(file);
	return c == '\0' ? line : 0;
}

/* libconfig's few words, and where to look. It stops at its first error. */
static const char *syntax_text(const char *text)
{
	static const struct {
		const char *theirs, *ours;
	} texts[] = {
		{ "syntax error", "syntax error, here or just before: look for a missing ';', or a "
				  "quote or bracket that is not closed" },
		{ "duplicate setting name", "a key is given twice; this is the second one" },
		{ "cannot open include file", "the file of this @include cannot be opened; it is "
					      "looked for beside the configuration" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].theirs, text) == 0)
			return texts[i].ours;
	return text;
}

static void parse_file(struct conf_parse *parse, FILE *file, void *base)
{
	const char *slash = strrchr(parse->path, '/');
	char dir[4096];
	unsigned nul_line;
	config_t config;

	config_init(&config);
	if (slash && (size_t)(slash - parse->path) < sizeof(dir)) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - parse->path) + 1, parse->path);
		config_set_include_dir(&config, dir);
	}
	nul_line = find_nul(file);
	if (nul_line) {
		conf_error_line(parse, NULL, nul_line, "has a zero byte here: this is no text");
	} else if (config_read(&config, file) != CONFIG_TRUE) {
		conf_error_line(parse, config_error_file(&config),
				(unsigned)config_error_line(&config), "%s",
				syntax_text(config_error_text(&config)));
	} else {
		conf_parse_file(parse, config_root_setting(&config), base);
	}
	config_destroy(&config);
}

/* In the order of the file, since that is how they are mended. */
static int compare_errors(const void *a, const void *b)
{
	const struct conf_error *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static void sort_errors(struct conf_errors *errors)
{
	unsigned n = errors->total < CONF_ERRORS_MAX ? errors->total : CONF_ERRORS_MAX;

	qsort(errors->errors, n, sizeof(errors->errors[0]), compare_errors);
}

int conf_read(const char *path, const struct conf_schema *schema, void *base,
	      struct conf_block **blocks, struct conf_errors *ret_errors)
{
	struct conf_parse parse = {
		.path = path, .schema = schema, .blocks = blocks, .errors = ret_errors
	};
	FILE *file = NULL;
	int err;

	memset(ret_errors, 0, sizeof(*ret_errors));
	err = conf_presets_make(&parse.presets, schema);
	if (err < 0)
		conf_error_line(&parse, NULL, 0, "out of memory");
	else
		err = open_file(&parse, &file);
	if (err == 0) {
		parse_file(&parse, file, base);
		fclose(file);
	}
	conf_presets_free(parse.presets);
	free(parse.claims);
	sort_errors(ret_errors);
	return err == 0 && ret_errors->total ? -EINVAL : err;
}

int conf_load(const char *path, struct conf **ret_conf, struct conf_errors *ret_errors)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	struct conf_parse parse = { .path = path, .errors = ret_errors };
	int err;

	if (!conf) {
		memset(ret_errors, 0, sizeof(*ret_errors));
		conf_error_line(&parse, NULL, 0, "out of memory");
		return -ENOMEM;
	}
	err = conf_read(path, &conf_file_schema, conf, &conf->blocks, ret_errors);
	if (err < 0)
		conf_free(conf);
	else
		*ret_conf = conf;
	return err;
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	conf_blocks_free(conf->blocks);
	free(conf);
}
