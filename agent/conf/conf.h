/* SPDX-License-Identifier: MIT */
/*
 * The configuration as plain data: read by libconfig, checked as a whole, never changed afterwards.
 * All errors of a file are found in one run, with file and line, the allowed range and the value
 * seen. Touches no interface: a file can be checked on any host.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "checks/check.h"
#include "vrrp/fsm.h"

#define CONF_NAME_SIZE      33 /* of a router, with its zero */
#define CONF_NODE_SIZE      65
#define CONF_USER_SIZE      33
#define CONF_STATE_DIR_SIZE 100 /* of a path */
#define CONF_STATE_DIR      "/var/lib/vipd"
#define CONF_CONTROL_SIZE   104 /* sun_path, less what is appended to it while it is made */
#define CONF_LINK_SIZE      16  /* IFNAMSIZ */
#define CONF_ENDPOINT_SIZE  56
#define CONF_ROUTERS_MAX    8160 /* 255 on each of 32 interfaces */
#define CONF_EXTRA_MAX      4096
#define CONF_PEERS_MAX      64
#define CONF_MEMBERS_MAX    128 /* routers of a group */
#define CONF_DAMPING_MAX    10  /* changes that count for damping */
#define CONF_TRACKS_MAX     64  /* of a router, and of a group */
#define CONF_KEYS_SIZE      128 /* of the path of a file with keys */
#define CONF_KEY_FILES      32  /* of all routers, at most */
#define CONF_ERRORS_MAX     20  /* and as many warnings */

/* Of a router, as of its rules; and the ways of one route. */
#define CONF_ROUTES_MAX   256
#define CONF_NEXTHOPS_MAX 8

/* A route or a rule in words. */
#define CONF_ROUTE_TEXT_SIZE 208

/* Where a router lives that speaks by unicast and names no interface. */
#define CONF_LOOPBACK "lo"

/* The node that a vipd was told to be on its command line, for all its processes. */
#define CONF_NODE_ENVIRONMENT "VIPD_NODE"

/* A yes or no whose default is not the same for all. */
enum conf_answer {
	CONF_UNSAID, /* as by default */
	CONF_YES,
	CONF_NO,
};

/* How far an IPv4 address is valid, as the kernel has it. */
enum conf_scope {
	CONF_SCOPE_GLOBAL,
	CONF_SCOPE_SITE,
	CONF_SCOPE_LINK,
	CONF_SCOPE_HOST,
};

enum conf_broadcast_kind {
	CONF_BROADCAST_NONE,
	CONF_BROADCAST_AUTO,    /* that of its prefix */
	CONF_BROADCAST_ADDRESS, /* this one */
};

struct conf_broadcast {
	uint8_t kind; /* enum conf_broadcast_kind */
	uint8_t bytes[4];
};

struct conf_address {
	uint8_t family; /* 4 or 6 */
	uint8_t prefix_len;
	uint8_t bytes[16]; /* network byte order, IPv4 in the first 4 */

	/* Options; zeros are the defaults. */
	uint8_t prefix_route, preferred, required; /* enum conf_answer */
	uint8_t scope;                             /* enum conf_scope; of IPv4, as the next one */
	struct conf_broadcast broadcast;
	uint8_t peer[16];               /* the other end, which the prefix is of then */
	char interface[CONF_LINK_SIZE]; /* where it is held; empty: where its router lives */
	char label[CONF_LINK_SIZE];     /* of IPv4 */
};

/* How long an address outlives an agent that is dead or hung. */
enum conf_lease {
	CONF_LEASE_AVAILABLE, /* longer than any Backup waits */
	CONF_LEASE_SAFE,      /* shorter than any Backup waits */
	CONF_LEASE_OFF,       /* for ever */
};

/* With which MAC address the virtual addresses are announced and answered for. */
enum conf_mac_type {
	CONF_MAC_INTERFACE,
	CONF_MAC_VIRTUAL, /* of a macvlan that vipd makes (RFC 9568 §7.3) */
};

