/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/conf/conf.h"
#include "complain.h"
#include "import_file.h"
#include "moment.h"
#include "timeline_align.h"
#include "timeline_page.h"
#include "timeline_read.h"
#include "timeline_words.h"

/* All of a command. */
struct work {
	const struct timeline_options *options;
	struct timeline_story story;
	struct timeline_findings findings;
	char names[TIMELINE_NODES_MAX][TIMELINE_NAME_SIZE];
	int64_t since_ns, until_ns;
	struct timeline_view view, told;
};

static int out_of_memory(void)
{
	return complain(NULL, "out of memory");
}

/* ---- what is asked for ---- */

static int parse(struct work *work)
{
	const struct timeline_options *options = work->options;

	work->until_ns = TIMELINE_NS_MAX;
	if (options->files_n == 0)
		complain(NULL, "timeline needs what vipctl history --json says on each host, or "
			       "the databases: vipctl timeline gw1.json gw2.json");
	else if (options->files_n > TIMELINE_NODES_MAX)
		complain(NULL, "timeline takes %d files at most, one per node, not %u",
			 TIMELINE_NODES_MAX, options->files_n);
	else if (options->since && !moment_parse(options->since, &work->since_ns))
		complain(NULL, "--since is " MOMENT_FORMS ", not \"%.40s\"", options->since);
	else if (options->until && !moment_parse(options->until, &work->until_ns))
		complain(NULL, "--until is " MOMENT_FORMS ", not \"%.40s\"", options->until);
	else if (work->since_ns >= work->until_ns)
		complain(NULL, "--since must be before --until: \"%.40s\" is not before \"%.40s\"",
			 options->since ? options->since : "", options->until);
	else
		return EXIT_SUCCESS;
	return EX_USAGE;
}

/* "gw1=PATH": who told it. A file that is really called so is one. Return: the path. */
static const char *take_name(const char *word, char *ret_name)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : 0;

	if (!equals || len >= TIMELINE_NAME_SIZE || access(word, F_OK) == 0)
		return word;
	memcpy(ret_name, word, len);
	ret_name[len] = '\0';
	if (conf_node_is_valid(ret_name))
		return equals + 1;
	ret_name[0] = '\0';
	return word;
}

/* ---- what is told ---- */

static int check_names(const struct work *work)
{
	for (unsigned i = 1; i < work->story.nodes_n; i++)
		for (unsigned k = 0; k < i; k++)
			if (strcmp(work->names[i], work->names[k]) == 0)
				return complain(NULL,
						"%s and %s are both of node \"%s\": give one file "
						"per node, or name them: NODE=FILE",
						work->story.nodes[k].file,
						work->story.nodes[i].file, work->names[i]);
	return EXIT_SUCCESS;
}

/* What no event names is called like its file. */
static void name_after_file(const char *path, char *ret_name)
{
	const char *slash = strrchr(path, '/');

	snprintf(ret_name, TIMELINE_NAME_SIZE, "%s", slash && slash[1] ? slash + 1 : path);
}

static int read_all(struct work *work)
{
	for (unsigned i = 0; i < work->options->files_n; i++) {
		char *name = work->names[i];
		const char *path = take_name(work->options->files[i], name);
		int number = timeline_story_node(&work->story, path);
		int status = timeline_read(&work->story, (unsigned)number, path);

		if (status)
			return status;
		if (!name[0])
			memcpy(name, work->story.nodes[number].name, TIMELINE_NAME_SIZE);
		if (!name[0])
			name_after_file(path, name);
	}
	return check_names(work);
}

/* Whose clock could not be compared was told nothing about: nobody shall read it as if it was. */
static void warn_of_clocks(const struct work *work)
{
	for (unsigned i = 0; i < work->story.nodes_n; i++)
		if (!work->story.nodes[i].is_aligned && work->story.nodes[i].events_n)
			complain(NULL,
				 "%s: how far the clock of %s is from that of %s cannot be "
				 "estimated: it is drawn by its own",
				 work->story.nodes[i].file, work->names[i], work->names[0]);
}

static int find_view(struct work *work)
{
	char from[TIMELINE_WORD_SIZE], to[TIMELINE_WORD_SIZE];

	if (timeline_view_all(&work->story, work->since_ns, work->until_ns, &work->view,
			      &work->told))
		return EXIT_SUCCESS;
	if (work->told.begin_ns == 0 && work->told.end_ns == 0)
		return complain(NULL, "there is nothing to draw: no event in any of the files");
	return complain(
		NULL, "there is nothing to draw in that time: events are from %.19s to %.19s UTC",
		timeline_moment(work->told.begin_ns, from), timeline_moment(work->told.end_ns, to));
}

static int understand(struct work *work)
{
	int err = timeline_story_sort(&work->story);
	int status;

	if (!err)
		err = timeline_align(&work->story);
	if (err)
		return out_of_memory();
	warn_of_clocks(work);
	status = find_view(work);
	if (status)
		return status;
	err = timeline_judge(&work->story, work->told.end_ns, &work->findings);
	if (err == -E2BIG)
		return complain(NULL, "more than %d changes of state", TIMELINE_SPANS_MAX);
	return err ? out_of_memory() : EXIT_SUCCESS;
}

/* ---- the page ---- */

static int put(const struct work *work, const char *text, size_t len)
{
	if (work->options->output)
		return import_file_write(work->options->output, text, len, 0644);
	return fwrite(text, 1, len, stdout) == len && fflush(stdout) == 0 ? EXIT_SUCCESS
									  : EXIT_FAILURE;
}

static int draw(const struct work *work)
{
	const struct timeline_scene scene = { &work->story, &work->findings,
					      (char(*)[TIMELINE_NAME_SIZE])work->names };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int err, status;

	if (!out)
		return out_of_memory();
	err = timeline_page(&scene, &work->view, &work->told, out);
	if (ferror(out))
		err = -ENOMEM;
	if (fclose(out) != 0 || err)
		status = out_of_memory();
	else
		status = put(work, text, len);
	free(text);
	return status;
}

int timeline(const struct timeline_options *options)
{
	struct work *work = calloc(1, sizeof(*work));
	int status;

	if (!work)
		return out_of_memory();
	work->options = options;
	status = parse(work);
	if (status == EXIT_SUCCESS)
		status = read_all(work);
	if (status == EXIT_SUCCESS)
		status = understand(work);
	if (status == EXIT_SUCCESS)
		status = draw(work);
	free(work->findings.all);
	timeline_story_free(&work->story);
	free(work);
	return status;
}
