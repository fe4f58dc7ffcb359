/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>

#include "agent/conf/conf.h"
#include "agent/conf/keepalived.h"
#include "agent/conf/value.h"
#include "import_word.h"

/* Where a keyword may stand: a set. */
enum place {
	IN_FILE = 1 << 0,
	IN_GLOBAL = 1 << 1,
	IN_INSTANCE = 1 << 2,
	IN_GROUP = 1 << 3,
	IN_SCRIPT = 1 << 4,
	IN_TRACK_FILE = 1 << 5,
	IN_PROCESS = 1 << 6,
	IN_AUTH = 1 << 7,
	IN_HMAC = 1 << 8,
	IN_GARP_GROUP = 1 << 9,
};

#define IN_BOTH (IN_INSTANCE | IN_GROUP)

enum shape {
	VALUE,  /* one word behind it */
	VALUES, /* one and more */
	FLAG,   /* none, or a boolean */
	WORDS,  /* whatever there is */
	LIST,   /* braces around lines that are no keywords; if they are missing, a word */
	BLOCK,  /* braces around keywords */
	SKIP,   /* nobody looks inside */
};

struct row {
	const char *word; /* one that ends with '*' is for all that begin so */
	unsigned places;
	enum shape shape;
	enum keyword keyword; /* NONE: what follows is said of it */
	enum verdict verdict;
	const char *note; /* NULL: what vipd's own errors say of the word */
	unsigned inside;  /* of a BLOCK: the place that it is */
	size_t subjects;  /* and the list of struct import that it is put in; 0: none */
};

#define SUBJECTS(member) offsetof(struct import, member)

#define LEFT     VERDICT_DROPPED
#define IS_LVS   "load balancing is not imported: keepalived -C can go on with it"
#define IS_HERE  "always so here"
#define IS_NONE  "there is nothing like it here"
#define SEE_REAL "see realtime in vipd.conf(5), which is on by default"
#define SEE_UNIT "is for the service's unit: systemd.exec(5)"
#define SEE_SHOW "vipctl(8) shows the state, also as JSON"
#define IS_OWN   "vipd has its own here"
#define NO_BFD   "vipd has no BFD: track an interface, or a check of its own that asks the neighbour"
#define NO_PORT  "it is the system's to configure: networkd, ifupdown or whatever it has"

