/* SPDX-License-Identifier: MIT */
/* The checks of vipctl doctor over what was seen: nothing on a healthy host, and each on its own.
 */
#include "doctor_scene.h"

static struct doctor_process process, speaker;
static struct doctor_program program;
static struct doctor_key_file key_file;
static struct doctor_peer peer;
static struct doctor_tried tried;

/* ---- one thing is wrong ---- */

static struct doctor_interface *eth0(void)
{
	return &interfaces[1];
}

static void make_unmulticast(void)
{
	eth0()->flags &= ~(unsigned)IFF_MULTICAST;
}

static void make_allmulti(void)
{
	eth0()->flags |= IFF_ALLMULTI;
}

static void make_missing(void)
{
	strcpy(eth0()->link.name, "eth7");
}

static void make_down(void)
{
	eth0()->link.up = false;
}

static void make_port(void)
{
	eth0()->link.master = 3;
}

static void make_uncarried(void)
{
	eth0()->link.carrier = false;
}

static void make_narrow(void)
{
	eth0()->link.mtu = 1000;
}

static void make_member_gone(void)
{
	view.members_n = 1; /* of IPv4 alone */
}

static void make_snooping(void)
{
	eth0()->link.snoops = true;
}

static void make_sourceless(void)
{
	addresses[1] = addresses[0];
}

static void make_source_wrong(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; source = "
	     "\"192.0.2.9\"; addresses = [ \"192.0.2.1/24\" ]; } );");
}

static void make_duplicate(void)
{
	add_address("2001:db8::2", 64, 2);
	addresses[2].failed = addresses[2].tentative = true;
}

/* Before the first start. */
static void make_foreign(void)
{
	view.is_there = false;
	view.seen &= ~(unsigned)DOCTOR_SEES_RUNNING;
	add_address("192.0.2.1", 24, 3);
}

static void make_far(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; addresses = "
	     "[ \"198.51.100.1/32\" ]; } );");
}

static void make_far_with_net(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; addresses = "
	     "[ \"198.51.100.1/24\" ]; } );");
}

static void make_peer_away(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; addresses = "
	     "[ \"192.0.2.1/24\" ]; unicast = { peers = ( \"203.0.113.1\" ); }; } );");
	peer = (struct doctor_peer){ &view.conf->routers[0],
				     &view.conf->routers[0].unicast.peers[0], ENETUNREACH };
	view.peers = &peer;
	view.peers_n = 1;
}

static void make_ipv6_off(void)
{
	eth0()->settings[DOCTOR_DISABLE_IPV6] = 1;
}

static void make_unforwarded(void)
{
	eth0()->settings[DOCTOR_FORWARDING4] = 0;
}

static void make_unforwarded6(void)
{
	view.all[DOCTOR_FORWARDING6] = 0;
}

static void make_server(void)
{
	view.all[DOCTOR_FORWARDING4] = 0;
	for (unsigned i = 0; i < view.interfaces_n; i++)
		interfaces[i].settings[DOCTOR_FORWARDING4] = 0;
}

static void make_ra(void)
{
	eth0()->settings[DOCTOR_ACCEPT_RA] = 1;
}

static void make_strict(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; addresses = "
	     "[ \"192.0.2.1/24\" ]; extra_addresses = ( { address = \"203.0.113.9/28\"; interface "
	     "= \"eth1\"; } ); } );");
	view.all[DOCTOR_RP_FILTER] = 1;
}

static void make_arp_deaf(void)
{
	view.all[DOCTOR_ARP_IGNORE] = 8;
}

static void make_arp_filter(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; mac = \"virtual\"; "
	     "addresses = [ \"192.0.2.1/24\" ]; } );");
	view.all[DOCTOR_ARP_FILTER] = 1;
}

static void run_process(const char *name, bool here)
{
	process = (struct doctor_process){ .pid = 7, .here = here };
	snprintf(process.name, sizeof(process.name), "%s", name);
	view.processes = &process;
	view.processes_n = 1;
}

static void make_keepalived(void)
{
	run_process("keepalived", true);
}

static void make_keepalived_unsure(void)
{
	run_process("keepalived", false);
}

static void make_speaker(void)
{
	speaker = (struct doctor_process){ .pid = 8, .name = "holod", .here = true };
	view.speakers = &speaker;
	view.speakers_n = 1;
}

