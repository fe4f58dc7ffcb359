/* SPDX-License-Identifier: MIT */
/*
 * What looks at the host for vipctl doctor, a file for each part. Nothing of the host is changed:
 * files are read, the kernel is asked, and a packet of this host to itself leaves it nowhere. Each
 * says of what it could not see why (doctor_unseen()).
 */
#ifndef VIPCTL_DOCTOR_SEE_H
#define VIPCTL_DOCTOR_SEE_H

#include "doctor_view.h"

/**
 * doctor_see_conf() - the configuration: what runs, else the file. In doctor_see_conf.c.
 * @path: NULL: that of the vipd that runs, else vipd's default.
 * @node: as vipd's -n; or NULL.
 */
void doctor_see_conf(struct doctor_view *view, const char *path, const char *node);

/**
 * doctor_see_net() - interfaces, addresses, settings, memberships. In doctor_see_net.c.
 */
void doctor_see_net(struct doctor_view *view);

/**
 * doctor_see_processes() - who else runs that may matter, and who has sockets of protocol 112. In
 * doctor_see_processes.c.
 */
void doctor_see_processes(struct doctor_view *view);

/**
 * doctor_see_managers() - who else configures interfaces. Behind the two above. In
 * doctor_see_managers.c.
 */
void doctor_see_managers(struct doctor_view *view);

/**
 * doctor_see_host() - the kernel, the clock, what it takes to be in time. In doctor_see_host.c.
 */
void doctor_see_host(struct doctor_view *view);

/**
 * doctor_see_files() - programs, keys, directories, users. In doctor_see_files.c.
 */
void doctor_see_files(struct doctor_view *view);

/**
 * doctor_see_rules() - those of nftables and iptables. In doctor_see_rules.c.
 */
void doctor_see_rules(struct doctor_view *view);

/**
 * doctor_try() - a packet of protocol 112 to ourselves, for each router. Behind doctor_see_net().
 * In doctor_try.c.
 */
void doctor_try(struct doctor_view *view);

/**
 * doctor_ask() - the vipd that runs, by its control socket. In doctor_running.c.
 */
void doctor_ask(struct doctor_view *view, const char *control);

#endif
