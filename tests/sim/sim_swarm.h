/* SPDX-License-Identifier: MIT */
/*
 * A run from a seed: draws a topology and a mix of faults of its own, lets them happen, heals the
 * network and judges. Not every run has every fault: a mix of all hides what one of them shows.
 */
#ifndef SIM_SWARM_H
#define SIM_SWARM_H

#include <stdbool.h>
#include <stdint.h>

struct sim;

/**
 * swarm_begin() - draw the world of a seed.
 * @sim: overwritten; the caller may then ask for a trace or ignore properties.
 */
void swarm_begin(struct sim *sim, uint64_t seed);

/**
 * swarm_run() - run it to the end.
 *
 * Return: false when a property failed.
 */
bool swarm_run(struct sim *sim);

#endif