static void make_networkd(void)
{
	eth0()->manager = DOCTOR_MANAGER_NETWORKD;
	eth0()->network_file = "/etc/systemd/network/10-lan.network";
}

static void make_networkd_keeping(void)
{
	make_networkd();
	eth0()->keeps = true;
}

/* What networkd may do to routes matters where there are some. */
static void make_networkd_with_routes(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; addresses = "
	     "[ \"192.0.2.1/24\" ]; routes = ( { to = \"default\"; via = \"192.0.2.254\"; } ); } "
	     ");");
	make_networkd_keeping();
}

static void make_nm(void)
{
	eth0()->manager = DOCTOR_MANAGER_NM;
}

static void make_nm_macvlan(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; mac = { type = "
	     "\"virtual\"; name = \"mac51\"; }; addresses = [ \"192.0.2.1/24\" ]; } );");
	add_interface(4, "mac51");
	interfaces[3].manager = DOCTOR_MANAGER_NM;
}

static void make_dhcpcd(void)
{
	run_process("dhcpcd", true);
}

static void make_cloud(void)
{
	view.cloud_init = true;
}

static void make_disabled(void)
{
	view.is_installed = true;
}

static void make_enabled(void)
{
	view.is_installed = view.is_enabled = true;
}

static void make_old_kernel(void)
{
	view.kernel[0] = 5;
	view.kernel[1] = 10;
}

static void make_no_nftables(void)
{
	view.has_nftables = false;
}

static void make_no_nftables_needed(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; accept = false; "
	     "addresses = [ \"192.0.2.1/24\" ]; } );");
	view.has_nftables = false;
}

static void make_ordinary(void)
{
	view.is_rt = false;
}

static void make_unlocked(void)
{
	view.is_locked = false;
}

static void make_rt_zero(void)
{
	view.rt_runtime_us = 0;
}

static const char signing[] =
	"routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; addresses = "
	"[ \"192.0.2.1/24\" ]; auth = { type = \"hmac\"; keys = \"/etc/vipd/keys\"; active = 1; "
	"}; } );";

static void make_clock_wrong(void)
{
	load(signing);
	view.clock_is_set = false;
}

static void make_clock_unimportant(void)
{
	view.clock_is_set = false;
}

static void make_key_file(bool others)
{
	load(signing);
	key_file = (struct doctor_key_file){ .path = "/etc/vipd/keys",
					     .router = "lan",
					     .why = others ? "others can use it" : NULL,
					     .others = others,
					     .active_missing = !others,
					     .active = 1 };
	view.key_files = &key_file;
	view.key_files_n = 1;
}

static void make_keys_open(void)
{
	make_key_file(true);
}

static void make_key_missing(void)
{
	make_key_file(false);
}

static void make_program(enum check_program_error error)
{
	program = (struct doctor_program){ .of = "check web", .path = "/opt/x", .user = "vipd" };
	program.fault.error = error;
	program.fault.mode = 0777;
	strcpy(program.fault.where, "/opt/x");
	view.programs = &program;
	view.programs_n = 1;
}

static void make_program_writable(void)
{
	make_program(CHECK_PROGRAM_WRITABLE);
}

static void make_program_of_nobody(void)
{
	make_program(CHECK_PROGRAM_FINE);
	program.user = "web";
	program.no_user = true;
}

static void make_no_user(void)
{
	view.no_user = true;
}

static void make_state_dir(void)
{
	load("state_dir = \"/var/lib/other\"; routers = ( { name = \"lan\"; interface = \"eth0\"; "
	     "vrid = 51; addresses = [ \"192.0.2.1/24\" ]; } );");
	view.state_dir = -EACCES;
}

static void make_control_open(void)
{
	view.control_dir = (struct doctor_place){ "/run/vipd", true, true, 0777, 0 };
}

static void make_conf_open(void)
{
	conf_files[0] = (struct doctor_place){ "/etc/vipd/vipd.conf", true, true, 0666, 0 };
}

static void make_password_open(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; version = 2; "
	     "addresses = [ \"192.0.2.1/24\" ]; auth = { type = \"password\"; password = \"x\"; }; "
	     "} );");
	conf_files[0] = (struct doctor_place){ "/etc/vipd/vipd.conf", true, true, 0644, 0 };
}

