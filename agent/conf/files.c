/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <string.h>

#include "parse.h"

/* A file that is included twice is there once. Return: NULL: there is no memory. */
static struct conf_file *file_of(const struct conf_place *place, struct conf *conf,
				 const char *path)
{
	char *copy;

	for (unsigned i = 0; i < conf->files_n; i++)
		if (strcmp(conf->files[i].path, path) == 0)
			return &conf->files[i];
	copy = conf_alloc(place->parse->blocks, NULL, 0, strlen(path) + 1, 1);
	if (!copy)
		return NULL;
	conf->files[conf->files_n].path = strcpy(copy, path);
	return &conf->files[conf->files_n++];
}

/* From the line of the text to that of its file. */
static bool note_auth(const struct conf_place *place, struct conf *conf, struct conf_auth *auth)
{
	const char *path = conf_lines_find(&place->parse->lines, auth->line, &auth->line);
	struct conf_file *file = path ? file_of(place, conf, path) : NULL;

	if (!file)
		return !path;
	auth->file = (uint16_t)(file - conf->files);
	file->has_password |= auth->type == CONF_AUTH_PASSWORD;
	return true;
}

void conf_files_note(const struct conf_place *file, struct conf *conf)
{
	const struct conf_lines *lines = &file->parse->lines;
	bool ok;

	conf->files =
		conf_alloc(file->parse->blocks, NULL, 0, lines->files_n, sizeof(*conf->files));
	ok = conf->files != NULL;
	for (unsigned i = 0; i < lines->files_n && ok; i++)
		ok = file_of(file, conf, lines->files[i]) != NULL;
	for (unsigned i = 0; i < conf->routers_n && ok; i++)
		if (conf->routers[i].auth.type != CONF_AUTH_NONE)
			ok = note_auth(file, conf, &conf->routers[i].auth);
	if (!ok)
		conf_error_in(file, "out of memory");
}