static const struct row rows[] = {
	/* ---- the file ---- */
	{ "global_defs", IN_FILE, BLOCK, 0, VERDICT_MAPPED, "", IN_GLOBAL, 0 },
	{ "vrrp_instance", IN_FILE, BLOCK, 0, 0, 0, IN_INSTANCE, SUBJECTS(instances) },
	{ "vrrp_sync_group", IN_FILE, BLOCK, 0, 0, 0, IN_GROUP, SUBJECTS(groups) },
	{ "vrrp_script", IN_FILE, BLOCK, 0, 0, 0, IN_SCRIPT, SUBJECTS(scripts) },
	{ "vrrp_track_file", IN_FILE, BLOCK, 0, 0, 0, IN_TRACK_FILE, SUBJECTS(files) },
	{ "track_file", IN_FILE, BLOCK, 0, 0, 0, IN_TRACK_FILE, SUBJECTS(files) },
	{ "vrrp_track_process", IN_FILE, BLOCK, 0, 0, 0, IN_PROCESS, SUBJECTS(processes) },
	{ "garp_group", IN_FILE, BLOCK, 0, 0, 0, IN_GARP_GROUP, SUBJECTS(garp_groups) },
	{ "interface_up_down_delays", IN_FILE, LIST, KEYWORD_UP_DOWN, 0, 0, 0, 0 },
	{ "static_ipaddress", IN_FILE, SKIP, 0, LEFT, NO_PORT, 0, 0 },
	{ "static_routes", IN_FILE, SKIP, 0, LEFT, NO_PORT, 0, 0 },
	{ "static_rules", IN_FILE, SKIP, 0, LEFT, NO_PORT, 0, 0 },
	{ "track_group", IN_FILE, SKIP, 0, VERDICT_REFUSED,
	  "ties instances to static addresses or routes, which are not imported: track the "
	  "interface in them instead",
	  0, 0 },
	{ "linkbeat_interfaces", IN_FILE, SKIP, 0, LEFT, "the kernel tells of the carrier", 0, 0 },
	{ "linkbeat_use_polling", IN_FILE | IN_INSTANCE, FLAG, 0, LEFT,
	  "the kernel tells of the carrier", 0, 0 },
	{ "bfd_instance", IN_FILE, SKIP, 0, LEFT, NO_BFD, 0, 0 },
	{ "virtual_server*", IN_FILE, SKIP, 0, LEFT, IS_LVS, 0, 0 },
	{ "SSL", IN_FILE, SKIP, 0, LEFT, IS_LVS, 0, 0 },
	{ "net_namespace*", IN_FILE | IN_GLOBAL, VALUE, 0, LEFT,
	  "start vipd in that namespace: NetworkNamespacePath= in its unit", 0, 0 },
	{ "namespace_with_ipsets", IN_FILE | IN_GLOBAL, FLAG, 0, LEFT, IS_NONE, 0, 0 },
	{ "instance", IN_FILE | IN_GLOBAL, VALUE, 0, LEFT,
	  "there is one vipd per network namespace", 0, 0 },
	{ "use_pid_dir", IN_FILE | IN_GLOBAL, FLAG, 0, LEFT, "there are no pid files", 0, 0 },
	{ "child_wait_time", IN_FILE | IN_GLOBAL, VALUE, 0, LEFT, IS_OWN, 0, 0 },
	{ "include*", ~0u, WORDS, 0, VERDICT_WRONG,
	  "keepalived includes one file by \"include PATTERN\", and not behind a condition, a "
	  "definition or a brace",
	  0, 0 },
	{ "include_check", IN_GLOBAL, WORDS, 0, LEFT, "missing files are errors here", 0, 0 },

	/* ---- global_defs ---- */
	{ "vrrp_version", IN_GLOBAL, VALUE, KEYWORD_VERSION, 0, 0, 0, 0 },
	{ "vrrp_garp_master_delay", IN_GLOBAL, VALUE, KEYWORD_GARP_DELAY, 0, 0, 0, 0 },
	{ "vrrp_garp_master_repeat", IN_GLOBAL, VALUE, KEYWORD_GARP_REPEAT, 0, 0, 0, 0 },
	{ "vrrp_garp_master_refresh", IN_GLOBAL, VALUE, KEYWORD_GARP_REFRESH, 0, 0, 0, 0 },
	{ "vrrp_garp_master_refresh_repeat", IN_GLOBAL, VALUE, 0, VERDICT_CHANGED,
	  "a refresh is one frame per address", 0, 0 },
	{ "vrrp_garp_lower_prio_*", IN_GLOBAL, VALUE, 0, VERDICT_CHANGED,
	  "addresses are announced as after a takeover whenever somebody contested them", 0, 0 },
	{ "vrrp_garp_interval", IN_GLOBAL, VALUE, KEYWORD_GARP_INTERVAL, 0, 0, 0, 0 },
	{ "vrrp_gna_interval", IN_GLOBAL, VALUE, KEYWORD_GNA_INTERVAL, 0, 0, 0, 0 },
	{ "vrrp_min_garp", IN_GLOBAL, FLAG, KEYWORD_MIN_GARP, 0, 0, 0, 0 },
	{ "vrrp_garp_extra_if", IN_GLOBAL, WORDS, 0, LEFT,
	  "addresses are announced where they are held", 0, 0 },
	{ "vrrp_mcast_group4", IN_GLOBAL, VALUE, KEYWORD_GROUP4, 0, 0, 0, 0 },
	{ "vrrp_mcast_group6", IN_GLOBAL, VALUE, KEYWORD_GROUP6, 0, 0, 0, 0 },
	{ "vrrp_startup_delay", IN_GLOBAL, VALUE, KEYWORD_START_DELAY, 0, 0, 0, 0 },
	{ "vrrp_delay_after_boot", IN_GLOBAL, VALUE, KEYWORD_BOOT_DELAY, 0, 0, 0, 0 },
	{ "vrrp_down_timer_adverts", IN_GLOBAL, VALUE, KEYWORD_DOWN_TIMER, 0, 0, 0, 0 },
	{ "vrrp_strict", IN_GLOBAL, FLAG, KEYWORD_STRICT, 0, 0, 0, 0 },
	{ "vrrp_check_unicast_src", IN_GLOBAL, FLAG, KEYWORD_CHECK_SOURCE, 0, 0, 0, 0 },
	{ "v3_checksum_as_v2", IN_GLOBAL | IN_INSTANCE, FLAG, KEYWORD_CHECKSUM, 0, 0, 0, 0 },
	{ "vrrp_skip_check_adv_addr", IN_GLOBAL, FLAG, 0, LEFT,
	  "other addresses in an advert are noticed, and no reason to drop it", 0, 0 },
	{ "vrrp_lower_prio_no_advert", IN_GLOBAL, FLAG, 0, LEFT, "as RFC 9568 has it", 0, 0 },
	{ "vrrp_higher_prio_send_advert", IN_GLOBAL, FLAG, 0, LEFT, "as RFC 9568 has it", 0, 0 },
	{ "vrrp_owner_ignore_adverts", IN_GLOBAL, FLAG, 0, LEFT, "as RFC 9568 has it", 0, 0 },
	{ "default_interface", IN_GLOBAL, VALUE, KEYWORD_DEFAULT_INTERFACE, 0, 0, 0, 0 },
	{ "vmac_prefix", IN_GLOBAL, VALUE, KEYWORD_VMAC_PREFIX, 0, 0, 0, 0 },
	{ "vmac_addr_prefix", IN_GLOBAL, VALUE, 0, LEFT, IS_NONE, 0, 0 },
	{ "script_user", IN_GLOBAL, VALUES, KEYWORD_SCRIPT_USER, 0, 0, 0, 0 },
	{ "enable_script_security", IN_GLOBAL, FLAG, 0, LEFT,
	  IS_HERE ": what others than root and its user can replace is not run", 0, 0 },
	{ "set_supplementary_groups", IN_GLOBAL, FLAG, 0, LEFT, IS_OWN, 0, 0 },
	{ "use_symlink_paths", IN_GLOBAL, FLAG, 0, LEFT, "the path is used as it is written", 0,
	  0 },
	{ "router_id", IN_GLOBAL, VALUES, 0, LEFT,
	  "the name of the host is that of the system, or node in vipd.conf(5)", 0, 0 },
	{ "notification_email", IN_GLOBAL, LIST, KEYWORD_MAIL_TO, 0, 0, 0, 0 },
	{ "notification_email_from", IN_GLOBAL, VALUE, KEYWORD_MAIL_FROM, 0, 0, 0, 0 },
	{ "smtp_server", IN_GLOBAL, VALUES, KEYWORD_MAIL_SERVER, 0, 0, 0, 0 },
	{ "smtp_alert", IN_GLOBAL, FLAG, KEYWORD_SMTP_ALERT, 0, 0, 0, 0 },
	{ "smtp_alert_vrrp", IN_GLOBAL, FLAG, KEYWORD_SMTP_ALERT_VRRP, 0, 0, 0, 0 },
	{ "no_email_faults", IN_GLOBAL, FLAG, KEYWORD_NO_MAIL_FAULTS, 0, 0, 0, 0 },
	{ "smtp_helo_name", IN_GLOBAL, VALUE, 0, LEFT, "curl names the host", 0, 0 },
	{ "smtp_connect_timeout", IN_GLOBAL, VALUE, 0, LEFT, "MAX_TIME of vipd-notify(7)", 0, 0 },
	{ "smtp_alert_checker", IN_GLOBAL, FLAG, 0, LEFT, IS_LVS, 0, 0 },
	{ "notify_fifo", IN_GLOBAL, VALUES, KEYWORD_FIFO, 0, 0, 0, 0 },
	{ "vrrp_notify_fifo", IN_GLOBAL, VALUES, KEYWORD_FIFO, 0, 0, 0, 0 },
	{ "notify_fifo_script", IN_GLOBAL, VALUES, 0, VERDICT_CHANGED,
	  "whoever reads the fifo is a service of its own here", 0, 0 },
	{ "vrrp_notify_fifo_script", IN_GLOBAL, VALUES, 0, VERDICT_CHANGED,
	  "whoever reads the fifo is a service of its own here", 0, 0 },
	{ "vrrp_notify_priority_changes", IN_GLOBAL, FLAG, KEYWORD_PRIORITY_CHANGES, 0, 0, 0, 0 },
	{ "fifo_write_vrrp_states_on_reload", IN_GLOBAL, FLAG, 0, LEFT, IS_NONE, 0, 0 },
	{ "startup_script*", IN_GLOBAL, VALUES, 0, LEFT, "ExecStartPre= in the service's unit", 0,
	  0 },
	{ "shutdown_script*", IN_GLOBAL, VALUES, 0, LEFT, "ExecStopPost= in the service's unit", 0,
	  0 },
	{ "dynamic_interfaces", IN_GLOBAL, WORDS, 0, LEFT, IS_HERE ": interfaces come and go", 0,
	  0 },
	{ "disable_local_igmp", IN_GLOBAL, FLAG, 0, LEFT, "no sysctl of the host is changed", 0,
	  0 },
	{ "vrrp_iptables", IN_GLOBAL, WORDS, 0, LEFT, "vipd has nftables of its own", 0, 0 },
	{ "vrrp_ipsets", IN_GLOBAL, WORDS, 0, LEFT, "vipd has nftables of its own", 0, 0 },
	{ "nftables*", IN_GLOBAL, WORDS, 0, LEFT, "vipd has nftables of its own", 0, 0 },
	{ "vrrp_priority", IN_GLOBAL, VALUE, 0, LEFT, SEE_REAL, 0, 0 },
	{ "vrrp_rt_priority", IN_GLOBAL, WORDS, 0, LEFT, SEE_REAL, 0, 0 },
	{ "vrrp_no_swap", IN_GLOBAL, FLAG, 0, LEFT, SEE_REAL, 0, 0 },
	{ "vrrp_rlimit_*", IN_GLOBAL, VALUE, 0, LEFT, SEE_REAL, 0, 0 },
	{ "max_auto_priority", IN_GLOBAL, WORDS, 0, LEFT, SEE_REAL, 0, 0 },
	{ "min_auto_priority_delay", IN_GLOBAL, VALUE, 0, LEFT, SEE_REAL, 0, 0 },
	{ "vrrp_cpu_affinity", IN_GLOBAL, VALUES, 0, LEFT, SEE_UNIT, 0, 0 },
	{ "process_name*", IN_GLOBAL, WORDS, 0, LEFT, IS_NONE, 0, 0 },
	{ "vrrp_process_name", IN_GLOBAL, VALUE, 0, LEFT, IS_NONE, 0, 0 },
	{ "umask", IN_GLOBAL, VALUES, 0, LEFT, SEE_UNIT, 0, 0 },
	{ "bfd_*", IN_GLOBAL, WORDS, 0, LEFT, NO_BFD, 0, 0 },
	{ "checker_*", IN_GLOBAL, WORDS, 0, LEFT, IS_LVS, 0, 0 },
	{ "lvs_*", IN_GLOBAL, WORDS, 0, LEFT, IS_LVS, 0, 0 },
	{ "rs_init_notifies", IN_GLOBAL, FLAG, 0, LEFT, IS_LVS, 0, 0 },
	{ "no_checker_emails", IN_GLOBAL, FLAG, 0, LEFT, IS_LVS, 0, 0 },
	{ "enable_snmp_*", IN_GLOBAL, FLAG, 0, LEFT, SEE_SHOW, 0, 0 },
	{ "enable_traps", IN_GLOBAL, FLAG, 0, LEFT, SEE_SHOW, 0, 0 },
	{ "snmp_socket", IN_GLOBAL, VALUE, 0, LEFT, SEE_SHOW, 0, 0 },
	{ "enable_dbus", IN_GLOBAL, FLAG, 0, LEFT, SEE_SHOW, 0, 0 },
	{ "dbus_*", IN_GLOBAL, WORDS, 0, LEFT, SEE_SHOW, 0, 0 },
	{ "json_*", IN_GLOBAL, VALUE, 0, LEFT, SEE_SHOW, 0, 0 },
	{ "*_dump_file", IN_GLOBAL, VALUE, 0, LEFT, SEE_SHOW, 0, 0 },
	{ "data_use_instance", IN_GLOBAL, WORDS, 0, LEFT, SEE_SHOW, 0, 0 },
	{ "reload_*", IN_GLOBAL, WORDS, 0, LEFT, "a bad file never replaces what runs", 0, 0 },
	{ "config_save_dir", IN_GLOBAL, VALUE, 0, LEFT, IS_NONE, 0, 0 },
	{ "tmp_config_directory", IN_FILE | IN_GLOBAL, VALUE, 0, LEFT, IS_NONE, 0, 0 },
	{ "random_seed", IN_GLOBAL, VALUE, 0, LEFT, IS_NONE, 0, 0 },
	{ "iproute_*", IN_GLOBAL, VALUE, 0, LEFT, "tables are numbers here", 0, 0 },
	{ "log_unknown_vrids", IN_GLOBAL, FLAG, 0, LEFT, IS_NONE, 0, 0 },
	{ "vrrp_netlink_*", IN_GLOBAL, WORDS, 0, LEFT, IS_OWN, 0, 0 },
	{ "process_monitor_*", IN_GLOBAL, WORDS, 0, LEFT, IS_OWN, 0, 0 },
	{ "vrrp_rx_bufs_*", IN_GLOBAL, WORDS, 0, LEFT, IS_OWN, 0, 0 },

	/* ---- vrrp_instance ---- */
	{ "state", IN_INSTANCE, VALUE, KEYWORD_STATE, 0, 0, 0, 0 },
	{ "interface", IN_INSTANCE | IN_GARP_GROUP, VALUE, KEYWORD_INTERFACE, 0, 0, 0, 0 },
	{ "virtual_router_id", IN_INSTANCE, VALUE, KEYWORD_VRID, 0, 0, 0, 0 },
	{ "priority", IN_INSTANCE, VALUE, KEYWORD_PRIORITY, 0, 0, 0, 0 },
	{ "version", IN_INSTANCE, VALUE, KEYWORD_VERSION, 0, 0, 0, 0 },
	{ "advert_int", IN_INSTANCE, VALUE, KEYWORD_INTERVAL, 0, 0, 0, 0 },
	{ "down_timer_adverts", IN_INSTANCE, VALUE, KEYWORD_DOWN_TIMER, 0, 0, 0, 0 },
	{ "authentication", IN_INSTANCE, BLOCK, KEYWORD_AUTH, 0, 0, IN_AUTH, 0 },
	{ "auth_type", IN_AUTH, VALUE, KEYWORD_AUTH_TYPE, 0, 0, 0, 0 },
	{ "auth_pass", IN_AUTH, VALUE, KEYWORD_AUTH_PASS, 0, 0, 0, 0 },
	{ "auth_hmac", IN_INSTANCE, BLOCK, KEYWORD_HMAC, 0, 0, IN_HMAC, 0 },
	{ "key", IN_HMAC, VALUES, KEYWORD_HMAC_KEY, 0, 0, 0, 0 },
	{ "active_key", IN_HMAC, VALUE, KEYWORD_HMAC_ACTIVE, 0, 0, 0, 0 },
	{ "time_window", IN_HMAC, VALUE, KEYWORD_HMAC_WINDOW, 0, 0, 0, 0 },
	{ "mode", IN_HMAC, VALUE, KEYWORD_HMAC_MODE, 0, 0, 0, 0 },
	{ "anti_replay", IN_HMAC, VALUE, 0, LEFT,
	  "the clock of the start is used, and goes on by itself", 0, 0 },
	{ "nopreempt", IN_INSTANCE, FLAG, KEYWORD_NOPREEMPT, 0, 0, 0, 0 },
	{ "preempt", IN_INSTANCE, FLAG, KEYWORD_PREEMPT, 0, 0, 0, 0 },
	{ "preempt_delay", IN_INSTANCE, VALUE, KEYWORD_PREEMPT_DELAY, 0, 0, 0, 0 },
	{ "virtual_ipaddress", IN_INSTANCE, LIST, KEYWORD_ADDRESSES, 0, 0, 0, 0 },
	{ "virtual_ipaddress_excluded", IN_INSTANCE, LIST, KEYWORD_EXCLUDED, 0, 0, 0, 0 },
	{ "no_virtual_ipaddress", IN_INSTANCE, FLAG, KEYWORD_NO_ADDRESSES, 0, 0, 0, 0 },
	{ "unicast_src_ip", IN_INSTANCE, VALUE, KEYWORD_SOURCE, 0, 0, 0, 0 },
	{ "mcast_src_ip", IN_INSTANCE, VALUE, KEYWORD_SOURCE, 0, 0, 0, 0 },
	{ "track_src_ip", IN_INSTANCE, FLAG, KEYWORD_TRACK_SOURCE, 0, 0, 0, 0 },
	{ "unicast_peer", IN_INSTANCE, LIST, KEYWORD_PEERS, 0, 0, 0, 0 },
	{ "unicast_ttl", IN_INSTANCE, VALUE, KEYWORD_UNICAST_TTL, 0, 0, 0, 0 },
	{ "unicast_fault_no_peer", IN_INSTANCE, FLAG, KEYWORD_NO_PEER_FAULT, 0, 0, 0, 0 },
	{ "check_unicast_src", IN_INSTANCE, FLAG, KEYWORD_CHECK_SOURCE, 0, 0, 0, 0 },
	{ "mcast_dst_ip", IN_INSTANCE, VALUE, KEYWORD_GROUP_ADDRESS, 0, 0, 0, 0 },
	{ "use_vmac", IN_INSTANCE, WORDS, KEYWORD_VMAC, 0, 0, 0, 0 },
	{ "vmac_xmit_base", IN_INSTANCE, FLAG, KEYWORD_XMIT_BASE, 0, 0, 0, 0 },
	{ "use_vmac_addr", IN_INSTANCE, FLAG, 0, VERDICT_CHANGED,
	  "addresses on other interfaces are held with the MAC addresses of those", 0, 0 },
	{ "use_ipvlan", IN_INSTANCE, WORDS, 0, VERDICT_REFUSED,
	  "there is no ipvlan: take it out, or write use_vmac", 0, 0 },
	{ "vrf", IN_INSTANCE, VALUE, 0, VERDICT_REFUSED,
	  "unicast within a VRF is not there: name an interface of it instead", 0, 0 },
	{ "accept", IN_INSTANCE, FLAG, KEYWORD_ACCEPT, 0, 0, 0, 0 },
	{ "no_accept", IN_INSTANCE, FLAG, KEYWORD_NO_ACCEPT, 0, 0, 0, 0 },
	{ "strict_mode", IN_INSTANCE, FLAG, KEYWORD_STRICT, 0, 0, 0, 0 },
	{ "virtual_routes", IN_INSTANCE, LIST, KEYWORD_ROUTES, 0, 0, 0, 0 },
	{ "virtual_rules", IN_INSTANCE, LIST, KEYWORD_RULES, 0, 0, 0, 0 },
	{ "dont_track_primary", IN_INSTANCE, FLAG, KEYWORD_TRACK_PRIMARY, 0, 0, 0, 0 },
	{ "native_ipv6", IN_INSTANCE, FLAG, KEYWORD_IPV6, 0, 0, 0, 0 },
	{ "garp_master_delay", IN_INSTANCE, VALUE, KEYWORD_GARP_DELAY, 0, 0, 0, 0 },
	{ "garp_master_repeat", IN_INSTANCE, VALUE, KEYWORD_GARP_REPEAT, 0, 0, 0, 0 },
	{ "garp_master_refresh", IN_INSTANCE, VALUE, KEYWORD_GARP_REFRESH, 0, 0, 0, 0 },
	{ "garp_master_refresh_repeat", IN_INSTANCE, VALUE, 0, VERDICT_CHANGED,
	  "a refresh is one frame per address", 0, 0 },
	{ "garp_lower_prio_*", IN_INSTANCE, VALUE, 0, VERDICT_CHANGED,
	  "addresses are announced as after a takeover whenever somebody contested them", 0, 0 },
	{ "garp_extra_if", IN_INSTANCE, WORDS, 0, LEFT,
	  "addresses are announced where they are held", 0, 0 },
	{ "vmac_garp_intvl", IN_INSTANCE, WORDS, 0, LEFT,
	  "addresses are announced where they are held", 0, 0 },
	{ "lower_prio_no_advert", IN_INSTANCE, FLAG, 0, LEFT, "as RFC 9568 has it", 0, 0 },
	{ "higher_prio_send_advert", IN_INSTANCE, FLAG, 0, LEFT, "as RFC 9568 has it", 0, 0 },
	{ "owner_ignore_adverts", IN_INSTANCE, FLAG, 0, LEFT, "as RFC 9568 has it", 0, 0 },
	{ "skip_check_adv_addr", IN_INSTANCE, FLAG, 0, LEFT,
	  "other addresses in an advert are noticed, and no reason to drop it", 0, 0 },
	{ "old_unicast_checksum", IN_INSTANCE, WORDS, 0, VERDICT_CHANGED,
	  "the form of keepalived before 1.3.7 is not sent: both forms of today are understood", 0,
	  0 },
	{ "timer_expired_backup", IN_INSTANCE, WORDS, 0, LEFT,
	  IS_HERE ": a timer that is late proves no silence", 0, 0 },
	{ "thread_timer_expired", IN_INSTANCE, WORDS, 0, LEFT,
	  IS_HERE ": a timer that is late proves no silence", 0, 0 },
	{ "promote_secondaries", IN_INSTANCE, FLAG, 0, LEFT, "set while it is needed", 0, 0 },
	{ "kernel_rx_buf_size", IN_INSTANCE, VALUE, 0, LEFT, IS_OWN, 0, 0 },
	{ "debug", IN_INSTANCE, WORDS, 0, LEFT, "without effect in keepalived, too", 0, 0 },
	{ "lvs_sync_daemon_interface", IN_INSTANCE, VALUE, 0, LEFT, IS_LVS, 0, 0 },
	{ "notify_master_rx_lower_pri", IN_INSTANCE, VALUES, KEYWORD_LOWER_PRI_SCRIPT, 0, 0, 0, 0 },
	{ "notify_deleted", IN_INSTANCE, WORDS, KEYWORD_NOTIFY_DELETED, 0, 0, 0, 0 },

	/* ---- instances and groups ---- */
	{ "track_interface", IN_BOTH, LIST, KEYWORD_TRACK_INTERFACE, 0, 0, 0, 0 },
	{ "track_script", IN_BOTH, LIST, KEYWORD_TRACK_SCRIPT, 0, 0, 0, 0 },
	{ "track_file", IN_BOTH, LIST, KEYWORD_TRACK_FILE, 0, 0, 0, 0 },
	{ "track_process", IN_BOTH, LIST, KEYWORD_TRACK_PROCESS, 0, 0, 0, 0 },
	{ "track_bfd", IN_BOTH, SKIP, 0, VERDICT_REFUSED, NO_BFD, 0, 0 },
	{ "notify_master", IN_BOTH, VALUES, KEYWORD_NOTIFY_MASTER, 0, 0, 0, 0 },
	{ "notify_backup", IN_BOTH, VALUES, KEYWORD_NOTIFY_BACKUP, 0, 0, 0, 0 },
	{ "notify_fault", IN_BOTH, VALUES, KEYWORD_NOTIFY_FAULT, 0, 0, 0, 0 },
	{ "notify_stop", IN_BOTH, VALUES, KEYWORD_NOTIFY_STOP, 0, 0, 0, 0 },
	{ "notify", IN_BOTH, VALUES, KEYWORD_NOTIFY, 0, 0, 0, 0 },
	{ "notify_priority_changes", IN_BOTH, FLAG, 0, LEFT,
	  "a fifo is told of all routers or of none: write vrrp_notify_priority_changes", 0, 0 },
	{ "smtp_alert", IN_BOTH, FLAG, KEYWORD_SMTP_ALERT, 0, 0, 0, 0 },
	{ "group", IN_GROUP, LIST, KEYWORD_MEMBERS, 0, 0, 0, 0 },
	{ "global_tracking", IN_GROUP, FLAG, KEYWORD_GROUP_WEIGHTS, 0, 0, 0, 0 },
	{ "sync_group_tracking_weight", IN_GROUP, FLAG, KEYWORD_GROUP_WEIGHTS, 0, 0, 0, 0 },

	/* ---- what is tracked ---- */
	{ "script", IN_SCRIPT, VALUES, KEYWORD_SCRIPT, 0, 0, 0, 0 },
	{ "interval", IN_SCRIPT, VALUE, KEYWORD_INTERVAL, 0, 0, 0, 0 },
	{ "timeout", IN_SCRIPT, VALUE, KEYWORD_TIMEOUT, 0, 0, 0, 0 },
	{ "rise", IN_SCRIPT, VALUE, KEYWORD_RISE, 0, 0, 0, 0 },
	{ "fall", IN_SCRIPT, VALUE, KEYWORD_FALL, 0, 0, 0, 0 },
	{ "user", IN_SCRIPT, VALUES, KEYWORD_USER, 0, 0, 0, 0 },
	{ "init_fail", IN_SCRIPT, FLAG, 0, LEFT,
	  "the first answer decides, and a router waits for it; keepalived does so, too", 0, 0 },
	{ "weight", IN_SCRIPT | IN_TRACK_FILE | IN_PROCESS, VALUES, KEYWORD_WEIGHT, 0, 0, 0, 0 },
	{ "file", IN_TRACK_FILE, VALUE, KEYWORD_FILE, 0, 0, 0, 0 },
	{ "init_file", IN_TRACK_FILE, WORDS, 0, VERDICT_CHANGED,
	  "nobody makes the file: let tmpfiles.d(5) do it, with a number in it", 0, 0 },
	{ "process", IN_PROCESS, VALUES, KEYWORD_PROCESS, 0, 0, 0, 0 },
	{ "quorum", IN_PROCESS, VALUE, KEYWORD_QUORUM, 0, 0, 0, 0 },
	{ "quorum_max", IN_PROCESS, VALUE, KEYWORD_QUORUM_MAX, 0, 0, 0, 0 },
	{ "delay", IN_PROCESS, VALUE, KEYWORD_DELAY, 0, 0, 0, 0 },
	{ "fork_delay", IN_PROCESS, VALUE, KEYWORD_FORK_DELAY, 0, 0, 0, 0 },
	{ "terminate_delay", IN_PROCESS, VALUE, KEYWORD_END_DELAY, 0, 0, 0, 0 },
	{ "full_command", IN_PROCESS, WORDS, 0, VERDICT_REFUSED,
	  "arguments do not count here: take it out, or write a vrrp_script with pgrep -f", 0, 0 },
	{ "param_match", IN_PROCESS, WORDS, 0, VERDICT_REFUSED,
	  "arguments do not count here: take it out, or write a vrrp_script with pgrep -f", 0, 0 },
	{ "garp_interval", IN_GARP_GROUP, VALUE, KEYWORD_GARP_INTERVAL, 0, 0, 0, 0 },
	{ "gna_interval", IN_GARP_GROUP, VALUE, KEYWORD_GNA_INTERVAL, 0, 0, 0, 0 },
	{ "interfaces", IN_GARP_GROUP, LIST, KEYWORD_INTERFACES, 0, 0, 0, 0 },
};

