/* SPDX-License-Identifier: MIT */
/*
 * The kernel of a router's host, as far as netlink shows it: one interface, its own addresses, the
 * virtual ones with mark and lease, the events that it tells the processes of the agent, and its
 * bad days. What the agent's code calls of it is in sim_netlink.c and sim_socket.c.
 */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include "netlink/change.h"
#include "netlink/object.h"
#include "sim_ip6.h"
#include "sim_macvlan.h"
#include "sim_net.h"

#define SIM_INTERFACE   "eth0"
#define SIM_NOTICES_MAX 128
#define SIM_LEASE_LATE_NS                                                                          \
	INT64_C(1200000000) /* so late may the kernel be with the end of a lease */
#define SIM_MEMBERS_MAX 16

/* In the place of a membership's interface: the interface has gone; it has forgotten it. */
#define SIM_MEMBER_IN_VAIN   (-1)
#define SIM_MEMBER_FORGOTTEN (-2)

/* What goes wrong, all at a time or some of it. */
enum sim_trouble {
	SIM_TROUBLE_EVENTS = 1,  /* events are dropped, as if the buffer were full (ENOBUFS) */
	SIM_TROUBLE_DUMPS = 2,   /* some dumps fail */
	SIM_TROUBLE_CHANGES = 4, /* some changes are refused */
	SIM_TROUBLE_ANSWERS = 8, /* some answers to changes are lost */
	SIM_TROUBLE_FRAMES = 16, /* no frame is taken (ENOBUFS) */
};

struct sim_address {
	bool present;
	uint8_t mark;     /* KERN_ADDRESS_MARK: the agent's; else somebody else's */
	uint32_t seq;     /* a lower one is older; the oldest is the primary of the subnet */
	int64_t due_ns;   /* its lease ends, or VRRP_NEVER; */
	int64_t end_ns;   /* the kernel, which may be late, removes it then */
	int64_t added_ns; /* or when its lease began */
	int64_t put_ns;   /* added, not renewed */
	bool unanswered;  /* who added it was not told so, and nobody has renewed it since */
	bool deprecated;  /* not to be a source of the host's own connections */
	uint8_t prefix_len;
	uint32_t metric; /* of the route to its prefix, as asked for */
	bool stolen;     /* not present: somebody took it away since the last takeover */
	bool ended;      /* not present: its lease ended */
};

/* Packets to an address are dropped. */
struct sim_filter {
	bool present;
	bool refused; /* its removal was, since then */
	int ifindex;  /* that it was made for */
};

/* Of vipd: nobody else has one to the same network. */
struct sim_route {
	bool present;
	uint8_t mark;
	int ifindex;       /* that it leads over */
	int64_t stolen_ns; /* somebody took it last */
	int64_t shaken_ns; /* what it needs was gone last */
};

struct sim_link {
	bool exists, up, carrier;
	int ifindex;
	uint8_t mac[6];
};

struct sim_kernel {
	bool promotes;     /* the others outlive the removal of their subnet's primary */
	bool subnet;       /* all virtual addresses are in one; else each is alone */
	unsigned trouble;  /* enum sim_trouble */
	unsigned troubles; /* all of them since it was well and repaired */
	int64_t trouble_begin_ns;
	int64_t link_ns;        /* the interface has changed then */
	int64_t trouble_end_ns; /* what it led to is repaired by then */
	int64_t unclear_ns;     /* when it had trouble last that hides what it does */
	int64_t thawed_ns;      /* when it last stood still */
	int64_t unheard_ns;     /* when an event was lost last */
	int64_t disturbed_ns;   /* when somebody changed something last */
	uint32_t seq;
	uint64_t changes_n; /* the agent's that had an effect, renewals apart */
	struct sim_link link;
	enum sim_own own[SIM_OWN_MAX]; /* the addresses of sim_gateway.own; the last one is usual */
	struct sim_ip6 ip6;
	struct {
		int ifindex; /* of the interface; 0: free */
		unsigned family;
		const struct sim_process *of;
	} members[SIM_MEMBERS_MAX]; /* of the groups */
	struct sim_address table[SIM_ADDRESSES_MAX];
	struct sim_filter filters[SIM_ADDRESSES_MAX];
	struct sim_macvlans macvlans;
	struct sim_route route;
};

/* What a process hears of its kernel. */
struct sim_monitor {
	bool open;
	bool overrun; /* events were dropped since the last look */
	unsigned notices_n;
	struct kern_object notices[SIM_NOTICES_MAX];
};

struct sim_process;

/**
 * kernel_init() - a host with one interface and one address of its own.
 */
void kernel_init(struct sim *sim, unsigned i);

/**
 * kernel_address() - virtual address @k of every router, as the agent writes it.
 */
