/* SPDX-License-Identifier: MIT */
/*
 * What vipctl doctor has found: how bad it is, what was seen, why it matters, and what mends it.
 */
#ifndef VIPCTL_DOCTOR_FINDINGS_H
#define VIPCTL_DOCTOR_FINDINGS_H

#include "arena.h"

enum doctor_severity {
	DOCTOR_NOTE,    /* to be known; nothing is wrong */
	DOCTOR_WARNING, /* something will fail, or is not as it is meant */
	DOCTOR_ERROR,   /* the addresses are not served, or not by one host alone, or will not be */
	DOCTOR_SEVERITIES,
};

/* All texts live as long as the findings. */
struct doctor_finding {
	enum doctor_severity severity;
	const char *code;    /* which check found it */
	const char *subject; /* "router lan", "interface eth0"; NULL: the host */
	const char *seen;
	const char *why;
	const char *mend; /* a command, to be typed as it is; NULL: there is none */
	const char
		*advice; /* what to do where no command does it, or what comes with it; or NULL */
	struct doctor_finding *next;
};

struct doctor_findings {
	struct arena *arena; /* of all texts; borrowed */
	const char *code;    /* of the check that runs now */
	unsigned n[DOCTOR_SEVERITIES];
	struct doctor_finding *first, **end;
};

extern const char *const doctor_severity_words[DOCTOR_SEVERITIES];

void doctor_findings_init(struct doctor_findings *findings, struct arena *arena);

/**
 * doctor_find() - add one.
 * @finding: copied; code and next are filled in.
 */
void doctor_find(struct doctor_findings *findings, const struct doctor_finding *finding);

/* doctor_find() of what its members are set to. */
#define DOCTOR_FIND(findings, ...) doctor_find((findings), &(struct doctor_finding){ __VA_ARGS__ })

/**
 * doctor_text() - a text by a format, for a finding.
 */
__attribute__((format(printf, 2, 3))) char *doctor_text(const struct doctor_findings *findings,
							const char *format, ...);

/**
 * doctor_word() - a text as one word of a command: in single quotes, if a shell would see anything
 * else in it.
 */
const char *doctor_word(const struct doctor_findings *findings, const char *text);

#endif
