/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "definition.h"
#include "source.h"
#include "syntax.h"
#include "value.h"

static const char *hint_of(const char *text)
{
	if (strncmp(text, "mismatched element type", 23) == 0)
		return ": in [ ] all are of one kind, use ( )";
	return ", here or just before";
}

/* What libconfig finds all the same: it stops at its first error. */
static void parse_text(struct conf_parse *parse, const char *text, void *base)
{
	config_t config;

	config_init(&config);
	if (config_read_string(&config, text) == CONFIG_TRUE)
		conf_parse_file(parse, config_root_setting(&config), base);
	else
		conf_error_line(parse, (unsigned)config_error_line(&config), "%s%s",
				config_error_text(&config), hint_of(config_error_text(&config)));
	config_destroy(&config);
}

/* Texts first: what is wrong there would be misread as a value that is missing. */
static int read_all(struct conf_parse *parse, void *base)
{
	char *text = NULL;
	int err = conf_source_read(parse, &text);

	if (text && (err == 0 || err == -EINVAL))
		conf_syntax_check(parse, text);
	if (text && err == 0 && parse->errors->total == 0)
		parse_text(parse, text, base);
	free(text);
	return err;
}

/* In the order of the file, since that is how they are mended. */
static int compare_errors(const void *a, const void *b)
{
	const struct conf_error *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static void sort_errors(struct conf_error *all, unsigned total)
{
	qsort(all, total < CONF_ERRORS_MAX ? total : CONF_ERRORS_MAX, sizeof(*all), compare_errors);
}

static int run_parse(struct conf_parse *parse, void *base)
{
	struct conf_errors *errors = parse->errors;
	int err;

	memset(errors, 0, sizeof(*errors));
	err = base ? conf_presets_make(&parse->presets, parse->schema) : -ENOMEM;
	if (err < 0)
		conf_error_file(parse, NULL, 0, "out of memory");
	else
		err = read_all(parse, base);
	conf_reach_end(&parse->reach);
	conf_presets_free(parse->presets);
	conf_lines_fini(&parse->lines);
	free(parse->claims);
	sort_errors(errors->errors, errors->total);
	sort_errors(errors->warnings, errors->warnings_total);
	return err == 0 && errors->total ? -EINVAL : err;
}

int conf_read(const char *path, const struct conf_schema *schema, void *base,
	      struct conf_block **blocks, struct conf_errors *ret_errors)
{
	struct conf_parse parse = {
		.path = path, .schema = schema, .blocks = blocks, .errors = ret_errors
	};

	return run_parse(&parse, base);
}

static int load(struct conf_parse *parse, struct conf **ret_conf)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	int err;

	parse->schema = &conf_file_schema;
	parse->blocks = conf ? &conf->blocks : NULL;
	err = run_parse(parse, conf);
	if (err == 0)
		err = conf_define_checks(conf);
	if (err == 0)
		err = conf_define_notify(conf);
	if (err < 0)
		conf_free(conf);
	else
		*ret_conf = conf;
	return err;
}

int conf_load(const char *path, struct conf **ret_conf, struct conf_errors *ret_errors)
{
	struct conf_parse parse = { .path = path, .errors = ret_errors };

	return load(&parse, ret_conf);
}

int conf_load_as(const char *path, const char *node, struct conf **ret_conf,
		 struct conf_errors *ret_errors)
{
	struct conf_parse parse = { .path = path, .errors = ret_errors, .nodes.named = node };

	return load(&parse, ret_conf);
}

int conf_load_here(const char *path, const char *node, struct conf **ret_conf,
		   struct conf_errors *ret_errors)
{
	struct conf_parse parse = {
		.path = path, .errors = ret_errors, .nodes.named = node, .here = true
	};

	return load(&parse, ret_conf);
}

bool conf_node_is_valid(const char *name)
{
	return conf_word_is_valid(name, CONF_NODE_SIZE - 1);
}

int conf_load_like(const char *path, const char *node, struct conf **ret_conf,
		   struct conf_errors *ret_errors)
{
	struct conf_parse parse = {
		.path = path, .errors = ret_errors, .nodes.running = node, .here = true
	};

	return load(&parse, ret_conf);
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	conf_blocks_free(conf->blocks);
	free(conf);
}
