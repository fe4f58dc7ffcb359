/* SPDX-License-Identifier: MIT */
#include "doctor_judge.h"

#include <string.h>

/* ---- the kernel, the clock ---- */

void doctor_judge_boot(const struct doctor_view *view, struct doctor_findings *findings)
{
	if (view->is_installed && !view->is_enabled)
		DOCTOR_FIND(findings, .severity = DOCTOR_WARNING,
			    .seen = "vipd.service is not enabled",
			    .why = "after the next start of the host vipd does not run, and the "
				   "other host has no Backup",
			    .mend = "systemctl enable vipd");
}

void doctor_judge_kernel(const struct doctor_view *view, struct doctor_findings *findings)
{
	if (view->kernel[0] > 5 || (view->kernel[0] == 5 && view->kernel[1] >= 18))
		return;
	DOCTOR_FIND(
		findings, .severity = DOCTOR_WARNING,
		.seen = doctor_text(findings, "the kernel is Linux %u.%u", view->kernel[0],
				    view->kernel[1]),
		.why = "before 5.18 it keeps no marks on addresses: what a killed vipd left cannot "
		       "be told from what others have added, and stays until its lease ends",
		.advice = "a newer kernel; on Debian 11, linux-image-amd64 of bullseye-backports");
}

void doctor_judge_nftables(const struct doctor_view *view, struct doctor_findings *findings)
{
	const struct conf_router *needs = NULL;

	if (view->has_nftables)
		return;
	for (unsigned i = 0; i < view->conf->routers_n && !needs; i++)
		if (!view->conf->routers[i].accept ||
		    view->conf->routers[i].mac.type == CONF_MAC_VIRTUAL)
			needs = &view->conf->routers[i];
	DOCTOR_FIND(findings, .severity = needs ? DOCTOR_ERROR : DOCTOR_NOTE,
		    .subject = needs ? doctor_text(findings, "router %s", needs->name) : NULL,
		    .seen = "the kernel has no nftables",
		    .why = needs ? "accept = false and virtual MACs need its filters"
				 : "that two vipd do not run in one network namespace is not made "
				   "sure of by it then",
		    .advice = "a kernel with CONFIG_NF_TABLES");
}

void doctor_judge_clock(const struct doctor_view *view, struct doctor_findings *findings)
{
	const struct conf_router *signs = NULL;

	for (unsigned i = 0; i < view->conf->routers_n && !signs; i++)
		if (view->conf->routers[i].auth.type == CONF_AUTH_HMAC)
			signs = &view->conf->routers[i];
	if (!signs || view->clock_is_set)
		return;
	DOCTOR_FIND(findings, .severity = DOCTOR_WARNING,
		    .subject = doctor_text(findings, "router %s", signs->name),
		    .seen = "nobody tells the kernel that its clock is right (adjtimex)",
		    .why = "adverts are signed with the time: from a clock that is further off "
			   "than window, others discard them as stale, and two are Active",
		    .mend = "timedatectl set-ntp true",
		    .advice = "or chrony; it takes some minutes until it is said to be right");
}

/* ---- to be in time ---- */

static void find_realtime(struct doctor_findings *findings, const char *seen, const char *mend)
{
	DOCTOR_FIND(findings, .severity = DOCTOR_WARNING, .seen = seen,
		    .why = "under load its adverts are late, and a Backup takes over for nothing",
		    .mend = mend,
		    .advice = mend ? NULL
				   : "LimitRTPRIO=20, LimitMEMLOCK=infinity, CAP_SYS_NICE and "
				     "CAP_IPC_LOCK in its unit; in a container, cap_add SYS_NICE "
				     "and IPC_LOCK; realtime = false, if it is meant");
}