#define ROWS_N (sizeof(rows) / sizeof(rows[0]))

/* ---- finding ---- */

static bool fits(const struct row *row, const char *word)
{
	size_t len = strlen(row->word), word_len = strlen(word);

	if (row->word[0] == '*')
		return word_len >= len && strcmp(word + word_len - len + 1, row->word + 1) == 0;
	if (row->word[len - 1] == '*')
		return strncmp(row->word, word, len - 1) == 0;
	return strcmp(row->word, word) == 0;
}

/* A whole word is better than its beginning. */
static const struct row *find(const char *word, unsigned places)
{
	const struct row *found = NULL;

	for (size_t i = 0; i < ROWS_N; i++) {
		if (!(rows[i].places & places) || !fits(&rows[i], word))
			continue;
		if (strcmp(rows[i].word, word) == 0)
			return &rows[i];
		found = &rows[i];
	}
	return found;
}

static const char *place_name(unsigned places)
{
	static const struct {
		unsigned place;
		const char *name;
	} names[] = {
		{ IN_FILE, "outside of all blocks" },
		{ IN_GLOBAL, "in global_defs" },
		{ IN_INSTANCE, "in vrrp_instance" },
		{ IN_GROUP, "in vrrp_sync_group" },
		{ IN_SCRIPT, "in vrrp_script" },
		{ IN_TRACK_FILE, "in track_file" },
		{ IN_PROCESS, "in vrrp_track_process" },
		{ IN_AUTH, "in authentication" },
		{ IN_HMAC, "in auth_hmac" },
		{ IN_GARP_GROUP, "in garp_group" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].place & places)
			return names[i].name;
	return "nowhere";
}