/* With which one adverts are sent; zero of a router without a virtual MAC. */
enum conf_adverts {
	CONF_ADVERTS_VIRTUAL = 1, /* so that switches know where it is */
	CONF_ADVERTS_INTERFACE,   /* for networks that let no other MAC pass so often */
};

/* All but the type is zero of CONF_MAC_INTERFACE. */
struct conf_mac {
	uint8_t type;              /* enum conf_mac_type */
	uint8_t adverts;           /* enum conf_adverts */
	uint8_t address[6];        /* unicast */
	char name[CONF_LINK_SIZE]; /* of the macvlan */
};

/* What becomes of a router when its interface has troubles. */
struct conf_link {
	int64_t delay_ns; /* a lost carrier must last so long to be a fault */
	bool required;    /* else it is none at all */
};

struct conf_moment {
	int64_t ns;
};

/* How the addresses are announced. Read and checked; the protocol's part is in vrrp.announce. */
struct conf_announce {
	struct conf_moment *after; /* again, since the takeover; ascending; part of the
				      configuration */
	unsigned after_n;
	int64_t refresh_ns; /* 0: never */
	int64_t pace_ns;    /* between two frames of one announcement */
};

/* By what the routers of a LAN prove that they belong together. */
enum conf_auth_type {
	CONF_AUTH_NONE,
	CONF_AUTH_PASSWORD, /* version 2: whoever listens has it */
	CONF_AUTH_HMAC,     /* each advert is signed with a key */
};

/* How far a router goes with its HMAC; in the order in which a LAN is converted, from the end. */
enum conf_auth_mode {
	CONF_AUTH_ENFORCE = 1,  /* signs, and takes only what is signed */
	CONF_AUTH_PERMISSIVE,   /* signs, and takes what is not signed, too */
	CONF_AUTH_RECEIVE_ONLY, /* does not sign yet */
};

/* All zero: there is no authentication. */
struct conf_auth {
	uint8_t type;                     /* enum conf_auth_type */
	uint8_t mode;                     /* of HMAC, as all below: enum conf_auth_mode */
	uint8_t active;                   /* number of the key that signs; 0: none does */
	bool version2;                    /* adverts of version 2 are signed */
	char password[VRRP_AUTH_LEN + 1]; /* of that type */
	char keys[CONF_KEYS_SIZE];        /* the file that has them */
	int64_t window_ns;                /* so far a sender's clock may be from ours */
	uint8_t key_file;                 /* number of the file among all of them, from 1 */
	uint16_t file; /* of the configuration's: where password or keys stand, */
	unsigned line; /* and in which line of it */
};

/* An interface or a check whose state counts for a router; one of both. */
struct conf_track {
	char interface[CONF_LINK_SIZE]; /* empty: a check */
	char check[CHECK_NAME_SIZE];    /* empty: an interface */
	uint16_t check_number;          /* in the configuration */
	int16_t weight;   /* -253..253: what it adds while it is up, or takes away while it is down;
			     0: being down is a fault */
	bool reverse;     /* the other way round */
	int64_t delay_ns; /* so long it must be down; of an interface */
};

/* When a router has changed too often to preempt anybody; all zero: never. */
struct conf_damping {
	uint8_t changes;   /* to Active or from it, 2..CONF_DAMPING_MAX */
	int64_t within_ns; /* so many in this time */
	int64_t hold_ns;   /* it preempts nobody for so long after the last one */
};

/* Which link-local address a router of IPv6 advertises first (RFC 9568 §5.2.9). */
enum conf_link_local_kind {
	CONF_LINK_LOCAL_UNSAID,  /* of IPv4; of IPv6 it becomes the next one */
	CONF_LINK_LOCAL_VIRTUAL, /* fe80::200:5eff:fe00:200 plus VRID, unless the list begins with
				    one */
	CONF_LINK_LOCAL_NONE,    /* whatever the list begins with */
	CONF_LINK_LOCAL_ADDRESS, /* this one */
};

struct conf_link_local {
	uint8_t kind; /* enum conf_link_local_kind */
	uint8_t bytes[16];
};

/* The host's own addresses to advertise from, one for each family; zero: any. */
struct conf_sources {
	uint8_t of[2][16]; /* of IPv4, of IPv6 */
};