void doctor_judge_realtime(const struct doctor_view *view, struct doctor_findings *findings)
{
	bool runs = view->is_there;

	if (!view->conf->realtime)
		return;
	if (view->rt_runtime_us == 0)
		find_realtime(findings,
			      "kernel.sched_rt_runtime_us is 0: nothing gets real-time priority",
			      "sysctl -w kernel.sched_rt_runtime_us=950000");
	else if (runs ? !view->is_rt : !view->may_rt)
		find_realtime(findings,
			      runs ? "vipd runs without real-time priority"
				   : "real-time priority would be refused to a vipd that is "
				     "started from here",
			      NULL);
	if (runs ? !view->is_locked : !view->may_lock)
		find_realtime(
			findings,
			runs ? "the memory of vipd is not locked"
			     : "locked memory would be refused to a vipd that is started from here",
			NULL);
}

/* ---- who else runs ---- */

static const struct {
	const char *name;
	const char *unit;
} rivals[] = {
	{ "keepalived", "keepalived" },
	{ "vrrpd", "frr" },
	{ "ucarp", "ucarp" },
};

static bool is_rival(const char *name)
{
	for (size_t i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++)
		if (strcmp(rivals[i].name, name) == 0)
			return true;
	return false;
}

void doctor_judge_neighbours(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (size_t i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++) {
		const struct doctor_process *process = doctor_process(view, rivals[i].name);

		if (!process)
			continue;
		DOCTOR_FIND(
			findings, .severity = process->here ? DOCTOR_WARNING : DOCTOR_NOTE,
			.seen = doctor_text(
				findings, "%s runs on this host, too (pid %d)%s", rivals[i].name,
				process->pid,
				process->here
					? ""
					: "; whether in this network namespace could not be seen"),
			.why = "what both have, an address or a VRID, they take from each other",
			.mend = doctor_text(findings, "systemctl disable --now %s", rivals[i].unit),
			.advice = "right, where it has other VRIDs and addresses, or does load "
				  "balancing alone");
	}
}

void doctor_judge_speakers(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->speakers_n; i++) {
		const struct doctor_process *process = &view->speakers[i];

		if (is_rival(process->name))
			continue; /* it was told of */
		DOCTOR_FIND(
			findings, .severity = DOCTOR_WARNING,
			.seen = doctor_text(findings,
					    "the process %s (pid %d) has a socket of protocol 112",
					    process->name, process->pid),
			.why = "it may speak VRRP, too: what both have they take from each other",
			.advice = doctor_text(findings, "look what it is: ps -f -p %d",
					      process->pid));
	}
}

