/* SPDX-License-Identifier: MIT */
/*
 * What vipctl doctor sees of a host before it judges anything: plain data. What could not be seen
 * is told, too, so that nothing is taken for well that nobody has looked at.
 */
#ifndef VIPCTL_DOCTOR_VIEW_H
#define VIPCTL_DOCTOR_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf/conf.h"
#include "arena.h"
#include "checks/program.h"
#include "netlink/object.h"

/* What a check may need; a set. */
enum doctor_part {
	DOCTOR_SEES_CONF = 1 << 0, /* a configuration that makes sense */
	DOCTOR_SEES_INTERFACES = 1 << 1,
	DOCTOR_SEES_ADDRESSES = 1 << 2,
	DOCTOR_SEES_SETTINGS = 1 << 3,  /* sysctls of interfaces */
	DOCTOR_SEES_MEMBERS = 1 << 4,   /* of multicast groups */
	DOCTOR_SEES_PROCESSES = 1 << 5, /* their names, and whose network is ours */
	DOCTOR_SEES_SPEAKERS = 1 << 6,  /* whose sockets are VRRP's */
	DOCTOR_SEES_RULES = 1 << 7,     /* of nftables and iptables */
	DOCTOR_SEES_FILES = 1 << 8,     /* programs, keys, directories */
	DOCTOR_SEES_CLOCK = 1 << 9,
	DOCTOR_SEES_KERNEL = 1 << 10,
	DOCTOR_SEES_REALTIME = 1 << 11,
	DOCTOR_SEES_RUNNING = 1 << 12, /* a vipd, which answers */
	DOCTOR_SEES_TRIED = 1 << 13,   /* what became of a packet to ourselves */
	DOCTOR_SEES_PEERS = 1 << 14,   /* whether there is a route to each */
};

/* Settings of an interface below /proc/sys/net. */
enum doctor_setting {
	DOCTOR_RP_FILTER,
	DOCTOR_ARP_IGNORE,
	DOCTOR_ARP_FILTER,
	DOCTOR_FORWARDING4,
	DOCTOR_FORWARDING6,
	DOCTOR_ACCEPT_RA,
	DOCTOR_DISABLE_IPV6,
	DOCTOR_SETTINGS,
};

#define DOCTOR_NO_SETTING (-1) /* there is none: a kernel without that family */

extern const char *const doctor_setting_names[DOCTOR_SETTINGS]; /* "net.ipv4.conf.%s.rp_filter" */

/* Who else configures an interface. */
enum doctor_manager {
	DOCTOR_MANAGER_NONE,
	DOCTOR_MANAGER_NETWORKD,
	DOCTOR_MANAGER_NM,
};

struct doctor_interface {
	struct kern_link link;
	unsigned flags; /* IFF_... */
	int settings[DOCTOR_SETTINGS];
	enum doctor_manager manager;
	const char *network_file; /* of networkd; NULL: not known */
	bool keeps;               /* networkd is told to leave addresses of others alone */
	bool keeps_routes;        /* and routes, and rules */
};

struct doctor_process {
	int pid;
	char name[16]; /* as the kernel has it: cut off */
	bool here;     /* its network is ours; false: that could not be seen */
};

struct doctor_member {
	char interface[CONF_LINK_SIZE];
	uint8_t family;
	uint8_t group[16];
};

/* A program to run, of a check or of notify. */
struct doctor_program {
	const char *of; /* "check nginx", "notify of router lan" */
	const char *path, *user;
	bool no_user;                     /* there is none of that name */
	bool hidden;                      /* this user may not look at it */
	struct check_program_fault fault; /* CHECK_PROGRAM_FINE: none */
};

struct doctor_key_file {
	const char *path, *router, *why; /* why NULL: it is fine */
	bool hidden;                     /* this user may not look at it */
	bool others;                     /* may use it, or it belongs to one of them */
	bool active_missing;             /* the key that signs is not in it */
	unsigned active;
};

/* A directory or file, and whom it is for. */
struct doctor_place {
	const char *path;
	bool looked, there;
	unsigned mode;
	uid_t uid;
};

struct doctor_peer {
	const struct conf_router *router;
	const struct conf_peer *peer;
	int err; /* why no packet could leave to it; 0: one could */
};

