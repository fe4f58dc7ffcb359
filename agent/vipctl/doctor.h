/* SPDX-License-Identifier: MIT */
/*
 * vipctl doctor: what is wrong on this host now, or will be; with a vipd that runs and without one.
 * What is seen of the host is in doctor_see.h, what is made of it in doctor_judge.h.
 */
#ifndef VIPCTL_DOCTOR_H
#define VIPCTL_DOCTOR_H

#include <stdbool.h>

struct doctor_options {
	bool json;
	const char *conf_path; /* NULL: what runs, else vipd's default */
	const char *node;      /* as vipd's -n; or NULL */
};

/**
 * doctor() - look, and tell.
 * @path: of the control socket.
 *
 * Return: an exit status: 0; 1 when there is an error or a warning.
 */
int doctor(const char *path, const struct doctor_options *options);

#endif