/* In a file of its own, which @mode belongs to; all may read the other one. */
static void load_password_apart(unsigned mode)
{
	char path[] = "/tmp/vipd-test-password-XXXXXX", text[512];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "password = \"x\";\n") > 0);
	close(fd);
	snprintf(text, sizeof(text),
		 "routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; version = 2; "
		 "addresses = [ \"192.0.2.1/24\" ]; auth = { type = \"password\";\n@include "
		 "\"%s\"\n}; } );",
		 path);
	load(text);
	unlink(path);
	assert_int_equal(view.conf->files_n, 2);
	conf_files[0] = (struct doctor_place){ "/etc/vipd/vipd.conf", true, true, 0644, 0 };
	conf_files[1] = (struct doctor_place){ "/etc/vipd/password", true, true, mode, 0 };
}

static void make_password_apart(void)
{
	load_password_apart(0600);
}

static void make_password_apart_open(void)
{
	load_password_apart(0644);
}

static void make_included_open(void)
{
	load_password_apart(0620);
}

static void make_conf_missing(void)
{
	conf_free(view.conf);
	view.conf = NULL;
	view.seen = DOCTOR_SEES_KERNEL;
	view.conf_err = -ENOENT;
}

static void make_rules(const char *rules)
{
	char text[512];

	snprintf(text, sizeof(text), "*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n%s\n",
		 rules);
	firewall_read_iptables(&firewall, &arena, "iptables", text);
}

static void make_input_dropped(void)
{
	make_rules("-A INPUT -p vrrp -j DROP");
}

/* By multicast, adverts leave below it. */
static void make_output_dropped(void)
{
	make_rules("-A OUTPUT -p vrrp -j DROP");
}

static void make_output_to_peer_dropped(void)
{
	load("routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 51; addresses = "
	     "[ \"192.0.2.1/24\" ]; unicast = { peers = ( \"192.0.2.3\" ); }; } );");
	make_rules("-A OUTPUT -p vrrp -j DROP");
}

static void make_input_uncertain(void)
{
	make_rules("-A INPUT -m recent --rcheck -j ACCEPT\n-A INPUT -p vrrp -j DROP");
}

static void try_it(enum doctor_try own, enum doctor_try group)
{
	tried = (struct doctor_tried){ &view.conf->routers[0], own, group };
	view.tried = &tried;
	view.tried_n = 1;
}

/* What is not certain is, when one came through. */
static void make_input_uncertain_and_tried(void)
{
	make_input_uncertain();
	try_it(DOCTOR_TRY_ARRIVED, DOCTOR_TRY_ARRIVED);
}

static void make_group_lost(void)
{
	try_it(DOCTOR_TRY_ARRIVED, DOCTOR_TRY_LOST);
}

static void make_own_lost(void)
{
	try_it(DOCTOR_TRY_LOST, DOCTOR_TRY_NOT);
}

/* A rule that wants the TTL of an advert drops the packet that was tried, and no advert. */
static void make_group_lost_by_its_ttl(void)
{
	make_rules("-A INPUT -p vrrp -m ttl --ttl-eq 255 -j ACCEPT\n-A INPUT -p vrrp -i eth0 -j "
		   "DROP");
	try_it(DOCTOR_TRY_ARRIVED, DOCTOR_TRY_LOST);
}

static void add_problem(enum problem_level level, const char *word)
{
	problems.n = 1;
	problems.all[0].level = level;
	strcpy(problems.all[0].word, word);
	strcpy(problems.all[0].text, "a sentence");
}

static void make_problem(void)
{
	add_problem(PROBLEM_DEGRADED, "equal_priority");
}

static void make_leaving(void)
{
	add_problem(PROBLEM_DEGRADED, "leaving");
}

static void make_two_active(void)
{
	add_problem(PROBLEM_WRONG, "other_active");
}

static void make_alone(void)
{
	router.received = 0;
	router.since_ns = running.now_ns - 2 * HOUR;
}

static void make_first(void)
{
	router.received = 0;
	router.since_ns = running.now_ns - HOUR / 2;
}

static void make_no_standby(void)
{
	running.no_standby = true;
}

static void make_dead_letter(void)
{
	running.notify_n = 1;
	running.notify[0] = (struct problem){ PROBLEM_DEGRADED, "dead_letter", "1 waits" };
}

static void make_strangers(void)
{
	running.foreign_vrids = 3;
}

#define NOTHING NULL, DOCTOR_NOTE, NULL

