/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "check_notify.h"
#include "client.h"
#include "complain.h"
#include "connection.h"
#include "problems.h"
#include "standby.h"

/* One line, or one object. */
struct finding {
	enum problem_level level;
	char router[FIELDS_TEXT_SIZE]; /* empty: of the host */
	int64_t family;                /* of the router: one of both has two rows */
	char word[PROBLEM_WORD_SIZE];
	char text[COMPLAIN_SIZE];
};

struct checker {
	const struct check_options *options;
	enum problem_level level; /* the worst */
	unsigned routers_n, active_n, findings_n, findings_max, more_n;
	struct finding *findings;    /* owned */
	bool any;                    /* a router whose records are coming */
	char name[FIELDS_TEXT_SIZE]; /* of it, as the next one */
	int64_t family;
	struct problems problems;         /* likewise */
	char state_dir[FIELDS_TEXT_SIZE]; /* of the host; empty: nobody is to be told of events */
	bool stopping;                    /* it was told to */
	enum standby standby;
	char why[COMPLAIN_SIZE]; /* it cannot be asked */
};

/* As monitoring plugins say it, and as JSON does. */
static const char *const plugin_words[] = { "OK", "WARNING", "CRITICAL" };
static const char *const level_words[] = { "ok", "warning", "critical" };

static const char *add(struct checker *checker, enum problem_level level, const char *router,
		       const char *word, const char *text)
{
	unsigned max = checker->findings_max ? checker->findings_max * 2 : 32;
	struct finding *grown;

	if (level > checker->level)
		checker->level = level;
	if (checker->findings_n == checker->findings_max) {
		grown = realloc(checker->findings, max * sizeof(*grown));
		if (!grown)
			return "there is not enough memory for it";
		checker->findings = grown;
		checker->findings_max = max;
	}
	grown = &checker->findings[checker->findings_n++];
	grown->level = level;
	snprintf(grown->router, sizeof(grown->router), "%s", router);
	grown->family = checker->family;
	snprintf(grown->word, sizeof(grown->word), "%s", word);
	snprintf(grown->text, sizeof(grown->text), "%s", text);
	return NULL;
}

/* ---- records ---- */

static const char *finish_router(struct checker *checker)
{
	const struct problems *problems = &checker->problems;
	const char *why = NULL;

	for (unsigned i = 0; checker->any && i < problems->n && !why; i++)
		why = add(checker, problems->all[i].level, checker->name, problems->all[i].word,
			  problems->all[i].text);
	checker->more_n += checker->any ? problems->more_n : 0;
	checker->any = false;
	return why;
}

static const char *begin_router(struct checker *checker, const struct records_table *table,
				const void *record)
{
	const char *why = finish_router(checker);

	problems_begin(&checker->problems, table, record);
	client_text(table, record, "name", checker->name);
	checker->family = client_number(table, record, "family");
	checker->any = true;
	checker->routers_n++;
	checker->active_n += checker->problems.is_active;
	return why;
}

/* Kinds that are unknown are skipped. */
static const char *take_record(const struct records_table *table, const void *record, void *arg)
{
	struct checker *checker = arg;

	if (strcmp(table->name, "host") == 0) {
		(void)client_text(table, record, ".state_dir", checker->state_dir);
		checker->stopping = client_number(table, record, ".stopping");
	}
	if (strcmp(table->name, "router") == 0)
		return begin_router(checker, table, record);
	if (checker->any)
		problems_take(&checker->problems, table, record);
	return NULL;
}

static const char *finish(void *arg)
{
	return finish_router(arg);
}

static void look_at_processes(struct checker *checker, int fd)
{
	struct problem problems[CHECK_NOTIFY_MAX];
	const struct problem *problem;
	unsigned n;

	if (checker->standby == STANDBY_NONE && !checker->stopping)
		checker->standby = standby_look(fd, true);
	problem = standby_problem(checker->standby, checker->stopping);
	if (problem)
		(void)add(checker, problem->level, "", problem->word, problem->text);
	n = check_notify(fd, checker->state_dir, problems);
	for (unsigned i = 0; i < n; i++)
		(void)add(checker, problems[i].level, "", problems[i].word, problems[i].text);
}

