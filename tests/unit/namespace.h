/* SPDX-License-Identifier: MIT */
/*
 * What tests that ask the kernel share: a network namespace of their own, and commands there.
 */
#ifndef TESTS_UNIT_NAMESPACE_H
#define TESTS_UNIT_NAMESPACE_H

#include "test.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

/* Return: false: only root can have one, and each test skips. */
static inline bool enter_namespace(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNET) == 0;
}

/* Whether a command of the shell succeeds. */
static inline bool is_so(const char *command)
{
	return system(command) == 0;
}

static inline void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

/* Two interfaces that are connected, and up. */
static inline void make_v0_and_v1(void)
{
	run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
}

#endif