static const struct row {
	const char *what;
	void (*make)(void);
	const char *code; /* NULL: nothing is found */
	enum doctor_severity severity;
	const char *mend; /* NULL: no command */
} rows[] = {
	{ "multicast off", make_unmulticast, "interface", DOCTOR_ERROR,
	  "ip link set dev eth0 multicast on" },
	{ "allmulti", make_allmulti, "interface", DOCTOR_NOTE,
	  "ip link set dev eth0 allmulticast off" },
	{ "no interface", make_missing, "interface", DOCTOR_ERROR, NULL },
	{ "down", make_down, "interface", DOCTOR_ERROR, "ip link set dev eth0 up" },
	{ "a port", make_port, "interface", DOCTOR_ERROR, NULL },
	{ "no carrier", make_uncarried, "interface", DOCTOR_WARNING, NULL },
	{ "MTU", make_narrow, "mtu", DOCTOR_ERROR, "ip link set dev eth0 mtu 1500" },
	{ "no member", make_member_gone, "membership", DOCTOR_ERROR, "vipctl reload" },
	{ "snooping", make_snooping, "snooping", DOCTOR_WARNING,
	  "ip link set dev eth0 type bridge mcast_querier 1" },
	{ "no source", make_sourceless, "source", DOCTOR_ERROR, NULL },
	{ "a wrong source", make_source_wrong, "source", DOCTOR_ERROR, NULL },
	{ "duplicate", make_duplicate, "duplicate_address", DOCTOR_ERROR,
	  "ip address del 2001:db8::2/64 dev eth0 && ip address add 2001:db8::2/64 dev eth0" },
	{ "a foreign address", make_foreign, "foreign_address", DOCTOR_ERROR,
	  "ip address del 192.0.2.1/24 dev eth1" },
	{ "another subnet, /32", make_far, "subnet", DOCTOR_WARNING, NULL },
	{ "another subnet", make_far_with_net, "subnet", DOCTOR_NOTE, NULL },
	{ "no route", make_peer_away, "peer_route", DOCTOR_ERROR, NULL },
	{ "IPv6 off", make_ipv6_off, "ipv6", DOCTOR_ERROR,
	  "sysctl -w net.ipv6.conf.eth0.disable_ipv6=0" },
	{ "forwarding elsewhere", make_unforwarded, "forwarding", DOCTOR_WARNING,
	  "sysctl -w net.ipv4.conf.eth0.forwarding=1" },
	{ "forwarding of IPv6", make_unforwarded6, "forwarding", DOCTOR_WARNING,
	  "sysctl -w net.ipv6.conf.all.forwarding=1" },
	{ "a server", make_server, "forwarding", DOCTOR_NOTE,
	  "sysctl -w net.ipv4.conf.all.forwarding=1" },
	{ "router advertisements", make_ra, "accept_ra", DOCTOR_NOTE,
	  "sysctl -w net.ipv6.conf.eth0.accept_ra=2" },
	{ "rp_filter", make_strict, "rp_filter", DOCTOR_WARNING,
	  "sysctl -w net.ipv4.conf.eth1.rp_filter=2" },
	{ "arp_ignore", make_arp_deaf, "arp_ignore", DOCTOR_ERROR,
	  "sysctl -w net.ipv4.conf.all.arp_ignore=1" },
	{ "arp_filter", make_arp_filter, "arp_filter", DOCTOR_ERROR,
	  "sysctl -w net.ipv4.conf.all.arp_filter=0" },
	{ "keepalived", make_keepalived, "other_daemon", DOCTOR_WARNING,
	  "systemctl disable --now keepalived" },
	{ "keepalived somewhere", make_keepalived_unsure, "other_daemon", DOCTOR_NOTE,
	  "systemctl disable --now keepalived" },
	{ "another speaker", make_speaker, "other_daemon", DOCTOR_WARNING, NULL },
	{ "networkd", make_networkd, "network_manager", DOCTOR_WARNING,
	  "mkdir -p /etc/systemd/network/10-lan.network.d && printf "
	  "'[Network]\\nKeepConfiguration=static\\n' "
	  ">/etc/systemd/network/10-lan.network.d/vipd.conf && networkctl reload" },
	{ "networkd that keeps", make_networkd_keeping, NOTHING },
	{ "networkd and routes", make_networkd_with_routes, "network_manager", DOCTOR_WARNING,
	  "mkdir -p /etc/systemd/networkd.conf.d && printf '[Network]\\nManageForeignRoutes=no\\n"
	  "ManageForeignRoutingPolicyRules=no\\n' >/etc/systemd/networkd.conf.d/vipd.conf && "
	  "systemctl restart systemd-networkd" },
	{ "NetworkManager", make_nm, "network_manager", DOCTOR_NOTE, NULL },
	{ "NetworkManager and a macvlan", make_nm_macvlan, "network_manager", DOCTOR_WARNING,
	  "mkdir -p /etc/NetworkManager/conf.d && printf "
	  "'[keyfile]\\nunmanaged-devices+=interface-name:mac51\\n' "
	  ">/etc/NetworkManager/conf.d/vipd-mac51.conf && nmcli general reload" },
	{ "dhcpcd", make_dhcpcd, "network_manager", DOCTOR_NOTE, NULL },
	{ "cloud-init", make_cloud, "network_manager", DOCTOR_NOTE, NULL },
	{ "not enabled", make_disabled, "boot", DOCTOR_WARNING, "systemctl enable vipd" },
	{ "enabled", make_enabled, NOTHING },
	{ "an old kernel", make_old_kernel, "kernel", DOCTOR_WARNING, NULL },
	{ "no nftables", make_no_nftables, "nftables", DOCTOR_NOTE, NULL },
	{ "no nftables, needed", make_no_nftables_needed, "nftables", DOCTOR_ERROR, NULL },
	{ "no real time", make_ordinary, "realtime", DOCTOR_WARNING, NULL },
	{ "not locked", make_unlocked, "realtime", DOCTOR_WARNING, NULL },
	{ "sched_rt_runtime_us", make_rt_zero, "realtime", DOCTOR_WARNING,
	  "sysctl -w kernel.sched_rt_runtime_us=950000" },
	{ "clock", make_clock_wrong, "clock", DOCTOR_WARNING, "timedatectl set-ntp true" },
	{ "clock without HMAC", make_clock_unimportant, NOTHING },
	{ "keys of others", make_keys_open, "keys", DOCTOR_ERROR,
	  "chown root /etc/vipd/keys && chmod 600 /etc/vipd/keys" },
	{ "no key to sign", make_key_missing, "keys", DOCTOR_ERROR, NULL },
	{ "a writable program", make_program_writable, "program", DOCTOR_ERROR,
	  "chmod go-w /opt/x" },
	{ "no user of a program", make_program_of_nobody, "user", DOCTOR_ERROR,
	  "useradd --system --no-create-home --shell /usr/sbin/nologin web" },
	{ "no user", make_no_user, "user", DOCTOR_ERROR,
	  "useradd --system --no-create-home --shell /usr/sbin/nologin vipd" },
	{ "state_dir", make_state_dir, "state_dir", DOCTOR_ERROR, "chown -R vipd /var/lib/other" },
	{ "control", make_control_open, "control", DOCTOR_ERROR, "chmod go-w /run/vipd" },
	{ "a writable file", make_conf_open, "secrets", DOCTOR_ERROR,
	  "chmod go-w /etc/vipd/vipd.conf" },
	{ "a readable password", make_password_open, "secrets", DOCTOR_WARNING,
	  "chmod o-r /etc/vipd/vipd.conf" },
	{ "a password in a file of its own", make_password_apart, NOTHING },
	{ "a readable one", make_password_apart_open, "secrets", DOCTOR_WARNING,
	  "chmod o-r /etc/vipd/password" },
	{ "a writable file that is included", make_included_open, "secrets", DOCTOR_ERROR,
	  "chmod go-w /etc/vipd/password" },
	{ "no configuration", make_conf_missing, "configuration", DOCTOR_ERROR, NULL },
	{ "input", make_input_dropped, "firewall", DOCTOR_ERROR,
	  "iptables -t filter -I INPUT -p 112 -j ACCEPT" },
	{ "output", make_output_dropped, NOTHING },
	{ "output to a peer", make_output_to_peer_dropped, "firewall", DOCTOR_ERROR,
	  "iptables -t filter -I OUTPUT -p 112 -j ACCEPT" },
	{ "input, perhaps", make_input_uncertain, "firewall", DOCTOR_WARNING,
	  "iptables -t filter -I INPUT -p 112 -j ACCEPT" },
	{ "input, perhaps, and tried", make_input_uncertain_and_tried, NOTHING },
	{ "lost", make_group_lost, "firewall", DOCTOR_ERROR, NULL },
	{ "lost by lo", make_own_lost, "firewall", DOCTOR_ERROR, NULL },
	{ "lost by its TTL", make_group_lost_by_its_ttl, NOTHING },
	{ "a problem", make_problem, "equal_priority", DOCTOR_WARNING, NULL },
	{ "commands before it leaves", make_leaving, "leaving", DOCTOR_WARNING, NULL },
	{ "two Active", make_two_active, "other_active", DOCTOR_ERROR, NULL },
	{ "alone", make_alone, "alone", DOCTOR_NOTE, NULL },
	{ "the first", make_first, NOTHING },
	{ "no standby", make_no_standby, "no_standby", DOCTOR_WARNING, "vipctl reload" },
	{ "a dead letter", make_dead_letter, "dead_letter", DOCTOR_WARNING, NULL },
	{ "strangers", make_strangers, "strangers", DOCTOR_NOTE, NULL },
};

