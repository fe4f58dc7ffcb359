/* SPDX-License-Identifier: MIT */
#include "import.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/conf/conf.h"
#include "complain.h"
#include "import_announce.h"
#include "import_check.h"
#include "import_election.h"
#include "import_file.h"
#include "import_group.h"
#include "import_notify.h"
#include "import_peers.h"
#include "import_router.h"
#include "import_track.h"
#include "import_word.h"

#define STDOUT_STEM "vipd.conf" /* what files of secrets are called beside standard output */
#define NODE_NAME   "import"    /* of nobody, where the file names none */
#define HOUR_US     INT64_C(3600000000)

/* ---- the keepalived.conf ---- */

static void host_name(char *ret_name, size_t size)
{
	if (gethostname(ret_name, size - 1) < 0)
		ret_name[0] = '\0';
	ret_name[size - 1] = '\0';
	ret_name[strcspn(ret_name, ".")] = '\0';
}

/* Lines that begin with "@name" are those of one host. */
static struct keepalived_node *read_tree(struct import *import,
					 const struct import_options *options)
{
	const struct keepalived_line *lines;
	const struct origin file = { .file = options->path };
	char host[HOST_NAME_MAX + 1];
	const char *node = options->node;
	bool conditions;

	host_name(host, sizeof(host));
	lines = keepalived_read(import->arena, import->report, options->path, node ? node : host,
				&conditions, &import->sources);
	if (conditions && !node)
		report_put(import->report, &file, VERDICT_CHANGED, "@",
			   "lines for \"%s\", this host: --node NAME names another one", host);
	return report_is_open(import->report)
		       ? NULL
		       : keepalived_tree(import->arena, import->report, lines);
}

/* ---- the vipd.conf ---- */

static void put_boot_delay(struct import *import)
{
	struct keepalived_node *node = import->globals.said[KEYWORD_BOOT_DELAY];
	int64_t us;

	if (node && import_time(import, node, 0, HOUR_US, 0, &us))
		import_put(import, import->root, "boot_delay", SETTING_TEXT,
			   import_duration(import, us), node);
}

/* In the order of a file; names first, as all of it refers to them. */
static void map(struct import *import, struct keepalived_node *root, const char *node)
{
	const struct origin file = { .line = 0 };

	import_keywords(import, root);
	import_checks_name(import);
	import_routers_name(import);
	if (node)
		setting_add(import->arena, import->root, "node", SETTING_TEXT, node, &file);
	put_boot_delay(import);
	import_routers(import);
	import_groups(import);
	import_checks(import);
	import_notify_globals(import);
	import_delays(import);
	import_announce_globals(import);
	import_election_globals(import);
	import_peers_globals(import);
	import_keywords_check(import, root);
}

static const char *directory_of(struct import *import, const char *path)
{
	const char *slash = strrchr(path, '/');

	return arena_copy(import->arena, path, slash ? (size_t)(slash - path) + 1 : 0);
}

static const char *head_of(struct import *import, const struct import_options *options)
{
	return arena_print(import->arena,
			   "# Made of %s by vipctl import; each line says of what.\n\n",
			   options->path);
}

/* ---- what vipd says of it ---- */

/* @error's words: another place that it names is one of what was read, not of what is written. */
static const char *text_of(struct import *import, const struct conf_error *error)
{
	const struct origin *other = &setting_at(import->root, error->other)->origin;
	const char *words = arena_copy(import->arena, error->text, error->other_at);

	if (!error->other)
		return error->text;
	if (!other->file || !other->line)
		return words;
	return arena_print(import->arena, "%s, at %s:%u", words, other->file, other->line);
}

static void tell(struct import *import, const struct conf_error *error, enum verdict verdict)
{
	const struct setting *setting = setting_at(import->root, error->line);
	const struct origin *origin = &setting->origin;
	const struct origin nowhere = { .file = "vipd.conf" };

	report_put(import->report, origin->file ? origin : &nowhere, verdict, "vipd", "%s",
		   text_of(import, error));
}

static void tell_all(struct import *import, const struct conf_errors *errors)
{
	for (unsigned i = 0; i < errors->total && i < CONF_ERRORS_MAX; i++)
		tell(import, &errors->errors[i], VERDICT_REFUSED);
	for (unsigned i = 0; i < errors->warnings_total && i < CONF_ERRORS_MAX; i++)
		tell(import, &errors->warnings[i], VERDICT_CHANGED);
}

/* It may be made on another host than it is for, or before all is installed there: so this keeps
 * nothing from being written. */
static void warn_of_host(struct import *import, const struct conf_errors *errors)
{
	for (unsigned i = 0; i < errors->total && i < CONF_ERRORS_MAX; i++) {
		const struct origin *origin =
			&setting_at(import->root, errors->errors[i].line)->origin;

		fputs("vipctl: warning: vipd refuses the result on this host as long as ", stderr);
		if (origin->file && origin->line)
			fprintf(stderr, "%s:%u: ", origin->file, origin->line);
		fprintf(stderr, "%s\n", text_of(import, &errors->errors[i]));
	}
}

/* As vipd would read it, secrets and all, without a file that somebody could see.
 * @ret_here: what is wrong with it on this host alone. */
static int check(struct import *import, const char *head, const char *node,
		 struct conf_errors *ret_here)
{
	int fd = memfd_create("vipd.conf", MFD_CLOEXEC);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	struct conf_errors errors = { 0 };
	struct conf *conf = NULL, *here = NULL;
	char path[32];

	if (!out) {
		if (fd >= 0)
			close(fd);
		return complain(NULL, "cannot check the result: %s", strerror(errno));
	}
	setting_write(import->root, head, import->directory, true, out);
	fflush(out);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	node = node ? node : NODE_NAME;
	if (conf_load_as(path, node, &conf, &errors) == 0 &&
	    conf_load_here(path, node, &here, ret_here) == 0)
		conf_free(here);
	tell_all(import, &errors);
	conf_free(conf);
	fclose(out);
	return EXIT_SUCCESS;
}