/* How a router of both families elects. */
enum conf_families {
	CONF_FAMILIES_TOGETHER, /* once, for both */
	CONF_FAMILIES_APART,    /* as two independent routers of one name */
};

/* Another host of a router, which adverts are sent to and taken from. */
struct conf_peer {
	uint8_t family;
	uint8_t min_ttl;   /* or hop limit, of what it sends */
	uint8_t bytes[16]; /* network byte order, IPv4 in the first 4 */
};

/* How adverts are sent by unicast; all zero: they are not. */
struct conf_unicast {
	uint8_t ttl;     /* or hop limit, of what is sent */
	uint8_t min_ttl; /* of a peer that has none of its own */
	unsigned peers_n;
	struct conf_peer *peers; /* part of the configuration; some may be this host */
};

/* What a route leads to, or a rule selects. */
struct conf_prefix {
	bool is_default; /* of a route: the word, which has no family of its own */
	uint8_t family;  /* 4 or 6; 0: nothing is said */
	uint8_t prefix_len;
	uint8_t bytes[16]; /* network byte order, IPv4 in the first 4 */
};

/* What becomes of packets, by a route or a rule. */
enum conf_route_type {
	CONF_ROUTE_UNICAST, /* they go on; of a rule: by a table */
	CONF_ROUTE_BLACKHOLE,
	CONF_ROUTE_UNREACHABLE,
	CONF_ROUTE_PROHIBIT,
};

/* Of IPv4. */
enum conf_route_scope {
	CONF_ROUTE_SCOPE_UNSAID, /* link of what has no gateway, else global */
	CONF_ROUTE_SCOPE_GLOBAL,
	CONF_ROUTE_SCOPE_SITE,
	CONF_ROUTE_SCOPE_LINK,
	CONF_ROUTE_SCOPE_HOST,
};

struct conf_nexthop {
	uint8_t via_family; /* 0: none */
	uint8_t weight;
	uint8_t via[16];
	char interface[CONF_LINK_SIZE];
};

struct conf_route {
	uint8_t family;                    /* 4 or 6; in a router of both: 0: of each */
	uint8_t via_family, source_family; /* 0: none */
	uint8_t type;                      /* enum conf_route_type */
	uint8_t scope;                     /* enum conf_route_scope */
	uint8_t required;                  /* enum conf_answer: its interface is, too */
	bool onlink;
	struct conf_prefix to;
	uint8_t via[16], source[16];
	char interface[CONF_LINK_SIZE]; /* empty: the kernel finds it */
	uint32_t table, metric;         /* of IPv6 a metric of 0 is 1024 */
	unsigned nexthops_n;
	struct conf_nexthop *nexthops; /* instead of via and interface; part of the configuration */
	char text[CONF_ROUTE_TEXT_SIZE]; /* as messages have it */
};

struct conf_fwmark {
	uint32_t mark, mask; /* 0, 0: any */
};

struct conf_rule {
	uint8_t family; /* as of a route */
	uint8_t type;   /* enum conf_route_type */
	struct conf_prefix from, to;
	char iif[CONF_LINK_SIZE], oif[CONF_LINK_SIZE]; /* empty: any */
	struct conf_fwmark fwmark;
	uint32_t table, priority;
	char text[CONF_ROUTE_TEXT_SIZE];
};

