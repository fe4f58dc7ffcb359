/* SPDX-License-Identifier: MIT */
/*
 * The checks of vipctl doctor: pure functions of what was seen, each a row of the table in
 * doctor_rows.c, which says what it needs. In doctor_judge_*.c, by what they are about.
 */
#ifndef VIPCTL_DOCTOR_JUDGE_H
#define VIPCTL_DOCTOR_JUDGE_H

#include "doctor_findings.h"
#include "doctor_view.h"

typedef void (*doctor_judge_fn)(const struct doctor_view *view, struct doctor_findings *findings);

/* ---- files: doctor_judge_files.c ---- */

void doctor_judge_configuration(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_secrets(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_user(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_programs(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_state_dir(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_here(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_keys(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_control(const struct doctor_view *view, struct doctor_findings *findings);

/* ---- interfaces and addresses: doctor_judge_net.c ---- */

void doctor_judge_interface(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_mtu(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_membership(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_snooping(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_source(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_duplicate(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_foreign(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_subnet(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_peers(const struct doctor_view *view, struct doctor_findings *findings);

/* ---- interfaces where no router lives: doctor_judge_places.c ---- */

void doctor_judge_places(const struct doctor_view *view, struct doctor_findings *findings);

/* ---- settings of interfaces: doctor_judge_settings.c ---- */

void doctor_judge_ipv6(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_forwarding(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_accept_ra(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_rp_filter(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_arp_ignore(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_arp_filter(const struct doctor_view *view, struct doctor_findings *findings);

/* ---- packet filters: doctor_judge_firewall.c ---- */

void doctor_judge_rules(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_tried(const struct doctor_view *view, struct doctor_findings *findings);

/* ---- the host: doctor_judge_host.c ---- */

void doctor_judge_boot(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_kernel(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_nftables(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_realtime(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_clock(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_speakers(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_managers(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_neighbours(const struct doctor_view *view, struct doctor_findings *findings);

/* ---- what vipd says: doctor_judge_running.c ---- */

void doctor_judge_problems(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_standby(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_alone(const struct doctor_view *view, struct doctor_findings *findings);
void doctor_judge_strangers(const struct doctor_view *view, struct doctor_findings *findings);

#endif
