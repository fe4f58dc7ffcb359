/* SPDX-License-Identifier: MIT */
/*
 * The rules of a packet filter as plain data, whoever's they are, and what becomes of a packet by
 * them. Rules match by what is known here of VRRP's packets; what is not understood may match or
 * not, and then nothing is certain. Pure: nothing is asked of the kernel.
 */
#ifndef VIPCTL_FIREWALL_H
#define VIPCTL_FIREWALL_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

enum firewall_hook {
	FIREWALL_NO_HOOK, /* of a chain that others jump to */
	FIREWALL_INGRESS,
	FIREWALL_PREROUTING,
	FIREWALL_INPUT,
	FIREWALL_OUTPUT,
	FIREWALL_POSTROUTING,
	FIREWALL_EGRESS,
};

/* What a rule looks at. */
enum firewall_key {
	FIREWALL_UNKNOWN,  /* nobody can say here */
	FIREWALL_NEVER,    /* ports: VRRP has none, whatever is compared with them */
	FIREWALL_PROTOCOL, /* by number or name */
	FIREWALL_NFPROTO,  /* "ipv4", "ipv6" */
	FIREWALL_IIF,      /* a name; at its end "*" stands for any rest */
	FIREWALL_OIF,
	FIREWALL_SADDR, /* "a", "a/length", "a-b" */
	FIREWALL_DADDR,
	FIREWALL_STATE,   /* of conntrack */
	FIREWALL_PKTTYPE, /* "host", "multicast" */
	FIREWALL_DTYPE,   /* of the destination: "local", "multicast" */
	FIREWALL_TTL,
	FIREWALL_ICMP6, /* type, by number or nft's name */
};

enum firewall_verdict {
	FIREWALL_GO_ON,
	FIREWALL_ACCEPT,
	FIREWALL_DROP,
	FIREWALL_JUMP,
	FIREWALL_GOTO,
	FIREWALL_RETURN,
	FIREWALL_ELSEWHERE, /* to a program, or another place that is not looked into */
};

/* All below are in an arena. */
struct firewall_match {
	enum firewall_key key;
	bool negated;
	unsigned n;
	const char **values; /* any of them */
	struct firewall_match *next;
};

struct firewall_rule {
	struct firewall_match *matches; /* all of them */
	enum firewall_verdict verdict;
	const char *target; /* of a jump */
	const char *text;   /* as its owner has it, or in short */
	struct firewall_rule *next;
};

struct firewall_chain {
	const char *tool;   /* "nft", "iptables", "ip6tables-legacy" */
	const char *family; /* "ip", "ip6", "inet", "netdev" */
	const char *table, *name;
	enum firewall_hook hook;
	const char *device;  /* of ingress and egress; NULL: any */
	bool of_some_device; /* of one of them, and which is not known */
	bool drops;          /* its policy */
	struct firewall_rule *rules, **end;
	struct firewall_chain *next;
};

struct firewall {
	struct firewall_chain *chains, **end;
};

struct firewall_packet {
	uint8_t family;   /* 4 or 6 */
	uint8_t protocol; /* 112, or 58 of ND */
	uint8_t icmp_type;
	uint8_t ttl;
	const char *interface;        /* it comes by or leaves by */
	uint8_t saddr[16], saddr_len; /* length of a prefix: somewhere in it */
	uint8_t daddr[16], daddr_len;
	bool multicast;
};

enum firewall_fate {
	FIREWALL_PASSES,
	FIREWALL_MAY_DROP, /* what would let it pass, or drop it, is not understood here */
	FIREWALL_DROPS,
};

struct firewall_answer {
	enum firewall_fate fate;
	const struct firewall_chain *chain; /* of a hook, by which it is dropped */
	const char *text;                   /* what drops it; NULL: its policy */
};

/**
 * firewall_chain() - another one, at the end.
 */
struct firewall_chain *firewall_chain(struct firewall *firewall, struct arena *arena,
				      const char *tool, const char *family, const char *table,
				      const char *name);

/**
 * firewall_find() - a chain of a table by its name; NULL: there is none.
 */
struct firewall_chain *firewall_find(const struct firewall *firewall, const char *tool,
				     const char *family, const char *table, const char *name);

/**
 * firewall_rule() - another one, at the end of a chain.
 * @text: borrowed for as long as the arena.
 */
struct firewall_rule *firewall_rule(struct firewall_chain *chain, struct arena *arena,
				    const char *text);

/**
 * firewall_match() - another condition of a rule, without values yet.
 */
struct firewall_match *firewall_match(struct firewall_rule *rule, struct arena *arena,
				      enum firewall_key key, bool negated);

/**
 * firewall_value() - another value of a condition; copied.
 */
void firewall_value(struct firewall_match *match, struct arena *arena, const char *text);

/**
 * firewall_judge() - what becomes of a packet in one base chain.
 */
struct firewall_answer firewall_judge(const struct firewall *firewall,
				      const struct firewall_chain *chain,
				      const struct firewall_packet *packet);

/**
 * firewall_hears() - whether packets of a family that go by an interface come through a base chain.
 */
bool firewall_hears(const struct firewall_chain *chain, const struct firewall_packet *packet);

#endif
