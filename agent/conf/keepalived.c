/* SPDX-License-Identifier: MIT */
#include "keepalived.h"

#include <string.h>

#define LATER "not supported yet"

/* The first row that fits counts. Words that are keys here, with the same meaning, have none but
 * where their values differ. */
const struct conf_foreign_word conf_keepalived_words[] = {
	/* Blocks. */
	{ "vrrp_instance", "write a group { name = \"NAME\"; ... } in routers", true },
	{ "vrrp_sync_group", "write a group { name = \"NAME\"; routers = [ ... ]; } in groups",
	  true },
	{ "vrrp_script",
	  "write checks = ( { name = \"nginx\"; command = [ \"/path\", \"argument\" ]; }, ... ); "
	  "instead of killall -0 process = \"nginx\"",
	  true },
	{ "vrrp_track_file",
	  "write checks = ( { name = \"load\"; file = { path = \"/run/load\"; good = \"value\"; }; "
	  "}, ... ): a weight counts as often as the number says",
	  true },
	{ "vrrp_track_process",
	  "write checks = ( { name = \"nginx\"; process = \"nginx\"; }, ... )", true },
	{ "bfd_instance", LATER ", and no check for it is planned", true },
	{ "global_defs", "leave it out: its keys stand outside of all groups", true },
	{ "static_ipaddress", "leave it out: addresses that never move are the system's", true },
	{ "static_routes", "leave it out: routes that never move are the system's", true },
	{ "static_rules", "leave it out: rules that never move are the system's", true },
	{ "virtual_server*", "there is no such thing: keepalived can go on with load balancing",
	  true },
	{ "real_server", "there is no such thing: keepalived can go on with load balancing", true },

	/* In vrrp_instance. */
	{ "state", "leave it out: the priority decides who is Active", false },
	{ "interface", "write interface = \"eth0\"", false },
	{ "virtual_router_id", "write vrid = 51", false },
	{ "priority", "write priority = 150; instead of 255 priority = \"owner\"", false },
	{ "advert_int", "write interval = \"1s\", with a unit", false },
	{ "nopreempt", "write preempt = false", false },
	{ "preempt_delay", "write preempt_delay = \"30s\", with a unit", false },
	{ "virtual_ipaddress",
	  "write addresses = [ \"192.0.2.1/24\" ]: the prefix length is not optional (none is /32 "
	  "there); with options { address = \"192.0.2.1/24\"; interface = \"eth1\"; } in ( )",
	  false },
	{ "virtual_ipaddress_excluded", "write extra_addresses = [ \"192.0.2.1/24\" ]", false },
	{ "dev", "write interface = \"eth1\" beside address", false },
	{ "brd", "write broadcast = \"auto\" instead of +, \"none\" instead of -", false },
	{ "noprefixroute", "write prefix_route = false beside address", false },
	{ "preferred_lft", "write preferred = false beside address instead of 0", false },
	{ "no_track",
	  "write required = false beside address, for an interface that need not be there", false },
	{ "no_virtual_ipaddress", "write addresses = [ ]", false },
	{ "vrrp_version",
	  "write version = 2 in each router of that; 3 is the default here, 2 there, and IPv6 has "
	  "3 alone",
	  false },
	{ "v3_checksum_as_v2",
	  "write checksum = \"rfc5798\" where it is not set, as keepalived does by default and "
	  "before 2.2.8 always; \"rfc9568\", the default here, where it is",
	  false },
	{ "auth_hmac", "write auth = { type = \"hmac\"; keys = \"/etc/vipd/keys\"; active = 1; }",
	  false },
	{ "active_key", "write active = 1 in auth", false },
	{ "time_window", "write window = \"5s\" in auth", false },
	{ "anti_replay", "leave it out: the clock of the start is used, and goes on by itself",
	  false },
	{ "authentication",
	  "write auth = { type = \"password\"; password = \"...\"; }, with version = 2", false },
	{ "auth_*",
	  "write auth = { type = \"password\"; password = \"...\"; }, which is PASS there; AH "
	  "is obsolete, and not here: HMAC takes its place",
	  false },
	{ "unicast_src_ip", "write source = \"192.0.2.2\"", false },
	{ "unicast_ttl", "write unicast = { ttl = 255; ... }", false },
	{ "unicast_*",
	  "write unicast = { peers = [ \"192.0.2.3\" ]; }; min_ttl = 64 where keepalived sends "
	  "over IPv6 without unicast_ttl",
	  false },
	{ "check_unicast_src", "leave it out: only peers are listened to", false },
	{ "mcast_src_ip", "write source = \"192.0.2.2\"", false },
	{ "track_src_ip", "leave it out: without a source a router is in fault", false },
	{ "mcast_dst_ip", "write group_address = \"224.0.0.18\"", false },
	{ "vrrp_mcast_group*", "write group_address = \"224.0.0.18\" in each router", false },
	{ "garp_master_delay",
	  "write announce = { after = [ \"5s\" ]; }, or leave it out: by default after 100ms, 1s, "
	  "4s and 16s",
	  false },
	{ "garp_master_repeat",
	  "leave it out: one frame per address at once, and one for each time in announce.after",
	  false },
	{ "garp_master_refresh",
	  "write announce = { refresh = \"60s\"; }; \"60s\" is the default here, never there",
	  false },
	{ "garp_master_refresh_repeat", "leave it out: a refresh is one frame per address", false },
	{ "garp_lower_prio_*",
	  "leave it out: announced as after a takeover whenever another host contested the "
	  "addresses",
	  false },
	{ "garp_interval", "write announce = { pace = \"10ms\"; }, with a unit", false },
	{ "gna_interval", "write announce = { pace = \"10ms\"; }, with a unit", false },
	{ "garp_group", "write announce = { pace = \"10ms\"; } in each router", false },
	{ "garp_extra_if", "leave it out: addresses are announced where they are", false },
	{ "vrrp_garp_interval", "write announce = { pace = \"10ms\"; } in each router", false },
	{ "vrrp_gna_interval", "write announce = { pace = \"10ms\"; } in each router", false },
	{ "vrrp_min_garp", "write announce = { after = [ ]; refresh = \"0s\"; } in each router",
	  false },
	{ "vrrp_garp_*", "write announce in each router: as garp_*", false },
	{ "use_vmac", "write mac = \"virtual\"", false },
	{ "vmac_xmit_base", "write mac = { type = \"virtual\"; adverts = \"interface\"; }", false },
	{ "vmac_*", "write mac = { type = \"virtual\"; name = \"vrrp.51\"; }", false },
	{ "use_vmac_addr", LATER ": a virtual MAC on another interface than the router's", false },
	{ "use_ipvlan", "there is no such thing", false },
	{ "accept", "write accept = true, or leave it out", false },
	{ "no_accept", "write accept = false", false },
	{ "strict_mode", "write accept = false; else the protocol is always kept to", false },
	{ "vrrp_strict", "write accept = false in each router; else the protocol is always kept to",
	  false },
	{ "track_interface", "write track = ( { interface = \"eth1\"; weight = -20; }, ... )",
	  false },
	{ "track_file",
	  "write track = ( { check = \"load\"; weight = 1; }, ... ): 1 is the default there, 0 "
	  "here",
	  false },
	{ "track_*", "write track = ( { check = \"nginx\"; weight = -20; }, ... )", false },
	{ "dont_track_primary", "write link = { required = false; }, which is of the carrier alone",
	  false },
	{ "linkbeat_*", "leave it out: the kernel tells", false },
	{ "virtual_routes",
	  "write routes = ( { to = \"default\"; via = \"203.0.113.1\"; interface = \"eth1\"; } )",
	  false },
	{ "virtual_rules",
	  "write rules = ( { from = \"192.0.2.0/24\"; table = 100; priority = 1000; } )", false },
	{ "down_timer_adverts", "write down_intervals = 3", false },
	{ "skip_check_adv_addr", "leave it out: other addresses in an advert are noticed only",
	  false },
	{ "lower_prio_no_advert", "leave it out: as the protocol has it", false },
	{ "higher_prio_send_advert", "leave it out: as the protocol has it", false },
	{ "promote_secondaries", "leave it out: set while it is needed", false },
	{ "native_ipv6",
	  "leave it out: the addresses tell; link_local = \"none\" where the first one there is "
	  "not link-local",
	  false },
	{ "notify_master_rx_lower_pri",
	  "write notify = ( { command = [ \"/path\" ]; on = [ \"lower_advert\" ]; } )", false },
	{ "notify_priority_changes", "write on = [ \"priority\" ] in an entry of notify", false },
	{ "notify_master", "write notify = ( { command = [ \"/path\" ]; on = [ \"active\" ]; } )",
	  false },
	{ "notify_backup", "write notify = ( { command = [ \"/path\" ]; on = [ \"backup\" ]; } )",
	  false },
	{ "notify_fault", "write notify = ( { command = [ \"/path\" ]; on = [ \"fault\" ]; } )",
	  false },
	{ "notify_stop", "write notify = ( { command = [ \"/path\" ]; on = [ \"stop\" ]; } )",
	  false },
	{ "notify_deleted", "write notify = ( { command = [ \"/path\" ]; on = [ \"deleted\" ]; } )",
	  false },
	{ "notify_fifo*", "write notify = ( { fifo = \"/run/vipd/notify.fifo\"; } ) beside routers",
	  false },
	{ "notify_*", "write an entry of notify, as vipd.conf(5) has it", false },
	{ "smtp_*", "there is no such thing: mail is for a notify command", false },
	{ "debug", "there is no such thing", false },
	{ "lvs_sync*", "there is no such thing: keepalived can go on with load balancing", false },

	/* In vrrp_sync_group. */
	{ "group", "write routers = [ \"NAME\", ... ]", false },
	{ "global_tracking", "leave it out: what a member tracks weighs for its group", false },
	{ "sync_group_tracking_weight", "leave it out: weights count in groups", false },

	/* In vrrp_script, vrrp_track_file and vrrp_track_process. */
	{ "script",
	  "write command = [ \"/path\", \"argument\" ] in a check: there is no shell, and its user "
	  "may send no signals: instead of killall -0 write process = \"nginx\"",
	  false },
	{ "weight",
	  "write it where a check is tracked: track = ( { check = \"nginx\"; weight = -20; } )",
	  false },
	{ "rise", "write it in a check", false },
	{ "fall", "write it in a check", false },
	{ "init_fail", "leave it out: the first answer decides alone", false },
	{ "init_file", "leave it out: a file that is missing is down, and its number is 0", false },
	{ "overwrite", "leave it out: as init_file", false },
	{ "quorum", "write process = { command = \"nginx\"; min = 1; } in a check", false },
	{ "quorum_max",
	  "write process = { command = \"nginx\"; max = 1; } in a check; for 0 track process = "
	  "\"nginx\" with reverse = true",
	  false },
	{ "full_command", "leave it out: arguments do not count; a command can run pgrep -f",
	  false },
	{ "param_match", "leave it out: arguments do not count; a command can run pgrep -f",
	  false },
	{ "fork_delay", "write rise = 3 in a check: so many good answers in a row", false },
	{ "terminate_delay", "write fall = 3 in a check: so many bad answers in a row", false },

	/* In global_defs. */
	{ "router_id", "write node = \"gw1\"", false },
	{ "vrrp_startup_delay", "write start_delay = \"10s\" in each router", false },
	{ "vrrp_delay_after_boot", "write boot_delay = \"60s\", with a unit", false },
	{ "notification_email*", "there is no such thing: mail is for a notify command", false },
	{ "script_user", "write user = \"vipd\" beside routers, or in a check", false },
	{ "enable_script_security", "leave it out: checks have no rights", false },
	{ "dynamic_interfaces", "leave it out: an interface may always come and go", false },
	{ "default_interface", "write interface = \"eth0\" in each router", false },
	{ "vrrp_skip_check_adv_addr", "leave it out: as skip_check_adv_addr", false },
	{ "vrrp_higher_prio_send_advert", "leave it out: as the protocol has it", false },
	{ "vrrp_lower_prio_no_advert", "leave it out: as the protocol has it", false },
	{ "vrrp_iptables",
	  "leave it out: vipd has nftables of its own where accept or mac need them", false },
	{ "vrrp_ipsets", "leave it out: vipd has nftables of its own where accept or mac need them",
	  false },
	{ "nftables*", "leave it out: vipd has nftables of its own where accept or mac need them",
	  false },
	{ "vrrp_notify_*", "write notify = ( { fifo = \"/run/vipd/notify.fifo\"; } )", false },
	{ "vrrp_priority", "leave it out: see realtime", false },
	{ "vrrp_rt_priority", "leave it out: see realtime", false },
	{ "vrrp_no_swap", "leave it out: see realtime", false },
	{ "vrrp_rlimit_*", "leave it out: see realtime", false },
	{ "max_auto_priority", "leave it out: see realtime", false },
	{ "min_auto_priority*", "leave it out: see realtime", false },
	{ "net_namespace", "start vipd in that namespace: ip netns exec NAME vipd", false },
	{ "enable_snmp_*", "there is no such thing: see vipctl(8)", false },
	{ "enable_traps", "there is no such thing: see vipctl(8)", false },
	{ "snmp_socket", "there is no such thing: see vipctl(8)", false },
	{ "enable_dbus", "there is no such thing: see vipctl(8)", false },
	{ "dbus_*", "there is no such thing: see vipctl(8)", false },
	{ "reload_*", "leave it out: a bad file never replaces what runs", false },
	{ "lvs_*", "there is no such thing: keepalived can go on with load balancing", false },
	{ "checker_*", "there is no such thing: keepalived can go on with load balancing", false },
	{ NULL, NULL, false },
};

static bool fits(const struct conf_foreign_word *row, const char *word, size_t len)
{
	size_t row_len = strlen(row->word);

	if (row->word[row_len - 1] == '*')
		return len >= row_len - 1 && memcmp(row->word, word, row_len - 1) == 0;
	return len == row_len && memcmp(row->word, word, len) == 0;
}

const char *conf_keepalived_find(const char *word)
{
	for (const struct conf_foreign_word *row = conf_keepalived_words; row->word; row++)
		if (fits(row, word, strlen(word)))
			return row->here;
	return NULL;
}

bool conf_keepalived_is_block(const char *word, size_t len)
{
	for (const struct conf_foreign_word *row = conf_keepalived_words; row->word; row++)
		if (row->is_block && fits(row, word, len))
			return true;
	return false;
}