/* ---- who else configures interfaces ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void judge_networkd(const struct doctor_interface *interface, bool routes,
			   struct doctor_findings *findings)
{
	const char *name = interface->link.name;
	const char *folder =
		interface->network_file
			? doctor_word(findings, doctor_text(findings, "/etc/systemd/network/%s.d",
							    base_name(interface->network_file)))
			: NULL;

	if (!interface->keeps)
		DOCTOR_FIND(findings, .severity = DOCTOR_WARNING,
			    .subject = doctor_text(findings, "interface %s", name),
			    .seen = "systemd-networkd manages it, and may remove addresses of "
				    "others (KeepConfiguration= is not static)",
			    .why = "when it is restarted, as by an upgrade, virtual addresses go; "
				   "vipd puts them back, but for a moment they are away",
			    .mend = folder ? doctor_text(findings,
							 "mkdir -p %s && printf "
							 "'[Network]\\nKeepConfiguration=static\\n'"
							 " >%s/vipd.conf && networkctl reload",
							 folder, folder)
					   : NULL,
			    .advice = folder ? NULL
					     : "KeepConfiguration=static in its .network file");
	if (routes && !interface->keeps_routes)
		DOCTOR_FIND(findings, .severity = DOCTOR_WARNING,
			    .subject = doctor_text(findings, "interface %s", name),
			    .seen = "systemd-networkd may remove routes and rules of others "
				    "(ManageForeignRoutes=, ManageForeignRoutingPolicyRules=)",
			    .why = "when it is restarted, as by an upgrade, virtual routes and "
				   "rules go",
			    .mend = "mkdir -p /etc/systemd/networkd.conf.d && printf "
				    "'[Network]\\nManageForeignRoutes="
				    "no\\nManageForeignRoutingPolicyRules=no\\n' "
				    ">/etc/systemd/networkd.conf.d/vipd.conf && systemctl restart "
				    "systemd-networkd");
}

static void judge_nm(const struct conf_router *router, struct doctor_findings *findings)
{
	DOCTOR_FIND(findings, .severity = DOCTOR_NOTE,
		    .subject = doctor_text(findings, "interface %s", router->interface),
		    .seen = "NetworkManager manages it",
		    .why = "it removes virtual addresses and routes when its connection is "
			   "activated anew or applied again; vipd puts them back",
		    .advice = "after a change of the connection, \"vipctl check\"");
}

/* It would make a connection of it: its own addresses beside the virtual ones. */
static void judge_nm_macvlan(const struct conf_router *router, struct doctor_findings *findings)
{
	const char *name = router->mac.name;

	DOCTOR_FIND(findings, .severity = DOCTOR_WARNING,
		    .subject = doctor_text(findings, "router %s", router->name),
		    .seen = doctor_text(
			    findings,
			    "NetworkManager runs, and manages the macvlan %s of the router", name),
		    .why = "it may give it addresses of its own, or set it down",
		    .mend = doctor_text(
			    findings,
			    "mkdir -p /etc/NetworkManager/conf.d && printf "
			    "'[keyfile]\\nunmanaged-devices+=interface-name:%s\\n' "
			    ">/etc/NetworkManager/conf.d/vipd-%s.conf && nmcli general reload",
			    name, name));
}

/* Told once of an interface. */
static bool is_first(const struct doctor_view *view, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (strcmp(view->conf->routers[k].interface, view->conf->routers[i].interface) == 0)
			return false;
	return true;
}

static bool has_routes(const struct doctor_view *view)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++)
		if (view->conf->routers[i].routes_n || view->conf->routers[i].rules_n)
			return true;
	return false;
}

static void judge_manager(const struct doctor_view *view, unsigned i,
			  struct doctor_findings *findings)
{
	const struct conf_router *router = &view->conf->routers[i];
	const struct doctor_interface *interface = doctor_interface(view, router->interface);
	const struct doctor_interface *macvlan =
		router->mac.name[0] ? doctor_interface(view, router->mac.name) : NULL;

	if (macvlan && macvlan->manager == DOCTOR_MANAGER_NM)
		judge_nm_macvlan(router, findings);
	if (!interface || !is_first(view, i))
		return;
	if (interface->manager == DOCTOR_MANAGER_NETWORKD)
		judge_networkd(interface, has_routes(view), findings);
	if (interface->manager == DOCTOR_MANAGER_NM)
		judge_nm(router, findings);
}

void doctor_judge_managers(const struct doctor_view *view, struct doctor_findings *findings)
{
	for (unsigned i = 0; i < view->conf->routers_n; i++)
		judge_manager(view, i, findings);
	if (doctor_process(view, "dhcpcd"))
		DOCTOR_FIND(
			findings, .severity = DOCTOR_NOTE, .seen = "dhcpcd runs",
			.why = "it configures each interface that it finds, also the macvlans of "
			       "virtual MACs",
			.advice = "denyinterfaces vrrp* in /etc/dhcpcd.conf, where there are such");
	if (view->cloud_init)
		DOCTOR_FIND(findings, .severity = DOCTOR_NOTE,
			    .seen = "cloud-init configures this host",
			    .why = "it may write the configuration of interfaces anew at the next "
				   "start of the host",
			    .advice = "network: {config: disabled} in a file of "
				      "/etc/cloud/cloud.cfg.d, if interfaces were changed by hand");
}
