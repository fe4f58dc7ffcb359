/* SPDX-License-Identifier: MIT */
#include "realtime.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Above ordinary real-time work, below the kernel's own threads at 50 and more. */
#define PRIORITY         20
#define RUNAWAY_LIMIT_US 2000000

int realtime_enter(const char **ret_what)
{
	const struct sched_param param = { .sched_priority = PRIORITY };
	const struct rlimit runaway = { RUNAWAY_LIMIT_US, RUNAWAY_LIMIT_US };
	int err = 0;

	/* First the limit, so that there is no moment without it. */
	if (setrlimit(RLIMIT_RTTIME, &runaway) < 0) {
		err = -errno;
		*ret_what = "setrlimit(RLIMIT_RTTIME)";
	} else if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) < 0) {
		err = -errno;
		*ret_what = "sched_setscheduler(SCHED_RR)";
	}
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0 && err == 0) {
		err = -errno;
		*ret_what = "mlockall()";
	}
	return err;
}
