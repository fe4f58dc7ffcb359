/* SPDX-License-Identifier: MIT */
/*
 * Going on where another process stopped: a router takes over the election of its predecessor of
 * the same name, under a configuration that may differ. Pure, like the state machine.
 */
#ifndef VRRP_ADOPT_H
#define VRRP_ADOPT_H

#include "fsm.h"

/**
 * vrrp_adopt() - continue an election.
 * @vr: just made by vrrp_init() with the configuration of now; overwritten but for that.
 * @old: what the predecessor left; of the same family and VRID on the same interface.
 * @priority: the effective one from now on.
 * @now_ns: on the clock of @old's deadlines.
 *
 * With an unchanged configuration every deadline stays as it was, so that nothing happens on the
 * wire. What depends on a changed one is computed anew from when the Active was heard last; an
 * Active whose adverts will look different sends the next one at once. Repetitions of an
 * announcement that are due stay due, and a refresh comes no later than it is configured now. Of
 * another version, an Active stays Active, and a Backup waits a whole Active_Down_Interval: it
 * cannot hear whom it heard.
 */
void vrrp_adopt(struct vrrp *vr, const struct vrrp *old, uint8_t priority, int64_t now_ns);

/**
 * vrrp_is_history() - whether an election is over, so that it is begun anew. An Active that has not
 * advertised for longer than its peers wait is one no more: they have taken over, or there are
 * none. And a process that was told to leave, although vipd was not, has given everything up.
 */
bool vrrp_is_history(const struct vrrp *old, int64_t now_ns);

/**
 * vrrp_is_sane() - whether a state from another process can be true: enumerations in range,
 * deadlines where the state needs them and nowhere else, times not in the future.
 * @now_ns: on the clock of its deadlines.
 */
bool vrrp_is_sane(const struct vrrp *vr, int64_t now_ns);

#endif
