/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor_rows.h"
#include "doctor_see.h"
#include "usage.h"

#define ALIKE_MAX 20 /* findings of one check that are told to people */

static void ask(struct doctor_view *view, const char *path)
{
	view->vipctl = strcmp(path, USAGE_CONTROL_PATH) == 0
			       ? "vipctl"
			       : arena_print(view->arena, "vipctl -s %s", path);
	doctor_ask(view, path);
}

/* What belongs to a network namespace. */
static void see_net(struct doctor_view *view)
{
	if (view->is_elsewhere) {
		doctor_unseen(view, "interfaces, sockets and packet filters",
			      "that vipd has another network namespace than this vipctl: run it "
			      "there, by nsenter or ip netns exec");
		return;
	}
	doctor_see_net(view);
	doctor_see_processes(view);
	doctor_see_managers(view);
	doctor_see_rules(view);
	doctor_try(view);
}

/* Who named no socket has one in the configuration, perhaps. */
static void see(struct doctor_view *view, const char *path, const struct doctor_options *options)
{
	view->is_root = geteuid() == 0;
	ask(view, path);
	doctor_see_conf(view, options->conf_path, options->node);
	if (!view->is_there && view->conf && strcmp(path, USAGE_CONTROL_PATH) == 0 &&
	    strcmp(path, view->conf->control) != 0)
		ask(view, view->conf->control);
	see_net(view);
	doctor_see_host(view);
	doctor_see_files(view);
}

/* ---- for people ---- */

static const char *plural(unsigned n)
{
	return n == 1 ? "" : "s";
}

static void print_finding(const struct doctor_finding *finding)
{
	printf("%s: %s: ", doctor_severity_words[finding->severity], finding->code);
	if (finding->subject)
		printf("%s: ", finding->subject);
	printf("%s\n  why: %s\n", finding->seen, finding->why);
	if (finding->mend)
		printf("  mend: %s\n", finding->mend);
	if (finding->advice)
		printf("  %s: %s\n", finding->mend ? "also" : "mend", finding->advice);
}

static bool is_like(const struct doctor_finding *a, const struct doctor_finding *b)
{
	return a->severity == b->severity && strcmp(a->code, b->code) == 0;
}

/* Of thousands of routers that have the same fault, some are told, and how many more there are. */
static void print_one_of(const struct doctor_findings *findings, const struct doctor_finding *it)
{
	const struct doctor_finding *later = it->next;
	unsigned before = 0;

	for (const struct doctor_finding *at = findings->first; at != it; at = at->next)
		before += is_like(at, it);
	while (later && !is_like(later, it))
		later = later->next;
	if (before < ALIKE_MAX)
		print_finding(it);
	else if (!later)
		printf("%s: %s: and %u more, which --json shows\n",
		       doctor_severity_words[it->severity], it->code, before + 1 - ALIKE_MAX);
}

static void print_lines(const struct doctor_view *view, const struct doctor_findings *findings,
			unsigned skipped)
{
	unsigned unseen_n = 0;

	for (int severity = DOCTOR_ERROR; severity >= DOCTOR_NOTE; severity--)
		for (const struct doctor_finding *it = findings->first; it; it = it->next)
			if ((int)it->severity == severity)
				print_one_of(findings, it);
	for (const struct doctor_unseen *it = view->unseen; it; it = it->next, unseen_n++)
		printf("not seen: %s: %s\n", it->what, it->why);
	printf("%s: %u error%s, %u warning%s, %u note%s",
	       view->running    ? "vipd runs"
	       : view->is_there ? "vipd runs, and was not asked"
				: "vipd does not run",
	       findings->n[DOCTOR_ERROR], plural(findings->n[DOCTOR_ERROR]),
	       findings->n[DOCTOR_WARNING], plural(findings->n[DOCTOR_WARNING]),
	       findings->n[DOCTOR_NOTE], plural(findings->n[DOCTOR_NOTE]));
	if (unseen_n || skipped)
		printf("; %u thing%s NOT SEEN, %u check%s not made", unseen_n, plural(unseen_n),
		       skipped, plural(skipped));
	putchar('\n');
}

/* ---- for programs ---- */

static json_t *text(const char *word)
{
	/* What comes from outside may be no UTF-8. */
	json_t *value = word ? json_string(word) : json_null();

	return value ? value : json_string("?");
}

static json_t *finding_object(const struct doctor_finding *finding)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "severity",
			 doctor_severity_words[finding->severity], "finding", finding->code,
			 "subject", text(finding->subject), "seen", text(finding->seen), "why",
			 text(finding->why), "mend", text(finding->mend), "advice",
			 text(finding->advice));
}

static void print_document(const struct doctor_view *view, const struct doctor_findings *findings,
			   unsigned skipped)
{
	json_t *found = json_array(), *unseen = json_array(), *document;

	for (const struct doctor_finding *it = findings->first; it; it = it->next)
		json_array_append_new(found, finding_object(it));
	for (const struct doctor_unseen *it = view->unseen; it; it = it->next)
		json_array_append_new(unseen, json_pack("{s:o, s:o}", "what", text(it->what), "why",
							text(it->why)));
	document =
		json_pack("{s:b, s:o, s:i, s:i, s:i, s:i, s:o, s:o}", "running", view->is_there,
			  "configuration", text(view->conf_path), "errors",
			  (int)findings->n[DOCTOR_ERROR], "warnings",
			  (int)findings->n[DOCTOR_WARNING], "notes", (int)findings->n[DOCTOR_NOTE],
			  "checks_not_made", (int)skipped, "findings", found, "not_seen", unseen);
	(void)json_dumpf(document, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(document);
}

int doctor(const char *path, const struct doctor_options *options)
{
	struct arena arena = { 0 };
	struct doctor_view view = { .arena = &arena };
	struct doctor_findings findings;
	unsigned skipped;
	bool wrong;

	doctor_findings_init(&findings, &arena);
	see(&view, path, options);
	doctor_run(&view, &findings, &skipped);
	if (options->json)
		print_document(&view, &findings, skipped);
	else
		print_lines(&view, &findings, skipped);
	wrong = findings.n[DOCTOR_ERROR] || findings.n[DOCTOR_WARNING];
	conf_free(view.conf);
	arena_free(&arena);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