struct kern_address kernel_address(const struct sim *sim, unsigned i, unsigned k);

/**
 * kernel_shown() - likewise, as netlink shows it, or its removal.
 */
struct kern_address kernel_shown(const struct sim *sim, unsigned i, unsigned k);

/**
 * kernel_own() - address @n of the host's own.
 */
struct kern_address kernel_own(const struct sim *sim, unsigned i, unsigned n);

/**
 * kernel_link() - the interface as netlink shows it.
 */
struct kern_link kernel_link(const struct sim *sim, unsigned i);

/**
 * kernel_can_talk() - whether frames leave by the interface and come in.
 */
bool kernel_can_talk(const struct sim_kernel *kernel);

/**
 * kernel_change() - carry out a change that a process asks for.
 *
 * Return: 0 or -errno, as kern_changer_apply() says.
 */
int kernel_change(struct sim *sim, struct sim_process *by, const struct kern_change *change);

/**
 * kernel_goes_wrong() - whether trouble of that sort strikes now.
 */
bool kernel_goes_wrong(struct sim *sim, unsigned i, enum sim_trouble trouble);

/**
 * kernel_expire() - the lease of an address may have ended.
 */
void kernel_expire(struct sim *sim, unsigned i, unsigned k);

/**
 * kernel_thaw() - the end of a pause in which the whole host stood still.
 * @slept_ns: so long.
 * @clock_stood_still: its clock did not notice.
 */
void kernel_thaw(struct sim *sim, unsigned i, int64_t slept_ns, bool clock_stood_still);

/**
 * kernel_trouble() - its trouble begins, changes or ends.
 * @trouble: enum sim_trouble; 0: ends.
 */
void kernel_trouble(struct sim *sim, unsigned i, unsigned trouble);

/**
 * kernel_steal() - somebody removes an address, whosever it is.
 */
void kernel_steal(struct sim *sim, unsigned i, unsigned k);

/**
 * kernel_replace() - somebody puts his own in the place of an address.
 */
void kernel_replace(struct sim *sim, unsigned i, unsigned k);

/**
 * kernel_squat() - somebody adds an address, or takes what he added away. Without effect on the
 * agent's.
 */
void kernel_squat(struct sim *sim, unsigned i, unsigned k, bool there);

/**
 * kernel_set_link() - the interface goes up or down, its medium comes or goes.
 */
void kernel_set_link(struct sim *sim, unsigned i, bool up, bool carrier);

/**
 * kernel_remove_link() - the interface is gone, and all addresses with it.
 */
void kernel_remove_link(struct sim *sim, unsigned i);

/**
 * kernel_create_link() - it is there again, with another index and the host's own address.
 */
void kernel_create_link(struct sim *sim, unsigned i);

/**
 * kernel_set_own() - an address of the host's own comes or goes.
 */
void kernel_set_own(struct sim *sim, unsigned i, unsigned n, bool there);

/**
 * kernel_join() - a process becomes a member of the group.
 *
 * Return: the number of the membership, or -errno.
 */
int kernel_join(struct sim_kernel *kernel, const struct sim_process *of, unsigned family,
		int ifindex);

/**
 * kernel_leave() - the membership ends. Of one that IPv6 has forgotten meanwhile, another one of
 * the group ends, as the kernel counts them by group. Here it is one of the same process: that a
 * process takes its successor's with it needs a reload in the very second in which lost events hide
 * a small MTU.
 */
void kernel_leave(struct sim_kernel *kernel, unsigned n);

/* For sim_ip6.c and sim_companion.c. */

/**
 * kernel_disturb() - somebody but the agent changes something.
 */
void kernel_disturb(struct sim *sim, unsigned i);

/**
 * kernel_lose() - virtual address @k goes with all that the interface has.
 */
void kernel_lose(struct sim *sim, unsigned i, unsigned k);

/**
 * kernel_drop() - virtual address @k goes with the interface that has it.
 */
void kernel_drop(struct sim *sim, unsigned i, unsigned k);

/* What it tells the processes of the agent; of an object, that @by has asked for that, or NULL. */
void kernel_tell(struct sim *sim, unsigned i, const struct sim_process *by,
		 const struct kern_object *object);
void kernel_tell_own(struct sim *sim, unsigned i, unsigned n);
void kernel_tell_link(struct sim *sim, unsigned i);
void kernel_tell_forwarding(struct sim *sim, unsigned i);

/**
 * kernel_ours() - how many addresses and routes of the host carry the agent's mark.
 */
unsigned kernel_ours(const struct sim_kernel *kernel);

/**
 * kernel_mtu() - that of the interface where the routers live.
 */
unsigned kernel_mtu(const struct sim_kernel *kernel);

#endif
