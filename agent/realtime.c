/* SPDX-License-Identifier: MIT */
#include "realtime.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Above ordinary real-time work, below the kernel's own threads at 50 and more. */
#define PRIORITY   20
#define RUNAWAY_US 1000000
#define REST_NS    INT64_C(60000000000)

static volatile sig_atomic_t lost; /* set by the signal of RLIMIT_RTTIME */
static int64_t again_ns;           /* when to go back; 0: nothing was lost */

static int enter_scheduling(void)
{
	const struct sched_param param = { .sched_priority = PRIORITY };

	return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) < 0 ? -errno : 0;
}

/* Only what a signal handler may do. */
static void step_back(int signal)
{
	const struct sched_param param = { 0 };

	(void)signal;
	(void)sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &param);
	lost = 1;
}

void realtime_keep(void)
{
	(void)mlockall(MCL_CURRENT | MCL_ONFAULT);
}

int realtime_enter(const char **ret_what)
{
	/* The hard limit would kill, and leave the addresses behind. */
	const struct rlimit runaway = { RUNAWAY_US, RLIM_INFINITY };
	const struct sigaction action = { .sa_handler = step_back };

	/* First the limit, so that there is no moment without it. */
	*ret_what = "setrlimit(RLIMIT_RTTIME)";
	if (sigaction(SIGXCPU, &action, NULL) < 0 || setrlimit(RLIMIT_RTTIME, &runaway) < 0)
		return -errno;
	*ret_what = "sched_setscheduler(SCHED_RR)";
	return enter_scheduling();
}

/*
 * Not MCL_FUTURE: under a limit on locked memory it would let later allocations fail, or the growth
 * of the stack; and there are none to speak of.
 */
int realtime_lock(const char **ret_what)
{
	*ret_what = "mlockall()";
	return mlockall(MCL_CURRENT) < 0 ? -errno : 0;
}

bool realtime_watch(int64_t now_ns)
{
	if (lost) {
		lost = 0;
		again_ns = now_ns + REST_NS;
		return true;
	}
	if (again_ns && now_ns >= again_ns) {
		again_ns = 0;
		(void)enter_scheduling();
	}
	return false;
}
