/* SPDX-License-Identifier: MIT */
/*
 * What vipd and vipctl say to each other over the control socket (SOCK_SEQPACKET): one request,
 * then a head and one message per router, all of a fixed layout, in the byte order of the host on
 * which both run. vipd formats and allocates nothing for it. Both come from one build, and the
 * version guards against those that do not.
 */
#ifndef CONTROL_MESSAGE_H
#define CONTROL_MESSAGE_H

#include <stdint.h>

#include "agent/conf/conf.h"
#include "event.h"

#define CONTROL_MAGIC   0x76697064u /* "vipd" */
#define CONTROL_VERSION 2
/*
 * A request to reload and its answer are for ever as they are in version 2, whatever becomes of the
 * others: a new vipctl lets an old vipd reload, and so start the new one, and the other way round.
 */
#define CONTROL_VERSION_RELOAD 2
#define CONTROL_TEXT_SIZE      3000
#define CONTROL_PATH_SIZE      1024

enum control_command {
	CONTROL_SHOW = 1,
	CONTROL_RELOAD,
};

/* Another reload was under way, and may have read the file before it was as it is now: ask again.
 */
#define CONTROL_AGAIN 2

/* The first three members are frozen; later versions may put others behind them. */
struct control_request {
	uint32_t magic;
	uint16_t version;
	uint16_t command; /* enum control_command */
};

/* The first answer. Another version of vipd sends at least the first two members. */
struct control_head {
	uint32_t magic;
	uint16_t version;
	uint16_t reserved;
	char node[CONF_NODE_SIZE];
	char control[CONF_CONTROL_SIZE];
	uint8_t realtime;
	char vipd_version[16];
	char conf_path[CONTROL_PATH_SIZE];    /* absolute; empty when it is longer */
	uint32_t routers_n;                   /* messages to follow */
	uint64_t rejected[VRRP_REJECT_COUNT]; /* packets that concern no router */
	uint64_t unread;                      /* of those, dropped before a reason was found */
	uint64_t dropped;                     /* dropped that could have been adverts */
};

/* The answer to a reload; frozen, see CONTROL_VERSION_RELOAD. */
struct control_result {
	uint32_t magic;
	uint16_t version;
	uint16_t failed;              /* 0: done; CONTROL_AGAIN */
	char text[CONTROL_TEXT_SIZE]; /* what went wrong; ends with a zero */
};

struct control_address {
	struct conf_address address;
	uint8_t advertised;
	uint8_t present; /* on the interface */
};

/* One router. Only addresses_n of the addresses are sent. */
struct control_router {
	uint32_t lease; /* enum conf_lease */
	char name[CONF_NAME_SIZE];
	char interface[CONF_LINK_SIZE];
	struct vrrp_config config;
	uint32_t state; /* enum vrrp_state */
	char reason[EVENT_REASON_SIZE];
	int64_t since_real_ns;      /* CLOCK_REALTIME */
	uint8_t active_address[16]; /* zero: nobody is known */
	struct vrrp_counters counters;
	uint32_t addresses_n;
	struct control_address addresses[VRRP_ADDRESSES_MAX + CONF_EXTRA_MAX];
};

#endif
