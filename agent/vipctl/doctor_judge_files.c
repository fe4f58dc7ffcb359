/* SPDX-License-Identifier: MIT */
#include "doctor_judge.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* ---- the configuration ---- */

static void find_error(const struct doctor_view *view, struct doctor_findings *findings,
		       const struct conf_error *error, bool fatal)
{
	const char *place = error->line ? doctor_text(findings, "%s:%u: ", error->file, error->line)
					: doctor_text(findings, "%s: ", error->file);

	DOCTOR_FIND(
		findings, .severity = fatal ? DOCTOR_ERROR : DOCTOR_WARNING,
		.seen = doctor_text(findings, "%s%s", place, error->text),
		.why = fatal ? "vipd does not start with this file, and a reload of it is refused"
			     : "it is allowed, and will not do what it looks like",
		.advice = doctor_text(
			findings,
			"correct the file; \"vipd -t -c %s\" checks it, vipd.conf(5) explains it",
			doctor_word(findings, view->conf_path)));
}

/* What there is no file for is more often not there yet than lost. */
static void find_no_file(const struct doctor_view *view, struct doctor_findings *findings)
{
	DOCTOR_FIND(
		findings, .severity = DOCTOR_ERROR,
		.seen = doctor_text(findings, "%s: %s", view->conf_path, strerror(-view->conf_err)),
		.why = "vipd does not start without a configuration",
		.advice = "begin with the sample, vipd.conf.sample, or with \"vipctl import "
			  "/etc/keepalived/keepalived.conf\"; -c names another file");
}

void doctor_judge_configuration(const struct doctor_view *view, struct doctor_findings *findings)
{
	const struct conf_errors *errors = &view->conf_errors;

	if (view->conf_err == -ENOENT) {
		find_no_file(view, findings);
		return;
	}
	for (unsigned i = 0; i < errors->total && i < CONF_ERRORS_MAX; i++)
		find_error(view, findings, &errors->errors[i], true);
	for (unsigned i = 0; i < errors->warnings_total && i < CONF_ERRORS_MAX; i++)
		find_error(view, findings, &errors->warnings[i], false);
}

static bool is_told(const struct doctor_findings *findings, const char *text)
{
	for (const struct doctor_finding *it = findings->first; it; it = it->next)
		if (strstr(it->seen, text))
			return true;
	return false;
}

/* What vipd would complain of at a start here, and nobody has said yet. */
void doctor_judge_here(const struct doctor_view *view, struct doctor_findings *findings)
{
	const struct conf_errors *errors = &view->here_errors;

	for (unsigned i = 0; i < errors->total && i < CONF_ERRORS_MAX; i++)
		if (!is_told(findings, errors->errors[i].text))
			find_error(view, findings, &errors->errors[i], true);
}

/* A password that all can read is none. */
static void judge_file(struct doctor_findings *findings, const struct doctor_place *file,
		       bool has_password)
{
	if (file->there && (file->mode & 022))
		DOCTOR_FIND(findings, .severity = DOCTOR_ERROR,
			    .seen = doctor_text(findings, "%s: others may write to it, mode %04o",
						file->path, file->mode),
			    .why = "whoever may write to it runs commands as any user, by a check "
				   "or notify",
			    .mend = doctor_text(findings, "chmod go-w %s",
						doctor_word(findings, file->path)));
	if (has_password && file->there && (file->mode & 004))
		DOCTOR_FIND(findings, .severity = DOCTOR_WARNING,
			    .seen = doctor_text(findings,
						"%s has a password, and all may read it, mode %04o",
						file->path, file->mode),
			    .why = "whoever knows it can become Active",
			    .mend = doctor_text(findings, "chmod o-r %s",
						doctor_word(findings, file->path)),
			    .advice = "a password of VRRP 2 goes over the wire as it is: HMAC "
				      "keeps its keys");
}

void doctor_judge_secrets(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->conf->files_n; i++)
		judge_file(findings, &view->conf_files[i], view->conf->files[i].has_password);
}

/* ---- users, programs ---- */

static void find_no_user(struct doctor_findings *findings, const char *of, const char *user)
{
	DOCTOR_FIND(findings, .severity = DOCTOR_ERROR, .subject = of,
		    .seen = doctor_text(findings, "there is no user \"%s\" on this host", user),
		    .why = "vipd does not start with a configuration that names it",
		    .mend = doctor_text(
			    findings,
			    "useradd --system --no-create-home --shell /usr/sbin/nologin %s",
			    doctor_word(findings, user)));
}

void doctor_judge_user(const struct doctor_view *view, struct doctor_findings *findings)
{
	if (view->no_user)
		find_no_user(findings, NULL, view->user);
	for (unsigned i = 0; i < view->programs_n; i++) {
		const struct doctor_program *program = &view->programs[i];

		if (program->no_user && strcmp(program->user, view->user) != 0)
			find_no_user(findings, program->of, program->user);
	}
}

