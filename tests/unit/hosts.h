/* SPDX-License-Identifier: MIT */
/*
 * Two hosts at a cable: network namespaces that are the test's own. v0 here is 192.0.2.1/24,
 * 2001:db8::1/64 and fe80::1/64, v1 there the same with 2. Without root there are none, and the
 * tests that need them skip.
 */
#ifndef TEST_HOSTS_H
#define TEST_HOSTS_H

#include "test.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int here = -1, there = -1; /* the namespaces; -1: none */
static int ifindex_here, ifindex_there;

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

static void enter(int namespace)
{
	assert_int_equal(setns(namespace, CLONE_NEWNET), 0);
}

static int open_namespace(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* A process that stays in a namespace of its own, until the pipe is closed. */
static pid_t start_neighbour(int *ret_pipe)
{
	int up[2], down[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(up), 0);
	assert_int_equal(pipe(down), 0);
	pid = fork();
	if (pid == 0) {
		close(down[1]);
		byte = unshare(CLONE_NEWNET) == 0;
		(void)!write(up[1], &byte, 1);
		_exit(read(down[0], &byte, 1) != 0);
	}
	close(up[1]);
	close(down[0]);
	assert_int_equal(read(up[0], &byte, 1), 1);
	assert_int_equal(byte, 1);
	close(up[0]);
	*ret_pipe = down[1];
	return pid;
}

/* Until then the kernel drops what is sent there, and says nothing. */
static void wait_until_up(const char *interface)
{
	char command[128];
	unsigned i = 0;

	snprintf(command, sizeof(command), "ip -o link show dev %s | grep -q 'state UP'",
		 interface);
	while (system(command) != 0) {
		assert_in_range(++i, 1, 1000);
		usleep(10000);
	}
}

static int connect_hosts(void **state)
{
	char command[512];
	int down;
	pid_t pid;

	(void)state;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		return 0;
	pid = start_neighbour(&down);
	here = open_namespace(getpid());
	there = open_namespace(pid);
	snprintf(command, sizeof(command),
		 "ip link set lo up && ip link add v0 type veth peer name v1 netns %d && "
		 "ip addr add 192.0.2.1/24 dev v0 && ip addr add 2001:db8::1/64 dev v0 nodad && "
		 "ip link set v0 addrgenmode none && ip link set v0 up && "
		 "ip addr add fe80::1/64 dev v0 nodad",
		 (int)pid);
	run(command);
	ifindex_here = (int)if_nametoindex("v0");
	enter(there);
	close(down);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	run("ip link set lo up && ip link set v1 addrgenmode none && ip link set v1 up && "
	    "ip addr add 192.0.2.2/24 dev v1 && ip addr add 2001:db8::2/64 dev v1 nodad && "
	    "ip addr add fe80::2/64 dev v1 nodad");
	ifindex_there = (int)if_nametoindex("v1");
	wait_until_up("v1");
	enter(here);
	wait_until_up("v0");
	return 0;
}

static int close_namespaces(void **state)
{
	(void)state;
	if (here >= 0)
		close(here);
	if (there >= 0)
		close(there);
	return 0;
}

#endif