struct conf_router {
	char name[CONF_NAME_SIZE];
	char interface[CONF_LINK_SIZE]; /* CONF_LOOPBACK of one with peers that names none */
	bool accept; /* packets to its addresses; false: dropped. An owner always does */
	struct vrrp_config vrrp;
	enum conf_lease lease;
	struct conf_mac mac;
	struct conf_sources sources; /* as the file has them */
	uint8_t source[16];  /* of its family: the only address to advertise from; zero: any */
	uint8_t families;    /* enum conf_families */
	uint8_t only_family; /* 0: it speaks both, and the next two are what it is made of */
	uint8_t members_n;   /* 0 or 2 */
	uint8_t added_n;     /* addresses in front of those that the file has: 0 or 1 */
	struct conf_router *members; /* part of the configuration */
	uint16_t unit_n;  /* how many share its fate, and follow each other in the list of all; */
	uint16_t unit_at; /* which of them it is; */
	uint16_t unit_router; /* and of which router, by number; all 0: it has its own fate */
	const struct conf_group *team; /* that it is in; part of the configuration; NULL: none */
	uint8_t group[16];             /* multicast group of the adverts; zero: vrrp_group() */
	struct conf_link_local link_local;
	struct conf_link link;
	struct conf_announce announce;
	struct conf_auth auth;
	struct conf_unicast unicast;
	struct conf_damping damping; /* in the list of all, of a group's that of the group */
	unsigned tracks_n;
	struct conf_track *tracks; /* part of the configuration */
	unsigned addresses_n;      /* advertised: the first ones */
	unsigned extra_n;          /* held, not advertised: behind them */
	/* Part of the configuration. Of one family unless there are members; what link_local adds
	 * is the first. */
	struct conf_address *addresses;
	unsigned routes_n, rules_n;
	struct conf_route *routes; /* part of the configuration, as the rules */
	struct conf_rule *rules;
	unsigned notify_n;
	struct conf_notify *notify; /* part of the configuration */
};

/* What is told of: what a list of words has for an event. Numbers of vipd's own, and kept. */
enum conf_notify_word {
	CONF_NOTIFY_ACTIVE,
	CONF_NOTIFY_BACKUP,
	CONF_NOTIFY_FAULT,
	CONF_NOTIFY_STOP,    /* of a router that is stopped with vipd */
	CONF_NOTIFY_START,   /* of one that begins */
	CONF_NOTIFY_DELETED, /* of one that a reload removes */
	CONF_NOTIFY_PRIORITY,
	CONF_NOTIFY_LOWER_ADVERT, /* an Active heard one of a lower priority */
	CONF_NOTIFY_CHECK,
	CONF_NOTIFY_CONFLICT, /* somebody else has an address, a VRID or the owner's priority */
	CONF_NOTIFY_DEAF,     /* a family or a member hears nobody, or cannot speak */
	CONF_NOTIFY_DRAIN,
	CONF_NOTIFY_RELOAD,
	CONF_NOTIFY_LAST_WILL, /* nobody is left, and the keeper cleaned up; a process died */
	CONF_NOTIFY_LOST,      /* events that nobody will tell of any more */
	CONF_NOTIFY_WORDS,
};

#define CONF_NOTIFY_STATES                                                                         \
	(1u << CONF_NOTIFY_ACTIVE | 1u << CONF_NOTIFY_BACKUP | 1u << CONF_NOTIFY_FAULT |           \
	 1u << CONF_NOTIFY_STOP | 1u << CONF_NOTIFY_DELETED)

extern const char *const conf_notify_words[CONF_NOTIFY_WORDS];

struct conf_notify_on {
	uint8_t word; /* enum conf_notify_word */
};

enum conf_notify_style {
	CONF_NOTIFY_JSON = 1,   /* the event on standard input, VIPD_* in the environment */
	CONF_NOTIFY_KEEPALIVED, /* keepalived's four arguments */
};

enum conf_notify_deliver {
	CONF_NOTIFY_ALL = 1, /* each event, at least once */
	CONF_NOTIFY_CURRENT, /* a state as long as it is true, and the last one in any case */
};

/* What waits for a command that is a hook. */
enum conf_notify_before {
	CONF_NOTIFY_BEFORE_DRAIN = 1,
};

/* Somebody to be told. */
struct conf_notify {
	struct check_command *command; /* one of both; part of the configuration */
	char fifo[CONF_KEYS_SIZE];     /* a path; empty: none */
	unsigned on_n;
	struct conf_notify_on *on; /* part of the configuration */
	uint32_t words;            /* the same as bits; CONF_NOTIFY_STATES when it says nothing */
	uint8_t style;             /* enum conf_notify_style */
	uint8_t deliver;           /* enum conf_notify_deliver */
	uint8_t before;            /* enum conf_notify_before; 0: nothing waits for it */
	char user[CONF_USER_SIZE]; /* empty: the notifier's */
	int64_t timeout_ns;
	unsigned retries;
	uint64_t definition; /* a number of what it is and whom it is of */
	uint64_t program;    /* likewise of its program alone */
	uint64_t lane;       /* the definition of the first of those that are one action with it */
	uint32_t lane_words; /* of all of them: states alone, and no two of one */
};

