/* SPDX-License-Identifier: MIT */
/*
 * The damping of a router that flaps: when it has changed to Active or from it too often of late,
 * it preempts nobody until it has not changed for a while. What it takes over for another reason it
 * does not wait for; that is the election's business (struct vrrp_config, preempt_not_before_ns).
 *
 * Of those with one fate it is one, as they change together. What is known is kept as the state
 * memory has it (agent/state.h). Pure.
 */
#ifndef DAMPING_H
#define DAMPING_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf/conf.h"
#include "agent/state.h"

/**
 * damping_is_sane() - whether what another process has left can be true.
 * @now_ns: on the clock of the changes, as below.
 */
bool damping_is_sane(const struct state_damping *damping, int64_t now_ns);

/**
 * damping_count() - how many changes there were of late, up to CONF_DAMPING_MAX.
 * @rule: with a number of changes.
 */
unsigned damping_count(const struct state_damping *damping, const struct conf_damping *rule,
		       int64_t now_ns);

/**
 * damping_note() - the router has just changed.
 *
 * Return: whether it is damped from now on, and was not.
 */
bool damping_note(struct state_damping *damping, const struct conf_damping *rule, int64_t now_ns);

/**
 * damping_until() - until when it is damped if it does not change again; 0: it is not.
 */
int64_t damping_until(const struct state_damping *damping, const struct conf_damping *rule);

/**
 * damping_is_over() - whether that has passed; then it is not damped any more, and what has led to
 * it is forgotten.
 */
bool damping_is_over(struct state_damping *damping, const struct conf_damping *rule,
		     int64_t now_ns);

/**
 * damping_deadline() - when damping_is_over() is due; VRRP_NEVER.
 */
int64_t damping_deadline(const struct state_damping *damping, const struct conf_damping *rule);

#endif