static const struct row *nearest(const char *word, unsigned place)
{
	unsigned least = (unsigned)strlen(word) / 4 + 2;
	const struct row *found = NULL;

	for (size_t i = 0; i < ROWS_N; i++) {
		unsigned distance = conf_distance(rows[i].word, word);

		if (!(rows[i].places & place) || distance >= least || strchr(rows[i].word, '*'))
			continue;
		least = distance;
		found = &rows[i];
	}
	return found;
}

static void refuse_unknown(struct import *import, struct keepalived_node *node, unsigned place)
{
	const struct row *elsewhere = find(node->words[0], ~0u);
	const struct row *near = elsewhere ? NULL : nearest(node->words[0], place);
	bool secret = place == IN_AUTH || place == IN_HMAC;
	const char *lost = node->has_block ? ", and its } would close the block around it" : "";

	/* It may be the secret itself, or have it behind a '='. */
	if (secret && !elsewhere)
		import_part(
			import, node, VERDICT_WRONG, place_name(place),
			"keepalived does not know the first word, and goes on without the line");
	else if (elsewhere)
		import_judge(import, node, VERDICT_WRONG,
			     "keepalived does not know it here, and goes on without it%s: it "
			     "belongs %s",
			     lost, place_name(elsewhere->places));
	else if (near)
		import_judge(import, node, VERDICT_WRONG,
			     "keepalived does not know it, and goes on without it%s: is %s meant?",
			     lost, near->word);
	else
		import_judge(import, node, VERDICT_WRONG,
			     "keepalived does not know it, and goes on without it%s", lost);
}

