/* SPDX-License-Identifier: MIT */
/*
 * What the kernel tells about links and about objects of all kinds (kind.h), as plain data. The one
 * parser of route messages serves dumps and events alike; no type of libnl or libmnl leaves this
 * folder.
 */
#ifndef KERN_OBJECT_H
#define KERN_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kind.h"

/* Longest name of an interface with its zero (IFNAMSIZ). */
#define KERN_LINK_NAME_SIZE 16
/* Alternative names of one interface that are told; longer ones than a name are not. */
#define KERN_LINK_ALTNAMES_MAX 8

struct kern_link {
	int ifindex;
	char name[KERN_LINK_NAME_SIZE];
	bool up;        /* administratively */
	bool carrier;   /* operationally: the medium is there and not dormant */
	bool ethernet;  /* has a 6-byte address */
	bool macvlan;   /* stands on another one: what is to stand on it does so, too */
	bool promotes;  /* a secondary address survives the removal of its primary */
	bool forwards4; /* routes IPv4 */
	bool forwards6; /* routes IPv6: announcements say so (RFC 4861 §4.4, R) */
	bool snoops;    /* a bridge that prunes multicast, and leaves it to others to ask who wants
			   it (RFC 4541) */
	int master; /* the interface that gets what this one receives: a bridge, a bond; 0: none */
	unsigned mtu; /* bytes of an IP packet; 0: unknown */
	uint8_t mac[6];
	uint8_t altnames_n; /* ip link property add ... altname */
	char altnames[KERN_LINK_ALTNAMES_MAX][KERN_LINK_NAME_SIZE];
};

/* That an interface begins or ends to route a family; no link's message tells of it. */
struct kern_forwarding {
	int ifindex;
	unsigned family; /* 4 or 6 */
	bool forwards;   /* as struct kern_link has it */
};

enum kern_object_type {
	KERN_OBJECT_NONE, /* not a message of interest, or one that makes no sense */
	KERN_OBJECT_LINK,
	KERN_OBJECT_ENTRY, /* of some kind */
	KERN_OBJECT_FORWARDING,
};

struct kern_object {
	enum kern_object_type type;
	enum kern_kind kind; /* of KERN_OBJECT_ENTRY */
	bool gone;           /* the message reports a removal */
	bool by_kernel;      /* nobody asked for the change: mostly a lease that ended. Of IPv6
				addresses the kernel says so always; then, only if one may have ended */
	bool by_us;          /* asked for by the socket with the port given to the parser; of IPv6
				addresses the kernel does not say it */
	union {
		struct kern_link link;
		struct kern_forwarding forwarding;
		struct kern_address address; /* KERN_KIND_ADDRESS: the same as entry.address */
		union kern_entry entry;
	};
};

/* Called for each object of a dump or an event, in the kernel's order. @object is borrowed. */
typedef void (*kern_object_fn)(const struct kern_object *object, void *arg);

/**
 * kern_object_fits() - whether a whole message lies at the begin of a buffer. libmnl's own test
 * takes a length of more than 2 GiB for a negative one, and its walk would never end.
 * @len: bytes left in the buffer.
 */
bool kern_object_fits(const struct nlmsghdr *message, int len);

/**
 * kern_object_is_link() - whether a message is about a link, and so perhaps about objects of kinds,
 * too.
 */
bool kern_object_is_link(const struct nlmsghdr *message);

/**
 * kern_object_parse_kind() - make plain data of one route message, if it is about an object of a
 * kind. Parameters as those of kern_object_parse().
 *
 * Return: whether it is.
 */
bool kern_object_parse_kind(const struct nlmsghdr *message, uint32_t our_port, enum kern_kind kind,
			    struct kern_object *ret_object);

/**
 * kern_object_parse() - make plain data of one route message; of one about a link, the link.
 * @message: complete, of nlmsg_len bytes; borrowed.
 * @our_port: port of the socket that sends our changes, to recognise their echo; or 0.
 * @ret_object: always filled.
 */
void kern_object_parse(const struct nlmsghdr *message, uint32_t our_port,
		       struct kern_object *ret_object);

#endif