static int ask(int fd, const void *arg)
{
	struct checker *checker = *(struct checker *const *)arg;
	const struct client_question question = { .command = "show",
						  .router = checker->options->router,
						  .each = take_record,
						  .finish = finish,
						  .arg = checker,
						  .ret_why = checker->why };
	int status;

	/* Before it answers: one that it lets go since it stops is none that is missing. */
	checker->standby = standby_look(fd, false);
	status = client_ask(fd, &question);
	if (status == EXIT_SUCCESS)
		look_at_processes(checker, fd);
	return status;
}

/* ---- what is said ---- */

static void print_finding(const struct finding *finding)
{
	if (finding->router[0])
		printf("router %s%s: ", finding->router, finding->family == 6 ? " over IPv6" : "");
	printf("%s: %s", finding->word, finding->text);
}

/* The worst one, since some show the first line alone. */
static const struct finding *worst(const struct checker *checker)
{
	for (unsigned i = 0; i < checker->findings_n; i++)
		if (checker->findings[i].level == checker->level)
			return &checker->findings[i];
	return NULL;
}

static void print_lines(const struct checker *checker)
{
	const struct finding *first = worst(checker);

	printf("VIPD %s - ", plugin_words[checker->level]);
	if (first)
		print_finding(first);
	else
		printf("%u router%s, %u active here", checker->routers_n,
		       checker->routers_n == 1 ? "" : "s", checker->active_n);
	if (checker->findings_n + checker->more_n > 1)
		printf(" (and %u more)", checker->findings_n + checker->more_n - 1);
	putchar('\n');
	for (unsigned i = 0; i < checker->findings_n; i++) {
		printf("%s: ", plugin_words[checker->findings[i].level]);
		print_finding(&checker->findings[i]);
		putchar('\n');
	}
	if (checker->more_n)
		printf("and %u more\n", checker->more_n);
}

static void print_document(const struct checker *checker)
{
	json_t *problems = json_array();
	json_t *document = json_object();

	for (unsigned i = 0; i < checker->findings_n; i++) {
		const struct finding *finding = &checker->findings[i];

		json_array_append_new(
			problems,
			json_pack("{s:s, s:o, s:o, s:s, s:s}", "level", level_words[finding->level],
				  "router",
				  finding->router[0] ? json_string(finding->router) : json_null(),
				  "family",
				  finding->router[0] ? json_integer(finding->family) : json_null(),
				  "problem", finding->word, "text", finding->text));
	}
	json_object_set_new(document, "level", json_string(level_words[checker->level]));
	json_object_set_new(document, "routers", json_integer(checker->routers_n));
	json_object_set_new(document, "active", json_integer(checker->active_n));
	json_object_set_new(document, "problems", problems);
	(void)json_dumpf(document, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(document);
}

int check(const char *path, const struct check_options *options)
{
	struct checker *checker = calloc(1, sizeof(*checker));
	int status;

	if (!checker) {
		(void)complain(NULL, "out of memory");
		return PROBLEM_WRONG;
	}
	checker->options = options;
	if (connection_converse(path, ask, &checker, checker->why) != EXIT_SUCCESS) {
		/* What came of an answer that is not whole is worth nothing. */
		checker->findings_n = checker->more_n = checker->routers_n = checker->active_n = 0;
		checker->level = PROBLEM_NONE;
		(void)add(checker, PROBLEM_WRONG, "", "no_answer", checker->why);
	}
	if (options->json)
		print_document(checker);
	else
		print_lines(checker);
	status = (int)checker->level;
	free(checker->findings);
	free(checker);
	return status;
}