/* ---- form ---- */

/* Return: whether the line looks like its row; if not, that is reported. */
static bool check_shape(struct import *import, struct keepalived_node *node, const struct row *row)
{
	bool braces = row->shape == BLOCK || row->shape == LIST;

	if (row->shape == SKIP)
		return true;
	if (node->has_block && !braces)
		import_judge(import, node, VERDICT_WRONG, "has no block between braces");
	else if (!node->has_block && braces)
		import_judge(import, node, VERDICT_WRONG,
			     "needs a block between braces: keepalived would take the next one");
	else if ((row->shape == VALUE || row->shape == VALUES) && node->words_n < 2)
		import_judge(import, node, VERDICT_WRONG, "needs a value");
	else if ((row->shape == VALUE || row->shape == FLAG) && node->words_n > 2)
		import_judge(import, node, VERDICT_WRONG,
			     "\"%.40s\" stands behind it, which keepalived passes over",
			     row->keyword == KEYWORD_AUTH_PASS ? "..." : node->words[2]);
	else if (row->shape == LIST && node->words_n > 1)
		import_judge(import, node, VERDICT_WRONG,
			     "\"%.40s\" stands before its {, which keepalived passes over",
			     node->words[1]);
	else
		return true;
	return false;
}

/* ---- blocks ---- */