static void check(const struct row *row)
{
	const struct doctor_finding *found = findings.first;
	bool right = !found == !row->code;

	for (; found && right; found = found->next)
		right = strcmp(found->code, row->code) == 0 && found->severity == row->severity &&
			!found->mend == !row->mend &&
			(!found->mend || strcmp(found->mend, row->mend) == 0) && found->seen[0] &&
			found->why[0] && (found->mend || found->advice);
	if (right)
		return;
	print_error("%s: not what was expected, %s with %s\n", row->what,
		    row->code ? row->code : "nothing", row->mend ? row->mend : "no command");
	print_findings();
	for (found = findings.first; found; found = found->next)
		print_error("  mend: %s\n", found->mend ? found->mend : "-");
	fail();
}

static void test_doctor_finds_each_alone(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		rows[i].make();
		(void)run();
		check(&rows[i]);
		(void)finish(state);
	}
}

static void test_doctor_finds_nothing_on_a_healthy_host(void **state)
{
	(void)state;
	begin();
	assert_int_equal(run(), 0);
	print_findings();
	assert_null(findings.first);
}

/* Nothing is to be mended, but somebody may wonder what it waits for. */
static void test_doctor_says_what_a_router_waits_for_that_is_to_leave(void **state)
{
	(void)state;
	begin();
	make_leaving();
	(void)run();
	assert_non_null(findings.first);
	assert_null(findings.first->mend);
	assert_non_null(strstr(findings.first->advice, "vipctl show --notify"));
}