struct conf_group_member {
	char router[CONF_NAME_SIZE];
};

/* Routers with one fate. */
struct conf_group {
	char name[CONF_NAME_SIZE];
	unsigned routers_n;
	struct conf_group_member *routers; /* part of the configuration; the first decides ties */
	struct conf_damping damping;
	unsigned tracks_n;
	struct conf_track *tracks; /* likewise */
	unsigned notify_n;
	struct conf_notify *notify;
};

struct conf_block; /* of memory */

/* One that the configuration was read from: the one that was named is the first. */
struct conf_file {
	const char *path; /* part of the configuration; as it was opened */
	bool has_password;
};

struct conf {
	char node[CONF_NODE_SIZE];
	char control[CONF_CONTROL_SIZE];
	char control_group[CONF_USER_SIZE];      /* may do all there; empty: root alone */
	char control_read_group[CONF_USER_SIZE]; /* may look; empty: nobody else */
	bool realtime;
	int64_t boot_delay_ns;     /* no election before the host is up so long */
	char user[CONF_USER_SIZE]; /* of the checker, and of what it runs; empty: conf_user() */
	char state_dir[CONF_STATE_DIR_SIZE]; /* what outlives the host's next start; empty: unsaid
					      */
	int64_t history_ns;                  /* so long events are kept there */
	char metrics[CONF_ENDPOINT_SIZE]; /* where they can be read (endpoint.h); empty: nowhere */
	unsigned notify_n;
	struct conf_notify *notify; /* of the host: told of all routers */
	unsigned checks_n;
	struct check_config *checks; /* part of the configuration, as all that they point to */
	unsigned written_n;
	struct conf_router *written; /* as the file has them */
	unsigned routers_n;
	struct conf_router *routers; /* each of one family: in the same order, but that those with
					one fate are next to each other */
	unsigned groups_n;
	struct conf_group *groups;
	unsigned key_files_n; /* different ones that they name */
	unsigned files_n;
	struct conf_file *files;
	struct conf_block *blocks; /* owned: where routers and their lists are */
};

struct conf_error {
	char file[128];
	unsigned line; /* 0: the file as a whole */
	unsigned at;   /* its place among all lines that were read, to sort by */
	char text[256];
	unsigned other;    /* a line that it names as well, of all lines that were read; 0: none */
	unsigned other_at; /* with the words from here on to the end of its text */
};

/* The first errors, and how many there were; and likewise what is allowed, but will not do what
 * somebody may have meant. */
struct conf_errors {
	unsigned total, warnings_total;
	struct conf_error errors[CONF_ERRORS_MAX];
	struct conf_error warnings[CONF_ERRORS_MAX];
};

/**
 * conf_load() - read and check a configuration file.
 * @path: of a regular file.
 * @ret_conf: on success; owned by the caller, who passes it to conf_free().
 * @ret_errors: filled on failure; its warnings also on success.
 *
 * Return: 0; -EINVAL when the file says something wrong; another -errno when it cannot be read.
 * In both cases @ret_errors says what to mend.
 */
int conf_load(const char *path, struct conf **ret_conf, struct conf_errors *ret_errors);

/**
 * conf_load_as() - conf_load() as a node that was named on a command line.
 * @node: a word; an error when the file names another one, or has nodes and this is none of them.
 *	NULL for conf_load().
 */
int conf_load_as(const char *path, const char *node, struct conf **ret_conf,
		 struct conf_errors *ret_errors);

/**
 * conf_load_here() - conf_load_as() for this host, and now: users that do not exist here, and
 * programs that are missing or not safe to run, are errors. Not for what runs already, or is to be
 * looked at elsewhere.
 */
int conf_load_here(const char *path, const char *node, struct conf **ret_conf,
		   struct conf_errors *ret_errors);