static void sort_block(struct import *import, struct subject *subject,
		       struct keepalived_node *block, unsigned place);

/* Of scripts that tell of a state the first counts, of all else the last; lists add up. */
static void remember(struct import *import, struct subject *subject, const struct row *row,
		     struct keepalived_node *node)
{
	struct keepalived_node **slot = &subject->said[row->keyword], *old = *slot;
	bool chained = row->shape == LIST || row->keyword == KEYWORD_HMAC_KEY ||
		       row->keyword == KEYWORD_FIFO;

	if (old && chained) {
		while (old->again)
			old = old->again;
		old->again = node;
	} else if (old && row->keyword >= KEYWORD_NOTIFY_MASTER && row->keyword <= KEYWORD_NOTIFY) {
		import_judge(import, node, VERDICT_DROPPED,
			     "is there already in line %u, and keepalived takes the first",
			     old->origin.line);
	} else {
		if (old)
			import_judge(import, old, VERDICT_DROPPED,
				     "is there again in line %u, and keepalived takes the last",
				     node->origin.line);
		*slot = node;
	}
}

/* A block that has its own keywords, and a name behind it. */
static struct subject *add_subject(struct import *import, const struct row *row,
				   struct keepalived_node *node)
{
	struct subjects *subjects = (void *)((char *)import + row->subjects);
	struct subject *subject;
	bool named = row->subjects != SUBJECTS(garp_groups);