/* Return: the command that mends a fault; NULL: none does. */
static const char *mend_program(struct doctor_findings *findings,
				const struct doctor_program *program)
{
	const struct check_program_fault *fault = &program->fault;
	const char *where = doctor_word(findings, fault->where[0] ? fault->where : program->path);

	switch (fault->error) {
	case CHECK_PROGRAM_NOT_EXECUTABLE:
		return doctor_text(findings, "chmod a+rx %s", where);
	case CHECK_PROGRAM_WRITABLE:
		return doctor_text(findings, "chmod go-w %s", where);
	case CHECK_PROGRAM_OWNER:
		return doctor_text(findings, "chown root %s", where);
	case CHECK_PROGRAM_FINE:
	case CHECK_PROGRAM_ERRNO:
	case CHECK_PROGRAM_STEP:
	case CHECK_PROGRAM_INTERPRETER:
	case CHECK_PROGRAM_NO_FILE:
	case CHECK_PROGRAM_NOEXEC:
		break;
	}
	return NULL;
}

void doctor_judge_programs(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->programs_n; i++) {
		const struct doctor_program *program = &view->programs[i];
		const char *mend = mend_program(findings, program);
		char why[CHECK_PROGRAM_WHY_MAX];

		if (program->fault.error == CHECK_PROGRAM_FINE || program->hidden)
			continue;
		check_program_explain(&program->fault, why);
		DOCTOR_FIND(findings, .severity = DOCTOR_ERROR, .subject = program->of,
			    .seen = doctor_text(findings, "%s, to be run as %s: %s", program->path,
						program->user, why),
			    .why = program->fault.error == CHECK_PROGRAM_WRITABLE ||
						   program->fault.error == CHECK_PROGRAM_OWNER
					   ? "others could have vipd run what they like with that "
					     "user's rights, so it is not run"
					   : "it cannot be run: a check fails, or nobody is told; "
					     "and vipd does not start with it",
			    .mend = mend,
			    .advice =
				    mend ? NULL
					 : "install it, or name another one in the configuration");
	}
}

/* ---- directories, keys ---- */

void doctor_judge_state_dir(const struct doctor_view *view, struct doctor_findings *findings)
{
	const char *directory = conf_state_dir(view->conf);

	if (view->no_user || !conf_needs_notifier(view->conf) || view->state_dir >= 0)
		return;
	DOCTOR_FIND(
		findings, .severity = DOCTOR_ERROR,
		.seen = view->state_dir == -EACCES
				? doctor_text(findings,
					      "the user of the notifier cannot write in %s: it is "
					      "not %s's",
					      directory, view->user)
				: doctor_text(findings, "%s: %s", directory,
					      strerror(-view->state_dir)),
		.why = "what is to be told, the history, and drains over a start of the host are "
		       "not kept",
		.mend = view->state_dir == -EACCES ? doctor_text(findings, "chown -R %s %s",
								 doctor_word(findings, view->user),
								 doctor_word(findings, directory))
						   : NULL,
		.advice = view->state_dir == -EACCES ? NULL : "make it a directory of that user's");
}

void doctor_judge_keys(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->key_files_n; i++) {
		const struct doctor_key_file *file = &view->key_files[i];
		const char *path = doctor_word(findings, file->path);

		if (file->hidden || (!file->why && !file->active_missing))
			continue;
		DOCTOR_FIND(
			findings, .severity = DOCTOR_ERROR,
			.subject = doctor_text(findings, "router %s", file->router),
			.seen = file->why
					? doctor_text(findings, "%s: %s", file->path, file->why)
					: doctor_text(findings,
						      "%s: key %u, which is to sign, is not in it",
						      file->path, file->active),
			.why = "without its keys a router is in fault: it neither signs nor "
			       "believes anybody",
			.mend = file->others
					? doctor_text(findings, "chown root %s && chmod 600 %s",
						      path, path)
					: NULL,
			.advice = file->others ? "who could read it may have the keys: replace them"
					       : "auth in vipd.conf(5) has the form of the file");
	}
}

/* Whoever may write there puts a socket of his own in the place of vipd's. */
void doctor_judge_control(const struct doctor_view *view, struct doctor_findings *findings)
{
	const struct doctor_place *place = &view->control_dir;
	bool sticky = place->mode & S_ISVTX;

	if (place->there && (place->mode & 022) && !sticky)
		DOCTOR_FIND(
			findings, .severity = DOCTOR_ERROR,
			.seen = doctor_text(findings,
					    "the directory of the control socket, %s: others may "
					    "write to it, mode %04o",
					    place->path, place->mode),
			.why = "they could answer in the place of vipd, or take its socket away",
			.mend = doctor_text(findings, "chmod go-w %s",
					    doctor_word(findings, place->path)));
}