/**
 * conf_node_is_valid() - whether a text of a command line can be the name of a node: a word.
 */
bool conf_node_is_valid(const char *name);

/**
 * conf_load_like() - conf_load_here() as the node that runs, unless the file names one.
 */
int conf_load_like(const char *path, const char *node, struct conf **ret_conf,
		   struct conf_errors *ret_errors);

/**
 * conf_free() - release; NULL is allowed.
 */
void conf_free(struct conf *conf);

/**
 * conf_has_address() - whether a router holds an address, whatever its prefix length.
 * @bytes: as struct conf_address has them.
 */
bool conf_has_address(const struct conf_router *router, const uint8_t *bytes);

/**
 * conf_is_on_macvlan() - whether the macvlan of a router with a virtual MAC has an address: that
 * MAC is one of a family, so what is of another one, or held elsewhere, is where it would be
 * without.
 * @router: of one family.
 */
bool conf_is_on_macvlan(const struct conf_router *router, const struct conf_address *address);

/**
 * conf_is_of_virtual_router() - whether an address is the link-local one of the virtual router's
 * MAC: no host has it for its own, not even the owner of the others.
 * @address: below its addresses_n.
 */
bool conf_is_of_virtual_router(const struct conf_router *router, unsigned address);

/**
 * conf_address_is_preferred() - whether an address may be a source of the host's own connections.
 * By default all are but an IPv6 address without a network, one of length 128: connections from it
 * would break when it moves to another host.
 */
bool conf_address_is_preferred(const struct conf_address *address);

/**
 * conf_address_interface() - the name of the interface that an address is held on.
 */
const char *conf_address_interface(const struct conf_router *router,
				   const struct conf_address *address);

/**
 * conf_group() - the multicast group that a router's adverts are sent to: as many bytes as an
 * address of its family has, borrowed.
 */
const uint8_t *conf_group(const struct conf_router *router);

/**
 * conf_peers_are_link_local() - whether a router speaks to peers of its own link alone, over IPv6.
 * The peers of a router are all so, or none is.
 */
bool conf_peers_are_link_local(const struct conf_router *router);

/**
 * conf_user() - whose rights the checker has.
 * @ret_default: it is not said, and this is what there is: "vipd", else "nobody".
 */
const char *conf_user(const struct conf *conf, bool *ret_default);

/**
 * conf_state_dir() - where the notifier keeps what outlives the host's next start.
 *
 * Return: borrowed; what the file says; else systemd's STATE_DIRECTORY; else CONF_STATE_DIR.
 */
const char *conf_state_dir(const struct conf *conf);

/* What the notifier's user can do in it. */
enum conf_home {
	CONF_HOME_WRITABLE,
	CONF_HOME_MISSING, /* it is made, if the directory above is there */
	CONF_HOME_GIVEN,   /* empty, and root's, as systemd makes it: it is given to the user */
};

/**
 * conf_state_dir_look() - what a state directory is to a user.
 *
 * Return: enum conf_home; -ENOTDIR; -EACCES: somebody else's; another -errno.
 */
int conf_state_dir_look(const char *directory, uid_t uid, gid_t gid);

/**
 * conf_notify_count() - how many entries of notify there are: the host's, those of routers as they
 * are written, and of groups.
 */
unsigned conf_notify_count(const struct conf *conf);

/**
 * conf_needs_notifier() - whether anybody is to be told of events, or a history is to be kept.
 */
bool conf_needs_notifier(const struct conf *conf);

/**
 * conf_hooks_ns() - how long a router may have to wait for commands before it leaves on purpose:
 * the longest timeout of those with before = "drain" that are the host's, the router's or its
 * group's.
 *
 * Return: 0: there are none.
 */
int64_t conf_hooks_ns(const struct conf *conf, const struct conf_router *router);

/**
 * conf_lease_s() - the lifetime of a router's addresses in the kernel.
 *
 * @down_intervals: 1..100, adverts that may be missed.
 *
 * The kernel counts whole seconds and removes an address 0 to 1.2 s after its end. A Backup waits
 * for @down_intervals and at most one more (Active_Down_Interval, RFC 9568 §6.1).
 *
 * Return: seconds; 0 for ever; -1 when there is no safe one: see conf_lease_safe_cs().
 */