/* ---- files ---- */

/* Where files of secrets go, and what they are called from the configuration. */
static int place_secrets(struct import *import, const struct import_options *options)
{
	char *copy = arena_print(import->arena, "%s", options->output ? options->output : "./x");
	const char *directory = dirname(copy);
	char path[PATH_MAX], beside[PATH_MAX];

	import->secrets_stem = STDOUT_STEM;
	if (options->output)
		import->secrets_stem = basename(arena_print(import->arena, "%s", options->output));
	if (!realpath(directory, beside))
		return complain(NULL, "%s: %s", directory, strerror(errno));
	if (options->secrets && !realpath(options->secrets, path))
		return complain(NULL, "%s: %s", options->secrets, strerror(errno));
	if (!options->secrets || strcmp(path, beside) == 0) {
		strcpy(path, beside);
		import->secrets_prefix = "";
	} else {
		import->secrets_prefix = arena_print(import->arena, "%s/", path);
	}
	import->secrets_directory =
		arena_print(import->arena, "%s%s", path, strcmp(path, "/") == 0 ? "" : "/");
	return EXIT_SUCCESS;
}

static int write_secrets(struct import *import)
{
	int status = EXIT_SUCCESS;

	for (const struct import_secret *s = import->secrets; s && !status; s = s->next) {
		const char *path =
			arena_print(import->arena, "%s%s", import->secrets_directory, s->name);
		const struct origin origin = { .file = path, .file_at = UINT_MAX };

		if (s->bytes)
			status = import_file_write(path, s->bytes, strlen(s->bytes), 0600);
		if (!status)
			report_put(import->report, &origin, VERDICT_MAPPED, s->what, "%s",
				   s->bytes ? "is in this file, which only its owner may read"
					    : "this file is there already, and stays as it is");
	}
	return status;
}

/* By whatever name or link: what was read must be there for the next attempt, and for whoever goes
 * back to keepalived. */
static int spare_source(const struct import *import, const char *path, char *ret_why)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return EXIT_SUCCESS;
	for (const struct keepalived_source *it = import->sources; it; it = it->next)
		if (it->device == status.st_dev && it->inode == status.st_ino)
			return complain(ret_why,
					"%.200s: is one of the files that are imported, and stays "
					"as it is: -o names another file",
					path);
	return EXIT_SUCCESS;
}

/* @ret_why: stays empty where it was told already. */
static int check_targets(struct import *import, const struct import_options *options, char *ret_why)
{
	int status =
		options->output ? spare_source(import, options->output, ret_why) : EXIT_SUCCESS;

	for (const struct import_secret *s = import->secrets; s && !status; s = s->next)
		if (s->bytes)
			status = spare_source(import,
					      arena_print(import->arena, "%s%s",
							  import->secrets_directory, s->name),
					      ret_why);
	if (!status && options->output)
		status = import_file_check(options->output);
	return status;
}

static int write_output(struct import *import, const struct import_options *options,
			const char *head)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int status;

	if (!out)
		return complain(NULL, "%s", strerror(errno));
	setting_write(import->root, head, import->directory, false, out);
	if (fclose(out) != 0)
		status = complain(NULL, "out of memory");
	else if (options->output)
		status = import_file_write(options->output, text, len, 0644);
	else
		status = fwrite(text, 1, len, stdout) == len ? EXIT_SUCCESS : EXIT_FAILURE;
	free(text);
	return status;
}

/* ---- all of it ---- */

static int run(struct import *import, const struct import_options *options)
{
	struct keepalived_node *root = read_tree(import, options);
	const struct origin file = { .file = options->path };
	const char *head = head_of(import, options);
	struct conf_errors here = { 0 };
	char why[COMPLAIN_SIZE] = "";
	int status = EXIT_SUCCESS;

	import->directory = directory_of(import, options->path);
	if (root && !report_is_open(import->report)) {
		map(import, root, options->node);
		if (!import->instances.first)
			report_put(import->report, &file, VERDICT_WRONG, NULL,
				   "there is no vrrp_instance, and so nothing to import");
	}
	if (!report_is_open(import->report))
		status = check(import, head, options->node, &here);
	if (!status && report_is_open(import->report))
		status = EX_CONFIG;
	/* Not after: whoever gets no configuration shall have no secrets lying about. */
	if (!status)
		status = check_targets(import, options, why);
	if (!status)
		status = write_secrets(import);
	if (!status)
		status = write_output(import, options, head);
	report_print(import->report, stderr);
	warn_of_host(import, &here);
	if (why[0]) /* behind the report, where it is seen */
		complain(NULL, "%s", why);
	if (status == EX_CONFIG)
		fputs("vipctl: nothing is written until what is refused or wrong is decided in the "
		      "file that is imported\n",
		      stderr);
	return status;
}

static void init_subjects(struct subjects *subjects)
{
	*subjects = (struct subjects){ .end = &subjects->first };
}

int import(const struct import_options *options)
{
	struct arena arena = { 0 };
	struct report report;
	struct import import = { .arena = &arena, .report = &report, .ah = options->ah };
	struct setting root = { .kind = SETTING_GROUP };
	int status;

	report_init(&report, &arena);
	import.root = &root;
	init_subjects(&import.instances);
	init_subjects(&import.groups);
	init_subjects(&import.scripts);
	init_subjects(&import.files);
	init_subjects(&import.processes);
	init_subjects(&import.garp_groups);
	status = place_secrets(&import, options);
	if (!status)
		status = run(&import, options);
	arena_free(&arena);
	return status;
}
