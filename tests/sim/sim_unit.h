/* SPDX-License-Identifier: MIT */
/*
 * Units: in some worlds the hosts have dual-stack routers, whose families elect as one
 * (vrrp/unit.h). The first member is the router of the host, whose addresses, processes and frames
 * are checked as everywhere; the second one is its companion. What their elections do together no
 * model of a single router says, so that of sim_model.h only looks on there, and this is asked for
 * instead (U):
 *
 *   - At the end of a turn both members are in one state. A Backup beside an Active one has come
 *     later, and waits for no longer than an Active may be silent; or it cannot speak, and hears
 *     another Active.
 *   - Nobody takes over while an advert counts that forbids it, in whichever family it arrived,
 *     unless that family cannot speak here.
 *   - Whoever hears nobody in the families that it can speak takes over, whatever it hears in
 * others.
 *   - Who can speak in one family is in no fault, and mute in the other one if that has had no
 *     address of its own for half a second; nobody else is mute.
 *   - When the faults are over, each family of a component has one Active, on one host but for
 *     those that cannot speak to each other; and nothing changes any more.
 *   - No two hosts have Active members, of one family or of different ones, for longer than the
 *     longest Active_Down_Interval, or an offer to leave if that is longer, while nothing befalls
 *     anybody, all have such units, and all of them can speak in both families, and know that, for
 *     all that time; nor for longer than two of them and an interval, while adverts of one family
 *     alone do not come through. What was delayed or stalled until then takes its own time.
 *   - In calm runs, in which what befalls one family alone is added, nobody changes its state.
 *
 * In mixed worlds one host has a router of the first family alone, or one whose families elect
 * apart: there a unit leaves both families to it if it hears it in one.
 */
#ifndef SIM_UNIT_H
#define SIM_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "vrrp/fsm.h"

#define SIM_MEMBERS_OF_UNIT 2

/* What befalls one family of a host, or of a path, and not the other one. */
enum sim_family_fault {
	SIM_FAMILY_CUT,        /* nothing comes from @node to @peer */
	SIM_FAMILY_UNHEARD,    /* nobody hears @node, */
	SIM_FAMILY_DEAF,       /* or it hears nobody */
	SIM_FAMILY_LOSS,       /* half of it is lost on all paths */
	SIM_FAMILY_SOURCELESS, /* the host of @node has no address of its own to speak from */
	SIM_FAMILY_OFF,        /* IPv6 is switched off there; IPv4 has no address */
	SIM_FAMILY_NARROW,     /* the MTU has no room for IPv6; likewise */
	SIM_FAMILY_FAULTS,
};

struct sim;
struct sim_episode;
struct sim_gateway;
struct sim_packet;
struct sim_process;

/* Of one host. */
struct sim_unit {
	bool together; /* its families elect as one */
	/* The newest arrival in each family that forbids a takeover, read or not; local time. */
	struct {
		int64_t at_ns;
		unsigned interval_cs;
		bool by_muteness; /* it forbids only whom cannot speak */
	} arrived[SIM_MEMBERS_OF_UNIT];
	int64_t heard_ns[SIM_MEMBERS_OF_UNIT]; /* the last advert that came; local time */
	bool can[SIM_MEMBERS_OF_UNIT];         /* speak, as of the last turn, */
	int64_t begun_ns;             /* when the process began that knows it; local time */
	const struct sim_process *by; /* of this process, */
	int64_t since_ns[SIM_MEMBERS_OF_UNIT]; /* since then; local time */
	bool mute[SIM_MEMBERS_OF_UNIT];        /* taken for that, likewise, */
	int64_t known_ns[SIM_MEMBERS_OF_UNIT]; /* since then; local time */
	int64_t mate_ns;      /* the second member has sent its last advert then; global time */
	int64_t voiceless_ns; /* Active, and could not say so, then; global time; or 0 */
	int64_t parted_ns;    /* a Backup stands beside an Active since then; local time; 0: none */
};

/**
 * unit_kind() - how a fault of the type SIM_FAULT_FAMILY is numbered.
 * @family: 4 or 6.
 */
unsigned unit_kind(enum sim_family_fault fault, unsigned family);

/**
 * unit_begin(), unit_end() - such a fault; what it does to paths: unit_apply().
 */
void unit_begin(struct sim *sim, const struct sim_episode *e);
void unit_end(struct sim *sim, const struct sim_episode *e);
void unit_apply(struct sim *sim, unsigned from, unsigned to, const struct sim_episode *e);

/**
 * unit_arrival() - an advert comes to a host.
 * @member: 0 or 1.
 * @at_ns: local time.
 */
void unit_arrival(struct sim *sim, unsigned i, unsigned member, const struct sim_packet *packet,
		  int64_t at_ns);

/**
 * unit_unread() - what had arrived forbids nothing any more.
 */
void unit_unread(struct sim *sim, unsigned i);

/**
 * unit_stepped() - a member has made a step, in the process that runs.
 */
void unit_stepped(struct sim *sim, unsigned i, unsigned member, const struct vrrp *before,
		  const struct vrrp_event *event);

/**
 * unit_follow() - let the model of the first member be as the member is.
 */
void unit_follow(struct sim *sim, unsigned i, const struct vrrp_event *event);

/**
 * unit_can_say() - whether the first member, or the second one that leaves with it, can say so.
 */
bool unit_can_say(const struct sim *sim, const struct sim_gateway *r);

/**
 * unit_is_mute() - whether no advert of the first member leaves: it cannot speak, or its process
 * does not know that it can again.
 */
bool unit_is_mute(struct sim *sim, unsigned i);

/**
 * unit_sent() - the second member has sent an advert: it is evidence for the first one, too, if
 * that is mute.
 */
void unit_sent(struct sim *sim, unsigned i);

/**
 * unit_inherit() - leases of the first member are renewed: if it is known to be mute, what the
 * second one has sent before it was that is evidence, too.
 */
void unit_inherit(struct sim *sim, unsigned i);

/**
 * unit_had_voice() - whether some member of an Active unit could say that it is Active, all the
 * time since then.
 */
bool unit_had_voice(const struct sim *sim, unsigned i, int64_t since_ns);

/**
 * unit_active() - the members that are Active, a bit each: of a host whose families elect apart the
 * first one alone. unit_speaking(): those that its process does not take for mute.
 */
unsigned unit_active(const struct sim *sim, unsigned i);
unsigned unit_speaking(struct sim *sim, unsigned i);

/**
 * unit_has_mute() - whether it takes one of its members for mute.
 */
bool unit_has_mute(struct sim *sim, unsigned i);

/**
 * unit_can_speak() - whether adverts of a member leave and come in, by what the host has.
 */
bool unit_can_speak(const struct sim *sim, unsigned i, unsigned member);

/**
 * unit_turn() - the end of a turn.
 */
void unit_turn(struct sim *sim, const struct sim_process *process);

/**
 * unit_split() - two hosts may have had Active members for too long.
 */
void unit_split(struct sim *sim);

/**
 * unit_converged() - the faults are over, and each family has its Active.
 */
void unit_converged(struct sim *sim);

/**
 * unit_late_ns() - by how much longer than single routers units may take for that.
 * @down_ns: the longest Active_Down_Interval.
 */
int64_t unit_late_ns(const struct sim *sim, int64_t down_ns);

#endif