int conf_lease_s(enum conf_lease lease, unsigned interval_cs, unsigned down_intervals);

/**
 * conf_lease_safe_cs() - the shortest interval that there is a safe lease for.
 *
 * Return: centiseconds; 0 when there is none, as one advert alone may be missed.
 */
unsigned conf_lease_safe_cs(unsigned down_intervals);

/**
 * conf_dump() - write the configuration with every default spelled out.
 *
 * The output is a configuration file that loads to the same.
 */
void conf_dump(const struct conf *conf, FILE *out);

/**
 * conf_dump_checks() - conf_dump() for whoever asks checks: without what routers authenticate with.
 *
 * Return: 0 or -ENOMEM.
 */
int conf_dump_checks(const struct conf *conf, FILE *out);

/**
 * conf_show() - conf_dump() for people: without passwords. What is written in their place is an
 * error when it is loaded, so that nobody runs with another one by mistake.
 */
void conf_show(const struct conf *conf, FILE *out);

/**
 * conf_signs() - whether the adverts of a router carry an HMAC.
 */
bool conf_signs(const struct conf_router *router);

/* What two configurations may differ in. */
enum conf_change {
	CONF_KEY,     /* a key has another value */
	CONF_COMES,   /* the list @key has one more element, @new_text */
	CONF_GOES,    /* or one less, @old_text */
	CONF_ORDER,   /* or the same elements in another order */
	CONF_NEW,     /* all of @name is new */
	CONF_GONE,    /* or gone */
	CONF_RESTART, /* or begins anew, since what it is told apart by changes: @key, for one,
			 from @old_text to @new_text */
	CONF_RENAMED, /* or a router goes on by another name: conf_diff_lives() alone */
};

/* One difference. All pointers are borrowed, and for the call only. */
struct conf_difference {
	enum conf_change change;
	const char *noun;      /* "router", "group"; NULL for a key of the host */
	const char *name;      /* of it; NULL likewise */
	const void *old, *new; /* struct conf_router, or conf_group; NULL when new, when gone */
	const char *key;       /* NULL for all of it; in a group with a dot: "link.delay" */
	const char *element;   /* what the list @key is one of: "address"; else NULL */
	const void *item;      /* that element: struct conf_address, or what the list is of */
	const char *old_text, *new_text; /* without quotes */
};

typedef void (*conf_difference_fn)(const struct conf_difference *difference, void *arg);

/**
 * conf_diff() - what changes from one configuration to another.
 * @old, @new: routers are matched by name; their order makes no difference.
 * @each: called per difference: the host's keys, then what was there in the order of @old, then
 *	what is new in the order of @new.
 *
 * Costs n log n in routers and in the elements of a list.
 *
 * Return: 0; -ENOMEM, when differences may be missing.
 */
int conf_diff(const struct conf *old, const struct conf *new, conf_difference_fn each, void *arg);

/**
 * conf_diff_lives() - conf_diff(), but of routers as they go on. One that another one continues by
 * conf_continuer(), whatever either is called, is told as CONF_RENAMED, with both names as texts,
 * and behind that what else changes for it, as if it had the new name before; neither as gone nor
 * as new.
 */
int conf_diff_lives(const struct conf *old, const struct conf *new, conf_difference_fn each,
		    void *arg);

/**
 * conf_diff_router() - what changes from one router to another one, its name included: of one that
 * goes on by another name. As conf_diff().
 * @old, @new: as the files have them.
 */
int conf_diff_router(const struct conf_router *old, const struct conf_router *new,
		     conf_difference_fn each, void *arg);

/**
 * conf_errors_print() - write one line per error: "file:line: text".
 */
void conf_errors_print(const struct conf_errors *errors, FILE *out);

/**
 * conf_warnings_print() - write one line per warning: "file:line: warning: text".
 */
void conf_warnings_print(const struct conf_errors *errors, FILE *out);

#endif