	if (named && node->words_n < 2) {
		import_judge(import, node, VERDICT_WRONG, "needs a name");
		return NULL;
	}
	if (named && node->words_n > 2) {
		import_judge(import, node, VERDICT_WRONG,
			     "\"%.40s\" stands behind its name, which keepalived passes over",
			     node->words[2]);
		return NULL;
	}
	if (named && import_find(subjects, node->words[1])) {
		import_judge(
			import, node, VERDICT_WRONG,
			"\"%.40s\" is there already in line %u: keepalived leaves out this one",
			node->words[1], import_find(subjects, node->words[1])->node->origin.line);
		return NULL;
	}
	if (subjects->n == CONF_ROUTERS_MAX) {
		import_judge(import, node, VERDICT_REFUSED,
			     "is one more than %d, the most that "
			     "there may be",
			     CONF_ROUTERS_MAX);
		return NULL;
	}
	subjects->n++;
	subject = arena_alloc(import->arena, sizeof(*subject));
	subject->node = node;
	*subjects->end = subject;
	subjects->end = &subject->next;
	return subject;
}

static struct subject *subject_of(struct import *import, struct subject *outer,
				  const struct row *row, struct keepalived_node *node)
{
	if (row->subjects)
		return add_subject(import, row, node);
	return row->inside == IN_GLOBAL ? &import->globals : outer;
}

