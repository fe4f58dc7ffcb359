/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct conf_presets {
	struct conf_presets *next;
	const struct conf_schema *schema;
	config_t config;
	const config_setting_t *settings[CONF_KEYS_MAX]; /* by row */
};

/* A file that says all that a file may leave out. */
static char *write_presets(const struct conf_schema *schema)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (const struct conf_key *key = schema->keys; key->field.name; key++)
		if (key->preset)
			fprintf(out, "%s = %s;\n", key->field.name, key->preset);
	return fclose(out) == 0 ? text : NULL;
}

static struct conf_presets *make_presets(const struct conf_schema *schema)
{
	struct conf_presets *presets = calloc(1, sizeof(*presets));
	char *text = presets ? write_presets(schema) : NULL;
	const config_setting_t *root;
	int good;

	if (!text) {
		free(presets);
		return NULL;
	}
	presets->schema = schema;
	config_init(&presets->config);
	good = config_read_string(&presets->config, text);
	assert(good == CONFIG_TRUE);
	free(text);
	root = config_root_setting(&presets->config);
	for (size_t i = 0; schema->keys[i].field.name; i++) {
		assert(i < CONF_KEYS_MAX);
		presets->settings[i] = config_setting_get_member(root, schema->keys[i].field.name);
	}
	return presets;
}

static struct conf_presets *find(struct conf_presets *presets, const struct conf_schema *schema)
{
	while (presets && presets->schema != schema)
		presets = presets->next;
	return presets;
}

int conf_presets_make(struct conf_presets **list, const struct conf_schema *schema)
{
	struct conf_presets *presets;
	int err = 0;

	if (find(*list, schema))
		return 0;
	presets = make_presets(schema);
	if (!presets)
		return -ENOMEM;
	presets->next = *list;
	*list = presets;
	for (const struct conf_key *key = schema->keys; key->field.name && err == 0; key++) {
		const struct conf_key *row = key->header ? key->header : key;

		if (row->element)
			err = conf_presets_make(list, row->element);
	}
	return err;
}

const config_setting_t *const *conf_presets_of(struct conf_presets *list,
					       const struct conf_schema *schema)
{
	return find(list, schema)->settings;
}

void conf_presets_free(struct conf_presets *presets)
{
	while (presets) {
		struct conf_presets *next = presets->next;

		config_destroy(&presets->config);
		free(presets);
		presets = next;
	}
}
