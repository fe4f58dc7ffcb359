/* SPDX-License-Identifier: MIT */
/*
 * Virtual routers with one fate: the families of a dual-stack router, the routers of a group. Each
 * member is a virtual router of its own (fsm.h), with its own adverts and timers; the unit decides
 * what none of them can know alone. It is Active in all of them or in none:
 *
 *   - An Active heard by one member is an Active: the others do not take over. Who hears nobody
 *     meanwhile is deaf, which is told, and no second Active.
 *   - They take over together, when each has begun and no Active_Down_Timer runs any more.
 *   - When one has a rival, all announce again, as that may have done so in all families.
 *   - When one yields, all do. A tie is decided by the first member alone, since the addresses of
 *     the others may say the opposite; by another one when it has lasted there for as long as an
 *     Active may be silent.
 *   - A member that cannot speak is mute: it hinders nobody, and follows the others, unless it
 *     hears another Active, whom it leaves its family to, however weak.
 *   - All have one priority.
 *
 * Pure, as fsm.h.
 */
#ifndef VRRP_UNIT_H
#define VRRP_UNIT_H

#include "fsm.h"

#define VRRP_UNIT_MAX 256 /* members */

struct vrrp_member {
	struct vrrp *vr;   /* borrowed; written by vrrp_unit_step() */
	unsigned router;   /* any number; families of one router have the same */
	uint32_t id;       /* likewise, for reasons; kept by a successor; 0: it has none */
	bool mute;         /* no advert of it can leave; the caller's */
	bool deaf;         /* hears nobody, while another member hears an Active */
	int64_t last_ns;   /* its last event */
	int64_t advert_ns; /* its last advert, also one that a Backup makes nothing of; 0: none */
	bool touched; /* by the last vrrp_unit_step(): it, or when its timer is due, may be other */
};

struct vrrp_unit {
	unsigned n;
	struct vrrp_member *members; /* borrowed; the first one decides ties */
	int64_t tie_since_ns; /* Active: others than the first one have heard a tie since then, */
	int64_t tie_ns;       /* and until then; without a longer pause */
	bool led, waits; /* as of the last event: a member is Active; all have begun, and wait */
};

/**
 * vrrp_unit_init() - a unit without members.
 * @members: room for them; borrowed for as long as the unit is used.
 */
void vrrp_unit_init(struct vrrp_unit *unit, struct vrrp_member *members);

/**
 * vrrp_unit_add() - one more member, up to VRRP_UNIT_MAX.
 * @vr: borrowed for as long as the unit is used.
 * @router: struct vrrp_member.
 *
 * Return: its number, counting from 0.
 */
unsigned vrrp_unit_add(struct vrrp_unit *unit, struct vrrp *vr, unsigned router);

/**
 * vrrp_unit_step() - one event for one member, and what follows for all.
 * @member: whom it concerns. VRRP_EVENT_PRIORITY and VRRP_EVENT_CEDE concern all, whoever gets it.
 * @out: as many as there are members, overwritten: what the caller must now do for each member. Of
 * those that are not touched nothing has changed.
 */
void vrrp_unit_step(struct vrrp_unit *unit, unsigned member, const struct vrrp_event *event,
		    struct vrrp_output *out);

/**
 * vrrp_unit_deadline() - when VRRP_EVENT_TIMER of a member is due, as vrrp_deadline(). It may be
 * put off by what other members hear: asking anew when it has come is early enough. What brings it
 * forward touches the member, or the one that will claim for all.
 */
int64_t vrrp_unit_deadline(const struct vrrp_unit *unit, unsigned member);

/**
 * vrrp_unit_holder() - who keeps a unit from taking over: the first member that has not begun, or
 * the one whose Active_Down_Timer runs longest.
 *
 * Return: its number; @unit->n: nobody does, as one is Active, or none has a say.
 */
unsigned vrrp_unit_holder(const struct vrrp_unit *unit);

#endif