/* Each row of the table was met by some scene above, or it is not tested. */
static void test_doctor_rows_are_all_tested(void **state)
{
	(void)state;
	for (const struct doctor_row *row = doctor_rows; row->code; row++) {
		bool met = strcmp(row->code, "running") == 0; /* by the words of problems */

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			met |= rows[i].code && strcmp(rows[i].code, row->code) == 0;
		if (!met)
			print_error("no scene for %s\n", row->code);
		assert_true(met);
	}
}

static void test_doctor_counts_what_it_cannot_check(void **state)
{
	unsigned without, blind;

	(void)state;
	begin();
	view.seen &= ~(unsigned)DOCTOR_SEES_RUNNING;
	view.is_there = false;
	without = run();
	assert_int_equal(without, 0); /* there is none to ask */
	view.is_there = true;
	assert_true(run() >= 5); /* there is one that does not answer */
	view.seen = 0;
	blind = run();
	assert_true(blind > 25);
	assert_null(findings.first);
}

static void test_doctor_quotes_words_of_commands(void **state)
{
	(void)state;
	doctor_findings_init(&findings, &arena);
	assert_string_equal(doctor_word(&findings, "/etc/vipd/vipd.conf"), "/etc/vipd/vipd.conf");
	assert_string_equal(doctor_word(&findings, ""), "''");
	assert_string_equal(doctor_word(&findings, "a b"), "'a b'");
	assert_string_equal(doctor_word(&findings, "a;b$(c)"), "'a;b$(c)'");
	assert_string_equal(doctor_word(&findings, "it's"), "'it'\\''s'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_doctor_finds_nothing_on_a_healthy_host, finish),
		cmocka_unit_test_teardown(test_doctor_finds_each_alone, finish),
		cmocka_unit_test_teardown(test_doctor_says_what_a_router_waits_for_that_is_to_leave,
					  finish),
		cmocka_unit_test(test_doctor_rows_are_all_tested),
		cmocka_unit_test_teardown(test_doctor_counts_what_it_cannot_check, finish),
		cmocka_unit_test_teardown(test_doctor_quotes_words_of_commands, finish),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