/* What the row says of it, and of a block where it ends. */
static void judge_by_row(struct import *import, struct keepalived_node *node, const struct row *row)
{
	const char *note = row->note ? row->note : conf_keepalived_find(node->words[0]);

	if (node->has_block && node->end.line > node->origin.line && row->shape == SKIP)
		import_judge(import, node, row->verdict, "lines %u to %u: %s", node->origin.line,
			     node->end.line, note ? note : "");
	else
		import_judge(import, node, row->verdict, "%s", note ? note : "");
}

static void sort_line(struct import *import, struct subject *subject, struct keepalived_node *node,
		      unsigned place)
{
	const struct row *row = find(node->words[0], place);
	struct subject *inner;

	if (!row) {
		refuse_unknown(import, node, place);
		return;
	}
	if (!check_shape(import, node, row))
		return;
	if (row->keyword)
		remember(import, subject, row, node);
	else if (row->note || !row->subjects)
		judge_by_row(import, node, row);
	if (row->shape != BLOCK)
		return;
	inner = subject_of(import, subject, row, node);
	if (inner)
		sort_block(import, inner, node, row->inside);
}

static void sort_block(struct import *import, struct subject *subject,
		       struct keepalived_node *block, unsigned place)
{
	for (struct keepalived_node *node = block->first; node; node = node->next)
		sort_line(import, subject, node, place);
}

void import_keywords(struct import *import, struct keepalived_node *root)
{
	sort_block(import, &import->file, root, IN_FILE);
}

/* ---- nothing silent ---- */

/* Inside of a block that was judged as a whole there may be anything. */
static void check_block(struct import *import, struct keepalived_node *block, unsigned place)
{
	for (struct keepalived_node *node = block->first; node; node = node->next) {
		const struct row *row = find(node->words[0], place);

		if (!node->judged)
			import_judge(import, node, VERDICT_WRONG,
				     "is not handled: please report this file");
		else if (row && row->shape == BLOCK)
			check_block(import, node, row->inside);
	}
}

void import_keywords_check(struct import *import, struct keepalived_node *root)
{
	/* What is wrong may keep others from being looked at. */
	if (!report_is_open(import->report))
		check_block(import, root, IN_FILE);
}
