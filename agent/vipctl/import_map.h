/* SPDX-License-Identifier: MIT */
/*
 * What a keepalived.conf says, keyword by keyword, between its tree and the settings of a
 * vipd.conf: shared by the files that map one part of it each.
 *
 *   import_keyword.c  which keyword may stand where, and what to say of those without effect
 *   import_word.c     numbers, times and names
 *   import_router.c   an instance becomes a router, with
 *     import_auth.c, import_address.c, import_announce.c, import_route.c
 *   import_group.c    a sync group
 *   import_check.c    scripts, files, processes; import_track.c: who tracks them
 *   import_notify.c   scripts and mail that tell of states
 *   import_global.c   what stands outside of all of them
 */
#ifndef IMPORT_MAP_H
#define IMPORT_MAP_H

#include <stdint.h>

#include "import_report.h"
#include "import_setting.h"
#include "keepalived_tree.h"

/* Keywords whose values are looked up by who maps their block. */
enum keyword {
	KEYWORD_NONE, /* its row says all */
	/* of instances, and of global_defs as their defaults */
	KEYWORD_VERSION,
	KEYWORD_DOWN_TIMER,
	KEYWORD_STRICT,
	KEYWORD_CHECK_SOURCE,
	KEYWORD_CHECKSUM,
	KEYWORD_GARP_DELAY,
	KEYWORD_GARP_REPEAT,
	KEYWORD_GARP_REFRESH,
	KEYWORD_SMTP_ALERT,
	/* of instances */
	KEYWORD_STATE,
	KEYWORD_INTERFACE,
	KEYWORD_VRID,
	KEYWORD_PRIORITY,
	KEYWORD_INTERVAL,
	KEYWORD_AUTH,
	KEYWORD_AUTH_TYPE,
	KEYWORD_AUTH_PASS,
	KEYWORD_HMAC,
	KEYWORD_HMAC_KEY,
	KEYWORD_HMAC_ACTIVE,
	KEYWORD_HMAC_WINDOW,
	KEYWORD_HMAC_MODE,
	KEYWORD_NOPREEMPT,
	KEYWORD_PREEMPT,
	KEYWORD_PREEMPT_DELAY,
	KEYWORD_ADDRESSES,
	KEYWORD_EXCLUDED,
	KEYWORD_NO_ADDRESSES,
	KEYWORD_SOURCE,
	KEYWORD_TRACK_SOURCE,
	KEYWORD_PEERS,
	KEYWORD_UNICAST_TTL,
	KEYWORD_NO_PEER_FAULT,
	KEYWORD_GROUP_ADDRESS,
	KEYWORD_VMAC,
	KEYWORD_XMIT_BASE,
	KEYWORD_ACCEPT,
	KEYWORD_NO_ACCEPT,
	KEYWORD_ROUTES,
	KEYWORD_RULES,
	KEYWORD_TRACK_PRIMARY,
	KEYWORD_IPV6,
	KEYWORD_LOWER_PRI_SCRIPT,
	/* of instances and groups */
	KEYWORD_TRACK_INTERFACE,
	KEYWORD_TRACK_SCRIPT,
	KEYWORD_TRACK_FILE,
	KEYWORD_TRACK_PROCESS,
	KEYWORD_NOTIFY_MASTER,
	KEYWORD_NOTIFY_BACKUP,
	KEYWORD_NOTIFY_FAULT,
	KEYWORD_NOTIFY_STOP,
	KEYWORD_NOTIFY_DELETED,
	KEYWORD_NOTIFY,
	/* of groups */
	KEYWORD_MEMBERS,
	KEYWORD_GROUP_WEIGHTS,
	/* of scripts, files and processes */
	KEYWORD_SCRIPT,
	KEYWORD_TIMEOUT,
	KEYWORD_RISE,
	KEYWORD_FALL,
	KEYWORD_WEIGHT,
	KEYWORD_USER,
	KEYWORD_FILE,
	KEYWORD_PROCESS,
	KEYWORD_QUORUM,
	KEYWORD_QUORUM_MAX,
	KEYWORD_DELAY,
	KEYWORD_FORK_DELAY,
	KEYWORD_END_DELAY,
	/* of garp_group, and of global_defs */
	KEYWORD_GARP_INTERVAL,
	KEYWORD_GNA_INTERVAL,
	KEYWORD_INTERFACES,
	/* of global_defs */
	KEYWORD_GROUP4,
	KEYWORD_GROUP6,
	KEYWORD_START_DELAY,
	KEYWORD_BOOT_DELAY,
	KEYWORD_MIN_GARP,
	KEYWORD_DEFAULT_INTERFACE,
	KEYWORD_VMAC_PREFIX,
	KEYWORD_SCRIPT_USER,
	KEYWORD_MAIL_TO,
	KEYWORD_MAIL_FROM,
	KEYWORD_MAIL_SERVER,
	KEYWORD_SMTP_ALERT_VRRP,
	KEYWORD_NO_MAIL_FAULTS,
	KEYWORD_FIFO,
	KEYWORD_PRIORITY_CHANGES,
	/* of the file */
	KEYWORD_UP_DOWN,
	KEYWORD_COUNT,
};

/* A block, and where each of its keywords is. Lists that are there twice are chained. */
struct subject {
	struct subject *next;
	struct keepalived_node *node; /* NULL: it is nowhere */
	struct keepalived_node *said[KEYWORD_COUNT];
	const char *name; /* as vipd has it; NULL: not yet */
	bool used;        /* of a check: somebody tracks it; of an instance: it is in a group */
};

struct subjects {
	struct subject *first, **end;
	unsigned n; /* at most CONF_ROUTERS_MAX: looking up goes through all of them */
};

enum import_ah {
	IMPORT_AH_ASK,
	IMPORT_AH_NONE,
	IMPORT_AH_HMAC,
};

/* A file of its own for what is secret. */
struct import_secret {
	struct import_secret *next;
	const char *name;  /* in the directory of secrets */
	const char *bytes; /* NULL: the file is there already, and shall stay */
	const char *what;  /* for the report: "the password of lan" */
};

struct import {
	struct arena *arena;
	struct report *report;
	enum import_ah ah;
	const char *secrets_directory; /* where such files go; absolute, with a slash at its end */
	const char *secrets_prefix;    /* what stands in front of their names in @include */
	const char *secrets_stem;      /* what their names begin with */
	const char *directory;         /* of the file that is imported, with a slash, or "" */
	struct subject file, globals;
	struct subjects instances, groups, scripts, files, processes, garp_groups;
	struct setting *root;
	struct import_secret *secrets;
	struct keepalived_source *sources; /* all files that were read, but for tables of names */
	unsigned secrets_n;
	unsigned rules_n;   /* without a priority of their own */
	bool told_confined; /* that a service may do less than keepalived, once */
};

/* ---- import_keyword.c ---- */

/**
 * import_keywords() - sort the tree of a file by its keywords, and report those that need no
 * mapping, and what is none.
 */
void import_keywords(struct import *import, struct keepalived_node *root);

/**
 * import_keywords_check() - that each keyword was judged: none goes without a word.
 */
void import_keywords_check(struct import *import, struct keepalived_node *root);

#endif
