/* SPDX-License-Identifier: MIT */
#include "doctor_rows.h"

#define CONF       DOCTOR_SEES_CONF
#define INTERFACES (DOCTOR_SEES_CONF | DOCTOR_SEES_INTERFACES)
#define ADDRESSES  (INTERFACES | DOCTOR_SEES_ADDRESSES)
#define SETTINGS   (INTERFACES | DOCTOR_SEES_SETTINGS)
#define FILES      (CONF | DOCTOR_SEES_FILES)

/* In the order in which they are told: what is wrong first is mended first. */
const struct doctor_row doctor_rows[] = {
	{ "configuration", 0, doctor_judge_configuration },
	{ "secrets", FILES, doctor_judge_secrets },
	{ "user", FILES, doctor_judge_user },
	{ "program", FILES, doctor_judge_programs },
	{ "state_dir", FILES, doctor_judge_state_dir },
	/* Behind those that say more of the same. */
	{ "configuration", FILES, doctor_judge_here },
	{ "keys", FILES, doctor_judge_keys },
	{ "control", FILES, doctor_judge_control },
	{ "interface", INTERFACES, doctor_judge_interface },
	{ "interface", INTERFACES, doctor_judge_places },
	{ "mtu", INTERFACES, doctor_judge_mtu },
	{ "source", ADDRESSES, doctor_judge_source },
	{ "duplicate_address", ADDRESSES, doctor_judge_duplicate },
	{ "foreign_address", ADDRESSES, doctor_judge_foreign },
	{ "subnet", ADDRESSES, doctor_judge_subnet },
	{ "peer_route", CONF | DOCTOR_SEES_PEERS, doctor_judge_peers },
	{ "membership", INTERFACES | DOCTOR_SEES_MEMBERS | DOCTOR_SEES_RUNNING,
	  doctor_judge_membership },
	{ "snooping", INTERFACES, doctor_judge_snooping },
	{ "firewall", ADDRESSES | DOCTOR_SEES_RULES, doctor_judge_rules },
	{ "firewall", CONF | DOCTOR_SEES_TRIED, doctor_judge_tried },
	{ "ipv6", SETTINGS, doctor_judge_ipv6 },
	{ "forwarding", SETTINGS, doctor_judge_forwarding },
	{ "accept_ra", SETTINGS, doctor_judge_accept_ra },
	{ "rp_filter", SETTINGS, doctor_judge_rp_filter },
	{ "arp_ignore", SETTINGS, doctor_judge_arp_ignore },
	{ "arp_filter", SETTINGS, doctor_judge_arp_filter },
	{ "other_daemon", DOCTOR_SEES_PROCESSES, doctor_judge_neighbours },
	{ "other_daemon", DOCTOR_SEES_SPEAKERS, doctor_judge_speakers },
	{ "network_manager", INTERFACES | DOCTOR_SEES_PROCESSES, doctor_judge_managers },
	{ "boot", 0, doctor_judge_boot },
	{ "kernel", DOCTOR_SEES_KERNEL, doctor_judge_kernel },
	{ "nftables", CONF | DOCTOR_SEES_KERNEL, doctor_judge_nftables },
	{ "realtime", CONF | DOCTOR_SEES_REALTIME, doctor_judge_realtime },
	{ "clock", CONF | DOCTOR_SEES_CLOCK, doctor_judge_clock },
	/* Its findings have the words of vipctl check. */
	{ "running", DOCTOR_SEES_RUNNING, doctor_judge_problems },
	{ "no_standby", DOCTOR_SEES_RUNNING, doctor_judge_standby },
	{ "alone", CONF | DOCTOR_SEES_RUNNING, doctor_judge_alone },
	{ "strangers", DOCTOR_SEES_RUNNING, doctor_judge_strangers },
	{ 0 },
};

void doctor_run(const struct doctor_view *view, struct doctor_findings *findings,
		unsigned *ret_skipped)
{
	*ret_skipped = 0;
	for (const struct doctor_row *row = doctor_rows; row->code; row++) {
		unsigned lacks = row->needs & ~view->seen;

		findings->code = row->code;
		if (!lacks)
			row->judge(view, findings);
		else if (!(lacks & DOCTOR_SEES_RUNNING) || view->is_there)
			(*ret_skipped)++;
	}
}