/* A packet of protocol 112 from this host to itself. */
enum doctor_try {
	DOCTOR_TRY_NOT,     /* not done: nothing could be concluded from it */
	DOCTOR_TRY_ARRIVED, /* also through the interface, if that is what was tried */
	DOCTOR_TRY_REFUSED, /* where it leaves */
	DOCTOR_TRY_LOST,    /* on its way in */
};

struct doctor_tried {
	const struct conf_router *router;
	enum doctor_try own;   /* to the router's source address, which goes by lo */
	enum doctor_try group; /* to the group, by the interface, with a TTL of 0 */
};

struct doctor_running;
struct firewall;

struct doctor_view {
	struct arena *arena; /* of all below; borrowed */
	unsigned seen;       /* enum doctor_part */
	struct doctor_unseen {
		const char *what, *why;
		struct doctor_unseen *next;
	} * unseen, **unseen_end;
	bool is_root;
	const char *vipctl; /* the words in front of a command to this vipd */
	bool is_there;      /* a vipd runs, whether it answers or not */
	bool is_elsewhere;  /* in another network namespace than this process */

	const char *conf_path;
	int conf_err;      /* 0, or -errno of the file */
	struct conf *conf; /* owned; NULL: it makes no sense */
	struct conf_errors conf_errors;
	struct conf_errors here_errors; /* of the file on this host, its users and programs */

	unsigned interfaces_n;
	struct doctor_interface *interfaces;
	int all[DOCTOR_SETTINGS]; /* what is set for all interfaces */
	unsigned addresses_n;
	struct kern_address *addresses;
	unsigned members_n;
	struct doctor_member *members;
	unsigned processes_n; /* those that may matter */
	struct doctor_process *processes;
	unsigned speakers_n; /* other processes with sockets of protocol 112 */
	struct doctor_process *speakers;

	unsigned kernel[2]; /* 5, 18 */
	bool has_nftables;
	bool clock_is_set; /* by NTP or PTP, as the kernel was told */
	int64_t rt_runtime_us;
	bool may_rt, may_lock; /* as root with all that vipd would have */
	bool is_rt, is_locked; /* the router process that runs */
	bool cloud_init;
	bool is_installed, is_enabled; /* its unit, and for the next start of the host */

	unsigned programs_n, key_files_n, peers_n, tried_n;
	struct doctor_program *programs;
	struct doctor_key_file *key_files;
	struct doctor_peer *peers;
	struct doctor_tried *tried;
	const char *user; /* of checker and notifier */
	bool no_user;
	gid_t user_gid;
	int state_dir;                   /* enum conf_home or -errno */
	struct doctor_place *conf_files; /* as of the configuration, in its order and number */
	struct doctor_place control_dir;

	const struct firewall *firewall;
	const struct doctor_running *running;
};

/**
 * doctor_unseen() - something could not be seen.
 * @what, @why: copied.
 */
void doctor_unseen(struct doctor_view *view, const char *what, const char *why);

/**
 * doctor_interface() - by its name, or one of its alternative names.
 *
 * Return: NULL when there is none.
 */
const struct doctor_interface *doctor_interface(const struct doctor_view *view, const char *name);

/**
 * doctor_interface_name() - by its index; "?": it is gone.
 */
const char *doctor_interface_name(const struct doctor_view *view, int ifindex);

/**
 * doctor_process() - one of that name, among those of this network first.
 *
 * Return: NULL when there is none.
 */
const struct doctor_process *doctor_process(const struct doctor_view *view, const char *name);

/**
 * doctor_is_own() - whether an address is the host's own, neither vipd's nor one of the routers'.
 */
bool doctor_is_own(const struct doctor_view *view, const struct kern_address *address);

/**
 * doctor_source() - the address that a router is likely to advertise from.
 *
 * Return: NULL when there is none.
 */
const struct kern_address *doctor_source(const struct doctor_view *view,
					 const struct conf_router *router);

/**
 * doctor_share_prefix() - whether the first bits of two addresses are the same.
 */
bool doctor_share_prefix(const uint8_t *a, const uint8_t *b, unsigned bits);

/**
 * doctor_same_group() - whether two routers of one family have the same multicast group.
 */
bool doctor_same_group(const struct conf_router *a, const struct conf_router *b);

/**
 * doctor_ip() - an address as text. @buf: INET6_ADDRSTRLEN.
 */
const char *doctor_ip(unsigned family, const uint8_t *bytes, char *buf);

#endif
